/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Several shards and replicas of an executor, and which of them serve. */

#include "test-server.h"

static GFlow *
open_shards (GFlowExecutorFunc  func,
             gpointer           data,
             guint              parallel,
             guint              replicas,
             GFlowPolling       polling)
{
  GFlow *flow = g_flow_new ();
  GFlowNode *node = test_add_server (flow, "node", test_server_new (func, data));

  g_flow_node_set_parallel (node, parallel);
  g_flow_node_set_replicas (node, replicas);
  g_flow_node_set_polling (node, polling);
  g_flow_set_max_threads (flow, 4);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  return flow;
}

/* ANY */

typedef struct
{
  GMutex mutex;
  GCond  cond;
  int    now;      /* guarded by the mutex, and so the others */
  int    company;  /* none ends before so many serve at once */
  int    counts[8];
  int    order[64];
  int    n;
} Crowd;

static gboolean
serve_in_company (GFlowExecutor  *executor,
                  GFlowRequest   *request,
                  GCancellable   *cancellable,
                  gpointer        user_data,
                  GError        **error)
{
  Crowd *crowd = user_data;
  const gint64 deadline = g_get_monotonic_time () + test_time_limit ();

  g_mutex_lock (&crowd->mutex);
  crowd->counts[g_flow_executor_get_index (executor)]++;
  crowd->order[crowd->n++] = g_flow_executor_get_index (executor);
  crowd->now++;
  g_cond_broadcast (&crowd->cond);
  while (crowd->now < crowd->company)
    g_assert_true (g_cond_wait_until (&crowd->cond, &crowd->mutex, deadline));
  g_mutex_unlock (&crowd->mutex);
  return TRUE;
}

/* Each request is served once; under load all instances are used. */
static void
test_any (gconstpointer data)
{
  const guint replicas = GPOINTER_TO_UINT (data);
  Crowd crowd = { .company = 3 };
  GFlow *flow = open_shards (serve_in_company, &crowd, 3 / replicas, replicas,
                             G_FLOW_POLLING_ANY);
  g_autoptr (GFlowPost) post = test_post_new (flow, 30);
  g_autoptr (GListModel) responses = NULL;

  g_flow_post_set_max_in_flight (post, 30);
  responses = g_flow_post_collect_sync (post, NULL, NULL);
  g_assert_cmpuint (g_list_model_get_n_items (responses), ==, 30);
  g_assert_cmpint (crowd.counts[0] + crowd.counts[1] + crowd.counts[2], ==, 30);
  for (guint i = 0; i < 3; i++)
    g_assert_cmpint (crowd.counts[i], >, 0);
  g_clear_object (&post);
  g_clear_object (&responses);
  test_server_end (flow);
}

static void
test_scheduling (void)
{
  const int in_turn[] = { 0, 1, 2, 0, 1, 2 };
  Crowd crowd = { 0 };
  GFlow *flow = g_flow_new ();
  GFlowNode *node = test_add_server (flow, "node", test_server_new (serve_in_company, &crowd));

  g_flow_node_set_replicas (node, 3);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  for (guint i = 0; i < 6; i++)
    {
      g_autoptr (GFlowRequest) request = test_request_new ("/", 1);

      test_request_serve_well (flow, request);
      g_assert_cmpint (crowd.order[i], ==, 0); /* all are idle: the first one */
    }
  g_assert_true (g_flow_close_sync (flow, NULL, NULL));

  crowd.n = 0;
  g_flow_node_set_scheduling (node, G_FLOW_SCHEDULING_ROUND_ROBIN);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  for (guint i = 0; i < 6; i++)
    {
      g_autoptr (GFlowRequest) request = test_request_new ("/", 1);

      test_request_serve_well (flow, request);
      g_assert_cmpint (crowd.order[i], ==, in_turn[i]);
    }
  test_server_end (flow);
}

/* By tasks: none waits for an instance to be idle. */

typedef struct
{
  GPtrArray *tasks; /* (owned) of GTask */
  int        order[64];
} Office;

static void
keep_task (GFlowExecutor  *executor,
           GFlowRequest   *request,
           GTask          *task,
           gpointer        user_data,
           GError        **error)
{
  Office *office = user_data;

  office->order[office->tasks->len] = g_flow_executor_get_index (executor);
  g_ptr_array_add (office->tasks, g_object_ref (task));
}

