/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Flows as text: DOT and Mermaid. */

#include "test-graphviz.h"
#include "test-bench.h"

#include <string.h>

typedef char *(*Plot) (GFlow    *flow,
                       GFlowRun *run);

static const Plot plots[] = { g_flow_to_dot, g_flow_to_mermaid };

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
  test_add_nothing (flow, "load");
  g_flow_node_add_upstream (test_add_nothing (flow, "parse"), g_flow_lookup (flow, "load"));
  g_flow_node_set_title (g_flow_lookup (flow, "parse"), "Parse the text");
  g_assert_nonnull (g_flow_add_flow (flow, "inside", inner, NULL));
  g_assert_nonnull (g_flow_add_join (flow, "all", needs, NULL));

  dot = g_flow_to_dot (flow, NULL);
  g_assert_true (g_str_has_prefix (dot, "digraph"));
  g_assert_true (g_str_has_suffix (dot, "}\n"));
  test_assert_contains (dot, "import");
  test_assert_contains (dot, "load");
  test_assert_contains (dot, "Parse the text");
  g_assert_cmpuint (test_count_of (dot, " -> "), ==, 3);

  mermaid = g_flow_to_mermaid (flow, NULL);
  test_assert_contains (mermaid, "flowchart");
  test_assert_contains (mermaid, "load");
  test_assert_contains (mermaid, "Parse the text");
  g_assert_cmpuint (test_count_of (mermaid, " --> "), ==, 3);

  /* Nothing but the flow decides. */
  again = g_flow_to_dot (flow, NULL);
  g_assert_cmpstr (again, ==, dot);
}

static const char * const hostile[] = {
  "say \"hi\"",
  "back\\slash \\N \\G \\l \\",
  "<b>&amp; &lt;i&gt; &#65; &",
  "%%{init: {}}%% %% comment",
  "`code` *b* _u_ ~~x~~ #35; #quot;",
  "a]b)c}d|e;f --> g",
  "end",
  "größer → 日本 \360\237\222\241",
  "digraph{}",
  "$(rm -rf /)",
};

static void
test_escaped (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlow) inner = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autofree char *dot = NULL;
  g_autofree char *mermaid = NULL;
  g_auto (GStrv) lines = NULL;

  g_flow_set_name (flow, hostile[1]);
  for (guint i = 0; i < G_N_ELEMENTS (hostile); i++)
    {
      g_autoptr (GFlowLock) lock = g_flow_lock_new ();

      g_flow_lock_set_name (lock, hostile[i]);
      g_flow_node_add_lock (test_add_nothing (flow, hostile[i]), lock);
    }
  g_flow_node_set_title (test_add_nothing (flow, "titled"), "one\nline\tonly\x7f");
  test_add_nothing (inner, hostile[0]);
  g_assert_nonnull (g_flow_add_flow (flow, "in \"there\" \\N", inner, NULL));
  run = test_execute_well (flow);

  /* Nothing that means something to Mermaid stands in a label. */
  mermaid = g_flow_to_mermaid (flow, run);
  lines = g_strsplit (mermaid, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      const char *open = strchr (lines[i], '"'), *close = strrchr (lines[i], '"');

      if (open == NULL)
        continue;
      for (const char *p = open + 1; p < close; p++)
        {
          if (g_str_has_prefix (p, "<br/>"))
            p += strlen ("<br/>") - 1;
          else if (*p == '#')
            g_assert_true (g_ascii_isdigit (p[1]));
          else
            g_assert_null (strchr ("\"<>&%`\\*_~", *p));
        }
    }
  test_assert_contains (mermaid, "größer → 日本");
  test_assert_contains (mermaid, "one line only ");

  /* Graphviz shows exactly what the names are, and takes nothing for its own. */
  dot = g_flow_to_dot (flow, run);
  if (test_have_graphviz ())
    {
      g_autofree char *texts = test_draw_svg (dot);

      for (guint i = 0; i < G_N_ELEMENTS (hostile); i++)
        {
          g_autofree char *title = g_strdup_printf ("\n✓ %s\n", hostile[i]);
          g_autofree char *lock = g_strdup_printf ("\nLock: %s\n", hostile[i]);
          g_autofree char *tooltip = g_strdup_printf ("\n%s: done\n", hostile[i]);

          test_assert_contains (texts, title);
          test_assert_contains (texts, lock);
          test_assert_contains (texts, tooltip);
        }
      test_assert_contains (texts, "\n✓ done\n");
      test_assert_contains (texts, "\n✓ one line only \n");
      test_assert_contains (texts, "\n✓ in \"there\" \\N\n");
    }
  else
    {
      g_test_message ("Graphviz is not installed");
    }
}

