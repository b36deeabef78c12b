/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Many async bodies under way at once: more of them start slowly, but start. */

#include "test-util.h"

/* So many start freely; and far more */
#define N_FREE 1024
#define N_MANY 10000
/* More are not under way at once if they end soon */
#define N_FEW 1500

/* Async bodies hold their tasks until they are let go. */
typedef struct
{
  GPtrArray *held;      /* (owned) of GTask */
  guint      n_started;
  guint      n_wanted;  /* once so many have started, all may go; 0: not by that */
  guint      n_left;    /* that were let go */
  guint      most_left; /* at once */
} Crowd;

static void
crowd_init (Crowd *self)
{
  *self = (Crowd) { .held = g_ptr_array_new () };
}

static void
crowd_clear (Crowd *self)
{
  g_assert_cmpuint (self->held->len, ==, 0);
  g_ptr_array_unref (self->held);
}

static void
crowd_let_go (Crowd *self)
{
  g_autoptr (GPtrArray) held = g_steal_pointer (&self->held);

  self->held = g_ptr_array_new ();
  for (guint i = 0; i < held->len; i++)
    test_return_cb (held->pdata[i]);
  g_ptr_array_foreach (held, (GFunc) g_object_unref, NULL);
  self->n_left += held->len;
  self->most_left = MAX (self->most_left, held->len);
}

static void
body_join (GFlowNode  *node,
           GFlowRun   *run,
           GTask      *task,
           gpointer    crowd,
           GError    **error)
{
  Crowd *self = crowd;

  g_ptr_array_add (self->held, g_object_ref (task));
  if (++self->n_started == self->n_wanted)
    crowd_let_go (self);
}

static GFlow *
new_crowd_flow (Crowd *crowd,
                guint  n_nodes)
{
  GFlow *flow = g_flow_new ();

  for (guint i = 0; i < n_nodes; i++)
    g_flow_add_task (flow, NULL, body_join, crowd, NULL, NULL);
  return flow;
}

static GFlowRun *
start (GFlow      *flow,
       TestResult *result)
{
  GFlowRun *run = g_flow_run_new (flow);

  test_result_init (result);
  g_flow_run_execute (run, NULL, test_result_cb, result);
  return run;
}

static void
finish_well (GFlowRun   *run,
             TestResult *result)
{
  g_autoptr (GError) error = NULL;

  TEST_WAIT (result->calls > 0);
  g_assert_true (g_flow_run_execute_finish (run, result->result, &error));
  g_assert_no_error (error);
  test_result_clear (result);
}

/* Iterates until so many have started that others have to wait, but some do. */
static void
wait_throttled (Crowd *crowd)
{
  TEST_WAIT (crowd->n_started >= N_FREE);
  g_assert_cmpuint (crowd->n_started, <, N_MANY);
}

/* They all wait for the last one. */
static void
test_all_start (gconstpointer sync)
{
  Crowd crowd;

  crowd_init (&crowd);
  crowd.n_wanted = N_MANY;

  g_autoptr (GFlow) flow = new_crowd_flow (&crowd, N_MANY);
  g_autoptr (GFlowRun) run = NULL;

  if (sync != NULL)
    run = g_flow_execute_sync (flow, NULL, NULL);
  else
    run = test_execute_well (flow);
  test_assert_run (run, DONE);
  g_assert_cmpuint (crowd.n_left, ==, N_MANY);
  crowd_clear (&crowd);
}

/* With priorities, it is not known which node comes next. */
static void
test_priorities (void)
{
  TestResult result;
  Crowd crowd;

  crowd_init (&crowd);
  crowd.n_wanted = N_MANY;

  g_autoptr (GFlow) flow = new_crowd_flow (&crowd, N_MANY);
  g_autoptr (GFlowNode) last = g_list_model_get_item (G_LIST_MODEL (flow), N_MANY - 1);

  g_flow_node_set_priority (last, -1);

  g_autoptr (GFlowRun) run = start (flow, &result);

  wait_throttled (&crowd);
  test_assert_node (run, last, RUNNING);
  finish_well (run, &result);
  crowd_clear (&crowd);
}

