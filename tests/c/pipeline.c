/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The shape of flows of executors, opening and closing them, and requests through them. */

#include "test-executor.h"

#include <string.h>

/* The shape */

static void
test_chain (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();

  for (guint i = 0; i < 4; i++)
    g_assert_nonnull (g_flow_add_executor (flow, NULL, NULL, NULL, NULL));
  test_assert_model (flow, "executor0 executor1 executor2 executor3");
  test_assert_model (g_flow_node_get_upstreams (g_flow_lookup (flow, "executor0")), "");
  test_assert_model (g_flow_node_get_upstreams (g_flow_lookup (flow, "executor1")), "executor0");
  test_assert_model (g_flow_node_get_upstreams (g_flow_lookup (flow, "executor3")), "executor2");
  test_assert_model (g_flow_get_orphans (flow), "executor3");
  g_assert_true (g_flow_validate (flow, NULL));
}

static GFlow *
make_fork (void)
{
  const char *gateway[] = { "gateway", NULL }, *some[] = { "p1", "p2", NULL };
  GFlow *flow = g_flow_new ();

  g_flow_add_executor (flow, "p1", NULL, gateway, NULL);
  g_flow_add_executor (flow, "p2", NULL, gateway, NULL);
  g_flow_add_executor (flow, "p3", NULL, gateway, NULL);
  g_flow_add_join (flow, "r1", some, NULL);
  return flow;
}

static void
test_joins (void)
{
  const char *r2[] = { "r2", NULL };
  g_autoptr (GFlow) flow = make_fork ();

  test_assert_model (g_flow_get_orphans (flow), "p3 r1");
  test_assert_model (g_flow_node_get_upstreams (g_flow_add_join_all (flow, "r2", NULL)), "p3 r1");
  g_flow_add_executor (flow, "p4", NULL, r2, NULL);
  test_assert_model (g_flow_node_get_upstreams (g_flow_lookup (flow, "p4")), "r2");
  test_assert_model (g_flow_get_orphans (flow), "p4");
}

