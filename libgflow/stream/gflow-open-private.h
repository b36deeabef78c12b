/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-pipeline-private.h"
#include "gflow-wait-private.h"

G_BEGIN_DECLS

/* A flow that is being opened, or closed. */
typedef struct _GFlowOperation GFlowOperation;

/* One instance of its executors, or a flow inside of it. */
typedef struct
{
  GFlowOperation *operation; /* (unowned) */
  GFlowNode      *node;      /* (owned): where it serves */
  GFlowStation   *station;   /* (owned) (nullable) */
  guint           instance;
  gboolean        opens;     /* the flow inside was not open */
} GFlowPart;

struct _GFlowOperation
{
  GFlow         *flow;        /* (unowned) (nullable): the task has it; NULL once it was given up */
  GFlowPipeline *pipeline;    /* (owned) */
  GFlowRun      *run;         /* (owned) (nullable) */
  GTask         *task;        /* (owned) (nullable): NULL once it was given up */
  GCancellable  *cancellable; /* (owned): of teardowns */
  GMainContext  *context;     /* (owned) */
  GSource       *timer;       /* (owned) (nullable) */
  GSource       *idle;        /* (owned) (nullable) */
  GSource       *cancel;      /* (owned) (nullable) */
  GSource       *limit;       /* (owned) (nullable): of the time to open */
  GPtrArray     *waiters;     /* (owned) (nullable): flows around it that are opened, too */
  GError        *error;       /* (owned) (nullable): why it does not open */
  guint          timeout;     /* ms */
  gboolean       sets_up;     /* executors are being set up */
  gboolean       late;        /* what runs was cancelled */
  GFlowWait     *wait;        /* (unowned) (nullable): the blocking call that it is for */
  gboolean       alone;       /* that call does not wait for it any more: a thread does */
  GFlowPart     *part;        /* (unowned) (nullable): the flow is inside of another one, which
                               * has patience for it */
  gboolean       ended;
};

/* Who waits, and for how long: gflow-operation.c */
GFlowOperation *_g_flow_operation_new          (GFlow               *flow,
                                                GTask               *task,
                                                GFlowPipeline       *pipeline,
                                                GFlowWait           *wait,
                                                GFlowPart           *part);
void            _g_flow_operation_free         (GFlowOperation      *operation);
void            _g_flow_operation_watch        (GFlowOperation      *operation,
                                                GCancellable        *cancellable);
void            _g_flow_operation_start_timer  (GFlowOperation      *operation);
void            _g_flow_operation_stop_source  (GSource            **source);
void            _g_flow_operation_end_wait     (GFlowWait           *wait);
gboolean        _g_flow_check_door             (GFlow               *self,
                                                GFlowDoor            wanted,
                                                GError             **error);

/* What is done for each executor: gflow-open-parts.c */
GFlow          *_g_flow_operation_make_setup   (GFlowOperation      *operation);
GFlow          *_g_flow_operation_make_teardown (GFlowOperation     *operation);
void            _g_flow_operation_execute      (GFlowOperation      *operation,
                                                GFlow               *flow,
                                                GCancellable        *cancellable,
                                                GAsyncReadyCallback  callback);
void            _g_flow_operation_end_opening  (GFlowOperation      *operation,
                                                const GError        *error);

/* Opening: gflow-open.c */
void            _g_flow_operation_fail         (GFlowOperation      *operation,
                                                GError              *error);
void            _g_flow_open_with              (GFlow               *self,
                                                GCancellable        *cancellable,
                                                GFlowWait           *wait,
                                                GFlowPart           *part,
                                                GAsyncReadyCallback  callback,
                                                gpointer             user_data);

/* Closing: gflow-close.c */
void            _g_flow_operation_tear_down    (GFlowOperation      *operation);
void            _g_flow_close_with             (GFlow               *self,
                                                GCancellable        *cancellable,
                                                GFlowWait           *wait,
                                                GFlowPart           *part,
                                                GAsyncReadyCallback  callback,
                                                gpointer             user_data);

G_END_DECLS
