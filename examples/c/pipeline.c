/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <gflow.h>

#include <locale.h>
#include <string.h>

/* Serves on a worker thread, by the function of its class. */
struct _Shouter
{
  GFlowExecutor parent_instance;
};

#define TYPE_SHOUTER (shouter_get_type ())
G_DECLARE_FINAL_TYPE (Shouter, shouter, EXAMPLE, SHOUTER, GFlowExecutor)
G_DEFINE_FINAL_TYPE (Shouter, shouter, G_TYPE_FLOW_EXECUTOR)

static gboolean
shouter_process (GFlowExecutor  *executor,
                 GFlowRequest   *request,
                 GCancellable   *cancellable,
                 GError        **error)
{
  GListModel *documents = g_flow_request_get_documents (request);

  if (!g_str_equal (g_flow_request_get_endpoint (request), "/shout"))
    return TRUE;

  for (guint i = 0; i < g_list_model_get_n_items (documents); i++)
    {
      g_autoptr (GFlowDocument) document = g_list_model_get_item (documents, i);
      g_autofree char *loud = g_utf8_strup (g_flow_document_get_text (document), -1);
      g_autofree char *text = g_strconcat (loud, "!", NULL);

      g_flow_document_set_text (document, text);
    }
  return TRUE;
}

static void
shouter_class_init (ShouterClass *klass)
{
  G_FLOW_EXECUTOR_CLASS (klass)->process = shouter_process;
}

static void
shouter_init (Shouter *self)
{
}

/* Remembers what came by, by functions for its endpoints. */
struct _Counter
{
  GFlowExecutor parent_instance;

  GPtrArray *seen;
};

#define TYPE_COUNTER (counter_get_type ())
G_DECLARE_FINAL_TYPE (Counter, counter, EXAMPLE, COUNTER, GFlowExecutor)
G_DEFINE_FINAL_TYPE (Counter, counter, G_TYPE_FLOW_EXECUTOR)

static gboolean
count (GFlowExecutor *executor, GFlowRequest *request, GCancellable *cancellable,
       gpointer user_data, GError **error)
{
  Counter *self = EXAMPLE_COUNTER (executor);
  GListModel *documents = g_flow_request_get_documents (request);

  for (guint i = 0; i < g_list_model_get_n_items (documents); i++)
    {
      g_autoptr (GFlowDocument) document = g_list_model_get_item (documents, i);

      g_ptr_array_add (self->seen, g_strdup (g_flow_document_get_text (document)));
    }
  g_flow_request_set_result (request, g_variant_new_uint32 (g_list_model_get_n_items (documents)));
  return TRUE;
}

typedef struct
{
  Counter      *counter;
  GFlowRequest *request;
} Search;

static void
search_free (gpointer data)
{
  Search *self = data;

  g_object_unref (self->counter);
  g_object_unref (self->request);
  g_free (self);
}

static gboolean
found_cb (gpointer task)
{
  Search *self = g_task_get_task_data (task);
  const char *word = "";
  guint n = 0;

  g_variant_lookup (g_flow_request_get_parameters (self->request), "word", "&s", &word);
  for (guint i = 0; i < self->counter->seen->len; i++)
    n += strstr (self->counter->seen->pdata[i], word) != NULL;
  g_flow_request_set_result (self->request, g_variant_new_uint32 (n));
  g_task_return_boolean (task, TRUE);

  return G_SOURCE_REMOVE;
}

/* In the main context, which goes on while this waits. */
static void
search (GFlowExecutor *executor, GFlowRequest *request, GTask *task, gpointer user_data,
        GError **error)
{
  g_autoptr (GSource) server = g_timeout_source_new (20);
  Search *self = g_new (Search, 1);

  self->counter = g_object_ref (EXAMPLE_COUNTER (executor));
  self->request = g_object_ref (request);
  g_task_set_task_data (task, self, search_free);
  g_task_attach_source (task, server, found_cb);
}

static gboolean
buy (GFlowExecutor *executor, GFlowRequest *request, GCancellable *cancellable,
     gpointer user_data, GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "nothing is sold here");
  return FALSE;
}

static gboolean
counter_setup (GFlowExecutor *executor, GCancellable *cancellable, GError **error)
{
  g_print ("ready\n");
  return TRUE;
}