static void
return_task (Office *office,
             guint   which)
{
  g_task_return_boolean (office->tasks->pdata[which], TRUE);
}

static void
test_tasks (gconstpointer data)
{
  const GFlowScheduling scheduling = GPOINTER_TO_UINT (data);
  const int least_busy[] = { 0, 1, 0, 1, 1 }, in_turn[] = { 0, 1, 0, 1, 0 };
  Office office = { g_ptr_array_new_with_free_func (g_object_unref), { 0 } };
  GFlow *flow = g_flow_new ();
  GFlowNode *node = test_add_server (flow, "node", test_server_new_for_task (keep_task, &office));
  TestResult results[5];

  g_flow_node_set_parallel (node, 2);
  g_flow_node_set_scheduling (node, scheduling);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  for (guint i = 0; i < 5; i++)
    {
      g_autoptr (GFlowPost) post = g_flow_post (flow, "/");

      if (i == 4)
        {
          /* The second one has less to do now. */
          return_task (&office, 1);
          TEST_WAIT (results[1].calls == 1);
        }
      test_result_init (&results[i]);
      g_flow_post_run (post, NULL, test_result_cb, &results[i]);
      TEST_WAIT (office.tasks->len == i + 1);
      g_assert_cmpint (office.order[i], ==,
                       scheduling == G_FLOW_SCHEDULING_LEAST_BUSY ? least_busy[i] : in_turn[i]);
    }
  for (guint i = 0; i < 5; i++)
    {
      if (i != 1)
        return_task (&office, i);
      TEST_WAIT (results[i].calls == 1);
      test_result_clear (&results[i]);
    }
  g_ptr_array_unref (office.tasks);
  test_server_end (flow);
}

/* ALL */

static void
test_all (void)
{
  GFlow *flow = open_shards (test_serve_shard, NULL, 3, 1, G_FLOW_POLLING_ALL);

  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (GFlowRequest) request = test_request_new ("/", 2);

      test_request_serve_well (flow, request);
      /* What several have changed is as the first one says. */
      test_assert_text (request, test_request_text,
                        "shard 0{shard0=0,shard1=1,shard2=2} shard 0{shard0=0,shard1=1,shard2=2}");
      test_assert_text (request, test_request_results, "node/0=0,node/1=1,node/2=2");
      test_assert_routes (request, "gateway=done node=done");
    }
  test_server_end (flow);
}

/* All serve at the same time, each by one of its replicas. */
static void
test_all_replicas (void)
{
  Crowd crowd = { .company = 3 };
  GFlow *flow = g_flow_new ();
  GFlowNode *node = test_add_server (flow, "node", test_server_new (serve_in_company, &crowd));

  g_flow_node_set_parallel (node, 3);
  g_flow_node_set_replicas (node, 2);
  /* Unless it was said, this is what there are shards for. */
  g_assert_cmpint (g_flow_node_get_polling (node), ==, G_FLOW_POLLING_ALL);
  g_flow_set_max_threads (flow, 8);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  g_assert_cmpint (test_server_count_set_up (), ==, 6);
  for (guint i = 0; i < 5; i++)
    {
      g_autoptr (GFlowRequest) request = test_request_new ("/", 1);

      crowd.now = 0;
      test_request_serve_well (flow, request);
      for (guint shard = 0; shard < 3; shard++)
        g_assert_cmpint (crowd.counts[2 * shard] + crowd.counts[2 * shard + 1], ==, (int) i + 1);
    }
  test_server_end (flow);
}

static gboolean
fail_second (GFlowExecutor  *executor,
             GFlowRequest   *request,
             GCancellable   *cancellable,
             gpointer        user_data,
             GError        **error)
{
  return g_flow_executor_get_shard (executor) == 1
           ? test_serve_fail (executor, request, cancellable, NULL, error)
           : test_serve_shard (executor, request, cancellable, NULL, error);
}

static void
test_all_fails (void)
{
  GFlow *flow = open_shards (fail_second, NULL, 3, 1, G_FLOW_POLLING_ALL);

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GFlowRequest) request = test_request_new ("/", 1);
      g_autoptr (GError) error = NULL;

      g_assert_false (test_request_serve (flow, request, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
      g_assert_cmpstr (error->message, ==, "It failed");
      /* The others were not told to stop. */
      test_assert_text (request, test_request_results, "node/0=0,node/2=2");
      test_assert_text (request, test_request_text, "0");
    }
  test_server_end (flow);
}

