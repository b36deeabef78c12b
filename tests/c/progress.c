/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* How far a run is, and what its bodies say of it. */

#include "test-bench.h"

/* A run of async nodes that goes on as far as the test wants. */
typedef struct
{
  TestBench  bench;
  GFlow     *flow;
  GFlowRun  *run;
  TestResult result;
} Bed;

static void
bed_init (Bed *self)
{
  test_bench_init (&self->bench);
  test_result_init (&self->result);
  self->flow = g_flow_new ();
}

static GFlowNode *
bed_add (Bed        *self,
         const char *name,
         guint       weight)
{
  TestJob *job;
  GFlowNode *node = test_add_async (&self->bench, self->flow, name, &job);

  job->forever = TRUE;
  g_flow_node_set_weight (node, weight);
  return node;
}

static void
bed_start (Bed *self)
{
  self->run = g_flow_run_new (self->flow);
  test_life_watch (&self->bench.life, self->run);
}

static void
bed_execute (Bed   *self,
             guint  n_running)
{
  g_flow_run_execute (self->run, NULL, test_result_cb, &self->result);
  TEST_WAIT ((guint) g_atomic_int_get (&self->bench.gauge.now) == n_running);
}

static void
bed_clear (Bed *self)
{
  g_flow_run_cancel (self->run);
  TEST_WAIT (self->result.calls == 1);
  g_assert_cmpfloat (g_flow_run_get_fraction (self->run), ==, 1.0);
  test_result_clear (&self->result);
  g_clear_object (&self->run);
  g_clear_object (&self->flow);
  test_bench_clear (&self->bench);
}

static GFlowStep *
step_of (GFlowRun *run,
         guint     position)
{
  GFlowStep *step = g_list_model_get_item (G_LIST_MODEL (run), position);

  g_object_unref (step);
  return step;
}

static void
assert_said (GFlowRun   *run,
             guint       position,
             double      fraction,
             const char *message)
{
  GFlowStep *step = step_of (run, position);
  g_autofree char *said = g_flow_step_dup_message (step);

  g_assert_cmpfloat (g_flow_step_get_fraction (step), ==, fraction);
  g_assert_cmpstr (said, ==, message);
}

static void
test_says (void)
{
  Bed bed;

  bed_init (&bed);

  GFlowNode *large = bed_add (&bed, "large", 3);
  GFlowNode *small = bed_add (&bed, "small", 1);
  GFlowNode *later = bed_add (&bed, "later", 4);

  g_flow_node_add_upstream (later, small);
  bed_start (&bed);
  g_flow_run_set_node_progress (bed.run, large, 0.5, "too early");
  bed_execute (&bed, 2);
  g_assert_cmpfloat (g_flow_run_get_fraction (bed.run), ==, 0.0);
  assert_said (bed.run, 0, 0.0, NULL);

  g_flow_run_set_node_progress (bed.run, large, 0.5, "half");
  g_assert_cmpfloat (g_flow_run_get_fraction (bed.run), ==, 3 * 0.5 / 8);
  assert_said (bed.run, 0, 0.5, "half");
  g_flow_run_set_node_progress (bed.run, small, 1.0, NULL);
  g_assert_cmpfloat (g_flow_run_get_fraction (bed.run), ==, 2.5 / 8);
  assert_said (bed.run, 1, 1.0, NULL);

  /* What does not run has no progress. */
  g_flow_run_set_node_progress (bed.run, later, 1.0, "not yet");
  assert_said (bed.run, 2, 0.0, NULL);

  /* It does not go back, and not beyond the end. */
  g_flow_run_set_node_progress (bed.run, large, 0.25, "back");
  assert_said (bed.run, 0, 0.5, "back");
  g_flow_run_set_node_progress (bed.run, large, -1.0, NULL);
  assert_said (bed.run, 0, 0.5, "back");
  g_flow_run_set_node_progress (bed.run, large, -1.0, "");
  assert_said (bed.run, 0, 0.5, NULL);
  g_flow_run_set_node_progress (bed.run, large, 7.0, "over");
  assert_said (bed.run, 0, 1.0, "over");
  g_assert_cmpfloat (g_flow_run_get_fraction (bed.run), ==, 4.0 / 8);

  /* A node that is cancelled counts in whole, and says what it said last. */
  g_flow_run_cancel_node (bed.run, small);
  TEST_WAIT (g_flow_run_get_n_done (bed.run) == 2);
  g_assert_cmpfloat (g_flow_run_get_fraction (bed.run), ==, 3.0 / 8 + 5.0 / 8);
  g_flow_run_set_node_progress (bed.run, small, 0.5, "too late");
  assert_said (bed.run, 1, 1.0, NULL);
  bed_clear (&bed);
}

