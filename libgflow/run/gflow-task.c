/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-owner-private.h"

#include "gflow-scheduler-private.h"
#include "graph/gflow-error.h"

#include <glib/gi18n-lib.h>

/* Nodes that run in the owner context: sync bodies that are placed there, async
 * bodies with their GTask, and flows as nodes. */

/* One call of an async body. If the task outlives the body the call belongs to it:
 * the task may go after everything else, and on any thread, and then the plan sees
 * to it that the node, which the task has, goes at home. */
typedef struct
{
  GFlowRun  *run;   /* (unowned): does not end before the node has */
  GFlowPlan *plan;  /* (owned) (nullable) */
  guint32    index;
  gboolean   ended;
} GFlowCall;

static void
free_call (GFlowCall *call)
{
  g_clear_pointer (&call->plan, _g_flow_plan_unref);
  g_free (call);
}

static G_DEFINE_QUARK (g-flow-call, call)

/* Ends a node that began in the context, in the context. */
static void
end_in_context (GFlowRun       *self,
                guint32         index,
                GFlowNodeState  state)
{
  GFlowLane *lane = _g_flow_run_context_lane (self);
  GFlowFrame frame = { _g_flow_frame, self, lane, FALSE };

  _g_flow_frame = &frame;
  _g_flow_run_free_cancellable (self, index);
  _g_flow_run_end_node (self, lane, index, state);
  _g_flow_frame = frame.below;
}

static void
end_call (GFlowCall *call,
          GError    *error)
{
  GFlowRun *run = call->run;

  call->ended = TRUE;
  end_in_context (run, call->index,
                  error != NULL ? _g_flow_run_fail_node (run, call->index, error)
                                : G_FLOW_NODE_STATE_DONE);
}

/* The body has returned on its task, in whatever way: only an error counts. */
static void
task_returned_cb (GObject      *object,
                  GAsyncResult *result,
                  gpointer      user_data)
{
  GFlowCall *call = user_data;
  GError *error = NULL;

  if (call->ended)
    return;

  GFlowRun *run = g_object_ref (call->run);

  g_task_propagate_boolean (G_TASK (result), &error);
  end_call (call, error);
  _g_flow_owner_run_now (run);
  g_object_unref (run);
}

static gboolean
abandoned_cb (gpointer user_data)
{
  GFlowCall *call = user_data;
  GFlowRun *run = g_object_ref (call->run);
  GFlowNode *node = run->plan->nodes[call->index].node;

  end_call (call, g_error_new (G_FLOW_ERROR, G_FLOW_ERROR_ABANDONED,
                               _("The node “%s” dropped its task without returning on it"),
                               g_flow_node_get_name (node)));
  _g_flow_owner_run_now (run);
  g_object_unref (run);
  return G_SOURCE_REMOVE;
}

/* The task is gone, on any thread. If the body never returned on it, the node
 * fails: from a source, as a finaliser is no place to call anything from. */
static void
task_gone (gpointer data)
{
  GFlowCall *call = data;

  if (call->ended)
    {
      free_call (call);
      return;
    }

  g_autoptr(GSource) source = g_idle_source_new ();

  g_source_set_static_name (source, "GFlow abandoned task");
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, abandoned_cb, call, (GDestroyNotify) free_call);
  g_source_attach (source, _g_flow_owner_get_context (call->run->owner));
}

/* The node ends when the task returns. The caller sees to it that task_gone() is called
 * when it goes. */
static GTask *
new_task (GFlowRun   *self,
          guint32     index,
          GFlowCall **call_out)
{
  GFlowCall *call = g_new (GFlowCall, 1);
  GTask *task = g_task_new (self->plan->nodes[index].node,
                            _g_flow_run_ensure_cancellable (self, index),
                            task_returned_cb, call);

  *call = (GFlowCall) { self, _g_flow_plan_ref (self->plan), index, FALSE };
  /* Not by the macro, which would copy a name for each task. */
  (g_task_set_source_tag) (task, new_task);
  /* A body that has done its work has, even if it was cancelled meanwhile. */
  g_task_set_check_cancellable (task, FALSE);
  *call_out = call;
  return task;
}

static void
call_async_body (GFlowRun *self,
                 guint32   index)
{
  const GFlowPlanNode *node = &self->plan->nodes[index];
  GFlowCall *call;
  GTask *task = new_task (self, index, &call);
  GError *error = NULL;

  ((GFlowTaskFunc) node->body) (node->node, self, task, node->user_data, &error);
  if (error != NULL && !call->ended)
    end_call (call, error);
  else
    g_clear_error (&error);
  g_object_set_qdata_full (G_OBJECT (task), call_quark (), call, task_gone);
  g_object_unref (task);
}

static void
subflow_ended (GFlowRun     *child,
               const GError *error,
               gpointer      user_data)
{
  GFlowCall *call = user_data;
  GFlowRun *run = g_object_ref (call->run);

  end_call (call, error != NULL ? g_error_copy (error) : NULL);
  _g_flow_owner_run_now (run);
  free_call (call);
  g_object_unref (run);
  g_object_unref (child);
}

