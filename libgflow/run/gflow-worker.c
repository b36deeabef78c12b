/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-owner-private.h"

#include "gflow-context-private.h"
#include "gflow-debug-private.h"
#include "gflow-journal-private.h"
#include "gflow-record-private.h"
#include "gflow-scheduler-private.h"
#include "gflow-steps-private.h"
#include "gflow-turn-private.h"

/* Running nodes, and letting go what waits for them. The fast path is a plain
 * node: a sync body on a worker, no lock, nobody watching. It costs a call, two
 * bytes of state, and a countdown for each node that waits for it. */

/* Nodes between two looks at what came from elsewhere */
#define INBOX_INTERVAL 64
/* Nodes of a funnel that are held back, and counted off with the next one: no more, as
 * there is no look at the inbox meanwhile */
#define MAX_HELD (INBOX_INTERVAL - 1)

/* For the way of a plain node. To the compiler, what is merely unlikely happens one time in ten, and
 * may lie between what always happens: but that is fetched faster if it is in one piece. */
#define OFTEN(expression) __builtin_expect_with_probability (!!(expression), 1, 0.9999)
#define RARELY(expression) __builtin_expect_with_probability (!!(expression), 0, 0.9999)

/* What was left in the lane last. */
static inline gboolean
pop (GFlowRun  *self,
     GFlowLane *lane,
     guint32   *index,
     gboolean   alone)
{
  return alone || self->n_lanes == 1 ? g_flow_deque_pop_alone (&lane->deque, index)
                                     : g_flow_deque_pop (&lane->deque, index);
}

/* Counts @n upstreams of a node off. TRUE if it has become ready. With @alone no other
 * thread counts in this run. */
static inline gboolean
count_off (GFlowRunNode *waiting,
           guint32       n,
           gboolean      alone)
{
  /* Acquire and release: the one that counts down last sees what all the
   * others have done. Where @n is left nobody else counts, so that reading
   * it is enough; the acquire pairs with the countdowns of the others. */
  const guint32 pending = atomic_load_explicit (&waiting->pending, memory_order_acquire);

  if (pending == n)
    return TRUE;
  if (!alone)
    return atomic_fetch_sub_explicit (&waiting->pending, n, memory_order_acq_rel) == n;

  /* Relaxed: workers come to the one lane after each other, by the scheduler's mutex. */
  atomic_store_explicit (&waiting->pending, pending - n, memory_order_relaxed);
  return FALSE;
}

/* A plain node that has become ready, and waits for its turn. */
static inline void
push_ready (GFlowLane           *lane,
            GFlowRunNode        *run_node,
            const GFlowPlanNode *node,
            guint32              index)
{
  atomic_store_explicit (&run_node->state, G_FLOW_NODE_STATE_READY, memory_order_relaxed);
  g_flow_deque_push (&lane->deque, index);
  /* Where the graph is not in memory as it is run, waiting for it is most of the cost. */
  __builtin_prefetch (node);
}

/* Counts one upstream off for each of @successors. Of the plain nodes that become
 * ready the last one is returned, to go on with, and the others go to the
 * lane's deque. */
static inline guint32
release_successors (GFlowRun            *self,
                    GFlowLane           *lane,
                    const GFlowPlanNode *nodes,
                    GFlowRunNode        *run_nodes,
                    const guint32       *successors,
                    guint32              n_successors,
                    gboolean             alone)
{
  guint32 next = G_FLOW_NO_NODE;
  gboolean pushed = FALSE;

  for (const guint32 *end = successors + n_successors; successors < end; successors++)
    {
      GFlowRunNode *waiting = &run_nodes[*successors];

      if (!count_off (waiting, 1, alone))
        {
          __builtin_prefetch (&nodes[*successors]);
          continue;
        }

      if (RARELY (waiting->route != 0))
        {
          _g_flow_run_add_ready (lane, *successors);
          continue;
        }
      if (next != G_FLOW_NO_NODE)
        {
          push_ready (lane, &run_nodes[next], &nodes[next], next);
          pushed = TRUE;
        }
      next = *successors;
    }
  if (RARELY (lane->ready.n > 0))
    _g_flow_run_route_ready (self, lane, next != G_FLOW_NO_NODE);
  if (pushed && !alone && self->n_lanes > 1)
    {
      g_flow_deque_publish (&lane->deque);
      _g_flow_run_notify_work (self);
    }
  return next;
}

