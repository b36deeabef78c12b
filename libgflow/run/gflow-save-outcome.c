/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-save-private.h"

#include "gflow-values-private.h"

#include <string.h>

/* The outcome of a node, as it is kept: a dictionary.
 *
 *   skipped  b   it was skipped by choice
 *   result   v   its result
 *   type     s   the type of the result; if there is none, it is a variant
 *   lost     b   it had a result that is not kept
 *   selected as  the downstreams that it has selected, if it has chosen among them */

/* Results */

static gboolean
is_utf8 (const char * const *strings)
{
  for (; *strings != NULL; strings++)
    if (!g_utf8_validate (*strings, -1, NULL))
      return FALSE;
  return TRUE;
}

/* Strings of C need not be UTF-8, those in variants are. */
static GVariant *
encode_string (const char *string)
{
  if (string == NULL)
    return g_variant_new_maybe (G_VARIANT_TYPE_STRING, NULL);
  return g_utf8_validate (string, -1, NULL) ? g_variant_new_string (string)
                                            : g_variant_new_bytestring (string);
}

static GVariant *
encode_boxed (const GValue *value)
{
  gconstpointer boxed = g_value_get_boxed (value);

  if (G_VALUE_HOLDS (value, G_TYPE_STRV))
    {
      if (boxed == NULL)
        return g_variant_new_maybe (G_VARIANT_TYPE_STRING_ARRAY, NULL);
      return is_utf8 (boxed) ? g_variant_new_strv (boxed, -1)
                             : g_variant_new_bytestring_array (boxed, -1);
    }
  if (G_VALUE_HOLDS (value, G_TYPE_BYTES))
    return boxed == NULL ? g_variant_new_maybe (G_VARIANT_TYPE_BYTESTRING, NULL)
                         : g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, (GBytes *) boxed,
                                                     TRUE);
  return NULL;
}

static GVariant *encode_value (const GValue *value);

/* One that is a variant by nature needs no name of a type. */
static const char *
get_type_name (const GValue *value)
{
  return G_VALUE_HOLDS_VARIANT (value) && g_value_get_variant (value) != NULL
           ? "" : G_VALUE_TYPE_NAME (value);
}

/* Of each item the name of its type, and its value, unless it is missing. */
#define VALUES_TYPE "a(smv)"

/* The results of a map, if all of them can be kept. */
static GVariant *
encode_values (GFlowValues *values)
{
  g_auto(GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE (VALUES_TYPE));
  const guint n = g_flow_values_get_n_values (values);

  for (guint i = 0; i < n; i++)
    {
      const GValue *value = g_flow_values_get_value (values, i);
      GVariant *encoded = value != NULL ? encode_value (value) : NULL;

      if (value != NULL && encoded == NULL)
        return NULL;
      g_variant_builder_add (&builder, "(smv)", value != NULL ? get_type_name (value) : "", encoded);
    }
  return g_variant_builder_end (&builder);
}

static GVariant *
encode_object (const GValue *value)
{
  return G_VALUE_HOLDS (value, G_TYPE_FLOW_VALUES) && g_value_get_object (value) != NULL
           ? encode_values (g_value_get_object (value)) : NULL;
}

/* NULL if the value cannot be kept. Floating, or a reference of the value's. */
static GVariant *
encode_value (const GValue *value)
{
  switch (G_TYPE_FUNDAMENTAL (G_VALUE_TYPE (value)))
    {
    case G_TYPE_BOOLEAN:
      return g_variant_new_boolean (g_value_get_boolean (value));
    case G_TYPE_CHAR:
      return g_variant_new_int16 (g_value_get_schar (value));
    case G_TYPE_UCHAR:
      return g_variant_new_byte (g_value_get_uchar (value));
    case G_TYPE_INT:
      return g_variant_new_int32 (g_value_get_int (value));
    case G_TYPE_UINT:
      return g_variant_new_uint32 (g_value_get_uint (value));
    case G_TYPE_LONG:
      return g_variant_new_int64 (g_value_get_long (value));
    case G_TYPE_ULONG:
      return g_variant_new_uint64 (g_value_get_ulong (value));
    case G_TYPE_INT64:
      return g_variant_new_int64 (g_value_get_int64 (value));
    case G_TYPE_UINT64:
      return g_variant_new_uint64 (g_value_get_uint64 (value));
    case G_TYPE_ENUM:
      return g_variant_new_int32 (g_value_get_enum (value));
    case G_TYPE_FLAGS:
      return g_variant_new_uint32 (g_value_get_flags (value));
    case G_TYPE_FLOAT:
      return g_variant_new_double (g_value_get_float (value));
    case G_TYPE_DOUBLE:
      return g_variant_new_double (g_value_get_double (value));
    case G_TYPE_STRING:
      return encode_string (g_value_get_string (value));
    case G_TYPE_BOXED:
      return encode_boxed (value);
    case G_TYPE_VARIANT:
      return g_value_get_variant (value) != NULL
               ? g_value_get_variant (value) : g_variant_new_maybe (G_VARIANT_TYPE_VARIANT, NULL);
    case G_TYPE_OBJECT:
      return encode_object (value);
    default:
      return NULL;
    }
}

