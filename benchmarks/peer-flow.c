/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* bench-flow: libgflow, through its public API. */

#include "bench-harness.h"

#include <gflow.h>

static const BenchSetup *setup;
static unsigned n_heard;     /* signals that handlers have seen */

/* Bodies */

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

/* Who looks on */

static void
heard_cb (void)
{
  n_heard++;
}

/* What a list view does that shows all rows. */
static void
items_changed_cb (GListModel *model,
                  guint       position,
                  guint       n_removed,
                  guint       n_added)
{
  for (guint i = 0; i < n_added; i++)
    g_object_unref (g_list_model_get_item (model, position + i));
  n_heard++;
}

static void
watch (GFlow      *flow,
       GFlowNode **nodes,
       uint32_t    n_nodes)
{
  if (setup->watch == BENCH_WATCH_FLOW)
    g_signal_connect (flow, "done", G_CALLBACK (heard_cb), NULL);
  if (setup->watch == BENCH_WATCH_NODE)
    g_signal_connect (nodes[n_nodes / 2], "done", G_CALLBACK (heard_cb), NULL);

  for (uint32_t i = 0; setup->watch == BENCH_WATCH_NODES && i < n_nodes; i++)
    g_signal_connect (nodes[i], "done", G_CALLBACK (heard_cb), NULL);
}

/* Building */

static GFlowNode *
add_node (GFlow    *flow,
          uint32_t  number)
{
  static const GFlowTaskFunc task_bodies[BENCH_N_MODES] = {
    [BENCH_MODE_TASK] = task_body,
    [BENCH_MODE_IDLE] = idle_body,
    [BENCH_MODE_THREAD] = thread_body,
  };
  GFlowTaskFunc func = task_bodies[setup->mode];
  GFlowNode *node;

  if (func != NULL)
    return g_flow_add_task (flow, NULL, func, GUINT_TO_POINTER (number), NULL, NULL);

  node = g_flow_add (flow, NULL, sync_body, GUINT_TO_POINTER (number), NULL, NULL);
  if (setup->mode == BENCH_MODE_CONTEXT)
    g_flow_node_set_placement (node, G_FLOW_PLACEMENT_CONTEXT);

  return node;
}

static void
add_locks (GFlowNode **nodes,
           uint32_t    n_nodes)
{
  const BenchLocks *kind = setup->locks;
  g_autoptr (GPtrArray) locks = g_ptr_array_new_with_free_func (g_object_unref);

  for (uint32_t i = 0; i < kind->n_locks; i++)
    g_ptr_array_add (locks, g_flow_lock_new_with_permits (kind->n_permits));

  for (uint32_t i = 0; i < n_nodes; i++)
    {
      for (uint32_t n = 0; n < kind->n_per_node; n++)
        g_flow_node_add_lock (nodes[i], g_ptr_array_index (locks, bench_locks_get (kind, i, n)));
    }
}

static void
set_up (const BenchSetup *wanted)
{
  setup = wanted;
}

static void *
build (const BenchGraph *graph)
{
  GFlow *flow = g_flow_new ();
  GFlowNode **nodes = g_new (GFlowNode *, graph->n_nodes);

  g_flow_set_max_threads (flow, (guint) setup->n_threads);
  if (setup->watch == BENCH_WATCH_MODEL)
    g_signal_connect (flow, "items-changed", G_CALLBACK (items_changed_cb), NULL);

  for (uint32_t i = 0; i < graph->n_nodes; i++)
    {
      nodes[i] = add_node (flow, i);
      for (uint32_t k = graph->first_upstream[i]; k < graph->first_upstream[i + 1]; k++)
        g_flow_node_add_upstream (nodes[i], nodes[graph->upstreams[k]]);
    }
  if (setup->locks != NULL)
    add_locks (nodes, graph->n_nodes);
  watch (flow, nodes, graph->n_nodes);
  g_free (nodes);

  return flow;
}

static void
compile (void *built)
{
  if (!g_flow_validate (built, NULL))
    g_error ("the graph was refused");
}

/* Running */

static void
run_sync (GFlow *flow)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GFlowRun) run = g_flow_run_new (flow);

  if (setup->watch == BENCH_WATCH_PROGRESS)
    g_signal_connect (run, "notify::fraction", G_CALLBACK (heard_cb), NULL);
  if (!g_flow_run_execute_sync (run, NULL, &error))
    g_error ("the run failed: %s", error->message);
}

static void
executed_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GFlowRun) run = g_flow_execute_finish (G_FLOW (source), result, &error);
  unsigned *n_left = user_data;

  if (run == NULL)
    g_error ("the run failed: %s", error->message);
  (*n_left)--;
}

static void
run_async (GFlow *flow)
{
  unsigned n_left = setup->n_together;

  for (unsigned i = 0; i < setup->n_together; i++)
    g_flow_execute (flow, NULL, executed_cb, &n_left);
  while (n_left > 0)
    g_main_context_iteration (NULL, TRUE);
}

static void
run (void *built)
{
  if (setup->n_together > 1 || setup->has_timers)
    run_async (built);
  else
    run_sync (built);
}

static void
destroy (void *built)
{
  g_object_unref (built);
}

static void
tear_down (void)
{
  if (setup->watch != BENCH_WATCH_NOBODY && n_heard == 0)
    g_error ("nothing was heard of the runs");
}

int
main (int    argc,
      char **argv)
{
  static const BenchPeer peer = {
    .name = "flow",
    .modes = BENCH_IN (BENCH_MODE_SYNC) | BENCH_IN (BENCH_MODE_CONTEXT) |
             BENCH_IN (BENCH_MODE_TASK) | BENCH_IN (BENCH_MODE_IDLE) | BENCH_IN (BENCH_MODE_THREAD),
    .features = BENCH_HAS_LOCKS | BENCH_HAS_WATCHES | BENCH_HAS_TOGETHER | BENCH_HAS_CONTEXT,
    .set_up = set_up,
    .build = build,
    .compile = compile,
    .run = run,
    .destroy = destroy,
    .tear_down = tear_down,
  };

  return bench_main (argc, argv, &peer);
}