static void
test_groups (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlow) copy = NULL;
  g_autofree char *dot = NULL;
  g_autofree char *dot_of_copy = NULL;
  g_autofree char *mermaid = NULL;
  g_autofree char *after = NULL;
  g_autoptr (GFlowNode) a = g_flow_node_new ("a", test_body_nothing, NULL, NULL);
  g_autoptr (GFlowNode) b = g_flow_node_new ("b", test_body_nothing, NULL, NULL);
  g_autoptr (GFlowNode) c = g_flow_node_new ("c", test_body_nothing, NULL, NULL);
  g_autoptr (GFlowGroup) alone = g_flow_parallel (c, NULL);
  g_autoptr (GFlowGroup) both = g_flow_parallel (b, alone, NULL);
  g_autoptr (GFlowGroup) all = g_flow_series (a, both, NULL);

  /* A group of one node is no box. */
  test_add_nothing (flow, "first");
  g_assert_true (g_flow_add_group (flow, all, NULL));
  test_add_nothing (flow, "last");
  dot = g_flow_to_dot (flow, NULL);
  g_assert_cmpuint (test_count_of (dot, "subgraph cluster_"), ==, 2);
  g_assert_true (g_regex_match_simple ("n0 \\[label=\"first\".*"
                                       "In series.*n1 \\[label=\"a\".*"
                                       "In parallel.*n2 \\[label=\"b\".*n3 \\[label=\"c\".*"
                                       "\\}.*\\}.*n4 \\[label=\"last\"",
                                       dot, G_REGEX_DOTALL, 0));
  mermaid = g_flow_to_mermaid (flow, NULL);
  g_assert_true (g_regex_match_simple ("n0\\[\"first\".*"
                                       "subgraph g1 \\[\"In series\"\\].*n1\\[\"a\".*"
                                       "subgraph g2 \\[\"In parallel\"\\].*n2\\[\"b\".*n3\\[\"c\".*"
                                       "end\\s+end\\s+n4\\[\"last\"",
                                       mermaid, G_REGEX_DOTALL, 0));

  copy = g_flow_copy (flow);
  dot_of_copy = g_flow_to_dot (copy, NULL);
  g_assert_cmpstr (dot_of_copy, ==, dot);

  /* Who goes, goes from its group, too; the others stay in theirs. */
  g_assert_true (g_flow_remove_node (flow, g_flow_lookup (flow, "first"), NULL));
  g_flow_node_set_upstreams (c, NULL, 0);
  g_assert_true (g_flow_remove_node (flow, b, NULL));
  after = g_flow_to_dot (flow, NULL);
  g_assert_cmpuint (test_count_of (after, "subgraph cluster_"), ==, 1);
  g_assert_true (g_regex_match_simple ("In series.*n0 \\[label=\"a\".*n1 \\[label=\"c\".*\\}.*"
                                       "n2 \\[label=\"last\"", after, G_REGEX_DOTALL, 0));
  g_assert_cmpuint (test_count_of (dot_of_copy, "subgraph cluster_"), ==, 2);

  /* What was removed is not held, nor is the group. */
  g_object_add_weak_pointer (G_OBJECT (b), (gpointer *) &b);
  g_object_add_weak_pointer (G_OBJECT (all), (gpointer *) &all);
  g_clear_object (&both);
  g_object_unref (all);
  g_assert_null (all);
  g_object_unref (b);
  g_assert_null (b);
}

static void
test_subflows (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlow) inner = g_flow_new ();
  g_autoptr (GFlow) innermost = g_flow_new ();
  g_autoptr (GFlow) empty = g_flow_new ();
  g_autofree char *dot = NULL;
  g_autofree char *mermaid = NULL;
  GFlowNode *node;

  test_add_nothing (innermost, "x");
  test_add_nothing (inner, "p");
  node = g_flow_add_flow (inner, "q", innermost, NULL);
  g_flow_node_add_upstream_by_name (node, "p");
  test_add_nothing (flow, "a");
  node = g_flow_add_flow (flow, "sub", inner, NULL);
  g_flow_node_add_upstream_by_name (node, "a");
  g_flow_node_add_upstream_by_name (test_add_nothing (flow, "b"), "sub");
  g_assert_nonnull (g_flow_add_flow (flow, "nothing", empty, NULL));

  /* Arrows go to the boxes. */
  dot = g_flow_to_dot (flow, NULL);
  g_assert_cmpuint (test_count_of (dot, "subgraph cluster_"), ==, 2);
  test_assert_contains (dot, "  n0 -> n1_0 [lhead=cluster_n1];\n");
  test_assert_contains (dot, "  n1_1_0 -> n2 [ltail=cluster_n1];\n");
  test_assert_contains (dot, "  n1_0 -> n1_1_0 [lhead=cluster_n1_1];\n");
  test_assert_contains (dot, "n3 [label=\"nothing\", shape=component");
  mermaid = g_flow_to_mermaid (flow, NULL);
  g_assert_true (g_regex_match_simple ("subgraph n1 \\[\"sub\"\\]\\s+n1_0\\[\"p\"\\]\\s+"
                                       "subgraph n1_1 \\[\"q\"\\]\\s+n1_1_0\\[\"x\"\\]\\s+end\\s+end",
                                       mermaid, 0, 0));
  test_assert_contains (mermaid, "  n0 --> n1\n");
  test_assert_contains (mermaid, "  n1 --> n2\n");

  if (test_have_graphviz ())
    g_free (test_draw_svg (dot));
}

