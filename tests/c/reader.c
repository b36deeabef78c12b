/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* GFlowReader: what it makes of lines, CSV and JSON, however the bytes come. */

#include "test-util.h"

#include <glib/gstdio.h>
#include <string.h>

/* A stream that gives few bytes at a time: so many times the same text, with numbers. */

#define DRIP_TYPE_STREAM (drip_stream_get_type ())

G_DECLARE_FINAL_TYPE (DripStream, drip_stream, DRIP, STREAM, GInputStream)

struct _DripStream
{
  GInputStream  parent_instance;

  const char   *text;     /* (unowned) */
  gsize         length;
  gsize         at_once;
  gsize         at;
  gboolean      fails;    /* at the end */
  guint64       n_times;  /* the text is a format with a number, if not 0 */
  guint64       n_done;
  char         *line;     /* (owned) (nullable) */
};

G_DEFINE_FINAL_TYPE (DripStream, drip_stream, G_TYPE_INPUT_STREAM)

/* From here on the stream gives the next line, if there is one. */
static void
drip_stream_next_line (DripStream *self)
{
  if (self->n_done >= self->n_times)
    return;
  g_free (self->line);
  self->line = g_strdup_printf ("{\"id\":%" G_GUINT64_FORMAT ",\"text\":\"some words of text\"}\n",
                                self->n_done++);
  self->text = self->line;
  self->length = strlen (self->line);
  self->at = 0;
}

static gssize
drip_stream_read (GInputStream  *stream,
                  void          *buffer,
                  gsize          count,
                  GCancellable  *cancellable,
                  GError       **error)
{
  DripStream *self = DRIP_STREAM (stream);
  const gsize wanted = MIN (count, self->at_once);
  gsize n_read = 0;

  while (n_read < wanted)
    {
      if (self->at == self->length)
        drip_stream_next_line (self);

      const gsize n = MIN (wanted - n_read, self->length - self->at);

      if (n == 0)
        break;
      memcpy ((char *) buffer + n_read, self->text + self->at, n);
      self->at += n;
      n_read += n;
    }
  if (n_read > 0 || !self->fails)
    return n_read;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE, "broken");
  return -1;
}

static void
drip_stream_finalize (GObject *object)
{
  g_free (DRIP_STREAM (object)->line);
  G_OBJECT_CLASS (drip_stream_parent_class)->finalize (object);
}

static void
drip_stream_class_init (DripStreamClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = drip_stream_finalize;
  G_INPUT_STREAM_CLASS (klass)->read_fn = drip_stream_read;
}

static void
drip_stream_init (DripStream *self)
{
}

static GInputStream *
drip (const char *text,
      gsize       length,
      gsize       at_once)
{
  DripStream *self = g_object_new (DRIP_TYPE_STREAM, NULL);

  self->text = text;
  self->length = length;
  self->at_once = at_once;
  return G_INPUT_STREAM (self);
}

/* Reading everything */

static GListModel *
next (GFlowSource  *source,
      guint         n,
      gboolean      sync,
      GError      **error)
{
  TestResult result;
  GListModel *documents;

  if (sync)
    return g_flow_source_next_sync (source, n, NULL, error);
  test_result_init (&result);
  g_flow_source_next (source, n, NULL, test_result_cb, &result);
  TEST_WAIT (result.calls > 0);
  documents = g_flow_source_next_finish (source, result.result, error);
  test_result_clear (&result);
  return documents;
}

/* Every document in JSON, and the error, in lines. */
static char *
read_all (GFlowReader *reader,
          guint        n,
          gboolean     sync)
{
  GString *words = g_string_new (NULL);
  guint64 n_read = 0;

  for (;;)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(GListModel) documents = next (G_FLOW_SOURCE (reader), n, sync, &error);

      if (error != NULL)
        g_string_append_printf (words, "!%s\n", error->message);
      if (documents == NULL)
        continue;
      if (g_list_model_get_n_items (documents) == 0)
        break;
      for (guint i = 0; i < g_list_model_get_n_items (documents); i++)
        {
          g_autoptr(GFlowDocument) document = g_list_model_get_item (documents, i);
          g_autofree char *json = g_flow_document_to_json (document, NULL);

          g_string_append_printf (words, "%s\n", json);
          n_read++;
        }
    }
  g_assert_cmpuint (g_flow_reader_get_n_read (reader), ==, n_read);
  return g_string_free (words, FALSE);
}

