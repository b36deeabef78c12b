/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-node-serving-private.h"

#include "gflow-flow-private.h"

/* Who serves requests at a node: how many instances of its executor, which of them a request goes
 * to, and what is in front of them and behind them. */

/**
 * g_flow_node_get_parallel: (attributes org.gtk.Method.get_property=parallel)
 * @self: a node
 *
 * Gets how many shards of its executor the node has.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint
g_flow_node_get_parallel (GFlowNode *self)
{
  g_return_val_if_fail (G_IS_FLOW_NODE (self), 1);

  return _g_flow_node_get_serving (self)->parallel;
}

/**
 * g_flow_node_set_parallel: (attributes org.gtk.Method.set_property=parallel)
 * @self: a node of a flow that is not open
 * @parallel: the number, at least 1
 *
 * Sets how many shards of its executor the node has.
 *
 * Since: 0.1
 */
void
g_flow_node_set_parallel (GFlowNode *self,
                          guint     parallel)
{
  g_return_if_fail (G_IS_FLOW_NODE (self));
  g_return_if_fail (parallel >= 1 && parallel <= G_FLOW_MAX_INSTANCES);
  g_return_if_fail (!_g_flow_is_frozen (_g_flow_node_flow (self)));

  if (_g_flow_node_get_serving (self)->parallel == parallel)
    return;

  _g_flow_node_begin_serving (self)->parallel = parallel;
  _g_flow_node_end_serving (self, "parallel");
}

/**
 * g_flow_node_get_replicas: (attributes org.gtk.Method.get_property=replicas)
 * @self: a node
 *
 * Gets how many instances each shard has.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint
g_flow_node_get_replicas (GFlowNode *self)
{
  g_return_val_if_fail (G_IS_FLOW_NODE (self), 1);

  return _g_flow_node_get_serving (self)->replicas;
}

/**
 * g_flow_node_set_replicas: (attributes org.gtk.Method.set_property=replicas)
 * @self: a node of a flow that is not open
 * @replicas: the number, at least 1
 *
 * Sets how many instances each shard has.
 *
 * Since: 0.1
 */
void
g_flow_node_set_replicas (GFlowNode *self,
                          guint     replicas)
{
  g_return_if_fail (G_IS_FLOW_NODE (self));
  g_return_if_fail (replicas >= 1 && replicas <= G_FLOW_MAX_INSTANCES);
  g_return_if_fail (!_g_flow_is_frozen (_g_flow_node_flow (self)));

  if (_g_flow_node_get_serving (self)->replicas == replicas)
    return;

  _g_flow_node_begin_serving (self)->replicas = replicas;
  _g_flow_node_end_serving (self, "replicas");
}

/**
 * g_flow_node_get_polling: (attributes org.gtk.Method.get_property=polling)
 * @self: a node
 *
 * Gets which instances serve a request.
 *
 * Returns: the polling
 *
 * Since: 0.1
 */
GFlowPolling
g_flow_node_get_polling (GFlowNode *self)
{
  g_return_val_if_fail (G_IS_FLOW_NODE (self), G_FLOW_POLLING_ANY);

  const GFlowServing *serving = _g_flow_node_get_serving (self);

  if (serving->polling_set)
    return serving->polling;
  return serving->parallel > 1 && serving->replicas > 1 ? G_FLOW_POLLING_ALL
                                                        : G_FLOW_POLLING_ANY;
}

/**
 * g_flow_node_set_polling: (attributes org.gtk.Method.set_property=polling)
 * @self: a node of a flow that is not open
 * @polling: the polling
 *
 * Sets which instances serve a request.
 *
 * Since: 0.1
 */
void
g_flow_node_set_polling (GFlowNode    *self,
                         GFlowPolling  polling)
{
  g_return_if_fail (G_IS_FLOW_NODE (self));
  g_return_if_fail (polling <= G_FLOW_POLLING_ALL_ASYNC);
  g_return_if_fail (!_g_flow_is_frozen (_g_flow_node_flow (self)));

  if (_g_flow_node_get_serving (self)->polling_set && _g_flow_node_get_serving (self)->polling == polling)
    return;

  GFlowServing *serving = _g_flow_node_begin_serving (self);

  serving->polling = polling;
  serving->polling_set = TRUE;
  _g_flow_node_end_serving (self, "polling");
}

/**
 * g_flow_node_get_polling_for:
 * @self: a node
 * @endpoint: an endpoint, like `/search`
 *
 * Gets which instances serve a request for an endpoint.
 *
 * Returns: the polling
 *
 * Since: 0.1
 */
GFlowPolling
g_flow_node_get_polling_for (GFlowNode  *self,
                             const char *endpoint)
{
  g_return_val_if_fail (G_IS_FLOW_NODE (self), G_FLOW_POLLING_ANY);
  g_return_val_if_fail (endpoint != NULL, G_FLOW_POLLING_ANY);

  GHashTable *pollings = _g_flow_node_get_serving (self)->pollings;
  gpointer polling;

  if (pollings != NULL && g_hash_table_lookup_extended (pollings, endpoint, NULL, &polling))
    return GPOINTER_TO_UINT (polling);
  return g_flow_node_get_polling (self);
}

/**
 * g_flow_node_set_polling_for:
 * @self: a node of a flow that is not open
 * @endpoint: an endpoint, like `/search`; or "" for all that nothing else is set for
 * @polling: the polling
 *
 * Sets which instances serve a request for an endpoint, where that is not as
 * [property@GFlow.FlowNode:polling] says: for instance that any shard takes documents for
 * `/index`, and all are asked for `/search`.
 *
 * Since: 0.1
 */
