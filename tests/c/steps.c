/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A run as a list of its steps: what they tell, when, and that nobody pays who does not ask. */

#include "test-bench.h"

#include "run/gflow-run-private.h"

static GFlowStep *
step_at (GFlowRun *run,
         guint     position)
{
  GFlowStep *step = g_list_model_get_item (G_LIST_MODEL (run), position);

  g_assert_nonnull (step);
  g_object_unref (step); /* the run keeps it */
  return step;
}

#define assert_step(step, expected)                                                     \
  g_assert_cmpstr (test_node_state_name (g_flow_step_get_state (step)), ==,             \
                   test_node_state_name (G_FLOW_NODE_STATE_##expected))

/* Counts the notifications of a step, by property, and checks where they come. */
typedef struct
{
  GMainContext   *context; /* (unowned) */
  guint           n_state;
  guint           n_fraction;
  guint           n_message;
  guint           n_all;
  GFlowNodeState  last;
} Ear;

static void
heard_cb (GFlowStep  *step,
          GParamSpec *pspec,
          Ear        *ear)
{
  test_assert_context (ear->context);
  ear->n_all++;
  ear->n_state += g_str_equal (pspec->name, "state");
  ear->n_fraction += g_str_equal (pspec->name, "fraction");
  ear->n_message += g_str_equal (pspec->name, "message");
  ear->last = g_flow_step_get_state (step);
}

static void
listen (Ear       *ear,
        GFlowStep *step)
{
  *ear = (Ear) { .context = test_context () };
  g_signal_connect (step, "notify", G_CALLBACK (heard_cb), ear);
}

static void
test_list (void)
{
  TestBench bench;
  TestJob *fails;

  test_bench_init (&bench);

  g_autoptr(GFlow) flow = g_flow_new ();
  GFlowNode *worker = test_add_sync (&bench, flow, "worker", NULL);
  GFlowNode *async = test_add_async (&bench, flow, "async", &fails);
  GFlowNode *skipped = test_add_sync (&bench, flow, "skipped", NULL);
  g_autoptr(GFlowRun) run = g_flow_run_new (flow);
  g_autoptr(GFlowStep) kept = NULL;
  GType type;
  guint n;

  test_job_fail (fails, "no luck");
  g_flow_node_add_upstream (async, worker);
  g_flow_node_add_upstream (skipped, async);

  g_assert_true (g_list_model_get_item_type (G_LIST_MODEL (run)) == G_TYPE_FLOW_STEP);
  g_object_get (run, "item-type", &type, "n-items", &n, NULL);
  g_assert_true (type == G_TYPE_FLOW_STEP);
  g_assert_cmpuint (n, ==, 3);
  g_assert_null (g_list_model_get_item (G_LIST_MODEL (run), 3));
  g_assert_true (g_flow_step_get_node (step_at (run, 1)) == async);
  assert_step (step_at (run, 1), WAITING);
  g_assert_cmpint (g_flow_step_get_worker (step_at (run, 0)), ==, -1);

  g_set_object (&kept, step_at (run, 1));
  test_life_watch (&bench.life, kept);
  test_life_watch (&bench.life, step_at (run, 0));
  test_life_watch (&bench.life, run);
  g_assert_false (test_run_execute (run, NULL, NULL));

  g_assert_true (step_at (run, 1) == kept);
  assert_step (step_at (run, 0), DONE);
  assert_step (step_at (run, 1), FAILED);
  assert_step (step_at (run, 2), SKIPPED);
  g_assert_cmpfloat (g_flow_step_get_fraction (step_at (run, 0)), ==, 1.0);
  g_assert_cmpfloat (g_flow_step_get_fraction (step_at (run, 1)), ==, 0.0);
  g_assert_cmpint (g_flow_step_get_worker (step_at (run, 0)), >=, 1);
  g_assert_cmpint (g_flow_step_get_worker (step_at (run, 1)), ==, 0);
  g_assert_cmpint (g_flow_step_get_worker (step_at (run, 2)), ==, -1);
  g_assert_cmpuint (g_flow_step_get_attempt (step_at (run, 1)), ==, 1);
  g_assert_cmpuint (g_flow_step_get_attempt (step_at (run, 2)), ==, 0);
  g_assert_cmpint (g_flow_step_get_start (step_at (run, 0)), >, 0);
  g_assert_cmpint (g_flow_step_get_end (step_at (run, 0)), >=,
                   g_flow_step_get_start (step_at (run, 0)));
  g_assert_cmpint (g_flow_step_get_start (step_at (run, 1)), >=,
                   g_flow_step_get_end (step_at (run, 0)));
  g_assert_cmpint (g_flow_step_get_start (step_at (run, 2)), ==, 0);
  g_assert_error (g_flow_step_get_error (kept), G_IO_ERROR, G_IO_ERROR_NOT_FOUND);

  /* The list of errors has the same steps. */
  g_autoptr(GFlowStep) first = g_list_model_get_item (g_flow_run_get_errors (run), 0);

  g_assert_true (first == kept);
  g_clear_object (&first);

  /* A step that outlives its run tells what it knew. */
  const gint64 end = g_flow_step_get_end (kept);

  g_clear_object (&run);
  assert_step (kept, FAILED);
  g_assert_cmpint (g_flow_step_get_end (kept), ==, end);
  g_assert_cmpstr (g_flow_step_get_error (kept)->message, ==, "no luck");

  g_autofree char *reason = g_flow_step_dup_reason (kept);

  g_assert_cmpstr (reason, ==, "no luck");
  g_clear_object (&kept);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

/* What changes is told, in the owner context, also from workers. */
static void
test_telling (void)
{
  TestBench bench;
  TestJob *first, *second;
  TestGate gates[2];
  Ear ears[2];
  TestResult result;

  test_bench_init (&bench);

  g_autoptr(GFlow) flow = g_flow_new ();
  GFlowNode *a = test_add_sync (&bench, flow, "a", &first);
  GFlowNode *b = test_add_sync (&bench, flow, "b", &second);
  g_autoptr(GFlowRun) run = g_flow_run_new (flow);

  g_flow_node_add_upstream (b, a);
  for (guint i = 0; i < 2; i++)
    {
      test_gate_init (&gates[i]);
      listen (&ears[i], step_at (run, i));
    }
  first->gate = &gates[0];
  second->gate = &gates[1];

  test_result_init (&result);
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  TEST_WAIT (ears[0].last == G_FLOW_NODE_STATE_RUNNING);
  g_assert_cmpuint (ears[1].n_state, ==, 0);
  test_gate_open (&gates[0]);
  TEST_WAIT (ears[0].last == G_FLOW_NODE_STATE_DONE);
  TEST_WAIT (ears[1].last == G_FLOW_NODE_STATE_RUNNING);
  test_gate_open (&gates[1]);
  TEST_WAIT (result.calls == 1);
  g_assert_true (ears[1].last == G_FLOW_NODE_STATE_DONE);
  g_assert_cmpuint (ears[0].n_state, <=, 3);
  g_assert_cmpuint (ears[1].n_state, <=, 3);

  test_result_clear (&result);
  test_gate_clear (&gates[0]);
  test_gate_clear (&gates[1]);
  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

/* A node that waits for a worker, or for a lock, is told of, too. */
static void
test_queues (void)
{
  TestBench bench;
  TestJob *job;
  TestGate gate;
  Ear ears[3];
  TestResult result;
  g_autoptr(GFlowLock) lock = g_flow_lock_new ();

  test_bench_init (&bench);
  test_gate_init (&gate);

  g_autoptr(GFlow) flow = g_flow_new ();
  GFlowNode *holds = test_add_sync (&bench, flow, "holds", &job);
  GFlowNode *waits = test_add_sync (&bench, flow, "waits", NULL);
  g_autoptr(GFlowRun) run = g_flow_run_new (flow);

  test_add_sync (&bench, flow, "queues", NULL);
  g_flow_set_max_threads (flow, 1);
  g_flow_node_add_lock (holds, lock);
  g_flow_node_add_lock (waits, lock);
  job->gate = &gate;
  for (guint i = 0; i < 3; i++)
    listen (&ears[i], step_at (run, i));

  test_result_init (&result);
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  TEST_WAIT (ears[0].last == G_FLOW_NODE_STATE_RUNNING);
  TEST_WAIT (ears[1].last == G_FLOW_NODE_STATE_LOCKED);
  test_gate_open (&gate);
  TEST_WAIT (result.calls == 1);
  for (guint i = 0; i < 3; i++)
    g_assert_true (ears[i].last == G_FLOW_NODE_STATE_DONE);

  test_result_clear (&result);
  test_gate_clear (&gate);
  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

/* A run that nobody looks at makes no steps, no records, and no list of changes. */
static void
test_unwatched (void)
{
  g_autoptr(GFlow) flow = g_flow_new ();

  for (guint i = 0; i < 1000; i++)
    g_flow_add (flow, NULL, test_body_nothing, NULL, NULL, NULL);

  g_autoptr(GFlowRun) run = test_execute_well (flow);

  g_assert_null (run->steps);
  g_assert_null (run->changes);
  g_assert_null (run->records);
  g_assert_cmpuint (run->attention, ==, 0);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (run)), ==, 1000);
  g_assert_null (run->steps);

  /* One is made for who asks, and one only. */
  assert_step (step_at (run, 500), DONE);
  g_assert_cmpuint (g_hash_table_size (run->steps), ==, 1);
  g_assert_cmpint (g_flow_step_get_start (step_at (run, 500)), ==, 0);
}

/* step-changed */

typedef struct
{
  GMainContext *context;
  GHashTable   *ended;   /* of GFlowNode */
  guint         n_calls;
  guint         limit;   /* stops the loop at this, if not 0 */
  gboolean      over;
} Witness;

static void
witness_changed_cb (GFlowRun  *run,
                    GFlowStep *step,
                    Witness   *self)
{
  test_assert_context (self->context);
  g_assert_false (self->over);
  self->n_calls++;
  if (g_flow_step_get_state (step) >= G_FLOW_NODE_STATE_DONE)
    g_hash_table_add (self->ended, g_flow_step_get_node (step));
}

static void
witness_always_cb (GFlowRun *run,
                   Witness  *self)
{
  self->over = TRUE;
}

static void
test_all (void)
{
  enum { N = 3000 };
  g_autoptr(GFlow) flow = g_flow_new ();
  g_autoptr(GRand) rand = g_rand_new_with_seed (g_test_rand_int ());
  Witness witness = { .context = test_context () };

  witness.ended = g_hash_table_new (NULL, NULL);
  for (guint i = 0; i < N; i++)
    {
      GFlowNode *node = g_flow_add (flow, NULL, test_body_nothing, NULL, NULL, NULL);

      if (g_rand_int_range (rand, 0, 10) == 0)
        g_flow_node_set_placement (node, G_FLOW_PLACEMENT_CONTEXT);
      for (guint k = 0; i > 0 && k < 2; k++)
        {
          g_autoptr(GFlowNode) upstream =
            g_list_model_get_item (G_LIST_MODEL (flow), g_rand_int_range (rand, 0, i));

          g_flow_node_add_upstream (node, upstream);
        }
    }

  g_autoptr(GFlowRun) run = g_flow_run_new (flow);

  g_signal_connect (run, "step-changed", G_CALLBACK (witness_changed_cb), &witness);
  g_signal_connect (run, "always", G_CALLBACK (witness_always_cb), &witness);
  g_assert_true (test_run_execute (run, NULL, NULL));
  g_assert_true (witness.over);
  g_assert_cmpuint (g_hash_table_size (witness.ended), ==, N);
  /* Ready, running, done, at most. */
  g_assert_cmpuint (witness.n_calls, <=, 3 * N);
  g_hash_table_unref (witness.ended);
}

/* The same for those who wait without a main loop. */
static void
test_sync (void)
{
  g_autoptr(GFlow) flow = g_flow_new ();
  Witness witness = { .context = NULL };

  g_flow_add (flow, "a", test_body_nothing, NULL, NULL, NULL);
  g_flow_add (flow, "b", test_body_nothing, NULL, NULL, NULL);

  g_autoptr(GFlowRun) watched = g_flow_run_new (flow);
  g_autoptr(GFlowRun) listed = g_flow_run_new (flow);

  g_signal_connect_swapped (watched, "step-changed", G_CALLBACK (g_atomic_int_inc),
                            &witness.n_calls);
  g_assert_true (g_flow_run_execute_sync (watched, NULL, NULL));
  g_assert_cmpuint (witness.n_calls, >=, 2);

  assert_step (step_at (listed, 1), WAITING);
  g_assert_true (g_flow_run_execute_sync (listed, NULL, NULL));
  assert_step (step_at (listed, 1), DONE);
  g_assert_cmpint (g_flow_step_get_start (step_at (listed, 0)), >, 0);
}

/* Asked for while the run runs: from then on all is told. */
static void
test_late (void)
{
  TestBench bench;
  TestJob *job;
  TestGate gate;
  Ear ears[2];
  TestResult result;

  test_bench_init (&bench);
  test_gate_init (&gate);

  g_autoptr(GFlow) flow = g_flow_new ();
  GFlowNode *a = test_add_sync (&bench, flow, "a", &job);
  GFlowNode *b = test_add_async (&bench, flow, "b", NULL);
  g_autoptr(GFlowRun) run = g_flow_run_new (flow);

  g_flow_node_add_upstream (b, a);
  job->gate = &gate;
  test_result_init (&result);
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  TEST_WAIT (test_gate_waiting (&gate) == 1);
  g_assert_null (run->records);
  for (guint i = 0; i < 2; i++)
    listen (&ears[i], step_at (run, i));
  assert_step (step_at (run, 0), RUNNING);
  test_gate_open (&gate);
  TEST_WAIT (result.calls == 1);
  g_assert_true (ears[0].last == G_FLOW_NODE_STATE_DONE);
  g_assert_true (ears[1].last == G_FLOW_NODE_STATE_DONE);
  g_assert_cmpint (g_flow_step_get_start (step_at (run, 0)), ==, 0);
  g_assert_cmpint (g_flow_step_get_end (step_at (run, 0)), >, 0);
  g_assert_cmpint (g_flow_step_get_start (step_at (run, 1)), >, 0);

  test_result_clear (&result);
  test_gate_clear (&gate);
  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

static void
items_changed_cb (GFlowRun *run,
                  guint     position,
                  guint     removed,
                  guint     added,
                  TestLog  *log)
{
  g_assert_cmpuint (position, ==, 0);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (run)), ==, added);
  test_log_addf (log, "%u→%u", removed, added);
}

/* The flow is edited between the first look and the start. */
static void
test_edited (void)
{
  TestLog log;

  test_log_init (&log);
  for (guint edits = 0; edits < 2; edits++)
    {
      g_autoptr(GFlow) flow = g_flow_new ();
      GFlowNode *gone = g_flow_add (flow, "gone", test_body_nothing, NULL, NULL, NULL);
      GFlowNode *stays = g_flow_add (flow, "stays", test_body_nothing, NULL, NULL, NULL);
      g_autoptr(GFlowRun) run = g_flow_run_new (flow);
      g_autoptr(GFlowStep) step_gone = g_object_ref (step_at (run, 0));
      g_autoptr(GFlowStep) step_stays = g_object_ref (step_at (run, 1));

      g_signal_connect (run, "items-changed", G_CALLBACK (items_changed_cb), &log);
      if (edits > 0)
        {
          g_assert_true (g_flow_remove_node (flow, gone, NULL));
          g_flow_add (flow, "new", test_body_nothing, NULL, NULL, NULL);
          g_flow_add (flow, "newer", test_body_nothing, NULL, NULL, NULL);
        }
      g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (run)), ==, 2);
      g_assert_true (test_run_execute (run, NULL, NULL));
      g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (run)), ==, edits > 0 ? 3 : 2);
      g_assert_true (step_at (run, edits > 0 ? 0 : 1) == step_stays);
      g_assert_true (g_flow_step_get_node (step_stays) == stays);
      assert_step (step_stays, DONE);
      if (edits > 0)
        assert_step (step_gone, WAITING);
    }
  test_assert_log (&log, "2→3");
  test_log_clear (&log);
}

