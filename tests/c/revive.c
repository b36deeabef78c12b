/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Running again what has failed, while the run goes on. */

#include "test-bench.h"

#include <string.h>

/* source → bad → behind → last, other → last; and "keeper", which keeps the run going. */
typedef struct
{
  TestBench  bench;
  TestGate   gate;
  TestResult result;
  GFlow     *flow;
  GFlowRun  *run;
  GFlowNode *source;
  GFlowNode *bad;
  GFlowNode *behind;
  GFlowNode *other;
  GFlowNode *last;
  TestJob   *bad_job;
  TestJob   *source_job;
} Work;

typedef GFlowNode *(*AddFunc) (TestBench *, GFlow *, const char *, TestJob **);

static void
work_init (Work     *self,
           gboolean  in_context)
{
  AddFunc add = in_context ? test_add_async : test_add_sync;
  TestJob *keeper;

  test_bench_init (&self->bench);
  test_gate_init (&self->gate);
  test_result_init (&self->result);
  self->flow = g_flow_new ();
  g_flow_set_max_threads (self->flow, 2);
  test_life_watch (&self->bench.life, self->flow);
  test_add_sync (&self->bench, self->flow, "keeper", &keeper);
  keeper->gate = &self->gate;
  self->source = add (&self->bench, self->flow, "source", &self->source_job);
  self->bad = add (&self->bench, self->flow, "bad", &self->bad_job);
  self->behind = add (&self->bench, self->flow, "behind", NULL);
  self->other = add (&self->bench, self->flow, "other", NULL);
  self->last = add (&self->bench, self->flow, "last", NULL);
  g_flow_node_add_upstream (self->bad, self->source);
  g_flow_node_add_upstream (self->behind, self->bad);
  g_flow_node_after (self->last, self->behind, self->other, NULL);
  test_job_fail (self->bad_job, "not yet");
  self->bad_job->failures = 1;
  self->source_job->result = 5;
  self->run = g_flow_run_new (self->flow);
  test_life_watch (&self->bench.life, self->run);
}

static void
work_start (Work *self)
{
  g_flow_run_execute (self->run, NULL, test_result_cb, &self->result);
  TEST_WAIT (g_flow_run_get_node_state (self->run, self->last) == G_FLOW_NODE_STATE_SKIPPED);
  test_assert_node (self->run, self->bad, FAILED);
  test_assert_node (self->run, self->behind, SKIPPED);
  g_assert_cmpuint (g_list_model_get_n_items (g_flow_run_get_errors (self->run)), ==, 1);
}

static void
work_clear (Work *self)
{
  test_result_clear (&self->result);
  g_clear_object (&self->run);
  g_clear_object (&self->flow);
  test_gate_clear (&self->gate);
  test_bench_clear (&self->bench);
}