/* The one successor of a node has become ready. */
static inline guint32
go_on_with (GFlowRun     *self,
            GFlowLane    *lane,
            GFlowRunNode *run_nodes,
            guint32       successor)
{
  if (OFTEN (run_nodes[successor].route == 0))
    return successor;

  _g_flow_run_add_ready (lane, successor);
  _g_flow_run_route_ready (self, lane, FALSE);
  return G_FLOW_NO_NODE;
}

/* Counts off for a funnel what was held back. It cannot become ready by that: a
 * node that this lane is about to run or to end is missing. */
static void
count_off_held (GFlowRun            *self,
                GFlowLane           *lane,
                const GFlowPlanNode *node)
{
  const guint32 n_held = lane->n_held;

  lane->n_held = 0;
  atomic_fetch_sub_explicit (&self->nodes[node->successor].pending, n_held, memory_order_acq_rel);
}

/* @node is one of many that have the same successor, and no other. Where many threads
 * count such a successor off, one by one, they mostly wait for the cache line. But
 * as long as this lane goes on with another such node, it can count both off when that
 * one has ended: the successor cannot be ready before. Returns what to go on with. */
static guint32
count_off_together (GFlowRun            *self,
                    GFlowLane           *lane,
                    const GFlowPlanNode *node)
{
  const guint32 successor = node->successor;
  guint32 next;

  if (lane->n_held < MAX_HELD && g_flow_deque_peek (&lane->deque, &next) &&
      self->plan->nodes[next].n_successors == G_FLOW_SUCCESSORS_FUNNEL &&
      self->plan->nodes[next].successor == successor && pop (self, lane, &next, FALSE))
    {
      lane->n_held++;
      return next;
    }

  const guint32 n = lane->n_held + 1;

  lane->n_held = 0;
  return count_off (&self->nodes[successor], n, FALSE)
           ? go_on_with (self, lane, self->nodes, successor) : G_FLOW_NO_NODE;
}

/* What becomes ready elsewhere than on a worker's lane is routed. */
static void
release_elsewhere (GFlowRun      *self,
                   GFlowLane     *lane,
                   const guint32 *successors,
                   guint32        n_successors)
{
  for (guint32 i = 0; i < n_successors; i++)
    if (count_off (&self->nodes[successors[i]], 1, FALSE))
      _g_flow_run_add_ready (lane, successors[i]);
  if (lane->ready.n > 0)
    _g_flow_run_route_ready (self, lane, FALSE);
}

/* For a node that has not succeeded, or does not end on a worker's lane, or has many
 * successors. */
static guint32
release_attended (GFlowRun            *self,
                  GFlowLane           *lane,
                  const GFlowPlanNode *node,
                  gboolean             clean)
{
  guint32 n_successors;
  const guint32 *successors = _g_flow_plan_successors (self->plan, node, &n_successors);

  if (lane->n_held > 0)
    count_off_held (self, lane, node);
  for (guint32 i = 0; !clean && i < n_successors; i++)
    _g_flow_run_mark (self, successors[i], G_FLOW_MARK_UNCLEAN);
  if (!lane->context && !lane->beside)
    return release_successors (self, lane, self->plan->nodes, self->nodes, successors, n_successors,
                               FALSE);

  release_elsewhere (self, lane, successors, n_successors);
  return G_FLOW_NO_NODE;
}

/* Lets go what waits for a node that has succeeded on a worker. Nearly all nodes have
 * one successor, or a few. */
static inline guint32
release_plain (GFlowRun            *self,
               GFlowLane           *lane,
               const GFlowPlanNode *nodes,
               GFlowRunNode        *run_nodes,
               const GFlowPlanNode *node,
               gboolean             alone)
{
  const guint32 successor = node->successor;
  const guint n_successors = node->n_successors;

  if (OFTEN (n_successors == 1))
    return OFTEN (count_off (&run_nodes[successor], 1, alone))
             ? go_on_with (self, lane, run_nodes, successor) : G_FLOW_NO_NODE;
  if (G_LIKELY (n_successors < G_FLOW_SUCCESSORS_FUNNEL))
    return release_successors (self, lane, nodes, run_nodes, self->plan->successors + successor,
                               n_successors, alone);
  if (n_successors == G_FLOW_SUCCESSORS_FUNNEL)
    return count_off_together (self, lane, node);
  return release_attended (self, lane, node, TRUE);
}

/* Likewise, for a node that was not on the fast path. */
static guint32
release (GFlowRun            *self,
         GFlowLane           *lane,
         const GFlowPlanNode *node)
{
  return release_plain (self, lane, self->plan->nodes, self->nodes, node, FALSE);
}

