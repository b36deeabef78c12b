/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "run/gflow-record-private.h"

G_BEGIN_DECLS

/* When the nodes of a run ran, and where: what traces, charts and reports are made of.
 * Times are monotonic, in microseconds. */

typedef struct
{
  guint32        index;    /* of the node */
  guint32        attempt;
  GFlowNodeState state;
  gint64         ready;    /* when all that it needs had ended; 0 if that is not known */
  gint64         start;
  gint64         end;      /* now, if it runs still */
  guint          track;
  gboolean       critical; /* on the critical path */
} GFlowSlice;

/* Slices that do not overlap. A worker mostly has one track; the context has several if async
 * bodies run at the same time. */
typedef struct
{
  guint32 worker; /* 0: the context */
  guint   number; /* among those of the worker, from 0 */
  gint64  end;    /* of the last slice */
} GFlowTrack;

typedef struct
{
  GFlowRun *run;       /* (owned) */
  gint64    start;
  gint64    end;
  GArray   *slices;    /* (owned) of GFlowSlice, by start */
  GArray   *tracks;    /* (owned) of GFlowTrack, by worker */
  guint32  *slice_of;  /* (owned) (nullable): of each node, the slice and 1; 0 for none */
  GArray   *critical;  /* (owned) of guint32: the critical path, first to last; slices */
  gint64    critical_time;
} GFlowTimeline;

GFlowTimeline *_g_flow_timeline_new      (GFlowRun      *run);
void           _g_flow_timeline_free     (GFlowTimeline *self);
char          *_g_flow_timeline_dup_name (GFlowTimeline *self,
                                          guint          track);
char          *_g_flow_dup_duration      (gint64         duration);

/* Running the nodes again, on paper: gflow-simulation.c */
gint64         _g_flow_timeline_simulate (GFlowTimeline *self,
                                          guint          n_workers);

static inline const GFlowSlice *
_g_flow_timeline_slice (GFlowTimeline *self,
                        guint          slice)
{
  return &g_array_index (self->slices, GFlowSlice, slice);
}

/* The slice of a node, or NULL if it did not run. */
static inline const GFlowSlice *
_g_flow_timeline_slice_of (GFlowTimeline *self,
                           guint32        index)
{
  return self->slice_of != NULL && self->slice_of[index] > 0
           ? _g_flow_timeline_slice (self, self->slice_of[index] - 1) : NULL;
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GFlowTimeline, _g_flow_timeline_free)

G_END_DECLS
