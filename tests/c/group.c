/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* GFlowGroup: series and parallels become ordinary nodes and needs. */

#include "test-bench.h"

#include <string.h>

static GFlowNode *
make (TestLife   *life,
      const char *name)
{
  GFlowNode *node = g_flow_node_new (name, test_body_nothing, NULL, NULL);

  test_life_watch (life, node);

  return node;
}

static int
compare_words (gconstpointer a,
               gconstpointer b)
{
  return strcmp (*(const char * const *) a, *(const char * const *) b);
}

/* The order of needs that a group makes is nobody's business. */
static char *
sorted_upstreams (GFlow      *flow,
                  const char *name)
{
  GFlowNode *node = g_flow_lookup (flow, name);
  g_autofree char *names = NULL;
  g_auto (GStrv) words = NULL;

  g_assert_nonnull (node);
  names = test_model_names (g_flow_node_get_upstreams (node));
  words = g_strsplit (names, " ", -1);
  qsort (words, g_strv_length (words), sizeof *words, compare_words);

  return g_strjoinv (" ", words);
}

#define assert_upstreams(flow, name, expected)                        \
  G_STMT_START                                                        \
  {                                                                   \
    g_autofree char *_sorted = sorted_upstreams (flow, name);         \
    g_assert_cmpstr (_sorted, ==, expected);                          \
  }                                                                   \
  G_STMT_END

static GFlow *
make_flow (TestLife   *life,
           GFlowGroup *group)
{
  GFlow *flow = g_flow_new ();
  g_autoptr (GError) error = NULL;

  test_life_watch (life, flow);
  test_life_watch (life, group);
  g_assert_true (g_flow_add_group (flow, group, &error));
  g_assert_no_error (error);
  g_assert_true (g_flow_validate (flow, &error));
  g_assert_no_error (error);

  return flow;
}

static void
test_series (void)
{
  TestLife life;
  g_autoptr (GFlowGroup) group = g_flow_group_new_series ();
  g_autoptr (GFlow) flow = NULL;

  test_life_init (&life);
  for (guint i = 0; i < 4; i++)
    {
      g_autofree char *name = g_strdup_printf ("%c", 'a' + i);
      g_autoptr (GFlowNode) node = make (&life, name);

      g_flow_group_append_node (group, node);
    }
  flow = make_flow (&life, group);
  test_assert_model (flow, "a b c d");
  assert_upstreams (flow, "a", "");
  assert_upstreams (flow, "b", "a");
  assert_upstreams (flow, "c", "b");
  assert_upstreams (flow, "d", "c");

  g_object_unref (test_execute_well (flow));
  g_clear_object (&flow);
  g_clear_object (&group);
  test_life_assert_over (&life);
}

static void
test_parallel (void)
{
  TestLife life;
  g_autoptr (GFlow) flow = NULL;
  g_autoptr (GFlowGroup) group = NULL;
  g_autoptr (GFlowGroup) middle = NULL;
  g_autoptr (GFlowNode) first = NULL;
  g_autoptr (GFlowNode) a = NULL;
  g_autoptr (GFlowNode) b = NULL;
  g_autoptr (GFlowNode) last = NULL;

  test_life_init (&life);
  first = make (&life, "first");
  a = make (&life, "a");
  b = make (&life, "b");
  last = make (&life, "last");
  middle = g_flow_parallel (a, b, NULL);
  group = g_flow_series (first, middle, last, NULL);
  flow = make_flow (&life, group);

  assert_upstreams (flow, "first", "");
  assert_upstreams (flow, "a", "first");
  assert_upstreams (flow, "b", "first");
  assert_upstreams (flow, "last", "a b");

  g_clear_object (&flow);
  g_clear_object (&group);
  g_clear_object (&middle);
  g_clear_object (&first);
  g_clear_object (&a);
  g_clear_object (&b);
  g_clear_object (&last);
  test_life_assert_over (&life);
}

