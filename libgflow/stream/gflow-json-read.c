/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-json-private.h"

#include "graph/gflow-error.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

/* Objects are dictionaries (a{sv}), arrays are av, integers x (or t, if they are too
 * large for x), other numbers d, null is nothing of the type mv. */

void
_g_flow_json_init (GFlowJson  *json,
                   const char *text,
                   gsize       length)
{
  *json = (GFlowJson) {
    .text = text, .end = text + length, .at = text, .max_depth = G_FLOW_JSON_MAX_DEPTH
  };
}

void
_g_flow_json_clear (GFlowJson *json)
{
  g_clear_pointer (&json->problem, g_free);
}

/* The first problem is the one to tell of. */
gboolean
_g_flow_json_fail (GFlowJson  *json,
                   const char *at,
                   const char *format,
                   ...)
{
  if (json->problem == NULL)
    {
      va_list args;

      va_start (args, format);
      json->problem = g_strdup_vprintf (format, args);
      va_end (args);
      json->problem_at = at;
    }
  return FALSE;
}

/* Also if there are bytes that belong to none. */
guint64
_g_flow_count_characters (const char *from,
                          const char *to)
{
  guint64 n = 0;

  for (; from < to; from++)
    n += (*from & 0xc0) != 0x80;
  return n;
}

GError *
_g_flow_error_new_at (const char *name,
                      guint64     line,
                      guint64     column,
                      const char *text,
                      const char *at,
                      const char *message)
{
  for (const char *p = text; p < at; p++)
    if (*p == '\n')
      {
        line++;
        column = 1;
        text = p + 1;
      }
  column += _g_flow_count_characters (text, at);
  return g_error_new (G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT,
                      "%s%s%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT ": %s",
                      name != NULL ? name : "", name != NULL ? ":" : "", line, column, message);
}

void
_g_flow_json_set_error (GFlowJson   *json,
                        const char  *name,
                        guint64      line,
                        guint64      column,
                        GError     **error)
{
  g_propagate_error (error, _g_flow_error_new_at (name, line, column, json->text,
                                                  json->problem_at, json->problem));
}

/* The next character that means something, or the end of the text. */
const char *
_g_flow_json_peek (GFlowJson *json)
{
  while (json->at < json->end &&
         (*json->at == ' ' || *json->at == '\n' || *json->at == '\r' || *json->at == '\t'))
    json->at++;
  return json->at;
}

static gboolean
fail_here (GFlowJson  *json,
           const char *wanted)
{
  if (json->at == json->end)
    return _g_flow_json_fail (json, json->at, _("The text ends where there should be %s"), wanted);
  return _g_flow_json_fail (json, json->at, _("There should be %s here"), wanted);
}

static gboolean
take (GFlowJson *json,
      char       character)
{
  if (_g_flow_json_peek (json) == json->end || *json->at != character)
    return FALSE;
  json->at++;
  return TRUE;
}

static gboolean
begin (GFlowJson  *json,
       char        bracket,
       const char *wanted)
{
  const char *at = _g_flow_json_peek (json);

  if (!take (json, bracket))
    return fail_here (json, wanted);
  if (++json->depth > json->max_depth)
    return _g_flow_json_fail (json, at, _("Nested deeper than %d levels"), G_FLOW_JSON_MAX_DEPTH);
  json->fresh = TRUE;
  return TRUE;
}

/* To the next item of an array or object, if there is one. */
static gboolean
next (GFlowJson  *json,
      char        bracket,
      const char *wanted)
{
  const gboolean first = json->fresh;

  json->fresh = FALSE;
  if (take (json, bracket))
    {
      json->depth--;
      return FALSE;
    }
  return first || take (json, ',') || fail_here (json, wanted);
}

gboolean
_g_flow_json_object_begin (GFlowJson *json)
{
  return begin (json, '{', _("an object, “{”"));
}

/* The name of the next member, after which its value is to be read. */
gboolean
_g_flow_json_object_next (GFlowJson  *json,
                          char      **name)
{
  if (!next (json, '}', _("“,” or “}”")))
    return FALSE;
  if (*_g_flow_json_peek (json) != '"' || json->at == json->end)
    return fail_here (json, _("the name of a member, in double quotes"));
  *name = _g_flow_json_string (json);
  if (*name == NULL)
    return FALSE;
  if (take (json, ':'))
    return TRUE;
  g_clear_pointer (name, g_free);
  return fail_here (json, _("“:”"));
}

gboolean
_g_flow_json_array_begin (GFlowJson *json)
{
  return begin (json, '[', _("an array, “[”"));
}

gboolean
_g_flow_json_array_next (GFlowJson *json)
{
  return next (json, ']', _("“,” or “]”"));
}

