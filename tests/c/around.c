/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Executors in front of a node and behind it; and the folder that each instance has. */

#include "test-server.h"

#include <string.h>

static gboolean
look_at_parts (GFlowExecutor  *executor,
               GFlowRequest   *request,
               GCancellable   *cancellable,
               gpointer        user_data,
               GError        **error)
{
  g_autoptr (GListModel) parts = g_flow_request_dup_parts (request);
  const guint n = parts != NULL ? g_list_model_get_n_items (parts) : 0;

  g_flow_request_set_result (request, g_variant_new_uint32 (n));
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GFlowRequest) part = g_list_model_get_item (parts, i);
      GListModel *documents = g_flow_request_get_documents (part);
      g_autoptr (GFlowDocument) document = g_list_model_get_item (documents, 0);
      g_autofree char *text = g_strdup_printf ("shard %u", i);

      g_assert_cmpuint (g_list_model_get_n_items (documents), ==, 1);
      g_assert_cmpstr (g_flow_document_get_text (document), ==, text);
    }
  return test_serve_word (executor, request, cancellable, user_data, error);
}

static void
test_around (gconstpointer data)
{
  const GFlowPolling polling = GPOINTER_TO_UINT (data);
  GFlow *flow = g_flow_new ();
  GFlowNode *node = test_add_server (flow, "node", test_server_new (test_serve_shard, NULL));
  g_autoptr (GFlowExecutor) before = test_server_new (test_serve_word, "before");
  g_autoptr (GFlowExecutor) after = test_server_new (look_at_parts, "after");

  g_flow_node_set_parallel (node, 2);
  g_flow_node_set_polling (node, polling);
  g_flow_node_set_before (node, before);
  g_flow_node_set_after (node, after);
  g_clear_object (&before);
  g_clear_object (&after);
  test_add_server (flow, "next", test_server_new (look_at_parts, "next"));
  /* They are no nodes. */
  test_assert_model (flow, "node next");
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  g_assert_cmpint (test_server_count_set_up (), ==, 5);
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (GFlowRequest) request = test_request_new ("/", 1);
      g_autofree char *text = NULL;

      test_request_serve_well (flow, request);
      text = test_request_text (request);
      if (polling == G_FLOW_POLLING_ALL)
        {
          g_assert_cmpstr (text, ==, "shard 0+after+next{shard0=0,shard1=1}");
          test_assert_text (request, test_request_results,
                            "next=0,node/0=0,node/1=1,node/after=2");
        }
      else
        {
          test_assert_contains (text, "+after+next{shard");
        }
      test_assert_routes (request, "gateway=done node=done next=done");
    }
  test_server_end (flow);
}

/* They change what the instance gets, and what it leaves. */
static void
test_around_one (void)
{
  GFlow *flow = g_flow_new ();
  GFlowNode *node = test_add_server (flow, "node", test_server_new (test_serve_word, "node"));
  g_autoptr (GFlowExecutor) before = test_server_new (test_serve_word, "before");
  g_autoptr (GFlowExecutor) after = test_server_new (test_serve_word, "after");
  g_autoptr (GFlowRequest) request = test_request_new ("/", 2);
  g_autoptr (GFlowRequest) other = test_request_new ("/other", 1);

  test_server_bind (before, "/other");
  g_flow_node_set_before (node, before);
  g_flow_node_set_after (node, after);
  g_clear_object (&before);
  g_clear_object (&after);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  test_request_serve_well (flow, request);
  test_assert_text (request, test_request_text, "0+node+after 1+node+after");
  test_request_serve_well (flow, other);
  test_assert_text (other, test_request_text, "0+before+node+after");
  g_clear_object (&request);
  g_clear_object (&other);
  test_server_end (flow);
}

static void
test_around_fails (gconstpointer data)
{
  const gboolean in_front = GPOINTER_TO_UINT (data);
  GFlow *flow = g_flow_new ();
  GFlowNode *node = test_add_server (flow, "node", test_server_new (test_serve_shard, NULL));
  g_autoptr (GFlowExecutor) bad = test_server_new (test_serve_fail, NULL);
  g_autoptr (GFlowRequest) request = test_request_new ("/", 1);
  g_autoptr (GError) error = NULL;

  if (in_front)
    g_flow_node_set_before (node, bad);
  else
    g_flow_node_set_after (node, bad);
  g_flow_node_set_parallel (node, 2);
  g_flow_node_set_polling (node, G_FLOW_POLLING_ALL);
  g_clear_object (&bad);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  g_assert_false (test_request_serve (flow, request, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  test_assert_text (request, test_request_results, in_front ? "" : "node/0=0,node/1=1");
  g_clear_object (&request);
  test_server_end (flow);
}

/* Each instance has a folder of its own. */
static void
test_workspace (void)
{
  g_autofree char *path = g_dir_make_tmp ("gflow-polling-XXXXXX", NULL);
  g_autoptr (GFile) folder = g_file_new_for_path (path);
  g_autoptr (GFlowExecutor) executor = test_server_new (test_serve_shard, NULL);
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFile) own = NULL;
  g_autofree char *relative = NULL;
  GFlowNode *node;

  g_flow_executor_set_workspace (executor, folder);
  node = g_flow_add_executor (flow, "node", executor, NULL, NULL);
  g_flow_node_set_before (node, NULL);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  own = g_flow_executor_make_workspace (executor, NULL, NULL);
  relative = g_file_get_relative_path (folder, own);
  g_assert_cmpstr (relative, ==, "node/0");
  g_assert_cmpuint (g_flow_executor_get_shard (executor), ==, 0);
  g_assert_true (g_flow_close_sync (flow, NULL, NULL));
  g_clear_object (&flow);
  g_clear_object (&executor);
  g_assert_true (g_file_delete (own, NULL, NULL));

  g_autoptr (GFile) parent = g_file_get_parent (own);

  g_assert_true (g_file_delete (parent, NULL, NULL));
  g_assert_true (g_file_delete (folder, NULL, NULL));
  test_server_assert_over ();
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/around/any", GUINT_TO_POINTER (G_FLOW_POLLING_ANY), test_around);
  g_test_add_data_func ("/around/all", GUINT_TO_POINTER (G_FLOW_POLLING_ALL), test_around);
  g_test_add_data_func ("/around/first", GUINT_TO_POINTER (G_FLOW_POLLING_ALL_ASYNC), test_around);
  g_test_add_func ("/around/one", test_around_one);
  g_test_add_data_func ("/around/fails-in-front", GUINT_TO_POINTER (TRUE), test_around_fails);
  g_test_add_data_func ("/around/fails-behind", GUINT_TO_POINTER (FALSE), test_around_fails);
  g_test_add_func ("/around/workspace", test_workspace);

  return g_test_run ();
}
