/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "graph/gflow-flow.h"

#include <glib-unix.h>
#include <signal.h>

/* Serving until somebody says that it is enough. */

static gboolean
quit_cb (gpointer user_data)
{
  g_main_loop_quit (user_data);
  return G_SOURCE_CONTINUE;
}

static gboolean
cancelled_cb (GCancellable *cancellable,
              gpointer      user_data)
{
  g_main_loop_quit (user_data);
  return G_SOURCE_REMOVE;
}

static GSource *
quit_on (GSource      *source,
         GSourceFunc   func,
         GMainLoop    *loop)
{
  g_source_set_static_name (source, "GFlow block");
  g_source_set_callback (source, func, loop, NULL);
  g_source_attach (source, g_main_loop_get_context (loop));
  return source;
}

/**
 * g_flow_block:
 * @self: a flow
 * @cancellable: (nullable): ends this
 *
 * Runs a main loop in the thread-default main context of the caller, until
 * @cancellable is cancelled or the process gets SIGINT or SIGTERM: for a program that
 * does nothing but serve.
 *
 * A program that has a main loop of its own does not need this.
 *
 * Since: 0.1
 */
void
g_flow_block (GFlow        *self,
              GCancellable *cancellable)
{
  g_return_if_fail (G_IS_FLOW (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  g_autoptr(GMainContext) context = g_main_context_ref_thread_default ();
  g_autoptr(GMainLoop) loop = g_main_loop_new (context, FALSE);
  GSource *sources[] = {
    quit_on (g_unix_signal_source_new (SIGINT), quit_cb, loop),
    quit_on (g_unix_signal_source_new (SIGTERM), quit_cb, loop),
    cancellable != NULL ? quit_on (g_cancellable_source_new (cancellable),
                                   G_SOURCE_FUNC (cancelled_cb), loop) : NULL,
  };

  g_main_loop_run (loop);
  for (guint i = 0; i < G_N_ELEMENTS (sources); i++)
    if (sources[i] != NULL)
      {
        g_source_destroy (sources[i]);
        g_source_unref (sources[i]);
      }
}
