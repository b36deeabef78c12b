/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-run-private.h"

G_BEGIN_DECLS

/* The journal of a run: see gflow-journal.c */

gboolean _g_flow_journal_prepare (GFlowRun        *run,
                                  GError         **error);
void     _g_flow_journal_start   (GFlowJournal    *journal);
gboolean _g_flow_journal_is_loading (GFlowRun     *run);
gboolean _g_flow_journal_take_loaded (GFlowRun    *run,
                                  GError         **error);
gboolean _g_flow_journal_record  (GFlowRun        *run,
                                  guint32          index,
                                  GFlowNodeState   state,
                                  gboolean         in_context);
void     _g_flow_journal_adopt_map (GFlowRun      *run,
                                  guint32          index,
                                  GFlowRun        *child);
void     _g_flow_journal_forget  (GFlowRun        *run,
                                  guint32          index);
gboolean _g_flow_journal_pop_recorded (GFlowRun   *run,
                                  guint32         *index);
gboolean _g_flow_journal_close   (GFlowRun        *run);
void     _g_flow_journal_free    (GFlowJournal    *journal);

G_END_DECLS
