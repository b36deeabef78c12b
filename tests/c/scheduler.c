/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Who does the work: callers that help, spare threads, contexts of other threads. */

#include "test-bench.h"

/* A test that would hang should say so soon. */
static gint64
patience (void)
{
  return test_time_limit () / 6;
}

/* Everybody waits until all are there. */

typedef struct
{
  GMutex mutex;
  GCond  cond;
  guint  expected;
  guint  here; /* guarded by mutex */
} Meeting;

static void
meeting_init (Meeting *self,
              guint    expected)
{
  g_mutex_init (&self->mutex);
  g_cond_init (&self->cond);
  self->expected = expected;
  self->here = 0;
}

static void
meeting_clear (Meeting *self)
{
  g_mutex_clear (&self->mutex);
  g_cond_clear (&self->cond);
}

static void
meeting_attend (Meeting *self)
{
  gint64 deadline = g_get_monotonic_time () + patience ();

  g_mutex_lock (&self->mutex);
  self->here++;
  g_cond_broadcast (&self->cond);
  while (self->here < self->expected)
    {
      if (!g_cond_wait_until (&self->cond, &self->mutex, deadline))
        g_error ("only %u of %u have come", self->here, self->expected);
    }
  g_mutex_unlock (&self->mutex);
}

static gboolean
body_meet (GFlowNode  *node,
           GFlowRun   *run,
           gpointer    user_data,
           GError    **error)
{
  meeting_attend (user_data);

  return TRUE;
}

/* Work: of a certain time, without giving the processor away. */
static gboolean
body_spin (GFlowNode  *node,
           GFlowRun   *run,
           gpointer    user_data,
           GError    **error)
{
  gint64 until = g_get_monotonic_time () + GPOINTER_TO_INT (user_data);

  while (g_get_monotonic_time () < until)
    ;

  return TRUE;
}

static void
run_well_sync (GFlow *flow)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GFlowRun) run = g_flow_execute_sync (flow, NULL, &error);

  g_assert_no_error (error);
  g_assert_true (G_IS_FLOW_RUN (run));
  test_assert_run (run, DONE);
}

/* Callers that help */

typedef struct
{
  GFlow     *flow;  /* (unowned) */
  TestGauge  gauge; /* of the bodies */
  int        ended; /* atomic: threads */
} Crowd;

static gboolean
body_gauge (GFlowNode  *node,
            GFlowRun   *run,
            gpointer    user_data,
            GError    **error)
{
  Crowd *crowd = user_data;

  test_gauge_enter (&crowd->gauge);
  body_spin (node, run, GINT_TO_POINTER (100), NULL);
  test_gauge_leave (&crowd->gauge);

  return TRUE;
}

static gpointer
crowd_thread (gpointer user_data)
{
  Crowd *crowd = user_data;

  for (guint i = 0; i < 100; i++)
    run_well_sync (crowd->flow);
  g_atomic_int_inc (&crowd->ended);

  return NULL;
}

static void
test_callers_take_turns (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  Crowd crowd = { .flow = flow };
  GThread *threads[3];

  g_test_summary ("Several threads wait for runs of a flow that may use one thread: all get on, "
                  "one at a time");
  g_flow_set_max_threads (flow, 1);
  for (guint i = 0; i < 3; i++)
    test_add (flow, NULL, body_gauge, &crowd);

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = test_thread_new ("caller", crowd_thread, &crowd);
  TEST_WAIT (g_atomic_int_get (&crowd.ended) == G_N_ELEMENTS (threads));
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);

  g_assert_cmpint (crowd.gauge.total, ==, 3 * 3 * 100);
  g_assert_cmpint (crowd.gauge.most, ==, 1);
}

static void
test_two_nodes_meet (void)
{
  g_test_summary ("The caller helps and one more thread may: two nodes run at the same time, "
                  "whoever had the work before");

  for (guint i = 0; i < 30; i++)
    {
      g_autoptr (GFlow) flow = g_flow_new ();
      GFlowNode *last = NULL;
      Meeting meeting;

      meeting_init (&meeting, 2);
      g_flow_set_max_threads (flow, 2);
      for (guint k = 0; k < 150; k++)
        {
          GFlowNode *a = test_add (flow, NULL, body_spin, GINT_TO_POINTER (5));
          GFlowNode *x = test_add (flow, NULL, body_spin, GINT_TO_POINTER (2));
          GFlowNode *y = test_add (flow, NULL, body_spin, GINT_TO_POINTER (2));
          GFlowNode *z = test_add (flow, NULL, body_spin, GINT_TO_POINTER (80));

          if (last != NULL)
            g_flow_node_add_upstream (a, last);
          g_flow_node_add_upstream (x, a);
          g_flow_node_add_upstream (y, a);
          g_flow_node_add_upstream (z, x);
          g_flow_node_add_upstream (z, y);
          last = z;
        }
      for (guint k = 0; k < 2; k++)
        g_flow_node_add_upstream (test_add (flow, NULL, body_meet, &meeting), last);

      run_well_sync (flow);
      g_assert_cmpuint (meeting.here, ==, 2);
      meeting_clear (&meeting);
    }
}

