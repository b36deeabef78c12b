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
  TAP,
};

static const GFlowServing plain = { .parallel = 1, .replicas = 1 };

const GFlowServing *
_g_flow_node_get_serving (GFlowNode *self)
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
         left->detached == right->detached &&
         left->tap == right->tap;
}

/* Properties */

void
_g_flow_node_get_serving_property (GFlowNode *self,
                                   guint      offset,
                                   GValue    *value)
{
  const GFlowServing *serving = _g_flow_node_get_serving (self);

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
      g_value_set_boolean (value, serving->detached);
      break;
    case TAP:
    default:
      g_value_set_enum (value, serving->tap);
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
      g_flow_node_set_detached (self, g_value_get_boolean (value));
      break;
    case TAP:
    default:
      g_flow_node_set_tap (self, g_value_get_enum (value));
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
                                                      1, G_FLOW_MAX_INSTANCES, 1, rw));

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
                                                      1, G_FLOW_MAX_INSTANCES, 1, rw));

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

  /**
   * GFlowNode:tap: (attributes org.gtk.Property.get=g_flow_node_get_tap org.gtk.Property.set=g_flow_node_set_tap)
   *
   * Whether the executor of the node only looks on, and how: see [method@GFlow.Flow.add_tap].
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, first_id + TAP,
                                   g_param_spec_enum ("tap", NULL, NULL, G_TYPE_FLOW_TAP,
                                                      G_FLOW_TAP_NONE, rw));
}

/* The plan is compiled from it. */
GFlowServing *
_g_flow_node_begin_serving (GFlowNode *self)
{
  _g_flow_begin_edit (_g_flow_node_flow (self));

  GFlowNodeExtras *extras = _g_flow_node_ensure_extras (self);

  if (extras->serving == NULL)
    extras->serving = g_memdup2 (&plain, sizeof plain);
  return extras->serving;
}

/* The property is @property. */
void
_g_flow_node_end_serving (GFlowNode  *self,
                          const char *property)
{
  _g_flow_end_edit (_g_flow_node_flow (self));
  g_object_notify (G_OBJECT (self), property);
}
