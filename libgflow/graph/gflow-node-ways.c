/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-node-serving-private.h"

#include "gflow-flow-private.h"

/* Which documents go to a node, how parts of a request that meet there become one, and whether
 * anybody waits for what the node leaves. */

static void
set_reducer (GFlowNode      *self,
             GFlowReducer    reducer,
             GFlowReduction *reduction)
{
  GFlowServing *serving = _g_flow_node_begin_serving (self);
  GFlowReduction *old = serving->reduction;

  serving->reducer = reducer;
  serving->reduction = reduction;
  _g_flow_node_end_serving (self, "reducer");
  g_clear_pointer (&old, _g_flow_reduction_unref);
}

/**
 * g_flow_node_get_reducer: (attributes org.gtk.Method.get_property=reducer)
 * @self: a node
 *
 * Gets how parts of a request are put together at the node.
 *
 * Returns: the reducer
 *
 * Since: 0.1
 */
GFlowReducer
g_flow_node_get_reducer (GFlowNode *self)
{
  g_return_val_if_fail (G_IS_FLOW_NODE (self), G_FLOW_REDUCER_MERGE);

  return _g_flow_node_get_serving (self)->reducer;
}

/**
 * g_flow_node_set_reducer: (attributes org.gtk.Method.set_property=reducer)
 * @self: a node of a flow that is not open
 * @reducer: the reducer: not %G_FLOW_REDUCER_CUSTOM
 *
 * Sets how parts of a request are put together at the node.
 *
 * Since: 0.1
 */
void
g_flow_node_set_reducer (GFlowNode    *self,
                         GFlowReducer  reducer)
{
  g_return_if_fail (G_IS_FLOW_NODE (self));
  g_return_if_fail (reducer < G_FLOW_REDUCER_CUSTOM);
  g_return_if_fail (!_g_flow_is_frozen (_g_flow_node_flow (self)));

  if (_g_flow_node_get_serving (self)->reducer != reducer)
    set_reducer (self, reducer, NULL);
}

/**
 * g_flow_node_set_reducer_func:
 * @self: a node of a flow that is not open
 * @func: (scope notified) (closure user_data) (destroy destroy): puts parts together
 * @user_data: data for @func
 * @destroy: frees @user_data
 *
 * Has a function put parts of a request together at the node.
 *
 * Since: 0.1
 */
void
g_flow_node_set_reducer_func (GFlowNode        *self,
                              GFlowReducerFunc  func,
                              gpointer          user_data,
                              GDestroyNotify    destroy)
{
  g_return_if_fail (G_IS_FLOW_NODE (self));
  g_return_if_fail (func != NULL);
  g_return_if_fail (!_g_flow_is_frozen (_g_flow_node_flow (self)));

  GFlowReduction *reduction = g_atomic_rc_box_new (GFlowReduction);

  *reduction = (GFlowReduction) { func, user_data, destroy };
  set_reducer (self, G_FLOW_REDUCER_CUSTOM, reduction);
}

/* Takes @condition. */
static void
set_condition (GFlowNode      *self,
               GFlowCondition *condition)
{
  GFlowServing *serving = _g_flow_node_begin_serving (self);
  GFlowCondition *old = serving->condition;

  serving->condition = condition;
  _g_flow_node_end_serving (self, "condition");
  g_clear_pointer (&old, _g_flow_condition_unref);
}

/**
 * g_flow_node_get_condition: (attributes org.gtk.Method.get_property=condition)
 * @self: a node
 *
 * Gets which documents go to the node.
 *
 * Returns: (transfer none) (nullable): a dictionary of type `a{sv}`; %NULL for all of them,
 *   or if a function says it
 *
 * Since: 0.1
 */
GVariant *
g_flow_node_get_condition (GFlowNode *self)
{
  g_return_val_if_fail (G_IS_FLOW_NODE (self), NULL);

  GFlowCondition *condition = _g_flow_node_get_serving (self)->condition;

  return condition != NULL ? _g_flow_condition_get_variant (condition) : NULL;
}

/**
 * g_flow_node_set_condition:
 * @self: a node of a flow that is not open
 * @condition: (nullable): a dictionary of type `a{sv}`, consumed if it is floating; %NULL
 *   for all documents
 * @error: return location for an error
 *
 * Sets which documents go to the node, and to what waits for it: the others are left out
 * there. Where branches meet again, documents are there that any of them has had. If a
 * request has documents, and none of them fits, it passes by.
 *
 * The keys of the dictionary are `id`, `text`, `uri`, `mime_type` and names of tags, which
 * may be preceded by `tags__`; the name of a tag in a tag that is a dictionary
 * follows it after two underscores. The values are what the document has to have there, or
 * dictionaries of operators: `$eq`, `$ne`, `$lt`, `$lte`, `$gt`, `$gte`, `$in` and `$nin`
 * with an array, `$regex` with a regular expression that is found anywhere in it,
 * `$exists` with a boolean, and `$not` with such a dictionary. All of them have to hold.
 * `$and` and `$or`, in place of a key, are for an array of conditions, and `$not` is for
 * a condition.
 *
 * Numbers are compared by their values, of whatever types they are. What a document does not
 * have fits `$ne`, `$nin` and `$exists` with %FALSE only.
 *
 * Fails with %G_FLOW_ERROR_BAD_INPUT if the condition cannot be understood.
 *
 * Returns: %TRUE if it was set
 *
 * Since: 0.1
 */
