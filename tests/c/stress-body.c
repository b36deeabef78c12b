/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The bodies of the random graphs, which check what must hold when they run. */

#include "stress-graph.h"

#include <pthread.h>

static int n_bodies; /* atomic */

guint64
stress_count_bodies (void)
{
  return (guint64) g_atomic_int_get (&n_bodies);
}

static void
spin (guint n)
{
  volatile guint sink = 0;

  for (guint i = 0; i < n; i++)
    sink = sink + i;
}

static void
check_upstreams (StressNode *self,
                 StressRun  *run,
                 GFlowRun   *flow_run)
{
  for (guint i = 0; i < self->n_upstreams; i++)
    {
      StressNode *upstream = &self->graph->nodes[self->upstreams[i]];
      StressRecord *record = &run->records[upstream->index];
      GFlowNodeState state = g_flow_run_get_node_state (flow_run, upstream->node);

      g_assert_cmpint (state, >=, G_FLOW_NODE_STATE_DONE);
      g_assert_cmpint (g_atomic_int_get (&record->ended), ==, g_atomic_int_get (&record->begun));
      if (state == G_FLOW_NODE_STATE_DONE && upstream->kind < STRESS_JOIN)
        g_assert_cmpint (g_atomic_int_get (&record->ended), ==, 1);
      if (state == G_FLOW_NODE_STATE_SKIPPED)
        g_assert_cmpint (g_atomic_int_get (&record->begun), ==, 0);

      /* This node has not ended, so the result is there. */
      if (state == G_FLOW_NODE_STATE_DONE && upstream->gives_result)
        {
          const GValue *value = g_flow_run_get_result (flow_run, upstream->node);

          g_assert_nonnull (value);
          g_assert_cmpuint (g_value_get_uint (value), ==, upstream->index);
        }
    }
}

void
stress_hold_locks (StressNode *self)
{
  StressLocks *locks = self->graph->locks;

  for (guint i = 0; i < STRESS_N_LOCKS; i++)
    {
      if (self->locks & (1u << i))
        g_assert_cmpint (g_atomic_int_add (&locks->held[i], 1), <, (int) locks->most[i]);
    }
}

void
stress_drop_locks (StressNode *self)
{
  for (guint i = 0; i < STRESS_N_LOCKS; i++)
    {
      if (self->locks & (1u << i))
        g_atomic_int_add (&self->graph->locks->held[i], -1);
    }
}

static void
body_begin (StressNode *self,
            StressRun  *run,
            GFlowRun   *flow_run)
{
  StressGraph *graph = self->graph;

  g_assert_cmpint (g_atomic_int_add (&run->records[self->index].begun, 1), ==, 0);
  g_assert_cmpint (g_atomic_int_get (&run->ends), ==, 0);
  g_atomic_int_inc (&n_bodies);
  g_atomic_int_inc (&run->n_inside);
  g_assert_cmpstr (test_node_state_name (g_flow_run_get_node_state (flow_run, self->node)), ==,
                   "running");

  stress_hold_locks (self);
  if (graph->max_parallel > 0)
    g_assert_cmpint (g_atomic_int_add (&graph->n_parallel, 1), <, (int) graph->max_parallel);

  check_upstreams (self, run, flow_run);
  if (g_atomic_int_add (&run->n_begun, 1) == run->cancel_after &&
      run->cancel == STRESS_CANCEL_FROM_BODY)
    {
      if (run->victim != NULL)
        g_flow_run_cancel_node (flow_run, run->victim);
      else
        g_flow_run_cancel (flow_run);
    }
}

static void
body_end (StressNode *self,
          StressRun  *run,
          GFlowRun   *flow_run)
{
  StressGraph *graph = self->graph;

  if (self->gives_result)
    {
      g_auto (GValue) value = G_VALUE_INIT;

      g_value_init (&value, G_TYPE_UINT);
      g_value_set_uint (&value, self->index);
      g_flow_run_set_result (flow_run, self->node, &value);
    }
  stress_drop_locks (self);
  if (graph->max_parallel > 0)
    g_atomic_int_add (&graph->n_parallel, -1);
  g_atomic_int_add (&run->n_inside, -1);
  g_assert_cmpint (g_atomic_int_add (&run->records[self->index].ended, 1), ==, 0);
}

static GError *
body_error (StressNode *self)
{
  if (self->outcome == STRESS_SAY_CANCELLED)
    return g_error_new (G_IO_ERROR, G_IO_ERROR_CANCELLED, "%u had enough", self->index);
  if (self->outcome == STRESS_FAIL)
    return g_error_new (G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE, "%u broke", self->index);

  return NULL;
}

