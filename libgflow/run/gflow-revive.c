/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-owner-private.h"

#include "gflow-progress-private.h"
#include "gflow-scheduler-private.h"
#include "gflow-steps-private.h"
#include "graph/gflow-error.h"

#include <glib/gi18n-lib.h>

/* Running a node again that has failed, and what was skipped for that, while the rest of
 * the run goes on.
 *
 * All of these had been counted off already by whatever they need, and have counted off
 * whatever needs them: that is not undone. Instead, a node that has become ready looks
 * whether an upstream of it is revived and has not ended; if so, it is put down here, with
 * how many there are, until the last of them has ended. A table under the run's mutex
 * orders all that: who is judged sees what was revived, and who revives finds what was
 * skipped.
 *
 * A node can be revived when its end is over: when everybody who waits for it has heard of
 * it. Until then one that has failed is wanted, and counts as one that remains; and one
 * that is skipped looks itself, when that is over, whether it is to be revived. */

/* In one dispatch: about as many as its budget of time allows */
#define MAX_REVIVED_AT_ONCE 500

static void
put_down_locked (GFlowRun *self,
                 guint32   index,
                 guint     n_missing)
{
  if (self->missing == NULL)
    self->missing = g_hash_table_new (NULL, NULL);
  g_hash_table_insert (self->missing, GUINT_TO_POINTER (index), GUINT_TO_POINTER (n_missing));
}

static gboolean
is_revived (GFlowRun *self,
            guint32   index)
{
  return (_g_flow_run_marks (self, index) & G_FLOW_MARK_REVIVED) != 0;
}

static guint
count_missing (GFlowRun *self,
               guint32   index)
{
  guint32 n_upstreams, n = 0;
  const guint32 *upstreams = _g_flow_plan_upstreams (self->plan, index, &n_upstreams);

  for (guint32 k = 0; k < n_upstreams; k++)
    n += is_revived (self, upstreams[k]) ? 1 : 0;
  return n;
}

/* TRUE if the node has to wait, though it was ready, for something that is revived; then
 * it comes again, on whatever thread, and holds no lock meanwhile. */
static gboolean
put_down (GFlowRun *self,
          guint32   index,
          guint     epoch,
          gboolean *changed)
{
  guint n;
  gboolean waits;

  _g_flow_mutex_lock (&self->mutex);
  n = count_missing (self, index);
  waits = n > 0 && (_g_flow_run_marks (self, index) & G_FLOW_MARK_LOCKED) == 0;
  *changed = n > 0 ||
             epoch != atomic_load_explicit (&self->revival_epoch, memory_order_relaxed);
  if (waits)
    {
      _g_flow_run_unmark (self, index, G_FLOW_MARK_UNLOCKED);
      atomic_store_explicit (&self->nodes[index].state, G_FLOW_NODE_STATE_WAITING,
                             memory_order_relaxed);
      put_down_locked (self, index, n);
    }
  _g_flow_mutex_unlock (&self->mutex);
  return waits;
}

/* A node that may have to come again gives its locks back first: from the moment on that it
 * is put down it may be on another thread. If it need not wait it takes them again. */
static void
give_locks_back (GFlowRun  *self,
                 GFlowLane *lane,
                 guint32    index)
{
  if ((_g_flow_run_marks (self, index) & G_FLOW_MARK_LOCKED) == 0 ||
      count_missing (self, index) == 0)
    return;

  _g_flow_run_put_down (self, lane, index);
  _g_flow_run_mark (self, index, G_FLOW_MARK_UNLOCKED);
}

/* What becomes of a node that is ready: as _g_flow_run_judge() says, or WAITING if it comes
 * again. If something was revived, or has ended so, while the node was judged, it
 * is judged again: what it needs may have been seen as it was and as it is. */
GFlowNodeState
_g_flow_run_judge_ready (GFlowRun  *self,
                         GFlowLane *lane,
                         guint32    index)
{
  GFlowNodeState state;
  gboolean changed;

  do
    {
      /* Acquire: pairs with the release in change_epoch_locked(). */
      const guint epoch = atomic_load_explicit (&self->revival_epoch, memory_order_acquire);

      state = _g_flow_run_judge (self, index);
      if ((_g_flow_run_marks (self, index) & G_FLOW_MARK_UNCLEAN) == 0)
        return state;
      give_locks_back (self, lane, index);
      if (put_down (self, index, epoch, &changed))
        return G_FLOW_NODE_STATE_WAITING;
    }
  while (changed);
  /* It may have been judged otherwise before. */
  if (state == G_FLOW_NODE_STATE_RUNNING)
    _g_flow_run_unmark (self, index, G_FLOW_MARK_BY_CHOICE | G_FLOW_MARK_BY_FAILURE);
  return state;
}

