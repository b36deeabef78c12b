/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Ending early: cancelled runs and nodes, deadlines, dropped runs. */

#include "test-bench.h"

/* a (forever) → b; c (forever, async); d */
typedef struct
{
  TestBench  bench;
  GFlow     *flow;
  GFlowRun  *run;
  GFlowNode *a;
  GFlowNode *b;
  GFlowNode *c;
  GFlowNode *d;
  TestResult result;
} Work;

static void
work_init (Work *self)
{
  TestJob *job;

  test_bench_init (&self->bench);
  test_result_init (&self->result);
  self->flow = g_flow_new ();
  g_flow_set_max_threads (self->flow, 2);
  test_life_watch (&self->bench.life, self->flow);
  self->a = test_add_sync (&self->bench, self->flow, "a", &job);
  job->forever = TRUE;
  self->b = test_add_sync (&self->bench, self->flow, "b", NULL);
  self->c = test_add_async (&self->bench, self->flow, "c", &job);
  job->forever = TRUE;
  self->d = test_add_sync (&self->bench, self->flow, "d", NULL);
  g_flow_node_add_upstream (self->b, self->a);
  self->run = g_flow_run_new (self->flow);
  test_life_watch (&self->bench.life, self->run);
}

static void
work_start (Work         *self,
            GCancellable *cancellable)
{
  g_flow_run_execute (self->run, cancellable, test_result_cb, &self->result);
  TEST_WAIT (g_atomic_int_get (&self->bench.gauge.now) == 2 &&
             g_atomic_int_get (&self->bench.gauge.total) == 3);
}

