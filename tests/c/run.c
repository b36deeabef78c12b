/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* GFlowRun: set-up, execution, states and order. */

#include "test-bench.h"

#include <string.h>

static void
count_notify_cb (GObject    *object,
                 GParamSpec *pspec,
                 guint      *n_notified)
{
  *n_notified += 1;
}

static GVariant *
some_parameters (void)
{
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "hello", "s", "world");
  g_variant_dict_insert (&dict, "number", "i", 42);

  return g_variant_dict_end (&dict);
}

static void
test_set_up (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GFlow) found = NULL;
  g_autoptr (GVariant) parameters = NULL;
  g_autoptr (GError) error = NULL;
  GFlowRunState state;
  GFlowOnError on_error;
  gboolean keep_results;
  gint64 deadline = g_get_monotonic_time () + G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC;
  gint64 found_deadline;
  double fraction;
  guint n_notified = 0;

  g_flow_set_on_error (flow, G_FLOW_ON_ERROR_STOP);
  g_assert_nonnull (g_flow_add (flow, "a", test_body_nothing, NULL, NULL, NULL));
  run = g_flow_run_new (flow);
  g_assert_true (g_flow_run_get_flow (run) == flow);
  test_assert_run (run, NEW);
  test_assert_node (run, g_flow_lookup (flow, "a"), WAITING);
  g_assert_null (g_flow_run_get_error (run));
  g_assert_cmpint (g_flow_run_get_on_error (run), ==, G_FLOW_ON_ERROR_STOP);
  g_assert_cmpint (g_flow_run_get_deadline (run), ==, 0);
  g_assert_false (g_flow_run_get_keep_results (run));
  g_assert_cmpfloat (g_flow_run_get_fraction (run), ==, 0.0);
  g_assert_cmpuint (g_flow_run_get_n_done (run), ==, 0);
  g_assert_cmpuint (g_list_model_get_n_items (g_flow_run_get_errors (run)), ==, 0);
  g_assert_true (g_list_model_get_item_type (g_flow_run_get_errors (run)) == G_TYPE_FLOW_STEP);

  g_signal_connect (run, "notify", G_CALLBACK (count_notify_cb), &n_notified);
  for (guint i = 0; i < 2; i++)
    {
      g_flow_run_set_on_error (run, G_FLOW_ON_ERROR_IGNORE);
      g_flow_run_set_deadline (run, deadline);
      g_flow_run_set_keep_results (run, TRUE);
      g_assert_cmpuint (n_notified, ==, 3);
    }
  g_flow_run_set_parameters (run, some_parameters ());
  g_assert_cmpuint (n_notified, ==, 4);

  g_object_get (run,
                "flow", &found,
                "state", &state,
                "on-error", &on_error,
                "deadline", &found_deadline,
                "keep-results", &keep_results,
                "parameters", &parameters,
                "fraction", &fraction,
                NULL);
  g_assert_true (found == flow);
  g_assert_cmpint (state, ==, G_FLOW_RUN_STATE_NEW);
  g_assert_cmpint (on_error, ==, G_FLOW_ON_ERROR_IGNORE);
  g_assert_cmpint (found_deadline, ==, deadline);
  g_assert_true (keep_results);
  g_assert_true (g_variant_is_of_type (parameters, G_VARIANT_TYPE_VARDICT));
  g_assert_true (parameters == g_flow_run_get_parameters (run));
  g_assert_cmpfloat (fraction, ==, 0.0);

  g_assert_true (test_run_execute (run, NULL, &error));
  g_assert_no_error (error);
  test_assert_run (run, DONE);
  g_assert_cmpint (g_flow_get_on_error (flow), ==, G_FLOW_ON_ERROR_STOP);
}

static void
test_getters (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GVariant) parameters = g_variant_ref_sink (some_parameters ());
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) found_error = NULL;
  g_autoptr (GCancellable) cancellable = NULL;
  TestBench bench;
  TestJob *job;
  guint n_done;
  guint n_total;
  double fraction;

  test_bench_init (&bench);
  test_add_sync (&bench, flow, "a", &job);
  test_job_fail (job, "It broke");
  run = g_object_new (G_TYPE_FLOW_RUN,
                      "flow", flow,
                      "parameters", parameters,
                      "deadline", g_get_monotonic_time () + test_time_limit (),
                      NULL);
  g_assert_cmpuint (g_flow_run_get_n_total (run), ==, 1);
  g_assert_false (test_run_execute (run, NULL, &error));
  g_object_get (run,
                "error", &found_error,
                "cancellable", &cancellable,
                "n-done", &n_done,
                "n-total", &n_total,
                "fraction", &fraction,
                NULL);
  g_assert_error (found_error, error->domain, error->code);
  g_assert_true (cancellable == g_flow_run_get_cancellable (run));
  g_assert_false (g_cancellable_is_cancelled (cancellable));
  g_assert_cmpuint (n_done, ==, 1);
  g_assert_cmpuint (n_total, ==, 1);
  g_assert_cmpfloat (fraction, ==, 1.0);

  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_construct (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = g_object_new (G_TYPE_FLOW_RUN,
                                           "flow", flow,
                                           "keep-results", TRUE,
                                           "on-error", G_FLOW_ON_ERROR_IGNORE,
                                           NULL);

  g_assert_true (g_flow_run_get_flow (run) == flow);
  g_assert_true (g_flow_run_get_keep_results (run));
  g_assert_cmpint (g_flow_run_get_on_error (run), ==, G_FLOW_ON_ERROR_IGNORE);
  g_assert_true (test_run_execute (run, NULL, NULL));
}

