/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Runs that grow: bodies that start runs as parts of their nodes. */

#include "test-bench.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

/* How the body that spawns is called, and how the run is executed. */
typedef enum
{
  ON_WORKER,
  IN_CONTEXT,
  AS_TASK,
  AS_SLOW_TASK, /* spawns from a thread, after the body has returned */
  N_KINDS,
} Kind;

static const char * const kind_names[] = { "worker", "context", "task", "slow-task" };

typedef struct
{
  Kind     kind;
  gboolean sync;
} Way;

/* What a body spawns */
typedef struct
{
  GFlow  *flows[4]; /* (unowned), up to NULL */
  GError *error;    /* (nullable): what the body itself fails with */
} Spawner;

static void
spawn_all (Spawner   *spawner,
           GFlowNode *node,
           GFlowRun  *run)
{
  for (guint i = 0; spawner->flows[i] != NULL; i++)
    g_assert_true (G_IS_FLOW_RUN (g_flow_run_spawn (run, node, spawner->flows[i])));
}

static gboolean
body_spawn (GFlowNode  *node,
            GFlowRun   *run,
            gpointer    user_data,
            GError    **error)
{
  Spawner *spawner = user_data;

  spawn_all (spawner, node, run);
  if (spawner->error == NULL)
    return TRUE;
  g_propagate_error (error, g_error_copy (spawner->error));
  return FALSE;
}

static void
return_task (Spawner *spawner,
             GTask   *task)
{
  if (spawner->error != NULL)
    g_task_return_error (task, g_error_copy (spawner->error));
  else
    g_task_return_boolean (task, TRUE);
}

static void
task_spawn (GFlowNode  *node,
            GFlowRun   *run,
            GTask      *task,
            gpointer    user_data,
            GError    **error)
{
  spawn_all (user_data, node, run);
  return_task (user_data, task);
}

static gpointer
spawn_thread (gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Spawner *spawner = g_task_get_task_data (task);

  spawn_all (spawner, g_task_get_source_object (task), g_object_get_data (G_OBJECT (task), "run"));
  return_task (spawner, task);
  return NULL;
}

static void
slow_task_spawn (GFlowNode  *node,
                 GFlowRun   *run,
                 GTask      *task,
                 gpointer    user_data,
                 GError    **error)
{
  g_task_set_task_data (task, user_data, NULL);
  g_object_set_data (G_OBJECT (task), "run", run);
  g_thread_unref (g_thread_new ("spawner", spawn_thread, g_object_ref (task)));
}

static GFlowNode *
add_spawner (GFlow   *flow,
             Spawner *spawner,
             Kind     kind)
{
  GFlowNode *node;

  if (kind == AS_TASK || kind == AS_SLOW_TASK)
    return g_flow_add_task (flow, "spawner", kind == AS_TASK ? task_spawn : slow_task_spawn,
                            spawner, NULL, NULL);
  node = g_flow_add (flow, "spawner", body_spawn, spawner, NULL, NULL);
  if (kind == IN_CONTEXT)
    g_flow_node_set_placement (node, G_FLOW_PLACEMENT_CONTEXT);
  return node;
}

static gboolean
execute (GFlowRun  *run,
         gboolean   sync,
         GError   **error)
{
  return sync ? g_flow_run_execute_sync (run, NULL, error) : test_run_execute (run, NULL, error);
}

/* The plain case */

static void
test_well (gconstpointer data)
{
  const Way *way = data;
  g_autoptr (GFlow) flow = g_flow_new (), inner = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  Spawner spawner = { .flows = { inner, inner } };
  GFlowNode *spawning, *after;
  TestBench bench;
  TestJob *job;

  g_test_summary ("A node ends when its body and its sub-runs have ended, and what waits for it "
                  "comes after that");
  test_bench_init (&bench);
  test_add_sync (&bench, inner, "x", &job);
  job->msec = 5;
  test_add_sync (&bench, inner, "y", NULL);
  g_flow_node_add_upstream_by_name (g_flow_lookup (inner, "y"), "x");
  spawning = add_spawner (flow, &spawner, way->kind);
  after = test_add_sync (&bench, flow, "after", NULL);
  g_flow_node_add_upstream (after, spawning);

  run = g_flow_run_new (flow);
  execute (run, way->sync, &error);
  g_assert_no_error (error);
  test_assert_run (run, DONE);
  test_assert_node (run, spawning, DONE);
  g_assert_cmpuint (test_log_count (&bench.log, "y"), ==, 2);
  g_assert_cmpint (test_log_index (&bench.log, "after"), ==, 4);

  g_clear_object (&run);
  g_assert_finalize_object (g_steal_pointer (&flow));
  g_assert_finalize_object (g_steal_pointer (&inner));
  test_bench_clear (&bench);
}

