/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Runs that are saved, and others that go on where they stood. */

#include "resume-graph.h"

#include "run/gflow-values-private.h"

#include <string.h>

/* As it comes from a file: nothing of it is trusted. */
static GVariant *
reload (GVariant *saved)
{
  g_autoptr(GBytes) bytes = g_variant_get_data_as_bytes (saved);

  return g_variant_ref_sink (g_variant_new_from_bytes (g_variant_get_type (saved), bytes, FALSE));
}

static GVariant *
save (GFlowRun *run)
{
  g_autoptr(GVariant) saved = g_flow_run_save (run);

  g_assert_nonnull (saved);
  g_assert_false (g_variant_is_floating (saved));
  return reload (saved);
}

static GFlowRun *
restore (GFlow    *flow,
         GVariant *saved)
{
  g_autoptr(GError) error = NULL;
  GFlowRun *run = g_flow_run_new (flow);

  g_flow_run_restore (run, saved, &error);
  g_assert_no_error (error);
  return run;
}

static void
execute (GFlowRun *run,
         gboolean  sync)
{
  g_autoptr(GError) error = NULL;

  if (sync)
    g_flow_run_execute_sync (run, NULL, &error);
  else
    test_run_execute (run, NULL, &error);
  g_assert_no_error (error);
  test_assert_run (run, DONE);
}

static gboolean *
get_done (ResumeGraph *graph,
          GFlowRun    *run)
{
  gboolean *done = g_new0 (gboolean, graph->n_nodes);

  for (guint i = 0; i < graph->n_nodes; i++)
    done[i] = g_flow_run_get_node_state (run, graph->nodes[i].node) == G_FLOW_NODE_STATE_DONE;
  return done;
}

/* Random graphs, of which some nodes fail at first */

static void
fail_some (ResumeGraph *graph,
           GRand       *random)
{
  const double share = g_rand_double_range (random, 0.0, 0.3);

  for (guint i = 0; i < graph->n_nodes; i++)
    graph->nodes[i].fails = g_rand_double (random) < share;
}

static void
assert_went_on (ResumeGraph    *graph,
                GFlowRun       *run,
                const gboolean *done)
{
  g_autofree gboolean *runs = resume_graph_predict (graph, done, FALSE);

  for (guint i = 0; i < graph->n_nodes; i++)
    {
      ResumeNode *node = &graph->nodes[i];
      g_autofree char *reason = g_flow_run_dup_node_reason (run, node->node);

      g_assert_cmpint (node->runs, ==, runs[i] ? 1 : 0);
      g_assert_cmpstr (reason, ==, runs[i] ? NULL : "Done in an earlier run");
      test_assert_node (run, node->node, DONE);
      if (node->n_downstreams == 0)
        resume_node_assert_result (node, run);
    }
}

static void
test_random (void)
{
  const guint64 seed = resume_seed ();

  for (guint i = 0; i < (test_is_slow () ? 30 : 300); i++)
    {
      g_autoptr(GRand) random = g_rand_new_with_seed ((guint32) seed + i);
      const guint n_nodes = g_rand_int_range (random, 1, 120);
      const guint max_threads = g_rand_int_range (random, 0, 4);
      const gboolean sync = g_rand_boolean (random);
      g_autoptr(ResumeGraph) first = resume_graph_new (seed + i, n_nodes, 0);
      g_autoptr(ResumeGraph) second = resume_graph_new (seed + i, n_nodes, i % 3);
      g_autoptr(GFlowRun) run = g_flow_run_new (first->flow);
      g_autoptr(GFlowRun) resumed = NULL;
      g_autoptr(GVariant) saved = NULL;
      g_autofree gboolean *done = NULL;

      g_flow_set_max_threads (first->flow, max_threads);
      g_flow_set_max_threads (second->flow, max_threads);
      if (i % 5 == 0)
        g_flow_node_set_priority (second->nodes[0].node, 10);
      if (i % 7 == 0)
        g_flow_set_max_parallel (second->flow, 2);
      fail_some (first, random);
      g_flow_run_set_keep_results (run, TRUE);
      if (sync)
        g_flow_run_execute_sync (run, NULL, NULL);
      else
        test_run_execute (run, NULL, NULL);
      done = get_done (first, run);
      saved = save (run);

      resumed = restore (second->flow, saved);
      execute (resumed, sync);
      assert_went_on (second, resumed, done);
      g_assert_cmpuint (g_flow_run_get_n_done (resumed), ==, n_nodes);
    }
}

/* The same, saved while it runs, when results have been dropped: bodies check that those that
 * they need are there. */

static GVariant *saved_halfway;
static guint save_at;

static void
save_cb (ResumeNode *node,
         GFlowRun   *run)
{
  if (node->place != RESUME_WORKER && node->index >= save_at && saved_halfway == NULL)
    saved_halfway = save (run);
}

static void
test_halfway (void)
{
  const guint64 seed = resume_seed ();

  for (guint i = 0; i < (test_is_slow () ? 30 : 300); i++)
    {
      g_autoptr(ResumeGraph) first = resume_graph_new (seed + i, 60, 0);
      g_autoptr(ResumeGraph) second = resume_graph_new (seed + i, 60, i % 3);
      g_autoptr(GFlowRun) run = g_flow_run_new (first->flow);
      g_autoptr(GFlowRun) resumed = NULL;
      g_autoptr(GFlowRun) third = NULL;
      g_autoptr(GVariant) saved = NULL;
      g_autofree gboolean *done = NULL;

      first->ran = save_cb;
      save_at = i % 60;
      execute (run, FALSE);
      if (saved_halfway == NULL)
        continue;

      resumed = restore (second->flow, saved_halfway);
      g_clear_pointer (&saved_halfway, g_variant_unref);
      execute (resumed, i % 2 == 0);
      for (guint k = 0; k < second->n_nodes; k++)
        {
          g_assert_cmpint (second->nodes[k].runs, <=, 1);
          if (second->nodes[k].n_downstreams == 0)
            resume_node_assert_result (&second->nodes[k], resumed);
          second->nodes[k].runs = 0;
        }

      /* And once more, from a run that went on: all is done, but for objects. */
      saved = save (resumed);
      done = get_done (second, resumed);
      third = restore (second->flow, saved);
      execute (third, i % 2 == 0);
      for (guint k = 0; k < second->n_nodes; k++)
        if (second->nodes[k].runs > 0)
          g_assert_true (second->nodes[k].result == RESUME_OBJECT ||
                         second->nodes[k].n_downstreams > 0);
    }
}

