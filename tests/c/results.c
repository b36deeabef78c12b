/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Results of nodes: of all kinds, read by those behind, dropped when nobody can read them. */

#include "test-bench.h"

static gboolean
body_int (GFlowNode  *node,
          GFlowRun   *run,
          gpointer    user_data,
          GError    **error)
{
  g_auto (GValue) value = G_VALUE_INIT;

  g_assert_null (g_flow_run_get_result (run, node));
  g_value_init (&value, G_TYPE_INT);
  g_value_set_int (&value, GPOINTER_TO_INT (user_data));
  g_flow_run_set_result (run, node, &value);
  g_value_set_int (&value, -1);

  /* A copy was taken, and may be read at once. */
  g_assert_cmpint (g_value_get_int (g_flow_run_get_result (run, node)), ==,
                   GPOINTER_TO_INT (user_data));

  return TRUE;
}

static gboolean
body_string (GFlowNode  *node,
             GFlowRun   *run,
             gpointer    user_data,
             GError    **error)
{
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_STRING);
  g_value_set_string (&value, "some text");
  g_flow_run_set_result (run, node, &value);

  return TRUE;
}

static gboolean
body_boxed (GFlowNode  *node,
            GFlowRun   *run,
            gpointer    user_data,
            GError    **error)
{
  const char * const words[] = { "one", "two", NULL };
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_STRV);
  g_value_set_boxed (&value, words);
  g_flow_run_set_result (run, node, &value);

  return TRUE;
}

static gboolean
body_variant (GFlowNode  *node,
              GFlowRun   *run,
              gpointer    user_data,
              GError    **error)
{
  g_flow_run_set_result_variant (run, node, g_variant_new ("(si)", "answer", 42));

  return TRUE;
}

static void
set_object (GFlowRun  *run,
            GFlowNode *node,
            TestLife  *life)
{
  g_auto (GValue) value = G_VALUE_INIT;
  g_autoptr (GObject) object = g_object_new (G_TYPE_OBJECT, NULL);

  test_life_watch (life, object);
  g_value_init (&value, G_TYPE_OBJECT);
  g_value_set_object (&value, object);
  g_flow_run_set_result (run, node, &value);
}

static gboolean
body_object (GFlowNode  *node,
             GFlowRun   *run,
             gpointer    user_data,
             GError    **error)
{
  set_object (run, node, user_data);

  return TRUE;
}

static void
task_object (GFlowNode  *node,
             GFlowRun   *run,
             GTask      *task,
             gpointer    user_data,
             GError    **error)
{
  set_object (run, node, user_data);
  g_task_return_boolean (task, TRUE);
}

static GFlowNode *
add (GFlow      *flow,
     const char *name,
     GFlowFunc   func,
     gpointer    user_data)
{
  GFlowNode *node = g_flow_add (flow, name, func, user_data, NULL, NULL);

  g_assert_nonnull (node);

  return node;
}

static void
test_kinds (gconstpointer data)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GVariant) variant = NULL;
  g_autoptr (GObject) object = NULL;
  g_autofree char *printed = NULL;
  TestLife life;
  const GValue *value;
  GFlowNode *node_int;
  GFlowNode *node_string;
  GFlowNode *node_boxed;
  GFlowNode *node_variant;
  GFlowNode *node_object;
  GFlowNode *node_none;

  test_life_init (&life);
  node_int = add (flow, "int", body_int, GINT_TO_POINTER (7));
  node_string = add (flow, "string", body_string, NULL);
  node_boxed = add (flow, "boxed", body_boxed, NULL);
  node_variant = add (flow, "variant", body_variant, NULL);
  node_object = add (flow, "object", body_object, &life);
  node_none = add (flow, "none", test_body_nothing, NULL);
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (flow)); i++)
    {
      g_autoptr (GFlowNode) node = g_list_model_get_item (G_LIST_MODEL (flow), i);

      g_flow_node_set_placement (node, GPOINTER_TO_INT (data));
    }

  run = test_execute_well (flow);

  value = g_flow_run_get_result (run, node_int);
  g_assert_true (G_VALUE_HOLDS_INT (value));
  g_assert_cmpint (g_value_get_int (value), ==, 7);
  value = g_flow_run_get_result (run, node_string);
  g_assert_true (G_VALUE_HOLDS_STRING (value));
  g_assert_cmpstr (g_value_get_string (value), ==, "some text");
  value = g_flow_run_get_result (run, node_boxed);
  g_assert_true (G_VALUE_HOLDS (value, G_TYPE_STRV));
  g_assert_cmpuint (g_strv_length (g_value_get_boxed (value)), ==, 2);
  value = g_flow_run_get_result (run, node_variant);
  g_assert_true (G_VALUE_HOLDS_VARIANT (value));
  g_assert_null (g_flow_run_get_result (run, node_none));

  variant = g_flow_run_dup_result_variant (run, node_variant);
  g_assert_false (g_variant_is_floating (variant));
  printed = g_variant_print (variant, FALSE);
  g_assert_cmpstr (printed, ==, "('answer', 42)");
  object = g_flow_run_dup_result_object (run, node_object);
  g_assert_true (G_IS_OBJECT (object));
  g_assert_true (object == g_value_get_object (g_flow_run_get_result (run, node_object)));

  /* Of another kind, or none. */
  g_assert_null (g_flow_run_dup_result_object (run, node_int));
  g_assert_null (g_flow_run_dup_result_object (run, node_none));
  g_assert_null (g_flow_run_dup_result_object (run, node_variant));
  g_assert_null (g_flow_run_dup_result_variant (run, node_object));
  g_assert_null (g_flow_run_dup_result_variant (run, node_none));

  g_clear_object (&object);
  g_clear_object (&run);
  test_life_assert_over (&life);
}

