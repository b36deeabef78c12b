/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-picture-private.h"

#include "graph/gflow-flow-private.h"

#include <glib/gi18n-lib.h>

/* Between quotes Mermaid looks for HTML, Markdown, entities, comments and directives:
 * what could begin one of these is written as an entity. Each line of the text but the
 * first begins with a line feed. */
static void
append_string (GString    *text,
               const char *string)
{
  g_string_append_c (text, '"');
  if (*string == '\0')
    g_string_append_c (text, ' ');
  for (const char *p = string; *p != '\0'; p++)
    {
      if (*p == '\n')
        g_string_append (text, "<br/>");
      else if (strchr ("\"#&<>%`\\*_~", *p) != NULL)
        g_string_append_printf (text, "#%d;", *p);
      else
        g_string_append_c (text, *p);
    }
  g_string_append_c (text, '"');
}

/* The brackets that a node stands in say what kind it is. */
static void
append_node (GString      *text,
             GFlowPicture *picture,
             guint         depth,
             guint         scene,
             guint         index)
{
  const GFlowScene *drawn = _g_flow_picture_scene (picture, scene);
  const GFlowLook *look = _g_flow_picture_look (picture, scene, index);
  const GFlowNodeKind kind = _g_flow_picture_kind (picture, scene, index);
  const gboolean has_runs = kind == G_FLOW_NODE_KIND_FLOW || kind == G_FLOW_NODE_KIND_MAP;
  const char *open = kind == G_FLOW_NODE_KIND_JOIN ? "((" : has_runs ? "[[" : "[";
  const char *close = kind == G_FLOW_NODE_KIND_JOIN ? "))" : has_runs ? "]]" : "]";
  g_autofree char *label = _g_flow_picture_dup_label (picture, scene, index);

  _g_flow_picture_indent (text, depth);
  g_string_append_printf (text, "%s%u%s", drawn->prefix, index, open);
  append_string (text, label);
  g_string_append (text, close);
  if (look != NULL)
    g_string_append_printf (text, ":::%s", look->name);
  g_string_append_c (text, '\n');
}

static void
append_box_head (GString      *text,
                 GFlowPicture *picture,
                 guint         number)
{
  const GFlowBox *box = picture->boxes->pdata[number];

  _g_flow_picture_indent (text, box->depth - 1);
  if (_g_flow_box_is_node (box))
    {
      g_autofree char *label = _g_flow_picture_dup_label (picture, box->scene, box->index);

      g_string_append_printf (text, "subgraph %s%u [",
                              _g_flow_picture_scene (picture, box->scene)->prefix, box->index);
      append_string (text, label);
    }
  else
    {
      g_string_append_printf (text, "subgraph g%u [", number);
      append_string (text, box->kind == G_FLOW_BOX_SERIES ? _("In series") : _("In parallel"));
    }
  g_string_append (text, "]\n");
}

/* After the box: a subgraph is given its class by itself. */
static void
append_box_class (GString        *text,
                  GFlowPicture   *picture,
                  const GFlowBox *box)
{
  const GFlowLook *look = _g_flow_picture_look (picture, box->scene, box->index);

  if (look == NULL)
    return;

  _g_flow_picture_indent (text, box->depth - 1);
  g_string_append_printf (text, "class %s%u %s\n",
                          _g_flow_picture_scene (picture, box->scene)->prefix, box->index,
                          look->name);
}

/* What is in the box of a node where several serve. */
static void
append_members (GString        *text,
                GFlowPicture   *picture,
                const GFlowBox *box)
{
  g_autoptr(GArray) members = _g_flow_picture_dup_members (picture, box->scene, box->index);

  for (guint i = 0; i < members->len; i++)
    {
      const GFlowMember *member = &g_array_index (members, GFlowMember, i);

      _g_flow_picture_indent (text, box->depth);
      g_string_append_printf (text, "%s[", member->id);
      append_string (text, member->label);
      g_string_append (text, "]\n");
      for (guint k = 0; k < i; k++)
        if (g_array_index (members, GFlowMember, k).role + 1 == member->role)
          {
            _g_flow_picture_indent (text, box->depth);
            g_string_append_printf (text, "%s --> %s\n", g_array_index (members, GFlowMember, k).id,
                                    member->id);
          }
    }
}

