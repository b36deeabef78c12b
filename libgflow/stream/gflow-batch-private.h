/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-pipeline-private.h"

G_BEGIN_DECLS

GFlowBatcher  *_g_flow_batcher_new         (GFlow               *outer,
                                            GFlowStation        *station,
                                            int                  role,
                                            GPtrArray           *bindings,
                                            const GFlowBatching *batching);
GFlowBatcher  *_g_flow_batcher_ref         (GFlowBatcher        *self);
void           _g_flow_batcher_unref       (GFlowBatcher        *self);
gboolean       _g_flow_batcher_matches     (GFlowBatcher        *self,
                                            GFlowStation        *station,
                                            int                  role,
                                            GFlowBinding        *binding,
                                            const GFlowBatching *batching);
void           _g_flow_batcher_add         (GFlowBatcher        *self,
                                            GFlowRun            *run,
                                            GFlowNode           *node,
                                            GFlowRequest        *part);
void           _g_flow_batcher_hurry       (GFlowBatcher        *self);

G_END_DECLS