/* Small flows, by name: the bodies log their names */

typedef struct
{
  TestLog   log;
  GFlow    *flow;
  const char *failing;
} Small;

static gboolean
body_log (GFlowNode  *node,
          GFlowRun   *run,
          gpointer    user_data,
          GError    **error)
{
  Small *self = user_data;
  const char *name = g_flow_node_get_name (node);

  test_log_add (&self->log, name);
  if (g_strcmp0 (self->failing, name) == 0)
    {
      g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_FAILED, "%s fails", name);
      return FALSE;
    }
  return TRUE;
}

/* "b:a c:a,b": nodes and their upstreams */
static void
small_init (Small      *self,
            const char *nodes)
{
  g_auto(GStrv) words = g_strsplit (nodes, " ", -1);

  *self = (Small) { .flow = g_flow_new () };
  test_log_init (&self->log);
  for (guint i = 0; words[i] != NULL; i++)
    {
      g_auto(GStrv) parts = g_strsplit (words[i], ":", 2);
      g_auto(GStrv) upstreams = g_strsplit (parts[1] != NULL ? parts[1] : "", ",", -1);
      GFlowNode *node = g_flow_add (self->flow, parts[0], body_log, self, NULL, NULL);

      g_flow_node_set_placement (node, G_FLOW_PLACEMENT_CONTEXT);
      for (guint k = 0; upstreams[k] != NULL; k++)
        g_flow_node_add_upstream_by_name (node, upstreams[k]);
    }
}

static void
small_clear (Small *self)
{
  g_object_unref (self->flow);
  test_log_clear (&self->log);
}

/* Runs it, with failing nodes, and saves that; what has run is no more in the log. */
static GVariant *
small_save (Small      *self,
            const char *failing)
{
  g_autoptr(GFlowRun) run = g_flow_run_new (self->flow);
  GVariant *saved;

  self->failing = failing;
  g_assert_cmpint (test_run_execute (run, NULL, NULL), ==, failing == NULL);
  self->failing = NULL;
  saved = save (run);
  test_log_clear (&self->log);
  test_log_init (&self->log);
  return saved;
}

static void
test_new_run (void)
{
  Small small;
  g_autoptr(GFlowRun) run = NULL;

  small_init (&small, "a b:a");
  run = g_flow_run_new (small.flow);
  g_assert_null (g_flow_run_save (run));
  g_clear_object (&run);
  small_clear (&small);
}

static void
test_after_failure (void)
{
  Small small;
  g_autoptr(GVariant) saved = NULL;
  g_autoptr(GFlowRun) run = NULL;

  small_init (&small, "a b:a c:a d:b,c");
  saved = small_save (&small, "b");
  run = restore (small.flow, saved);
  execute (run, FALSE);
  test_assert_log (&small.log, "b d");
  g_clear_object (&run);
  small_clear (&small);
}

/* All is done: nothing runs, and the run succeeds. */
static void
test_nothing_left (gconstpointer data)
{
  Small small;
  g_autoptr(GVariant) saved = NULL;
  g_autoptr(GFlowRun) run = NULL;

  small_init (&small, "a b:a c:a d:b,c");
  if (GPOINTER_TO_INT (data))
    for (guint i = 0; i < 4; i++)
      {
        g_autoptr(GFlowNode) node = g_list_model_get_item (G_LIST_MODEL (small.flow), i);

        g_flow_node_set_placement (node, G_FLOW_PLACEMENT_WORKER);
      }
  saved = small_save (&small, NULL);
  for (guint i = 0; i < 10; i++)
    {
      run = restore (small.flow, saved);
      execute (run, i % 2 == 0);
      test_assert_log (&small.log, "");
      g_assert_cmpuint (g_flow_run_get_n_done (run), ==, 4);
      g_assert_cmpfloat (g_flow_run_get_fraction (run), ==, 1.0);
      g_clear_object (&run);
    }
  small_clear (&small);
}

static void
test_empty (void)
{
  Small small = { .flow = g_flow_new () };
  g_autoptr(GVariant) saved = NULL;
  g_autoptr(GFlowRun) run = NULL;

  test_log_init (&small.log);
  saved = small_save (&small, NULL);
  run = restore (small.flow, saved);
  execute (run, FALSE);
  g_clear_object (&run);
  small_clear (&small);
}

/* A handler that was not needed is still not, and what came after it is done. */
static void
test_handler (void)
{
  Small small;
  g_autoptr(GVariant) saved = NULL;
  g_autoptr(GFlowRun) run = NULL;

  small_init (&small, "a handler:a after:a,handler last:after");
  g_flow_node_set_run_when (g_flow_lookup (small.flow, "handler"), G_FLOW_RUN_WHEN_ANY_FAILED);
  saved = small_save (&small, "last");
  run = restore (small.flow, saved);
  execute (run, FALSE);
  test_assert_log (&small.log, "last");
  test_assert_node (run, g_flow_lookup (small.flow, "handler"), SKIPPED);
  g_clear_object (&run);
  small_clear (&small);
}