static void
append_items (GString      *text,
              GFlowPicture *picture,
              guint         number)
{
  const GFlowBox *box = picture->boxes->pdata[number];
  const gboolean is_node = _g_flow_box_is_node (box);
  const gboolean framed = _g_flow_box_is_framed (box);

  if (framed)
    append_box_head (text, picture, number);
  if (box->kind == G_FLOW_BOX_TEAM)
    append_members (text, picture, box);
  for (guint i = 0; i < box->items->len; i++)
    {
      const GFlowBoxItem *item = &g_array_index (box->items, GFlowBoxItem, i);

      if (item->is_box)
        append_items (text, picture, item->index);
      else
        append_node (text, picture, box->depth, item->scene, item->index);
    }
  if (framed)
    {
      _g_flow_picture_indent (text, box->depth - 1);
      g_string_append (text, "end\n");
    }
  if (is_node)
    append_box_class (text, picture, box);
}

/* The gateway is drawn twice: where requests come from, and where responses go. */
static void
append_gateway (GString      *text,
                GFlowPicture *picture)
{
  if (picture->gated)
    g_string_append (text, "  gateway_in{{\"" G_FLOW_GATEWAY "\"}}\n"
                           "  gateway_out{{\"" G_FLOW_GATEWAY "\"}}\n");
}

/* An arrow may go to a subgraph. */
static void
append_arrows (GString      *text,
               GFlowPicture *picture)
{
  g_autoptr(GArray) arrows = _g_flow_picture_dup_arrows (picture);

  for (guint i = 0; i < arrows->len; i++)
    {
      const GFlowArrow *arrow = &g_array_index (arrows, GFlowArrow, i);
      g_autofree char *from = _g_flow_picture_dup_id (picture, arrow->scene, arrow->from);
      g_autofree char *to = _g_flow_picture_dup_id (picture, arrow->scene, arrow->to);

      g_string_append_printf (text, "  %s %s %s\n", from,
                              arrow->line == G_FLOW_ARROW_SOLID ? "-->" : "-.->", to);
    }
}

/* How Mermaid, that is CSS, draws the line. */
static const char *
get_line_style (const GFlowLook *look)
{
  if (g_str_equal (look->style, "bold"))
    return "stroke-width:3px";
  if (g_str_equal (look->style, "dashed"))
    return "stroke-dasharray:6 3";
  if (g_str_equal (look->style, "dotted"))
    return "stroke-dasharray:2 2";
  return "stroke-width:1px";
}

static void
append_legend (GString *text,
               guint    states)
{
  if (states == 0)
    return;

  g_string_append (text, "  subgraph legend [");
  append_string (text, _("Legend"));
  g_string_append (text, "]\n");
  for (guint state = 0; state < G_FLOW_N_LOOKS; state++)
    {
      const GFlowLook *look = _g_flow_get_look (state);
      g_autofree char *label = _g_flow_dup_legend (look);

      if ((states & (1u << state)) == 0)
        continue;
      g_string_append_printf (text, "    legend_%s[", look->name);
      append_string (text, label);
      g_string_append_printf (text, "]:::%s\n", look->name);
    }
  g_string_append (text, "  end\n");
  for (guint state = 0; state < G_FLOW_N_LOOKS; state++)
    {
      const GFlowLook *look = _g_flow_get_look (state);

      if ((states & (1u << state)) != 0)
        g_string_append_printf (text, "  classDef %s fill:%s,stroke:%s,color:#241f31,%s\n",
                                look->name, look->fill, look->line, get_line_style (look));
    }
}

/**
 * g_flow_to_mermaid:
 * @self: a flow
 * @run: (nullable): a run of the flow, to draw the nodes by their states in it
 *
 * Draws the flow, in the language of Mermaid. It shows what
 * [method@GFlow.Flow.to_dot] does, but why a node stands as it does.
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

  g_autoptr(GFlowPicture) picture = _g_flow_picture_new (self, run);
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "flowchart %s\n", _g_flow_picture_direction (picture));
  append_items (text, picture, 0);
  append_gateway (text, picture);
  append_arrows (text, picture);
  append_legend (text, picture->looks);
  return g_string_free (text, FALSE);
}
