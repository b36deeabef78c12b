/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A run that a thread has let go serves it again if nobody can tell: here everybody tries to. */

#include "test-util.h"

#include <string.h>

#define N_RUNS 50

/* Runs that GObject has finalised: the others serve again. */
static int n_finalized;

static void (*finalize) (GObject *object);

static void
count_finalize (GObject *object)
{
  g_atomic_int_inc (&n_finalized);
  finalize (object);
}

static int
count_finalized (void)
{
  return g_atomic_int_get (&n_finalized);
}

/* What is done with a run before it is let go, and what must be so after that. */
typedef struct _Bench Bench;
typedef struct
{
  const char *name;
  gboolean    serves_again;
  void      (*prepare) (Bench    *self,
                        GFlowRun *run);
  void      (*meet)    (Bench    *self,
                        GFlowRun *run);
  void      (*part)    (Bench    *self);
  gboolean    is_not_executed;
} Habit;

struct _Bench
{
  GFlow        *flow;  /* (owned) */
  GFlowNode    *node;  /* (unowned) */
  const Habit  *habit;
  gboolean      fails;
  gboolean      is_bound;
  int           n_bodies;
  guint         n_gone;
  guint         n_called;
  gpointer      kept;  /* (owned) (nullable) an object */
  gpointer      weak;
  GWeakRef      weak_ref;
  GClosure     *closure; /* (owned) (nullable) */
};

static gboolean
body (GFlowNode  *node,
      GFlowRun   *run,
      gpointer    user_data,
      GError    **error)
{
  Bench *self = user_data;
  g_auto (GValue) value = G_VALUE_INIT;

  g_atomic_int_inc (&self->n_bodies);
  g_value_init (&value, G_TYPE_INT);
  g_value_set_int (&value, 7);
  g_flow_run_set_result (run, node, &value);
  if (self->fails)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "to be forgotten");
  return !self->fails;
}

static void
gone_cb (gpointer  user_data,
         GObject  *where_the_object_was)
{
  ((Bench *) user_data)->n_gone++;
}

static void
destroyed_cb (gpointer user_data)
{
  ((Bench *) user_data)->n_gone++;
}

static void
closure_gone_cb (gpointer  user_data,
                 GClosure *closure)
{
  ((Bench *) user_data)->n_gone++;
}

static void
called_cb (Bench *self)
{
  self->n_called++;
}

static void
toggled_cb (gpointer  user_data,
            GObject  *object,
            gboolean  is_last)
{
}

/* The habits */

static void
do_nothing (Bench    *self,
            GFlowRun *run)
{
}

static void
set_all (Bench    *self,
         GFlowRun *run)
{
  g_autoptr (GFlowHistory) history = g_flow_history_new ();
  g_autoptr (GFile) journal = g_file_new_for_path ("/nowhere/at-all");

  g_flow_run_set_on_error (run, G_FLOW_ON_ERROR_STOP);
  g_flow_run_set_parameters (run, g_variant_new_parsed ("{'a': <1>}"));
  g_flow_run_set_deadline (run, g_get_monotonic_time () + 3600 * G_TIME_SPAN_SECOND);
  g_flow_run_set_keep_results (run, TRUE);
  g_flow_run_set_keep_record (run, TRUE);
  g_flow_run_set_history (run, history);
  if (self->habit->is_not_executed)
    g_flow_run_set_journal (run, journal);
}

static void
cancel (Bench    *self,
        GFlowRun *run)
{
  g_flow_run_cancel (run);
  g_flow_run_cancel_node (run, self->node);
  g_flow_run_pause (run);
}

static void
fail (Bench    *self,
      GFlowRun *run)
{
  self->fails = TRUE;
}

static void
look_at_all (Bench    *self,
             GFlowRun *run)
{
  const gboolean is_new = g_flow_run_get_state (run) == G_FLOW_RUN_STATE_NEW;

  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (run)), ==, 1);
  g_assert_nonnull (g_flow_run_get_step (run, self->node));
  g_assert_cmpuint (g_list_model_get_n_items (g_flow_run_get_errors (run)), ==, 0);
  if (!is_new)
    g_assert_cmpint (g_value_get_int (g_flow_run_get_result (run, self->node)), ==, 7);
}

static void
keep_results (Bench    *self,
              GFlowRun *run)
{
  g_flow_run_set_keep_results (run, TRUE);
}