static void
note_skipped_cb (GFlowReader *reader,
                 GError      *error,
                 gpointer     user_data)
{
  g_string_append_printf (user_data, "-%s\n", error->message);
}

typedef struct
{
  GFlowFormat  format;
  const char  *text;
  const char  *expected;   /* when an error ends it */
  const char  *skipping;   /* (nullable): when bad ones are left out; those after "-" */
  const char  *fields;     /* (nullable) */
  const char  *columns;    /* (nullable): separated by blanks */
  const char  *delimiter;  /* (nullable) */
  guint        max_length; /* 0 for the default */
  gboolean     no_header;
} Case;

static GFlowReader *
reader_for (const Case   *c,
            GInputStream *stream)
{
  GFlowReader *reader = g_flow_reader_new (c->format, stream);

  if (c->fields != NULL)
    g_flow_reader_set_fields (reader, g_variant_new_parsed (c->fields));
  if (c->columns != NULL)
    {
      g_auto(GStrv) columns = g_strsplit (c->columns, " ", -1);

      g_flow_reader_set_columns (reader, (const char * const *) columns);
    }
  if (c->delimiter != NULL)
    g_flow_reader_set_delimiter (reader, c->delimiter);
  if (c->max_length > 0)
    g_flow_reader_set_max_length (reader, c->max_length);
  g_flow_reader_set_has_header (reader, !c->no_header);
  return reader;
}

static void
check_case (const Case *c,
            gboolean    skipping)
{
  const gsize pieces[] = { 1, 2, 3, 7, 1000000 };

  for (guint i = 0; i < 2 * G_N_ELEMENTS (pieces); i++)
    {
      const gboolean sync = i % 2 != 0;
      g_autoptr(GInputStream) stream = drip (c->text, strlen (c->text), pieces[i / 2]);
      g_autoptr(GFlowReader) reader = reader_for (c, stream);
      g_autoptr(GString) skipped = g_string_new (NULL);
      g_autofree char *words = NULL;
      g_autofree char *all = NULL;

      g_flow_reader_set_skip_bad (reader, skipping);
      g_signal_connect (reader, "skipped", G_CALLBACK (note_skipped_cb), skipped);
      words = read_all (reader, 1 + i, sync);
      all = g_strconcat (words, skipped->str, NULL);
      g_assert_cmpstr (all, ==, skipping ? c->skipping : c->expected);
      g_assert_false (g_input_stream_is_closed (stream));
    }
}

static void
check_cases (const Case *cases,
             gsize       n)
{
  for (gsize i = 0; i < n; i++)
    {
      check_case (&cases[i], FALSE);
      if (cases[i].skipping != NULL)
        check_case (&cases[i], TRUE);
    }
}

static void
test_lines (void)
{
  const Case cases[] = {
    { G_FLOW_FORMAT_LINES, "", "" },
    { G_FLOW_FORMAT_LINES, "a", "{\"text\":\"a\"}\n" },
    { G_FLOW_FORMAT_LINES, "a\nb\r\n\nü\n", "{\"text\":\"a\"}\n{\"text\":\"b\"}\n{\"text\":\"\"}\n{\"text\":\"ü\"}\n" },
    { G_FLOW_FORMAT_LINES, "\xef\xbb\xbf" "a\n", "{\"text\":\"a\"}\n" },
    { G_FLOW_FORMAT_LINES, "\xef\xbb\xbf", "" },
    { G_FLOW_FORMAT_LINES, "\xef\xbb", "!1:1: This is not UTF-8\n" },
    { G_FLOW_FORMAT_LINES, "a\nü\xff\nb", "{\"text\":\"a\"}\n!2:2: This is not UTF-8\n",
      "{\"text\":\"a\"}\n{\"text\":\"b\"}\n-2:2: This is not UTF-8\n" },
    { G_FLOW_FORMAT_LINES, "abc\nabcd\nabcde\n\nabcdefghi", "{\"text\":\"abc\"}\n!2:1: This is longer than 3 bytes\n",
      "{\"text\":\"abc\"}\n{\"text\":\"\"}\n-2:1: This is longer than 3 bytes\n"
      "-3:1: This is longer than 3 bytes\n-5:1: This is longer than 3 bytes\n", .max_length = 3 },
  };

  check_cases (cases, G_N_ELEMENTS (cases));
}

