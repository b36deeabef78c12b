/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What validate finds, and a run refuses. */

#include "test-bench.h"

#include <string.h>

static void
test_validate_unknown (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowNode) stranger = g_flow_node_new ("stranger", test_body_nothing, NULL, NULL);
  g_autoptr (GError) error = NULL;
  GFlowNode *store;

  test_add_nothing (flow, "download");
  test_add_nothing (flow, "unpack");
  store = test_add_nothing (flow, "store");
  g_flow_node_add_upstream_by_name (store, "donwload");

  g_assert_false (g_flow_validate (flow, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_UNKNOWN_NODE);
  test_assert_contains (error->message, "store");
  test_assert_contains (error->message, "donwload");
  test_assert_contains (error->message, "download");
  g_assert_null (strstr (error->message, "unpack"));
  g_clear_error (&error);

  /* Nothing alike: no proposal. */
  g_flow_node_set_upstreams (store, NULL, 0);
  g_flow_node_add_upstream_by_name (store, "xyzzy-42");
  g_assert_false (g_flow_validate (flow, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_UNKNOWN_NODE);
  g_assert_null (strstr (error->message, "download"));
  g_assert_null (strstr (error->message, "unpack"));
  g_clear_error (&error);

  /* A node that is in no flow. */
  g_flow_node_set_upstreams (store, &stranger, 1);
  g_assert_false (g_flow_validate (flow, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_UNKNOWN_NODE);
  test_assert_contains (error->message, "stranger");
  g_clear_error (&error);

  g_assert_true (g_flow_add_node (flow, stranger, &error));
  g_assert_no_error (error);
  g_assert_true (g_flow_validate (flow, &error));
  g_assert_no_error (error);
}

static void
test_validate_other_flow (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlow) other = g_flow_new ();
  g_autoptr (GError) error = NULL;

  g_flow_node_add_upstream (test_add_nothing (flow, "a"), test_add_nothing (other, "b"));
  g_assert_false (g_flow_validate (flow, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_UNKNOWN_NODE);
  g_assert_cmpstr (error->message, ==, "“a” needs the node “b”, which is not in this flow");
  g_clear_error (&error);
  g_assert_true (g_flow_validate (other, &error));
  g_assert_no_error (error);
}

static void
test_validate_self (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GError) error = NULL;
  GFlowNode *node = test_add_nothing (flow, "ouroboros");

  g_flow_node_add_upstream (node, node);
  g_assert_false (g_flow_validate (flow, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_CYCLE);
  g_assert_cmpstr (error->message, ==, "A node needs itself: ouroboros → ouroboros");
}

static void
test_validate_cycle (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GError) error = NULL;
  GFlowNode *a = test_add_nothing (flow, "a");
  GFlowNode *b = test_add_nothing (flow, "b");
  GFlowNode *c = test_add_nothing (flow, "c");
  GFlowNode *before = test_add_nothing (flow, "before");
  GFlowNode *behind = test_add_nothing (flow, "behind");

  g_flow_node_add_upstream (b, a);
  g_flow_node_add_upstream (c, b);
  g_flow_node_add_upstream (a, c);
  g_flow_node_add_upstream (a, before);
  g_flow_node_add_upstream (behind, c);

  g_assert_false (g_flow_validate (flow, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_CYCLE);
  g_assert_cmpstr (error->message, ==, "Nodes wait for each other: a → b → c → a");
  g_clear_error (&error);

  /* Mended by an edit. */
  g_flow_node_set_upstreams (a, &before, 1);
  g_assert_true (g_flow_validate (flow, &error));
  g_assert_no_error (error);
}

static void
test_validate_long_cycle (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GError) error = NULL;
  GFlowNode *first = test_add_nothing (flow, NULL);
  GFlowNode *last = first;

  for (guint i = 0; i < 100000; i++)
    {
      GFlowNode *node = test_add_nothing (flow, NULL);

      g_flow_node_add_upstream (node, last);
      last = node;
    }
  g_assert_true (g_flow_validate (flow, &error));
  g_assert_no_error (error);

  g_flow_node_add_upstream (first, last);
  g_assert_false (g_flow_validate (flow, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_CYCLE);
}

static void
test_validate_renamed (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GError) error = NULL;
  GFlowNode *b;

  test_add_nothing (flow, "apple");
  b = test_add_nothing (flow, "banana");
  g_flow_node_set_name (b, "apple");
  g_assert_false (g_flow_validate (flow, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_EXISTS);
  test_assert_contains (error->message, "apple");
  g_clear_error (&error);

  g_flow_node_set_name (b, "cherry");
  g_assert_true (g_flow_validate (flow, &error));
  g_assert_no_error (error);
}

static void
test_validate_all_problems (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) again = NULL;
  g_auto (GStrv) lines = NULL;
  GFlowNode *twin;
  GFlowNode *left;
  GFlowNode *right;

  test_add_nothing (flow, "twin");
  twin = test_add_nothing (flow, "other");
  g_flow_node_set_name (twin, "twin");
  left = test_add_nothing (flow, "left");
  right = test_add_nothing (flow, "right");
  g_flow_node_add_upstream (left, right);
  g_flow_node_add_upstream (right, left);
  g_flow_node_add_upstream_by_name (test_add_nothing (flow, "lost"), "missing-one");
  g_flow_node_add_upstream_by_name (test_add_nothing (flow, "lonely"), "missing-two");
  g_flow_node_add_upstream_by_name (test_add_nothing (flow, "selfish"), "selfish");

  g_assert_false (g_flow_validate (flow, &error));
  g_assert_nonnull (error);
  g_assert_true (error->domain == G_FLOW_ERROR);
  test_assert_contains (error->message, "twin");
  test_assert_contains (error->message, "missing-one");
  test_assert_contains (error->message, "missing-two");
  test_assert_contains (error->message, "selfish");
  test_assert_contains (error->message, "left → right → left");

  lines = g_strsplit (error->message, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, 5);
  for (guint i = 0; lines[i] != NULL; i++)
    g_assert_cmpuint (strlen (lines[i]), >, 0);

  /* A run says the very same. */
  run = test_execute (flow, NULL, &again);
  g_assert_null (run);
  g_assert_error (again, G_FLOW_ERROR, error->code);
  g_assert_cmpstr (again->message, ==, error->message);
}

static void
test_very_many_problems (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *long_name = g_strnfill (300, 'x');
  g_auto (GStrv) lines = NULL;

  /* A flow that is all wrong gives a message that can be read. */
  for (guint i = 0; i < 3000; i++)
    {
      GFlowNode *node = test_add_nothing (flow, NULL);
      g_autofree char *name = g_strdup_printf ("missing-%u", i);

      g_flow_node_add_upstream_by_name (node, i == 0 ? long_name : name);
    }
  g_assert_false (g_flow_validate (flow, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_UNKNOWN_NODE);
  lines = g_strsplit (error->message, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), >=, 10);
  g_assert_cmpuint (g_strv_length (lines), <=, 3000);
}

static void
test_deep_subflows (void)
{
  GPtrArray *flows = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GError) error = NULL;

  /* Refused rather than crashed. */
  g_ptr_array_add (flows, g_flow_new ());
  for (guint i = 1; i < 2000; i++)
    {
      g_ptr_array_add (flows, g_flow_new ());
      g_assert_nonnull (g_flow_add_flow (g_ptr_array_index (flows, i), NULL,
                                         g_ptr_array_index (flows, i - 1), NULL));
    }
  g_assert_false (g_flow_validate (g_ptr_array_index (flows, 1999), &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_RECURSION);
  g_clear_error (&error);
  g_assert_true (g_flow_validate (g_ptr_array_index (flows, 10), &error));
  g_assert_no_error (error);
  g_ptr_array_unref (flows);
}

static void
forbidden_cb (void)
{
  g_assert_not_reached ();
}

static void
test_bad_graph_runs_nothing (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  const char * const signals[] = { "started", "done", "error", "always" };
  TestBench bench;

  test_bench_init (&bench);
  test_add_sync (&bench, flow, "fine", NULL);
  g_flow_node_add_upstream_by_name (test_add_async (&bench, flow, "bad", NULL), "nobody");
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    {
      g_signal_connect (flow, signals[i], G_CALLBACK (forbidden_cb), NULL);
      g_signal_connect (g_flow_lookup (flow, "fine"), signals[i], G_CALLBACK (forbidden_cb), NULL);
    }

  g_assert_null (test_execute (flow, NULL, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_UNKNOWN_NODE);
  g_clear_error (&error);

  g_assert_null (g_flow_execute_sync (flow, NULL, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_UNKNOWN_NODE);
  g_clear_error (&error);

  run = g_flow_run_new (flow);
  g_assert_false (test_run_execute (run, NULL, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_UNKNOWN_NODE);

  g_assert_cmpuint (test_log_length (&bench.log), ==, 0);
  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/validate/unknown", test_validate_unknown);
  g_test_add_func ("/validate/other-flow", test_validate_other_flow);
  g_test_add_func ("/validate/self", test_validate_self);
  g_test_add_func ("/validate/cycle", test_validate_cycle);
  g_test_add_func ("/validate/long-cycle", test_validate_long_cycle);
  g_test_add_func ("/validate/renamed", test_validate_renamed);
  g_test_add_func ("/validate/all-problems", test_validate_all_problems);
  g_test_add_func ("/validate/very-many-problems", test_very_many_problems);
  g_test_add_func ("/validate/deep-subflows", test_deep_subflows);
  g_test_add_func ("/validate/bad-graph-runs-nothing", test_bad_graph_runs_nothing);

  return g_test_run ();
}