/* What an iteration of the context does is bounded, also if all bodies that are under way return at
 * once: when there is nothing else to do. */

static Crowd *polled;
static guint n_polls_in_vain;

static int
poll_and_let_go (GPollFD *fds,
                 guint    n_fds,
                 int      timeout)
{
  if (timeout == 0 || polled->held->len == 0)
    return g_poll (fds, n_fds, timeout);

  crowd_let_go (polled);
  return g_poll (fds, n_fds, 0);
}

static void
test_flood (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  TestResult result;
  Crowd crowd;

  crowd_init (&crowd);
  polled = &crowd;
  g_main_context_push_thread_default (context);
  g_main_context_set_poll_func (context, poll_and_let_go);

  g_autoptr (GFlow) flow = new_crowd_flow (&crowd, N_MANY);
  g_autoptr (GFlowRun) run = start (flow, &result);

  while (result.calls == 0)
    g_main_context_iteration (context, TRUE);
  finish_well (run, &result);
  g_main_context_pop_thread_default (context);
  g_assert_cmpuint (crowd.n_left, ==, N_MANY);
  g_assert_cmpuint (crowd.most_left, <, N_FEW);
  g_assert_cmpuint (crowd.most_left, >, 64);
  crowd_clear (&crowd);
}

/* While bodies wait to start, and none of the others return, the context sleeps. */
static int
poll_and_count (GPollFD *fds,
                guint    n_fds,
                int      timeout)
{
  static guint n_started;

  if (timeout == 0 && polled->n_started == n_started)
    n_polls_in_vain++;
  n_started = polled->n_started;
  return g_poll (fds, n_fds, timeout);
}

static void
test_sleep (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  TestResult result;
  Crowd crowd;

  crowd_init (&crowd);
  polled = &crowd;
  n_polls_in_vain = 0;
  g_main_context_push_thread_default (context);
  g_main_context_set_poll_func (context, poll_and_count);

  g_autoptr (GFlow) flow = new_crowd_flow (&crowd, N_MANY);
  g_autoptr (GFlowRun) run = start (flow, &result);

  while (crowd.n_started < N_MANY)
    g_main_context_iteration (context, TRUE);
  g_assert_cmpuint (n_polls_in_vain, <, 50);
  crowd_let_go (&crowd);
  finish_well (run, &result);
  g_main_context_pop_thread_default (context);
  crowd_clear (&crowd);
}

