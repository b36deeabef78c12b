/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-run-private.h"

#include "gflow-steps-private.h"
#include "graph/gflow-error.h"

#include <glib/gi18n-lib.h>

/* What a run tells about its nodes. */

static gboolean
find_node (GFlowRun  *self,
           GFlowNode *node,
           guint     *index)
{
  return _g_flow_run_has_state (self) && _g_flow_plan_find (self->plan, node, index);
}

/**
 * g_flow_run_get_node_state:
 * @self: a run
 * @node: a node of its flow
 *
 * Gets where a node stands in the run. May be called from any thread.
 *
 * Returns: the state; %G_FLOW_NODE_STATE_WAITING if the run has not started
 *
 * Since: 0.1
 */
GFlowNodeState
g_flow_run_get_node_state (GFlowRun  *self,
                           GFlowNode *node)
{
  guint index;

  g_return_val_if_fail (G_IS_FLOW_RUN (self), G_FLOW_NODE_STATE_WAITING);
  g_return_val_if_fail (G_IS_FLOW_NODE (node), G_FLOW_NODE_STATE_WAITING);

  return find_node (self, node, &index) ? _g_flow_run_node_state (self, index)
                                        : G_FLOW_NODE_STATE_WAITING;
}

static GError *
make_node_error (GFlowRun       *self,
                 GFlowNode      *node,
                 GFlowNodeState  state)
{
  switch (state)
    {
    case G_FLOW_NODE_STATE_SKIPPED:
      {
        g_autofree char *reason = g_flow_run_dup_node_reason (self, node);

        return g_error_new (G_FLOW_ERROR, G_FLOW_ERROR_SKIPPED, _("“%s” was skipped: %s"),
                            g_flow_node_get_name (node), reason);
      }
    case G_FLOW_NODE_STATE_CANCELLED:
      return g_error_new (G_IO_ERROR, G_IO_ERROR_CANCELLED, _("“%s” was cancelled"),
                          g_flow_node_get_name (node));
    case G_FLOW_NODE_STATE_WAITING:
    case G_FLOW_NODE_STATE_READY:
    case G_FLOW_NODE_STATE_LOCKED:
    case G_FLOW_NODE_STATE_RUNNING:
    case G_FLOW_NODE_STATE_DONE:
    case G_FLOW_NODE_STATE_FAILED:
    default:
      return NULL;
    }
}

/**
 * g_flow_run_get_node_error:
 * @self: a run
 * @node: a node of its flow
 *
 * Gets why a node did not succeed: what its body failed with, or
 * %G_FLOW_ERROR_SKIPPED with the reason, or %G_IO_ERROR_CANCELLED. May be called
 * from any thread.
 *
 * Returns: (transfer none) (nullable): the error, which lives as long as the
 *   run; %NULL for a node that succeeded or has not ended
 *
 * Since: 0.1
 */
GError *
g_flow_run_get_node_error (GFlowRun  *self,
                           GFlowNode *node)
{
  GError *error = NULL, *made;
  GFlowNodeState state;
  guint index;

  g_return_val_if_fail (G_IS_FLOW_RUN (self), NULL);
  g_return_val_if_fail (G_IS_FLOW_NODE (node), NULL);

  if (!find_node (self, node, &index))
    return NULL;

  _g_flow_mutex_lock (&self->mutex);
  if (self->node_errors != NULL)
    error = g_hash_table_lookup (self->node_errors, GUINT_TO_POINTER (index));
  _g_flow_mutex_unlock (&self->mutex);
  state = _g_flow_run_node_state (self, index);
  if (error != NULL || (made = make_node_error (self, node, state)) == NULL)
    return error;

  /* Made when asked for: a million nodes may be skipped, and nobody ask. Whoever runs the node
   * again has the mutex, and looks then whether there is one to forget. */
  _g_flow_mutex_lock (&self->mutex);
  if (self->node_errors == NULL)
    self->node_errors = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) g_error_free);
  error = g_hash_table_lookup (self->node_errors, GUINT_TO_POINTER (index));
  if (error == NULL && _g_flow_run_node_state (self, index) == state)
    {
      error = g_steal_pointer (&made);
      g_hash_table_insert (self->node_errors, GUINT_TO_POINTER (index), error);
    }
  _g_flow_mutex_unlock (&self->mutex);
  g_clear_error (&made);
  return error;
}

/**
 * g_flow_run_get_node_cancellable:
 * @self: a run
 * @node: a node whose body runs
 *
 * Gets the node's own cancellable, which is cancelled when what runs is to stop,
 * unless the node is for clean-up or a handler, and by
 * [method@GFlow.FlowRun.cancel_node]. For sync bodies; the task of an async body
 * has it already. May be called from any
 * thread while the body runs.
 *
 * Returns: (transfer none) (nullable): the cancellable
 *
 * Since: 0.1
 */
GCancellable *
g_flow_run_get_node_cancellable (GFlowRun  *self,
                                 GFlowNode *node)
{
  guint index;

  g_return_val_if_fail (G_IS_FLOW_RUN (self), NULL);
  g_return_val_if_fail (G_IS_FLOW_NODE (node), NULL);

  return find_node (self, node, &index) ? _g_flow_run_node_cancellable (self, index) : NULL;
}

/**
 * g_flow_run_get_errors:
 * @self: a run
 *
 * Gets the nodes that have failed, the first in time first. The list is brought
 * up to date whenever it is asked for.
 *
 * Returns: (transfer none): a list of [class@GFlow.FlowStep]
 *
 * Since: 0.1
 */
GListModel *
g_flow_run_get_errors (GFlowRun *self)
{
  g_return_val_if_fail (G_IS_FLOW_RUN (self), NULL);

  if (self->error_list == NULL)
    self->error_list = g_list_store_new (G_TYPE_FLOW_STEP);

  g_autoptr(GPtrArray) nodes = g_ptr_array_new ();
  g_autoptr(GPtrArray) steps = g_ptr_array_new_with_free_func (g_object_unref);
  const guint n_known = g_list_model_get_n_items (G_LIST_MODEL (self->error_list));

  _g_flow_mutex_lock (&self->mutex);
  for (guint32 i = n_known, index;
       (index = _g_flow_run_get_failure (self, i)) != G_FLOW_NO_NODE; i++)
    g_ptr_array_add (nodes, self->plan->nodes[index].node);
  _g_flow_mutex_unlock (&self->mutex);

  for (guint i = 0; i < nodes->len; i++)
    g_ptr_array_add (steps, g_object_ref (_g_flow_run_ensure_step (self, nodes->pdata[i])));
  if (steps->len > 0)
    g_list_store_splice (self->error_list, n_known, 0, steps->pdata, steps->len);
  return G_LIST_MODEL (self->error_list);
}
