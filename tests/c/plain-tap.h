/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

/* TAP for tests that ThreadSanitizer must understand: pthreads and C11 atomics
 * only, no lock and no thread of GLib. */

#include <glib.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

G_BEGIN_DECLS

static inline void
tap_begin (guint n_tests)
{
  setvbuf (stdout, NULL, _IOLBF, 0);
  printf ("TAP version 13\n1..%u\n", n_tests);
}

static inline void
tap_ok (const char *name)
{
  static guint number;

  printf ("ok %u %s\n", ++number, name);
}

/* A failed check ends the program at once: the threads are in no state to go on. */
#define CHECK(condition)                                                        \
  G_STMT_START                                                                  \
  {                                                                             \
    if (!(condition))                                                           \
      {                                                                         \
        printf ("Bail out! %s:%d: %s\n", __FILE__, __LINE__, #condition);       \
        fflush (stdout);                                                        \
        abort ();                                                               \
      }                                                                         \
  }                                                                             \
  G_STMT_END

static inline guint64
tap_seed (void)
{
  const char *text = getenv ("GFLOW_TEST_SEED");
  struct timespec now;
  guint64 seed;

  if (text != NULL)
    {
      seed = strtoull (text, NULL, 0);
    }
  else
    {
      clock_gettime (CLOCK_REALTIME, &now);
      seed = (guint64) now.tv_sec * 1000000007u + (guint64) now.tv_nsec;
    }
  printf ("# GFLOW_TEST_SEED=%llu\n", (unsigned long long) seed);

  return seed;
}

/* Fewer rounds where everything is slow. */
static inline guint
tap_rounds (guint n)
{
  const char *text = getenv ("GFLOW_TEST_TIME_FACTOR");
  double factor = text != NULL ? strtod (text, NULL) : 1.0;

  return factor > 1.0 ? MAX (1u, (guint) (n / factor)) : n;
}

static inline guint32
tap_random (guint64 *state)
{
  *state += 0x9e3779b97f4a7c15u;
  guint64 z = *state;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;

  return (guint32) (z >> 32);
}

static inline void
tap_spawn (pthread_t  *thread,
           void     *(*func) (void *),
           void       *data)
{
  CHECK (pthread_create (thread, NULL, func, data) == 0);
}

static inline void
tap_join (pthread_t thread)
{
  CHECK (pthread_join (thread, NULL) == 0);
}

G_END_DECLS
