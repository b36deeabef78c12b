/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-post-private.h"

/**
 * GFlowPost:
 *
 * A stream of requests to an open [class@GFlow.Flow].
 *
 * [method@GFlow.Flow.post] makes one. It takes documents from a
 * [iface@GFlow.FlowSource], puts them into requests, and runs the flow for each. Set it up, and
 * then consume it in one of three ways: with callbacks, by [method@GFlow.FlowPost.run]; one
 * request after the other, by [method@GFlow.FlowPost.next]; or all at once, by
 * [method@GFlow.FlowPost.collect].
 *
 * ```c
 * g_autoptr(GFlowPost) post = g_flow_post (flow, "/index");
 *
 * g_flow_post_set_source (post, source);
 * g_signal_connect (post, "done", G_CALLBACK (done_cb), self);
 * g_flow_post_run (post, NULL, posted_cb, self);
 * ```
 *
 * The source is asked for documents only when a request may enter the flow, so that
 * a stream needs the same memory however long it is.
 *
 * For every request that comes back, `done` or `error` is emitted, and then `always`. A
 * request that fails does not harm the flow. Unless
 * [property@GFlow.FlowPost:continue-on-error] is set, the first failure ends the stream: nothing
 * more is sent, and when what was sent has come back the error is returned. So does an error
 * of the source, or of a callback, in any case.
 *
 * ## Thread safety
 *
 * A post belongs to the thread that consumes it: all signals and callbacks come in the
 * main context that was its thread-default one.
 *
 * Since: 0.1
 */
enum
{
  PROP_0,
  PROP_FLOW,
  PROP_ENDPOINT,
  PROP_SOURCE,
  PROP_PARAMETERS,
  PROP_TARGET,
  PROP_REQUEST_SIZE,
  PROP_MAX_IN_FLIGHT,
  PROP_REQUEST_TIMEOUT,
  PROP_ORDERED,
  PROP_CONTINUE_ON_ERROR,
  PROP_N_SENT,
  PROP_N_DONE,
  PROP_N_FAILED,
  PROP_N_TOTAL,
  PROP_FRACTION,
  N_PROPS
};

/* How often progress is notified, in microseconds */
#define PROGRESS_US (100 * 1000)

static GParamSpec *properties[N_PROPS];
static guint signals[G_FLOW_POST_N_SIGNALS];

G_DEFINE_FINAL_TYPE (GFlowPost, g_flow_post, G_TYPE_OBJECT)

/* Telling */

/* It is @now; 0 if those that wait for it must not wait any longer. */
void
_g_flow_post_notify_progress (GFlowPost *self,
                              gint64     now)
{
  if (now != 0 && now - self->notified < PROGRESS_US)
    return;

  self->notified = now;
  /* To notify costs more than to ask. */
  if (!_g_flow_watch_is_notified (self))
    return;

  g_object_freeze_notify (G_OBJECT (self));
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_SENT]);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_DONE]);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_FAILED]);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_FRACTION]);
  g_object_thaw_notify (G_OBJECT (self));
}
void
_g_flow_post_notify_ended (GFlowPost *self)
{
  _g_flow_post_notify_progress (self, 0);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_TOTAL]);
}

void
_g_flow_post_emit (GFlowPost       *self,
                   GFlowPostSignal  signal,
                   GFlowRequest    *request)
{
  if (signal == G_FLOW_POST_ERROR)
    g_signal_emit (self, signals[signal], 0, request, request->error);
  else
    g_signal_emit (self, signals[signal], 0, request);
}

static void
g_flow_post_dispose (GObject *object)
{
  GFlowPost *self = G_FLOW_POST (object);

  self->exhausted = TRUE;
  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  _g_flow_post_drop_flights (self);
  _g_flow_post_free_spares (self);
  g_queue_clear_full (&self->ready, g_object_unref);

  G_OBJECT_CLASS (g_flow_post_parent_class)->dispose (object);
}

