/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-heap-private.h"

#include "graph/gflow-mutex-private.h"

#include <string.h>

struct _GFlowHeapContent
{
  GFlowMutex  mutex;
  const int  *priorities; /* (unowned) (nullable): all are 0 */
  int        *changed;    /* (owned) (nullable): in place of these */
  guint32    *items;
  guint32     n_allocated;
};

void
g_flow_heap_init (GFlowHeap *heap,
                  const int *priorities)
{
  heap->content = g_new0 (GFlowHeapContent, 1);
  _g_flow_mutex_init (&heap->content->mutex);
  heap->content->priorities = priorities;
}

void
g_flow_heap_clear (GFlowHeap *heap)
{
  GFlowHeapContent *content = g_steal_pointer (&heap->content);

  if (content == NULL)
    return;

  g_free (content->items);
  g_free (content->changed);
  _g_flow_mutex_clear (&content->mutex);
  g_free (content);
}

static int
get_priority (const GFlowHeapContent *content,
              guint32                 value)
{
  if (content->changed != NULL)
    return content->changed[value];
  return content->priorities != NULL ? content->priorities[value] : 0;
}

static gboolean
is_sooner (const GFlowHeapContent *content,
           guint32                 a,
           guint32                 b)
{
  const int priority_a = get_priority (content, a), priority_b = get_priority (content, b);

  return priority_a != priority_b ? priority_a < priority_b : a < b;
}

/* Puts @value to the @at items that are there. */
static void
insert (GFlowHeapContent *content,
        guint32           at,
        guint32           value)
{
  if (at == content->n_allocated)
    {
      content->n_allocated = MAX (16, content->n_allocated * 2);
      content->items = g_renew (guint32, content->items, content->n_allocated);
    }
  for (guint32 up; at > 0 && is_sooner (content, value, content->items[up = (at - 1) / 2]); at = up)
    content->items[at] = content->items[up];
  content->items[at] = value;
}

/* All at once: nobody takes one of them before the others are there. */
void
g_flow_heap_push (GFlowHeap     *heap,
                  const guint32 *values,
                  guint          n_values)
{
  GFlowHeapContent *content = heap->content;

  _g_flow_mutex_lock (&content->mutex);

  /* Relaxed: the mutex orders writers. */
  const guint32 n = atomic_load_explicit (&heap->n_items, memory_order_relaxed);

  for (guint i = 0; i < n_values; i++)
    insert (content, n + i, values[i]);
  /* Sequentially consistent: comes before asking whether a worker must be told. */
  atomic_store_explicit (&heap->n_items, n + n_values, memory_order_seq_cst);
  _g_flow_mutex_unlock (&content->mutex);
}

gboolean
g_flow_heap_pop (GFlowHeap *heap,
                 guint32   *value)
{
  if (g_flow_heap_is_empty (heap))
    return FALSE;

  GFlowHeapContent *content = heap->content;

  _g_flow_mutex_lock (&content->mutex);

  guint32 n = atomic_load_explicit (&heap->n_items, memory_order_relaxed);
  const gboolean found = n > 0;

  if (found)
    {
      const guint32 last = content->items[--n];
      guint32 at = 0;

      *value = content->items[0];
      for (guint32 down; (down = at * 2 + 1) < n; at = down)
        {
          if (down + 1 < n && is_sooner (content, content->items[down + 1], content->items[down]))
            down++;
          if (!is_sooner (content, content->items[down], last))
            break;
          content->items[at] = content->items[down];
        }
      if (n > 0)
        content->items[at] = last;
      atomic_store_explicit (&heap->n_items, n, memory_order_seq_cst);
    }
  _g_flow_mutex_unlock (&content->mutex);
  return found;
}

/* Gives one of the values, which are less than @n_values, another priority, whether it
 * is in the heap or may come. */
void
g_flow_heap_change (GFlowHeap *heap,
                    guint32    n_values,
                    guint32    value,
                    int        priority)
{
  GFlowHeapContent *content = heap->content;

  _g_flow_mutex_lock (&content->mutex);
  if (content->changed == NULL)
    {
      content->changed = g_new0 (int, n_values);
      if (content->priorities != NULL)
        memcpy (content->changed, content->priorities, sizeof (int) * n_values);
    }
  content->changed[value] = priority;

  /* Rare enough to build the heap anew. */
  const guint32 n = atomic_load_explicit (&heap->n_items, memory_order_relaxed);

  for (guint32 i = 1; i < n; i++)
    insert (content, i, content->items[i]);
  _g_flow_mutex_unlock (&content->mutex);
}

/* Gives all values other priorities, while there is none in the heap. */
void
g_flow_heap_change_all (GFlowHeap *heap,
                        const int *priorities,
                        guint32    n_values)
{
  GFlowHeapContent *content = heap->content;

  _g_flow_mutex_lock (&content->mutex);
  g_free (content->changed);
  content->changed = g_new (int, MAX (n_values, 1));
  memcpy (content->changed, priorities, sizeof (int) * n_values);
  _g_flow_mutex_unlock (&content->mutex);
}

gboolean
g_flow_heap_is_empty (GFlowHeap *heap)
{
  return atomic_load_explicit (&heap->n_items, memory_order_seq_cst) == 0;
}
