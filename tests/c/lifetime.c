/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Everything is freed, once, in the right thread, however a run ends. */

#include "test-bench.h"

#include <pthread.h>

typedef enum
{
  SUCCESS,
  FAILURE,
  STOPPED,
  CANCELLED,
  CANCELLED_EARLY,
  DROPPED,
  DROPPED_EARLY,
  DEADLINE,
  BAD_GRAPH,
  NEVER_RUN,
  N_ENDS,
} End;

static const char * const end_names[] = {
  "success", "failure", "stopped", "cancelled", "cancelled-early", "dropped", "dropped-early",
  "deadline", "bad-graph", "never-run",
};

static void
closure_freed_cb (gpointer  data,
                  GClosure *closure)
{
  int *n_closures = data;

  *n_closures -= 1;
}

static void
ignore_cb (void)
{
}

static void
connect_counted (gpointer    object,
                 const char *signal,
                 int        *n_closures)
{
  *n_closures += 1;
  g_signal_connect_data (object, signal, G_CALLBACK (ignore_cb), n_closures, closure_freed_cb, 0);
}

/* One of everything: all kinds of nodes, a lock, a group, a flow inside, results, handlers. */
static GFlow *
make_rich_flow (TestBench *bench,
                End        end,
                int       *n_closures)
{
  GFlow *flow = g_flow_new ();
  g_autoptr (GFlow) inner = g_flow_new ();
  g_autoptr (GFlowLock) lock = g_flow_lock_new ();
  g_autoptr (GFlowGroup) group = g_flow_group_new_series ();
  g_autoptr (GError) error = NULL;
  GFlowNode *nodes[6];
  GFlowNode *clean_up;
  GFlowNode *sub;
  TestJob *job;

  test_life_watch (&bench->life, flow);
  test_life_watch (&bench->life, inner);
  test_life_watch (&bench->life, lock);
  test_life_watch (&bench->life, group);
  g_flow_set_max_threads (flow, 3);

  nodes[0] = test_add_sync (bench, flow, "sync", NULL);
  nodes[1] = test_add_context (bench, flow, "context", NULL);
  nodes[2] = test_add_async (bench, flow, "async", NULL);
  nodes[3] = test_add_sync (bench, flow, "critical", &job);
  nodes[4] = test_add_async (bench, flow, "wait", &job);
  nodes[5] = test_add_sync (bench, flow, "last", NULL);
  for (guint i = 0; i < G_N_ELEMENTS (nodes); i++)
    {
      test_job_of (nodes[i])->result = (int) i + 1;
      g_flow_node_add_lock (nodes[i], lock);
      connect_counted (nodes[i], "started", n_closures);
      connect_counted (nodes[i], "always", n_closures);
    }
  g_flow_node_add_upstream (nodes[2], nodes[0]);
  g_flow_node_add_upstream (nodes[3], nodes[2]);
  g_flow_node_add_upstream_by_name (nodes[5], "critical");
  g_flow_node_add_upstream_by_name (nodes[5], "wait");

  if (end == FAILURE || end == STOPPED)
    test_job_fail (test_job_of (nodes[3]), "It broke");
  if (end == CANCELLED || end == DROPPED || end == DEADLINE)
    {
      /* Without a result: for that the body would hold the run. */
      test_job_of (nodes[4])->forever = TRUE;
      test_job_of (nodes[4])->result = 0;
    }
  g_flow_set_on_error (flow, end == STOPPED ? G_FLOW_ON_ERROR_STOP
                                            : G_FLOW_ON_ERROR_SKIP_DEPENDANTS);

  test_add_sync (bench, inner, "inner", NULL);
  test_add_async (bench, inner, "inner-async", NULL);
  sub = g_flow_add_flow (flow, "sub", inner, &error);
  g_assert_no_error (error);
  test_life_watch (&bench->life, sub);

  job = test_bench_job (bench);
  {
    g_autoptr (GFlowNode) member = g_flow_node_new ("member", test_job_sync, job, test_job_destroy);

    test_life_watch (&bench->life, member);
    g_flow_group_append_node (group, member);
  }
  g_assert_true (g_flow_add_group (flow, group, &error));
  g_assert_no_error (error);

  clean_up = test_add_sync (bench, flow, "clean-up", NULL);
  g_flow_node_set_run_when (clean_up, G_FLOW_RUN_WHEN_ALL_FINISHED);
  g_flow_node_add_upstream (clean_up, nodes[5]);
  if (end == BAD_GRAPH)
    g_flow_node_add_upstream_by_name (clean_up, "nobody");

  connect_counted (flow, "started", n_closures);
  connect_counted (flow, "always", n_closures);
  connect_counted (flow, "items-changed", n_closures);

  return flow;
}

