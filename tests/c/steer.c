/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Steering a run: pause, resume, other priorities on the way. */

#include "test-bench.h"

#include "run/gflow-run-private.h"

/* gate → n0 … n9, with one thread, or in the context: so there is one order. */
#define N_NODES 10

typedef struct
{
  TestBench  bench;
  TestGate   gate;
  GFlow     *flow;
  GFlowRun  *run;
  GFlowNode *first;
  GFlowNode *nodes[N_NODES];
  TestJob   *jobs[N_NODES];
  TestResult result;
} Work;

static void
work_init (Work     *self,
           gboolean  in_context)
{
  TestJob *job;

  test_bench_init (&self->bench);
  test_gate_init (&self->gate);
  test_result_init (&self->result);
  self->flow = g_flow_new ();
  g_flow_set_max_threads (self->flow, 1);
  test_life_watch (&self->bench.life, self->flow);
  self->first = test_add_sync (&self->bench, self->flow, "first", &job);
  job->gate = &self->gate;
  for (guint i = 0; i < N_NODES; i++)
    {
      g_autofree char *name = g_strdup_printf ("n%u", i);

      self->nodes[i] = in_context
                         ? test_add_async (&self->bench, self->flow, name, &self->jobs[i])
                         : test_add_sync (&self->bench, self->flow, name, &self->jobs[i]);
      g_flow_node_add_upstream (self->nodes[i], self->first);
    }
  self->run = g_flow_run_new (self->flow);
  test_life_watch (&self->bench.life, self->run);
}

static void
work_start (Work *self)
{
  g_flow_run_execute (self->run, NULL, test_result_cb, &self->result);
  TEST_WAIT (test_gate_waiting (&self->gate) == 1);
}

