/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Who gets a permit next: cancelled waiters, very many of them, chains of locks. */

#include "test-util.h"

#include <string.h>

static void
assert_cancelled (GFlowLock  *lock,
                  TestResult *result)
{
  g_autoptr (GError) error = NULL;

  TEST_WAIT (result->calls > 0);
  g_assert_false (g_flow_lock_acquire_finish (lock, result->result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
assert_acquired (GFlowLock  *lock,
                 TestResult *result)
{
  g_autoptr (GError) error = NULL;

  TEST_WAIT (result->calls > 0);
  g_assert_true (g_flow_lock_acquire_finish (lock, result->result, &error));
  g_assert_no_error (error);
}

/* Cancelled waiters */

static void
test_cancelled_waiter_gets_no_permit (void)
{
  g_autoptr (GFlowLock) lock = g_flow_lock_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  TestResult cancelled;
  TestResult next;

  g_test_summary ("A permit that is released after the cancellation goes to the next one, though "
                  "the cancelled one has not heard of it");
  test_result_init (&cancelled);
  test_result_init (&next);
  g_assert_true (g_flow_lock_try_acquire (lock));
  g_flow_lock_acquire (lock, cancellable, test_result_cb, &cancelled);
  g_flow_lock_acquire (lock, NULL, test_result_cb, &next);

  /* Without a turn of the loop between the two. */
  g_cancellable_cancel (cancellable);
  g_flow_lock_release (lock);

  assert_acquired (lock, &next);
  assert_cancelled (lock, &cancelled);
  g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 1);
  g_assert_cmpuint (g_flow_lock_get_waiting (lock), ==, 0);
  g_flow_lock_release (lock);
  test_result_clear (&cancelled);
  test_result_clear (&next);
  g_assert_finalize_object (g_steal_pointer (&lock));
}

static void
test_only_waiter_is_cancelled (void)
{
  g_autoptr (GFlowLock) lock = g_flow_lock_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  TestResult cancelled;

  g_test_summary ("The only waiter is cancelled, and then the permit is released: it is free");
  test_result_init (&cancelled);
  g_assert_true (g_flow_lock_try_acquire (lock));
  g_flow_lock_acquire (lock, cancellable, test_result_cb, &cancelled);

  g_cancellable_cancel (cancellable);
  g_flow_lock_release (lock);
  g_assert_true (g_flow_lock_try_acquire (lock));
  g_flow_lock_release (lock);

  assert_cancelled (lock, &cancelled);
  g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 0);
  test_result_clear (&cancelled);
  g_assert_finalize_object (g_steal_pointer (&lock));
}

/* Very many */

#define N_WAITERS 100000

typedef struct
{
  guint n_calls;
  guint depth;
} Relay;

static void
relay_cb (GObject      *object,
          GAsyncResult *result,
          gpointer      user_data)
{
  Relay *relay = user_data;
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (relay->depth++, ==, 0);
  g_assert_true (g_flow_lock_acquire_finish (G_FLOW_LOCK (object), result, &error));
  g_assert_no_error (error);
  relay->n_calls++;
  g_flow_lock_release (G_FLOW_LOCK (object));
  relay->depth--;
}

static void
test_many_waiters_do_not_nest (void)
{
  g_autoptr (GFlowLock) lock = g_flow_lock_new ();
  Relay relay = { 0 };

  g_test_summary ("A hundred thousand callbacks, each of which releases for the next: none is "
                  "called inside of another");
  g_assert_true (g_flow_lock_try_acquire (lock));
  for (guint i = 0; i < N_WAITERS; i++)
    g_flow_lock_acquire (lock, NULL, relay_cb, &relay);
  g_assert_cmpuint (g_flow_lock_get_waiting (lock), ==, N_WAITERS);

  /* In a later turn of the loop: GTask would return at once. */
  test_settle (2);
  g_assert_cmpuint (relay.n_calls, ==, 0);
  g_flow_lock_release (lock);
  TEST_WAIT (relay.n_calls == N_WAITERS);
  g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 0);
  g_assert_cmpuint (g_flow_lock_get_waiting (lock), ==, 0);
}

/* Chains */

