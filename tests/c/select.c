/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Branches: a node selects which of its downstreams go on. */

#include "test-bench.h"

/* How the body is called. */
typedef enum
{
  ON_WORKER,
  IN_CONTEXT,
  AS_TASK,
} Kind;

typedef struct
{
  const char *selects; /* names, separated by spaces; "" for none; NULL for no choice */
  GError     *error;   /* (nullable): what it fails with after that */
} Chooser;

static void
choose (Chooser   *chooser,
        GFlowNode *node,
        GFlowRun  *run)
{
  g_auto (GStrv) names = chooser->selects != NULL ? g_strsplit (chooser->selects, " ", -1) : NULL;

  if (chooser->selects == NULL)
    return;
  if (*chooser->selects == '\0')
    {
      g_flow_run_select (run, node, NULL);
      return;
    }
  for (guint i = 0; names[i] != NULL; i++)
    g_flow_run_select (run, node, g_flow_lookup (g_flow_run_get_flow (run), names[i]));
}

static gboolean
body_choose (GFlowNode  *node,
             GFlowRun   *run,
             gpointer    user_data,
             GError    **error)
{
  Chooser *chooser = user_data;

  choose (chooser, node, run);
  if (chooser->error == NULL)
    return TRUE;
  g_propagate_error (error, g_error_copy (chooser->error));
  return FALSE;
}

/* In a thread of its own, before the task returns. */
static gpointer
choose_thread (gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GFlowRun *run = g_object_get_data (G_OBJECT (task), "run");

  choose (g_object_get_data (G_OBJECT (task), "chooser"), g_task_get_source_object (task), run);
  g_task_return_boolean (task, TRUE);
  return NULL;
}

static void
body_choose_in_thread (GFlowNode  *node,
                       GFlowRun   *run,
                       GTask      *task,
                       gpointer    user_data,
                       GError    **error)
{
  g_object_set_data (G_OBJECT (task), "run", run);
  g_object_set_data (G_OBJECT (task), "chooser", user_data);
  g_thread_unref (g_thread_new ("chooser", choose_thread, g_object_ref (task)));
}

static GFlowNode *
add_chooser (GFlow   *flow,
             Chooser *chooser,
             Kind     kind)
{
  GFlowNode *node = kind == AS_TASK
                      ? g_flow_add_task (flow, "choose", body_choose_in_thread, chooser, NULL, NULL)
                      : g_flow_add (flow, "choose", body_choose, chooser, NULL, NULL);

  if (kind == IN_CONTEXT)
    g_flow_node_set_placement (node, G_FLOW_PLACEMENT_CONTEXT);
  return node;
}

static GFlowNode *
add_behind (GFlow     *flow,
            const char *name,
            GFlowNode *first,
            GFlowNode *second)
{
  GFlowNode *node = g_flow_add (flow, name, test_body_nothing, NULL, NULL, NULL);

  if (first != NULL)
    g_flow_node_add_upstream (node, first);
  if (second != NULL)
    g_flow_node_add_upstream (node, second);
  return node;
}

/* "name:state" of all nodes but the first. */
static char *
describe (GFlow    *flow,
          GFlowRun *run)
{
  GString *text = g_string_new (NULL);

  for (guint i = 1; i < g_list_model_get_n_items (G_LIST_MODEL (flow)); i++)
    {
      g_autoptr (GFlowNode) node = g_list_model_get_item (G_LIST_MODEL (flow), i);

      g_string_append_printf (text, "%s%s:%s", i > 1 ? " " : "", g_flow_node_get_name (node),
                              test_node_state_name (g_flow_run_get_node_state (run, node)));
    }
  return g_string_free (text, FALSE);
}

/* choose → a → a2 ┐
 *        → b → b2 ┴ join,   c behind both branches by itself */
