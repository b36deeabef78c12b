/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What callbacks, several threads, and whoever drops things too early do to requests. */

#include "test-executor.h"

typedef struct
{
  GFlow         *flow;     /* (owned) */
  GFlowExecutor *executor; /* (owned) */
  TestTally      tally;
  TestGate       gate;
  TestLog        log;
  TestLife       life;
} Bench;

/* With one executor, which does nothing. */
static void
bench_init (Bench *self)
{
  memset (self, 0, sizeof *self);
  test_gate_init (&self->gate);
  test_log_init (&self->log);
  test_life_init (&self->life);
  self->tally.gate = &self->gate;
  self->flow = g_flow_new ();
  self->executor = test_executor_new ("pass");
  test_executor_set_tally (self->executor, &self->tally);
  g_flow_add_executor (self->flow, "executor", self->executor, NULL, NULL);
  test_life_watch (&self->life, self->flow);
  test_life_watch (&self->life, self->executor);
}

static void
bench_open (Bench *self)
{
  GError *error = NULL;

  g_flow_open_sync (self->flow, NULL, &error);
  g_assert_no_error (error);
}

static void
bench_clear (Bench *self)
{
  test_flow_close (self->flow);
  g_clear_object (&self->flow);
  g_clear_object (&self->executor);
  test_life_assert_over (&self->life);
  test_gate_clear (&self->gate);
  test_log_clear (&self->log);
}

static GFlowPost *
make_post (Bench      *self,
           const char *endpoint,
           guint       n_documents)
{
  GFlowPost *post = g_flow_post (self->flow, endpoint);
  g_autoptr (GPtrArray) texts = g_ptr_array_new ();

  for (guint i = 0; i < n_documents; i++)
    g_ptr_array_add (texts, (gpointer) "text");
  g_ptr_array_add (texts, NULL);

  g_autoptr (GFlowSource) source =
    g_flow_source_new_for_texts ((const char * const *) texts->pdata);

  g_flow_post_set_source (post, source);
  g_flow_post_set_request_size (post, 1);
  test_life_watch (&self->life, post);
  return post;
}

/* Callbacks */

static void
log_done_and_cancel (GFlowPost    *post,
                     GFlowRequest *request,
                     gpointer      user_data)
{
  Bench *self = user_data;

  test_log_add (&self->log, "done");
  g_flow_post_cancel (post);
}

static void
log_always (GFlowPost    *post,
            GFlowRequest *request,
            gpointer      user_data)
{
  Bench *self = user_data;

  test_log_add (&self->log, "always");
}

static void
log_end (GObject      *object,
         GAsyncResult *result,
         gpointer      user_data)
{
  Bench *self = user_data;
  g_autoptr (GError) error = NULL;

  g_flow_post_run_finish (G_FLOW_POST (object), result, &error);
  test_log_add (&self->log, error != NULL ? error->message : "end");
}

/* The end comes when everything has been told of the last request. */
static void
test_cancel_in_callback (void)
{
  Bench bench;

  bench_init (&bench);
  bench_open (&bench);

  g_autoptr (GFlowPost) post = make_post (&bench, "/", 1);

  g_signal_connect (post, "done", G_CALLBACK (log_done_and_cancel), &bench);
  g_signal_connect (post, "always", G_CALLBACK (log_always), &bench);
  g_flow_post_run (post, NULL, log_end, &bench);
  TEST_WAIT (test_log_length (&bench.log) == 3);
  test_assert_log (&bench.log, "done always The post was cancelled");

  g_clear_object (&post);
  bench_clear (&bench);
}

static gboolean
pass_gate (GFlowExecutor  *executor,
           GFlowRequest   *request,
           GCancellable   *cancellable,
           gpointer        user_data,
           GError        **error)
{
  Bench *self = user_data;

  test_gate_wait (&self->gate);
  return TRUE;
}

static void
ask_for_next (GFlowPost    *post,
              GFlowRequest *request,
              gpointer      user_data)
{
  g_flow_post_next (post, NULL, test_result_cb, user_data);
}

