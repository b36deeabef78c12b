/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-post-private.h"
#include "gflow-wait-private.h"

#include "graph/gflow-error.h"

#include <glib/gi18n-lib.h>

/* The ways to consume a post, each in an async and a blocking form. */

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

/* What is under way comes back in one context only. */
static gboolean
is_elsewhere (GFlowPost *self)
{
  g_autoptr(GMainContext) context = g_main_context_ref_thread_default ();

  return self->context != context;
}

static void
consume (GFlowPost     *self,
         GFlowPostMode  mode,
         GTask         *task)
{
  GError *error = NULL;

  if (!_g_flow_post_begin (self, mode, &error))
    {
      g_task_return_error (task, error);
      g_object_unref (task);
      return;
    }
  _g_flow_post_wait_with (self, task);
  _g_flow_post_pump (self);
}

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

  consume (self, G_FLOW_POST_MODE_RUN,
           make_task (self, cancellable, callback, user_data, g_flow_post_run));
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
  if (self->flow == NULL || !_g_flow_is_in_body (self->flow))
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

  _g_flow_wait_for_runs (wait.context);

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

  if (self->mode == G_FLOW_POST_MODE_NEXT && self->task != NULL)
    error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_PENDING,
                                 _("Somebody waits for the next request already"));
  else if (self->mode == G_FLOW_POST_MODE_NEXT && is_elsewhere (self))
    error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_PENDING,
                                 _("The post is consumed in another main context"));
  else if (self->mode != G_FLOW_POST_MODE_NEXT)
    _g_flow_post_begin (self, G_FLOW_POST_MODE_NEXT, &error);

  if (error != NULL)
    {
      g_task_return_error (task, error);
      g_object_unref (task);
      return;
    }
  _g_flow_post_wait_with (self, task);
  _g_flow_post_pump (self);
  /* There is room for more now. */
  if (self->ready.length > 0 || !self->exhausted)
    _g_flow_post_pump (self);
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
  if (self->mode != G_FLOW_POST_MODE_NONE && !self->is_private)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_PENDING,
                           _("A post can be consumed only once"));
      return NULL;
    }

  /* The same context each time: what is under way belongs to it. */
  g_autoptr(GMainContext) context = self->is_private ? g_main_context_ref (self->context)
                                                     : g_main_context_new ();
  GFlowWait wait = { context, NULL, NULL };

  g_main_context_push_thread_default (context);
  self->is_private = TRUE;
  g_flow_post_next (self, cancellable, _g_flow_wait_cb, &wait);
  _g_flow_wait_iterate (&wait);
  if (self->is_over)
    _g_flow_wait_for_runs (context);
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

  consume (self, G_FLOW_POST_MODE_COLLECT,
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

  _g_flow_wait_for_runs (wait.context);

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

  if (self->mode == G_FLOW_POST_MODE_NONE || self->is_over)
    return;

  g_autoptr(GFlowPost) held = g_object_ref (self);

  _g_flow_post_stop (held, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED,
                                                _("The post was cancelled")));
  g_cancellable_cancel (held->cancellable);
  _g_flow_post_cancel_flights (held);
  _g_flow_post_pump (held);
}
