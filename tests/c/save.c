/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Runs that are saved, and others that go on where they stood. */

#include "resume-graph.h"
#include "resume-small.h"

static gboolean *
get_done (ResumeGraph *graph,
          GFlowRun    *run)
{
  gboolean *done = g_new0 (gboolean, graph->n_nodes);

  for (guint i = 0; i < graph->n_nodes; i++)
    done[i] = g_flow_run_get_node_state (run, graph->nodes[i].node) == G_FLOW_NODE_STATE_DONE;
  return done;
}

/* Random graphs, of which some nodes fail at first */

static void
fail_some (ResumeGraph *graph,
           GRand       *random)
{
  const double share = g_rand_double_range (random, 0.0, 0.3);

  for (guint i = 0; i < graph->n_nodes; i++)
    graph->nodes[i].fails = g_rand_double (random) < share;
}

static void
assert_went_on (ResumeGraph    *graph,
                GFlowRun       *run,
                const gboolean *done)
{
  g_autofree gboolean *runs = resume_graph_predict (graph, done, FALSE);

  for (guint i = 0; i < graph->n_nodes; i++)
    {
      ResumeNode *node = &graph->nodes[i];
      g_autofree char *reason = g_flow_run_dup_node_reason (run, node->node);

      g_assert_cmpint (node->runs, ==, runs[i] ? 1 : 0);
      g_assert_cmpstr (reason, ==, runs[i] ? NULL : "Done in an earlier run");
      test_assert_node (run, node->node, DONE);
      if (node->n_downstreams == 0)
        resume_node_assert_result (node, run);
    }
}

static void
test_random (void)
{
  const guint64 seed = test_seed ();

  for (guint i = 0; i < (test_is_slow () ? 30 : 300); i++)
    {
      g_autoptr(GRand) random = g_rand_new_with_seed ((guint32) seed + i);
      const guint n_nodes = g_rand_int_range (random, 1, 120);
      const guint max_threads = g_rand_int_range (random, 0, 4);
      const gboolean sync = g_rand_boolean (random);
      g_autoptr(ResumeGraph) first = resume_graph_new (seed + i, n_nodes, 0);
      g_autoptr(ResumeGraph) second = resume_graph_new (seed + i, n_nodes, i % 3);
      g_autoptr(GFlowRun) run = g_flow_run_new (first->flow);
      g_autoptr(GFlowRun) resumed = NULL;
      g_autoptr(GVariant) saved = NULL;
      g_autofree gboolean *done = NULL;

      g_flow_set_max_threads (first->flow, max_threads);
      g_flow_set_max_threads (second->flow, max_threads);
      if (i % 5 == 0)
        g_flow_node_set_priority (second->nodes[0].node, 10);
      if (i % 7 == 0)
        g_flow_set_max_parallel (second->flow, 2);
      fail_some (first, random);
      g_flow_run_set_keep_results (run, TRUE);
      if (sync)
        g_flow_run_execute_sync (run, NULL, NULL);
      else
        test_run_execute (run, NULL, NULL);
      done = get_done (first, run);
      saved = resume_save (run);

      resumed = resume_restore (second->flow, saved);
      resume_execute (resumed, sync);
      assert_went_on (second, resumed, done);
      g_assert_cmpuint (g_flow_run_get_n_done (resumed), ==, n_nodes);
    }
}

/* The same, saved while it runs, when results have been dropped: bodies check that those that
 * they need are there. */

static GVariant *saved_halfway;
static guint save_at;

static void
save_cb (ResumeNode *node,
         GFlowRun   *run)
{
  if (node->place != RESUME_WORKER && node->index >= save_at && saved_halfway == NULL)
    saved_halfway = resume_save (run);
}

