/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Pictures of flows that serve requests, and which way pictures go. */

#include "test-executor.h"
#include "test-graphviz.h"

#include <string.h>

static void
count_cb (guint *count)
{
  (*count)++;
}

static void
test_direction (void)
{
  const struct { GFlowDirection direction; const char *name; int right, up; } ways[] = {
    { G_FLOW_DIRECTION_LEFT_TO_RIGHT, "LR", 1, 0 },
    { G_FLOW_DIRECTION_TOP_TO_BOTTOM, "TB", 0, -1 },
    { G_FLOW_DIRECTION_RIGHT_TO_LEFT, "RL", -1, 0 },
    { G_FLOW_DIRECTION_BOTTOM_TO_TOP, "BT", 0, 1 },
  };
  g_autoptr (GFlow) flow = g_flow_new ();
  guint n_notified = 0;
  GFlowNode *b;

  g_assert_cmpint (g_flow_get_direction (flow), ==, G_FLOW_DIRECTION_LEFT_TO_RIGHT);
  g_signal_connect_swapped (flow, "notify::direction", G_CALLBACK (count_cb), &n_notified);
  g_assert_nonnull (g_flow_add (flow, "a", test_body_nothing, NULL, NULL, NULL));
  b = g_flow_add (flow, "b", test_body_nothing, NULL, NULL, NULL);
  g_flow_node_add_upstream (b, g_flow_lookup (flow, "a"));
  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      g_autofree char *dot = NULL, *mermaid = NULL, *start = NULL;
      g_autoptr (GFlow) copy = NULL;

      g_flow_set_direction (flow, ways[i].direction);
      g_flow_set_direction (flow, ways[i].direction);
      g_assert_cmpuint (n_notified, ==, i);
      mermaid = g_flow_to_mermaid (flow, NULL);
      start = g_strdup_printf ("flowchart %s\n", ways[i].name);
      g_assert_true (g_str_has_prefix (mermaid, start));
      copy = g_flow_copy (flow);
      dot = g_flow_to_dot (copy, NULL);
      if (test_have_graphviz ())
        {
          double x[2], y[2];

          test_find_place (dot, "n0", &x[0], &y[0]);
          test_find_place (dot, "n1", &x[1], &y[1]);
          g_assert_cmpint ((x[1] > x[0]) - (x[1] < x[0]), ==, ways[i].right);
          g_assert_cmpint ((y[1] > y[0]) - (y[1] < y[0]), ==, ways[i].up);
        }
      else
        {
          g_test_message ("Graphviz is not installed");
        }
    }
}

/* How nodes serve requests. */
static void
test_serving (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  GFlowNode *all = g_flow_add_executor (flow, "all", NULL, NULL, NULL);
  GFlowNode *first = g_flow_add_executor (flow, "first", NULL, NULL, NULL);
  GFlowNode *any = g_flow_add_executor (flow, "any", NULL, NULL, NULL);
  g_autofree char *dot = NULL, *mermaid = NULL;

  g_flow_node_set_parallel (all, 3);
  g_flow_node_set_replicas (all, 2);
  g_flow_node_set_parallel (first, 2);
  g_flow_node_set_polling (first, G_FLOW_POLLING_ALL_ASYNC);
  g_flow_node_set_parallel (any, 40);
  g_assert_true (g_flow_node_set_condition (any, g_variant_new_parsed ("{'n': <1>}"), NULL));
  g_flow_node_set_detached (any, TRUE);
  dot = g_flow_to_dot (flow, NULL);
  mermaid = g_flow_to_mermaid (flow, NULL);
  test_assert_contains (dot, "label=\"all\\nShards: 3, all serve\\nReplicas: 2\"");
  test_assert_contains (dot, "label=\"first\\nShards: 2, the first counts\"");
  test_assert_contains (dot, "label=\"any\\nShards: 40\\nOnly some documents\\n"
                             "Nobody waits for it\", shape=box");
  test_assert_contains (mermaid, "\"all<br/>Shards: 3, all serve<br/>Replicas: 2\"");
}

/* Shards, and the executors around them, are in the box of the node. */
static void
test_members (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowExecutor) before = test_executor_new ("pass");
  g_autoptr (GFlowExecutor) after = test_executor_new ("pass");
  GFlowNode *encode = g_flow_add_executor (flow, "encode", NULL, NULL, NULL);
  GFlowNode *rank = g_flow_add_executor (flow, "rank", NULL, NULL, NULL);
  g_autofree char *dot = NULL, *mermaid = NULL, *many = NULL;

  g_object_set (before, "name", "cut \"up\"", NULL);
  g_flow_node_set_parallel (encode, 2);
  g_flow_node_set_before (encode, before);
  g_flow_node_set_after (encode, after);
  g_flow_node_set_before (rank, before);
  dot = g_flow_to_dot (flow, NULL);
  mermaid = g_flow_to_mermaid (flow, NULL);
  g_assert_true (g_regex_match_simple (
    "subgraph cluster_n0 \\{\\s+label=\"encode\\\\nShards: 2\".*"
    "n0_before \\[label=\"cut \\\\\"up\\\\\"\".*n0_shard0 \\[label=\"Shard 0\".*"
    "n0_before -> n0_shard0;.*n0_shard1.*n0_before -> n0_shard1;.*"
    "n0_after \\[label=\"TestExecutor\".*n0_shard0 -> n0_after;\\s+n0_shard1 -> n0_after;\\s+\\}",
    dot, G_REGEX_DOTALL, 0));
  g_assert_true (g_regex_match_simple (
    "subgraph n0 \\[\"encode<br/>Shards: 2\"\\]\\s+n0_before\\[\"cut #34;up#34;\"\\]\\s+"
    "n0_shard0\\[\"Shard 0\"\\]\\s+n0_before --> n0_shard0\\s.*n0_shard1 --> n0_after\\s+end\\s",
    mermaid, G_REGEX_DOTALL, 0));

  /* One that is not in shards has its title inside, too. */
  test_assert_contains (dot, "n1_shard0 [label=\"rank\"");
  /* Arrows go to the boxes. */
  test_assert_contains (dot, "  n0_after -> n1_before [ltail=cluster_n0, lhead=cluster_n1];\n");
  test_assert_contains (mermaid, "  n0 --> n1\n");
  if (test_have_graphviz ())
    {
      g_autofree char *texts = test_draw_svg (dot);

      test_assert_contains (texts, "\ncut \"up\"\nShard 0\n");
    }

  g_flow_node_set_parallel (encode, 9);
  many = g_flow_to_dot (flow, NULL);
  test_assert_contains (many, "n0_shard0 [label=\"Shards: 9\"");
  g_assert_null (strstr (many, "n0_shard1"));
}

