/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-node-list-private.h"

#define MIN_ALLOCATED 16

GFlowNodeList *
_g_flow_node_list_new (void)
{
  GFlowNodeList *list = g_new0 (GFlowNodeList, 1);

  atomic_init (&list->ref_count, 1);
  return list;
}

/* One that nobody else has. */
GFlowNodeList *
_g_flow_node_list_copy (GFlowNodeList *list)
{
  GFlowNodeList *copy = _g_flow_node_list_new ();

  copy->n = copy->n_allocated = list->n;
  copy->items = g_memdup2 (list->items, sizeof (GFlowPlanNode) * list->n);
  for (guint i = 0; i < copy->n; i++)
    g_object_ref (copy->items[i].node);
  return copy;
}

GFlowNodeList *
_g_flow_node_list_ref (GFlowNodeList *list)
{
  /* Relaxed: whoever has one reference may make another. */
  atomic_fetch_add_explicit (&list->ref_count, 1, memory_order_relaxed);
  return list;
}

static void
free_list (gpointer data)
{
  GFlowNodeList *list = data;

  for (guint i = 0; i < list->n; i++)
    g_object_unref (list->items[i].node);
  g_free (list->items);
  g_free (list);
}

/* The nodes are let go at @home; with NULL, here. */
void
_g_flow_node_list_unref (GFlowNodeList   *list,
                         const GFlowHome *home)
{
  /* Acquire and release: the last one comes after what all others have done. */
  if (atomic_fetch_sub_explicit (&list->ref_count, 1, memory_order_acq_rel) != 1)
    return;

  if (home != NULL)
    _g_flow_home_release (home, list, free_list);
  else
    free_list (list);
}

/* Takes @node. */
void
_g_flow_node_list_add (GFlowNodeList *list,
                       GFlowNode     *node,
                       GCallback      body,
                       gpointer       user_data)
{
  if (list->n == list->n_allocated)
    {
      g_assert (list->n <= G_MAXUINT / 2);
      list->n_allocated = MAX (list->n * 2, MIN_ALLOCATED);
      list->items = g_renew (GFlowPlanNode, list->items, list->n_allocated);
    }
  list->items[list->n++] = (GFlowPlanNode) { body, user_data, node };
}

/* The node is the caller's from then on. */
void
_g_flow_node_list_remove (GFlowNodeList *list,
                          guint          index)
{
  GFlowPlanNode *item = &list->items[index];

  list->n--;
  memmove (item, item + 1, sizeof (GFlowPlanNode) * (list->n - index));
}
