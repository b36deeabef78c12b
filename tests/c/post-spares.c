/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What has served a request serves the next ones if nobody can tell: here everybody tries to. */

#include "test-executor.h"

#include "stream/gflow-post-private.h"

#include <string.h>

#define N_REQUESTS 60

typedef struct _Bench Bench;

/* What is done with a request that has come back, and what it must have led to in the end. */
typedef struct
{
  const char *name;
  void      (*meet)  (Bench        *self,
                      GFlowPost    *post,
                      GFlowRequest *request);
  void      (*check) (Bench        *self,
                      gpointer      kept);
  gboolean    is_over_at_once; /* the request is gone when the next one comes back */
} Habit;

struct _Bench
{
  GFlow       *flow;      /* (owned) */
  const Habit *habit;
  guint        given;
  guint        told;
  GPtrArray   *kept;      /* (owned): what the habit has kept of each request */
  int          n_gone;    /* of what was watched for that, atomic */
  int          n_called;  /* handlers of runs */
  guint        n_spares;  /* the most that were seen */
  TestLife     documents;
  TestLife     life;
};

static void
gone_cb (gpointer  user_data,
         GObject  *where_the_object_was)
{
  g_atomic_int_inc (&((Bench *) user_data)->n_gone);
}

static void
destroyed_cb (gpointer user_data)
{
  g_atomic_int_inc (&((Bench *) user_data)->n_gone);
}

static void
closure_gone_cb (gpointer  user_data,
                 GClosure *closure)
{
  g_atomic_int_inc (&((Bench *) user_data)->n_gone);
}

static void
called_cb (gpointer instance)
{
  g_assert_not_reached ();
}

static GFlowDocument *
dup_document (GFlowRequest *request)
{
  return g_list_model_get_item (g_flow_request_get_documents (request), 0);
}

static void
assert_text (GListModel *documents,
             guint       number)
{
  g_autoptr (GFlowDocument) document = g_list_model_get_item (documents, 0);
  g_autofree char *text = g_strdup_printf ("%u", number);

  g_assert_cmpuint (g_list_model_get_n_items (documents), ==, 1);
  g_assert_cmpstr (g_flow_document_get_text (document), ==, text);
}

/* The habits */

static void
do_nothing (Bench        *self,
            GFlowPost    *post,
            GFlowRequest *request)
{
}

static void
keep_request (Bench        *self,
              GFlowPost    *post,
              GFlowRequest *request)
{
  g_object_set_data_full (G_OBJECT (request), "id", g_strdup (g_flow_request_get_id (request)),
                          g_free);
  g_ptr_array_add (self->kept, g_object_ref (request));
}

static void
check_requests (Bench    *self,
                gpointer  kept)
{
  for (guint i = 0; i < self->kept->len; i++)
    {
      GFlowRequest *request = self->kept->pdata[i];
      g_autoptr (GVariant) result = g_flow_request_dup_result (request, "serve");

      assert_text (g_flow_request_get_documents (request), i);
      g_assert_cmpstr (g_flow_request_get_id (request), ==,
                       g_object_get_data (G_OBJECT (request), "id"));
      g_assert_cmpint (g_flow_request_get_state (request), ==, G_FLOW_RUN_STATE_DONE);
      g_assert_cmpuint (g_variant_get_uint32 (result), ==, i);
      g_assert_cmpuint (g_list_model_get_n_items (g_flow_request_get_routes (request)), ==, 2);
    }
}

static void
keep_list (Bench        *self,
           GFlowPost    *post,
           GFlowRequest *request)
{
  g_ptr_array_add (self->kept, g_object_ref (g_flow_request_get_documents (request)));
}

static void
check_lists (Bench    *self,
             gpointer  kept)
{
  for (guint i = 0; i < self->kept->len; i++)
    assert_text (self->kept->pdata[i], i);
}

static void
keep_document (Bench        *self,
               GFlowPost    *post,
               GFlowRequest *request)
{
  g_ptr_array_add (self->kept, dup_document (request));
}

