/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-format.h"
#include "../stream/gflow-source.h"

G_BEGIN_DECLS

#define G_TYPE_FLOW_FILE_SOURCE (g_flow_file_source_get_type ())

G_FLOW_AVAILABLE_IN_0_1
G_DECLARE_FINAL_TYPE (GFlowFileSource, g_flow_file_source, G, FLOW_FILE_SOURCE, GObject)

G_FLOW_AVAILABLE_IN_0_1
GFlowFileSource *g_flow_file_source_new            (GFile            *folder,
                                                    const char       *pattern) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
GFlowFileSource *g_flow_file_source_new_for_glob   (const char       *glob) G_GNUC_WARN_UNUSED_RESULT;

/* Properties */

G_FLOW_AVAILABLE_IN_0_1
GFile           *g_flow_file_source_get_folder     (GFlowFileSource  *self);
G_FLOW_AVAILABLE_IN_0_1
const char      *g_flow_file_source_get_pattern    (GFlowFileSource  *self);
G_FLOW_AVAILABLE_IN_0_1
GFlowContents    g_flow_file_source_get_contents   (GFlowFileSource  *self);
G_FLOW_AVAILABLE_IN_0_1
void             g_flow_file_source_set_contents   (GFlowFileSource  *self,
                                                    GFlowContents     contents);
G_FLOW_AVAILABLE_IN_0_1
guint            g_flow_file_source_get_max_length (GFlowFileSource  *self);
G_FLOW_AVAILABLE_IN_0_1
void             g_flow_file_source_set_max_length (GFlowFileSource  *self,
                                                    guint             max_length);
G_FLOW_AVAILABLE_IN_0_1
gboolean         g_flow_file_source_get_skip_bad   (GFlowFileSource  *self);
G_FLOW_AVAILABLE_IN_0_1
void             g_flow_file_source_set_skip_bad   (GFlowFileSource  *self,
                                                    gboolean          skip_bad);
G_FLOW_AVAILABLE_IN_0_1
guint64          g_flow_file_source_get_n_read     (GFlowFileSource  *self);
G_FLOW_AVAILABLE_IN_0_1
guint64          g_flow_file_source_get_n_skipped  (GFlowFileSource  *self);

G_END_DECLS
