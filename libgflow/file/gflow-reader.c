/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-reader.h"

#include "gflow-enum-types.h"
#include "gflow-scanner-private.h"

/**
 * GFlowReader:
 *
 * A source of the documents that are in a file or a stream: lines, CSV, JSON.
 *
 * It reads as it is asked to, and holds little more than one document: files may
 * be larger than memory.
 *
 * ```c
 * g_autoptr(GFlowReader) reader = g_flow_reader_new_for_file (G_FLOW_FORMAT_CSV, file);
 *
 * // The column “question” is the text; the others are tags.
 * g_flow_reader_set_fields (reader, g_variant_new_parsed ("{'question': 'text'}"));
 * ```
 *
 * What is wrong in a file is an error with the place, `questions.csv:12:7: …`: line and
 * column, both from 1, in characters. It ends the source, or, with
 * [property@GFlow.FlowReader:skip-bad], is left out and counted.
 *
 * ## CSV
 *
 * The format is that of RFC 4180: a field in quotes may hold delimiters, line breaks,
 * and quotes, which are doubled. Lines end in LF or CRLF; blank ones are no records. A
 * field that is empty is not there at all, `""` is there and empty.
 *
 * The first record, the header, names the columns. They are what members of
 * documents in JSON are: `id`, `text`, `blob` (in base64), `uri`, `mime_type`; `tags`
 * is a JSON object of tags; columns of other names are tags, which are strings.
 *
 * ## Thread safety
 *
 * A reader may be used in any thread, but not in two at the same time. Its settings are
 * to be made before it is read from.
 *
 * Since: 0.1
 */

#define DEFAULT_MAX_LENGTH (16 * 1024 * 1024)

struct _GFlowReader
{
  GObject       parent_instance;

  GFlowFormat   format;
  GInputStream *stream;      /* (owned) (nullable): of the file when that is open */
  GFile        *file;        /* (owned) (nullable) */

  char        **columns;     /* (owned) (nullable) */
  gboolean      has_header;
  char          delimiter[2];
  GVariant     *fields;      /* (owned) (nullable): a{ss} */
  guint         max_length;
  gboolean      skip_bad;

  GFlowScanner  scanner;
  gboolean      begun;
  guint64       n_read;
  guint64       n_skipped;
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
  PROP_FIELDS,
  PROP_MAX_LENGTH,
  PROP_SKIP_BAD,
  PROP_N_READ,
  PROP_N_SKIPPED,
  N_PROPS
};

enum
{
  SIGNAL_SKIPPED,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

static void g_flow_reader_source_init (GFlowSourceInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (GFlowReader, g_flow_reader, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_FLOW_SOURCE,
                                                      g_flow_reader_source_init))

/* Reading */

static void
begin (GFlowReader *self)
{
  GFlowScanner *scanner = &self->scanner;

  if (self->begun)
    return;

  self->begun = TRUE;
  scanner->format = self->format;
  scanner->name = self->file != NULL ? g_file_get_parse_name (self->file) : NULL;
  scanner->fields = self->fields != NULL ? g_variant_ref (self->fields) : NULL;
  scanner->names = g_strdupv (self->columns);
  scanner->has_header = self->has_header;
  scanner->delimiter = self->delimiter[0];
  scanner->max_length = self->max_length;
}

static void
skip (GFlowReader *self,
      GError      *error)
{
  self->n_skipped++;
  g_signal_emit (self, signals[SIGNAL_SKIPPED], 0, error);
}

/* Takes documents out of the bytes that are there, until there are enough. Gives
 * MORE if it needs more bytes, FAILED with an error, and otherwise that it is done. */
static GFlowScan
scan (GFlowReader  *self,
      guint         n_documents,
      GPtrArray    *documents,
      GError      **error)
{
  GFlowScan found = G_FLOW_SCAN_DOCUMENT;

  while (documents->len < n_documents)
    {
      GFlowDocument *document = NULL;
      g_autoptr(GError) bad = NULL;

      found = _g_flow_scanner_next (&self->scanner, &document, &bad);
      if (found == G_FLOW_SCAN_DOCUMENT)
        g_ptr_array_add (documents, document);
      else if (found == G_FLOW_SCAN_BAD && self->skip_bad)
        skip (self, bad);
      else if (found == G_FLOW_SCAN_BAD || found == G_FLOW_SCAN_FAILED)
        {
          g_propagate_error (error, g_steal_pointer (&bad));
          return G_FLOW_SCAN_FAILED;
        }
      else
        break;
    }
  return found;
}

/* As many of the documents that are there as are wanted. */
static GFlowScan
give (GFlowReader  *self,
      guint         n_documents,
      GListStore   *store,
      GError      **error)
{
  g_autoptr(GPtrArray) documents = g_ptr_array_new_with_free_func (g_object_unref);
  const guint before = g_list_model_get_n_items (G_LIST_MODEL (store));
  const guint64 n_skipped = self->n_skipped;
  const GFlowScan found = scan (self, n_documents, documents, error);

  g_list_store_splice (store, before, 0, documents->pdata, documents->len);
  self->n_read += documents->len;
  if (documents->len > 0)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_READ]);
  if (self->n_skipped != n_skipped)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_SKIPPED]);
  return found;
}

