/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-condition-private.h"
#include "gflow-executor-private.h"
#include "gflow-request-private.h"

#include "run/gflow-run-private.h"

G_BEGIN_DECLS

/* In place of a node: where requests come in. */
#define G_FLOW_ENTRY G_MAXUINT32

/* The instances of an executor that serve at a node: those of the first shard, then those of
 * the next. A request that is to be served on a worker holds a permit, so that
 * one of them is idle. */
typedef struct
{
  _Atomic guint     ref_count;
  GFlowNode        *node;        /* (owned) */
  char             *name;        /* (owned): of the node, or of what is in front of it, or behind */
  guint             n_shards;
  guint             n_replicas;  /* of each */
  GFlowScheduling   scheduling;
  GPtrArray        *instances;   /* (owned) of GFlowExecutor */
  GFlowLock        *lock;        /* (owned): for any of them */
  GPtrArray        *shard_locks; /* (owned) (nullable) of GFlowLock: if all are ever asked */
  gboolean          is_mixed;    /* so that both are needed */
  _Atomic guint    *busy;        /* (owned): for each instance, the requests it serves by tasks,
                                  * and whether it serves one on a worker */
  _Atomic guint    *turns;       /* (owned): for each shard, whose turn it is */
  gboolean         *is_set_up;   /* (owned): for each instance */
} GFlowStation;

GFlowStation  *_g_flow_station_new    (GFlowNode     *node,
                                       GFlowExecutor *executor,
                                       const char    *role,
                                       GError       **error);
GFlowStation  *_g_flow_station_ref    (GFlowStation  *station);
void           _g_flow_station_unref  (GFlowStation  *station);
GPtrArray     *_g_flow_station_find_bindings (GFlowStation *station,
                                       const char    *endpoint);
guint          _g_flow_station_enter  (GFlowStation  *station,
                                       gboolean       alone);
void           _g_flow_station_leave  (GFlowStation  *station,
                                       guint          instance);
void           _g_flow_station_leave_alone (GFlowStation *station,
                                       guint          instance);
guint          _g_flow_station_enter_role (GFlowStation *station,
                                       int            role,
                                       gboolean       alone);
guint          _g_flow_station_get_only  (GFlowStation  *station,
                                       int            role);
void           _g_flow_station_leave_role (GFlowStation *station,
                                       int            role,
                                       guint          instance);
void           _g_flow_station_add_locks (GFlowStation *station,
                                       int            role,
                                       GFlowNode     *node);

/* What serves at a node in several steps: gflow-team.c */
typedef struct _GFlowTeam GFlowTeam;
typedef struct _GFlowVisit GFlowVisit;

/* Requests that are to be served together: gflow-batch.c */
typedef struct _GFlowBatcher GFlowBatcher;

/* What an executor was given, for another attempt: gflow-given.c */
typedef struct _GFlowGiven GFlowGiven;

GFlowGiven    *_g_flow_given_new      (GFlowRequest  *part,
                                       gboolean       is_shared);
void           _g_flow_given_free     (GFlowGiven    *self);
void           _g_flow_given_restore  (GFlowGiven    *self,
                                       GFlowRequest  *part);

/* A node in a channel. */
typedef struct
{
  GFlowNode      *node;        /* (unowned) */
  GFlowStation   *station;     /* (owned) (nullable) */
  GPtrArray      *bindings;    /* (owned) (nullable) of GFlowBinding: of each instance */
  GFlowTeam      *team;        /* (owned) (nullable): in place of these */
  GFlowCondition *condition;   /* (owned) (nullable): for documents */
  GFlowReducer    reducer;     /* how parts are put together */
  GFlowReduction *reduction;   /* (owned) (nullable): if it is CUSTOM */
  GFlowBatcher   *batcher;     /* (owned) (nullable): if it serves several requests at once */
  GCallback       body;        /* (nullable): of a function of the application */
  gpointer        user_data;   /* for it */
  guint32         index;
  gboolean        merges;      /* it may have to put branches together */
  gboolean        is_beside;   /* no response waits for it */
  gboolean        enters;      /* it is a flow whose executors serve */
  gboolean        may_retry;   /* there may be several attempts */
  guint32        *sources;     /* (owned): where what it gets comes from: nodes, or the entry */
  guint32         n_sources;
  guint32         n_takers;    /* who gets what it leaves */
} GFlowPlace;

/* What requests for one endpoint go through: a plan that was compiled for them. Executors
 * that do not serve them do not show in it. */