static gboolean
body_add_up (GFlowNode  *node,
             GFlowRun   *run,
             gpointer    user_data,
             GError    **error)
{
  GListModel *upstreams = user_data;
  g_auto (GValue) value = G_VALUE_INIT;
  int sum = 1;

  for (guint i = 0; i < g_list_model_get_n_items (upstreams); i++)
    {
      g_autoptr (GFlowNode) upstream = g_list_model_get_item (upstreams, i);
      const GValue *result = g_flow_run_get_result (run, upstream);

      g_assert_nonnull (result);
      sum += g_value_get_int (result);
    }
  g_value_init (&value, G_TYPE_INT);
  g_value_set_int (&value, sum);
  g_flow_run_set_result (run, node, &value);

  return TRUE;
}

static void
test_upstream_results (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  GListStore *stores[12];
  GFlowNode *nodes[G_N_ELEMENTS (stores)];

  /* Each adds up what the two before it have, and one. */
  for (guint i = 0; i < G_N_ELEMENTS (stores); i++)
    {
      stores[i] = g_list_store_new (G_TYPE_FLOW_NODE);
      nodes[i] = g_flow_add (flow, NULL, body_add_up, stores[i], g_object_unref, NULL);
      g_flow_node_set_placement (nodes[i], i % 3 == 0 ? G_FLOW_PLACEMENT_CONTEXT
                                                      : G_FLOW_PLACEMENT_WORKER);
      for (guint j = i >= 2 ? i - 2 : 0; j < i; j++)
        {
          g_flow_node_add_upstream (nodes[i], nodes[j]);
          g_list_store_append (stores[i], nodes[j]);
        }
    }
  run = test_execute_well (flow);
  g_assert_cmpint (g_value_get_int (g_flow_run_get_result (run, nodes[11])), ==, 376);

  /* Only that of the leaf was kept. */
  for (guint i = 0; i < 11; i++)
    g_assert_null (g_flow_run_get_result (run, nodes[i]));

  for (guint i = 0; i < G_N_ELEMENTS (stores); i++)
    g_list_store_remove_all (stores[i]);
}

static void
test_keep (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  GFlowNode *a = add (flow, "a", body_int, GINT_TO_POINTER (1));
  GFlowNode *b = add (flow, "b", body_int, GINT_TO_POINTER (2));

  g_flow_node_add_upstream (b, a);
  run = g_flow_run_new (flow);
  g_flow_run_set_keep_results (run, TRUE);
  g_assert_true (test_run_execute (run, NULL, NULL));
  g_assert_cmpint (g_value_get_int (g_flow_run_get_result (run, a)), ==, 1);
  g_assert_cmpint (g_value_get_int (g_flow_run_get_result (run, b)), ==, 2);
}

typedef struct
{
  GFlowNode *source;
  gboolean   expected; /* whether the result is there when the body runs */
} Watch;

/* In the context, behind what dropped the result: its drop comes from there as well. */
static gboolean
body_check_alive (GFlowNode  *node,
                  GFlowRun   *run,
                  gpointer    user_data,
                  GError    **error)
{
  Watch *watch = user_data;

  if (watch->expected)
    g_assert_nonnull (g_flow_run_get_result (run, watch->source));
  else
    g_assert_null (g_flow_run_get_result (run, watch->source));

  return TRUE;
}