/* A choice stands. */

static gboolean
body_choose (GFlowNode  *node,
             GFlowRun   *run,
             gpointer    user_data,
             GError    **error)
{
  Small *self = user_data;

  test_log_add (&self->log, "choose");
  g_flow_run_select (run, node, g_flow_lookup (self->flow, "b"));
  return TRUE;
}

static void
test_choice (gconstpointer data)
{
  Small small;
  g_autoptr(GVariant) saved = NULL;
  g_autoptr(GFlowRun) run = NULL;
  GFlowNode *choose;
  g_autofree char *reason = NULL;

  small_init (&small, "b c d:c join:b,d last:join");
  choose = g_flow_add (small.flow, "choose", body_choose, &small, NULL, NULL);
  g_flow_node_set_placement (choose, GPOINTER_TO_INT (data));
  g_flow_node_add_upstream (g_flow_lookup (small.flow, "b"), choose);
  g_flow_node_add_upstream (g_flow_lookup (small.flow, "c"), choose);

  saved = small_save (&small, "last");
  run = restore (small.flow, saved);
  execute (run, FALSE);
  test_assert_log (&small.log, "last");
  test_assert_node (run, g_flow_lookup (small.flow, "c"), SKIPPED);
  test_assert_node (run, g_flow_lookup (small.flow, "d"), SKIPPED);
  g_clear_object (&run);
  g_clear_pointer (&saved, g_variant_unref);

  /* Also where the branches had not been come to. */
  saved = small_save (&small, "b");
  run = restore (small.flow, saved);
  execute (run, FALSE);
  test_assert_log (&small.log, "b join last");
  test_assert_node (run, g_flow_lookup (small.flow, "c"), SKIPPED);
  reason = g_flow_run_dup_node_reason (run, g_flow_lookup (small.flow, "c"));
  test_assert_contains (reason, "choose");
  g_clear_object (&run);
  small_clear (&small);
}

/* What was done because something failed is not done for good. */
static void
test_cleanup (void)
{
  Small small;
  g_autoptr(GVariant) saved = NULL;
  g_autoptr(GFlowRun) run = NULL;

  small_init (&small, "a b:a clean:b handler:b");
  g_flow_node_set_run_when (g_flow_lookup (small.flow, "clean"), G_FLOW_RUN_WHEN_ALL_FINISHED);
  g_flow_node_set_run_when (g_flow_lookup (small.flow, "handler"), G_FLOW_RUN_WHEN_ANY_FAILED);
  saved = small_save (&small, "b");
  run = restore (small.flow, saved);
  execute (run, FALSE);
  test_assert_log (&small.log, "b clean");
  test_assert_node (run, g_flow_lookup (small.flow, "handler"), SKIPPED);
  g_clear_object (&run);
  small_clear (&small);
}

static void
test_ignored_failure (void)
{
  Small small;
  g_autoptr(GVariant) saved = NULL;
  g_autoptr(GFlowRun) run = NULL;

  small_init (&small, "a b:a c:b d");
  g_flow_set_on_error (small.flow, G_FLOW_ON_ERROR_IGNORE);
  saved = small_save (&small, "a");
  run = restore (small.flow, saved);
  execute (run, FALSE);
  test_assert_log (&small.log, "a b c");
  g_clear_object (&run);
  small_clear (&small);
}

/* Signals: of the run and the flow as always, and none of nodes that are done. */

static void
log_run_cb (GFlow    *flow,
            GFlowRun *run,
            Small    *small)
{
  test_log_addf (&small->log, "flow-%u", g_flow_run_get_n_done (run));
}

static void
log_node_cb (GFlowNode *node,
             GFlowRun  *run,
             Small     *small)
{
  test_log_addf (&small->log, "signal-%s", g_flow_node_get_name (node));
}

static void
test_signals (void)
{
  Small small;
  g_autoptr(GVariant) saved = NULL;
  g_autoptr(GFlowRun) run = NULL;

  small_init (&small, "a b:a c:b");
  saved = small_save (&small, "b");
  g_signal_connect (small.flow, "started", G_CALLBACK (log_run_cb), &small);
  g_signal_connect (small.flow, "done", G_CALLBACK (log_run_cb), &small);
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr(GFlowNode) node = g_list_model_get_item (G_LIST_MODEL (small.flow), i);

      g_signal_connect (node, "done", G_CALLBACK (log_node_cb), &small);
    }
  run = restore (small.flow, saved);
  execute (run, FALSE);
  test_assert_log (&small.log, "flow-1 b signal-b c signal-c flow-3");
  g_clear_object (&run);
  small_clear (&small);
}

/* Who has bound a list to the run before it starts sees what is done already; it does not count
 * as work of this run. */

static gboolean
body_look (GFlowNode  *node,
           GFlowRun   *run,
           gpointer    user_data,
           GError    **error)
{
  g_assert_cmpfloat (g_flow_run_get_rate (run), ==, -1.0);
  g_assert_cmpfloat (g_flow_run_get_remaining (run), ==, -1.0);
  g_assert_cmpfloat (g_flow_run_get_fraction (run), ==, 0.75);
  return TRUE;
}

