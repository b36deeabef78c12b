/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* How executors are made and configured, and what reaches whoever posts. The numbers are those of
 * the scenarios of the pipelines that these come from. */

#include "test-executor.h"

#include "stream/gflow-pipeline-private.h"

#include <math.h>
#include <string.h>

/* One that is bound to nothing, and has no functions */

#define TEST_TYPE_BARE (test_bare_get_type ())
G_DECLARE_FINAL_TYPE (TestBare, test_bare, TEST, BARE, GFlowExecutor)

struct _TestBare
{
  GFlowExecutor parent_instance;
};

G_DEFINE_FINAL_TYPE (TestBare, test_bare, G_TYPE_FLOW_EXECUTOR)

static void
test_bare_class_init (TestBareClass *klass)
{
}

static void
test_bare_init (TestBare *self)
{
}

/* One with properties of all types of numbers */

#define TEST_TYPE_NUMBERS (test_numbers_get_type ())
G_DECLARE_FINAL_TYPE (TestNumbers, test_numbers, TEST, NUMBERS, GFlowExecutor)

enum
{
  PROP_0,
  PROP_INT,
  PROP_UINT,
  PROP_INT64,
  PROP_UINT64,
  PROP_FLOAT,
  PROP_DOUBLE,
  PROP_BOOLEAN,
  N_PROPS
};

struct _TestNumbers
{
  GFlowExecutor parent_instance;

  GValue        values[N_PROPS];
};

G_DEFINE_FINAL_TYPE (TestNumbers, test_numbers, G_TYPE_FLOW_EXECUTOR)

static void
test_numbers_get_property (GObject    *object,
                           guint       prop_id,
                           GValue     *value,
                           GParamSpec *pspec)
{
  g_value_copy (&TEST_NUMBERS (object)->values[prop_id], value);
}

static void
test_numbers_set_property (GObject      *object,
                           guint         prop_id,
                           const GValue *value,
                           GParamSpec   *pspec)
{
  TestNumbers *self = TEST_NUMBERS (object);

  if (!G_IS_VALUE (&self->values[prop_id]))
    g_value_init (&self->values[prop_id], pspec->value_type);
  g_value_copy (value, &self->values[prop_id]);
}

static void
test_numbers_class_init (TestNumbersClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS;
  GParamSpec *pspecs[N_PROPS] = {
    NULL,
    g_param_spec_int ("int", NULL, NULL, G_MININT, G_MAXINT, 0, flags),
    g_param_spec_uint ("uint", NULL, NULL, 0, G_MAXUINT, 0, flags),
    g_param_spec_int64 ("int64", NULL, NULL, G_MININT64, G_MAXINT64, 0, flags),
    g_param_spec_uint64 ("uint64", NULL, NULL, 0, G_MAXUINT64, 0, flags),
    g_param_spec_float ("float", NULL, NULL, -G_MAXFLOAT, G_MAXFLOAT, 0, flags),
    g_param_spec_double ("double", NULL, NULL, -G_MAXDOUBLE, G_MAXDOUBLE, 0, flags),
    g_param_spec_boolean ("boolean", NULL, NULL, FALSE, flags),
  };

  object_class->get_property = test_numbers_get_property;
  object_class->set_property = test_numbers_set_property;
  g_object_class_install_properties (object_class, N_PROPS, pspecs);
}

static void
test_numbers_init (TestNumbers *self)
{
}

static gboolean
mark (GFlowExecutor  *executor,
      GFlowRequest   *request,
      GCancellable   *cancellable,
      gpointer        user_data,
      GError        **error)
{
  g_autoptr (GFlowDocument) document =
    g_list_model_get_item (g_flow_request_get_documents (request), 0);
  g_autofree char *text = g_strdup_printf ("%s %s", g_flow_document_get_text (document),
                                           (const char *) user_data);

  g_flow_document_set_text (document, text);
  return TRUE;
}

