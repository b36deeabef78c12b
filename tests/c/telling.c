/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* When a run tells what: one that is refused, one that is waited for, handlers that come back. */

#include "test-util.h"

/* A run that is refused */

typedef struct
{
  TestLog       log;
  GMainContext *context; /* (unowned) */
} Refusal;

static void
refusal_note (Refusal    *self,
              GFlowRun   *run,
              const char *word)
{
  test_assert_context (self->context);
  test_assert_run (run, FAILED);
  g_assert_error (g_flow_run_get_error (run), G_FLOW_ERROR, G_FLOW_ERROR_UNKNOWN_NODE);
  test_log_add (&self->log, word);
}

static void
notify_cb (GObject    *object,
           GParamSpec *pspec,
           Refusal    *refusal)
{
  refusal_note (refusal, G_FLOW_RUN (object), pspec->name);
}

static void
run_done_cb (GFlowRun *run,
             Refusal  *refusal)
{
  g_assert_not_reached ();
}

static void
run_error_cb (GFlowRun *run,
              GError   *error,
              Refusal  *refusal)
{
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_UNKNOWN_NODE);
  refusal_note (refusal, run, "run::error");
}

static void
run_always_cb (GFlowRun *run,
               Refusal  *refusal)
{
  refusal_note (refusal, run, "run::always");
}

static void
forbidden_cb (void)
{
  g_assert_not_reached ();
}

static GFlowRun *
make_refused (Refusal *refusal)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  GFlowNode *node = g_flow_add (flow, "bad", test_body_nothing, NULL, NULL, NULL);
  const char * const signals[] = { "started", "done", "error", "always" };
  GFlowRun *run;

  test_log_init (&refusal->log);
  refusal->context = test_context ();
  g_flow_node_add_upstream_by_name (node, "nobody");
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    {
      g_signal_connect (flow, signals[i], G_CALLBACK (forbidden_cb), NULL);
      g_signal_connect (node, signals[i], G_CALLBACK (forbidden_cb), NULL);
    }
  run = g_flow_run_new (flow);
  g_signal_connect (run, "notify::state", G_CALLBACK (notify_cb), refusal);
  g_signal_connect (run, "notify::error", G_CALLBACK (notify_cb), refusal);
  g_signal_connect (run, "done", G_CALLBACK (run_done_cb), refusal);
  g_signal_connect (run, "error", G_CALLBACK (run_error_cb), refusal);
  g_signal_connect (run, "always", G_CALLBACK (run_always_cb), refusal);

  return run;
}

static void
assert_told_once (TestLog *log)
{
  g_assert_cmpuint (test_log_length (log), ==, 4);
  test_assert_before (log, "state", "run::error");
  test_assert_before (log, "error", "run::error");
  test_assert_before (log, "run::error", "run::always");
}

