/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-owner-private.h"

#include "gflow-scheduler-private.h"
#include "graph/gflow-error.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* The block of a run */

#define LINE 128
/* Slots in the deques of a run, all together: many threads help a large run less
 * than it would cost to have a deque for each. */
#define MAX_SLOTS ((gsize) 1 << 27)
/* Nodes whose inboxes are in the block */
#define MAX_MAIL_INSIDE 256
/* Bytes of a block that the next run may have */
#define MAX_KEPT 32768

static gsize
take_bytes (gsize *size,
            gsize  n_items,
            gsize  item_size)
{
  const gsize offset = *size;

  *size = (offset + n_items * item_size + LINE - 1) / LINE * LINE;
  return offset;
}

/* Where there is no @place for it, it is apart: zeroed pages that the system has not given yet cost
 * nothing. */
static gpointer
new_mail (gsize n_nodes,
          char *place)
{
  if (n_nodes == 0)
    return NULL;
  return place != NULL ? memset (place, 0, g_flow_inbox_size (n_nodes))
                       : g_malloc0 (g_flow_inbox_size (n_nodes));
}

static void
free_mail (GFlowRun   *self,
           GFlowInbox *inbox)
{
  const guintptr mail = (guintptr) g_flow_inbox_mail (inbox);

  if (mail != 0 && mail - (guintptr) self->block >= self->block_size)
    g_free ((gpointer) mail);
}

static void
take_block (GFlowRun *self,
            gsize     size)
{
  if (self->block_size >= size)
    return;

  g_free (self->block);
  self->block = g_malloc (size);
  self->block_size = size;
}

void
_g_flow_lane_clear (GFlowLane *lane)
{
  g_clear_pointer (&lane->ready.items, g_free);
  g_clear_pointer (&lane->chosen[0].items, g_free);
  g_clear_pointer (&lane->chosen[1].items, g_free);
}

static void
free_lanes (GFlowRun *self)
{
  for (guint i = 0; self->lanes != NULL && i <= self->n_lanes; i++)
    _g_flow_lane_clear (&self->lanes[i]);
  self->lanes = NULL;
}

/* All that the nodes of a run need, in one piece, unless the plan has memory for the nodes. Of the
 * slots only those that are used are ever touched, and cost memory. */