static void
g_flow_post_finalize (GObject *object)
{
  GFlowPost *self = G_FLOW_POST (object);

  for (guint i = 0; i < G_FLOW_POST_N_SIGNALS; i++)
    if (self->callbacks[i].destroy != NULL)
      self->callbacks[i].destroy (self->callbacks[i].user_data);
  g_clear_pointer (&self->channel, _g_flow_channel_unref);
  g_clear_pointer (&self->pipeline, _g_flow_pipeline_unref);
  g_clear_object (&self->collected);
  g_clear_object (&self->cancellable);
  g_clear_error (&self->error);
  g_clear_object (&self->source);
  g_clear_pointer (&self->parameters, g_variant_unref);
  g_clear_pointer (&self->endpoint, g_ref_string_release);
  g_clear_pointer (&self->target, g_free);
  g_clear_object (&self->flow);
  g_clear_pointer (&self->context, g_main_context_unref);

  G_OBJECT_CLASS (g_flow_post_parent_class)->finalize (object);
}

static void
g_flow_post_get_property (GObject    *object,
                          guint       prop_id,
                          GValue     *value,
                          GParamSpec *pspec)
{
  GFlowPost *self = G_FLOW_POST (object);

  switch (prop_id)
    {
    case PROP_FLOW:
      g_value_set_object (value, self->flow);
      break;
    case PROP_ENDPOINT:
      g_value_set_string (value, self->endpoint);
      break;
    case PROP_SOURCE:
      g_value_set_object (value, self->source);
      break;
    case PROP_PARAMETERS:
      g_value_set_variant (value, g_flow_post_get_parameters (self));
      break;
    case PROP_TARGET:
      g_value_set_string (value, self->target);
      break;
    case PROP_REQUEST_SIZE:
      g_value_set_uint (value, self->request_size);
      break;
    case PROP_MAX_IN_FLIGHT:
      g_value_set_uint (value, self->max_in_flight);
      break;
    case PROP_REQUEST_TIMEOUT:
      g_value_set_uint (value, self->request_timeout);
      break;
    case PROP_ORDERED:
      g_value_set_boolean (value, self->ordered);
      break;
    case PROP_CONTINUE_ON_ERROR:
      g_value_set_boolean (value, self->continue_on_error);
      break;
    case PROP_N_SENT:
      g_value_set_uint64 (value, self->n_sent);
      break;
    case PROP_N_DONE:
      g_value_set_uint64 (value, self->n_done);
      break;
    case PROP_N_FAILED:
      g_value_set_uint64 (value, self->n_failed);
      break;
    case PROP_N_TOTAL:
      g_value_set_int64 (value, self->n_total);
      break;
    case PROP_FRACTION:
      g_value_set_double (value, g_flow_post_get_fraction (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
g_flow_post_set_property (GObject      *object,
                          guint         prop_id,
                          const GValue *value,
                          GParamSpec   *pspec)
{
  GFlowPost *self = G_FLOW_POST (object);

  switch (prop_id)
    {
    case PROP_FLOW:
      self->flow = g_value_dup_object (value);
      break;
    case PROP_ENDPOINT:
      self->endpoint = g_ref_string_new (g_value_get_string (value) != NULL
                                           ? g_value_get_string (value) : "/");
      break;
    case PROP_SOURCE:
      g_flow_post_set_source (self, g_value_get_object (value));
      break;
    case PROP_PARAMETERS:
      g_flow_post_set_parameters (self, g_value_get_variant (value));
      break;
    case PROP_TARGET:
      g_flow_post_set_target (self, g_value_get_string (value));
      break;
    case PROP_REQUEST_SIZE:
      g_flow_post_set_request_size (self, g_value_get_uint (value));
      break;
    case PROP_MAX_IN_FLIGHT:
      g_flow_post_set_max_in_flight (self, g_value_get_uint (value));
      break;
    case PROP_REQUEST_TIMEOUT:
      g_flow_post_set_request_timeout (self, g_value_get_uint (value));
      break;
    case PROP_ORDERED:
      g_flow_post_set_ordered (self, g_value_get_boolean (value));
      break;
    case PROP_CONTINUE_ON_ERROR:
      g_flow_post_set_continue_on_error (self, g_value_get_boolean (value));
      break;
    case PROP_N_TOTAL:
      g_flow_post_set_n_total (self, g_value_get_int64 (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
install_properties (GObjectClass *object_class)
{
  const GParamFlags rw = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;
  const GParamFlags ro = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  const GParamFlags co = G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;

  /**
   * GFlowPost:flow: (attributes org.gtk.Property.get=g_flow_post_get_flow)
   *
   * The flow that serves the requests.
   *
   * Since: 0.1
   */
  properties[PROP_FLOW] = g_param_spec_object ("flow", NULL, NULL, G_TYPE_FLOW, co);

  /**
   * GFlowPost:endpoint: (attributes org.gtk.Property.get=g_flow_post_get_endpoint)
   *
   * What is asked for, such as `/index`.
   *
   * Since: 0.1
   */
  properties[PROP_ENDPOINT] = g_param_spec_string ("endpoint", NULL, NULL, "/", co);

  /**
   * GFlowPost:source: (attributes org.gtk.Property.get=g_flow_post_get_source org.gtk.Property.set=g_flow_post_set_source)
   *
   * Where the documents come from. Without one, exactly one request without documents is
   * sent; if the source is empty, none is.
   *
   * Since: 0.1
   */
  properties[PROP_SOURCE] = g_param_spec_object ("source", NULL, NULL, G_TYPE_FLOW_SOURCE, rw);

  /**
   * GFlowPost:parameters: (attributes org.gtk.Property.get=g_flow_post_get_parameters org.gtk.Property.set=g_flow_post_set_parameters)
   *
   * The parameters of all requests, see [property@GFlow.FlowRequest:parameters].
   *
   * Since: 0.1
   */
  properties[PROP_PARAMETERS] = g_param_spec_variant ("parameters", NULL, NULL,
                                                      G_VARIANT_TYPE_VARDICT, NULL, rw);

  /**
   * GFlowPost:target: (attributes org.gtk.Property.get=g_flow_post_get_target org.gtk.Property.set=g_flow_post_set_target)
   *
   * A regular expression: only executors at nodes whose names begin with what it matches
   * serve the requests; documents pass by the others. %NULL for all.
   *
   * Since: 0.1
   */
  properties[PROP_TARGET] = g_param_spec_string ("target", NULL, NULL, NULL, rw);

  /**
   * GFlowPost:request-size: (attributes org.gtk.Property.get=g_flow_post_get_request_size org.gtk.Property.set=g_flow_post_set_request_size)
   *
   * How many documents there are in a request; the last one may have fewer. 0 for all in
   * one request.
   *
   * Since: 0.1
   */
  properties[PROP_REQUEST_SIZE] = g_param_spec_uint ("request-size", NULL, NULL, 0, G_MAXUINT,
                                                     100, rw);

  /**
   * GFlowPost:max-in-flight: (attributes org.gtk.Property.get=g_flow_post_get_max_in_flight org.gtk.Property.set=g_flow_post_set_max_in_flight)
   *
   * How many requests may be under way, or be waiting to be taken, at the same time; 0
   * for twice as many as there are threads, and up to sixteen times as many while they come
   * back within half a millisecond.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_IN_FLIGHT] = g_param_spec_uint ("max-in-flight", NULL, NULL, 0, G_MAXUINT,
                                                      0, rw);

  /**
   * GFlowPost:request-timeout: (attributes org.gtk.Property.get=g_flow_post_get_request_timeout org.gtk.Property.set=g_flow_post_set_request_timeout)
   *
   * How long a request may take from when it is sent, in milliseconds; 0 for as long as it
   * takes. One that takes longer is cancelled, and fails with %G_IO_ERROR_TIMED_OUT
   * when what serves it has returned.
   *
   * Since: 0.1
   */
  properties[PROP_REQUEST_TIMEOUT] = g_param_spec_uint ("request-timeout", NULL, NULL, 0,
                                                        G_MAXUINT, 0, rw);

  /**
   * GFlowPost:ordered: (attributes org.gtk.Property.get=g_flow_post_get_ordered org.gtk.Property.set=g_flow_post_set_ordered)
   *
   * Whether requests come back in the order in which they were sent; else, as they are
   * completed.
   *
   * Since: 0.1
   */
  properties[PROP_ORDERED] = g_param_spec_boolean ("ordered", NULL, NULL, FALSE, rw);

  /**
   * GFlowPost:continue-on-error: (attributes org.gtk.Property.get=g_flow_post_get_continue_on_error org.gtk.Property.set=g_flow_post_set_continue_on_error)
   *
   * Whether the stream goes on when a request has failed.
   *
   * Since: 0.1
   */
  properties[PROP_CONTINUE_ON_ERROR] = g_param_spec_boolean ("continue-on-error", NULL, NULL,
                                                             FALSE, rw);

  /**
   * GFlowPost:n-sent: (attributes org.gtk.Property.get=g_flow_post_get_n_sent)
   *
   * How many requests have been sent. Notified at most ten times a second, as are
   * the other numbers.
   *
   * Since: 0.1
   */
  properties[PROP_N_SENT] = g_param_spec_uint64 ("n-sent", NULL, NULL, 0, G_MAXUINT64, 0, ro);

  /**
   * GFlowPost:n-done: (attributes org.gtk.Property.get=g_flow_post_get_n_done)
   *
   * How many requests have come back, in whatever way.
   *
   * Since: 0.1
   */
  properties[PROP_N_DONE] = g_param_spec_uint64 ("n-done", NULL, NULL, 0, G_MAXUINT64, 0, ro);

  /**
   * GFlowPost:n-failed: (attributes org.gtk.Property.get=g_flow_post_get_n_failed)
   *
   * How many of these have failed, or were cancelled.
   *
   * Since: 0.1
   */
  properties[PROP_N_FAILED] = g_param_spec_uint64 ("n-failed", NULL, NULL, 0, G_MAXUINT64, 0, ro);

  /**
   * GFlowPost:n-total: (attributes org.gtk.Property.get=g_flow_post_get_n_total org.gtk.Property.set=g_flow_post_set_n_total)
   *
   * How many requests there will be; -1 if that is not known. Who knows how many
   * documents the source has may set it; at the end it is the number of those sent.
   *
   * Since: 0.1
   */
  properties[PROP_N_TOTAL] = g_param_spec_int64 ("n-total", NULL, NULL, -1, G_MAXINT64, -1, rw);

  /**
   * GFlowPost:fraction: (attributes org.gtk.Property.get=g_flow_post_get_fraction)
   *
   * How much of the stream has come back, from 0 to 1; 0 until the end if the number of
   * requests is not known.
   *
   * Since: 0.1
   */
  properties[PROP_FRACTION] = g_param_spec_double ("fraction", NULL, NULL, 0.0, 1.0, 0.0, ro);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
g_flow_post_class_init (GFlowPostClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GSignalFlags flags = G_SIGNAL_RUN_LAST | G_SIGNAL_NO_HOOKS;
  GType type = G_TYPE_FROM_CLASS (klass);

  object_class->dispose = g_flow_post_dispose;
  object_class->finalize = g_flow_post_finalize;
  object_class->get_property = g_flow_post_get_property;
  object_class->set_property = g_flow_post_set_property;

  install_properties (object_class);

  /**
   * GFlowPost::done:
   * @self: the post
   * @request: the request
   *
   * Emitted when a request has come back and was served.
   *
   * Since: 0.1
   */
  signals[G_FLOW_POST_DONE] = g_signal_new ("done", type, flags, 0, NULL, NULL, NULL,
                                       G_TYPE_NONE, 1, G_TYPE_FLOW_REQUEST);

  /**
   * GFlowPost::error:
   * @self: the post
   * @request: the request
   * @error: why it has failed
   *
   * Emitted when a request has come back that has failed, or was cancelled.
   *
   * Since: 0.1
   */
  signals[G_FLOW_POST_ERROR] = g_signal_new ("error", type, flags, 0, NULL, NULL, NULL,
                                        G_TYPE_NONE, 2, G_TYPE_FLOW_REQUEST, G_TYPE_ERROR);

  /**
   * GFlowPost::always:
   * @self: the post
   * @request: the request
   *
   * Emitted when a request has come back, after `done` or `error`.
   *
   * Since: 0.1
   */
  signals[G_FLOW_POST_ALWAYS] = g_signal_new ("always", type, flags, 0, NULL, NULL, NULL,
                                         G_TYPE_NONE, 1, G_TYPE_FLOW_REQUEST);
}

static void
g_flow_post_init (GFlowPost *self)
{
  self->request_size = 100;
  self->n_total = -1;
  g_queue_init (&self->flights);
  g_queue_init (&self->tails);
  g_queue_init (&self->ready);
  g_queue_init (&self->spares);
}

/* Making one */

/**
 * g_flow_post:
 * @self: a flow
 * @endpoint: what is asked for, such as `/index`
 *
 * Makes a stream of requests. Nothing is sent until it is consumed; the flow must be open
 * then.
 *
 * Returns: (transfer full): a new post
 *
 * Since: 0.1
 */
GFlowPost *
g_flow_post (GFlow      *self,
             const char *endpoint)
{
  g_return_val_if_fail (G_IS_FLOW (self), NULL);
  g_return_val_if_fail (endpoint != NULL, NULL);

  return g_object_new (G_TYPE_FLOW_POST, "flow", self, "endpoint", endpoint, NULL);
}

/**
 * g_flow_index:
 * @self: a flow
 *
 * Makes a stream of requests for the endpoint `/index`: see [method@GFlow.Flow.post].
 *
 * Returns: (transfer full): a new post
 *
 * Since: 0.1
 */
GFlowPost *
g_flow_index (GFlow *self)
{
  return g_flow_post (self, "/index");
}

/**
 * g_flow_search:
 * @self: a flow
 *
 * Makes a stream of requests for the endpoint `/search`: see [method@GFlow.Flow.post].
 *
 * Returns: (transfer full): a new post
 *
 * Since: 0.1
 */
GFlowPost *
g_flow_search (GFlow *self)
{
  return g_flow_post (self, "/search");
}

/**
 * g_flow_update:
 * @self: a flow
 *
 * Makes a stream of requests for the endpoint `/update`: see [method@GFlow.Flow.post].
 *
 * Returns: (transfer full): a new post
 *
 * Since: 0.1
 */
GFlowPost *
g_flow_update (GFlow *self)
{
  return g_flow_post (self, "/update");
}

/**
 * g_flow_delete:
 * @self: a flow
 *
 * Makes a stream of requests for the endpoint `/delete`: see [method@GFlow.Flow.post].
 *
 * Returns: (transfer full): a new post
 *
 * Since: 0.1
 */
GFlowPost *
g_flow_delete (GFlow *self)
{
  return g_flow_post (self, "/delete");
}

/* Callbacks */

static void
set_callback (GFlowPost         *self,
              GFlowPostCallback *callback,
              GFlowPostFunc      func,
              gpointer           user_data,
              GDestroyNotify     destroy)
{
  const GFlowPostCallback old = *callback;

  *callback = (GFlowPostCallback) { func, user_data, destroy };
  if (old.destroy != NULL)
    old.destroy (old.user_data);
}

/**
 * g_flow_post_set_done_func:
 * @self: a post that is not consumed
 * @func: (scope notified) (closure user_data) (destroy destroy) (nullable): called for
 *   every request that was served
 * @user_data: data for @func
 * @destroy: frees @user_data
 *
 * Sets a callback that may fail, and so end the stream. It is called before `done` is emitted.
 *
 * Since: 0.1
 */
void
g_flow_post_set_done_func (GFlowPost      *self,
                           GFlowPostFunc   func,
                           gpointer        user_data,
                           GDestroyNotify  destroy)
{
  g_return_if_fail (G_IS_FLOW_POST (self));

  set_callback (self, &self->callbacks[G_FLOW_POST_DONE], func, user_data, destroy);
}

/**
 * g_flow_post_set_error_func:
 * @self: a post that is not consumed
 * @func: (scope notified) (closure user_data) (destroy destroy) (nullable): called for
 *   every request that has failed
 * @user_data: data for @func
 * @destroy: frees @user_data
 *
 * Sets a callback that may fail, and so end the stream. It is called before `error` is emitted.
 *
 * Since: 0.1
 */
void
g_flow_post_set_error_func (GFlowPost      *self,
                            GFlowPostFunc   func,
                            gpointer        user_data,
                            GDestroyNotify  destroy)
{
  g_return_if_fail (G_IS_FLOW_POST (self));

  set_callback (self, &self->callbacks[G_FLOW_POST_ERROR], func, user_data, destroy);
}

/**
 * g_flow_post_set_always_func:
 * @self: a post that is not consumed
 * @func: (scope notified) (closure user_data) (destroy destroy) (nullable): called for
 *   every request that has come back
 * @user_data: data for @func
 * @destroy: frees @user_data
 *
 * Sets a callback that may fail, and so end the stream. It is called before `always` is emitted,
 * also if another callback has failed.
 *
 * Since: 0.1
 */
void
g_flow_post_set_always_func (GFlowPost      *self,
                             GFlowPostFunc   func,
                             gpointer        user_data,
                             GDestroyNotify  destroy)
{
  g_return_if_fail (G_IS_FLOW_POST (self));

  set_callback (self, &self->callbacks[G_FLOW_POST_ALWAYS], func, user_data, destroy);
}
