/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-condition-private.h"

#include "gflow-draft-private.h"

#include "graph/gflow-error.h"
#include "graph/gflow-plan-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* Which documents go to a node: a function says it, or a dictionary, which is turned into
 * tests when it is set. */

/* Conditions in conditions deeper than that are refused. */
#define MAX_DEPTH 64

typedef enum
{
  OPERATOR_EQ,
  OPERATOR_NE,
  OPERATOR_LT,
  OPERATOR_LTE,
  OPERATOR_GT,
  OPERATOR_GTE,
  OPERATOR_IN,
  OPERATOR_NIN,
  OPERATOR_REGEX,
  OPERATOR_EXISTS,
  OPERATOR_AND,
  OPERATOR_OR,
  OPERATOR_NOT,
} Operator;

static const char * const operator_names[] = {
  [OPERATOR_EQ] = "$eq",       [OPERATOR_NE] = "$ne",   [OPERATOR_LT] = "$lt",
  [OPERATOR_LTE] = "$lte",     [OPERATOR_GT] = "$gt",   [OPERATOR_GTE] = "$gte",
  [OPERATOR_IN] = "$in",       [OPERATOR_NIN] = "$nin", [OPERATOR_REGEX] = "$regex",
  [OPERATOR_EXISTS] = "$exists", [OPERATOR_AND] = "$and", [OPERATOR_OR] = "$or",
  [OPERATOR_NOT] = "$not",
};

typedef struct
{
  Operator    operator;
  GFlowMember member;    /* what is compared, if something is */
  char      **path;      /* (owned) (nullable): of a tag, from tag to tag inside */
  GVariant   *value;     /* (owned) (nullable): what it is compared with */
  GRegex     *regex;     /* (owned) (nullable) */
  GPtrArray  *tests;     /* (owned) (nullable): of Test, for the last three */
} Test;

struct _GFlowCondition
{
  _Atomic guint       ref_count;
  GVariant           *variant;   /* (owned) (nullable): one of the two */
  Test               *test;      /* (owned) (nullable): of it */
  GFlowConditionFunc  func;      /* (nullable) */
  gpointer            user_data;
  GDestroyNotify      destroy;
};

/* Reading it */

static void
free_test (gpointer data)
{
  Test *test = data;

  g_strfreev (test->path);
  g_clear_pointer (&test->value, g_variant_unref);
  g_clear_pointer (&test->regex, g_regex_unref);
  g_clear_pointer (&test->tests, g_ptr_array_unref);
  g_free (test);
}

static Test *
new_test (Operator operator)
{
  Test *test = g_new0 (Test, 1);

  test->operator = operator;
  return test;
}

static Test *
new_group (Operator operator)
{
  Test *test = new_test (operator);

  test->tests = g_ptr_array_new_with_free_func (free_test);
  return test;
}

static gboolean
find_operator (const char  *name,
               Operator    *operator,
               GError     **error)
{
  GFlowSimilar similar = { .name = name };

  for (guint i = 0; i < G_N_ELEMENTS (operator_names); i++)
    {
      if (strcmp (name, operator_names[i]) == 0)
        {
          *operator = i;
          return TRUE;
        }
      _g_flow_similar_look (&similar, operator_names[i]);
    }
  if (similar.best != NULL)
    g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT,
                 _("There is no operator “%s” for conditions; did you mean “%s”?"), name,
                 similar.best);
  else
    g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT,
                 _("There is no operator “%s” for conditions"), name);
  return FALSE;
}

static gboolean
refuse_value (const char  *name,
              GVariant    *value,
              GError     **error)
{
  g_autofree char *text = g_variant_print (value, FALSE);

  g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT,
               _("In a condition, %s cannot be what “%s” asks for"), text, name);
  return FALSE;
}

static gboolean
check_depth (guint    depth,
             GError **error)
{
  if (depth < MAX_DEPTH)
    return TRUE;

  g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT,
               _("A condition is nested more than %d deep"), MAX_DEPTH);
  return FALSE;
}

