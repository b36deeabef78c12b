/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>

#include "gflow-version.h"

G_BEGIN_DECLS

typedef struct _GFlow GFlow;
typedef struct _GFlowDocument GFlowDocument;
typedef struct _GFlowExecutor GFlowExecutor;
typedef struct _GFlowGroup GFlowGroup;
typedef struct _GFlowHistory GFlowHistory;
typedef struct _GFlowLock GFlowLock;
typedef struct _GFlowNode GFlowNode;
typedef struct _GFlowPost GFlowPost;
typedef struct _GFlowQuestion GFlowQuestion;
typedef struct _GFlowRequest GFlowRequest;
typedef struct _GFlowRun GFlowRun;
typedef struct _GFlowStep GFlowStep;
typedef struct _GFlowValues GFlowValues;

/**
 * GFlowFunc:
 * @node: the node that runs
 * @run: the run it runs in
 * @user_data: what was given with the function
 * @error: return location for the error that fails the node
 *
 * The sync body of a node.
 *
 * It is called on a worker thread, or in the owner context if
 * [property@GFlow.FlowNode:placement] says so, once in every run. It gives a
 * result with [method@GFlow.FlowRun.set_result].
 *
 * Returns: %TRUE if the node has done its work; %FALSE, with @error set, if it failed
 *
 * Since: 0.1
 */
typedef gboolean (*GFlowFunc) (GFlowNode  *node,
                               GFlowRun   *run,
                               gpointer    user_data,
                               GError    **error);

/**
 * GFlowWorkerFunc:
 * @user_data: what was given with the function
 *
 * Is called on a worker thread when it begins, and calls g_flow_work() in turn,
 * which returns when the thread is about to go: see g_flow_set_worker_func().
 *
 * Since: 0.1
 */
typedef void (*GFlowWorkerFunc) (gpointer user_data);

/**
 * GFlowCommonFunc:
 * @node: a number of the node, which no other has while it exists; 0: no function is called
 *   for the run any more
 * @run: likewise, of the run
 * @user_data: what was given with the function
 * @error: why it failed
 *
 * Is the body of many nodes: see g_flow_set_common_func(). What it is given are the addresses.
 *
 * When a run ends for which it was called, it is called once more, without a node,
 * and what it returns then is of no consequence.
 *
 * Returns: %TRUE on success; as [callback@GFlow.FlowFunc] returns
 *
 * Since: 0.1
 */
typedef gboolean (*GFlowCommonFunc) (guint64    node,
                                     guint64    run,
                                     gpointer   user_data,
                                     GError   **error);

/**
 * GFlowTaskFunc:
 * @node: the node that runs
 * @run: the run it runs in
 * @task: the task to return on, now or later, from any thread; its source object is @node
 * @user_data: what was given with the function
 * @error: return location for an error that fails the node at once
 *
 * The async body of a node.
 *
 * It is called in the owner context and completes by returning on @task: any
 * return without an error is success. Sources that it needs go to the context of
 * [method@Gio.Task.get_context], which is a private one under
 * [method@GFlow.Flow.execute_sync]. The body must keep a reference to @task for as
 * long as it works; a task that is dropped without a return fails the
 * node with %G_FLOW_ERROR_ABANDONED. The cancellable of @task is the node's
 * own. A result is given with [method@GFlow.FlowRun.set_result] before the
 * return.
 *
 * There may be any number of async bodies under way. When there are more than a thousand in a main
 * context, and they do not end soon, further ones start over some hundredths of a second.
 *
 * Since: 0.1
 */
typedef void (*GFlowTaskFunc) (GFlowNode  *node,
                               GFlowRun   *run,
                               GTask      *task,
                               gpointer    user_data,
                               GError    **error);

/**
 * GFlowItemsFunc:
 * @node: the node that is about to run
 * @run: the run it runs in
 * @user_data: what was given with the function
 * @error: return location for the error that fails the node
 *
 * Makes the list of what a map is for, see [method@GFlow.Flow.add_map]: out of the
 * results of what @node has waited for, or from elsewhere. Called in the owner context.
 *
 * Returns: (transfer full): the list; %NULL, with @error set, if the node failed
 *
 * Since: 0.1
 */
typedef GListModel *(*GFlowItemsFunc) (GFlowNode  *node,
                                       GFlowRun   *run,
                                       gpointer    user_data,
                                       GError    **error);

/**
 * GFlowPlacement:
 * @G_FLOW_PLACEMENT_WORKER: on a worker thread
 * @G_FLOW_PLACEMENT_CONTEXT: in the owner context of the run
 *
 * Where the sync body of a node is called.
 *
 * Since: 0.1
 */
typedef enum
{
  G_FLOW_PLACEMENT_WORKER,
  G_FLOW_PLACEMENT_CONTEXT,
} GFlowPlacement;

