/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-document.h"
#include "gflow-json-private.h"

G_BEGIN_DECLS

/* GVariant takes 128 levels: some are left for what the document is a part of. What JSON may have, see
 * gflow-json-private.h, is less. */
#define G_FLOW_TAGS_MAX_DEPTH 112

/* Readers set the fields of new documents directly: strings in UTF-8, tags in normal
 * form. */
struct _GFlowDocument
{
  GObject   parent_instance;

  char     *id;        /* (owned) (nullable) */
  char     *text;      /* (owned) (nullable) */
  GBytes   *blob;      /* (owned) (nullable) */
  char     *uri;       /* (owned) (nullable) */
  char     *mime_type; /* (owned) (nullable) */
  GVariant *tags;      /* (owned) (nullable): NULL is an empty dictionary */
};

gboolean       _g_flow_document_may_have_tags  (GVariant       *tags);
GFlowDocument *_g_flow_document_read_json      (GFlowJson      *json,
                                                GVariant       *fields);
gboolean       _g_flow_document_append_json    (GFlowDocument  *self,
                                                GString        *out,
                                                GError        **error);
gboolean       _g_flow_document_check_array    (GVariant       *array,
                                                GError        **error);
GFlowDocument *_g_flow_document_new_from_array (GVariant       *array,
                                                gsize           index,
                                                GError        **error);

G_END_DECLS