/* A run that is refused is a list all the same. */
static void
test_refused (void)
{
  g_autoptr(GFlow) flow = g_flow_new ();
  GFlowNode *node = g_flow_add (flow, "bad", test_body_nothing, NULL, NULL, NULL);
  g_autoptr(GFlowRun) run = g_flow_run_new (flow);

  g_flow_node_add_upstream_by_name (node, "nobody");
  g_assert_true (g_flow_step_get_node (step_at (run, 0)) == node);
  g_assert_false (test_run_execute (run, NULL, NULL));
  assert_step (step_at (run, 0), WAITING);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (run)), ==, 1);
}

/* Runs inside of nodes make a tree. */
static void
test_tree (void)
{
  TestBench bench;
  TestJob *job;
  Ear ear = { 0 };
  TestResult result;

  test_bench_init (&bench);

  g_autoptr(GFlow) inner = g_flow_new ();
  g_autoptr(GFlow) outer = g_flow_new ();

  test_add_async (&bench, inner, "in", &job);
  g_flow_add_flow (outer, "out", inner, NULL);
  job->forever = TRUE;

  g_autoptr(GFlowRun) run = g_flow_run_new (outer);
  g_autoptr(GFlowStep) step = g_object_ref (step_at (run, 0));

  listen (&ear, step);
  g_assert_null (g_flow_step_get_subrun (step));
  test_result_init (&result);
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  TEST_WAIT (g_atomic_int_get (&job->runs) == 1);

  g_autoptr(GFlowRun) child = g_object_ref (g_flow_step_get_subrun (step));

  g_assert_true (g_flow_run_get_flow (child) == inner);
  assert_step (step_at (child, 0), RUNNING);
  /* Recorded from the start, as its parent was. */
  g_assert_cmpint (g_flow_step_get_start (step_at (child, 0)), >=, g_flow_step_get_start (step));
  g_flow_run_cancel (run);
  TEST_WAIT (result.calls == 1);
  assert_step (step_at (child, 0), CANCELLED);
  g_assert_true (g_flow_step_get_subrun (step) == child);

  test_life_watch (&bench.life, child);
  g_clear_object (&child);
  test_result_clear (&result);
  g_clear_object (&run);
  g_assert_nonnull (g_flow_step_get_subrun (step));
  g_clear_object (&step);
  g_clear_object (&outer);
  g_clear_object (&inner);
  test_bench_clear (&bench);
}