static void
check_documents (Bench    *self,
                 gpointer  kept)
{
  for (guint i = 0; i < self->kept->len; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      g_assert_cmpstr (g_flow_document_get_text (self->kept->pdata[i]), ==, text);
    }
}

static void
refer_weakly (Bench        *self,
              GFlowPost    *post,
              GFlowRequest *request)
{
  g_object_weak_ref (G_OBJECT (request), gone_cb, self);
}

static void
refer_to_list_weakly (Bench        *self,
                      GFlowPost    *post,
                      GFlowRequest *request)
{
  g_object_weak_ref (G_OBJECT (g_flow_request_get_documents (request)), gone_cb, self);
}

static void
set_data (Bench        *self,
          GFlowPost    *post,
          GFlowRequest *request)
{
  g_object_set_data_full (G_OBJECT (request), "data", self, destroyed_cb);
}

static void
connect_to (Bench      *self,
            gpointer    instance,
            const char *signal,
            gboolean    block)
{
  const gulong handler = g_signal_connect_data (instance, signal, G_CALLBACK (called_cb), self,
                                                closure_gone_cb, 0);

  if (block)
    g_signal_handler_block (instance, handler);
}

static void
be_notified (Bench        *self,
             GFlowPost    *post,
             GFlowRequest *request)
{
  connect_to (self, request, "notify::endpoint", FALSE);
}

static void
be_notified_if_unblocked (Bench        *self,
                          GFlowPost    *post,
                          GFlowRequest *request)
{
  connect_to (self, request, "notify", TRUE);
}

static void
watch_list (Bench        *self,
            GFlowPost    *post,
            GFlowRequest *request)
{
  connect_to (self, g_flow_request_get_documents (request), "items-changed", FALSE);
}

static void
watch_length (Bench        *self,
              GFlowPost    *post,
              GFlowRequest *request)
{
  connect_to (self, g_flow_request_get_documents (request), "notify::n-items", TRUE);
}

static void
change_request (Bench        *self,
                GFlowPost    *post,
                GFlowRequest *request)
{
  g_autoptr (GFlowDocument) document = g_flow_document_new ();

  g_flow_request_get_id (request);
  g_flow_request_get_routes (request);
  g_flow_request_set_parameters (request, g_variant_new_parsed ("{'a': <1>}"));
  g_list_store_append (G_LIST_STORE (g_flow_request_get_documents (request)), document);
}

/* What comes back meanwhile is told inside of this. */
static void
iterate (Bench        *self,
         GFlowPost    *post,
         GFlowRequest *request)
{
  const guint number = self->told;

  for (guint i = 0; i < 3; i++)
    g_main_context_iteration (g_main_context_get_thread_default (), FALSE);
  assert_text (g_flow_request_get_documents (request), number);
}

static const Habit habits[] = {
  { "nothing", do_nothing, NULL, TRUE },
  { "request", keep_request, check_requests, FALSE },
  { "list", keep_list, check_lists, FALSE },
  { "document", keep_document, check_documents, FALSE },
  { "weak", refer_weakly, NULL, TRUE },
  { "weak-list", refer_to_list_weakly, NULL, TRUE },
  { "data", set_data, NULL, TRUE },
  { "notified", be_notified, NULL, TRUE },
  { "notified-blocked", be_notified_if_unblocked, NULL, TRUE },
  { "watched-list", watch_list, NULL, TRUE },
  { "watched-length", watch_length, NULL, TRUE },
  { "changed", change_request, NULL, TRUE },
};

/* How many of what is watched go with each request */
static guint
count_gone_with_each (const Habit *habit)
{
  return habit->is_over_at_once && habit->meet != do_nothing && habit->meet != change_request;
}

/* The bench */

