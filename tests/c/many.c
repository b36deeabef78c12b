/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What is done for many nodes at once, and must not take far longer for each of them. */

#include "test-bench.h"

#include <time.h>

static gboolean
body_fail (GFlowNode  *node,
           GFlowRun   *run,
           gpointer    user_data,
           GError    **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "as expected");

  return FALSE;
}

/* The time that the processors have worked for the process: not that of others. */
static gint64
cpu_time (void)
{
  struct timespec now;

  g_assert_cmpint (clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &now), ==, 0);

  return now.tv_sec * (gint64) G_USEC_PER_SEC + now.tv_nsec / 1000;
}

/* Far more than linear, far less than quadratic. */
static gint64
cpu_limit (void)
{
  return test_time_limit () / 30;
}

static void
test_cancel_node_of_many (void)
{
  const guint n = 100000;
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree GFlowNode **nodes = g_new (GFlowNode *, n);
  TestResult result;
  TestBench bench;
  TestGate gate;
  TestJob *job;
  GFlowNode *first;
  gint64 begin;

  g_test_summary ("Cancelling nodes one by one takes no longer because there are more of them");
  test_bench_init (&bench);
  test_gate_init (&gate);
  test_result_init (&result);
  first = test_add_sync (&bench, flow, "first", &job);
  job->gate = &gate;
  for (guint i = 0; i < n; i++)
    {
      nodes[i] = test_add_nothing (flow, NULL);
      g_flow_node_add_upstream (nodes[i], first);
    }

  run = g_flow_run_new (flow);
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  /* It has asked for its cancellable, as the bodies of the bench do. */
  TEST_WAIT (test_gate_waiting (&gate) == 1);
  begin = cpu_time ();
  for (guint i = 0; i < n; i++)
    g_flow_run_cancel_node (run, nodes[i]);
  g_assert_cmpint (cpu_time () - begin, <, cpu_limit ());

  test_gate_open (&gate);
  TEST_WAIT (result.calls > 0);
  g_assert_false (g_flow_run_execute_finish (run, result.result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_run (run, CANCELLED);
  test_assert_node (run, first, DONE);
  for (guint i = 0; i < n; i += 999)
    test_assert_node (run, nodes[i], CANCELLED);

  test_result_clear (&result);
  g_clear_object (&run);
  g_clear_object (&flow);
  test_gate_clear (&gate);
  test_bench_clear (&bench);
}

static gboolean
body_result (GFlowNode  *node,
             GFlowRun   *run,
             gpointer    user_data,
             GError    **error)
{
  g_flow_run_set_result_variant (run, node, g_variant_new_int32 (1));

  return TRUE;
}

static void
remove_node_cb (GFlow     *flow,
                GFlowRun  *run,
                GFlowNode *node)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (g_flow_remove_node (flow, node, &error));
  g_assert_no_error (error);
}

static void
test_results_after_edit (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  GFlowNode *first;
  gint64 begin;

  g_test_summary ("An edit while the run goes on does not make its nodes hard to find");
  first = test_add_nothing (flow, NULL);
  g_flow_set_max_threads (flow, 1);
  for (guint i = 0; i < 100000; i++)
    test_add (flow, NULL, body_result, NULL);
  g_signal_connect (flow, "started", G_CALLBACK (remove_node_cb), first);

  begin = cpu_time ();
  run = g_flow_execute_sync (flow, NULL, NULL);
  test_assert_run (run, DONE);
  g_assert_cmpint (cpu_time () - begin, <, cpu_limit ());
}

/* A node that comes from elsewhere, between the nodes of a funnel */

typedef struct
{
  GFlowLock *lock;   /* (unowned): held by the test */
  guint      n_run;
  guint      waited; /* nodes that ran between the release and the node with the lock */
} Visit;

static gpointer
release_thread (gpointer user_data)
{
  g_flow_lock_release (user_data);

  return NULL;
}

static gboolean
body_release_at_1000 (GFlowNode  *node,
                      GFlowRun   *run,
                      gpointer    user_data,
                      GError    **error)
{
  Visit *visit = user_data;

  if (++visit->n_run == 1000)
    g_thread_join (test_thread_new ("release", release_thread, visit->lock));

  return TRUE;
}

static gboolean
body_visit (GFlowNode  *node,
            GFlowRun   *run,
            gpointer    user_data,
            GError    **error)
{
  Visit *visit = user_data;

  visit->waited = visit->n_run - 1000;

  return TRUE;
}

static void
test_funnel_lets_others_in (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GFlowLock) lock = g_flow_lock_new ();
  Visit visit = { .lock = lock, .waited = G_MAXUINT };
  GFlowNode *last;

  g_test_summary ("A node that gets its lock from another thread does not wait until thousands "
                  "of nodes have run that have the same downstream");
  g_flow_set_max_threads (flow, 1);
  g_assert_true (g_flow_lock_try_acquire (lock));
  g_flow_node_add_lock (test_add (flow, NULL, body_visit, &visit), lock);
  last = test_add (flow, NULL, NULL, NULL);
  for (guint i = 0; i < 10000; i++)
    g_flow_node_add_upstream (last, test_add (flow, NULL, body_release_at_1000, &visit));

  run = g_flow_execute_sync (flow, NULL, NULL);
  test_assert_run (run, DONE);
  g_assert_cmpuint (visit.n_run, ==, 10000);
  g_assert_cmpuint (visit.waited, <=, 128);
}

