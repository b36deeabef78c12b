/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* How long a run takes: as it is told to people, and as is learned from one for the next. */

#include "test-bench.h"

#include "run/gflow-run-private.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#define assert_near(value, expected)                              \
  g_assert_cmpfloat_with_epsilon (value, expected, 0.05 * (expected) + 0.4)

/* Averages, and files */

static void
test_average (void)
{
  g_autoptr(GFlowHistory) history = g_flow_history_new ();
  double last;

  g_assert_cmpfloat (g_flow_history_get_duration (history, "a"), ==, -1.0);
  g_assert_cmpfloat (g_flow_history_get_run_duration (history, NULL), ==, -1.0);
  g_flow_history_add_duration (history, "a", 2.0);
  g_assert_cmpfloat (g_flow_history_get_duration (history, "a"), ==, 2.0);
  g_flow_history_add_duration (history, "a", 4.0);
  g_assert_cmpfloat (g_flow_history_get_duration (history, "a"), ==, 3.0);
  g_flow_history_add_duration (history, "b", 0.0);
  g_flow_history_add_run_duration (history, NULL, 7.0);
  g_flow_history_add_run_duration (history, "a", 8.0);
  g_assert_cmpfloat (g_flow_history_get_duration (history, "a"), ==, 3.0);
  g_assert_cmpfloat (g_flow_history_get_run_duration (history, ""), ==, 7.0);

  /* What comes later counts more: what was is forgotten. */
  for (guint i = 0; i < 20; i++)
    {
      last = g_flow_history_get_duration (history, "a");
      g_flow_history_add_duration (history, "a", 10.0);
      g_assert_cmpfloat (g_flow_history_get_duration (history, "a"), >, last);
      g_assert_cmpfloat (g_flow_history_get_duration (history, "a"), <=, 10.0);
    }
  g_assert_cmpfloat_with_epsilon (g_flow_history_get_duration (history, "a"), 10.0, 0.1);

  g_flow_history_forget (history);
  g_assert_cmpfloat (g_flow_history_get_duration (history, "a"), ==, -1.0);
  g_assert_cmpfloat (g_flow_history_get_run_duration (history, NULL), ==, -1.0);
}

static GFlowHistory *
make_history (void)
{
  GFlowHistory *history = g_flow_history_new ();

  g_flow_history_add_duration (history, "zürich", 1.5);
  g_flow_history_add_duration (history, "a", 0.25);
  g_flow_history_add_run_duration (history, "whole", 60.0);
  return history;
}

static void
assert_same (GFlowHistory *a,
             GFlowHistory *b)
{
  g_autoptr(GVariant) first = g_flow_history_to_variant (a);
  g_autoptr(GVariant) second = g_flow_history_to_variant (b);

  g_assert_true (g_variant_equal (first, second));
  g_assert_cmpfloat (g_flow_history_get_duration (a, "zürich"), ==, 1.5);
}

static void
test_variant (void)
{
  g_autoptr(GFlowHistory) history = make_history ();
  g_autoptr(GFlowHistory) other = g_flow_history_new ();
  g_autoptr(GVariant) variant = g_flow_history_to_variant (history);
  const char * const bad[] = {
    "uint32 7",
    "('GFlowHistory 2', @a{s(du)} {}, @a{s(du)} {})",
    "('GFlowHistory 1', {'a': (-1.0, uint32 1)}, @a{s(du)} {})",
    "('GFlowHistory 1', {'a': (nan, uint32 1)}, @a{s(du)} {})",
    "('GFlowHistory 1', @a{s(du)} {}, {'': (1.0, uint32 0)})",
  };

  g_flow_history_add_duration (other, "gone", 1.0);
  g_assert_true (g_flow_history_load_variant (other, variant, NULL));
  assert_same (other, history);
  g_assert_cmpfloat (g_flow_history_get_duration (other, "gone"), ==, -1.0);

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(GVariant) wrong = strstr (bad[i], "nan") != NULL
        ? g_variant_ref_sink (g_variant_new ("(sa{s(du)}a{s(du)})", "GFlowHistory 1", NULL, NULL))
        : g_variant_parse (NULL, bad[i], NULL, NULL, NULL);

      if (strstr (bad[i], "nan") != NULL)
        {
          GVariantBuilder builder;

          g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{s(du)}"));
          g_variant_builder_add (&builder, "{s(du)}", "a", (double) NAN, 1u);
          g_variant_unref (wrong);
          wrong = g_variant_ref_sink (g_variant_new ("(sa{s(du)}a{s(du)})", "GFlowHistory 1",
                                                     &builder, NULL));
        }
      g_assert_nonnull (wrong);
      g_assert_false (g_flow_history_load_variant (other, wrong, &error));
      g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_FILE);
      assert_same (other, history);
    }
}

