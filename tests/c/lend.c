/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Bodies that block a worker with a question: others have its place meanwhile. */

#include "test-bench.h"

#include "run/gflow-run-private.h"

/* Takes all questions, and answers when it is told to. */
typedef struct
{
  GMutex     mutex;
  GPtrArray *questions; /* (owned) of GFlowQuestion, guarded by mutex */
} Desk;

static void
desk_init (Desk *self)
{
  g_mutex_init (&self->mutex);
  self->questions = g_ptr_array_new_with_free_func (g_object_unref);
}

static void
desk_clear (Desk *self)
{
  g_ptr_array_unref (self->questions);
  g_mutex_clear (&self->mutex);
}

static guint
desk_count (Desk *self)
{
  guint n;

  g_mutex_lock (&self->mutex);
  n = self->questions->len;
  g_mutex_unlock (&self->mutex);
  return n;
}

static GFlowQuestion *
desk_take (Desk *self)
{
  GFlowQuestion *question = NULL;

  g_mutex_lock (&self->mutex);
  if (self->questions->len > 0)
    question = g_ptr_array_steal_index (self->questions, 0);
  g_mutex_unlock (&self->mutex);
  return question;
}

static void
desk_answer (Desk *self)
{
  for (GFlowQuestion *question; (question = desk_take (self)) != NULL; g_object_unref (question))
    g_flow_question_answer (question, g_variant_new_boolean (TRUE));
}

static gboolean
ask_cb (GFlowRun      *run,
        GFlowQuestion *question,
        Desk          *desk)
{
  g_mutex_lock (&desk->mutex);
  g_ptr_array_add (desk->questions, g_object_ref (question));
  g_mutex_unlock (&desk->mutex);
  return TRUE;
}

static gboolean
ask (GFlowRun   *run,
     GFlowNode  *node,
     GError    **error)
{
  g_autoptr (GFlowQuestion) question = g_flow_question_new ("Well?", NULL, NULL);
  g_autoptr (GVariant) answer = g_flow_run_ask_question_sync (run, node, question, error);

  return answer != NULL;
}

static gboolean
body_ask (GFlowNode  *node,
          GFlowRun   *run,
          gpointer    log,
          GError    **error)
{
  if (!ask (run, node, error))
    return FALSE;
  g_flow_run_set_result_variant (run, node, g_variant_new_string ("asked"));
  test_log_add (log, g_flow_node_get_name (node));
  return TRUE;
}

static gboolean
body_log (GFlowNode  *node,
          GFlowRun   *run,
          gpointer    log,
          GError    **error)
{
  test_log_add (log, g_flow_node_get_name (node));
  return TRUE;
}

static GFlowNode *
add (GFlow      *flow,
     const char *name,
     GFlowFunc   func,
     gpointer    data,
     GFlowNode  *upstream)
{
  GFlowNode *node = g_flow_add (flow, name, func, data, NULL, NULL);

  if (upstream != NULL)
    g_flow_node_add_upstream (node, upstream);
  return node;
}

static GFlowRun *
start (GFlow      *flow,
       Desk       *desk,
       TestResult *result)
{
  GFlowRun *run = g_flow_run_new (flow);

  g_signal_connect (run, "ask", G_CALLBACK (ask_cb), desk);
  test_result_init (result);
  g_flow_run_execute (run, NULL, test_result_cb, result);
  return run;
}

static void
finish_well (GFlowRun   **run,
             TestResult  *result)
{
  TEST_WAIT (result->calls > 0);
  g_assert_true (g_flow_run_execute_finish (*run, result->result, NULL));
  test_result_clear (result);
  g_assert_finalize_object (g_steal_pointer (run));
}

