/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-scheduler-private.h"

#include <sched.h>
#include <time.h>

/* Whether a worker without nodes of its own should take some of others.
 *
 * Where bodies take next to no time, what nodes cost is how their counters go from
 * cache to cache: two threads may take longer than one. So a worker that comes to others
 * who are fast lets them go on for a while, and sees how fast. Then it helps, and sees
 * whether the run is faster for it. If not it lets them go on for longer, and so on.
 *
 * That is about nodes that take less than a tenth of a microsecond. Where others are in
 * longer bodies, what they have ready waits, and is taken at once: whoever lets them go on
 * looks at least once in a microsecond whether that is so. What will soon be over is left to
 * them for good. */

/* A look, in nanoseconds: it begins with as long as two nodes take that are fast. Each costs those
 * who work a cache miss or two, so that the next one is longer as long as all is well. */
#define MIN_LOOK_NS 150
#define MAX_LOOK_NS 600
#define FAST_PACE (1 / 75.0f) /* nodes per nanosecond */
/* How long it lets the others go on, at first and at the most */
#define MIN_PATIENCE_NS 3000
#define MAX_PATIENCE_NS 100000
/* What others will have done by then is not worth while to help with. */
#define SOON_NS 25000
/* How long it helps before it asks whether that is of use: some tens of short nodes */
#define TRIAL_NS 1000
/* How much faster the run has to be for it; and as the others may be faster by now, how
 * much more from trial to trial. */
#define USEFUL 1.1f
#define DOUBT 1.002f

static gint64
now_ns (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return now.tv_sec * G_GINT64_CONSTANT (1000000000) + now.tv_nsec;
}

/* Relaxed: it is only a look. */
static guint32
count_ended (GFlowRun *self)
{
  guint32 n = 0;

  for (guint i = 0; i < self->n_lanes; i++)
    n += atomic_load_explicit (&self->lanes[i].n_done, memory_order_relaxed);
  return n;
}

/* In nodes per nanosecond since the last time; and begins anew. */
static float
take_pace (GFlowRun  *self,
           GFlowHelp *help,
           gint64     now)
{
  const guint32 n_ended = count_ended (self);
  const float pace = (float) (n_ended - help->n_ended) / (float) (now - help->since + 1);

  help->since = now;
  help->n_ended = n_ended;
  return pace;
}

/* FALSE if nobody else is there any more. */
static gboolean
wait_until (GFlowRun *self,
            gint64    until)
{
  while (now_ns () < until)
    {
      /* Relaxed: it is only a look. */
      if (atomic_load_explicit (&self->n_inside, memory_order_relaxed) == 1)
        return FALSE;
      _g_flow_pause_processor ();
    }
  return TRUE;
}

/* Nobody but those who work on the run has anything for this worker. */
static gboolean
is_quiet (GFlowRun *self)
{
  return g_flow_inbox_is_empty (&self->inbox) && g_flow_heap_is_empty (&self->heap) &&
         atomic_load_explicit (&_g_flow_n_hungry, memory_order_relaxed) == 0;
}

static void
let_others_go_on (GFlowRun  *self,
                  GFlowHelp *help)
{
  const gint64 begin = now_ns ();
  gint64 look = MIN_LOOK_NS;
  gboolean gives_way = FALSE;
  float pace, left;

  take_pace (self, help, begin);
  help->pace_without = 0;
  do
    {
      if (!wait_until (self, help->since + look))
        return;
      pace = take_pace (self, help, now_ns ());
      if (pace < FAST_PACE && !gives_way)
        {
          /* Those who work may be waiting for the processor that this worker is on. */
          gives_way = TRUE;
          sched_yield ();
          pace = take_pace (self, help, now_ns ());
        }
      help->pace_without = pace * USEFUL;
      if (pace < FAST_PACE || !is_quiet (self))
        return;
      left = (float) (self->plan->n_nodes - help->n_ended);
      look = MIN (look * 2, MAX_LOOK_NS);
    }
  while (help->since - begin < help->patience || left < pace * SOON_NS);

  help->patience = MIN (help->patience * 2, MAX_PATIENCE_NS);
}

/* A worker comes to the run. */
void
_g_flow_help_begin (GFlowHelp *help)
{
  help->since = 0;
  help->pace_without = 0;
  help->patience = MIN_PATIENCE_NS;
}

/* A worker has no nodes of its own, or could leave them to others: this may take a while
 * if it had better not go on. */
void
_g_flow_help_consider (GFlowRun  *self,
                       GFlowLane *lane)
{
  GFlowHelp *help = &lane->help;

  /* One lane goes on in any case. */
  if (lane == self->lanes ||
      atomic_load_explicit (&self->n_inside, memory_order_relaxed) == 1)
    return;

  const gint64 now = now_ns ();

  if (help->since != 0)
    {
      if (now - help->since < TRIAL_NS)
        return;

      const float pace = take_pace (self, help, now);

      if (pace < FAST_PACE)
        {
          help->pace_without = 0;
          return;
        }
      if (help->pace_without > 0 && pace > help->pace_without)
        {
          help->pace_without *= DOUBT;
          help->patience = MIN_PATIENCE_NS;
          return;
        }
    }
  let_others_go_on (self, help);
}
