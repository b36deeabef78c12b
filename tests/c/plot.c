/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Flows as text: DOT and Mermaid. */

#include "test-util.h"

#include <string.h>

typedef char *(*Plot) (GFlow    *flow,
                       GFlowRun *run);

static const Plot plots[] = { g_flow_to_dot, g_flow_to_mermaid };

static GFlowNode *
add_nothing (GFlow      *flow,
             const char *name)
{
  GFlowNode *node = g_flow_add (flow, name, test_body_nothing, NULL, NULL, NULL);

  g_assert_true (G_IS_FLOW_NODE (node));

  return node;
}

static guint
count_of (const char *text,
          const char *part)
{
  guint count = 0;

  for (const char *p = strstr (text, part); p != NULL; p = strstr (p + 1, part))
    count++;

  return count;
}

static void
test_plain (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlow) inner = g_flow_new ();
  g_autofree char *dot = NULL;
  g_autofree char *mermaid = NULL;
  g_autofree char *again = NULL;
  const char * const needs[] = { "load", "parse", NULL };

  g_flow_set_name (flow, "import");
  add_nothing (flow, "load");
  g_flow_node_add_upstream (add_nothing (flow, "parse"), g_flow_lookup (flow, "load"));
  g_flow_node_set_title (g_flow_lookup (flow, "parse"), "Parse the text");
  g_assert_nonnull (g_flow_add_flow (flow, "inside", inner, NULL));
  g_assert_nonnull (g_flow_add_join (flow, "all", needs, NULL));

  dot = g_flow_to_dot (flow, NULL);
  g_assert_true (g_str_has_prefix (dot, "digraph"));
  g_assert_true (g_str_has_suffix (dot, "}\n"));
  test_assert_contains (dot, "import");
  test_assert_contains (dot, "load");
  test_assert_contains (dot, "Parse the text");
  g_assert_cmpuint (count_of (dot, " -> "), ==, 3);

  mermaid = g_flow_to_mermaid (flow, NULL);
  test_assert_contains (mermaid, "flowchart");
  test_assert_contains (mermaid, "load");
  test_assert_contains (mermaid, "Parse the text");
  g_assert_cmpuint (count_of (mermaid, " --> "), ==, 3);

  /* Nothing but the flow decides. */
  again = g_flow_to_dot (flow, NULL);
  g_assert_cmpstr (again, ==, dot);
}

static void
test_escaped (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autofree char *dot = NULL;
  g_autofree char *mermaid = NULL;

  g_flow_set_name (flow, "a \"name\"");
  add_nothing (flow, "say \"hi\" \\ <b> \n&amp; größer → 日本");
  dot = g_flow_to_dot (flow, NULL);
  test_assert_contains (dot, "\\\"hi\\\"");
  test_assert_contains (dot, "\\\\");
  test_assert_contains (dot, "größer → 日本");
  g_assert_null (strstr (dot, "\n&amp;"));

  mermaid = g_flow_to_mermaid (flow, NULL);
  g_assert_null (strstr (mermaid, "\"hi\""));
  test_assert_contains (mermaid, "größer → 日本");
}

static void
test_states (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlow) inner = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GFlowLock) lock = g_flow_lock_new ();
  TestBench bench;
  TestResult result;
  TestJob *job;
  GFlowNode *bad;
  GFlowNode *forever;

  /* Every state once: done, failed, skipped, running, locked, waiting; then cancelled. */
  test_bench_init (&bench);
  test_result_init (&result);
  test_add_sync (&bench, flow, "fine", NULL);
  bad = test_add_sync (&bench, flow, "bad", &job);
  test_job_fail (job, "It broke");
  g_flow_node_add_upstream (test_add_sync (&bench, flow, "left-out", NULL), bad);
  forever = test_add_async (&bench, flow, "forever", &job);
  job->forever = TRUE;
  g_flow_node_add_upstream (test_add_sync (&bench, flow, "later", NULL), forever);
  g_flow_node_add_lock (test_add_sync (&bench, flow, "locked", NULL), lock);
  g_assert_true (g_flow_lock_try_acquire (lock));
  g_assert_nonnull (g_flow_add_flow (flow, "inside", inner, NULL));

  run = g_flow_run_new (flow);
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  TEST_WAIT (g_flow_run_get_n_done (run) == 4 && g_flow_lock_get_waiting (lock) == 1);
  for (guint i = 0; i < G_N_ELEMENTS (plots); i++)
    {
      g_autofree char *plain = plots[i] (flow, NULL);
      g_autofree char *coloured = plots[i] (flow, run);

      g_assert_cmpstr (plain, !=, coloured);
      g_assert_cmpuint (strlen (coloured), >, strlen (plain));
    }

  g_flow_run_cancel (run);
  TEST_WAIT (result.calls > 0);
  g_flow_lock_release (lock);
  for (guint i = 0; i < G_N_ELEMENTS (plots); i++)
    {
      g_autofree char *ended = plots[i] (flow, run);

      g_assert_true (g_utf8_validate (ended, -1, NULL));
    }

  test_result_clear (&result);
  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_odd (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (plots); i++)
    {
      g_autoptr (GFlow) flow = g_flow_new ();
      g_autoptr (GFlowRun) run = g_flow_run_new (flow);
      g_autofree char *empty = plots[i] (flow, NULL);
      g_autofree char *unstarted = plots[i] (flow, run);
      g_autofree char *bad = NULL;
      g_autofree char *more = NULL;
      GFlowNode *a;

      g_assert_cmpuint (strlen (empty), >, 0);
      g_assert_cmpuint (strlen (unstarted), >, 0);

      /* A node that the run does not know. */
      g_assert_true (test_run_execute (run, NULL, NULL));
      a = add_nothing (flow, "new");
      more = plots[i] (flow, run);
      test_assert_contains (more, "new");

      /* A flow that cannot be run can be looked at all the same. */
      g_flow_node_add_upstream (a, a);
      g_flow_node_add_upstream_by_name (a, "nobody");
      bad = plots[i] (flow, NULL);
      test_assert_contains (bad, "new");
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/plot/plain", test_plain);
  g_test_add_func ("/plot/escaped", test_escaped);
  g_test_add_func ("/plot/states", test_states);
  g_test_add_func ("/plot/odd", test_odd);

  return g_test_run ();
}
