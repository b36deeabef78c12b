/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* GFlowNode: properties, what it needs, its locks and its body. */

#include "test-util.h"

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

static void
body_task (GFlowNode  *node,
           GFlowRun   *run,
           GTask      *task,
           gpointer    user_data,
           GError    **error)
{
  g_task_return_boolean (task, TRUE);
}

static void
test_defaults (void)
{
  g_autoptr (GFlowNode) node = g_flow_node_new ("load", test_body_nothing, NULL, NULL);
  g_autoptr (GFlowNode) task = g_flow_node_new_for_task ("fetch", body_task, NULL, NULL);

  g_assert_cmpstr (g_flow_node_get_name (node), ==, "load");
  g_assert_cmpstr (g_flow_node_get_name (task), ==, "fetch");
  g_assert_cmpstr (g_flow_node_get_title (node), ==, "load");
  g_assert_null (g_flow_node_get_flow (node));
  g_assert_null (g_flow_node_get_subflow (node));
  g_assert_cmpint (g_flow_node_get_placement (node), ==, G_FLOW_PLACEMENT_WORKER);
  g_assert_cmpint (g_flow_node_get_priority (node), ==, 0);
  g_assert_cmpuint (g_flow_node_get_weight (node), ==, 1);
  g_assert_cmpint (g_flow_node_get_run_when (node), ==, G_FLOW_RUN_WHEN_ALL_SUCCEEDED);
  g_assert_cmpint (g_flow_node_get_placement (task), ==, G_FLOW_PLACEMENT_CONTEXT);
  test_assert_model (g_flow_node_get_upstreams (node), "");
  test_assert_model (g_flow_node_get_downstreams (node), "");
  g_assert_cmpuint (g_list_model_get_n_items (g_flow_node_get_locks (node)), ==, 0);
  g_assert_true (g_list_model_get_item_type (g_flow_node_get_upstreams (node)) == G_TYPE_FLOW_NODE);
  g_assert_true (g_list_model_get_item_type (g_flow_node_get_downstreams (node)) ==
                 G_TYPE_FLOW_NODE);
  g_assert_true (g_list_model_get_item_type (g_flow_node_get_locks (node)) == G_TYPE_FLOW_LOCK);
}

static void
check_properties (GFlowNode *node)
{
  g_autofree char *name = NULL;
  g_autofree char *title = NULL;
  GFlowPlacement placement;
  GFlowRunWhen run_when;
  int priority;
  guint weight;
  guint n_notified = 0;
  gulong handler;

  handler = g_signal_connect (node, "notify", G_CALLBACK (count_notify_cb), &n_notified);
  for (guint i = 0; i < 2; i++)
    {
      g_flow_node_set_title (node, "Read the file");
      g_flow_node_set_name (node, "read");
      g_flow_node_set_placement (node, G_FLOW_PLACEMENT_CONTEXT);
      g_flow_node_set_priority (node, -10);
      g_flow_node_set_weight (node, 12);
      g_flow_node_set_run_when (node, G_FLOW_RUN_WHEN_ANY_FAILED);
      g_assert_cmpuint (n_notified, ==, 6);
    }

  g_object_get (node,
                "name", &name,
                "title", &title,
                "placement", &placement,
                "priority", &priority,
                "weight", &weight,
                "run-when", &run_when,
                NULL);
  g_assert_cmpstr (name, ==, "read");
  g_assert_cmpstr (title, ==, "Read the file");
  g_assert_cmpint (placement, ==, G_FLOW_PLACEMENT_CONTEXT);
  g_assert_cmpint (priority, ==, -10);
  g_assert_cmpuint (weight, ==, 12);
  g_assert_cmpint (run_when, ==, G_FLOW_RUN_WHEN_ANY_FAILED);

  g_object_set (node,
                "name", "load",
                "title", NULL,
                "placement", G_FLOW_PLACEMENT_WORKER,
                "priority", 0,
                "weight", 1,
                "run-when", G_FLOW_RUN_WHEN_ALL_SUCCEEDED,
                NULL);
  g_assert_cmpuint (n_notified, ==, 12);
  g_assert_cmpstr (g_flow_node_get_name (node), ==, "load");
  g_assert_cmpstr (g_flow_node_get_title (node), ==, "load");
  g_assert_cmpint (g_flow_node_get_priority (node), ==, 0);
  g_signal_handler_disconnect (node, handler);
}

