/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <gflow.h>
#include <locale.h>

/* A node for each item of a list, with a limit and another try; a question to whoever is there; a run
 * that waits until it is told to go on. */

/* One of the items fails at first, as servers do. Another thread has the next item. */
static int cherry_failed;

static gboolean
sum (GFlowNode *node, GFlowRun *run, gpointer user_data, GError **error)
{
  GVariant *item = g_value_get_variant (g_flow_run_get_map_item (run, node));
  const char *word = g_variant_get_string (item, NULL);
  g_autofree char *checksum = NULL;

  if (g_str_equal (word, "cherry") && g_atomic_int_compare_and_exchange (&cherry_failed, 0, 1))
    {
      g_print ("cherry: busy\n");
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BUSY, "busy");
      return FALSE;
    }

  checksum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, word, -1);
  checksum[8] = '\0';
  g_flow_run_set_result_variant (run, node, g_variant_new ("s", checksum));
  return TRUE;
}

/* If nobody is there to answer, the answer is yes. */
static gboolean
confirm (GFlowNode *node, GFlowRun *run, gpointer user_data, GError **error)
{
  const char * const choices[] = { "yes", "no", NULL };
  g_autoptr (GFlowQuestion) question =
    g_flow_question_new ("Publish 4 checksums?", choices, g_variant_new_string ("yes"));
  g_autoptr (GVariant) answer = g_flow_run_ask_question_sync (run, node, question, error);

  if (answer == NULL)
    return FALSE;
  if (g_str_equal (g_variant_get_string (answer, NULL), "no"))
    g_flow_run_select (run, node, NULL);
  return TRUE;
}

/* The results are in the order of the items. */
static gboolean
publish (GFlowNode *node, GFlowRun *run, gpointer summing, GError **error)
{
  g_autoptr (GVariant) checksums = g_flow_run_dup_result_variant (run, summing);

  for (gsize i = 0; i < g_variant_n_children (checksums); i++)
    {
      g_autoptr (GVariant) checksum = NULL;

      g_variant_get_child (checksums, i, "v", &checksum);
      g_print ("%s\n", g_variant_get_string (checksum, NULL));
    }
  return TRUE;
}

static GFlow *
new_flow (void)
{
  const char * const words[] = { "apple", "banana", "cherry", "date", NULL };
  GFlow *flow = g_flow_new ();
  g_autoptr (GFlowNode) each = g_flow_node_new (NULL, sum, NULL, NULL);
  GFlowNode *summing, *confirming, *publishing;

  g_flow_node_set_max_retries (each, 1);
  summing = g_flow_add_map (flow, "checksums", each, 2, NULL);
  g_flow_node_set_items_variant (summing, g_variant_new_strv (words, -1));
  confirming = g_flow_add (flow, "confirm", confirm, NULL, NULL, NULL);
  publishing = g_flow_add (flow, "publish", publish, summing, NULL, NULL);
  g_flow_node_after (confirming, summing, NULL);
  g_flow_node_after (publishing, summing, confirming, NULL);
  return flow;
}

/* A program with a window would bind its label to the status. */
static void
keep_status (GFlowRun *run, GParamSpec *property, char **status)
{
  g_free (*status);
  *status = g_flow_run_dup_status (run);
}

static gboolean
ask (GFlowRun *run, GFlowQuestion *question, gpointer user_data)
{
  g_print ("%s no\n", g_flow_question_get_text (question));
  g_flow_question_answer (question, g_variant_new_string ("no"));
  return TRUE;
}

static void
ended (GObject *run, GAsyncResult *result, gpointer loop)
{
  g_autoptr (GError) error = NULL;

  if (!g_flow_run_execute_finish (G_FLOW_RUN (run), result, &error))
    g_printerr ("%s\n", error->message);
  g_main_loop_quit (loop);
}

static void
print_reason (GFlowRun *run, const char *name)
{
  g_autofree char *reason =
    g_flow_run_dup_node_reason (run, g_flow_lookup (g_flow_run_get_flow (run), name));

  g_print ("%s: %s\n", name, reason);
}

int
main (void)
{
  g_autoptr (GFlow) flow = new_flow ();
  g_autoptr (GFlowRun) run = g_flow_run_new (flow);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GError) error = NULL;
  g_autofree char *status = NULL;

  setlocale (LC_ALL, "");
  g_signal_connect (run, "notify::status", G_CALLBACK (keep_status), &status);
  if (!g_flow_run_execute_sync (run, NULL, &error))
    g_printerr ("%s\n", error->message);
  g_print ("%s\n", status);

  g_object_unref (run);
  run = g_flow_run_new (flow);
  g_signal_connect (run, "notify::status", G_CALLBACK (keep_status), &status);
  g_signal_connect (run, "ask", G_CALLBACK (ask), NULL);
  g_flow_run_pause (run);
  g_flow_run_execute (run, NULL, ended, loop);
  print_reason (run, "checksums");
  g_flow_run_resume (run);
  g_main_loop_run (loop);
  print_reason (run, "publish");
  g_print ("%s\n", status);
  return 0;
}
