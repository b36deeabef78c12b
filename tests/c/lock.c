/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* GFlowLock: permits, queue, and all who take it. */

#include "test-bench.h"

static void
count_notify_cb (GObject    *object,
                 GParamSpec *pspec,
                 guint      *n_notified)
{
  *n_notified += 1;
}

static void
test_properties (void)
{
  g_autoptr (GFlowLock) lock = g_flow_lock_new ();
  g_autoptr (GFlowLock) three = g_flow_lock_new_with_permits (3);
  g_autoptr (GFlowLock) made = g_object_new (G_TYPE_FLOW_LOCK, "name", "disk", "permits", 2, NULL);
  g_autofree char *name = NULL;
  guint permits;
  guint in_use;
  guint waiting;
  guint n_notified = 0;

  g_assert_null (g_flow_lock_get_name (lock));
  g_assert_cmpuint (g_flow_lock_get_permits (lock), ==, 1);
  g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 0);
  g_assert_cmpuint (g_flow_lock_get_waiting (lock), ==, 0);
  g_assert_cmpuint (g_flow_lock_get_permits (three), ==, 3);
  g_assert_cmpuint (g_flow_lock_get_permits (made), ==, 2);
  g_assert_cmpstr (g_flow_lock_get_name (made), ==, "disk");

  g_signal_connect (lock, "notify", G_CALLBACK (count_notify_cb), &n_notified);
  for (guint i = 0; i < 2; i++)
    {
      g_flow_lock_set_name (lock, "network");
      g_flow_lock_set_permits (lock, 4);
      TEST_WAIT (n_notified >= 2);
      g_assert_cmpuint (n_notified, ==, 2);
    }
  g_object_get (lock,
                "name", &name,
                "permits", &permits,
                "in-use", &in_use,
                "waiting", &waiting,
                NULL);
  g_assert_cmpstr (name, ==, "network");
  g_assert_cmpuint (permits, ==, 4);
  g_assert_cmpuint (in_use, ==, 0);
  g_assert_cmpuint (waiting, ==, 0);
}

static void
test_no_permits (void)
{
  GFlowLock *lock;

  /* Scenario 24: refused at construction. */
  g_test_expect_message ("GFlow", G_LOG_LEVEL_CRITICAL, "*permits*");
  lock = g_flow_lock_new_with_permits (0);
  g_test_assert_expected_messages ();
  g_assert_null (lock);

  lock = g_flow_lock_new ();
  g_test_expect_message ("GFlow", G_LOG_LEVEL_CRITICAL, "*permits*");
  g_flow_lock_set_permits (lock, 0);
  g_test_assert_expected_messages ();
  g_assert_cmpuint (g_flow_lock_get_permits (lock), ==, 1);
  g_assert_true (g_flow_lock_try_acquire (lock));
  g_flow_lock_release (lock);
  g_assert_finalize_object (lock);
}

static void
test_try_acquire (void)
{
  g_autoptr (GFlowLock) lock = g_flow_lock_new_with_permits (2);

  g_assert_true (g_flow_lock_try_acquire (lock));
  g_assert_true (g_flow_lock_try_acquire (lock));
  g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 2);
  g_assert_false (g_flow_lock_try_acquire (lock));
  g_assert_cmpuint (g_flow_lock_get_waiting (lock), ==, 0);
  g_flow_lock_release (lock);
  g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 1);
  g_assert_true (g_flow_lock_try_acquire (lock));
  g_flow_lock_release (lock);
  g_flow_lock_release (lock);
  g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 0);
}

static void
test_release_too_often (gconstpointer data)
{
  g_autoptr (GFlowLock) lock = g_flow_lock_new_with_permits (GPOINTER_TO_UINT (data));

  g_test_expect_message ("GFlow", G_LOG_LEVEL_CRITICAL, "*");
  g_flow_lock_release (lock);
  g_test_assert_expected_messages ();
  g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 0);
  g_assert_true (g_flow_lock_try_acquire (lock));
  g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 1);
  g_flow_lock_release (lock);
  g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 0);
}

