/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-source.h"

G_BEGIN_DECLS

GListStore *_g_flow_source_next_into (GFlowSource   *self,
                                      guint          n_documents,
                                      GListStore    *documents,
                                      guint         *n_given,
                                      GCancellable  *cancellable,
                                      GError       **error);

G_END_DECLS
