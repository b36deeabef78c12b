/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Journals: what is in the file when the process is gone, and what becomes of files that are
 * not as they should be. */

#include "resume-graph.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run/gflow-journal-format-private.h"

/* A journal in a folder of its own */

typedef struct
{
  char  *folder;
  char  *path;
  GFile *file;
} Journal;

static void
journal_init (Journal *self)
{
  self->folder = g_dir_make_tmp ("gflow-journal-XXXXXX", NULL);
  g_assert_nonnull (self->folder);
  self->path = g_build_filename (self->folder, "a journal", NULL);
  self->file = g_file_new_for_path (self->path);
}

static void
journal_clear (Journal *self)
{
  g_remove (self->path);
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_free (self->folder);
  g_free (self->path);
  g_object_unref (self->file);
}

static GBytes *
journal_read (Journal *self)
{
  g_autoptr(GError) error = NULL;
  char *data;
  gsize size;

  g_file_get_contents (self->path, &data, &size, &error);
  g_assert_no_error (error);
  return g_bytes_new_take (data, size);
}

static void
journal_write (Journal      *self,
               const guint8 *data,
               gsize         size)
{
  g_autoptr(GError) error = NULL;

  g_remove (self->path);
  g_file_set_contents (self->path, (const char *) data, size, &error);
  g_assert_no_error (error);
}

static void
parse (GBytes              *bytes,
       GFlowJournalContent *content)
{
  g_autoptr(GError) error = NULL;
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  _g_flow_journal_parse (data, size, content, &error);
  g_assert_no_error (error);
}

static GFlowRun *
new_run (GFlow   *flow,
         Journal *journal)
{
  GFlowRun *run = g_flow_run_new (flow);

  g_flow_run_set_journal (run, journal->file);
  return run;
}

static gboolean
execute (GFlowRun  *run,
         gboolean   sync,
         GError   **error)
{
  return sync ? g_flow_run_execute_sync (run, NULL, error) : test_run_execute (run, NULL, error);
}

/* Nodes that log, and fail on demand */

typedef struct
{
  TestLog     log;
  Journal     journal;
  GFlow      *flow;
  const char *failing;
} Small;

static gboolean
body_log (GFlowNode  *node,
          GFlowRun   *run,
          gpointer    user_data,
          GError    **error)
{
  Small *self = user_data;
  const char *name = g_flow_node_get_name (node);

  test_log_add (&self->log, name);
  if (g_strcmp0 (self->failing, name) == 0)
    {
      g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_FAILED, "%s fails", name);
      return FALSE;
    }
  g_flow_run_set_result_variant (run, node, g_variant_new_string (name));
  return TRUE;
}

/* a → b → … */
static void
small_init (Small      *self,
            const char *names)
{
  g_auto(GStrv) words = g_strsplit (names, " ", -1);
  GFlowNode *before = NULL;

  *self = (Small) { .flow = g_flow_new () };
  test_log_init (&self->log);
  journal_init (&self->journal);
  for (guint i = 0; words[i] != NULL; i++)
    {
      GFlowNode *node = g_flow_add (self->flow, words[i], body_log, self, NULL, NULL);

      if (i % 2 == 1)
        g_flow_node_set_placement (node, G_FLOW_PLACEMENT_CONTEXT);
      if (before != NULL)
        g_flow_node_add_upstream (node, before);
      before = node;
    }
}

static void
small_clear (Small *self)
{
  g_object_unref (self->flow);
  journal_clear (&self->journal);
  test_log_clear (&self->log);
}

/* What has run in it, as a text. */
static void
small_assert_runs (Small      *self,
                   gboolean    sync,
                   const char *failing,
                   const char *expected)
{
  g_autoptr(GFlowRun) run = new_run (self->flow, &self->journal);

  test_log_clear (&self->log);
  test_log_init (&self->log);
  self->failing = failing;
  g_assert_cmpint (execute (run, sync, NULL), ==, failing == NULL);
  test_assert_log (&self->log, expected);
}

static void
small_assert_refused (Small      *self,
                      gboolean    sync,
                      GQuark      domain,
                      int         code,
                      const char *message)
{
  g_autoptr(GFlowRun) run = new_run (self->flow, &self->journal);
  g_autoptr(GError) error = NULL;

  test_log_clear (&self->log);
  test_log_init (&self->log);
  g_assert_false (execute (run, sync, &error));
  test_assert_log (&self->log, "");
  g_assert_error (error, domain, code);
  test_assert_contains (error->message, message);
  test_assert_run (run, FAILED);
}

/* The property */

static void
count_cb (GObject    *object,
          GParamSpec *pspec,
          guint      *count)
{
  *count += 1;
}

static void
test_property (void)
{
  Small small;
  g_autoptr(GFlowRun) run = NULL;
  g_autoptr(GFile) file = NULL;
  guint n_notified = 0;

  small_init (&small, "a");
  run = g_flow_run_new (small.flow);
  g_signal_connect (run, "notify::journal", G_CALLBACK (count_cb), &n_notified);
  g_assert_null (g_flow_run_get_journal (run));
  g_flow_run_set_journal (run, NULL);
  g_flow_run_set_journal (run, small.journal.file);
  g_flow_run_set_journal (run, small.journal.file);
  g_object_get (run, "journal", &file, NULL);
  g_assert_true (file == small.journal.file);
  g_object_set (run, "journal", NULL, NULL);
  g_assert_null (g_flow_run_get_journal (run));
  g_assert_cmpuint (n_notified, ==, 2);
  g_clear_object (&run);
  /* It was never opened. */
  g_assert_false (g_file_test (small.journal.path, G_FILE_TEST_EXISTS));
  small_clear (&small);
}

/* Going on */

static void
test_go_on (gconstpointer data)
{
  const gboolean sync = GPOINTER_TO_INT (data);
  struct stat status;
  Small small;

  small_init (&small, "a b c d e");
  small_assert_runs (&small, sync, "c", "a b c");
  g_assert_cmpint (g_stat (small.journal.path, &status), ==, 0);
  g_assert_cmpuint (status.st_mode & 0777, ==, 0600);
  small_assert_runs (&small, sync, "c", "c");
  small_assert_runs (&small, sync, "d", "c d");
  small_assert_runs (&small, sync, "e", "d e");
  small_assert_runs (&small, sync, NULL, "e");
  /* It has succeeded: the next one is another. */
  small_assert_runs (&small, sync, "b", "a b");
  small_assert_runs (&small, sync, NULL, "b c d e");
  small_clear (&small);
}

