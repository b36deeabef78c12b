/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What is written down of a run: traces, charts, reports. */

#include "test-bench.h"

#include "plot/gflow-timeline-private.h"

#include <string.h>

static GFlowRun *
new_kept_run (GFlow *flow)
{
  GFlowRun *run = g_flow_run_new (flow);

  g_flow_run_set_keep_record (run, TRUE);

  return run;
}

/* Charts are well-formed; counts the elements that are named @element. */
static void
count_cb (GMarkupParseContext  *context,
          const char           *element,
          const char          **names,
          const char          **values,
          gpointer              user_data,
          GError              **error)
{
  GHashTable *counts = user_data;
  const guint n = GPOINTER_TO_UINT (g_hash_table_lookup (counts, element));

  g_hash_table_insert (counts, g_strdup (element), GUINT_TO_POINTER (n + 1));
}

static GHashTable *
parse_svg (const char *svg)
{
  const GMarkupParser parser = { .start_element = count_cb };
  GHashTable *counts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GMarkupParseContext) context = g_markup_parse_context_new (&parser, 0, counts, NULL);
  g_autoptr (GError) error = NULL;

  g_markup_parse_context_parse (context, svg, -1, &error);
  g_assert_no_error (error);
  g_markup_parse_context_end_parse (context, &error);
  g_assert_no_error (error);

  return counts;
}

static guint
get_count (GHashTable *counts,
           const char *element)
{
  return GPOINTER_TO_UINT (g_hash_table_lookup (counts, element));
}

static void
test_nothing (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) kept = NULL;
  g_autoptr (GFlowRun) run = NULL;

  g_assert_nonnull (g_flow_add (flow, "a", test_body_nothing, NULL, NULL, NULL));
  kept = new_kept_run (flow);
  run = test_execute_well (flow);
  g_assert_false (g_flow_run_get_keep_record (run));
  g_assert_true (g_flow_run_get_keep_record (kept));

  /* One that was not kept, and one that has not started. */
  for (guint i = 0; i < 2; i++)
    {
      GFlowRun *empty = i == 0 ? run : kept;
      g_autofree char *trace = g_flow_run_to_trace (empty);
      g_autofree char *gantt = g_flow_run_to_gantt (empty);
      g_autofree char *summary = g_flow_run_to_summary (empty);
      g_autoptr (GVariant) report = g_variant_ref (g_flow_run_dup_report (empty));
      g_autoptr (GHashTable) counts = parse_svg (gantt);
      guint n = 1;

      g_assert_null (strstr (trace, "\"ph\":\"X\""));
      test_assert_contains (trace, "\"traceEvents\"");
      g_assert_cmpuint (get_count (counts, "title"), ==, 1);
      test_assert_contains (summary, "Nothing");
      g_assert_true (g_variant_lookup (report, "n-nodes", "u", &n));
      g_assert_cmpuint (n, ==, 0);
      g_variant_unref (report);
    }
  g_assert_cmpuint (atomic_load (&run->attention), ==, 0);
}