static gboolean
open_sync (GFlowReader   *self,
           GCancellable  *cancellable,
           GError       **error)
{
  begin (self);
  if (self->stream == NULL)
    self->stream = (GInputStream *) g_file_read (self->file, cancellable, error);
  return self->stream != NULL;
}

static gboolean
g_flow_reader_fill_sync (GFlowSource   *source,
                         guint          n_documents,
                         GListStore    *documents,
                         GCancellable  *cancellable,
                         GError       **error)
{
  GFlowReader *self = G_FLOW_READER (source);
  const guint before = g_list_model_get_n_items (G_LIST_MODEL (documents));
  GFlowScan found;

  if (!open_sync (self, cancellable, error))
    return FALSE;

  for (;;)
    {
      const guint n_given = g_list_model_get_n_items (G_LIST_MODEL (documents)) - before;

      found = give (self, n_documents - n_given, documents, error);
      if (found != G_FLOW_SCAN_MORE)
        return found != G_FLOW_SCAN_FAILED;

      gsize n_bytes;
      char *bytes = _g_flow_scanner_reserve (&self->scanner, &n_bytes);
      const gssize n = g_input_stream_read (self->stream, bytes, n_bytes, cancellable, error);

      if (n < 0)
        return FALSE;
      _g_flow_scanner_commit (&self->scanner, n);
    }
}

/* One call of fill(). */
typedef struct
{
  guint       n_documents; /* that are missing */
  GListStore *documents;   /* (owned) */
} Filling;

static void
filling_free (gpointer data)
{
  Filling *filling = data;

  g_object_unref (filling->documents);
  g_free (filling);
}

static void fill_more (GTask *task);

static void
bytes_read_cb (GObject      *object,
               GAsyncResult *result,
               gpointer      user_data)
{
  g_autoptr(GTask) task = user_data;
  GFlowReader *self = g_task_get_source_object (task);
  GError *error = NULL;
  const gssize n = g_input_stream_read_finish (G_INPUT_STREAM (object), result, &error);

  if (n < 0)
    {
      g_task_return_error (task, error);
      return;
    }
  _g_flow_scanner_commit (&self->scanner, n);
  fill_more (task);
}

static void
fill_more (GTask *task)
{
  GFlowReader *self = g_task_get_source_object (task);
  Filling *filling = g_task_get_task_data (task);
  const guint before = g_list_model_get_n_items (G_LIST_MODEL (filling->documents));
  GError *error = NULL;
  const GFlowScan found = give (self, filling->n_documents, filling->documents, &error);

  filling->n_documents -= g_list_model_get_n_items (G_LIST_MODEL (filling->documents)) - before;
  if (found == G_FLOW_SCAN_MORE)
    {
      gsize n_bytes;
      char *bytes = _g_flow_scanner_reserve (&self->scanner, &n_bytes);

      g_input_stream_read_async (self->stream, bytes, n_bytes, g_task_get_priority (task),
                                 g_task_get_cancellable (task), bytes_read_cb,
                                 g_object_ref (task));
    }
  else if (found == G_FLOW_SCAN_FAILED)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

static void
opened_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr(GTask) task = user_data;
  GFlowReader *self = g_task_get_source_object (task);
  GError *error = NULL;

  self->stream = (GInputStream *) g_file_read_finish (G_FILE (object), result, &error);
  if (self->stream == NULL)
    g_task_return_error (task, error);
  else
    fill_more (task);
}

