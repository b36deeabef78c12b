/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "bench-graphs.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How a node ends. */
typedef enum
{
  BENCH_MODE_SYNC,           /* it is a function, run by worker threads */
  BENCH_MODE_CONTEXT,        /* it is a function, run in the main context */
  BENCH_MODE_TASK,           /* it is started in the main context and completes at once */
  BENCH_MODE_IDLE,           /* … completes from an idle source */
  BENCH_MODE_THREAD,         /* … completes from another thread */
  BENCH_N_MODES,
} BenchMode;

#define BENCH_IN(mode) (1u << (mode))

/* What is measured against each other: a file with one of these and a main().
 * A built graph is run many times. */
typedef struct
{
  const char  *name;
  unsigned     modes;                                /* BENCH_IN () of each mode it has */
  void       (*set_up)    (int         n_threads,
                           BenchMode   mode);
  void      *(*build)     (const BenchGraph *graph);
  void       (*compile)   (void       *built);       /* or NULL: once, before the first run */
  void       (*run)       (void       *built);       /* returns when all nodes have ended */
  void       (*destroy)   (void       *built);
  void       (*tear_down) (void);                    /* or NULL */
} BenchPeer;

int bench_main (int               argc,
                char            **argv,
                const BenchPeer  *peer);

/* What every node does in every peer: bench_body (number of the node). A count
 * of its own for each thread, so that it costs next to nothing; its sum tells
 * whether all nodes ran. */
typedef struct
{
  volatile uint64_t n_calls;
  char              padding[120];
} BenchCounter;

extern __thread BenchCounter *bench_counter;
extern bool bench_body_is_trivial;

BenchCounter *bench_counter_new (void);
void          bench_body_extra  (uint32_t node);

static inline void
bench_body (uint32_t node)
{
  BenchCounter *counter = bench_counter;

  if (__builtin_expect (counter == 0, 0))
    counter = bench_counter_new ();

  counter->n_calls = counter->n_calls + 1;
  if (__builtin_expect (!bench_body_is_trivial, 0))
    bench_body_extra (node);
}

/* Calls func (data) in one other thread, in order: the thread of BENCH_MODE_THREAD. */
void bench_completer_start (void);
void bench_completer_push  (void (*func) (void *data),
                            void  *data);
void bench_completer_stop  (void);

#ifdef __cplusplus
}
#endif