static void
keep (Bench    *self,
      GFlowRun *run)
{
  g_object_set_data (G_OBJECT (run), "mine", self);
  self->kept = g_object_ref (run);
}

static void
check_kept (Bench *self)
{
  test_assert_run (self->kept, DONE);
  test_assert_node (self->kept, self->node, DONE);
  g_assert_true (g_object_get_data (self->kept, "mine") == self);
  g_clear_object (&self->kept);
  self->n_gone++;
}

static void
keep_step (Bench    *self,
           GFlowRun *run)
{
  self->kept = g_object_ref (g_flow_run_get_step (run, self->node));
}

/* While the thread has the run in use for something else. */
static void
check_step (Bench *self)
{
  g_autoptr (GFlowRun) other = g_flow_run_new (self->flow);

  test_assert_node (other, self->node, WAITING);
  g_assert_true (g_flow_step_get_node (self->kept) == self->node);
  g_assert_cmpint (g_flow_step_get_state (self->kept), ==, G_FLOW_NODE_STATE_DONE);
  g_clear_object (&self->kept);
}

static void
keep_cancellable (Bench    *self,
                  GFlowRun *run)
{
  self->kept = g_object_ref (g_flow_run_get_cancellable (run));
}

static void
cancel_kept (Bench *self)
{
  g_autoptr (GFlowRun) other = g_flow_run_new (self->flow);
  g_autoptr (GError) error = NULL;

  g_cancellable_cancel (self->kept);
  g_assert_true (g_flow_run_execute_sync (other, NULL, &error));
  g_assert_no_error (error);
  g_clear_object (&self->kept);
}

static void
set_data (Bench    *self,
          GFlowRun *run)
{
  g_object_set_data_full (G_OBJECT (run), "mine", self, destroyed_cb);
}

static void
watch_weakly (Bench    *self,
              GFlowRun *run)
{
  g_object_weak_ref (G_OBJECT (run), gone_cb, self);
}

static void
point_weakly (Bench    *self,
              GFlowRun *run)
{
  self->weak = run;
  g_object_add_weak_pointer (G_OBJECT (run), &self->weak);
}

static void
check_pointer (Bench *self)
{
  g_assert_null (self->weak);
  self->n_gone++;
}

static void
refer_weakly (Bench    *self,
              GFlowRun *run)
{
  g_weak_ref_init (&self->weak_ref, run);
}

static void
check_weak_ref (Bench *self)
{
  g_autoptr (GFlowRun) other = g_flow_run_new (self->flow);

  g_assert_null (g_weak_ref_get (&self->weak_ref));
  g_weak_ref_clear (&self->weak_ref);
}

static void
toggle (Bench    *self,
        GFlowRun *run)
{
  g_object_add_toggle_ref (G_OBJECT (run), toggled_cb, self);
  self->kept = run;
}

static void
check_toggled (Bench *self)
{
  test_assert_run (self->kept, DONE);
  g_object_remove_toggle_ref (g_steal_pointer (&self->kept), toggled_cb, self);
  self->n_gone++;
}

static void
connect (Bench    *self,
         GFlowRun *run)
{
  g_signal_connect_data (run, "done", G_CALLBACK (called_cb), self, closure_gone_cb,
                         G_CONNECT_SWAPPED);
}

static void
connect_notify (Bench    *self,
                GFlowRun *run)
{
  g_signal_connect_data (run, "notify::state", G_CALLBACK (called_cb), self, closure_gone_cb,
                         G_CONNECT_SWAPPED);
}

/* A signal of an interface, for which GObject does not note that it has handlers. */
static void
connect_items (Bench    *self,
               GFlowRun *run)
{
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (run)), >, 0);
  g_signal_connect_data (run, "items-changed", G_CALLBACK (called_cb), self, closure_gone_cb,
                         G_CONNECT_SWAPPED);
  g_assert_nonnull (g_flow_add (self->flow, NULL, test_body_nothing, NULL, NULL, NULL));
}

static void
check_called (Bench *self)
{
  /* Once for this run, and not for another. */
  g_autoptr (GFlowRun) other = g_flow_run_new (self->flow);
  const guint n_called = self->n_called;

  g_assert_cmpuint (n_called, >, 0);
  g_assert_true (g_flow_run_execute_sync (other, NULL, NULL));
  g_assert_cmpuint (self->n_called, ==, n_called);
  self->n_called = 0;
}

