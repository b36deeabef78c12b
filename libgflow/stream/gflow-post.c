/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-pipeline-private.h"
#include "gflow-post.h"
#include "gflow-wait-private.h"

#include "graph/gflow-error.h"

#include <glib/gi18n-lib.h>

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

typedef struct
{
  GFlowPostFunc   func;       /* (nullable) */
  gpointer        user_data;
  GDestroyNotify  destroy;
} Callback;

/* A request that was sent. */
typedef struct
{
  GFlowPost    *post;    /* (unowned) (nullable): NULL if nobody wants to know */
  GFlowRun     *run;     /* (owned) (nullable): NULL when it has come back */
  GFlowRequest *request; /* (owned) */
  guint        *n_left;  /* (unowned) (nullable): for whoever waits until it has ended */
  GList         link;    /* in the flights of the post */
} Flight;

/* A question to the source. */
typedef struct
{
  GFlowPost *post;       /* (unowned) (nullable): NULL if nobody wants to know */
} Pull;

typedef enum
{
  MODE_NONE,
  MODE_RUN,
  MODE_NEXT,
  MODE_COLLECT,
} Mode;

struct _GFlowPost
{
  GObject       parent_instance;

  GFlow        *flow;          /* (owned) */
  char         *endpoint;      /* (owned), by g_ref_string_new() */
  GFlowSource  *source;        /* (owned) (nullable) */
  GVariant     *parameters;    /* (owned) (nullable) */
  char         *target;        /* (owned) (nullable) */
  guint         request_size;
  guint         max_in_flight;
  gboolean      ordered;
  gboolean      continue_on_error;
  Callback      callbacks[3];  /* done, error, always */

  /* While it is consumed */
  Mode          mode;
  gboolean      is_over;
  GMainContext *context;       /* (owned) (nullable) */
  gboolean      is_private;    /* the context is that of blocking calls */
  GFlowPipeline *pipeline;     /* (owned) (nullable) */
  GFlowChannel *channel;       /* (owned) (nullable) */
  GCancellable *cancellable;   /* (owned) (nullable): of the source */
  GListStore   *batch;         /* (owned) (nullable): documents for the next request */
  Pull         *pull;          /* (unowned) (nullable): the source has been asked */
  gboolean      exhausted;     /* nothing more will be sent */
  gboolean      pumping;
  GQueue        flights;       /* of Flight: what was sent, in order */
  guint         n_in_flight;
  GQueue        ready;         /* of GFlowRequest: what next() has not given yet */
  GListStore   *collected;     /* (owned) (nullable) */
  GTask        *task;          /* (owned) (nullable): of whoever waits */
  GSource      *cancel_source; /* (owned) (nullable): for that */
  GError       *error;         /* (owned) (nullable): the first that ends it */

  guint64       n_sent;
  guint64       n_done;
  guint64       n_failed;
  gint64        n_total;
  gint64        notified;      /* when progress was, last */
};

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
  PROP_ORDERED,
  PROP_CONTINUE_ON_ERROR,
  PROP_N_SENT,
  PROP_N_DONE,
  PROP_N_FAILED,
  PROP_N_TOTAL,
  PROP_FRACTION,
  N_PROPS
};

enum
{
  SIGNAL_DONE,
  SIGNAL_ERROR,
  SIGNAL_ALWAYS,
  N_SIGNALS
};

/* How often progress is notified, in microseconds */
#define PROGRESS_US (100 * 1000)

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (GFlowPost, g_flow_post, G_TYPE_OBJECT)

static void pump (GFlowPost *self);

/* Progress */

static void
notify_progress (GFlowPost *self,
                 gboolean   at_once)
{
  const guint notify = g_signal_lookup ("notify", G_TYPE_OBJECT);

  /* To notify costs more than to ask. */
  if (!g_signal_has_handler_pending (self, notify, 0, TRUE))
    return;

  const gint64 now = g_get_monotonic_time ();

  if (!at_once && now - self->notified < PROGRESS_US)
    return;

  self->notified = now;
  g_object_freeze_notify (G_OBJECT (self));
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_SENT]);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_DONE]);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_FAILED]);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_FRACTION]);
  g_object_thaw_notify (G_OBJECT (self));
}

