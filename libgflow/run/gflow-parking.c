/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-parking-private.h"

#include <errno.h>
#include <time.h>

void
g_flow_parking_init (GFlowParking *parking)
{
  pthread_condattr_t attributes;

  atomic_init (&parking->woken, FALSE);
  pthread_mutex_init (&parking->mutex, NULL);
  pthread_condattr_init (&attributes);
  pthread_condattr_setclock (&attributes, CLOCK_MONOTONIC);
  pthread_cond_init (&parking->cond, &attributes);
  pthread_condattr_destroy (&attributes);
}

void
g_flow_parking_clear (GFlowParking *parking)
{
  /* Whoever woke this thread last may still be inside of unpark. */
  pthread_mutex_lock (&parking->mutex);
  pthread_mutex_unlock (&parking->mutex);
  pthread_cond_destroy (&parking->cond);
  pthread_mutex_destroy (&parking->mutex);
}

/* Acquire: pairs with the store in g_flow_parking_unpark(), so that what was
 * done before the wake is seen after it. */
static gboolean
take_wake (GFlowParking *parking)
{
  return atomic_load_explicit (&parking->woken, memory_order_relaxed) &&
         atomic_exchange_explicit (&parking->woken, FALSE, memory_order_acquire);
}

/* Sleeps until woken. FALSE after @timeout_ms without a wake. */
gboolean
g_flow_parking_park (GFlowParking *parking,
                     int           timeout_ms)
{
  struct timespec until;
  gboolean woken = take_wake (parking);

  if (woken)
    return TRUE;

  clock_gettime (CLOCK_MONOTONIC, &until);
  until.tv_sec += timeout_ms / 1000;
  until.tv_nsec += (timeout_ms % 1000) * 1000000L;
  if (until.tv_nsec >= 1000000000L)
    {
      until.tv_sec++;
      until.tv_nsec -= 1000000000L;
    }

  pthread_mutex_lock (&parking->mutex);
  for (int result = 0; !(woken = take_wake (parking)) && result != ETIMEDOUT;)
    result = pthread_cond_timedwait (&parking->cond, &parking->mutex, &until);
  pthread_mutex_unlock (&parking->mutex);
  return woken;
}

void
g_flow_parking_unpark (GFlowParking *parking)
{
  pthread_mutex_lock (&parking->mutex);
  /* Release: pairs with the exchange in take_wake(). */
  atomic_store_explicit (&parking->woken, TRUE, memory_order_release);
  pthread_cond_signal (&parking->cond);
  pthread_mutex_unlock (&parking->mutex);
}