static void
watch_closure (Bench    *self,
               GFlowRun *run)
{
  self->closure = g_cclosure_new (G_CALLBACK (called_cb), self, NULL);
  g_closure_ref (self->closure);
  g_closure_sink (self->closure);
  g_closure_add_invalidate_notifier (self->closure, self, closure_gone_cb);
  g_object_watch_closure (G_OBJECT (run), self->closure);
}

static void
check_closure (Bench *self)
{
  g_assert_true (self->closure->is_invalid);
  g_clear_pointer (&self->closure, g_closure_unref);
}

static void
bind (Bench    *self,
      GFlowRun *run)
{
  self->kept = g_simple_action_new ("action", NULL);
  g_object_weak_ref (G_OBJECT (g_object_bind_property (run, "paused", self->kept, "enabled", 0)),
                     gone_cb, self);
}

static void
drop_kept (Bench *self)
{
  g_clear_object (&self->kept);
}

static void
freeze (Bench    *self,
        GFlowRun *run)
{
  g_object_freeze_notify (G_OBJECT (run));
}

static void
dispose (Bench    *self,
         GFlowRun *run)
{
  g_object_run_dispose (G_OBJECT (run));
  test_assert_run (run, DONE);
  test_assert_node (run, self->node, DONE);
}

static const Habit habits[] = {
  { "nothing", TRUE, do_nothing, do_nothing },
  { "not-executed", TRUE, do_nothing, do_nothing, .is_not_executed = TRUE },
  { "set-up", TRUE, set_all, do_nothing },
  { "set-up-only", TRUE, set_all, do_nothing, .is_not_executed = TRUE },
  { "cancel", TRUE, cancel, do_nothing },
  { "cancel-only", TRUE, cancel, do_nothing, .is_not_executed = TRUE },
  { "fail", TRUE, fail, do_nothing },
  { "look-before", TRUE, look_at_all, do_nothing },
  { "look-after", TRUE, keep_results, look_at_all },
  { "connect", TRUE, connect, do_nothing, check_called },
  { "notify", TRUE, connect_notify, do_nothing, check_called },
  { "items-changed", TRUE, connect_items, do_nothing, check_called },
  { "run-dispose", TRUE, do_nothing, dispose },
  { "step", TRUE, do_nothing, keep_step, check_step },
  { "reference", FALSE, do_nothing, keep, check_kept },
  { "data", FALSE, set_data, do_nothing },
  { "data-after", FALSE, do_nothing, set_data },
  { "weak-reference", FALSE, watch_weakly, do_nothing },
  { "weak-pointer", FALSE, point_weakly, do_nothing, check_pointer },
  { "toggle-reference", FALSE, do_nothing, toggle, check_toggled },
  { "closure", FALSE, watch_closure, do_nothing, check_closure },
  { "binding", FALSE, do_nothing, bind, drop_kept },
};

/* Whether these do depends on GLib, which may keep the memory of a GWeakRef. */
static const Habit weak_habits[] = {
  { "weak-ref", FALSE, refer_weakly, do_nothing, check_weak_ref },
  { "cancellable", FALSE, do_nothing, keep_cancellable, cancel_kept },
  { "cancellable-before", FALSE, keep_cancellable, do_nothing, cancel_kept },
  { "freeze", FALSE, do_nothing, freeze },
};

static void
bench_init (Bench *self)
{
  *self = (Bench) { .flow = g_flow_new () };
  self->node = g_flow_add (self->flow, "node", body, self, NULL, NULL);
}

static void
bench_clear (Bench *self)
{
  TestLife life;

  test_life_init (&life);
  test_life_watch (&life, self->flow);
  test_life_watch (&life, self->node);
  g_clear_object (&self->flow);
  test_life_assert_over (&life);
}

