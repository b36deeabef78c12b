/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-executor-private.h"

#include "graph/gflow-error.h"
#include "graph/gflow-plan-private.h"

#include <glib/gi18n-lib.h>

/* Making executors: by type or by name, with properties as a dictionary, or like another
 * one. */

static gboolean
check_type (GType    type,
            GError **error)
{
  if (g_type_is_a (type, G_TYPE_FLOW_EXECUTOR) && !G_TYPE_IS_ABSTRACT (type))
    return TRUE;

  g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT,
               G_TYPE_IS_ABSTRACT (type) ? _("“%s” is abstract: there are no executors of that type")
                                         : _("“%s” is not a type of executors"),
               type != 0 ? g_type_name (type) : "");
  return FALSE;
}

static void
set_unknown_error (GError       **error,
                   GObjectClass  *klass,
                   const char    *name)
{
  GFlowSimilar similar = { .name = name };
  guint n;
  g_autofree GParamSpec **pspecs = g_object_class_list_properties (klass, &n);

  for (guint i = 0; i < n; i++)
    _g_flow_similar_look (&similar, pspecs[i]->name);
  if (similar.best != NULL)
    g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT,
                 _("“%s” has no property “%s”; did you mean “%s”?"),
                 G_OBJECT_CLASS_NAME (klass), name, similar.best);
  else
    g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT,
                 _("“%s” has no property “%s”"), G_OBJECT_CLASS_NAME (klass), name);
}

/* Makes an integer of a number with a fraction that has none. */
static gboolean
make_whole (GValue *value)
{
  const double number = g_value_get_double (value);

  /* The bounds are powers of two, which are exact. */
  if (!(number >= -0x1p63 && number < 0x1p63) || (double) (gint64) number != number)
    return FALSE;
  g_value_unset (value);
  g_value_init (value, G_TYPE_INT64);
  g_value_set_int64 (value, (gint64) number);
  return TRUE;
}

/* An integer of any type. */
typedef struct
{
  gboolean negative;
  guint64  magnitude;
} Integer;

static gboolean
read_integer (const GValue *value,
              Integer      *integer)
{
  const gboolean is_unsigned = G_VALUE_HOLDS_UINT64 (value) || G_VALUE_HOLDS_ULONG (value);
  g_auto(GValue) wide = G_VALUE_INIT;

  g_value_init (&wide, is_unsigned ? G_TYPE_UINT64 : G_TYPE_INT64);
  if (!g_value_transform (value, &wide))
    return FALSE;

  const gint64 number = is_unsigned ? 0 : g_value_get_int64 (&wide);

  integer->negative = number < 0;
  integer->magnitude = is_unsigned ? g_value_get_uint64 (&wide)
                                   : number < 0 ? -(guint64) number : (guint64) number;
  return TRUE;
}

/* Whether @value has become what @plain is. */
static gboolean
is_same_number (const GValue *plain,
                const GValue *value)
{
  Integer wanted, is;

  if (!read_integer (plain, &wanted))
    return FALSE;
  if (!G_VALUE_HOLDS_DOUBLE (value) && !G_VALUE_HOLDS_FLOAT (value))
    return read_integer (value, &is) && is.negative == wanted.negative &&
           is.magnitude == wanted.magnitude;

  const double number = G_VALUE_HOLDS_FLOAT (value) ? (double) g_value_get_float (value)
                                                    : g_value_get_double (value);
  const double magnitude = number < 0 ? -number : number;

  return (number < 0) == wanted.negative && magnitude < 0x1p64 &&
         (guint64) magnitude == wanted.magnitude;
}

/* A number as another type of numbers: as it is, or not at all. Only a number with a fraction becomes
 * the nearest one that a property of less precision can have. */