static void
test_halfway (void)
{
  const guint64 seed = test_seed ();

  for (guint i = 0; i < (test_is_slow () ? 30 : 300); i++)
    {
      g_autoptr(ResumeGraph) first = resume_graph_new (seed + i, 60, 0);
      g_autoptr(ResumeGraph) second = resume_graph_new (seed + i, 60, i % 3);
      g_autoptr(GFlowRun) run = g_flow_run_new (first->flow);
      g_autoptr(GFlowRun) resumed = NULL;
      g_autoptr(GFlowRun) third = NULL;
      g_autoptr(GVariant) saved = NULL;
      g_autofree gboolean *done = NULL;

      first->ran = save_cb;
      save_at = i % 60;
      resume_execute (run, FALSE);
      if (saved_halfway == NULL)
        continue;

      resumed = resume_restore (second->flow, saved_halfway);
      g_clear_pointer (&saved_halfway, g_variant_unref);
      resume_execute (resumed, i % 2 == 0);
      for (guint k = 0; k < second->n_nodes; k++)
        {
          g_assert_cmpint (second->nodes[k].runs, <=, 1);
          if (second->nodes[k].n_downstreams == 0)
            resume_node_assert_result (&second->nodes[k], resumed);
          second->nodes[k].runs = 0;
        }

      /* And once more, from a run that went on: all is done, but for objects. */
      saved = resume_save (resumed);
      done = get_done (second, resumed);
      third = resume_restore (second->flow, saved);
      resume_execute (third, i % 2 == 0);
      for (guint k = 0; k < second->n_nodes; k++)
        if (second->nodes[k].runs > 0)
          g_assert_true (second->nodes[k].result == RESUME_OBJECT ||
                         second->nodes[k].n_downstreams > 0);
    }
}

static void
test_new_run (void)
{
  Small small;
  g_autoptr(GFlowRun) run = NULL;

  small_init (&small, "a b:a");
  run = g_flow_run_new (small.flow);
  g_assert_null (g_flow_run_save (run));
  g_clear_object (&run);
  small_clear (&small);
}

static void
test_after_failure (void)
{
  Small small;
  g_autoptr(GVariant) saved = NULL;
  g_autoptr(GFlowRun) run = NULL;

  small_init (&small, "a b:a c:a d:b,c");
  saved = small_save (&small, "b");
  run = resume_restore (small.flow, saved);
  resume_execute (run, FALSE);
  test_assert_log (&small.log, "b d");
  g_clear_object (&run);
  small_clear (&small);
}

/* All is done: nothing runs, and the run succeeds. */
static void
test_nothing_left (gconstpointer data)
{
  Small small;
  g_autoptr(GVariant) saved = NULL;
  g_autoptr(GFlowRun) run = NULL;

  small_init (&small, "a b:a c:a d:b,c");
  if (GPOINTER_TO_INT (data))
    for (guint i = 0; i < 4; i++)
      {
        g_autoptr(GFlowNode) node = g_list_model_get_item (G_LIST_MODEL (small.flow), i);

        g_flow_node_set_placement (node, G_FLOW_PLACEMENT_WORKER);
      }
  saved = small_save (&small, NULL);
  for (guint i = 0; i < 10; i++)
    {
      run = resume_restore (small.flow, saved);
      resume_execute (run, i % 2 == 0);
      test_assert_log (&small.log, "");
      g_assert_cmpuint (g_flow_run_get_n_done (run), ==, 4);
      g_assert_cmpfloat (g_flow_run_get_fraction (run), ==, 1.0);
      g_clear_object (&run);
    }
  small_clear (&small);
}

static void
test_empty (void)
{
  Small small = { .flow = g_flow_new () };
  g_autoptr(GVariant) saved = NULL;
  g_autoptr(GFlowRun) run = NULL;

  test_log_init (&small.log);
  saved = small_save (&small, NULL);
  run = resume_restore (small.flow, saved);
  resume_execute (run, FALSE);
  g_clear_object (&run);
  small_clear (&small);
}

/* A handler that was not needed is still not, and what came after it is done. */
static void
test_handler (void)
{
  Small small;
  g_autoptr(GVariant) saved = NULL;
  g_autoptr(GFlowRun) run = NULL;

  small_init (&small, "a handler:a after:a,handler last:after");
  g_flow_node_set_run_when (g_flow_lookup (small.flow, "handler"), G_FLOW_RUN_WHEN_ANY_FAILED);
  saved = small_save (&small, "last");
  run = resume_restore (small.flow, saved);
  resume_execute (run, FALSE);
  test_assert_log (&small.log, "last");
  test_assert_node (run, g_flow_lookup (small.flow, "handler"), SKIPPED);
  g_clear_object (&run);
  small_clear (&small);
}

/* A choice stands. */

static gboolean
body_choose (GFlowNode  *node,
             GFlowRun   *run,
             gpointer    user_data,
             GError    **error)
{
  Small *self = user_data;

  test_log_add (&self->log, "choose");
  g_flow_run_select (run, node, g_flow_lookup (self->flow, "b"));
  return TRUE;
}

