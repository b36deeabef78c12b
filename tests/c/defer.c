/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Sync bodies that defer their nodes, and who completes these. */

#include "test-util.h"

typedef enum
{
  SUCCEED,
  FAIL,
  CANCEL,
  N_WAYS,
} Way;

static const char * const way_names[] = { "succeed", "fail", "cancel" };

typedef enum
{
  IN_BODY,
  IN_NESTED_LOOP,
  FROM_IDLE,
  BETWEEN_ITERATIONS,
  FROM_THREAD,
  N_TIMES,
} Time;

static const char * const time_names[] = {
  "in-body", "in-nested-loop", "from-idle", "between-iterations", "from-thread",
};

typedef struct
{
  Way           way;
  Time          when;
  GMainContext *context;
  GFlowRun     *run;    /* (unowned) */
  GFlowNode    *node;   /* (unowned) */
  GThread      *thread; /* (owned) (nullable) */
  gboolean      left;   /* the body has returned */
  guint         n_after;
} Case;

static void
complete (Case *test)
{
  g_autoptr (GError) error = NULL;

  if (test->way == SUCCEED)
    g_flow_run_set_result_variant (test->run, test->node, g_variant_new_int32 (7));
  else if (test->way == FAIL)
    g_set_error_literal (&error, G_IO_ERROR, G_IO_ERROR_BUSY, "Too busy");
  else
    g_set_error_literal (&error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "No more");

  if (error != NULL)
    g_flow_run_fail_node (test->run, test->node, error);
  else
    g_flow_run_complete_node (test->run, test->node);

  /* Once is enough: this must not change anything. */
  g_clear_error (&error);
  g_set_error_literal (&error, G_IO_ERROR, G_IO_ERROR_EXISTS, "Twice");
  g_flow_run_fail_node (test->run, test->node, error);
  g_flow_run_complete_node (test->run, test->node);
}

static gboolean
complete_cb (gpointer user_data)
{
  complete (user_data);

  return G_SOURCE_REMOVE;
}

static gpointer
complete_thread (gpointer user_data)
{
  complete (user_data);

  return NULL;
}

static void
complete_from_idle (Case *test)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_callback (source, complete_cb, test, NULL);
  g_source_attach (source, test->context);
}

static gboolean
body (GFlowNode  *node,
      GFlowRun   *run,
      gpointer    user_data,
      GError    **error)
{
  Case *test = user_data;

  test_assert_context (test->context);
  g_flow_run_defer_node (run, node);
  g_flow_run_defer_node (run, node);
  test->run = run;
  test->node = node;
  switch (test->when)
    {
    case IN_BODY:
      complete (test);
      g_assert_cmpuint (g_flow_run_get_node_state (run, node), ==, G_FLOW_NODE_STATE_RUNNING);
      break;
    case IN_NESTED_LOOP:
      complete_from_idle (test);
      TEST_WAIT (g_flow_run_get_node_state (run, node) != G_FLOW_NODE_STATE_RUNNING);
      break;
    case FROM_IDLE:
      complete_from_idle (test);
      break;
    case FROM_THREAD:
      test->thread = g_thread_new ("complete", complete_thread, test);
      break;
    case BETWEEN_ITERATIONS:
    case N_TIMES:
    default:
      break;
    }
  if (test->when != IN_NESTED_LOOP)
    g_assert_cmpuint (test->n_after, ==, 0);
  test->left = TRUE;

  return TRUE;
}

static gboolean
body_after (GFlowNode  *node,
            GFlowRun   *run,
            gpointer    user_data,
            GError    **error)
{
  Case *test = user_data;

  test_assert_context (test->context);
  g_assert_true (test->left || test->when == IN_NESTED_LOOP);
  test->n_after++;

  return TRUE;
}

static GFlowNode *
add_in_context (GFlow      *flow,
                const char *name,
                GFlowFunc   func,
                gpointer    user_data)
{
  GFlowNode *node = g_flow_add (flow, name, func, user_data, NULL, NULL);

  g_flow_node_set_placement (node, G_FLOW_PLACEMENT_CONTEXT);

  return node;
}

