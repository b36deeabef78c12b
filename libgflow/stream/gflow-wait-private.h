/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A blocking call of an async function, in a private context:
 *
 *   GFlowWait wait;
 *
 *   _g_flow_wait_begin (&wait);
 *   g_flow_open (self, cancellable, _g_flow_wait_cb, &wait);
 *   _g_flow_wait_iterate (&wait);
 *   opened = g_flow_open_finish (self, wait.result, error);
 *   _g_flow_wait_end (&wait);
 */
typedef struct
{
  GMainContext *context; /* (owned) */
  GAsyncResult *result;  /* (owned) (nullable) */
  gpointer      left;    /* what has not ended, for whoever ends the call */
} GFlowWait;

void _g_flow_wait_begin   (GFlowWait    *self);
void _g_flow_wait_cb      (GObject      *source,
                           GAsyncResult *result,
                           gpointer      user_data);
void _g_flow_wait_iterate (GFlowWait    *self);
void _g_flow_wait_end     (GFlowWait    *self);
void _g_flow_wait_for_runs (GMainContext *context);

G_END_DECLS
