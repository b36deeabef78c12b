/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "test-util.h"

/* What runs before what, where nothing but priority and the order of adding says so. */

#define N_NODES 60
#define N_RUNS 200

typedef struct
{
  guint order[N_NODES]; /* one node runs at a time */
  guint n;
} Record;

typedef struct
{
  Record *record;
  guint   number;
} Entry;

static gboolean
body_record (GFlowNode  *node,
             GFlowRun   *run,
             gpointer    user_data,
             GError    **error)
{
  Entry *entry = user_data;

  entry->record->order[entry->record->n++] = entry->number;
  return TRUE;
}

static gboolean
body_nothing (GFlowNode  *node,
              GFlowRun   *run,
              gpointer    user_data,
              GError    **error)
{
  return TRUE;
}

/* Nodes of which each is more urgent than the one added before it. */
static void
test_priorities (gconstpointer data)
{
  const GFlowPlacement placement = GPOINTER_TO_INT (data) & 1 ? G_FLOW_PLACEMENT_CONTEXT
                                                              : G_FLOW_PLACEMENT_WORKER;
  const gboolean below_a_root = (GPOINTER_TO_INT (data) & 2) != 0;
  g_autoptr (GFlow) flow = g_flow_new ();
  Record record = { 0 };
  Entry entries[N_NODES];
  GFlowNode *root = NULL;

  g_test_summary ("Of all that becomes ready together the most urgent comes first");
  g_flow_set_max_threads (flow, 1);
  if (below_a_root)
    root = g_flow_add (flow, "root", body_nothing, NULL, NULL, NULL);
  for (guint i = 0; i < N_NODES; i++)
    {
      GFlowNode *node;

      entries[i] = (Entry) { &record, i };
      node = g_flow_add (flow, NULL, body_record, &entries[i], NULL, NULL);
      g_flow_node_set_placement (node, placement);
      g_flow_node_set_priority (node, -(int) i);
      if (root != NULL)
        g_flow_node_add_upstream (node, root);
    }

  for (guint k = 0; k < N_RUNS; k++)
    {
      record.n = 0;
      g_object_unref (test_execute_well (flow));
      g_assert_cmpuint (record.n, ==, N_NODES);
      for (guint i = 0; i < N_NODES; i++)
        g_assert_cmpuint (record.order[i], ==, N_NODES - 1 - i);
    }
}

static void
test_small_runs_in_sequence (void)
{
  g_test_summary ("A blocking run ends, however its calls for workers and their coming cross");
  for (guint k = 0; k < 20000; k++)
    {
      g_autoptr (GFlow) flow = g_flow_new ();
      g_autoptr (GFlowRun) run = NULL;
      g_autoptr (GError) error = NULL;

      for (guint i = 0; i < 4; i++)
        g_flow_add (flow, NULL, body_nothing, NULL, NULL, NULL);
      run = g_flow_execute_sync (flow, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (g_flow_run_get_n_done (run), ==, 4);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/order/priorities/roots/worker", GINT_TO_POINTER (0), test_priorities);
  g_test_add_data_func ("/order/priorities/roots/context", GINT_TO_POINTER (1), test_priorities);
  g_test_add_data_func ("/order/priorities/below/worker", GINT_TO_POINTER (2), test_priorities);
  g_test_add_data_func ("/order/priorities/below/context", GINT_TO_POINTER (3), test_priorities);
  g_test_add_func ("/order/small-runs-in-sequence", test_small_runs_in_sequence);

  return g_test_run ();
}
