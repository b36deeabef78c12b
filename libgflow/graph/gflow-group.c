/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-group-private.h"

#include "gflow-error.h"
#include "gflow-lock.h"
#include "gflow-node-private.h"

#include <glib/gi18n-lib.h>

/**
 * GFlowGroup:
 *
 * Nodes in series or in parallel.
 *
 * A series runs its items one after the other: the ends of each are upstreams
 * of the starts of the next. A parallel gives all its items the same upstreams,
 * and ends with the ends of all. Items are nodes and groups. An empty group
 * changes nothing: in a series it is as if it were not there.
 *
 * ```c
 * g_autoptr(GFlowGroup) both = g_flow_parallel (work_1, work_2, NULL);
 * g_autoptr(GFlowGroup) all = g_flow_series (setup, both, shutdown, NULL);
 *
 * g_flow_add_group (flow, all, &error);
 * ```
 *
 * ## Thread safety
 *
 * A group belongs to the thread of its nodes.
 *
 * Since: 0.1
 */

/* Deeper than people write, and far from the end of a stack. */
#define MAX_DEPTH 1000

struct _GFlowGroup
{
  GObject     parent_instance;

  gboolean    series;
  GPtrArray  *items;  /* (owned) of GFlowNode and GFlowGroup */
  GFlowLock  *lock;   /* (owned) (nullable) */
};

G_DEFINE_FINAL_TYPE (GFlowGroup, g_flow_group, G_TYPE_OBJECT)

static void
g_flow_group_finalize (GObject *object)
{
  GFlowGroup *self = G_FLOW_GROUP (object);

  g_ptr_array_unref (self->items);
  g_clear_object (&self->lock);

  G_OBJECT_CLASS (g_flow_group_parent_class)->finalize (object);
}

static void
g_flow_group_class_init (GFlowGroupClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = g_flow_group_finalize;
}

static void
g_flow_group_init (GFlowGroup *self)
{
  self->items = g_ptr_array_new_with_free_func (g_object_unref);
}

/**
 * g_flow_group_new_series:
 *
 * Makes a group whose items run one after the other.
 *
 * Returns: (transfer full): a new, empty group
 *
 * Since: 0.1
 */
GFlowGroup *
g_flow_group_new_series (void)
{
  GFlowGroup *self = g_object_new (G_TYPE_FLOW_GROUP, NULL);

  self->series = TRUE;
  return self;
}

/**
 * g_flow_group_new_parallel:
 *
 * Makes a group whose items do not wait for each other.
 *
 * Returns: (transfer full): a new, empty group
 *
 * Since: 0.1
 */
GFlowGroup *
g_flow_group_new_parallel (void)
{
  return g_object_new (G_TYPE_FLOW_GROUP, NULL);
}

/**
 * g_flow_group_append_node:
 * @self: a group
 * @node: a node that is in no flow
 *
 * Appends a node.
 *
 * Since: 0.1
 */
void
g_flow_group_append_node (GFlowGroup *self,
                          GFlowNode  *node)
{
  g_return_if_fail (G_IS_FLOW_GROUP (self));
  g_return_if_fail (G_IS_FLOW_NODE (node));

  g_ptr_array_add (self->items, g_object_ref (node));
}

static gboolean
contains (GFlowGroup *self,
          GFlowGroup *group,
          guint       depth)
{
  if (self == group)
    return TRUE;

  for (guint i = 0; i < self->items->len && depth < MAX_DEPTH; i++)
    if (G_IS_FLOW_GROUP (self->items->pdata[i]) &&
        contains (self->items->pdata[i], group, depth + 1))
      return TRUE;
  return FALSE;
}

/**
 * g_flow_group_append_group:
 * @self: a group
 * @group: another group, which must not contain this one
 *
 * Appends a group.
 *
 * Since: 0.1
 */
void
g_flow_group_append_group (GFlowGroup *self,
                           GFlowGroup *group)
{
  g_return_if_fail (G_IS_FLOW_GROUP (self));
  g_return_if_fail (G_IS_FLOW_GROUP (group));
  g_return_if_fail (!contains (group, self, 0));

  g_ptr_array_add (self->items, g_object_ref (group));
}

/**
 * g_flow_group_set_lock:
 * @self: a group
 * @lock: (nullable): a lock
 *
 * Sets a lock that every node inside of the group takes, besides its own: also
 * those in groups inside of it, and those that are appended later. They are
 * given it when the group is added to a flow.
 *
 * Since: 0.1
 */
void
g_flow_group_set_lock (GFlowGroup *self,
                       GFlowLock  *lock)
{
  g_return_if_fail (G_IS_FLOW_GROUP (self));
  g_return_if_fail (lock == NULL || G_IS_FLOW_LOCK (lock));

  g_set_object (&self->lock, lock);
}

static gboolean
collect_nodes (GFlowGroup  *self,
               guint        depth,
               GPtrArray   *nodes,
               GError     **error)
{
  if (depth > MAX_DEPTH)
    {
      g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_RECURSION,
                   _("Groups nest deeper than %d"), MAX_DEPTH);
      return FALSE;
    }

  for (guint i = 0; i < self->items->len; i++)
    {
      gpointer item = self->items->pdata[i];

      if (G_IS_FLOW_NODE (item))
        g_ptr_array_add (nodes, g_object_ref (item));
      else if (!collect_nodes (item, depth + 1, nodes, error))
        return FALSE;
    }
  return TRUE;
}

