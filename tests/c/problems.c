/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The words of what validate finds: proposals, sub-flows, very many; made-up names. */

#include "test-util.h"

#include <string.h>

static void
add_lost (GFlow *flow,
          guint  n)
{
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *name = g_strdup_printf ("missing-%u", i);

      g_flow_node_add_upstream_by_name (test_add_nothing (flow, NULL), name);
    }
}

/* The lines of the message, one problem each. */
static GStrv
problems (GFlow *flow,
          int    code)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (g_flow_validate (flow, &error));
  g_assert_error (error, G_FLOW_ERROR, code);

  return g_strsplit (error->message, "\n", -1);
}

/* Proposals */

static void
assert_proposal (const char * const *names,
                 const char         *needed,
                 const char         *expected)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_auto (GStrv) lines = NULL;

  for (guint i = 0; names[i] != NULL; i++)
    test_add_nothing (flow, names[i]);
  g_flow_node_add_upstream_by_name (g_flow_lookup (flow, names[0]), needed);

  lines = problems (flow, G_FLOW_ERROR_UNKNOWN_NODE);
  g_assert_cmpuint (g_strv_length (lines), ==, 1);
  test_assert_contains (lines[0], needed);
  if (expected != NULL)
    {
      g_autofree char *question = g_strdup_printf ("did you mean “%s”?", expected);

      test_assert_contains (lines[0], question);
    }
  else
    {
      g_assert_null (strstr (lines[0], "did you mean"));
    }
}

static void
test_swapped_letters (void)
{
  const char * const names[] = { "asking", "sobbe", "store", NULL };

  g_test_summary ("Two letters that are swapped are one slip: nearer than two wrong letters");
  assert_proposal (names, "sotre", "store");
}

static void
test_nearest_wins (void)
{
  const char * const names[] = { "asking", "downloads-all", "download", "upload", NULL };

  g_test_summary ("Of several that are alike, the nearest");
  assert_proposal (names, "donwload", "download");
  assert_proposal (names, "downloadz", "download");
}

static void
test_never_the_node_itself (void)
{
  const char * const alone[] = { "store", "unpack", NULL };
  const char * const beside[] = { "store-1", "stork-12", NULL };

  g_test_summary ("A node is not told to wait for itself");
  assert_proposal (alone, "stroe", NULL);
  assert_proposal (beside, "store-12", "stork-12");
}

static void
test_too_short_to_say (void)
{
  const char * const names[] = { "asking", "a", "ab", "xyz", NULL };

  g_test_summary ("Nothing is proposed for a name of two letters, nor one that is all different");
  assert_proposal (names, "ac", NULL);
  assert_proposal (names, "z", NULL);
  assert_proposal (names, "uvw", NULL);
}

/* Sub-flows */

static void
test_all_of_subflow (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlow) inner = g_flow_new ();
  g_auto (GStrv) own = NULL;
  g_auto (GStrv) lines = NULL;
  GFlowNode *left;
  GFlowNode *right;

  g_test_summary ("All problems of a flow inside are told, a line each, with where they are");
  g_flow_node_add_upstream_by_name (test_add_nothing (inner, "lost"), "missing-one");
  g_flow_node_add_upstream_by_name (test_add_nothing (inner, "lonely"), "missing-two");
  left = test_add_nothing (inner, "left");
  right = test_add_nothing (inner, "right");
  g_flow_node_add_upstream (left, right);
  g_flow_node_add_upstream (right, left);
  g_assert_nonnull (g_flow_add_flow (flow, "first", inner, NULL));
  g_assert_nonnull (g_flow_add_flow (flow, "second", inner, NULL));

  own = problems (inner, G_FLOW_ERROR_UNKNOWN_NODE);
  g_assert_cmpuint (g_strv_length (own), ==, 3);
  lines = problems (flow, G_FLOW_ERROR_UNKNOWN_NODE);
  g_assert_cmpuint (g_strv_length (lines), ==, 6);
  for (guint i = 0; i < 6; i++)
    {
      g_autofree char *expected = g_strdup_printf ("In the flow “%s”: %s",
                                                   i < 3 ? "first" : "second", own[i % 3]);

      g_assert_cmpstr (lines[i], ==, expected);
    }
}

static void
test_own_and_those_inside (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlow) inner = g_flow_new ();
  g_autoptr (GFlow) innermost = g_flow_new ();
  g_auto (GStrv) lines = NULL;

  g_test_summary ("A flow has a problem, and one inside of it, and one inside of that: all three");
  g_flow_node_add_upstream_by_name (test_add_nothing (innermost, "c"), "missing-c");
  g_flow_node_add_upstream_by_name (test_add_nothing (inner, "b"), "missing-b");
  g_flow_node_add_upstream_by_name (test_add_nothing (flow, "a"), "missing-a");
  g_assert_nonnull (g_flow_add_flow (inner, "deeper", innermost, NULL));
  g_assert_nonnull (g_flow_add_flow (flow, "deep", inner, NULL));

  lines = problems (flow, G_FLOW_ERROR_UNKNOWN_NODE);
  g_assert_cmpuint (g_strv_length (lines), ==, 3);
  test_assert_contains (lines[0], "missing-a");
  g_assert_null (strstr (lines[0], "In the flow"));
  test_assert_contains (lines[1], "“deep”");
  test_assert_contains (lines[1], "missing-b");
  test_assert_contains (lines[2], "“deeper”");
  test_assert_contains (lines[2], "missing-c");
}

/* Very many */