void
_g_flow_run_alloc_state (GFlowRun *self,
                         guint     n_lanes)
{
  GFlowPlan *plan = self->plan;
  const gsize n = plan->n_nodes, n_workers = n - plan->n_context;

  n_lanes = CLAMP (MAX_SLOTS / MAX (n_workers, 1), MIN (n_lanes, 2), n_lanes);

  /* Whether nodes become ready elsewhere than on a worker of the run. */
  const gboolean mixed = plan->n_routed_roots > 0 || plan->n_context > 0 ||
                         plan->locks != NULL || self->parallel_lock != NULL ||
                         self->outcomes != NULL || self->journal != NULL;
  /* Whether others make nodes of the context ready: they end there, but locks may be handed over. */
  const gboolean from_elsewhere = n_workers > 0 || plan->locks != NULL || self->parallel_lock != NULL;
  const gboolean mail_fits = mixed && n <= MAX_MAIL_INSIDE;
  gpointer spare = _g_flow_plan_take_spare (plan);
  gsize size = 0;
  const gsize lanes_at = take_bytes (&size, (gsize) n_lanes + 1, sizeof (GFlowLane));
  const gsize nodes_at = take_bytes (&size, spare == NULL ? n : 0, sizeof (GFlowRunNode));
  const gsize slots_at = take_bytes (&size, n_workers * n_lanes, sizeof (guint32));
  const gsize mail_at = take_bytes (&size, mail_fits, g_flow_inbox_size (n_workers));
  const gsize context_mail_at = take_bytes (&size, mail_fits, g_flow_inbox_size (plan->n_context));
  const gsize queue_at = take_bytes (&size, plan->n_context, sizeof (guint32));

  /* Aligned by hand: for a small block that is much cheaper than g_aligned_alloc(). */
  take_block (self, size + LINE);

  char *block = (char *) (((guintptr) self->block + LINE - 1) / LINE * LINE);

  self->n_lanes = n_lanes;
  self->alone = n_lanes == 1 && !mixed;
  self->lanes = (GFlowLane *) (block + lanes_at);
  memset (self->lanes, 0, sizeof (GFlowLane) * ((gsize) n_lanes + 1));
  for (guint i = 0; i < n_lanes; i++)
    g_flow_deque_init (&self->lanes[i].deque,
                       (_Atomic guint32 *) (block + slots_at) + n_workers * i);
  for (guint i = 0; i <= n_lanes; i++)
    self->lanes[i].run = self;
  self->lanes[n_lanes].context = TRUE;
  g_flow_queue_init (&self->lanes[n_lanes].queue, (guint32 *) (block + queue_at));

  self->has_spare = spare != NULL;
  self->nodes = spare != NULL ? spare : (GFlowRunNode *) (block + nodes_at);
  if (n > 0)
    memcpy (self->nodes, plan->start, n * sizeof (GFlowRunNode));
  if (_g_flow_run_routes_all (self))
    for (gsize i = 0; i < n; i++)
      self->nodes[i].route |= (plan->priorities != NULL ? G_FLOW_ROUTE_PRIORITY : 0) |
                              (self->parallel_lock != NULL ? G_FLOW_ROUTE_LOCKS : 0);

  g_flow_inbox_init (&self->inbox,
                     new_mail (mixed ? n_workers : 0, mail_fits ? block + mail_at : NULL));
  g_flow_inbox_init (&self->context_inbox,
                     new_mail (from_elsewhere ? plan->n_context : 0,
                               mail_fits ? block + context_mail_at : NULL));
  if (plan->weights != NULL)
    atomic_fetch_or_explicit (&self->attention, G_FLOW_ATTENTION_WEIGHTS, memory_order_relaxed);
  atomic_store_explicit (&self->remaining, plan->n_nodes, memory_order_relaxed);
  atomic_store_explicit (&self->next_root, plan->n_roots, memory_order_relaxed);
}

/* Nodes of workers will end elsewhere, and others become ready by that. */
void
_g_flow_run_ensure_inbox_locked (GFlowRun *self)
{
  if (g_flow_inbox_mail (&self->inbox) == NULL)
    g_flow_inbox_open (&self->inbox,
                       new_mail (MAX (self->plan->n_nodes - self->plan->n_context, 1), NULL));
}

/* All but the block, if that @may_stay for the next time and is small. */
void
_g_flow_run_free_state (GFlowRun *self,
                        gboolean  may_stay)
{
  free_lanes (self);
  if (self->has_spare)
    _g_flow_plan_give_spare (self->plan, g_steal_pointer (&self->nodes));
  free_mail (self, &self->inbox);
  free_mail (self, &self->context_inbox);
  g_flow_heap_clear (&self->heap);
  g_flow_heap_clear (&self->context_heap);
  if (may_stay && self->block_size <= MAX_KEPT)
    return;

  g_clear_pointer (&self->block, g_free);
  self->block_size = 0;
}

/* Nodes that were cancelled before the run had a state. */
void
_g_flow_run_apply_cancelled (GFlowRun *self)
{
  g_autoptr(GPtrArray) nodes = NULL;
  guint index;

  _g_flow_mutex_lock (&self->mutex);
  nodes = g_steal_pointer (&self->cancelled_early);
  self->has_state = TRUE;
  for (guint i = 0; nodes != NULL && i < nodes->len; i++)
    if (_g_flow_plan_find (self->plan, nodes->pdata[i], &index))
      _g_flow_run_mark (self, index, G_FLOW_MARK_CANCELLED);
  _g_flow_mutex_unlock (&self->mutex);
  _g_flow_run_init_heaps (self);
}

/* FALSE if the run has a state, and the node can be cancelled there. */
static gboolean
cancel_early (GFlowRun  *self,
              GFlowNode *node)
{
  _g_flow_mutex_lock (&self->mutex);

  const gboolean early = !self->has_state;

  if (early)
    {
      if (self->cancelled_early == NULL)
        self->cancelled_early = g_ptr_array_new_with_free_func (g_object_unref);
      g_ptr_array_add (self->cancelled_early, g_object_ref (node));
    }
  _g_flow_mutex_unlock (&self->mutex);
  return early;
}