/* A node ends on this lane, all but letting go what waits for it. */
static inline void
set_ended (GFlowLane      *lane,
           GFlowRunNode   *run_node,
           GFlowNodeState  state)
{
  /* Release: pairs with _g_flow_run_node_state(). */
  atomic_store_explicit (&run_node->state, state, memory_order_release);
  /* Relaxed: only this lane writes it, and others only look. */
  atomic_store_explicit (&lane->n_done,
                         atomic_load_explicit (&lane->n_done, memory_order_relaxed) + 1,
                         memory_order_relaxed);
}

static void
add_weight (GFlowRun  *self,
            GFlowLane *lane,
            guint32    index)
{
  /* Relaxed: only this lane writes it, and others only look. */
  atomic_store_explicit (&lane->weight,
                         atomic_load_explicit (&lane->weight, memory_order_relaxed) +
                           self->plan->weights[index],
                         memory_order_relaxed);
}

/* Lets go what waits for a node that was not on the fast path. */
static guint32
release_with_care (GFlowRun  *self,
                   GFlowLane *lane,
                   guint32    index,
                   gboolean   clean)
{
  const GFlowPlanNode *node = &self->plan->nodes[index];

  if ((_g_flow_run_marks (self, index) & G_FLOW_MARK_REVIVED) != 0)
    {
      _g_flow_run_end_revived (self, lane, index);
      return G_FLOW_NO_NODE;
    }
  return clean && !lane->context && !lane->beside ? release (self, lane, node)
                                                  : release_attended (self, lane, node, clean);
}

/* The node that this lane has taken does not end now. */
static void
let_go (GFlowRun  *self,
        GFlowLane *lane,
        guint32    index)
{
  if (lane->n_held > 0)
    count_off_held (self, lane, &self->plan->nodes[index]);
}

static void
release_locks (GFlowRun  *self,
               GFlowLane *lane,
               guint32    index)
{
  lane->ending = TRUE;
  _g_flow_run_release_locks (self, lane, index);
  lane->ending = FALSE;
}

/* The node that this lane has taken comes again, and holds nothing meanwhile. */
void
_g_flow_run_put_down (GFlowRun  *self,
                      GFlowLane *lane,
                      guint32    index)
{
  let_go (self, lane, index);
  if ((_g_flow_run_marks (self, index) & G_FLOW_MARK_LOCKED) == 0)
    return;

  release_locks (self, lane, index);
  _g_flow_run_unmark (self, index, G_FLOW_MARK_LOCKED);
  _g_flow_run_deliver_chosen (self, lane, FALSE);
  _g_flow_run_notify_delivered (self, lane, FALSE);
}

/* An attempt has failed, and another may follow. */
static void
keep_for_later (GFlowRun  *self,
                GFlowLane *lane,
                guint32    index)
{
  /* First, because it will be ended in the context, or on another lane: from now on this
   * one counts nodes off as if it was not alone. */
  _g_flow_run_steer (self);
  _g_flow_run_put_down (self, lane, index);
  _g_flow_run_set_aside (self, index);
}

/* A node that was not on the fast path is over: everybody may see it. */
static guint32
finish_attended_node (GFlowRun       *self,
                      GFlowLane      *lane,
                      guint32         index,
                      GFlowNodeState  state)
{
  const guint32 attention = atomic_load_explicit (&self->attention, memory_order_relaxed);
  const guint16 marks = _g_flow_run_marks (self, index);

  /* Locks go before anything that waits for the node can start. */
  if ((marks & G_FLOW_MARK_LOCKED) != 0)
    release_locks (self, lane, index);
  if ((attention & G_FLOW_ATTENTION_RECORDED) != 0)
    _g_flow_run_observe_end (self, index, state);
  /* Where the downstreams of one that has failed do not run, it may choose anew. */
  if ((marks & G_FLOW_MARK_CHOSE) != 0 &&
      (state != G_FLOW_NODE_STATE_FAILED || self->on_error == G_FLOW_ON_ERROR_IGNORE))
    _g_flow_run_apply_choice (self, index);
  if ((attention & G_FLOW_ATTENTION_RESULTS) != 0 && _g_flow_run_has_read (self, index, state))
    _g_flow_run_drop_results (self, lane, index);
  if ((marks & G_FLOW_MARK_WATCHED) != 0)
    {
      const GFlowNodeState before = _g_flow_run_node_state (self, index);

      /* A handler may wait for a lock that has been given to one of these. */
      if (lane->context)
        _g_flow_run_deliver_chosen (self, lane, FALSE);
      /* Handlers see what they are told. */
      atomic_store_explicit (&self->nodes[index].state, state, memory_order_release);
      _g_flow_run_tell (self, lane, index, state, before == G_FLOW_NODE_STATE_RUNNING);
    }

  lane->ending = TRUE;

  set_ended (lane, &self->nodes[index], state);
  if (self->plan->weights != NULL)
    add_weight (self, lane, index);

  const guint32 next = release_with_care (self, lane, index, state == G_FLOW_NODE_STATE_DONE);

  lane->ending = FALSE;
  if ((attention & G_FLOW_ATTENTION_RECORDED) != 0)
    _g_flow_run_note_end (self, index);
  _g_flow_run_notify_delivered (self, lane, next != G_FLOW_NO_NODE);
  if (_g_flow_run_is_heaped (self))
    _g_flow_run_deliver_chosen (self, lane, !lane->context);
  if (state == G_FLOW_NODE_STATE_FAILED || state == G_FLOW_NODE_STATE_SKIPPED)
    _g_flow_run_set_over (self, lane, index);
  if ((attention & G_FLOW_ATTENTION_DETACHED) != 0)
    _g_flow_passage_count_off (self, index);
  return next;
}