struct _GFlowChannel
{
  _Atomic guint   ref_count;
  GFlowPipeline  *pipeline;    /* (unowned): whose it is; used while it is compiled */
  char           *endpoint;    /* (owned) (nullable): NULL for all that nothing is bound for */
  GRegex         *target;      /* (owned) (nullable): the names of nodes that serve */
  GFlowPlan      *plan;        /* (owned) */
  GFlowPlace     *places;      /* (owned): for each node, for the entry, and for the exit */
  guint           n_beside;    /* nodes that no response waits for */
  guint32        *collected;   /* (owned) (nullable): taps whose changes are in responses */
  guint           n_collected;
  gboolean        hides_runs;  /* no function of the application is given the run of a request */
  gboolean        may_retry;   /* at some node */
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
  GFlowVisit     *visit;       /* (unowned) (nullable): it is a part of one, and nothing else is set */
  GFlowRequest   *request;     /* (unowned): the run has it */
  GFlowRequest   *first;       /* (owned) (nullable): a copy for the nodes, if some are beside */
  GList           link;        /* in the pipeline's runs */
  gboolean        divides;     /* parameters are for single nodes */
  GFlowRequest  **parts;       /* what each node has, or has left; mostly behind the passage itself */
  guint32        *instances;   /* behind that: which instance serves, for each node */
  gpointer        own_parts;   /* (owned) (nullable): the block of these two, if they have one */
  GFlowGiven    **given;       /* (owned) (nullable): what each node was given, if it may need it again */
  GFlowTimes    *records;     /* (owned): when, for each node and the entry */
  _Atomic guint   n_awaited;   /* nodes that the response waits for, and that have not ended */
  gboolean        answered;    /* it has come back, and the run goes on */
};

GFlowRequest  *_g_flow_passage_take        (GFlowRun      *run,
                                            GFlowPlace    *place,
                                            GError       **error);

void           _g_flow_passage_give_answer (GFlowRun      *run,
                                            GFlowRunState  state,
                                            const GError  *error);

/* Nodes that no response waits for: gflow-detached.c */
void           _g_flow_passage_detach_begin (GFlowPassage *passage,
                                            GFlowRun      *run);
GFlowTimes    *_g_flow_passage_copy_records (GFlowPassage *passage);
void           _g_flow_passage_answer      (GFlowRun      *run);

/* Putting parts together: gflow-reduce.c */
GFlowRequest  *_g_flow_place_reduce        (GFlowPlace    *place,
                                            GFlowRequest  *root,
                                            GFlowRequest **parts,
                                            guint          n_parts,
                                            GError       **error);

/* What serves at a node in several steps: gflow-team.c */
GFlowTeam     *_g_flow_team_new            (GFlowChannel  *channel,
                                            GFlowPlace    *place,
                                            GFlowPolling   polling);
void           _g_flow_team_free           (GFlowTeam     *team);
gboolean       _g_flow_team_batches        (GFlowTeam     *team);
void           _g_flow_team_start          (GFlowNode     *node,
                                            GFlowRun      *run,
                                            GTask         *task,
                                            gpointer       user_data,
                                            GError       **error);
void           _g_flow_visit_node_ended    (GFlowVisit    *visit,
                                            GFlowRun      *run,
                                            guint32        index,
                                            GFlowNodeState state);

/* The bodies of executors: gflow-passage.c */
gpointer       _g_flow_passage_find_task_owner (GFlowRun *run,
                                            guint32        index,
                                            gboolean       at_once);
gboolean       _g_flow_passage_filter      (GFlowNode     *node,
                                            GFlowRun      *run,
                                            gpointer       user_data,
                                            GError       **error);
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
  GHashTable     *before;      /* (owned): likewise, in front of it */
  GHashTable     *after;       /* (owned): likewise, behind it */
  GPtrArray      *inside;      /* (owned) of GFlowNode: flows that were opened with it */
  gpointer        opening;     /* (unowned) (nullable): what opens it, in gflow-open.c */

  GFlowMutex      mutex;       /* guards what follows */
  GHashTable     *channels;    /* (owned): endpoint → GFlowChannel; "" for all others */
  GPtrArray      *batchers;    /* (owned) of GFlowBatcher */
  GQueue          runs;        /* (unowned) of GFlowRun: under way */
  GSource        *idle;        /* (owned) (nullable): ready when there are none */
};

GFlowPipeline *_g_flow_pipeline_new        (GFlow          *flow,
                                            GError        **error);
gboolean       _g_flow_has_executors       (GFlow          *flow);
GFlowChannel  *_g_flow_pipeline_ref_channel (GFlowPipeline *pipeline,
                                            const char     *endpoint);
GFlowBatcher  *_g_flow_pipeline_ref_batcher (GFlowPipeline *pipeline,
                                            GFlowStation   *station,
                                            int             role,
                                            GPtrArray      *bindings,
                                            const GFlowBatching *batching);
void           _g_flow_pipeline_forget_plans (GFlowPipeline *pipeline);
void           _g_flow_pipeline_hurry      (GFlowPipeline  *pipeline);
GFlowPipeline *_g_flow_pipeline_enter      (GFlow          *flow,
                                            GFlowChannel   *channel,
                                            GFlowLock     **parallel_lock,
                                            GList          *link);
void           _g_flow_pipeline_add_run    (GFlowPipeline  *pipeline,
                                            GList          *link);
void           _g_flow_pipeline_remove_run (GFlowPipeline  *pipeline,
                                            GList          *link);
void           _g_flow_pipeline_cancel_runs (GFlowPipeline *pipeline);
void           _g_flow_pipeline_leave      (GFlowPipeline  *pipeline);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GFlowPipeline, _g_flow_pipeline_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GFlowChannel, _g_flow_channel_unref)

G_END_DECLS
