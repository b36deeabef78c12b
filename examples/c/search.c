/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Searches the text files of a folder, such as /usr/share/doc:
 *
 *   search [--pattern PATTERN] [--limit N] FOLDER QUERY…
 *
 * Files are read, cleaned, taken apart into words, by two workers, and indexed. Then each query
 * is a request to the same flow, which goes to the index only. */

#include <gflow.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#define REQUEST_SIZE 20
#define BAR_LENGTH 30

static char *pattern = NULL;
static int limit = 5;

static const GOptionEntry options[] = {
  { "pattern", 'p', 0, G_OPTION_ARG_FILENAME, &pattern, "Which files (**/*)", "PATTERN" },
  { "limit", 'n', 0, G_OPTION_ARG_INT, &limit, "How many answers to a query (5)", "N" },
  { NULL },
};

/* An executor that does what is bound to it: more of its kind can be made. */
#define SEARCH_TYPE_STEP (search_step_get_type ())
G_DECLARE_FINAL_TYPE (SearchStep, search_step, SEARCH, STEP, GFlowExecutor)

struct _SearchStep
{
  GFlowExecutor parent_instance;
};

G_DEFINE_FINAL_TYPE (SearchStep, search_step, G_TYPE_FLOW_EXECUTOR)

static void
search_step_class_init (SearchStepClass *klass)
{
}

static void
search_step_init (SearchStep *self)
{
}

/* Reading: what cannot be read, or is no text, is left out. */

static char *
read_text (const char *uri, GCancellable *cancellable)
{
  g_autoptr (GFile) file = g_file_new_for_uri (uri);
  g_autoptr (GInputStream) stream = G_INPUT_STREAM (g_file_read (file, cancellable, NULL));
  g_autoptr (GOutputStream) memory = g_memory_output_stream_new_resizable ();

  if (stream != NULL && g_str_has_suffix (uri, ".gz"))
    {
      g_autoptr (GZlibDecompressor) gzip = g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP);
      GInputStream *packed = stream;

      stream = g_converter_input_stream_new (packed, G_CONVERTER (gzip));
      g_object_unref (packed);
    }
  if (stream == NULL ||
      g_output_stream_splice (memory, stream, G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET, cancellable,
                              NULL) < 0)
    return NULL;

  const char *data = g_memory_output_stream_get_data (G_MEMORY_OUTPUT_STREAM (memory));
  const gsize size = g_memory_output_stream_get_data_size (G_MEMORY_OUTPUT_STREAM (memory));

  return g_utf8_validate_len (data, size, NULL) ? g_strndup (data, size) : NULL;
}

static gboolean
read_files (GFlowExecutor *executor, GFlowRequest *request, GCancellable *cancellable,
            gpointer user_data, GError **error)
{
  GListStore *documents = G_LIST_STORE (g_flow_request_get_documents (request));

  for (guint i = g_list_model_get_n_items (G_LIST_MODEL (documents)); i-- > 0;)
    {
      g_autoptr (GFlowDocument) document = g_list_model_get_item (G_LIST_MODEL (documents), i);
      g_autofree char *text = read_text (g_flow_document_get_uri (document), cancellable);

      if (text != NULL)
        g_flow_document_set_text (document, text);
      else
        g_list_store_remove (documents, i);
    }
  return !g_cancellable_set_error_if_cancelled (cancellable, error);
}

/* Cleaning: a word is the same however it is written. */

static char *
clean_text (const char *text)
{
  g_autofree char *folded = g_utf8_casefold (text, -1);

  return g_utf8_normalize (folded, -1, G_NORMALIZE_DEFAULT_COMPOSE);
}

static gboolean
clean (GFlowExecutor *executor, GFlowRequest *request, GCancellable *cancellable,
       gpointer user_data, GError **error)
{
  GListModel *documents = g_flow_request_get_documents (request);

  for (guint i = 0; i < g_list_model_get_n_items (documents); i++)
    {
      g_autoptr (GFlowDocument) document = g_list_model_get_item (documents, i);
      g_autofree char *text = clean_text (g_flow_document_get_text (document));

      g_flow_document_set_text (document, text);
    }
  return TRUE;
}

