/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-text-private.h"

#include "graph/gflow-flow-private.h"

/* The brackets that a node stands in say what kind it is. */
static void
append_node (GString   *text,
             guint      index,
             GFlowNode *node,
             GFlowRun  *run)
{
  g_autofree char *label = _g_flow_escape_label (g_flow_node_get_title (node), '"', "#quot;");
  const char *open = "[", *close = "]";

  if (node->kind == G_FLOW_NODE_KIND_JOIN)
    {
      open = "((";
      close = "))";
    }
  else if (node->kind == G_FLOW_NODE_KIND_FLOW)
    {
      open = "[[";
      close = "]]";
    }
  g_string_append_printf (text, "  n%u%s\"%s\"%s", index, open, label, close);
  if (run != NULL)
    g_string_append_printf (text, ":::%s",
                            _g_flow_get_look (g_flow_run_get_node_state (run, node))->name);
  g_string_append_c (text, '\n');
}

/**
 * g_flow_to_mermaid:
 * @self: a flow
 * @run: (nullable): a run of the flow, to colour the nodes by their states in it
 *
 * Draws the flow, in the language of Mermaid.
 *
 * Returns: (transfer full): a flowchart in Mermaid's language
 *
 * Since: 0.1
 */
char *
g_flow_to_mermaid (GFlow    *self,
                   GFlowRun *run)
{
  g_return_val_if_fail (G_IS_FLOW (self), NULL);
  g_return_val_if_fail (run == NULL || G_IS_FLOW_RUN (run), NULL);

  g_autoptr(GFlowPlan) plan = _g_flow_ref_plan (self);
  GString *text = g_string_new ("flowchart LR\n");

  for (guint i = 0; i < plan->n_nodes; i++)
    append_node (text, i, plan->nodes[i].node, run);
  for (guint i = 0; i < plan->n_nodes; i++)
    for (guint32 k = plan->first_upstream[i]; k < plan->first_upstream[i + 1]; k++)
      g_string_append_printf (text, "  n%u --> n%u\n", plan->upstreams[k], i);
  for (guint state = 0; run != NULL && state < G_FLOW_N_LOOKS; state++)
    {
      const GFlowLook *look = _g_flow_get_look (state);

      g_string_append_printf (text, "  classDef %s fill:%s,stroke:%s\n",
                              look->name, look->fill, look->line);
    }
  return g_string_free (text, FALSE);
}
