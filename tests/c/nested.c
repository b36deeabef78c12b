/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Loops in loops: bodies and handlers that iterate the context they are called in. */

#include "test-util.h"

#include <string.h>

/* Longer than a run takes of the context at once. */
#define LONG_US 5000

static void
iterate_for (gint64 duration)
{
  gint64 until = g_get_monotonic_time () + duration;

  while (g_get_monotonic_time () < until)
    g_main_context_iteration (test_context (), FALSE);
}

/* Bodies */

static gboolean
body_iterate (GFlowNode  *node,
              GFlowRun   *run,
              gpointer    user_data,
              GError    **error)
{
  iterate_for (LONG_US);

  return TRUE;
}

static void
test_body_iterates (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  GFlowNode *last = NULL;

  g_test_summary ("A body in the context iterates it until nothing is left: what waits for the "
                  "body runs all the same");
  for (guint i = 0; i < 6; i++)
    {
      GFlowNode *node = g_flow_add (flow, NULL, i % 2 == 0 ? body_iterate : test_body_nothing,
                                    NULL, NULL, NULL);

      g_flow_node_set_placement (node, G_FLOW_PLACEMENT_CONTEXT);
      if (last != NULL)
        g_flow_node_add_upstream (node, last);
      last = node;
    }

  run = test_execute_well (flow);
  test_assert_node (run, last, DONE);
}

/* Returns on its task, and then iterates until the run has ended. */

typedef struct
{
  TestResult result;
  gboolean   ended_inside;
} EndsInside;

static void
body_stay (GFlowNode  *node,
           GFlowRun   *run,
           GTask      *task,
           gpointer    user_data,
           GError    **error)
{
  EndsInside *inside = user_data;

  g_task_return_boolean (task, TRUE);
  TEST_WAIT (inside->result.calls > 0);
  iterate_for (LONG_US);
  inside->ended_inside = TRUE;
}

static void
body_return_later (GFlowNode  *node,
                   GFlowRun   *run,
                   GTask      *task,
                   gpointer    user_data,
                   GError    **error)
{
  g_autoptr (GSource) source = g_timeout_source_new (2);

  g_source_set_callback (source, test_return_cb, g_object_ref (task), g_object_unref);
  g_source_attach (source, test_context ());
}

static void
test_run_ends_inside_body (gconstpointer data)
{
  gboolean is_behind_another = GPOINTER_TO_INT (data);
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  EndsInside inside = { .ended_inside = FALSE };
  GFlowNode *stay;

  g_test_summary ("A run ends while a body, which has returned on its task, is still there");
  test_result_init (&inside.result);
  stay = g_flow_add_task (flow, "stay", body_stay, &inside, NULL, &error);
  g_assert_no_error (error);
  if (is_behind_another)
    g_flow_node_add_upstream (stay, g_flow_add_task (flow, "later", body_return_later, NULL, NULL,
                                                     NULL));

  g_flow_execute (flow, NULL, test_result_cb, &inside.result);
  TEST_WAIT (inside.ended_inside);
  run = g_flow_execute_finish (flow, inside.result.result, &error);
  g_assert_no_error (error);
  test_assert_run (run, DONE);
  test_assert_node (run, stay, DONE);
  g_clear_object (&run);
  test_result_clear (&inside.result);
  g_assert_finalize_object (g_steal_pointer (&flow));
}

/* A body iterates the context until other nodes have ended that are ready as it is, or become so
 * meanwhile: the loop that has called it is not to keep them for itself. */

typedef struct
{
  GFlowNode *awaited; /* (unowned) */
  GFlowLock *lock;    /* (unowned) (nullable): to be released before that */
} Awaits;

static gboolean
body_await (GFlowNode  *node,
            GFlowRun   *run,
            gpointer    user_data,
            GError    **error)
{
  Awaits *awaits = user_data;

  /* Meanwhile all is done that can be. */
  iterate_for (LONG_US);
  if (awaits->lock != NULL)
    g_flow_lock_release (awaits->lock);
  TEST_WAIT (g_flow_run_get_node_state (run, awaits->awaited) == G_FLOW_NODE_STATE_DONE);

  return TRUE;
}

static GFlowNode *
add_in_context (GFlow     *flow,
                GFlowFunc  body,
                gpointer   user_data)
{
  GFlowNode *node = g_flow_add (flow, NULL, body, user_data, NULL, NULL);

  g_flow_node_set_placement (node, G_FLOW_PLACEMENT_CONTEXT);
  return node;
}

