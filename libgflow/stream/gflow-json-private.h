/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* JSON (RFC 8259) to and from GVariant: strict, without loss, and with the place of
 * every mistake. json-glib is not used for this: version 1.6, our floor, takes
 * 9223372036854775808 for a negative number, cuts strings at \u0000, takes comments
 * and octal numbers, writes 1e20 as 1e+20.0, which is no JSON, and has no limit of
 * nesting. */

/* A GVariant has levels of its own for each of these, and takes 128 of them. */
#define G_FLOW_JSON_MAX_DEPTH 32

/* Reading: everything gives FALSE or NULL when something is wrong; then there is a
 * problem, and nothing else may be read. */
typedef struct
{
  const char *text;       /* (unowned) */
  const char *end;
  const char *at;
  guint       depth;
  guint       max_depth;
  gboolean    fresh;      /* just after [ or { */
  char       *problem;    /* (owned) (nullable) */
  const char *problem_at;
} GFlowJson;

void       _g_flow_json_init          (GFlowJson   *json,
                                       const char  *text,
                                       gsize        length);
void       _g_flow_json_clear         (GFlowJson   *json);
gboolean   _g_flow_json_fail          (GFlowJson   *json,
                                       const char  *at,
                                       const char  *format,
                                       ...) G_GNUC_PRINTF (3, 4);
void       _g_flow_json_set_error     (GFlowJson   *json,
                                       const char  *name,
                                       guint64      line,
                                       guint64      column,
                                       GError     **error);

const char *_g_flow_json_peek         (GFlowJson   *json);
gboolean   _g_flow_json_object_begin  (GFlowJson   *json);
gboolean   _g_flow_json_object_next   (GFlowJson   *json,
                                       char       **name);
gboolean   _g_flow_json_array_begin   (GFlowJson   *json);
gboolean   _g_flow_json_array_next    (GFlowJson   *json);
char      *_g_flow_json_string        (GFlowJson   *json);
gboolean   _g_flow_json_null          (GFlowJson   *json);
GVariant  *_g_flow_json_value         (GFlowJson   *json);
gboolean   _g_flow_json_end           (GFlowJson   *json);

/* Writing */

void       _g_flow_json_append_string (GString     *out,
                                       const char  *text);
gboolean   _g_flow_json_append_value  (GString     *out,
                                       GVariant    *value,
                                       guint        depth,
                                       GError     **error);

/* "name:line:column: message", where at is in text, which begins at that line and
 * column; both count from 1, and columns are characters. */
GError    *_g_flow_error_new_at       (const char  *name,
                                       guint64      line,
                                       guint64      column,
                                       const char  *text,
                                       const char  *at,
                                       const char  *message);
guint64    _g_flow_count_characters   (const char  *from,
                                       const char  *to);

G_END_DECLS
