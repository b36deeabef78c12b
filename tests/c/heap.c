/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The heap of ready nodes: in order of priority, then of adding, for many threads. */

#include "plain-tap.h"

#include "run/gflow-heap-private.h"

static void
test_order (guint64 seed)
{
  for (guint round = 0; round < tap_rounds (300); round++)
    {
      guint n = 1 + tap_random (&seed) % 200;
      int *priorities = calloc (n, sizeof *priorities);
      gboolean *inside = calloc (n, sizeof *inside);
      GFlowHeap heap = { 0 };
      guint given = 0;
      guint taken = 0;
      guint32 value;

      for (guint i = 0; i < n; i++)
        priorities[i] = (int) (tap_random (&seed) % 7) - 3;
      g_flow_heap_init (&heap, priorities);
      CHECK (g_flow_heap_is_empty (&heap));
      while (taken < n)
        {
          if (given < n && tap_random (&seed) % 2 == 0)
            {
              inside[given] = TRUE;
              g_flow_heap_push (&heap, &given, 1);
              given++;
              CHECK (!g_flow_heap_is_empty (&heap));
            }
          else if (g_flow_heap_pop (&heap, &value))
            {
              CHECK (value < n && inside[value]);
              inside[value] = FALSE;
              taken++;
              for (guint i = 0; i < given; i++)
                CHECK (!inside[i] || priorities[value] < priorities[i] ||
                       (priorities[value] == priorities[i] && value < i));
            }
          else
            {
              CHECK (given == taken);
            }
        }
      CHECK (!g_flow_heap_pop (&heap, &value));
      g_flow_heap_clear (&heap);
      free (priorities);
      free (inside);
    }
}

#define N_THREADS 4

typedef struct
{
  GFlowHeap        heap;
  guint            n;
  guint           *payload;
  _Atomic guint32 *taken;
  _Atomic guint    n_taken;
  _Atomic guint    next_thread;
} Crowd;

static void *
member (void *data)
{
  Crowd *self = data;
  guint own = atomic_fetch_add (&self->next_thread, 1);
  guint next = own;
  guint32 value;

  while (atomic_load (&self->n_taken) < self->n)
    {
      for (guint i = 0; i < 5 && next < self->n; i++, next += N_THREADS)
        {
          self->payload[next] = next + 9;
          g_flow_heap_push (&self->heap, &next, 1);
        }
      for (guint i = 0; i < 6 && g_flow_heap_pop (&self->heap, &value); i++)
        {
          CHECK (self->payload[value] == value + 9);
          CHECK (atomic_fetch_add (&self->taken[value], 1) == 0);
          atomic_fetch_add (&self->n_taken, 1);
        }
      sched_yield ();
    }

  return NULL;
}

static void
test_crowd (guint64 seed)
{
  Crowd crowd = { .n = tap_rounds (200000) };
  int *priorities = calloc (crowd.n, sizeof *priorities);
  pthread_t threads[N_THREADS];

  for (guint i = 0; i < crowd.n; i++)
    priorities[i] = (int) (tap_random (&seed) % 100);
  crowd.payload = calloc (crowd.n, sizeof *crowd.payload);
  crowd.taken = calloc (crowd.n, sizeof *crowd.taken);
  g_flow_heap_init (&crowd.heap, priorities);
  for (guint i = 0; i < N_THREADS; i++)
    tap_spawn (&threads[i], member, &crowd);
  for (guint i = 0; i < N_THREADS; i++)
    tap_join (threads[i]);
  CHECK (atomic_load (&crowd.n_taken) == crowd.n);
  CHECK (g_flow_heap_is_empty (&crowd.heap));
  g_flow_heap_clear (&crowd.heap);
  free (crowd.payload);
  free (crowd.taken);
  free (priorities);
}

int
main (int    argc,
      char **argv)
{
  guint64 seed;

  tap_begin (2);
  seed = tap_seed ();
  test_order (seed);
  tap_ok ("heap/order");
  test_crowd (seed);
  tap_ok ("heap/crowd");

  return 0;
}