static void
change_epoch_locked (GFlowRun *self)
{
  /* Release: pairs with the load in _g_flow_run_judge_ready(), for the states. */
  atomic_fetch_add_explicit (&self->revival_epoch, 1, memory_order_release);
}

/* A revived node has ended for good. What was put down for it becomes ready. */
void
_g_flow_run_end_revived (GFlowRun  *self,
                         GFlowLane *lane,
                         guint32    index)
{
  g_autoptr(GArray) ready = g_array_new (FALSE, FALSE, sizeof (guint32));
  guint32 n;
  const guint32 *successors = _g_flow_plan_successors (self->plan, &self->plan->nodes[index], &n);

  _g_flow_mutex_lock (&self->mutex);
  _g_flow_run_unmark (self, index, G_FLOW_MARK_REVIVED);
  change_epoch_locked (self);
  for (guint32 i = n; i-- > 0;)
    {
      const guint missing = self->missing == NULL ? 0 :
        GPOINTER_TO_UINT (g_hash_table_lookup (self->missing, GUINT_TO_POINTER (successors[i])));

      if (missing > 1)
        put_down_locked (self, successors[i], missing - 1);
      else if (missing == 1 &&
               g_hash_table_remove (self->missing, GUINT_TO_POINTER (successors[i])))
        g_array_append_val (ready, successors[i]);
    }
  _g_flow_mutex_unlock (&self->mutex);

  for (guint i = 0; i < ready->len; i++)
    _g_flow_run_route (self, lane, g_array_index (ready, guint32, i));
}

/* What an attempt has left behind that is to be forgotten; in the owner context. */
void
_g_flow_run_forget_attempt (GFlowRun *self,
                            guint32   index)
{
  GCancellable *spent = _g_flow_run_replace_cancellable (self, index);

  /* Somebody may be about to cancel it, and does not hold it. */
  if (spent != NULL)
    self->spent = g_slist_prepend (self->spent, spent);
  _g_flow_run_reset_progress (self, index);
  _g_flow_run_drop_result (self, index);
  _g_flow_run_forget_choice (self, index);
}

static gboolean
is_skipped_for_failure (GFlowRun *self,
                        guint32   index)
{
  const guint16 marks = _g_flow_run_marks (self, index);

  return (marks & G_FLOW_MARK_OVER) != 0 && (marks & G_FLOW_MARK_BY_FAILURE) != 0 &&
         (marks & G_FLOW_MARK_REVIVED) == 0 &&
         _g_flow_run_node_state (self, index) == G_FLOW_NODE_STATE_SKIPPED;
}

/* The node, and what behind it was skipped because something had failed. */
static GArray *
collect_locked (GFlowRun *self,
                guint32   first)
{
  GArray *found = g_array_new (FALSE, FALSE, sizeof (guint32));

  _g_flow_run_mark (self, first, G_FLOW_MARK_REVIVED);
  g_array_append_val (found, first);
  for (guint i = 0; i < found->len; i++)
    {
      const GFlowPlanNode *node = &self->plan->nodes[g_array_index (found, guint32, i)];
      guint32 n;
      const guint32 *successors = _g_flow_plan_successors (self->plan, node, &n);

      for (guint32 k = 0; k < n; k++)
        if (is_skipped_for_failure (self, successors[k]))
          {
            _g_flow_run_mark (self, successors[k], G_FLOW_MARK_REVIVED);
            g_array_append_val (found, successors[k]);
          }
    }
  return found;
}

/* So many more are to end. FALSE if the run is over. */
static gboolean
add_remaining (GFlowRun *self,
               guint     n)
{
  guint32 remaining = atomic_load_explicit (&self->remaining, memory_order_relaxed);

  /* Whoever counts down to 0 ends the run: then it is too late. */
  do
    if (remaining == 0)
      return FALSE;
  while (!atomic_compare_exchange_weak_explicit (&self->remaining, &remaining, remaining + n,
                                                 memory_order_seq_cst, memory_order_relaxed));
  return TRUE;
}

/* TRUE if the node, which was put down, need not be. */
static gboolean
take_ready_locked (GFlowRun *self,
                   guint32   index)
{
  if (GPOINTER_TO_UINT (g_hash_table_lookup (self->missing, GUINT_TO_POINTER (index))) > 0)
    return FALSE;

  g_hash_table_remove (self->missing, GUINT_TO_POINTER (index));
  return TRUE;
}

/* The failure of the node does not count any more. Errors may be borrowed: they go with
 * the run. */
static void
forget_failure_locked (GFlowRun *self,
                       guint32   index,
                       guint    *position)
{
  *position = _g_flow_run_remove_failure_locked (self, index);
  if (*position > 0)
    return;

  /* It was the first one in time. */
  const guint32 first = _g_flow_run_get_failure (self, 0);

  g_clear_error (&self->error);
  if (first != G_FLOW_NO_NODE)
    self->error = g_error_copy (g_hash_table_lookup (self->node_errors,
                                                     GUINT_TO_POINTER (first)));
}

