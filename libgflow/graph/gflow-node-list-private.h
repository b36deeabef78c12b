/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-home-private.h"
#include "gflow-node-private.h"

G_BEGIN_DECLS

/* A node of a flow, and what its plan says of it: all that running the node touches, in half a
 * cache line. */
typedef struct
{
  GCallback  body;
  gpointer   user_data;
  GFlowNode *node;         /* (owned) */
  guint32    successor;    /* if there is one: which; else where in successors they begin */
  guint8     kind;
  guint8     run_when;
  guint16    n_successors; /* or one of G_FLOW_SUCCESSORS_MANY and the like */
} GFlowPlanNode;

/* The nodes of a flow, in the order of adding. The plan of the flow has the same list: so a
 * compiled flow needs no other memory for them, and no reference to each. Whoever is about to
 * change it makes a copy if others have it; compiling fills in the plan. */
typedef struct
{
  _Atomic guint  ref_count;
  guint          n;
  guint          n_allocated;
  GFlowPlanNode *items;
} GFlowNodeList;

GFlowNodeList *_g_flow_node_list_new    (void);
GFlowNodeList *_g_flow_node_list_copy   (GFlowNodeList   *list);
GFlowNodeList *_g_flow_node_list_ref    (GFlowNodeList   *list);
void           _g_flow_node_list_unref  (GFlowNodeList   *list,
                                         const GFlowHome *home);
void           _g_flow_node_list_add    (GFlowNodeList   *list,
                                         GFlowNode       *node,
                                         GCallback        body,
                                         gpointer         user_data);
void           _g_flow_node_list_remove (GFlowNodeList   *list,
                                         guint            index);

G_END_DECLS