/* A node that spawns several runs, also in more than one attempt: all of them are in a list. */

typedef struct
{
  GFlow *flow;
  int    n_calls;
} Spawner;

static gboolean
spawn_two (GFlowNode  *node,
           GFlowRun   *run,
           gpointer    user_data,
           GError    **error)
{
  Spawner *spawner = user_data;
  const gboolean fails = g_atomic_int_add (&spawner->n_calls, 1) == 0;

  for (guint i = 0; i < 2; i++)
    g_flow_run_spawn (run, node, spawner->flow);
  if (fails)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "Once more");
  return !fails;
}

static void
count_added_cb (GListModel *list,
                guint       position,
                guint       n_removed,
                guint       n_added,
                guint      *n)
{
  g_assert_cmpuint (n_removed, ==, 0);
  g_assert_cmpuint (position, ==, *n);
  *n += n_added;
}

static void
test_subruns (void)
{
  for (int in_context = FALSE; in_context <= TRUE; in_context++)
    {
      g_autoptr(GFlow) inner = g_flow_new ();
      g_autoptr(GFlow) flow = g_flow_new ();
      Spawner spawner = { inner, 0 };
      GFlowNode *node = g_flow_add (flow, "spawns", spawn_two, &spawner, NULL, NULL);
      g_autoptr(GFlowRun) run = g_flow_run_new (flow);
      g_autoptr(GListModel) subruns = NULL;
      guint n_added = 0;

      g_flow_add (inner, "in", test_body_nothing, NULL, NULL, NULL);
      g_flow_node_set_max_retries (node, 1);
      if (in_context)
        g_flow_node_set_placement (node, G_FLOW_PLACEMENT_CONTEXT);
      g_set_object (&subruns, g_flow_step_get_subruns (step_at (run, 0)));
      g_assert_true (g_list_model_get_item_type (subruns) == G_TYPE_FLOW_RUN);
      g_assert_cmpuint (g_list_model_get_n_items (subruns), ==, 0);
      g_signal_connect (subruns, "items-changed", G_CALLBACK (count_added_cb), &n_added);
      g_assert_true (test_run_execute (run, NULL, NULL));

      g_assert_true (g_flow_step_get_subruns (step_at (run, 0)) == subruns);
      g_assert_cmpuint (g_list_model_get_n_items (subruns), ==, 4);
      g_assert_cmpuint (n_added, ==, 4);
      for (guint i = 0; i < 4; i++)
        {
          g_autoptr(GFlowRun) subrun = g_list_model_get_item (subruns, i);

          test_assert_run (subrun, DONE);
          assert_step (step_at (subrun, 0), DONE);
          for (guint k = 0; k < i; k++)
            {
              g_autoptr(GFlowRun) other = g_list_model_get_item (subruns, k);

              g_assert_true (other != subrun);
            }
          if (i == 3)
            g_assert_true (g_flow_step_get_subrun (step_at (run, 0)) == subrun);
        }
      g_assert_finalize_object (g_steal_pointer (&run));
      g_clear_object (&subruns);
      g_assert_finalize_object (g_steal_pointer (&flow));
    }
}

