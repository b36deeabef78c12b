/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-save-private.h"

#include "graph/gflow-error.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* Whether the flow that a run was saved of is the one that a run is to be restored to: the
 * same names, and the same upstreams of each. The order in which nodes and upstreams
 * were added does not matter. */

/* So many names of each kind are told */
#define MAX_NAMES 8

GVariant *
_g_flow_save_picture (GFlowPlan *plan)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE (G_FLOW_PICTURE_TYPE));
  for (guint i = 0; i < plan->n_nodes; i++)
    {
      guint32 n_upstreams;
      const guint32 *upstreams = _g_flow_plan_upstreams (plan, i, &n_upstreams);

      g_variant_builder_add (&builder, "(s@au)", g_flow_node_get_name (plan->nodes[i].node),
                             g_variant_new_fixed_array (G_VARIANT_TYPE_UINT32, upstreams,
                                                        n_upstreams, sizeof (guint32)));
    }
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

/* What is different, by the names of nodes */

typedef struct
{
  GString *names[3];
  guint    n[3];
} Changes;

enum
{
  ADDED,
  REMOVED,
  REWIRED,
};

static void
add_change (Changes    *changes,
            int         kind,
            const char *name)
{
  if (changes->names[kind] == NULL)
    changes->names[kind] = g_string_new (NULL);
  if (changes->n[kind]++ < MAX_NAMES)
    g_string_append_printf (changes->names[kind], "%s“%s”", changes->n[kind] > 1 ? ", " : "", name);
}

/* The names of one kind, with how many were left out. */
static void
append_changes (Changes    *changes,
                int         kind,
                const char *label,
                GString    *text)
{
  GString *names = changes->names[kind];

  if (names == NULL)
    return;

  if (changes->n[kind] > MAX_NAMES)
    {
      const guint n = changes->n[kind] - MAX_NAMES;

      g_string_append (names, ", ");
      g_string_append_printf (names, g_dngettext (GETTEXT_PACKAGE, "and %u other",
                                                  "and %u others", n), n);
    }
  if (text->len > 0)
    g_string_append (text, "; ");
  g_string_append_printf (text, "%s %s", label, names->str);
}

static gboolean
tell_changes (Changes  *changes,
              GError  **error)
{
  g_autoptr(GString) text = g_string_new (NULL);

  append_changes (changes, ADDED, _("added:"), text);
  append_changes (changes, REMOVED, _("removed:"), text);
  append_changes (changes, REWIRED, _("with other upstreams:"), text);
  for (guint i = 0; i < G_N_ELEMENTS (changes->names); i++)
    if (changes->names[i] != NULL)
      g_string_free (changes->names[i], TRUE);
  if (text->len == 0)
    return TRUE;

  g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_TOPOLOGY,
               _("The flow has changed since then (%s)"), text->str);
  return FALSE;
}

/* Matching */

/* Name → number + 1. NULL if a name is there twice. */
static GHashTable *
number_names (GVariant *picture)
{
  g_autoptr(GHashTable) numbers = g_hash_table_new (g_str_hash, g_str_equal);
  const gsize n = g_variant_n_children (picture);

  for (gsize i = 0; i < n; i++)
    {
      const char *name;

      g_variant_get_child (picture, i, "(&s@au)", &name, NULL);
      if (!g_hash_table_insert (numbers, (gpointer) name, GSIZE_TO_POINTER (i + 1)))
        return NULL;
    }
  return g_steal_pointer (&numbers);
}

static int
compare_numbers (const void *a,
                 const void *b)
{
  const guint32 first = *(const guint32 *) a, second = *(const guint32 *) b;

  return (first > second) - (first < second);
}

/* The upstreams of a node, sorted. With @numbers, as those are numbered now. */
static void
get_upstreams (GVariant      *picture,
               gsize          index,
               const guint32 *numbers,
               GArray        *upstreams)
{
  g_autoptr(GVariant) list = NULL;
  gsize n;

  g_variant_get_child (picture, index, "(&s@au)", NULL, &list);

  const guint32 *items = g_variant_get_fixed_array (list, &n, sizeof (guint32));

  g_array_set_size (upstreams, 0);
  for (gsize i = 0; i < n; i++)
    {
      const guint32 upstream = numbers != NULL ? numbers[items[i]] : items[i];

      g_array_append_val (upstreams, upstream);
    }
  g_array_sort (upstreams, compare_numbers);
}

