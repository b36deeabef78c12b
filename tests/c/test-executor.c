/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-executor.h"

#include <string.h>

struct _TestExecutor
{
  GFlowExecutor  parent_instance;

  char          *word;
  TestTally     *tally;
  gboolean       is_set_up;
  int            n_serving; /* atomic */
};

enum
{
  PROP_0,
  PROP_WORD,
  PROP_TALLY,
};

G_DEFINE_FINAL_TYPE (TestExecutor, test_executor, G_TYPE_FLOW_EXECUTOR)

static void
count_in (TestTally *tally)
{
  const int now = g_atomic_int_add (&tally->now, 1) + 1;
  int most;

  do
    most = g_atomic_int_get (&tally->most);
  while (now > most && !g_atomic_int_compare_and_exchange (&tally->most, most, now));
}

static void
change (TestExecutor *self,
        GFlowRequest *request)
{
  GListModel *documents = g_flow_request_get_documents (request);
  const char *endpoint = g_flow_request_get_endpoint (request);

  for (guint i = 0; i < g_list_model_get_n_items (documents); i++)
    {
      g_autoptr (GFlowDocument) document = g_list_model_get_item (documents, i);
      const char *text = g_flow_document_get_text (document);
      g_autofree char *longer = g_strdup_printf ("%s %s%s", text != NULL ? text : "", self->word,
                                                 strcmp (endpoint, "/") == 0 ? "" : endpoint);

      if (strcmp (self->word, "uri") == 0)
        g_flow_document_set_uri (document, "uri");
      else if (strcmp (self->word, "mime") == 0)
        g_flow_document_set_mime_type (document, "mime");
      else if (g_str_has_prefix (self->word, "tag-"))
        g_flow_document_set_tag (document, self->word + strlen ("tag-"),
                                 g_variant_new_boolean (TRUE));
      else
        g_flow_document_set_text (document, longer);
    }
}

static int
compare_strings (gconstpointer a,
                 gconstpointer b)
{
  return strcmp (*(char **) a, *(char **) b);
}

static void
tell_parameters (GFlowRequest *request)
{
  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  GVariantIter iter;
  const char *name;
  GVariant *value;

  g_variant_iter_init (&iter, g_flow_request_get_parameters (request));
  while (g_variant_iter_loop (&iter, "{&sv}", &name, &value))
    {
      g_autofree char *text = g_variant_print (value, FALSE);

      g_ptr_array_add (texts, g_strdup_printf ("%s=%s", name, text));
    }
  g_ptr_array_sort (texts, compare_strings);
  g_flow_request_set_result (request, g_variant_new_strv ((const char * const *) texts->pdata,
                                                          texts->len));
}

static gboolean
test_executor_process (GFlowExecutor  *executor,
                       GFlowRequest   *request,
                       GCancellable   *cancellable,
                       GError        **error)
{
  TestExecutor *self = TEST_EXECUTOR (executor);
  gboolean ok = TRUE;

  g_assert_true (self->is_set_up);
  g_assert_cmpint (g_atomic_int_add (&self->n_serving, 1), ==, 0);
  if (self->tally != NULL)
    {
      g_atomic_int_inc (&self->tally->served);
      count_in (self->tally);
    }
  if (strcmp (self->word, "gate") == 0)
    test_gate_wait (self->tally->gate);
  if (strcmp (self->word, "fail") == 0)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "It failed");
      ok = FALSE;
    }
  else if (strcmp (self->word, "forever") == 0)
    ok = test_wait_cancelled (cancellable, error);
  else if (strcmp (self->word, "parameters") == 0)
    tell_parameters (request);
  else if (strcmp (self->word, "pass") != 0)
    change (self, request);
  if (self->tally != NULL)
    g_atomic_int_add (&self->tally->now, -1);
  g_assert_cmpint (g_atomic_int_add (&self->n_serving, -1), ==, 1);
  return ok;
}

typedef struct
{
  TestExecutor *self;
  GFlowRequest *request;
  GTask        *task;
} Late;

static gboolean
late_cb (gpointer user_data)
{
  Late *late = user_data;

  change (late->self, late->request);
  if (late->self->tally != NULL)
    g_atomic_int_add (&late->self->tally->now, -1);
  g_task_return_boolean (late->task, TRUE);
  g_object_unref (late->task);
  g_object_unref (late->request);
  g_free (late);
  return G_SOURCE_REMOVE;
}

static void
serve_by_task (GFlowExecutor  *executor,
               GFlowRequest   *request,
               GTask          *task,
               gpointer        user_data,
               GError        **error)
{
  TestExecutor *self = TEST_EXECUTOR (executor);
  g_autoptr (GSource) source = g_timeout_source_new (20);
  Late *late = g_new (Late, 1);

  g_assert_true (g_task_get_source_object (task) == executor);
  if (self->tally != NULL)
    {
      g_atomic_int_inc (&self->tally->served);
      count_in (self->tally);
    }
  *late = (Late) { self, g_object_ref (request), g_object_ref (task) };
  g_source_set_callback (source, late_cb, late, NULL);
  g_source_attach (source, g_task_get_context (task));
}

