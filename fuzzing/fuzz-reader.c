/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Files of documents. The first byte says of which format, and how: what is read does
 * not depend on the sizes of the pieces that it comes in, and is the same when it has
 * been written and is read again. */

#include "fuzz.h"

typedef struct
{
  GFlowFormat  format;
  gboolean     skip_bad;
  gboolean     has_header;
  guint        max_length;
} Settings;

/* The bytes, as a stream that gives some at a time. */
static GInputStream *
stream_of (const guint8 *data,
           gsize         size,
           gsize         at_once)
{
  GInputStream *stream = g_memory_input_stream_new ();

  for (gsize i = 0; i < size; i += at_once)
    g_memory_input_stream_add_data (G_MEMORY_INPUT_STREAM (stream), data + i,
                                    MIN (at_once, size - i), NULL);
  return stream;
}

/* Everything, and the error, in words. */
static char *
read_all (const Settings  *settings,
          GInputStream    *stream,
          GListModel     **documents)
{
  g_autoptr(GFlowReader) reader = g_flow_reader_new (settings->format, stream);
  g_autoptr(GError) error = NULL;
  g_autoptr(GError) end_error = NULL;
  g_autoptr(GListModel) end = NULL;

  g_flow_reader_set_skip_bad (reader, settings->skip_bad);
  g_flow_reader_set_has_header (reader, settings->has_header);
  g_flow_reader_set_max_length (reader, settings->max_length);
  *documents = g_flow_source_next_sync (G_FLOW_SOURCE (reader), 0, NULL, &error);
  fuzz_assert_outcome (*documents != NULL, error);
  if (*documents == NULL)
    *documents = G_LIST_MODEL (g_list_store_new (G_TYPE_FLOW_DOCUMENT));
  else
    end = g_flow_source_next_sync (G_FLOW_SOURCE (reader), 0, NULL, &end_error);
  if (error == NULL)
    error = g_steal_pointer (&end_error);

  g_autofree char *json = g_flow_document_list_to_json (*documents, NULL);

  g_assert_nonnull (json);
  return g_strdup_printf ("%s%s %" G_GUINT64_FORMAT, json, error != NULL ? error->message : "",
                          g_flow_reader_get_n_skipped (reader));
}

/* A reader that gives few bytes is the same as one that gives all. */
static void
check_pieces (const Settings *settings,
              const guint8   *data,
              gsize           size,
              const char     *expected)
{
  const gsize pieces[] = { 1, 3 };

  for (guint i = 0; i < G_N_ELEMENTS (pieces); i++)
    {
      g_autoptr(GInputStream) memory = stream_of (data, size, pieces[i]);
      g_autoptr(GInputStream) stream = g_buffered_input_stream_new_sized (memory, pieces[i]);
      g_autoptr(GListModel) documents = NULL;
      g_autofree char *words = read_all (settings, stream, &documents);

      g_assert_cmpstr (words, ==, expected);
    }
}

static void
check_again (const Settings *settings,
             GListModel     *documents)
{
  const Settings same = { settings->format, FALSE, TRUE, G_MAXUINT };
  g_autoptr(GOutputStream) out = g_memory_output_stream_new_resizable ();
  g_autoptr(GFlowWriter) writer = g_flow_writer_new (settings->format, out);
  g_autoptr(GError) error = NULL;
  gboolean written = g_flow_writer_write_sync (writer, documents, NULL, &error) &&
                     g_flow_writer_close_sync (writer, NULL, &error);

  /* A line of a file with a mark of the old Macintosh. */
  if (!written && settings->format == G_FLOW_FORMAT_LINES)
    return;
  g_assert_no_error (error);
  g_output_stream_close (out, NULL, NULL);

  g_autoptr(GBytes) bytes = g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM (out));
  g_autoptr(GInputStream) stream = g_memory_input_stream_new_from_bytes (bytes);
  g_autoptr(GListModel) again = NULL;
  g_autofree char *words = read_all (&same, stream, &again);

  g_assert_cmpuint (g_list_model_get_n_items (again), ==, g_list_model_get_n_items (documents));
  for (guint i = 0; i < g_list_model_get_n_items (again); i++)
    {
      g_autoptr(GFlowDocument) before = g_list_model_get_item (documents, i);
      g_autoptr(GFlowDocument) after = g_list_model_get_item (again, i);

      g_assert_true (g_flow_document_equal (before, after));
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        size_t        size)
{
  if (size == 0)
    return 0;

  const Settings settings = {
    .format = data[0] & 3,
    .skip_bad = (data[0] & 4) != 0,
    .has_header = (data[0] & 8) == 0,
    .max_length = (data[0] & 16) != 0 ? 8 : 1000,
  };
  g_autoptr(GInputStream) stream = stream_of (data + 1, size - 1, size);
  g_autoptr(GListModel) documents = NULL;
  g_autofree char *words = read_all (&settings, stream, &documents);

  check_pieces (&settings, data + 1, size - 1, words);
  check_again (&settings, documents);
  return 0;
}