static void
test_nesting (void)
{
  TestLife life;
  g_autoptr (GFlow) flow = NULL;
  g_autoptr (GFlowGroup) left = g_flow_group_new_series ();
  g_autoptr (GFlowGroup) top = g_flow_group_new_parallel ();
  g_autoptr (GFlowGroup) bottom = g_flow_group_new_parallel ();
  g_autoptr (GFlowGroup) whole = g_flow_group_new_series ();
  const char * const names[] = { "f", "h", "g", "i", "j", "k", "m" };
  GFlowNode *nodes[G_N_ELEMENTS (names)];

  /* series (parallel (series (f, h), g), parallel (i, j, k), m) */
  test_life_init (&life);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    nodes[i] = make (&life, names[i]);
  g_flow_group_append_node (left, nodes[0]);
  g_flow_group_append_node (left, nodes[1]);
  g_flow_group_append_group (top, left);
  g_flow_group_append_node (top, nodes[2]);
  g_flow_group_append_node (bottom, nodes[3]);
  g_flow_group_append_node (bottom, nodes[4]);
  g_flow_group_append_node (bottom, nodes[5]);
  g_flow_group_append_group (whole, top);
  g_flow_group_append_group (whole, bottom);
  g_flow_group_append_node (whole, nodes[6]);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    g_object_unref (nodes[i]);

  flow = make_flow (&life, whole);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (flow)), ==, 7);
  assert_upstreams (flow, "f", "");
  assert_upstreams (flow, "g", "");
  assert_upstreams (flow, "h", "f");
  assert_upstreams (flow, "i", "g h");
  assert_upstreams (flow, "j", "g h");
  assert_upstreams (flow, "k", "g h");
  assert_upstreams (flow, "m", "i j k");

  g_object_unref (test_execute_well (flow));
  g_clear_object (&flow);
  g_clear_object (&left);
  g_clear_object (&top);
  g_clear_object (&bottom);
  g_clear_object (&whole);
  test_life_assert_over (&life);
}

static void
test_empty_is_identity (void)
{
  TestLife life;
  g_autoptr (GFlow) flow = NULL;
  g_autoptr (GFlowGroup) group = NULL;
  g_autoptr (GFlowGroup) first = g_flow_group_new_parallel ();
  g_autoptr (GFlowGroup) middle = g_flow_group_new_parallel ();
  g_autoptr (GFlowGroup) inner = g_flow_group_new_series ();
  g_autoptr (GFlowGroup) deep = g_flow_group_new_parallel ();
  g_autoptr (GFlowGroup) last = g_flow_group_new_series ();
  g_autoptr (GFlowNode) f = NULL;
  g_autoptr (GFlowNode) g = NULL;

  test_life_init (&life);
  f = make (&life, "f");
  g = make (&life, "g");
  g_flow_group_append_group (deep, inner);
  group = g_flow_series (first, f, middle, deep, g, last, NULL);
  flow = make_flow (&life, group);
  test_assert_model (flow, "f g");
  assert_upstreams (flow, "f", "");
  assert_upstreams (flow, "g", "f");
}

static void
test_empty_alone (void)
{
  TestLife life;
  g_autoptr (GFlowGroup) series = g_flow_group_new_series ();
  g_autoptr (GFlowGroup) parallel = g_flow_group_new_parallel ();
  g_autoptr (GFlow) flow = NULL;
  g_autoptr (GError) error = NULL;

  test_life_init (&life);
  flow = make_flow (&life, series);
  g_assert_true (g_flow_add_group (flow, parallel, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (flow)), ==, 0);
  g_object_unref (test_execute_well (flow));
}

static void
test_empty_beside (void)
{
  TestLife life;
  g_autoptr (GFlow) flow = NULL;
  g_autoptr (GFlowGroup) group = NULL;
  g_autoptr (GFlowGroup) middle = NULL;
  g_autoptr (GFlowGroup) empty = g_flow_group_new_series ();
  g_autoptr (GFlowNode) x = NULL;
  g_autoptr (GFlowNode) f = NULL;
  g_autoptr (GFlowNode) y = NULL;

  /* Scenario 18: series (x, parallel (series (), f), y) */
  test_life_init (&life);
  x = make (&life, "x");
  f = make (&life, "f");
  y = make (&life, "y");
  middle = g_flow_parallel (empty, f, NULL);
  group = g_flow_series (x, middle, y, NULL);
  flow = make_flow (&life, group);
  test_assert_model (flow, "x f y");
  assert_upstreams (flow, "x", "");
  assert_upstreams (flow, "f", "x");
  assert_upstreams (flow, "y", "f x");
  g_object_unref (test_execute_well (flow));
}

