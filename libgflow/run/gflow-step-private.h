/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-step.h"

G_BEGIN_DECLS

GFlowStep *_g_flow_step_new    (GFlowRun  *run,
                                GFlowNode *node);
gboolean   _g_flow_step_update (GFlowStep *self,
                                GFlowRun  *run);

G_END_DECLS
