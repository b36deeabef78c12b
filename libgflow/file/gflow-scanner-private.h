/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-format.h"
#include "stream/gflow-document.h"
#include "stream/gflow-draft-private.h"

#include <string.h>

G_BEGIN_DECLS

/* Takes bytes as they come, and makes documents of them. Holds no more of them than
 * one document has, and what came together with it. */

typedef enum
{
  G_FLOW_SCAN_MORE,     /* needs more bytes */
  G_FLOW_SCAN_DOCUMENT,
  G_FLOW_SCAN_BAD,      /* an error, behind which it goes on */
  G_FLOW_SCAN_FAILED,   /* an error, behind which nothing can be found */
  G_FLOW_SCAN_END,
} GFlowScan;

/* What a column of CSV is. */
typedef struct
{
  GFlowMember  member;
  char        *tag;     /* (owned) (nullable) */
} GFlowColumn;

typedef struct
{
  /* Settings */
  GFlowFormat   format;
  char         *name;        /* (owned) (nullable): for errors */
  GVariant     *fields;      /* (owned) (nullable): a{ss} */
  char        **names;       /* (owned) (nullable): of the columns */
  gboolean      has_header;
  char          delimiter;
  gsize         max_length;  /* of a document, in bytes */

  /* The bytes that are there */
  char         *buffer;      /* (owned) (nullable) */
  gsize         size;
  gsize         start;
  gsize         end;
  gboolean      finished;    /* nothing comes after them */

  /* Where it is */
  gboolean      begun;
  guint64       line;        /* of start, and the column; from 1 */
  guint64       column;
  gsize         scanned;     /* bytes after start that it has looked at */
  guint         state;       /* between these: of the format */
  guint         depth;       /* JSON: brackets that are open */
  gsize         quote;       /* CSV: where the quoted field begins, after start */
  gboolean      skipping;    /* the rest of a bad line */

  GFlowColumn  *columns;     /* (owned) (nullable) (array length=n_columns) */
  guint         n_columns;
} GFlowScanner;

void       _g_flow_scanner_clear   (GFlowScanner    *self);
char      *_g_flow_scanner_reserve (GFlowScanner    *self,
                                    gsize           *n_bytes);
void       _g_flow_scanner_commit  (GFlowScanner    *self,
                                    gsize            n_bytes);
GFlowScan  _g_flow_scanner_next    (GFlowScanner    *self,
                                    GFlowDocument  **document,
                                    GError         **error);

/* One ASCII character that does not mean anything else in CSV. */
static inline gboolean
_g_flow_is_delimiter (const char *text)
{
  return text != NULL && text[0] > 0 && text[1] == '\0' && strchr ("\"\r\n", text[0]) == NULL;
}

/* For the formats. What is refused is refused at a place so many bytes after start. */
GFlowScan  _g_flow_scanner_refuse  (GFlowScanner    *self,
                                    gsize            offset,
                                    const char      *problem,
                                    GError         **error);
GFlowScan  _g_flow_scanner_too_long (GFlowScanner   *self,
                                     gsize           offset,
                                     GError        **error);
gboolean   _g_flow_scanner_check_text (GFlowScanner *self,
                                       gsize         length,
                                       GError      **error);
void       _g_flow_scanner_advance (GFlowScanner    *self,
                                    gsize            n_bytes);
GFlowScan  _g_flow_scanner_read_json (GFlowScanner  *self,
                                      gsize          length,
                                      GFlowDocument **document,
                                      GError       **error);

GFlowScan  _g_flow_csv_next        (GFlowScanner    *self,
                                    GFlowDocument  **document,
                                    GError         **error);
GFlowScan  _g_flow_json_array_next_document (GFlowScanner   *self,
                                             GFlowDocument **document,
                                             GError        **error);

G_END_DECLS
