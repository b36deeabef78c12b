/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-flow-private.h"

#include "gflow-lock.h"

/* What a node waits for: its upstreams and its locks. */

/* Upstreams and locks */

/**
 * g_flow_node_add_upstream:
 * @self: a node
 * @upstream: a node that must end first
 *
 * Makes the node wait for @upstream. Adding an upstream twice is the same as
 * adding it once. Both must be in the same flow by the time that it runs.
 *
 * Since: 0.1
 */
void
g_flow_node_add_upstream (GFlowNode *self,
                          GFlowNode *upstream)
{
  g_return_if_fail (G_IS_FLOW_NODE (self));
  g_return_if_fail (G_IS_FLOW_NODE (upstream));

  GFlow *flow = _g_flow_node_flow (self);

  g_return_if_fail (!_g_flow_is_frozen (flow));

  _g_flow_begin_edit (flow);
  _g_flow_node_add_need (self, upstream);
  _g_flow_end_edit (flow);
}

/**
 * g_flow_node_add_upstream_by_name:
 * @self: a node
 * @name: the name of a node that must end first
 *
 * Makes the node wait for the node that will have the name @name by the time
 * that the flow runs. It need not exist yet.
 *
 * Since: 0.1
 */
void
g_flow_node_add_upstream_by_name (GFlowNode  *self,
                                  const char *name)
{
  g_return_if_fail (G_IS_FLOW_NODE (self));
  g_return_if_fail (name != NULL);
  g_return_if_fail (!_g_flow_is_frozen (_g_flow_node_flow (self)));

  _g_flow_begin_edit (_g_flow_node_flow (self));
  _g_flow_node_add_name (self, name);
  _g_flow_end_edit (_g_flow_node_flow (self));
}

/**
 * g_flow_node_set_upstreams:
 * @self: a node
 * @nodes: (array length=n) (nullable): nodes that must end first
 * @n: length of @nodes
 *
 * Makes the node wait for exactly these nodes: what it waited for before,
 * given as a node or by name, is forgotten.
 *
 * Since: 0.1
 */
void
g_flow_node_set_upstreams (GFlowNode  *self,
                           GFlowNode **nodes,
                           gsize       n)
{
  g_return_if_fail (G_IS_FLOW_NODE (self));
  g_return_if_fail (nodes != NULL || n == 0);
  g_return_if_fail (!_g_flow_is_frozen (_g_flow_node_flow (self)));

  GFlow *flow = _g_flow_node_flow (self);

  _g_flow_begin_edit (flow);

  GFlowNeedsForm form;
  const GFlowNeeds before = _g_flow_node_steal_needs (self, &form);

  for (gsize i = 0; i < n; i++)
    _g_flow_node_add_need (self, nodes[i]);
  _g_flow_end_edit (flow);
  _g_flow_needs_free (before, form, flow != NULL ? &flow->home : NULL);
}

/**
 * g_flow_node_after: (skip)
 * @self: a node
 * @first_upstream: a node that must end first
 * @...: more of them, then %NULL
 *
 * Adds several upstreams: C sugar for [method@GFlow.FlowNode.add_upstream].
 *
 * Since: 0.1
 */
void
g_flow_node_after (GFlowNode *self,
                   GFlowNode *first_upstream,
                   ...)
{
  va_list args;

  g_return_if_fail (G_IS_FLOW_NODE (self));

  va_start (args, first_upstream);
  for (GFlowNode *node = first_upstream; node != NULL; node = va_arg (args, GFlowNode *))
    g_flow_node_add_upstream (self, node);
  va_end (args);
}

/**
 * g_flow_node_add_lock:
 * @self: a node
 * @lock: a lock
 *
 * Makes the node hold @lock while its body runs. It takes its locks when all
 * its upstreams have ended, and waits for them without a thread.
 *
 * Since: 0.1
 */
void
g_flow_node_add_lock (GFlowNode *self,
                      GFlowLock *lock)
{
  g_return_if_fail (G_IS_FLOW_NODE (self));
  g_return_if_fail (G_IS_FLOW_LOCK (lock));
  g_return_if_fail (!_g_flow_is_frozen (_g_flow_node_flow (self)));

  _g_flow_begin_edit (_g_flow_node_flow (self));

  GFlowNodeExtras *extras = _g_flow_node_ensure_extras (self);

  if (extras->locks == NULL)
    extras->locks = g_ptr_array_new_with_free_func (g_object_unref);
  if (!g_ptr_array_find (extras->locks, lock, NULL))
    g_ptr_array_add (extras->locks, g_object_ref (lock));

  _g_flow_end_edit (_g_flow_node_flow (self));
}

