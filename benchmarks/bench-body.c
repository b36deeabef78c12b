/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "bench-body.h"

#include <glib.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

typedef enum
{
  BODY_TRIVIAL,
  BODY_ATOMIC,
  BODY_WORK,
  BODY_VERIFY,
} BodyKind;

#define MAX_COUNTERS 1024

__thread BenchCounter *bench_counter;
bool bench_body_is_trivial = true;

static BenchCounter counters[MAX_COUNTERS] __attribute__ ((aligned (128)));
static atomic_uint n_counters;
static uint64_t n_calls_expected;

static BodyKind body_kind;
static atomic_uint_fast64_t shared_count;
static uint64_t work_steps;
static volatile uint64_t work_sink;

static struct
{
  const BenchGraph *graph;
  const BenchLocks *locks;
  unsigned          n_runs;       /* started so far */
  atomic_uint      *n_started;    /* of each node: in how many runs */
  atomic_uint      *n_ended;
  atomic_uint      *n_holders;    /* of each lock */
  atomic_uint       n_errors;
} verification;

BenchCounter *
bench_counter_new (void)
{
  unsigned n = atomic_fetch_add (&n_counters, 1);

  g_assert (n < MAX_COUNTERS);
  bench_counter = &counters[n];

  return bench_counter;
}

static uint64_t
count_calls (void)
{
  uint64_t n_calls = 0;

  for (unsigned i = 0; i < atomic_load (&n_counters); i++)
    n_calls += counters[i].n_calls;

  return n_calls;
}

/* How much of all was done by the thread that did most: near 1 divided by the
 * number of threads if they share the work. */
double
bench_body_busiest_share (void)
{
  uint64_t most = 0;

  for (unsigned i = 0; i < atomic_load (&n_counters); i++)
    most = MAX (most, counters[i].n_calls);

  return (double) most / count_calls ();
}

double
bench_now_ns (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);

  return now.tv_sec * 1e9 + now.tv_nsec;
}

/* Multiplications that wait for each other: the compiler cannot shorten them. */
static void
work (uint64_t n_steps)
{
  uint64_t value = n_steps | 1;

  for (uint64_t i = 0; i < n_steps; i++)
    value = value * UINT64_C (2862933555777941757) + 3037000493;

  work_sink = value;
}

/* How many steps take so many nanoseconds: by the best of many short looks, in
 * which nothing came between. */
static uint64_t
steps_in (double ns)
{
  const uint64_t probe = 50 * 1000;
  double best = 1e9;

  for (int i = 0; i < 100; i++)
    {
      double start = bench_now_ns ();

      work (probe);
      best = MIN (best, bench_now_ns () - start);
    }

  return (uint64_t) (ns * probe / best);
}

/* With the node's locks held. All other threads have time to come in, if they are
 * let in. */
static void
verify_locks (uint32_t node)
{
  const BenchLocks *locks = verification.locks;

  for (uint32_t n = 0; n < locks->n_per_node; n++)
    {
      atomic_uint *n_holders = &verification.n_holders[bench_locks_get (locks, node, n)];

      if (atomic_fetch_add (n_holders, 1) >= locks->n_permits)
        atomic_fetch_add (&verification.n_errors, 1);
    }

  g_thread_yield ();
  work (1000);
  g_thread_yield ();

  for (uint32_t n = 0; n < locks->n_per_node; n++)
    atomic_fetch_sub (&verification.n_holders[bench_locks_get (locks, node, n)], 1);
}

/* Runs may go on at the same time: a node is started for the n-th time only when
 * each upstream has ended n times. */
static void
verify (uint32_t node)
{
  const BenchGraph *graph = verification.graph;
  unsigned n = atomic_fetch_add (&verification.n_started[node], 1) + 1;

  for (uint32_t i = graph->first_upstream[node]; i < graph->first_upstream[node + 1]; i++)
    {
      if (atomic_load (&verification.n_ended[graph->upstreams[i]]) < n)
        atomic_fetch_add (&verification.n_errors, 1);
    }

  if (n > verification.n_runs)
    atomic_fetch_add (&verification.n_errors, 1);

  if (verification.locks != NULL)
    verify_locks (node);

  atomic_fetch_add (&verification.n_ended[node], 1);
}

void
bench_body_extra (uint32_t node)
{
  switch (body_kind)
    {
    case BODY_ATOMIC:
      atomic_fetch_add_explicit (&shared_count, 1, memory_order_relaxed);
      break;

    case BODY_WORK:
      work (work_steps);
      break;

    case BODY_VERIFY:
      verify (node);
      break;

    case BODY_TRIVIAL:
    default:
      break;
    }
}

bool
bench_body_set (const char       *name,
                const BenchGraph *graph,
                const BenchLocks *locks)
{
  verification.graph = graph;
  verification.locks = locks;

  if (g_str_equal (name, "trivial"))
    {
      body_kind = BODY_TRIVIAL;
    }
  else if (g_str_equal (name, "atomic"))
    {
      body_kind = BODY_ATOMIC;
    }
  else if (g_str_has_prefix (name, "work:"))
    {
      body_kind = BODY_WORK;
      work_steps = steps_in (g_ascii_strtod (name + strlen ("work:"), NULL));
    }
  else if (g_str_equal (name, "verify"))
    {
      body_kind = BODY_VERIFY;
      verification.n_started = g_new0 (atomic_uint, graph->n_nodes);
      verification.n_ended = g_new0 (atomic_uint, graph->n_nodes);
      verification.n_holders = g_new0 (atomic_uint, locks != NULL ? locks->n_locks : 0);
    }
  else
    {
      return false;
    }

  bench_body_is_trivial = body_kind == BODY_TRIVIAL;

  return true;
}

/* Before they start. */
void
bench_body_expect_runs (unsigned n_runs)
{
  verification.n_runs += n_runs;
  n_calls_expected += (uint64_t) n_runs * verification.graph->n_nodes;
}

/* Of another graph, that is not verified. */
void
bench_body_expect_calls (uint64_t n_calls)
{
  n_calls_expected += n_calls;
}

/* Whether all the runs so far ran all nodes; after they have ended. */
bool
bench_body_check (void)
{
  if (count_calls () != n_calls_expected || atomic_load (&verification.n_errors) != 0)
    return false;

  for (uint32_t i = 0; verification.n_ended != NULL && i < verification.graph->n_nodes; i++)
    {
      if (atomic_load (&verification.n_ended[i]) != verification.n_runs)
        return false;
    }

  return true;
}