static void
test_choice (gconstpointer data)
{
  Small small;
  g_autoptr(GVariant) saved = NULL;
  g_autoptr(GFlowRun) run = NULL;
  GFlowNode *choose;
  g_autofree char *reason = NULL;

  small_init (&small, "b c d:c join:b,d last:join");
  choose = g_flow_add (small.flow, "choose", body_choose, &small, NULL, NULL);
  g_flow_node_set_placement (choose, GPOINTER_TO_INT (data));
  g_flow_node_add_upstream (g_flow_lookup (small.flow, "b"), choose);
  g_flow_node_add_upstream (g_flow_lookup (small.flow, "c"), choose);

  saved = small_save (&small, "last");
  run = resume_restore (small.flow, saved);
  resume_execute (run, FALSE);
  test_assert_log (&small.log, "last");
  test_assert_node (run, g_flow_lookup (small.flow, "c"), SKIPPED);
  test_assert_node (run, g_flow_lookup (small.flow, "d"), SKIPPED);
  g_clear_object (&run);
  g_clear_pointer (&saved, g_variant_unref);

  /* Also where the branches had not been come to. */
  saved = small_save (&small, "b");
  run = resume_restore (small.flow, saved);
  resume_execute (run, FALSE);
  test_assert_log (&small.log, "b join last");
  test_assert_node (run, g_flow_lookup (small.flow, "c"), SKIPPED);
  reason = g_flow_run_dup_node_reason (run, g_flow_lookup (small.flow, "c"));
  test_assert_contains (reason, "choose");
  g_clear_object (&run);
  small_clear (&small);
}

/* What was done because something failed is not done for good. */
static void
test_cleanup (void)
{
  Small small;
  g_autoptr(GVariant) saved = NULL;
  g_autoptr(GFlowRun) run = NULL;

  small_init (&small, "a b:a clean:b handler:b");
  g_flow_node_set_run_when (g_flow_lookup (small.flow, "clean"), G_FLOW_RUN_WHEN_ALL_FINISHED);
  g_flow_node_set_run_when (g_flow_lookup (small.flow, "handler"), G_FLOW_RUN_WHEN_ANY_FAILED);
  saved = small_save (&small, "b");
  run = resume_restore (small.flow, saved);
  resume_execute (run, FALSE);
  test_assert_log (&small.log, "b clean");
  test_assert_node (run, g_flow_lookup (small.flow, "handler"), SKIPPED);
  g_clear_object (&run);
  small_clear (&small);
}

static void
test_ignored_failure (void)
{
  Small small;
  g_autoptr(GVariant) saved = NULL;
  g_autoptr(GFlowRun) run = NULL;

  small_init (&small, "a b:a c:b d");
  g_flow_set_on_error (small.flow, G_FLOW_ON_ERROR_IGNORE);
  saved = small_save (&small, "a");
  run = resume_restore (small.flow, saved);
  resume_execute (run, FALSE);
  test_assert_log (&small.log, "a b c");
  g_clear_object (&run);
  small_clear (&small);
}

/* Signals: of the run and the flow as always, and none of nodes that are done. */

static void
log_run_cb (GFlow    *flow,
            GFlowRun *run,
            Small    *small)
{
  test_log_addf (&small->log, "flow-%u", g_flow_run_get_n_done (run));
}

static void
log_node_cb (GFlowNode *node,
             GFlowRun  *run,
             Small     *small)
{
  test_log_addf (&small->log, "signal-%s", g_flow_node_get_name (node));
}

static void
test_signals (void)
{
  Small small;
  g_autoptr(GVariant) saved = NULL;
  g_autoptr(GFlowRun) run = NULL;

  small_init (&small, "a b:a c:b");
  saved = small_save (&small, "b");
  g_signal_connect (small.flow, "started", G_CALLBACK (log_run_cb), &small);
  g_signal_connect (small.flow, "done", G_CALLBACK (log_run_cb), &small);
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr(GFlowNode) node = g_list_model_get_item (G_LIST_MODEL (small.flow), i);

      g_signal_connect (node, "done", G_CALLBACK (log_node_cb), &small);
    }
  run = resume_restore (small.flow, saved);
  resume_execute (run, FALSE);
  test_assert_log (&small.log, "flow-1 b signal-b c signal-c flow-3");
  g_clear_object (&run);
  small_clear (&small);
}

/* Who has bound a list to the run before it starts sees what is done already; it does not count
 * as work of this run. */

static gboolean
body_look (GFlowNode  *node,
           GFlowRun   *run,
           gpointer    user_data,
           GError    **error)
{
  g_assert_cmpfloat (g_flow_run_get_rate (run), ==, -1.0);
  g_assert_cmpfloat (g_flow_run_get_remaining (run), ==, -1.0);
  g_assert_cmpfloat (g_flow_run_get_fraction (run), ==, 0.75);
  return TRUE;
}