/* Taking apart: how often each word is in a text. */

static GHashTable *
count_words (const char *text)
{
  GHashTable *words = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  while (*text != '\0')
    {
      const char *start = text;

      while (g_unichar_isalnum (g_utf8_get_char (text)))
        text = g_utf8_next_char (text);
      if (text - start >= 2)
        {
          char *word = g_strndup (start, text - start);
          const guint n = GPOINTER_TO_UINT (g_hash_table_lookup (words, word));

          g_hash_table_replace (words, word, GUINT_TO_POINTER (n + 1));
        }
      if (text == start)
        text = g_utf8_next_char (text);
    }
  return words;
}

static gboolean
take_apart (GFlowExecutor *executor, GFlowRequest *request, GCancellable *cancellable,
            gpointer user_data, GError **error)
{
  GListModel *documents = g_flow_request_get_documents (request);

  for (guint i = 0; i < g_list_model_get_n_items (documents); i++)
    {
      g_autoptr (GFlowDocument) document = g_list_model_get_item (documents, i);
      g_autoptr (GHashTable) words = count_words (g_flow_document_get_text (document));
      g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a{su}"));
      GHashTableIter iter;
      gpointer word, n;

      g_hash_table_iter_init (&iter, words);
      while (g_hash_table_iter_next (&iter, &word, &n))
        g_variant_builder_add (&builder, "{su}", word, GPOINTER_TO_UINT (n));
      g_flow_document_set_tag (document, "words", g_variant_builder_end (&builder));
      g_flow_document_set_text (document, NULL);
    }
  return TRUE;
}

/* The index. It serves one request at a time, and needs no lock. */

typedef struct
{
  guint file;    /* index of its path */
  guint n_times; /* the word is in it */
} Place;

typedef struct
{
  GFile      *folder; /* (owned) */
  GPtrArray  *paths;  /* (owned): of the files, from the folder on */
  GHashTable *words;  /* (owned): word → GArray of Place */
} Index;

static void
index_init (Index *self, GFile *folder)
{
  self->folder = g_object_ref (folder);
  self->paths = g_ptr_array_new_with_free_func (g_free);
  self->words = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                       (GDestroyNotify) g_array_unref);
}

static void
index_clear (Index *self)
{
  g_clear_object (&self->folder);
  g_clear_pointer (&self->paths, g_ptr_array_unref);
  g_clear_pointer (&self->words, g_hash_table_unref);
}

static void
index_add (Index *self, GFlowDocument *document)
{
  g_autoptr (GFile) file = g_file_new_for_uri (g_flow_document_get_uri (document));
  g_autoptr (GVariant) words = g_flow_document_dup_tag (document, "words");
  GVariantIter iter;
  const char *word;
  Place place = { self->paths->len, 0 };

  g_ptr_array_add (self->paths, g_file_get_relative_path (self->folder, file));
  g_variant_iter_init (&iter, words);
  while (g_variant_iter_next (&iter, "{&su}", &word, &place.n_times))
    {
      GArray *places = g_hash_table_lookup (self->words, word);

      if (places == NULL)
        {
          places = g_array_new (FALSE, FALSE, sizeof (Place));
          g_hash_table_insert (self->words, g_strdup (word), places);
        }
      g_array_append_val (places, place);
    }
}

static gboolean
add_to_index (GFlowExecutor *executor, GFlowRequest *request, GCancellable *cancellable,
              gpointer user_data, GError **error)
{
  GListModel *documents = g_flow_request_get_documents (request);

  for (guint i = 0; i < g_list_model_get_n_items (documents); i++)
    {
      g_autoptr (GFlowDocument) document = g_list_model_get_item (documents, i);

      index_add (user_data, document);
    }
  return TRUE;
}

typedef struct
{
  const char *path;
  double      score;
  guint       n_words; /* of the query */
} Hit;

