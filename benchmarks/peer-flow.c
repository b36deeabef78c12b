/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* bench-flow: libgflow, through its public API. */

#include "bench-harness.h"

#include <gflow.h>

static int max_threads;
static BenchMode bench_mode;

static gboolean
sync_body (GFlowNode  *node,
           GFlowRun   *run,
           gpointer    user_data,
           GError    **error)
{
  bench_body (GPOINTER_TO_UINT (user_data));

  return TRUE;
}

static void
task_body (GFlowNode  *node,
           GFlowRun   *run,
           GTask      *task,
           gpointer    user_data,
           GError    **error)
{
  bench_body (GPOINTER_TO_UINT (user_data));
  g_task_return_boolean (task, TRUE);
}

static gboolean
idle_cb (gpointer user_data)
{
  g_task_return_boolean (user_data, TRUE);

  return G_SOURCE_REMOVE;
}

static void
idle_body (GFlowNode  *node,
           GFlowRun   *run,
           GTask      *task,
           gpointer    user_data,
           GError    **error)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  bench_body (GPOINTER_TO_UINT (user_data));
  g_source_set_callback (source, idle_cb, g_object_ref (task), g_object_unref);
  g_source_attach (source, g_task_get_context (task));
}

static void
complete (void *task)
{
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

static void
thread_body (GFlowNode  *node,
             GFlowRun   *run,
             GTask      *task,
             gpointer    user_data,
             GError    **error)
{
  bench_body (GPOINTER_TO_UINT (user_data));
  bench_completer_push (complete, g_object_ref (task));
}

static void
set_up (int       n_threads,
        BenchMode mode)
{
  max_threads = n_threads;
  bench_mode = mode;
}

static GFlowNode *
add_node (GFlow    *flow,
          uint32_t  number)
{
  static const GFlowTaskFunc task_bodies[BENCH_N_MODES] = {
    [BENCH_MODE_TASK] = task_body,
    [BENCH_MODE_IDLE] = idle_body,
    [BENCH_MODE_THREAD] = thread_body,
  };
  GFlowTaskFunc func = task_bodies[bench_mode];
  GFlowNode *node;

  if (func != NULL)
    return g_flow_add_task (flow, NULL, func, GUINT_TO_POINTER (number), NULL, NULL);

  node = g_flow_add (flow, NULL, sync_body, GUINT_TO_POINTER (number), NULL, NULL);
  if (bench_mode == BENCH_MODE_CONTEXT)
    g_flow_node_set_placement (node, G_FLOW_PLACEMENT_CONTEXT);

  return node;
}

static void *
build (const BenchGraph *graph)
{
  GFlow *flow = g_flow_new ();
  GFlowNode **nodes = g_new (GFlowNode *, graph->n_nodes);

  g_flow_set_max_threads (flow, (guint) max_threads);
  for (uint32_t i = 0; i < graph->n_nodes; i++)
    {
      nodes[i] = add_node (flow, i);
      for (uint32_t k = graph->first_upstream[i]; k < graph->first_upstream[i + 1]; k++)
        g_flow_node_add_upstream (nodes[i], nodes[graph->upstreams[k]]);
    }
  g_free (nodes);

  return flow;
}

static void
compile (void *built)
{
  if (!g_flow_validate (built, NULL))
    g_error ("the graph was refused");
}

static void
run (void *built)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GFlowRun) done = g_flow_execute_sync (built, NULL, &error);

  if (done == NULL)
    g_error ("the run failed: %s", error->message);
}

static void
destroy (void *built)
{
  g_object_unref (built);
}

int
main (int    argc,
      char **argv)
{
  static const BenchPeer peer = {
    .name = "flow",
    .modes = BENCH_IN (BENCH_MODE_SYNC) | BENCH_IN (BENCH_MODE_CONTEXT) |
             BENCH_IN (BENCH_MODE_TASK) | BENCH_IN (BENCH_MODE_IDLE) | BENCH_IN (BENCH_MODE_THREAD),
    .set_up = set_up,
    .build = build,
    .compile = compile,
    .run = run,
    .destroy = destroy,
  };

  return bench_main (argc, argv, &peer);
}