/* Nobody waits when the last request comes back, until a callback does: it gets that. */
static void
test_next_in_callback (void)
{
  Bench bench;
  TestResult first, second;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  GError *error = NULL;

  bench_init (&bench);
  g_flow_executor_bind (bench.executor, NULL, pass_gate, &bench, NULL);
  bench_open (&bench);
  test_result_init (&first);
  test_result_init (&second);

  g_autoptr (GFlowPost) post = make_post (&bench, "/", 1);

  g_signal_connect (post, "done", G_CALLBACK (ask_for_next), &second);
  g_flow_post_next (post, cancellable, test_result_cb, &first);
  g_cancellable_cancel (cancellable);
  TEST_WAIT (first.calls > 0);
  g_assert_null (g_flow_post_next_finish (post, first.result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);

  test_gate_open (&bench.gate);
  TEST_WAIT (second.calls > 0);

  g_autoptr (GFlowRequest) request = g_flow_post_next_finish (post, second.result, &error);

  g_assert_no_error (error);
  g_assert_nonnull (request);

  test_result_clear (&first);
  test_result_clear (&second);
  g_clear_object (&request);
  g_clear_object (&post);
  bench_clear (&bench);
}

/* Dropping */

static gboolean
return_cancelled (GCancellable *cancellable,
                  gpointer      user_data)
{
  g_task_return_error_if_cancelled (user_data);
  return G_SOURCE_REMOVE;
}

/* Gives a document, and the second time waits until it is not to give one any more. */
static void
give_one (GFlowSource  *source,
          guint         n_documents,
          GListStore   *documents,
          GTask        *task,
          gpointer      user_data,
          GError      **error)
{
  int *n_calls = user_data;

  if (++*n_calls != 2)
    {
      g_autoptr (GFlowDocument) document = g_flow_document_new ();

      g_list_store_append (documents, document);
      g_task_return_boolean (task, TRUE);
      return;
    }

  g_autoptr (GSource) cancelled = g_cancellable_source_new (g_task_get_cancellable (task));

  g_task_attach_source (task, cancelled, G_SOURCE_FUNC (return_cancelled));
}

/* A question to the source ends in the private context of who has dropped the post; others
 * may ask then. */
static void
test_drop_while_asking (void)
{
  Bench bench;
  GError *error = NULL;
  int n_calls = 0;

  bench_init (&bench);
  bench_open (&bench);

  g_autoptr (GFlowSource) source = g_flow_source_new_for_task_func (give_one, &n_calls, NULL);
  g_autoptr (GFlowPost) post = g_flow_post (bench.flow, "/");

  test_life_watch (&bench.life, post);
  g_flow_post_set_source (post, source);
  g_flow_post_set_request_size (post, 1);

  g_autoptr (GFlowRequest) request = g_flow_post_next_sync (post, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpint (n_calls, ==, 2);
  g_object_run_dispose (G_OBJECT (post));
  g_clear_object (&post);

  g_autoptr (GListModel) documents = g_flow_source_next_sync (source, 1, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (g_list_model_get_n_items (documents), ==, 1);

  g_clear_object (&request);
  bench_clear (&bench);
}

/* Serving */

static void
keep_task (GFlowExecutor  *executor,
           GFlowRequest   *request,
           GTask          *task,
           gpointer        user_data,
           GError        **error)
{
  *(GTask **) user_data = g_object_ref (task);
}

static gboolean
count_call (GFlowExecutor  *executor,
            GFlowRequest   *request,
            GCancellable   *cancellable,
            gpointer        user_data,
            GError        **error)
{
  g_atomic_int_inc ((int *) user_data);
  return TRUE;
}

/* An executor that serves one endpoint by tasks serves others on workers meanwhile. */
static void
test_task_and_function (void)
{
  Bench bench;
  TestResult slow, quick;
  GTask *task = NULL;
  int n_calls = 0;

  bench_init (&bench);
  g_flow_executor_bind_task (bench.executor, "/slow", keep_task, &task, NULL);
  g_flow_executor_bind (bench.executor, "/quick", count_call, &n_calls, NULL);
  bench_open (&bench);
  test_result_init (&slow);
  test_result_init (&quick);

  g_autoptr (GFlowPost) first = make_post (&bench, "/slow", 1);
  g_autoptr (GFlowPost) second = make_post (&bench, "/quick", 1);

  g_flow_post_run (first, NULL, test_result_cb, &slow);
  TEST_WAIT (task != NULL);
  g_flow_post_run (second, NULL, test_result_cb, &quick);
  TEST_WAIT (quick.calls > 0);
  g_assert_cmpint (g_atomic_int_get (&n_calls), ==, 1);
  g_assert_cmpuint (slow.calls, ==, 0);

  g_task_return_boolean (task, TRUE);
  g_clear_object (&task);
  TEST_WAIT (slow.calls > 0);

  test_result_clear (&slow);
  test_result_clear (&quick);
  g_clear_object (&first);
  g_clear_object (&second);
  bench_clear (&bench);
}

/* Documents with the same id are as many after the ways have met as they were before. */
static void
test_same_ids (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GListStore) documents = g_list_store_new (G_TYPE_FLOW_DOCUMENT);
  GError *error = NULL;

  test_executor_add (flow, "a", NULL, NULL);
  test_executor_add (flow, "uri", "a", NULL);
  test_executor_add (flow, "mime", "a", NULL);
  g_flow_add_join_all (flow, "join", &error);
  g_assert_no_error (error);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  for (guint i = 0; i < 4; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);
      g_autoptr (GFlowDocument) document = g_flow_document_new_for_text (text);

      g_flow_document_set_id (document, i < 3 ? "same" : "other");
      g_list_store_append (documents, document);
    }

  g_autoptr (GFlowPost) post = g_flow_post (flow, "/");
  g_autoptr (GFlowSource) source = g_flow_source_new_for_model (G_LIST_MODEL (documents));

  g_flow_post_set_source (post, source);

  g_autoptr (GListModel) requests = g_flow_post_collect_sync (post, NULL, &error);
  g_autoptr (GFlowRequest) request = g_list_model_get_item (requests, 0);

  g_assert_no_error (error);
  test_assert_texts (request, "0 a|1 a|2 a|3 a");
  for (guint i = 0; i < 4; i++)
    {
      g_autoptr (GFlowDocument) document =
        g_list_model_get_item (g_flow_request_get_documents (request), i);

      g_assert_cmpstr (g_flow_document_get_uri (document), ==, "uri");
      g_assert_cmpstr (g_flow_document_get_mime_type (document), ==, "mime");
    }
  g_assert_true (g_flow_close_sync (flow, NULL, NULL));
}

static void
return_at_once (GFlowExecutor  *executor,
                GFlowRequest   *request,
                GTask          *task,
                gpointer        user_data,
                GError        **error)
{
  count_call (executor, request, NULL, user_data, NULL);
  g_task_return_boolean (task, TRUE);
}

/* A request of a blocking call is not served with one of the context that is blocked
 * meanwhile. */
static void
test_batch_in_blocking_call (gconstpointer by_task)
{
  Bench bench;
  TestResult posted;
  GError *error = NULL;
  int n_calls = 0;

  bench_init (&bench);
  if (by_task != NULL)
    g_flow_executor_bind_task (bench.executor, NULL, return_at_once, &n_calls, NULL);
  else
    g_flow_executor_bind (bench.executor, NULL, count_call, &n_calls, NULL);
  g_flow_executor_set_batching (bench.executor, NULL, 10, 100);
  bench_open (&bench);
  test_result_init (&posted);

  g_autoptr (GFlowPost) outer = make_post (&bench, "/", 1);
  g_autoptr (GFlowPost) inner = make_post (&bench, "/", 1);

  g_flow_post_run (outer, NULL, test_result_cb, &posted);
  TEST_WAIT (g_flow_post_get_n_sent (outer) == 1);
  test_settle (20);
  g_flow_post_run_sync (inner, NULL, &error);
  g_assert_no_error (error);
  TEST_WAIT (posted.calls > 0);
  g_assert_cmpint (n_calls, ==, 2);

  test_result_clear (&posted);
  g_clear_object (&outer);
  g_clear_object (&inner);
  bench_clear (&bench);
}

/* Closing */

/* What was begun before the flow was closed does not go to executors that have been torn down,
 * also if the flow is open again. */
static void
test_reopened (void)
{
  Bench bench;
  GError *error = NULL;

  bench_init (&bench);
  bench_open (&bench);

  g_autoptr (GFlowPost) post = make_post (&bench, "/", 9);

  g_flow_post_set_max_in_flight (post, 1);

  g_autoptr (GFlowRequest) first = g_flow_post_next_sync (post, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (first);
  g_assert_true (g_flow_close_sync (bench.flow, NULL, NULL));
  g_assert_true (g_flow_remove_node (bench.flow, g_flow_lookup (bench.flow, "executor"), NULL));
  test_executor_add (bench.flow, "pass", NULL, NULL);
  bench_open (&bench);

  g_autoptr (GFlowRequest) second = g_flow_post_next_sync (post, NULL, &error);

  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_NOT_OPEN);
  g_assert_null (second);
  g_clear_error (&error);

  g_clear_object (&first);
  g_clear_object (&post);
  bench_clear (&bench);
}

typedef struct
{
  GFlow *flow;
  int    over;   /* atomic, and so are the others */
  int    served;
} Posting;

static gpointer
post_again_and_again (gpointer data)
{
  Posting *posting = data;

  while (!g_atomic_int_get (&posting->over))
    {
      g_autoptr (GFlowPost) post = g_flow_post (posting->flow, "/");
      g_autoptr (GError) error = NULL;

      if (g_flow_post_run_sync (post, NULL, &error))
        g_atomic_int_inc (&posting->served);
      else
        g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_NOT_OPEN);
    }
  return NULL;
}

