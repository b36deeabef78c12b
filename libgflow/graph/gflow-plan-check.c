/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-plan-private.h"

#include <glib/gi18n-lib.h>

#include "gflow-error.h"
#include "gflow-flow-private.h"

/* More than this is not read by anybody. */
#define MAX_MESSAGES 100
#define MAX_CYCLE_NAMES 20
#define MAX_NAMES_COMPARED 10000
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
  if (problems->messages->len >= MAX_MESSAGES)
    return;

  va_start (args, format);
  g_ptr_array_add (problems->messages, g_strdup_vprintf (format, args));
  va_end (args);
}

GError *
_g_flow_problems_finish (GFlowProblems *problems)
{
  if (problems->messages == NULL)
    return NULL;

  g_autoptr(GPtrArray) messages = g_steal_pointer (&problems->messages);
  g_autofree char *message = g_strjoinv ("\n", (char **) messages->pdata);

  return g_error_new_literal (G_FLOW_ERROR, problems->code, message);
}

/* The edit distance of two names (Levenshtein 1965), by the usual two rows
 * folded into one. */
static guint
edit_distance (const char *a,
               const char *b)
{
  const gsize n_b = strlen (b);
  g_autofree guint *row = g_new (guint, n_b + 1);

  for (gsize j = 0; j <= n_b; j++)
    row[j] = j;
  for (gsize i = 0; a[i] != '\0'; i++)
    {
      guint diagonal = row[0];

      row[0] = i + 1;
      for (gsize j = 0; j < n_b; j++)
        {
          const guint change = diagonal + (a[i] != b[j]);

          diagonal = row[j + 1];
          row[j + 1] = MIN (change, MIN (row[j], diagonal) + 1);
        }
    }
  return row[n_b];
}

/* The name in the flow that is most like @name, if any is like it. */
static const char *
find_similar_name (GFlow      *flow,
                   const char *name)
{
  const char *best = NULL;
  guint best_distance = MAX (1, strlen (name) / 3) + 1;

  if (strlen (name) > 100)
    return NULL;

  for (guint i = 0; i < MIN (flow->nodes->len, MAX_NAMES_COMPARED); i++)
    {
      const char *other = g_flow_node_get_name (flow->nodes->pdata[i]);

      if (strlen (other) > 100)
        continue;

      const guint distance = edit_distance (name, other);

      if (distance < best_distance)
        {
          best = other;
          best_distance = distance;
        }
    }
  return best;
}

/* @node has a need that is not in the flow. */
void
_g_flow_check_unknown (GFlow         *flow,
                       GFlowNode     *node,
                       GFlowNeed      need,
                       GFlowProblems *problems)
{
  const char *name = g_flow_node_get_name (node);
  const char *need_name, *similar;

  if (problems->messages != NULL && problems->messages->len >= MAX_MESSAGES)
    return;

  if (!_g_flow_need_is_name (need))
    {
      need_name = g_flow_node_get_name (need);
      _g_flow_problems_add (problems, G_FLOW_ERROR_UNKNOWN_NODE,
                            _("“%s” needs the node “%s”, which is not in this flow"),
                            name, need_name != NULL ? need_name : "");
      return;
    }

  need_name = _g_flow_need_name (need);
  similar = find_similar_name (flow, need_name);
  if (similar != NULL)
    _g_flow_problems_add (problems, G_FLOW_ERROR_UNKNOWN_NODE,
                          _("“%s” needs “%s”, which is not in this flow; did you mean “%s”?"),
                          name, need_name, similar);
  else
    _g_flow_problems_add (problems, G_FLOW_ERROR_UNKNOWN_NODE,
                          _("“%s” needs “%s”, which is not in this flow"),
                          name, need_name);
}

/* Two nodes may have the same name if one was renamed. */
void
_g_flow_check_names (GFlow         *flow,
                     GFlowProblems *problems)
{
  for (guint i = 0; i < flow->nodes->len; i++)
    {
      GFlowNode *node = flow->nodes->pdata[i];
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

      marks[i] = FREE;
      for (guint32 k = plan->nodes[i].first_successor; k < plan->nodes[i + 1].first_successor; k++)
        if (--pending[plan->successors[k]] == 0)
          ready[n_ready++] = plan->successors[k];
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
  for (guint32 k = plan->first_upstream[index]; k < plan->first_upstream[index + 1]; k++)
    if (marks[plan->upstreams[k]] != FREE)
      return plan->upstreams[k];
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

static gboolean
check_subflow (GFlowNode  *node,
               GPtrArray  *path,
               GError    **error)
{
  GFlow *flow = _g_flow_node_subflow (node);
  const char *name = g_flow_node_get_name (node);

  if (g_ptr_array_find (path, flow, NULL))
    {
      g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_RECURSION,
                   _("“%s” runs a flow that it is itself a part of"), name);
      return FALSE;
    }
  if (path->len > MAX_SUBFLOW_DEPTH)
    {
      g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_RECURSION,
                   _("“%s” is a flow in more than %d others"), name, MAX_SUBFLOW_DEPTH);
      return FALSE;
    }

  g_autoptr(GFlowPlan) plan = _g_flow_ref_plan (flow);
  gboolean ok = plan->error == NULL;

  if (!ok)
    g_propagate_prefixed_error (error, g_error_copy (plan->error), _("In the flow “%s”: "), name);

  g_ptr_array_add (path, flow);
  for (guint i = 0; ok && plan->subflows != NULL && i < plan->subflows->len; i++)
    ok = check_subflow (plan->nodes[g_array_index (plan->subflows, guint32, i)].node, path, error);
  g_ptr_array_set_size (path, path->len - 1);
  return ok;
}

/* The flows that @flow has as nodes can be run, and do not come back to it. */
gboolean
_g_flow_check_subflows (GFlow      *flow,
                        GFlowPlan  *plan,
                        GError    **error)
{
  g_autoptr(GPtrArray) path = g_ptr_array_new ();

  g_ptr_array_add (path, flow);
  for (guint i = 0; i < plan->subflows->len; i++)
    if (!check_subflow (plan->nodes[g_array_index (plan->subflows, guint32, i)].node, path, error))
      return FALSE;
  return TRUE;
}
