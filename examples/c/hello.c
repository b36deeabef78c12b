/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <gflow.h>

/* The body of every node: called on a worker thread. */
static gboolean
say (GFlowNode  *node,
     GFlowRun   *run,
     gpointer    user_data,
     GError    **error)
{
  g_print ("%s\n", (const char *) user_data);

  return TRUE;
}

int
main (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;

  /* The flow keeps its nodes; each is called as often as the flow is run. */
  GFlowNode *setup = g_flow_add (flow, "setup", say, "set up", NULL, NULL);
  GFlowNode *work_1 = g_flow_add (flow, "work_1", say, "work 1", NULL, NULL);
  GFlowNode *work_2 = g_flow_add (flow, "work_2", say, "work 2", NULL, NULL);
  GFlowNode *shutdown = g_flow_add (flow, "shutdown", say, "shut down", NULL, NULL);

  /* Both works wait for the set-up, the shut-down waits for both. */
  g_flow_node_add_upstream (work_1, setup);
  g_flow_node_add_upstream (work_2, setup);
  g_flow_node_after (shutdown, work_1, work_2, NULL);

  run = g_flow_execute_sync (flow, NULL, &error);
  if (run == NULL)
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }

  g_print ("%u nodes done\n", g_flow_run_get_n_done (run));

  return 0;
}
