/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "bench-timers.h"

#define PERIOD (G_USEC_PER_SEC / 60)

struct _BenchTimer
{
  GSource  source;
  gint64   latest;     /* µs after it was due, at worst so far */
};

static gboolean
dispatch (GSource     *source,
          GSourceFunc  callback,
          gpointer     user_data)
{
  BenchTimer *self = (BenchTimer *) source;
  gint64 now = g_get_monotonic_time ();

  self->latest = MAX (self->latest, now - g_source_get_ready_time (source));
  g_source_set_ready_time (source, now + PERIOD);

  return G_SOURCE_CONTINUE;
}

BenchTimer *
bench_timer_start (GMainContext *context,
                   int           priority)
{
  static GSourceFuncs funcs = { .dispatch = dispatch };
  GSource *source = g_source_new (&funcs, sizeof (BenchTimer));

  g_source_set_priority (source, priority);
  g_source_set_ready_time (source, g_get_monotonic_time () + PERIOD);
  g_source_attach (source, context);

  return (BenchTimer *) source;
}

/* Returns: how much later than due it came, at worst, in µs. A tick that is
 *   overdue counts too. */
double
bench_timer_stop (BenchTimer *self)
{
  GSource *source = (GSource *) self;
  gint64 overdue = g_get_monotonic_time () - g_source_get_ready_time (source);
  double latest = (double) MAX (self->latest, overdue);

  g_source_destroy (source);
  g_source_unref (source);

  return latest;
}
