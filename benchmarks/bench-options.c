/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "bench-options.h"

#include "bench-body.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

static const char * const mode_names[] = {
  "sync", "context", "task", "idle", "thread", NULL,
};

static const char * const watch_names[] = {
  "nobody", "flow", "node", "nodes", "progress", "model", NULL,
};

static const BenchLocks all_locks[] = {
  { "one", 1, 1, 1 },
  { "eight", 1, 8, 1 },
  { "two", 8, 1, 2 },
};

static const char *body_option = "trivial";
static const char *locks_option;
static const char *watch_option = "nobody";
static int together_option = 1;
static gboolean timers_option;

static const GOptionEntry entries[] = {
  { "body", 0, 0, G_OPTION_ARG_STRING, &body_option,
    "What a node does: trivial (default), atomic, work:NANOSECONDS, or verify (checks that each "
    "node ran once in each run, after its upstreams, with its locks)", "BODY" },
  { "locks", 0, 0, G_OPTION_ARG_STRING, &locks_option,
    "What each node needs: one (the only permit of one lock), eight (one of its eight permits), "
    "two (two of eight locks, each with one permit)", "LOCKS" },
  { "together", 0, 0, G_OPTION_ARG_INT, &together_option,
    "Start N runs at once, and wait for all", "N" },
  { "watch", 0, 0, G_OPTION_ARG_STRING, &watch_option,
    "Who looks on: nobody (default), flow, node, nodes, progress, model", "WHO" },
  { "timers", 0, 0, G_OPTION_ARG_NONE, &timers_option,
    "Tell how late 60 Hz timers come in the same main context", NULL },
  G_OPTION_ENTRY_NULL
};

static int
parse_count (const char *text)
{
  guint64 value;

  return g_ascii_string_to_unsigned (text, 10, 1, G_MAXINT, &value, NULL) ? (int) value : 0;
}

/* Returns: its number; the number of names, if it is not one of them */
static unsigned
find_name (const char * const *names,
           const char         *name)
{
  unsigned i = 0;

  while (names[i] != NULL && !g_str_equal (names[i], name))
    i++;

  return i;
}

/* GRAPH or GRAPH@MODE */
static bool
parse_graph (BenchOptions *self,
             const char   *text)
{
  g_auto (GStrv) parts = g_strsplit (text, "@", 2);
  const char *mode = parts[0] != NULL && parts[1] != NULL ? parts[1] : mode_names[0];

  self->setup.mode = find_name (mode_names, mode);

  return parts[0] != NULL && self->setup.mode < BENCH_N_MODES &&
         bench_graph_init (&self->graph, parts[0], (uint32_t) parse_count (self->args[1]));
}

static bool
parse_locks (BenchOptions *self)
{
  for (gsize i = 0; locks_option != NULL && i < G_N_ELEMENTS (all_locks); i++)
    {
      if (g_str_equal (all_locks[i].name, locks_option))
        self->setup.locks = &all_locks[i];
    }

  return (locks_option != NULL) == (self->setup.locks != NULL);
}

static bool
parse (BenchOptions *self)
{
  self->setup.n_threads = parse_count (self->args[2]);
  self->repeats = parse_count (self->args[3]);
  self->setup.n_together = (unsigned) together_option;
  self->setup.has_timers = timers_option;
  self->setup.watch = find_name (watch_names, watch_option);
  self->body = body_option;

  return parse_count (self->args[1]) > 0 && self->setup.n_threads > 0 && self->repeats > 0 &&
         together_option > 0 && self->setup.watch < BENCH_N_WATCHES &&
         parse_locks (self) && parse_graph (self, self->args[0]) &&
         bench_body_set (body_option, &self->graph, self->setup.locks);
}

static bool
is_within (const BenchSetup *setup,
           const BenchPeer  *peer)
{
  unsigned needs = 0;

  if (setup->locks != NULL)
    needs |= BENCH_HAS_LOCKS;
  if (setup->watch != BENCH_WATCH_NOBODY)
    needs |= BENCH_HAS_WATCHES;
  if (setup->n_together > 1)
    needs |= BENCH_HAS_TOGETHER;
  if (setup->has_timers)
    needs |= BENCH_HAS_CONTEXT;

  return (needs & ~peer->features) == 0 && (peer->modes & BENCH_IN (setup->mode)) != 0;
}

/* Returns: 0, or what main() shall return */
int
bench_options_parse (BenchOptions    *self,
                     const BenchPeer *peer,
                     int              argc,
                     char           **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new ("GRAPH[@MODE] SIZE THREADS REPEATS");
  g_autoptr (GError) error = NULL;

  g_option_context_set_summary (context, "Graphs: chain, fan, tree, wave, rand, bag\n"
                                         "Modes: sync (default), context, task, idle, thread");
  g_option_context_add_main_entries (context, entries, NULL);

  *self = (BenchOptions) { .args = argv + 1 };
  if (!g_option_context_parse (context, &argc, &argv, &error) || argc != 5 || !parse (self))
    {
      g_printerr ("bench-%s: %s\n", peer->name,
                  error != NULL ? error->message : "wrong arguments, see --help");
      return 2;
    }

  if (!is_within (&self->setup, peer))
    {
      g_printerr ("bench-%s: cannot do this\n", peer->name);
      return 3;
    }

  return 0;
}

/* As the first part of a JSON object. */
void
bench_options_print (const BenchOptions *self)
{
  const BenchSetup *setup = &self->setup;

  printf ("\"graph\":\"%.*s\",\"mode\":\"%s\",\"size\":%s,\"threads\":%d,\"repeats\":%d,",
          (int) strcspn (self->args[0], "@"), self->args[0], mode_names[setup->mode],
          self->args[1], setup->n_threads, self->repeats);
  printf ("\"body\":\"%s\",\"locks\":\"%s\",\"watch\":\"%s\",\"together\":%u,",
          self->body, setup->locks != NULL ? setup->locks->name : "none",
          watch_names[setup->watch], setup->n_together);
  printf ("\"nodes\":%u,\"edges\":%u,", self->graph.n_nodes, self->graph.n_edges);
}
