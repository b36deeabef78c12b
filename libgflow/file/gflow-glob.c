/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-glob-private.h"

#include "graph/gflow-error.h"

#include <glib/gi18n-lib.h>
#include <string.h>

static gboolean
is_any_depth (const char *name)
{
  return strcmp (name, "**") == 0;
}

/* Without slashes more than needed; a ** at the end means the files there. */
static char **
split_pattern (const char *pattern)
{
  g_auto(GStrv) parts = g_strsplit (pattern, "/", -1);
  GPtrArray *names = g_ptr_array_new ();

  for (guint i = 0; parts[i] != NULL; i++)
    if (*parts[i] != '\0' && strcmp (parts[i], ".") != 0)
      g_ptr_array_add (names, g_strdup (parts[i]));
  if (names->len > 0 && is_any_depth (names->pdata[names->len - 1]))
    g_ptr_array_add (names, g_strdup ("*"));
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_free (names, FALSE);
}

GFlowGlob *
_g_flow_glob_new (const char  *pattern,
                  GError     **error)
{
  g_auto(GStrv) names = split_pattern (pattern);
  const guint n = g_strv_length (names);
  GFlowGlob *self;

  if (n == 0 || n > G_FLOW_GLOB_MAX_NAMES || g_strv_contains ((const char * const *) names, ".."))
    {
      g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT, _("“%s” is no pattern for files"),
                   pattern);
      return NULL;
    }

  self = g_new0 (GFlowGlob, 1);
  self->n_names = n;
  self->specs = g_new0 (GPatternSpec *, n);
  for (guint i = 0; i < n; i++)
    if (!is_any_depth (names[i]))
      self->specs[i] = g_pattern_spec_new (names[i]);
  self->names = g_steal_pointer (&names);
  return self;
}

void
_g_flow_glob_free (GFlowGlob *self)
{
  for (guint i = 0; i < self->n_names; i++)
    g_clear_pointer (&self->specs[i], g_pattern_spec_free);
  g_free (self->specs);
  g_strfreev (self->names);
  g_free (self);
}

static gboolean
has_place (GFlowGlobPlaces places,
           guint           index)
{
  return (places >> index & 1) != 0;
}

/* With the places that are reached when ** stands for no folder. */
static GFlowGlobPlaces
close_places (GFlowGlob       *self,
              GFlowGlobPlaces  places)
{
  for (guint i = 0; i < self->n_names; i++)
    if (has_place (places, i) && self->specs[i] == NULL)
      places |= (GFlowGlobPlaces) 1 << (i + 1);
  return places;
}

/* In the folder where the pattern begins. */
GFlowGlobPlaces
_g_flow_glob_start (GFlowGlob *self)
{
  return close_places (self, 1);
}

/* What is hidden is matched by what is hidden itself. */
static gboolean
matches_at (GFlowGlob  *self,
            guint       index,
            const char *name)
{
  return self->specs[index] != NULL &&
         (*name != '.' || *self->names[index] == '.') &&
         g_pattern_spec_match_string (self->specs[index], name);
}

/* Whether the pattern ends with this name in the folder. */
gboolean
_g_flow_glob_matches (GFlowGlob       *self,
                      GFlowGlobPlaces  places,
                      const char      *name)
{
  return has_place (places, self->n_names - 1) && matches_at (self, self->n_names - 1, name);
}

/* Where the pattern may be in the folder of this name; 0 if not in there at all. A
 * ** does not go through symbolic links, which may lead in a circle. */
GFlowGlobPlaces
_g_flow_glob_enter (GFlowGlob       *self,
                    GFlowGlobPlaces  places,
                    const char      *name,
                    gboolean         is_symlink)
{
  GFlowGlobPlaces entered = 0;

  for (guint i = 0; i < self->n_names; i++)
    if (!has_place (places, i))
      continue;
    else if (self->specs[i] == NULL && *name != '.' && !is_symlink)
      entered |= (GFlowGlobPlaces) 1 << i;
    else if (i + 1 < self->n_names && matches_at (self, i, name))
      entered |= (GFlowGlobPlaces) 1 << (i + 1);
  return close_places (self, entered);
}

/* Whether it stands for nothing but itself. */
gboolean
_g_flow_glob_is_plain (const char *name)
{
  return strpbrk (name, "*?") == NULL;
}