static void
test_dropped (gconstpointer data)
{
  GFlowPlacement placement = GPOINTER_TO_INT (data);
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  TestLife life;
  Watch with;
  Watch without;
  GFlowNode *source;
  GFlowNode *first;
  GFlowNode *second;
  GFlowNode *later;

  /* source → first, second → later: alive for both readers, dropped behind them. */
  test_life_init (&life);
  source = add (flow, "source", body_object, &life);
  with = (Watch) { .source = source, .expected = TRUE };
  without = (Watch) { .source = source, .expected = FALSE };
  first = add (flow, "first", body_check_alive, &with);
  second = add (flow, "second", body_check_alive, &with);
  later = add (flow, "later", body_check_alive, &without);
  g_flow_node_set_placement (source, placement);
  g_flow_node_set_placement (first, placement);
  g_flow_node_set_placement (second, placement);
  g_flow_node_set_placement (later, placement);
  g_flow_node_add_upstream (first, source);
  g_flow_node_add_upstream (second, source);
  g_flow_node_after (later, first, second, NULL);

  run = test_execute_well (flow);
  g_assert_null (g_flow_run_get_result (run, source));
  test_life_assert_over (&life);
}

static void
test_dropped_skipped (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  TestBench bench;
  TestLife life;
  TestJob *job;
  GFlowNode *source;
  GFlowNode *reader;
  GFlowNode *failing;

  /* The reader is skipped, which ends it as well. */
  test_bench_init (&bench);
  test_life_init (&life);
  source = add (flow, "source", body_object, &life);
  failing = test_add_sync (&bench, flow, "failing", &job);
  reader = test_add_sync (&bench, flow, "reader", NULL);
  test_job_fail (job, "It broke");
  g_flow_node_after (reader, source, failing, NULL);
  run = g_flow_run_new (flow);
  g_assert_false (test_run_execute (run, NULL, NULL));
  test_assert_node (run, reader, SKIPPED);
  test_assert_node (run, source, DONE);
  g_assert_null (g_flow_run_get_result (run, source));
  test_life_assert_over (&life);

  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_freed_with_run (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  TestLife life;

  test_life_init (&life);
  for (guint i = 0; i < 10; i++)
    {
      add (flow, NULL, body_object, &life);
      g_assert_nonnull (g_flow_add_task (flow, NULL, task_object, &life, NULL, NULL));
    }
  for (guint i = 0; i < 10; i++)
    {
      g_autoptr (GFlowRun) run = test_execute_well (flow);

      g_assert_cmpint (life.alive, ==, 20);
      g_clear_object (&run);
      test_life_assert_over (&life);
    }
}

static void
test_runs_apart (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) first = NULL;
  g_autoptr (GFlowRun) second = NULL;
  g_autoptr (GObject) first_object = NULL;
  g_autoptr (GObject) second_object = NULL;
  TestLife life;
  GFlowNode *node;

  test_life_init (&life);
  node = add (flow, "a", body_object, &life);
  first = test_execute_well (flow);
  second = test_execute_well (flow);
  first_object = g_flow_run_dup_result_object (first, node);
  second_object = g_flow_run_dup_result_object (second, node);
  g_assert_true (first_object != second_object);
  g_clear_object (&first);
  g_clear_object (&second);
  g_assert_cmpint (life.alive, ==, 2);
  g_clear_object (&first_object);
  g_clear_object (&second_object);
  test_life_assert_over (&life);
}

static gpointer
thread_result (gpointer user_data)
{
  GTask *task = user_data;
  GFlowNode *node = g_object_get_data (G_OBJECT (task), "node");
  GFlowRun *run = g_object_get_data (G_OBJECT (task), "run");

  g_flow_run_set_result_variant (run, node, g_variant_new_string ("from a thread"));
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);

  return NULL;
}

static void
task_thread (GFlowNode  *node,
             GFlowRun   *run,
             GTask      *task,
             gpointer    user_data,
             GError    **error)
{
  g_object_set_data (G_OBJECT (task), "node", node);
  g_object_set_data (G_OBJECT (task), "run", run);
  g_thread_unref (g_thread_new ("result", thread_result, g_object_ref (task)));
}

static void
test_from_thread (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  GFlowNode *node = g_flow_add_task (flow, "a", task_thread, NULL, NULL, NULL);

  for (guint i = 0; i < 100; i++)
    {
      g_autoptr (GFlowRun) run = test_execute_well (flow);
      g_autoptr (GVariant) variant = g_flow_run_dup_result_variant (run, node);

      g_assert_cmpstr (g_variant_get_string (variant, NULL), ==, "from a thread");
    }
}

