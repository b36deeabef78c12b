/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-question.h"

G_BEGIN_DECLS

void     _g_flow_question_begin   (GFlowQuestion *self,
                                   GFlowNode     *node,
                                   GTask         *task);
void     _g_flow_question_default (GFlowQuestion *self);

G_END_DECLS
