/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "../graph/gflow-types.h"

G_BEGIN_DECLS

#define G_TYPE_FLOW_RUN (g_flow_run_get_type ())

G_FLOW_AVAILABLE_IN_0_1
G_DECLARE_FINAL_TYPE (GFlowRun, g_flow_run, G, FLOW_RUN, GObject)

G_FLOW_AVAILABLE_IN_0_1
GFlowRun       *g_flow_run_new                  (GFlow                *flow) G_GNUC_WARN_UNUSED_RESULT;

G_FLOW_AVAILABLE_IN_0_1
void            g_flow_run_execute              (GFlowRun             *self,
                                                 GCancellable         *cancellable,
                                                 GAsyncReadyCallback   callback,
                                                 gpointer              user_data);
G_FLOW_AVAILABLE_IN_0_1
gboolean        g_flow_run_execute_finish       (GFlowRun             *self,
                                                 GAsyncResult         *result,
                                                 GError              **error);
G_FLOW_AVAILABLE_IN_0_1
gboolean        g_flow_run_execute_sync         (GFlowRun             *self,
                                                 GCancellable         *cancellable,
                                                 GError              **error);
G_FLOW_AVAILABLE_IN_0_1
void            g_flow_run_cancel               (GFlowRun             *self);
G_FLOW_AVAILABLE_IN_0_1
void            g_flow_run_cancel_node          (GFlowRun             *self,
                                                 GFlowNode            *node);
G_FLOW_AVAILABLE_IN_0_1
gboolean        g_flow_run_retry_node           (GFlowRun             *self,
                                                 GFlowNode            *node,
                                                 GError              **error);
G_FLOW_AVAILABLE_IN_0_1
void            g_flow_run_pause                (GFlowRun             *self);
G_FLOW_AVAILABLE_IN_0_1
void            g_flow_run_resume               (GFlowRun             *self);
G_FLOW_AVAILABLE_IN_0_1
void            g_flow_run_set_node_priority    (GFlowRun             *self,
                                                 GFlowNode            *node,
                                                 int                   priority);

/* Going on where an earlier run stood */

G_FLOW_AVAILABLE_IN_0_1
GVariant       *g_flow_run_save                 (GFlowRun             *self) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
gboolean        g_flow_run_restore              (GFlowRun             *self,
                                                 GVariant             *saved,
                                                 GError              **error);
G_FLOW_AVAILABLE_IN_0_1
GFile          *g_flow_run_get_journal          (GFlowRun             *self);
G_FLOW_AVAILABLE_IN_0_1
void            g_flow_run_set_journal          (GFlowRun             *self,
                                                 GFile                *journal);

/* Results: set from a body, read from any thread */

G_FLOW_AVAILABLE_IN_0_1
void            g_flow_run_set_result           (GFlowRun             *self,
                                                 GFlowNode            *node,
                                                 const GValue         *value);
G_FLOW_AVAILABLE_IN_0_1
void            g_flow_run_set_result_variant   (GFlowRun             *self,
                                                 GFlowNode            *node,
                                                 GVariant             *value);
G_FLOW_AVAILABLE_IN_0_1
const GValue   *g_flow_run_get_result           (GFlowRun             *self,
                                                 GFlowNode            *node);
G_FLOW_AVAILABLE_IN_0_1
GVariant       *g_flow_run_dup_result_variant   (GFlowRun             *self,
                                                 GFlowNode            *node) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
GObject        *g_flow_run_dup_result_object    (GFlowRun             *self,
                                                 GFlowNode            *node) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
GListModel     *g_flow_run_dup_result_list      (GFlowRun             *self,
                                                 GFlowNode            *node) G_GNUC_WARN_UNUSED_RESULT;

/* The nodes of the run */

G_FLOW_AVAILABLE_IN_0_1
GFlowNodeState  g_flow_run_get_node_state       (GFlowRun             *self,
                                                 GFlowNode            *node);
G_FLOW_AVAILABLE_IN_0_1
GError         *g_flow_run_get_node_error       (GFlowRun             *self,
                                                 GFlowNode            *node);
G_FLOW_AVAILABLE_IN_0_1
char           *g_flow_run_dup_node_reason      (GFlowRun             *self,
                                                 GFlowNode            *node) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
GCancellable   *g_flow_run_get_node_cancellable (GFlowRun             *self,
                                                 GFlowNode            *node);
G_FLOW_AVAILABLE_IN_0_1
void            g_flow_run_defer_node           (GFlowRun             *self,
                                                 GFlowNode            *node);
G_FLOW_AVAILABLE_IN_0_1
void            g_flow_run_complete_node        (GFlowRun             *self,
                                                 GFlowNode            *node);
G_FLOW_AVAILABLE_IN_0_1
void            g_flow_run_fail_node            (GFlowRun             *self,
                                                 GFlowNode            *node,
                                                 const GError         *error);
G_FLOW_AVAILABLE_IN_0_1
GListModel     *g_flow_run_get_errors           (GFlowRun             *self);
G_FLOW_AVAILABLE_IN_0_1
GFlowStep      *g_flow_run_get_step             (GFlowRun             *self,
                                                 GFlowNode            *node);

