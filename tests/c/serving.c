/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Open flows: policies of nodes for each request, signals, serving until a signal comes, and
 * closing while requests are under way. */

#include "test-executor.h"

#include "stream/gflow-pipeline-private.h"

#include <signal.h>
#include <string.h>

/* Policies */

typedef struct
{
  int        failures;  /* atomic: calls that fail before one does not */
  int        calls;     /* atomic */
  gboolean   by_task;
  gboolean   waits;     /* until it is told to stop */
} Weak;

static gboolean
serve_weakly (GFlowExecutor  *executor,
              GFlowRequest   *request,
              GCancellable   *cancellable,
              gpointer        user_data,
              GError        **error)
{
  Weak *self = user_data;
  GPollFD fd;

  g_atomic_int_inc (&self->calls);
  if (self->waits)
    {
      g_assert_true (g_cancellable_make_pollfd (cancellable, &fd));
      g_poll (&fd, 1, (int) (test_time_limit () / 1000));
      g_cancellable_release_fd (cancellable);
      return !g_cancellable_set_error_if_cancelled (cancellable, error);
    }
  if (g_atomic_int_add (&self->failures, -1) > 0)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BUSY, "Not yet");
      return FALSE;
    }
  return TRUE;
}

static void
start_weakly (GFlowExecutor  *executor,
              GFlowRequest   *request,
              GTask          *task,
              gpointer        user_data,
              GError        **error)
{
  g_assert_true (g_task_get_source_object (task) == executor);
  if (serve_weakly (executor, request, g_task_get_cancellable (task), user_data, error))
    g_task_return_boolean (task, TRUE);
}

static GFlowNode *
add_weak (GFlow *flow,
          Weak  *weak)
{
  g_autoptr (GFlowExecutor) executor = test_executor_new ("weak");

  if (weak->by_task)
    g_flow_executor_bind_task (executor, NULL, start_weakly, weak, NULL);
  else
    g_flow_executor_bind (executor, NULL, serve_weakly, weak, NULL);
  return g_flow_add_executor (flow, "weak", executor, NULL, NULL);
}

static void
test_retries (gconstpointer by_task)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  Weak weak = { .by_task = GPOINTER_TO_INT (by_task) };

  test_executor_add (flow, "a", NULL, NULL);
  g_flow_node_set_max_retries (add_weak (flow, &weak), 2);
  test_executor_add (flow, "b", NULL, NULL);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  /* Each request has retries of its own. */
  for (int i = 1; i <= 3; i++)
    {
      g_autoptr (GFlowRequest) request = NULL;
      g_autoptr (GError) error = NULL;

      weak.failures = 2;
      request = test_serve (flow, "/", "0", NULL, &error);
      g_assert_no_error (error);
      test_assert_texts (request, "0 a b");
      test_assert_routes (request, "gateway=done a=done weak=done b=done");
      g_assert_cmpint (weak.calls, ==, 3 * i);
    }

  g_autoptr (GFlowRequest) request = NULL;
  g_autoptr (GError) error = NULL;

  weak.failures = 3;
  request = test_serve (flow, "/", "0", NULL, &error);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
  test_assert_routes (request, "gateway=failed! a=done weak=failed! b=skipped");
  g_assert_true (g_flow_close_sync (flow, NULL, NULL));
}

/* One that leaves a mess when it fails */

static gboolean
serve_messily (GFlowExecutor  *executor,
               GFlowRequest   *request,
               GCancellable   *cancellable,
               gpointer        user_data,
               GError        **error)
{
  Weak *self = user_data;
  GListStore *documents = G_LIST_STORE (g_flow_request_get_documents (request));
  g_autoptr (GFlowDocument) first = g_list_model_get_item (G_LIST_MODEL (documents), 0);
  g_autoptr (GFlowDocument) other = g_flow_document_new_for_text ("other");
  g_autofree char *text = g_strconcat (g_flow_document_get_text (first), " x", NULL);

  const int n_calls = g_atomic_int_add (&self->calls, 1) + 1;

  g_flow_document_set_text (first, text);
  g_flow_document_set_tag (first, "call", g_variant_new_int32 (n_calls));
  if (g_atomic_int_add (&self->failures, -1) <= 0)
    return TRUE;

  g_flow_document_set_uri (first, "mess:");
  g_flow_document_set_id (first, "mess");
  g_list_store_remove_all (documents);
  g_list_store_append (documents, other);
  g_flow_request_set_result (request, g_variant_new_string ("mess"));
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BUSY, "Not yet");
  return FALSE;
}