static void
forget_error_locked (GFlowRun *self,
                     guint32   index)
{
  const gpointer key = GUINT_TO_POINTER (index);
  GError *error = self->node_errors != NULL ? g_hash_table_lookup (self->node_errors, key) : NULL;

  if (error == NULL)
    return;

  self->old_errors = g_slist_prepend (self->old_errors, error);
  g_hash_table_steal (self->node_errors, key);
}

/* A node that is marked as revived begins anew. */
static void
reset_locked (GFlowRun *self,
              guint32   index)
{
  const guint weight = self->plan->weights != NULL ? self->plan->weights[index] : 1;

  _g_flow_run_unmark (self, index,
                      G_FLOW_MARK_BY_FAILURE | G_FLOW_MARK_LOCKED | G_FLOW_MARK_OVER);
  forget_error_locked (self, index);
  atomic_store_explicit (&self->nodes[index].state, G_FLOW_NODE_STATE_WAITING,
                         memory_order_release);
  change_epoch_locked (self);
  if (_g_flow_run_is_recorded (self))
    _g_flow_run_note_change (self, index);
  /* Relaxed: only told. */
  atomic_fetch_add_explicit (&self->n_revived, 1, memory_order_relaxed);
  atomic_fetch_add_explicit (&self->weight_revived, weight, memory_order_relaxed);
}

/* The same for those that were skipped, and wait for others that are revived. */
static void
reset_skipped_locked (GFlowRun *self,
                      GArray   *found,
                      guint     from)
{
  for (guint i = from; i < found->len; i++)
    {
      const guint32 index = g_array_index (found, guint32, i);

      reset_locked (self, index);
      add_remaining (self, 1);
      put_down_locked (self, index, count_missing (self, index));
    }
}

static void
revive (GFlowRun *self,
        guint32   index)
{
  GFlowLane *lane = _g_flow_run_context_lane (self);
  g_autoptr(GArray) found = NULL;
  guint position;

  _g_flow_mutex_lock (&self->mutex);
  found = collect_locked (self, index);
  forget_failure_locked (self, index, &position);
  reset_locked (self, index);
  reset_skipped_locked (self, found, 1);
  _g_flow_mutex_unlock (&self->mutex);

  if (self->error_list != NULL &&
      position < g_list_model_get_n_items (G_LIST_MODEL (self->error_list)))
    g_list_store_remove (self->error_list, position);
  _g_flow_run_forget_attempt (self, index);
  _g_flow_run_reset_attempts (self, index);
  _g_flow_run_route (self, lane, index);
  _g_flow_run_deliver_chosen (self, lane, FALSE);
}

static gboolean
is_wanted_locked (GFlowRun *self,
                  guint32   index)
{
  return self->wanted != NULL && g_hash_table_contains (self->wanted, GUINT_TO_POINTER (index));
}

/* TRUE if it can be run again now: then it is not wanted any more. */
static gboolean
take_wanted (GFlowRun *self,
             guint32   index)
{
  _g_flow_mutex_lock (&self->mutex);

  const gboolean is_over = (_g_flow_run_marks (self, index) & G_FLOW_MARK_OVER) != 0;

  if (is_over)
    g_hash_table_remove (self->wanted, GUINT_TO_POINTER (index));
  _g_flow_mutex_unlock (&self->mutex);
  return is_over;
}

static void
revive_later (GFlowRun *self,
              guint32   index)
{
  if (self->to_revive == NULL)
    self->to_revive = g_queue_new ();
  g_queue_push_tail (self->to_revive, GUINT_TO_POINTER (index));
}

/* In a dispatch: runs again some of what was asked for. Meanwhile more may be. */
void
_g_flow_run_revive_wanted (GFlowRun *self)
{
  const guint n = self->to_revive != NULL ? self->to_revive->length : 0;

  for (guint i = 0; i < MIN (n, MAX_REVIVED_AT_ONCE); i++)
    {
      const guint32 index = GPOINTER_TO_UINT (g_queue_pop_head (self->to_revive));

      if (take_wanted (self, index))
        revive (self, index);
      else
        revive_later (self, index);
    }
  /* Those whose end is not over yet are posted when it is. */
  if (n > MAX_REVIVED_AT_ONCE)
    _g_flow_owner_post (self);
}

/* Whether the node was skipped for something that was revived meanwhile, and may have
 * ended again. */
