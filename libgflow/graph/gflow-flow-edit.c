/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-flow-private.h"

#include "gflow-error.h"
#include "gflow-group-private.h"
#include "gflow-name-private.h"
#include "gflow-node-serving-private.h"

#include <glib/gi18n-lib.h>

/* A change of the list of nodes is announced at home, where views are. */
typedef struct
{
  GListModel *model;
  guint       position;
  guint       removed;
  guint       added;
} Change;

static void
emit_items_changed (GListModel *model,
                    guint       position,
                    guint       removed,
                    guint       added)
{
  g_list_model_items_changed (model, position, removed, added);
  if (removed != added)
    g_object_notify (G_OBJECT (model), "n-items");
}

static void
announce (gpointer data)
{
  Change *change = data;

  emit_items_changed (change->model, change->position, change->removed, change->added);
  g_object_unref (change->model);
  g_free (change);
}

/* Nodes are mostly added while nobody looks on, and to find that out costs a tenth of
 * the signals. */
static void
items_changed (GFlow *self,
               guint  position,
               guint  removed,
               guint  added)
{
  if (g_signal_handler_find (self, G_SIGNAL_MATCH_UNBLOCKED, 0, 0, NULL, NULL, NULL) == 0)
    return;

  if (_g_flow_home_is_here (&self->home))
    {
      emit_items_changed (G_LIST_MODEL (self), position, removed, added);
      return;
    }

  Change *change = g_new (Change, 1);

  *change = (Change) { G_LIST_MODEL (g_object_ref (self)), position, removed, added };
  _g_flow_home_release (&self->home, change, announce);
}

static void
set_exists_error (GError    **error,
                  const char *name)
{
  g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_EXISTS,
               _("The flow already has a node named “%s”"), name);
}

static gboolean
check_closed (GFlow   *self,
              GError **error)
{
  if (!_g_flow_is_frozen (self))
    return TRUE;

  g_set_error_literal (error, G_FLOW_ERROR, G_FLOW_ERROR_FROZEN,
                       _("The flow is open, and cannot be edited until it is closed"));
  return FALSE;
}

/* Whether @node, which is called @name, could be added to the flow as it stands. */
static gboolean
check_addable_locked (GFlow       *self,
                      GFlowNode   *node,
                      const char  *name,
                      GError     **error)
{
  if (!check_closed (self, error) || !_g_flow_check_name (name, error))
    return FALSE;
  if (node->is_in_flow)
    {
      g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_EXISTS,
                   node->in.flow == self ? _("The node “%s” is already in the flow")
                                      : _("The node “%s” is already in another flow"),
                   name);
      return FALSE;
    }
  if (name != NULL && _g_flow_lookup_locked (self, name) != NULL)
    {
      set_exists_error (error, name);
      return FALSE;
    }
  return TRUE;
}

/* Takes @node. */
static void
append_locked (GFlow      *self,
               GFlowNode  *node,
               const char *name)
{
  if (name == NULL)
    {
      /* Relaxed: nobody else knows the node by the flow yet. */
      atomic_store_explicit (&node->name, _g_flow_node_number_name (self->next_number++),
                             memory_order_relaxed);
    }
  else
    {
      _g_flow_reserve_name (self, name);
    }
  _g_flow_node_enter_flow (node, self);
  if (G_UNLIKELY (_g_flow_node_is_aside (node)))
    self->has_asides = TRUE;
  /* The way goes on where it did. */
  if (G_LIKELY (_g_flow_node_tap (node) == G_FLOW_TAP_NONE))
    self->insertion_point = NULL;
}

/* If names that are taken are to be changed. Not with the mutex: handlers are told of it. */
static void
change_name (GFlow      *self,
             GFlowNode  *node,
             GHashTable *others)
{
  g_autofree char *name = NULL;

  if (!node->is_in_flow && !_g_flow_is_frozen (self))
    name = _g_flow_find_free_name (self, g_flow_node_get_name (node), others);
  if (name != NULL)
    g_flow_node_set_name (node, name);
}

/* Adds @node, and takes it, also on failure. */
GFlowNode *
_g_flow_take_node (GFlow      *self,
                   GFlowNode  *node,
                   GError    **error)
{
  if (G_UNLIKELY (self->unique_names))
    change_name (self, node, NULL);
  _g_flow_begin_edit (self);

  const char *name = g_flow_node_get_name (node);
  gboolean added = check_addable_locked (self, node, name, error);
  guint position = self->nodes->n;

  if (added)
    append_locked (self, node, name);
  _g_flow_end_edit (self);

  if (!added)
    {
      g_object_unref (node);
      return NULL;
    }
  items_changed (self, position, 0, 1);
  return node;
}

