/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-run-private.h"

G_BEGIN_DECLS

/* What is written down of a run: for each node when it ran, where, and how often.
 *
 * It is made for a run whose steps are looked at, or that is traced, drawn or kept in a
 * journal; all nodes of such a run go the attended way. Any other run has none of this,
 * and pays nothing for it.
 *
 * _g_flow_run_record() before the run starts makes it so, and after that, in any thread,
 * _g_flow_run_get_record() tells. Who wants to be called as nodes start and end adds
 * an observer with _g_flow_run_observe(), which records the run as well. Recording may
 * also begin while the run runs: nodes that have started by then have no start, and
 * those that have ended have an empty record. */

/* Times are monotonic, in microseconds; 0 is not yet, or never. Written by whoever runs
 * the node. Who reads it after having seen the node's end sees all of it; before
 * that the numbers are good, but those of different moments. */
struct _GFlowRecord
{
  _Atomic gint64  locked; /* when it had its locks; 0 if it takes none */
  _Atomic gint64  start;  /* of the attempt that runs, or ran last; 0 if its body was never called */
  _Atomic gint64  end;
  _Atomic guint32 attempt; /* 0: its body was never called; 1: it runs, or ran, for the first time */
  _Atomic guint32 worker; /* of that attempt: 0 the owner context, from 1 the lane of a worker */
};

/* Is called while nodes run. @started and @ended come in the thread that runs the
 * node, with no lock of the library held, but between bodies: they must be quick. What
 * waits for a node starts after its @ended. @ended also comes, without @started, for
 * nodes that are not run. @subrun comes in any thread, too, as bodies start runs, before
 * the run in @index starts, so that it can be observed. @finished comes in the owner
 * context. All may be NULL. */
struct _GFlowObserver
{
  GFlowObserver *next; /* set by _g_flow_run_observe() */
  void (*started)  (GFlowObserver *self,
                    GFlowRun      *run,
                    guint32        index,
                    GFlowRecord   *record);
  void (*ended)    (GFlowObserver *self,
                    GFlowRun      *run,
                    guint32        index,
                    GFlowNodeState state,
                    GFlowRecord   *record);
  void (*subrun)   (GFlowObserver *self,
                    GFlowRun      *run,
                    guint32        index,
                    GFlowRun      *child);
  void (*finished) (GFlowObserver *self,
                    GFlowRun      *run); /* all has ended; the state of the run is known */
  void (*free)     (GFlowObserver *self); /* with the run */
};

void         _g_flow_run_record         (GFlowRun       *self);
void         _g_flow_run_observe        (GFlowRun       *self,
                                         GFlowObserver  *observer);
GFlowRecord *_g_flow_run_get_record     (GFlowRun       *self,
                                         guint32         index);
gint64       _g_flow_run_get_ready_time (GFlowRun       *self,
                                         guint32         index);

/* Runs whose record is kept: gflow-keep.c */
typedef struct
{
  guint32   index; /* of the node that it is a part of */
  GFlowRun *run;   /* (owned) */
} GFlowKept;

void         _g_flow_run_begin_keeping  (GFlowRun       *self);
GArray      *_g_flow_run_dup_kept       (GFlowRun       *self); /* of GFlowKept */

/* Adds the run to a file of traces, as number @number: plot/gflow-trace.c */
gboolean     _g_flow_trace_append_to_file (const char  *path,
                                           GFlowRun    *run,
                                           guint        number,
                                           GError     **error);

/* For the other files of a run */
void         _g_flow_run_make_records   (GFlowRun       *self);
void         _g_flow_run_free_records   (GFlowRun       *self);
void         _g_flow_run_record_start   (GFlowRun       *self,
                                         GFlowLane      *lane,
                                         guint32         index);
void         _g_flow_run_record_locked  (GFlowRun       *self,
                                         guint32         index);
void         _g_flow_run_record_end     (GFlowRun       *self,
                                         guint32         index);
void         _g_flow_run_observe_end    (GFlowRun       *self,
                                         guint32         index,
                                         GFlowNodeState  state);
void         _g_flow_run_observe_subrun (GFlowRun       *self,
                                         guint32         index,
                                         GFlowRun       *child);
void         _g_flow_run_observe_finish (GFlowRun       *self);

G_END_DECLS
