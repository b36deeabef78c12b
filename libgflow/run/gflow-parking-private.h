/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <pthread.h>
#include <stdatomic.h>

#include "graph/gflow-mutex-private.h"

G_BEGIN_DECLS

/* Where one thread sleeps until another wakes it. A wake that comes first is
 * kept: the next park returns at once. Several wakes are one. */
typedef struct
{
  _Atomic gboolean woken;
  pthread_mutex_t  mutex;
  pthread_cond_t   cond;
} GFlowParking;

void     g_flow_parking_init   (GFlowParking *parking);
void     g_flow_parking_clear  (GFlowParking *parking);
gboolean g_flow_parking_park   (GFlowParking *parking,
                                int           timeout_ms);
void     g_flow_parking_unpark (GFlowParking *parking);

G_END_DECLS