static void
assert_new (Bench    *self,
            GFlowRun *run)
{
  g_autoptr (GFile) journal = NULL;
  g_autofree char *status = g_flow_run_dup_status (run);

  g_assert_true (g_flow_run_get_flow (run) == self->flow);
  test_assert_run (run, NEW);
  test_assert_node (run, self->node, WAITING);
  g_assert_null (g_flow_run_get_error (run));
  g_assert_null (g_flow_run_get_node_error (run, self->node));
  g_assert_null (g_flow_run_get_result (run, self->node));
  g_assert_cmpint (g_flow_run_get_on_error (run), ==, g_flow_get_on_error (self->flow));
  g_assert_cmpuint (g_variant_n_children (g_flow_run_get_parameters (run)), ==, 0);
  g_assert_null (g_flow_run_get_request (run));
  g_assert_null (g_flow_run_get_parent_node (run));
  g_assert_null (g_flow_run_get_history (run));
  g_object_get (run, "journal", &journal, NULL);
  g_assert_null (journal);
  g_assert_cmpint (g_flow_run_get_deadline (run), ==, 0);
  g_assert_false (g_flow_run_get_keep_results (run));
  g_assert_false (g_flow_run_get_keep_record (run));
  g_assert_false (g_flow_run_get_paused (run));
  g_assert_cmpfloat (g_flow_run_get_fraction (run), ==, 0.0);
  g_assert_cmpfloat (g_flow_run_get_elapsed (run), ==, 0.0);
  g_assert_cmpuint (g_flow_run_get_n_done (run), ==, 0);
  g_assert_cmpint (((GObject *) run)->ref_count, ==, 1);
  g_assert_null (g_object_get_data (G_OBJECT (run), "mine"));
  g_assert_cmpuint (g_signal_handler_find (run, 0, 0, 0, NULL, NULL, NULL), ==, 0);
}

static void
execute (Bench    *self,
         GFlowRun *run,
         gboolean  sync)
{
  g_autoptr (GError) error = NULL;
  const int n_bodies = self->n_bodies;
  const gboolean done = sync ? g_flow_run_execute_sync (run, NULL, &error)
                             : test_run_execute (run, NULL, &error);

  if (self->fails)
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  else if (self->habit->prepare == cancel)
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  else
    g_assert_no_error (error);
  g_assert_true (done == (error == NULL));
  g_assert_cmpint (self->n_bodies - n_bodies, ==, self->habit->prepare != cancel);
  self->fails = FALSE;
}

static void
meet_one (Bench    *self,
          gboolean  sync)
{
  GFlowRun *run = g_flow_run_new (self->flow);

  if (self->habit->prepare != look_at_all)
    assert_new (self, run);
  self->habit->prepare (self, run);
  if (!self->habit->is_not_executed)
    execute (self, run, sync);
  self->habit->meet (self, run);
  g_object_unref (run);
  if (self->habit->part != NULL)
    self->habit->part (self);
}

static void
run_habit (const Habit *habit,
           gboolean     sync,
           gboolean     is_certain)
{
  Bench self;
  int n_before;

  bench_init (&self);
  self.habit = habit;
  g_object_unref (g_flow_run_new (self.flow)); /* this thread has a spare one from now on */
  n_before = count_finalized ();
  for (guint i = 0; i < N_RUNS; i++)
    meet_one (&self, sync);

  const int n = count_finalized () - n_before;

  g_test_message ("%s: %d of %d were finalised", habit->name, n, N_RUNS);
  if (is_certain && habit->serves_again)
    g_assert_cmpint (n, ==, 0);
  else if (is_certain)
    g_assert_cmpint (n, ==, N_RUNS);
  if (!habit->serves_again && habit->part != check_weak_ref && habit->part != cancel_kept &&
      habit->meet != freeze)
    g_assert_cmpuint (self.n_gone, ==, N_RUNS);
  if (habit->part == check_called)
    g_assert_cmpuint (self.n_gone, ==, N_RUNS);
  bench_clear (&self);
}

static void
test_sync (gconstpointer data)
{
  run_habit (data, TRUE, TRUE);
}

static void
test_async (gconstpointer data)
{
  run_habit (data, FALSE, TRUE);
}

static void
test_weak (gconstpointer data)
{
  run_habit (data, TRUE, FALSE);
  run_habit (data, FALSE, FALSE);
}

/* A body keeps the run, and lets it go after the next ones. */

static gboolean
keeping_body (GFlowNode  *node,
              GFlowRun   *run,
              gpointer    user_data,
              GError    **error)
{
  g_ptr_array_add (user_data, g_object_ref (run));
  return TRUE;
}