/* Strings */

static gboolean
read_hex (GFlowJson *json,
          guint     *unit)
{
  *unit = 0;
  for (guint i = 0; i < 4; i++, json->at++)
    {
      if (json->at == json->end || !g_ascii_isxdigit (*json->at))
        return fail_here (json, _("four hexadecimal digits after “\\u”"));
      *unit = *unit * 16 + g_ascii_xdigit_value (*json->at);
    }
  return TRUE;
}

/* What follows \u: one unit of UTF-16, or two. */
static gboolean
read_unicode (GFlowJson *json,
              GString   *out)
{
  const char *start = json->at - 2;
  guint unit;
  guint low;

  if (!read_hex (json, &unit))
    return FALSE;
  if (unit == 0)
    return _g_flow_json_fail (json, start, _("A string cannot hold \\u0000"));
  if (unit >= 0xd800 && unit <= 0xdbff && json->end - json->at >= 2 &&
      json->at[0] == '\\' && json->at[1] == 'u')
    {
      json->at += 2;
      if (!read_hex (json, &low))
        return FALSE;
      if (low >= 0xdc00 && low <= 0xdfff)
        unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
    }
  if (unit >= 0xd800 && unit <= 0xdfff)
    return _g_flow_json_fail (json, start, _("Half of a surrogate pair"));
  g_string_append_unichar (out, unit);
  return TRUE;
}

static gboolean
read_escape (GFlowJson *json,
             GString   *out)
{
  static const char escapes[] = "\"\\/bfnrt";
  static const char meanings[] = "\"\\/\b\f\n\r\t";
  const char *found;

  if (json->at == json->end)
    return _g_flow_json_fail (json, json->at, _("The text ends inside of a string"));
  if (*json->at == 'u')
    {
      json->at++;
      return read_unicode (json, out);
    }
  found = *json->at != '\0' ? strchr (escapes, *json->at) : NULL;
  if (found == NULL)
    return _g_flow_json_fail (json, json->at - 1, _("“\\” has no meaning before this character"));
  json->at++;
  g_string_append_c (out, meanings[found - escapes]);
  return TRUE;
}

static gboolean
is_plain (char character)
{
  return (guchar) character >= 0x20 && character != '"' && character != '\\';
}

static gboolean
read_rest_of_string (GFlowJson *json,
                     GString   *out)
{
  const char *invalid;

  while (json->at < json->end && *json->at != '"')
    {
      const char *start = json->at;

      while (json->at < json->end && is_plain (*json->at))
        json->at++;
      if (!g_utf8_validate (start, json->at - start, &invalid))
        return _g_flow_json_fail (json, invalid, _("This is not UTF-8"));
      g_string_append_len (out, start, json->at - start);
      if (json->at == json->end || *json->at == '"')
        continue;
      if (*json->at != '\\')
        return _g_flow_json_fail (json, json->at, _("A string cannot hold a control character as it is"));
      json->at++;
      if (!read_escape (json, out))
        return FALSE;
    }
  if (json->at == json->end)
    return _g_flow_json_fail (json, json->at, _("The text ends inside of a string"));
  json->at++;
  return TRUE;
}

char *
_g_flow_json_string (GFlowJson *json)
{
  g_autoptr(GString) out = NULL;
  const char *closing;

  if (!take (json, '"'))
    {
      fail_here (json, _("a string, in double quotes"));
      return NULL;
    }

  /* Mostly there is nothing to unescape, and then it is known how long it will be. */
  for (closing = json->at; closing < json->end && is_plain (*closing); closing++)
    ;
  out = g_string_sized_new (closing - json->at);
  if (!read_rest_of_string (json, out))
    return NULL;
  return g_string_free (g_steal_pointer (&out), FALSE);
}

/* Other values */

static gboolean
take_word (GFlowJson  *json,
           const char *word)
{
  const gsize length = strlen (word);

  if ((gsize) (json->end - json->at) < length || memcmp (json->at, word, length) != 0)
    return FALSE;
  json->at += length;
  return TRUE;
}

gboolean
_g_flow_json_null (GFlowJson *json)
{
  _g_flow_json_peek (json);
  return take_word (json, "null");
}

static gboolean
take_digits (GFlowJson *json)
{
  const char *start = json->at;

  while (json->at < json->end && g_ascii_isdigit (*json->at))
    json->at++;
  return json->at > start || fail_here (json, _("a digit"));
}

static gboolean
take_either (GFlowJson  *json,
             const char *characters)
{
  if (json->at == json->end || *json->at == '\0' || strchr (characters, *json->at) == NULL)
    return FALSE;
  json->at++;
  return TRUE;
}