static gboolean
give (GFlowSource  *source,
      guint         n_documents,
      GListStore   *documents,
      gpointer      user_data,
      GError      **error)
{
  Bench *self = user_data;

  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (documents)), ==, 0);
  for (; n_documents > 0 && self->given < N_REQUESTS; n_documents--)
    {
      g_autofree char *text = g_strdup_printf ("%u", self->given++);
      g_autoptr (GFlowDocument) document = g_flow_document_new_for_text (text);

      test_life_watch (&self->documents, document);
      g_list_store_append (documents, document);
    }
  return TRUE;
}

#define TYPE_SERVER (server_get_type ())

G_DECLARE_FINAL_TYPE (Server, server, TEST, SERVER, GFlowExecutor)

struct _Server
{
  GFlowExecutor parent_instance;
};

G_DEFINE_FINAL_TYPE (Server, server, G_TYPE_FLOW_EXECUTOR)

/* Every request looks new, wherever it is. */
static gboolean
serve (GFlowExecutor  *executor,
       GFlowRequest   *request,
       GCancellable   *cancellable,
       gpointer        user_data,
       GError        **error)
{
  g_autoptr (GFlowDocument) document = dup_document (request);
  g_autoptr (GVariant) results = g_flow_request_dup_results (request);
  const guint number = (guint) g_ascii_strtoull (g_flow_document_get_text (document), NULL, 10);

  g_assert_cmpuint (g_list_model_get_n_items (g_flow_request_get_documents (request)), ==, 1);
  g_assert_cmpuint (g_variant_n_children (results), ==, 0);
  g_assert_cmpuint (g_variant_n_children (g_flow_request_get_parameters (request)), ==, 0);
  g_assert_cmpint (g_flow_request_get_state (request), ==, G_FLOW_RUN_STATE_RUNNING);
  g_assert_null (g_flow_request_get_error (request));
  g_assert_null (g_object_get_data (G_OBJECT (request), "id"));
  g_assert_null (g_object_get_data (G_OBJECT (request), "data"));
  g_assert_false (g_cancellable_is_cancelled (cancellable));
  g_flow_request_set_result (request, g_variant_new_uint32 (number));
  if (user_data != NULL && number % 3 == 1)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%u", number);
      return FALSE;
    }
  return TRUE;
}

static void
server_class_init (ServerClass *klass)
{
}

static void
server_init (Server *self)
{
}

static void
bench_init (Bench          *self,
            const Habit    *habit,
            GFlowPlacement  placement,
            gboolean        fails)
{
  g_autoptr (GFlowExecutor) executor = g_object_new (TYPE_SERVER, NULL);
  GFlowNode *node;

  memset (self, 0, sizeof *self);
  self->habit = habit;
  self->kept = g_ptr_array_new_with_free_func (g_object_unref);
  self->flow = g_flow_new ();
  test_life_init (&self->life);
  test_life_init (&self->documents);
  test_life_watch (&self->life, self->flow);
  test_life_watch (&self->life, executor);
  g_flow_executor_bind (executor, NULL, serve, fails ? self : NULL, NULL);
  node = g_flow_add_executor (self->flow, "serve", executor, NULL, NULL);
  g_flow_node_set_placement (node, placement);
  g_assert_true (g_flow_open_sync (self->flow, NULL, NULL));
}

static void
bench_clear (Bench *self)
{
  g_ptr_array_unref (self->kept);
  g_assert_true (g_flow_close_sync (self->flow, NULL, NULL));
  g_object_unref (self->flow);
  test_life_assert_over (&self->documents);
  test_life_assert_over (&self->life);
}

static gboolean
met (GFlowPost     *post,
     GFlowRequest  *request,
     gpointer       user_data,
     GError       **error)
{
  Bench *self = user_data;

  assert_text (g_flow_request_get_documents (request), self->told);
  /* What came back before is gone: in the context, where it is sure that nothing else is
   * on its way back. */
  if (count_gone_with_each (self->habit) != 0)
    g_assert_cmpint (g_atomic_int_get (&self->n_gone), ==, self->told);
  self->n_spares = MAX (self->n_spares, post->spares.length);
  self->habit->meet (self, post, request);
  self->told++;
  return TRUE;
}

