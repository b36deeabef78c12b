/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-owner-private.h"

#include "gflow-common-private.h"
#include "gflow-debug-private.h"
#include "gflow-estimate-private.h"
#include "gflow-journal-private.h"
#include "gflow-progress-private.h"
#include "gflow-record-private.h"
#include "gflow-save-private.h"
#include "gflow-scheduler-private.h"
#include "gflow-steps-private.h"
#include "graph/gflow-error.h"

#include <glib/gi18n-lib.h>

/* Starting a run, and ending it. */

/* How deep runs may nest */
#define MAX_DEPTH 1000

/* Starting */

/* The node that the run is a part of, and those around it, hold their locks meanwhile. */
static gboolean
check_locks (GFlowRun  *self,
             GError   **error)
{
  for (GFlowRun *child = self; child->parent != NULL && child->parent_index != G_FLOW_NO_NODE;
       child = child->parent)
    if (_g_flow_run_holds_lock_of (child->parent, child->parent_index, self))
      {
        g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_RECURSION,
                     _("A node needs a lock that “%s”, which it is a part of, holds"),
                     g_flow_node_get_name (child->parent->plan->nodes[child->parent_index].node));
        return FALSE;
      }
  return TRUE;
}

static gboolean
check_depth (GFlowRun  *self,
             GError   **error)
{
  if (self->depth <= MAX_DEPTH)
    return TRUE;

  g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_RECURSION,
               _("Runs are nested more than %d deep"), MAX_DEPTH);
  return FALSE;
}

/* A run that waits for itself in the thread of a body may never end. A sub-run needs no
 * thread to wait. */
static gboolean
check_recursion (GFlowRun  *self,
                 GError   **error)
{
  if (self->parent_index != G_FLOW_NO_NODE)
    return check_depth (self, error) &&
           ((self->plan->locks == NULL && self->parallel_lock == NULL) ||
            check_locks (self, error));

  for (GFlowRun *run = self->parent; run != NULL; run = run->parent)
    if (run->flow == self->flow)
      {
        g_set_error_literal (error, G_FLOW_ERROR, G_FLOW_ERROR_RECURSION,
                             _("A body of a flow cannot wait for a run of the same flow"));
        return FALSE;
      }
  return TRUE;
}

/* A run for a request goes through the plan of its endpoint. Last of what may refuse it. */
static gboolean
begin_passage (GFlowRun   *self,
               GFlowLock **parallel_lock,
               GError    **error)
{
  if (G_LIKELY (self->request == NULL && !self->plan->has_executors))
    return TRUE;

  GFlowPlan *plan = _g_flow_passage_begin (self, parallel_lock, error);

  if (plan == NULL)
    return FALSE;
  g_clear_pointer (&self->plan, _g_flow_plan_unref);
  self->plan = plan;
  return TRUE;
}

/* Finds out what the run goes through, and whether it may. */
static gboolean
begin_plan (GFlowRun  *self,
            GError   **error)
{
  /* What a post sends is nothing but a request, for a flow that was found to be good when it
   * was opened. */
  if (self->channel != NULL && _g_flow_channel_is_settled (self->channel))
    return begin_passage (self, &self->parallel_lock, error);

  self->plan = _g_flow_ref_valid_plan (self->flow, &self->parallel_lock, error);
  return self->plan != NULL && check_recursion (self, error) &&
         _g_flow_run_find_restored (self, error) && _g_flow_journal_prepare (self, error) &&
         begin_passage (self, NULL, error);
}

static guint
count_lanes (GFlowRun *self)
{
  const guint n_workers = self->plan->n_nodes - self->plan->n_context;
  const guint max_threads = g_flow_get_max_threads (self->flow);

  return MIN (max_threads != 0 ? MIN (max_threads, G_FLOW_MAX_THREADS)
                               : _g_flow_count_processors (),
              n_workers);
}