void
g_flow_node_set_polling_for (GFlowNode    *self,
                             const char   *endpoint,
                             GFlowPolling  polling)
{
  g_return_if_fail (G_IS_FLOW_NODE (self));
  g_return_if_fail (endpoint != NULL);
  g_return_if_fail (polling <= G_FLOW_POLLING_ALL_ASYNC);
  g_return_if_fail (!_g_flow_is_frozen (_g_flow_node_flow (self)));

  if (*endpoint == '\0')
    {
      g_flow_node_set_polling (self, polling);
      return;
    }

  GFlowServing *serving = _g_flow_node_begin_serving (self);

  if (serving->pollings == NULL)
    serving->pollings = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_hash_table_replace (serving->pollings, g_strdup (endpoint), GUINT_TO_POINTER (polling));
  _g_flow_end_edit (_g_flow_node_flow (self));
}

/**
 * g_flow_node_get_scheduling: (attributes org.gtk.Method.get_property=scheduling)
 * @self: a node
 *
 * Gets which of several instances serves a request.
 *
 * Returns: the scheduling
 *
 * Since: 0.1
 */
GFlowScheduling
g_flow_node_get_scheduling (GFlowNode *self)
{
  g_return_val_if_fail (G_IS_FLOW_NODE (self), G_FLOW_SCHEDULING_LEAST_BUSY);

  return _g_flow_node_get_serving (self)->scheduling;
}

/**
 * g_flow_node_set_scheduling: (attributes org.gtk.Method.set_property=scheduling)
 * @self: a node of a flow that is not open
 * @scheduling: the scheduling
 *
 * Sets which of several instances serves a request that one of them is to serve.
 *
 * Since: 0.1
 */
void
g_flow_node_set_scheduling (GFlowNode       *self,
                            GFlowScheduling  scheduling)
{
  g_return_if_fail (G_IS_FLOW_NODE (self));
  g_return_if_fail (scheduling <= G_FLOW_SCHEDULING_ROUND_ROBIN);
  g_return_if_fail (!_g_flow_is_frozen (_g_flow_node_flow (self)));

  if (_g_flow_node_get_serving (self)->scheduling == scheduling)
    return;

  _g_flow_node_begin_serving (self)->scheduling = scheduling;
  _g_flow_node_end_serving (self, "scheduling");
}

/* The executor that was there goes at home, and after the edit. */
static void
set_executor (GFlowNode      *self,
              GFlowExecutor **field,
              GFlowExecutor  *executor,
              const char     *property)
{
  GFlowExecutor *old = *field;

  *field = executor != NULL ? g_object_ref (executor) : NULL;
  _g_flow_node_end_serving (self, property);
  g_clear_object (&old);
}

/**
 * g_flow_node_get_before: (attributes org.gtk.Method.get_property=before)
 * @self: a node
 *
 * Gets the executor that serves each request before the instances at the node do.
 *
 * Returns: (transfer none) (nullable): the executor
 *
 * Since: 0.1
 */
GFlowExecutor *
g_flow_node_get_before (GFlowNode *self)
{
  g_return_val_if_fail (G_IS_FLOW_NODE (self), NULL);

  return _g_flow_node_get_serving (self)->before;
}

/**
 * g_flow_node_set_before: (attributes org.gtk.Method.set_property=before)
 * @self: a node of a flow that is not open, which has an executor
 * @executor: (nullable): the executor, which serves at no other node
 *
 * Sets the executor that serves each request before the instances at the node do.
 *
 * Since: 0.1
 */
void
g_flow_node_set_before (GFlowNode     *self,
                       GFlowExecutor *executor)
{
  g_return_if_fail (G_IS_FLOW_NODE (self));
  g_return_if_fail (executor == NULL ||
                    G_TYPE_CHECK_INSTANCE_TYPE (executor, g_flow_executor_get_type ()));
  g_return_if_fail (!_g_flow_is_frozen (_g_flow_node_flow (self)));

  if (_g_flow_node_get_serving (self)->before != executor)
    set_executor (self, &_g_flow_node_begin_serving (self)->before, executor, "before");
}

/**
 * g_flow_node_get_after: (attributes org.gtk.Method.get_property=after)
 * @self: a node
 *
 * Gets the executor that serves each request after the instances at the node have.
 *
 * Returns: (transfer none) (nullable): the executor
 *
 * Since: 0.1
 */
GFlowExecutor *
g_flow_node_get_after (GFlowNode *self)
{
  g_return_val_if_fail (G_IS_FLOW_NODE (self), NULL);

  return _g_flow_node_get_serving (self)->after;
}

/**
 * g_flow_node_set_after: (attributes org.gtk.Method.set_property=after)
 * @self: a node of a flow that is not open, which has an executor
 * @executor: (nullable): the executor, which serves at no other node
 *
 * Sets the executor that serves each request after the instances at the node have.
 *
 * Since: 0.1
 */
void
g_flow_node_set_after (GFlowNode     *self,
                      GFlowExecutor *executor)
{
  g_return_if_fail (G_IS_FLOW_NODE (self));
  g_return_if_fail (executor == NULL ||
                    G_TYPE_CHECK_INSTANCE_TYPE (executor, g_flow_executor_get_type ()));
  g_return_if_fail (!_g_flow_is_frozen (_g_flow_node_flow (self)));

  if (_g_flow_node_get_serving (self)->after != executor)
    set_executor (self, &_g_flow_node_begin_serving (self)->after, executor, "after");
}
