/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-walk-private.h"

#include "gflow-glob-private.h"

#include <string.h>

/* A folder that it is in. */
typedef struct
{
  GFile           *folder;   /* (owned) */
  GFlowGlobPlaces  places;
  GPtrArray       *infos;    /* (owned) (element-type GFileInfo): sorted when all are there */
  guint            next;
  gboolean         listed;
} Level;

struct _GFlowWalk
{
  GFlowGlob *glob;    /* (owned) */
  GPtrArray *levels;  /* (owned) (element-type Level) */
};

static Level *
level_new (GFile           *folder,
           GFlowGlobPlaces  places)
{
  Level *level = g_new0 (Level, 1);

  level->folder = g_object_ref (folder);
  level->places = places;
  level->infos = g_ptr_array_new_with_free_func (g_object_unref);
  return level;
}

static void
level_free (gpointer data)
{
  Level *level = data;

  g_object_unref (level->folder);
  g_ptr_array_unref (level->infos);
  g_free (level);
}

/* Where it is. */
static Level *
top_level (GFlowWalk *self)
{
  return self->levels->len > 0 ? g_ptr_array_index (self->levels, self->levels->len - 1) : NULL;
}

/* NULL with an error if the pattern is none. */
GFlowWalk *
_g_flow_walk_new (GFile       *folder,
                  const char  *pattern,
                  GError     **error)
{
  GFlowGlob *glob = _g_flow_glob_new (pattern, error);

  if (glob == NULL)
    return NULL;

  GFlowWalk *self = g_new (GFlowWalk, 1);

  self->glob = glob;
  self->levels = g_ptr_array_new_with_free_func (level_free);
  g_ptr_array_add (self->levels, level_new (folder, _g_flow_glob_start (glob)));
  return self;
}

void
_g_flow_walk_free (GFlowWalk *self)
{
  _g_flow_glob_free (self->glob);
  g_ptr_array_unref (self->levels);
  g_free (self);
}

/* @info belongs to the walk, @file to the caller. */
GFlowWalkStep
_g_flow_walk_next (GFlowWalk  *self,
                   GFileInfo **info,
                   GFile     **file)
{
  Level *level;

  while ((level = top_level (self)) != NULL)
    {
      if (!level->listed)
        return G_FLOW_WALK_LIST;
      if (level->next == level->infos->len)
        {
          _g_flow_walk_leave (self);
          continue;
        }

      *info = g_ptr_array_index (level->infos, level->next++);

      const char *name = g_file_info_get_name (*info);
      g_autoptr(GFile) child = g_file_get_child (level->folder, name);

      if (g_file_info_get_file_type (*info) != G_FILE_TYPE_DIRECTORY)
        {
          *file = g_steal_pointer (&child);
          return G_FLOW_WALK_FILE;
        }
      g_ptr_array_add (self->levels, level_new (child, _g_flow_glob_enter (
        self->glob, level->places, name, g_file_info_get_is_symlink (*info))));
    }
  return G_FLOW_WALK_END;
}

/* To the file that was the last one: it is the next one again. */
void
_g_flow_walk_go_back (GFlowWalk *self)
{
  top_level (self)->next--;
}

gboolean
_g_flow_walk_is_over (GFlowWalk *self)
{
  return self->levels->len == 0;
}

/* Listing */

GFile *
_g_flow_walk_get_folder (GFlowWalk *self)
{
  return top_level (self)->folder;
}

/* Nothing but what may match is kept. */
void
_g_flow_walk_add (GFlowWalk *self,
                  GFileInfo *info)
{
  Level *level = top_level (self);
  const char *name = g_file_info_get_name (info);
  gboolean wanted;

  switch (g_file_info_get_file_type (info))
    {
    case G_FILE_TYPE_DIRECTORY:
      wanted = _g_flow_glob_enter (self->glob, level->places, name,
                                   g_file_info_get_is_symlink (info)) != 0;
      break;
    case G_FILE_TYPE_REGULAR:
    case G_FILE_TYPE_UNKNOWN: /* some file systems do not tell */
      wanted = _g_flow_glob_matches (self->glob, level->places, name);
      break;
    default:
      wanted = FALSE;
    }
  if (wanted)
    g_ptr_array_add (level->infos, g_object_ref (info));
}

static int
compare_infos (gconstpointer a,
               gconstpointer b)
{
  return strcmp (g_file_info_get_name (*(GFileInfo **) a), g_file_info_get_name (*(GFileInfo **) b));
}

/* All that is in the folder was added. */
void
_g_flow_walk_listed (GFlowWalk *self)
{
  Level *level = top_level (self);

  g_ptr_array_sort (level->infos, compare_infos);
  level->listed = TRUE;
}

/* The folder will be listed another time. */
void
_g_flow_walk_begin_anew (GFlowWalk *self)
{
  g_ptr_array_set_size (top_level (self)->infos, 0);
}

/* The folder is left, back to the one around it. */
void
_g_flow_walk_leave (GFlowWalk *self)
{
  g_ptr_array_set_size (self->levels, self->levels->len - 1);
}

gboolean
_g_flow_walk_list (GFlowWalk     *self,
                   GCancellable  *cancellable,
                   GError       **error)
{
  g_autoptr(GFileEnumerator) enumerator = g_file_enumerate_children (
    _g_flow_walk_get_folder (self), G_FLOW_WALK_ATTRIBUTES, G_FILE_QUERY_INFO_NONE, cancellable,
    error);
  GFileInfo *info = NULL;

  while (enumerator != NULL && g_file_enumerator_iterate (enumerator, &info, NULL, cancellable,
                                                          error))
    {
      if (info == NULL)
        {
          _g_flow_walk_listed (self);
          return TRUE;
        }
      _g_flow_walk_add (self, info);
    }
  return FALSE;
}