/* Ending */

/* Takes @error. */
static void
stop (GFlowPost *self,
      GError    *error)
{
  self->exhausted = TRUE;
  g_clear_object (&self->batch);
  if (self->error == NULL)
    self->error = error;
  else
    g_clear_error (&error);
}

static void
cancel_flights (GFlowPost *self)
{
  for (GList *link = self->flights.head; link != NULL; link = link->next)
    if (((Flight *) link->data)->run != NULL)
      g_flow_run_cancel (((Flight *) link->data)->run);
}

static gboolean
has_ended (GFlowPost *self)
{
  return self->exhausted && self->pull == NULL && self->flights.length == 0;
}

static GTask *
steal_task (GFlowPost *self)
{
  if (self->cancel_source != NULL)
    g_source_destroy (self->cancel_source);
  g_clear_pointer (&self->cancel_source, g_source_unref);
  return g_steal_pointer (&self->task);
}

/* Everything has come back. */
static void
end (GFlowPost *self)
{
  g_autoptr(GTask) task = NULL;

  if (!self->is_over)
    {
      self->is_over = TRUE;
      self->n_total = self->n_sent;
      g_clear_pointer (&self->channel, _g_flow_channel_unref);
      g_clear_pointer (&self->pipeline, _g_flow_pipeline_unref);
      notify_progress (self, TRUE);
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_TOTAL]);
    }

  task = steal_task (self);
  if (task == NULL)
    return;
  if (self->error != NULL)
    g_task_return_error (task, g_steal_pointer (&self->error));
  else if (self->mode == MODE_RUN)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_pointer (task, g_steal_pointer (&self->collected), g_object_unref);
}

/* Gives what is ready to whoever waits, or the end. */
static void
satisfy (GFlowPost *self)
{
  if (self->mode == MODE_NEXT && self->task != NULL && self->ready.length > 0)
    {
      g_autoptr(GTask) task = steal_task (self);

      g_task_return_pointer (task, g_queue_pop_head (&self->ready), g_object_unref);
      return;
    }
  if (has_ended (self) && self->ready.length == 0)
    end (self);
}

/* Requests that come back */

static gboolean
call_back (GFlowPost    *self,
           Callback     *callback,
           GFlowRequest *request)
{
  GError *error = NULL;

  if (callback->func == NULL || callback->func (self, request, callback->user_data, &error))
    {
      g_clear_error (&error);
      return TRUE;
    }

  if (error == NULL)
    error = g_error_new_literal (G_FLOW_ERROR, G_FLOW_ERROR_FAILED,
                                 _("A callback failed without saying why"));
  stop (self, error);
  return FALSE;
}

static void
deliver (GFlowPost    *self,
         GFlowRequest *request)
{
  const gboolean succeeded = request->state == G_FLOW_RUN_STATE_DONE;

  self->n_done++;
  if (!succeeded)
    {
      self->n_failed++;
      if (!self->continue_on_error)
        stop (self, g_error_copy (request->error));
    }
  if (succeeded)
    {
      call_back (self, &self->callbacks[SIGNAL_DONE], request);
      g_signal_emit (self, signals[SIGNAL_DONE], 0, request);
    }
  else
    {
      call_back (self, &self->callbacks[SIGNAL_ERROR], request);
      g_signal_emit (self, signals[SIGNAL_ERROR], 0, request, request->error);
    }
  call_back (self, &self->callbacks[SIGNAL_ALWAYS], request);
  g_signal_emit (self, signals[SIGNAL_ALWAYS], 0, request);
  notify_progress (self, FALSE);

  if (self->mode == MODE_NEXT && (succeeded || self->continue_on_error))
    g_queue_push_tail (&self->ready, g_object_ref (request));
  else if (self->mode == MODE_COLLECT && (succeeded || self->continue_on_error))
    g_list_store_append (self->collected, request);
}