/* Counting */

guint
_g_flow_run_count_done (GFlowRun *self)
{
  guint n_done = 0;

  if (!_g_flow_run_has_state (self))
    return 0;

  for (guint i = 0; i <= self->n_lanes; i++)
    n_done += atomic_load_explicit (&self->lanes[i].n_done, memory_order_relaxed);
  return n_done - atomic_load_explicit (&self->n_revived, memory_order_relaxed);
}

/* Judging: what becomes of a node that is ready */

typedef struct
{
  guint n_failed;    /* failed, or skipped because something failed */
  guint n_cancelled; /* cancelled, or skipped because something was */
  guint n_spared;    /* skipped by choice */
  guint n_upstreams;
} Upstreams;

static Upstreams
look_upstream (GFlowRun *self,
               guint32   index)
{
  guint32 n_upstreams;
  const guint32 *upstreams = _g_flow_plan_upstreams (self->plan, index, &n_upstreams);
  Upstreams seen = { .n_upstreams = n_upstreams };

  for (guint32 k = 0; k < n_upstreams; k++)
    {
      const guint32 upstream = upstreams[k];
      const GFlowNodeState state = _g_flow_run_node_state (self, upstream);
      const guint16 marks = _g_flow_run_marks (self, upstream);

      if (state == G_FLOW_NODE_STATE_FAILED)
        seen.n_failed++;
      else if (state == G_FLOW_NODE_STATE_CANCELLED)
        seen.n_cancelled++;
      else if (state == G_FLOW_NODE_STATE_SKIPPED && (marks & G_FLOW_MARK_BY_CHOICE) != 0)
        seen.n_spared++;
      else if (state == G_FLOW_NODE_STATE_SKIPPED && (marks & G_FLOW_MARK_BY_FAILURE) != 0)
        seen.n_failed++;
      else if (state == G_FLOW_NODE_STATE_SKIPPED)
        seen.n_cancelled++;
    }
  return seen;
}

static GFlowNodeState
skip (GFlowRun *self,
      guint32   index,
      guint16   why)
{
  /* A node may be judged twice, and the second time for another reason. */
  _g_flow_run_unmark (self, index, G_FLOW_MARK_BY_CHOICE | G_FLOW_MARK_BY_FAILURE);
  _g_flow_run_mark (self, index, why);
  return G_FLOW_NODE_STATE_SKIPPED;
}

static GFlowNodeState
judge_handler (GFlowRun        *self,
               guint32          index,
               const Upstreams *seen,
               guint32          attention)
{
  if (seen->n_failed > 0)
    return G_FLOW_NODE_STATE_RUNNING;
  if ((attention & G_FLOW_ATTENTION_CANCELLED) != 0)
    return G_FLOW_NODE_STATE_CANCELLED;
  return skip (self, index, G_FLOW_MARK_BY_CHOICE);
}

static GFlowNodeState
judge_ordinary (GFlowRun        *self,
                guint32          index,
                const Upstreams *seen,
                guint32          attention,
                guint16          marks)
{
  if (seen->n_failed > 0 && self->on_error != G_FLOW_ON_ERROR_IGNORE)
    return skip (self, index, G_FLOW_MARK_BY_FAILURE);
  if ((attention & G_FLOW_ATTENTION_CANCELLED) != 0)
    return G_FLOW_NODE_STATE_CANCELLED;
  if ((attention & G_FLOW_ATTENTION_FAILED) != 0)
    return skip (self, index, G_FLOW_MARK_BY_FAILURE);
  if (seen->n_cancelled > 0)
    return skip (self, index, 0);
  if ((marks & G_FLOW_MARK_DESELECTED) != 0 ||
      (seen->n_spared > 0 && seen->n_spared == seen->n_upstreams))
    return skip (self, index, G_FLOW_MARK_BY_CHOICE);
  return G_FLOW_NODE_STATE_RUNNING;
}