static gboolean
decode_string (GVariant *kept,
               GValue   *value)
{
  if (g_variant_is_of_type (kept, G_VARIANT_TYPE_STRING))
    g_value_set_string (value, g_variant_get_string (kept, NULL));
  else if (g_variant_is_of_type (kept, G_VARIANT_TYPE_BYTESTRING))
    g_value_set_string (value, g_variant_get_bytestring (kept));
  else
    return g_variant_is_of_type (kept, G_VARIANT_TYPE ("ms"));
  return TRUE;
}

static gboolean
decode_boxed (GVariant *kept,
              GValue   *value)
{
  if (G_VALUE_HOLDS (value, G_TYPE_STRV))
    {
      if (g_variant_is_of_type (kept, G_VARIANT_TYPE_STRING_ARRAY))
        g_value_take_boxed (value, g_variant_dup_strv (kept, NULL));
      else if (g_variant_is_of_type (kept, G_VARIANT_TYPE_BYTESTRING_ARRAY))
        g_value_take_boxed (value, g_variant_dup_bytestring_array (kept, NULL));
      else
        return g_variant_is_of_type (kept, G_VARIANT_TYPE ("mas"));
      return TRUE;
    }
  if (G_VALUE_HOLDS (value, G_TYPE_BYTES))
    {
      if (g_variant_is_of_type (kept, G_VARIANT_TYPE_BYTESTRING))
        g_value_take_boxed (value, g_variant_get_data_as_bytes (kept));
      else
        return g_variant_is_of_type (kept, G_VARIANT_TYPE ("may"));
      return TRUE;
    }
  return FALSE;
}

static gboolean decode_typed (GVariant   *kept,
                              const char *name,
                              GValue     *value);

static gboolean
decode_values (GVariant *kept,
               GValue   *value)
{
  if (!G_VALUE_HOLDS (value, G_TYPE_FLOW_VALUES) ||
      !g_variant_is_of_type (kept, G_VARIANT_TYPE (VALUES_TYPE)))
    return FALSE;

  const gsize n = g_variant_n_children (kept);
  g_autoptr(GFlowValues) values = _g_flow_values_new (n);

  for (gsize i = 0; i < n; i++)
    {
      g_autoptr(GVariant) item = NULL;
      const char *name;

      g_variant_get_child (kept, i, "(&smv)", &name, &item);
      if (item != NULL && !decode_typed (item, name, _g_flow_values_peek (values, i)))
        return FALSE;
    }
  g_value_set_object (value, values);
  return TRUE;
}

#define DECODE(type, get, set)                              \
  G_STMT_START                                              \
  {                                                         \
    if (!g_variant_is_of_type (kept, G_VARIANT_TYPE (type)))\
      return FALSE;                                         \
    set (value, get (kept));                                \
    return TRUE;                                            \
  }                                                         \
  G_STMT_END

