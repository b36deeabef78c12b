/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Requests that may take only so long. */

#include "test-server.h"

#define SHORT_MS 30

static const char *
get_text (GFlowRequest *request)
{
  g_autoptr (GFlowDocument) document =
    g_list_model_get_item (g_flow_request_get_documents (request), 0);

  return g_flow_document_get_text (document);
}

/* The documents "0", "3", "6" and so on take until they are cancelled. */
static gboolean
is_slow (GFlowRequest *request)
{
  return g_ascii_strtoull (get_text (request), NULL, 10) % 3 == 0;
}

static gboolean
serve (GFlowExecutor  *executor,
       GFlowRequest   *request,
       GCancellable   *cancellable,
       gpointer        user_data,
       GError        **error)
{
  if (is_slow (request))
    return test_wait_cancelled (cancellable, error);
  return test_serve_word (executor, request, cancellable, "ok", error);
}

static gboolean
return_cancelled (GCancellable *cancellable,
                  gpointer      user_data)
{
  g_task_return_error_if_cancelled (user_data);
  return G_SOURCE_REMOVE;
}

static void
start (GFlowExecutor  *executor,
       GFlowRequest   *request,
       GTask          *task,
       gpointer        user_data,
       GError        **error)
{
  g_autoptr (GSource) source = NULL;

  if (!is_slow (request))
    {
      test_serve_word (executor, request, NULL, "ok", NULL);
      g_task_return_boolean (task, TRUE);
      return;
    }
  source = g_cancellable_source_new (g_task_get_cancellable (task));
  g_source_set_callback (source, G_SOURCE_FUNC (return_cancelled), g_object_ref (task),
                         g_object_unref);
  g_source_attach (source, g_task_get_context (task));
}

static GFlowPost *
make_post (GFlow *flow,
           guint  n_documents,
           guint  timeout)
{
  GFlowPost *post = test_post_new (flow, n_documents);

  g_flow_post_set_request_timeout (post, timeout);
  g_assert_cmpuint (g_flow_post_get_request_timeout (post), ==, timeout);
  return post;
}

static void
assert_late (const GError *error)
{
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_cmpstr (error->message, ==, "The request was not served in time");
}

/* Those that are slow fail, the others do not, and the flow takes no harm; nor does a request
 * that has waited for its turn longer than it may. */
static void
test_slow (gconstpointer by_task)
{
  GFlow *flow = g_flow_new ();

  test_add_server (flow, "a", by_task ? test_server_new_for_task (start, NULL)
                                      : test_server_new (serve, NULL));
  test_add_server (flow, "b", test_server_new (test_serve_word, NULL));
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (GFlowPost) post = make_post (flow, 9, SHORT_MS);
      g_autoptr (GListModel) responses = NULL;
      g_autoptr (GError) error = NULL;
      const gint64 start_time = g_get_monotonic_time ();
      guint n_late = 0;

      g_flow_post_set_continue_on_error (post, TRUE);
      g_flow_post_set_ordered (post, TRUE);
      /* Who waits for others would be late as well. */
      g_flow_post_set_max_in_flight (post, 1);
      responses = g_flow_post_collect_sync (post, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (g_list_model_get_n_items (responses), ==, 9);
      for (guint k = 0; k < 9; k++)
        {
          g_autoptr (GFlowRequest) response = g_list_model_get_item (responses, k);

          if (g_flow_request_get_state (response) == G_FLOW_RUN_STATE_DONE)
            {
              g_assert_cmpuint (k % 3, !=, 0);
              test_assert_routes (response, "gateway=done a=done b=done");
              continue;
            }
          /* On a machine that is busy others may be late, too. */
          n_late++;
          g_assert_cmpint (g_flow_request_get_state (response), ==, G_FLOW_RUN_STATE_FAILED);
          assert_late (g_flow_request_get_error (response));
        }
      g_assert_cmpuint (n_late, >=, 3);
      g_assert_cmpuint (g_flow_post_get_n_failed (post), ==, n_late);
      g_assert_cmpint (g_get_monotonic_time () - start_time, >=, 3 * SHORT_MS * 1000);
    }
  test_server_end (flow);
}