static void
test_acquire (void)
{
  g_autoptr (GFlowLock) lock = g_flow_lock_new ();
  g_autoptr (GError) error = NULL;
  TestResult first;
  TestResult second;

  test_result_init (&first);
  test_result_init (&second);

  g_flow_lock_acquire (lock, NULL, test_result_cb, &first);
  g_flow_lock_acquire (lock, NULL, test_result_cb, &second);
  g_assert_cmpuint (first.calls, ==, 0);
  TEST_WAIT (first.calls > 0);
  g_assert_true (first.source == G_OBJECT (lock));
  g_assert_true (g_flow_lock_acquire_finish (lock, first.result, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 1);
  g_assert_cmpuint (g_flow_lock_get_waiting (lock), ==, 1);

  test_settle (5);
  g_assert_cmpuint (second.calls, ==, 0);

  g_flow_lock_release (lock);
  TEST_WAIT (second.calls > 0);
  g_assert_true (g_flow_lock_acquire_finish (lock, second.result, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 1);
  g_assert_cmpuint (g_flow_lock_get_waiting (lock), ==, 0);
  g_assert_false (g_flow_lock_try_acquire (lock));
  g_flow_lock_release (lock);
  g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 0);

  test_result_clear (&first);
  test_result_clear (&second);
  g_assert_finalize_object (g_steal_pointer (&lock));
}

typedef struct
{
  TestLog   *log;
  GFlowLock *lock;
  guint      number;
} Waiter;

static void
waiter_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  Waiter *waiter = user_data;
  g_autoptr (GError) error = NULL;

  if (g_flow_lock_acquire_finish (G_FLOW_LOCK (object), result, &error))
    {
      test_log_addf (waiter->log, "%u", waiter->number);
      g_flow_lock_release (waiter->lock);
    }
  else
    {
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      test_log_addf (waiter->log, "-%u", waiter->number);
    }
}

static void
test_first_in_first_out (void)
{
  g_autoptr (GFlowLock) lock = g_flow_lock_new ();
  Waiter waiters[10];
  TestLog log;

  test_log_init (&log);
  g_assert_true (g_flow_lock_try_acquire (lock));
  for (guint i = 0; i < G_N_ELEMENTS (waiters); i++)
    {
      waiters[i] = (Waiter) { &log, lock, i };
      g_flow_lock_acquire (lock, NULL, waiter_cb, &waiters[i]);
      g_assert_cmpuint (g_flow_lock_get_waiting (lock), ==, i + 1);
    }

  /* Nobody overtakes those who wait. */
  g_flow_lock_release (lock);
  g_assert_false (g_flow_lock_try_acquire (lock));
  TEST_WAIT (test_log_length (&log) == G_N_ELEMENTS (waiters));
  test_assert_log (&log, "0 1 2 3 4 5 6 7 8 9");
  g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 0);
  test_log_clear (&log);
}

static void
test_cancelled_waiters (void)
{
  g_autoptr (GFlowLock) lock = g_flow_lock_new ();
  g_autoptr (GCancellable) even = g_cancellable_new ();
  Waiter waiters[6];
  TestLog log;

  test_log_init (&log);
  g_assert_true (g_flow_lock_try_acquire (lock));
  for (guint i = 0; i < G_N_ELEMENTS (waiters); i++)
    {
      waiters[i] = (Waiter) { &log, lock, i };
      g_flow_lock_acquire (lock, i % 2 == 0 ? even : NULL, waiter_cb, &waiters[i]);
    }

  g_cancellable_cancel (even);
  TEST_WAIT (test_log_length (&log) == 3);
  g_assert_cmpint (test_log_index (&log, "-0"), >=, 0);
  g_assert_cmpint (test_log_index (&log, "-2"), >=, 0);
  g_assert_cmpint (test_log_index (&log, "-4"), >=, 0);
  g_assert_cmpuint (g_flow_lock_get_waiting (lock), ==, 3);

  g_flow_lock_release (lock);
  TEST_WAIT (test_log_length (&log) == 6);
  test_assert_before (&log, "1", "3");
  test_assert_before (&log, "3", "5");
  g_assert_cmpuint (g_flow_lock_get_waiting (lock), ==, 0);
  g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 0);
  test_log_clear (&log);
}

