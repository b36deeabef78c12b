/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What people are told of a node: reasons and steps. */

#include "test-bench.h"

#include <string.h>

#define assert_reason(run, node, part)                                          \
  G_STMT_START                                                                  \
  {                                                                             \
    g_autofree char *_reason = g_flow_run_dup_node_reason (run, node);          \
    test_assert_contains (_reason, part);                                       \
    g_assert_null (strchr (_reason, '\n'));                                     \
  }                                                                             \
  G_STMT_END

#define assert_no_reason(run, node)                                             \
  G_STMT_START                                                                  \
  {                                                                             \
    g_autofree char *_reason = g_flow_run_dup_node_reason (run, node);          \
    g_assert_null (_reason);                                                    \
  }                                                                             \
  G_STMT_END

static void
test_waiting (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GFlowLock) lock = g_flow_lock_new ();
  g_autoptr (GFlowLock) nameless = g_flow_lock_new ();
  g_autofree char *early = NULL;
  TestBench bench;
  TestResult result;
  TestJob *job;
  TestGate gate;
  GFlowNode *busy;
  GFlowNode *also;
  GFlowNode *ready;
  GFlowNode *one;
  GFlowNode *several;
  GFlowNode *locked;
  GFlowNode *other_lock;

  test_bench_init (&bench);
  test_result_init (&result);
  test_gate_init (&gate);
  g_flow_set_max_threads (flow, 1);
  busy = test_add_sync (&bench, flow, "busy", &job);
  job->gate = &gate;
  also = test_add_async (&bench, flow, "also", &job);
  job->msec = 1;
  job->company = 3;
  ready = test_add_sync (&bench, flow, "ready", NULL);
  one = test_add_sync (&bench, flow, "one", NULL);
  several = test_add_sync (&bench, flow, "several", NULL);
  locked = test_add_sync (&bench, flow, "locked", NULL);
  other_lock = test_add_context (&bench, flow, "other-lock", NULL);
  g_flow_node_set_title (busy, "The busy one");
  g_flow_lock_set_name (lock, "disk");
  g_flow_node_add_upstream (one, busy);
  g_flow_node_after (several, busy, also, NULL);
  g_flow_node_add_lock (locked, lock);
  g_flow_node_add_lock (other_lock, nameless);
  g_assert_true (g_flow_lock_try_acquire (lock));
  g_assert_true (g_flow_lock_try_acquire (nameless));

  run = g_flow_run_new (flow);
  early = g_flow_run_dup_node_reason (run, busy);
  g_assert_nonnull (early);
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  TEST_WAIT (test_gate_waiting (&gate) == 1 && g_flow_lock_get_waiting (lock) == 1 &&
             g_flow_lock_get_waiting (nameless) == 1 &&
             g_flow_run_get_node_state (run, also) == G_FLOW_NODE_STATE_RUNNING);
  assert_no_reason (run, busy);
  assert_no_reason (run, also);
  assert_reason (run, ready, "Waits for the thread that works for the run");
  assert_reason (run, one, "The busy one");
  assert_reason (run, several, "The busy one");
  assert_reason (run, several, "1");
  assert_reason (run, locked, "“disk”: somebody else has it");
  assert_reason (run, other_lock, "a lock: somebody else has it");

  test_gate_open (&gate);
  g_flow_lock_release (lock);
  g_flow_lock_release (nameless);
  TEST_WAIT (result.calls > 0);
  assert_no_reason (run, several);
  assert_no_reason (run, locked);

  test_result_clear (&result);
  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
  test_gate_clear (&gate);
}

