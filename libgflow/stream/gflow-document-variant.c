/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-document-private.h"
#include "gflow-draft-private.h"

#include "graph/gflow-error.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* Documents as dictionaries (a{sv}), with the names that JSON has: strings, ay for the
 * blob, a{sv} for the tags. */

static void
add_string (GVariantBuilder *builder,
            GFlowMember      member,
            const char      *value)
{
  if (value != NULL)
    g_variant_builder_add (builder, "{sv}", _g_flow_member_get_name (member),
                           g_variant_new_string (value));
}

/* Floating. */
static GVariant *
to_variant (GFlowDocument *self)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  add_string (&builder, G_FLOW_MEMBER_ID, self->id);
  add_string (&builder, G_FLOW_MEMBER_TEXT, self->text);
  if (self->blob != NULL)
    g_variant_builder_add (&builder, "{sv}", _g_flow_member_get_name (G_FLOW_MEMBER_BLOB),
                           g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, self->blob, TRUE));
  add_string (&builder, G_FLOW_MEMBER_URI, self->uri);
  add_string (&builder, G_FLOW_MEMBER_MIME_TYPE, self->mime_type);
  if (self->tags != NULL)
    g_variant_builder_add (&builder, "{sv}", _g_flow_member_get_name (G_FLOW_MEMBER_TAGS),
                           self->tags);
  return g_variant_builder_end (&builder);
}

/**
 * g_flow_document_to_variant:
 * @self: a document
 *
 * Writes a document as a dictionary. It has what the document has: the strings
 * `id`, `text`, `uri` and `mime_type`, `blob` of type `ay`, and `tags`, which are
 * as they are. Nothing is lost.
 *
 * Returns: (transfer full): a dictionary of type `a{sv}`
 *
 * Since: 0.1
 */
GVariant *
g_flow_document_to_variant (GFlowDocument *self)
{
  g_return_val_if_fail (G_IS_FLOW_DOCUMENT (self), NULL);

  return g_variant_ref_sink (to_variant (self));
}

/**
 * g_flow_document_list_to_variant:
 * @documents: a list of [class@GFlow.FlowDocument]
 *
 * Writes documents as an array of dictionaries: see
 * [method@GFlow.FlowDocument.to_variant].
 *
 * Returns: (transfer full): an array of type `aa{sv}`
 *
 * Since: 0.1
 */
GVariant *
g_flow_document_list_to_variant (GListModel *documents)
{
  g_return_val_if_fail (G_IS_LIST_MODEL (documents), NULL);

  const guint n = g_list_model_get_n_items (documents);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < n; i++)
    {
      g_autoptr(GFlowDocument) document = g_list_model_get_item (documents, i);

      if (G_IS_FLOW_DOCUMENT (document))
        g_variant_builder_add_value (&builder, to_variant (document));
      else
        g_critical ("Item %u of the list is no document", i);
    }
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

/* Reading */

/* Of a dictionary of any type: what is in a variant is taken out of it. */
static GVariant *
dup_value (GVariant    *entry,
           const char **name)
{
  g_autoptr(GVariant) value = NULL;

  g_variant_get_child (entry, 0, "&s", name);
  value = g_variant_get_child_value (entry, 1);
  return g_variant_is_of_type (value, G_VARIANT_TYPE_VARIANT) ? g_variant_get_variant (value)
                                                              : g_steal_pointer (&value);
}

static gboolean
is_nothing (GVariant *value)
{
  return g_variant_is_of_type (value, G_VARIANT_TYPE_MAYBE) && g_variant_n_children (value) == 0;
}

static gboolean
is_integer (GVariant *value)
{
  return strchr ("nqiuxt", g_variant_classify (value)) != NULL;
}

static gboolean
wrong_type (GFlowMember   member,
            GVariant     *value,
            const char   *wanted,
            GError      **error)
{
  g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT,
               _("“%s” is of type %s, not %s"), _g_flow_member_get_name (member),
               g_variant_get_type_string (value), wanted);
  return FALSE;
}