/* Threads post while the flow is closed and opened: nothing comes to an executor that is not
 * set up, which says so. */
static void
test_close_while_posting (void)
{
  Bench bench;
  Posting posting = { 0 };
  GThread *threads[3];
  const guint n_rounds = test_is_slow () ? 100 : 1000;

  bench_init (&bench);
  posting.flow = bench.flow;
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = test_thread_new ("posting", post_again_and_again, &posting);
  for (guint i = 0; i < n_rounds; i++)
    {
      const int served = g_atomic_int_get (&posting.served);

      bench_open (&bench);
      /* Mostly while they are at it; now and then they have to get there first. */
      while (i % 10 == 0 && g_atomic_int_get (&posting.served) == served)
        g_thread_yield ();
      g_assert_true (g_flow_close_sync (bench.flow, NULL, NULL));
    }
  g_atomic_int_set (&posting.over, TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);

  bench_open (&bench);
  bench_clear (&bench);
}

static gboolean
close_other (GFlowExecutor  *executor,
             GFlowRequest   *request,
             GCancellable   *cancellable,
             gpointer        other,
             GError        **error)
{
  return g_flow_close_sync (other, NULL, error);
}

static gpointer
open_gate (gpointer gate)
{
  while (test_gate_waiting (gate) == 0)
    g_thread_yield ();
  /* Mostly who waits sleeps then. */
  g_usleep (20 * 1000);
  test_gate_open (gate);
  return NULL;
}