static void
test_branches (gconstpointer data)
{
  const Kind kind = GPOINTER_TO_INT (data);
  const struct
  {
    const char *selects;
    const char *expected;
  } cases[] = {
    { NULL, "a:done b:done a2:done b2:done join:done only-b:done clean-up:done handler:skipped" },
    { "a", "a:done b:skipped a2:done b2:skipped join:done only-b:skipped clean-up:done handler:skipped" },
    { "b", "a:skipped b:done a2:skipped b2:done join:done only-b:done clean-up:done handler:skipped" },
    { "a b", "a:done b:done a2:done b2:done join:done only-b:done clean-up:done handler:skipped" },
    { "", "a:skipped b:skipped a2:skipped b2:skipped join:skipped only-b:skipped clean-up:done "
          "handler:skipped" },
  };

  g_test_summary ("What is not selected is skipped, with what only it leads to; a join of all "
                  "branches runs if one did; clean-up runs, and the run is done");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GFlow) flow = g_flow_new ();
      g_autoptr (GFlowRun) run = NULL;
      g_autofree char *text = NULL;
      Chooser chooser = { .selects = cases[i].selects };
      GFlowNode *first = add_chooser (flow, &chooser, kind);
      GFlowNode *a = add_behind (flow, "a", first, NULL);
      GFlowNode *b = add_behind (flow, "b", first, NULL);
      GFlowNode *a2 = add_behind (flow, "a2", a, NULL);
      GFlowNode *b2 = add_behind (flow, "b2", b, NULL);
      GFlowNode *handler;

      if (kind == IN_CONTEXT)
        g_flow_node_set_placement (a, G_FLOW_PLACEMENT_CONTEXT);
      add_behind (flow, "join", a2, b2);
      add_behind (flow, "only-b", b2, NULL);
      g_flow_node_set_run_when (add_behind (flow, "clean-up", first, b2),
                                G_FLOW_RUN_WHEN_ALL_FINISHED);
      handler = add_behind (flow, "handler", first, b2);
      g_flow_node_set_run_when (handler, G_FLOW_RUN_WHEN_ANY_FAILED);

      run = test_execute_well (flow);
      text = describe (flow, run);
      g_assert_cmpstr (text, ==, cases[i].expected);
    }
}

static void
test_reasons (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autofree char *direct = NULL, *indirect = NULL, *none = NULL;
  Chooser chooser = { .selects = "a" };
  GFlowNode *first = add_chooser (flow, &chooser, ON_WORKER);
  GFlowNode *other = add_behind (flow, "other", NULL, NULL);
  GFlowNode *a = add_behind (flow, "a", first, NULL);
  GFlowNode *b = add_behind (flow, "b", other, first);
  GFlowNode *b2 = add_behind (flow, "b2", b, NULL);

  g_test_summary ("People are told who chose another branch, and the error of the node is that it "
                  "was skipped");
  g_flow_node_set_title (first, "The size of the picture");
  run = test_execute_well (flow);
  direct = g_flow_run_dup_node_reason (run, b);
  g_assert_cmpstr (direct, ==, "“The size of the picture” chose another branch");
  indirect = g_flow_run_dup_node_reason (run, b2);
  g_assert_cmpstr (indirect, ==, "“b” was skipped");
  none = g_flow_run_dup_node_reason (run, a);
  g_assert_null (none);
  g_assert_error (g_flow_run_get_node_error (run, b), G_FLOW_ERROR, G_FLOW_ERROR_SKIPPED);
  g_assert_null (g_flow_run_get_node_error (run, a));
}

static void
test_locked_branches (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GFlowLock) lock = g_flow_lock_new ();
  g_autofree char *text = NULL;
  Chooser chooser = { .selects = "b" };
  GFlowNode *first = add_chooser (flow, &chooser, ON_WORKER);
  GFlowNode *a = add_behind (flow, "a", first, NULL);
  GFlowNode *b = add_behind (flow, "b", first, NULL);

  g_test_summary ("A branch that is not taken does not take locks either");
  g_flow_node_add_lock (a, lock);
  g_flow_node_set_priority (b, -1);
  g_assert_true (g_flow_lock_try_acquire (lock));
  run = test_execute_well (flow);
  text = describe (flow, run);
  g_assert_cmpstr (text, ==, "a:skipped b:done");
  g_flow_lock_release (lock);
}