static gboolean
convert_number (GValue *plain,
                GValue *value)
{
  if (G_VALUE_HOLDS_DOUBLE (plain) && G_VALUE_HOLDS_FLOAT (value))
    return g_value_transform (plain, value);
  if (G_VALUE_HOLDS_DOUBLE (plain) && !make_whole (plain))
    return FALSE;
  return g_value_transform (plain, value) && is_same_number (plain, value);
}

/* Text is never made of numbers, nor numbers of text. */
static gboolean
convert_plain (GVariant *variant,
               GValue   *value)
{
  g_auto(GValue) plain = G_VALUE_INIT;

  g_dbus_gvariant_to_gvalue (variant, &plain);
  if (G_VALUE_HOLDS_STRING (&plain) != G_VALUE_HOLDS_STRING (value))
    return FALSE;
  if (G_VALUE_TYPE (&plain) == G_VALUE_TYPE (value) || G_VALUE_HOLDS_STRING (&plain))
    return g_value_transform (&plain, value);
  return convert_number (&plain, value);
}

/* A variant as a value of the type of a property, without loss. */
static gboolean
convert_value (GParamSpec *pspec,
               GVariant   *variant,
               GValue     *value)
{
  g_value_init (value, pspec->value_type);
  if (pspec->value_type == G_TYPE_VARIANT)
    {
      g_value_set_variant (value, variant);
      return TRUE;
    }
  if (G_TYPE_IS_ENUM (pspec->value_type) && g_variant_is_of_type (variant, G_VARIANT_TYPE_STRING))
    {
      GEnumClass *klass = G_PARAM_SPEC_ENUM (pspec)->enum_class;
      GEnumValue *member = g_enum_get_value_by_nick (klass, g_variant_get_string (variant, NULL));

      if (member == NULL)
        return FALSE;
      g_value_set_enum (value, member->value);
    }
  else if (pspec->value_type == G_TYPE_FILE)
    {
      if (!g_variant_is_of_type (variant, G_VARIANT_TYPE_STRING))
        return FALSE;
      g_value_take_object (value,
                           g_file_new_for_commandline_arg (g_variant_get_string (variant, NULL)));
    }
  else if (!convert_plain (variant, value))
    {
      return FALSE;
    }
  /* Changed only if it was out of range. */
  return !g_param_value_validate (pspec, value);
}

static gboolean
convert_property (GObjectClass  *klass,
                  const char    *name,
                  GVariant      *variant,
                  GValue        *value,
                  GError       **error)
{
  GParamSpec *pspec = g_object_class_find_property (klass, name);

  if (pspec == NULL || (pspec->flags & G_PARAM_WRITABLE) == 0)
    {
      set_unknown_error (error, klass, name);
      return FALSE;
    }
  if (!convert_value (pspec, variant, value))
    {
      g_autofree char *text = g_variant_print (variant, FALSE);

      g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT,
                   _("The property “%s” of “%s” cannot be %s"), name, G_OBJECT_CLASS_NAME (klass),
                   text);
      return FALSE;
    }
  return TRUE;
}

/**
 * g_flow_executor_new_from_type:
 * @type: a type of executors
 * @with: (nullable): a dictionary of type `a{sv}` of properties to make it
 *   with, consumed if it is floating; members of enumerations may be given by their nicks
 * @error: return location for an error
 *
 * Makes an executor of the given type. Fails with %G_FLOW_ERROR_BAD_INPUT if the type
 * is none of executors, if it has no such property, or if the property cannot have that
 * value.
 *
 * Returns: (transfer full): a new executor
 *
 * Since: 0.1
 */
