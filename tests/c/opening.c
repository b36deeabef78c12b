/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Executors that take their time to be set up, and who does not want to wait for them. */

#include "test-executor.h"

#include <string.h>

typedef enum
{
  READY,     /* is set up at once */
  LISTENING, /* waits until it is told to stop */
  DEAF,      /* waits for its gate, whatever it is told */
  BROKEN,    /* cannot be set up */
} Temper;

typedef struct
{
  TestGate gate;
  int      begun;     /* atomic: setups, and so are the others */
  int      set_up;
  int      told;      /* to stop */
  int      torn_down;
} Tally;

#define TEST_TYPE_SLOW (test_slow_get_type ())
G_DECLARE_FINAL_TYPE (TestSlow, test_slow, TEST, SLOW, GFlowExecutor)

struct _TestSlow
{
  GFlowExecutor  parent_instance;

  Temper         temper; /* atomic */
  Tally         *tally;
};

G_DEFINE_FINAL_TYPE (TestSlow, test_slow, G_TYPE_FLOW_EXECUTOR)

static gboolean
test_slow_setup (GFlowExecutor  *executor,
                 GCancellable   *cancellable,
                 GError        **error)
{
  TestSlow *self = TEST_SLOW (executor);
  GPollFD fd;

  g_atomic_int_inc (&self->tally->begun);
  switch ((Temper) g_atomic_int_get (&self->temper))
    {
    case LISTENING:
      g_assert_true (g_cancellable_make_pollfd (cancellable, &fd));
      g_poll (&fd, 1, (int) (test_time_limit () / 1000));
      g_cancellable_release_fd (cancellable);
      g_assert_true (g_cancellable_set_error_if_cancelled (cancellable, error));
      g_atomic_int_inc (&self->tally->told);
      return FALSE;
    case DEAF:
      test_gate_wait (&self->tally->gate);
      break;
    case BROKEN:
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE, "It does not fit");
      return FALSE;
    case READY:
    default:
      break;
    }
  g_atomic_int_inc (&self->tally->set_up);
  return TRUE;
}

static gboolean
test_slow_teardown (GFlowExecutor  *executor,
                    GCancellable   *cancellable,
                    GError        **error)
{
  g_atomic_int_inc (&TEST_SLOW (executor)->tally->torn_down);
  return TRUE;
}

static void
test_slow_class_init (TestSlowClass *klass)
{
  G_FLOW_EXECUTOR_CLASS (klass)->setup = test_slow_setup;
  G_FLOW_EXECUTOR_CLASS (klass)->teardown = test_slow_teardown;
}

static void
test_slow_init (TestSlow *self)
{
}

/* One that cannot be torn down */

#define TEST_TYPE_STUCK (test_stuck_get_type ())
G_DECLARE_FINAL_TYPE (TestStuck, test_stuck, TEST, STUCK, GFlowExecutor)

struct _TestStuck
{
  GFlowExecutor parent_instance;
};

G_DEFINE_FINAL_TYPE (TestStuck, test_stuck, G_TYPE_FLOW_EXECUTOR)

static gboolean
test_stuck_teardown (GFlowExecutor  *executor,
                     GCancellable   *cancellable,
                     GError        **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE, "It is full");
  return FALSE;
}

static void
test_stuck_class_init (TestStuckClass *klass)
{
  G_FLOW_EXECUTOR_CLASS (klass)->teardown = test_stuck_teardown;
}

static void
test_stuck_init (TestStuck *self)
{
}

/* One that is asked for tasks, which are its own */

#define TEST_TYPE_ASKED (test_asked_get_type ())
G_DECLARE_FINAL_TYPE (TestAsked, test_asked, TEST, ASKED, GFlowExecutor)

struct _TestAsked
{
  GFlowExecutor  parent_instance;

  GPtrArray     *tasks; /* (owned): of setup, serving, and teardown */
};