static void
set_field (Test       *test,
           const char *field)
{
  const char *tag = g_str_has_prefix (field, "tags__") ? field + strlen ("tags__") : NULL;

  test->member = tag == NULL ? _g_flow_member_for_name (field) : G_FLOW_MEMBER_TAG;
  if (test->member == G_FLOW_MEMBER_TAG)
    test->path = g_strsplit (tag != NULL ? tag : field, "__", -1);
}

static gboolean
compile_regex (Test      *test,
               GVariant  *value,
               GError   **error)
{
  g_autoptr(GError) reason = NULL;

  test->regex = g_regex_new (g_variant_get_string (value, NULL), G_REGEX_OPTIMIZE, 0, &reason);
  if (test->regex == NULL)
    g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT,
                 _("The regular expression of a condition cannot be understood: %s"),
                 reason->message);
  return test->regex != NULL;
}

static gboolean
set_value (Test        *test,
           GVariant    *value,
           GError     **error)
{
  const char *name = operator_names[test->operator];

  switch (test->operator)
    {
    case OPERATOR_IN:
    case OPERATOR_NIN:
      if (!g_variant_is_of_type (value, G_VARIANT_TYPE_ARRAY))
        return refuse_value (name, value, error);
      break;
    case OPERATOR_EXISTS:
      if (!g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN))
        return refuse_value (name, value, error);
      break;
    case OPERATOR_REGEX:
      if (!g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
        return refuse_value (name, value, error);
      if (!compile_regex (test, value, error))
        return FALSE;
      break;
    default:
      break;
    }
  test->value = g_variant_ref (value);
  return TRUE;
}

static gboolean parse_condition (GVariant  *variant,
                                 guint      depth,
                                 Test      *all,
                                 GError   **error);

static gboolean
has_operators (GVariant *value)
{
  GVariantIter iter;
  const char *name;

  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_VARDICT))
    return FALSE;
  g_variant_iter_init (&iter, value);
  return g_variant_iter_next (&iter, "{&sv}", &name, NULL) && *name == '$';
}

/* What is to hold for a field: a value, or a dictionary of operators. */
static gboolean
parse_field (const char  *field,
             GVariant    *value,
             guint        depth,
             Test        *all,
             GError     **error)
{
  GVariantIter iter;
  const char *name;

  if (!has_operators (value))
    {
      Test *test = new_test (OPERATOR_EQ);

      set_field (test, field);
      g_ptr_array_add (all->tests, test);
      return set_value (test, value, error);
    }

  if (!check_depth (depth, error))
    return FALSE;
  g_variant_iter_init (&iter, value);
  for (;;)
    {
      g_autoptr(GVariant) operand = NULL;
      Operator operator;

      if (!g_variant_iter_next (&iter, "{&sv}", &name, &operand))
        return TRUE;
      if (!find_operator (name, &operator, error))
        return FALSE;
      if (operator == OPERATOR_AND || operator == OPERATOR_OR)
        return refuse_value (name, operand, error);

      Test *test = operator == OPERATOR_NOT ? new_group (operator) : new_test (operator);

      g_ptr_array_add (all->tests, test);
      if (operator == OPERATOR_NOT)
        {
          if (!parse_field (field, operand, depth + 1, test, error))
            return FALSE;
          continue;
        }
      set_field (test, field);
      if (!set_value (test, operand, error))
        return FALSE;
    }
}

