/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-values-private.h"

/**
 * GFlowValues:
 *
 * The results of a map, see [method@GFlow.Flow.add_map], in the order of its items.
 *
 * They may be of any type, and some may be missing.
 * [method@GFlow.FlowRun.dup_result_variant] gives them as one array, if they can be
 * in one, and [method@GFlow.FlowRun.dup_result_list] those that are objects as a list.
 *
 * ## Thread safety
 *
 * Nothing of it changes: it may be read from any thread.
 *
 * Since: 0.1
 */

struct _GFlowValues
{
  GObject parent_instance;

  GValue *values; /* (owned): of no type where one is missing */
  guint   n_values;
};

G_DEFINE_FINAL_TYPE (GFlowValues, g_flow_values, G_TYPE_OBJECT)

static void
g_flow_values_finalize (GObject *object)
{
  GFlowValues *self = G_FLOW_VALUES (object);

  for (guint i = 0; i < self->n_values; i++)
    if (G_IS_VALUE (&self->values[i]))
      g_value_unset (&self->values[i]);
  g_free (self->values);

  G_OBJECT_CLASS (g_flow_values_parent_class)->finalize (object);
}

static void
g_flow_values_class_init (GFlowValuesClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = g_flow_values_finalize;
}

static void
g_flow_values_init (GFlowValues *self)
{
}

/* To be filled by who makes it. */
GFlowValues *
_g_flow_values_new (guint n_values)
{
  GFlowValues *self = g_object_new (G_TYPE_FLOW_VALUES, NULL);

  self->values = g_new0 (GValue, n_values);
  self->n_values = n_values;
  return self;
}

GValue *
_g_flow_values_peek (GFlowValues *self,
                     guint        position)
{
  return &self->values[position];
}

/**
 * g_flow_values_get_n_values:
 * @self: the results of a map
 *
 * Gets how many there are: as many as items.
 *
 * Returns: the number, missing ones included
 *
 * Since: 0.1
 */
guint
g_flow_values_get_n_values (GFlowValues *self)
{
  g_return_val_if_fail (G_IS_FLOW_VALUES (self), 0);

  return self->n_values;
}

/**
 * g_flow_values_get_value:
 * @self: the results of a map
 * @position: of which item, from 0
 *
 * Gets the result for an item.
 *
 * Returns: (transfer none) (nullable): the result, or %NULL if there is none
 *
 * Since: 0.1
 */
const GValue *
g_flow_values_get_value (GFlowValues *self,
                         guint        position)
{
  g_return_val_if_fail (G_IS_FLOW_VALUES (self), NULL);
  g_return_val_if_fail (position < self->n_values, NULL);

  return G_IS_VALUE (&self->values[position]) ? &self->values[position] : NULL;
}
