/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-record-private.h"

G_BEGIN_DECLS

/* What the variable GFLOW_DEBUG asks for: see docs/debugging.md. */
typedef struct
{
  gboolean   help;
  gboolean   schedule;     /* tell when nodes start and end */
  gboolean   locks;        /* tell when they wait for locks */
  char      *trace;        /* (owned) (nullable): the file that traces go to */
  gboolean   shuffle;
  guint64    seed;
  guint      cancel_after; /* nodes; 0 for never */
  GPtrArray *failing;      /* (owned) of GPatternSpec */
  GPtrArray *delayed;      /* (owned) of GPatternSpec */
  GArray    *delays;       /* (owned) of guint, in ms: for each of those */
} GFlowDebugOptions;

GFlowDebugOptions *_g_flow_debug_parse     (const char        *text,
                                            GString           *complaints);
void               _g_flow_debug_free      (GFlowDebugOptions *options);

/* For runs */

typedef enum
{
  G_FLOW_DEBUG_UNKNOWN, /* nobody has looked yet */
  G_FLOW_DEBUG_OFF,
  G_FLOW_DEBUG_ON,
} GFlowDebugState;

extern _Atomic int _g_flow_debug_state;

void               _g_flow_run_debug_begin (GFlowRun          *self);
gboolean           _g_flow_run_debug_delay (GFlowRun          *self,
                                            guint32            index);
gboolean           _g_flow_run_debug_is_delayed (GFlowRun     *self,
                                            guint32            index);
void               _g_flow_run_debug_end_delays (GFlowRun     *self);
GFlowNodeState     _g_flow_run_debug_body  (GFlowRun          *self,
                                            guint32            index);
void               _g_flow_run_debug_wait  (GFlowRun          *self,
                                            guint32            index,
                                            GFlowLock         *lock);
void               _g_flow_run_debug_hold  (GFlowRun          *self,
                                            guint32            index);

/* Nodes that wait: gflow-debug-delay.c */

typedef struct _GFlowDelays GFlowDelays;

GFlowDelays       *_g_flow_delays_new      (GFlowRun          *run);
void               _g_flow_delays_free     (GFlowDelays       *self);
gboolean           _g_flow_delays_begin    (GFlowDelays       *self,
                                            guint32            index,
                                            guint              msec);
gboolean           _g_flow_delays_has      (GFlowDelays       *self,
                                            guint32            index);
void               _g_flow_delays_end_stopped (GFlowDelays    *self);

/* A run is about to start: looks whether somebody wants to debug it. */
static inline void
_g_flow_run_debug (GFlowRun *self)
{
  /* Relaxed: it says only whether to look further. */
  if (G_UNLIKELY (atomic_load_explicit (&_g_flow_debug_state, memory_order_relaxed) !=
                  G_FLOW_DEBUG_OFF))
    _g_flow_run_debug_begin (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GFlowDebugOptions, _g_flow_debug_free)

G_END_DECLS