static void
test_results (void)
{
  Small small;
  g_autoptr(GFlowRun) run = NULL;
  const char *names[] = { "a", "b", "c" };

  small_init (&small, "a b c");
  small_assert_runs (&small, FALSE, "c", "a b c");
  small.failing = NULL;
  run = new_run (small.flow, &small.journal);
  g_flow_run_set_keep_results (run, TRUE);
  g_assert_true (execute (run, FALSE, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr(GVariant) result =
        g_flow_run_dup_result_variant (run, g_flow_lookup (small.flow, names[i]));

      g_assert_cmpstr (g_variant_get_string (result, NULL), ==, names[i]);
    }
  g_clear_object (&run);
  small_clear (&small);
}

static void
test_complete (void)
{
  Small small;
  GFlowJournalContent content;
  g_autoptr(GBytes) unfinished = NULL;
  g_autoptr(GBytes) finished = NULL;

  small_init (&small, "a b c");
  small_assert_runs (&small, FALSE, "c", "a b c");
  unfinished = journal_read (&small.journal);
  parse (unfinished, &content);
  g_assert_false (content.complete);
  g_assert_cmpuint (g_variant_n_children (content.picture), ==, 3);
  g_assert_nonnull (content.outcomes->pdata[0]);
  g_assert_nonnull (content.outcomes->pdata[1]);
  g_assert_null (content.outcomes->pdata[2]);
  _g_flow_journal_content_clear (&content);

  small_assert_runs (&small, FALSE, NULL, "c");
  finished = journal_read (&small.journal);
  parse (finished, &content);
  g_assert_true (content.complete);
  g_assert_nonnull (content.outcomes->pdata[2]);
  _g_flow_journal_content_clear (&content);
  /* It was appended to. */
  g_assert_cmpmem (g_bytes_get_data (finished, NULL), g_bytes_get_size (unfinished),
                   g_bytes_get_data (unfinished, NULL), g_bytes_get_size (unfinished));
  small_clear (&small);
}

static void
test_empty_flow (void)
{
  Small small = { .flow = g_flow_new () };

  test_log_init (&small.log);
  journal_init (&small.journal);
  for (guint i = 0; i < 3; i++)
    small_assert_runs (&small, i % 2 == 0, NULL, "");
  small_clear (&small);
}

/* Random graphs that fail again and again, and always go on: the bodies check results. A node
 * that was done, and whose result is kept, never runs twice. */
static void
test_random (void)
{
  const guint64 seed = resume_seed ();
  Journal journal;

  journal_init (&journal);
  for (guint i = 0; i < (test_is_slow () ? 10 : 80); i++)
    {
      g_autoptr(GRand) random = g_rand_new_with_seed ((guint32) seed + i);
      const guint n_nodes = g_rand_int_range (random, 1, 80);
      g_autoptr(ResumeGraph) graph = resume_graph_new (seed + i, n_nodes, 0);
      g_autofree int *n_failed = g_new0 (int, n_nodes);
      gboolean succeeded = FALSE;

      for (guint round = 0; !succeeded; round++)
        {
          g_autoptr(ResumeGraph) again = resume_graph_new (seed + i, n_nodes, round);
          g_autoptr(GFlowRun) run = new_run (again->flow, &journal);

          for (guint k = 0; k < n_nodes; k++)
            again->nodes[k].fails = g_rand_double (random) < 0.3 / (1 + round);
          if (round % 4 == 1)
            g_flow_set_on_error (again->flow, G_FLOW_ON_ERROR_FINISH_RUNNING);
          succeeded = execute (run, g_rand_boolean (random), NULL);
          for (guint k = 0; k < n_nodes; k++)
            {
              ResumeNode *node = &again->nodes[k];

              graph->nodes[k].runs += node->runs;
              n_failed[k] += node->runs > 0 && node->fails;
              if (succeeded && node->n_downstreams == 0)
                resume_node_assert_result (node, run);
            }
        }
      for (guint k = 0; k < n_nodes; k++)
        if (graph->nodes[k].result != RESUME_OBJECT)
          g_assert_cmpint (graph->nodes[k].runs, ==, n_failed[k] + 1);
        else
          g_assert_cmpint (graph->nodes[k].runs, >, n_failed[k]);
    }
  journal_clear (&journal);
}

/* What a node has done is in the file when the next one starts, or a handler is called. */

static void
assert_in_file (Small      *small,
                const char *name)
{
  GFlowJournalContent content;
  g_autoptr(GBytes) bytes = journal_read (&small->journal);
  gboolean found = FALSE;

  parse (bytes, &content);
  for (guint i = 0; i < content.outcomes->len; i++)
    {
      const char *this_name;

      g_variant_get_child (content.picture, i, "(&s@au)", &this_name, NULL);
      if (g_strcmp0 (this_name, name) == 0)
        found = content.outcomes->pdata[i] != NULL;
    }
  _g_flow_journal_content_clear (&content);
  g_assert_true (found);
}

static gboolean
body_look (GFlowNode  *node,
           GFlowRun   *run,
           gpointer    user_data,
           GError    **error)
{
  GListModel *upstreams = g_flow_node_get_upstreams (node);

  for (guint i = 0; i < g_list_model_get_n_items (upstreams); i++)
    {
      g_autoptr(GFlowNode) upstream = g_list_model_get_item (upstreams, i);

      assert_in_file (user_data, g_flow_node_get_name (upstream));
    }
  return TRUE;
}

static void
look_cb (GFlowNode *node,
         GFlowRun  *run,
         Small     *small)
{
  assert_in_file (small, g_flow_node_get_name (node));
  test_log_add (&small->log, g_flow_node_get_name (node));
}

static void
test_written_first (void)
{
  Small small;
  GFlowNode *before = NULL;

  small_init (&small, "start");
  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *name = g_strdup_printf ("%u", i);
      GFlowNode *node = g_flow_add (small.flow, name, body_look, &small, NULL, NULL);

      if (i % 3 == 1)
        g_flow_node_set_placement (node, G_FLOW_PLACEMENT_CONTEXT);
      g_signal_connect (node, "done", G_CALLBACK (look_cb), &small);
      if (before != NULL && i % 5 != 0)
        g_flow_node_add_upstream (node, before);
      before = node;
    }
  for (guint i = 0; i < 20; i++)
    {
      g_autoptr(GFlowRun) run = new_run (small.flow, &small.journal);

      test_log_clear (&small.log);
      test_log_init (&small.log);
      g_assert_true (execute (run, i % 2 == 0, NULL));
      g_assert_cmpuint (test_log_length (&small.log), ==, 21);
    }
  small_clear (&small);
}

