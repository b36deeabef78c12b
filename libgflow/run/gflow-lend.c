/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-scheduler-private.h"

/* Bodies that block a worker until somebody answers.
 *
 * A thread that has waited for some time in such a body lends its lane, and its place among the
 * threads of the flow and of the process, to another. When it has its answer it goes on with the
 * body at once, above the limits, as it may have what others wait for: to queue for a lane could
 * lock them all up. When the body has ended it ends the node on a lane that is none of the
 * run's, and leaves the run; if it was a worker, its thread goes back to where it came from.
 *
 * The run is steered from then on, so that nodes which become ready on such a lane go to the
 * heap, and not to a deque that it does not have. */

/* In milliseconds: as long as a run without any worker waits for a spare one, as what is answered
 * sooner needs no other thread. Tests change it. */
guint _g_flow_lend_delay = 5;

static gboolean
lend_cb (gpointer frame)
{
  _g_flow_scheduler_lend (frame);
  return G_SOURCE_REMOVE;
}

static gboolean
is_on_worker_lane (void)
{
  for (GFlowFrame *frame = _g_flow_frame; frame != NULL; frame = frame->below)
    if (_g_flow_frame_is_on_worker_lane (frame))
      return TRUE;
  return FALSE;
}

/* This thread is about to iterate @context until it has what it waits for. NULL if it has
 * nothing to lend meanwhile; else to be destroyed by then. */
GSource *
_g_flow_lend_later (GMainContext *context)
{
  GSource *source;

  if (!is_on_worker_lane ())
    return NULL;

  source = g_timeout_source_new (_g_flow_lend_delay);
  g_source_set_static_name (source, "GFlow lend");
  g_source_set_callback (source, lend_cb, _g_flow_frame, NULL);
  g_source_attach (source, context);
  return source;
}

/* What the lane of the thread has counted, as no lane of the run does. */
static void
count_ended (GFlowRun  *self,
             GFlowLane *lane)
{
  /* Relaxed, as where lanes count: others only look. */
  atomic_fetch_sub_explicit (&self->n_revived,
                             atomic_load_explicit (&lane->n_done, memory_order_relaxed),
                             memory_order_relaxed);
  atomic_fetch_sub_explicit (&self->weight_revived,
                             atomic_load_explicit (&lane->weight, memory_order_relaxed),
                             memory_order_relaxed);
}

/* A body has returned @ok whose thread has lent its lane. Takes @error. The run stays as long
 * as the thread has not left it, see leave_lent(). */
void
_g_flow_run_end_beside (GFlowRun *self,
                        guint32   index,
                        gboolean  ok,
                        GError   *error)
{
  GFlowFrame *frame = _g_flow_frame;
  GFlowLane lane = { .run = self, .beside = TRUE, .n_held = frame->n_held };

  frame->lane = &lane;
  _g_flow_run_end_on_lane (self, &lane, index, ok, error);
  frame->lane = NULL;
  count_ended (self, &lane);
  _g_flow_run_settle (self, &lane);
  if (!g_flow_heap_is_empty (&self->heap))
    _g_flow_run_notify_work (self);
  _g_flow_lane_clear (&lane);
}