/* $and, $or: of an array of conditions. */
static gboolean
parse_array (GVariant    *array,
             Operator     operator,
             guint        depth,
             Test        *any,
             GError     **error)
{
  if (!g_variant_is_of_type (array, G_VARIANT_TYPE ("aa{sv}")) &&
      !g_variant_is_of_type (array, G_VARIANT_TYPE ("av")))
    return refuse_value (operator_names[operator], array, error);

  for (gsize i = 0; i < g_variant_n_children (array); i++)
    {
      g_autoptr(GVariant) child = g_variant_get_child_value (array, i);
      g_autoptr(GVariant) condition = g_variant_is_of_type (child, G_VARIANT_TYPE_VARIANT)
                                        ? g_variant_get_variant (child) : g_variant_ref (child);
      Test *all = new_group (OPERATOR_AND);

      g_ptr_array_add (any->tests, all);
      if (!g_variant_is_of_type (condition, G_VARIANT_TYPE_VARDICT))
        return refuse_value (operator_names[operator], condition, error);
      if (!parse_condition (condition, depth + 1, all, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
parse_key (const char  *key,
           GVariant    *value,
           guint        depth,
           Test        *all,
           GError     **error)
{
  Operator operator;

  if (*key != '$')
    return parse_field (key, value, depth + 1, all, error);
  if (!find_operator (key, &operator, error))
    return FALSE;

  Test *test = new_group (operator);

  g_ptr_array_add (all->tests, test);
  if (operator == OPERATOR_AND || operator == OPERATOR_OR)
    return parse_array (value, operator, depth, test, error);
  if (operator != OPERATOR_NOT || !g_variant_is_of_type (value, G_VARIANT_TYPE_VARDICT))
    return refuse_value (key, value, error);
  return parse_condition (value, depth + 1, test, error);
}

static gboolean
parse_condition (GVariant  *variant,
                 guint      depth,
                 Test      *all,
                 GError   **error)
{
  GVariantIter iter;
  const char *key;
  GVariant *value;
  gboolean ok = TRUE;

  if (!check_depth (depth, error))
    return FALSE;
  g_variant_iter_init (&iter, variant);
  while (ok && g_variant_iter_next (&iter, "{&sv}", &key, &value))
    {
      ok = parse_key (key, value, depth, all, error);
      g_variant_unref (value);
    }
  return ok;
}

static GFlowCondition *
condition_new (void)
{
  GFlowCondition *self = g_new0 (GFlowCondition, 1);

  atomic_init (&self->ref_count, 1);
  return self;
}

GFlowCondition *
_g_flow_condition_parse (GVariant  *variant,
                         GError   **error)
{
  Test *test = new_group (OPERATOR_AND);

  if (!parse_condition (variant, 0, test, error))
    {
      free_test (test);
      return NULL;
    }

  GFlowCondition *self = condition_new ();

  self->variant = g_variant_ref (variant);
  self->test = test;
  return self;
}

GFlowCondition *
_g_flow_condition_new_func (GFlowConditionFunc  func,
                            gpointer            user_data,
                            GDestroyNotify      destroy)
{
  GFlowCondition *self = condition_new ();

  self->func = func;
  self->user_data = user_data;
  self->destroy = destroy;
  return self;
}

GFlowCondition *
_g_flow_condition_ref (GFlowCondition *self)
{
  /* Relaxed: whoever has one reference may make another. */
  atomic_fetch_add_explicit (&self->ref_count, 1, memory_order_relaxed);
  return self;
}

void
_g_flow_condition_unref (GFlowCondition *self)
{
  /* Acquire and release: the last one comes after what all others have done. */
  if (atomic_fetch_sub_explicit (&self->ref_count, 1, memory_order_acq_rel) != 1)
    return;

  g_clear_pointer (&self->variant, g_variant_unref);
  g_clear_pointer (&self->test, free_test);
  if (self->destroy != NULL)
    self->destroy (self->user_data);
  g_free (self);
}

GVariant *
_g_flow_condition_get_variant (GFlowCondition *self)
{
  return self->variant;
}

gboolean
_g_flow_condition_equal (GFlowCondition *a,
                         GFlowCondition *b)
{
  return a == b || (a != NULL && b != NULL && a->variant != NULL && b->variant != NULL &&
                    g_variant_equal (a->variant, b->variant));
}

/* Comparing */

/* Takes @value. */
static GVariant *
unwrap (GVariant *value)
{
  while (value != NULL && g_variant_is_of_type (value, G_VARIANT_TYPE_VARIANT))
    {
      GVariant *inner = g_variant_get_variant (value);

      g_variant_unref (value);
      value = inner;
    }
  return value;
}

/* Numbers are whole, if they fit, or not. */
static gboolean
get_number (GVariant *value,
            gboolean *is_whole,
            gint64   *whole,
            double   *real)
{
  *is_whole = TRUE;
  switch (g_variant_classify (value))
    {
    case G_VARIANT_CLASS_BYTE:
      *whole = g_variant_get_byte (value);
      break;
    case G_VARIANT_CLASS_INT16:
      *whole = g_variant_get_int16 (value);
      break;
    case G_VARIANT_CLASS_UINT16:
      *whole = g_variant_get_uint16 (value);
      break;
    case G_VARIANT_CLASS_INT32:
      *whole = g_variant_get_int32 (value);
      break;
    case G_VARIANT_CLASS_UINT32:
      *whole = g_variant_get_uint32 (value);
      break;
    case G_VARIANT_CLASS_INT64:
      *whole = g_variant_get_int64 (value);
      break;
    case G_VARIANT_CLASS_UINT64:
      *is_whole = g_variant_get_uint64 (value) <= G_MAXINT64;
      *whole = *is_whole ? (gint64) g_variant_get_uint64 (value) : 0;
      *real = (double) g_variant_get_uint64 (value);
      return TRUE;
    case G_VARIANT_CLASS_DOUBLE:
      *is_whole = FALSE;
      *real = g_variant_get_double (value);
      return TRUE;
    default:
      return FALSE;
    }
  *real = (double) *whole;
  return TRUE;
}

/* FALSE if one is neither before nor after the other, nor the same. */
static gboolean
compare (GVariant *a,
         GVariant *b,
         int      *order)
{
  gboolean is_whole_a, is_whole_b;
  gint64 whole_a, whole_b;
  double real_a, real_b;

  if (g_variant_is_of_type (a, G_VARIANT_TYPE_STRING) &&
      g_variant_is_of_type (b, G_VARIANT_TYPE_STRING))
    {
      *order = strcmp (g_variant_get_string (a, NULL), g_variant_get_string (b, NULL));
      return TRUE;
    }
  if (!get_number (a, &is_whole_a, &whole_a, &real_a) ||
      !get_number (b, &is_whole_b, &whole_b, &real_b))
    return FALSE;
  if (is_whole_a && is_whole_b)
    *order = whole_a < whole_b ? -1 : whole_a > whole_b;
  else
    *order = real_a < real_b ? -1 : real_a > real_b;
  return (is_whole_a && is_whole_b) || real_a < real_b || real_a > real_b || real_a == real_b;
}

static gboolean
equal (GVariant *a,
       GVariant *b)
{
  int order;

  if (compare (a, b, &order))
    return order == 0;
  if (!g_variant_is_of_type (a, G_VARIANT_TYPE_ARRAY) ||
      !g_variant_is_of_type (b, G_VARIANT_TYPE_ARRAY) ||
      g_variant_is_of_type (a, G_VARIANT_TYPE_DICTIONARY) ||
      g_variant_n_children (a) != g_variant_n_children (b))
    return g_variant_equal (a, b);

  for (gsize i = 0; i < g_variant_n_children (a); i++)
    {
      g_autoptr(GVariant) child_a = unwrap (g_variant_get_child_value (a, i));
      g_autoptr(GVariant) child_b = unwrap (g_variant_get_child_value (b, i));

      if (!equal (child_a, child_b))
        return FALSE;
    }
  return TRUE;
}

static gboolean
is_among (GVariant *value,
          GVariant *array)
{
  for (gsize i = 0; i < g_variant_n_children (array); i++)
    {
      g_autoptr(GVariant) child = unwrap (g_variant_get_child_value (array, i));

      if (equal (value, child))
        return TRUE;
    }
  return FALSE;
}

/* Looking at a document */

static GVariant *
dup_string (const char *string)
{
  return string != NULL ? g_variant_ref_sink (g_variant_new_string (string)) : NULL;
}

static GVariant *
dup_tag (GFlowDocument  *document,
         char          **path)
{
  GVariant *value = unwrap (g_flow_document_dup_tag (document, path[0]));

  for (guint i = 1; value != NULL && path[i] != NULL; i++)
    {
      GVariant *inner = g_variant_is_of_type (value, G_VARIANT_TYPE_VARDICT)
                          ? g_variant_lookup_value (value, path[i], NULL) : NULL;

      g_variant_unref (value);
      value = unwrap (inner);
    }
  return value;
}

/* What the document has there; NULL if it has nothing. */
static GVariant *
dup_value (GFlowDocument *document,
           const Test    *test)
{
  GBytes *blob;

  switch (test->member)
    {
    case G_FLOW_MEMBER_ID:
      return dup_string (g_flow_document_get_id (document));
    case G_FLOW_MEMBER_TEXT:
      return dup_string (g_flow_document_get_text (document));
    case G_FLOW_MEMBER_URI:
      return dup_string (g_flow_document_get_uri (document));
    case G_FLOW_MEMBER_MIME_TYPE:
      return dup_string (g_flow_document_get_mime_type (document));
    case G_FLOW_MEMBER_BLOB:
      blob = g_flow_document_get_blob (document);
      return blob != NULL ? g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING,
                                                                          blob, TRUE)) : NULL;
    case G_FLOW_MEMBER_TAGS:
      return g_variant_ref (g_flow_document_get_tags (document));
    case G_FLOW_MEMBER_TAG:
    default:
      return dup_tag (document, test->path);
    }
}

static gboolean
check_value (const Test *test,
             GVariant   *value)
{
  int order;

  switch (test->operator)
    {
    case OPERATOR_EXISTS:
      return g_variant_get_boolean (test->value) == (value != NULL);
    case OPERATOR_NE:
      return value == NULL || !equal (value, test->value);
    case OPERATOR_NIN:
      return value == NULL || !is_among (value, test->value);
    case OPERATOR_EQ:
      return value != NULL && equal (value, test->value);
    case OPERATOR_IN:
      return value != NULL && is_among (value, test->value);
    case OPERATOR_REGEX:
      return value != NULL && g_variant_is_of_type (value, G_VARIANT_TYPE_STRING) &&
             g_regex_match (test->regex, g_variant_get_string (value, NULL), 0, NULL);
    default:
      break;
    }

  if (value == NULL || !compare (value, test->value, &order))
    return FALSE;
  switch (test->operator)
    {
    case OPERATOR_LT:
      return order < 0;
    case OPERATOR_LTE:
      return order <= 0;
    case OPERATOR_GT:
      return order > 0;
    case OPERATOR_GTE:
    default:
      return order >= 0;
    }
}

static gboolean
check_test (const Test    *test,
            GFlowDocument *document)
{
  if (test->tests == NULL)
    {
      g_autoptr(GVariant) value = dup_value (document, test);

      return check_value (test, value);
    }

  const gboolean wanted = test->operator == OPERATOR_OR;

  for (guint i = 0; i < test->tests->len; i++)
    if (check_test (test->tests->pdata[i], document) == wanted)
      return test->operator != OPERATOR_AND;
  return test->operator == OPERATOR_AND;
}

/* Whether @document goes to @node. If that cannot be said, @error is set. */
gboolean
_g_flow_condition_holds (GFlowCondition  *self,
                         GFlowNode       *node,
                         GFlowDocument   *document,
                         GError         **error)
{
  return self->func != NULL ? self->func (node, document, self->user_data, error)
                            : check_test (self->test, document);
}
