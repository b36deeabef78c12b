/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-run-private.h"

G_BEGIN_DECLS

/* How far nodes are that run: gflow-progress.c. From any thread. */
double    _g_flow_run_get_node_fraction (GFlowRun *self,
                                         guint32   index);
char     *_g_flow_run_dup_node_message  (GFlowRun *self,
                                         guint32   index);
void      _g_flow_run_reset_progress    (GFlowRun *self,
                                         guint32   index);
double    _g_flow_run_count_fraction    (GFlowRun *self);
void      _g_flow_run_free_progress     (GFlowRun *self);

/* Runs inside of nodes: see gflow-grow.c. From any thread. */
void      _g_flow_run_note_subrun       (GFlowRun  *self,
                                         guint32    index,
                                         GFlowRun  *child);
gboolean  _g_flow_run_keep_subruns      (GFlowRun  *self,
                                         guint32    index,
                                         GPtrArray *runs);
GFlowRun *_g_flow_run_ref_subrun        (GFlowRun  *self,
                                         guint32    index);
GPtrArray *_g_flow_run_dup_subruns      (GFlowRun  *self,
                                         guint32    index);

/* Telling of it, ten times a second. In the owner context. */
void      _g_flow_run_start_ticking     (GFlowRun *self);
void      _g_flow_run_stop_ticking      (GFlowRun *self);

G_END_DECLS
