/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-types.h"

G_BEGIN_DECLS

#define G_TYPE_FLOW (g_flow_get_type ())

G_FLOW_AVAILABLE_IN_0_1
G_DECLARE_FINAL_TYPE (GFlow, g_flow, G, FLOW, GObject)

G_FLOW_AVAILABLE_IN_0_1
GFlow        *g_flow_new               (void) G_GNUC_WARN_UNUSED_RESULT;

/* Building the plan */

G_FLOW_AVAILABLE_IN_0_1
GFlowNode    *g_flow_add               (GFlow               *self,
                                        const char          *name,
                                        GFlowFunc            func,
                                        gpointer             user_data,
                                        GDestroyNotify       destroy,
                                        GError             **error);
G_FLOW_AVAILABLE_IN_0_1
GFlowNode    *g_flow_add_task          (GFlow               *self,
                                        const char          *name,
                                        GFlowTaskFunc        func,
                                        gpointer             user_data,
                                        GDestroyNotify       destroy,
                                        GError             **error);
G_FLOW_AVAILABLE_IN_0_1
GFlowNode    *g_flow_add_flow          (GFlow               *self,
                                        const char          *name,
                                        GFlow               *subflow,
                                        GError             **error);
G_FLOW_AVAILABLE_IN_0_1
GFlowNode    *g_flow_add_executor      (GFlow               *self,
                                        const char          *name,
                                        GFlowExecutor       *executor,
                                        const char * const  *needs,
                                        GError             **error);
G_FLOW_AVAILABLE_IN_0_1
GFlowNode    *g_flow_add_tap           (GFlow               *self,
                                        const char          *name,
                                        GFlowNode           *node,
                                        GFlowExecutor       *executor,
                                        GFlowTap             tap,
                                        GError             **error);
G_FLOW_AVAILABLE_IN_0_1
GFlowNode    *g_flow_add_map           (GFlow               *self,
                                        const char          *name,
                                        GFlowNode           *each,
                                        guint                max_parallel,
                                        GError             **error);
G_FLOW_AVAILABLE_IN_0_1
GFlowNode    *g_flow_add_join          (GFlow               *self,
                                        const char          *name,
                                        const char * const  *needs,
                                        GError             **error);
G_FLOW_AVAILABLE_IN_0_1
GFlowNode    *g_flow_add_join_all      (GFlow               *self,
                                        const char          *name,
                                        GError             **error);
G_FLOW_AVAILABLE_IN_0_1
gboolean      g_flow_add_node          (GFlow               *self,
                                        GFlowNode           *node,
                                        GError             **error);
G_FLOW_AVAILABLE_IN_0_1
gboolean      g_flow_add_group         (GFlow               *self,
                                        GFlowGroup          *group,
                                        GError             **error);
G_FLOW_AVAILABLE_IN_0_1
gboolean      g_flow_remove_node       (GFlow               *self,
                                        GFlowNode           *node,
                                        GError             **error);

/* Looking at the plan */

G_FLOW_AVAILABLE_IN_0_1
GFlowNode    *g_flow_lookup            (GFlow               *self,
                                        const char          *name);
G_FLOW_AVAILABLE_IN_0_1
gboolean      g_flow_name_is_valid     (const char          *name);
G_FLOW_AVAILABLE_IN_0_1
GListModel   *g_flow_get_orphans       (GFlow               *self);
G_FLOW_AVAILABLE_IN_0_1
GFlow        *g_flow_copy              (GFlow               *self) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
gboolean      g_flow_equal             (GFlow               *self,
                                        GFlow               *other);
G_FLOW_AVAILABLE_IN_0_1
gboolean      g_flow_validate          (GFlow               *self,
                                        GError             **error);
G_FLOW_AVAILABLE_IN_0_1
char         *g_flow_to_dot            (GFlow               *self,
                                        GFlowRun            *run) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
char         *g_flow_to_mermaid        (GFlow               *self,
                                        GFlowRun            *run) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
void          g_flow_plot              (GFlow               *self,
                                        GFile               *file,
                                        GFlowRun            *run,
                                        GCancellable        *cancellable,
                                        GAsyncReadyCallback  callback,
                                        gpointer             user_data);
G_FLOW_AVAILABLE_IN_0_1
gboolean      g_flow_plot_finish       (GFlow               *self,
                                        GAsyncResult        *result,
                                        GError             **error);
G_FLOW_AVAILABLE_IN_0_1
gboolean      g_flow_plot_sync         (GFlow               *self,
                                        GFile               *file,
                                        GFlowRun            *run,
                                        GCancellable        *cancellable,
                                        GError             **error);

/* Running it */

G_FLOW_AVAILABLE_IN_0_1
void          g_flow_execute           (GFlow               *self,
                                        GCancellable        *cancellable,
                                        GAsyncReadyCallback  callback,
                                        gpointer             user_data);
G_FLOW_AVAILABLE_IN_0_1
GFlowRun     *g_flow_execute_finish    (GFlow               *self,
                                        GAsyncResult        *result,
                                        GError             **error) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
GFlowRun     *g_flow_execute_sync      (GFlow               *self,
                                        GCancellable        *cancellable,
                                        GError             **error) G_GNUC_WARN_UNUSED_RESULT;

/* Serving requests: flows with executors */