static gboolean
body_start_other (GFlowNode  *node,
                  GFlowRun   *run,
                  gpointer    user_data,
                  GError    **error)
{
  TestResult *result = user_data;
  GFlow *other = g_object_get_data (G_OBJECT (node), "other");

  g_flow_execute (other, NULL, test_result_cb, result);

  return TRUE;
}

static void
test_body_on_caller_starts_async (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlow) other = g_flow_new ();
  TestResult results[10];

  g_test_summary ("What a body starts belongs to a context that goes on after the run, also if "
                  "the body runs in the thread that waits");
  test_add_nothing (other, NULL);
  g_flow_set_max_threads (flow, 1);
  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    {
      test_result_init (&results[i]);
      g_object_set_data (G_OBJECT (test_add (flow, NULL, body_start_other, &results[i])), "other",
                         other);
    }

  run_well_sync (flow);

  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GFlowRun) run = NULL;

      TEST_WAIT (results[i].calls > 0);
      run = g_flow_execute_finish (other, results[i].result, &error);
      g_assert_no_error (error);
      test_assert_run (run, DONE);
      test_result_clear (&results[i]);
    }
}

/* Threads for everybody */

static void
test_other_flow_gets_a_thread (void)
{
  g_autoptr (GFlow) busy = g_flow_new ();
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GError) error = NULL;
  TestResult result;
  TestBench bench;
  TestGate gate;

  g_test_summary ("A flow whose hundred bodies all block leaves threads for another");
  test_bench_init (&bench);
  test_gate_init (&gate);
  test_result_init (&result);
  g_flow_set_max_threads (busy, 100);
  for (guint i = 0; i < 100; i++)
    {
      TestJob *job;

      test_add_sync (&bench, busy, NULL, &job);
      job->gate = &gate;
    }
  test_add_nothing (flow, NULL);

  g_flow_execute (busy, NULL, test_result_cb, &result);
  TEST_WAIT (test_gate_waiting (&gate) == 100);
  g_object_unref (test_execute_well (flow));
  g_assert_cmpuint (test_gate_waiting (&gate), ==, 100);
  g_assert_cmpuint (result.calls, ==, 0);

  test_gate_open (&gate);
  TEST_WAIT (result.calls > 0);
  g_object_unref (g_flow_execute_finish (busy, result.result, &error));
  g_assert_no_error (error);
  test_result_clear (&result);
  g_clear_object (&busy);
  test_gate_clear (&gate);
  test_bench_clear (&bench);
}

typedef struct
{
  GFlow   *inner; /* (unowned) */
  Meeting  meeting;
} Nesting;

static gboolean
body_meet_and_run (GFlowNode  *node,
                   GFlowRun   *run,
                   gpointer    user_data,
                   GError    **error)
{
  Nesting *nesting = user_data;
  g_autoptr (GFlowRun) inner_run = NULL;

  meeting_attend (&nesting->meeting);
  inner_run = g_flow_execute_sync (nesting->inner, NULL, error);

  return inner_run != NULL;
}

static void
test_all_bodies_execute_sync (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlow) inner = g_flow_new ();
  Nesting nesting = { .inner = inner };

  g_test_summary ("All bodies there may be wait for runs that need a thread: there is one");
  meeting_init (&nesting.meeting, 100);
  g_flow_node_set_placement (test_add_nothing (inner, NULL), G_FLOW_PLACEMENT_CONTEXT);
  test_add (inner, NULL, body_spin, GINT_TO_POINTER (50));
  g_flow_set_max_threads (flow, 100);
  for (guint i = 0; i < 100; i++)
    test_add (flow, NULL, body_meet_and_run, &nesting);

  g_object_unref (test_execute_well (flow));
  meeting_clear (&nesting.meeting);
}

/* Contexts */

typedef struct
{
  guint n_runs;
  int   n_called; /* atomic */
} Abroad;