/* Twice as many questions as the flow has threads: all of them are asked, and all else ends. */
static void
test_all_ask (gconstpointer data)
{
  const guint n_threads = GPOINTER_TO_UINT (data), n_askers = 2 * n_threads;
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  GFlowNode *last = NULL, *end;
  Desk desk;
  TestLog log;
  TestResult result;

  g_test_summary ("However many threads a flow has, questions hold up only who waits for them");
  desk_init (&desk);
  test_log_init (&log);
  g_flow_set_max_threads (flow, n_threads);
  end = add (flow, "end", body_log, &log, NULL);
  for (guint i = 0; i < n_askers; i++)
    g_flow_node_add_upstream (end, add (flow, NULL, body_ask, &log, NULL));
  for (guint i = 0; i < 50; i++)
    last = add (flow, NULL, body_log, &log, i % 10 == 0 ? NULL : last);
  run = start (flow, &desk, &result);
  TEST_WAIT (desk_count (&desk) == n_askers && test_log_length (&log) == 50);
  test_assert_node (run, end, WAITING);
  g_assert_cmpuint (g_flow_run_get_n_done (run), ==, 50);

  desk_answer (&desk);
  TEST_WAIT (result.calls > 0);
  g_assert_cmpuint (g_flow_run_get_n_done (run), ==, 50 + n_askers + 1);
  g_assert_cmpfloat (g_flow_run_get_fraction (run), ==, 1.0);
  g_assert_cmpint (test_log_index (&log, "end"), ==, 50 + n_askers);
  finish_well (&run, &result);
  test_log_clear (&log);
  desk_clear (&desk);
}

typedef struct
{
  TestLog  *log;
  TestGauge gauge;
} Measured;

static gboolean
body_measure (GFlowNode  *node,
              GFlowRun   *run,
              gpointer    user_data,
              GError    **error)
{
  Measured *measured = user_data;
  const gint64 until = g_get_monotonic_time () + 300;

  test_gauge_enter (&measured->gauge);
  while (g_get_monotonic_time () < until)
    g_thread_yield ();
  test_gauge_leave (&measured->gauge);
  return body_log (node, run, measured->log, error);
}

static void
test_one_at_a_time (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GString) expected = g_string_new (NULL);
  Desk desk;
  TestLog log;
  TestResult result;
  Measured measured = { &log };

  g_test_summary ("Beside those that wait a flow has as many threads as it may have, and with one "
                  "the order is the same");
  desk_init (&desk);
  test_log_init (&log);
  g_flow_set_max_threads (flow, 1);
  for (guint i = 0; i < 3; i++)
    add (flow, NULL, body_ask, &log, NULL);
  for (guint i = 0; i < 30; i++)
    {
      g_autofree char *name = g_strdup_printf ("n%u", i);

      add (flow, name, body_measure, &measured, NULL);
      g_string_append_printf (expected, i == 0 ? "%s" : " %s", name);
    }
  run = start (flow, &desk, &result);
  TEST_WAIT (desk_count (&desk) == 3 && test_log_length (&log) == 30);
  test_assert_log (&log, expected->str);
  g_assert_cmpint (g_atomic_int_get (&measured.gauge.most), ==, 1);
  desk_answer (&desk);
  finish_well (&run, &result);
  test_log_clear (&log);
  desk_clear (&desk);
}

typedef struct
{
  Desk    *desk;
  TestLog *log;
  guint    n;      /* words that come before the answers */
  guint    n_asked;
} Answerer;

static gpointer
answer_thread (gpointer user_data)
{
  Answerer *self = user_data;

  while (desk_count (self->desk) < self->n_asked || test_log_length (self->log) < self->n)
    g_thread_yield ();
  desk_answer (self->desk);
  return NULL;
}

static gboolean
body_execute (GFlowNode  *node,
              GFlowRun   *run,
              gpointer    inner,
              GError    **error)
{
  return g_flow_run_execute_sync (inner, NULL, error);
}

/* The caller is a worker, and maybe the only one. */
static void
test_sync (gconstpointer data)
{
  const guint n_threads = GPOINTER_TO_UINT (data);
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  GFlowNode *asks = NULL;
  GThread *thread;
  Desk desk;
  TestLog log;
  Answerer answerer = { &desk, &log, 20, 3 };

  g_test_summary ("The thread that waits for the run may be in a body that asks");
  desk_init (&desk);
  test_log_init (&log);
  g_flow_set_max_threads (flow, n_threads);
  for (guint i = 0; i < 3; i++)
    asks = add (flow, NULL, body_ask, &log, NULL);
  add (flow, "after", body_log, &log, asks);
  for (guint i = 0; i < 20; i++)
    add (flow, NULL, body_log, &log, NULL);
  run = g_flow_run_new (flow);
  g_signal_connect (run, "ask", G_CALLBACK (ask_cb), &desk);
  thread = g_thread_new ("answer", answer_thread, &answerer);
  g_flow_run_execute_sync (run, NULL, &error);
  g_assert_no_error (error);
  g_thread_join (thread);
  g_assert_cmpuint (test_log_length (&log), ==, 24);
  g_assert_finalize_object (g_steal_pointer (&run));
  test_log_clear (&log);
  desk_clear (&desk);
}