static void
test_properties (void)
{
  g_autoptr (GFlowNode) node = g_flow_node_new ("load", test_body_nothing, NULL, NULL);
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GFlow) found = NULL;

  check_properties (node);

  /* Inside a flow as well. */
  g_assert_true (g_flow_add_node (flow, node, &error));
  g_assert_no_error (error);
  check_properties (node);
  g_object_get (node, "flow", &found, NULL);
  g_assert_true (found == flow);
}

static void
test_notify_title (void)
{
  g_autoptr (GFlowNode) node = g_flow_node_new ("load", test_body_nothing, NULL, NULL);
  guint n_notified = 0;

  /* The title is the name, unless there is one. */
  g_signal_connect (node, "notify::title", G_CALLBACK (count_notify_cb), &n_notified);
  g_flow_node_set_name (node, "read");
  g_assert_cmpstr (g_flow_node_get_title (node), ==, "read");
  g_assert_cmpuint (n_notified, ==, 1);
  g_flow_node_set_title (node, "Read the file");
  g_assert_cmpuint (n_notified, ==, 2);
  g_flow_node_set_name (node, "input");
  g_assert_cmpstr (g_flow_node_get_title (node), ==, "Read the file");
  g_assert_cmpuint (n_notified, ==, 2);
}

static void
test_notify_flow (void)
{
  g_autoptr (GFlowNode) node = g_flow_node_new ("load", test_body_nothing, NULL, NULL);
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GError) error = NULL;
  guint n_notified = 0;

  g_signal_connect (node, "notify::flow", G_CALLBACK (count_notify_cb), &n_notified);
  g_assert_true (g_flow_add_node (flow, node, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (n_notified, ==, 1);
  g_assert_true (g_flow_remove_node (flow, node, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (n_notified, ==, 2);
}

static void
test_upstreams (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  GFlowNode *a = test_add_nothing (flow, "a");
  GFlowNode *b = test_add_nothing (flow, "b");
  GFlowNode *c = test_add_nothing (flow, "c");
  GFlowNode *d = test_add_nothing (flow, "d");
  GFlowNode *both[] = { c, a };

  g_flow_node_add_upstream (d, b);
  g_flow_node_add_upstream (d, a);
  test_assert_model (g_flow_node_get_upstreams (d), "b a");
  test_assert_model (g_flow_node_get_downstreams (a), "d");
  test_assert_model (g_flow_node_get_downstreams (b), "d");
  test_assert_model (g_flow_node_get_downstreams (c), "");

  /* Twice is once, however it is said. */
  g_flow_node_add_upstream (d, a);
  g_flow_node_add_upstream_by_name (d, "b");
  test_assert_model (g_flow_node_get_upstreams (d), "b a");
  test_assert_model (g_flow_node_get_downstreams (a), "d");

  g_flow_node_add_upstream_by_name (d, "c");
  test_assert_model (g_flow_node_get_upstreams (d), "b a c");

  g_flow_node_set_upstreams (d, both, G_N_ELEMENTS (both));
  test_assert_model (g_flow_node_get_upstreams (d), "c a");
  test_assert_model (g_flow_node_get_downstreams (b), "");

  g_flow_node_set_upstreams (d, NULL, 0);
  test_assert_model (g_flow_node_get_upstreams (d), "");
  test_assert_model (g_flow_node_get_downstreams (a), "");

  g_flow_node_after (d, a, b, c, NULL);
  test_assert_model (g_flow_node_get_upstreams (d), "a b c");
  g_flow_node_after (c, a, NULL);
  test_assert_model (g_flow_node_get_downstreams (a), "c d");
}

static void
test_upstreams_many (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  GFlowNode *last = test_add_nothing (flow, "last");
  guint n = 1000;

  for (guint i = 0; i < n; i++)
    {
      GFlowNode *node = test_add_nothing (flow, NULL);

      g_flow_node_add_upstream (last, node);
      if (i % 2 == 0)
        g_flow_node_add_upstream (last, node);
    }
  g_assert_cmpuint (g_list_model_get_n_items (g_flow_node_get_upstreams (last)), ==, n);
  run = test_execute_well (flow);
  g_assert_cmpuint (g_flow_run_get_n_done (run), ==, n + 1);
}

static void
test_upstream_outlives (void)
{
  g_autoptr (GFlowNode) node = g_flow_node_new ("b", test_body_nothing, NULL, NULL);
  g_autoptr (GFlowNode) upstream = g_flow_node_new ("a", test_body_nothing, NULL, NULL);
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;

  /* Linked before they are in a flow, and added downstream first. */
  g_flow_node_add_upstream (node, upstream);
  test_assert_model (g_flow_node_get_upstreams (node), "a");
  g_assert_true (g_flow_add_node (flow, node, &error));
  g_assert_no_error (error);
  g_assert_false (g_flow_validate (flow, NULL));
  g_assert_true (g_flow_add_node (flow, upstream, &error));
  g_assert_no_error (error);
  test_assert_model (g_flow_node_get_upstreams (node), "a");
  test_assert_model (g_flow_node_get_downstreams (upstream), "b");
  run = test_execute_well (flow);
  test_assert_node (run, node, DONE);
}

static void
test_name_later (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  GFlowNode *b = test_add_nothing (flow, "b");
  GFlowNode *a;

  /* A name may be needed before a node has it. */
  g_flow_node_add_upstream_by_name (b, "a");
  a = test_add_nothing (flow, "a");
  test_assert_model (g_flow_node_get_upstreams (b), "a");
  test_assert_model (g_flow_node_get_downstreams (a), "b");
  g_object_unref (test_execute_well (flow));
}

static void
test_model_is_kept (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  GFlowNode *a = test_add_nothing (flow, "a");
  GFlowNode *b = test_add_nothing (flow, "b");
  g_autoptr (GListModel) model = g_object_ref (g_flow_node_get_upstreams (b));

  g_flow_node_add_upstream (b, a);
  g_assert_true (g_flow_node_get_upstreams (b) == model);
  test_assert_model (model, "a");

  /* It may outlive the flow. */
  g_clear_object (&flow);
  g_assert_cmpuint (g_list_model_get_n_items (model), <=, 1);
}

static void
test_locks (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowLock) disk = g_flow_lock_new ();
  g_autoptr (GFlowLock) network = g_flow_lock_new ();
  g_autoptr (GFlowLock) found = NULL;
  GFlowNode *a = test_add_nothing (flow, "a");

  g_flow_node_add_lock (a, disk);
  g_flow_node_add_lock (a, network);
  g_flow_node_add_lock (a, disk);
  g_assert_cmpuint (g_list_model_get_n_items (g_flow_node_get_locks (a)), ==, 2);
  found = g_list_model_get_item (g_flow_node_get_locks (a), 0);
  g_assert_true (found == disk);

  /* A lock named twice is taken once. */
  g_object_unref (test_execute_well (flow));
  g_assert_cmpuint (g_flow_lock_get_in_use (disk), ==, 0);
}

static void
test_destroy (void)
{
  int n_destroyed = 0;
  GFlowNode *node = g_flow_node_new ("a", test_body_nothing, &n_destroyed, destroy_count_cb);

  g_assert_finalize_object (node);
  TEST_WAIT (n_destroyed > 0);
  g_assert_cmpint (n_destroyed, ==, 1);

  node = g_flow_node_new_for_task ("a", body_task, &n_destroyed, destroy_count_cb);
  g_object_run_dispose (G_OBJECT (node));
  g_assert_finalize_object (node);
  TEST_WAIT (n_destroyed > 1);
  g_assert_cmpint (n_destroyed, ==, 2);
}

static void
test_destroy_with_flow (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowNode) kept = NULL;
  g_autoptr (GError) error = NULL;
  int n_destroyed = 0;

  kept = g_flow_node_new ("a", test_body_nothing, &n_destroyed, destroy_count_cb);
  g_assert_true (g_flow_add_node (flow, kept, &error));
  g_assert_no_error (error);
  g_clear_object (&flow);

  /* A node that somebody kept is in no flow now, and is no danger. */
  g_assert_null (g_flow_node_get_flow (kept));
  g_assert_cmpstr (g_flow_node_get_name (kept), ==, "a");
  g_assert_cmpint (n_destroyed, <=, 1);
  g_clear_object (&kept);
  TEST_WAIT (n_destroyed > 0);
  g_assert_cmpint (n_destroyed, ==, 1);
}

/* Each notes in its own place that it was called. */
#define DESTROY(n) static void destroy_##n (gpointer user_data) { ((int *) user_data)[n]++; }

DESTROY (0) DESTROY (1) DESTROY (2) DESTROY (3) DESTROY (4) DESTROY (5) DESTROY (6)
DESTROY (7) DESTROY (8) DESTROY (9) DESTROY (10) DESTROY (11) DESTROY (12) DESTROY (13)
DESTROY (14) DESTROY (15) DESTROY (16) DESTROY (17) DESTROY (18) DESTROY (19)

/* A node does not keep the function itself, unless there are many different ones. */
static void
test_destroy_many (void)
{
  static const GDestroyNotify funcs[] = {
    destroy_0, destroy_1, destroy_2, destroy_3, destroy_4, destroy_5, destroy_6,
    destroy_7, destroy_8, destroy_9, destroy_10, destroy_11, destroy_12, destroy_13,
    destroy_14, destroy_15, destroy_16, destroy_17, destroy_18, destroy_19,
  };
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlow) copy = NULL;
  int n_calls[G_N_ELEMENTS (funcs)] = { 0 };

  for (guint i = 0; i < 2 * G_N_ELEMENTS (funcs); i++)
    g_assert_nonnull (g_flow_add (flow, NULL, test_body_nothing, n_calls,
                                  funcs[i % G_N_ELEMENTS (funcs)], NULL));
  copy = g_flow_copy (flow);
  g_clear_object (&flow);
  for (guint i = 0; i < G_N_ELEMENTS (funcs); i++)
    g_assert_cmpint (n_calls[i], ==, 0);

  g_clear_object (&copy);
  for (guint i = 0; i < G_N_ELEMENTS (funcs); i++)
    {
      TEST_WAIT (n_calls[i] > 1);
      g_assert_cmpint (n_calls[i], ==, 2);
    }
}