static void
test_watched (void)
{
  Small small;
  g_autoptr(GVariant) saved = NULL;
  g_autoptr(GFlowRun) run = NULL;
  g_autoptr(GFlowStep) step = NULL;
  GFlowNode *node;

  small_init (&small, "a b:a c:b");
  node = g_flow_add (small.flow, "look", body_look, NULL, NULL, NULL);
  g_flow_node_add_upstream_by_name (node, "c");
  g_flow_node_set_run_when (node, G_FLOW_RUN_WHEN_ANY_FAILED);
  saved = small_save (&small, NULL);
  g_flow_node_set_run_when (node, G_FLOW_RUN_WHEN_ALL_SUCCEEDED);

  run = restore (small.flow, saved);
  step = g_list_model_get_item (G_LIST_MODEL (run), 1);
  g_assert_cmpint (g_flow_step_get_state (step), ==, G_FLOW_NODE_STATE_WAITING);
  execute (run, FALSE);
  test_assert_log (&small.log, "");
  g_assert_cmpint (g_flow_step_get_state (step), ==, G_FLOW_NODE_STATE_DONE);
  g_clear_object (&step);
  g_clear_object (&run);
  small_clear (&small);
}

/* A node whose upstreams are partly done waits for the others only, with locks and all. */
static void
test_locks (void)
{
  Small small;
  g_autoptr(GFlowLock) lock = g_flow_lock_new ();
  g_autoptr(GVariant) saved = NULL;
  g_autoptr(GFlowRun) run = NULL;

  small_init (&small, "a b c:a,b d:c");
  for (guint i = 0; i < 4; i++)
    {
      g_autoptr(GFlowNode) node = g_list_model_get_item (G_LIST_MODEL (small.flow), i);

      g_flow_node_add_lock (node, lock);
      g_flow_node_set_placement (node, i % 2 == 0 ? G_FLOW_PLACEMENT_WORKER
                                                  : G_FLOW_PLACEMENT_CONTEXT);
    }
  saved = small_save (&small, "b");
  run = restore (small.flow, saved);
  execute (run, FALSE);
  test_assert_log (&small.log, "b c d");
  g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 0);
  g_clear_object (&run);
  small_clear (&small);
}

/* What is refused, and how it is told */

static void
assert_refused (GFlow      *flow,
                GVariant   *saved,
                GFlowError  code,
                const char *message)
{
  g_autoptr(GFlowRun) run = g_flow_run_new (flow);
  g_autoptr(GError) error = NULL;

  g_assert_false (g_flow_run_restore (run, saved, &error));
  g_assert_error (error, G_FLOW_ERROR, (int) code);
  g_assert_cmpstr (error->message, ==, message);
  /* It can still be executed, from the beginning. */
  execute (run, FALSE);
}

static void
test_changed (void)
{
  const struct
  {
    const char *nodes;
    const char *message;
  } cases[] = {
    { "a b:a c:b new", "The flow has changed since then (added: “new”)" },
    { "a b:a", "The flow has changed since then (removed: “c”)" },
    { "a b:a c:a", "The flow has changed since then (with other upstreams: “c”)" },
    { "a b:a c:b,a", "The flow has changed since then (with other upstreams: “c”)" },
    { "a b d:b", "The flow has changed since then (added: “d”; removed: “c”; "
                 "with other upstreams: “b”)" },
    { "n1 n2 n3 n4 n5 n6 n7 n8 n9 n10 a b:a c:b",
      "The flow has changed since then (added: “n1”, “n2”, “n3”, “n4”, “n5”, “n6”, “n7”, “n8”, "
      "and 2 others)" },
  };
  Small small;
  g_autoptr(GVariant) saved = NULL;

  small_init (&small, "a b:a c:b");
  saved = small_save (&small, "c");
  small_clear (&small);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      small_init (&small, cases[i].nodes);
      assert_refused (small.flow, saved, G_FLOW_ERROR_TOPOLOGY, cases[i].message);
      small_clear (&small);
    }
}

