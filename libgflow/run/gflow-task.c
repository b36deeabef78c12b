/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-owner-private.h"

#include "gflow-context-private.h"
#include "gflow-debug-private.h"
#include "gflow-scheduler-private.h"
#include "graph/gflow-error.h"

#include <glib/gi18n-lib.h>

/* Nodes that run in the owner context: sync bodies that are placed there, async
 * bodies with their GTask, and flows as nodes. */

/* If the task outlives the body the call belongs to it: the task may go after
 * everything else, and on any thread, and then the plan sees to it that the node,
 * which the task has, goes at home. */
struct _GFlowCall
{
  GFlowRun  *run;       /* (unowned): does not end before the node has */
  GFlowPlan *plan;      /* (owned) (nullable) */
  GTask     *task;      /* (owned) (nullable): until the body has returned */
  guint32    index;
  gboolean   in_body;
  gboolean   ended;
  GError    *error;     /* (owned) (nullable): while it is in run->returned */
  GFlowCall *next;
};

static void
free_call (GFlowCall *call)
{
  g_clear_pointer (&call->plan, _g_flow_plan_unref);
  g_free (call);
}

static G_DEFINE_QUARK (g-flow-call, call)

/* Ends a node in the context: one that began there, or that has ended with a sub-run. */
void
_g_flow_run_end_in_context (GFlowRun       *self,
                            guint32         index,
                            GFlowNodeState  state)
{
  GFlowLane *lane = _g_flow_run_context_lane (self);
  GFlowFrame frame = { _g_flow_frame, self, lane, FALSE };

  _g_flow_frame = &frame;
  /* Sub-runs may have it still. */
  if ((_g_flow_run_marks (self, index) & G_FLOW_MARK_GROWN) == 0)
    _g_flow_run_free_cancellable (self, index);
  if (self->passage != NULL)
    _g_flow_passage_node_ended (self, index, state);
  _g_flow_run_end_node (self, lane, index, state);
  _g_flow_frame = frame.below;
}

/* What the others do, but for what is not there to be done. */
static void
end_plain_task (GFlowRun *self,
                guint32   index)
{
  GFlowFrame frame = { _g_flow_frame, self, _g_flow_run_context_lane (self), FALSE };

  _g_flow_frame = &frame;
  _g_flow_run_free_cancellable (self, index);
  _g_flow_run_end_plain (self, index);
  _g_flow_frame = frame.below;
}

/* Ends a node whose body has returned, or does not matter any more. Takes @error. */
void
_g_flow_run_end_async (GFlowRun *self,
                       guint32   index,
                       GError   *error)
{
  _g_flow_run_end_in_context (self, index,
                              error != NULL ? _g_flow_run_fail_node (self, index, error)
                                            : _g_flow_run_end_attempt (self, index));
}

static void
end_call (GFlowCall *call,
          GError    *error)
{
  call->ended = TRUE;
  _g_flow_owner_end_body (call->run);
  if (error == NULL && _g_flow_context_is_plain (call->run, call->index))
    end_plain_task (call->run, call->index);
  else
    _g_flow_run_end_async (call->run, call->index, error);
}

/* Ends the nodes whose tasks returned before their bodies did: after its body, or in
 * a dispatch if the body iterates the context. */
void
_g_flow_run_end_returned (GFlowRun *self)
{
  while (self->returned != NULL)
    {
      GFlowCall *call = self->returned;

      self->returned = call->next;
      end_call (call, g_steal_pointer (&call->error));
    }
}