static void
test_types (void)
{
  g_autoptr (GTypeClass) klass = g_type_class_ref (G_TYPE_FLOW_NODE);

  g_assert_nonnull (klass);
  g_assert_cmpstr (g_type_name (G_TYPE_FLOW_NODE), ==, "GFlowNode");
  g_assert_cmpuint (g_signal_lookup ("started", G_TYPE_FLOW_NODE), !=, 0);
  g_assert_cmpuint (g_signal_lookup ("done", G_TYPE_FLOW_NODE), !=, 0);
  g_assert_cmpuint (g_signal_lookup ("error", G_TYPE_FLOW_NODE), !=, 0);
  g_assert_cmpuint (g_signal_lookup ("always", G_TYPE_FLOW_NODE), !=, 0);
  g_assert_cmpstr (g_quark_to_string (G_FLOW_ERROR), ==, "g-flow-error-quark");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/node/defaults", test_defaults);
  g_test_add_func ("/node/properties", test_properties);
  g_test_add_func ("/node/notify-title", test_notify_title);
  g_test_add_func ("/node/notify-flow", test_notify_flow);
  g_test_add_func ("/node/upstreams", test_upstreams);
  g_test_add_func ("/node/upstreams-many", test_upstreams_many);
  g_test_add_func ("/node/upstream-outlives", test_upstream_outlives);
  g_test_add_func ("/node/name-later", test_name_later);
  g_test_add_func ("/node/model-is-kept", test_model_is_kept);
  g_test_add_func ("/node/locks", test_locks);
  g_test_add_func ("/node/destroy", test_destroy);
  g_test_add_func ("/node/destroy-with-flow", test_destroy_with_flow);
  g_test_add_func ("/node/destroy-many", test_destroy_many);
  g_test_add_func ("/node/types", test_types);

  return g_test_run ();
}
