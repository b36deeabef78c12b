/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-run-private.h"

G_BEGIN_DECLS

GFlowOwner   *_g_flow_owner_get         (GMainContext *context);
gboolean      _g_flow_owner_exists      (GMainContext *context);
void          _g_flow_owner_unref       (GFlowOwner   *owner);
GMainContext *_g_flow_owner_get_context (GFlowOwner   *owner);
GSource      *_g_flow_owner_stand_in    (GMainContext *context,
                                         GMainContext *other);
void          _g_flow_owner_stand_down  (GSource      *source);
void          _g_flow_owner_post        (GFlowRun     *run);
void          _g_flow_owner_run_now     (GFlowRun     *run);
void          _g_flow_owner_begin_body  (GFlowRun     *run);
void          _g_flow_owner_end_body    (GFlowRun     *run);
GMainContext *_g_flow_owner_enter       (GFlowRun     *run);
void          _g_flow_owner_leave       (GMainContext *context);
gboolean      _g_flow_owner_dispatch_caller (GFlowRun *run);

G_END_DECLS