static void
work_end (Work *self)
{
  TEST_WAIT (self->result.calls > 0);
  g_assert_true (g_flow_run_execute_finish (self->run, self->result.result, NULL));
  for (guint i = 0; i < N_NODES; i++)
    g_assert_cmpint (self->jobs[i]->runs, ==, 1);
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
count_cb (GFlowRun   *run,
          GParamSpec *pspec,
          guint      *count)
{
  *count += 1;
}

/* What runs goes on, nothing new starts, and then all goes on. */
static void
test_pause (gconstpointer in_context)
{
  Work work;
  guint notified = 0;

  work_init (&work, GPOINTER_TO_INT (in_context));
  g_signal_connect (work.run, "notify::paused", G_CALLBACK (count_cb), &notified);
  work_start (&work);
  g_assert_false (g_flow_run_get_paused (work.run));
  g_flow_run_pause (work.run);
  g_flow_run_pause (work.run);
  g_assert_true (g_flow_run_get_paused (work.run));
  test_gate_open (&work.gate);
  TEST_WAIT (g_flow_run_get_node_state (work.run, work.first) == G_FLOW_NODE_STATE_DONE);
  test_settle (20);
  test_assert_log (&work.bench.log, "first");
  g_assert_cmpuint (notified, ==, 1);
  test_assert_run (work.run, RUNNING);

  g_autofree char *reason = g_flow_run_dup_node_reason (work.run, work.nodes[3]);

  g_assert_cmpstr (reason, ==, "The run is paused");
  g_flow_run_resume (work.run);
  g_flow_run_resume (work.run);
  work_end (&work);
  g_assert_cmpuint (notified, ==, 2);
  test_assert_log (&work.bench.log, "first n0 n1 n2 n3 n4 n5 n6 n7 n8 n9");
  work_clear (&work);
}

/* Before it starts. */
static void
test_start_paused (gconstpointer in_context)
{
  Work work;

  work_init (&work, GPOINTER_TO_INT (in_context));
  test_gate_open (&work.gate);
  g_flow_run_pause (work.run);
  g_flow_run_execute (work.run, NULL, test_result_cb, &work.result);
  test_settle (20);
  test_assert_log (&work.bench.log, "");
  test_assert_run (work.run, RUNNING);
  g_flow_run_resume (work.run);
  work_end (&work);
  work_clear (&work);
}

static void
test_cancel_paused (gconstpointer in_context)
{
  Work work;

  work_init (&work, GPOINTER_TO_INT (in_context));
  work_start (&work);
  g_flow_run_pause (work.run);
  test_gate_open (&work.gate);
  TEST_WAIT (g_flow_run_get_node_state (work.run, work.first) == G_FLOW_NODE_STATE_DONE);
  g_flow_run_cancel (work.run);
  TEST_WAIT (work.result.calls > 0);
  test_assert_run (work.run, CANCELLED);
  for (guint i = 0; i < N_NODES; i++)
    test_assert_node (work.run, work.nodes[i], CANCELLED);
  work_clear (&work);
}

/* A run that is dropped while it is paused ends. */
static void
test_drop_paused (gconstpointer in_context)
{
  Work work;

  work_init (&work, GPOINTER_TO_INT (in_context));
  work_start (&work);
  g_flow_run_pause (work.run);
  test_gate_open (&work.gate);
  g_clear_object (&work.run);
  TEST_WAIT (work.result.calls > 0);
  work_clear (&work);
}

/* What is ready and paused leaves its locks to others. */
static void
test_locks (gconstpointer in_context)
{
  Work work;
  g_autoptr(GFlowLock) lock = g_flow_lock_new ();

  work_init (&work, GPOINTER_TO_INT (in_context));
  for (guint i = 0; i < N_NODES; i++)
    g_flow_node_add_lock (work.nodes[i], lock);
  work_start (&work);
  g_flow_run_pause (work.run);
  test_gate_open (&work.gate);
  TEST_WAIT (g_flow_run_get_node_state (work.run, work.first) == G_FLOW_NODE_STATE_DONE);
  TEST_WAIT (g_flow_lock_try_acquire (lock));
  g_flow_run_resume (work.run);
  test_settle (10);
  test_assert_log (&work.bench.log, "first");
  g_flow_lock_release (lock);
  work_end (&work);
  work_clear (&work);
}

/* Nodes that wait for a lock when the pause comes. */
static void
test_waiting (gconstpointer in_context)
{
  Work work;
  g_autoptr(GFlowLock) lock = g_flow_lock_new ();

  work_init (&work, GPOINTER_TO_INT (in_context));
  g_assert_true (g_flow_lock_try_acquire (lock));
  for (guint i = 0; i < N_NODES; i++)
    g_flow_node_add_lock (work.nodes[i], lock);
  work_start (&work);
  test_gate_open (&work.gate);
  TEST_WAIT (g_flow_run_get_node_state (work.run, work.nodes[9]) == G_FLOW_NODE_STATE_LOCKED);
  g_flow_run_pause (work.run);
  TEST_WAIT (g_flow_run_get_node_state (work.run, work.nodes[9]) == G_FLOW_NODE_STATE_READY);
  g_flow_lock_release (lock);
  test_settle (10);
  g_assert_true (g_flow_lock_try_acquire (lock));
  test_assert_log (&work.bench.log, "first");
  g_flow_lock_release (lock);
  g_flow_run_resume (work.run);
  work_end (&work);
  work_clear (&work);
}

static void
test_priority (gconstpointer in_context)
{
  Work work;

  work_init (&work, GPOINTER_TO_INT (in_context));
  work_start (&work);
  g_flow_run_set_node_priority (work.run, work.nodes[7], -1);
  g_flow_run_set_node_priority (work.run, work.nodes[8], -2);
  g_flow_run_set_node_priority (work.run, work.nodes[0], 1);
  test_gate_open (&work.gate);
  work_end (&work);
  test_assert_log (&work.bench.log, "first n8 n7 n1 n2 n3 n4 n5 n6 n9 n0");
  work_clear (&work);
}

/* While they are in the queue. */
static void
test_priority_queued (gconstpointer in_context)
{
  Work work;
  TestGate gate;

  work_init (&work, GPOINTER_TO_INT (in_context));
  test_gate_init (&gate);
  if (!GPOINTER_TO_INT (in_context))
    work.jobs[0]->gate = &gate;
  work_start (&work);
  if (GPOINTER_TO_INT (in_context))
    g_flow_run_pause (work.run);
  test_gate_open (&work.gate);
  if (GPOINTER_TO_INT (in_context))
    TEST_WAIT (g_flow_run_get_node_state (work.run, work.nodes[9]) == G_FLOW_NODE_STATE_READY);
  else
    TEST_WAIT (test_gate_waiting (&gate) == 1);
  g_flow_run_set_node_priority (work.run, work.nodes[9], -5);
  g_flow_run_set_node_priority (work.run, work.nodes[5], -6);
  g_flow_run_resume (work.run);
  test_gate_open (&gate);
  work_end (&work);
  test_assert_log (&work.bench.log, GPOINTER_TO_INT (in_context)
                                      ? "first n5 n9 n0 n1 n2 n3 n4 n6 n7 n8"
                                      : "first n0 n5 n9 n1 n2 n3 n4 n6 n7 n8");
  test_gate_clear (&gate);
  work_clear (&work);
}

/* Priorities of the flow, and changes to them. */
static void
test_priority_of_node (gconstpointer in_context)
{
  Work work;

  work_init (&work, GPOINTER_TO_INT (in_context));
  for (guint i = 0; i < N_NODES; i++)
    g_flow_node_set_priority (work.nodes[i], N_NODES - i);
  work_start (&work);
  g_flow_run_set_node_priority (work.run, work.nodes[4], 100);
  test_gate_open (&work.gate);
  work_end (&work);
  test_assert_log (&work.bench.log, "first n9 n8 n7 n6 n5 n3 n2 n1 n0 n4");
  work_clear (&work);
}

/* Whoever pauses and resumes at whatever moment, every node runs once, in order. */
typedef struct
{
  GFlowRun *run;
  int       stop; /* atomic */
} Meddler;

static gpointer
meddle_thread (gpointer user_data)
{
  Meddler *meddler = user_data;

  while (!g_atomic_int_get (&meddler->stop))
    {
      g_flow_run_pause (meddler->run);
      g_thread_yield ();
      g_flow_run_resume (meddler->run);
      g_thread_yield ();
    }
  return NULL;
}

static void
add_random_node (TestBench *bench,
                 GFlow     *flow,
                 guint      i,
                 GFlowLock *lock,
                 GRand     *rand)
{
  g_autofree char *name = g_strdup_printf ("n%u", i);
  GFlowNode *node = g_rand_int_range (rand, 0, 4) == 0
                      ? test_add_context (bench, flow, name, NULL)
                      : test_add_sync (bench, flow, name, NULL);

  for (guint k = 0; k < 3 && i > 0; k++)
    {
      g_autofree char *upstream = g_strdup_printf ("n%d", g_rand_int_range (rand, 0, i));

      g_flow_node_add_upstream_by_name (node, upstream);
    }
  if (g_rand_int_range (rand, 0, 5) == 0)
    g_flow_node_add_lock (node, lock);
}

static void
test_meddling (gconstpointer sync)
{
  const guint32 seed = g_test_rand_int ();
  g_autoptr(GRand) rand = g_rand_new_with_seed (seed);

  g_test_message ("seed %u", seed);
  for (guint round = 0; round < 30; round++)
    {
      TestBench bench;
      TestResult result;
      GFlow *flow = g_flow_new ();
      g_autoptr(GFlowLock) lock = g_flow_lock_new ();
      const guint n = g_rand_int_range (rand, 1, 200);

      test_bench_init (&bench);
      test_result_init (&result);
      test_life_watch (&bench.life, flow);
      g_flow_set_max_threads (flow, g_rand_int_range (rand, 1, 4));
      for (guint i = 0; i < n; i++)
        add_random_node (&bench, flow, i, lock, rand);

      GFlowRun *run = g_flow_run_new (flow);
      Meddler meddler = { .run = run };
      GThread *thread = g_thread_new ("meddler", meddle_thread, &meddler);

      test_life_watch (&bench.life, run);
      if (GPOINTER_TO_INT (sync))
        {
          for (guint i = 0; i < bench.jobs->len; i++)
            ((TestJob *) bench.jobs->pdata[i])->in_context = FALSE;
          g_assert_true (g_flow_run_execute_sync (run, NULL, NULL));
        }
      else
        {
          g_flow_run_execute (run, NULL, test_result_cb, &result);
          TEST_WAIT (result.calls > 0);
          test_assert_run (run, DONE);
        }
      g_atomic_int_set (&meddler.stop, TRUE);
      g_thread_join (thread);
      g_assert_cmpuint (test_log_length (&bench.log), ==, n);
      for (guint i = 0; i < bench.jobs->len; i++)
        g_assert_cmpint (((TestJob *) bench.jobs->pdata[i])->runs, ==, 1);
      g_assert_true (g_flow_lock_try_acquire (lock));
      g_flow_lock_release (lock);
      test_result_clear (&result);
      g_object_unref (run);
      g_object_unref (flow);
      test_bench_clear (&bench);
    }
}

/* Runs that begin inside while two threads pause and resume: each of these is as the run around
 * it in the end. */

static gboolean
body_spawn (GFlowNode  *node,
            GFlowRun   *run,
            gpointer    inner,
            GError    **error)
{
  g_flow_run_spawn (run, node, inner);
  return TRUE;
}

typedef struct
{
  GFlowRun *run;  /* (owned) */
  int       ends; /* atomic */
} Toggling;

static gpointer
toggle_thread (gpointer user_data)
{
  Toggling *toggling = user_data;

  for (guint i = 0; i < 50; i++)
    {
      g_flow_run_pause (toggling->run);
      g_thread_yield ();
      g_flow_run_resume (toggling->run);
    }
  return NULL;
}

static void
toggled_cb (GObject      *object,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_assert_true (g_flow_run_execute_finish (G_FLOW_RUN (object), result, NULL));
  g_atomic_int_inc (&((Toggling *) user_data)->ends);
}

static void
test_toggled (void)
{
  for (guint i = 0; i < (test_is_slow () ? 5 : 30); i++)
    {
      g_autoptr (GFlow) inner = g_flow_new ();
      g_autoptr (GFlow) flow = g_flow_new ();
      Toggling toggling = { .run = g_flow_run_new (flow) };
      GThread *threads[2];

      g_flow_add (inner, NULL, test_body_nothing, NULL, NULL, NULL);
      for (guint k = 0; k < 50; k++)
        g_flow_node_set_placement (g_flow_add (flow, NULL, body_spawn, inner, NULL, NULL),
                                   k % 2 == 0 ? G_FLOW_PLACEMENT_CONTEXT : G_FLOW_PLACEMENT_WORKER);
      g_flow_run_execute (toggling.run, NULL, toggled_cb, &toggling);
      for (guint k = 0; k < G_N_ELEMENTS (threads); k++)
        threads[k] = g_thread_new ("toggle", toggle_thread, &toggling);
      for (guint k = 0; k < 20; k++)
        g_main_context_iteration (NULL, FALSE);
      for (guint k = 0; k < G_N_ELEMENTS (threads); k++)
        g_thread_join (threads[k]);
      TEST_WAIT (g_atomic_int_get (&toggling.ends) > 0);
      g_object_unref (toggling.run);
    }
}

/* The same where the threads meet exactly: what is inside follows a pause, or the end of one,
 * and at that moment the run around it is already as before. */
static void
turn_back_cb (GFlowRun   *child,
              GParamSpec *pspec,
              GFlowRun   *run)
{
  g_signal_handlers_disconnect_by_func (child, turn_back_cb, run);
  if (g_flow_run_get_paused (run))
    g_flow_run_resume (run);
  else
    g_flow_run_pause (run);
}

static void
test_turned_back (gconstpointer resumed)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = g_flow_run_new (flow);
  g_autoptr (GFlowRun) child = g_flow_run_new (flow);

  if (resumed != NULL)
    g_flow_run_pause (child);
  else
    g_flow_run_pause (run);
  g_signal_connect (child, "notify::paused", G_CALLBACK (turn_back_cb), run);
  _g_flow_run_follow_pause (run, child);
  g_assert_cmpint (g_flow_run_get_paused (run), ==, resumed != NULL);
  g_assert_cmpint (g_flow_run_get_paused (child), ==, resumed != NULL);
}

