/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-record-private.h"

/* Runs whose record is kept, for traces, charts and reports; with the runs that are parts of
 * its nodes. */

struct _GFlowKeeper
{
  GFlowObserver observer; /* first: is cast back */
  GArray       *kept;     /* (owned) of GFlowKept; guarded by the run's mutex */
};

static void
clear_kept (gpointer data)
{
  g_object_unref (((GFlowKept *) data)->run);
}

static GArray *
new_kept (void)
{
  GArray *kept = g_array_new (FALSE, FALSE, sizeof (GFlowKept));

  g_array_set_clear_func (kept, clear_kept);
  return kept;
}

/* In any thread that a body runs in. */
static void
keep_sub_run (GFlowObserver *observer,
              GFlowRun      *run,
              guint32        index,
              GFlowRun      *child)
{
  GFlowKeeper *self = (GFlowKeeper *) observer;
  const GFlowKept kept = { index, g_object_ref (child) };

  /* Nobody is notified: this may not be the owner context. */
  child->keep_record = TRUE;
  _g_flow_mutex_lock (&run->mutex);
  g_array_append_val (self->kept, kept);
  _g_flow_mutex_unlock (&run->mutex);
}

static void
free_keeper (GFlowObserver *observer)
{
  GFlowKeeper *self = (GFlowKeeper *) observer;

  g_array_unref (self->kept);
  g_free (self);
}

/* The run is about to start. */
void
_g_flow_run_begin_keeping (GFlowRun *self)
{
  GFlowKeeper *keeper = g_new0 (GFlowKeeper, 1);

  keeper->observer.subrun = keep_sub_run;
  keeper->observer.free = free_keeper;
  keeper->kept = new_kept ();
  self->keeper = keeper;
  _g_flow_run_observe (self, &keeper->observer);
}

/* The runs that are parts of nodes, in the order in which they were started. */
GArray *
_g_flow_run_dup_kept (GFlowRun *self)
{
  GArray *copy = new_kept ();

  if (self->keeper == NULL)
    return copy;

  _g_flow_mutex_lock (&self->mutex);
  for (guint i = 0; i < self->keeper->kept->len; i++)
    {
      GFlowKept kept = g_array_index (self->keeper->kept, GFlowKept, i);

      g_object_ref (kept.run);
      g_array_append_val (copy, kept);
    }
  _g_flow_mutex_unlock (&self->mutex);
  return copy;
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