/* Where requests come from and responses go; and what these do not wait for. */
static void
test_gateway (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlow) outer = g_flow_new ();
  g_autofree char *none = NULL, *dot = NULL, *mermaid = NULL, *inside = NULL;
  const char * const from_gateway[] = { "gateway", NULL }, * const both[] = { "a", "b", NULL };
  const char * const from_log[] = { "log", NULL };

  g_assert_nonnull (g_flow_add (outer, "load", test_body_nothing, NULL, NULL, NULL));
  none = g_flow_to_dot (outer, NULL);
  g_assert_null (strstr (none, "gateway"));

  g_assert_nonnull (g_flow_add_executor (flow, "a", NULL, NULL, NULL));
  g_flow_node_set_detached (g_flow_add_executor (flow, "log", NULL, NULL, NULL), TRUE);
  g_assert_nonnull (g_flow_add_executor (flow, "count", NULL, from_log, NULL));
  g_assert_nonnull (g_flow_add_executor (flow, "b", NULL, from_gateway, NULL));
  g_assert_nonnull (g_flow_add_executor (flow, "orphan", NULL, from_gateway, NULL));
  g_assert_nonnull (g_flow_add_join (flow, "both", both, NULL));
  dot = g_flow_to_dot (flow, NULL);
  mermaid = g_flow_to_mermaid (flow, NULL);
  g_assert_nonnull (strstr (dot, "  gateway_in -> n0;\n"
                                 "  n0 -> n1 [style=dotted];\n"
                                 "  n1 -> n2 [style=dotted];\n"
                                 "  gateway_in -> n3;\n"
                                 "  gateway_in -> n4;\n"
                                 "  n0 -> n5;\n"
                                 "  n3 -> n5;\n"
                                 "  n4 -> gateway_out;\n"
                                 "  n5 -> gateway_out;\n}"));
  test_assert_contains (mermaid, "  gateway_in{{\"gateway\"}}\n");
  test_assert_contains (mermaid, "  gateway_in --> n0\n  n0 -.-> n1\n  n1 -.-> n2\n");
  test_assert_contains (mermaid, "  n5 --> gateway_out\n");
  if (test_have_graphviz ())
    {
      double x[3], y;

      test_find_place (dot, "gateway_in", &x[0], &y);
      test_find_place (dot, "n5", &x[1], &y);
      test_find_place (dot, "gateway_out", &x[2], &y);
      g_assert_cmpfloat (x[0], <, x[1]);
      g_assert_cmpfloat (x[1], <, x[2]);
    }

  /* What makes the response is waited for in any case; and there is one gateway. */
  g_flow_set_insertion_point (flow, g_flow_lookup (flow, "count"));
  g_assert_nonnull (g_flow_add_flow (outer, "inside", flow, NULL));
  inside = g_flow_to_mermaid (outer, NULL);
  test_assert_contains (inside, "  n1_0 --> n1_1\n  n1_1 --> n1_2\n");
  g_assert_null (strstr (strstr (inside, "gateway_in{{") + 1, "gateway_in{{"));
  test_assert_contains (inside, "  gateway_in --> n1\n");
  test_assert_contains (inside, "  n1 --> gateway_out\n");
}

static void
draw_cb (GFlow     *flow,
         GFlowRun  *run,
         GPtrArray *pictures)
{
  g_ptr_array_add (pictures, g_flow_to_dot (flow, run));
  g_ptr_array_add (pictures, g_flow_to_mermaid (flow, run));
}

/* The run of a request */
static void
test_states (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GPtrArray) pictures = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GFlowRequest) request = NULL;
  g_autoptr (GError) error = NULL;

  test_executor_add (flow, "pass", NULL, NULL);
  g_flow_node_set_parallel (g_flow_lookup (flow, "pass"), 2);
  g_signal_connect (flow, "always", G_CALLBACK (draw_cb), pictures);
  g_assert_true (g_flow_open_sync (flow, NULL, &error));
  g_assert_no_error (error);
  request = test_serve (flow, "/", "text", NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_flow_close_sync (flow, NULL, &error));

  g_assert_cmpuint (pictures->len, ==, 2);
  test_assert_contains (pictures->pdata[0],
                        "subgraph cluster_n0 {\n    label=\"✓ pass\\nShards: 2\"");
  test_assert_contains (pictures->pdata[0], "  gateway_in -> n0_shard0 [lhead=cluster_n0];\n");
  test_assert_contains (pictures->pdata[1], "  end\n  class n0 done\n");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/plot-serving/direction", test_direction);
  g_test_add_func ("/plot-serving/serving", test_serving);
  g_test_add_func ("/plot-serving/members", test_members);
  g_test_add_func ("/plot-serving/gateway", test_gateway);
  g_test_add_func ("/plot-serving/states", test_states);

  return g_test_run ();
}