static void
test_csv (void)
{
  const Case cases[] = {
    { G_FLOW_FORMAT_CSV, "", "" },
    { G_FLOW_FORMAT_CSV, "id,text", "" },
    { G_FLOW_FORMAT_CSV, "id,text\n1,a\n", "{\"id\":\"1\",\"text\":\"a\"}\n" },
    { G_FLOW_FORMAT_CSV, "\xef\xbb\xbfid,text\r\n1,a\r\n2,b", "{\"id\":\"1\",\"text\":\"a\"}\n{\"id\":\"2\",\"text\":\"b\"}\n" },
    { G_FLOW_FORMAT_CSV, "\"id\",\"text\"\r\n\"1\",\"a, \"\"b\"\"\r\nc\"\r\n",
      "{\"id\":\"1\",\"text\":\"a, \\\"b\\\"\\r\\nc\"}\n" },
    /* Not there, and empty */
    { G_FLOW_FORMAT_CSV, "id,text,x\n,,\n\"\",\"\",\"\"\n", "{}\n{\"id\":\"\",\"text\":\"\",\"tags\":{\"x\":\"\"}}\n" },
    { G_FLOW_FORMAT_CSV, "\n\r\nid\n\n1\n\r\n2\n\n", "{\"id\":\"1\"}\n{\"id\":\"2\"}\n" },
    { G_FLOW_FORMAT_CSV, "text\n\"\"\"\"\n\"\"\"a\"\"\"", "{\"text\":\"\\\"\"}\n{\"text\":\"\\\"a\\\"\"}\n" },
    { G_FLOW_FORMAT_CSV, "text\na b\n a \n\" a \"\n", "{\"text\":\"a b\"}\n{\"text\":\" a \"}\n{\"text\":\" a \"}\n" },
    { G_FLOW_FORMAT_CSV, "text\n\"a\"\r", "{\"text\":\"a\"}\n" },
    { G_FLOW_FORMAT_CSV, "text\na\rb\n", "{\"text\":\"a\\rb\"}\n" },
    /* Members and tags */
    { G_FLOW_FORMAT_CSV, "id,text,uri,mime_type,blob,size,tags\n1,t,u:v,a/b,AAE=,5,\"{\"\"n\"\":1}\"\n",
      "{\"id\":\"1\",\"text\":\"t\",\"blob\":\"AAE=\",\"uri\":\"u:v\",\"mime_type\":\"a/b\","
      "\"tags\":{\"size\":\"5\",\"n\":1}}\n" },
    { G_FLOW_FORMAT_CSV, "question,n,x,uri,text\nwhy,1,2,3,4\n",
      "{\"id\":\"1\",\"text\":\"why\",\"tags\":{\"size\":\"2\",\"text\":\"4\"}}\n",
      .fields = "{'question': 'text', 'n': 'id', 'x': 'size', 'uri': '', 'text': 'tags'}" },
    { G_FLOW_FORMAT_CSV, "1,a\n2,b\n", "{\"id\":\"1\",\"text\":\"a\"}\n{\"id\":\"2\",\"text\":\"b\"}\n",
      .columns = "id text", .no_header = TRUE },
    { G_FLOW_FORMAT_CSV, "1,a\n2,b\n", "{\"id\":\"2\",\"text\":\"b\"}\n", .columns = "id text" },
    { G_FLOW_FORMAT_CSV, "1,a\n2,b\n", "{\"text\":\"a\",\"tags\":{\"1\":\"1\"}}\n{\"text\":\"b\",\"tags\":{\"1\":\"2\"}}\n",
      .fields = "{'2': 'text'}", .no_header = TRUE },
    { G_FLOW_FORMAT_CSV, "id;text\n1;a,b\n", "{\"id\":\"1\",\"text\":\"a,b\"}\n", .delimiter = ";" },
    { G_FLOW_FORMAT_CSV, "id\ttext\n1\ta\n", "{\"id\":\"1\",\"text\":\"a\"}\n", .delimiter = "\t" },
  };

  check_cases (cases, G_N_ELEMENTS (cases));
}