static void
cancelled_cb (GCancellable *cancellable,
              gpointer      user_data)
{
  GFlowRun *self = user_data;

  g_flow_run_cancel (self);
  /* Release: pairs with disconnect(). Last of all: the run may end, and go. */
  atomic_store_explicit (&self->cancel_told, TRUE, memory_order_release);
}

static void
connect_cancellable (GFlowRun     *self,
                     GCancellable *cancellable)
{
  if (cancellable == NULL)
    return;

  self->caller_cancellable = g_object_ref (cancellable);
  self->cancel_handler = g_cancellable_connect (cancellable, G_CALLBACK (cancelled_cb), self, NULL);
  if (self->cancel_handler != 0)
    _g_flow_watch_absorb (self->cancel_handler);
}

GError *
_g_flow_run_new_late_error (GFlowRun *self)
{
  return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
                              self->request != NULL ? _("The request was not served in time")
                                                    : _("The run did not end before its deadline"));
}

static gboolean
deadline_cb (gpointer user_data)
{
  g_autoptr(GFlowRun) self = g_object_ref (user_data);

  _g_flow_run_halt (self, G_FLOW_ATTENTION_CANCELLED | G_FLOW_ATTENTION_LATE,
                    _g_flow_run_new_late_error (self));
  _g_flow_run_cancel_running (self);
  return G_SOURCE_REMOVE;
}

static void
start_deadline (GFlowRun *self)
{
  if (self->deadline == 0)
    return;

  GSource *source = g_timeout_source_new (0);

  g_source_set_ready_time (source, self->deadline);
  g_source_set_static_name (source, "GFlow deadline");
  g_source_set_callback (source, deadline_cb, self, NULL);
  g_source_attach (source, _g_flow_owner_get_context (self->owner));
  self->deadline_source = source;
}

/* Whether something has to come to the owner context: a node, a signal, a deadline. Somebody who has
 * looked at the list of its steps is told if it has become another. */
static gboolean
needs_context (GFlowRun *self)
{
  if (self->plan->n_context > 0 || self->plan->policies != NULL || self->deadline != 0 ||
      self->journal != NULL || self->steps != NULL || self->listed != NULL ||
      _g_flow_watch_is_watched (self))
    return TRUE;

  g_autoptr(GArray) watched = _g_flow_watch_find (self->plan);

  return watched != NULL;
}

/* The run belongs to @context; or, if that is NULL, to its caller, who waits, in a
 * private context if the run needs one. */
static void
find_owner (GFlowRun     *self,
            GMainContext *context)
{
  g_autoptr(GMainContext) private = NULL;

  if (context == NULL && !needs_context (self))
    {
      self->participates = TRUE;
      self->quiet = TRUE;
      _g_flow_scheduler_expect_caller (self);
      return;
    }
  if (context == NULL)
    context = private = g_main_context_new ();
  self->owner = _g_flow_owner_get (context);
}

/* Starts the run, see find_owner(). Nothing is called from here: the rest happens
 * in a dispatch. FALSE if it cannot be started. */
gboolean
_g_flow_run_begin (GFlowRun        *self,
                   GMainContext    *context,
                   GCancellable    *cancellable,
                   GFlowEndedFunc   ended,
                   gpointer         user_data,
                   GError         **error)
{
  if (g_flow_run_get_state (self) != G_FLOW_RUN_STATE_NEW)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_PENDING,
                           _("A run can be executed only once"));
      return FALSE;
    }

  self->depth = self->parent != NULL ? self->parent->depth + 1 : 0;
  if (!begin_plan (self, error))
    {
      _g_flow_run_refuse (self, *error);
      return FALSE;
    }

  self->ended = ended;
  self->ended_data = user_data;
  self->crew = self->flow->crew;
  find_owner (self, context);
  _g_flow_run_alloc_state (self, count_lanes (self));
  _g_flow_run_alloc_attempts (self);
  _g_flow_run_apply_cancelled (self);
  _g_flow_run_debug (self);
  if (self->keep_record)
    _g_flow_run_begin_keeping (self);
  /* That of a request has begun with its passage. */
  if (self->start_time == 0)
    self->start_time = g_get_monotonic_time ();
  if (self->history != NULL)
    _g_flow_run_start_learning (self);
  if (self->is_recorded)
    _g_flow_run_make_records (self);
  if (self->plan->locks != NULL)
    _g_flow_run_enlist_locker (self);
  connect_cancellable (self, cancellable);
  start_deadline (self);
  _g_flow_run_set_state (self, G_FLOW_RUN_STATE_RUNNING);

  GFlowJournal *journal = self->journal;

  if (self->owner != NULL)
    _g_flow_scheduler_activate (self);
  /* If another thread iterates the context the run may have ended by now; but not
   * before it has its journal. */
  if (journal != NULL)
    _g_flow_journal_start (journal);
  return TRUE;
}

