/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-node-serving-private.h"

#include "gflow-enum-types.h"
#include "gflow-flow-private.h"

/* How a node serves requests: with how many instances of its executor, which of these a
 * request goes to, what is in front of them and behind them, and which documents go
 * there at all. */

enum
{
  PARALLEL,
  REPLICAS,
  POLLING,
  SCHEDULING,
  BEFORE,
  AFTER,
  REDUCER,
  CONDITION,
  DETACHED,
};

/* More instances than that are a mistake. */
#define MAX_INSTANCES 65536

static const GFlowServing plain = { .parallel = 1, .replicas = 1 };

static const GFlowServing *
get_serving (GFlowNode *self)
{
  return _g_flow_node_serving (self) != NULL ? _g_flow_node_serving (self) : &plain;
}

/* What is shared */

GFlowReduction *
_g_flow_reduction_ref (GFlowReduction *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
clear_reduction (gpointer data)
{
  GFlowReduction *self = data;

  if (self->destroy != NULL)
    self->destroy (self->user_data);
}

void
_g_flow_reduction_unref (GFlowReduction *self)
{
  g_atomic_rc_box_release_full (self, clear_reduction);
}

static GHashTable *
copy_pollings (GHashTable *pollings)
{
  GHashTable *copy = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GHashTableIter iter;
  gpointer endpoint, polling;

  g_hash_table_iter_init (&iter, pollings);
  while (g_hash_table_iter_next (&iter, &endpoint, &polling))
    g_hash_table_insert (copy, g_strdup (endpoint), polling);
  return copy;
}

GFlowServing *
_g_flow_serving_copy (GFlowServing *self)
{
  GFlowServing *copy = g_memdup2 (self, sizeof *self);

  if (copy->pollings != NULL)
    copy->pollings = copy_pollings (copy->pollings);
  if (copy->before != NULL)
    g_object_ref (copy->before);
  if (copy->after != NULL)
    g_object_ref (copy->after);
  if (copy->reduction != NULL)
    _g_flow_reduction_ref (copy->reduction);
  if (copy->condition != NULL)
    _g_flow_condition_ref (copy->condition);
  return copy;
}

void
_g_flow_serving_free (GFlowServing *self)
{
  g_clear_pointer (&self->pollings, g_hash_table_unref);
  g_clear_object (&self->before);
  g_clear_object (&self->after);
  g_clear_pointer (&self->reduction, _g_flow_reduction_unref);
  g_clear_pointer (&self->condition, _g_flow_condition_unref);
  g_free (self);
}

static gboolean
equal_pollings (GHashTable *a,
                GHashTable *b)
{
  const guint n_a = a != NULL ? g_hash_table_size (a) : 0;
  const guint n_b = b != NULL ? g_hash_table_size (b) : 0;
  GHashTableIter iter;
  gpointer endpoint, polling, other;

  if (n_a != n_b)
    return FALSE;
  if (n_a == 0)
    return TRUE;

  g_hash_table_iter_init (&iter, a);
  while (g_hash_table_iter_next (&iter, &endpoint, &polling))
    if (!g_hash_table_lookup_extended (b, endpoint, NULL, &other) || other != polling)
      return FALSE;
  return TRUE;
}

/* NULL is what nothing was set of. */
gboolean
_g_flow_serving_equal (GFlowServing *a,
                       GFlowServing *b)
{
  const GFlowServing *left = a != NULL ? a : &plain, *right = b != NULL ? b : &plain;

  return left->parallel == right->parallel &&
         left->replicas == right->replicas &&
         left->polling == right->polling &&
         left->polling_set == right->polling_set &&
         equal_pollings (left->pollings, right->pollings) &&
         left->scheduling == right->scheduling &&
         _g_flow_executor_equal (left->before, right->before) &&
         _g_flow_executor_equal (left->after, right->after) &&
         left->reducer == right->reducer &&
         left->reduction == right->reduction &&
         _g_flow_condition_equal (left->condition, right->condition) &&
         left->detached == right->detached;
}

/* Properties */

void
_g_flow_node_get_serving_property (GFlowNode *self,
                                   guint      offset,
                                   GValue    *value)
{
  const GFlowServing *serving = get_serving (self);

  switch (offset)
    {
    case PARALLEL:
      g_value_set_uint (value, serving->parallel);
      break;
    case REPLICAS:
      g_value_set_uint (value, serving->replicas);
      break;
    case POLLING:
      g_value_set_enum (value, g_flow_node_get_polling (self));
      break;
    case SCHEDULING:
      g_value_set_enum (value, serving->scheduling);
      break;
    case BEFORE:
      g_value_set_object (value, serving->before);
      break;
    case AFTER:
      g_value_set_object (value, serving->after);
      break;
    case REDUCER:
      g_value_set_enum (value, serving->reducer);
      break;
    case CONDITION:
      g_value_set_variant (value, g_flow_node_get_condition (self));
      break;
    case DETACHED:
    default:
      g_value_set_boolean (value, serving->detached);
      break;
    }
}

void
_g_flow_node_set_serving_property (GFlowNode    *self,
                                   guint         offset,
                                   const GValue *value)
{
  switch (offset)
    {
    case PARALLEL:
      g_flow_node_set_parallel (self, g_value_get_uint (value));
      break;
    case REPLICAS:
      g_flow_node_set_replicas (self, g_value_get_uint (value));
      break;
    case POLLING:
      g_flow_node_set_polling (self, g_value_get_enum (value));
      break;
    case SCHEDULING:
      g_flow_node_set_scheduling (self, g_value_get_enum (value));
      break;
    case BEFORE:
      g_flow_node_set_before (self, g_value_get_object (value));
      break;
    case AFTER:
      g_flow_node_set_after (self, g_value_get_object (value));
      break;
    case REDUCER:
      g_flow_node_set_reducer (self, g_value_get_enum (value));
      break;
    case DETACHED:
    default:
      g_flow_node_set_detached (self, g_value_get_boolean (value));
      break;
    }
}

void
_g_flow_node_install_serving (GObjectClass *object_class,
                              guint         first_id)
{
  const GParamFlags rw = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;
  const GParamFlags ro = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  /**
   * GFlowNode:parallel: (attributes org.gtk.Property.get=g_flow_node_get_parallel org.gtk.Property.set=g_flow_node_set_parallel)
   *
   * How many shards of its executor a node has: instances that may differ in what they
   * hold. [property@GFlow.FlowNode:polling] says which of them serve a request.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, first_id + PARALLEL,
                                   g_param_spec_uint ("parallel", NULL, NULL,
                                                      1, MAX_INSTANCES, 1, rw));

  /**
   * GFlowNode:replicas: (attributes org.gtk.Property.get=g_flow_node_get_replicas org.gtk.Property.set=g_flow_node_set_replicas)
   *
   * How many instances each shard has, all of which do the same: each request that the
   * shard serves is served by one of them.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, first_id + REPLICAS,
                                   g_param_spec_uint ("replicas", NULL, NULL,
                                                      1, MAX_INSTANCES, 1, rw));

  /**
   * GFlowNode:polling: (attributes org.gtk.Property.get=g_flow_node_get_polling org.gtk.Property.set=g_flow_node_set_polling)
   *
   * Which instances serve a request. Unless it is set this is %G_FLOW_POLLING_ANY, or
   * %G_FLOW_POLLING_ALL for a node with several shards that have several replicas each.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, first_id + POLLING,
                                   g_param_spec_enum ("polling", NULL, NULL,
                                                      G_TYPE_FLOW_POLLING,
                                                      G_FLOW_POLLING_ANY, rw));

  /**
   * GFlowNode:scheduling: (attributes org.gtk.Property.get=g_flow_node_get_scheduling org.gtk.Property.set=g_flow_node_set_scheduling)
   *
   * Which of several instances serves a request that one of them is to serve.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, first_id + SCHEDULING,
                                   g_param_spec_enum ("scheduling", NULL, NULL,
                                                      G_TYPE_FLOW_SCHEDULING,
                                                      G_FLOW_SCHEDULING_LEAST_BUSY, rw));

  /**
   * GFlowNode:before: (attributes org.gtk.Property.get=g_flow_node_get_before org.gtk.Property.set=g_flow_node_set_before)
   *
   * An executor that serves each request before the instances at the node do, as a part of
   * the node: nobody can wait for it by itself. What it leaves as its result is under
   * the name of the node, followed by `/before`.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, first_id + BEFORE,
                                   g_param_spec_object ("before", NULL, NULL,
                                                        g_flow_executor_get_type (), rw));

  /**
   * GFlowNode:after: (attributes org.gtk.Property.get=g_flow_node_get_after org.gtk.Property.set=g_flow_node_set_after)
   *
   * An executor that serves each request after the instances at the node have, as
   * [property@GFlow.FlowNode:before]. It gets what the reducer makes of their parts,
   * and finds the parts in [method@GFlow.FlowRequest.dup_parts].
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, first_id + AFTER,
                                   g_param_spec_object ("after", NULL, NULL,
                                                        g_flow_executor_get_type (), rw));

  /**
   * GFlowNode:reducer: (attributes org.gtk.Property.get=g_flow_node_get_reducer org.gtk.Property.set=g_flow_node_set_reducer)
   *
   * How parts of a request are put together that meet at the node: those of branches,
   * and those of its shards.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, first_id + REDUCER,
                                   g_param_spec_enum ("reducer", NULL, NULL,
                                                      G_TYPE_FLOW_REDUCER,
                                                      G_FLOW_REDUCER_MERGE, rw));

  /**
   * GFlowNode:condition: (attributes org.gtk.Property.get=g_flow_node_get_condition)
   *
   * Which documents go to the node: see [method@GFlow.FlowNode.set_condition].
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, first_id + CONDITION,
                                   g_param_spec_variant ("condition", NULL, NULL,
                                                         G_VARIANT_TYPE_VARDICT, NULL, ro));

  /**
   * GFlowNode:detached: (attributes org.gtk.Property.get=g_flow_node_get_detached org.gtk.Property.set=g_flow_node_set_detached)
   *
   * Whether requests come back without waiting for the node, and for what waits for it.
   *
   * These nodes have copies of the documents. What they do shows in the results of the
   * request if they have ended when it comes back; it does not matter to it if they fail. But
   * then the run does, and [signal@GFlow.Flow::error] tells of it. A stream of requests counts one that has come back as in
   * flight until they have ended, and to close the flow waits for them.
   *
   * Such a node is not the [property@GFlow.Flow:insertion-point], unless it was set to be.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, first_id + DETACHED,
                                   g_param_spec_boolean ("detached", NULL, NULL, FALSE, rw));
}

/* The plan is compiled from it. */
static GFlowServing *
begin_change (GFlowNode *self)
{
  _g_flow_begin_edit (self->flow);

  GFlowNodeExtras *extras = _g_flow_node_ensure_extras (self);

  if (extras->serving == NULL)
    extras->serving = g_memdup2 (&plain, sizeof plain);
  return extras->serving;
}

static void
end_change (GFlowNode  *self,
            const char *property)
{
  _g_flow_end_edit (self->flow);
  g_object_notify (G_OBJECT (self), property);
}

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

  return get_serving (self)->parallel;
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
  g_return_if_fail (parallel >= 1 && parallel <= MAX_INSTANCES);
  g_return_if_fail (!_g_flow_is_frozen (self->flow));

  if (get_serving (self)->parallel == parallel)
    return;

  begin_change (self)->parallel = parallel;
  end_change (self, "parallel");
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

  return get_serving (self)->replicas;
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
  g_return_if_fail (replicas >= 1 && replicas <= MAX_INSTANCES);
  g_return_if_fail (!_g_flow_is_frozen (self->flow));

  if (get_serving (self)->replicas == replicas)
    return;

  begin_change (self)->replicas = replicas;
  end_change (self, "replicas");
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

  const GFlowServing *serving = get_serving (self);

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
  g_return_if_fail (!_g_flow_is_frozen (self->flow));

  if (get_serving (self)->polling_set && get_serving (self)->polling == polling)
    return;

  GFlowServing *serving = begin_change (self);

  serving->polling = polling;
  serving->polling_set = TRUE;
  end_change (self, "polling");
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

  GHashTable *pollings = get_serving (self)->pollings;
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
  g_return_if_fail (!_g_flow_is_frozen (self->flow));

  if (*endpoint == '\0')
    {
      g_flow_node_set_polling (self, polling);
      return;
    }

  GFlowServing *serving = begin_change (self);

  if (serving->pollings == NULL)
    serving->pollings = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_hash_table_replace (serving->pollings, g_strdup (endpoint), GUINT_TO_POINTER (polling));
  _g_flow_end_edit (self->flow);
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

  return get_serving (self)->scheduling;
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
  g_return_if_fail (!_g_flow_is_frozen (self->flow));

  if (get_serving (self)->scheduling == scheduling)
    return;

  begin_change (self)->scheduling = scheduling;
  end_change (self, "scheduling");
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
  end_change (self, property);
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

  return get_serving (self)->before;
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
  g_return_if_fail (!_g_flow_is_frozen (self->flow));

  if (get_serving (self)->before != executor)
    set_executor (self, &begin_change (self)->before, executor, "before");
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

  return get_serving (self)->after;
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
  g_return_if_fail (!_g_flow_is_frozen (self->flow));

  if (get_serving (self)->after != executor)
    set_executor (self, &begin_change (self)->after, executor, "after");
}

static void
set_reducer (GFlowNode      *self,
             GFlowReducer    reducer,
             GFlowReduction *reduction)
{
  GFlowServing *serving = begin_change (self);
  GFlowReduction *old = serving->reduction;

  serving->reducer = reducer;
  serving->reduction = reduction;
  end_change (self, "reducer");
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

  return get_serving (self)->reducer;
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
  g_return_if_fail (!_g_flow_is_frozen (self->flow));

  if (get_serving (self)->reducer != reducer)
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
  g_return_if_fail (!_g_flow_is_frozen (self->flow));

  GFlowReduction *reduction = g_atomic_rc_box_new (GFlowReduction);

  *reduction = (GFlowReduction) { func, user_data, destroy };
  set_reducer (self, G_FLOW_REDUCER_CUSTOM, reduction);
}

/* Takes @condition. */
static void
set_condition (GFlowNode      *self,
               GFlowCondition *condition)
{
  GFlowServing *serving = begin_change (self);
  GFlowCondition *old = serving->condition;

  serving->condition = condition;
  end_change (self, "condition");
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

  GFlowCondition *condition = get_serving (self)->condition;

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
  g_return_val_if_fail (!_g_flow_is_frozen (self->flow), FALSE);

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
  g_return_if_fail (!_g_flow_is_frozen (self->flow));

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

  return get_serving (self)->detached;
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
  g_return_if_fail (!_g_flow_is_frozen (self->flow));

  detached = !!detached;
  if (get_serving (self)->detached == detached)
    return;

  begin_change (self)->detached = detached;
  if (self->flow != NULL)
    self->flow->has_detached = TRUE;
  end_change (self, "detached");
}