/* A failure at the begin of it all; @shape says what hangs on it. */
static void
test_many_are_skipped (gconstpointer data)
{
  const guint n = 100000;
  const char *shape = data;
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = g_flow_run_new (flow);
  g_autoptr (GError) error = NULL;
  gboolean is_chain = !g_str_equal (shape, "fan");
  GFlowNode *first = test_add (flow, NULL, body_fail, NULL);
  GFlowNode *last = first;

  g_test_summary ("Skipping neither nests nor takes the longer the more nodes there are");
  for (guint i = 0; i < n; i++)
    {
      GFlowNode *node = test_add_nothing (flow, NULL);

      if (g_str_equal (shape, "context-chain"))
        g_flow_node_set_placement (node, G_FLOW_PLACEMENT_CONTEXT);
      g_flow_node_add_upstream (node, is_chain ? last : first);
      last = node;
    }
  if (!is_chain)
    g_flow_set_max_parallel (flow, 1);

  g_assert_false (g_flow_run_execute_sync (run, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  test_assert_node (run, first, FAILED);
  test_assert_node (run, last, SKIPPED);
  g_assert_cmpuint (g_flow_run_get_n_total (run), ==, n + 1);
}

static void
test_handler_of_many_failures (void)
{
  const guint n = 100000;
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = g_flow_run_new (flow);
  g_autoptr (GError) error = NULL;
  GFlowNode *handler = test_add_nothing (flow, NULL);

  g_test_summary ("Half of many upstreams fail: one handler runs, once");
  g_flow_node_set_run_when (handler, G_FLOW_RUN_WHEN_ANY_FAILED);
  for (guint i = 0; i < n; i++)
    g_flow_node_add_upstream (handler, test_add (flow, NULL,
                                                 i % 2 ? body_fail : test_body_nothing, NULL));

  g_assert_false (g_flow_run_execute_sync (run, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  test_assert_node (run, handler, DONE);
  g_assert_cmpuint (g_list_model_get_n_items (g_flow_run_get_errors (run)), ==, n / 2);
}

static void
test_more_threads_than_there_are (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();

  g_test_summary ("Many nodes for very many threads");
  g_flow_set_max_threads (flow, 1024);
  for (guint i = 0; i < 100000; i++)
    test_add_nothing (flow, NULL);
  g_object_unref (test_execute_well (flow));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/many/cancel-node", test_cancel_node_of_many);
  g_test_add_func ("/many/funnel-lets-others-in", test_funnel_lets_others_in);
  g_test_add_func ("/many/results-after-edit", test_results_after_edit);
  g_test_add_data_func ("/many/skipped-chain", "chain", test_many_are_skipped);
  g_test_add_data_func ("/many/skipped-context-chain", "context-chain",
                        test_many_are_skipped);
  g_test_add_data_func ("/many/skipped-fan", "fan", test_many_are_skipped);
  g_test_add_func ("/many/failures", test_handler_of_many_failures);
  g_test_add_func ("/many/threads", test_more_threads_than_there_are);

  return g_test_run ();
}
