/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Maps in journals. */

#include "resume-small.h"

/* Maps: items that were done are not done again, before the map has ended, too. */

static Small *mapped;

static gboolean
body_item (GFlowNode  *node,
           GFlowRun   *run,
           gpointer    user_data,
           GError    **error)
{
  GVariant *item = g_value_get_variant (g_flow_run_get_map_item (run, node));
  const char *word = g_variant_get_string (item, NULL);

  test_log_add (&mapped->log, word);
  if (g_strcmp0 (word, mapped->failing) == 0)
    {
      g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_FAILED, "%s fails", word);
      return FALSE;
    }
  g_flow_run_set_result_variant (run, node, item);
  return TRUE;
}

static void
task_item (GFlowNode  *node,
           GFlowRun   *run,
           GTask      *task,
           gpointer    user_data,
           GError    **error)
{
  if (body_item (node, run, user_data, error))
    g_task_return_boolean (task, TRUE);
}

static gboolean
body_check_items (GFlowNode  *node,
                  GFlowRun   *run,
                  gpointer    user_data,
                  GError    **error)
{
  Small *self = user_data;
  g_autoptr(GVariant) result = g_flow_run_dup_result_variant (run, g_flow_lookup (self->flow, "each"));

  g_assert_cmpuint (g_variant_n_children (result), ==, 4);
  for (guint i = 0; i < 4; i++)
    {
      g_autoptr(GVariant) item = NULL;

      g_variant_get_child (result, i, "v", &item);
      g_assert_cmpint (*g_variant_get_string (item, NULL), ==, "pqrs"[i]);
    }
  return TRUE;
}

typedef enum
{
  ITEM_WORKER,
  ITEM_CONTEXT,
  ITEM_TASK,
} ItemKind;

static GFlowNode *
small_add_map (Small    *self,
               ItemKind  kind)
{
  const char * const words[] = { "p", "q", "r", "s", NULL };
  g_autoptr(GFlowNode) each = kind == ITEM_TASK
                                ? g_flow_node_new_for_task (NULL, task_item, NULL, NULL)
                                : g_flow_node_new (NULL, body_item, NULL, NULL);
  GFlowNode *map, *check;

  mapped = self;
  if (kind == ITEM_CONTEXT)
    g_flow_node_set_placement (each, G_FLOW_PLACEMENT_CONTEXT);
  map = g_flow_add_map (self->flow, "each", each, 1, NULL);
  check = g_flow_add (self->flow, "check", body_check_items, self, NULL, NULL);
  g_flow_node_set_items_variant (map, g_variant_new_strv (words, -1));
  g_flow_node_add_upstream_by_name (map, "a");
  g_flow_node_add_upstream (check, map);
  g_flow_node_add_upstream (g_flow_lookup (self->flow, "last"), map);
  return map;
}

static void
test_items (gconstpointer data)
{
  Small small;

  small_init_chain (&small, "a last");
  small_add_map (&small, GPOINTER_TO_INT (data));
  small_assert_runs (&small, FALSE, "r", "a p q r s");
  small_assert_runs (&small, TRUE, "r", "r");
  small_assert_runs (&small, FALSE, "last", "r last");
  small_assert_runs (&small, TRUE, NULL, "last");
  small_clear (&small);
}

/* The list is another one: an item is known again where it was, and only there. */
static void
test_other_items (void)
{
  Small small;
  GFlowNode *map;

  small_init_chain (&small, "a last");
  map = small_add_map (&small, ITEM_WORKER);
  small_assert_runs (&small, FALSE, "r", "a p q r s");
  g_flow_node_set_items_variant (map, g_variant_new_parsed ("['p', 'quite', 'p', 's']"));
  small_assert_runs (&small, FALSE, "p", "quite p");
  g_flow_node_set_items_variant (map, g_variant_new_parsed ("['p', 'quite', 'r', 's', 't']"));
  small_assert_runs (&small, FALSE, "r", "r t");
  g_flow_node_set_items_variant (map, g_variant_new_parsed ("['p', 'q', 'r', 's']"));
  small_assert_runs (&small, FALSE, NULL, "r last");
  small_clear (&small);
}

/* A clean-up node that was done before the node it cleans up after: that does not count when it has
 * failed after it. */
static void
test_forgotten (void)
{
  Small small;

  small_init_chain (&small, "a last");
  g_flow_node_set_run_when (g_flow_lookup (small.flow, "last"), G_FLOW_RUN_WHEN_ALL_FINISHED);
  small_assert_runs (&small, FALSE, "a", "a last");
  small_assert_runs (&small, FALSE, "last", "a last");
  small_assert_runs (&small, FALSE, NULL, "last");
  small_clear (&small);
}

/* What the map waits for runs again, and so do all of its items. */
static void
test_items_after_failure (void)
{
  Small small;
  GFlowNode *map;

  small_init_chain (&small, "a last");
  map = small_add_map (&small, ITEM_WORKER);
  g_flow_node_set_run_when (map, G_FLOW_RUN_WHEN_ALL_FINISHED);
  small_assert_runs (&small, FALSE, "a", "a p q r s");
  small_assert_runs (&small, FALSE, "r", "a p q r s");
  small_assert_runs (&small, FALSE, NULL, "r last");
  small_clear (&small);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/journal/items/worker", GINT_TO_POINTER (ITEM_WORKER), test_items);
  g_test_add_data_func ("/journal/items/context", GINT_TO_POINTER (ITEM_CONTEXT), test_items);
  g_test_add_data_func ("/journal/items/task", GINT_TO_POINTER (ITEM_TASK), test_items);
  g_test_add_func ("/journal/other-items", test_other_items);
  g_test_add_func ("/journal/items-after-failure", test_items_after_failure);
  g_test_add_func ("/journal/forgotten", test_forgotten);

  return g_test_run ();
}