/* Ends a node that was not on the fast path. */
static G_GNUC_NO_INLINE guint32
end_attended_node (GFlowRun       *self,
                   GFlowLane      *lane,
                   guint32         index,
                   GFlowNodeState  state)
{
  const guint32 attention = atomic_load_explicit (&self->attention, memory_order_relaxed);
  const guint16 marks = _g_flow_run_marks (self, index);

  if ((marks & G_FLOW_MARK_GROWN) != 0)
    {
      /* First: the last part may end on another thread, and the node with it. */
      let_go (self, lane, index);
      if (!_g_flow_run_end_part (self, lane, index, &state))
        return G_FLOW_NO_NODE;
    }
  if ((attention & G_FLOW_ATTENTION_RECORDED) != 0)
    _g_flow_run_record_end (self, index);
  /* It is not over: there will be another attempt. */
  if (G_UNLIKELY (state == G_FLOW_NODE_STATE_WAITING))
    {
      keep_for_later (self, lane, index);
      if ((attention & G_FLOW_ATTENTION_RECORDED) != 0)
        _g_flow_run_note_change (self, index);
      return G_FLOW_NO_NODE;
    }

  /* Before anybody sees that it has ended. In the context that is not waited for. */
  if ((attention & G_FLOW_ATTENTION_JOURNAL) != 0 &&
      !_g_flow_journal_record (self, index, state, lane->context))
    return G_FLOW_NO_NODE;
  return finish_attended_node (self, lane, index, state);
}

/* Ends the nodes of the context that the journal has. In the context. */
void
_g_flow_run_end_recorded (GFlowRun *self)
{
  guint32 index;

  while (_g_flow_journal_pop_recorded (self, &index))
    finish_attended_node (self, _g_flow_run_context_lane (self), index, G_FLOW_NODE_STATE_DONE);
}

/* A node has become ready by the end of one in the context, and mostly is plain, too. */
static inline void
push_in_context (GFlowRun     *self,
                 GFlowLane    *lane,
                 GFlowRunNode *run_node,
                 guint32       index)
{
  /* Relaxed: who steers the run just now finds it in the queue, as others. */
  if (G_UNLIKELY (run_node->route != G_FLOW_ROUTE_CONTEXT ||
                  atomic_load_explicit (&self->attention, memory_order_relaxed) != 0))
    {
      _g_flow_run_route (self, lane, index);
      return;
    }

  atomic_store_explicit (&run_node->state, G_FLOW_NODE_STATE_READY, memory_order_relaxed);
  _g_flow_context_push (self, lane, index);
  /* From far away, to be near when it is fetched ahead. */
  __builtin_prefetch (&self->plan->nodes[index]);
}

/* A plain node of the context, which may have locks, has succeeded. What becomes ready is routed
 * in the order in which it was added, as everywhere. */
static inline void
end_plain (GFlowRun  *self,
           GFlowLane *lane,
           guint32    index)
{
  /* Without workers nodes end in the context only. */
  const gboolean alone = self->n_lanes == 0;
  GFlowRunNode *const nodes = self->nodes;
  guint32 n_successors;
  const guint32 *successors = _g_flow_plan_successors (self->plan, &self->plan->nodes[index],
                                                       &n_successors);

  lane->ending = TRUE;
  if (G_UNLIKELY ((_g_flow_run_marks (self, index) & G_FLOW_MARK_LOCKED) != 0))
    _g_flow_run_release_locks (self, lane, index);
  set_ended (lane, &nodes[index], G_FLOW_NODE_STATE_DONE);
  for (guint32 i = n_successors; i-- > 0;)
    if (count_off (&nodes[successors[i]], 1, alone))
      push_in_context (self, lane, &nodes[successors[i]], successors[i]);
  lane->ending = FALSE;
  if (G_UNLIKELY (_g_flow_run_is_heaped (self)))
    _g_flow_run_deliver_chosen (self, lane, FALSE);
}