/* Brings a kept list up to date, with at most one items-changed. */
GListModel *
_g_flow_update_list (GListStore **list,
                     GType        item_type,
                     GPtrArray   *items)
{
  gboolean same = TRUE;

  if (*list == NULL)
    *list = g_list_store_new (item_type);

  guint n = g_list_model_get_n_items (G_LIST_MODEL (*list));

  same = n == items->len;
  for (guint i = 0; same && i < n; i++)
    {
      g_autoptr(GObject) item = g_list_model_get_item (G_LIST_MODEL (*list), i);

      same = item == items->pdata[i];
    }
  if (!same)
    g_list_store_splice (*list, 0, n, items->pdata, items->len);
  return G_LIST_MODEL (*list);
}

/* When the node has left its flow, and not with the mutex of that: handlers are told of it. The lists
 * that the node keeps for who asked for them hold its neighbours, and these hold it. */
void
_g_flow_node_forget_neighbours (GFlowNode *self)
{
  GFlowNodeExtras *extras = _g_flow_node_extras (self);

  if (extras == NULL)
    return;

  if (extras->upstreams != NULL)
    g_list_store_remove_all (extras->upstreams);
  if (extras->downstreams != NULL)
    g_list_store_remove_all (extras->downstreams);
}

/* Each once, and held: others may edit the flow meanwhile. */
static GPtrArray *
dup_upstreams_locked (GFlowNode *self)
{
  GPtrArray *nodes = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr(GHashTable) seen = g_hash_table_new (NULL, NULL);
  GFlow *flow = _g_flow_node_flow (self);

  for (guint i = 0; i < _g_flow_node_count_needs (self); i++)
    {
      const GFlowNeed need = _g_flow_node_get_need (self, i);
      GFlowNode *node = need;

      if (_g_flow_need_is_name (need))
        node = flow != NULL ? _g_flow_lookup_locked (flow, _g_flow_need_name (need)) : NULL;
      if (node != NULL && g_hash_table_add (seen, node))
        g_ptr_array_add (nodes, g_object_ref (node));
    }
  return nodes;
}

/**
 * g_flow_node_get_upstreams:
 * @self: a node
 *
 * Gets the nodes that the node waits for: each once, in the order of adding.
 * Names that no node of the flow has are left out.
 *
 * The list is brought up to date whenever it is asked for.
 *
 * Returns: (transfer none): the upstreams, a list of [class@GFlow.FlowNode]
 *
 * Since: 0.1
 */
GListModel *
g_flow_node_get_upstreams (GFlowNode *self)
{
  g_return_val_if_fail (G_IS_FLOW_NODE (self), NULL);

  GFlow *flow = _g_flow_node_flow (self);

  if (flow != NULL)
    _g_flow_mutex_lock (&flow->mutex);

  g_autoptr(GPtrArray) nodes = dup_upstreams_locked (self);

  if (flow != NULL)
    _g_flow_mutex_unlock (&flow->mutex);
  return _g_flow_update_list (&_g_flow_node_ensure_extras (self)->upstreams, G_TYPE_FLOW_NODE, nodes);
}

/**
 * g_flow_node_get_downstreams:
 * @self: a node
 *
 * Gets the nodes of the flow that wait for the node, in the order of adding.
 *
 * The list is brought up to date whenever it is asked for.
 *
 * Returns: (transfer none): the downstreams, a list of [class@GFlow.FlowNode]
 *
 * Since: 0.1
 */
GListModel *
g_flow_node_get_downstreams (GFlowNode *self)
{
  g_autoptr(GPtrArray) nodes = g_ptr_array_new ();

  g_return_val_if_fail (G_IS_FLOW_NODE (self), NULL);

  if (_g_flow_node_flow (self) != NULL)
    {
      g_autoptr(GFlowPlan) plan = _g_flow_ref_plan (_g_flow_node_flow (self));
      const guint32 *successors = NULL;
      guint32 n = 0;
      guint index;

      if (_g_flow_plan_find (plan, self, &index))
        successors = _g_flow_plan_successors (plan, &plan->nodes[index], &n);
      while (n-- > 0)
        g_ptr_array_add (nodes, plan->nodes[successors[n]].node);
    }
  return _g_flow_update_list (&_g_flow_node_ensure_extras (self)->downstreams, G_TYPE_FLOW_NODE, nodes);
}

/**
 * g_flow_node_get_locks:
 * @self: a node
 *
 * Gets the locks that the node holds while its body runs.
 *
 * The list is brought up to date whenever it is asked for.
 *
 * Returns: (transfer none): the locks, a list of [class@GFlow.FlowLock]
 *
 * Since: 0.1
 */
GListModel *
g_flow_node_get_locks (GFlowNode *self)
{
  g_autoptr(GPtrArray) none = g_ptr_array_new ();

  g_return_val_if_fail (G_IS_FLOW_NODE (self), NULL);

  GFlowNodeExtras *extras = _g_flow_node_ensure_extras (self);

  return _g_flow_update_list (&extras->lock_list, G_TYPE_FLOW_LOCK,
                              extras->locks != NULL ? extras->locks : none);
}
