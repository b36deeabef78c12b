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

/* In the context everything runs in the order in which it has become ready, as here. */
static void
expect_in_order_of_readiness (guint    *expected,
                              gboolean  needs[N_NODES][N_NODES])
{
  guint n_missing[N_NODES] = { 0 };
  guint n = 0;

  for (guint i = 0; i < N_NODES; i++)
    {
      for (guint k = 0; k < i; k++)
        n_missing[i] += needs[i][k];
      if (n_missing[i] == 0)
        expected[n++] = i;
    }
  for (guint at = 0; at < n; at++)
    for (guint i = expected[at] + 1; i < N_NODES; i++)
      if (needs[i][expected[at]] && --n_missing[i] == 0)
        expected[n++] = i;
  g_assert_cmpuint (n, ==, N_NODES);
}

static void
test_readiness (void)
{
  g_test_summary ("In the context nodes run in the order in which they have become ready");
  for (guint k = 0; k < N_RUNS; k++)
    {
      g_autoptr (GFlow) flow = g_flow_new ();
      const guint n_needs = g_test_rand_int_range (0, 5);
      gboolean needs[N_NODES][N_NODES] = { 0 };
      guint expected[N_NODES];
      GFlowNode *nodes[N_NODES];
      Entry entries[N_NODES];
      Record record = { 0 };

      for (guint i = 0; i < N_NODES; i++)
        {
          entries[i] = (Entry) { &record, i };
          nodes[i] = g_flow_add (flow, NULL, body_record, &entries[i], NULL, NULL);
          g_flow_node_set_placement (nodes[i], G_FLOW_PLACEMENT_CONTEXT);
          for (guint j = 0; i > 0 && j < n_needs; j++)
            {
              const guint upstream = g_test_rand_int_range (0, i);

              if (!needs[i][upstream])
                g_flow_node_add_upstream (nodes[i], nodes[upstream]);
              needs[i][upstream] = TRUE;
            }
        }
      expect_in_order_of_readiness (expected, needs);
      for (guint twice = 0; twice < 2; twice++)
        {
          record.n = 0;
          g_object_unref (test_execute_well (flow));
          g_assert_cmpmem (record.order, sizeof record.order, expected, sizeof expected);
        }
    }
}

static gboolean
body_open (GFlowNode  *node,
           GFlowRun   *run,
           gpointer    user_data,
           GError    **error)
{
  test_gate_open (user_data);
  return TRUE;
}

static gboolean
body_wait (GFlowNode  *node,
           GFlowRun   *run,
           gpointer    user_data,
           GError    **error)
{
  test_gate_wait (user_data);
  return TRUE;
}

static void
test_from_elsewhere (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  Record record = { 0 };
  Entry entries[3];
  TestGate gate;
  GFlowNode *work, *wait;

  g_test_summary ("What a worker makes ready for the context goes before what the context makes "
                  "ready later");
  g_flow_set_max_threads (flow, 1);
  test_gate_init (&gate);
  work = g_flow_add (flow, "work", body_nothing, NULL, NULL, NULL);
  wait = g_flow_add (flow, "wait", body_wait, &gate, NULL, NULL);
  g_flow_node_set_placement (wait, G_FLOW_PLACEMENT_CONTEXT);
  for (guint i = 0; i < 3; i++)
    {
      GFlowNode *node;

      entries[i] = (Entry) { &record, i };
      node = g_flow_add (flow, NULL, body_record, &entries[i], NULL, NULL);
      g_flow_node_set_placement (node, G_FLOW_PLACEMENT_CONTEXT);
      g_flow_node_add_upstream (node, i == 1 ? work : wait);
    }
  /* It runs when its worker has let go what is for the context. */
  g_flow_node_add_upstream (g_flow_add (flow, "open", body_open, &gate, NULL, NULL), work);

  g_object_unref (test_execute_well (flow));
  g_assert_cmpuint (record.n, ==, 3);
  g_assert_cmpuint (record.order[0], ==, 1);
  g_assert_cmpuint (record.order[1], ==, 0);
  g_assert_cmpuint (record.order[2], ==, 2);

  test_gate_clear (&gate);
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
  g_test_add_func ("/order/context/readiness", test_readiness);
  g_test_add_func ("/order/context/from-elsewhere", test_from_elsewhere);
  g_test_add_func ("/order/small-runs-in-sequence", test_small_runs_in_sequence);

  return g_test_run ();
}
