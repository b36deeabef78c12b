/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The other thread from which nodes complete. It takes all that waits at once,
 * so that it measures the peers and not itself. */

#include "bench-harness.h"

#include <glib.h>

typedef struct
{
  void (*func) (void *data);
  void  *data;
} Call;

static struct
{
  GThread  *thread;
  GMutex    mutex;
  GCond     cond;
  GArray   *calls;           /* guarded by mutex */
  bool      stopped;         /* guarded by mutex */
} completer;

static gpointer
completer_main (gpointer unused)
{
  GArray *mine = g_array_new (FALSE, FALSE, sizeof (Call));

  g_mutex_lock (&completer.mutex);
  for (;;)
    {
      GArray *full;

      while (completer.calls->len == 0 && !completer.stopped)
        g_cond_wait (&completer.cond, &completer.mutex);
      if (completer.calls->len == 0)
        break;

      full = completer.calls;
      completer.calls = mine;
      mine = full;
      g_mutex_unlock (&completer.mutex);

      for (guint i = 0; i < mine->len; i++)
        {
          Call call = g_array_index (mine, Call, i);

          call.func (call.data);
        }
      g_array_set_size (mine, 0);

      g_mutex_lock (&completer.mutex);
    }
  g_mutex_unlock (&completer.mutex);

  g_array_unref (mine);

  return NULL;
}

void
bench_completer_start (void)
{
  completer.calls = g_array_new (FALSE, FALSE, sizeof (Call));
  completer.thread = g_thread_new ("completer", completer_main, NULL);
}

void
bench_completer_push (void (*func) (void *data),
                      void  *data)
{
  Call call = { func, data };

  g_mutex_lock (&completer.mutex);
  g_array_append_val (completer.calls, call);
  if (completer.calls->len == 1)
    g_cond_signal (&completer.cond);
  g_mutex_unlock (&completer.mutex);
}

void
bench_completer_stop (void)
{
  g_mutex_lock (&completer.mutex);
  completer.stopped = true;
  g_cond_signal (&completer.cond);
  g_mutex_unlock (&completer.mutex);

  g_thread_join (completer.thread);
  g_array_unref (completer.calls);
}
