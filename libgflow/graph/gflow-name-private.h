/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-flow.h"

G_BEGIN_DECLS

gboolean  _g_flow_check_name    (const char  *name,
                                 GError     **error);
char     *_g_flow_describe_name (const char  *name);
char     *_g_flow_find_free_name (GFlow      *self,
                                 const char  *name,
                                 GHashTable  *others);

G_END_DECLS
