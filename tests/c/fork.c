/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Processes that run flows, and fork: their children can run flows, too. */

#include "test-bench.h"

#include <sys/wait.h>
#include <unistd.h>

/* A child that does not end in that time is killed. */
#define CHILD_SECONDS 30

/* Nodes with a timeout: the caller does not work itself. */
static GFlow *
new_flow (int   *count,
          guint  n)
{
  GFlow *flow = g_flow_new ();

  for (guint i = 0; i < n; i++)
    g_flow_node_set_timeout (g_flow_add (flow, NULL, test_body_count, count, NULL, NULL), 60 * 1000);
  return flow;
}

static void
run_sync (GFlow *flow)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GFlowRun) run = g_flow_execute_sync (flow, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (run);
}

/* With a flow that was there before, and with a new one. */
static void
run_in_child (GFlow *flow,
              int   *count)
{
  int own_count = 0;
  g_autoptr (GFlow) own = new_flow (&own_count, 100);

  *count = 0;
  for (guint i = 0; i < 10; i++)
    {
      run_sync (own);
      run_sync (flow);
    }
  g_assert_cmpint (own_count, ==, 1000);
  g_assert_cmpint (*count, ==, 10 * (int) g_list_model_get_n_items (G_LIST_MODEL (flow)));
}

/* In the child; it has a child, too. */
static G_GNUC_NORETURN void
be_child (GFlow *flow,
          int   *count,
          guint  depth)
{
  alarm (CHILD_SECONDS);
  run_in_child (flow, count);
  if (depth > 0)
    {
      const pid_t child = fork ();
      int status;

      if (child == 0)
        be_child (flow, count, depth - 1);
      g_assert_cmpint (waitpid (child, &status, 0), ==, child);
      g_assert_cmpint (status, ==, 0);
      run_in_child (flow, count);
    }
  _exit (0);
}

static void
fork_and_wait (GFlow *flow,
               int   *count)
{
  const pid_t child = fork ();
  int status;

  if (child == 0)
    be_child (flow, count, 1);
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_cmpint (status, ==, 0);
}

/* ThreadSanitizer has no threads in children. */
static gboolean
is_possible (void)
{
#ifdef __SANITIZE_THREAD__
  g_test_skip ("not with this sanitizer");
  return FALSE;
#else
  return TRUE;
#endif
}

static void
do_nothing (GTask        *task,
            gpointer      source_object,
            gpointer      task_data,
            GCancellable *cancellable)
{
  g_task_return_boolean (task, TRUE);
}

static void
test_before (void)
{
  int count = 0;
  g_autoptr (GFlow) flow = NULL;
  g_autoptr (GTask) task = NULL;

  g_test_summary ("No flow has run before, but tasks have: the threads of GLib wait for more");
  if (!is_possible ())
    return;
  task = g_task_new (NULL, NULL, NULL, NULL);
  g_task_run_in_thread (task, do_nothing);
  TEST_WAIT (g_thread_pool_get_num_unused_threads () > 0);
  flow = new_flow (&count, 100);
  fork_and_wait (flow, &count);
}

static void
test_after (void)
{
  int count = 0;
  g_autoptr (GFlow) flow = new_flow (&count, 100);

  g_test_summary ("Flows have run before; their threads wait for more, or have gone");
  if (!is_possible ())
    return;
  run_sync (flow);
  for (guint i = 0; i < 5; i++)
    {
      fork_and_wait (flow, &count);
      run_sync (flow);
    }
}

static gboolean
body_fork (GFlowNode  *node,
           GFlowRun   *run,
           gpointer    user_data,
           GError    **error)
{
  int count = 0;
  g_autoptr (GFlow) flow = new_flow (&count, 10);

  fork_and_wait (flow, &count);
  return TRUE;
}