static void
test_csv_bad (void)
{
  const Case cases[] = {
    { G_FLOW_FORMAT_CSV, "id,text\n1,a,x\n2\n3,c\n",
      "!2:5: There should be only 2 fields\n",
      "{\"id\":\"3\",\"text\":\"c\"}\n-2:5: There should be only 2 fields\n-3:2: The record ends after 1 of 2 fields\n" },
    { G_FLOW_FORMAT_CSV, "id\n1\n\"a\"b\n\"ü\n\"x\n2\n",
      "{\"id\":\"1\"}\n!3:4: Text after the closing quote\n",
      "{\"id\":\"1\"}\n{\"id\":\"2\"}\n-3:4: Text after the closing quote\n-5:2: Text after the closing quote\n" },
    { G_FLOW_FORMAT_CSV, "id\na\"b\nc\n\"d\"\re\nf\n",
      "!2:2: A quote inside of a field that does not begin with one\n",
      "{\"id\":\"c\"}\n{\"id\":\"f\"}\n-2:2: A quote inside of a field that does not begin with one\n"
      "-4:4: Text after the closing quote\n" },
    { G_FLOW_FORMAT_CSV, "id,text\n1,a\n2,\"b\n3,c\n",
      "{\"id\":\"1\",\"text\":\"a\"}\n!3:3: This quote is never closed\n",
      "{\"id\":\"1\",\"text\":\"a\"}\n-3:3: This quote is never closed\n" },
    { G_FLOW_FORMAT_CSV, "id\nä\xff\n2\n", "!2:2: This is not UTF-8\n", "{\"id\":\"2\"}\n-2:2: This is not UTF-8\n" },
    { G_FLOW_FORMAT_CSV, "id,blob\n1,AA\n2,AA==\n", "!2:3: This is no base64\n",
      "{\"id\":\"2\",\"blob\":\"AA==\"}\n-2:3: This is no base64\n" },
    { G_FLOW_FORMAT_CSV, "x,tags\n1,5\n2,\"{\"\"x\"\":1}\"\n3,{\n4,{}\n",
      "!2:3: The tags of a document are an object\n",
      "{\"tags\":{\"x\":\"4\"}}\n-2:3: The tags of a document are an object\n-3:3: “x” is there twice\n"
      "-4:3: The text ends where there should be the name of a member, in double quotes\n" },
    { G_FLOW_FORMAT_CSV, "id,id\n1,1\n", "!1:1: Two columns are “id”\n", "!1:1: Two columns are “id”\n" },
    { G_FLOW_FORMAT_CSV, "id,a\n1,1\n", "!1:1: Two columns are “id”\n", .fields = "{'a': 'id'}" },
    { G_FLOW_FORMAT_CSV, "i\"d\n1\n", "!1:2: A quote inside of a field that does not begin with one\n",
      "!1:2: A quote inside of a field that does not begin with one\n" },
    { G_FLOW_FORMAT_CSV, "id\n123456\n1\n\"123\n456\"\n2\n1234567890\n3",
      "!2:1: This is longer than 5 bytes\n",
      "{\"id\":\"1\"}\n{\"id\":\"2\"}\n{\"id\":\"3\"}\n-2:1: This is longer than 5 bytes\n"
      "-4:1: This is longer than 5 bytes\n-7:1: This is longer than 5 bytes\n", .max_length = 5 },
  };

  check_cases (cases, G_N_ELEMENTS (cases));
}

static void
test_ndjson (void)
{
  const Case cases[] = {
    { G_FLOW_FORMAT_NDJSON, "", "" },
    { G_FLOW_FORMAT_NDJSON, "{\"id\":1}\n \t\r\n{\"text\":\"a\\nb\",\"n\":5}", "{\"id\":\"1\"}\n{\"text\":\"a\\nb\",\"tags\":{\"n\":5}}\n" },
    { G_FLOW_FORMAT_NDJSON, "{\"q\":\"a\",\"n\":5,\"x\":[1],\"y\":2}\n", "{\"text\":\"a\",\"tags\":{\"m\":5,\"y\":2}}\n",
      .fields = "{'q': 'text', 'n': 'm', 'x': ''}" },
    { G_FLOW_FORMAT_NDJSON, "{}\n{\"ü\":}\n[]\n{}{}\n{}\n",
      "{}\n!2:6: There should be a value here\n",
      "{}\n{}\n-2:6: There should be a value here\n-3:1: There should be an object, “{” here\n"
      "-4:3: The text goes on after its end\n" },
    { G_FLOW_FORMAT_NDJSON, "{\"id\":\"long\"}\n{}", "!1:1: This is longer than 5 bytes\n",
      "{}\n-1:1: This is longer than 5 bytes\n", .max_length = 5 },
  };

  check_cases (cases, G_N_ELEMENTS (cases));
}