static void
test_complete (gconstpointer data)
{
  Case test = {
    .way = GPOINTER_TO_UINT (data) % N_WAYS,
    .when = GPOINTER_TO_UINT (data) / N_WAYS,
    .context = test_context (),
  };
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) value = NULL;
  GFlowNode *node, *after;
  TestResult result;
  TestLife life;

  test_life_init (&life);
  test_life_watch (&life, flow);
  test_result_init (&result);
  node = add_in_context (flow, "node", body, &test);
  after = add_in_context (flow, "after", body_after, &test);
  g_flow_node_add_upstream (after, node);
  run = g_flow_run_new (flow);
  g_flow_run_set_keep_results (run, TRUE);
  test_life_watch (&life, run);
  g_flow_run_execute (run, NULL, test_result_cb, &result);

  if (test.when == BETWEEN_ITERATIONS)
    {
      TEST_WAIT (test.left);
      complete (&test);
      /* Nothing was waited for: the context is that of this thread. */
      g_assert_cmpuint (test.n_after, ==, test.way == SUCCEED ? 1 : 0);
      g_assert_cmpuint (result.calls, ==, 0);
    }
  TEST_WAIT (result.calls > 0);

  if (test.way == SUCCEED)
    {
      g_assert_true (g_flow_run_execute_finish (run, result.result, &error));
      g_assert_no_error (error);
      test_assert_node (run, node, DONE);
      test_assert_node (run, after, DONE);
      value = g_flow_run_dup_result_variant (run, node);
      g_assert_cmpint (g_variant_get_int32 (value), ==, 7);
      g_assert_cmpuint (test.n_after, ==, 1);
    }
  else
    {
      g_assert_false (g_flow_run_execute_finish (run, result.result, &error));
      const gboolean failed = test.way == FAIL;

      g_assert_true (g_error_matches (error, G_IO_ERROR,
                                      failed ? G_IO_ERROR_BUSY : G_IO_ERROR_CANCELLED));
      g_assert_cmpuint (g_flow_run_get_node_state (run, node), ==,
                        failed ? G_FLOW_NODE_STATE_FAILED : G_FLOW_NODE_STATE_CANCELLED);
      test_assert_node (run, after, SKIPPED);
    }

  /* Far too late. */
  g_flow_run_complete_node (run, node);
  g_clear_pointer (&test.thread, g_thread_join);
  test_result_clear (&result);
  g_clear_object (&run);
  g_clear_object (&flow);
  test_life_assert_over (&life);
}

static gboolean
body_defer_and_fail (GFlowNode  *node,
                     GFlowRun   *run,
                     gpointer    user_data,
                     GError    **error)
{
  const gboolean completes = GPOINTER_TO_INT (user_data);

  g_flow_run_defer_node (run, node);
  if (completes)
    g_flow_run_complete_node (run, node);
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BUSY, "Too busy");

  return FALSE;
}