static int
compare_hits (gconstpointer a, gconstpointer b)
{
  const Hit *first = a, *second = b;

  if (first->score != second->score)
    return first->score > second->score ? -1 : 1;
  return g_strcmp0 (first->path, second->path);
}

/* The files in which all words are: what is in few files, and often in this one, counts more. */
static GArray *
find (Index *self, const char *query)
{
  g_autofree char *text = clean_text (query);
  g_autoptr (GHashTable) words = count_words (text);
  g_autofree Hit *all = g_new0 (Hit, MAX (self->paths->len, 1));
  GArray *hits = g_array_new (FALSE, FALSE, sizeof (Hit));
  GHashTableIter iter;
  gpointer word;

  g_hash_table_iter_init (&iter, words);
  while (g_hash_table_iter_next (&iter, &word, NULL))
    {
      GArray *places = g_hash_table_lookup (self->words, word);

      for (guint i = 0; places != NULL && i < places->len; i++)
        {
          const Place *place = &g_array_index (places, Place, i);
          Hit *hit = &all[place->file];

          hit->path = self->paths->pdata[place->file];
          hit->n_words++;
          hit->score += (1 + log (place->n_times)) * log (1 + (double) self->paths->len / places->len);
        }
    }
  for (guint i = 0; i < self->paths->len; i++)
    if (all[i].n_words > 0 && all[i].n_words == g_hash_table_size (words))
      g_array_append_val (hits, all[i]);
  g_array_sort (hits, compare_hits);
  return hits;
}

static gboolean
search (GFlowExecutor *executor, GFlowRequest *request, GCancellable *cancellable,
        gpointer user_data, GError **error)
{
  GListStore *documents = G_LIST_STORE (g_flow_request_get_documents (request));
  GVariant *parameters = g_flow_request_get_parameters (request);
  const char *query = "";
  int most = 5;

  g_variant_lookup (parameters, "query", "&s", &query);
  g_variant_lookup (parameters, "limit", "i", &most);

  g_autoptr (GArray) hits = find (user_data, query);

  g_flow_request_set_result (request, g_variant_new_uint32 (hits->len));
  for (guint i = 0; i < MIN (hits->len, (guint) most); i++)
    {
      const Hit *hit = &g_array_index (hits, Hit, i);
      g_autoptr (GFlowDocument) document = g_flow_document_new_for_text (hit->path);

      g_flow_document_set_tag (document, "score", g_variant_new_double (hit->score));
      g_list_store_append (documents, document);
    }
  return TRUE;
}

/* The flow */

static GFlowNode *
add_step (GFlow *flow, const char *name, const char *endpoint, GFlowExecutorFunc func, gpointer data)
{
  g_autoptr (GFlowExecutor) step = g_object_new (SEARCH_TYPE_STEP, NULL);

  g_flow_executor_bind (step, endpoint, func, data, NULL);
  return g_flow_add_executor (flow, name, step, NULL, NULL);
}

static GFlow *
make_flow (Index *index)
{
  GFlow *flow = g_flow_new ();

  add_step (flow, "read", "/index", read_files, NULL);
  add_step (flow, "clean", "/index", clean, NULL);
  g_flow_node_set_parallel (add_step (flow, "take-apart", "/index", take_apart, NULL), 2);

  GFlowNode *last = add_step (flow, "index", "/index", add_to_index, index);

  g_flow_executor_bind (g_flow_node_get_executor (last), "/search", search, index, NULL);
  return flow;
}

/* Telling how far it is */

static void
show_progress (GFlowPost *post, GFlowRequest *request, gpointer user_data)
{
  const double fraction = g_flow_post_get_fraction (post);
  const int n = (int) (MAX (fraction, 0) * BAR_LENGTH);
  g_autofree char *bar = g_strnfill (BAR_LENGTH, '.');

  for (int i = 0; i < n; i++)
    bar[i] = '#';
  g_printerr ("\r[%s] %3.0f %%%s", bar, MAX (fraction, 0) * 100, fraction >= 1 ? "\n" : "");
}

