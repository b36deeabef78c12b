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

/* Gives back the first @n_steps of its locks. Returns who has got them. */
static GFlowWaiter *
give_steps_back (GFlowRun *self,
                 guint32   index,
                 guint     n_steps)
{
  GFlowWaiter *granted = NULL;

  while (n_steps > 0)
    granted = _g_flow_lock_concat (
      granted, _g_flow_lock_give_back (_g_flow_run_get_lock (self, index, --n_steps)));
  return granted;
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

/* The lane of this run that this thread is on, if it is on one. */
static GFlowLane *
current_lane (GFlowRun *self)
{
  return _g_flow_frame != NULL && _g_flow_frame->run == self ? _g_flow_frame->lane : NULL;
}

/* Whether the node is still to run, and now. If not it holds no lock meanwhile. */
static inline gboolean
may_take (GFlowRun *self,
          guint32   index)
{
  /* Sequentially consistent: see _g_flow_run_withdraw_waits(). */
  if (G_LIKELY ((atomic_load_explicit (&self->attention, memory_order_seq_cst) &
                 (G_FLOW_ATTENTION_HALTED | G_FLOW_ATTENTION_PAUSED)) == 0 &&
                (_g_flow_run_marks (self, index) & G_FLOW_MARK_CANCELLED) == 0))
    return TRUE;
  return _g_flow_run_may_run (self, index) && !_g_flow_run_is_paused (self);
}

/* The waits of all nodes, made when the first one has to wait. Those of a node are when it has to. */
static GFlowLockWait *
ensure_waits (GFlowRun *self)
{
  /* Acquire: pairs with the release of whoever made them. */
  GFlowLockWait *waits = atomic_load_explicit (&self->waits, memory_order_acquire);

  if (G_UNLIKELY (waits == NULL))
    {
      const GFlowPlan *plan = self->plan;
      const gsize n = (plan->locks != NULL ? plan->locks->len : 0) +
                      (self->parallel_lock != NULL ? plan->n_nodes : 0);
      GFlowLockWait *made = g_new0 (GFlowLockWait, n);

      if (atomic_compare_exchange_strong_explicit (&self->waits, &waits, made,
                                                   memory_order_acq_rel, memory_order_acquire))
        return made;
      g_free (made);
    }
  return waits;
}

/* Of those the node's, one for each of its locks. */
static GFlowLockWait *
first_wait (GFlowRun *self,
            guint32   index)
{
  const guint32 *first = self->plan->first_lock;

  return ensure_waits (self) + (first != NULL ? first[index] : 0) +
         (self->parallel_lock != NULL ? index : 0);
}

static inline guint
get_step (const GFlowLockWait *wait)
{
  return _g_flow_run_count_locks (wait->run, wait->waiter.index) - 1 - wait->n_left;
}

/* The node has all of them. */
static inline void
start (GFlowRun  *self,
       GFlowLane *lane,
       guint32    index)
{
  if (_g_flow_run_is_recorded (self))
    _g_flow_run_record_locked (self, index);
  if (G_UNLIKELY (self->debug != NULL))
    _g_flow_run_debug_hold (self, index);
  _g_flow_run_deliver (self, lane, index);
}

/* It has the first @n_steps, gives them back, and is delivered to be ended or kept. Returns who has
 * got locks by that. */
static GFlowWaiter *
stop (GFlowRun  *self,
      GFlowLane *lane,
      guint32    index,
      guint      n_steps)
{
  GFlowWaiter *others = give_steps_back (self, index, n_steps);

  _g_flow_run_unmark (self, index, G_FLOW_MARK_LOCKED);
  _g_flow_run_mark (self, index, G_FLOW_MARK_UNLOCKED);
  _g_flow_run_deliver (self, lane, index);
  return others;
}

typedef enum
{
  STEP_TAKEN,
  STEP_QUEUED,  /* then another thread may have the node already */
  STEP_STOPPED, /* the node is not to run any more, or not now */
} Step;

/* Takes the lock, or queues the node there. Then either it is seen here that the node is to
 * stop, or whoever says so sees it in the queue: see _g_flow_run_withdraw_waits(). */
static Step
take_step (GFlowLockWait  *wait,
           GFlowWaiter   **others)
{
  GFlowRun *run = wait->run;
  const guint32 index = wait->waiter.index;
  GFlowLock *lock = _g_flow_run_get_lock (run, index, get_step (wait));

  if (_g_flow_lock_enter (lock, &wait->waiter))
    return STEP_TAKEN;
  return may_take (run, index) || !_g_flow_lock_withdraw (lock, &wait->waiter, others)
           ? STEP_QUEUED : STEP_STOPPED;
}

/* The node goes on to the lock that it is to wait for next. Delivers it unless it does. Returns
 * who has got locks by that. */
static GFlowWaiter *
go_on (GFlowLockWait *wait,
       GFlowLane     *lane)
{
  GFlowRun *run = wait->run;
  const guint32 index = wait->waiter.index;
  GFlowWaiter *others = NULL;
  Step last;

  /* In a thread that is on no lane of the run this keeps it from ending, which takes the
   * mutex: as soon as the node is queued it may be over. */
  if (lane == NULL)
    _g_flow_mutex_lock (&run->mutex);
  while ((last = take_step (wait, &others)) == STEP_TAKEN && wait->n_left > 0)
    wait++;
  if (lane == NULL)
    _g_flow_mutex_unlock (&run->mutex);

  if (last == STEP_TAKEN)
    start (run, lane, index);
  else if (last == STEP_STOPPED)
    others = _g_flow_lock_concat (stop (run, lane, index, get_step (wait)), others);
  return others;
}

/* A node has got the lock that it waited for. */
static inline GFlowWaiter *
go_on_granted (GFlowLockWait *wait,
               GFlowLane     *lane)
{
  if (wait->n_left > 0)
    return go_on (wait + 1, lane);

  start (wait->run, lane, wait->waiter.index);
  return NULL;
}

static GFlowWaiter *
granted (GFlowWaiter *waiter)
{
  GFlowRun *run = ((GFlowLockWait *) waiter)->run;
  GFlowLane *lane = current_lane (run);
  GFlowWaiter *others = go_on_granted ((GFlowLockWait *) waiter, lane);

  /* After the end of the node that had the lock, it goes with what waited for that. */
  if (lane != NULL && !lane->ending)
    _g_flow_run_deliver_chosen (run, lane, FALSE);
  return others;
}

/* Gives all of them back: to whoever waits, before anything else happens. Who is on @lane
 * delivers what it has chosen. */
void
_g_flow_run_release_locks (GFlowRun  *self,
                           GFlowLane *lane,
                           guint32    index)
{
  GFlowWaiter *others = give_steps_back (self, index, _g_flow_run_count_locks (self, index));

  /* Mostly it is a node of the same run. */
  while (others != NULL && others->grant == granted && ((GFlowLockWait *) others)->run == self)
    {
      GFlowWaiter *rest = others->next;

      others = _g_flow_lock_concat (go_on_granted ((GFlowLockWait *) others, lane), rest);
    }
  _g_flow_lock_grant (others);
}

/* The node waits from now on, first for the lock of @step. Others may look just now whether it is in
 * a queue, from when it waited before: what tells that is the lock's. */
static GFlowLockWait *
begin_waiting (GFlowRun *self,
               guint32   index,
               guint     step)
{
  const guint n = _g_flow_run_count_locks (self, index);
  GFlowLockWait *waits = first_wait (self, index);

  for (guint i = 0; i < n; i++)
    {
      waits[i].waiter.grant = granted;
      waits[i].waiter.index = index;
      waits[i].run = self;
      waits[i].n_left = n - 1 - i;
    }
  if (G_UNLIKELY (self->debug != NULL))
    _g_flow_run_debug_wait (self, index, _g_flow_run_get_lock (self, index, step));
  /* Relaxed: goes with the mark. */
  atomic_store_explicit (&self->nodes[index].state, G_FLOW_NODE_STATE_LOCKED,
                         memory_order_relaxed);
  /* Sequentially consistent: see _g_flow_run_withdraw_waits(). */
  atomic_fetch_or_explicit (&self->nodes[index].marks, G_FLOW_MARK_LOCKED, memory_order_seq_cst);
  if (_g_flow_run_is_recorded (self))
    _g_flow_run_note_change (self, index);
  return waits + step;
}

/* A node is ready but for its locks. Delivers it, now or later. */
void
_g_flow_run_acquire_locks (GFlowRun  *self,
                           GFlowLane *lane,
                           guint32    index)
{
  const guint n = _g_flow_run_count_locks (self, index);
  guint step = 0;

  if (n == 0 || _g_flow_run_is_paused (self))
    {
      if (n > 0)
        _g_flow_run_mark (self, index, G_FLOW_MARK_UNLOCKED);
      _g_flow_run_deliver (self, lane, index);
      return;
    }

  while (step < n && _g_flow_lock_try_enter (_g_flow_run_get_lock (self, index, step)))
    step++;
  if (step < n)
    {
      _g_flow_lock_grant (go_on (begin_waiting (self, index, step), lane));
    }
  else
    {
      _g_flow_run_mark (self, index, G_FLOW_MARK_LOCKED);
      start (self, lane, index);
    }
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

/* Whether the node waits for its locks: then it is in the queue of one of them, or about
 * to be, or has just got it. */
static gboolean
is_waiting (GFlowRun *self,
            guint32   index)
{
  /* Sequentially consistent: see below. */
  return (atomic_load_explicit (&self->nodes[index].marks, memory_order_seq_cst) &
          G_FLOW_MARK_LOCKED) != 0 &&
         _g_flow_run_node_state (self, index) == G_FLOW_NODE_STATE_LOCKED;
}

/* Takes a node out of the queue that it is in, if it is in one and is to stop, and delivers it. */
static void
withdraw (GFlowRun  *self,
          GFlowLane *lane,
          guint32    index)
{
  GFlowWaiter *others = NULL;

  if (!is_waiting (self, index) || may_take (self, index))
    return;

  const guint n = _g_flow_run_count_locks (self, index);
  GFlowLockWait *wait = first_wait (self, index);
  gboolean withdrawn = FALSE;

  for (guint step = 0; step < n && !withdrawn; step++, wait++)
    {
      withdrawn = _g_flow_lock_withdraw (_g_flow_run_get_lock (self, index, step), &wait->waiter,
                                         &others);
      if (withdrawn)
        others = _g_flow_lock_concat (stop (self, lane, index, step), others);
    }
  _g_flow_lock_grant (others);
}

/* The node was cancelled, and will not run if it waits. In any thread, which has a reference to
 * the run: this does not end before what was taken out of a queue is delivered. */
void
_g_flow_run_withdraw_wait (GFlowRun *self,
                           guint32   index)
{
  withdraw (self, NULL, index);
}

/* Takes nodes that will not run any more, or not now, out of the queues of their locks,
 * and delivers them, to be ended or kept. In the owner context, after the halt or the pause, and
 * only once after each, as it looks at all nodes: who begins to wait later sees it.
 *
 * No node stays in a queue. One that begins to wait is marked, then queued, and then looks whether
 * it is to stop; here it is first said that it is to stop, then looked at the mark, and then into
 * the queues of its locks. The mark and attention are changed and looked at sequentially consistent:
 * if the mark is not seen here, the node sees that it is to stop when it looks. If it is seen, then
 * the node was queued in a lock before it was looked for there, and is found, or has got that
 * lock; or it is queued there later, and sees that it is to stop: _g_flow_lock_withdraw(). */
void
_g_flow_run_withdraw_waits (GFlowRun *self)
{
  GFlowLane *lane = _g_flow_run_context_lane (self);

  if (self->plan->locks == NULL && self->parallel_lock == NULL)
    return;
  /* Acquire: pairs with the release of who has halted or paused the run. */
  if (!atomic_exchange_explicit (&self->withdraw_posted, FALSE, memory_order_acquire))
    return;

  for (guint32 i = 0; i < self->plan->n_nodes; i++)
    withdraw (self, lane, i);
  _g_flow_run_deliver_chosen (self, lane, FALSE);
}

/* Which of its locks a node waits for now; G_MAXUINT if for none. */
guint
_g_flow_run_find_awaited_step (GFlowRun *self,
                               guint32   index)
{
  if (is_waiting (self, index))
    {
      const guint n = _g_flow_run_count_locks (self, index);
      GFlowLockWait *wait = first_wait (self, index);

      for (guint step = 0; step < n; step++, wait++)
        if (_g_flow_lock_has_waiter (_g_flow_run_get_lock (self, index, step), &wait->waiter))
          return step;
    }
  return G_MAXUINT;
}

/* The lock that a node waits for now. */
GFlowLock *
_g_flow_run_ref_awaited_lock (GFlowRun *self,
                              guint32   index)
{
  const guint step = _g_flow_run_find_awaited_step (self, index);

  return step != G_MAXUINT ? g_object_ref (_g_flow_run_get_lock (self, index, step)) : NULL;
}
