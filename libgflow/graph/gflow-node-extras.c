/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-lock.h"
#include "gflow-node-map-private.h"
#include "gflow-node-serving-private.h"

/* What few nodes have: see GFlowNodeExtras. */

GFlowNodeExtras *
_g_flow_node_ensure_extras (GFlowNode *self)
{
  GFlowNodeExtras *extras = _g_flow_node_extras (self);

  if (extras != NULL)
    return extras;

  extras = g_new0 (GFlowNodeExtras, 1);
  extras->weight = 1;
  extras->policy = (GFlowNodePolicy) G_FLOW_NODE_POLICY_INIT;
  /* Release: pairs with _g_flow_node_extras(). */
  atomic_store_explicit (&self->extras, extras, memory_order_release);
  return extras;
}

void
_g_flow_node_extras_free (GFlowNodeExtras *extras)
{
  g_free (extras->title);
  g_slist_free_full (extras->old_names, g_free);
  g_clear_pointer (&extras->locks, g_ptr_array_unref);
  g_clear_object (&extras->subflow);
  g_clear_object (&extras->executor);
  g_clear_pointer (&extras->map, _g_flow_map_free);
  g_clear_pointer (&extras->serving, _g_flow_serving_free);
  g_clear_object (&extras->upstreams);
  g_clear_object (&extras->downstreams);
  g_clear_object (&extras->lock_list);
  g_free (extras);
}

/* To @copy, which shares the body, and so has some. */
void
_g_flow_node_copy_extras (GFlowNode *self,
                          GFlowNode *copy)
{
  GFlowNodeExtras *extras = _g_flow_node_extras (copy), *from = _g_flow_node_extras (self);

  extras->title = g_strdup (from->title);
  extras->priority = from->priority;
  extras->weight = from->weight;
  extras->policy = from->policy;
  g_set_object (&extras->subflow, from->subflow);
  g_set_object (&extras->executor, from->executor);
  if (from->map != NULL)
    extras->map = _g_flow_map_copy (from->map);
  if (from->serving != NULL)
    extras->serving = _g_flow_serving_copy (from->serving);
  if (from->locks != NULL)
    extras->locks = g_ptr_array_copy (from->locks, (GCopyFunc) g_object_ref, NULL);
}
