/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-journal-private.h"
#include "gflow-owner-private.h"
#include "gflow-values-private.h"

#include "graph/gflow-error.h"
#include "graph/gflow-node-map-private.h"

#include <glib/gi18n-lib.h>

/* Nodes that run another one for each item of a list, as a sub-run. */

/* The values of a list of any of the kinds that there are; %NULL if it is none. */

static GFlowValues *
take_model (GListModel *model)
{
  const guint n = g_list_model_get_n_items (model);
  GFlowValues *items = _g_flow_values_new (n);

  for (guint i = 0; i < n; i++)
    {
      GValue *value = _g_flow_values_peek (items, i);

      g_value_init (value, G_TYPE_OBJECT);
      g_value_take_object (value, g_list_model_get_item (model, i));
    }
  return items;
}

static GFlowValues *
take_variant (GVariant *array)
{
  if (!g_variant_is_of_type (array, G_VARIANT_TYPE_ARRAY))
    return NULL;

  const gsize n = g_variant_n_children (array);
  GFlowValues *items = _g_flow_values_new (n);

  for (gsize i = 0; i < n; i++)
    {
      GVariant *child = g_variant_get_child_value (array, i);
      GValue *value = _g_flow_values_peek (items, i);

      g_value_init (value, G_TYPE_VARIANT);
      if (g_variant_is_of_type (child, G_VARIANT_TYPE_VARIANT))
        {
          g_value_take_variant (value, g_variant_get_variant (child));
          g_variant_unref (child);
        }
      else
        {
          g_value_take_variant (value, child);
        }
    }
  return items;
}

static GFlowValues *
take_strings (const char * const *strings)
{
  const guint n = strings != NULL ? g_strv_length ((char **) strings) : 0;
  GFlowValues *items = _g_flow_values_new (n);

  for (guint i = 0; i < n; i++)
    {
      GValue *value = _g_flow_values_peek (items, i);

      g_value_init (value, G_TYPE_STRING);
      g_value_set_string (value, strings[i]);
    }
  return items;
}

static GFlowValues *
take_result (const GValue *value)
{
  if (G_VALUE_HOLDS_OBJECT (value) && G_IS_FLOW_VALUES (g_value_get_object (value)))
    return g_value_dup_object (value);
  if (G_VALUE_HOLDS_OBJECT (value) && G_IS_LIST_MODEL (g_value_get_object (value)))
    return take_model (g_value_get_object (value));
  if (G_VALUE_HOLDS_VARIANT (value) && g_value_get_variant (value) != NULL)
    return take_variant (g_value_get_variant (value));
  if (G_VALUE_HOLDS (value, G_TYPE_STRV))
    return take_strings (g_value_get_boxed (value));
  return NULL;
}

static GFlowValues *
take_upstream (GFlowRun   *self,
               guint32     index,
               GError    **error)
{
  GFlowPlan *plan = self->plan;
  const char *name = g_flow_node_get_name (plan->nodes[index].node);
  guint32 n_upstreams;
  const guint32 *upstreams = _g_flow_plan_upstreams (plan, index, &n_upstreams);

  if (n_upstreams == 0)
    {
      g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT,
                   _("“%s” has no items, and waits for no node that could give some"), name);
      return NULL;
    }

  GFlowNode *upstream = plan->nodes[upstreams[0]].node;
  const GValue *result = g_flow_run_get_result (self, upstream);
  GFlowValues *items = result != NULL ? take_result (result) : NULL;

  if (items == NULL)
    g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT,
                 _("“%s” needs a list, which the result of “%s” is not"), name,
                 g_flow_node_get_name (upstream));
  return items;
}

static GFlowValues *
call_source (GFlowRun          *self,
             GFlowNode         *node,
             GFlowItemsSource  *source,
             GError           **error)
{
  /* It may set another one. */
  g_autoptr(GFlowItemsSource) held = g_atomic_rc_box_acquire (source);
  g_autoptr(GListModel) model = held->func (node, self, held->user_data, error);

  if (model != NULL)
    {
      /* It says that it succeeded: that counts. */
      g_clear_error (error);
      return take_model (model);
    }
  if (error != NULL && *error == NULL)
    g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_FAILED,
                 _("The node “%s” failed without an error"), g_flow_node_get_name (node));
  return NULL;
}