static gboolean
there_twice (const char  *name,
             GError     **error)
{
  g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT, _("“%s” is there twice"), name);
  return FALSE;
}

static gboolean
read_tags (GFlowDraft  *draft,
           GVariant    *value,
           GError     **error)
{
  g_autofree char *twice = NULL;

  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_VARDICT))
    return wrong_type (G_FLOW_MEMBER_TAGS, value, "a{sv}", error);
  return _g_flow_draft_add_tags (draft, value, &twice) || there_twice (twice, error);
}

static gboolean
read_blob (GFlowDraft  *draft,
           GVariant    *value,
           GError     **error)
{
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_BYTESTRING))
    return wrong_type (G_FLOW_MEMBER_BLOB, value, "ay", error);
  draft->document->blob = g_variant_get_data_as_bytes (value);
  return TRUE;
}

static gboolean
read_string (GFlowDraft   *draft,
             GFlowMember   member,
             GVariant     *value,
             GError      **error)
{
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    _g_flow_draft_take_string (draft, member, g_variant_dup_string (value, NULL));
  else if (member == G_FLOW_MEMBER_ID && is_integer (value))
    _g_flow_draft_take_string (draft, member, g_variant_print (value, FALSE));
  else
    return wrong_type (member, value, "s", error);
  return TRUE;
}

static gboolean
read_member (GFlowDraft  *draft,
             const char  *name,
             GVariant    *value,
             GError     **error)
{
  const GFlowMember member = _g_flow_member_for_name (name);

  if (member == G_FLOW_MEMBER_TAG)
    return _g_flow_draft_add_tag (draft, name, value) || there_twice (name, error);
  if (!_g_flow_draft_claim (draft, member))
    return there_twice (_g_flow_member_get_name (member), error);
  if (is_nothing (value))
    return TRUE;
  if (member == G_FLOW_MEMBER_TAGS)
    return read_tags (draft, value, error);
  if (member == G_FLOW_MEMBER_BLOB)
    return read_blob (draft, value, error);
  return read_string (draft, member, value, error);
}

/* Takes @document. */
static GFlowDocument *
check_tags (GFlowDocument  *document,
            GError        **error)
{
  if (document->tags == NULL || _g_flow_document_may_have_tags (document->tags))
    return document;

  g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT,
               _("The tags are nested deeper than %d levels"), G_FLOW_TAGS_MAX_DEPTH);
  g_object_unref (document);
  return NULL;
}

static GFlowDocument *
read_dictionary (GVariant  *dictionary,
                 GError   **error)
{
  const gsize n = g_variant_n_children (dictionary);
  gboolean good = TRUE;
  GFlowDraft draft;

  _g_flow_draft_begin (&draft);
  for (gsize i = 0; good && i < n; i++)
    {
      g_autoptr(GVariant) entry = g_variant_get_child_value (dictionary, i);
      const char *name;
      g_autoptr(GVariant) value = dup_value (entry, &name);

      good = read_member (&draft, name, value, error);
    }
  if (!good)
    {
      _g_flow_draft_abandon (&draft);
      return NULL;
    }
  return check_tags (_g_flow_draft_end (&draft), error);
}

static GFlowDocument *
read_document (GVariant  *variant,
               GError   **error)
{
  if (g_variant_is_of_type (variant, G_VARIANT_TYPE_VARIANT))
    {
      g_autoptr(GVariant) inside = g_variant_get_variant (variant);

      return read_document (inside, error);
    }
  if (g_variant_is_of_type (variant, G_VARIANT_TYPE_STRING))
    return g_flow_document_new_for_text (g_variant_get_string (variant, NULL));
  if (g_variant_is_of_type (variant, G_VARIANT_TYPE_BYTESTRING))
    {
      g_autoptr(GBytes) blob = g_variant_get_data_as_bytes (variant);

      return g_flow_document_new_for_blob (blob);
    }
  if (g_variant_is_of_type (variant, G_VARIANT_TYPE ("a{s*}")))
    return read_dictionary (variant, error);
  g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT,
               _("A document is a dictionary, a string, or bytes, but this is of type %s"),
               g_variant_get_type_string (variant));
  return NULL;
}