G_DEFINE_FINAL_TYPE (TestAsked, test_asked, G_TYPE_FLOW_EXECUTOR)

static gboolean
return_cb (gpointer user_data)
{
  TestAsked *self = g_task_get_source_object (user_data);

  g_ptr_array_add (self->tasks, g_object_ref (user_data));
  g_task_return_boolean (user_data, TRUE);
  return G_SOURCE_REMOVE;
}

static void
test_asked_start (GFlowExecutor  *executor,
                  GTask          *task,
                  GError        **error)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_assert_true (g_task_get_source_object (task) == executor);
  g_source_set_callback (source, return_cb, g_object_ref (task), g_object_unref);
  g_source_attach (source, g_task_get_context (task));
}

static void
test_asked_serve (GFlowExecutor  *executor,
                  GFlowRequest   *request,
                  GTask          *task,
                  GError        **error)
{
  test_asked_start (executor, task, error);
}

static void
test_asked_finalize (GObject *object)
{
  g_ptr_array_unref (TEST_ASKED (object)->tasks);

  G_OBJECT_CLASS (test_asked_parent_class)->finalize (object);
}

static void
test_asked_class_init (TestAskedClass *klass)
{
  GFlowExecutorClass *executor_class = G_FLOW_EXECUTOR_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = test_asked_finalize;
  executor_class->start = test_asked_serve;
  executor_class->start_setup = test_asked_start;
  executor_class->start_teardown = test_asked_start;
}

static void
test_asked_init (TestAsked *self)
{
  self->tasks = g_ptr_array_new_with_free_func (g_object_unref);
}

/* One, or several, or shards: each is asked for what is its own. */
static void
test_tasks (gconstpointer data)
{
  const guint n = GPOINTER_TO_UINT (data);
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (TestAsked) executor = g_object_new (TEST_TYPE_ASKED, NULL);
  GFlowNode *node = g_flow_add_executor (flow, NULL, G_FLOW_EXECUTOR (executor), NULL, NULL);

  g_flow_node_set_parallel (node, n);
  g_flow_node_set_replicas (node, n);
  g_flow_node_set_scheduling (node, G_FLOW_SCHEDULING_ROUND_ROBIN);
  for (guint i = 0; i < 3; i++)
    {
      g_flow_node_set_polling (node, i);
      g_assert_true (g_flow_open_sync (flow, NULL, NULL));
      for (guint k = 0; k < 4; k++)
        {
          g_autoptr (GFlowRequest) request = NULL;
          g_autoptr (GError) error = NULL;

          request = test_serve (flow, "/", "0", NULL, &error);
          g_assert_no_error (error);
        }
      g_assert_true (g_flow_close_sync (flow, NULL, NULL));
      g_assert_cmpuint (executor->tasks->len, >=, 3);
      g_ptr_array_set_size (executor->tasks, 0);
    }
}

typedef struct
{
  GFlow    *flow; /* (owned): "ready", then "slow" */
  Tally     tally;
  TestLife  life;
} Bench;

static TestSlow *
add_slow (GFlow      *flow,
          const char *name,
          Temper      temper,
          Tally      *tally)
{
  g_autoptr (GFlowExecutor) executor = g_object_new (TEST_TYPE_SLOW, NULL);

  TEST_SLOW (executor)->temper = temper;
  TEST_SLOW (executor)->tally = tally;
  g_assert_nonnull (g_flow_add_executor (flow, name, executor, NULL, NULL));
  return TEST_SLOW (executor);
}

static void
bench_init (Bench  *self,
            Temper  temper)
{
  memset (self, 0, sizeof *self);
  test_gate_init (&self->tally.gate);
  test_life_init (&self->life);
  self->flow = g_flow_new ();
  test_life_watch (&self->life, self->flow);
  test_life_watch (&self->life, add_slow (self->flow, "ready", READY, &self->tally));
  test_life_watch (&self->life, add_slow (self->flow, "slow", temper, &self->tally));
  g_flow_set_close_timeout (self->flow, temper == DEAF ? 20 : 3600 * 1000);
}

