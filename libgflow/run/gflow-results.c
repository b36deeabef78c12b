/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-owner-private.h"

#include "gflow-values-private.h"

/* Results of nodes: a table that exists once there is one. */

struct _GFlowResult
{
  GValue           value;
  _Atomic guint32  n_readers; /* downstreams that have not ended */
  GFlowResult     *next;      /* in the garbage */
};

typedef _Atomic (GFlowResult *) GFlowResultSlot;

/* In place of a result that was there and is not any more */
static GFlowResult dropped;

static GFlowResultSlot *
ensure_results (GFlowRun *self)
{
  GFlowResultSlot *table = atomic_load_explicit (&self->results, memory_order_acquire);

  if (table == NULL)
    {
      GFlowResultSlot *mine = (GFlowResultSlot *) g_new0 (gpointer, self->plan->n_nodes);

      /* Relaxed, and first: whoever finds the table sees this, too, and so does
       * whatever comes after a node with a result. */
      atomic_fetch_or_explicit (&self->attention, G_FLOW_ATTENTION_RESULTS, memory_order_relaxed);
      /* Acquire and release: publishes the zeroes, or finds another's table. */
      if (atomic_compare_exchange_strong_explicit (&self->results, &table, mine,
                                                   memory_order_acq_rel, memory_order_acquire))
        table = mine;
      else
        g_free ((gpointer) mine);
    }
  return table;
}

static void
free_result (GFlowResult *result)
{
  g_value_unset (&result->value);
  g_free (result);
}

static gboolean
find_node (GFlowRun  *self,
           GFlowNode *node,
           guint     *index)
{
  return _g_flow_run_has_state (self) && _g_flow_plan_find (self->plan, node, index);
}

/* How many nodes will read the result of a node. */
static guint32
count_readers (GFlowRun *self,
               guint32   index)
{
  guint32 n_readers, n_ended = 0;
  const guint32 *successors =
    _g_flow_plan_successors (self->plan, &self->plan->nodes[index], &n_readers);

  /* Relaxed: that was before anything ran. */
  for (guint32 k = 0;
       atomic_load_explicit (&self->n_restored, memory_order_relaxed) > 0 && k < n_readers; k++)
    n_ended += (_g_flow_run_marks (self, successors[k]) & G_FLOW_MARK_RESTORED) != 0;
  return n_readers - n_ended;
}

/**
 * g_flow_run_set_result:
 * @self: a run
 * @node: a node whose body runs
 * @value: its result
 *
 * Gives the result of a node, from its body or on its behalf. May be called
 * from any thread, once for each node of a run, before the node ends.
 *
 * The result is dropped when the last node that waits for @node has ended,
 * unless [property@GFlow.FlowRun:keep-results] is set or nothing waits for it.
 *
 * Since: 0.1
 */
void
g_flow_run_set_result (GFlowRun     *self,
                       GFlowNode    *node,
                       const GValue *value)
{
  guint index;

  g_return_if_fail (G_IS_FLOW_RUN (self));
  g_return_if_fail (G_IS_FLOW_NODE (node));
  g_return_if_fail (G_IS_VALUE (value));
  g_return_if_fail (find_node (self, node, &index));
  g_return_if_fail (_g_flow_run_node_state (self, index) == G_FLOW_NODE_STATE_RUNNING);

  GFlowResult *result = g_new0 (GFlowResult, 1), *none = NULL;

  g_value_init (&result->value, G_VALUE_TYPE (value));
  g_value_copy (value, &result->value);
  atomic_init (&result->n_readers, count_readers (self, index));

  /* Release: pairs with the load in g_flow_run_get_result(), for the value. */
  const gboolean is_first =
    atomic_compare_exchange_strong_explicit (&ensure_results (self)[index], &none, result,
                                             memory_order_release, memory_order_relaxed);

  if (!is_first)
    free_result (result);
  g_return_if_fail (is_first);
}

/**
 * g_flow_run_set_result_variant:
 * @self: a run
 * @node: a node whose body runs
 * @value: its result; consumed if it is floating
 *
 * Gives a result that is a variant: see [method@GFlow.FlowRun.set_result].
 *
 * Since: 0.1
 */