static gboolean
is_skipped_in_vain (GFlowRun *self,
                    guint32   index)
{
  if (!is_skipped_for_failure (self, index) ||
      (_g_flow_run_attention (self) & G_FLOW_ATTENTION_HALTED) != 0)
    return FALSE;

  guint32 n_upstreams;
  const guint32 *upstreams = _g_flow_plan_upstreams (self->plan, index, &n_upstreams);

  for (guint32 k = 0; k < n_upstreams; k++)
    {
      const guint32 upstream = upstreams[k];
      const GFlowNodeState state = _g_flow_run_node_state (self, upstream);

      if (state == G_FLOW_NODE_STATE_FAILED ||
          (state == G_FLOW_NODE_STATE_SKIPPED &&
           (_g_flow_run_marks (self, upstream) & G_FLOW_MARK_BY_FAILURE) != 0))
        return FALSE;
    }
  return TRUE;
}

/* Everybody who waits for the node has heard that it has failed, or was skipped. */
void
_g_flow_run_set_over (GFlowRun  *self,
                      GFlowLane *lane,
                      guint32    index)
{
  g_autoptr(GArray) found = NULL;
  gboolean wanted, in_vain;

  _g_flow_mutex_lock (&self->mutex);
  _g_flow_run_mark (self, index, G_FLOW_MARK_OVER);
  wanted = is_wanted_locked (self, index);
  in_vain = is_skipped_in_vain (self, index);
  if (in_vain)
    {
      found = collect_locked (self, index);
      reset_skipped_locked (self, found, 0);
      in_vain = take_ready_locked (self, index);
    }
  _g_flow_mutex_unlock (&self->mutex);

  if (wanted)
    _g_flow_owner_post (self);
  if (in_vain)
    {
      _g_flow_run_route (self, lane, index);
      _g_flow_run_deliver_chosen (self, lane, FALSE);
    }
}

/* FALSE if it is too late. In the owner context. */
static gboolean
want (GFlowRun *self,
      guint32   index)
{
  gboolean wanted;

  _g_flow_mutex_lock (&self->mutex);
  wanted = is_wanted_locked (self, index);
  if (!wanted && add_remaining (self, 1))
    {
      if (self->wanted == NULL)
        self->wanted = g_hash_table_new (NULL, NULL);
      g_hash_table_add (self->wanted, GUINT_TO_POINTER (index));
      revive_later (self, index);
      wanted = TRUE;
    }
  _g_flow_mutex_unlock (&self->mutex);
  return wanted;
}

static gboolean
check_state (GFlowRun   *self,
             GFlowNode  *node,
             guint      *index,
             GError    **error)
{
  if (g_flow_run_get_state (self) != G_FLOW_RUN_STATE_RUNNING || self->finished)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED,
                         _("The run does not run: a new one may go on from what it has saved"));
  else if (!_g_flow_plan_find (self->plan, node, index))
    g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_UNKNOWN_NODE,
                 _("The node “%s” is not in the flow"), g_flow_node_get_name (node));
  else if ((_g_flow_run_attention (self) & G_FLOW_ATTENTION_HALTED) != 0)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED,
                         _("The run is about to end, and nothing new starts"));
  else if (_g_flow_run_node_state (self, *index) != G_FLOW_NODE_STATE_FAILED)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                 _("The node “%s” has not failed"), g_flow_node_get_name (node));
  else
    return TRUE;
  return FALSE;
}

/**
 * g_flow_run_retry_node:
 * @self: a run that is running
 * @node: a node of its flow that has failed
 * @error: return location for an error
 *
 * Runs a failed node again while the rest of the run goes on, and then what depends on
 * it and was skipped because of it. If it succeeds now, its failure is forgotten, and
 * the run may still succeed. It has all its retries again.
 *
 * What has run because the node had failed, like a handler or a clean-up node, has run.
 * Signals of nodes come again. An executor finds the documents of its request as they were
 * before the first attempt if its node has [property@GFlow.FlowNode:max-retries], and else as
 * the failure has left them.
 *
 * A run ends when nothing of it runs any more: to decide before that,
 * [method@GFlow.FlowRun.pause] it in a handler of [signal@GFlow.FlowNode::should-retry].
 * When it has ended, or if its policy has stopped it, this fails with
 * %G_IO_ERROR_CLOSED; a node that has not failed is %G_IO_ERROR_INVALID_ARGUMENT.
 *
 * To be called in the owner context.
 *
 * Returns: %TRUE if the node will run again: soon, but not before this returns
 *
 * Since: 0.1
 */
gboolean
g_flow_run_retry_node (GFlowRun   *self,
                       GFlowNode  *node,
                       GError    **error)
{
  guint index;

  g_return_val_if_fail (G_IS_FLOW_RUN (self), FALSE);
  g_return_val_if_fail (G_IS_FLOW_NODE (node), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!check_state (self, node, &index, error))
    return FALSE;

  _g_flow_run_steer (self);
  if (!want (self, index))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED, _("The run has just ended"));
      return FALSE;
    }
  _g_flow_owner_post (self);
  return TRUE;
}
