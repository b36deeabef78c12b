/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-run-private.h"

/* Branches: a node says which of its downstreams go on. What it has said is kept in
 * a table of the run, and becomes a mark on the others when it ends. */

static gboolean
is_downstream (GFlowRun  *self,
               guint32    index,
               GFlowNode *downstream,
               guint     *found)
{
  guint32 n;
  const guint32 *successors = _g_flow_plan_successors (self->plan, &self->plan->nodes[index], &n);

  if (!_g_flow_plan_find (self->plan, downstream, found))
    return FALSE;

  for (guint32 i = 0; i < n; i++)
    if (successors[i] == *found)
      return TRUE;
  return FALSE;
}

/* The downstreams that the node has selected, as a set of their numbers. */
static GHashTable *
ensure_choice_locked (GFlowRun *self,
                      guint32   index)
{
  if (self->choices == NULL)
    self->choices = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) g_hash_table_unref);

  GHashTable *choice = g_hash_table_lookup (self->choices, GUINT_TO_POINTER (index));

  if (choice == NULL)
    {
      choice = g_hash_table_new (NULL, NULL);
      g_hash_table_insert (self->choices, GUINT_TO_POINTER (index), choice);
    }
  return choice;
}

/**
 * g_flow_run_select:
 * @self: a run
 * @node: a node whose body runs
 * @downstream: (nullable): a downstream of @node, or %NULL to select none
 *
 * Selects a branch: of the downstreams of a node only those go on that it has
 * selected. The others are skipped by choice, which is no failure: a node behind
 * them that is %G_FLOW_RUN_WHEN_ALL_SUCCEEDED takes them for satisfied, unless all
 * its upstreams were skipped so.
 *
 * To be called by the body, or on its behalf, from any thread before the node
 * ends; as often as there are downstreams to select. A node that never selects
 * selects all, and one that selects only %NULL selects none. It is a choice among
 * the downstreams that need the node to succeed: clean-up and handlers
 * ([enum@GFlow.FlowRunWhen]) come regardless of it. If the node fails its
 * downstreams are told of that.
 *
 * Since: 0.1
 */
void
g_flow_run_select (GFlowRun  *self,
                   GFlowNode *node,
                   GFlowNode *downstream)
{
  guint index, selected = 0;

  g_return_if_fail (G_IS_FLOW_RUN (self));
  g_return_if_fail (G_IS_FLOW_NODE (node));
  g_return_if_fail (downstream == NULL || G_IS_FLOW_NODE (downstream));
  g_return_if_fail (_g_flow_run_has_state (self) && _g_flow_plan_find (self->plan, node, &index));
  g_return_if_fail (_g_flow_run_node_state (self, index) == G_FLOW_NODE_STATE_RUNNING);
  g_return_if_fail (downstream == NULL || is_downstream (self, index, downstream, &selected));

  _g_flow_mutex_lock (&self->mutex);

  GHashTable *choice = ensure_choice_locked (self, index);

  if (downstream != NULL)
    g_hash_table_add (choice, GUINT_TO_POINTER (selected));
  _g_flow_mutex_unlock (&self->mutex);

  /* Relaxed: whoever ends the node comes after this, see _g_flow_run_mark(). */
  _g_flow_run_mark (self, index, G_FLOW_MARK_CHOSE);
  atomic_fetch_or_explicit (&self->attention, G_FLOW_ATTENTION_CHOICES, memory_order_relaxed);
}

static gboolean
has_selected (GFlowRun *self,
              guint32   index,
              guint32   downstream)
{
  GHashTable *choice = g_hash_table_lookup (self->choices, GUINT_TO_POINTER (index));

  return choice == NULL || g_hash_table_contains (choice, GUINT_TO_POINTER (downstream));
}

/* What an attempt has chosen that has failed. */
void
_g_flow_run_forget_choice (GFlowRun *self,
                           guint32   index)
{
  if ((_g_flow_run_marks (self, index) & G_FLOW_MARK_CHOSE) == 0)
    return;

  _g_flow_run_unmark (self, index, G_FLOW_MARK_CHOSE);
  _g_flow_mutex_lock (&self->mutex);
  g_hash_table_remove (self->choices, GUINT_TO_POINTER (index));
  _g_flow_mutex_unlock (&self->mutex);
}

/* A node that has chosen ends: marks what it has not selected, before that can become ready. */
void
_g_flow_run_apply_choice (GFlowRun *self,
                          guint32   index)
{
  guint32 n;
  const guint32 *successors = _g_flow_plan_successors (self->plan, &self->plan->nodes[index], &n);

  _g_flow_mutex_lock (&self->mutex);
  for (guint32 i = 0; i < n; i++)
    if (!has_selected (self, index, successors[i]))
      _g_flow_run_mark (self, successors[i], G_FLOW_MARK_DESELECTED | G_FLOW_MARK_UNCLEAN);
  _g_flow_mutex_unlock (&self->mutex);
}

/* The upstream that has selected others than this node. */
GFlowNode *
_g_flow_run_find_chooser (GFlowRun *self,
                          guint32   index)
{
  GFlowPlan *plan = self->plan;
  GFlowNode *chooser = NULL;
  guint32 n_upstreams;
  const guint32 *upstreams = _g_flow_plan_upstreams (plan, index, &n_upstreams);

  _g_flow_mutex_lock (&self->mutex);
  for (guint32 k = 0; self->choices != NULL && chooser == NULL && k < n_upstreams; k++)
    if (!has_selected (self, upstreams[k], index))
      chooser = plan->nodes[upstreams[k]].node;
  _g_flow_mutex_unlock (&self->mutex);
  return chooser;
}

/* For runs that go on from an earlier one */

/* The names of what a node has selected; NULL if it has not chosen. */
GVariant *
_g_flow_run_save_choice (GFlowRun *self,
                         guint32   index)
{
  GVariantBuilder builder;
  GHashTableIter iter;
  gpointer selected;

  if ((_g_flow_run_marks (self, index) & G_FLOW_MARK_CHOSE) == 0)
    return NULL;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_STRING_ARRAY);
  _g_flow_mutex_lock (&self->mutex);
  g_hash_table_iter_init (&iter, g_hash_table_lookup (self->choices, GUINT_TO_POINTER (index)));
  while (g_hash_table_iter_next (&iter, &selected, NULL))
    g_variant_builder_add (&builder, "s",
                           g_flow_node_get_name (self->plan->nodes[GPOINTER_TO_UINT (selected)].node));
  _g_flow_mutex_unlock (&self->mutex);
  return g_variant_builder_end (&builder);
}

/* A node has chosen so in an earlier run. Before anything runs. */
void
_g_flow_run_restore_choice (GFlowRun           *self,
                            guint32             index,
                            const char * const *names)
{
  guint32 n;
  const guint32 *successors = _g_flow_plan_successors (self->plan, &self->plan->nodes[index], &n);

  _g_flow_mutex_lock (&self->mutex);

  GHashTable *choice = ensure_choice_locked (self, index);

  for (guint32 i = 0; i < n; i++)
    if (g_strv_contains (names, g_flow_node_get_name (self->plan->nodes[successors[i]].node)))
      g_hash_table_add (choice, GUINT_TO_POINTER (successors[i]));
  _g_flow_mutex_unlock (&self->mutex);
  _g_flow_run_mark (self, index, G_FLOW_MARK_CHOSE);
  atomic_fetch_or_explicit (&self->attention, G_FLOW_ATTENTION_CHOICES, memory_order_relaxed);
  _g_flow_run_apply_choice (self, index);
}
