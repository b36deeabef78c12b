/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Executors that look at what a node leaves, and change nothing of what goes on from there. */

#include "test-server.h"

/* Sets a tag of each document to its text, changes the text, and adds a document. */
static gboolean
look (GFlowExecutor  *executor,
      GFlowRequest   *request,
      GCancellable   *cancellable,
      gpointer        user_data,
      GError        **error)
{
  GListModel *documents = g_flow_request_get_documents (request);
  g_autoptr (GFlowDocument) more = g_flow_document_new_for_text ("more");
  const guint n = g_list_model_get_n_items (documents);

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GFlowDocument) document = g_list_model_get_item (documents, i);

      g_flow_document_set_tag (document, user_data != NULL ? user_data : "seen",
                               g_variant_new_string (g_flow_document_get_text (document)));
      g_flow_document_set_text (document, "changed");
    }
  g_list_store_append (G_LIST_STORE (documents), more);
  g_flow_request_set_result (request, g_variant_new_uint32 (n));
  return TRUE;
}

static GFlow *
make_flow (void)
{
  GFlow *flow = g_flow_new ();

  test_add_server (flow, "a", test_server_new (test_serve_word, "a"));
  test_add_server (flow, "b", test_server_new (test_serve_word, "b"));
  return flow;
}

static GFlowNode *
add_tap (GFlow             *flow,
         const char        *node,
         GFlowExecutorFunc  func,
         gpointer           data,
         GFlowTap           mode)
{
  g_autoptr (GFlowExecutor) executor = test_server_new (func, data);
  g_autoptr (GError) error = NULL;
  GFlowNode *tap = g_flow_add_tap (flow, NULL, node != NULL ? g_flow_lookup (flow, node) : NULL,
                                   executor, mode, &error);

  g_assert_no_error (error);
  g_assert_cmpint (g_flow_node_get_tap (tap), ==, mode);
  return tap;
}

static GFlowRequest *
serve (GFlow   *flow,
       guint    n_documents,
       GError **error)
{
  GFlowRequest *request = test_request_new ("/", n_documents);

  test_request_serve (flow, request, error);
  return request;
}

/* In which order nodes begin beside each other is not said. */
static void
assert_route (GFlowRequest *request,
              const char   *route)
{
  g_autofree char *routes = test_routes_of (request);

  test_assert_contains (routes, route);
}

static void
test_shape (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlow) copy = NULL;
  g_autoptr (GError) error = NULL;
  GFlowNode *first = g_flow_add_tap (flow, NULL, NULL, NULL, G_FLOW_TAP_COLLECT, &error);
  GFlowNode *a, *b, *tap;

  /* What comes in. */
  g_assert_no_error (error);
  g_assert_cmpstr (g_flow_node_get_name (first), ==, "tap0");
  g_assert_null (g_flow_get_insertion_point (flow));
  a = g_flow_add_executor (flow, "a", NULL, NULL, NULL);
  test_assert_model (g_flow_node_get_upstreams (a), "");

  tap = g_flow_add_tap (flow, NULL, NULL, NULL, G_FLOW_TAP_BESIDE, NULL);
  g_assert_cmpstr (g_flow_node_get_name (tap), ==, "tap1");
  test_assert_model (g_flow_node_get_upstreams (tap), "a");
  g_assert_true (g_flow_get_insertion_point (flow) == a);
  b = g_flow_add_executor (flow, "b", NULL, NULL, NULL);
  test_assert_model (g_flow_node_get_upstreams (b), "a");
  g_flow_add_tap (flow, "off", b, NULL, G_FLOW_TAP_OFF, NULL);
  test_assert_model (g_flow_get_orphans (flow), "b");

  /* An insertion point that was set stays. */
  g_flow_set_insertion_point (flow, a);
  g_flow_add_tap (flow, "again", b, NULL, G_FLOW_TAP_COLLECT, NULL);
  g_assert_true (g_flow_get_insertion_point (flow) == a);
  test_assert_model (g_flow_node_get_upstreams (g_flow_lookup (flow, "again")), "b");

  copy = g_flow_copy (flow);
  g_assert_true (g_flow_equal (flow, copy));
  g_assert_cmpint (g_flow_node_get_tap (g_flow_lookup (copy, "tap1")), ==, G_FLOW_TAP_BESIDE);
  g_flow_node_set_tap (tap, G_FLOW_TAP_COLLECT);
  g_assert_false (g_flow_equal (flow, copy));
  g_flow_node_set_tap (tap, G_FLOW_TAP_NONE);
  g_flow_set_insertion_point (flow, NULL);
  test_assert_model (g_flow_get_orphans (flow), "tap1 b");

  g_assert_null (g_flow_add_tap (flow, "a", NULL, NULL, G_FLOW_TAP_OFF, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_EXISTS);
  g_clear_error (&error);
  g_assert_null (g_flow_add_tap (flow, "gateway", NULL, NULL, G_FLOW_TAP_OFF, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_EXISTS);
}

/* The response has its tags, and the text only if no other node has changed it; but no document that
 * it has added, and no other node has seen any of it. */
static void
test_collect (gconstpointer data)
{
  const char *node = data;
  GFlow *flow = make_flow ();

  add_tap (flow, node, look, NULL, G_FLOW_TAP_COLLECT);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GFlowRequest) request = serve (flow, 2, &error);

      g_assert_no_error (error);
      if (g_str_equal (node, "a"))
        test_assert_text (request, test_request_text,
                          "0+a+b{seen='0+a'} 1+a+b{seen='1+a'}");
      else
        test_assert_text (request, test_request_text,
                          "changed{seen='0+a+b'} changed{seen='1+a+b'}");
      test_assert_text (request, test_request_results, "tap0=2");
      assert_route (request, "tap0=done");
    }
  test_server_end (flow);
}

