/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-open-private.h"

#include "graph/gflow-error.h"
#include "run/gflow-owner-private.h"

#include <glib/gi18n-lib.h>

/* Closing a flow: its requests come to their end, and then all its executors are torn down. */

/* Which of them have failed, and what of: the domain and the code are those of the first. */
static GError *
explain (GFlowRun     *run,
         const GError *error)
{
  g_autofree char *text = NULL;
  GString *message;
  guint32 index;

  if (run->cancelled || _g_flow_run_get_failure (run, 0) == G_FLOW_NO_NODE)
    return g_error_copy (error);

  message = g_string_new (NULL);
  for (guint i = 0; (index = _g_flow_run_get_failure (run, i)) != G_FLOW_NO_NODE; i++)
    {
      const GFlowPlanNode *node = &run->plan->nodes[index];
      const GFlowPart *part = node->user_data;
      const GError *reason = g_flow_run_get_node_error (run, node->node);

      if (message->len > 0)
        g_string_append_c (message, '\n');
      g_string_append_printf (message,
                              part->station != NULL
                                ? _("The executor “%s” could not be torn down: %s")
                                : _("The flow “%s” could not be closed: %s"),
                              part->station != NULL ? part->station->name
                                                    : g_flow_node_get_name (part->node),
                              reason->message);
    }
  text = g_string_free (message, FALSE);
  return g_error_new_literal (error->domain, error->code, text);
}

/* All executors are torn down: the flow is closed. */
static void
torn_down_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  GFlowOperation *operation = user_data;
  g_autoptr(GTask) task = g_steal_pointer (&operation->task);
  g_autoptr(GError) error = NULL;

  g_flow_run_execute_finish (G_FLOW_RUN (source), result, &error);
  _g_flow_pipeline_leave (operation->pipeline);
  if (task != NULL)
    {
      _g_flow_set_door (operation->flow, G_FLOW_DOOR_CLOSED, NULL);
      _g_flow_operation_end_opening (operation, operation->error);
      if (operation->error != NULL)
        g_task_return_error (task, g_steal_pointer (&operation->error));
      else if (error != NULL)
        g_task_return_error (task, explain (G_FLOW_RUN (source), error));
      else
        g_task_return_boolean (task, TRUE);
    }
  _g_flow_operation_free (operation);
}

/* Also if what was under way had to be cancelled: then the time begins anew. */
void
_g_flow_operation_tear_down (GFlowOperation *operation)
{
  g_autoptr(GFlow) flow = _g_flow_operation_make_teardown (operation);

  g_object_unref (operation->cancellable);
  operation->cancellable = g_cancellable_new ();
  operation->late = FALSE;
  _g_flow_operation_stop_source (&operation->timer);
  _g_flow_operation_start_timer (operation);
  _g_flow_operation_execute (operation, flow, operation->cancellable, torn_down_cb);
}

/* The flow was dropped while it was open: nothing of it runs, as a run would have it. Takes the
 * pipeline. */
void
_g_flow_pipeline_abandon (gpointer pipeline)
{
  GFlowOperation *operation = _g_flow_operation_new (NULL, NULL, pipeline, NULL, NULL);

  _g_flow_pipeline_forget_plans (pipeline);
  _g_flow_operation_tear_down (operation);
  _g_flow_pipeline_unref (pipeline);
}

static gboolean
idle_cb (gpointer user_data)
{
  GFlowOperation *operation = user_data;
  GFlowPipeline *pipeline = operation->pipeline;

  _g_flow_mutex_lock (&pipeline->mutex);
  g_assert (pipeline->runs.length == 0);
  g_clear_pointer (&pipeline->idle, g_source_unref);
  _g_flow_mutex_unlock (&pipeline->mutex);
  _g_flow_pipeline_forget_plans (pipeline);
  _g_flow_operation_tear_down (operation);
  return G_SOURCE_REMOVE;
}

static gboolean
dispatch_idle (GSource     *source,
               GSourceFunc  callback,
               gpointer     user_data)
{
  return callback (user_data);
}

static GSourceFuncs idle_funcs = { .dispatch = dispatch_idle };

/* Calls idle_cb() when no run is under way any more. None comes in since the door is closing. */
static void
wait_for_runs (GFlowOperation *operation)
{
  GFlowPipeline *pipeline = operation->pipeline;

  operation->idle = g_source_new (&idle_funcs, sizeof (GSource));
  g_source_set_static_name (operation->idle, "GFlow close");
  g_source_set_callback (operation->idle, idle_cb, operation, NULL);
  _g_flow_mutex_lock (&pipeline->mutex);
  pipeline->idle = g_source_ref (operation->idle);
  g_source_set_ready_time (operation->idle, pipeline->runs.length == 0 ? 0 : -1);
  _g_flow_mutex_unlock (&pipeline->mutex);
  g_source_attach (operation->idle, operation->context);
}