/* The journal cannot be used: the run ends, and nothing of it has run. Takes @error. */
static void
end_refused (GFlowRun *self,
             GError   *error)
{
  const guint n = self->plan->n_nodes;

  _g_flow_run_halt (self, G_FLOW_ATTENTION_FAILED | G_FLOW_ATTENTION_REFUSED, error);
  for (guint i = 0; i < n; i++)
    /* Release: pairs with _g_flow_run_node_state(), for the halt. */
    atomic_store_explicit (&self->nodes[i].state, G_FLOW_NODE_STATE_SKIPPED,
                           memory_order_release);
  atomic_store_explicit (&_g_flow_run_context_lane (self)->n_done, n, memory_order_relaxed);
  if (n == 0)
    _g_flow_scheduler_check_complete (self);
}

static void
route_roots (GFlowRun  *self,
             GFlowLane *lane,
             gboolean   all)
{
  GFlowPlan *plan = self->plan;

  for (guint i = 0; all && i < plan->n_roots; i++)
    _g_flow_run_route (self, lane, plan->roots[i]);
  for (guint i = 0; i < plan->n_routed_roots; i++)
    _g_flow_run_route (self, lane, plan->routed_roots[i]);
}

static GQuark
get_detail (GFlowRun *self)
{
  return self->request != NULL ? _g_flow_passage_find_detail (self) : 0;
}

static void
emit_from_flow (GFlowRun     *self,
                GFlowEvent    event,
                const GError *error)
{
  if (_g_flow_watch_was_connected (self->flow))
    _g_flow_emit (self->flow, event, get_detail (self), self, error);
}

/* Nobody has seen the run of a request yet, and nobody will, unless its flow or nodes of it
 * have handlers. */
static gboolean
has_listeners (GFlowRun *self)
{
  if (_g_flow_watch_is_heard (self->flow))
    return TRUE;

  g_autoptr(GArray) watched = _g_flow_watch_find (self->plan);

  return watched != NULL;
}