static void
test_refused (void)
{
  const char *one[] = { "p1", NULL }, *none[] = { NULL }, *self[] = { "a", NULL };
  const char *typo[] = { "exekutor0", NULL };
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GError) error = NULL;

  g_assert_null (g_flow_add_join (flow, NULL, one, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_TOPOLOGY);
  g_clear_error (&error);
  g_assert_null (g_flow_add_join (flow, NULL, none, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_TOPOLOGY);
  g_clear_error (&error);
  g_assert_null (g_flow_add_join_all (flow, NULL, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_TOPOLOGY);
  g_clear_error (&error);
  g_assert_null (g_flow_add_executor (flow, "a", NULL, self, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_TOPOLOGY);
  g_clear_error (&error);
  g_assert_null (g_flow_add_executor (flow, "gateway", NULL, NULL, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_EXISTS);
  g_clear_error (&error);
  g_assert_null (g_flow_add_executor (flow, "", NULL, NULL, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT);
  g_clear_error (&error);

  g_assert_nonnull (g_flow_add_executor (flow, NULL, NULL, NULL, NULL));
  g_assert_null (g_flow_add_executor (flow, "executor0", NULL, NULL, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_EXISTS);
  g_clear_error (&error);
  g_assert_nonnull (g_flow_add_executor (flow, "late", NULL, typo, NULL));
  g_assert_false (g_flow_validate (flow, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_UNKNOWN_NODE);
  test_assert_contains (error->message, "did you mean “executor0”?");
  g_clear_error (&error);
  g_assert_false (g_flow_open_sync (flow, NULL, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_UNKNOWN_NODE);
  g_assert_false (g_flow_get_is_open (flow));
}

static void
test_equal (void)
{
  const char *gateway[] = { "gateway", NULL }, *both[] = { "executor0", "executor1", NULL };
  g_autoptr (GFlow) all = g_flow_new ();
  g_autoptr (GFlow) listed = g_flow_new ();

  g_flow_add_executor (all, NULL, NULL, NULL, NULL);
  g_flow_add_executor (all, NULL, NULL, gateway, NULL);
  g_flow_add_join_all (all, "joiner", NULL);
  g_flow_add_executor (listed, NULL, NULL, NULL, NULL);
  g_flow_add_executor (listed, NULL, NULL, gateway, NULL);
  g_flow_add_join (listed, "joiner", both, NULL);
  g_assert_true (g_flow_equal (all, listed));
  g_flow_add_executor (listed, NULL, NULL, NULL, NULL);
  g_assert_false (g_flow_equal (all, listed));
}

static void
test_equal_executors (void)
{
  g_autoptr (GFlow) a = g_flow_new ();
  g_autoptr (GFlow) b = g_flow_new ();
  g_autoptr (GFlow) c = g_flow_new ();
  g_autoptr (GFlowExecutor) mark = test_executor_new ("mark");
  g_autoptr (GFlowExecutor) same = test_executor_new ("mark");
  g_autoptr (GFlowExecutor) other = test_executor_new ("other");

  g_flow_add_executor (a, "x", mark, NULL, NULL);
  g_flow_add_executor (b, "x", same, NULL, NULL);
  g_flow_add_executor (c, "x", other, NULL, NULL);
  g_assert_true (g_flow_equal (a, b));
  g_assert_false (g_flow_equal (a, c));

  g_autoptr (GFlow) copy = g_flow_copy (c);

  g_assert_true (g_flow_equal (c, copy));
  g_assert_true (g_flow_node_get_executor (g_flow_lookup (copy, "x")) == other);
}

static void
test_insertion_point (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  GFlowNode *a, *b;

  g_assert_null (g_flow_get_insertion_point (flow));
  a = g_flow_add_executor (flow, "a", NULL, NULL, NULL);
  b = g_flow_add_executor (flow, "b", NULL, NULL, NULL);
  g_assert_true (g_flow_get_insertion_point (flow) == b);
  g_flow_set_insertion_point (flow, a);
  g_assert_true (g_flow_get_insertion_point (flow) == a);
  test_assert_model (g_flow_node_get_upstreams (g_flow_add_executor (flow, "c", NULL, NULL, NULL)),
                     "a");
  g_assert_cmpstr (g_flow_node_get_name (g_flow_get_insertion_point (flow)), ==, "c");
  g_flow_set_insertion_point (flow, b);
  g_assert_true (g_flow_remove_node (flow, b, NULL));
  g_assert_cmpstr (g_flow_node_get_name (g_flow_get_insertion_point (flow)), ==, "c");
}

/* Opening and closing */

static void
test_open_close (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GError) error = NULL;
  TestTally tally = { 0 };
  TestLife life;

  test_life_init (&life);
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (GFlowExecutor) executor = test_executor_new ("x");

      test_executor_set_tally (executor, &tally);
      test_life_watch (&life, executor);
      g_flow_add_executor (flow, NULL, executor, NULL, NULL);
    }
  for (int i = 1; i <= 3; i++)
    {
      g_assert_true (g_flow_open_sync (flow, NULL, &error));
      g_assert_no_error (error);
      g_assert_true (g_flow_get_is_open (flow));
      g_assert_cmpint (tally.set_up, ==, 3 * i);
      g_assert_cmpint (tally.torn_down, ==, 3 * i - 3);

      g_assert_false (g_flow_open_sync (flow, NULL, &error));
      g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_FROZEN);
      g_clear_error (&error);
      g_assert_null (g_flow_add_executor (flow, NULL, NULL, NULL, &error));
      g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_FROZEN);
      g_clear_error (&error);
      g_assert_null (g_flow_add (flow, NULL, NULL, NULL, NULL, &error));
      g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_FROZEN);
      g_clear_error (&error);
      g_assert_false (g_flow_remove_node (flow, g_flow_lookup (flow, "executor0"), &error));
      g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_FROZEN);
      g_clear_error (&error);

      g_assert_true (g_flow_close_sync (flow, NULL, &error));
      g_assert_no_error (error);
      g_assert_false (g_flow_get_is_open (flow));
      g_assert_cmpint (tally.torn_down, ==, 3 * i);
      g_assert_false (g_flow_close_sync (flow, NULL, &error));
      g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_NOT_OPEN);
      g_clear_error (&error);
    }
  g_assert_nonnull (g_flow_add_executor (flow, NULL, NULL, NULL, NULL));
  g_clear_object (&flow);
  test_life_assert_over (&life);
}

/* All setups at the same time: each waits for the others. */
static void
test_open_at_once (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GError) error = NULL;
  TestTally tally = { .company = 8 };

  for (guint i = 0; i < 8; i++)
    {
      g_autoptr (GFlowExecutor) executor = test_executor_new ("x");

      test_executor_set_tally (executor, &tally);
      g_flow_add_executor (flow, NULL, executor, NULL, NULL);
    }
  g_assert_true (g_flow_open_sync (flow, NULL, &error));
  g_assert_true (g_flow_close_sync (flow, NULL, &error));
  g_assert_cmpint (tally.set_up, ==, 8);
  g_assert_cmpint (tally.torn_down, ==, 8);
}

