/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <gflow.h>
#include <locale.h>

/* What a flow does when a node fails */

static gboolean
load (GFlowNode *node, GFlowRun *run, gpointer user_data, GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "no data today");

  return FALSE;
}

static gboolean
parse (GFlowNode *node, GFlowRun *run, gpointer user_data, GError **error)
{
  g_print ("parse\n");

  return TRUE;
}

static gboolean
warn (GFlowNode *node, GFlowRun *run, gpointer loading, GError **error)
{
  g_print ("warn: %s\n", g_flow_run_get_node_error (run, loading)->message);

  return TRUE;
}

static gboolean
clean_up (GFlowNode *node, GFlowRun *run, gpointer user_data, GError **error)
{
  g_print ("clean up\n");

  return TRUE;
}

static void
fail (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = g_flow_run_new (flow);
  g_autoptr (GError) error = NULL;
  g_autofree char *reason = NULL;
  GFlowNode *loading = g_flow_add (flow, "load", load, NULL, NULL, NULL);
  GFlowNode *parsing = g_flow_add (flow, "parse", parse, NULL, NULL, NULL);
  GFlowNode *warning = g_flow_add (flow, "warn", warn, loading, NULL, NULL);
  GFlowNode *cleaning = g_flow_add (flow, "clean up", clean_up, NULL, NULL, NULL);

  g_flow_node_after (parsing, loading, NULL);
  g_flow_node_after (warning, loading, NULL);
  g_flow_node_set_run_when (warning, G_FLOW_RUN_WHEN_ANY_FAILED);
  g_flow_node_after (cleaning, parsing, warning, NULL);
  g_flow_node_set_run_when (cleaning, G_FLOW_RUN_WHEN_ALL_FINISHED);

  if (!g_flow_run_execute_sync (run, NULL, &error))
    g_print ("the run failed: %s\n", error->message);
  reason = g_flow_run_dup_node_reason (run, parsing);
  g_print ("parse was skipped: %s\n", reason);
}

/* What it does when it is cancelled */

/* The minute is over, or the node is cancelled. */
static gboolean
downloaded_cb (gpointer task)
{
  if (!g_task_return_error_if_cancelled (task))
    g_task_return_boolean (task, TRUE);

  return G_SOURCE_REMOVE;
}

static void
download (GFlowNode *node, GFlowRun *run, GTask *task, gpointer user_data, GError **error)
{
  g_autoptr (GSource) minute = g_timeout_source_new_seconds (60);
  g_autoptr (GSource) cancelled = g_cancellable_source_new (g_task_get_cancellable (task));

  g_source_set_dummy_callback (cancelled);
  g_source_add_child_source (minute, cancelled);
  g_task_attach_source (task, minute, downloaded_cb);
}

static gboolean
stop_cb (gpointer cancellable)
{
  g_print ("stopping\n");
  g_cancellable_cancel (cancellable);

  return G_SOURCE_REMOVE;
}

static void
executed_cb (GObject *flow, GAsyncResult *result, gpointer loop)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GFlowRun) run = g_flow_execute_finish (G_FLOW (flow), result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_print ("the run was cancelled\n");
  else if (error != NULL)
    g_printerr ("%s\n", error->message);
  g_main_loop_quit (loop);
}

static void
cancel (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  GFlowNode *downloading = g_flow_add_task (flow, "download", download, NULL, NULL, NULL);
  GFlowNode *cleaning = g_flow_add (flow, "clean up", clean_up, NULL, NULL, NULL);

  g_flow_node_after (cleaning, downloading, NULL);
  g_flow_node_set_run_when (cleaning, G_FLOW_RUN_WHEN_ALL_FINISHED);

  /* As if somebody pressed a button. */
  g_timeout_add (100, stop_cb, cancellable);
  g_flow_execute (flow, cancellable, executed_cb, loop);
  g_main_loop_run (loop);
}

int
main (void)
{
  setlocale (LC_ALL, "");
  fail ();
  cancel ();

  return 0;
}
