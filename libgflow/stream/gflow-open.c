/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-open-private.h"

#include "graph/gflow-error.h"

#include <glib/gi18n-lib.h>

/* Opening a flow: all its executors are set up. */

static GError *
explain_part (GFlowPart    *part,
              const GError *error)
{
  return g_error_new (G_FLOW_ERROR, G_FLOW_ERROR_START_FAILED,
                      part->station != NULL ? _("The executor “%s” could not be started: %s")
                                            : _("The flow “%s” could not be opened: %s"),
                      part->station != NULL ? part->station->name
                                            : g_flow_node_get_name (part->node),
                      error->message);
}

/* Which of them has failed first, and what of. */
static GError *
explain (GFlowRun     *run,
         const GError *error)
{
  const guint32 index = _g_flow_run_get_failure (run, 0);

  if (run->cancelled || index == G_FLOW_NO_NODE)
    return g_error_copy (error);

  return explain_part (run->plan->nodes[index].user_data, error);
}

static void
note_set_up (GFlowPipeline *pipeline,
             GFlowRun      *run)
{
  for (guint i = 0; run->plan != NULL && i < run->plan->n_nodes; i++)
    if (_g_flow_run_node_state (run, i) == G_FLOW_NODE_STATE_DONE)
      {
        GFlowPart *part = run->plan->nodes[i].user_data;

        if (part->station != NULL)
          part->station->is_set_up[part->instance] = TRUE;
        else if (part->opens)
          g_ptr_array_add (pipeline->inside, g_object_ref (part->node));
      }
}

static void
set_up_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  GFlowOperation *operation = user_data;
  GFlowRun *run = G_FLOW_RUN (source);
  g_autoptr(GError) error = NULL;

  operation->sets_up = FALSE;
  _g_flow_operation_stop_source (&operation->limit);
  note_set_up (operation->pipeline, run);
  /* Not if the caller has been told that it does not open, or will be. */
  if (g_flow_run_execute_finish (run, result, &error) && operation->error == NULL &&
      operation->task != NULL)
    {
      g_autoptr(GTask) task = g_steal_pointer (&operation->task);

      _g_flow_set_door (operation->flow, G_FLOW_DOOR_OPEN, operation->pipeline);
      _g_flow_operation_end_opening (operation, NULL);
      g_task_return_boolean (task, TRUE);
      _g_flow_operation_free (operation);
      return;
    }
  if (operation->error == NULL && error != NULL)
    operation->error = explain (run, error);
  _g_flow_operation_tear_down (operation);
}