void
_g_flow_run_end_plain (GFlowRun *self,
                       guint32   index)
{
  end_plain (self, _g_flow_run_context_lane (self), index);
}

guint32
_g_flow_run_end_node (GFlowRun       *self,
                      GFlowLane      *lane,
                      guint32         index,
                      GFlowNodeState  state)
{
  /* It has left its worker, and the run may have no inbox. */
  if (lane->context && g_flow_inbox_mail (&self->inbox) == NULL &&
      (self->nodes[index].route & G_FLOW_ROUTE_CONTEXT) == 0)
    _g_flow_run_steer (self);
  return end_attended_node (self, lane, index, state);
}

/* Bodies */

/* How a node ends whose body has returned @ok. Takes @error. */
static G_GNUC_NO_INLINE GFlowNodeState
get_outcome (GFlowRun *self,
             guint32   index,
             gboolean  ok,
             GError   *error)
{
  if (!ok)
    return _g_flow_run_fail_node (self, index, error);

  /* It says that it succeeded: that counts. */
  g_clear_error (&error);
  return _g_flow_run_end_attempt (self, index);
}

/* The node of a body ends on the lane, whose thread it is that has called it. */
guint32
_g_flow_run_end_on_lane (GFlowRun  *self,
                         GFlowLane *lane,
                         guint32    index,
                         gboolean   ok,
                         GError    *error)
{
  return end_attended_node (self, lane, index, get_outcome (self, index, ok, error));
}

/* Whether nothing of the run or the node asks for attention but that this holds locks. */
static inline gboolean
is_only_locked (GFlowRun *self,
                guint32   index)
{
  /* Relaxed, as for plain nodes. */
  return atomic_load_explicit (&self->attention, memory_order_relaxed) == 0 &&
         _g_flow_run_marks (self, index) == G_FLOW_MARK_LOCKED;
}

/* Counts as so many hungry runs while a thread goes back that has lent its lane: more than
 * count_others() takes off, which may do so before the run itself is counted. */
#define HAS_LENT 2

/* A body has returned @ok, and something asks for attention. Takes @error. */
static G_GNUC_NO_INLINE guint32
end_body (GFlowRun  *self,
          GFlowLane *lane,
          guint32    index,
          gboolean   ok,
          GError    *error)
{
  /* Relaxed: if the lane was lent, this thread has set it. */
  const guint32 attention = atomic_load_explicit (&self->attention, memory_order_relaxed);

  if ((attention & G_FLOW_ATTENTION_STEERED) != 0 && _g_flow_frame->lane != lane)
    {
      _g_flow_run_end_beside (self, index, ok, error);
      /* So that the thread has no turn any more: see look_whether_turn_is_over(). */
      atomic_fetch_add_explicit (&_g_flow_n_hungry, HAS_LENT, memory_order_relaxed);
      return G_FLOW_NO_NODE;
    }
  return _g_flow_run_end_on_lane (self, lane, index, ok, error);
}

static inline gboolean
call_body (GFlowRun             *self,
           const GFlowPlanNode  *node,
           GError              **error)
{
  if (RARELY (node->body == NULL))
    return TRUE;

  return ((GFlowFunc) node->body) (node->node, self, node->user_data, error);
}

/* Runs what comes next in the context as long as it is plain functions, which may have locks, and not
 * more than @n_most. The @frame of the run, which is on top, serves their bodies: one for each would be
 * as many stores as the rest. Returns how many it has run. */
