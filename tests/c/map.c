/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Maps: a node for each item of a list. */

#include "test-bench.h"

#include <string.h>

/* Bodies for items: of a variant or a string its length, of an object the object. */

static gboolean
body_measure (GFlowNode  *node,
              GFlowRun   *run,
              gpointer    user_data,
              GError    **error)
{
  const GValue *item = g_flow_run_get_map_item (run, node);
  g_auto (GValue) result = G_VALUE_INIT;

  g_assert_nonnull (item);
  if (G_VALUE_HOLDS_OBJECT (item))
    {
      g_flow_run_set_result (run, node, item);
      return TRUE;
    }
  g_value_init (&result, G_TYPE_INT);
  g_value_set_int (&result, strlen (G_VALUE_HOLDS_STRING (item)
                                      ? g_value_get_string (item)
                                      : g_variant_get_string (g_value_get_variant (item), NULL)));
  g_flow_run_set_result (run, node, &result);
  return TRUE;
}

static void
task_measure (GFlowNode  *node,
              GFlowRun   *run,
              GTask      *task,
              gpointer    user_data,
              GError    **error)
{
  body_measure (node, run, user_data, NULL);
  g_task_return_boolean (task, TRUE);
}

typedef enum
{
  ON_WORKER,
  IN_CONTEXT,
  AS_TASK,
  N_KINDS,
} Kind;

static GFlowNode *
new_each (Kind kind)
{
  GFlowNode *each = kind == AS_TASK ? g_flow_node_new_for_task (NULL, task_measure, NULL, NULL)
                                    : g_flow_node_new (NULL, body_measure, NULL, NULL);

  if (kind == IN_CONTEXT)
    g_flow_node_set_placement (each, G_FLOW_PLACEMENT_CONTEXT);
  return each;
}

static GFlowNode *
add_map (GFlow     *flow,
         GFlowNode *each,
         guint      max_parallel)
{
  g_autoptr (GError) error = NULL;
  GFlowNode *map = g_flow_add_map (flow, "map", each, max_parallel, &error);

  g_assert_no_error (error);
  g_assert_true (G_IS_FLOW_NODE (map));
  g_assert_cmpint (g_flow_node_get_placement (map), ==, G_FLOW_PLACEMENT_CONTEXT);
  return map;
}

static void
assert_result (GFlowRun   *run,
               GFlowNode  *map,
               const char *expected)
{
  g_autoptr (GVariant) result = g_flow_run_dup_result_variant (run, map);
  g_autofree char *text = NULL;

  g_assert_nonnull (result);
  text = g_variant_print (result, FALSE);
  g_assert_cmpstr (text, ==, expected);
}

/* Where items come from */

static void
test_variant (gconstpointer data)
{
  const Kind kind = GPOINTER_TO_INT (data);
  const struct
  {
    const char *items;
    const char *expected;
  } cases[] = {
    { "@as []", "[]" },
    { "['abc']", "[<3>]" },
    { "['a', '', 'abc', 'ab']", "[<1>, <0>, <3>, <2>]" },
    { "[<'abc'>, <'a'>]", "[<3>, <1>]" },
  };

  g_test_summary ("The elements of an array, in order; of one a list of one, of none an empty "
                  "list");
  for (guint limit = 0; limit <= 2; limit++)
    for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
      {
        g_autoptr (GFlow) flow = g_flow_new ();
        g_autoptr (GFlowNode) each = new_each (kind);
        g_autoptr (GFlowRun) run = NULL, sync_run = NULL;
        g_autoptr (GListModel) list = NULL;
        GFlowNode *map = add_map (flow, each, limit);

        g_flow_node_set_items_variant (map, g_variant_new_parsed (cases[i].items));
        run = test_execute_well (flow);
        assert_result (run, map, cases[i].expected);
        list = g_flow_run_dup_result_list (run, map);
        g_assert_cmpuint (g_list_model_get_n_items (list), ==, 0);
        sync_run = g_flow_execute_sync (flow, NULL, NULL);
        assert_result (sync_run, map, cases[i].expected);
        g_assert_cmpuint (g_flow_run_get_n_done (run), ==, 1);
      }
}

