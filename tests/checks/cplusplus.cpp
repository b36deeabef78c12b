/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* C++ programs can include the header, call what it declares, and link. */

#include <gflow.h>

#if !G_FLOW_CHECK_VERSION(0, 1, 0)
#error "the version macros do not work"
#endif

static gboolean
body (GFlowNode *, GFlowRun *, gpointer user_data, GError **)
{
  *static_cast<int *> (user_data) += 1;

  return TRUE;
}

int
main ()
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowLock) lock = g_flow_lock_new ();
  g_autoptr (GError) error = nullptr;
  int calls = 0;

  GFlowNode *first = g_flow_add (flow, "first", body, &calls, nullptr, &error);
  GFlowNode *second = g_flow_add (flow, "second", body, &calls, nullptr, &error);

  g_flow_node_after (second, first, nullptr);
  g_flow_node_add_lock (second, lock);

  g_autoptr (GFlowRun) run = g_flow_execute_sync (flow, nullptr, &error);

  g_assert_no_error (error);
  g_assert_nonnull (run);
  g_assert_cmpint (calls, ==, 2);
  g_assert_true (G_IS_FLOW (flow));
  g_assert_cmpint (g_flow_run_get_state (run), ==, G_FLOW_RUN_STATE_DONE);
  g_assert_true (G_TYPE_IS_ENUM (G_TYPE_FLOW_PLACEMENT));

  return 0;
}