static gboolean
body_iterate_shortly (GFlowNode  *node,
                      GFlowRun   *run,
                      gpointer    user_data,
                      GError    **error)
{
  while (g_main_context_iteration (test_context (), FALSE))
    ;

  return TRUE;
}

/* Both behind an async body, which returns outside of any dispatch; or behind one that iterates. */
static void
test_body_awaits_sibling (gconstpointer behind_async)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  GFlowNode *first;
  GFlowNode *waits;
  Awaits awaits = { NULL };

  g_test_summary ("A body iterates the context until a node has ended that was ready with it");
  if (behind_async != NULL)
    first = g_flow_add_task (flow, "first", body_return_later, NULL, NULL, NULL);
  else
    first = add_in_context (flow, body_iterate_shortly, NULL);
  waits = add_in_context (flow, body_await, &awaits);
  awaits.awaited = add_in_context (flow, test_body_nothing, NULL);
  g_flow_node_add_upstream (waits, first);
  g_flow_node_add_upstream (awaits.awaited, first);

  run = test_execute_well (flow);
  test_assert_node (run, waits, DONE);
}

static void
test_body_releases_lock (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowLock) lock = g_flow_lock_new ();
  g_autoptr (GFlowRun) run = NULL;
  Awaits awaits = { .lock = lock };

  g_test_summary ("A body releases a lock, and iterates until a node of its run has had it");
  g_assert_true (g_flow_lock_try_acquire (lock));
  add_in_context (flow, body_await, &awaits);
  awaits.awaited = add_in_context (flow, test_body_nothing, NULL);
  g_flow_node_add_lock (awaits.awaited, lock);

  run = test_execute_well (flow);
  test_assert_node (run, awaits.awaited, DONE);
  g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 0);
}

/* Bodies that return on the tasks of others, whose downstreams do so too. */

#define N_LINKS 1000

typedef struct
{
  GTask *tasks[N_LINKS]; /* (owned) */
  guint  n_tasks;
  guint  n_returned;
  guint  depth;
  guint  most;
} Links;

static void
links_return_next (Links *links)
{
  if (links->n_returned < N_LINKS)
    {
      guint i = links->n_returned++;
      g_autoptr (GTask) task = g_steal_pointer (&links->tasks[i]);

      g_task_return_boolean (task, TRUE);
    }
}

static void
body_leave_task (GFlowNode  *node,
                 GFlowRun   *run,
                 GTask      *task,
                 gpointer    user_data,
                 GError    **error)
{
  Links *links = user_data;

  links->tasks[links->n_tasks++] = g_object_ref (task);
}

static gboolean
body_return_next (GFlowNode  *node,
                  GFlowRun   *run,
                  gpointer    user_data,
                  GError    **error)
{
  Links *links = user_data;

  links->depth++;
  links->most = MAX (links->most, links->depth);
  links_return_next (links);
  links->depth--;

  return TRUE;
}

