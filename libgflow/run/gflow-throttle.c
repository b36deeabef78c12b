/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-throttle-private.h"

/* Slows down the starting of async bodies when many of them are under way. A task that returns in
 * another thread comes as a source of its own, and GLib dispatches all sources that are ready before it
 * asks what is due. So if that thread gets the processor only now and then, and returns
 * then on all the tasks that it has got meanwhile, timers and redrawing wait for all of them.
 *
 * As many bodies start freely as a process may have files open, mostly. If that many are under way, and
 * half of them end within an interval, others wait until they have: the next ones would not end any
 * sooner. If they do not, they wait for something, and there may be more of them: some
 * more after each interval, and the more the longer it lasts, so that ten thousand are under way within
 * a tenth of a second. */

/* What may end at once: at 2 µs for each, as long as a dispatch may take */
#define MIN_LIMIT 1024
#define INTERVAL_US 2000
/* By which part the limit is raised after the first interval, twice that after the second, and so on */
#define UP 128
/* By which part it is lowered when there was no need for it */
#define DOWN 16

void
g_flow_throttle_init (GFlowThrottle *self)
{
  self->limit = MIN_LIMIT;
}

static void
change_limit (GFlowThrottle *self)
{
  if (self->n_ended < self->limit / 2)
    {
      self->n_raised = MIN (self->n_raised + 1, UP);
      self->limit += self->limit / UP * self->n_raised;
    }
  else
    {
      self->n_raised = 0;
      self->limit = MAX (self->limit - self->limit / DOWN, MIN_LIMIT);
    }
}

/* How many more bodies may start. If none, there is something to do when one has ended, or after the
 * time that g_flow_throttle_timeout() tells. */
guint
g_flow_throttle_make_room (GFlowThrottle *self)
{
  if (g_flow_throttle_is_full (self))
    {
      const gint64 now = g_get_monotonic_time ();

      if (now < self->next)
        return 0;

      change_limit (self);
      self->n_ended = 0;
      self->next = now + INTERVAL_US;
    }
  return self->limit - MIN (self->under_way, self->limit);
}

/* Returns: in how many milliseconds one that is full is to be asked again */
int
g_flow_throttle_timeout (GFlowThrottle *self)
{
  const gint64 left = self->next - g_get_monotonic_time ();

  return (int) CLAMP ((left + 999) / 1000, 1, INTERVAL_US / 1000);
}
