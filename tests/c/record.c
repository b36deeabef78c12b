/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What is written down of a run, and who is called for it. */

#include "test-bench.h"

#include "run/gflow-record-private.h"

typedef struct
{
  GFlowObserver  observer; /* first: is cast back */
  TestLog       *log;
  GMainContext  *context;
  int           *n_freed;
} Watcher;

static void
watcher_note (GFlowObserver *observer,
              GFlowRun      *run,
              guint32        index,
              const char    *word)
{
  Watcher *self = (Watcher *) observer;

  test_log_addf (self->log, "%s %s", g_flow_node_get_name (run->plan->nodes[index].node), word);
}

static void
watcher_started (GFlowObserver *observer,
                 GFlowRun      *run,
                 guint32        index,
                 GFlowRecord   *record)
{
  g_assert_cmpint (record->start, >, 0);
  g_assert_cmpint (record->end, ==, 0);
  watcher_note (observer, run, index, "started");
}

static void
watcher_ended (GFlowObserver  *observer,
               GFlowRun       *run,
               guint32         index,
               GFlowNodeState  state,
               GFlowRecord    *record)
{
  g_assert_cmpint (record->end, >=, record->start);
  watcher_note (observer, run, index, test_node_state_name (state));
}

static void
watcher_finished (GFlowObserver *observer,
                  GFlowRun      *run)
{
  Watcher *self = (Watcher *) observer;

  test_assert_context (self->context);
  test_log_add (self->log, test_run_state_name (g_flow_run_get_state (run)));
}

static void
watcher_free (GFlowObserver *observer)
{
  Watcher *self = (Watcher *) observer;

  *self->n_freed += 1;
  g_free (self);
}

static void watch (GFlowRun *run, TestLog *log, int *n_freed);

static void
watcher_subrun (GFlowObserver *observer,
                GFlowRun      *run,
                guint32        index,
                GFlowRun      *child)
{
  Watcher *self = (Watcher *) observer;

  watcher_note (observer, run, index, "goes inside");
  watch (child, self->log, self->n_freed);
}

static void
watch (GFlowRun *run,
       TestLog  *log,
       int      *n_freed)
{
  Watcher *watcher = g_new0 (Watcher, 1);

  watcher->observer = (GFlowObserver) {
    .started = watcher_started,
    .ended = watcher_ended,
    .subrun = watcher_subrun,
    .finished = watcher_finished,
    .free = watcher_free,
  };
  watcher->log = log;
  watcher->context = test_context ();
  watcher->n_freed = n_freed;
  _g_flow_run_observe (run, &watcher->observer);
}

static GFlowRecord *
record_of (GFlowRun  *run,
           GFlowNode *node)
{
  guint index;

  g_assert_true (_g_flow_plan_find (run->plan, node, &index));
  return _g_flow_run_get_record (run, index);
}

static gint64
ready_time_of (GFlowRun  *run,
               GFlowNode *node)
{
  guint index;

  g_assert_true (_g_flow_plan_find (run->plan, node, &index));
  return _g_flow_run_get_ready_time (run, index);
}

