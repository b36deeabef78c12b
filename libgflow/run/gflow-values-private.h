/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-values.h"

G_BEGIN_DECLS

GFlowValues *_g_flow_values_new         (guint         n_values);
GValue      *_g_flow_values_peek        (GFlowValues  *self,
                                         guint         position);

G_END_DECLS