static void
test_start_fails (void)
{
  for (guint place = 0; place < 3; place++)
    {
      g_autoptr (GFlow) flow = g_flow_new ();
      TestTally tally = { 0 };

      for (guint i = 0; i < 3; i++)
        {
          g_autoptr (GFlowExecutor) executor = test_executor_new (i == place ? "bad" : "good");

          test_executor_set_tally (executor, &tally);
          g_flow_add_executor (flow, NULL, executor, NULL, NULL);
        }
      for (guint i = 0; i < 10; i++)
        {
          g_autoptr (GError) error = NULL;
          g_autofree char *name = g_strdup_printf ("executor%u", place);

          g_assert_false (g_flow_open_sync (flow, NULL, &error));
          g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_START_FAILED);
          test_assert_contains (error->message, name);
          test_assert_contains (error->message, "is bad");
          g_assert_false (g_flow_get_is_open (flow));
          g_assert_cmpint (tally.set_up, ==, tally.torn_down);
        }
      /* It can be edited again. */
      g_assert_nonnull (g_flow_add_executor (flow, NULL, NULL, NULL, NULL));
    }
}

/* Requests */

static GFlowRequest *
serve (GFlow      *flow,
       const char *endpoint,
       const char *text,
       GError    **error)
{
  g_autoptr (GFlowRun) run = g_flow_run_new (flow);
  GFlowRequest *request = g_flow_request_new (endpoint);
  g_autoptr (GListStore) documents = g_list_store_new (G_TYPE_FLOW_DOCUMENT);
  g_autoptr (GFlowDocument) document = g_flow_document_new_for_text (text);

  g_flow_document_set_id (document, "d");
  g_list_store_append (documents, document);
  g_flow_request_set_documents (request, G_LIST_MODEL (documents));
  g_flow_run_set_request (run, request);
  g_flow_run_execute_sync (run, NULL, error);
  g_assert_true (g_flow_run_get_request (run) == request);
  return request;
}

static char *
text_of (GFlowRequest *request)
{
  g_autoptr (GFlowDocument) document =
    g_list_model_get_item (g_flow_request_get_documents (request), 0);

  return g_strdup (g_flow_document_get_text (document));
}

static GFlow *
open_flow (const char *first,
           ...)
{
  GFlow *flow = g_flow_new ();
  va_list args;

  va_start (args, first);
  for (const char *word = first; word != NULL; word = va_arg (args, const char *))
    {
      g_autoptr (GFlowExecutor) executor = test_executor_new (word);

      g_assert_nonnull (g_flow_add_executor (flow, NULL, executor, NULL, NULL));
    }
  va_end (args);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  return flow;
}