/* A map is one run, of which each item is a step. */
static void
test_map (void)
{
  g_autoptr(GFlow) flow = g_flow_new ();
  g_autoptr(GFlowNode) each = g_flow_node_new (NULL, test_body_nothing, NULL, NULL);
  GFlowNode *map = g_flow_add_map (flow, "map", each, 0, NULL);
  g_autoptr(GFlowRun) run = g_flow_run_new (flow);
  GFlowStep *step = step_at (run, 0);

  g_flow_node_set_items_variant (map, g_variant_new_parsed ("['a', 'b', 'c']"));
  g_assert_true (test_run_execute (run, NULL, NULL));
  g_assert_cmpuint (g_list_model_get_n_items (g_flow_step_get_subruns (step)), ==, 1);
  test_assert_model (g_flow_step_get_subrun (step)->flow, "map[0] map[1] map[2]");
  for (guint i = 0; i < 3; i++)
    assert_step (step_at (g_flow_step_get_subrun (step), i), DONE);
}

/* Each attempt is told of, and begins anew. */

static gboolean
fail_twice (GFlowNode  *node,
            GFlowRun   *run,
            gpointer    user_data,
            GError    **error)
{
  int *n = user_data;
  const gboolean well = g_atomic_int_add (n, 1) == 2;

  g_flow_run_set_node_progress (run, node, well ? 0.25 : 0.75, well ? NULL : "fails");
  if (!well)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BUSY, "later");
  return well;
}

