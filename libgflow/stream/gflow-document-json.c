/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-document-private.h"
#include "gflow-draft-private.h"

#include "graph/gflow-error.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* Documents as JSON objects: strings for id, text, uri and mime_type, base64 for
 * the blob, an object for the tags; whatever else there is are tags, too. */

/* Reading */

static gboolean
read_tags (GFlowJson  *json,
           GFlowDraft *draft)
{
  const char *at = _g_flow_json_peek (json);
  g_autofree char *twice = NULL;
  g_autoptr(GVariant) tags = NULL;

  if (at == json->end || *at != '{')
    return _g_flow_json_fail (json, at, _("The tags of a document are an object"));
  tags = _g_flow_json_value (json);
  if (tags == NULL)
    return FALSE;
  g_variant_ref_sink (tags);
  if (_g_flow_draft_add_tags (draft, tags, &twice))
    return TRUE;
  return _g_flow_json_fail (json, at, _("“%s” is there twice"), twice);
}

static gboolean
read_tag (GFlowJson  *json,
          GFlowDraft *draft,
          const char *name)
{
  const char *at = _g_flow_json_peek (json);
  GVariant *value = _g_flow_json_value (json);

  if (value == NULL)
    return FALSE;
  if (_g_flow_draft_add_tag (draft, name, value))
    return TRUE;
  return _g_flow_json_fail (json, at, _("“%s” is there twice"), name);
}

/* Many programs have numbers for ids. */
static char *
read_id (GFlowJson *json)
{
  const char *at = _g_flow_json_peek (json);
  g_autoptr(GVariant) value = _g_flow_json_value (json);

  if (value == NULL)
    return NULL;
  g_variant_ref_sink (value);
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return g_variant_dup_string (value, NULL);
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_INT64) ||
      g_variant_is_of_type (value, G_VARIANT_TYPE_UINT64))
    return g_variant_print (value, FALSE);
  _g_flow_json_fail (json, at, _("An id is a string or an integer"));
  return NULL;
}

static gboolean
read_string (GFlowJson   *json,
             GFlowDraft  *draft,
             GFlowMember  member)
{
  const char *at = _g_flow_json_peek (json);
  char *value = member == G_FLOW_MEMBER_ID ? read_id (json) : _g_flow_json_string (json);

  if (value == NULL)
    return FALSE;
  if (member != G_FLOW_MEMBER_BLOB)
    _g_flow_draft_take_string (draft, member, value);
  else if (!_g_flow_draft_take_base64 (draft, value))
    return _g_flow_json_fail (json, at, _("This is no base64"));
  return TRUE;
}

static gboolean
read_member (GFlowJson  *json,
             GFlowDraft *draft,
             GVariant   *fields,
             const char *name)
{
  const char *at = _g_flow_json_peek (json);
  const char *tag;
  const GFlowMember member = _g_flow_member_for_field (fields, name, &tag);

  if (member < G_FLOW_N_MEMBERS && !_g_flow_draft_claim (draft, member))
    return _g_flow_json_fail (json, at, _("“%s” is there twice"), _g_flow_member_get_name (member));
  if (member < G_FLOW_N_MEMBERS && _g_flow_json_null (json))
    return TRUE;

  switch (member)
    {
    case G_FLOW_MEMBER_NONE:
      {
        g_autoptr(GVariant) value = _g_flow_json_value (json);

        return value != NULL && g_variant_ref_sink (value);
      }
    case G_FLOW_MEMBER_TAG:
      return read_tag (json, draft, tag);
    case G_FLOW_MEMBER_TAGS:
      return read_tags (json, draft);
    default:
      return read_string (json, draft, member);
    }
}

/* A document that begins where @json is; NULL if there is a problem. */
GFlowDocument *
_g_flow_document_read_json (GFlowJson *json,
                            GVariant  *fields)
{
  GFlowDraft draft;
  char *name;

  if (!_g_flow_json_object_begin (json))
    return NULL;

  _g_flow_draft_begin (&draft);
  while (json->problem == NULL && _g_flow_json_object_next (json, &name))
    {
      read_member (json, &draft, fields, name);
      g_free (name);
    }
  if (json->problem == NULL)
    return _g_flow_draft_end (&draft);
  _g_flow_draft_abandon (&draft);
  return NULL;
}

/**
 * g_flow_document_new_from_json:
 * @json: a JSON object, in UTF-8
 * @error: return location for an error, with line and column in its message
 *
 * Makes a document of what [method@GFlow.FlowDocument.to_json] has written, or
 * another program.
 *
 * The members are `id` (a string or an integer), `text`, `blob` (in base64), `uri`,
 * `mime_type` and `tags`; they can also be `null`, as if they were not there.
 * Members of other names are tags.
 *
 * Fails with %G_FLOW_ERROR_BAD_INPUT if it is no JSON, or no such object; if
 * something is there twice; or if it is nested deeper than 32 levels.
 *
 * Returns: (transfer full): a new document
 *
 * Since: 0.1
 */
