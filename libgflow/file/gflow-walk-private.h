/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A walk through a folder, and those below it, to the files that match a pattern, in the order
 * of their names. It says which folder it wants to have listed, and is told what is there. */
typedef struct _GFlowWalk GFlowWalk;

typedef enum
{
  G_FLOW_WALK_LIST,  /* a folder is to be listed */
  G_FLOW_WALK_FILE,  /* there is a file */
  G_FLOW_WALK_END,
} GFlowWalkStep;

#define G_FLOW_WALK_ATTRIBUTES G_FILE_ATTRIBUTE_STANDARD_NAME "," \
                               G_FILE_ATTRIBUTE_STANDARD_TYPE "," \
                               G_FILE_ATTRIBUTE_STANDARD_SIZE "," \
                               G_FILE_ATTRIBUTE_STANDARD_IS_SYMLINK "," \
                               G_FILE_ATTRIBUTE_STANDARD_FAST_CONTENT_TYPE

GFlowWalk     *_g_flow_walk_new        (GFile         *folder,
                                        const char    *pattern,
                                        GError       **error);
void           _g_flow_walk_free       (GFlowWalk     *self);
GFlowWalkStep  _g_flow_walk_next       (GFlowWalk     *self,
                                        GFileInfo    **info,
                                        GFile        **file);
void           _g_flow_walk_go_back    (GFlowWalk     *self);
gboolean       _g_flow_walk_is_over    (GFlowWalk     *self);

/* Listing: at once, or step by step. Other files than those with G_FLOW_WALK_ATTRIBUTES are
 * not understood. */
gboolean       _g_flow_walk_list       (GFlowWalk     *self,
                                        GCancellable  *cancellable,
                                        GError       **error);
GFile         *_g_flow_walk_get_folder (GFlowWalk     *self);
void           _g_flow_walk_add        (GFlowWalk     *self,
                                        GFileInfo     *info);
void           _g_flow_walk_listed     (GFlowWalk     *self);
void           _g_flow_walk_begin_anew (GFlowWalk     *self);
void           _g_flow_walk_leave      (GFlowWalk     *self);

G_END_DECLS
