/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* GFlow: the plan and its edits. */

#include "test-bench.h"

#include <string.h>

static void
count_notify_cb (GObject    *object,
                 GParamSpec *pspec,
                 guint      *n_notified)
{
  *n_notified += 1;
}

static void
destroy_count_cb (gpointer user_data)
{
  int *count = user_data;

  *count += 1;
}

/* Checks that what the model reports is what happens: keeps a copy by replaying the reports. */
static void
items_changed_cb (GListModel *model,
                  guint       position,
                  guint       removed,
                  guint       added,
                  GPtrArray  *mirror)
{
  g_assert_cmpuint (position + removed, <=, mirror->len);
  if (removed > 0)
    g_ptr_array_remove_range (mirror, position, removed);
  for (guint i = 0; i < added; i++)
    {
      g_autoptr (GObject) item = g_list_model_get_item (model, position + i);

      g_assert_nonnull (item);
      g_ptr_array_insert (mirror, (int) (position + i), item);
    }
  g_assert_cmpuint (mirror->len, ==, g_list_model_get_n_items (model));
  for (guint i = 0; i < mirror->len; i++)
    {
      g_autoptr (GObject) item = g_list_model_get_item (model, i);

      g_assert_true (item == g_ptr_array_index (mirror, i));
    }
}

static void
test_properties (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autofree char *name = NULL;
  guint max_threads;
  guint max_parallel;
  GFlowOnError on_error;
  guint n_notified = 0;

  g_assert_null (g_flow_get_name (flow));
  g_assert_cmpuint (g_flow_get_max_threads (flow), ==, 0);
  g_assert_cmpuint (g_flow_get_max_parallel (flow), ==, 0);
  g_assert_cmpint (g_flow_get_on_error (flow), ==, G_FLOW_ON_ERROR_SKIP_DEPENDANTS);

  g_signal_connect (flow, "notify", G_CALLBACK (count_notify_cb), &n_notified);

  g_flow_set_name (flow, "import");
  g_flow_set_max_threads (flow, 3);
  g_flow_set_max_parallel (flow, 5);
  g_flow_set_on_error (flow, G_FLOW_ON_ERROR_STOP);
  g_assert_cmpuint (n_notified, ==, 4);

  g_flow_set_name (flow, "import");
  g_flow_set_max_threads (flow, 3);
  g_flow_set_max_parallel (flow, 5);
  g_flow_set_on_error (flow, G_FLOW_ON_ERROR_STOP);
  g_assert_cmpuint (n_notified, ==, 4);

  g_object_get (flow,
                "name", &name,
                "max-threads", &max_threads,
                "max-parallel", &max_parallel,
                "on-error", &on_error,
                NULL);
  g_assert_cmpstr (name, ==, "import");
  g_assert_cmpuint (max_threads, ==, 3);
  g_assert_cmpuint (max_parallel, ==, 5);
  g_assert_cmpint (on_error, ==, G_FLOW_ON_ERROR_STOP);

  g_object_set (flow,
                "name", NULL,
                "max-threads", 0,
                "max-parallel", 0,
                "on-error", G_FLOW_ON_ERROR_IGNORE,
                NULL);
  g_assert_null (g_flow_get_name (flow));
  g_assert_cmpuint (g_flow_get_max_threads (flow), ==, 0);
  g_assert_cmpuint (g_flow_get_max_parallel (flow), ==, 0);
  g_assert_cmpint (g_flow_get_on_error (flow), ==, G_FLOW_ON_ERROR_IGNORE);
  g_assert_cmpuint (n_notified, ==, 8);
}

static void
test_construct (void)
{
  g_autoptr (GFlow) flow = g_object_new (G_TYPE_FLOW,
                                         "name", "made",
                                         "max-threads", 2,
                                         NULL);

  g_assert_cmpstr (g_flow_get_name (flow), ==, "made");
  g_assert_cmpuint (g_flow_get_max_threads (flow), ==, 2);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (flow)), ==, 0);
  g_assert_true (g_list_model_get_item_type (G_LIST_MODEL (flow)) == G_TYPE_FLOW_NODE);
}

