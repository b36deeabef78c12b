/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-draft-private.h"

#include "gflow-document-private.h"

#include <string.h>

/* Names */

static const char * const member_names[G_FLOW_N_MEMBERS] = {
  [G_FLOW_MEMBER_ID] = "id",
  [G_FLOW_MEMBER_TEXT] = "text",
  [G_FLOW_MEMBER_BLOB] = "blob",
  [G_FLOW_MEMBER_URI] = "uri",
  [G_FLOW_MEMBER_MIME_TYPE] = "mime_type",
  [G_FLOW_MEMBER_TAGS] = "tags",
};

const char *
_g_flow_member_get_name (GFlowMember member)
{
  return member_names[member];
}

GFlowMember
_g_flow_member_for_name (const char *name)
{
  for (guint i = 0; i < G_FLOW_N_MEMBERS; i++)
    if (strcmp (name, member_names[i]) == 0)
      return i;
  /* As other programs spell it. */
  if (strcmp (name, "mimeType") == 0 || strcmp (name, "mime-type") == 0)
    return G_FLOW_MEMBER_MIME_TYPE;
  return G_FLOW_MEMBER_TAG;
}

/* What a field of this name is, by a dictionary of type a{ss} that says what each
 * stands for: a member, a tag, "tags" for a tag of its own name, "" for nothing.
 * Fields that it does not have stand for themselves. @tag lives as long as the
 * dictionary and @name do. */
GFlowMember
_g_flow_member_for_field (GVariant    *fields,
                          const char  *name,
                          const char **tag)
{
  const char *meaning = NULL;

  *tag = name;
  if (fields == NULL || !g_variant_lookup (fields, name, "&s", &meaning))
    return _g_flow_member_for_name (name);
  if (*meaning == '\0')
    return G_FLOW_MEMBER_NONE;
  if (strcmp (meaning, "tags") == 0 && strcmp (name, "tags") != 0)
    return G_FLOW_MEMBER_TAG;
  *tag = meaning;
  return _g_flow_member_for_name (meaning);
}

/* Drafts */

void
_g_flow_draft_begin (GFlowDraft *draft)
{
  draft->document = g_flow_document_new ();
  draft->seen = 0;
  draft->names = NULL;
}

/* Whether it is there for the first time. */
gboolean
_g_flow_draft_claim (GFlowDraft  *draft,
                     GFlowMember  member)
{
  const guint bit = 1u << member;

  if ((draft->seen & bit) != 0)
    return FALSE;
  draft->seen |= bit;
  return TRUE;
}

/* @value is UTF-8. */
void
_g_flow_draft_take_string (GFlowDraft  *draft,
                           GFlowMember  member,
                           char        *value)
{
  GFlowDocument *document = draft->document;

  switch (member)
    {
    case G_FLOW_MEMBER_ID:
      document->id = value;
      break;
    case G_FLOW_MEMBER_TEXT:
      document->text = value;
      break;
    case G_FLOW_MEMBER_URI:
      document->uri = value;
      break;
    case G_FLOW_MEMBER_MIME_TYPE:
      document->mime_type = value;
      break;
    default:
      g_assert_not_reached ();
    }
}

/* GLib skips what is no base64, and stops where it likes. */
static gboolean
is_base64 (const char *text,
           gsize       length)
{
  gsize n = length;

  if (length % 4 != 0)
    return FALSE;
  while (n > 0 && length - n < 2 && text[n - 1] == '=')
    n--;
  for (gsize i = 0; i < n; i++)
    if (!g_ascii_isalnum (text[i]) && text[i] != '+' && text[i] != '/')
      return FALSE;
  return TRUE;
}

/* Consumes @text, also if it is no base64. */
gboolean
_g_flow_draft_take_base64 (GFlowDraft *draft,
                           char       *text)
{
  const gsize length = strlen (text);
  gsize n_bytes = 0;

  if (!is_base64 (text, length))
    {
      g_free (text);
      return FALSE;
    }
  if (length > 0)
    g_base64_decode_inplace (text, &n_bytes);
  draft->document->blob = g_bytes_new_take (text, n_bytes);
  return TRUE;
}

/* FALSE if there is one of this name; @value is consumed if it is floating. */
gboolean
_g_flow_draft_add_tag (GFlowDraft *draft,
                       const char *name,
                       GVariant   *value)
{
  g_autoptr(GVariant) held = g_variant_ref_sink (value);

  if (draft->names == NULL)
    {
      draft->names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
      g_variant_builder_init (&draft->tags, G_VARIANT_TYPE_VARDICT);
    }
  if (!g_hash_table_add (draft->names, g_strdup (name)))
    return FALSE;
  g_variant_builder_add (&draft->tags, "{sv}", name, held);
  return TRUE;
}

gboolean
_g_flow_draft_add_tags (GFlowDraft  *draft,
                        GVariant    *tags,
                        char       **twice)
{
  GVariantIter iter;
  const char *name;
  GVariant *value;

  g_variant_iter_init (&iter, tags);
  while (g_variant_iter_next (&iter, "{&sv}", &name, &value))
    {
      const gboolean added = _g_flow_draft_add_tag (draft, name, value);

      g_variant_unref (value);
      if (!added)
        {
          *twice = g_strdup (name);
          return FALSE;
        }
    }
  return TRUE;
}

static GVariant *
end_tags (GFlowDraft *draft)
{
  if (draft->names == NULL)
    return NULL;
  g_clear_pointer (&draft->names, g_hash_table_unref);
  return g_variant_ref_sink (g_variant_builder_end (&draft->tags));
}

GFlowDocument *
_g_flow_draft_end (GFlowDraft *draft)
{
  draft->document->tags = end_tags (draft);
  return g_steal_pointer (&draft->document);
}

void
_g_flow_draft_abandon (GFlowDraft *draft)
{
  g_autoptr(GVariant) tags G_GNUC_UNUSED = end_tags (draft);

  g_clear_object (&draft->document);
}