static void
test_nested (void)
{
  g_autoptr (GFlow) outer = g_flow_new ();
  g_autoptr (GFlow) inner = g_flow_new ();
  g_autoptr (GFlowRun) outer_run = NULL;
  g_autoptr (GFlowRun) run = g_flow_run_new (inner);
  g_autoptr (GError) error = NULL;
  GFlowNode *executes;
  GThread *thread;
  Desk desk;
  TestLog log;
  Answerer answerer = { &desk, &log, 5, 1 };

  g_test_summary ("A body that executes a flow whose node asks lends what it has, too");
  desk_init (&desk);
  test_log_init (&log);
  g_flow_set_max_threads (outer, 1);
  g_flow_set_max_threads (inner, 1);
  add (inner, "asks", body_ask, &log, NULL);
  g_signal_connect (run, "ask", G_CALLBACK (ask_cb), &desk);
  executes = add (outer, "executes", body_execute, run, NULL);
  for (guint i = 0; i < 5; i++)
    add (outer, NULL, body_log, &log, NULL);
  add (outer, "after", body_log, &log, executes);
  outer_run = g_flow_run_new (outer);
  thread = g_thread_new ("answer", answer_thread, &answerer);
  g_flow_run_execute_sync (outer_run, NULL, &error);
  g_assert_no_error (error);
  g_thread_join (thread);
  g_assert_cmpuint (test_log_length (&log), ==, 7);
  g_assert_cmpint (test_log_index (&log, "asks"), ==, 5);
  g_assert_cmpint (test_log_index (&log, "after"), ==, 6);
  g_assert_finalize_object (g_steal_pointer (&outer_run));
  g_assert_finalize_object (g_steal_pointer (&run));
  test_log_clear (&log);
  desk_clear (&desk);
}

static void
test_cancel (gconstpointer data)
{
  const gboolean all = GPOINTER_TO_INT (data);
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  GFlowNode *askers[4], *after;
  Desk desk;
  TestLog log;
  TestResult result;

  g_test_summary ("To cancel the run, or each node, ends all questions");
  desk_init (&desk);
  test_log_init (&log);
  g_flow_set_max_threads (flow, 2);
  for (guint i = 0; i < G_N_ELEMENTS (askers); i++)
    askers[i] = add (flow, NULL, body_ask, &log, NULL);
  after = add (flow, "after", body_log, &log, askers[0]);
  run = start (flow, &desk, &result);
  TEST_WAIT (desk_count (&desk) == G_N_ELEMENTS (askers));
  if (all)
    g_flow_run_cancel (run);
  for (guint i = 0; i < G_N_ELEMENTS (askers) && !all; i++)
    g_flow_run_cancel_node (run, askers[i]);
  TEST_WAIT (result.calls > 0);
  g_assert_false (g_flow_run_execute_finish (run, result.result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  for (guint i = 0; i < G_N_ELEMENTS (askers); i++)
    test_assert_node (run, askers[i], CANCELLED);
  g_assert_cmpint (g_flow_run_get_node_state (run, after), ==,
                   all ? G_FLOW_NODE_STATE_CANCELLED : G_FLOW_NODE_STATE_SKIPPED);
  desk_answer (&desk);
  test_result_clear (&result);
  g_assert_finalize_object (g_steal_pointer (&run));
  g_assert_cmpuint (test_log_length (&log), ==, 0);
  test_log_clear (&log);
  desk_clear (&desk);
}

/* The first attempt fails after the answer, and the second one asks again. */
typedef struct
{
  TestLog *log;
  guint    n_attempts;
} Stubborn;

static gboolean
body_retry (GFlowNode  *node,
            GFlowRun   *run,
            gpointer    user_data,
            GError    **error)
{
  Stubborn *self = user_data;

  if (!ask (run, node, error))
    return FALSE;
  test_log_add (self->log, "answered");
  if (++self->n_attempts == 2)
    return TRUE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BUSY, "once more");
  return FALSE;
}

static void
test_retry (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GFlowLock) lock = g_flow_lock_new ();
  GFlowNode *node, *other;
  Desk desk;
  TestLog log;
  TestResult result;
  Stubborn stubborn = { &log };

  g_test_summary ("A node that has asked may be tried again, and keeps its lock while it waits");
  desk_init (&desk);
  test_log_init (&log);
  g_flow_set_max_threads (flow, 1);
  node = add (flow, "retries", body_retry, &stubborn, NULL);
  g_flow_node_set_max_retries (node, 1);
  g_flow_node_add_lock (node, lock);
  other = add (flow, "other", body_log, &log, NULL);
  g_flow_node_add_lock (other, lock);
  add (flow, "free", body_log, &log, NULL);
  run = start (flow, &desk, &result);
  TEST_WAIT (desk_count (&desk) == 1 && test_log_count (&log, "free") == 1);
  g_assert_cmpuint (test_log_count (&log, "other"), ==, 0);
  desk_answer (&desk);
  TEST_WAIT (desk_count (&desk) == 1 && test_log_count (&log, "answered") == 1);
  desk_answer (&desk);
  finish_well (&run, &result);
  g_assert_cmpuint (stubborn.n_attempts, ==, 2);
  g_assert_cmpuint (test_log_count (&log, "other"), ==, 1);
  g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 0);
  test_log_clear (&log);
  desk_clear (&desk);
}

