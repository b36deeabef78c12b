/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The importer's index: what became of every file, as JSON. */

#include "importer.h"

#include <json-glib/json-glib.h>

static const char * const status_names[IMPORT_N_STATUS] = {
  [IMPORT_STATUS_UNFINISHED] = "unfinished",
  [IMPORT_STATUS_UNREADABLE] = "unreadable",
  [IMPORT_STATUS_NOT_STORED] = "not-stored",
  [IMPORT_STATUS_DUPLICATE] = "duplicate",
  [IMPORT_STATUS_COMPRESSED] = "compressed",
  [IMPORT_STATUS_COPIED] = "copied",
};

static void
add_string (JsonBuilder *builder,
            const char  *name,
            const char  *value)
{
  if (value == NULL)
    return;

  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, value);
}

static void
add_number (JsonBuilder *builder,
            const char  *name,
            guint64      value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, (gint64) value);
}

static void
add_file (JsonBuilder *builder,
          ImportFile  *file,
          GFlowRun    *run)
{
  ImportStatus status = import_file_get_status (file, run);
  GError *error = import_file_get_error (file, run);

  json_builder_begin_object (builder);
  add_string (builder, "path", file->label);
  add_number (builder, "size", file->size);
  add_string (builder, "status", status_names[status]);
  add_string (builder, "sha256", file->digest);
  add_string (builder, "type", file->type);
  add_string (builder, "error", error != NULL ? error->message : NULL);
  if (file->original != NULL)
    add_string (builder, "original", file->original->label);
  if (status == IMPORT_STATUS_COMPRESSED || status == IMPORT_STATUS_COPIED)
    add_number (builder, "stored-size", file->stored_size);
  json_builder_end_object (builder);
}

static void
add_totals (JsonBuilder *builder,
            ImportJob   *job,
            GFlowRun    *run)
{
  ImportTotals totals;

  import_job_count (job, run, &totals);

  json_builder_begin_object (builder);
  add_number (builder, "files", job->files->len);
  for (guint i = IMPORT_STATUS_UNREADABLE; i < IMPORT_N_STATUS; i++)
    add_number (builder, status_names[i], totals.n_files[i]);
  add_number (builder, "unreadable-folders", job->problems->len);
  add_number (builder, "skipped", job->n_skipped);
  add_number (builder, "bytes", totals.n_bytes);
  add_number (builder, "bytes-saved",
              totals.duplicate_bytes + totals.unpacked_bytes - totals.packed_bytes);
  json_builder_end_object (builder);
}

gboolean
import_job_write_index (ImportJob     *self,
                        GFlowRun      *run,
                        const char    *path,
                        GCancellable  *cancellable,
                        GError       **error)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonGenerator) generator = json_generator_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GFileOutputStream) stream = NULL;
  g_autofree char *folder = g_filename_display_name (self->folder);

  json_builder_begin_object (builder);
  add_string (builder, "folder", folder);
  json_builder_set_member_name (builder, "totals");
  add_totals (builder, self, run);
  json_builder_set_member_name (builder, "files");
  json_builder_begin_array (builder);
  for (guint i = 0; i < self->files->len; i++)
    add_file (builder, g_ptr_array_index (self->files, i), run);
  json_builder_end_array (builder);
  json_builder_end_object (builder);

  root = json_builder_get_root (builder);
  json_generator_set_root (generator, root);
  json_generator_set_pretty (generator, TRUE);

  stream = g_file_replace (file, NULL, FALSE, G_FILE_CREATE_REPLACE_DESTINATION,
                           cancellable, error);

  return stream != NULL &&
         json_generator_to_stream (generator, G_OUTPUT_STREAM (stream), cancellable, error) &&
         g_output_stream_close (G_OUTPUT_STREAM (stream), cancellable, error);
}
