/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-locking-private.h"

#include "gflow-debug-private.h"
#include "gflow-steps-private.h"

/* How nodes take locks: one after the other, in the one order that all nodes
 * of all flows keep to, so that no two can wait for each other; the flow's
 * limit comes last. A node that has to wait is queued in the lock, and whoever
 * hands it the permit takes the next lock for it. */

static void
release_steps (GFlowRun *self,
               guint32   index,
               guint     n_steps)
{
  while (n_steps > 0)
    g_flow_lock_release (_g_flow_run_get_lock (self, index, --n_steps));
}

/* Whether a node of this run that runs holds a lock that another run needs. */
gboolean
_g_flow_run_holds_lock_of (GFlowRun *self,
                           guint32   index,
                           GFlowRun *other)
{
  const guint n = (_g_flow_run_marks (self, index) & G_FLOW_MARK_LOCKED) != 0
                    ? _g_flow_run_count_locks (self, index) : 0;

  for (guint i = 0; i < n; i++)
    {
      GFlowLock *lock = _g_flow_run_get_lock (self, index, i);

      if (lock == other->parallel_lock ||
          (other->plan->locks != NULL && g_ptr_array_find (other->plan->locks, lock, NULL)))
        return TRUE;
    }
  return FALSE;
}

/* Gives all of them back: to whoever waits, before anything else happens. */
void
_g_flow_run_release_locks (GFlowRun *self,
                           guint32   index)
{
  release_steps (self, index, _g_flow_run_count_locks (self, index));
}

/* The lane of this run that this thread is on, if it is on one. */
static GFlowLane *
current_lane (GFlowRun *self)
{
  return _g_flow_frame != NULL && _g_flow_frame->run == self ? _g_flow_frame->lane : NULL;
}

static void
begin_wait_locked (GFlowWait *wait)
{
  if (!wait->linked)
    g_queue_push_tail_link (&wait->run->waits, &wait->link);
  wait->linked = TRUE;
}

static void
end_wait_locked (GFlowWait *wait)
{
  if (wait->linked)
    g_queue_unlink (&wait->run->waits, &wait->link);
  wait->linked = FALSE;
}

static void
free_wait (gpointer wait)
{
  g_slice_free (GFlowWait, wait);
}

/* Takes the waits that are over on the lane out of the list of the run. By whoever is on the
 * lane, now and then, and before the nodes that it has ended are settled. */
void
_g_flow_run_drop_waits (GFlowRun  *self,
                        GFlowLane *lane)
{
  GSList *waits = g_steal_pointer (&lane->waits_over);

  if (waits == NULL)
    return;

  _g_flow_mutex_lock (&self->mutex);
  for (GSList *l = waits; l != NULL; l = l->next)
    end_wait_locked (l->data);
  _g_flow_mutex_unlock (&self->mutex);
  while (waits != NULL)
    {
      GFlowWait *wait = waits->data;

      waits = waits->next;
      free_wait (wait);
    }
}

typedef enum
{
  STEPS_TAKEN,   /* all of them */
  STEPS_QUEUED,  /* then another thread may have the wait already */
  STEPS_STOPPED, /* the node is not to run any more, or not now */
} Steps;

/* A node that does not start now holds no lock meanwhile. */
static gboolean
may_take (GFlowRun *self,
          guint32   index)
{
  return _g_flow_run_may_run (self, index) && !_g_flow_run_is_paused (self);
}

/* Takes the locks from @step on. The run's mutex keeps step and queue together
 * for whoever withdraws, who comes after the halt: either that is seen here, or
 * the wait is seen there. */
static Steps
take_steps (GFlowWait *wait,
            guint      step)
{
  GFlowRun *run = wait->run;
  const guint n = _g_flow_run_count_locks (run, wait->index);
  Steps result = STEPS_TAKEN;

  _g_flow_mutex_lock (&run->mutex);
  for (; result == STEPS_TAKEN && step < n; step++)
    {
      wait->step = step;
      if (!may_take (run, wait->index))
        result = STEPS_STOPPED;
      else if (!_g_flow_lock_enter (_g_flow_run_get_lock (run, wait->index, step), &wait->waiter))
        result = STEPS_QUEUED;
    }
  if (result == STEPS_QUEUED)
    begin_wait_locked (wait);
  else
    end_wait_locked (wait);
  _g_flow_mutex_unlock (&run->mutex);
  return result;
}

/* The node has all of them. */
static void
hold_locks (GFlowRun *self,
            guint32   index)
{
  _g_flow_run_mark (self, index, G_FLOW_MARK_LOCKED);
  if (_g_flow_run_is_recorded (self))
    _g_flow_run_record_locked (self, index);
  if (G_UNLIKELY (self->debug != NULL))
    _g_flow_run_debug_hold (self, index);
}

/* The node has waited for its last lock, and has it. Its wait stays in the list of the run
 * for a while, so that the run's mutex is not taken for each node: two threads that hand a
 * lock over would hand that over, too. */
static void
end_last_wait (GFlowWait *wait,
               GFlowLane *lane)
{
  hold_locks (wait->run, wait->index);
  /* Release: pairs with _g_flow_lock_wait_is_over(), for the mark. */
  atomic_store_explicit (&wait->over, TRUE, memory_order_release);
  wait->link_over = (GSList) { .data = wait, .next = lane->waits_over };
  lane->waits_over = &wait->link_over;
  _g_flow_run_deliver (wait->run, lane, wait->index);
}