static void
end_after_body (GFlowCall *call,
                GError    *error)
{
  GFlowRun *run = call->run;

  call->error = error;
  call->next = run->returned;
  run->returned = call;
  /* The body may iterate the context until its node has ended. */
  if (!run->owner_queued)
    _g_flow_owner_post (run);
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

  g_task_propagate_boolean (G_TASK (result), &error);
  if (call->in_body)
    {
      end_after_body (call, error);
      return;
    }

  GFlowRun *run = g_object_ref (call->run);

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

  /* Referenced: once it is attached the run may end, and its context go, while g_source_unref() is
   * about to lock the context of the source. */
  GMainContext *context = g_main_context_ref (_g_flow_owner_get_context (call->run->owner));
  GSource *source = g_idle_source_new ();

  g_source_set_static_name (source, "GFlow abandoned task");
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, abandoned_cb, call, (GDestroyNotify) free_call);
  g_source_attach (source, context);
  g_source_unref (source);
  g_main_context_unref (context);
}

/* Makes the task that a node will be called with, @at_once or later. NULL if it cannot be made before
 * that. */
GFlowCall *
_g_flow_call_new (GFlowRun *run,
                  guint32   index,
                  gboolean  at_once)
{
  GFlowPlan *plan = run->plan;
  gpointer owner = plan->find_task_owner == NULL ? plan->nodes[index].node
                                                 : plan->find_task_owner (run, index, at_once);

  if (owner == NULL)
    return NULL;

  GFlowCall *call = g_new (GFlowCall, 1);
  GTask *task = g_task_new (owner, _g_flow_run_ensure_cancellable (run, index), task_returned_cb,
                            call);

  *call = (GFlowCall) {
    .run = run, .plan = _g_flow_plan_ref (plan), .task = task, .index = index,
  };
  /* Not by the macro, which would copy a name for each task. */
  (g_task_set_source_tag) (task, _g_flow_call_new);
  /* A body that has done its work has, even if it was cancelled meanwhile. */
  g_task_set_check_cancellable (task, FALSE);
  return call;
}

guint32
_g_flow_call_get_index (GFlowCall *call)
{
  return call->index;
}

/* The body has returned, or will not be called. */
static void
leave_call (GFlowCall *call)
{
  GTask *task = g_steal_pointer (&call->task);

  /* Nobody else has the task, and its callback has been called. */
  if (call->ended && _g_flow_is_unknown (G_OBJECT (task)))
    free_call (call);
  else
    g_object_set_qdata_full (G_OBJECT (task), call_quark (), call, task_gone);
  g_object_unref (task);
}

static void
call_async_body (GFlowRun *self,
                 guint32   index)
{
  const GFlowPlanNode *node = &self->plan->nodes[index];
  GFlowCall *ahead = _g_flow_run_take_ahead (self, index);
  GFlowCall *call = ahead != NULL ? ahead : _g_flow_call_new (self, index, TRUE);
  GError *error = NULL;

  _g_flow_owner_begin_body (self);
  call->in_body = TRUE;
  ((GFlowTaskFunc) node->body) (node->node, self, call->task, node->user_data, &error);
  call->in_body = FALSE;

  const gboolean at_once = call->ended || self->returned == call;

  _g_flow_run_end_returned (self);
  if (error != NULL && !call->ended)
    end_call (call, error);
  else
    g_clear_error (&error);
  _g_flow_run_learn_ahead (self, ahead != NULL, at_once);
  leave_call (call);
}

/* The node will not be called with that task. */
void
_g_flow_call_discard (GFlowCall *call)
{
  /* GTask complains of tasks that never return. What is cancelled would not call back
   * at once, and may hold up a context that nobody iterates any more. */
  call->ended = TRUE;
  if (!g_cancellable_is_cancelled (g_task_get_cancellable (call->task)))
    g_task_return_boolean (call->task, FALSE);
  leave_call (call);
}

/* The node runs a flow: it has no body, and ends as that run ends. */
static GFlowNodeState
call_subflow (GFlowRun *self,
              guint32   index)
{
  g_autoptr(GFlowRun) child =
    g_flow_run_new (_g_flow_node_subflow (self->plan->nodes[index].node));

  GError *error = NULL;

  g_flow_run_set_parameters (child, self->parameters);
  if (self->passage != NULL && !_g_flow_passage_enter (self, index, child, &error))
    return error != NULL ? _g_flow_run_fail_node (self, index, error) : G_FLOW_NODE_STATE_DONE;
  _g_flow_run_adopt (self, index, child);
  return G_FLOW_NODE_STATE_DONE;
}