/* It changes after it was restored. */
static void
test_changed_later (void)
{
  Small small;
  g_autoptr(GVariant) saved = NULL;
  g_autoptr(GFlowRun) run = NULL;
  g_autoptr(GError) error = NULL;

  small_init (&small, "a b:a");
  saved = small_save (&small, "b");
  run = restore (small.flow, saved);
  g_flow_add (small.flow, "c", body_log, &small, NULL, NULL);
  g_assert_false (test_run_execute (run, NULL, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_TOPOLOGY);
  test_assert_contains (error->message, "added: “c”");
  test_assert_log (&small.log, "");
  g_clear_object (&run);
  small_clear (&small);
}

static void
test_refused_flow (void)
{
  Small small;
  g_autoptr(GVariant) saved = NULL;
  g_autoptr(GFlowRun) run = NULL;
  g_autoptr(GError) error = NULL;

  small_init (&small, "a b:a");
  saved = small_save (&small, "b");
  g_flow_node_add_upstream_by_name (g_flow_lookup (small.flow, "a"), "b");
  run = g_flow_run_new (small.flow);
  g_assert_false (g_flow_run_restore (run, saved, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_CYCLE);
  g_clear_object (&run);
  small_clear (&small);
}

static void
test_bad_variants (void)
{
  const char *not_saved = "This is not a saved run";
  const char *bad_nodes = "The nodes of the saved run cannot be understood";
  const struct
  {
    const char *text;
    const char *message;
  } cases[] = {
    { "5", not_saved },
    { "('libgflow run', uint32 1)", not_saved },
    { "('something else', uint32 1, @a(sau) [], @a{sv} {}, @a(ua{sv}) [])", not_saved },
    { "('libgflow run', uint32 2, @a(sau) [], @a{sv} {}, @a(ua{sv}) [])",
      "The run was saved by another version of the library, in format 2" },
    { "('libgflow run', uint32 1, [('a', @au []), ('a', [])], @a{sv} {}, @a(ua{sv}) [])", bad_nodes },
    { "('libgflow run', uint32 1, [('a', @au [])], @a{sv} {}, [(uint32 1, @a{sv} {})])", bad_nodes },
    { "('libgflow run', uint32 1, [('a', @au [])], @a{sv} {}, "
      "[(uint32 0, @a{sv} {}), (0, {})])", bad_nodes },
    { "('libgflow run', uint32 1, [('a', [uint32 1])], @a{sv} {}, @a(ua{sv}) [])", bad_nodes },
    { "('libgflow run', uint32 1, [('a', [uint32 0])], @a{sv} {}, @a(ua{sv}) [])",
      "The flow has changed since then (with other upstreams: “a”)" },
  };
  Small small;

  small_init (&small, "a");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(GVariant) saved = g_variant_parse (NULL, cases[i].text, NULL, NULL, &error);

      g_assert_no_error (error);
      assert_refused (small.flow, saved,
                      i + 1 < G_N_ELEMENTS (cases) ? G_FLOW_ERROR_BAD_INPUT : G_FLOW_ERROR_TOPOLOGY,
                      cases[i].message);
    }
  small_clear (&small);
}

/* Bytes that were changed on the way: refused, or good for something, but never a crash. */
static void
test_changed_bytes (void)
{
  g_autoptr(ResumeGraph) graph = resume_graph_new (1, 12, 0);
  g_autoptr(GFlowRun) run = g_flow_run_new (graph->flow);
  g_autoptr(GVariant) saved = NULL;
  g_autofree guint8 *data = NULL;
  guint n_refused = 0;

  execute (run, FALSE);
  saved = g_flow_run_save (run);
  data = g_memdup2 (g_variant_get_data (saved), g_variant_get_size (saved));
  for (gsize i = 0; i < g_variant_get_size (saved); i++)
    {
      g_autoptr(GFlowRun) resumed = g_flow_run_new (graph->flow);
      g_autoptr(GVariant) changed = NULL;
      g_autoptr(GBytes) bytes = NULL;

      data[i] ^= 0x55;
      bytes = g_bytes_new (data, g_variant_get_size (saved));
      changed = g_variant_ref_sink (g_variant_new_from_bytes (g_variant_get_type (saved), bytes,
                                                              FALSE));
      data[i] ^= 0x55;
      n_refused += !g_flow_run_restore (resumed, changed, NULL);
    }
  g_assert_cmpuint (n_refused, >, 50);
}

/* Parameters */

static void
test_parameters (void)
{
  Small small;
  g_autoptr(GFlowRun) first = NULL;
  g_autoptr(GFlowRun) same = NULL;
  g_autoptr(GFlowRun) other = NULL;
  g_autoptr(GVariant) saved = NULL;
  g_autoptr(GVariant) parameters = NULL;
  g_autoptr(GError) error = NULL;

  small_init (&small, "a b:a");
  small.failing = "b";
  parameters = g_variant_ref_sink (g_variant_new_parsed ("{'day': <'monday'>, 'n': <5>}"));
  first = g_flow_run_new (small.flow);
  g_flow_run_set_parameters (first, parameters);
  g_assert_false (test_run_execute (first, NULL, NULL));
  small.failing = NULL;
  saved = save (first);

  /* They are taken over, or are the same in another order. */
  for (guint i = 0; i < 2; i++)
    {
      same = g_flow_run_new (small.flow);
      if (i == 1)
        g_flow_run_set_parameters (same, g_variant_new_parsed ("{'n': <5>, 'day': <'monday'>}"));
      g_assert_true (g_flow_run_restore (same, saved, NULL));
      execute (same, FALSE);
      g_assert_cmpuint (g_variant_n_children (g_flow_run_get_parameters (same)), ==, 2);
      g_clear_object (&same);
    }

  other = g_flow_run_new (small.flow);
  g_flow_run_set_parameters (other, g_variant_new_parsed ("{'day': <'tuesday'>, 'n': <5>}"));
  g_assert_true (g_flow_run_restore (other, saved, NULL));
  g_assert_false (test_run_execute (other, NULL, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT);
  test_assert_contains (error->message, "“day”");
  test_assert_log (&small.log, "a b b b");
  g_clear_object (&first);
  g_clear_object (&other);
  small_clear (&small);
}

/* Results of every type that is kept */

static GValue *the_value;
static guint n_given;

static gboolean
body_give (GFlowNode  *node,
           GFlowRun   *run,
           gpointer    user_data,
           GError    **error)
{
  n_given++;
  g_flow_run_set_result (run, node, the_value);
  return TRUE;
}

/* Whether a result of that value is there in a run that goes on, without being given again. */
static gboolean
is_kept (GValue *given,
         GValue *restored)
{
  g_autoptr(GFlow) flow = g_flow_new ();
  GFlowNode *node = g_flow_add (flow, "a", body_give, NULL, NULL, NULL);
  g_autoptr(GFlowRun) run = g_flow_run_new (flow);
  g_autoptr(GFlowRun) resumed = NULL;
  g_autoptr(GVariant) saved = NULL;

  g_flow_node_set_placement (node, G_FLOW_PLACEMENT_CONTEXT);
  the_value = given;
  n_given = 0;
  execute (run, FALSE);
  saved = save (run);
  resumed = restore (flow, saved);
  execute (resumed, FALSE);
  g_value_init (restored, G_VALUE_TYPE (given));
  g_value_copy (g_flow_run_get_result (resumed, node), restored);
  g_value_unset (given);
  return n_given == 1;
}

#define ASSERT_KEPT(type, set, get, assert_same, value)         \
  G_STMT_START                                                  \
  {                                                             \
    g_auto(GValue) _given = G_VALUE_INIT;                       \
    g_auto(GValue) _restored = G_VALUE_INIT;                    \
                                                                \
    g_value_init (&_given, type);                               \
    set (&_given, value);                                       \
    g_assert_true (is_kept (&_given, &_restored));              \
    g_assert_true (G_VALUE_TYPE (&_restored) == (type));        \
    assert_same (get (&_restored), value);                      \
  }                                                             \
  G_STMT_END

#define SAME(a, b) g_assert_true ((a) == (b))
#define SAME_STRING(a, b) g_assert_cmpstr (a, ==, b)

static void
test_numbers (void)
{
  ASSERT_KEPT (G_TYPE_BOOLEAN, g_value_set_boolean, g_value_get_boolean, SAME, TRUE);
  ASSERT_KEPT (G_TYPE_CHAR, g_value_set_schar, g_value_get_schar, SAME, -128);
  ASSERT_KEPT (G_TYPE_UCHAR, g_value_set_uchar, g_value_get_uchar, SAME, 255);
  ASSERT_KEPT (G_TYPE_INT, g_value_set_int, g_value_get_int, SAME, G_MININT);
  ASSERT_KEPT (G_TYPE_UINT, g_value_set_uint, g_value_get_uint, SAME, G_MAXUINT);
  ASSERT_KEPT (G_TYPE_LONG, g_value_set_long, g_value_get_long, SAME, G_MINLONG);
  ASSERT_KEPT (G_TYPE_ULONG, g_value_set_ulong, g_value_get_ulong, SAME, G_MAXULONG);
  ASSERT_KEPT (G_TYPE_INT64, g_value_set_int64, g_value_get_int64, SAME, G_MININT64);
  ASSERT_KEPT (G_TYPE_UINT64, g_value_set_uint64, g_value_get_uint64, SAME, G_MAXUINT64);
  ASSERT_KEPT (G_TYPE_FLOAT, g_value_set_float, g_value_get_float, SAME, 1.5f);
  ASSERT_KEPT (G_TYPE_DOUBLE, g_value_set_double, g_value_get_double, SAME, 0.1);
  ASSERT_KEPT (G_TYPE_FLOW_RUN_WHEN, g_value_set_enum, g_value_get_enum, SAME,
               G_FLOW_RUN_WHEN_ANY_FAILED);
  ASSERT_KEPT (G_TYPE_APPLICATION_FLAGS, g_value_set_flags, g_value_get_flags, SAME,
               (guint) (G_APPLICATION_NON_UNIQUE | G_APPLICATION_REPLACE));
}

static void
test_strings (void)
{
  ASSERT_KEPT (G_TYPE_STRING, g_value_set_string, g_value_get_string, SAME_STRING, "some ☃");
  ASSERT_KEPT (G_TYPE_STRING, g_value_set_string, g_value_get_string, SAME_STRING, "");
  ASSERT_KEPT (G_TYPE_STRING, g_value_set_string, g_value_get_string, SAME_STRING, NULL);
  ASSERT_KEPT (G_TYPE_STRING, g_value_set_string, g_value_get_string, SAME_STRING, "no UTF-8: \xff");
}

static void
assert_same_strv (gconstpointer a,
                  gconstpointer b)
{
  if (a == NULL || b == NULL)
    g_assert_true (a == b);
  else
    g_assert_cmpstrv (a, b);
}

static void
assert_same_bytes (gconstpointer a,
                   gconstpointer b)
{
  if (a == NULL || b == NULL)
    g_assert_true (a == b);
  else
    g_assert_true (g_bytes_equal (a, b));
}

static void
test_boxed (void)
{
  const char *none[] = { NULL }, *some[] = { "a", "", "☃", NULL }, *odd[] = { "a", "\xff", NULL };
  g_autoptr(GBytes) bytes = g_bytes_new_static ("a\0b", 3);
  g_autoptr(GBytes) no_bytes = g_bytes_new_static (NULL, 0);

  ASSERT_KEPT (G_TYPE_STRV, g_value_set_boxed, g_value_get_boxed, assert_same_strv, none);
  ASSERT_KEPT (G_TYPE_STRV, g_value_set_boxed, g_value_get_boxed, assert_same_strv, some);
  ASSERT_KEPT (G_TYPE_STRV, g_value_set_boxed, g_value_get_boxed, assert_same_strv, odd);
  ASSERT_KEPT (G_TYPE_STRV, g_value_set_boxed, g_value_get_boxed, assert_same_strv, NULL);
  ASSERT_KEPT (G_TYPE_BYTES, g_value_set_boxed, g_value_get_boxed, assert_same_bytes, bytes);
  ASSERT_KEPT (G_TYPE_BYTES, g_value_set_boxed, g_value_get_boxed, assert_same_bytes, no_bytes);
  ASSERT_KEPT (G_TYPE_BYTES, g_value_set_boxed, g_value_get_boxed, assert_same_bytes, NULL);
}

static void
assert_same_variant (GVariant *a,
                     GVariant *b)
{
  if (a == NULL || b == NULL)
    g_assert_true (a == b);
  else
    g_assert_cmpvariant (a, b);
}

static GVariant *
nest (guint depth)
{
  GVariant *variant = g_variant_new_int32 (1);

  for (guint i = 0; i < depth; i++)
    variant = g_variant_new_variant (variant);
  return g_variant_ref_sink (variant);
}

static void
test_variants (void)
{
  const char *texts[] = { "5", "'text'", "()", "[<1>, <'two'>, <{'three': <3.0>}>]", "@mv nothing",
                          "@as []", "(1, byte 0x02, [('x', uint64 7)])", "<<<1>>>" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr(GVariant) value = g_variant_parse (NULL, texts[i], NULL, NULL, NULL);

      ASSERT_KEPT (G_TYPE_VARIANT, g_value_set_variant, g_value_get_variant, assert_same_variant,
                   value);
    }
  ASSERT_KEPT (G_TYPE_VARIANT, g_value_set_variant, g_value_get_variant, assert_same_variant, NULL);

  {
    g_autoptr(GVariant) deep = nest (50);

    ASSERT_KEPT (G_TYPE_VARIANT, g_value_set_variant, g_value_get_variant, assert_same_variant,
                 deep);
  }
}

static GFlowValues *
new_values (guint         n_values,
            const GValue *values)
{
  GFlowValues *list = _g_flow_values_new (n_values);

  for (guint i = 0; i < n_values; i++)
    if (G_IS_VALUE (&values[i]))
      {
        g_value_init (_g_flow_values_peek (list, i), G_VALUE_TYPE (&values[i]));
        g_value_copy (&values[i], _g_flow_values_peek (list, i));
      }
  return list;
}

static void
assert_same_values (GFlowValues *a,
                    GFlowValues *b)
{
  if (a == NULL || b == NULL)
    {
      g_assert_true (a == b);
      return;
    }

  g_assert_cmpuint (g_flow_values_get_n_values (a), ==, g_flow_values_get_n_values (b));
  for (guint i = 0; i < g_flow_values_get_n_values (a); i++)
    {
      const GValue *left = g_flow_values_get_value (a, i), *right = g_flow_values_get_value (b, i);

      g_assert_true ((left == NULL) == (right == NULL));
      if (left == NULL)
        continue;

      g_assert_true (G_VALUE_TYPE (left) == G_VALUE_TYPE (right));
      if (G_VALUE_HOLDS (left, G_TYPE_FLOW_VALUES))
        {
          assert_same_values (g_value_get_object (left), g_value_get_object (right));
        }
      else
        {
          g_autofree char *one = g_strdup_value_contents (left);
          g_autofree char *other = g_strdup_value_contents (right);

          g_assert_cmpstr (one, ==, other);
        }
    }
}

/* The results of a map: of any of these types, and some may be missing. */
static void
test_values (void)
{
  GValue items[6] = { G_VALUE_INIT, G_VALUE_INIT, G_VALUE_INIT, G_VALUE_INIT, G_VALUE_INIT,
                      G_VALUE_INIT };
  g_autoptr(GFlowValues) none = _g_flow_values_new (0);
  g_autoptr(GFlowValues) some = NULL, lost = NULL;

  g_value_init (&items[0], G_TYPE_INT64);
  g_value_set_int64 (&items[0], -5);
  g_value_init (&items[2], G_TYPE_STRING);
  g_value_set_static_string (&items[2], "some ☃");
  g_value_init (&items[3], G_TYPE_VARIANT);
  g_value_set_variant (&items[3], g_variant_new_parsed ("{'a': <1>}"));
  g_value_init (&items[4], G_TYPE_VARIANT);
  g_value_init (&items[5], G_TYPE_FLOW_VALUES);
  g_value_take_object (&items[5], new_values (3, items));
  some = new_values (G_N_ELEMENTS (items), items);
  ASSERT_KEPT (G_TYPE_FLOW_VALUES, g_value_set_object, g_value_get_object, assert_same_values, none);
  ASSERT_KEPT (G_TYPE_FLOW_VALUES, g_value_set_object, g_value_get_object, assert_same_values, some);

  /* One that cannot be kept is enough for all to be lost. */
  {
    g_auto(GValue) given = G_VALUE_INIT, restored = G_VALUE_INIT;

    g_value_unset (&items[2]);
    g_value_init (&items[2], G_TYPE_OBJECT);
    g_value_take_object (&items[2], g_object_new (G_TYPE_OBJECT, NULL));
    lost = new_values (G_N_ELEMENTS (items), items);
    g_value_init (&given, G_TYPE_FLOW_VALUES);
    g_value_set_object (&given, lost);
    g_assert_false (is_kept (&given, &restored));
  }
  for (guint i = 0; i < G_N_ELEMENTS (items); i++)
    if (G_IS_VALUE (&items[i]))
      g_value_unset (&items[i]);
}

/* These cannot be kept, and so the node gives them again. */
static void
test_lost (void)
{
  g_autoptr(GVariant) deep = nest (300);
  g_autoptr(GObject) object = g_object_new (G_TYPE_OBJECT, NULL);
  g_autoptr(GDateTime) now = g_date_time_new_now_utc ();
  GValue values[4] = { G_VALUE_INIT, G_VALUE_INIT, G_VALUE_INIT, G_VALUE_INIT };

  g_value_init (&values[0], G_TYPE_OBJECT);
  g_value_set_object (&values[0], object);
  g_value_init (&values[1], G_TYPE_VARIANT);
  g_value_set_variant (&values[1], deep);
  g_value_init (&values[2], G_TYPE_DATE_TIME);
  g_value_set_boxed (&values[2], now);
  g_value_init (&values[3], G_TYPE_POINTER);
  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    {
      g_auto(GValue) restored = G_VALUE_INIT;

      g_assert_false (is_kept (&values[i], &restored));
    }
}

/* A type that this program does not have, or has as something else: as if it was lost. */
static void
test_unknown_type (void)
{
  const char *texts[] = {
    "{'type': <'NoSuchType'>, 'result': <5>}", "{'type': <'gchararray'>, 'result': <5>}",
    "{'type': <'GObject'>, 'result': <5>}", "{'type': <'GEnum'>, 'result': <5>}",
    "{'type': <'gint'>, 'result': <5.0>}", "{'type': <''>, 'result': <5>}",
    "{'type': <'GFlowValues'>, 'result': <5>}",
    "{'type': <'GFlowValues'>, 'result': <[('gint', @mv <'text'>)]>}",
    "{'type': <'GBytes'>, 'result': <'text'>}", "{'type': <'GStrv'>, 'result': <5>}",
    "{'type': <'GVariant'>, 'result': <5>}", "{'type': <'void'>, 'result': <5>}",
    "{'lost': <true>}",
  };
  g_auto(GValue) value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_INT);
  the_value = &value;
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr(GFlow) flow = g_flow_new ();
      g_autofree char *text =
        g_strdup_printf ("('libgflow run', uint32 1, [('a', @au [])], @a{sv} {}, [(uint32 0, %s)])",
                         texts[i]);
      g_autoptr(GVariant) saved = g_variant_parse (NULL, text, NULL, NULL, NULL);
      g_autoptr(GFlowRun) run = NULL;

      g_assert_nonnull (saved);
      g_flow_add (flow, "a", body_give, NULL, NULL, NULL);
      n_given = 0;
      run = restore (flow, saved);
      execute (run, FALSE);
      g_assert_cmpuint (n_given, ==, 1);
    }
}

