/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-post-private.h"
#include "gflow-source-private.h"
#include "gflow-wait-private.h"

#include "graph/gflow-error.h"
#include "run/gflow-scheduler-private.h"

#include <glib/gi18n-lib.h>

/* How requests are sent, and come back: documents are pulled from the source when a request may
 * enter the flow, each request is a run, and when it has ended whoever waits is told. All
 * of it happens in the context of whoever consumes the post. */

/* How many requests may be under way for each thread, unless it was set: to begin with, and where
 * they come back as quickly as this */
#define FEW_FOR_A_THREAD 2
#define MOST_FOR_A_THREAD 16
#define QUICK_US 500

/* Ending */

/* Takes @error. */
void
_g_flow_post_stop (GFlowPost *self,
                   GError    *error)
{
  self->exhausted = TRUE;
  self->n_batch = 0;
  _g_flow_post_free_spares (self);
  if (self->error == NULL)
    self->error = error;
  else
    g_clear_error (&error);
}

void
_g_flow_post_cancel_flights (GFlowPost *self)
{
  for (GList *link = self->flights.head; link != NULL; link = link->next)
    {
      GFlowFlight *flight = link->data;

      if (flight->run != NULL && !flight->is_back)
        g_flow_run_cancel (flight->run);
    }
}

static gboolean
has_ended (GFlowPost *self)
{
  return self->exhausted && self->pull == NULL && self->flights.length == 0 &&
         self->n_telling == 0;
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
      _g_flow_post_free_spares (self);
      _g_flow_post_notify_ended (self);
    }

  task = steal_task (self);
  if (task == NULL)
    return;
  if (self->error != NULL)
    g_task_return_error (task, g_steal_pointer (&self->error));
  else if (self->mode == G_FLOW_POST_MODE_RUN)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_pointer (task, g_steal_pointer (&self->collected), g_object_unref);
}

/* Gives what is ready to whoever waits, or the end. */
static void
satisfy (GFlowPost *self)
{
  if (self->mode == G_FLOW_POST_MODE_NEXT && self->task != NULL && self->ready.length > 0)
    {
      g_autoptr(GTask) task = steal_task (self);

      g_task_return_pointer (task, g_queue_pop_head (&self->ready), g_object_unref);
      return;
    }
  if (has_ended (self) && self->ready.length == 0)
    end (self);
}

/* Requests that come back */

static void
tell (GFlowPost       *self,
      GFlowPostSignal  signal,
      GFlowRequest    *request)
{
  const GFlowPostCallback *callback = &self->callbacks[signal];
  GError *error = NULL;

  if (callback->func != NULL && !callback->func (self, request, callback->user_data, &error))
    {
      if (error == NULL)
        error = g_error_new_literal (G_FLOW_ERROR, G_FLOW_ERROR_FAILED,
                                     _("A callback failed without saying why"));
      _g_flow_post_stop (self, g_steal_pointer (&error));
    }
  g_clear_error (&error);
  _g_flow_post_emit (self, signal, request);
}

/* Where requests take microseconds threads would sleep, and be woken, for each of a few. */
static void
adapt_limit (GFlowPost *self,
             gint64     took)
{
  if (took < QUICK_US)
    self->n_more++;
  else
    self->n_more /= 2;
}

static void
deliver (GFlowPost    *self,
         GFlowRequest *request)
{
  const gboolean succeeded = request->state == G_FLOW_RUN_STATE_DONE;
  const GFlowTimes times = _g_flow_request_get_times (request);

  adapt_limit (self, times.end - times.start);
  self->n_done++;
  if (!succeeded)
    {
      self->n_failed++;
      if (!self->continue_on_error)
        _g_flow_post_stop (self, g_error_copy (request->error));
    }
  /* Whatever they do to the post, it does not end before they have been told. */
  self->n_telling++;
  tell (self, succeeded ? G_FLOW_POST_DONE : G_FLOW_POST_ERROR, request);
  tell (self, G_FLOW_POST_ALWAYS, request);
  _g_flow_post_notify_progress (self, times.end);
  self->n_telling--;

  if (!succeeded && !self->continue_on_error)
    return;
  if (self->mode == G_FLOW_POST_MODE_NEXT)
    g_queue_push_tail (&self->ready, g_object_ref (request));
  else if (self->mode == G_FLOW_POST_MODE_COLLECT)
    g_list_store_append (self->collected, request);
}

static void
land (GFlowPost   *self,
      GFlowFlight *flight)
{
  g_queue_unlink (&self->flights, &flight->link);
  flight->landed = TRUE;
  if (flight->run != NULL)
    {
      /* It may end while they are told. */
      g_autoptr(GFlowRequest) request = g_object_ref (flight->request);

      g_queue_push_tail_link (&self->tails, &flight->link);
      deliver (self, request);
      return;
    }
  deliver (self, flight->request);
  _g_flow_post_give_flight (self, flight);
}

/* The request has come back. */
static void
come_back (GFlowPost   *self,
           GFlowFlight *flight)
{
  flight->is_back = TRUE;
  if (!self->ordered)
    land (self, flight);
  /* What was sent later waits for what was sent before. */
  while (self->ordered && self->flights.length > 0 &&
         ((GFlowFlight *) self->flights.head->data)->is_back)
    land (self, self->flights.head->data);
}