static void
test_trace (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autofree char *trace = NULL;
  TestBench bench;
  TestResult result;
  TestJob *job;
  GFlowNode *bad;

  test_bench_init (&bench);
  test_result_init (&result);
  g_flow_set_name (flow, "say \"hi\"\\");
  test_add_sync (&bench, flow, "load", NULL);
  bad = test_add_context (&bench, flow, "bad", &job);
  test_job_fail (job, "It\tbroke: \"so\"");
  g_flow_node_set_title (bad, "Bad \\ thing");
  g_flow_node_add_upstream_by_name (bad, "load");
  g_flow_node_add_upstream (test_add_sync (&bench, flow, "left-out", NULL), bad);
  for (guint i = 0; i < 2; i++)
    {
      test_add_async (&bench, flow, i == 0 ? "one" : "other", &job);
      job->company = 4;
    }
  run = new_kept_run (flow);
  test_life_watch (&bench.life, run);
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  TEST_WAIT (result.calls > 0);
  test_assert_run (run, FAILED);

  trace = g_flow_run_to_trace (run);
  test_assert_contains (trace, "\"name\":\"process_name\",\"args\":{\"name\":\"say \\\"hi\\\"\\\\\"}");
  test_assert_contains (trace, "\"name\":\"Worker 1\"");
  test_assert_contains (trace, "\"name\":\"Context\"");
  g_assert_cmpuint (test_count_of (trace, "\"ph\":\"X\""), ==, 4);
  test_assert_contains (trace, "\"name\":\"load\",\"args\":{\"node\":\"load\",\"state\":\"done\",\"attempt\":1");
  test_assert_contains (trace, "\"name\":\"Bad \\\\ thing\",\"args\":{\"node\":\"bad\",\"state\":\"failed\"");
  test_assert_contains (trace, "\"error\":\"It\\u0009broke: \\\"so\\\"\"");
  g_assert_null (strstr (trace, "left-out"));

  /* An arrow for each need of a node that ran. */
  g_assert_cmpuint (test_count_of (trace, "\"ph\":\"s\""), ==, 1);
  g_assert_cmpuint (test_count_of (trace, "\"ph\":\"f\""), ==, 1);

  /* Bodies that are away at the same time have tracks of their own. */
  test_assert_contains (trace, "\"name\":\"Context (2)\"");

  test_result_clear (&result);
  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_gantt (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autofree char *gantt = NULL;
  g_autoptr (GHashTable) counts = NULL;
  g_autoptr (GError) error = NULL;
  TestBench bench;
  TestJob *job;
  GFlowNode *a;
  GFlowNode *b;

  test_bench_init (&bench);
  g_flow_set_name (flow, "<import> & \x01 more");
  a = test_add_sync (&bench, flow, "a", &job);
  g_flow_node_set_title (a, "a <b> & \x02 c");
  job->msec = 20;
  b = test_add_sync (&bench, flow, "bad", &job);
  test_job_fail (job, "It broke");
  g_flow_node_add_upstream (b, a);
  test_add_context (&bench, flow, "in-context", NULL);
  run = new_kept_run (flow);
  g_assert_false (test_run_execute (run, NULL, &error));

  gantt = g_flow_run_to_gantt (run);
  counts = parse_svg (gantt);

  /* The chart has a title and a description, and so has each bar a title. */
  test_assert_contains (gantt, "role=\"img\" aria-labelledby=\"title desc\"");
  test_assert_contains (gantt, "<title id=\"title\">&lt;import&gt; &amp;   more</title>");
  test_assert_contains (gantt, "<desc id=\"desc\">");
  g_assert_cmpuint (get_count (counts, "title"), ==, 1 + 3);
  test_assert_contains (gantt, "bad: failed, ");
  test_assert_contains (gantt, "On the critical path");
  test_assert_contains (gantt, "✓ a &lt;b&gt; &amp;   c</text>");

  /* The path: two nodes, one line between them. */
  g_assert_cmpuint (test_count_of (gantt, "class=\"done critical\""), ==, 1);
  g_assert_cmpuint (test_count_of (gantt, "class=\"failed critical\""), ==, 1);
  g_assert_cmpuint (test_count_of (gantt, "<line class=\"path\""), ==, 1);

  /* Dark and light, and a legend in words. */
  test_assert_contains (gantt, "prefers-color-scheme: dark");
  test_assert_contains (gantt, ">✓ done</text>");
  test_assert_contains (gantt, ">✗ failed</text>");
  test_assert_contains (gantt, ">Critical path</text>");

  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

/* Runs that have taken as long as a test wants. */

static void
set_times (GFlowRun   *run,
           const char *name,
           gint64      start,
           gint64      end)
{
  GFlowRecord *record;
  guint index;

  g_assert_true (_g_flow_plan_find (run->plan, g_flow_lookup (run->flow, name), &index));
  record = _g_flow_run_get_record (run, index);
  g_assert_nonnull (record);
  atomic_store (&record->start, run->start_time + start);
  atomic_store (&record->end, run->start_time + end);
}

static gint64
simulate (GFlowRun *run,
          guint     n_workers)
{
  g_autoptr (GFlowTimeline) timeline = _g_flow_timeline_new (run);

  return _g_flow_timeline_simulate (timeline, n_workers);
}

static gint64
look_up (GVariant   *report,
         const char *key)
{
  gint64 value = -1;

  g_assert_true (g_variant_lookup (report, key, "x", &value));

  return value;
}

/* Each node takes 10 µs, and what they need are the letters after the colon. */
static GFlowRun *
run_of (const char * const *nodes,
        GFlowLock          *lock,
        GFlowNode        *(*add) (TestBench   *bench,
                                  GFlow       *flow,
                                  const char  *name,
                                  TestJob    **job),
        TestBench          *bench)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  GFlowRun *run;
  gint64 at = 0;

  g_flow_set_max_threads (flow, 2);
  for (guint i = 0; nodes[i] != NULL; i++)
    {
      g_autofree char *name = g_strndup (nodes[i], 1);
      GFlowNode *node = add (bench, flow, name, NULL);

      for (const char *p = nodes[i] + 1; *p != '\0'; p++)
        g_flow_node_add_upstream_by_name (node, (char[]) { *p, '\0' });
      if (lock != NULL)
        g_flow_node_add_lock (node, lock);
    }
  run = new_kept_run (flow);
  g_assert_true (test_run_execute (run, NULL, NULL));
  for (guint i = 0; nodes[i] != NULL; i++, at += 10)
    set_times (run, (char[]) { nodes[i][0], '\0' }, at, at + 10);

  return run;
}

static void
test_simulated (void)
{
  static const char * const side_by_side[] = { "a", "b", "c", "d", "e", "f", NULL };
  static const char * const chain[] = { "a", "ba", "cb", "dc", NULL };
  static const char * const diamond[] = { "a", "ba", "ca", "dbc", NULL };
  const struct
  {
    const char * const *nodes;
    guint               permits; /* 0: no lock */
    GFlowNode        *(*add) (TestBench   *bench,
                              GFlow       *flow,
                              const char  *name,
                              TestJob    **job);
    gint64              with_1, with_2, with_3, with_9;
  } cases[] = {
    { side_by_side, 0, test_add_sync, 60, 30, 20, 10 },
    { side_by_side, 1, test_add_sync, 60, 60, 60, 60 },
    { side_by_side, 3, test_add_sync, 60, 30, 20, 20 },
    { side_by_side, 0, test_add_context, 60, 60, 60, 60 },
    { side_by_side, 0, test_add_async, 10, 10, 10, 10 },
    { side_by_side, 2, test_add_async, 30, 30, 30, 30 },
    { chain, 0, test_add_sync, 40, 40, 40, 40 },
    { diamond, 0, test_add_sync, 40, 30, 30, 30 },
    { diamond, 1, test_add_sync, 40, 40, 40, 40 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GFlowLock) lock = NULL;
      g_autoptr (GFlowRun) run = NULL;
      TestBench bench;

      test_bench_init (&bench);
      if (cases[i].permits > 0)
        lock = g_flow_lock_new_with_permits (cases[i].permits);
      run = run_of (cases[i].nodes, lock, cases[i].add, &bench);
      g_assert_cmpint (simulate (run, 1), ==, cases[i].with_1);
      g_assert_cmpint (simulate (run, 2), ==, cases[i].with_2);
      g_assert_cmpint (simulate (run, 3), ==, cases[i].with_3);
      g_assert_cmpint (simulate (run, 9), ==, cases[i].with_9);
      g_clear_object (&run);
      g_clear_object (&lock);
      test_bench_clear (&bench);
    }
}

/* max-parallel holds for all nodes. */
static void
test_limited (void)
{
  static const char * const nodes[] = { "a", "b", "c", "d", NULL };
  g_autoptr (GFlow) flow = NULL;
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GFlowRun) limited = NULL;
  TestBench bench;

  test_bench_init (&bench);
  run = run_of (nodes, NULL, test_add_async, &bench);
  g_assert_cmpint (simulate (run, 1), ==, 10);
  flow = g_object_ref (g_flow_run_get_flow (run));
  g_flow_set_max_parallel (flow, 2);
  limited = new_kept_run (flow);
  g_assert_true (test_run_execute (limited, NULL, NULL));
  for (guint i = 0; nodes[i] != NULL; i++)
    set_times (limited, nodes[i], 0, 10);
  g_assert_cmpint (simulate (limited, 1), ==, 20);
  g_clear_object (&limited);
  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_report (void)
{
  static const char * const nodes[] = { "a", "ba", "ca", "dbc", "e", NULL };
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GVariant) report = NULL;
  g_autofree const char **path = NULL;
  g_autofree char *names = NULL;
  g_autofree char *summary = NULL;
  TestBench bench;
  double utilisation = 0;
  guint n = 0;

  /*  worker 1: aaaaaaaaaa bbbbbbbbbb          dddddddddd
   *  worker 2: eeeeeeeeee cccccccccccccccccc           */
  test_bench_init (&bench);
  run = run_of (nodes, NULL, test_add_sync, &bench);
  set_times (run, "a", 0, 100);
  set_times (run, "e", 0, 100);
  set_times (run, "b", 100, 200);
  set_times (run, "c", 100, 280);
  set_times (run, "d", 300, 400);

  report = g_flow_run_dup_report (run);
  g_assert_false (g_variant_is_floating (report));
  g_assert_cmpint (look_up (report, "duration"), ==, 400);
  g_assert_cmpint (look_up (report, "busy"), ==, 580);
  g_assert_cmpint (look_up (report, "critical-duration"), ==, 380);
  g_assert_cmpint (look_up (report, "one-more-worker"), ==, 0);
  g_assert_true (g_variant_lookup (report, "n-nodes", "u", &n));
  g_assert_cmpuint (n, ==, 5);
  g_assert_true (g_variant_lookup (report, "n-workers", "u", &n));
  g_assert_cmpuint (n, ==, 2);
  g_assert_true (g_variant_lookup (report, "utilisation", "d", &utilisation));
  g_assert_cmpfloat_with_epsilon (utilisation, 580.0 / 800.0, 1e-9);
  g_assert_true (g_variant_lookup (report, "critical-path", "^a&s", &path));
  names = g_strjoinv (" ", (char **) path);
  g_assert_cmpstr (names, ==, "a c d");

  summary = g_flow_run_to_summary (run);
  test_assert_contains (summary, "5 nodes in 400 µs");
  test_assert_contains (summary, "Critical path, 380 µs: a → c → d");

  g_clear_object (&run);
  test_bench_clear (&bench);
}

