/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-run-private.h"
#include "gflow-step-private.h"

G_BEGIN_DECLS

/* The list of steps that a run is: gflow-steps.c. All in the owner context but
 * _g_flow_run_note_change() and _g_flow_run_note_end(), which are for whoever runs nodes. */
void       _g_flow_run_list_model_init  (GListModelInterface *iface);
GType      _g_flow_run_get_item_type    (GListModel          *model);
guint      _g_flow_run_get_n_items      (GListModel          *model);
GFlowStep *_g_flow_run_ensure_step      (GFlowRun            *self,
                                         GFlowNode           *node);
void       _g_flow_run_start_steps      (GFlowRun            *self);
void       _g_flow_run_note_change      (GFlowRun            *self,
                                         guint32              index);
void       _g_flow_run_note_end         (GFlowRun            *self,
                                         guint32              index);
gboolean   _g_flow_run_tells_change     (GFlowRun            *self,
                                         guint32              index);
gboolean   _g_flow_run_deliver_changes  (GFlowRun            *self,
                                         guint                limit);
void       _g_flow_run_update_steps     (GFlowRun            *self);
void       _g_flow_run_free_steps       (GFlowRun            *self);

G_END_DECLS
