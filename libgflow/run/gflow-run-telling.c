/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-run-class-private.h"

#include "gflow-estimate-private.h"
#include "gflow-question.h"
#include "gflow-steps-private.h"

/* Signals and notifications of a run, in its owner context. */

static guint signals[G_FLOW_EVENT_ALWAYS + 1];
static guint step_changed_signal;
static guint stop_node_signal;
static guint ask_signal;

void
_g_flow_run_notify_state (GFlowRun *self)
{
  if (_g_flow_watch_was_connected (self))
    g_object_notify_by_pspec (G_OBJECT (self), _g_flow_run_properties[PROP_STATE]);
}

void
_g_flow_run_notify_paused (GFlowRun *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), _g_flow_run_properties[PROP_PAUSED]);
}

void
_g_flow_run_tell_refused (GFlowRun *self)
{
  _g_flow_run_notify_ended (self);
  _g_flow_run_emit (self, G_FLOW_EVENT_ERROR, self->error);
  _g_flow_run_emit (self, G_FLOW_EVENT_ALWAYS, NULL);
}

void
_g_flow_run_emit (GFlowRun     *self,
                  GFlowEvent    event,
                  const GError *error)
{
  if (!_g_flow_watch_was_connected (self))
    return;

  if (event == G_FLOW_EVENT_ERROR)
    g_signal_emit (self, signals[event], 0, error);
  else
    g_signal_emit (self, signals[event], 0);
}

void
_g_flow_run_emit_stop_node (GFlowRun *self,
                            guint32   index)
{
  g_signal_emit (self, stop_node_signal, 0, self->plan->nodes[index].node);
}

/* Whether somebody is notified of this property, or of all. */
static gboolean
is_notified_of (GFlowRun *self,
                guint     property)
{
  return g_signal_has_handler_pending (self, g_signal_lookup ("notify", G_TYPE_OBJECT),
                                       g_quark_from_static_string (_g_flow_run_properties[property]->name),
                                       TRUE);
}

/* What was notified last */
struct _GFlowTold
{
  double  fraction;
  guint   n_done;
  char   *status;    /* (owned) (nullable) */
  guint   elapsed;   /* in seconds, and so what follows */
  guint   remaining;
  double  rate;
};

static GFlowTold *
ensure_told (GFlowRun *self)
{
  if (self->told == NULL)
    {
      self->told = g_new (GFlowTold, 1);
      *self->told = (GFlowTold) { .remaining = G_MAXUINT, .rate = -1.0 };
    }
  return self->told;
}

void
_g_flow_told_free (GFlowTold *told)
{
  g_free (told->status);
  g_free (told);
}

/* Notifies of a number that people look at, if they would see a difference. */
static void
notify_rounded (GFlowRun *self,
                guint     property,
                guint    *told,
                guint     now)
{
  if (*told == now)
    return;

  *told = now;
  g_object_notify_by_pspec (G_OBJECT (self), _g_flow_run_properties[property]);
}

static void
notify_status (GFlowRun *self)
{
  if (!is_notified_of (self, PROP_STATUS))
    return;

  g_autofree char *status = g_flow_run_dup_status (self);

  if (g_strcmp0 (self->told->status, status) == 0)
    return;

  g_free (self->told->status);
  self->told->status = g_steal_pointer (&status);
  g_object_notify_by_pspec (G_OBJECT (self), _g_flow_run_properties[PROP_STATUS]);
}

static void
notify_times (GFlowRun *self)
{
  const double remaining = g_flow_run_get_remaining (self);
  const double rate = g_flow_run_get_rate (self);
  const guint seconds = remaining < 0.0 ? G_MAXUINT : _g_flow_run_round_seconds (remaining);

  notify_rounded (self, PROP_ELAPSED, &self->told->elapsed,
                  (guint) g_flow_run_get_elapsed (self));
  notify_rounded (self, PROP_REMAINING, &self->told->remaining, seconds);
  if (ABS (rate - self->told->rate) > ABS (self->told->rate) / 100)
    {
      self->told->rate = rate;
      g_object_notify_by_pspec (G_OBJECT (self), _g_flow_run_properties[PROP_RATE]);
    }
}

/* Ten times a second, and at the end. */
void
_g_flow_run_notify_progress (GFlowRun *self)
{
  const guint n_done = _g_flow_run_count_done (self);
  const double fraction = g_flow_run_get_fraction (self);
  GFlowTold *told = ensure_told (self);

  g_object_freeze_notify (G_OBJECT (self));
  if (n_done != told->n_done)
    g_object_notify_by_pspec (G_OBJECT (self), _g_flow_run_properties[PROP_N_DONE]);
  if (fraction > told->fraction)
    g_object_notify_by_pspec (G_OBJECT (self), _g_flow_run_properties[PROP_FRACTION]);
  told->n_done = n_done;
  told->fraction = fraction;
  if (_g_flow_watch_is_notified (self))
    {
      notify_status (self);
      notify_times (self);
    }
  g_object_thaw_notify (G_OBJECT (self));
}