/* 50: some properties are given, the others keep what they are by default. */
static void
test_uses_with (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowExecutor) given = NULL;
  g_autoptr (GFlowExecutor) plain = NULL;
  g_autoptr (GFlowRequest) request = NULL;
  g_autoptr (GError) error = NULL;

  given = g_flow_executor_new_from_type (TEST_TYPE_EXECUTOR,
                                         g_variant_new_parsed ("{'word': <'given'>}"), &error);
  g_assert_no_error (error);
  plain = g_flow_executor_new_from_name ("TestExecutor", NULL, &error);
  g_assert_no_error (error);
  g_flow_add_executor (flow, NULL, given, NULL, NULL);
  g_flow_add_executor (flow, NULL, plain, NULL, NULL);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  request = test_serve (flow, "/", "0", NULL, NULL);
  test_assert_texts (request, "0 given word");
  g_assert_true (g_flow_close_sync (flow, NULL, NULL));

  g_assert_null (g_flow_executor_new_from_type (TEST_TYPE_EXECUTOR,
                                                g_variant_new_parsed ("{'wort': <'x'>}"), &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT);
  test_assert_contains (error->message, "“word”");
  g_clear_error (&error);
  g_assert_null (g_flow_executor_new_from_name ("TestExekutor", NULL, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT);
  test_assert_contains (error->message, "“TestExecutor”");
}

/* A property is what was given, or the executor is not made: nothing is rounded, but fractions to
 * what a float can be. */
static void
test_numbers (void)
{
  const struct { const char *given; double wanted; } cases[] = {
    { "{'int': <int64 -5>}", -5 }, { "{'int': <7.0>}", 7 }, { "{'int': <1e-9>}", NAN },
    { "{'int': <0.5>}", NAN }, { "{'int': <int64 4294967296>}", NAN }, { "{'int': <1e300>}", NAN },
    { "{'int': <uint64 18446744073709551615>}", NAN }, { "{'uint': <-1>}", NAN },
    { "{'uint': <byte 3>}", 3 }, { "{'int64': <-9223372036854775808.0>}", -0x1p63 }, { "{'int64': <9223372036854775808.0>}", NAN },
    { "{'int64': <1.0000000001>}", NAN }, { "{'int64': <uint64 9223372036854775808>}", NAN },
    { "{'uint64': <uint64 9223372036854775808>}", 0x1p63 }, { "{'uint64': <-1.0>}", NAN },
    { "{'double': <int64 9007199254740992>}", 0x1p53 }, { "{'double': <int64 9007199254740993>}", NAN },
    { "{'double': <int64 9223372036854775807>}", NAN }, { "{'double': <1e-300>}", 1e-300 },
    { "{'double': <uint64 18446744073709551615>}", NAN }, { "{'double': <true>}", NAN },
    { "{'float': <16777216>}", 16777216 }, { "{'float': <16777217>}", NAN },
    { "{'float': <0.1>}", (double) 0.1f }, { "{'float': <1e300>}", NAN },
    { "{'boolean': <1>}", 1 }, { "{'boolean': <2>}", NAN }, { "{'int': <'1'>}", NAN },
    { "{'int': <[1]>}", NAN }, { "{'int': <(1, 2)>}", NAN },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GVariant) given = g_variant_parse (G_VARIANT_TYPE_VARDICT, cases[i].given, NULL,
                                                    NULL, NULL);
      g_autoptr (GFlowExecutor) executor = NULL;
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", cases[i].given);
      g_assert_nonnull (given);
      executor = g_flow_executor_new_from_type (TEST_TYPE_NUMBERS, given, &error);
      if (isnan (cases[i].wanted))
        {
          g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT);
          continue;
        }
      g_assert_no_error (error);

      g_autoptr (GVariant) entry = g_variant_get_child_value (given, 0);
      g_autofree char *name = NULL;
      g_auto (GValue) value = G_VALUE_INIT;

      g_variant_get_child (entry, 0, "s", &name);
      if (strcmp (name, "boolean") == 0)
        {
          g_value_init (&value, G_TYPE_BOOLEAN);
          g_object_get_property (G_OBJECT (executor), name, &value);
          g_assert_true (g_value_get_boolean (&value));
          continue;
        }
      g_value_init (&value, G_TYPE_DOUBLE);
      g_object_get_property (G_OBJECT (executor), name, &value);
      g_assert_cmpfloat (g_value_get_double (&value), ==, cases[i].wanted);
    }
}