/* The run cannot succeed any more. */
static void
remember_cancelled_locked (GFlowRun *self,
                           guint32   index)
{
  if (self->cancelled_node == G_FLOW_NO_NODE)
    self->cancelled_node = index;
}

static GFlowNodeState
judge_cancelled (GFlowRun *self,
                 guint32   index)
{
  _g_flow_mutex_lock (&self->mutex);
  remember_cancelled_locked (self, index);
  _g_flow_mutex_unlock (&self->mutex);
  return G_FLOW_NODE_STATE_CANCELLED;
}

/* RUNNING if the node is to be run, else how it ends without that. */
GFlowNodeState
_g_flow_run_judge (GFlowRun *self,
                   guint32   index)
{
  const guint16 marks = _g_flow_run_marks (self, index);
  /* Acquire: pairs with the halt, for the error that it tells of. */
  const guint32 attention = atomic_load_explicit (&self->attention, memory_order_acquire);
  Upstreams seen = { 0 };

  if ((marks & G_FLOW_MARK_CANCELLED) != 0)
    return judge_cancelled (self, index);
  if ((marks & G_FLOW_MARK_UNCLEAN) != 0)
    seen = look_upstream (self, index);

  switch ((GFlowRunWhen) self->plan->nodes[index].run_when)
    {
    case G_FLOW_RUN_WHEN_ALL_FINISHED:
      return G_FLOW_NODE_STATE_RUNNING;
    case G_FLOW_RUN_WHEN_ANY_FAILED:
      return judge_handler (self, index, &seen, attention);
    case G_FLOW_RUN_WHEN_ALL_SUCCEEDED:
    default:
      return judge_ordinary (self, index, &seen, attention, marks);
    }
}

/* Whether a node that was judged to be run still is to be: what a halt, or its
 * cancellation, has changed since. */
gboolean
_g_flow_run_may_run (GFlowRun *self,
                     guint32   index)
{
  /* Sequentially consistent: see _g_flow_run_withdraw_waits(). */
  const guint32 attention = atomic_load_explicit (&self->attention, memory_order_seq_cst);

  if ((_g_flow_run_marks (self, index) & G_FLOW_MARK_CANCELLED) != 0)
    return FALSE;
  return (attention & G_FLOW_ATTENTION_HALTED) == 0 ||
         self->plan->nodes[index].run_when != G_FLOW_RUN_WHEN_ALL_SUCCEEDED;
}

/* Failing and halting */

/* The first error in time decides how the run ends. Takes @error. */
static void
take_error (GFlowRun *self,
            GError   *error,
            gboolean  cancelled)
{
  _g_flow_mutex_lock (&self->mutex);
  if (self->error == NULL && !self->settled)
    {
      self->error = g_steal_pointer (&error);
      self->cancelled = cancelled;
    }
  _g_flow_mutex_unlock (&self->mutex);
  g_clear_error (&error);
}

/* Nothing new starts, and with CANCELLED what runs is told. Any thread. Takes @error. */
void
_g_flow_run_halt (GFlowRun *self,
                  guint32   attention,
                  GError   *error)
{
  if (error != NULL)
    take_error (self, error, (attention & G_FLOW_ATTENTION_CANCELLED) != 0 &&
                               g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED));

  /* Sequentially consistent: pairs with set_cancellable(). */
  const guint32 before = atomic_fetch_or_explicit (&self->attention, attention, memory_order_seq_cst);

  /* Release: pairs with _g_flow_run_withdraw_waits(). */
  if ((before & attention) != attention)
    atomic_store_explicit (&self->withdraw_posted, TRUE, memory_order_release);
}

/* The rest is done in the owner context. Release, by the post: pairs with the
 * exchange there. */
static void
post_cancel (GFlowRun *self)
{
  atomic_store_explicit (&self->cancel_posted, TRUE, memory_order_relaxed);
  /* What was kept by a pause is to be ended. */
  if ((_g_flow_run_attention (self) & G_FLOW_ATTENTION_PAUSED) != 0)
    _g_flow_scheduler_wake (self);
  else
    _g_flow_scheduler_post (self);
}