static void
free_flight (Flight *flight)
{
  g_object_unref (flight->request);
  g_free (flight);
}

static void
land (GFlowPost *self,
      Flight    *flight)
{
  g_autoptr(GFlowRequest) request = g_object_ref (flight->request);

  g_queue_unlink (&self->flights, &flight->link);
  free_flight (flight);
  deliver (self, request);
}

static void
run_ended (GFlowRun     *run,
           const GError *error,
           gpointer      user_data)
{
  Flight *flight = user_data;
  g_autoptr(GFlowPost) self = flight->post != NULL ? g_object_ref (flight->post) : NULL;

  g_clear_object (&flight->run);
  if (self == NULL)
    {
      if (flight->n_left != NULL)
        *flight->n_left -= 1;
      free_flight (flight);
      return;
    }

  self->n_in_flight--;
  if (!self->ordered)
    land (self, flight);
  /* What was sent later waits for what was sent before. */
  while (self->ordered && self->flights.length > 0 &&
         ((Flight *) self->flights.head->data)->run == NULL)
    land (self, self->flights.head->data);
  pump (self);
}

/* Requests that are sent */

static void
send_request (GFlowPost  *self,
              GListStore *documents)
{
  Flight *flight = g_new0 (Flight, 1);
  GError *error = NULL;

  flight->post = self;
  flight->request = _g_flow_request_new_for (self->endpoint, self->parameters, documents);
  flight->run = g_flow_run_new (self->flow);
  flight->run->request = g_object_ref (flight->request);
  flight->run->channel = self->channel;
  flight->link.data = flight;
  if (!_g_flow_run_begin (flight->run, self->context, NULL, run_ended, flight, &error))
    {
      g_clear_object (&flight->run);
      free_flight (flight);
      stop (self, error);
      return;
    }
  self->n_sent++;
  self->n_in_flight++;
  g_queue_push_tail_link (&self->flights, &flight->link);
}

static guint
count_batch (GFlowPost *self)
{
  return self->batch != NULL ? g_list_model_get_n_items (G_LIST_MODEL (self->batch)) : 0;
}

static void
send_batch (GFlowPost *self)
{
  send_request (self, g_steal_pointer (&self->batch));
}

/* The source has given @documents, or none if it has no more; or has failed. */
static void
take_documents (GFlowPost  *self,
                GListModel *documents,
                GError     *error)
{
  const guint n = documents != NULL ? g_list_model_get_n_items (documents) : 0;

  if (self->exhausted)
    {
      g_clear_error (&error);
      return;
    }
  if (n == 0)
    {
      /* What it gave before it ended, or failed, is sent. */
      if (count_batch (self) > 0)
        send_batch (self);
      self->exhausted = TRUE;
      if (error != NULL)
        stop (self, error);
      return;
    }

  if (self->batch == NULL && G_IS_LIST_STORE (documents))
    {
      self->batch = G_LIST_STORE (g_object_ref (documents));
    }
  else
    {
      if (self->batch == NULL)
        self->batch = g_list_store_new (G_TYPE_FLOW_DOCUMENT);
      for (guint i = 0; i < n; i++)
        {
          g_autoptr(GObject) document = g_list_model_get_item (documents, i);

          g_list_store_append (self->batch, document);
        }
    }
  if (self->request_size != 0 && count_batch (self) >= self->request_size)
    send_batch (self);
}

static void
pulled_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  Pull *pull = user_data;
  g_autoptr(GFlowPost) self = pull->post != NULL ? g_object_ref (pull->post) : NULL;
  GError *error = NULL;
  g_autoptr(GListModel) documents =
    g_flow_source_next_finish (G_FLOW_SOURCE (source), result, &error);

  g_free (pull);
  if (self == NULL)
    {
      g_clear_error (&error);
      return;
    }
  self->pull = NULL;
  take_documents (self, documents, error);
  pump (self);
}