void
g_flow_run_set_result_variant (GFlowRun  *self,
                               GFlowNode *node,
                               GVariant  *value)
{
  g_auto(GValue) boxed = G_VALUE_INIT;

  g_return_if_fail (G_IS_FLOW_RUN (self));
  g_return_if_fail (G_IS_FLOW_NODE (node));
  g_return_if_fail (value != NULL);

  g_value_init (&boxed, G_TYPE_VARIANT);
  g_value_set_variant (&boxed, value);
  g_flow_run_set_result (self, node, &boxed);
}

/**
 * g_flow_run_get_result:
 * @self: a run
 * @node: a node
 *
 * Gets the result of a node. May be called from any thread: from the bodies of
 * the nodes that wait for @node directly, and later if the result was not
 * dropped, see [method@GFlow.FlowRun.set_result].
 *
 * Returns: (transfer none) (nullable): the result, or %NULL if there is none
 *
 * Since: 0.1
 */
const GValue *
g_flow_run_get_result (GFlowRun  *self,
                       GFlowNode *node)
{
  guint index;

  g_return_val_if_fail (G_IS_FLOW_RUN (self), NULL);
  g_return_val_if_fail (G_IS_FLOW_NODE (node), NULL);

  GFlowResultSlot *table = atomic_load_explicit (&self->results, memory_order_acquire);

  if (table == NULL || !find_node (self, node, &index))
    return NULL;

  GFlowResult *result = atomic_load_explicit (&table[index], memory_order_acquire);

  return result != NULL && result != &dropped ? &result->value : NULL;
}

/* The result of a node, NULL if it gave none. FALSE if it was dropped. In the thread that
 * ends the node, or in the owner context. */
gboolean
_g_flow_run_find_result (GFlowRun      *self,
                         guint32        index,
                         const GValue **value)
{
  GFlowResultSlot *table = atomic_load_explicit (&self->results, memory_order_acquire);
  GFlowResult *result =
    table != NULL ? atomic_load_explicit (&table[index], memory_order_acquire) : NULL;

  *value = result != NULL && result != &dropped ? &result->value : NULL;
  return result != &dropped;
}

/* Puts the result of an earlier run into place; without a @value, that there was one. */
void
_g_flow_run_restore_result (GFlowRun     *self,
                            guint32       index,
                            const GValue *value,
                            guint32       n_readers)
{
  GFlowResult *result = &dropped;

  if (value != NULL)
    {
      result = g_new0 (GFlowResult, 1);
      g_value_init (&result->value, G_VALUE_TYPE (value));
      g_value_copy (value, &result->value);
      atomic_init (&result->n_readers, n_readers);
    }
  /* Release: pairs with the load in g_flow_run_get_result(), for the value. */
  atomic_store_explicit (&ensure_results (self)[index], result, memory_order_release);
}

/* The types of values that are variants by nature. */
static const GVariantType *
get_variant_type (const GValue *value)
{
  switch (G_VALUE_TYPE (value))
    {
    case G_TYPE_BOOLEAN:
      return G_VARIANT_TYPE_BOOLEAN;
    case G_TYPE_INT:
      return G_VARIANT_TYPE_INT32;
    case G_TYPE_UINT:
      return G_VARIANT_TYPE_UINT32;
    case G_TYPE_INT64:
      return G_VARIANT_TYPE_INT64;
    case G_TYPE_UINT64:
      return G_VARIANT_TYPE_UINT64;
    case G_TYPE_DOUBLE:
      return G_VARIANT_TYPE_DOUBLE;
    case G_TYPE_STRING:
      return G_VARIANT_TYPE_STRING;
    default:
      return G_VALUE_HOLDS (value, G_TYPE_STRV) ? G_VARIANT_TYPE_STRING_ARRAY : NULL;
    }
}

static GVariant *convert_to_variant (const GValue *value);

