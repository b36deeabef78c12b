/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* bench-dex: libdex. Every node is a future, which follows those of its upstreams.
 * Futures serve once: they are made before each run, outside of what is
 * measured. Functions are not pushed to its thread pool, because the release
 * that can do with GLib 2.74 loses some of them (1.0.0, a fan of 200). */

#include "bench-harness.h"

#include <libdex.h>

typedef struct _Graph Graph;

typedef struct
{
  Graph      *graph;
  DexFuture  *future;        /* (owned) (nullable) */
  uint32_t    number;
} Node;

struct _Graph
{
  const BenchGraph *shape;
  Node             *nodes;
  DexPromise       *start;   /* (owned) (nullable) */
  uint32_t          n_left;  /* leaves that have not ended */
};

static BenchMode mode;

static void
complete (void *promise)
{
  dex_promise_resolve_boolean (promise, TRUE);
  dex_unref (promise);
}

static gboolean
idle_cb (gpointer user_data)
{
  complete (user_data);

  return G_SOURCE_REMOVE;
}

static DexFuture *
node_cb (DexFuture *upstreams,
         gpointer   user_data)
{
  Node *node = user_data;
  DexPromise *promise;

  bench_body (node->number);

  if (mode == BENCH_MODE_TASK)
    return dex_future_new_true ();

  promise = dex_promise_new ();
  if (mode == BENCH_MODE_THREAD)
    {
      bench_completer_push (complete, dex_ref (promise));
    }
  else
    {
      g_autoptr (GSource) source = g_idle_source_new ();

      g_source_set_callback (source, idle_cb, dex_ref (promise), NULL);
      g_source_attach (source, NULL);
    }

  return DEX_FUTURE (promise);
}

static DexFuture *
ended_cb (DexFuture *future,
          gpointer   user_data)
{
  Graph *self = user_data;

  self->n_left--;

  return dex_ref (future);
}

static DexFuture *
all_upstreams (Graph    *self,
               uint32_t  node)
{
  uint32_t n = bench_graph_n_upstreams (self->shape, node);
  const uint32_t *upstreams = &self->shape->upstreams[self->shape->first_upstream[node]];
  g_autofree DexFuture **futures = NULL;

  if (n == 0)
    return dex_ref (DEX_FUTURE (self->start));
  if (n == 1)
    return dex_ref (self->nodes[upstreams[0]].future);

  futures = g_new (DexFuture *, n);
  for (uint32_t i = 0; i < n; i++)
    futures[i] = self->nodes[upstreams[i]].future;

  return dex_future_allv (futures, n);
}

/* Drops the futures of the last run. */
static void
drop_futures (Graph *self)
{
  for (uint32_t i = self->shape->n_nodes; i-- > 0;)
    dex_clear (&self->nodes[i].future);
  dex_clear (&self->start);
}

static void
prepare (void *built)
{
  Graph *self = built;

  drop_futures (self);
  self->start = dex_promise_new ();
  for (uint32_t i = 0; i < self->shape->n_nodes; i++)
    {
      Node *node = &self->nodes[i];

      node->future = dex_future_then (all_upstreams (self, i), node_cb, node, NULL);
    }

  /* Only the leaves need be waited for. */
  self->n_left = 0;
  for (uint32_t i = 0; i < self->shape->n_nodes; i++)
    {
      if (self->shape->first_downstream[i] != self->shape->first_downstream[i + 1])
        continue;
      self->n_left++;
      dex_future_disown (dex_future_then (dex_ref (self->nodes[i].future), ended_cb, self, NULL));
    }
}

static void
run (void *built)
{
  Graph *self = built;

  dex_promise_resolve_boolean (self->start, TRUE);
  while (self->n_left > 0)
    g_main_context_iteration (NULL, TRUE);
}

static void
set_up (const BenchSetup *setup)
{
  mode = setup->mode;
  dex_init ();
}

static void *
build (const BenchGraph *shape)
{
  Graph *self = g_new0 (Graph, 1);

  self->shape = shape;
  self->nodes = g_new (Node, shape->n_nodes);
  for (uint32_t i = 0; i < shape->n_nodes; i++)
    self->nodes[i] = (Node) { self, NULL, i };

  return self;
}

static void
destroy (void *built)
{
  Graph *self = built;

  drop_futures (self);
  g_free (self->nodes);
  g_free (self);
}

int
main (int    argc,
      char **argv)
{
  static const BenchPeer peer = {
    .name = "dex",
    .modes = BENCH_IN (BENCH_MODE_TASK) | BENCH_IN (BENCH_MODE_IDLE) | BENCH_IN (BENCH_MODE_THREAD),
    .features = BENCH_HAS_CONTEXT,
    .set_up = set_up,
    .build = build,
    .prepare = prepare,
    .run = run,
    .destroy = destroy,
  };

  return bench_main (argc, argv, &peer);
}