/* In the first dispatch: all that may call the user. */
void
_g_flow_run_start_nodes (GFlowRun *self)
{
  GFlowPlan *plan = self->plan;
  GFlowLane *lane = _g_flow_run_context_lane (self);
  g_autoptr(GArray) watched = NULL;
  GError *error = NULL;

  self->started = TRUE;
  if (!_g_flow_journal_take_loaded (self, &error))
    {
      end_refused (self, error);
      return;
    }

  const gboolean restored = self->outcomes != NULL;
  const gboolean routed = _g_flow_run_routes_all (self) || restored;

  if (restored)
    _g_flow_run_take_over (self);
  if (self->quiet && self->request != NULL && has_listeners (self))
    self->quiet = FALSE;
  if (!self->quiet)
    {
      _g_flow_run_notify_state (self);
      emit_from_flow (self, G_FLOW_EVENT_STARTED, NULL);
      watched = _g_flow_watch_find (plan);
    }
  for (guint i = 0; watched != NULL && i < watched->len; i++)
    _g_flow_run_mark (self, g_array_index (watched, guint32, i), G_FLOW_MARK_WATCHED);
  if (!self->quiet && _g_flow_watch_is_notified (self))
    _g_flow_run_start_ticking (self);
  if (!self->quiet)
    _g_flow_run_start_steps (self);

  /* The source of a deadline that has passed comes after this dispatch. */
  if (self->deadline != 0 && g_get_monotonic_time () >= self->deadline)
    deadline_cb (self);

  /* Who watches wants to be told while nodes run, and who answers to be asked. */
  if (watched != NULL || self->tick_source != NULL || (!self->quiet && _g_flow_run_answers (self)))
    self->participates = FALSE;

  if (restored)
    _g_flow_run_route_rest (self, lane);
  else
    route_roots (self, lane, routed);
  _g_flow_run_deliver_chosen (self, lane, FALSE);

  /* Last: from now on workers may come. Sequentially consistent, for the notify. Release: where this
   * thread itself looks next, others come by the scheduler's mutex. */
  if (self->participates)
    {
      atomic_store_explicit (&self->next_root, routed ? plan->n_roots : 0, memory_order_release);
    }
  else
    {
      atomic_store_explicit (&self->next_root, routed ? plan->n_roots : 0, memory_order_seq_cst);
      if (plan->n_roots > 0)
        _g_flow_run_notify_work (self);
    }
  if (plan->n_nodes == 0)
    _g_flow_scheduler_check_complete (self);
}

/* Ending */