/* The node runs a flow: it ends as that run ends. */
static void
call_subflow (GFlowRun *self,
              guint32   index)
{
  GFlow *subflow = _g_flow_node_subflow (self->plan->nodes[index].node);
  GFlowCall *call = g_new0 (GFlowCall, 1);
  GFlowRun *child = g_flow_run_new (subflow);
  GError *error = NULL;

  call->run = self;
  call->index = index;
  child->parent = self;
  g_flow_run_set_parameters (child, self->parameters);
  if (!_g_flow_run_begin (child, _g_flow_owner_get_context (self->owner), NULL,
                          _g_flow_run_ensure_cancellable (self, index),
                          subflow_ended, call, &error))
    {
      end_call (call, error);
      free_call (call);
      g_object_unref (child);
    }
}

/* The body has asked for a task, which ends the node, and has itself returned. */
static GFlowNodeState
leave_deferring_body (GTask    *task,
                      gboolean  succeeded,
                      GError   *error)
{
  GFlowCall *call = g_object_get_qdata (G_OBJECT (task), call_quark ());
  GFlowNodeState state = G_FLOW_NODE_STATE_RUNNING;

  /* The task may have returned, if the body has iterated the context. */
  if (succeeded || call->ended)
    {
      g_clear_error (&error);
    }
  else
    {
      call->ended = TRUE;
      state = _g_flow_run_fail_node (call->run, call->index, error);
    }
  g_object_unref (task);
  return state;
}

static GFlowNodeState
call_sync_body (GFlowRun   *self,
                guint32     index,
                GFlowFrame *frame)
{
  const GFlowPlanNode *node = &self->plan->nodes[index];
  GError *error = NULL;
  gboolean succeeded;

  if (node->body == NULL)
    return G_FLOW_NODE_STATE_DONE;

  frame->sync = node->node;
  succeeded = ((GFlowFunc) node->body) (node->node, self, node->user_data, &error);
  if (frame->task != NULL)
    return leave_deferring_body (g_steal_pointer (&frame->task), succeeded, error);
  if (!succeeded)
    return _g_flow_run_fail_node (self, index, error);
  g_clear_error (&error);
  return G_FLOW_NODE_STATE_DONE;
}

/**
 * g_flow_run_defer_node:
 * @self: a run
 * @node: the node whose sync body is calling
 *
 * Makes an async body of a sync body that is running: the node does not end when
 * the body has returned, but when the task has, as described for
 * [callback@GFlow.FlowTaskFunc]. For bodies that find out on the way whether they
 * have to wait, like those of language bindings: a task costs more than all else
 * that a node in the context does.
 *
 * To be called from the body itself, of a node that is placed in the context. If
 * the body then fails, the node fails at once. A second call returns the same task.
 *
 * Returns: (transfer full): the task
 *
 * Since: 0.1
 */
GTask *
g_flow_run_defer_node (GFlowRun  *self,
                       GFlowNode *node)
{
  GFlowFrame *frame = _g_flow_frame;
  GFlowCall *call;
  guint index;

  g_return_val_if_fail (G_IS_FLOW_RUN (self), NULL);
  g_return_val_if_fail (G_IS_FLOW_NODE (node), NULL);

  while (frame != NULL && (frame->run != self || frame->sync != node))
    frame = frame->below;
  g_return_val_if_fail (frame != NULL, NULL);

  if (frame->task == NULL && _g_flow_plan_find (self->plan, node, &index))
    {
      frame->task = new_task (self, index, &call);
      g_object_set_qdata_full (G_OBJECT (frame->task), call_quark (), call, task_gone);
    }
  return g_object_ref (frame->task);
}

/* Runs a node that is ready, or ends it if it is not to be run. The frame of the
 * run is on top. */
void
_g_flow_run_run_in_context (GFlowRun *self,
                            guint32   index)
{
  GFlowNodeState state = _g_flow_run_judge (self, index);

  if (state == G_FLOW_NODE_STATE_RUNNING)
    {
      /* Relaxed: nobody decides by it but this thread. */
      atomic_store_explicit (&self->nodes[index].state, state, memory_order_relaxed);

      /* With the handlers of `started`: the node holds its locks already. */
      GFlowFrame frame = { _g_flow_frame, self, _g_flow_run_context_lane (self), TRUE };

      _g_flow_frame = &frame;
      if ((_g_flow_run_marks (self, index) & G_FLOW_MARK_WATCHED) != 0)
        _g_flow_run_tell (self, frame.lane, index, state, FALSE);
      switch ((GFlowNodeKind) self->plan->nodes[index].kind)
        {
        case G_FLOW_NODE_KIND_TASK:
          call_async_body (self, index);
          break;
        case G_FLOW_NODE_KIND_FLOW:
          call_subflow (self, index);
          break;
        case G_FLOW_NODE_KIND_FUNC:
        case G_FLOW_NODE_KIND_JOIN:
        default:
          state = call_sync_body (self, index, &frame);
        }
      _g_flow_frame = frame.below;
    }

  /* The others end when they have ended. */
  if (state != G_FLOW_NODE_STATE_RUNNING)
    end_in_context (self, index, state);
}