gboolean
stress_body_sync (GFlowNode  *node,
                  GFlowRun   *flow_run,
                  gpointer    user_data,
                  GError    **error)
{
  StressNode *self = user_data;
  StressRun *run = g_object_get_data (G_OBJECT (flow_run), "stress-run");
  GError *own_error = body_error (self);

  g_assert_true (self->node == node);
  if (self->kind == STRESS_CONTEXT)
    g_assert_true (g_main_context_is_owner (test_context ()));

  body_begin (self, run, flow_run);
  spin (self->spin);
  body_end (self, run, flow_run);
  if (own_error != NULL)
    g_propagate_error (error, own_error);

  return self->outcome == STRESS_SUCCEED;
}

/* Async bodies end at once, in an idle, or in one of two threads. */

typedef struct _Finish Finish;
struct _Finish
{
  StressNode *node;
  StressRun  *run;
  GFlowRun   *flow_run; /* (unowned): does not end before the task returns */
  GTask      *task;     /* (owned) */
  Finish     *next;
};

/* Not a GAsyncQueue, so that ThreadSanitizer sees who hands what to whom. */
static pthread_mutex_t finish_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t finish_cond = PTHREAD_COND_INITIALIZER;
static Finish *finish_list;   /* guarded by finish_mutex */
static gboolean finish_over;  /* likewise */
static GThread *finishers[2];

static void
finish (Finish *self)
{
  GError *error = body_error (self->node);
  StressOutcome outcome = self->node->outcome;
  GTask *task = self->task;

  body_end (self->node, self->run, self->flow_run);
  if (error != NULL)
    g_task_return_error (task, error);
  else if (outcome == STRESS_SUCCEED && self->node->index % 2 == 0)
    g_task_return_boolean (task, TRUE);
  else if (outcome == STRESS_SUCCEED)
    g_task_return_int (task, 0);
  g_object_unref (task);
  g_free (self);
}

static gboolean
finish_cb (gpointer user_data)
{
  finish (user_data);

  return G_SOURCE_REMOVE;
}

static gpointer
finisher_thread (gpointer user_data)
{
  for (;;)
    {
      Finish *item;

      pthread_mutex_lock (&finish_mutex);
      while (finish_list == NULL && !finish_over)
        pthread_cond_wait (&finish_cond, &finish_mutex);
      item = finish_list;
      if (item != NULL)
        finish_list = item->next;
      pthread_mutex_unlock (&finish_mutex);

      if (item == NULL)
        return NULL;
      finish (item);
    }
}

static void
finish_in_thread (Finish *item)
{
  pthread_mutex_lock (&finish_mutex);
  item->next = finish_list;
  finish_list = item;
  pthread_cond_signal (&finish_cond);
  pthread_mutex_unlock (&finish_mutex);
}

void
stress_finishers_start (void)
{
  finish_over = FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (finishers); i++)
    finishers[i] = g_thread_new ("finisher", finisher_thread, NULL);
}

void
stress_finishers_stop (void)
{
  pthread_mutex_lock (&finish_mutex);
  finish_over = TRUE;
  pthread_cond_broadcast (&finish_cond);
  pthread_mutex_unlock (&finish_mutex);
  for (guint i = 0; i < G_N_ELEMENTS (finishers); i++)
    g_thread_join (finishers[i]);
}

void
stress_body_async (GFlowNode  *node,
                   GFlowRun   *flow_run,
                   GTask      *task,
                   gpointer    user_data,
                   GError    **error)
{
  StressNode *self = user_data;
  StressRun *run = g_object_get_data (G_OBJECT (flow_run), "stress-run");
  Finish *item;

  g_assert_true (self->node == node);
  g_assert_true (g_main_context_is_owner (g_task_get_context (task)));
  g_assert_true (g_task_get_context (task) == test_context ());

  body_begin (self, run, flow_run);
  if (self->kind == STRESS_ASYNC_AT_ONCE && self->outcome == STRESS_FAIL && self->index % 2 == 0)
    {
      g_propagate_error (error, body_error (self));
      body_end (self, run, flow_run);
      return;
    }

  item = g_new (Finish, 1);
  *item = (Finish) { self, run, flow_run, g_object_ref (task), NULL };
  if (self->kind == STRESS_ASYNC_AT_ONCE)
    {
      finish (item);
    }
  else if (self->kind == STRESS_ASYNC_IDLE)
    {
      g_autoptr (GSource) source = g_idle_source_new ();

      g_source_set_priority (source, self->index % 2 == 0 ? G_PRIORITY_DEFAULT
                                                          : G_PRIORITY_DEFAULT_IDLE);
      g_source_set_callback (source, finish_cb, item, NULL);
      g_source_attach (source, g_task_get_context (task));
    }
  else
    {
      finish_in_thread (item);
    }
}

void
stress_body_destroy (gpointer user_data)
{
  StressNode *self = user_data;

  g_assert_true (g_thread_self () == self->graph->thread);
  self->graph->n_destroyed++;
}