/* The first of them ends the stream. */
static void
test_ends (void)
{
  GFlow *flow = g_flow_new ();
  g_autoptr (GFlowPost) post = NULL;
  g_autoptr (GError) error = NULL;

  test_add_server (flow, "a", test_server_new_for_task (start, NULL));
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  post = make_post (flow, 100000, SHORT_MS);
  g_assert_false (g_flow_post_run_sync (post, NULL, &error));
  assert_late (error);
  g_assert_cmpuint (g_flow_post_get_n_sent (post), <, 100000);
  g_clear_object (&post);
  test_server_end (flow);
}

/* One that waits for an executor that is busy is late, too, and is never served. */
static void
test_waiting (void)
{
  GFlow *flow = g_flow_new ();
  g_autoptr (GFlowPost) post = NULL;
  g_autoptr (GListModel) responses = NULL;

  test_add_server (flow, "a", test_server_new (serve, NULL));
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  post = make_post (flow, 3, SHORT_MS);
  g_flow_post_set_continue_on_error (post, TRUE);
  g_flow_post_set_ordered (post, TRUE);
  g_flow_post_set_max_in_flight (post, 3);
  responses = g_flow_post_collect_sync (post, NULL, NULL);
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (GFlowRequest) response = g_list_model_get_item (responses, i);

      /* The one that is served first may be any. */
      if (g_flow_request_get_state (response) != G_FLOW_RUN_STATE_DONE)
        assert_late (g_flow_request_get_error (response));
      else
        g_assert_cmpuint (i, !=, 0);
    }
  g_clear_object (&responses);
  g_clear_object (&post);
  test_server_end (flow);
}

/* Requests are used again: none has the time of another. */
static void
test_in_time (void)
{
  GFlow *flow = g_flow_new ();

  test_add_server (flow, "a", test_server_new (test_serve_word, "ok"));
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GFlowPost) post = make_post (flow, 2000, i == 0 ? 60 * 60 * 1000 : 0);
      g_autoptr (GError) error = NULL;

      g_assert_true (g_flow_post_run_sync (post, NULL, &error));
      g_assert_no_error (error);
      g_assert_cmpuint (g_flow_post_get_n_done (post), ==, 2000);
    }
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
  g_assert_false (g_cancellable_is_cancelled (cancellable));
  return TRUE;
}

/* What goes on when the request has come back may take its time. */
static void
test_detached (void)
{
  GFlow *flow = g_flow_new ();
  g_autoptr (GFlowPost) post = NULL;
  g_autoptr (GError) error = NULL;
  TestGate gate;
  TestResult posted;

  test_gate_init (&gate);
  test_result_init (&posted);
  test_add_server (flow, "a", test_server_new (test_serve_word, "ok"));
  g_flow_node_set_detached (test_add_server (flow, "beside", test_server_new (wait_at_gate, &gate)),
                            TRUE);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  post = make_post (flow, 1, 10 * SHORT_MS);
  g_flow_post_run (post, NULL, test_result_cb, &posted);
  TEST_WAIT (posted.calls == 1);
  g_assert_true (g_flow_post_run_finish (post, posted.result, &error));
  g_assert_no_error (error);
  TEST_WAIT (test_gate_waiting (&gate) == 1);
  test_settle (12 * SHORT_MS);
  test_gate_open (&gate);
  test_result_clear (&posted);
  g_clear_object (&post);
  test_server_end (flow);
  test_gate_clear (&gate);
}

/* One that waits for others to be served with takes its documents out. */
static void
test_batch (void)
{
  GFlow *flow = g_flow_new ();
  GFlowExecutor *executor = test_server_new (test_serve_word, "ok");
  g_autoptr (GFlowPost) post = NULL;
  g_autoptr (GError) error = NULL;

  g_flow_executor_set_batching (executor, NULL, 10, 60 * 60 * 1000);
  test_add_server (flow, "a", executor);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  post = make_post (flow, 1, SHORT_MS);
  g_assert_false (g_flow_post_run_sync (post, NULL, &error));
  assert_late (error);
  g_clear_object (&post);
  test_server_end (flow);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/request-timeouts/slow", NULL, test_slow);
  g_test_add_data_func ("/request-timeouts/slow-task", GINT_TO_POINTER (TRUE), test_slow);
  g_test_add_func ("/request-timeouts/ends", test_ends);
  g_test_add_func ("/request-timeouts/waiting", test_waiting);
  g_test_add_func ("/request-timeouts/in-time", test_in_time);
  g_test_add_func ("/request-timeouts/detached", test_detached);
  g_test_add_func ("/request-timeouts/batch", test_batch);

  return g_test_run ();
}
