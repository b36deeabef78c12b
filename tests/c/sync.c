/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Calls that block: in a private context, and never waiting for themselves. */

#include "test-bench.h"

static void
task_private (GFlowNode  *node,
              GFlowRun   *run,
              GTask      *task,
              gpointer    user_data,
              GError    **error)
{
  GMainContext *context = g_main_context_get_thread_default ();

  /* Not the context of the caller, but its thread. */
  g_assert_true (g_thread_self () == user_data);
  g_assert_nonnull (context);
  g_assert_true (context != g_main_context_default ());
  test_assert_context (context);
  g_assert_true (g_task_get_context (task) == context);
  g_task_return_boolean (task, TRUE);
}

static gboolean
body_private (GFlowNode  *node,
              GFlowRun   *run,
              gpointer    user_data,
              GError    **error)
{
  g_assert_true (g_thread_self () == user_data);
  g_assert_true (g_main_context_get_thread_default () != NULL);

  return TRUE;
}

static gboolean
flag_cb (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;

  return G_SOURCE_REMOVE;
}

static GFlow *
make_private_flow (int *count)
{
  GFlow *flow = g_flow_new ();
  GFlowNode *sync;
  GFlowNode *async;
  GFlowNode *context;

  sync = g_flow_add (flow, "sync", test_body_count, count, NULL, NULL);
  async = g_flow_add_task (flow, "async", task_private, g_thread_self (), NULL, NULL);
  context = g_flow_add (flow, "context", body_private, g_thread_self (), NULL, NULL);
  g_flow_node_set_placement (context, G_FLOW_PLACEMENT_CONTEXT);
  g_flow_node_add_upstream (async, sync);
  g_flow_node_add_upstream (context, async);

  return flow;
}

static void
test_sync (void)
{
  int count = 0;
  g_autoptr (GFlow) flow = make_private_flow (&count);
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GFlowRun) own = NULL;
  g_autoptr (GError) error = NULL;
  gboolean reentered = FALSE;
  guint source_id = g_idle_add_full (G_PRIORITY_HIGH, flag_cb, &reentered, NULL);

  run = g_flow_execute_sync (flow, NULL, &error);
  g_assert_no_error (error);
  test_assert_run (run, DONE);
  test_assert_node (run, g_flow_lookup (flow, "context"), DONE);
  g_assert_cmpint (count, ==, 1);

  own = g_flow_run_new (flow);
  g_assert_true (g_flow_run_execute_sync (own, NULL, &error));
  g_assert_no_error (error);
  test_assert_run (own, DONE);
  g_assert_cmpint (count, ==, 2);

  g_assert_false (reentered);
  g_assert_null (g_main_context_get_thread_default ());
  g_source_remove (source_id);
}

static gboolean
sync_in_loop_cb (gpointer user_data)
{
  GMainLoop *loop = user_data;

  test_sync ();
  g_main_loop_quit (loop);

  return G_SOURCE_REMOVE;
}

static void
test_sync_in_loop (void)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);

  g_idle_add (sync_in_loop_cb, loop);
  g_main_loop_run (loop);
}

