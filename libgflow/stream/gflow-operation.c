/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-open-private.h"

#include "graph/gflow-error.h"

#include <glib/gi18n-lib.h>

/* Opening or closing a flow: who waits for it, and for how long. */

void
_g_flow_operation_stop_source (GSource **source)
{
  if (*source != NULL)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

void
_g_flow_operation_free (GFlowOperation *operation)
{
  _g_flow_operation_stop_source (&operation->timer);
  _g_flow_operation_stop_source (&operation->cancel);
  _g_flow_operation_stop_source (&operation->limit);
  _g_flow_operation_stop_source (&operation->idle);
  _g_flow_pipeline_unref (operation->pipeline);
  g_clear_object (&operation->run);
  g_clear_object (&operation->cancellable);
  g_clear_error (&operation->error);
  g_main_context_unref (operation->context);
  /* Else by its thread. */
  operation->ended = TRUE;
  if (!operation->alone)
    g_free (operation);
}

/* Who has called has gone, and iterates the context no more: this does, until what
 * still runs has ended. */
static gpointer
iterate_alone (gpointer data)
{
  GFlowOperation *operation = data;
  g_autoptr(GMainContext) context = g_main_context_ref (operation->context);

  /* What begins here, such as to tear down, comes back here. */
  g_main_context_push_thread_default (context);
  while (!operation->ended)
    g_main_context_iteration (context, TRUE);
  g_main_context_pop_thread_default (context);
  g_free (operation);
  return NULL;
}

/* The caller goes on, and what still runs goes on by itself. */
static void
give_up (GFlowOperation *operation)
{
  g_autoptr(GTask) task = g_steal_pointer (&operation->task);
  GError *error = g_steal_pointer (&operation->error);

  if (error == NULL)
    error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
                                 _("The flow was closed, but something in it still runs"));
  _g_flow_set_door (operation->flow, G_FLOW_DOOR_CLOSED, NULL);
  _g_flow_operation_end_opening (operation, error);
  operation->flow = NULL;
  if (operation->wait != NULL)
    {
      operation->alone = TRUE;
      operation->wait->left = operation;
    }
  /* Last: the callback may iterate the context, until what still runs has ended. */
  g_task_return_error (task, error);
}

/* A blocking call returns: it has given the context free. */
void
_g_flow_operation_end_wait (GFlowWait *wait)
{
  _g_flow_wait_end (wait);
  if (wait->left != NULL)
    g_thread_unref (g_thread_new ("gflow-close", iterate_alone, wait->left));
}

static void
cancel_all (GFlowOperation *operation)
{
  operation->late = TRUE;
  _g_flow_pipeline_cancel_runs (operation->pipeline);
  g_cancellable_cancel (operation->cancellable);
}

static gboolean
timer_cb (gpointer user_data)
{
  GFlowOperation *operation = user_data;

  if (!operation->late)
    {
      cancel_all (operation);
      return G_SOURCE_CONTINUE;
    }

  g_clear_pointer (&operation->timer, g_source_unref);
  if (operation->task != NULL)
    give_up (operation);
  return G_SOURCE_REMOVE;
}

/* A run of setups is told by itself. */
static gboolean
cancel_cb (GCancellable *cancellable,
           gpointer      user_data)
{
  GFlowOperation *operation = user_data;

  if (operation->sets_up)
    _g_flow_operation_fail (operation, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED,
                                                            _("Operation was cancelled")));
  else
    cancel_all (operation);
  return G_SOURCE_REMOVE;
}

void
_g_flow_operation_watch (GFlowOperation *operation,
                         GCancellable   *cancellable)
{
  if (cancellable == NULL)
    return;

  operation->cancel = g_cancellable_source_new (cancellable);
  g_source_set_static_name (operation->cancel, "GFlow open or close");
  g_source_set_callback (operation->cancel, G_SOURCE_FUNC (cancel_cb), operation, NULL);
  g_source_attach (operation->cancel, operation->context);
}

void
_g_flow_operation_start_timer (GFlowOperation *operation)
{
  if (operation->timer != NULL || operation->timeout == 0)
    return;

  operation->timer = g_timeout_source_new (operation->timeout);
  g_source_set_static_name (operation->timer, "GFlow close timeout");
  g_source_set_callback (operation->timer, timer_cb, operation, NULL);
  g_source_attach (operation->timer, operation->context);
}

GFlowOperation *
_g_flow_operation_new (GFlow         *flow,
                       GTask         *task,
                       GFlowPipeline *pipeline,
                       GFlowWait     *wait,
                       GFlowPart     *part)
{
  GFlowOperation *operation = g_new0 (GFlowOperation, 1);

  operation->flow = flow;
  operation->task = task;
  operation->pipeline = _g_flow_pipeline_ref (pipeline);
  operation->cancellable = g_cancellable_new ();
  operation->context = g_main_context_ref_thread_default ();
  operation->timeout = part == NULL && flow != NULL ? g_flow_get_close_timeout (flow) : 0;
  operation->part = part;
  operation->wait = wait;
  return operation;
}

gboolean
_g_flow_check_door (GFlow      *self,
                    GFlowDoor   wanted,
                    GError    **error)
{
  if (self->door == wanted)
    return TRUE;

  if (self->door == G_FLOW_DOOR_OPEN)
    g_set_error_literal (error, G_FLOW_ERROR, G_FLOW_ERROR_FROZEN, _("The flow is open already"));
  else if (self->door == G_FLOW_DOOR_CLOSED)
    g_set_error_literal (error, G_FLOW_ERROR, G_FLOW_ERROR_NOT_OPEN, _("The flow is not open"));
  else
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_PENDING,
                         _("The flow is being opened or closed"));
  return FALSE;
}