static void
test_failing_chooser (void)
{
  const struct
  {
    GFlowOnError on_error;
    const char  *expected;
    const char  *reason;
  } cases[] = {
    { G_FLOW_ON_ERROR_SKIP_DEPENDANTS, "a:skipped b:skipped handler:done", "“choose” failed" },
    { G_FLOW_ON_ERROR_IGNORE, "a:done b:skipped handler:done",
      "“choose” chose another branch" },
  };

  g_test_summary ("A node that fails after its choice has failed; where failures are ignored the "
                  "choice stands");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GFlow) flow = g_flow_new ();
      g_autoptr (GFlowRun) run = NULL;
      g_autoptr (GError) error = NULL;
      g_autofree char *text = NULL, *reason = NULL;
      Chooser chooser = {
        .selects = "a", .error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "No"),
      };
      GFlowNode *first = add_chooser (flow, &chooser, ON_WORKER);
      GFlowNode *b;

      add_behind (flow, "a", first, NULL);
      b = add_behind (flow, "b", first, NULL);
      g_flow_node_set_run_when (add_behind (flow, "handler", first, NULL),
                                G_FLOW_RUN_WHEN_ANY_FAILED);
      run = g_flow_run_new (flow);
      g_flow_run_set_on_error (run, cases[i].on_error);
      g_assert_false (test_run_execute (run, NULL, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
      text = describe (flow, run);
      g_assert_cmpstr (text, ==, cases[i].expected);
      reason = g_flow_run_dup_node_reason (run, b);
      g_assert_cmpstr (reason, ==, cases[i].reason);
      g_error_free (chooser.error);
    }
}

static gboolean
body_choose_again (GFlowNode  *node,
                   GFlowRun   *run,
                   gpointer    user_data,
                   GError    **error)
{
  const char * const names[] = { "a", "b" };
  int *n = user_data;

  g_flow_run_select (run, node, g_flow_lookup (g_flow_run_get_flow (run), names[(*n)++]));
  if (*n == 2)
    return TRUE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BUSY, "Not yet");
  return FALSE;
}

static void
test_retried_chooser (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autofree char *text = NULL;
  int n = 0;
  GFlowNode *first = g_flow_add (flow, "choose", body_choose_again, &n, NULL, NULL);

  g_test_summary ("What an attempt that failed has chosen is forgotten");
  g_flow_node_set_max_retries (first, 1);
  add_behind (flow, "a", first, NULL);
  add_behind (flow, "b", first, NULL);
  run = test_execute_well (flow);
  text = describe (flow, run);
  g_assert_cmpstr (text, ==, "a:skipped b:done");
}

static void
test_revived_chooser (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autofree char *text = NULL;
  TestGate gate;
  TestBench bench;
  TestResult result;
  TestJob *keeper;
  GFlowNode *first, *b;
  int n = 0;

  g_test_summary ("What a node has chosen that failed is forgotten when it is run again");
  test_bench_init (&bench);
  test_gate_init (&gate);
  test_result_init (&result);
  test_add_sync (&bench, flow, "keeper", &keeper);
  keeper->gate = &gate;
  g_flow_set_max_threads (flow, 2);
  first = g_flow_add (flow, "choose", body_choose_again, &n, NULL, NULL);
  add_behind (flow, "a", first, NULL);
  b = add_behind (flow, "b", first, NULL);
  run = g_flow_run_new (flow);
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  TEST_WAIT (g_flow_run_get_node_state (run, b) == G_FLOW_NODE_STATE_SKIPPED);
  g_assert_true (g_flow_run_retry_node (run, first, NULL));
  TEST_WAIT (g_flow_run_get_node_state (run, first) == G_FLOW_NODE_STATE_DONE);
  test_gate_open (&gate);
  TEST_WAIT (result.calls > 0);
  text = describe (flow, run);
  g_assert_cmpstr (text, ==, "choose:done a:skipped b:done");
  test_result_clear (&result);
  g_clear_object (&run);
  g_clear_object (&flow);
  test_gate_clear (&gate);
  test_bench_clear (&bench);
}

