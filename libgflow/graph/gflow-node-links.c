/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-flow-private.h"

#include "gflow-lock.h"

#include <string.h>

/* What a node waits for: its upstreams and its locks. */

/* Needs */

static GFlowNeed
need_for_name (const char *name)
{
  char *copy = g_strdup (name);

  g_assert ((GPOINTER_TO_SIZE (copy) & 3) == 0);
  return GSIZE_TO_POINTER (GPOINTER_TO_SIZE (copy) | 1);
}

GFlowNeed
_g_flow_need_copy (GFlowNeed need)
{
  return _g_flow_need_is_name (need) ? need_for_name (_g_flow_need_name (need))
                                     : g_object_ref (need);
}

static void
free_need (GFlowNeed need)
{
  if (_g_flow_need_is_name (need))
    g_free ((char *) _g_flow_need_name (need));
  else
    g_object_unref (need);
}

static GFlowNeeds *
resize_needs (GFlowNeeds *needs,
              gsize       n)
{
  return g_realloc (needs, G_STRUCT_OFFSET (GFlowNeeds, items) + n * sizeof (GFlowNeed));
}

/* Takes @need. Arrays of needs grow by doubling: the capacity is the power of
 * two at or above their number, and is not stored. */
void
_g_flow_node_add_need (GFlowNode *self,
                       GFlowNeed  need)
{
  GFlowNeeds *several = _g_flow_several_needs (self->needs);

  if (self->needs == NULL)
    {
      self->needs = need;
      return;
    }

  if (several == NULL)
    {
      several = resize_needs (NULL, 2);
      several->n = 1;
      several->items[0] = self->needs;
    }
  else if ((several->n & (several->n - 1)) == 0)
    {
      several = resize_needs (several, (gsize) several->n * 2);
    }
  several->items[several->n++] = need;
  self->needs = GSIZE_TO_POINTER (GPOINTER_TO_SIZE (several) | 2);
}

static GPrivate dropping_needs;

/* Dropping a need may finalise a node, which drops its own needs, and so on
 * along a chain of any length: only the outermost call recurses, into a list. */
static void
drop_needs (GFlowNeed *needs,
            guint      n_needs)
{
  GArray *waiting = g_private_get (&dropping_needs);

  if (waiting != NULL)
    {
      g_array_append_vals (waiting, needs, n_needs);
      return;
    }

  waiting = g_array_sized_new (FALSE, FALSE, sizeof (GFlowNeed), n_needs);
  g_array_append_vals (waiting, needs, n_needs);
  g_private_set (&dropping_needs, waiting);
  while (waiting->len > 0)
    {
      GFlowNeed need = g_array_index (waiting, GFlowNeed, waiting->len - 1);

      g_array_set_size (waiting, waiting->len - 1);
      free_need (need);
    }
  g_private_set (&dropping_needs, NULL);
  g_array_unref (waiting);
}

/* What a node had. */
static void
free_needs (gpointer needs)
{
  GFlowNeeds *several = _g_flow_several_needs (needs);

  if (several != NULL)
    drop_needs (several->items, several->n);
  else if (needs != NULL)
    drop_needs (&needs, 1);
  g_free (several);
}

void
_g_flow_node_clear_needs (GFlowNode *self)
{
  free_needs (g_steal_pointer (&self->needs));
}

/* The names of nodes that may be added later; that of the entry stands for nothing to
 * wait for. */
void
_g_flow_node_add_needs (GFlowNode          *self,
                        const char * const *needs)
{
  for (gsize i = 0; needs[i] != NULL; i++)
    if (strcmp (needs[i], G_FLOW_GATEWAY) != 0)
      _g_flow_node_add_need (self, need_for_name (needs[i]));
}

/* The node leaves its flow. The lists that it keeps for who asked for them hold
 * its neighbours, and these hold it. */
void
_g_flow_node_leave_flow (GFlowNode *self)
{
  self->flow = NULL;
  if (self->extras == NULL)
    return;

  if (self->extras->upstreams != NULL)
    g_list_store_remove_all (self->extras->upstreams);
  if (self->extras->downstreams != NULL)
    g_list_store_remove_all (self->extras->downstreams);
}

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
  g_return_if_fail (!_g_flow_is_frozen (self->flow));

  _g_flow_begin_edit (self->flow);
  _g_flow_node_add_need (self, g_object_ref (upstream));
  _g_flow_end_edit (self->flow);
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
  g_return_if_fail (!_g_flow_is_frozen (self->flow));

  _g_flow_begin_edit (self->flow);
  _g_flow_node_add_need (self, need_for_name (name));
  _g_flow_end_edit (self->flow);
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
  g_return_if_fail (!_g_flow_is_frozen (self->flow));

  _g_flow_begin_edit (self->flow);

  gpointer before = g_steal_pointer (&self->needs);

  for (gsize i = 0; i < n; i++)
    _g_flow_node_add_need (self, g_object_ref (nodes[i]));
  _g_flow_end_edit (self->flow);
  free_needs (before);
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
  g_return_if_fail (!_g_flow_is_frozen (self->flow));

  _g_flow_begin_edit (self->flow);

  GFlowNodeExtras *extras = _g_flow_node_ensure_extras (self);

  if (extras->locks == NULL)
    extras->locks = g_ptr_array_new_with_free_func (g_object_unref);
  if (!g_ptr_array_find (extras->locks, lock, NULL))
    g_ptr_array_add (extras->locks, g_object_ref (lock));

  _g_flow_end_edit (self->flow);
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
  g_autoptr(GPtrArray) nodes = g_ptr_array_new ();
  g_autoptr(GHashTable) seen = g_hash_table_new (NULL, NULL);

  g_return_val_if_fail (G_IS_FLOW_NODE (self), NULL);

  const GFlowNeed *needs = _g_flow_node_needs (self);

  for (guint i = 0; i < _g_flow_node_count_needs (self); i++)
    {
      GFlowNode *node = needs[i];

      if (_g_flow_need_is_name (needs[i]))
        node = self->flow != NULL ? g_flow_lookup (self->flow, _g_flow_need_name (needs[i])) : NULL;
      if (node != NULL && g_hash_table_add (seen, node))
        g_ptr_array_add (nodes, node);
    }
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

  if (self->flow != NULL)
    {
      g_autoptr(GFlowPlan) plan = _g_flow_ref_plan (self->flow);
      guint32 n;
      const guint32 *successors = _g_flow_plan_successors (plan, &plan->nodes[self->index], &n);

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
