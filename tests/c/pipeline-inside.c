/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Flows with executors as nodes of flows of executors. */

#include "test-executor.h"

#include <string.h>

typedef struct
{
  GFlow     *flow;   /* (owned): a, then the one inside as "sub", then b */
  GFlow     *inside; /* (owned): x, then y */
  TestTally  tally;
  TestLife   life;
} Bench;

static void
bench_init (Bench      *self,
            const char *x,
            const char *y)
{
  GFlowNode *a, *sub, *b;

  memset (self, 0, sizeof *self);
  test_life_init (&self->life);
  self->inside = g_flow_new ();
  test_executor_add (self->inside, x, NULL, &self->tally);
  test_executor_add (self->inside, y, NULL, &self->tally);
  self->flow = g_flow_new ();
  a = test_executor_add (self->flow, "a", NULL, &self->tally);
  sub = g_flow_add_flow (self->flow, "sub", self->inside, NULL);
  b = test_executor_add (self->flow, "b", "sub", &self->tally);
  g_flow_node_add_upstream (sub, a);
  g_assert_nonnull (b);
  test_life_watch (&self->life, self->flow);
  test_life_watch (&self->life, self->inside);
}

static void
bench_clear (Bench *self)
{
  if (g_flow_get_is_open (self->flow))
    g_assert_true (g_flow_close_sync (self->flow, NULL, NULL));
  g_assert_cmpint (self->tally.set_up, ==, self->tally.torn_down);
  g_clear_object (&self->flow);
  g_clear_object (&self->inside);
  test_life_assert_over (&self->life);
}

static void
test_open (void)
{
  Bench bench;

  bench_init (&bench, "x", "y");
  for (int i = 1; i <= 2; i++)
    {
      g_autoptr (GFlowRequest) request = NULL;
      g_autoptr (GFlowRequest) other = NULL;
      g_autoptr (GError) error = NULL;

      g_assert_true (g_flow_open_sync (bench.flow, NULL, &error));
      g_assert_no_error (error);
      g_assert_cmpint (bench.tally.set_up, ==, 4 * i);
      g_assert_true (g_flow_get_is_open (bench.inside));
      g_assert_null (g_flow_add_executor (bench.inside, NULL, NULL, NULL, &error));
      g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_FROZEN);
      g_clear_error (&error);

      request = test_serve (bench.flow, "/", "0", NULL, &error);
      g_assert_no_error (error);
      test_assert_texts (request, "0 a x y b");
      test_assert_routes (request, "gateway=done a=done sub=done b=done");
      other = test_serve (bench.flow, "/index", "0", NULL, NULL);
      test_assert_texts (other, "0 a/index x/index y/index b/index");

      g_assert_true (g_flow_close_sync (bench.flow, NULL, NULL));
      g_assert_cmpint (bench.tally.torn_down, ==, 4 * i);
      g_assert_false (g_flow_get_is_open (bench.inside));
    }
  g_assert_nonnull (g_flow_add_executor (bench.inside, NULL, NULL, NULL, NULL));
  bench_clear (&bench);
}

/* Parameters for a node in there, and what it leaves. */
static void
test_parameters (void)
{
  Bench bench;
  g_autoptr (GFlowRequest) request = NULL;
  g_autoptr (GVariant) of_x = NULL;
  g_autoptr (GVariant) of_y = NULL;
  g_autofree char *x = NULL;

  bench_init (&bench, "parameters", "y");
  g_assert_true (g_flow_open_sync (bench.flow, NULL, NULL));
  request = test_serve (bench.flow, "/", "0",
                        g_variant_new_parsed ("{'n': <1>, 'sub': <{'m': <2>, 'parameters': "
                                              "<{'own': <3>}>, 'y': <{'not': <4>}>}>}"), NULL);
  of_x = g_flow_request_dup_result (request, "sub/parameters");
  of_y = g_flow_request_dup_result (request, "parameters");
  g_assert_null (of_y);
  g_assert_nonnull (of_x);
  x = g_variant_print (of_x, FALSE);
  g_assert_cmpstr (x, ==, "['m=2', 'n=1', 'own=3']");
  test_assert_texts (request, "0 a y b");
  g_clear_object (&request);
  bench_clear (&bench);
}