/* Tells what runs, and what waits for locks, that it is cancelled. */
void
_g_flow_run_cancel_running (GFlowRun *self)
{
  GCancellable *cancellable = atomic_load_explicit (&self->cancellable, memory_order_seq_cst);

  if (cancellable != NULL)
    g_cancellable_cancel (cancellable);
  _g_flow_run_cancel_bodies (self, FALSE);
  post_cancel (self);
}

static gboolean
is_cancelled_error (const GError *error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
remember_failure (GFlowRun *self,
                  guint32   index,
                  GError   *error)
{
  _g_flow_mutex_lock (&self->mutex);
  if (self->node_errors == NULL)
    self->node_errors = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) g_error_free);
  g_hash_table_insert (self->node_errors, GUINT_TO_POINTER (index), error);
  if (is_cancelled_error (error))
    {
      remember_cancelled_locked (self, index);
    }
  else
    {
      _g_flow_run_add_failure_locked (self, index);
      if (self->error == NULL)
        self->error = g_error_copy (error);
    }
  _g_flow_mutex_unlock (&self->mutex);
}

/* The run cannot go on, though no body has failed: nothing new starts but clean-up and
 * handlers. Takes @error. Any thread. */
void
_g_flow_run_stop_starting (GFlowRun *self,
                           GError   *error)
{
  _g_flow_run_halt (self, G_FLOW_ATTENTION_FAILED, error);
  /* What waits for a lock will not start any more. */
  post_cancel (self);
}

/* The node fails: applies the policy of the run. Takes @error. Returns how it ends. */
GFlowNodeState
_g_flow_run_fail_at_last (GFlowRun *self,
                          guint32   index,
                          GError   *error)
{
  const gboolean cancelled = is_cancelled_error (error);

  remember_failure (self, index, error);
  if (cancelled)
    return G_FLOW_NODE_STATE_CANCELLED;
  /* What a request does not wait for does not end it. */
  if ((_g_flow_run_attention (self) & G_FLOW_ATTENTION_DETACHED) != 0 &&
      _g_flow_passage_is_beside (self, index))
    return G_FLOW_NODE_STATE_FAILED;

  if (self->on_error == G_FLOW_ON_ERROR_FINISH_RUNNING || self->on_error == G_FLOW_ON_ERROR_STOP)
    {
      _g_flow_run_halt (self, G_FLOW_ATTENTION_FAILED, NULL);
      /* What waits for a lock will not start any more. */
      post_cancel (self);
    }
  if (self->on_error == G_FLOW_ON_ERROR_STOP)
    _g_flow_run_cancel_running (self);
  return G_FLOW_NODE_STATE_FAILED;
}

/* A body has failed. Takes @error. Returns how the node ends, or WAITING if it does not. */
GFlowNodeState
_g_flow_run_fail_node (GFlowRun *self,
                       guint32   index,
                       GError   *error)
{
  if (error == NULL)
    error = g_error_new (G_FLOW_ERROR, G_FLOW_ERROR_FAILED,
                         _("The node “%s” failed without an error"),
                         g_flow_node_get_name (self->plan->nodes[index].node));

  if ((_g_flow_run_marks (self, index) & G_FLOW_MARK_GROWN) != 0 &&
      _g_flow_run_fail_part (self, index, error))
    return G_FLOW_NODE_STATE_FAILED;
  if ((_g_flow_run_marks (self, index) & G_FLOW_MARK_POLICY) != 0 &&
      _g_flow_run_take_attempt (self, index, &error))
    return G_FLOW_NODE_STATE_WAITING;
  return _g_flow_run_fail_at_last (self, index, error);
}

/* Cancellables */

/* Clean-up and handlers run whatever happens to the run. */
static gboolean
is_exempt (GFlowRun *self,
           guint32   index)
{
  return self->plan->nodes[index].run_when != G_FLOW_RUN_WHEN_ALL_SUCCEEDED;
}

/* Whether what runs is to stop. */
gboolean
_g_flow_run_is_stopping (GFlowRun *self)
{
  const guint32 attention = atomic_load_explicit (&self->attention, memory_order_seq_cst);

  return (attention & G_FLOW_ATTENTION_CANCELLED) != 0 ||
         ((attention & G_FLOW_ATTENTION_FAILED) != 0 && self->on_error == G_FLOW_ON_ERROR_STOP);
}

