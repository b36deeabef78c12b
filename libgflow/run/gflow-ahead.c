/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-context-private.h"

#include <string.h>

/* Tasks that are made ahead. A GTask calls back at once when it returns in its
 * context, but not in the very iteration that it was made in: then it takes the way
 * of an idle source, which costs as much as the task does, and another iteration.
 * So for bodies that return at once the tasks are made before the context looks for
 * sources that are ready: those of nodes that are ready, and of nodes that will be
 * when these have ended. As nobody says which bodies these are, it is found out: by
 * one that is tried now and then, and then by more and more at a time, as long as
 * most of them do. All of this is for the thread of the owner context only. */

#define MAX_AHEAD 64
/* Other bodies between two trials */
#define TRIAL_INTERVAL 64

static gboolean
is_task (GFlowRun *self,
         guint32   index)
{
  return self->plan->nodes[index].kind == G_FLOW_NODE_KIND_TASK;
}

/* In a run with priorities it is not known what comes next. */
static gboolean
may_make (GFlowRun *self)
{
  return self->ahead.limit > 0 && self->started && !self->finished &&
         self->plan->priorities == NULL &&
         (atomic_load_explicit (&self->attention, memory_order_relaxed) &
          G_FLOW_ATTENTION_HALTED) == 0;
}

/* Nodes that wait for @index only, the one added first, first: the order in which
 * they will become ready. */
static guint
add_followers (GFlowRun *self,
               guint32   index,
               guint32  *found,
               guint     n)
{
  const GFlowPlan *plan = self->plan;
  guint32 n_successors;
  const guint32 *successors = _g_flow_plan_successors (plan, &plan->nodes[index], &n_successors);

  for (guint32 i = n_successors; i-- > 0 && n < self->ahead.limit;)
    {
      const guint32 follower = successors[i];

      if (plan->start[follower].pending == 1 &&
          self->nodes[follower].route == G_FLOW_ROUTE_CONTEXT &&
          (_g_flow_run_marks (self, follower) & G_FLOW_MARK_RESTORED) == 0)
        found[n++] = follower;
    }
  return n;
}

/* The nodes that come next in the context, as far as can be told. */
static guint
find_next (GFlowRun *self,
           guint32  *found)
{
  GFlowLane *lane = _g_flow_run_context_lane (self);
  guint n = 0;

  _g_flow_context_take_mail (self, lane);
  while (n < self->ahead.limit && g_flow_queue_peek (&lane->queue, n, &found[n]))
    n++;
  for (guint i = 0; i < n; i++)
    n = add_followers (self, found[i], found, n);
  return n;
}

/* Before a dispatch. TRUE if there was anything to do. */
gboolean
_g_flow_run_make_ahead (GFlowRun *self)
{
  GFlowAhead *ahead = &self->ahead;
  guint32 found[MAX_AHEAD];

  if (ahead->n > 0 || !may_make (self))
    return FALSE;

  const guint n = find_next (self, found);

  if (ahead->calls == NULL)
    ahead->calls = g_new (GFlowCall *, MAX_AHEAD);
  for (guint i = n; i-- > 0;)
    if (is_task (self, found[i]) &&
        !g_cancellable_is_cancelled (_g_flow_run_ensure_cancellable (self, found[i])))
      {
        ahead->calls[ahead->n] = _g_flow_call_new (self, found[i], FALSE);
        ahead->n += ahead->calls[ahead->n] != NULL;
      }
  ahead->n_made = ahead->n;
  ahead->n_late = 0;
  ahead->in_vain = ahead->n == 0;
  return ahead->n > 0;
}

/* Whether the next node is better run after another iteration. */
gboolean
_g_flow_run_wants_ahead (GFlowRun *self)
{
  GFlowLane *lane = _g_flow_run_context_lane (self);
  guint32 index;

  if (self->ahead.limit == 0 || self->ahead.n > 0 || self->ahead.in_vain || !may_make (self))
    return FALSE;

  return _g_flow_context_peek (self, lane, &index) && is_task (self, index);
}

/* The call that was made for the node, or NULL. Every node comes here, even if it
 * is not run, so that none is left when the run ends. */
GFlowCall *
_g_flow_run_take_ahead (GFlowRun *self,
                        guint32   index)
{
  GFlowAhead *ahead = &self->ahead;

  for (guint i = ahead->n; i-- > 0;)
    {
      GFlowCall *call = ahead->calls[i];

      if (_g_flow_call_get_index (call) == index)
        {
          ahead->n--;
          memmove (&ahead->calls[i], &ahead->calls[i + 1], sizeof (GFlowCall *) * (ahead->n - i));
          return call;
        }
    }
  return NULL;
}

/* Before cancellables in the context are cancelled: these are so here, or not yet
 * when the tasks are made. */
void
_g_flow_run_drop_ahead (GFlowRun *self)
{
  while (self->ahead.n > 0)
    _g_flow_call_discard (self->ahead.calls[--self->ahead.n]);
}

/* Whether the last trial has found that bodies return later than at once. */
gboolean
_g_flow_run_returns_late (GFlowRun *self)
{
  return self->ahead.n_late > self->ahead.n_made / 2;
}

/* A body has been called: with a task that was made ahead, and returned on it at once? */
void
_g_flow_run_learn_ahead (GFlowRun *self,
                         gboolean  was_ahead,
                         gboolean  at_once)
{
  GFlowAhead *ahead = &self->ahead;

  ahead->in_vain = FALSE;
  if (!was_ahead)
    {
      if (ahead->n_others > 0)
        ahead->n_others--;
      else
        ahead->limit = MAX (ahead->limit, 1);
      return;
    }

  if (!at_once)
    ahead->n_late++;
  if (ahead->n > 0)
    return;

  if (_g_flow_run_returns_late (self))
    {
      ahead->limit = 0;
      ahead->n_others = TRIAL_INTERVAL;
    }
  else
    {
      ahead->limit = MIN (ahead->limit * 2, MAX_AHEAD);
    }
}