/* A handler that was not needed */
static void
test_skipped (gconstpointer data)
{
  Small small;
  GFlowNode *handler;

  small_init (&small, "a after last");
  handler = g_flow_add (small.flow, "handler", body_log, &small, NULL, NULL);
  g_flow_node_set_run_when (handler, G_FLOW_RUN_WHEN_ANY_FAILED);
  g_flow_node_set_placement (handler, GPOINTER_TO_INT (data));
  g_flow_node_add_upstream (handler, g_flow_lookup (small.flow, "a"));
  g_flow_node_add_upstream (g_flow_lookup (small.flow, "after"), handler);
  small_assert_runs (&small, FALSE, "last", "a after last");
  small_assert_runs (&small, FALSE, NULL, "last");
  small_clear (&small);
}

/* A node is done when an attempt of it is, and all its sub-runs: a part of it is not enough. */

static gboolean
body_second_time (GFlowNode  *node,
                  GFlowRun   *run,
                  gpointer    user_data,
                  GError    **error)
{
  Small *self = user_data;

  test_log_add (&self->log, g_flow_node_get_name (node));
  if (test_log_count (&self->log, g_flow_node_get_name (node)) > 1)
    return TRUE;
  g_set_error_literal (error, G_FLOW_ERROR, G_FLOW_ERROR_FAILED, "not yet");
  return FALSE;
}

static gboolean
body_spawn (GFlowNode  *node,
            GFlowRun   *run,
            gpointer    user_data,
            GError    **error)
{
  Small *self = user_data;
  g_autoptr(GFlow) flow = g_flow_new ();

  test_log_add (&self->log, "spawn");
  g_flow_add (flow, "inner", body_log, self, NULL, NULL);
  g_flow_add (flow, "inner2", body_log, self, NULL, NULL);
  g_flow_node_add_upstream_by_name (g_flow_lookup (flow, "inner2"), "inner");
  g_flow_run_spawn (run, node, flow);
  return TRUE;
}

static void
test_parts (gconstpointer data)
{
  Small small;
  GFlowNode *twice, *spawn;

  small_init (&small, "a last");
  twice = g_flow_add (small.flow, "twice", body_second_time, &small, NULL, NULL);
  spawn = g_flow_add (small.flow, "spawn", body_spawn, &small, NULL, NULL);
  g_flow_node_set_placement (twice, GPOINTER_TO_INT (data));
  g_flow_node_set_placement (spawn, GPOINTER_TO_INT (data));
  g_flow_node_set_max_retries (twice, 1);
  g_flow_node_set_retry_delay (twice, 1);
  g_flow_node_add_upstream_by_name (twice, "a");
  g_flow_node_add_upstream (spawn, twice);
  g_flow_node_add_upstream (g_flow_lookup (small.flow, "last"), spawn);

  small_assert_runs (&small, FALSE, "inner2", "a twice twice spawn inner inner2");
  small_assert_runs (&small, TRUE, "last", "spawn inner inner2 last");
  small_assert_runs (&small, FALSE, NULL, "last");
  small_clear (&small);
}

/* Maps: items that were done are not done again, before the map has ended, too. */

static Small *mapped;

static gboolean
body_item (GFlowNode  *node,
           GFlowRun   *run,
           gpointer    user_data,
           GError    **error)
{
  GVariant *item = g_value_get_variant (g_flow_run_get_map_item (run, node));
  const char *word = g_variant_get_string (item, NULL);

  test_log_add (&mapped->log, word);
  if (g_strcmp0 (word, mapped->failing) == 0)
    {
      g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_FAILED, "%s fails", word);
      return FALSE;
    }
  g_flow_run_set_result_variant (run, node, item);
  return TRUE;
}

static void
task_item (GFlowNode  *node,
           GFlowRun   *run,
           GTask      *task,
           gpointer    user_data,
           GError    **error)
{
  if (body_item (node, run, user_data, error))
    g_task_return_boolean (task, TRUE);
}

static gboolean
body_check_items (GFlowNode  *node,
                  GFlowRun   *run,
                  gpointer    user_data,
                  GError    **error)
{
  Small *self = user_data;
  g_autoptr(GVariant) result = g_flow_run_dup_result_variant (run, g_flow_lookup (self->flow, "each"));

  g_assert_cmpuint (g_variant_n_children (result), ==, 4);
  for (guint i = 0; i < 4; i++)
    {
      g_autoptr(GVariant) item = NULL;

      g_variant_get_child (result, i, "v", &item);
      g_assert_cmpint (*g_variant_get_string (item, NULL), ==, "pqrs"[i]);
    }
  return TRUE;
}

typedef enum
{
  ITEM_WORKER,
  ITEM_CONTEXT,
  ITEM_TASK,
} ItemKind;

static GFlowNode *
small_add_map (Small    *self,
               ItemKind  kind)
{
  const char * const words[] = { "p", "q", "r", "s", NULL };
  g_autoptr(GFlowNode) each = kind == ITEM_TASK
                                ? g_flow_node_new_for_task (NULL, task_item, NULL, NULL)
                                : g_flow_node_new (NULL, body_item, NULL, NULL);
  GFlowNode *map, *check;

  mapped = self;
  if (kind == ITEM_CONTEXT)
    g_flow_node_set_placement (each, G_FLOW_PLACEMENT_CONTEXT);
  map = g_flow_add_map (self->flow, "each", each, 1, NULL);
  check = g_flow_add (self->flow, "check", body_check_items, self, NULL, NULL);
  g_flow_node_set_items_variant (map, g_variant_new_strv (words, -1));
  g_flow_node_add_upstream_by_name (map, "a");
  g_flow_node_add_upstream (check, map);
  g_flow_node_add_upstream (g_flow_lookup (self->flow, "last"), map);
  return map;
}

static void
test_items (gconstpointer data)
{
  Small small;

  small_init (&small, "a last");
  small_add_map (&small, GPOINTER_TO_INT (data));
  small_assert_runs (&small, FALSE, "r", "a p q r s");
  small_assert_runs (&small, TRUE, "r", "r");
  small_assert_runs (&small, FALSE, "last", "r last");
  small_assert_runs (&small, TRUE, NULL, "last");
  small_clear (&small);
}

