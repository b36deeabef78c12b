/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The function that language bindings set as the body of many nodes. */

#include "test-util.h"

#define N_NODES 3

typedef struct
{
  GArray    *nodes;  /* of guint64 */
  guint      n_told; /* that a run has ended */
  guint64    failing;
  guint64    deferring;
  GFlowNode *deferred; /* (unowned) (nullable) */
  GFlow     *inner;  /* (unowned) (nullable): is run by every node */
} Calls;

static void
run_inner (Calls *calls)
{
  g_autoptr(GError) error = NULL;
  GFlow *inner = g_steal_pointer (&calls->inner);
  g_autoptr(GFlowRun) run = g_flow_execute_sync (inner, NULL, &error);

  g_assert_no_error (error);
  calls->inner = inner;
}

static gboolean
call (guint64   node_number,
      guint64   run_number,
      gpointer  user_data,
      GError  **error)
{
  Calls *calls = user_data;
  GFlowNode *node;
  GFlowRun *run;

  g_assert_cmpuint (run_number, !=, 0);
  if (calls->inner != NULL && node_number != 0)
    run_inner (calls);

  g_flow_get_common_call (&node, &run);
  g_array_append_val (calls->nodes, node_number);
  if (node_number == 0)
    {
      g_assert_null (node);
      g_assert_null (run);
      calls->n_told++;
      return TRUE;
    }

  g_assert_true ((guint64) (gsize) node == node_number);
  g_assert_true ((guint64) (gsize) run == run_number);
  if (node_number == calls->failing)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BUSY, "busy");
  if (node_number == calls->deferring)
    calls->deferred = node;
  return node_number != calls->failing && node_number != calls->deferring;
}

static Calls calls;

static void
set_up (void)
{
  g_clear_pointer (&calls.nodes, g_array_unref);
  calls = (Calls) { .nodes = g_array_new (FALSE, FALSE, sizeof (guint64)) };
}

static GFlow *
make_chain (guint64 *numbers)
{
  GFlow *flow = g_flow_new ();
  GFlowNode *before = NULL;

  for (guint i = 0; i < N_NODES; i++)
    {
      g_autoptr(GFlowNode) node = g_flow_node_new_common (NULL, &numbers[i]);
      g_autoptr(GError) error = NULL;

      g_assert_cmpint (g_flow_node_get_placement (node), ==, G_FLOW_PLACEMENT_CONTEXT);
      if (before != NULL)
        g_flow_node_add_upstream (node, before);
      g_flow_add_node (flow, node, &error);
      g_assert_no_error (error);
      before = node;
    }
  return flow;
}

static void
assert_calls (const guint64 *numbers,
              guint          n)
{
  g_assert_cmpuint (calls.nodes->len, ==, n + 1);
  for (guint i = 0; i < n; i++)
    g_assert_true (g_array_index (calls.nodes, guint64, i) == numbers[i]);
  g_assert_true (g_array_index (calls.nodes, guint64, n) == 0);
  g_assert_cmpuint (calls.n_told, ==, 1);
}

static void
test_chain (void)
{
  guint64 numbers[N_NODES];
  g_autoptr(GError) error = NULL;

  set_up ();

  g_autoptr(GFlow) flow = make_chain (numbers);
  g_autoptr(GFlowRun) run = g_flow_execute_sync (flow, NULL, &error);

  g_assert_no_error (error);
  assert_calls (numbers, N_NODES);
}

static void
test_failing (void)
{
  guint64 numbers[N_NODES];
  g_autoptr(GError) error = NULL;

  set_up ();

  g_autoptr(GFlow) flow = make_chain (numbers);

  calls.failing = numbers[1];

  g_autoptr(GFlowRun) run = g_flow_execute_sync (flow, NULL, &error);

  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
  assert_calls (numbers, 2);
}

/* Bodies that run another flow meanwhile find their own node. */
static void
test_nested (void)
{
  guint64 numbers[N_NODES], inner_numbers[N_NODES];
  g_autoptr(GError) error = NULL;

  set_up ();

  g_autoptr(GFlow) inner = make_chain (inner_numbers);
  g_autoptr(GFlow) flow = make_chain (numbers);

  calls.inner = inner;

  g_autoptr(GFlowRun) run = g_flow_execute_sync (flow, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (calls.n_told, ==, 1 + N_NODES);
  g_assert_cmpuint (calls.nodes->len, ==, N_NODES * (N_NODES + 1) + N_NODES + 1);
}

static gboolean
complete_cb (gpointer user_data)
{
  if (calls.deferred == NULL)
    return G_SOURCE_CONTINUE;
  g_assert_cmpuint (calls.n_told, ==, 0);
  g_flow_run_complete_node (user_data, calls.deferred);
  return G_SOURCE_REMOVE;
}

static void
ended_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autoptr(GError) error = NULL;

  g_flow_run_execute_finish (G_FLOW_RUN (source), result, &error);
  g_assert_no_error (error);
  *(gboolean *) user_data = TRUE;
}

/* It is told that the run has ended when it has. */
static void
test_deferring (void)
{
  guint64 numbers[N_NODES];
  gboolean ended = FALSE;

  set_up ();

  g_autoptr(GFlow) flow = make_chain (numbers);
  g_autoptr(GFlowRun) run = g_flow_run_new (flow);
  g_autoptr(GFlowNode) middle = g_list_model_get_item (G_LIST_MODEL (flow), 1);

  g_flow_node_set_can_defer (middle, TRUE);
  calls.deferring = numbers[1];
  g_idle_add (complete_cb, run);
  g_flow_run_execute (run, NULL, ended_cb, &ended);
  while (!ended)
    g_main_context_iteration (NULL, TRUE);
  assert_calls (numbers, N_NODES);
}

static void
test_equal (void)
{
  guint64 numbers[N_NODES], other_numbers[N_NODES];

  set_up ();

  g_autoptr(GFlow) flow = make_chain (numbers);
  g_autoptr(GFlow) other = make_chain (other_numbers);
  g_autoptr(GFlow) copy = g_flow_copy (flow);

  g_assert_true (g_flow_equal (flow, copy));
  g_assert_false (g_flow_equal (flow, other));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_flow_set_common_func (call, &calls, NULL);

  g_test_add_func ("/common-func/chain", test_chain);
  g_test_add_func ("/common-func/failing", test_failing);
  g_test_add_func ("/common-func/nested", test_nested);
  g_test_add_func ("/common-func/deferring", test_deferring);
  g_test_add_func ("/common-func/equal", test_equal);

  const int status = g_test_run ();

  g_clear_pointer (&calls.nodes, g_array_unref);
  return status;
}
