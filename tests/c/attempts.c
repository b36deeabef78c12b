/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Timeouts and retries. */

#include "test-bench.h"

#include <string.h>

/* before → tried → after; all tests are of every kind of body. */
typedef enum
{
  KIND_SYNC,
  KIND_CONTEXT,
  KIND_ASYNC,
} Kind;

typedef struct
{
  TestBench  bench;
  GFlow     *flow;
  GFlowRun  *run;
  GFlowNode *before;
  GFlowNode *tried;
  GFlowNode *after;
  TestJob   *job;
  TestJob   *next;
} Work;

static void
work_init (Work *self,
           Kind  kind)
{
  GFlowNode *(*const add[]) (TestBench *, GFlow *, const char *, TestJob **) = {
    test_add_sync, test_add_context, test_add_async,
  };

  test_bench_init (&self->bench);
  self->flow = g_flow_new ();
  test_life_watch (&self->bench.life, self->flow);
  self->before = test_add_sync (&self->bench, self->flow, "before", NULL);
  self->tried = add[kind] (&self->bench, self->flow, "tried", &self->job);
  self->after = test_add_sync (&self->bench, self->flow, "after", &self->next);
  g_flow_node_add_upstream (self->tried, self->before);
  g_flow_node_add_upstream (self->after, self->tried);
  self->run = g_flow_run_new (self->flow);
  test_life_watch (&self->bench.life, self->run);
}

static void
work_clear (Work *self)
{
  g_clear_object (&self->run);
  g_clear_object (&self->flow);
  test_bench_clear (&self->bench);
}

static void
test_succeeds_at_last (gconstpointer kind)
{
  Work work;
  g_autoptr(GError) error = NULL;

  work_init (&work, GPOINTER_TO_INT (kind));
  test_job_fail (work.job, "not yet");
  work.job->failures = 2;
  work.job->result = 7;
  g_flow_node_set_max_retries (work.tried, 2);
  g_flow_run_set_keep_results (work.run, TRUE);

  g_assert_true (test_run_execute (work.run, NULL, &error));
  g_assert_no_error (error);
  test_assert_log (&work.bench.log, "before tried tried tried after");
  test_assert_run (work.run, DONE);
  test_assert_node (work.run, work.tried, DONE);
  g_assert_null (g_flow_run_get_node_error (work.run, work.tried));
  g_assert_cmpuint (g_list_model_get_n_items (g_flow_run_get_errors (work.run)), ==, 0);
  g_assert_cmpint (g_value_get_int (g_flow_run_get_result (work.run, work.tried)), ==, 7);
  g_assert_cmpuint (g_flow_run_get_n_done (work.run), ==, 3);
  work_clear (&work);
}

static void
test_fails_at_last (gconstpointer kind)
{
  Work work;
  g_autoptr(GError) error = NULL;

  work_init (&work, GPOINTER_TO_INT (kind));
  test_job_fail (work.job, "never");
  g_flow_node_set_max_retries (work.tried, 3);

  g_assert_false (test_run_execute (work.run, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_cmpint (work.job->runs, ==, 4);
  test_assert_node (work.run, work.tried, FAILED);
  test_assert_node (work.run, work.after, SKIPPED);
  g_assert_cmpuint (g_list_model_get_n_items (g_flow_run_get_errors (work.run)), ==, 1);
  work_clear (&work);
}

static void
test_sync_call (void)
{
  Work work;
  g_autoptr(GError) error = NULL;

  work_init (&work, KIND_SYNC);
  test_job_fail (work.job, "not yet");
  work.job->failures = 1;
  g_flow_node_set_max_retries (work.tried, 1);
  g_assert_true (g_flow_run_execute_sync (work.run, NULL, &error));
  g_assert_no_error (error);
  test_assert_log (&work.bench.log, "before tried tried after");
  work_clear (&work);
}

/* A result that was set by an attempt that then fails. */
static gboolean
set_result_and_fail (GFlowNode  *node,
                     GFlowRun   *run,
                     gpointer    user_data,
                     GError    **error)
{
  int *attempts = user_data;

  *attempts += 1;
  g_flow_run_set_result_variant (run, node, g_variant_new_int32 (*attempts));
  if (*attempts < 3)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BUSY, "busy");
      return FALSE;
    }
  return TRUE;
}

