/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-flow-private.h"
#include "gflow-node-serving-private.h"

/**
 * g_flow_copy:
 * @self: a flow
 *
 * Makes a flow with copies of all nodes, which may be changed without changing
 * this one. The bodies and locks are shared; the data of a body is freed when
 * its last copy is.
 *
 * Returns: (transfer full): a new flow
 *
 * Since: 0.1
 */
GFlow *
g_flow_copy (GFlow *self)
{
  g_return_val_if_fail (G_IS_FLOW (self), NULL);

  GFlow *copy = g_object_new (G_TYPE_FLOW,
                              "name", self->name,
                              "max-threads", self->max_threads,
                              "max-parallel", self->max_parallel,
                              "on-error", self->on_error,
                              "open-timeout", self->open_timeout,
                              "close-timeout", self->close_timeout,
                              "history", self->history,
                              "direction", self->direction,
                              "unique-names", self->unique_names,
                              NULL);

  _g_flow_mutex_lock (&self->mutex);
  for (guint i = 0; i < self->nodes->n; i++)
    _g_flow_node_enter_flow (_g_flow_node_copy (_g_flow_node_at (self, i)), copy);
  for (guint i = 0; i < self->nodes->n; i++)
    _g_flow_node_copy_needs (_g_flow_node_at (self, i), _g_flow_node_at (copy, i));
  copy->grouping = _g_flow_grouping_copy (self->grouping);
  copy->next_number = self->next_number;
  copy->has_forward_needs = self->has_forward_needs;
  copy->has_asides = self->has_asides;
  if (self->insertion_point != NULL)
    copy->insertion_point = _g_flow_node_at (copy, self->insertion_point->index);
  _g_flow_mutex_unlock (&self->mutex);
  return copy;
}

static gboolean
same_locks (GFlowNode *a,
            GFlowNode *b)
{
  GPtrArray *locks_a = _g_flow_node_locks (a), *locks_b = _g_flow_node_locks (b);
  guint n_a = locks_a != NULL ? locks_a->len : 0, n_b = locks_b != NULL ? locks_b->len : 0;

  if (n_a != n_b)
    return FALSE;
  for (guint i = 0; i < n_a; i++)
    if (!g_ptr_array_find (locks_b, locks_a->pdata[i], NULL))
      return FALSE;
  return TRUE;
}

/* Whether @a and @b do the same, in the same circumstances. */
static gboolean
same_work (const GFlowPlanNode *planned_a,
           const GFlowPlanNode *planned_b)
{
  GFlowNode *a = planned_a->node, *b = planned_b->node;

  return a->kind == b->kind &&
         planned_a->body == planned_b->body &&
         planned_a->user_data == planned_b->user_data &&
         planned_a->run_when == planned_b->run_when &&
         g_flow_node_get_placement (a) == g_flow_node_get_placement (b) &&
         _g_flow_node_priority (a) == _g_flow_node_priority (b) &&
         _g_flow_node_subflow (a) == _g_flow_node_subflow (b) &&
         _g_flow_executor_equal (_g_flow_node_executor (a), _g_flow_node_executor (b)) &&
         _g_flow_serving_equal (_g_flow_node_serving (a), _g_flow_node_serving (b)) &&
         same_locks (a, b);
}

static gboolean
same_upstreams (GFlowPlan *plan_a,
                guint      index_a,
                GFlowPlan *plan_b,
                guint      index_b,
                GArray    *b_from_a)
{
  guint32 n_a, n_b;
  const guint32 *upstreams_a = _g_flow_plan_upstreams (plan_a, index_a, &n_a);
  const guint32 *upstreams_b = _g_flow_plan_upstreams (plan_b, index_b, &n_b);

  if (n_a != n_b)
    return FALSE;

  g_autoptr(GHashTable) wanted = g_hash_table_new (NULL, NULL);

  for (guint32 i = 0; i < n_a; i++)
    g_hash_table_add (wanted,
                      GUINT_TO_POINTER (g_array_index (b_from_a, guint32, upstreams_a[i])));
  for (guint32 i = 0; i < n_b; i++)
    if (!g_hash_table_contains (wanted, GUINT_TO_POINTER (upstreams_b[i])))
      return FALSE;
  return TRUE;
}

/* By the plan, as others may edit the flow meanwhile. */
static GHashTable *
index_names (GFlowPlan *plan)
{
  GHashTable *indices = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = plan->n_nodes; i-- > 0;)
    g_hash_table_insert (indices, (char *) g_flow_node_get_name (plan->nodes[i].node), GUINT_TO_POINTER (i));
  return indices;
}

/**
 * g_flow_equal:
 * @self: a flow
 * @other: another flow
 *
 * Compares two flows: they are equal if they have nodes of the same names,
 * which do the same work and wait for nodes of the same names. The order of
 * adding does not count, nor does whether an upstream was given as a node or
 * by name.
 *
 * Returns: %TRUE if they are equal
 *
 * Since: 0.1
 */
gboolean
g_flow_equal (GFlow *self,
              GFlow *other)
{
  g_return_val_if_fail (G_IS_FLOW (self), FALSE);
  g_return_val_if_fail (G_IS_FLOW (other), FALSE);

  g_autoptr(GFlowPlan) plan = _g_flow_ref_plan (self);
  g_autoptr(GFlowPlan) other_plan = _g_flow_ref_plan (other);
  g_autoptr(GHashTable) indices = index_names (other_plan);
  g_autoptr(GArray) others = g_array_new (FALSE, FALSE, sizeof (guint32));

  if (plan->n_nodes != other_plan->n_nodes)
    return FALSE;

  for (guint i = 0; i < plan->n_nodes; i++)
    {
      const char *name = g_flow_node_get_name (plan->nodes[i].node);
      gpointer twin;

      if (!g_hash_table_lookup_extended (indices, name, NULL, &twin) ||
          !same_work (&plan->nodes[i], &other_plan->nodes[GPOINTER_TO_UINT (twin)]))
        return FALSE;
      g_array_append_vals (others, &(guint32) { GPOINTER_TO_UINT (twin) }, 1);
    }
  for (guint i = 0; i < plan->n_nodes; i++)
    if (!same_upstreams (plan, i, other_plan, g_array_index (others, guint32, i), others))
      return FALSE;
  return TRUE;
}
