/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* GFlowFileSource: which files it finds, in which order, and what it does with them. */

#include "test-util.h"

#include "file/gflow-glob-private.h"

#include <string.h>
#include <unistd.h>

typedef struct
{
  char *folder; /* (owned) */
} Tree;

static void
tree_add (Tree       *tree,
          const char *name,
          const char *contents,
          gsize       length)
{
  g_autofree char *path = g_build_filename (tree->folder, name, NULL);
  g_autofree char *parent = g_path_get_dirname (path);

  g_assert_cmpint (g_mkdir_with_parents (parent, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, contents, length, NULL));
}

static void
tree_set_up (Tree          *tree,
             gconstpointer  user_data)
{
  const char *names[] = {
    "b.txt", "a.txt", "c.md", ".hidden.txt", "d/e.txt", "d/a.md", "d/f/g.txt", "d/f/h.md",
    "aa/x.txt", ".git/y.txt", "d/.z/y.txt", "e.txt",
  };
  g_autofree char *loop = NULL;
  g_autofree char *broken = NULL;

  tree->folder = g_dir_make_tmp ("gflow-files-XXXXXX", NULL);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    tree_add (tree, names[i], names[i], strlen (names[i]));
  loop = g_build_filename (tree->folder, "d", "loop", NULL);
  broken = g_build_filename (tree->folder, "broken.txt", NULL);
  g_assert_cmpint (symlink ("..", loop), ==, 0);
  g_assert_cmpint (symlink ("nowhere", broken), ==, 0);
}

static void
remove_tree (GFile *file)
{
  g_autoptr(GFileEnumerator) children = g_file_enumerate_children (
    file, "standard::name", G_FILE_QUERY_INFO_NOFOLLOW_SYMLINKS, NULL, NULL);
  GFile *child;

  while (children != NULL && g_file_enumerator_iterate (children, NULL, &child, NULL, NULL) &&
         child != NULL)
    if (g_file_query_file_type (child, G_FILE_QUERY_INFO_NOFOLLOW_SYMLINKS, NULL) == G_FILE_TYPE_DIRECTORY)
      remove_tree (child);
    else
      g_file_delete (child, NULL, NULL);
  g_file_delete (file, NULL, NULL);
}

static void
tree_tear_down (Tree          *tree,
                gconstpointer  user_data)
{
  g_autoptr(GFile) folder = g_file_new_for_path (tree->folder);

  remove_tree (folder);
  g_assert_false (g_file_test (tree->folder, G_FILE_TEST_EXISTS));
  g_free (tree->folder);
}

/* Paths below the folder, and errors in brackets. */
static char *
read_all (GFlowFileSource *source,
          guint            n,
          gboolean         sync)
{
  g_autoptr(GString) words = g_string_new (NULL);
  GFile *folder = g_flow_file_source_get_folder (source);

  for (;;)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(GListModel) documents = NULL;
      TestResult result;

      if (sync)
        documents = g_flow_source_next_sync (G_FLOW_SOURCE (source), n, NULL, &error);
      else
        {
          test_result_init (&result);
          g_flow_source_next (G_FLOW_SOURCE (source), n, NULL, test_result_cb, &result);
          TEST_WAIT (result.calls > 0);
          documents = g_flow_source_next_finish (G_FLOW_SOURCE (source), result.result, &error);
          test_result_clear (&result);
        }
      if (error != NULL)
        g_string_append_printf (words, "[%s] ", error->message);
      if (documents == NULL)
        continue;
      if (g_list_model_get_n_items (documents) == 0)
        break;
      for (guint i = 0; i < g_list_model_get_n_items (documents); i++)
        {
          g_autoptr(GFlowDocument) document = g_list_model_get_item (documents, i);
          g_autoptr(GFile) file = g_file_new_for_uri (g_flow_document_get_uri (document));
          g_autofree char *path = g_file_get_relative_path (folder, file);

          g_string_append_printf (words, "%s ", path);
        }
    }
  return g_strchomp (g_strdup (words->str));
}