static void
start_messily (GFlowExecutor  *executor,
               GFlowRequest   *request,
               GTask          *task,
               gpointer        user_data,
               GError        **error)
{
  g_assert_true (g_task_get_source_object (task) == executor);
  if (serve_messily (executor, request, g_task_get_cancellable (task), user_data, error))
    g_task_return_boolean (task, TRUE);
}

typedef enum
{
  ON_WORKER,
  BY_TASK,
  BATCHED,
  IN_FRONT, /* of the node's own executor */
  ALL,      /* shards */
  FIRST,    /* of the shards */
  FORKED,   /* another one gets the same */
  INSIDE,   /* a flow that is the node */
  N_WAYS
} Way;

static GFlowNode *
add_messy (GFlow *flow,
           Way    way,
           Weak  *weak)
{
  g_autoptr (GFlowExecutor) executor = test_executor_new ("messy");
  g_autoptr (GFlowExecutor) plain = test_executor_new ("pass");
  g_autoptr (GFlow) inside = g_flow_new ();
  GFlowNode *node;

  if (way == BY_TASK)
    g_flow_executor_bind_task (executor, NULL, start_messily, weak, NULL);
  else
    g_flow_executor_bind (executor, NULL, serve_messily, weak, NULL);
  if (way == BATCHED)
    g_flow_executor_set_batching (executor, NULL, 2, 5);
  if (way == INSIDE)
    {
      g_flow_add_executor (inside, "messy", executor, NULL, NULL);
      node = g_flow_add_flow (flow, "node", inside, NULL);
      g_flow_node_add_upstream_by_name (node, "a");
      g_flow_set_insertion_point (flow, node);
      return node;
    }
  node = g_flow_add_executor (flow, "node", way == IN_FRONT ? plain : executor, NULL, NULL);
  if (way == IN_FRONT)
    g_flow_node_set_before (node, executor);
  if (way == ALL || way == FIRST)
    {
      g_flow_node_set_parallel (node, 2);
      g_flow_node_set_polling (node, way == ALL ? G_FLOW_POLLING_ALL : G_FLOW_POLLING_ALL_ASYNC);
    }
  return node;
}

/* An attempt begins with what the first one was given: with the very documents, as they were. */
static void
test_retry_begins_anew (gconstpointer data)
{
  const Way way = GPOINTER_TO_UINT (data);
  g_autoptr (GFlow) flow = g_flow_new ();
  Weak weak = { 0 };
  const char *a[] = { "a", NULL };

  test_executor_add (flow, "a", NULL, NULL);
  g_flow_node_set_max_retries (add_messy (flow, way, &weak), 2);
  if (way == FORKED)
    {
      g_autoptr (GFlowExecutor) beside = test_executor_new ("tag-beside");

      g_flow_add_executor (flow, "beside", beside, a, NULL);
      g_flow_add_join_all (flow, "join", NULL);
    }
  test_executor_add (flow, "b", NULL, NULL);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (GFlowRequest) request = NULL;
      g_autoptr (GFlowDocument) document = NULL;
      g_autoptr (GVariant) call = NULL;
      g_autoptr (GVariant) results = NULL;
      g_autoptr (GError) error = NULL;

      weak.failures = way == ALL || way == FIRST ? 4 : 2;
      weak.calls = 0;
      request = test_serve (flow, "/", "0", NULL, &error);
      g_assert_no_error (error);
      test_assert_texts (request, "0 a x b");
      document = g_list_model_get_item (g_flow_request_get_documents (request), 0);
      call = g_flow_document_dup_tag (document, "call");
      g_assert_cmpint (g_variant_get_int32 (call), >=, 3);
      g_assert_null (g_flow_document_get_uri (document));
      g_assert_null (g_flow_document_get_id (document));
      results = g_flow_request_dup_results (request);
      g_assert_cmpuint (g_variant_n_children (results), ==, 0);
    }
  g_assert_true (g_flow_close_sync (flow, NULL, NULL));
}

static void
test_timeout (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  Weak weak = { .waits = TRUE };

  g_flow_node_set_timeout (add_weak (flow, &weak), 10);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GFlowRequest) request = NULL;
      g_autoptr (GError) error = NULL;

      request = test_serve (flow, "/", "0", NULL, &error);
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
      test_assert_routes (request, "gateway=failed! weak=failed!");
    }
  g_assert_true (g_flow_close_sync (flow, NULL, NULL));
}

