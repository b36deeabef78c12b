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

typedef struct
{
  GHashTable    *bindings;     /* (owned) (nullable): endpoint → GFlowBinding */
  GFlowBinding  *fallback;     /* (owned) (nullable): what is bound for all other endpoints */
  GFlowBinding  *of_class;     /* (owned) (nullable): made when an open flow first takes it */
  GHashTable    *batchings;    /* (owned) (nullable): endpoint, or "" → GFlowBatching */
  GVariant      *given;        /* (owned) (nullable): properties that it was made with */
  char          *name;         /* (owned) (nullable) */
  char          *node_name;    /* (owned) (nullable): where it serves */
  char          *description;  /* (owned) (nullable) */
  GFile         *workspace;    /* (owned) (nullable) */
  guint          index;        /* among the instances at its node */
  guint          shard;        /* which of the shards there it is of */
  _Atomic gboolean taken;      /* an open flow has it */

  GFlowExecutorFactoryFunc  factory;
  gpointer                  factory_data;
  GDestroyNotify            factory_destroy;
} GFlowExecutorPrivate;

GFlowExecutorPrivate *_g_flow_executor_get_private (GFlowExecutor *self);

GFlowBinding *_g_flow_binding_ref       (GFlowBinding  *binding);
void          _g_flow_binding_unref     (GFlowBinding  *binding);

GFlowBinding *_g_flow_executor_find     (GFlowExecutor *self,
                                         const char    *endpoint);
const GFlowBatching *_g_flow_executor_find_batching (GFlowExecutor *self,
                                         const char    *endpoint);
void          _g_flow_executor_ensure_binding_of_class (GFlowExecutor *self);
void          _g_flow_executor_share_bindings (GFlowExecutor *self,
                                         GFlowExecutor *copy);
void          _g_flow_executor_number   (GFlowExecutor *self,
                                         const char    *node_name,
                                         guint          index,
                                         guint          shard);
gboolean      _g_flow_executor_take     (GFlowExecutor *self);
void          _g_flow_executor_leave    (GFlowExecutor *self);

G_END_DECLS