/* The list is another one: an item is known again where it was, and only there. */
static void
test_other_items (void)
{
  Small small;
  GFlowNode *map;

  small_init (&small, "a last");
  map = small_add_map (&small, ITEM_WORKER);
  small_assert_runs (&small, FALSE, "r", "a p q r s");
  g_flow_node_set_items_variant (map, g_variant_new_parsed ("['p', 'quite', 'p', 's']"));
  small_assert_runs (&small, FALSE, "p", "quite p");
  g_flow_node_set_items_variant (map, g_variant_new_parsed ("['p', 'quite', 'r', 's', 't']"));
  small_assert_runs (&small, FALSE, "r", "r t");
  g_flow_node_set_items_variant (map, g_variant_new_parsed ("['p', 'q', 'r', 's']"));
  small_assert_runs (&small, FALSE, NULL, "r last");
  small_clear (&small);
}

/* A clean-up node that was done before the node it cleans up after: that does not count when it has
 * failed after it. */
static void
test_forgotten (void)
{
  Small small;

  small_init (&small, "a last");
  g_flow_node_set_run_when (g_flow_lookup (small.flow, "last"), G_FLOW_RUN_WHEN_ALL_FINISHED);
  small_assert_runs (&small, FALSE, "a", "a last");
  small_assert_runs (&small, FALSE, "last", "a last");
  small_assert_runs (&small, FALSE, NULL, "last");
  small_clear (&small);
}

/* What the map waits for runs again, and so do all of its items. */
static void
test_items_after_failure (void)
{
  Small small;
  GFlowNode *map;

  small_init (&small, "a last");
  map = small_add_map (&small, ITEM_WORKER);
  g_flow_node_set_run_when (map, G_FLOW_RUN_WHEN_ALL_FINISHED);
  small_assert_runs (&small, FALSE, "a", "a p q r s");
  small_assert_runs (&small, FALSE, "r", "a p q r s");
  small_assert_runs (&small, FALSE, NULL, "r last");
  small_clear (&small);
}

/* Torn and damaged */

/* A journal of a run whose last node has failed. */
static GBytes *
small_make_journal (Small *self)
{
  small_assert_runs (self, FALSE, "d", "a b c d");
  return journal_read (&self->journal);
}

static void
test_torn (void)
{
  const char *expected[] = { "a b c d", "b c d", "c d", "d" };
  Small small;
  g_autoptr(GBytes) bytes = NULL;
  guint n_seen[G_N_ELEMENTS (expected)] = { 0 };
  const guint8 *data;
  gsize size;

  small_init (&small, "a b c d");
  bytes = small_make_journal (&small);
  data = g_bytes_get_data (bytes, &size);
  for (gsize length = 0; length <= size; length++)
    {
      GFlowJournalContent content;
      g_autoptr(GBytes) torn = g_bytes_new_from_bytes (bytes, 0, length);
      guint n_done = 0;

      parse (torn, &content);
      for (guint i = 0; content.outcomes != NULL && i < content.outcomes->len; i++)
        n_done += content.outcomes->pdata[i] != NULL;
      g_assert_cmpuint (content.length, <=, length);
      _g_flow_journal_content_clear (&content);
      n_seen[n_done]++;
      if (n_seen[n_done] > 3 && length % 7 != 0)
        continue;

      /* Twice: what is torn is cut off. */
      journal_write (&small.journal, data, length);
      small_assert_runs (&small, length % 2 == 0, "d", expected[n_done]);
      small_assert_runs (&small, length % 2 == 1, NULL, "d");
    }
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    g_assert_cmpuint (n_seen[i], >, 0);
  small_clear (&small);
}

/* After a failure of the power the end of a file may be zeros. */
static void
test_zeros (void)
{
  Small small;
  g_autoptr(GBytes) bytes = NULL;
  g_autofree guint8 *data = NULL;

  small_init (&small, "a b c d");
  bytes = small_make_journal (&small);
  for (gsize n = 1; n < 100; n += 13)
    {
      data = g_realloc (data, g_bytes_get_size (bytes) + n);
      memcpy (data, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
      memset (data + g_bytes_get_size (bytes), 0, n);
      journal_write (&small.journal, data, g_bytes_get_size (bytes) + n);
      small_assert_runs (&small, FALSE, NULL, "d");
    }
  small_clear (&small);
}

/* Any bit: it is refused, with the place, or only the last record is gone. */
static void
test_damaged (void)
{
  Small small;
  g_autoptr(GBytes) bytes = NULL;
  g_autofree guint8 *data = NULL;
  gsize size;
  guint n_refused = 0, n_dropped = 0;

  small_init (&small, "a b c d");
  bytes = small_make_journal (&small);
  size = g_bytes_get_size (bytes);
  data = g_memdup2 (g_bytes_get_data (bytes, NULL), size);
  for (gsize i = 0; i < size * 8; i++)
    {
      GFlowJournalContent content;
      g_autoptr(GError) error = NULL;

      data[i / 8] ^= 1 << i % 8;
      if (_g_flow_journal_parse (data, size, &content, &error))
        {
          g_assert_nonnull (content.outcomes->pdata[0]);
          g_assert_nonnull (content.outcomes->pdata[1]);
          g_assert_null (content.outcomes->pdata[2]);
          n_dropped++;
        }
      else
        {
          g_autofree char *place = g_strdup_printf ("byte %" G_GSIZE_FORMAT, content.length);

          g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_FILE);
          if (i / 8 >= 16)
            {
              test_assert_contains (error->message, place);
              g_assert_cmpuint (content.length, <=, i / 8);
            }
          n_refused++;
        }
      _g_flow_journal_content_clear (&content);

      if (i % 97 == 0)
        {
          journal_write (&small.journal, data, size);
          if (error != NULL)
            {
              g_autoptr(GBytes) after = NULL;

              small_assert_refused (&small, i % 2 == 0, G_FLOW_ERROR, G_FLOW_ERROR_BAD_FILE,
                                    error->message);
              /* And left alone. */
              after = journal_read (&small.journal);
              g_assert_cmpmem (g_bytes_get_data (after, NULL), g_bytes_get_size (after), data, size);
            }
          else
            {
              small_assert_runs (&small, FALSE, NULL, "c d");
            }
        }
      data[i / 8] ^= 1 << i % 8;
    }
  g_assert_cmpuint (n_refused, >, 1000);
  g_assert_cmpuint (n_dropped, >, 50);
  small_clear (&small);
}

