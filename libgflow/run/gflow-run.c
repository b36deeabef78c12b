/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-run-private.h"

#include "gflow-enum-types.h"
#include "gflow-estimate-private.h"
#include "gflow-journal-private.h"
#include "gflow-progress-private.h"
#include "gflow-question.h"
#include "gflow-record-private.h"
#include "gflow-save-private.h"
#include "gflow-scheduler-private.h"
#include "gflow-steps-private.h"
#include "graph/gflow-history.h"

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

enum
{
  PROP_0,
  PROP_FLOW,
  PROP_STATE,
  PROP_ERROR,
  PROP_ON_ERROR,
  PROP_CANCELLABLE,
  PROP_PARAMETERS,
  PROP_REQUEST,
  PROP_DEADLINE,
  PROP_KEEP_RESULTS,
  PROP_KEEP_RECORD,
  PROP_PAUSED,
  PROP_FRACTION,
  PROP_N_DONE,
  PROP_N_TOTAL,
  PROP_STATUS,
  PROP_ELAPSED,
  PROP_REMAINING,
  PROP_RATE,
  PROP_HISTORY,
  PROP_JOURNAL,
  PROP_ITEM_TYPE,
  PROP_N_ITEMS,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];
static guint signals[G_FLOW_EVENT_ALWAYS + 1];
static guint step_changed_signal;
static guint stop_node_signal;
static guint ask_signal;

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

void
_g_flow_run_notify_state (GFlowRun *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
}

void
_g_flow_run_notify_paused (GFlowRun *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PAUSED]);
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
                                       g_quark_from_static_string (properties[property]->name),
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

static void
free_told (GFlowTold *told)
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
  g_object_notify_by_pspec (G_OBJECT (self), properties[property]);
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
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATUS]);
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
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_RATE]);
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
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_DONE]);
  if (fraction > told->fraction)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_FRACTION]);
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
  return g_signal_handler_find (self, G_SIGNAL_MATCH_ID, ask_signal, 0, NULL, NULL, NULL) != 0;
}

/* Whether somebody wants to be told of all steps. */
gboolean
_g_flow_run_tells_steps (GFlowRun *self)
{
  return g_signal_handler_find (self, G_SIGNAL_MATCH_ID, step_changed_signal, 0,
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
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_ITEMS]);
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
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ERROR]);
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