/* What a worker has counted off for a funnel with others is not lost. */
static void
test_funnel (void)
{
  enum { N = 2000 };
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  GFlowNode *end, *source;
  Desk desk;
  TestLog log;
  TestResult result;

  g_test_summary ("Nodes that ask are among thousands which the same node waits for");
  desk_init (&desk);
  test_log_init (&log);
  g_flow_set_max_threads (flow, 3);
  source = add (flow, "source", body_log, &log, NULL);
  end = add (flow, "end", body_log, &log, NULL);
  for (guint i = 0; i < N; i++)
    g_flow_node_add_upstream (end, add (flow, NULL, i % 100 == 50 ? body_ask : body_log, &log,
                                        source));
  run = start (flow, &desk, &result);
  TEST_WAIT (desk_count (&desk) == N / 100 && test_log_length (&log) == 1 + N - N / 100);
  test_assert_node (run, end, WAITING);
  desk_answer (&desk);
  finish_well (&run, &result);
  g_assert_cmpint (test_log_index (&log, "end"), ==, N + 1);
  test_log_clear (&log);
  desk_clear (&desk);
}

/* What becomes ready by one that has waited goes wherever it belongs: to workers, to the
 * context, to a lock, and is skipped. */
static void
test_downstreams (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GFlowLock) lock = g_flow_lock_new ();
  TestBench bench;
  Desk desk;
  TestLog log;
  TestResult result;
  GFlowNode *asks, *locked;

  test_bench_init (&bench);
  desk_init (&desk);
  test_log_init (&log);
  g_flow_set_max_threads (flow, 1);
  asks = add (flow, "asks", body_ask, &log, NULL);
  g_flow_node_set_weight (asks, 5);
  g_flow_node_add_upstream (test_add_context (&bench, flow, "context", NULL), asks);
  g_flow_node_add_upstream (test_add_async (&bench, flow, "task", NULL), asks);
  locked = test_add_sync (&bench, flow, "locked", NULL);
  g_flow_node_add_upstream (locked, asks);
  g_flow_node_add_lock (locked, lock);
  add (flow, "plain", body_log, &log, add (flow, "one", body_log, &log, asks));
  add (flow, "two", body_log, &log, asks);
  g_flow_node_set_run_when (add (flow, "handler", body_log, &log, asks),
                            G_FLOW_RUN_WHEN_ANY_FAILED);
  run = start (flow, &desk, &result);
  TEST_WAIT (desk_count (&desk) == 1);
  /* Longer than until its place is lent. */
  test_settle (30);
  desk_answer (&desk);
  TEST_WAIT (result.calls > 0);
  g_assert_cmpfloat (g_flow_run_get_fraction (run), ==, 1.0);
  g_assert_cmpuint (test_log_count (&log, "handler"), ==, 0);
  g_assert_cmpuint (test_log_length (&log), ==, 4);
  g_assert_cmpuint (test_log_length (&bench.log), ==, 3);
  finish_well (&run, &result);
  g_clear_object (&flow);
  test_log_clear (&log);
  desk_clear (&desk);
  test_bench_clear (&bench);
}