/* 52: what nobody serves passes by, and that is no failure. */
static void
test_unbound (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowExecutor) bare = g_object_new (TEST_TYPE_BARE, NULL);
  g_autoptr (GFlowRequest) bound = NULL;
  g_autoptr (GFlowRequest) unbound = NULL;
  g_autoptr (GError) error = NULL;

  g_flow_executor_bind (bare, "/index", mark, (gpointer) "index", NULL);
  g_flow_add_executor (flow, "bare", bare, NULL, NULL);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  bound = test_serve (flow, "/index", "0", NULL, NULL);
  unbound = test_serve (flow, "/none", "0", NULL, &error);
  g_assert_no_error (error);
  test_assert_texts (bound, "0 index");
  test_assert_texts (unbound, "0");
  test_assert_routes (unbound, "gateway=done");
  g_assert_true (g_flow_close_sync (flow, NULL, NULL));
}

/* `uses_requests`: of one instance, not of others of its type. */
static void
test_redirect (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GFlowRequest) request = NULL;

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GFlowExecutor) bare = g_object_new (TEST_TYPE_BARE, NULL);

      g_flow_executor_bind (bare, "/index", mark, (gpointer) "foo", NULL);
      g_flow_executor_bind (bare, "bar", mark, (gpointer) "bar", NULL);
      if (i == 0)
        g_assert_true (g_flow_executor_redirect (bare, "/index", "bar", NULL));
      g_assert_false (g_flow_executor_redirect (bare, "/index", "baz", &error));
      g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT);
      test_assert_contains (error->message, "“bar”");
      g_clear_error (&error);
      g_flow_add_executor (flow, NULL, bare, NULL, NULL);
    }
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  request = test_serve (flow, "/index", "0", NULL, NULL);
  test_assert_texts (request, "0 bar foo");
  g_assert_true (g_flow_close_sync (flow, NULL, NULL));
}

/* Endpoints that nothing is bound for are all the same, however many there are, and however it is
 * said what is for all of them. */
static void
test_any_endpoint (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowExecutor) bare = g_object_new (TEST_TYPE_BARE, NULL);
  GFlowNode *node;

  g_flow_executor_bind (bare, "", mark, (gpointer) "any", NULL);
  g_flow_executor_bind (bare, "/index", mark, (gpointer) "index", NULL);
  g_flow_executor_set_batching (bare, "", 4, 0);
  g_assert_cmpuint (g_flow_executor_get_batch_size (bare, NULL), ==, 4);
  node = g_flow_add_executor (flow, NULL, bare, NULL, NULL);
  g_flow_node_set_parallel (node, 2);
  g_flow_node_set_polling_for (node, "", G_FLOW_POLLING_ALL);
  g_flow_node_set_polling_for (node, "/index", G_FLOW_POLLING_ANY);
  g_assert_cmpint (g_flow_node_get_polling (node), ==, G_FLOW_POLLING_ALL);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  for (guint i = 0; i < 50; i++)
    {
      g_autofree char *endpoint = g_strdup_printf ("/%u", i);
      g_autoptr (GFlowRequest) request = test_serve (flow, endpoint, "0", NULL, NULL);
      g_autoptr (GFlowRequest) index = test_serve (flow, "/index", "0", NULL, NULL);

      test_assert_texts (request, "0 any");
      test_assert_texts (index, "0 index");
    }
  g_assert_cmpuint (g_hash_table_size (flow->pipeline->channels), ==, 2);
  g_assert_true (g_flow_close_sync (flow, NULL, NULL));
}

static GFlowExecutor *
make_none (GFlowExecutor  *executor,
           gpointer        user_data,
           GError        **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE, "There is no room for it");
  return NULL;
}

/* 43: an instance that cannot be made. */
static void
test_factory_fails (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  TestTally tally = { 0 };
  GFlowNode *node;

  test_executor_add (flow, "a", NULL, &tally);
  node = test_executor_add (flow, "b", NULL, &tally);
  g_flow_node_set_parallel (node, 2);
  g_flow_executor_set_factory (g_flow_node_get_executor (node), make_none, NULL, NULL);
  for (guint i = 0; i < 10; i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (g_flow_open_sync (flow, NULL, &error));
      g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_START_FAILED);
      test_assert_contains (error->message, "“b”");
      test_assert_contains (error->message, "no room");
      g_assert_cmpint (tally.set_up, ==, tally.torn_down);
    }
}

/* 31: what is open cannot be added to, and goes on serving; when it is closed it can be, and what was
 * added serves when it is open again. */