static void
test_adders (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlow) subflow = g_flow_new ();
  g_autoptr (GError) error = NULL;
  GFlowNode *load = test_add_nothing (flow, "load");
  GFlowNode *sub;

  g_assert_cmpstr (g_flow_node_get_name (load), ==, "load");
  g_assert_true (g_flow_node_get_flow (load) == flow);
  g_assert_true (g_flow_lookup (flow, "load") == load);
  g_assert_null (g_flow_lookup (flow, "store"));
  g_assert_null (g_flow_lookup (flow, ""));
  g_assert_null (g_flow_node_get_subflow (load));

  sub = g_flow_add_flow (flow, "sub", subflow, &error);
  g_assert_no_error (error);
  g_assert_true (g_flow_node_get_subflow (sub) == subflow);
  g_assert_true (g_flow_lookup (flow, "sub") == sub);
  test_assert_model (flow, "load sub");

  /* The name that is looked up follows the node. */
  g_flow_node_set_name (load, "read");
  g_assert_true (g_flow_lookup (flow, "read") == load);
  g_assert_null (g_flow_lookup (flow, "load"));
}

static void
test_made_up_names (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GHashTable) names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  guint n = 200;

  g_assert_cmpstr (g_flow_node_get_name (test_add_nothing (flow, NULL)), ==, "node0");
  g_assert_cmpstr (g_flow_node_get_name (test_add_nothing (flow, NULL)), ==, "node1");

  /* Somebody takes the names that would come next. */
  test_add_nothing (flow, "node2");
  test_add_nothing (flow, "node7");

  for (guint i = 4; i < n; i++)
    {
      GFlowNode *node = test_add_nothing (flow, NULL);

      g_assert_true (g_str_has_prefix (g_flow_node_get_name (node), "node"));
    }

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GFlowNode) node = g_list_model_get_item (G_LIST_MODEL (flow), i);

      g_assert_true (g_hash_table_add (names, g_strdup (g_flow_node_get_name (node))));
      g_assert_true (g_flow_lookup (flow, g_flow_node_get_name (node)) == node);
    }
  g_assert_cmpuint (g_hash_table_size (names), ==, n);
}

static void
test_name_twice (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GFlowRun) run = NULL;
  GFlowNode *first = test_add_nothing (flow, "load");
  GFlowNode *second;
  int n_destroyed = 0;

  second = g_flow_add (flow, "load", test_body_nothing, &n_destroyed, destroy_count_cb, &error);
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_EXISTS);
  test_assert_contains (error->message, "load");
  g_assert_null (second);
  g_assert_cmpint (n_destroyed, ==, 1);
  g_clear_error (&error);

  second = g_flow_add_task (flow, "load", test_job_async, &n_destroyed, destroy_count_cb, &error);
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_EXISTS);
  g_assert_null (second);
  g_assert_cmpint (n_destroyed, ==, 2);
  g_clear_error (&error);

  second = g_flow_add_flow (flow, "load", flow, NULL);
  g_assert_null (second);

  /* The flow is as it was, and it works. */
  test_assert_model (flow, "load");
  g_assert_true (g_flow_lookup (flow, "load") == first);
  run = test_execute_well (flow);
  test_assert_node (run, first, DONE);
}

