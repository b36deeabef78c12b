/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-json-private.h"

#include "graph/gflow-error.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

void
_g_flow_json_append_string (GString    *out,
                            const char *text)
{
  static const char special[] = "\b\f\n\r\t";
  static const char letters[] = "bfnrt";

  g_string_append_c (out, '"');
  while (*text != '\0')
    {
      const char *start = text;

      while ((guchar) *text >= 0x20 && *text != '"' && *text != '\\')
        text++;
      g_string_append_len (out, start, text - start);
      if (*text == '\0')
        break;

      const char *found = strchr (special, *text);

      if (found != NULL)
        g_string_append_printf (out, "\\%c", letters[found - special]);
      else if ((guchar) *text < 0x20)
        g_string_append_printf (out, "\\u%04x", (guint) *text);
      else
        g_string_append_printf (out, "\\%c", *text);
      text++;
    }
  g_string_append_c (out, '"');
}

/* No more digits than it takes to read this number again, and as no integer. */
static gboolean
append_double (GString  *out,
               double    number,
               GError  **error)
{
  char digits[G_ASCII_DTOSTR_BUF_SIZE];
  static const char * const formats[] = { "%.15g", "%.16g", "%.17g" };

  if (!isfinite (number))
    {
      g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT,
                   _("JSON has no word for the number %f"), number);
      return FALSE;
    }
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    {
      g_ascii_formatd (digits, sizeof digits, formats[i], number);
      if (g_ascii_strtod (digits, NULL) == number)
        break;
    }
  g_string_append (out, digits);
  if (strpbrk (digits, ".e") == NULL)
    g_string_append (out, ".0");
  return TRUE;
}

static gboolean append_nested (GString   *out,
                               GVariant  *value,
                               guint      depth,
                               GError   **error);

/* An array, or a tuple. */
static gboolean
append_array (GString   *out,
              GVariant  *value,
              guint      depth,
              GError   **error)
{
  GVariantIter iter;
  GVariant *item;
  gboolean first = TRUE;
  gboolean good = TRUE;

  g_string_append_c (out, '[');
  g_variant_iter_init (&iter, value);
  while (good && (item = g_variant_iter_next_value (&iter)) != NULL)
    {
      if (!first)
        g_string_append_c (out, ',');
      first = FALSE;
      good = append_nested (out, item, depth + 1, error);
      g_variant_unref (item);
    }
  g_string_append_c (out, ']');
  return good;
}

/* The names of members are strings, also those that were numbers. */
static void
append_name (GString  *out,
             GVariant *key)
{
  if (g_variant_type_is_subtype_of (g_variant_get_type (key), G_VARIANT_TYPE_STRING) ||
      g_variant_is_of_type (key, G_VARIANT_TYPE_OBJECT_PATH) ||
      g_variant_is_of_type (key, G_VARIANT_TYPE_SIGNATURE))
    {
      _g_flow_json_append_string (out, g_variant_get_string (key, NULL));
      return;
    }

  g_autofree char *printed = g_variant_print (key, FALSE);

  _g_flow_json_append_string (out, printed);
}

static gboolean
append_entry (GString   *out,
              GVariant  *entry,
              guint      depth,
              GError   **error)
{
  g_autoptr(GVariant) key = g_variant_get_child_value (entry, 0);
  g_autoptr(GVariant) value = g_variant_get_child_value (entry, 1);

  append_name (out, key);
  g_string_append_c (out, ':');
  return append_nested (out, value, depth + 1, error);
}

static gboolean
append_object (GString   *out,
               GVariant  *value,
               guint      depth,
               GError   **error)
{
  const gsize n = g_variant_n_children (value);
  gboolean good = TRUE;

  g_string_append_c (out, '{');
  for (gsize i = 0; good && i < n; i++)
    {
      g_autoptr(GVariant) entry = g_variant_get_child_value (value, i);

      if (i > 0)
        g_string_append_c (out, ',');
      good = append_entry (out, entry, depth, error);
    }
  g_string_append_c (out, '}');
  return good;
}