/* Goes over a number, and tells whether it is an integer. */
static gboolean
scan_number (GFlowJson *json,
             gboolean  *is_integer)
{
  const char *first;

  *is_integer = TRUE;
  take_either (json, "-");
  first = json->at;
  if (!take_digits (json))
    return FALSE;
  if (*first == '0' && json->at > first + 1)
    return _g_flow_json_fail (json, first, _("A number cannot begin with 0"));
  if (take_either (json, "."))
    {
      *is_integer = FALSE;
      if (!take_digits (json))
        return FALSE;
    }
  if (take_either (json, "eE"))
    {
      *is_integer = FALSE;
      take_either (json, "+-");
      if (!take_digits (json))
        return FALSE;
    }
  return TRUE;
}

static GVariant *
new_integer (const char *digits)
{
  if (*digits == '-')
    {
      const gint64 number = (errno = 0, g_ascii_strtoll (digits, NULL, 10));

      return errno == 0 ? g_variant_new_int64 (number) : NULL;
    }

  const guint64 number = (errno = 0, g_ascii_strtoull (digits, NULL, 10));

  if (errno != 0)
    return NULL;
  return number <= G_MAXINT64 ? g_variant_new_int64 (number) : g_variant_new_uint64 (number);
}

static GVariant *
read_number (GFlowJson *json)
{
  const char *start = json->at;
  g_autofree char *digits = NULL;
  gboolean is_integer;
  double number;

  if (!scan_number (json, &is_integer))
    return NULL;

  digits = g_strndup (start, json->at - start);
  if (is_integer)
    {
      GVariant *integer = new_integer (digits);

      if (integer == NULL)
        _g_flow_json_fail (json, start, _("This integer has more than 64 bits"));
      return integer;
    }
  number = g_ascii_strtod (digits, NULL);
  if (!isfinite (number))
    {
      _g_flow_json_fail (json, start, _("This number is too large"));
      return NULL;
    }
  return g_variant_new_double (number);
}

static GVariant *
read_array (GFlowJson *json)
{
  GVariantBuilder builder;

  if (!_g_flow_json_array_begin (json))
    return NULL;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("av"));
  while (_g_flow_json_array_next (json))
    {
      GVariant *value = _g_flow_json_value (json);

      if (value == NULL)
        break;
      g_variant_builder_add (&builder, "v", value);
    }
  if (json->problem == NULL)
    return g_variant_builder_end (&builder);
  g_variant_builder_clear (&builder);
  return NULL;
}

static GVariant *
read_object (GFlowJson *json)
{
  g_autoptr(GHashTable) names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GVariantBuilder builder;
  char *name;

  if (!_g_flow_json_object_begin (json))
    return NULL;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  while (_g_flow_json_object_next (json, &name))
    {
      const char *at = json->at;
      GVariant *value = _g_flow_json_value (json);

      if (value != NULL)
        g_variant_builder_add (&builder, "{sv}", name, value);
      if (value != NULL && g_hash_table_contains (names, name))
        _g_flow_json_fail (json, at, _("“%s” is there twice"), name);
      g_hash_table_add (names, name);
      if (json->problem != NULL)
        break;
    }
  if (json->problem == NULL)
    return g_variant_builder_end (&builder);
  g_variant_builder_clear (&builder);
  return NULL;
}

static GVariant *
read_string (GFlowJson *json)
{
  char *text = _g_flow_json_string (json);

  return text != NULL ? g_variant_new_take_string (text) : NULL;
}

/* Any value, as a floating GVariant. */
GVariant *
_g_flow_json_value (GFlowJson *json)
{
  if (_g_flow_json_peek (json) < json->end)
    switch (*json->at)
      {
      case '{':
        return read_object (json);
      case '[':
        return read_array (json);
      case '"':
        return read_string (json);
      case '-': case '0': case '1': case '2': case '3': case '4':
      case '5': case '6': case '7': case '8': case '9':
        return read_number (json);
      case 't':
        if (take_word (json, "true"))
          return g_variant_new_boolean (TRUE);
        break;
      case 'f':
        if (take_word (json, "false"))
          return g_variant_new_boolean (FALSE);
        break;
      case 'n':
        if (take_word (json, "null"))
          return g_variant_new_maybe (G_VARIANT_TYPE_VARIANT, NULL);
        break;
      default:
        break;
      }
  fail_here (json, _("a value"));
  return NULL;
}

gboolean
_g_flow_json_end (GFlowJson *json)
{
  return _g_flow_json_peek (json) == json->end ||
         _g_flow_json_fail (json, json->at, _("The text goes on after its end"));
}
