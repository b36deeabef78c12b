/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Sync bodies that defer their nodes, on the way or by what they return, and who completes
 * these. */

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

/* How the body says that its node goes on. */
typedef enum
{
  BY_CALL,
  BY_RETURN, /* the node can defer */
  BY_BOTH,
  N_HOWS,
} How;

static const char * const how_names[] = { "by-call", "by-return", "by-both" };

/* To be called in a body; returns what it returns. */
static gboolean
defer (GFlowNode *node,
       GFlowRun  *run,
       How        how)
{
  if (how != BY_RETURN)
    {
      g_flow_run_defer_node (run, node);
      g_flow_run_defer_node (run, node);
    }
  return how != BY_RETURN;
}

typedef struct
{
  How           how;
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
  const gboolean answer = defer (node, run, test->how);

  test_assert_context (test->context);
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

  return answer;
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
    .when = GPOINTER_TO_UINT (data) / N_WAYS % N_TIMES,
    .how = GPOINTER_TO_UINT (data) / N_WAYS / N_TIMES,
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
  g_flow_node_set_can_defer (node, test.how != BY_CALL);
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

/* Bodies that could defer, and end at once. */

typedef struct
{
  gboolean  defers; /* in the end, by the property */
  gboolean  completes;
  gboolean  fails;
  guint     n_calls;
} Outcome;

static gboolean
body_outcome (GFlowNode  *node,
              GFlowRun   *run,
              gpointer    user_data,
              GError    **error)
{
  Outcome *test = user_data;

  test->n_calls++;
  if (test->completes)
    g_flow_run_complete_node (run, node);
  if (test->fails)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BUSY, "Too busy");

  return !test->fails && !test->defers;
}

