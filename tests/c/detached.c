/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Nodes that no response waits for. */

#include "test-server.h"

static gboolean
wait_at_gate (GFlowExecutor  *executor,
              GFlowRequest   *request,
              GCancellable   *cancellable,
              gpointer        user_data,
              GError        **error)
{
  test_gate_wait (user_data);
  g_flow_request_set_result (request, g_variant_new_boolean (TRUE));
  return test_serve_word (executor, request, cancellable, "beside", error);
}

typedef struct
{
  TestGate    gate;
  GFlow      *flow;
  GFlowNode  *beside;
  TestResult  posted;
  TestResult  closed;
  TestLog     log;
} Bench;

static void
log_done (GFlow    *flow,
          GFlowRun *run,
          gpointer  user_data)
{
  test_log_add (user_data, "done");
}

static void
log_error (GFlow    *flow,
           GFlowRun *run,
           GError   *error,
           gpointer  user_data)
{
  test_log_addf (user_data, "error(%s)", error->message);
}

/* first → beside, first → last. */
static void
bench_init (Bench             *self,
            GFlowExecutorFunc  func,
            gpointer           data)
{
  const char *first[] = { "first", NULL };
  g_autoptr (GFlowExecutor) last = test_server_new (test_serve_word, "last");

  test_gate_init (&self->gate);
  test_log_init (&self->log);
  test_result_init (&self->posted);
  test_result_init (&self->closed);
  self->flow = g_flow_new ();
  test_add_server (self->flow, "first", test_server_new (test_serve_word, "first"));
  self->beside = test_add_server (self->flow, "beside",
                                  test_server_new (func, data != NULL ? data : &self->gate));
  g_flow_node_set_detached (self->beside, TRUE);
  g_flow_add_executor (self->flow, "last", last, first, NULL);
  g_signal_connect (self->flow, "done", G_CALLBACK (log_done), &self->log);
  g_signal_connect (self->flow, "error", G_CALLBACK (log_error), &self->log);
  g_assert_true (g_flow_open_sync (self->flow, NULL, NULL));
}

static void
bench_close (Bench *self)
{
  if (self->closed.calls == 0)
    g_flow_close (self->flow, NULL, test_result_cb, &self->closed);
  TEST_WAIT (self->closed.calls == 1);
  g_assert_true (g_flow_close_finish (self->flow, self->closed.result, NULL));
  test_result_clear (&self->posted);
  test_result_clear (&self->closed);
  g_clear_object (&self->flow);
  test_server_assert_over ();
  test_gate_clear (&self->gate);
  test_log_clear (&self->log);
}

static GFlowRequest *
collect_one (Bench *self)
{
  g_autoptr (GFlowPost) post = test_post_new (self->flow, 1);
  g_autoptr (GListModel) responses = NULL;

  g_flow_post_collect (post, NULL, test_result_cb, &self->posted);
  TEST_WAIT (self->posted.calls == 1);
  responses = g_flow_post_collect_finish (post, self->posted.result, NULL);
  test_result_clear (&self->posted);
  test_result_init (&self->posted);
  return g_list_model_get_item (responses, 0);
}

/* The response comes while the node still waits; closing waits for it. */
static void
test_response (void)
{
  Bench bench;
  GFlowRequest *response;

  bench_init (&bench, wait_at_gate, NULL);
  response = collect_one (&bench);
  g_assert_cmpint (g_flow_request_get_state (response), ==, G_FLOW_RUN_STATE_DONE);
  test_assert_text (response, test_request_text, "0+first+last");
  test_assert_routes (response, "gateway=done first=done last=done");
  test_assert_text (response, test_request_results, "");
  test_assert_log (&bench.log, "");

  TEST_WAIT (test_gate_waiting (&bench.gate) == 1);
  g_flow_close (bench.flow, NULL, test_result_cb, &bench.closed);
  test_settle (5);
  g_assert_cmpuint (bench.closed.calls, ==, 0);
  test_gate_open (&bench.gate);
  TEST_WAIT (bench.closed.calls == 1);
  test_assert_log (&bench.log, "done");
  /* What it has left beside the documents is found later. */
  test_assert_text (response, test_request_results, "beside=true");
  test_assert_text (response, test_request_text, "0+first+last");
  g_clear_object (&response);
  bench_close (&bench);
}

/* Its failure is none of the request, whatever the policy says; the run tells of it. */
static void
test_fails (gconstpointer data)
{
  Bench bench;
  GFlowRequest *response;

  bench_init (&bench, test_serve_fail, NULL);
  g_flow_close_sync (bench.flow, NULL, NULL);
  g_flow_set_on_error (bench.flow, GPOINTER_TO_UINT (data));
  g_assert_true (g_flow_open_sync (bench.flow, NULL, NULL));
  for (guint i = 0; i < 3; i++)
    {
      response = collect_one (&bench);
      g_assert_cmpint (g_flow_request_get_state (response), ==, G_FLOW_RUN_STATE_DONE);
      g_assert_null (g_flow_request_get_error (response));
      test_assert_text (response, test_request_text, "0+first+last");
      g_clear_object (&response);
      TEST_WAIT (test_log_length (&bench.log) == i + 1);
    }
  test_assert_log (&bench.log, "error(It failed) error(It failed) error(It failed)");
  bench_close (&bench);
}

