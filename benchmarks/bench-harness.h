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

/* Which locks nodes need. Node i needs one permit of each of n_per_node
 * neighbours among n_locks locks: bench_locks_get (). */
typedef struct
{
  const char *name;
  uint32_t    n_locks;
  uint32_t    n_permits;     /* of each lock */
  uint32_t    n_per_node;
} BenchLocks;

static inline uint32_t
bench_locks_get (const BenchLocks *self,
                 uint32_t          node,
                 uint32_t          n)
{
  return (node + n) % self->n_locks;
}

/* Who looks on. */
typedef enum
{
  BENCH_WATCH_NOBODY,
  BENCH_WATCH_FLOW,          /* a handler for the end of the run */
  BENCH_WATCH_NODE,          /* a handler for the end of one node */
  BENCH_WATCH_NODES,         /* … of each node */
  BENCH_WATCH_PROGRESS,      /* a handler for the fraction that is done */
  BENCH_WATCH_MODEL,         /* a list of the nodes that shows them all */
  BENCH_N_WATCHES,
} BenchWatch;

/* What is asked of a peer, besides the graph. */
typedef struct
{
  int               n_threads;
  BenchMode         mode;
  const BenchLocks *locks;         /* (nullable) */
  BenchWatch        watch;
  unsigned          n_together;    /* how many runs one call of run () is */
  bool              has_timers;    /* run () must iterate the thread-default main context */
} BenchSetup;

/* What a peer has that not all have. */
typedef enum
{
  BENCH_HAS_LOCKS    = 1 << 0,
  BENCH_HAS_WATCHES  = 1 << 1,
  BENCH_HAS_TOGETHER = 1 << 2,
  BENCH_HAS_CONTEXT  = 1 << 3,     /* it can do with has_timers */
} BenchFeature;

#define BENCH_IN(mode) (1u << (mode))

/* What is measured against each other: a file with one of these and a main().
 * A built graph is run many times. */
typedef struct
{
  const char  *name;
  unsigned     modes;                                /* BENCH_IN () of each mode it has */
  unsigned     features;                             /* BENCH_HAS_… */
  void       (*set_up)    (const BenchSetup *setup); /* setup stays */
  void      *(*build)     (const BenchGraph *graph);
  void       (*compile)   (void       *built);       /* or NULL: once, before the first run */
  void       (*prepare)   (void       *built);       /* or NULL: before each run, not measured */
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
