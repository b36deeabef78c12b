/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-document.h"

G_BEGIN_DECLS

#define G_TYPE_FLOW_SOURCE (g_flow_source_get_type ())

G_FLOW_AVAILABLE_IN_0_1
G_DECLARE_INTERFACE (GFlowSource, g_flow_source, G, FLOW_SOURCE, GObject)

/**
 * GFlowSourceInterface:
 * @parent_iface: the parent interface
 * @fill: adds documents, now or later
 * @fill_sync: adds documents, and blocks meanwhile
 *
 * What a source implements: one of the two functions, or both.
 *
 * Without @fill, the async functions call @fill_sync, in the thread of the caller:
 * that is right for a source that does not block. Without @fill_sync, the sync
 * functions iterate a private context until @fill has done its work.
 *
 * Since: 0.1
 */
struct _GFlowSourceInterface
{
  GTypeInterface parent_iface;

  /**
   * GFlowSourceInterface::fill:
   * @self: a source
   * @n_documents: how many are wanted, at least 1; %G_MAXUINT for all
   * @documents: where to add them
   * @task: the task to return on, now or later, from any thread
   * @error: return location for an error that ends the source at once
   *
   * Adds up to @n_documents documents, at least one unless there are no more, and
   * returns on @task: any return without an error is success.
   *
   * It is called in the context of the caller. As long as it has not returned on
   * @task it is not called again; nor after it has added none, or has failed, unless
   * it was cancelled. What was added before a failure is not lost.
   *
   * Since: 0.1
   */
  void     (*fill)      (GFlowSource   *self,
                         guint          n_documents,
                         GListStore    *documents,
                         GTask         *task,
                         GError       **error);

  /**
   * GFlowSourceInterface::fill_sync:
   * @self: a source
   * @n_documents: how many are wanted, at least 1; %G_MAXUINT for all
   * @documents: where to add them
   * @cancellable: (nullable): asks to stop
   * @error: return location for an error that ends the source
   *
   * As `fill`, but blocks until it has done its work.
   *
   * Returns: %TRUE if it has not failed
   *
   * Since: 0.1
   */
  gboolean (*fill_sync) (GFlowSource   *self,
                         guint          n_documents,
                         GListStore    *documents,
                         GCancellable  *cancellable,
                         GError       **error);
};

/**
 * GFlowSourceFunc:
 * @source: the source
 * @n_documents: how many are wanted, at least 1; %G_MAXUINT for all
 * @documents: where to add them
 * @user_data: what was given with the function
 * @error: return location for an error that ends the source
 *
 * Adds up to @n_documents documents, at least one unless there are no more. It is
 * called in the context, and should not block.
 *
 * Returns: %TRUE if it has not failed
 *
 * Since: 0.1
 */
typedef gboolean (*GFlowSourceFunc) (GFlowSource  *source,
                                     guint         n_documents,
                                     GListStore   *documents,
                                     gpointer      user_data,
                                     GError      **error);

/**
 * GFlowSourceTaskFunc:
 * @source: the source
 * @n_documents: how many are wanted, at least 1; %G_MAXUINT for all
 * @documents: where to add them
 * @task: the task to return on, now or later, from any thread
 * @user_data: what was given with the function
 * @error: return location for an error that ends the source at once
 *
 * Adds up to @n_documents documents, at least one unless there are no more, and
 * returns on @task: any return without an error is success. It is called in the
 * context. A task that is dropped without a return ends the source with
 * %G_FLOW_ERROR_ABANDONED.
 *
 * Since: 0.1
 */
typedef void (*GFlowSourceTaskFunc) (GFlowSource  *source,
                                     guint         n_documents,
                                     GListStore   *documents,
                                     GTask        *task,
                                     gpointer      user_data,
                                     GError      **error);

G_FLOW_AVAILABLE_IN_0_1
void         g_flow_source_next              (GFlowSource          *self,
                                              guint                 n_documents,
                                              GCancellable         *cancellable,
                                              GAsyncReadyCallback   callback,
                                              gpointer              user_data);
G_FLOW_AVAILABLE_IN_0_1
GListModel  *g_flow_source_next_finish       (GFlowSource          *self,
                                              GAsyncResult         *result,
                                              GError              **error) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
GListModel  *g_flow_source_next_sync         (GFlowSource          *self,
                                              guint                 n_documents,
                                              GCancellable         *cancellable,
                                              GError              **error) G_GNUC_WARN_UNUSED_RESULT;

/* Sources of what is there, and of functions */

G_FLOW_AVAILABLE_IN_0_1
GFlowSource *g_flow_source_new_for_model     (GListModel           *documents) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
GFlowSource *g_flow_source_new_for_texts     (const char * const   *texts) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
GFlowSource *g_flow_source_new_for_variant   (GVariant             *array) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
GFlowSource *g_flow_source_new_for_func      (GFlowSourceFunc       func,
                                              gpointer              user_data,
                                              GDestroyNotify        destroy) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
GFlowSource *g_flow_source_new_for_task_func (GFlowSourceTaskFunc   func,
                                              gpointer              user_data,
                                              GDestroyNotify        destroy) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