/* What has become of the nodes. Fills in @numbers: then → now, or G_FLOW_NO_NODE. */
static void
match_names (GVariant   *then,
             GVariant   *now,
             GHashTable *names,
             guint32    *numbers,
             Changes    *changes)
{
  const gsize n_then = g_variant_n_children (then), n_now = g_variant_n_children (now);
  g_autofree guint8 *found = g_new0 (guint8, n_now);
  const char *name;

  for (gsize i = 0; i < n_then; i++)
    {
      g_variant_get_child (then, i, "(&s@au)", &name, NULL);
      numbers[i] = (guint32) (GPOINTER_TO_SIZE (g_hash_table_lookup (names, name)) - 1);
      if (numbers[i] == G_FLOW_NO_NODE)
        add_change (changes, REMOVED, name);
      else
        found[numbers[i]] = TRUE;
    }
  for (gsize i = 0; i < n_now; i++)
    if (!found[i])
      {
        g_variant_get_child (now, i, "(&s@au)", &name, NULL);
        add_change (changes, ADDED, name);
      }
}

static void
match_upstreams (GVariant      *then,
                 GVariant      *now,
                 const guint32 *numbers,
                 Changes       *changes)
{
  g_autoptr(GArray) before = g_array_new (FALSE, FALSE, sizeof (guint32));
  g_autoptr(GArray) after = g_array_new (FALSE, FALSE, sizeof (guint32));
  const gsize n = g_variant_n_children (then);

  for (gsize i = 0; i < n; i++)
    {
      if (numbers[i] == G_FLOW_NO_NODE)
        continue;

      get_upstreams (then, i, numbers, before);
      get_upstreams (now, numbers[i], NULL, after);
      if (before->len != after->len ||
          (before->len > 0 && memcmp (before->data, after->data, before->len * sizeof (guint32)) != 0))
        {
          const char *name;

          g_variant_get_child (then, i, "(&s@au)", &name, NULL);
          add_change (changes, REWIRED, name);
        }
    }
}

/* Whether a picture that comes from elsewhere makes sense: each name once, and upstreams
 * that are there. */
static gboolean
is_picture_good (GVariant *picture)
{
  g_autoptr(GHashTable) names = number_names (picture);
  const gsize n_nodes = g_variant_n_children (picture);

  for (gsize i = 0; i < n_nodes; i++)
    {
      g_autoptr(GVariant) list = NULL;
      gsize n;

      g_variant_get_child (picture, i, "(&s@au)", NULL, &list);

      const guint32 *items = g_variant_get_fixed_array (list, &n, sizeof (guint32));

      for (gsize k = 0; k < n; k++)
        if (items[k] >= n_nodes)
          return FALSE;
    }
  return names != NULL;
}

/* Finds the nodes of one picture in another. Returns for each number of @then the number
 * now; NULL if the flow has changed. @now is known to be good, @then may be anything. */
guint32 *
_g_flow_save_match (GVariant  *then,
                    GVariant  *now,
                    GError   **error)
{
  g_autofree guint32 *numbers = g_new (guint32, g_variant_n_children (then) + 1);
  g_autoptr(GHashTable) names = number_names (now);
  Changes changes = { 0 };

  if (!is_picture_good (then))
    {
      g_set_error_literal (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT,
                           _("The nodes of the saved run cannot be understood"));
      return NULL;
    }

  match_names (then, now, names, numbers, &changes);
  match_upstreams (then, now, numbers, &changes);
  return tell_changes (&changes, error) ? g_steal_pointer (&numbers) : NULL;
}

/* Parameters */

static gboolean
check_keys (GVariant  *some,
            GVariant  *others,
            GError   **error)
{
  GVariantIter iter;
  const char *key;
  GVariant *value;

  g_variant_iter_init (&iter, some);
  while (g_variant_iter_next (&iter, "{&sv}", &key, &value))
    {
      g_autoptr(GVariant) one = value;
      g_autoptr(GVariant) other = g_variant_lookup_value (others, key, NULL);

      if (other == NULL || !g_variant_equal (one, other))
        {
          g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT,
                       _("The run has other parameters than it had then: “%s”"), key);
          return FALSE;
        }
    }
  return TRUE;
}

/* Results depend on parameters: those of a run with others would be wrong. */
gboolean
_g_flow_save_check_parameters (GVariant  *then,
                               GVariant  *now,
                               GError   **error)
{
  return check_keys (then, now, error) && check_keys (now, then, error);
}
