/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-pipeline-private.h"

#include "gflow-document.h"

#include <string.h>

/* What an executor was given, for the next attempt if one fails. An executor changes documents where
 * they are, and may have changed some when it fails. Where there may be another attempt, they are
 * copied before the first one; and before each other they become what they were. */

struct _GFlowGiven
{
  GPtrArray *documents; /* (owned) (nullable) of GFlowDocument; NULL if each attempt has its own */
  GPtrArray *copies;    /* (owned) (nullable) of GFlowDocument: of these */
};

/* @is_shared: the next attempt will be at the same documents. */
GFlowGiven *
_g_flow_given_new (GFlowRequest *part,
                   gboolean      is_shared)
{
  GFlowGiven *self = g_new0 (GFlowGiven, 1);

  if (!is_shared)
    return self;

  self->documents = _g_flow_request_dup_documents (part);
  self->copies = g_ptr_array_new_full (self->documents->len, g_object_unref);
  for (guint i = 0; i < self->documents->len; i++)
    g_ptr_array_add (self->copies, g_flow_document_copy (self->documents->pdata[i]));
  return self;
}

void
_g_flow_given_free (GFlowGiven *self)
{
  g_clear_pointer (&self->documents, g_ptr_array_unref);
  g_clear_pointer (&self->copies, g_ptr_array_unref);
  g_free (self);
}

static void
restore_document (GFlowDocument *document,
                  GFlowDocument *copy)
{
  g_flow_document_set_id (document, g_flow_document_get_id (copy));
  g_flow_document_set_text (document, g_flow_document_get_text (copy));
  g_flow_document_set_blob (document, g_flow_document_get_blob (copy));
  g_flow_document_set_uri (document, g_flow_document_get_uri (copy));
  g_flow_document_set_mime_type (document, g_flow_document_get_mime_type (copy));
  g_flow_document_set_tags (document, g_flow_document_get_tags (copy));
}

/* They go with the request, and not here, which may be on any thread. */
static void
keep_documents (GFlowRequest *part)
{
  g_autoptr(GPtrArray) documents = _g_flow_request_dup_documents (part);

  if (part->left_out == NULL)
    part->left_out = g_ptr_array_new_with_free_func (g_object_unref);
  g_ptr_array_extend_and_steal (part->left_out, g_steal_pointer (&documents));
}

/* The result at a node, those of its shards, and of nodes inside it. */
static gboolean
is_of_node (gpointer name,
            gpointer value,
            gpointer node_name)
{
  const gsize length = strlen (node_name);
  const char *rest = g_str_has_prefix (name, node_name) ? (const char *) name + length : "?";

  return *rest == '\0' || *rest == '/';
}

static void
forget_results (GFlowRequest *part)
{
  GFlowRequest *root = _g_flow_request_get_root (part);

  _g_flow_mutex_lock (&root->mutex);
  if (root->results != NULL)
    g_hash_table_foreach_remove (root->results, is_of_node,
                                 (gpointer) g_flow_node_get_name (part->node));
  _g_flow_mutex_unlock (&root->mutex);
}

static void
restore_documents (GFlowGiven   *self,
                   GFlowRequest *part)
{
  keep_documents (part);
  _g_flow_documents_set (&part->documents,
                         g_ptr_array_copy (self->documents, (GCopyFunc) g_object_ref, NULL));
  for (guint i = 0; i < self->documents->len; i++)
    restore_document (self->documents->pdata[i], self->copies->pdata[i]);
  part->passes = FALSE;
}

/* Has @part, for the next attempt, be as if there had been none. */
void
_g_flow_given_restore (GFlowGiven   *self,
                       GFlowRequest *part)
{
  if (self->documents != NULL)
    restore_documents (self, part);
  forget_results (part);
}
