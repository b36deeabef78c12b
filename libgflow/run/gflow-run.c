/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-run-class-private.h"

#include "gflow-journal-private.h"
#include "gflow-progress-private.h"
#include "gflow-record-private.h"
#include "gflow-save-private.h"
#include "gflow-scheduler-private.h"
#include "gflow-steps-private.h"

/**
 * GFlowRun:
 *
 * One passage through a [class@GFlow.Flow].
 *
 * [method@GFlow.Flow.execute] makes one and gives it back when it has ended. To
 * set it up, or to watch it, make it first:
 *
 * ```c
 * g_autoptr(GFlowRun) run = g_flow_run_new (flow);
 *
 * g_flow_run_set_on_error (run, G_FLOW_ON_ERROR_STOP);
 * g_object_bind_property (run, "fraction", progress_bar, "fraction", 0);
 * g_flow_run_execute (run, cancellable, executed_cb, self);
 * ```
 *
 * A run is a list model of its nodes, as [class@GFlow.FlowStep]s, in the order in which
 * they were added: to be shown in a list view, for instance. Steps are made when somebody
 * asks for them. Before the run starts these are the nodes that the flow had when somebody
 * first asked for them; when it starts, the list is brought up to date.
 *
 * Every run ends in exactly one of done, failed and cancelled, and every node
 * of it in exactly one of done, failed, skipped and cancelled. The first error
 * in time is the error of the run; all of them are kept.
 *
 * ## Thread safety
 *
 * A run belongs to its owner context: the thread-default main context of the
 * thread that started it. There all its signals and notifications come, and there it is
 * a list. Results, states, reasons, progress and cancellation may be used from any thread.
 *
 * Since: 0.1
 */

G_DEFINE_FINAL_TYPE_WITH_CODE (GFlowRun, g_flow_run, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL,
                                                      _g_flow_run_list_model_init))

/* For the other files */

void
_g_flow_run_set_state (GFlowRun      *self,
                       GFlowRunState  state)
{
  /* Release: pairs with the load in g_flow_run_get_state(), for the error. */
  atomic_store_explicit (&self->state, state, memory_order_release);
}

/* The run cannot be started. Who watches it is told later. */
void
_g_flow_run_refuse (GFlowRun     *self,
                    const GError *error)
{
  _g_flow_mutex_lock (&self->mutex);
  g_clear_error (&self->error);
  self->error = g_error_copy (error);
  self->settled = TRUE;
  _g_flow_mutex_unlock (&self->mutex);
  _g_flow_run_set_state (self, G_FLOW_RUN_STATE_FAILED);
}

/* GObject */

static void
g_flow_run_dispose (GObject *object)
{
  GFlowRun *self = G_FLOW_RUN (object);

  /* Nobody wants the run any more: it ends, properly, and goes after that. */
  if (g_flow_run_get_state (self) == G_FLOW_RUN_STATE_RUNNING && _g_flow_scheduler_keep (self))
    {
      g_flow_run_cancel (self);
      return;
    }
  if (_g_flow_run_stay (self))
    return;

  G_OBJECT_CLASS (g_flow_run_parent_class)->dispose (object);
}

static void
free_cancellables (GFlowRun *self)
{
  _Atomic (GCancellable *) *table =
    atomic_load_explicit (&self->cancellables, memory_order_relaxed);
  GCancellable *cancellable = atomic_load_explicit (&self->cancellable, memory_order_relaxed);

  for (guint i = 0; table != NULL && i < self->plan->n_nodes; i++)
    {
      GCancellable *of_node = atomic_load_explicit (&table[i], memory_order_relaxed);

      if (of_node != NULL)
        _g_flow_spares_give (of_node);
    }
  _g_flow_run_free_spares (self);
  g_free ((gpointer) table);
  g_clear_object (&cancellable);
}

static void
free_grown_context (GFlowRun *self)
{
  GMainContext *context = atomic_load_explicit (&self->grown_context, memory_order_relaxed);

  g_clear_pointer (&context, g_main_context_unref);
}