/* Lets go of all that the run has. What its state was in may be kept. */
static void
clear (GFlowRun *self,
       gboolean  keeps_memory)
{
  g_assert (self->waits.length == 0);
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
  if (!keeps_memory)
    _g_flow_run_free_state (self);
  g_clear_object (&self->history);
  g_clear_pointer (&self->pace, g_free);
  g_clear_pointer (&self->told, free_told);
  g_clear_error (&self->error);
  g_clear_pointer (&self->node_errors, g_hash_table_unref);
  g_clear_pointer (&self->failures, g_array_unref);
  g_clear_pointer (&self->missing, g_hash_table_unref);
  g_clear_pointer (&self->wanted, g_array_unref);
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
  if (keeps_memory)
    _g_flow_run_leave_state (self);
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
g_flow_run_get_property (GObject    *object,
                         guint       prop_id,
                         GValue     *value,
                         GParamSpec *pspec)
{
  GFlowRun *self = G_FLOW_RUN (object);

  switch (prop_id)
    {
    case PROP_FLOW:
      g_value_set_object (value, self->flow);
      break;
    case PROP_STATE:
      g_value_set_enum (value, g_flow_run_get_state (self));
      break;
    case PROP_ERROR:
      g_value_set_boxed (value, g_flow_run_get_error (self));
      break;
    case PROP_ON_ERROR:
      g_value_set_enum (value, self->on_error);
      break;
    case PROP_CANCELLABLE:
      g_value_set_object (value, g_flow_run_get_cancellable (self));
      break;
    case PROP_PARAMETERS:
      g_value_set_variant (value, g_flow_run_get_parameters (self));
      break;
    case PROP_REQUEST:
      g_value_set_object (value, self->request);
      break;
    case PROP_DEADLINE:
      g_value_set_int64 (value, self->deadline);
      break;
    case PROP_KEEP_RESULTS:
      g_value_set_boolean (value, self->keep_results);
      break;
    case PROP_KEEP_RECORD:
      g_value_set_boolean (value, self->keep_record);
      break;
    case PROP_PAUSED:
      g_value_set_boolean (value, g_flow_run_get_paused (self));
      break;
    case PROP_FRACTION:
      g_value_set_double (value, g_flow_run_get_fraction (self));
      break;
    case PROP_N_DONE:
      g_value_set_uint (value, g_flow_run_get_n_done (self));
      break;
    case PROP_N_TOTAL:
      g_value_set_uint (value, g_flow_run_get_n_total (self));
      break;
    case PROP_JOURNAL:
      g_value_set_object (value, self->journal_file);
      break;
    case PROP_STATUS:
      g_value_take_string (value, g_flow_run_dup_status (self));
      break;
    case PROP_ELAPSED:
      g_value_set_double (value, g_flow_run_get_elapsed (self));
      break;
    case PROP_REMAINING:
      g_value_set_double (value, g_flow_run_get_remaining (self));
      break;
    case PROP_RATE:
      g_value_set_double (value, g_flow_run_get_rate (self));
      break;
    case PROP_HISTORY:
      g_value_set_object (value, self->history);
      break;
    case PROP_ITEM_TYPE:
      g_value_set_gtype (value, _g_flow_run_get_item_type (G_LIST_MODEL (self)));
      break;
    case PROP_N_ITEMS:
      g_value_set_uint (value, _g_flow_run_get_n_items (G_LIST_MODEL (self)));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

/* What the flow says holds unless the run says otherwise. */
static void
set_flow (GFlowRun *self,
          GFlow    *flow)
{
  if (self->flow == flow)
    return;

  g_return_if_fail (self->flow == NULL);

  self->flow = g_object_ref (flow);
  if (!self->on_error_set)
    self->on_error = flow->on_error;
  if (!self->history_set)
    g_set_object (&self->history, flow->history);
}

static void
g_flow_run_set_property (GObject      *object,
                         guint         prop_id,
                         const GValue *value,
                         GParamSpec   *pspec)
{
  GFlowRun *self = G_FLOW_RUN (object);
  gboolean was_set;

  switch (prop_id)
    {
    case PROP_FLOW:
      was_set = self->flow != NULL;
      set_flow (self, g_value_get_object (value));
      if (!was_set && self->flow != NULL)
        g_object_notify_by_pspec (object, pspec);
      break;
    case PROP_ON_ERROR:
      g_flow_run_set_on_error (self, g_value_get_enum (value));
      break;
    case PROP_PARAMETERS:
      g_flow_run_set_parameters (self, g_value_get_variant (value));
      break;
    case PROP_REQUEST:
      g_flow_run_set_request (self, g_value_get_object (value));
      break;
    case PROP_DEADLINE:
      g_flow_run_set_deadline (self, g_value_get_int64 (value));
      break;
    case PROP_KEEP_RESULTS:
      g_flow_run_set_keep_results (self, g_value_get_boolean (value));
      break;
    case PROP_JOURNAL:
      g_flow_run_set_journal (self, g_value_get_object (value));
      break;
    case PROP_KEEP_RECORD:
      g_flow_run_set_keep_record (self, g_value_get_boolean (value));
      break;
    case PROP_HISTORY:
      g_flow_run_set_history (self, g_value_get_object (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
install_properties (GObjectClass *object_class)
{
  const GParamFlags ro = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  const GParamFlags rw = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  /**
   * GFlowRun:flow: (attributes org.gtk.Property.get=g_flow_run_get_flow)
   *
   * The flow that is run: set once, when the run is made.
   *
   * Since: 0.1
   */
  /* Not a construct property, which would cost a small run a tenth of its time. */
  properties[PROP_FLOW] = g_param_spec_object ("flow", NULL, NULL, G_TYPE_FLOW, rw);

  /**
   * GFlowRun:state: (attributes org.gtk.Property.get=g_flow_run_get_state)
   *
   * Where the run stands.
   *
   * Since: 0.1
   */
  properties[PROP_STATE] = g_param_spec_enum ("state", NULL, NULL, G_TYPE_FLOW_RUN_STATE,
                                              G_FLOW_RUN_STATE_NEW, ro);

  /**
   * GFlowRun:error: (attributes org.gtk.Property.get=g_flow_run_get_error)
   *
   * Why the run has failed or was cancelled: the first error in time. Known
   * when the run has ended.
   *
   * Since: 0.1
   */
  properties[PROP_ERROR] = g_param_spec_boxed ("error", NULL, NULL, G_TYPE_ERROR, ro);

  /**
   * GFlowRun:on-error: (attributes org.gtk.Property.get=g_flow_run_get_on_error org.gtk.Property.set=g_flow_run_set_on_error)
   *
   * What the failure of a node means for the rest of the run. As the flow says,
   * unless set.
   *
   * Since: 0.1
   */
  properties[PROP_ON_ERROR] = g_param_spec_enum ("on-error", NULL, NULL, G_TYPE_FLOW_ON_ERROR,
                                                 G_FLOW_ON_ERROR_SKIP_DEPENDANTS, rw);

  /**
   * GFlowRun:cancellable: (attributes org.gtk.Property.get=g_flow_run_get_cancellable)
   *
   * Cancelled when what runs is to stop: with the run, by the deadline, and by
   * a failure under %G_FLOW_ON_ERROR_STOP. What sync bodies look at.
   *
   * Since: 0.1
   */
  properties[PROP_CANCELLABLE] = g_param_spec_object ("cancellable", NULL, NULL,
                                                      G_TYPE_CANCELLABLE, ro);

  /**
   * GFlowRun:parameters: (attributes org.gtk.Property.get=g_flow_run_get_parameters org.gtk.Property.set=g_flow_run_set_parameters)
   *
   * A dictionary that the bodies may read, empty unless set. To be set before the
   * run starts.
   *
   * Since: 0.1
   */
  properties[PROP_PARAMETERS] = g_param_spec_variant ("parameters", NULL, NULL,
                                                      G_VARIANT_TYPE_VARDICT, NULL, rw);

  /**
   * GFlowRun:request: (attributes org.gtk.Property.get=g_flow_run_get_request org.gtk.Property.set=g_flow_run_set_request)
   *
   * What the run is for, if its flow has executors. To be set before the run starts.
   *
   * Since: 0.1
   */
  properties[PROP_REQUEST] = g_param_spec_object ("request", NULL, NULL,
                                                  g_flow_request_get_type (), rw);

  /**
   * GFlowRun:deadline: (attributes org.gtk.Property.get=g_flow_run_get_deadline org.gtk.Property.set=g_flow_run_set_deadline)
   *
   * When the run fails with %G_IO_ERROR_TIMED_OUT if it has not ended: in
   * microseconds of monotonic time, see [func@GLib.get_monotonic_time]; 0 for
   * never. To be set before the run starts.
   *
   * Since: 0.1
   */
  properties[PROP_DEADLINE] = g_param_spec_int64 ("deadline", NULL, NULL, 0, G_MAXINT64, 0, rw);

  /**
   * GFlowRun:keep-results: (attributes org.gtk.Property.get=g_flow_run_get_keep_results org.gtk.Property.set=g_flow_run_set_keep_results)
   *
   * Whether results are kept until the run is finalised, also those that no
   * node can read any more. To be set before the run starts.
   *
   * Since: 0.1
   */
  properties[PROP_KEEP_RESULTS] = g_param_spec_boolean ("keep-results", NULL, NULL, FALSE, rw);

  /**
   * GFlowRun:paused: (attributes org.gtk.Property.get=g_flow_run_get_paused)
   *
   * Whether the run is paused: what runs goes on, and nothing new starts. See
   * [method@GFlow.FlowRun.pause].
   *
   * Since: 0.1
   */
  properties[PROP_PAUSED] = g_param_spec_boolean ("paused", NULL, NULL, FALSE, ro);

  /**
   * GFlowRun:keep-record: (attributes org.gtk.Property.get=g_flow_run_get_keep_record org.gtk.Property.set=g_flow_run_set_keep_record)
   *
   * Whether it is written down when nodes run and where, for
   * [method@GFlow.FlowRun.to_trace], [method@GFlow.FlowRun.to_gantt],
   * [method@GFlow.FlowRun.to_summary] and [method@GFlow.FlowRun.dup_report], also in the
   * runs of the flows that are nodes; and whether these runs are kept, so that
   * [method@GFlow.Flow.to_dot] knows the states in them. To be set before the run starts.
   *
   * Each node of such a run costs some memory, and a few looks at the clock.
   *
   * Since: 0.1
   */
  properties[PROP_KEEP_RECORD] = g_param_spec_boolean ("keep-record", NULL, NULL, FALSE, rw);

  /**
   * GFlowRun:fraction: (attributes org.gtk.Property.get=g_flow_run_get_fraction)
   *
   * How much of the run is done, from 0 to 1, by the weights of the nodes. Of nodes that
   * run, what they have said with [method@GFlow.FlowRun.set_node_progress] counts, and
   * of nodes that run a flow, how far that is. Never goes back, and is notified at most
   * ten times a second.
   *
   * A handler for notifications must be connected by the time that the flow
   * emits `started`.
   *
   * Since: 0.1
   */
  properties[PROP_FRACTION] = g_param_spec_double ("fraction", NULL, NULL, 0.0, 1.0, 0.0, ro);

  /**
   * GFlowRun:n-done: (attributes org.gtk.Property.get=g_flow_run_get_n_done)
   *
   * How many nodes have ended. Notified as `fraction` is.
   *
   * Since: 0.1
   */
  properties[PROP_N_DONE] = g_param_spec_uint ("n-done", NULL, NULL, 0, G_MAXUINT, 0, ro);

  /**
   * GFlowRun:n-total: (attributes org.gtk.Property.get=g_flow_run_get_n_total)
   *
   * How many nodes there are.
   *
   * Since: 0.1
   */
  properties[PROP_N_TOTAL] = g_param_spec_uint ("n-total", NULL, NULL, 0, G_MAXUINT, 0, ro);

  /**
   * GFlowRun:journal: (attributes org.gtk.Property.get=g_flow_run_get_journal org.gtk.Property.set=g_flow_run_set_journal)
   *
   * A file in which the run keeps what its nodes have done, so that a later run of the same
   * flow with the same file goes on from there, whatever has become of this process. To be
   * set before the run starts.
   *
   * What a node has done is in the file before any other node, or handler, can see that it
   * has ended. It is safe from the end of the process then, and after a second at most, and at
   * the end of the run, from a failure of the power. The owner context
   * does not wait for the disk.
   *
   * Nodes that are done in the file do not run again, as after
   * [method@GFlow.FlowRun.restore]: see there which do although they were done. Of a map
   * that had not ended, the items that were done do not run again. A file of a
   * run that has succeeded is begun afresh, that of one that has failed is continued. A
   * file that is missing or empty is begun.
   *
   * The run fails without having started anything: with %G_IO_ERROR_BUSY if another run uses
   * the file, with %G_FLOW_ERROR_BAD_FILE if it is not a journal, or is damaged, with
   * %G_FLOW_ERROR_TOPOLOGY if it is one of another flow, and with
   * %G_FLOW_ERROR_BAD_INPUT if it is one of a run with other parameters. If it cannot be
   * written later, nothing new starts, and the run fails.
   *
   * Since: 0.1
   */
  properties[PROP_JOURNAL] = g_param_spec_object ("journal", NULL, NULL, G_TYPE_FILE, rw);

  /**
   * GFlowRun:status:
   *
   * One translated line for people of how far the run is: see
   * [method@GFlow.FlowRun.dup_status]. Notified as `fraction` is.
   *
   * Since: 0.1
   */
  properties[PROP_STATUS] = g_param_spec_string ("status", NULL, NULL, NULL, ro);

  /**
   * GFlowRun:elapsed: (attributes org.gtk.Property.get=g_flow_run_get_elapsed)
   *
   * How long the run has taken by now, or took, in seconds. Notified once a second.
   *
   * Since: 0.1
   */
  properties[PROP_ELAPSED] = g_param_spec_double ("elapsed", NULL, NULL, 0.0, G_MAXDOUBLE, 0.0, ro);

  /**
   * GFlowRun:remaining: (attributes org.gtk.Property.get=g_flow_run_get_remaining)
   *
   * How long the run will take from now on, in seconds, as far as can be told; -1 as long
   * as there is no evidence. Notified when it is another second, or, of more than ten,
   * other five seconds, or another minute, or hour.
   *
   * Since: 0.1
   */
  properties[PROP_REMAINING] = g_param_spec_double ("remaining", NULL, NULL, -1.0, G_MAXDOUBLE,
                                                    -1.0, ro);

  /**
   * GFlowRun:rate: (attributes org.gtk.Property.get=g_flow_run_get_rate)
   *
   * How many nodes end in a second, lately; -1 as long as there is no evidence. Notified
   * when it has changed by a hundredth.
   *
   * Since: 0.1
   */
  properties[PROP_RATE] = g_param_spec_double ("rate", NULL, NULL, -1.0, G_MAXDOUBLE, -1.0, ro);

  /**
   * GFlowRun:history: (attributes org.gtk.Property.get=g_flow_run_get_history org.gtk.Property.set=g_flow_run_set_history)
   *
   * What the run knows of how long nodes take, and what it learns of that is added to.
   * As the flow says, unless set. To be set before the run starts.
   *
   * Since: 0.1
   */
  properties[PROP_HISTORY] = g_param_spec_object ("history", NULL, NULL, G_TYPE_FLOW_HISTORY, rw);

  /**
   * GFlowRun:item-type:
   *
   * The type of the items: [class@GFlow.FlowStep].
   *
   * Since: 0.1
   */
  properties[PROP_ITEM_TYPE] = g_param_spec_gtype ("item-type", NULL, NULL, G_TYPE_OBJECT, ro);

  /**
   * GFlowRun:n-items:
   *
   * The number of steps.
   *
   * Since: 0.1
   */
  properties[PROP_N_ITEMS] = g_param_spec_uint ("n-items", NULL, NULL, 0, G_MAXUINT, 0, ro);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
install_signals (GObjectClass *object_class)
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

static void
g_flow_run_class_init (GFlowRunClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = g_flow_run_dispose;
  object_class->finalize = g_flow_run_finalize;
  object_class->get_property = g_flow_run_get_property;
  object_class->set_property = g_flow_run_set_property;

  install_properties (object_class);
  install_signals (object_class);
}

static void
g_flow_run_init (GFlowRun *self)
{
  _g_flow_mutex_init (&self->mutex);
  g_queue_init (&self->waits);
  self->cancelled_node = G_FLOW_NO_NODE;
  self->parent_index = G_FLOW_NO_NODE;
}

/* Whether no code of the application has seen the run, or can see it any more, so that nobody could
 * tell it from a new one. In its owner context, by whom it tells that it has ended: the library has
 * two references then, that one's and that of the dispatch. */
gboolean
_g_flow_run_is_unseen (GFlowRun *self)
{
  return self->quiet && _g_flow_run_attention (self) == 0 && self->asked == NULL &&
         _g_flow_is_unknown_beside (G_OBJECT (self), 2);
}

/* Makes a run that has ended, and that nobody has seen, one of no flow that is as new. */
void
_g_flow_run_wipe (GFlowRun *self)
{
  clear (self, TRUE);

  GFlowLast *last = self->last;

  memset (&self->flow, 0, sizeof *self - G_STRUCT_OFFSET (GFlowRun, flow));
  g_flow_run_init (self);
  self->last = last;
}

/* Makes such a run one of @flow. */
void
_g_flow_run_reuse (GFlowRun *self,
                   GFlow    *flow)
{
  set_flow (self, flow);
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

  GFlowRun *self = g_object_new (G_TYPE_FLOW_RUN, NULL);

  /* As the property does, without a GValue. */
  set_flow (self, flow);
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