/* What was given up ends, and the flow can be opened again. */
static void
bench_clear (Bench *self)
{
  test_gate_open (&self->tally.gate);
  TEST_WAIT (g_atomic_int_get (&self->tally.torn_down) == g_atomic_int_get (&self->tally.set_up));
  TEST_SLOW (g_flow_node_get_executor (g_flow_lookup (self->flow, "slow")))->temper = READY;
  TEST_WAIT (g_flow_open_sync (self->flow, NULL, NULL));
  g_assert_true (g_flow_close_sync (self->flow, NULL, NULL));
  g_clear_object (&self->flow);
  test_life_assert_over (&self->life);
  test_gate_clear (&self->tally.gate);
}

/* Whoever cancels does not wait: for who listens until it has ended, and else no longer than for
 * closing. */
static void
test_cancel (gconstpointer data)
{
  const Temper temper = GPOINTER_TO_UINT (data);
  Bench bench;
  TestResult opened;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  bench_init (&bench, temper);
  test_result_init (&opened);
  g_flow_open (bench.flow, cancellable, test_result_cb, &opened);
  TEST_WAIT (g_atomic_int_get (&bench.tally.begun) == 2);
  g_assert_cmpint (opened.calls, ==, 0);
  g_cancellable_cancel (cancellable);
  TEST_WAIT (opened.calls > 0);
  g_assert_false (g_flow_open_finish (bench.flow, opened.result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_false (g_flow_get_is_open (bench.flow));
  g_assert_cmpint (bench.tally.told, ==, temper == LISTENING);
  if (temper == LISTENING)
    g_assert_cmpint (bench.tally.torn_down, ==, 1);
  test_result_clear (&opened);
  bench_clear (&bench);
}

typedef struct
{
  Tally        *tally;
  GCancellable *cancellable;
} Canceller;

static gpointer
cancel_when_begun (gpointer data)
{
  Canceller *self = data;
  const gint64 deadline = g_get_monotonic_time () + test_time_limit ();

  while (g_atomic_int_get (&self->tally->begun) < 2)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      g_thread_yield ();
    }
  g_cancellable_cancel (self->cancellable);
  return NULL;
}

static void
test_cancel_sync (gconstpointer data)
{
  Bench bench;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  Canceller canceller = { &bench.tally, cancellable };
  GThread *thread;

  bench_init (&bench, GPOINTER_TO_UINT (data));
  thread = g_thread_new ("canceller", cancel_when_begun, &canceller);
  g_assert_false (g_flow_open_sync (bench.flow, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_false (g_flow_get_is_open (bench.flow));
  g_thread_join (thread);
  bench_clear (&bench);
}

/* Cancelled before it begins: nothing is set up. */
static void
test_cancelled_before (void)
{
  Bench bench;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  bench_init (&bench, READY);
  g_cancellable_cancel (cancellable);
  g_assert_false (g_flow_open_sync (bench.flow, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (bench.tally.begun, ==, 0);
  bench_clear (&bench);
}

/* What is not ready in time is named. */
static void
test_timeout (gconstpointer data)
{
  Bench bench;

  bench_init (&bench, GPOINTER_TO_UINT (data));
  g_assert_cmpuint (g_flow_get_open_timeout (bench.flow), ==, 10 * 60 * 1000);
  g_flow_set_open_timeout (bench.flow, 20);

  for (guint i = 0; i < 2 && (i == 0 || GPOINTER_TO_UINT (data) == LISTENING); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (g_flow_open_sync (bench.flow, NULL, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
      test_assert_contains (error->message, "“slow”");
      g_assert_null (strstr (error->message, "ready"));
      g_assert_false (g_flow_get_is_open (bench.flow));
    }
  g_flow_set_open_timeout (bench.flow, 0);
  bench_clear (&bench);
}

/* Flows inside */

static void
open_when (GFlow      *flow,
           TestResult *opened)
{
  test_result_init (opened);
  g_flow_open (flow, NULL, test_result_cb, opened);
}

/* A flow inside that somebody else opens, which takes its time: the one around it is not open before
 * it is, and leaves it open. */
static void
test_inside (void)
{
  Bench bench;
  g_autoptr (GFlow) outer = g_flow_new ();
  TestResult opened, also_opened;

  bench_init (&bench, DEAF);
  g_flow_add_flow (outer, "sub", bench.flow, NULL);
  open_when (bench.flow, &opened);
  open_when (outer, &also_opened);
  TEST_WAIT (g_atomic_int_get (&bench.tally.begun) == 2);
  test_settle (20);
  g_assert_cmpint (also_opened.calls, ==, 0);
  test_gate_open (&bench.tally.gate);
  TEST_WAIT (opened.calls > 0 && also_opened.calls > 0);
  g_assert_true (g_flow_open_finish (bench.flow, opened.result, NULL));
  g_assert_true (g_flow_open_finish (outer, also_opened.result, NULL));
  g_assert_cmpint (bench.tally.begun, ==, 2);
  g_assert_true (g_flow_close_sync (outer, NULL, NULL));
  g_assert_true (g_flow_get_is_open (bench.flow));
  g_assert_true (g_flow_close_sync (bench.flow, NULL, NULL));
  test_result_clear (&opened);
  test_result_clear (&also_opened);
  g_clear_object (&outer);
  bench_clear (&bench);
}

/* That fails: so does what waits for it. */
static void
test_inside_fails (void)
{
  Bench bench;
  g_autoptr (GFlow) outer = g_flow_new ();
  g_autoptr (GError) error = NULL;
  TestResult opened, also_opened;

  bench_init (&bench, BROKEN);
  g_flow_add_flow (outer, "sub", bench.flow, NULL);
  open_when (bench.flow, &opened);
  open_when (outer, &also_opened);
  TEST_WAIT (opened.calls > 0 && also_opened.calls > 0);
  g_assert_false (g_flow_open_finish (bench.flow, opened.result, NULL));
  g_assert_false (g_flow_open_finish (outer, also_opened.result, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_START_FAILED);
  test_assert_contains (error->message, "“sub”");
  test_assert_contains (error->message, "does not fit");
  test_result_clear (&opened);
  test_result_clear (&also_opened);
  g_clear_object (&outer);
  bench_clear (&bench);
}

static void
add_stuck (GFlow      *flow,
           const char *name)
{
  g_autoptr (GFlowExecutor) executor = g_object_new (TEST_TYPE_STUCK, NULL);

  g_assert_nonnull (g_flow_add_executor (flow, name, executor, NULL, NULL));
}

/* Who cannot be torn down is named, each of them, also in a flow inside; and the flow is closed. */
static void
test_stuck (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlow) inside = g_flow_new ();

  add_stuck (flow, "a");
  add_stuck (flow, "b");
  add_stuck (inside, "c");
  g_flow_add_flow (flow, "inside", inside, NULL);
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_true (g_flow_open_sync (flow, NULL, NULL));
      g_assert_false (g_flow_close_sync (flow, NULL, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
      test_assert_contains (error->message, "The executor “a” could not be torn down: It is full");
      test_assert_contains (error->message, "The executor “b” could not be torn down: It is full");
      test_assert_contains (error->message, "The flow “inside” could not be closed: The executor "
                                            "“c” could not be torn down: It is full");
      g_assert_false (g_flow_get_is_open (flow));
      g_assert_false (g_flow_get_is_open (inside));
    }
}

/* Whoever opens it does not want it any more: who waits for it opens it, and closes it. */
static void
test_inside_cancelled (void)
{
  Bench bench;
  g_autoptr (GFlow) outer = g_flow_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  TestResult opened, also_opened;
  TestSlow *slow;

  bench_init (&bench, LISTENING);
  slow = TEST_SLOW (g_flow_node_get_executor (g_flow_lookup (bench.flow, "slow")));
  g_flow_add_flow (outer, "sub", bench.flow, NULL);
  test_result_init (&opened);
  g_flow_open (bench.flow, cancellable, test_result_cb, &opened);
  open_when (outer, &also_opened);
  TEST_WAIT (g_atomic_int_get (&bench.tally.begun) == 2);
  g_atomic_int_set (&slow->temper, READY);
  g_cancellable_cancel (cancellable);
  TEST_WAIT (opened.calls > 0 && also_opened.calls > 0);
  g_assert_false (g_flow_open_finish (bench.flow, opened.result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_true (g_flow_open_finish (outer, also_opened.result, NULL));
  g_assert_true (g_flow_get_is_open (bench.flow));
  g_assert_true (g_flow_close_sync (outer, NULL, NULL));
  g_assert_false (g_flow_get_is_open (bench.flow));
  test_result_clear (&opened);
  test_result_clear (&also_opened);
  g_clear_object (&outer);
  bench_clear (&bench);
}

/* Who waits for it does not want to any more. */
static void
test_inside_not_wanted (void)
{
  Bench bench;
  g_autoptr (GFlow) outer = g_flow_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  TestResult opened, also_opened;

  bench_init (&bench, DEAF);
  g_flow_add_flow (outer, "sub", bench.flow, NULL);
  open_when (bench.flow, &opened);
  test_result_init (&also_opened);
  g_flow_open (outer, cancellable, test_result_cb, &also_opened);
  TEST_WAIT (g_atomic_int_get (&bench.tally.begun) == 2);
  test_settle (10);
  g_cancellable_cancel (cancellable);
  TEST_WAIT (also_opened.calls > 0);
  g_assert_false (g_flow_open_finish (outer, also_opened.result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_cmpint (opened.calls, ==, 0);

  /* Who blocks cannot wait for what is not iterated meanwhile. */
  g_assert_false (g_flow_open_sync (outer, NULL, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_START_FAILED);
  test_assert_contains (error->message, "is being opened");
  test_gate_open (&bench.tally.gate);
  TEST_WAIT (opened.calls > 0);
  g_assert_true (g_flow_open_finish (bench.flow, opened.result, NULL));
  g_assert_true (g_flow_close_sync (bench.flow, NULL, NULL));
  test_result_clear (&opened);
  test_result_clear (&also_opened);
  g_clear_object (&outer);
  bench_clear (&bench);
}

int
main (int   argc,
      char *argv[])
{
  gpointer listening = GUINT_TO_POINTER (LISTENING), deaf = GUINT_TO_POINTER (DEAF);

  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/opening/tasks/one", GUINT_TO_POINTER (1), test_tasks);
  g_test_add_data_func ("/opening/tasks/several", GUINT_TO_POINTER (2), test_tasks);
  g_test_add_data_func ("/opening/cancel/listening", listening, test_cancel);
  g_test_add_data_func ("/opening/cancel/deaf", deaf, test_cancel);
  g_test_add_data_func ("/opening/cancel-sync/listening", listening, test_cancel_sync);
  g_test_add_data_func ("/opening/cancel-sync/deaf", deaf, test_cancel_sync);
  g_test_add_func ("/opening/cancelled-before", test_cancelled_before);
  g_test_add_data_func ("/opening/timeout/listening", listening, test_timeout);
  g_test_add_data_func ("/opening/timeout/deaf", deaf, test_timeout);
  g_test_add_func ("/opening/inside", test_inside);
  g_test_add_func ("/opening/inside-fails", test_inside_fails);
  g_test_add_func ("/opening/stuck", test_stuck);
  g_test_add_func ("/opening/inside-cancelled", test_inside_cancelled);
  g_test_add_func ("/opening/inside-not-wanted", test_inside_not_wanted);

  return g_test_run ();
}
