/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What the importer says: one moving line while it works, a table at the end. */

#include "importer.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#define MAX_PROBLEMS 5

#define PLURAL(n, one, many) ((n) == 1 ? (one) : (many))

/* Progress. The run notifies at most ten times a second, here, in the context
 * of main(): nothing has to be throttled or locked. */

static void
fraction_cb (GFlowRun   *run,
             GParamSpec *pspec,
             gpointer    user_data)
{
  static guint last_step = 0;
  guint percent = (guint) (g_flow_run_get_fraction (run) * 100);
  guint n_done = g_flow_run_get_n_done (run);
  guint n_total = g_flow_run_get_n_total (run);

  if (isatty (STDOUT_FILENO))
    {
      g_print ("\r\033[K%3u %%  %'u of %'u nodes", percent, n_done, n_total);
    }
  else if (percent / 10 != last_step)
    {
      last_step = percent / 10;
      g_print ("%3u %%  %u of %u nodes\n", percent, n_done, n_total);
    }
}

void
import_watch_progress (GFlowRun *run)
{
  g_signal_connect (run, "notify::fraction", G_CALLBACK (fraction_cb), NULL);
}

/* Says no more, also if the run goes on for a while, and wipes the line, so that
 * the next one starts where it stood. */
void
import_end_progress (GFlowRun *run)
{
  g_signal_handlers_disconnect_by_func (run, fraction_cb, NULL);
  if (isatty (STDOUT_FILENO))
    g_print ("\r\033[K");
}

/* The table. */

static void G_GNUC_PRINTF (3, 4)
print_row (const char *name,
           char       *amount,
           const char *format,
           ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);

  g_print ("  %-12s %10s  %s\n", name, amount, text);
  g_free (amount);
}

static char *
count (guint n)
{
  return g_strdup_printf ("%'u", n);
}

/* With a plain space: not every terminal knows the unbreakable one. */
static char *
size (guint64 n_bytes)
{
  g_autofree char *text = g_format_size (n_bytes);
  g_auto (GStrv) parts = g_strsplit (text, "\302\240", -1);

  return g_strjoinv (" ", parts);
}

static void
print_files (ImportJob    *job,
             ImportTotals *totals)
{
  const guint *n = totals->n_files;
  guint n_unreadable = n[IMPORT_STATUS_UNREADABLE];
  guint64 saved = totals->duplicate_bytes + totals->unpacked_bytes - totals->packed_bytes;
  g_autofree char *bytes = size (totals->n_bytes);
  g_autofree char *duplicates = size (totals->duplicate_bytes);
  g_autofree char *unpacked = size (totals->unpacked_bytes);
  g_autofree char *packed = size (totals->packed_bytes);

  print_row ("files", count (job->files->len), "%s", bytes);
  print_row ("duplicates", count (n[IMPORT_STATUS_DUPLICATE]), "%s not stored twice", duplicates);
  print_row ("compressed", count (n[IMPORT_STATUS_COMPRESSED]), "%s became %s", unpacked, packed);
  print_row ("copied", count (n[IMPORT_STATUS_COPIED]), "%s",
             PLURAL (n[IMPORT_STATUS_COPIED], "as it is", "as they are"));
  print_row ("unreadable", count (n_unreadable), "%s", PLURAL (n_unreadable, "file", "files"));
  if (job->n_skipped > 0)
    print_row ("skipped", count (job->n_skipped), "%s",
               PLURAL (job->n_skipped, "link or special file", "links and special files"));
  print_row ("saved", size (saved), "%.0f %%", 100.0 * saved / MAX (totals->n_bytes, 1));
}

/* The failures that the run has kept, first in time first. */
static void
print_problems (ImportJob *job,
                GFlowRun  *run)
{
  GListModel *errors = g_flow_run_get_errors (run);
  guint n_errors = g_list_model_get_n_items (errors);

  for (guint i = 0; i < job->problems->len && i < MAX_PROBLEMS; i++)
    g_print ("  folder: %s\n", (const char *) g_ptr_array_index (job->problems, i));

  for (guint i = 0; i < n_errors && i < MAX_PROBLEMS; i++)
    {
      g_autoptr (GFlowStep) step = g_list_model_get_item (errors, i);

      g_print ("  %s: %s\n", g_flow_node_get_name (g_flow_step_get_node (step)),
               g_flow_step_get_error (step)->message);
    }

  if (n_errors > MAX_PROBLEMS)
    g_print ("  ... and %u more, see the index\n", n_errors - MAX_PROBLEMS);
  if (n_errors + job->problems->len > 0)
    g_print ("\n");
}

void
import_print_summary (ImportJob *job,
                      GFlowRun  *run,
                      double     scan_seconds,
                      double     run_seconds)
{
  guint n_nodes = g_flow_run_get_n_total (run);
  struct rusage usage;
  ImportTotals totals;

  import_job_count (job, run, &totals);

  g_print ("\n");
  print_files (job, &totals);
  print_row ("seconds", g_strdup_printf ("%.2f", scan_seconds + run_seconds),
             "%.2f of them to scan", scan_seconds);
  print_row ("nodes", count (n_nodes), "%'.0f nodes per second", n_nodes / MAX (run_seconds, 1e-6));
  if (getrusage (RUSAGE_SELF, &usage) == 0)
    print_row ("memory", size ((guint64) usage.ru_maxrss * 1024), "at most");
  g_print ("\n");
  print_problems (job, run);
}