/* It has, before its run ends. */
static void
request_answered (GFlowRun     *run,
                  const GError *error,
                  gpointer      user_data)
{
  GFlowFlight *flight = user_data;
  g_autoptr(GFlowPost) self = flight->post != NULL ? g_object_ref (flight->post) : NULL;

  if (self == NULL)
    return;

  /* What goes on is no part of the request. */
  if (self->request_timeout != 0)
    _g_flow_run_lift_deadline (run);
  come_back (self, flight);
  _g_flow_post_pump (self);
}

static void
run_ended (GFlowRun     *run,
           const GError *error,
           gpointer      user_data)
{
  GFlowFlight *flight = user_data;
  g_autoptr(GFlowPost) self = flight->post != NULL ? g_object_ref (flight->post) : NULL;

  if (self == NULL)
    {
      if (flight->n_left != NULL)
        *flight->n_left -= 1;
      _g_flow_flight_free (flight);
      return;
    }

  _g_flow_post_give_run (flight);
  self->n_in_flight--;
  if (!flight->is_back)
    {
      come_back (self, flight);
    }
  else if (flight->landed)
    {
      g_queue_unlink (&self->tails, &flight->link);
      _g_flow_post_give_flight (self, flight);
    }
  _g_flow_post_pump (self);
}

/* Requests that are sent */

static void
send_batch (GFlowPost *self)
{
  GFlowFlight *flight = _g_flow_post_take_flight (self, &self->batch);
  GError *error = NULL;

  self->n_batch = 0;
  flight->run->request = g_object_ref (flight->request);
  flight->run->channel = self->channel;
  flight->run->answered = request_answered;
  flight->run->quiet = self->channel->hides_runs;
  if (G_UNLIKELY (self->request_timeout != 0))
    flight->run->deadline = g_get_monotonic_time () + (gint64) self->request_timeout * 1000;
  if (!_g_flow_run_begin (flight->run, self->context, NULL, run_ended, flight, &error))
    {
      _g_flow_flight_free (flight);
      _g_flow_post_stop (self, error);
      return;
    }
  self->n_sent++;
  self->n_in_flight++;
  g_queue_push_tail_link (&self->flights, &flight->link);
}

/* The source has added @n documents to the batch, or none if it has no more; or has failed. */
static void
batch_filled (GFlowPost *self,
              guint      n,
              GError    *error)
{
  if (self->exhausted)
    {
      g_clear_error (&error);
      return;
    }
  if (n == 0)
    {
      /* What it gave before it ended, or failed, is sent. */
      if (self->n_batch > 0)
        send_batch (self);
      self->exhausted = TRUE;
      if (error != NULL)
        _g_flow_post_stop (self, error);
      return;
    }

  self->n_batch += n;
  if (self->request_size != 0 && self->n_batch >= self->request_size)
    send_batch (self);
}

static void
add_to_batch (GFlowPost      *self,
              GFlowDocuments *given)
{
  g_autoptr(GPtrArray) documents = _g_flow_documents_dup (given);

  for (guint i = 0; i < documents->len; i++)
    _g_flow_documents_add (&self->batch, g_object_ref (documents->pdata[i]));
}

static void
pulled_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  GFlowPull *pull = user_data;
  g_autoptr(GFlowPost) self = pull->post != NULL ? g_object_ref (pull->post) : NULL;
  GError *error = NULL;
  GListModel *documents = g_flow_source_next_finish (G_FLOW_SOURCE (source), result, &error);

  if (pull->n_left != NULL)
    *pull->n_left -= 1;
  g_free (pull);
  if (self == NULL)
    {
      g_clear_object (&documents);
      g_clear_error (&error);
      return;
    }
  self->pull = NULL;

  const guint n = documents != NULL ? g_list_model_get_n_items (documents) : 0;

  if (!self->exhausted && self->n_batch == 0)
    {
      g_clear_object (&self->batch.list);
      self->batch.list = (GListStore *) g_steal_pointer (&documents);
    }
  else if (!self->exhausted && n > 0)
    add_to_batch (self, &(GFlowDocuments) { .list = G_LIST_STORE (documents) });
  g_clear_object (&documents);
  batch_filled (self, n, error);
  _g_flow_post_pump (self);
}

/* The source may call anybody, who may stop the post. */
static void
pull_at_once (GFlowPost *self,
              guint      n)
{
  GFlowDocuments given = { 0 };
  GError *error = NULL;

  if (self->n_batch == 0)
    {
      given = self->batch;
      self->batch = (GFlowDocuments) { 0 };
    }

  const guint n_given =
    _g_flow_source_next_into (self->source, n, &given, self->cancellable, &error);

  if (!self->exhausted && self->n_batch == 0)
    {
      self->batch = given;
      given = (GFlowDocuments) { 0 };
    }
  else if (!self->exhausted)
    {
      add_to_batch (self, &given);
    }
  _g_flow_documents_clear (&given);
  batch_filled (self, n_given, error);
}