/* A failure of what the response waits for is one. */
static void
test_request_fails (void)
{
  Bench bench;
  g_autoptr (GFlowPost) post = NULL;
  g_autoptr (GError) error = NULL;

  bench_init (&bench, wait_at_gate, NULL);
  g_assert_true (g_flow_close_sync (bench.flow, NULL, NULL));
  g_flow_set_insertion_point (bench.flow, g_flow_lookup (bench.flow, "last"));
  test_add_server (bench.flow, "bad", test_server_new (test_serve_fail, NULL));
  g_assert_true (g_flow_open_sync (bench.flow, NULL, NULL));
  post = test_post_new (bench.flow, 1);
  g_flow_post_run (post, NULL, test_result_cb, &bench.posted);
  TEST_WAIT (bench.posted.calls == 1);
  g_assert_false (g_flow_post_run_finish (post, bench.posted.result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  test_gate_open (&bench.gate);
  g_clear_object (&post);
  bench_close (&bench);
}

/* The insertion point is the node added last that responses wait for. */
static void
test_shape (void)
{
  const char *beside[] = { "beside", NULL };
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlow) copy = NULL;
  GFlowNode *a = g_flow_add_executor (flow, "a", NULL, NULL, NULL);
  GFlowNode *node = g_flow_add_executor (flow, "beside", NULL, NULL, NULL);

  g_assert_true (g_flow_get_insertion_point (flow) == node);
  g_flow_node_set_detached (node, TRUE);
  g_assert_true (g_flow_node_get_detached (node));
  g_assert_true (g_flow_get_insertion_point (flow) == a);
  g_flow_add_executor (flow, "after", NULL, beside, NULL);
  g_assert_true (g_flow_get_insertion_point (flow) == a);
  /* It is no orphan: nobody is to wait for it; and it does not count as who waits. */
  test_assert_model (g_flow_get_orphans (flow), "a");
  copy = g_flow_copy (flow);
  g_assert_cmpstr (g_flow_node_get_name (g_flow_get_insertion_point (copy)), ==, "a");
  g_assert_true (g_flow_equal (flow, copy));
  test_assert_model (g_flow_node_get_upstreams (g_flow_add_executor (flow, "b", NULL, NULL, NULL)),
                     "a");
  test_assert_model (g_flow_get_orphans (flow), "b");
  g_flow_add_executor (flow, "c", NULL, (const char *[]) { "a", NULL }, NULL);
  test_assert_model (g_flow_node_get_upstreams (g_flow_add_join_all (flow, "join", NULL)), "b c");
  g_flow_node_set_detached (node, FALSE);
  g_assert_false (g_flow_equal (flow, copy));
  g_assert_cmpstr (g_flow_node_get_name (g_flow_get_insertion_point (copy)), ==, "a");
}

/* A blocking call returns when what is detached has ended, too: nobody else would see to it. */
static gpointer
open_gate (gpointer data)
{
  Bench *bench = data;

  while (test_gate_waiting (&bench->gate) == 0)
    g_thread_yield ();
  test_gate_open (&bench->gate);
  return NULL;
}

static void
test_blocking (void)
{
  Bench bench;
  g_autoptr (GFlowRequest) request = test_request_new ("/", 1);
  g_autoptr (GFlowPost) post = NULL;
  g_autoptr (GListModel) responses = NULL;
  g_autoptr (GFlowPost) pulled = NULL;
  GThread *thread;

  bench_init (&bench, wait_at_gate, NULL);
  thread = g_thread_new ("gate", open_gate, &bench);
  post = test_post_new (bench.flow, 3);
  responses = g_flow_post_collect_sync (post, NULL, NULL);
  g_thread_join (thread);
  g_assert_cmpuint (g_list_model_get_n_items (responses), ==, 3);
  test_assert_log (&bench.log, "done done done");

  pulled = test_post_new (bench.flow, 2);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GFlowRequest) response = g_flow_post_next_sync (pulled, NULL, NULL);

      g_assert_nonnull (response);
    }
  g_assert_null (g_flow_post_next_sync (pulled, NULL, NULL));
  g_assert_true (test_request_serve (bench.flow, request, NULL));
  test_assert_text (request, test_request_text, "0+first+last");
  g_assert_true (g_flow_close_sync (bench.flow, NULL, NULL));
  g_assert_cmpuint (test_log_count (&bench.log, "done"), ==, 6);
  g_assert_true (g_flow_open_sync (bench.flow, NULL, NULL));
  g_clear_object (&request);
  g_clear_object (&responses);
  g_clear_object (&post);
  g_clear_object (&pulled);
  bench_close (&bench);
}

/* What has come back counts as in flight until all of it has ended: a stream does not run away
 * from what is detached. */