/* Those beyond the limit hold the threads of the flow, until some of the others are answered. */
static void
test_limit (void)
{
  enum { N = G_FLOW_MAX_THREADS + 10, N_THREADS = 3 };
  g_autoptr (GFlow) flow = NULL;
  g_autoptr (GFlowRun) run = NULL;
  Desk desk;
  TestLog log;
  TestResult result;

  g_test_summary ("So many questions at once lend their place, and no more");
  if (test_is_slow ())
    {
      g_test_skip ("a thousand threads");
      return;
    }
  desk_init (&desk);
  test_log_init (&log);
  flow = g_flow_new ();
  g_flow_set_max_threads (flow, N_THREADS);
  for (guint i = 0; i < N; i++)
    add (flow, NULL, body_ask, &log, NULL);
  run = start (flow, &desk, &result);
  TEST_WAIT (desk_count (&desk) == G_FLOW_MAX_THREADS + N_THREADS);
  test_settle (20);
  g_assert_cmpuint (desk_count (&desk), ==, G_FLOW_MAX_THREADS + N_THREADS);
  while (result.calls == 0)
    {
      desk_answer (&desk);
      TEST_WAIT (desk_count (&desk) > 0 || result.calls > 0);
    }
  finish_well (&run, &result);
  g_assert_cmpuint (test_log_length (&log), ==, N);
  test_log_clear (&log);
  desk_clear (&desk);
}

/* With a place that is lent as soon as somebody waits. */

typedef struct
{
  GRand    *rand; /* (owned) */
  GFlow    *flow; /* (owned) */
  Desk      desk;
  int       n_calls;
  int       over;
  GThread  *thread; /* (owned) */
} Storm;

static gboolean
body_storm (GFlowNode  *node,
            GFlowRun   *run,
            gpointer    user_data,
            GError    **error)
{
  Storm *self = user_data;
  const guint number = (guint) g_ascii_strtoull (g_flow_node_get_name (node) + 1, NULL, 10);

  g_atomic_int_inc (&self->n_calls);
  for (guint i = 0; i < number % 3; i++)
    if (!ask (run, node, error))
      return FALSE;
  if (number % 7 == 0)
    g_flow_run_set_result_variant (run, node, g_variant_new_uint32 (number));
  if (number % 31 != 5)
    return TRUE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE, "broke");
  return FALSE;
}

static gpointer
storm_thread (gpointer user_data)
{
  Storm *self = user_data;
  g_autoptr (GRand) rand = g_rand_copy (self->rand);

  while (g_atomic_int_get (&self->over) == 0)
    {
      g_autoptr (GFlowQuestion) question = desk_take (&self->desk);
      g_autoptr (GError) error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "No");

      if (question != NULL && g_rand_int_range (rand, 0, 30) == 0)
        g_flow_question_refuse (question, error);
      else if (question != NULL)
        g_flow_question_answer (question, g_variant_new_boolean (TRUE));
      g_thread_yield ();
    }
  return NULL;
}

