/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The bodies of the mixed runs, which check what must hold when they run. */

#include "mix.h"

/* What happens depends on the seed, and not on which thread asks. */
gboolean
mix_draw (Mix     *mix,
          guint32  a,
          guint32  b,
          double   probability)
{
  guint32 hash = mix->seed;

  hash = (hash ^ a) * 2654435761u;
  hash = (hash ^ (hash >> 15) ^ b) * 2246822519u;
  hash ^= hash >> 13;
  hash *= 3266489917u;
  hash ^= hash >> 16;
  return hash < probability * G_MAXUINT32;
}

/* A node that needs all its upstreams to have succeeded: these do not change any more. What
 * the others wait for may be run again meanwhile. */
static void
check_upstreams (MixNode  *self,
                 GFlowRun *run)
{
  if (self->run_when != G_FLOW_RUN_WHEN_ALL_SUCCEEDED ||
      self->mix->on_error == G_FLOW_ON_ERROR_IGNORE)
    return;

  for (guint i = 0; i < self->n_upstreams; i++)
    {
      MixNode *upstream = &self->mix->nodes[self->upstreams[i]];
      const GFlowNodeState state = g_flow_run_get_node_state (run, upstream->node);

      g_assert_true (state == G_FLOW_NODE_STATE_DONE || state == G_FLOW_NODE_STATE_SKIPPED);
      g_assert_cmpint (g_atomic_int_get (&upstream->running), ==, 0);
      if (state == G_FLOW_NODE_STATE_DONE && upstream->kind == MIX_WORKER)
        g_assert_nonnull (g_flow_run_get_result (run, upstream->node));
    }
}

static guint
begin (MixNode   *self,
       GFlowRun  *run,
       GFlowNode *node)
{
  Mix *mix = self->mix;

  g_assert_true (self->node == node);
  g_assert_cmpint (g_atomic_int_get (&mix->ends), ==, 0);
  g_assert_cmpint (g_atomic_int_add (&self->running, 1), ==, 0);
  g_atomic_int_inc (&mix->n_inside);
  test_assert_node (run, node, RUNNING);
  for (guint i = 0; i < MIX_N_LOCKS; i++)
    if (self->locks & (1u << i))
      g_assert_cmpint (g_atomic_int_add (&mix->held[i], 1), <, (int) mix->permits[i]);
  if (mix->max_parallel > 0)
    g_assert_cmpint (g_atomic_int_add (&mix->n_parallel, 1), <, (int) mix->max_parallel);
  check_upstreams (self, run);
  return (guint) g_atomic_int_add (&self->n_calls, 1);
}

static gboolean
end (MixNode   *self,
     GFlowRun  *run,
     guint      call,
     GError   **error)
{
  Mix *mix = self->mix;
  GCancellable *cancellable = g_flow_run_get_node_cancellable (run, self->node);
  gboolean succeeds = FALSE;

  if (g_cancellable_is_cancelled (cancellable) && mix_draw (mix, self->index, call + 500, 0.7))
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "told to stop");
  else if (mix_draw (mix, self->index, call, self->p_fail))
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE, "%u broke", self->index);
  else
    succeeds = TRUE;

  if (succeeds && self->kind == MIX_WORKER)
    g_flow_run_set_result_variant (run, self->node, g_variant_new_uint32 (self->index));
  for (guint i = 0; i < MIX_N_LOCKS; i++)
    if (self->locks & (1u << i))
      g_atomic_int_add (&mix->held[i], -1);
  if (mix->max_parallel > 0)
    g_atomic_int_add (&mix->n_parallel, -1);
  g_atomic_int_add (&mix->n_inside, -1);
  g_assert_cmpint (g_atomic_int_add (&self->running, -1), ==, 1);
  return succeeds;
}

/* A body that takes its time, on a worker. */
static void
linger (MixNode  *self,
        GFlowRun *run)
{
  const gint64 until = g_get_monotonic_time () + (self->patient ? 4000 : 20);
  GCancellable *cancellable = g_flow_run_get_node_cancellable (run, self->node);

  while (g_get_monotonic_time () < until && !g_cancellable_is_cancelled (cancellable))
    g_thread_yield ();
}

static GFlowQuestion *
new_question (MixNode *self,
              guint    call)
{
  return g_flow_question_new ("Well?", NULL,
                              mix_draw (self->mix, self->index, call + 100, 0.7)
                                ? g_variant_new_boolean (TRUE) : NULL);
}

static gboolean
is_upstream (MixNode *self,
             MixNode *node)
{
  for (guint i = 0; i < node->n_upstreams; i++)
    if (node->upstreams[i] == self->index)
      return TRUE;
  return FALSE;
}

/* The lists of the flow are for its own thread. */
static void
choose (MixNode  *self,
        GFlowRun *run,
        guint     call)
{
  Mix *mix = self->mix;

  g_flow_run_select (run, self->node, NULL);
  for (guint i = self->index + 1; i < mix->n_nodes; i++)
    if (is_upstream (self, &mix->nodes[i]) && mix_draw (mix, self->index, call * 50 + i + 1000, 0.6))
      g_flow_run_select (run, self->node, mix->nodes[i].node);
}