static void
test_kept_by_body (void)
{
  g_autoptr (GPtrArray) kept = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GFlow) flow = g_flow_new ();
  GFlowNode *node = g_flow_add (flow, NULL, keeping_body, kept, NULL, NULL);

  for (guint i = 0; i < N_RUNS; i++)
    {
      g_autoptr (GFlowRun) run = g_flow_execute_sync (flow, NULL, NULL);

      g_assert_nonnull (run);
      for (guint k = 0; k < i; k++)
        g_assert_true (kept->pdata[k] != run);
    }
  for (guint i = 0; i < N_RUNS; i++)
    {
      test_assert_run (kept->pdata[i], DONE);
      test_assert_node (kept->pdata[i], node, DONE);
    }
}

/* A body connects a handler: neither this run nor the next one of the thread has it. */

static gboolean
connecting_body (GFlowNode  *node,
                 GFlowRun   *run,
                 gpointer    user_data,
                 GError    **error)
{
  connect (user_data, run);
  return TRUE;
}

static void
test_connected_by_body (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  Bench bench = { 0 };

  g_assert_nonnull (g_flow_add (flow, NULL, connecting_body, &bench, NULL, NULL));
  for (guint i = 0; i < N_RUNS; i++)
    {
      GFlowRun *run = g_flow_run_new (flow);

      g_assert_cmpuint (g_signal_handler_find (run, 0, 0, 0, NULL, NULL, NULL), ==, 0);
      g_assert_true (g_flow_run_execute_sync (run, NULL, NULL));
      g_object_unref (run);
      g_assert_cmpuint (bench.n_gone, ==, i + 1);
    }
}

/* The result of a run is the last user of another one. */

static gboolean
nesting_body (GFlowNode  *node,
              GFlowRun   *run,
              gpointer    user_data,
              GError    **error)
{
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_FLOW_RUN);
  g_value_take_object (&value, g_flow_execute_sync (user_data, NULL, NULL));
  g_flow_run_set_result (run, node, &value);
  return TRUE;
}

static void
test_nested (void)
{
  g_autoptr (GFlow) inner = g_flow_new ();
  g_autoptr (GFlow) outer = g_flow_new ();
  GFlowNode *node = g_flow_add (outer, NULL, nesting_body, inner, NULL, NULL);

  g_assert_nonnull (g_flow_add (inner, NULL, test_body_nothing, NULL, NULL, NULL));
  for (guint i = 0; i < N_RUNS; i++)
    {
      g_autoptr (GFlowRun) run = g_flow_run_new (outer);
      g_autoptr (GFlowRun) taken = NULL;
      GFlowRun *nested;

      g_flow_run_set_keep_results (run, TRUE);
      g_assert_true (g_flow_run_execute_sync (run, NULL, NULL));
      nested = g_value_get_object (g_flow_run_get_result (run, node));
      test_assert_run (nested, DONE);
      /* Every other time the nested one goes first. */
      if (i % 2 == 0)
        taken = g_object_ref (nested);
      g_clear_object (&run);
      if (taken != NULL)
        test_assert_run (taken, DONE);
    }
}

/* Runs that do not serve again have let go what they kept of a flow. */
static void
test_edited (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  TestLife life;

  test_life_init (&life);
  for (guint i = 0; i < N_RUNS; i++)
    {
      GFlowNode *node = g_flow_add (flow, NULL, test_body_nothing, NULL, NULL, NULL);

      test_life_watch (&life, node);
      g_object_unref (g_flow_execute_sync (flow, NULL, NULL));
      g_assert_true (g_flow_remove_node (flow, node, NULL));
      test_life_assert_over (&life);
    }
}

/* Graphs of all sizes, one after the other: what is left of one is not enough for the next, or
 * is more than is needed. */
static void
test_sizes (void)
{
  static const guint sizes[] = { 1, 700, 3, 0, 260, 250, 10, 5000, 40, 1 };
  Bench bench = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes) * 4; i++)
    {
      g_autoptr (GFlow) flow = g_flow_new ();
      const guint n = sizes[i % G_N_ELEMENTS (sizes)];
      GFlowNode *before = NULL;

      for (guint k = 0; k < n; k++)
        {
          GFlowNode *node = g_flow_add (flow, NULL, body, &bench, NULL, NULL);

          if (k % 3 == 1 && i >= G_N_ELEMENTS (sizes))
            g_flow_node_set_placement (node, G_FLOW_PLACEMENT_CONTEXT);
          if (k % 5 == 4)
            g_flow_node_add_upstream (node, before);
          before = node;
        }
      g_flow_set_max_threads (flow, 1 + i % 3);
      bench.n_bodies = 0;
      g_object_unref (g_flow_execute_sync (flow, NULL, NULL));
      g_assert_cmpint (g_atomic_int_get (&bench.n_bodies), ==, n);
    }
}

