/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-post-private.h"

#include "graph/gflow-dict-private.h"

/* How a post is set up, before it is consumed, and what can be asked about it. */

/**
 * g_flow_post_get_flow: (attributes org.gtk.Method.get_property=flow)
 * @self: a post
 *
 * Gets the flow that serves the requests.
 *
 * Returns: (transfer none): the flow
 *
 * Since: 0.1
 */
GFlow *
g_flow_post_get_flow (GFlowPost *self)
{
  g_return_val_if_fail (G_IS_FLOW_POST (self), NULL);

  return self->flow;
}

/**
 * g_flow_post_get_endpoint: (attributes org.gtk.Method.get_property=endpoint)
 * @self: a post
 *
 * Gets what is asked for.
 *
 * Returns: (transfer none): the endpoint
 *
 * Since: 0.1
 */
const char *
g_flow_post_get_endpoint (GFlowPost *self)
{
  g_return_val_if_fail (G_IS_FLOW_POST (self), NULL);

  return self->endpoint;
}

/**
 * g_flow_post_get_source: (attributes org.gtk.Method.get_property=source)
 * @self: a post
 *
 * Gets where the documents come from.
 *
 * Returns: (transfer none) (nullable): the source, or %NULL for one request without documents
 *
 * Since: 0.1
 */
GFlowSource *
g_flow_post_get_source (GFlowPost *self)
{
  g_return_val_if_fail (G_IS_FLOW_POST (self), NULL);

  return self->source;
}

/**
 * g_flow_post_set_source: (attributes org.gtk.Method.set_property=source)
 * @self: a post that is not consumed
 * @source: (nullable): the source, or %NULL for one request without documents
 *
 * Sets where the documents come from.
 *
 * Since: 0.1
 */
void
g_flow_post_set_source (GFlowPost   *self,
                        GFlowSource *source)
{
  g_return_if_fail (G_IS_FLOW_POST (self));
  g_return_if_fail (source == NULL || G_IS_FLOW_SOURCE (source));
  g_return_if_fail (self->mode == G_FLOW_POST_MODE_NONE);

  if (g_set_object (&self->source, source))
    g_object_notify (G_OBJECT (self), "source");
}

/**
 * g_flow_post_get_parameters: (attributes org.gtk.Method.get_property=parameters)
 * @self: a post
 *
 * Gets the parameters of all requests.
 *
 * Returns: (transfer none): a dictionary of type `a{sv}`, which is empty if none was set
 *
 * Since: 0.1
 */
GVariant *
g_flow_post_get_parameters (GFlowPost *self)
{
  g_return_val_if_fail (G_IS_FLOW_POST (self), NULL);

  return _g_flow_dict_or_empty (self->parameters);
}

/**
 * g_flow_post_set_parameters: (attributes org.gtk.Method.set_property=parameters)
 * @self: a post that is not consumed
 * @parameters: (nullable): a dictionary of type `a{sv}`, consumed if it is floating;
 *   %NULL for an empty one
 *
 * Sets the parameters of all requests.
 *
 * Since: 0.1
 */
void
g_flow_post_set_parameters (GFlowPost *self,
                            GVariant  *parameters)
{
  g_return_if_fail (G_IS_FLOW_POST (self));
  g_return_if_fail (parameters == NULL ||
                    g_variant_is_of_type (parameters, G_VARIANT_TYPE_VARDICT));
  g_return_if_fail (self->mode == G_FLOW_POST_MODE_NONE);

  if (_g_flow_dict_set (&self->parameters, parameters))
    g_object_notify (G_OBJECT (self), "parameters");
}

/**
 * g_flow_post_get_target: (attributes org.gtk.Method.get_property=target)
 * @self: a post
 *
 * Gets which nodes serve the requests.
 *
 * Returns: (transfer none) (nullable): a regular expression, or %NULL for all
 *
 * Since: 0.1
 */
const char *
g_flow_post_get_target (GFlowPost *self)
{
  g_return_val_if_fail (G_IS_FLOW_POST (self), NULL);

  return self->target;
}

/**
 * g_flow_post_set_target: (attributes org.gtk.Method.set_property=target)
 * @self: a post that is not consumed
 * @target: (nullable): a regular expression for the beginning of the names of nodes, or
 *   %NULL for all
 *
 * Sets which nodes serve the requests. If it cannot be understood, the post fails with
 * %G_FLOW_ERROR_BAD_INPUT when it is consumed.
 *
 * Since: 0.1
 */
