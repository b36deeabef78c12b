/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-record-private.h"

G_BEGIN_DECLS

/* Marks for Sysprof, if the library is built with it; else nobody ever collects any. */

gboolean _g_flow_sysprof_is_active (void);
void     _g_flow_sysprof_mark      (GFlowRun       *run,
                                    guint32         index,
                                    GFlowNodeState  state,
                                    GFlowRecord    *record);

G_END_DECLS
