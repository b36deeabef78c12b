/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-picture-private.h"

#include "graph/gflow-flow-private.h"
#include "graph/gflow-node-serving-private.h"
#include "stream/gflow-executor.h"

#include <glib/gi18n-lib.h>

/* What serves requests in a picture: at a node the shards, and the executors around them; and
 * the arrows, also from where requests come in, and to where responses go out. */

/* Of one node; more are one box that says how many they are. */
#define MAX_SHARDS 8

/* Members */

/* Whether there is more at a node than one box can show. */
gboolean
_g_flow_picture_has_members (GFlowNode *node)
{
  const GFlowServing *serving = _g_flow_node_serving (node);

  return node->kind == G_FLOW_NODE_KIND_EXECUTOR && serving != NULL &&
         (serving->before != NULL || serving->after != NULL ||
          (serving->parallel > 1 && serving->parallel <= MAX_SHARDS));
}

static void
clear_member (gpointer data)
{
  GFlowMember *member = data;

  g_free (member->id);
  g_free (member->label);
}

/* Takes @id and @label. */
static void
add_member (GArray          *members,
            GFlowMemberRole  role,
            char            *id,
            char            *label)
{
  const GFlowMember member = { role, id, label };

  g_array_append_val (members, member);
}

static char *
dup_executor_text (GFlowExecutor *executor)
{
  const char *name = g_flow_executor_get_name (executor);

  return _g_flow_clean_text (name != NULL ? name : G_OBJECT_TYPE_NAME (executor));
}

static char *
dup_shard_text (GFlowNode *node,
                guint      n_shards,
                guint      shard)
{
  if (n_shards > MAX_SHARDS)
    return g_strdup_printf (_("Shards: %u"), n_shards);
  return n_shards > 1 ? g_strdup_printf (_("Shard %u"), shard)
                      : _g_flow_clean_text (g_flow_node_get_title (node));
}

/* What is in the box of a node, in the order in which a request comes by. */
GArray *
_g_flow_picture_dup_members (GFlowPicture *self,
                             guint         scene,
                             guint         index)
{
  const GFlowScene *drawn = _g_flow_picture_scene (self, scene);
  GFlowNode *node = drawn->plan->nodes[index].node;
  const GFlowServing *serving = _g_flow_node_serving (node);
  const guint n_shards = serving->parallel <= MAX_SHARDS ? MAX (serving->parallel, 1) : 1;
  GArray *members = g_array_new (FALSE, FALSE, sizeof (GFlowMember));

  g_array_set_clear_func (members, clear_member);
  if (serving->before != NULL)
    add_member (members, G_FLOW_MEMBER_BEFORE,
                g_strdup_printf ("%s%u_before", drawn->prefix, index),
                dup_executor_text (serving->before));
  for (guint i = 0; i < n_shards; i++)
    add_member (members, G_FLOW_MEMBER_SHARD,
                g_strdup_printf ("%s%u_shard%u", drawn->prefix, index, i),
                dup_shard_text (node, serving->parallel, i));
  if (serving->after != NULL)
    add_member (members, G_FLOW_MEMBER_AFTER,
                g_strdup_printf ("%s%u_after", drawn->prefix, index),
                dup_executor_text (serving->after));
  return members;
}

/* Arrows */

/* Marks all that can be reached from @index, and that. @plan may have cycles. */
static void
mark (GFlowPlan *plan,
      guint32    index,
      gboolean   upwards,
      gboolean  *marks)
{
  g_autoptr(GArray) stack = g_array_new (FALSE, FALSE, sizeof (guint32));

  g_array_append_val (stack, index);
  while (stack->len > 0)
    {
      const guint32 i = g_array_index (stack, guint32, stack->len - 1);
      guint32 n;
      const guint32 *next = upwards ? _g_flow_plan_upstreams (plan, i, &n)
                                    : _g_flow_plan_successors (plan, &plan->nodes[i], &n);

      g_array_set_size (stack, stack->len - 1);
      if (!marks[i])
        g_array_append_vals (stack, next, n);
      marks[i] = TRUE;
    }
}

/* The insertion point, or NOT_DRAWN. Others may edit the flow meanwhile. */
static guint
find_last (const GFlowScene *scene)
{
  guint last = G_FLOW_NOT_DRAWN;

  _g_flow_mutex_lock (&scene->flow->mutex);

  GFlowNode *node = _g_flow_find_insertion_point_locked (scene->flow);

  if (node == NULL || !_g_flow_plan_find (scene->plan, node, &last))
    last = G_FLOW_NOT_DRAWN;
  _g_flow_mutex_unlock (&scene->flow->mutex);
  return last;
}

/* Of each node whether no response waits for it: it is detached, or waits for one that is, and
 * what makes the response does not wait for it. NULL if there is none. */