/* FALSE if nobody takes the question. */
gboolean
_g_flow_run_emit_ask (GFlowRun      *self,
                      GFlowQuestion *question)
{
  gboolean taken = FALSE;

  g_signal_emit (self, ask_signal, 0, question, &taken);
  return taken;
}

/* Whether somebody is there to answer. */
gboolean
_g_flow_run_answers (GFlowRun *self)
{
  return _g_flow_watch_was_connected (self) &&
         g_signal_handler_find (self, G_SIGNAL_MATCH_ID, ask_signal, 0, NULL, NULL, NULL) != 0;
}

/* Whether somebody wants to be told of all steps. */
gboolean
_g_flow_run_tells_steps (GFlowRun *self)
{
  return _g_flow_watch_was_connected (self) &&
         g_signal_handler_find (self, G_SIGNAL_MATCH_ID, step_changed_signal, 0,
                                NULL, NULL, NULL) != 0;
}

void
_g_flow_run_emit_step_changed (GFlowRun  *self,
                               GFlowStep *step)
{
  g_signal_emit (self, step_changed_signal, 0, step);
}

/* All of them. */
void
_g_flow_run_items_changed (GFlowRun *self,
                           guint     n_removed,
                           guint     n_added)
{
  g_list_model_items_changed (G_LIST_MODEL (self), 0, n_removed, n_added);
  if (n_removed != n_added)
    g_object_notify_by_pspec (G_OBJECT (self), _g_flow_run_properties[PROP_N_ITEMS]);
}

void
_g_flow_run_notify_ended (GFlowRun *self)
{
  /* To notify costs more than to ask. */
  if (!_g_flow_watch_is_notified (self))
    return;

  _g_flow_run_notify_progress (self);
  _g_flow_run_notify_state (self);
  if (self->error != NULL)
    g_object_notify_by_pspec (G_OBJECT (self), _g_flow_run_properties[PROP_ERROR]);
}

void
_g_flow_run_install_signals (GObjectClass *object_class)
{
  GType type = G_TYPE_FROM_CLASS (object_class);
  /* Without hooks, because nothing is emitted where there are no handlers. */
  const GSignalFlags flags = G_SIGNAL_RUN_LAST | G_SIGNAL_NO_HOOKS;

  /**
   * GFlowRun::done:
   * @self: the run
   *
   * Emitted in the owner context when the run has succeeded.
   *
   * Since: 0.1
   */
  signals[G_FLOW_EVENT_DONE] = g_signal_new ("done", type, flags, 0, NULL, NULL, NULL,
                                             G_TYPE_NONE, 0);

  /**
   * GFlowRun::error:
   * @self: the run
   * @error: why it failed, or %G_IO_ERROR_CANCELLED
   *
   * Emitted in the owner context when the run has failed or was cancelled.
   *
   * Since: 0.1
   */
  signals[G_FLOW_EVENT_ERROR] = g_signal_new ("error", type, flags, 0, NULL, NULL, NULL,
                                              G_TYPE_NONE, 1, G_TYPE_ERROR);

  /**
   * GFlowRun::always:
   * @self: the run
   *
   * Emitted in the owner context when the run has ended, after `done` or `error`.
   *
   * Since: 0.1
   */
  signals[G_FLOW_EVENT_ALWAYS] = g_signal_new ("always", type, flags, 0, NULL, NULL,
                                               NULL, G_TYPE_NONE, 0);

  /**
   * GFlowRun::step-changed:
   * @self: the run
   * @step: what has changed
   *
   * Emitted in the owner context when something of a step has changed: once, however much
   * it was since the last time. Before `done` or `error` is emitted, this was for every
   * step that has ended.
   *
   * A handler must be connected by the time that the flow emits `started`. Later, only
   * steps that somebody has asked for are told of.
   *
   * Since: 0.1
   */
  step_changed_signal = g_signal_new ("step-changed", type, flags, 0, NULL, NULL, NULL,
                                      G_TYPE_NONE, 1, G_TYPE_FLOW_STEP);

  /**
   * GFlowRun::stop-node:
   * @self: the run
   * @node: the node
   *
   * Emitted in the owner context when a node that was deferred, see
   * [method@GFlow.FlowRun.defer_node], is to stop: when its cancellable is
   * cancelled, if it has one, and once. The node goes on until it is completed.
   * For programs with many such nodes, to which this costs nothing, while a
   * cancellable for each costs more than all else.
   *
   * Since: 0.1
   */
  stop_node_signal = g_signal_new ("stop-node", type, flags, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE, 1, G_TYPE_FLOW_NODE);

  /**
   * GFlowRun::ask:
   * @self: the run
   * @question: the question
   *
   * Emitted in the owner context when a node asks something, see
   * [method@GFlow.FlowRun.ask_question]. A handler that takes the question keeps it, answers now
   * or later, and returns %TRUE; then no other is asked.
   *
   * A handler must be connected by the time that the flow emits `started`.
   *
   * Returns: %TRUE if the question is taken
   *
   * Since: 0.1
   */
  ask_signal = g_signal_new ("ask", type, flags, 0, g_signal_accumulator_true_handled, NULL, NULL,
                             G_TYPE_BOOLEAN, 1, G_TYPE_FLOW_QUESTION);
}