/* One array of all; what is missing is a maybe that is nothing. */
static GVariant *
convert_values (GFlowValues *values)
{
  g_auto(GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("av"));
  const guint n = g_flow_values_get_n_values (values);

  for (guint i = 0; i < n; i++)
    {
      const GValue *value = g_flow_values_get_value (values, i);
      g_autoptr(GVariant) variant =
        value != NULL ? convert_to_variant (value)
                      : g_variant_ref_sink (g_variant_new_maybe (G_VARIANT_TYPE_VARIANT, NULL));

      if (variant == NULL)
        return NULL;
      g_variant_builder_add (&builder, "v", variant);
    }
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

static GVariant *
convert_to_variant (const GValue *value)
{
  const GVariantType *type = get_variant_type (value);

  if (G_VALUE_HOLDS (value, G_TYPE_FLOW_VALUES))
    return convert_values (g_value_get_object (value));

  if (G_VALUE_HOLDS_VARIANT (value))
    return g_value_dup_variant (value);
  if (G_VALUE_HOLDS (value, G_TYPE_BYTES) && g_value_get_boxed (value) != NULL)
    return g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING,
                                                         g_value_get_boxed (value), TRUE));
  if (type == NULL || (g_value_fits_pointer (value) && g_value_peek_pointer (value) == NULL))
    return NULL;
  /* Never floating. */
  return g_dbus_gvalue_to_gvariant (value, type);
}

/**
 * g_flow_run_dup_result_variant:
 * @self: a run
 * @node: a node
 *
 * Gets the result of a node as a variant: one that is a variant, a boolean, a
 * number of type int, uint, int64, uint64 or double, a string or an array of
 * strings, or a [struct@GLib.Bytes]. Of a map, an array (`av`) of such results, with a
 * maybe (`mv`) that is nothing for an item without one.
 *
 * Returns: (transfer full) (nullable): the result
 *
 * Since: 0.1
 */
GVariant *
g_flow_run_dup_result_variant (GFlowRun  *self,
                               GFlowNode *node)
{
  const GValue *value = g_flow_run_get_result (self, node);

  return value != NULL ? convert_to_variant (value) : NULL;
}

/**
 * g_flow_run_dup_result_object:
 * @self: a run
 * @node: a node
 *
 * Gets the result of a node, if it is an object.
 *
 * Returns: (transfer full) (nullable): the result
 *
 * Since: 0.1
 */
GObject *
g_flow_run_dup_result_object (GFlowRun  *self,
                              GFlowNode *node)
{
  const GValue *value = g_flow_run_get_result (self, node);

  return value != NULL && G_VALUE_HOLDS_OBJECT (value) ? g_value_dup_object (value) : NULL;
}

static GListModel *
list_objects (GFlowValues *values)
{
  const guint n = g_flow_values_get_n_values (values);
  GListStore *list = g_list_store_new (G_TYPE_OBJECT);

  for (guint i = 0; i < n; i++)
    {
      const GValue *value = g_flow_values_get_value (values, i);

      if (value != NULL && G_VALUE_HOLDS_OBJECT (value) && g_value_get_object (value) != NULL)
        g_list_store_append (list, g_value_get_object (value));
    }
  return G_LIST_MODEL (list);
}

/**
 * g_flow_run_dup_result_list:
 * @self: a run
 * @node: a node
 *
 * Gets the result of a node as a list: of a map, those results that are objects, in
 * the order of its items; or a result that is itself a list model.
 *
 * Returns: (transfer full) (nullable): the list, or %NULL if the result is none
 *
 * Since: 0.1
 */
GListModel *
g_flow_run_dup_result_list (GFlowRun  *self,
                            GFlowNode *node)
{
  g_autoptr(GObject) object = g_flow_run_dup_result_object (self, node);

  if (G_IS_FLOW_VALUES (object))
    return list_objects (G_FLOW_VALUES (object));
  return G_IS_LIST_MODEL (object) ? G_LIST_MODEL (g_steal_pointer (&object)) : NULL;
}

