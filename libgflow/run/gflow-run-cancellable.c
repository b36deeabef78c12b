/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-run-private.h"

#include "gflow-scheduler-private.h"

/* The cancellable of a run: made when somebody asks for it. */

/* For whoever cancels the run by its own cancellable. The run may be gone by
 * then: it does not wait for this. */
static void
own_cancelled_cb (GCancellable *cancellable,
                  gpointer      user_data)
{
  GFlowRun *self = g_weak_ref_get (user_data);

  if (self == NULL)
    return;

  /* A run that stops by itself cancels it, too. */
  if (!_g_flow_run_is_stopping (self))
    g_flow_run_cancel (self);
  /* This may be the last reference by now, and the thread not that of the run. */
  if (self->flow == NULL)
    g_object_unref (self);
  else if (!_g_flow_scheduler_give (self))
    _g_flow_home_release (&self->flow->home, self, g_object_unref);
}

static void
free_weak_ref (gpointer data)
{
  g_weak_ref_clear (data);
  g_free (data);
}

static void
follow_cancellable (GFlowRun     *self,
                    GCancellable *cancellable)
{
  GWeakRef *weak = g_new (GWeakRef, 1);

  g_weak_ref_init (weak, self);
  _g_flow_watch_absorb (g_signal_connect_data (cancellable, "cancelled",
                                               G_CALLBACK (own_cancelled_cb), weak,
                                               (GClosureNotify) (GCallback) free_weak_ref, 0));
}

/**
 * g_flow_run_get_cancellable: (attributes org.gtk.Method.get_property=cancellable)
 * @self: a run
 *
 * Gets a cancellable that is cancelled when what runs is to stop: with the run, by
 * the deadline, and by a failure under %G_FLOW_ON_ERROR_STOP. Sync bodies look at it.
 * Cancelling it cancels the run. May be called from any thread.
 *
 * Returns: (transfer none): the cancellable
 *
 * Since: 0.1
 */
GCancellable *
g_flow_run_get_cancellable (GFlowRun *self)
{
  g_return_val_if_fail (G_IS_FLOW_RUN (self), NULL);

  GCancellable *cancellable = atomic_load_explicit (&self->cancellable, memory_order_acquire);

  if (cancellable != NULL)
    return cancellable;

  GCancellable *mine = g_cancellable_new ();

  /* Sequentially consistent: whoever halts the run sets the halt first and
   * looks for this then; this is the other way round. */
  if (!atomic_compare_exchange_strong_explicit (&self->cancellable, &cancellable, mine,
                                                memory_order_seq_cst, memory_order_acquire))
    {
      g_object_unref (mine);
      return cancellable;
    }
  if (_g_flow_run_is_stopping (self))
    g_cancellable_cancel (mine);
  else
    follow_cancellable (self, mine);
  /* Cancelled before it was followed? */
  if (g_cancellable_is_cancelled (mine) && !_g_flow_run_is_stopping (self))
    g_flow_run_cancel (self);
  return mine;
}