static void
test_in_body (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();

  g_test_summary ("A body forks, which is the only one that runs: GLib has locks that others may hold");
  if (!is_possible ())
    return;
  g_flow_set_max_threads (flow, 1);
  for (guint i = 0; i < 4; i++)
    g_flow_add (flow, NULL, body_fork, NULL, NULL, NULL);
  run_sync (flow);
}

static void
test_meanwhile (void)
{
  int count = 0;
  g_autoptr (GFlow) flow = new_flow (&count, 100);
  g_autoptr (GFlow) busy = NULL;
  g_autoptr (GFlowRun) run = NULL;
  TestBench bench;
  TestGate gate;
  TestResult result;

  g_test_summary ("The same flow runs, and other nodes wait for a thread: not in the child");
  if (!is_possible ())
    return;
  test_bench_init (&bench);
  test_gate_init (&gate);
  test_result_init (&result);
  busy = g_flow_new ();
  g_flow_set_max_threads (busy, 2);
  for (guint i = 0; i < 10; i++)
    {
      TestJob *job;

      test_add_sync (&bench, busy, NULL, &job);
      job->gate = &gate;
    }
  run = g_flow_run_new (busy);
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  TEST_WAIT (test_gate_waiting (&gate) == 2);
  fork_and_wait (flow, &count);
  test_gate_open (&gate);
  TEST_WAIT (result.calls > 0);
  test_assert_run (run, DONE);
  test_result_clear (&result);
  g_clear_object (&run);
  g_clear_object (&busy);
  test_gate_clear (&gate);
  test_bench_clear (&bench);
}

static gboolean
keep_cb (GFlowRun      *run,
         GFlowQuestion *question,
         GPtrArray     *questions)
{
  g_ptr_array_add (questions, g_object_ref (question));
  return TRUE;
}

static gboolean
body_ask_or_count (GFlowNode  *node,
                   GFlowRun   *run,
                   gpointer    count,
                   GError    **error)
{
  g_autoptr (GFlowQuestion) question = g_flow_question_new ("Well?", NULL,
                                                            g_variant_new_boolean (TRUE));
  g_autoptr (GVariant) answer = g_flow_run_ask_question_sync (run, node, question, error);

  return answer != NULL && test_body_count (node, run, count, error);
}

static void
test_asked (void)
{
  int count = 0, n = 10;
  g_autoptr (GFlow) flow = NULL;
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GPtrArray) questions = g_ptr_array_new_with_free_func (g_object_unref);
  TestResult result;

  g_test_summary ("Bodies wait for answers, whose places others have: not in the child");
  if (!is_possible ())
    return;
  test_result_init (&result);
  flow = g_flow_new ();
  g_flow_set_max_threads (flow, 2);
  for (int i = 0; i < n; i++)
    g_flow_add (flow, NULL, body_ask_or_count, &count, NULL, NULL);
  run = g_flow_run_new (flow);
  g_signal_connect (run, "ask", G_CALLBACK (keep_cb), questions);
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  TEST_WAIT (questions->len == (guint) n);
  fork_and_wait (flow, &count);
  for (guint i = 0; i < questions->len; i++)
    g_flow_question_answer (questions->pdata[i], g_variant_new_boolean (TRUE));
  TEST_WAIT (result.calls > 0);
  test_assert_run (run, DONE);
  g_assert_cmpint (g_atomic_int_get (&count), ==, n);
  test_result_clear (&result);
}

static gboolean
answer_cb (gpointer question)
{
  g_flow_question_answer (question, g_variant_new_boolean (TRUE));
  return G_SOURCE_REMOVE;
}

/* Later than places are lent. */
static gboolean
answer_later_cb (GFlowRun      *run,
                 GFlowQuestion *question,
                 gpointer       unused)
{
  g_autoptr (GSource) source = g_timeout_source_new (30);

  g_source_set_callback (source, answer_cb, g_object_ref (question), g_object_unref);
  g_source_attach (source, g_main_context_get_thread_default ());
  return TRUE;
}

