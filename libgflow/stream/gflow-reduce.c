/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-pipeline-private.h"

#include "graph/gflow-error.h"

#include <glib/gi18n-lib.h>

/* How parts of a request become one: what branches have left that meet at a node, and what all
 * shards at it have. And the other way round: which documents go on from a node. */

static gboolean
call_reduction (GFlowPlace    *place,
                GFlowRequest  *request,
                GError       **error)
{
  g_autoptr(GListModel) parts = g_flow_request_dup_parts (request);
  GFlowReduction *reduction = place->reduction;

  if (reduction->func (place->node, request, parts, reduction->user_data, error))
    return TRUE;
  if (*error == NULL)
    g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_FAILED,
                 _("The node “%s” failed without an error"), g_flow_node_get_name (place->node));
  return FALSE;
}

static gboolean
all_pass (GFlowRequest **parts,
          guint          n_parts)
{
  for (guint i = 0; i < n_parts; i++)
    if (!parts[i]->passes)
      return FALSE;
  return n_parts > 0;
}

/* Puts @parts together, of which none changes meanwhile. NULL if that fails. */
GFlowRequest *
_g_flow_place_reduce (GFlowPlace    *place,
                      GFlowRequest  *root,
                      GFlowRequest **parts,
                      guint          n_parts,
                      GError       **error)
{
  g_autoptr(GFlowRequest) request = _g_flow_request_new_for (root->endpoint, root->parameters, NULL);

  request->root = g_object_ref (root);
  request->node = place->node;
  request->passes = all_pass (parts, n_parts);
  request->parts = g_ptr_array_new_full (n_parts, g_object_unref);
  for (guint i = 0; i < n_parts; i++)
    g_ptr_array_add (request->parts, g_object_ref (parts[i]));

  switch (place->reducer)
    {
    case G_FLOW_REDUCER_CONCATENATE:
      _g_flow_request_gather (request, parts, n_parts);
      break;
    case G_FLOW_REDUCER_FIRST:
      _g_flow_request_gather (request, parts, MIN (n_parts, 1));
      break;
    case G_FLOW_REDUCER_NONE:
      break;
    case G_FLOW_REDUCER_CUSTOM:
      if (!call_reduction (place, request, error))
        return NULL;
      break;
    case G_FLOW_REDUCER_MERGE:
    default:
      _g_flow_request_merge (request, parts, n_parts);
      break;
    }
  return g_steal_pointer (&request);
}

/* Leaves out the documents that are not for @node. They do not go here, which may be on any
 * thread, but with the request. */
gboolean
_g_flow_request_filter (GFlowRequest    *self,
                        GFlowCondition  *condition,
                        GFlowNode       *node,
                        GError         **error)
{
  g_autoptr(GPtrArray) documents = _g_flow_request_dup_documents (self);
  g_autoptr(GPtrArray) kept = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < documents->len; i++)
    {
      GError *reason = NULL;

      if (_g_flow_condition_holds (condition, node, documents->pdata[i], &reason))
        g_ptr_array_add (kept, g_object_ref (documents->pdata[i]));
      if (reason != NULL)
        {
          g_propagate_error (error, reason);
          return FALSE;
        }
    }
  if (kept->len == documents->len)
    return TRUE;

  if (self->left_out == NULL)
    self->left_out = g_ptr_array_new_with_free_func (g_object_unref);
  g_ptr_array_extend (self->left_out, documents, (GCopyFunc) g_object_ref, NULL);

  self->passes = kept->len == 0;
  _g_flow_documents_set (&self->documents, g_steal_pointer (&kept));
  return TRUE;
}
