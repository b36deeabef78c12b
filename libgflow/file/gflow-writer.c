/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-writer.h"

#include "gflow-enum-types.h"
#include "gflow-scanner-private.h"
#include "gflow-table-private.h"
#include "graph/gflow-error.h"
#include "stream/gflow-document-private.h"

#include <glib/gi18n-lib.h>

/**
 * GFlowWriter:
 *
 * Writes documents to a file or a stream: as lines, CSV, JSON.
 *
 * What it has written, a [class@GFlow.FlowReader] of the same settings reads as it was,
 * as far as the format has it: JSON and CSV have all of a document, lines only its text.
 *
 * ```c
 * g_autoptr(GFlowWriter) writer = g_flow_writer_new_for_file (G_FLOW_FORMAT_NDJSON, file);
 *
 * if (!g_flow_writer_write_sync (writer, documents, NULL, &error) ||
 *     !g_flow_writer_close_sync (writer, NULL, &error))
 *   …
 * ```
 *
 * ## Thread safety
 *
 * A writer may be used in any thread, but not in two at the same time. Its settings are
 * to be made before it is written to.
 *
 * Since: 0.1
 */

struct _GFlowWriter
{
  GObject        parent_instance;

  GFlowFormat    format;
  GOutputStream *stream;      /* (owned) (nullable): of the file when that is open */
  GFile         *file;        /* (owned) (nullable) */

  char         **columns;     /* (owned) (nullable) */
  gboolean       has_header;
  char           delimiter[2];

  gboolean       begun;       /* something has been written */
  gboolean       pending;
  gboolean       closed;
  guint64        n_written;
};

enum
{
  PROP_0,
  PROP_FORMAT,
  PROP_STREAM,
  PROP_FILE,
  PROP_COLUMNS,
  PROP_HAS_HEADER,
  PROP_DELIMITER,
  PROP_N_WRITTEN,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (GFlowWriter, g_flow_writer, G_TYPE_OBJECT)

/* All of a document. */
static const char * const all_columns[] = {
  "id", "text", "blob", "uri", "mime_type", "tags", NULL
};

/* What is to be written */

static const char * const *
columns_of (GFlowWriter *self)
{
  return self->columns != NULL ? (const char * const *) self->columns : all_columns;
}

static gboolean
append_line (GFlowWriter    *self,
             GString        *out,
             GFlowDocument  *document,
             GError        **error)
{
  const char *text = document->text != NULL ? document->text : "";

  if (strchr (text, '\n') != NULL || g_str_has_suffix (text, "\r"))
    {
      g_set_error_literal (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT,
                           _("The text is more than one line"));
      return FALSE;
    }
  /* A reader takes away one mark of Unicode from the beginning. */
  if (!self->begun && out->len == 0 && g_str_has_prefix (text, "\xef\xbb\xbf"))
    g_string_append (out, "\xef\xbb\xbf");
  g_string_append (out, text);
  g_string_append_c (out, '\n');
  return TRUE;
}

static gboolean
append_document (GFlowWriter    *self,
                 GString        *out,
                 GFlowDocument  *document,
                 GError        **error)
{
  const gboolean first = !self->begun && out->len == 0;

  switch (self->format)
    {
    case G_FLOW_FORMAT_CSV:
      if (first && self->has_header)
        _g_flow_table_append_header (out, columns_of (self), self->delimiter[0]);
      return _g_flow_table_append_record (out, columns_of (self), self->delimiter[0], document,
                                          error);
    case G_FLOW_FORMAT_NDJSON:
      if (!_g_flow_document_append_json (document, out, error))
        return FALSE;
      g_string_append_c (out, '\n');
      return TRUE;
    case G_FLOW_FORMAT_JSON:
      g_string_append (out, first ? "[\n" : ",\n");
      return _g_flow_document_append_json (document, out, error);
    case G_FLOW_FORMAT_LINES:
    default:
      return append_line (self, out, document, error);
    }
}

/* All of them, or none. */
static GString *
serialize (GFlowWriter  *self,
           GListModel   *documents,
           GError      **error)
{
  g_autoptr(GString) out = g_string_new (NULL);
  const guint n = g_list_model_get_n_items (documents);

  for (guint i = 0; i < n; i++)
    {
      g_autoptr(GFlowDocument) document = g_list_model_get_item (documents, i);

      if (!G_IS_FLOW_DOCUMENT (document))
        {
          g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT,
                       _("Item %u of the list is no document, but a %s"), i,
                       G_OBJECT_TYPE_NAME (document));
          return NULL;
        }
      if (!append_document (self, out, document, error))
        {
          g_prefix_error (error, _("Document %" G_GUINT64_FORMAT ": "), self->n_written + i);
          return NULL;
        }
    }
  return g_steal_pointer (&out);
}