gboolean
g_flow_node_set_condition (GFlowNode  *self,
                           GVariant   *condition,
                           GError    **error)
{
  g_return_val_if_fail (G_IS_FLOW_NODE (self), FALSE);
  g_return_val_if_fail (condition == NULL ||
                        g_variant_is_of_type (condition, G_VARIANT_TYPE_VARDICT), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);
  g_return_val_if_fail (!_g_flow_is_frozen (_g_flow_node_flow (self)), FALSE);

  g_autoptr(GVariant) held G_GNUC_UNUSED = condition != NULL ? g_variant_ref_sink (condition)
                                                             : NULL;
  GFlowCondition *parsed = condition != NULL ? _g_flow_condition_parse (condition, error) : NULL;

  if (condition != NULL && parsed == NULL)
    return FALSE;
  set_condition (self, parsed);
  return TRUE;
}

/**
 * g_flow_node_set_condition_func:
 * @self: a node of a flow that is not open
 * @func: (scope notified) (closure user_data) (destroy destroy): says which documents go
 *   there
 * @user_data: data for @func
 * @destroy: frees @user_data
 *
 * Has a function say which documents go to the node: see
 * [method@GFlow.FlowNode.set_condition].
 *
 * Since: 0.1
 */
void
g_flow_node_set_condition_func (GFlowNode          *self,
                                GFlowConditionFunc  func,
                                gpointer            user_data,
                                GDestroyNotify      destroy)
{
  g_return_if_fail (G_IS_FLOW_NODE (self));
  g_return_if_fail (func != NULL);
  g_return_if_fail (!_g_flow_is_frozen (_g_flow_node_flow (self)));

  set_condition (self, _g_flow_condition_new_func (func, user_data, destroy));
}

/**
 * g_flow_node_get_detached: (attributes org.gtk.Method.get_property=detached)
 * @self: a node
 *
 * Gets whether requests come back without waiting for the node.
 *
 * Returns: %TRUE if they do
 *
 * Since: 0.1
 */
gboolean
g_flow_node_get_detached (GFlowNode *self)
{
  g_return_val_if_fail (G_IS_FLOW_NODE (self), FALSE);

  return _g_flow_node_get_serving (self)->detached;
}

/**
 * g_flow_node_set_detached: (attributes org.gtk.Method.set_property=detached)
 * @self: a node of a flow that is not open
 * @detached: whether they do
 *
 * Sets whether requests come back without waiting for the node.
 *
 * Since: 0.1
 */
void
g_flow_node_set_detached (GFlowNode *self,
                          gboolean  detached)
{
  g_return_if_fail (G_IS_FLOW_NODE (self));
  g_return_if_fail (!_g_flow_is_frozen (_g_flow_node_flow (self)));

  detached = !!detached;
  if (_g_flow_node_get_serving (self)->detached == detached)
    return;

  _g_flow_node_begin_serving (self)->detached = detached;
  if (_g_flow_node_flow (self) != NULL)
    _g_flow_node_flow (self)->has_asides = TRUE;
  _g_flow_node_end_serving (self, "detached");
}

/**
 * g_flow_node_get_tap: (attributes org.gtk.Method.get_property=tap)
 * @self: a node
 *
 * Gets whether the executor of the node only looks on, and how.
 *
 * Returns: how it takes part
 *
 * Since: 0.1
 */
GFlowTap
g_flow_node_get_tap (GFlowNode *self)
{
  g_return_val_if_fail (G_IS_FLOW_NODE (self), G_FLOW_TAP_NONE);

  return _g_flow_node_tap (self);
}

/**
 * g_flow_node_set_tap: (attributes org.gtk.Method.set_property=tap)
 * @self: a node of a flow that is not open, which has an executor
 * @tap: how it takes part
 *
 * Sets whether the executor of the node only looks on, and how.
 *
 * Since: 0.1
 */
void
g_flow_node_set_tap (GFlowNode *self,
                     GFlowTap   tap)
{
  g_return_if_fail (G_IS_FLOW_NODE (self));
  g_return_if_fail (tap <= G_FLOW_TAP_OFF);
  g_return_if_fail (!_g_flow_is_frozen (_g_flow_node_flow (self)));

  if (_g_flow_node_tap (self) == tap)
    return;

  _g_flow_node_begin_serving (self)->tap = tap;
  if (_g_flow_node_flow (self) != NULL)
    _g_flow_node_flow (self)->has_asides = TRUE;
  _g_flow_node_end_serving (self, "tap");
}
