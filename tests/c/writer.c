/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* GFlowWriter: what it writes, byte by byte, and that a reader reads it as it was. */

#include "test-util.h"

#include <glib/gstdio.h>
#include <string.h>

static GListModel *
documents_of (const char *json)
{
  g_autoptr(GError) error = NULL;
  GListModel *documents = g_flow_document_list_from_json (json, &error);

  g_assert_no_error (error);
  return documents;
}

static gboolean
write_documents (GFlowWriter  *writer,
                 GListModel   *documents,
                 gboolean      sync,
                 GError      **error)
{
  TestResult result;
  gboolean written;

  if (sync)
    return g_flow_writer_write_sync (writer, documents, NULL, error);
  test_result_init (&result);
  g_flow_writer_write (writer, documents, NULL, test_result_cb, &result);
  TEST_WAIT (result.calls > 0);
  written = g_flow_writer_write_finish (writer, result.result, error);
  test_result_clear (&result);
  return written;
}

static gboolean
close_writer (GFlowWriter  *writer,
              gboolean      sync,
              GError      **error)
{
  TestResult result;
  gboolean closed;

  if (sync)
    return g_flow_writer_close_sync (writer, NULL, error);
  test_result_init (&result);
  g_flow_writer_close (writer, NULL, test_result_cb, &result);
  TEST_WAIT (result.calls > 0);
  closed = g_flow_writer_close_finish (writer, result.result, error);
  test_result_clear (&result);
  return closed;
}

static char *
text_of (GOutputStream *stream)
{
  GMemoryOutputStream *memory = G_MEMORY_OUTPUT_STREAM (stream);
  const gsize size = g_memory_output_stream_get_data_size (memory);

  return size > 0 ? g_strndup (g_memory_output_stream_get_data (memory), size) : g_strdup ("");
}

typedef struct
{
  GFlowFormat  format;
  const char  *documents;
  const char  *expected;
  const char  *columns;   /* (nullable) */
  const char  *delimiter; /* (nullable) */
  gboolean     no_header;
} Case;

static GFlowWriter *
writer_for (const Case *c)
{
  g_autoptr(GOutputStream) stream = g_memory_output_stream_new_resizable ();
  GFlowWriter *writer = g_flow_writer_new (c->format, stream);

  if (c->columns != NULL)
    {
      g_auto(GStrv) columns = g_strsplit (c->columns, " ", -1);

      g_flow_writer_set_columns (writer, (const char * const *) columns);
    }
  if (c->delimiter != NULL)
    g_flow_writer_set_delimiter (writer, c->delimiter);
  g_flow_writer_set_has_header (writer, !c->no_header);
  return writer;
}

