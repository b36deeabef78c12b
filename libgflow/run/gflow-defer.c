/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-owner-private.h"

#include "gflow-scheduler-private.h"

/* Sync bodies in the context whose work goes on after they have returned, until somebody
 * completes their node: those that say so on the way, and those of nodes that can defer,
 * which say so by what they return. Nothing is made for it but a mark. */

/* A deferred node that was completed where it could not be ended. */
struct _GFlowCompletion
{
  GFlowCompletion *next;
  guint32          index;
  GError          *error; /* (owned) (nullable) */
};

/* The frame of the body of @node, if this is called from it. */
static GFlowFrame *
find_frame (GFlowRun  *self,
            GFlowNode *node)
{
  GFlowFrame *frame = _g_flow_frame;

  while (frame != NULL && (frame->run != self || frame->sync != node))
    frame = frame->below;
  return frame;
}

/* A node can be completed once. Relaxed: what was done before that goes with the
 * completion. */
static gboolean
claim (GFlowRun *self,
       guint32   index)
{
  const guint16 marks = atomic_fetch_and_explicit (&self->nodes[index].marks,
                                                   (guint16) ~G_FLOW_MARK_DEFERRED,
                                                   memory_order_relaxed);

  return (marks & G_FLOW_MARK_DEFERRED) != 0;
}

static void
push (GFlowRun *self,
      gpointer  data)
{
  GFlowCompletion *completion = data;

  /* Release: pairs with the exchange in _g_flow_run_end_completed(). */
  while (!atomic_compare_exchange_weak_explicit (&self->completed, &completion->next, completion,
                                                 memory_order_release, memory_order_relaxed))
    ;
}

/* To be ended after its body, or in a dispatch. */
static void
end_later (GFlowRun     *self,
           guint32       index,
           const GError *error)
{
  GFlowCompletion *completion = g_new (GFlowCompletion, 1);

  *completion = (GFlowCompletion) {
    .next = atomic_load_explicit (&self->completed, memory_order_relaxed),
    .index = index,
    .error = error != NULL ? g_error_copy (error) : NULL,
  };
  _g_flow_scheduler_post_completion (self, push, completion);
}

/* Ends the nodes that were completed elsewhere, the first first. In the context. */
void
_g_flow_run_end_completed (GFlowRun *self)
{
  GFlowCompletion *last, *first = NULL;

  if (atomic_load_explicit (&self->completed, memory_order_relaxed) == NULL)
    return;

  last = atomic_exchange_explicit (&self->completed, NULL, memory_order_acquire);
  while (last != NULL)
    {
      GFlowCompletion *before = last->next;

      last->next = first;
      first = last;
      last = before;
    }
  while (first != NULL)
    {
      GFlowCompletion *completion = first;

      first = completion->next;
      _g_flow_run_end_async (self, completion->index, completion->error);
      g_free (completion);
    }
}

/* Calls a body that may leave work behind. The node is deferred from the start, as it may be
 * completed before the body has returned, in any thread; but it is not told to stop before
 * there is something to be stopped. */
GFlowNodeState
_g_flow_run_call_deferring (GFlowRun   *self,
                            guint32     index,
                            GFlowFrame *frame)
{
  const GFlowPlanNode *node = &self->plan->nodes[index];
  GError *error = NULL;

  frame->sync = node->node;
  self->defers = TRUE;
  _g_flow_run_mark (self, index, G_FLOW_MARK_DEFERRED | G_FLOW_MARK_STOPPED);

  const gboolean succeeded =
    ((GFlowFunc) node->body) (node->node, self, node->user_data, &error);

  if (frame->deferred)
    return _g_flow_run_leave_deferring (self, index, succeeded, error);

  _g_flow_run_unmark (self, index, G_FLOW_MARK_STOPPED);
  if ((succeeded || error != NULL) && claim (self, index))
    {
      if (!succeeded)
        return _g_flow_run_fail_node (self, index, error);
      g_clear_error (&error);
      return _g_flow_run_end_attempt (self, index);
    }
  return _g_flow_run_leave_deferring (self, index, TRUE, error);
}

/* The body of a deferred node has returned. Takes @error. */
GFlowNodeState
_g_flow_run_leave_deferring (GFlowRun *self,
                             guint32   index,
                             gboolean  succeeded,
                             GError   *error)
{
  if (!succeeded && claim (self, index))
    return _g_flow_run_fail_node (self, index, error);

  g_clear_error (&error);
  _g_flow_run_end_completed (self);
  _g_flow_run_stop_deferred (self, index);
  return G_FLOW_NODE_STATE_RUNNING;
}

