/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Random flows of executors: shards, replicas, polling, reducers, what is around them, conditions,
 * detached nodes; and random streams through them, with failures, which are cancelled, dropped
 * and closed at any time. Whatever happens: each stream comes to its end, each response has an
 * outcome, the flow closes, and nothing is left. */

#include "test-server.h"

#define N_FLOWS 120
#define MAX_NODES 5
#define MAX_POSTS 6

typedef struct
{
  GFlow    *flow;      /* (owned) */
  guint     per_mille; /* calls that fail */
  int       n_calls;   /* atomic */
  int       n_failed;  /* atomic */
  TestLife  life;      /* of documents */
  gboolean  disturbed; /* something was cancelled or dropped */
  guint     n_nodes;
} Scene;

typedef struct
{
  Scene      *scene;
  GFlowPost  *post;     /* (owned) (nullable): NULL when it was dropped */
  TestResult  result;
  guint       n_requests;
  guint       n_back;
  guint       n_failed;
  gboolean    next;     /* consumed one by one */
  gboolean    over;
} Stream;

static const char * const endpoints[] = { "/", "/all", "/first", "/any" };

/* The outcome of a call is random, but not where it comes in the sequence of the test. */
static gboolean
is_chosen (guint number,
           guint per_mille)
{
  return (number * 2654435761u >> 8) % 1000 < per_mille;
}

static gboolean
serve_somehow (GFlowExecutor  *executor,
               GFlowRequest   *request,
               GCancellable   *cancellable,
               gpointer        user_data,
               GError        **error)
{
  Scene *scene = user_data;
  const guint number = g_atomic_int_add (&scene->n_calls, 1);

  if (number % 7 == 0)
    g_thread_yield ();
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;
  if (is_chosen (number, scene->per_mille))
    {
      g_atomic_int_inc (&scene->n_failed);
      return test_serve_fail (executor, request, cancellable, NULL, error);
    }
  return test_serve_shard (executor, request, cancellable, NULL, error);
}

typedef struct
{
  GFlowExecutor *executor; /* (owned) */
  GFlowRequest  *request;  /* (owned) */
  GTask         *task;     /* (owned) */
} Late;

static gboolean
late_cb (gpointer user_data)
{
  Late *late = user_data;
  GError *error = NULL;

  if (serve_somehow (late->executor, late->request, g_task_get_cancellable (late->task),
                     test_server_get_data (late->executor), &error))
    g_task_return_boolean (late->task, TRUE);
  else
    g_task_return_error (late->task, error);
  g_object_unref (late->executor);
  g_object_unref (late->request);
  g_object_unref (late->task);
  g_free (late);
  return G_SOURCE_REMOVE;
}

static void
start_somehow (GFlowExecutor  *executor,
               GFlowRequest   *request,
               GTask          *task,
               gpointer        user_data,
               GError        **error)
{
  Scene *scene = user_data;
  const guint number = g_atomic_int_get (&scene->n_calls);

  if (number % 3 == 0)
    {
      if (serve_somehow (executor, request, g_task_get_cancellable (task), scene, error))
        g_task_return_boolean (task, TRUE);
      return;
    }

  g_autoptr (GSource) source = number % 3 == 1 ? g_idle_source_new () : g_timeout_source_new (1);
  Late *late = g_new (Late, 1);

  *late = (Late) { g_object_ref (executor), g_object_ref (request), g_object_ref (task) };
  g_source_set_callback (source, late_cb, late, NULL);
  g_source_attach (source, g_task_get_context (task));
}

static GFlowExecutor *
make_executor (Scene *scene)
{
  return g_test_rand_int_range (0, 3) == 0 ? test_server_new_for_task (start_somehow, scene)
                                           : test_server_new (serve_somehow, scene);
}

/* Some serve several requests in one call. */
static GFlowExecutor *
make_main_executor (Scene *scene)
{
  GFlowExecutor *executor = make_executor (scene);

  if (g_test_rand_int_range (0, 5) == 0)
    g_flow_executor_set_batching (executor, NULL, g_test_rand_int_range (2, 8),
                                  g_test_rand_int_range (0, 3));
  return executor;
}

static gboolean
take_first (GFlowNode     *node,
            GFlowRequest  *request,
            GListModel    *parts,
            gpointer       user_data,
            GError       **error)
{
  g_autoptr (GFlowRequest) first = g_list_model_get_item (parts, 0);

  if (first != NULL)
    g_flow_request_set_documents (request, g_flow_request_get_documents (first));
  return TRUE;
}

