/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "bench-harness.h"

/* The harness's side of bench_body(). */
bool     bench_body_set           (const char       *name,
                                   const BenchGraph *graph,
                                   const BenchLocks *locks);
void     bench_body_expect_runs   (unsigned          n_runs);
void     bench_body_expect_calls  (uint64_t n_calls);
bool     bench_body_check         (void);
double   bench_body_busiest_share (void);
double   bench_now_ns             (void);
