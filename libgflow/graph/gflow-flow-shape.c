/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-flow-private.h"

#include "gflow-error.h"
#include "gflow-name-private.h"
#include "gflow-node-serving-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* The shape of a flow of executors: each waits for the one before it, unless it says what
 * it needs; and the nodes that nobody waits for can be found. */

/* "executor0", and so on: a name that is not taken. */
static char *
make_up_name (GFlow      *self,
              const char *kind)
{
  for (guint i = 0;; i++)
    {
      g_autofree char *name = g_strdup_printf ("%s%u", kind, i);

      if (g_flow_lookup (self, name) == NULL)
        return g_steal_pointer (&name);
    }
}

static gboolean
check_executor (const char          *name,
                const char * const  *needs,
                GError             **error)
{
  if (g_strcmp0 (name, G_FLOW_GATEWAY) == 0)
    {
      g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_EXISTS,
                   _("“%s” is what the entry of the flow is called"), name);
      return FALSE;
    }
  for (gsize i = 0; needs != NULL && needs[i] != NULL; i++)
    {
      if (!_g_flow_check_name (needs[i], error))
        return FALSE;
      if (g_strcmp0 (needs[i], name) == 0)
        {
          g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_TOPOLOGY, _("A node needs itself: %s"),
                       name);
          return FALSE;
        }
    }
  return TRUE;
}

/**
 * g_flow_add_executor:
 * @self: a flow that is not open
 * @name: (nullable): the name of the node, unique in the flow, or %NULL to have
 *   one made up: `executor0` and so on
 * @executor: (nullable): what serves requests, or %NULL to let them pass
 * @needs: (nullable) (array zero-terminated=1): the names of the nodes to wait for,
 *   which may be added later, and `gateway` for the entry; %NULL or an empty list for
 *   [property@GFlow.Flow:insertion-point], the node added last
 * @error: return location for an error
 *
 * Adds a node that serves requests: see [method@GFlow.Flow.post].
 *
 * The first node that is added waits for nothing: it is the first to get a request.
 * With `gateway` as its only need another one gets it at the same time.
 *
 * An executor may serve at several nodes.
 *
 * Returns: (transfer none): the node
 *
 * Since: 0.1
 */
