/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-name-private.h"

#include "gflow-error.h"
#include "gflow-flow-private.h"

#include <glib/gi18n-lib.h>

/* What nodes may be called, and what they are called instead if the name is taken. */

/* Where @name goes wrong, or its end. */
static const char *
find_bad (const char *name)
{
  const char *at = name;

  while (*at != '\0')
    {
      const guchar byte = *at;

      if (byte >= 0x20 && byte < 0x7f)
        {
          at++;
          continue;
        }

      const gunichar character = g_utf8_get_char_validated (at, -1);

      if ((gint32) character < 0 || g_unichar_iscntrl (character))
        break;
      at = g_utf8_next_char (at);
    }
  return at;
}

/* The name as it can be shown: what is wrong with it as numbers. */
char *
_g_flow_describe_name (const char *name)
{
  GString *text = g_string_new (NULL);

  for (const char *bad; *(bad = find_bad (name)) != '\0'; name = bad + 1)
    {
      g_string_append_len (text, name, bad - name);
      g_string_append_printf (text, "\\x%02x", (guchar) *bad);
    }
  g_string_append (text, name);
  return g_string_free (text, FALSE);
}

/**
 * g_flow_name_is_valid:
 * @name: a string
 *
 * Finds out whether a node may be called so: whether @name is not empty, is UTF-8, and has no
 * control characters, such as line breaks. Everything else is allowed, spaces and hyphens too.
 *
 * A flow refuses other names with %G_FLOW_ERROR_BAD_INPUT when a node is added. What people
 * read may be anything: see [property@GFlow.FlowNode:title].
 *
 * Returns: %TRUE if it is a name
 *
 * Since: 0.1
 */
gboolean
g_flow_name_is_valid (const char *name)
{
  g_return_val_if_fail (name != NULL, FALSE);

  return *name != '\0' && *find_bad (name) == '\0';
}

/* Whether @name, if it is not NULL, is one; @error tells what is wrong with it. */
gboolean
_g_flow_check_name (const char  *name,
                    GError     **error)
{
  if (name == NULL || g_flow_name_is_valid (name))
    return TRUE;

  if (*name == '\0')
    {
      g_set_error_literal (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT,
                           _("The name of a node must not be empty"));
      return FALSE;
    }

  g_autofree char *shown = _g_flow_describe_name (name);

  g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT,
               g_utf8_validate (name, -1, NULL)
                 ? _("The name of a node must not have control characters: “%s”")
                 : _("The name of a node must be UTF-8: “%s”"), shown);
  return FALSE;
}

static gboolean
is_taken (GFlow      *self,
          const char *name,
          GHashTable *others)
{
  return g_flow_lookup (self, name) != NULL ||
         (others != NULL && g_hash_table_contains (others, name));
}

/* A name like @name that neither a node nor one of @others has, if names are to be changed: NULL
 * if they are not, or need not be. */
char *
_g_flow_find_free_name (GFlow      *self,
                        const char *name,
                        GHashTable *others)
{
  if (!self->unique_names || name == NULL || !is_taken (self, name, others))
    return NULL;

  if (self->next_names == NULL)
    self->next_names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  guint number = MAX (GPOINTER_TO_UINT (g_hash_table_lookup (self->next_names, name)), 1);
  char *changed = g_strdup_printf ("%s%u", name, number);

  while (is_taken (self, changed, others))
    {
      g_free (changed);
      changed = g_strdup_printf ("%s%u", name, ++number);
    }
  g_hash_table_insert (self->next_names, g_strdup (name), GUINT_TO_POINTER (number + 1));
  return changed;
}

/**
 * g_flow_get_unique_names: (attributes org.gtk.Method.get_property=unique-names)
 * @self: a flow
 *
 * Gets whether nodes whose names are taken get others.
 *
 * Returns: %TRUE if they do, %FALSE if they are refused
 *
 * Since: 0.1
 */
gboolean
g_flow_get_unique_names (GFlow *self)
{
  g_return_val_if_fail (G_IS_FLOW (self), FALSE);

  return self->unique_names;
}

/**
 * g_flow_set_unique_names: (attributes org.gtk.Method.set_property=unique-names)
 * @self: a flow
 * @unique_names: whether names are changed
 *
 * Sets whether a node whose name is taken gets another one when it is added. The name
 * that it got is [property@GFlow.FlowNode:name]; who needs the name that it was to have
 * gets the node that had it first. `gateway`, as the entry is called, is refused all the same.
 *
 * Since: 0.1
 */
void
g_flow_set_unique_names (GFlow    *self,
                         gboolean  unique_names)
{
  g_return_if_fail (G_IS_FLOW (self));

  if (self->unique_names == !!unique_names)
    return;

  self->unique_names = !!unique_names;
  g_object_notify (G_OBJECT (self), "unique-names");
}
