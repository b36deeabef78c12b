/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-plan-private.h"

#include "gflow-error.h"
#include "gflow-flow-private.h"
#include "gflow-name-private.h"

#include <glib/gi18n-lib.h>

/* More than this is not read by anybody. */
#define MAX_MESSAGES 100
#define MAX_CYCLE_NAMES 20
#define MAX_NAMES_COMPARED 10000
#define MAX_LENGTH_COMPARED 100
#define MAX_SUBFLOW_DEPTH 64

void
_g_flow_problems_add (GFlowProblems *problems,
                      int            code,
                      const char    *format,
                      ...)
{
  va_list args;

  if (problems->messages == NULL)
    {
      problems->code = code;
      problems->messages = g_ptr_array_new_null_terminated (0, g_free, TRUE);
    }
  problems->n_problems++;
  if (problems->messages->len >= MAX_MESSAGES)
    return;

  va_start (args, format);

  g_autofree char *message = g_strdup_vprintf (format, args);

  va_end (args);
  g_ptr_array_add (problems->messages, problems->prefix != NULL
                                         ? g_strconcat (problems->prefix, message, NULL)
                                         : g_steal_pointer (&message));
}

GError *
_g_flow_problems_finish (GFlowProblems *problems)
{
  if (problems->messages == NULL)
    return NULL;

  g_autoptr(GPtrArray) messages = g_steal_pointer (&problems->messages);
  const guint n_more = problems->n_problems - messages->len;

  if (n_more > 0)
    g_ptr_array_add (messages, g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "… and %u more",
                                                             "… and %u more", n_more), n_more));

  g_autofree char *message = g_strjoinv ("\n", (char **) messages->pdata);

  return g_error_new_literal (G_FLOW_ERROR, problems->code, message);
}

/* How many letters must be added, taken away, changed, or swapped with the next
 * one, to get from one name to the other (Damerau 1964; as the optimal string
 * alignment, of which three rows are enough). */
static guint
edit_distance (const char *a,
               const char *b)
{
  const gsize n_b = strlen (b);
  g_autofree guint *rows = g_new (guint, (n_b + 1) * 3);
  guint *before = rows, *last = rows + n_b + 1, *row = rows + (n_b + 1) * 2;

  for (gsize j = 0; j <= n_b; j++)
    last[j] = j;
  for (gsize i = 1; a[i - 1] != '\0'; i++)
    {
      row[0] = i;
      for (gsize j = 1; j <= n_b; j++)
        {
          row[j] = MIN (last[j - 1] + (a[i - 1] != b[j - 1]), MIN (last[j], row[j - 1]) + 1);
          if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
            row[j] = MIN (row[j], before[j - 2] + 1);
        }

      guint *free_row = before;

      before = last;
      last = row;
      row = free_row;
    }
  return last[n_b];
}

/* Looks at one more name that may have been meant. Of a name of one or two letters
 * nothing can be said. */
void
_g_flow_similar_look (GFlowSimilar *similar,
                      const char   *other)
{
  const gsize length = strlen (similar->name), other_length = strlen (other);

  if (length < 3 || length > MAX_LENGTH_COMPARED || other_length > MAX_LENGTH_COMPARED)
    return;
  if (similar->best == NULL)
    similar->distance = MAX (2, length / 3) + 1;

  const guint distance = edit_distance (similar->name, other);

  if (distance < similar->distance && distance < other_length)
    {
      similar->best = other;
      similar->distance = distance;
    }
}

/* The name in the flow that is most like @name, if any is like it. */
static const char *
find_similar_name (GFlow      *flow,
                   GFlowNode  *asking,
                   const char *name)
{
  GFlowSimilar similar = { .name = name };

  for (guint i = 0; i < MIN (flow->nodes->n, MAX_NAMES_COMPARED); i++)
    if (_g_flow_node_at (flow, i) != asking)
      _g_flow_similar_look (&similar, g_flow_node_get_name (_g_flow_node_at (flow, i)));
  return similar.best;
}

/* @node has a need that is not in the flow. */
void
_g_flow_check_unknown (GFlow         *flow,
                       GFlowNode     *node,
                       GFlowNeed      need,
                       GFlowProblems *problems)
{
  const char *name = g_flow_node_get_name (node);
  const char *need_name = _g_flow_need_is_name (need) ? _g_flow_need_name (need)
                                                      : g_flow_node_get_name (need);
  g_autofree char *shown = _g_flow_describe_name (need_name != NULL ? need_name : "");
  const char *similar = NULL;

  if (!_g_flow_need_is_name (need))
    {
      _g_flow_problems_add (problems, G_FLOW_ERROR_UNKNOWN_NODE,
                            _("“%s” needs the node “%s”, which is not in this flow"), name, shown);
      return;
    }

  if (problems->n_problems < MAX_MESSAGES)
    similar = find_similar_name (flow, node, need_name);
  if (similar != NULL)
    _g_flow_problems_add (problems, G_FLOW_ERROR_UNKNOWN_NODE,
                          _("“%s” needs “%s”, which is not in this flow; did you mean “%s”?"),
                          name, shown, similar);
  else
    _g_flow_problems_add (problems, G_FLOW_ERROR_UNKNOWN_NODE,
                          _("“%s” needs “%s”, which is not in this flow"), name, shown);
}

