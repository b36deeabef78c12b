/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-server.h"

struct _TestServer
{
  GFlowExecutor  parent_instance;

  gpointer       func;
  gpointer       task_func;
  gpointer       data;
  int            n_serving; /* atomic */
  gboolean       is_set_up;
};

enum
{
  PROP_0,
  PROP_FUNC,
  PROP_TASK_FUNC,
  PROP_DATA,
};

static int n_alive, n_set_up; /* atomic */

G_DEFINE_FINAL_TYPE (TestServer, test_server, G_TYPE_FLOW_EXECUTOR)

/* One request at a time for each instance. */
static gboolean
serve (GFlowExecutor  *executor,
       GFlowRequest   *request,
       GCancellable   *cancellable,
       gpointer        user_data,
       GError        **error)
{
  TestServer *self = TEST_SERVER (executor);

  g_assert_true (self->is_set_up);
  g_assert_cmpint (g_atomic_int_add (&self->n_serving, 1), ==, 0);

  const gboolean served = ((GFlowExecutorFunc) self->func) (executor, request, cancellable,
                                                            self->data, error);

  g_assert_cmpint (g_atomic_int_add (&self->n_serving, -1), ==, 1);
  return served;
}

static gboolean
test_server_process (GFlowExecutor  *executor,
                     GFlowRequest   *request,
                     GCancellable   *cancellable,
                     GError        **error)
{
  return serve (executor, request, cancellable, NULL, error);
}

static void
start (GFlowExecutor  *executor,
       GFlowRequest   *request,
       GTask          *task,
       gpointer        user_data,
       GError        **error)
{
  TestServer *self = TEST_SERVER (executor);

  g_assert_true (self->is_set_up);
  ((GFlowExecutorTaskFunc) self->task_func) (executor, request, task, self->data, error);
}

static gboolean
test_server_setup (GFlowExecutor  *executor,
                   GCancellable   *cancellable,
                   GError        **error)
{
  TEST_SERVER (executor)->is_set_up = TRUE;
  g_atomic_int_inc (&n_set_up);
  return TRUE;
}

static gboolean
test_server_teardown (GFlowExecutor  *executor,
                      GCancellable   *cancellable,
                      GError        **error)
{
  g_assert_true (TEST_SERVER (executor)->is_set_up);
  TEST_SERVER (executor)->is_set_up = FALSE;
  g_atomic_int_add (&n_set_up, -1);
  return TRUE;
}

static void
test_server_constructed (GObject *object)
{
  if (TEST_SERVER (object)->task_func != NULL)
    g_flow_executor_bind_task (G_FLOW_EXECUTOR (object), NULL, start, NULL, NULL);

  G_OBJECT_CLASS (test_server_parent_class)->constructed (object);
}

static void
test_server_finalize (GObject *object)
{
  g_assert_false (TEST_SERVER (object)->is_set_up);
  g_atomic_int_add (&n_alive, -1);

  G_OBJECT_CLASS (test_server_parent_class)->finalize (object);
}

static gpointer *
get_field (GObject *object,
           guint    prop_id)
{
  TestServer *self = TEST_SERVER (object);

  return prop_id == PROP_FUNC ? &self->func : prop_id == PROP_TASK_FUNC ? &self->task_func
                                                                       : &self->data;
}

static void
test_server_get_property (GObject    *object,
                          guint       prop_id,
                          GValue     *value,
                          GParamSpec *pspec)
{
  g_value_set_pointer (value, *get_field (object, prop_id));
}

static void
test_server_set_property (GObject      *object,
                          guint         prop_id,
                          const GValue *value,
                          GParamSpec   *pspec)
{
  *get_field (object, prop_id) = g_value_get_pointer (value);
}

static void
test_server_class_init (TestServerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GFlowExecutorClass *executor_class = G_FLOW_EXECUTOR_CLASS (klass);
  const GParamFlags flags =
    G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;

  object_class->constructed = test_server_constructed;
  object_class->finalize = test_server_finalize;
  object_class->get_property = test_server_get_property;
  object_class->set_property = test_server_set_property;
  executor_class->process = test_server_process;
  executor_class->setup = test_server_setup;
  executor_class->teardown = test_server_teardown;

  g_object_class_install_property (object_class, PROP_FUNC,
                                   g_param_spec_pointer ("func", NULL, NULL, flags));
  g_object_class_install_property (object_class, PROP_TASK_FUNC,
                                   g_param_spec_pointer ("task-func", NULL, NULL, flags));
  g_object_class_install_property (object_class, PROP_DATA,
                                   g_param_spec_pointer ("data", NULL, NULL, flags));
}

static void
test_server_init (TestServer *self)
{
  g_atomic_int_inc (&n_alive);
}

GFlowExecutor *
test_server_new (GFlowExecutorFunc func,
                 gpointer          data)
{
  return g_object_new (TEST_TYPE_SERVER, "func", func, "data", data, NULL);
}