static void
test_hundred (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_auto (GStrv) lines = NULL;

  g_test_summary ("A hundred problems are all told");
  add_lost (flow, 100);
  lines = problems (flow, G_FLOW_ERROR_UNKNOWN_NODE);
  g_assert_cmpuint (g_strv_length (lines), ==, 100);
  test_assert_contains (lines[99], "missing-99");
}

static void
assert_counts_others (GStrv       lines,
                      const char *expected)
{
  g_assert_cmpuint (g_strv_length (lines), ==, 101);
  g_assert_cmpstr (lines[100], ==, expected);
}

static void
test_more_than_hundred (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlow) outer = g_flow_new ();
  g_auto (GStrv) lines = NULL;
  g_auto (GStrv) outer_lines = NULL;

  g_test_summary ("Of more than a hundred problems the others are counted");
  add_lost (flow, 142);
  lines = problems (flow, G_FLOW_ERROR_UNKNOWN_NODE);
  test_assert_contains (lines[99], "missing-99");
  assert_counts_others (lines, "… and 42 more");

  /* Those of several flows together. */
  add_lost (outer, 60);
  g_assert_nonnull (g_flow_add_flow (outer, "sub", flow, NULL));
  outer_lines = problems (outer, G_FLOW_ERROR_UNKNOWN_NODE);
  test_assert_contains (outer_lines[59], "missing-59");
  test_assert_contains (outer_lines[60], "In the flow “sub”: ");
  assert_counts_others (outer_lines, "… and 102 more");
}

static void
test_more_than_hundred_inside (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlow) outer = g_flow_new ();
  g_auto (GStrv) lines = NULL;

  g_test_summary ("The count is right as well if the problems are in a flow inside");
  add_lost (flow, 142);
  g_assert_nonnull (g_flow_add_flow (outer, "sub", flow, NULL));
  lines = problems (outer, G_FLOW_ERROR_UNKNOWN_NODE);
  assert_counts_others (lines, "… and 42 more");
}

/* Names that are made up */

static void
assert_names_are_unique (GFlow *flow)
{
  g_autoptr (GError) error = NULL;
  guint n = g_list_model_get_n_items (G_LIST_MODEL (flow));

  g_assert_true (g_flow_validate (flow, &error));
  g_assert_no_error (error);
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GFlowNode) node = g_list_model_get_item (G_LIST_MODEL (flow), i);

      g_assert_true (g_flow_lookup (flow, g_flow_node_get_name (node)) == node);
    }
}

static void
test_made_up_after_rename (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  GFlowNode *first = test_add_nothing (flow, NULL);
  GFlowNode *named = test_add_nothing (flow, "named");

  g_test_summary ("A name that is made up is one that no node has, also after renaming");
  g_assert_cmpstr (g_flow_node_get_name (first), ==, "node0");

  /* To the name that would come next, to those after it, and to one far ahead. */
  g_flow_node_set_name (first, "node1");
  test_add_nothing (flow, NULL);
  test_add_nothing (flow, NULL);
  assert_names_are_unique (flow);
  for (guint i = 0; i < 5; i++)
    {
      guint n = g_list_model_get_n_items (G_LIST_MODEL (flow));
      g_autofree char *name = g_strdup_printf ("node%u", n + i);

      if (g_flow_lookup (flow, name) == NULL)
        g_flow_node_set_name (named, name);
      test_add_nothing (flow, NULL);
      assert_names_are_unique (flow);
    }
  g_flow_node_set_name (named, "node1000");
  for (guint i = 0; i < 5; i++)
    test_add_nothing (flow, NULL);
  assert_names_are_unique (flow);

  /* A name that was given up may be given again, by hand. */
  g_flow_node_set_name (named, "other");
  g_assert_null (g_flow_lookup (flow, "node1000"));
  g_assert_true (g_flow_lookup (flow, "other") == named);
  test_add_nothing (flow, "node1000");
  test_add_nothing (flow, NULL);
  assert_names_are_unique (flow);
}

static void
test_renamed_made_up (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  GFlowNode *first = test_add_nothing (flow, NULL);
  GFlowNode *behind = test_add_nothing (flow, NULL);

  g_test_summary ("A node with a made-up name that is renamed is found by the new name only");
  g_assert_true (g_flow_lookup (flow, "node0") == first);
  g_flow_node_set_name (first, "begin");
  g_assert_null (g_flow_lookup (flow, "node0"));
  g_assert_true (g_flow_lookup (flow, "begin") == first);
  g_flow_node_add_upstream_by_name (behind, "begin");
  assert_names_are_unique (flow);
  run = test_execute_well (flow);
  test_assert_node (run, behind, DONE);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/problems/proposal/swapped-letters", test_swapped_letters);
  g_test_add_func ("/problems/proposal/nearest", test_nearest_wins);
  g_test_add_func ("/problems/proposal/never-itself", test_never_the_node_itself);
  g_test_add_func ("/problems/proposal/too-short", test_too_short_to_say);
  g_test_add_func ("/problems/subflow/all", test_all_of_subflow);
  g_test_add_func ("/problems/subflow/own-and-inside", test_own_and_those_inside);
  g_test_add_func ("/problems/many/hundred", test_hundred);
  g_test_add_func ("/problems/many/more-than-hundred", test_more_than_hundred);
  g_test_add_func ("/problems/many/more-than-hundred-inside", test_more_than_hundred_inside);
  g_test_add_func ("/problems/made-up-names/after-rename", test_made_up_after_rename);
  g_test_add_func ("/problems/made-up-names/renamed", test_renamed_made_up);

  return g_test_run ();
}