/* What the run is told itself counts, in whichever order, and else what its flow says. */
static void
test_construct_in_any_order (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlow) other = g_flow_new ();
  g_autoptr (GFlowHistory) history = g_flow_history_new ();

  g_flow_set_on_error (flow, G_FLOW_ON_ERROR_STOP);
  g_flow_set_history (flow, history);

  g_autoptr (GFlowRun) told = g_object_new (G_TYPE_FLOW_RUN,
                                            "on-error", G_FLOW_ON_ERROR_IGNORE,
                                            "history", NULL,
                                            "flow", flow,
                                            NULL);
  g_autoptr (GFlowRun) untold = g_object_new (G_TYPE_FLOW_RUN, "flow", flow, NULL);

  g_assert_cmpint (g_flow_run_get_on_error (told), ==, G_FLOW_ON_ERROR_IGNORE);
  g_assert_null (g_flow_run_get_history (told));
  g_assert_cmpint (g_flow_run_get_on_error (untold), ==, G_FLOW_ON_ERROR_STOP);
  g_assert_true (g_flow_run_get_history (untold) == history);

  /* Who is bound to it is told, too. */
  g_autoptr (GFlowRun) late = g_object_new (G_TYPE_FLOW_RUN, NULL);
  g_autoptr (GFlowRun) bound = g_object_new (G_TYPE_FLOW_RUN, NULL);

  g_object_bind_property (late, "flow", bound, "flow", G_BINDING_DEFAULT);
  g_object_set (late, "flow", flow, NULL);
  g_assert_true (g_flow_run_get_flow (bound) == flow);

  /* A run is of one flow. */
  g_object_set (untold, "flow", flow, NULL);
  g_test_expect_message ("GFlow", G_LOG_LEVEL_CRITICAL, "*self->flow == NULL*");
  g_object_set (untold, "flow", other, NULL);
  g_test_assert_expected_messages ();
  g_assert_true (g_flow_run_get_flow (untold) == flow);
}

static void
check_parameters (GFlowRun *run)
{
  GVariant *parameters = g_flow_run_get_parameters (run);
  const char *hello = NULL;
  int number = 0;

  g_assert_nonnull (parameters);
  g_assert_true (g_variant_lookup (parameters, "hello", "&s", &hello));
  g_assert_cmpstr (hello, ==, "world");
  g_assert_true (g_variant_lookup (parameters, "number", "i", &number));
  g_assert_cmpint (number, ==, 42);
}

static gboolean
body_parameters (GFlowNode  *node,
                 GFlowRun   *run,
                 gpointer    user_data,
                 GError    **error)
{
  check_parameters (run);
  g_atomic_int_inc ((int *) user_data);

  return TRUE;
}

static void
task_parameters (GFlowNode  *node,
                 GFlowRun   *run,
                 GTask      *task,
                 gpointer    user_data,
                 GError    **error)
{
  check_parameters (run);
  g_atomic_int_inc ((int *) user_data);
  g_task_return_boolean (task, TRUE);
}

static void
ignore_cb (void)
{
}

/* Bindings make objects as they are asked to. Such a run cannot be executed; but it may be
 * looked at, and all the rest has no effect. */
static void
test_no_flow (void)
{
  g_autoptr (GFlowRun) run = g_object_new (G_TYPE_FLOW_RUN, NULL);
  g_autoptr (GFlowNode) node = g_flow_node_new ("node", test_body_nothing, NULL, NULL);
  g_autofree char *status = NULL;

  g_signal_connect (run, "notify", G_CALLBACK (ignore_cb), NULL);
  g_flow_run_pause (run);
  g_flow_run_resume (run);
  g_flow_run_cancel_node (run, node);
  g_flow_run_set_node_priority (run, node, 1);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (run)), ==, 0);
  g_assert_cmpuint (g_list_model_get_n_items (g_flow_run_get_errors (run)), ==, 0);
  g_assert_false (g_flow_run_retry_node (run, node, NULL));
  status = g_flow_run_dup_status (run);
  g_assert_nonnull (status);
  g_cancellable_cancel (g_flow_run_get_cancellable (run));
  g_flow_run_cancel (run);
  g_assert_null (g_flow_run_save (run));
  test_assert_run (run, NEW);
  g_assert_finalize_object (g_steal_pointer (&run));
}

