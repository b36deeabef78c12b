/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-run-private.h"

G_BEGIN_DECLS

/* Nodes that are ready for the owner context: for its thread, whose @lane it is. What came from
 * elsewhere goes behind what the context has made ready before, and before what it makes ready from
 * now on. */

/* How far ahead in the queue the node is whose successors are fetched; twice as far, the node is */
#define G_FLOW_FETCH_DISTANCE 4

static inline void
_g_flow_context_take_mail (GFlowRun  *run,
                           GFlowLane *lane)
{
  guint32 index;

  while (g_flow_inbox_pop (&run->context_inbox, &index))
    g_flow_queue_push (&lane->queue, index);
}

static inline void
_g_flow_context_push (GFlowRun  *run,
                      GFlowLane *lane,
                      guint32    index)
{
  _g_flow_context_take_mail (run, lane);
  g_flow_queue_push (&lane->queue, index);
}

static inline gboolean
_g_flow_context_peek (GFlowRun  *run,
                      GFlowLane *lane,
                      guint32   *index)
{
  if (g_flow_queue_is_empty (&lane->queue))
    _g_flow_context_take_mail (run, lane);
  return g_flow_queue_peek (&lane->queue, 0, index);
}

/* What is in no cache takes as long as to run some nodes: so what those need that come soon is fetched
 * meanwhile. Of a node with one successor that address is of no use, and does no harm; the task of a
 * node will refer to it. In here, because compilers may leave out a function that does nothing else. */
static inline gboolean
_g_flow_context_pop (GFlowRun  *run,
                     GFlowLane *lane,
                     guint32   *index)
{
  const GFlowPlan *plan = run->plan;
  guint32 soon;

  if (!_g_flow_context_peek (run, lane, index))
    return FALSE;

  g_flow_queue_pop (&lane->queue, index);
  if (g_flow_queue_peek (&lane->queue, G_FLOW_FETCH_DISTANCE, &soon))
    {
      __builtin_prefetch (plan->successors + plan->nodes[soon].successor);
      if (plan->nodes[soon].kind == G_FLOW_NODE_KIND_TASK)
        __builtin_prefetch (plan->nodes[soon].node, 1);
    }
  if (g_flow_queue_peek (&lane->queue, 2 * G_FLOW_FETCH_DISTANCE, &soon))
    __builtin_prefetch (&plan->nodes[soon]);
  return TRUE;
}

/* Whether nothing of the node or the run asks for attention, but that it may hold locks. */
static inline gboolean
_g_flow_context_is_unattended (GFlowRun *run,
                               guint32   index)
{
  /* Relaxed, as for plain nodes of workers. */
  const guint32 attention = atomic_load_explicit (&run->attention, memory_order_relaxed);

  return (attention | (_g_flow_run_marks (run, index) & ~G_FLOW_MARK_LOCKED)) == 0;
}

/* The same, and what does not change while the run runs. */
static inline gboolean
_g_flow_context_is_plain (GFlowRun *run,
                          guint32   index)
{
  return _g_flow_context_is_unattended (run, index) &&
         (run->nodes[index].route & ~G_FLOW_ROUTE_LOCKS) == G_FLOW_ROUTE_CONTEXT &&
         run->passage == NULL;
}

/* Whether nobody has asked for the cancellable of a node, as for those of sync bodies mostly nobody
 * does. */
static inline gboolean
_g_flow_context_has_no_cancellables (GFlowRun *run)
{
  return atomic_load_explicit (&run->cancellables, memory_order_relaxed) == NULL;
}

G_END_DECLS