/* What comes behind the last document. */
static GString *
serialize_end (GFlowWriter *self)
{
  GString *out = g_string_new (NULL);

  if (self->format == G_FLOW_FORMAT_JSON)
    g_string_append (out, self->begun ? "\n]\n" : "[]\n");
  else if (self->format == G_FLOW_FORMAT_CSV && self->has_header && !self->begun)
    _g_flow_table_append_header (out, columns_of (self), self->delimiter[0]);
  return out;
}

/* Writing */

static gboolean
claim (GFlowWriter  *self,
       GError      **error)
{
  if (self->pending)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_PENDING,
                         _("The writer is writing already"));
  else if (self->closed)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED, _("The writer is closed"));
  else
    return TRUE;
  return FALSE;
}

static void
count_written (GFlowWriter *self,
               guint        n)
{
  if (n == 0)
    return;
  self->n_written += n;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_WRITTEN]);
}

static gboolean
put_sync (GFlowWriter   *self,
          GString       *out,
          GCancellable  *cancellable,
          GError       **error)
{
  if (self->stream == NULL)
    self->stream = (GOutputStream *) g_file_replace (self->file, NULL, FALSE, G_FILE_CREATE_NONE,
                                                     cancellable, error);
  if (self->stream == NULL)
    return FALSE;
  self->begun |= out->len > 0;
  return g_output_stream_write_all (self->stream, out->str, out->len, NULL, cancellable, error);
}

/* The data of a task: of write(), or of close(), which has no documents. */
typedef struct
{
  GString  *out;         /* (owned) */
  guint     n_documents;
  gboolean  closes;
} Work;

static void
work_free (gpointer data)
{
  Work *work = data;

  g_string_free (work->out, TRUE);
  g_free (work);
}

/* Consumes @error. */
static void
end_work (GTask  *task,
          GError *error)
{
  GFlowWriter *self = g_task_get_source_object (task);
  Work *work = g_task_get_task_data (task);

  self->pending = FALSE;
  if (error != NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  self->closed |= work->closes;
  count_written (self, work->n_documents);
  g_task_return_boolean (task, TRUE);
}

static void
closed_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr(GTask) task = user_data;
  GError *error = NULL;

  g_output_stream_close_finish (G_OUTPUT_STREAM (object), result, &error);
  end_work (task, error);
}

static void
flushed_cb (GObject      *object,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr(GTask) task = user_data;
  GError *error = NULL;

  g_output_stream_flush_finish (G_OUTPUT_STREAM (object), result, &error);
  end_work (task, error);
}

static void
written_cb (GObject      *object,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr(GTask) task = user_data;
  GFlowWriter *self = g_task_get_source_object (task);
  Work *work = g_task_get_task_data (task);
  const int priority = g_task_get_priority (task);
  GCancellable *cancellable = g_task_get_cancellable (task);
  GError *error = NULL;

  if (!g_output_stream_write_all_finish (G_OUTPUT_STREAM (object), result, NULL, &error) ||
      !work->closes)
    end_work (task, error);
  else if (self->file != NULL)
    g_output_stream_close_async (self->stream, priority, cancellable, closed_cb,
                                 g_steal_pointer (&task));
  else
    g_output_stream_flush_async (self->stream, priority, cancellable, flushed_cb,
                                 g_steal_pointer (&task));
}

