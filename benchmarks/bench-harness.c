/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "bench-harness.h"

#include <glib.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* The body of the nodes */

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

static BodyKind body_kind;
static atomic_uint_fast64_t shared_count;
static uint64_t work_steps;
static volatile uint64_t work_sink;

static struct
{
  const BenchGraph *graph;
  atomic_uint      *last_run; /* of each node: the number of the run it was in last */
  unsigned          this_run;
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
static double
busiest_share (void)
{
  uint64_t most = 0;

  for (unsigned i = 0; i < atomic_load (&n_counters); i++)
    most = MAX (most, counters[i].n_calls);

  return (double) most / count_calls ();
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

static void
verify (uint32_t node)
{
  const BenchGraph *graph = verification.graph;
  unsigned this_run = verification.this_run;

  for (uint32_t i = graph->first_upstream[node]; i < graph->first_upstream[node + 1]; i++)
    {
      if (atomic_load (&verification.last_run[graph->upstreams[i]]) != this_run)
        atomic_fetch_add (&verification.n_errors, 1);
    }

  if (atomic_exchange (&verification.last_run[node], this_run) != this_run - 1)
    atomic_fetch_add (&verification.n_errors, 1);
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

/* Clocks and figures */

static double
now_ns (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);

  return now.tv_sec * 1e9 + now.tv_nsec;
}

static double
resident_bytes (void)
{
  long total = 0, resident = 0;
  FILE *file = fopen ("/proc/self/statm", "r");

  if (file != NULL)
    {
      if (fscanf (file, "%ld %ld", &total, &resident) != 2)
        resident = 0;
      fclose (file);
    }

  return (double) resident * sysconf (_SC_PAGESIZE);
}

static int
compare_doubles (const void *a,
                 const void *b)
{
  double first = *(const double *) a, second = *(const double *) b;

  return (first > second) - (first < second);
}

static double
sort_and_median (GArray *values)
{
  double *all = (double *) values->data;
  guint n = values->len;

  qsort (all, n, sizeof (double), compare_doubles);

  return (all[(n - 1) / 2] + all[n / 2]) / 2;
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
      double start = now_ns ();

      work (probe);
      best = MIN (best, now_ns () - start);
    }

  return (uint64_t) (ns * probe / best);
}

/* One measurement */

typedef struct
{
  const BenchPeer  *peer;
  const BenchGraph *graph;
  void             *built;
  uint64_t          n_expected;
  bool              ok;

  GArray           *build_ns;
  GArray           *run_ns;
  double            compile_ns;
  double            first_run_ns;
  double            built_bytes;
  double            ran_bytes;
} Measurement;

static void
build (Measurement *self)
{
  double start = now_ns (), took;

  self->built = self->peer->build (self->graph);
  took = now_ns () - start;
  g_array_append_val (self->build_ns, took);
}

static double
run (Measurement *self)
{
  double start, took;

  verification.this_run++;
  start = now_ns ();
  self->peer->run (self->built);
  took = now_ns () - start;

  self->n_expected += self->graph->n_nodes;
  self->ok = self->ok && count_calls () == self->n_expected;

  return took;
}

static void
measure (Measurement *self,
         int          repeats)
{
  double before = resident_bytes ();

  build (self);
  self->built_bytes = resident_bytes () - before;

  if (self->peer->compile != NULL)
    {
      double start = now_ns ();

      self->peer->compile (self->built);
      self->compile_ns = now_ns () - start;
    }

  self->first_run_ns = run (self);
  self->ran_bytes = resident_bytes () - before;

  for (int i = 0; i < repeats; i++)
    {
      double took = run (self);

      g_array_append_val (self->run_ns, took);
    }

  self->peer->destroy (self->built);

  for (int i = 0; i < MIN (repeats, 2); i++)
    {
      build (self);
      self->peer->destroy (self->built);
    }
}

/* The command line and the answer */

static const char * const mode_names[BENCH_N_MODES] = {
  "sync", "context", "task", "idle", "thread",
};

static const char *body_option = "trivial";

static const GOptionEntry entries[] = {
  { "body", 0, 0, G_OPTION_ARG_STRING, &body_option,
    "What a node does: trivial (default), atomic, work:NANOSECONDS, or verify (checks that each "
    "node ran once, after its upstreams)", "BODY" },
  G_OPTION_ENTRY_NULL
};

static bool
set_body (const BenchGraph *graph)
{
  if (g_str_equal (body_option, "trivial"))
    {
      body_kind = BODY_TRIVIAL;
    }
  else if (g_str_equal (body_option, "atomic"))
    {
      body_kind = BODY_ATOMIC;
    }
  else if (g_str_has_prefix (body_option, "work:"))
    {
      body_kind = BODY_WORK;
      work_steps = steps_in (g_ascii_strtod (body_option + strlen ("work:"), NULL));
    }
  else if (g_str_equal (body_option, "verify"))
    {
      body_kind = BODY_VERIFY;
      verification.graph = graph;
      verification.last_run = g_malloc0_n (graph->n_nodes, sizeof (atomic_uint));
    }
  else
    {
      return false;
    }

  bench_body_is_trivial = body_kind == BODY_TRIVIAL;

  return true;
}

/* GRAPH or GRAPH@MODE */
static bool
parse_graph (const char *text,
             uint32_t    size,
             BenchGraph *graph,
             BenchMode  *mode)
{
  g_auto (GStrv) parts = g_strsplit (text, "@", 2);

  *mode = BENCH_MODE_SYNC;
  if (parts[0] == NULL)
    return false;

  if (parts[1] != NULL)
    {
      while (*mode < BENCH_N_MODES && !g_str_equal (parts[1], mode_names[*mode]))
        (*mode)++;
    }

  return *mode < BENCH_N_MODES && bench_graph_init (graph, parts[0], size);
}

static void
print_json (Measurement *self,
            char       **args,
            BenchMode    mode)
{
  double n = self->graph->n_nodes;
  double run_median = sort_and_median (self->run_ns);
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);

