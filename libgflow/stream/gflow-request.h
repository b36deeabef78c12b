/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "../graph/gflow-types.h"

G_BEGIN_DECLS

#define G_TYPE_FLOW_REQUEST (g_flow_request_get_type ())

G_FLOW_AVAILABLE_IN_0_1
G_DECLARE_FINAL_TYPE (GFlowRequest, g_flow_request, G, FLOW_REQUEST, GObject)

G_FLOW_AVAILABLE_IN_0_1
GFlowRequest  *g_flow_request_new            (const char    *endpoint) G_GNUC_WARN_UNUSED_RESULT;

/* What is asked */

G_FLOW_AVAILABLE_IN_0_1
const char    *g_flow_request_get_id         (GFlowRequest  *self);
G_FLOW_AVAILABLE_IN_0_1
void           g_flow_request_set_id         (GFlowRequest  *self,
                                              const char    *id);
G_FLOW_AVAILABLE_IN_0_1
const char    *g_flow_request_get_endpoint   (GFlowRequest  *self);
G_FLOW_AVAILABLE_IN_0_1
void           g_flow_request_set_endpoint   (GFlowRequest  *self,
                                              const char    *endpoint);
G_FLOW_AVAILABLE_IN_0_1
GVariant      *g_flow_request_get_parameters (GFlowRequest  *self);
G_FLOW_AVAILABLE_IN_0_1
void           g_flow_request_set_parameters (GFlowRequest  *self,
                                              GVariant      *parameters);
G_FLOW_AVAILABLE_IN_0_1
GListModel    *g_flow_request_get_documents  (GFlowRequest  *self);
G_FLOW_AVAILABLE_IN_0_1
void           g_flow_request_set_documents  (GFlowRequest  *self,
                                              GListModel    *documents);

G_FLOW_AVAILABLE_IN_0_1
GListModel    *g_flow_request_dup_parts      (GFlowRequest  *self) G_GNUC_WARN_UNUSED_RESULT;

/* What became of it */

G_FLOW_AVAILABLE_IN_0_1
GVariant      *g_flow_request_dup_results    (GFlowRequest  *self) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
GVariant      *g_flow_request_dup_result     (GFlowRequest  *self,
                                              const char    *executor) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
void           g_flow_request_set_result     (GFlowRequest  *self,
                                              GVariant      *result);
G_FLOW_AVAILABLE_IN_0_1
GListModel    *g_flow_request_get_routes     (GFlowRequest  *self);
G_FLOW_AVAILABLE_IN_0_1
GFlowRunState  g_flow_request_get_state      (GFlowRequest  *self);
G_FLOW_AVAILABLE_IN_0_1
GError        *g_flow_request_get_error      (GFlowRequest  *self);

G_END_DECLS