static void
test_lock (void)
{
  TestLife life;
  g_autoptr (GFlow) flow = NULL;
  g_autoptr (GFlowLock) outer = g_flow_lock_new ();
  g_autoptr (GFlowLock) inner = g_flow_lock_new ();
  g_autoptr (GFlowGroup) group = g_flow_group_new_series ();
  g_autoptr (GFlowGroup) nested = g_flow_group_new_parallel ();
  g_autoptr (GFlowNode) a = NULL;
  g_autoptr (GFlowNode) b = NULL;
  g_autoptr (GFlowNode) c = NULL;

  /* On every node inside, whether it came before or after the lock. */
  test_life_init (&life);
  test_life_watch (&life, outer);
  a = make (&life, "a");
  b = make (&life, "b");
  c = make (&life, "c");
  g_flow_group_append_node (group, a);
  g_flow_group_set_lock (group, outer);
  g_flow_group_set_lock (nested, inner);
  g_flow_group_append_node (nested, b);
  g_flow_group_append_group (group, nested);
  g_flow_group_append_node (group, c);
  flow = make_flow (&life, group);
  g_assert_cmpuint (g_list_model_get_n_items (g_flow_node_get_locks (a)), ==, 1);
  g_assert_cmpuint (g_list_model_get_n_items (g_flow_node_get_locks (b)), ==, 2);
  g_assert_cmpuint (g_list_model_get_n_items (g_flow_node_get_locks (c)), ==, 1);
  g_object_unref (test_execute_well (flow));
  g_assert_cmpuint (g_flow_lock_get_in_use (outer), ==, 0);
  g_assert_cmpuint (g_flow_lock_get_in_use (inner), ==, 0);

  g_clear_object (&flow);
  g_clear_object (&group);
  g_clear_object (&nested);
  g_clear_object (&a);
  g_clear_object (&b);
  g_clear_object (&c);
  g_clear_object (&outer);
  test_life_assert_over (&life);
}

static void
test_lock_excludes (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowLock) lock = g_flow_lock_new_with_permits (2);
  g_autoptr (GFlowGroup) group = g_flow_group_new_parallel ();
  g_autoptr (GError) error = NULL;
  TestBench bench;

  test_bench_init (&bench);
  g_flow_set_max_threads (flow, 4);
  g_flow_group_set_lock (group, lock);
  for (guint i = 0; i < 20; i++)
    {
      TestJob *job = test_bench_job (&bench);
      g_autofree char *name = g_strdup_printf ("n%u", i);
      g_autoptr (GFlowNode) node = NULL;

      if (i % 2 == 0)
        node = g_flow_node_new (name, test_job_sync, job, test_job_destroy);
      else
        node = g_flow_node_new_for_task (name, test_job_async, job, test_job_destroy);
      job->msec = 1;
      g_flow_group_append_node (group, node);
    }
  g_assert_true (g_flow_add_group (flow, group, &error));
  g_assert_no_error (error);
  g_object_unref (test_execute_well (flow));
  g_assert_cmpint (bench.gauge.total, ==, 20);
  g_assert_cmpint (bench.gauge.most, <=, 2);

  g_clear_object (&group);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_mixed_with_nodes (void)
{
  TestLife life;
  g_autoptr (GFlow) flow = NULL;
  g_autoptr (GFlowGroup) group = NULL;
  g_autoptr (GFlowNode) a = NULL;
  g_autoptr (GFlowNode) b = NULL;
  g_autoptr (GError) error = NULL;
  GFlowNode *all;

  /* What a group adds are ordinary nodes. */
  test_life_init (&life);
  a = make (&life, "a");
  b = make (&life, "b");
  group = g_flow_parallel (a, b, NULL);
  flow = make_flow (&life, group);
  g_assert_true (g_flow_lookup (flow, "a") == a);
  g_assert_true (g_flow_node_get_flow (b) == flow);
  all = g_flow_add_join_all (flow, "all", &error);
  g_assert_no_error (error);
  g_assert_nonnull (all);
  assert_upstreams (flow, "all", "a b");
  g_flow_node_add_upstream (b, a);
  g_object_unref (test_execute_well (flow));
}

static void
test_names_exist (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowNode) a = g_flow_node_new ("a", test_body_nothing, NULL, NULL);
  g_autoptr (GFlowNode) b = g_flow_node_new ("b", test_body_nothing, NULL, NULL);
  g_autoptr (GFlowGroup) group = g_flow_series (a, b, NULL);
  g_autoptr (GError) error = NULL;

  /* All of the group or nothing of it. */
  g_assert_nonnull (g_flow_add (flow, "b", test_body_nothing, NULL, NULL, NULL));
  g_assert_false (g_flow_add_group (flow, group, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_EXISTS);
  test_assert_contains (error->message, "“b”");
  test_assert_model (flow, "b");
  g_assert_null (g_flow_node_get_flow (a));
  g_assert_null (g_flow_node_get_flow (b));
  g_object_unref (test_execute_well (flow));
}

