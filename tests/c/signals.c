/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What is emitted, in which order, in which context; progress. */

#include "test-bench.h"

/* Logs "who:what", and checks the context. */
typedef struct
{
  TestBench *bench;
  GFlowRun  *run; /* (unowned) (nullable): the one it has to be */
} Spy;

static void
spy_say (Spy        *spy,
         const char *who,
         const char *what)
{
  test_assert_context (spy->bench->context);
  test_log_addf (&spy->bench->log, "%s:%s", who, what);
}

#define DEFINE_SPY(what)                                                  \
  static void                                                             \
  node_##what##_cb (GFlowNode *node,                                      \
                    GFlowRun  *run,                                       \
                    Spy       *spy)                                       \
  {                                                                       \
    g_assert_true (G_IS_FLOW_NODE (node));                                \
    g_assert_true (spy->run == NULL || spy->run == run);                  \
    spy_say (spy, g_flow_node_get_name (node), #what);                    \
  }                                                                       \
  static void                                                             \
  flow_##what##_cb (GFlow    *flow,                                       \
                    GFlowRun *run,                                        \
                    Spy      *spy)                                        \
  {                                                                       \
    g_assert_true (G_IS_FLOW (flow));                                     \
    g_assert_true (g_flow_run_get_flow (run) == flow);                    \
    g_assert_true (spy->run == NULL || spy->run == run);                  \
    spy_say (spy, "flow", #what);                                         \
  }                                                                       \
  G_GNUC_UNUSED static void                                               \
  run_##what##_cb (GFlowRun *run,                                         \
                   Spy      *spy)                                         \
  {                                                                       \
    g_assert_true (spy->run == NULL || spy->run == run);                  \
    spy_say (spy, "run", #what);                                          \
  }

DEFINE_SPY (started)
DEFINE_SPY (done)
DEFINE_SPY (always)

static void
node_error_cb (GFlowNode *node,
               GFlowRun  *run,
               GError    *error,
               Spy       *spy)
{
  g_assert_nonnull (error);
  g_assert_true (g_error_matches (g_flow_run_get_node_error (run, node), error->domain,
                                  error->code));
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    test_assert_node (run, node, CANCELLED);
  else
    test_assert_node (run, node, FAILED);
  spy_say (spy, g_flow_node_get_name (node), "error");
}

static void
flow_error_cb (GFlow    *flow,
               GFlowRun *run,
               GError   *error,
               Spy      *spy)
{
  g_assert_nonnull (error);
  g_assert_true (g_flow_run_get_flow (run) == flow);
  g_assert_true (g_error_matches (g_flow_run_get_error (run), error->domain, error->code));
  spy_say (spy, "flow", "error");
}

static void
run_error_cb (GFlowRun *run,
              GError   *error,
              Spy      *spy)
{
  g_assert_nonnull (error);
  g_assert_true (g_error_matches (g_flow_run_get_error (run), error->domain, error->code));
  spy_say (spy, "run", "error");
}

static void
spy_node (Spy       *spy,
          GFlowNode *node)
{
  g_signal_connect (node, "started", G_CALLBACK (node_started_cb), spy);
  g_signal_connect (node, "done", G_CALLBACK (node_done_cb), spy);
  g_signal_connect (node, "error", G_CALLBACK (node_error_cb), spy);
  g_signal_connect (node, "always", G_CALLBACK (node_always_cb), spy);
}

static void
spy_flow (Spy   *spy,
          GFlow *flow)
{
  g_signal_connect (flow, "started", G_CALLBACK (flow_started_cb), spy);
  g_signal_connect (flow, "done", G_CALLBACK (flow_done_cb), spy);
  g_signal_connect (flow, "error", G_CALLBACK (flow_error_cb), spy);
  g_signal_connect (flow, "always", G_CALLBACK (flow_always_cb), spy);
}

static void
spy_run (Spy      *spy,
         GFlowRun *run)
{
  g_signal_connect (run, "done", G_CALLBACK (run_done_cb), spy);
  g_signal_connect (run, "error", G_CALLBACK (run_error_cb), spy);
  g_signal_connect (run, "always", G_CALLBACK (run_always_cb), spy);
}

typedef struct
{
  TestResult result;
  Spy       *spy;
} Ready;

static void
ready_cb (GObject      *object,
          GAsyncResult *result,
          gpointer      user_data)
{
  Ready *ready = user_data;

  spy_say (ready->spy, "callback", "called");
  test_result_cb (object, result, &ready->result);
}

/* Runs with spies on everything; gives whether it ended well. */
static gboolean
run_watched (Spy      *spy,
             GFlow    *flow,
             GFlowRun *run)
{
  Ready ready = { .spy = spy };
  gboolean well;

  test_result_init (&ready.result);
  spy->run = run;
  spy_flow (spy, flow);
  spy_run (spy, run);
  g_flow_run_execute (run, NULL, ready_cb, &ready);
  g_assert_cmpint (test_log_length (&spy->bench->log), ==, 0);
  TEST_WAIT (ready.result.calls > 0);
  test_settle (5);
  well = g_flow_run_execute_finish (run, ready.result.result, NULL);
  test_result_clear (&ready.result);
  g_signal_handlers_disconnect_by_data (flow, spy);
  g_signal_handlers_disconnect_by_data (run, spy);

  return well;
}

static GFlowNode *
add (TestBench  *bench,
     GFlow      *flow,
     const char *name,
     guint       kind,
     TestJob   **job)
{
  if (kind == 0)
    return test_add_sync (bench, flow, name, job);
  if (kind == 1)
    return test_add_context (bench, flow, name, job);
  return test_add_async (bench, flow, name, job);
}

static void
test_success (gconstpointer data)
{
  guint kind = GPOINTER_TO_UINT (data);
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  TestBench bench;
  Spy spy = { .bench = &bench };
  GFlowNode *a;
  GFlowNode *b;

  test_bench_init (&bench);
  a = add (&bench, flow, "a", kind, NULL);
  b = add (&bench, flow, "b", kind, NULL);
  g_flow_node_add_upstream (b, a);
  spy_node (&spy, a);
  spy_node (&spy, b);
  run = g_flow_run_new (flow);
  g_assert_true (run_watched (&spy, flow, run));

  /* The bodies log their name; a body on a worker may be ahead of what is told of it. */
  g_assert_cmpuint (test_log_length (&bench.log), ==, 14);
  g_assert_cmpint (test_log_index (&bench.log, "flow:started"), ==, 0);
  test_assert_before (&bench.log, "a:started", "a:done");
  test_assert_before (&bench.log, "a:done", "a:always");
  test_assert_before (&bench.log, "b:started", "b:done");
  test_assert_before (&bench.log, "b:done", "b:always");
  test_assert_before (&bench.log, "a:done", "b:done");
  test_assert_before (&bench.log, "a", "b");
  test_assert_before (&bench.log, "b:always", "run:done");
  test_assert_before (&bench.log, "run:done", "run:always");
  test_assert_before (&bench.log, "run:always", "flow:done");
  test_assert_before (&bench.log, "flow:done", "flow:always");
  test_assert_before (&bench.log, "flow:always", "callback:called");

  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_failure (gconstpointer data)
{
  guint kind = GPOINTER_TO_UINT (data);
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  TestBench bench;
  Spy spy = { .bench = &bench };
  TestJob *job;
  GFlowNode *a;
  GFlowNode *b;

  test_bench_init (&bench);
  a = add (&bench, flow, "a", kind, &job);
  b = add (&bench, flow, "b", kind, NULL);
  test_job_fail (job, "It broke");
  g_flow_node_add_upstream (b, a);
  spy_node (&spy, a);
  spy_node (&spy, b);

  /* Twice: the flow survives. */
  for (guint i = 0; i < 2; i++)
    {
      run = g_flow_run_new (flow);
      g_assert_false (run_watched (&spy, flow, run));
      g_assert_cmpuint (test_log_length (&bench.log), ==, 11);
      g_assert_cmpint (test_log_index (&bench.log, "flow:started"), ==, 0);
      test_assert_before (&bench.log, "a:started", "a:error");
      test_assert_before (&bench.log, "a:error", "a:always");
      test_assert_before (&bench.log, "a:error", "b:always");
      test_assert_before (&bench.log, "a:always", "run:error");
      test_assert_before (&bench.log, "b:always", "run:error");
      test_assert_before (&bench.log, "run:error", "run:always");
      test_assert_before (&bench.log, "run:always", "flow:error");
      test_assert_before (&bench.log, "flow:error", "flow:always");
      test_assert_before (&bench.log, "flow:always", "callback:called");
      g_clear_object (&run);
      test_log_clear (&bench.log);
      test_log_init (&bench.log);
    }

  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
cancel_run_cb (GFlowNode *node,
               GFlowRun  *run,
               gpointer   user_data)
{
  g_flow_run_cancel (run);
}

static void
test_cancelled (gconstpointer data)
{
  guint kind = GPOINTER_TO_UINT (data);
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  TestBench bench;
  Spy spy = { .bench = &bench };
  TestJob *job;
  GFlowNode *a;
  GFlowNode *b;

  test_bench_init (&bench);
  a = add (&bench, flow, "a", kind, &job);
  b = add (&bench, flow, "b", kind, NULL);
  job->forever = TRUE;
  g_flow_node_add_upstream (b, a);
  spy_node (&spy, a);
  spy_node (&spy, b);
  g_signal_connect (a, "started", G_CALLBACK (cancel_run_cb), NULL);
  run = g_flow_run_new (flow);
  g_assert_false (run_watched (&spy, flow, run));
  g_assert_cmpint (test_log_index (&bench.log, "flow:started"), ==, 0);
  test_assert_before (&bench.log, "a:started", "a:error");
  test_assert_before (&bench.log, "a:error", "a:always");
  test_assert_before (&bench.log, "a:always", "run:error");
  test_assert_before (&bench.log, "b:always", "run:error");
  test_assert_before (&bench.log, "run:error", "run:always");
  test_assert_before (&bench.log, "run:always", "flow:error");
  test_assert_before (&bench.log, "flow:error", "flow:always");
  test_assert_before (&bench.log, "flow:always", "callback:called");
  g_assert_cmpuint (test_log_count (&bench.log, "b:started"), ==, 0);
  g_assert_cmpuint (test_log_count (&bench.log, "b:error"), ==, 0);
  g_assert_cmpuint (test_log_count (&bench.log, "b:done"), ==, 0);
  g_assert_cmpuint (test_log_length (&bench.log), ==, 11);

  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_cancelled_before (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  TestBench bench;
  Spy spy = { .bench = &bench };

  test_bench_init (&bench);
  spy_node (&spy, test_add_sync (&bench, flow, "a", NULL));
  run = g_flow_run_new (flow);
  g_flow_run_cancel (run);
  g_assert_false (run_watched (&spy, flow, run));
  g_assert_cmpuint (test_log_count (&bench.log, "a:always"), ==, 1);
  g_assert_cmpuint (test_log_count (&bench.log, "a:started"), ==, 0);
  g_assert_cmpuint (test_log_count (&bench.log, "a:error"), ==, 0);
  test_assert_before (&bench.log, "run:error", "run:always");
  test_assert_before (&bench.log, "flow:error", "flow:always");

  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_empty (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = g_flow_run_new (flow);
  TestBench bench;
  Spy spy = { .bench = &bench };

  test_bench_init (&bench);
  g_assert_true (run_watched (&spy, flow, run));
  test_assert_log (&bench.log,
                   "flow:started run:done run:always flow:done flow:always callback:called");
  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_connected_late (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  TestBench bench;
  Spy spy = { .bench = &bench };
  TestResult result;
  GFlowNode *a;
  GFlowNode *b;
  GFlowNode *c;

  /* After the call of execute is early enough: nothing has started. */
  test_bench_init (&bench);
  test_result_init (&result);
  a = test_add_sync (&bench, flow, "a", NULL);
  b = test_add_async (&bench, flow, "b", NULL);
  c = test_add_context (&bench, flow, "c", NULL);
  g_flow_execute (flow, NULL, test_result_cb, &result);
  spy_node (&spy, a);
  spy_node (&spy, b);
  spy_node (&spy, c);
  spy_flow (&spy, flow);
  TEST_WAIT (result.calls > 0);
  g_object_unref (g_flow_execute_finish (flow, result.result, NULL));
  g_assert_cmpuint (test_log_count (&bench.log, "a:started"), ==, 1);
  g_assert_cmpuint (test_log_count (&bench.log, "b:done"), ==, 1);
  g_assert_cmpuint (test_log_count (&bench.log, "c:always"), ==, 1);
  g_assert_cmpuint (test_log_count (&bench.log, "flow:started"), ==, 1);
  g_assert_cmpuint (test_log_count (&bench.log, "flow:done"), ==, 1);

  test_result_clear (&result);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_disconnected (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  TestBench bench;
  Spy spy = { .bench = &bench };
  GFlowNode *a;

  test_bench_init (&bench);
  a = test_add_sync (&bench, flow, "a", NULL);
  spy_node (&spy, a);
  g_object_unref (test_execute_well (flow));
  g_assert_cmpuint (test_log_length (&bench.log), ==, 4);
  g_signal_handlers_disconnect_by_data (a, &spy);
  g_object_unref (test_execute_well (flow));
  g_assert_cmpuint (test_log_length (&bench.log), ==, 5);
  spy_node (&spy, a);
  g_object_unref (test_execute_well (flow));
  g_assert_cmpuint (test_log_length (&bench.log), ==, 9);

  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
check_done_cb (GFlowRun *run,
               gpointer  user_data)
{
  test_assert_run (run, DONE);
  g_assert_cmpuint (g_flow_run_get_n_done (run), ==, g_flow_run_get_n_total (run));
  g_assert_cmpfloat (g_flow_run_get_fraction (run), ==, 1.0);
  g_assert_null (g_flow_run_get_error (run));
}

static void
test_state_in_handler (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  TestBench bench;

  test_bench_init (&bench);
  for (guint i = 0; i < 30; i++)
    add (&bench, flow, NULL, i % 3, NULL);
  run = g_flow_run_new (flow);
  g_signal_connect (run, "done", G_CALLBACK (check_done_cb), NULL);
  g_signal_connect (run, "always", G_CALLBACK (check_done_cb), NULL);
  g_assert_true (test_run_execute (run, NULL, NULL));
  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
state_cb (GFlowRun   *run,
          GParamSpec *pspec,
          Spy        *spy)
{
  spy_say (spy, "state", test_run_state_name (g_flow_run_get_state (run)));
}

static void
test_notify_state (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  TestBench bench;
  Spy spy = { .bench = &bench };

  test_bench_init (&bench);
  test_add_sync (&bench, flow, "a", NULL);
  run = g_flow_run_new (flow);
  g_signal_connect (run, "notify::state", G_CALLBACK (state_cb), &spy);
  g_assert_true (test_run_execute (run, NULL, NULL));
  test_assert_before (&bench.log, "state:running", "state:done");
  g_assert_cmpuint (test_log_length (&bench.log), ==, 3);

  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

/* Progress */

typedef struct
{
  TestBench *bench;
  double     fraction;
  guint      n_done;
  guint      n_notified;
} Progress;

static void
fraction_cb (GFlowRun   *run,
             GParamSpec *pspec,
             Progress   *progress)
{
  double fraction = g_flow_run_get_fraction (run);

  test_assert_context (progress->bench->context);
  g_assert_cmpfloat (fraction, >=, progress->fraction);
  g_assert_cmpfloat (fraction, <=, 1.0);
  progress->fraction = fraction;
  progress->n_notified++;
}

static void
n_done_cb (GFlowRun   *run,
           GParamSpec *pspec,
           Progress   *progress)
{
  guint n_done = g_flow_run_get_n_done (run);

  test_assert_context (progress->bench->context);
  g_assert_cmpuint (n_done, >=, progress->n_done);
  g_assert_cmpuint (n_done, <=, g_flow_run_get_n_total (run));
  progress->n_done = n_done;
}

static void
test_fraction (gconstpointer data)
{
  guint kind = GPOINTER_TO_UINT (data);
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  TestBench bench;
  Progress progress = { .bench = &bench };
  gint64 begin;
  double seconds;

  /* About half a second of short nodes: never back, and not more than ten times a second. */
  test_bench_init (&bench);
  g_flow_set_max_threads (flow, 2);
  for (guint i = 0; i < 200; i++)
    {
      TestJob *job;
      GFlowNode *node = add (&bench, flow, NULL, kind, &job);
      g_autoptr (GFlowNode) previous = NULL;

      if (i > 0)
        {
          previous = g_list_model_get_item (G_LIST_MODEL (flow), i - 1);
          g_flow_node_add_upstream (node, previous);
        }
      job->msec = 2;
    }
  run = g_flow_run_new (flow);
  g_signal_connect (run, "notify::fraction", G_CALLBACK (fraction_cb), &progress);
  g_signal_connect (run, "notify::n-done", G_CALLBACK (n_done_cb), &progress);
  begin = g_get_monotonic_time ();
  g_assert_true (test_run_execute (run, NULL, NULL));
  seconds = (double) (g_get_monotonic_time () - begin) / G_USEC_PER_SEC;
  g_assert_cmpfloat (progress.fraction, ==, 1.0);
  g_assert_cmpuint (progress.n_done, ==, 200);
  g_assert_cmpuint (progress.n_notified, >=, 2);
  g_assert_cmpfloat (progress.n_notified, <=, seconds * 10.0 + 2.0);

  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_weights (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  TestBench bench;
  TestResult result;
  TestGate gate;
  TestJob *job;
  GFlowNode *heavy;
  GFlowNode *light;
  GFlowNode *nothing;

  test_bench_init (&bench);
  test_result_init (&result);
  test_gate_init (&gate);
  heavy = test_add_sync (&bench, flow, "heavy", NULL);
  nothing = test_add_sync (&bench, flow, "nothing", NULL);
  light = test_add_sync (&bench, flow, "light", &job);
  g_flow_node_set_weight (heavy, 3);
  g_flow_node_set_weight (nothing, 0);
  g_flow_node_after (light, heavy, nothing, NULL);
  job->gate = &gate;
  run = g_flow_run_new (flow);
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  TEST_WAIT (test_gate_waiting (&gate) == 1);
  TEST_WAIT (g_flow_run_get_fraction (run) > 0.0);
  g_assert_cmpfloat_with_epsilon (g_flow_run_get_fraction (run), 0.75, 0.0001);
  g_assert_cmpuint (g_flow_run_get_n_done (run), ==, 2);
  g_assert_cmpuint (g_flow_run_get_n_total (run), ==, 3);
  test_gate_open (&gate);
  TEST_WAIT (result.calls > 0);
  g_assert_cmpfloat (g_flow_run_get_fraction (run), ==, 1.0);

  test_result_clear (&result);
  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
  test_gate_clear (&gate);
}

/* Handlers that do things */

static void
again_cb (GFlow    *flow,
          GFlowRun *run,
          guint    *n_left)
{
  if (*n_left == 0)
    return;
  *n_left -= 1;
  g_flow_execute (flow, NULL, NULL, NULL);
}

static void
test_execute_in_handler (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  TestBench bench;
  guint n_left = 500;

  test_bench_init (&bench);
  test_add_sync (&bench, flow, "a", NULL);
  g_signal_connect (flow, "always", G_CALLBACK (again_cb), &n_left);
  g_object_unref (test_execute_well (flow));
  TEST_WAIT (n_left == 0 && g_atomic_int_get (&bench.gauge.total) == 501);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
drop_cb (GFlowRun  *run,
         GFlowRun **held)
{
  g_assert_true (run == *held);
  g_clear_object (held);
}

static void
test_drop_in_handler (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  GFlowRun *run;
  TestBench bench;
  TestResult result;

  /* It has ended: this is no cancellation. */
  test_bench_init (&bench);
  test_result_init (&result);
  test_add_sync (&bench, flow, "a", NULL);
  run = g_flow_run_new (flow);
  test_life_watch (&bench.life, run);
  g_signal_connect (run, "done", G_CALLBACK (drop_cb), &run);
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  TEST_WAIT (result.calls > 0);
  g_assert_null (run);
  g_assert_true (g_flow_run_execute_finish (G_FLOW_RUN (result.source), result.result, NULL));
  test_result_clear (&result);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
sync_in_handler_cb (GFlowNode *node,
                    GFlowRun  *run,
                    GFlow     *other)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GFlowRun) inner = g_flow_execute_sync (other, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (inner);
}

static void
test_sync_in_handler (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlow) other = g_flow_new ();

  g_assert_nonnull (g_flow_add (other, "b", test_body_nothing, NULL, NULL, NULL));
  for (guint i = 0; i < 20; i++)
    {
      GFlowNode *node = g_flow_add (flow, NULL, test_body_nothing, NULL, NULL, NULL);

      g_signal_connect (node, "done", G_CALLBACK (sync_in_handler_cb), other);
    }
  g_object_unref (test_execute_well (flow));
}

static void
test_no_hooks (void)
{
  const GType types[] = { G_TYPE_FLOW, G_TYPE_FLOW_NODE, G_TYPE_FLOW_RUN, G_TYPE_FLOW_POST };

  g_test_summary ("What is not emitted without handlers refuses emission hooks, and says so");
  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    {
      g_autoptr (GTypeClass) klass = g_type_class_ref (types[i]);
      g_autofree guint *ids = NULL;
      guint n_ids;

      ids = g_signal_list_ids (types[i], &n_ids);
      g_assert_cmpuint (n_ids, >, 0);
      for (guint k = 0; k < n_ids; k++)
        {
          GSignalQuery query;

          g_signal_query (ids[k], &query);
          g_assert_cmpuint (query.signal_flags & G_SIGNAL_NO_HOOKS, !=, 0);
        }
    }
}

static void
add_kinds (const char    *name,
           GTestDataFunc  func)
{
  static const char * const kinds[] = { "worker", "context", "async" };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autofree char *path = g_strdup_printf ("/signals/%s/%s", name, kinds[i]);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), func);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add_kinds ("success", test_success);
  add_kinds ("failure", test_failure);
  g_test_add_data_func ("/signals/cancelled/worker", GUINT_TO_POINTER (0), test_cancelled);
  g_test_add_data_func ("/signals/cancelled/async", GUINT_TO_POINTER (2), test_cancelled);
  g_test_add_func ("/signals/cancelled-before", test_cancelled_before);
  g_test_add_func ("/signals/empty", test_empty);
  g_test_add_func ("/signals/connected-late", test_connected_late);
  g_test_add_func ("/signals/disconnected", test_disconnected);
  g_test_add_func ("/signals/state-in-handler", test_state_in_handler);
  g_test_add_func ("/signals/notify-state", test_notify_state);
  add_kinds ("fraction", test_fraction);
  g_test_add_func ("/signals/weights", test_weights);
  g_test_add_func ("/signals/execute-in-handler", test_execute_in_handler);
  g_test_add_func ("/signals/drop-in-handler", test_drop_in_handler);
  g_test_add_func ("/signals/sync-in-handler", test_sync_in_handler);
  g_test_add_func ("/signals/no-hooks", test_no_hooks);

  return g_test_run ();
}
