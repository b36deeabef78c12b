/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-scheduler-private.h"

/* Where a worker finds nodes that are not on its own lane. */

/* Looks at other lanes before a worker leaves a run: a few microseconds, as
 * long as coming back would take. */
#define STEAL_ROUNDS 100
#define MAX_ROOTS_AT_ONCE 64

/* Takes some of the roots, in order, and leaves the others of these in the deque. */
static gboolean
take_roots (GFlowRun  *self,
            GFlowLane *lane,
            guint32   *index)
{
  const guint32 n_roots = self->plan->n_roots;
  guint32 first = atomic_load_explicit (&self->next_root, memory_order_relaxed);

  if (first >= n_roots)
    return FALSE;

  const guint32 share = (n_roots - first) / (2 * self->n_lanes);
  const guint32 n = CLAMP (share, 1, MAX_ROOTS_AT_ONCE);

  /* Relaxed: the plan and the state were there before the run had workers. Where there is
   * one lane they come to it after each other. */
  if (self->n_lanes == 1)
    atomic_store_explicit (&self->next_root, first + n, memory_order_relaxed);
  else
    first = atomic_fetch_add_explicit (&self->next_root, n, memory_order_relaxed);
  if (first >= n_roots)
    return FALSE;

  for (guint32 i = MIN (first + n, n_roots) - 1; i > first; i--)
    g_flow_deque_push (&lane->deque, self->plan->roots[i]);
  if (n > 1)
    g_flow_deque_publish (&lane->deque);
  *index = self->plan->roots[first];
  /* What is left may be taken, and what went to the deque. */
  if (self->n_lanes > 1 && (n > 1 || first + n < n_roots))
    _g_flow_run_notify_work (self);
  return TRUE;
}

static gboolean
has_roots (GFlowRun *self)
{
  return atomic_load_explicit (&self->next_root, memory_order_seq_cst) < self->plan->n_roots;
}

static gboolean
steal (GFlowRun  *self,
       GFlowLane *lane,
       guint32   *index)
{
  const guint own = lane - self->lanes;

  for (guint i = 1; i < self->n_lanes; i++)
    {
      GFlowDeque *deque = &self->lanes[(own + i) % self->n_lanes].deque;
      guint32 loot[G_FLOW_DEQUE_LOOT];
      const guint n = g_flow_deque_steal (deque, loot);

      if (n == 0)
        continue;

      *index = loot[0];
      if (n > 1)
        g_flow_deque_refill (&lane->deque, loot + 1, n - 1);
      /* Workers come one by one: each calls the next if there is more. */
      if (n > 1 || !g_flow_deque_is_empty (deque))
        _g_flow_run_notify_work (self);
      return TRUE;
    }
  return FALSE;
}

static gboolean
pop_heap (GFlowRun  *self,
          GFlowLane *lane,
          guint32   *index)
{
  if (_g_flow_run_is_paused (self) || !g_flow_heap_pop (&self->heap, index))
    return FALSE;

  lane->from_heap = TRUE;
  if (!g_flow_heap_is_empty (&self->heap))
    _g_flow_run_notify_work (self);
  return TRUE;
}

/* What came from elsewhere. */
gboolean
_g_flow_run_pop_inbox (GFlowRun  *self,
                       GFlowLane *lane,
                       guint32   *index)
{
  if (!g_flow_inbox_pop (&self->inbox, index))
    return !g_flow_heap_is_empty (&self->heap) && pop_heap (self, lane, index);

  if (!g_flow_inbox_is_empty (&self->inbox))
    _g_flow_run_notify_work (self);
  return TRUE;
}

/* From others, when the lane itself has nothing. */
gboolean
_g_flow_run_find_node (GFlowRun  *self,
                       GFlowLane *lane,
                       guint32   *index)
{
  if (take_roots (self, lane, index) || _g_flow_run_pop_inbox (self, lane, index))
    return TRUE;

  if (self->n_lanes == 1)
    return FALSE;

  _g_flow_help_consider (self, lane);
  for (guint round = 0; round < STEAL_ROUNDS; round++)
    {
      if (steal (self, lane, index) || _g_flow_run_pop_inbox (self, lane, index))
        return TRUE;
      if (atomic_load_explicit (&self->n_inside, memory_order_relaxed) == 1 ||
          _g_flow_run_count_done (self) == self->plan->n_nodes)
        return FALSE; /* nobody else is here to make work, or none will be made */
      _g_flow_pause_processor ();
    }
  return FALSE;
}

/* What a worker that looks from outside would find. */
gboolean
_g_flow_run_has_work (GFlowRun *self)
{
  if (has_roots (self) || !g_flow_inbox_is_empty (&self->inbox) ||
      (!g_flow_heap_is_empty (&self->heap) && !_g_flow_run_is_paused (self)))
    return TRUE;

  for (guint i = 0; i < self->n_lanes; i++)
    if (!g_flow_deque_is_empty (&self->lanes[i].deque))
      return TRUE;
  return FALSE;
}

/* What a dispatch in the owner context would find: for its thread. */
gboolean
_g_flow_run_has_context_work (GFlowRun *self)
{
  return !g_flow_queue_is_empty (&_g_flow_run_context_lane (self)->queue) ||
         !g_flow_inbox_is_empty (&self->context_inbox) ||
         (!g_flow_heap_is_empty (&self->context_heap) && !_g_flow_run_is_paused (self));
}
