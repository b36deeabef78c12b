/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Runs that do not go on from the journal that they are given. */

#include "resume-small.h"

#include <sys/wait.h>
#include <unistd.h>

static void
test_changed (void)
{
  Small small;
  g_autoptr(GBytes) before = NULL;
  g_autoptr(GBytes) after = NULL;

  small_init_chain (&small, "a b");
  small_assert_runs (&small, FALSE, "b", "a b");
  before = journal_read (&small.journal);
  g_flow_add (small.flow, "new", small_body, &small, NULL, NULL);
  small_assert_refused (&small, FALSE, G_FLOW_ERROR, G_FLOW_ERROR_TOPOLOGY, "added: “new”");
  after = journal_read (&small.journal);
  g_assert_true (g_bytes_equal (before, after));
  g_flow_remove_node (small.flow, g_flow_lookup (small.flow, "new"), NULL);
  small_assert_runs (&small, FALSE, NULL, "b");
  /* It has succeeded, so that it may change now. */
  g_flow_add (small.flow, "new", small_body, &small, NULL, NULL);
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

  small_init_chain (&small, "a b");
  run = journal_new_run (small.flow, &small.journal);
  small.failing = "b";
  g_flow_run_set_parameters (run, g_variant_new_parsed ("{'day': <'monday'>}"));
  g_assert_false (journal_execute (run, FALSE, NULL));
  small_assert_refused (&small, FALSE, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT, "“day”");

  g_clear_object (&run);
  small.failing = NULL;
  run = journal_new_run (small.flow, &small.journal);
  g_flow_run_set_parameters (run, g_variant_new_parsed ("{'day': <'monday'>}"));
  journal_execute (run, FALSE, &error);
  g_assert_no_error (error);
  test_assert_log (&small.log, "b");
  g_clear_object (&run);
  small_clear (&small);
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

  small_init_chain (&small, "a");
  test_gate_init (&gate);
  test_result_init (&result);
  g_flow_add (flow, "gate", test_body_gate, &gate, NULL, NULL);
  first = journal_new_run (flow, &small.journal);
  g_flow_run_execute (first, NULL, test_result_cb, &result);
  TEST_WAIT (test_gate_waiting (&gate) == 1);

  second = journal_new_run (flow, &small.journal);
  g_assert_false (journal_execute (second, FALSE, &error));
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

  small_init_chain (&small, "a");
  g_assert_cmpint (pipe (ends), ==, 0);
  g_flow_add (flow, "fork", body_fork, ends, NULL, NULL);
  first = journal_new_run (flow, &small.journal);
  g_assert_true (journal_execute (first, FALSE, &error));
  g_assert_no_error (error);

  second = journal_new_run (small.flow, &small.journal);
  g_assert_true (journal_execute (second, FALSE, &error));
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
  g_autoptr(GFlowRun) again = journal_new_run (small->flow, &small->journal);
  g_autoptr(GError) error = NULL;

  journal_execute (again, TRUE, &error);
  g_assert_no_error (error);
}

static void
test_again_at_once (void)
{
  Small small;
  g_autoptr(GFlowRun) run = NULL;

  small_init_chain (&small, "a b");
  run = journal_new_run (small.flow, &small.journal);
  g_signal_connect (run, "done", G_CALLBACK (run_again_cb), &small);
  g_assert_true (journal_execute (run, FALSE, NULL));
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

  small_init_chain (&small, "a b");
  cleanup = g_flow_add (small.flow, "cleanup", small_body, &small, NULL, NULL);
  g_flow_node_set_run_when (cleanup, G_FLOW_RUN_WHEN_ALL_FINISHED);
  journal_write (&small.journal, (const guint8 *) "text", 4);
  run = journal_new_run (small.flow, &small.journal);
  g_object_set_data (G_OBJECT (run), "small", &small);
  g_signal_connect (run, "done", G_CALLBACK (log_word_cb), (gpointer) "done");
  g_signal_connect (run, "error", G_CALLBACK (log_error_cb), (gpointer) "error");
  g_signal_connect (run, "always", G_CALLBACK (log_word_cb), (gpointer) "always");
  g_signal_connect (small.flow, "started", G_CALLBACK (flow_error_cb), NULL);
  g_signal_connect (small.flow, "error", G_CALLBACK (flow_error_cb), NULL);
  g_assert_false (journal_execute (run, FALSE, &error));
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

  small_init_chain (&small, "a b c d");
  first = g_flow_run_new (small.flow);
  g_flow_run_set_keep_results (first, TRUE);
  small.failing = "c";
  g_assert_false (journal_execute (first, FALSE, NULL));
  saved = g_flow_run_save (first);
  test_assert_log (&small.log, "a b c");

  second = journal_new_run (small.flow, &small.journal);
  g_assert_true (g_flow_run_restore (second, saved, NULL));
  small.failing = "d";
  g_assert_false (journal_execute (second, FALSE, NULL));
  test_assert_log (&small.log, "a b c c d");
  small_assert_runs (&small, FALSE, "d", "d");

  /* But not in one that has something else. */
  third = journal_new_run (small.flow, &small.journal);
  g_assert_true (g_flow_run_restore (third, saved, NULL));
  g_assert_false (journal_execute (third, FALSE, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT);
  test_assert_contains (error->message, "restored from another");
  g_clear_object (&first);
  g_clear_object (&second);
  g_clear_object (&third);
  small_clear (&small);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/journal/changed", test_changed);
  g_test_add_func ("/journal/parameters", test_parameters);
  g_test_add_func ("/journal/busy", test_busy);
  g_test_add_func ("/journal/forked", test_forked);
  g_test_add_func ("/journal/again-at-once", test_again_at_once);
  g_test_add_func ("/journal/refused", test_refused);
  g_test_add_func ("/journal/restored", test_restored);

  return g_test_run ();
}
