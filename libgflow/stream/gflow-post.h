/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "../graph/gflow-types.h"
#include "gflow-source.h"

G_BEGIN_DECLS

#define G_TYPE_FLOW_POST (g_flow_post_get_type ())

G_FLOW_AVAILABLE_IN_0_1
G_DECLARE_FINAL_TYPE (GFlowPost, g_flow_post, G, FLOW_POST, GObject)

/**
 * GFlowPostFunc:
 * @self: the post
 * @request: a request that has come back
 * @user_data: what was given with the function
 * @error: return location for an error that ends the stream
 *
 * Is called for a request that has come back, in the owner context of the post.
 *
 * Returns: %TRUE to go on; %FALSE, with @error set, to end the stream
 *
 * Since: 0.1
 */
typedef gboolean (*GFlowPostFunc) (GFlowPost     *self,
                                   GFlowRequest  *request,
                                   gpointer       user_data,
                                   GError       **error);

/* Consuming it, in one of three ways */

G_FLOW_AVAILABLE_IN_0_1
void           g_flow_post_run                   (GFlowPost            *self,
                                                  GCancellable         *cancellable,
                                                  GAsyncReadyCallback   callback,
                                                  gpointer              user_data);
G_FLOW_AVAILABLE_IN_0_1
gboolean       g_flow_post_run_finish            (GFlowPost            *self,
                                                  GAsyncResult         *result,
                                                  GError              **error);
G_FLOW_AVAILABLE_IN_0_1
gboolean       g_flow_post_run_sync              (GFlowPost            *self,
                                                  GCancellable         *cancellable,
                                                  GError              **error);
G_FLOW_AVAILABLE_IN_0_1
void           g_flow_post_next                  (GFlowPost            *self,
                                                  GCancellable         *cancellable,
                                                  GAsyncReadyCallback   callback,
                                                  gpointer              user_data);
G_FLOW_AVAILABLE_IN_0_1
GFlowRequest  *g_flow_post_next_finish           (GFlowPost            *self,
                                                  GAsyncResult         *result,
                                                  GError              **error) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
GFlowRequest  *g_flow_post_next_sync             (GFlowPost            *self,
                                                  GCancellable         *cancellable,
                                                  GError              **error) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
void           g_flow_post_collect               (GFlowPost            *self,
                                                  GCancellable         *cancellable,
                                                  GAsyncReadyCallback   callback,
                                                  gpointer              user_data);
G_FLOW_AVAILABLE_IN_0_1
GListModel    *g_flow_post_collect_finish        (GFlowPost            *self,
                                                  GAsyncResult         *result,
                                                  GError              **error) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
GListModel    *g_flow_post_collect_sync          (GFlowPost            *self,
                                                  GCancellable         *cancellable,
                                                  GError              **error) G_GNUC_WARN_UNUSED_RESULT;
G_FLOW_AVAILABLE_IN_0_1
void           g_flow_post_cancel                (GFlowPost            *self);

/* Callbacks that may fail */

G_FLOW_AVAILABLE_IN_0_1
void           g_flow_post_set_done_func         (GFlowPost            *self,
                                                  GFlowPostFunc         func,
                                                  gpointer              user_data,
                                                  GDestroyNotify        destroy);
G_FLOW_AVAILABLE_IN_0_1
void           g_flow_post_set_error_func        (GFlowPost            *self,
                                                  GFlowPostFunc         func,
                                                  gpointer              user_data,
                                                  GDestroyNotify        destroy);
G_FLOW_AVAILABLE_IN_0_1
void           g_flow_post_set_always_func       (GFlowPost            *self,
                                                  GFlowPostFunc         func,
                                                  gpointer              user_data,
                                                  GDestroyNotify        destroy);

/* Properties */

G_FLOW_AVAILABLE_IN_0_1
GFlow         *g_flow_post_get_flow              (GFlowPost            *self);
G_FLOW_AVAILABLE_IN_0_1
const char    *g_flow_post_get_endpoint          (GFlowPost            *self);
G_FLOW_AVAILABLE_IN_0_1
GFlowSource   *g_flow_post_get_source            (GFlowPost            *self);
G_FLOW_AVAILABLE_IN_0_1
void           g_flow_post_set_source            (GFlowPost            *self,
                                                  GFlowSource          *source);
G_FLOW_AVAILABLE_IN_0_1
GVariant      *g_flow_post_get_parameters        (GFlowPost            *self);
G_FLOW_AVAILABLE_IN_0_1
void           g_flow_post_set_parameters        (GFlowPost            *self,
                                                  GVariant             *parameters);
G_FLOW_AVAILABLE_IN_0_1
const char    *g_flow_post_get_target            (GFlowPost            *self);
G_FLOW_AVAILABLE_IN_0_1
void           g_flow_post_set_target            (GFlowPost            *self,
                                                  const char           *target);
G_FLOW_AVAILABLE_IN_0_1
guint          g_flow_post_get_request_size      (GFlowPost            *self);
G_FLOW_AVAILABLE_IN_0_1
void           g_flow_post_set_request_size      (GFlowPost            *self,
                                                  guint                 request_size);
G_FLOW_AVAILABLE_IN_0_1
guint          g_flow_post_get_max_in_flight     (GFlowPost            *self);
G_FLOW_AVAILABLE_IN_0_1
void           g_flow_post_set_max_in_flight     (GFlowPost            *self,
                                                  guint                 max_in_flight);
G_FLOW_AVAILABLE_IN_0_1
guint          g_flow_post_get_request_timeout   (GFlowPost            *self);
G_FLOW_AVAILABLE_IN_0_1
void           g_flow_post_set_request_timeout   (GFlowPost            *self,
                                                  guint                 request_timeout);
G_FLOW_AVAILABLE_IN_0_1
gboolean       g_flow_post_get_ordered           (GFlowPost            *self);
G_FLOW_AVAILABLE_IN_0_1
void           g_flow_post_set_ordered           (GFlowPost            *self,
                                                  gboolean              ordered);
G_FLOW_AVAILABLE_IN_0_1
gboolean       g_flow_post_get_continue_on_error (GFlowPost            *self);
G_FLOW_AVAILABLE_IN_0_1
void           g_flow_post_set_continue_on_error (GFlowPost            *self,
                                                  gboolean              continue_on_error);
G_FLOW_AVAILABLE_IN_0_1
guint64        g_flow_post_get_n_sent            (GFlowPost            *self);
G_FLOW_AVAILABLE_IN_0_1
guint64        g_flow_post_get_n_done            (GFlowPost            *self);
G_FLOW_AVAILABLE_IN_0_1
guint64        g_flow_post_get_n_failed          (GFlowPost            *self);
G_FLOW_AVAILABLE_IN_0_1
gint64         g_flow_post_get_n_total           (GFlowPost            *self);
G_FLOW_AVAILABLE_IN_0_1
void           g_flow_post_set_n_total           (GFlowPost            *self,
                                                  gint64                n_total);
G_FLOW_AVAILABLE_IN_0_1
double         g_flow_post_get_fraction          (GFlowPost            *self);

G_END_DECLS