/* While a flow is closed an executor closes another one: what comes back from workers
 * after that is still waited for. */
static void
test_close_in_close (void)
{
  Bench bench, other;
  TestResult posted;
  GThread *thread;
  GError *error = NULL;

  bench_init (&bench);
  bench_init (&other);
  g_flow_set_close_timeout (bench.flow, 3600 * 1000);
  g_flow_executor_bind (bench.executor, NULL, close_other, other.flow, NULL);
  g_flow_node_set_placement (g_flow_lookup (bench.flow, "executor"), G_FLOW_PLACEMENT_CONTEXT);
  test_executor_add (bench.flow, "gate", NULL, &bench.tally);
  bench_open (&bench);
  bench_open (&other);
  test_result_init (&posted);

  g_autoptr (GFlowPost) post = make_post (&bench, "/", 1);

  thread = test_thread_new ("gate", open_gate, &bench.gate);
  g_flow_post_run (post, NULL, test_result_cb, &posted);
  g_flow_close_sync (bench.flow, NULL, &error);
  g_assert_no_error (error);
  g_thread_join (thread);
  TEST_WAIT (posted.calls > 0);
  g_flow_post_run_finish (post, posted.result, &error);
  g_assert_no_error (error);

  test_result_clear (&posted);
  g_clear_object (&post);
  bench_open (&bench);
  bench_open (&other);
  bench_clear (&bench);
  bench_clear (&other);
}

/* The executors of a flow that is dropped while it is open are torn down, and another flow may have
 * them then. */
static void
test_dropped_open (void)
{
  TestTally tally = { 0 };
  TestLife life;
  g_autoptr (GFlowExecutor) executor = test_executor_new ("pass");

  test_life_init (&life);
  test_executor_set_tally (executor, &tally);
  for (int i = 1; i <= 2; i++)
    {
      g_autoptr (GFlow) flow = g_flow_new ();
      GError *error = NULL;

      test_life_watch (&life, flow);
      g_flow_add_executor (flow, "executor", executor, NULL, NULL);
      g_flow_open_sync (flow, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpint (tally.set_up, ==, i);
      g_clear_object (&flow);
      TEST_WAIT (g_atomic_int_get (&tally.torn_down) == i);
      test_settle (10);
    }

  test_life_watch (&life, executor);
  g_clear_object (&executor);
  test_life_assert_over (&life);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/corners/cancel-in-callback", test_cancel_in_callback);
  g_test_add_func ("/corners/next-in-callback", test_next_in_callback);
  g_test_add_func ("/corners/drop-while-asking", test_drop_while_asking);
  g_test_add_func ("/corners/task-and-function", test_task_and_function);
  g_test_add_func ("/corners/same-ids", test_same_ids);
  g_test_add_data_func ("/corners/batch-in-blocking-call", NULL, test_batch_in_blocking_call);
  g_test_add_data_func ("/corners/batch-in-blocking-call-task", "task", test_batch_in_blocking_call);
  g_test_add_func ("/corners/reopened", test_reopened);
  g_test_add_func ("/corners/close-while-posting", test_close_while_posting);
  g_test_add_func ("/corners/close-in-close", test_close_in_close);
  g_test_add_func ("/corners/dropped-open", test_dropped_open);

  return g_test_run ();
}