static gboolean
counter_teardown (GFlowExecutor *executor, GCancellable *cancellable, GError **error)
{
  g_print ("closed\n");
  return TRUE;
}

static void
counter_finalize (GObject *object)
{
  g_ptr_array_unref (EXAMPLE_COUNTER (object)->seen);
  G_OBJECT_CLASS (counter_parent_class)->finalize (object);
}

static void
counter_class_init (CounterClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = counter_finalize;
  G_FLOW_EXECUTOR_CLASS (klass)->setup = counter_setup;
  G_FLOW_EXECUTOR_CLASS (klass)->teardown = counter_teardown;
}

static void
counter_init (Counter *self)
{
  GFlowExecutor *executor = G_FLOW_EXECUTOR (self);

  self->seen = g_ptr_array_new_with_free_func (g_free);
  g_flow_executor_bind (executor, NULL, count, NULL, NULL);
  g_flow_executor_bind_task (executor, "/search", search, NULL, NULL);
  g_flow_executor_bind (executor, "/buy", buy, NULL, NULL);
}

static guint
count_of (GFlowRequest *response)
{
  g_autoptr (GVariant) result = g_flow_request_dup_result (response, "counter");

  return g_variant_get_uint32 (result);
}

static void
print_texts (GFlowRequest *response)
{
  GListModel *documents = g_flow_request_get_documents (response);

  g_print ("%u:", count_of (response));
  for (guint i = 0; i < g_list_model_get_n_items (documents); i++)
    {
      g_autoptr (GFlowDocument) document = g_list_model_get_item (documents, i);

      g_print ("%s %s", i == 0 ? "" : ",", g_flow_document_get_text (document));
    }
  g_print ("\n");
}

static gboolean
shout (GFlow *flow, const char * const *texts, GError **error)
{
  g_autoptr (GFlowPost) post = g_flow_post (flow, "/shout");
  g_autoptr (GFlowSource) source = g_flow_source_new_for_texts (texts);
  g_autoptr (GError) local_error = NULL;
  GFlowRequest *response;

  g_flow_post_set_source (post, source);
  g_flow_post_set_request_size (post, 2);
  g_flow_post_set_ordered (post, TRUE);
  while ((response = g_flow_post_next_sync (post, NULL, &local_error)) != NULL)
    {
      if (texts[1] != NULL)
        print_texts (response);
      g_object_unref (response);
    }
  if (local_error == NULL)
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

static gboolean
find (GFlow *flow, const char *word, GError **error)
{
  g_autoptr (GFlowPost) post = g_flow_search (flow);
  g_autoptr (GFlowRequest) response = NULL;
  GVariantDict parameters;

  g_variant_dict_init (&parameters, NULL);
  g_variant_dict_insert (&parameters, "word", "s", word);
  g_flow_post_set_parameters (post, g_variant_dict_end (&parameters));
  response = g_flow_post_next_sync (post, NULL, error);
  if (response == NULL)
    return FALSE;

  g_print ("found: “%s” %u times\n", word, count_of (response));
  return TRUE;
}

static gboolean
serve (GFlow *flow, GError **error)
{
  const char *texts[] = { "hello", "world", "bye", NULL };
  const char *again[] = { "hello again", NULL };
  g_autoptr (GFlowPost) post = g_flow_post (flow, "/buy");
  g_autoptr (GError) refusal = NULL;

  if (!shout (flow, texts, error) || !shout (flow, again, error) || !find (flow, "HELLO", error))
    return FALSE;
  if (!g_flow_post_run_sync (post, NULL, &refusal))
    g_print ("the request failed: %s\n", refusal->message);
  return TRUE;
}

int
main (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowExecutor) shouter = g_object_new (TYPE_SHOUTER, NULL);
  g_autoptr (GFlowExecutor) counter = g_object_new (TYPE_COUNTER, NULL);
  g_autoptr (GError) error = NULL;

  setlocale (LC_ALL, "");
  g_flow_add_executor (flow, "shouter", shouter, NULL, NULL);
  g_flow_add_executor (flow, "counter", counter, NULL, NULL);
  if (!g_flow_open_sync (flow, NULL, &error) || !serve (flow, &error) ||
      !g_flow_close_sync (flow, NULL, &error))
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }
  return 0;
}