/* Two nodes may have the same name if one was renamed. */
void
_g_flow_check_names (GFlow         *flow,
                     GFlowProblems *problems)
{
  for (guint i = 0; i < flow->nodes->n; i++)
    {
      GFlowNode *node = _g_flow_node_at (flow, i);
      const char *name = g_flow_node_get_name (node);

      if (_g_flow_lookup_locked (flow, name) != node)
        _g_flow_problems_add (problems, G_FLOW_ERROR_EXISTS,
                              _("Two nodes have the name “%s”"), name);
    }
}

/* Marks in the pass below */
enum
{
  FREE,    /* not on a cycle, and not behind one */
  STUCK,   /* on a cycle or behind one */
  ON_WALK, /* met on this walk */
  WALKED,  /* met on an earlier one */
};

/* Removes what can run, as a run would (Kahn 1962): what is left is stuck. */
static guint8 *
mark_stuck_nodes (GFlowPlan *plan,
                  gboolean  *any)
{
  const guint n = plan->n_nodes;
  guint8 *marks = g_new (guint8, n);
  g_autofree guint32 *pending = g_new (guint32, n);
  g_autofree guint32 *ready = g_new (guint32, n);
  guint n_ready = 0, n_taken = 0;

  for (guint i = 0; i < n; i++)
    {
      marks[i] = STUCK;
      pending[i] = plan->start[i].pending;
      if (pending[i] == 0)
        ready[n_ready++] = i;
    }
  while (n_taken < n_ready)
    {
      const guint32 i = ready[n_taken++];
      guint32 n_successors;
      const guint32 *successors = _g_flow_plan_successors (plan, &plan->nodes[i], &n_successors);

      marks[i] = FREE;
      for (guint32 k = 0; k < n_successors; k++)
        if (--pending[successors[k]] == 0)
          ready[n_ready++] = successors[k];
    }
  *any = n_taken < n;
  return marks;
}

/* An upstream of a stuck node that is stuck too. */
static guint32
stuck_upstream (GFlowPlan    *plan,
                const guint8 *marks,
                guint32       index)
{
  guint32 n;
  const guint32 *upstreams = _g_flow_plan_upstreams (plan, index, &n);

  for (guint32 k = 0; k < n; k++)
    if (marks[upstreams[k]] != FREE)
      return upstreams[k];
  g_assert_not_reached ();
}

/* @walk goes upstream and comes back from its end to its @first. Spelled in
 * the order in which the nodes would have run. */
static void
add_cycle (GFlowPlan     *plan,
           GArray        *walk,
           guint          first,
           GFlowProblems *problems)
{
  g_autoptr(GString) text = g_string_new (NULL);
  const guint length = walk->len - first;
  guint smallest = first;

  for (guint i = first; i < walk->len; i++)
    if (g_array_index (walk, guint32, i) < g_array_index (walk, guint32, smallest))
      smallest = i;

  for (guint i = 0; i <= length; i++)
    {
      const guint at = first + (smallest - first + length - i % length) % length;
      GFlowNode *node = plan->nodes[g_array_index (walk, guint32, at)].node;

      if (i == MAX_CYCLE_NAMES && length > MAX_CYCLE_NAMES + 1)
        {
          g_string_append (text, " → …");
          i = length;
          node = plan->nodes[g_array_index (walk, guint32, smallest)].node;
        }
      g_string_append_printf (text, "%s%s", i > 0 ? " → " : "", g_flow_node_get_name (node));
    }

  if (length == 1)
    _g_flow_problems_add (problems, G_FLOW_ERROR_CYCLE,
                          _("A node needs itself: %s"), text->str);
  else
    _g_flow_problems_add (problems, G_FLOW_ERROR_CYCLE,
                          _("Nodes wait for each other: %s"), text->str);
}