static void
test_fails (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = g_flow_run_new (flow);
  g_autoptr (GError) error = NULL;
  GFlowNode *node, *completed;

  /* The node has failed, and what completes it later is too late; what has completed it
   * before counts. */
  node = add_in_context (flow, "node", body_defer_and_fail, GINT_TO_POINTER (FALSE));
  completed = add_in_context (flow, "completed", body_defer_and_fail, GINT_TO_POINTER (TRUE));
  g_assert_false (test_run_execute (run, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
  g_flow_run_complete_node (run, node);
  test_assert_node (run, node, FAILED);
  test_assert_node (run, completed, DONE);
}

static gboolean
body_defer_other (GFlowNode  *node,
                  GFlowRun   *run,
                  gpointer    user_data,
                  GError    **error)
{
  GFlowNode *other = user_data;

  g_test_expect_message ("GFlow", G_LOG_LEVEL_CRITICAL, "*assertion*failed*");
  g_flow_run_defer_node (run, other != NULL ? other : node);
  g_test_assert_expected_messages ();
  g_flow_run_complete_node (run, node);

  return TRUE;
}

static void
test_elsewhere (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  GFlowNode *worker, *context;

  /* Neither on a worker, nor another node than the one that runs; and to complete what was
   * not deferred does nothing. */
  worker = g_flow_add (flow, "worker", body_defer_other, NULL, NULL, NULL);
  context = add_in_context (flow, "context", body_defer_other, worker);
  g_flow_node_add_upstream (context, worker);
  run = test_execute_well (flow);
  test_assert_node (run, context, DONE);
}

/* Many at once, from other threads: each ends once, and its downstream is called in the context. */

#define N_MANY 400

typedef struct
{
  GFlowRun   *run;
  GFlowNode  *node;
  GThreadPool *pool;
} Waiter;

static void
complete_many (gpointer data,
               gpointer user_data)
{
  Waiter *waiter = data;

  g_flow_run_complete_node (waiter->run, waiter->node);
}

static gboolean
body_many (GFlowNode  *node,
           GFlowRun   *run,
           gpointer    user_data,
           GError    **error)
{
  Waiter *waiter = user_data;

  g_flow_run_defer_node (run, node);
  waiter->run = run;
  waiter->node = node;

  return g_thread_pool_push (waiter->pool, waiter, error);
}

static void
test_many (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autofree Waiter *waiters = g_new0 (Waiter, N_MANY);
  GThreadPool *pool = g_thread_pool_new (complete_many, NULL, 3, FALSE, NULL);
  Case test = { .context = test_context (), .left = TRUE };

  for (guint i = 0; i < N_MANY; i++)
    {
      GFlowNode *node = add_in_context (flow, NULL, body_many, &waiters[i]);

      waiters[i].pool = pool;
      g_flow_node_add_upstream (add_in_context (flow, NULL, body_after, &test), node);
    }
  for (guint round = 0; round < 20; round++)
    {
      g_object_unref (test_execute_well (flow));
      g_assert_cmpuint (test.n_after, ==, (round + 1) * N_MANY);
    }
  g_thread_pool_free (pool, FALSE, TRUE);
}

/* Bodies that complete what others wait for do not nest. */

typedef struct
{
  GFlowNode *waits; /* (unowned): that the body completes */
  guint     *depth;
  guint     *n_calls;
} Step;

static gboolean
body_wait (GFlowNode  *node,
           GFlowRun   *run,
           gpointer    user_data,
           GError    **error)
{
  g_flow_run_defer_node (run, node);

  return TRUE;
}

static gboolean
body_step (GFlowNode  *node,
           GFlowRun   *run,
           gpointer    user_data,
           GError    **error)
{
  Step *step = user_data;

  g_assert_cmpuint (++*step->depth, <=, 2);
  ++*step->n_calls;
  g_flow_run_complete_node (run, step->waits);
  --*step->depth;

  return TRUE;
}

static void
test_deep (void)
{
  enum { N_STEPS = 20000 };
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = g_flow_run_new (flow);
  g_autofree Step *steps = g_new0 (Step, N_STEPS);
  GFlowNode *before, *first;
  guint depth = 0, n_calls = 0;
  TestResult result;

  test_result_init (&result);
  first = before = add_in_context (flow, NULL, body_wait, NULL);
  for (guint i = 0; i < N_STEPS; i++)
    {
      steps[i] = (Step) { add_in_context (flow, NULL, body_wait, NULL), &depth, &n_calls };
      g_flow_node_add_upstream (add_in_context (flow, NULL, body_step, &steps[i]), before);
      before = steps[i].waits;
    }
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  TEST_WAIT (g_flow_run_get_node_state (run, before) == G_FLOW_NODE_STATE_RUNNING);
  g_flow_run_complete_node (run, first);
  g_assert_cmpuint (n_calls, >, 0);
  TEST_WAIT (result.calls > 0);
  g_assert_cmpuint (n_calls, ==, N_STEPS);
  test_assert_run (run, DONE);
  test_result_clear (&result);
}

/* Being told to stop */

typedef enum
{
  STOP_RUN,
  STOP_NODE,
  STOP_BEFORE,
  STOP_LATE,
  STOP_FAILURE,
  STOP_DEADLINE,
  N_STOPS,
} Stop;

static const char * const stop_names[] = {
  "run", "node", "before", "late", "failure", "deadline",
};

typedef struct
{
  Stop       stop;
  GFlowNode *node;      /* (unowned) */
  GFlowNode *clean_up;  /* (unowned) */
  guint      n_started;
  guint      n_told;
  GCancellable *cancellable; /* (owned) (nullable): of the node, if it was asked for */
} Stopping;

static void
stop_node_cb (GFlowRun  *run,
              GFlowNode *node,
              gpointer   user_data)
{
  Stopping *test = user_data;
  g_autoptr (GError) error = g_error_new (G_IO_ERROR, G_IO_ERROR_CANCELLED, "Told");

  g_assert_true (node == test->node);
  g_assert_true (g_cancellable_is_cancelled (g_flow_run_get_node_cancellable (run, node)));
  test->n_told++;
  /* Not again for others. */
  g_flow_run_cancel_node (run, test->clean_up);
  g_flow_run_fail_node (run, node, error);
}

static gboolean
body_stopping (GFlowNode  *node,
               GFlowRun   *run,
               gpointer    user_data,
               GError    **error)
{
  Stopping *test = user_data;

  test->n_started++;
  if (test->stop == STOP_BEFORE)
    {
      g_flow_run_cancel_node (run, node);
      for (guint i = 0; i < 3; i++)
        g_main_context_iteration (NULL, FALSE);
    }
  else if (test->stop == STOP_NODE)
    {
      test->cancellable = g_object_ref (g_flow_run_get_node_cancellable (run, node));
    }
  g_flow_run_defer_node (run, node);
  if (test->stop == STOP_LATE)
    {
      g_flow_run_cancel_node (run, node);
      g_assert_true (g_cancellable_is_cancelled (g_flow_run_get_node_cancellable (run, node)));
    }
  g_assert_cmpuint (test->n_told, ==, 0);

  return TRUE;
}

static gboolean
body_failing (GFlowNode  *node,
              GFlowRun   *run,
              gpointer    user_data,
              GError    **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BUSY, "Too busy");

  return FALSE;
}

static void
test_stop (gconstpointer data)
{
  Stopping test = { .stop = GPOINTER_TO_UINT (data) };
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = g_flow_run_new (flow);
  TestResult result;

  test_result_init (&result);
  g_flow_run_set_on_error (run, G_FLOW_ON_ERROR_STOP);
  test.node = add_in_context (flow, "node", body_stopping, &test);
  test.clean_up = add_in_context (flow, "clean up", test_body_nothing, NULL);
  g_flow_node_set_run_when (test.clean_up, G_FLOW_RUN_WHEN_ALL_FINISHED);
  g_flow_node_add_upstream (test.clean_up, test.node);
  if (test.stop == STOP_FAILURE)
    add_in_context (flow, "failing", body_failing, NULL);
  if (test.stop == STOP_DEADLINE)
    g_flow_run_set_deadline (run, g_get_monotonic_time () + 20000);
  g_signal_connect (run, "stop-node", G_CALLBACK (stop_node_cb), &test);
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  TEST_WAIT (test.n_started > 0);
  if (test.stop == STOP_RUN)
    g_flow_run_cancel (run);
  else if (test.stop == STOP_NODE)
    g_flow_run_cancel_node (run, test.node);

  TEST_WAIT (result.calls > 0);
  g_assert_false (g_flow_run_execute_finish (run, result.result, NULL));
  g_assert_cmpuint (test.n_told, ==, 1);
  test_assert_node (run, test.node, CANCELLED);
  if (test.cancellable != NULL)
    g_assert_true (g_cancellable_is_cancelled (test.cancellable));
  g_clear_object (&test.cancellable);
  test_result_clear (&result);
}

static void
never_told_cb (GFlowRun  *run,
               GFlowNode *node,
               gpointer   user_data)
{
  g_assert_not_reached ();
}

static void
test_exempt (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = g_flow_run_new (flow);
  Case test = { .when = BETWEEN_ITERATIONS, .context = test_context () };
  TestResult result;
  GFlowNode *node;

  /* Clean-up is not told that the run was cancelled. */
  test_result_init (&result);
  node = add_in_context (flow, "clean up", body, &test);
  g_flow_node_set_run_when (node, G_FLOW_RUN_WHEN_ALL_FINISHED);
  g_signal_connect (run, "stop-node", G_CALLBACK (never_told_cb), NULL);
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  TEST_WAIT (test.left);
  g_flow_run_cancel (run);
  test_settle (5);
  g_assert_cmpuint (result.calls, ==, 0);
  g_flow_run_complete_node (run, node);
  TEST_WAIT (result.calls > 0);
  test_assert_node (run, node, DONE);
  test_result_clear (&result);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < N_WAYS * N_TIMES; i++)
    {
      g_autofree char *path = g_strdup_printf ("/defer/%s/%s", way_names[i % N_WAYS],
                                               time_names[i / N_WAYS]);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_complete);
    }
  g_test_add_func ("/defer/fails", test_fails);
  g_test_add_func ("/defer/elsewhere", test_elsewhere);
  g_test_add_func ("/defer/many", test_many);
  g_test_add_func ("/defer/deep", test_deep);
  for (guint stop = 0; stop < N_STOPS; stop++)
    {
      g_autofree char *path = g_strdup_printf ("/defer/stop/%s", stop_names[stop]);

      g_test_add_data_func (path, GUINT_TO_POINTER (stop), test_stop);
    }
  g_test_add_func ("/defer/exempt", test_exempt);

  return g_test_run ();
}