/* Records that are missing, twice, or in another order, each of them good. */
static void
test_rearranged (void)
{
  Small small;
  g_autoptr(GBytes) bytes = NULL;
  const guint8 *data;
  gsize size, offsets[8];
  guint n = 0;

  small_init (&small, "a b c d");
  bytes = small_make_journal (&small);
  data = g_bytes_get_data (bytes, &size);
  for (gsize offset = 16; offset < size;)
    {
      guint32 length;

      offsets[n++] = offset;
      memcpy (&length, data + offset, sizeof (length));
      offset += 16 + GUINT32_FROM_LE (length);
    }
  g_assert_cmpuint (n, ==, 4);
  offsets[n] = size;

  for (guint skipped = 1; skipped < 3; skipped++)
    {
      g_autoptr(GByteArray) other = g_byte_array_new ();

      g_byte_array_append (other, data, offsets[skipped]);
      g_byte_array_append (other, data + offsets[skipped + 1], size - offsets[skipped + 1]);
      journal_write (&small.journal, other->data, other->len);
      small_assert_refused (&small, FALSE, G_FLOW_ERROR, G_FLOW_ERROR_BAD_FILE, "damaged at byte");
    }
  for (guint doubled = 0; doubled < 4; doubled++)
    {
      g_autoptr(GByteArray) other = g_byte_array_new ();

      g_byte_array_append (other, data, offsets[doubled + 1]);
      g_byte_array_append (other, data + offsets[doubled], size - offsets[doubled]);
      journal_write (&small.journal, other->data, other->len);
      small_assert_refused (&small, FALSE, G_FLOW_ERROR, G_FLOW_ERROR_BAD_FILE, "damaged at byte");
    }
  small_clear (&small);
}

/* Good records that make no sense. */
static void
test_nonsense (void)
{
  const struct
  {
    GFlowJournalKind kind;
    const char      *payload;
  } cases[] = {
    { G_FLOW_JOURNAL_NODE, "(uint32 4, @a{sv} {})" },
    { G_FLOW_JOURNAL_NODE, "(uint32 4294967295, @a{sv} {})" },
    { G_FLOW_JOURNAL_NODE, "'something else'" },
    { G_FLOW_JOURNAL_PLAN, "(@a(sau) [], @a{sv} {})" },
    { G_FLOW_JOURNAL_PLAN, "()" },
    { 77, "()" },
  };
  Small small;
  g_autoptr(GBytes) bytes = NULL;
  GFlowJournalContent content;

  small_init (&small, "a b c d");
  bytes = small_make_journal (&small);
  parse (bytes, &content);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(GString) other = g_string_new_len (g_bytes_get_data (bytes, NULL),
                                                   g_bytes_get_size (bytes));
      g_autoptr(GVariant) payload = g_variant_parse (NULL, cases[i].payload, NULL, NULL, NULL);
      guint32 chain = content.chain;

      _g_flow_journal_append (other, &chain, cases[i].kind, payload);
      journal_write (&small.journal, (const guint8 *) other->str, other->len);
      small_assert_refused (&small, FALSE, G_FLOW_ERROR, G_FLOW_ERROR_BAD_FILE, "damaged at byte");
    }
  _g_flow_journal_content_clear (&content);
  small_clear (&small);
}

/* A node before the plan, and something after the end. */
static void
test_wrong_order (void)
{
  Small small;
  g_autoptr(GString) first = g_string_new (NULL);
  g_autoptr(GString) last = g_string_new (NULL);
  g_autoptr(GBytes) finished = NULL;
  GFlowJournalContent content;
  guint32 chain;

  small_init (&small, "a");
  _g_flow_journal_begin (first, &chain);
  _g_flow_journal_append (first, &chain, G_FLOW_JOURNAL_NODE,
                          g_variant_new_parsed ("(uint32 0, @a{sv} {})"));
  journal_write (&small.journal, (const guint8 *) first->str, first->len);
  small_assert_refused (&small, FALSE, G_FLOW_ERROR, G_FLOW_ERROR_BAD_FILE, "damaged at byte 16");

  g_remove (small.journal.path);
  small_assert_runs (&small, FALSE, NULL, "a");
  finished = journal_read (&small.journal);
  parse (finished, &content);
  g_string_append_len (last, g_bytes_get_data (finished, NULL), g_bytes_get_size (finished));
  _g_flow_journal_append (last, &content.chain, G_FLOW_JOURNAL_NODE,
                          g_variant_new_parsed ("(uint32 0, @a{sv} {})"));
  journal_write (&small.journal, (const guint8 *) last->str, last->len);
  small_assert_refused (&small, FALSE, G_FLOW_ERROR, G_FLOW_ERROR_BAD_FILE, "damaged at byte");
  _g_flow_journal_content_clear (&content);
  small_clear (&small);
}

/* Files that are no journals */

static void
test_foreign (void)
{
  const char *texts[] = { "\n", "Some text.\n", "\x89PNG\r\n\x1a\n and an image", "\x89GFLOWX" };
  g_autofree guint8 *zeros = g_malloc0 (4096);
  Small small;

  small_init (&small, "a");
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr(GBytes) after = NULL;

      journal_write (&small.journal, (const guint8 *) texts[i], strlen (texts[i]));
      small_assert_refused (&small, i % 2 == 0, G_FLOW_ERROR, G_FLOW_ERROR_BAD_FILE,
                            "a journal” cannot be used: It is not a journal of a flow");
      after = journal_read (&small.journal);
      g_assert_cmpmem (g_bytes_get_data (after, NULL), g_bytes_get_size (after), texts[i],
                       strlen (texts[i]));
    }
  journal_write (&small.journal, zeros, 4096);
  small_assert_refused (&small, FALSE, G_FLOW_ERROR, G_FLOW_ERROR_BAD_FILE, "not a journal");
  small_clear (&small);
}