GFlowExecutor *
g_flow_executor_new_from_type (GType      type,
                               GVariant  *with,
                               GError   **error)
{
  g_return_val_if_fail (with == NULL ||
                        g_variant_is_of_type (with, G_VARIANT_TYPE_VARDICT), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr(GVariant) given = with != NULL ? g_variant_ref_sink (with) : NULL;

  if (!check_type (type, error))
    return NULL;

  g_autoptr(GTypeClass) klass = g_type_class_ref (type);
  const gsize n = given != NULL ? g_variant_n_children (given) : 0;
  g_autofree const char **names = g_new (const char *, n);
  g_autofree GValue *values = g_new0 (GValue, n);
  GFlowExecutor *self = NULL;
  gboolean ok = TRUE;

  for (gsize i = 0; ok && i < n; i++)
    {
      g_autoptr(GVariant) variant = NULL;

      g_variant_get_child (given, i, "{&sv}", &names[i], &variant);
      ok = convert_property (G_OBJECT_CLASS (klass), names[i], variant, &values[i], error);
    }
  if (ok)
    {
      self = G_FLOW_EXECUTOR (g_object_new_with_properties (type, n, names, values));
      _g_flow_executor_get_private (self)->given = g_steal_pointer (&given);
    }
  for (gsize i = 0; i < n; i++)
    if (G_IS_VALUE (&values[i]))
      g_value_unset (&values[i]);
  return self;
}

/* The types under @type, too. */
static void
look_at_types (GFlowSimilar *similar,
               GType         type)
{
  guint n;
  g_autofree GType *children = g_type_children (type, &n);

  for (guint i = 0; i < n; i++)
    {
      if (!G_TYPE_IS_ABSTRACT (children[i]))
        _g_flow_similar_look (similar, g_type_name (children[i]));
      look_at_types (similar, children[i]);
    }
}

/**
 * g_flow_executor_new_from_name:
 * @type_name: the name of a type of executors that is registered
 * @with: (nullable): as for [ctor@GFlow.FlowExecutor.new_from_type]
 * @error: return location for an error
 *
 * Makes an executor of the type with the given name.
 *
 * Returns: (transfer full): a new executor
 *
 * Since: 0.1
 */
GFlowExecutor *
g_flow_executor_new_from_name (const char  *type_name,
                               GVariant    *with,
                               GError     **error)
{
  g_return_val_if_fail (type_name != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  const GType type = g_type_from_name (type_name);

  if (type != 0)
    return g_flow_executor_new_from_type (type, with, error);

  g_autoptr(GVariant) given G_GNUC_UNUSED = with != NULL ? g_variant_ref_sink (with)
                                                               : NULL;
  GFlowSimilar similar = { .name = type_name };

  look_at_types (&similar, G_TYPE_FLOW_EXECUTOR);
  if (similar.best != NULL)
    g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT,
                 _("There is no type of executors “%s”; did you mean “%s”?"), type_name,
                 similar.best);
  else
    g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT,
                 _("There is no type of executors “%s”"), type_name);
  return NULL;
}

/* Like another one */

static gboolean
is_copied (GParamSpec *pspec)
{
  return (pspec->flags & G_PARAM_READWRITE) == G_PARAM_READWRITE &&
         (pspec->flags & G_PARAM_DEPRECATED) == 0;
}

/* Another executor of the same type and with the same properties. */
static GFlowExecutor *
copy_properties (GFlowExecutor *self)
{
  GType type = G_OBJECT_TYPE (self);
  guint n, n_copied = 0;
  g_autofree GParamSpec **pspecs =
    g_object_class_list_properties (G_OBJECT_GET_CLASS (self), &n);
  g_autofree const char **names = g_new (const char *, n);
  g_autofree GValue *values = g_new0 (GValue, n);

  for (guint i = 0; i < n; i++)
    if (is_copied (pspecs[i]))
      {
        names[n_copied] = pspecs[i]->name;
        g_value_init (&values[n_copied], pspecs[i]->value_type);
        g_object_get_property (G_OBJECT (self), pspecs[i]->name, &values[n_copied]);
        n_copied++;
      }

  GFlowExecutor *copy =
    G_FLOW_EXECUTOR (g_object_new_with_properties (type, n_copied, names, values));

  for (guint i = 0; i < n_copied; i++)
    g_value_unset (&values[i]);
  return copy;
}

