/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A program has many nodes, but only a few functions that destroy the data of their bodies: so a
 * node has the number of one, which is a byte, in place of a pointer. */
guint8         _g_flow_destroy_number (GDestroyNotify destroy);
GDestroyNotify _g_flow_destroy_get    (guint8         number);

G_END_DECLS