static void
test_other_version (void)
{
  Small small;
  g_autoptr(GBytes) bytes = NULL;
  g_autofree guint8 *data = NULL;

  small_init (&small, "a b c d");
  bytes = small_make_journal (&small);
  data = g_memdup2 (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  data[12] = 9;
  journal_write (&small.journal, data, g_bytes_get_size (bytes));
  small_assert_refused (&small, FALSE, G_FLOW_ERROR, G_FLOW_ERROR_BAD_FILE, "in format 9");
  small_clear (&small);
}

static void
test_no_file (void)
{
  Small small;
  g_autofree char *inside = NULL;

  small_init (&small, "a");
  g_assert_cmpint (g_mkdir (small.journal.path, 0700), ==, 0);
  small_assert_refused (&small, FALSE, G_IO_ERROR, G_IO_ERROR_IS_DIRECTORY, "It cannot be opened");
  g_assert_cmpint (g_rmdir (small.journal.path), ==, 0);

  g_assert_cmpint (mkfifo (small.journal.path, 0600), ==, 0);
  small_assert_refused (&small, TRUE, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE,
                        "It is not a regular file");
  g_assert_cmpint (g_remove (small.journal.path), ==, 0);

  g_clear_object (&small.journal.file);
  inside = g_build_filename (small.journal.path, "inside", NULL);
  small.journal.file = g_file_new_for_path (inside);
  small_assert_refused (&small, FALSE, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "It cannot be opened");

  g_clear_object (&small.journal.file);
  small.journal.file = g_file_new_for_uri ("resource:///journal");
  small_assert_refused (&small, FALSE, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                        "is not a local file");
  small_assert_refused (&small, TRUE, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "is not a local file");
  small_clear (&small);
}

/* Another flow, other parameters, another run */

static void
test_changed (void)
{
  Small small;
  g_autoptr(GBytes) before = NULL;
  g_autoptr(GBytes) after = NULL;

  small_init (&small, "a b");
  small_assert_runs (&small, FALSE, "b", "a b");
  before = journal_read (&small.journal);
  g_flow_add (small.flow, "new", body_log, &small, NULL, NULL);
  small_assert_refused (&small, FALSE, G_FLOW_ERROR, G_FLOW_ERROR_TOPOLOGY, "added: “new”");
  after = journal_read (&small.journal);
  g_assert_true (g_bytes_equal (before, after));
  g_flow_remove_node (small.flow, g_flow_lookup (small.flow, "new"), NULL);
  small_assert_runs (&small, FALSE, NULL, "b");
  /* It has succeeded, so that it may change now. */
  g_flow_add (small.flow, "new", body_log, &small, NULL, NULL);
  g_flow_node_add_upstream_by_name (g_flow_lookup (small.flow, "new"), "b");
  small_assert_runs (&small, FALSE, NULL, "a b new");
  small_clear (&small);
}

static void
test_parameters (void)
{
  Small small;
  g_autoptr(GFlowRun) run = NULL;
  g_autoptr(GError) error = NULL;

  small_init (&small, "a b");
  run = new_run (small.flow, &small.journal);
  small.failing = "b";
  g_flow_run_set_parameters (run, g_variant_new_parsed ("{'day': <'monday'>}"));
  g_assert_false (execute (run, FALSE, NULL));
  small_assert_refused (&small, FALSE, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT, "“day”");

  g_clear_object (&run);
  small.failing = NULL;
  run = new_run (small.flow, &small.journal);
  g_flow_run_set_parameters (run, g_variant_new_parsed ("{'day': <'monday'>}"));
  execute (run, FALSE, &error);
  g_assert_no_error (error);
  test_assert_log (&small.log, "b");
  g_clear_object (&run);
  small_clear (&small);
}

static gboolean
body_gate (GFlowNode  *node,
           GFlowRun   *run,
           gpointer    user_data,
           GError    **error)
{
  test_gate_wait (user_data);
  return TRUE;
}

static void
test_busy (void)
{
  Small small;
  TestGate gate;
  TestResult result;
  g_autoptr(GFlow) flow = g_flow_new ();
  g_autoptr(GFlowRun) first = NULL;
  g_autoptr(GFlowRun) second = NULL;
  g_autoptr(GError) error = NULL;

  small_init (&small, "a");
  test_gate_init (&gate);
  test_result_init (&result);
  g_flow_add (flow, "gate", body_gate, &gate, NULL, NULL);
  first = new_run (flow, &small.journal);
  g_flow_run_execute (first, NULL, test_result_cb, &result);
  TEST_WAIT (test_gate_waiting (&gate) == 1);

  second = new_run (flow, &small.journal);
  g_assert_false (execute (second, FALSE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
  test_assert_contains (error->message, "Another run uses it");

  test_gate_open (&gate);
  TEST_WAIT (result.calls == 1);
  test_assert_run (first, DONE);
  test_result_clear (&result);
  g_clear_object (&first);
  g_clear_object (&second);
  test_gate_clear (&gate);
  small_clear (&small);
}

/* A body forks, and the child outlives the run with all that is open. */

static gboolean
body_fork (GFlowNode  *node,
           GFlowRun   *run,
           gpointer    user_data,
           GError    **error)
{
  const int *ends = user_data;
  const pid_t child = fork ();
  char byte;

  if (child == 0)
    {
      close (ends[1]);
      _exit (read (ends[0], &byte, 1) == 0 ? 0 : 1);
    }
  return child > 0;
}

static void
test_forked (void)
{
  Small small;
  int ends[2];
  int status;
  g_autoptr(GFlow) flow = g_flow_new ();
  g_autoptr(GFlowRun) first = NULL;
  g_autoptr(GFlowRun) second = NULL;
  g_autoptr(GError) error = NULL;

  small_init (&small, "a");
  g_assert_cmpint (pipe (ends), ==, 0);
  g_flow_add (flow, "fork", body_fork, ends, NULL, NULL);
  first = new_run (flow, &small.journal);
  g_assert_true (execute (first, FALSE, &error));
  g_assert_no_error (error);

  second = new_run (small.flow, &small.journal);
  g_assert_true (execute (second, FALSE, &error));
  g_assert_no_error (error);
  close (ends[0]);
  close (ends[1]);
  g_assert_cmpint (wait (&status), >, 0);
  g_assert_cmpint (status, ==, 0);
  g_clear_object (&first);
  g_clear_object (&second);
  small_clear (&small);
}

/* When a run has ended its journal is free, also for its own handlers. */

static void
run_again_cb (GFlowRun *run,
              Small    *small)
{
  g_autoptr(GFlowRun) again = new_run (small->flow, &small->journal);
  g_autoptr(GError) error = NULL;

  execute (again, TRUE, &error);
  g_assert_no_error (error);
}

static void
test_again_at_once (void)
{
  Small small;
  g_autoptr(GFlowRun) run = NULL;

  small_init (&small, "a b");
  run = new_run (small.flow, &small.journal);
  g_signal_connect (run, "done", G_CALLBACK (run_again_cb), &small);
  g_assert_true (execute (run, FALSE, NULL));
  test_assert_log (&small.log, "a b a b");
  g_clear_object (&run);
  small_clear (&small);
}

/* A run that was refused tells so: of the run only, as nothing of the flow has begun. */

static void
log_word_cb (gpointer    object,
             const char *word)
{
  Small *small = g_object_get_data (object, "small");

  test_log_add (&small->log, word);
}

static void
log_error_cb (gpointer      object,
              const GError *error,
              const char   *word)
{
  log_word_cb (object, word);
}

static void
flow_error_cb (GFlow *flow)
{
  g_assert_not_reached ();
}

static void
test_refused (void)
{
  Small small;
  GFlowNode *cleanup;
  g_autoptr(GFlowRun) run = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *reason = NULL;

  small_init (&small, "a b");
  cleanup = g_flow_add (small.flow, "cleanup", body_log, &small, NULL, NULL);
  g_flow_node_set_run_when (cleanup, G_FLOW_RUN_WHEN_ALL_FINISHED);
  journal_write (&small.journal, (const guint8 *) "text", 4);
  run = new_run (small.flow, &small.journal);
  g_object_set_data (G_OBJECT (run), "small", &small);
  g_signal_connect (run, "done", G_CALLBACK (log_word_cb), (gpointer) "done");
  g_signal_connect (run, "error", G_CALLBACK (log_error_cb), (gpointer) "error");
  g_signal_connect (run, "always", G_CALLBACK (log_word_cb), (gpointer) "always");
  g_signal_connect (small.flow, "started", G_CALLBACK (flow_error_cb), NULL);
  g_signal_connect (small.flow, "error", G_CALLBACK (flow_error_cb), NULL);
  g_assert_false (execute (run, FALSE, &error));
  test_assert_log (&small.log, "error always");
  test_assert_run (run, FAILED);
  test_assert_node (run, cleanup, SKIPPED);
  reason = g_flow_run_dup_node_reason (run, cleanup);
  g_assert_cmpstr (reason, ==, "The run could not be started");
  g_assert_cmpuint (g_flow_run_get_n_done (run), ==, 3);
  g_clear_object (&run);
  small_clear (&small);
}

/* A run that was restored from a variant goes on in a journal of its own. */
static void
test_restored (void)
{
  Small small;
  g_autoptr(GFlowRun) first = NULL;
  g_autoptr(GFlowRun) second = NULL;
  g_autoptr(GFlowRun) third = NULL;
  g_autoptr(GVariant) saved = NULL;
  g_autoptr(GError) error = NULL;

  small_init (&small, "a b c d");
  first = g_flow_run_new (small.flow);
  g_flow_run_set_keep_results (first, TRUE);
  small.failing = "c";
  g_assert_false (execute (first, FALSE, NULL));
  saved = g_flow_run_save (first);
  test_assert_log (&small.log, "a b c");

  second = new_run (small.flow, &small.journal);
  g_assert_true (g_flow_run_restore (second, saved, NULL));
  small.failing = "d";
  g_assert_false (execute (second, FALSE, NULL));
  test_assert_log (&small.log, "a b c c d");
  small_assert_runs (&small, FALSE, "d", "d");

  /* But not in one that has something else. */
  third = new_run (small.flow, &small.journal);
  g_assert_true (g_flow_run_restore (third, saved, NULL));
  g_assert_false (execute (third, FALSE, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT);
  test_assert_contains (error->message, "restored from another");
  g_clear_object (&first);
  g_clear_object (&second);
  g_clear_object (&third);
  small_clear (&small);
}

/* Cancelled, dropped, too late */

static void
test_cancelled (void)
{
  Small small;
  g_autoptr(GFlowRun) run = NULL;
  g_autoptr(GError) error = NULL;

  small_init (&small, "a b");
  run = new_run (small.flow, &small.journal);
  g_flow_run_cancel (run);
  g_assert_false (execute (run, FALSE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_run (run, CANCELLED);
  g_clear_object (&run);
  g_clear_error (&error);

  run = new_run (small.flow, &small.journal);
  g_flow_run_set_deadline (run, 1);
  g_assert_false (execute (run, TRUE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_clear_object (&run);
  small_assert_runs (&small, FALSE, NULL, "a b");
  small_clear (&small);
}

static void
test_dropped (void)
{
  Small small;
  gpointer watch;

  small_init (&small, "a b");
  for (guint i = 0; i < 50; i++)
    {
      watch = new_run (small.flow, &small.journal);
      g_object_add_weak_pointer (watch, &watch);
      g_flow_run_execute (watch, NULL, NULL, NULL);
      for (guint k = 0; k < i % 4; k++)
        g_main_context_iteration (NULL, FALSE);
      if (watch != NULL)
        g_object_unref (watch);
      TEST_WAIT (watch == NULL);
    }
  small_clear (&small);
}

/* It cannot be written any more: what runs ends, nothing new starts, the run fails. */
static void
test_full (gconstpointer data)
{
  const struct rlimit no_limit = { RLIM_INFINITY, RLIM_INFINITY };
  struct rlimit limit = no_limit;
  Small small;
  g_autoptr(GFlowRun) run = NULL;
  g_autoptr(GError) error = NULL;
  struct stat status;

  small_init (&small, "a b c d e f");
  for (guint i = 0; i < 6; i++)
    {
      g_autoptr(GFlowNode) node = g_list_model_get_item (G_LIST_MODEL (small.flow), i);

      g_flow_node_set_placement (node, GPOINTER_TO_INT (data));
    }
  small_assert_runs (&small, FALSE, "a", "a");
  g_assert_cmpint (g_stat (small.journal.path, &status), ==, 0);
  limit.rlim_cur = status.st_size + 100;
  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  run = new_run (small.flow, &small.journal);
  small.failing = NULL;
  execute (run, FALSE, &error);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &no_limit), ==, 0);
  g_assert_nonnull (error);
  test_assert_contains (error->message, "a journal” has failed: It cannot be written");
  test_assert_run (run, FAILED);
  g_assert_cmpuint (test_log_length (&small.log), <, 6);
  g_clear_object (&run);

  /* And goes on, when it can. */
  small_assert_runs (&small, FALSE, "f", "c d e f");
  small_clear (&small);
}

/* A large result, which is written in pieces by the system if it likes. */
static gboolean
body_large (GFlowNode  *node,
            GFlowRun   *run,
            gpointer    user_data,
            GError    **error)
{
  const gsize size = 5000000;
  guint8 *data = g_malloc (size);

  *(guint *) user_data += 1;
  for (gsize i = 0; i < size; i++)
    data[i] = (guint8) (i * 7);
  g_flow_run_set_result_variant (run, node, g_variant_new_from_data (G_VARIANT_TYPE_BYTESTRING, data,
                                                                     size, TRUE, g_free, data));
  return TRUE;
}

static gboolean
body_check_large (GFlowNode  *node,
                  GFlowRun   *run,
                  gpointer    user_data,
                  GError    **error)
{
  GFlow *flow = g_flow_node_get_flow (node);
  g_autoptr(GVariant) result = g_flow_run_dup_result_variant (run, g_flow_lookup (flow, "large"));
  const guint8 *data = g_variant_get_data (result);

  g_assert_cmpuint (g_variant_get_size (result), ==, 5000000);
  for (gsize i = 0; i < 5000000; i++)
    g_assert_true (data[i] == (guint8) (i * 7));
  if (*(gboolean *) user_data)
    return TRUE;

  *(gboolean *) user_data = TRUE;
  g_set_error_literal (error, G_FLOW_ERROR, G_FLOW_ERROR_FAILED, "not yet");
  return FALSE;
}

static void
test_large (void)
{
  Journal journal;
  g_autoptr(GFlow) flow = g_flow_new ();
  gboolean again = FALSE;
  guint n_runs = 0;

  journal_init (&journal);
  g_flow_add (flow, "large", body_large, &n_runs, NULL, NULL);
  g_flow_add (flow, "check", body_check_large, &again, NULL, NULL);
  g_flow_node_add_upstream_by_name (g_flow_lookup (flow, "check"), "large");
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr(GFlowRun) run = new_run (flow, &journal);

      g_assert_cmpint (execute (run, TRUE, NULL), ==, i == 1);
    }
  g_assert_cmpuint (n_runs, ==, 1);
  journal_clear (&journal);
}

/* Many nodes at once, in the context and elsewhere, and workers that write together. */
static void
test_many (void)
{
  const guint n = test_is_slow () ? 1000 : 10000;
  Journal journal;
  g_autoptr(GFlow) flow = g_flow_new ();
  g_autoptr(GFlowRun) run = NULL;
  g_autoptr(GBytes) bytes = NULL;
  GFlowJournalContent content;

  journal_init (&journal);
  g_flow_set_max_threads (flow, 4);
  for (guint i = 0; i < n; i++)
    {
      GFlowNode *node = g_flow_add (flow, NULL, test_body_nothing, NULL, NULL, NULL);

      if (i % 2 == 1)
        g_flow_node_set_placement (node, G_FLOW_PLACEMENT_CONTEXT);
    }
  run = new_run (flow, &journal);
  g_assert_true (execute (run, FALSE, NULL));
  bytes = journal_read (&journal);
  parse (bytes, &content);
  g_assert_true (content.complete);
  for (guint i = 0; i < n; i++)
    g_assert_nonnull (content.outcomes->pdata[i]);
  _g_flow_journal_content_clear (&content);
  journal_clear (&journal);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/journal/property", test_property);
  g_test_add_data_func ("/journal/go-on/async", GINT_TO_POINTER (FALSE), test_go_on);
  g_test_add_data_func ("/journal/go-on/sync", GINT_TO_POINTER (TRUE), test_go_on);
  g_test_add_func ("/journal/results", test_results);
  g_test_add_func ("/journal/complete", test_complete);
  g_test_add_func ("/journal/empty-flow", test_empty_flow);
  g_test_add_func ("/journal/random", test_random);
  g_test_add_func ("/journal/written-first", test_written_first);
  g_test_add_data_func ("/journal/skipped/worker", GINT_TO_POINTER (G_FLOW_PLACEMENT_WORKER),
                        test_skipped);
  g_test_add_data_func ("/journal/skipped/context", GINT_TO_POINTER (G_FLOW_PLACEMENT_CONTEXT),
                        test_skipped);
  g_test_add_data_func ("/journal/parts/worker", GINT_TO_POINTER (G_FLOW_PLACEMENT_WORKER),
                        test_parts);
  g_test_add_data_func ("/journal/parts/context", GINT_TO_POINTER (G_FLOW_PLACEMENT_CONTEXT),
                        test_parts);
  g_test_add_data_func ("/journal/items/worker", GINT_TO_POINTER (ITEM_WORKER), test_items);
  g_test_add_data_func ("/journal/items/context", GINT_TO_POINTER (ITEM_CONTEXT), test_items);
  g_test_add_data_func ("/journal/items/task", GINT_TO_POINTER (ITEM_TASK), test_items);
  g_test_add_func ("/journal/other-items", test_other_items);
  g_test_add_func ("/journal/items-after-failure", test_items_after_failure);
  g_test_add_func ("/journal/forgotten", test_forgotten);
  g_test_add_func ("/journal/torn", test_torn);
  g_test_add_func ("/journal/zeros", test_zeros);
  g_test_add_func ("/journal/damaged", test_damaged);
  g_test_add_func ("/journal/rearranged", test_rearranged);
  g_test_add_func ("/journal/nonsense", test_nonsense);
  g_test_add_func ("/journal/wrong-order", test_wrong_order);
  g_test_add_func ("/journal/foreign", test_foreign);
  g_test_add_func ("/journal/other-version", test_other_version);
  g_test_add_func ("/journal/no-file", test_no_file);
  g_test_add_func ("/journal/changed", test_changed);
  g_test_add_func ("/journal/parameters", test_parameters);
  g_test_add_func ("/journal/busy", test_busy);
  g_test_add_func ("/journal/forked", test_forked);
  g_test_add_func ("/journal/again-at-once", test_again_at_once);
  g_test_add_func ("/journal/refused", test_refused);
  g_test_add_func ("/journal/restored", test_restored);
  g_test_add_func ("/journal/cancelled", test_cancelled);
  g_test_add_func ("/journal/dropped", test_dropped);
  g_test_add_data_func ("/journal/full/worker", GINT_TO_POINTER (G_FLOW_PLACEMENT_WORKER),
                        test_full);
  g_test_add_data_func ("/journal/full/context", GINT_TO_POINTER (G_FLOW_PLACEMENT_CONTEXT),
                        test_full);
  g_test_add_func ("/journal/large", test_large);
  g_test_add_func ("/journal/many", test_many);

  return g_test_run ();
}