static void
test_parameters (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GFlowRun) without = NULL;
  g_autoptr (GError) error = NULL;
  int count = 0;

  g_assert_nonnull (g_flow_add (flow, "sync", body_parameters, &count, NULL, NULL));
  g_assert_nonnull (g_flow_add_task (flow, "async", task_parameters, &count, NULL, NULL));
  run = g_flow_run_new (flow);
  g_flow_run_set_parameters (run, some_parameters ());
  g_assert_true (test_run_execute (run, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (count, ==, 2);

  without = g_flow_run_new (flow);
  g_flow_run_set_parameters (without, some_parameters ());
  g_flow_run_set_parameters (without, NULL);
  g_assert_cmpuint (g_variant_n_children (g_flow_run_get_parameters (without)), ==, 0);
}

static void
test_states (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autofree char *reason = NULL;
  TestBench bench;
  TestGate gate;
  TestResult result;
  TestJob *job;
  GFlowNode *first;
  GFlowNode *running;
  GFlowNode *ready;
  GFlowNode *waiting;

  test_bench_init (&bench);
  test_gate_init (&gate);
  test_result_init (&result);
  g_flow_set_max_threads (flow, 1);
  first = test_add_sync (&bench, flow, "first", NULL);
  running = test_add_sync (&bench, flow, "running", &job);
  ready = test_add_sync (&bench, flow, "ready", NULL);
  waiting = test_add_sync (&bench, flow, "waiting", NULL);
  job->gate = &gate;
  g_flow_node_add_upstream (waiting, running);

  run = g_flow_run_new (flow);
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  test_assert_run (run, RUNNING);
  TEST_WAIT (test_gate_waiting (&gate) == 1);
  test_assert_run (run, RUNNING);
  test_assert_node (run, first, DONE);
  test_assert_node (run, running, RUNNING);
  test_assert_node (run, ready, READY);
  test_assert_node (run, waiting, WAITING);
  g_assert_cmpuint (g_flow_run_get_n_total (run), ==, 4);
  g_assert_null (g_flow_run_get_node_error (run, running));
  reason = g_flow_run_dup_node_reason (run, waiting);
  test_assert_contains (reason, "running");
  test_gate_open (&gate);
  TEST_WAIT (result.calls > 0);
  g_assert_true (g_flow_run_execute_finish (run, result.result, NULL));
  test_assert_node (run, waiting, DONE);
  g_assert_cmpuint (g_flow_run_get_n_done (run), ==, 4);
  g_assert_null (g_flow_run_dup_node_reason (run, waiting));

  test_result_clear (&result);
  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
  test_gate_clear (&gate);
}

static void
test_execute_twice (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  TestBench bench;
  TestResult first;
  TestResult second;
  TestJob *job;

  test_bench_init (&bench);
  test_result_init (&first);
  test_result_init (&second);
  test_add_async (&bench, flow, "a", &job);
  job->msec = 5;

  run = g_flow_run_new (flow);
  g_flow_run_execute (run, NULL, test_result_cb, &first);
  g_flow_run_execute (run, NULL, test_result_cb, &second);
  TEST_WAIT (first.calls > 0 && second.calls > 0);
  g_assert_false (g_flow_run_execute_finish (run, second.result, &error));
  g_assert_nonnull (error);
  g_clear_error (&error);
  g_assert_true (g_flow_run_execute_finish (run, first.result, &error));
  g_assert_no_error (error);

  /* Nor when it has ended. */
  g_assert_false (test_run_execute (run, NULL, &error));
  g_assert_nonnull (error);
  g_clear_error (&error);
  g_assert_false (g_flow_run_execute_sync (run, NULL, &error));
  g_assert_nonnull (error);
  test_assert_run (run, DONE);
  g_assert_null (g_flow_run_get_error (run));
  test_assert_log (&bench.log, "a");

  test_result_clear (&first);
  test_result_clear (&second);
  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_no_callback (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  TestBench bench;

  test_bench_init (&bench);
  test_add_sync (&bench, flow, "a", NULL);
  g_flow_execute (flow, NULL, NULL, NULL);
  TEST_WAIT (test_log_length (&bench.log) == 1);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_order (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  TestBench bench;
  GFlowNode *a;
  GFlowNode *b;
  GFlowNode *a1;
  GFlowNode *a2;

  /* One worker: depth first, in the order of adding. */
  test_bench_init (&bench);
  g_flow_set_max_threads (flow, 1);
  a = test_add_sync (&bench, flow, "a", NULL);
  b = test_add_sync (&bench, flow, "b", NULL);
  a1 = test_add_sync (&bench, flow, "a1", NULL);
  g_flow_node_add_upstream (test_add_sync (&bench, flow, "b1", NULL), b);
  a2 = test_add_sync (&bench, flow, "a2", NULL);
  g_flow_node_add_upstream (a1, a);
  g_flow_node_add_upstream (a2, a);
  g_flow_node_add_upstream (test_add_sync (&bench, flow, "a11", NULL), a1);
  test_add_sync (&bench, flow, "c", NULL);

  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *text = NULL;

      g_object_unref (test_execute_well (flow));
      text = test_log_text (&bench.log);
      g_assert_true (g_str_has_suffix (text, "a a1 a11 a2 b b1 c"));
    }

  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_order_context (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  TestBench bench;

  test_bench_init (&bench);
  for (guint i = 0; i < 10; i++)
    {
      g_autofree char *name = g_strdup_printf ("%u", i);

      if (i % 2 == 0)
        test_add_context (&bench, flow, name, NULL);
      else
        test_add_async (&bench, flow, name, NULL);
    }
  g_object_unref (test_execute_well (flow));
  test_assert_log (&bench.log, "0 1 2 3 4 5 6 7 8 9");

  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_priority (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  TestBench bench;
  GFlowNode *root;
  GFlowNode *urgent;

  test_bench_init (&bench);
  g_flow_set_max_threads (flow, 1);
  root = test_add_sync (&bench, flow, "root", NULL);
  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *late_name = g_strdup_printf ("late%u", i);
      g_autofree char *name = g_strdup_printf ("soon%u", i);
      GFlowNode *late = test_add_sync (&bench, flow, late_name, NULL);
      GFlowNode *soon = test_add_sync (&bench, flow, name, NULL);

      g_flow_node_add_upstream (late, root);
      g_flow_node_add_upstream (soon, root);
      g_flow_node_set_priority (late, 10);
    }
  urgent = test_add_sync (&bench, flow, "urgent", NULL);
  g_flow_node_add_upstream (urgent, g_flow_lookup (flow, "soon0"));
  g_flow_node_set_priority (urgent, -10);
  g_object_unref (test_execute_well (flow));
  test_assert_log (&bench.log, "root soon0 urgent soon1 soon2 late0 late1 late2");

  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_many (gconstpointer data)
{
  guint max_threads = GPOINTER_TO_UINT (data);
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  guint n = 100000;
  int count = 0;
  GFlowNode *previous = NULL;
  GFlowNode *first = NULL;

  /* A third alone, a third a chain, a third below one root. */
  g_flow_set_max_threads (flow, max_threads);
  for (guint i = 0; i < n; i++)
    {
      GFlowNode *node = g_flow_add (flow, NULL, test_body_count, &count, NULL, NULL);

      if (i == 0)
        first = node;
      if (i % 3 == 1)
        {
          if (previous != NULL)
            g_flow_node_add_upstream (node, previous);
          previous = node;
        }
      else if (i % 3 == 2)
        {
          g_flow_node_add_upstream (node, first);
        }
    }
  run = test_execute_well (flow);
  g_assert_cmpint (count, ==, (int) n);
  g_assert_cmpuint (g_flow_run_get_n_done (run), ==, n);
  g_assert_cmpuint (g_flow_run_get_n_total (run), ==, n);
  g_assert_cmpfloat (g_flow_run_get_fraction (run), ==, 1.0);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/run/set-up", test_set_up);
  g_test_add_func ("/run/getters", test_getters);
  g_test_add_func ("/run/construct", test_construct);
  g_test_add_func ("/run/construct-in-any-order", test_construct_in_any_order);
  g_test_add_func ("/run/no-flow", test_no_flow);
  g_test_add_func ("/run/parameters", test_parameters);
  g_test_add_func ("/run/states", test_states);
  g_test_add_func ("/run/execute-twice", test_execute_twice);
  g_test_add_func ("/run/no-callback", test_no_callback);
  g_test_add_func ("/run/order/one-worker", test_order);
  g_test_add_func ("/run/order/context", test_order_context);
  g_test_add_func ("/run/order/priority", test_priority);
  g_test_add_data_func ("/run/many/1", GUINT_TO_POINTER (1), test_many);
  g_test_add_data_func ("/run/many/4", GUINT_TO_POINTER (4), test_many);

  return g_test_run ();
}