static GFlowNode *
add_body (GFlow           *self,
          GFlowNodeKind    kind,
          const char      *name,
          GCallback        body,
          gpointer         user_data,
          GDestroyNotify   destroy,
          GError         **error)
{
  return _g_flow_take_node (self, _g_flow_node_new (kind, name, body, user_data, destroy), error);
}

/**
 * g_flow_add:
 * @self: a flow
 * @name: (nullable): the name of the node, unique in the flow, or %NULL to have
 *   one made up
 * @func: (scope notified) (closure user_data) (destroy destroy) (nullable): the body, or
 *   %NULL for a node that only joins its upstreams
 * @user_data: data for @func
 * @destroy: frees @user_data
 * @error: return location for an error
 *
 * Adds a node with a sync body. It waits for nothing until told.
 *
 * If the name is taken this fails with %G_FLOW_ERROR_EXISTS, @user_data is
 * freed, and the flow is as it was.
 *
 * Returns: (transfer none): the node
 *
 * Since: 0.1
 */
GFlowNode *
g_flow_add (GFlow           *self,
            const char      *name,
            GFlowFunc        func,
            gpointer         user_data,
            GDestroyNotify   destroy,
            GError         **error)
{
  g_return_val_if_fail (G_IS_FLOW (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return add_body (self, func != NULL ? G_FLOW_NODE_KIND_FUNC : G_FLOW_NODE_KIND_JOIN,
                   name, G_CALLBACK (func), user_data, destroy, error);
}

/**
 * g_flow_add_task:
 * @self: a flow
 * @name: (nullable): the name of the node, unique in the flow, or %NULL to have
 *   one made up
 * @func: (scope notified) (closure user_data) (destroy destroy): the body
 * @user_data: data for @func
 * @destroy: frees @user_data
 * @error: return location for an error
 *
 * Adds a node with an async body. It waits for nothing until told.
 *
 * If the name is taken this fails with %G_FLOW_ERROR_EXISTS, @user_data is
 * freed, and the flow is as it was.
 *
 * Returns: (transfer none): the node
 *
 * Since: 0.1
 */
GFlowNode *
g_flow_add_task (GFlow           *self,
                 const char      *name,
                 GFlowTaskFunc    func,
                 gpointer         user_data,
                 GDestroyNotify   destroy,
                 GError         **error)
{
  g_return_val_if_fail (G_IS_FLOW (self), NULL);
  g_return_val_if_fail (func != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return add_body (self, G_FLOW_NODE_KIND_TASK, name, G_CALLBACK (func), user_data, destroy,
                   error);
}

/**
 * g_flow_add_flow:
 * @self: a flow
 * @name: (nullable): the name of the node, unique in the flow, or %NULL to have
 *   one made up
 * @subflow: the flow to run
 * @error: return location for an error
 *
 * Adds a node that runs another flow, and ends as that run ends. The run is
 * given the parameters of the one that it is part of.
 *
 * If the node has locks it holds them while the other flow runs: no node of that
 * flow may have one of them, too. Where locks are held around others, all flows
 * must do so in the same order.
 *
 * Returns: (transfer none): the node
 *
 * Since: 0.1
 */
GFlowNode *
g_flow_add_flow (GFlow       *self,
                 const char  *name,
                 GFlow       *subflow,
                 GError     **error)
{
  g_return_val_if_fail (G_IS_FLOW (self), NULL);
  g_return_val_if_fail (G_IS_FLOW (subflow), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return _g_flow_take_node (self, _g_flow_node_new_flow (name, subflow), error);
}

static gboolean
check_join_needs (const char * const  *needs,
                  GError             **error)
{
  gboolean two = FALSE;

  for (gsize i = 0; needs != NULL && needs[i] != NULL; i++)
    {
      if (!_g_flow_check_name (needs[i], error))
        return FALSE;
      two = two || strcmp (needs[i], needs[0]) != 0;
    }
  if (!two)
    g_set_error_literal (error, G_FLOW_ERROR, G_FLOW_ERROR_TOPOLOGY,
                         _("A join needs at least two nodes to wait for"));
  return two;
}

/**
 * g_flow_add_map:
 * @self: a flow
 * @name: (nullable): the name of the node, unique in the flow, or %NULL to have
 *   one made up
 * @each: a node that is in no flow, and waits for none
 * @max_parallel: how many may run at once, over all runs; 0 for no limit
 * @error: return location for an error
 *
 * Adds a map: a node that runs a copy of @each for each item of a list. @each says
 * what is done, by its body, and how: its placement, timeout, retries, locks and priority
 * hold for each item by itself. The body finds its item with
 * [method@GFlow.FlowRun.get_map_item], and may give a result.
 *
 * ```c
 * g_autoptr(GFlowNode) sum = g_flow_node_new (NULL, sum_file_cb, NULL, NULL);
 * GFlowNode *sums = g_flow_add_map (flow, "sums", sum, 4, NULL);
 *
 * g_flow_node_add_upstream (sums, list_folder);
 * ```
 *
 * The list is what [method@GFlow.FlowNode.set_items],
 * [method@GFlow.FlowNode.set_items_variant] or [method@GFlow.FlowNode.set_items_func]
 * has given; without that it is the result of the first upstream: a list model, a
 * variant that is an array, an array of strings, or the results of another map.
 *
 * The result is a [class@GFlow.FlowValues], with the results in the order of the items:
 * one item gives a list of one, no items an empty list.
 *
 * What fails means for the other items what the [enum@GFlow.FlowOnError] of the run says.
 * The node fails with the first error, to whose message the name of the item is added,
 * and handlers can read the results that there are all the same. The run of the
 * items is a part of the node, as those of [method@GFlow.FlowRun.spawn] are.
 *
 * Returns: (transfer none): the node
 *
 * Since: 0.1
 */
GFlowNode *
g_flow_add_map (GFlow       *self,
                const char  *name,
                GFlowNode   *each,
                guint        max_parallel,
                GError     **error)
{
  g_return_val_if_fail (G_IS_FLOW (self), NULL);
  g_return_val_if_fail (G_IS_FLOW_NODE (each), NULL);
  g_return_val_if_fail (!each->is_in_flow && each->needs_form == G_FLOW_NEEDS_NONE, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return _g_flow_take_node (self, _g_flow_node_new_map (name, each, max_parallel), error);
}

/**
 * g_flow_add_join:
 * @self: a flow
 * @name: (nullable): the name of the node, unique in the flow, or %NULL to have
 *   one made up
 * @needs: (array zero-terminated=1): the names of at least two nodes, which may
 *   be added later; `gateway` for the entry
 * @error: return location for an error
 *
 * Adds a node that does nothing but wait for several others.
 *
 * Returns: (transfer none): the node
 *
 * Since: 0.1
 */
GFlowNode *
g_flow_add_join (GFlow               *self,
                 const char          *name,
                 const char * const  *needs,
                 GError             **error)
{
  g_return_val_if_fail (G_IS_FLOW (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!check_join_needs (needs, error))
    return NULL;

  GFlowNode *node = _g_flow_node_new (G_FLOW_NODE_KIND_JOIN, name, NULL, NULL, NULL);

  _g_flow_node_add_names (node, needs);
  return _g_flow_take_node (self, node, error);
}

/**
 * g_flow_add_join_all:
 * @self: a flow
 * @name: (nullable): the name of the node, unique in the flow, or %NULL to have
 *   one made up
 * @error: return location for an error
 *
 * Adds a node that does nothing but wait for every node that nobody waits for
 * so far.
 *
 * Returns: (transfer none): the node
 *
 * Since: 0.1
 */
GFlowNode *
g_flow_add_join_all (GFlow       *self,
                     const char  *name,
                     GError     **error)
{
  g_return_val_if_fail (G_IS_FLOW (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr(GPtrArray) orphans = _g_flow_dup_orphans (self);

  if (orphans->len == 0)
    {
      g_set_error_literal (error, G_FLOW_ERROR, G_FLOW_ERROR_TOPOLOGY,
                           _("A join of all has nothing to wait for in an empty flow"));
      return NULL;
    }

  GFlowNode *node = _g_flow_node_new (G_FLOW_NODE_KIND_JOIN, name, NULL, NULL, NULL);

  g_flow_node_set_upstreams (node, (GFlowNode **) orphans->pdata, orphans->len);
  return _g_flow_take_node (self, node, error);
}

/**
 * g_flow_add_node:
 * @self: a flow
 * @node: a node that is in no flow
 * @error: return location for an error
 *
 * Adds a node that was made elsewhere.
 *
 * Returns: %TRUE if it was added
 *
 * Since: 0.1
 */
gboolean
g_flow_add_node (GFlow      *self,
                 GFlowNode  *node,
                 GError    **error)
{
  g_return_val_if_fail (G_IS_FLOW (self), FALSE);
  g_return_val_if_fail (G_IS_FLOW_NODE (node), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (_g_flow_take_node (self, g_object_ref (node), error) == NULL)
    return FALSE;
  _g_flow_node_notify_flow (node, &self->home);
  return TRUE;
}

/* Of nodes that are added together. */
static void
change_names (GFlow     *self,
              GPtrArray *nodes)
{
  g_autoptr(GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < nodes->len; i++)
    if (((GFlowNode *) nodes->pdata[i])->is_in_flow)
      return;
  for (guint i = 0; i < nodes->len; i++)
    {
      change_name (self, nodes->pdata[i], names);
      if (g_flow_node_get_name (nodes->pdata[i]) != NULL)
        g_hash_table_add (names, (char *) g_flow_node_get_name (nodes->pdata[i]));
    }
}

/* All of @nodes, which are those of @group, or none. */
static gboolean
add_nodes (GFlow       *self,
           GFlowGroup  *group,
           GPtrArray   *nodes,
           GError     **error)
{
  g_autoptr(GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);
  gboolean ok = TRUE;

  if (G_UNLIKELY (self->unique_names))
    change_names (self, nodes);
  _g_flow_begin_edit (self);

  guint position = self->nodes->n;

  for (guint i = 0; ok && i < nodes->len; i++)
    {
      const char *name = g_flow_node_get_name (nodes->pdata[i]);

      ok = check_addable_locked (self, nodes->pdata[i], name, error);
      if (ok && name != NULL && !g_hash_table_add (names, (char *) name))
        {
          set_exists_error (error, name);
          ok = FALSE;
        }
    }
  for (guint i = 0; ok && i < nodes->len; i++)
    append_locked (self, g_object_ref (nodes->pdata[i]), g_flow_node_get_name (nodes->pdata[i]));
  if (ok && nodes->len > 0)
    _g_flow_grouping_add (&self->grouping, group, position, nodes->len);
  _g_flow_end_edit (self);

  if (!ok || nodes->len == 0)
    return ok;

  items_changed (self, position, 0, nodes->len);
  for (guint i = 0; i < nodes->len; i++)
    _g_flow_node_notify_flow (nodes->pdata[i], &self->home);
  return TRUE;
}

/**
 * g_flow_add_group:
 * @self: a flow
 * @group: a group
 * @error: return location for an error
 *
 * Adds the nodes of a group, and has them wait for each other as the group
 * says. They are ordinary nodes from then on. Adds all of them or none.
 *
 * Returns: %TRUE if they were added
 *
 * Since: 0.1
 */
gboolean
g_flow_add_group (GFlow       *self,
                  GFlowGroup  *group,
                  GError     **error)
{
  g_return_val_if_fail (G_IS_FLOW (self), FALSE);
  g_return_val_if_fail (G_IS_FLOW_GROUP (group), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_autoptr(GPtrArray) nodes = _g_flow_group_dup_nodes (group, error);

  if (nodes == NULL || !add_nodes (self, group, nodes, error))
    return FALSE;

  _g_flow_group_link (group);
  return TRUE;
}

static gboolean
check_removable_locked (GFlow      *self,
                        GFlowNode  *node,
                        GError    **error)
{
  if (_g_flow_node_flow (node) == self)
    return check_closed (self, error);

  const char *name = g_flow_node_get_name (node);

  g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_UNKNOWN_NODE,
               _("The node “%s” is not in the flow"), name != NULL ? name : "");
  return FALSE;
}

/* Returns where it was; what the flow had of it is the caller's. */
static guint
remove_locked (GFlow     *self,
               GFlowNode *node)
{
  const guint position = node->index;
  const GFlowPlanNode item = self->nodes->items[position];

  if (self->insertion_point == node)
    self->insertion_point = NULL;
  _g_flow_forget_position (self, position);
  _g_flow_node_list_remove (self->nodes, position);
  _g_flow_grouping_remove_node (self->grouping, position);
  for (guint i = position; i < self->nodes->n; i++)
    atomic_store_explicit (&_g_flow_node_at (self, i)->index, i, memory_order_relaxed);
  _g_flow_forget_names (self);
  _g_flow_node_leave_flow (node, item.body, item.user_data);
  return position;
}

/* Of a node that has left the flow */
static void
let_go (gpointer data)
{
  GFlowNode *node = data;

  _g_flow_node_forget_neighbours (node);
  _g_flow_node_notify_flow (node, NULL);
  g_object_unref (node);
}

/**
 * g_flow_remove_node:
 * @self: a flow
 * @node: a node of the flow
 * @error: return location for an error
 *
 * Removes a node. Nodes that wait for it go on doing so: until it is added
 * again, or they are given other upstreams, the flow cannot be run.
 *
 * May be called by a body on a worker, unless another thread edits the same node meanwhile.
 *
 * Returns: %TRUE if it was removed, %FALSE with %G_FLOW_ERROR_UNKNOWN_NODE if
 *   it is not in the flow, or with %G_FLOW_ERROR_FROZEN if the flow is open
 *
 * Since: 0.1
 */
gboolean
g_flow_remove_node (GFlow      *self,
                    GFlowNode  *node,
                    GError    **error)
{
  g_return_val_if_fail (G_IS_FLOW (self), FALSE);
  g_return_val_if_fail (G_IS_FLOW_NODE (node), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  _g_flow_begin_edit (self);

  gboolean ok = check_removable_locked (self, node, error);
  guint position = ok ? remove_locked (self, node) : 0;

  _g_flow_end_edit (self);
  if (!ok)
    return FALSE;

  items_changed (self, position, 1, 0);
  _g_flow_home_release (&self->home, node, let_go);
  return TRUE;
}
