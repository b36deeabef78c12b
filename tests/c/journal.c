/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Journals: what is in the file when the process is gone, and runs that go on from there. */

#include "resume-graph.h"
#include "resume-small.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

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

  small_init_chain (&small, "a");
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

  small_init_chain (&small, "a b c d e");
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

  small_init_chain (&small, "a b c");
  small_assert_runs (&small, FALSE, "c", "a b c");
  small.failing = NULL;
  run = journal_new_run (small.flow, &small.journal);
  g_flow_run_set_keep_results (run, TRUE);
  g_assert_true (journal_execute (run, FALSE, NULL));
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

  small_init_chain (&small, "a b c");
  small_assert_runs (&small, FALSE, "c", "a b c");
  unfinished = journal_read (&small.journal);
  journal_parse (unfinished, &content);
  g_assert_false (content.complete);
  g_assert_cmpuint (g_variant_n_children (content.picture), ==, 3);
  g_assert_nonnull (content.outcomes->pdata[0]);
  g_assert_nonnull (content.outcomes->pdata[1]);
  g_assert_null (content.outcomes->pdata[2]);
  _g_flow_journal_content_clear (&content);

  small_assert_runs (&small, FALSE, NULL, "c");
  finished = journal_read (&small.journal);
  journal_parse (finished, &content);
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
  const guint64 seed = test_seed ();
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
          g_autoptr(GFlowRun) run = journal_new_run (again->flow, &journal);

          for (guint k = 0; k < n_nodes; k++)
            again->nodes[k].fails = g_rand_double (random) < 0.3 / (1 + round);
          if (round % 4 == 1)
            g_flow_set_on_error (again->flow, G_FLOW_ON_ERROR_FINISH_RUNNING);
          succeeded = journal_execute (run, g_rand_boolean (random), NULL);
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

  journal_parse (bytes, &content);
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

  small_init_chain (&small, "start");
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
      g_autoptr(GFlowRun) run = journal_new_run (small.flow, &small.journal);

      test_log_clear (&small.log);
      test_log_init (&small.log);
      g_assert_true (journal_execute (run, i % 2 == 0, NULL));
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

  small_init_chain (&small, "a after last");
  handler = g_flow_add (small.flow, "handler", small_body, &small, NULL, NULL);
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
  g_flow_add (flow, "inner", small_body, self, NULL, NULL);
  g_flow_add (flow, "inner2", small_body, self, NULL, NULL);
  g_flow_node_add_upstream_by_name (g_flow_lookup (flow, "inner2"), "inner");
  g_flow_run_spawn (run, node, flow);
  return TRUE;
}

static void
test_parts (gconstpointer data)
{
  Small small;
  GFlowNode *twice, *spawn;

  small_init_chain (&small, "a last");
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

/* Cancelled, dropped, too late */

static void
test_cancelled (void)
{
  Small small;
  g_autoptr(GFlowRun) run = NULL;
  g_autoptr(GError) error = NULL;

  small_init_chain (&small, "a b");
  run = journal_new_run (small.flow, &small.journal);
  g_flow_run_cancel (run);
  g_assert_false (journal_execute (run, FALSE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_run (run, CANCELLED);
  g_clear_object (&run);
  g_clear_error (&error);

  run = journal_new_run (small.flow, &small.journal);
  g_flow_run_set_deadline (run, 1);
  g_assert_false (journal_execute (run, TRUE, &error));
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

  small_init_chain (&small, "a b");
  for (guint i = 0; i < 50; i++)
    {
      watch = journal_new_run (small.flow, &small.journal);
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

  small_init_chain (&small, "a b c d e f");
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
  run = journal_new_run (small.flow, &small.journal);
  small.failing = NULL;
  journal_execute (run, FALSE, &error);
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
      g_autoptr(GFlowRun) run = journal_new_run (flow, &journal);

      g_assert_cmpint (journal_execute (run, TRUE, NULL), ==, i == 1);
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
  run = journal_new_run (flow, &journal);
  g_assert_true (journal_execute (run, FALSE, NULL));
  bytes = journal_read (&journal);
  journal_parse (bytes, &content);
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