static void
set_up_node (Scene     *scene,
             GFlowNode *node,
             gboolean   may_detach)
{
  g_flow_node_set_parallel (node, g_test_rand_int_range (1, 4));
  g_flow_node_set_replicas (node, g_test_rand_int_range (1, 3));
  g_flow_node_set_scheduling (node, g_test_rand_int_range (0, 2));
  if (g_test_rand_bit ())
    g_flow_node_set_polling (node, g_test_rand_int_range (0, 3));
  if (g_test_rand_bit ())
    {
      g_flow_node_set_polling_for (node, "/all", G_FLOW_POLLING_ALL);
      g_flow_node_set_polling_for (node, "/first", G_FLOW_POLLING_ALL_ASYNC);
      g_flow_node_set_polling_for (node, "/any", G_FLOW_POLLING_ANY);
    }
  if (g_test_rand_int_range (0, 4) == 0)
    {
      g_autoptr (GFlowExecutor) before = make_executor (scene);

      g_flow_node_set_before (node, before);
    }
  if (g_test_rand_int_range (0, 4) == 0)
    {
      g_autoptr (GFlowExecutor) after = make_executor (scene);

      g_flow_node_set_after (node, after);
    }
  if (g_test_rand_int_range (0, 4) == 0)
    g_flow_node_set_reducer_func (node, take_first, NULL, NULL);
  else
    g_flow_node_set_reducer (node, g_test_rand_int_range (0, G_FLOW_REDUCER_CUSTOM));
  if (g_test_rand_int_range (0, 4) == 0)
    g_assert_true (g_flow_node_set_condition (
      node, g_variant_new_parsed ("{'id': <{'$regex': <'[02468]$'>}>}"), NULL));
  if (may_detach && g_test_rand_int_range (0, 4) == 0)
    g_flow_node_set_detached (node, TRUE);
  if (g_test_rand_int_range (0, 6) == 0)
    g_flow_node_set_max_retries (node, 1);
}

/* Each node needs some of those before it, or the entry. */
static void
make_flow (Scene *scene)
{
  scene->flow = g_flow_new ();
  scene->n_nodes = g_test_rand_int_range (1, MAX_NODES + 1);
  for (guint i = 0; i < scene->n_nodes; i++)
    {
      g_autoptr (GFlowExecutor) executor = make_main_executor (scene);
      g_autoptr (GPtrArray) needs = g_ptr_array_new_with_free_func (g_free);
      g_autofree char *name = g_strdup_printf ("n%u", i);

      for (guint k = 0; k < i; k++)
        if (g_test_rand_int_range (0, 3) == 0)
          g_ptr_array_add (needs, g_strdup_printf ("n%u", k));
      if (g_test_rand_int_range (0, 5) == 0)
        g_ptr_array_add (needs, g_strdup ("gateway"));
      g_ptr_array_add (needs, NULL);

      GFlowNode *node = g_flow_add_executor (scene->flow, name, executor,
                                             (const char * const *) needs->pdata, NULL);

      g_assert_nonnull (node);
      set_up_node (scene, node, i + 1 < scene->n_nodes);
    }
  g_flow_set_on_error (scene->flow, g_test_rand_int_range (0, G_FLOW_ON_ERROR_IGNORE + 1));
  g_flow_set_max_threads (scene->flow, g_test_rand_int_range (1, 5));
}

/* Streams */

static gboolean
give (GFlowSource  *source,
      guint         n_documents,
      GListStore   *documents,
      gpointer      user_data,
      GError      **error)
{
  Stream *stream = user_data;

  for (guint i = 0; i < n_documents && stream->n_requests > 0; i++)
    {
      g_autofree char *id = g_strdup_printf ("%u", --stream->n_requests);
      g_autoptr (GFlowDocument) document = g_flow_document_new_for_text (id);

      g_flow_document_set_id (document, id);
      test_life_watch (&stream->scene->life, document);
      g_list_store_append (documents, document);
    }
  return TRUE;
}

static void
always_cb (GFlowPost    *post,
           GFlowRequest *request,
           gpointer      user_data)
{
  Stream *stream = user_data;
  const GFlowRunState state = g_flow_request_get_state (request);

  stream->n_back++;
  if (state == G_FLOW_RUN_STATE_DONE)
    {
      g_assert_no_error (g_flow_request_get_error (request));
      return;
    }
  stream->n_failed++;
  g_assert_true (state == G_FLOW_RUN_STATE_FAILED || state == G_FLOW_RUN_STATE_CANCELLED);
  g_assert_nonnull (g_flow_request_get_error (request));
}

static void
next_cb (GObject      *object,
         GAsyncResult *result,
         gpointer      user_data)
{
  Stream *stream = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GFlowRequest) request = g_flow_post_next_finish (G_FLOW_POST (object), result, &error);

  if (request != NULL && stream->post != NULL)
    g_flow_post_next (stream->post, NULL, next_cb, stream);
  else
    stream->over = TRUE;
}