static void
abroad_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  Abroad *abroad = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GFlowRun) run = g_flow_execute_finish (G_FLOW (object), result, &error);

  test_assert_context (g_main_context_default ());
  if (run == NULL)
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_atomic_int_inc (&abroad->n_called);
}

static gpointer
abroad_thread (gpointer user_data)
{
  Abroad *abroad = user_data;

  for (guint i = 0; i < abroad->n_runs; i++)
    {
      g_autoptr (GFlow) flow = g_flow_new ();
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();

      test_add_nothing (flow, NULL);
      if (i % 4 != 0)
        g_cancellable_cancel (cancellable);
      g_flow_execute (flow, cancellable, abroad_cb, abroad);
    }

  return NULL;
}

static void
test_owner_is_another_thread (void)
{
  Abroad abroad = { .n_runs = 5000 };
  /* No context of its own: the runs are those of the default one. */
  GThread *thread;

  g_test_summary ("A run may start and end in its context before execute has returned elsewhere");
  g_assert_null (g_main_context_get_thread_default ());
  thread = g_thread_new ("abroad", abroad_thread, &abroad);
  TEST_WAIT (g_atomic_int_get (&abroad.n_called) == (int) abroad.n_runs);
  g_thread_join (thread);
}

typedef struct
{
  GMainContext *context; /* (unowned) */
  guint         n_calls;
} OwnContext;

static void
body_task_later (GFlowNode  *node,
                 GFlowRun   *run,
                 GTask      *task,
                 gpointer    user_data,
                 GError    **error)
{
  OwnContext *own = user_data;
  g_autoptr (GSource) source = g_idle_source_new ();

  g_assert_true (g_task_get_context (task) == own->context);
  g_assert_true (g_main_context_get_thread_default () == own->context);
  own->n_calls++;
  g_source_set_callback (source, test_return_cb, g_object_ref (task), g_object_unref);
  g_source_attach (source, own->context);
}