/* Flows in flows in flows, and one that is two nodes. */
static void
test_deep (void)
{
  Bench bench;
  g_autoptr (GFlow) outer = g_flow_new ();
  g_autoptr (GFlowRequest) request = NULL;
  GFlowNode *first, *second, *again;

  bench_init (&bench, "x", "task");
  first = g_flow_add_flow (outer, "first", bench.flow, NULL);
  second = g_flow_add_flow (outer, "second", bench.flow, NULL);
  again = g_flow_add_flow (outer, "again", bench.inside, NULL);
  g_flow_node_add_upstream (second, first);
  g_flow_node_add_upstream (again, second);
  g_assert_true (g_flow_open_sync (outer, NULL, NULL));
  g_assert_cmpint (bench.tally.set_up, ==, 4);
  request = test_serve (outer, "/", "0", NULL, NULL);
  test_assert_texts (request, "0 a x task b a x task b x task");
  g_assert_true (g_flow_close_sync (outer, NULL, NULL));
  g_assert_cmpint (bench.tally.torn_down, ==, 4);
  g_assert_false (g_flow_get_is_open (bench.flow));
  g_assert_false (g_flow_get_is_open (bench.inside));
  g_clear_object (&request);
  g_clear_object (&outer);
  bench_clear (&bench);
}

static void
test_start_fails (void)
{
  Bench bench;
  g_autoptr (GError) error = NULL;

  bench_init (&bench, "x", "bad");
  for (guint i = 0; i < 5; i++)
    {
      g_assert_false (g_flow_open_sync (bench.flow, NULL, &error));
      g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_START_FAILED);
      test_assert_contains (error->message, "“sub”");
      test_assert_contains (error->message, "“bad”");
      test_assert_contains (error->message, "It is bad");
      g_clear_error (&error);
      g_assert_false (g_flow_get_is_open (bench.inside));
      g_assert_cmpint (bench.tally.set_up, ==, bench.tally.torn_down);
    }
  bench_clear (&bench);
}

/* What somebody else has opened is used, and is left open. */
static void
test_open_before (void)
{
  Bench bench;
  g_autoptr (GFlowRequest) request = NULL;
  g_autoptr (GFlowRequest) refused = NULL;
  g_autoptr (GError) error = NULL;

  bench_init (&bench, "x", "y");
  g_assert_true (g_flow_open_sync (bench.inside, NULL, NULL));
  g_assert_true (g_flow_open_sync (bench.flow, NULL, NULL));
  g_assert_cmpint (bench.tally.set_up, ==, 4);
  request = test_serve (bench.flow, "/", "0", NULL, NULL);
  test_assert_texts (request, "0 a x y b");
  g_assert_true (g_flow_close_sync (bench.flow, NULL, NULL));
  g_assert_true (g_flow_get_is_open (bench.inside));
  g_assert_cmpint (bench.tally.torn_down, ==, 2);

  /* Whoever closes it meanwhile has what it asked for. */
  g_assert_true (g_flow_open_sync (bench.flow, NULL, NULL));
  g_assert_true (g_flow_close_sync (bench.inside, NULL, NULL));
  refused = test_serve (bench.flow, "/", "0", NULL, &error);
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_NOT_OPEN);
  test_assert_routes (refused, "gateway=failed! a=done sub=failed! b=skipped");
  g_clear_object (&request);
  g_clear_object (&refused);
  bench_clear (&bench);
}

static void
test_fails (void)
{
  Bench bench;
  g_autoptr (GFlowRequest) request = NULL;
  g_autoptr (GError) error = NULL;

  bench_init (&bench, "fail", "y");
  g_assert_true (g_flow_open_sync (bench.flow, NULL, NULL));
  request = test_serve (bench.flow, "/", "0", NULL, &error);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  test_assert_contains (error->message, "It failed");
  test_assert_routes (request, "gateway=failed! a=done sub=failed! b=skipped");
  g_clear_object (&request);
  bench_clear (&bench);
}

static void
test_target (void)
{
  Bench bench;
  const struct { const char *target, *text; } cases[] = {
    { "a|b", "0 a b" }, { "sub", "0 x y" }, { "s", "0 x y" }, { "x", "0" },
  };

  bench_init (&bench, "x", "y");
  g_assert_true (g_flow_open_sync (bench.flow, NULL, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GFlowPost) post = g_flow_post (bench.flow, "/");
      const char *texts[] = { "0", NULL };
      g_autoptr (GFlowSource) source = g_flow_source_new_for_texts (texts);
      g_autoptr (GFlowRequest) request = NULL;

      g_flow_post_set_source (post, source);
      g_flow_post_set_target (post, cases[i].target);
      request = g_flow_post_next_sync (post, NULL, NULL);
      test_assert_texts (request, cases[i].text);
    }
  bench_clear (&bench);
}