void
_g_flow_check_cycles (GFlowPlan     *plan,
                      GFlowProblems *problems)
{
  gboolean any;
  g_autofree guint8 *marks = mark_stuck_nodes (plan, &any);
  g_autofree guint32 *place = NULL;
  g_autoptr(GArray) walk = g_array_new (FALSE, FALSE, sizeof (guint32));

  if (!any)
    return;

  /* From every stuck node, upstream until something is met again. */
  place = g_new (guint32, plan->n_nodes);
  for (guint32 start = 0; start < plan->n_nodes; start++)
    {
      guint32 i = start;

      if (marks[start] != STUCK)
        continue;
      g_array_set_size (walk, 0);
      for (; marks[i] == STUCK; i = stuck_upstream (plan, marks, i))
        {
          marks[i] = ON_WALK;
          place[i] = walk->len;
          g_array_append_val (walk, i);
        }
      if (marks[i] == ON_WALK)
        add_cycle (plan, walk, place[i], problems);
      for (guint k = 0; k < walk->len; k++)
        marks[g_array_index (walk, guint32, k)] = WALKED;
    }
}

/* Flows in flows */

/* The way from the flow that is checked to one inside of it. */
typedef struct _Inside Inside;
struct _Inside
{
  const Inside *outside;  /* (nullable) */
  GFlow        *flow;
  GFlowNode    *node;     /* (nullable): that runs it, in the flow outside */
  guint         depth;
};

static gboolean
is_inside (const Inside *inside,
           GFlow        *flow)
{
  for (; inside != NULL; inside = inside->outside)
    if (inside->flow == flow)
      return TRUE;
  return FALSE;
}

/* A node that runs a flow holds its locks meanwhile: a node inside that waits
 * for one of them would wait for itself. */
static void
check_locks (const Inside  *inside,
             GFlowPlan     *plan,
             GFlowProblems *problems)
{
  for (; inside != NULL && inside->node != NULL; inside = inside->outside)
    {
      GPtrArray *held = _g_flow_node_locks (inside->node);

      for (guint i = 0; held != NULL && i < held->len; i++)
        if (g_ptr_array_find (plan->locks, held->pdata[i], NULL))
          _g_flow_problems_add (problems, G_FLOW_ERROR_RECURSION,
                                _("A node needs a lock that “%s”, which it is a part of, holds"),
                                g_flow_node_get_name (inside->node));
    }
}

static void check_subflows (const Inside  *outside,
                            GFlowPlan     *plan,
                            GFlowProblems *problems);

static void
check_subflow (const Inside  *inside,
               GFlowProblems *problems)
{
  const char *name = g_flow_node_get_name (inside->node);

  if (is_inside (inside->outside, inside->flow))
    {
      _g_flow_problems_add (problems, G_FLOW_ERROR_RECURSION,
                            _("“%s” runs a flow that it is itself a part of"), name);
      return;
    }
  if (inside->depth > MAX_SUBFLOW_DEPTH)
    {
      _g_flow_problems_add (problems, G_FLOW_ERROR_RECURSION,
                            _("“%s” is a flow in more than %d others"), name, MAX_SUBFLOW_DEPTH);
      return;
    }

  g_autoptr(GFlowPlan) plan = _g_flow_ref_plan (inside->flow);
  g_autofree char *prefix = g_strdup_printf (_("In the flow “%s”: "), name);
  char *outer_prefix = problems->prefix;

  problems->prefix = prefix;
  _g_flow_problems_add_plan (problems, plan);
  if (plan->locks != NULL)
    check_locks (inside, plan, problems);
  check_subflows (inside, plan, problems);
  problems->prefix = outer_prefix;
}

static void
check_subflows (const Inside  *outside,
                GFlowPlan     *plan,
                GFlowProblems *problems)
{
  for (guint i = 0; plan->subflows != NULL && i < plan->subflows->len; i++)
    {
      GFlowNode *node = plan->nodes[g_array_index (plan->subflows, guint32, i)].node;
      const Inside inside = {
        .outside = outside,
        .flow = _g_flow_node_subflow (node),
        .node = node,
        .depth = outside->depth + 1,
      };

      check_subflow (&inside, problems);
    }
}

/* Adds what a plan has found, a line each. */
void
_g_flow_problems_add_plan (GFlowProblems *problems,
                           GFlowPlan     *plan)
{
  if (plan->error == NULL)
    return;

  g_auto(GStrv) lines = g_strsplit (plan->error->message, "\n", -1);
  const guint n_told = MIN (plan->n_problems, MAX_MESSAGES);

  for (guint i = 0; i < n_told; i++)
    _g_flow_problems_add (problems, plan->error->code, "%s", lines[i]);
  problems->n_problems += plan->n_problems - n_told;
}

/* The flows that @flow has as nodes can be run, and do not come back to it. */
void
_g_flow_check_subflows (GFlow         *flow,
                        GFlowPlan     *plan,
                        GFlowProblems *problems)
{
  const Inside outermost = { .flow = flow };

  check_subflows (&outermost, plan, problems);
}
