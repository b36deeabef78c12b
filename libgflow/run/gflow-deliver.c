/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-owner-private.h"

#include "gflow-context-private.h"
#include "gflow-scheduler-private.h"
#include "gflow-steps-private.h"

/* Getting nodes that have become ready to where they run: to a worker's deque or the inbox, to the
 * context, to a heap if the run goes by priority, and before that to their locks. Plain ones that a worker has
 * made ready stay with it: see gflow-worker.c. */

static void
add (GFlowReady *ready,
     guint32     index)
{
  if (ready->n == ready->n_allocated)
    {
      ready->n_allocated = MAX (16, ready->n_allocated * 2);
      ready->items = g_renew (guint32, ready->items, ready->n_allocated);
    }
  ready->items[ready->n++] = index;
}

/* To be routed with others: see _g_flow_run_route_ready(). */
void
_g_flow_run_add_ready (GFlowLane *lane,
                       guint32    index)
{
  add (&lane->ready, index);
}

/* There is work that this thread, if it is on @lane, is not about to do. */
static void
notify_others (GFlowRun  *self,
               GFlowLane *lane)
{
  /* A caller that participates comes to it after the dispatch that it is in. */
  if (!(lane->context && self->participates))
    _g_flow_run_notify_work (self);
}

/* What was chosen by priority goes to the heaps: all that has become ready
 * together at once, or whoever is faster would take a node too soon. With
 * @takes_one this worker itself takes a node next. */
void
_g_flow_run_deliver_chosen (GFlowRun  *self,
                            GFlowLane *lane,
                            gboolean   takes_one)
{
  GFlowReady *of_workers = &lane->chosen[FALSE], *of_context = &lane->chosen[TRUE];

  if (of_workers->n > 0)
    {
      const gboolean more = of_workers->n > 1 || !takes_one;

      _g_flow_run_add_to_heap (self, FALSE, of_workers->items, of_workers->n);
      of_workers->n = 0;
      if (more)
        notify_others (self, lane);
    }
  if (of_context->n > 0)
    {
      _g_flow_run_add_to_heap (self, TRUE, of_context->items, of_context->n);
      of_context->n = 0;
      if (!lane->context)
        _g_flow_owner_post (self);
    }
}

/* A ready node goes to where it will be run. @lane is the lane that this thread
 * is on, which may be of the context; NULL for a thread that is on none. */
void
_g_flow_run_deliver (GFlowRun  *self,
                     GFlowLane *lane,
                     guint32    index)
{
  const gboolean in_context = (self->nodes[index].route & G_FLOW_ROUTE_CONTEXT) != 0;

  /* Relaxed: nobody decides by it. */
  atomic_store_explicit (&self->nodes[index].state, G_FLOW_NODE_STATE_READY, memory_order_relaxed);
  if (_g_flow_run_is_recorded (self))
    _g_flow_run_note_change (self, index);
  if (lane == NULL)
    {
      _g_flow_scheduler_inject (self, index);
    }
  else if (_g_flow_run_is_heaped (self))
    {
      add (&lane->chosen[in_context], index);
    }
  else if (in_context && lane->context)
    {
      _g_flow_context_push (self, lane, index);
    }
  else if (in_context)
    {
      g_flow_inbox_push (&self->context_inbox, index);
      _g_flow_owner_post (self);
    }
  else if (lane->context)
    {
      g_flow_inbox_push (&self->inbox, index);
      notify_others (self, lane);
    }
  else
    {
      g_flow_deque_push (&lane->deque, index);
      if (self->n_lanes > 1)
        g_flow_deque_publish (&lane->deque);
      if (lane->ending)
        lane->n_delivered++;
      else
        _g_flow_run_notify_work (self);
    }
}

/* A node has become ready that is not plain: it may have to wait for locks. */
void
_g_flow_run_route (GFlowRun  *self,
                   GFlowLane *lane,
                   guint32    index)
{
  if ((self->nodes[index].route & G_FLOW_ROUTE_WHEN) != 0)
    _g_flow_run_mark (self, index, G_FLOW_MARK_UNCLEAN);
  if ((self->nodes[index].route & G_FLOW_ROUTE_LOCKS) == 0)
    {
      _g_flow_run_deliver (self, lane, index);
    }
  else if (_g_flow_run_judge (self, index) == G_FLOW_NODE_STATE_RUNNING)
    {
      _g_flow_run_acquire_locks (self, lane, index);
    }
  else
    {
      /* One that will not run goes where it would, and is ended there. If what it needs is
       * run again meanwhile, and then it is to run, it needs its locks. */
      _g_flow_run_mark (self, index, G_FLOW_MARK_UNLOCKED);
      _g_flow_run_deliver (self, lane, index);
    }
}

/* While a node ends, this worker is about to take one of the nodes that it delivers,
 * unless it is @busy with another: nobody needs to come for a single one. */
void
_g_flow_run_notify_delivered (GFlowRun  *self,
                              GFlowLane *lane,
                              gboolean   busy)
{
  const gboolean more = lane->n_delivered > (busy ? 0 : 1);

  lane->n_delivered = 0;
  if (more)
    _g_flow_run_notify_work (self);
}

/* Nodes that have become ready and are not plain, the one added last first. */
void
_g_flow_run_route_ready (GFlowRun  *self,
                         GFlowLane *lane,
                         gboolean   busy)
{
  const gboolean ending = lane->ending;

  lane->ending = TRUE;
  for (guint i = lane->ready.n; i-- > 0;)
    _g_flow_run_route (self, lane, lane->ready.items[i]);
  lane->ready.n = 0;
  _g_flow_run_deliver_chosen (self, lane, !lane->context);
  lane->ending = ending;
  if (!ending)
    _g_flow_run_notify_delivered (self, lane, busy);
}
