/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-heap-private.h"

#include <string.h>

void
g_flow_heap_init (GFlowHeap *heap,
                  const int *priorities)
{
  _g_flow_mutex_init (&heap->mutex);
  heap->priorities = priorities;
  heap->usable = TRUE;
}

void
g_flow_heap_clear (GFlowHeap *heap)
{
  if (!heap->usable)
    return;

  g_clear_pointer (&heap->items, g_free);
  g_clear_pointer (&heap->changed, g_free);
  heap->usable = FALSE;
  _g_flow_mutex_clear (&heap->mutex);
}

static int
get_priority (GFlowHeap *heap,
              guint32    value)
{
  if (heap->changed != NULL)
    return heap->changed[value];
  return heap->priorities != NULL ? heap->priorities[value] : 0;
}

static gboolean
is_sooner (GFlowHeap *heap,
           guint32    a,
           guint32    b)
{
  const int priority_a = get_priority (heap, a), priority_b = get_priority (heap, b);

  return priority_a != priority_b ? priority_a < priority_b : a < b;
}

/* Puts @value to the @at items that are there. */
static void
insert (GFlowHeap *heap,
        guint32    at,
        guint32    value)
{
  if (at == heap->n_allocated)
    {
      heap->n_allocated = MAX (16, heap->n_allocated * 2);
      heap->items = g_renew (guint32, heap->items, heap->n_allocated);
    }
  for (guint32 up; at > 0 && is_sooner (heap, value, heap->items[up = (at - 1) / 2]); at = up)
    heap->items[at] = heap->items[up];
  heap->items[at] = value;
}

/* All at once: nobody takes one of them before the others are there. */
void
g_flow_heap_push (GFlowHeap     *heap,
                  const guint32 *values,
                  guint          n_values)
{
  _g_flow_mutex_lock (&heap->mutex);

  /* Relaxed: the mutex orders writers. */
  const guint32 n = atomic_load_explicit (&heap->n_items, memory_order_relaxed);

  for (guint i = 0; i < n_values; i++)
    insert (heap, n + i, values[i]);
  /* Sequentially consistent: comes before asking whether a worker must be told. */
  atomic_store_explicit (&heap->n_items, n + n_values, memory_order_seq_cst);
  _g_flow_mutex_unlock (&heap->mutex);
}

gboolean
g_flow_heap_pop (GFlowHeap *heap,
                 guint32   *value)
{
  if (g_flow_heap_is_empty (heap))
    return FALSE;

  _g_flow_mutex_lock (&heap->mutex);

  guint32 n = atomic_load_explicit (&heap->n_items, memory_order_relaxed);
  const gboolean found = n > 0;

  if (found)
    {
      const guint32 last = heap->items[--n];
      guint32 at = 0;

      *value = heap->items[0];
      for (guint32 down; (down = at * 2 + 1) < n; at = down)
        {
          if (down + 1 < n && is_sooner (heap, heap->items[down + 1], heap->items[down]))
            down++;
          if (!is_sooner (heap, heap->items[down], last))
            break;
          heap->items[at] = heap->items[down];
        }
      if (n > 0)
        heap->items[at] = last;
      atomic_store_explicit (&heap->n_items, n, memory_order_seq_cst);
    }
  _g_flow_mutex_unlock (&heap->mutex);
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
  _g_flow_mutex_lock (&heap->mutex);
  if (heap->changed == NULL)
    {
      heap->changed = g_new0 (int, n_values);
      if (heap->priorities != NULL)
        memcpy (heap->changed, heap->priorities, sizeof (int) * n_values);
    }
  heap->changed[value] = priority;

  /* Rare enough to build the heap anew. */
  const guint32 n = atomic_load_explicit (&heap->n_items, memory_order_relaxed);

  for (guint32 i = 1; i < n; i++)
    insert (heap, i, heap->items[i]);
  _g_flow_mutex_unlock (&heap->mutex);
}

/* Gives all values other priorities, while there is none in the heap. */
void
g_flow_heap_change_all (GFlowHeap *heap,
                        const int *priorities,
                        guint32    n_values)
{
  _g_flow_mutex_lock (&heap->mutex);
  g_free (heap->changed);
  heap->changed = g_new (int, MAX (n_values, 1));
  memcpy (heap->changed, priorities, sizeof (int) * n_values);
  _g_flow_mutex_unlock (&heap->mutex);
}

gboolean
g_flow_heap_is_empty (GFlowHeap *heap)
{
  return atomic_load_explicit (&heap->n_items, memory_order_seq_cst) == 0;
}