G_FLOW_AVAILABLE_IN_0_1
void            g_flow_run_set_node_progress    (GFlowRun             *self,
                                                 GFlowNode            *node,
                                                 double                fraction,
                                                 const char           *message);

/* Growing while it runs */

G_FLOW_AVAILABLE_IN_0_1
GFlowRun       *g_flow_run_spawn                (GFlowRun             *self,
                                                 GFlowNode            *node,
                                                 GFlow                *subflow);
G_FLOW_AVAILABLE_IN_0_1
void            g_flow_run_spawn_run            (GFlowRun             *self,
                                                 GFlowNode            *node,
                                                 GFlowRun             *subrun);

G_FLOW_AVAILABLE_IN_0_1
GFlowNode      *g_flow_run_get_parent_node      (GFlowRun             *self);
G_FLOW_AVAILABLE_IN_0_1
const GValue   *g_flow_run_get_map_item             (GFlowRun             *self,
                                                 GFlowNode            *node);

/* Branches */

G_FLOW_AVAILABLE_IN_0_1
void            g_flow_run_select               (GFlowRun             *self,
                                                 GFlowNode            *node,
                                                 GFlowNode            *downstream);

/* What was written down, if it was to be: see keep-record */

G_FLOW_AVAILABLE_IN_0_1
char           *g_flow_run_to_trace             (GFlowRun             *self) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
char           *g_flow_run_to_gantt             (GFlowRun             *self) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
char           *g_flow_run_to_summary           (GFlowRun             *self) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
GVariant       *g_flow_run_dup_report           (GFlowRun             *self) G_GNUC_WARN_UNUSED_RESULT;

/* Properties */

G_FLOW_AVAILABLE_IN_0_1
GFlow          *g_flow_run_get_flow             (GFlowRun             *self);
G_FLOW_AVAILABLE_IN_0_1
GFlowRunState   g_flow_run_get_state            (GFlowRun             *self);
G_FLOW_AVAILABLE_IN_0_1
GError         *g_flow_run_get_error            (GFlowRun             *self);
G_FLOW_AVAILABLE_IN_0_1
GCancellable   *g_flow_run_get_cancellable      (GFlowRun             *self);
G_FLOW_AVAILABLE_IN_0_1
GFlowOnError    g_flow_run_get_on_error         (GFlowRun             *self);
G_FLOW_AVAILABLE_IN_0_1
void            g_flow_run_set_on_error         (GFlowRun             *self,
                                                 GFlowOnError          on_error);
G_FLOW_AVAILABLE_IN_0_1
GVariant       *g_flow_run_get_parameters       (GFlowRun             *self);
G_FLOW_AVAILABLE_IN_0_1
void            g_flow_run_set_parameters       (GFlowRun             *self,
                                                 GVariant             *parameters);
G_FLOW_AVAILABLE_IN_0_1
GFlowRequest   *g_flow_run_get_request          (GFlowRun             *self);
G_FLOW_AVAILABLE_IN_0_1
void            g_flow_run_set_request          (GFlowRun             *self,
                                                 GFlowRequest         *request);
G_FLOW_AVAILABLE_IN_0_1
gint64          g_flow_run_get_deadline         (GFlowRun             *self);
G_FLOW_AVAILABLE_IN_0_1
void            g_flow_run_set_deadline         (GFlowRun             *self,
                                                 gint64                deadline);
G_FLOW_AVAILABLE_IN_0_1
gboolean        g_flow_run_get_keep_results     (GFlowRun             *self);
G_FLOW_AVAILABLE_IN_0_1
void            g_flow_run_set_keep_results     (GFlowRun             *self,
                                                 gboolean              keep_results);
G_FLOW_AVAILABLE_IN_0_1
gboolean        g_flow_run_get_paused           (GFlowRun             *self);
G_FLOW_AVAILABLE_IN_0_1
gboolean        g_flow_run_get_keep_record      (GFlowRun             *self);
G_FLOW_AVAILABLE_IN_0_1
void            g_flow_run_set_keep_record      (GFlowRun             *self,
                                                 gboolean              keep_record);
G_FLOW_AVAILABLE_IN_0_1
double          g_flow_run_get_fraction         (GFlowRun             *self);
G_FLOW_AVAILABLE_IN_0_1
guint           g_flow_run_get_n_done           (GFlowRun             *self);
G_FLOW_AVAILABLE_IN_0_1
guint           g_flow_run_get_n_total          (GFlowRun             *self);
G_FLOW_AVAILABLE_IN_0_1
char           *g_flow_run_dup_status           (GFlowRun             *self) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
double          g_flow_run_get_elapsed          (GFlowRun             *self);
G_FLOW_AVAILABLE_IN_0_1
double          g_flow_run_get_remaining        (GFlowRun             *self);
G_FLOW_AVAILABLE_IN_0_1
double          g_flow_run_get_rate             (GFlowRun             *self);
G_FLOW_AVAILABLE_IN_0_1
GFlowHistory   *g_flow_run_get_history          (GFlowRun             *self);
G_FLOW_AVAILABLE_IN_0_1
void            g_flow_run_set_history          (GFlowRun             *self,
                                                 GFlowHistory         *history);

G_END_DECLS
