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

#include <signal.h>
#include <string.h>
#include <unistd.h>

static guint64 current_seed;

static void
aborted_cb (int number)
{
  char text[] = "\n# repeat it with GFLOW_TEST_GRAPHS=1 GFLOW_TEST_SEED=00000000000000000000\n";
  char *digit = text + sizeof text - 3;

  /* Only what may be called in a signal handler. */
  for (guint64 rest = current_seed; rest > 0; rest /= 10)
    *digit-- = (char) ('0' + rest % 10);
  if (write (STDOUT_FILENO, text, sizeof text - 1) < 0)
    _exit (1);
  signal (number, SIG_DFL);
  raise (number);
}

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

static void
run_graph (guint64 seed)
{
  GRand *rand = g_rand_new_with_seed_array ((guint32[]) { (guint32) seed, (guint32) (seed >> 32) },
                                            2);
  StressGraph *graph;
  guint n_runs;
  g_autoptr (GPtrArray) runs = g_ptr_array_new ();
  TestLife life;

  test_life_init (&life);
  graph = stress_graph_new (rand);
  test_life_watch (&life, graph->flow);
  n_runs = graph->n_nodes > 500 ? 1 : (guint) g_rand_int_range (rand, 1, 4);
  for (guint i = 0; i < n_runs; i++)
    {
      StressRun *run = stress_run_new (graph, rand);

      g_ptr_array_add (runs, run);
      test_life_watch (&life, run->run);
    }
  g_rand_free (rand);

  for (guint i = 0; i < n_runs; i++)
    start (g_ptr_array_index (runs, i));
  for (guint i = 0; i < n_runs; i++)
    finish (g_ptr_array_index (runs, i));
  for (guint i = 0; i < n_runs; i++)
    {
      StressRun *run = g_ptr_array_index (runs, i);

      stress_run_check (run);
      stress_run_free (run);
    }
  for (guint i = 0; i < STRESS_N_LOCKS; i++)
    {
      g_assert_cmpuint (g_flow_lock_get_in_use (graph->locks[i]), ==, 0);
      g_assert_cmpuint (g_flow_lock_get_waiting (graph->locks[i]), ==, 0);
    }

  g_clear_object (&graph->flow);
  test_life_assert_over (&life);
  TEST_WAIT (graph->n_destroyed == graph->n_nodes);
  stress_graph_free (graph);
}

static void
test_graphs (void)
{
  const char *seed_text = g_getenv ("GFLOW_TEST_SEED");
  const char *graphs_text = g_getenv ("GFLOW_TEST_GRAPHS");
  const char *factor_text = g_getenv ("GFLOW_TEST_TIME_FACTOR");
  double factor = factor_text != NULL ? MAX (1.0, g_ascii_strtod (factor_text, NULL)) : 1.0;
  guint64 seed = seed_text != NULL ? g_ascii_strtoull (seed_text, NULL, 0)
                                   : (guint64) g_get_real_time ();
  guint n_graphs = graphs_text != NULL ? (guint) g_ascii_strtoull (graphs_text, NULL, 0)
                                       : (guint) (4000 / factor);
  gint64 begin = g_get_monotonic_time ();
  guint64 n_nodes = 0;

  g_test_message ("GFLOW_TEST_SEED=%" G_GUINT64_FORMAT " GFLOW_TEST_GRAPHS=%u", seed, n_graphs);
  stress_finishers_start ();
  for (guint i = 0; i < n_graphs; i++)
    {
      current_seed = seed + i;
      run_graph (current_seed);
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
  signal (SIGABRT, aborted_cb);
  signal (SIGTRAP, aborted_cb);
  signal (SIGSEGV, aborted_cb);

  g_test_add_func ("/stress/graphs", test_graphs);

  return g_test_run ();
}
