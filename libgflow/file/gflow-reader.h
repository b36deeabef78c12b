/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-format.h"
#include "../stream/gflow-source.h"

G_BEGIN_DECLS

#define G_TYPE_FLOW_READER (g_flow_reader_get_type ())

G_FLOW_AVAILABLE_IN_0_1
G_DECLARE_FINAL_TYPE (GFlowReader, g_flow_reader, G, FLOW_READER, GObject)

G_FLOW_AVAILABLE_IN_0_1
GFlowReader         *g_flow_reader_new            (GFlowFormat           format,
                                                   GInputStream         *stream) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
GFlowReader         *g_flow_reader_new_for_file   (GFlowFormat           format,
                                                   GFile                *file) G_GNUC_WARN_UNUSED_RESULT;

/* Properties */

G_FLOW_AVAILABLE_IN_0_1
GFlowFormat          g_flow_reader_get_format     (GFlowReader          *self);
G_FLOW_AVAILABLE_IN_0_1
GInputStream        *g_flow_reader_get_stream     (GFlowReader          *self);
G_FLOW_AVAILABLE_IN_0_1
GFile               *g_flow_reader_get_file       (GFlowReader          *self);
G_FLOW_AVAILABLE_IN_0_1
const char * const  *g_flow_reader_get_columns    (GFlowReader          *self);
G_FLOW_AVAILABLE_IN_0_1
void                 g_flow_reader_set_columns    (GFlowReader          *self,
                                                   const char * const   *columns);
G_FLOW_AVAILABLE_IN_0_1
gboolean             g_flow_reader_get_has_header (GFlowReader          *self);
G_FLOW_AVAILABLE_IN_0_1
void                 g_flow_reader_set_has_header (GFlowReader          *self,
                                                   gboolean              has_header);
G_FLOW_AVAILABLE_IN_0_1
const char          *g_flow_reader_get_delimiter  (GFlowReader          *self);
G_FLOW_AVAILABLE_IN_0_1
void                 g_flow_reader_set_delimiter  (GFlowReader          *self,
                                                   const char           *delimiter);
G_FLOW_AVAILABLE_IN_0_1
GVariant            *g_flow_reader_get_fields     (GFlowReader          *self);
G_FLOW_AVAILABLE_IN_0_1
void                 g_flow_reader_set_fields     (GFlowReader          *self,
                                                   GVariant             *fields);
G_FLOW_AVAILABLE_IN_0_1
guint                g_flow_reader_get_max_length (GFlowReader          *self);
G_FLOW_AVAILABLE_IN_0_1
void                 g_flow_reader_set_max_length (GFlowReader          *self,
                                                   guint                 max_length);
G_FLOW_AVAILABLE_IN_0_1
gboolean             g_flow_reader_get_skip_bad   (GFlowReader          *self);
G_FLOW_AVAILABLE_IN_0_1
void                 g_flow_reader_set_skip_bad   (GFlowReader          *self,
                                                   gboolean              skip_bad);
G_FLOW_AVAILABLE_IN_0_1
guint64              g_flow_reader_get_n_read     (GFlowReader          *self);
G_FLOW_AVAILABLE_IN_0_1
guint64              g_flow_reader_get_n_skipped  (GFlowReader          *self);

G_END_DECLS