/**
 * GFlowRunWhen:
 * @G_FLOW_RUN_WHEN_ALL_SUCCEEDED: when all upstreams succeeded
 * @G_FLOW_RUN_WHEN_ALL_FINISHED: when all upstreams ended, in whatever way, also
 *   after a failure and after the run was cancelled, unless this very node was: for
 *   clean-up
 * @G_FLOW_RUN_WHEN_ANY_FAILED: when at least one upstream failed, or was skipped
 *   because something before it failed: for handlers
 *
 * What a node asks of its upstreams before it runs.
 *
 * A node is looked at when all its upstreams have ended. If they are not as it
 * asks, it is skipped. A handler that is skipped because nothing failed counts
 * as satisfied for what comes after it, unless everything before was skipped; so does
 * a branch that was not selected, see [method@GFlow.FlowRun.select].
 *
 * Since: 0.1
 */
typedef enum
{
  G_FLOW_RUN_WHEN_ALL_SUCCEEDED,
  G_FLOW_RUN_WHEN_ALL_FINISHED,
  G_FLOW_RUN_WHEN_ANY_FAILED,
} GFlowRunWhen;

/**
 * GFlowOnError:
 * @G_FLOW_ON_ERROR_SKIP_DEPENDANTS: what does not depend on the failed node goes on
 * @G_FLOW_ON_ERROR_FINISH_RUNNING: nothing new starts, what runs may finish
 * @G_FLOW_ON_ERROR_STOP: nothing new starts, what runs is cancelled
 * @G_FLOW_ON_ERROR_IGNORE: dependants run all the same
 *
 * What the failure of a node means for the rest of the run.
 *
 * Clean-up nodes and handlers ([enum@GFlow.FlowRunWhen]) run under every policy,
 * and the run ends as failed under every policy. A node that was cancelled by
 * itself is no failure: what depends on it is skipped under every policy.
 *
 * Since: 0.1
 */
typedef enum
{
  G_FLOW_ON_ERROR_SKIP_DEPENDANTS,
  G_FLOW_ON_ERROR_FINISH_RUNNING,
  G_FLOW_ON_ERROR_STOP,
  G_FLOW_ON_ERROR_IGNORE,
} GFlowOnError;

/**
 * GFlowDirection:
 * @G_FLOW_DIRECTION_LEFT_TO_RIGHT: what comes first is on the left
 * @G_FLOW_DIRECTION_TOP_TO_BOTTOM: what comes first is at the top
 * @G_FLOW_DIRECTION_RIGHT_TO_LEFT: what comes first is on the right
 * @G_FLOW_DIRECTION_BOTTOM_TO_TOP: what comes first is at the bottom
 *
 * Which way a picture of a flow goes.
 *
 * Since: 0.1
 */
typedef enum
{
  G_FLOW_DIRECTION_LEFT_TO_RIGHT,
  G_FLOW_DIRECTION_TOP_TO_BOTTOM,
  G_FLOW_DIRECTION_RIGHT_TO_LEFT,
  G_FLOW_DIRECTION_BOTTOM_TO_TOP,
} GFlowDirection;

/**
 * GFlowPolling:
 * @G_FLOW_POLLING_ANY: one instance serves the request: one that is idle
 * @G_FLOW_POLLING_ALL: every shard serves the request, each a copy of it, and what they
 *   leave is put together when all have: see [enum@GFlow.FlowReducer]
 * @G_FLOW_POLLING_ALL_ASYNC: every shard serves the request, each a copy of it; what the
 *   first leaves that succeeds goes on, and the others are cancelled
 *
 * Which instances at a node serve a request.
 *
 * Since: 0.1
 */
typedef enum
{
  G_FLOW_POLLING_ANY,
  G_FLOW_POLLING_ALL,
  G_FLOW_POLLING_ALL_ASYNC,
} GFlowPolling;

/**
 * GFlowTap:
 * @G_FLOW_TAP_NONE: it is no tap, but a part of the way
 * @G_FLOW_TAP_BESIDE: requests come back without waiting for it, as for a node that is
 *   [property@GFlow.FlowNode:detached]
 * @G_FLOW_TAP_COLLECT: requests wait for it, and what it has changed of their documents is in the
 *   response
 * @G_FLOW_TAP_OFF: it is not there: its executor is not set up, and serves nothing
 *
 * How a node that only looks on takes part: see [method@GFlow.Flow.add_tap].
 *
 * Since: 0.1
 */
typedef enum
{
  G_FLOW_TAP_NONE,
  G_FLOW_TAP_BESIDE,
  G_FLOW_TAP_COLLECT,
  G_FLOW_TAP_OFF,
} GFlowTap;

/**
 * GFlowScheduling:
 * @G_FLOW_SCHEDULING_LEAST_BUSY: the one that serves the fewest requests
 * @G_FLOW_SCHEDULING_ROUND_ROBIN: one after the other; those that serve on workers are
 *   passed over while they are busy
 *
 * Which of several instances serves a request that one of them is to serve.
 *
 * Since: 0.1
 */
typedef enum
{
  G_FLOW_SCHEDULING_LEAST_BUSY,
  G_FLOW_SCHEDULING_ROUND_ROBIN,
} GFlowScheduling;