static void
storm_once (guint32 seed)
{
  Storm self = { .rand = g_rand_new_with_seed (seed), .flow = g_flow_new () };
  const guint n = (guint) g_rand_int_range (self.rand, 1, 60);
  const gboolean sync = g_rand_boolean (self.rand);
  g_autoptr (GPtrArray) nodes = g_ptr_array_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GFlowLock) lock = g_flow_lock_new ();
  TestResult result;

  desk_init (&self.desk);
  g_flow_set_max_threads (self.flow, (guint) g_rand_int_range (self.rand, 1, 4));
  g_flow_set_on_error (self.flow, g_rand_int_range (self.rand, 0, 4));
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *name = g_strdup_printf ("n%u", i);
      GFlowNode *node = g_flow_add (self.flow, name, body_storm, &self, NULL, NULL);

      for (guint k = 0; i > 0 && k < 2; k++)
        if (g_rand_int_range (self.rand, 0, 3) > 0)
          g_flow_node_add_upstream (node, nodes->pdata[g_rand_int_range (self.rand, 0, i)]);
      if (g_rand_int_range (self.rand, 0, 8) == 0)
        g_flow_node_add_lock (node, lock);
      if (g_rand_int_range (self.rand, 0, 8) == 0)
        g_flow_node_set_max_retries (node, 2);
      if (!sync && g_rand_int_range (self.rand, 0, 8) == 0)
        {
          /* There it asks nothing. */
          g_flow_node_set_placement (node, G_FLOW_PLACEMENT_CONTEXT);
        }
      if (g_rand_int_range (self.rand, 0, 10) == 0)
        g_flow_node_set_run_when (node, G_FLOW_RUN_WHEN_ALL_FINISHED);
      g_ptr_array_add (nodes, node);
    }
  run = g_flow_run_new (self.flow);
  g_signal_connect (run, "ask", G_CALLBACK (ask_cb), &self.desk);
  self.thread = g_thread_new ("answers", storm_thread, &self);
  test_result_init (&result);
  if (sync)
    {
      g_flow_run_execute_sync (run, NULL, NULL);
    }
  else
    {
      g_flow_run_execute (run, NULL, test_result_cb, &result);
      if (g_rand_int_range (self.rand, 0, 5) == 0)
        {
          TEST_WAIT (g_atomic_int_get (&self.n_calls) > (int) n / 2 || result.calls > 0);
          g_flow_run_cancel (run);
        }
      TEST_WAIT (result.calls > 0);
    }
  g_atomic_int_set (&self.over, 1);
  g_thread_join (self.thread);
  g_assert_cmpuint (g_flow_run_get_n_done (run), ==, n);
  for (guint i = 0; i < n; i++)
    g_assert_cmpint (g_flow_run_get_node_state (run, nodes->pdata[i]), >=, G_FLOW_NODE_STATE_DONE);
  g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 0);
  test_result_clear (&result);
  g_assert_finalize_object (g_steal_pointer (&run));
  g_assert_finalize_object (g_steal_pointer (&self.flow));
  desk_clear (&self.desk);
  g_rand_free (self.rand);
}

static void
test_storm (void)
{
  const guint32 seed = (guint32) test_seed ();
  const guint delay = _g_flow_lend_delay;

  g_test_summary ("Random flows in which a third of the nodes ask once, and a third twice");
  _g_flow_lend_delay = 0;
  for (guint i = 0; i < 300; i++)
    {
      g_test_message ("GFLOW_TEST_SEED=%u", seed + i);
      storm_once (seed + i);
    }
  _g_flow_lend_delay = delay;
}

/* Flows in bodies of flows in bodies of flows, of which nodes ask on all levels: each level is
 * waited for without a context, or in one, and by a thread that works or not. */

#define N_LEVELS 3

typedef struct
{
  guint32 seed;
  guint   level;
  Desk   *desk;
  int    *n_calls;
} Level;

static gboolean run_level (Level    *level,
                           guint32   seed,
                           GError  **error);

static gboolean
body_level (GFlowNode  *node,
            GFlowRun   *run,
            gpointer    user_data,
            GError    **error)
{
  Level *self = user_data;
  const guint number = (guint) g_ascii_strtoull (g_flow_node_get_name (node) + 1, NULL, 10);
  Level below = { self->seed, self->level + 1, self->desk, self->n_calls };

  g_atomic_int_inc (self->n_calls);
  if (g_str_has_prefix (g_flow_node_get_name (node), "a") && !ask (run, node, error))
    return FALSE;
  if (g_str_has_prefix (g_flow_node_get_name (node), "r") &&
      !run_level (&below, self->seed * 31 + number + 1, error))
    return FALSE;
  return !g_str_has_prefix (g_flow_node_get_name (node), "b") ||
         (ask (run, node, error) && run_level (&below, self->seed * 17 + number, error) &&
          ask (run, node, error));
}

