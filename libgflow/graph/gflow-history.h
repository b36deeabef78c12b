/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-types.h"

G_BEGIN_DECLS

#define G_TYPE_FLOW_HISTORY (g_flow_history_get_type ())

G_FLOW_AVAILABLE_IN_0_1
G_DECLARE_FINAL_TYPE (GFlowHistory, g_flow_history, G, FLOW_HISTORY, GObject)

G_FLOW_AVAILABLE_IN_0_1
GFlowHistory *g_flow_history_new              (void) G_GNUC_WARN_UNUSED_RESULT;

G_FLOW_AVAILABLE_IN_0_1
double        g_flow_history_get_duration     (GFlowHistory         *self,
                                               const char           *name);
G_FLOW_AVAILABLE_IN_0_1
void          g_flow_history_add_duration     (GFlowHistory         *self,
                                               const char           *name,
                                               double                seconds);
G_FLOW_AVAILABLE_IN_0_1
double        g_flow_history_get_run_duration (GFlowHistory         *self,
                                               const char           *name);
G_FLOW_AVAILABLE_IN_0_1
void          g_flow_history_add_run_duration (GFlowHistory         *self,
                                               const char           *name,
                                               double                seconds);
G_FLOW_AVAILABLE_IN_0_1
void          g_flow_history_forget           (GFlowHistory         *self);

/* Keeping it */

G_FLOW_AVAILABLE_IN_0_1
GVariant     *g_flow_history_to_variant       (GFlowHistory         *self) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
gboolean      g_flow_history_load_variant     (GFlowHistory         *self,
                                               GVariant             *variant,
                                               GError              **error);
G_FLOW_AVAILABLE_IN_0_1
void          g_flow_history_load             (GFlowHistory         *self,
                                               GFile                *file,
                                               GCancellable         *cancellable,
                                               GAsyncReadyCallback   callback,
                                               gpointer              user_data);
G_FLOW_AVAILABLE_IN_0_1
gboolean      g_flow_history_load_finish      (GFlowHistory         *self,
                                               GAsyncResult         *result,
                                               GError              **error);
G_FLOW_AVAILABLE_IN_0_1
gboolean      g_flow_history_load_sync        (GFlowHistory         *self,
                                               GFile                *file,
                                               GCancellable         *cancellable,
                                               GError              **error);
G_FLOW_AVAILABLE_IN_0_1
void          g_flow_history_save             (GFlowHistory         *self,
                                               GFile                *file,
                                               GCancellable         *cancellable,
                                               GAsyncReadyCallback   callback,
                                               gpointer              user_data);
G_FLOW_AVAILABLE_IN_0_1
gboolean      g_flow_history_save_finish      (GFlowHistory         *self,
                                               GAsyncResult         *result,
                                               GError              **error);
G_FLOW_AVAILABLE_IN_0_1
gboolean      g_flow_history_save_sync        (GFlowHistory         *self,
                                               GFile                *file,
                                               GCancellable         *cancellable,
                                               GError              **error);

G_END_DECLS