void
g_flow_post_set_target (GFlowPost  *self,
                        const char *target)
{
  g_return_if_fail (G_IS_FLOW_POST (self));
  g_return_if_fail (self->mode == G_FLOW_POST_MODE_NONE);

  if (g_strcmp0 (self->target, target) == 0)
    return;

  g_free (self->target);
  self->target = g_strdup (target);
  g_object_notify (G_OBJECT (self), "target");
}

/**
 * g_flow_post_get_request_size: (attributes org.gtk.Method.get_property=request-size)
 * @self: a post
 *
 * Gets how many documents there are in a request.
 *
 * Returns: the number; 0 for all
 *
 * Since: 0.1
 */
guint
g_flow_post_get_request_size (GFlowPost *self)
{
  g_return_val_if_fail (G_IS_FLOW_POST (self), 0);

  return self->request_size;
}

/**
 * g_flow_post_set_request_size: (attributes org.gtk.Method.set_property=request-size)
 * @self: a post that is not consumed
 * @request_size: the number; 0 for all
 *
 * Sets how many documents there are in a request.
 *
 * Since: 0.1
 */
void
g_flow_post_set_request_size (GFlowPost *self,
                              guint      request_size)
{
  g_return_if_fail (G_IS_FLOW_POST (self));
  g_return_if_fail (self->mode == G_FLOW_POST_MODE_NONE);

  if (self->request_size == request_size)
    return;

  self->request_size = request_size;
  g_object_notify (G_OBJECT (self), "request-size");
}

/**
 * g_flow_post_get_max_in_flight: (attributes org.gtk.Method.get_property=max-in-flight)
 * @self: a post
 *
 * Gets how many requests may be under way at the same time.
 *
 * Returns: the number; 0 for a few for each thread
 *
 * Since: 0.1
 */
guint
g_flow_post_get_max_in_flight (GFlowPost *self)
{
  g_return_val_if_fail (G_IS_FLOW_POST (self), 0);

  return self->max_in_flight;
}

/**
 * g_flow_post_set_max_in_flight: (attributes org.gtk.Method.set_property=max-in-flight)
 * @self: a post that is not consumed
 * @max_in_flight: the number; 0 for a few for each thread
 *
 * Sets how many requests may be under way at the same time: see
 * [property@GFlow.FlowPost:max-in-flight].
 *
 * Since: 0.1
 */
void
g_flow_post_set_max_in_flight (GFlowPost *self,
                               guint      max_in_flight)
{
  g_return_if_fail (G_IS_FLOW_POST (self));
  g_return_if_fail (self->mode == G_FLOW_POST_MODE_NONE);

  if (self->max_in_flight == max_in_flight)
    return;

  self->max_in_flight = max_in_flight;
  g_object_notify (G_OBJECT (self), "max-in-flight");
}

/**
 * g_flow_post_get_request_timeout: (attributes org.gtk.Method.get_property=request-timeout)
 * @self: a post
 *
 * Gets how long a request may take.
 *
 * Returns: the time in milliseconds; 0 for as long as it takes
 *
 * Since: 0.1
 */
guint
g_flow_post_get_request_timeout (GFlowPost *self)
{
  g_return_val_if_fail (G_IS_FLOW_POST (self), 0);

  return self->request_timeout;
}

/**
 * g_flow_post_set_request_timeout: (attributes org.gtk.Method.set_property=request-timeout)
 * @self: a post that is not being consumed
 * @request_timeout: the time in milliseconds; 0 for as long as it takes
 *
 * Sets how long a request may take. What only one executor may take is set at its node:
 * see [property@GFlow.FlowNode:timeout].
 *
 * Since: 0.1
 */
void
g_flow_post_set_request_timeout (GFlowPost *self,
                                 guint      request_timeout)
{
  g_return_if_fail (G_IS_FLOW_POST (self));
  g_return_if_fail (self->mode == G_FLOW_POST_MODE_NONE);

  if (self->request_timeout == request_timeout)
    return;

  self->request_timeout = request_timeout;
  g_object_notify (G_OBJECT (self), "request-timeout");
}

/**
 * g_flow_post_get_ordered: (attributes org.gtk.Method.get_property=ordered)
 * @self: a post
 *
 * Gets whether requests come back in the order in which they were sent.
 *
 * Returns: %TRUE if they do
 *
 * Since: 0.1
 */
gboolean
g_flow_post_get_ordered (GFlowPost *self)
{
  g_return_val_if_fail (G_IS_FLOW_POST (self), FALSE);

  return self->ordered;
}

