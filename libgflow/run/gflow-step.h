/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "../graph/gflow-types.h"

G_BEGIN_DECLS

#define G_TYPE_FLOW_STEP (g_flow_step_get_type ())

G_FLOW_AVAILABLE_IN_0_1
G_DECLARE_FINAL_TYPE (GFlowStep, g_flow_step, G, FLOW_STEP, GObject)

G_FLOW_AVAILABLE_IN_0_1
GFlowNode      *g_flow_step_get_node     (GFlowStep *self);
G_FLOW_AVAILABLE_IN_0_1
GFlowNodeState  g_flow_step_get_state    (GFlowStep *self);
G_FLOW_AVAILABLE_IN_0_1
char           *g_flow_step_dup_reason   (GFlowStep *self) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
double          g_flow_step_get_fraction (GFlowStep *self);
G_FLOW_AVAILABLE_IN_0_1
char           *g_flow_step_dup_message  (GFlowStep *self) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
gint64          g_flow_step_get_start    (GFlowStep *self);
G_FLOW_AVAILABLE_IN_0_1
gint64          g_flow_step_get_end      (GFlowStep *self);
G_FLOW_AVAILABLE_IN_0_1
guint           g_flow_step_get_attempt  (GFlowStep *self);
G_FLOW_AVAILABLE_IN_0_1
GError         *g_flow_step_get_error    (GFlowStep *self);
G_FLOW_AVAILABLE_IN_0_1
int             g_flow_step_get_worker   (GFlowStep *self);
G_FLOW_AVAILABLE_IN_0_1
GFlowRun       *g_flow_step_get_subrun   (GFlowStep *self);
G_FLOW_AVAILABLE_IN_0_1
GListModel     *g_flow_step_get_subruns  (GFlowStep *self);

G_END_DECLS
