/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-node-map-private.h"

#include "gflow-flow-private.h"
#include "gflow-lock.h"

/* Nodes that run another one for each item of a list: what there is of them in the plan.
 * To run one is to run a flow that has a copy of the node for each item. */

static void
clear_source (gpointer data)
{
  GFlowItemsSource *source = data;

  if (source->destroy != NULL)
    source->destroy (source->user_data);
}

void
_g_flow_items_source_release (GFlowItemsSource *source)
{
  if (source != NULL)
    g_atomic_rc_box_release_full (source, clear_source);
}

static GFlowMap *
new_map (GFlowNode *each,
         guint      max_parallel)
{
  GFlowMap *self = g_new0 (GFlowMap, 1);

  self->each = _g_flow_node_copy (each);
  self->max_parallel = max_parallel;
  if (max_parallel > 0)
    self->lock = g_flow_lock_new_with_permits (max_parallel);
  _g_flow_mutex_init (&self->mutex);
  return self;
}

/* At home, as all of a node. */
void
_g_flow_map_free (GFlowMap *self)
{
  g_clear_object (&self->flow);
  g_clear_object (&self->lock);
  g_clear_object (&self->items);
  g_clear_pointer (&self->variant, g_variant_unref);
  g_clear_pointer (&self->source, _g_flow_items_source_release);
  g_clear_object (&self->each);
  _g_flow_mutex_clear (&self->mutex);
  g_free (self);
}

GFlowMap *
_g_flow_map_copy (GFlowMap *self)
{
  GFlowMap *copy = new_map (self->each, self->max_parallel);

  g_set_object (&copy->items, self->items);
  copy->variant = self->variant != NULL ? g_variant_ref (self->variant) : NULL;
  copy->source = self->source != NULL ? g_atomic_rc_box_acquire (self->source) : NULL;
  return copy;
}

/* As g_flow_copy() does it, which is faster than to add them one by one. */
static void
append_copies (GFlow      *flow,
               GFlowNode  *each,
               const char *name,
               guint       n)
{
  for (guint i = 0; i < n; i++)
    {
      GFlowNode *node = _g_flow_node_copy (each);

      g_free (atomic_load_explicit (&node->name, memory_order_relaxed));
      atomic_init (&node->name, g_strdup_printf ("%s[%u]", name, i));
      _g_flow_node_enter_flow (node, flow);
    }
}

/* What is run for so many items: at home where the flow around it is, by the threads of
 * that, and with one limit for all runs. */
static GFlow *
new_flow (GFlowMap  *self,
          GFlow     *outer,
          GFlowNode *node,
          guint      n_items)
{
  GFlow *flow = g_flow_new ();

  g_flow_set_name (flow, g_flow_node_get_name (node));
  _g_flow_home_clear (&flow->home);
  _g_flow_home_copy (&flow->home, &outer->home);
  _g_flow_crew_unref (flow->crew);
  flow->crew = _g_flow_crew_ref (outer->crew);
  flow->max_threads = g_flow_get_max_threads (outer);
  flow->max_parallel = self->max_parallel;
  g_set_object (&flow->parallel_lock, self->lock);
  append_copies (flow, self->each, g_flow_node_get_name (node), n_items);
  return flow;
}

/* Mostly there are as many items as the last time: then the flow, and its plan, is the same. */
GFlow *
_g_flow_map_ref_flow (GFlowMap  *self,
                      GFlow     *outer,
                      GFlowNode *node,
                      guint      n_items)
{
  const guint max_threads = g_flow_get_max_threads (outer);
  GFlow *flow, *spent = NULL;

  _g_flow_mutex_lock (&self->mutex);
  if (self->flow == NULL || self->flow->nodes->n != n_items ||
      self->flow->crew != outer->crew || self->flow->max_threads != max_threads)
    {
      spent = self->flow;
      self->flow = new_flow (self, outer, node, n_items);
    }
  flow = g_object_ref (self->flow);
  _g_flow_mutex_unlock (&self->mutex);
  g_clear_object (&spent);
  return flow;
}

GFlowNode *
_g_flow_node_new_map (const char *name,
                      GFlowNode  *each,
                      guint       max_parallel)
{
  GFlowNode *self = _g_flow_node_new (G_FLOW_NODE_KIND_MAP, name, NULL, NULL, NULL);

  _g_flow_node_ensure_extras (self)->map = new_map (each, max_parallel);
  return self;
}

/* Takes all of them. */
static void
set_items (GFlowNode        *self,
           GListModel       *items,
           GVariant         *variant,
           GFlowItemsSource *source)
{
  GFlowMap *map = _g_flow_node_map (self);

  _g_flow_begin_edit (_g_flow_node_flow (self));

  g_autoptr(GListModel) old_items G_GNUC_UNUSED = map->items;
  g_autoptr(GVariant) old_variant G_GNUC_UNUSED = map->variant;
  GFlowItemsSource *old_source = map->source;

  map->items = items;
  map->variant = variant;
  map->source = source;
  _g_flow_end_edit (_g_flow_node_flow (self));
  _g_flow_items_source_release (old_source);
}

/**
 * g_flow_node_set_items:
 * @self: a node made by [method@GFlow.Flow.add_map]
 * @items: the list
 *
 * Sets what a map is for: the objects that are in @items when the node starts.
 *
 * Since: 0.1
 */
void
g_flow_node_set_items (GFlowNode  *self,
                       GListModel *items)
{
  g_return_if_fail (G_IS_FLOW_NODE (self));
  g_return_if_fail (_g_flow_node_map (self) != NULL);
  g_return_if_fail (G_IS_LIST_MODEL (items));

  set_items (self, g_object_ref (items), NULL, NULL);
}

/**
 * g_flow_node_set_items_variant:
 * @self: a node made by [method@GFlow.Flow.add_map]
 * @items: an array, of any type; consumed if it is floating
 *
 * Sets what a map is for: the elements of an array. Those of an array of variants
 * (`av`) are taken out of these.
 *
 * Since: 0.1
 */
void
g_flow_node_set_items_variant (GFlowNode *self,
                               GVariant  *items)
{
  g_return_if_fail (G_IS_FLOW_NODE (self));
  g_return_if_fail (_g_flow_node_map (self) != NULL);
  g_return_if_fail (items != NULL && g_variant_is_of_type (items, G_VARIANT_TYPE_ARRAY));

  set_items (self, NULL, g_variant_ref_sink (items), NULL);
}

/**
 * g_flow_node_set_items_func:
 * @self: a node made by [method@GFlow.Flow.add_map]
 * @func: (scope notified) (closure user_data) (destroy destroy): makes the list
 * @user_data: data for @func
 * @destroy: frees @user_data
 *
 * Sets what a map is for: the objects in a list that @func makes when the node
 * starts.
 *
 * Since: 0.1
 */
void
g_flow_node_set_items_func (GFlowNode      *self,
                            GFlowItemsFunc  func,
                            gpointer        user_data,
                            GDestroyNotify  destroy)
{
  g_return_if_fail (G_IS_FLOW_NODE (self));
  g_return_if_fail (_g_flow_node_map (self) != NULL);
  g_return_if_fail (func != NULL);

  GFlowItemsSource *source = g_atomic_rc_box_new (GFlowItemsSource);

  *source = (GFlowItemsSource) { func, user_data, destroy };
  set_items (self, NULL, NULL, source);
}
