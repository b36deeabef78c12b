/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Streams of requests. */

#include "test-executor.h"

#include <string.h>

typedef struct
{
  GFlow     *flow;     /* (owned) */
  TestTally  tally;
  TestGate   gate;
  TestLife   life;
  TestLog    log;
  int        given;    /* atomic: documents that the source has given */
  int        total;    /* how many it has; -1 for no end */
  int        fails_at; /* it fails in place of that one, if not 0 */
} Bench;

static void
bench_init (Bench      *self,
            const char *first,
            ...)
{
  va_list args;

  memset (self, 0, sizeof *self);
  test_gate_init (&self->gate);
  test_life_init (&self->life);
  test_log_init (&self->log);
  self->tally.gate = &self->gate;
  self->flow = g_flow_new ();
  va_start (args, first);
  for (const char *word = first; word != NULL; word = va_arg (args, const char *))
    {
      g_autoptr (GFlowExecutor) executor = test_executor_new (word);

      test_executor_set_tally (executor, &self->tally);
      test_life_watch (&self->life, executor);
      g_flow_add_executor (self->flow, word, executor, NULL, NULL);
    }
  va_end (args);
  test_life_watch (&self->life, self->flow);
  g_assert_true (g_flow_open_sync (self->flow, NULL, NULL));
}

static void
bench_clear (Bench *self)
{
  test_flow_close (self->flow);
  g_clear_object (&self->flow);
  test_life_assert_over (&self->life);
  test_gate_clear (&self->gate);
  test_log_clear (&self->log);
}

static gboolean
give (GFlowSource  *source,
      guint         n_documents,
      GListStore   *documents,
      gpointer      user_data,
      GError      **error)
{
  Bench *self = user_data;

  for (guint i = 0; i < n_documents && (self->total < 0 || self->given < self->total); i++)
    {
      g_autofree char *text = g_strdup_printf ("%d", self->given);
      g_autoptr (GFlowDocument) document = g_flow_document_new_for_text (text);

      if (self->fails_at != 0 && self->given == self->fails_at)
        {
          g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "The source broke");
          return FALSE;
        }
      g_list_store_append (documents, document);
      g_atomic_int_inc (&self->given);
    }
  return TRUE;
}

static void
give_later (GFlowSource  *source,
            guint         n_documents,
            GListStore   *documents,
            GTask        *task,
            gpointer      user_data,
            GError      **error)
{
  if (give (source, 1, documents, user_data, error))
    g_task_return_boolean (task, TRUE);
}

static void
log_done (GFlowPost    *post,
          GFlowRequest *request,
          gpointer      user_data)
{
  Bench *self = user_data;

  test_log_addf (&self->log, "done(%u)",
                 g_list_model_get_n_items (g_flow_request_get_documents (request)));
}

static void
log_error (GFlowPost    *post,
           GFlowRequest *request,
           GError       *error,
           gpointer      user_data)
{
  Bench *self = user_data;

  g_assert_true (error != NULL && g_flow_request_get_error (request) != NULL);
  test_log_add (&self->log, "error");
}

static void
log_always (GFlowPost    *post,
            GFlowRequest *request,
            gpointer      user_data)
{
  Bench *self = user_data;

  test_log_add (&self->log, "always");
}

static GFlowPost *
make_post (Bench *self,
           int    total,
           guint  request_size)
{
  GFlowPost *post = g_flow_post (self->flow, "/");

  self->total = total;
  self->given = 0;
  g_flow_post_set_request_size (post, request_size);
  if (total != 0)
    {
      g_autoptr (GFlowSource) source = g_flow_source_new_for_func (give, self, NULL);

      g_flow_post_set_source (post, source);
    }
  g_signal_connect (post, "done", G_CALLBACK (log_done), self);
  g_signal_connect (post, "error", G_CALLBACK (log_error), self);
  g_signal_connect (post, "always", G_CALLBACK (log_always), self);
  test_life_watch (&self->life, post);
  return post;
}