static void
pull (GFlowPost *self)
{
  const guint n = self->request_size != 0 ? self->request_size - count_batch (self) : G_MAXUINT;
  GError *error = NULL;

  /* A source that does not block is asked at once: an answer costs more otherwise than
   * the request. */
  if (G_FLOW_SOURCE_GET_IFACE (self->source)->fill == NULL)
    {
      g_autoptr(GListModel) documents =
        g_flow_source_next_sync (self->source, n, self->cancellable, &error);

      take_documents (self, documents, error);
      return;
    }

  self->pull = g_new (Pull, 1);
  self->pull->post = self;
  g_flow_source_next (self->source, n, self->cancellable, pulled_cb, self->pull);
}

static guint
get_limit (GFlowPost *self)
{
  const guint max_threads = g_flow_get_max_threads (self->flow);

  if (self->max_in_flight != 0)
    return self->max_in_flight;
  return 2 * (max_threads != 0 ? max_threads : g_get_num_processors ());
}

/* Sends what may be sent. Callbacks may come back to it, by handlers of sources. */
static void
pump (GFlowPost *self)
{
  if (self->pumping || self->mode == MODE_NONE)
    return;

  self->pumping = TRUE;
  while (!self->exhausted && self->pull == NULL &&
         self->flights.length + self->ready.length < get_limit (self))
    {
      if (self->source != NULL)
        {
          pull (self);
          continue;
        }
      send_request (self, NULL);
      self->exhausted = TRUE;
    }
  self->pumping = FALSE;
  satisfy (self);
}

/* Beginning */

static GRegex *
make_target (GFlowPost  *self,
             GError    **error)
{
  g_autoptr(GError) reason = NULL;
  GRegex *regex = g_regex_new (self->target, G_REGEX_OPTIMIZE, G_REGEX_MATCH_ANCHORED, &reason);

  if (regex == NULL)
    g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT,
                 _("The target cannot be understood: %s"), reason->message);
  return regex;
}

static gboolean
begin (GFlowPost  *self,
       Mode        mode,
       GError    **error)
{
  g_autoptr(GRegex) target = NULL;

  if (self->mode != MODE_NONE)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_PENDING,
                           _("A post can be consumed only once"));
      return FALSE;
    }

  self->pipeline = _g_flow_ref_pipeline (self->flow);
  if (self->pipeline == NULL)
    {
      g_set_error_literal (error, G_FLOW_ERROR, G_FLOW_ERROR_NOT_OPEN, _("The flow is not open"));
      return FALSE;
    }
  if (self->target != NULL && *self->target != '\0')
    {
      target = make_target (self, error);
      if (target == NULL)
        {
          g_clear_pointer (&self->pipeline, _g_flow_pipeline_unref);
          return FALSE;
        }
      self->channel = _g_flow_channel_new (self->pipeline, self->endpoint, target);
    }
  else
    {
      self->channel = _g_flow_pipeline_ref_channel (self->pipeline, self->endpoint);
    }
  self->mode = mode;
  self->context = g_main_context_ref_thread_default ();
  self->cancellable = g_cancellable_new ();
  if (mode == MODE_COLLECT)
    self->collected = g_list_store_new (G_TYPE_FLOW_REQUEST);
  return TRUE;
}

static gboolean
cancelled_cb (GCancellable *cancellable,
              gpointer      user_data)
{
  g_autoptr(GFlowPost) self = g_object_ref (user_data);

  if (self->mode == MODE_NEXT)
    {
      g_autoptr(GTask) task = steal_task (self);

      g_task_return_error_if_cancelled (task);
      return G_SOURCE_REMOVE;
    }
  g_flow_post_cancel (self);
  return G_SOURCE_REMOVE;
}