static void
work_assert_cancelled (Work *self)
{
  g_autoptr (GError) error = NULL;

  TEST_WAIT (self->result.calls > 0);
  g_assert_cmpint (self->bench.gauge.now, ==, 0);
  g_assert_false (g_flow_run_execute_finish (self->run, self->result.result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_run (self->run, CANCELLED);
  g_assert_error (g_flow_run_get_error (self->run), G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_node (self->run, self->a, CANCELLED);
  test_assert_node (self->run, self->c, CANCELLED);
  test_assert_node (self->run, self->d, DONE);
  g_assert_error (g_flow_run_get_node_error (self->run, self->a), G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (test_log_count (&self->bench.log, "b"), ==, 0);
  g_assert_cmpint (g_flow_run_get_node_state (self->run, self->b), >=, G_FLOW_NODE_STATE_SKIPPED);
  g_assert_true (g_cancellable_is_cancelled (g_flow_run_get_cancellable (self->run)));
}

static void
work_clear (Work *self)
{
  test_result_clear (&self->result);
  g_clear_object (&self->run);
  g_clear_object (&self->flow);
  test_bench_clear (&self->bench);
}

static void
test_run (void)
{
  Work work;

  work_init (&work);
  work_start (&work, NULL);
  g_flow_run_cancel (work.run);
  g_flow_run_cancel (work.run);
  work_assert_cancelled (&work);
  work_clear (&work);
}

static gpointer
cancel_run_thread (gpointer user_data)
{
  g_flow_run_cancel (user_data);

  return NULL;
}

static void
test_run_from_thread (void)
{
  Work work;
  GThread *thread;

  work_init (&work);
  work_start (&work, NULL);
  thread = g_thread_new ("cancel", cancel_run_thread, work.run);
  work_assert_cancelled (&work);
  g_thread_join (thread);
  work_clear (&work);
}

static void
test_cancellable (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Work work;

  work_init (&work);
  work_start (&work, cancellable);
  g_cancellable_cancel (cancellable);
  work_assert_cancelled (&work);
  work_clear (&work);
  g_assert_finalize_object (g_steal_pointer (&cancellable));
}

static void
wait_for_end_cb (GCancellable *cancellable,
                 gpointer      user_data)
{
  work_assert_cancelled (user_data);
}

/* Somebody else is told of the cancellation, too, and iterates the context until the run has ended. */
static void
test_cancellable_in_dialog (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Work work;

  work_init (&work);
  work_start (&work, cancellable);
  g_signal_connect (cancellable, "cancelled", G_CALLBACK (wait_for_end_cb), &work);
  g_cancellable_cancel (cancellable);
  g_assert_cmpuint (work.result.calls, ==, 1);
  work_clear (&work);
  g_assert_finalize_object (g_steal_pointer (&cancellable));
}

static gpointer
cancel_thread (gpointer user_data)
{
  g_cancellable_cancel (user_data);

  return NULL;
}

static void
test_cancellable_from_thread (void)
{
  for (guint i = 0; i < 50; i++)
    {
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      Work work;
      GThread *thread;

      work_init (&work);
      work_start (&work, cancellable);
      thread = g_thread_new ("cancel", cancel_thread, cancellable);
      work_assert_cancelled (&work);
      g_thread_join (thread);
      work_clear (&work);
    }
}

static void
test_own_cancellable (void)
{
  Work work;

  /* The cancellable of the run is another way to say it. */
  work_init (&work);
  work_start (&work, NULL);
  g_cancellable_cancel (g_flow_run_get_cancellable (work.run));
  work_assert_cancelled (&work);
  work_clear (&work);
}

static void
assert_nothing_ran (Work *work)
{
  g_autoptr (GError) error = NULL;
  GFlowNode *nodes[] = { work->a, work->b, work->c, work->d };

  TEST_WAIT (work->result.calls > 0);
  g_assert_false (g_flow_run_execute_finish (work->run, work->result.result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_run (work->run, CANCELLED);
  g_assert_cmpuint (test_log_length (&work->bench.log), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (nodes); i++)
    g_assert_cmpint (g_flow_run_get_node_state (work->run, nodes[i]), >=,
                     G_FLOW_NODE_STATE_SKIPPED);
}

static void
test_before_execute (gconstpointer data)
{
  gboolean by_cancellable = GPOINTER_TO_INT (data);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Work work;

  work_init (&work);
  if (by_cancellable)
    g_cancellable_cancel (cancellable);
  else
    g_flow_run_cancel (work.run);
  g_flow_run_execute (work.run, cancellable, test_result_cb, &work.result);
  g_assert_cmpuint (work.result.calls, ==, 0);
  assert_nothing_ran (&work);
  work_clear (&work);
}

static void
test_right_after_execute (gconstpointer data)
{
  gboolean by_cancellable = GPOINTER_TO_INT (data);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Work work;

  /* Nothing has been started at that time. */
  work_init (&work);
  g_flow_run_execute (work.run, cancellable, test_result_cb, &work.result);
  if (by_cancellable)
    g_cancellable_cancel (cancellable);
  else
    g_flow_run_cancel (work.run);
  assert_nothing_ran (&work);
  work_clear (&work);
}

static void
test_flow_cancelled_before (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  TestBench bench;

  test_bench_init (&bench);
  test_add_sync (&bench, flow, "a", NULL);
  g_cancellable_cancel (cancellable);
  g_assert_null (test_execute (flow, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_null (g_flow_execute_sync (flow, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (test_log_length (&bench.log), ==, 0);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_after_end (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  TestBench bench;
  GFlowNode *node;

  test_bench_init (&bench);
  node = test_add_sync (&bench, flow, "a", NULL);
  run = g_flow_run_new (flow);
  g_assert_true (test_run_execute (run, cancellable, NULL));
  g_flow_run_cancel (run);
  g_flow_run_cancel_node (run, node);
  g_cancellable_cancel (cancellable);
  test_settle (5);
  test_assert_run (run, DONE);
  test_assert_node (run, node, DONE);
  g_assert_null (g_flow_run_get_error (run));
  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static gboolean
body_cancel_run (GFlowNode  *node,
                 GFlowRun   *run,
                 gpointer    user_data,
                 GError    **error)
{
  g_flow_run_cancel (run);
  g_assert_true (g_cancellable_is_cancelled (g_flow_run_get_node_cancellable (run, node)));

  return TRUE;
}

static void
test_from_body (gconstpointer data)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  TestBench bench;
  GFlowNode *node;
  GFlowNode *after;

  test_bench_init (&bench);
  node = g_flow_add (flow, "cancels", body_cancel_run, NULL, NULL, NULL);
  g_flow_node_set_placement (node, GPOINTER_TO_INT (data));
  after = test_add_sync (&bench, flow, "after", NULL);
  g_flow_node_add_upstream (after, node);
  run = g_flow_run_new (flow);
  g_assert_false (test_run_execute (run, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_run (run, CANCELLED);
  g_assert_cmpuint (test_log_length (&bench.log), ==, 0);
  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_node_running (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  Work work;
  TestBench *bench = &work.bench;
  g_autoptr (GError) error = NULL;
  g_autofree char *reason = NULL;
  GFlowNode *victim;
  GFlowNode *other;

  work_init (&work);
  work_start (&work, NULL);
  victim = async ? work.c : work.a;
  other = async ? work.a : work.c;
  g_flow_run_cancel_node (work.run, victim);
  TEST_WAIT (g_flow_run_get_node_state (work.run, victim) == G_FLOW_NODE_STATE_CANCELLED);

  /* The other goes on, and is the last to end. */
  test_settle (5);
  test_assert_node (work.run, other, RUNNING);
  test_assert_run (work.run, RUNNING);
  g_assert_cmpint (g_atomic_int_get (&bench->gauge.now), ==, 1);
  g_flow_run_cancel_node (work.run, other);
  TEST_WAIT (work.result.calls > 0);
  g_assert_false (g_flow_run_execute_finish (work.run, work.result.result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_run (work.run, CANCELLED);
  g_assert_error (g_flow_run_get_node_error (work.run, victim), G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (test_log_count (&bench->log, "b"), ==, 0);
  g_assert_cmpint (g_flow_run_get_node_state (work.run, work.b), >=, G_FLOW_NODE_STATE_SKIPPED);
  reason = g_flow_run_dup_node_reason (work.run, work.b);
  g_assert_nonnull (reason);
  work_clear (&work);
}

static void
test_node_waiting (void)
{
  Work work;

  /* Cancelled before it starts, it never does; what comes after it is skipped. */
  work_init (&work);
  work_start (&work, NULL);
  g_flow_run_cancel_node (work.run, work.b);
  g_flow_run_cancel (work.run);
  work_assert_cancelled (&work);
  test_assert_node (work.run, work.b, CANCELLED);
  work_clear (&work);
}

static void
test_node_of_new_run (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GFlowRun) other = NULL;
  g_autoptr (GError) error = NULL;
  TestBench bench;
  GFlowNode *a;
  GFlowNode *b;

  /* Of this run only. */
  test_bench_init (&bench);
  a = test_add_sync (&bench, flow, "a", NULL);
  b = test_add_context (&bench, flow, "b", NULL);
  run = g_flow_run_new (flow);
  g_flow_run_cancel_node (run, b);
  g_assert_false (test_run_execute (run, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_node (run, a, DONE);
  test_assert_node (run, b, CANCELLED);
  test_assert_log (&bench.log, "a");
  other = test_execute_well (flow);
  test_assert_node (other, b, DONE);

  g_clear_object (&run);
  g_clear_object (&other);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_node_before_start (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  TestBench bench;
  TestResult result;
  GFlowNode *a;
  GFlowNode *b;
  GFlowNode *c;

  test_bench_init (&bench);
  test_result_init (&result);
  a = test_add_sync (&bench, flow, "a", NULL);
  b = test_add_sync (&bench, flow, "b", NULL);
  c = test_add_async (&bench, flow, "c", NULL);
  g_flow_node_add_upstream (b, a);
  g_flow_node_add_upstream (c, b);
  run = g_flow_run_new (flow);
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  g_flow_run_cancel_node (run, b);
  TEST_WAIT (result.calls > 0);
  g_assert_false (g_flow_run_execute_finish (run, result.result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_node (run, a, DONE);
  test_assert_node (run, b, CANCELLED);
  g_assert_error (g_flow_run_get_node_error (run, b), G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_node (run, c, SKIPPED);
  test_assert_log (&bench.log, "a");

  test_result_clear (&result);
  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_node_error_cancelled (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  TestBench bench;
  TestJob *job;
  GFlowNode *a;
  GFlowNode *b;
  GFlowNode *other;

  /* A body that says of itself that it was cancelled. */
  test_bench_init (&bench);
  a = test_add_sync (&bench, flow, "a", &job);
  job->error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "No more");
  b = test_add_sync (&bench, flow, "b", NULL);
  other = test_add_sync (&bench, flow, "other", NULL);
  g_flow_node_add_upstream (b, a);
  run = g_flow_run_new (flow);
  g_assert_false (test_run_execute (run, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_run (run, CANCELLED);
  test_assert_node (run, a, CANCELLED);
  test_assert_node (run, b, SKIPPED);
  test_assert_node (run, other, DONE);
  g_assert_cmpuint (g_list_model_get_n_items (g_flow_run_get_errors (run)), ==, 0);
  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_failure_beats_node (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  TestBench bench;
  TestJob *job;
  GFlowNode *a;
  GFlowNode *b;

  /* First in time: it failed, then it was cancelled. */
  test_bench_init (&bench);
  a = test_add_context (&bench, flow, "a", &job);
  test_job_fail (job, "It broke");
  b = test_add_context (&bench, flow, "b", &job);
  job->error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "No more");
  run = g_flow_run_new (flow);
  g_assert_false (test_run_execute (run, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  test_assert_run (run, FAILED);
  test_assert_node (run, a, FAILED);
  test_assert_node (run, b, CANCELLED);
  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_deaf_body (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  TestBench bench;
  TestGate gate;
  TestResult result;
  TestJob *job;

  /* The run does not return before a body that does not hear. */
  test_bench_init (&bench);
  test_gate_init (&gate);
  test_result_init (&result);
  test_add_sync (&bench, flow, "deaf", &job);
  job->deaf = TRUE;
  job->gate = &gate;
  run = g_flow_run_new (flow);
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  TEST_WAIT (test_gate_waiting (&gate) == 1);
  g_flow_run_cancel (run);
  test_settle (20);
  g_assert_cmpuint (result.calls, ==, 0);
  test_assert_run (run, RUNNING);
  test_gate_open (&gate);
  TEST_WAIT (result.calls > 0);
  g_assert_cmpint (bench.gauge.now, ==, 0);
  g_assert_false (g_flow_run_execute_finish (run, result.result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_run (run, CANCELLED);

  test_result_clear (&result);
  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
  test_gate_clear (&gate);
}

static void
test_sync_from_thread (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  TestBench bench;
  TestJob *job;
  GThread *thread;

  test_bench_init (&bench);
  test_add_sync (&bench, flow, "a", &job);
  job->forever = TRUE;
  run = g_flow_run_new (flow);
  thread = g_thread_new ("cancel", cancel_run_thread, run);
  g_assert_false (g_flow_run_execute_sync (run, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_thread_join (thread);
  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

/* Deadlines */

static void
test_deadline (void)
{
  Work work;
  g_autoptr (GError) error = NULL;
  gint64 deadline;

  work_init (&work);
  deadline = g_get_monotonic_time () + (test_is_slow () ? 1000 : 100) * 1000;
  g_flow_run_set_deadline (work.run, deadline);
  work_start (&work, NULL);
  TEST_WAIT (work.result.calls > 0);
  g_assert_cmpint (g_get_monotonic_time (), >=, deadline);
  g_assert_cmpint (work.bench.gauge.now, ==, 0);
  g_assert_false (g_flow_run_execute_finish (work.run, work.result.result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  test_assert_run (work.run, FAILED);
  g_assert_error (g_flow_run_get_error (work.run), G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  test_assert_node (work.run, work.a, CANCELLED);
  test_assert_node (work.run, work.c, CANCELLED);
  test_assert_node (work.run, work.d, DONE);
  g_assert_cmpuint (test_log_count (&work.bench.log, "b"), ==, 0);
  work_clear (&work);
}

static void
test_deadline_passed (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  TestBench bench;

  test_bench_init (&bench);
  test_add_sync (&bench, flow, "a", NULL);
  test_add_async (&bench, flow, "b", NULL);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GFlowRun) run = g_flow_run_new (flow);
      g_autoptr (GError) error = NULL;

      g_flow_run_set_deadline (run, g_get_monotonic_time () - 1);
      if (i == 0)
        g_assert_false (test_run_execute (run, NULL, &error));
      else
        g_assert_false (g_flow_run_execute_sync (run, NULL, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
      test_assert_run (run, FAILED);
      g_assert_cmpuint (test_log_length (&bench.log), ==, 0);
    }
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_deadline_kept (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  TestBench bench;
  TestLife runs;

  /* In time: nothing is left behind that would fire later. */
  test_bench_init (&bench);
  test_life_init (&runs);
  test_add_sync (&bench, flow, "a", NULL);
  for (guint i = 0; i < 10; i++)
    {
      g_autoptr (GFlowRun) run = g_flow_run_new (flow);
      g_autoptr (GError) error = NULL;

      test_life_watch (&runs, run);
      g_flow_run_set_deadline (run, g_get_monotonic_time () + test_time_limit ());
      g_assert_true (test_run_execute (run, NULL, &error));
      g_assert_no_error (error);
    }
  test_life_assert_over (&runs);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_deadline_sync (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  TestBench bench;
  TestJob *job;

  test_bench_init (&bench);
  test_add_sync (&bench, flow, "a", &job);
  job->forever = TRUE;
  run = g_flow_run_new (flow);
  g_flow_run_set_deadline (run, g_get_monotonic_time () + 20 * 1000);
  g_assert_false (g_flow_run_execute_sync (run, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

/* Dropped runs */

static void
test_dropped (void)
{
  Work work;
  g_autoptr (GError) error = NULL;
  GFlowRun *run;

  work_init (&work);
  work_start (&work, NULL);
  g_clear_object (&work.run);
  TEST_WAIT (work.result.calls > 0);
  g_assert_cmpint (work.bench.gauge.now, ==, 0);
  run = G_FLOW_RUN (work.result.source);
  g_assert_false (g_flow_run_execute_finish (run, work.result.result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_run (run, CANCELLED);
  test_assert_node (run, work.a, CANCELLED);
  g_assert_cmpuint (test_log_count (&work.bench.log, "b"), ==, 0);
  work_clear (&work);
}

static void
test_dropped_at_once (void)
{
  Work work;
  g_autoptr (GError) error = NULL;

  work_init (&work);
  g_flow_run_execute (work.run, NULL, test_result_cb, &work.result);
  g_clear_object (&work.run);
  TEST_WAIT (work.result.calls > 0);
  g_assert_false (g_flow_run_execute_finish (G_FLOW_RUN (work.result.source), work.result.result,
                                             &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (work.bench.gauge.now, ==, 0);
  work_clear (&work);
}

static void
test_dropped_without_callback (void)
{
  Work work;

  work_init (&work);
  g_flow_run_execute (work.run, NULL, NULL, NULL);
  TEST_WAIT (g_atomic_int_get (&work.bench.gauge.total) == 3);
  g_clear_object (&work.run);
  g_clear_object (&work.flow);
  work_clear (&work);
}

static gpointer
drop_thread (gpointer user_data)
{
  g_object_unref (user_data);

  return NULL;
}

static void
test_dropped_in_thread (void)
{
  Work work;
  GThread *thread;

  work_init (&work);
  work_start (&work, NULL);
  thread = g_thread_new ("drop", drop_thread, g_steal_pointer (&work.run));
  TEST_WAIT (work.result.calls > 0);
  g_thread_join (thread);
  g_assert_cmpint (work.bench.gauge.now, ==, 0);
  test_assert_run (G_FLOW_RUN (work.result.source), CANCELLED);
  work_clear (&work);
}

/* While it starts, runs and ends: whatever comes first, it ends once. */
static void
test_dropped_in_thread_any_time (void)
{
  for (guint i = 0; i < 300; i++)
    {
      g_autoptr (GFlow) flow = g_flow_new ();
      TestBench bench;
      TestResult result;
      GFlowRun *run;
      GThread *thread;

      test_bench_init (&bench);
      test_result_init (&result);
      for (guint k = 0; k < i % 4; k++)
        {
          test_add_sync (&bench, flow, NULL, NULL);
          test_add_async (&bench, flow, NULL, NULL);
        }
      run = g_flow_run_new (flow);
      test_life_watch (&bench.life, run);
      g_flow_run_execute (run, NULL, test_result_cb, &result);
      for (guint k = 0; k < i % 8; k++)
        g_main_context_iteration (NULL, FALSE);
      thread = g_thread_new ("drop", drop_thread, run);
      TEST_WAIT (result.calls > 0);
      g_thread_join (thread);
      g_assert_cmpint (bench.gauge.now, ==, 0);
      test_result_clear (&result);
      g_clear_object (&flow);
      test_bench_clear (&bench);
    }
}

static void
test_dropped_by_flow_execute (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  TestBench bench;
  TestJob *job;

  /* A run that the flow started is held by the operation. */
  test_bench_init (&bench);
  test_add_async (&bench, flow, "a", &job);
  job->msec = 20;
  g_flow_execute (flow, NULL, NULL, NULL);
  TEST_WAIT (g_atomic_int_get (&job->ended) == 1);
  g_assert_cmpint (job->cancelled, ==, 0);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/cancel/run", test_run);
  g_test_add_func ("/cancel/run-from-thread", test_run_from_thread);
  g_test_add_func ("/cancel/cancellable", test_cancellable);
  g_test_add_func ("/cancel/cancellable-in-dialog", test_cancellable_in_dialog);
  g_test_add_func ("/cancel/cancellable-from-thread", test_cancellable_from_thread);
  g_test_add_func ("/cancel/own-cancellable", test_own_cancellable);
  g_test_add_data_func ("/cancel/before-execute/run", GINT_TO_POINTER (FALSE), test_before_execute);
  g_test_add_data_func ("/cancel/before-execute/cancellable", GINT_TO_POINTER (TRUE),
                        test_before_execute);
  g_test_add_data_func ("/cancel/right-after-execute/run", GINT_TO_POINTER (FALSE),
                        test_right_after_execute);
  g_test_add_data_func ("/cancel/right-after-execute/cancellable", GINT_TO_POINTER (TRUE),
                        test_right_after_execute);
  g_test_add_func ("/cancel/flow-cancelled-before", test_flow_cancelled_before);
  g_test_add_func ("/cancel/after-end", test_after_end);
  g_test_add_data_func ("/cancel/from-body/worker", GINT_TO_POINTER (G_FLOW_PLACEMENT_WORKER),
                        test_from_body);
  g_test_add_data_func ("/cancel/from-body/context", GINT_TO_POINTER (G_FLOW_PLACEMENT_CONTEXT),
                        test_from_body);
  g_test_add_data_func ("/cancel/node/running-sync", GINT_TO_POINTER (FALSE), test_node_running);
  g_test_add_data_func ("/cancel/node/running-async", GINT_TO_POINTER (TRUE), test_node_running);
  g_test_add_func ("/cancel/node/waiting", test_node_waiting);
  g_test_add_func ("/cancel/node/of-new-run", test_node_of_new_run);
  g_test_add_func ("/cancel/node/before-start", test_node_before_start);
  g_test_add_func ("/cancel/node/error-cancelled", test_node_error_cancelled);
  g_test_add_func ("/cancel/node/failure-was-first", test_failure_beats_node);
  g_test_add_func ("/cancel/deaf-body", test_deaf_body);
  g_test_add_func ("/cancel/sync-from-thread", test_sync_from_thread);
  g_test_add_func ("/cancel/deadline/passes", test_deadline);
  g_test_add_func ("/cancel/deadline/has-passed", test_deadline_passed);
  g_test_add_func ("/cancel/deadline/kept", test_deadline_kept);
  g_test_add_func ("/cancel/deadline/sync", test_deadline_sync);
  g_test_add_func ("/cancel/dropped/running", test_dropped);
  g_test_add_func ("/cancel/dropped/at-once", test_dropped_at_once);
  g_test_add_func ("/cancel/dropped/without-callback", test_dropped_without_callback);
  g_test_add_func ("/cancel/dropped/in-thread", test_dropped_in_thread);
  g_test_add_func ("/cancel/dropped/in-thread-any-time", test_dropped_in_thread_any_time);
  g_test_add_func ("/cancel/dropped/not-if-flow-execute", test_dropped_by_flow_execute);

  return g_test_run ();
}
