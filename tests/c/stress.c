/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Thousands of random graphs against a sequential oracle.
 *
 * GFLOW_TEST_SEED    the seed of the first graph; graph i has this plus i
 * GFLOW_TEST_GRAPHS  how many graphs
 *
 * To repeat one graph: its seed, which is printed if the program is aborted,
 * and GFLOW_TEST_GRAPHS=1. */

#include "stress-graph.h"

/* Cancelling at a random moment: from the context, after so many turns of it... */
static gboolean
cancel_later_cb (gpointer user_data)
{
  StressRun *run = user_data;

  if (run->cancel_turns-- > 0 && run->ends == 0)
    return G_SOURCE_CONTINUE;

  stress_run_cancel (run);
  run->cancel_source = 0;

  return G_SOURCE_REMOVE;
}

/* ...or from another thread, when so many bodies have begun. */
static gpointer
cancel_thread (gpointer user_data)
{
  StressRun *run = user_data;

  while (g_atomic_int_get (&run->n_begun) < run->cancel_after &&
         g_atomic_int_get (&run->ends) == 0)
    g_thread_yield ();
  stress_run_cancel (run);

  return NULL;
}

static void
ended_cb (GObject      *object,
          GAsyncResult *result,
          gpointer      user_data)
{
  StressRun *run = user_data;

  g_assert_true (g_main_context_is_owner (g_main_context_default ()));
  g_assert_cmpint (g_atomic_int_add (&run->ends, 1), ==, 0);
  g_assert_cmpint (g_atomic_int_get (&run->n_inside), ==, 0);
  run->well = g_flow_run_execute_finish (G_FLOW_RUN (object), result, &run->error);
  if (run->run == NULL)
    {
      g_assert_true (run->dropped);
      g_assert_error (run->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    }
}

static void
start (StressRun *run)
{
  const StressGraph *graph = run->graph;

  switch (run->cancel)
    {
    case STRESS_CANCEL_FROM_CONTEXT:
      run->cancel_source = g_idle_add_full (G_PRIORITY_DEFAULT, cancel_later_cb, run, NULL);
      break;
    case STRESS_CANCEL_FROM_THREAD:
      run->cancel_thread = g_thread_new ("cancel", cancel_thread, run);
      break;
    case STRESS_CANCEL_NEVER:
    case STRESS_CANCEL_FROM_BODY:
    default:
      break;
    }

  if (run->deadline_us != 0)
    g_flow_run_set_deadline (run->run, g_get_monotonic_time () + run->deadline_us);
  if (graph->sync)
    {
      run->well = g_flow_run_execute_sync (run->run, run->cancellable, &run->error);
      g_atomic_int_inc (&run->ends);
      g_assert_cmpint (g_atomic_int_get (&run->n_inside), ==, 0);
    }
  else
    {
      g_flow_run_execute (run->run, run->cancellable, ended_cb, run);
      g_assert_cmpint (run->ends, ==, 0);
    }
  if (run->dropped)
    g_clear_object (&run->run);
}

static void
finish (StressRun *run)
{
  TEST_WAIT (g_atomic_int_get (&run->ends) > 0);
  if (run->cancel_thread != NULL)
    g_thread_join (g_steal_pointer (&run->cancel_thread));
  if (run->cancel_source != 0)
    g_source_remove (run->cancel_source);
  run->cancel_source = 0;
}

/* An application that uses the locks, too, and changes how many permits they have. */

typedef struct
{
  StressLocks *locks;
  GRand       *rand; /* (owned) */
  int          stop; /* atomic */
} Meddler;

static gpointer
meddler_thread (gpointer user_data)
{
  Meddler *self = user_data;

  while (g_atomic_int_get (&self->stop) == 0)
    {
      guint i = (guint) g_rand_int_range (self->rand, 0, STRESS_N_LOCKS);
      GFlowLock *lock = self->locks->locks[i];
      gboolean held = FALSE;

      switch (g_rand_int_range (self->rand, 0, 3))
        {
        case 0:
          held = g_flow_lock_try_acquire (lock);
          break;
        case 1:
          held = g_flow_lock_acquire_sync (lock, NULL, NULL);
          g_assert_true (held);
          break;
        default:
          g_flow_lock_set_permits (lock, self->locks->permits[i] +
                                         (guint) g_rand_int_range (self->rand, 0, 3));
          break;
        }
      g_thread_yield ();
      if (held)
        g_flow_lock_release (lock);
    }

  return NULL;
}

/* One to three flows at the same time, with shared locks, and several runs of each. */

typedef struct
{
  GRand       *rand;   /* (owned) */
  StressLocks  locks;
  Meddler      meddler;
  GThread     *thread; /* (owned) (nullable) */
  GPtrArray   *graphs; /* (owned) (element-type StressGraph) */
  GPtrArray   *runs;   /* (owned) (element-type StressRun) */
  TestLife     life;
} Session;

static void
session_init (Session *self,
              guint64  seed)
{
  const guint32 words[] = { (guint32) seed, (guint32) (seed >> 32) };
  gboolean meddle;
  gboolean sync;
  guint n_graphs;

  self->rand = g_rand_new_with_seed_array (words, G_N_ELEMENTS (words));
  self->graphs = g_ptr_array_new ();
  self->runs = g_ptr_array_new ();
  self->thread = NULL;
  test_life_init (&self->life);

  meddle = g_rand_double (self->rand) < 0.2;
  sync = g_rand_double (self->rand) < 0.2;
  /* A sync run would block the context that others, which hold the locks, wait for. */
  n_graphs = 1;
  if (!sync && g_rand_double (self->rand) > 0.7)
    n_graphs = (guint) g_rand_int_range (self->rand, 2, 4);
  stress_locks_init (&self->locks, self->rand, meddle);
  for (guint i = 0; i < n_graphs; i++)
    {
      StressGraph *graph = stress_graph_new (self->rand, &self->locks, sync);
      guint n_runs = graph->n_nodes > 500 ? 1 : (guint) g_rand_int_range (self->rand, 1, 4);

      g_ptr_array_add (self->graphs, graph);
      test_life_watch (&self->life, graph->flow);
      for (guint j = 0; j < n_runs; j++)
        {
          StressRun *run = stress_run_new (graph, self->rand);

          g_ptr_array_add (self->runs, run);
          test_life_watch (&self->life, run->run);
        }
    }
  if (meddle)
    {
      self->meddler = (Meddler) { &self->locks, g_rand_new_with_seed ((guint32) seed), 0 };
      self->thread = g_thread_new ("meddler", meddler_thread, &self->meddler);
    }
}

static void
session_run (Session *self)
{
  for (guint i = 0; i < self->runs->len; i++)
    start (g_ptr_array_index (self->runs, i));
  for (guint i = 0; i < self->runs->len; i++)
    finish (g_ptr_array_index (self->runs, i));
  if (self->thread != NULL)
    {
      g_atomic_int_set (&self->meddler.stop, 1);
      g_thread_join (g_steal_pointer (&self->thread));
      g_rand_free (self->meddler.rand);
    }
}

static void
session_clear (Session *self)
{
  for (guint i = 0; i < self->runs->len; i++)
    {
      StressRun *run = g_ptr_array_index (self->runs, i);

      stress_run_check (run);
      stress_run_free (run);
    }
  for (guint i = 0; i < self->graphs->len; i++)
    {
      StressGraph *graph = g_ptr_array_index (self->graphs, i);

      g_clear_object (&graph->flow);
    }
  test_life_assert_over (&self->life);
  for (guint i = 0; i < self->graphs->len; i++)
    {
      StressGraph *graph = g_ptr_array_index (self->graphs, i);

      TEST_WAIT (graph->n_destroyed == graph->n_nodes);
      stress_graph_free (graph);
    }
  stress_locks_clear (&self->locks);
  g_ptr_array_unref (self->runs);
  g_ptr_array_unref (self->graphs);
  g_rand_free (self->rand);
}

static void
test_graphs (void)
{
  const char *graphs_text = g_getenv ("GFLOW_TEST_GRAPHS");
  const char *factor_text = g_getenv ("GFLOW_TEST_TIME_FACTOR");
  double factor = factor_text != NULL ? MAX (1.0, g_ascii_strtod (factor_text, NULL)) : 1.0;
  const guint64 seed = test_seed ();
  guint n_graphs = graphs_text != NULL ? (guint) g_ascii_strtoull (graphs_text, NULL, 0)
                                       : (guint) (20000 / factor);
  gint64 begin = g_get_monotonic_time ();
  guint64 n_nodes = 0;

  g_test_message ("GFLOW_TEST_GRAPHS=%u", n_graphs);
  stress_finishers_start ();
  for (guint i = 0; i < n_graphs; i++)
    {
      Session session;

      test_seed_begin (seed + i, "GFLOW_TEST_GRAPHS=1");
      session_init (&session, seed + i);
      session_run (&session);
      session_clear (&session);
    }
  stress_finishers_stop ();
  n_nodes = stress_count_bodies ();
  g_test_message ("%u graphs, %" G_GUINT64_FORMAT " bodies, %.1f s", n_graphs, n_nodes,
                  (double) (g_get_monotonic_time () - begin) / G_USEC_PER_SEC);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/stress/graphs", test_graphs);

  return g_test_run ();
}
