/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Async bodies: everything that can be done with the task. */

#include "test-util.h"

#include <string.h>

typedef enum
{
  RETURN_TRUE,
  RETURN_FALSE,
  RETURN_INT,
  RETURN_POINTER,
  RETURN_NULL,
  RETURN_VALUE,
  RETURN_ERROR,
  RETURN_NEW_ERROR,
  RETURN_CANCELLED,
  SET_ERROR,
  ABANDON,
  N_WAYS,
} Way;

static const char * const way_names[] = {
  "true", "false", "int", "pointer", "null", "value", "error", "new-error", "cancelled",
  "set-error", "abandon",
};

typedef enum
{
  AT_ONCE,
  FROM_IDLE,
  FROM_THREAD,
  N_TIMES,
} Time;

static const char * const time_names[] = { "at-once", "from-idle", "from-thread" };

typedef struct
{
  Way           way;
  Time          when;
  GMainContext *context;
  TestLife      life;
  int           calls;
  int           freed; /* atomic: pointers that were given */
} Case;

static void
free_pointer (gpointer data)
{
  Case *test = data;

  g_atomic_int_inc (&test->freed);
}

/* Consumes the reference to the task. */
static void
finish (GTask *task,
        Case  *test)
{
  g_auto (GValue) value = G_VALUE_INIT;

  switch (test->way)
    {
    case RETURN_TRUE:
      g_task_return_boolean (task, TRUE);
      break;
    case RETURN_FALSE:
      g_task_return_boolean (task, FALSE);
      break;
    case RETURN_INT:
      g_task_return_int (task, -1);
      break;
    case RETURN_POINTER:
      g_task_return_pointer (task, test, free_pointer);
      break;
    case RETURN_NULL:
      g_task_return_pointer (task, NULL, NULL);
      break;
    case RETURN_VALUE:
      g_value_init (&value, G_TYPE_STRING);
      g_value_set_string (&value, "some text");
      g_task_return_value (task, &value);
      break;
    case RETURN_ERROR:
      g_task_return_error (task, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_BUSY, "Too busy"));
      break;
    case RETURN_NEW_ERROR:
      g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_BUSY, "Too %s", "busy");
      break;
    case RETURN_CANCELLED:
      g_cancellable_cancel (g_task_get_cancellable (task));
      g_assert_true (g_task_return_error_if_cancelled (task));
      break;
    case SET_ERROR:
    case ABANDON:
    case N_WAYS:
    default:
      break;
    }
  g_object_unref (task);
}

static gboolean
idle_cb (gpointer user_data)
{
  GTask *task = user_data;

  finish (task, g_object_get_data (G_OBJECT (task), "case"));

  return G_SOURCE_REMOVE;
}

static gpointer
finish_thread (gpointer user_data)
{
  GTask *task = user_data;

  finish (task, g_object_get_data (G_OBJECT (task), "case"));

  return NULL;
}

static void
body (GFlowNode  *node,
      GFlowRun   *run,
      GTask      *task,
      gpointer    user_data,
      GError    **error)
{
  Case *test = user_data;

  test_assert_context (test->context);
  g_assert_true (G_IS_TASK (task));
  g_assert_true (g_task_get_context (task) == test->context);
  g_assert_true (G_IS_CANCELLABLE (g_task_get_cancellable (task)));
  g_assert_false (g_cancellable_is_cancelled (g_task_get_cancellable (task)));
  test_life_watch (&test->life, task);
  test->life.thread = test->when == FROM_THREAD ? NULL : g_thread_self ();
  test->calls++;

  if (test->way == SET_ERROR)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BUSY, "Too busy");
      return;
    }

  g_object_set_data (G_OBJECT (task), "case", test);
  g_object_ref (task);
  if (test->when == AT_ONCE)
    {
      finish (task, test);
    }
  else if (test->when == FROM_IDLE)
    {
      g_autoptr (GSource) source = g_idle_source_new ();

      g_source_set_callback (source, idle_cb, task, NULL);
      g_source_attach (source, test->context);
    }
  else
    {
      g_thread_unref (g_thread_new ("finish", finish_thread, task));
    }
}

