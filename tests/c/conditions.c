/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Which documents go to a node. */

#include "test-server.h"

#include <string.h>

/* Documents for all of these: "0" to "3", and what they have beside their ids and texts. */
static const char * const tags[] = {
  "{'n': <1>, 'word': <'apple'>, 'flag': <true>, 'size': <{'width': <10.5>}>}",
  "{'n': <int64 2>, 'word': <'banana'>, 'flag': <false>}",
  "{'n': <2.5>, 'list': <['a', 'b']>, 'many': <[<'a'>, <1>]>}",
  "@a{sv} {}",
};

static GFlowRequest *
make_request (void)
{
  GFlowRequest *request = test_request_new ("/", G_N_ELEMENTS (tags));
  GListModel *documents = g_flow_request_get_documents (request);

  for (guint i = 0; i < G_N_ELEMENTS (tags); i++)
    {
      g_autoptr (GFlowDocument) document = g_list_model_get_item (documents, i);

      g_flow_document_set_tags (document, g_variant_new_parsed (tags[i]));
      if (i == 1)
        g_flow_document_set_uri (document, "file:///b");
    }
  return request;
}

static char *
ids_of (GFlowRequest *request)
{
  GListModel *documents = g_flow_request_get_documents (request);
  GString *ids = g_string_new (NULL);

  for (guint i = 0; i < g_list_model_get_n_items (documents); i++)
    {
      g_autoptr (GFlowDocument) document = g_list_model_get_item (documents, i);

      g_string_append (ids, g_flow_document_get_id (document));
    }
  return g_string_free (ids, FALSE);
}

typedef struct
{
  const char *condition;
  const char *ids;       /* of the documents that fit */
} Case;

static const Case cases[] = {
  { "@a{sv} {}", "0123" },
  { "{'n': <1>}", "0" },
  { "{'n': <1.0>}", "0" },
  { "{'n': <byte 0x02>}", "1" },
  { "{'n': <uint64 18446744073709551615>}", "" },
  { "{'n': <{'$lt': <uint64 18446744073709551615>}>}", "012" },
  { "{'tags__n': <{'$eq': <2>}>}", "1" },
  { "{'n': <{'$ne': <2>}>}", "023" },
  { "{'n': <{'$lt': <2>}>}", "0" },
  { "{'n': <{'$lte': <2>}>}", "01" },
  { "{'n': <{'$gt': <1>, '$lt': <2.5>}>}", "1" },
  { "{'n': <{'$gte': <2.5>}>}", "2" },
  { "{'n': <{'$gte': <'1'>}>}", "" },
  { "{'word': <{'$gt': <'apple'>}>}", "1" },
  { "{'n': <{'$in': <[1, 2]>}>}", "01" },
  { "{'n': <{'$in': <[<1>, <'x'>, <2.5>]>}>}", "02" },
  { "{'n': <{'$in': <@ai []>}>}", "" },
  { "{'n': <{'$nin': <[1, 2]>}>}", "23" },
  { "{'word': <{'$regex': <'an+a'>}>}", "1" },
  { "{'word': <{'$regex': <'^(apple|banana)$'>}>}", "01" },
  { "{'n': <{'$regex': <'1'>}>}", "" },
  { "{'word': <{'$exists': <true>}>}", "01" },
  { "{'word': <{'$exists': <false>}>}", "23" },
  { "{'flag': <true>}", "0" },
  { "{'size__width': <{'$gt': <10>}>}", "0" },
  { "{'tags__size__width': <10.5>}", "0" },
  { "{'size__width__none': <{'$exists': <true>}>}", "" },
  { "{'size': <{'width': <10.5>}>}", "0" },
  { "{'list': <['a', 'b']>}", "2" },
  { "{'list': <[<'a'>, <'b'>]>}", "2" },
  { "{'many': <[<'a'>, <1>]>}", "2" },
  { "{'id': <{'$in': <['0', '3']>}>}", "03" },
  { "{'text': <'2'>}", "2" },
  { "{'uri': <{'$exists': <true>}>}", "1" },
  { "{'uri': <{'$regex': <'^file:'>}>}", "1" },
  { "{'mime_type': <{'$exists': <true>}>}", "" },
  { "{'blob': <{'$exists': <false>}>}", "0123" },
  { "{'n': <1>, 'word': <'apple'>}", "0" },
  { "{'n': <1>, 'word': <'banana'>}", "" },
  { "{'$or': <[{'n': <1>}, {'word': <'banana'>}]>}", "01" },
  { "{'$or': <@aa{sv} []>}", "" },
  { "{'$and': <[<{'n': <{'$gt': <1>}>}>, <{'word': <{'$exists': <true>}>}>]>}", "1" },
  { "{'$and': <@aa{sv} []>}", "0123" },
  { "{'$not': <{'n': <1>}>}", "123" },
  { "{'n': <{'$not': <{'$gt': <1>}>}>}", "03" },
  { "{'n': <{'$not': <{'$gt': <1>, '$lt': <2.2>}>}>}", "023" },
};

