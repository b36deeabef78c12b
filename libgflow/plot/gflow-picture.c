/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-picture-private.h"

#include "graph/gflow-flow-private.h"
#include "graph/gflow-node-serving-private.h"
#include "run/gflow-record-private.h"
#include "stream/gflow-pipeline-private.h"

#include <glib/gi18n-lib.h>

/* Boxes and flows that nest deeper than this are drawn as if they did not. */
#define MAX_DEPTH 16
/* Flows inside are drawn as long as there are no more nodes than this: a flow may hold the
 * same one many times, and that one another. */
#define MAX_INNER_NODES 2000

static void
scene_free (gpointer data)
{
  GFlowScene *scene = data;

  g_object_unref (scene->flow);
  _g_flow_plan_unref (scene->plan);
  g_clear_object (&scene->run);
  g_clear_pointer (&scene->inner, g_array_unref);
  g_clear_pointer (&scene->teams, g_hash_table_unref);
  g_free (scene->prefix);
  g_free (scene);
}

static void
box_free (gpointer data)
{
  GFlowBox *box = data;

  g_array_unref (box->items);
  g_free (box);
}

void
_g_flow_picture_free (GFlowPicture *self)
{
  g_ptr_array_unref (self->scenes);
  g_ptr_array_unref (self->boxes);
  g_hash_table_unref (self->locks);
  g_free (self);
}

static void
add_item (GFlowPicture *self,
          guint         box,
          gboolean      is_box,
          guint         scene,
          guint         index)
{
  const GFlowBoxItem item = { is_box, scene, index };

  g_array_append_val (((GFlowBox *) self->boxes->pdata[box])->items, item);
}

/* Whether no box can be in the box. */
static gboolean
is_full (GFlowPicture *self,
         guint         box)
{
  return ((GFlowBox *) self->boxes->pdata[box])->depth >= 2 * MAX_DEPTH;
}

/* A new box in the box @parent, or that one if it is full. */
static guint
add_box (GFlowPicture *self,
         GFlowBoxKind  kind,
         guint         parent,
         guint         scene,
         guint         index)
{
  const guint number = self->boxes->len;

  if (number > 0 && is_full (self, parent))
    return parent;

  GFlowBox *box = g_new (GFlowBox, 1);

  *box = (GFlowBox) {
    .kind = kind, .depth = number > 0 ? ((GFlowBox *) self->boxes->pdata[parent])->depth + 1 : 0,
    .scene = scene, .index = index,
    .items = g_array_new (FALSE, FALSE, sizeof (GFlowBoxItem)),
  };
  g_ptr_array_add (self->boxes, box);
  if (number > 0)
    add_item (self, parent, TRUE, scene, number);
  return number;
}

/* The groups of a flow while it is drawn. */
typedef struct
{
  GFlowGrouping *grouping; /* (nullable) */
  guint         *boxes;    /* (nullable): of each group; 0 if it has none yet */
  guint          outside;  /* the box of the flow */
} Groups;

static guint
ensure_group_box (GFlowPicture *self,
                  Groups       *groups,
                  guint32       number)
{
  if (number == 0)
    return groups->outside;

  const GFlowGrouped *group = &g_array_index (groups->grouping->groups, GFlowGrouped, number - 1);

  if (groups->boxes[number] == 0)
    groups->boxes[number] = add_box (self, group->series ? G_FLOW_BOX_SERIES : G_FLOW_BOX_PARALLEL,
                                     ensure_group_box (self, groups, group->parent), 0, 0);
  return groups->boxes[number];
}

static guint
find_box (GFlowPicture *self,
          Groups       *groups,
          guint         index)
{
  if (groups->grouping == NULL || index >= groups->grouping->of_node->len)
    return groups->outside;
  return ensure_group_box (self, groups, g_array_index (groups->grouping->of_node, guint32, index));
}

static gboolean
is_inside_itself (GFlowPicture *self,
                  guint         scene,
                  GFlow        *flow)
{
  for (;; scene = _g_flow_picture_scene (self, scene)->parent)
    {
      if (_g_flow_picture_scene (self, scene)->flow == flow)
        return TRUE;
      if (scene == 0)
        return FALSE;
    }
}

/* The run of the flow that a node runs, if the record of @run is kept. */
static GFlowRun *
ref_inner_run (GFlowRun  *run,
               GFlowNode *node)
{
  guint index;

  if (run == NULL || !_g_flow_run_has_state (run) || !_g_flow_plan_find (run->plan, node, &index))
    return NULL;
  return _g_flow_run_ref_kept_of (run, index);
}

