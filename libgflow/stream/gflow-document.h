/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>

#include "gflow-version.h"

G_BEGIN_DECLS

#define G_TYPE_FLOW_DOCUMENT (g_flow_document_get_type ())

G_FLOW_AVAILABLE_IN_0_1
G_DECLARE_FINAL_TYPE (GFlowDocument, g_flow_document, G, FLOW_DOCUMENT, GObject)

G_FLOW_AVAILABLE_IN_0_1
GFlowDocument *g_flow_document_new           (void) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
GFlowDocument *g_flow_document_new_for_text  (const char     *text) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
GFlowDocument *g_flow_document_new_for_blob  (GBytes         *blob) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
GFlowDocument *g_flow_document_new_for_uri   (const char     *uri) G_GNUC_WARN_UNUSED_RESULT;

G_FLOW_AVAILABLE_IN_0_1
GFlowDocument *g_flow_document_copy          (GFlowDocument  *self) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
gboolean       g_flow_document_equal         (GFlowDocument  *self,
                                              GFlowDocument  *other);

/* Other forms */

G_FLOW_AVAILABLE_IN_0_1
GVariant      *g_flow_document_to_variant        (GFlowDocument  *self) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
GFlowDocument *g_flow_document_new_from_variant  (GVariant       *variant,
                                                  GError        **error) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
char          *g_flow_document_to_json           (GFlowDocument  *self,
                                                  GError        **error) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
GFlowDocument *g_flow_document_new_from_json     (const char     *json,
                                                  GError        **error) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
GVariant      *g_flow_document_list_to_variant   (GListModel     *documents) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
GListModel    *g_flow_document_list_from_variant (GVariant       *variant,
                                                  GError        **error) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
char          *g_flow_document_list_to_json      (GListModel     *documents,
                                                  GError        **error) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
GListModel    *g_flow_document_list_from_json    (const char     *json,
                                                  GError        **error) G_GNUC_WARN_UNUSED_RESULT;

/* Properties */

G_FLOW_AVAILABLE_IN_0_1
const char    *g_flow_document_get_id        (GFlowDocument  *self);
G_FLOW_AVAILABLE_IN_0_1
void           g_flow_document_set_id        (GFlowDocument  *self,
                                              const char     *id);
G_FLOW_AVAILABLE_IN_0_1
const char    *g_flow_document_get_text      (GFlowDocument  *self);
G_FLOW_AVAILABLE_IN_0_1
void           g_flow_document_set_text      (GFlowDocument  *self,
                                              const char     *text);
G_FLOW_AVAILABLE_IN_0_1
GBytes        *g_flow_document_get_blob      (GFlowDocument  *self);
G_FLOW_AVAILABLE_IN_0_1
void           g_flow_document_set_blob      (GFlowDocument  *self,
                                              GBytes         *blob);
G_FLOW_AVAILABLE_IN_0_1
const char    *g_flow_document_get_uri       (GFlowDocument  *self);
G_FLOW_AVAILABLE_IN_0_1
void           g_flow_document_set_uri       (GFlowDocument  *self,
                                              const char     *uri);
G_FLOW_AVAILABLE_IN_0_1
const char    *g_flow_document_get_mime_type (GFlowDocument  *self);
G_FLOW_AVAILABLE_IN_0_1
void           g_flow_document_set_mime_type (GFlowDocument  *self,
                                              const char     *mime_type);
G_FLOW_AVAILABLE_IN_0_1
GVariant      *g_flow_document_get_tags      (GFlowDocument  *self);
G_FLOW_AVAILABLE_IN_0_1
void           g_flow_document_set_tags      (GFlowDocument  *self,
                                              GVariant       *tags);
G_FLOW_AVAILABLE_IN_0_1
GVariant      *g_flow_document_dup_tag       (GFlowDocument  *self,
                                              const char     *name) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
void           g_flow_document_set_tag       (GFlowDocument  *self,
                                              const char     *name,
                                              GVariant       *value);

G_END_DECLS
