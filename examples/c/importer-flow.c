/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The importer's plan: which nodes there are, what each does, what waits for
 * what.
 *
 *     hash ── detect ── compress ── store ──┐
 *        └─── compare ──┘            │      index ── clean up
 *               prepare ─────────────┘
 *
 * "compare" exists once for every size that several files have: a file whose
 * size nobody else has cannot have a twin, and waits for nobody. */

#include "importer.h"

#include <glib/gstdio.h>

#define CHUNK_SIZE (64 * 1024)
#define SNIFF_SIZE (4 * 1024)
#define COMPRESS_FROM 1024

/* Bodies. Those that take a GTask run in the context of main(), the others on
 * worker threads. */

static gboolean
prepare_folder (GFlowNode  *node,
                GFlowRun   *run,
                gpointer    user_data,
                GError    **error)
{
  ImportJob *job = user_data;

  job->temporary = g_dir_make_tmp ("gflow-importer-XXXXXX", error);

  return job->temporary != NULL;
}

static gboolean
hash_file (GFlowNode  *node,
           GFlowRun   *run,
           gpointer    user_data,
           GError    **error)
{
  ImportFile *file = user_data;
  GCancellable *cancellable = g_flow_run_get_node_cancellable (run, node);
  g_autoptr (GFile) source = g_file_new_for_path (file->path);
  g_autoptr (GFileInputStream) stream = g_file_read (source, cancellable, error);
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree guint8 *chunk = g_malloc (CHUNK_SIZE);
  gssize n;

  if (stream == NULL)
    return FALSE;

  while ((n = g_input_stream_read (G_INPUT_STREAM (stream), chunk, CHUNK_SIZE,
                                   cancellable, error)) > 0)
    g_checksum_update (checksum, chunk, n);

  if (n < 0)
    return FALSE;

  file->digest = g_strdup (g_checksum_get_string (checksum));

  return TRUE;
}

static gboolean
detect_type (GFlowNode  *node,
             GFlowRun   *run,
             gpointer    user_data,
             GError    **error)
{
  ImportFile *file = user_data;
  GCancellable *cancellable = g_flow_run_get_node_cancellable (run, node);
  g_autoptr (GFile) source = g_file_new_for_path (file->path);
  g_autoptr (GFileInputStream) stream = g_file_read (source, cancellable, error);
  g_autofree char *type = NULL;
  guint8 start[SNIFF_SIZE];
  gsize n;

  if (stream == NULL ||
      !g_input_stream_read_all (G_INPUT_STREAM (stream), start, sizeof start, &n,
                                cancellable, error))
    return FALSE;

  type = g_content_type_guess (file->path, start, n, NULL);
  file->type = g_content_type_get_mime_type (type);

  return TRUE;
}

/* Runs when all files of one size are hashed, or could not be. */
static gboolean
compare_files (GFlowNode  *node,
               GFlowRun   *run,
               gpointer    user_data,
               GError    **error)
{
  GPtrArray *files = user_data;
  g_autoptr (GHashTable) originals = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < files->len; i++)
    {
      ImportFile *file = g_ptr_array_index (files, i);

      if (file->digest == NULL)
        continue;

      file->original = g_hash_table_lookup (originals, file->digest);
      if (file->original == NULL)
        g_hash_table_insert (originals, file->digest, file);
    }

  return TRUE;
}

static gboolean
is_worth_compressing (const char *type)
{
  static const char * const types[] = {
    "application/javascript", "application/json", "application/postscript",
    "application/xhtml+xml", "application/xml", "image/svg+xml",
  };

  if (type == NULL)
    return FALSE;
  if (g_str_has_prefix (type, "text/"))
    return TRUE;

  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    {
      if (g_str_equal (type, types[i]))
        return TRUE;
    }

  return FALSE;
}

/* The result is the compressed content, for as long as "store" needs it; none
 * if the file is better stored as it is. */
static gboolean
compress_file (GFlowNode  *node,
               GFlowRun   *run,
               gpointer    user_data,
               GError    **error)
{
  ImportFile *file = user_data;
  GCancellable *cancellable = g_flow_run_get_node_cancellable (run, node);
  g_autoptr (GFile) source = g_file_new_for_path (file->path);
  g_autoptr (GFileInputStream) input = NULL;
  g_autoptr (GZlibCompressor) compressor = NULL;
  g_autoptr (GInputStream) packed = NULL;
  g_autoptr (GOutputStream) output = g_memory_output_stream_new_resizable ();
  g_auto (GValue) result = G_VALUE_INIT;

  if (file->original != NULL || !is_worth_compressing (file->type))
    return TRUE;

  input = g_file_read (source, cancellable, error);
  if (input == NULL)
    return FALSE;

  compressor = g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP, -1);
  packed = g_converter_input_stream_new (G_INPUT_STREAM (input), G_CONVERTER (compressor));
  if (g_output_stream_splice (output, packed, G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET,
                              cancellable, error) < 0)
    return FALSE;

  if (g_memory_output_stream_get_data_size (G_MEMORY_OUTPUT_STREAM (output)) >= file->size)
    return TRUE;

  g_value_init (&result, G_TYPE_BYTES);
  g_value_take_boxed (&result,
                      g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM (output)));
  g_flow_run_set_result (run, node, &result);

  return TRUE;
}

