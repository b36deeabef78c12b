/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "../graph/gflow-types.h"

G_BEGIN_DECLS

#define G_TYPE_FLOW_EXECUTOR (g_flow_executor_get_type ())

G_FLOW_AVAILABLE_IN_0_1
G_DECLARE_DERIVABLE_TYPE (GFlowExecutor, g_flow_executor, G, FLOW_EXECUTOR, GObject)

/**
 * GFlowExecutorFunc:
 * @self: the executor
 * @request: the request to serve
 * @cancellable: (nullable): cancelled when the request is, and when it is no longer wanted
 * @user_data: what was given with the function
 * @error: return location for the error that fails the request
 *
 * Serves requests, on a worker thread: changes the documents, replaces them, or sets a
 * result. One instance of an executor serves one request at a time.
 *
 * Returns: %TRUE if the request was served; %FALSE, with @error set, if that failed
 *
 * Since: 0.1
 */
typedef gboolean (*GFlowExecutorFunc) (GFlowExecutor  *self,
                                       GFlowRequest   *request,
                                       GCancellable   *cancellable,
                                       gpointer        user_data,
                                       GError        **error);

/**
 * GFlowExecutorTaskFunc:
 * @self: the executor
 * @request: the request to serve
 * @task: the task to return on, now or later, from any thread; its source object is @self
 * @user_data: what was given with the function
 * @error: return location for an error that fails the request at once
 *
 * Serves requests, in the owner context of their run: as a [callback@GFlow.FlowTaskFunc]
 * does. One instance may serve many requests at a time.
 *
 * Since: 0.1
 */
typedef void (*GFlowExecutorTaskFunc) (GFlowExecutor  *self,
                                       GFlowRequest   *request,
                                       GTask          *task,
                                       gpointer        user_data,
                                       GError        **error);

/**
 * GFlowExecutorFactoryFunc:
 * @self: the executor that is added to a flow
 * @user_data: what was given with the function
 * @error: return location for an error
 *
 * Makes another instance of an executor: see [method@GFlow.FlowExecutor.set_factory].
 *
 * Returns: (transfer full): a new instance; %NULL, with @error set, if there can be none
 *
 * Since: 0.1
 */
typedef GFlowExecutor *(*GFlowExecutorFactoryFunc) (GFlowExecutor  *self,
                                                    gpointer        user_data,
                                                    GError        **error);

/**
 * GFlowExecutorClass:
 * @parent_class: the parent class
 * @process: serves a request that nothing is bound for, on a worker thread
 * @start: the same in the owner context, by a task: it comes before @process
 * @setup: called on a worker thread when the flow opens
 * @start_setup: the same in the context of who opens the flow: it comes before @setup
 * @teardown: called on a worker thread when the flow closes, if the setup succeeded
 * @start_teardown: the same in the context of who closes the flow: it comes before
 *   @teardown
 *
 * The class of executors. All functions may be left out.
 *
 * Since: 0.1
 */
struct _GFlowExecutorClass
{
  GObjectClass parent_class;

  /*< public >*/

  /**
   * GFlowExecutorClass::process:
   * @self: an executor
   * @request: the request to serve
   * @cancellable: (nullable): asks to stop
   * @error: return location for an error
   *
   * Serves a request that nothing is bound for, on a worker thread.
   *
   * Returns: %TRUE if it has not failed
   *
   * Since: 0.1
   */
  gboolean (*process) (GFlowExecutor  *self,
                       GFlowRequest   *request,
                       GCancellable   *cancellable,
                       GError        **error);

  /**
   * GFlowExecutorClass::start:
   * @self: an executor
   * @request: the request to serve
   * @task: the task to return on, now or later, from any thread; its source object is @self
   * @error: return location for an error
   *
   * Serves a request that nothing is bound for, in the owner context of its run.
   *
   * Since: 0.1
   */
  void     (*start) (GFlowExecutor  *self,
                     GFlowRequest   *request,
                     GTask          *task,
                     GError        **error);

  /**
   * GFlowExecutorClass::setup:
   * @self: an executor
   * @cancellable: (nullable): asks to stop
   * @error: return location for an error
   *
   * Is called on a worker thread when the flow opens.
   *
   * Returns: %TRUE if it has not failed
   *
   * Since: 0.1
   */
  gboolean (*setup) (GFlowExecutor  *self,
                     GCancellable   *cancellable,
                     GError        **error);

  /**
   * GFlowExecutorClass::start_setup:
   * @self: an executor
   * @task: the task to return on, now or later, from any thread; its source object is @self
   * @error: return location for an error
   *
   * Is called when the flow opens, in the context of who opens it.
   *
   * Since: 0.1
   */
  void     (*start_setup) (GFlowExecutor  *self,
                           GTask          *task,
                           GError        **error);

