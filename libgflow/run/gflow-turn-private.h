/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How long a worker stays on a run while others wait for a turn */
#define G_FLOW_TURN_US 1000
/* In how many nodes it asks the clock about that, if these take less than that */
#define G_FLOW_TURN_MAX_STRIDE 15
#define G_FLOW_TURN_STRIDE_US 10

/* How long a worker has been on a run while others wait */
typedef struct
{
  gint64 since;  /* 0: nobody has waited yet */
  gint64 asked;  /* when the clock was asked last */
  guint  stride; /* nodes from one time to the next */
  guint  n_left; /* of these */
} GFlowTurn;

/* Others may wait for longer than many a run takes, so the clock is asked after each node only
 * where nodes take long. */
static inline gboolean
g_flow_turn_is_over (GFlowTurn *turn)
{
  if (turn->n_left > 0)
    {
      turn->n_left--;
      return FALSE;
    }

  const gint64 now = g_get_monotonic_time ();

  if (turn->since == 0)
    turn->since = now;
  turn->stride = now - turn->asked < G_FLOW_TURN_STRIDE_US
                   ? MIN (turn->stride * 2 + 1, G_FLOW_TURN_MAX_STRIDE) : 0;
  turn->asked = now;
  turn->n_left = turn->stride;
  return now - turn->since > G_FLOW_TURN_US;
}

G_END_DECLS