static void
put (GTask *task)
{
  GFlowWriter *self = g_task_get_source_object (task);
  Work *work = g_task_get_task_data (task);

  self->begun |= work->out->len > 0;
  g_output_stream_write_all_async (self->stream, work->out->str, work->out->len,
                                   g_task_get_priority (task), g_task_get_cancellable (task),
                                   written_cb, g_object_ref (task));
}

static void
opened_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr(GTask) task = user_data;
  GFlowWriter *self = g_task_get_source_object (task);
  GError *error = NULL;

  self->stream = (GOutputStream *) g_file_replace_finish (G_FILE (object), result, &error);
  if (self->stream == NULL)
    end_work (task, error);
  else
    put (task);
}

/* Consumes @out. */
static void
begin_work (GTask    *task,
            GString  *out,
            guint     n_documents,
            gboolean  closes)
{
  GFlowWriter *self = g_task_get_source_object (task);
  Work *work = g_new (Work, 1);

  *work = (Work) { out, n_documents, closes };
  g_task_set_task_data (task, work, work_free);
  self->pending = TRUE;
  if (self->stream != NULL)
    put (task);
  else
    g_file_replace_async (self->file, NULL, FALSE, G_FILE_CREATE_NONE, g_task_get_priority (task),
                          g_task_get_cancellable (task), opened_cb, g_object_ref (task));
}

/* GObject */

static void
g_flow_writer_finalize (GObject *object)
{
  GFlowWriter *self = G_FLOW_WRITER (object);

  g_clear_object (&self->stream);
  g_clear_object (&self->file);
  g_strfreev (self->columns);

  G_OBJECT_CLASS (g_flow_writer_parent_class)->finalize (object);
}

