/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-group.h"

G_BEGIN_DECLS

GPtrArray *_g_flow_group_dup_nodes (GFlowGroup  *self,
                                    GError     **error);
void       _g_flow_group_link      (GFlowGroup  *self);
gboolean   _g_flow_group_is_series (GFlowGroup  *self);
GPtrArray *_g_flow_group_get_items (GFlowGroup  *self);

G_END_DECLS
