/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The behaviour that users rely on, by the numbers of the list of scenarios.
 * Lower bounds of time are strict; for upper bounds it is counted how many
 * bodies ran at once. */

#include "test-bench.h"

#include <string.h>

typedef enum
{
  SYNC,
  CONTEXT,
  ASYNC,
  MIXED,
} Kind;

static const char * const kind_names[] = { "sync", "context", "async", "mixed" };

static GFlowNode *
add (TestBench   *bench,
     GFlow       *flow,
     const char  *name,
     Kind         kind,
     TestJob    **job)
{
  if (kind == MIXED)
    kind = bench->jobs->len % 3;

  switch (kind)
    {
    case SYNC:
      return test_add_sync (bench, flow, name, job);
    case CONTEXT:
      return test_add_context (bench, flow, name, job);
    case ASYNC:
    case MIXED:
    default:
      return test_add_async (bench, flow, name, job);
    }
}

static void
test_1_multiple_paths (gconstpointer data)
{
  Kind kind = GPOINTER_TO_UINT (data);
  g_autoptr (GFlow) flow = g_flow_new ();
  TestBench bench;
  GFlowNode *setup;
  GFlowNode *work_1;
  GFlowNode *work_2;
  GFlowNode *shutdown;

  test_bench_init (&bench);
  setup = add (&bench, flow, "setup", kind, NULL);
  work_1 = add (&bench, flow, "work_1", kind, NULL);
  work_2 = add (&bench, flow, "work_2", kind, NULL);
  shutdown = add (&bench, flow, "shutdown", kind, NULL);
  g_flow_node_add_upstream (work_1, setup);
  g_flow_node_add_upstream (work_2, setup);
  g_flow_node_after (shutdown, work_1, work_2, NULL);

  g_object_unref (test_execute_well (flow));
  g_assert_cmpuint (test_log_length (&bench.log), ==, 4);
  test_assert_before (&bench.log, "setup", "work_1");
  test_assert_before (&bench.log, "setup", "work_2");
  test_assert_before (&bench.log, "work_1", "shutdown");
  test_assert_before (&bench.log, "work_2", "shutdown");

  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_2_chain (gconstpointer data)
{
  Kind kind = GPOINTER_TO_UINT (data);
  g_autoptr (GFlow) flow = g_flow_new ();
  TestBench bench;
  GFlowNode *f;
  GFlowNode *g;
  GFlowNode *h;

  test_bench_init (&bench);
  f = add (&bench, flow, "f", ASYNC, NULL);
  h = add (&bench, flow, "h", kind, NULL);
  g = add (&bench, flow, "g", kind, NULL);
  g_flow_node_add_upstream (g, f);
  g_flow_node_add_upstream (h, g);

  g_object_unref (test_execute_well (flow));
  test_assert_log (&bench.log, "f g h");

  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
check_seven (TestLog *log)
{
  g_autofree char *text = test_log_text (log);
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  g_autofree char *first = NULL;

  g_assert_cmpuint (g_strv_length (words), ==, 7);
  first = g_strconcat (words[0], words[1], words[2], NULL);
  g_assert_true (g_str_equal (first, "fgh") || g_str_equal (first, "fhg") ||
                 g_str_equal (first, "gfh"));
  for (guint i = 3; i < 6; i++)
    g_assert_true (strchr ("ijk", words[i][0]) != NULL);
  g_assert_cmpstr (words[6], ==, "m");
  g_assert_cmpuint (test_log_count (log, "i"), ==, 1);
  g_assert_cmpuint (test_log_count (log, "j"), ==, 1);
  g_assert_cmpuint (test_log_count (log, "k"), ==, 1);
}

static void
test_3_seven (gconstpointer data)
{
  Kind kind = GPOINTER_TO_UINT (data);
  g_autoptr (GFlow) flow = g_flow_new ();
  TestBench bench;
  GFlowNode *nodes[7];
  const char * const names[] = { "f", "g", "h", "i", "j", "k", "m" };

  test_bench_init (&bench);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    nodes[i] = add (&bench, flow, names[i], kind, NULL);
  g_flow_node_after (nodes[2], nodes[0], NULL);
  for (guint i = 3; i < 6; i++)
    g_flow_node_after (nodes[i], nodes[1], nodes[2], NULL);
  g_flow_node_after (nodes[6], nodes[3], nodes[4], nodes[5], NULL);

  g_object_unref (test_execute_well (flow));
  check_seven (&bench.log);

  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static GFlowNode *
make (TestBench  *bench,
      const char *name,
      Kind        kind)
{
  TestJob *job = test_bench_job (bench);
  GFlowNode *node;

  if (kind == ASYNC)
    node = g_flow_node_new_for_task (name, test_job_async, job, test_job_destroy);
  else
    node = g_flow_node_new (name, test_job_sync, job, test_job_destroy);
  if (kind == CONTEXT)
    g_flow_node_set_placement (node, G_FLOW_PLACEMENT_CONTEXT);
  job->in_context = kind == CONTEXT;
  test_life_watch (&bench->life, node);

  return node;
}

static void
test_4_series_parallel (gconstpointer data)
{
  Kind kind = GPOINTER_TO_UINT (data);
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowGroup) series = NULL;
  g_autoptr (GFlowGroup) top = NULL;
  g_autoptr (GFlowGroup) bottom = NULL;
  g_autoptr (GFlowGroup) whole = NULL;
  g_autoptr (GError) error = NULL;
  TestBench bench;
  GFlowNode *nodes[7];
  const char * const names[] = { "f", "g", "h", "i", "j", "k", "m" };

  test_bench_init (&bench);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    nodes[i] = make (&bench, names[i], kind);
  series = g_flow_series (nodes[0], nodes[2], NULL);
  top = g_flow_parallel (series, nodes[1], NULL);
  bottom = g_flow_parallel (nodes[3], nodes[4], nodes[5], NULL);
  whole = g_flow_series (top, bottom, nodes[6], NULL);
  g_assert_true (g_flow_add_group (flow, whole, &error));
  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    g_object_unref (nodes[i]);

  g_object_unref (test_execute_well (flow));
  check_seven (&bench.log);

  g_clear_object (&series);
  g_clear_object (&top);
  g_clear_object (&bottom);
  g_clear_object (&whole);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

/* Three jobs of 0.1 s, under a lock if there are permits; gives the seconds. */
static double
three_jobs (Kind  kind,
            guint permits,
            int  *most)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowLock) lock = permits > 0 ? g_flow_lock_new_with_permits (permits) : NULL;
  TestBench bench;
  gint64 begin;
  double seconds;

  test_bench_init (&bench);
  g_flow_set_max_threads (flow, 3);
  for (guint i = 0; i < 3; i++)
    {
      TestJob *job;
      GFlowNode *node = add (&bench, flow, NULL, kind, &job);

      job->msec = 100;
      if (lock != NULL)
        g_flow_node_add_lock (node, lock);
    }
  begin = g_get_monotonic_time ();
  g_object_unref (test_execute_well (flow));
  seconds = (double) (g_get_monotonic_time () - begin) / G_USEC_PER_SEC;
  *most = bench.gauge.most;
  g_assert_cmpint (bench.gauge.total, ==, 3);

  g_clear_object (&flow);
  test_bench_clear (&bench);

  return seconds;
}

static void
test_5_concurrent (gconstpointer data)
{
  int most;
  double seconds = three_jobs (GPOINTER_TO_UINT (data), 0, &most);

  g_assert_cmpfloat (seconds, >=, 0.099);
  g_assert_cmpint (most, ==, 3);
}

static void
test_6_lock (gconstpointer data)
{
  int most;
  double seconds = three_jobs (GPOINTER_TO_UINT (data), 1, &most);

  g_assert_cmpfloat (seconds, >=, 0.297);
  g_assert_cmpint (most, ==, 1);
}

static void
test_7_semaphore (gconstpointer data)
{
  int most;
  double seconds = three_jobs (GPOINTER_TO_UINT (data), 2, &most);

  g_assert_cmpfloat (seconds, >=, 0.198);
  g_assert_cmpint (most, ==, 2);
}

static void
test_10_missing_upstream (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowNode) f = g_flow_node_new ("f", test_body_nothing, NULL, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) missing = NULL;
  TestBench bench;
  GFlowNode *g;
  GFlowNode *h;

  /* Decided otherwise than the original: refused before anything starts. */
  test_bench_init (&bench);
  g = test_add_sync (&bench, flow, "g", NULL);
  h = test_add_async (&bench, flow, "h", NULL);
  test_add_sync (&bench, flow, "x", NULL);
  g_flow_node_add_upstream (g, f);
  g_flow_node_add_upstream (h, g);

  g_assert_null (test_execute (flow, NULL, &missing));
  g_assert_error (missing, G_FLOW_ERROR, G_FLOW_ERROR_UNKNOWN_NODE);
  g_assert_cmpstr (missing->message, ==, "“g” needs the node “f”, which is not in this flow");
  g_assert_cmpuint (test_log_length (&bench.log), ==, 0);

  g_assert_true (g_flow_add_node (flow, f, &error));
  g_assert_no_error (error);
  g_object_unref (test_execute_well (flow));
  test_assert_before (&bench.log, "g", "h");
  g_assert_cmpuint (test_log_count (&bench.log, "x"), ==, 1);

  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_11_cycle (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GError) error = NULL;
  TestBench bench;
  GFlowNode *f;
  GFlowNode *g;

  test_bench_init (&bench);
  f = test_add_sync (&bench, flow, "f", NULL);
  g = test_add_sync (&bench, flow, "g", NULL);
  test_add_sync (&bench, flow, "h", NULL);
  g_flow_node_add_upstream (f, g);
  g_flow_node_add_upstream (g, f);

  g_assert_null (test_execute (flow, NULL, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_CYCLE);
  test_assert_contains (error->message, "f → g → f");
  g_assert_cmpuint (test_log_length (&bench.log), ==, 0);

  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_12_own_upstream (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GError) error = NULL;
  TestBench bench;
  GFlowNode *f;

  test_bench_init (&bench);
  f = test_add_sync (&bench, flow, "f", NULL);
  g_flow_node_add_upstream (f, f);
  g_assert_null (test_execute (flow, NULL, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_CYCLE);
  test_assert_contains (error->message, "f → f");
  g_assert_cmpuint (test_log_length (&bench.log), ==, 0);

  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_13_added_twice (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GError) error = NULL;
  TestBench bench;
  GFlowNode *f;

  test_bench_init (&bench);
  f = test_add_sync (&bench, flow, "f", NULL);
  g_assert_false (g_flow_add_node (flow, f, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_EXISTS);
  g_object_unref (test_execute_well (flow));
  test_assert_log (&bench.log, "f");

  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_14_empty (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = test_execute_well (flow);
  g_autoptr (GFlowRun) again = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (g_flow_run_get_n_total (run), ==, 0);
  g_assert_cmpuint (g_flow_run_get_n_done (run), ==, 0);
  g_assert_cmpfloat (g_flow_run_get_fraction (run), ==, 1.0);
  again = g_flow_execute_sync (flow, NULL, &error);
  g_assert_no_error (error);
  test_assert_run (again, DONE);
}

static void
test_15_twice (gconstpointer data)
{
  Kind kind = GPOINTER_TO_UINT (data);
  g_autoptr (GFlow) flow = g_flow_new ();
  TestBench bench;
  TestResult results[5];
  GFlowNode *f;
  GFlowNode *g;

  test_bench_init (&bench);
  f = add (&bench, flow, "f", kind, NULL);
  g = add (&bench, flow, "g", kind, NULL);
  g_flow_node_add_upstream (g, f);

  g_object_unref (test_execute_well (flow));
  g_object_unref (test_execute_well (flow));
  test_assert_log (&bench.log, "f g f g");

  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    {
      test_result_init (&results[i]);
      g_flow_execute (flow, NULL, test_result_cb, &results[i]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    {
      g_autoptr (GFlowRun) run = NULL;

      TEST_WAIT (results[i].calls > 0);
      run = g_flow_execute_finish (flow, results[i].result, NULL);
      test_assert_run (run, DONE);
      test_assert_node (run, g, DONE);
      test_result_clear (&results[i]);
    }
  g_assert_cmpuint (test_log_count (&bench.log, "f"), ==, 2 + G_N_ELEMENTS (results));
  g_assert_cmpuint (test_log_count (&bench.log, "g"), ==, 2 + G_N_ELEMENTS (results));

  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_18_empty_series (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowGroup) nothing = g_flow_group_new_series ();
  g_autoptr (GFlowGroup) middle = NULL;
  g_autoptr (GFlowGroup) whole = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *names = NULL;
  TestBench bench;
  GFlowNode *x;
  GFlowNode *f;
  GFlowNode *y;

  test_bench_init (&bench);
  x = make (&bench, "x", SYNC);
  f = make (&bench, "f", ASYNC);
  y = make (&bench, "y", SYNC);
  middle = g_flow_parallel (nothing, f, NULL);
  whole = g_flow_series (x, middle, y, NULL);
  g_assert_true (g_flow_add_group (flow, whole, &error));
  g_assert_no_error (error);
  g_object_unref (test_execute_well (flow));
  test_assert_log (&bench.log, "x f y");
  names = test_model_names (g_flow_node_get_upstreams (y));
  g_assert_true (g_str_equal (names, "x f") || g_str_equal (names, "f x"));

  g_object_unref (x);
  g_object_unref (f);
  g_object_unref (y);
  g_clear_object (&middle);
  g_clear_object (&whole);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
failure (Kind         kind,
         GFlowOnError policy)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *reason = NULL;
  gboolean stop = policy == G_FLOW_ON_ERROR_STOP;
  TestBench bench;
  TestJob *job_a;
  TestJob *job_b;
  TestJob *job_z;
  GFlowNode *a;
  GFlowNode *b;
  GFlowNode *d;
  GFlowNode *z;
  gint64 begin;

  test_bench_init (&bench);
  g_flow_set_max_threads (flow, 3);
  g_flow_set_on_error (flow, policy);
  a = add (&bench, flow, "a", kind, &job_a);
  b = add (&bench, flow, "b", kind, &job_b);
  d = add (&bench, flow, "d", kind, NULL);
  z = add (&bench, flow, "z", kind, &job_z);
  g_flow_node_add_upstream (d, b);
  job_a->msec = 100;
  job_b->msec = 10;
  job_b->company = 3;
  test_job_fail (job_b, "b broke");
  job_z->msec = stop ? 0 : 500;
  job_z->forever = stop;
  job_a->deaf = TRUE;

  run = g_flow_run_new (flow);
  begin = g_get_monotonic_time ();
  g_assert_false (test_run_execute (run, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_cmpstr (error->message, ==, "b broke");
  test_assert_run (run, FAILED);
  g_assert_true (g_error_matches (g_flow_run_get_error (run), error->domain, error->code));

  /* Nothing runs any more, and what had to finish has finished. */
  g_assert_cmpint (bench.gauge.now, ==, 0);
  g_assert_cmpint (job_a->ended, ==, 1);
  g_assert_cmpint (job_z->ended, ==, 1);
  if (!stop)
    g_assert_cmpint (g_get_monotonic_time () - begin, >=, 495 * 1000);

  test_assert_node (run, a, DONE);
  test_assert_node (run, b, FAILED);
  g_assert_true (g_error_matches (g_flow_run_get_node_error (run, b), error->domain, error->code));
  if (policy == G_FLOW_ON_ERROR_IGNORE)
    {
      test_assert_node (run, d, DONE);
    }
  else
    {
      test_assert_node (run, d, SKIPPED);
      g_assert_cmpuint (test_log_count (&bench.log, "d"), ==, 0);
      reason = g_flow_run_dup_node_reason (run, d);
      g_assert_cmpstr (reason, ==, "“b” failed");
    }
  if (stop)
    test_assert_node (run, z, CANCELLED);
  else
    test_assert_node (run, z, DONE);

  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_19_failure (gconstpointer data)
{
  Kind kind = GPOINTER_TO_UINT (data);

  failure (kind, G_FLOW_ON_ERROR_SKIP_DEPENDANTS);
  failure (kind, G_FLOW_ON_ERROR_FINISH_RUNNING);
  failure (kind, G_FLOW_ON_ERROR_STOP);
  failure (kind, G_FLOW_ON_ERROR_IGNORE);
}

typedef struct
{
  TestBench *bench;
  GFlowRun  *run;
} Cancel;

static gboolean
cancel_cb (gpointer user_data)
{
  Cancel *cancel = user_data;

  if (g_atomic_int_get (&cancel->bench->gauge.now) < 2)
    return G_SOURCE_CONTINUE;
  g_flow_run_cancel (cancel->run);

  return G_SOURCE_REMOVE;
}

static void
test_21_cancel (gconstpointer data)
{
  Kind kind = GPOINTER_TO_UINT (data);
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  TestBench bench;
  Cancel cancel;
  TestJob *job_a;
  TestJob *job_b;
  GFlowNode *a;
  GFlowNode *b;
  GFlowNode *c;

  test_bench_init (&bench);
  g_flow_set_max_threads (flow, 3);
  a = add (&bench, flow, "a", kind, &job_a);
  b = add (&bench, flow, "b", kind, &job_b);
  c = add (&bench, flow, "c", kind, NULL);
  g_flow_node_add_upstream (c, a);
  job_a->forever = TRUE;
  job_b->forever = TRUE;

  run = g_flow_run_new (flow);
  cancel = (Cancel) { &bench, run };
  g_timeout_add (50, cancel_cb, &cancel);
  g_assert_false (test_run_execute (run, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_run (run, CANCELLED);
  g_assert_cmpint (bench.gauge.now, ==, 0);
  g_assert_cmpint (job_a->cancelled, ==, 1);
  g_assert_cmpint (job_b->cancelled, ==, 1);
  test_assert_node (run, a, CANCELLED);
  test_assert_node (run, b, CANCELLED);
  g_assert_cmpuint (test_log_count (&bench.log, "c"), ==, 0);
  g_assert_true (g_flow_run_get_node_state (run, c) == G_FLOW_NODE_STATE_CANCELLED ||
                 g_flow_run_get_node_state (run, c) == G_FLOW_NODE_STATE_SKIPPED);

  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static gboolean
grow (GFlowNode  *node,
      GFlowRun   *run,
      gpointer    user_data,
      GError    **error)
{
  GFlow *flow = g_flow_run_get_flow (run);

  return g_flow_add (flow, "grown", test_body_nothing, NULL, NULL, error) != NULL;
}

static void
test_23_add_while_running (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) first = NULL;
  g_autoptr (GFlowRun) second = NULL;
  g_autoptr (GError) error = NULL;
  GFlowNode *node = g_flow_add (flow, "grow", grow, NULL, NULL, NULL);

  /* Decided otherwise than the original: it changes the next run. */
  g_assert_nonnull (node);
  first = test_execute_well (flow);
  g_assert_cmpuint (g_flow_run_get_n_total (first), ==, 1);
  g_assert_nonnull (g_flow_lookup (flow, "grown"));

  second = g_flow_run_new (flow);
  g_assert_false (test_run_execute (second, NULL, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_EXISTS);
  g_assert_cmpuint (g_flow_run_get_n_total (second), ==, 2);
  test_assert_node (second, g_flow_lookup (flow, "grown"), DONE);
}

static void
test_24_no_permits (void)
{
  GFlowLock *lock;

  g_test_expect_message ("GFlow", G_LOG_LEVEL_CRITICAL, "*permits*");
  lock = g_flow_lock_new_with_permits (0);
  g_test_assert_expected_messages ();
  g_assert_null (lock);
}

static void
add_for (const char    *name,
         GTestDataFunc  func,
         guint          kinds)
{
  for (guint kind = SYNC; kind <= MIXED; kind++)
    {
      g_autofree char *path = g_strdup_printf ("/scenarios/%s/%s", name, kind_names[kind]);

      if (kinds & (1u << kind))
        g_test_add_data_func (path, GUINT_TO_POINTER (kind), func);
    }
}

int
main (int    argc,
      char **argv)
{
  const guint all = 0xf;
  const guint waiting = (1u << SYNC) | (1u << ASYNC); /* a body in the context blocks it */
  const guint made = (1u << SYNC) | (1u << CONTEXT) | (1u << ASYNC);

  g_test_init (&argc, &argv, NULL);

  add_for ("1-multiple-paths", test_1_multiple_paths, all);
  add_for ("2-chain", test_2_chain, all);
  add_for ("3-seven", test_3_seven, all);
  add_for ("4-series-parallel", test_4_series_parallel, made);
  add_for ("5-concurrent", test_5_concurrent, waiting);
  add_for ("6-lock", test_6_lock, waiting);
  add_for ("7-semaphore", test_7_semaphore, waiting);
  g_test_add_func ("/scenarios/10-missing-upstream", test_10_missing_upstream);
  g_test_add_func ("/scenarios/11-cycle", test_11_cycle);
  g_test_add_func ("/scenarios/12-own-upstream", test_12_own_upstream);
  g_test_add_func ("/scenarios/13-added-twice", test_13_added_twice);
  g_test_add_func ("/scenarios/14-empty", test_14_empty);
  add_for ("15-twice", test_15_twice, all);
  g_test_add_func ("/scenarios/18-empty-series", test_18_empty_series);
  add_for ("19-failure", test_19_failure, waiting);
  add_for ("21-cancel", test_21_cancel, waiting);
  g_test_add_func ("/scenarios/23-add-while-running", test_23_add_while_running);
  g_test_add_func ("/scenarios/24-no-permits", test_24_no_permits);

  return g_test_run ();
}