static gboolean
test_executor_setup (GFlowExecutor  *executor,
                     GCancellable   *cancellable,
                     GError        **error)
{
  TestExecutor *self = TEST_EXECUTOR (executor);

  g_assert_false (self->is_set_up);
  if (strcmp (self->word, "bad") == 0)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "It is bad");
      return FALSE;
    }
  self->is_set_up = TRUE;
  if (self->tally != NULL)
    {
      g_atomic_int_inc (&self->tally->set_up);

      const gint64 deadline = g_get_monotonic_time () + test_time_limit ();

      while (g_atomic_int_get (&self->tally->set_up) < self->tally->company)
        {
          g_assert_cmpint (g_get_monotonic_time (), <, deadline);
          g_thread_yield ();
        }
    }
  return TRUE;
}

static gboolean
test_executor_teardown (GFlowExecutor  *executor,
                        GCancellable   *cancellable,
                        GError        **error)
{
  TestExecutor *self = TEST_EXECUTOR (executor);

  g_assert_true (self->is_set_up);
  self->is_set_up = FALSE;
  if (self->tally != NULL)
    g_atomic_int_inc (&self->tally->torn_down);
  return TRUE;
}

static void
test_executor_constructed (GObject *object)
{
  TestExecutor *self = TEST_EXECUTOR (object);

  if (strcmp (self->word, "task") == 0)
    g_flow_executor_bind_task (G_FLOW_EXECUTOR (self), NULL, serve_by_task, NULL, NULL);

  G_OBJECT_CLASS (test_executor_parent_class)->constructed (object);
}

static void
test_executor_finalize (GObject *object)
{
  TestExecutor *self = TEST_EXECUTOR (object);

  g_assert_false (self->is_set_up);
  g_free (self->word);

  G_OBJECT_CLASS (test_executor_parent_class)->finalize (object);
}

static void
test_executor_get_property (GObject    *object,
                            guint       prop_id,
                            GValue     *value,
                            GParamSpec *pspec)
{
  TestExecutor *self = TEST_EXECUTOR (object);

  if (prop_id == PROP_WORD)
    g_value_set_string (value, self->word);
  else
    g_value_set_pointer (value, self->tally);
}

static void
test_executor_set_property (GObject      *object,
                            guint         prop_id,
                            const GValue *value,
                            GParamSpec   *pspec)
{
  TestExecutor *self = TEST_EXECUTOR (object);

  if (prop_id == PROP_WORD)
    self->word = g_value_dup_string (value);
  else
    self->tally = g_value_get_pointer (value);
}

static void
test_executor_class_init (TestExecutorClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GFlowExecutorClass *executor_class = G_FLOW_EXECUTOR_CLASS (klass);

  object_class->constructed = test_executor_constructed;
  object_class->finalize = test_executor_finalize;
  object_class->get_property = test_executor_get_property;
  object_class->set_property = test_executor_set_property;
  executor_class->process = test_executor_process;
  executor_class->setup = test_executor_setup;
  executor_class->teardown = test_executor_teardown;

  g_object_class_install_property (object_class, PROP_WORD,
    g_param_spec_string ("word", NULL, NULL, "word",
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS));
  g_object_class_install_property (object_class, PROP_TALLY,
    g_param_spec_pointer ("tally", NULL, NULL, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS));
}

static void
test_executor_init (TestExecutor *self)
{
}

GFlowExecutor *
test_executor_new (const char *word)
{
  return g_object_new (TEST_TYPE_EXECUTOR, "word", word, NULL);
}

void
test_executor_set_tally (GFlowExecutor *executor,
                         TestTally     *tally)
{
  TEST_EXECUTOR (executor)->tally = tally;
}

GFlowNode *
test_executor_add (GFlow      *flow,
                   const char *word,
                   const char *need,
                   TestTally  *tally)
{
  const char *needs[] = { need, NULL };
  g_autoptr (GFlowExecutor) executor = test_executor_new (word);
  GFlowNode *node = g_flow_add_executor (flow, word, executor, need != NULL ? needs : NULL, NULL);

  test_executor_set_tally (executor, tally);
  g_assert_nonnull (node);
  return node;
}

GFlowRequest *
test_serve (GFlow      *flow,
            const char *endpoint,
            const char *text,
            GVariant   *parameters,
            GError    **error)
{
  GFlowRequest *request = g_flow_request_new (endpoint);
  g_autoptr (GFlowDocument) document = g_flow_document_new_for_text (text);
  g_autoptr (GFlowRun) run = g_flow_run_new (flow);

  g_flow_request_set_parameters (request, parameters);
  g_list_store_append (G_LIST_STORE (g_flow_request_get_documents (request)), document);
  g_flow_run_set_request (run, request);
  g_flow_run_execute_sync (run, NULL, error);
  return request;
}