/**
 * g_flow_executor_make_instance:
 * @self: an executor
 * @error: return location for an error
 *
 * Makes another executor that does the same: by what was set with
 * [method@GFlow.FlowExecutor.set_factory]; or else of the same type, with the same
 * properties, and with the bindings of this one where it has none of its own.
 *
 * Returns: (transfer full): a new executor
 *
 * Since: 0.1
 */
GFlowExecutor *
g_flow_executor_make_instance (GFlowExecutor  *self,
                               GError        **error)
{
  g_return_val_if_fail (G_IS_FLOW_EXECUTOR (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  GFlowExecutorPrivate *priv = _g_flow_executor_get_private (self);
  GFlowExecutor *instance;

  if (priv->factory != NULL)
    {
      GError *reason = NULL;

      instance = priv->factory (self, priv->factory_data, &reason);
      if (instance == NULL && reason == NULL)
        g_set_error (&reason, G_FLOW_ERROR, G_FLOW_ERROR_FAILED,
                     _("The factory of an executor “%s” made none"), G_OBJECT_TYPE_NAME (self));
      if (reason != NULL)
        {
          g_clear_object (&instance);
          g_propagate_error (error, reason);
          return NULL;
        }
    }
  else
    {
      instance = copy_properties (self);
    }
  _g_flow_executor_share_bindings (self, instance);
  return instance;
}

/* Whether two executors do the same, as far as can be told. */
gboolean
_g_flow_executor_equal (GFlowExecutor *a,
                        GFlowExecutor *b)
{
  if (a == b)
    return TRUE;
  if (a == NULL || b == NULL || G_OBJECT_TYPE (a) != G_OBJECT_TYPE (b))
    return FALSE;

  GFlowExecutorPrivate *priv_a = _g_flow_executor_get_private (a);
  GFlowExecutorPrivate *priv_b = _g_flow_executor_get_private (b);

  if (priv_a->given != NULL && priv_b->given != NULL &&
      !g_variant_equal (priv_a->given, priv_b->given))
    return FALSE;

  guint n;
  g_autofree GParamSpec **pspecs = g_object_class_list_properties (G_OBJECT_GET_CLASS (a), &n);

  for (guint i = 0; i < n; i++)
    {
      g_auto(GValue) value_a = G_VALUE_INIT, value_b = G_VALUE_INIT;

      if (!is_copied (pspecs[i]))
        continue;
      g_value_init (&value_a, pspecs[i]->value_type);
      g_value_init (&value_b, pspecs[i]->value_type);
      g_object_get_property (G_OBJECT (a), pspecs[i]->name, &value_a);
      g_object_get_property (G_OBJECT (b), pspecs[i]->name, &value_b);
      if (g_param_values_cmp (pspecs[i], &value_a, &value_b) != 0)
        return FALSE;
    }
  return TRUE;
}

/**
 * g_flow_executor_set_factory:
 * @self: an executor that no open flow has
 * @func: (scope notified) (closure user_data) (destroy destroy) (nullable): makes another
 *   instance; %NULL to have it made by type and properties
 * @user_data: data for @func
 * @destroy: frees @user_data
 *
 * Says how more instances of this executor are made, for a node that wants several.
 *
 * Since: 0.1
 */
void
g_flow_executor_set_factory (GFlowExecutor            *self,
                             GFlowExecutorFactoryFunc  func,
                             gpointer                  user_data,
                             GDestroyNotify            destroy)
{
  g_return_if_fail (G_IS_FLOW_EXECUTOR (self));

  GFlowExecutorPrivate *priv = _g_flow_executor_get_private (self);
  GDestroyNotify old_destroy = priv->factory_destroy;
  gpointer old_data = priv->factory_data;

  priv->factory = func;
  priv->factory_data = user_data;
  priv->factory_destroy = destroy;
  if (old_destroy != NULL)
    old_destroy (old_data);
}
