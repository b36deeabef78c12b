/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-mutex-private.h"
#include "gflow-node-private.h"

G_BEGIN_DECLS

/* Where items come from at run time; shared by copies of a node. */
typedef struct
{
  GFlowItemsFunc  func;
  gpointer        user_data;
  GDestroyNotify  destroy;
} GFlowItemsSource;

/* A node that runs another one for each item of a list. */
struct _GFlowMap
{
  GFlowNode        *each;         /* (owned): what is copied for the items */
  guint             max_parallel;
  GFlowLock        *lock;         /* (owned) (nullable): of so many permits */
  GListModel       *items;        /* (owned) (nullable) */
  GVariant         *variant;      /* (owned) (nullable) */
  GFlowItemsSource *source;       /* (owned) (nullable), by g_atomic_rc_box */

  GFlowMutex        mutex;        /* guards what follows */
  GFlow            *flow;         /* (owned) (nullable): of the last run, for one of as many items */
};

void       _g_flow_items_source_release (GFlowItemsSource *source);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GFlowItemsSource, _g_flow_items_source_release)

void       _g_flow_map_free     (GFlowMap  *self);
GFlowMap  *_g_flow_map_copy     (GFlowMap  *self);
GFlow     *_g_flow_map_ref_flow (GFlowMap  *self,
                                 GFlow     *outer,
                                 GFlowNode *node,
                                 guint      n_items);

static inline GFlowMap *
_g_flow_node_map (GFlowNode *self)
{
  GFlowNodeExtras *extras = _g_flow_node_extras (self);

  return extras != NULL ? extras->map : NULL;
}

G_END_DECLS
