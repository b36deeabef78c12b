/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-request-private.h"

#include "gflow-document.h"

/* Putting branches together again. Copies of one document are told by where they were
 * copied from, other documents by their ids. Of each field of a document counts what the
 * first branch says that has changed it since the ways parted. */

/* A document of the outcome, and its copies in the branches. */
typedef struct
{
  GFlowDocument *base;   /* (unowned) (nullable): as it was where the ways parted */
  GPtrArray     *copies; /* (owned) of GFlowDocument, the first branch first */
  guint          branch; /* which one the last of them is from */
} Entry;

typedef struct
{
  GFlowRequest *base;    /* (unowned) (nullable): where the ways of all branches parted */
  GPtrArray    *entries; /* (owned) of Entry, in the order of the outcome */
  GHashTable   *by_base; /* (owned): document of the base → Entry */
  GHashTable   *by_id;   /* (owned): id → Entry */
} Merge;

static void
free_entry (gpointer data)
{
  Entry *entry = data;

  g_ptr_array_unref (entry->copies);
  g_free (entry);
}

static gboolean
is_from (GFlowRequest *part,
         GFlowRequest *base)
{
  for (; part != NULL; part = part->base)
    if (part == base)
      return TRUE;
  return FALSE;
}

/* What all branches were copied from, at last. */
static GFlowRequest *
find_base (GFlowRequest **parts,
           guint          n_parts)
{
  for (GFlowRequest *base = parts[0]; base != NULL; base = base->base)
    {
      gboolean of_all = TRUE;

      for (guint i = 1; of_all && i < n_parts; i++)
        of_all = is_from (parts[i], base);
      if (of_all)
        return base;
    }
  return NULL;
}

/* The document of @base that @document is a copy of, through all copies between. */
static GFlowDocument *
find_origin (GFlowRequest  *part,
             GFlowRequest  *base,
             GFlowDocument *document)
{
  for (; part != base && document != NULL; part = part->base)
    document = part->origins != NULL ? g_hash_table_lookup (part->origins, document) : NULL;
  return document;
}

static Entry *
add_entry (Merge         *merge,
           GFlowDocument *base)
{
  Entry *entry = g_new (Entry, 1);

  entry->base = base;
  entry->branch = G_MAXUINT;
  entry->copies = g_ptr_array_new_with_free_func (g_object_unref);
  g_ptr_array_add (merge->entries, entry);
  return entry;
}

/* Whether @entry may be that of another copy, whatever the ids: a branch has no more than one
 * copy of a document, and copies of two documents are two. */
static gboolean
may_hold (Entry         *entry,
          guint          branch,
          GFlowDocument *base)
{
  return entry != NULL && entry->branch != branch &&
         (entry->base == NULL || base == NULL || entry->base == base);
}

/* The entry for a document of a branch, also if it is the first of it. */
static Entry *
find_entry (Merge         *merge,
            GFlowRequest  *part,
            guint          branch,
            GFlowDocument *document)
{
  const char *id = g_flow_document_get_id (document);
  GFlowDocument *base = merge->base != NULL ? find_origin (part, merge->base, document) : NULL;
  Entry *entry = NULL;

  if (base != NULL)
    entry = g_hash_table_lookup (merge->by_base, base);
  if (!may_hold (entry, branch, base) && id != NULL)
    entry = g_hash_table_lookup (merge->by_id, id);
  if (!may_hold (entry, branch, base))
    entry = add_entry (merge, base);
  if (base != NULL)
    g_hash_table_insert (merge->by_base, base, entry);
  if (id != NULL)
    g_hash_table_insert (merge->by_id, g_strdup (id), entry);
  entry->branch = branch;
  return entry;
}

static void
collect (Merge        *merge,
         GFlowRequest *part,
         guint         branch)
{
  g_autoptr(GPtrArray) documents = _g_flow_request_dup_documents (part);

  for (guint i = 0; i < documents->len; i++)
    g_ptr_array_add (find_entry (merge, part, branch, documents->pdata[i])->copies,
                     g_object_ref (documents->pdata[i]));
}

/* The copy whose field counts: the first in which it differs from the base. */
#define PICK(entry, get, differ)                                                       \
  ({                                                                                   \
    GFlowDocument *_picked = NULL;                                                     \
    for (guint _i = 0; _picked == NULL && _i < (entry)->copies->len; _i++)             \
      if (differ (get ((entry)->copies->pdata[_i]),                                    \
                  (entry)->base != NULL ? get ((entry)->base) : NULL))                 \
        _picked = (entry)->copies->pdata[_i];                                          \
    get (_picked != NULL ? _picked : (entry)->copies->pdata[0]);                       \
  })

static gboolean
differ_bytes (GBytes *a,
              GBytes *b)
{
  return a != b && (a == NULL || b == NULL || !g_bytes_equal (a, b));
}

static gboolean
differ_variants (GVariant *a,
                 GVariant *b)
{
  return a != b && (a == NULL || b == NULL || !g_variant_equal (a, b));
}

static void
add_tag_names (GHashTable    *names,
               GFlowDocument *document)
{
  GVariantIter iter;
  const char *name;
  GVariant *value;

  g_variant_iter_init (&iter, g_flow_document_get_tags (document));
  while (g_variant_iter_loop (&iter, "{&sv}", &name, &value))
    g_hash_table_add (names, g_strdup (name));
}

