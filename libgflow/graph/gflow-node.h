/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-types.h"

G_BEGIN_DECLS

#define G_TYPE_FLOW_NODE (g_flow_node_get_type ())

G_FLOW_AVAILABLE_IN_0_1
G_DECLARE_FINAL_TYPE (GFlowNode, g_flow_node, G, FLOW_NODE, GObject)

G_FLOW_AVAILABLE_IN_0_1
GFlowNode      *g_flow_node_new                  (const char      *name,
                                                  GFlowFunc        func,
                                                  gpointer         user_data,
                                                  GDestroyNotify   destroy) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
GFlowNode      *g_flow_node_new_for_task         (const char      *name,
                                                  GFlowTaskFunc    func,
                                                  gpointer         user_data,
                                                  GDestroyNotify   destroy) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
GFlowNode      *g_flow_node_new_common           (const char      *name,
                                                  guint64         *number) G_GNUC_WARN_UNUSED_RESULT;

/* What it depends on */

G_FLOW_AVAILABLE_IN_0_1
void            g_flow_node_add_upstream         (GFlowNode       *self,
                                                  GFlowNode       *upstream);
G_FLOW_AVAILABLE_IN_0_1
void            g_flow_node_add_upstream_by_name (GFlowNode       *self,
                                                  const char      *name);
G_FLOW_AVAILABLE_IN_0_1
void            g_flow_node_set_upstreams        (GFlowNode       *self,
                                                  GFlowNode      **nodes,
                                                  gsize            n);
G_FLOW_AVAILABLE_IN_0_1
void            g_flow_node_after                (GFlowNode       *self,
                                                  GFlowNode       *first_upstream,
                                                  ...) G_GNUC_NULL_TERMINATED;
G_FLOW_AVAILABLE_IN_0_1
void            g_flow_node_add_lock             (GFlowNode       *self,
                                                  GFlowLock       *lock);
G_FLOW_AVAILABLE_IN_0_1
GListModel     *g_flow_node_get_upstreams        (GFlowNode       *self);
G_FLOW_AVAILABLE_IN_0_1
GListModel     *g_flow_node_get_downstreams      (GFlowNode       *self);
G_FLOW_AVAILABLE_IN_0_1
GListModel     *g_flow_node_get_locks            (GFlowNode       *self);

/* Maps: what they are for */

G_FLOW_AVAILABLE_IN_0_1
void            g_flow_node_set_items            (GFlowNode       *self,
                                                  GListModel      *items);
G_FLOW_AVAILABLE_IN_0_1
void            g_flow_node_set_items_variant    (GFlowNode       *self,
                                                  GVariant        *items);
G_FLOW_AVAILABLE_IN_0_1
void            g_flow_node_set_items_func       (GFlowNode       *self,
                                                  GFlowItemsFunc   func,
                                                  gpointer         user_data,
                                                  GDestroyNotify   destroy);

/* Properties */

G_FLOW_AVAILABLE_IN_0_1
const char     *g_flow_node_get_name             (GFlowNode       *self);
G_FLOW_AVAILABLE_IN_0_1
void            g_flow_node_set_name             (GFlowNode       *self,
                                                  const char      *name);
G_FLOW_AVAILABLE_IN_0_1
const char     *g_flow_node_get_title            (GFlowNode       *self);
G_FLOW_AVAILABLE_IN_0_1
void            g_flow_node_set_title            (GFlowNode       *self,
                                                  const char      *title);
G_FLOW_AVAILABLE_IN_0_1
GFlow          *g_flow_node_get_flow             (GFlowNode       *self);
G_FLOW_AVAILABLE_IN_0_1
GFlow          *g_flow_node_get_subflow          (GFlowNode       *self);
G_FLOW_AVAILABLE_IN_0_1
GFlowExecutor  *g_flow_node_get_executor         (GFlowNode       *self);
G_FLOW_AVAILABLE_IN_0_1
GFlowPlacement  g_flow_node_get_placement        (GFlowNode       *self);
G_FLOW_AVAILABLE_IN_0_1
void            g_flow_node_set_placement        (GFlowNode       *self,
                                                  GFlowPlacement   placement);
G_FLOW_AVAILABLE_IN_0_1
int             g_flow_node_get_priority         (GFlowNode       *self);
G_FLOW_AVAILABLE_IN_0_1
void            g_flow_node_set_priority         (GFlowNode       *self,
                                                  int              priority);
G_FLOW_AVAILABLE_IN_0_1
guint           g_flow_node_get_weight           (GFlowNode       *self);
G_FLOW_AVAILABLE_IN_0_1
void            g_flow_node_set_weight           (GFlowNode       *self,
                                                  guint            weight);
G_FLOW_AVAILABLE_IN_0_1
GFlowRunWhen    g_flow_node_get_run_when         (GFlowNode       *self);
G_FLOW_AVAILABLE_IN_0_1
void            g_flow_node_set_run_when         (GFlowNode       *self,
                                                  GFlowRunWhen     run_when);
G_FLOW_AVAILABLE_IN_0_1
gboolean        g_flow_node_get_can_defer        (GFlowNode       *self);
G_FLOW_AVAILABLE_IN_0_1
void            g_flow_node_set_can_defer        (GFlowNode       *self,
                                                  gboolean         can_defer);

/* How long its body may take, and how often it is tried */

