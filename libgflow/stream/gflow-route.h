/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "../graph/gflow-types.h"

G_BEGIN_DECLS

#define G_TYPE_FLOW_ROUTE (g_flow_route_get_type ())

G_FLOW_AVAILABLE_IN_0_1
G_DECLARE_FINAL_TYPE (GFlowRoute, g_flow_route, G, FLOW_ROUTE, GObject)

G_FLOW_AVAILABLE_IN_0_1
const char     *g_flow_route_get_name   (GFlowRoute *self);
G_FLOW_AVAILABLE_IN_0_1
GFlowNode      *g_flow_route_get_node   (GFlowRoute *self);
G_FLOW_AVAILABLE_IN_0_1
gint64          g_flow_route_get_start  (GFlowRoute *self);
G_FLOW_AVAILABLE_IN_0_1
gint64          g_flow_route_get_end    (GFlowRoute *self);
G_FLOW_AVAILABLE_IN_0_1
GFlowNodeState  g_flow_route_get_state  (GFlowRoute *self);
G_FLOW_AVAILABLE_IN_0_1
GError         *g_flow_route_get_error  (GFlowRoute *self);

G_END_DECLS