static void
test_return (gconstpointer data)
{
  Case test = {
    .way = GPOINTER_TO_UINT (data) % N_WAYS,
    .when = GPOINTER_TO_UINT (data) / N_WAYS,
    .context = test_context (),
  };
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  GFlowNode *node;
  GFlowNode *after;
  TestLife life;

  test_life_init (&test.life);
  test_life_init (&life);
  test_life_watch (&life, flow);
  node = g_flow_add_task (flow, "async", body, &test, NULL, NULL);
  after = g_flow_add (flow, "after", test_body_nothing, NULL, NULL, NULL);
  g_flow_node_add_upstream (after, node);
  run = g_flow_run_new (flow);
  test_life_watch (&life, run);

  if (test.way <= RETURN_VALUE)
    {
      g_assert_true (test_run_execute (run, NULL, &error));
      g_assert_no_error (error);
      test_assert_node (run, node, DONE);
      test_assert_node (run, after, DONE);
    }
  else
    {
      g_assert_false (test_run_execute (run, NULL, &error));
      test_assert_node (run, after, SKIPPED);
      if (test.way == RETURN_CANCELLED)
        {
          g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
          test_assert_node (run, node, CANCELLED);
          test_assert_run (run, CANCELLED);
        }
      else if (test.way == ABANDON)
        {
          g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_ABANDONED);
          test_assert_contains (error->message, "async");
          test_assert_node (run, node, FAILED);
        }
      else
        {
          g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
          g_assert_cmpstr (error->message, ==, "Too busy");
          test_assert_node (run, node, FAILED);
        }
    }
  g_assert_cmpint (test.calls, ==, 1);

  g_clear_object (&run);
  g_clear_object (&flow);
  test_life_assert_over (&test.life);
  g_assert_cmpint (g_atomic_int_get (&test.freed), ==, test.way == RETURN_POINTER ? 1 : 0);
  test_life_assert_over (&life);
}

static void
body_both (GFlowNode  *node,
           GFlowRun   *run,
           GTask      *task,
           gpointer    user_data,
           GError    **error)
{
  g_task_return_boolean (task, TRUE);
  if (GPOINTER_TO_INT (user_data))
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BUSY, "Too busy");
}

static void
test_both (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;

  /* A body that returns and sets the error as well: one end, and no crash. */
  g_assert_nonnull (g_flow_add_task (flow, "both", body_both, GINT_TO_POINTER (TRUE), NULL, NULL));
  run = g_flow_run_new (flow);
  test_run_execute (run, NULL, NULL);
  g_assert_cmpuint (g_flow_run_get_n_done (run), ==, 1);
}

static void
body_keep_task (GFlowNode  *node,
                GFlowRun   *run,
                GTask      *task,
                gpointer    user_data,
                GError    **error)
{
  GTask **kept = user_data;

  *kept = g_object_ref (task);
  g_task_return_boolean (task, TRUE);
}

static void
test_kept (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GTask) kept = NULL;
  TestLife life;
  GFlowRun *run;

  /* Who keeps a task that has returned holds neither the node nor the run up. */
  test_life_init (&life);
  g_assert_nonnull (g_flow_add_task (flow, "a", body_keep_task, &kept, NULL, NULL));
  run = test_execute_well (flow);
  g_assert_true (g_task_get_completed (kept));
  g_object_unref (run);
  g_clear_object (&flow);
  g_clear_object (&kept);
}


typedef struct
{
  TestGate gate;
  GThread *thread;    /* (owned): the one that drops the task */
  GThread *owner;     /* (unowned) */
  int      destroyed; /* atomic */
} Late;