/* Looks at no file: how many requests there will be. */
static gboolean
count_requests (GFlowSource *source, gint64 *n, GError **error)
{
  gint64 n_files = 0;

  for (;;)
    {
      g_autoptr (GListModel) files = g_flow_source_next_sync (source, 1000, NULL, error);

      if (files == NULL || g_list_model_get_n_items (files) == 0)
        {
          *n = (n_files + REQUEST_SIZE - 1) / REQUEST_SIZE;
          return *error == NULL;
        }
      n_files += g_list_model_get_n_items (files);
    }
}

static gboolean
index_folder (GFlow *flow, GFile *folder, GError **error)
{
  const char *which = pattern != NULL ? pattern : "**/*";
  g_autoptr (GFlowFileSource) listed = g_flow_file_source_new (folder, which);
  g_autoptr (GFlowFileSource) source = g_flow_file_source_new (folder, which);
  g_autoptr (GFlowPost) post = g_flow_post (flow, "/index");

  g_flow_file_source_set_skip_bad (source, TRUE);
  g_flow_file_source_set_skip_bad (listed, TRUE);
  g_flow_post_set_source (post, G_FLOW_SOURCE (source));
  g_flow_post_set_request_size (post, REQUEST_SIZE);
  if (isatty (STDERR_FILENO))
    {
      gint64 n;

      if (!count_requests (G_FLOW_SOURCE (listed), &n, error))
        return FALSE;
      g_flow_post_set_n_total (post, n);
      g_signal_connect (post, "always", G_CALLBACK (show_progress), NULL);
    }
  return g_flow_post_run_sync (post, NULL, error);
}

static gboolean
ask (GFlow *flow, const char *query, GError **error)
{
  g_autoptr (GFlowPost) post = g_flow_post (flow, "/search");
  g_auto (GVariantDict) parameters = G_VARIANT_DICT_INIT (NULL);

  g_variant_dict_insert (&parameters, "query", "s", query);
  g_variant_dict_insert (&parameters, "limit", "i", limit);
  g_flow_post_set_parameters (post, g_variant_dict_end (&parameters));

  g_autoptr (GFlowRequest) answer = g_flow_post_next_sync (post, NULL, error);

  if (answer == NULL)
    return FALSE;

  GListModel *found = g_flow_request_get_documents (answer);
  g_autoptr (GVariant) n_hits = g_flow_request_dup_result (answer, "index");

  g_print ("\n“%s”: %u found\n", query, g_variant_get_uint32 (n_hits));
  for (guint i = 0; i < g_list_model_get_n_items (found); i++)
    {
      g_autoptr (GFlowDocument) document = g_list_model_get_item (found, i);
      g_autoptr (GVariant) score = g_flow_document_dup_tag (document, "score");

      g_print ("%6.2f  %s\n", g_variant_get_double (score), g_flow_document_get_text (document));
    }
  return TRUE;
}

int
main (int argc, char *argv[])
{
  g_autoptr (GOptionContext) context = g_option_context_new ("FOLDER QUERY… - search text files");
  g_autoptr (GError) error = NULL;

  setlocale (LC_ALL, "");
  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || argc < 3)
    {
      g_printerr ("search: %s\n", error != NULL ? error->message : "which FOLDER, and what QUERY?");
      return 2;
    }

  g_autoptr (GFile) folder = g_file_new_for_commandline_arg (argv[1]);
  g_autoptr (GFlow) flow = NULL;
  Index index;
  gboolean ok;

  index_init (&index, folder);
  flow = make_flow (&index);
  ok = g_flow_open_sync (flow, NULL, &error) && index_folder (flow, folder, &error);
  if (ok)
    g_print ("%u files, %u words\n", index.paths->len, g_hash_table_size (index.words));
  for (int i = 2; ok && i < argc; i++)
    ok = ask (flow, argv[i], &error);
  if (g_flow_get_is_open (flow))
    g_flow_close_sync (flow, NULL, NULL);
  if (!ok)
    g_printerr ("search: %s\n", error->message);
  index_clear (&index);
  return ok ? 0 : 1;
}