/* Each tag by itself. */
static void
merge_tags (Entry         *entry,
            GFlowDocument *outcome)
{
  g_autoptr(GHashTable) names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GHashTableIter iter;
  gpointer name;

  for (guint i = 0; i < entry->copies->len; i++)
    add_tag_names (names, entry->copies->pdata[i]);

  g_hash_table_iter_init (&iter, names);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    {
      g_autoptr(GVariant) before = entry->base != NULL ? g_flow_document_dup_tag (entry->base, name)
                                                       : NULL;
      g_autoptr(GVariant) value = before != NULL ? g_variant_ref (before) : NULL;

      for (guint i = 0; i < entry->copies->len; i++)
        {
          g_autoptr(GVariant) other = g_flow_document_dup_tag (entry->copies->pdata[i], name);

          if (differ_variants (other, before))
            {
              g_clear_pointer (&value, g_variant_unref);
              value = g_steal_pointer (&other);
              break;
            }
        }
      g_flow_document_set_tag (outcome, name, value);
    }
}

static GFlowDocument *
merge_entry (Entry *entry)
{
  GFlowDocument *first = entry->copies->pdata[0];
  GFlowDocument *outcome = g_flow_document_copy (first);

  if (entry->copies->len == 1)
    return outcome;

  g_flow_document_set_text (outcome, PICK (entry, g_flow_document_get_text, g_strcmp0));
  g_flow_document_set_blob (outcome, PICK (entry, g_flow_document_get_blob, differ_bytes));
  g_flow_document_set_uri (outcome, PICK (entry, g_flow_document_get_uri, g_strcmp0));
  g_flow_document_set_mime_type (outcome, PICK (entry, g_flow_document_get_mime_type, g_strcmp0));
  merge_tags (entry, outcome);
  return outcome;
}

/* Takes @documents. */
static void
set_merged (GFlowRequest *self,
            GPtrArray    *documents,
            GFlowRequest *base,
            GHashTable   *origins)
{
  _g_flow_documents_set (&self->documents, documents);
  if (self->root == NULL || base == NULL)
    return;

  g_set_object (&self->base, base);
  g_clear_pointer (&self->origins, g_hash_table_unref);
  self->origins = g_hash_table_ref (origins);
}

static void
merge (GFlowRequest  *self,
       GFlowRequest **parts,
       guint          n_parts,
       gboolean       only_first)
{
  Merge merging = {
    .base = find_base (parts, n_parts),
    .entries = g_ptr_array_new_with_free_func (free_entry),
    .by_base = g_hash_table_new (NULL, NULL),
    .by_id = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL),
  };
  GPtrArray *documents = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr(GHashTable) origins = g_hash_table_new_full (NULL, NULL, g_object_unref, NULL);

  collect (&merging, parts[0], 0);

  const guint n_first = merging.entries->len;

  for (guint i = 1; i < n_parts; i++)
    collect (&merging, parts[i], i);
  if (only_first)
    g_ptr_array_set_size (merging.entries, n_first);
  for (guint i = 0; i < merging.entries->len; i++)
    {
      Entry *entry = merging.entries->pdata[i];
      GFlowDocument *outcome = merge_entry (entry);

      g_ptr_array_add (documents, outcome);
      if (entry->base != NULL)
        g_hash_table_insert (origins, g_object_ref (outcome), entry->base);
    }

  set_merged (self, documents, merging.base, origins);
  g_ptr_array_unref (merging.entries);
  g_hash_table_unref (merging.by_base);
  g_hash_table_unref (merging.by_id);
}

/* Gives @self the documents of all @parts, of which none changes meanwhile. It is then
 * a copy of what these were copied from. */
void
_g_flow_request_merge (GFlowRequest  *self,
                       GFlowRequest **parts,
                       guint          n_parts)
{
  merge (self, parts, n_parts, FALSE);
}

/* Likewise, but only those that the first of them has. */
void
_g_flow_request_merge_into (GFlowRequest  *self,
                            GFlowRequest **parts,
                            guint          n_parts)
{
  merge (self, parts, n_parts, TRUE);
}

/* Gives @self copies of the documents of all @parts, one part after the other. It is then
 * a copy of what these were copied from. */
void
_g_flow_request_gather (GFlowRequest  *self,
                        GFlowRequest **parts,
                        guint          n_parts)
{
  GFlowRequest *base = find_base (parts, n_parts);
  GPtrArray *documents = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr(GHashTable) origins = g_hash_table_new_full (NULL, NULL, g_object_unref, NULL);

  for (guint i = 0; i < n_parts; i++)
    {
      g_autoptr(GPtrArray) list = _g_flow_request_dup_documents (parts[i]);

      for (guint k = 0; k < list->len; k++)
        {
          GFlowDocument *copy = g_flow_document_copy (list->pdata[k]);
          GFlowDocument *origin = base != NULL ? find_origin (parts[i], base, list->pdata[k])
                                               : NULL;

          g_ptr_array_add (documents, copy);
          if (origin != NULL)
            g_hash_table_insert (origins, g_object_ref (copy), origin);
        }
    }
  set_merged (self, documents, base, origins);
}