GFlowExecutor *
test_server_new_for_task (GFlowExecutorTaskFunc func,
                          gpointer              data)
{
  return g_object_new (TEST_TYPE_SERVER, "task-func", func, "data", data, NULL);
}

static gboolean
pass (GFlowExecutor  *executor,
      GFlowRequest   *request,
      GCancellable   *cancellable,
      gpointer        user_data,
      GError        **error)
{
  return TRUE;
}

/* It serves that endpoint only. */
void
test_server_bind (GFlowExecutor *executor,
                  const char    *endpoint)
{
  g_flow_executor_bind (executor, NULL, pass, NULL, NULL);
  g_flow_executor_bind (executor, endpoint, serve, NULL, NULL);
}

gpointer
test_server_get_data (GFlowExecutor *executor)
{
  return TEST_SERVER (executor)->data;
}

int
test_server_count_alive (void)
{
  return g_atomic_int_get (&n_alive);
}

int
test_server_count_set_up (void)
{
  return g_atomic_int_get (&n_set_up);
}

GFlowNode *
test_add_server (GFlow         *flow,
                 const char    *name,
                 GFlowExecutor *executor)
{
  GFlowNode *node = g_flow_add_executor (flow, name, executor, NULL, NULL);

  g_assert_nonnull (node);
  g_object_unref (executor);
  return node;
}

/* Requests */

GFlowRequest *
test_request_new (const char *endpoint,
                  guint       n_documents)
{
  GFlowRequest *request = g_flow_request_new (endpoint);
  GListStore *documents = G_LIST_STORE (g_flow_request_get_documents (request));

  for (guint i = 0; i < n_documents; i++)
    {
      g_autofree char *id = g_strdup_printf ("%u", i);
      g_autoptr (GFlowDocument) document = g_flow_document_new_for_text (id);

      g_flow_document_set_id (document, id);
      g_list_store_append (documents, document);
    }
  return request;
}

gboolean
test_request_serve (GFlow         *flow,
                    GFlowRequest  *request,
                    GError       **error)
{
  g_autoptr (GFlowRun) run = g_flow_run_new (flow);

  g_flow_run_set_request (run, request);
  return g_flow_run_execute_sync (run, NULL, error);
}

void
test_request_serve_well (GFlow        *flow,
                         GFlowRequest *request)
{
  g_autoptr (GError) error = NULL;

  test_request_serve (flow, request, &error);
  g_assert_no_error (error);
}

GFlowPost *
test_post_new (GFlow *flow,
               guint  n_documents)
{
  GFlowPost *post = g_flow_post (flow, "/");
  g_autoptr (GFlowRequest) request = test_request_new ("/", n_documents);
  g_autoptr (GFlowSource) source =
    g_flow_source_new_for_model (g_flow_request_get_documents (request));

  g_flow_post_set_source (post, source);
  g_flow_post_set_request_size (post, 1);
  return post;
}

void
test_server_end (GFlow *flow)
{
  g_autoptr (GError) error = NULL;

  if (g_flow_get_is_open (flow))
    g_flow_close_sync (flow, NULL, &error);
  g_assert_no_error (error);
  g_object_unref (flow);
  test_server_assert_over ();
}

/* Functions */

gboolean
test_serve_shard (GFlowExecutor  *executor,
                  GFlowRequest   *request,
                  GCancellable   *cancellable,
                  gpointer        user_data,
                  GError        **error)
{
  GListModel *documents = g_flow_request_get_documents (request);
  const guint shard = g_flow_executor_get_shard (executor);
  g_autofree char *tag = g_strdup_printf ("shard%u", shard);
  g_autofree char *text = g_strdup_printf ("shard %u", shard);

  for (guint i = 0; i < g_list_model_get_n_items (documents); i++)
    {
      g_autoptr (GFlowDocument) document = g_list_model_get_item (documents, i);

      g_flow_document_set_text (document, text);
      g_flow_document_set_tag (document, tag,
                               g_variant_new_int32 (g_flow_executor_get_index (executor)));
    }
  g_flow_request_set_result (request, g_variant_new_int32 (shard));
  return TRUE;
}

gboolean
test_serve_word (GFlowExecutor  *executor,
                 GFlowRequest   *request,
                 GCancellable   *cancellable,
                 gpointer        user_data,
                 GError        **error)
{
  GListModel *documents = g_flow_request_get_documents (request);

  for (guint i = 0; user_data != NULL && i < g_list_model_get_n_items (documents); i++)
    {
      g_autoptr (GFlowDocument) document = g_list_model_get_item (documents, i);
      g_autofree char *text = g_strdup_printf ("%s+%s", g_flow_document_get_text (document),
                                               (char *) user_data);

      g_flow_document_set_text (document, text);
    }
  return TRUE;
}

gboolean
test_serve_fail (GFlowExecutor  *executor,
                 GFlowRequest   *request,
                 GCancellable   *cancellable,
                 gpointer        user_data,
                 GError        **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "It failed");
  return FALSE;
}
