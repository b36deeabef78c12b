/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* bench-seq: what cannot be beaten by one thread. A walk over flat arrays, with
 * a stack of what is ready and no atomics. */

#include "bench-harness.h"

#include <glib.h>

typedef struct
{
  const BenchGraph *graph;
  uint32_t         *waits_for; /* of each node: how many upstreams have not run */
  uint32_t         *ready;     /* a stack */
} Walk;

static void
set_up (const BenchSetup *setup)
{
}

static void *
build (const BenchGraph *graph)
{
  Walk *self = g_new0 (Walk, 1);

  self->graph = graph;
  self->waits_for = g_new (uint32_t, graph->n_nodes);
  self->ready = g_new (uint32_t, graph->n_nodes);
  for (uint32_t i = 0; i < graph->n_nodes; i++)
    self->waits_for[i] = bench_graph_n_upstreams (graph, i);

  return self;
}

static void
run (void *built)
{
  Walk *self = built;
  const BenchGraph *graph = self->graph;
  uint32_t n_ready = 0;

  for (uint32_t i = graph->n_nodes; i-- > 0;)
    {
      if (self->waits_for[i] == 0)
        self->ready[n_ready++] = i;
    }

  while (n_ready > 0)
    {
      uint32_t node = self->ready[--n_ready];

      bench_body (node);
      self->waits_for[node] = bench_graph_n_upstreams (graph, node);
      for (uint32_t i = graph->first_downstream[node]; i < graph->first_downstream[node + 1]; i++)
        {
          uint32_t next = graph->downstreams[i];

          if (--self->waits_for[next] == 0)
            self->ready[n_ready++] = next;
        }
    }
}

static void
destroy (void *built)
{
  Walk *self = built;

  g_free (self->waits_for);
  g_free (self->ready);
  g_free (self);
}

int
main (int    argc,
      char **argv)
{
  static const BenchPeer peer = {
    .name = "seq",
    .modes = BENCH_IN (BENCH_MODE_SYNC) | BENCH_IN (BENCH_MODE_CONTEXT),
    .set_up = set_up,
    .build = build,
    .run = run,
    .destroy = destroy,
  };

  return bench_main (argc, argv, &peer);
}