/* Who has the lock that a node waits for: in this run, or in another one. */
static void
test_holders (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlow) other_flow = g_flow_new ();
  g_autoptr (GFlowLock) lock = g_flow_lock_new_with_permits (2);
  g_autoptr (GFlowLock) second = g_flow_lock_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GFlowRun) other_run = NULL;
  TestBench bench;
  TestJob *jobs[3];
  TestResult results[2];
  GFlowNode *nodes[5];
  GFlowNode *other;

  test_bench_init (&bench);
  g_flow_lock_set_name (lock, "disk");
  g_flow_lock_set_name (second, "tape");
  for (guint i = 0; i < 2; i++)
    {
      test_result_init (&results[i]);
      nodes[i] = test_add_async (&bench, flow, i == 0 ? "first" : "second", &jobs[i]);
      jobs[i]->forever = TRUE;
      g_flow_node_add_lock (nodes[i], lock);
    }
  nodes[2] = test_add_async (&bench, flow, "waits", NULL);
  g_flow_node_add_lock (nodes[2], lock);
  other = test_add_async (&bench, other_flow, "other", NULL);
  g_flow_node_add_lock (other, lock);

  run = g_flow_run_new (flow);
  other_run = g_flow_run_new (other_flow);
  g_flow_run_execute (run, NULL, test_result_cb, &results[0]);
  TEST_WAIT (g_flow_run_get_node_state (run, nodes[2]) == G_FLOW_NODE_STATE_LOCKED);
  g_flow_run_execute (other_run, NULL, test_result_cb, &results[1]);
  TEST_WAIT (g_flow_run_get_node_state (other_run, other) == G_FLOW_NODE_STATE_LOCKED);
  assert_reason (run, nodes[2], "Waits for the lock “disk”: “first” and 1 other node have it");
  assert_reason (other_run, other,
                 "Waits for the lock “disk”: “first” and 1 other node of other runs have it");

  /* One goes, and gives way to the one that has waited for longest; the others wait on. */
  jobs[2] = test_job_of (nodes[2]);
  jobs[2]->forever = TRUE;
  g_flow_lock_set_permits (lock, 1);
  g_flow_run_cancel_node (run, nodes[0]);
  TEST_WAIT (g_flow_run_get_node_state (run, nodes[0]) == G_FLOW_NODE_STATE_CANCELLED);
  assert_reason (run, nodes[2], "Waits for the lock “disk”: “second” has it");
  assert_reason (other_run, other, "Waits for the lock “disk”: “second” of another run has it");

  g_flow_run_cancel (run);
  TEST_WAIT (results[0].calls > 0 && results[1].calls > 0);
  test_assert_node (other_run, other, DONE);

  for (guint i = 0; i < 2; i++)
    test_result_clear (&results[i]);
  g_clear_object (&run);
  g_clear_object (&other_run);
  g_clear_object (&flow);
  g_clear_object (&other_flow);
  test_bench_clear (&bench);
}

/* A node that waits for its second lock has the first one. */
static void
test_half_locked (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowLock) low = g_flow_lock_new ();
  g_autoptr (GFlowLock) high = g_flow_lock_new ();
  g_autoptr (GFlowRun) run = NULL;
  TestBench bench;
  TestResult result;
  GFlowNode *half;
  GFlowNode *waits;

  test_bench_init (&bench);
  test_result_init (&result);
  half = test_add_async (&bench, flow, "half", NULL);
  waits = test_add_async (&bench, flow, "waits", NULL);
  g_flow_node_add_lock (half, high);
  g_flow_node_add_lock (half, low);
  g_flow_node_add_lock (waits, low);
  g_assert_true (g_flow_lock_try_acquire (high));

  run = g_flow_run_new (flow);
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  TEST_WAIT (g_flow_lock_get_waiting (high) == 1 && g_flow_lock_get_waiting (low) == 1);
  assert_reason (run, half, "Waits for a lock: somebody else has it");
  assert_reason (run, waits, "Waits for a lock: “half” has it");
  g_flow_lock_release (high);
  TEST_WAIT (result.calls > 0);

  test_result_clear (&result);
  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

/* The limits of a run: its threads, and a pause. */
static void
test_threads (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  TestBench bench;
  TestResult result;
  TestGate gate;
  TestJob *job;
  GFlowNode *waits;

  test_bench_init (&bench);
  test_result_init (&result);
  test_gate_init (&gate);
  g_flow_set_max_threads (flow, 1);
  test_add_sync (&bench, flow, "busy", &job);
  job->gate = &gate;
  waits = test_add_sync (&bench, flow, "waits", NULL);
  run = g_flow_run_new (flow);
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  TEST_WAIT (test_gate_waiting (&gate) == 1);
  assert_reason (run, waits, "Waits for the thread that works for the run");
  g_flow_run_pause (run);
  assert_reason (run, waits, "The run is paused");
  g_flow_run_resume (run);
  test_gate_open (&gate);
  TEST_WAIT (result.calls > 0);

  test_result_clear (&result);
  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
  test_gate_clear (&gate);
}

