/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Contexts and threads: who is called where, many at once, and fairness. */

#include "test-bench.h"

#include "run/gflow-turn-private.h"

/* Every callback there is, in the context that it has to be in. */

typedef struct
{
  GMainContext *context; /* (unowned) */
  GThread      *thread;  /* (unowned) */
  guint         n_calls;
} Here;

static void
here_init (Here *self)
{
  self->context = test_context ();
  self->thread = g_thread_self ();
  self->n_calls = 0;
}

static void
here_check (Here *self)
{
  g_assert_true (g_thread_self () == self->thread);
  test_assert_context (self->context);
  self->n_calls++;
}

static void
object_cb (gpointer object,
           gpointer run,
           Here    *here)
{
  here_check (here);
}

static void
object_error_cb (gpointer object,
                 gpointer run,
                 GError  *error,
                 Here    *here)
{
  here_check (here);
}

static void
run_cb (gpointer run,
        Here    *here)
{
  here_check (here);
}

static void
run_error_cb (gpointer run,
              GError  *error,
              Here    *here)
{
  here_check (here);
}

static void
notify_cb (gpointer    object,
           GParamSpec *pspec,
           Here       *here)
{
  here_check (here);
}

static void
watch_object (gpointer  object,
              Here     *here)
{
  g_signal_connect (object, "started", G_CALLBACK (object_cb), here);
  g_signal_connect (object, "done", G_CALLBACK (object_cb), here);
  g_signal_connect (object, "error", G_CALLBACK (object_error_cb), here);
  g_signal_connect (object, "always", G_CALLBACK (object_cb), here);
}

static void
items_cb (GListModel *model,
          guint       position,
          guint       removed,
          guint       added,
          Here       *here)
{
  here_check (here);
}

static void
watch_run (GFlowRun *run,
           Here     *here)
{
  g_signal_connect (run, "done", G_CALLBACK (run_cb), here);
  g_signal_connect (run, "error", G_CALLBACK (run_error_cb), here);
  g_signal_connect (run, "always", G_CALLBACK (run_cb), here);
  g_signal_connect (run, "notify", G_CALLBACK (notify_cb), here);
  g_signal_connect (g_flow_run_get_errors (run), "items-changed", G_CALLBACK (items_cb), here);
}

static gpointer
all_callbacks (gpointer data)
{
  TestBench bench;
  Here here;
  TestJob *job;

  /* All kinds of nodes, a failure in every second run; the bench checks bodies and destroys. */
  for (guint round = 0; round < 4; round++)
    {
      g_autoptr (GFlow) flow = NULL;
      g_autoptr (GFlowRun) run = NULL;
      GFlowNode *previous = NULL;

      test_bench_init (&bench);
      here_init (&here);
      flow = g_flow_new ();
      test_life_watch (&bench.life, flow);
      g_flow_set_max_threads (flow, 3);
      watch_object (flow, &here);
      for (guint i = 0; i < 60; i++)
        {
          GFlowNode *node;

          if (i % 3 == 0)
            node = test_add_sync (&bench, flow, NULL, &job);
          else if (i % 3 == 1)
            node = test_add_context (&bench, flow, NULL, &job);
          else
            node = test_add_async (&bench, flow, NULL, &job);
          job->result = (int) i + 1;
          if (round % 2 == 1 && i == 31)
            test_job_fail (job, "It broke");
          if (i % 2 == 1)
            g_flow_node_add_upstream (node, previous);
          watch_object (node, &here);
          previous = node;
        }
      run = g_flow_run_new (flow);
      test_life_watch (&bench.life, run);
      watch_run (run, &here);
      g_assert_true (test_run_execute (run, NULL, NULL) == (round % 2 == 0));
      g_assert_cmpuint (here.n_calls, >=, 3 * 59);
      g_clear_object (&run);
      g_clear_object (&flow);
      test_bench_clear (&bench);
    }

  return NULL;
}

static void
test_default_context (void)
{
  g_assert_null (g_main_context_get_thread_default ());
  all_callbacks (NULL);
}

static void
test_own_context (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();

  g_main_context_push_thread_default (context);
  all_callbacks (NULL);
  g_main_context_pop_thread_default (context);
}

static void
test_in_thread (void)
{
  g_thread_join (test_thread_new ("owner", all_callbacks, NULL));
}