guint
_g_flow_run_run_functions (GFlowRun   *self,
                           GFlowFrame *frame,
                           guint       n_most)
{
  GFlowLane *lane = frame->lane;
  guint32 index;
  guint n = 0;

  while (n < n_most && _g_flow_context_peek (self, lane, &index) &&
         _g_flow_context_is_plain (self, index) && _g_flow_context_has_no_cancellables (self))
    {
      const GFlowPlanNode *node = &self->plan->nodes[index];
      GError *error = NULL;

      if (node->kind != G_FLOW_NODE_KIND_FUNC)
        break;

      _g_flow_context_pop (self, lane, &index);
      n++;
      /* Relaxed: nobody decides by it but this thread. */
      atomic_store_explicit (&self->nodes[index].state, G_FLOW_NODE_STATE_RUNNING,
                             memory_order_relaxed);
      _g_flow_frame_enter_body (frame, node->node);

      const gboolean ok = call_body (self, node, &error);

      if (G_UNLIKELY (!ok || error != NULL || frame->deferred ||
                      !_g_flow_context_is_unattended (self, index) ||
                      !_g_flow_context_has_no_cancellables (self)))
        {
          _g_flow_run_leave_function (self, frame, index, ok, error);
          continue;
        }
      _g_flow_frame_leave_body (frame);
      end_plain (self, lane, index);
    }
  return n;
}

/* Runs a node that has locks, and nothing else that would make it other than plain. */
static guint32
run_locked_node (GFlowRun  *self,
                 GFlowLane *lane,
                 guint32    index)
{
  const GFlowPlanNode *node = &self->plan->nodes[index];
  GFlowRunNode *run_node = &self->nodes[index];
  GError *error = NULL;
  guint32 next;

  atomic_store_explicit (&run_node->state, G_FLOW_NODE_STATE_RUNNING, memory_order_relaxed);

  const gboolean ok = call_body (self, node, &error);

  /* As for a plain node. */
  if (G_UNLIKELY (!ok || error != NULL || !is_only_locked (self, index)))
    return end_body (self, lane, index, ok, error);

  lane->ending = TRUE;
  _g_flow_run_release_locks (self, lane, index);
  set_ended (lane, run_node, G_FLOW_NODE_STATE_DONE);
  next = release (self, lane, node);
  lane->ending = FALSE;
  _g_flow_run_notify_delivered (self, lane, next != G_FLOW_NO_NODE);
  if (_g_flow_run_is_heaped (self))
    _g_flow_run_deliver_chosen (self, lane, TRUE);
  return next;
}

/* In a run that is steered every node goes through the heap, which alone knows what
 * comes next, and whether anything does. */
static gboolean
goes_to_heap (GFlowRun  *self,
              GFlowLane *lane)
{
  const gboolean from_heap = lane->from_heap;

  lane->from_heap = FALSE;
  return !from_heap && _g_flow_run_is_heaped (self);
}

/* Runs a node that is not plain, or a run that is not. */
static G_GNUC_NO_INLINE guint32
run_attended_node (GFlowRun  *self,
                   GFlowLane *lane,
                   guint32    index)
{
  if (is_only_locked (self, index))
    return run_locked_node (self, lane, index);

  if (goes_to_heap (self, lane))
    {
      let_go (self, lane, index);
      _g_flow_run_push_to_heap (self, index);
      return G_FLOW_NO_NODE;
    }

  /* It may come again, on another thread before this one knows. */
  if ((_g_flow_run_marks (self, index) & (G_FLOW_MARK_UNCLEAN | G_FLOW_MARK_UNLOCKED)) != 0)
    let_go (self, lane, index);

  GFlowNodeState state = _g_flow_run_judge_ready (self, lane, index);

  if (state == G_FLOW_NODE_STATE_WAITING)
    return G_FLOW_NO_NODE;
  if (_g_flow_run_relock (self, lane, index, state))
    {
      _g_flow_run_deliver_chosen (self, lane, FALSE);
      return G_FLOW_NO_NODE;
    }

  if (G_UNLIKELY (self->debug != NULL) && state == G_FLOW_NODE_STATE_RUNNING)
    {
      /* As above. */
      let_go (self, lane, index);
      if (_g_flow_run_debug_delay (self, index))
        return G_FLOW_NO_NODE;
    }

  if (state == G_FLOW_NODE_STATE_RUNNING)
    {
      atomic_store_explicit (&self->nodes[index].state, state, memory_order_relaxed);
      if (_g_flow_run_is_recorded (self))
        _g_flow_run_record_start (self, lane, index);
      if ((_g_flow_run_marks (self, index) & G_FLOW_MARK_WATCHED) != 0)
        _g_flow_run_tell (self, lane, index, state, FALSE);

      _g_flow_run_begin_attempt (self, index);
      if (G_UNLIKELY (self->debug != NULL))
        state = _g_flow_run_debug_body (self, index);
      if (state == G_FLOW_NODE_STATE_RUNNING)
        {
          GError *error = NULL;
          const gboolean ok = call_body (self, &self->plan->nodes[index], &error);

          return end_body (self, lane, index, ok, error);
        }
    }
  else if ((_g_flow_run_marks (self, index) & G_FLOW_MARK_POLICY) != 0)
    {
      state = _g_flow_run_end_untried (self, index, state);
    }
  return end_attended_node (self, lane, index, state);
}