static guint add_scene (GFlowPicture *self,
                        GFlow        *flow,
                        GFlowRun     *run,
                        char         *prefix,
                        guint         parent,
                        guint         box);

/* Draws the flow that a node runs in a box of its own; or not, and then the node is drawn. */
static guint
add_inner_scene (GFlowPicture *self,
                 guint         scene,
                 guint         index,
                 guint         box)
{
  GFlowScene *outer = _g_flow_picture_scene (self, scene);
  GFlowNode *node = outer->plan->nodes[index].node;
  GFlow *flow = _g_flow_node_subflow (node);
  const guint n_nodes = g_list_model_get_n_items (G_LIST_MODEL (flow));

  if (n_nodes == 0 || outer->depth >= MAX_DEPTH || is_full (self, box) ||
      self->n_nodes + n_nodes > MAX_INNER_NODES || is_inside_itself (self, scene, flow))
    return G_FLOW_NOT_DRAWN;

  return add_scene (self, flow, ref_inner_run (outer->run, node),
                    g_strdup_printf ("%s%u_", outer->prefix, index), scene,
                    add_box (self, G_FLOW_BOX_SUBFLOW, box, scene, index));
}

/* Draws a node as a box of those that serve there, if there are several. */
static gboolean
add_team (GFlowPicture *self,
          guint         scene,
          guint         index,
          guint         box)
{
  GFlowScene *drawn = _g_flow_picture_scene (self, scene);

  if (is_full (self, box) || !_g_flow_picture_has_members (drawn->plan->nodes[index].node))
    return FALSE;

  if (drawn->teams == NULL)
    drawn->teams = g_hash_table_new (NULL, NULL);
  g_hash_table_add (drawn->teams, GUINT_TO_POINTER (index));
  add_box (self, G_FLOW_BOX_TEAM, box, scene, index);
  return TRUE;
}

/* Takes @run and @prefix. */
static guint
add_scene (GFlowPicture *self,
           GFlow        *flow,
           GFlowRun     *run,
           char         *prefix,
           guint         parent,
           guint         box)
{
  const guint number = self->scenes->len;
  GFlowScene *scene = g_new (GFlowScene, 1);
  g_autoptr(GFlowGrouping) grouping = NULL;
  GFlowPlan *plan = _g_flow_ref_grouped_plan (flow, &grouping);
  g_autofree guint *boxes = grouping != NULL ? g_new0 (guint, grouping->groups->len + 1) : NULL;
  Groups groups = { grouping, boxes, box };

  *scene = (GFlowScene) {
    .flow = g_object_ref (flow), .plan = plan, .prefix = prefix,
    .run = run, .parent = parent,
    .depth = number > 0 ? _g_flow_picture_scene (self, parent)->depth + 1 : 0,
  };
  if (scene->plan->subflows != NULL)
    scene->inner = g_array_new (FALSE, FALSE, sizeof (guint));
  g_ptr_array_add (self->scenes, scene);
  self->n_nodes += scene->plan->n_nodes;

  for (guint i = 0; i < scene->plan->n_nodes; i++)
    {
      const guint in = find_box (self, &groups, i);
      guint inner = G_FLOW_NOT_DRAWN;

      if (scene->plan->nodes[i].kind == G_FLOW_NODE_KIND_FLOW)
        {
          inner = add_inner_scene (self, number, i, in);
          g_array_append_val (scene->inner, inner);
        }
      if (inner == G_FLOW_NOT_DRAWN && !add_team (self, number, i, in))
        add_item (self, in, FALSE, number, i);
    }
  return number;
}

GFlowPicture *
_g_flow_picture_new (GFlow    *flow,
                     GFlowRun *run)
{
  GFlowPicture *self = g_new0 (GFlowPicture, 1);

  self->scenes = g_ptr_array_new_with_free_func (scene_free);
  self->boxes = g_ptr_array_new_with_free_func (box_free);
  self->locks = g_hash_table_new (NULL, NULL);
  self->gated = _g_flow_has_executors (flow);
  add_box (self, G_FLOW_BOX_PICTURE, 0, 0, 0);
  add_scene (self, flow, run != NULL ? g_object_ref (run) : NULL, g_strdup ("n"), 0, 0);
  return self;
}

