/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "resume-small.h"

#include <glib/gstdio.h>

/* Saved runs */

/* As it comes from a file: nothing of it is trusted. */
static GVariant *
reload (GVariant *saved)
{
  g_autoptr(GBytes) bytes = g_variant_get_data_as_bytes (saved);

  return g_variant_ref_sink (g_variant_new_from_bytes (g_variant_get_type (saved), bytes, FALSE));
}

GVariant *
resume_save (GFlowRun *run)
{
  g_autoptr(GVariant) saved = g_flow_run_save (run);

  g_assert_nonnull (saved);
  g_assert_false (g_variant_is_floating (saved));
  return reload (saved);
}

GFlowRun *
resume_restore (GFlow    *flow,
                GVariant *saved)
{
  g_autoptr(GError) error = NULL;
  GFlowRun *run = g_flow_run_new (flow);

  g_flow_run_restore (run, saved, &error);
  g_assert_no_error (error);
  return run;
}

void
resume_execute (GFlowRun *run,
                gboolean  sync)
{
  g_autoptr(GError) error = NULL;

  if (sync)
    g_flow_run_execute_sync (run, NULL, &error);
  else
    test_run_execute (run, NULL, &error);
  g_assert_no_error (error);
  test_assert_run (run, DONE);
}

/* Journals */

void
journal_init (Journal *self)
{
  self->folder = g_dir_make_tmp ("gflow-journal-XXXXXX", NULL);
  g_assert_nonnull (self->folder);
  self->path = g_build_filename (self->folder, "a journal", NULL);
  self->file = g_file_new_for_path (self->path);
}

void
journal_clear (Journal *self)
{
  g_remove (self->path);
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_free (self->folder);
  g_free (self->path);
  g_object_unref (self->file);
}

GBytes *
journal_read (Journal *self)
{
  g_autoptr(GError) error = NULL;
  char *data;
  gsize size;

  g_file_get_contents (self->path, &data, &size, &error);
  g_assert_no_error (error);
  return g_bytes_new_take (data, size);
}

void
journal_write (Journal      *self,
               const guint8 *data,
               gsize         size)
{
  g_autoptr(GError) error = NULL;

  g_remove (self->path);
  g_file_set_contents (self->path, (const char *) data, size, &error);
  g_assert_no_error (error);
}

void
journal_parse (GBytes              *bytes,
               GFlowJournalContent *content)
{
  g_autoptr(GError) error = NULL;
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  _g_flow_journal_parse (data, size, content, &error);
  g_assert_no_error (error);
}

GFlowRun *
journal_new_run (GFlow   *flow,
                 Journal *journal)
{
  GFlowRun *run = g_flow_run_new (flow);

  g_flow_run_set_journal (run, journal->file);
  return run;
}

gboolean
journal_execute (GFlowRun  *run,
                 gboolean   sync,
                 GError   **error)
{
  return sync ? g_flow_run_execute_sync (run, NULL, error) : test_run_execute (run, NULL, error);
}

/* Small flows */

gboolean
small_body (GFlowNode  *node,
            GFlowRun   *run,
            gpointer    user_data,
            GError    **error)
{
  Small *self = user_data;
  const char *name = g_flow_node_get_name (node);

  test_log_add (&self->log, name);
  if (g_strcmp0 (self->failing, name) == 0)
    {
      g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_FAILED, "%s fails", name);
      return FALSE;
    }
  /* Of a saved run what nobody can read any more is gone, and runs again. */
  if (self->journal.file != NULL)
    g_flow_run_set_result_variant (run, node, g_variant_new_string (name));
  return TRUE;
}

void
small_init (Small      *self,
            const char *nodes)
{
  g_auto(GStrv) words = g_strsplit (nodes, " ", -1);

  *self = (Small) { .flow = g_flow_new () };
  test_log_init (&self->log);
  for (guint i = 0; words[i] != NULL; i++)
    {
      g_auto(GStrv) parts = g_strsplit (words[i], ":", 2);
      g_auto(GStrv) upstreams = g_strsplit (parts[1] != NULL ? parts[1] : "", ",", -1);
      GFlowNode *node = g_flow_add (self->flow, parts[0], small_body, self, NULL, NULL);

      g_flow_node_set_placement (node, G_FLOW_PLACEMENT_CONTEXT);
      for (guint k = 0; upstreams[k] != NULL; k++)
        g_flow_node_add_upstream_by_name (node, upstreams[k]);
    }
}

void
small_init_chain (Small      *self,
                  const char *names)
{
  g_auto(GStrv) words = g_strsplit (names, " ", -1);
  GFlowNode *before = NULL;

  *self = (Small) { .flow = g_flow_new () };
  test_log_init (&self->log);
  journal_init (&self->journal);
  for (guint i = 0; words[i] != NULL; i++)
    {
      GFlowNode *node = g_flow_add (self->flow, words[i], small_body, self, NULL, NULL);

      if (i % 2 == 1)
        g_flow_node_set_placement (node, G_FLOW_PLACEMENT_CONTEXT);
      if (before != NULL)
        g_flow_node_add_upstream (node, before);
      before = node;
    }
}

void
small_clear (Small *self)
{
  g_object_unref (self->flow);
  if (self->journal.folder != NULL)
    journal_clear (&self->journal);
  test_log_clear (&self->log);
}

void
small_assert_runs (Small      *self,
                   gboolean    sync,
                   const char *failing,
                   const char *expected)
{
  g_autoptr(GFlowRun) run = journal_new_run (self->flow, &self->journal);

  test_log_clear (&self->log);
  test_log_init (&self->log);
  self->failing = failing;
  g_assert_cmpint (journal_execute (run, sync, NULL), ==, failing == NULL);
  test_assert_log (&self->log, expected);
}

void
small_assert_refused (Small      *self,
                      gboolean    sync,
                      GQuark      domain,
                      int         code,
                      const char *message)
{
  g_autoptr(GFlowRun) run = journal_new_run (self->flow, &self->journal);
  g_autoptr(GError) error = NULL;

  test_log_clear (&self->log);
  test_log_init (&self->log);
  g_assert_false (journal_execute (run, sync, &error));
  test_assert_log (&self->log, "");
  g_assert_error (error, domain, code);
  test_assert_contains (error->message, message);
  test_assert_run (run, FAILED);
}

GVariant *
small_save (Small      *self,
            const char *failing)
{
  g_autoptr(GFlowRun) run = g_flow_run_new (self->flow);
  GVariant *saved;

  self->failing = failing;
  g_assert_cmpint (test_run_execute (run, NULL, NULL), ==, failing == NULL);
  self->failing = NULL;
  saved = resume_save (run);
  test_log_clear (&self->log);
  test_log_init (&self->log);
  return saved;
}