static void
test_operators (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      GFlow *flow = g_flow_new ();
      GFlowNode *node = test_add_server (flow, "node", test_server_new (test_serve_word, "x"));
      g_autoptr (GFlowRequest) request = make_request ();
      g_autoptr (GVariant) condition =
        g_variant_ref_sink (g_variant_new_parsed (cases[i].condition));
      g_autoptr (GError) error = NULL;
      g_autofree char *ids = NULL;

      g_assert_true (g_flow_node_set_condition (node, condition, &error));
      g_assert_no_error (error);
      g_assert_true (g_flow_node_get_condition (node) == condition);
      g_assert_true (g_flow_open_sync (flow, NULL, NULL));
      test_request_serve_well (flow, request);
      ids = ids_of (request);
      if (strcmp (ids, cases[i].ids) != 0)
        g_error ("%s: %s", cases[i].condition, ids);
      g_clear_object (&request);
      test_server_end (flow);
    }
}

static void
test_refused (void)
{
  g_autoptr (GFlowNode) node = g_flow_node_new ("node", NULL, NULL, NULL);
  const Case bad[] = {
    { "{'n': <{'$foo': <1>}>}", "“$foo”" },
    { "{'n': <{'$gtt': <1>}>}", "did you mean “$gt”?" },
    { "{'n': <{'$in': <1>}>}", "“$in”" },
    { "{'n': <{'$exists': <1>}>}", "“$exists”" },
    { "{'n': <{'$regex': <1>}>}", "“$regex”" },
    { "{'n': <{'$regex': <'('>}>}", "regular expression" },
    { "{'n': <{'$and': <[1]>}>}", "“$and”" },
    { "{'$or': <1>}", "“$or”" },
    { "{'$or': <[1]>}", "“$or”" },
    { "{'$or': <[<1>]>}", "“$or”" },
    { "{'$not': <1>}", "“$not”" },
    { "{'$gt': <1>}", "“$gt”" },
  };

  g_assert_true (g_flow_node_set_condition (node, g_variant_new_parsed ("{'n': <1>}"), NULL));
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (g_flow_node_set_condition (node, g_variant_new_parsed (bad[i].condition),
                                                 &error));
      g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT);
      test_assert_contains (error->message, bad[i].ids);
      /* The one before is kept. */
      g_assert_nonnull (g_flow_node_get_condition (node));
    }
  g_assert_true (g_flow_node_set_condition (node, NULL, NULL));
  g_assert_null (g_flow_node_get_condition (node));
}

static void
test_too_deep (void)
{
  g_autoptr (GFlowNode) node = g_flow_node_new ("node", NULL, NULL, NULL);
  GVariant *condition = g_variant_new_parsed ("{'n': <1>}");
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 100; i++)
    {
      GVariantDict dict;

      g_variant_dict_init (&dict, NULL);
      g_variant_dict_insert_value (&dict, "$not", condition);
      condition = g_variant_dict_end (&dict);
    }
  g_assert_false (g_flow_node_set_condition (node, condition, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT);
}

/* A switch: each branch has some of the documents, and where they meet all are there. */
static void
test_switch (void)
{
  const char *gateway[] = { "gateway", NULL }, *first[] = { "fruit", NULL };
  g_autoptr (GFlowExecutor) fruit = test_server_new (test_serve_word, "fruit");
  g_autoptr (GFlowExecutor) more = test_server_new (test_serve_word, "more");
  g_autoptr (GFlowExecutor) other = test_server_new (test_serve_word, "other");
  GFlow *flow = g_flow_new ();
  g_autoptr (GFlowRequest) request = make_request ();
  GListModel *documents;
  const char * const expected[] = { "0+fruit+more", "1+fruit+more", "2+other", "3+other" };
  GFlowNode *node;

  node = g_flow_add_executor (flow, "fruit", fruit, gateway, NULL);
  g_assert_true (g_flow_node_set_condition (
    node, g_variant_new_parsed ("{'word': <{'$exists': <true>}>}"), NULL));
  g_flow_add_executor (flow, "more", more, first, NULL);
  node = g_flow_add_executor (flow, "other", other, gateway, NULL);
  g_assert_true (g_flow_node_set_condition (
    node, g_variant_new_parsed ("{'word': <{'$exists': <false>}>}"), NULL));
  g_flow_add_join_all (flow, "join", NULL);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  test_request_serve_well (flow, request);
  documents = g_flow_request_get_documents (request);
  g_assert_cmpuint (g_list_model_get_n_items (documents), ==, 4);
  for (guint i = 0; i < 4; i++)
    {
      g_autoptr (GFlowDocument) document = g_list_model_get_item (documents, i);

      g_assert_cmpstr (g_flow_document_get_text (document), ==, expected[i]);
    }
  g_clear_object (&request);
  g_clear_object (&fruit);
  g_clear_object (&more);
  g_clear_object (&other);
  test_server_end (flow);
}

