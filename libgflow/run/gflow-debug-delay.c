/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-debug-private.h"

#include "gflow-owner-private.h"
#include "gflow-steps-private.h"

/* Nodes that GFLOW_DEBUG has wait before they are run. They wait as nodes do, without a thread:
 * a timer of the owner context brings them back to where they were taken from. Their locks
 * they keep, so that others find out what happens if that takes long. */

struct _GFlowDelays
{
  GFlowRun   *run;   /* (unowned) */
  GFlowMutex  mutex; /* guards what follows */
  GHashTable *table; /* (owned): index → Delay, until the node is run */
};

typedef struct
{
  GFlowDelays *delays;
  guint32      index;
  GSource     *timer; /* (owned) (nullable): none when the time is over */
} Delay;

static void
clear_timer (Delay *delay)
{
  if (delay->timer != NULL)
    g_source_destroy (delay->timer);
  g_clear_pointer (&delay->timer, g_source_unref);
}

static void
free_delay (gpointer data)
{
  clear_timer (data);
  g_free (data);
}

GFlowDelays *
_g_flow_delays_new (GFlowRun *run)
{
  GFlowDelays *self = g_new0 (GFlowDelays, 1);

  self->run = run;
  self->table = g_hash_table_new_full (NULL, NULL, NULL, free_delay);
  _g_flow_mutex_init (&self->mutex);
  return self;
}

void
_g_flow_delays_free (GFlowDelays *self)
{
  g_hash_table_unref (self->table);
  _g_flow_mutex_clear (&self->mutex);
  g_free (self);
}

/* A node goes on from where it was. In the owner context. */
static void
go_on (GFlowRun *run,
       guint32   index)
{
  GFlowLane *lane = _g_flow_run_context_lane (run);
  GFlowFrame frame = { _g_flow_frame, run, lane, FALSE };

  _g_flow_frame = &frame;
  _g_flow_run_deliver (run, lane, index);
  _g_flow_run_deliver_chosen (run, lane, FALSE);
  _g_flow_frame = frame.below;
  _g_flow_owner_post (run);
}

static gboolean
over_cb (gpointer user_data)
{
  Delay *delay = user_data;
  GFlowDelays *self = delay->delays;
  const guint32 index = delay->index;

  _g_flow_mutex_lock (&self->mutex);
  clear_timer (delay);
  _g_flow_mutex_unlock (&self->mutex);
  go_on (self->run, index);
  return G_SOURCE_REMOVE;
}

static void
add_delay (GFlowDelays  *self,
           guint32       index,
           guint         msec,
           GMainContext *context)
{
  Delay *delay = g_new0 (Delay, 1);

  delay->delays = self;
  delay->index = index;
  delay->timer = g_timeout_source_new (msec);
  g_source_set_static_name (delay->timer, "GFlow delay");
  g_source_set_callback (delay->timer, over_cb, delay, NULL);
  _g_flow_mutex_lock (&self->mutex);
  g_hash_table_insert (self->table, GUINT_TO_POINTER (index), delay);
  /* Under the mutex: when the timer comes the node is in the table. */
  g_source_attach (delay->timer, context);
  _g_flow_mutex_unlock (&self->mutex);
}

/* A node is about to be run that is to wait for so long. TRUE if it waits: then it is not with
 * this thread any more. FALSE if it has. */
gboolean
_g_flow_delays_begin (GFlowDelays *self,
                      guint32      index,
                      guint        msec)
{
  GFlowRun *run = self->run;
  gboolean has_waited;

  _g_flow_mutex_lock (&self->mutex);
  has_waited = g_hash_table_remove (self->table, GUINT_TO_POINTER (index));
  _g_flow_mutex_unlock (&self->mutex);
  if (has_waited)
    return FALSE;

  /* A node comes to a deque or an inbox once, but to a heap as often as it likes. */
  _g_flow_run_steer (run);
  /* Relaxed: nobody decides by it. */
  atomic_store_explicit (&run->nodes[index].state, G_FLOW_NODE_STATE_READY, memory_order_relaxed);
  if (_g_flow_run_is_recorded (run))
    _g_flow_run_note_change (run, index);
  add_delay (self, index, msec, _g_flow_run_grow (run));
  return TRUE;
}

gboolean
_g_flow_delays_has (GFlowDelays *self,
                    guint32      index)
{
  Delay *delay;
  gboolean waits;

  _g_flow_mutex_lock (&self->mutex);
  delay = g_hash_table_lookup (self->table, GUINT_TO_POINTER (index));
  waits = delay != NULL && delay->timer != NULL;
  _g_flow_mutex_unlock (&self->mutex);
  return waits;
}

/* Nodes that will not run need not wait. In a dispatch. */
void
_g_flow_delays_end_stopped (GFlowDelays *self)
{
  g_autoptr(GArray) stopped = g_array_new (FALSE, FALSE, sizeof (guint32));
  GHashTableIter iter;
  gpointer delay;

  _g_flow_mutex_lock (&self->mutex);
  g_hash_table_iter_init (&iter, self->table);
  while (g_hash_table_iter_next (&iter, NULL, &delay))
    {
      const guint32 index = ((Delay *) delay)->index;

      if (((Delay *) delay)->timer == NULL || _g_flow_run_may_run (self->run, index))
        continue;
      g_array_append_val (stopped, index);
      g_hash_table_iter_remove (&iter);
    }
  _g_flow_mutex_unlock (&self->mutex);
  for (guint i = 0; i < stopped->len; i++)
    go_on (self->run, g_array_index (stopped, guint32, i));
}
