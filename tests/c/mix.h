/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "test-util.h"

G_BEGIN_DECLS

#define MIX_N_LOCKS 3

typedef struct _Mix Mix;
typedef struct _MixNode MixNode;

typedef enum
{
  MIX_WORKER,
  MIX_CONTEXT,
  MIX_ASYNC,
  MIX_JOIN,
  MIX_FLOW,
  MIX_MAP,
  MIX_SPAWNER,
  MIX_ASKER,
  MIX_ASYNC_ASKER,
  MIX_CHOOSER,
  MIX_N_KINDS,
} MixKind;

struct _MixNode
{
  Mix          *mix; /* (unowned) */
  guint         index;
  MixKind       kind;
  double        p_fail;
  guint         max_retries;
  gboolean      patient; /* its body lasts until it is told to stop, or for some milliseconds */
  GFlowRunWhen  run_when;
  guint         locks; /* a bit for each */
  guint         n_upstreams;
  guint         upstreams[4];
  GFlowNode    *node; /* (unowned): the flow's */
  int           n_calls; /* atomic */
  int           running; /* atomic */
  guint         n_revived; /* owner context only, and so what follows */
  guint         n_started;
  guint         n_always;
};

/* A flow, and one run of it */
struct _Mix
{
  guint32       seed;
  GRand        *rand;  /* (owned): of the thread of the test */
  GFlow        *flow;  /* (owned) */
  GFlow        *inner; /* (owned) */
  GFlowRun     *run;   /* (owned) */
  MixNode      *nodes;
  guint         n_nodes;
  GFlowOnError  on_error;
  GFlowLock    *locks[MIX_N_LOCKS]; /* (owned) */
  guint         permits[MIX_N_LOCKS];
  int           held[MIX_N_LOCKS]; /* atomic */
  guint         max_parallel;
  int           n_parallel; /* atomic */
  int           n_inside;   /* atomic: bodies that run */
  int           ends;       /* atomic */
  gboolean      well;
  GError       *error;      /* (owned) (nullable) */
  gboolean      sync;
  gboolean      watched;
  gboolean      told;       /* steps */
  gboolean      resumed;    /* it goes on from another one */
  GFile        *journal;    /* (owned) (nullable) */
  guint         n_actions;  /* that the application still does */
  guint         n_revivals;
  GSource      *source;     /* (owned) (nullable) */
  GThread      *meddler;    /* (owned) (nullable) */
  GMutex        mutex;
  GPtrArray    *questions;  /* (owned) of GFlowQuestion, guarded by it: not answered yet */
  GThread      *thread;     /* (unowned): where data must be destroyed */
  guint         n_bodies;
  guint         n_destroyed;
};

/* Building: mix-graph.c */
void     mix_init          (Mix        *self,
                            guint32     seed);
void     mix_clear         (Mix        *self);
void     mix_finalize      (gpointer    pointer);

/* The bodies: mix-body.c */
gboolean mix_body_sync     (GFlowNode  *node,
                            GFlowRun   *run,
                            gpointer    user_data,
                            GError    **error);
void     mix_body_async    (GFlowNode  *node,
                            GFlowRun   *run,
                            GTask      *task,
                            gpointer    user_data,
                            GError    **error);
gboolean mix_body_inner    (GFlowNode  *node,
                            GFlowRun   *run,
                            gpointer    user_data,
                            GError    **error);
void     mix_body_inner_async (GFlowNode *node,
                            GFlowRun   *run,
                            GTask      *task,
                            gpointer    user_data,
                            GError    **error);
void     mix_body_destroy  (gpointer    user_data);
void     mix_inner_destroy (gpointer    user_data);
gboolean mix_draw          (Mix        *mix,
                            guint32     a,
                            guint32     b,
                            double      probability);

G_END_DECLS
