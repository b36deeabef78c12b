/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-documents-private.h"
#include "gflow-source.h"

G_BEGIN_DECLS

guint    _g_flow_source_next_into (GFlowSource     *self,
                                   guint            n_documents,
                                   GFlowDocuments  *documents,
                                   GCancellable    *cancellable,
                                   GError         **error);

gboolean _g_flow_source_answers_later (GFlowSource     *self);

/* What is in memory already: gflow-list-source.c */
gboolean _g_flow_source_is_in_memory (GFlowSource     *self);
gboolean _g_flow_source_add_some     (GFlowSource     *self,
                                      guint            n_documents,
                                      GFlowDocuments  *documents,
                                      GError         **error);

G_END_DECLS