static void
refuse (void)
{
  Refusal refusal;
  g_autoptr (GFlowRun) run = make_refused (&refusal);
  g_autoptr (GError) error = NULL;
  TestResult result;

  test_result_init (&result);
  g_flow_run_execute (run, NULL, test_result_cb, &result);

  /* Nothing is called before the function has returned. */
  g_assert_cmpuint (test_log_length (&refusal.log), ==, 0);
  g_assert_cmpuint (result.calls, ==, 0);

  TEST_WAIT (result.calls > 0 && test_log_count (&refusal.log, "run::always") > 0);
  g_assert_false (g_flow_run_execute_finish (run, result.result, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_UNKNOWN_NODE);
  test_settle (5);
  assert_told_once (&refusal.log);

  test_result_clear (&result);
  g_assert_finalize_object (g_steal_pointer (&run));
  test_log_clear (&refusal.log);
}

static void
test_refused (void)
{
  g_test_summary ("A run of a bad graph is refused: its signals come later, in the context, and "
                  "those of the flow and its nodes not at all");
  refuse ();
}

static gpointer
refuse_thread (gpointer user_data)
{
  refuse ();
  g_atomic_int_set ((int *) user_data, TRUE);

  return NULL;
}

static void
test_refused_in_thread (void)
{
  int ended = FALSE;
  GThread *thread;

  g_test_summary ("As above, in a thread with its own context");
  thread = test_thread_new ("refuse", refuse_thread, &ended);
  TEST_WAIT (g_atomic_int_get (&ended));
  g_thread_join (thread);
}

static void
test_refused_and_dropped (void)
{
  Refusal refusal;
  GFlowRun *run = make_refused (&refusal);
  TestResult result;

  g_test_summary ("A run that is refused and dropped at once tells all the same, and goes then");
  test_result_init (&result);
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  g_object_add_weak_pointer (G_OBJECT (run), (gpointer *) &run);
  g_object_unref (run);
  TEST_WAIT (result.calls > 0 && test_log_count (&refusal.log, "run::always") > 0);
  assert_told_once (&refusal.log);
  test_result_clear (&result);
  TEST_WAIT (run == NULL);
  test_log_clear (&refusal.log);
}

static void
test_refused_sync (void)
{
  Refusal refusal;
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("Who waits for a run that is refused has been told all when the call returns");
  g_assert_null (g_main_context_get_thread_default ());
  g_assert_true (g_main_context_acquire (test_context ()));
  run = make_refused (&refusal);
  g_assert_false (g_flow_run_execute_sync (run, NULL, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_UNKNOWN_NODE);
  assert_told_once (&refusal.log);
  g_main_context_release (test_context ());
  g_assert_finalize_object (g_steal_pointer (&run));
  test_log_clear (&refusal.log);
}

static void
test_second_execute_tells_nothing (void)
{
  Refusal refusal;
  g_autoptr (GFlowRun) run = make_refused (&refusal);
  g_autoptr (GError) error = NULL;

  g_test_summary ("Executing it again is an error, of which the run tells nothing");
  g_assert_false (test_run_execute (run, NULL, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_UNKNOWN_NODE);
  g_clear_error (&error);
  TEST_WAIT (test_log_count (&refusal.log, "run::always") > 0);
  g_assert_false (test_run_execute (run, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
  test_settle (5);
  assert_told_once (&refusal.log);
  test_log_clear (&refusal.log);
}

/* A run that is waited for */

static void
open_gate_cb (GFlowNode *node,
              GFlowRun  *run,
              TestGate  *gate)
{
  test_gate_open (gate);
}

static void
test_signals_while_it_runs (gconstpointer data)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  GFlowNode *first;
  TestGate gate;

  g_test_summary ("The second node waits for a signal of the first: the thread that waits for the "
                  "run is free to emit it");
  test_gate_init (&gate);
  g_flow_set_max_threads (flow, 1);
  first = g_flow_add (flow, "first", test_body_nothing, NULL, NULL, NULL);
  g_flow_node_add_upstream (g_flow_add (flow, "second", test_body_gate, &gate, NULL, NULL),
                            first);
  g_signal_connect (first, data, G_CALLBACK (open_gate_cb), &gate);

  run = g_flow_execute_sync (flow, NULL, &error);
  g_assert_no_error (error);
  test_assert_run (run, DONE);
  test_gate_clear (&gate);
}

static void
cancel_run_cb (GFlowNode *node,
               GFlowRun  *run,
               gpointer   user_data)
{
  g_flow_run_cancel (run);
}

static gboolean
body_wait_for_cancel (GFlowNode  *node,
                      GFlowRun   *run,
                      gpointer    user_data,
                      GError    **error)
{
  GCancellable *cancellable = g_flow_run_get_node_cancellable (run, node);
  GPollFD fd;
  gboolean has_fd = g_cancellable_make_pollfd (cancellable, &fd);

  g_assert_true (has_fd);
  g_poll (&fd, 1, (int) (test_time_limit () / 1000));
  g_cancellable_release_fd (cancellable);

  return !g_cancellable_set_error_if_cancelled (cancellable, error);
}

static void
test_handler_cancels_while_it_runs (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GError) error = NULL;
  GFlowNode *first;

  g_test_summary ("A handler cancels the run that its thread waits for");
  g_flow_set_max_threads (flow, 1);
  first = g_flow_add (flow, "first", test_body_nothing, NULL, NULL, NULL);
  g_flow_node_add_upstream (g_flow_add (flow, "second", body_wait_for_cancel, NULL, NULL, NULL),
                            first);
  g_signal_connect (first, "done", G_CALLBACK (cancel_run_cb), NULL);

  g_assert_null (g_flow_execute_sync (flow, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* Handlers that come back */

static void
count_cb (GFlowNode *node,
          GFlowRun  *run,
          guint     *count)
{
  *count += 1;
}

static void
test_handler_is_unblocked (gconstpointer data)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  GFlowNode *node = NULL;
  gulong handler;
  guint count = 0;

  g_test_summary ("A handler that was blocked during one run is called in the next");
  for (guint i = 0; i < 20; i++)
    node = g_flow_add (flow, NULL, test_body_nothing, NULL, NULL, NULL);
  handler = g_signal_connect (node, data, G_CALLBACK (count_cb), &count);

  g_signal_handler_block (node, handler);
  g_object_unref (test_execute_well (flow));
  g_assert_cmpuint (count, ==, 0);
  g_signal_handler_unblock (node, handler);
  g_object_unref (test_execute_well (flow));
  g_assert_cmpuint (count, ==, 1);
  g_signal_handler_block (node, handler);
  g_object_unref (test_execute_well (flow));
  g_assert_cmpuint (count, ==, 1);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/telling/refused/later", test_refused);
  g_test_add_func ("/telling/refused/in-thread", test_refused_in_thread);
  g_test_add_func ("/telling/refused/dropped", test_refused_and_dropped);
  g_test_add_func ("/telling/refused/sync", test_refused_sync);
  g_test_add_func ("/telling/refused/again", test_second_execute_tells_nothing);
  g_test_add_data_func ("/telling/waited-for/started", "started", test_signals_while_it_runs);
  g_test_add_data_func ("/telling/waited-for/done", "done", test_signals_while_it_runs);
  g_test_add_data_func ("/telling/waited-for/always", "always", test_signals_while_it_runs);
  g_test_add_func ("/telling/waited-for/cancelled", test_handler_cancels_while_it_runs);
  g_test_add_data_func ("/telling/unblocked/started", "started", test_handler_is_unblocked);
  g_test_add_data_func ("/telling/unblocked/done", "done", test_handler_is_unblocked);
  g_test_add_data_func ("/telling/unblocked/always", "always", test_handler_is_unblocked);

  return g_test_run ();
}