static GFlowPost *
make_post (Bench         *self,
           GFlowPostFunc  done)
{
  GFlowPost *post = g_flow_post (self->flow, "/");
  g_autoptr (GFlowSource) source = g_flow_source_new_for_func (give, self, NULL);

  g_flow_post_set_source (post, source);
  g_flow_post_set_request_size (post, 1);
  g_flow_post_set_max_in_flight (post, 4);
  g_flow_post_set_ordered (post, TRUE);
  g_flow_post_set_done_func (post, done, self, NULL);
  test_life_watch (&self->life, post);
  return post;
}

/* Requests */

static void
test_habit (gconstpointer data)
{
  const Habit *habit = data;

  for (GFlowPlacement placement = G_FLOW_PLACEMENT_WORKER;
       placement <= G_FLOW_PLACEMENT_CONTEXT; placement++)
    {
      Bench bench;
      GFlowPost *post;

      bench_init (&bench, habit, placement, FALSE);
      post = make_post (&bench, met);
      g_assert_true (g_flow_post_run_sync (post, NULL, NULL));
      g_assert_cmpuint (bench.told, ==, N_REQUESTS);
      g_assert_cmpuint (bench.n_spares, >, 0);
      g_assert_cmpuint (post->spares.length, ==, 0);
      g_assert_null (post->batch.items);
      g_assert_null (post->batch.list);
      g_assert_null (post->batch.spare);
      g_assert_cmpint (bench.n_gone, ==, N_REQUESTS * count_gone_with_each (habit));
      if (habit->check != NULL)
        habit->check (&bench, NULL);
      g_object_unref (post);
      bench_clear (&bench);
    }
}

/* Documents of requests that have come back are not kept for the next ones to come. */
static gboolean
count_documents (GFlowPost     *post,
                 GFlowRequest  *request,
                 gpointer       user_data,
                 GError       **error)
{
  Bench *self = user_data;

  g_assert_cmpint (g_atomic_int_get (&self->documents.alive), <=, 4);
  self->told++;
  return TRUE;
}

static void
test_documents_go (void)
{
  Bench bench;
  GFlowPost *post;

  bench_init (&bench, &habits[0], G_FLOW_PLACEMENT_CONTEXT, FALSE);
  post = make_post (&bench, count_documents);
  g_assert_true (g_flow_post_run_sync (post, NULL, NULL));
  g_assert_cmpuint (bench.told, ==, N_REQUESTS);
  g_object_unref (post);
  bench_clear (&bench);
}

static const Habit iterating = { "iterating", iterate, NULL, FALSE };

static gboolean
meet_unordered (GFlowPost     *post,
                GFlowRequest  *request,
                gpointer       user_data,
                GError       **error)
{
  Bench *self = user_data;
  g_autoptr (GFlowDocument) document = dup_document (request);
  g_autofree char *before = g_strdup (g_flow_document_get_text (document));

  self->told++;
  for (guint i = 0; i < 3; i++)
    g_main_context_iteration (g_main_context_get_thread_default (), FALSE);
  assert_text (g_flow_request_get_documents (request), (guint) g_ascii_strtoull (before, NULL, 10));
  return TRUE;
}

static void
test_nested (void)
{
  Bench bench;
  GFlowPost *post;

  bench_init (&bench, &iterating, G_FLOW_PLACEMENT_CONTEXT, FALSE);
  post = make_post (&bench, meet_unordered);
  g_flow_post_set_ordered (post, FALSE);
  g_assert_true (g_flow_post_run_sync (post, NULL, NULL));
  g_assert_cmpuint (bench.told, ==, N_REQUESTS);
  g_object_unref (post);
  bench_clear (&bench);
}