static gpointer
late_thread (gpointer user_data)
{
  GTask *task = user_data;
  Late *late = g_object_get_data (G_OBJECT (task), "late");

  g_task_return_boolean (task, TRUE);
  test_gate_wait (&late->gate);
  g_object_unref (task);

  return NULL;
}

static void
body_late (GFlowNode  *node,
           GFlowRun   *run,
           GTask      *task,
           gpointer    user_data,
           GError    **error)
{
  Late *late = user_data;

  g_object_set_data (G_OBJECT (task), "late", late);
  late->thread = g_thread_new ("late", late_thread, g_object_ref (task));
}

static void
late_destroy (gpointer user_data)
{
  Late *late = user_data;

  g_assert_true (g_thread_self () == late->owner);
  g_atomic_int_inc (&late->destroyed);
}

static void
test_unref_late (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  Late late = { .owner = g_thread_self () };

  /* A thread that has returned on its task may drop it when everything else is gone: the data
   * of the node is still destroyed here. */
  test_gate_init (&late.gate);
  g_assert_nonnull (g_flow_add_task (flow, "a", body_late, &late, late_destroy, NULL));
  g_object_unref (test_execute_well (flow));
  g_clear_object (&flow);
  test_gate_open (&late.gate);
  g_thread_join (late.thread);
  TEST_WAIT (g_atomic_int_get (&late.destroyed) > 0);
  g_assert_cmpint (late.destroyed, ==, 1);
  test_gate_clear (&late.gate);
}

/* What much code does: it returns right in the handler of the cancellable. */

static void
returning_cb (GCancellable *cancellable,
              gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;

  g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CANCELLED, "Heard it");
}

static void
body_listen (GFlowNode  *node,
             GFlowRun   *run,
             GTask      *task,
             gpointer    user_data,
             GError    **error)
{
  g_signal_connect (g_task_get_cancellable (task), "cancelled", G_CALLBACK (returning_cb),
                    g_object_ref (task));
  g_atomic_int_inc ((int *) user_data);
}

static gpointer
cancel_thread (gpointer user_data)
{
  g_flow_run_cancel (user_data);

  return NULL;
}

