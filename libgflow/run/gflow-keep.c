/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-record-private.h"

/* Runs whose record is kept, for traces, charts and reports; with the runs of the flows that
 * are nodes of it. */

typedef struct
{
  guint32   index; /* of the node */
  GFlowRun *run;   /* (owned) */
} SubRun;

struct _GFlowKeeper
{
  GFlowObserver observer; /* first: is cast back */
  GArray       *sub_runs; /* (owned) of SubRun, in the order of their starts */
};

static void
clear_sub_run (gpointer data)
{
  g_object_unref (((SubRun *) data)->run);
}

static void
keep_sub_run (GFlowObserver *observer,
              GFlowRun      *run,
              guint32        index,
              GFlowRun      *child)
{
  GFlowKeeper *self = (GFlowKeeper *) observer;
  const SubRun sub_run = { index, g_object_ref (child) };

  g_flow_run_set_keep_record (child, TRUE);
  g_array_append_val (self->sub_runs, sub_run);
}

static void
free_keeper (GFlowObserver *observer)
{
  GFlowKeeper *self = (GFlowKeeper *) observer;

  g_array_unref (self->sub_runs);
  g_free (self);
}

/* The run is about to start. */
void
_g_flow_run_begin_keeping (GFlowRun *self)
{
  GFlowKeeper *keeper = g_new0 (GFlowKeeper, 1);

  keeper->observer.subrun = keep_sub_run;
  keeper->observer.free = free_keeper;
  keeper->sub_runs = g_array_new (FALSE, FALSE, sizeof (SubRun));
  g_array_set_clear_func (keeper->sub_runs, clear_sub_run);
  self->keeper = keeper;
  _g_flow_run_observe (self, &keeper->observer);
}

/* The runs that were kept, each with the node that it belongs to. */
guint
_g_flow_run_get_n_kept (GFlowRun *self)
{
  return self->keeper != NULL ? self->keeper->sub_runs->len : 0;
}

GFlowRun *
_g_flow_run_get_kept (GFlowRun *self,
                      guint     position,
                      guint32  *index)
{
  const SubRun *sub_run = &g_array_index (self->keeper->sub_runs, SubRun, position);

  *index = sub_run->index;
  return sub_run->run;
}

/**
 * g_flow_run_get_keep_record: (attributes org.gtk.Method.get_property=keep-record)
 * @self: a run
 *
 * Gets whether it is written down when nodes run, and where.
 *
 * Returns: %TRUE if it is
 *
 * Since: 0.1
 */
gboolean
g_flow_run_get_keep_record (GFlowRun *self)
{
  g_return_val_if_fail (G_IS_FLOW_RUN (self), FALSE);

  return self->keep_record;
}

/**
 * g_flow_run_set_keep_record: (attributes org.gtk.Method.set_property=keep-record)
 * @self: a run that has not started
 * @keep_record: whether to write it down
 *
 * Sets whether it is written down when nodes run, and where: see
 * [property@GFlow.FlowRun:keep-record].
 *
 * Since: 0.1
 */
void
g_flow_run_set_keep_record (GFlowRun *self,
                            gboolean  keep_record)
{
  g_return_if_fail (G_IS_FLOW_RUN (self));
  g_return_if_fail (g_flow_run_get_state (self) == G_FLOW_RUN_STATE_NEW);

  if (self->keep_record == !!keep_record)
    return;

  self->keep_record = !!keep_record;
  g_object_notify (G_OBJECT (self), "keep-record");
}
