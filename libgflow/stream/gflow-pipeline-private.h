/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-executor-private.h"
#include "gflow-request-private.h"

#include "run/gflow-run-private.h"

G_BEGIN_DECLS

/* In place of a node: where requests come in. */
#define G_FLOW_ENTRY G_MAXUINT32

/* The instances of an executor that serve at a node. A request that is to be served on a
 * worker holds one of the permits, so that one of them is idle. */
typedef struct
{
  _Atomic guint     ref_count;
  GFlowNode        *node;        /* (owned) */
  GPtrArray        *instances;   /* (owned) of GFlowExecutor */
  GFlowLock        *lock;        /* (owned) */
  _Atomic guint    *busy;        /* (owned): for each instance, the requests it serves */
  gboolean         *is_set_up;   /* (owned): likewise */
} GFlowStation;

GFlowStation  *_g_flow_station_new    (GFlowNode     *node,
                                       GFlowExecutor *executor,
                                       guint          n_instances,
                                       GError       **error);
GFlowStation  *_g_flow_station_ref    (GFlowStation  *station);
void           _g_flow_station_unref  (GFlowStation  *station);
guint          _g_flow_station_enter  (GFlowStation  *station,
                                       gboolean       alone);
void           _g_flow_station_leave  (GFlowStation  *station,
                                       guint          instance);

/* Requests that are to be served together: gflow-batch.c */
typedef struct _GFlowBatcher GFlowBatcher;

/* A node in a channel. */
typedef struct
{
  GFlowNode      *node;        /* (unowned) */
  GFlowStation   *station;     /* (owned) (nullable) */
  GPtrArray      *bindings;    /* (owned) (nullable) of GFlowBinding: of each instance */
  GFlowBatcher   *batcher;     /* (owned) (nullable): if it serves several requests at once */
  GCallback       body;        /* (nullable): of a function of the application */
  gpointer        user_data;   /* for it */
  guint32         index;
  gboolean        merges;      /* it may have to put branches together */
  gboolean        enters;      /* it is a flow whose executors serve */
  guint32        *sources;     /* (owned): where what it gets comes from: nodes, or the entry */
  guint32         n_sources;
  guint32         n_takers;    /* who gets what it leaves */
} GFlowPlace;

/* What requests for one endpoint go through: a plan that was compiled for them. Executors
 * that do not serve them do not show in it. */
struct _GFlowChannel
{
  _Atomic guint   ref_count;
  GFlowPipeline  *pipeline;    /* (unowned): while it is compiled */
  char           *endpoint;    /* (owned) (nullable): NULL for all that nothing is bound for */
  GRegex         *target;      /* (owned) (nullable): the names of nodes that serve */
  GFlowPlan      *plan;        /* (owned) */
  GFlowPlace     *places;      /* (owned): for each node, for the entry, and for the exit */
};

GFlowChannel  *_g_flow_channel_new    (GFlowPipeline *pipeline,
                                       const char    *endpoint,
                                       GRegex        *target);
GFlowChannel  *_g_flow_channel_ref    (GFlowChannel  *channel);
void           _g_flow_channel_unref  (GFlowChannel  *channel);

static inline GFlowPlace *
_g_flow_channel_entry (GFlowChannel *channel)
{
  return &channel->places[channel->plan->n_nodes];
}

static inline GFlowPlace *
_g_flow_channel_exit (GFlowChannel *channel)
{
  return &channel->places[channel->plan->n_nodes + 1];
}

/* One request on its way. */
struct _GFlowPassage
{
  GFlowPipeline  *pipeline;    /* (owned) */
  GFlowChannel   *channel;     /* (owned) */
  GFlowRequest   *request;     /* (unowned): the run has it */
  GList           link;        /* in the pipeline's runs */
  gboolean        divides;     /* parameters are for single nodes */
  GFlowRequest  **parts;       /* (owned): what each node has, or has left; in the same block */
  guint32        *instances;   /* which instance serves, for each node; likewise */
  GFlowTimes    *records;     /* (owned): when, for each node and the entry */
};

/* The bodies of executors: gflow-passage.c */
gboolean       _g_flow_passage_serve       (GFlowNode     *node,
                                            GFlowRun      *run,
                                            gpointer       user_data,
                                            GError       **error);
void           _g_flow_passage_start       (GFlowNode     *node,
                                            GFlowRun      *run,
                                            GTask         *task,
                                            gpointer       user_data,
                                            GError       **error);
gboolean       _g_flow_passage_wait        (GFlowNode     *node,
                                            GFlowRun      *run,
                                            gpointer       user_data,
                                            GError       **error);
gboolean       _g_flow_passage_join        (GFlowNode     *node,
                                            GFlowRun      *run,
                                            gpointer       user_data,
                                            GError       **error);
void           _g_flow_passage_join_task   (GFlowNode     *node,
                                            GFlowRun      *run,
                                            GTask         *task,
                                            gpointer       user_data,
                                            GError       **error);

/* A flow that is open. */
struct _GFlowPipeline
{
  _Atomic guint   ref_count;
  GFlow          *flow;        /* (unowned): cleared when it is closed */
  GPtrArray      *stations;    /* (owned) of GFlowStation */
  GHashTable     *by_node;     /* (owned): GFlowNode → GFlowStation */
  GPtrArray      *inside;      /* (owned) of GFlowNode: flows that were opened with it */

  GFlowMutex      mutex;       /* guards what follows */
  GHashTable     *channels;    /* (owned): endpoint → GFlowChannel; "" for all others */
  GPtrArray      *batchers;    /* (owned) of GFlowBatcher */
  GQueue          runs;        /* (unowned) of GFlowRun: under way */
  gboolean        closing;     /* somebody waits until there are none */
  GSource        *idle;        /* (owned) (nullable): ready when there are none */
};

GFlowPipeline *_g_flow_pipeline_new        (GFlow          *flow,
                                            GError        **error);
gboolean       _g_flow_has_executors       (GFlow          *flow);
GFlowChannel  *_g_flow_pipeline_ref_channel (GFlowPipeline *pipeline,
                                            const char     *endpoint);
GFlowBatcher  *_g_flow_pipeline_ref_batcher (GFlowPipeline *pipeline,
                                            GFlowStation   *station,
                                            GPtrArray      *bindings,
                                            const GFlowBatching *batching);
void           _g_flow_pipeline_forget_plans (GFlowPipeline *pipeline);
void           _g_flow_pipeline_hurry      (GFlowPipeline  *pipeline);
void           _g_flow_pipeline_add_run    (GFlowPipeline  *pipeline,
                                            GFlowRun       *run,
                                            GList          *link);
void           _g_flow_pipeline_remove_run (GFlowPipeline  *pipeline,
                                            GList          *link);
void           _g_flow_pipeline_cancel_runs (GFlowPipeline *pipeline);
void           _g_flow_pipeline_leave      (GFlowPipeline  *pipeline);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GFlowPipeline, _g_flow_pipeline_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GFlowChannel, _g_flow_channel_unref)

G_END_DECLS