/* What was left out of the response does not come back; documents need no ids to be found. */
static gboolean
leave_out (GFlowExecutor  *executor,
           GFlowRequest   *request,
           GCancellable   *cancellable,
           gpointer        user_data,
           GError        **error)
{
  g_list_store_remove (G_LIST_STORE (g_flow_request_get_documents (request)), 0);
  return TRUE;
}

static void
test_left_out (void)
{
  GFlow *flow = g_flow_new ();
  g_autoptr (GFlowRequest) request = NULL;

  test_add_server (flow, "a", test_server_new (test_serve_word, "a"));
  add_tap (flow, NULL, look, "one", G_FLOW_TAP_COLLECT);
  test_add_server (flow, "b", test_server_new (leave_out, NULL));
  add_tap (flow, NULL, look, "two", G_FLOW_TAP_COLLECT);
  test_add_server (flow, "c", test_server_new (test_serve_word, "c"));
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  request = serve (flow, 3, NULL);
  test_assert_text (request, test_request_text,
                    "1+a+c{one='1+a',two='1+a'} 2+a+c{one='2+a',two='2+a'}");
  g_clear_object (&request);
  test_server_end (flow);
}

static gboolean
wait_at_gate (GFlowExecutor  *executor,
              GFlowRequest   *request,
              GCancellable   *cancellable,
              gpointer        user_data,
              GError        **error)
{
  test_gate_wait (user_data);
  return look (executor, request, cancellable, NULL, error);
}

/* Nobody waits for it. */
static void
test_beside (void)
{
  GFlow *flow = make_flow ();
  g_autoptr (GFlowPost) post = g_flow_post (flow, "/");
  g_autoptr (GFlowRequest) request = test_request_new ("/", 2);
  g_autoptr (GFlowSource) source =
    g_flow_source_new_for_model (g_flow_request_get_documents (request));
  g_autoptr (GListModel) responses = NULL;
  g_autoptr (GFlowRequest) response = NULL;
  TestResult posted;
  TestGate gate;

  test_gate_init (&gate);
  test_result_init (&posted);
  add_tap (flow, "a", wait_at_gate, &gate, G_FLOW_TAP_BESIDE);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  g_flow_post_set_source (post, source);
  g_flow_post_collect (post, NULL, test_result_cb, &posted);
  TEST_WAIT (posted.calls == 1);
  responses = g_flow_post_collect_finish (post, posted.result, NULL);
  response = g_list_model_get_item (responses, 0);
  test_assert_text (response, test_request_text, "0+a+b 1+a+b");
  test_assert_routes (response, "gateway=done a=done b=done");
  TEST_WAIT (test_gate_waiting (&gate) == 1);
  test_gate_open (&gate);
  g_assert_true (g_flow_close_sync (flow, NULL, NULL));
  test_assert_text (response, test_request_text, "0+a+b 1+a+b");
  test_assert_text (response, test_request_results, "tap0=2");
  test_result_clear (&posted);
  g_clear_object (&response);
  g_clear_object (&responses);
  g_clear_object (&post);
  test_server_end (flow);
  test_gate_clear (&gate);
}

