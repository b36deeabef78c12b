/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "bench-harness.h"

/* The command line of all benchmark programs. */
typedef struct
{
  BenchGraph  graph;
  BenchSetup  setup;
  int         repeats;

  char      **args;     /* (unowned): GRAPH[@MODE] SIZE THREADS REPEATS */
  const char *body;
} BenchOptions;

int  bench_options_parse (BenchOptions        *self,
                          const BenchPeer     *peer,
                          int                  argc,
                          char               **argv);
void bench_options_print (const BenchOptions  *self);
