/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-run-private.h"

G_BEGIN_DECLS

/* How long a run takes: gflow-estimate.c */

/* What has ended in the last seconds. */
#define G_FLOW_N_SAMPLES 10

typedef struct
{
  gint64 time;   /* monotonic, in µs */
  guint  n_done;
} GFlowSample;

struct _GFlowPace
{
  GFlowSample samples[G_FLOW_N_SAMPLES]; /* a ring: one a second, when somebody asks */
  guint       n_samples;                 /* that were ever taken */
  double      fraction;                  /* that was seen last */
  double      fraction_elapsed;          /* and when, in seconds */
};

void  _g_flow_run_start_learning (GFlowRun *self);
void  _g_flow_run_set_restored   (GFlowRun      *self,
                                  const guint32 *nodes,
                                  guint          n);

/* The text: gflow-status.c */
guint _g_flow_run_round_seconds  (double    seconds);

G_END_DECLS