static GFlowNodeState
call_map (GFlowRun *self,
          guint32   index)
{
  GError *error = NULL;

  return _g_flow_run_start_map (self, index, &error)
           ? G_FLOW_NODE_STATE_DONE : _g_flow_run_fail_node (self, index, error);
}

/* How a node goes on whose sync body has returned @succeeded. Takes @error. */
static GFlowNodeState
leave_sync_body (GFlowRun   *self,
                 guint32     index,
                 GFlowFrame *frame,
                 gboolean    succeeded,
                 GError     *error)
{
  if (frame->deferred)
    return _g_flow_run_leave_deferring (self, index, succeeded, error);
  if (!succeeded)
    return _g_flow_run_fail_node (self, index, error);
  g_clear_error (&error);
  return _g_flow_run_end_attempt (self, index);
}

static GFlowNodeState
call_sync_body (GFlowRun   *self,
                guint32     index,
                GFlowFrame *frame)
{
  const GFlowPlanNode *node = &self->plan->nodes[index];
  GError *error = NULL;

  if (node->body == NULL)
    return G_FLOW_NODE_STATE_DONE;

  frame->sync = node->node;

  const gboolean succeeded =
    ((GFlowFunc) node->body) (node->node, self, node->user_data, &error);

  return leave_sync_body (self, index, frame, succeeded, error);
}

/* RUNNING if the node ends later. */
static GFlowNodeState
call_any_body (GFlowRun   *self,
               guint32     index,
               GFlowFrame *frame)
{
  switch ((GFlowNodeKind) self->plan->nodes[index].kind)
    {
    case G_FLOW_NODE_KIND_TASK:
      call_async_body (self, index);
      return G_FLOW_NODE_STATE_RUNNING;
    case G_FLOW_NODE_KIND_FLOW:
      return call_subflow (self, index);
    case G_FLOW_NODE_KIND_MAP:
      return call_map (self, index);
    case G_FLOW_NODE_KIND_DEFERRING:
      return _g_flow_run_call_deferring (self, index, frame);
    case G_FLOW_NODE_KIND_FUNC:
    case G_FLOW_NODE_KIND_JOIN:
    default:
      return call_sync_body (self, index, frame);
    }
}

/* The node is not run, and will not be called with a task that was made ahead. */
static void
discard_ahead (GFlowRun *self,
               guint32   index)
{
  GFlowCall *ahead = _g_flow_run_take_ahead (self, index);

  if (ahead != NULL)
    _g_flow_call_discard (ahead);
}

/* The body of a node has been called in the @frame of the run, which is on top, and the node ends if
 * its @state says so. */
static void
leave_frame (GFlowRun       *self,
             GFlowFrame     *frame,
             guint32         index,
             GFlowNodeState  state)
{
  _g_flow_frame_leave_body (frame);
  frame->deferred = FALSE;
  /* The body may have seen to it that something asks for attention. */
  if (state == G_FLOW_NODE_STATE_DONE && _g_flow_context_is_unattended (self, index) &&
      _g_flow_context_has_no_cancellables (self))
    _g_flow_run_end_plain (self, index);
  else if (state != G_FLOW_NODE_STATE_RUNNING)
    _g_flow_run_end_in_context (self, index, state);
}

/* A function has returned, and something has to be looked at. Takes @error. */
void
_g_flow_run_leave_function (GFlowRun   *self,
                            GFlowFrame *frame,
                            guint32     index,
                            gboolean    succeeded,
                            GError     *error)
{
  leave_frame (self, frame, index, leave_sync_body (self, index, frame, succeeded, error));
}