static void
test_model (void)
{
  g_autoptr (GFlow) flow = g_flow_new (), copy = NULL;
  g_autoptr (GFlowNode) each = new_each (ON_WORKER);
  g_autoptr (GListStore) store = g_list_store_new (G_TYPE_OBJECT);
  GFlowNode *map = add_map (flow, each, 0);

  g_test_summary ("The objects of a list model, as it is when the node starts");
  g_flow_node_set_items (map, G_LIST_MODEL (store));
  for (guint n = 0; n < 4; n++)
    {
      g_autoptr (GFlowRun) run = test_execute_well (flow);
      g_autoptr (GListModel) results = g_flow_run_dup_result_list (run, map);
      g_autoptr (GObject) object = g_object_new (G_TYPE_OBJECT, NULL);

      g_assert_cmpuint (g_list_model_get_n_items (results), ==, n);
      for (guint i = 0; i < n; i++)
        {
          g_autoptr (GObject) item = g_list_model_get_item (G_LIST_MODEL (store), i);
          g_autoptr (GObject) result = g_list_model_get_item (results, i);

          g_assert_true (item == result);
        }
      if (n > 0)
        g_assert_null (g_flow_run_dup_result_variant (run, map));
      g_list_store_append (store, object);
    }

  copy = g_flow_copy (flow);
  g_assert_finalize_object (g_steal_pointer (&flow));
  {
    g_autoptr (GFlowRun) run = test_execute_well (copy);
    g_autoptr (GListModel) results =
      g_flow_run_dup_result_list (run, g_flow_lookup (copy, "map"));

    g_assert_cmpuint (g_list_model_get_n_items (results), ==, 4);
  }
}

static gboolean
body_list (GFlowNode  *node,
           GFlowRun   *run,
           gpointer    user_data,
           GError    **error)
{
  const char * const strings[] = { "a", "abc", NULL };
  g_auto (GValue) value = G_VALUE_INIT;

  switch (GPOINTER_TO_INT (user_data))
    {
    case 0:
      g_flow_run_set_result_variant (run, node, g_variant_new_strv (strings, -1));
      break;
    case 1:
      g_value_init (&value, G_TYPE_STRV);
      g_value_set_boxed (&value, strings);
      g_flow_run_set_result (run, node, &value);
      break;
    case 2:
      g_flow_run_set_result_variant (run, node, g_variant_new_string ("no list"));
      break;
    default:
      break;
    }
  return TRUE;
}

static void
test_upstream (void)
{
  const char * const expected[] = { "[<1>, <3>]", "[<1>, <3>]" };

  g_test_summary ("The result of an upstream, if it is a list; and maps behind maps");
  for (int kind = 0; kind < 4; kind++)
    {
      g_autoptr (GFlow) flow = g_flow_new ();
      g_autoptr (GFlowNode) each = new_each (ON_WORKER), each_of_them = new_each (IN_CONTEXT);
      g_autoptr (GFlowRun) run = NULL;
      g_autoptr (GError) error = NULL;
      GFlowNode *list = g_flow_add (flow, "list", body_list, GINT_TO_POINTER (kind), NULL, NULL);
      GFlowNode *map = add_map (flow, each, 0);

      g_flow_node_add_upstream (map, list);
      if (kind < 2)
        {
          run = test_execute_well (flow);
          assert_result (run, map, expected[kind]);
        }
      else
        {
          run = test_execute (flow, NULL, &error);
          g_assert_null (run);
          g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT);
          test_assert_contains (error->message, "“list”");
        }
    }
}

static gboolean
body_double (GFlowNode  *node,
             GFlowRun   *run,
             gpointer    user_data,
             GError    **error)
{
  g_auto (GValue) result = G_VALUE_INIT;

  g_value_init (&result, G_TYPE_INT);
  g_value_set_int (&result, 2 * g_value_get_int (g_flow_run_get_map_item (run, node)));
  g_flow_run_set_result (run, node, &result);
  return TRUE;
}

