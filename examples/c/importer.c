/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Imports a folder: hashes every file, finds duplicates, compresses what is
 * worth it, stores the rest, writes an index. It is one flow, of four nodes for
 * every file.
 *
 *   importer.c         options, running the flow, Ctrl-C
 *   importer-scan.c    the files
 *   importer-flow.c    the nodes: start reading there
 *   importer-index.c   the index
 *   importer-report.c  progress and summary
 */

#include "importer.h"

#include <errno.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>

#define DEFAULT_FOLDER "/usr/share/doc"
#define DEFAULT_OUTPUT "importer-output"

static int n_threads = 0;
static char *output = NULL;
static gboolean quiet = FALSE;

static const GOptionEntry options[] = {
  { "jobs", 'j', 0, G_OPTION_ARG_INT, &n_threads,
    "Threads to work with (default: as many as processors)", "N" },
  { "output", 'o', 0, G_OPTION_ARG_FILENAME, &output,
    "Folder for index.json and flow.dot (default: " DEFAULT_OUTPUT ")", "DIR" },
  { "quiet", 'q', 0, G_OPTION_ARG_NONE, &quiet,
    "Say nothing but errors", NULL },
  G_OPTION_ENTRY_NULL
};

typedef struct
{
  GMainLoop *loop;           /* (owned) */
  GFlowRun  *run;            /* (unowned) */
  int        signal;         /* what asked to stop, or 0 */
} Session;

/* Running a job */

static void
execute_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  Session *session = user_data;

  /* The error stays in the run; main() looks there. */
  g_flow_run_execute_finish (G_FLOW_RUN (source), result, NULL);
  g_main_loop_quit (session->loop);
}

static gboolean
session_stop (Session *self,
              int      signal)
{
  if (self->signal == 0 && !quiet)
    {
      import_end_progress (self->run);
      g_print ("Stopping\n");
    }

  self->signal = signal;
  g_flow_run_cancel (self->run);

  return G_SOURCE_CONTINUE;
}

static gboolean
interrupt_cb (gpointer user_data)
{
  return session_stop (user_data, SIGINT);
}

static gboolean
terminate_cb (gpointer user_data)
{
  return session_stop (user_data, SIGTERM);
}

/* Runs the plan of @job and returns when nothing of it runs any more. */
static GFlowRun *
session_run (Session   *self,
             ImportJob *job,
             gboolean   watch)
{
  GFlowRun *run = g_flow_run_new (job->flow);
  guint interrupt = g_unix_signal_add (SIGINT, interrupt_cb, self);
  guint terminate = g_unix_signal_add (SIGTERM, terminate_cb, self);

  self->run = run;
  if (watch)
    import_watch_progress (run);

  g_flow_run_execute (run, NULL, execute_cb, self);
  g_main_loop_run (self->loop);

  if (watch)
    import_end_progress (self->run);
  self->run = NULL;
  g_source_remove (interrupt);
  g_source_remove (terminate);

  return run;
}

/* Afterwards */

/* Draws the graph, with the state of each node: of the whole import if that is
 * small, or else of an import of a few of its files. */
static gboolean
write_graph (Session     *session,
             ImportJob   *job,
             GFlowRun    *run,
             const char  *path,
             GError     **error)
{
  g_autoptr (ImportJob) sample = NULL;
  g_autoptr (GFlowRun) sample_run = NULL;
  g_autofree char *dot = NULL;

  if (job->files->len > 8)
    {
      sample = import_job_new_sample (job, run);
      if (!import_job_plan (sample, n_threads, error))
        return FALSE;
      sample_run = session_run (session, sample, FALSE);
      dot = g_flow_to_dot (sample->flow, sample_run);
    }
  else
    {
      dot = g_flow_to_dot (job->flow, run);
    }

  return g_file_set_contents (path, dot, -1, error);
}

/* Returns: the exit status */
static int
report_stop (Session   *session,
             ImportJob *job,
             GFlowRun  *run)
{
  ImportTotals totals;

  import_job_count (job, run, &totals);
  if (!quiet)
    g_print ("Stopped with %'u of %'u files done; %s.\n",
             job->files->len - totals.n_files[IMPORT_STATUS_UNFINISHED], job->files->len,
             job->temporary == NULL ? "the temporary folder is removed"
                                    : "the temporary folder could not be removed");

  return 128 + session->signal;
}

static gboolean
import (Session    *session,
        const char *folder,
        int        *status,
        GError    **error)
{
  g_autoptr (ImportJob) job = NULL;
  g_autoptr (GFlowRun) run = NULL;
  g_autofree char *graph = g_build_filename (output, "flow.dot", NULL);
  gint64 start = g_get_monotonic_time (), scanned, ended;
  GError *failure;

  if (!quiet)
    g_print ("Importing %s\n", folder);

  job = import_job_new (folder, error);
  if (job == NULL)
    return FALSE;
  job->index = g_build_filename (output, "index.json", NULL);
  scanned = g_get_monotonic_time ();

  if (!import_job_plan (job, n_threads, error))
    return FALSE;
  run = session_run (session, job, !quiet);
  ended = g_get_monotonic_time ();

  if (session->signal != 0 &&
      g_flow_run_get_node_state (run, job->write) != G_FLOW_NODE_STATE_DONE)
    {
      *status = report_stop (session, job, run);
      return TRUE;
    }

  failure = import_job_get_error (job, run);
  if (failure != NULL)
    {
      g_propagate_error (error, g_error_copy (failure));
      return FALSE;
    }

  if (!write_graph (session, job, run, graph, error))
    return FALSE;

  if (!quiet)
    {
      import_print_summary (job, run, (scanned - start) / 1e6, (ended - scanned) / 1e6);
      g_print ("Index: %s\nGraph: %s (dot -Tsvg -O %s)\n", job->index, graph, graph);
    }

  return TRUE;
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (GOptionContext) context = NULL;
  g_autoptr (GError) error = NULL;
  Session session = { 0 };
  int status = EXIT_SUCCESS;

  setlocale (LC_ALL, "");
  context = g_option_context_new ("[FOLDER] - import a folder as one flow");
  g_option_context_set_summary (context, "Imports " DEFAULT_FOLDER " if no folder is named.");
  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || argc > 2 || n_threads < 0)
    {
      g_printerr ("importer: %s\n", error != NULL ? error->message : "wrong arguments, see --help");
      return 2;
    }

  if (output == NULL)
    output = g_strdup (DEFAULT_OUTPUT);
  if (g_mkdir_with_parents (output, 0777) != 0)
    {
      g_printerr ("importer: %s: %s\n", output, g_strerror (errno));
      return EXIT_FAILURE;
    }

  session.loop = g_main_loop_new (NULL, FALSE);
  if (!import (&session, argc == 2 ? argv[1] : DEFAULT_FOLDER, &status, &error))
    {
      g_printerr ("importer: %s\n", error->message);
      status = EXIT_FAILURE;
    }

  g_main_loop_unref (session.loop);
  g_free (output);

  return status;
}