static gboolean *
find_beside (const GFlowScene *scene,
             guint             last)
{
  GFlowPlan *plan = scene->plan;
  g_autofree gboolean *beside = NULL;
  g_autofree gboolean *needed = NULL;

  for (guint i = 0; i < plan->n_nodes; i++)
    if (_g_flow_node_is_detached (plan->nodes[i].node))
      {
        if (beside == NULL)
          beside = g_new0 (gboolean, plan->n_nodes);
        mark (plan, i, FALSE, beside);
      }
  if (beside == NULL || last == G_FLOW_NOT_DRAWN)
    return g_steal_pointer (&beside);

  needed = g_new0 (gboolean, plan->n_nodes);
  mark (plan, last, TRUE, needed);
  for (guint i = 0; i < plan->n_nodes; i++)
    beside[i] = beside[i] && !needed[i];
  return g_steal_pointer (&beside);
}

static GFlowArrowLine
get_line (const GFlowPlan *plan,
          const gboolean  *beside,
          guint            to)
{
  if ((beside != NULL && beside[to]) ||
      _g_flow_node_tap (plan->nodes[to].node) != G_FLOW_TAP_NONE || plan->nodes[to].run_when == G_FLOW_RUN_WHEN_ALL_FINISHED)
    return G_FLOW_ARROW_DOTTED;
  return plan->nodes[to].run_when == G_FLOW_RUN_WHEN_ANY_FAILED ? G_FLOW_ARROW_DASHED
                                                                : G_FLOW_ARROW_SOLID;
}

static void
add_arrow (GArray         *arrows,
           guint           scene,
           guint32         from,
           guint32         to,
           GFlowArrowLine  line)
{
  const GFlowArrow arrow = { scene, from, to, line };

  g_array_append_val (arrows, arrow);
}

static gboolean
is_entered_locked (GFlowNode *node)
{
  const guint n_needs = _g_flow_node_count_needs (node);

  for (guint i = 0; i < n_needs; i++)
    {
      const GFlowNeed need = _g_flow_node_get_need (node, i);

      if (_g_flow_need_is_name (need) && g_str_equal (_g_flow_need_name (need), G_FLOW_GATEWAY))
        return TRUE;
    }
  return n_needs == 0;
}

/* Whether requests come to the node from outside of the flow. */
static gboolean
is_entered (GFlow     *flow,
            GFlowNode *node)
{
  _g_flow_mutex_lock (&flow->mutex);

  const gboolean entered = _g_flow_has_node_locked (flow, node) && is_entered_locked (node);

  _g_flow_mutex_unlock (&flow->mutex);
  return entered;
}

/* Whether responses wait for the node, and not only because others do that they wait for. */
static gboolean
is_left (const GFlowScene *scene,
         const gboolean   *beside,
         guint             last,
         guint             index)
{
  const GFlowPlan *plan = scene->plan;
  guint32 n;
  const guint32 *successors = _g_flow_plan_successors (plan, &plan->nodes[index], &n);

  if (index == last)
    return TRUE;
  if (beside != NULL && beside[index])
    return FALSE;
  for (guint32 i = 0; i < n; i++)
    if (beside == NULL || !beside[successors[i]])
      return FALSE;
  return TRUE;
}

static void
add_arrows (GFlowPicture *self,
            guint         number,
            GArray       *arrows)
{
  const GFlowScene *scene = _g_flow_picture_scene (self, number);
  GFlowPlan *plan = scene->plan;
  const gboolean gated = number == 0 && self->gated;
  const guint last = find_last (scene);
  g_autofree gboolean *beside = find_beside (scene, last);

  for (guint i = 0; i < plan->n_nodes; i++)
    {
      const GFlowArrowLine line = get_line (plan, beside, i);
      guint32 n_upstreams;
      const guint32 *upstreams = _g_flow_plan_upstreams (plan, i, &n_upstreams);

      if (gated && is_entered (scene->flow, plan->nodes[i].node))
        add_arrow (arrows, number, G_FLOW_GATE_IN, i, line);
      for (guint32 k = 0; k < n_upstreams; k++)
        add_arrow (arrows, number, upstreams[k], i, line);
    }
  for (guint i = 0; gated && i < plan->n_nodes; i++)
    if (is_left (scene, beside, last, i))
      add_arrow (arrows, number, i, G_FLOW_GATE_OUT, G_FLOW_ARROW_SOLID);
}

/* All arrows of the picture, but those inside of nodes. */
GArray *
_g_flow_picture_dup_arrows (GFlowPicture *self)
{
  GArray *arrows = g_array_new (FALSE, FALSE, sizeof (GFlowArrow));

  for (guint i = 0; i < self->scenes->len; i++)
    add_arrows (self, i, arrows);
  return arrows;
}