static void
test_chain (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowNode) each = new_each (ON_WORKER);
  g_autoptr (GFlowNode) twice = g_flow_node_new (NULL, body_double, NULL, NULL);
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  GFlowNode *first = add_map (flow, each, 0);
  GFlowNode *second = g_flow_add_map (flow, "second", twice, 0, &error);

  g_assert_no_error (error);
  g_flow_node_set_items_variant (first, g_variant_new_parsed ("['a', 'abc']"));
  g_flow_node_add_upstream (second, first);
  run = test_execute_well (flow);
  assert_result (run, second, "[<2>, <6>]");
}

static void
test_nothing (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowNode) each = new_each (ON_WORKER);
  g_autoptr (GError) error = NULL;

  g_test_summary ("A map of nothing is an error of the run, and names the map");
  add_map (flow, each, 0);
  g_assert_null (test_execute (flow, NULL, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT);
  test_assert_contains (error->message, "“map”");
}

typedef struct
{
  GMainContext *context;
  int           n_called;
  int           n_destroyed;
  GError       *error; /* (nullable) */
} Source;

static GListModel *
make_items (GFlowNode  *node,
            GFlowRun   *run,
            gpointer    user_data,
            GError    **error)
{
  Source *source = user_data;
  GListStore *store;

  test_assert_context (source->context);
  source->n_called++;
  if (source->error != NULL)
    {
      g_propagate_error (error, g_error_copy (source->error));
      return NULL;
    }
  store = g_list_store_new (G_TYPE_FLOW_NODE);
  g_list_store_append (store, node);
  return G_LIST_MODEL (store);
}

static void
source_destroyed (gpointer user_data)
{
  Source *source = user_data;

  g_assert_true (test_context () == source->context);
  source->n_destroyed++;
}

/* The next time another list is wanted. */
static GListModel *
make_items_and_change (GFlowNode  *node,
                       GFlowRun   *run,
                       gpointer    user_data,
                       GError    **error)
{
  Source *source = user_data;

  g_flow_node_set_items_variant (node, g_variant_new_parsed ("['a', 'bc']"));
  g_assert_cmpint (source->n_destroyed, ==, 0);
  return make_items (node, run, source, error);
}

static void
test_changing_source (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowNode) each = new_each (IN_CONTEXT);
  Source source = { .context = test_context () };
  GFlowNode *map = add_map (flow, each, 0);

  g_test_summary ("A function that makes the list may set another one: its data stays until it returns");
  g_flow_node_set_items_func (map, make_items_and_change, &source, source_destroyed);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GFlowRun) run = test_execute_well (flow);
      g_autoptr (GVariant) results = g_flow_run_dup_result_variant (run, map);
      g_autoptr (GListModel) list = g_flow_run_dup_result_list (run, map);

      if (i == 0)
        g_assert_cmpuint (g_list_model_get_n_items (list), ==, 1);
      else
        g_assert_cmpuint (g_variant_n_children (results), ==, 2);
    }
  g_assert_cmpint (source.n_called, ==, 1);
  g_assert_cmpint (source.n_destroyed, ==, 1);
}