static void
test_json (void)
{
  const Case cases[] = {
    { G_FLOW_FORMAT_JSON, "[]", "" },
    { G_FLOW_FORMAT_JSON, " [ ] \n", "" },
    { G_FLOW_FORMAT_JSON, "[{\"text\":\"]},\\\"\",\"a\":[[{}],2]}\n,\n  {\"id\":1}]",
      "{\"text\":\"]},\\\"\",\"tags\":{\"a\":[[{}],2]}}\n{\"id\":\"1\"}\n" },
    { G_FLOW_FORMAT_JSON, "", "!1:1: There should be an array, “[”, here\n", "!1:1: There should be an array, “[”, here\n" },
    { G_FLOW_FORMAT_JSON, "{}", "!1:1: There should be an array, “[”, here\n" },
    { G_FLOW_FORMAT_JSON, "[{}", "!1:2: This item of the array has no end\n" },
    { G_FLOW_FORMAT_JSON, "[{},", "{}\n!1:5: The text ends inside of the array\n" },
    { G_FLOW_FORMAT_JSON, "[{}\n] x", "{}\n!2:3: The text goes on after its end\n", "{}\n!2:3: The text goes on after its end\n" },
    { G_FLOW_FORMAT_JSON, "[{},\n1, {\"ü\":tru}, ,{} {},{}]",
      "{}\n!2:1: There should be an object, “{” here\n",
      "{}\n{}\n-2:1: There should be an object, “{” here\n-2:9: There should be a value here\n"
      "-2:15: There is nothing behind the comma\n-2:19: The text goes on after its end\n" },
    { G_FLOW_FORMAT_JSON, "[{},]", "{}\n!1:5: There is nothing behind the comma\n",
      "{}\n-1:5: There is nothing behind the comma\n" },
    { G_FLOW_FORMAT_JSON, "[{},{\"id\":\"long\"}]", "{}\n!1:5: This is longer than 5 bytes\n", "{}\n!1:5: This is longer than 5 bytes\n",
      .max_length = 5 },
    { G_FLOW_FORMAT_JSON, "[{\"q\":\"a\"}]", "{\"text\":\"a\"}\n", .fields = "{'q': 'text'}" },
  };

  check_cases (cases, G_N_ELEMENTS (cases));
}

/* Files and streams */

static GFile *
write_file (const char  *name,
            const char  *contents,
            char       **folder)
{
  g_autofree char *path = NULL;
  g_autoptr(GError) error = NULL;

  *folder = g_dir_make_tmp ("gflow-reader-XXXXXX", &error);
  g_assert_no_error (error);
  path = g_build_filename (*folder, name, NULL);
  g_file_set_contents (path, contents, -1, &error);
  g_assert_no_error (error);
  return g_file_new_for_path (path);
}

