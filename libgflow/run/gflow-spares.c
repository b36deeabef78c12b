/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-run-private.h"

/* Every async body has a cancellable of its own, and making one costs as much as
 * the task. Those of nodes that have ended wait here, in the order in which they
 * ended, and serve another node of the run if nobody can tell that they do: in the thread of
 * the owner context only. What a run leaves when it is gone serves other runs. */

#define MAX_SPARES 256
/* What has just ended still is in the hands of the task that tells of it. */
#define MIN_SPARES 4
/* Kept for other runs */
#define MAX_LEFT 64

static struct
{
  GFlowMutex    mutex;
  GCancellable *items[MAX_LEFT]; /* (owned) */
  guint         n;
} left = { .mutex = G_FLOW_MUTEX_INIT };

/* Whether nobody can tell the cancellable from a new one. */
static gboolean
is_as_new (GCancellable *cancellable)
{
  return _g_flow_is_unknown (G_OBJECT (cancellable)) &&
         !g_cancellable_is_cancelled (cancellable) &&
         !_g_flow_watch_has_handlers (cancellable);
}

/* A cancellable that is new, or as good. In any thread. */
GCancellable *
_g_flow_spares_take (void)
{
  GCancellable *cancellable = NULL;

  _g_flow_mutex_lock (&left.mutex);
  if (left.n > 0)
    cancellable = left.items[--left.n];
  _g_flow_mutex_unlock (&left.mutex);
  return cancellable != NULL ? cancellable : g_cancellable_new ();
}

/* Takes the cancellable of a run that is gone. */
void
_g_flow_spares_give (GCancellable *cancellable)
{
  if (is_as_new (cancellable))
    {
      _g_flow_mutex_lock (&left.mutex);
      if (left.n < MAX_LEFT)
        left.items[left.n++] = g_steal_pointer (&cancellable);
      _g_flow_mutex_unlock (&left.mutex);
    }
  g_clear_object (&cancellable);
}

/* A cancellable that is as good as new. */
GCancellable *
_g_flow_run_take_spare (GFlowRun *self)
{
  GFlowSpares *spares = &self->spares;

  if (spares->n < MIN_SPARES)
    return _g_flow_spares_take ();

  GCancellable *cancellable = spares->ring[spares->first];

  spares->first = (spares->first + 1) % spares->size;
  spares->n--;
  if (is_as_new (cancellable))
    return cancellable;

  g_object_unref (cancellable);
  return _g_flow_spares_take ();
}

/* Takes the cancellable of a node that has ended. */
void
_g_flow_run_give_spare (GFlowRun     *self,
                        GCancellable *cancellable)
{
  GFlowSpares *spares = &self->spares;

  if (spares->ring == NULL)
    {
      spares->size = MIN (self->plan->n_nodes, MAX_SPARES);
      spares->ring = g_new (GCancellable *, spares->size);
    }
  if (spares->n == spares->size || g_cancellable_is_cancelled (cancellable))
    {
      g_object_unref (cancellable);
      return;
    }

  spares->ring[(spares->first + spares->n) % spares->size] = cancellable;
  spares->n++;
}

void
_g_flow_run_free_spares (GFlowRun *self)
{
  GFlowSpares *spares = &self->spares;

  for (; spares->n > 0; spares->n--)
    {
      _g_flow_spares_give (spares->ring[spares->first]);
      spares->first = (spares->first + 1) % spares->size;
    }
  g_clear_pointer (&spares->ring, g_free);
}