static void
test_add_while_open (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowExecutor) late = test_executor_new ("late");
  TestTally tally = { 0 };

  test_executor_add (flow, "a", NULL, &tally);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GFlowRequest) before = NULL;
      g_autoptr (GFlowRequest) after = NULL;
      g_autoptr (GError) error = NULL;
      const char *wanted = i == 0 ? "0 a" : "0 a late";

      g_assert_true (g_flow_open_sync (flow, NULL, NULL));
      before = test_serve (flow, "/", "0", NULL, NULL);
      test_assert_texts (before, wanted);
      g_assert_null (g_flow_add_executor (flow, NULL, late, NULL, &error));
      g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_FROZEN);
      g_clear_error (&error);
      g_assert_null (g_flow_add_join_all (flow, NULL, &error));
      g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_FROZEN);
      g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (flow)), ==, i + 1);
      after = test_serve (flow, "/", "0", NULL, NULL);
      test_assert_texts (after, wanted);
      g_assert_true (g_flow_close_sync (flow, NULL, NULL));
      if (i == 0)
        g_assert_nonnull (g_flow_add_executor (flow, NULL, late, NULL, NULL));
    }
  g_assert_cmpint (tally.set_up, ==, 2);
}

/* 32: a name that is taken is refused, and nothing is lost: neither the first one, nor the second. */
static void
test_same_name (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowExecutor) first = test_executor_new ("first");
  g_autoptr (GFlowExecutor) second = test_executor_new ("second");
  g_autoptr (GFlowRequest) request = NULL;
  g_autoptr (GError) error = NULL;
  GFlowNode *node = g_flow_add_executor (flow, "a", first, NULL, NULL);

  g_assert_null (g_flow_add_executor (flow, "a", second, NULL, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_EXISTS);
  test_assert_contains (error->message, "“a”");
  g_assert_true (g_flow_lookup (flow, "a") == node);
  g_assert_true (g_flow_get_insertion_point (flow) == node);
  g_assert_nonnull (g_flow_add_executor (flow, "b", second, NULL, NULL));
  test_assert_model (flow, "a b");
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  request = test_serve (flow, "/", "0", NULL, NULL);
  test_assert_texts (request, "0 first second");
  g_assert_true (g_flow_close_sync (flow, NULL, NULL));
}

static GFlowPost *
post_texts (GFlow *flow,
            guint  n)
{
  GFlowPost *post = g_flow_post (flow, "/");
  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GFlowSource) source = NULL;

  for (guint i = 0; i < n; i++)
    g_ptr_array_add (texts, g_strdup_printf ("%u", i));
  g_ptr_array_add (texts, NULL);
  source = g_flow_source_new_for_texts ((const char * const *) texts->pdata);
  g_flow_post_set_source (post, source);
  return post;
}

/* 33: 100 items, ten at a time: ten answers, and each item in one of them. */
static void
test_items (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowPost) post = NULL;
  g_autoptr (GListModel) answers = NULL;
  guint seen[100] = { 0 };
  TestTally tally = { 0 };

  test_executor_add (flow, "a", NULL, &tally);
  g_flow_node_set_parallel (test_executor_add (flow, "pass", NULL, NULL), 3);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  post = post_texts (flow, 100);
  g_flow_post_set_request_size (post, 10);
  answers = g_flow_post_collect_sync (post, NULL, NULL);
  g_assert_cmpuint (g_list_model_get_n_items (answers), ==, 10);
  g_assert_cmpint (tally.served, ==, 10);
  for (guint i = 0; i < 10; i++)
    {
      g_autoptr (GFlowRequest) request = g_list_model_get_item (answers, i);
      GListModel *documents = g_flow_request_get_documents (request);

      g_assert_cmpuint (g_list_model_get_n_items (documents), ==, 10);
      for (guint k = 0; k < 10; k++)
        {
          g_autoptr (GFlowDocument) document = g_list_model_get_item (documents, k);

          g_assert_true (g_str_has_suffix (g_flow_document_get_text (document), " a"));
          seen[g_ascii_strtoull (g_flow_document_get_text (document), NULL, 10)]++;
        }
    }
  for (guint i = 0; i < 100; i++)
    g_assert_cmpuint (seen[i], ==, 1);
  g_assert_true (g_flow_close_sync (flow, NULL, NULL));
}

static gboolean
look (GFlowExecutor  *executor,
      GFlowRequest   *request,
      GCancellable   *cancellable,
      gpointer        user_data,
      GError        **error)
{
  g_autofree char *parameters = g_variant_print (g_flow_request_get_parameters (request), FALSE);

  test_log_addf (user_data, "%u:%s",
                 g_list_model_get_n_items (g_flow_request_get_documents (request)), parameters);
  return TRUE;
}

