/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "stream/gflow-document.h"

G_BEGIN_DECLS

/* Documents as records of CSV, by the names of their columns. */

void     _g_flow_table_append_header (GString             *out,
                                      const char * const  *columns,
                                      char                 delimiter);
gboolean _g_flow_table_append_record (GString             *out,
                                      const char * const  *columns,
                                      char                 delimiter,
                                      GFlowDocument       *document,
                                      GError             **error);

G_END_DECLS