/* A handler and a clean-up, for each request. */
static void
test_run_when (void)
{
  for (guint fails = 0; fails < 2; fails++)
    {
      g_autoptr (GFlow) flow = g_flow_new ();
      TestTally handled = { 0 }, cleaned = { 0 };

      test_executor_add (flow, fails ? "fail" : "a", NULL, NULL);
      g_flow_node_set_run_when (test_executor_add (flow, "handle", NULL, &handled),
                                G_FLOW_RUN_WHEN_ANY_FAILED);
      g_flow_node_set_run_when (test_executor_add (flow, "clean", NULL, &cleaned),
                                G_FLOW_RUN_WHEN_ALL_FINISHED);
      g_assert_true (g_flow_open_sync (flow, NULL, NULL));
      for (int i = 1; i <= 3; i++)
        {
          g_autoptr (GFlowRequest) request = NULL;
          g_autoptr (GError) error = NULL;

          request = test_serve (flow, "/", "0", NULL, &error);
          if (fails)
            g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
          else
            g_assert_no_error (error);
          g_assert_cmpint (handled.served, ==, fails ? i : 0);
          g_assert_cmpint (cleaned.served, ==, i);
        }
      g_assert_true (g_flow_close_sync (flow, NULL, NULL));
    }
}

/* What is frozen says so, and stays as it was. */
static void
test_frozen (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowLock) lock = g_flow_lock_new ();
  g_autoptr (GFlowRequest) request = NULL;
  GFlowNode *a = test_executor_add (flow, "a", NULL, NULL);
  GFlowNode *b = test_executor_add (flow, "b", NULL, NULL);

#define REFUSED(call)                                                             \
  G_STMT_START                                                                    \
  {                                                                               \
    g_test_expect_message ("GFlow", G_LOG_LEVEL_CRITICAL, "*is_frozen*failed*");  \
    call;                                                                         \
    g_test_assert_expected_messages ();                                           \
  }                                                                               \
  G_STMT_END

  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  REFUSED (g_flow_node_set_timeout (a, 1));
  REFUSED (g_flow_node_set_max_retries (a, 1));
  REFUSED (g_flow_node_set_retry_delay (a, 1));
  REFUSED (g_flow_node_set_retry_factor (a, 2.0));
  REFUSED (g_flow_node_set_retry_jitter (a, 0.5));
  REFUSED (g_flow_node_set_run_when (a, G_FLOW_RUN_WHEN_ANY_FAILED));
  REFUSED (g_flow_node_set_placement (a, G_FLOW_PLACEMENT_CONTEXT));
  REFUSED (g_flow_node_set_priority (a, 1));
  REFUSED (g_flow_node_set_weight (a, 2));
  REFUSED (g_flow_node_set_name (a, "c"));
  REFUSED (g_flow_node_add_lock (a, lock));
  REFUSED (g_flow_node_add_upstream (a, b));
  REFUSED (g_flow_node_set_upstreams (b, NULL, 0));
  REFUSED (g_flow_set_insertion_point (flow, a));
#undef REFUSED

  g_assert_cmpuint (g_flow_node_get_timeout (a), ==, 0);
  g_assert_cmpuint (g_flow_node_get_max_retries (a), ==, 0);
  g_assert_cmpstr (g_flow_node_get_name (a), ==, "a");
  test_assert_model (g_flow_node_get_upstreams (b), "a");
  request = test_serve (flow, "/", "0", NULL, NULL);
  test_assert_texts (request, "0 a b");
  g_assert_true (g_flow_close_sync (flow, NULL, NULL));
  g_flow_node_set_timeout (a, 1);
  g_assert_cmpuint (g_flow_node_get_timeout (a), ==, 1);
}

/* Signals */

static void
log_run (GFlow    *flow,
         GFlowRun *run,
         gpointer  user_data)
{
  test_log_add (user_data, g_flow_request_get_endpoint (g_flow_run_get_request (run)));
}

static void
log_error (GFlow    *flow,
           GFlowRun *run,
           GError   *error,
           gpointer  user_data)
{
  test_log_addf (user_data, "error:%s",
                 g_flow_request_get_endpoint (g_flow_run_get_request (run)));
}