static void
test_bodies_return_other_tasks (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autofree Links *links = g_new0 (Links, 1);
  g_autoptr (GError) error = NULL;
  TestResult result;

  g_test_summary ("Bodies that return on tasks, which makes other bodies run, which return on "
                  "tasks: not one in the other");
  test_result_init (&result);
  for (guint i = 0; i < N_LINKS; i++)
    {
      GFlowNode *first = g_flow_add_task (flow, NULL, body_leave_task, links, NULL, NULL);
      GFlowNode *second = g_flow_add (flow, NULL, body_return_next, links, NULL, NULL);

      g_flow_node_set_placement (second, G_FLOW_PLACEMENT_CONTEXT);
      g_flow_node_add_upstream (second, first);
    }

  g_flow_execute (flow, NULL, test_result_cb, &result);
  TEST_WAIT (links->n_tasks == N_LINKS);
  /* In a later turn of the loop than that of the bodies: GTask returns at once then. */
  test_settle (2);
  links_return_next (links);
  TEST_WAIT (result.calls > 0);
  g_object_unref (g_flow_execute_finish (flow, result.result, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (links->n_returned, ==, N_LINKS);
  g_assert_cmpuint (links->most, <=, 2);
  test_result_clear (&result);
}

/* Handlers */

typedef struct
{
  TestLog     log;
  TestResult  result;
  const char *iterates; /* the word at which a handler iterates */
  gboolean    until_end;
  TestGate    gate;
} Watch;

static void
watch_init (Watch      *self,
            const char *iterates)
{
  memset (self, 0, sizeof *self);
  test_log_init (&self->log);
  test_result_init (&self->result);
  test_gate_init (&self->gate);
  self->iterates = iterates;
}

static void
watch_clear (Watch *self)
{
  test_log_clear (&self->log);
  test_result_clear (&self->result);
  test_gate_clear (&self->gate);
}

static void
watch_note (Watch      *self,
            const char *name,
            const char *signal)
{
  g_autofree char *word = g_strconcat (name, ":", signal, NULL);

  test_log_add (&self->log, word);
  if (g_strcmp0 (word, self->iterates) != 0)
    return;
  if (self->until_end)
    TEST_WAIT (test_log_count (&self->log, "run:always") > 0);
  else
    iterate_for (LONG_US);
}

static void
node_started_cb (GFlowNode *node,
                 GFlowRun  *run,
                 Watch     *watch)
{
  watch_note (watch, g_flow_node_get_name (node), "started");
}

static void
node_done_cb (GFlowNode *node,
              GFlowRun  *run,
              Watch     *watch)
{
  watch_note (watch, g_flow_node_get_name (node), "done");
}

static void
node_always_cb (GFlowNode *node,
                GFlowRun  *run,
                Watch     *watch)
{
  watch_note (watch, g_flow_node_get_name (node), "always");
}

static void
run_done_cb (GFlowRun *run,
             Watch    *watch)
{
  watch_note (watch, "run", "done");
}

static void
run_always_cb (GFlowRun *run,
               Watch    *watch)
{
  watch_note (watch, "run", "always");
}

static void
flow_started_cb (GFlow    *flow,
                 GFlowRun *run,
                 Watch    *watch)
{
  watch_note (watch, "flow", "started");
}

static void
flow_always_cb (GFlow    *flow,
                GFlowRun *run,
                Watch    *watch)
{
  watch_note (watch, "flow", "always");
}

static gboolean
body_open_gate (GFlowNode  *node,
                GFlowRun   *run,
                gpointer    user_data,
                GError    **error)
{
  Watch *watch = user_data;

  test_gate_open (&watch->gate);

  return TRUE;
}

static void
test_node_signals_before_those_of_the_run (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  Watch watch;

  g_test_summary ("The handler of the first node waits for the end of the run: the signals of "
                  "the other nodes come before it all the same");
  watch_init (&watch, "n0:done");
  watch.until_end = TRUE;
  g_flow_set_max_threads (flow, 1);
  for (guint i = 0; i < 4; i++)
    {
      g_autofree char *name = g_strdup_printf ("n%u", i);
      GFlowNode *node = g_flow_add (flow, name, i == 3 ? body_open_gate : test_body_nothing,
                                    &watch, NULL, NULL);

      g_signal_connect (node, "done", G_CALLBACK (node_done_cb), &watch);
    }
  run = g_flow_run_new (flow);
  g_signal_connect (run, "always", G_CALLBACK (run_always_cb), &watch);
  g_flow_run_execute (run, NULL, test_result_cb, &watch.result);

  /* The bodies run, and the context does not know yet. */
  TEST_WAIT (g_flow_run_get_state (run) == G_FLOW_RUN_STATE_RUNNING);
  g_main_context_iteration (test_context (), FALSE);
  test_gate_wait (&watch.gate);

  TEST_WAIT (watch.result.calls > 0);
  g_assert_true (g_flow_run_execute_finish (run, watch.result.result, &error));
  g_assert_no_error (error);
  test_assert_log (&watch.log, "n0:done n1:done n2:done n3:done run:always");
  watch_clear (&watch);
}

/* Whoever iterates, and where: everything comes once, and in order. */
static void
test_handler_iterates (gconstpointer data)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  const char * const names[] = { "context", "worker", "behind" };
  GFlowNode *nodes[3];
  Watch watch;

  g_test_summary ("A handler iterates the context: every signal comes once, and in order");
  watch_init (&watch, data);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      nodes[i] = g_flow_add (flow, names[i], test_body_nothing, NULL, NULL, &error);
      g_assert_no_error (error);
      g_signal_connect (nodes[i], "started", G_CALLBACK (node_started_cb), &watch);
      g_signal_connect (nodes[i], "done", G_CALLBACK (node_done_cb), &watch);
      g_signal_connect (nodes[i], "always", G_CALLBACK (node_always_cb), &watch);
    }
  g_flow_node_set_placement (nodes[0], G_FLOW_PLACEMENT_CONTEXT);
  g_flow_node_add_upstream (nodes[2], nodes[0]);
  g_flow_node_add_upstream (nodes[2], nodes[1]);
  g_signal_connect (flow, "started", G_CALLBACK (flow_started_cb), &watch);
  g_signal_connect (flow, "always", G_CALLBACK (flow_always_cb), &watch);
  run = g_flow_run_new (flow);
  g_signal_connect (run, "done", G_CALLBACK (run_done_cb), &watch);
  g_signal_connect (run, "always", G_CALLBACK (run_always_cb), &watch);

  g_flow_run_execute (run, NULL, test_result_cb, &watch.result);
  TEST_WAIT (watch.result.calls > 0);
  g_assert_true (g_flow_run_execute_finish (run, watch.result.result, &error));
  g_assert_no_error (error);
  iterate_for (LONG_US);

  g_assert_cmpuint (test_log_length (&watch.log), ==, 3 * G_N_ELEMENTS (names) + 4);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *started = g_strconcat (names[i], ":started", NULL);
      g_autofree char *done = g_strconcat (names[i], ":done", NULL);
      g_autofree char *always = g_strconcat (names[i], ":always", NULL);

      test_assert_before (&watch.log, "flow:started", started);
      test_assert_before (&watch.log, started, done);
      test_assert_before (&watch.log, done, always);
      test_assert_before (&watch.log, always, "run:done");
    }
  test_assert_before (&watch.log, "run:done", "run:always");
  test_assert_before (&watch.log, "run:always", "flow:always");

  g_clear_object (&run);
  watch_clear (&watch);
  g_assert_finalize_object (g_steal_pointer (&flow));
}