static void
check_end (End      end,
           gboolean flow_first)
{
  TestBench bench;
  TestResult result;
  GFlow *flow;
  GFlowRun *run;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  int n_closures = 0;

  test_bench_init (&bench);
  test_result_init (&result);
  flow = make_rich_flow (&bench, end, &n_closures);
  run = g_flow_run_new (flow);
  test_life_watch (&bench.life, run);
  connect_counted (run, "always", &n_closures);
  connect_counted (run, "notify", &n_closures);
  if (end == DEADLINE)
    g_flow_run_set_deadline (run, g_get_monotonic_time () + 20 * 1000);

  if (end != NEVER_RUN)
    {
      g_flow_run_execute (run, cancellable, test_result_cb, &result);
      if (end == CANCELLED_EARLY)
        g_flow_run_cancel (run);
      if (end == DROPPED_EARLY)
        g_clear_object (&run);
      if (flow_first)
        g_clear_object (&flow);
      if (end == CANCELLED || end == DROPPED)
        TEST_WAIT (test_log_count (&bench.log, "wait") == 1);
      if (end == CANCELLED)
        g_cancellable_cancel (cancellable);
      if (end == DROPPED)
        g_clear_object (&run);
      TEST_WAIT (result.calls > 0);
      g_assert_true (g_flow_run_execute_finish (G_FLOW_RUN (result.source), result.result, &error)
                     == (end == SUCCESS));
      g_assert_true ((error == NULL) == (end == SUCCESS));
    }
  g_assert_cmpint (bench.gauge.now, ==, 0);

  test_result_clear (&result);
  if (flow_first)
    {
      g_clear_object (&flow);
      g_clear_object (&run);
    }
  else
    {
      g_clear_object (&run);
      g_clear_object (&flow);
    }
  test_bench_clear (&bench);
  g_assert_cmpint (n_closures, ==, 0);
  g_assert_finalize_object (g_steal_pointer (&cancellable));
}

static void
test_end (gconstpointer data)
{
  End end = GPOINTER_TO_UINT (data);

  check_end (end, FALSE);
  check_end (end, TRUE);
}

/* With a private context: bodies of the bench want that of the test, so only workers. */
static void
test_sync (void)
{
  for (guint i = 0; i < 2; i++)
    {
      TestBench bench;
      g_autoptr (GError) error = NULL;
      g_autoptr (GFlow) flow = g_flow_new ();
      GFlowRun *run;
      TestJob *job;

      test_bench_init (&bench);
      test_life_watch (&bench.life, flow);
      test_add_sync (&bench, flow, "a", &job);
      job->result = 1;
      test_add_sync (&bench, flow, "b", &job);
      g_flow_node_add_upstream (g_flow_lookup (flow, "b"), g_flow_lookup (flow, "a"));
      if (i == 1)
        test_job_fail (job, "It broke");
      run = g_flow_run_new (flow);
      test_life_watch (&bench.life, run);
      g_assert_true (g_flow_run_execute_sync (run, NULL, &error) == (i == 0));
      g_object_unref (run);
      g_clear_object (&flow);
      test_bench_clear (&bench);
    }
}

static void
test_flow_execute_drops (void)
{
  TestBench bench;
  TestResult result;
  g_autoptr (GError) error = NULL;
  GFlow *flow;
  TestJob *job;

  /* The flow is dropped while it runs: the run goes on, and ends well. */
  test_bench_init (&bench);
  test_result_init (&result);
  flow = g_flow_new ();
  test_life_watch (&bench.life, flow);
  test_add_async (&bench, flow, "a", &job);
  job->msec = 10;
  g_flow_node_add_upstream (test_add_sync (&bench, flow, "b", NULL), g_flow_lookup (flow, "a"));
  g_flow_execute (flow, NULL, test_result_cb, &result);
  g_object_unref (flow);
  TEST_WAIT (result.calls > 0);
  flow = G_FLOW (result.source);
  {
    g_autoptr (GFlowRun) run = g_flow_execute_finish (flow, result.result, &error);

    g_assert_no_error (error);
    test_assert_run (run, DONE);
    test_life_watch (&bench.life, run);
  }
  test_assert_log (&bench.log, "a b");
  test_result_clear (&result);
  test_bench_clear (&bench);
}