GFlowDocument *
g_flow_document_new_from_json (const char  *json,
                               GError     **error)
{
  g_return_val_if_fail (json != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr(GFlowDocument) document = NULL;
  GFlowJson reader;

  _g_flow_json_init (&reader, json, strlen (json));
  document = _g_flow_document_read_json (&reader, NULL);
  if (document != NULL && _g_flow_json_end (&reader))
    return g_steal_pointer (&document);
  _g_flow_json_set_error (&reader, NULL, 1, 1, error);
  _g_flow_json_clear (&reader);
  return NULL;
}

/**
 * g_flow_document_list_from_json:
 * @json: a JSON array of documents, in UTF-8
 * @error: return location for an error, with line and column in its message
 *
 * Makes a list of what [func@GFlow.FlowDocument.list_to_json] has written, or
 * another program: see [ctor@GFlow.FlowDocument.new_from_json].
 *
 * Returns: (transfer full): a list of [class@GFlow.FlowDocument], which is the
 *   caller's to change
 *
 * Since: 0.1
 */
GListModel *
g_flow_document_list_from_json (const char  *json,
                                GError     **error)
{
  g_return_val_if_fail (json != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr(GListStore) documents = g_list_store_new (G_TYPE_FLOW_DOCUMENT);
  g_autoptr(GFlowDocument) document = NULL;
  GFlowJson reader;

  _g_flow_json_init (&reader, json, strlen (json));
  reader.max_depth++;
  if (_g_flow_json_array_begin (&reader))
    while (reader.problem == NULL && _g_flow_json_array_next (&reader))
      {
        document = _g_flow_document_read_json (&reader, NULL);
        if (document != NULL)
          g_list_store_append (documents, document);
        g_clear_object (&document);
      }
  if (reader.problem == NULL && _g_flow_json_end (&reader))
    return G_LIST_MODEL (g_steal_pointer (&documents));
  _g_flow_json_set_error (&reader, NULL, 1, 1, error);
  _g_flow_json_clear (&reader);
  return NULL;
}

/* Writing */

static void
append_name (GString     *out,
             GFlowMember  member)
{
  if (out->str[out->len - 1] != '{')
    g_string_append_c (out, ',');
  g_string_append_printf (out, "\"%s\":", _g_flow_member_get_name (member));
}

static void
append_string (GString     *out,
               GFlowMember  member,
               const char  *value)
{
  if (value == NULL)
    return;
  append_name (out, member);
  _g_flow_json_append_string (out, value);
}

static void
append_blob (GString *out,
             GBytes  *blob)
{
  gsize length;
  const guchar *bytes = g_bytes_get_data (blob, &length);
  g_autofree char *base64 = g_base64_encode (bytes, length);

  append_name (out, G_FLOW_MEMBER_BLOB);
  g_string_append_printf (out, "\"%s\"", base64);
}

gboolean
_g_flow_document_append_json (GFlowDocument  *self,
                              GString        *out,
                              GError        **error)
{
  gboolean good = TRUE;

  g_string_append_c (out, '{');
  append_string (out, G_FLOW_MEMBER_ID, self->id);
  append_string (out, G_FLOW_MEMBER_TEXT, self->text);
  if (self->blob != NULL)
    append_blob (out, self->blob);
  append_string (out, G_FLOW_MEMBER_URI, self->uri);
  append_string (out, G_FLOW_MEMBER_MIME_TYPE, self->mime_type);
  if (self->tags != NULL)
    {
      append_name (out, G_FLOW_MEMBER_TAGS);
      good = _g_flow_json_append_value (out, self->tags, 1, error);
    }
  g_string_append_c (out, '}');
  return good;
}

/**
 * g_flow_document_to_json:
 * @self: a document
 * @error: return location for an error
 *
 * Writes a document as a JSON object, in one line. It has what the document has:
 * `id`, `text`, `blob` (in base64), `uri`, `mime_type`, `tags`.
 *
 * Numbers are written so that they are read as they were. JSON knows fewer types
 * than tags have: what comes back are integers of 64 bits, doubles, strings,
 * booleans, `a{sv}` for dictionaries, `av` for arrays and tuples, and nothing of type
 * `mv` for nothing.
 *
 * Fails with %G_FLOW_ERROR_BAD_INPUT if a tag is infinite or not a number, or if
 * tags are nested deeper than 32 levels.
 *
 * Returns: (transfer full): the JSON
 *
 * Since: 0.1
 */
char *
g_flow_document_to_json (GFlowDocument  *self,
                         GError        **error)
{
  g_return_val_if_fail (G_IS_FLOW_DOCUMENT (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr(GString) out = g_string_new (NULL);

  if (!_g_flow_document_append_json (self, out, error))
    return NULL;
  return g_string_free (g_steal_pointer (&out), FALSE);
}

/**
 * g_flow_document_list_to_json:
 * @documents: a list of [class@GFlow.FlowDocument]
 * @error: return location for an error
 *
 * Writes documents as a JSON array, each in a line of its own: see
 * [method@GFlow.FlowDocument.to_json].
 *
 * Returns: (transfer full): the JSON
 *
 * Since: 0.1
 */
char *
g_flow_document_list_to_json (GListModel  *documents,
                              GError     **error)
{
  g_return_val_if_fail (G_IS_LIST_MODEL (documents), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr(GString) out = g_string_new ("[");
  const guint n = g_list_model_get_n_items (documents);

  for (guint i = 0; i < n; i++)
    {
      g_autoptr(GFlowDocument) document = g_list_model_get_item (documents, i);

      g_return_val_if_fail (G_IS_FLOW_DOCUMENT (document), NULL);
      g_string_append (out, i > 0 ? ",\n" : "\n");
      if (!_g_flow_document_append_json (document, out, error))
        return NULL;
    }
  g_string_append (out, n > 0 ? "\n]\n" : "]\n");
  return g_string_free (g_steal_pointer (&out), FALSE);
}