static void
ended_cb (GObject      *object,
          GAsyncResult *result,
          gpointer      user_data)
{
  Stream *stream = user_data;

  stream->over = TRUE;
  g_flow_post_run_finish (G_FLOW_POST (object), result, NULL);
}

static void
start_stream (Scene  *scene,
              Stream *stream)
{
  g_autoptr (GFlowSource) source = NULL;
  const guint n = g_test_rand_int_range (0, 30);
  const guint size = g_test_rand_int_range (1, 6);

  stream->scene = scene;
  stream->n_requests = n;
  stream->next = g_test_rand_bit ();
  stream->post = g_flow_post (scene->flow,
                              endpoints[g_test_rand_int_range (0, G_N_ELEMENTS (endpoints))]);
  source = g_flow_source_new_for_func (give, stream, NULL);
  g_flow_post_set_source (stream->post, source);
  g_flow_post_set_request_size (stream->post, size);
  g_flow_post_set_ordered (stream->post, g_test_rand_bit ());
  g_flow_post_set_continue_on_error (stream->post, g_test_rand_int_range (0, 4) > 0);
  if (g_test_rand_bit ())
    g_flow_post_set_max_in_flight (stream->post, g_test_rand_int_range (1, 20));
  g_signal_connect (stream->post, "always", G_CALLBACK (always_cb), stream);
  if (stream->next)
    g_flow_post_next (stream->post, NULL, next_cb, stream);
  else
    g_flow_post_run (stream->post, NULL, ended_cb, stream);
}

/* A stream that is pulled ends when it is dropped; the others have to be cancelled. */
static void
disturb (Scene  *scene,
         Stream *stream)
{
  if (stream->over || stream->post == NULL)
    return;

  scene->disturbed = TRUE;
  if (g_test_rand_bit ())
    {
      g_flow_post_cancel (stream->post);
      return;
    }
  if (!stream->next)
    return;

  /* What waits for the next one holds it until that comes. */
  g_signal_handlers_disconnect_by_data (stream->post, stream);
  g_clear_object (&stream->post);
}

static void
run_scene (guint number)
{
  Scene scene = { .per_mille = g_test_rand_bit () ? 0 : g_test_rand_int_range (0, 300) };
  Stream streams[MAX_POSTS] = { 0 };
  const guint n_streams = g_test_rand_int_range (1, MAX_POSTS + 1);
  const gboolean calm = g_test_rand_bit ();

  test_life_init (&scene.life);
  make_flow (&scene);
  for (guint round = 0; round < 2; round++)
    {
      TestResult opened;
      g_autoptr (GError) error = NULL;

      test_result_init (&opened);
      g_flow_open (scene.flow, NULL, test_result_cb, &opened);
      TEST_WAIT (opened.calls == 1);
      g_flow_open_finish (scene.flow, opened.result, &error);
      g_assert_no_error (error);
      test_result_clear (&opened);
      memset (streams, 0, sizeof streams);
      for (guint i = 0; i < n_streams; i++)
        start_stream (&scene, &streams[i]);
      for (guint i = 0; !calm && i < 20; i++)
        {
          g_main_context_iteration (NULL, FALSE);
          if (g_test_rand_int_range (0, 5) == 0)
            disturb (&scene, &streams[g_test_rand_int_range (0, n_streams)]);
        }
      /* Sometimes it is closed under them: new requests are refused then. */
      if (calm || g_test_rand_bit ())
        for (guint i = 0; i < n_streams; i++)
          TEST_WAIT (streams[i].over);
      test_flow_close (scene.flow);
      for (guint i = 0; i < n_streams; i++)
        {
          TEST_WAIT (streams[i].over);
          if (calm && scene.per_mille == 0)
            {
              g_assert_cmpuint (streams[i].n_requests, ==, 0);
              g_assert_cmpuint (streams[i].n_failed, ==, 0);
              g_assert_cmpuint (g_flow_post_get_n_done (streams[i].post), ==, streams[i].n_back);
              g_assert_cmpuint (g_flow_post_get_n_sent (streams[i].post), ==, streams[i].n_back);
            }
          g_clear_object (&streams[i].post);
        }
    }
  g_clear_object (&scene.flow);
  test_server_assert_over ();
  test_life_assert_over (&scene.life);
}

static void
test_random (void)
{
  const guint n = test_is_slow () ? 5 * N_FLOWS : N_FLOWS;

  for (guint i = 0; i < n; i++)
    run_scene (i);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/polling-random/streams", test_random);

  return g_test_run ();
}