static void
test_cancelled_before (void)
{
  g_autoptr (GFlowLock) lock = g_flow_lock_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  TestResult result;

  g_cancellable_cancel (cancellable);
  g_assert_true (g_flow_lock_try_acquire (lock));

  test_result_init (&result);
  g_flow_lock_acquire (lock, cancellable, test_result_cb, &result);
  TEST_WAIT (result.calls > 0);
  g_assert_false (g_flow_lock_acquire_finish (lock, result.result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  test_result_clear (&result);

  g_assert_false (g_flow_lock_acquire_sync (lock, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (g_flow_lock_get_waiting (lock), ==, 0);
  g_flow_lock_release (lock);
  g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 0);
}

static void
test_cancel_against_release (void)
{
  /* The two at once: the caller has the permit or the error, never both, never neither. */
  for (guint i = 0; i < 500; i++)
    {
      g_autoptr (GFlowLock) lock = g_flow_lock_new ();
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      g_autoptr (GError) error = NULL;
      TestResult result;

      test_result_init (&result);
      g_assert_true (g_flow_lock_try_acquire (lock));
      g_flow_lock_acquire (lock, cancellable, test_result_cb, &result);
      if (i % 2 == 0)
        {
          g_flow_lock_release (lock);
          g_cancellable_cancel (cancellable);
        }
      else
        {
          g_cancellable_cancel (cancellable);
          g_flow_lock_release (lock);
        }
      TEST_WAIT (result.calls > 0);
      if (g_flow_lock_acquire_finish (lock, result.result, &error))
        {
          g_assert_no_error (error);
          g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 1);
          g_flow_lock_release (lock);
        }
      else
        {
          g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
        }
      g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 0);
      g_assert_cmpuint (g_flow_lock_get_waiting (lock), ==, 0);
      test_result_clear (&result);
    }
}

static void
test_more_permits (void)
{
  g_autoptr (GFlowLock) lock = g_flow_lock_new ();
  TestResult results[4];

  g_assert_true (g_flow_lock_try_acquire (lock));
  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    {
      test_result_init (&results[i]);
      g_flow_lock_acquire (lock, NULL, test_result_cb, &results[i]);
    }
  g_assert_cmpuint (g_flow_lock_get_waiting (lock), ==, 4);

  /* Two more permits let two more in at once. */
  g_flow_lock_set_permits (lock, 3);
  TEST_WAIT (results[0].calls > 0 && results[1].calls > 0);
  test_settle (5);
  g_assert_cmpuint (results[2].calls, ==, 0);
  g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 3);
  g_assert_cmpuint (g_flow_lock_get_waiting (lock), ==, 2);

  /* Fewer permits take none away, but none is given until enough are back. */
  g_flow_lock_set_permits (lock, 1);
  g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 3);
  g_flow_lock_release (lock);
  g_flow_lock_release (lock);
  test_settle (5);
  g_assert_cmpuint (results[2].calls, ==, 0);
  g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 1);
  g_flow_lock_release (lock);
  TEST_WAIT (results[2].calls > 0);
  test_settle (5);
  g_assert_cmpuint (results[3].calls, ==, 0);
  g_flow_lock_release (lock);
  TEST_WAIT (results[3].calls > 0);
  g_flow_lock_release (lock);
  g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 0);

  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    {
      g_assert_true (g_flow_lock_acquire_finish (lock, results[i].result, NULL));
      test_result_clear (&results[i]);
    }
}

static gpointer
release_in_thread (gpointer user_data)
{
  g_flow_lock_release (user_data);

  return NULL;
}

static void
test_release_in_thread (void)
{
  g_autoptr (GFlowLock) lock = g_flow_lock_new ();
  TestResult result;
  GThread *thread;

  /* The callback comes in the context that asked, whoever released. */
  test_result_init (&result);
  g_assert_true (g_flow_lock_try_acquire (lock));
  g_flow_lock_acquire (lock, NULL, test_result_cb, &result);
  thread = g_thread_new ("release", release_in_thread, lock);
  TEST_WAIT (result.calls > 0);
  g_thread_join (thread);
  g_assert_true (g_flow_lock_acquire_finish (lock, result.result, NULL));
  test_result_clear (&result);
  g_flow_lock_release (lock);
}

typedef struct
{
  GFlowLock    *lock;
  GCancellable *cancellable;
  guint         count;  /* guarded by the lock under test */
  TestGauge     gauge;
  int           served; /* atomic */
  int           ready;  /* atomic */
} Hammer;

