/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What a failure means: errors, on-error, run-when, reasons. */

#include "test-bench.h"

#include <string.h>

static const GFlowOnError policies[] = {
  G_FLOW_ON_ERROR_SKIP_DEPENDANTS,
  G_FLOW_ON_ERROR_FINISH_RUNNING,
  G_FLOW_ON_ERROR_STOP,
  G_FLOW_ON_ERROR_IGNORE,
};

static void
assert_step (GFlowRun       *run,
             guint           position,
             GFlowNode      *node,
             GFlowNodeState  state)
{
  GListModel *errors = g_flow_run_get_errors (run);
  g_autoptr (GFlowStep) step = g_list_model_get_item (errors, position);
  g_autofree char *reason = NULL;

  g_assert_true (G_IS_FLOW_STEP (step));
  g_assert_true (g_flow_step_get_node (step) == node);
  g_assert_cmpint (g_flow_step_get_state (step), ==, state);
  g_assert_nonnull (g_flow_step_get_error (step));
  g_assert_true (g_error_matches (g_flow_step_get_error (step),
                                  g_flow_run_get_node_error (run, node)->domain,
                                  g_flow_run_get_node_error (run, node)->code));
  g_assert_cmpstr (g_flow_step_get_error (step)->message, ==,
                   g_flow_run_get_node_error (run, node)->message);
  reason = g_flow_step_dup_reason (step);
}