static void
test_request (void)
{
  g_autoptr (GFlow) flow = open_flow ("a", "b", "task", NULL);
  g_autoptr (GFlowRequest) request = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL, *second = NULL;

  request = serve (flow, "/", "text", &error);
  g_assert_no_error (error);
  text = text_of (request);
  g_assert_cmpstr (text, ==, "text a b task");
  g_assert_cmpint (g_flow_request_get_state (request), ==, G_FLOW_RUN_STATE_DONE);

  /* Endpoints: one is bound, others go to the class. */
  g_clear_object (&request);
  request = serve (flow, "/other", "text", &error);
  second = text_of (request);
  g_assert_cmpstr (second, ==, "text a/other b/other task/other");
  g_assert_true (g_flow_close_sync (flow, NULL, NULL));
}

static void
test_empty_flow (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRequest) request = NULL;
  g_autofree char *text = NULL;

  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  request = serve (flow, "/", "text", NULL);
  text = text_of (request);
  g_assert_cmpstr (text, ==, "text");
  g_assert_cmpint (g_flow_request_get_state (request), ==, G_FLOW_RUN_STATE_DONE);
  g_assert_cmpuint (g_list_model_get_n_items (g_flow_request_get_routes (request)), ==, 1);
  g_assert_true (g_flow_close_sync (flow, NULL, NULL));
}

static void
test_not_open (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRequest) request = NULL;
  g_autoptr (GError) error = NULL;

  g_flow_add_executor (flow, NULL, NULL, NULL, NULL);
  request = serve (flow, "/", "text", &error);
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_NOT_OPEN);
  g_clear_error (&error);
  g_assert_null (g_flow_execute_sync (flow, NULL, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_NOT_OPEN);
}

static void
test_fails (void)
{
  g_autoptr (GFlow) flow = open_flow ("a", "fail", "b", NULL);

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GFlowRequest) request = NULL;
      g_autoptr (GError) error = NULL;
      g_autofree char *text = NULL;

      request = serve (flow, "/", "text", &error);
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
      g_assert_error (g_flow_request_get_error (request), G_IO_ERROR, G_IO_ERROR_FAILED);
      g_assert_cmpint (g_flow_request_get_state (request), ==, G_FLOW_RUN_STATE_FAILED);
      text = text_of (request);
      g_assert_cmpstr (text, ==, "text a");
    }
  g_assert_true (g_flow_close_sync (flow, NULL, NULL));
}

static void
test_ignore (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowExecutor) r1 = test_executor_new ("a");
  g_autoptr (GFlowExecutor) r2 = test_executor_new ("fail");
  g_autoptr (GFlowExecutor) r3 = test_executor_new ("fail");
  g_autoptr (GFlowRequest) request = NULL;
  g_autofree char *routes = NULL;

  g_flow_add_executor (flow, "r1", r1, NULL, NULL);
  g_flow_add_executor (flow, "r2", r2, NULL, NULL);
  g_flow_add_executor (flow, "r3", r3, NULL, NULL);
  g_flow_set_on_error (flow, G_FLOW_ON_ERROR_IGNORE);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  request = serve (flow, "/", "text", NULL);
  routes = test_routes_of (request);
  g_assert_cmpstr (routes, ==, "gateway=failed! r1=done r2=failed! r3=failed!");
  g_assert_true (g_flow_close_sync (flow, NULL, NULL));
}

