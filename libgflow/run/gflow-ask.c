/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-owner-private.h"
#include "gflow-question-private.h"

#include <glib/gi18n-lib.h>

/* Questions of nodes to the application. */

typedef struct
{
  GFlowRun      *run;      /* (owned) */
  GFlowQuestion *question; /* (owned) */
} Asking;

static void
free_asking (gpointer data)
{
  Asking *asking = data;

  g_object_unref (asking->question);
  g_object_unref (asking->run);
  g_free (asking);
}

static gboolean
ask_cb (gpointer user_data)
{
  Asking *asking = user_data;

  if (!_g_flow_run_emit_ask (asking->run, asking->question))
    _g_flow_question_default (asking->question);
  return G_SOURCE_REMOVE;
}

/* The handlers of the signal are called in the owner context, after this. A run that has
 * none has no handlers either. */
static void
ask_later (GFlowRun      *self,
           GFlowQuestion *question)
{
  if (self->owner == NULL)
    {
      _g_flow_question_default (question);
      return;
    }

  Asking *asking = g_new (Asking, 1);
  g_autoptr(GSource) source = g_idle_source_new ();

  *asking = (Asking) { g_object_ref (self), g_object_ref (question) };
  g_source_set_static_name (source, "GFlow question");
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, ask_cb, asking, free_asking);
  g_source_attach (source, _g_flow_owner_get_context (self->owner));
}

/**
 * g_flow_run_ask_question:
 * @self: a run
 * @node: a node whose body runs
 * @question: the question; who is asked is given a copy of it
 * @callback: (scope async) (closure user_data): called when it has ended
 * @user_data: data for @callback
 *
 * Asks the application something on behalf of a node, by [signal@GFlow.FlowRun::ask].
 * While it waits nothing else does but what waits for the node.
 *
 * If nobody is connected, or takes the question, the answer is its default; if it has none
 * this fails with %G_IO_ERROR_NOT_SUPPORTED, so that a flow never hangs where there
 * is nobody to ask. It fails with %G_IO_ERROR_CANCELLED when the node is told to stop.
 *
 * For async bodies. The source object that @callback is given is @node, as the
 * question does not keep the run.
 *
 * Since: 0.1
 */
void
g_flow_run_ask_question (GFlowRun            *self,
                GFlowNode           *node,
                GFlowQuestion       *question,
                GAsyncReadyCallback  callback,
                gpointer             user_data)
{
  guint index;

  g_return_if_fail (G_IS_FLOW_RUN (self));
  g_return_if_fail (G_IS_FLOW_NODE (node));
  g_return_if_fail (G_IS_FLOW_QUESTION (question));
  g_return_if_fail (_g_flow_run_has_state (self) && _g_flow_plan_find (self->plan, node, &index));
  g_return_if_fail (_g_flow_run_node_state (self, index) == G_FLOW_NODE_STATE_RUNNING);

  /* Who asks may keep its question: of this one only those who are asked have references. */
  g_autoptr(GFlowQuestion) asked =
    g_flow_question_new (g_flow_question_get_text (question),
                         g_flow_question_get_choices (question),
                         g_flow_question_get_default_answer (question));
  GTask *task = g_task_new (node, _g_flow_run_node_cancellable (self, index), callback, user_data);

  g_task_set_source_tag (task, g_flow_run_ask_question);
  g_task_set_check_cancellable (task, FALSE);
  _g_flow_question_begin (asked, self, index, task);
  ask_later (self, asked);
}

/**
 * g_flow_run_ask_question_finish:
 * @self: a run
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Finishes what [method@GFlow.FlowRun.ask_question] has begun.
 *
 * Returns: (transfer full): the answer
 *
 * Since: 0.1
 */
GVariant *
g_flow_run_ask_question_finish (GFlowRun      *self,
                       GAsyncResult  *result,
                       GError       **error)
{
  g_return_val_if_fail (G_IS_FLOW_RUN (self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, g_flow_run_ask_question), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

static gboolean
is_running (GFlowRun  *self,
            GFlowNode *node)
{
  guint index;

  return _g_flow_run_has_state (self) && _g_flow_plan_find (self->plan, node, &index) &&
         _g_flow_run_node_state (self, index) == G_FLOW_NODE_STATE_RUNNING;
}

/* The caller of a blocking function may be the thread that the body is on: then nobody
 * else iterates the owner context. */
static GMainContext *
ref_context_to_wait_in (GFlowRun *self)
{
  for (GFlowFrame *frame = _g_flow_frame; frame != NULL; frame = frame->below)
    if (frame->run == self && frame->caller && self->owner != NULL)
      return g_main_context_ref (_g_flow_owner_get_context (self->owner));
  return g_main_context_new ();
}

static void
answered_cb (GObject      *object,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_set_object ((GAsyncResult **) user_data, result);
}

/**
 * g_flow_run_ask_question_sync:
 * @self: a run
 * @node: a node whose body runs
 * @question: the question; who is asked is given a copy of it
 * @error: return location for an error
 *
 * Asks as [method@GFlow.FlowRun.ask_question] does, blocking the calling thread: for sync bodies
 * on workers.
 *
 * If that takes more than 5 ms another thread has its place among those that
 * [property@GFlow.Flow:max-threads] allows the flow, so that however many nodes ask at the same
 * time, others run. When it is answered it goes on at once: until its body ends there is one
 * thread more. This holds for up to 1,024 questions at the same time, in the process; those
 * beyond that keep their places.
 *
 * In the owner context, which is where the answer comes from, it fails with
 * %G_IO_ERROR_WOULD_BLOCK.
 *
 * Returns: (transfer full): the answer
 *
 * Since: 0.1
 */
GVariant *
g_flow_run_ask_question_sync (GFlowRun       *self,
                              GFlowNode      *node,
                              GFlowQuestion  *question,
                              GError        **error)
{
  g_return_val_if_fail (G_IS_FLOW_RUN (self), NULL);
  g_return_val_if_fail (G_IS_FLOW_NODE (node), NULL);
  g_return_val_if_fail (G_IS_FLOW_QUESTION (question), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);
  g_return_val_if_fail (is_running (self, node), NULL);

  if (self->owner != NULL && g_main_context_is_owner (_g_flow_owner_get_context (self->owner)))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK,
                           _("A body in the context cannot block it to wait for an answer"));
      return NULL;
    }

  g_autoptr(GMainContext) context = ref_context_to_wait_in (self);
  g_autoptr(GAsyncResult) result = NULL;

  GSource *lend = _g_flow_lend_later (context);

  g_main_context_push_thread_default (context);
  g_flow_run_ask_question (self, node, question, answered_cb, &result);
  while (result == NULL)
    g_main_context_iteration (context, TRUE);
  g_main_context_pop_thread_default (context);
  if (lend != NULL)
    {
      g_source_destroy (lend);
      g_source_unref (lend);
    }
  return g_flow_run_ask_question_finish (self, result, error);
}
