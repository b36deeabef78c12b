/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-table-private.h"

#include "stream/gflow-document-private.h"
#include "stream/gflow-draft-private.h"

#include <string.h>

/* What would mean something else without quotes: also nothing, which would not be
 * there, and a mark of Unicode, with which files may begin. */
static gboolean
needs_quotes (const char *value,
              char        delimiter)
{
  const char special[] = { '"', '\r', '\n', delimiter, '\0' };

  return *value == '\0' || strpbrk (value, special) != NULL || g_str_has_prefix (value, "\xef\xbb\xbf");
}

static void
append_field (GString    *out,
              const char *value,
              char        delimiter)
{
  if (!needs_quotes (value, delimiter))
    {
      g_string_append (out, value);
      return;
    }

  g_string_append_c (out, '"');
  for (const char *quote; (quote = strchr (value, '"')) != NULL; value = quote + 1)
    {
      g_string_append_len (out, value, quote + 1 - value);
      g_string_append_c (out, '"');
    }
  g_string_append (out, value);
  g_string_append_c (out, '"');
}

/* A line that is empty would be no record. */
static void
end_record (GString *out,
            gsize    start)
{
  g_string_append (out, out->len > start ? "\r\n" : "\"\"\r\n");
}

void
_g_flow_table_append_header (GString            *out,
                             const char * const *columns,
                             char                delimiter)
{
  const gsize start = out->len;

  for (guint i = 0; columns[i] != NULL; i++)
    {
      if (i > 0)
        g_string_append_c (out, delimiter);
      append_field (out, columns[i], delimiter);
    }
  end_record (out, start);
}

/* A tag as it is if it is a string, and in JSON if not. */
static gboolean
append_value (GString   *out,
              GVariant  *value,
              char       delimiter,
              GError   **error)
{
  g_autoptr(GString) json = NULL;

  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    {
      append_field (out, g_variant_get_string (value, NULL), delimiter);
      return TRUE;
    }

  json = g_string_new (NULL);
  if (!_g_flow_json_append_value (json, value, 1, error))
    return FALSE;
  append_field (out, json->str, delimiter);
  return TRUE;
}

static void
append_blob (GString *out,
             GBytes  *blob,
             char     delimiter)
{
  gsize length;
  const guchar *bytes = g_bytes_get_data (blob, &length);
  g_autofree char *base64 = g_base64_encode (bytes, length);

  append_field (out, base64, delimiter);
}

static const char *
get_string (GFlowDocument *document,
            GFlowMember    member)
{
  switch (member)
    {
    case G_FLOW_MEMBER_ID:
      return document->id;
    case G_FLOW_MEMBER_TEXT:
      return document->text;
    case G_FLOW_MEMBER_URI:
      return document->uri;
    case G_FLOW_MEMBER_MIME_TYPE:
    default:
      return document->mime_type;
    }
}

static gboolean
append_column (GString        *out,
               const char     *column,
               char            delimiter,
               GFlowDocument  *document,
               GError        **error)
{
  const GFlowMember member = _g_flow_member_for_name (column);
  g_autoptr(GVariant) tag = NULL;
  const char *text;

  switch (member)
    {
    case G_FLOW_MEMBER_TAG:
      tag = g_flow_document_dup_tag (document, column);
      return tag == NULL || append_value (out, tag, delimiter, error);
    case G_FLOW_MEMBER_TAGS:
      return document->tags == NULL || append_value (out, document->tags, delimiter, error);
    case G_FLOW_MEMBER_BLOB:
      if (document->blob != NULL)
        append_blob (out, document->blob, delimiter);
      return TRUE;
    default:
      text = get_string (document, member);
      if (text != NULL)
        append_field (out, text, delimiter);
      return TRUE;
    }
}

gboolean
_g_flow_table_append_record (GString             *out,
                             const char * const  *columns,
                             char                 delimiter,
                             GFlowDocument       *document,
                             GError             **error)
{
  const gsize start = out->len;

  for (guint i = 0; columns[i] != NULL; i++)
    {
      if (i > 0)
        g_string_append_c (out, delimiter);
      if (!append_column (out, columns[i], delimiter, document, error))
        return FALSE;
    }
  end_record (out, start);
  return TRUE;
}
