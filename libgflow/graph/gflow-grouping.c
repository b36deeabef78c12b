/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-grouping-private.h"

#include "gflow-group-private.h"

static GFlowGrouping *
grouping_new (void)
{
  GFlowGrouping *self = g_new (GFlowGrouping, 1);

  self->groups = g_array_new (FALSE, TRUE, sizeof (GFlowGrouped));
  self->of_node = g_array_new (FALSE, TRUE, sizeof (guint32));
  return self;
}

GFlowGrouping *
_g_flow_grouping_copy (GFlowGrouping *self)
{
  if (self == NULL)
    return NULL;

  GFlowGrouping *copy = g_new (GFlowGrouping, 1);

  copy->groups = g_array_copy (self->groups);
  copy->of_node = g_array_copy (self->of_node);
  return copy;
}

void
_g_flow_grouping_free (GFlowGrouping *self)
{
  g_array_unref (self->groups);
  g_array_unref (self->of_node);
  g_free (self);
}

/* Enters the items of @group, in the order in which its nodes were added. */
static void
enter (GFlowGrouping *self,
       GFlowGroup    *group,
       guint32        parent,
       guint         *position)
{
  const GFlowGrouped grouped = { parent, _g_flow_group_is_series (group) };
  GPtrArray *items = _g_flow_group_get_items (group);

  g_array_append_val (self->groups, grouped);

  const guint32 number = self->groups->len;

  for (guint i = 0; i < items->len; i++)
    {
      if (G_IS_FLOW_GROUP (items->pdata[i]))
        enter (self, items->pdata[i], number, position);
      else
        g_array_index (self->of_node, guint32, (*position)++) = number;
    }
}

/* The nodes of @group, @n_nodes of them, stand in the flow from @position on. */
void
_g_flow_grouping_add (GFlowGrouping **self,
                      GFlowGroup     *group,
                      guint           position,
                      guint           n_nodes)
{
  if (*self == NULL)
    *self = grouping_new ();

  g_array_set_size ((*self)->of_node, position + n_nodes);
  enter (*self, group, 0, &position);
}

void
_g_flow_grouping_remove_node (GFlowGrouping *self,
                              guint          position)
{
  if (self != NULL && position < self->of_node->len)
    g_array_remove_index (self->of_node, position);
}
