/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <gflow.h>
#include <locale.h>

/* A job that stops halfway, and another run that goes on from there: in a real program the first one
 * was killed, or the power failed, and the second one is in another process. */

static gboolean network_is_up;

static gboolean
download (GFlowNode *node, GFlowRun *run, gpointer user_data, GError **error)
{
  g_print ("download\n");
  g_flow_run_set_result_variant (run, node, g_variant_new_string ("data.csv"));

  return TRUE;
}

static gboolean
convert (GFlowNode *node, GFlowRun *run, gpointer downloading, GError **error)
{
  g_autoptr (GVariant) file = g_flow_run_dup_result_variant (run, downloading);

  g_assert (g_variant_is_of_type (file, G_VARIANT_TYPE_STRING));
  g_print ("convert\n");
  g_flow_run_set_result_variant (run, node, g_variant_new_string ("data.html"));

  return TRUE;
}

static gboolean
publish (GFlowNode *node, GFlowRun *run, gpointer converting, GError **error)
{
  g_autoptr (GVariant) page = g_flow_run_dup_result_variant (run, converting);

  g_assert (g_variant_is_of_type (page, G_VARIANT_TYPE_STRING));
  g_print ("publish\n");
  if (network_is_up)
    return TRUE;

  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NETWORK_UNREACHABLE, "the network is down");
  return FALSE;
}

static gboolean
do_job (GFile *journal, GError **error)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = g_flow_run_new (flow);
  GFlowNode *downloading = g_flow_add (flow, "download", download, NULL, NULL, NULL);
  GFlowNode *converting = g_flow_add (flow, "convert", convert, downloading, NULL, NULL);
  GFlowNode *publishing = g_flow_add (flow, "publish", publish, converting, NULL, NULL);
  g_autofree char *reason = NULL;

  g_flow_node_after (converting, downloading, NULL);
  g_flow_node_after (publishing, converting, NULL);

  g_flow_run_set_journal (run, journal);
  if (!g_flow_run_execute_sync (run, NULL, error))
    return FALSE;

  reason = g_flow_run_dup_node_reason (run, downloading);
  g_print ("“download” was not run: %s\n", reason);
  return TRUE;
}

int
main (void)
{
  g_autoptr (GFileIOStream) stream = NULL;
  g_autoptr (GFile) journal = NULL;
  g_autoptr (GError) error = NULL;

  setlocale (LC_ALL, "");
  journal = g_file_new_tmp ("resuming-XXXXXX", &stream, &error);
  if (journal == NULL)
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }

  if (!do_job (journal, &error))
    g_print ("it stopped: %s\n", error->message);
  g_clear_error (&error);

  network_is_up = TRUE;
  if (!do_job (journal, &error))
    g_print ("it stopped again: %s\n", error->message);

  g_file_delete (journal, NULL, NULL);
  return error != NULL ? 1 : 0;
}