/* What is inside of a variant, or of a maybe; nothing is null. */
static gboolean
append_inside (GString   *out,
               GVariant  *value,
               guint      depth,
               GError   **error)
{
  if (g_variant_n_children (value) == 0)
    {
      g_string_append (out, "null");
      return TRUE;
    }

  g_autoptr(GVariant) inside = g_variant_get_child_value (value, 0);

  /* Any number of them, one in the other, is one level. */
  while (g_variant_is_of_type (inside, G_VARIANT_TYPE_VARIANT))
    {
      GVariant *outer = inside;

      inside = g_variant_get_variant (outer);
      g_variant_unref (outer);
    }
  return append_nested (out, inside, depth, error);
}

static gboolean
append_nested (GString   *out,
               GVariant  *value,
               guint      depth,
               GError   **error)
{
  const gboolean has_level = g_variant_is_container (value) &&
                             !g_variant_is_of_type (value, G_VARIANT_TYPE_VARIANT) &&
                             !g_variant_is_of_type (value, G_VARIANT_TYPE_MAYBE);

  if (has_level && depth >= G_FLOW_JSON_MAX_DEPTH)
    {
      g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT,
                   _("Nested deeper than %d levels"), G_FLOW_JSON_MAX_DEPTH);
      return FALSE;
    }

  switch (g_variant_classify (value))
    {
    case G_VARIANT_CLASS_BOOLEAN:
      g_string_append (out, g_variant_get_boolean (value) ? "true" : "false");
      return TRUE;
    case G_VARIANT_CLASS_BYTE:
      g_string_append_printf (out, "%d", g_variant_get_byte (value));
      return TRUE;
    case G_VARIANT_CLASS_INT16:
      g_string_append_printf (out, "%d", g_variant_get_int16 (value));
      return TRUE;
    case G_VARIANT_CLASS_UINT16:
      g_string_append_printf (out, "%d", g_variant_get_uint16 (value));
      return TRUE;
    case G_VARIANT_CLASS_INT32:
      g_string_append_printf (out, "%d", g_variant_get_int32 (value));
      return TRUE;
    case G_VARIANT_CLASS_UINT32:
      g_string_append_printf (out, "%u", g_variant_get_uint32 (value));
      return TRUE;
    case G_VARIANT_CLASS_INT64:
      g_string_append_printf (out, "%" G_GINT64_FORMAT, g_variant_get_int64 (value));
      return TRUE;
    case G_VARIANT_CLASS_UINT64:
      g_string_append_printf (out, "%" G_GUINT64_FORMAT, g_variant_get_uint64 (value));
      return TRUE;
    case G_VARIANT_CLASS_HANDLE:
      g_string_append_printf (out, "%d", g_variant_get_handle (value));
      return TRUE;
    case G_VARIANT_CLASS_DOUBLE:
      return append_double (out, g_variant_get_double (value), error);
    case G_VARIANT_CLASS_STRING:
    case G_VARIANT_CLASS_OBJECT_PATH:
    case G_VARIANT_CLASS_SIGNATURE:
      _g_flow_json_append_string (out, g_variant_get_string (value, NULL));
      return TRUE;
    case G_VARIANT_CLASS_VARIANT:
    case G_VARIANT_CLASS_MAYBE:
      return append_inside (out, value, depth, error);
    case G_VARIANT_CLASS_ARRAY:
      if (g_variant_is_of_type (value, G_VARIANT_TYPE_DICTIONARY))
        return append_object (out, value, depth, error);
      return append_array (out, value, depth, error);
    case G_VARIANT_CLASS_DICT_ENTRY:
    case G_VARIANT_CLASS_TUPLE:
    default:
      return append_array (out, value, depth, error);
    }
}

/* Any value, inside of so many others. What JSON does not have is written as what is
 * nearest: all integers are the same, and tuples are arrays. */
gboolean
_g_flow_json_append_value (GString   *out,
                           GVariant  *value,
                           guint      depth,
                           GError   **error)
{
  return append_nested (out, value, depth, error);
}
