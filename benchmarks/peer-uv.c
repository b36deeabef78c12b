/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* bench-uv: what one writes by hand with libuv. Every node is queued to its
 * thread pool; what follows is counted in the loop. */

#include "bench-harness.h"

#include <glib.h>
#include <uv.h>

typedef struct _Loop Loop;

typedef struct
{
  uv_work_t   request;
  Loop       *loop;
  uint32_t    number;
  uint32_t    waits_for;
} Node;

struct _Loop
{
  const BenchGraph *graph;
  Node             *nodes;
};

static void
work_cb (uv_work_t *request)
{
  Node *node = request->data;

  bench_body (node->number);
}

static void
after_work_cb (uv_work_t *request,
               int        status)
{
  Node *node = request->data;
  const BenchGraph *graph = node->loop->graph;
  uint32_t first = graph->first_downstream[node->number];
  uint32_t end = graph->first_downstream[node->number + 1];

  node->waits_for = bench_graph_n_upstreams (graph, node->number);
  for (uint32_t i = first; i < end; i++)
    {
      Node *next = &node->loop->nodes[graph->downstreams[i]];

      if (--next->waits_for == 0)
        uv_queue_work (request->loop, &next->request, work_cb, after_work_cb);
    }
}

static void
set_up (const BenchSetup *setup)
{
  g_autofree char *value = g_strdup_printf ("%d", setup->n_threads);

  g_setenv ("UV_THREADPOOL_SIZE", value, TRUE);
}

static void *
build (const BenchGraph *graph)
{
  Loop *self = g_new0 (Loop, 1);

  self->graph = graph;
  self->nodes = g_new0 (Node, graph->n_nodes);
  for (uint32_t i = 0; i < graph->n_nodes; i++)
    {
      Node *node = &self->nodes[i];

      node->request.data = node;
      node->loop = self;
      node->number = i;
      node->waits_for = bench_graph_n_upstreams (graph, i);
    }

  return self;
}

static void
run (void *built)
{
  Loop *self = built;
  uv_loop_t *loop = uv_default_loop ();

  for (uint32_t i = 0; i < self->graph->n_nodes; i++)
    {
      if (bench_graph_n_upstreams (self->graph, i) == 0)
        uv_queue_work (loop, &self->nodes[i].request, work_cb, after_work_cb);
    }

  uv_run (loop, UV_RUN_DEFAULT);
}

static void
destroy (void *built)
{
  Loop *self = built;

  g_free (self->nodes);
  g_free (self);
}

int
main (int    argc,
      char **argv)
{
  static const BenchPeer peer = {
    .name = "uv",
    .modes = BENCH_IN (BENCH_MODE_SYNC),
    .set_up = set_up,
    .build = build,
    .run = run,
    .destroy = destroy,
  };

  return bench_main (argc, argv, &peer);
}