/* Runs of flows inside are kept with the run, and go with it. */
static void
test_inside (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlow) inner = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *trace = NULL;
  g_autofree char *dot = NULL;
  g_autoptr (GArray) kept = NULL;
  TestBench bench;
  TestJob *job;

  test_bench_init (&bench);
  test_add_sync (&bench, inner, "fine", NULL);
  test_add_sync (&bench, inner, "bad", &job);
  test_job_fail (job, "It broke");
  g_flow_set_name (inner, "inner flow");
  g_assert_nonnull (g_flow_add_flow (flow, "sub", inner, NULL));

  run = new_kept_run (flow);
  test_life_watch (&bench.life, run);
  g_assert_false (test_run_execute (run, NULL, &error));
  kept = _g_flow_run_dup_kept (run);
  g_assert_cmpuint (kept->len, ==, 1);
  test_life_watch (&bench.life, g_array_index (kept, GFlowKept, 0).run);
  g_clear_pointer (&kept, g_array_unref);

  trace = g_flow_run_to_trace (run);
  test_assert_contains (trace, "\"pid\":2,\"tid\":0,\"name\":\"process_name\","
                               "\"args\":{\"name\":\"inner flow, sub\"}");
  g_assert_cmpuint (test_count_of (trace, "\"ph\":\"X\",\"pid\":2"), ==, 2);

  /* So a picture knows what is inside, which it does not of a run that is not kept. */
  dot = g_flow_to_dot (flow, run);
  test_assert_contains (dot, "label=\"✓ fine\"");
  test_assert_contains (dot, "label=\"✗ bad\"");

  g_clear_object (&run);
  g_clear_object (&flow);
  g_clear_object (&inner);
  test_bench_clear (&bench);
}