static void
test_file (gconstpointer sync)
{
  g_autofree char *folder = NULL;
  g_autoptr(GFile) file = write_file ("x.csv", "id\n1\n2\n\"", &folder);
  g_autoptr(GFlowReader) reader = g_flow_reader_new_for_file (G_FLOW_FORMAT_CSV, file);
  g_autofree char *words = NULL;
  g_autofree char *expected = g_strdup_printf ("{\"id\":\"1\"}\n{\"id\":\"2\"}\n"
                                               "!%s:4:1: This quote is never closed\n",
                                               g_file_peek_path (file));
  TestLife life;

  test_life_init (&life);
  test_life_watch (&life, reader);
  words = read_all (reader, 1, !!sync);
  g_assert_cmpstr (words, ==, expected);
  g_assert_true (g_flow_reader_get_file (reader) == file);
  g_assert_null (g_flow_reader_get_stream (reader));
  g_clear_object (&reader);
  test_life_assert_over (&life);

  g_unlink (g_file_peek_path (file));
  g_rmdir (folder);

  g_autoptr(GFlowReader) missing = g_flow_reader_new_for_file (G_FLOW_FORMAT_LINES, file);
  g_autoptr(GError) error = NULL;

  g_assert_null (next (G_FLOW_SOURCE (missing), 1, !!sync, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

/* What came before a stream broke is there. */
static void
test_broken (gconstpointer sync)
{
  g_autoptr(GInputStream) stream = drip ("a\nb\nc", 5, 3);
  g_autoptr(GFlowReader) reader = g_flow_reader_new (G_FLOW_FORMAT_LINES, stream);
  g_autofree char *words = NULL;

  DRIP_STREAM (stream)->fails = TRUE;
  words = read_all (reader, 10, !!sync);
  g_assert_cmpstr (words, ==, "{\"text\":\"a\"}\n{\"text\":\"b\"}\n!broken\n");
}

static void
test_nothing (void)
{
  g_autoptr(GFlowReader) reader = g_object_new (G_TYPE_FLOW_READER, NULL);
  g_autofree char *words = read_all (reader, 1, TRUE);

  g_assert_cmpstr (words, ==, "");
}

/* A stream of any length takes no more memory than a short one. */
static gsize
resident_kib (void)
{
  g_autofree char *status = NULL;
  const char *line;

  if (!g_file_get_contents ("/proc/self/status", &status, NULL, NULL))
    return 0;
  line = strstr (status, "VmRSS:");
  return line != NULL ? g_ascii_strtoull (line + strlen ("VmRSS:"), NULL, 10) : 0;
}

static void
test_long (gconstpointer user_data)
{
  const gboolean sync = user_data != NULL;
  const guint64 n = g_test_slow () ? 1000000 : 100000;
  g_autoptr(GInputStream) stream = drip ("", 0, 4000);
  g_autoptr(GFlowReader) reader = g_flow_reader_new (G_FLOW_FORMAT_NDJSON, stream);
  guint64 n_read = 0;
  gsize before = 0;

  DRIP_STREAM (stream)->n_times = n;
  while (n_read < n)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(GListModel) documents = next (G_FLOW_SOURCE (reader), 1000, sync, &error);

      g_assert_no_error (error);
      n_read += g_list_model_get_n_items (documents);
      if (n_read == n / 10)
        before = resident_kib ();
    }
  g_assert_cmpuint (g_flow_reader_get_n_read (reader), ==, n);
  g_test_message ("%" G_GSIZE_FORMAT " KiB, then %" G_GSIZE_FORMAT " KiB", before, resident_kib ());
  /* All of the text would be 4 MiB more, and the documents 20. Sanitizers and valgrind
   * keep what is freed. */
  if (g_getenv ("GFLOW_TEST_TIME_FACTOR") == NULL)
    g_assert_cmpuint (resident_kib (), <, before + 2048);
}

static void
test_properties (void)
{
  g_autoptr(GInputStream) stream = g_memory_input_stream_new ();
  g_autoptr(GFlowReader) reader = g_flow_reader_new (G_FLOW_FORMAT_CSV, stream);
  g_autoptr(GVariant) fields = g_variant_ref_sink (g_variant_new_parsed ("{'a': 'b'}"));
  const char *columns[] = { "a", "b", NULL };

  g_assert_cmpint (g_flow_reader_get_format (reader), ==, G_FLOW_FORMAT_CSV);
  g_assert_true (g_flow_reader_get_stream (reader) == stream);
  g_assert_null (g_flow_reader_get_columns (reader));
  g_assert_true (g_flow_reader_get_has_header (reader));
  g_assert_cmpstr (g_flow_reader_get_delimiter (reader), ==, ",");
  g_assert_null (g_flow_reader_get_fields (reader));
  g_assert_cmpuint (g_flow_reader_get_max_length (reader), ==, 16 * 1024 * 1024);
  g_assert_false (g_flow_reader_get_skip_bad (reader));
  g_object_set (reader, "columns", columns, "has-header", FALSE, "delimiter", ";",
                "fields", fields, "max-length", 9, "skip-bad", TRUE, NULL);
  g_assert_cmpstr (g_flow_reader_get_columns (reader)[1], ==, "b");
  g_assert_false (g_flow_reader_get_has_header (reader));
  g_assert_cmpstr (g_flow_reader_get_delimiter (reader), ==, ";");
  g_assert_true (g_flow_reader_get_fields (reader) == fields);
  g_assert_cmpuint (g_flow_reader_get_max_length (reader), ==, 9);
  g_assert_true (g_flow_reader_get_skip_bad (reader));
  g_assert_cmpuint (g_flow_reader_get_n_read (reader), ==, 0);
  g_assert_cmpuint (g_flow_reader_get_n_skipped (reader), ==, 0);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/reader/lines", test_lines);
  g_test_add_func ("/reader/csv", test_csv);
  g_test_add_func ("/reader/csv-bad", test_csv_bad);
  g_test_add_func ("/reader/ndjson", test_ndjson);
  g_test_add_func ("/reader/json", test_json);
  test_add_both ("/reader/file", test_file);
  test_add_both ("/reader/broken", test_broken);
  g_test_add_func ("/reader/nothing", test_nothing);
  test_add_both ("/reader/long", test_long);
  g_test_add_func ("/reader/properties", test_properties);
  return g_test_run ();
}