/* Many nodes that spawn, on workers, and other nodes around them. */
static void
test_many (gconstpointer data)
{
  const gboolean sync = GPOINTER_TO_INT (data);
  enum { NODES = 200 };

  g_test_summary ("Many nodes spawn, in runs with and without a context, with priorities, locks "
                  "and a limit");
  for (guint round = 0; round < 12; round++)
    {
      g_autoptr (GFlow) flow = g_flow_new (), inner = g_flow_new (), empty = g_flow_new ();
      g_autoptr (GFlowRun) run = NULL;
      g_autoptr (GError) error = NULL;
      g_autoptr (GFlowLock) lock = g_flow_lock_new_with_permits (2);
      Spawner spawner = { .flows = { inner, empty, inner } };
      GFlowNode *nodes[2 * NODES];
      TestBench bench;

      test_bench_init (&bench);
      test_add_sync (&bench, inner, NULL, NULL);
      if (round % 3 == 1 && !sync)
        test_add_async (&bench, inner, NULL, NULL);
      for (guint i = 0; i < 2 * NODES; i++)
        {
          nodes[i] = i % 2 == 0 ? g_flow_add (flow, NULL, body_spawn, &spawner, NULL, NULL)
                                : test_add_sync (&bench, flow, NULL, NULL);
          for (guint k = g_test_rand_int_range (0, 4); k > 0 && i > 0; k--)
            g_flow_node_add_upstream (nodes[i], nodes[g_test_rand_int_range (0, i)]);
          if (round % 4 == 1)
            g_flow_node_set_priority (nodes[i], g_test_rand_int_range (-3, 4));
          if (round % 4 == 2)
            g_flow_node_add_lock (nodes[i], lock);
        }
      if (round % 4 == 3)
        g_flow_set_max_parallel (flow, 3);
      run = g_flow_run_new (flow);
      execute (run, sync, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (g_flow_run_get_n_done (run), ==, 2 * NODES);
      g_assert_cmpint (bench.gauge.total, ==,
                       NODES + NODES * 2 * (int) g_list_model_get_n_items (G_LIST_MODEL (inner)));
      g_clear_object (&run);
      g_clear_object (&flow);
      g_clear_object (&inner);
      test_bench_clear (&bench);
    }
}

/* Errors */

static void
test_sub_run_fails (gconstpointer data)
{
  const Way *way = data;
  g_autoptr (GFlow) flow = g_flow_new (), good = g_flow_new (), bad = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  Spawner spawner = { .flows = { good, bad, good } };
  GFlowNode *spawning, *after, *handler;
  GListModel *errors;
  TestBench bench;
  TestJob *job;

  g_test_summary ("The first error of a sub-run fails the node, once, and the others go on");
  test_bench_init (&bench);
  test_add_sync (&bench, good, "good", &job);
  job->msec = 5;
  test_add_sync (&bench, bad, "bad", &job);
  test_job_fail (job, "It broke");
  spawning = add_spawner (flow, &spawner, way->kind);
  after = test_add_sync (&bench, flow, "after", NULL);
  handler = test_add_sync (&bench, flow, "handler", NULL);
  g_flow_node_add_upstream (after, spawning);
  g_flow_node_add_upstream (handler, spawning);
  g_flow_node_set_run_when (handler, G_FLOW_RUN_WHEN_ANY_FAILED);

  run = g_flow_run_new (flow);
  g_assert_false (execute (run, way->sync, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  test_assert_node (run, spawning, FAILED);
  test_assert_node (run, after, SKIPPED);
  test_assert_node (run, handler, DONE);
  g_assert_error (g_flow_run_get_node_error (run, spawning), G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_cmpuint (test_log_count (&bench.log, "good"), ==, 2);
  errors = g_flow_run_get_errors (run);
  g_assert_cmpuint (g_list_model_get_n_items (errors), ==, 1);

  g_clear_object (&run);
  g_clear_object (&flow);
  g_clear_object (&good);
  g_clear_object (&bad);
  test_bench_clear (&bench);
}

static void
test_body_fails (gconstpointer data)
{
  const Way *way = data;
  g_autoptr (GFlow) flow = g_flow_new (), inner = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  Spawner spawner = {
    .flows = { inner }, .error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_BUSY, "No"),
  };
  GFlowNode *spawning;
  TestBench bench;
  TestJob *job;

  g_test_summary ("A body that fails after it has spawned: the node fails, when the sub-run has "
                  "ended");
  test_bench_init (&bench);
  test_add_sync (&bench, inner, "inner", &job);
  job->msec = 5;
  spawning = add_spawner (flow, &spawner, way->kind);
  run = g_flow_run_new (flow);
  g_assert_false (execute (run, way->sync, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
  test_assert_node (run, spawning, FAILED);
  g_assert_cmpint (job->ended, ==, 1);

  g_error_free (spawner.error);
  g_clear_object (&run);
  g_clear_object (&flow);
  g_clear_object (&inner);
  test_bench_clear (&bench);
}

static void
test_stop (gconstpointer data)
{
  const Way *way = data;
  g_autoptr (GFlow) flow = g_flow_new (), endless = g_flow_new (), bad = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  Spawner spawner = { .flows = { endless, bad } };
  TestBench bench;
  TestJob *job;

  g_test_summary ("Under the strictest policy a sub-run that fails stops the others");
  test_bench_init (&bench);
  test_add_sync (&bench, endless, "endless", &job);
  job->forever = TRUE;
  test_add_sync (&bench, bad, "bad", &job);
  test_job_fail (job, "It broke");
  job->company = 2;
  add_spawner (flow, &spawner, way->kind);
  g_flow_set_on_error (flow, G_FLOW_ON_ERROR_STOP);
  run = g_flow_run_new (flow);
  g_assert_false (execute (run, way->sync, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  test_assert_run (run, FAILED);

  g_clear_object (&run);
  g_clear_object (&flow);
  g_clear_object (&endless);
  g_clear_object (&bad);
  test_bench_clear (&bench);
}

static void
test_refused (gconstpointer data)
{
  const Way *way = data;
  g_autoptr (GFlow) flow = g_flow_new (), bad = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  Spawner spawner = { .flows = { bad } };
  GFlowNode *node = g_flow_add (bad, "x", NULL, NULL, NULL, NULL);

  g_test_summary ("A bad flow fails the node that spawns it");
  g_flow_node_add_upstream_by_name (node, "nobody");
  node = add_spawner (flow, &spawner, way->kind);
  run = g_flow_run_new (flow);
  g_assert_false (execute (run, way->sync, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_UNKNOWN_NODE);
  test_assert_node (run, node, FAILED);
}

static void
test_locks (void)
{
  g_autoptr (GFlow) flow = g_flow_new (), inner = g_flow_new ();
  g_autoptr (GFlowLock) lock = g_flow_lock_new ();
  Spawner spawner = { .flows = { inner } }, again = { .flows = { flow } };
  g_autoptr (GError) error = NULL;
  GFlowNode *node = add_spawner (flow, &spawner, ON_WORKER);

  g_test_summary ("A sub-run that needs a lock that its node holds is refused, and does not hang");
  g_flow_node_add_lock (node, lock);
  g_flow_node_add_lock (g_flow_add (inner, "x", NULL, NULL, NULL, NULL), lock);
  g_assert_null (test_execute (flow, NULL, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_RECURSION);
  test_assert_contains (error->message, "“spawner”");
  g_clear_error (&error);
  g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 0);

  g_assert_true (g_flow_remove_node (flow, node, NULL));
  add_spawner (flow, &again, ON_WORKER);
  g_flow_set_max_parallel (flow, 1);
  g_assert_null (test_execute (flow, NULL, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_RECURSION);
}

/* Attempts */

static gboolean
body_fail_at_first (GFlowNode  *node,
                    GFlowRun   *run,
                    gpointer    user_data,
                    GError    **error)
{
  if (g_atomic_int_add ((int *) user_data, 1) >= 2)
    return TRUE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BUSY, "Not yet");
  return FALSE;
}

static void
test_retry (gconstpointer data)
{
  const Way *way = data;
  g_autoptr (GFlow) flow = g_flow_new (), good = g_flow_new (), bad = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  Spawner spawner = { .flows = { bad, good } };
  GFlowNode *spawning;
  TestBench bench;
  int n = 0;

  g_test_summary ("An attempt ends with its sub-runs, and the next one has others");
  test_bench_init (&bench);
  test_add_sync (&bench, good, "good", NULL);
  g_flow_add (bad, NULL, body_fail_at_first, &n, NULL, NULL);
  spawning = add_spawner (flow, &spawner, way->kind);
  g_flow_node_set_max_retries (spawning, 3);
  g_flow_node_add_upstream (test_add_sync (&bench, flow, "after", NULL), spawning);
  run = g_flow_run_new (flow);
  execute (run, way->sync, &error);
  g_assert_no_error (error);
  g_assert_cmpint (n, ==, 3);
  test_assert_log (&bench.log, "good good good after");
  g_clear_object (&run);
  g_clear_object (&flow);
  g_clear_object (&good);
  test_bench_clear (&bench);
}

static void
test_timeout (gconstpointer data)
{
  const Way *way = data;
  g_autoptr (GFlow) flow = g_flow_new (), endless = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  Spawner spawner = { .flows = { endless } };
  TestBench bench;
  TestJob *job;

  g_test_summary ("The timeout of a node is for its sub-runs, too");
  test_bench_init (&bench);
  test_add_sync (&bench, endless, "endless", &job);
  job->forever = TRUE;
  g_flow_node_set_timeout (add_spawner (flow, &spawner, way->kind), 10);
  run = g_flow_run_new (flow);
  g_assert_false (execute (run, way->sync, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  /* On a busy machine it may not have begun by then. */
  g_assert_cmpint (job->cancelled, ==, job->runs);
  g_clear_object (&run);
  g_clear_object (&flow);
  g_clear_object (&endless);
  test_bench_clear (&bench);
}

/* Cancelling */

typedef enum
{
  THE_RUN,
  THE_NODE,
  THE_SUB_RUN,
  BY_DROPPING,
} Victim;

typedef struct
{
  Spawner   spawner;
  GFlowRun *sub_run; /* (owned), atomic */
} Watched;

static gboolean
body_spawn_watched (GFlowNode  *node,
                    GFlowRun   *run,
                    gpointer    user_data,
                    GError    **error)
{
  Watched *watched = user_data;

  g_atomic_pointer_set (&watched->sub_run,
                        g_object_ref (g_flow_run_spawn (run, node, watched->spawner.flows[0])));

  return TRUE;
}

static void
test_cancel (gconstpointer data)
{
  const Victim victim = GPOINTER_TO_INT (data);

  g_test_summary ("Cancelling the run, the node or the sub-run ends what is inside, and what is "
                  "outside as cancelled");
  for (Kind kind = ON_WORKER; kind <= IN_CONTEXT; kind++)
    {
      g_autoptr (GFlow) flow = g_flow_new (), inner = g_flow_new ();
      g_autoptr (GFlowRun) run = NULL;
      Watched watched = { .spawner = { .flows = { inner } } };
      GFlowNode *node;
      TestBench bench;
      TestResult result;
      TestJob *jobs[2];

      test_bench_init (&bench);
      test_result_init (&result);
      test_add_sync (&bench, inner, "x", &jobs[0]);
      test_add_async (&bench, inner, "y", &jobs[1]);
      jobs[0]->forever = jobs[1]->forever = TRUE;
      node = g_flow_add (flow, "node", body_spawn_watched, &watched, NULL, NULL);
      if (kind == IN_CONTEXT)
        g_flow_node_set_placement (node, G_FLOW_PLACEMENT_CONTEXT);
      run = g_flow_run_new (flow);
      g_flow_run_execute (run, NULL, test_result_cb, &result);
      TEST_WAIT (g_atomic_int_get (&bench.gauge.now) == 2 &&
                 g_atomic_pointer_get (&watched.sub_run) != NULL);
      test_assert_node (run, node, RUNNING);

      switch (victim)
        {
        case THE_RUN:
          g_flow_run_cancel (run);
          break;
        case THE_NODE:
          g_flow_run_cancel_node (run, node);
          break;
        case THE_SUB_RUN:
          g_flow_run_cancel (watched.sub_run);
          break;
        case BY_DROPPING:
        default:
          g_clear_object (&run);
          break;
        }
      TEST_WAIT (result.calls > 0);
      g_assert_cmpint (bench.gauge.now, ==, 0);
      test_assert_run (watched.sub_run, CANCELLED);
      if (run != NULL)
        {
          test_assert_run (run, CANCELLED);
          test_assert_node (run, node, CANCELLED);
        }

      test_result_clear (&result);
      g_clear_object (&watched.sub_run);
      g_clear_object (&run);
      g_clear_object (&flow);
      g_clear_object (&inner);
      test_bench_clear (&bench);
    }
}

static gboolean
body_cancel (GFlowNode  *node,
             GFlowRun   *run,
             gpointer    user_data,
             GError    **error)
{
  g_cancellable_cancel (user_data);

  return TRUE;
}

static void
test_cancel_sync (void)
{
  g_test_summary ("A waiting caller's cancellable reaches sub-runs of sub-runs");
  for (guint i = 0; i < 100; i++)
    {
      g_autoptr (GFlow) flow = g_flow_new (), middle = g_flow_new (), inner = g_flow_new ();
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      g_autoptr (GFlowRun) run = NULL;
      g_autoptr (GError) error = NULL;
      Spawner outer_spawner = { .flows = { middle } }, middle_spawner = { .flows = { inner } };
      TestBench bench;
      TestJob *job;

      test_bench_init (&bench);
      test_add_sync (&bench, inner, "endless", &job);
      job->forever = TRUE;
      g_flow_add (inner, NULL, body_cancel, cancellable, NULL, NULL);
      add_spawner (middle, &middle_spawner, i % N_KINDS);
      add_spawner (flow, &outer_spawner, ON_WORKER);
      run = g_flow_run_new (flow);
      g_assert_false (g_flow_run_execute_sync (run, cancellable, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_clear_object (&run);
      g_clear_object (&flow);
      g_clear_object (&middle);
      g_clear_object (&inner);
      test_bench_clear (&bench);
    }
}

/* Depth */

static gboolean
body_for_ever (GFlowNode  *node,
               GFlowRun   *run,
               gpointer    user_data,
               GError    **error)
{
  g_flow_run_spawn (run, node, g_flow_run_get_flow (run));

  return TRUE;
}

static void
test_for_ever (gconstpointer data)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = g_flow_run_new (flow);
  g_autoptr (GError) error = NULL;

  g_test_summary ("A recursion without end fails, at a known depth");
  g_flow_add (flow, "x", body_for_ever, NULL, NULL, NULL);
  g_assert_false (execute (run, GPOINTER_TO_INT (data), &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_RECURSION);
  test_assert_contains (error->message, "1000");
}

typedef struct
{
  TestBench bench;
  GFlow    *end;
  int       depth; /* atomic */
} Chain;

static gboolean
body_next_link (GFlowNode  *node,
                GFlowRun   *run,
                gpointer    user_data,
                GError    **error)
{
  Chain *chain = user_data;

  g_flow_run_spawn (run, node, g_atomic_int_add (&chain->depth, 1) < 900
                                 ? g_flow_run_get_flow (run) : chain->end);

  return TRUE;
}

static void
test_cancel_deep (void)
{
  g_autoptr (GFlow) flow = g_flow_new (), end = g_flow_new ();
  g_autoptr (GFlowRun) run = g_flow_run_new (flow);
  Chain chain = { .end = end };
  TestResult result;
  TestJob *job;

  g_test_summary ("A cancellation finds its way to the innermost of 900 runs");
  test_bench_init (&chain.bench);
  test_result_init (&result);
  g_flow_add (flow, "link", body_next_link, &chain, NULL, NULL);
  test_add_sync (&chain.bench, end, "end", &job);
  job->forever = TRUE;
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  TEST_WAIT (g_atomic_int_get (&chain.bench.gauge.now) == 1);
  g_flow_run_cancel (run);
  TEST_WAIT (result.calls > 0);
  test_assert_run (run, CANCELLED);
  test_result_clear (&result);
  g_clear_object (&run);
  g_clear_object (&flow);
  g_clear_object (&end);
  test_bench_clear (&chain.bench);
}

/* Divide and conquer: sums numbers by runs of the same flow for halves of them. */

static void
add_up_cb (GFlowRun *child,
           GFlowRun *run)
{
  GFlowNode *node = g_list_model_get_item (G_LIST_MODEL (g_flow_run_get_flow (run)), 0);
  int *sum = g_object_get_data (G_OBJECT (run), "sum");

  *sum += g_value_get_int (g_flow_run_get_result (child, node));
  if (g_object_get_data (G_OBJECT (run), "first") == NULL)
    {
      g_object_set_data (G_OBJECT (run), "first", child);
    }
  else
    {
      g_auto (GValue) value = G_VALUE_INIT;

      g_value_init (&value, G_TYPE_INT);
      g_value_set_int (&value, *sum);
      g_flow_run_set_result (run, node, &value);
    }
  g_object_unref (node);
}

static void
spawn_half (GFlowRun  *run,
            GFlowNode *node,
            int        first,
            int        n)
{
  g_autoptr (GFlowRun) child = g_flow_run_new (g_flow_run_get_flow (run));

  g_flow_run_set_parameters (child, g_variant_new_parsed ("{'first': <%i>, 'n': <%i>}", first, n));
  g_signal_connect_object (child, "done", G_CALLBACK (add_up_cb), run, 0);
  g_flow_run_spawn_run (run, node, child);
}

static gboolean
body_sum (GFlowNode  *node,
          GFlowRun   *run,
          gpointer    user_data,
          GError    **error)
{
  int first, n;

  g_variant_lookup (g_flow_run_get_parameters (run), "first", "i", &first);
  g_variant_lookup (g_flow_run_get_parameters (run), "n", "i", &n);
  if (n == 1)
    {
      g_auto (GValue) value = G_VALUE_INIT;

      g_value_init (&value, G_TYPE_INT);
      g_value_set_int (&value, first);
      g_flow_run_set_result (run, node, &value);
      return TRUE;
    }
  g_object_set_data_full (G_OBJECT (run), "sum", g_new0 (int, 1), g_free);
  spawn_half (run, node, first, n / 2);
  spawn_half (run, node, first + n / 2, n - n / 2);
  return TRUE;
}

static void
test_divide (gconstpointer data)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = g_flow_run_new (flow);
  g_autoptr (GError) error = NULL;
  GFlowNode *node = g_flow_add (flow, "sum", body_sum, NULL, NULL, NULL);

  g_test_summary ("A flow that spawns runs of itself for the halves of its task");
  g_flow_run_set_parameters (run, g_variant_new_parsed ("{'first': <1>, 'n': <1000>}"));
  execute (run, GPOINTER_TO_INT (data), &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_value_get_int (g_flow_run_get_result (run, node)), ==, 500500);
  g_assert_finalize_object (g_steal_pointer (&run));
  g_assert_finalize_object (g_steal_pointer (&flow));
}

/* Lifetime: flows that bodies make, and what is in them. */

typedef struct
{
  TestBench bench;
  GThread  *thread; /* where things are to be destroyed */
  int       n_made; /* atomic */
  int       n_destroyed; /* atomic */
  int       n_astray;    /* atomic: destroyed in another thread */
  gboolean  fails;
} Maker;

static void
maker_destroyed (gpointer data)
{
  Maker *maker = data;

  g_atomic_int_inc (&maker->n_destroyed);
  if (g_thread_self () != maker->thread)
    g_atomic_int_inc (&maker->n_astray);
}

static gboolean
body_made (GFlowNode  *node,
           GFlowRun   *run,
           gpointer    user_data,
           GError    **error)
{
  g_auto (GValue) value = G_VALUE_INIT;
  g_autoptr (GObject) object = g_object_new (G_TYPE_OBJECT, NULL);
  Maker *maker = user_data;

  test_life_watch (&maker->bench.life, object);
  g_value_init (&value, G_TYPE_OBJECT);
  g_value_set_object (&value, object);
  g_flow_run_set_result (run, node, &value);
  if (maker->fails)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "No");

  return !maker->fails;
}

static gboolean
body_make_flow (GFlowNode  *node,
                GFlowRun   *run,
                gpointer    user_data,
                GError    **error)
{
  Maker *maker = user_data;
  g_autoptr (GFlow) flow = g_flow_new ();

  g_atomic_int_inc (&maker->n_made);
  g_flow_add (flow, NULL, body_made, maker, maker_destroyed, NULL);
  g_flow_run_spawn (run, node, flow);

  return TRUE;
}

static void
test_made_on_workers (gconstpointer data)
{
  const gboolean sync = GPOINTER_TO_INT (data);

  g_test_summary ("What bodies make on workers, and spawn, is destroyed, where the run belongs");
  for (guint round = 0; round < 20; round++)
    {
      g_autoptr (GFlow) flow = g_flow_new ();
      g_autoptr (GFlowRun) run = g_flow_run_new (flow);
      Maker maker = { .thread = g_thread_self (), .fails = round % 2 == 1 };

      test_bench_init (&maker.bench);
      for (guint i = 0; i < 20; i++)
        g_flow_add (flow, NULL, body_make_flow, &maker, NULL, NULL);
      g_assert_cmpint (execute (run, sync, NULL), ==, !maker.fails);
      g_clear_object (&run);
      g_clear_object (&flow);
      g_assert_cmpint (maker.n_made, ==, 20);
      if (sync)
        g_assert_cmpint (maker.n_destroyed, ==, 20);
      TEST_WAIT (g_atomic_int_get (&maker.n_destroyed) == 20);
      g_assert_cmpint (maker.n_astray, ==, 0);
      test_bench_clear (&maker.bench);
    }
}

/* A caller that sleeps, because a worker has the only node that is left. */

typedef struct
{
  pthread_t caller;
  GFlow    *subflow;
  int       n_on_workers; /* atomic: nodes that are there */
} Sleeper;

static gint64
get_time_ns (clockid_t clock)
{
  struct timespec now;

  g_assert_cmpint (clock_gettime (clock, &now), ==, 0);
  return now.tv_sec * G_GINT64_CONSTANT (1000000000) + now.tv_nsec;
}

/* Its processor time stands still for a millisecond. */
static gboolean
is_asleep (pthread_t thread)
{
  const gint64 until = g_get_monotonic_time () + 1000;
  clockid_t clock;
  gint64 before;

  g_assert_cmpint (pthread_getcpuclockid (thread, &clock), ==, 0);
  before = get_time_ns (clock);
  while (g_get_monotonic_time () < until)
    g_thread_yield ();

  return get_time_ns (clock) == before;
}

static gboolean
body_wake (GFlowNode  *node,
           GFlowRun   *run,
           gpointer    user_data,
           GError    **error)
{
  const gint64 deadline = g_get_monotonic_time () + test_time_limit ();
  Sleeper *sleeper = user_data;

  if (pthread_equal (pthread_self (), sleeper->caller))
    {
      while (g_atomic_int_get (&sleeper->n_on_workers) == 0)
        g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      return TRUE;
    }

  g_atomic_int_inc (&sleeper->n_on_workers);
  while (!is_asleep (sleeper->caller))
    g_assert_cmpint (g_get_monotonic_time (), <, deadline);
  g_flow_run_spawn (run, node, sleeper->subflow);
  return TRUE;
}

static void
test_caller_sleeps (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlow) subflow = g_flow_new ();
  Sleeper sleeper = { .caller = pthread_self (), .subflow = subflow };

  g_test_summary ("A caller that sleeps hears of a sub-run that a worker spawns");
  g_flow_set_max_threads (flow, 2);
  g_flow_add (flow, NULL, body_wake, &sleeper, NULL, NULL);
  g_flow_add (flow, NULL, body_wake, &sleeper, NULL, NULL);
  g_flow_node_set_placement (g_flow_add (subflow, NULL, NULL, NULL, NULL, NULL),
                             G_FLOW_PLACEMENT_CONTEXT);
  for (guint round = 0; round < 5; round++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GFlowRun) run = NULL;

      g_atomic_int_set (&sleeper.n_on_workers, 0);
      run = g_flow_execute_sync (flow, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpint (sleeper.n_on_workers, >, 0);
    }
}

/* Mistakes */

static void
test_not_running (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL, other = NULL;
  GFlowNode *node = g_flow_add (flow, "x", NULL, NULL, NULL, NULL);

  g_test_summary ("To spawn on behalf of a node that does not run, or a run that has begun, is a "
                  "critical message");
  run = test_execute_well (flow);
  g_test_expect_message ("GFlow", G_LOG_LEVEL_CRITICAL, "*find_running*");
  g_assert_null (g_flow_run_spawn (run, node, flow));
  g_test_assert_expected_messages ();
  other = test_execute_well (flow);
  g_test_expect_message ("GFlow", G_LOG_LEVEL_CRITICAL, "*STATE_NEW*");
  g_flow_run_spawn_run (run, node, other);
  g_test_assert_expected_messages ();
}

static void
add_ways (const char       *name,
          GTestDataFunc     func)
{
  static const Way ways[] = {
    { ON_WORKER, FALSE }, { IN_CONTEXT, FALSE }, { AS_TASK, FALSE }, { AS_SLOW_TASK, FALSE },
    { ON_WORKER, TRUE }, { IN_CONTEXT, TRUE }, { AS_TASK, TRUE }, { AS_SLOW_TASK, TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      g_autofree char *path = g_strdup_printf ("/spawn/%s/%s/%s", name, kind_names[ways[i].kind],
                                               ways[i].sync ? "sync" : "async");

      g_test_add_data_func (path, &ways[i], func);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  add_ways ("well", test_well);
  add_ways ("sub-run-fails", test_sub_run_fails);
  add_ways ("body-fails", test_body_fails);
  add_ways ("stop", test_stop);
  add_ways ("refused", test_refused);
  add_ways ("retry", test_retry);
  add_ways ("timeout", test_timeout);
  g_test_add_data_func ("/spawn/many/async", GINT_TO_POINTER (FALSE), test_many);
  g_test_add_data_func ("/spawn/many/sync", GINT_TO_POINTER (TRUE), test_many);
  g_test_add_func ("/spawn/locks", test_locks);
  g_test_add_data_func ("/spawn/cancel/run", GINT_TO_POINTER (THE_RUN), test_cancel);
  g_test_add_data_func ("/spawn/cancel/node", GINT_TO_POINTER (THE_NODE), test_cancel);
  g_test_add_data_func ("/spawn/cancel/sub-run", GINT_TO_POINTER (THE_SUB_RUN), test_cancel);
  g_test_add_data_func ("/spawn/cancel/dropped", GINT_TO_POINTER (BY_DROPPING), test_cancel);
  g_test_add_func ("/spawn/cancel/sync", test_cancel_sync);
  g_test_add_func ("/spawn/cancel/deep", test_cancel_deep);
  g_test_add_data_func ("/spawn/for-ever/async", GINT_TO_POINTER (FALSE), test_for_ever);
  g_test_add_data_func ("/spawn/for-ever/sync", GINT_TO_POINTER (TRUE), test_for_ever);
  g_test_add_data_func ("/spawn/divide/async", GINT_TO_POINTER (FALSE), test_divide);
  g_test_add_data_func ("/spawn/divide/sync", GINT_TO_POINTER (TRUE), test_divide);
  g_test_add_data_func ("/spawn/made/async", GINT_TO_POINTER (FALSE), test_made_on_workers);
  g_test_add_data_func ("/spawn/made/sync", GINT_TO_POINTER (TRUE), test_made_on_workers);
  g_test_add_func ("/spawn/caller-sleeps", test_caller_sleeps);
  g_test_add_func ("/spawn/not-running", test_not_running);

  return g_test_run ();
}