static void
test_return_in_cancelled (gconstpointer data)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  TestResult result;
  int n_listening = 0;

  test_result_init (&result);
  for (guint i = 0; i < 20; i++)
    g_assert_nonnull (g_flow_add_task (flow, NULL, body_listen, &n_listening, NULL, NULL));
  run = g_flow_run_new (flow);
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  TEST_WAIT (n_listening == 20);
  if (GPOINTER_TO_INT (data))
    g_thread_join (g_thread_new ("cancel", cancel_thread, run));
  else
    g_flow_run_cancel (run);
  TEST_WAIT (result.calls > 0);
  g_assert_false (g_flow_run_execute_finish (run, result.result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (g_flow_run_get_n_done (run), ==, 20);
  test_result_clear (&result);
}

/* Cancellables of nodes that have ended serve other nodes, unless somebody could tell. */

typedef struct
{
  GPtrArray *kept;  /* (owned) (element-type GCancellable) */
  GWeakRef   weak[10];
  guint      n_weak;
  guint      n_bodies;
  guint      n_freed; /* data of handlers */
  gboolean   cancel;  /* the last body does */
} Spares;

#define N_SPARES_BODIES 60

static void
never_cb (GCancellable *cancellable,
          gpointer      user_data)
{
  g_assert_not_reached ();
}

static void
count_freed (gpointer  user_data,
             GClosure *closure)
{
  ((Spares *) user_data)->n_freed++;
}

static void
body_spares (GFlowNode  *node,
             GFlowRun   *run,
             GTask      *task,
             gpointer    user_data,
             GError    **error)
{
  Spares *spares = user_data;
  GCancellable *cancellable = g_task_get_cancellable (task);
  guint number = spares->n_bodies++;
  g_autoptr (GSource) source = g_idle_source_new ();

  g_assert_false (g_cancellable_is_cancelled (cancellable));
  g_assert_null (g_object_get_data (G_OBJECT (cancellable), "mine"));
  g_assert_false (g_ptr_array_find (spares->kept, cancellable, NULL));
  g_assert_true (g_flow_run_get_node_cancellable (run, node) == cancellable);
  for (guint i = 0; i < spares->n_weak; i++)
    {
      g_autoptr (GCancellable) other = g_weak_ref_get (&spares->weak[i]);

      g_assert_true (other != cancellable);
    }

  switch (number % 6)
    {
    case 0:
      g_ptr_array_add (spares->kept, g_object_ref (cancellable));
      break;
    case 1:
      g_signal_connect_data (cancellable, "cancelled", G_CALLBACK (never_cb), spares, count_freed, 0);
      break;
    case 2:
      g_object_set_data (G_OBJECT (cancellable), "mine", spares);
      break;
    case 3:
      g_weak_ref_init (&spares->weak[spares->n_weak++], cancellable);
      break;
    default:
      break;
    }
  if (number == N_SPARES_BODIES - 1 && spares->cancel)
    {
      g_flow_run_cancel (run);
      g_assert_true (g_cancellable_is_cancelled (cancellable) ||
                     g_main_context_iteration (NULL, FALSE));
      g_assert_true (g_cancellable_is_cancelled (cancellable));
    }
  g_source_set_callback (source, test_return_cb, g_object_ref (task), g_object_unref);
  g_source_attach (source, g_task_get_context (task));
}

static void
test_spares (gconstpointer data)
{
  Spares spares = {
    .kept = g_ptr_array_new_with_free_func (g_object_unref),
    .cancel = GPOINTER_TO_INT (data),
  };
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  GFlowNode *previous = NULL;

  for (guint i = 0; i < N_SPARES_BODIES; i++)
    {
      GFlowNode *node = g_flow_add_task (flow, NULL, body_spares, &spares, NULL, NULL);

      if (previous != NULL)
        g_flow_node_add_upstream (node, previous);
      previous = node;
    }
  run = g_flow_run_new (flow);
  g_assert_true (test_run_execute (run, NULL, NULL) || spares.cancel);
  g_assert_cmpuint (spares.n_bodies, ==, N_SPARES_BODIES);

  /* What was known has gone with its node, or with the run, and was not cancelled. */
  g_assert_cmpuint (spares.n_freed, ==, N_SPARES_BODIES / 6);
  g_assert_cmpuint (spares.kept->len, ==, N_SPARES_BODIES / 6);
  for (guint i = 0; i < spares.kept->len; i++)
    g_assert_false (g_cancellable_is_cancelled (spares.kept->pdata[i]));
  for (guint i = 0; i < spares.n_weak; i++)
    {
      g_assert_null (g_weak_ref_get (&spares.weak[i]));
      g_weak_ref_clear (&spares.weak[i]);
    }
  g_ptr_array_unref (spares.kept);
}

static void
body_deep (GFlowNode  *node,
           GFlowRun   *run,
           GTask      *task,
           gpointer    user_data,
           GError    **error)
{
  g_task_return_boolean (task, TRUE);
}

static void
test_deep (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  GFlowNode *previous = NULL;

  /* A long chain that returns at once does not nest. */
  for (guint i = 0; i < 20000; i++)
    {
      GFlowNode *node = g_flow_add_task (flow, NULL, body_deep, NULL, NULL, NULL);

      if (previous != NULL)
        g_flow_node_add_upstream (node, previous);
      previous = node;
    }
  run = test_execute_well (flow);
  g_assert_cmpuint (g_flow_run_get_n_done (run), ==, 20000);
}

/* Bodies that return at once, many of them: their tasks are made ahead. */

#define N_AT_ONCE 300

typedef enum
{
  AHEAD_PLAIN,
  AHEAD_ITERATE,
  AHEAD_KEEP,
  AHEAD_WATCH,
  AHEAD_FAIL,
  AHEAD_CANCEL,
  AHEAD_CANCEL_NODE,
  N_AHEADS,
} AheadWay;

static const char * const ahead_names[] = {
  "plain", "iterate", "keep", "watch", "fail", "cancel", "cancel-node",
};

typedef struct
{
  AheadWay   way;
  GFlowNode *nodes[N_AT_ONCE];
  GPtrArray *kept; /* (owned) (element-type GTask) */
  guint      n_bodies;
  guint      n_completed;
  guint      n_inside;
  guint      n_told;
} Ahead;

static void
told_cb (GFlowNode *node,
         GFlowRun  *run,
         Ahead     *ahead)
{
  g_assert_true (ahead->nodes[ahead->n_told++] == node);
  g_assert_cmpuint (ahead->n_inside, ==, 0);
}

static void
body_ahead (GFlowNode  *node,
            GFlowRun   *run,
            GTask      *task,
            gpointer    user_data,
            GError    **error)
{
  Ahead *ahead = user_data;
  guint number = ahead->n_bodies++;

  g_assert_true (ahead->nodes[number] == node);
  g_assert_true (g_task_get_source_object (task) == node);
  g_assert_true (g_task_get_context (task) == test_context ());
  g_assert_cmpuint (ahead->n_inside, ==, 0);
  ahead->n_inside++;
  if (ahead->way == AHEAD_KEEP && number % 2 == 0)
    g_ptr_array_add (ahead->kept, g_object_ref (task));

  if (number == N_AT_ONCE / 2 && ahead->way == AHEAD_FAIL)
    g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_BUSY, "Too busy");
  else
    g_task_return_boolean (task, TRUE);
  if (g_task_get_completed (task))
    ahead->n_completed++;

  /* Whatever the task did, the node has not ended yet, and nothing starts in here. */
  g_assert_cmpint (g_flow_run_get_node_state (run, node), ==, G_FLOW_NODE_STATE_RUNNING);
  g_assert_cmpuint (ahead->n_bodies, ==, number + 1);
  if (number == N_AT_ONCE / 2 && ahead->way == AHEAD_CANCEL)
    g_flow_run_cancel (run);
  if (number == N_AT_ONCE / 2 && ahead->way == AHEAD_CANCEL_NODE)
    g_flow_run_cancel_node (run, ahead->nodes[number + 1]);
  ahead->n_inside--;

  /* But it does while the body waits for that. */
  if (ahead->way == AHEAD_ITERATE && number % 100 == 50)
    {
      TEST_WAIT (g_flow_run_get_node_state (run, node) == G_FLOW_NODE_STATE_DONE);
      TEST_WAIT (ahead->n_bodies > number + 1);
    }
}

