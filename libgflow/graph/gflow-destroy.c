/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-destroy-private.h"

#include "gflow-mutex-private.h"

#include <stdatomic.h>

/* More than these a program that makes functions while it runs might have: who asks looks through
 * all of them. */
#define MAX_FUNCS 16

/* Filled from the first place on; a place never changes once it is filled. */
static _Atomic (GDestroyNotify) funcs[MAX_FUNCS];

/* The number of @destroy among the first ones, or that of an empty place; 0 if there is none. */
static guint8
find (GDestroyNotify  destroy,
      gboolean       *known)
{
  for (guint i = 0; i < MAX_FUNCS; i++)
    {
      /* Relaxed: a function is not data that somebody has to have written before. */
      const GDestroyNotify func = atomic_load_explicit (&funcs[i], memory_order_relaxed);

      *known = func == destroy;
      if (*known || func == NULL)
        return i + 1;
    }
  return 0;
}

static guint8
enter (GDestroyNotify destroy)
{
  static GFlowMutex mutex = G_FLOW_MUTEX_INIT;
  gboolean known;

  _g_flow_mutex_lock (&mutex);

  const guint8 number = find (destroy, &known);

  if (number != 0)
    atomic_store_explicit (&funcs[number - 1], destroy, memory_order_relaxed);
  _g_flow_mutex_unlock (&mutex);
  return number;
}

/* 0 for NULL, and for one that comes when there are too many. In any thread. */
guint8
_g_flow_destroy_number (GDestroyNotify destroy)
{
  gboolean known;

  if (destroy == NULL)
    return 0;

  const guint8 number = find (destroy, &known);

  return known || number == 0 ? number : enter (destroy);
}

/* NULL for 0. In any thread. */
GDestroyNotify
_g_flow_destroy_get (guint8 number)
{
  return number != 0 ? atomic_load_explicit (&funcs[number - 1], memory_order_relaxed) : NULL;
}