/* One on a worker, one in the context, an async one, and one that is not run. */
static void
test_kinds (void)
{
  TestBench bench;
  TestJob *fails;
  TestLog log;
  int n_freed = 0;

  test_bench_init (&bench);
  test_log_init (&log);

  g_autoptr(GFlow) flow = g_flow_new ();
  GFlowNode *worker = test_add_sync (&bench, flow, "worker", NULL);
  GFlowNode *context = test_add_context (&bench, flow, "context", NULL);
  GFlowNode *async = test_add_async (&bench, flow, "async", &fails);
  GFlowNode *skipped = test_add_sync (&bench, flow, "skipped", NULL);

  test_job_fail (fails, "no");
  g_flow_node_add_upstream (context, worker);
  g_flow_node_add_upstream (async, context);
  g_flow_node_add_upstream (skipped, async);

  g_autoptr(GFlowRun) run = g_flow_run_new (flow);
  const gint64 before = g_get_monotonic_time ();

  watch (run, &log, &n_freed);
  watch (run, &log, &n_freed);
  g_assert_false (test_run_execute (run, NULL, NULL));
  test_assert_log (&log,
                   "worker started worker started worker done worker done "
                   "context started context started context done context done "
                   "async started async started async failed async failed "
                   "skipped skipped skipped skipped failed failed");

  GFlowNode *nodes[] = { worker, context, async };
  gint64 last = before;

  for (guint i = 0; i < G_N_ELEMENTS (nodes); i++)
    {
      GFlowRecord *record = record_of (run, nodes[i]);

      g_assert_cmpint (ready_time_of (run, nodes[i]), >=, last);
      g_assert_cmpint (record->start, >=, ready_time_of (run, nodes[i]));
      g_assert_cmpint (record->end, >=, record->start);
      g_assert_cmpuint (record->attempt, ==, 1);
      g_assert_cmpint (record->locked, ==, 0);
      if (i == 0)
        g_assert_cmpuint (record->worker, >=, 1);
      else
        g_assert_cmpuint (record->worker, ==, 0);
      last = record->end;
    }
  g_assert_cmpint (record_of (run, skipped)->start, ==, 0);
  g_assert_cmpint (record_of (run, skipped)->end, >=, last);
  g_assert_cmpuint (record_of (run, skipped)->attempt, ==, 0);

  g_assert_cmpint (n_freed, ==, 0);
  g_clear_object (&run);
  g_assert_cmpint (n_freed, ==, 2);
  test_log_clear (&log);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

/* How long a node waited for its lock can be told apart from how long it waited. */
static void
test_locks (void)
{
  TestBench bench;
  TestJob *job;
  TestGate gate;
  g_autoptr(GFlowLock) lock = g_flow_lock_new ();

  test_bench_init (&bench);
  test_gate_init (&gate);

  g_autoptr(GFlow) flow = g_flow_new ();
  GFlowNode *first = test_add_sync (&bench, flow, "first", &job);
  GFlowNode *second = test_add_sync (&bench, flow, "second", NULL);
  g_autoptr(GFlowRun) run = g_flow_run_new (flow);
  TestResult result;

  job->gate = &gate;
  g_flow_node_add_lock (first, lock);
  g_flow_node_add_lock (second, lock);
  _g_flow_run_record (run);
  test_result_init (&result);
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  TEST_WAIT (test_gate_waiting (&gate) == 1);
  g_assert_cmpint (record_of (run, first)->locked, >=, ready_time_of (run, first));
  g_assert_cmpint (record_of (run, second)->locked, ==, 0);
  test_gate_open (&gate);
  TEST_WAIT (result.calls == 1);

  g_assert_cmpint (record_of (run, second)->locked, >=, record_of (run, first)->end);
  g_assert_cmpint (record_of (run, second)->start, >=, record_of (run, second)->locked);
  g_assert_cmpint (ready_time_of (run, second), ==, ready_time_of (run, first));

  test_result_clear (&result);
  g_clear_object (&run);
  g_clear_object (&flow);
  test_gate_clear (&gate);
  test_bench_clear (&bench);
}

static void
test_inside (void)
{
  TestLog log;
  int n_freed = 0;
  g_autoptr(GFlow) inner = g_flow_new ();
  g_autoptr(GFlow) outer = g_flow_new ();
  g_autoptr(GFlowRun) run = g_flow_run_new (outer);

  test_log_init (&log);
  g_flow_add (inner, "in", test_body_nothing, NULL, NULL, NULL);
  g_flow_add_flow (outer, "out", inner, NULL);
  watch (run, &log, &n_freed);
  g_assert_true (test_run_execute (run, NULL, NULL));
  test_assert_log (&log, "out started out goes inside in started in done done out done done");
  g_clear_object (&run);
  TEST_WAIT (n_freed == 2);
  test_log_clear (&log);
}

/* Whoever ends writes before what waits for it starts, in whatever thread. */
static void
test_order (void)
{
  enum { WIDTH = 8, DEPTH = 60 };
  g_autoptr(GFlow) flow = g_flow_new ();
  GFlowNode *nodes[DEPTH][WIDTH];
  g_autoptr(GRand) rand = g_rand_new_with_seed (g_test_rand_int ());

  g_flow_set_max_threads (flow, 4);
  for (guint d = 0; d < DEPTH; d++)
    for (guint w = 0; w < WIDTH; w++)
      {
        nodes[d][w] = g_flow_add (flow, NULL, test_body_nothing, NULL, NULL, NULL);
        if (g_rand_boolean (rand))
          g_flow_node_set_placement (nodes[d][w], G_FLOW_PLACEMENT_CONTEXT);
        for (guint k = 0; d > 0 && k < 3; k++)
          g_flow_node_add_upstream (nodes[d][w],
                                    nodes[d - 1][g_rand_int_range (rand, 0, WIDTH)]);
      }

  g_autoptr(GFlowRun) run = g_flow_run_new (flow);
  TestLog log;
  int n_freed = 0;

  test_log_init (&log);
  watch (run, &log, &n_freed);
  g_assert_true (test_run_execute (run, NULL, NULL));
  g_assert_cmpuint (test_log_length (&log), ==, 2 * WIDTH * DEPTH + 1);
  for (guint d = 0; d < DEPTH; d++)
    for (guint w = 0; w < WIDTH; w++)
      {
        GFlowRecord *record = record_of (run, nodes[d][w]);

        g_assert_cmpint (record->start, >=, ready_time_of (run, nodes[d][w]));
        g_assert_cmpint (ready_time_of (run, nodes[d][w]), >=, run->start_time);
        g_assert_cmpint (record->end, >=, record->start);
        g_assert_cmpuint (record->worker, <=, 4);
        g_assert_true ((record->worker == 0) ==
                       (g_flow_node_get_placement (nodes[d][w]) == G_FLOW_PLACEMENT_CONTEXT));
      }
  test_log_clear (&log);
}

/* A run that is not recorded has nothing; and recording may begin while it runs. */
static void
test_late (void)
{
  TestBench bench;
  TestJob *job;
  TestGate gate;

  test_bench_init (&bench);
  test_gate_init (&gate);

  g_autoptr(GFlow) flow = g_flow_new ();
  GFlowNode *first = test_add_sync (&bench, flow, "first", &job);
  GFlowNode *second = test_add_sync (&bench, flow, "second", NULL);
  g_autoptr(GFlowRun) run = g_flow_run_new (flow);
  g_autoptr(GFlowRun) never = test_execute_well (flow);
  TestResult result;

  g_assert_null (record_of (never, first));
  _g_flow_run_record (never);
  g_assert_null (record_of (never, first));

  job->gate = &gate;
  g_flow_node_add_upstream (second, first);
  test_result_init (&result);
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  TEST_WAIT (test_gate_waiting (&gate) == 1);
  g_assert_null (record_of (run, first));
  _g_flow_run_record (run);
  g_assert_nonnull (record_of (run, first));
  test_gate_open (&gate);
  TEST_WAIT (result.calls == 1);

  g_assert_cmpint (record_of (run, first)->start, ==, 0);
  g_assert_cmpint (record_of (run, first)->end, >, 0);
  g_assert_cmpint (record_of (run, second)->start, >=, record_of (run, first)->end);

  test_result_clear (&result);
  g_clear_object (&never);
  g_clear_object (&run);
  g_clear_object (&flow);
  test_gate_clear (&gate);
  test_bench_clear (&bench);
}

/* A caller that waits without a main context is recorded as others are. */
static void
test_sync (void)
{
  g_autoptr(GFlow) flow = g_flow_new ();
  GFlowNode *node = g_flow_add (flow, "node", test_body_nothing, NULL, NULL, NULL);
  g_autoptr(GFlowRun) run = g_flow_run_new (flow);

  _g_flow_run_record (run);
  g_assert_true (g_flow_run_execute_sync (run, NULL, NULL));
  g_assert_true (run->quiet);
  g_assert_cmpint (record_of (run, node)->start, >=, run->start_time);
  g_assert_cmpuint (record_of (run, node)->worker, ==, 1);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/record/kinds", test_kinds);
  g_test_add_func ("/record/locks", test_locks);
  g_test_add_func ("/record/inside", test_inside);
  g_test_add_func ("/record/order", test_order);
  g_test_add_func ("/record/late", test_late);
  g_test_add_func ("/record/sync", test_sync);
  return g_test_run ();
}
