/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-run-private.h"

G_BEGIN_DECLS

/* What the class GFlowRun has, for the files that it is written in. */

enum
{
  PROP_0,
  PROP_FLOW,
  PROP_STATE,
  PROP_ERROR,
  PROP_ON_ERROR,
  PROP_CANCELLABLE,
  PROP_PARAMETERS,
  PROP_REQUEST,
  PROP_DEADLINE,
  PROP_KEEP_RESULTS,
  PROP_KEEP_RECORD,
  PROP_PAUSED,
  PROP_FRACTION,
  PROP_N_DONE,
  PROP_N_TOTAL,
  PROP_STATUS,
  PROP_ELAPSED,
  PROP_REMAINING,
  PROP_RATE,
  PROP_HISTORY,
  PROP_JOURNAL,
  PROP_ITEM_TYPE,
  PROP_N_ITEMS,
  N_PROPS
};

extern GParamSpec *_g_flow_run_properties[N_PROPS];

/* gflow-run-properties.c */
void _g_flow_run_install_properties (GObjectClass *object_class);

/* gflow-run-telling.c */
void _g_flow_run_install_signals    (GObjectClass *object_class);
void _g_flow_told_free              (GFlowTold    *told);

G_END_DECLS