static void
test_same_function (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  TestBench bench;

  test_bench_init (&bench);
  test_add_sync (&bench, flow, "one", NULL);
  test_add_sync (&bench, flow, "two", NULL);
  g_object_unref (test_execute_well (flow));
  g_assert_cmpuint (test_log_count (&bench.log, "one"), ==, 1);
  g_assert_cmpuint (test_log_count (&bench.log, "two"), ==, 1);

  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_add_node (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlow) other = g_flow_new ();
  g_autoptr (GFlowNode) node = g_flow_node_new ("load", test_body_nothing, NULL, NULL);
  g_autoptr (GFlowNode) twin = g_flow_node_new ("load", test_body_nothing, NULL, NULL);
  g_autoptr (GFlowNode) nameless = g_flow_node_new (NULL, test_body_nothing, NULL, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (g_flow_node_get_flow (node));
  g_assert_true (g_flow_add_node (flow, node, &error));
  g_assert_no_error (error);
  g_assert_true (g_flow_node_get_flow (node) == flow);

  /* The same node again, another node of that name, and a node of another flow. */
  g_assert_false (g_flow_add_node (flow, node, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_EXISTS);
  g_clear_error (&error);

  g_assert_false (g_flow_add_node (flow, twin, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_EXISTS);
  g_assert_null (g_flow_node_get_flow (twin));
  g_clear_error (&error);

  g_assert_false (g_flow_add_node (other, node, &error));
  g_assert_nonnull (error);
  g_assert_true (error->domain == G_FLOW_ERROR);
  g_assert_true (g_flow_node_get_flow (node) == flow);
  g_clear_error (&error);

  /* The other flow took no harm. */
  g_assert_true (g_flow_add_node (other, twin, &error));
  g_assert_no_error (error);

  g_assert_true (g_flow_add_node (flow, nameless, &error));
  g_assert_no_error (error);
  g_assert_nonnull (g_flow_node_get_name (nameless));
  g_assert_true (g_flow_lookup (flow, g_flow_node_get_name (nameless)) == nameless);
}

static void
test_list_model (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GPtrArray) mirror = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;
  GFlowNode *nodes[20];

  g_signal_connect (flow, "items-changed", G_CALLBACK (items_changed_cb), mirror);

  for (guint i = 0; i < G_N_ELEMENTS (nodes); i++)
    nodes[i] = test_add_nothing (flow, NULL);
  TEST_WAIT (mirror->len == G_N_ELEMENTS (nodes));

  for (guint i = 0; i < G_N_ELEMENTS (nodes); i += 3)
    {
      g_autoptr (GFlowNode) node = g_object_ref (nodes[i]);

      g_assert_true (g_flow_remove_node (flow, node, &error));
      g_assert_no_error (error);
    }
  TEST_WAIT (mirror->len == G_N_ELEMENTS (nodes) - 7);

  g_assert_null (g_list_model_get_item (G_LIST_MODEL (flow), mirror->len));
  for (guint i = 0, j = 0; i < G_N_ELEMENTS (nodes); i++)
    {
      if (i % 3 != 0)
        g_assert_true (g_ptr_array_index (mirror, j++) == nodes[i]);
    }
}

static void
test_remove (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlow) other = g_flow_new ();
  g_autoptr (GFlowNode) load = g_object_ref (test_add_nothing (flow, "load"));
  g_autoptr (GError) error = NULL;
  GFlowNode *store = test_add_nothing (flow, "store");

  g_flow_node_add_upstream (store, load);
  g_assert_true (g_flow_validate (flow, &error));
  g_assert_no_error (error);

  g_assert_true (g_flow_remove_node (flow, load, &error));
  g_assert_no_error (error);
  g_assert_null (g_flow_node_get_flow (load));
  g_assert_null (g_flow_lookup (flow, "load"));
  test_assert_model (flow, "store");

  g_assert_false (g_flow_remove_node (flow, load, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_UNKNOWN_NODE);
  g_clear_error (&error);

  /* What needed it says so. */
  g_assert_false (g_flow_validate (flow, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_UNKNOWN_NODE);
  test_assert_contains (error->message, "load");
  test_assert_contains (error->message, "store");
  g_clear_error (&error);

  /* The node and its name may be used again. */
  g_assert_true (g_flow_add_node (flow, load, &error));
  g_assert_no_error (error);
  g_assert_true (g_flow_validate (flow, &error));
  g_assert_no_error (error);
  g_assert_true (g_flow_remove_node (flow, load, &error));
  g_assert_no_error (error);
  g_assert_true (g_flow_add_node (other, load, &error));
  g_assert_no_error (error);
  g_assert_true (g_flow_node_get_flow (load) == other);
  test_add_nothing (flow, "load");
}

static void
test_remove_destroys (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GError) error = NULL;
  int n_destroyed = 0;
  GFlowNode *node = g_flow_add (flow, "a", test_body_nothing, &n_destroyed, destroy_count_cb, NULL);

  g_assert_cmpint (n_destroyed, ==, 0);
  g_assert_true (g_flow_remove_node (flow, node, &error));
  g_assert_no_error (error);
  TEST_WAIT (n_destroyed > 0);
  g_assert_cmpint (n_destroyed, ==, 1);

  node = g_flow_add (flow, "a", test_body_nothing, &n_destroyed, destroy_count_cb, NULL);
  g_assert_nonnull (node);
  g_clear_object (&flow);
  TEST_WAIT (n_destroyed > 1);
  g_assert_cmpint (n_destroyed, ==, 2);
}

static void
test_copy (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlow) copy = NULL;
  g_autoptr (GFlowLock) lock = g_flow_lock_new ();
  g_autoptr (GFlowRun) run = NULL;
  TestBench bench;
  GFlowNode *a;
  GFlowNode *b;
  GFlowNode *copied;

  test_bench_init (&bench);
  test_life_watch (&bench.life, flow);
  a = test_add_sync (&bench, flow, "a", NULL);
  b = test_add_sync (&bench, flow, "b", NULL);
  g_flow_node_add_upstream (b, a);
  g_flow_node_add_lock (b, lock);
  g_flow_node_set_priority (b, -3);
  g_flow_node_set_weight (b, 7);
  g_flow_node_set_title (b, "The second");
  g_flow_node_set_run_when (b, G_FLOW_RUN_WHEN_ALL_FINISHED);
  g_flow_node_set_placement (b, G_FLOW_PLACEMENT_CONTEXT);
  g_flow_set_on_error (flow, G_FLOW_ON_ERROR_STOP);
  g_flow_set_max_threads (flow, 2);

  copy = g_flow_copy (flow);
  g_assert_true (copy != flow);
  test_life_watch (&bench.life, copy);
  g_assert_true (g_flow_equal (flow, copy));
  g_assert_true (g_flow_equal (copy, flow));
  test_assert_model (copy, "a b");

  copied = g_flow_lookup (copy, "b");
  g_assert_true (copied != b);
  g_assert_true (g_flow_node_get_flow (copied) == copy);
  test_assert_model (g_flow_node_get_upstreams (copied), "a");
  g_assert_cmpuint (g_list_model_get_n_items (g_flow_node_get_locks (copied)), ==, 1);
  g_assert_cmpint (g_flow_node_get_priority (copied), ==, -3);
  g_assert_cmpuint (g_flow_node_get_weight (copied), ==, 7);
  g_assert_cmpstr (g_flow_node_get_title (copied), ==, "The second");
  g_assert_cmpint (g_flow_node_get_run_when (copied), ==, G_FLOW_RUN_WHEN_ALL_FINISHED);
  g_assert_cmpint (g_flow_node_get_placement (copied), ==, G_FLOW_PLACEMENT_CONTEXT);
  g_assert_cmpint (g_flow_get_on_error (copy), ==, G_FLOW_ON_ERROR_STOP);
  g_assert_cmpuint (g_flow_get_max_threads (copy), ==, 2);

  /* An edit of one does not reach the other. */
  test_add_nothing (copy, "c");
  test_assert_model (flow, "a b");
  g_assert_false (g_flow_equal (flow, copy));

  /* The copy works when the original is gone, and the bodies live as long as one of them. */
  g_clear_object (&flow);
  run = test_execute_well (copy);
  test_assert_log (&bench.log, "a b");

  g_clear_object (&run);
  g_clear_object (&copy);
  test_bench_clear (&bench);
}

static gboolean
body_other (GFlowNode  *node,
            GFlowRun   *run,
            gpointer    user_data,
            GError    **error)
{
  return TRUE;
}

static GFlow *
make_fork (void)
{
  GFlow *flow = g_flow_new ();
  GFlowNode *a = test_add_nothing (flow, "a");
  GFlowNode *b = test_add_nothing (flow, "b");

  g_flow_node_add_upstream (b, a);

  return flow;
}

static void
test_equal (void)
{
  g_autoptr (GFlow) flow = make_fork ();
  g_autoptr (GFlow) same = make_fork ();
  g_autoptr (GFlow) edge = make_fork ();
  g_autoptr (GFlow) name = make_fork ();
  g_autoptr (GFlow) more = make_fork ();
  g_autoptr (GFlow) body = make_fork ();
  g_autoptr (GFlow) by_name = g_flow_new ();
  g_autoptr (GError) error = NULL;

  g_assert_true (g_flow_equal (flow, flow));
  g_assert_true (g_flow_equal (flow, same));

  g_flow_node_set_upstreams (g_flow_lookup (edge, "b"), NULL, 0);
  g_assert_false (g_flow_equal (flow, edge));

  g_flow_node_set_name (g_flow_lookup (name, "b"), "c");
  g_assert_false (g_flow_equal (flow, name));

  test_add_nothing (more, "c");
  g_assert_false (g_flow_equal (flow, more));
  g_assert_false (g_flow_equal (more, flow));

  g_assert_true (g_flow_remove_node (body, g_flow_lookup (body, "b"), &error));
  g_assert_no_error (error);
  g_flow_node_add_upstream (g_flow_add (body, "b", body_other, NULL, NULL, NULL),
                            g_flow_lookup (body, "a"));
  g_assert_false (g_flow_equal (flow, body));

  /* How the need was told does not matter. */
  test_add_nothing (by_name, "a");
  g_flow_node_add_upstream_by_name (test_add_nothing (by_name, "b"), "a");
  g_assert_true (g_flow_equal (flow, by_name));
}

static void
test_join (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  const char * const none[] = { NULL };
  const char * const one[] = { "a", NULL };
  const char * const two[] = { "a", "b", NULL };
  GFlowNode *join;

  g_assert_null (g_flow_add_join (flow, "j", none, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_TOPOLOGY);
  g_clear_error (&error);
  g_assert_null (g_flow_add_join (flow, "j", one, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_TOPOLOGY);
  g_clear_error (&error);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (flow)), ==, 0);

  /* Needs may be added later. */
  join = g_flow_add_join (flow, "j", two, &error);
  g_assert_no_error (error);
  g_assert_nonnull (join);
  g_assert_false (g_flow_validate (flow, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_UNKNOWN_NODE);
  g_clear_error (&error);

  test_add_nothing (flow, "a");
  test_add_nothing (flow, "b");
  g_assert_true (g_flow_validate (flow, &error));
  g_assert_no_error (error);
  test_assert_model (g_flow_node_get_upstreams (join), "a b");

  g_assert_null (g_flow_add_join (flow, "j", two, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_EXISTS);
  g_clear_error (&error);

  run = test_execute_well (flow);
  test_assert_node (run, join, DONE);
}

static void
test_join_all (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GError) error = NULL;
  const char * const needs[] = { "p1", "p2", NULL };
  GFlowNode *all;
  GFlowNode *again;

  g_assert_null (g_flow_add_join_all (flow, "r", &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_TOPOLOGY);
  g_clear_error (&error);

  test_add_nothing (flow, "p1");
  test_add_nothing (flow, "p2");
  test_add_nothing (flow, "p3");
  g_assert_nonnull (g_flow_add_join (flow, "r1", needs, &error));
  g_assert_no_error (error);
  all = g_flow_add_join_all (flow, "r2", &error);
  g_assert_no_error (error);
  test_assert_model (g_flow_node_get_upstreams (all), "p3 r1");

  g_flow_node_add_upstream (test_add_nothing (flow, "p4"), all);
  test_assert_model (g_flow_node_get_upstreams (all), "p3 r1");

  /* One orphan is enough. */
  again = g_flow_add_join_all (flow, "r3", &error);
  g_assert_no_error (error);
  test_assert_model (g_flow_node_get_upstreams (again), "p4");

  g_assert_null (g_flow_add_join_all (flow, "r3", &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_EXISTS);
}

static gboolean
add_to_own_flow (GFlowNode  *node,
                 GFlowRun   *run,
                 gpointer    user_data,
                 GError    **error)
{
  GFlow *flow = user_data;
  GFlowNode *added = g_flow_add (flow, NULL, test_body_nothing, NULL, NULL, error);

  if (added == NULL)
    return FALSE;
  g_flow_node_add_upstream (added, node);
  return TRUE;
}

static void
test_edit_while_running (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  GFlowNode *node = g_flow_add (flow, "grow", add_to_own_flow, flow, NULL, NULL);

  /* Scenario 23, as decided: the edit changes the next run. */
  for (guint round = 0; round < 4; round++)
    {
      g_autoptr (GFlowRun) run = NULL;

      g_flow_node_set_placement (node, round % 2 == 0 ? G_FLOW_PLACEMENT_WORKER
                                                      : G_FLOW_PLACEMENT_CONTEXT);
      run = test_execute_well (flow);
      g_assert_cmpuint (g_flow_run_get_n_total (run), ==, round + 1);
      g_assert_cmpuint (g_flow_run_get_n_done (run), ==, round + 1);
      g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (flow)), ==, round + 2);
    }
}

static void
test_edit_after_execute (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  TestResult result;
  TestBench bench;
  GFlowNode *b;

  test_bench_init (&bench);
  test_result_init (&result);
  test_add_sync (&bench, flow, "a", NULL);
  b = test_add_sync (&bench, flow, "b", NULL);

  /* The plan is what it was when execute was called. */
  g_flow_execute (flow, NULL, test_result_cb, &result);
  test_add_sync (&bench, flow, "c", NULL);
  g_assert_true (g_flow_remove_node (flow, b, &error));
  g_assert_no_error (error);
  TEST_WAIT (result.calls > 0);
  run = g_flow_execute_finish (flow, result.result, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_flow_run_get_n_total (run), ==, 2);
  g_assert_cmpuint (test_log_count (&bench.log, "a"), ==, 1);
  g_assert_cmpuint (test_log_count (&bench.log, "b"), ==, 1);
  g_assert_cmpuint (test_log_count (&bench.log, "c"), ==, 0);

  test_result_clear (&result);
  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_max_threads (gconstpointer data)
{
  guint max_threads = GPOINTER_TO_UINT (data);
  g_autoptr (GFlow) flow = g_flow_new ();
  TestGate gate;
  TestBench bench;
  TestResult results[2];

  /* As many as allowed run at once, over both runs, and never more. */
  test_bench_init (&bench);
  test_gate_init (&gate);
  g_flow_set_max_threads (flow, max_threads);
  for (guint i = 0; i < 4 * max_threads; i++)
    {
      TestJob *job;

      test_add_sync (&bench, flow, NULL, &job);
      job->gate = &gate;
    }

  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    {
      test_result_init (&results[i]);
      g_flow_execute (flow, NULL, test_result_cb, &results[i]);
    }
  TEST_WAIT (test_gate_waiting (&gate) == max_threads);
  test_settle (20);
  g_assert_cmpuint (test_gate_waiting (&gate), ==, max_threads);
  test_gate_open (&gate);

  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    {
      g_autoptr (GFlowRun) run = NULL;

      TEST_WAIT (results[i].calls > 0);
      run = g_flow_execute_finish (flow, results[i].result, NULL);
      g_assert_nonnull (run);
      test_result_clear (&results[i]);
    }
  g_assert_cmpint (bench.gauge.most, ==, (int) max_threads);
  g_assert_cmpint (bench.gauge.total, ==, (int) (8 * max_threads));

  g_clear_object (&flow);
  test_bench_clear (&bench);
  test_gate_clear (&gate);
}

static void
test_max_parallel (gconstpointer data)
{
  guint max_parallel = GPOINTER_TO_UINT (data);
  g_autoptr (GFlow) flow = g_flow_new ();
  TestBench bench;
  TestResult results[3];

  /* Of all kinds of nodes and of all runs at once. */
  test_bench_init (&bench);
  g_flow_set_max_threads (flow, 4);
  g_flow_set_max_parallel (flow, max_parallel);
  for (guint i = 0; i < 12; i++)
    {
      TestJob *job;

      test_add_sync (&bench, flow, NULL, &job);
      job->msec = 1;
      test_add_async (&bench, flow, NULL, &job);
      job->msec = 2;
      test_add_context (&bench, flow, NULL, &job);
    }

  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    {
      test_result_init (&results[i]);
      g_flow_execute (flow, NULL, test_result_cb, &results[i]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    {
      g_autoptr (GFlowRun) run = NULL;
      g_autoptr (GError) error = NULL;

      TEST_WAIT (results[i].calls > 0);
      run = g_flow_execute_finish (flow, results[i].result, &error);
      g_assert_no_error (error);
      test_result_clear (&results[i]);
    }
  g_assert_cmpint (bench.gauge.most, <=, (int) max_parallel);
  g_assert_cmpint (bench.gauge.total, ==, 3 * 36);

  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_empty_name (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlow) subflow = g_flow_new ();
  g_autoptr (GError) error = NULL;
  const char * const needs[] = { "a", "b", NULL };
  int n_destroyed = 0;

  /* No name for a node; the data is freed all the same. */
  g_assert_null (g_flow_add (flow, "", test_body_nothing, &n_destroyed, destroy_count_cb, &error));
  g_assert_nonnull (error);
  g_assert_cmpint (n_destroyed, ==, 1);
  g_clear_error (&error);
  g_assert_null (g_flow_add_flow (flow, "", subflow, &error));
  g_assert_nonnull (error);
  g_clear_error (&error);
  g_assert_null (g_flow_add_join (flow, "", needs, &error));
  g_assert_nonnull (error);
  g_clear_error (&error);
  g_assert_null (g_flow_add_join_all (flow, "", &error));
  g_assert_nonnull (error);
  test_assert_model (flow, "");
}

static void
test_list_properties (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  guint n_notified = 0;
  guint n_items;
  GType item_type;

  g_signal_connect (flow, "notify::n-items", G_CALLBACK (count_notify_cb), &n_notified);
  test_add_nothing (flow, "a");
  test_add_nothing (flow, "b");
  g_assert_cmpuint (n_notified, ==, 2);
  g_object_get (flow, "n-items", &n_items, "item-type", &item_type, NULL);
  g_assert_cmpuint (n_items, ==, 2);
  g_assert_true (item_type == G_TYPE_FLOW_NODE);
}

typedef struct
{
  GFlow *flow;
  guint  n_changes;
} Editor;

static void
edit_and_count_cb (GListModel *model,
                   guint       position,
                   guint       removed,
                   guint       added,
                   Editor     *editor)
{
  editor->n_changes++;
  if (editor->n_changes == 1)
    test_add_nothing (editor->flow, "second");
}

static void
test_edit_in_handler (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  Editor editor = { .flow = flow };

  /* No lock is held while handlers are called. */
  g_signal_connect (flow, "items-changed", G_CALLBACK (edit_and_count_cb), &editor);
  test_add_nothing (flow, "first");
  TEST_WAIT (editor.n_changes == 2);
  test_assert_model (flow, "first second");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/flow/properties", test_properties);
  g_test_add_func ("/flow/construct", test_construct);
  g_test_add_func ("/flow/add", test_adders);
  g_test_add_func ("/flow/made-up-names", test_made_up_names);
  g_test_add_func ("/flow/name-twice", test_name_twice);
  g_test_add_func ("/flow/same-function", test_same_function);
  g_test_add_func ("/flow/add-node", test_add_node);
  g_test_add_func ("/flow/list-model", test_list_model);
  g_test_add_func ("/flow/remove", test_remove);
  g_test_add_func ("/flow/remove-destroys", test_remove_destroys);
  g_test_add_func ("/flow/copy", test_copy);
  g_test_add_func ("/flow/equal", test_equal);
  g_test_add_func ("/flow/join", test_join);
  g_test_add_func ("/flow/join-all", test_join_all);
  g_test_add_func ("/flow/edit/while-running", test_edit_while_running);
  g_test_add_func ("/flow/edit/after-execute", test_edit_after_execute);
  g_test_add_data_func ("/flow/max-threads/1", GUINT_TO_POINTER (1), test_max_threads);
  g_test_add_data_func ("/flow/max-threads/2", GUINT_TO_POINTER (2), test_max_threads);
  g_test_add_data_func ("/flow/max-threads/5", GUINT_TO_POINTER (5), test_max_threads);
  g_test_add_data_func ("/flow/max-parallel/1", GUINT_TO_POINTER (1), test_max_parallel);
  g_test_add_data_func ("/flow/max-parallel/3", GUINT_TO_POINTER (3), test_max_parallel);
  g_test_add_func ("/flow/empty-name", test_empty_name);
  g_test_add_func ("/flow/list-properties", test_list_properties);
  g_test_add_func ("/flow/edit/in-handler", test_edit_in_handler);

  return g_test_run ();
}
