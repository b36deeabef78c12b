/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* tour FILE…: counts words. While it works there is a file "tour.working", and not after that. */
#include <gflow.h>
#include <glib-unix.h>
#include <glib/gstdio.h>

/* A sync body, on a worker. Its error fails the node, and reaches the caller as it is. */
static gboolean
begin (GFlowNode *node, GFlowRun *run, gpointer user_data, GError **error)
{
  return g_file_set_contents ("tour.working", "", 0, error);
}

static void
loaded_cb (GObject *file, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  g_autoptr (GBytes) bytes = g_file_load_bytes_finish (G_FILE (file), result, NULL, &error);

  if (bytes == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  g_flow_run_set_result_variant (g_task_get_task_data (task), g_task_get_source_object (task),
                                 g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, bytes, TRUE));
  g_task_return_boolean (task, TRUE);
}

/* An async body, in the main loop: the node ends when its task returns, now or later. */
static void
load (GFlowNode *node, GFlowRun *run, GTask *task, gpointer path, GError **error)
{
  g_autoptr (GFile) file = g_file_new_for_commandline_arg (path);

  g_task_set_task_data (task, run, NULL); /* the run does not end before its nodes */
  g_file_load_bytes_async (file, g_task_get_cancellable (task), loaded_cb, g_object_ref (task));
}

/* Reads the result of the node before it. */
static gboolean
count (GFlowNode *node, GFlowRun *run, gpointer loading, GError **error)
{
  g_autoptr (GVariant) content = g_flow_run_dup_result_variant (run, loading);
  gsize size, n_words = 0;
  const char *text = g_variant_get_fixed_array (content, &size, 1);

  for (gsize i = 0; i < size; i++)
    n_words += !g_ascii_isspace (text[i]) && (i + 1 == size || g_ascii_isspace (text[i + 1]));
  g_print ("%s: %" G_GSIZE_FORMAT " words\n", g_flow_node_get_name (node), n_words);
  return TRUE;
}

static gboolean
clean_up (GFlowNode *node, GFlowRun *run, gpointer user_data, GError **error)
{
  g_remove ("tour.working");
  return TRUE;
}

static void
fraction_cb (GFlowRun *run)
{
  g_printerr ("\r%3.0f %%", 100 * g_flow_run_get_fraction (run));
}

static gboolean
interrupt_cb (gpointer cancellable)
{
  g_printerr ("\nStopping\n");
  g_cancellable_cancel (cancellable);
  return G_SOURCE_CONTINUE;
}

static void
executed_cb (GObject *run, GAsyncResult *result, gpointer loop)
{
  g_autoptr (GError) error = NULL;

  if (!g_flow_run_execute_finish (G_FLOW_RUN (run), result, &error))
    g_printerr ("\n%s\n", error->message); /* the first one: g_flow_run_get_errors() has all */
  g_main_loop_quit (loop);
}

int
main (int argc, char **argv)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GFlowLock) two_at_a_time = g_flow_lock_new_with_permits (2);
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = g_flow_run_new (flow);
  GFlowNode *beginning = g_flow_add (flow, "begin", begin, NULL, NULL, NULL);
  GFlowNode *cleaning = g_flow_add (flow, "clean up", clean_up, NULL, NULL, NULL);

  g_flow_node_add_upstream (cleaning, beginning);
  g_flow_node_set_run_when (cleaning, G_FLOW_RUN_WHEN_ALL_FINISHED); /* whatever happened */
  for (int i = 1; i < argc; i++)
    {
      GFlowNode *loading = g_flow_add_task (flow, NULL, load, argv[i], NULL, NULL);
      GFlowNode *counting = g_flow_add (flow, argv[i], count, loading, NULL, NULL);

      if (counting == NULL)
        return 2; /* a name twice */
      g_flow_node_add_upstream (loading, beginning);
      g_flow_node_add_lock (loading, two_at_a_time);
      g_flow_node_add_upstream (counting, loading);
      g_flow_node_add_upstream (cleaning, counting);
    }

  g_flow_run_set_on_error (run, G_FLOW_ON_ERROR_SKIP_DEPENDANTS); /* the default */
  g_signal_connect (run, "notify::fraction", G_CALLBACK (fraction_cb), NULL);
  g_unix_signal_add (SIGINT, interrupt_cb, cancellable);
  g_flow_run_execute (run, cancellable, executed_cb, loop);
  g_main_loop_run (loop);
  return g_flow_run_get_state (run) == G_FLOW_RUN_STATE_DONE ? 0 : 1;
}