/* One after the other in the context: the order in time is certain. */
static void
test_errors_in_time (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  TestBench bench;
  TestJob *job;
  GFlowNode *nodes[5];

  test_bench_init (&bench);
  for (guint i = 0; i < G_N_ELEMENTS (nodes); i++)
    {
      g_autofree char *name = g_strdup_printf ("n%u", i);
      g_autofree char *message = g_strdup_printf ("Broken: %u", i);

      nodes[i] = test_add_context (&bench, flow, name, &job);
      if (i % 2 == 0)
        test_job_fail (job, message);
    }
  /* Not in the order of adding. */
  g_flow_node_add_upstream (nodes[0], nodes[4]);
  g_flow_node_add_upstream (nodes[2], nodes[0]);

  run = g_flow_run_new (flow);
  g_flow_run_set_on_error (run, G_FLOW_ON_ERROR_IGNORE);
  g_assert_false (test_run_execute (run, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_cmpstr (error->message, ==, "Broken: 4");
  g_assert_cmpstr (g_flow_run_get_error (run)->message, ==, "Broken: 4");
  g_assert_cmpuint (g_list_model_get_n_items (g_flow_run_get_errors (run)), ==, 3);
  assert_step (run, 0, nodes[4], G_FLOW_NODE_STATE_FAILED);
  assert_step (run, 1, nodes[0], G_FLOW_NODE_STATE_FAILED);
  assert_step (run, 2, nodes[2], G_FLOW_NODE_STATE_FAILED);
  test_assert_node (run, nodes[1], DONE);
  test_assert_node (run, nodes[3], DONE);

  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_error_untouched (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  GQuark domain = g_quark_from_static_string ("test-domain");
  TestBench bench;
  TestJob *job;
  GFlowNode *node;

  test_bench_init (&bench);
  node = async ? test_add_async (&bench, flow, "a", &job) : test_add_sync (&bench, flow, "a", &job);
  job->error = g_error_new_literal (domain, 4711, "Exactly this");
  run = g_flow_run_new (flow);
  g_assert_false (test_run_execute (run, NULL, &error));
  g_assert_error (error, domain, 4711);
  g_assert_cmpstr (error->message, ==, "Exactly this");
  g_assert_error (g_flow_run_get_error (run), domain, 4711);
  g_assert_error (g_flow_run_get_node_error (run, node), domain, 4711);
  g_assert_cmpstr (g_flow_run_get_node_error (run, node)->message, ==, "Exactly this");

  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static gboolean
body_wordless (GFlowNode  *node,
               GFlowRun   *run,
               gpointer    user_data,
               GError    **error)
{
  return FALSE;
}

static void
test_no_error_set (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (g_flow_add (flow, "wordless", body_wordless, NULL, NULL, NULL));
  g_assert_null (test_execute (flow, NULL, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_FAILED);
  test_assert_contains (error->message, "wordless");
}

static gboolean
body_contradiction (GFlowNode  *node,
                    GFlowRun   *run,
                    gpointer    user_data,
                    GError    **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "Never mind");

  return TRUE;
}

static void
test_error_but_true (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  GFlowNode *node;

  /* What it returns counts; the error is not leaked. */
  g_assert_nonnull (g_flow_add (flow, "worker", body_contradiction, NULL, NULL, NULL));
  node = g_flow_add (flow, "context", body_contradiction, NULL, NULL, NULL);
  g_flow_node_set_placement (node, G_FLOW_PLACEMENT_CONTEXT);
  g_object_unref (test_execute_well (flow));
}

static void
test_skip_dependants (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autofree char *reason = NULL;
  g_autofree char *far_reason = NULL;
  TestBench bench;
  TestJob *job;
  GFlowNode *bad;
  GFlowNode *good;
  GFlowNode *behind_bad;
  GFlowNode *far_behind;
  GFlowNode *behind_good;
  GFlowNode *behind_both;

  test_bench_init (&bench);
  bad = test_add_sync (&bench, flow, "bad", &job);
  test_job_fail (job, "It broke");
  good = test_add_async (&bench, flow, "good", &job);
  job->msec = 20;
  behind_bad = test_add_sync (&bench, flow, "behind-bad", NULL);
  far_behind = test_add_async (&bench, flow, "far-behind", NULL);
  behind_good = test_add_sync (&bench, flow, "behind-good", NULL);
  behind_both = test_add_context (&bench, flow, "behind-both", NULL);
  g_flow_node_add_upstream (behind_bad, bad);
  g_flow_node_add_upstream (far_behind, behind_bad);
  g_flow_node_add_upstream (behind_good, good);
  g_flow_node_after (behind_both, good, bad, NULL);

  run = g_flow_run_new (flow);
  g_assert_false (test_run_execute (run, NULL, NULL));
  test_assert_node (run, bad, FAILED);
  test_assert_node (run, good, DONE);
  test_assert_node (run, behind_bad, SKIPPED);
  test_assert_node (run, far_behind, SKIPPED);
  test_assert_node (run, behind_good, DONE);
  test_assert_node (run, behind_both, SKIPPED);
  g_assert_cmpuint (test_log_length (&bench.log), ==, 3);

  reason = g_flow_run_dup_node_reason (run, behind_bad);
  test_assert_contains (reason, "bad");
  far_reason = g_flow_run_dup_node_reason (run, far_behind);
  g_assert_nonnull (far_reason);
  g_assert_error (g_flow_run_get_node_error (run, behind_bad), G_FLOW_ERROR, G_FLOW_ERROR_SKIPPED);
  g_assert_error (g_flow_run_get_node_error (run, far_behind), G_FLOW_ERROR, G_FLOW_ERROR_SKIPPED);
  g_assert_null (g_flow_run_get_node_error (run, good));
  g_assert_cmpuint (g_list_model_get_n_items (g_flow_run_get_errors (run)), ==, 1);
  assert_step (run, 0, bad, G_FLOW_NODE_STATE_FAILED);

  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_nothing_new (gconstpointer data)
{
  GFlowOnError policy = GPOINTER_TO_INT (data);
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  TestBench bench;
  TestJob *job;
  TestJob *running_job;
  GFlowNode *running;
  GFlowNode *next;
  GFlowNode *bad;
  GFlowNode *waiting;
  gboolean stop = policy == G_FLOW_ON_ERROR_STOP;

  /* What runs when it breaks may finish, or is cancelled; nothing else starts. */
  test_bench_init (&bench);
  g_flow_set_max_threads (flow, 2);
  running = test_add_sync (&bench, flow, "running", &running_job);
  running_job->forever = stop;
  running_job->msec = stop ? 0 : 50;
  bad = test_add_sync (&bench, flow, "bad", &job);
  test_job_fail (job, "It broke");
  job->company = 2;
  next = test_add_sync (&bench, flow, "next", NULL);
  waiting = test_add_sync (&bench, flow, "waiting", NULL);
  g_flow_node_add_upstream (next, running);

  run = g_flow_run_new (flow);
  g_flow_run_set_on_error (run, policy);
  g_assert_false (test_run_execute (run, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  test_assert_run (run, FAILED);
  test_assert_node (run, bad, FAILED);
  test_assert_node (run, next, SKIPPED);
  test_assert_node (run, waiting, SKIPPED);
  if (stop)
    {
      test_assert_node (run, running, CANCELLED);
      g_assert_error (g_flow_run_get_node_error (run, running), G_IO_ERROR, G_IO_ERROR_CANCELLED);
    }
  else
    {
      test_assert_node (run, running, DONE);
    }
  g_assert_cmpint (running_job->cancelled, ==, stop ? 1 : 0);
  g_assert_cmpuint (test_log_length (&bench.log), ==, 2);

  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_ignore (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  TestBench bench;
  TestJob *job;
  GFlowNode *r1;
  GFlowNode *r2;
  GFlowNode *r3;

  /* As scenario 41: the errors in order, and all ran. */
  test_bench_init (&bench);
  r1 = test_add_sync (&bench, flow, "r1", NULL);
  r2 = test_add_sync (&bench, flow, "r2", &job);
  job->error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "Division by zero");
  r3 = test_add_async (&bench, flow, "r3", &job);
  job->error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "Not implemented");
  g_flow_node_add_upstream (r2, r1);
  g_flow_node_add_upstream (r3, r2);

  run = g_flow_run_new (flow);
  g_flow_run_set_on_error (run, G_FLOW_ON_ERROR_IGNORE);
  g_assert_false (test_run_execute (run, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
  test_assert_log (&bench.log, "r1 r2 r3");
  g_assert_cmpuint (g_list_model_get_n_items (g_flow_run_get_errors (run)), ==, 2);
  assert_step (run, 0, r2, G_FLOW_NODE_STATE_FAILED);
  assert_step (run, 1, r3, G_FLOW_NODE_STATE_FAILED);

  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

typedef struct
{
  TestBench  bench;
  GFlow     *flow;
  GFlowNode *work;
  GFlowNode *after;
  GFlowNode *clean_up;
  GFlowNode *handler;
  TestJob   *job;
} Cleaning;

/* work → after → clean_up, handler */
static void
cleaning_init (Cleaning *self)
{
  test_bench_init (&self->bench);
  self->flow = g_flow_new ();
  self->work = test_add_sync (&self->bench, self->flow, "work", &self->job);
  self->after = test_add_async (&self->bench, self->flow, "after", NULL);
  self->clean_up = test_add_sync (&self->bench, self->flow, "clean-up", NULL);
  self->handler = test_add_async (&self->bench, self->flow, "handler", NULL);
  g_flow_node_add_upstream (self->after, self->work);
  g_flow_node_add_upstream (self->clean_up, self->after);
  g_flow_node_add_upstream (self->handler, self->after);
  g_flow_node_set_run_when (self->clean_up, G_FLOW_RUN_WHEN_ALL_FINISHED);
  g_flow_node_set_run_when (self->handler, G_FLOW_RUN_WHEN_ANY_FAILED);
}

static void
cleaning_clear (Cleaning *self)
{
  g_clear_object (&self->flow);
  test_bench_clear (&self->bench);
}

static void
test_clean_up_success (void)
{
  Cleaning cleaning;
  g_autoptr (GFlowRun) run = NULL;
  g_autofree char *reason = NULL;

  cleaning_init (&cleaning);
  run = test_execute_well (cleaning.flow);
  test_assert_log (&cleaning.bench.log, "work after clean-up");
  test_assert_node (run, cleaning.clean_up, DONE);
  test_assert_node (run, cleaning.handler, SKIPPED);
  reason = g_flow_run_dup_node_reason (run, cleaning.handler);
  g_assert_nonnull (reason);
  g_assert_cmpuint (g_list_model_get_n_items (g_flow_run_get_errors (run)), ==, 0);

  g_clear_object (&run);
  cleaning_clear (&cleaning);
}

static void
test_clean_up_failure (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (policies); i++)
    {
      Cleaning cleaning;
      g_autoptr (GFlowRun) run = NULL;
      g_autoptr (GError) error = NULL;

      cleaning_init (&cleaning);
      test_job_fail (cleaning.job, "work broke");
      run = g_flow_run_new (cleaning.flow);
      g_flow_run_set_on_error (run, policies[i]);
      g_assert_false (test_run_execute (run, NULL, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
      g_assert_cmpstr (error->message, ==, "work broke");
      test_assert_run (run, FAILED);

      test_assert_node (run, cleaning.work, FAILED);
      test_assert_node (run, cleaning.clean_up, DONE);
      g_assert_cmpuint (test_log_count (&cleaning.bench.log, "clean-up"), ==, 1);
      if (policies[i] == G_FLOW_ON_ERROR_IGNORE)
        {
          test_assert_node (run, cleaning.after, DONE);
        }
      else
        {
          test_assert_node (run, cleaning.after, SKIPPED);
          test_assert_node (run, cleaning.handler, DONE);
          g_assert_cmpuint (test_log_count (&cleaning.bench.log, "handler"), ==, 1);
        }

      g_clear_object (&run);
      cleaning_clear (&cleaning);
    }
}

static void
test_clean_up_fails (void)
{
  Cleaning cleaning;
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;

  /* The failure of a clean-up never hides the first. */
  cleaning_init (&cleaning);
  test_job_fail (cleaning.job, "work broke");
  test_job_of (cleaning.clean_up)->error =
    g_error_new_literal (G_IO_ERROR, G_IO_ERROR_BUSY, "clean-up broke");
  run = g_flow_run_new (cleaning.flow);
  g_assert_false (test_run_execute (run, NULL, &error));
  g_assert_cmpstr (error->message, ==, "work broke");
  g_assert_cmpuint (g_list_model_get_n_items (g_flow_run_get_errors (run)), ==, 2);
  assert_step (run, 0, cleaning.work, G_FLOW_NODE_STATE_FAILED);
  assert_step (run, 1, cleaning.clean_up, G_FLOW_NODE_STATE_FAILED);

  g_clear_object (&run);
  cleaning_clear (&cleaning);
}

static void
test_clean_up_alone_fails (void)
{
  Cleaning cleaning;
  g_autoptr (GError) error = NULL;

  cleaning_init (&cleaning);
  test_job_fail (test_job_of (cleaning.clean_up), "clean-up broke");
  g_assert_null (test_execute (cleaning.flow, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  cleaning_clear (&cleaning);
}

static void
test_clean_up_cancelled (gconstpointer data)
{
  gboolean running = GPOINTER_TO_INT (data);
  Cleaning cleaning;
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  TestResult result;

  /* The job of the clean-up fails if its cancellable is cancelled. */
  cleaning_init (&cleaning);
  test_result_init (&result);
  cleaning.job->forever = TRUE;
  test_job_of (cleaning.clean_up)->msec = 5;
  run = g_flow_run_new (cleaning.flow);
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  if (running)
    TEST_WAIT (g_atomic_int_get (&cleaning.bench.gauge.now) == 1);
  g_flow_run_cancel (run);
  TEST_WAIT (result.calls > 0);
  g_assert_false (g_flow_run_execute_finish (run, result.result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_run (run, CANCELLED);
  test_assert_node (run, cleaning.work, CANCELLED);
  g_assert_cmpuint (test_log_count (&cleaning.bench.log, "after"), ==, 0);
  test_assert_node (run, cleaning.clean_up, DONE);
  g_assert_cmpuint (test_log_count (&cleaning.bench.log, "clean-up"), ==, 1);

  test_result_clear (&result);
  g_clear_object (&run);
  cleaning_clear (&cleaning);
}

static void
test_handler_satisfied (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  TestBench bench;
  GFlowNode *work;
  GFlowNode *handler;
  GFlowNode *next;

  /* work → handler → next: a handler with nothing to handle holds nobody up. */
  test_bench_init (&bench);
  work = test_add_sync (&bench, flow, "work", NULL);
  handler = test_add_sync (&bench, flow, "handler", NULL);
  next = test_add_async (&bench, flow, "next", NULL);
  g_flow_node_add_upstream (handler, work);
  g_flow_node_after (next, handler, work, NULL);
  g_flow_node_set_run_when (handler, G_FLOW_RUN_WHEN_ANY_FAILED);
  run = test_execute_well (flow);
  test_assert_log (&bench.log, "work next");
  test_assert_node (run, handler, SKIPPED);
  test_assert_node (run, next, DONE);

  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_handler_one_of_many (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  TestBench bench;
  TestJob *job;
  GFlowNode *handler;
  GFlowNode *far_handler;
  GFlowNode *dependant;

  /* One failure among many upstreams is enough; it runs when all have ended. */
  test_bench_init (&bench);
  handler = test_add_sync (&bench, flow, "handler", NULL);
  far_handler = test_add_sync (&bench, flow, "far-handler", NULL);
  dependant = test_add_sync (&bench, flow, "dependant", NULL);
  g_flow_node_set_run_when (handler, G_FLOW_RUN_WHEN_ANY_FAILED);
  g_flow_node_set_run_when (far_handler, G_FLOW_RUN_WHEN_ANY_FAILED);
  for (guint i = 0; i < 10; i++)
    {
      GFlowNode *node = i % 2 == 0 ? test_add_async (&bench, flow, NULL, &job)
                                   : test_add_sync (&bench, flow, NULL, &job);

      if (i == 4)
        {
          test_job_fail (job, "It broke");
          g_flow_node_add_upstream (dependant, node);
        }
      else
        {
          job->msec = i;
        }
      g_flow_node_add_upstream (handler, node);
    }
  g_flow_node_add_upstream (far_handler, dependant);
  run = g_flow_run_new (flow);
  g_assert_false (test_run_execute (run, NULL, NULL));
  test_assert_node (run, handler, DONE);
  test_assert_node (run, dependant, SKIPPED);
  test_assert_node (run, far_handler, DONE);
  g_assert_cmpuint (test_log_length (&bench.log), ==, 12);
  for (guint i = 0; i < 10; i++)
    g_assert_cmpint (g_atomic_int_get (&bench.gauge.now), ==, 0);

  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_run_when_roots (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  TestBench bench;
  GFlowNode *always;
  GFlowNode *never;

  test_bench_init (&bench);
  always = test_add_sync (&bench, flow, "always", NULL);
  never = test_add_sync (&bench, flow, "never", NULL);
  g_flow_node_set_run_when (always, G_FLOW_RUN_WHEN_ALL_FINISHED);
  g_flow_node_set_run_when (never, G_FLOW_RUN_WHEN_ANY_FAILED);
  run = test_execute_well (flow);
  test_assert_node (run, always, DONE);
  test_assert_node (run, never, SKIPPED);
  test_assert_log (&bench.log, "always");

  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_policy_of_flow (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  TestBench bench;
  TestJob *job;
  GFlowNode *a;
  GFlowNode *b;

  /* The flow's policy, unless the run has another. */
  test_bench_init (&bench);
  a = test_add_sync (&bench, flow, "a", &job);
  b = test_add_sync (&bench, flow, "b", NULL);
  test_job_fail (job, "It broke");
  g_flow_node_add_upstream (b, a);
  g_flow_set_on_error (flow, G_FLOW_ON_ERROR_IGNORE);
  g_assert_null (test_execute (flow, NULL, NULL));
  test_assert_log (&bench.log, "a b");

  for (guint i = 0; i < G_N_ELEMENTS (policies); i++)
    {
      g_autoptr (GFlowRun) run = g_flow_run_new (flow);

      g_flow_run_set_on_error (run, policies[i]);
      g_assert_false (test_run_execute (run, NULL, NULL));
      if (policies[i] == G_FLOW_ON_ERROR_IGNORE)
        test_assert_node (run, b, DONE);
      else
        test_assert_node (run, b, SKIPPED);
    }

  g_clear_object (&flow);
  test_bench_clear (&bench);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/policy/errors-in-time", test_errors_in_time);
  g_test_add_data_func ("/policy/error-untouched/sync", GINT_TO_POINTER (FALSE),
                        test_error_untouched);
  g_test_add_data_func ("/policy/error-untouched/async", GINT_TO_POINTER (TRUE),
                        test_error_untouched);
  g_test_add_func ("/policy/no-error-set", test_no_error_set);
  g_test_add_func ("/policy/error-but-true", test_error_but_true);
  g_test_add_func ("/policy/skip-dependants", test_skip_dependants);
  g_test_add_data_func ("/policy/finish-running", GINT_TO_POINTER (G_FLOW_ON_ERROR_FINISH_RUNNING),
                        test_nothing_new);
  g_test_add_data_func ("/policy/stop", GINT_TO_POINTER (G_FLOW_ON_ERROR_STOP), test_nothing_new);
  g_test_add_func ("/policy/ignore", test_ignore);
  g_test_add_func ("/policy/of-flow", test_policy_of_flow);
  g_test_add_func ("/policy/clean-up/success", test_clean_up_success);
  g_test_add_func ("/policy/clean-up/failure", test_clean_up_failure);
  g_test_add_func ("/policy/clean-up/fails", test_clean_up_fails);
  g_test_add_func ("/policy/clean-up/alone-fails", test_clean_up_alone_fails);
  g_test_add_data_func ("/policy/clean-up/cancelled-running", GINT_TO_POINTER (TRUE),
                        test_clean_up_cancelled);
  g_test_add_data_func ("/policy/clean-up/cancelled-early", GINT_TO_POINTER (FALSE),
                        test_clean_up_cancelled);
  g_test_add_func ("/policy/handler/satisfied", test_handler_satisfied);
  g_test_add_func ("/policy/handler/one-of-many", test_handler_one_of_many);
  g_test_add_func ("/policy/run-when-roots", test_run_when_roots);

  return g_test_run ();
}