/* Takes @task, which waits for an answer. */
static void
wait_with (GFlowPost *self,
           GTask     *task)
{
  GCancellable *cancellable = g_task_get_cancellable (task);

  self->task = task;
  if (cancellable == NULL)
    return;

  self->cancel_source = g_cancellable_source_new (cancellable);
  g_source_set_static_name (self->cancel_source, "GFlow post cancelled");
  g_source_set_callback (self->cancel_source, G_SOURCE_FUNC (cancelled_cb), self, NULL);
  g_source_attach (self->cancel_source, self->context);
}

static GTask *
make_task (GFlowPost           *self,
           GCancellable        *cancellable,
           GAsyncReadyCallback  callback,
           gpointer             user_data,
           gpointer             source_tag)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, source_tag);
  g_task_set_check_cancellable (task, FALSE);
  return task;
}

static void
consume (GFlowPost *self,
         Mode       mode,
         GTask     *task)
{
  GError *error = NULL;

  if (!begin (self, mode, &error))
    {
      g_task_return_error (task, error);
      g_object_unref (task);
      return;
    }
  wait_with (self, task);
  pump (self);
}

/* GObject */

/* What is under way is not wanted any more. If its context is private nobody will
 * iterate it, unless it is done here. */
static void
drop_flights (GFlowPost *self)
{
  guint n_left = self->n_in_flight;

  cancel_flights (self);
  while (self->flights.length > 0)
    {
      Flight *flight = self->flights.head->data;

      g_queue_unlink (&self->flights, &flight->link);
      flight->post = NULL;
      flight->n_left = self->is_private ? &n_left : NULL;
      if (flight->run == NULL)
        free_flight (flight);
    }
  if (!self->is_private || n_left == 0)
    return;

  g_main_context_push_thread_default (self->context);
  while (n_left > 0)
    g_main_context_iteration (self->context, TRUE);
  g_main_context_pop_thread_default (self->context);
}

static void
g_flow_post_dispose (GObject *object)
{
  GFlowPost *self = G_FLOW_POST (object);

  self->exhausted = TRUE;
  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  if (self->pull != NULL)
    self->pull->post = NULL;
  self->pull = NULL;
  drop_flights (self);
  g_queue_clear_full (&self->ready, g_object_unref);

  G_OBJECT_CLASS (g_flow_post_parent_class)->dispose (object);
}