static void
body_level_task (GFlowNode  *node,
                 GFlowRun   *run,
                 GTask      *task,
                 gpointer    user_data,
                 GError    **error)
{
  g_task_return_boolean (task, TRUE);
}

static gboolean
run_level (Level    *level,
           guint32   seed,
           GError  **error)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GPtrArray) nodes = g_ptr_array_new ();
  const guint n = (guint) g_rand_int_range (rand, 1, level->level == 0 ? 12 : 6);
  const char *kinds = level->level + 1 < N_LEVELS ? "arbn" : "aan";
  const gboolean mixed = g_rand_boolean (rand), patient = g_rand_int_range (rand, 0, 4) == 0;

  level->seed = seed;
  g_flow_set_max_threads (flow, (guint) g_rand_int_range (rand, 1, 4));
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *name =
        g_strdup_printf ("%c%u", kinds[g_rand_int_range (rand, 0, (int) strlen (kinds))], i);
      const gboolean task = mixed && g_rand_int_range (rand, 0, 3) == 0;
      GFlowNode *node = task ? g_flow_add_task (flow, name, body_level_task, level, NULL, NULL)
                             : g_flow_add (flow, name, body_level, level, NULL, NULL);

      if (patient && !task)
        g_flow_node_set_timeout (node, 600 * 1000);
      if (i > 0 && g_rand_boolean (rand))
        g_flow_node_add_upstream (node, nodes->pdata[g_rand_int_range (rand, 0, (int) i)]);
      g_ptr_array_add (nodes, node);
    }
  run = g_flow_run_new (flow);
  g_signal_connect (run, "ask", G_CALLBACK (ask_cb), level->desk);

  const gboolean succeeded = g_flow_run_execute_sync (run, NULL, error);

  g_assert_cmpuint (g_flow_run_get_n_done (run), ==, n);
  g_assert_finalize_object (g_steal_pointer (&run));
  return succeeded;
}

static gpointer
answer_all_thread (gpointer user_data)
{
  Storm *self = user_data;

  while (g_atomic_int_get (&self->over) == 0)
    {
      desk_answer (&self->desk);
      g_thread_yield ();
    }
  return NULL;
}

static void
test_storm_nested (gconstpointer delay)
{
  const guint32 seed = (guint32) test_seed ();
  const guint usual_delay = _g_flow_lend_delay;
  const guint n = GPOINTER_TO_UINT (delay) > 0 ? 20 : 100;
  Storm storm = { .over = 0 };

  g_test_summary ("Bodies that wait for runs whose nodes ask, on three levels");
  _g_flow_lend_delay = GPOINTER_TO_UINT (delay);
  desk_init (&storm.desk);
  storm.thread = g_thread_new ("answers", answer_all_thread, &storm);
  for (guint i = 0; i < n; i++)
    {
      Level level = { 0, 0, &storm.desk, &storm.n_calls };
      g_autoptr (GError) error = NULL;

      g_test_message ("GFLOW_TEST_SEED=%u", seed + i);
      g_assert_true (run_level (&level, seed + i, &error));
      g_assert_no_error (error);
    }
  g_atomic_int_set (&storm.over, 1);
  g_thread_join (storm.thread);
  desk_clear (&storm.desk);
  _g_flow_lend_delay = usual_delay;
}

/* Threads that come back to a run where others are on all lanes */

typedef struct
{
  GThread *thread;
  Desk     desk;
  int      over;
  int      n_without_lane;
} Lanes;

/* The innermost frame is that of the run. */
static gboolean
body_has_lane (GFlowNode  *node,
               GFlowRun   *run,
               gpointer    user_data,
               GError    **error)
{
  Lanes *lanes = user_data;

  if (_g_flow_frame->run != run || _g_flow_frame->lane == NULL)
    g_atomic_int_inc (&lanes->n_without_lane);
  return g_flow_node_get_name (node)[0] != 'a' || ask (run, node, error);
}