static void
test_cancelled_with_first_of_two (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowLock) first = g_flow_lock_new ();
  g_autoptr (GFlowLock) second = g_flow_lock_new ();
  g_autoptr (GFlowRun) run = g_flow_run_new (flow);
  g_autoptr (GError) error = NULL;
  GFlowNode *node = test_add_nothing (flow, "node");
  TestResult result;

  g_test_summary ("A node has the first of its locks and waits for the second: cancelled, it "
                  "gives the first back");
  test_result_init (&result);
  g_flow_node_add_lock (node, first);
  g_flow_node_add_lock (node, second);
  g_assert_true (g_flow_lock_try_acquire (second));

  g_flow_run_execute (run, NULL, test_result_cb, &result);
  TEST_WAIT (g_flow_lock_get_waiting (second) == 1);
  g_assert_cmpuint (g_flow_lock_get_in_use (first), ==, 1);
  g_flow_run_cancel (run);
  TEST_WAIT (result.calls > 0);
  g_assert_false (g_flow_run_execute_finish (run, result.result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_node (run, node, CANCELLED);
  g_assert_cmpuint (g_flow_lock_get_in_use (first), ==, 0);
  g_assert_cmpuint (g_flow_lock_get_waiting (second), ==, 0);

  g_flow_lock_release (second);
  g_assert_cmpuint (g_flow_lock_get_in_use (second), ==, 0);
  test_result_clear (&result);
}

static void
test_cancelled_before_grant (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowLock) first = g_flow_lock_new ();
  g_autoptr (GFlowLock) second = g_flow_lock_new ();
  g_autoptr (GFlowRun) run = g_flow_run_new (flow);
  g_autoptr (GError) error = NULL;
  GFlowNode *node = test_add_nothing (flow, "node");
  TestResult result;

  g_test_summary ("A run is cancelled, and before it has heard of it the first of two locks "
                  "becomes free: it does not begin to wait for the second");
  test_result_init (&result);
  g_flow_node_add_lock (node, first);
  g_flow_node_add_lock (node, second);
  g_assert_true (g_flow_lock_try_acquire (first));
  g_assert_true (g_flow_lock_try_acquire (second));

  g_flow_run_execute (run, NULL, test_result_cb, &result);
  TEST_WAIT (g_flow_lock_get_waiting (first) == 1);
  g_flow_run_cancel (run);
  g_flow_lock_release (first);
  g_assert_cmpuint (g_flow_lock_get_waiting (second), ==, 0);
  TEST_WAIT (result.calls > 0);
  g_assert_false (g_flow_run_execute_finish (run, result.result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_node (run, node, CANCELLED);
  g_assert_cmpuint (g_flow_lock_get_in_use (first), ==, 0);

  g_flow_lock_release (second);
  test_result_clear (&result);
}

/* Two threads that begin as much at once as can be. */

typedef struct
{
  GFlowLock *lock;    /* (unowned) */
  int        ready;   /* atomic */
  guint      n_spins; /* between the begin and the release */
} Race;

static void
race_line_up (Race *self)
{
  gint64 deadline = g_get_monotonic_time () + test_time_limit ();

  g_atomic_int_inc (&self->ready);
  while (g_atomic_int_get (&self->ready) < 2)
    g_assert_cmpint (g_get_monotonic_time (), <, deadline);
}

static void
race_spin (guint n)
{
  for (volatile guint i = 0; i < n; i++)
    ;
}

static gpointer
race_release_thread (gpointer user_data)
{
  Race *race = user_data;

  race_line_up (race);
  race_spin (race->n_spins);
  g_flow_lock_release (race->lock);

  return NULL;
}

static void
test_cancel_against_grant (void)
{
  g_test_summary ("A run is cancelled while another thread gives it the first of two locks: it "
                  "ends, and holds nothing");
  for (guint i = 0; i < 500; i++)
    {
      g_autoptr (GFlow) flow = g_flow_new ();
      g_autoptr (GFlowLock) first = g_flow_lock_new ();
      g_autoptr (GFlowLock) second = g_flow_lock_new ();
      g_autoptr (GFlowRun) run = g_flow_run_new (flow);
      g_autoptr (GError) error = NULL;
      GFlowNode *node = test_add_nothing (flow, "node");
      Race race = { .lock = first, .n_spins = g_test_rand_int_range (0, 3000) };
      TestResult result;
      GThread *thread;

      test_result_init (&result);
      g_flow_node_add_lock (node, first);
      g_flow_node_add_lock (node, second);
      g_assert_true (g_flow_lock_try_acquire (first));
      g_assert_true (g_flow_lock_try_acquire (second));

      g_flow_run_execute (run, NULL, test_result_cb, &result);
      while (g_flow_lock_get_waiting (first) == 0)
        g_main_context_iteration (test_context (), TRUE);
      thread = g_thread_new ("release", race_release_thread, &race);
      race_line_up (&race);
      race_spin (g_test_rand_int_range (0, 3000));
      g_flow_run_cancel (run);

      TEST_WAIT (result.calls > 0);
      g_thread_join (thread);
      g_assert_false (g_flow_run_execute_finish (run, result.result, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_assert_cmpuint (g_flow_lock_get_in_use (first), ==, 0);
      g_assert_cmpuint (g_flow_lock_get_in_use (second), ==, 1);
      g_assert_cmpuint (g_flow_lock_get_waiting (second), ==, 0);
      g_flow_lock_release (second);
      test_result_clear (&result);
    }
}

static void
test_same_lock_twice (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowLock) lock = g_flow_lock_new ();
  GFlowNode *node = test_add_nothing (flow, "node");

  g_test_summary ("A node that was given a lock twice does not wait for itself");
  g_flow_node_add_lock (node, lock);
  g_flow_node_add_lock (node, lock);
  g_object_unref (test_execute_well (flow));
  g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 0);
}

/* Sub-flows */

static void
test_lock_is_held_outside (gconstpointer data)
{
  guint depth = GPOINTER_TO_UINT (data);
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlow) inner = g_flow_new ();
  g_autoptr (GFlowLock) lock = g_flow_lock_new ();
  g_autoptr (GError) error = NULL;
  GFlow *innermost = inner;
  GFlowNode *holder;

  g_test_summary ("A node inside of a flow needs a lock that the node which runs the flow holds");
  for (guint i = 1; i < depth; i++)
    {
      g_autoptr (GFlow) next = g_flow_new ();

      g_assert_nonnull (g_flow_add_flow (innermost, "between", next, NULL));
      innermost = next; /* its node holds it */
    }
  g_flow_node_add_lock (test_add_nothing (innermost, "deep"), lock);
  holder = g_flow_add_flow (flow, "holder", inner, NULL);
  g_assert_true (g_flow_validate (flow, &error));
  g_assert_no_error (error);

  g_flow_node_add_lock (holder, lock);
  g_assert_false (g_flow_validate (flow, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_RECURSION);
  test_assert_contains (error->message, "holder");
  g_clear_error (&error);
  g_assert_null (test_execute (flow, NULL, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_RECURSION);
  g_clear_error (&error);
  g_assert_null (g_flow_execute_sync (flow, NULL, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_RECURSION);
  g_clear_error (&error);
  g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 0);

  /* By itself the flow is fine. */
  g_object_unref (test_execute_well (inner));
}

static void
test_lock_of_neighbour (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlow) inner = g_flow_new ();
  g_autoptr (GFlowLock) lock = g_flow_lock_new ();
  g_autoptr (GFlowLock) other = g_flow_lock_new ();

  g_test_summary ("A lock may be needed inside of a flow and beside it");
  g_flow_node_add_lock (test_add_nothing (inner, "inside"), lock);
  g_flow_node_add_lock (g_flow_add_flow (flow, "sub", inner, NULL), other);
  g_flow_node_add_lock (test_add_nothing (flow, "beside"), lock);
  g_object_unref (test_execute_well (flow));
  g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 0);
}

/* Acquiring on a worker: the callback is in the default context, which another
 * thread iterates meanwhile. */

typedef struct
{
  GFlowLock    *lock;        /* (unowned) */
  guint         n_acquired;
  int           n_cancelled; /* atomic: callbacks */
  GCancellable *victim;      /* atomic */
  int           stop;        /* atomic */
} Abroad;

static void
abroad_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  Abroad *abroad = user_data;
  g_autoptr (GError) error = NULL;

  g_assert_false (g_flow_lock_acquire_finish (G_FLOW_LOCK (object), result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_context (g_main_context_default ());
  g_atomic_int_inc (&abroad->n_cancelled);
}

static gpointer
abroad_cancel_thread (gpointer user_data)
{
  Abroad *abroad = user_data;

  while (!g_atomic_int_get (&abroad->stop))
    {
      GCancellable *cancellable = g_atomic_pointer_get (&abroad->victim);

      if (cancellable == NULL)
        {
          /* Where three threads share a processor, whoever has work comes first. */
          g_thread_yield ();
          continue;
        }
      g_cancellable_cancel (cancellable);
      g_atomic_pointer_set (&abroad->victim, NULL);
    }

  return NULL;
}

static gboolean
body_acquire (GFlowNode  *node,
              GFlowRun   *run,
              gpointer    user_data,
              GError    **error)
{
  Abroad *abroad = user_data;
  const gint64 enough = g_get_monotonic_time () + test_time_limit () / 6;

  /* Each takes two threads that take turns: on a machine with much else to do, as many as fit. */
  while (abroad->n_acquired < 3000 && g_get_monotonic_time () < enough)
    {
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      const gint64 deadline = g_get_monotonic_time () + test_time_limit ();

      abroad->n_acquired++;
      g_atomic_pointer_set (&abroad->victim, cancellable);
      g_flow_lock_acquire (abroad->lock, cancellable, abroad_cb, abroad);
      while (g_atomic_pointer_get (&abroad->victim) != NULL)
        {
          g_assert_cmpint (g_get_monotonic_time (), <, deadline);
          g_thread_yield ();
        }
    }

  return TRUE;
}

static gboolean
keep_turning_cb (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

static void
test_acquire_on_worker_is_cancelled (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowLock) lock = g_flow_lock_new ();
  Abroad abroad = { .lock = lock };
  g_autoptr (GSource) source = g_idle_source_new ();
  GThread *thread;

  g_test_summary ("Waiting that a worker begins is cancelled by one thread, while another iterates "
                  "the context: each of the callbacks comes");
  g_assert_true (g_flow_lock_try_acquire (lock));
  g_assert_nonnull (g_flow_add (flow, NULL, body_acquire, &abroad, NULL, NULL));
  thread = g_thread_new ("cancel", abroad_cancel_thread, &abroad);
  /* The context turns all the time, and so is there when a source is new. */
  g_source_set_callback (source, keep_turning_cb, NULL, NULL);
  g_source_attach (source, test_context ());

  g_object_unref (test_execute_well (flow));
  TEST_WAIT (g_atomic_int_get (&abroad.n_cancelled) == (int) abroad.n_acquired);
  g_source_destroy (source);
  g_atomic_int_set (&abroad.stop, TRUE);
  g_thread_join (thread);
  g_assert_cmpuint (g_flow_lock_get_waiting (lock), ==, 0);
  g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 1);
  g_flow_lock_release (lock);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/lock-order/cancelled/gets-no-permit", test_cancelled_waiter_gets_no_permit);
  g_test_add_func ("/lock-order/cancelled/only-waiter", test_only_waiter_is_cancelled);
  g_test_add_func ("/lock-order/cancelled/on-worker", test_acquire_on_worker_is_cancelled);
  g_test_add_func ("/lock-order/many-do-not-nest", test_many_waiters_do_not_nest);
  g_test_add_func ("/lock-order/chain/cancelled-with-first", test_cancelled_with_first_of_two);
  g_test_add_func ("/lock-order/chain/cancelled-before-grant", test_cancelled_before_grant);
  g_test_add_func ("/lock-order/chain/cancel-against-grant", test_cancel_against_grant);
  g_test_add_func ("/lock-order/chain/same-lock-twice", test_same_lock_twice);
  g_test_add_data_func ("/lock-order/subflow/held-outside", GUINT_TO_POINTER (1),
                        test_lock_is_held_outside);
  g_test_add_data_func ("/lock-order/subflow/held-far-outside", GUINT_TO_POINTER (4),
                        test_lock_is_held_outside);
  g_test_add_func ("/lock-order/subflow/neighbour", test_lock_of_neighbour);

  return g_test_run ();
}