/* Those that fail leave nothing with those that follow. */
static void
test_failures (void)
{
  Bench bench;
  GFlowPost *post;

  bench_init (&bench, &habits[0], G_FLOW_PLACEMENT_CONTEXT, TRUE);
  post = make_post (&bench, NULL);
  g_flow_post_set_continue_on_error (post, TRUE);
  g_assert_true (g_flow_post_run_sync (post, NULL, NULL));
  g_assert_cmpuint (g_flow_post_get_n_failed (post), ==, N_REQUESTS / 3);
  g_object_unref (post);
  bench_clear (&bench);
}

/* Runs */

static void
started_cb (GFlow    *flow,
            GFlowRun *run,
            Bench    *self)
{
  g_assert_cmpint (g_flow_run_get_state (run), ==, G_FLOW_RUN_STATE_RUNNING);
  g_ptr_array_add (self->kept, g_object_ref (run));
}

static void
ended_cb (GFlow    *flow,
          GFlowRun *run,
          Bench    *self)
{
  g_object_weak_ref (G_OBJECT (run), gone_cb, self);
}

static gboolean
count_told (GFlowPost     *post,
            GFlowRequest  *request,
            gpointer       user_data,
            GError       **error)
{
  Bench *self = user_data;

  self->told++;
  return TRUE;
}

/* Whoever is told of runs may keep them. */
static void
test_runs_kept (void)
{
  Bench bench;
  GFlowPost *post;
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);

  bench_init (&bench, &habits[0], G_FLOW_PLACEMENT_CONTEXT, FALSE);
  g_signal_connect (bench.flow, "started", G_CALLBACK (started_cb), &bench);
  post = make_post (&bench, count_told);
  g_assert_true (g_flow_post_run_sync (post, NULL, NULL));
  g_assert_cmpuint (bench.kept->len, ==, N_REQUESTS);
  for (guint i = 0; i < N_REQUESTS; i++)
    {
      GFlowRun *run = bench.kept->pdata[i];

      g_assert_true (g_hash_table_add (seen, run));
      g_assert_true (g_hash_table_add (seen, g_flow_run_get_request (run)));
      g_assert_cmpint (g_flow_run_get_state (run), ==, G_FLOW_RUN_STATE_DONE);
      assert_text (g_flow_request_get_documents (g_flow_run_get_request (run)), i);
    }
  g_object_unref (post);
  bench_clear (&bench);
}

/* And may connect to them without that: each has its own handler, once. */
static void
run_done_cb (GFlowRun *run,
             Bench    *self)
{
  self->n_called++;
}

static void
listen_to_run (GFlow    *flow,
               GFlowRun *run,
               Bench    *self)
{
  g_signal_connect_data (run, "done", G_CALLBACK (run_done_cb), self, closure_gone_cb, 0);
}

static gboolean
listen_in_body (GFlowNode  *node,
                GFlowRun   *run,
                gpointer    user_data,
                GError    **error)
{
  listen_to_run (NULL, run, user_data);
  return TRUE;
}

static void
test_runs_heard (gconstpointer in_body)
{
  Bench bench;
  GFlowPost *post;

  bench_init (&bench, &habits[0], G_FLOW_PLACEMENT_CONTEXT, FALSE);
  if (in_body != NULL)
    {
      g_assert_true (g_flow_close_sync (bench.flow, NULL, NULL));
      g_flow_node_set_placement (g_flow_add (bench.flow, "listen", listen_in_body, &bench, NULL,
                                             NULL),
                                 G_FLOW_PLACEMENT_CONTEXT);
      g_assert_true (g_flow_open_sync (bench.flow, NULL, NULL));
    }
  else
    {
      g_signal_connect (bench.flow, "started", G_CALLBACK (listen_to_run), &bench);
    }
  post = make_post (&bench, count_told);
  g_assert_true (g_flow_post_run_sync (post, NULL, NULL));
  g_assert_cmpint (bench.n_called, ==, N_REQUESTS);
  g_assert_cmpint (bench.n_gone, ==, N_REQUESTS);
  g_object_unref (post);
  bench_clear (&bench);
}

