/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What language bindings can do around the work of every worker thread. */

#include "test-util.h"

static _Thread_local gboolean attached;
static int n_attached;

static void
attach (gpointer user_data)
{
  g_assert_false (attached);
  attached = TRUE;
  g_atomic_int_inc (&n_attached);
  g_flow_work ();
  g_flow_work (); /* only once */
  attached = FALSE;
}

static gboolean
body_attached (GFlowNode *node,
               GFlowRun  *run,
               gpointer   gate,
               GError   **error)
{
  g_assert_true (attached);
  test_gate_wait (gate);
  return TRUE;
}

static gboolean
body_open (GFlowNode *node,
           GFlowRun  *run,
           gpointer   gate,
           GError   **error)
{
  g_assert_false (attached);
  TEST_WAIT (test_gate_waiting (gate) == 2);
  test_gate_open (gate);
  return TRUE;
}

static void
test_worker_func (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  TestGate gate;
  GFlowNode *opener;

  g_flow_work (); /* nothing to do here */
  g_flow_set_worker_func (attach, NULL, NULL);

  test_gate_init (&gate);
  g_flow_set_max_threads (flow, 2);
  g_flow_add (flow, "a", body_attached, &gate, NULL, NULL);
  g_flow_add (flow, "b", body_attached, &gate, NULL, NULL);
  opener = g_flow_add (flow, "open", body_open, &gate, NULL, NULL);
  g_flow_node_set_placement (opener, G_FLOW_PLACEMENT_CONTEXT);
  run = g_flow_execute_sync (flow, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_atomic_int_get (&n_attached), >=, 2);
  test_gate_clear (&gate);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/worker-func/around", test_worker_func);

  return g_test_run ();
}
