/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "../graph/gflow-types.h"

G_BEGIN_DECLS

#define G_TYPE_FLOW_QUESTION (g_flow_question_get_type ())

G_FLOW_AVAILABLE_IN_0_1
G_DECLARE_FINAL_TYPE (GFlowQuestion, g_flow_question, G, FLOW_QUESTION, GObject)

G_FLOW_AVAILABLE_IN_0_1
GFlowQuestion       *g_flow_question_new                (const char           *text,
                                                         const char * const   *choices,
                                                         GVariant             *default_answer) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
void                 g_flow_question_answer             (GFlowQuestion        *self,
                                                         GVariant             *answer);
G_FLOW_AVAILABLE_IN_0_1
void                 g_flow_question_refuse             (GFlowQuestion        *self,
                                                         const GError         *error);
G_FLOW_AVAILABLE_IN_0_1
GFlowNode           *g_flow_question_get_node           (GFlowQuestion        *self);
G_FLOW_AVAILABLE_IN_0_1
const char          *g_flow_question_get_text           (GFlowQuestion        *self);
G_FLOW_AVAILABLE_IN_0_1
const char * const  *g_flow_question_get_choices        (GFlowQuestion        *self);
G_FLOW_AVAILABLE_IN_0_1
GVariant            *g_flow_question_get_default_answer (GFlowQuestion        *self);

G_END_DECLS