static gboolean
count_served (GFlowExecutor  *executor,
              GFlowRequest   *request,
              GCancellable   *cancellable,
              gpointer        user_data,
              GError        **error)
{
  g_atomic_int_inc ((int *) user_data);
  return TRUE;
}

/* What nothing is for is not called; what asks for no documents is. */
static void
test_nothing_fits (gconstpointer data)
{
  const GFlowPolling polling = GPOINTER_TO_UINT (data);
  int served = 0, next = 0;
  GFlow *flow = g_flow_new ();
  GFlowNode *node = test_add_server (flow, "node", test_server_new (count_served, &served));
  g_autoptr (GFlowRequest) request = make_request ();
  g_autoptr (GFlowRequest) empty = test_request_new ("/", 0);

  g_flow_node_set_parallel (node, 2);
  g_flow_node_set_polling (node, polling);
  g_assert_true (g_flow_node_set_condition (node, g_variant_new_parsed ("{'n': <99>}"), NULL));
  test_add_server (flow, "next", test_server_new (count_served, &next));
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  test_request_serve_well (flow, request);
  g_assert_cmpint (served, ==, 0);
  g_assert_cmpint (next, ==, 0);
  test_assert_routes (request, "gateway=done");
  test_assert_text (request, test_request_text, "");
  test_request_serve_well (flow, empty);
  g_assert_cmpint (g_atomic_int_get (&served), >=, 1);
  g_assert_cmpint (next, ==, 1);
  test_assert_routes (empty, "gateway=done node=done next=done");
  /* The same request, with documents that fit. */
  g_clear_object (&request);
  g_clear_object (&empty);
  test_server_end (flow);
}

/* Tasks, and nodes that only leave documents out. */
static void
return_later (GFlowExecutor  *executor,
              GFlowRequest   *request,
              GTask          *task,
              gpointer        user_data,
              GError        **error)
{
  test_serve_word (executor, request, NULL, user_data, NULL);
  g_task_return_boolean (task, TRUE);
}

static void
test_task (void)
{
  GFlow *flow = g_flow_new ();
  GFlowNode *pass = g_flow_add_executor (flow, "pass", NULL, NULL, NULL);
  GFlowNode *node = test_add_server (flow, "node", test_server_new_for_task (return_later, "task"));
  g_autoptr (GFlowRequest) request = make_request ();
  g_autoptr (GFlowRequest) none = test_request_new ("/", 1);
  g_autofree char *ids = NULL;

  g_assert_true (g_flow_node_set_condition (
    pass, g_variant_new_parsed ("{'n': <{'$gt': <1>}>}"), NULL));
  g_assert_true (g_flow_node_set_condition (node, g_variant_new_parsed ("{'flag': <false>}"), NULL));
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  test_request_serve_well (flow, request);
  ids = ids_of (request);
  g_assert_cmpstr (ids, ==, "1");
  test_assert_routes (request, "gateway=done pass=done node=done");
  test_request_serve_well (flow, none);
  test_assert_routes (none, "gateway=done");
  g_clear_object (&request);
  g_clear_object (&none);
  test_server_end (flow);
}

/* A node that requests do not go to leaves nothing out. */
static void
test_target (void)
{
  GFlow *flow = g_flow_new ();
  GFlowNode *node = test_add_server (flow, "node", test_server_new (test_serve_word, "node"));
  g_autoptr (GFlowPost) post = NULL;
  g_autoptr (GListModel) responses = NULL;
  const char *texts[] = { "a", "b", NULL };
  g_autoptr (GFlowSource) source = g_flow_source_new_for_texts (texts);
  g_autoptr (GFlowRequest) response = NULL;

  g_assert_true (g_flow_node_set_condition (node, g_variant_new_parsed ("{'text': <'b'>}"), NULL));
  test_add_server (flow, "other", test_server_new (test_serve_word, "other"));
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  post = g_flow_post (flow, "/");
  g_flow_post_set_source (post, source);
  g_flow_post_set_target (post, "other");
  responses = g_flow_post_collect_sync (post, NULL, NULL);
  response = g_list_model_get_item (responses, 0);
  test_assert_text (response, test_request_text, "a+other b+other");
  g_clear_object (&response);
  g_clear_object (&responses);
  g_clear_object (&post);
  test_server_end (flow);
}

typedef struct
{
  GThread  *thread;
  gboolean  in_context;
  int       asked;
  int       destroyed;
} Judge;