int
main (int    argc,
      char **argv)
{
  static const struct
  {
    const char    *name;
    GTestDataFunc  func;
  } tests[] = {
    { "pause", test_pause },
    { "start-paused", test_start_paused },
    { "cancel-paused", test_cancel_paused },
    { "drop-paused", test_drop_paused },
    { "locks", test_locks },
    { "waiting", test_waiting },
    { "priority", test_priority },
    { "priority-queued", test_priority_queued },
    { "priority-of-node", test_priority_of_node },
  };

  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    for (int in_context = 0; in_context <= 1; in_context++)
      {
        g_autofree char *path = g_strdup_printf ("/steer/%s/%s", tests[i].name,
                                                 in_context ? "context" : "worker");

        g_test_add_data_func (path, GINT_TO_POINTER (in_context), tests[i].func);
      }
  g_test_add_func ("/steer/toggled", test_toggled);
  g_test_add_data_func ("/steer/turned-back/paused", GINT_TO_POINTER (FALSE), test_turned_back);
  g_test_add_data_func ("/steer/turned-back/resumed", GINT_TO_POINTER (TRUE), test_turned_back);
  g_test_add_data_func ("/steer/meddling/async", GINT_TO_POINTER (FALSE), test_meddling);
  g_test_add_data_func ("/steer/meddling/sync", GINT_TO_POINTER (TRUE), test_meddling);

  return g_test_run ();
}
