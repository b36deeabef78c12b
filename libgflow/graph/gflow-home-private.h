/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The thread and the context that a flow belongs to: where user data is
 * destroyed, wherever the last reference was dropped. */
typedef struct
{
  GMainContext *context; /* (owned) (nullable): anywhere */
  GThread      *thread;  /* compared, never followed */
} GFlowHome;

/* The context of the caller, or NULL. Declared here for flows; implemented by the runs,
 * in whose bodies flows may be made. */
GMainContext *_g_flow_home_find_context (void);

void     _g_flow_home_init     (GFlowHome      *home);
void     _g_flow_home_copy     (GFlowHome       *home,
                                const GFlowHome *other);
void     _g_flow_home_clear    (GFlowHome      *home);
gboolean _g_flow_home_is_here  (const GFlowHome *home);
void     _g_flow_home_release  (const GFlowHome *home,
                                gpointer         data,
                                GDestroyNotify   free_func);

G_END_DECLS