static void
attempt_cb (GFlowStep  *step,
            GParamSpec *pspec,
            TestLog    *log)
{
  g_autofree char *reason = g_flow_step_dup_reason (step);

  test_log_addf (log, "%s%u%s", test_node_state_name (g_flow_step_get_state (step)),
                 g_flow_step_get_attempt (step), reason != NULL ? "…" : "");
}

static void
test_attempts (void)
{
  g_autoptr(GFlow) flow = g_flow_new ();
  int n = 0;
  GFlowNode *node = g_flow_add (flow, "node", fail_twice, &n, NULL, NULL);
  g_autoptr(GFlowRun) run = g_flow_run_new (flow);
  g_autoptr(GFlowRun) unwatched = g_flow_run_new (flow);
  GFlowStep *step = step_at (run, 0);
  TestLog log;

  test_log_init (&log);
  g_flow_node_set_max_retries (node, 2);
  g_flow_node_set_retry_delay (node, 20);
  g_signal_connect (step, "notify", G_CALLBACK (attempt_cb), &log);
  g_assert_true (test_run_execute (run, NULL, NULL));

  g_autofree char *message = g_flow_step_dup_message (step);

  assert_step (step, DONE);
  g_assert_cmpuint (g_flow_step_get_attempt (step), ==, 3);
  g_assert_cmpstr (message, ==, NULL);
  /* How much of it is seen depends on how fast it goes, but not these. */
  g_assert_cmpuint (test_log_count (&log, "waiting1…"), >=, 1);
  g_assert_cmpuint (test_log_count (&log, "waiting2…"), >=, 1);
  g_assert_cmpuint (test_log_count (&log, "done3"), >=, 1);
  test_log_clear (&log);

  n = 0;
  g_assert_true (test_run_execute (unwatched, NULL, NULL));
  g_assert_cmpuint (g_flow_step_get_attempt (step_at (unwatched, 0)), ==, 3);
}

