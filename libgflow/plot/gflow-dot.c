/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-picture-private.h"

#include "graph/gflow-flow-private.h"

#include <glib/gi18n-lib.h>

/* In strings Graphviz looks for entities and for escapes; in tooltips for escapes twice, so
 * that a backslash remains one. Each line of the text but the first begins with a line feed. */
static void
append_string (GString    *dot,
               const char *text,
               const char *backslash)
{
  for (const char *p = text; *p != '\0'; p++)
    switch (*p)
      {
      case '"':
        g_string_append (dot, "\\\"");
        break;
      case '\\':
        g_string_append (dot, backslash);
        break;
      case '&':
        g_string_append (dot, "&amp;");
        break;
      case '\n':
        g_string_append (dot, "\\n");
        break;
      default:
        g_string_append_c (dot, *p);
      }
}

static void
append_attribute (GString    *dot,
                  const char *name,
                  const char *text)
{
  g_string_append_printf (dot, "%s=\"", name);
  append_string (dot, text, g_str_equal (name, "tooltip") ? "\\\\\\\\" : "\\\\");
  g_string_append_c (dot, '"');
}

static void
indent (GString *dot,
        guint    depth)
{
  g_string_append_printf (dot, "%*s", 2 * (depth + 1), "");
}

static const char *
get_shape (GFlowNodeKind kind)
{
  switch (kind)
    {
    case G_FLOW_NODE_KIND_JOIN:
      return "ellipse";
    case G_FLOW_NODE_KIND_FLOW:
      return "component";
    case G_FLOW_NODE_KIND_MAP:
      return "box3d";
    case G_FLOW_NODE_KIND_FUNC:
    case G_FLOW_NODE_KIND_DEFERRING:
    case G_FLOW_NODE_KIND_TASK:
    default:
      return "box";
    }
}

static void
append_look (GString         *dot,
             const GFlowLook *look)
{
  g_string_append_printf (dot, ", fillcolor=\"%s\", color=\"%s\", style=\"rounded,filled,%s\"",
                          look->fill, look->line, look->style);
}

static void
append_node (GString      *dot,
             GFlowPicture *picture,
             guint         depth,
             guint         scene,
             guint         index)
{
  const GFlowScene *drawn = _g_flow_picture_scene (picture, scene);
  const GFlowLook *look = _g_flow_picture_look (picture, scene, index);
  g_autofree char *title = _g_flow_picture_dup_title (picture, scene, index);
  g_autofree char *details = _g_flow_picture_dup_details (picture, scene, index);
  g_autofree char *tooltip = _g_flow_picture_dup_tooltip (picture, scene, index);
  g_autofree char *label = g_strconcat (title, details, NULL);

  indent (dot, depth);
  g_string_append_printf (dot, "%s%u [", drawn->prefix, index);
  append_attribute (dot, "label", label);
  g_string_append_printf (dot, ", shape=%s, ",
                          get_shape ((GFlowNodeKind) drawn->plan->nodes[index].kind));
  append_attribute (dot, "tooltip", tooltip);
  if (look != NULL)
    append_look (dot, look);
  g_string_append (dot, "];\n");
}

static void
append_subflow_attributes (GString        *dot,
                           GFlowPicture   *picture,
                           const GFlowBox *box)
{
  const GFlowLook *look = _g_flow_picture_look (picture, box->scene, box->index);
  g_autofree char *title = _g_flow_picture_dup_title (picture, box->scene, box->index);
  g_autofree char *details = _g_flow_picture_dup_details (picture, box->scene, box->index);
  g_autofree char *tooltip = _g_flow_picture_dup_tooltip (picture, box->scene, box->index);
  g_autofree char *label = g_strconcat (title, details, NULL);

  indent (dot, box->depth);
  append_attribute (dot, "label", label);
  g_string_append (dot, "; ");
  append_attribute (dot, "tooltip", tooltip);
  g_string_append_printf (dot, "; color=\"%s\"; style=\"rounded,%s\";\n",
                          look != NULL ? look->line : "#77767b",
                          look != NULL ? look->style : "solid");
}

static void
append_group_attributes (GString        *dot,
                         const GFlowBox *box)
{
  indent (dot, box->depth);
  append_attribute (dot, "label",
                    box->kind == G_FLOW_BOX_SERIES ? _("In series") : _("In parallel"));
  g_string_append (dot, "; color=\"#c0bfbc\"; fontcolor=\"#5e5c64\"; fontsize=10; "
                        "style=\"rounded\";\n");
}

static void
append_items (GString      *dot,
              GFlowPicture *picture,
              guint         number)
{
  const GFlowBox *box = picture->boxes->pdata[number];
  const gboolean is_subflow = box->kind == G_FLOW_BOX_SUBFLOW;
  const gboolean is_group = box->kind == G_FLOW_BOX_SERIES || box->kind == G_FLOW_BOX_PARALLEL;
  /* A group of one is nothing to look at. */
  const gboolean framed = is_subflow || (is_group && box->items->len > 1);

  if (framed)
    {
      indent (dot, box->depth - 1);
      if (is_subflow)
        g_string_append_printf (dot, "subgraph cluster_%s%u {\n",
                                _g_flow_picture_scene (picture, box->scene)->prefix, box->index);
      else
        g_string_append_printf (dot, "subgraph cluster_g%u {\n", number);
      if (is_subflow)
        append_subflow_attributes (dot, picture, box);
      else
        append_group_attributes (dot, box);
    }
  for (guint i = 0; i < box->items->len; i++)
    {
      const GFlowBoxItem *item = &g_array_index (box->items, GFlowBoxItem, i);

      if (item->is_box)
        append_items (dot, picture, item->index);
      else
        append_node (dot, picture, box->depth, item->scene, item->index);
    }
  if (framed)
    {
      indent (dot, box->depth - 1);
      g_string_append (dot, "}\n");
    }
}

