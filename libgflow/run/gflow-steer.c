/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-owner-private.h"

#include "gflow-scheduler-private.h"
#include "gflow-steps-private.h"

/* Changing how a run goes on while it does.
 *
 * Ready nodes of a plain run are in deques and inboxes, where nobody can get at them.
 * So a run is steered from the moment on that this is asked for: whoever takes a node
 * from there puts it into a heap, and takes the next one from that. There the order can
 * be changed, nodes can come more than once, and while the run is paused they stay. */

static void
init_heaps_locked (GFlowRun *self)
{
  if (!self->has_state || self->heap.content != NULL)
    return;

  g_flow_heap_init (&self->heap, self->plan->priorities);
  g_flow_heap_init (&self->context_heap, self->plan->priorities);
}

/* The run gets a state, and may have been steered before. */
void
_g_flow_run_init_heaps (GFlowRun *self)
{
  if (!_g_flow_run_is_heaped (self))
    return;

  _g_flow_mutex_lock (&self->mutex);
  init_heaps_locked (self);
  _g_flow_mutex_unlock (&self->mutex);
}

void
_g_flow_run_steer (GFlowRun *self)
{
  _g_flow_mutex_lock (&self->mutex);
  init_heaps_locked (self);
  /* Release: pairs with _g_flow_run_attention(), for the heaps. */
  atomic_fetch_or_explicit (&self->attention, G_FLOW_ATTENTION_STEERED, memory_order_seq_cst);
  _g_flow_mutex_unlock (&self->mutex);
}

/* Takes nodes that are ready. While the run is paused those that have locks are to give them back, by
 * the next dispatch; if the pause is not seen here, whoever pauses looks into the heap after
 * that, and finds them. */
void
_g_flow_run_add_to_heap (GFlowRun      *self,
                         gboolean       of_context,
                         const guint32 *indices,
                         guint          n)
{
  g_flow_heap_push (of_context ? &self->context_heap : &self->heap, indices, n);
  if (_g_flow_run_is_paused (self))
    _g_flow_owner_post (self);
}

/* Takes a node that is ready, for now. */
void
_g_flow_run_push_to_heap (GFlowRun *self,
                          guint32   index)
{
  const gboolean in_context = (self->nodes[index].route & G_FLOW_ROUTE_CONTEXT) != 0;

  /* Relaxed: nobody decides by it. */
  atomic_store_explicit (&self->nodes[index].state, G_FLOW_NODE_STATE_READY, memory_order_relaxed);
  if (_g_flow_run_is_recorded (self))
    _g_flow_run_note_change (self, index);
  _g_flow_run_add_to_heap (self, in_context, &index, 1);
  if (!in_context && !_g_flow_run_is_paused (self))
    _g_flow_run_notify_work (self);
}

static void
unlock_in_heap (GFlowRun  *self,
                GFlowHeap *heap,
                GFlowLane *lane)
{
  g_autoptr(GArray) items = g_array_new (FALSE, FALSE, sizeof (guint32));
  guint32 index;

  while (g_flow_heap_pop (heap, &index))
    g_array_append_val (items, index);
  for (guint i = 0; i < items->len; i++)
    {
      index = g_array_index (items, guint32, i);
      if ((_g_flow_run_marks (self, index) & G_FLOW_MARK_LOCKED) == 0)
        continue;

      _g_flow_run_unmark (self, index, G_FLOW_MARK_LOCKED);
      _g_flow_run_mark (self, index, G_FLOW_MARK_UNLOCKED);
      _g_flow_run_release_locks (self, lane, index);
    }
  g_flow_heap_push (heap, (guint32 *) items->data, items->len);
  _g_flow_run_deliver_chosen (self, lane, FALSE);
}

/* What is ready and has to wait gives its locks back: others may need them. In the
 * owner context, while the run is paused. */
void
_g_flow_run_unlock_ready (GFlowRun *self)
{
  GFlowLane *lane = _g_flow_run_context_lane (self);

  if (self->plan->locks == NULL && self->parallel_lock == NULL)
    return;

  _g_flow_run_withdraw_waits (self);
  unlock_in_heap (self, &self->heap, lane);
  unlock_in_heap (self, &self->context_heap, lane);
  /* Who has resumed the run meanwhile did not find them. */
  if (!_g_flow_run_is_paused (self))
    _g_flow_scheduler_wake (self);
}

/* Sets or clears PAUSED. FALSE if it was so already. */
static gboolean
set_paused (GFlowRun *self,
            gboolean  paused)
{
  /* Sequentially consistent: see _g_flow_run_is_paused(). */
  const guint32 before =
    paused ? atomic_fetch_or_explicit (&self->attention, G_FLOW_ATTENTION_PAUSED,
                                       memory_order_seq_cst)
           : atomic_fetch_and_explicit (&self->attention, ~(guint32) G_FLOW_ATTENTION_PAUSED,
                                        memory_order_seq_cst);

  return ((before & G_FLOW_ATTENTION_PAUSED) != 0) != paused;
}