/* What is run again is told of as what runs for the first time. */
static void
test_revived (void)
{
  TestBench bench;
  TestJob *job;
  Ear ears[3];
  TestResult result;

  test_bench_init (&bench);

  g_autoptr(GFlow) flow = g_flow_new ();
  GFlowNode *bad = test_add_async (&bench, flow, "bad", &job);
  GFlowNode *after = test_add_async (&bench, flow, "after", NULL);
  TestJob *stays;

  test_job_fail (job, "no");
  g_flow_node_add_upstream (after, bad);
  test_add_async (&bench, flow, "stays", &stays);
  stays->forever = TRUE;

  g_autoptr(GFlowRun) run = g_flow_run_new (flow);

  for (guint i = 0; i < 3; i++)
    listen (&ears[i], step_at (run, i));
  test_result_init (&result);
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  TEST_WAIT (ears[0].last == G_FLOW_NODE_STATE_FAILED);
  TEST_WAIT (ears[1].last == G_FLOW_NODE_STATE_SKIPPED);
  g_assert_nonnull (g_flow_step_get_error (step_at (run, 0)));
  g_assert_nonnull (g_flow_step_get_error (step_at (run, 1)));
  g_clear_error (&job->error);
  g_flow_run_retry_node (run, bad, NULL);
  TEST_WAIT (ears[0].last == G_FLOW_NODE_STATE_DONE);
  TEST_WAIT (ears[1].last == G_FLOW_NODE_STATE_DONE);
  g_assert_cmpuint (g_flow_step_get_attempt (step_at (run, 0)), ==, 2);
  g_assert_cmpuint (g_flow_step_get_attempt (step_at (run, 1)), ==, 1);
  g_assert_null (g_flow_step_get_error (step_at (run, 0)));
  g_assert_null (g_flow_step_get_error (step_at (run, 1)));
  g_flow_run_cancel (run);
  TEST_WAIT (result.calls == 1);

  test_result_clear (&result);
  g_clear_object (&run);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

/* A list view of ten thousand steps, of which it has made some: what it hears is in
 * proportion to what it looks at. */
static void
test_many (void)
{
  enum { N = 10000, VISIBLE = 200 };
  g_autoptr(GFlow) flow = g_flow_new ();
  g_autofree Ear *ears = g_new0 (Ear, VISIBLE);
  guint n_heard = 0;

  for (guint i = 0; i < N; i++)
    g_flow_add (flow, NULL, test_body_nothing, NULL, NULL, NULL);

  g_autoptr(GFlowRun) run = g_flow_run_new (flow);

  for (guint i = 0; i < VISIBLE; i++)
    listen (&ears[i], step_at (run, i * (N / VISIBLE)));
  g_assert_true (test_run_execute (run, NULL, NULL));
  for (guint i = 0; i < VISIBLE; i++)
    {
      g_assert_true (ears[i].last == G_FLOW_NODE_STATE_DONE);
      g_assert_cmpuint (ears[i].n_state, <=, 3);
      n_heard += ears[i].n_all;
    }
  g_test_message ("%u notifications for %u of %u steps", n_heard, VISIBLE, N);
  g_assert_cmpuint (n_heard, <=, VISIBLE * 3 * 7);
  g_assert_cmpuint (g_hash_table_size (run->steps), ==, VISIBLE);
}

/* Handlers may do anything: ask for more steps, iterate the context, let go of the run. */

typedef struct
{
  GFlowRun *run; /* (owned) (nullable) */
  gboolean  within;
  guint     n_calls;
} Wild;

static void
wild_cb (GFlowRun  *run,
         GFlowStep *step,
         Wild      *wild)
{
  wild->n_calls++;
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (run)); i++)
    step_at (run, i);
  if (!wild->within)
    {
      wild->within = TRUE;
      g_main_context_iteration (NULL, FALSE);
      wild->within = FALSE;
    }
  if (wild->n_calls == 10)
    g_clear_object (&wild->run);
}