static void
test_ahead (gconstpointer data)
{
  Ahead ahead = {
    .way = GPOINTER_TO_UINT (data),
    .kept = g_ptr_array_new_with_free_func (g_object_unref),
  };
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  TestLife life;

  test_life_init (&life);
  test_life_watch (&life, flow);
  for (guint i = 0; i < N_AT_ONCE; i++)
    {
      ahead.nodes[i] = g_flow_add_task (flow, NULL, body_ahead, &ahead, NULL, NULL);
      test_life_watch (&life, ahead.nodes[i]);
      if (ahead.way == AHEAD_WATCH)
        g_signal_connect (ahead.nodes[i], "done", G_CALLBACK (told_cb), &ahead);
      if (i > 0)
        g_flow_node_add_upstream (ahead.nodes[i], ahead.nodes[i - 1]);
    }
  run = g_flow_run_new (flow);
  test_life_watch (&life, run);
  g_assert_true (test_run_execute (run, NULL, &error) == (ahead.way < AHEAD_FAIL));
  g_assert_cmpuint (g_flow_run_get_n_done (run), ==, N_AT_ONCE);

  if (ahead.way < AHEAD_FAIL)
    {
      g_assert_no_error (error);
      g_assert_cmpuint (ahead.n_bodies, ==, N_AT_ONCE);
      g_assert_cmpuint (ahead.n_completed, >, N_AT_ONCE / 2);
      g_assert_cmpuint (ahead.n_told, ==, ahead.way == AHEAD_WATCH ? N_AT_ONCE : 0);
      test_assert_node (run, ahead.nodes[N_AT_ONCE - 1], DONE);
    }
  else
    {
      g_assert_cmpuint (ahead.n_bodies, ==, N_AT_ONCE / 2 + 1);
      g_assert_cmpint (g_flow_run_get_node_state (run, ahead.nodes[N_AT_ONCE / 2 + 1]), ==,
                       ahead.way == AHEAD_FAIL ? G_FLOW_NODE_STATE_SKIPPED
                                               : G_FLOW_NODE_STATE_CANCELLED);
    }
  if (ahead.way == AHEAD_FAIL)
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
  else if (ahead.way > AHEAD_FAIL)
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  g_clear_object (&run);
  g_clear_object (&flow);
  g_ptr_array_unref (ahead.kept);
  test_life_assert_over (&life);
}