/* 33 to 36, 38 */
static void
test_sizes (void)
{
  Bench bench;
  GFlowPost *post;
  g_autoptr (GListModel) all = NULL;

  bench_init (&bench, "a", "b", NULL);
  post = make_post (&bench, 25, 10);
  g_flow_post_set_ordered (post, TRUE);
  g_assert_true (g_flow_post_run_sync (post, NULL, NULL));
  test_assert_log (&bench.log, "done(10) always done(10) always done(5) always");
  g_assert_cmpuint (g_flow_post_get_n_sent (post), ==, 3);
  g_assert_cmpuint (g_flow_post_get_n_done (post), ==, 3);
  g_assert_cmpint (g_flow_post_get_n_total (post), ==, 3);
  g_assert_cmpfloat (g_flow_post_get_fraction (post), ==, 1.0);
  g_object_unref (post);

  post = make_post (&bench, 25, 0);
  all = g_flow_post_collect_sync (post, NULL, NULL);
  g_assert_cmpuint (g_list_model_get_n_items (all), ==, 1);
  g_object_unref (post);

  /* No source: one request; an empty one: none. */
  bench.tally.served = 0;
  post = make_post (&bench, 0, 10);
  g_assert_true (g_flow_post_run_sync (post, NULL, NULL));
  g_assert_cmpint (bench.tally.served, ==, 2);
  g_object_unref (post);
  post = make_post (&bench, 10, 10);
  bench.given = 10;
  g_assert_true (g_flow_post_run_sync (post, NULL, NULL));
  g_assert_cmpint (bench.tally.served, ==, 2);
  g_assert_cmpuint (g_flow_post_get_n_sent (post), ==, 0);
  g_object_unref (post);
  g_clear_object (&all);
  bench_clear (&bench);
}

static void
test_order (void)
{
  Bench bench;
  GFlowPost *post;
  g_autoptr (GListModel) all = NULL;

  bench_init (&bench, "a", "task", "b", NULL);
  post = make_post (&bench, 100, 1);
  g_flow_post_set_ordered (post, TRUE);
  g_flow_post_set_max_in_flight (post, 50);
  all = g_flow_post_collect_sync (post, NULL, NULL);
  g_assert_cmpuint (g_list_model_get_n_items (all), ==, 100);
  for (guint i = 0; i < 100; i++)
    {
      g_autoptr (GFlowRequest) request = g_list_model_get_item (all, i);
      g_autoptr (GFlowDocument) document =
        g_list_model_get_item (g_flow_request_get_documents (request), 0);
      g_autofree char *wanted = g_strdup_printf ("%u a task b", i);

      g_assert_cmpstr (g_flow_document_get_text (document), ==, wanted);
    }
  g_object_unref (post);
  g_clear_object (&all);
  bench_clear (&bench);
}

/* 39: twice the same, and the flow survives. */
static void
test_errors (void)
{
  Bench bench;
  GFlowPost *post;

  bench_init (&bench, "a", "fail", "b", NULL);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GError) error = NULL;

      post = make_post (&bench, 10, 1);
      g_flow_post_set_max_in_flight (post, 1);
      g_assert_false (g_flow_post_run_sync (post, NULL, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
      g_assert_cmpuint (g_flow_post_get_n_sent (post), ==, 1);
      g_assert_cmpuint (g_flow_post_get_n_failed (post), ==, 1);
      g_object_unref (post);
    }
  test_assert_log (&bench.log, "error always error always");

  post = make_post (&bench, 10, 1);
  g_flow_post_set_continue_on_error (post, TRUE);
  g_assert_true (g_flow_post_run_sync (post, NULL, NULL));
  g_assert_cmpuint (g_flow_post_get_n_done (post), ==, 10);
  g_assert_cmpuint (g_flow_post_get_n_failed (post), ==, 10);
  g_assert_cmpuint (test_log_count (&bench.log, "error"), ==, 12);
  g_assert_cmpuint (test_log_count (&bench.log, "always"), ==, 12);
  g_object_unref (post);
  bench_clear (&bench);
}