static void
clear_source (GSource **source)
{
  if (*source != NULL)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

/* In the owner context: what still runs may take its time. */
void
_g_flow_run_lift_deadline (GFlowRun *self)
{
  clear_source (&self->deadline_source);
}

static void
disconnect (GFlowRun *self)
{
  /* Waits for the handler, which may be inside of another thread; but not if it has done its
   * part, as other handlers may iterate this context meanwhile. */
  if (self->cancel_handler != 0 &&
      atomic_load_explicit (&self->cancel_told, memory_order_acquire))
    g_signal_handler_disconnect (self->caller_cancellable, self->cancel_handler);
  else if (self->cancel_handler != 0)
    g_cancellable_disconnect (self->caller_cancellable, self->cancel_handler);
  self->cancel_handler = 0;
  g_clear_object (&self->caller_cancellable);
  clear_source (&self->deadline_source);
  _g_flow_run_stop_ticking (self);
}

/* The run was cancelled, or too late, after a failure that came first; but that was forgotten,
 * as the node was to run again. */
static void
tell_halted_locked (GFlowRun *self)
{
  self->cancelled = (_g_flow_run_attention (self) & G_FLOW_ATTENTION_LATE) == 0;
  self->error = self->cancelled ? _g_flow_run_new_cancelled_error () : _g_flow_run_new_late_error (self);
}

/* How the run ends: by the first error in time. */
GFlowRunState
_g_flow_run_settle_outcome (GFlowRun *self)
{
  GFlowRunState state = G_FLOW_RUN_STATE_DONE;

  _g_flow_mutex_lock (&self->mutex);
  if (self->error == NULL && !self->settled &&
      (_g_flow_run_attention (self) & G_FLOW_ATTENTION_CANCELLED) != 0)
    tell_halted_locked (self);
  self->settled = TRUE;
  if (self->error == NULL && self->cancelled_node != G_FLOW_NO_NODE)
    {
      self->error = g_error_new (G_IO_ERROR, G_IO_ERROR_CANCELLED,
                                 _("The node “%s” was cancelled"),
                                 g_flow_node_get_name (self->plan->nodes[self->cancelled_node].node));
      self->cancelled = TRUE;
    }
  if (self->error != NULL)
    state = self->cancelled ? G_FLOW_RUN_STATE_CANCELLED : G_FLOW_RUN_STATE_FAILED;
  _g_flow_mutex_unlock (&self->mutex);
  return state;
}

/* Nothing of the run runs any more: tells everybody. In the owner context, with
 * a reference held. */
void
_g_flow_run_finish (GFlowRun *self)
{
  GFlowOwner *owner = self->owner;

  self->finished = TRUE;
  disconnect (self);
  _g_flow_run_forget_questions (self);
  if (self->plan->locks != NULL)
    _g_flow_run_delist_locker (self);

  const GFlowRunState state = _g_flow_run_settle_outcome (self);
  const GFlowEvent event = state == G_FLOW_RUN_STATE_DONE ? G_FLOW_EVENT_DONE
                                                          : G_FLOW_EVENT_ERROR;

  _g_flow_run_deliver_news (self);
  _g_flow_run_update_steps (self);
  if (self->error != NULL)
    _g_flow_run_drop_kept_results (self);
  _g_flow_run_free_garbage (self);
  _g_flow_run_free_spares (self);
  if (self->passage != NULL)
    _g_flow_passage_end (self, state);
  /* That of a request ends with its answer, but for what goes on then. */
  if (self->end_time == 0)
    self->end_time = g_get_monotonic_time ();
  _g_flow_run_set_state (self, state);
  _g_flow_run_observe_finish (self);
  /* Handlers that were connected meanwhile see it. */
  if (self->quiet && self->request != NULL && _g_flow_watch_is_heard (self->flow))
    self->quiet = FALSE;
  if (!self->quiet)
    {
      _g_flow_run_notify_ended (self);
      _g_flow_run_emit (self, event, self->error);
      _g_flow_run_emit (self, G_FLOW_EVENT_ALWAYS, NULL);
    }
  /* Where a run was refused the flow has not emitted `started`. */
  if (!self->quiet && !_g_flow_run_is_refused (self))
    {
      emit_from_flow (self, event, self->error);
      emit_from_flow (self, G_FLOW_EVENT_ALWAYS, NULL);
    }

  /* Relaxed: its bodies have ended. */
  if (G_UNLIKELY (atomic_load_explicit (&self->calls_common, memory_order_relaxed)))
    _g_flow_run_tell_common (self);

  /* From here on the run may go. The reference that it had on itself is dropped
   * here, in its context. */
  if (_g_flow_scheduler_deactivate (self))
    g_object_unref (self);
  self->ended (self, self->error, self->ended_data);
  self->parent = NULL;
  self->owner = NULL;
  g_clear_pointer (&owner, _g_flow_owner_unref);
}

/* GFlowRun */

typedef struct
{
  GCancellable        *cancellable; /* (owned) (nullable) */
  GAsyncReadyCallback  callback;
  gpointer             user_data;
} Operation;

/* The task of a run is made when the run has ended, because it holds a
 * reference to the run, which then could not be dropped while it runs. */
static void
return_from_run (GFlowRun            *self,
                 GCancellable        *cancellable,
                 GAsyncReadyCallback  callback,
                 gpointer             user_data,
                 const GError        *error)
{
  g_autoptr(GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, g_flow_run_execute);
  g_task_set_check_cancellable (task, FALSE);
  if (error != NULL)
    g_task_return_error (task, g_error_copy (error));
  else
    g_task_return_boolean (task, TRUE);
}

static void
run_ended (GFlowRun     *self,
           const GError *error,
           gpointer      user_data)
{
  Operation *operation = user_data;

  return_from_run (self, operation->cancellable, operation->callback, operation->user_data, error);
  g_clear_object (&operation->cancellable);
  g_free (operation);
}

/* A run that was refused tells so as one that has failed does, later. */
static gboolean
tell_refused_cb (gpointer user_data)
{
  _g_flow_run_tell_refused (user_data);
  return G_SOURCE_REMOVE;
}

static void
tell_refused_later (GFlowRun     *self,
                    GMainContext *context)
{
  g_autoptr(GSource) source = g_idle_source_new ();

  g_source_set_static_name (source, "GFlow refused run");
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, tell_refused_cb, g_object_ref (self), g_object_unref);
  g_source_attach (source, context);
}