static void
g_flow_reader_fill (GFlowSource  *source,
                    guint         n_documents,
                    GListStore   *documents,
                    GTask        *task,
                    GError      **error)
{
  GFlowReader *self = G_FLOW_READER (source);
  Filling *filling = g_new (Filling, 1);

  *filling = (Filling) { n_documents, g_object_ref (documents) };
  g_task_set_task_data (task, filling, filling_free);
  begin (self);
  if (self->stream != NULL)
    fill_more (task);
  else
    g_file_read_async (self->file, g_task_get_priority (task), g_task_get_cancellable (task),
                       opened_cb, g_object_ref (task));
}

static void
g_flow_reader_source_init (GFlowSourceInterface *iface)
{
  iface->fill = g_flow_reader_fill;
  iface->fill_sync = g_flow_reader_fill_sync;
}

/* GObject */

static void
g_flow_reader_finalize (GObject *object)
{
  GFlowReader *self = G_FLOW_READER (object);

  g_clear_object (&self->stream);
  g_clear_object (&self->file);
  g_strfreev (self->columns);
  g_clear_pointer (&self->fields, g_variant_unref);
  _g_flow_scanner_clear (&self->scanner);

  G_OBJECT_CLASS (g_flow_reader_parent_class)->finalize (object);
}

static void
g_flow_reader_get_property (GObject    *object,
                            guint       prop_id,
                            GValue     *value,
                            GParamSpec *pspec)
{
  GFlowReader *self = G_FLOW_READER (object);

  switch (prop_id)
    {
    case PROP_FORMAT:
      g_value_set_enum (value, self->format);
      break;
    case PROP_STREAM:
      g_value_set_object (value, g_flow_reader_get_stream (self));
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
    case PROP_FIELDS:
      g_value_set_variant (value, self->fields);
      break;
    case PROP_MAX_LENGTH:
      g_value_set_uint (value, self->max_length);
      break;
    case PROP_SKIP_BAD:
      g_value_set_boolean (value, self->skip_bad);
      break;
    case PROP_N_READ:
      g_value_set_uint64 (value, self->n_read);
      break;
    case PROP_N_SKIPPED:
      g_value_set_uint64 (value, self->n_skipped);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
g_flow_reader_set_property (GObject      *object,
                            guint         prop_id,
                            const GValue *value,
                            GParamSpec   *pspec)
{
  GFlowReader *self = G_FLOW_READER (object);

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
      g_flow_reader_set_columns (self, g_value_get_boxed (value));
      break;
    case PROP_HAS_HEADER:
      g_flow_reader_set_has_header (self, g_value_get_boolean (value));
      break;
    case PROP_DELIMITER:
      g_flow_reader_set_delimiter (self, g_value_get_string (value));
      break;
    case PROP_FIELDS:
      g_flow_reader_set_fields (self, g_value_get_variant (value));
      break;
    case PROP_MAX_LENGTH:
      g_flow_reader_set_max_length (self, g_value_get_uint (value));
      break;
    case PROP_SKIP_BAD:
      g_flow_reader_set_skip_bad (self, g_value_get_boolean (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

/* Made without either, it is a stream without bytes. */
static void
g_flow_reader_constructed (GObject *object)
{
  GFlowReader *self = G_FLOW_READER (object);

  if (self->stream == NULL && self->file == NULL)
    self->stream = g_memory_input_stream_new ();
  if (self->stream != NULL)
    g_clear_object (&self->file);

  G_OBJECT_CLASS (g_flow_reader_parent_class)->constructed (object);
}

static void
g_flow_reader_class_init (GFlowReaderClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags ro = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  const GParamFlags rw = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;
  const GParamFlags once = G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;

  object_class->constructed = g_flow_reader_constructed;
  object_class->finalize = g_flow_reader_finalize;
  object_class->get_property = g_flow_reader_get_property;
  object_class->set_property = g_flow_reader_set_property;

  /**
   * GFlowReader:format: (attributes org.gtk.Property.get=g_flow_reader_get_format)
   *
   * How the documents are written.
   *
   * Since: 0.1
   */
  properties[PROP_FORMAT] = g_param_spec_enum ("format", NULL, NULL, G_TYPE_FLOW_FORMAT,
                                               G_FLOW_FORMAT_LINES, once);

  /**
   * GFlowReader:stream: (attributes org.gtk.Property.get=g_flow_reader_get_stream)
   *
   * Where the bytes come from. It is not closed.
   *
   * Since: 0.1
   */
  properties[PROP_STREAM] = g_param_spec_object ("stream", NULL, NULL, G_TYPE_INPUT_STREAM, once);

  /**
   * GFlowReader:file: (attributes org.gtk.Property.get=g_flow_reader_get_file)
   *
   * The file to read, if there is no stream. It is opened when it is first read from.
   *
   * Since: 0.1
   */
  properties[PROP_FILE] = g_param_spec_object ("file", NULL, NULL, G_TYPE_FILE, once);

  /**
   * GFlowReader:columns: (attributes org.gtk.Property.get=g_flow_reader_get_columns org.gtk.Property.set=g_flow_reader_set_columns)
   *
   * The names of the columns of CSV, instead of those in the header.
   *
   * Since: 0.1
   */
  properties[PROP_COLUMNS] = g_param_spec_boxed ("columns", NULL, NULL, G_TYPE_STRV, rw);

  /**
   * GFlowReader:has-header: (attributes org.gtk.Property.get=g_flow_reader_get_has_header org.gtk.Property.set=g_flow_reader_set_has_header)
   *
   * Whether the first record of CSV has the names of the columns. Without a header, and
   * without [property@GFlow.FlowReader:columns], they are called `1`, `2`, and so on.
   *
   * Since: 0.1
   */
  properties[PROP_HAS_HEADER] = g_param_spec_boolean ("has-header", NULL, NULL, TRUE, rw);

  /**
   * GFlowReader:delimiter: (attributes org.gtk.Property.get=g_flow_reader_get_delimiter org.gtk.Property.set=g_flow_reader_set_delimiter)
   *
   * What is between the fields of CSV: one ASCII character.
   *
   * Since: 0.1
   */
  properties[PROP_DELIMITER] = g_param_spec_string ("delimiter", NULL, NULL, ",", rw);

  /**
   * GFlowReader:fields: (attributes org.gtk.Property.get=g_flow_reader_get_fields org.gtk.Property.set=g_flow_reader_set_fields)
   *
   * What the columns of CSV, or the members of JSON objects, stand for: a dictionary
   * of type `a{ss}`. See [method@GFlow.FlowReader.set_fields].
   *
   * Since: 0.1
   */
  properties[PROP_FIELDS] = g_param_spec_variant ("fields", NULL, NULL, G_VARIANT_TYPE ("a{ss}"),
                                                  NULL, rw);

  /**
   * GFlowReader:max-length: (attributes org.gtk.Property.get=g_flow_reader_get_max_length org.gtk.Property.set=g_flow_reader_set_max_length)
   *
   * How long a line, a record, or the JSON of a document may be, in bytes. What is longer
   * is bad.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_LENGTH] = g_param_spec_uint ("max-length", NULL, NULL, 1, G_MAXUINT,
                                                   DEFAULT_MAX_LENGTH, rw);

  /**
   * GFlowReader:skip-bad: (attributes org.gtk.Property.get=g_flow_reader_get_skip_bad org.gtk.Property.set=g_flow_reader_set_skip_bad)
   *
   * Whether what is no document is left out, and counted, instead of ending the
   * source with an error.
   *
   * Since: 0.1
   */
  properties[PROP_SKIP_BAD] = g_param_spec_boolean ("skip-bad", NULL, NULL, FALSE, rw);

  /**
   * GFlowReader:n-read: (attributes org.gtk.Property.get=g_flow_reader_get_n_read)
   *
   * How many documents have been read.
   *
   * Since: 0.1
   */
  properties[PROP_N_READ] = g_param_spec_uint64 ("n-read", NULL, NULL, 0, G_MAXUINT64, 0, ro);

  /**
   * GFlowReader:n-skipped: (attributes org.gtk.Property.get=g_flow_reader_get_n_skipped)
   *
   * How many were left out because they were bad.
   *
   * Since: 0.1
   */
  properties[PROP_N_SKIPPED] = g_param_spec_uint64 ("n-skipped", NULL, NULL, 0, G_MAXUINT64, 0,
                                                    ro);

  g_object_class_install_properties (object_class, N_PROPS, properties);

  /**
   * GFlowReader::skipped:
   * @self: the reader
   * @error: what is wrong, and where
   *
   * Emitted for everything that is left out, in the thread that reads.
   *
   * Since: 0.1
   */
  signals[SIGNAL_SKIPPED] = g_signal_new ("skipped", G_TYPE_FROM_CLASS (klass),
                                          G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                          G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void
g_flow_reader_init (GFlowReader *self)
{
  self->has_header = TRUE;
  self->delimiter[0] = ',';
  self->max_length = DEFAULT_MAX_LENGTH;
}

/**
 * g_flow_reader_new:
 * @format: how the documents are written
 * @stream: where the bytes come from
 *
 * Makes a reader of a stream, which is not closed when it has been read.
 *
 * Returns: (transfer full): a new reader
 *
 * Since: 0.1
 */
GFlowReader *
g_flow_reader_new (GFlowFormat   format,
                   GInputStream *stream)
{
  g_return_val_if_fail (G_IS_INPUT_STREAM (stream), NULL);

  return g_object_new (G_TYPE_FLOW_READER, "format", format, "stream", stream, NULL);
}

/**
 * g_flow_reader_new_for_file:
 * @format: how the documents are written
 * @file: the file to read
 *
 * Makes a reader of a file, which is opened when it is first read from: that is also
 * when an error comes if there is no such file.
 *
 * Returns: (transfer full): a new reader
 *
 * Since: 0.1
 */
GFlowReader *
g_flow_reader_new_for_file (GFlowFormat  format,
                            GFile       *file)
{
  g_return_val_if_fail (G_IS_FILE (file), NULL);

  return g_object_new (G_TYPE_FLOW_READER, "format", format, "file", file, NULL);
}

/* Properties */

/**
 * g_flow_reader_get_format: (attributes org.gtk.Method.get_property=format)
 * @self: a reader
 *
 * Gets how the documents are written.
 *
 * Returns: the format
 *
 * Since: 0.1
 */
GFlowFormat
g_flow_reader_get_format (GFlowReader *self)
{
  g_return_val_if_fail (G_IS_FLOW_READER (self), G_FLOW_FORMAT_LINES);

  return self->format;
}

/**
 * g_flow_reader_get_stream: (attributes org.gtk.Method.get_property=stream)
 * @self: a reader
 *
 * Gets the stream that the reader was made with.
 *
 * Returns: (transfer none) (nullable): the stream, or %NULL if it reads a file
 *
 * Since: 0.1
 */
GInputStream *
g_flow_reader_get_stream (GFlowReader *self)
{
  g_return_val_if_fail (G_IS_FLOW_READER (self), NULL);

  return self->file == NULL ? self->stream : NULL;
}

/**
 * g_flow_reader_get_file: (attributes org.gtk.Method.get_property=file)
 * @self: a reader
 *
 * Gets the file that the reader was made with.
 *
 * Returns: (transfer none) (nullable): the file, or %NULL if it reads a stream
 *
 * Since: 0.1
 */
GFile *
g_flow_reader_get_file (GFlowReader *self)
{
  g_return_val_if_fail (G_IS_FLOW_READER (self), NULL);

  return self->file;
}

/**
 * g_flow_reader_get_columns: (attributes org.gtk.Method.get_property=columns)
 * @self: a reader
 *
 * Gets the names that were given to the columns of CSV.
 *
 * Returns: (transfer none) (nullable) (array zero-terminated=1): the names, or %NULL if they are
 *   those in the header
 *
 * Since: 0.1
 */
const char * const *
g_flow_reader_get_columns (GFlowReader *self)
{
  g_return_val_if_fail (G_IS_FLOW_READER (self), NULL);

  return (const char * const *) self->columns;
}

/**
 * g_flow_reader_set_columns: (attributes org.gtk.Method.set_property=columns)
 * @self: a reader
 * @columns: (nullable) (array zero-terminated=1): the names, or %NULL for those in the header
 *
 * Sets the names of the columns of CSV. The header, if there is one, is passed over.
 *
 * Since: 0.1
 */
void
g_flow_reader_set_columns (GFlowReader        *self,
                           const char * const *columns)
{
  g_return_if_fail (G_IS_FLOW_READER (self));
  g_return_if_fail (!self->begun);

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
 * g_flow_reader_get_has_header: (attributes org.gtk.Method.get_property=has-header)
 * @self: a reader
 *
 * Gets whether the first record of CSV has the names of the columns.
 *
 * Returns: %TRUE if it has
 *
 * Since: 0.1
 */
gboolean
g_flow_reader_get_has_header (GFlowReader *self)
{
  g_return_val_if_fail (G_IS_FLOW_READER (self), FALSE);

  return self->has_header;
}

/**
 * g_flow_reader_set_has_header: (attributes org.gtk.Method.set_property=has-header)
 * @self: a reader
 * @has_header: whether it has
 *
 * Sets whether the first record of CSV has the names of the columns.
 *
 * Since: 0.1
 */
void
g_flow_reader_set_has_header (GFlowReader *self,
                              gboolean     has_header)
{
  g_return_if_fail (G_IS_FLOW_READER (self));
  g_return_if_fail (!self->begun);

  has_header = !!has_header;
  if (self->has_header == has_header)
    return;
  self->has_header = has_header;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_HAS_HEADER]);
}

/**
 * g_flow_reader_get_delimiter: (attributes org.gtk.Method.get_property=delimiter)
 * @self: a reader
 *
 * Gets what is between the fields of CSV.
 *
 * Returns: (transfer none): one character
 *
 * Since: 0.1
 */
const char *
g_flow_reader_get_delimiter (GFlowReader *self)
{
  g_return_val_if_fail (G_IS_FLOW_READER (self), NULL);

  return self->delimiter;
}

/**
 * g_flow_reader_set_delimiter: (attributes org.gtk.Method.set_property=delimiter)
 * @self: a reader
 * @delimiter: one ASCII character, such as `,`, `;` or a tab
 *
 * Sets what is between the fields of CSV.
 *
 * Since: 0.1
 */
void
g_flow_reader_set_delimiter (GFlowReader *self,
                             const char  *delimiter)
{
  g_return_if_fail (G_IS_FLOW_READER (self));
  g_return_if_fail (!self->begun);
  g_return_if_fail (_g_flow_is_delimiter (delimiter));

  if (self->delimiter[0] == delimiter[0])
    return;
  self->delimiter[0] = delimiter[0];
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_DELIMITER]);
}

/**
 * g_flow_reader_get_fields: (attributes org.gtk.Method.get_property=fields)
 * @self: a reader
 *
 * Gets what columns, or members of JSON objects, stand for.
 *
 * Returns: (transfer none) (nullable): a dictionary of type `a{ss}`, or %NULL if all stand
 *   for themselves
 *
 * Since: 0.1
 */
GVariant *
g_flow_reader_get_fields (GFlowReader *self)
{
  g_return_val_if_fail (G_IS_FLOW_READER (self), NULL);

  return self->fields;
}

/**
 * g_flow_reader_set_fields: (attributes org.gtk.Method.set_property=fields)
 * @self: a reader
 * @fields: (nullable): a dictionary of type `a{ss}`, consumed if it is floating; or %NULL if
 *   all stand for themselves
 *
 * Sets what columns of CSV, or members of JSON objects, stand for, where that is not what they
 * are called: by name of the column, `id`, `text`, `blob`, `uri`, `mime_type`; `tags` for
 * a tag of the same name as the column; any other word for a tag of that name; and an
 * empty string for what is to be left out.
 *
 * Since: 0.1
 */
void
g_flow_reader_set_fields (GFlowReader *self,
                          GVariant    *fields)
{
  g_return_if_fail (G_IS_FLOW_READER (self));
  g_return_if_fail (!self->begun);
  g_return_if_fail (fields == NULL || g_variant_is_of_type (fields, G_VARIANT_TYPE ("a{ss}")));

  if (self->fields == fields)
    return;
  g_clear_pointer (&self->fields, g_variant_unref);
  self->fields = fields != NULL ? g_variant_ref_sink (fields) : NULL;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_FIELDS]);
}

/**
 * g_flow_reader_get_max_length: (attributes org.gtk.Method.get_property=max-length)
 * @self: a reader
 *
 * Gets how long a document may be.
 *
 * Returns: a number of bytes
 *
 * Since: 0.1
 */
guint
g_flow_reader_get_max_length (GFlowReader *self)
{
  g_return_val_if_fail (G_IS_FLOW_READER (self), 0);

  return self->max_length;
}

/**
 * g_flow_reader_set_max_length: (attributes org.gtk.Method.set_property=max-length)
 * @self: a reader
 * @max_length: a number of bytes, at least 1
 *
 * Sets how long a line, a record, or the JSON of a document may be. The reader needs so
 * much memory at most, and some more.
 *
 * Since: 0.1
 */
void
g_flow_reader_set_max_length (GFlowReader *self,
                              guint        max_length)
{
  g_return_if_fail (G_IS_FLOW_READER (self));
  g_return_if_fail (!self->begun);
  g_return_if_fail (max_length > 0);

  if (self->max_length == max_length)
    return;
  self->max_length = max_length;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_MAX_LENGTH]);
}