/* In a dispatch, or before the run has begun, in its thread: who is notified of it. */
void
_g_flow_run_tell_paused (GFlowRun *self)
{
  const gboolean paused = g_flow_run_get_paused (self);

  if (self->notified_paused == paused)
    return;

  self->notified_paused = paused;
  _g_flow_run_notify_paused (self);
  /* Why nodes do not run is another reason now. */
  _g_flow_run_update_steps (self);
}

/* Has what waits look at it again, and who watches told: at once if nobody executes the run yet and
 * this is its thread, else by the next dispatch. */
static void
tell_later (GFlowRun *self)
{
  if (g_flow_run_get_state (self) != G_FLOW_RUN_STATE_NEW)
    _g_flow_scheduler_wake (self);
  else if (self->flow != NULL && _g_flow_home_is_here (&self->flow->home))
    _g_flow_run_tell_paused (self);
}

/* A run that is a part of a node is paused as the run around it is. That may be changed
 * meanwhile, and by several threads, of which each does the same: the last one to change the
 * child has seen, after that, that it is right. */
void
_g_flow_run_follow_pause (GFlowRun *self,
                          GFlowRun *child)
{
  gboolean paused;

  do
    {
      paused = g_flow_run_get_paused (self);
      if (paused)
        g_flow_run_pause (child);
      else
        g_flow_run_resume (child);
    }
  while (g_flow_run_get_paused (self) != paused);
}

static void
pass_on (GFlowRun *self)
{
  g_autoptr(GPtrArray) sub_runs = _g_flow_run_ref_all_sub_runs (self);

  for (guint i = 0; i < sub_runs->len; i++)
    _g_flow_run_follow_pause (self, sub_runs->pdata[i]);
}

/**
 * g_flow_run_pause:
 * @self: a run
 *
 * Pauses the run: what runs goes on, and nothing new starts until
 * [method@GFlow.FlowRun.resume]. What is ready waits without locks, and a retry whose
 * time has come waits, too. The runs of nodes that are flows are paused with it.
 *
 * A run may be paused before it is executed. To cancel it ends the pause. The deadline
 * of the run, and the timeouts of bodies that run, do not stand still.
 *
 * May be called from any thread.
 *
 * Since: 0.1
 */
void
g_flow_run_pause (GFlowRun *self)
{
  g_return_if_fail (G_IS_FLOW_RUN (self));

  if (g_flow_run_get_state (self) > G_FLOW_RUN_STATE_RUNNING)
    return;

  /* First, so that whoever sees the pause knows where to put what is ready. */
  _g_flow_run_steer (self);
  if (!set_paused (self, TRUE))
    return;

  tell_later (self);
  pass_on (self);
}

/**
 * g_flow_run_resume:
 * @self: a run
 *
 * Has a run go on that was paused. May be called from any thread.
 *
 * Since: 0.1
 */
void
g_flow_run_resume (GFlowRun *self)
{
  g_return_if_fail (G_IS_FLOW_RUN (self));

  if (!set_paused (self, FALSE))
    return;

  tell_later (self);
  pass_on (self);
}

/**
 * g_flow_run_get_paused: (attributes org.gtk.Method.get_property=paused)
 * @self: a run
 *
 * Gets whether the run is paused. May be called from any thread.
 *
 * Returns: %TRUE between [method@GFlow.FlowRun.pause] and
 *   [method@GFlow.FlowRun.resume]
 *
 * Since: 0.1
 */
gboolean
g_flow_run_get_paused (GFlowRun *self)
{
  g_return_val_if_fail (G_IS_FLOW_RUN (self), FALSE);

  /* Sequentially consistent: see _g_flow_run_follow_pause(). */
  return (atomic_load_explicit (&self->attention, memory_order_seq_cst) &
          G_FLOW_ATTENTION_PAUSED) != 0;
}

/**
 * g_flow_run_set_node_priority:
 * @self: a run
 * @node: a node of its flow
 * @priority: the priority: smaller is sooner
 *
 * Changes the priority of a node for this run: what is ready and has a smaller one
 * starts first. No effect on a node that has started. For what people look at now, or
 * have asked for meanwhile.
 *
 * May be called from any thread once the run has started.
 *
 * Since: 0.1
 */
void
g_flow_run_set_node_priority (GFlowRun  *self,
                              GFlowNode *node,
                              int        priority)
{
  guint index;

  g_return_if_fail (G_IS_FLOW_RUN (self));
  g_return_if_fail (G_IS_FLOW_NODE (node));

  if (!_g_flow_run_has_state (self) || !_g_flow_plan_find (self->plan, node, &index))
    return;

  _g_flow_run_steer (self);
  g_flow_heap_change ((self->nodes[index].route & G_FLOW_ROUTE_CONTEXT) != 0
                        ? &self->context_heap : &self->heap,
                      self->plan->n_nodes, index, priority);
}