static gboolean
is_even (GFlowNode     *node,
         GFlowDocument *document,
         gpointer       user_data,
         GError       **error)
{
  Judge *judge = user_data;

  g_atomic_int_inc (&judge->asked);
  if (judge->in_context)
    g_assert_true (g_thread_self () == judge->thread);
  return atoi (g_flow_document_get_id (document)) % 2 == 0;
}

static void
count_destroyed (gpointer user_data)
{
  Judge *judge = user_data;

  g_assert_true (g_thread_self () == judge->thread);
  judge->destroyed++;
}

static void
test_func (gconstpointer data)
{
  Judge judge = { .thread = g_thread_self (), .in_context = GPOINTER_TO_UINT (data) };
  GFlow *flow = g_flow_new ();
  GFlowNode *node = test_add_server (flow, "node", test_server_new (test_serve_word, "node"));
  g_autoptr (GFlowRequest) request = make_request ();
  g_autofree char *ids = NULL;

  if (judge.in_context)
    g_flow_node_set_placement (node, G_FLOW_PLACEMENT_CONTEXT);
  g_flow_node_set_condition_func (node, is_even, &judge, count_destroyed);
  g_assert_null (g_flow_node_get_condition (node));
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  test_request_serve_well (flow, request);
  ids = ids_of (request);
  g_assert_cmpstr (ids, ==, "02");
  g_assert_cmpint (judge.asked, ==, 4);
  g_clear_object (&request);
  g_assert_cmpint (judge.destroyed, ==, 0);
  test_server_end (flow);
  TEST_WAIT (judge.destroyed == 1);
}

static gboolean
is_known (GFlowNode      *node,
          GFlowDocument  *document,
          gpointer        user_data,
          GError        **error)
{
  int *asked = user_data;

  ++*asked;
  if (g_strcmp0 (g_flow_document_get_id (document), "1") != 0)
    return TRUE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BUSY, "Too busy");
  return FALSE;
}

/* What cannot be said fails the node; the next request is served as if nothing had been. */
static void
test_func_fails (gconstpointer data)
{
  const gboolean serves = GPOINTER_TO_UINT (data);
  GFlow *flow = g_flow_new ();
  GFlowNode *node;
  g_autoptr (GFlowRequest) request = make_request ();
  g_autoptr (GFlowRequest) good = g_flow_request_new ("/");
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GFlowDocument) document = g_flow_document_new_for_text ("a");
  g_autoptr (GError) error = NULL;
  int asked = 0;

  if (serves)
    node = test_add_server (flow, "node", test_server_new (test_serve_word, "node"));
  else
    node = g_flow_add_executor (flow, "node", NULL, NULL, NULL);
  g_flow_node_set_condition_func (node, is_known, &asked, NULL);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  run = g_flow_run_new (flow);
  g_flow_run_set_request (run, request);
  g_assert_false (g_flow_run_execute_sync (run, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
  g_assert_cmpint (asked, ==, 2);
  test_assert_node (run, node, FAILED);
  g_assert_error (g_flow_request_get_error (request), G_IO_ERROR, G_IO_ERROR_BUSY);
  g_assert_cmpuint (g_list_model_get_n_items (g_flow_request_get_documents (request)), ==, 4);
  g_clear_object (&run);

  g_list_store_append (G_LIST_STORE (g_flow_request_get_documents (good)), document);
  test_request_serve_well (flow, good);
  g_assert_cmpint (asked, ==, 3);
  g_clear_object (&good);
  g_clear_object (&request);
  test_server_end (flow);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/conditions/operators", test_operators);
  g_test_add_func ("/conditions/refused", test_refused);
  g_test_add_func ("/conditions/too-deep", test_too_deep);
  g_test_add_func ("/conditions/switch", test_switch);
  g_test_add_data_func ("/conditions/nothing-fits/any", GUINT_TO_POINTER (G_FLOW_POLLING_ANY),
                        test_nothing_fits);
  g_test_add_data_func ("/conditions/nothing-fits/all", GUINT_TO_POINTER (G_FLOW_POLLING_ALL),
                        test_nothing_fits);
  g_test_add_func ("/conditions/task", test_task);
  g_test_add_func ("/conditions/target", test_target);
  g_test_add_data_func ("/conditions/func/worker", GUINT_TO_POINTER (FALSE), test_func);
  g_test_add_data_func ("/conditions/func/context", GUINT_TO_POINTER (TRUE), test_func);
  g_test_add_data_func ("/conditions/func/fails/executor", GUINT_TO_POINTER (TRUE),
                        test_func_fails);
  g_test_add_data_func ("/conditions/func/fails/filter", GUINT_TO_POINTER (FALSE),
                        test_func_fails);

  return g_test_run ();
}