static void
test_details (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowExecutor) executor = test_executor_new ("pass");
  const char *endpoints[] = { "/index", "/search", "/index", "/other" };
  TestLog some, all, errors;

  test_log_init (&some);
  test_log_init (&all);
  test_log_init (&errors);
  g_flow_add_executor (flow, NULL, executor, NULL, NULL);
  test_executor_add (flow, "fail", NULL, NULL);
  g_flow_set_on_error (flow, G_FLOW_ON_ERROR_IGNORE);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  g_signal_connect (flow, "started::/index", G_CALLBACK (log_run), &some);
  g_signal_connect (flow, "error::/search", G_CALLBACK (log_error), &errors);
  for (guint i = 0; i < G_N_ELEMENTS (endpoints); i++)
    g_object_unref (test_serve (flow, endpoints[i], "0", NULL, NULL));
  test_assert_log (&some, "/index /index");
  test_assert_log (&errors, "error:/search");
  g_signal_connect (flow, "always", G_CALLBACK (log_run), &all);
  for (guint i = 0; i < G_N_ELEMENTS (endpoints); i++)
    g_object_unref (test_serve (flow, endpoints[i], "0", NULL, NULL));
  test_assert_log (&all, "/index /search /index /other");
  g_assert_true (g_flow_close_sync (flow, NULL, NULL));
  test_log_clear (&some);
  test_log_clear (&all);
  test_log_clear (&errors);
}

/* Serving until it is enough */

static void
test_block (void)
{
  const int signals[] = { SIGINT, SIGTERM };

  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    {
      g_autoptr (GSubprocess) child = NULL;
      g_autoptr (GDataInputStream) output = NULL;
      g_autofree char *ready = NULL, *closed = NULL;
      g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);

      child = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, NULL, program, "serve", NULL);
      g_assert_nonnull (child);
      output = g_data_input_stream_new (g_subprocess_get_stdout_pipe (child));
      ready = g_data_input_stream_read_line (output, NULL, NULL, NULL);
      g_assert_cmpstr (ready, ==, "ready");
      g_subprocess_send_signal (child, signals[i]);
      closed = g_data_input_stream_read_line (output, NULL, NULL, NULL);
      g_assert_cmpstr (closed, ==, "closed 1");
      g_assert_true (g_subprocess_wait (child, NULL, NULL));
      g_assert_true (g_subprocess_get_if_exited (child));
      g_assert_cmpint (g_subprocess_get_exit_status (child), ==, 0);
    }
}

static gboolean
ready_cb (gpointer user_data)
{
  g_print ("ready\n");
  return G_SOURCE_REMOVE;
}

/* The child: the signal finds it blocked, and the flow is closed as usual. */
static int
serve_until_signal (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  TestTally tally = { 0 };

  test_executor_add (flow, "a", NULL, &tally);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  g_idle_add (ready_cb, NULL);
  g_flow_block (flow, NULL);
  g_assert_true (g_flow_get_is_open (flow));
  g_assert_true (g_flow_close_sync (flow, NULL, NULL));
  g_print ("closed %d\n", tally.torn_down);
  return 0;
}

static gpointer
cancel_later (gpointer user_data)
{
  g_cancellable_cancel (user_data);
  return NULL;
}

static void
test_block_cancelled (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  GThread *thread;

  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  thread = g_thread_new ("canceller", cancel_later, cancellable);
  g_flow_block (flow, cancellable);
  g_thread_join (thread);
  g_flow_block (flow, cancellable);
  g_assert_true (g_flow_close_sync (flow, NULL, NULL));
}

/* Closing */

static gpointer
open_gate (gpointer user_data)
{
  TestGate *gate = user_data;
  const gint64 deadline = g_get_monotonic_time () + test_time_limit ();

  while (test_gate_waiting (gate) == 0)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      g_thread_yield ();
    }
  test_gate_open (gate);
  return NULL;
}

/* Requests of the thread that closes, and waits: they end, and it does not wait any longer. */
static void
test_close_soon (void)
{
  for (guint batched = 0; batched < 2; batched++)
    {
      g_autoptr (GFlow) flow = g_flow_new ();
      g_autoptr (GFlowPost) post = NULL;
      TestTally tally = { 0 };
      TestGate gate;
      TestResult posted;
      GThread *thread;
      GFlowNode *node;
      g_autoptr (GError) error = NULL;

      test_gate_init (&gate);
      test_result_init (&posted);
      tally.gate = &gate;
      node = test_executor_add (flow, "gate", NULL, &tally);
      if (batched)
        g_flow_executor_set_batching (g_flow_node_get_executor (node), NULL, 10, 3600 * 1000);
      test_executor_add (flow, "b", NULL, &tally);
      g_flow_set_close_timeout (flow, 3600 * 1000);
      g_assert_true (g_flow_open_sync (flow, NULL, NULL));
      post = g_flow_post (flow, "/");
      g_flow_post_run (post, NULL, test_result_cb, &posted);
      if (!batched)
        TEST_WAIT (test_gate_waiting (&gate) == 1);
      else
        test_settle (10);
      thread = g_thread_new ("opener", open_gate, &gate);
      g_assert_true (g_flow_close_sync (flow, NULL, &error));
      g_assert_no_error (error);
      g_thread_join (thread);
      g_assert_cmpint (tally.served, ==, 2);
      g_assert_cmpuint (g_flow_post_get_n_done (post), ==, 1);
      TEST_WAIT (posted.calls > 0);
      g_assert_true (g_flow_post_run_finish (post, posted.result, NULL));
      test_result_clear (&posted);
      test_gate_clear (&gate);
    }
}

