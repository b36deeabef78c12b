/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* bench-gthreadpool: what one writes by hand with GLib. Every node that becomes
 * ready is pushed to a GThreadPool. Its threads block on semaphores. */

#include "bench-harness.h"

#include <glib.h>

typedef struct
{
  uint32_t    number;
  int         waits_for;     /* atomic */
  int         n_upstreams;
  GPtrArray  *downstreams;   /* (nullable) */
} Node;

/* Of one lock. */
typedef struct
{
  GMutex      mutex;
  GCond       cond;
  uint32_t    n_permits;     /* guarded by mutex */
} Semaphore;

typedef struct
{
  Node       *nodes;
  uint32_t    n_nodes;
  int         n_left;        /* atomic */
  GMutex      mutex;
  GCond       cond;
  gboolean    done;          /* guarded by mutex */
} Pooled;

static GThreadPool *pool;
static Pooled *current;
static const BenchLocks *locks;
static Semaphore *semaphores;

static void
acquire (Semaphore *self)
{
  g_mutex_lock (&self->mutex);
  while (self->n_permits == 0)
    g_cond_wait (&self->cond, &self->mutex);
  self->n_permits--;
  g_mutex_unlock (&self->mutex);
}

static void
release (Semaphore *self)
{
  g_mutex_lock (&self->mutex);
  self->n_permits++;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->mutex);
}

/* In the same order in all nodes, so that no two wait for each other. */
static void
run_locked (uint32_t node)
{
  bool needed[64] = { false };

  g_assert (locks->n_locks <= G_N_ELEMENTS (needed));
  for (uint32_t n = 0; n < locks->n_per_node; n++)
    needed[bench_locks_get (locks, node, n)] = true;

  for (uint32_t i = 0; i < locks->n_locks; i++)
    {
      if (needed[i])
        acquire (&semaphores[i]);
    }

  bench_body (node);

  for (uint32_t i = 0; i < locks->n_locks; i++)
    {
      if (needed[i])
        release (&semaphores[i]);
    }
}

static void
run_node (gpointer data,
          gpointer user_data)
{
  Node *node = data;
  Pooled *self = current;

  if (locks != NULL)
    run_locked (node->number);
  else
    bench_body (node->number);

  g_atomic_int_set (&node->waits_for, node->n_upstreams);
  for (guint i = 0; node->downstreams != NULL && i < node->downstreams->len; i++)
    {
      Node *next = g_ptr_array_index (node->downstreams, i);

      if (g_atomic_int_dec_and_test (&next->waits_for))
        g_thread_pool_push (pool, next, NULL);
    }

  if (g_atomic_int_dec_and_test (&self->n_left))
    {
      g_mutex_lock (&self->mutex);
      self->done = TRUE;
      g_cond_signal (&self->cond);
      g_mutex_unlock (&self->mutex);
    }
}

static void
set_up (const BenchSetup *setup)
{
  pool = g_thread_pool_new (run_node, NULL, setup->n_threads, TRUE, NULL);

  locks = setup->locks;
  semaphores = g_new0 (Semaphore, locks != NULL ? locks->n_locks : 0);
  for (uint32_t i = 0; locks != NULL && i < locks->n_locks; i++)
    {
      g_mutex_init (&semaphores[i].mutex);
      g_cond_init (&semaphores[i].cond);
      semaphores[i].n_permits = locks->n_permits;
    }
}

static void *
build (const BenchGraph *graph)
{
  Pooled *self = g_new0 (Pooled, 1);

  g_mutex_init (&self->mutex);
  g_cond_init (&self->cond);
  self->n_nodes = graph->n_nodes;
  self->nodes = g_new0 (Node, graph->n_nodes);

  for (uint32_t i = 0; i < graph->n_nodes; i++)
    {
      Node *node = &self->nodes[i];

      node->number = i;
      node->n_upstreams = (int) bench_graph_n_upstreams (graph, i);
      node->waits_for = node->n_upstreams;
      for (uint32_t k = graph->first_downstream[i]; k < graph->first_downstream[i + 1]; k++)
        {
          if (node->downstreams == NULL)
            node->downstreams = g_ptr_array_new ();
          g_ptr_array_add (node->downstreams, &self->nodes[graph->downstreams[k]]);
        }
    }

  return self;
}

static void
run (void *built)
{
  Pooled *self = built;

  current = self;
  self->done = FALSE;
  g_atomic_int_set (&self->n_left, (int) self->n_nodes);

  for (uint32_t i = 0; i < self->n_nodes; i++)
    {
      if (self->nodes[i].n_upstreams == 0)
        g_thread_pool_push (pool, &self->nodes[i], NULL);
    }

  g_mutex_lock (&self->mutex);
  while (!self->done)
    g_cond_wait (&self->cond, &self->mutex);
  g_mutex_unlock (&self->mutex);
}

static void
destroy (void *built)
{
  Pooled *self = built;

  for (uint32_t i = 0; i < self->n_nodes; i++)
    g_clear_pointer (&self->nodes[i].downstreams, g_ptr_array_unref);
  g_free (self->nodes);
  g_mutex_clear (&self->mutex);
  g_cond_clear (&self->cond);
  g_free (self);
}

static void
tear_down (void)
{
  g_thread_pool_free (pool, FALSE, TRUE);

  for (uint32_t i = 0; locks != NULL && i < locks->n_locks; i++)
    {
      g_mutex_clear (&semaphores[i].mutex);
      g_cond_clear (&semaphores[i].cond);
    }
  g_free (semaphores);
}

int
main (int    argc,
      char **argv)
{
  static const BenchPeer peer = {
    .name = "gthreadpool",
    .modes = BENCH_IN (BENCH_MODE_SYNC),
    .features = BENCH_HAS_LOCKS,
    .set_up = set_up,
    .build = build,
    .run = run,
    .destroy = destroy,
    .tear_down = tear_down,
  };

  return bench_main (argc, argv, &peer);
}