static gpointer
hammer_thread (gpointer user_data)
{
  Hammer *hammer = user_data;

  for (guint i = 0; i < 300; i++)
    {
      if (i % 3 == 0)
        {
          if (!g_flow_lock_try_acquire (hammer->lock))
            continue;
        }
      else
        {
          g_autoptr (GError) error = NULL;

          g_assert_true (g_flow_lock_acquire_sync (hammer->lock, NULL, &error));
          g_assert_no_error (error);
        }
      test_gauge_enter (&hammer->gauge);
      /* No atomic: this is what the lock is for. */
      if (g_flow_lock_get_permits (hammer->lock) == 1)
        hammer->count++;
      g_atomic_int_inc (&hammer->served);
      test_gauge_leave (&hammer->gauge);
      g_flow_lock_release (hammer->lock);
    }

  return NULL;
}

static void
test_threads (gconstpointer data)
{
  guint permits = GPOINTER_TO_UINT (data);
  g_autoptr (GFlowLock) lock = g_flow_lock_new_with_permits (permits);
  Hammer hammer = { .lock = lock };
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("hammer", hammer_thread, &hammer);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);

  g_assert_cmpint (hammer.gauge.most, <=, (int) permits);
  g_assert_cmpint (hammer.served, >=, 4 * 200);
  if (permits == 1)
    g_assert_cmpuint (hammer.count, ==, (guint) hammer.served);
  g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 0);
  g_assert_cmpuint (g_flow_lock_get_waiting (lock), ==, 0);
}