/* 36: nothing but parameters: one request, which has no documents. */
static void
test_only_parameters (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowExecutor) bare = g_object_new (TEST_TYPE_BARE, NULL);
  g_autoptr (GFlowPost) post = NULL;
  g_autoptr (GListModel) answers = NULL;
  TestLog log;

  test_log_init (&log);
  g_flow_executor_bind (bare, NULL, look, &log, NULL);
  g_flow_add_executor (flow, NULL, bare, NULL, NULL);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  post = g_flow_post (flow, "/");
  g_flow_post_set_parameters (post, g_variant_new_parsed ("{'hello': <'world'>}"));
  answers = g_flow_post_collect_sync (post, NULL, NULL);
  g_assert_cmpuint (g_list_model_get_n_items (answers), ==, 1);
  test_assert_log (&log, "0:{'hello': <'world'>}");
  g_assert_true (g_flow_close_sync (flow, NULL, NULL));
  test_log_clear (&log);
}

static gboolean
fail_silently (GFlowExecutor  *executor,
               GFlowRequest   *request,
               GCancellable   *cancellable,
               gpointer        user_data,
               GError        **error)
{
  return FALSE;
}

static void
return_silently (GFlowExecutor  *executor,
                 GFlowRequest   *request,
                 GTask          *task,
                 gpointer        user_data,
                 GError        **error)
{
}

/* 53: an executor that does not keep to what it may return fails the request, which says so. (In languages
 * that return values: one of a wrong type.) */
static void
test_wrong_return (void)
{
  for (guint by_task = 0; by_task < 2; by_task++)
    {
      g_autoptr (GFlow) flow = g_flow_new ();
      g_autoptr (GFlowExecutor) bare = g_object_new (TEST_TYPE_BARE, NULL);
      const int code = by_task ? G_FLOW_ERROR_ABANDONED : G_FLOW_ERROR_FAILED;

      if (by_task)
        g_flow_executor_bind_task (bare, NULL, return_silently, NULL, NULL);
      else
        g_flow_executor_bind (bare, NULL, fail_silently, NULL, NULL);
      g_flow_add_executor (flow, "silent", bare, NULL, NULL);
      g_assert_true (g_flow_open_sync (flow, NULL, NULL));
      for (guint i = 0; i < 2; i++)
        {
          g_autoptr (GFlowRequest) request = NULL;
          g_autoptr (GError) error = NULL;

          request = test_serve (flow, "/", "0", NULL, &error);
          g_assert_error (error, G_FLOW_ERROR, code);
          g_assert_cmpint (g_flow_request_get_state (request), ==, G_FLOW_RUN_STATE_FAILED);
          test_assert_contains (g_flow_request_get_error (request)->message, "“silent”");
          test_assert_routes (request, "gateway=failed! silent=failed!");
        }
      g_assert_true (g_flow_close_sync (flow, NULL, NULL));
    }
}

/* 56: while requests wait the loop does other things. */
static gboolean
count_cb (gpointer user_data)
{
  *(int *) user_data += 1;
  return G_SOURCE_CONTINUE;
}

static void
test_beside (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowPost) post = NULL;
  g_autoptr (GSource) other = g_idle_source_new ();
  TestTally tally = { 0 };
  TestResult posted;
  int n = 0;

  test_result_init (&posted);
  test_executor_add (flow, "task", NULL, &tally);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  post = g_flow_post (flow, "/");
  g_source_set_callback (other, count_cb, &n, NULL);
  g_source_attach (other, NULL);
  g_flow_post_run (post, NULL, test_result_cb, &posted);
  TEST_WAIT (g_atomic_int_get (&tally.now) == 1);
  n = 0;
  TEST_WAIT (posted.calls > 0);
  g_assert_cmpint (n, >, 1);
  g_assert_true (g_flow_post_run_finish (post, posted.result, NULL));
  g_source_destroy (other);
  test_result_clear (&posted);
  g_assert_true (g_flow_close_sync (flow, NULL, NULL));
}

/* 58: a fast source and a slow executor, without a limit: all is read before anything is served. */
typedef struct
{
  int given; /* atomic */
} Stock;

