/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* A 60 Hz timer, as an animation has, that remembers how late it came. */
typedef struct _BenchTimer BenchTimer;

BenchTimer *bench_timer_start (GMainContext *context,
                               int           priority);
double      bench_timer_stop  (BenchTimer   *self);