/* And so may who comes while one is under way. */
static gboolean
listen_from_now_on (GFlowPost     *post,
                    GFlowRequest  *request,
                    gpointer       user_data,
                    GError       **error)
{
  Bench *self = user_data;

  if (self->told++ == N_REQUESTS / 2)
    g_signal_connect (self->flow, "done::/", G_CALLBACK (ended_cb), self);
  return TRUE;
}

static void
test_runs_watched (void)
{
  Bench bench;
  GFlowPost *post;

  bench_init (&bench, &habits[0], G_FLOW_PLACEMENT_CONTEXT, FALSE);
  post = make_post (&bench, listen_from_now_on);
  g_assert_true (g_flow_post_run_sync (post, NULL, NULL));
  g_assert_cmpint (bench.n_gone, ==, N_REQUESTS - N_REQUESTS / 2 - 1);
  g_object_unref (post);
  bench_clear (&bench);
}

/* Nodes tell of them, too, and what they tell is of the request that is being served. */
static void
node_done_cb (GFlowNode *node,
              GFlowRun  *run,
              Bench     *self)
{
  g_ptr_array_add (self->kept, g_object_ref (g_flow_run_get_request (run)));
}

static void
test_nodes_watched (void)
{
  Bench bench;
  GFlowPost *post;

  bench_init (&bench, &habits[0], G_FLOW_PLACEMENT_CONTEXT, FALSE);
  g_signal_connect (g_flow_lookup (bench.flow, "serve"), "done", G_CALLBACK (node_done_cb), &bench);
  post = make_post (&bench, count_told);
  g_assert_true (g_flow_post_run_sync (post, NULL, NULL));
  g_assert_cmpuint (bench.kept->len, ==, N_REQUESTS);
  for (guint i = 0; i < N_REQUESTS; i++)
    assert_text (g_flow_request_get_documents (bench.kept->pdata[i]), i);
  g_object_unref (post);
  bench_clear (&bench);
}

static gboolean
keep_run (GFlowNode  *node,
          GFlowRun   *run,
          gpointer    user_data,
          GError    **error)
{
  started_cb (NULL, run, user_data);
  return TRUE;
}

/* A function among the executors is given the run. */
static void
test_functions (void)
{
  Bench bench;
  GFlowPost *post;
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);

  bench_init (&bench, &habits[0], G_FLOW_PLACEMENT_CONTEXT, FALSE);
  g_assert_true (g_flow_close_sync (bench.flow, NULL, NULL));
  g_flow_node_set_placement (g_flow_add (bench.flow, "keep", keep_run, &bench, NULL, NULL),
                             G_FLOW_PLACEMENT_CONTEXT);
  g_assert_true (g_flow_open_sync (bench.flow, NULL, NULL));
  post = make_post (&bench, count_told);
  g_assert_true (g_flow_post_run_sync (post, NULL, NULL));
  g_assert_cmpuint (bench.kept->len, ==, N_REQUESTS);
  for (guint i = 0; i < N_REQUESTS; i++)
    g_assert_true (g_hash_table_add (seen, bench.kept->pdata[i]));
  g_object_unref (post);
  bench_clear (&bench);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (habits); i++)
    {
      g_autofree char *path = g_strdup_printf ("/post-spares/%s", habits[i].name);

      g_test_add_data_func (path, &habits[i], test_habit);
    }
  g_test_add_func ("/post-spares/documents-go", test_documents_go);
  g_test_add_func ("/post-spares/nested", test_nested);
  g_test_add_func ("/post-spares/failures", test_failures);
  g_test_add_func ("/post-spares/runs-kept", test_runs_kept);
  g_test_add_data_func ("/post-spares/runs-heard", NULL, test_runs_heard);
  g_test_add_data_func ("/post-spares/runs-heard-by-bodies", "in body", test_runs_heard);
  g_test_add_func ("/post-spares/runs-watched", test_runs_watched);
  g_test_add_func ("/post-spares/nodes-watched", test_nodes_watched);
  g_test_add_func ("/post-spares/functions", test_functions);

  return g_test_run ();
}