  /**
   * GFlowExecutorClass::teardown:
   * @self: an executor
   * @cancellable: (nullable): asks to stop
   * @error: return location for an error
   *
   * Is called on a worker thread when the flow closes.
   *
   * Returns: %TRUE if it has not failed
   *
   * Since: 0.1
   */
  gboolean (*teardown) (GFlowExecutor  *self,
                        GCancellable   *cancellable,
                        GError        **error);

  /**
   * GFlowExecutorClass::start_teardown:
   * @self: an executor
   * @task: the task to return on, now or later, from any thread; its source object is @self
   * @error: return location for an error
   *
   * Is called when the flow closes, in the context of who closes it.
   *
   * Since: 0.1
   */
  void     (*start_teardown) (GFlowExecutor  *self,
                              GTask          *task,
                              GError        **error);

  /*< private >*/
  gpointer padding[8];
};

G_FLOW_AVAILABLE_IN_0_1
GFlowExecutor *g_flow_executor_new_from_type     (GType                      type,
                                                  GVariant                  *with,
                                                  GError                   **error) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
GFlowExecutor *g_flow_executor_new_from_name     (const char                *type_name,
                                                  GVariant                  *with,
                                                  GError                   **error) G_GNUC_WARN_UNUSED_RESULT;

/* What serves which requests */

G_FLOW_AVAILABLE_IN_0_1
void           g_flow_executor_bind              (GFlowExecutor             *self,
                                                  const char                *endpoint,
                                                  GFlowExecutorFunc          func,
                                                  gpointer                   user_data,
                                                  GDestroyNotify             destroy);
G_FLOW_AVAILABLE_IN_0_1
void           g_flow_executor_bind_task         (GFlowExecutor             *self,
                                                  const char                *endpoint,
                                                  GFlowExecutorTaskFunc      func,
                                                  gpointer                   user_data,
                                                  GDestroyNotify             destroy);
G_FLOW_AVAILABLE_IN_0_1
gboolean       g_flow_executor_redirect          (GFlowExecutor             *self,
                                                  const char                *endpoint,
                                                  const char                *bound,
                                                  GError                   **error);

/* Several requests at once */

G_FLOW_AVAILABLE_IN_0_1
void           g_flow_executor_set_batching      (GFlowExecutor             *self,
                                                  const char                *endpoint,
                                                  guint                      preferred_size,
                                                  guint                      timeout);
G_FLOW_AVAILABLE_IN_0_1
guint          g_flow_executor_get_batch_size    (GFlowExecutor             *self,
                                                  const char                *endpoint);
G_FLOW_AVAILABLE_IN_0_1
guint          g_flow_executor_get_batch_timeout (GFlowExecutor             *self,
                                                  const char                *endpoint);

/* More instances */

G_FLOW_AVAILABLE_IN_0_1
void           g_flow_executor_set_factory       (GFlowExecutor             *self,
                                                  GFlowExecutorFactoryFunc   func,
                                                  gpointer                   user_data,
                                                  GDestroyNotify             destroy);
G_FLOW_AVAILABLE_IN_0_1
GFlowExecutor *g_flow_executor_make_instance     (GFlowExecutor             *self,
                                                  GError                   **error) G_GNUC_WARN_UNUSED_RESULT;

/* Properties */

G_FLOW_AVAILABLE_IN_0_1
const char    *g_flow_executor_get_name          (GFlowExecutor             *self);
G_FLOW_AVAILABLE_IN_0_1
void           g_flow_executor_set_name          (GFlowExecutor             *self,
                                                  const char                *name);
G_FLOW_AVAILABLE_IN_0_1
const char    *g_flow_executor_get_description   (GFlowExecutor             *self);
G_FLOW_AVAILABLE_IN_0_1
void           g_flow_executor_set_description   (GFlowExecutor             *self,
                                                  const char                *description);
G_FLOW_AVAILABLE_IN_0_1
GFile         *g_flow_executor_get_workspace     (GFlowExecutor             *self);
G_FLOW_AVAILABLE_IN_0_1
void           g_flow_executor_set_workspace     (GFlowExecutor             *self,
                                                  GFile                     *workspace);
G_FLOW_AVAILABLE_IN_0_1
GFile         *g_flow_executor_make_workspace    (GFlowExecutor             *self,
                                                  GCancellable              *cancellable,
                                                  GError                   **error) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
guint          g_flow_executor_get_index         (GFlowExecutor             *self);
G_FLOW_AVAILABLE_IN_0_1
guint          g_flow_executor_get_shard         (GFlowExecutor             *self);

G_END_DECLS