/**
 * g_flow_post_set_ordered: (attributes org.gtk.Method.set_property=ordered)
 * @self: a post that is not consumed
 * @ordered: whether they do
 *
 * Sets whether requests come back in the order in which they were sent.
 *
 * Since: 0.1
 */
void
g_flow_post_set_ordered (GFlowPost *self,
                         gboolean   ordered)
{
  g_return_if_fail (G_IS_FLOW_POST (self));
  g_return_if_fail (self->mode == G_FLOW_POST_MODE_NONE);

  ordered = !!ordered;
  if (self->ordered == ordered)
    return;

  self->ordered = ordered;
  g_object_notify (G_OBJECT (self), "ordered");
}

/**
 * g_flow_post_get_continue_on_error: (attributes org.gtk.Method.get_property=continue-on-error)
 * @self: a post
 *
 * Gets whether the stream goes on when a request has failed.
 *
 * Returns: %TRUE if it does
 *
 * Since: 0.1
 */
gboolean
g_flow_post_get_continue_on_error (GFlowPost *self)
{
  g_return_val_if_fail (G_IS_FLOW_POST (self), FALSE);

  return self->continue_on_error;
}

/**
 * g_flow_post_set_continue_on_error: (attributes org.gtk.Method.set_property=continue-on-error)
 * @self: a post that is not consumed
 * @continue_on_error: whether it does
 *
 * Sets whether the stream goes on when a request has failed.
 *
 * Since: 0.1
 */
void
g_flow_post_set_continue_on_error (GFlowPost *self,
                                   gboolean   continue_on_error)
{
  g_return_if_fail (G_IS_FLOW_POST (self));
  g_return_if_fail (self->mode == G_FLOW_POST_MODE_NONE);

  continue_on_error = !!continue_on_error;
  if (self->continue_on_error == continue_on_error)
    return;

  self->continue_on_error = continue_on_error;
  g_object_notify (G_OBJECT (self), "continue-on-error");
}

/**
 * g_flow_post_get_n_sent: (attributes org.gtk.Method.get_property=n-sent)
 * @self: a post
 *
 * Gets how many requests have been sent.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint64
g_flow_post_get_n_sent (GFlowPost *self)
{
  g_return_val_if_fail (G_IS_FLOW_POST (self), 0);

  return self->n_sent;
}

/**
 * g_flow_post_get_n_done: (attributes org.gtk.Method.get_property=n-done)
 * @self: a post
 *
 * Gets how many requests have come back.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint64
g_flow_post_get_n_done (GFlowPost *self)
{
  g_return_val_if_fail (G_IS_FLOW_POST (self), 0);

  return self->n_done;
}

/**
 * g_flow_post_get_n_failed: (attributes org.gtk.Method.get_property=n-failed)
 * @self: a post
 *
 * Gets how many requests have failed, or were cancelled.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint64
g_flow_post_get_n_failed (GFlowPost *self)
{
  g_return_val_if_fail (G_IS_FLOW_POST (self), 0);

  return self->n_failed;
}

/**
 * g_flow_post_get_n_total: (attributes org.gtk.Method.get_property=n-total)
 * @self: a post
 *
 * Gets how many requests there will be.
 *
 * Returns: the number; -1 if it is not known
 *
 * Since: 0.1
 */
gint64
g_flow_post_get_n_total (GFlowPost *self)
{
  g_return_val_if_fail (G_IS_FLOW_POST (self), -1);

  return self->n_total;
}

/**
 * g_flow_post_set_n_total: (attributes org.gtk.Method.set_property=n-total)
 * @self: a post
 * @n_total: the number; -1 if it is not known
 *
 * Says how many requests there will be.
 *
 * Since: 0.1
 */
void
g_flow_post_set_n_total (GFlowPost *self,
                         gint64     n_total)
{
  g_return_if_fail (G_IS_FLOW_POST (self));
  g_return_if_fail (n_total >= -1);

  if (self->n_total == n_total)
    return;

  self->n_total = n_total;
  g_object_notify (G_OBJECT (self), "n-total");
}

/**
 * g_flow_post_get_fraction: (attributes org.gtk.Method.get_property=fraction)
 * @self: a post
 *
 * Gets how much of the stream has come back.
 *
 * Returns: from 0 to 1; 0 until the end if the number of requests is not known
 *
 * Since: 0.1
 */
double
g_flow_post_get_fraction (GFlowPost *self)
{
  g_return_val_if_fail (G_IS_FLOW_POST (self), 0.0);

  if (self->is_over)
    return 1.0;
  return self->n_total > 0 ? MIN ((double) self->n_done / self->n_total, 1.0) : 0.0;
}