static void
test_patterns (Tree          *tree,
               gconstpointer  user_data)
{
  const char *pairs[][2] = {
    { "*", "a.txt b.txt c.md e.txt" },
    { "*.txt", "a.txt b.txt e.txt" },
    { "?.txt", "a.txt b.txt e.txt" },
    { ".*.txt", ".hidden.txt" },
    { "c.md", "c.md" },
    { "none", "" },
    { "*/*.txt", "aa/x.txt d/e.txt" },
    { "d/f/*", "d/f/g.txt d/f/h.md" },
    { "**", "a.txt aa/x.txt b.txt c.md d/a.md d/e.txt d/f/g.txt d/f/h.md e.txt" },
    { "**/*", "a.txt aa/x.txt b.txt c.md d/a.md d/e.txt d/f/g.txt d/f/h.md e.txt" },
    { "**/*.md", "c.md d/a.md d/f/h.md" },
    { "d/**/*.md", "d/a.md d/f/h.md" },
    { "**/f/**/*.txt", "d/f/g.txt" },
    { "**/**/e.txt", "d/e.txt e.txt" },
    { "d/loop/*.md", "d/loop/c.md" },
    { "./d//e.txt", "d/e.txt" },
    { "*/.z/*", "d/.z/y.txt" },
  };
  g_autoptr(GFile) folder = g_file_new_for_path (tree->folder);

  for (guint i = 0; i < 2 * G_N_ELEMENTS (pairs); i++)
    {
      g_autoptr(GFlowFileSource) source = g_flow_file_source_new (folder, pairs[i / 2][0]);
      g_autofree char *words = read_all (source, 1 + i % 3, i % 2 != 0);
      g_autofree char *glob = g_strconcat (tree->folder, "/", pairs[i / 2][0], NULL);
      g_autoptr(GFlowFileSource) by_glob = g_flow_file_source_new_for_glob (glob);
      g_autofree char *globbed = NULL;

      g_assert_cmpstr (words, ==, pairs[i / 2][1]);
      g_assert_cmpstr (g_flow_file_source_get_pattern (source), ==, pairs[i / 2][0]);
      globbed = read_all (by_glob, 2, i % 2 != 0);
      g_assert_cmpuint (g_flow_file_source_get_n_read (by_glob), ==,
                        g_flow_file_source_get_n_read (source));
    }
}

static void
test_bad_patterns (Tree          *tree,
                   gconstpointer  user_data)
{
  g_autofree char *too_long = g_strnfill (2 * 70, '/');
  const char *patterns[] = { "", "/", "../*", "a/../b", too_long };
  g_autoptr(GFile) folder = g_file_new_for_path (tree->folder);

  for (guint i = 0; i < 70; i++)
    too_long[2 * i] = 'a';
  for (guint i = 0; i < 2 * G_N_ELEMENTS (patterns); i++)
    {
      g_autoptr(GFlowFileSource) source = g_flow_file_source_new (folder, patterns[i / 2]);
      g_autofree char *words = read_all (source, 1, i % 2 != 0);
      g_autofree char *expected = g_strdup_printf ("[“%s” is no pattern for files]", patterns[i / 2]);

      g_assert_cmpstr (words, ==, expected);
    }
}

static void
test_contents (Tree          *tree,
               gconstpointer  user_data)
{
  g_autoptr(GFile) folder = g_file_new_for_path (tree->folder);

  for (guint i = 0; i < 2; i++)
    for (int contents = G_FLOW_CONTENTS_NONE; contents <= G_FLOW_CONTENTS_BLOB; contents++)
      {
        g_autoptr(GFlowFileSource) source = g_flow_file_source_new (folder, "a.txt");
        g_autoptr(GListModel) documents = NULL;
        g_autoptr(GFlowDocument) document = NULL;
        g_autoptr(GFile) file = NULL;

        g_flow_file_source_set_contents (source, contents);
        g_assert_cmpint (g_flow_file_source_get_contents (source), ==, contents);
        documents = g_flow_source_next_sync (G_FLOW_SOURCE (source), 1, NULL, NULL);
        document = g_list_model_get_item (documents, 0);
        g_assert_cmpstr (g_flow_document_get_mime_type (document), ==, "text/plain");
        g_assert_cmpstr (g_flow_document_get_text (document), ==,
                         contents == G_FLOW_CONTENTS_TEXT ? "a.txt" : NULL);
        g_assert_true ((g_flow_document_get_blob (document) != NULL) ==
                       (contents == G_FLOW_CONTENTS_BLOB));
        if (contents == G_FLOW_CONTENTS_BLOB)
          g_assert_cmpmem (g_bytes_get_data (g_flow_document_get_blob (document), NULL),
                           g_bytes_get_size (g_flow_document_get_blob (document)), "a.txt", 5);
      }
}

static void
note_skipped_cb (GFlowFileSource *source,
                 GError          *error,
                 gpointer         user_data)
{
  test_log_add (user_data, strstr (error->message, ": "));
}