static void
test_cancel (void)
{
  g_autoptr (GError) error = NULL;
  TestResult result;
  Crowd crowd;

  crowd_init (&crowd);

  g_autoptr (GFlow) flow = new_crowd_flow (&crowd, N_MANY);
  g_autoptr (GFlowNode) last = g_list_model_get_item (G_LIST_MODEL (flow), N_MANY - 1);
  g_autoptr (GFlowRun) run = start (flow, &result);

  wait_throttled (&crowd);
  g_flow_run_cancel (run);

  const guint n_started = crowd.n_started;

  /* Nobody returns on what was started, and yet the others end. */
  TEST_WAIT (g_flow_run_get_node_state (run, last) == G_FLOW_NODE_STATE_CANCELLED);
  crowd_let_go (&crowd);
  TEST_WAIT (result.calls > 0);
  g_assert_false (g_flow_run_execute_finish (run, result.result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (crowd.n_started, ==, n_started);
  test_result_clear (&result);
  crowd_clear (&crowd);
}

static void
test_pause (void)
{
  TestResult result;
  Crowd crowd;

  crowd_init (&crowd);

  g_autoptr (GFlow) flow = new_crowd_flow (&crowd, N_MANY);
  g_autoptr (GFlowRun) run = start (flow, &result);

  wait_throttled (&crowd);
  g_flow_run_pause (run);

  const guint n_started = crowd.n_started;

  /* There is room now, for what must not start. */
  crowd_let_go (&crowd);
  TEST_WAIT (g_flow_run_get_n_done (run) == n_started);
  test_settle (20);
  g_assert_cmpuint (crowd.n_started, ==, n_started);

  crowd.n_wanted = N_MANY;
  g_flow_run_resume (run);
  finish_well (run, &result);
  g_assert_cmpuint (crowd.n_left, ==, N_MANY);
  crowd_clear (&crowd);
}

/* A run that waits does not hold up others of the context, but for their bodies that are async. */
static void
test_others (void)
{
  g_autoptr (GFlow) functions = g_flow_new ();
  TestResult result;
  TestResult other_result;
  Crowd crowd;
  Crowd others;
  int count = 0;

  crowd_init (&crowd);
  crowd_init (&others);
  others.n_wanted = N_FEW;
  for (guint i = 0; i < 10; i++)
    g_flow_node_set_placement (g_flow_add (functions, NULL, test_body_count, &count, NULL, NULL),
                               G_FLOW_PLACEMENT_CONTEXT);

  g_autoptr (GFlow) flow = new_crowd_flow (&crowd, N_MANY);
  g_autoptr (GFlow) other_flow = new_crowd_flow (&others, N_FEW);
  g_autoptr (GFlowRun) run = start (flow, &result);

  wait_throttled (&crowd);
  g_object_unref (test_execute_well (functions));
  g_assert_cmpint (g_atomic_int_get (&count), ==, 10);
  g_assert_cmpuint (crowd.n_started, <, N_MANY);

  g_autoptr (GFlowRun) other_run = start (other_flow, &other_result);

  finish_well (other_run, &other_result);
  TEST_WAIT (crowd.n_started == N_MANY);
  crowd_let_go (&crowd);
  finish_well (run, &result);
  crowd_clear (&crowd);
  crowd_clear (&others);
}

/* Of many runs that wait, those go on that there is room for, and the others after them. */
static void
test_runs (void)
{
  enum { N_RUNS = 4 * N_FREE };
  g_autofree TestResult *results = g_new (TestResult, N_RUNS);
  g_autoptr (GPtrArray) runs = g_ptr_array_new_with_free_func (g_object_unref);
  Crowd crowd;

  crowd_init (&crowd);
  crowd.n_wanted = N_RUNS;

  g_autoptr (GFlow) flow = new_crowd_flow (&crowd, 1);

  for (guint i = 0; i < N_RUNS; i++)
    g_ptr_array_add (runs, start (flow, &results[i]));
  for (guint i = 0; i < N_RUNS; i++)
    finish_well (runs->pdata[i], &results[i]);
  g_assert_cmpuint (crowd.n_left, ==, N_RUNS);
  crowd_clear (&crowd);
}

/* A body iterates the context until all others are under way. */
static void
body_iterate (GFlowNode  *node,
              GFlowRun   *run,
              GTask      *task,
              gpointer    crowd,
              GError    **error)
{
  TEST_WAIT (((Crowd *) crowd)->n_started == N_MANY);
  crowd_let_go (crowd);
  g_task_return_boolean (task, TRUE);
}

static void
test_nested (gconstpointer sync)
{
  Crowd crowd;

  crowd_init (&crowd);

  g_autoptr (GFlow) flow = new_crowd_flow (&crowd, N_MANY / 2);
  g_autoptr (GFlowRun) run = NULL;

  g_flow_add_task (flow, NULL, body_iterate, &crowd, NULL, NULL);
  for (guint i = N_MANY / 2; i < N_MANY; i++)
    g_flow_add_task (flow, NULL, body_join, &crowd, NULL, NULL);

  if (sync != NULL)
    run = g_flow_execute_sync (flow, NULL, NULL);
  else
    run = test_execute_well (flow);
  test_assert_run (run, DONE);
  crowd_clear (&crowd);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  test_add_both ("/throttle/all-start", test_all_start);
  g_test_add_func ("/throttle/priorities", test_priorities);
  g_test_add_func ("/throttle/flood", test_flood);
  g_test_add_func ("/throttle/sleep", test_sleep);
  g_test_add_func ("/throttle/cancel", test_cancel);
  g_test_add_func ("/throttle/pause", test_pause);
  g_test_add_func ("/throttle/others", test_others);
  g_test_add_func ("/throttle/runs", test_runs);
  test_add_both ("/throttle/nested", test_nested);

  return g_test_run ();
}