static void
store_packed_cb (GObject      *source,
                 GAsyncResult *result,
                 gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;

  if (g_file_replace_contents_finish (G_FILE (source), result, NULL, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

static void
store_copy_cb (GObject      *source,
               GAsyncResult *result,
               gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;

  if (g_file_copy_finish (G_FILE (source), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

/* Files are stored under the digest of their content. */
static void
store_file (GFlowNode  *node,
            GFlowRun   *run,
            GTask      *task,
            gpointer    user_data,
            GError    **error)
{
  ImportFile *file = user_data;
  GFlowNode *compress = file->nodes[IMPORT_STEP_COMPRESS];
  const GValue *result = compress != NULL ? g_flow_run_get_result (run, compress) : NULL;
  GBytes *packed = result != NULL ? g_value_get_boxed (result) : NULL;
  g_autofree char *name = g_strconcat (file->digest, packed != NULL ? ".gz" : NULL, NULL);
  g_autoptr (GFile) target = g_file_new_build_filename (file->job->temporary, name, NULL);

  if (file->original != NULL)
    {
      g_task_return_boolean (task, TRUE);
      return;
    }

  file->compressed = packed != NULL;
  file->stored_size = packed != NULL ? g_bytes_get_size (packed) : file->size;

  if (packed != NULL)
    {
      g_file_replace_contents_bytes_async (target, packed, NULL, FALSE, G_FILE_CREATE_NONE,
                                           g_task_get_cancellable (task),
                                           store_packed_cb, g_object_ref (task));
    }
  else
    {
      g_autoptr (GFile) source = g_file_new_for_path (file->path);

      g_file_copy_async (source, target,
                         G_FILE_COPY_OVERWRITE | G_FILE_COPY_TARGET_DEFAULT_PERMS,
                         G_PRIORITY_DEFAULT, g_task_get_cancellable (task), NULL, NULL,
                         store_copy_cb, g_object_ref (task));
    }
}

/* Runs when all has ended, well or not. There is no index of half an import. */
static gboolean
write_index (GFlowNode  *node,
             GFlowRun   *run,
             gpointer    user_data,
             GError    **error)
{
  ImportJob *job = user_data;
  g_autofree char *path = g_strdup (job->index);

  if (g_cancellable_set_error_if_cancelled (g_flow_run_get_cancellable (run), error))
    return FALSE;

  if (job->temporary == NULL)
    return TRUE;

  if (path == NULL)
    path = g_build_filename (job->temporary, "index.json", NULL);

  return import_job_write_index (job, run, path, g_flow_run_get_node_cancellable (run, node),
                                 error);
}

static gboolean
remove_recursively (GFile   *file,
                    GError **error)
{
  g_autoptr (GFileEnumerator) children = NULL;

  children = g_file_enumerate_children (file, G_FILE_ATTRIBUTE_STANDARD_NAME,
                                        G_FILE_QUERY_INFO_NOFOLLOW_SYMLINKS, NULL, NULL);
  while (children != NULL)
    {
      GFile *child;

      if (!g_file_enumerator_iterate (children, NULL, &child, NULL, error))
        return FALSE;
      if (child == NULL)
        break;
      if (!remove_recursively (child, error))
        return FALSE;
    }

  return g_file_delete (file, NULL, error);
}

static gboolean
clean_up (GFlowNode  *node,
          GFlowRun   *run,
          gpointer    user_data,
          GError    **error)
{
  ImportJob *job = user_data;
  g_autoptr (GFile) folder = NULL;

  if (job->temporary == NULL)
    return TRUE;

  folder = g_file_new_for_path (job->temporary);
  if (!remove_recursively (folder, error))
    return FALSE;

  g_clear_pointer (&job->temporary, g_free);

  return TRUE;
}

/* The plan. */

static GFlowNode *
file_add_node (ImportFile     *self,
               ImportStep      step,
               const char     *verb,
               GFlowFunc       func,
               GError        **error)
{
  g_autofree char *name = g_strdup_printf ("%s %s", verb, self->label);

  self->nodes[step] = g_flow_add (self->job->flow, name, func, self, NULL, error);

  return self->nodes[step];
}

/* Adds the nodes of one file; they run one after the other. */
static gboolean
file_plan (ImportFile  *self,
           GError     **error)
{
  ImportJob *job = self->job;
  g_autofree char *store_name = g_strdup_printf ("store %s", self->label);
  GFlowNode *hash, *detect, *compress = NULL, *store;

  hash = file_add_node (self, IMPORT_STEP_HASH, "hash", hash_file, error);
  if (hash == NULL)
    return FALSE;

  /* The bar on the terminal moves with the bytes, not with the files. */
  g_flow_node_set_weight (hash, 1 + (guint) MIN (self->size / CHUNK_SIZE, G_MAXINT));

  detect = file_add_node (self, IMPORT_STEP_DETECT, "detect", detect_type, error);
  if (detect == NULL)
    return FALSE;
  g_flow_node_add_upstream (detect, hash);

  if (self->size >= COMPRESS_FROM)
    {
      compress = file_add_node (self, IMPORT_STEP_COMPRESS, "compress", compress_file, error);
      if (compress == NULL)
        return FALSE;
      g_flow_node_add_upstream (compress, detect);
      g_flow_node_add_lock (compress, job->processors);
      g_flow_node_set_weight (compress, 1 + (guint) MIN (self->size / CHUNK_SIZE, G_MAXINT));
    }

  store = g_flow_add_task (job->flow, store_name, store_file, self, NULL, error);
  if (store == NULL)
    return FALSE;
  g_flow_node_after (store, job->prepare, compress != NULL ? compress : detect, NULL);
  g_flow_node_add_lock (store, job->disk);
  self->nodes[IMPORT_STEP_STORE] = store;

  return TRUE;
}

/* Adds the node that looks for duplicates among files of one size. */
static gboolean
job_plan_comparison (ImportJob  *self,
                     GPtrArray  *files,
                     GError    **error)
{
  ImportFile *first = g_ptr_array_index (files, 0);
  g_autofree char *name = NULL;
  GFlowNode *compare;

  if (files->len < 2)
    return TRUE;

  name = g_strdup_printf ("compare %u files of %" G_GUINT64_FORMAT " bytes",
                          files->len, first->size);
  compare = g_flow_add (self->flow, name, compare_files, g_ptr_array_ref (files),
                        (GDestroyNotify) g_ptr_array_unref, error);
  if (compare == NULL)
    return FALSE;

  /* One file that cannot be read does not keep the others from being compared. */
  g_flow_node_set_run_when (compare, G_FLOW_RUN_WHEN_ALL_FINISHED);

  for (guint i = 0; i < files->len; i++)
    {
      ImportFile *file = g_ptr_array_index (files, i);
      GFlowNode *compress = file->nodes[IMPORT_STEP_COMPRESS];

      g_flow_node_add_upstream (compare, file->nodes[IMPORT_STEP_HASH]);
      g_flow_node_add_upstream (compress != NULL ? compress : file->nodes[IMPORT_STEP_STORE],
                                compare);
    }

  return TRUE;
}

static gboolean
job_plan_comparisons (ImportJob  *self,
                      GError    **error)
{
  g_autoptr (GHashTable) by_size = NULL;

  by_size = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL,
                                   (GDestroyNotify) g_ptr_array_unref);
  for (guint i = 0; i < self->files->len; i++)
    {
      ImportFile *file = g_ptr_array_index (self->files, i);
      GPtrArray *files = g_hash_table_lookup (by_size, &file->size);

      if (files == NULL)
        {
          files = g_ptr_array_new ();
          g_hash_table_insert (by_size, &file->size, files);
        }
      g_ptr_array_add (files, file);
    }

  /* Not in the order of the table: the same folder always gives the same plan. */
  for (guint i = 0; i < self->files->len; i++)
    {
      ImportFile *file = g_ptr_array_index (self->files, i);
      GPtrArray *files = g_hash_table_lookup (by_size, &file->size);

      if (g_ptr_array_index (files, 0) == file && !job_plan_comparison (self, files, error))
        return FALSE;
    }

  return TRUE;
}

gboolean
import_job_plan (ImportJob  *self,
                 guint       n_threads,
                 GError    **error)
{
  self->flow = g_flow_new ();
  g_flow_set_name (self->flow, "importer");
  g_flow_set_max_threads (self->flow, n_threads);

  if (n_threads == 0)
    n_threads = g_get_num_processors ();
  self->processors = g_flow_lock_new_with_permits (MAX (1, n_threads - 1));
  g_flow_lock_set_name (self->processors, "processors");
  self->disk = g_flow_lock_new ();
  g_flow_lock_set_name (self->disk, "disk");

  self->prepare = g_flow_add (self->flow, "prepare", prepare_folder, self, NULL, error);
  if (self->prepare == NULL)
    return FALSE;

  for (guint i = 0; i < self->files->len; i++)
    {
      if (!file_plan (g_ptr_array_index (self->files, i), error))
        return FALSE;
    }

  if (!job_plan_comparisons (self, error))
    return FALSE;

  self->write = g_flow_add (self->flow, "index", write_index, self, NULL, error);
  if (self->write == NULL)
    return FALSE;
  g_flow_node_set_run_when (self->write, G_FLOW_RUN_WHEN_ALL_FINISHED);
  g_flow_node_add_upstream (self->write, self->prepare);
  for (guint i = 0; i < self->files->len; i++)
    {
      ImportFile *file = g_ptr_array_index (self->files, i);

      g_flow_node_add_upstream (self->write, file->nodes[IMPORT_STEP_STORE]);
    }

  self->clean_up = g_flow_add (self->flow, "clean up", clean_up, self, NULL, error);
  if (self->clean_up == NULL)
    return FALSE;
  g_flow_node_set_run_when (self->clean_up, G_FLOW_RUN_WHEN_ALL_FINISHED);
  g_flow_node_add_upstream (self->clean_up, self->write);

  return TRUE;
}

/* What became of the files: asked of the run, not written down by the bodies. */

ImportStatus
import_file_get_status (ImportFile *self,
                        GFlowRun   *run)
{
  for (guint i = 0; i < IMPORT_N_STEPS; i++)
    {
      if (self->nodes[i] != NULL &&
          g_flow_run_get_node_state (run, self->nodes[i]) == G_FLOW_NODE_STATE_FAILED)
        return i == IMPORT_STEP_STORE ? IMPORT_STATUS_NOT_STORED : IMPORT_STATUS_UNREADABLE;
    }

  if (g_flow_run_get_node_state (run, self->nodes[IMPORT_STEP_STORE]) != G_FLOW_NODE_STATE_DONE)
    return IMPORT_STATUS_UNFINISHED;
  if (self->original != NULL)
    return IMPORT_STATUS_DUPLICATE;

  return self->compressed ? IMPORT_STATUS_COMPRESSED : IMPORT_STATUS_COPIED;
}

/* Returns: (transfer none) (nullable): what made a node of the file fail */
GError *
import_file_get_error (ImportFile *self,
                       GFlowRun   *run)
{
  for (guint i = 0; i < IMPORT_N_STEPS; i++)
    {
      if (self->nodes[i] != NULL &&
          g_flow_run_get_node_state (run, self->nodes[i]) == G_FLOW_NODE_STATE_FAILED)
        return g_flow_run_get_node_error (run, self->nodes[i]);
    }

  return NULL;
}

/* Returns: (transfer none) (nullable): what made the import fail as a whole. A
 *   file that cannot be read does not */
GError *
import_job_get_error (ImportJob *self,
                      GFlowRun  *run)
{
  GFlowNode *nodes[] = { self->prepare, self->write, self->clean_up };

  for (guint i = 0; i < G_N_ELEMENTS (nodes); i++)
    {
      if (g_flow_run_get_node_state (run, nodes[i]) == G_FLOW_NODE_STATE_FAILED)
        return g_flow_run_get_node_error (run, nodes[i]);
    }

  for (guint i = 0; i < self->files->len; i++)
    {
      ImportFile *file = g_ptr_array_index (self->files, i);

      if (import_file_get_status (file, run) == IMPORT_STATUS_NOT_STORED)
        return import_file_get_error (file, run);
    }

  return NULL;
}

void
import_job_count (ImportJob    *self,
                  GFlowRun     *run,
                  ImportTotals *totals)
{
  *totals = (ImportTotals) { 0 };

  for (guint i = 0; i < self->files->len; i++)
    {
      ImportFile *file = g_ptr_array_index (self->files, i);
      ImportStatus status = import_file_get_status (file, run);

      totals->n_files[status]++;
      if (status != IMPORT_STATUS_UNREADABLE)
        totals->n_bytes += file->size;
      if (status == IMPORT_STATUS_DUPLICATE)
        totals->duplicate_bytes += file->size;
      if (status == IMPORT_STATUS_COMPRESSED)
        {
          totals->unpacked_bytes += file->size;
          totals->packed_bytes += file->stored_size;
        }
    }
}