/* It is not there, and can be turned on. */
static void
test_off (void)
{
  GFlow *flow = make_flow ();
  GFlowNode *tap = add_tap (flow, "a", test_serve_fail, NULL, G_FLOW_TAP_OFF);
  g_autoptr (GFlowExecutor) after = test_server_new (look, NULL);
  g_autoptr (GFlowRequest) request = NULL;
  g_autoptr (GError) error = NULL;

  g_flow_node_set_after (tap, after);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  g_assert_cmpint (test_server_count_set_up (), ==, 2);
  request = serve (flow, 1, &error);
  g_assert_no_error (error);
  test_assert_text (request, test_request_text, "0+a+b");
  test_assert_routes (request, "gateway=done a=done b=done");
  g_assert_true (g_flow_close_sync (flow, NULL, NULL));

  g_flow_node_set_tap (tap, G_FLOW_TAP_COLLECT);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  g_assert_cmpint (test_server_count_set_up (), ==, 4);
  g_clear_object (&request);
  request = serve (flow, 1, &error);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  g_clear_object (&request);
  g_clear_object (&after);
  test_server_end (flow);
}

/* One that is waited for fails the request, and what does not depend on it goes on; another one
 * does not. */
static void
test_fails (void)
{
  GFlow *flow = make_flow ();
  g_autoptr (GFlowRequest) request = NULL;
  g_autoptr (GError) error = NULL;
  GFlowNode *tap = add_tap (flow, "a", test_serve_fail, NULL, G_FLOW_TAP_COLLECT);

  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  request = serve (flow, 1, &error);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  assert_route (request, "gateway=failed!");
  assert_route (request, "b=done");
  assert_route (request, "tap0=failed!");
  g_clear_error (&error);
  g_clear_object (&request);
  g_assert_true (g_flow_close_sync (flow, NULL, NULL));

  g_flow_node_set_tap (tap, G_FLOW_TAP_BESIDE);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  request = serve (flow, 1, NULL);
  g_assert_cmpint (g_flow_request_get_state (request), ==, G_FLOW_RUN_STATE_DONE);
  g_clear_object (&request);
  test_server_end (flow);
}

/* With shards, a condition, and a target. */
static void
test_ways (void)
{
  GFlow *flow = make_flow ();
  GFlowNode *tap = add_tap (flow, "a", look, NULL, G_FLOW_TAP_COLLECT);
  g_autoptr (GVariant) condition =
    g_variant_ref_sink (g_variant_new_parsed ("{'text': <'1+a'>}"));
  g_autoptr (GFlowRequest) request = NULL;
  g_autoptr (GFlowPost) post = NULL;
  g_autoptr (GListModel) responses = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (g_flow_node_set_condition (tap, condition, &error));
  g_flow_node_set_replicas (tap, 2);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  request = serve (flow, 2, &error);
  g_assert_no_error (error);
  test_assert_text (request, test_request_text, "0+a+b 1+a+b{seen='1+a'}");
  g_clear_object (&request);
  request = serve (flow, 1, &error);
  test_assert_text (request, test_request_text, "0+a+b");
  test_assert_routes (request, "gateway=done a=done b=done");
  g_clear_object (&request);

  post = g_flow_post (flow, "/");
  g_flow_post_set_target (post, "[ab]$");
  responses = g_flow_post_collect_sync (post, NULL, &error);
  g_assert_no_error (error);
  request = g_list_model_get_item (responses, 0);
  test_assert_routes (request, "gateway=done a=done b=done");
  g_clear_object (&request);
  g_clear_object (&responses);
  g_clear_object (&post);
  test_server_end (flow);
}

/* In the picture it is beside the way. */
static void
test_picture (void)
{
  g_autoptr (GFlow) flow = make_flow ();
  g_autofree char *dot = NULL;
  g_autofree char *mermaid = NULL;

  add_tap (flow, "a", look, NULL, G_FLOW_TAP_COLLECT);
  add_tap (flow, "a", look, NULL, G_FLOW_TAP_BESIDE);
  add_tap (flow, "b", look, NULL, G_FLOW_TAP_OFF);
  dot = g_flow_to_dot (flow, NULL);
  test_assert_contains (dot, "tap0\\nA tap\"");
  test_assert_contains (dot, "tap1\\nA tap\"");
  test_assert_contains (dot, "tap2\\nA tap, turned off");
  mermaid = g_flow_to_mermaid (flow, NULL);
  test_assert_contains (mermaid, "-.->");
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/taps/shape", test_shape);
  g_test_add_data_func ("/taps/collect", "a", test_collect);
  g_test_add_data_func ("/taps/collect-last", "b", test_collect);
  g_test_add_func ("/taps/left-out", test_left_out);
  g_test_add_func ("/taps/beside", test_beside);
  g_test_add_func ("/taps/off", test_off);
  g_test_add_func ("/taps/fails", test_fails);
  g_test_add_func ("/taps/ways", test_ways);
  g_test_add_func ("/taps/picture", test_picture);

  return g_test_run ();
}