static int
compare_pointers (gconstpointer a,
                  gconstpointer b)
{
  const gpointer p = *(gpointer *) a, q = *(gpointer *) b;

  return p < q ? -1 : p > q;
}

/* All nodes of the group, in order; an error if one is in it twice. */
GPtrArray *
_g_flow_group_dup_nodes (GFlowGroup  *self,
                         GError     **error)
{
  g_autoptr(GPtrArray) nodes = g_ptr_array_new_with_free_func (g_object_unref);

  if (!collect_nodes (self, 0, nodes, error))
    return NULL;

  g_autoptr(GPtrArray) sorted = g_ptr_array_copy (nodes, (GCopyFunc) g_object_ref, NULL);

  g_ptr_array_sort (sorted, compare_pointers);
  for (guint i = 1; i < sorted->len; i++)
    if (sorted->pdata[i] == sorted->pdata[i - 1])
      {
        const char *name = g_flow_node_get_name (sorted->pdata[i]);

        g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_EXISTS,
                     _("The node “%s” is in the group twice"), name != NULL ? name : "");
        return NULL;
      }
  return g_steal_pointer (&nodes);
}

gboolean
_g_flow_group_is_series (GFlowGroup *self)
{
  return self->series;
}

GPtrArray *
_g_flow_group_get_items (GFlowGroup *self)
{
  return self->items;
}

/* Makes the nodes of @item wait for @before, and replaces the content of @ends
 * by the ends of @item. */
static void
link_item (gpointer    item,
           GPtrArray  *before,
           GPtrArray  *ends)
{
  if (G_IS_FLOW_NODE (item))
    {
      for (guint i = 0; i < before->len; i++)
        g_flow_node_add_upstream (item, before->pdata[i]);
      g_ptr_array_set_size (ends, 0);
      g_ptr_array_add (ends, item);
      return;
    }

  GFlowGroup *group = item;
  g_autoptr(GPtrArray) start = g_ptr_array_copy (before, NULL, NULL);
  g_autoptr(GPtrArray) item_ends = g_ptr_array_new ();
  gboolean any = FALSE;

  g_ptr_array_set_size (ends, 0);
  for (guint i = 0; i < group->items->len; i++)
    {
      link_item (group->items->pdata[i], start, item_ends);
      if (group->series)
        {
          g_ptr_array_set_size (start, 0);
          g_ptr_array_extend (start, item_ends, NULL, NULL);
        }
      else
        {
          g_ptr_array_extend (ends, item_ends, NULL, NULL);
        }
      any = TRUE;
    }
  if (group->series || !any)
    g_ptr_array_extend (ends, start, NULL, NULL);
}

/* @locks are those of the groups that @self is in. */
static void
lock_items (GFlowGroup *self,
            GPtrArray  *locks)
{
  if (self->lock != NULL)
    g_ptr_array_add (locks, self->lock);

  for (guint i = 0; i < self->items->len; i++)
    {
      gpointer item = self->items->pdata[i];

      if (G_IS_FLOW_GROUP (item))
        lock_items (item, locks);
      else
        for (guint k = 0; k < locks->len; k++)
          g_flow_node_add_lock (item, locks->pdata[k]);
    }
  if (self->lock != NULL)
    g_ptr_array_set_size (locks, locks->len - 1);
}

/* Has the nodes of the group, which are in a flow now, wait for each other and
 * take the locks of their groups. */
void
_g_flow_group_link (GFlowGroup *self)
{
  g_autoptr(GPtrArray) nothing = g_ptr_array_new ();
  g_autoptr(GPtrArray) ends = g_ptr_array_new ();
  g_autoptr(GPtrArray) locks = g_ptr_array_new ();

  link_item (self, nothing, ends);
  lock_items (self, locks);
}

/* C sugar */

static void
append_items (GFlowGroup *self,
              gpointer    first_item,
              va_list     args)
{
  for (gpointer item = first_item; item != NULL; item = va_arg (args, gpointer))
    {
      if (G_IS_FLOW_NODE (item))
        g_flow_group_append_node (self, item);
      else
        g_flow_group_append_group (self, item);
    }
}

/**
 * g_flow_series: (skip)
 * @first_item: (nullable): a node or a group
 * @...: more of them, then %NULL
 *
 * Makes a series of nodes and groups: C sugar. The items are not consumed.
 *
 * Returns: (transfer full): a new group
 *
 * Since: 0.1
 */
GFlowGroup *
g_flow_series (gpointer first_item,
               ...)
{
  GFlowGroup *self = g_flow_group_new_series ();
  va_list args;

  va_start (args, first_item);
  append_items (self, first_item, args);
  va_end (args);
  return self;
}

/**
 * g_flow_parallel: (skip)
 * @first_item: (nullable): a node or a group
 * @...: more of them, then %NULL
 *
 * Makes a parallel of nodes and groups: C sugar. The items are not consumed.
 *
 * Returns: (transfer full): a new group
 *
 * Since: 0.1
 */
GFlowGroup *
g_flow_parallel (gpointer first_item,
                 ...)
{
  GFlowGroup *self = g_flow_group_new_parallel ();
  va_list args;

  va_start (args, first_item);
  append_items (self, first_item, args);
  va_end (args);
  return self;
}
