/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-owner-private.h"

#include "gflow-scheduler-private.h"

/* Looks at whether there is something to do before the caller sleeps: a few
 * microseconds, as long as waking it would take. */
#define SPIN_ROUNDS 200

/* Running a flow while the calling thread waits: it works, too, if all nodes run
 * on workers.
 *
 * A main context is made only if something has to come there: a node, a signal, a
 * deadline. To make one and to iterate it costs more than a hundred nodes. Without
 * one the caller sleeps on a parking when there is nothing for it to do. */

static void
sync_ended (GFlowRun     *self,
            const GError *error,
            gpointer      user_data)
{
  *(gboolean *) user_data = TRUE;
}

/* The run whose body this thread is in. A run that is a node of another one is in
 * the body of that node all the time. */
static GFlowRun *
find_body_run (void)
{
  for (GFlowFrame *frame = _g_flow_frame; frame != NULL; frame = frame->below)
    if (frame->in_body)
      return frame->run;
    else if (frame->run->parent != NULL)
      return frame->run->parent;
  return NULL;
}

/* Whether this thread is in a body of @flow, so that it must not wait for its runs. */
gboolean
_g_flow_is_in_body (GFlow *flow)
{
  for (GFlowRun *run = find_body_run (); run != NULL; run = run->parent)
    if (run->flow == flow)
      return TRUE;
  return FALSE;
}

/* What is started by a handler or a body in the context belongs to it; what a
 * body starts that this thread calls as a worker does not. */
static void
iterate (GMainContext *context,
         gboolean      may_block)
{
  g_main_context_push_thread_default (context);
  g_main_context_iteration (context, may_block);
  g_main_context_pop_thread_default (context);
}

/* The thread that waits works, unless something may be wanted of it meanwhile. */
static gboolean
may_participate (GFlowRun *self)
{
  return self->plan->n_context == 0 && self->plan->policies == NULL && self->deadline == 0;
}

/* Sub-runs start and end in this thread, and must not wait for a body that it is in. */
static void
leave_if_grown (GFlowRun *self)
{
  if (self->participates &&
      (atomic_load_explicit (&self->attention, memory_order_relaxed) &
       G_FLOW_ATTENTION_GROWN) != 0)
    {
      self->participates = FALSE;
      _g_flow_scheduler_caller_leaves (self);
    }
}

/* Relaxed: what was lent was posted after that, and the post is seen before this thread sleeps. */
static void
lend_likewise (GFlowRun *self)
{
  if (_g_flow_frame != NULL &&
      (atomic_load_explicit (&self->attention, memory_order_relaxed) &
       G_FLOW_ATTENTION_STEERED) != 0)
    _g_flow_scheduler_lend_likewise (self);
}

static void
wait_in_context (GFlowRun       *self,
                 const gboolean *ended)
{
  g_autoptr(GMainContext) context = g_main_context_ref (_g_flow_owner_get_context (self->owner));

  self->participates = may_participate (self);
  while (!*ended && self->participates)
    {
      const gboolean worked = self->started && _g_flow_scheduler_help (self);

      if (*ended)
        break;
      if (!worked)
        lend_likewise (self);
      iterate (context, !worked);
      leave_if_grown (self);
    }
  g_main_context_push_thread_default (context);
  while (!*ended)
    {
      lend_likewise (self);
      g_main_context_iteration (context, TRUE);
    }
  /* What a request has started, and did not wait for: nobody else will iterate it. */
  while (self->request != NULL && _g_flow_owner_exists (context))
    g_main_context_iteration (context, TRUE);
  g_main_context_pop_thread_default (context);
}

/* A caller that never sleeps has no parking: to make one costs as much as some nodes. */
static void
sleep_until_posted (GFlowRun     *self,
                    GFlowParking *parking)
{
  if (atomic_load_explicit (&self->caller, memory_order_relaxed) == NULL)
    {
      g_flow_parking_init (parking);
      /* Sequentially consistent, and before the look at what was posted: whoever posts
       * does so first, and then looks for this, see wake_caller(). Either that is seen,
       * or this thread is woken. */
      atomic_store_explicit (&self->caller, parking, memory_order_seq_cst);
    }
  /* Whoever posts next wakes this thread, or has before: that is kept. */
  if (!atomic_load_explicit (&self->posted, memory_order_seq_cst))
    g_flow_parking_park (parking, G_MAXINT);
}

