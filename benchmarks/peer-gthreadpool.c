/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* bench-gthreadpool: what one writes by hand with GLib. Every node that becomes
 * ready is pushed to a GThreadPool. */

#include "bench-harness.h"

#include <glib.h>

typedef struct
{
  uint32_t    number;
  int         waits_for;     /* atomic */
  int         n_upstreams;
  GPtrArray  *downstreams;   /* (nullable) */
} Node;

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

static void
run_node (gpointer data,
          gpointer user_data)
{
  Node *node = data;
  Pooled *self = current;

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
set_up (int       n_threads,
        BenchMode mode)
{
  pool = g_thread_pool_new (run_node, NULL, n_threads, TRUE, NULL);
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
}

int
main (int    argc,
      char **argv)
{
  static const BenchPeer peer = {
    .name = "gthreadpool",
    .modes = BENCH_IN (BENCH_MODE_SYNC),
    .set_up = set_up,
    .build = build,
    .run = run,
    .destroy = destroy,
    .tear_down = tear_down,
  };

  return bench_main (argc, argv, &peer);
}