/* A restored result is dropped when it was read, as any is. */
static void
test_dropped (void)
{
  g_autoptr(GFlow) flow = g_flow_new ();
  GFlowNode *a = g_flow_add (flow, "a", body_give, NULL, NULL, NULL);
  g_autoptr(GFlowRun) run = g_flow_run_new (flow);
  g_autoptr(GFlowRun) resumed = NULL;
  g_autoptr(GFlowRun) keeping = NULL;
  g_autoptr(GVariant) saved = NULL;
  g_auto(GValue) value = G_VALUE_INIT;
  GFlowNode *b;
  TestBench bench;
  TestJob *job;

  test_bench_init (&bench);
  b = test_add_sync (&bench, flow, "b", &job);
  g_flow_node_add_upstream (b, a);
  test_job_fail (job, "It broke");
  g_value_init (&value, G_TYPE_INT);
  the_value = &value;
  g_flow_run_set_keep_results (run, TRUE);
  g_assert_false (test_run_execute (run, NULL, NULL));
  saved = save (run);
  g_clear_error (&job->error);

  resumed = restore (flow, saved);
  execute (resumed, FALSE);
  g_assert_null (g_flow_run_get_result (resumed, a));
  keeping = restore (flow, saved);
  g_flow_run_set_keep_results (keeping, TRUE);
  execute (keeping, FALSE);
  g_assert_nonnull (g_flow_run_get_result (keeping, a));
  g_assert_cmpint (job->runs, ==, 3);

  g_clear_object (&run);
  g_clear_object (&resumed);
  g_clear_object (&keeping);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

/* A run that goes on can be cancelled, and dropped, as any can. */
static void
test_cancelled (void)
{
  Small small;
  g_autoptr(GVariant) saved = NULL;
  g_autoptr(GFlowRun) run = NULL;
  g_autoptr(GError) error = NULL;
  gpointer watch;

  small_init (&small, "a b:a c:b");
  saved = small_save (&small, "b");
  run = restore (small.flow, saved);
  g_flow_run_cancel (run);
  g_assert_false (test_run_execute (run, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_node (run, g_flow_lookup (small.flow, "a"), DONE);
  test_assert_node (run, g_flow_lookup (small.flow, "b"), CANCELLED);
  test_assert_log (&small.log, "");
  g_clear_object (&run);

  run = watch = restore (small.flow, saved);
  g_object_add_weak_pointer (watch, &watch);
  g_flow_run_execute (run, NULL, NULL, NULL);
  g_clear_object (&run);
  TEST_WAIT (watch == NULL);
  /* Never started. */
  run = restore (small.flow, saved);
  g_clear_object (&run);
  small_clear (&small);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/save/random", test_random);
  g_test_add_func ("/save/halfway", test_halfway);
  g_test_add_func ("/save/new-run", test_new_run);
  g_test_add_func ("/save/after-failure", test_after_failure);
  g_test_add_data_func ("/save/nothing-left/context", GINT_TO_POINTER (FALSE), test_nothing_left);
  g_test_add_data_func ("/save/nothing-left/worker", GINT_TO_POINTER (TRUE), test_nothing_left);
  g_test_add_func ("/save/empty", test_empty);
  g_test_add_func ("/save/handler", test_handler);
  g_test_add_data_func ("/save/choice/worker", GINT_TO_POINTER (G_FLOW_PLACEMENT_WORKER),
                        test_choice);
  g_test_add_data_func ("/save/choice/context", GINT_TO_POINTER (G_FLOW_PLACEMENT_CONTEXT),
                        test_choice);
  g_test_add_func ("/save/cleanup", test_cleanup);
  g_test_add_func ("/save/ignored-failure", test_ignored_failure);
  g_test_add_func ("/save/signals", test_signals);
  g_test_add_func ("/save/watched", test_watched);
  g_test_add_func ("/save/locks", test_locks);
  g_test_add_func ("/save/changed", test_changed);
  g_test_add_func ("/save/changed-later", test_changed_later);
  g_test_add_func ("/save/refused-flow", test_refused_flow);
  g_test_add_func ("/save/bad-variants", test_bad_variants);
  g_test_add_func ("/save/changed-bytes", test_changed_bytes);
  g_test_add_func ("/save/parameters", test_parameters);
  g_test_add_func ("/save/numbers", test_numbers);
  g_test_add_func ("/save/strings", test_strings);
  g_test_add_func ("/save/boxed", test_boxed);
  g_test_add_func ("/save/variants", test_variants);
  g_test_add_func ("/save/values", test_values);
  g_test_add_func ("/save/lost", test_lost);
  g_test_add_func ("/save/unknown-type", test_unknown_type);
  g_test_add_func ("/save/dropped", test_dropped);
  g_test_add_func ("/save/cancelled", test_cancelled);

  return g_test_run ();
}