static gboolean
body_twice (GFlowNode  *node,
            GFlowRun   *run,
            gpointer    user_data,
            GError    **error)
{
  g_flow_run_set_result_variant (run, node, g_variant_new_int32 (1));
  g_test_expect_message ("GFlow", G_LOG_LEVEL_CRITICAL, "*");
  g_flow_run_set_result_variant (run, node, g_variant_new_int32 (2));
  g_test_assert_expected_messages ();

  return TRUE;
}

static void
test_written_once (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GVariant) variant = NULL;
  GFlowNode *node = add (flow, "twice", body_twice, NULL);

  g_flow_node_set_placement (node, G_FLOW_PLACEMENT_CONTEXT);
  run = test_execute_well (flow);
  variant = g_flow_run_dup_result_variant (run, node);
  g_assert_cmpint (g_variant_get_int32 (variant), ==, 1);
}

static void
test_failed_node (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  TestBench bench;
  TestJob *job;
  GFlowNode *fails;
  GFlowNode *skipped;

  test_bench_init (&bench);
  fails = test_add_sync (&bench, flow, "fails", &job);
  skipped = test_add_sync (&bench, flow, "skipped", NULL);
  test_job_of (skipped)->result = 3;
  test_job_fail (job, "It broke");
  g_flow_node_add_upstream (skipped, fails);
  run = g_flow_run_new (flow);
  g_assert_false (test_run_execute (run, NULL, NULL));
  g_assert_null (g_flow_run_get_result (run, fails));
  g_assert_null (g_flow_run_get_result (run, skipped));
  g_assert_null (g_flow_run_dup_result_variant (run, skipped));
  g_assert_null (g_flow_run_dup_result_object (run, skipped));

  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_first_results (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  TestLife life;

  /* Several workers set the first results of a run at the same time. */
  test_life_init (&life);
  g_flow_set_max_threads (flow, 4);
  for (guint i = 0; i < 4; i++)
    {
      GFlowNode *giver = add (flow, NULL, body_object, &life);

      g_flow_node_add_upstream (add (flow, NULL, test_body_nothing, NULL), giver);
    }
  for (guint i = 0; i < (test_is_slow () ? 300 : 5000); i++)
    {
      g_autoptr (GFlowRun) run = test_execute_well (flow);

      /* All were read by nodes that have ended. */
      g_assert_cmpint (life.alive, ==, 0);
    }
}

static void
test_many (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  TestLife life;
  GFlowNode *previous[4] = { NULL };

  /* Workers hand what they drop to the thread that owns the run. */
  test_life_init (&life);
  g_flow_set_max_threads (flow, 4);
  for (guint i = 0; i < 4000; i++)
    {
      GFlowNode *node = add (flow, NULL, body_object, &life);

      if (previous[i % 4] != NULL)
        g_flow_node_add_upstream (node, previous[i % 4]);
      if (i % 7 == 0 && previous[(i + 1) % 4] != NULL)
        g_flow_node_add_upstream (node, previous[(i + 1) % 4]);
      previous[i % 4] = node;
    }
  g_object_unref (test_execute_well (flow));
  test_life_assert_over (&life);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/results/kinds/worker", GINT_TO_POINTER (G_FLOW_PLACEMENT_WORKER),
                        test_kinds);
  g_test_add_data_func ("/results/kinds/context", GINT_TO_POINTER (G_FLOW_PLACEMENT_CONTEXT),
                        test_kinds);
  g_test_add_func ("/results/upstream-results", test_upstream_results);
  g_test_add_func ("/results/keep", test_keep);
  g_test_add_data_func ("/results/dropped/worker", GINT_TO_POINTER (G_FLOW_PLACEMENT_WORKER),
                        test_dropped);
  g_test_add_data_func ("/results/dropped/context", GINT_TO_POINTER (G_FLOW_PLACEMENT_CONTEXT),
                        test_dropped);
  g_test_add_func ("/results/dropped-skipped", test_dropped_skipped);
  g_test_add_func ("/results/freed-with-run", test_freed_with_run);
  g_test_add_func ("/results/runs-apart", test_runs_apart);
  g_test_add_func ("/results/from-thread", test_from_thread);
  g_test_add_func ("/results/written-once", test_written_once);
  g_test_add_func ("/results/failed-node", test_failed_node);
  g_test_add_func ("/results/first-results", test_first_results);
  g_test_add_func ("/results/many", test_many);

  return g_test_run ();
}
