/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-types.h"

G_BEGIN_DECLS

#define G_TYPE_FLOW_GROUP (g_flow_group_get_type ())

G_FLOW_AVAILABLE_IN_0_1
G_DECLARE_FINAL_TYPE (GFlowGroup, g_flow_group, G, FLOW_GROUP, GObject)

G_FLOW_AVAILABLE_IN_0_1
GFlowGroup *g_flow_group_new_series   (void) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
GFlowGroup *g_flow_group_new_parallel (void) G_GNUC_WARN_UNUSED_RESULT;

G_FLOW_AVAILABLE_IN_0_1
void        g_flow_group_append_node  (GFlowGroup *self,
                                       GFlowNode  *node);
G_FLOW_AVAILABLE_IN_0_1
void        g_flow_group_append_group (GFlowGroup *self,
                                       GFlowGroup *group);
G_FLOW_AVAILABLE_IN_0_1
void        g_flow_group_set_lock     (GFlowGroup *self,
                                       GFlowLock  *lock);

/* C sugar: nodes and groups, in order, then NULL */

G_FLOW_AVAILABLE_IN_0_1
GFlowGroup *g_flow_series             (gpointer    first_item,
                                       ...) G_GNUC_NULL_TERMINATED G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
GFlowGroup *g_flow_parallel           (gpointer    first_item,
                                       ...) G_GNUC_NULL_TERMINATED G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