static void
test_back_pressure (void)
{
  Bench bench;
  GFlowPost *post;

  bench_init (&bench, wait_at_gate, NULL);
  post = test_post_new (bench.flow, 20);
  g_flow_post_set_max_in_flight (post, 3);
  g_flow_post_run (post, NULL, test_result_cb, &bench.posted);
  TEST_WAIT (g_flow_post_get_n_done (post) == 3);
  test_settle (5);
  g_assert_cmpuint (g_flow_post_get_n_sent (post), ==, 3);
  test_gate_open (&bench.gate);
  TEST_WAIT (bench.posted.calls == 1);
  g_assert_true (g_flow_post_run_finish (post, bench.posted.result, NULL));
  g_assert_cmpuint (g_flow_post_get_n_done (post), ==, 20);
  g_object_unref (post);
  bench_close (&bench);
}

/* A post that is dropped cancels what is under way, not what has come back. */
static void
test_dropped (void)
{
  Bench bench;
  GFlowPost *post;

  bench_init (&bench, wait_at_gate, NULL);
  post = test_post_new (bench.flow, 20);
  g_flow_post_set_max_in_flight (post, 2);
  g_flow_post_next (post, NULL, test_result_cb, &bench.posted);
  TEST_WAIT (bench.posted.calls == 1);

  g_autoptr (GFlowRequest) response = g_flow_post_next_finish (post, bench.posted.result, NULL);

  g_assert_nonnull (response);
  test_result_clear (&bench.posted);
  test_result_init (&bench.posted);
  g_object_unref (post);
  test_gate_open (&bench.gate);
  TEST_WAIT (test_log_count (&bench.log, "done") >= 1);
  g_clear_object (&response);
  bench_close (&bench);
}

/* In order, each as soon as it is its turn. */
static void
test_ordered (void)
{
  Bench bench;
  g_autoptr (GFlowPost) post = NULL;
  g_autoptr (GListModel) responses = NULL;

  bench_init (&bench, wait_at_gate, NULL);
  post = test_post_new (bench.flow, 10);
  g_flow_post_set_ordered (post, TRUE);
  g_flow_post_set_max_in_flight (post, 20);
  g_flow_post_collect (post, NULL, test_result_cb, &bench.posted);
  TEST_WAIT (bench.posted.calls == 1);
  responses = g_flow_post_collect_finish (post, bench.posted.result, NULL);
  for (guint i = 0; i < 10; i++)
    {
      g_autoptr (GFlowRequest) response = g_list_model_get_item (responses, i);
      g_autofree char *text = g_strdup_printf ("%u+first+last", i);

      test_assert_text (response, test_request_text, text);
    }
  test_gate_open (&bench.gate);
  g_clear_object (&responses);
  g_clear_object (&post);
  bench_close (&bench);
}

/* The flow consists of it: the request comes back as it was. */
static void
test_alone (void)
{
  GFlow *flow = g_flow_new ();
  GFlowNode *node = test_add_server (flow, "node", test_server_new (test_serve_word, "node"));
  g_autoptr (GFlowRequest) request = test_request_new ("/", 1);

  g_flow_node_set_detached (node, TRUE);
  g_assert_null (g_flow_get_insertion_point (flow));
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  g_assert_true (test_request_serve (flow, request, NULL));
  test_assert_text (request, test_request_text, "0");
  g_assert_true (g_flow_close_sync (flow, NULL, NULL));

  /* Unless the response is said to be what it leaves. */
  g_flow_set_insertion_point (flow, node);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  g_assert_true (test_request_serve (flow, request, NULL));
  test_assert_text (request, test_request_text, "0+node");
  g_assert_true (g_flow_close_sync (flow, NULL, NULL));
  g_clear_object (&request);
  g_object_unref (flow);
  test_server_assert_over ();
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/detached/response", test_response);
  g_test_add_data_func ("/detached/fails/skip",
                        GUINT_TO_POINTER (G_FLOW_ON_ERROR_SKIP_DEPENDANTS), test_fails);
  g_test_add_data_func ("/detached/fails/finish",
                        GUINT_TO_POINTER (G_FLOW_ON_ERROR_FINISH_RUNNING), test_fails);
  g_test_add_data_func ("/detached/fails/stop", GUINT_TO_POINTER (G_FLOW_ON_ERROR_STOP),
                        test_fails);
  g_test_add_data_func ("/detached/fails/ignore", GUINT_TO_POINTER (G_FLOW_ON_ERROR_IGNORE),
                        test_fails);
  g_test_add_func ("/detached/request-fails", test_request_fails);
  g_test_add_func ("/detached/shape", test_shape);
  g_test_add_func ("/detached/blocking", test_blocking);
  g_test_add_func ("/detached/back-pressure", test_back_pressure);
  g_test_add_func ("/detached/dropped", test_dropped);
  g_test_add_func ("/detached/ordered", test_ordered);
  g_test_add_func ("/detached/alone", test_alone);

  return g_test_run ();
}
