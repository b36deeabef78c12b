/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* How what several have left becomes one: what shards leave, and what branches do. */

#include "test-server.h"

static gboolean
take_last (GFlowNode     *node,
           GFlowRequest  *request,
           GListModel    *parts,
           gpointer       user_data,
           GError       **error)
{
  g_autoptr (GFlowRequest) last =
    g_list_model_get_item (parts, g_list_model_get_n_items (parts) - 1);

  g_assert_cmpuint (g_list_model_get_n_items (parts), ==, 3);
  g_assert_cmpuint (g_list_model_get_n_items (g_flow_request_get_documents (request)), ==, 0);
  g_assert_cmpstr (g_flow_node_get_name (node), ==, "node");
  g_flow_request_set_documents (request, g_flow_request_get_documents (last));
  return TRUE;
}

static gboolean
refuse (GFlowNode     *node,
        GFlowRequest  *request,
        GListModel    *parts,
        gpointer       user_data,
        GError       **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BUSY, "No");
  return FALSE;
}

static void
count_destroyed (gpointer user_data)
{
  *(int *) user_data += 1;
}

static void
test_reducers (void)
{
  GFlow *flow = g_flow_new ();
  GFlowNode *node = test_add_server (flow, "node", test_server_new (test_serve_shard, NULL));
  const char * const expected[] = {
    [G_FLOW_REDUCER_MERGE] = "shard 0{shard0=0,shard1=1,shard2=2} shard 0{shard0=0,shard1=1,shard2=2}",
    [G_FLOW_REDUCER_CONCATENATE] = "shard 0{shard0=0} shard 0{shard0=0} shard 1{shard1=1} "
                                   "shard 1{shard1=1} shard 2{shard2=2} shard 2{shard2=2}",
    [G_FLOW_REDUCER_FIRST] = "shard 0{shard0=0} shard 0{shard0=0}",
    [G_FLOW_REDUCER_NONE] = "",
    [G_FLOW_REDUCER_CUSTOM] = "shard 2{shard2=2} shard 2{shard2=2}",
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (GFlowRequest) refused = test_request_new ("/", 1);
  int destroyed = 0;

  g_flow_node_set_parallel (node, 3);
  g_flow_node_set_polling (node, G_FLOW_POLLING_ALL);
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      g_autoptr (GFlowRequest) request = test_request_new ("/", 2);

      if (i == G_FLOW_REDUCER_CUSTOM)
        g_flow_node_set_reducer_func (node, take_last, &destroyed, count_destroyed);
      else
        g_flow_node_set_reducer (node, i);
      g_assert_cmpint (g_flow_node_get_reducer (node), ==, i);
      g_assert_true (g_flow_open_sync (flow, NULL, NULL));
      test_request_serve_well (flow, request);
      test_assert_text (request, test_request_text, expected[i]);
      g_assert_true (g_flow_close_sync (flow, NULL, NULL));
    }
  g_assert_cmpint (destroyed, ==, 0);
  g_flow_node_set_reducer_func (node, refuse, &destroyed, count_destroyed);
  TEST_WAIT (destroyed == 1);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  g_assert_false (test_request_serve (flow, refused, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
  g_clear_object (&refused);
  test_server_end (flow);
  TEST_WAIT (destroyed == 2);
}

/* Branches are put together in the same ways. */
static void
test_branches (void)
{
  const char *gateway[] = { "gateway", NULL }, *both[] = { "b", "a", NULL };
  const char * const expected[] = {
    [G_FLOW_REDUCER_MERGE] = "0+b+next",
    [G_FLOW_REDUCER_CONCATENATE] = "0+b+next 0+a+next",
    [G_FLOW_REDUCER_FIRST] = "0+b+next",
    [G_FLOW_REDUCER_NONE] = "",
  };

  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      GFlow *flow = g_flow_new ();
      g_autoptr (GFlowRequest) request = test_request_new ("/", 1);

      for (guint k = 0; k < 2; k++)
        {
          g_autoptr (GFlowExecutor) executor = test_server_new (test_serve_word, k == 0 ? "a" : "b");

          g_flow_add_executor (flow, k == 0 ? "a" : "b", executor, gateway, NULL);
        }
      g_flow_node_set_reducer (g_flow_add_join (flow, "join", both, NULL), i);
      test_add_server (flow, "next", test_server_new (test_serve_word, "next"));
      g_assert_true (g_flow_open_sync (flow, NULL, NULL));
      test_request_serve_well (flow, request);
      test_assert_text (request, test_request_text, expected[i]);
      g_clear_object (&request);
      test_server_end (flow);
    }
}

/* A copy of a flow serves as that does, and is equal to it. */
static void
test_copy (void)
{
  GFlow *flow = g_flow_new (), *copy;
  GFlowNode *node = test_add_server (flow, "node", test_server_new (test_serve_shard, NULL));
  g_autoptr (GFlowRequest) request = test_request_new ("/search", 1);

  g_flow_node_set_parallel (node, 2);
  g_flow_node_set_polling_for (node, "/search", G_FLOW_POLLING_ALL);
  g_flow_node_set_reducer_func (node, refuse, NULL, NULL);
  g_flow_node_set_reducer (node, G_FLOW_REDUCER_CONCATENATE);
  g_assert_true (g_flow_node_set_condition (node, g_variant_new_parsed ("{'id': <'0'>}"), NULL));
  copy = g_flow_copy (flow);
  g_assert_true (g_flow_equal (flow, copy));
  g_assert_true (g_flow_open_sync (copy, NULL, NULL));
  test_request_serve_well (copy, request);
  test_assert_text (request, test_request_text, "shard 0{shard0=0} shard 1{shard1=1}");
  g_flow_node_set_polling_for (node, "/search", G_FLOW_POLLING_ANY);
  g_assert_false (g_flow_equal (flow, copy));
  g_object_unref (flow);
  g_clear_object (&request);
  test_server_end (copy);
}

/* Two nodes look at the same parts at the same time. */
static gboolean
take_all_of_last (GFlowNode     *node,
                  GFlowRequest  *request,
                  GListModel    *parts,
                  gpointer       user_data,
                  GError       **error)
{
  g_autoptr (GFlowRequest) last =
    g_list_model_get_item (parts, g_list_model_get_n_items (parts) - 1);
  GListModel *documents = g_flow_request_get_documents (last);
  const guint n = g_list_model_get_n_items (documents);

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GFlowDocument) document = g_list_model_get_item (documents, i);

      g_assert_cmpuint (g_ascii_strtoull (g_flow_document_get_text (document), NULL, 10), ==, i);
    }
  g_flow_request_set_documents (request, documents);
  return TRUE;
}