/* The last worker is mostly about to leave. */
static void
wait_for_post (GFlowRun     *self,
               GFlowParking *parking)
{
  for (guint i = 0; i < SPIN_ROUNDS; i++)
    if (atomic_load_explicit (&self->posted, memory_order_relaxed))
      return;
    else
      _g_flow_pause_processor ();
  sleep_until_posted (self, parking);
}

static void
wait_without_context (GFlowRun       *self,
                      const gboolean *ended)
{
  GFlowParking parking;

  while (!*ended)
    {
      GMainContext *context = atomic_load_explicit (&self->grown_context, memory_order_seq_cst);

      leave_if_grown (self);
      if (_g_flow_owner_dispatch_caller (self))
        continue;
      /* Sequentially consistent, and before the look at what was posted: whoever posts
       * does so first, and then looks for the context, see wake_caller(). Either that
       * is seen, or the context is woken. */
      if (context == NULL && _g_flow_scheduler_help (self))
        continue;
      lend_likewise (self);
      if (context != NULL)
        iterate (context, TRUE);
      else
        wait_for_post (self, &parking);
    }
  /* Relaxed: the run has ended, and nobody posts. */
  if (atomic_load_explicit (&self->caller, memory_order_relaxed) != NULL)
    {
      atomic_store_explicit (&self->caller, NULL, memory_order_relaxed);
      g_flow_parking_clear (&parking);
    }
}

/**
 * g_flow_run_execute_sync:
 * @self: a run that was not executed yet
 * @cancellable: (nullable): cancels the run
 * @error: return location for the first error of the run
 *
 * Executes the run, blocking the calling thread until it has ended. All
 * signals, callbacks and async bodies come in the calling thread, from a private
 * main context: the caller's own is not iterated.
 *
 * If all nodes run on workers, the calling thread is one of them.
 *
 * Must not be called from the body of a node of the same flow, which fails
 * with %G_FLOW_ERROR_RECURSION; nor, in any other body, for a flow that needs a lock of that
 * node, for which it would wait for ever.
 *
 * Returns: %TRUE if the run has succeeded
 *
 * Since: 0.1
 */
gboolean
g_flow_run_execute_sync (GFlowRun      *self,
                         GCancellable  *cancellable,
                         GError       **error)
{
  g_return_val_if_fail (G_IS_FLOW_RUN (self), FALSE);
  g_return_val_if_fail (self->flow != NULL, FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_autoptr(GFlowRun) held G_GNUC_UNUSED = g_object_ref (self);
  g_autoptr(GError) refusal = NULL;
  const gboolean is_new = g_flow_run_get_state (self) == G_FLOW_RUN_STATE_NEW;
  gboolean ended = FALSE;

  if (is_new)
    self->parent = find_body_run ();
  if (_g_flow_run_begin (self, NULL, cancellable, sync_ended, &ended, &refusal))
    {
      if (self->owner != NULL)
        wait_in_context (self, &ended);
      else
        wait_without_context (self, &ended);
    }
  else if (is_new)
    {
      _g_flow_run_tell_refused (self);
      self->parent = NULL;
    }

  if (refusal != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&refusal));
      return FALSE;
    }
  if (self->error != NULL)
    g_propagate_error (error, g_error_copy (self->error));
  return self->error == NULL;
}

/**
 * g_flow_execute_sync:
 * @self: a flow
 * @cancellable: (nullable): cancels the run
 * @error: return location for the first error of the run
 *
 * Runs the flow once, blocking the calling thread until the run has ended. See
 * [method@GFlow.FlowRun.execute_sync].
 *
 * Returns: (transfer full): the run, which has succeeded
 *
 * Since: 0.1
 */
GFlowRun *
g_flow_execute_sync (GFlow         *self,
                     GCancellable  *cancellable,
                     GError       **error)
{
  g_return_val_if_fail (G_IS_FLOW (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr(GFlowRun) run = g_flow_run_new (self);

  if (!g_flow_run_execute_sync (run, cancellable, error))
    return NULL;
  return g_steal_pointer (&run);
}