static gboolean
decode_value (GVariant *kept,
              GValue   *value)
{
  switch (G_TYPE_FUNDAMENTAL (G_VALUE_TYPE (value)))
    {
    case G_TYPE_BOOLEAN:
      DECODE ("b", g_variant_get_boolean, g_value_set_boolean);
    case G_TYPE_CHAR:
      DECODE ("n", g_variant_get_int16, g_value_set_schar);
    case G_TYPE_UCHAR:
      DECODE ("y", g_variant_get_byte, g_value_set_uchar);
    case G_TYPE_INT:
      DECODE ("i", g_variant_get_int32, g_value_set_int);
    case G_TYPE_UINT:
      DECODE ("u", g_variant_get_uint32, g_value_set_uint);
    case G_TYPE_LONG:
      DECODE ("x", g_variant_get_int64, g_value_set_long);
    case G_TYPE_ULONG:
      DECODE ("t", g_variant_get_uint64, g_value_set_ulong);
    case G_TYPE_INT64:
      DECODE ("x", g_variant_get_int64, g_value_set_int64);
    case G_TYPE_UINT64:
      DECODE ("t", g_variant_get_uint64, g_value_set_uint64);
    case G_TYPE_ENUM:
      DECODE ("i", g_variant_get_int32, g_value_set_enum);
    case G_TYPE_FLAGS:
      DECODE ("u", g_variant_get_uint32, g_value_set_flags);
    case G_TYPE_FLOAT:
      DECODE ("d", g_variant_get_double, g_value_set_float);
    case G_TYPE_DOUBLE:
      DECODE ("d", g_variant_get_double, g_value_set_double);
    case G_TYPE_STRING:
      return decode_string (kept, value);
    case G_TYPE_BOXED:
      return decode_boxed (kept, value);
    case G_TYPE_VARIANT:
      return g_variant_is_of_type (kept, G_VARIANT_TYPE ("mv"));
    case G_TYPE_OBJECT:
      return decode_values (kept, value);
    default:
      return FALSE;
    }
}

/* Types that are not there before they are asked for. */
static void
ensure_types (void)
{
  g_type_ensure (G_TYPE_STRV);
  g_type_ensure (G_TYPE_BYTES);
  g_type_ensure (G_TYPE_FLOW_VALUES);
}

/* A value of the type of that name, of a variant if there is none. FALSE, and @value is not set,
 * also if this program does not know the type. */
static gboolean
decode_typed (GVariant   *kept,
              const char *name,
              GValue     *value)
{
  if (*name == '\0')
    {
      g_value_init (value, G_TYPE_VARIANT);
      g_value_set_variant (value, kept);
      return TRUE;
    }

  ensure_types ();

  const GType type = g_type_from_name (name);

  if (!G_TYPE_IS_VALUE (type) || G_TYPE_IS_VALUE_ABSTRACT (type))
    return FALSE;

  g_value_init (value, type);
  if (decode_value (kept, value))
    return TRUE;
  g_value_unset (value);
  return FALSE;
}

/* Variants around a result where it is kept, and some to spare */
#define MAX_WRAPS 8

/* What is nested too deep could not be read again. Whether it can means looking at all of it,
 * which is left out for types that are flat. */
static gboolean
is_readable (GVariant *kept)
{
  const char *type = g_variant_get_type_string (kept);

  if (g_variant_get_size (kept) > G_FLOW_MAX_KEPT_SIZE)
    return FALSE;
  if (strchr (type, 'v') == NULL && strlen (type) < 16)
    return TRUE;

  GVariant *wrapped = kept;

  for (guint i = 0; i < MAX_WRAPS; i++)
    wrapped = g_variant_new_variant (wrapped);
  g_variant_ref_sink (wrapped);

  g_autoptr(GBytes) bytes = g_variant_get_data_as_bytes (wrapped);
  g_autoptr(GVariant) read =
    g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE_VARIANT, bytes, FALSE));

  g_variant_unref (wrapped);
  return g_variant_is_normal_form (read);
}

static void
add_result (GVariantBuilder *builder,
            const GValue    *value)
{
  GVariant *encoded = encode_value (value);
  g_autoptr(GVariant) kept = encoded != NULL ? g_variant_ref_sink (encoded) : NULL;

  if (kept == NULL || !is_readable (kept))
    {
      g_variant_builder_add (builder, "{sv}", "lost", g_variant_new_boolean (TRUE));
      return;
    }
  if (*get_type_name (value) != '\0')
    g_variant_builder_add (builder, "{sv}", "type", g_variant_new_string (get_type_name (value)));
  g_variant_builder_add (builder, "{sv}", "result", kept);
}

/* What an object is known by: a file by its name, and others by a property that bindings give to
 * those that stand for values of their languages. Floating; NULL if there is nothing. */