/* Threads */

typedef struct
{
  GFlow       *flow;
  GAsyncQueue *runs;
} Threads;

static gpointer
drop_runs (gpointer data)
{
  Threads *self = data;

  for (guint i = 0; i < N_RUNS; i++)
    g_object_unref (g_async_queue_pop (self->runs));
  return NULL;
}

/* They are made here and let go there, where one stays until the thread has ended. */
static void
test_dropped_elsewhere (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  Threads threads = { flow, g_async_queue_new () };
  GThread *thread = g_thread_new ("drop", drop_runs, &threads);
  int n_before;

  g_assert_nonnull (g_flow_add (flow, NULL, test_body_nothing, NULL, NULL, NULL));
  g_object_unref (g_flow_run_new (flow));
  n_before = count_finalized ();
  for (guint i = 0; i < N_RUNS; i++)
    g_async_queue_push (threads.runs, g_flow_execute_sync (flow, NULL, NULL));
  g_thread_join (thread);
  /* The last of GObject's own may be called after a join has returned. */
  TEST_WAIT (count_finalized () == n_before + N_RUNS);
  g_async_queue_unref (threads.runs);
}

static gpointer
make_runs (gpointer data)
{
  Threads *self = data;

  for (guint i = 0; i < N_RUNS * 20; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GFlowRun) run = g_flow_execute_sync (self->flow, NULL, &error);

      g_assert_no_error (error);
      test_assert_run (run, DONE);
      if (i % 10 == 0)
        g_object_set_data (G_OBJECT (run), "mine", self);
      if (i % 7 == 0)
        g_async_queue_push (self->runs, g_steal_pointer (&run));
      if (i % 14 == 0)
        g_object_unref (g_async_queue_pop (self->runs));
    }
  return NULL;
}

static void
test_threads (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  Threads threads = { flow, g_async_queue_new_full (g_object_unref) };
  GThread *all[4];
  Bench bench = { 0 };
  TestLife life;

  test_life_init (&life);
  test_life_watch (&life, flow);
  g_assert_nonnull (g_flow_add (flow, NULL, body, &bench, NULL, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    all[i] = g_thread_new ("make", make_runs, &threads);
  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    g_thread_join (all[i]);
  g_assert_cmpint (g_atomic_int_get (&bench.n_bodies), ==, N_RUNS * 20 * G_N_ELEMENTS (all));
  g_async_queue_unref (threads.runs);
  g_clear_object (&flow);
  test_life_assert_over (&life);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_summary ("a run serves again if nobody can tell");

  GObjectClass *klass = g_type_class_ref (G_TYPE_FLOW_RUN);

  finalize = klass->finalize;
  klass->finalize = count_finalize;

  for (guint i = 0; i < G_N_ELEMENTS (habits); i++)
    {
      g_autofree char *sync = g_strdup_printf ("/reuse/sync/%s", habits[i].name);
      g_autofree char *async = g_strdup_printf ("/reuse/async/%s", habits[i].name);

      g_test_add_data_func (sync, &habits[i], test_sync);
      g_test_add_data_func (async, &habits[i], test_async);
    }
  for (guint i = 0; i < G_N_ELEMENTS (weak_habits); i++)
    {
      g_autofree char *path = g_strdup_printf ("/reuse/weak/%s", weak_habits[i].name);

      g_test_add_data_func (path, &weak_habits[i], test_weak);
    }
  g_test_add_func ("/reuse/kept-by-body", test_kept_by_body);
  g_test_add_func ("/reuse/connected-by-body", test_connected_by_body);
  g_test_add_func ("/reuse/nested", test_nested);
  g_test_add_func ("/reuse/edited", test_edited);
  g_test_add_func ("/reuse/sizes", test_sizes);
  g_test_add_func ("/reuse/dropped-elsewhere", test_dropped_elsewhere);
  g_test_add_func ("/reuse/threads", test_threads);

  return g_test_run ();
}
