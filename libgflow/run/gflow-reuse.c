/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-run-private.h"

/* Runs that serve again.
 *
 * To make a GFlowRun and to finalise it takes GObject longer than to run some nodes. So the run that
 * a thread has let go last is kept, wiped, and is the next one that the thread makes; if nobody can
 * tell it from one that was made by GObject. For that, nothing may be attached to it when its last
 * reference is dropped: no data, weak reference, toggle reference or closure, all of which GObject
 * keeps as data. Such a run is finalised. Handlers are let go in either case, and when there is no
 * reference any more no signal is being emitted.
 *
 * A dispose function may take a reference: then GObject does not finalise the object. But it
 * goes on with it until the last reference has been dropped, and has a queue of notifications as data
 * meanwhile. It is over with that when the next run is made, in the same thread. */

static _Thread_local GFlowRun *spare; /* (owned) (nullable) */
static _Thread_local enum { NEW, WATCHED, GONE } this_thread;

static void
free_spare (gpointer unused)
{
  this_thread = GONE;
  g_clear_object (&spare);
}

/* Has the spare run freed when the thread ends. FALSE if that has happened. */
static gboolean
watch_thread (void)
{
  static GPrivate at_end = G_PRIVATE_INIT (free_spare);

  if (this_thread == NEW)
    {
      g_private_set (&at_end, &at_end);
      this_thread = WATCHED;
    }
  return this_thread == WATCHED;
}

static void
look_at_data (GQuark   key,
              gpointer data,
              gpointer user_data)
{
  static GQuark notify_queue;

  if (G_UNLIKELY (notify_queue == 0))
    notify_queue = g_quark_from_static_string ("GObject-notify-queue");
  if (key != notify_queue)
    *(gboolean *) user_data = TRUE;
}

/* Whether nobody has anything of the run, which is being disposed of. */
static gboolean
is_let_go (GFlowRun *self)
{
  GObject *object = G_OBJECT (self);
  gboolean has_data = FALSE;

  /* By g_object_run_dispose() it may come here while it has users. */
  if (g_atomic_int_get ((int *) &object->ref_count) != 1)
    return FALSE;

  g_datalist_foreach (&object->qdata, look_at_data, &has_data);
  return !has_data;
}

/* For dispose: TRUE if the run stays, with a reference, as the spare one. */
gboolean
_g_flow_run_stay (GFlowRun *self)
{
  /* Without a flow it has been wiped before. */
  if (self->flow == NULL || spare != NULL || !watch_thread () || !is_let_go (self))
    return FALSE;

  _g_flow_run_wipe (self);
  /* What it had may have been the last user of another run. */
  if (spare != NULL)
    return FALSE;

  spare = g_object_ref (self);
  return TRUE;
}

/* A run of no flow that is as new; NULL if this thread has none. */
GFlowRun *
_g_flow_run_take_unused (void)
{
  GFlowRun *run = g_steal_pointer (&spare);

  if (run == NULL || _g_flow_is_unknown (G_OBJECT (run)))
    return run;

  /* Its notifications were frozen, or what it had when it was let go has taken a reference. */
  g_object_unref (run);
  return NULL;
}

/* Whether no code of the application has seen the run, or can see it any more, so that nobody could
 * tell it from a new one. In its owner context, by whom it tells that it has ended: the library has
 * two references then, that one's and that of the dispatch. */
gboolean
_g_flow_run_is_unseen (GFlowRun *self)
{
  return self->quiet && _g_flow_run_attention (self) == 0 && self->asked == NULL &&
         _g_flow_is_unknown_beside (G_OBJECT (self), 2);
}
