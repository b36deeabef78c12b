/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-documents-private.h"
#include "gflow-request.h"
#include "gflow-route.h"

#include "graph/gflow-mutex-private.h"
#include "graph/gflow-node-serving-private.h"
#include "graph/gflow-plan-private.h"

G_BEGIN_DECLS

/* When a node served a request, in monotonic time; 0 if it did not begin, or end. */
typedef struct
{
  gint64 start;
  gint64 end;
} GFlowTimes;

/* Where no shard serves a request by itself */
typedef enum
{
  G_FLOW_ROLE_ALONE = -1,
  G_FLOW_ROLE_BEFORE = -2,  /* in front of the instances at the node */
  G_FLOW_ROLE_AFTER = -3,   /* behind them */
} GFlowRole;

/* The request that the application has, or what one branch of a flow makes of it: where
 * the way of a request forks, each branch gets a copy of its documents. */
struct _GFlowRequest
{
  GObject        parent_instance;

  _Atomic (char *) id;         /* (owned) (nullable): made up when asked for */
  char          *endpoint;     /* (owned), by g_ref_string_new() */
  GVariant      *parameters;   /* (owned) (nullable) */
  GVariant      *of_node;      /* (owned) (nullable): those for the node that serves it now */
  GFlowNode     *node;         /* (unowned) (nullable): that node */
  int            instance;     /* which of its shards does, if all do; else a GFlowRole */
  gboolean       passes;       /* no document of it is for who would serve it */
  GPtrArray     *parts;        /* (owned) (nullable) of GFlowRequest: what it was made of, while
                                * that is of interest */
  GPtrArray     *left_out;     /* (owned) (nullable) of GFlowDocument: by conditions, and others */
  GFlowDocuments documents;

  /* Of a branch */
  GFlowRequest  *root;         /* (owned) (nullable): the request of the application */
  GFlowRequest  *base;         /* (owned) (nullable): what it was copied from, and does not
                                * change any more */
  GHashTable    *origins;      /* (owned) (nullable): document (owned) → the one in the base */

  /* Of a flow inside another one */
  GFlowRequest  *outer;        /* (owned) (nullable): the request that is for */

  /* Of the request of the application */
  GFlowMutex     mutex;        /* guards the results, and reading what branches are made of */
  GHashTable    *results;      /* (owned) (nullable): name → GVariant */
  GFlowRunState  state;
  GError        *error;        /* (owned) (nullable) */
  GFlowPlan     *plan;         /* (owned) (nullable): what it went through */
  GFlowTimes    *records;      /* (owned) (nullable): for each node of it, and for all; then the
                                * states of the nodes */
  GHashTable    *node_errors;  /* (owned) (nullable): number of the node → GError */
  GListStore    *routes;       /* (owned) (nullable): made when asked for */
};

/* The records of a passage through @n nodes, and behind them room for their states. */
static inline GFlowTimes *
_g_flow_records_new (guint n)
{
  const gsize size = ((gsize) n + 1) * sizeof (GFlowTimes) + n;

  return memset (g_malloc (size), 0, size);
}

static inline guint8 *
_g_flow_records_states (GFlowTimes *records,
                        guint       n)
{
  return (guint8 *) (records + n + 1);
}

GFlowRequest *_g_flow_request_new_for   (char         *endpoint,
                                         GVariant     *parameters,
                                         GListStore   *documents);
void          _g_flow_request_set_up    (GFlowRequest *self,
                                         char         *endpoint,
                                         GVariant     *parameters);
gboolean      _g_flow_request_is_unknown (GFlowRequest *self);
void          _g_flow_request_wipe      (GFlowRequest *self);
GFlowTimes    _g_flow_request_get_times (GFlowRequest *self);
GFlowRequest *_g_flow_request_branch    (GFlowRequest *self);
GPtrArray    *_g_flow_request_dup_documents (GFlowRequest *self);
void          _g_flow_request_take_documents (GFlowRequest *self,
                                         GPtrArray    *documents);
GFlowRequest *_g_flow_request_get_root  (GFlowRequest *self);
void          _g_flow_request_set_copies (GFlowRequest *self,
                                         GFlowRequest *other);
void          _g_flow_request_set_ended (GFlowRequest  *self,
                                         GFlowRunState  state,
                                         const GError  *error);
void          _g_flow_request_share_results (GFlowRequest *self,
                                         GFlowRequest *other,
                                         const char   *prefix);
gboolean      _g_flow_request_begin     (GFlowRequest  *self,
                                         GError       **error);
GFlowRoute   *_g_flow_route_new         (GFlowNode      *node,
                                         GFlowTimes     record,
                                         GFlowNodeState  state,
                                         const GError   *error);

/* Putting branches together again: gflow-merge.c */
void          _g_flow_request_merge     (GFlowRequest  *self,
                                         GFlowRequest **parts,
                                         guint          n_parts);
void          _g_flow_request_merge_into (GFlowRequest  *self,
                                         GFlowRequest **parts,
                                         guint          n_parts);
void          _g_flow_request_gather    (GFlowRequest  *self,
                                         GFlowRequest **parts,
                                         guint          n_parts);

/* Leaving documents out: gflow-reduce.c */
gboolean      _g_flow_request_filter    (GFlowRequest   *self,
                                         GFlowCondition *condition,
                                         GFlowNode      *node,
                                         GError        **error);

G_END_DECLS