static gboolean
ended_cb (gpointer data)
{
  *(int *) data += 1;
  return TRUE;
}

static void
count_result_cb (GObject      *object,
                 GAsyncResult *result,
                 gpointer      user_data)
{
  ended_cb (user_data);
}

static void
test_wild (void)
{
  g_autoptr(GFlow) flow = g_flow_new ();
  Wild wild = { 0 };
  int n_ended = 0;

  for (guint i = 0; i < 50; i++)
    {
      GFlowNode *node = g_flow_add (flow, NULL, test_body_nothing, NULL, NULL, NULL);

      if (i % 3 == 0)
        g_flow_node_set_placement (node, G_FLOW_PLACEMENT_CONTEXT);
    }
  wild.run = g_flow_run_new (flow);
  g_signal_connect (wild.run, "step-changed", G_CALLBACK (wild_cb), &wild);
  g_flow_run_execute (wild.run, NULL, count_result_cb, &n_ended);
  TEST_WAIT (n_ended == 1);
  g_assert_null (wild.run);
  g_assert_cmpuint (wild.n_calls, >=, 10);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/steps/list", test_list);
  g_test_add_func ("/steps/telling", test_telling);
  g_test_add_func ("/steps/queues", test_queues);
  g_test_add_func ("/steps/unwatched", test_unwatched);
  g_test_add_func ("/steps/all", test_all);
  g_test_add_func ("/steps/sync", test_sync);
  g_test_add_func ("/steps/late", test_late);
  g_test_add_func ("/steps/edited", test_edited);
  g_test_add_func ("/steps/refused", test_refused);
  g_test_add_func ("/steps/tree", test_tree);
  g_test_add_func ("/steps/subruns", test_subruns);
  g_test_add_func ("/steps/map", test_map);
  g_test_add_func ("/steps/attempts", test_attempts);
  g_test_add_func ("/steps/revived", test_revived);
  g_test_add_func ("/steps/many", test_many);
  g_test_add_func ("/steps/wild", test_wild);
  return g_test_run ();
}