static void
test_routes (void)
{
  const char *gateway[] = { "gateway", NULL }, *ends[] = { "a2", "b1", NULL };
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRequest) request = NULL;
  g_autoptr (GFlowRoute) first = NULL;
  g_autoptr (GFlowRoute) last = NULL;
  g_autofree char *text = NULL;
  GListModel *routes;
  const char *names[] = { "a1", "a2", "b1", "merge" };
  gint64 latest = 0;

  for (guint i = 0; i < 4; i++)
    {
      g_autoptr (GFlowExecutor) executor = test_executor_new (names[i]);

      g_assert_nonnull (g_flow_add_executor (flow, names[i], executor,
                                             i == 2 ? gateway : i == 3 ? ends : NULL, NULL));
    }
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  request = serve (flow, "/", "text", NULL);
  routes = g_flow_request_get_routes (request);
  g_assert_cmpuint (g_list_model_get_n_items (routes), ==, 5);
  first = g_list_model_get_item (routes, 0);
  last = g_list_model_get_item (routes, 4);
  g_assert_cmpstr (g_flow_route_get_name (first), ==, "gateway");
  g_assert_null (g_flow_route_get_node (first));
  g_assert_cmpstr (g_flow_route_get_name (last), ==, "merge");
  for (guint i = 1; i < 5; i++)
    {
      g_autoptr (GFlowRoute) route = g_list_model_get_item (routes, i);

      g_assert_cmpint (g_flow_route_get_start (route), >=, g_flow_route_get_start (first));
      g_assert_cmpint (g_flow_route_get_end (route), <=, g_flow_route_get_end (first));
      g_assert_cmpint (g_flow_route_get_start (route), <=, g_flow_route_get_end (route));
      if (i < 4)
        latest = MAX (latest, g_flow_route_get_end (route));
    }
  g_assert_cmpint (g_flow_route_get_start (last), >=, latest);
  /* Both branches have changed the text: the first need counts. */
  text = text_of (request);
  g_assert_cmpstr (text, ==, "text a1 a2 merge");
  g_assert_true (g_flow_close_sync (flow, NULL, NULL));
}

/* Each branch sets another field of each document. */
static void
test_branches (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRequest) request = NULL;
  g_autoptr (GFlowDocument) document = NULL;
  g_autoptr (GVariant) one = NULL;
  g_autoptr (GVariant) two = NULL;
  const char *gateway[] = { "gateway", NULL };
  const char *words[] = { "text", "uri", "tag-one", "tag-two", "mime" };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      g_autoptr (GFlowExecutor) executor = test_executor_new (words[i]);

      g_flow_add_executor (flow, words[i], executor, gateway, NULL);
    }
  g_flow_add_join_all (flow, "joiner", NULL);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  request = serve (flow, "/", "before", NULL);
  g_assert_cmpuint (g_list_model_get_n_items (g_flow_request_get_documents (request)), ==, 1);
  document = g_list_model_get_item (g_flow_request_get_documents (request), 0);
  g_assert_cmpstr (g_flow_document_get_text (document), ==, "before text");
  g_assert_cmpstr (g_flow_document_get_uri (document), ==, "uri");
  g_assert_cmpstr (g_flow_document_get_mime_type (document), ==, "mime");
  one = g_flow_document_dup_tag (document, "one");
  two = g_flow_document_dup_tag (document, "two");
  g_assert_nonnull (one);
  g_assert_nonnull (two);
  g_assert_true (g_flow_close_sync (flow, NULL, NULL));
}

/* Several branches copy the same documents at the same time. */
static void
test_branches_at_once (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  const char *gateway[] = { "gateway", NULL };
  const char *words[] = { "tag-a", "tag-b", "tag-c", "tag-d" };
  const guint n = 400;

  g_flow_set_max_threads (flow, 4);
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      g_autoptr (GFlowExecutor) executor = test_executor_new (words[i]);

      g_flow_add_executor (flow, words[i], executor, gateway, NULL);
    }
  g_flow_add_join_all (flow, "joiner", NULL);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  for (guint round = 0; round < 25; round++)
    {
      g_autoptr (GFlowRequest) request = g_flow_request_new ("/");
      g_autoptr (GFlowRun) run = g_flow_run_new (flow);
      g_autoptr (GListStore) documents = g_list_store_new (G_TYPE_FLOW_DOCUMENT);

      for (guint i = 0; i < n; i++)
        {
          g_autofree char *text = g_strdup_printf ("%u", i);
          g_autoptr (GFlowDocument) document = g_flow_document_new_for_text (text);

          g_list_store_append (documents, document);
        }
      g_flow_request_set_documents (request, G_LIST_MODEL (documents));
      g_flow_run_set_request (run, request);
      g_assert_true (g_flow_run_execute_sync (run, NULL, NULL));
      g_assert_cmpuint (g_list_model_get_n_items (g_flow_request_get_documents (request)), ==, n);
      for (guint i = 0; i < n; i++)
        {
          g_autoptr (GFlowDocument) document =
            g_list_model_get_item (g_flow_request_get_documents (request), i);

          g_assert_cmpuint (g_ascii_strtoull (g_flow_document_get_text (document), NULL, 10), ==, i);
          for (guint k = 0; k < G_N_ELEMENTS (words); k++)
            {
              g_autoptr (GVariant) tag = g_flow_document_dup_tag (document, words[k] + 4);

              g_assert_nonnull (tag);
            }
        }
    }
  g_assert_true (g_flow_close_sync (flow, NULL, NULL));
}

