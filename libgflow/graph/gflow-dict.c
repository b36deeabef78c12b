/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-dict-private.h"

/* @dict, or one that is empty, and stays. */
GVariant *
_g_flow_dict_or_empty (GVariant *dict)
{
  static GVariant *empty;

  if (dict != NULL)
    return dict;
  if (g_once_init_enter (&empty))
    g_once_init_leave (&empty, g_variant_ref_sink (g_variant_new ("a{sv}", NULL)));
  return empty;
}

/* Puts @other, which is consumed if it is floating, in place of @dict. FALSE if it is there
 * already. */
gboolean
_g_flow_dict_set (GVariant **dict,
                  GVariant  *other)
{
  if (*dict == other)
    return FALSE;

  g_clear_pointer (dict, g_variant_unref);
  *dict = other != NULL ? g_variant_ref_sink (other) : NULL;
  return TRUE;
}