/* Flows that hold each other, or very many: pictures are bounded. */
static void
test_bounded (void)
{
  g_autoptr (GPtrArray) flows = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowGroup) group = NULL;
  g_autoptr (GFlow) grouped = g_flow_new ();

  /* 2^40 nodes, if all were drawn. */
  for (guint i = 0; i <= 40; i++)
    {
      GFlow *next = g_flow_new ();

      if (i == 0)
        test_add_nothing (next, "node");
      for (guint k = 0; i > 0 && k < 2; k++)
        g_assert_nonnull (g_flow_add_flow (next, NULL, flows->pdata[i - 1], NULL));
      g_ptr_array_add (flows, next);
    }
  for (guint i = 0; i < G_N_ELEMENTS (plots); i++)
    {
      g_autofree char *text = plots[i] (flows->pdata[40], NULL);

      g_assert_cmpuint (strlen (text), <, 2000 * 300);
      g_assert_cmpuint (test_count_of (text, "subgraph"), >, 10);
    }

  /* It holds itself, which no run would accept. */
  test_add_nothing (flow, "a");
  g_assert_nonnull (g_flow_add_flow (flow, "again", flow, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (plots); i++)
    {
      g_autofree char *text = plots[i] (flow, NULL);

      test_assert_contains (text, "again");
    }
  g_assert_true (g_flow_remove_node (flow, g_flow_lookup (flow, "again"), NULL));

  /* Groups to the depth that is allowed */
  for (guint i = 0; i < 500; i++)
    {
      g_autoptr (GFlowGroup) outer = g_flow_group_new_parallel ();
      g_autoptr (GFlowNode) node = g_flow_node_new (NULL, test_body_nothing, NULL, NULL);

      g_flow_group_append_node (outer, node);
      if (group != NULL)
        g_flow_group_append_group (outer, group);
      g_set_object (&group, outer);
    }
  g_assert_true (g_flow_add_group (grouped, group, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (plots); i++)
    {
      g_autofree char *text = plots[i] (grouped, NULL);

      g_assert_cmpuint (test_count_of (text, "subgraph"), <=, 32);
      test_assert_contains (text, "node499");
    }
}

static void
test_details (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowLock) named = g_flow_lock_new ();
  g_autoptr (GFlowLock) nameless = g_flow_lock_new ();
  g_autoptr (GFlowLock) another = g_flow_lock_new ();
  g_autofree char *dot = NULL;
  g_autofree char *mermaid = NULL;
  GFlowNode *a = test_add_nothing (flow, "a"), *b = test_add_nothing (flow, "b");
  GFlowNode *c = test_add_nothing (flow, "c");

  /* Nodes with the same lock show the same lock. */
  g_flow_lock_set_name (named, "disk");
  g_flow_node_add_lock (a, another);
  g_flow_node_add_lock (b, named);
  g_flow_node_add_lock (b, another);
  g_flow_node_add_lock (c, nameless);
  g_flow_node_add_upstream (b, a);
  g_flow_node_add_upstream (c, a);
  g_flow_node_set_run_when (b, G_FLOW_RUN_WHEN_ANY_FAILED);
  g_flow_node_set_run_when (c, G_FLOW_RUN_WHEN_ALL_FINISHED);

  dot = g_flow_to_dot (flow, NULL);
  test_assert_contains (dot, "label=\"a\\nLock 1\"");
  test_assert_contains (dot, "label=\"b\\nAfter a failure\\nLock: disk\\nLock 1\"");
  test_assert_contains (dot, "label=\"c\\nIn any case\\nLock 2\"");
  test_assert_contains (dot, "n0 -> n1 [style=dashed];");
  test_assert_contains (dot, "n0 -> n2 [style=dotted];");
  mermaid = g_flow_to_mermaid (flow, NULL);
  test_assert_contains (mermaid, "\"b<br/>After a failure<br/>Lock: disk<br/>Lock 1\"");
  test_assert_contains (mermaid, "n0 -.-> n1\n");
}

static void
test_states (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlow) inner = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GFlowLock) lock = g_flow_lock_new ();
  const char * const states[] = {
    "✓ done", "✗ failed", "– skipped", "► running", "◌ locked", "… waiting",
  };
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

      /* Each state has a word in the legend, and a symbol: who sees no colours sees these. */
      for (guint k = 0; k < G_N_ELEMENTS (states); k++)
        {
          g_autofree char *legend = g_strdup_printf ("\"%s", states[k]);

          g_assert_null (strstr (plain, legend));
          test_assert_contains (coloured, legend);
        }
      test_assert_contains (coloured, "✗ bad");
      test_assert_contains (coloured, "… later");
      g_assert_null (strstr (coloured, "cancelled"));
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
      a = test_add_nothing (flow, "new");
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
  g_test_add_func ("/plot/groups", test_groups);
  g_test_add_func ("/plot/subflows", test_subflows);
  g_test_add_func ("/plot/bounded", test_bounded);
  g_test_add_func ("/plot/details", test_details);
  g_test_add_func ("/plot/states", test_states);
  g_test_add_func ("/plot/odd", test_odd);

  return g_test_run ();
}
