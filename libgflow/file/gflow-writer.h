/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>

#include "gflow-format.h"

G_BEGIN_DECLS

#define G_TYPE_FLOW_WRITER (g_flow_writer_get_type ())

G_FLOW_AVAILABLE_IN_0_1
G_DECLARE_FINAL_TYPE (GFlowWriter, g_flow_writer, G, FLOW_WRITER, GObject)

G_FLOW_AVAILABLE_IN_0_1
GFlowWriter         *g_flow_writer_new            (GFlowFormat           format,
                                                   GOutputStream        *stream) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
GFlowWriter         *g_flow_writer_new_for_file   (GFlowFormat           format,
                                                   GFile                *file) G_GNUC_WARN_UNUSED_RESULT;

G_FLOW_AVAILABLE_IN_0_1
void                 g_flow_writer_write          (GFlowWriter          *self,
                                                   GListModel           *documents,
                                                   GCancellable         *cancellable,
                                                   GAsyncReadyCallback   callback,
                                                   gpointer              user_data);
G_FLOW_AVAILABLE_IN_0_1
gboolean             g_flow_writer_write_finish   (GFlowWriter          *self,
                                                   GAsyncResult         *result,
                                                   GError              **error);
G_FLOW_AVAILABLE_IN_0_1
gboolean             g_flow_writer_write_sync     (GFlowWriter          *self,
                                                   GListModel           *documents,
                                                   GCancellable         *cancellable,
                                                   GError              **error);
G_FLOW_AVAILABLE_IN_0_1
void                 g_flow_writer_close          (GFlowWriter          *self,
                                                   GCancellable         *cancellable,
                                                   GAsyncReadyCallback   callback,
                                                   gpointer              user_data);
G_FLOW_AVAILABLE_IN_0_1
gboolean             g_flow_writer_close_finish   (GFlowWriter          *self,
                                                   GAsyncResult         *result,
                                                   GError              **error);
G_FLOW_AVAILABLE_IN_0_1
gboolean             g_flow_writer_close_sync     (GFlowWriter          *self,
                                                   GCancellable         *cancellable,
                                                   GError              **error);

/* Properties */

G_FLOW_AVAILABLE_IN_0_1
GFlowFormat          g_flow_writer_get_format     (GFlowWriter          *self);
G_FLOW_AVAILABLE_IN_0_1
GOutputStream       *g_flow_writer_get_stream     (GFlowWriter          *self);
G_FLOW_AVAILABLE_IN_0_1
GFile               *g_flow_writer_get_file       (GFlowWriter          *self);
G_FLOW_AVAILABLE_IN_0_1
const char * const  *g_flow_writer_get_columns    (GFlowWriter          *self);
G_FLOW_AVAILABLE_IN_0_1
void                 g_flow_writer_set_columns    (GFlowWriter          *self,
                                                   const char * const   *columns);
G_FLOW_AVAILABLE_IN_0_1
gboolean             g_flow_writer_get_has_header (GFlowWriter          *self);
G_FLOW_AVAILABLE_IN_0_1
void                 g_flow_writer_set_has_header (GFlowWriter          *self,
                                                   gboolean              has_header);
G_FLOW_AVAILABLE_IN_0_1
const char          *g_flow_writer_get_delimiter  (GFlowWriter          *self);
G_FLOW_AVAILABLE_IN_0_1
void                 g_flow_writer_set_delimiter  (GFlowWriter          *self,
                                                   const char           *delimiter);
G_FLOW_AVAILABLE_IN_0_1
guint64              g_flow_writer_get_n_written  (GFlowWriter          *self);

G_END_DECLS