static gpointer
serve_one (gpointer user_data)
{
  g_object_unref (test_serve (user_data, "/", "0", NULL, NULL));
  return NULL;
}

static gboolean
is_locked (GFlowMutex *mutex)
{
  if (!_g_flow_mutex_trylock (mutex))
    return TRUE;
  _g_flow_mutex_unlock (mutex);
  return FALSE;
}

/* Between finding the flow open and being counted as under way, a request has the mutex that is needed
 * to begin to close the flow. A request that is made to stop in between shows that: the mutex is never
 * free until it goes on. */
static void
test_enter_at_once (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  const gint64 deadline = g_get_monotonic_time () + test_time_limit ();
  guint n_locked = 0;
  GThread *thread;

  test_executor_add (flow, "a", NULL, NULL);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  g_object_unref (test_serve (flow, "/", "0", NULL, NULL));
  _g_flow_mutex_lock (&flow->pipeline->mutex);
  thread = g_thread_new ("server", serve_one, flow);
  while (n_locked < 1000)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      n_locked = is_locked (&flow->mutex) ? n_locked + 1 : 0;
      g_thread_yield ();
    }
  _g_flow_mutex_unlock (&flow->pipeline->mutex);
  g_thread_join (thread);
  g_assert_true (g_flow_close_sync (flow, NULL, NULL));
}

typedef struct
{
  GFlow *flow;
  int    stop;    /* atomic, and so are the others */
  int    served;
  int    refused;
} Crowd;

static gpointer
serve_all_the_time (gpointer user_data)
{
  Crowd *self = user_data;

  while (!g_atomic_int_get (&self->stop))
    {
      g_autoptr (GFlowRequest) request = NULL;
      g_autoptr (GError) error = NULL;

      request = test_serve (self->flow, "/", "0", NULL, &error);
      if (error != NULL)
        {
          g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_NOT_OPEN);
          g_atomic_int_inc (&self->refused);
          continue;
        }
      test_assert_texts (request, "0 a b");
      g_atomic_int_inc (&self->served);
    }
  return NULL;
}

/* Requests from threads while the flow is opened and closed: those that come in are served by what is
 * set up, and the others are refused. The executors look for that. */
static void
test_open_and_close (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  Crowd crowd = { .flow = flow };
  GThread *threads[3];

  test_executor_add (flow, "a", NULL, NULL);
  test_executor_add (flow, "b", NULL, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("server", serve_all_the_time, &crowd);
  for (guint i = 0; i < 100; i++)
    {
      const int before = g_atomic_int_get (&crowd.served);

      g_assert_true (g_flow_open_sync (flow, NULL, NULL));
      TEST_WAIT (g_atomic_int_get (&crowd.served) > before);
      g_assert_true (g_flow_close_sync (flow, NULL, NULL));
    }
  g_atomic_int_set (&crowd.stop, TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  g_assert_cmpint (crowd.served, >=, 100);
}

int
main (int   argc,
      char *argv[])
{
  gpointer by_task = GINT_TO_POINTER (TRUE);

  if (argc > 1 && strcmp (argv[1], "serve") == 0)
    return serve_until_signal ();

  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/serving/retries", NULL, test_retries);
  g_test_add_data_func ("/serving/retries-task", by_task, test_retries);
  for (guint way = 0; way < N_WAYS; way++)
    {
      g_autofree char *path = g_strdup_printf ("/serving/retry-begins-anew/%u", way);

      g_test_add_data_func (path, GUINT_TO_POINTER (way), test_retry_begins_anew);
    }
  g_test_add_func ("/serving/timeout", test_timeout);
  g_test_add_func ("/serving/run-when", test_run_when);
  g_test_add_func ("/serving/frozen", test_frozen);
  g_test_add_func ("/serving/details", test_details);
  g_test_add_func ("/serving/block", test_block);
  g_test_add_func ("/serving/block-cancelled", test_block_cancelled);
  g_test_add_func ("/serving/close-soon", test_close_soon);
  g_test_add_func ("/serving/enter-at-once", test_enter_at_once);
  g_test_add_func ("/serving/open-and-close", test_open_and_close);

  return g_test_run ();
}