static void
own_result_cb (GObject      *object,
               GAsyncResult *result,
               gpointer      user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static void
test_context_that_is_not_default_later (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  OwnContext own = { .context = context };
  GFlowNode *last = NULL;
  gint64 deadline = g_get_monotonic_time () + patience ();

  g_test_summary ("Bodies find the context of the run as the thread-default one, also if who "
                  "iterates it has not made it so");
  for (guint i = 0; i < 4; i++)
    {
      GFlowNode *node = g_flow_add_task (flow, NULL, body_task_later, &own, NULL, &error);

      g_assert_no_error (error);
      if (last != NULL)
        g_flow_node_add_upstream (node, last);
      last = node;
    }

  g_main_context_push_thread_default (context);
  g_flow_execute (flow, NULL, own_result_cb, &result);
  g_main_context_pop_thread_default (context);

  while (result == NULL)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      g_main_context_iteration (context, FALSE);
    }
  g_object_unref (g_flow_execute_finish (flow, result, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (own.n_calls, ==, 4);
}

static gboolean
drop_task_cb (gpointer user_data)
{
  return G_SOURCE_REMOVE;
}

static void
body_drop_task_later (GFlowNode  *node,
                      GFlowRun   *run,
                      GTask      *task,
                      gpointer    user_data,
                      GError    **error)
{
  OwnContext *own = user_data;
  g_autoptr (GSource) source = g_idle_source_new ();

  own->n_calls++;
  g_source_set_callback (source, drop_task_cb, g_object_ref (task), g_object_unref);
  g_source_attach (source, own->context);
}

static void
test_context_of_who_follows_a_dropped_task (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  OwnContext own = { .context = context };
  GFlowNode *drops = g_flow_add_task (flow, "drops", body_drop_task_later, &own, NULL, NULL);
  GFlowNode *follows = g_flow_add_task (flow, "follows", body_task_later, &own, NULL, NULL);
  gint64 deadline = g_get_monotonic_time () + patience ();

  g_test_summary ("As above, for a body that runs because another has dropped its task");
  g_flow_node_add_upstream (follows, drops);
  g_flow_set_on_error (flow, G_FLOW_ON_ERROR_IGNORE);

  g_main_context_push_thread_default (context);
  g_flow_execute (flow, NULL, own_result_cb, &result);
  g_main_context_pop_thread_default (context);

  while (result == NULL)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      g_main_context_iteration (context, FALSE);
    }
  g_assert_null (g_flow_execute_finish (flow, result, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_ABANDONED);
  g_assert_cmpuint (own.n_calls, ==, 2);
}

static gboolean
always_ready_cb (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

static void
test_busy_context_does_not_starve (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GSource) source = g_idle_source_new ();

  g_test_summary ("A source that is always ready does not keep a run from going on");
  /* Longer, together, than a run takes of the context at once. */
  for (guint i = 0; i < 4; i++)
    g_flow_node_set_placement (test_add (flow, NULL, body_spin, GINT_TO_POINTER (3000)),
                               G_FLOW_PLACEMENT_CONTEXT);
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, always_ready_cb, NULL, NULL);
  g_source_attach (source, test_context ());

  g_object_unref (test_execute_well (flow));
  g_source_destroy (source);
}

static void
count_destroyed_cb (gpointer user_data)
{
  g_atomic_int_inc ((int *) user_data);
}

typedef struct
{
  GFlow *flow;        /* (owned) */
  int    n_destroyed; /* atomic */
} Orphan;

static gpointer
orphan_thread (gpointer user_data)
{
  Orphan *orphan = user_data;

  orphan->flow = g_flow_new ();
  for (guint i = 0; i < 3; i++)
    g_assert_nonnull (g_flow_add (orphan->flow, NULL, test_body_nothing, &orphan->n_destroyed,
                                  count_destroyed_cb, NULL));

  return NULL;
}

static void
test_thread_of_flow_has_ended (void)
{
  Orphan orphan = { 0 };

  g_test_summary ("User data is destroyed, though the context that it belongs to is gone");
  g_thread_join (test_thread_new ("orphan", orphan_thread, &orphan));
  run_well_sync (orphan.flow);
  g_object_unref (orphan.flow);
  TEST_WAIT (g_atomic_int_get (&orphan.n_destroyed) == 3);
}

/* Deadlines and cancelling */

static void
test_deadline_far_away (void)
{
  const gint64 day = 24 * 3600 * (gint64) G_USEC_PER_SEC;
  const gint64 deadlines[] = { g_get_monotonic_time () + 60 * day, G_MAXINT64 };

  g_test_summary ("A deadline may be further away than a timeout can be");
  for (guint i = 0; i < G_N_ELEMENTS (deadlines); i++)
    {
      g_autoptr (GFlow) flow = g_flow_new ();
      g_autoptr (GFlowRun) run = g_flow_run_new (flow);
      g_autoptr (GError) error = NULL;
      TestResult result;
      GSource *source;

      test_add_nothing (flow, NULL);
      test_result_init (&result);
      g_flow_run_set_deadline (run, deadlines[i]);
      g_flow_run_execute (run, NULL, test_result_cb, &result);

      /* Nobody can wait for it: asks the source of the run, which there must be. */
      source = g_main_context_find_source_by_user_data (test_context (), run);
      g_assert_nonnull (source);
      g_assert_cmpint (g_source_get_ready_time (source), ==, deadlines[i]);

      TEST_WAIT (result.calls > 0);
      g_assert_true (g_flow_run_execute_finish (run, result.result, &error));
      g_assert_no_error (error);
      g_assert_cmpint (g_flow_run_get_deadline (run), ==, deadlines[i]);
      test_result_clear (&result);
    }
}

typedef struct
{
  GFlowRun  *run;   /* (unowned) */
  GFlowNode *nodes[400]; /* (unowned) */
  Meeting    meeting;
  int        next;  /* atomic */
} Share;

static gpointer
share_thread (gpointer user_data)
{
  Share *share = user_data;
  int i;

  meeting_attend (&share->meeting);
  while ((i = g_atomic_int_add (&share->next, 1)) < (int) G_N_ELEMENTS (share->nodes))
    g_flow_run_cancel_node (share->run, share->nodes[i]);

  return NULL;
}

static void
test_cancel_node_by_threads_before (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = g_flow_run_new (flow);
  g_autoptr (GError) error = NULL;
  Share share = { .run = run };
  GThread *threads[4];

  g_test_summary ("Nodes of a run that has not begun may be cancelled by any thread");
  for (guint i = 0; i < G_N_ELEMENTS (share.nodes); i++)
    share.nodes[i] = test_add_nothing (flow, NULL);
  meeting_init (&share.meeting, G_N_ELEMENTS (threads));
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("canceller", share_thread, &share);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);

  g_assert_false (test_run_execute (run, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  for (guint i = 0; i < G_N_ELEMENTS (share.nodes); i++)
    test_assert_node (run, share.nodes[i], CANCELLED);
  meeting_clear (&share.meeting);
}

static gboolean
body_fail (GFlowNode  *node,
           GFlowRun   *run,
           gpointer    user_data,
           GError    **error)
{
  if (GPOINTER_TO_INT (user_data))
    g_assert_true (G_IS_CANCELLABLE (g_flow_run_get_cancellable (run)));
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "as expected");

  return FALSE;
}

static void
test_stopped_nodes_are_skipped (gconstpointer data)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = g_flow_run_new (flow);
  g_autoptr (GError) error = NULL;
  GFlowNode *bad;
  GFlowNode *other;

  g_test_summary ("A failure that stops the run skips what has not begun, whoever has the "
                  "cancellable of the run");
  g_flow_set_max_threads (flow, 1);
  bad = test_add (flow, NULL, body_fail, (gpointer) data);
  other = test_add_nothing (flow, NULL);
  g_flow_run_set_on_error (run, G_FLOW_ON_ERROR_STOP);

  g_assert_false (test_run_execute (run, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  test_assert_run (run, FAILED);
  test_assert_node (run, bad, FAILED);
  test_assert_node (run, other, SKIPPED);
}

/* Questions from other threads */

typedef struct
{
  GFlow     *flow; /* (unowned) */
  GFlowNode *node; /* (unowned) */
  GWeakRef   run;
  int        stop; /* atomic */
} Asker;

static gpointer
asker_thread (gpointer user_data)
{
  Asker *asker = user_data;

  while (!g_atomic_int_get (&asker->stop))
    {
      g_autoptr (GFlowRun) run = g_weak_ref_get (&asker->run);
      g_autofree char *reason = NULL;

      if (run == NULL)
        continue;
      test_node_state_name (g_flow_run_get_node_state (run, asker->node));
      reason = g_flow_run_dup_node_reason (run, asker->node);
      g_assert_cmpuint (g_flow_run_get_n_done (run), <=, 3);
    }

  return NULL;
}

static void
test_asked_while_it_starts (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  Asker asker = { .flow = flow };
  GThread *thread;

  g_test_summary ("Another thread may ask a run at any time, also while it starts");
  for (guint i = 0; i < 3; i++)
    asker.node = test_add_nothing (flow, NULL);
  g_weak_ref_init (&asker.run, NULL);
  thread = g_thread_new ("asker", asker_thread, &asker);
  for (guint i = 0; i < 1000; i++)
    {
      g_autoptr (GFlowRun) run = g_flow_run_new (flow);
      g_autoptr (GError) error = NULL;

      g_weak_ref_set (&asker.run, run);
      g_assert_true (g_flow_run_execute_sync (run, NULL, &error));
      g_assert_no_error (error);
      g_weak_ref_set (&asker.run, NULL);
    }
  g_atomic_int_set (&asker.stop, TRUE);
  g_thread_join (thread);
  g_weak_ref_clear (&asker.run);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/scheduler/caller/take-turns", test_callers_take_turns);
  g_test_add_func ("/scheduler/caller/two-nodes-meet", test_two_nodes_meet);
  g_test_add_func ("/scheduler/caller/body-starts-async", test_body_on_caller_starts_async);
  g_test_add_func ("/scheduler/spare/other-flow", test_other_flow_gets_a_thread);
  g_test_add_func ("/scheduler/spare/all-execute-sync", test_all_bodies_execute_sync);
  g_test_add_func ("/scheduler/context/of-another-thread", test_owner_is_another_thread);
  g_test_add_func ("/scheduler/context/not-thread-default",
                   test_context_that_is_not_default_later);
  g_test_add_func ("/scheduler/context/task-dropped",
                   test_context_of_who_follows_a_dropped_task);
  g_test_add_func ("/scheduler/context/busy", test_busy_context_does_not_starve);
  g_test_add_func ("/scheduler/context/gone", test_thread_of_flow_has_ended);
  g_test_add_func ("/scheduler/deadline-far-away", test_deadline_far_away);
  g_test_add_func ("/scheduler/cancel-node/threads-before", test_cancel_node_by_threads_before);
  g_test_add_data_func ("/scheduler/stopped/plain", GINT_TO_POINTER (FALSE),
                        test_stopped_nodes_are_skipped);
  g_test_add_data_func ("/scheduler/stopped/cancellable-is-known", GINT_TO_POINTER (TRUE),
                        test_stopped_nodes_are_skipped);
  g_test_add_func ("/scheduler/asked-while-it-starts", test_asked_while_it_starts);

  return g_test_run ();
}