static void
test_source_fails (void)
{
  Bench bench;
  GFlowPost *post;
  g_autoptr (GError) error = NULL;

  bench_init (&bench, "a", NULL);
  post = make_post (&bench, 100, 2);
  bench.fails_at = 5;
  g_assert_false (g_flow_post_run_sync (post, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  test_assert_contains (error->message, "The source broke");
  /* What it gave before is served. */
  g_assert_cmpuint (g_flow_post_get_n_sent (post), ==, 3);
  g_assert_cmpuint (g_flow_post_get_n_done (post), ==, 3);
  g_assert_cmpuint (test_log_count (&bench.log, "always"), ==, 3);
  g_object_unref (post);
  bench_clear (&bench);
}

static gboolean
fail_func (GFlowPost     *post,
           GFlowRequest  *request,
           gpointer       user_data,
           GError       **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_EXISTS, "The callback broke");
  return FALSE;
}

static void
test_callback_fails (void)
{
  Bench bench;
  GFlowPost *post;
  g_autoptr (GError) error = NULL;

  bench_init (&bench, "a", NULL);
  post = make_post (&bench, 100, 1);
  g_flow_post_set_max_in_flight (post, 1);
  g_flow_post_set_continue_on_error (post, TRUE);
  g_flow_post_set_done_func (post, fail_func, NULL, NULL);
  g_assert_false (g_flow_post_run_sync (post, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS);
  test_assert_log (&bench.log, "done(1) always");
  g_object_unref (post);

  /* The next one works. */
  post = make_post (&bench, 3, 1);
  g_assert_true (g_flow_post_run_sync (post, NULL, NULL));
  g_object_unref (post);
  bench_clear (&bench);
}

/* How many are under way if nobody says: few, and more only while they are quick. */
typedef struct
{
  Bench *bench;
  guint  told;
  guint  quick_ones; /* that came back one after the other */
  guint  most;       /* under way */
  guint  wanted;     /* at the least, by then */
} Limit;

static gboolean
look_at_limit (GFlowPost     *post,
               GFlowRequest  *request,
               gpointer       user_data,
               GError       **error)
{
  Limit *self = user_data;
  g_autoptr (GFlowRoute) entry = g_list_model_get_item (g_flow_request_get_routes (request), 0);
  const gint64 took = g_flow_route_get_end (entry) - g_flow_route_get_start (entry);
  const guint under_way = self->bench->given - self->told;

  /* This one is back, and those that may take its place have not been sent. */
  g_assert_cmpuint (under_way, <=, 16 * 2);
  self->told++;
  self->most = MAX (self->most, under_way);
  if (self->bench->given < 3000)
    self->wanted = MAX (self->wanted, MIN (4 + self->quick_ones, 32));
  self->quick_ones = took < 500 ? self->quick_ones + 1 : 0;
  return TRUE;
}

static void
test_default_limit (void)
{
  Bench bench;
  GFlowPost *post;
  TestResult result;
  Limit limit = { &bench, 0 };

  bench_init (&bench, "gate", NULL);
  test_result_init (&result);
  g_flow_set_max_threads (bench.flow, 2);
  post = make_post (&bench, 3000, 1);
  g_flow_post_set_done_func (post, look_at_limit, &limit, NULL);
  g_flow_post_run (post, NULL, test_result_cb, &result);
  TEST_WAIT (g_atomic_int_get (&bench.given) == 4);
  test_settle (30);
  g_assert_cmpint (bench.given, ==, 4);
  test_gate_open (&bench.gate);
  TEST_WAIT (result.calls > 0);
  g_assert_true (g_flow_post_run_finish (post, result.result, NULL));
  g_assert_cmpuint (limit.told, ==, 3000);
  g_assert_cmpuint (limit.most, >=, limit.wanted);
  g_test_message ("%u at once", limit.most);
  test_result_clear (&result);
  g_object_unref (post);
  bench_clear (&bench);
}

/* The source is asked only when a request may enter. */
static void
test_back_pressure (void)
{
  Bench bench;
  GFlowPost *post;
  TestResult result;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  bench_init (&bench, "gate", NULL);
  test_result_init (&result);
  post = make_post (&bench, -1, 1);
  g_flow_post_set_max_in_flight (post, 3);
  g_flow_post_run (post, cancellable, test_result_cb, &result);
  TEST_WAIT (g_atomic_int_get (&bench.given) == 3);
  test_settle (30);
  g_assert_cmpint (bench.given, ==, 3);
  g_assert_cmpuint (g_flow_post_get_n_sent (post), ==, 3);
  test_gate_open (&bench.gate);
  TEST_WAIT (g_flow_post_get_n_done (post) > 100);
  g_cancellable_cancel (cancellable);
  TEST_WAIT (result.calls > 0);
  g_assert_false (g_flow_post_run_finish (post, result.result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (g_flow_post_get_n_done (post), ==, g_flow_post_get_n_sent (post));
  test_result_clear (&result);
  g_object_unref (post);
  bench_clear (&bench);
}

static void
test_next (void)
{
  Bench bench;
  GFlowPost *post;

  bench_init (&bench, "a", NULL);
  post = make_post (&bench, 25, 10);
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (GFlowRequest) request = g_flow_post_next_sync (post, NULL, NULL);

      g_assert_nonnull (request);
    }
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (g_flow_post_next_sync (post, NULL, &error));
      g_assert_no_error (error);
    }
  g_object_unref (post);

  /* Who does not ask does not get: and who drops the post stops it. */
  post = make_post (&bench, -1, 1);
  g_flow_post_set_max_in_flight (post, 4);
  for (guint i = 0; i < 10; i++)
    {
      g_autoptr (GFlowRequest) request = g_flow_post_next_sync (post, NULL, NULL);

      g_assert_nonnull (request);
    }
  g_assert_cmpint (bench.given, <=, 14);

  /* What is under way belongs to the context of the blocking calls. */
  TestResult result;
  g_autoptr (GError) error = NULL;

  test_result_init (&result);
  g_flow_post_next (post, NULL, test_result_cb, &result);
  TEST_WAIT (result.calls > 0);
  g_assert_null (g_flow_post_next_finish (post, result.result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
  test_result_clear (&result);
  g_object_unref (post);
  bench_clear (&bench);
}

static void
test_next_async (void)
{
  Bench bench;
  GFlowPost *post;
  guint n = 0;

  bench_init (&bench, "a", "task", NULL);
  post = make_post (&bench, 10, 1);
  for (;;)
    {
      TestResult result;
      g_autoptr (GFlowRequest) request = NULL;
      g_autoptr (GError) error = NULL;

      test_result_init (&result);
      g_flow_post_next (post, NULL, test_result_cb, &result);
      TEST_WAIT (result.calls > 0);
      request = g_flow_post_next_finish (post, result.result, &error);
      g_assert_no_error (error);
      test_result_clear (&result);
      if (request == NULL)
        break;
      n++;
    }
  g_assert_cmpuint (n, ==, 10);
  g_object_unref (post);

  /* Dropped while something is under way. */
  post = make_post (&bench, -1, 1);
  g_flow_post_next (post, NULL, NULL, NULL);
  TEST_WAIT (g_flow_post_get_n_done (post) > 0);
  g_object_unref (post);
  bench_clear (&bench);
}

/* A request that fails is the end, after the answers to what was sent before. */
static void
test_next_fails (void)
{
  Bench bench;
  GFlowPost *post;
  g_autoptr (GError) error = NULL;

  bench_init (&bench, "fail", NULL);
  post = make_post (&bench, 10, 1);
  g_assert_null (g_flow_post_next_sync (post, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  g_assert_null (g_flow_post_next_sync (post, NULL, NULL));
  g_object_unref (post);

  post = make_post (&bench, 3, 1);
  g_flow_post_set_continue_on_error (post, TRUE);
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (GFlowRequest) request = g_flow_post_next_sync (post, NULL, NULL);

      g_assert_cmpint (g_flow_request_get_state (request), ==, G_FLOW_RUN_STATE_FAILED);
    }
  g_assert_null (g_flow_post_next_sync (post, NULL, NULL));
  g_object_unref (post);
  bench_clear (&bench);
}

/* 55: a source that takes its time. */
static void
test_slow_source (void)
{
  Bench bench;
  GFlowPost *post;
  g_autoptr (GFlowSource) source = NULL;

  bench_init (&bench, "a", NULL);
  post = make_post (&bench, 5, 2);
  source = g_flow_source_new_for_task_func (give_later, &bench, NULL);
  g_flow_post_set_source (post, source);
  g_flow_post_set_ordered (post, TRUE);
  g_assert_true (g_flow_post_run_sync (post, NULL, NULL));
  test_assert_log (&bench.log, "done(2) always done(2) always done(1) always");
  g_object_unref (post);
  bench_clear (&bench);
}

/* 63 */
static void
test_target (void)
{
  Bench bench;
  GFlowPost *post;
  g_autoptr (GListModel) all = NULL;
  g_autoptr (GFlowRequest) request = NULL;
  g_autoptr (GFlowDocument) document = NULL;
  g_autoptr (GError) error = NULL;

  bench_init (&bench, "foo", "foo_x", "bar", NULL);
  post = make_post (&bench, 1, 1);
  g_flow_post_set_target (post, "foo");
  all = g_flow_post_collect_sync (post, NULL, NULL);
  request = g_list_model_get_item (all, 0);
  document = g_list_model_get_item (g_flow_request_get_documents (request), 0);
  g_assert_cmpstr (g_flow_document_get_text (document), ==, "0 foo foo_x");
  g_object_unref (post);

  post = make_post (&bench, 1, 1);
  g_flow_post_set_target (post, "(");
  g_assert_false (g_flow_post_run_sync (post, NULL, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT);
  g_object_unref (post);
  g_clear_object (&all);
  g_clear_object (&request);
  bench_clear (&bench);
}

/* 54: what waits does not keep others waiting. */
static void
test_tasks_at_once (void)
{
  Bench bench;
  GFlowPost *post;

  bench_init (&bench, "task", NULL);
  post = make_post (&bench, 50, 1);
  g_flow_post_set_max_in_flight (post, 50);
  g_assert_true (g_flow_post_run_sync (post, NULL, NULL));
  g_assert_cmpint (bench.tally.most, ==, 50);
  g_object_unref (post);
  bench_clear (&bench);
}

/* FALSE if what runs did not end in @timeout after it was cancelled. */
static gboolean
close_in_time (guint timeout)
{
  Bench bench;
  GFlowPost *post;
  TestResult posted, closed;
  gboolean in_time;
  g_autoptr (GError) refusal = NULL;
  g_autoptr (GError) error = NULL;

  bench_init (&bench, "forever", NULL);
  test_result_init (&posted);
  test_result_init (&closed);
  g_flow_set_close_timeout (bench.flow, timeout);
  post = make_post (&bench, -1, 1);
  g_flow_post_run (post, NULL, test_result_cb, &posted);
  TEST_WAIT (g_atomic_int_get (&bench.tally.now) > 0);
  g_flow_close (bench.flow, NULL, test_result_cb, &closed);
  TEST_WAIT (closed.calls > 0 && posted.calls > 0);
  in_time = g_flow_close_finish (bench.flow, closed.result, &refusal);
  if (!in_time)
    g_assert_error (refusal, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_false (g_flow_post_run_finish (post, posted.result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  if (in_time)
    g_assert_cmpint (g_atomic_int_get (&bench.tally.torn_down), ==, 1);
  test_result_clear (&posted);
  test_result_clear (&closed);
  g_object_unref (post);

  g_clear_error (&error);
  post = make_post (&bench, 1, 1);
  g_assert_false (g_flow_post_run_sync (post, NULL, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_NOT_OPEN);
  g_object_unref (post);
  TEST_WAIT (g_flow_open_sync (bench.flow, NULL, NULL));
  bench_clear (&bench);
  return in_time;
}

static void
test_close_cancels (void)
{
  guint timeout = 20;

  /* How long it takes to be cancelled is the machine's business. */
  while (!close_in_time (timeout))
    {
      timeout *= 4;
      g_assert_cmpint ((gint64) timeout * 1000, <, test_time_limit ());
    }
}

static void
test_no_flow (void)
{
  g_autoptr (GFlowPost) post = g_object_new (G_TYPE_FLOW_POST, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (g_flow_post_get_flow (post));
  g_assert_false (g_flow_post_run_sync (post, NULL, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_NOT_OPEN);
  g_clear_error (&error);
  g_assert_null (g_flow_post_next_sync (post, NULL, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_NOT_OPEN);
  g_clear_error (&error);
  g_assert_null (g_flow_post_collect_sync (post, NULL, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_NOT_OPEN);
}

/* A body that does not stop is not waited for, but torn down when it has ended. */
static void
test_close_gives_up (void)
{
  for (guint sync = 0; sync < 2; sync++)
    {
      Bench bench;
      GFlowPost *post;
      TestResult posted, closed;
      g_autoptr (GError) error = NULL;

      bench_init (&bench, "gate", NULL);
      test_result_init (&posted);
      test_result_init (&closed);
      g_flow_set_close_timeout (bench.flow, 20);
      post = make_post (&bench, 1, 1);
      g_flow_post_run (post, NULL, test_result_cb, &posted);
      TEST_WAIT (test_gate_waiting (&bench.gate) == 1);
      if (sync)
        {
          g_assert_false (g_flow_close_sync (bench.flow, NULL, &error));
        }
      else
        {
          g_flow_close (bench.flow, NULL, test_result_cb, &closed);
          TEST_WAIT (closed.calls > 0);
          g_assert_false (g_flow_close_finish (bench.flow, closed.result, &error));
        }
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
      g_assert_false (g_flow_get_is_open (bench.flow));
      g_clear_error (&error);
      g_assert_false (g_flow_open_sync (bench.flow, NULL, &error));
      g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_START_FAILED);

      test_gate_open (&bench.gate);
      TEST_WAIT (posted.calls > 0);
      TEST_WAIT (g_atomic_int_get (&bench.tally.torn_down) == 1);
      TEST_WAIT (g_flow_open_sync (bench.flow, NULL, NULL));
      test_result_clear (&posted);
      test_result_clear (&closed);
      g_object_unref (post);
      bench_clear (&bench);
    }
}

static gboolean
post_from_body (GFlowNode  *node,
                GFlowRun   *run,
                gpointer    user_data,
                GError    **error)
{
  g_autoptr (GFlowPost) post = g_flow_post (user_data, "/");
  g_autoptr (GError) refusal = NULL;

  g_assert_false (g_flow_post_run_sync (post, NULL, &refusal));
  g_assert_error (refusal, G_FLOW_ERROR, G_FLOW_ERROR_RECURSION);
  g_clear_error (&refusal);
  g_assert_false (g_flow_close_sync (user_data, NULL, &refusal));
  g_assert_error (refusal, G_FLOW_ERROR, G_FLOW_ERROR_RECURSION);
  return TRUE;
}

static void
test_recursion (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowPost) post = NULL;

  g_flow_add_executor (flow, NULL, NULL, NULL, NULL);
  g_flow_add (flow, NULL, post_from_body, flow, NULL, NULL);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  post = g_flow_post (flow, "/");
  g_assert_true (g_flow_post_run_sync (post, NULL, NULL));
  g_assert_true (g_flow_close_sync (flow, NULL, NULL));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/post/sizes", test_sizes);
  g_test_add_func ("/post/order", test_order);
  g_test_add_func ("/post/errors", test_errors);
  g_test_add_func ("/post/source-fails", test_source_fails);
  g_test_add_func ("/post/callback-fails", test_callback_fails);
  g_test_add_func ("/post/default-limit", test_default_limit);
  g_test_add_func ("/post/back-pressure", test_back_pressure);
  g_test_add_func ("/post/next", test_next);
  g_test_add_func ("/post/next-async", test_next_async);
  g_test_add_func ("/post/next-fails", test_next_fails);
  g_test_add_func ("/post/slow-source", test_slow_source);
  g_test_add_func ("/post/target", test_target);
  g_test_add_func ("/post/tasks-at-once", test_tasks_at_once);
  g_test_add_func ("/post/close-cancels", test_close_cancels);
  g_test_add_func ("/post/no-flow", test_no_flow);
  g_test_add_func ("/post/close-gives-up", test_close_gives_up);
  g_test_add_func ("/post/recursion", test_recursion);

  return g_test_run ();
}