/* An arrow to or from a flow that is drawn ends at its box. */
static void
append_edge (GString      *dot,
             GFlowPicture *picture,
             guint         scene,
             guint         from,
             guint         to)
{
  const GFlowScene *drawn = _g_flow_picture_scene (picture, scene);
  const GFlowRunWhen when = (GFlowRunWhen) drawn->plan->nodes[to].run_when;
  guint from_scene = scene, to_scene = scene;
  const guint tail = _g_flow_picture_end (picture, &from_scene, from, TRUE);
  const guint head = _g_flow_picture_end (picture, &to_scene, to, FALSE);

  g_string_append_printf (dot, "  %s%u -> %s%u",
                          _g_flow_picture_scene (picture, from_scene)->prefix, tail,
                          _g_flow_picture_scene (picture, to_scene)->prefix, head);

  const char *separator = " [";

  if (from_scene != scene)
    {
      g_string_append_printf (dot, "%sltail=cluster_%s%u", separator, drawn->prefix, from);
      separator = ", ";
    }
  if (to_scene != scene)
    {
      g_string_append_printf (dot, "%slhead=cluster_%s%u", separator, drawn->prefix, to);
      separator = ", ";
    }
  if (when != G_FLOW_RUN_WHEN_ALL_SUCCEEDED)
    {
      g_string_append_printf (dot, "%sstyle=%s", separator,
                              when == G_FLOW_RUN_WHEN_ANY_FAILED ? "dashed" : "dotted");
      separator = ", ";
    }
  g_string_append (dot, *separator == ',' ? "];\n" : ";\n");
}

static void
append_edges (GString      *dot,
              GFlowPicture *picture,
              guint         scene)
{
  const GFlowPlan *plan = _g_flow_picture_scene (picture, scene)->plan;

  for (guint i = 0; i < plan->n_nodes; i++)
    for (guint32 k = plan->first_upstream[i]; k < plan->first_upstream[i + 1]; k++)
      append_edge (dot, picture, scene, plan->upstreams[k], i);
}

static void
append_legend (GString *dot,
               guint    states)
{
  const GFlowLook *before = NULL;

  if (states == 0)
    return;

  g_string_append (dot, "  subgraph cluster_legend {\n    ");
  append_attribute (dot, "label", _("Legend"));
  g_string_append (dot, "; color=\"#c0bfbc\"; fontcolor=\"#5e5c64\"; fontsize=10;\n");
  for (guint state = 0; state < G_FLOW_N_LOOKS; state++)
    {
      const GFlowLook *look = _g_flow_get_look (state);
      g_autofree char *label = _g_flow_dup_legend (look);

      if ((states & (1u << state)) == 0)
        continue;
      g_string_append_printf (dot, "    legend_%s [", look->name);
      append_attribute (dot, "label", label);
      g_string_append (dot, ", shape=box");
      append_look (dot, look);
      g_string_append (dot, "];\n");
      /* They stand in a row. */
      if (before != NULL)
        g_string_append_printf (dot, "    legend_%s -> legend_%s [style=invis];\n", before->name,
                                look->name);
      before = look;
    }
  g_string_append (dot, "  }\n");
}

/**
 * g_flow_to_dot:
 * @self: a flow
 * @run: (nullable): a run of the flow, to draw the nodes by their states in it
 *
 * Draws the flow, in the language of Graphviz.
 *
 * Groups that were added with [method@GFlow.Flow.add_group] are boxes, and so are flows
 * that are nodes, with their own nodes in them: down to 16 levels, and as long as there
 * are no more than 2000 nodes; others are drawn as one node. The locks of a node
 * stand below its title. With @run, colours, lines and symbols say in which state
 * each node is, and a legend explains them.
 *
 * The text depends on nothing but the flow, the states and the language of the user.
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

  g_autoptr(GFlowPicture) picture = _g_flow_picture_new (self, run);
  g_autofree char *name = self->name != NULL ? _g_flow_clean_text (self->name) : NULL;
  GString *dot = g_string_new ("digraph \"");

  append_string (dot, name != NULL ? name : "flow", "\\\\");
  g_string_append (dot, "\" {\n"
                        "  rankdir=LR; compound=true; fontname=\"Cantarell,sans-serif\"; ");
  if (name != NULL)
    {
      append_attribute (dot, "label", name);
      g_string_append (dot, "; labelloc=t;");
    }
  g_string_append (dot, "\n  node [fontname=\"Cantarell,sans-serif\", style=\"rounded,filled\", "
                        "fillcolor=\"#ffffff\"];\n");
  append_items (dot, picture, 0);
  for (guint i = 0; i < picture->scenes->len; i++)
    append_edges (dot, picture, i);
  append_legend (dot, picture->looks);
  g_string_append (dot, "}\n");
  return g_string_free (dot, FALSE);
}