static void
test_twice (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowNode) a = g_flow_node_new ("a", test_body_nothing, NULL, NULL);
  g_autoptr (GFlowNode) nameless = g_flow_node_new (NULL, test_body_nothing, NULL, NULL);
  g_autoptr (GFlowNode) twin = g_flow_node_new ("a", test_body_nothing, NULL, NULL);
  g_autoptr (GFlowGroup) same = g_flow_series (nameless, nameless, NULL);
  g_autoptr (GFlowGroup) names = g_flow_parallel (a, twin, NULL);
  g_autoptr (GFlowGroup) fine = g_flow_parallel (a, nameless, NULL);
  g_autoptr (GError) error = NULL;

  /* One node in two places, and two nodes of one name. */
  g_assert_false (g_flow_add_group (flow, same, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_EXISTS);
  g_clear_error (&error);
  g_assert_false (g_flow_add_group (flow, names, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_EXISTS);
  g_clear_error (&error);
  test_assert_model (flow, "");

  /* A group is added once. */
  g_assert_true (g_flow_add_group (flow, fine, &error));
  g_assert_no_error (error);
  g_assert_false (g_flow_add_group (flow, fine, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_EXISTS);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (flow)), ==, 2);
  g_object_unref (test_execute_well (flow));
}

static void
test_too_deep (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowGroup) group = g_flow_group_new_series ();
  g_autoptr (GFlowNode) node = g_flow_node_new ("a", test_body_nothing, NULL, NULL);
  g_autoptr (GError) error = NULL;

  /* Refused rather than crashed. */
  g_flow_group_append_node (group, node);
  for (guint i = 0; i < 3000; i++)
    {
      GFlowGroup *outer = g_flow_group_new_series ();

      g_flow_group_append_group (outer, group);
      g_object_unref (group);
      group = outer;
    }
  g_assert_false (g_flow_add_group (flow, group, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_RECURSION);
  test_assert_model (flow, "");
}

static void
test_in_itself (void)
{
  GFlowGroup *outer = g_flow_group_new_series ();
  GFlowGroup *inner = g_flow_group_new_series ();

  g_flow_group_append_group (outer, inner);
  g_test_expect_message ("GFlow", G_LOG_LEVEL_CRITICAL, "*assertion*failed*");
  g_flow_group_append_group (inner, outer);
  g_test_assert_expected_messages ();
  g_test_expect_message ("GFlow", G_LOG_LEVEL_CRITICAL, "*assertion*failed*");
  g_flow_group_append_group (inner, inner);
  g_test_assert_expected_messages ();
  g_object_unref (inner);
  g_assert_finalize_object (outer);
}

static void
test_deep (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowGroup) group = g_flow_group_new_series ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  guint depth = 1000;

  for (guint i = 0; i < depth; i++)
    {
      GFlowGroup *outer = i % 2 == 0 ? g_flow_group_new_parallel () : g_flow_group_new_series ();
      g_autoptr (GFlowNode) node = g_flow_node_new (NULL, test_body_nothing, NULL, NULL);

      g_flow_group_append_group (outer, group);
      g_flow_group_append_node (outer, node);
      g_object_unref (group);
      group = outer;
    }
  g_assert_true (g_flow_add_group (flow, group, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (flow)), ==, depth);
  run = test_execute_well (flow);
  g_assert_cmpuint (g_flow_run_get_n_done (run), ==, depth);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/group/series", test_series);
  g_test_add_func ("/group/parallel", test_parallel);
  g_test_add_func ("/group/nesting", test_nesting);
  g_test_add_func ("/group/empty-is-identity", test_empty_is_identity);
  g_test_add_func ("/group/empty-alone", test_empty_alone);
  g_test_add_func ("/group/empty-beside", test_empty_beside);
  g_test_add_func ("/group/lock", test_lock);
  g_test_add_func ("/group/lock-excludes", test_lock_excludes);
  g_test_add_func ("/group/mixed-with-nodes", test_mixed_with_nodes);
  g_test_add_func ("/group/names-exist", test_names_exist);
  g_test_add_func ("/group/twice", test_twice);
  g_test_add_func ("/group/too-deep", test_too_deep);
  g_test_add_func ("/group/in-itself", test_in_itself);
  g_test_add_func ("/group/deep", test_deep);

  return g_test_run ();
}