static void
test_sync_failure (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  TestBench bench;
  TestJob *job;

  test_bench_init (&bench);
  test_add_sync (&bench, flow, "a", &job);
  test_job_fail (job, "It broke");
  g_assert_null (g_flow_execute_sync (flow, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_cmpstr (error->message, ==, "It broke");
  g_clear_error (&error);

  run = g_flow_run_new (flow);
  g_assert_false (g_flow_run_execute_sync (run, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  test_assert_run (run, FAILED);
  test_assert_node (run, g_flow_lookup (flow, "a"), FAILED);

  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_sync_threads (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  int count = 0;

  /* The caller is one of the workers: a chain of sync bodies needs no other thread. */
  for (guint max_threads = 1; max_threads <= 3; max_threads++)
    {
      g_autoptr (GFlowRun) run = NULL;
      g_autoptr (GError) error = NULL;

      g_flow_set_max_threads (flow, max_threads);
      for (guint i = 0; i < 100; i++)
        g_assert_nonnull (g_flow_add (flow, NULL, test_body_count, &count, NULL, NULL));
      count = 0;
      run = g_flow_execute_sync (flow, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpint (count, ==, (int) (100 * max_threads));
    }
}

/* Recursion */

static gboolean
body_recursive (GFlowNode  *node,
                GFlowRun   *run,
                gpointer    user_data,
                GError    **error)
{
  GFlow *flow = user_data;
  g_autoptr (GFlowRun) inner = NULL;
  g_autoptr (GError) inner_error = NULL;
  g_autoptr (GFlowRun) second = g_flow_run_new (flow);

  inner = g_flow_execute_sync (flow, NULL, &inner_error);
  g_assert_null (inner);
  g_assert_error (inner_error, G_FLOW_ERROR, G_FLOW_ERROR_RECURSION);
  g_clear_error (&inner_error);

  g_assert_false (g_flow_run_execute_sync (second, NULL, &inner_error));
  g_assert_error (inner_error, G_FLOW_ERROR, G_FLOW_ERROR_RECURSION);

  return TRUE;
}

static void
task_recursive (GFlowNode  *node,
                GFlowRun   *run,
                GTask      *task,
                gpointer    user_data,
                GError    **error)
{
  body_recursive (node, run, user_data, NULL);
  g_task_return_boolean (task, TRUE);
}

static void
test_recursion (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) sync_run = NULL;
  g_autoptr (GError) error = NULL;
  GFlowNode *node;

  g_assert_nonnull (g_flow_add (flow, "worker", body_recursive, flow, NULL, NULL));
  node = g_flow_add (flow, "context", body_recursive, flow, NULL, NULL);
  g_flow_node_set_placement (node, G_FLOW_PLACEMENT_CONTEXT);
  g_assert_nonnull (g_flow_add_task (flow, "async", task_recursive, flow, NULL, NULL));
  g_object_unref (test_execute_well (flow));

  sync_run = g_flow_execute_sync (flow, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (sync_run);
}

static gboolean
body_other_flow (GFlowNode  *node,
                 GFlowRun   *run,
                 gpointer    user_data,
                 GError    **error)
{
  g_autoptr (GFlowRun) inner = g_flow_execute_sync (user_data, NULL, error);

  return inner != NULL;
}

static void
test_sync_from_body (void)
{
  g_autoptr (GFlow) inner = g_flow_new ();
  g_autoptr (GFlow) flow = g_flow_new ();
  int count = 0;

  /* Another flow may be waited for, also when each has but one thread. */
  g_flow_set_max_threads (flow, 1);
  g_flow_set_max_threads (inner, 1);
  for (guint i = 0; i < 10; i++)
    {
      GFlowNode *node = g_flow_add (flow, NULL, body_other_flow, inner, NULL, NULL);

      if (i % 2 == 0)
        g_flow_node_set_placement (node, G_FLOW_PLACEMENT_CONTEXT);
      g_assert_nonnull (g_flow_add (inner, NULL, test_body_count, &count, NULL, NULL));
    }
  g_object_unref (test_execute_well (flow));
  g_assert_cmpint (count, ==, 100);
}

typedef struct
{
  GFlow *first;
  GFlow *second;
  int    n_refused; /* atomic */
} Circle;

static gboolean
body_first (GFlowNode  *node,
            GFlowRun   *run,
            gpointer    user_data,
            GError    **error)
{
  Circle *circle = user_data;
  g_autoptr (GFlowRun) inner = g_flow_execute_sync (circle->second, NULL, error);

  return inner != NULL;
}

static gboolean
body_second (GFlowNode  *node,
             GFlowRun   *run,
             gpointer    user_data,
             GError    **error)
{
  Circle *circle = user_data;
  g_autoptr (GError) refused = NULL;
  g_autoptr (GFlowRun) inner = g_flow_execute_sync (circle->first, NULL, &refused);

  g_assert_null (inner);
  g_assert_error (refused, G_FLOW_ERROR, G_FLOW_ERROR_RECURSION);
  g_atomic_int_inc (&circle->n_refused);

  return TRUE;
}

static void
test_recursion_around (void)
{
  Circle circle = { .first = g_flow_new (), .second = g_flow_new () };

  /* A body that waits for a flow whose body waits for the first one. */
  g_flow_set_max_threads (circle.first, 2);
  g_flow_set_max_threads (circle.second, 2);
  for (guint i = 0; i < 4; i++)
    {
      g_assert_nonnull (g_flow_add (circle.first, NULL, body_first, &circle, NULL, NULL));
      g_assert_nonnull (g_flow_add (circle.second, NULL, body_second, &circle, NULL, NULL));
    }
  g_object_unref (test_execute_well (circle.first));
  g_assert_cmpint (circle.n_refused, ==, 16);
  g_assert_finalize_object (circle.first);
  g_assert_finalize_object (circle.second);
}

/* Handlers that a body connects are called in a private context, too, though none
 * was there when the run began. */

typedef struct
{
  GThread      *caller;
  GMainContext *context; /* the caller's */
  guint         n_called;
} Late;

static void
late_always_cb (GFlowRun *run,
                gpointer  user_data)
{
  Late *late = user_data;
  g_autoptr(GMainContext) context = g_main_context_ref_thread_default ();

  g_assert_true (g_thread_self () == late->caller);
  g_assert_true (context != late->context);
  late->n_called++;
}

static gboolean
connecting_body (GFlowNode  *node,
                 GFlowRun   *run,
                 gpointer    user_data,
                 GError    **error)
{
  g_signal_connect (run, "always", G_CALLBACK (late_always_cb), user_data);
  return TRUE;
}

static void
test_late_handler (void)
{
  g_autoptr(GMainContext) context = g_main_context_ref_thread_default ();
  g_autoptr(GFlow) flow = g_flow_new ();
  Late late = { g_thread_self (), context, 0 };

  g_flow_add (flow, NULL, connecting_body, &late, NULL, NULL);

  g_autoptr(GError) error = NULL;
  g_autoptr(GFlowRun) run = g_flow_execute_sync (flow, NULL, &error);

  g_assert_no_error (error);
  test_assert_run (run, DONE);
  g_assert_cmpuint (late.n_called, ==, 1);
}

/* A caller that sleeps because other threads have all the work is woken for what
 * only it can do: to end the run, here after a cancellation. */

static gboolean
cancelled_body (GFlowNode  *node,
                GFlowRun   *run,
                gpointer    user_data,
                GError    **error)
{
  while (!g_cancellable_set_error_if_cancelled (g_flow_run_get_cancellable (run), error))
    g_thread_yield ();
  return FALSE;
}

static gpointer
cancel_thread (gpointer cancellable)
{
  g_cancellable_cancel (cancellable);
  return NULL;
}

static void
test_cancel_sleeping_caller (void)
{
  for (guint i = 0; i < 200; i++)
    {
      g_autoptr(GFlow) flow = g_flow_new ();
      g_autoptr(GFlowLock) lock = g_flow_lock_new ();
      g_autoptr(GCancellable) cancellable = g_cancellable_new ();
      g_autoptr(GError) error = NULL;

      g_flow_set_max_threads (flow, 1 + i % 3);
      for (guint k = 0; k < 3; k++)
        g_flow_node_add_lock (g_flow_add (flow, NULL, cancelled_body, NULL, NULL, NULL), lock);

      g_autoptr(GThread) thread = g_thread_new ("cancel", cancel_thread, cancellable);
      g_autoptr(GFlowRun) run = g_flow_execute_sync (flow, cancellable, &error);

      g_assert_null (run);
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_thread_join (g_steal_pointer (&thread));
    }
}

/* Likewise before it has come to work, when all that the run has waits for a lock that
 * nobody gives back: from the moment on that others see the run running. */

typedef struct
{
  GFlowRun  *run;
  GFlowNode *node;
  guint      round;
} Beginning;

static gpointer
cancel_beginning (gpointer data)
{
  Beginning *beginning = data;

  if (beginning->round % 2 == 0)
    while (g_flow_run_get_state (beginning->run) == G_FLOW_RUN_STATE_NEW)
      ;
  if (beginning->round % 3 == 0)
    g_flow_run_cancel_node (beginning->run, beginning->node);
  else
    g_flow_run_cancel (beginning->run);
  return NULL;
}

static void
test_cancel_beginning (void)
{
  g_autoptr(GFlowLock) lock = g_flow_lock_new ();

  g_assert_true (g_flow_lock_try_acquire (lock));
  for (guint i = 0; i < 600; i++)
    {
      g_autoptr(GFlow) flow = g_flow_new ();
      g_autoptr(GFlowRun) run = g_flow_run_new (flow);
      g_autoptr(GError) error = NULL;
      Beginning beginning = { .run = run, .round = i };

      g_flow_set_max_threads (flow, 1 + i % 2);
      beginning.node = g_flow_add (flow, NULL, cancelled_body, NULL, NULL, NULL);
      g_flow_node_add_lock (beginning.node, lock);

      g_autoptr(GThread) thread = g_thread_new ("cancel", cancel_beginning, &beginning);

      g_assert_false (g_flow_run_execute_sync (run, NULL, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_thread_join (g_steal_pointer (&thread));
      g_assert_cmpuint (g_flow_lock_get_waiting (lock), ==, 0);
    }
  g_flow_lock_release (lock);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/sync/private-context", test_sync);
  g_test_add_func ("/sync/in-loop", test_sync_in_loop);
  g_test_add_func ("/sync/failure", test_sync_failure);
  g_test_add_func ("/sync/threads", test_sync_threads);
  g_test_add_func ("/sync/recursion", test_recursion);
  g_test_add_func ("/sync/from-body", test_sync_from_body);
  g_test_add_func ("/sync/recursion-around", test_recursion_around);
  g_test_add_func ("/sync/late-handler", test_late_handler);
  g_test_add_func ("/sync/cancel-sleeping-caller", test_cancel_sleeping_caller);
  g_test_add_func ("/sync/cancel-beginning", test_cancel_beginning);

  return g_test_run ();
}