static void
test_watched (void)
{
  Small small;
  g_autoptr(GVariant) saved = NULL;
  g_autoptr(GFlowRun) run = NULL;
  g_autoptr(GFlowStep) step = NULL;
  GFlowNode *node;

  small_init (&small, "a b:a c:b");
  node = g_flow_add (small.flow, "look", body_look, NULL, NULL, NULL);
  g_flow_node_add_upstream_by_name (node, "c");
  g_flow_node_set_run_when (node, G_FLOW_RUN_WHEN_ANY_FAILED);
  saved = small_save (&small, NULL);
  g_flow_node_set_run_when (node, G_FLOW_RUN_WHEN_ALL_SUCCEEDED);

  run = resume_restore (small.flow, saved);
  step = g_list_model_get_item (G_LIST_MODEL (run), 1);
  g_assert_cmpint (g_flow_step_get_state (step), ==, G_FLOW_NODE_STATE_WAITING);
  resume_execute (run, FALSE);
  test_assert_log (&small.log, "");
  g_assert_cmpint (g_flow_step_get_state (step), ==, G_FLOW_NODE_STATE_DONE);
  g_clear_object (&step);
  g_clear_object (&run);
  small_clear (&small);
}

/* A node whose upstreams are partly done waits for the others only, with locks and all. */
static void
test_locks (void)
{
  Small small;
  g_autoptr(GFlowLock) lock = g_flow_lock_new ();
  g_autoptr(GVariant) saved = NULL;
  g_autoptr(GFlowRun) run = NULL;

  small_init (&small, "a b c:a,b d:c");
  for (guint i = 0; i < 4; i++)
    {
      g_autoptr(GFlowNode) node = g_list_model_get_item (G_LIST_MODEL (small.flow), i);

      g_flow_node_add_lock (node, lock);
      g_flow_node_set_placement (node, i % 2 == 0 ? G_FLOW_PLACEMENT_WORKER
                                                  : G_FLOW_PLACEMENT_CONTEXT);
    }
  saved = small_save (&small, "b");
  run = resume_restore (small.flow, saved);
  resume_execute (run, FALSE);
  test_assert_log (&small.log, "b c d");
  g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 0);
  g_clear_object (&run);
  small_clear (&small);
}

/* A run that goes on can be cancelled, and dropped, as any can. */
static void
test_cancelled (void)
{
  Small small;
  g_autoptr(GVariant) saved = NULL;
  g_autoptr(GFlowRun) run = NULL;
  g_autoptr(GError) error = NULL;
  gpointer watch;

  small_init (&small, "a b:a c:b");
  saved = small_save (&small, "b");
  run = resume_restore (small.flow, saved);
  g_flow_run_cancel (run);
  g_assert_false (test_run_execute (run, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_node (run, g_flow_lookup (small.flow, "a"), DONE);
  test_assert_node (run, g_flow_lookup (small.flow, "b"), CANCELLED);
  test_assert_log (&small.log, "");
  g_clear_object (&run);

  run = watch = resume_restore (small.flow, saved);
  g_object_add_weak_pointer (watch, &watch);
  g_flow_run_execute (run, NULL, NULL, NULL);
  g_clear_object (&run);
  TEST_WAIT (watch == NULL);
  /* Never started. */
  run = resume_restore (small.flow, saved);
  g_clear_object (&run);
  small_clear (&small);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/save/random", test_random);
  g_test_add_func ("/save/halfway", test_halfway);
  g_test_add_func ("/save/new-run", test_new_run);
  g_test_add_func ("/save/after-failure", test_after_failure);
  g_test_add_data_func ("/save/nothing-left/context", GINT_TO_POINTER (FALSE), test_nothing_left);
  g_test_add_data_func ("/save/nothing-left/worker", GINT_TO_POINTER (TRUE), test_nothing_left);
  g_test_add_func ("/save/empty", test_empty);
  g_test_add_func ("/save/handler", test_handler);
  g_test_add_data_func ("/save/choice/worker", GINT_TO_POINTER (G_FLOW_PLACEMENT_WORKER),
                        test_choice);
  g_test_add_data_func ("/save/choice/context", GINT_TO_POINTER (G_FLOW_PLACEMENT_CONTEXT),
                        test_choice);
  g_test_add_func ("/save/cleanup", test_cleanup);
  g_test_add_func ("/save/ignored-failure", test_ignored_failure);
  g_test_add_func ("/save/signals", test_signals);
  g_test_add_func ("/save/watched", test_watched);
  g_test_add_func ("/save/locks", test_locks);
  g_test_add_func ("/save/cancelled", test_cancelled);

  return g_test_run ();
}