/* In a run inside of a run, and so on, each level counts. */
static void
test_nested (void)
{
  Bed bed;
  g_autoptr(GFlow) outer = g_flow_new ();
  g_autoptr(GFlow) middle = g_flow_new ();

  bed_init (&bed);

  GFlowNode *inner = bed_add (&bed, "inner", 1);
  GFlowNode *waits = bed_add (&bed, "waits", 1);

  g_flow_node_add_upstream (waits, inner);
  g_flow_add_flow (middle, "in", bed.flow, NULL);
  g_flow_add_flow (outer, "mid", middle, NULL);

  GFlowNode *last = g_flow_add (outer, "last", test_body_nothing, NULL, NULL, NULL);
  g_autoptr(GFlow) innermost = g_steal_pointer (&bed.flow);

  g_flow_node_add_upstream (last, g_flow_lookup (outer, "mid"));
  bed.flow = g_object_ref (outer);
  bed_start (&bed);
  g_assert_null (g_flow_step_get_subrun (step_of (bed.run, 0)));
  bed_execute (&bed, 1);

  GFlowRun *mid = g_flow_step_get_subrun (step_of (bed.run, 0));
  GFlowRun *in = g_flow_step_get_subrun (step_of (mid, 0));

  g_flow_run_set_node_progress (in, inner, 0.5, NULL);
  g_assert_cmpfloat (g_flow_run_get_fraction (in), ==, 0.25);
  g_assert_cmpfloat (g_flow_run_get_fraction (mid), ==, 0.25);
  g_assert_cmpfloat (g_flow_run_get_fraction (bed.run), ==, 0.125);
  g_assert_cmpfloat (g_flow_step_get_fraction (step_of (bed.run, 0)), ==, 0.25);
  g_clear_object (&innermost);
  g_clear_object (&middle);
  g_clear_object (&outer);
  bed_clear (&bed);
}

/* A body may say a million things in a second: ten are heard. */

typedef struct
{
  int over;   /* atomic */
  int n_said; /* atomic */
} Talker;

static gboolean
talk (GFlowNode  *node,
      GFlowRun   *run,
      gpointer    user_data,
      GError    **error)
{
  Talker *talker = user_data;
  guint i;

  for (i = 0; !g_atomic_int_get (&talker->over) || i < 1000; i++)
    {
      char message[16];

      g_snprintf (message, sizeof message, "%u", i);
      g_flow_run_set_node_progress (run, node, 1.0 - 1.0 / (i + 1), message);
    }
  g_atomic_int_set (&talker->n_said, (int) i);
  return TRUE;
}

typedef struct
{
  GMainContext *context;
  guint         n_fractions;
  guint         n_messages;
  guint         n_run;
  double        last;
} Listener;

static void
step_notify_cb (GFlowStep  *step,
                GParamSpec *pspec,
                Listener   *self)
{
  test_assert_context (self->context);
  self->n_fractions += g_str_equal (pspec->name, "fraction");
  self->n_messages += g_str_equal (pspec->name, "message");
}

static void
run_fraction_cb (GFlowRun   *run,
                 GParamSpec *pspec,
                 Listener   *self)
{
  const double fraction = g_flow_run_get_fraction (run);

  test_assert_context (self->context);
  g_assert_cmpfloat (fraction, >, self->last);
  self->last = fraction;
  self->n_run++;
}

