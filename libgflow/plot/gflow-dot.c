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
    case G_FLOW_NODE_KIND_EXECUTOR:
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
  g_autofree char *tooltip = _g_flow_picture_dup_tooltip (picture, scene, index);
  g_autofree char *label = _g_flow_picture_dup_label (picture, scene, index);

  _g_flow_picture_indent (dot, depth);
  g_string_append_printf (dot, "%s%u [", drawn->prefix, index);
  append_attribute (dot, "label", label);
  g_string_append_printf (dot, ", shape=%s, ",
                          get_shape (_g_flow_picture_kind (picture, scene, index)));
  append_attribute (dot, "tooltip", tooltip);
  if (look != NULL)
    append_look (dot, look);
  g_string_append (dot, "];\n");
}

static void
append_node_attributes (GString        *dot,
                        GFlowPicture   *picture,
                        const GFlowBox *box)
{
  const GFlowLook *look = _g_flow_picture_look (picture, box->scene, box->index);
  g_autofree char *tooltip = _g_flow_picture_dup_tooltip (picture, box->scene, box->index);
  g_autofree char *label = _g_flow_picture_dup_label (picture, box->scene, box->index);

  _g_flow_picture_indent (dot, box->depth);
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
  _g_flow_picture_indent (dot, box->depth);
  append_attribute (dot, "label",
                    box->kind == G_FLOW_BOX_SERIES ? _("In series") : _("In parallel"));
  g_string_append (dot, "; color=\"#c0bfbc\"; fontcolor=\"#5e5c64\"; fontsize=10; "
                        "style=\"rounded\";\n");
}

/* What is in the box of a node where several serve. */
static void
append_members (GString        *dot,
                GFlowPicture   *picture,
                const GFlowBox *box)
{
  g_autoptr(GArray) members = _g_flow_picture_dup_members (picture, box->scene, box->index);

  for (guint i = 0; i < members->len; i++)
    {
      const GFlowMember *member = &g_array_index (members, GFlowMember, i);

      _g_flow_picture_indent (dot, box->depth);
      g_string_append_printf (dot, "%s [", member->id);
      append_attribute (dot, "label", member->label);
      g_string_append (dot, ", shape=box];\n");
      for (guint k = 0; k < i; k++)
        if (g_array_index (members, GFlowMember, k).role + 1 == member->role)
          {
            _g_flow_picture_indent (dot, box->depth);
            g_string_append_printf (dot, "%s -> %s;\n", g_array_index (members, GFlowMember, k).id,
                                    member->id);
          }
    }
}

static void
append_items (GString      *dot,
              GFlowPicture *picture,
              guint         number)
{
  const GFlowBox *box = picture->boxes->pdata[number];
  const gboolean is_node = _g_flow_box_is_node (box);
  const gboolean framed = _g_flow_box_is_framed (box);

  if (framed)
    {
      _g_flow_picture_indent (dot, box->depth - 1);
      if (is_node)
        g_string_append_printf (dot, "subgraph cluster_%s%u {\n",
                                _g_flow_picture_scene (picture, box->scene)->prefix, box->index);
      else
        g_string_append_printf (dot, "subgraph cluster_g%u {\n", number);
      if (is_node)
        append_node_attributes (dot, picture, box);
      else
        append_group_attributes (dot, box);
    }
  if (box->kind == G_FLOW_BOX_TEAM)
    append_members (dot, picture, box);
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
      _g_flow_picture_indent (dot, box->depth - 1);
      g_string_append (dot, "}\n");
    }
}

/* The gateway is drawn twice: where requests come from, and where responses go. */
static void
append_gateway (GString      *dot,
                GFlowPicture *picture)
{
  if (picture->gated)
    g_string_append (dot, "  gateway_in [label=\"" G_FLOW_GATEWAY "\", shape=hexagon];\n"
                          "  gateway_out [label=\"" G_FLOW_GATEWAY "\", shape=hexagon];\n");
}

/* An arrow to or from a box ends there. */
static void
append_arrow (GString          *dot,
              GFlowPicture     *picture,
              const GFlowArrow *arrow)
{
  const gboolean from_box = arrow->from != G_FLOW_GATE_IN &&
                            _g_flow_picture_is_box (picture, arrow->scene, arrow->from);
  const gboolean to_box = arrow->to != G_FLOW_GATE_OUT &&
                          _g_flow_picture_is_box (picture, arrow->scene, arrow->to);
  const char *prefix = _g_flow_picture_scene (picture, arrow->scene)->prefix;
  g_autofree char *tail = _g_flow_picture_dup_end (picture, arrow->scene, arrow->from, TRUE);
  g_autofree char *head = _g_flow_picture_dup_end (picture, arrow->scene, arrow->to, FALSE);
  const char *separator = " [";

  g_string_append_printf (dot, "  %s -> %s", tail, head);
  if (from_box)
    {
      g_string_append_printf (dot, "%sltail=cluster_%s%u", separator, prefix, arrow->from);
      separator = ", ";
    }
  if (to_box)
    {
      g_string_append_printf (dot, "%slhead=cluster_%s%u", separator, prefix, arrow->to);
      separator = ", ";
    }
  if (arrow->line != G_FLOW_ARROW_SOLID)
    {
      g_string_append_printf (dot, "%sstyle=%s", separator,
                              arrow->line == G_FLOW_ARROW_DASHED ? "dashed" : "dotted");
      separator = ", ";
    }
  g_string_append (dot, *separator == ',' ? "];\n" : ";\n");
}

static void
append_arrows (GString      *dot,
               GFlowPicture *picture)
{
  g_autoptr(GArray) arrows = _g_flow_picture_dup_arrows (picture);

  for (guint i = 0; i < arrows->len; i++)
    append_arrow (dot, picture, &g_array_index (arrows, GFlowArrow, i));
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
 * stand below its title. Shards, and executors around a node, are in the box of the node. A flow
 * that serves requests has its gateway at both ends: requests come in at one, responses
 * go out at the other; arrows to nodes that no response waits for are dotted. It goes
 * in the [property@GFlow.Flow:direction] that is set. With @run, colours, lines and symbols
 * say in which state each node is, and a legend explains them.
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
                        "  rankdir=");
  g_string_append (dot, _g_flow_picture_direction (picture));
  g_string_append (dot, "; compound=true; fontname=\"Cantarell,sans-serif\"; ");
  if (name != NULL)
    {
      append_attribute (dot, "label", name);
      g_string_append (dot, "; labelloc=t;");
    }
  g_string_append (dot, "\n  node [fontname=\"Cantarell,sans-serif\", style=\"rounded,filled\", "
                        "fillcolor=\"#ffffff\"];\n");
  append_items (dot, picture, 0);
  append_gateway (dot, picture);
  append_arrows (dot, picture);
  append_legend (dot, picture->looks);
  g_string_append (dot, "}\n");
  return g_string_free (dot, FALSE);
}