/* To be freed in the owner context. */
static void
throw_away (GFlowRun    *self,
            GFlowLane   *lane,
            GFlowResult *result)
{
  result->next = atomic_load_explicit (&self->garbage, memory_order_relaxed);
  /* Release: pairs with the exchange in _g_flow_run_free_garbage(). */
  while (!atomic_compare_exchange_weak_explicit (&self->garbage, &result->next, result,
                                                 memory_order_release, memory_order_relaxed))
    ;
  if (!lane->context)
    _g_flow_owner_post (self);
}

/* Has a value freed in the owner context. Takes what is in it. */
void
_g_flow_run_discard_value (GFlowRun  *self,
                           GFlowLane *lane,
                           GValue    *value)
{
  GFlowResult *result = g_new0 (GFlowResult, 1);

  result->value = *value;
  *value = (GValue) G_VALUE_INIT;
  throw_away (self, lane, result);
}

/* A node has ended: drops the results that only it could still read. They are
 * freed in the owner context, as they may be anything of the user's. */
void
_g_flow_run_drop_results (GFlowRun  *self,
                          GFlowLane *lane,
                          guint32    index)
{
  GFlowResultSlot *table = atomic_load_explicit (&self->results, memory_order_acquire);

  if (self->keep_results || table == NULL)
    return;

  guint32 n_upstreams;
  const guint32 *upstreams = _g_flow_plan_upstreams (self->plan, index, &n_upstreams);

  for (guint32 k = 0; k < n_upstreams; k++)
    {
      const guint32 upstream = upstreams[k];
      GFlowResult *result = atomic_load_explicit (&table[upstream], memory_order_acquire);

      /* Acquire and release: the last reader frees what the others have read. */
      if (result == NULL || result == &dropped ||
          atomic_fetch_sub_explicit (&result->n_readers, 1, memory_order_acq_rel) != 1)
        continue;

      atomic_store_explicit (&table[upstream], &dropped, memory_order_relaxed);
      throw_away (self, lane, result);
    }
}

/* What was kept for nodes that might have been run again. The run has ended, by an error. */
void
_g_flow_run_drop_kept_results (GFlowRun *self)
{
  GFlowLane *lane = _g_flow_run_context_lane (self);

  if (self->keep_results || atomic_load_explicit (&self->results, memory_order_acquire) == NULL)
    return;

  for (guint32 i = 0; i < self->plan->n_nodes; i++)
    if (!_g_flow_run_has_read (self, i, _g_flow_run_node_state (self, i)))
      _g_flow_run_drop_results (self, lane, i);
}

/* What a body has left that is called again. In the owner context. */
void
_g_flow_run_drop_result (GFlowRun *self,
                         guint32   index)
{
  GFlowResultSlot *table = atomic_load_explicit (&self->results, memory_order_acquire);
  GFlowResult *result =
    table != NULL ? atomic_exchange_explicit (&table[index], NULL, memory_order_acquire) : NULL;

  if (result != NULL && result != &dropped)
    free_result (result);
}

void
_g_flow_run_free_garbage (GFlowRun *self)
{
  GFlowResult *result = NULL;

  if (atomic_load_explicit (&self->garbage, memory_order_relaxed) != NULL)
    result = atomic_exchange_explicit (&self->garbage, NULL, memory_order_acquire);

  while (result != NULL)
    {
      GFlowResult *next = result->next;

      free_result (result);
      result = next;
    }
}

/* What is left when the run itself goes. */
void
_g_flow_run_free_results (GFlowRun *self)
{
  /* Relaxed: who drops the last reference comes after all others. */
  GFlowResultSlot *table = atomic_load_explicit (&self->results, memory_order_relaxed);

  atomic_store_explicit (&self->results, NULL, memory_order_relaxed);
  _g_flow_run_free_garbage (self);
  for (guint i = 0; table != NULL && i < self->plan->n_nodes; i++)
    {
      GFlowResult *result = atomic_load_explicit (&table[i], memory_order_relaxed);

      if (result != NULL && result != &dropped)
        _g_flow_home_release (&self->plan->home, result, (GDestroyNotify) free_result);
    }
  g_free ((gpointer) table);
}
