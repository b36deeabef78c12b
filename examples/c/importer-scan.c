/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The importer's list of files: what is below a folder, before anything runs. */

#include "importer.h"

#include <string.h>

#define ATTRIBUTES \
  G_FILE_ATTRIBUTE_STANDARD_NAME "," \
  G_FILE_ATTRIBUTE_STANDARD_TYPE "," \
  G_FILE_ATTRIBUTE_STANDARD_SIZE

static void
import_file_free (gpointer data)
{
  ImportFile *self = data;

  g_free (self->path);
  g_free (self->label);
  g_free (self->digest);
  g_free (self->type);
  g_free (self);
}

static void
job_add_file (ImportJob  *self,
              const char *path,
              guint64     size)
{
  ImportFile *file = g_new0 (ImportFile, 1);

  file->job = self;
  file->path = g_strdup (path);
  file->size = size;
  g_ptr_array_add (self->files, file);
}

static gboolean
job_scan (ImportJob  *self,
          GFile      *folder,
          GError    **error)
{
  g_autoptr (GFileEnumerator) children = NULL;

  /* Links are not followed, so they cannot lead around in a circle. */
  children = g_file_enumerate_children (folder, ATTRIBUTES, G_FILE_QUERY_INFO_NOFOLLOW_SYMLINKS,
                                        NULL, error);
  if (children == NULL)
    return FALSE;

  for (;;)
    {
      GFileInfo *info;
      GFile *child;

      if (!g_file_enumerator_iterate (children, &info, &child, NULL, error))
        return FALSE;
      if (info == NULL)
        return TRUE;

      if (g_file_info_get_file_type (info) == G_FILE_TYPE_DIRECTORY)
        {
          g_autoptr (GError) problem = NULL;

          if (!job_scan (self, child, &problem))
            g_ptr_array_add (self->problems, g_strdup (problem->message));
        }
      else if (g_file_info_get_file_type (info) == G_FILE_TYPE_REGULAR)
        {
          job_add_file (self, g_file_peek_path (child), (guint64) g_file_info_get_size (info));
        }
      else
        {
          self->n_skipped++;
        }
    }
}

static int
compare_paths (gconstpointer a,
               gconstpointer b)
{
  ImportFile *const *first = a, *const *second = b;

  return strcmp ((*first)->path, (*second)->path);
}

/* Names of nodes are UTF-8 and unique; names of files need be neither, once
 * they are turned into UTF-8. */
static void
job_label_files (ImportJob *self)
{
  g_autoptr (GHashTable) labels = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GFile) folder = g_file_new_for_path (self->folder);

  for (guint i = 0; i < self->files->len; i++)
    {
      ImportFile *file = g_ptr_array_index (self->files, i);
      g_autoptr (GFile) child = g_file_new_for_path (file->path);
      g_autofree char *relative = g_file_get_relative_path (folder, child);

      file->label = g_filename_display_name (relative);
      while (g_hash_table_contains (labels, file->label))
        {
          char *longer = g_strdup_printf ("%s (%u)", file->label, i);

          g_free (file->label);
          file->label = longer;
        }
      g_hash_table_add (labels, file->label);
    }
}

static ImportJob *
job_new_empty (const char *folder)
{
  ImportJob *self = g_new0 (ImportJob, 1);

  self->folder = g_strdup (folder);
  self->files = g_ptr_array_new_with_free_func (import_file_free);
  self->problems = g_ptr_array_new_with_free_func (g_free);

  return self;
}

ImportJob *
import_job_new (const char  *folder,
                GError     **error)
{
  g_autoptr (ImportJob) self = job_new_empty (folder);
  g_autoptr (GFile) file = g_file_new_for_path (folder);

  if (!job_scan (self, file, error))
    return NULL;

  g_ptr_array_sort (self->files, compare_paths);
  job_label_files (self);

  return g_steal_pointer (&self);
}

/* A job of a few files that shows each thing that can happen to a file, to
 * draw a graph that fits a screen. */
ImportJob *
import_job_new_sample (ImportJob *job,
                       GFlowRun  *run)
{
  ImportJob *self = job_new_empty (job->folder);
  gboolean seen[IMPORT_N_STATUS] = { FALSE };

  for (guint i = 0; i < job->files->len; i++)
    {
      ImportFile *file = g_ptr_array_index (job->files, i);
      ImportStatus status = import_file_get_status (file, run);

      if (seen[status])
        continue;

      seen[status] = TRUE;
      job_add_file (self, file->path, file->size);
      if (file->original != NULL)
        job_add_file (self, file->original->path, file->original->size);
    }

  g_ptr_array_sort (self->files, compare_paths);
  for (guint i = self->files->len; i-- > 1;)
    {
      if (compare_paths (&self->files->pdata[i - 1], &self->files->pdata[i]) == 0)
        g_ptr_array_remove_index (self->files, i);
    }
  job_label_files (self);

  return self;
}

void
import_job_free (ImportJob *self)
{
  g_clear_object (&self->flow);
  g_clear_object (&self->processors);
  g_clear_object (&self->disk);
  g_clear_pointer (&self->files, g_ptr_array_unref);
  g_clear_pointer (&self->problems, g_ptr_array_unref);
  g_free (self->temporary);
  g_free (self->index);
  g_free (self->folder);
  g_free (self);
}