  printf ("{\"peer\":\"%s\",\"graph\":\"%.*s\",\"mode\":\"%s\",\"size\":%s,\"threads\":%s,",
          self->peer->name, (int) strcspn (args[1], "@"), args[1], mode_names[mode],
          args[2], args[3]);
  printf ("\"body\":\"%s\",\"nodes\":%u,\"edges\":%u,",
          body_option, self->graph->n_nodes, self->graph->n_edges);
  printf ("\"build_ns_per_node\":%.2f,", sort_and_median (self->build_ns) / n);
  if (self->peer->compile != NULL)
    printf ("\"compile_ns_per_node\":%.2f,", self->compile_ns / n);
  printf ("\"run_ns_per_node\":%.2f,\"run_min_ns_per_node\":%.2f,",
          run_median / n, g_array_index (self->run_ns, double, 0) / n);
  printf ("\"run_first_ns_per_node\":%.2f,", self->first_run_ns / n);
  printf ("\"built_bytes_per_node\":%.1f,\"ran_bytes_per_node\":%.1f,",
          self->built_bytes / n, self->ran_bytes / n);
  printf ("\"busiest_share\":%.2f,\"peak_kib\":%ld,\"ok\":%s}\n",
          busiest_share (), usage.ru_maxrss, self->ok ? "true" : "false");
}

static int
parse_count (const char *text)
{
  guint64 value;

  return g_ascii_string_to_unsigned (text, 10, 1, G_MAXINT, &value, NULL) ? (int) value : 0;
}

/* Returns: 0; 1: not every node ran once, in order; 2: wrong arguments; 3: the
 *   peer has no such mode */
int
bench_main (int               argc,
            char            **argv,
            const BenchPeer  *peer)
{
  g_autoptr (GOptionContext) context = g_option_context_new ("GRAPH[@MODE] SIZE THREADS REPEATS");
  g_autoptr (GError) error = NULL;
  BenchGraph graph;
  BenchMode mode;
  Measurement measurement = { .peer = peer, .graph = &graph, .ok = true };

  g_option_context_set_summary (context, "Graphs: chain, fan, tree, wave, rand\n"
                                         "Modes: sync (default), context, task, idle, thread");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || argc != 5 ||
      parse_count (argv[2]) == 0 || parse_count (argv[3]) == 0 || parse_count (argv[4]) == 0 ||
      !parse_graph (argv[1], (uint32_t) parse_count (argv[2]), &graph, &mode) || !set_body (&graph))
    {
      g_printerr ("bench-%s: %s\n", peer->name,
                  error != NULL ? error->message : "wrong arguments, see --help");
      return 2;
    }
  if ((peer->modes & BENCH_IN (mode)) == 0)
    {
      g_printerr ("bench-%s: has no mode %s\n", peer->name, mode_names[mode]);
      return 3;
    }

  measurement.build_ns = g_array_new (FALSE, FALSE, sizeof (double));
  measurement.run_ns = g_array_new (FALSE, FALSE, sizeof (double));
  if (mode == BENCH_MODE_THREAD)
    bench_completer_start ();
  peer->set_up (parse_count (argv[3]), mode);

  measure (&measurement, parse_count (argv[4]));

  if (peer->tear_down != NULL)
    peer->tear_down ();
  if (mode == BENCH_MODE_THREAD)
    bench_completer_stop ();

  measurement.ok = measurement.ok && atomic_load (&verification.n_errors) == 0;
  print_json (&measurement, argv, mode);

  g_array_unref (measurement.build_ns);
  g_array_unref (measurement.run_ns);
  g_free (verification.last_run);
  bench_graph_clear (&graph);

  return measurement.ok ? 0 : 1;
}