/* Taking turns */

/* Who waits for a turn, but for this run itself: it mostly waits for a worker that has been
 * called, and needs some time to come. With @alone, where a worker is there it is not hungry.
 * Relaxed: it is only a look. */
static inline guint
count_others (GFlowRun *self,
              gboolean  alone)
{
  const guint n_hungry = atomic_load_explicit (&_g_flow_n_hungry, memory_order_relaxed);

  return alone ? n_hungry
               : n_hungry - (guint) atomic_load_explicit (&self->hungry, memory_order_relaxed);
}

/* Whether it is worth while to ask if the worker has had its turn. */
static inline gboolean
is_wanted_elsewhere (GFlowRun *self,
                     gboolean  alone)
{
  return (count_others (self, alone) |
          (guint) atomic_load_explicit (&self->posted, memory_order_relaxed)) != 0;
}

/* Whether the worker has had its turn; or, if it is the thread of the owner
 * context, has something to do there; or has lent the lane, which is another's now. */
static G_GNUC_NO_INLINE gboolean
look_whether_turn_is_over (GFlowRun  *self,
                           GFlowLane *lane)
{
  if (_g_flow_frame->lane != lane)
    {
      /* As end_body() has said. */
      atomic_fetch_sub_explicit (&_g_flow_n_hungry, HAS_LENT, memory_order_relaxed);
      return TRUE;
    }
  if (lane->caller && atomic_load_explicit (&self->posted, memory_order_relaxed))
    return TRUE;
  return count_others (self, FALSE) > 0 && g_flow_turn_is_over (&lane->turn);
}

static inline gboolean
is_turn_over (GFlowRun  *self,
              GFlowLane *lane,
              gboolean   alone)
{
  return RARELY (is_wanted_elsewhere (self, alone)) && look_whether_turn_is_over (self, lane);
}

/* What the node after this one will look at. If it has one successor the address is of
 * no use, and does no harm. */
static inline void
fetch_ahead (GFlowRun            *self,
             GFlowLane           *lane,
             const GFlowPlanNode *nodes)
{
  guint32 next;

  if (g_flow_deque_peek (&lane->deque, &next))
    __builtin_prefetch (self->plan->successors + nodes[next].successor);
}

/* The worker leaves, and was about to run this. */
static void
leave_for_later (GFlowRun  *self,
                 GFlowLane *lane,
                 guint32    index)
{
  let_go (self, lane, index);
  g_flow_deque_push (&lane->deque, index);
  g_flow_deque_publish (&lane->deque);
}

/* Whether the worker should see what came from elsewhere before it goes on. */
static inline gboolean
is_time_to_look (GFlowLane *lane)
{
  return atomic_load_explicit (&lane->n_done, memory_order_relaxed) - lane->n_done_at_look >=
         INBOX_INTERVAL;
}

static gboolean
look_elsewhere (GFlowRun  *self,
                GFlowLane *lane,
                guint32   *index)
{
  lane->n_done_at_look = atomic_load_explicit (&lane->n_done, memory_order_relaxed);
  if (_g_flow_run_pop_inbox (self, lane, index))
    return TRUE;
  _g_flow_help_consider (self, lane);
  return FALSE;
}

/* Runs a node, then what becomes ready by it, one after the other, as long as they are plain
 * and nobody wants the worker elsewhere. Returns what to go on with. The run is asked for anew
 * where something of it is needed: or the compiler would keep all these addresses, and has no
 * registers for so many. */
static inline guint32
run_plain (GFlowLane           *lane,
           const GFlowPlanNode *nodes,
           GFlowRunNode        *run_nodes,
           guint32              index,
           gboolean             alone)
{
  GFlowRun *self;
  GError *error = NULL;

  do
    {
      const GFlowPlanNode *node = &nodes[index];
      GFlowRunNode *run_node = &run_nodes[index];

      self = lane->run;
      /* Relaxed, and so below: what is to be seen was set by this thread, or before the node became
       * ready. With other threads that may be since the body before this one, whose attention was
       * looked at: one that it waits for, too, has cancelled the run, and must be the last. */
      if (RARELY (((alone ? 0 : atomic_load_explicit (&self->attention, memory_order_relaxed)) |
                   atomic_load_explicit (&run_node->marks, memory_order_relaxed)) != 0))
        return run_attended_node (self, lane, index);

      atomic_store_explicit (&run_node->state, G_FLOW_NODE_STATE_RUNNING, memory_order_relaxed);

      const gboolean ok = call_body (self, node, &error);

      self = lane->run;
      /* The body may have set the first result. */
      if (RARELY (!ok) ||
          RARELY (((guintptr) error |
                   atomic_load_explicit (&self->attention, memory_order_relaxed)) != 0))
        return end_body (self, lane, node - self->plan->nodes, ok, error);

      set_ended (lane, run_node, G_FLOW_NODE_STATE_DONE);
      index = release_plain (self, lane, nodes, run_nodes, node, alone);
    }
  while (index != G_FLOW_NO_NODE && OFTEN (!is_wanted_elsewhere (self, alone)));
  return index;
}