static GFlowValues *
find_items (GFlowRun   *self,
            guint32     index,
            GError    **error)
{
  GFlowNode *node = self->plan->nodes[index].node;
  GFlowMap *map = _g_flow_node_map (node);

  if (map->source != NULL)
    return call_source (self, node, map->source, error);
  if (map->items != NULL)
    return take_model (map->items);
  if (map->variant != NULL)
    return take_variant (map->variant);
  return take_upstream (self, index, error);
}

/* Starts the node. In the owner context. */
gboolean
_g_flow_run_start_map (GFlowRun  *self,
                       guint32    index,
                       GError   **error)
{
  GFlowNode *node = self->plan->nodes[index].node;
  g_autoptr(GFlowValues) items = find_items (self, index, error);

  if (items == NULL)
    return FALSE;

  g_autoptr(GFlow) flow = _g_flow_map_ref_flow (_g_flow_node_map (node), self->flow, node,
                                                g_flow_values_get_n_values (items));
  g_autoptr(GFlowRun) child = g_flow_run_new (flow);

  child->items = g_steal_pointer (&items);
  if (self->journal != NULL)
    _g_flow_journal_adopt_map (self, index, child);
  g_flow_run_set_parameters (child, self->parameters);
  g_flow_run_set_on_error (child, self->on_error);
  /* Its results will be there, as a part of that of the node. */
  g_set_object (&child->journal_file, self->journal_file);
  _g_flow_run_adopt (self, index, child);
  return TRUE;
}

/* The sub-run of a map has ended: its results are that of the node. */
void
_g_flow_run_end_map (GFlowRun *self,
                     guint32   index,
                     GFlowRun *child)
{
  const guint n = child->plan != NULL ? child->plan->n_nodes : 0;
  g_autoptr(GFlowValues) results = _g_flow_values_new (n);
  g_auto(GValue) value = G_VALUE_INIT;

  for (guint i = 0; i < n; i++)
    {
      const GValue *result = g_flow_run_get_result (child, child->plan->nodes[i].node);

      if (result != NULL)
        {
          g_value_init (_g_flow_values_peek (results, i), G_VALUE_TYPE (result));
          g_value_copy (result, _g_flow_values_peek (results, i));
        }
    }
  g_value_init (&value, G_TYPE_FLOW_VALUES);
  g_value_set_object (&value, results);
  g_flow_run_set_result (self, self->plan->nodes[index].node, &value);
}

/* Says which item an error is of: the node that failed first, and the text of the item, if it
 * is one. */
void
_g_flow_run_name_item (GFlowRun  *child,
                       GError   **error)
{
  const guint32 failed = _g_flow_run_get_failure (child, 0);
  const char *text = NULL;

  if (failed == G_FLOW_NO_NODE)
    return;

  const char *name = g_flow_node_get_name (child->plan->nodes[failed].node);
  const GValue *item = _g_flow_values_peek (child->items, failed);

  if (G_VALUE_HOLDS_STRING (item))
    text = g_value_get_string (item);
  else if (G_VALUE_HOLDS_VARIANT (item) &&
           g_variant_is_of_type (g_value_get_variant (item), G_VARIANT_TYPE_STRING))
    text = g_variant_get_string (g_value_get_variant (item), NULL);

  if (text != NULL)
    g_prefix_error (error, "%s (%s): ", name, text);
  else
    g_prefix_error (error, "%s: ", name);
}

/**
 * g_flow_run_get_map_item:
 * @self: a run that a map has started: the one that the body is given
 * @node: a node of it: likewise
 *
 * Gets what the body of a node is called for, see [method@GFlow.Flow.add_map]: an
 * object, a string, or a variant. May be called from any thread.
 *
 * Returns: (transfer none) (nullable): the item; %NULL if the run is not of a map
 *
 * Since: 0.1
 */
const GValue *
g_flow_run_get_map_item (GFlowRun  *self,
                     GFlowNode *node)
{
  guint index;

  g_return_val_if_fail (G_IS_FLOW_RUN (self), NULL);
  g_return_val_if_fail (G_IS_FLOW_NODE (node), NULL);

  return self->items != NULL && _g_flow_run_has_state (self) &&
         _g_flow_plan_find (self->plan, node, &index)
           ? _g_flow_values_peek (self->items, index) : NULL;
}
