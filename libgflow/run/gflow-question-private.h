/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-question.h"
#include "gflow-run-private.h"

G_BEGIN_DECLS

void     _g_flow_question_begin   (GFlowQuestion *self,
                                   GFlowRun      *run,
                                   guint32        index,
                                   GTask         *task);
void     _g_flow_question_default (GFlowQuestion *self);

/* Questions that are not answered yet: gflow-open-questions.c */
typedef struct _GFlowOpenQuestion GFlowOpenQuestion;

GFlowOpenQuestion *_g_flow_run_open_question   (GFlowRun          *run,
                                                guint32            index,
                                                const char        *text);
void               _g_flow_open_question_close (GFlowOpenQuestion *self);

G_END_DECLS