/* Many branches, many nodes that choose, many runs. */

static gboolean
body_choose_one (GFlowNode  *node,
                 GFlowRun   *run,
                 gpointer    user_data,
                 GError    **error)
{
  g_flow_run_select (run, node, *(GFlowNode **) user_data);

  return TRUE;
}

static void
test_at_random (void)
{
  enum { CHOOSERS = 40, BRANCHES = 7 };
  g_autoptr (GFlow) flow = g_flow_new ();
  GFlowNode *branches[CHOOSERS][BRANCHES], *chosen[CHOOSERS], *joins[CHOOSERS], *last = NULL;

  g_test_summary ("Of each of many choosers, one after the other, one branch at random runs");
  for (guint i = 0; i < CHOOSERS; i++)
    {
      GFlowNode *chooser = g_flow_add (flow, NULL, body_choose_one, &chosen[i], NULL, NULL);

      if (last != NULL)
        g_flow_node_add_upstream (chooser, last);
      joins[i] = g_flow_add (flow, NULL, NULL, NULL, NULL, NULL);
      for (guint k = 0; k < BRANCHES; k++)
        {
          branches[i][k] = add_behind (flow, NULL, chooser, NULL);
          g_flow_node_add_upstream (joins[i], branches[i][k]);
        }
      if (i % 3 != 2)
        last = joins[i];
    }
  for (guint n = 0; n < 50; n++)
    {
      g_autoptr (GFlowRun) run = NULL;

      for (guint i = 0; i < CHOOSERS; i++)
        chosen[i] = branches[i][g_test_rand_int_range (0, BRANCHES)];
      run = test_execute_well (flow);
      for (guint i = 0; i < CHOOSERS; i++)
        {
          test_assert_node (run, joins[i], DONE);
          for (guint k = 0; k < BRANCHES; k++)
            if (branches[i][k] == chosen[i])
              test_assert_node (run, branches[i][k], DONE);
            else
              test_assert_node (run, branches[i][k], SKIPPED);
        }
    }
}

/* Mistakes */

static gboolean
body_select_stranger (GFlowNode  *node,
                      GFlowRun   *run,
                      gpointer    user_data,
                      GError    **error)
{
  g_flow_run_select (run, node, user_data);

  return TRUE;
}

static void
test_no_downstream (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  GFlowNode *stranger = g_flow_add (flow, "stranger", NULL, NULL, NULL, NULL);
  GFlowNode *first = g_flow_add (flow, "first", body_select_stranger, stranger, NULL, NULL);
  GFlowNode *behind = add_behind (flow, "behind", first, NULL);

  g_test_summary ("To select what is no downstream, or when the body does not run, is a critical "
                  "message and no choice");
  g_flow_node_set_placement (first, G_FLOW_PLACEMENT_CONTEXT);
  g_test_expect_message ("GFlow", G_LOG_LEVEL_CRITICAL, "*is_downstream*");
  run = test_execute_well (flow);
  g_test_assert_expected_messages ();
  test_assert_node (run, behind, DONE);

  g_test_expect_message ("GFlow", G_LOG_LEVEL_CRITICAL, "*RUNNING*");
  g_flow_run_select (run, first, behind);
  g_test_assert_expected_messages ();
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/select/branches/worker", GINT_TO_POINTER (ON_WORKER), test_branches);
  g_test_add_data_func ("/select/branches/context", GINT_TO_POINTER (IN_CONTEXT), test_branches);
  g_test_add_data_func ("/select/branches/task", GINT_TO_POINTER (AS_TASK), test_branches);
  g_test_add_func ("/select/reasons", test_reasons);
  g_test_add_func ("/select/locks", test_locked_branches);
  g_test_add_func ("/select/failing", test_failing_chooser);
  g_test_add_func ("/select/retried", test_retried_chooser);
  g_test_add_func ("/select/revived", test_revived_chooser);
  g_test_add_func ("/select/random", test_at_random);
  g_test_add_func ("/select/no-downstream", test_no_downstream);

  return g_test_run ();
}
