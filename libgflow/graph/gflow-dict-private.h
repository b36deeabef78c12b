/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Dictionaries of type `a{sv}`, of which most are empty: then there is none. */

GVariant *_g_flow_dict_or_empty (GVariant  *dict);
gboolean  _g_flow_dict_set      (GVariant **dict,
                                 GVariant  *other);

G_END_DECLS
