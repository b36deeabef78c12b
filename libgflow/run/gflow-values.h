/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "../graph/gflow-types.h"

G_BEGIN_DECLS

#define G_TYPE_FLOW_VALUES (g_flow_values_get_type ())

G_FLOW_AVAILABLE_IN_0_1
G_DECLARE_FINAL_TYPE (GFlowValues, g_flow_values, G, FLOW_VALUES, GObject)

G_FLOW_AVAILABLE_IN_0_1
guint         g_flow_values_get_n_values (GFlowValues *self);
G_FLOW_AVAILABLE_IN_0_1
const GValue *g_flow_values_get_value    (GFlowValues *self,
                                          guint        position);

G_END_DECLS
