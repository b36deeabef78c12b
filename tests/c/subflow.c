/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Flows as nodes of flows. */

#include "test-bench.h"

#include <string.h>

static void
test_subflow (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlow) inner = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  TestBench bench;
  GFlowNode *before;
  GFlowNode *sub;
  GFlowNode *twin;
  GFlowNode *after;
  GFlowNode *x;
  GFlowNode *y;

  test_bench_init (&bench);
  x = test_add_sync (&bench, inner, "x", NULL);
  y = test_add_async (&bench, inner, "y", NULL);
  g_flow_node_add_upstream (y, x);
  before = test_add_sync (&bench, flow, "before", NULL);
  sub = g_flow_add_flow (flow, "sub", inner, NULL);
  twin = g_flow_add_flow (flow, "twin", inner, NULL);
  after = test_add_sync (&bench, flow, "after", NULL);
  g_flow_node_add_upstream (sub, before);
  g_flow_node_add_upstream (twin, sub);
  g_flow_node_add_upstream (after, twin);

  run = test_execute_well (flow);
  test_assert_log (&bench.log, "before x y x y after");
  test_assert_node (run, sub, DONE);
  test_assert_node (run, after, DONE);
  g_assert_cmpuint (g_flow_run_get_n_done (run), ==, 4);

  g_clear_object (&run);
  g_clear_object (&flow);
  g_clear_object (&inner);
  test_bench_clear (&bench);
}

static void
test_subflow_fails (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlow) inner = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  TestBench bench;
  TestJob *job;
  GFlowNode *sub;
  GFlowNode *after;

  test_bench_init (&bench);
  test_add_sync (&bench, inner, "x", &job);
  test_job_fail (job, "x broke");
  sub = g_flow_add_flow (flow, "sub", inner, NULL);
  after = test_add_sync (&bench, flow, "after", NULL);
  g_flow_node_add_upstream (after, sub);

  run = g_flow_run_new (flow);
  g_assert_false (test_run_execute (run, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  test_assert_contains (error->message, "x broke");
  test_assert_node (run, sub, FAILED);
  test_assert_node (run, after, SKIPPED);

  g_clear_object (&run);
  g_clear_object (&flow);
  g_clear_object (&inner);
  test_bench_clear (&bench);
}

static void
test_subflow_cancelled (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlow) inner = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  TestBench bench;
  TestResult result;
  TestJob *job;
  GFlowNode *sub;

  test_bench_init (&bench);
  test_result_init (&result);
  test_add_sync (&bench, inner, "x", &job);
  job->forever = TRUE;
  test_add_async (&bench, inner, "y", &job);
  job->forever = TRUE;
  sub = g_flow_add_flow (flow, "sub", inner, NULL);

  run = g_flow_run_new (flow);
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  TEST_WAIT (g_atomic_int_get (&bench.gauge.now) == 2);
  test_assert_node (run, sub, RUNNING);
  g_flow_run_cancel (run);
  TEST_WAIT (result.calls > 0);
  g_assert_cmpint (bench.gauge.now, ==, 0);
  g_assert_false (g_flow_run_execute_finish (run, result.result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_node (run, sub, CANCELLED);

  test_result_clear (&result);
  g_clear_object (&run);
  g_clear_object (&flow);
  g_clear_object (&inner);
  test_bench_clear (&bench);
}

static void
test_subflow_nested (void)
{
  GPtrArray *flows = g_ptr_array_new_with_free_func (g_object_unref);
  int count = 0;
  guint depth = 20;

  g_ptr_array_add (flows, g_flow_new ());
  g_assert_nonnull (g_flow_add (g_ptr_array_index (flows, 0), NULL, test_body_count, &count, NULL,
                                NULL));
  for (guint i = 1; i < depth; i++)
    {
      GFlow *outer = g_flow_new ();

      g_assert_nonnull (g_flow_add_flow (outer, NULL, g_ptr_array_index (flows, i - 1), NULL));
      g_assert_nonnull (g_flow_add (outer, NULL, test_body_count, &count, NULL, NULL));
      g_ptr_array_add (flows, outer);
    }
  g_object_unref (test_execute_well (g_ptr_array_index (flows, depth - 1)));
  g_assert_cmpint (count, ==, (int) depth);
  g_ptr_array_unref (flows);
}

static void
test_subflow_of_itself (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlow) inner = g_flow_new ();
  g_autoptr (GError) error = NULL;
  GFlowNode *sub = g_flow_add_flow (flow, "inner", inner, NULL);
  GFlowNode *back = g_flow_add_flow (inner, "outer", flow, NULL);

  g_assert_nonnull (sub);
  g_assert_nonnull (back);
  g_assert_null (test_execute (flow, NULL, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_RECURSION);
  g_clear_error (&error);
  g_assert_true (g_flow_remove_node (inner, back, &error));
  g_assert_no_error (error);
  g_object_unref (test_execute_well (flow));
}

static void
test_subflow_bad (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlow) inner = g_flow_new ();
  g_autoptr (GError) error = NULL;
  TestBench bench;
  GFlowNode *x;

  /* A bad flow inside is found before anything starts. */
  test_bench_init (&bench);
  x = test_add_sync (&bench, inner, "x", NULL);
  g_flow_node_add_upstream_by_name (x, "nobody");
  test_add_sync (&bench, flow, "a", NULL);
  g_assert_nonnull (g_flow_add_flow (flow, "sub", inner, NULL));
  g_assert_null (test_execute (flow, NULL, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_UNKNOWN_NODE);
  test_assert_contains (error->message, "nobody");
  g_assert_cmpuint (test_log_length (&bench.log), ==, 0);

  g_clear_object (&flow);
  g_clear_object (&inner);
  test_bench_clear (&bench);
}

static gboolean
body_spoil (GFlowNode  *node,
            GFlowRun   *run,
            gpointer    user_data,
            GError    **error)
{
  g_flow_node_add_upstream_by_name (g_flow_lookup (user_data, "x"), "nobody");

  return TRUE;
}

static void
test_subflow_spoiled (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlow) inner = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  TestBench bench;
  GFlowNode *spoil;
  GFlowNode *sub;

  /* It was fine when the run started, but not when its turn came. */
  test_bench_init (&bench);
  test_add_sync (&bench, inner, "x", NULL);
  spoil = g_flow_add (flow, "spoil", body_spoil, inner, NULL, NULL);
  g_flow_node_set_placement (spoil, G_FLOW_PLACEMENT_CONTEXT);
  sub = g_flow_add_flow (flow, "sub", inner, NULL);
  g_flow_node_add_upstream (sub, spoil);
  run = g_flow_run_new (flow);
  g_assert_false (test_run_execute (run, NULL, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_UNKNOWN_NODE);
  test_assert_node (run, sub, FAILED);
  g_assert_cmpuint (test_log_length (&bench.log), ==, 0);

  g_clear_object (&run);
  g_clear_object (&flow);
  g_clear_object (&inner);
  test_bench_clear (&bench);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/subflow/runs", test_subflow);
  g_test_add_func ("/subflow/fails", test_subflow_fails);
  g_test_add_func ("/subflow/cancelled", test_subflow_cancelled);
  g_test_add_func ("/subflow/nested", test_subflow_nested);
  g_test_add_func ("/subflow/of-itself", test_subflow_of_itself);
  g_test_add_func ("/subflow/bad", test_subflow_bad);
  g_test_add_func ("/subflow/spoiled", test_subflow_spoiled);

  return g_test_run ();
}
