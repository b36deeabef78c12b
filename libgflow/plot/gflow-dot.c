/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-text-private.h"

#include "graph/gflow-flow-private.h"

static char *
escape (const char *text)
{
  g_auto(GStrv) parts = g_strsplit (text, "\\", -1);
  g_autofree char *doubled = g_strjoinv ("\\\\", parts);

  return _g_flow_escape_label (doubled, '"', "\\\"");
}

static const char *
get_shape (GFlowNode *node)
{
  switch ((GFlowNodeKind) node->kind)
    {
    case G_FLOW_NODE_KIND_JOIN:
      return "ellipse";
    case G_FLOW_NODE_KIND_FLOW:
      return "component";
    case G_FLOW_NODE_KIND_FUNC:
    case G_FLOW_NODE_KIND_TASK:
    default:
      return "box";
    }
}

static void
append_node (GString   *dot,
             guint      index,
             GFlowNode *node,
             GFlowRun  *run)
{
  g_autofree char *label = escape (g_flow_node_get_title (node));

  g_string_append_printf (dot, "  n%u [label=\"%s\", shape=%s", index, label, get_shape (node));
  if (run != NULL)
    {
      const GFlowLook *look = _g_flow_get_look (g_flow_run_get_node_state (run, node));

      g_string_append_printf (dot, ", fillcolor=\"%s\", color=\"%s\", tooltip=\"%s\"",
                              look->fill, look->line, look->name);
    }
  g_string_append (dot, "];\n");
}

/**
 * g_flow_to_dot:
 * @self: a flow
 * @run: (nullable): a run of the flow, to colour the nodes by their states in it
 *
 * Draws the flow, in the language of Graphviz.
 *
 * Returns: (transfer full): a graph in the DOT language
 *
 * Since: 0.1
 */
char *
g_flow_to_dot (GFlow    *self,
               GFlowRun *run)
{
  g_return_val_if_fail (G_IS_FLOW (self), NULL);
  g_return_val_if_fail (run == NULL || G_IS_FLOW_RUN (run), NULL);

  g_autoptr(GFlowPlan) plan = _g_flow_ref_plan (self);
  g_autofree char *name = escape (self->name != NULL ? self->name : "flow");
  GString *dot = g_string_new (NULL);

  g_string_append_printf (dot, "digraph \"%s\" {\n", name);
  g_string_append (dot, "  rankdir=LR;\n"
                        "  node [fontname=\"Cantarell,sans-serif\", style=\"rounded,filled\", "
                        "fillcolor=\"#ffffff\"];\n");
  for (guint i = 0; i < plan->n_nodes; i++)
    append_node (dot, i, plan->nodes[i].node, run);
  for (guint i = 0; i < plan->n_nodes; i++)
    for (guint32 k = plan->first_upstream[i]; k < plan->first_upstream[i + 1]; k++)
      g_string_append_printf (dot, "  n%u -> n%u;\n", plan->upstreams[k], i);
  g_string_append (dot, "}\n");
  return g_string_free (dot, FALSE);
}