static int
compare_indices (gconstpointer a,
                 gconstpointer b)
{
  const guint32 p = *(const guint32 *) a, q = *(const guint32 *) b;

  return p < q ? -1 : p > q;
}

/* The scene of the flow that a node runs, or NOT_DRAWN. */
static guint
find_inner (GFlowPicture *self,
            guint         scene,
            guint         index)
{
  const GFlowScene *outer = _g_flow_picture_scene (self, scene);
  guint position;

  if (outer->inner == NULL ||
      !g_array_binary_search (outer->plan->subflows, &index, compare_indices, &position))
    return G_FLOW_NOT_DRAWN;
  return g_array_index (outer->inner, guint, position);
}

/* A node without upstreams, the first one; or one that nobody waits for, the last one. */
static guint
find_end (const GFlowPlan *plan,
          gboolean         last)
{
  for (guint i = 0; i < plan->n_nodes; i++)
    {
      const guint index = last ? plan->n_nodes - 1 - i : i;

      if (last ? plan->nodes[index].n_successors == 0 : plan->start[index].pending == 0)
        return index;
    }
  return 0;
}

static gboolean
is_team (GFlowPicture *self,
         guint         scene,
         guint         index)
{
  const GFlowScene *drawn = _g_flow_picture_scene (self, scene);

  return drawn->teams != NULL && g_hash_table_contains (drawn->teams, GUINT_TO_POINTER (index));
}

/* Whether the node is drawn as a box with something in it. */
gboolean
_g_flow_picture_is_box (GFlowPicture *self,
                        guint         scene,
                        guint         index)
{
  return is_team (self, scene, index) ||
         find_inner (self, scene, index) != G_FLOW_NOT_DRAWN;
}

/* What the node is called in the text. */
char *
_g_flow_picture_dup_id (GFlowPicture *self,
                        guint         scene,
                        guint         index)
{
  if (index == G_FLOW_GATE_IN || index == G_FLOW_GATE_OUT)
    return g_strdup (index == G_FLOW_GATE_IN ? "gateway_in" : "gateway_out");
  return g_strdup_printf ("%s%u", _g_flow_picture_scene (self, scene)->prefix, index);
}

/* What an arrow to or from a node can be tied to: that one, or something in its box. */
char *
_g_flow_picture_dup_end (GFlowPicture *self,
                         guint         scene,
                         guint         index,
                         gboolean      last)
{
  for (guint inner; (inner = find_inner (self, scene, index)) != G_FLOW_NOT_DRAWN;)
    {
      scene = inner;
      index = find_end (_g_flow_picture_scene (self, inner)->plan, last);
    }
  if (!is_team (self, scene, index))
    return _g_flow_picture_dup_id (self, scene, index);

  g_autoptr(GArray) members = _g_flow_picture_dup_members (self, scene, index);

  return g_strdup (g_array_index (members, GFlowMember, last ? members->len - 1 : 0).id);
}

/* As both languages call it. */
const char *
_g_flow_picture_direction (GFlowPicture *self)
{
  static const char * const names[] = {
    [G_FLOW_DIRECTION_LEFT_TO_RIGHT] = "LR", [G_FLOW_DIRECTION_TOP_TO_BOTTOM] = "TB",
    [G_FLOW_DIRECTION_RIGHT_TO_LEFT] = "RL", [G_FLOW_DIRECTION_BOTTOM_TO_TOP] = "BT",
  };

  return names[g_flow_get_direction (_g_flow_picture_scene (self, 0)->flow)];
}

/* What the node is for who looks at it. In the plan of the flow an executor has no body yet. */
GFlowNodeKind
_g_flow_picture_kind (GFlowPicture *self,
                      guint         scene,
                      guint         index)
{
  const GFlowPlanNode *node = &_g_flow_picture_scene (self, scene)->plan->nodes[index];

  return node->node->kind == G_FLOW_NODE_KIND_EXECUTOR ? G_FLOW_NODE_KIND_EXECUTOR
                                                       : (GFlowNodeKind) node->kind;
}

/* How the node is drawn; NULL if there is no run to tell. */
const GFlowLook *
_g_flow_picture_look (GFlowPicture *self,
                      guint         scene,
                      guint         index)
{
  const GFlowScene *drawn = _g_flow_picture_scene (self, scene);

  if (drawn->run == NULL)
    return NULL;

  const GFlowNodeState state =
    g_flow_run_get_node_state (drawn->run, drawn->plan->nodes[index].node);

  self->looks |= 1u << state;
  return _g_flow_get_look (state);
}