static void
pull (GFlowPost *self)
{
  const guint n = self->request_size != 0 ? self->request_size - self->n_batch : G_MAXUINT;

  /* A source that does not block is asked at once: an answer costs more otherwise than
   * the request. */
  if (!self->source_is_async)
    {
      pull_at_once (self, n);
      return;
    }

  self->pull = g_new0 (GFlowPull, 1);
  self->pull->post = self;
  g_flow_source_next (self->source, n, self->cancellable, pulled_cb, self->pull);
}

static guint
get_limit (GFlowPost *self)
{
  if (self->max_in_flight != 0)
    return self->max_in_flight;

  self->n_more = MIN (self->n_more, (MOST_FOR_A_THREAD - FEW_FOR_A_THREAD) * self->n_threads);
  return FEW_FOR_A_THREAD * self->n_threads + self->n_more;
}

/* Sends what may be sent. Callbacks may come back to it, by handlers of sources. */
void
_g_flow_post_pump (GFlowPost *self)
{
  if (self->pumping || self->mode == G_FLOW_POST_MODE_NONE)
    return;

  self->pumping = TRUE;
  while (!self->exhausted && self->pull == NULL &&
         self->flights.length + self->tails.length + self->ready.length < get_limit (self))
    {
      if (self->source != NULL)
        {
          pull (self);
          continue;
        }
      send_batch (self);
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

static void
set_not_open_error (GError **error)
{
  g_set_error_literal (error, G_FLOW_ERROR, G_FLOW_ERROR_NOT_OPEN, _("The flow is not open"));
}

gboolean
_g_flow_post_begin (GFlowPost      *self,
                    GFlowPostMode   mode,
                    GError        **error)
{
  g_autoptr(GRegex) target = NULL;

  if (self->mode != G_FLOW_POST_MODE_NONE)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_PENDING,
                           _("A post can be consumed only once"));
      return FALSE;
    }

  if (self->flow == NULL)
    {
      g_set_error_literal (error, G_FLOW_ERROR, G_FLOW_ERROR_NOT_OPEN, _("The post has no flow"));
      return FALSE;
    }

  self->pipeline = _g_flow_ref_pipeline (self->flow);
  if (self->pipeline == NULL)
    {
      set_not_open_error (error);
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
  if (self->channel == NULL)
    {
      g_clear_pointer (&self->pipeline, _g_flow_pipeline_unref);
      set_not_open_error (error);
      return FALSE;
    }
  self->mode = mode;
  self->n_threads = g_flow_get_max_threads (self->flow);
  if (self->n_threads == 0)
    self->n_threads = _g_flow_count_processors ();
  self->source_is_async = self->source != NULL && _g_flow_source_answers_later (self->source);
  self->context = g_main_context_ref_thread_default ();
  self->cancellable = g_cancellable_new ();
  if (mode == G_FLOW_POST_MODE_COLLECT)
    self->collected = g_list_store_new (G_TYPE_FLOW_REQUEST);
  return TRUE;
}

static gboolean
cancelled_cb (GCancellable *cancellable,
              gpointer      user_data)
{
  g_autoptr(GFlowPost) self = g_object_ref (user_data);

  if (self->mode == G_FLOW_POST_MODE_NEXT)
    {
      g_autoptr(GTask) task = steal_task (self);

      g_task_return_error_if_cancelled (task);
      return G_SOURCE_REMOVE;
    }
  g_flow_post_cancel (self);
  return G_SOURCE_REMOVE;
}

/* Takes @task, which waits for an answer. */
void
_g_flow_post_wait_with (GFlowPost *self,
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

/* Dropping it */

static void
leave_pull (GFlowPost *self,
            guint     *n_left)
{
  self->pull->post = NULL;
  self->pull->n_left = n_left;
  self->pull = NULL;
}

static void
leave_flights (GFlowPost *self,
               GQueue    *flights,
               guint     *n_left)
{
  while (flights->length > 0)
    {
      GFlowFlight *flight = flights->head->data;

      g_queue_unlink (flights, &flight->link);
      flight->post = NULL;
      flight->n_left = n_left;
      if (flight->run == NULL)
        _g_flow_flight_free (flight);
    }
}

/* What is under way is not wanted any more; what has come back and still runs is not waited for
 * anyway. If the context is private nobody will iterate it, unless it is done here. */
void
_g_flow_post_drop_flights (GFlowPost *self)
{
  guint n_left = self->n_in_flight + (self->pull != NULL);

  self->n_in_flight = 0;
  _g_flow_post_cancel_flights (self);
  if (self->pull != NULL)
    leave_pull (self, self->is_private ? &n_left : NULL);
  leave_flights (self, &self->flights, self->is_private ? &n_left : NULL);
  leave_flights (self, &self->tails, self->is_private ? &n_left : NULL);
  if (!self->is_private)
    return;

  g_main_context_push_thread_default (self->context);
  while (n_left > 0)
    g_main_context_iteration (self->context, TRUE);
  /* Else whoever iterates it now does. */
  if (g_main_depth () == 0)
    _g_flow_wait_for_runs (self->context);
  g_main_context_pop_thread_default (self->context);
}