static gboolean
finish_load (GFlowHistory  *history,
             TestResult    *result,
             GError       **error)
{
  TEST_WAIT (result->calls == 1);

  const gboolean ok = g_flow_history_load_finish (history, result->result, error);

  test_result_clear (result);
  return ok;
}

static void
test_file (void)
{
  g_autofree char *folder = g_dir_make_tmp ("gflow-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "history", NULL);
  g_autoptr(GFile) file = g_file_new_for_path (path);
  g_autoptr(GFlowHistory) history = make_history ();
  g_autoptr(GFlowHistory) other = g_flow_history_new ();
  g_autoptr(GError) error = NULL;
  g_autofree char *contents = NULL;
  g_autoptr(GVariant) variant = g_flow_history_to_variant (history);
  gsize length;
  TestResult result;

  test_result_init (&result);
  g_flow_history_load (other, file, NULL, test_result_cb, &result);
  g_assert_false (finish_load (other, &result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);

  test_result_init (&result);
  g_flow_history_save (history, file, NULL, test_result_cb, &result);
  TEST_WAIT (result.calls == 1);
  g_assert_true (g_flow_history_save_finish (history, result.result, NULL));
  test_result_clear (&result);

  test_result_init (&result);
  g_flow_history_load (other, file, NULL, test_result_cb, &result);
  g_assert_true (finish_load (other, &result, NULL));
  assert_same (other, history);

  /* Whatever is cut off, or turned over, is refused, or at least is a history. */
  g_assert_true (g_file_get_contents (path, &contents, &length, NULL));
  for (gsize i = 0; i < length; i++)
    {
      g_assert_true (g_file_set_contents (path, contents, (gssize) i, NULL));
      g_assert_false (g_flow_history_load_sync (other, file, NULL, &error));
      g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_FILE);
      g_clear_error (&error);
      contents[i] ^= 0x40;
      g_assert_true (g_file_set_contents (path, contents, (gssize) length, NULL));
      contents[i] ^= 0x40;
      if (!g_flow_history_load_sync (other, file, NULL, NULL))
        assert_same (other, history);
      else
        g_assert_true (g_flow_history_load_variant (other, variant, NULL));
    }
  g_assert_true (g_flow_history_save_sync (history, file, NULL, NULL));
  g_assert_true (g_flow_history_load_sync (other, file, NULL, NULL));
  assert_same (other, history);

  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

/* What a run learns */

static gboolean
take_a_while (GFlowNode  *node,
              GFlowRun   *run,
              gpointer    user_data,
              GError    **error)
{
  const gint64 end = g_get_monotonic_time () + 20 * G_TIME_SPAN_MILLISECOND;

  while (g_get_monotonic_time () < end)
    g_thread_yield ();
  if (user_data != NULL)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "no");
  return user_data == NULL;
}

static void
test_learning (void)
{
  g_autoptr(GFlow) flow = g_flow_new ();
  g_autoptr(GFlowHistory) history = g_flow_history_new ();
  GFlowNode *quick = g_flow_add (flow, "quick", test_body_nothing, NULL, NULL, NULL);
  GFlowNode *slow = g_flow_add (flow, "slow", take_a_while, NULL, NULL, NULL);
  GFlowNode *bad = g_flow_add (flow, "bad", take_a_while, flow, NULL, NULL);

  g_flow_set_name (flow, "learns");
  g_flow_set_history (flow, history);
  g_assert_true (g_flow_get_history (flow) == history);
  g_flow_node_add_upstream (slow, quick);
  g_flow_node_add_upstream (bad, slow);

  g_autoptr(GFlowRun) fails = g_flow_run_new (flow);

  g_assert_true (g_flow_run_get_history (fails) == history);
  g_assert_cmpfloat (g_flow_run_get_remaining (fails), ==, -1.0);
  g_assert_false (g_flow_run_execute_sync (fails, NULL, NULL));
  g_assert_cmpfloat (g_flow_history_get_duration (history, "slow"), >=, 0.02);
  g_assert_cmpfloat (g_flow_history_get_duration (history, "quick"), >=, 0.0);
  g_assert_cmpfloat (g_flow_history_get_duration (history, "bad"), ==, -1.0);
  g_assert_cmpfloat (g_flow_history_get_run_duration (history, "learns"), ==, -1.0);
  g_assert_cmpfloat (g_flow_run_get_elapsed (fails), >=, 0.04);

  g_assert_true (g_flow_remove_node (flow, bad, NULL));

  g_autoptr(GFlowRun) well = g_flow_run_new (flow);

  g_assert_cmpfloat (g_flow_run_get_elapsed (well), ==, 0.0);
  g_assert_true (test_run_execute (well, NULL, NULL));
  g_assert_cmpfloat (g_flow_history_get_run_duration (history, "learns"), ==,
                     g_flow_run_get_elapsed (well));

  /* A run may have another, or none. */
  g_autoptr(GFlowHistory) other = g_flow_history_new ();
  g_autoptr(GFlowRun) apart = g_object_new (G_TYPE_FLOW_RUN, "flow", flow, "history", other, NULL);
  g_autoptr(GFlowRun) without = g_object_new (G_TYPE_FLOW_RUN, "flow", flow, "history", NULL, NULL);

  g_assert_null (g_flow_run_get_history (without));
  g_assert_cmpfloat (g_flow_run_get_remaining (without), ==, -1.0);
  g_assert_true (test_run_execute (apart, NULL, NULL));
  g_assert_cmpfloat (g_flow_history_get_duration (other, "slow"), >=, 0.02);
  g_assert_true (test_run_execute (without, NULL, NULL));
  g_assert_null (without->records);
}

/* What is told of it: time is made to go by, by putting the start back. */

typedef struct
{
  TestBench    bench;
  GFlow       *flow;
  GFlowRun    *run;
  TestResult   result;
  TestJob     *jobs[10];
} Slow;

static void
slow_init (Slow         *self,
           GFlowHistory *history)
{
  test_bench_init (&self->bench);
  test_result_init (&self->result);
  self->flow = g_flow_new ();
  g_flow_set_history (self->flow, history);
  for (guint i = 0; i < 10; i++)
    {
      g_autofree char *name = g_strdup_printf ("n%u", i);
      GFlowNode *node = test_add_async (&self->bench, self->flow, name, &self->jobs[i]);

      self->jobs[i]->forever = i >= 3;
      if (i >= 5)
        g_flow_node_add_upstream_by_name (node, "n4");
    }
  self->run = g_flow_run_new (self->flow);
}

/* Three of ten are done, two run. */
static void
slow_start (Slow *self)
{
  g_flow_run_execute (self->run, NULL, test_result_cb, &self->result);
  TEST_WAIT (g_flow_run_get_n_done (self->run) == 3 &&
             g_atomic_int_get (&self->jobs[4]->runs) == 1);
}

static void
slow_go_by (Slow   *self,
            double  seconds)
{
  self->run->start_time -= (gint64) (seconds * G_USEC_PER_SEC);
}

static void
slow_clear (Slow *self)
{
  g_flow_run_cancel (self->run);
  TEST_WAIT (self->result.calls == 1);
  g_assert_cmpfloat (g_flow_run_get_remaining (self->run), ==, 0.0);
  test_result_clear (&self->result);
  g_clear_object (&self->run);
  g_clear_object (&self->flow);
  test_bench_clear (&self->bench);
}

static void
assert_status (GFlowRun   *run,
               const char *expected)
{
  g_autofree char *status = g_flow_run_dup_status (run);

  g_assert_cmpstr (status, ==, expected);
}

static void
test_status (void)
{
  Slow slow;
  g_autoptr(GFlow) empty = g_flow_new ();
  g_autoptr(GFlowRun) nothing = g_flow_run_new (empty);

  slow_init (&slow, NULL);
  assert_status (slow.run, "Not started");
  slow_start (&slow);
  assert_status (slow.run, "3 of 10 done, 2 running");
  g_assert_cmpfloat (g_flow_run_get_remaining (slow.run), ==, -1.0);

  /* It has evidence, but keeps quiet for the first seconds. */
  slow_go_by (&slow, 3.0);
  g_flow_run_set_node_progress (slow.run, g_flow_lookup (slow.flow, "n3"), 0.5, NULL);
  assert_near (g_flow_run_get_remaining (slow.run), 3 / 0.35 - 3);
  assert_status (slow.run, "3 of 10 done, 2 running");
  /* Nothing ends, and time goes by; but not beyond what the next node would do. */
  slow_go_by (&slow, 0.5);
  assert_near (g_flow_run_get_remaining (slow.run), 3 / 0.35 - 3.5);
  slow_go_by (&slow, 5.5);
  assert_near (g_flow_run_get_remaining (slow.run), 9 / 0.45 - 9);
  assert_status (slow.run, "3 of 10 done, 2 running — about 15 seconds left");

  /* A body tells that it has done nearly all. */
  g_flow_run_set_node_progress (slow.run, g_flow_lookup (slow.flow, "n4"), 1.0, NULL);
  assert_near (g_flow_run_get_remaining (slow.run), 9 / 0.45 - 9);
  slow_go_by (&slow, 1000.0);
  g_flow_run_set_node_progress (slow.run, g_flow_lookup (slow.flow, "n3"), 0.51, NULL);
  assert_status (slow.run, "3 of 10 done, 2 running — about 21 minutes left");
  g_flow_run_pause (slow.run);
  assert_status (slow.run, "3 of 10 done, 2 running, paused");
  g_flow_run_resume (slow.run);
  slow_go_by (&slow, 10000.0);
  g_flow_run_set_node_progress (slow.run, g_flow_lookup (slow.flow, "n3"), 0.52, NULL);
  assert_status (slow.run, "3 of 10 done, 2 running — about 4 hours left");

  g_flow_run_cancel (slow.run);
  TEST_WAIT (slow.result.calls == 1);
  assert_status (slow.run, "3 of 10 done, 7 cancelled");
  slow_clear (&slow);

  g_assert_true (test_run_execute (nothing, NULL, NULL));
  assert_status (nothing, "Nothing to do");
}

static void
test_rate (void)
{
  Slow slow;

  slow_init (&slow, NULL);
  g_assert_cmpfloat (g_flow_run_get_rate (slow.run), ==, -1.0);
  slow_start (&slow);
  slow_go_by (&slow, 6.0);
  assert_near (g_flow_run_get_rate (slow.run), 0.5);
  slow_clear (&slow);
}

/* With a history it is known before anything has ended. */
static void
test_learned (void)
{
  Slow slow;
  g_autoptr(GFlowHistory) history = g_flow_history_new ();

  /* n9 is as long as the others together; of n1 nothing is known. */
  for (guint i = 0; i < 10; i++)
    {
      g_autofree char *name = g_strdup_printf ("n%u", i);

      if (i != 1)
        g_flow_history_add_duration (history, name, i == 9 ? 80.0 : 10.0);
    }
  g_flow_history_add_run_duration (history, NULL, 100.0);

  slow_init (&slow, history);
  g_assert_cmpfloat (g_flow_run_get_remaining (slow.run), ==, 100.0);
  slow_start (&slow);

  /* 10 + 160/9 + 10 seconds of work of 160 + 160/9 are done. */
  const double done = (20.0 + 160.0 / 9) / (160.0 + 160.0 / 9);

  /* Faster than it was: what is left is so partly, too. */
  slow_go_by (&slow, done * 50);
  assert_near (g_flow_run_get_remaining (slow.run),
               (1 - done) * 100 * ((1 - done) + done * 0.5));
  slow_go_by (&slow, 5);
  assert_near (g_flow_run_get_remaining (slow.run),
               (1 - done) * 100 * ((1 - done) + done * 0.5) - 5);
  slow_go_by (&slow, 1000);
  assert_near (g_flow_run_get_remaining (slow.run),
               (0.9 - done) * 100 * ((1 - done) + done * 0.5));
  slow_clear (&slow);
}

/* Notifications */

typedef struct
{
  guint    n_status;
  guint    n_elapsed;
  gboolean over;
} Heard;

static void
status_cb (GFlowRun   *run,
           GParamSpec *pspec,
           Heard      *heard)
{
  heard->n_status++;
}

static void
elapsed_cb (GFlowRun   *run,
            GParamSpec *pspec,
            Heard      *heard)
{
  heard->n_elapsed++;
}

static void
test_notify (void)
{
  Slow slow;
  Heard heard = { 0 };

  slow_init (&slow, NULL);
  g_signal_connect (slow.run, "notify::status", G_CALLBACK (status_cb), &heard);
  g_signal_connect (slow.run, "notify::elapsed", G_CALLBACK (elapsed_cb), &heard);
  slow_start (&slow);
  TEST_WAIT (heard.n_status > 0);
  heard = (Heard) { 0 };
  slow_go_by (&slow, 5.0);
  TEST_WAIT (heard.n_elapsed == 1);
  g_assert_cmpuint (heard.n_status, ==, 0);
  slow_go_by (&slow, 5.0);
  TEST_WAIT (heard.n_elapsed == 2);
  g_assert_cmpuint (heard.n_status, ==, 1);
  g_flow_run_cancel (slow.run);
  TEST_WAIT (slow.result.calls == 1);
  g_assert_cmpuint (heard.n_status, >=, 2);
  slow_clear (&slow);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/history/average", test_average);
  g_test_add_func ("/history/variant", test_variant);
  g_test_add_func ("/history/file", test_file);
  g_test_add_func ("/history/learning", test_learning);
  g_test_add_func ("/history/status", test_status);
  g_test_add_func ("/history/rate", test_rate);
  g_test_add_func ("/history/learned", test_learned);
  g_test_add_func ("/history/notify", test_notify);
  return g_test_run ();
}