/* Runs a node, then what becomes ready by it, then what the lane has, as long as it is
 * not time to look elsewhere. FALSE if others should have a turn. */
static inline gboolean
run_own (GFlowRun  *self,
         GFlowLane *lane,
         guint32    index,
         gboolean   alone)
{
  const GFlowPlanNode *const nodes = self->plan->nodes;
  GFlowRunNode *const run_nodes = self->nodes;

  do
    {
      fetch_ahead (self, lane, nodes);
      do
        {
          /* Relaxed: it is set at any time. */
          if (RARELY (atomic_load_explicit (&self->attention, memory_order_relaxed) != 0))
            index = run_attended_node (self, lane, index);
          else
            index = run_plain (lane, nodes, run_nodes, index, alone);
          if (is_turn_over (self, lane, alone))
            {
              if (index != G_FLOW_NO_NODE)
                leave_for_later (self, lane, index);
              return FALSE;
            }
        }
      while (index != G_FLOW_NO_NODE);
    }
  while (!is_time_to_look (lane) && pop (self, lane, &index, alone));
  return TRUE;
}

/* Not inline, so that the compiler has registers for what all nodes need. */
static G_GNUC_NO_INLINE gboolean
run_alone (GFlowRun  *self,
           GFlowLane *lane,
           guint32    index)
{
  return run_own (self, lane, index, TRUE);
}

static G_GNUC_NO_INLINE gboolean
run_together (GFlowRun  *self,
              GFlowLane *lane,
              guint32    index)
{
  return run_own (self, lane, index, FALSE);
}

/* Works on the run until nothing is left to find, or others should have a turn. */
void
_g_flow_run_work (GFlowRun  *self,
                  GFlowLane *lane)
{
  guint32 index;
  const gboolean alone = self->alone;
  gboolean found;

  _g_flow_help_begin (&lane->help);
  lane->turn = (GFlowTurn) { 0 };
  lane->n_done_at_look = atomic_load_explicit (&lane->n_done, memory_order_relaxed);
  found = pop (self, lane, &index, alone) || _g_flow_run_find_node (self, lane, &index);

  /* Whoever was called before has come: this one, who calls the next if there
   * is more, also if it lay in the lane already. */
  if (found && self->n_lanes > 1 && _g_flow_run_has_work (self))
    _g_flow_run_notify_work (self);

  while (found && (alone ? run_alone (self, lane, index)
                         : run_together (self, lane, index)))
    found = (is_time_to_look (lane) && look_elsewhere (self, lane, &index)) ||
            pop (self, lane, &index, alone) || _g_flow_run_find_node (self, lane, &index);
}

/* Leaves nothing on the lane of this thread that it would have to do itself, though a body
 * that it has called goes on. What is to be counted off with its node still is. */
void
_g_flow_run_clear_lane (GFlowFrame *frame)
{
  GFlowRun *self = frame->run;
  GFlowLane *lane = frame->lane;

  /* First: from now on nobody counts nodes off as if it was alone. */
  _g_flow_run_steer (self);
  frame->n_held = lane->n_held;
  lane->n_held = 0;
  _g_flow_run_settle (self, lane);
}

/* Takes what has ended on the lane off the number that remains. TRUE if that
 * was the last of the run. */
gboolean
_g_flow_run_settle (GFlowRun  *self,
                    GFlowLane *lane)
{
  const guint32 n_done = atomic_load_explicit (&lane->n_done, memory_order_relaxed);
  const guint32 n = n_done - lane->n_settled;

  lane->n_settled = n_done;
  /* Sequentially consistent, and so release: the one who sees 0 sees all that
   * the nodes have done. */
  return n > 0 &&
         atomic_fetch_sub_explicit (&self->remaining, n, memory_order_seq_cst) == n;
}