static void
test_all_ignore (void)
{
  GFlow *flow = open_shards (fail_second, NULL, 3, 1, G_FLOW_POLLING_ALL);
  g_autoptr (GFlowRequest) request = test_request_new ("/", 1);

  g_assert_true (g_flow_close_sync (flow, NULL, NULL));
  g_flow_set_on_error (flow, G_FLOW_ON_ERROR_IGNORE);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  g_assert_false (test_request_serve (flow, request, NULL));
  test_assert_text (request, test_request_text, "shard 0{shard0=0,shard2=2}");
  g_clear_object (&request);
  test_server_end (flow);
}

static gboolean
fail_so (GFlowExecutor  *executor,
         GFlowRequest   *request,
         GCancellable   *cancellable,
         gpointer        user_data,
         GError        **error)
{
  g_set_error_literal (error, G_IO_ERROR, GPOINTER_TO_INT (test_server_get_data (executor)), "Bad");
  return FALSE;
}

/* However many shards there are, and whichever serve: a node has one route, with one error. */
static void
test_error_routes (gconstpointer polling)
{
  const struct { const char *name; GFlowExecutorFunc func; int code; } rows[] = {
    { "r1", test_serve_shard, 0 },
    { "r2", fail_so, G_IO_ERROR_NOT_FOUND },
    { "r3", fail_so, G_IO_ERROR_NOT_SUPPORTED },
  };
  GFlow *flow = g_flow_new ();
  g_autoptr (GFlowRequest) request = NULL;
  g_autoptr (GError) error = NULL;
  GListModel *routes;

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      GFlowNode *node = test_add_server (flow, rows[i].name,
                                         test_server_new (rows[i].func,
                                                          GINT_TO_POINTER (rows[i].code)));

      g_flow_node_set_parallel (node, 3);
      g_flow_node_set_polling (node, GPOINTER_TO_INT (polling));
    }
  g_flow_set_on_error (flow, G_FLOW_ON_ERROR_IGNORE);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  for (guint i = 0; i < 2; i++)
    {
      request = test_request_new ("/", 1);
      g_assert_false (test_request_serve (flow, request, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
      g_clear_error (&error);
      test_assert_routes (request, "gateway=failed! r1=done r2=failed! r3=failed!");
      routes = g_flow_request_get_routes (request);
      for (guint k = 0; k < G_N_ELEMENTS (rows); k++)
        {
          g_autoptr (GFlowRoute) route = g_list_model_get_item (routes, k + 1);

          if (rows[k].code == 0)
            g_assert_no_error (g_flow_route_get_error (route));
          else
            g_assert_error (g_flow_route_get_error (route), G_IO_ERROR, rows[k].code);
        }
      g_clear_object (&request);
    }
  test_server_end (flow);
}

/* Under STOP the others are told. */
static gboolean
fail_or_wait (GFlowExecutor  *executor,
              GFlowRequest   *request,
              GCancellable   *cancellable,
              gpointer        user_data,
              GError        **error)
{
  return g_flow_executor_get_shard (executor) == 1
           ? test_serve_fail (executor, request, cancellable, NULL, error)
           : test_wait_cancelled (cancellable, error);
}

static void
test_all_stop (void)
{
  GFlow *flow = g_flow_new ();
  GFlowNode *node = test_add_server (flow, "node", test_server_new (fail_or_wait, NULL));
  g_autoptr (GFlowRequest) request = test_request_new ("/", 1);
  g_autoptr (GError) error = NULL;

  g_flow_node_set_parallel (node, 3);
  g_flow_node_set_polling (node, G_FLOW_POLLING_ALL);
  g_flow_set_on_error (flow, G_FLOW_ON_ERROR_STOP);
  g_flow_set_max_threads (flow, 3);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  g_assert_false (test_request_serve (flow, request, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  g_clear_object (&request);
  test_server_end (flow);
}

static void
test_all_cancelled (void)
{
  GFlow *flow = g_flow_new ();
  GFlowNode *node = test_add_server (flow, "node", test_server_new (fail_or_wait, NULL));
  g_autoptr (GFlowPost) post = NULL;
  TestResult result;
  g_autoptr (GError) error = NULL;

  g_flow_node_set_parallel (node, 3);
  g_flow_node_set_polling (node, G_FLOW_POLLING_ALL);
  g_flow_set_max_threads (flow, 3);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  post = g_flow_post (flow, "/");
  test_result_init (&result);
  g_flow_post_run (post, NULL, test_result_cb, &result);
  test_settle (5);
  g_flow_post_cancel (post);
  TEST_WAIT (result.calls == 1);
  g_assert_false (g_flow_post_run_finish (post, result.result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_result_clear (&result);
  g_clear_object (&post);
  test_server_end (flow);
}

static void
test_all_tasks (void)
{
  Office office = { g_ptr_array_new_with_free_func (g_object_unref), { 0 } };
  GFlow *flow = g_flow_new ();
  GFlowNode *node = test_add_server (flow, "node", test_server_new_for_task (keep_task, &office));
  g_autoptr (GFlowPost) post = NULL;
  TestResult result;

  g_flow_node_set_parallel (node, 3);
  g_flow_node_set_polling (node, G_FLOW_POLLING_ALL);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  post = g_flow_post (flow, "/");
  test_result_init (&result);
  g_flow_post_run (post, NULL, test_result_cb, &result);
  TEST_WAIT (office.tasks->len == 3);
  return_task (&office, 2);
  return_task (&office, 0);
  test_settle (5);
  g_assert_cmpuint (result.calls, ==, 0);
  return_task (&office, 1);
  TEST_WAIT (result.calls == 1);
  g_assert_true (g_flow_post_run_finish (post, result.result, NULL));
  test_result_clear (&result);
  g_clear_object (&post);
  g_ptr_array_unref (office.tasks);
  test_server_end (flow);
}

/* ALL_ASYNC */

static gboolean
second_wins (GFlowExecutor  *executor,
             GFlowRequest   *request,
             GCancellable   *cancellable,
             gpointer        user_data,
             GError        **error)
{
  int *n_cancelled = user_data;

  if (g_flow_executor_get_shard (executor) == 1)
    return test_serve_shard (executor, request, cancellable, NULL, error);
  test_wait_cancelled (cancellable, error);
  g_atomic_int_inc (n_cancelled);
  return FALSE;
}

static void
test_first (void)
{
  int n_cancelled = 0;
  GFlow *flow = g_flow_new ();
  GFlowNode *node = test_add_server (flow, "node", test_server_new (second_wins, &n_cancelled));

  g_flow_node_set_parallel (node, 3);
  g_flow_node_set_polling (node, G_FLOW_POLLING_ALL_ASYNC);
  test_add_server (flow, "next", test_server_new (test_serve_word, "next"));
  g_flow_set_max_threads (flow, 4);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  for (guint i = 0; i < 10; i++)
    {
      g_autoptr (GFlowRequest) request = test_request_new ("/", 2);

      test_request_serve_well (flow, request);
      test_assert_text (request, test_request_text, "shard 1+next{shard1=1} shard 1+next{shard1=1}");
      test_assert_routes (request, "gateway=done node=done next=done");
    }
  test_server_end (flow);
  /* One that had not started when it was cancelled does not. */
  g_assert_cmpint (n_cancelled, <=, 20);
}

/* The response does not wait for those that look at no cancellable; closing does. */
static gboolean
deaf (GFlowExecutor  *executor,
      GFlowRequest   *request,
      GCancellable   *cancellable,
      gpointer        user_data,
      GError        **error)
{
  if (g_flow_executor_get_shard (executor) > 0)
    test_gate_wait (user_data);
  return test_serve_shard (executor, request, cancellable, NULL, error);
}

static void
test_first_deaf (void)
{
  TestGate gate;
  TestResult posted, closed;
  GFlow *flow;
  g_autoptr (GFlowPost) post = NULL;
  g_autoptr (GListModel) responses = NULL;
  g_autoptr (GFlowRequest) response = NULL;

  test_gate_init (&gate);
  flow = g_flow_new ();

  GFlowNode *node = test_add_server (flow, "node", test_server_new (deaf, &gate));

  g_flow_node_set_parallel (node, 2);
  g_flow_node_set_polling (node, G_FLOW_POLLING_ALL_ASYNC);
  g_flow_set_max_threads (flow, 4);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  post = test_post_new (flow, 1);
  test_result_init (&posted);
  test_result_init (&closed);
  g_flow_post_collect (post, NULL, test_result_cb, &posted);
  TEST_WAIT (posted.calls == 1);
  responses = g_flow_post_collect_finish (post, posted.result, NULL);
  response = g_list_model_get_item (responses, 0);
  g_assert_cmpint (g_flow_request_get_state (response), ==, G_FLOW_RUN_STATE_DONE);

  /* The loser may not have begun, and then never does. */
  const gboolean waits = test_gate_waiting (&gate) > 0;

  g_flow_close (flow, NULL, test_result_cb, &closed);
  if (waits)
    {
      test_settle (5);
      g_assert_cmpuint (closed.calls, ==, 0);
    }
  test_gate_open (&gate);
  TEST_WAIT (closed.calls == 1);
  g_assert_true (g_flow_close_finish (flow, closed.result, NULL));
  /* What the loser has left shows nowhere. */
  test_assert_text (response, test_request_text, "shard 0{shard0=0}");
  test_result_clear (&posted);
  test_result_clear (&closed);
  g_clear_object (&post);
  g_clear_object (&responses);
  g_clear_object (&response);
  g_object_unref (flow);
  test_server_assert_over ();
  test_gate_clear (&gate);
}

/* A failure decides only if all of them fail. */
static gboolean
last_succeeds (GFlowExecutor  *executor,
               GFlowRequest   *request,
               GCancellable   *cancellable,
               gpointer        user_data,
               GError        **error)
{
  int *n_failed = user_data;

  if (g_flow_executor_get_shard (executor) < 2)
    {
      g_atomic_int_inc (n_failed);
      return test_serve_fail (executor, request, cancellable, NULL, error);
    }

  const gint64 deadline = g_get_monotonic_time () + test_time_limit ();

  while (g_atomic_int_get (n_failed) < 2)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      g_thread_yield ();
    }
  return test_serve_shard (executor, request, cancellable, NULL, error);
}

static void
test_first_fails (void)
{
  int n_failed = 0;
  GFlow *flow = open_shards (last_succeeds, &n_failed, 3, 1, G_FLOW_POLLING_ALL_ASYNC);
  g_autoptr (GFlowRequest) request = test_request_new ("/", 1);

  test_request_serve_well (flow, request);
  test_assert_text (request, test_request_text, "shard 2{shard2=2}");
  g_clear_object (&request);
  test_server_end (flow);
}

static void
test_first_all_fail (void)
{
  GFlow *flow = open_shards (test_serve_fail, NULL, 3, 1, G_FLOW_POLLING_ALL_ASYNC);
  g_autoptr (GFlowRequest) request = test_request_new ("/", 1);
  g_autoptr (GError) error = NULL;

  g_assert_false (test_request_serve (flow, request, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  test_assert_text (request, test_request_text, "0");
  g_clear_object (&request);
  test_server_end (flow);
}

static void
test_first_tasks (void)
{
  Office office = { g_ptr_array_new_with_free_func (g_object_unref), { 0 } };
  GFlow *flow = g_flow_new ();
  GFlowNode *node = test_add_server (flow, "node", test_server_new_for_task (keep_task, &office));
  g_autoptr (GFlowPost) post = NULL;
  TestResult result;

  g_flow_node_set_parallel (node, 3);
  g_flow_node_set_polling (node, G_FLOW_POLLING_ALL_ASYNC);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  post = g_flow_post (flow, "/");
  test_result_init (&result);
  g_flow_post_run (post, NULL, test_result_cb, &result);
  TEST_WAIT (office.tasks->len == 3);
  return_task (&office, 2);
  TEST_WAIT (result.calls == 1);
  g_assert_true (g_flow_post_run_finish (post, result.result, NULL));
  TEST_WAIT (g_cancellable_is_cancelled (g_task_get_cancellable (office.tasks->pdata[0])));
  TEST_WAIT (g_cancellable_is_cancelled (g_task_get_cancellable (office.tasks->pdata[1])));
  return_task (&office, 0);
  return_task (&office, 1);
  test_result_clear (&result);
  g_clear_object (&post);
  test_flow_close (flow);
  g_ptr_array_unref (office.tasks);
  test_server_end (flow);
}

/* For each endpoint */

static void
test_endpoints (void)
{
  GFlow *flow = g_flow_new ();
  GFlowNode *node = test_add_server (flow, "node", test_server_new (test_serve_shard, NULL));
  const struct { const char *endpoint, *text; } cases[] = {
    { "/index", "shard 0{shard0=0}" },
    { "/search", "shard 0{shard0=0,shard1=1}" },
    { "/other", "shard 0{shard0=0}" },
    { "/search", "shard 0{shard0=0,shard1=1}" },
  };

  g_flow_node_set_parallel (node, 2);
  g_flow_node_set_polling_for (node, "/search", G_FLOW_POLLING_ALL);
  g_assert_cmpint (g_flow_node_get_polling_for (node, "/search"), ==, G_FLOW_POLLING_ALL);
  g_assert_cmpint (g_flow_node_get_polling_for (node, "/index"), ==, G_FLOW_POLLING_ANY);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GFlowRequest) request = test_request_new (cases[i].endpoint, 1);

      test_request_serve_well (flow, request);
      test_assert_text (request, test_request_text, cases[i].text);
    }
  test_server_end (flow);
}

/* Requests for one and for all shards at the same time: an instance serves one of them. */
static void
test_mixed (void)
{
  GFlow *flow = g_flow_new ();
  GFlowNode *node = test_add_server (flow, "node", test_server_new (test_serve_shard, NULL));
  g_autoptr (GPtrArray) runs = g_ptr_array_new_with_free_func (g_object_unref);
  TestResult results[60];

  g_flow_node_set_parallel (node, 2);
  g_flow_node_set_replicas (node, 2);
  g_flow_node_set_polling (node, G_FLOW_POLLING_ANY);
  g_flow_node_set_polling_for (node, "/all", G_FLOW_POLLING_ALL);
  g_flow_node_set_polling_for (node, "/first", G_FLOW_POLLING_ALL_ASYNC);
  g_flow_set_max_threads (flow, 6);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    {
      GFlowRun *run = g_flow_run_new (flow);
      g_autoptr (GFlowRequest) request =
        test_request_new (i % 3 == 0 ? "/any" : i % 3 == 1 ? "/all" : "/first", 2);

      g_ptr_array_add (runs, run);
      g_flow_run_set_request (run, request);
      test_result_init (&results[i]);
      g_flow_run_execute (run, NULL, test_result_cb, &results[i]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    {
      TEST_WAIT (results[i].calls == 1);
      g_assert_true (g_flow_run_execute_finish (runs->pdata[i], results[i].result, NULL));
      test_result_clear (&results[i]);
    }
  g_clear_pointer (&runs, g_ptr_array_unref);
  test_flow_close (flow);
  test_server_end (flow);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/polling/any/shards", GUINT_TO_POINTER (1), test_any);
  g_test_add_data_func ("/polling/any/replicas", GUINT_TO_POINTER (3), test_any);
  g_test_add_func ("/polling/scheduling", test_scheduling);
  g_test_add_data_func ("/polling/tasks/least-busy", GUINT_TO_POINTER (G_FLOW_SCHEDULING_LEAST_BUSY),
                        test_tasks);
  g_test_add_data_func ("/polling/tasks/in-turn", GUINT_TO_POINTER (G_FLOW_SCHEDULING_ROUND_ROBIN),
                        test_tasks);
  g_test_add_func ("/polling/all", test_all);
  g_test_add_func ("/polling/all/replicas", test_all_replicas);
  g_test_add_func ("/polling/all/fails", test_all_fails);
  g_test_add_func ("/polling/all/ignore", test_all_ignore);
  g_test_add_func ("/polling/all/stop", test_all_stop);
  g_test_add_data_func ("/polling/error-routes/any", GINT_TO_POINTER (G_FLOW_POLLING_ANY),
                        test_error_routes);
  g_test_add_data_func ("/polling/error-routes/all", GINT_TO_POINTER (G_FLOW_POLLING_ALL),
                        test_error_routes);
  g_test_add_data_func ("/polling/error-routes/first", GINT_TO_POINTER (G_FLOW_POLLING_ALL_ASYNC),
                        test_error_routes);
  g_test_add_func ("/polling/all/cancelled", test_all_cancelled);
  g_test_add_func ("/polling/all/tasks", test_all_tasks);
  g_test_add_func ("/polling/first", test_first);
  g_test_add_func ("/polling/first/deaf", test_first_deaf);
  g_test_add_func ("/polling/first/fails", test_first_fails);
  g_test_add_func ("/polling/first/all-fail", test_first_all_fail);
  g_test_add_func ("/polling/first/tasks", test_first_tasks);
  g_test_add_func ("/polling/endpoints", test_endpoints);
  g_test_add_func ("/polling/mixed", test_mixed);

  return g_test_run ();
}