/* A handler that needs another node of the run to get on, in a call that blocks. */

static void
wait_for_gate_cb (GFlowNode *node,
                  GFlowRun  *run,
                  TestGate  *gate)
{
  test_gate_wait (gate);
}

static gboolean
body_gate (GFlowNode  *node,
           GFlowRun   *run,
           gpointer    user_data,
           GError    **error)
{
  test_gate_open (user_data);

  return TRUE;
}

static void
test_handler_blocks_for_a_node (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  GFlowNode *first = g_flow_add (flow, "first", test_body_nothing, NULL, NULL, NULL);
  GFlowNode *second;
  TestGate gate;

  g_test_summary ("The thread that waits for the run is inside of a handler: others do the work");
  test_gate_init (&gate);
  second = g_flow_add (flow, "second", body_gate, &gate, NULL, NULL);
  g_flow_node_add_upstream (second, first);
  g_flow_set_max_threads (flow, 1);
  g_signal_connect (first, "done", G_CALLBACK (wait_for_gate_cb), &gate);

  run = g_flow_execute_sync (flow, NULL, &error);
  g_assert_no_error (error);
  test_assert_node (run, second, DONE);
  test_gate_clear (&gate);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/nested/body/iterates", test_body_iterates);
  g_test_add_data_func ("/nested/body/run-ends-inside", GINT_TO_POINTER (FALSE),
                        test_run_ends_inside_body);
  g_test_add_data_func ("/nested/body/run-ends-inside-second", GINT_TO_POINTER (TRUE),
                        test_run_ends_inside_body);
  g_test_add_data_func ("/nested/body/awaits-sibling", NULL, test_body_awaits_sibling);
  g_test_add_data_func ("/nested/body/awaits-sibling-behind-async", GINT_TO_POINTER (TRUE),
                        test_body_awaits_sibling);
  g_test_add_func ("/nested/body/releases-lock", test_body_releases_lock);
  g_test_add_func ("/nested/body/returns-other-tasks", test_bodies_return_other_tasks);
  g_test_add_func ("/nested/handler/nodes-before-run", test_node_signals_before_those_of_the_run);
  g_test_add_func ("/nested/handler/blocks", test_handler_blocks_for_a_node);
  g_test_add_data_func ("/nested/handler/flow-started", "flow:started", test_handler_iterates);
  g_test_add_data_func ("/nested/handler/context-started", "context:started",
                        test_handler_iterates);
  g_test_add_data_func ("/nested/handler/context-done", "context:done", test_handler_iterates);
  g_test_add_data_func ("/nested/handler/context-always", "context:always",
                        test_handler_iterates);
  g_test_add_data_func ("/nested/handler/worker-started", "worker:started",
                        test_handler_iterates);
  g_test_add_data_func ("/nested/handler/worker-done", "worker:done", test_handler_iterates);
  g_test_add_data_func ("/nested/handler/behind-always", "behind:always", test_handler_iterates);
  g_test_add_data_func ("/nested/handler/run-done", "run:done", test_handler_iterates);
  g_test_add_data_func ("/nested/handler/run-always", "run:always", test_handler_iterates);
  g_test_add_data_func ("/nested/handler/flow-always", "flow:always", test_handler_iterates);

  return g_test_run ();
}