static gboolean
body_meet (GFlowNode  *node,
           GFlowRun   *run,
           gpointer    user_data,
           GError    **error)
{
  int *n_there = user_data;

  g_atomic_int_inc (n_there);
  while (g_atomic_int_get (n_there) < 3)
    g_thread_yield ();
  return TRUE;
}

/* Whether as many threads come as the flow may have. */
static void
run_together (void)
{
  int n_there = 0;
  g_autoptr (GFlow) flow = g_flow_new ();

  g_flow_set_max_threads (flow, 3);
  for (guint i = 0; i < 3; i++)
    g_flow_node_set_timeout (g_flow_add (flow, NULL, body_meet, &n_there, NULL, NULL), 60 * 1000);
  run_sync (flow);
}

static void
run_that_asks (void)
{
  int count = 0;
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;

  g_flow_add (flow, NULL, body_ask_or_count, &count, NULL, NULL);
  run = g_flow_run_new (flow);
  g_signal_connect (run, "ask", G_CALLBACK (answer_later_cb), NULL);
  g_flow_run_execute_sync (run, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (count, ==, 1);
}

static gboolean
body_fork_and_ask (GFlowNode  *node,
                   GFlowRun   *run,
                   gpointer    user_data,
                   GError    **error)
{
  const pid_t child = fork ();
  int status;

  if (child == 0)
    {
      alarm (CHILD_SECONDS);
      run_that_asks ();
      run_together ();
      _exit (0);
    }
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_cmpint (status, ==, 0);
  return TRUE;
}

static void
test_lent_in_body (void)
{
  g_autoptr (GFlow) flow = NULL;

  g_test_summary ("A worker forks, and lends its place in the child, where it is not counted");
  if (!is_possible ())
    return;
  flow = g_flow_new ();
  g_flow_node_set_timeout (g_flow_add (flow, NULL, body_fork_and_ask, NULL, NULL, NULL), 60 * 1000);
  run_sync (flow);
}

static G_GNUC_NORETURN void
be_child_with_lock (GFlowRun  *run,
                    GFlowLock *lock,
                    int       *count)
{
  int other_count = 0;
  g_autoptr (GFlow) other = new_flow (&other_count, 100);

  alarm (CHILD_SECONDS);
  g_flow_lock_release (lock);
  run_in_child (other, &other_count);
  g_flow_run_cancel (run);
  run_in_child (other, &other_count);
  g_assert_cmpint (g_atomic_int_get (count), ==, 0);
  _exit (0);
}

static void
test_from_before (void)
{
  int count = 0;
  g_autoptr (GFlow) flow = new_flow (&count, 1);
  g_autoptr (GFlowLock) lock = g_flow_lock_new ();
  g_autoptr (GFlowRun) run = g_flow_run_new (flow);
  g_autoptr (GFlowNode) node = g_list_model_get_item (G_LIST_MODEL (flow), 0);
  TestResult result;
  pid_t child;
  int status;

  g_test_summary ("What waits for a lock when the process is made does not get it there");
  if (!is_possible ())
    return;
  test_result_init (&result);
  run_sync (flow);
  count = 0;
  g_flow_node_add_lock (node, lock);
  g_assert_true (g_flow_lock_try_acquire (lock));
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  TEST_WAIT (g_flow_lock_get_waiting (lock) == 1);
  child = fork ();
  if (child == 0)
    be_child_with_lock (run, lock, &count);
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_cmpint (status, ==, 0);
  g_flow_lock_release (lock);
  TEST_WAIT (result.calls > 0);
  g_assert_cmpint (count, ==, 1);
  test_result_clear (&result);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/fork/before", test_before); /* first */
  g_test_add_func ("/fork/after", test_after);
  g_test_add_func ("/fork/in-body", test_in_body);
  g_test_add_func ("/fork/lent-in-body", test_lent_in_body);
  g_test_add_func ("/fork/meanwhile", test_meanwhile);
  g_test_add_func ("/fork/asked", test_asked);
  g_test_add_func ("/fork/from-before", test_from_before);

  return g_test_run ();
}