static gboolean
give (GFlowSource  *source,
      guint         n_documents,
      GListStore   *documents,
      gpointer      user_data,
      GError      **error)
{
  Stock *self = user_data;

  for (guint i = 0; i < n_documents && self->given < 100; i++)
    {
      g_autoptr (GFlowDocument) document = g_flow_document_new_for_text ("0");

      g_list_store_append (documents, document);
      g_atomic_int_inc (&self->given);
    }
  return TRUE;
}

static void
test_no_limit (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowPost) post = NULL;
  g_autoptr (GFlowSource) source = NULL;
  Stock stock = { 0 };
  TestTally tally = { 0 };
  TestGate gate;
  TestResult posted;

  test_gate_init (&gate);
  test_result_init (&posted);
  tally.gate = &gate;
  test_executor_add (flow, "gate", NULL, &tally);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  post = g_flow_post (flow, "/");
  source = g_flow_source_new_for_func (give, &stock, NULL);
  g_flow_post_set_source (post, source);
  g_flow_post_set_request_size (post, 1);
  g_flow_post_set_max_in_flight (post, G_MAXUINT);
  g_flow_post_run (post, NULL, test_result_cb, &posted);
  TEST_WAIT (g_atomic_int_get (&stock.given) == 100);
  g_assert_cmpuint (g_flow_post_get_n_done (post), ==, 0);
  g_assert_cmpint (g_atomic_int_get (&tally.served), <=, 1);
  test_gate_open (&gate);
  TEST_WAIT (posted.calls > 0);
  g_assert_true (g_flow_post_run_finish (post, posted.result, NULL));
  g_assert_cmpint (tally.served, ==, 100);
  test_result_clear (&posted);
  g_assert_true (g_flow_close_sync (flow, NULL, NULL));
  test_gate_clear (&gate);
}

/* A bad row ends the stream, after the answers to what came before it, and says where it is; or
 * it is left out, and counted. */
static void
test_bad_rows (void)
{
  const char *rows = "{\"text\": \"a\"}\n{\"text\": \"b\"}\n{nothing\n{\"text\": \"d\"}\n";

  for (guint skips = 0; skips < 2; skips++)
    {
      g_autoptr (GFlow) flow = g_flow_new ();
      g_autoptr (GFlowPost) post = NULL;
      g_autoptr (GInputStream) stream =
        g_memory_input_stream_new_from_data (rows, (gssize) strlen (rows), NULL);
      g_autoptr (GFlowReader) reader = g_flow_reader_new (G_FLOW_FORMAT_NDJSON, stream);
      g_autoptr (GError) error = NULL;
      TestTally tally = { 0 };

      test_executor_add (flow, "a", NULL, &tally);
      g_assert_true (g_flow_open_sync (flow, NULL, NULL));
      g_flow_reader_set_skip_bad (reader, skips);
      post = g_flow_post (flow, "/");
      g_flow_post_set_source (post, G_FLOW_SOURCE (reader));
      g_flow_post_set_request_size (post, 1);
      g_assert_true (g_flow_post_run_sync (post, NULL, &error) == (skips != 0));
      g_assert_cmpint (tally.served, ==, skips ? 3 : 2);
      g_assert_cmpuint (g_flow_post_get_n_done (post), ==, skips ? 3 : 2);
      if (skips)
        {
          g_assert_no_error (error);
          g_assert_cmpuint (g_flow_reader_get_n_skipped (reader), ==, 1);
        }
      else
        {
          g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT);
          test_assert_contains (error->message, "3:2:");
        }
      g_assert_true (g_flow_close_sync (flow, NULL, NULL));
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/executors/uses-with", test_uses_with);
  g_test_add_func ("/executors/numbers", test_numbers);
  g_test_add_func ("/executors/unbound", test_unbound);
  g_test_add_func ("/executors/redirect", test_redirect);
  g_test_add_func ("/executors/any-endpoint", test_any_endpoint);
  g_test_add_func ("/executors/factory-fails", test_factory_fails);
  g_test_add_func ("/executors/add-while-open", test_add_while_open);
  g_test_add_func ("/executors/same-name", test_same_name);
  g_test_add_func ("/executors/items", test_items);
  g_test_add_func ("/executors/only-parameters", test_only_parameters);
  g_test_add_func ("/executors/wrong-return", test_wrong_return);
  g_test_add_func ("/executors/beside", test_beside);
  g_test_add_func ("/executors/no-limit", test_no_limit);
  g_test_add_func ("/executors/bad-rows", test_bad_rows);

  return g_test_run ();
}