GFlowNode *
g_flow_add_executor (GFlow               *self,
                     const char          *name,
                     GFlowExecutor       *executor,
                     const char * const  *needs,
                     GError             **error)
{
  g_return_val_if_fail (G_IS_FLOW (self), NULL);
  g_return_val_if_fail (executor == NULL ||
                        G_TYPE_CHECK_INSTANCE_TYPE (executor, g_flow_executor_get_type ()), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autofree char *made_up = name == NULL ? make_up_name (self, "executor")
                                          : _g_flow_find_free_name (self, name, NULL);

  /* Who gets another name may need the node that has this one. */
  if (!check_executor (made_up != NULL ? made_up : name, needs, error))
    return NULL;

  GFlowNode *node = _g_flow_node_new_executor (made_up != NULL ? made_up : name, executor);
  GFlowNode *last = g_flow_get_insertion_point (self);

  if (needs != NULL && needs[0] != NULL)
    _g_flow_node_add_names (node, needs);
  else if (last != NULL)
    g_flow_node_add_upstream (node, last);
  return _g_flow_take_node (self, node, error);
}

/**
 * g_flow_add_tap:
 * @self: a flow that is not open
 * @name: (nullable): the name of the node, unique in the flow, or %NULL to have
 *   one made up: `tap0` and so on
 * @node: (nullable): a node of the flow, or %NULL for [property@GFlow.Flow:insertion-point]
 * @executor: (nullable): what looks on, or %NULL for nothing
 * @tap: how it takes part: not %G_FLOW_TAP_NONE
 * @error: return location for an error
 *
 * Adds a tap: an executor that sees what @node leaves, to log, to measure or to judge it, and
 * changes nothing of what goes on from there. It has copies of the documents; what it leaves as
 * its result is under its name. The insertion point stays where it is.
 *
 * With %G_FLOW_TAP_BESIDE nobody waits for it. With %G_FLOW_TAP_COLLECT the response has what it has
 * changed of documents that are in the response: a tag that it has set, unless another node has
 * changed the same; and if it fails, so does the request. [property@GFlow.FlowNode:tap] turns it off, or on.
 *
 * Returns: (transfer none): the node
 *
 * Since: 0.1
 */
GFlowNode *
g_flow_add_tap (GFlow          *self,
                const char     *name,
                GFlowNode      *node,
                GFlowExecutor  *executor,
                GFlowTap        tap,
                GError        **error)
{
  g_return_val_if_fail (G_IS_FLOW (self), NULL);
  g_return_val_if_fail (node == NULL || (G_IS_FLOW_NODE (node) && _g_flow_node_flow (node) == self), NULL);
  g_return_val_if_fail (executor == NULL ||
                        G_TYPE_CHECK_INSTANCE_TYPE (executor, g_flow_executor_get_type ()), NULL);
  g_return_val_if_fail (tap > G_FLOW_TAP_NONE && tap <= G_FLOW_TAP_OFF, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autofree char *made_up = name == NULL ? make_up_name (self, "tap") : NULL;

  if (!check_executor (name, NULL, error))
    return NULL;

  GFlowNode *added = _g_flow_node_new_executor (made_up != NULL ? made_up : name, executor);

  g_flow_node_set_tap (added, tap);
  if (node == NULL)
    node = g_flow_get_insertion_point (self);
  if (node != NULL)
    g_flow_node_add_upstream (added, node);
  return _g_flow_take_node (self, added, error);
}

/* What follows is found with the mutex held: others may edit the flow meanwhile. */

static GFlowNode *
find_need (GFlow     *self,
           GFlowNeed  need)
{
  GFlowNode *node = _g_flow_need_is_name (need)
                      ? _g_flow_lookup_locked (self, _g_flow_need_name (need)) : need;

  return node != NULL && _g_flow_has_node_locked (self, node) ? node : NULL;
}

/* Whether @node is not on the way of documents, or waits for one that is not. @seen are those that do not. */
static gboolean
is_beside (GFlow      *self,
           GFlowNode  *node,
           GHashTable *seen)
{
  if (_g_flow_node_is_aside (node))
    return TRUE;
  if (!g_hash_table_add (seen, node))
    return FALSE;

  for (guint i = 0; i < _g_flow_node_count_needs (node); i++)
    {
      GFlowNode *upstream = find_need (self, _g_flow_node_get_need (node, i));

      if (upstream != NULL && is_beside (self, upstream, seen))
        return TRUE;
    }
  return FALSE;
}

/* Whether what @node leaves is no response, which is meant to be so. */
static gboolean
is_set_aside (GFlow     *self,
              GFlowNode *node)
{
  if (!self->has_asides)
    return FALSE;

  g_autoptr(GHashTable) seen = g_hash_table_new (NULL, NULL);

  return is_beside (self, node, seen);
}

/* The node added last that may leave the response. */
static GFlowNode *
find_last_awaited (GFlow *self)
{
  for (guint i = self->nodes->n; i-- > 0;)
    if (!is_set_aside (self, _g_flow_node_at (self, i)))
      return _g_flow_node_at (self, i);
  return NULL;
}

/* The node that the next executor waits for. */
GFlowNode *
_g_flow_find_insertion_point_locked (GFlow *self)
{
  if (self->insertion_point != NULL)
    return self->insertion_point;
  if (self->has_asides)
    return find_last_awaited (self);
  return self->nodes->n > 0 ? _g_flow_node_at (self, self->nodes->n - 1) : NULL;
}

/* Whether nobody waits for the node, or nobody that responses wait for. */
static gboolean
is_orphan (GFlow     *self,
           GFlowPlan *plan,
           guint      index)
{
  guint32 n;
  const guint32 *successors = _g_flow_plan_successors (plan, &plan->nodes[index], &n);

  for (guint32 i = 0; i < n; i++)
    if (!is_set_aside (self, plan->nodes[successors[i]].node))
      return FALSE;
  return !is_set_aside (self, plan->nodes[index].node);
}

/* The nodes that nobody waits for, and somebody might. */
GPtrArray *
_g_flow_dup_orphans (GFlow *self)
{
  g_autoptr(GFlowPlan) plan = NULL;
  GPtrArray *orphans = g_ptr_array_new_with_free_func (g_object_unref);

  _g_flow_mutex_lock (&self->mutex);
  plan = _g_flow_ref_plan_locked (self);
  for (guint i = 0; i < plan->n_nodes; i++)
    if (is_orphan (self, plan, i))
      g_ptr_array_add (orphans, g_object_ref (plan->nodes[i].node));
  _g_flow_mutex_unlock (&self->mutex);
  return orphans;
}

/**
 * g_flow_get_orphans:
 * @self: a flow
 *
 * Gets the nodes that no other node waits for, in the order of adding. In a flow of
 * executors all but one of them are mostly a mistake: the response to a request is
 * what the [property@GFlow.Flow:insertion-point] leaves, and what the others do
 * shows nowhere. Nodes that are [property@GFlow.FlowNode:detached], or taps, and what waits
 * for these, do not count: they are not among them, and who is waited for by these alone is.
 *
 * The list is brought up to date whenever it is asked for.
 *
 * Returns: (transfer none): a list of [class@GFlow.FlowNode]
 *
 * Since: 0.1
 */
GListModel *
g_flow_get_orphans (GFlow *self)
{
  g_return_val_if_fail (G_IS_FLOW (self), NULL);

  g_autoptr(GPtrArray) orphans = _g_flow_dup_orphans (self);

  return _g_flow_update_list (&self->orphans, G_TYPE_FLOW_NODE, orphans);
}