static gboolean
beat_cb (gpointer user_data)
{
  *(guint *) user_data += 1;

  return G_SOURCE_CONTINUE;
}

static void
test_responsive (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  guint n_beats = 0;
  guint source_id;
  GFlowNode *previous[8] = { NULL };

  /* A flood of nodes in the context lets other sources have their turn. */
  for (guint i = 0; i < 60000; i++)
    {
      GFlowNode *node;

      if (i % 2 == 0)
        {
          node = g_flow_add (flow, NULL, test_body_nothing, NULL, NULL, NULL);
          g_flow_node_set_placement (node, G_FLOW_PLACEMENT_CONTEXT);
        }
      else
        {
          node = g_flow_add_task (flow, NULL, body_deep, NULL, NULL, NULL);
        }
      if (previous[i % 8] != NULL)
        g_flow_node_add_upstream (node, previous[i % 8]);
      previous[i % 8] = node;
    }
  source_id = g_timeout_add (1, beat_cb, &n_beats);
  g_object_unref (test_execute_well (flow));
  g_source_remove (source_id);
  g_assert_cmpuint (n_beats, >=, 3);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < N_TIMES * N_WAYS; i++)
    {
      const guint way = i % N_WAYS, when = i / N_WAYS;
      g_autofree char *path = g_strdup_printf ("/task/%s/%s", way_names[way], time_names[when]);

      if (way != SET_ERROR || when == AT_ONCE)
        g_test_add_data_func (path, GUINT_TO_POINTER (i), test_return);
    }
  g_test_add_func ("/task/both", test_both);
  g_test_add_func ("/task/kept", test_kept);
  g_test_add_func ("/task/unref-late", test_unref_late);
  g_test_add_data_func ("/task/return-in-cancelled/context", GINT_TO_POINTER (FALSE),
                        test_return_in_cancelled);
  g_test_add_data_func ("/task/return-in-cancelled/thread", GINT_TO_POINTER (TRUE),
                        test_return_in_cancelled);
  g_test_add_data_func ("/task/spares/done", GINT_TO_POINTER (FALSE), test_spares);
  g_test_add_data_func ("/task/spares/cancelled", GINT_TO_POINTER (TRUE), test_spares);
  g_test_add_func ("/task/deep", test_deep);
  for (guint way = 0; way < N_AHEADS; way++)
    {
      g_autofree char *path = g_strdup_printf ("/task/ahead/%s", ahead_names[way]);

      g_test_add_data_func (path, GUINT_TO_POINTER (way), test_ahead);
    }
  g_test_add_func ("/task/responsive", test_responsive);

  return g_test_run ();
}