static GVariant *
encode_key (GObject *object)
{
  GParamSpec *property = g_object_class_find_property (G_OBJECT_GET_CLASS (object), "gflow-key");
  g_autofree char *key = NULL;

  if (G_IS_FILE (object))
    key = g_file_get_uri (G_FILE (object));
  else if (property != NULL && G_PARAM_SPEC_VALUE_TYPE (property) == G_TYPE_STRING)
    g_object_get (object, "gflow-key", &key, NULL);
  return key != NULL && g_utf8_validate (key, -1, NULL)
           ? g_variant_new_take_string (g_steal_pointer (&key)) : NULL;
}

/* By which an item of a map is known again; 0 if it cannot be. In the owner context. */
guint64
_g_flow_outcome_digest (const GValue *item)
{
  g_autoptr(GChecksum) checksum = NULL;
  g_autoptr(GVariant) encoded = NULL;
  guint8 bytes[32];
  gsize length = sizeof (bytes);
  guint64 digest;

  if (G_VALUE_HOLDS_OBJECT (item) && g_value_get_object (item) != NULL)
    encoded = encode_key (g_value_get_object (item));
  else
    encoded = encode_value (item);
  if (encoded == NULL)
    return 0;

  g_variant_ref_sink (encoded);
  checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_checksum_update (checksum, (const guint8 *) g_variant_get_type_string (encoded), -1);
  if (g_variant_get_size (encoded) > 0)
    g_checksum_update (checksum, g_variant_get_data (encoded), g_variant_get_size (encoded));
  g_checksum_get_digest (checksum, bytes, &length);
  memcpy (&digest, bytes, sizeof (digest));
  return MAX (digest, 1);
}

/* Outcomes */

/* Whether a node that ends so has an outcome that is kept. */
gboolean
_g_flow_outcome_is_kept (GFlowRun       *run,
                         guint32         index,
                         GFlowNodeState  state)
{
  return state == G_FLOW_NODE_STATE_DONE ||
         (state == G_FLOW_NODE_STATE_SKIPPED &&
          (_g_flow_run_marks (run, index) & G_FLOW_MARK_BY_CHOICE) != 0);
}

/* In the thread that ends the node, or in the owner context after that. */
GVariant *
_g_flow_outcome_new (GFlowRun       *run,
                     guint32         index,
                     GFlowNodeState  state)
{
  GVariant *choice = _g_flow_run_save_choice (run, index);
  const GValue *value = NULL;
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  if (state == G_FLOW_NODE_STATE_SKIPPED)
    g_variant_builder_add (&builder, "{sv}", "skipped", g_variant_new_boolean (TRUE));
  else if (!_g_flow_run_find_result (run, index, &value))
    g_variant_builder_add (&builder, "{sv}", "lost", g_variant_new_boolean (TRUE));
  else if (value != NULL)
    add_result (&builder, value);
  if (choice != NULL)
    g_variant_builder_add (&builder, "{sv}", "selected", choice);
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

gboolean
_g_flow_outcome_is_skipped (GVariant *outcome)
{
  gboolean skipped = FALSE;

  return g_variant_lookup (outcome, "skipped", "b", &skipped) && skipped;
}

/* Whether the node had a result; it may be lost. */
gboolean
_g_flow_outcome_has_result (GVariant *outcome)
{
  g_autoptr(GVariant) result = g_variant_lookup_value (outcome, "result", NULL);
  gboolean lost = FALSE;

  return result != NULL || (g_variant_lookup (outcome, "lost", "b", &lost) && lost);
}

/* FALSE, and @value is not set, if there is none, or it is lost: also if this program
 * does not know its type. */
gboolean
_g_flow_outcome_get_result (GVariant *outcome,
                            GValue   *value)
{
  g_autoptr(GVariant) kept = g_variant_lookup_value (outcome, "result", NULL);
  const char *name = "";

  if (kept == NULL)
    return FALSE;

  /* One that is empty is none of a type. */
  if (g_variant_lookup (outcome, "type", "&s", &name) && *name == '\0')
    return FALSE;
  return decode_typed (kept, name, value);
}

/* The names of the downstreams that the node has selected; NULL if it has not chosen. */
char **
_g_flow_outcome_dup_choice (GVariant *outcome)
{
  char **names = NULL;

  g_variant_lookup (outcome, "selected", "^as", &names);
  return names;
}

void
_g_flow_outcomes_free (GVariant **outcomes,
                       guint      n)
{
  for (guint i = 0; outcomes != NULL && i < n; i++)
    g_clear_pointer (&outcomes[i], g_variant_unref);
  g_free (outcomes);
}