static void
test_source (void)
{
  g_autoptr (GFlow) flow = g_flow_new (), copy = NULL;
  g_autoptr (GFlowNode) each = new_each (ON_WORKER);
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GListModel) list = NULL;
  Source source = { .context = test_context () };
  GFlowNode *map = add_map (flow, each, 0);

  g_test_summary ("A list that a function makes when the node starts; its data goes with the last "
                  "copy of the node");
  g_flow_node_set_items_func (map, make_items, &source, source_destroyed);
  run = test_execute_well (flow);
  list = g_flow_run_dup_result_list (run, map);
  g_assert_cmpuint (g_list_model_get_n_items (list), ==, 1);
  g_clear_object (&list);

  source.error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "No folder");
  g_assert_null (test_execute (flow, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_cmpstr (error->message, ==, "No folder");
  g_assert_cmpint (source.n_called, ==, 2);
  g_error_free (source.error);

  copy = g_flow_copy (flow);
  g_clear_object (&run);
  g_clear_object (&flow);
  g_assert_cmpint (source.n_destroyed, ==, 0);
  g_flow_node_set_items_variant (g_flow_lookup (copy, "map"), g_variant_new_parsed ("['a']"));
  g_assert_cmpint (source.n_destroyed, ==, 1);
}

/* How items run */

typedef struct
{
  TestBench bench;
  TestJob  *job;
  GError   *error; /* (nullable): what the items that begin with b fail with */
  int       n_failed; /* atomic */
} Items;

static gboolean
body_item (GFlowNode  *node,
           GFlowRun   *run,
           gpointer    user_data,
           GError    **error)
{
  Items *items = user_data;
  const char *item = g_variant_get_string (g_value_get_variant (g_flow_run_get_map_item (run, node)),
                                           NULL);

  if (*item == 'b')
    {
      g_atomic_int_inc (&items->n_failed);
      g_propagate_error (error, g_error_copy (items->error));
      return FALSE;
    }
  return test_job_sync (node, run, items->job, error);
}

static void
items_init (Items *items)
{
  memset (items, 0, sizeof *items);
  test_bench_init (&items->bench);
  items->job = test_bench_job (&items->bench);
  items->error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_BUSY, "It broke");
}

static void
items_clear (Items *items)
{
  g_error_free (items->error);
  /* The bench waits for the data of its jobs to be destroyed. */
  test_job_destroy (items->job);
  test_bench_clear (&items->bench);
}

static void
test_limit (void)
{
  g_test_summary ("No more items run at once than the map allows, over all runs of it");
  for (guint limit = 1; limit <= 3; limit++)
    {
      g_autoptr (GFlow) flow = g_flow_new ();
      g_autoptr (GFlowNode) each = NULL;
      GFlowNode *map;
      TestResult results[3];
      Items items;

      items_init (&items);
      items.job->msec = 1;
      each = g_flow_node_new (NULL, body_item, &items, NULL);
      map = add_map (flow, each, limit);
      g_flow_set_max_threads (flow, 8);
      g_flow_node_set_items_variant (map, g_variant_new_parsed ("['a', 'a', 'a', 'a', 'a', 'a']"));
      for (guint i = 0; i < G_N_ELEMENTS (results); i++)
        {
          test_result_init (&results[i]);
          g_flow_execute (flow, NULL, test_result_cb, &results[i]);
        }
      for (guint i = 0; i < G_N_ELEMENTS (results); i++)
        {
          TEST_WAIT (results[i].calls > 0);
          g_object_unref (g_flow_execute_finish (flow, results[i].result, NULL));
          test_result_clear (&results[i]);
        }
      g_assert_cmpint (items.bench.gauge.total, ==, 18);
      g_assert_cmpint (items.bench.gauge.most, <=, (int) limit);
      g_clear_object (&flow);
      items_clear (&items);
    }
}

static void
test_threads (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowNode) each = NULL;
  GFlowNode *map;
  Items items;

  g_test_summary ("The items have as many threads as the flow");
  items_init (&items);
  items.job->msec = 1;
  each = g_flow_node_new (NULL, body_item, &items, NULL);
  map = add_map (flow, each, 0);
  g_flow_set_max_threads (flow, 1);
  g_flow_node_set_items_variant (map, g_variant_new_parsed ("['a', 'a', 'a', 'a']"));
  g_object_unref (test_execute_well (flow));
  g_assert_cmpint (items.bench.gauge.most, ==, 1);
  g_clear_object (&flow);
  items_clear (&items);
}