G_FLOW_AVAILABLE_IN_0_1
void          g_flow_open              (GFlow               *self,
                                        GCancellable        *cancellable,
                                        GAsyncReadyCallback  callback,
                                        gpointer             user_data);
G_FLOW_AVAILABLE_IN_0_1
gboolean      g_flow_open_finish       (GFlow               *self,
                                        GAsyncResult        *result,
                                        GError             **error);
G_FLOW_AVAILABLE_IN_0_1
gboolean      g_flow_open_sync         (GFlow               *self,
                                        GCancellable        *cancellable,
                                        GError             **error);
G_FLOW_AVAILABLE_IN_0_1
void          g_flow_close             (GFlow               *self,
                                        GCancellable        *cancellable,
                                        GAsyncReadyCallback  callback,
                                        gpointer             user_data);
G_FLOW_AVAILABLE_IN_0_1
gboolean      g_flow_close_finish      (GFlow               *self,
                                        GAsyncResult        *result,
                                        GError             **error);
G_FLOW_AVAILABLE_IN_0_1
gboolean      g_flow_close_sync        (GFlow               *self,
                                        GCancellable        *cancellable,
                                        GError             **error);
G_FLOW_AVAILABLE_IN_0_1
void          g_flow_block             (GFlow               *self,
                                        GCancellable        *cancellable);
G_FLOW_AVAILABLE_IN_0_1
GFlowPost    *g_flow_post              (GFlow               *self,
                                        const char          *endpoint) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
GFlowPost    *g_flow_index             (GFlow               *self) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
GFlowPost    *g_flow_search            (GFlow               *self) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
GFlowPost    *g_flow_update            (GFlow               *self) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
GFlowPost    *g_flow_delete            (GFlow               *self) G_GNUC_WARN_UNUSED_RESULT;

/* For language bindings: functions that are bodies, and worker threads */

G_FLOW_AVAILABLE_IN_0_1
void          g_flow_set_common_func   (GFlowCommonFunc      func,
                                        gpointer             user_data,
                                        GDestroyNotify       destroy);
G_FLOW_AVAILABLE_IN_0_1
void          g_flow_get_common_call   (GFlowNode          **node,
                                        GFlowRun           **run);

G_FLOW_AVAILABLE_IN_0_1
void          g_flow_set_worker_func   (GFlowWorkerFunc      func,
                                        gpointer             user_data,
                                        GDestroyNotify       destroy);
G_FLOW_AVAILABLE_IN_0_1
void          g_flow_work              (void);

/* Properties */

G_FLOW_AVAILABLE_IN_0_1
const char   *g_flow_get_name          (GFlow               *self);
G_FLOW_AVAILABLE_IN_0_1
void          g_flow_set_name          (GFlow               *self,
                                        const char          *name);
G_FLOW_AVAILABLE_IN_0_1
guint         g_flow_get_max_threads   (GFlow               *self);
G_FLOW_AVAILABLE_IN_0_1
void          g_flow_set_max_threads   (GFlow               *self,
                                        guint                max_threads);
G_FLOW_AVAILABLE_IN_0_1
guint         g_flow_get_max_parallel  (GFlow               *self);
G_FLOW_AVAILABLE_IN_0_1
void          g_flow_set_max_parallel  (GFlow               *self,
                                        guint                max_parallel);
G_FLOW_AVAILABLE_IN_0_1
GFlowOnError  g_flow_get_on_error      (GFlow               *self);
G_FLOW_AVAILABLE_IN_0_1
void          g_flow_set_on_error      (GFlow               *self,
                                        GFlowOnError         on_error);
G_FLOW_AVAILABLE_IN_0_1
gboolean      g_flow_get_is_open          (GFlow               *self);
G_FLOW_AVAILABLE_IN_0_1
guint         g_flow_get_open_timeout  (GFlow               *self);
G_FLOW_AVAILABLE_IN_0_1
void          g_flow_set_open_timeout  (GFlow               *self,
                                        guint                open_timeout);
G_FLOW_AVAILABLE_IN_0_1
guint         g_flow_get_close_timeout (GFlow               *self);
G_FLOW_AVAILABLE_IN_0_1
void          g_flow_set_close_timeout (GFlow               *self,
                                        guint                close_timeout);
G_FLOW_AVAILABLE_IN_0_1
GFlowNode    *g_flow_get_insertion_point (GFlow             *self);
G_FLOW_AVAILABLE_IN_0_1
void          g_flow_set_insertion_point (GFlow             *self,
                                        GFlowNode           *node);
G_FLOW_AVAILABLE_IN_0_1
GFlowHistory *g_flow_get_history       (GFlow               *self);
G_FLOW_AVAILABLE_IN_0_1
void          g_flow_set_history       (GFlow               *self,
                                        GFlowHistory        *history);
G_FLOW_AVAILABLE_IN_0_1
GFlowDirection g_flow_get_direction    (GFlow               *self);
G_FLOW_AVAILABLE_IN_0_1
void          g_flow_set_direction     (GFlow               *self,
                                        GFlowDirection       direction);
G_FLOW_AVAILABLE_IN_0_1
gboolean      g_flow_get_unique_names  (GFlow               *self);
G_FLOW_AVAILABLE_IN_0_1
void          g_flow_set_unique_names  (GFlow               *self,
                                        gboolean             unique_names);

G_END_DECLS