/* Goes on with a node from @step on, and delivers it unless it has to wait. */
static void
go_on (GFlowWait *wait,
       guint      step,
       GFlowLane *lane)
{
  GFlowRun *run = wait->run;
  const guint32 index = wait->index;
  const Steps result = take_steps (wait, step);

  if (result == STEPS_QUEUED)
    return;

  if (result == STEPS_TAKEN)
    {
      hold_locks (run, index);
    }
  else
    {
      _g_flow_run_mark (run, index, G_FLOW_MARK_UNLOCKED);
      release_steps (run, index, wait->step);
    }
  free_wait (wait);
  _g_flow_run_deliver (run, lane, index);
}

static void
granted (GFlowWaiter *waiter)
{
  GFlowWait *wait = (GFlowWait *) waiter;
  GFlowRun *run = wait->run;
  GFlowLane *lane = current_lane (run);

  if (lane != NULL && !lane->context &&
      wait->step + 1 == _g_flow_run_count_locks (run, wait->index))
    end_last_wait (wait, lane);
  else
    go_on (wait, wait->step + 1, lane);
  /* After the end of the node that had the lock, it goes with what waited for that. */
  if (lane != NULL && !lane->ending)
    _g_flow_run_deliver_chosen (run, lane, FALSE);
}

/* FALSE also if somebody waits who is about to be gone. */
static gboolean
try_lock (GFlowLock *lock)
{
  return !_g_flow_lock_is_awaited (lock) && g_flow_lock_try_acquire (lock);
}

static GFlowWait *
new_wait (GFlowRun *self,
          guint32   index)
{
  GFlowWait *wait = g_slice_new0 (GFlowWait);

  wait->waiter.grant = granted;
  wait->run = self;
  wait->index = index;
  wait->link.data = wait;
  /* Relaxed: nobody decides by it. */
  atomic_store_explicit (&self->nodes[index].state, G_FLOW_NODE_STATE_LOCKED,
                         memory_order_relaxed);
  if (_g_flow_run_is_recorded (self))
    _g_flow_run_note_change (self, index);
  return wait;
}

/* A node is ready but for its locks. Delivers it, now or later. */
void
_g_flow_run_acquire_locks (GFlowRun  *self,
                           GFlowLane *lane,
                           guint32    index)
{
  const guint n = _g_flow_run_count_locks (self, index);
  guint step = 0;

  if (n > 0 && _g_flow_run_is_paused (self))
    {
      _g_flow_run_mark (self, index, G_FLOW_MARK_UNLOCKED);
      _g_flow_run_deliver (self, lane, index);
      return;
    }

  while (step < n && try_lock (_g_flow_run_get_lock (self, index, step)))
    step++;

  if (step < n)
    {
      if (G_UNLIKELY (self->debug != NULL))
        _g_flow_run_debug_wait (self, index, _g_flow_run_get_lock (self, index, step));
      go_on (new_wait (self, index), step, lane);
      return;
    }
  if (n > 0)
    hold_locks (self, index);
  _g_flow_run_deliver (self, lane, index);
}

/* A ready node is about to run, as it was @judged. If it has given its locks back since
 * it became ready it needs them again: then TRUE, and it is delivered anew. */
gboolean
_g_flow_run_relock (GFlowRun       *self,
                    GFlowLane      *lane,
                    guint32         index,
                    GFlowNodeState  judged)
{
  if ((_g_flow_run_marks (self, index) & G_FLOW_MARK_UNLOCKED) == 0)
    return FALSE;

  _g_flow_run_unmark (self, index, G_FLOW_MARK_UNLOCKED);
  if (judged != G_FLOW_NODE_STATE_RUNNING)
    return FALSE;

  _g_flow_run_acquire_locks (self, lane, index);
  return TRUE;
}

/* Takes nodes that will not run any more, or not now, out of the queues of their locks,
 * and delivers them, to be ended or kept. In the owner context. */
void
_g_flow_run_withdraw_waits (GFlowRun *self)
{
  g_autoptr(GPtrArray) withdrawn = g_ptr_array_new_with_free_func (free_wait);

  _g_flow_mutex_lock (&self->mutex);
  for (GList *l = self->waits.head, *next; l != NULL; l = next)
    {
      GFlowWait *wait = l->data;

      next = l->next;
      if (!may_take (self, wait->index) &&
          _g_flow_lock_withdraw (_g_flow_run_get_lock (self, wait->index, wait->step),
                                 &wait->waiter))
        {
          end_wait_locked (wait);
          g_ptr_array_add (withdrawn, wait);
        }
    }
  _g_flow_mutex_unlock (&self->mutex);

  for (guint i = 0; i < withdrawn->len; i++)
    {
      GFlowWait *wait = withdrawn->pdata[i];

      release_steps (self, wait->index, wait->step);
      _g_flow_run_mark (self, wait->index, G_FLOW_MARK_UNLOCKED);
      _g_flow_run_deliver (self, _g_flow_run_context_lane (self), wait->index);
    }
  _g_flow_run_deliver_chosen (self, _g_flow_run_context_lane (self), FALSE);
}

/* The lock that a node waits for now. */
GFlowLock *
_g_flow_run_ref_awaited_lock (GFlowRun *self,
                              guint32   index)
{
  GFlowLock *lock = NULL;

  _g_flow_mutex_lock (&self->mutex);
  for (GList *l = self->waits.head; l != NULL && lock == NULL; l = l->next)
    {
      GFlowWait *wait = l->data;

      if (wait->index == index && !_g_flow_lock_wait_is_over (wait))
        lock = g_object_ref (_g_flow_run_get_lock (self, index, wait->step));
    }
  _g_flow_mutex_unlock (&self->mutex);
  return lock;
}