G_FLOW_AVAILABLE_IN_0_1
guint           g_flow_node_get_timeout          (GFlowNode       *self);
G_FLOW_AVAILABLE_IN_0_1
void            g_flow_node_set_timeout          (GFlowNode       *self,
                                                  guint            timeout);
G_FLOW_AVAILABLE_IN_0_1
guint           g_flow_node_get_max_retries      (GFlowNode       *self);
G_FLOW_AVAILABLE_IN_0_1
void            g_flow_node_set_max_retries      (GFlowNode       *self,
                                                  guint            max_retries);
G_FLOW_AVAILABLE_IN_0_1
guint           g_flow_node_get_retry_delay      (GFlowNode       *self);
G_FLOW_AVAILABLE_IN_0_1
void            g_flow_node_set_retry_delay      (GFlowNode       *self,
                                                  guint            retry_delay);
G_FLOW_AVAILABLE_IN_0_1
double          g_flow_node_get_retry_factor     (GFlowNode       *self);
G_FLOW_AVAILABLE_IN_0_1
void            g_flow_node_set_retry_factor     (GFlowNode       *self,
                                                  double           retry_factor);
G_FLOW_AVAILABLE_IN_0_1
double          g_flow_node_get_retry_jitter     (GFlowNode       *self);
G_FLOW_AVAILABLE_IN_0_1
void            g_flow_node_set_retry_jitter     (GFlowNode       *self,
                                                  double           retry_jitter);

/* How it serves requests, if it has an executor */

G_FLOW_AVAILABLE_IN_0_1
guint           g_flow_node_get_parallel         (GFlowNode       *self);
G_FLOW_AVAILABLE_IN_0_1
void            g_flow_node_set_parallel         (GFlowNode       *self,
                                                  guint            parallel);
G_FLOW_AVAILABLE_IN_0_1
guint           g_flow_node_get_replicas         (GFlowNode       *self);
G_FLOW_AVAILABLE_IN_0_1
void            g_flow_node_set_replicas         (GFlowNode       *self,
                                                  guint            replicas);
G_FLOW_AVAILABLE_IN_0_1
GFlowPolling    g_flow_node_get_polling          (GFlowNode       *self);
G_FLOW_AVAILABLE_IN_0_1
void            g_flow_node_set_polling          (GFlowNode       *self,
                                                  GFlowPolling     polling);
G_FLOW_AVAILABLE_IN_0_1
GFlowPolling    g_flow_node_get_polling_for      (GFlowNode       *self,
                                                  const char      *endpoint);
G_FLOW_AVAILABLE_IN_0_1
void            g_flow_node_set_polling_for      (GFlowNode       *self,
                                                  const char      *endpoint,
                                                  GFlowPolling     polling);
G_FLOW_AVAILABLE_IN_0_1
GFlowScheduling g_flow_node_get_scheduling       (GFlowNode       *self);
G_FLOW_AVAILABLE_IN_0_1
void            g_flow_node_set_scheduling       (GFlowNode       *self,
                                                  GFlowScheduling  scheduling);
G_FLOW_AVAILABLE_IN_0_1
GFlowExecutor  *g_flow_node_get_before           (GFlowNode       *self);
G_FLOW_AVAILABLE_IN_0_1
void            g_flow_node_set_before           (GFlowNode       *self,
                                                  GFlowExecutor   *executor);
G_FLOW_AVAILABLE_IN_0_1
GFlowExecutor  *g_flow_node_get_after            (GFlowNode       *self);
G_FLOW_AVAILABLE_IN_0_1
void            g_flow_node_set_after            (GFlowNode       *self,
                                                  GFlowExecutor   *executor);
G_FLOW_AVAILABLE_IN_0_1
GFlowReducer    g_flow_node_get_reducer          (GFlowNode       *self);
G_FLOW_AVAILABLE_IN_0_1
void            g_flow_node_set_reducer          (GFlowNode       *self,
                                                  GFlowReducer     reducer);
G_FLOW_AVAILABLE_IN_0_1
void            g_flow_node_set_reducer_func     (GFlowNode       *self,
                                                  GFlowReducerFunc func,
                                                  gpointer         user_data,
                                                  GDestroyNotify   destroy);
G_FLOW_AVAILABLE_IN_0_1
GVariant       *g_flow_node_get_condition        (GFlowNode       *self);
G_FLOW_AVAILABLE_IN_0_1
gboolean        g_flow_node_set_condition        (GFlowNode       *self,
                                                  GVariant        *condition,
                                                  GError         **error);
G_FLOW_AVAILABLE_IN_0_1
void            g_flow_node_set_condition_func   (GFlowNode       *self,
                                                  GFlowConditionFunc func,
                                                  gpointer         user_data,
                                                  GDestroyNotify   destroy);
G_FLOW_AVAILABLE_IN_0_1
gboolean        g_flow_node_get_detached         (GFlowNode       *self);
G_FLOW_AVAILABLE_IN_0_1
void            g_flow_node_set_detached         (GFlowNode       *self,
                                                  gboolean         detached);
G_FLOW_AVAILABLE_IN_0_1
GFlowTap        g_flow_node_get_tap              (GFlowNode       *self);
G_FLOW_AVAILABLE_IN_0_1
void            g_flow_node_set_tap              (GFlowNode       *self,
                                                  GFlowTap         tap);

G_END_DECLS
