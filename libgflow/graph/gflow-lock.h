/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-types.h"

G_BEGIN_DECLS

#define G_TYPE_FLOW_LOCK (g_flow_lock_get_type ())

G_FLOW_AVAILABLE_IN_0_1
G_DECLARE_FINAL_TYPE (GFlowLock, g_flow_lock, G, FLOW_LOCK, GObject)

G_FLOW_AVAILABLE_IN_0_1
GFlowLock  *g_flow_lock_new              (void) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
GFlowLock  *g_flow_lock_new_with_permits (guint                 permits) G_GNUC_WARN_UNUSED_RESULT;

G_FLOW_AVAILABLE_IN_0_1
void        g_flow_lock_acquire          (GFlowLock            *self,
                                          GCancellable         *cancellable,
                                          GAsyncReadyCallback   callback,
                                          gpointer              user_data);
G_FLOW_AVAILABLE_IN_0_1
gboolean    g_flow_lock_acquire_finish   (GFlowLock            *self,
                                          GAsyncResult         *result,
                                          GError              **error);
G_FLOW_AVAILABLE_IN_0_1
gboolean    g_flow_lock_acquire_sync     (GFlowLock            *self,
                                          GCancellable         *cancellable,
                                          GError              **error);
G_FLOW_AVAILABLE_IN_0_1
gboolean    g_flow_lock_try_acquire      (GFlowLock            *self);
G_FLOW_AVAILABLE_IN_0_1
void        g_flow_lock_release          (GFlowLock            *self);

/* Properties */

G_FLOW_AVAILABLE_IN_0_1
const char *g_flow_lock_get_name         (GFlowLock            *self);
G_FLOW_AVAILABLE_IN_0_1
void        g_flow_lock_set_name         (GFlowLock            *self,
                                          const char           *name);
G_FLOW_AVAILABLE_IN_0_1
guint       g_flow_lock_get_permits      (GFlowLock            *self);
G_FLOW_AVAILABLE_IN_0_1
void        g_flow_lock_set_permits      (GFlowLock            *self,
                                          guint                 permits);
G_FLOW_AVAILABLE_IN_0_1
guint       g_flow_lock_get_in_use       (GFlowLock            *self);
G_FLOW_AVAILABLE_IN_0_1
guint       g_flow_lock_get_waiting      (GFlowLock            *self);

G_END_DECLS