/* While it runs, what there is until now is shown. */
static void
test_running (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  TestBench bench;
  TestResult result;
  TestJob *job;

  test_bench_init (&bench);
  test_result_init (&result);
  test_add_async (&bench, flow, "away", &job);
  job->forever = TRUE;
  run = new_kept_run (flow);
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  TEST_WAIT (g_atomic_int_get (&job->runs) > 0);
  {
    g_autofree char *trace = g_flow_run_to_trace (run);
    g_autofree char *gantt = g_flow_run_to_gantt (run);

    test_assert_contains (trace, "\"state\":\"running\"");
    test_assert_contains (gantt, "class=\"running critical\"");
  }
  g_flow_run_cancel (run);
  TEST_WAIT (result.calls > 0);

  test_result_clear (&result);
  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

/* Of very many, the longest are drawn. */
static void
test_many (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autofree char *gantt = NULL;
  g_autoptr (GHashTable) counts = NULL;

  for (guint i = 0; i < 6000; i++)
    g_assert_nonnull (g_flow_add (flow, NULL, test_body_nothing, NULL, NULL, NULL));
  run = new_kept_run (flow);
  g_assert_true (test_run_execute (run, NULL, NULL));
  for (guint i = 0; i < 6000; i++)
    {
      g_autofree char *name = g_strdup_printf ("node%u", i);

      set_times (run, name, 0, i + 1);
    }
  gantt = g_flow_run_to_gantt (run);
  counts = parse_svg (gantt);
  g_assert_cmpuint (get_count (counts, "title"), ==, 1 + 5000);
  test_assert_contains (gantt, "1000 shorter nodes are not shown");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/trace/nothing", test_nothing);
  g_test_add_func ("/trace/trace", test_trace);
  g_test_add_func ("/trace/gantt", test_gantt);
  g_test_add_func ("/trace/simulated", test_simulated);
  g_test_add_func ("/trace/limited", test_limited);
  g_test_add_func ("/trace/report", test_report);
  g_test_add_func ("/trace/inside", test_inside);
  g_test_add_func ("/trace/running", test_running);
  g_test_add_func ("/trace/many", test_many);

  return g_test_run ();
}