/* Whether a node that runs is. */
gboolean
_g_flow_run_is_told_to_stop (GFlowRun *self,
                             guint32   index)
{
  /* Sequentially consistent: see set_cancellable(). */
  const guint16 marks = atomic_load_explicit (&self->nodes[index].marks, memory_order_seq_cst);

  return (_g_flow_run_is_stopping (self) && !is_exempt (self, index)) ||
         (marks & G_FLOW_MARK_CANCELLED) != 0 ||
         ((marks & G_FLOW_MARK_POLICY) != 0 && _g_flow_run_has_timed_out (self, index));
}

/* The table of a run, made by whoever needs it first. */
static _Atomic (GCancellable *) *
ensure_cancellables (GFlowRun *self)
{
  _Atomic (GCancellable *) *table =
    atomic_load_explicit (&self->cancellables, memory_order_acquire);

  if (table == NULL)
    {
      _Atomic (GCancellable *) *mine =
        (_Atomic (GCancellable *) *) g_new0 (gpointer, self->plan->n_nodes);

      /* Sequentially consistent: see below. Publishes the zeroes. */
      if (atomic_compare_exchange_strong_explicit (&self->cancellables, &table, mine,
                                                   memory_order_seq_cst, memory_order_acquire))
        table = mine;
      else
        g_free ((gpointer) mine);
    }
  return table;
}

/* Whoever halts the run sets the halt first and looks for cancellables then; this
 * puts one into the table first and looks for the halt then: one of them sees the
 * other. Takes @mine. */
static GCancellable *
set_cancellable (GFlowRun                 *self,
                 guint32                   index,
                 _Atomic (GCancellable *) *slot,
                 GCancellable             *mine)
{
  GCancellable *cancellable = NULL;

  if (!atomic_compare_exchange_strong_explicit (slot, &cancellable, mine,
                                                memory_order_seq_cst, memory_order_acquire))
    {
      g_object_unref (mine);
      return cancellable;
    }
  if (_g_flow_run_is_told_to_stop (self, index))
    g_cancellable_cancel (mine);
  return mine;
}

/* The node's own cancellable. In any thread. */
GCancellable *
_g_flow_run_node_cancellable (GFlowRun *self,
                              guint32   index)
{
  _Atomic (GCancellable *) *slot = &ensure_cancellables (self)[index];
  GCancellable *cancellable = atomic_load_explicit (slot, memory_order_acquire);

  return cancellable != NULL ? cancellable
                             : set_cancellable (self, index, slot, _g_flow_spares_take ());
}

/* The same for a node that starts in the context. */
GCancellable *
_g_flow_run_ensure_cancellable (GFlowRun *self,
                                guint32   index)
{
  _Atomic (GCancellable *) *slot = &ensure_cancellables (self)[index];
  GCancellable *cancellable = atomic_load_explicit (slot, memory_order_acquire);

  return cancellable != NULL ? cancellable
                             : set_cancellable (self, index, slot, _g_flow_run_take_spare (self));
}

static void
cancel_body (GFlowRun *self,
             guint32   index)
{
  _Atomic (GCancellable *) *table =
    atomic_load_explicit (&self->cancellables, memory_order_seq_cst);
  GCancellable *cancellable =
    table != NULL ? atomic_load_explicit (&table[index], memory_order_seq_cst) : NULL;

  if (cancellable != NULL && _g_flow_run_is_told_to_stop (self, index))
    g_cancellable_cancel (cancellable);
}

/* The node is about to run again: gives what its last attempt was told by, if that was
 * told, and makes place for another. In the owner context. */
GCancellable *
_g_flow_run_replace_cancellable (GFlowRun *self,
                                 guint32   index)
{
  _Atomic (GCancellable *) *table =
    atomic_load_explicit (&self->cancellables, memory_order_acquire);
  GCancellable *cancellable =
    table != NULL ? atomic_load_explicit (&table[index], memory_order_acquire) : NULL;

  if (cancellable == NULL || !g_cancellable_is_cancelled (cancellable))
    return NULL;

  atomic_store_explicit (&table[index], NULL, memory_order_release);
  return cancellable;
}