static void
test_in_threads (void)
{
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = test_thread_new ("owner", all_callbacks, NULL);
  all_callbacks (NULL);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

static void
test_context_at_execute (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  TestBench bench;
  TestResult result;

  /* The context of the run is that at execute, not that of the flow. */
  run = g_flow_run_new (flow);
  g_main_context_push_thread_default (context);
  test_bench_init (&bench);
  test_result_init (&result);
  test_add_async (&bench, flow, "a", NULL);
  test_add_context (&bench, flow, "b", NULL);
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  g_main_context_pop_thread_default (context);

  /* The default context may turn as it likes. */
  test_settle (10);
  g_assert_cmpuint (result.calls, ==, 0);
  g_assert_cmpuint (test_log_length (&bench.log), ==, 0);

  g_main_context_push_thread_default (context);
  TEST_WAIT (result.calls > 0);
  g_assert_true (g_flow_run_execute_finish (run, result.result, NULL));
  g_main_context_pop_thread_default (context);
  test_result_clear (&result);
  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

/* One flow, run from many threads */

typedef struct
{
  GFlow *flow;
  int    count; /* atomic */
} Shared;

static gboolean
body_count (GFlowNode  *node,
            GFlowRun   *run,
            gpointer    user_data,
            GError    **error)
{
  Shared *shared = user_data;

  g_atomic_int_inc (&shared->count);

  return TRUE;
}

static gpointer
execute_often (gpointer data)
{
  Shared *shared = data;

  for (guint i = 0; i < 20; i++)
    {
      g_autoptr (GFlowRun) run = NULL;
      g_autoptr (GError) error = NULL;

      if (i % 2 == 0)
        run = g_flow_execute_sync (shared->flow, NULL, &error);
      else
        run = test_execute (shared->flow, NULL, &error);
      g_assert_no_error (error);
      test_assert_run (run, DONE);
    }

  return NULL;
}

static void
test_one_flow_many_threads (void)
{
  Shared shared = { .count = 0 };
  GThread *threads[4];
  GFlowNode *previous = NULL;

  shared.flow = g_flow_new ();
  g_flow_set_max_threads (shared.flow, 3);
  for (guint i = 0; i < 50; i++)
    {
      GFlowNode *node = g_flow_add (shared.flow, NULL, body_count, &shared, NULL, NULL);

      if (i % 5 != 0)
        g_flow_node_add_upstream (node, previous);
      if (i % 7 == 0)
        g_flow_node_set_placement (node, G_FLOW_PLACEMENT_CONTEXT);
      previous = node;
    }
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = test_thread_new ("runner", execute_often, &shared);
  execute_often (&shared);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  g_assert_cmpint (shared.count, ==, 5 * 20 * 50);
  g_assert_finalize_object (shared.flow);
}

static void
test_many_flows (void)
{
  enum { N_FLOWS = 20, N_RUNS = 5 };
  GFlow *flows[N_FLOWS];
  TestResult results[N_FLOWS * N_RUNS];
  TestBench bench;

  test_bench_init (&bench);
  for (guint i = 0; i < N_FLOWS; i++)
    {
      flows[i] = g_flow_new ();
      test_life_watch (&bench.life, flows[i]);
      for (guint j = 0; j < 10; j++)
        {
          if (j % 2 == 0)
            test_add_sync (&bench, flows[i], NULL, NULL);
          else
            test_add_async (&bench, flows[i], NULL, NULL);
        }
      g_flow_node_after (g_flow_lookup (flows[i], "node9"), g_flow_lookup (flows[i], "node0"),
                         g_flow_lookup (flows[i], "node1"), NULL);
    }
  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    {
      test_result_init (&results[i]);
      g_flow_execute (flows[i % N_FLOWS], NULL, test_result_cb, &results[i]);
    }
  for (guint i = 0; i < N_FLOWS; i += 2)
    g_clear_object (&flows[i]);
  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    {
      g_autoptr (GFlowRun) run = NULL;

      TEST_WAIT (results[i].calls > 0);
      run = g_flow_execute_finish (G_FLOW (results[i].source), results[i].result, NULL);
      test_assert_run (run, DONE);
      g_clear_object (&run);
      test_result_clear (&results[i]);
    }
  g_assert_cmpint (bench.gauge.total, ==, N_FLOWS * N_RUNS * 10);
  for (guint i = 1; i < N_FLOWS; i += 2)
    g_clear_object (&flows[i]);
  test_bench_clear (&bench);
}

static void
test_thousand_runs (void)
{
  enum { N_RUNS = 1000 };
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autofree TestResult *results = g_new (TestResult, N_RUNS);
  TestBench bench;
  GFlowNode *first;

  test_bench_init (&bench);
  first = test_add_sync (&bench, flow, NULL, NULL);
  for (guint i = 1; i < 6; i++)
    {
      GFlowNode *node = i % 2 == 0 ? test_add_sync (&bench, flow, NULL, NULL)
                                   : test_add_async (&bench, flow, NULL, NULL);

      g_flow_node_add_upstream (node, first);
    }
  for (guint i = 0; i < N_RUNS; i++)
    {
      test_result_init (&results[i]);
      g_flow_execute (flow, NULL, test_result_cb, &results[i]);
    }
  for (guint i = 0; i < N_RUNS; i++)
    {
      TEST_WAIT (results[i].calls > 0);
      g_object_unref (g_flow_execute_finish (flow, results[i].result, NULL));
      test_result_clear (&results[i]);
    }
  g_assert_cmpint (bench.gauge.total, ==, 6 * N_RUNS);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
test_blocked_flows (void)
{
  enum { N_FLOWS = 24 };
  GFlow *flows[N_FLOWS];
  TestResult results[N_FLOWS];
  g_autoptr (GFlow) free_flow = g_flow_new ();
  TestBench bench;
  TestGate gate;
  TestJob *job;

  /* Bodies that block keep no other flow from running. */
  test_bench_init (&bench);
  test_gate_init (&gate);
  for (guint i = 0; i < N_FLOWS; i++)
    {
      flows[i] = g_flow_new ();
      g_flow_set_max_threads (flows[i], 1);
      test_add_sync (&bench, flows[i], NULL, &job);
      job->gate = &gate;
      test_result_init (&results[i]);
      g_flow_execute (flows[i], NULL, test_result_cb, &results[i]);
    }
  test_add_sync (&bench, free_flow, "free", NULL);
  TEST_WAIT (test_gate_waiting (&gate) == N_FLOWS);
  g_object_unref (test_execute_well (free_flow));
  g_assert_cmpuint (test_log_count (&bench.log, "free"), ==, 1);
  g_assert_cmpuint (test_gate_waiting (&gate), ==, N_FLOWS);
  test_gate_open (&gate);
  for (guint i = 0; i < N_FLOWS; i++)
    {
      TEST_WAIT (results[i].calls > 0);
      g_object_unref (g_flow_execute_finish (flows[i], results[i].result, NULL));
      test_result_clear (&results[i]);
      g_clear_object (&flows[i]);
    }
  g_clear_object (&free_flow);
  test_bench_clear (&bench);
  test_gate_clear (&gate);
}

/* Bodies that do what they should rather not */

typedef struct
{
  GFlow *other;
  int    ended; /* atomic */
} Nested;

static gboolean
body_iterate (GFlowNode  *node,
              GFlowRun   *run,
              gpointer    user_data,
              GError    **error)
{
  Nested *nested = user_data;

  /* Waits in the context for what happens in the context. */
  TEST_WAIT (g_atomic_int_get (&nested->ended) > 0);

  return TRUE;
}

static gboolean
body_end (GFlowNode  *node,
          GFlowRun   *run,
          gpointer    user_data,
          GError    **error)
{
  Nested *nested = user_data;

  g_atomic_int_inc (&nested->ended);

  return TRUE;
}

static void
test_nested_iteration (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  Nested nested = { NULL, 0 };
  GFlowNode *waits = g_flow_add (flow, "waits", body_iterate, &nested, NULL, NULL);
  GFlowNode *ends = g_flow_add (flow, "ends", body_end, &nested, NULL, NULL);

  g_flow_node_set_placement (waits, G_FLOW_PLACEMENT_CONTEXT);
  g_flow_node_set_placement (ends, G_FLOW_PLACEMENT_CONTEXT);
  g_object_unref (test_execute_well (flow));
  g_assert_cmpint (nested.ended, ==, 1);
}

static void
other_ended_cb (GObject      *object,
                GAsyncResult *result,
                gpointer      user_data)
{
  Nested *nested = user_data;
  g_autoptr (GFlowRun) run = g_flow_execute_finish (G_FLOW (object), result, NULL);

  g_assert_true (g_main_context_is_owner (g_main_context_default ()));
  g_assert_nonnull (run);
  g_atomic_int_inc (&nested->ended);
}

static gboolean
body_execute (GFlowNode  *node,
              GFlowRun   *run,
              gpointer    user_data,
              GError    **error)
{
  Nested *nested = user_data;

  /* On a worker, which has no context of its own: that is the default one. */
  g_flow_execute (nested->other, NULL, other_ended_cb, nested);

  return TRUE;
}

static void
test_execute_on_worker (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  Nested nested = { g_flow_new (), 0 };

  g_assert_nonnull (g_flow_add (nested.other, NULL, test_body_nothing, NULL, NULL, NULL));
  for (guint i = 0; i < 20; i++)
    g_assert_nonnull (g_flow_add (flow, NULL, body_execute, &nested, NULL, NULL));
  g_object_unref (test_execute_well (flow));
  TEST_WAIT (g_atomic_int_get (&nested.ended) == 20);
  g_assert_finalize_object (nested.other);
}

/* Bodies that wait for each other need as many threads as there are. */
static void
test_all_at_once (gconstpointer data)
{
  guint n = GPOINTER_TO_UINT (data);
  g_autoptr (GFlow) flow = g_flow_new ();
  TestBench bench;

  test_bench_init (&bench);
  g_flow_set_max_threads (flow, n);
  for (guint i = 0; i < n; i++)
    {
      TestJob *job;

      test_add_sync (&bench, flow, NULL, &job);
      job->company = (int) n;
    }
  g_object_unref (test_execute_well (flow));
  g_assert_cmpint (bench.gauge.most, ==, (int) n);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

/* Fairness: what counts is who ends first. */

typedef struct
{
  int n_begun;  /* atomic: of the long run */
  int stop;     /* atomic: the short run has ended */
  int most;     /* of the long run that had begun when the short run ended */
} Race;

/* Takes a while, until the short run has ended. */
static gboolean
body_short (GFlowNode  *node,
            GFlowRun   *run,
            gpointer    user_data,
            GError    **error)
{
  Race *race = user_data;
  gint64 end = g_get_monotonic_time () + 50;

  g_atomic_int_inc (&race->n_begun);
  while (g_atomic_int_get (&race->stop) == 0 && g_get_monotonic_time () < end)
    ;

  return TRUE;
}

static void
short_ended_cb (GObject      *object,
                GAsyncResult *result,
                gpointer      user_data)
{
  Race *race = user_data;

  g_assert_cmpint (g_atomic_int_get (&race->stop), ==, 0);
  race->most = g_atomic_int_get (&race->n_begun);
  g_atomic_int_set (&race->stop, 1);
  g_object_unref (g_flow_execute_finish (G_FLOW (object), result, NULL));
}

static void
race (GFlow          *long_flow,
      GFlow          *short_flow,
      GFlowPlacement  placement,
      gboolean        chain)
{
  enum { N_LONG = 40000 };
  Race state = { 0 };
  TestResult result;
  GFlowNode *previous = NULL;

  /* 40,000 nodes of 50 µs: two seconds of one thread, or one of two. */
  test_result_init (&result);
  for (guint i = 0; i < N_LONG; i++)
    {
      GFlowNode *node = g_flow_add (long_flow, NULL, body_short, &state, NULL, NULL);

      g_flow_node_set_placement (node, placement);
      if (chain && previous != NULL)
        g_flow_node_add_upstream (node, previous);
      previous = node;
    }
  g_flow_execute (long_flow, NULL, test_result_cb, &result);
  TEST_WAIT (g_atomic_int_get (&state.n_begun) > 10);

  if (short_flow == long_flow)
    {
      /* The next run of the same flow is another, much smaller one. */
      for (guint i = N_LONG; i-- > 10;)
        {
          g_autoptr (GFlowNode) node = g_list_model_get_item (G_LIST_MODEL (long_flow), i);

          g_assert_true (g_flow_remove_node (long_flow, node, NULL));
        }
    }
  g_flow_execute (short_flow, NULL, short_ended_cb, &state);
  TEST_WAIT (g_atomic_int_get (&state.stop) == 1);
  g_assert_cmpint (state.most, <, N_LONG);
  TEST_WAIT (result.calls > 0);
  g_object_unref (g_flow_execute_finish (long_flow, result.result, NULL));
  test_result_clear (&result);
}

static GFlow *
make_small (guint max_threads)
{
  GFlow *flow = g_flow_new ();
  GFlowNode *previous = NULL;

  g_flow_set_max_threads (flow, max_threads);
  for (guint i = 0; i < 10; i++)
    {
      GFlowNode *node = g_flow_add (flow, NULL, test_body_nothing, NULL, NULL, NULL);

      if (i % 3 == 0)
        g_flow_node_set_placement (node, G_FLOW_PLACEMENT_CONTEXT);
      if (previous != NULL)
        g_flow_node_add_upstream (node, previous);
      previous = node;
    }

  return flow;
}

static void
test_fair_flows (gconstpointer data)
{
  guint max_threads = GPOINTER_TO_UINT (data);
  g_autoptr (GFlow) long_flow = g_flow_new ();
  g_autoptr (GFlow) short_flow = make_small (max_threads);

  g_flow_set_max_threads (long_flow, max_threads);
  race (long_flow, short_flow, G_FLOW_PLACEMENT_WORKER, FALSE);
}

static void
test_fair_chain (void)
{
  g_autoptr (GFlow) long_flow = g_flow_new ();
  g_autoptr (GFlow) short_flow = make_small (1);

  g_flow_set_max_threads (long_flow, 1);
  race (long_flow, short_flow, G_FLOW_PLACEMENT_WORKER, TRUE);
}

static void
test_fair_context (void)
{
  g_autoptr (GFlow) long_flow = g_flow_new ();
  g_autoptr (GFlow) short_flow = make_small (1);

  race (long_flow, short_flow, G_FLOW_PLACEMENT_CONTEXT, FALSE);
}

static void
test_fair_context_chain (void)
{
  g_autoptr (GFlow) long_flow = g_flow_new ();
  g_autoptr (GFlow) short_flow = make_small (1);

  race (long_flow, short_flow, G_FLOW_PLACEMENT_CONTEXT, TRUE);
}

static void
test_fair_runs (gconstpointer data)
{
  g_autoptr (GFlow) flow = g_flow_new ();

  g_flow_set_max_threads (flow, GPOINTER_TO_UINT (data));
  race (flow, flow, G_FLOW_PLACEMENT_WORKER, FALSE);
}

/* A worker asks the clock seldom while bodies are short. When long ones follow, others that have only
 * this thread, as the flow says, wait for so many of them and no more. */

typedef struct
{
  GFlowRun *first;
  TestGate  gate;   /* the first run waits until the second one waits for its turn */
  int       n_long; /* atomic: bodies of the first run */
  int       n_seen; /* of these, by the second one when it had its turn; -1 before */
} Turns;

static gboolean
body_first_of_turn (GFlowNode  *node,
                    GFlowRun   *run,
                    gpointer    user_data,
                    GError    **error)
{
  Turns *turns = user_data;

  if (run == turns->first)
    test_gate_wait (&turns->gate);
  else
    turns->n_seen = g_atomic_int_get (&turns->n_long);

  return TRUE;
}

/* Longer than a turn */
static gboolean
body_long (GFlowNode  *node,
           GFlowRun   *run,
           gpointer    user_data,
           GError    **error)
{
  Turns *turns = user_data;
  const gint64 end = g_get_monotonic_time () + G_FLOW_TURN_US + 100;

  if (run != turns->first)
    return TRUE;

  g_atomic_int_inc (&turns->n_long);
  while (g_get_monotonic_time () < end)
    ;

  return TRUE;
}

static void
test_fair_after_short (void)
{
  enum { N_SHORT = 100, N_LONG = 2 * G_FLOW_TURN_MAX_STRIDE };
  g_autoptr (GFlow) flow = g_flow_new ();
  GFlowRun *runs[2];
  TestResult results[2];
  GFlowNode *previous;
  Turns turns = { .n_seen = -1 };

  test_gate_init (&turns.gate);
  g_flow_set_max_threads (flow, 1);
  previous = g_flow_add (flow, NULL, body_first_of_turn, &turns, NULL, NULL);
  for (guint i = 0; i < N_SHORT + N_LONG; i++)
    {
      GFlowNode *node = g_flow_add (flow, NULL, i < N_SHORT ? test_body_nothing : body_long,
                                    &turns, NULL, NULL);

      g_flow_node_add_upstream (node, previous);
      previous = node;
    }
  for (guint i = 0; i < G_N_ELEMENTS (runs); i++)
    {
      test_result_init (&results[i]);
      runs[i] = g_flow_run_new (flow);
      turns.first = runs[0];
      g_flow_run_execute (runs[i], NULL, test_result_cb, &results[i]);
      TEST_WAIT (i == 0 ? test_gate_waiting (&turns.gate) == 1
                        : g_flow_run_get_state (runs[i]) == G_FLOW_RUN_STATE_RUNNING);
    }
  test_gate_open (&turns.gate);
  for (guint i = 0; i < G_N_ELEMENTS (runs); i++)
    {
      TEST_WAIT (results[i].calls > 0);
      g_assert_true (g_flow_run_execute_finish (runs[i], results[i].result, NULL));
      test_result_clear (&results[i]);
      g_object_unref (runs[i]);
    }
  g_assert_cmpint (turns.n_seen, >=, 0);
  g_assert_cmpint (turns.n_seen, <=, G_FLOW_TURN_MAX_STRIDE + 1);
  test_gate_clear (&turns.gate);
}

/* Main loops of others: some poll what a context waits for by themselves, when it has said that
 * nothing is pending. */

static gpointer
open_soon (gpointer gate)
{
  while (test_gate_waiting (gate) == 0)
    g_thread_yield ();
  /* Mostly who polls does so then. */
  g_usleep (5 * 1000);
  test_gate_open (gate);
  return NULL;
}

static void
poll_elsewhere (GMainContext *context)
{
  GPollFD fds[8];
  int timeout;
  const int n = g_main_context_query (context, G_PRIORITY_LOW, &timeout, fds, G_N_ELEMENTS (fds));

  g_assert_cmpint (n, <=, (int) G_N_ELEMENTS (fds));
  g_assert_cmpint (g_poll (fds, n, test_time_limit () / 1000), >, 0);
}

static void
test_polled_elsewhere (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();

  g_main_context_push_thread_default (context);
  for (guint i = 0; i < 5; i++)
    {
      TestGate gate;
      TestResult result;

      test_gate_init (&gate);
      test_result_init (&result);

      g_autoptr (GFlow) flow = g_flow_new ();
      g_autoptr (GThread) thread = test_thread_new ("gate", open_soon, &gate);

      g_flow_add (flow, NULL, test_body_gate, &gate, NULL, NULL);
      g_flow_execute (flow, NULL, test_result_cb, &result);
      while (result.calls == 0)
        if (g_main_context_pending (context))
          g_main_context_iteration (context, FALSE);
        else
          poll_elsewhere (context);
      g_thread_join (g_steal_pointer (&thread));
      test_result_clear (&result);
      test_gate_clear (&gate);
    }
  g_main_context_pop_thread_default (context);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/threads/context/default", test_default_context);
  g_test_add_func ("/threads/context/own", test_own_context);
  g_test_add_func ("/threads/context/thread", test_in_thread);
  g_test_add_func ("/threads/context/threads", test_in_threads);
  g_test_add_func ("/threads/context/at-execute", test_context_at_execute);
  g_test_add_func ("/threads/one-flow-many-threads", test_one_flow_many_threads);
  g_test_add_func ("/threads/many-flows", test_many_flows);
  g_test_add_func ("/threads/thousand-runs", test_thousand_runs);
  g_test_add_func ("/threads/blocked-flows", test_blocked_flows);
  g_test_add_func ("/threads/nested-iteration", test_nested_iteration);
  g_test_add_func ("/threads/execute-on-worker", test_execute_on_worker);
  g_test_add_func ("/threads/polled-elsewhere", test_polled_elsewhere);
  g_test_add_data_func ("/threads/all-at-once/2", GUINT_TO_POINTER (2), test_all_at_once);
  g_test_add_data_func ("/threads/all-at-once/16", GUINT_TO_POINTER (16), test_all_at_once);
  g_test_add_data_func ("/threads/fair/flows/1", GUINT_TO_POINTER (1), test_fair_flows);
  g_test_add_data_func ("/threads/fair/flows/3", GUINT_TO_POINTER (3), test_fair_flows);
  g_test_add_func ("/threads/fair/chain", test_fair_chain);
  g_test_add_func ("/threads/fair/context", test_fair_context);
  g_test_add_func ("/threads/fair/context-chain", test_fair_context_chain);
  g_test_add_func ("/threads/fair/after-short", test_fair_after_short);
  g_test_add_data_func ("/threads/fair/runs/1", GUINT_TO_POINTER (1), test_fair_runs);
  g_test_add_data_func ("/threads/fair/runs/2", GUINT_TO_POINTER (2), test_fair_runs);

  return g_test_run ();
}