static void
g_flow_writer_get_property (GObject    *object,
                            guint       prop_id,
                            GValue     *value,
                            GParamSpec *pspec)
{
  GFlowWriter *self = G_FLOW_WRITER (object);

  switch (prop_id)
    {
    case PROP_FORMAT:
      g_value_set_enum (value, self->format);
      break;
    case PROP_STREAM:
      g_value_set_object (value, g_flow_writer_get_stream (self));
      break;
    case PROP_FILE:
      g_value_set_object (value, self->file);
      break;
    case PROP_COLUMNS:
      g_value_set_boxed (value, self->columns);
      break;
    case PROP_HAS_HEADER:
      g_value_set_boolean (value, self->has_header);
      break;
    case PROP_DELIMITER:
      g_value_set_string (value, self->delimiter);
      break;
    case PROP_N_WRITTEN:
      g_value_set_uint64 (value, self->n_written);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
g_flow_writer_set_property (GObject      *object,
                            guint         prop_id,
                            const GValue *value,
                            GParamSpec   *pspec)
{
  GFlowWriter *self = G_FLOW_WRITER (object);

  switch (prop_id)
    {
    case PROP_FORMAT:
      self->format = g_value_get_enum (value);
      break;
    case PROP_STREAM:
      self->stream = g_value_dup_object (value);
      break;
    case PROP_FILE:
      self->file = g_value_dup_object (value);
      break;
    case PROP_COLUMNS:
      g_flow_writer_set_columns (self, g_value_get_boxed (value));
      break;
    case PROP_HAS_HEADER:
      g_flow_writer_set_has_header (self, g_value_get_boolean (value));
      break;
    case PROP_DELIMITER:
      g_flow_writer_set_delimiter (self, g_value_get_string (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

/* Made without either, it writes to memory. */
static void
g_flow_writer_constructed (GObject *object)
{
  GFlowWriter *self = G_FLOW_WRITER (object);

  if (self->stream == NULL && self->file == NULL)
    self->stream = g_memory_output_stream_new_resizable ();
  if (self->stream != NULL)
    g_clear_object (&self->file);

  G_OBJECT_CLASS (g_flow_writer_parent_class)->constructed (object);
}

static void
g_flow_writer_class_init (GFlowWriterClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags ro = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  const GParamFlags rw = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;
  const GParamFlags once = G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;

  object_class->constructed = g_flow_writer_constructed;
  object_class->finalize = g_flow_writer_finalize;
  object_class->get_property = g_flow_writer_get_property;
  object_class->set_property = g_flow_writer_set_property;

  /**
   * GFlowWriter:format: (attributes org.gtk.Property.get=g_flow_writer_get_format)
   *
   * How the documents are written.
   *
   * Since: 0.1
   */
  properties[PROP_FORMAT] = g_param_spec_enum ("format", NULL, NULL, G_TYPE_FLOW_FORMAT,
                                               G_FLOW_FORMAT_LINES, once);

  /**
   * GFlowWriter:stream: (attributes org.gtk.Property.get=g_flow_writer_get_stream)
   *
   * Where the bytes go. It is not closed.
   *
   * Since: 0.1
   */
  properties[PROP_STREAM] = g_param_spec_object ("stream", NULL, NULL, G_TYPE_OUTPUT_STREAM, once);

  /**
   * GFlowWriter:file: (attributes org.gtk.Property.get=g_flow_writer_get_file)
   *
   * The file to write, if there is no stream. It is replaced.
   *
   * Since: 0.1
   */
  properties[PROP_FILE] = g_param_spec_object ("file", NULL, NULL, G_TYPE_FILE, once);

  /**
   * GFlowWriter:columns: (attributes org.gtk.Property.get=g_flow_writer_get_columns org.gtk.Property.set=g_flow_writer_set_columns)
   *
   * The columns of CSV. See [method@GFlow.FlowWriter.set_columns].
   *
   * Since: 0.1
   */
  properties[PROP_COLUMNS] = g_param_spec_boxed ("columns", NULL, NULL, G_TYPE_STRV, rw);

  /**
   * GFlowWriter:has-header: (attributes org.gtk.Property.get=g_flow_writer_get_has_header org.gtk.Property.set=g_flow_writer_set_has_header)
   *
   * Whether CSV begins with the names of the columns.
   *
   * Since: 0.1
   */
  properties[PROP_HAS_HEADER] = g_param_spec_boolean ("has-header", NULL, NULL, TRUE, rw);

  /**
   * GFlowWriter:delimiter: (attributes org.gtk.Property.get=g_flow_writer_get_delimiter org.gtk.Property.set=g_flow_writer_set_delimiter)
   *
   * What is between the fields of CSV: one ASCII character.
   *
   * Since: 0.1
   */
  properties[PROP_DELIMITER] = g_param_spec_string ("delimiter", NULL, NULL, ",", rw);

  /**
   * GFlowWriter:n-written: (attributes org.gtk.Property.get=g_flow_writer_get_n_written)
   *
   * How many documents have been written.
   *
   * Since: 0.1
   */
  properties[PROP_N_WRITTEN] = g_param_spec_uint64 ("n-written", NULL, NULL, 0, G_MAXUINT64, 0,
                                                    ro);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
g_flow_writer_init (GFlowWriter *self)
{
  self->has_header = TRUE;
  self->delimiter[0] = ',';
}

/**
 * g_flow_writer_new:
 * @format: how the documents are to be written
 * @stream: where the bytes go
 *
 * Makes a writer for a stream, which is not closed with the writer.
 *
 * Returns: (transfer full): a new writer
 *
 * Since: 0.1
 */
GFlowWriter *
g_flow_writer_new (GFlowFormat    format,
                   GOutputStream *stream)
{
  g_return_val_if_fail (G_IS_OUTPUT_STREAM (stream), NULL);

  return g_object_new (G_TYPE_FLOW_WRITER, "format", format, "stream", stream, NULL);
}

/**
 * g_flow_writer_new_for_file:
 * @format: how the documents are to be written
 * @file: the file to write
 *
 * Makes a writer for a file, which is replaced: what was there before stays until
 * the writer is closed.
 *
 * Returns: (transfer full): a new writer
 *
 * Since: 0.1
 */
GFlowWriter *
g_flow_writer_new_for_file (GFlowFormat  format,
                            GFile       *file)
{
  g_return_val_if_fail (G_IS_FILE (file), NULL);

  return g_object_new (G_TYPE_FLOW_WRITER, "format", format, "file", file, NULL);
}

/**
 * g_flow_writer_write:
 * @self: a writer
 * @documents: a list of [class@GFlow.FlowDocument]
 * @cancellable: (nullable): stops it
 * @callback: (scope async) (closure user_data): called when they are written
 * @user_data: data for @callback
 *
 * Writes documents behind those that were written before. The next call may be made
 * when this one has called back.
 *
 * Since: 0.1
 */
void
g_flow_writer_write (GFlowWriter         *self,
                     GListModel          *documents,
                     GCancellable        *cancellable,
                     GAsyncReadyCallback  callback,
                     gpointer             user_data)
{
  g_return_if_fail (G_IS_FLOW_WRITER (self));
  g_return_if_fail (G_IS_LIST_MODEL (documents));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  g_autoptr(GTask) task = g_task_new (self, cancellable, callback, user_data);
  GError *error = NULL;
  GString *out = claim (self, &error) ? serialize (self, documents, &error) : NULL;

  g_task_set_source_tag (task, g_flow_writer_write);
  /* What has been written is not taken back. */
  g_task_set_check_cancellable (task, FALSE);
  if (out != NULL)
    begin_work (task, out, g_list_model_get_n_items (documents), FALSE);
  else
    g_task_return_error (task, error);
}

/**
 * g_flow_writer_write_finish:
 * @self: a writer
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Finishes what [method@GFlow.FlowWriter.write] has begun.
 *
 * Returns: %TRUE if all documents have been written
 *
 * Since: 0.1
 */
gboolean
g_flow_writer_write_finish (GFlowWriter   *self,
                            GAsyncResult  *result,
                            GError       **error)
{
  g_return_val_if_fail (G_IS_FLOW_WRITER (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * g_flow_writer_write_sync:
 * @self: a writer
 * @documents: a list of [class@GFlow.FlowDocument]
 * @cancellable: (nullable): stops it
 * @error: return location for an error
 *
 * Writes documents behind those that were written before, and blocks until it is done.
 *
 * A document that the format cannot have, a text of several lines among lines or
 * an infinite number in JSON, fails with %G_FLOW_ERROR_BAD_INPUT, and then none of
 * @documents is written. After any other error the writer should not be used any more.
 *
 * Returns: %TRUE if all documents have been written
 *
 * Since: 0.1
 */
gboolean
g_flow_writer_write_sync (GFlowWriter   *self,
                          GListModel    *documents,
                          GCancellable  *cancellable,
                          GError       **error)
{
  g_return_val_if_fail (G_IS_FLOW_WRITER (self), FALSE);
  g_return_val_if_fail (G_IS_LIST_MODEL (documents), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_autoptr(GString) out = claim (self, error) ? serialize (self, documents, error) : NULL;

  if (out == NULL || !put_sync (self, out, cancellable, error))
    return FALSE;
  count_written (self, g_list_model_get_n_items (documents));
  return TRUE;
}

/**
 * g_flow_writer_close:
 * @self: a writer
 * @cancellable: (nullable): stops it
 * @callback: (scope async) (closure user_data): called when it is closed
 * @user_data: data for @callback
 *
 * Writes what comes behind the last document, and closes the file, or flushes the
 * stream. A writer that is closed already stays so.
 *
 * Since: 0.1
 */
void
g_flow_writer_close (GFlowWriter         *self,
                     GCancellable        *cancellable,
                     GAsyncReadyCallback  callback,
                     gpointer             user_data)
{
  g_return_if_fail (G_IS_FLOW_WRITER (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  g_autoptr(GTask) task = g_task_new (self, cancellable, callback, user_data);
  GError *error = NULL;

  g_task_set_source_tag (task, g_flow_writer_close);
  g_task_set_check_cancellable (task, FALSE);
  if (self->closed && !self->pending)
    g_task_return_boolean (task, TRUE);
  else if (claim (self, &error))
    begin_work (task, serialize_end (self), 0, TRUE);
  else
    g_task_return_error (task, error);
}

/**
 * g_flow_writer_close_finish:
 * @self: a writer
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Finishes what [method@GFlow.FlowWriter.close] has begun.
 *
 * Returns: %TRUE if everything has been written
 *
 * Since: 0.1
 */
gboolean
g_flow_writer_close_finish (GFlowWriter   *self,
                            GAsyncResult  *result,
                            GError       **error)
{
  g_return_val_if_fail (G_IS_FLOW_WRITER (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * g_flow_writer_close_sync:
 * @self: a writer
 * @cancellable: (nullable): stops it
 * @error: return location for an error
 *
 * Writes what comes behind the last document, and closes the file, or flushes the
 * stream; blocks until it is done. A writer that is closed already stays so.
 *
 * Returns: %TRUE if everything has been written
 *
 * Since: 0.1
 */
gboolean
g_flow_writer_close_sync (GFlowWriter   *self,
                          GCancellable  *cancellable,
                          GError       **error)
{
  g_return_val_if_fail (G_IS_FLOW_WRITER (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (self->closed && !self->pending)
    return TRUE;
  if (!claim (self, error))
    return FALSE;

  g_autoptr(GString) end = serialize_end (self);

  if (!put_sync (self, end, cancellable, error))
    return FALSE;
  self->closed = self->file != NULL ? g_output_stream_close (self->stream, cancellable, error)
                                    : g_output_stream_flush (self->stream, cancellable, error);
  return self->closed;
}

/* Properties */

/**
 * g_flow_writer_get_format: (attributes org.gtk.Method.get_property=format)
 * @self: a writer
 *
 * Gets how the documents are written.
 *
 * Returns: the format
 *
 * Since: 0.1
 */
GFlowFormat
g_flow_writer_get_format (GFlowWriter *self)
{
  g_return_val_if_fail (G_IS_FLOW_WRITER (self), G_FLOW_FORMAT_LINES);

  return self->format;
}

/**
 * g_flow_writer_get_stream: (attributes org.gtk.Method.get_property=stream)
 * @self: a writer
 *
 * Gets the stream that the writer was made with.
 *
 * Returns: (transfer none) (nullable): the stream, or %NULL if it writes a file
 *
 * Since: 0.1
 */
GOutputStream *
g_flow_writer_get_stream (GFlowWriter *self)
{
  g_return_val_if_fail (G_IS_FLOW_WRITER (self), NULL);

  return self->file == NULL ? self->stream : NULL;
}

/**
 * g_flow_writer_get_file: (attributes org.gtk.Method.get_property=file)
 * @self: a writer
 *
 * Gets the file that the writer was made with.
 *
 * Returns: (transfer none) (nullable): the file, or %NULL if it writes to a stream
 *
 * Since: 0.1
 */
GFile *
g_flow_writer_get_file (GFlowWriter *self)
{
  g_return_val_if_fail (G_IS_FLOW_WRITER (self), NULL);

  return self->file;
}

/**
 * g_flow_writer_get_columns: (attributes org.gtk.Method.get_property=columns)
 * @self: a writer
 *
 * Gets the columns of CSV that were set.
 *
 * Returns: (transfer none) (nullable) (array zero-terminated=1): the names, or %NULL for
 *   everything that documents have
 *
 * Since: 0.1
 */
const char * const *
g_flow_writer_get_columns (GFlowWriter *self)
{
  g_return_val_if_fail (G_IS_FLOW_WRITER (self), NULL);

  return (const char * const *) self->columns;
}

/**
 * g_flow_writer_set_columns: (attributes org.gtk.Method.set_property=columns)
 * @self: a writer
 * @columns: (nullable) (array zero-terminated=1): the names, at least one; or %NULL for
 *   `id`, `text`, `blob`, `uri`, `mime_type`, `tags`, which is everything
 *
 * Sets the columns of CSV. Any other name is that of a tag, whose value is written as
 * it is if it is a string, and in JSON if it is not.
 *
 * Since: 0.1
 */
void
g_flow_writer_set_columns (GFlowWriter        *self,
                           const char * const *columns)
{
  g_return_if_fail (G_IS_FLOW_WRITER (self));
  g_return_if_fail (!self->begun);
  g_return_if_fail (columns == NULL || columns[0] != NULL);

  if (self->columns == NULL ? columns == NULL
                            : columns != NULL && g_strv_equal ((const char * const *) self->columns,
                                                               columns))
    return;

  char **copy = g_strdupv ((char **) columns);

  g_strfreev (self->columns);
  self->columns = copy;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_COLUMNS]);
}

/**
 * g_flow_writer_get_has_header: (attributes org.gtk.Method.get_property=has-header)
 * @self: a writer
 *
 * Gets whether CSV begins with the names of the columns.
 *
 * Returns: %TRUE if it does
 *
 * Since: 0.1
 */
gboolean
g_flow_writer_get_has_header (GFlowWriter *self)
{
  g_return_val_if_fail (G_IS_FLOW_WRITER (self), FALSE);

  return self->has_header;
}

/**
 * g_flow_writer_set_has_header: (attributes org.gtk.Method.set_property=has-header)
 * @self: a writer
 * @has_header: whether it does
 *
 * Sets whether CSV begins with the names of the columns.
 *
 * Since: 0.1
 */
void
g_flow_writer_set_has_header (GFlowWriter *self,
                              gboolean     has_header)
{
  g_return_if_fail (G_IS_FLOW_WRITER (self));
  g_return_if_fail (!self->begun);

  has_header = !!has_header;
  if (self->has_header == has_header)
    return;
  self->has_header = has_header;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_HAS_HEADER]);
}

/**
 * g_flow_writer_get_delimiter: (attributes org.gtk.Method.get_property=delimiter)
 * @self: a writer
 *
 * Gets what is between the fields of CSV.
 *
 * Returns: (transfer none): one character
 *
 * Since: 0.1
 */
const char *
g_flow_writer_get_delimiter (GFlowWriter *self)
{
  g_return_val_if_fail (G_IS_FLOW_WRITER (self), NULL);

  return self->delimiter;
}

/**
 * g_flow_writer_set_delimiter: (attributes org.gtk.Method.set_property=delimiter)
 * @self: a writer
 * @delimiter: one ASCII character, such as `,`, `;` or a tab
 *
 * Sets what is between the fields of CSV.
 *
 * Since: 0.1
 */
void
g_flow_writer_set_delimiter (GFlowWriter *self,
                             const char  *delimiter)
{
  g_return_if_fail (G_IS_FLOW_WRITER (self));
  g_return_if_fail (!self->begun);
  g_return_if_fail (_g_flow_is_delimiter (delimiter));

  if (self->delimiter[0] == delimiter[0])
    return;
  self->delimiter[0] = delimiter[0];
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_DELIMITER]);
}

/**
 * g_flow_writer_get_n_written: (attributes org.gtk.Method.get_property=n-written)
 * @self: a writer
 *
 * Gets how many documents have been written.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint64
g_flow_writer_get_n_written (GFlowWriter *self)
{
  g_return_val_if_fail (G_IS_FLOW_WRITER (self), 0);

  return self->n_written;
}