static void
test_reducers_at_once (void)
{
  const char *gateway[] = { "gateway", NULL }, *both[] = { "a", "b", NULL };
  const char *names[] = { "a", "b", "c", "d" };
  g_autoptr (GFlow) flow = g_flow_new ();

  g_flow_set_max_threads (flow, 4);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GFlowExecutor) executor = test_server_new (test_serve_word, NULL);
      GFlowNode *node = g_flow_add_executor (flow, names[i], executor, i < 2 ? gateway : both, NULL);

      if (i >= 2)
        g_flow_node_set_reducer_func (node, take_all_of_last, NULL, NULL);
    }
  g_flow_add_join_all (flow, "end", NULL);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  for (guint round = 0; round < 40; round++)
    {
      g_autoptr (GFlowRequest) request = test_request_new ("/", 400);

      g_assert_true (test_request_serve (flow, request, NULL));
      g_assert_cmpuint (g_list_model_get_n_items (g_flow_request_get_documents (request)), ==, 400);
    }
  g_assert_true (g_flow_close_sync (flow, NULL, NULL));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/reducers/shards", test_reducers);
  g_test_add_func ("/reducers/branches", test_branches);
  g_test_add_func ("/reducers/at-once", test_reducers_at_once);
  g_test_add_func ("/reducers/copy", test_copy);

  return g_test_run ();
}
