/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-executor.h"

#include "graph/gflow-node-private.h"

G_BEGIN_DECLS

/* What serves the requests for an endpoint: a function and its data, which instances of
 * an executor may share, or functions of the class. */
typedef struct
{
  _Atomic guint         ref_count;
  GFlowExecutorFunc     func;      /* (nullable): one of the two */
  GFlowExecutorTaskFunc task_func; /* (nullable) */
  gpointer              user_data;
  GDestroyNotify        destroy;
} GFlowBinding;

/* How requests are served together. */
typedef struct
{
  guint size;    /* documents */
  guint timeout; /* ms */
} GFlowBatching;

GFlowBinding *_g_flow_binding_ref       (GFlowBinding  *binding);
void          _g_flow_binding_unref     (GFlowBinding  *binding);

GFlowBinding *_g_flow_executor_find     (GFlowExecutor *self,
                                         const char    *endpoint);
const GFlowBatching *_g_flow_executor_find_batching (GFlowExecutor *self,
                                         const char    *endpoint);
void          _g_flow_executor_number   (GFlowExecutor *self,
                                         const char    *node_name,
                                         guint          index,
                                         guint          shard);
gboolean      _g_flow_executor_take     (GFlowExecutor *self);
void          _g_flow_executor_leave    (GFlowExecutor *self);

G_END_DECLS
