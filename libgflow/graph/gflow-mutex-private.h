/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <pthread.h>

G_BEGIN_DECLS

/* The mutex of the library's own state: that of POSIX, not GMutex, because
 * ThreadSanitizer understands it. Never held while user code is called. */
typedef pthread_mutex_t GFlowMutex;

#define G_FLOW_MUTEX_INIT PTHREAD_MUTEX_INITIALIZER

/* How long a thread waits for a mutex before it sleeps: some microseconds */
#define G_FLOW_MUTEX_ROUNDS 200

static inline void
_g_flow_mutex_init (GFlowMutex *mutex)
{
  pthread_mutex_init (mutex, NULL);
}

static inline void
_g_flow_mutex_clear (GFlowMutex *mutex)
{
  pthread_mutex_destroy (mutex);
}

static inline void
_g_flow_mutex_lock (GFlowMutex *mutex)
{
  pthread_mutex_lock (mutex);
}

static inline gboolean
_g_flow_mutex_trylock (GFlowMutex *mutex)
{
  return pthread_mutex_trylock (mutex) == 0;
}

/* Between two looks at what another thread is about to write. */
static inline void
_g_flow_pause_processor (void)
{
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause ();
#elif defined(__aarch64__)
  __asm__ __volatile__ ("yield");
#endif
}

/* For a mutex under which so little is done that to sleep and be woken takes longer. */
static inline void
_g_flow_mutex_lock_soon (GFlowMutex *mutex)
{
  for (guint i = 0; i < G_FLOW_MUTEX_ROUNDS; i++)
    if (_g_flow_mutex_trylock (mutex))
      return;
    else
      _g_flow_pause_processor ();
  _g_flow_mutex_lock (mutex);
}

static inline void
_g_flow_mutex_unlock (GFlowMutex *mutex)
{
  pthread_mutex_unlock (mutex);
}

G_END_DECLS