static void
test_result (void)
{
  g_autoptr(GFlow) flow = g_flow_new ();
  g_autoptr(GFlowRun) run = NULL;
  g_autoptr(GVariant) result = NULL;
  int attempts = 0;
  GFlowNode *node = g_flow_add (flow, "node", set_result_and_fail, &attempts, NULL, NULL);

  g_flow_node_set_max_retries (node, 5);
  run = test_execute_well (flow);
  result = g_flow_run_dup_result_variant (run, node);
  g_assert_cmpint (g_variant_get_int32 (result), ==, 3);
}

typedef struct
{
  GMainContext *context;
  guint         asked;
  guint         yes;
} Filter;

static gboolean
should_retry_cb (GFlowNode *node,
                 GFlowRun  *run,
                 GError    *error,
                 guint      attempt,
                 gpointer   user_data)
{
  Filter *filter = user_data;

  test_assert_context (filter->context);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  test_assert_node (run, node, WAITING);
  filter->asked++;
  g_assert_cmpuint (attempt, ==, filter->asked);
  return attempt <= filter->yes;
}

static void
test_filter (gconstpointer kind)
{
  Work work;
  Filter filter = { .yes = 2 };
  g_autoptr(GError) error = NULL;

  work_init (&work, GPOINTER_TO_INT (kind));
  filter.context = work.bench.context;
  test_job_fail (work.job, "not worth it");
  g_flow_node_set_max_retries (work.tried, 10);
  g_signal_connect (work.tried, "should-retry", G_CALLBACK (should_retry_cb), &filter);

  g_assert_false (test_run_execute (work.run, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_cmpuint (filter.asked, ==, 3);
  g_assert_cmpint (work.job->runs, ==, 3);
  work_clear (&work);
}

static gboolean
pause_cb (GFlowNode *node,
          GFlowRun  *run,
          GError    *error,
          guint      attempt,
          gpointer   user_data)
{
  g_flow_run_pause (run);
  return TRUE;
}

/* Somebody has to decide: the next attempt waits until the run goes on. */
static void
test_decided_later (gconstpointer kind)
{
  Work work;
  TestResult result;

  work_init (&work, GPOINTER_TO_INT (kind));
  test_result_init (&result);
  test_job_fail (work.job, "not yet");
  work.job->failures = 1;
  g_flow_node_set_max_retries (work.tried, 1);
  g_signal_connect (work.tried, "should-retry", G_CALLBACK (pause_cb), NULL);
  g_flow_run_execute (work.run, NULL, test_result_cb, &result);
  TEST_WAIT (g_flow_run_get_paused (work.run));
  test_settle (20);
  g_assert_cmpint (work.job->runs, ==, 1);
  test_assert_run (work.run, RUNNING);
  g_flow_run_resume (work.run);
  TEST_WAIT (result.calls > 0);
  test_assert_run (work.run, DONE);
  g_assert_cmpint (work.job->runs, ==, 2);
  test_result_clear (&result);
  work_clear (&work);
}

typedef struct
{
  TestGate *gate;
  TestJob  *other;
  gboolean  cancels;
  guint     asked;
} Dialog;

/* As a dialog that runs a main loop. */
static gboolean
dialog_cb (GFlowNode *node,
           GFlowRun  *run,
           GError    *error,
           guint      attempt,
           gpointer   user_data)
{
  Dialog *dialog = user_data;

  dialog->asked++;
  test_gate_open (dialog->gate);
  TEST_WAIT (g_atomic_int_get (&dialog->other->runs) == 2);
  if (dialog->cancels)
    {
      g_flow_run_cancel_node (run, node);
      test_settle (5);
    }
  return TRUE;
}

/* Meanwhile attempts at other nodes fail, too, and are decided; or the node is cancelled. */
static void
test_decided_in_dialog (gconstpointer data)
{
  Work work;
  TestGate gate;
  Dialog dialog = { .gate = &gate, .cancels = GPOINTER_TO_INT (data) };
  GFlowNode *other;

  work_init (&work, KIND_SYNC);
  test_gate_init (&gate);
  g_flow_set_max_threads (work.flow, 2);
  other = test_add_sync (&work.bench, work.flow, "other", &dialog.other);
  dialog.other->gate = &gate;
  for (guint i = 0; i < 2; i++)
    {
      GFlowNode *node = i == 0 ? work.tried : other;

      test_job_fail (test_job_of (node), "not yet");
      test_job_of (node)->failures = 1;
      g_flow_node_set_max_retries (node, 5);
      /* Would be waited for. */
      g_flow_node_set_retry_delay (node, dialog.cancels && i == 0 ? 1000 * 1000 : 1);
    }
  g_signal_connect (work.tried, "should-retry", G_CALLBACK (dialog_cb), &dialog);
  test_run_execute (work.run, NULL, NULL);
  g_assert_cmpuint (dialog.asked, ==, 1);
  g_assert_cmpint (work.job->runs, ==, dialog.cancels ? 1 : 2);
  g_assert_cmpint (dialog.other->runs, ==, 2);
  g_assert_cmpuint (g_flow_run_get_n_done (work.run), ==, 4);
  test_assert_node (work.run, other, DONE);
  if (dialog.cancels)
    test_assert_node (work.run, work.tried, CANCELLED);
  else
    test_assert_run (work.run, DONE);
  test_gate_clear (&gate);
  work_clear (&work);
}

static void
test_never_after_cancellation (void)
{
  Work work;
  g_autoptr(GError) error = NULL;

  work_init (&work, KIND_SYNC);
  work.job->error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "by itself");
  g_flow_node_set_max_retries (work.tried, 10);
  g_assert_false (test_run_execute (work.run, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (work.job->runs, ==, 1);
  test_assert_node (work.run, work.tried, CANCELLED);
  work_clear (&work);
}

/* The delays grow, and what waits is told so. */
static void
test_delays (void)
{
  Work work;
  TestResult result;
  gint64 began;

  work_init (&work, KIND_SYNC);
  test_result_init (&result);
  test_job_fail (work.job, "not yet");
  work.job->failures = 3;
  g_flow_node_set_max_retries (work.tried, 3);
  g_flow_node_set_retry_delay (work.tried, 10);
  g_flow_node_set_retry_factor (work.tried, 2.0);

  began = g_get_monotonic_time ();
  g_flow_run_execute (work.run, NULL, test_result_cb, &result);
  TEST_WAIT (result.calls > 0);
  g_assert_true (g_flow_run_execute_finish (work.run, result.result, NULL));
  /* 10 + 20 + 40, and not less */
  g_assert_cmpint (g_get_monotonic_time () - began, >=, 70000);
  test_result_clear (&result);
  work_clear (&work);
}

/* In how many seconds the node is tried again, as it says; 0 if it does not. */
static guint
get_delay (GFlowRun  *run,
           GFlowNode *node)
{
  g_autofree char *reason = g_flow_run_dup_node_reason (run, node);
  const char *start = "Is tried again in ";

  return reason != NULL && g_str_has_prefix (reason, start)
           ? (guint) g_ascii_strtoull (reason + strlen (start), NULL, 10) : 0;
}

static guint
count_delays (GFlowRun *run,
              GFlow    *flow)
{
  const guint n = g_list_model_get_n_items (G_LIST_MODEL (flow));
  guint n_delays = 0;

  for (guint i = 0; i < n; i++)
    {
      g_autoptr(GFlowNode) node = g_list_model_get_item (G_LIST_MODEL (flow), i);

      n_delays += get_delay (run, node) > 0;
    }
  return n_delays;
}

static gboolean
fail_body (GFlowNode  *node,
           GFlowRun   *run,
           gpointer    user_data,
           GError    **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BUSY, "not yet");
  return FALSE;
}

/* What failed together does not come back together, and none waits for longer than a day. */
static void
test_jitter (void)
{
  const guint hour = 60 * 60, day = 24 * hour, n_nodes = 40;
  g_autoptr(GFlow) flow = g_flow_new ();
  g_autoptr(GFlowRun) run = NULL;
  TestResult result;
  guint least = G_MAXUINT, most = 0;

  for (guint i = 0; i < n_nodes; i++)
    {
      GFlowNode *node = g_flow_add (flow, NULL, fail_body, NULL, NULL, NULL);

      g_flow_node_set_max_retries (node, 1);
      g_flow_node_set_retry_delay (node, i == 0 ? G_MAXUINT : hour * 1000);
      g_flow_node_set_retry_jitter (node, i == 0 ? 0 : 0.5);
    }
  run = g_flow_run_new (flow);
  test_result_init (&result);
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  TEST_WAIT (count_delays (run, flow) == n_nodes);
  for (guint i = 0; i < n_nodes; i++)
    {
      g_autoptr(GFlowNode) node = g_list_model_get_item (G_LIST_MODEL (flow), i);
      const guint delay = get_delay (run, node);

      if (i == 0)
        {
          g_assert_cmpuint (delay, <=, day);
          g_assert_cmpuint (delay, >, day - hour);
          continue;
        }
      least = MIN (least, delay);
      most = MAX (most, delay);
    }
  /* One in 10^7 that forty of them are not as far apart as this. */
  g_assert_cmpuint (least, <, hour);
  g_assert_cmpuint (least, >, hour / 2 - 120);
  g_assert_cmpuint (most, >, hour);
  g_assert_cmpuint (most, <=, hour / 2 * 3);

  g_flow_run_cancel (run);
  TEST_WAIT (result.calls > 0);
  test_result_clear (&result);
}

static gboolean
has_reason (GFlowRun   *run,
            GFlowNode  *node,
            const char *expected)
{
  g_autofree char *reason = g_flow_run_dup_node_reason (run, node);

  return g_strcmp0 (reason, expected) == 0;
}

/* What waits holds no lock, and says why it waits. */
static void
test_wait (gconstpointer kind)
{
  Work work;
  TestResult result;
  g_autoptr(GFlowLock) lock = g_flow_lock_new ();

  work_init (&work, GPOINTER_TO_INT (kind));
  test_result_init (&result);
  test_job_fail (work.job, "not yet");
  work.job->failures = 1;
  g_flow_node_set_max_retries (work.tried, 1);
  g_flow_node_set_retry_delay (work.tried, 1000 * 60 * 60);
  g_flow_node_add_lock (work.tried, lock);

  g_flow_run_execute (work.run, NULL, test_result_cb, &result);
  TEST_WAIT (g_atomic_int_get (&work.job->ended) == 1 &&
             g_flow_run_get_node_state (work.run, work.tried) == G_FLOW_NODE_STATE_WAITING);
  TEST_WAIT (g_flow_lock_try_acquire (lock));
  g_flow_lock_release (lock);

  TEST_WAIT (has_reason (work.run, work.tried,
                         "Is tried again in 3600 seconds, after attempt 1 has failed"));

  /* To cancel it ends the wait at once. */
  g_flow_run_cancel (work.run);
  TEST_WAIT (result.calls > 0);
  test_assert_run (work.run, CANCELLED);
  test_assert_node (work.run, work.tried, CANCELLED);
  test_assert_node (work.run, work.after, CANCELLED);
  test_result_clear (&result);
  work_clear (&work);
}

static void
test_cancel_node (gconstpointer kind)
{
  Work work;
  TestResult result;

  work_init (&work, GPOINTER_TO_INT (kind));
  test_result_init (&result);
  test_job_fail (work.job, "not yet");
  g_flow_node_set_max_retries (work.tried, 1);
  g_flow_node_set_retry_delay (work.tried, 1000 * 60 * 60);

  g_flow_run_execute (work.run, NULL, test_result_cb, &result);
  TEST_WAIT (g_flow_run_get_node_state (work.run, work.tried) == G_FLOW_NODE_STATE_WAITING &&
             g_atomic_int_get (&work.job->ended) == 1);
  g_flow_run_cancel_node (work.run, work.tried);
  TEST_WAIT (result.calls > 0);
  test_assert_run (work.run, CANCELLED);
  test_assert_node (work.run, work.tried, CANCELLED);
  test_assert_node (work.run, work.after, SKIPPED);
  test_result_clear (&result);
  work_clear (&work);
}

/* Another node fails, and nothing new is to start: the one that waits has failed. */
static gboolean
take_lock_cb (GFlowNode *node,
              GFlowRun  *run,
              GError    *error,
              guint      attempt,
              GFlowLock *lock)
{
  g_assert_true (g_flow_lock_try_acquire (lock));
  return TRUE;
}

/* The wait is over, and there is to be another attempt, when another node stops the run: it was run,
 * and has failed. */
static void
test_halted_after_wait (gconstpointer kind)
{
  g_autoptr (GFlowLock) lock = g_flow_lock_new ();
  g_autofree char *reason = NULL;
  Work work;
  TestResult result;
  TestGate gate;
  TestJob *other;

  work_init (&work, GPOINTER_TO_INT (kind));
  test_gate_init (&gate);
  test_result_init (&result);
  test_job_fail (work.job, "not yet");
  g_flow_node_set_max_retries (work.tried, 1);
  g_flow_node_set_retry_delay (work.tried, 0);
  g_flow_node_add_lock (work.tried, lock);
  g_signal_connect (work.tried, "should-retry", G_CALLBACK (take_lock_cb), lock);
  test_add_sync (&work.bench, work.flow, "other", &other);
  test_job_fail (other, "for good");
  other->gate = &gate;
  g_flow_set_max_threads (work.flow, 2);
  g_flow_run_set_on_error (work.run, G_FLOW_ON_ERROR_FINISH_RUNNING);

  g_flow_run_execute (work.run, NULL, test_result_cb, &result);
  TEST_WAIT (g_flow_run_get_node_state (work.run, work.tried) == G_FLOW_NODE_STATE_LOCKED &&
             g_atomic_int_get (&work.job->ended) == 1);
  test_gate_open (&gate);
  TEST_WAIT (result.calls > 0);
  test_assert_node (work.run, work.tried, FAILED);
  test_assert_node (work.run, work.after, SKIPPED);
  reason = g_flow_run_dup_node_reason (work.run, work.after);
  test_assert_contains (reason, "“tried” failed");
  g_assert_cmpuint (g_list_model_get_n_items (g_flow_run_get_errors (work.run)), ==, 2);
  g_assert_cmpint (work.job->runs, ==, 1);
  g_flow_lock_release (lock);
  test_gate_clear (&gate);
  test_result_clear (&result);
  work_clear (&work);
}

static void
test_halted (void)
{
  Work work;
  TestResult result;
  TestGate gate;
  TestJob *other;

  work_init (&work, KIND_SYNC);
  test_gate_init (&gate);
  test_result_init (&result);
  test_job_fail (work.job, "not yet");
  g_flow_node_set_max_retries (work.tried, 1);
  g_flow_node_set_retry_delay (work.tried, 1000 * 60 * 60);
  test_add_sync (&work.bench, work.flow, "other", &other);
  test_job_fail (other, "for good");
  other->gate = &gate;
  g_flow_set_max_threads (work.flow, 2);
  g_flow_run_set_on_error (work.run, G_FLOW_ON_ERROR_FINISH_RUNNING);

  g_flow_run_execute (work.run, NULL, test_result_cb, &result);
  TEST_WAIT (g_flow_run_get_node_state (work.run, work.tried) == G_FLOW_NODE_STATE_WAITING &&
             g_atomic_int_get (&work.job->ended) == 1);
  test_gate_open (&gate);
  TEST_WAIT (result.calls > 0);
  test_assert_run (work.run, FAILED);
  test_assert_node (work.run, work.tried, FAILED);
  g_assert_cmpint (work.job->runs, ==, 1);
  test_gate_clear (&gate);
  test_result_clear (&result);
  work_clear (&work);
}

static void
test_timeout (gconstpointer kind)
{
  Work work;
  g_autoptr(GError) error = NULL;

  work_init (&work, GPOINTER_TO_INT (kind));
  work.job->forever = TRUE;
  work.job->in_context = FALSE;
  g_flow_node_set_timeout (work.tried, 20);

  g_assert_false (test_run_execute (work.run, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  test_assert_contains (error->message, "“tried”");
  test_assert_contains (error->message, "20 milliseconds");
  g_assert_cmpint (work.job->cancelled, ==, 1);
  test_assert_run (work.run, FAILED);
  test_assert_node (work.run, work.tried, FAILED);
  test_assert_node (work.run, work.after, SKIPPED);
  g_assert_false (g_cancellable_is_cancelled (g_flow_run_get_cancellable (work.run)));
  work_clear (&work);
}

/* A body that does not hear of it has failed all the same. */
static void
test_deaf (gconstpointer kind)
{
  Work work;
  g_autoptr(GError) error = NULL;

  work_init (&work, GPOINTER_TO_INT (kind));
  work.job->deaf = TRUE;
  work.job->msec = 50;
  g_flow_node_set_timeout (work.tried, 5);
  g_assert_false (test_run_execute (work.run, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  test_assert_node (work.run, work.tried, FAILED);
  work_clear (&work);
}

static void
test_in_time (gconstpointer kind)
{
  Work work;

  work_init (&work, GPOINTER_TO_INT (kind));
  g_flow_node_set_timeout (work.tried, 1000 * 60 * 60);
  g_assert_true (test_run_execute (work.run, NULL, NULL));
  test_assert_node (work.run, work.tried, DONE);
  work_clear (&work);
}

/* Every attempt has its own time, and its own cancellable. */
typedef struct
{
  guint         n;
  GCancellable *last;
} Attempts;

static gboolean
slow_at_first (GFlowNode  *node,
               GFlowRun   *run,
               gpointer    user_data,
               GError    **error)
{
  Attempts *attempts = user_data;
  GCancellable *cancellable = g_flow_run_get_node_cancellable (run, node);
  GPollFD fd;

  g_assert_true (cancellable != attempts->last);
  g_assert_false (g_cancellable_is_cancelled (cancellable));
  attempts->last = cancellable;
  if (++attempts->n == 3)
    return TRUE;

  g_assert_true (g_cancellable_make_pollfd (cancellable, &fd));
  while (!g_cancellable_is_cancelled (cancellable))
    g_poll (&fd, 1, 1000);
  g_cancellable_release_fd (cancellable);
  return !g_cancellable_set_error_if_cancelled (cancellable, error);
}

static void
test_timeout_and_retry (void)
{
  g_autoptr(GFlow) flow = g_flow_new ();
  g_autoptr(GFlowRun) run = NULL;
  Attempts attempts = { 0 };
  GFlowNode *node = g_flow_add (flow, "node", slow_at_first, &attempts, NULL, NULL);

  g_flow_node_set_timeout (node, 10);
  g_flow_node_set_max_retries (node, 2);
  run = test_execute_well (flow);
  g_assert_cmpuint (attempts.n, ==, 3);
}

/* A flow as a node. */
static void
test_subflow (void)
{
  TestBench bench;
  TestJob *job;
  g_autoptr(GError) error = NULL;
  GFlow *inner = g_flow_new (), *outer = g_flow_new ();

  test_bench_init (&bench);
  test_life_watch (&bench.life, inner);
  test_life_watch (&bench.life, outer);
  test_add_async (&bench, inner, "inner", &job);
  test_job_fail (job, "not yet");
  job->failures = 2;

  GFlowNode *node = g_flow_add_flow (outer, "outer", inner, NULL);

  g_flow_node_set_max_retries (node, 2);
  g_object_unref (test_execute_well (outer));
  g_assert_cmpint (job->runs, ==, 3);

  job->forever = TRUE;
  g_flow_node_set_timeout (node, 10);
  g_flow_node_set_max_retries (node, 1);
  g_assert_null (test_execute (outer, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_cmpint (job->runs, ==, 5);

  g_object_unref (outer);
  g_object_unref (inner);
  test_bench_clear (&bench);
}

/* A funnel, where nodes are counted off together, and every third is tried twice. */
static void
test_many (gconstpointer n_threads)
{
  TestBench bench;
  GFlow *flow = g_flow_new ();
  GFlowNode *end = NULL;
  g_autoptr(GPtrArray) jobs = g_ptr_array_new ();
  const guint n = 300;

  test_bench_init (&bench);
  test_life_watch (&bench.life, flow);
  g_flow_set_max_threads (flow, GPOINTER_TO_UINT (n_threads));
  end = test_add_sync (&bench, flow, "end", NULL);
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *name = g_strdup_printf ("n%u", i);
      TestJob *job;
      GFlowNode *node = test_add_sync (&bench, flow, name, &job);

      g_ptr_array_add (jobs, job);
      g_flow_node_add_upstream (end, node);
      if (i % 3 != 0)
        continue;

      test_job_fail (job, "not yet");
      job->failures = 1;
      g_flow_node_set_max_retries (node, 1);
    }

  g_autoptr(GFlowRun) run = test_execute_well (flow);

  g_assert_cmpuint (g_flow_run_get_n_done (run), ==, n + 1);
  g_assert_cmpint (test_log_index (&bench.log, "end"), ==, n + n / 3);
  for (guint i = 0; i < n; i++)
    g_assert_cmpint (((TestJob *) jobs->pdata[i])->runs, ==, i % 3 == 0 ? 2 : 1);
  g_clear_object (&run);
  g_object_unref (flow);
  test_bench_clear (&bench);
}

static void
test_properties (void)
{
  g_autoptr(GFlowNode) node = g_flow_node_new ("node", test_body_nothing, NULL, NULL);
  guint timeout, max_retries, delay;
  double factor, jitter;

  g_object_get (node, "timeout", &timeout, "max-retries", &max_retries, "retry-delay", &delay,
                "retry-factor", &factor, "retry-jitter", &jitter, NULL);
  g_assert_cmpuint (timeout, ==, 0);
  g_assert_cmpuint (max_retries, ==, 0);
  g_assert_cmpuint (delay, ==, 0);
  g_assert_cmpfloat (factor, ==, 1.0);
  g_assert_cmpfloat (jitter, ==, 0.0);

  g_object_set (node, "timeout", 1, "max-retries", 2, "retry-delay", 3,
                "retry-factor", 4.0, "retry-jitter", 0.5, NULL);
  g_assert_cmpuint (g_flow_node_get_timeout (node), ==, 1);
  g_assert_cmpuint (g_flow_node_get_max_retries (node), ==, 2);
  g_assert_cmpuint (g_flow_node_get_retry_delay (node), ==, 3);
  g_assert_cmpfloat (g_flow_node_get_retry_factor (node), ==, 4.0);
  g_assert_cmpfloat (g_flow_node_get_retry_jitter (node), ==, 0.5);
}

int
main (int    argc,
      char **argv)
{
  static const struct
  {
    const char *name;
    Kind        kind;
  } kinds[] = { { "sync", KIND_SYNC }, { "context", KIND_CONTEXT }, { "async", KIND_ASYNC } };
  static const struct
  {
    const char    *name;
    GTestDataFunc  func;
    gboolean       blocks_context;
  } tests[] = {
    { "succeeds-at-last", test_succeeds_at_last },
    { "fails-at-last", test_fails_at_last },
    { "filter", test_filter },
    { "decided-later", test_decided_later },
    { "wait", test_wait },
    { "cancel-node", test_cancel_node },
    { "timeout", test_timeout, TRUE },
    { "deaf", test_deaf, TRUE },
    { "in-time", test_in_time },
    { "halted-after-wait", test_halted_after_wait },
  };

  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    for (guint k = 0; k < G_N_ELEMENTS (kinds); k++)
      {
        g_autofree char *path =
          g_strdup_printf ("/attempts/%s/%s", tests[i].name, kinds[k].name);

        /* A body in the context keeps the timer from coming. */
        if (!tests[i].blocks_context || kinds[k].kind != KIND_CONTEXT)
          g_test_add_data_func (path, GINT_TO_POINTER (kinds[k].kind), tests[i].func);
      }
  g_test_add_data_func ("/attempts/decided-in-dialog", GINT_TO_POINTER (FALSE),
                        test_decided_in_dialog);
  g_test_add_data_func ("/attempts/cancelled-in-dialog", GINT_TO_POINTER (TRUE),
                        test_decided_in_dialog);
  g_test_add_func ("/attempts/sync-call", test_sync_call);
  g_test_add_func ("/attempts/result", test_result);
  g_test_add_func ("/attempts/never-after-cancellation", test_never_after_cancellation);
  g_test_add_func ("/attempts/delays", test_delays);
  g_test_add_func ("/attempts/jitter", test_jitter);
  g_test_add_func ("/attempts/halted", test_halted);
  g_test_add_func ("/attempts/timeout-and-retry", test_timeout_and_retry);
  g_test_add_func ("/attempts/subflow", test_subflow);
  g_test_add_data_func ("/attempts/many/1", GUINT_TO_POINTER (1), test_many);
  g_test_add_data_func ("/attempts/many/4", GUINT_TO_POINTER (4), test_many);
  g_test_add_func ("/attempts/properties", test_properties);

  return g_test_run ();
}