/**
 * GFlowReducer:
 * @G_FLOW_REDUCER_MERGE: versions of one document are put together: what one part has
 *   changed is kept, field by field and tag by tag; if several have changed the same, the
 *   first part counts. Documents that only some parts have are kept
 * @G_FLOW_REDUCER_CONCATENATE: the documents of all parts, one part after the other
 * @G_FLOW_REDUCER_FIRST: the documents of the first part
 * @G_FLOW_REDUCER_NONE: no documents: what comes next finds those of each part in
 *   [method@GFlow.FlowRequest.dup_parts]
 * @G_FLOW_REDUCER_CUSTOM: what was set with [method@GFlow.FlowNode.set_reducer_func]
 *   says; cannot be set itself
 *
 * How the parts of a request are put together: what several branches have left that meet at
 * a node, in the order of its needs, and what all shards at it have left, in their order.
 *
 * Since: 0.1
 */
typedef enum
{
  G_FLOW_REDUCER_MERGE,
  G_FLOW_REDUCER_CONCATENATE,
  G_FLOW_REDUCER_FIRST,
  G_FLOW_REDUCER_NONE,
  G_FLOW_REDUCER_CUSTOM,
} GFlowReducer;

/**
 * GFlowReducerFunc:
 * @node: the node where the parts come together
 * @request: a request that has no documents yet
 * @parts: the parts, in order: a list of [class@GFlow.FlowRequest]
 * @user_data: what was given with the function
 * @error: return location for the error that fails the node
 *
 * Puts the parts of a request together: gives @request its documents. The documents of the
 * parts may be given to it, and must not be changed otherwise.
 *
 * Called on a worker thread; if the node has the placement %G_FLOW_PLACEMENT_CONTEXT, in the
 * owner context.
 *
 * Returns: %TRUE if it has; %FALSE, with @error set, if the node failed
 *
 * Since: 0.1
 */
typedef gboolean (*GFlowReducerFunc) (GFlowNode     *node,
                                      GFlowRequest  *request,
                                      GListModel    *parts,
                                      gpointer       user_data,
                                      GError       **error);

/**
 * GFlowConditionFunc:
 * @node: the node that the document would go to
 * @document: the document
 * @user_data: what was given with the function
 * @error: return location for a #GError
 *
 * Says which documents go to a node.
 *
 * Called on a worker thread; if the node has the placement %G_FLOW_PLACEMENT_CONTEXT, in the
 * owner context.
 *
 * Returns: %TRUE if the document goes there; %FALSE if it does not, or, with @error set, if
 *   the node failed
 *
 * Since: 0.1
 */
typedef gboolean (*GFlowConditionFunc) (GFlowNode      *node,
                                        GFlowDocument  *document,
                                        gpointer        user_data,
                                        GError        **error);

/**
 * GFlowNodeState:
 * @G_FLOW_NODE_STATE_WAITING: waits for its upstreams
 * @G_FLOW_NODE_STATE_READY: may start as soon as a worker or the context is free
 * @G_FLOW_NODE_STATE_LOCKED: waits for a lock
 * @G_FLOW_NODE_STATE_RUNNING: its body runs
 * @G_FLOW_NODE_STATE_DONE: ended: succeeded
 * @G_FLOW_NODE_STATE_FAILED: ended: its body failed
 * @G_FLOW_NODE_STATE_SKIPPED: ended: it was not run
 * @G_FLOW_NODE_STATE_CANCELLED: ended: it was cancelled, before or while it ran
 *
 * Where a node stands in a run.
 *
 * Since: 0.1
 */
typedef enum
{
  G_FLOW_NODE_STATE_WAITING,
  G_FLOW_NODE_STATE_READY,
  G_FLOW_NODE_STATE_LOCKED,
  G_FLOW_NODE_STATE_RUNNING,
  G_FLOW_NODE_STATE_DONE,
  G_FLOW_NODE_STATE_FAILED,
  G_FLOW_NODE_STATE_SKIPPED,
  G_FLOW_NODE_STATE_CANCELLED,
} GFlowNodeState;

/**
 * GFlowRunState:
 * @G_FLOW_RUN_STATE_NEW: not started
 * @G_FLOW_RUN_STATE_RUNNING: started, and something may still run
 * @G_FLOW_RUN_STATE_DONE: ended: every node did what it should
 * @G_FLOW_RUN_STATE_FAILED: ended: something failed, or the deadline passed
 * @G_FLOW_RUN_STATE_CANCELLED: ended: it, or a node of it, was cancelled
 *
 * Where a run stands.
 *
 * Since: 0.1
 */
typedef enum
{
  G_FLOW_RUN_STATE_NEW,
  G_FLOW_RUN_STATE_RUNNING,
  G_FLOW_RUN_STATE_DONE,
  G_FLOW_RUN_STATE_FAILED,
  G_FLOW_RUN_STATE_CANCELLED,
} GFlowRunState;

G_END_DECLS