static gpointer
sync_cancel_thread (gpointer user_data)
{
  Hammer *hammer = user_data;
  g_autoptr (GError) error = NULL;

  g_atomic_int_set (&hammer->ready, 1);
  g_assert_false (g_flow_lock_acquire_sync (hammer->lock, hammer->cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  return NULL;
}

static void
test_sync_cancelled (void)
{
  g_autoptr (GFlowLock) lock = g_flow_lock_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Hammer hammer = { .lock = lock, .cancellable = cancellable };
  GThread *thread;

  g_assert_true (g_flow_lock_try_acquire (lock));
  thread = g_thread_new ("waiter", sync_cancel_thread, &hammer);
  TEST_WAIT (g_flow_lock_get_waiting (lock) == 1);
  g_cancellable_cancel (cancellable);
  g_thread_join (thread);
  g_assert_cmpuint (g_flow_lock_get_waiting (lock), ==, 0);
  g_flow_lock_release (lock);
  g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 0);
}

static void
test_shared (void)
{
  g_autoptr (GFlowLock) lock = g_flow_lock_new_with_permits (2);
  TestBench bench;
  TestGauge gauge = { 0 };
  GFlow *flows[3];
  TestResult results[6];

  /* By nodes of all kinds, by flows, and by runs of one flow. */
  test_bench_init (&bench);
  for (guint i = 0; i < G_N_ELEMENTS (flows); i++)
    {
      flows[i] = g_flow_new ();
      g_flow_set_max_threads (flows[i], 3);
      for (guint j = 0; j < 9; j++)
        {
          TestJob *job;
          GFlowNode *node;

          if (j % 3 == 0)
            node = test_add_async (&bench, flows[i], NULL, &job);
          else if (j % 3 == 1)
            node = test_add_context (&bench, flows[i], NULL, &job);
          else
            node = test_add_sync (&bench, flows[i], NULL, &job);
          job->gauge = &gauge;
          job->msec = j % 3 == 1 ? 0 : 1;
          g_flow_node_add_lock (node, lock);
        }
    }
  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    {
      test_result_init (&results[i]);
      g_flow_execute (flows[i / 2], NULL, test_result_cb, &results[i]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    {
      g_autoptr (GFlowRun) run = NULL;
      g_autoptr (GError) error = NULL;

      TEST_WAIT (results[i].calls > 0);
      run = g_flow_execute_finish (flows[i / 2], results[i].result, &error);
      g_assert_no_error (error);
      test_result_clear (&results[i]);
    }
  g_assert_cmpint (gauge.total, ==, 6 * 9);
  g_assert_cmpint (gauge.most, <=, 2);
  g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 0);

  for (guint i = 0; i < G_N_ELEMENTS (flows); i++)
    g_object_unref (flows[i]);
  test_bench_clear (&bench);
}

/* Asking who waits while locks are handed over */

#define N_ASKED 300

typedef struct
{
  GFlowRun  *run;
  GFlowNode *nodes[N_ASKED];
  int        n_inside[2]; /* bodies that have the first lock, and the second */
  int        n_too_many;
  int        n_run;
  int        over;
} Asking;

static gboolean
body_counts_itself (GFlowNode  *node,
                    GFlowRun   *run,
                    gpointer    user_data,
                    GError    **error)
{
  Asking *asking = user_data;

  if (g_atomic_int_add (&asking->n_inside[0], 1) >= 1 ||
      g_atomic_int_add (&asking->n_inside[1], 1) >= 3)
    g_atomic_int_inc (&asking->n_too_many);
  g_atomic_int_inc (&asking->n_run);
  g_thread_yield ();
  g_atomic_int_add (&asking->n_inside[1], -1);
  g_atomic_int_add (&asking->n_inside[0], -1);

  return TRUE;
}

static gpointer
ask_for_reasons (gpointer data)
{
  Asking *asking = data;

  for (guint i = 0; !g_atomic_int_get (&asking->over); i++)
    g_free (g_flow_run_dup_node_reason (asking->run, asking->nodes[i * 7 % N_ASKED]));

  return NULL;
}

static void
test_asked_while_handed_over (void)
{
  g_autoptr (GFlowLock) one = g_flow_lock_new ();
  g_autoptr (GFlowLock) three = g_flow_lock_new_with_permits (3);

  for (guint round = 0; round < 3; round++)
    {
      g_autoptr (GFlow) flow = g_flow_new ();
      Asking asking = { 0 };
      TestResult result;
      GThread *thread;

      g_flow_set_max_threads (flow, 4);
      for (guint i = 0; i < N_ASKED; i++)
        {
          asking.nodes[i] = g_flow_add (flow, NULL, body_counts_itself, &asking, NULL, NULL);
          g_flow_node_add_lock (asking.nodes[i], one);
          g_flow_node_add_lock (asking.nodes[i], three);
          /* Some wait for the second one with the first in hand, some have to let others go. */
          if (i % 3 == 2)
            g_flow_node_add_upstream (asking.nodes[i], asking.nodes[i - 1]);
        }
      asking.run = g_flow_run_new (flow);
      test_result_init (&result);
      g_flow_run_execute (asking.run, NULL, test_result_cb, &result);
      thread = g_thread_new ("asking", ask_for_reasons, &asking);
      /* What is ready gives its locks back, and takes them again. */
      for (guint i = 0; i < 20 && result.calls == 0; i++)
        {
          g_flow_run_pause (asking.run);
          g_main_context_iteration (NULL, FALSE);
          g_flow_run_resume (asking.run);
          g_main_context_iteration (NULL, FALSE);
        }
      TEST_WAIT (result.calls > 0);
      g_atomic_int_set (&asking.over, TRUE);
      g_thread_join (thread);

      test_assert_run (asking.run, DONE);
      g_assert_cmpint (asking.n_run, ==, N_ASKED);
      g_assert_cmpint (asking.n_too_many, ==, 0);
      g_assert_cmpuint (g_flow_lock_get_in_use (one), ==, 0);
      g_assert_cmpuint (g_flow_lock_get_waiting (one), ==, 0);
      g_assert_cmpuint (g_flow_lock_get_in_use (three), ==, 0);
      test_result_clear (&result);
      g_assert_finalize_object (asking.run);
    }
}

static void
test_node_waits (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowLock) lock = g_flow_lock_new ();
  g_autoptr (GFlowRun) run = NULL;
  TestBench bench;
  TestResult result;
  GFlowNode *locked;
  GFlowNode *also;
  GFlowNode *free_node;
  GThread *thread;

  /* A node that waits for a lock holds no thread. */
  test_bench_init (&bench);
  test_result_init (&result);
  g_flow_set_max_threads (flow, 1);
  locked = test_add_sync (&bench, flow, "locked", NULL);
  also = test_add_async (&bench, flow, "also", NULL);
  free_node = test_add_sync (&bench, flow, "free", NULL);
  g_flow_node_add_lock (locked, lock);
  g_flow_node_add_lock (also, lock);

  g_assert_true (g_flow_lock_try_acquire (lock));
  run = g_flow_run_new (flow);
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  TEST_WAIT (g_flow_run_get_node_state (run, free_node) == G_FLOW_NODE_STATE_DONE &&
             g_flow_lock_get_waiting (lock) == 2);
  test_assert_node (run, locked, LOCKED);
  test_assert_node (run, also, LOCKED);
  test_assert_log (&bench.log, "free");

  thread = g_thread_new ("release", release_in_thread, lock);
  TEST_WAIT (result.calls > 0);
  g_thread_join (thread);
  g_assert_true (g_flow_run_execute_finish (run, result.result, NULL));
  g_assert_cmpuint (test_log_length (&bench.log), ==, 3);
  g_assert_cmpint (bench.gauge.most, ==, 1);
  g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 0);

  test_result_clear (&result);
  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_cancelled_while_waiting (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowLock) lock = g_flow_lock_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  TestBench bench;
  TestResult result;
  GFlowNode *node;

  /* The run ends although the lock never comes, and nobody waits in it then. */
  test_bench_init (&bench);
  test_result_init (&result);
  node = test_add_sync (&bench, flow, "locked", NULL);
  g_flow_node_add_lock (node, lock);
  g_assert_true (g_flow_lock_try_acquire (lock));
  run = g_flow_run_new (flow);
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  TEST_WAIT (g_flow_lock_get_waiting (lock) == 1);
  g_flow_run_cancel (run);
  TEST_WAIT (result.calls > 0);
  g_assert_false (g_flow_run_execute_finish (run, result.result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_node (run, node, CANCELLED);
  g_assert_cmpuint (test_log_length (&bench.log), ==, 0);
  g_assert_cmpuint (g_flow_lock_get_waiting (lock), ==, 0);
  g_flow_lock_release (lock);
  g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 0);

  test_result_clear (&result);
  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_node_cancelled_while_waiting (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowLock) one = g_flow_lock_new ();
  g_autoptr (GFlowLock) two = g_flow_lock_new ();
  g_autoptr (GFlowRun) run = NULL;
  TestBench bench;
  TestResult result;
  GFlowNode *node;

  g_test_summary ("A node that is cancelled leaves the queue at once, with the locks that it has");
  test_bench_init (&bench);
  test_result_init (&result);
  node = test_add_sync (&bench, flow, "locked", NULL);
  g_flow_node_add_lock (node, one);
  g_flow_node_add_lock (node, two);
  g_assert_true (g_flow_lock_try_acquire (two));
  run = g_flow_run_new (flow);
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  TEST_WAIT (g_flow_lock_get_waiting (two) == 1);
  g_assert_cmpuint (g_flow_lock_get_in_use (one), ==, 1);

  g_flow_run_cancel_node (run, node);
  g_assert_cmpuint (g_flow_lock_get_waiting (two), ==, 0);
  g_assert_cmpuint (g_flow_lock_get_in_use (one), ==, 0);
  TEST_WAIT (result.calls > 0);
  test_assert_node (run, node, CANCELLED);
  g_assert_cmpuint (test_log_length (&bench.log), ==, 0);
  g_flow_lock_release (two);
  g_assert_cmpuint (g_flow_lock_get_in_use (two), ==, 0);

  test_result_clear (&result);
  g_assert_finalize_object (g_steal_pointer (&run));
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_two_locks (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowLock) one = g_flow_lock_new ();
  g_autoptr (GFlowLock) two = g_flow_lock_new ();
  TestBench bench;

  /* Named in different order, they do not dead-lock. */
  test_bench_init (&bench);
  g_flow_set_max_threads (flow, 4);
  for (guint i = 0; i < 200; i++)
    {
      GFlowNode *node = i % 5 == 0 ? test_add_async (&bench, flow, NULL, NULL)
                                   : test_add_sync (&bench, flow, NULL, NULL);

      g_flow_node_add_lock (node, i % 2 == 0 ? one : two);
      g_flow_node_add_lock (node, i % 2 == 0 ? two : one);
    }
  g_object_unref (test_execute_well (flow));
  g_assert_cmpint (bench.gauge.most, ==, 1);
  g_assert_cmpint (bench.gauge.total, ==, 200);

  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_failure_releases (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowLock) lock = g_flow_lock_new ();
  g_autoptr (GError) error = NULL;
  TestBench bench;

  test_bench_init (&bench);
  for (guint i = 0; i < 6; i++)
    {
      TestJob *job;
      GFlowNode *node = i % 2 == 0 ? test_add_async (&bench, flow, NULL, &job)
                                   : test_add_sync (&bench, flow, NULL, &job);

      g_flow_node_add_lock (node, lock);
      test_job_fail (job, "It broke");
    }
  g_assert_null (test_execute (flow, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_cmpint (bench.gauge.total, ==, 6);
  g_assert_cmpint (bench.gauge.most, ==, 1);
  g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 0);

  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_permits_while_running (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowLock) lock = g_flow_lock_new ();
  TestBench bench;
  TestGate gate;
  TestResult result;

  test_bench_init (&bench);
  test_gate_init (&gate);
  test_result_init (&result);
  g_flow_set_max_threads (flow, 4);
  for (guint i = 0; i < 8; i++)
    {
      TestJob *job;

      g_flow_node_add_lock (test_add_sync (&bench, flow, NULL, &job), lock);
      job->gate = &gate;
    }
  g_flow_execute (flow, NULL, test_result_cb, &result);
  TEST_WAIT (test_gate_waiting (&gate) == 1);
  g_flow_lock_set_permits (lock, 3);
  TEST_WAIT (test_gate_waiting (&gate) == 3);
  test_settle (5);
  g_assert_cmpuint (test_gate_waiting (&gate), ==, 3);
  g_flow_lock_set_permits (lock, 2);
  test_gate_open (&gate);
  TEST_WAIT (result.calls > 0);
  g_object_unref (g_flow_execute_finish (flow, result.result, NULL));
  g_assert_cmpint (bench.gauge.most, ==, 3);
  g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 0);

  test_result_clear (&result);
  g_clear_object (&flow);
  test_bench_clear (&bench);
  test_gate_clear (&gate);
}

static void
test_dropped_while_waiting (void)
{
  GFlowLock *lock = g_flow_lock_new ();
  TestResult result;
  TestLife life;

  /* Who waits keeps the lock alive. */
  test_life_init (&life);
  test_life_watch (&life, lock);
  test_result_init (&result);
  g_assert_true (g_flow_lock_try_acquire (lock));
  g_flow_lock_acquire (lock, NULL, test_result_cb, &result);
  g_flow_lock_release (lock);
  g_object_unref (lock);
  TEST_WAIT (result.calls > 0);
  test_result_clear (&result);
  test_life_assert_over (&life);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/lock/properties", test_properties);
  g_test_add_func ("/lock/no-permits", test_no_permits);
  g_test_add_func ("/lock/try-acquire", test_try_acquire);
  g_test_add_data_func ("/lock/release-too-often/one", GUINT_TO_POINTER (1),
                        test_release_too_often);
  g_test_add_data_func ("/lock/release-too-often/most", GUINT_TO_POINTER (G_MAXUINT),
                        test_release_too_often);
  g_test_add_func ("/lock/acquire", test_acquire);
  g_test_add_func ("/lock/first-in-first-out", test_first_in_first_out);
  g_test_add_func ("/lock/cancelled-waiters", test_cancelled_waiters);
  g_test_add_func ("/lock/cancelled-before", test_cancelled_before);
  g_test_add_func ("/lock/cancel-against-release", test_cancel_against_release);
  g_test_add_func ("/lock/more-permits", test_more_permits);
  g_test_add_func ("/lock/release-in-thread", test_release_in_thread);
  g_test_add_data_func ("/lock/threads/1", GUINT_TO_POINTER (1), test_threads);
  g_test_add_data_func ("/lock/threads/3", GUINT_TO_POINTER (3), test_threads);
  g_test_add_func ("/lock/sync-cancelled", test_sync_cancelled);
  g_test_add_func ("/lock/shared", test_shared);
  g_test_add_func ("/lock/asked-while-handed-over", test_asked_while_handed_over);
  g_test_add_func ("/lock/node-waits", test_node_waits);
  g_test_add_func ("/lock/cancelled-while-waiting", test_cancelled_while_waiting);
  g_test_add_func ("/lock/node-cancelled-while-waiting", test_node_cancelled_while_waiting);
  g_test_add_func ("/lock/two-locks", test_two_locks);
  g_test_add_func ("/lock/failure-releases", test_failure_releases);
  g_test_add_func ("/lock/permits-while-running", test_permits_while_running);
  g_test_add_func ("/lock/dropped-while-waiting", test_dropped_while_waiting);

  return g_test_run ();
}