static void
test_result_not_taken (void)
{
  TestBench bench;
  TestResult result;
  GFlow *flow;

  /* Nobody calls finish. */
  test_bench_init (&bench);
  test_result_init (&result);
  flow = g_flow_new ();
  test_life_watch (&bench.life, flow);
  test_add_sync (&bench, flow, "a", NULL);
  g_flow_execute (flow, NULL, test_result_cb, &result);
  TEST_WAIT (result.calls > 0);
  g_object_unref (flow);
  test_result_clear (&result);
  test_bench_clear (&bench);
}

static void
test_run_outlives_flow (void)
{
  TestBench bench;
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GFlowNode) node = NULL;
  g_autoptr (GFlowStep) step = NULL;
  GFlow *flow;
  TestJob *job;

  test_bench_init (&bench);
  flow = g_flow_new ();
  node = g_object_ref (test_add_sync (&bench, flow, "a", &job));
  test_job_fail (job, "It broke");
  run = g_flow_run_new (flow);
  test_life_watch (&bench.life, run);
  g_assert_false (test_run_execute (run, NULL, NULL));
  g_object_unref (flow);
  test_assert_node (run, node, FAILED);
  g_assert_error (g_flow_run_get_node_error (run, node), G_IO_ERROR, G_IO_ERROR_NOT_FOUND);

  /* And a step the run. */
  step = g_list_model_get_item (g_flow_run_get_errors (run), 0);
  g_clear_object (&run);
  g_assert_true (g_flow_step_get_node (step) == node);
  g_assert_error (g_flow_step_get_error (step), G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_object (&step);
  g_clear_object (&node);
  test_bench_clear (&bench);
}