static void
test_succeeds (gconstpointer in_context)
{
  Work work;
  g_autoptr(GError) error = NULL;

  work_init (&work, GPOINTER_TO_INT (in_context));
  work_start (&work);

  GError *borrowed = g_flow_run_get_node_error (work.run, work.bad);

  /* What it needs is there still. */
  g_assert_nonnull (g_flow_run_get_result (work.run, work.source));
  g_assert_true (g_flow_run_retry_node (work.run, work.bad, &error));
  g_assert_no_error (error);
  TEST_WAIT (g_flow_run_get_node_state (work.run, work.last) == G_FLOW_NODE_STATE_DONE);
  g_assert_error (borrowed, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_null (g_flow_run_get_node_error (work.run, work.bad));
  g_assert_null (g_flow_run_get_node_error (work.run, work.behind));
  g_assert_cmpuint (g_list_model_get_n_items (g_flow_run_get_errors (work.run)), ==, 0);
  test_gate_open (&work.gate);
  TEST_WAIT (work.result.calls > 0);
  g_assert_true (g_flow_run_execute_finish (work.run, work.result.result, &error));
  test_assert_run (work.run, DONE);
  g_assert_cmpuint (g_flow_run_get_n_done (work.run), ==, 6);
  g_assert_cmpint (work.bad_job->runs, ==, 2);
  g_assert_cmpint (work.source_job->runs, ==, 1);
  g_assert_cmpuint (test_log_count (&work.bench.log, "other"), ==, 1);
  g_assert_cmpuint (test_log_count (&work.bench.log, "last"), ==, 1);
  work_clear (&work);
}

static void
test_fails_again (gconstpointer in_context)
{
  Work work;
  g_autoptr(GError) error = NULL;

  work_init (&work, GPOINTER_TO_INT (in_context));
  work.bad_job->failures = 2;
  work_start (&work);
  g_assert_true (g_flow_run_retry_node (work.run, work.bad, NULL));
  TEST_WAIT (g_atomic_int_get (&work.bad_job->runs) == 2 &&
             g_flow_run_get_node_state (work.run, work.last) == G_FLOW_NODE_STATE_SKIPPED);
  g_assert_cmpuint (g_list_model_get_n_items (g_flow_run_get_errors (work.run)), ==, 1);
  test_gate_open (&work.gate);
  TEST_WAIT (work.result.calls > 0);
  g_assert_false (g_flow_run_execute_finish (work.run, work.result.result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  test_assert_run (work.run, FAILED);
  g_assert_cmpuint (g_flow_run_get_n_done (work.run), ==, 6);
  work_clear (&work);
}

static void
test_refused (void)
{
  Work work;
  g_autoptr(GError) error = NULL;
  g_autoptr(GFlowNode) stranger = g_flow_node_new ("stranger", NULL, NULL, NULL);

  work_init (&work, FALSE);
  g_assert_false (g_flow_run_retry_node (work.run, work.bad, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_clear_error (&error);
  work_start (&work);
  g_assert_false (g_flow_run_retry_node (work.run, stranger, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_UNKNOWN_NODE);
  g_clear_error (&error);
  g_assert_false (g_flow_run_retry_node (work.run, work.source, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  test_assert_contains (error->message, "“source”");
  g_clear_error (&error);
  g_flow_run_cancel (work.run);
  g_assert_false (g_flow_run_retry_node (work.run, work.bad, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_clear_error (&error);
  test_gate_open (&work.gate);
  TEST_WAIT (work.result.calls > 0);
  g_assert_false (g_flow_run_retry_node (work.run, work.bad, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  work_clear (&work);
}

/* Random graphs in which nodes fail once or twice, and somebody tries them all again as
 * soon as they have failed: in the end all is done, in order. */

typedef struct
{
  TestBench  bench;
  GFlow     *flow;
  GFlowRun  *run;
  GPtrArray *nodes;
} Random;

static void
random_init (Random *self,
             GRand  *rand,
             guint   n)
{
  static const AddFunc add[] = { test_add_sync, test_add_sync, test_add_context, test_add_async };
  g_autoptr(GFlowLock) lock = g_flow_lock_new ();

  test_bench_init (&self->bench);
  self->flow = g_flow_new ();
  self->nodes = g_ptr_array_new ();
  test_life_watch (&self->bench.life, self->flow);
  g_flow_set_max_threads (self->flow, g_rand_int_range (rand, 1, 4));
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *name = g_strdup_printf ("n%u", i);
      TestJob *job;
      GFlowNode *node = add[g_rand_int_range (rand, 0, 4)] (&self->bench, self->flow, name, &job);

      for (guint k = 0; k < 3 && i > 0; k++)
        g_flow_node_add_upstream (node, self->nodes->pdata[g_rand_int_range (rand, 0, i)]);
      if (g_rand_int_range (rand, 0, 4) == 0)
        {
          test_job_fail (job, "not yet");
          job->failures = g_rand_int_range (rand, 1, 3);
        }
      if (g_rand_int_range (rand, 0, 5) == 0)
        g_flow_node_add_lock (node, lock);
      g_ptr_array_add (self->nodes, node);
    }
  self->run = g_flow_run_new (self->flow);
  test_life_watch (&self->bench.life, self->run);
}

/* TRUE if all are done; else tries again what has failed. */
static gboolean
random_retry (Random *self)
{
  gboolean done = TRUE;

  for (guint i = 0; i < self->nodes->len; i++)
    {
      GFlowNode *node = self->nodes->pdata[i];
      const GFlowNodeState state = g_flow_run_get_node_state (self->run, node);

      done = done && state == G_FLOW_NODE_STATE_DONE;
      if (state == G_FLOW_NODE_STATE_FAILED)
        g_assert_true (g_flow_run_retry_node (self->run, node, NULL));
    }
  return done;
}

static void
random_clear (Random *self)
{
  g_ptr_array_unref (self->nodes);
  g_object_unref (self->run);
  g_object_unref (self->flow);
  test_bench_clear (&self->bench);
}

/* Of each node the last time in the log is after the last one of its upstreams. */
static void
random_assert_order (Random *self)
{
  g_autofree char *text = test_log_text (&self->bench.log);
  g_auto(GStrv) words = g_strsplit (text, " ", -1);
  g_autoptr(GHashTable) last = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; words[i] != NULL; i++)
    g_hash_table_insert (last, words[i], GUINT_TO_POINTER (i));
  for (guint i = 0; i < self->nodes->len; i++)
    {
      GFlowNode *node = self->nodes->pdata[i];
      GListModel *upstreams = g_flow_node_get_upstreams (node);

      for (guint k = 0; k < g_list_model_get_n_items (upstreams); k++)
        {
          g_autoptr(GFlowNode) upstream = g_list_model_get_item (upstreams, k);

          g_assert_cmpuint (GPOINTER_TO_UINT (g_hash_table_lookup (last, g_flow_node_get_name (upstream))), <,
                            GPOINTER_TO_UINT (g_hash_table_lookup (last, g_flow_node_get_name (node))));
        }
    }
}

static void
test_random (void)
{
  const guint32 seed = g_test_rand_int ();
  g_autoptr(GRand) rand = g_rand_new_with_seed (seed);

  g_test_message ("seed %u", seed);
  for (guint round = 0; round < (test_is_slow () ? 20 : 60); round++)
    {
      Random random;
      TestGate gate;
      TestResult result;
      TestJob *keeper;
      const guint n = g_rand_int_range (rand, 2, 80);

      random_init (&random, rand, n);
      test_gate_init (&gate);
      test_result_init (&result);
      test_add_sync (&random.bench, random.flow, "keeper", &keeper);
      /* In deques until the first is tried again, or in heaps from the start. */
      if (g_rand_boolean (rand))
        g_flow_node_set_priority (g_flow_lookup (random.flow, "keeper"), 1);
      g_flow_set_max_threads (random.flow, g_rand_int_range (rand, 2, 5));
      keeper->gate = &gate;
      g_flow_run_execute (random.run, NULL, test_result_cb, &result);
      TEST_WAIT (random_retry (&random));
      test_gate_open (&gate);
      TEST_WAIT (result.calls > 0);
      test_assert_run (random.run, DONE);
      g_assert_cmpuint (g_flow_run_get_n_done (random.run), ==, n + 1);
      for (guint i = 0; i < n; i++)
        {
          TestJob *job = random.bench.jobs->pdata[i];

          g_assert_cmpint (job->runs, ==, job->error != NULL ? job->failures + 1 : 1);
        }
      random_assert_order (&random);
      test_result_clear (&result);
      test_gate_clear (&gate);
      random_clear (&random);
    }
}

static gboolean
body_look_at_lock (GFlowNode  *node,
                   GFlowRun   *run,
                   gpointer    lock,
                   GError    **error)
{
  g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 1);
  return TRUE;
}

/* What was to be skipped, as the node before it had failed, is to run after all when it has its
 * turn: then it takes its lock. */
static void
test_lock (void)
{
  g_autoptr (GFlowLock) lock = g_flow_lock_new ();
  GFlowNode *behind;
  Work work;

  work_init (&work, TRUE);
  g_flow_set_max_threads (work.flow, 1);
  behind = g_flow_add (work.flow, "with lock", body_look_at_lock, lock, NULL, NULL);
  g_flow_node_add_upstream (behind, work.bad);
  g_flow_node_add_lock (behind, lock);
  g_flow_run_execute (work.run, NULL, test_result_cb, &work.result);
  /* The one worker is busy. */
  TEST_WAIT (g_flow_run_get_node_state (work.run, work.bad) == G_FLOW_NODE_STATE_FAILED);
  g_assert_cmpint (g_flow_run_get_node_state (work.run, behind), ==, G_FLOW_NODE_STATE_READY);
  g_assert_true (g_flow_run_retry_node (work.run, work.bad, NULL));
  TEST_WAIT (g_flow_run_get_node_state (work.run, work.bad) == G_FLOW_NODE_STATE_DONE);
  test_gate_open (&work.gate);
  TEST_WAIT (work.result.calls > 0);
  test_assert_node (work.run, behind, DONE);
  g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 0);
  work_clear (&work);
}

/* The failure is forgotten, as the node is to run again; but the run is cancelled before it does,
 * and so that is how it ends. */
static void
test_cancelled (void)
{
  Work work;
  g_autoptr(GError) error = NULL;

  work_init (&work, TRUE);
  work_start (&work);
  g_assert_true (g_flow_run_retry_node (work.run, work.bad, NULL));
  g_flow_run_cancel (work.run);
  test_gate_open (&work.gate);
  TEST_WAIT (work.result.calls > 0);
  g_assert_false (g_flow_run_execute_finish (work.run, work.result.result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_run (work.run, CANCELLED);
  test_assert_node (work.run, work.bad, CANCELLED);
  work_clear (&work);
}

/* One thread asks all the time why a node did not run, which is run again meanwhile. */

typedef struct
{
  GFlowRun  *run;
  GFlowNode *node;
  gboolean   stop; /* atomic */
} Asker;

static gpointer
ask_thread (gpointer data)
{
  Asker *self = data;

  while (!g_atomic_int_get (&self->stop))
    g_flow_run_get_node_error (self->run, self->node);
  return NULL;
}

/* Fails three times. */
static gboolean
body_at_last (GFlowNode  *node,
              GFlowRun   *run,
              gpointer    count,
              GError    **error)
{
  if (++*(int *) count > 3)
    return TRUE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BUSY, "Not yet");
  return FALSE;
}

static void
body_keep (GFlowNode *node,
           GFlowRun  *run,
           GTask     *task,
           gpointer   kept,
           GError   **error)
{
  *(GTask **) kept = g_object_ref (task);
}

static void
test_asked_meanwhile (void)
{
  g_test_summary ("A node that is done has no error, whoever has asked for one before");
  for (guint round = 0; round < (test_is_slow () ? 20 : 250); round++)
    {
      g_autoptr(GFlow) flow = g_flow_new ();
      g_autoptr(GFlowRun) run = g_flow_run_new (flow);
      g_autoptr(GTask) kept = NULL;
      TestResult result;
      int count = 0;
      GFlowNode *bad = g_flow_add (flow, "bad", body_at_last, &count, NULL, NULL);
      GFlowNode *behind = g_flow_add (flow, "behind", test_body_nothing, NULL, NULL, NULL);
      Asker asker = { run, behind, FALSE };
      GThread *thread;

      test_result_init (&result);
      g_flow_node_add_upstream (behind, bad);
      g_flow_add_task (flow, "keeper", body_keep, &kept, NULL, NULL);
      g_flow_run_execute (run, NULL, test_result_cb, &result);
      thread = g_thread_new ("asker", ask_thread, &asker);
      /* As fast as it can. */
      while (g_flow_run_get_node_state (run, behind) != G_FLOW_NODE_STATE_DONE)
        {
          g_main_context_iteration (NULL, FALSE);
          if (g_flow_run_get_node_state (run, bad) == G_FLOW_NODE_STATE_FAILED)
            g_flow_run_retry_node (run, bad, NULL);
        }
      g_atomic_int_set (&asker.stop, TRUE);
      g_thread_join (thread);
      g_assert_no_error (g_flow_run_get_node_error (run, behind));
      g_task_return_boolean (kept, TRUE);
      TEST_WAIT (result.calls > 0);
      test_assert_run (run, DONE);
      test_result_clear (&result);
    }
}

static gboolean
body_fail_once (GFlowNode  *node,
                GFlowRun   *run,
                gpointer    counts,
                GError    **error)
{
  const guint number = (guint) g_ascii_strtoull (g_flow_node_get_name (node), NULL, 10);
  int *count = &((int *) counts)[number];

  if (g_atomic_int_add (count, 1) > 0)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_BUSY, "%u is not ready", number);
  return FALSE;
}

/* What takes a time that grows with the square of their number would not end in time. */
static void
test_many (gconstpointer data)
{
  const gboolean backwards = GPOINTER_TO_INT (data);
  const guint n = test_is_slow () ? 5000 : 100000;
  g_autoptr(GFlow) flow = g_flow_new ();
  g_autoptr(GFlowRun) run = NULL;
  g_autoptr(GPtrArray) nodes = g_ptr_array_new ();
  g_autofree int *counts = g_new0 (int, n);
  TestGate gate;
  TestBench bench;
  TestJob *keeper;
  TestResult result;

  g_test_summary ("Very many nodes have failed, and are run again, in whatever order");
  test_bench_init (&bench);
  test_gate_init (&gate);
  test_result_init (&result);
  g_flow_set_max_threads (flow, 2);
  test_add_sync (&bench, flow, "keeper", &keeper);
  keeper->gate = &gate;
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *name = g_strdup_printf ("%u", i);

      g_ptr_array_add (nodes, g_flow_add (flow, name, body_fail_once, counts, NULL, NULL));
    }
  run = g_flow_run_new (flow);
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  TEST_WAIT (g_flow_run_get_n_done (run) == n);
  g_assert_cmpuint (g_list_model_get_n_items (g_flow_run_get_errors (run)), ==, n);
  for (guint i = 0; i < n; i++)
    {
      GFlowNode *node = nodes->pdata[backwards ? n - 1 - i : i];

      g_assert_true (g_flow_run_retry_node (run, node, NULL));
      /* A second time has no effect. */
      if (i % 100 == 0)
        g_assert_true (g_flow_run_retry_node (run, node, NULL));
    }
  test_gate_open (&gate);
  TEST_WAIT (result.calls > 0);
  g_assert_true (g_flow_run_execute_finish (run, result.result, NULL));
  g_assert_cmpuint (g_list_model_get_n_items (g_flow_run_get_errors (run)), ==, 0);
  for (guint i = 0; i < n; i++)
    g_assert_cmpint (g_atomic_int_get (&counts[i]), ==, 2);
  test_result_clear (&result);
  g_assert_finalize_object (g_steal_pointer (&run));
  g_assert_finalize_object (g_steal_pointer (&flow));
  test_gate_clear (&gate);
  test_bench_clear (&bench);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/revive/succeeds/worker", GINT_TO_POINTER (FALSE), test_succeeds);
  g_test_add_data_func ("/revive/succeeds/context", GINT_TO_POINTER (TRUE), test_succeeds);
  g_test_add_data_func ("/revive/fails-again/worker", GINT_TO_POINTER (FALSE), test_fails_again);
  g_test_add_data_func ("/revive/fails-again/context", GINT_TO_POINTER (TRUE), test_fails_again);
  g_test_add_func ("/revive/refused", test_refused);
  g_test_add_func ("/revive/random", test_random);

  g_test_add_func ("/revive/lock", test_lock);
  g_test_add_func ("/revive/cancelled", test_cancelled);
  g_test_add_data_func ("/revive/many/forwards", GINT_TO_POINTER (FALSE), test_many);
  g_test_add_data_func ("/revive/many/backwards", GINT_TO_POINTER (TRUE), test_many);
  g_test_add_func ("/revive/asked-meanwhile", test_asked_meanwhile);

  return g_test_run ();
}