/* A branch through a flow with executors, one through a flow without: that lets the documents of
 * all that it waits for pass. */
static void
test_branches (void)
{
  Bench bench;
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlow) plain = g_flow_new ();
  g_autoptr (GFlowRequest) request = NULL;
  g_autoptr (GFlowDocument) document = NULL;
  GFlowNode *sub, *none;
  int counted = 0;

  bench_init (&bench, "tag-x", "y");
  g_flow_add (plain, "count", test_body_count, &counted, NULL, NULL);
  sub = g_flow_add_flow (flow, "sub", bench.inside, NULL);
  test_executor_add (flow, "uri", "gateway", NULL);
  none = g_flow_add_flow (flow, "none", plain, NULL);
  g_flow_node_add_upstream (none, sub);
  g_flow_node_add_upstream_by_name (none, "uri");
  g_flow_set_insertion_point (flow, none);
  g_assert_true (g_flow_open_sync (flow, NULL, NULL));
  g_assert_false (g_flow_get_is_open (plain));
  request = test_serve (flow, "/", "0", NULL, NULL);
  g_assert_cmpint (counted, ==, 1);
  test_assert_texts (request, "0 y");
  document = g_list_model_get_item (g_flow_request_get_documents (request), 0);
  g_assert_cmpstr (g_flow_document_get_uri (document), ==, "uri");
  g_assert_true (g_flow_close_sync (flow, NULL, NULL));
  g_clear_object (&request);
  g_clear_object (&flow);
  bench_clear (&bench);
}

/* What is under way in there is cancelled when closing the flow around is, and what waits for others to come does not. */
static void
test_close (void)
{
  for (guint batched = 0; batched < 2; batched++)
    {
      Bench bench;
      g_autoptr (GFlowRun) run = NULL;
      g_autoptr (GFlowRequest) request = g_flow_request_new ("/");
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      TestResult posted, closed;

      bench_init (&bench, batched ? "x" : "forever", "y");
      if (batched)
        g_flow_executor_set_batching (g_flow_node_get_executor (g_flow_lookup (bench.inside, "x")),
                                      NULL, 10, 3600 * 1000);
      g_flow_set_close_timeout (bench.flow, 3600 * 1000);
      test_result_init (&posted);
      test_result_init (&closed);
      g_assert_true (g_flow_open_sync (bench.flow, NULL, NULL));
      run = g_flow_run_new (bench.flow);
      g_flow_run_set_request (run, request);
      g_flow_run_execute (run, NULL, test_result_cb, &posted);
      TEST_WAIT (g_atomic_int_get (&bench.tally.served) >= (batched ? 1 : 2));
      test_settle (10);
      g_flow_close (bench.flow, cancellable, test_result_cb, &closed);
      if (!batched)
        g_cancellable_cancel (cancellable);
      TEST_WAIT (closed.calls > 0 && posted.calls > 0);
      g_assert_true (g_flow_close_finish (bench.flow, closed.result, NULL));
      if (batched)
        test_assert_run (run, DONE);
      else
        test_assert_run (run, CANCELLED);
      g_assert_false (g_flow_get_is_open (bench.inside));
      test_result_clear (&posted);
      test_result_clear (&closed);
      g_clear_object (&run);
      g_clear_object (&request);
      bench_clear (&bench);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/pipeline-inside/open", test_open);
  g_test_add_func ("/pipeline-inside/parameters", test_parameters);
  g_test_add_func ("/pipeline-inside/deep", test_deep);
  g_test_add_func ("/pipeline-inside/start-fails", test_start_fails);
  g_test_add_func ("/pipeline-inside/open-before", test_open_before);
  g_test_add_func ("/pipeline-inside/fails", test_fails);
  g_test_add_func ("/pipeline-inside/target", test_target);
  g_test_add_func ("/pipeline-inside/branches", test_branches);
  g_test_add_func ("/pipeline-inside/close", test_close);

  return g_test_run ();
}