/* Cancels the bodies that run in the context, or the others. */
void
_g_flow_run_cancel_bodies (GFlowRun *self,
                           gboolean  in_context)
{
  const gboolean defers = in_context && self->defers;

  if (!defers && atomic_load_explicit (&self->cancellables, memory_order_seq_cst) == NULL)
    return;

  for (guint i = 0; i < self->plan->n_nodes; i++)
    if (((self->nodes[i].route & G_FLOW_ROUTE_CONTEXT) != 0) == in_context)
      {
        cancel_body (self, i);
        if (defers)
          _g_flow_run_stop_deferred (self, i);
      }
}

/* Of a node that has ended in the context. */
void
_g_flow_run_free_cancellable (GFlowRun *self,
                              guint32   index)
{
  /* Acquire, twice: either may have been made by another thread, see ensure_cancellables() and
   * set_cancellable(). */
  _Atomic (GCancellable *) *table =
    atomic_load_explicit (&self->cancellables, memory_order_acquire);

  if (table != NULL)
    {
      GCancellable *cancellable = atomic_load_explicit (&table[index], memory_order_acquire);

      /* Relaxed: whoever makes one finds a place that is not empty, or nothing. */
      if (cancellable != NULL)
        {
          atomic_store_explicit (&table[index], NULL, memory_order_relaxed);
          _g_flow_run_give_spare (self, cancellable);
        }
    }
}

GError *
_g_flow_run_new_cancelled_error (void)
{
  return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, _("The run was cancelled"));
}

/**
 * g_flow_run_cancel:
 * @self: a run
 *
 * Cancels the run: nothing new starts but clean-up nodes, and handlers of what has
 * failed before; and what runs is told through its cancellable. The run ends when nothing of it runs any more, as
 * %G_FLOW_RUN_STATE_CANCELLED unless something had failed before.
 *
 * May be called from any thread. A run that is cancelled before it starts ends
 * as soon as it does.
 *
 * Since: 0.1
 */
void
g_flow_run_cancel (GFlowRun *self)
{
  g_return_if_fail (G_IS_FLOW_RUN (self));

  if ((atomic_load_explicit (&self->attention, memory_order_relaxed) &
       G_FLOW_ATTENTION_CANCELLED) != 0 || g_flow_run_get_state (self) > G_FLOW_RUN_STATE_RUNNING)
    return;

  _g_flow_run_halt (self, G_FLOW_ATTENTION_CANCELLED, _g_flow_run_new_cancelled_error ());
  if (g_flow_run_get_state (self) == G_FLOW_RUN_STATE_RUNNING)
    _g_flow_run_cancel_running (self);
}

/**
 * g_flow_run_cancel_node:
 * @self: a run
 * @node: a node of its flow
 *
 * Cancels one node: if it runs it is told through its cancellable, else it will
 * not start. What depends on it is skipped, and what does not goes on. The run
 * ends as cancelled, if nothing fails.
 *
 * No effect on a node that has ended. May be called from any thread.
 *
 * Since: 0.1
 */
void
g_flow_run_cancel_node (GFlowRun  *self,
                        GFlowNode *node)
{
  guint index;

  g_return_if_fail (G_IS_FLOW_RUN (self));
  g_return_if_fail (G_IS_FLOW_NODE (node));

  if (g_flow_run_get_state (self) > G_FLOW_RUN_STATE_RUNNING || cancel_early (self, node) ||
      !_g_flow_plan_find (self->plan, node, &index))
    return;

  /* Sequentially consistent: see set_cancellable(). */
  atomic_fetch_or_explicit (&self->nodes[index].marks, G_FLOW_MARK_CANCELLED,
                            memory_order_seq_cst);
  if ((self->nodes[index].route & G_FLOW_ROUTE_CONTEXT) == 0)
    cancel_body (self, index);
  _g_flow_run_withdraw_wait (self, index);
  post_cancel (self);
}