static void
check_case (const Case *c,
            gboolean    sync)
{
  g_autoptr(GListModel) documents = documents_of (c->documents);
  g_autoptr(GListStore) none = g_list_store_new (G_TYPE_FLOW_DOCUMENT);
  g_autoptr(GFlowWriter) writer = writer_for (c);
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;
  TestLife life;

  test_life_init (&life);
  test_life_watch (&life, writer);
  /* One by one, and nothing between them, is the same as all at once. */
  for (guint i = 0; i < g_list_model_get_n_items (documents); i++)
    {
      g_autoptr(GListStore) one = g_list_store_new (G_TYPE_FLOW_DOCUMENT);
      g_autoptr(GFlowDocument) document = g_list_model_get_item (documents, i);

      g_list_store_append (one, document);
      g_assert_true (write_documents (writer, G_LIST_MODEL (one), sync, &error));
      g_assert_no_error (error);
      g_assert_true (write_documents (writer, G_LIST_MODEL (none), sync, &error));
    }
  g_assert_cmpuint (g_flow_writer_get_n_written (writer), ==, g_list_model_get_n_items (documents));
  g_assert_true (close_writer (writer, sync, &error));
  g_assert_true (close_writer (writer, sync, &error));
  g_assert_false (write_documents (writer, documents, sync, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);

  text = text_of (g_flow_writer_get_stream (writer));
  g_assert_cmpstr (text, ==, c->expected);
  g_clear_object (&writer);
  test_life_assert_over (&life);
}

static void
test_formats (gconstpointer sync)
{
  const Case cases[] = {
    { G_FLOW_FORMAT_LINES, "[]", "" },
    { G_FLOW_FORMAT_LINES, "[{\"text\":\"\ufeff\ufeffa\"},{},{\"text\":\"b\"}]", "\ufeff\ufeff\ufeffa\n\nb\n" },
    { G_FLOW_FORMAT_NDJSON, "[]", "" },
    { G_FLOW_FORMAT_NDJSON, "[{\"id\":1,\"n\":[1,2]},{\"text\":\"a\\nb\"}]",
      "{\"id\":\"1\",\"tags\":{\"n\":[1,2]}}\n{\"text\":\"a\\nb\"}\n" },
    { G_FLOW_FORMAT_JSON, "[]", "[]\n" },
    { G_FLOW_FORMAT_JSON, "[{\"id\":1},{\"id\":2}]", "[\n{\"id\":\"1\"},\n{\"id\":\"2\"}\n]\n" },
    { G_FLOW_FORMAT_CSV, "[]", "id,text,blob,uri,mime_type,tags\r\n" },
    { G_FLOW_FORMAT_CSV, "[]", "", .no_header = TRUE },
    { G_FLOW_FORMAT_CSV, "[{\"id\":1,\"text\":\"a \\\"b\\\", c\\nd\",\"blob\":\"AA==\",\"n\":1},{}]",
      "id,text,blob,uri,mime_type,tags\r\n"
      "1,\"a \"\"b\"\", c\nd\",AA==,,,\"{\"\"n\"\":1}\"\r\n,,,,,\r\n" },
    { G_FLOW_FORMAT_CSV, "[{\"id\":\"\",\"s\":\"a;b\",\"n\":1.5,\"x\":{\"y\":[true,null]}},{\"s\":\"\\r\"}]",
      "id;s;n;x\r\n\"\";\"a;b\";1.5;\"{\"\"y\"\":[true,null]}\"\r\n;\"\r\";;\r\n",
      .columns = "id s n x", .delimiter = ";" },
    { G_FLOW_FORMAT_CSV, "[{},{\"text\":\"\ufeffa\"}]", "\"\"\r\n\"\ufeffa\"\r\n", .columns = "text", .no_header = TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    check_case (&cases[i], sync != NULL);
}

/* What a format cannot have is refused, and nothing is written of it. */
static void
test_refused (gconstpointer sync)
{
  const char *texts[] = { "a\nb", "\n", "a\r" };
  g_autoptr(GListModel) good = documents_of ("[{\"text\":\"good\"}]");
  const Case lines = { G_FLOW_FORMAT_LINES };
  g_autoptr(GFlowWriter) writer = writer_for (&lines);
  g_autoptr(GError) error = NULL;

  g_assert_true (write_documents (writer, good, !!sync, &error));
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr(GListModel) documents = documents_of ("[{\"text\":\"first\"}]");
      g_autoptr(GFlowDocument) document = g_flow_document_new_for_text (texts[i]);

      g_list_store_append (G_LIST_STORE (documents), document);
      g_assert_false (write_documents (writer, documents, !!sync, &error));
      g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT);
      g_assert_true (g_str_has_prefix (error->message, "Document 2: "));
      g_clear_error (&error);
    }

  g_autoptr(GListStore) objects = g_list_store_new (G_TYPE_OBJECT);

  g_list_store_append (objects, writer);
  g_assert_false (write_documents (writer, G_LIST_MODEL (objects), !!sync, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT);
  g_list_store_remove_all (objects);
  g_clear_error (&error);

  g_assert_true (write_documents (writer, good, !!sync, &error));

  g_autofree char *text = text_of (g_flow_writer_get_stream (writer));

  g_assert_cmpstr (text, ==, "good\ngood\n");
}

static void
test_pending (void)
{
  g_autoptr(GListModel) documents = documents_of ("[{\"text\":\"a\"}]");
  const Case lines = { G_FLOW_FORMAT_LINES };
  g_autoptr(GFlowWriter) writer = writer_for (&lines);
  g_autoptr(GError) error = NULL;
  TestResult result;

  test_result_init (&result);
  g_flow_writer_write (writer, documents, NULL, test_result_cb, &result);
  g_assert_false (g_flow_writer_write_sync (writer, documents, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
  g_clear_error (&error);
  g_assert_false (close_writer (writer, FALSE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
  TEST_WAIT (result.calls > 0);
  g_assert_true (g_flow_writer_write_finish (writer, result.result, NULL));
  test_result_clear (&result);
}

static void
test_file (gconstpointer sync)
{
  g_autofree char *folder = g_dir_make_tmp ("gflow-writer-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "x.ndjson", NULL);
  g_autoptr(GFile) file = g_file_new_for_path (path);
  g_autoptr(GFlowWriter) writer = g_flow_writer_new_for_file (G_FLOW_FORMAT_NDJSON, file);
  g_autoptr(GListModel) documents = documents_of ("[{\"text\":\"a\"}]");
  g_autoptr(GError) error = NULL;
  g_autofree char *contents = NULL;

  g_assert_true (g_flow_writer_get_file (writer) == file);
  g_assert_null (g_flow_writer_get_stream (writer));
  g_file_set_contents (path, "before", -1, NULL);
  g_assert_true (write_documents (writer, documents, !!sync, &error));
  g_file_get_contents (path, &contents, NULL, NULL);
  g_assert_cmpstr (contents, ==, "before");
  g_clear_pointer (&contents, g_free);
  g_assert_true (close_writer (writer, !!sync, &error));
  g_assert_no_error (error);
  g_file_get_contents (path, &contents, NULL, NULL);
  g_assert_cmpstr (contents, ==, "{\"text\":\"a\"}\n");
  g_unlink (path);
  g_rmdir (folder);

  g_autoptr(GFlowWriter) lost = g_flow_writer_new_for_file (G_FLOW_FORMAT_NDJSON, file);

  g_assert_false (write_documents (lost, documents, !!sync, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

/* Random documents through a writer and a reader. */

static char *
random_text (GRand    *rand,
             gboolean  one_line)
{
  static const char telling[] = "\",;\n\r\t {}[]a\\";
  GString *text = g_string_new (NULL);

  for (int n = g_rand_int_range (rand, 0, 9); n > 0; n--)
    switch (g_rand_int_range (rand, 0, 4))
      {
      case 0:
        g_string_append_unichar (text, g_rand_boolean (rand) ? 0xfeff : 0x1f600);
        break;
      case 1:
        g_string_append_c (text, 'a' + g_rand_int_range (rand, 0, 26));
        break;
      default:
        g_string_append_c (text, telling[g_rand_int_range (rand, 0, sizeof telling - 1)]);
      }
  if (one_line)
    g_strdelimit (text->str, "\r\n", '-');
  return g_string_free (text, FALSE);
}

static GListModel *
random_documents (GRand       *rand,
                  GFlowFormat  format)
{
  const char *names[] = { "id", "text", "uri", "mime-type" };
  GListStore *documents = g_list_store_new (G_TYPE_FLOW_DOCUMENT);

  for (int n = g_rand_int_range (rand, 0, 20); n > 0; n--)
    {
      g_autoptr(GFlowDocument) document = g_flow_document_new_for_text ("");
      g_autofree char *text = random_text (rand, format == G_FLOW_FORMAT_LINES);

      g_flow_document_set_text (document, text);
      for (guint i = 0; i < G_N_ELEMENTS (names) && format != G_FLOW_FORMAT_LINES; i++)
        {
          g_autofree char *value = g_rand_boolean (rand) ? random_text (rand, FALSE) : NULL;

          g_object_set (document, names[i], value, NULL);
        }
      if (format != G_FLOW_FORMAT_LINES && g_rand_boolean (rand))
        {
          g_autofree char *value = random_text (rand, FALSE);
          g_autoptr(GBytes) blob = g_bytes_new (value, strlen (value));

          g_flow_document_set_blob (document, blob);
          g_flow_document_set_tag (document, value, g_variant_new_string (text));
          g_flow_document_set_tag (document, "n", g_variant_new_int64 (n));
        }
      g_list_store_append (documents, document);
    }
  return G_LIST_MODEL (documents);
}

static void
check_again (GFlowFormat  format,
             GListModel  *documents,
             const char  *delimiter,
             gboolean     has_header)
{
  g_autoptr(GFlowWriter) writer = g_object_new (G_TYPE_FLOW_WRITER, "format", format,
                                                "delimiter", delimiter, "has-header", has_header,
                                                NULL);
  const char *columns[] = { "id", "text", "blob", "uri", "mime_type", "tags", NULL };
  g_autoptr(GError) error = NULL;

  g_assert_true (g_flow_writer_write_sync (writer, documents, NULL, &error));
  g_assert_true (g_flow_writer_close_sync (writer, NULL, &error));
  g_assert_no_error (error);

  g_autofree char *text = text_of (g_flow_writer_get_stream (writer));
  g_autoptr(GInputStream) stream = g_memory_input_stream_new_from_data (text, strlen (text), NULL);
  g_autoptr(GFlowReader) reader = g_flow_reader_new (format, stream);

  g_flow_reader_set_delimiter (reader, delimiter);
  g_flow_reader_set_has_header (reader, has_header);
  if (!has_header)
    g_flow_reader_set_columns (reader, columns);

  g_autoptr(GListModel) again = g_flow_source_next_sync (G_FLOW_SOURCE (reader), 0, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (g_list_model_get_n_items (again), ==, g_list_model_get_n_items (documents));
  for (guint i = 0; i < g_list_model_get_n_items (again); i++)
    {
      g_autoptr(GFlowDocument) before = g_list_model_get_item (documents, i);
      g_autoptr(GFlowDocument) after = g_list_model_get_item (again, i);

      if (!g_flow_document_equal (before, after))
        g_error ("document %u is another one in\n%s", i, text);
    }
}

static void
test_again (void)
{
  const guint32 seed = g_test_rand_int ();
  g_autoptr(GRand) rand = g_rand_new_with_seed (seed);

  g_test_message ("seed %u", seed);
  for (guint round = 0; round < 500; round++)
    for (int format = G_FLOW_FORMAT_LINES; format <= G_FLOW_FORMAT_JSON; format++)
      {
        g_autoptr(GListModel) documents = random_documents (rand, format);
        const char *delimiters[] = { ",", ";", "\t", "a" };

        check_again (format, documents, delimiters[g_rand_int_range (rand, 0, 4)],
                     g_rand_boolean (rand));
      }
}

static void
test_properties (void)
{
  g_autoptr(GFlowWriter) writer = g_object_new (G_TYPE_FLOW_WRITER, "format", G_FLOW_FORMAT_CSV, NULL);
  const char *columns[] = { "a", "b", NULL };

  g_assert_cmpint (g_flow_writer_get_format (writer), ==, G_FLOW_FORMAT_CSV);
  g_assert_true (G_IS_MEMORY_OUTPUT_STREAM (g_flow_writer_get_stream (writer)));
  g_assert_null (g_flow_writer_get_columns (writer));
  g_assert_true (g_flow_writer_get_has_header (writer));
  g_assert_cmpstr (g_flow_writer_get_delimiter (writer), ==, ",");
  g_object_set (writer, "columns", columns, "has-header", FALSE, "delimiter", "\t", NULL);
  g_assert_cmpstr (g_flow_writer_get_columns (writer)[1], ==, "b");
  g_assert_false (g_flow_writer_get_has_header (writer));
  g_assert_cmpstr (g_flow_writer_get_delimiter (writer), ==, "\t");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  test_add_both ("/writer/formats", test_formats);
  test_add_both ("/writer/refused", test_refused);
  g_test_add_func ("/writer/pending", test_pending);
  test_add_both ("/writer/file", test_file);
  g_test_add_func ("/writer/again", test_again);
  g_test_add_func ("/writer/properties", test_properties);
  return g_test_run ();
}