static void
test_bad (Tree          *tree,
          gconstpointer  user_data)
{
  g_autoptr(GFile) folder = g_file_new_for_path (tree->folder);
  g_autofree char *expected = g_strdup_printf ("a.txt [%s/aa/w.txt:1:2: This is not UTF-8]",
                                               tree->folder);

  tree_add (tree, "aa/w.txt", "é\xff", 3);
  tree_add (tree, "aa/y.txt", "too long, this is", 17);
  for (guint i = 0; i < 4; i++)
    {
      g_autoptr(GFlowFileSource) source = g_flow_file_source_new (folder, "**/*.txt");
      g_autofree char *words = NULL;
      TestLog log;

      test_log_init (&log);
      g_signal_connect (source, "skipped", G_CALLBACK (note_skipped_cb), &log);
      g_flow_file_source_set_contents (source, G_FLOW_CONTENTS_TEXT);
      g_flow_file_source_set_max_length (source, 10);
      g_assert_cmpuint (g_flow_file_source_get_max_length (source), ==, 10);
      g_flow_file_source_set_skip_bad (source, i >= 2);
      words = read_all (source, 2, i % 2 != 0);
      if (i < 2)
        g_assert_cmpstr (words, ==, expected);
      else
        {
          g_assert_cmpstr (words, ==, "a.txt aa/x.txt b.txt d/e.txt d/f/g.txt e.txt");
          test_assert_log (&log, ": This is not UTF-8 : This is longer than 10 bytes");
        }
      g_assert_cmpuint (g_flow_file_source_get_n_skipped (source), ==, i < 2 ? 0 : 2);
      test_log_clear (&log);
    }
}

/* Without a folder there is nothing that could be left out. */
static void
test_missing (void)
{
  for (guint i = 0; i < 4; i++)
    {
      g_autoptr(GFlowFileSource) source = g_flow_file_source_new_for_glob ("/nowhere-at-all/*.txt");
      g_autofree char *words = NULL;

      g_flow_file_source_set_skip_bad (source, i >= 2);
      g_assert_true (g_flow_file_source_get_skip_bad (source) == (i >= 2));
      words = read_all (source, 1, i % 2 != 0);
      test_assert_contains (words, "nowhere-at-all");
      g_assert_true (*words == '[');
    }
}

/* A call that is cancelled leaves out nothing. */
static void
test_cancel (Tree          *tree,
             gconstpointer  user_data)
{
  g_autoptr(GFile) folder = g_file_new_for_path (tree->folder);

  for (guint after = 0; after < 12; after++)
    {
      g_autoptr(GFlowFileSource) source = g_flow_file_source_new (folder, "**/*.md");
      g_autoptr(GCancellable) cancellable = g_cancellable_new ();
      g_autoptr(GListModel) documents = NULL;
      g_autoptr(GError) error = NULL;
      g_autofree char *words = NULL;
      TestResult result;

      g_flow_file_source_set_contents (source, G_FLOW_CONTENTS_TEXT);
      test_result_init (&result);
      g_flow_source_next (G_FLOW_SOURCE (source), 9, cancellable, test_result_cb, &result);
      for (guint i = 0; i < after && result.calls == 0; i++)
        g_main_context_iteration (NULL, TRUE);
      g_cancellable_cancel (cancellable);
      TEST_WAIT (result.calls > 0);
      documents = g_flow_source_next_finish (G_FLOW_SOURCE (source), result.result, &error);
      if (documents == NULL)
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      test_result_clear (&result);
      words = read_all (source, 9, FALSE);
      g_assert_cmpstr (words, ==, documents == NULL ? "c.md d/a.md d/f/h.md" : "");
    }
}

static void
test_default (void)
{
  g_autoptr(GFlowFileSource) source = g_object_new (G_TYPE_FLOW_FILE_SOURCE, NULL);
  g_autoptr(GFile) here = g_file_new_for_path (".");

  g_assert_true (g_file_equal (g_flow_file_source_get_folder (source), here));
  g_assert_cmpstr (g_flow_file_source_get_pattern (source), ==, "*");
}

#define ADD(path, func) \
  g_test_add (path, Tree, NULL, tree_set_up, func, tree_tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/file-source/patterns", test_patterns);
  ADD ("/file-source/bad-patterns", test_bad_patterns);
  ADD ("/file-source/contents", test_contents);
  ADD ("/file-source/bad", test_bad);
  g_test_add_func ("/file-source/missing", test_missing);
  ADD ("/file-source/cancel", test_cancel);
  g_test_add_func ("/file-source/default", test_default);
  return g_test_run ();
}