/**
 * g_flow_run_execute:
 * @self: a run that was not executed yet
 * @cancellable: (nullable): cancels the run
 * @callback: (scope async) (closure user_data): called when the run has ended
 * @user_data: data for @callback
 *
 * Executes the run. Its owner context is the thread-default main context of
 * the caller.
 *
 * The run is not kept alive by this: dropping its last reference cancels it.
 * @callback is called in any case, when nothing of the run runs any more.
 *
 * Since: 0.1
 */
void
g_flow_run_execute (GFlowRun            *self,
                    GCancellable        *cancellable,
                    GAsyncReadyCallback  callback,
                    gpointer             user_data)
{
  g_return_if_fail (G_IS_FLOW_RUN (self));
  g_return_if_fail (self->flow != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  g_autoptr(GMainContext) context = g_main_context_ref_thread_default ();
  g_autoptr(GError) error = NULL;
  const gboolean is_new = g_flow_run_get_state (self) == G_FLOW_RUN_STATE_NEW;
  Operation *operation = g_new0 (Operation, 1);

  g_set_object (&operation->cancellable, cancellable);
  operation->callback = callback;
  operation->user_data = user_data;
  if (!_g_flow_run_begin (self, context, cancellable, run_ended, operation, &error))
    {
      if (is_new)
        tell_refused_later (self, context);
      run_ended (self, error, operation);
    }
}

/**
 * g_flow_run_execute_finish:
 * @self: a run
 * @result: what the callback was given
 * @error: return location for the first error of the run
 *
 * Finishes what [method@GFlow.FlowRun.execute] has begun.
 *
 * Returns: %TRUE if the run has succeeded
 *
 * Since: 0.1
 */
gboolean
g_flow_run_execute_finish (GFlowRun      *self,
                           GAsyncResult  *result,
                           GError       **error)
{
  g_return_val_if_fail (G_IS_FLOW_RUN (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/* GFlow */

static void
flow_ended (GFlowRun     *run,
            const GError *error,
            gpointer      user_data)
{
  g_autoptr(GTask) task = user_data;

  if (error != NULL)
    {
      g_task_return_error (task, g_error_copy (error));
      g_object_unref (run);
    }
  else
    {
      g_task_return_pointer (task, run, g_object_unref);
    }
}

/**
 * g_flow_execute:
 * @self: a flow
 * @cancellable: (nullable): cancels the run
 * @callback: (scope async) (closure user_data): called when the run has ended
 * @user_data: data for @callback
 *
 * Runs the flow once, from start to end. The owner context of the run is the
 * thread-default main context of the caller.
 *
 * A flow may be executed any number of times, also at once: the runs are
 * independent. Each uses the plan as it stands now: edits change later runs.
 *
 * Since: 0.1
 */
void
g_flow_execute (GFlow               *self,
                GCancellable        *cancellable,
                GAsyncReadyCallback  callback,
                gpointer             user_data)
{
  g_return_if_fail (G_IS_FLOW (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  g_autoptr(GMainContext) context = g_main_context_ref_thread_default ();
  GTask *task = g_task_new (self, cancellable, callback, user_data);
  GFlowRun *run = g_flow_run_new (self);
  GError *error = NULL;

  /* Not by the macro, which would copy a name for each task. */
  (g_task_set_source_tag) (task, g_flow_execute);
  g_task_set_check_cancellable (task, FALSE);
  if (!_g_flow_run_begin (run, context, cancellable, flow_ended, task, &error))
    {
      flow_ended (run, error, task);
      g_error_free (error);
    }
}

/**
 * g_flow_execute_finish:
 * @self: a flow
 * @result: what the callback was given
 * @error: return location for the first error of the run
 *
 * Finishes what [method@GFlow.Flow.execute] has begun.
 *
 * Returns: (transfer full): the run, which has succeeded
 *
 * Since: 0.1
 */
GFlowRun *
g_flow_execute_finish (GFlow         *self,
                       GAsyncResult  *result,
                       GError       **error)
{
  g_return_val_if_fail (G_IS_FLOW (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