/* Words */

static char *
dup_lock_text (GFlowPicture *self,
               GFlowLock    *lock)
{
  const char *name = g_flow_lock_get_name (lock);

  if (name != NULL)
    {
      g_autofree char *clean = _g_flow_clean_text (name);

      return g_strdup_printf (_("Lock: %s"), clean);
    }

  guint number = GPOINTER_TO_UINT (g_hash_table_lookup (self->locks, lock));

  if (number == 0)
    {
      number = g_hash_table_size (self->locks) + 1;
      g_hash_table_insert (self->locks, lock, GUINT_TO_POINTER (number));
    }
  return g_strdup_printf (_("Lock %u"), number);
}

static const char *
get_when_text (GFlowRunWhen when)
{
  switch (when)
    {
    case G_FLOW_RUN_WHEN_ALL_FINISHED:
      return _("In any case");
    case G_FLOW_RUN_WHEN_ANY_FAILED:
      return _("After a failure");
    case G_FLOW_RUN_WHEN_ALL_SUCCEEDED:
    default:
      return NULL;
    }
}

/* How it serves requests, if that is not as it is mostly. */
static void
add_serving (GString   *label,
             GFlowNode *node)
{
  GFlowServing *serving = _g_flow_node_serving (node);
  const GFlowPolling polling = g_flow_node_get_polling (node);

  if (serving == NULL)
    return;

  if (serving->parallel > 1)
    {
      g_string_append_c (label, '\n');
      g_string_append_printf (label,
                              polling == G_FLOW_POLLING_ALL ? _("Shards: %u, all serve") :
                              polling == G_FLOW_POLLING_ALL_ASYNC ? _("Shards: %u, the first counts")
                                                                  : _("Shards: %u"),
                              serving->parallel);
    }
  if (serving->replicas > 1)
    {
      g_string_append_c (label, '\n');
      g_string_append_printf (label, _("Replicas: %u"), serving->replicas);
    }
  if (serving->condition != NULL)
    g_string_append_printf (label, "\n%s", _("Only some documents"));
  if (serving->detached)
    g_string_append_printf (label, "\n%s", _("Nobody waits for it"));
  if (serving->tap != G_FLOW_TAP_NONE)
    g_string_append_printf (label, "\n%s", serving->tap == G_FLOW_TAP_OFF
                                               ? _("A tap, turned off") : _("A tap"));
}

/* Its title, and below that what else there is to say of the node. */
char *
_g_flow_picture_dup_label (GFlowPicture *self,
                           guint         scene,
                           guint         index)
{
  const GFlowPlan *plan = _g_flow_picture_scene (self, scene)->plan;
  const GFlowLook *look = _g_flow_picture_look (self, scene, index);
  GFlowNode *node = plan->nodes[index].node;
  const char *when = get_when_text (plan->nodes[index].run_when);
  g_autofree char *title = _g_flow_clean_text (g_flow_node_get_title (node));
  GString *label = g_string_new (NULL);

  if (look != NULL)
    g_string_append_printf (label, "%s ", look->symbol);
  g_string_append (label, title);
  if (when != NULL)
    g_string_append_printf (label, "\n%s", when);
  add_serving (label, node);
  for (guint32 i = plan->first_lock != NULL ? plan->first_lock[index] : 0;
       plan->first_lock != NULL && i < plan->first_lock[index + 1]; i++)
    {
      g_autofree char *text = dup_lock_text (self, plan->locks->pdata[i]);

      g_string_append_printf (label, "\n%s", text);
    }
  return g_string_free (label, FALSE);
}

/* The name of the node, how it stands, and why. */
char *
_g_flow_picture_dup_tooltip (GFlowPicture *self,
                             guint         scene,
                             guint         index)
{
  const GFlowScene *drawn = _g_flow_picture_scene (self, scene);
  const GFlowLook *look = _g_flow_picture_look (self, scene, index);
  GFlowNode *node = drawn->plan->nodes[index].node;
  g_autofree char *name = _g_flow_clean_text (g_flow_node_get_name (node));

  if (look == NULL)
    return g_steal_pointer (&name);

  g_autofree char *reason = g_flow_run_dup_node_reason (drawn->run, node);
  g_autofree char *why = reason != NULL ? _g_flow_clean_text (reason) : NULL;

  return why != NULL ? g_strdup_printf ("%s: %s. %s", name, _(look->word), why)
                     : g_strdup_printf ("%s: %s", name, _(look->word));
}