static void
test_parallel_limit (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  TestBench bench;
  TestResult result;
  TestJob *job;
  GFlowNode *waits;

  test_bench_init (&bench);
  test_result_init (&result);
  g_flow_set_max_parallel (flow, 1);
  test_add_async (&bench, flow, "busy", &job);
  job->forever = TRUE;
  waits = test_add_async (&bench, flow, "waits", NULL);
  run = g_flow_run_new (flow);
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  TEST_WAIT (g_flow_run_get_node_state (run, waits) == G_FLOW_NODE_STATE_LOCKED);
  assert_reason (run, waits, "as many nodes as the flow allows");
  g_flow_run_cancel (run);
  TEST_WAIT (result.calls > 0);
  assert_reason (run, waits, "cancelled");

  test_result_clear (&result);
  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_ended (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  TestBench bench;
  TestJob *job;
  GFlowNode *bad;
  GFlowNode *after_bad;
  GFlowNode *far_after;
  GFlowNode *gone;
  GFlowNode *after_gone;
  GFlowNode *handler;
  GFlowNode *stranger;

  test_bench_init (&bench);
  bad = test_add_sync (&bench, flow, "bad", &job);
  test_job_fail (job, "It broke");
  after_bad = test_add_sync (&bench, flow, "after-bad", NULL);
  far_after = test_add_sync (&bench, flow, "far-after", NULL);
  gone = test_add_sync (&bench, flow, "gone", &job);
  job->error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "Enough");
  after_gone = test_add_sync (&bench, flow, "after-gone", NULL);
  handler = test_add_sync (&bench, flow, "handler", NULL);
  g_flow_node_set_run_when (handler, G_FLOW_RUN_WHEN_ANY_FAILED);
  g_flow_node_add_upstream (after_bad, bad);
  g_flow_node_add_upstream (far_after, after_bad);
  g_flow_node_add_upstream (after_gone, gone);

  run = g_flow_run_new (flow);
  g_assert_false (test_run_execute (run, NULL, NULL));
  stranger = test_add_sync (&bench, flow, "stranger", NULL);
  assert_reason (run, bad, "It broke");
  assert_reason (run, after_bad, "bad");
  assert_reason (run, far_after, "after-bad");
  assert_reason (run, gone, "cancelled");
  assert_reason (run, after_gone, "gone");
  assert_reason (run, handler, "Nothing before it failed");
  assert_reason (run, stranger, "not in the flow");

  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_stopped (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  TestBench bench;
  TestJob *job;
  GFlowNode *bad;
  GFlowNode *running;
  GFlowNode *waiting;

  test_bench_init (&bench);
  running = test_add_async (&bench, flow, "running", &job);
  job->forever = TRUE;
  bad = test_add_sync (&bench, flow, "bad", &job);
  test_job_fail (job, "It broke");
  job->company = 2;
  waiting = test_add_sync (&bench, flow, "waiting", NULL);
  g_flow_node_add_upstream (waiting, running);
  run = g_flow_run_new (flow);
  g_flow_run_set_on_error (run, G_FLOW_ON_ERROR_STOP);
  g_assert_false (test_run_execute (run, NULL, NULL));
  test_assert_node (run, bad, FAILED);
  test_assert_node (run, running, CANCELLED);
  test_assert_node (run, waiting, SKIPPED);
  assert_reason (run, running, "because another node failed");
  assert_reason (run, waiting, "“running” was cancelled");

  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_deadline (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  TestBench bench;
  TestJob *job;
  GFlowNode *a;
  GFlowNode *b;

  test_bench_init (&bench);
  a = test_add_async (&bench, flow, "a", &job);
  job->forever = TRUE;
  b = test_add_async (&bench, flow, "b", NULL);
  g_flow_node_add_upstream (b, a);
  run = g_flow_run_new (flow);
  g_flow_run_set_deadline (run, g_get_monotonic_time () + 10 * 1000);
  g_assert_false (test_run_execute (run, NULL, NULL));
  assert_reason (run, a, "deadline");
  assert_reason (run, b, "its deadline");

  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

/* What a step has told last as its reason, by a notification. */
typedef struct
{
  GMainContext *context; /* (unowned) */
  GFlowStep    *step;    /* (unowned) */
  char         *told;    /* (owned) (nullable) */
  guint         n_told;
} Ear;

static void
reason_cb (GFlowStep  *step,
           GParamSpec *pspec,
           Ear        *ear)
{
  test_assert_context (ear->context);
  g_free (ear->told);
  ear->told = g_flow_step_dup_reason (step);
  ear->n_told++;
}

static void
listen (Ear       *ear,
        GFlowRun  *run,
        GFlowNode *node)
{
  *ear = (Ear) { .context = test_context (), .step = g_flow_run_get_step (run, node) };
  g_signal_connect (ear->step, "notify::reason", G_CALLBACK (reason_cb), ear);
}

static gboolean
has_told (Ear        *ear,
          const char *expected)
{
  return g_strcmp0 (ear->told, expected) == 0;
}

/* Somebody else gets the lock: that is told, though nothing else of the node has changed. */
static void
test_holders_told (void)
{
  g_autoptr (GFlow) flow = g_flow_new (), other_flow = g_flow_new ();
  g_autoptr (GFlowLock) lock = g_flow_lock_new_with_permits (2);
  g_autoptr (GFlowRun) run = NULL, other_run = NULL;
  TestBench bench;
  TestJob *jobs[2];
  TestResult results[2];
  GFlowNode *nodes[2];
  GFlowNode *waits, *other;
  Ear ear, other_ear;

  test_bench_init (&bench);
  g_flow_lock_set_name (lock, "disk");
  for (guint i = 0; i < 2; i++)
    {
      test_result_init (&results[i]);
      nodes[i] = test_add_async (&bench, flow, i == 0 ? "first" : "second", &jobs[i]);
      jobs[i]->forever = TRUE;
      g_flow_node_add_lock (nodes[i], lock);
    }
  waits = test_add_async (&bench, flow, "waits", NULL);
  g_flow_node_add_lock (waits, lock);
  other = test_add_async (&bench, other_flow, "other", NULL);
  g_flow_node_add_lock (other, lock);

  run = g_flow_run_new (flow);
  other_run = g_flow_run_new (other_flow);
  listen (&ear, run, waits);
  listen (&other_ear, other_run, other);
  g_flow_run_execute (run, NULL, test_result_cb, &results[0]);
  TEST_WAIT (g_flow_run_get_node_state (run, waits) == G_FLOW_NODE_STATE_LOCKED);
  g_flow_run_execute (other_run, NULL, test_result_cb, &results[1]);
  TEST_WAIT (has_told (&ear, "Waits for the lock “disk”: “first” and 1 other node have it"));
  TEST_WAIT (has_told (&other_ear,
                       "Waits for the lock “disk”: “first” and 1 other node of other runs have it"));

  /* A permit less than there are holders: one goes, and nobody comes. */
  g_flow_lock_set_permits (lock, 1);
  g_flow_run_cancel_node (run, nodes[0]);
  TEST_WAIT (has_told (&ear, "Waits for the lock “disk”: “second” has it"));
  TEST_WAIT (has_told (&other_ear, "Waits for the lock “disk”: “second” of another run has it"));
  g_assert_cmpint (g_flow_step_get_state (ear.step), ==, G_FLOW_NODE_STATE_LOCKED);

  /* While nothing changes nothing is told. */
  const guint n_told = ear.n_told;

  test_settle (250);
  g_assert_cmpuint (ear.n_told, ==, n_told);

  g_flow_run_cancel (run);
  TEST_WAIT (results[0].calls > 0 && results[1].calls > 0);
  g_assert_true (has_told (&other_ear, NULL));

  for (guint i = 0; i < 2; i++)
    test_result_clear (&results[i]);
  g_free (ear.told);
  g_free (other_ear.told);
  g_clear_object (&run);
  g_clear_object (&other_run);
  g_clear_object (&flow);
  g_clear_object (&other_flow);
  test_bench_clear (&bench);
}

/* How long it is to the next attempt is told as it becomes less. */
static void
test_retry_told (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  TestBench bench;
  TestJob *job;
  TestResult result;
  GFlowNode *node;
  Ear ear;

  test_bench_init (&bench);
  test_result_init (&result);
  node = test_add_sync (&bench, flow, "flaky", &job);
  test_job_fail (job, "It broke");
  g_flow_node_set_max_retries (node, 1);
  g_flow_node_set_retry_delay (node, 1300);
  run = g_flow_run_new (flow);
  listen (&ear, run, node);
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  TEST_WAIT (has_told (&ear, "Is tried again in 2 seconds, after attempt 1 has failed"));
  TEST_WAIT (has_told (&ear, "Is tried again in 1 second, after attempt 1 has failed"));
  g_flow_run_cancel (run);
  TEST_WAIT (result.calls > 0);

  test_result_clear (&result);
  g_free (ear.told);
  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static gboolean
body_ask (GFlowNode  *node,
          GFlowRun   *run,
          gpointer    user_data,
          GError    **error)
{
  g_autoptr (GFlowQuestion) question =
    g_flow_question_new ("Overwrite “a”?\nIt is from yesterday.", NULL, NULL);
  g_autoptr (GVariant) answer = g_flow_run_ask_question_sync (run, node, question, error);

  return answer != NULL;
}

static gboolean
keep_question_cb (GFlowRun      *run,
                  GFlowQuestion *question,
                  GPtrArray     *questions)
{
  g_ptr_array_add (questions, g_object_ref (question));
  return TRUE;
}

static void
count_cb (GFlowRun  *run,
          GFlowStep *step,
          guint     *n)
{
  *n += 1;
}

/* A node that asks says so until it has its answer, or is told to stop. */
static void
test_question (void)
{
  const char * const expected = "Waits for an answer: “Overwrite “a”?”";

  for (int cancels = FALSE; cancels <= TRUE; cancels++)
    {
      g_autoptr (GFlow) flow = g_flow_new ();
      g_autoptr (GFlowRun) run = g_flow_run_new (flow);
      g_autoptr (GPtrArray) questions = g_ptr_array_new_with_free_func (g_object_unref);
      GFlowNode *node = g_flow_add (flow, "asks", body_ask, NULL, NULL, NULL);
      TestGate gate;
      TestBench bench;
      TestJob *job;
      TestResult result;
      guint n_changes = 0;
      Ear ear;

      test_bench_init (&bench);
      test_result_init (&result);
      test_gate_init (&gate);
      /* So that the run goes on when the question has been answered. */
      test_add_sync (&bench, flow, "busy", &job);
      job->gate = &gate;
      listen (&ear, run, node);
      g_signal_connect (run, "ask", G_CALLBACK (keep_question_cb), questions);
      g_signal_connect (run, "step-changed", G_CALLBACK (count_cb), &n_changes);
      g_flow_run_execute (run, NULL, test_result_cb, &result);
      TEST_WAIT (questions->len == 1);
      TEST_WAIT (has_told (&ear, expected));
      assert_reason (run, node, expected);
      g_assert_cmpint (g_flow_run_get_node_state (run, node), ==, G_FLOW_NODE_STATE_RUNNING);
      g_assert_cmpuint (n_changes, >, 0);

      if (cancels)
        g_flow_run_cancel_node (run, node);
      else
        g_flow_question_answer (questions->pdata[0], g_variant_new_boolean (TRUE));
      TEST_WAIT (g_flow_run_get_node_state (run, node) >= G_FLOW_NODE_STATE_DONE);
      TEST_WAIT (!has_told (&ear, expected));
      if (!cancels)
        assert_no_reason (run, node);
      test_gate_open (&gate);
      TEST_WAIT (result.calls > 0);

      test_result_clear (&result);
      g_free (ear.told);
      g_assert_finalize_object (g_steal_pointer (&run));
      g_assert_finalize_object (g_steal_pointer (&flow));
      test_bench_clear (&bench);
      test_gate_clear (&gate);
    }
}

static void
count_answer_cb (GObject      *object,
                 GAsyncResult *result,
                 gpointer      user_data)
{
  *(guint *) user_data += 1;
}

static void
ask_and_end (GFlowNode  *node,
             GFlowRun   *run,
             GTask      *task,
             gpointer    user_data,
             GError    **error)
{
  g_autoptr (GFlowQuestion) question = g_flow_question_new ("Anybody?", NULL, NULL);

  g_flow_run_ask_question (run, node, question, count_answer_cb, user_data);
  g_flow_run_ask_question (run, node, question, count_answer_cb, user_data);
  assert_reason (run, node, "Waits for an answer: “Anybody?”");
  g_task_return_boolean (task, TRUE);
}

/* A body need not wait for its answers, and these may come when the run is gone. */
static void
test_late_answer (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = g_flow_run_new (flow);
  g_autoptr (GPtrArray) questions = g_ptr_array_new_with_free_func (g_object_unref);
  TestResult result;
  GFlowNode *node;
  guint n_answered = 0;

  test_result_init (&result);
  node = g_flow_add_task (flow, "asks", ask_and_end, &n_answered, NULL, NULL);
  g_flow_run_get_step (run, node);
  g_signal_connect (run, "ask", G_CALLBACK (keep_question_cb), questions);
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  TEST_WAIT (result.calls > 0 && questions->len == 2);
  test_assert_node (run, node, DONE);
  assert_no_reason (run, node);
  g_flow_question_answer (questions->pdata[1], g_variant_new_boolean (TRUE));
  TEST_WAIT (n_answered == 1);
  test_result_clear (&result);
  g_assert_finalize_object (g_steal_pointer (&run));
  g_flow_question_answer (questions->pdata[0], g_variant_new_boolean (TRUE));
  TEST_WAIT (n_answered == 2);
  g_clear_pointer (&questions, g_ptr_array_unref);
  g_assert_finalize_object (g_steal_pointer (&flow));
}

static void
test_steps (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GFlowStep) step = NULL;
  g_autoptr (GFlowNode) found = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *reason = NULL;
  g_autofree char *same = NULL;
  GListModel *errors;
  GFlowNodeState state;
  TestBench bench;
  TestJob *job;
  GFlowNode *bad;

  test_bench_init (&bench);
  bad = test_add_sync (&bench, flow, "bad", &job);
  test_job_fail (job, "It broke");
  run = g_flow_run_new (flow);
  errors = g_flow_run_get_errors (run);
  g_assert_cmpuint (g_list_model_get_n_items (errors), ==, 0);
  g_assert_false (test_run_execute (run, NULL, NULL));
  g_assert_true (g_flow_run_get_errors (run) == errors);
  g_assert_cmpuint (g_list_model_get_n_items (errors), ==, 1);
  step = g_list_model_get_item (errors, 0);
  g_object_get (step,
                "node", &found,
                "state", &state,
                "reason", &reason,
                "error", &error,
                NULL);
  g_assert_true (found == bad);
  g_assert_cmpint (state, ==, G_FLOW_NODE_STATE_FAILED);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  same = g_flow_step_dup_reason (step);
  g_assert_cmpstr (reason, ==, same);

  g_clear_object (&found);
  g_clear_object (&step);
  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/reasons/waiting", test_waiting);
  g_test_add_func ("/reasons/holders", test_holders);
  g_test_add_func ("/reasons/half-locked", test_half_locked);
  g_test_add_func ("/reasons/holders-told", test_holders_told);
  g_test_add_func ("/reasons/retry-told", test_retry_told);
  g_test_add_func ("/reasons/question", test_question);
  g_test_add_func ("/reasons/late-answer", test_late_answer);
  g_test_add_func ("/reasons/threads", test_threads);
  g_test_add_func ("/reasons/parallel-limit", test_parallel_limit);
  g_test_add_func ("/reasons/ended", test_ended);
  g_test_add_func ("/reasons/stopped", test_stopped);
  g_test_add_func ("/reasons/deadline", test_deadline);
  g_test_add_func ("/reasons/steps", test_steps);

  return g_test_run ();
}
