/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-run-class-private.h"

#include "gflow-enum-types.h"
#include "gflow-steps-private.h"
#include "graph/gflow-history.h"

/* The properties of a run. */

GParamSpec *_g_flow_run_properties[N_PROPS];

/* What the flow says holds unless the run says otherwise. */
void
_g_flow_run_set_flow (GFlowRun *self,
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
      _g_flow_run_set_flow (self, g_value_get_object (value));
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

void
_g_flow_run_install_properties (GObjectClass *object_class)
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
  _g_flow_run_properties[PROP_FLOW] = g_param_spec_object ("flow", NULL, NULL, G_TYPE_FLOW, rw);

  /**
   * GFlowRun:state: (attributes org.gtk.Property.get=g_flow_run_get_state)
   *
   * Where the run stands.
   *
   * Since: 0.1
   */
  _g_flow_run_properties[PROP_STATE] = g_param_spec_enum ("state", NULL, NULL, G_TYPE_FLOW_RUN_STATE,
                                              G_FLOW_RUN_STATE_NEW, ro);

  /**
   * GFlowRun:error: (attributes org.gtk.Property.get=g_flow_run_get_error)
   *
   * Why the run has failed or was cancelled: the first error in time. Known
   * when the run has ended.
   *
   * Since: 0.1
   */
  _g_flow_run_properties[PROP_ERROR] = g_param_spec_boxed ("error", NULL, NULL, G_TYPE_ERROR, ro);

  /**
   * GFlowRun:on-error: (attributes org.gtk.Property.get=g_flow_run_get_on_error org.gtk.Property.set=g_flow_run_set_on_error)
   *
   * What the failure of a node means for the rest of the run. As the flow says,
   * unless set.
   *
   * Since: 0.1
   */
  _g_flow_run_properties[PROP_ON_ERROR] = g_param_spec_enum ("on-error", NULL, NULL, G_TYPE_FLOW_ON_ERROR,
                                                 G_FLOW_ON_ERROR_SKIP_DEPENDANTS, rw);

  /**
   * GFlowRun:cancellable: (attributes org.gtk.Property.get=g_flow_run_get_cancellable)
   *
   * Cancelled when what runs is to stop: with the run, by the deadline, and by
   * a failure under %G_FLOW_ON_ERROR_STOP. What sync bodies look at.
   *
   * Since: 0.1
   */
  _g_flow_run_properties[PROP_CANCELLABLE] = g_param_spec_object ("cancellable", NULL, NULL,
                                                      G_TYPE_CANCELLABLE, ro);

  /**
   * GFlowRun:parameters: (attributes org.gtk.Property.get=g_flow_run_get_parameters org.gtk.Property.set=g_flow_run_set_parameters)
   *
   * A dictionary that the bodies may read, empty unless set. To be set before the
   * run starts.
   *
   * Since: 0.1
   */
  _g_flow_run_properties[PROP_PARAMETERS] = g_param_spec_variant ("parameters", NULL, NULL,
                                                      G_VARIANT_TYPE_VARDICT, NULL, rw);

  /**
   * GFlowRun:request: (attributes org.gtk.Property.get=g_flow_run_get_request org.gtk.Property.set=g_flow_run_set_request)
   *
   * What the run is for, if its flow has executors. To be set before the run starts.
   *
   * Since: 0.1
   */
  _g_flow_run_properties[PROP_REQUEST] = g_param_spec_object ("request", NULL, NULL,
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
  _g_flow_run_properties[PROP_DEADLINE] = g_param_spec_int64 ("deadline", NULL, NULL, 0, G_MAXINT64, 0, rw);

  /**
   * GFlowRun:keep-results: (attributes org.gtk.Property.get=g_flow_run_get_keep_results org.gtk.Property.set=g_flow_run_set_keep_results)
   *
   * Whether results are kept until the run is finalised, also those that no
   * node can read any more. To be set before the run starts.
   *
   * Since: 0.1
   */
  _g_flow_run_properties[PROP_KEEP_RESULTS] = g_param_spec_boolean ("keep-results", NULL, NULL, FALSE, rw);

  /**
   * GFlowRun:paused: (attributes org.gtk.Property.get=g_flow_run_get_paused)
   *
   * Whether the run is paused: what runs goes on, and nothing new starts. See
   * [method@GFlow.FlowRun.pause].
   *
   * Since: 0.1
   */
  _g_flow_run_properties[PROP_PAUSED] = g_param_spec_boolean ("paused", NULL, NULL, FALSE, ro);

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
  _g_flow_run_properties[PROP_KEEP_RECORD] = g_param_spec_boolean ("keep-record", NULL, NULL, FALSE, rw);

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
  _g_flow_run_properties[PROP_FRACTION] = g_param_spec_double ("fraction", NULL, NULL, 0.0, 1.0, 0.0, ro);

  /**
   * GFlowRun:n-done: (attributes org.gtk.Property.get=g_flow_run_get_n_done)
   *
   * How many nodes have ended. Notified as `fraction` is.
   *
   * Since: 0.1
   */
  _g_flow_run_properties[PROP_N_DONE] = g_param_spec_uint ("n-done", NULL, NULL, 0, G_MAXUINT, 0, ro);

  /**
   * GFlowRun:n-total: (attributes org.gtk.Property.get=g_flow_run_get_n_total)
   *
   * How many nodes there are.
   *
   * Since: 0.1
   */
  _g_flow_run_properties[PROP_N_TOTAL] = g_param_spec_uint ("n-total", NULL, NULL, 0, G_MAXUINT, 0, ro);

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
  _g_flow_run_properties[PROP_JOURNAL] = g_param_spec_object ("journal", NULL, NULL, G_TYPE_FILE, rw);

  /**
   * GFlowRun:status:
   *
   * One translated line for people of how far the run is: see
   * [method@GFlow.FlowRun.dup_status]. Notified as `fraction` is.
   *
   * Since: 0.1
   */
  _g_flow_run_properties[PROP_STATUS] = g_param_spec_string ("status", NULL, NULL, NULL, ro);

  /**
   * GFlowRun:elapsed: (attributes org.gtk.Property.get=g_flow_run_get_elapsed)
   *
   * How long the run has taken by now, or took, in seconds. Notified once a second.
   *
   * Since: 0.1
   */
  _g_flow_run_properties[PROP_ELAPSED] = g_param_spec_double ("elapsed", NULL, NULL, 0.0, G_MAXDOUBLE, 0.0, ro);

  /**
   * GFlowRun:remaining: (attributes org.gtk.Property.get=g_flow_run_get_remaining)
   *
   * How long the run will take from now on, in seconds, as far as can be told; -1 as long
   * as there is no evidence. Notified when it is another second, or, of more than ten,
   * other five seconds, or another minute, or hour.
   *
   * Since: 0.1
   */
  _g_flow_run_properties[PROP_REMAINING] = g_param_spec_double ("remaining", NULL, NULL, -1.0, G_MAXDOUBLE,
                                                    -1.0, ro);

  /**
   * GFlowRun:rate: (attributes org.gtk.Property.get=g_flow_run_get_rate)
   *
   * How many nodes end in a second, lately; -1 as long as there is no evidence. Notified
   * when it has changed by a hundredth.
   *
   * Since: 0.1
   */
  _g_flow_run_properties[PROP_RATE] = g_param_spec_double ("rate", NULL, NULL, -1.0, G_MAXDOUBLE, -1.0, ro);

  /**
   * GFlowRun:history: (attributes org.gtk.Property.get=g_flow_run_get_history org.gtk.Property.set=g_flow_run_set_history)
   *
   * What the run knows of how long nodes take, and what it learns of that is added to.
   * As the flow says, unless set. To be set before the run starts.
   *
   * Since: 0.1
   */
  _g_flow_run_properties[PROP_HISTORY] = g_param_spec_object ("history", NULL, NULL, G_TYPE_FLOW_HISTORY, rw);

  /**
   * GFlowRun:item-type:
   *
   * The type of the items: [class@GFlow.FlowStep].
   *
   * Since: 0.1
   */
  _g_flow_run_properties[PROP_ITEM_TYPE] = g_param_spec_gtype ("item-type", NULL, NULL, G_TYPE_OBJECT, ro);

  /**
   * GFlowRun:n-items:
   *
   * The number of steps.
   *
   * Since: 0.1
   */
  _g_flow_run_properties[PROP_N_ITEMS] = g_param_spec_uint ("n-items", NULL, NULL, 0, G_MAXUINT, 0, ro);

  object_class->get_property = g_flow_run_get_property;
  object_class->set_property = g_flow_run_set_property;
  g_object_class_install_properties (object_class, N_PROPS, _g_flow_run_properties);
}