static void
test_failure (void)
{
  const struct
  {
    GFlowOnError on_error;
    int          n_run;
    const char  *result;
  } cases[] = {
    { G_FLOW_ON_ERROR_SKIP_DEPENDANTS, 2, "[<7>, <@mv nothing>, <7>]" },
    { G_FLOW_ON_ERROR_FINISH_RUNNING, 1, "[<7>, <@mv nothing>, <@mv nothing>]" },
  };

  g_test_summary ("The error of the map names the item; what is done of the others, the policy of "
                  "the run says");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GFlow) flow = g_flow_new ();
      g_autoptr (GFlowRun) run = NULL;
      g_autoptr (GFlowNode) each = NULL;
      g_autoptr (GError) error = NULL;
      GFlowNode *map, *after;
      Items items;

      items_init (&items);
      items.job->result = 7;
      each = g_flow_node_new (NULL, body_item, &items, NULL);
      g_flow_set_max_threads (flow, 1);
      map = add_map (flow, each, 0);
      after = g_flow_add (flow, "after", test_body_nothing, NULL, NULL, NULL);
      g_flow_node_add_upstream (after, map);
      g_flow_node_set_items_variant (map, g_variant_new_parsed ("['a.png', 'b.png', 'c.png']"));
      run = g_flow_run_new (flow);
      g_flow_run_set_on_error (run, cases[i].on_error);
      g_flow_run_set_keep_results (run, TRUE);
      g_assert_false (test_run_execute (run, NULL, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
      g_assert_cmpstr (error->message, ==, "map[1] (b.png): It broke");
      test_assert_node (run, map, FAILED);
      test_assert_node (run, after, SKIPPED);
      g_assert_cmpint (items.bench.gauge.total, ==, cases[i].n_run);
      assert_result (run, map, cases[i].result);
      g_clear_object (&run);
      g_clear_object (&flow);
      items_clear (&items);
    }
}

static void
test_policies (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GFlowNode) each = NULL;
  g_autoptr (GError) error = NULL;
  GFlowNode *map;
  Items items;

  g_test_summary ("Retries are for each item by itself, and timeouts, and locks");
  items_init (&items);
  each = g_flow_node_new (NULL, body_item, &items, NULL);
  g_flow_node_set_max_retries (each, 2);
  map = add_map (flow, each, 0);
  g_flow_node_set_items_variant (map, g_variant_new_parsed ("['a', 'b', 'a', 'a']"));
  run = g_flow_run_new (flow);
  g_assert_false (test_run_execute (run, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
  g_assert_cmpint (items.n_failed, ==, 3);
  g_assert_cmpint (items.bench.gauge.total, ==, 3);
  g_clear_object (&run);
  g_clear_object (&flow);
  items_clear (&items);
}

static void
test_cancel (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GFlowNode) each = NULL;
  GFlowNode *map;
  TestResult result;
  Items items;

  g_test_summary ("To cancel the map cancels the items that run, and no other starts");
  items_init (&items);
  test_result_init (&result);
  items.job->forever = TRUE;
  each = g_flow_node_new (NULL, body_item, &items, NULL);
  map = add_map (flow, each, 1);
  g_flow_node_set_items_variant (map, g_variant_new_parsed ("['a', 'a', 'a']"));
  run = g_flow_run_new (flow);
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  TEST_WAIT (g_atomic_int_get (&items.bench.gauge.now) == 1);
  g_flow_run_cancel_node (run, map);
  TEST_WAIT (result.calls > 0);
  test_assert_node (run, map, CANCELLED);
  g_assert_cmpint (items.bench.gauge.total, ==, 1);
  test_result_clear (&result);
  g_clear_object (&run);
  g_clear_object (&flow);
  items_clear (&items);
}

/* Lifetime */

static gpointer
run_elsewhere (gpointer data)
{
  g_autoptr (GFlowRun) run = test_execute_well (data);

  return NULL;
}

static void
count_destroyed (gpointer user_data)
{
  g_atomic_int_inc ((int *) user_data);
}

static gboolean
body_count (GFlowNode  *node,
            GFlowRun   *run,
            gpointer    user_data,
            GError    **error)
{
  g_assert_cmpint (g_atomic_int_get ((int *) user_data), ==, 0);

  return body_measure (node, run, user_data, error);
}