/* The others are told to stop; if they do not, the caller is told without them. Takes @error. */
void
_g_flow_operation_fail (GFlowOperation *operation,
                        GError         *error)
{
  if (operation->error != NULL)
    {
      g_error_free (error);
      return;
    }

  operation->error = error;
  operation->late = TRUE;
  _g_flow_operation_start_timer (operation);
  if (operation->part != NULL && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    _g_flow_operation_fail (operation->part->operation, explain_part (operation->part, error));
}

static void
failed_cb (GFlowNode *node,
           GFlowRun  *run,
           GError    *error,
           gpointer   user_data)
{
  _g_flow_operation_fail (user_data, explain (run, error));
}

/* The names of those that are not set up yet. */
static char *
list_missing (GFlowRun *run)
{
  GString *names = g_string_new (NULL);

  for (guint i = 0; run->plan != NULL && i < run->plan->n_nodes; i++)
    if (_g_flow_run_node_state (run, i) != G_FLOW_NODE_STATE_DONE)
      {
        GFlowPart *part = run->plan->nodes[i].user_data;

        g_string_append_printf (names, "%s“%s”", names->len > 0 ? ", " : "",
                                part->station != NULL ? part->station->name
                                                      : g_flow_node_get_name (part->node));
      }
  return g_string_free (names, FALSE);
}

static gboolean
limit_cb (gpointer user_data)
{
  GFlowOperation *operation = user_data;
  g_autofree char *names = list_missing (operation->run);

  _g_flow_operation_fail (operation,
                          g_error_new (G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
                                       _("The flow was not open in time: it waited for %s"),
                                       names));
  g_flow_run_cancel (operation->run);
  return G_SOURCE_REMOVE;
}

/* That of the flow around counts. */
static void
start_limit (GFlowOperation *operation)
{
  const guint limit = g_flow_get_open_timeout (operation->flow);

  if (operation->part != NULL || limit == 0)
    return;

  operation->limit = g_timeout_source_new (limit);
  g_source_set_static_name (operation->limit, "GFlow open timeout");
  g_source_set_callback (operation->limit, limit_cb, operation, NULL);
  g_source_attach (operation->limit, operation->context);
}

static void
begin_setup (GFlowOperation *operation,
             GCancellable   *cancellable)
{
  g_autoptr(GFlow) flow = _g_flow_operation_make_setup (operation);
  const guint n = g_list_model_get_n_items (G_LIST_MODEL (flow));

  operation->sets_up = TRUE;
  operation->pipeline->opening = operation;
  _g_flow_operation_watch (operation, cancellable);
  start_limit (operation);
  for (guint i = 0; i < n; i++)
    {
      g_autoptr(GFlowNode) node = g_list_model_get_item (G_LIST_MODEL (flow), i);

      g_signal_connect (node, "error", G_CALLBACK (failed_cb), operation);
    }
  _g_flow_operation_execute (operation, flow, cancellable, set_up_cb);
}

/* What is found good must not be edited any more, in whatever thread: so the flow is opening first. */
static GFlowPipeline *
make_pipeline (GFlow   *flow,
               GError **error)
{
  GFlowPipeline *pipeline = NULL;

  _g_flow_set_door (flow, G_FLOW_DOOR_OPENING, NULL);

  g_autoptr(GFlowPlan) plan = _g_flow_ref_valid_plan (flow, NULL, error);

  if (plan != NULL)
    pipeline = _g_flow_pipeline_new (flow, error);
  _g_flow_set_door (flow, pipeline != NULL ? G_FLOW_DOOR_OPENING : G_FLOW_DOOR_CLOSED, pipeline);
  return pipeline;
}

void
_g_flow_open_with (GFlow               *self,
                   GCancellable        *cancellable,
                   GFlowWait           *wait,
                   GFlowPart           *part,
                   GAsyncReadyCallback  callback,
                   gpointer             user_data)
{
  g_autoptr(GTask) task = g_task_new (self, cancellable, callback, user_data);
  GFlowPipeline *pipeline = NULL;
  GError *error = NULL;

  g_task_set_source_tag (task, g_flow_open);
  g_task_set_check_cancellable (task, FALSE);
  if (_g_flow_check_door (self, G_FLOW_DOOR_CLOSED, &error))
    pipeline = make_pipeline (self, &error);
  if (pipeline == NULL)
    {
      g_task_return_error (task, error);
      return;
    }

  begin_setup (_g_flow_operation_new (self, g_steal_pointer (&task), pipeline, wait, part),
               cancellable);
}

/**
 * g_flow_open:
 * @self: a flow that is not open
 * @cancellable: (nullable): cancels the operation
 * @callback: (scope async) (closure user_data): called when the flow is open
 * @user_data: data for @callback
 *
 * Opens the flow: makes the instances of all executors, and sets them up, all at once. Then
 * requests may be posted. Until the flow is closed it cannot be edited. Flows with
 * executors that are nodes of it are opened with it, and closed with it, unless they are open already,
 * or are being opened: then this waits for them.
 *
 * If an executor cannot be started, this fails with %G_FLOW_ERROR_START_FAILED; those that
 * were started are torn down before @callback is called. If they do not end
 * in [property@GFlow.Flow:close-timeout], it is called without waiting any longer. So it is
 * if the operation is cancelled, and if the flow is not open in
 * [property@GFlow.Flow:open-timeout], which is %G_IO_ERROR_TIMED_OUT.
 *
 * Since: 0.1
 */
void
g_flow_open (GFlow               *self,
             GCancellable        *cancellable,
             GAsyncReadyCallback  callback,
             gpointer             user_data)
{
  g_return_if_fail (G_IS_FLOW (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  _g_flow_open_with (self, cancellable, NULL, NULL, callback, user_data);
}

/**
 * g_flow_open_finish:
 * @self: a flow
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Finishes what [method@GFlow.Flow.open] has begun.
 *
 * Returns: %TRUE if the flow is open
 *
 * Since: 0.1
 */
gboolean
g_flow_open_finish (GFlow         *self,
                    GAsyncResult  *result,
                    GError       **error)
{
  g_return_val_if_fail (G_IS_FLOW (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * g_flow_open_sync:
 * @self: a flow that is not open
 * @cancellable: (nullable): cancels the operation
 * @error: return location for an error
 *
 * Opens the flow, and blocks until it is open: see [method@GFlow.Flow.open].
 *
 * Returns: %TRUE if the flow is open
 *
 * Since: 0.1
 */
gboolean
g_flow_open_sync (GFlow         *self,
                  GCancellable  *cancellable,
                  GError       **error)
{
  GFlowWait wait;

  g_return_val_if_fail (G_IS_FLOW (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  _g_flow_wait_begin (&wait);
  _g_flow_open_with (self, cancellable, &wait, NULL, _g_flow_wait_cb, &wait);
  _g_flow_wait_iterate (&wait);

  const gboolean opened = g_flow_open_finish (self, wait.result, error);

  _g_flow_operation_end_wait (&wait);
  return opened;
}
