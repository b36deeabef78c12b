/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "test-util.h"

G_BEGIN_DECLS

#define STRESS_N_LOCKS 4

typedef struct _StressGraph StressGraph;
typedef struct _StressLocks StressLocks;
typedef struct _StressNode StressNode;
typedef struct _StressRun StressRun;

typedef enum
{
  STRESS_WORKER,
  STRESS_CONTEXT,
  STRESS_ASYNC_AT_ONCE,
  STRESS_ASYNC_IDLE,
  STRESS_ASYNC_THREAD,
  STRESS_JOIN,
  STRESS_SUBFLOW,
} StressKind;

typedef enum
{
  STRESS_SUCCEED,
  STRESS_FAIL,
  STRESS_FAIL_WITHOUT_ERROR, /* sync: FALSE alone; async: drops the task */
  STRESS_SAY_CANCELLED,
} StressOutcome;

typedef enum
{
  STRESS_CANCEL_NEVER,
  STRESS_CANCEL_FROM_CONTEXT,
  STRESS_CANCEL_FROM_THREAD,
  STRESS_CANCEL_FROM_BODY,
} StressCancel;

/* Shared by the graphs that run at the same time */
struct _StressLocks
{
  GFlowLock *locks[STRESS_N_LOCKS];   /* (owned) */
  guint      permits[STRESS_N_LOCKS]; /* at the beginning */
  guint      most[STRESS_N_LOCKS];    /* the most that there ever are */
  int        held[STRESS_N_LOCKS];    /* atomic: by bodies */
};

struct _StressNode
{
  StressGraph   *graph; /* (unowned) */
  guint          index; /* in the order that the edges go */
  StressKind     kind;
  StressOutcome  outcome;
  GFlowRunWhen   run_when;
  gboolean       gives_result;
  guint          spin;
  guint          n_upstreams;
  guint         *upstreams;
  guint          locks; /* a bit for each */
  GFlowNode     *node;  /* (unowned): the flow's */
};

struct _StressGraph
{
  GFlow        *flow; /* (owned) */
  guint         n_nodes;
  StressNode   *nodes;
  StressLocks  *locks; /* (unowned) */
  guint         max_parallel;
  int           n_parallel;           /* atomic: over all runs */
  GFlowOnError  on_error;
  gboolean      sync;
  gboolean      watched;
  GThread      *thread; /* (unowned): where data must be destroyed */
  guint         n_destroyed;
};

/* What happened to a node in a run, all atomic */
typedef struct
{
  int begun;
  int ended;
  int n_started;
  int n_done;
  int n_error;
  int n_always;
} StressRecord;

struct _StressRun
{
  StressGraph  *graph; /* (unowned) */
  GFlowRun     *run;   /* (owned) (nullable) */
  GCancellable *cancellable;
  StressRecord *records;
  StressCancel  cancel;
  GFlowNode    *victim; /* (unowned) (nullable): cancels this node, not the run */
  gboolean      dropped;
  gint64        deadline_us;
  double        fraction; /* as last notified */
  guint         cancel_turns;
  guint         cancel_source;
  int           cancel_after;
  GThread      *cancel_thread;
  int           n_begun;  /* atomic */
  int           n_inside; /* atomic */
  int           ends;     /* atomic */
  gboolean      well;
  GError       *error;
};

void         stress_locks_init       (StressLocks *self,
                                      GRand       *rand,
                                      gboolean     change);
void         stress_locks_clear      (StressLocks *self);

StressGraph *stress_graph_new        (GRand       *rand,
                                      StressLocks *locks,
                                      gboolean     sync);
void         stress_graph_free       (StressGraph *self);

StressRun   *stress_run_new          (StressGraph *graph,
                                      GRand       *rand);
void         stress_run_cancel       (StressRun   *self);
void         stress_run_check        (StressRun   *self);
void         stress_run_free         (StressRun   *self);

void         stress_finishers_start  (void);
void         stress_finishers_stop   (void);
guint64      stress_count_bodies     (void);

/* The bodies: stress-body.c; user_data is a StressNode. */
gboolean     stress_body_sync        (GFlowNode   *node,
                                      GFlowRun    *run,
                                      gpointer     user_data,
                                      GError     **error);
void         stress_body_async       (GFlowNode   *node,
                                      GFlowRun    *run,
                                      GTask       *task,
                                      gpointer     user_data,
                                      GError     **error);
void         stress_body_destroy     (gpointer     user_data);
void         stress_hold_locks       (StressNode  *self);
void         stress_drop_locks       (StressNode  *self);

G_END_DECLS
