/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-group.h"

G_BEGIN_DECLS

/* Which nodes have come to a flow in which group, for pictures: the nodes themselves
 * know nothing of it. Groups have numbers from 1, and those inside of another
 * come after it. */
typedef struct
{
  guint32  parent; /* the number of the group that this one is in; 0 for none */
  gboolean series;
} GFlowGrouped;

typedef struct
{
  GArray *groups;  /* (owned) of GFlowGrouped: number n is at n - 1 */
  GArray *of_node; /* (owned) of guint32, by position in the flow; 0, or not there: none */
} GFlowGrouping;

GFlowGrouping *_g_flow_grouping_copy        (GFlowGrouping  *self);
void           _g_flow_grouping_free        (GFlowGrouping  *self);
void           _g_flow_grouping_add         (GFlowGrouping **self,
                                             GFlowGroup     *group,
                                             guint           position,
                                             guint           n_nodes);
void           _g_flow_grouping_remove_node (GFlowGrouping  *self,
                                             guint           position);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GFlowGrouping, _g_flow_grouping_free)

G_END_DECLS