static void
test_parameters (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowExecutor) a = test_executor_new ("parameters");
  g_autoptr (GFlowExecutor) b = test_executor_new ("parameters");
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GFlowRequest) request = g_flow_request_new ("/");
  g_autoptr (GVariant) results = NULL;
  g_autoptr (GVariant) expected = NULL;

  g_flow_add_executor (flow, "a", a, NULL, NULL);
  g_flow_add_executor (flow, "b", b, NULL, NULL);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  g_flow_request_set_parameters (request,
    g_variant_new_parsed ("{'n': <1>, 'free': <{'x': <2>}>, 'a': <{'n': <5>, 'own': <true>}>}"));
  run = g_flow_run_new (flow);
  g_flow_run_set_request (run, request);
  g_assert_true (g_flow_run_execute_sync (run, NULL, NULL));
  results = g_flow_request_dup_results (request);
  expected = g_variant_ref_sink (g_variant_new_parsed (
    "{'a': <['free={\\'x\\': <2>}', 'n=5', 'own=true']>, 'b': <['free={\\'x\\': <2>}', 'n=1']>}"));

  g_autofree char *text = g_variant_print (results, TRUE);
  g_autoptr (GVariant) of_a = g_variant_lookup_value (results, "a", NULL);
  g_autoptr (GVariant) of_b = g_variant_lookup_value (results, "b", NULL);
  g_autoptr (GVariant) wanted_a = g_variant_lookup_value (expected, "a", NULL);
  g_autoptr (GVariant) wanted_b = g_variant_lookup_value (expected, "b", NULL);

  g_test_message ("%s", text);
  g_assert_true (g_variant_equal (of_a, wanted_a));
  g_assert_true (g_variant_equal (of_b, wanted_b));
  g_assert_cmpuint (g_variant_n_children (results), ==, 2);
  g_assert_true (g_flow_close_sync (flow, NULL, NULL));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/pipeline/chain", test_chain);
  g_test_add_func ("/pipeline/joins", test_joins);
  g_test_add_func ("/pipeline/refused", test_refused);
  g_test_add_func ("/pipeline/equal", test_equal);
  g_test_add_func ("/pipeline/equal-executors", test_equal_executors);
  g_test_add_func ("/pipeline/insertion-point", test_insertion_point);
  g_test_add_func ("/pipeline/open-close", test_open_close);
  g_test_add_func ("/pipeline/open-at-once", test_open_at_once);
  g_test_add_func ("/pipeline/start-fails", test_start_fails);
  g_test_add_func ("/pipeline/request", test_request);
  g_test_add_func ("/pipeline/empty-flow", test_empty_flow);
  g_test_add_func ("/pipeline/not-open", test_not_open);
  g_test_add_func ("/pipeline/fails", test_fails);
  g_test_add_func ("/pipeline/ignore", test_ignore);
  g_test_add_func ("/pipeline/routes", test_routes);
  g_test_add_func ("/pipeline/branches", test_branches);
  g_test_add_func ("/pipeline/branches-at-once", test_branches_at_once);
  g_test_add_func ("/pipeline/parameters", test_parameters);

  return g_test_run ();
}