static void
g_flow_post_finalize (GObject *object)
{
  GFlowPost *self = G_FLOW_POST (object);

  for (guint i = 0; i < N_SIGNALS; i++)
    if (self->callbacks[i].destroy != NULL)
      self->callbacks[i].destroy (self->callbacks[i].user_data);
  g_clear_pointer (&self->channel, _g_flow_channel_unref);
  g_clear_pointer (&self->pipeline, _g_flow_pipeline_unref);
  g_clear_object (&self->batch);
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
   * for twice as many as there are threads.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_IN_FLIGHT] = g_param_spec_uint ("max-in-flight", NULL, NULL, 0, G_MAXUINT,
                                                      0, rw);

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
  signals[SIGNAL_DONE] = g_signal_new ("done", type, flags, 0, NULL, NULL, NULL,
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
  signals[SIGNAL_ERROR] = g_signal_new ("error", type, flags, 0, NULL, NULL, NULL,
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
  signals[SIGNAL_ALWAYS] = g_signal_new ("always", type, flags, 0, NULL, NULL, NULL,
                                         G_TYPE_NONE, 1, G_TYPE_FLOW_REQUEST);
}

static void
g_flow_post_init (GFlowPost *self)
{
  self->request_size = 100;
  self->n_total = -1;
  g_queue_init (&self->flights);
  g_queue_init (&self->ready);
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

/* Consuming it */

/**
 * g_flow_post_run:
 * @self: a post that was not consumed yet
 * @cancellable: (nullable): cancels what is under way, and ends the stream
 * @callback: (scope async) (closure user_data): called when all requests have come back
 * @user_data: data for @callback
 *
 * Sends all requests. What comes back is told by signals and callbacks.
 *
 * Since: 0.1
 */
void
g_flow_post_run (GFlowPost           *self,
                 GCancellable        *cancellable,
                 GAsyncReadyCallback  callback,
                 gpointer             user_data)
{
  g_return_if_fail (G_IS_FLOW_POST (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  consume (self, MODE_RUN, make_task (self, cancellable, callback, user_data, g_flow_post_run));
}

/**
 * g_flow_post_run_finish:
 * @self: a post
 * @result: what the callback was given
 * @error: return location for the first error that ended the stream
 *
 * Finishes what [method@GFlow.FlowPost.run] has begun.
 *
 * Returns: %TRUE if the stream came to its end
 *
 * Since: 0.1
 */
gboolean
g_flow_post_run_finish (GFlowPost     *self,
                        GAsyncResult  *result,
                        GError       **error)
{
  g_return_val_if_fail (G_IS_FLOW_POST (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static gboolean
check_sync (GFlowPost  *self,
            GError    **error)
{
  if (!_g_flow_is_in_body (self->flow))
    return TRUE;

  g_set_error_literal (error, G_FLOW_ERROR, G_FLOW_ERROR_RECURSION,
                       _("A body of a flow cannot wait for a run of the same flow"));
  return FALSE;
}

/**
 * g_flow_post_run_sync:
 * @self: a post that was not consumed yet
 * @cancellable: (nullable): cancels what is under way, and ends the stream
 * @error: return location for the first error that ended the stream
 *
 * Sends all requests, and blocks until they have come back. Signals and callbacks come in the
 * calling thread, from a private main context.
 *
 * Returns: %TRUE if the stream came to its end
 *
 * Since: 0.1
 */
gboolean
g_flow_post_run_sync (GFlowPost     *self,
                      GCancellable  *cancellable,
                      GError       **error)
{
  GFlowWait wait;

  g_return_val_if_fail (G_IS_FLOW_POST (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!check_sync (self, error))
    return FALSE;

  _g_flow_wait_begin (&wait);
  g_flow_post_run (self, cancellable, _g_flow_wait_cb, &wait);
  _g_flow_wait_iterate (&wait);

  const gboolean ended_well = g_flow_post_run_finish (self, wait.result, error);

  _g_flow_wait_end (&wait);
  return ended_well;
}

/**
 * g_flow_post_next:
 * @self: a post that is not consumed in another way
 * @cancellable: (nullable): ends the waiting, not the stream
 * @callback: (scope async) (closure user_data): called when a request has come back
 * @user_data: data for @callback
 *
 * Waits for the next request to come back. Nothing is sent before this is called first;
 * and if it is not called again, soon no more is sent.
 *
 * To drop the post cancels what is under way.
 *
 * Since: 0.1
 */
void
g_flow_post_next (GFlowPost           *self,
                  GCancellable        *cancellable,
                  GAsyncReadyCallback  callback,
                  gpointer             user_data)
{
  g_return_if_fail (G_IS_FLOW_POST (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  GTask *task = make_task (self, cancellable, callback, user_data, g_flow_post_next);
  GError *error = NULL;

  if (self->mode == MODE_NEXT && self->task != NULL)
    error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_PENDING,
                                 _("Somebody waits for the next request already"));
  else if (self->mode != MODE_NEXT)
    begin (self, MODE_NEXT, &error);

  if (error != NULL)
    {
      g_task_return_error (task, error);
      g_object_unref (task);
      return;
    }
  wait_with (self, task);
  pump (self);
  /* There is room for more now. */
  if (self->ready.length > 0 || !self->exhausted)
    pump (self);
}

/**
 * g_flow_post_next_finish:
 * @self: a post
 * @result: what the callback was given
 * @error: return location for the first error that ended the stream
 *
 * Finishes what [method@GFlow.FlowPost.next] has begun.
 *
 * Returns: (transfer full) (nullable): a request that has come back, or %NULL without
 *   an error if there are no more
 *
 * Since: 0.1
 */
GFlowRequest *
g_flow_post_next_finish (GFlowPost     *self,
                         GAsyncResult  *result,
                         GError       **error)
{
  g_return_val_if_fail (G_IS_FLOW_POST (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * g_flow_post_next_sync:
 * @self: a post that is not consumed in another way
 * @cancellable: (nullable): ends the waiting, not the stream
 * @error: return location for the first error that ended the stream
 *
 * Waits for the next request to come back, and blocks meanwhile: see
 * [method@GFlow.FlowPost.next]. Signals and callbacks come in the calling thread while it
 * waits, from a private main context.
 *
 * Returns: (transfer full) (nullable): a request that has come back, or %NULL without
 *   an error if there are no more
 *
 * Since: 0.1
 */
GFlowRequest *
g_flow_post_next_sync (GFlowPost     *self,
                       GCancellable  *cancellable,
                       GError       **error)
{
  g_return_val_if_fail (G_IS_FLOW_POST (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!check_sync (self, error))
    return NULL;
  if (self->mode != MODE_NONE && !self->is_private)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_PENDING,
                           _("A post can be consumed only once"));
      return NULL;
    }

  /* The same context each time: what is under way belongs to it. */
  g_autoptr(GMainContext) context = self->is_private ? g_main_context_ref (self->context)
                                                     : g_main_context_new ();
  GFlowWait wait = { context, NULL };

  g_main_context_push_thread_default (context);
  self->is_private = TRUE;
  g_flow_post_next (self, cancellable, _g_flow_wait_cb, &wait);
  _g_flow_wait_iterate (&wait);
  self->is_private = self->context != NULL;
  g_main_context_pop_thread_default (context);

  g_autoptr(GAsyncResult) result = wait.result;

  return g_flow_post_next_finish (self, result, error);
}

/**
 * g_flow_post_collect:
 * @self: a post that was not consumed yet
 * @cancellable: (nullable): cancels what is under way, and ends the stream
 * @callback: (scope async) (closure user_data): called when all requests have come back
 * @user_data: data for @callback
 *
 * Sends all requests, and collects what comes back.
 *
 * Since: 0.1
 */
void
g_flow_post_collect (GFlowPost           *self,
                     GCancellable        *cancellable,
                     GAsyncReadyCallback  callback,
                     gpointer             user_data)
{
  g_return_if_fail (G_IS_FLOW_POST (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  consume (self, MODE_COLLECT,
           make_task (self, cancellable, callback, user_data, g_flow_post_collect));
}

/**
 * g_flow_post_collect_finish:
 * @self: a post
 * @result: what the callback was given
 * @error: return location for the first error that ended the stream
 *
 * Finishes what [method@GFlow.FlowPost.collect] has begun.
 *
 * Returns: (transfer full): a list of [class@GFlow.FlowRequest]
 *
 * Since: 0.1
 */
GListModel *
g_flow_post_collect_finish (GFlowPost     *self,
                            GAsyncResult  *result,
                            GError       **error)
{
  g_return_val_if_fail (G_IS_FLOW_POST (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * g_flow_post_collect_sync:
 * @self: a post that was not consumed yet
 * @cancellable: (nullable): cancels what is under way, and ends the stream
 * @error: return location for the first error that ended the stream
 *
 * Sends all requests, and blocks until they have come back: see
 * [method@GFlow.FlowPost.run_sync].
 *
 * Returns: (transfer full): a list of [class@GFlow.FlowRequest]
 *
 * Since: 0.1
 */
GListModel *
g_flow_post_collect_sync (GFlowPost     *self,
                          GCancellable  *cancellable,
                          GError       **error)
{
  GFlowWait wait;

  g_return_val_if_fail (G_IS_FLOW_POST (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!check_sync (self, error))
    return NULL;

  _g_flow_wait_begin (&wait);
  g_flow_post_collect (self, cancellable, _g_flow_wait_cb, &wait);
  _g_flow_wait_iterate (&wait);

  GListModel *requests = g_flow_post_collect_finish (self, wait.result, error);

  _g_flow_wait_end (&wait);
  return requests;
}

/**
 * g_flow_post_cancel:
 * @self: a post
 *
 * Sends nothing more, and cancels what is under way. The stream ends with
 * %G_IO_ERROR_CANCELLED when that has come back. No effect if it is not consumed, or has
 * ended.
 *
 * Since: 0.1
 */
void
g_flow_post_cancel (GFlowPost *self)
{
  g_return_if_fail (G_IS_FLOW_POST (self));

  if (self->mode == MODE_NONE || self->is_over)
    return;

  g_autoptr(GFlowPost) held = g_object_ref (self);

  stop (held, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, _("The post was cancelled")));
  g_cancellable_cancel (held->cancellable);
  cancel_flights (held);
  pump (held);
}

static void
set_callback (GFlowPost      *self,
              Callback       *callback,
              GFlowPostFunc   func,
              gpointer        user_data,
              GDestroyNotify  destroy)
{
  const Callback old = *callback;

  *callback = (Callback) { func, user_data, destroy };
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

  set_callback (self, &self->callbacks[SIGNAL_DONE], func, user_data, destroy);
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

  set_callback (self, &self->callbacks[SIGNAL_ERROR], func, user_data, destroy);
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

  set_callback (self, &self->callbacks[SIGNAL_ALWAYS], func, user_data, destroy);
}

/* Properties */

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
  g_return_if_fail (self->mode == MODE_NONE);

  if (g_set_object (&self->source, source))
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SOURCE]);
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
  static GVariant *none;

  g_return_val_if_fail (G_IS_FLOW_POST (self), NULL);

  if (self->parameters != NULL)
    return self->parameters;
  if (g_once_init_enter (&none))
    g_once_init_leave (&none, g_variant_ref_sink (g_variant_new ("a{sv}", NULL)));
  return none;
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
  g_return_if_fail (self->mode == MODE_NONE);

  if (self->parameters == parameters)
    return;

  g_clear_pointer (&self->parameters, g_variant_unref);
  self->parameters = parameters != NULL ? g_variant_ref_sink (parameters) : NULL;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PARAMETERS]);
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
  g_return_if_fail (self->mode == MODE_NONE);

  if (g_strcmp0 (self->target, target) == 0)
    return;

  g_free (self->target);
  self->target = g_strdup (target);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TARGET]);
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
  g_return_if_fail (self->mode == MODE_NONE);

  if (self->request_size == request_size)
    return;

  self->request_size = request_size;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_REQUEST_SIZE]);
}

/**
 * g_flow_post_get_max_in_flight: (attributes org.gtk.Method.get_property=max-in-flight)
 * @self: a post
 *
 * Gets how many requests may be under way at the same time.
 *
 * Returns: the number; 0 for twice as many as there are threads
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
 * @max_in_flight: the number; 0 for twice as many as there are threads
 *
 * Sets how many requests may be under way at the same time.
 *
 * Since: 0.1
 */
void
g_flow_post_set_max_in_flight (GFlowPost *self,
                               guint      max_in_flight)
{
  g_return_if_fail (G_IS_FLOW_POST (self));
  g_return_if_fail (self->mode == MODE_NONE);

  if (self->max_in_flight == max_in_flight)
    return;

  self->max_in_flight = max_in_flight;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_MAX_IN_FLIGHT]);
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
  g_return_if_fail (self->mode == MODE_NONE);

  ordered = !!ordered;
  if (self->ordered == ordered)
    return;

  self->ordered = ordered;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ORDERED]);
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
  g_return_if_fail (self->mode == MODE_NONE);

  continue_on_error = !!continue_on_error;
  if (self->continue_on_error == continue_on_error)
    return;

  self->continue_on_error = continue_on_error;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CONTINUE_ON_ERROR]);
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
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_TOTAL]);
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