static void
test_lifetime (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GListStore) store = g_list_store_new (G_TYPE_OBJECT);
  g_autoptr (GFlowRun) run = NULL;
  GFlowNode *each, *map;
  TestLife life;
  int n_destroyed = 0;

  g_test_summary ("Items, results and the data of the body go, at home, also if runs were in other "
                  "threads");
  test_life_init (&life);
  for (guint i = 0; i < 5; i++)
    {
      g_autoptr (GObject) object = g_object_new (G_TYPE_OBJECT, NULL);

      test_life_watch (&life, object);
      g_list_store_append (store, object);
    }
  each = g_flow_node_new (NULL, body_count, &n_destroyed, count_destroyed);
  map = add_map (flow, each, 0);
  g_assert_finalize_object (each);
  g_flow_node_set_items (map, G_LIST_MODEL (store));
  g_thread_join (test_thread_new ("elsewhere", run_elsewhere, flow));
  run = test_execute_well (flow);
  g_list_store_remove_all (store);
  g_assert_cmpint (g_atomic_int_get (&n_destroyed), ==, 0);
  g_assert_finalize_object (g_steal_pointer (&run));
  g_assert_finalize_object (g_steal_pointer (&flow));
  g_assert_cmpint (g_atomic_int_get (&n_destroyed), ==, 1);
  test_life_assert_over (&life);
}

/* Many items, and the item of another run */

static void
test_many (void)
{
  enum { N = 20000 };
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowNode) each = new_each (ON_WORKER);
  GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("as"));
  GFlowNode *map = add_map (flow, each, 0);

  g_test_summary ("Many items, in several runs at once");
  for (guint i = 0; i < N; i++)
    g_variant_builder_add (&builder, "s", &"aaaaaaaaa"[i % 10]);
  g_flow_node_set_items_variant (map, g_variant_builder_end (&builder));
  for (guint round = 0; round < 2; round++)
    {
      g_autoptr (GFlowRun) run = test_execute_well (flow);
      g_autoptr (GFlowValues) values = G_FLOW_VALUES (g_flow_run_dup_result_object (run, map));

      g_assert_cmpuint (g_flow_values_get_n_values (values), ==, N);
      for (guint i = 0; i < N; i++)
        g_assert_cmpint (g_value_get_int (g_flow_values_get_value (values, i)), ==,
                         9 - (int) (i % 10));
    }
}

static void
test_no_item (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  GFlowNode *node = g_flow_add (flow, "x", NULL, NULL, NULL, NULL);

  run = test_execute_well (flow);
  g_assert_null (g_flow_run_get_map_item (run, node));
  g_assert_null (g_flow_run_get_parent_node (run));
  g_assert_null (g_flow_run_dup_result_list (run, node));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/map/variant/worker", GINT_TO_POINTER (ON_WORKER), test_variant);
  g_test_add_data_func ("/map/variant/context", GINT_TO_POINTER (IN_CONTEXT), test_variant);
  g_test_add_data_func ("/map/variant/task", GINT_TO_POINTER (AS_TASK), test_variant);
  g_test_add_func ("/map/model", test_model);
  g_test_add_func ("/map/upstream", test_upstream);
  g_test_add_func ("/map/chain", test_chain);
  g_test_add_func ("/map/nothing", test_nothing);
  g_test_add_func ("/map/source", test_source);
  g_test_add_func ("/map/changing-source", test_changing_source);
  g_test_add_func ("/map/limit", test_limit);
  g_test_add_func ("/map/threads", test_threads);
  g_test_add_func ("/map/failure", test_failure);
  g_test_add_func ("/map/policies", test_policies);
  g_test_add_func ("/map/cancel", test_cancel);
  g_test_add_func ("/map/lifetime", test_lifetime);
  g_test_add_func ("/map/many", test_many);
  g_test_add_func ("/map/no-item", test_no_item);

  return g_test_run ();
}
