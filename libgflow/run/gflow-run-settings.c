/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-run-private.h"

#include "graph/gflow-dict-private.h"
#include "graph/gflow-history.h"

/* What a run is told before it starts. */

/**
 * g_flow_run_get_on_error: (attributes org.gtk.Method.get_property=on-error)
 * @self: a run
 *
 * Gets what the failure of a node means for the rest of the run.
 *
 * Returns: the policy
 *
 * Since: 0.1
 */
GFlowOnError
g_flow_run_get_on_error (GFlowRun *self)
{
  g_return_val_if_fail (G_IS_FLOW_RUN (self), G_FLOW_ON_ERROR_SKIP_DEPENDANTS);

  return self->on_error;
}

static gboolean
is_new (GFlowRun *self)
{
  return g_flow_run_get_state (self) == G_FLOW_RUN_STATE_NEW;
}

/**
 * g_flow_run_set_on_error: (attributes org.gtk.Method.set_property=on-error)
 * @self: a run that has not started
 * @on_error: the policy
 *
 * Sets what the failure of a node means for the rest of the run.
 *
 * Since: 0.1
 */
void
g_flow_run_set_on_error (GFlowRun     *self,
                         GFlowOnError  on_error)
{
  g_return_if_fail (G_IS_FLOW_RUN (self));
  g_return_if_fail (on_error <= G_FLOW_ON_ERROR_IGNORE);
  g_return_if_fail (is_new (self));

  self->on_error_set = TRUE;
  if (self->on_error == on_error)
    return;

  self->on_error = on_error;
  g_object_notify (G_OBJECT (self), "on-error");
}

/**
 * g_flow_run_get_parameters: (attributes org.gtk.Method.get_property=parameters)
 * @self: a run
 *
 * Gets the parameters. May be called from any thread once the run has started.
 *
 * Returns: (transfer none): a dictionary of type `a{sv}`, which is empty if none
 *   was set
 *
 * Since: 0.1
 */
GVariant *
g_flow_run_get_parameters (GFlowRun *self)
{
  g_return_val_if_fail (G_IS_FLOW_RUN (self), NULL);

  return _g_flow_dict_or_empty (self->parameters);
}

/**
 * g_flow_run_set_parameters: (attributes org.gtk.Method.set_property=parameters)
 * @self: a run that has not started
 * @parameters: (nullable): a dictionary of type `a{sv}`, consumed if it is floating;
 *   %NULL for an empty one
 *
 * Sets a dictionary that the bodies may read.
 *
 * Since: 0.1
 */
void
g_flow_run_set_parameters (GFlowRun *self,
                           GVariant *parameters)
{
  g_return_if_fail (G_IS_FLOW_RUN (self));
  g_return_if_fail (parameters == NULL ||
                    g_variant_is_of_type (parameters, G_VARIANT_TYPE_VARDICT));
  g_return_if_fail (is_new (self));

  if (_g_flow_dict_set (&self->parameters, parameters))
    g_object_notify (G_OBJECT (self), "parameters");
}

/**
 * g_flow_run_get_request: (attributes org.gtk.Method.get_property=request)
 * @self: a run
 *
 * Gets what the run is for. May be called from any thread once the run has started.
 *
 * Returns: (transfer none) (nullable): the request
 *
 * Since: 0.1
 */
GFlowRequest *
g_flow_run_get_request (GFlowRun *self)
{
  g_return_val_if_fail (G_IS_FLOW_RUN (self), NULL);

  return self->request;
}

/**
 * g_flow_run_set_request: (attributes org.gtk.Method.set_property=request)
 * @self: a run that has not started
 * @request: (nullable): what the run is for, or %NULL for a request for `/` without
 *   documents, if the flow has executors
 *
 * Sets what the run is for.
 *
 * [method@GFlow.Flow.post] makes runs for many requests; this is for one.
 *
 * Since: 0.1
 */
void
g_flow_run_set_request (GFlowRun     *self,
                        GFlowRequest *request)
{
  g_return_if_fail (G_IS_FLOW_RUN (self));
  g_return_if_fail (is_new (self));

  if (g_set_object (&self->request, request))
    g_object_notify (G_OBJECT (self), "request");
}

/**
 * g_flow_run_get_deadline: (attributes org.gtk.Method.get_property=deadline)
 * @self: a run
 *
 * Gets when the run fails if it has not ended.
 *
 * Returns: monotonic time in microseconds; 0 for never
 *
 * Since: 0.1
 */
gint64
g_flow_run_get_deadline (GFlowRun *self)
{
  g_return_val_if_fail (G_IS_FLOW_RUN (self), 0);

  return self->deadline;
}

/**
 * g_flow_run_set_deadline: (attributes org.gtk.Method.set_property=deadline)
 * @self: a run that has not started
 * @deadline: monotonic time in microseconds, see [func@GLib.get_monotonic_time];
 *   0 for never
 *
 * Sets when the run fails with %G_IO_ERROR_TIMED_OUT if it has not ended. What
 * runs then is cancelled.
 *
 * Since: 0.1
 */
void
g_flow_run_set_deadline (GFlowRun *self,
                         gint64    deadline)
{
  g_return_if_fail (G_IS_FLOW_RUN (self));
  g_return_if_fail (deadline >= 0);
  g_return_if_fail (is_new (self));

  if (self->deadline == deadline)
    return;

  self->deadline = deadline;
  g_object_notify (G_OBJECT (self), "deadline");
}

/**
 * g_flow_run_get_keep_results: (attributes org.gtk.Method.get_property=keep-results)
 * @self: a run
 *
 * Gets whether all results are kept.
 *
 * Returns: %TRUE if they are
 *
 * Since: 0.1
 */
gboolean
g_flow_run_get_keep_results (GFlowRun *self)
{
  g_return_val_if_fail (G_IS_FLOW_RUN (self), FALSE);

  return self->keep_results;
}

/**
 * g_flow_run_set_keep_results: (attributes org.gtk.Method.set_property=keep-results)
 * @self: a run that has not started
 * @keep_results: whether to keep all results
 *
 * Sets whether results are kept until the run is finalised.
 *
 * Since: 0.1
 */
void
g_flow_run_set_keep_results (GFlowRun *self,
                             gboolean  keep_results)
{
  g_return_if_fail (G_IS_FLOW_RUN (self));
  g_return_if_fail (is_new (self));

  keep_results = !!keep_results;
  if (self->keep_results == keep_results)
    return;

  self->keep_results = keep_results;
  g_object_notify (G_OBJECT (self), "keep-results");
}

/**
 * g_flow_run_set_history: (attributes org.gtk.Method.set_property=history)
 * @self: a run that has not started
 * @history: (nullable): the history
 *
 * Sets what the run learns of how long nodes take.
 *
 * Since: 0.1
 */
void
g_flow_run_set_history (GFlowRun     *self,
                        GFlowHistory *history)
{
  g_return_if_fail (G_IS_FLOW_RUN (self));
  g_return_if_fail (history == NULL || G_IS_FLOW_HISTORY (history));
  g_return_if_fail (is_new (self));

  self->history_set = TRUE;
  if (g_set_object (&self->history, history))
    g_object_notify (G_OBJECT (self), "history");
}