gboolean
mix_body_sync (GFlowNode  *node,
               GFlowRun   *run,
               gpointer    user_data,
               GError    **error)
{
  MixNode *self = user_data;
  const guint call = begin (self, run, node);

  if (self->kind != MIX_CONTEXT)
    linger (self, run);
  if (self->kind == MIX_CHOOSER)
    choose (self, run, call);
  for (guint i = 0; self->kind == MIX_SPAWNER && i < (self->index + call) % 4; i++)
    g_assert_nonnull (g_flow_run_spawn (run, node, self->mix->inner));
  if (self->kind == MIX_ASKER)
    {
      g_autoptr (GFlowQuestion) question = new_question (self, call);
      g_autoptr (GError) own_error = NULL;
      g_autoptr (GVariant) answer = g_flow_run_ask_question_sync (run, node, question, &own_error);

      if (answer == NULL)
        {
          g_assert_nonnull (own_error);
          if (end (self, run, call, error))
            g_propagate_error (error, g_steal_pointer (&own_error));
          return FALSE;
        }
    }
  return end (self, run, call, error);
}

typedef struct
{
  MixNode  *node;
  GFlowRun *run; /* (unowned): does not end before the task returns */
  GTask    *task; /* (owned) */
  guint     call;
} Call;

static void
finish (Call   *call,
        GError *error)
{
  g_autoptr (GTask) task = call->task;
  GError *own_error = NULL;
  const gboolean succeeds = end (call->node, call->run, call->call, &own_error);

  g_free (call);
  if (error != NULL)
    {
      g_clear_error (&own_error);
      g_task_return_error (task, error);
    }
  else if (succeeds)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, own_error);
}

static gboolean
finish_cb (gpointer user_data)
{
  finish (user_data, NULL);
  return G_SOURCE_REMOVE;
}

static gpointer
finish_thread (gpointer user_data)
{
  finish (user_data, NULL);
  return NULL;
}

static gboolean
cancelled_cb (GCancellable *cancellable,
              gpointer      user_data)
{
  finish (user_data, NULL);
  return G_SOURCE_REMOVE;
}

static void
answered_cb (GObject      *object,
             GAsyncResult *result,
             gpointer      user_data)
{
  Call *call = user_data;
  GError *error = NULL;
  g_autoptr (GVariant) answer = g_flow_run_ask_question_finish (call->run, result, &error);

  g_assert_true ((answer == NULL) == (error != NULL));
  finish (call, error);
}

static void
finish_in (Call    *call,
           GSource *source,
           gpointer func)
{
  g_source_set_callback (source, func, call, NULL);
  g_source_attach (source, g_task_get_context (call->task));
  g_source_unref (source);
}

void
mix_body_async (GFlowNode  *node,
                GFlowRun   *run,
                GTask      *task,
                gpointer    user_data,
                GError    **error)
{
  MixNode *self = user_data;
  Call *call = g_new (Call, 1);
  guint way;

  *call = (Call) { self, run, g_object_ref (task), begin (self, run, node) };
  way = (self->index + call->call) % 4;
  if (self->kind == MIX_ASYNC_ASKER)
    {
      g_autoptr (GFlowQuestion) question = new_question (self, call->call);

      g_flow_run_ask_question (run, node, question, answered_cb, call);
    }
  else if (self->patient && (g_flow_node_get_timeout (node) > 0))
    finish_in (call, g_cancellable_source_new (g_task_get_cancellable (task)), cancelled_cb);
  else if (way == 0)
    finish (call, NULL);
  else if (way == 1)
    finish_in (call, g_idle_source_new (), finish_cb);
  else if (way == 2)
    finish_in (call, g_timeout_source_new (self->patient ? 3 : 1), finish_cb);
  else
    g_thread_unref (g_thread_new ("finish", finish_thread, call));
}

/* Bodies of runs inside: of flows, spawned ones, and items of maps */

static gboolean
act_inside (Mix       *mix,
            GFlowRun  *run,
            GFlowNode *node,
            GError   **error)
{
  static int n_calls; /* atomic */
  const guint call = (guint) g_atomic_int_add (&n_calls, 1);

  g_assert_cmpint (g_atomic_int_get (&mix->ends), ==, 0);
  g_atomic_int_inc (&mix->n_inside);
  test_assert_node (run, node, RUNNING);
  if (mix_draw (mix, 77, call, 0.1) && g_flow_run_get_flow (run) == mix->inner)
    g_flow_run_spawn (run, node, mix->inner);
  if (g_flow_run_get_map_item (run, node) != NULL)
    g_flow_run_set_result_variant (run, node, g_variant_new_uint32 (call));
  g_atomic_int_add (&mix->n_inside, -1);
  if (!mix_draw (mix, 78, call, 0.05))
    return TRUE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE, "broke inside");
  return FALSE;
}

gboolean
mix_body_inner (GFlowNode  *node,
                GFlowRun   *run,
                gpointer    user_data,
                GError    **error)
{
  return act_inside (user_data, run, node, error);
}

void
mix_body_inner_async (GFlowNode  *node,
                      GFlowRun   *run,
                      GTask      *task,
                      gpointer    user_data,
                      GError    **error)
{
  g_autoptr (GSource) source = NULL;

  if (!act_inside (user_data, run, node, error))
    return;

  source = g_idle_source_new ();
  g_source_set_callback (source, test_return_cb, g_object_ref (task), g_object_unref);
  g_source_attach (source, g_task_get_context (task));
}

void
mix_body_destroy (gpointer user_data)
{
  mix_inner_destroy (((MixNode *) user_data)->mix);
}

void
mix_inner_destroy (gpointer user_data)
{
  Mix *mix = user_data;

  g_assert_true (g_thread_self () == mix->thread);
  mix->n_destroyed++;
}