/* Lets go of all that the run has, but for what its state was in if that @may_stay. */
static void
clear (GFlowRun *self,
       gboolean  may_stay)
{
  if (self->outcomes != NULL)
    _g_flow_outcomes_free (g_steal_pointer (&self->outcomes), self->plan->n_nodes);
  g_clear_pointer (&self->journal, _g_flow_journal_free);
  _g_flow_run_free_results (self);
  free_cancellables (self);
  _g_flow_run_free_steps (self);
  _g_flow_run_free_progress (self);
  free_grown_context (self);
  _g_flow_run_free_records (self);
  g_assert (self->ahead.n == 0);
  g_free (self->ahead.calls);
  _g_flow_run_free_attempts (self);
  g_free (atomic_load_explicit (&self->waits, memory_order_relaxed));
  _g_flow_run_free_state (self, may_stay);
  g_clear_object (&self->history);
  g_clear_pointer (&self->pace, g_free);
  g_clear_pointer (&self->told, _g_flow_told_free);
  g_clear_error (&self->error);
  g_clear_pointer (&self->node_errors, g_hash_table_unref);
  _g_flow_run_free_failures (self);
  g_clear_pointer (&self->missing, g_hash_table_unref);
  g_clear_pointer (&self->wanted, g_hash_table_unref);
  g_clear_pointer (&self->to_revive, g_queue_free);
  g_clear_slist (&self->old_errors, (GDestroyNotify) g_error_free);
  g_clear_pointer (&self->choices, g_hash_table_unref);
  _g_flow_run_free_questions (self);
  g_clear_pointer (&self->families, g_hash_table_unref);
  g_clear_object (&self->items);
  g_free (self->item_digests);
  g_clear_object (&self->error_list);
  g_clear_pointer (&self->cancelled_early, g_ptr_array_unref);
  g_clear_pointer (&self->parameters, g_variant_unref);
  g_clear_pointer (&self->saved, g_variant_unref);
  g_clear_object (&self->journal_file);
  g_clear_object (&self->request);
  g_assert (self->passage == NULL);
  g_clear_object (&self->parallel_lock);
  g_clear_pointer (&self->plan, _g_flow_plan_unref);
  g_clear_object (&self->flow);
  _g_flow_mutex_clear (&self->mutex);
}

static void
g_flow_run_finalize (GObject *object)
{
  clear (G_FLOW_RUN (object), FALSE);

  G_OBJECT_CLASS (g_flow_run_parent_class)->finalize (object);
}

static void
g_flow_run_class_init (GFlowRunClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = g_flow_run_dispose;
  object_class->finalize = g_flow_run_finalize;

  _g_flow_run_install_properties (object_class);
  _g_flow_run_install_signals (object_class);
}

static void
g_flow_run_init (GFlowRun *self)
{
  _g_flow_mutex_init (&self->mutex);
  self->cancelled_node = G_FLOW_NO_NODE;
  self->parent_index = G_FLOW_NO_NODE;
}

/* Makes a run that nobody can tell from another one of no flow that is as new. */
void
_g_flow_run_wipe (GFlowRun *self)
{
  g_signal_handlers_destroy (self);
  clear (self, TRUE);

  gpointer block = self->block;
  const gsize block_size = self->block_size;

  memset (&self->flow, 0, sizeof *self - G_STRUCT_OFFSET (GFlowRun, flow));
  g_flow_run_init (self);
  self->block = block;
  self->block_size = block_size;
}

/**
 * g_flow_run_new:
 * @flow: the flow to run
 *
 * Makes a run that does not start yet.
 *
 * Returns: (transfer full): a new run
 *
 * Since: 0.1
 */
GFlowRun *
g_flow_run_new (GFlow *flow)
{
  g_return_val_if_fail (G_IS_FLOW (flow), NULL);

  GFlowRun *self = _g_flow_run_take_unused ();

  if (self == NULL)
    self = g_object_new (G_TYPE_FLOW_RUN, NULL);

  /* As the property does, without a GValue. */
  _g_flow_run_set_flow (self, flow);
  return self;
}

/* Properties */

/**
 * g_flow_run_get_flow: (attributes org.gtk.Method.get_property=flow)
 * @self: a run
 *
 * Gets the flow that is run.
 *
 * Returns: (transfer none): the flow
 *
 * Since: 0.1
 */
GFlow *
g_flow_run_get_flow (GFlowRun *self)
{
  g_return_val_if_fail (G_IS_FLOW_RUN (self), NULL);

  return self->flow;
}

/**
 * g_flow_run_get_state: (attributes org.gtk.Method.get_property=state)
 * @self: a run
 *
 * Gets where the run stands. May be called from any thread.
 *
 * Returns: the state
 *
 * Since: 0.1
 */
GFlowRunState
g_flow_run_get_state (GFlowRun *self)
{
  g_return_val_if_fail (G_IS_FLOW_RUN (self), G_FLOW_RUN_STATE_NEW);

  /* Acquire: pairs with the store in _g_flow_run_set_state(). */
  return atomic_load_explicit (&self->state, memory_order_acquire);
}

/**
 * g_flow_run_get_error: (attributes org.gtk.Method.get_property=error)
 * @self: a run
 *
 * Gets why the run has failed or was cancelled.
 *
 * Returns: (transfer none) (nullable): the first error in time; %NULL if the run
 *   has succeeded or has not ended
 *
 * Since: 0.1
 */
GError *
g_flow_run_get_error (GFlowRun *self)
{
  g_return_val_if_fail (G_IS_FLOW_RUN (self), NULL);

  return g_flow_run_get_state (self) > G_FLOW_RUN_STATE_RUNNING ? self->error : NULL;
}