/* All that the others do, but for what is not there to be done. */
static void
run_plain_deferring (GFlowRun   *self,
                     GFlowFrame *frame,
                     guint32     index)
{
  _g_flow_frame_enter_body (frame, self->plan->nodes[index].node);
  /* Relaxed: nobody decides by it but this thread. */
  atomic_store_explicit (&self->nodes[index].state, G_FLOW_NODE_STATE_RUNNING,
                         memory_order_relaxed);
  leave_frame (self, frame, index, _g_flow_run_call_deferring (self, index, frame));
}

static inline void
run_plain_task (GFlowRun *self,
                guint32   index)
{
  GFlowFrame frame = { _g_flow_frame, self, _g_flow_run_context_lane (self), TRUE };

  /* Relaxed: nobody decides by it but this thread. */
  atomic_store_explicit (&self->nodes[index].state, G_FLOW_NODE_STATE_RUNNING,
                         memory_order_relaxed);
  _g_flow_frame = &frame;
  call_async_body (self, index);
  _g_flow_frame = frame.below;
}

/* Runs a node that is not plain, or ends it if it is not to be run. */
static G_GNUC_NO_INLINE void
run_attended (GFlowRun *self,
              guint32   index)
{
  GFlowLane *lane = _g_flow_run_context_lane (self);
  GFlowNodeState state = _g_flow_run_judge_ready (self, lane, index);

  if (state == G_FLOW_NODE_STATE_WAITING)
    return;
  if (_g_flow_run_relock (self, lane, index, state))
    {
      _g_flow_run_deliver_chosen (self, lane, FALSE);
      return;
    }

  if (G_UNLIKELY (self->debug != NULL) && state == G_FLOW_NODE_STATE_RUNNING &&
      _g_flow_run_debug_delay (self, index))
    return;

  if (state == G_FLOW_NODE_STATE_RUNNING)
    {
      /* Relaxed: nobody decides by it but this thread. */
      atomic_store_explicit (&self->nodes[index].state, state, memory_order_relaxed);

      /* With the handlers of `started`: the node holds its locks already. */
      GFlowFrame frame = { _g_flow_frame, self, lane, TRUE };

      _g_flow_frame = &frame;
      if (_g_flow_run_is_recorded (self))
        _g_flow_run_record_start (self, lane, index);
      if ((_g_flow_run_marks (self, index) & G_FLOW_MARK_WATCHED) != 0)
        _g_flow_run_tell (self, lane, index, state, FALSE);
      _g_flow_run_begin_attempt (self, index);
      if (G_UNLIKELY (self->debug != NULL))
        state = _g_flow_run_debug_body (self, index);
      if (state == G_FLOW_NODE_STATE_RUNNING)
        state = call_any_body (self, index, &frame);
      else
        discard_ahead (self, index);
      _g_flow_frame = frame.below;
    }
  else
    {
      discard_ahead (self, index);
      if ((_g_flow_run_marks (self, index) & G_FLOW_MARK_POLICY) != 0)
        state = _g_flow_run_end_untried (self, index, state);
    }

  /* The others end when they have ended. */
  if (state != G_FLOW_NODE_STATE_RUNNING)
    _g_flow_run_end_in_context (self, index, state);
}

/* Runs a node that is ready, and no function that is plain. The @frame of the run is on top. */
void
_g_flow_run_run_in_context (GFlowRun   *self,
                            GFlowFrame *frame,
                            guint32     index)
{
  const gboolean plain = _g_flow_context_is_plain (self, index);
  const guint kind = self->plan->nodes[index].kind;

  if (plain && kind == G_FLOW_NODE_KIND_DEFERRING && _g_flow_context_has_no_cancellables (self))
    run_plain_deferring (self, frame, index);
  else if (plain && kind == G_FLOW_NODE_KIND_TASK && self->debug == NULL)
    run_plain_task (self, index);
  else
    run_attended (self, index);
}