/**
 * g_flow_reader_get_skip_bad: (attributes org.gtk.Method.get_property=skip-bad)
 * @self: a reader
 *
 * Gets whether what is no document is left out.
 *
 * Returns: %TRUE if it is, %FALSE if it ends the source with an error
 *
 * Since: 0.1
 */
gboolean
g_flow_reader_get_skip_bad (GFlowReader *self)
{
  g_return_val_if_fail (G_IS_FLOW_READER (self), FALSE);

  return self->skip_bad;
}

/**
 * g_flow_reader_set_skip_bad: (attributes org.gtk.Method.set_property=skip-bad)
 * @self: a reader
 * @skip_bad: whether it is
 *
 * Sets whether what is no document is left out, and counted. Some errors end the
 * source all the same: those of the stream, of the header of CSV, and of a JSON array
 * in which no other item can be found.
 *
 * Since: 0.1
 */
void
g_flow_reader_set_skip_bad (GFlowReader *self,
                            gboolean     skip_bad)
{
  g_return_if_fail (G_IS_FLOW_READER (self));

  skip_bad = !!skip_bad;
  if (self->skip_bad == skip_bad)
    return;
  self->skip_bad = skip_bad;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SKIP_BAD]);
}

/**
 * g_flow_reader_get_n_read: (attributes org.gtk.Method.get_property=n-read)
 * @self: a reader
 *
 * Gets how many documents have been read.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint64
g_flow_reader_get_n_read (GFlowReader *self)
{
  g_return_val_if_fail (G_IS_FLOW_READER (self), 0);

  return self->n_read;
}

/**
 * g_flow_reader_get_n_skipped: (attributes org.gtk.Method.get_property=n-skipped)
 * @self: a reader
 *
 * Gets how many were left out because they were bad.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint64
g_flow_reader_get_n_skipped (GFlowReader *self)
{
  g_return_val_if_fail (G_IS_FLOW_READER (self), 0);

  return self->n_skipped;
}
