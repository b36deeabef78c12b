/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A pattern for paths below a folder, as shells have it: * and ? in names, ** for any
 * number of folders. It is walked along a path name by name, with the set of the places
 * in the pattern where it may be. */

#define G_FLOW_GLOB_MAX_NAMES 63

typedef guint64 GFlowGlobPlaces;

typedef struct
{
  guint          n_names;
  GPatternSpec **specs;    /* (owned): NULL for ** */
  char         **names;    /* (owned) */
} GFlowGlob;

GFlowGlob       *_g_flow_glob_new      (const char      *pattern,
                                        GError         **error);
void             _g_flow_glob_free     (GFlowGlob       *self);
GFlowGlobPlaces  _g_flow_glob_start    (GFlowGlob       *self);
gboolean         _g_flow_glob_matches  (GFlowGlob       *self,
                                        GFlowGlobPlaces  places,
                                        const char      *name);
GFlowGlobPlaces  _g_flow_glob_enter    (GFlowGlob       *self,
                                        GFlowGlobPlaces  places,
                                        const char      *name,
                                        gboolean         is_symlink);
gboolean         _g_flow_glob_is_plain (const char      *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GFlowGlob, _g_flow_glob_free)

G_END_DECLS