/* Tells that the node is to stop, if it is. */
void
_g_flow_run_stop_deferred (GFlowRun *self,
                           guint32   index)
{
  if ((_g_flow_run_marks (self, index) & (G_FLOW_MARK_DEFERRED | G_FLOW_MARK_STOPPED)) ==
        G_FLOW_MARK_DEFERRED &&
      _g_flow_run_is_told_to_stop (self, index))
    {
      _g_flow_run_mark (self, index, G_FLOW_MARK_STOPPED);
      _g_flow_run_emit_stop_node (self, index);
    }
}

/**
 * g_flow_run_defer_node:
 * @self: a run
 * @node: the node whose sync body is calling
 *
 * Makes an async body of a sync body that is running: the node does not end when
 * the body has returned, but when [method@GFlow.FlowRun.complete_node] or
 * [method@GFlow.FlowRun.fail_node] is called.
 * For bodies that find out on the way whether they have to wait: this costs next to nothing, while the task of an async body
 * costs more than all else that a node in the context does. Bodies of nodes that
 * [property@GFlow.FlowNode:can-defer] say it by what they return, and need not call.
 *
 * To be called from the body itself, of a node that is placed in the context. If
 * the body then fails, the node fails at once. A node that is never completed holds
 * up its run for ever. When it is to stop, [signal@GFlow.FlowRun::stop-node] is
 * emitted, and its cancellable is cancelled.
 *
 * Since: 0.1
 */
void
g_flow_run_defer_node (GFlowRun  *self,
                       GFlowNode *node)
{
  GFlowFrame *frame;
  guint index;

  g_return_if_fail (G_IS_FLOW_RUN (self));
  g_return_if_fail (G_IS_FLOW_NODE (node));

  frame = find_frame (self, node);
  g_return_if_fail (frame != NULL && _g_flow_plan_find (self->plan, node, &index));

  if (frame->deferred)
    return;
  frame->deferred = TRUE;
  self->defers = TRUE;
  _g_flow_run_unmark (self, index, G_FLOW_MARK_STOPPED);
  _g_flow_run_mark (self, index, G_FLOW_MARK_DEFERRED);
}

/* Ends a node that was deferred and has not been completed. */
static void
complete (GFlowRun     *self,
          GFlowNode    *node,
          const GError *error)
{
  GMainContext *context;
  guint index;

  g_return_if_fail (_g_flow_run_has_state (self) && _g_flow_plan_find (self->plan, node, &index));

  if (!claim (self, index))
    return;

  context = find_frame (self, node) == NULL ? _g_flow_owner_enter (self) : NULL;
  if (context == NULL)
    {
      end_later (self, index, error);
      return;
    }

  g_object_ref (self);
  _g_flow_run_end_async (self, index, error != NULL ? g_error_copy (error) : NULL);
  _g_flow_owner_run_now (self);
  _g_flow_owner_leave (context);
  g_object_unref (self);
}

/**
 * g_flow_run_complete_node:
 * @self: a run
 * @node: a node that was deferred
 *
 * Ends a node that [method@GFlow.FlowRun.defer_node] has deferred, or that
 * [property@GFlow.FlowNode:can-defer], and that has succeeded. Its result is to be set
 * before that.
 *
 * May be called from any thread. In the thread of the owner context the node ends
 * at once, and bodies that have waited for it may be called from here, as by a
 * task that returns; in its own body it ends when that has returned.
 *
 * No effect on a node that was completed before, or whose body has failed.
 *
 * Since: 0.1
 */
void
g_flow_run_complete_node (GFlowRun  *self,
                          GFlowNode *node)
{
  g_return_if_fail (G_IS_FLOW_RUN (self));
  g_return_if_fail (G_IS_FLOW_NODE (node));

  complete (self, node, NULL);
}

/**
 * g_flow_run_fail_node:
 * @self: a run
 * @node: a node that was deferred
 * @error: why it has failed
 *
 * Ends a node that [method@GFlow.FlowRun.defer_node] has deferred, or that
 * [property@GFlow.FlowNode:can-defer], and that has failed; with %G_IO_ERROR_CANCELLED it was cancelled. For the rest as
 * [method@GFlow.FlowRun.complete_node].
 *
 * Since: 0.1
 */
void
g_flow_run_fail_node (GFlowRun     *self,
                      GFlowNode    *node,
                      const GError *error)
{
  g_return_if_fail (G_IS_FLOW_RUN (self));
  g_return_if_fail (G_IS_FLOW_NODE (node));
  g_return_if_fail (error != NULL);

  complete (self, node, error);
}
