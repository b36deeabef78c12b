/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* bench-gtask: what one writes by hand with GIO. Every node is a GTask in a main
 * context; its callback starts what became ready. */

#include "bench-harness.h"

#include <gio/gio.h>

typedef struct _Tasks Tasks;
typedef struct _Node Node;

struct _Node
{
  Tasks      *tasks;
  uint32_t    number;
  uint32_t    waits_for;
};

struct _Tasks
{
  const BenchGraph *graph;
  Node             *nodes;
  uint32_t          n_left;
};

static GMainContext *main_context;
static BenchMode bench_mode;

static void start_node (Node *node);

static void
node_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  Node *node = user_data;
  Tasks *self = node->tasks;
  const BenchGraph *graph = self->graph;
  uint32_t first = graph->first_downstream[node->number];
  uint32_t end = graph->first_downstream[node->number + 1];

  g_task_propagate_boolean (G_TASK (result), NULL);

  node->waits_for = bench_graph_n_upstreams (graph, node->number);
  for (uint32_t i = first; i < end; i++)
    {
      Node *next = &self->nodes[graph->downstreams[i]];

      if (--next->waits_for == 0)
        start_node (next);
    }

  self->n_left--;
}

static void
complete (void *task)
{
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

static gboolean
idle_cb (gpointer user_data)
{
  complete (user_data);

  return G_SOURCE_REMOVE;
}

static void
start_node (Node *node)
{
  GTask *task = g_task_new (NULL, NULL, node_cb, node);

  bench_body (node->number);

  if (bench_mode == BENCH_MODE_IDLE)
    {
      g_autoptr (GSource) source = g_idle_source_new ();

      g_source_set_callback (source, idle_cb, task, NULL);
      g_source_attach (source, main_context);
    }
  else if (bench_mode == BENCH_MODE_THREAD)
    {
      bench_completer_push (complete, task);
    }
  else
    {
      complete (task);
    }
}

static void
set_up (const BenchSetup *setup)
{
  main_context = g_main_context_new ();
  g_main_context_push_thread_default (main_context);
  bench_mode = setup->mode;
}

static void *
build (const BenchGraph *graph)
{
  Tasks *self = g_new0 (Tasks, 1);

  self->graph = graph;
  self->nodes = g_new (Node, graph->n_nodes);
  for (uint32_t i = 0; i < graph->n_nodes; i++)
    self->nodes[i] = (Node) { self, i, bench_graph_n_upstreams (graph, i) };

  return self;
}

static void
run (void *built)
{
  Tasks *self = built;

  self->n_left = self->graph->n_nodes;
  for (uint32_t i = 0; i < self->graph->n_nodes; i++)
    {
      if (bench_graph_n_upstreams (self->graph, i) == 0)
        start_node (&self->nodes[i]);
    }

  while (self->n_left > 0)
    g_main_context_iteration (main_context, TRUE);
}

static void
destroy (void *built)
{
  Tasks *self = built;

  g_free (self->nodes);
  g_free (self);
}

static void
tear_down (void)
{
  g_main_context_pop_thread_default (main_context);
  g_main_context_unref (main_context);
}

int
main (int    argc,
      char **argv)
{
  static const BenchPeer peer = {
    .name = "gtask",
    .modes = BENCH_IN (BENCH_MODE_TASK) | BENCH_IN (BENCH_MODE_IDLE) | BENCH_IN (BENCH_MODE_THREAD),
    .features = BENCH_HAS_CONTEXT,
    .set_up = set_up,
    .build = build,
    .run = run,
    .destroy = destroy,
    .tear_down = tear_down,
  };

  return bench_main (argc, argv, &peer);
}
