/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-document.h"

#include "graph/gflow-node-serving-private.h"

G_BEGIN_DECLS

gboolean       _g_flow_condition_holds  (GFlowCondition *self,
                                         GFlowNode      *node,
                                         GFlowDocument  *document,
                                         GError        **error);

G_END_DECLS