/* What comes from elsewhere may be broken in ways that GVariant hides, and would
 * pass on. */
static gboolean
is_whole (GVariant  *variant,
          GError   **error)
{
  if (g_variant_is_normal_form (variant))
    return TRUE;
  g_set_error_literal (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT,
                       _("The data is not in normal form"));
  return FALSE;
}

/**
 * g_flow_document_new_from_variant:
 * @variant: a document, consumed if it is floating
 * @error: return location for an error
 *
 * Makes a document of what [method@GFlow.FlowDocument.to_variant] has written, or
 * another program.
 *
 * The members of a dictionary (`a{sv}`, or any that has strings for names) are `id` (a
 * string or an integer), `text`, `blob` (of type `ay`), `uri`, `mime_type` and
 * `tags`. Members of other names are tags. A string is the text of a document, bytes
 * (`ay`) are its blob.
 *
 * Fails with %G_FLOW_ERROR_BAD_INPUT if it is nothing like that, if something is
 * there twice, or if tags are nested too deep: see [method@GFlow.FlowDocument.set_tags].
 *
 * Returns: (transfer full): a new document
 *
 * Since: 0.1
 */
GFlowDocument *
g_flow_document_new_from_variant (GVariant  *variant,
                                  GError   **error)
{
  g_return_val_if_fail (variant != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr(GVariant) held = g_variant_ref_sink (variant);

  return is_whole (held, error) ? read_document (held, error) : NULL;
}

/* The document at @index of an array of documents that is_whole(). */
GFlowDocument *
_g_flow_document_new_from_array (GVariant  *array,
                                 gsize      index,
                                 GError   **error)
{
  g_autoptr(GVariant) item = g_variant_get_child_value (array, index);
  GFlowDocument *document = read_document (item, error);

  if (document == NULL)
    g_prefix_error (error, _("Item %" G_GSIZE_FORMAT ": "), index);
  return document;
}

gboolean
_g_flow_document_check_array (GVariant  *array,
                              GError   **error)
{
  if (!g_variant_is_of_type (array, G_VARIANT_TYPE_ARRAY) &&
      !g_variant_is_of_type (array, G_VARIANT_TYPE_TUPLE))
    {
      g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT,
                   _("Documents are an array, but this is of type %s"),
                   g_variant_get_type_string (array));
      return FALSE;
    }
  return is_whole (array, error);
}

/**
 * g_flow_document_list_from_variant:
 * @variant: an array of documents, consumed if it is floating
 * @error: return location for an error
 *
 * Makes a list of what [func@GFlow.FlowDocument.list_to_variant] has written, or
 * another program: of an array of any type whose items are documents for
 * [ctor@GFlow.FlowDocument.new_from_variant], such as `as`.
 *
 * Returns: (transfer full): a list of [class@GFlow.FlowDocument], which is the
 *   caller's to change
 *
 * Since: 0.1
 */
GListModel *
g_flow_document_list_from_variant (GVariant  *variant,
                                   GError   **error)
{
  g_return_val_if_fail (variant != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr(GVariant) held = g_variant_ref_sink (variant);
  g_autoptr(GListStore) documents = g_list_store_new (G_TYPE_FLOW_DOCUMENT);

  if (!_g_flow_document_check_array (held, error))
    return NULL;
  for (gsize i = 0; i < g_variant_n_children (held); i++)
    {
      g_autoptr(GFlowDocument) document = _g_flow_document_new_from_array (held, i, error);

      if (document == NULL)
        return NULL;
      g_list_store_append (documents, document);
    }
  return G_LIST_MODEL (g_steal_pointer (&documents));
}
