/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "bench-harness.h"

#include "bench-body.h"
#include "bench-options.h"
#include "bench-timers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

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

/* How often a thread of this process gave up its processor to wait. */
static double
count_sleeps (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);

  return (double) usage.ru_nvcsw;
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

/* One measurement */

typedef struct
{
  const BenchPeer    *peer;
  const BenchOptions *options;
  void               *built;
  bool                ok;

  GArray             *build_ns;
  GArray             *run_ns;
  double              compile_ns;
  double              first_run_ns;
  double              built_bytes;
  double              compiled_bytes;
  double              ran_bytes;
  double              resident[3];     /* after the first, the middle and the last run */
  double              n_sleeps;        /* in all runs but the first */
  double              timer_late_us;
  double              redraw_late_us;
} Measurement;

static void
build (Measurement *self)
{
  double start = bench_now_ns (), took;

  self->built = self->peer->build (&self->options->graph);
  took = bench_now_ns () - start;
  g_array_append_val (self->build_ns, took);
}

static double
run_once (Measurement *self)
{
  double start, took;

  bench_body_expect_runs (self->options->setup.n_together);
  if (self->peer->prepare != NULL)
    self->peer->prepare (self->built);

  start = bench_now_ns ();
  self->peer->run (self->built);
  took = bench_now_ns () - start;

  return took;
}

static void
run_again (Measurement *self)
{
  int repeats = self->options->repeats;
  double sleeps_before = count_sleeps ();

  for (int i = 0; i < repeats; i++)
    {
      double took = run_once (self);

      g_array_append_val (self->run_ns, took);
      if (i == repeats / 2)
        self->resident[1] = resident_bytes ();
    }

  self->n_sleeps = count_sleeps () - sleeps_before;
}

static void
run_again_with_timers (Measurement *self)
{
  GMainContext *context = g_main_context_ref_thread_default ();
  BenchTimer *timer = bench_timer_start (context, G_PRIORITY_DEFAULT);
  /* A tick of the frame clock of GTK: after input, before what is idle. */
  BenchTimer *redraw = bench_timer_start (context, G_PRIORITY_HIGH_IDLE + 20);

  run_again (self);

  self->timer_late_us = bench_timer_stop (timer);
  self->redraw_late_us = bench_timer_stop (redraw);
  g_main_context_unref (context);
}

/* Threads, types and the like are there once in a process, and are not what the first
 * run of a graph costs. */
static void
warm_up (Measurement *self)
{
  const BenchSetup *setup = &self->options->setup;
  BenchGraph graph;
  void *built;

  if (setup->mode != BENCH_MODE_SYNC || setup->locks != NULL || setup->n_together > 1 ||
      setup->watch != BENCH_WATCH_NOBODY || strcmp (self->options->body, "verify") == 0 ||
      !bench_graph_init (&graph, "bag", 100))
    return;

  built = self->peer->build (&graph);
  if (self->peer->compile != NULL)
    self->peer->compile (built);
  if (self->peer->prepare != NULL)
    self->peer->prepare (built);
  bench_body_expect_calls (graph.n_nodes);
  self->peer->run (built);
  self->peer->destroy (built);
  bench_graph_clear (&graph);
}

static void
measure (Measurement *self)
{
  double before;

  warm_up (self);
  before = resident_bytes ();
  build (self);
  self->built_bytes = resident_bytes () - before;

  if (self->peer->compile != NULL)
    {
      double start = bench_now_ns ();

      self->peer->compile (self->built);
      self->compile_ns = bench_now_ns () - start;
      self->compiled_bytes = resident_bytes () - before;
    }

  self->first_run_ns = run_once (self);
  self->resident[0] = resident_bytes ();
  self->ran_bytes = self->resident[0] - before;

  if (self->options->setup.has_timers)
    run_again_with_timers (self);
  else
    run_again (self);
  self->resident[2] = resident_bytes ();
  self->ok = bench_body_check ();

  self->peer->destroy (self->built);

  for (int i = 0; i < MIN (self->options->repeats, 2); i++)
    {
      build (self);
      self->peer->destroy (self->built);
    }
}

/* The answer */

static void
print_json (Measurement *self)
{
  const BenchOptions *options = self->options;
  const BenchSetup *setup = &options->setup;
  double n_built = options->graph.n_nodes, n = n_built * setup->n_together;
  double run_median = sort_and_median (self->run_ns);
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);

  printf ("{\"peer\":\"%s\",", self->peer->name);
  bench_options_print (options);
  printf ("\"build_ns_per_node\":%.2f,", sort_and_median (self->build_ns) / n_built);
  if (self->peer->compile != NULL)
    printf ("\"compile_ns_per_node\":%.2f,\"compiled_bytes_per_node\":%.1f,",
            self->compile_ns / n_built, self->compiled_bytes / n_built);
  printf ("\"run_ns_per_node\":%.2f,\"run_min_ns_per_node\":%.2f,",
          run_median / n, g_array_index (self->run_ns, double, 0) / n);
  printf ("\"run_first_ns_per_node\":%.2f,", self->first_run_ns / n);
  printf ("\"built_bytes_per_node\":%.1f,\"ran_bytes_per_node\":%.1f,",
          self->built_bytes / n_built, self->ran_bytes / n_built);
  printf ("\"resident_kib\":[%.0f,%.0f,%.0f],\"peak_kib\":%ld,",
          self->resident[0] / 1024, self->resident[1] / 1024, self->resident[2] / 1024,
          usage.ru_maxrss);
  printf ("\"sleeps_per_run\":%.2f,", self->n_sleeps / options->repeats / setup->n_together);
  if (setup->has_timers)
    printf ("\"timer_late_us\":%.0f,\"redraw_late_us\":%.0f,",
            self->timer_late_us, self->redraw_late_us);
  printf ("\"busiest_share\":%.2f,\"ok\":%s}\n",
          bench_body_busiest_share (), self->ok ? "true" : "false");
}

/* Room for all figures, and the pages of it touched: so that they do not look
 * like memory of the peer. */
static GArray *
new_figures (int n)
{
  GArray *figures = g_array_sized_new (FALSE, TRUE, sizeof (double), (guint) n);

  g_array_set_size (figures, (guint) n);
  memset (figures->data, 1, sizeof (double) * (gsize) n);
  g_array_set_size (figures, 0);

  return figures;
}

/* Returns: 0; 1: not every node ran as often as it should, in order; 2: wrong
 *   arguments; 3: the peer cannot do this */
int
bench_main (int               argc,
            char            **argv,
            const BenchPeer  *peer)
{
  BenchOptions options;
  Measurement measurement = { .peer = peer, .options = &options };
  int status = bench_options_parse (&options, peer, argc, argv);

  if (status != 0)
    return status;

  measurement.build_ns = new_figures (3);
  measurement.run_ns = new_figures (options.repeats);
  if (options.setup.mode == BENCH_MODE_THREAD)
    bench_completer_start ();
  peer->set_up (&options.setup);

  measure (&measurement);

  if (peer->tear_down != NULL)
    peer->tear_down ();
  if (options.setup.mode == BENCH_MODE_THREAD)
    bench_completer_stop ();

  print_json (&measurement);

  g_array_unref (measurement.build_ns);
  g_array_unref (measurement.run_ns);
  bench_graph_clear (&options.graph);

  return measurement.ok ? 0 : 1;
}