static void
test_coalesced (void)
{
  g_autoptr(GFlow) flow = g_flow_new ();
  Talker talkers[2] = { 0 };
  Listener listener = { .context = test_context () };
  TestResult result;

  for (guint i = 0; i < 2; i++)
    g_flow_add (flow, NULL, talk, &talkers[i], NULL, NULL);
  g_flow_set_max_threads (flow, 2);

  g_autoptr(GFlowRun) run = g_flow_run_new (flow);
  GFlowStep *step = step_of (run, 0);

  g_signal_connect (step, "notify", G_CALLBACK (step_notify_cb), &listener);
  g_signal_connect (run, "notify::fraction", G_CALLBACK (run_fraction_cb), &listener);
  test_result_init (&result);

  const gint64 start = g_get_monotonic_time ();

  g_flow_run_execute (run, NULL, test_result_cb, &result);
  TEST_WAIT (listener.n_messages >= 3);
  for (guint i = 0; i < 2; i++)
    g_atomic_int_set (&talkers[i].over, TRUE);
  TEST_WAIT (result.calls == 1);

  /* And one at the end, and one for a tick that comes late. */
  const guint limit = (guint) ((g_get_monotonic_time () - start) / 100000) + 2;

  g_test_message ("%d said, %u and %u heard", g_atomic_int_get (&talkers[0].n_said),
                  listener.n_messages, listener.n_fractions);
  g_assert_cmpint (g_atomic_int_get (&talkers[0].n_said), >, 1000);
  g_assert_cmpuint (listener.n_messages, <=, limit);
  g_assert_cmpuint (listener.n_fractions, <=, limit);
  g_assert_cmpuint (listener.n_run, <=, limit);
  g_assert_cmpfloat (listener.last, ==, 1.0);
  test_result_clear (&result);
}

/* Asked for while nodes end, in another thread: it never goes back. */

typedef struct
{
  GFlowRun *run;
  int       over;
} Asker;

static gpointer
ask (gpointer data)
{
  Asker *asker = data;
  double last = 0.0;

  while (!g_atomic_int_get (&asker->over))
    {
      const double fraction = g_flow_run_get_fraction (asker->run);

      g_assert_cmpfloat (fraction, >=, last);
      g_assert_cmpfloat (fraction, <=, 1.0);
      last = fraction;
    }
  return NULL;
}

static gboolean
say_a_little (GFlowNode  *node,
              GFlowRun   *run,
              gpointer    user_data,
              GError    **error)
{
  for (guint i = 1; i < 4; i++)
    g_flow_run_set_node_progress (run, node, i / 4.0, NULL);
  return TRUE;
}

static void
test_forward (void)
{
  g_autoptr(GFlow) flow = g_flow_new ();
  g_autoptr(GFlow) inner = g_flow_new ();

  for (guint i = 0; i < 20; i++)
    g_flow_add (inner, NULL, say_a_little, NULL, NULL, NULL);
  for (guint i = 0; i < 400; i++)
    if (i % 20 == 0)
      g_flow_add_flow (flow, NULL, inner, NULL);
    else
      g_flow_node_set_weight (g_flow_add (flow, NULL, say_a_little, NULL, NULL, NULL), i % 7);

  g_autoptr(GFlowRun) run = g_flow_run_new (flow);
  Asker asker = { .run = run };
  GThread *thread = g_thread_new ("ask", ask, &asker);

  g_assert_true (test_run_execute (run, NULL, NULL));
  g_atomic_int_set (&asker.over, TRUE);
  g_thread_join (thread);
  g_assert_cmpfloat (g_flow_run_get_fraction (run), ==, 1.0);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/progress/says", test_says);
  g_test_add_func ("/progress/nested", test_nested);
  g_test_add_func ("/progress/coalesced", test_coalesced);
  g_test_add_func ("/progress/forward", test_forward);
  return g_test_run ();
}