static void
test_models (void)
{
  TestBench bench;
  GFlow *flow;
  g_autoptr (GListModel) kept = NULL;
  g_autoptr (GFlowNode) removed = NULL;
  GFlowNode *nodes[4];

  /* Having looked at the models of a node keeps nothing alive. */
  test_bench_init (&bench);
  flow = g_flow_new ();
  test_life_watch (&bench.life, flow);
  for (guint i = 0; i < G_N_ELEMENTS (nodes); i++)
    {
      nodes[i] = i % 2 == 0 ? test_add_sync (&bench, flow, NULL, NULL)
                            : test_add_async (&bench, flow, NULL, NULL);
      if (i > 0)
        g_flow_node_add_upstream (nodes[i], nodes[i - 1]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (nodes); i++)
    {
      g_assert_cmpuint (g_list_model_get_n_items (g_flow_node_get_downstreams (nodes[i])), <=, 1);
      g_assert_cmpuint (g_list_model_get_n_items (g_flow_node_get_upstreams (nodes[i])), <=, 1);
      g_assert_cmpuint (g_list_model_get_n_items (g_flow_node_get_locks (nodes[i])), ==, 0);
    }
  kept = g_object_ref (g_flow_node_get_downstreams (nodes[0]));
  removed = g_object_ref (nodes[3]);
  g_object_unref (test_execute_well (flow));
  g_assert_true (g_flow_remove_node (flow, nodes[3], NULL));
  g_object_unref (flow);
  g_assert_cmpuint (g_list_model_get_n_items (g_flow_node_get_downstreams (removed)), ==, 0);
  g_clear_object (&removed);
  g_clear_object (&kept);
  test_bench_clear (&bench);
}

static void
test_dispose (void)
{
  TestBench bench;
  GFlow *flow;
  GFlowRun *run;
  GFlowLock *lock = g_flow_lock_new ();
  GFlowGroup *group = g_flow_group_new_series ();

  /* Disposing twice is allowed. */
  test_bench_init (&bench);
  flow = g_flow_new ();
  test_life_watch (&bench.life, flow);
  test_add_sync (&bench, flow, "a", NULL);
  run = g_flow_run_new (flow);
  test_life_watch (&bench.life, run);
  g_object_run_dispose (G_OBJECT (run));
  g_object_run_dispose (G_OBJECT (run));
  g_object_unref (run);
  g_object_run_dispose (G_OBJECT (flow));
  g_object_run_dispose (G_OBJECT (flow));
  g_object_unref (flow);
  g_object_run_dispose (G_OBJECT (lock));
  g_assert_finalize_object (lock);
  g_object_run_dispose (G_OBJECT (group));
  g_assert_finalize_object (group);
  test_bench_clear (&bench);
}

static void
chained_destroy (gpointer user_data)
{
  GFlow *other = user_data;

  /* User code at the end of a node may do anything with other flows. */
  g_assert_nonnull (g_flow_add (other, NULL, test_body_nothing, NULL, NULL, NULL));
  g_object_unref (other);
}

static void
test_destroy_does_things (void)
{
  TestLife life;
  GFlow *flow = g_flow_new ();
  GFlow *other = g_flow_new ();
  GFlowNode *node;

  test_life_init (&life);
  test_life_watch (&life, flow);
  test_life_watch (&life, other);
  for (guint i = 0; i < 5; i++)
    g_assert_nonnull (g_flow_add (flow, NULL, test_body_nothing, g_object_ref (other),
                                  chained_destroy, NULL));
  node = g_flow_lookup (flow, "node0");
  g_object_unref (test_execute_well (flow));
  g_assert_true (g_flow_remove_node (flow, node, NULL));
  g_object_unref (flow);
  g_object_unref (other);
  test_life_assert_over (&life);
}

/* Long chains in a thread with a small stack */

static gpointer
in_small_stack (void *(*func) (void *))
{
  pthread_attr_t attributes;
  pthread_t thread;
  void *value = NULL;

  pthread_attr_init (&attributes);
  g_assert_cmpint (pthread_attr_setstacksize (&attributes, 256 * 1024), ==, 0);
  g_assert_cmpint (pthread_create (&thread, &attributes, func, NULL), ==, 0);
  g_assert_cmpint (pthread_join (thread, &value), ==, 0);
  pthread_attr_destroy (&attributes);

  return value;
}

#define CHAIN 100000

static int n_chain_destroyed;

static void
chain_destroy (gpointer user_data)
{
  g_atomic_int_inc (&n_chain_destroyed);
}

static void *
chain_in_flow (void *data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  GFlow *flow;
  GFlowNode *previous = NULL;
  TestLife life;

  g_main_context_push_thread_default (context);
  test_life_init (&life);
  flow = g_flow_new ();
  test_life_watch (&life, flow);
  for (guint i = 0; i < CHAIN; i++)
    {
      GFlowNode *node = g_flow_add (flow, NULL, test_body_nothing, NULL, chain_destroy, NULL);

      if (previous != NULL)
        g_flow_node_add_upstream (node, previous);
      previous = node;
    }
  test_life_watch (&life, previous);
  g_object_unref (test_execute_well (flow));
  g_object_unref (flow);
  test_life_assert_over (&life);
  g_main_context_pop_thread_default (context);

  return NULL;
}

static void *
chain_never_added (void *data)
{
  GFlowNode *previous = NULL;
  TestLife life;

  test_life_init (&life);
  for (guint i = 0; i < CHAIN; i++)
    {
      GFlowNode *node = g_flow_node_new (NULL, test_body_nothing, NULL, chain_destroy);

      if (previous != NULL)
        {
          g_flow_node_add_upstream (node, previous);
          g_object_unref (previous);
        }
      else
        {
          test_life_watch (&life, node);
        }
      previous = node;
    }
  g_object_unref (previous);
  g_assert_cmpint (life.alive, ==, 0);

  return NULL;
}

static void *
chain_removed (void *data)
{
  GFlow *flow = g_flow_new ();
  GFlowNode *last = NULL;
  TestLife life;

  /* The chain leaves the flow, and then goes by its last node. */
  test_life_init (&life);
  for (guint i = 0; i < CHAIN / 10; i++)
    {
      GFlowNode *node = g_flow_add (flow, NULL, test_body_nothing, NULL, chain_destroy, NULL);

      if (last != NULL)
        g_flow_node_add_upstream (node, last);
      last = node;
    }
  test_life_watch (&life, g_flow_lookup (flow, "node0"));
  g_object_ref (last);
  g_object_unref (flow);
  g_object_unref (last);
  g_assert_cmpint (life.alive, ==, 0);

  return NULL;
}

static void
test_chain_in_flow (void)
{
  n_chain_destroyed = 0;
  in_small_stack (chain_in_flow);
  g_assert_cmpint (n_chain_destroyed, ==, CHAIN);
}

static void
test_chain_never_added (void)
{
  n_chain_destroyed = 0;
  in_small_stack (chain_never_added);
  g_assert_cmpint (n_chain_destroyed, ==, CHAIN);
}

static void
test_chain_removed (void)
{
  n_chain_destroyed = 0;
  in_small_stack (chain_removed);
  g_assert_cmpint (n_chain_destroyed, ==, CHAIN / 10);
}

/* Threads */

typedef struct
{
  TestGate gate;
  GFlow   *flow;
  GThread *thread;
  int      n_destroyed;
} Remote;

static void
remote_destroy (gpointer user_data)
{
  Remote *remote = user_data;

  g_assert_true (g_thread_self () == remote->thread);
  g_atomic_int_inc (&remote->n_destroyed);
}

static gpointer
remote_thread (gpointer user_data)
{
  Remote *remote = user_data;

  /* A flow belongs here: that is where its data is destroyed, whoever drops it. */
  remote->thread = g_thread_self ();
  remote->flow = g_flow_new ();
  for (guint i = 0; i < 10; i++)
    g_assert_nonnull (g_flow_add (remote->flow, NULL, test_body_nothing, remote, remote_destroy,
                                  NULL));
  g_object_unref (test_execute_well (remote->flow));
  test_gate_open (&remote->gate);
  TEST_WAIT (g_atomic_int_get (&remote->n_destroyed) == 10);

  return NULL;
}

static void
test_last_unref_elsewhere (void)
{
  Remote remote = { .n_destroyed = 0 };
  GThread *thread;

  test_gate_init (&remote.gate);
  thread = test_thread_new ("remote", remote_thread, &remote);
  test_gate_wait (&remote.gate);
  g_object_unref (remote.flow);
  g_thread_join (thread);
  g_assert_cmpint (remote.n_destroyed, ==, 10);
  test_gate_clear (&remote.gate);
}

static gboolean
body_drop_flow (GFlowNode  *node,
                GFlowRun   *run,
                gpointer    user_data,
                GError    **error)
{
  GFlow **flow = user_data;

  /* On a worker: the last reference but that of the run itself. */
  g_clear_object (flow);

  return TRUE;
}

static void
test_unref_on_worker (void)
{
  TestBench bench;
  TestResult result;
  GFlow *flow;
  GFlow *dropped;
  GFlowRun *run;

  test_bench_init (&bench);
  test_result_init (&result);
  flow = g_flow_new ();
  test_life_watch (&bench.life, flow);
  test_add_sync (&bench, flow, "a", NULL);
  dropped = flow;
  g_assert_nonnull (g_flow_add (flow, "drops", body_drop_flow, &dropped, NULL, NULL));
  run = g_flow_run_new (flow);
  test_life_watch (&bench.life, run);
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  TEST_WAIT (result.calls > 0);
  g_assert_null (dropped);
  g_assert_true (g_flow_run_execute_finish (run, result.result, NULL));
  test_result_clear (&result);
  g_object_unref (run);
  test_bench_clear (&bench);
}

static void
test_other_flow_on_worker (void)
{
  TestBench bench;
  g_autoptr (GFlow) outer = g_flow_new ();
  GFlow *inner;

  /* A worker drops the last reference to a flow that belongs to this thread. */
  test_bench_init (&bench);
  inner = g_flow_new ();
  test_add_sync (&bench, inner, "a", NULL);
  g_assert_nonnull (g_flow_add (outer, "drops", body_drop_flow, &inner, NULL, NULL));
  bench.life.thread = NULL;
  g_object_unref (test_execute_well (outer));
  g_assert_null (inner);
  g_clear_object (&outer);
  test_bench_clear (&bench);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (guint end = 0; end < N_ENDS; end++)
    {
      g_autofree char *path = g_strdup_printf ("/lifetime/end/%s", end_names[end]);

      g_test_add_data_func (path, GUINT_TO_POINTER (end), test_end);
    }
  g_test_add_func ("/lifetime/sync", test_sync);
  g_test_add_func ("/lifetime/flow-execute-drops", test_flow_execute_drops);
  g_test_add_func ("/lifetime/result-not-taken", test_result_not_taken);
  g_test_add_func ("/lifetime/run-outlives-flow", test_run_outlives_flow);
  g_test_add_func ("/lifetime/models", test_models);
  g_test_add_func ("/lifetime/dispose", test_dispose);
  g_test_add_func ("/lifetime/destroy-does-things", test_destroy_does_things);
  g_test_add_func ("/lifetime/chain/in-flow", test_chain_in_flow);
  g_test_add_func ("/lifetime/chain/never-added", test_chain_never_added);
  g_test_add_func ("/lifetime/chain/removed", test_chain_removed);
  g_test_add_func ("/lifetime/last-unref-elsewhere", test_last_unref_elsewhere);
  g_test_add_func ("/lifetime/unref-on-worker", test_unref_on_worker);
  g_test_add_func ("/lifetime/other-flow-on-worker", test_other_flow_on_worker);

  return g_test_run ();
}