static void
test_at_once (gconstpointer data)
{
  const gboolean attended = data != NULL;
  Outcome outcomes[] = {
    { .n_calls = 0 }, { .completes = TRUE }, { .fails = TRUE }, { .completes = TRUE, .fails = TRUE },
    { .defers = TRUE, .completes = TRUE },
  };
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = g_flow_run_new (flow);
  g_autoptr (GError) error = NULL;
  GFlowNode *nodes[G_N_ELEMENTS (outcomes)], *before = NULL;

  /* The first that says something counts. */
  for (guint i = 0; i < G_N_ELEMENTS (outcomes); i++)
    {
      nodes[i] = add_in_context (flow, NULL, body_outcome, &outcomes[i]);
      g_flow_node_set_can_defer (nodes[i], TRUE);
      if (before != NULL)
        g_flow_node_add_upstream (nodes[i], before);
      g_flow_node_set_run_when (nodes[i], G_FLOW_RUN_WHEN_ALL_FINISHED);
      before = nodes[i];
    }
  g_flow_run_set_keep_record (run, attended);
  g_assert_false (test_run_execute (run, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
  for (guint i = 0; i < G_N_ELEMENTS (outcomes); i++)
    {
      g_assert_cmpuint (outcomes[i].n_calls, ==, 1);
      g_assert_cmpuint (g_flow_run_get_node_state (run, nodes[i]), ==,
                        i == 2 ? G_FLOW_NODE_STATE_FAILED : G_FLOW_NODE_STATE_DONE);
    }
}

static void
test_plain_chain (void)
{
  enum { N_NODES = 1000 };
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autofree Outcome *outcomes = g_new0 (Outcome, N_NODES);
  GFlowNode *before = NULL;

  for (guint i = 0; i < N_NODES; i++)
    {
      GFlowNode *node = add_in_context (flow, NULL, body_outcome, &outcomes[i]);

      outcomes[i].completes = outcomes[i].defers = i % 3 == 0;
      g_flow_node_set_can_defer (node, TRUE);
      if (before != NULL)
        g_flow_node_add_upstream (node, before);
      before = node;
    }
  for (guint round = 1; round <= 3; round++)
    {
      g_object_unref (test_execute_well (flow));
      for (guint i = 0; i < N_NODES; i++)
        g_assert_cmpuint (outcomes[i].n_calls, ==, round);
    }
}

static gboolean
body_tries (GFlowNode  *node,
            GFlowRun   *run,
            gpointer    user_data,
            GError    **error)
{
  guint *n_calls = user_data;
  g_autoptr (GError) failure = g_error_new (G_IO_ERROR, G_IO_ERROR_BUSY, "Too busy");

  switch ((*n_calls)++)
    {
    case 0:
      g_flow_run_fail_node (run, node, failure);
      return FALSE;
    case 1:
      g_propagate_error (error, g_steal_pointer (&failure));
      return FALSE;
    default:
      return TRUE;
    }
}

static void
test_retry (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  guint n_calls = 0;
  GFlowNode *node = add_in_context (flow, "node", body_tries, &n_calls);

  g_flow_node_set_can_defer (node, TRUE);
  g_flow_node_set_max_retries (node, 2);
  g_object_unref (test_execute_well (flow));
  g_assert_cmpuint (n_calls, ==, 3);
}

static gboolean
body_false (GFlowNode  *node,
            GFlowRun   *run,
            gpointer    user_data,
            GError    **error)
{
  return FALSE;
}

static void
count_cb (GObject    *object,
          GParamSpec *pspec,
          gpointer    user_data)
{
  ++*(guint *) user_data;
}

static void
test_property (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlow) copy = NULL;
  g_autoptr (GError) error = NULL;
  GFlowNode *node = g_flow_add (flow, "node", body_false, NULL, NULL, NULL);
  GFlowNode *join = g_flow_add (flow, "join", NULL, NULL, NULL, NULL);
  guint n_notified = 0;
  gboolean can_defer;

  g_signal_connect (node, "notify::can-defer", G_CALLBACK (count_cb), &n_notified);
  g_signal_connect (join, "notify::can-defer", G_CALLBACK (count_cb), &n_notified);
  g_assert_false (g_flow_node_get_can_defer (node));
  copy = g_flow_copy (flow);
  g_object_set (node, "can-defer", TRUE, NULL);
  g_object_set (node, "can-defer", TRUE, NULL);
  g_object_get (node, "can-defer", &can_defer, NULL);
  g_assert_true (can_defer);
  g_assert_cmpuint (n_notified, ==, 1);
  g_assert_false (g_flow_equal (flow, copy));
  g_clear_object (&copy);
  copy = g_flow_copy (flow);
  g_assert_true (g_flow_equal (flow, copy));
  g_assert_true (g_flow_node_get_can_defer (g_flow_lookup (copy, "node")));

  /* What has no function has nothing that could. */
  g_flow_node_set_can_defer (join, TRUE);
  g_assert_false (g_flow_node_get_can_defer (join));
  g_flow_node_set_can_defer (join, FALSE);
  g_assert_cmpuint (n_notified, ==, 1);

  /* On a worker it means nothing: there FALSE is a failure. */
  g_assert_null (test_execute (flow, NULL, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_FAILED);
  g_clear_error (&error);
  g_flow_node_set_placement (node, G_FLOW_PLACEMENT_CONTEXT);
  g_flow_node_set_can_defer (node, FALSE);
  g_assert_cmpuint (n_notified, ==, 2);
  g_assert_null (test_execute (flow, NULL, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_FAILED);
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
  How         how;
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
  const gboolean answer = defer (node, run, waiter->how);

  waiter->run = run;
  waiter->node = node;
  g_thread_pool_push (waiter->pool, waiter, NULL);

  return answer;
}

static void
test_many (gconstpointer data)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autofree Waiter *waiters = g_new0 (Waiter, N_MANY);
  GThreadPool *pool = g_thread_pool_new (complete_many, NULL, 3, FALSE, NULL);
  Case test = { .context = test_context (), .left = TRUE };

  for (guint i = 0; i < N_MANY; i++)
    {
      GFlowNode *node = add_in_context (flow, NULL, body_many, &waiters[i]);

      waiters[i].pool = pool;
      waiters[i].how = GPOINTER_TO_UINT (data);
      g_flow_node_set_can_defer (node, waiters[i].how != BY_CALL);
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
  How        how;
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

  const gboolean answer = defer (node, run, test->how);

  if (test->stop == STOP_LATE)
    {
      g_flow_run_cancel_node (run, node);
      g_assert_true (g_cancellable_is_cancelled (g_flow_run_get_node_cancellable (run, node)));
    }
  g_assert_cmpuint (test->n_told, ==, 0);

  return answer;
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
  Stopping test = {
    .stop = GPOINTER_TO_UINT (data) % N_STOPS,
    .how = GPOINTER_TO_UINT (data) / N_STOPS,
  };
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = g_flow_run_new (flow);
  TestResult result;

  test_result_init (&result);
  g_flow_run_set_on_error (run, G_FLOW_ON_ERROR_STOP);
  test.node = add_in_context (flow, "node", body_stopping, &test);
  g_flow_node_set_can_defer (test.node, test.how != BY_CALL);
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

  for (guint i = 0; i < N_WAYS * N_TIMES * N_HOWS; i++)
    {
      g_autofree char *path = g_strdup_printf ("/defer/%s/%s/%s", how_names[i / N_WAYS / N_TIMES],
                                               way_names[i % N_WAYS],
                                               time_names[i / N_WAYS % N_TIMES]);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_complete);
    }
  g_test_add_data_func ("/defer/at-once/plain", NULL, test_at_once);
  g_test_add_data_func ("/defer/at-once/recorded", "recorded", test_at_once);
  g_test_add_func ("/defer/plain-chain", test_plain_chain);
  g_test_add_func ("/defer/retry", test_retry);
  g_test_add_func ("/defer/property", test_property);
  g_test_add_func ("/defer/fails", test_fails);
  g_test_add_func ("/defer/elsewhere", test_elsewhere);
  for (guint how = 0; how < N_HOWS; how++)
    {
      g_autofree char *path = g_strdup_printf ("/defer/many/%s", how_names[how]);

      g_test_add_data_func (path, GUINT_TO_POINTER (how), test_many);
    }
  g_test_add_func ("/defer/deep", test_deep);
  for (guint i = 0; i < N_STOPS * N_HOWS; i++)
    {
      g_autofree char *path = g_strdup_printf ("/defer/stop/%s/%s", how_names[i / N_STOPS],
                                               stop_names[i % N_STOPS]);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_stop);
    }
  g_test_add_func ("/defer/exempt", test_exempt);

  return g_test_run ();
}