void
_g_flow_close_with (GFlow               *self,
                    GCancellable        *cancellable,
                    GFlowWait           *wait,
                    GFlowPart           *part,
                    GAsyncReadyCallback  callback,
                    gpointer             user_data)
{
  g_autoptr(GTask) task = g_task_new (self, cancellable, callback, user_data);
  GError *error = NULL;

  g_task_set_source_tag (task, g_flow_close);
  g_task_set_check_cancellable (task, FALSE);
  if (!_g_flow_check_door (self, G_FLOW_DOOR_OPEN, &error))
    {
      g_task_return_error (task, error);
      return;
    }

  GFlowOperation *operation =
    _g_flow_operation_new (self, g_steal_pointer (&task), self->pipeline, wait, part);

  _g_flow_set_door (self, G_FLOW_DOOR_CLOSING, self->pipeline);
  _g_flow_operation_watch (operation, cancellable);
  _g_flow_operation_start_timer (operation);
  _g_flow_pipeline_hurry (self->pipeline);
  wait_for_runs (operation);
}

/**
 * g_flow_close:
 * @self: a flow that is open
 * @cancellable: (nullable): cancels what runs
 * @callback: (scope async) (closure user_data): called when the flow is closed
 * @user_data: data for @callback
 *
 * Closes the flow: lets requests that are under way come to an end, and tears all executors
 * down, all at once. New requests are refused meanwhile.
 *
 * What has not ended in [property@GFlow.Flow:close-timeout] is cancelled. If it has not
 * ended in that time after that, this fails with %G_IO_ERROR_TIMED_OUT: the
 * flow is closed, but what blocks could not be stopped, and its executors cannot be
 * used again until they return.
 *
 * If a teardown fails, so does this, with its error, and the flow is closed all the same. The
 * message has a line for each that has failed, which names the executor.
 *
 * A flow that is dropped while it is open is closed by that: its executors are torn down while
 * the main context is iterated that was the thread-default one when it was made.
 *
 * Since: 0.1
 */
void
g_flow_close (GFlow               *self,
              GCancellable        *cancellable,
              GAsyncReadyCallback  callback,
              gpointer             user_data)
{
  g_return_if_fail (G_IS_FLOW (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  _g_flow_close_with (self, cancellable, NULL, NULL, callback, user_data);
}

/**
 * g_flow_close_finish:
 * @self: a flow
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Finishes what [method@GFlow.Flow.close] has begun.
 *
 * Returns: %TRUE if the flow is closed, and all executors have been torn down
 *
 * Since: 0.1
 */
gboolean
g_flow_close_finish (GFlow         *self,
                     GAsyncResult  *result,
                     GError       **error)
{
  g_return_val_if_fail (G_IS_FLOW (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * g_flow_close_sync:
 * @self: a flow that is open
 * @cancellable: (nullable): cancels what runs
 * @error: return location for an error
 *
 * Closes the flow, and blocks until it is closed: see [method@GFlow.Flow.close].
 *
 * The main context of the caller is not iterated meanwhile. Requests that belong to it come to
 * their end all the same, and what they call there is called in here; but an executor that
 * waits for another source in that context waits in vain.
 *
 * Must not be called from the body of a node of the flow, which fails with
 * %G_FLOW_ERROR_RECURSION.
 *
 * Returns: %TRUE if the flow is closed, and all executors have been torn down
 *
 * Since: 0.1
 */
gboolean
g_flow_close_sync (GFlow         *self,
                   GCancellable  *cancellable,
                   GError       **error)
{
  GFlowWait wait;

  g_return_val_if_fail (G_IS_FLOW (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (_g_flow_is_in_body (self))
    {
      g_set_error_literal (error, G_FLOW_ERROR, G_FLOW_ERROR_RECURSION,
                           _("A body of a flow cannot wait for a run of the same flow"));
      return FALSE;
    }

  g_autoptr(GMainContext) context = g_main_context_ref_thread_default ();

  _g_flow_wait_begin (&wait);

  GSource *stand_in = _g_flow_owner_stand_in (context, wait.context);

  _g_flow_close_with (self, cancellable, &wait, NULL, _g_flow_wait_cb, &wait);
  _g_flow_wait_iterate (&wait);

  if (stand_in != NULL)
    _g_flow_owner_stand_down (stand_in);

  const gboolean closed = g_flow_close_finish (self, wait.result, error);

  _g_flow_operation_end_wait (&wait);
  return closed;
}