static gpointer
answer_lanes_thread (gpointer user_data)
{
  Lanes *self = user_data;

  while (g_atomic_int_get (&self->over) == 0)
    {
      desk_answer (&self->desk);
      g_thread_yield ();
    }
  return NULL;
}

static void
test_lanes (void)
{
  const guint usual_delay = _g_flow_lend_delay;
  Lanes lanes = { 0 };

  g_test_summary ("A thread that has lent its lane runs no other node of the run");
  _g_flow_lend_delay = 0;
  desk_init (&lanes.desk);
  lanes.thread = g_thread_new ("answers", answer_lanes_thread, &lanes);
  for (guint round = 0; round < 40; round++)
    {
      g_autoptr (GFlow) flow = g_flow_new ();
      g_autoptr (GFlowRun) run = NULL;
      TestResult result;

      g_flow_set_max_threads (flow, 3);
      for (guint i = 0; i < 300; i++)
        add (flow, i % 5 == 0 ? "a" : "b", body_has_lane, &lanes, NULL);
      run = start (flow, &lanes.desk, &result);
      finish_well (&run, &result);
    }
  g_atomic_int_set (&lanes.over, 1);
  g_thread_join (lanes.thread);
  g_assert_cmpint (g_atomic_int_get (&lanes.n_without_lane), ==, 0);
  desk_clear (&lanes.desk);
  _g_flow_lend_delay = usual_delay;
}

static void
test_tracks (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = g_flow_run_new (flow);
  g_autofree char *trace = NULL;
  Desk desk;
  TestLog log;
  TestResult result;

  g_test_summary ("What runs in the place of a body that waits has a track of its own");
  desk_init (&desk);
  test_log_init (&log);
  g_flow_set_max_threads (flow, 1);
  for (guint i = 0; i < 3; i++)
    add (flow, NULL, body_ask, &log, NULL);
  g_flow_run_set_keep_record (run, TRUE);
  g_signal_connect (run, "ask", G_CALLBACK (ask_cb), &desk);
  test_result_init (&result);
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  TEST_WAIT (desk_count (&desk) == 3);
  desk_answer (&desk);
  TEST_WAIT (result.calls > 0);

  trace = g_flow_run_to_trace (run);
  test_assert_contains (trace, "\"name\":\"Worker 1\"");
  test_assert_contains (trace, "\"name\":\"Worker 1 (2)\"");
  test_assert_contains (trace, "\"name\":\"Worker 1 (3)\"");
  finish_well (&run, &result);
  test_log_clear (&log);
  desk_clear (&desk);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/lend/all-ask/1", GUINT_TO_POINTER (1), test_all_ask);
  g_test_add_data_func ("/lend/all-ask/2", GUINT_TO_POINTER (2), test_all_ask);
  g_test_add_data_func ("/lend/all-ask/50", GUINT_TO_POINTER (50), test_all_ask);
  g_test_add_func ("/lend/one-at-a-time", test_one_at_a_time);
  g_test_add_data_func ("/lend/sync/1", GUINT_TO_POINTER (1), test_sync);
  g_test_add_data_func ("/lend/sync/2", GUINT_TO_POINTER (2), test_sync);
  g_test_add_func ("/lend/nested", test_nested);
  g_test_add_data_func ("/lend/cancel/run", GINT_TO_POINTER (TRUE), test_cancel);
  g_test_add_data_func ("/lend/cancel/nodes", GINT_TO_POINTER (FALSE), test_cancel);
  g_test_add_func ("/lend/retry", test_retry);
  g_test_add_func ("/lend/funnel", test_funnel);
  g_test_add_func ("/lend/downstreams", test_downstreams);
  g_test_add_func ("/lend/limit", test_limit);
  g_test_add_func ("/lend/lanes", test_lanes);
  g_test_add_func ("/lend/tracks", test_tracks);
  g_test_add_func ("/lend/storm", test_storm);
  g_test_add_data_func ("/lend/storm-nested/0", GUINT_TO_POINTER (0), test_storm_nested);
  g_test_add_data_func ("/lend/storm-nested/1", GUINT_TO_POINTER (1), test_storm_nested);

  return g_test_run ();
}
