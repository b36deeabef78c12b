/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Random runs in which everything happens at once: retries and timeouts, pauses, priorities, nodes
 * that are cancelled, and run again; sub-runs, maps, branches, questions, locks; journals and saved
 * runs. Whatever it is, each node ends once and well, and nothing is left over.
 *
 * GFLOW_TEST_SEED   the seed of the first run; run i has this plus i
 * GFLOW_TEST_RUNS   how many; without it, as many as are done in ten seconds
 *
 * To repeat one run: its seed, which is printed if the program is aborted, and GFLOW_TEST_RUNS=1. */

#include "mix.h"

#include "run/gflow-run-private.h"

/* The application */

static void
answer_one (Mix   *self,
            guint  dice)
{
  g_autoptr (GFlowQuestion) question = NULL;
  g_autoptr (GError) error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED, "No");

  g_mutex_lock (&self->mutex);
  if (self->questions->len > 0)
    question = g_ptr_array_steal_index_fast (self->questions, dice % self->questions->len);
  g_mutex_unlock (&self->mutex);
  if (question == NULL)
    return;
  if (dice % 5 == 0)
    g_flow_question_refuse (question, error);
  else if (dice % 5 < 4)
    g_flow_question_answer (question, g_variant_new_boolean (TRUE));
}

static gboolean
ask_cb (GFlowRun      *run,
        GFlowQuestion *question,
        Mix           *self)
{
  const guint dice = g_random_int_range (0, 6);

  g_assert_true (g_main_context_is_owner (g_main_context_get_thread_default () != NULL
                                            ? g_main_context_get_thread_default ()
                                            : g_main_context_default ()));
  if (dice == 0)
    return FALSE;
  if (dice == 1)
    g_flow_question_answer (question, g_variant_new_boolean (FALSE));
  else
    {
      g_mutex_lock (&self->mutex);
      g_ptr_array_add (self->questions, g_object_ref (question));
      g_mutex_unlock (&self->mutex);
    }
  return TRUE;
}

/* What may be done from any thread. */
static void
meddle (Mix     *self,
        guint32  dice)
{
  MixNode *node = &self->nodes[(dice >> 8) % self->n_nodes];
  g_autofree char *reason = NULL;
  g_autofree char *status = NULL;

  switch (dice % 16)
    {
    case 0:
    case 1:
      g_flow_run_pause (self->run);
      break;
    case 2:
      g_flow_run_cancel_node (self->run, node->node);
      break;
    case 3:
    case 4:
      g_flow_run_set_node_priority (self->run, node->node, (int) (dice >> 16) % 7 - 3);
      break;
    case 5:
      if ((dice >> 16) % 8 == 0)
        g_flow_run_cancel (self->run);
      break;
    case 6:
    case 7:
      reason = g_flow_run_dup_node_reason (self->run, node->node);
      status = g_flow_run_dup_status (self->run);
      break;
    case 8:
    case 9:
    case 10:
      answer_one (self, dice >> 8);
      break;
    default:
      g_flow_run_resume (self->run);
      break;
    }
}

/* What may be done in the owner context. */
static void
meddle_in_context (Mix     *self,
                   guint32  dice)
{
  MixNode *node = &self->nodes[(dice >> 8) % self->n_nodes];
  g_autoptr (GVariant) saved = NULL;

  switch (dice % 8)
    {
    case 0:
      saved = g_flow_run_save (self->run);
      break;
    case 1:
      g_flow_step_get_subruns (g_flow_run_get_step (self->run, node->node));
      break;
    case 2:
    case 3:
    case 4:
      if (g_flow_run_get_node_state (self->run, node->node) == G_FLOW_NODE_STATE_FAILED &&
          node->n_revived < 3 && g_flow_run_retry_node (self->run, node->node, NULL))
        {
          node->n_revived++;
          self->n_revivals++;
        }
      break;
    default:
      meddle (self, dice >> 3);
      break;
    }
}

/* It stops at some time, and leaves the run in peace. */
static gboolean
meddle_cb (gpointer user_data)
{
  Mix *self = user_data;

  if (self->n_actions > 0)
    {
      self->n_actions--;
      meddle_in_context (self, g_rand_int (self->rand));
      return G_SOURCE_CONTINUE;
    }
  g_flow_run_resume (self->run);
  answer_one (self, 1);
  return G_SOURCE_CONTINUE;
}

static gpointer
meddler_thread (gpointer user_data)
{
  Mix *self = user_data;
  g_autoptr (GRand) rand = g_rand_new_with_seed (self->seed + 1);

  for (guint n = 200; g_atomic_int_get (&self->ends) == 0; n = MAX (n, 1) - 1)
    {
      if (n > 0)
        meddle (self, g_rand_int (rand));
      else
        g_flow_run_resume (self->run);
      answer_one (self, 1);
      g_thread_yield ();
    }
  return NULL;
}

static void
step_changed_cb (GFlowRun  *run,
                 GFlowStep *step,
                 Mix       *self)
{
  g_autofree char *reason = g_flow_step_dup_reason (step);

  if (self->n_actions > 0 && g_rand_int_range (self->rand, 0, 8) == 0)
    {
      self->n_actions--;
      meddle_in_context (self, g_rand_int (self->rand));
    }
}

static void
started_cb (GFlowNode *node,
            GFlowRun  *run,
            MixNode   *self)
{
  self->n_started++;
}

static void
always_cb (GFlowNode *node,
           GFlowRun  *run,
           MixNode   *self)
{
  g_assert_cmpint (g_flow_run_get_node_state (run, node), >=, G_FLOW_NODE_STATE_DONE);
  self->n_always++;
}

static gboolean
should_retry_cb (GFlowNode    *node,
                 GFlowRun     *run,
                 const GError *error,
                 guint         attempt,
                 MixNode      *self)
{
  g_assert_false (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED));
  g_assert_cmpuint (attempt, <=, self->max_retries);
  return mix_draw (self->mix, self->index, attempt + 300, 0.9);
}

/* Running */

static void
ended_cb (GObject      *object,
          GAsyncResult *result,
          gpointer      user_data)
{
  Mix *self = user_data;

  g_assert_cmpint (g_atomic_int_get (&self->n_inside), ==, 0);
  self->well = g_flow_run_execute_finish (G_FLOW_RUN (object), result, &self->error);
  g_assert_cmpint (g_atomic_int_add (&self->ends, 1), ==, 0);
}

static void
connect_nodes (Mix *self)
{
  for (guint i = 0; i < self->n_nodes; i++)
    {
      MixNode *node = &self->nodes[i];

      if (self->watched)
        {
          g_signal_connect (node->node, "started", G_CALLBACK (started_cb), node);
          g_signal_connect (node->node, "always", G_CALLBACK (always_cb), node);
        }
      if (node->max_retries > 0)
        g_signal_connect (node->node, "should-retry", G_CALLBACK (should_retry_cb), node);
    }
}

static void
set_up (Mix *self)
{
  self->run = g_flow_run_new (self->flow);
  self->ends = 0;
  g_clear_error (&self->error);
  g_flow_run_set_on_error (self->run, self->on_error);
  g_flow_run_set_journal (self->run, self->journal);
  g_signal_connect (self->run, "ask", G_CALLBACK (ask_cb), self);
  if (self->told)
    g_signal_connect (self->run, "step-changed", G_CALLBACK (step_changed_cb), self);
  for (guint i = 0; i < self->n_nodes; i++)
    {
      MixNode *node = &self->nodes[i];

      node->n_calls = 0;
      node->n_revived = node->n_started = node->n_always = 0;
    }
  self->n_revivals = 0;
}

static void
execute (Mix *self)
{
  const gboolean meddles = self->sync || g_rand_double (self->rand) < 0.3;

  /* Who waits for answers needs somebody. */
  if (meddles)
    self->meddler = g_thread_new ("meddler", meddler_thread, self);
  if (self->sync)
    {
      self->well = g_flow_run_execute_sync (self->run, NULL, &self->error);
      g_assert_cmpint (g_atomic_int_get (&self->n_inside), ==, 0);
      g_atomic_int_inc (&self->ends);
    }
  else
    {
      self->source = g_timeout_source_new (1);
      g_source_set_callback (self->source, meddle_cb, self, NULL);
      g_source_attach (self->source, test_context ());
      g_flow_run_execute (self->run, NULL, ended_cb, self);
      TEST_WAIT (g_atomic_int_get (&self->ends) > 0);
      g_source_destroy (self->source);
      g_clear_pointer (&self->source, g_source_unref);
    }
  if (self->meddler != NULL)
    g_thread_join (g_steal_pointer (&self->meddler));
}

/* Checking */

static void
check_node (Mix     *self,
            MixNode *node)
{
  const GFlowNodeState state = g_flow_run_get_node_state (self->run, node->node);
  const GError *error = g_flow_run_get_node_error (self->run, node->node);
  const int n_calls = g_atomic_int_get (&node->n_calls);
  g_autofree char *reason = g_flow_run_dup_node_reason (self->run, node->node);
  const gboolean restored = g_strcmp0 (reason, "Done in an earlier run") == 0;
  const gboolean has_body = node->kind != MIX_JOIN && node->kind != MIX_FLOW &&
                            node->kind != MIX_MAP;

  g_assert_cmpint (state, >=, G_FLOW_NODE_STATE_DONE);
  g_assert_cmpint (g_atomic_int_get (&node->running), ==, 0);
  g_assert_cmpint (n_calls, <=, (int) ((1 + node->max_retries) * (1 + node->n_revived +
                                       (node->n_revived == 0 ? self->n_revivals : 0))));
  g_assert_true (restored <= (self->resumed && n_calls == 0));
  if (state == G_FLOW_NODE_STATE_DONE)
    {
      g_assert_no_error (error);
      g_assert_true (!has_body || restored || n_calls > 0);
    }
  else
    {
      g_assert_nonnull (error);
      g_assert_nonnull (reason);
    }
  if (state == G_FLOW_NODE_STATE_SKIPPED && self->n_revivals == 0)
    g_assert_cmpint (n_calls, ==, 0);
  if (self->watched)
    {
      g_assert_cmpuint (node->n_always, >=, restored ? 0 : 1);
      g_assert_cmpuint (node->n_always, <=, restored ? 0 : 1 + self->n_revivals);
      if (has_body && self->n_revivals == 0)
        g_assert_cmpuint (node->n_started, ==, n_calls);
    }
  if (self->told)
    g_assert_cmpint (g_flow_step_get_state (g_flow_run_get_step (self->run, node->node)), ==, state);
}

static void
check (Mix *self)
{
  const GFlowRunState state = g_flow_run_get_state (self->run);
  guint count[G_FLOW_NODE_STATE_CANCELLED + 1] = { 0 };

  for (guint i = 0; i < self->n_nodes; i++)
    {
      check_node (self, &self->nodes[i]);
      count[g_flow_run_get_node_state (self->run, self->nodes[i].node)]++;
    }
  g_assert_cmpint (self->ends, ==, 1);
  g_assert_cmpint (self->well, ==, state == G_FLOW_RUN_STATE_DONE);
  g_assert_true (self->well == (self->error == NULL));
  g_assert_cmpuint (g_flow_run_get_n_done (self->run), ==, self->n_nodes);
  g_assert_cmpfloat (g_flow_run_get_fraction (self->run), ==, 1.0);
  g_assert_cmpuint (g_list_model_get_n_items (g_flow_run_get_errors (self->run)), ==,
                    count[G_FLOW_NODE_STATE_FAILED]);
  if (state == G_FLOW_RUN_STATE_DONE)
    g_assert_cmpuint (count[G_FLOW_NODE_STATE_FAILED] + count[G_FLOW_NODE_STATE_CANCELLED], ==, 0);
  for (guint i = 0; i < MIX_N_LOCKS; i++)
    g_assert_cmpint (self->held[i], ==, 0);
}

static void
drop_run (Mix *self)
{
  g_ptr_array_set_size (self->questions, 0);
  mix_finalize (&self->run);
}

/* Another run goes on from where this one has stopped. */
static void
go_on (Mix      *self,
       GVariant *saved)
{
  g_autoptr (GError) error = NULL;

  self->resumed = TRUE;
  self->n_actions = 0;
  set_up (self);
  if (self->journal == NULL && !g_flow_run_restore (self->run, saved, &error))
    g_error ("%s", error->message);
  execute (self);
  check (self);
  drop_run (self);
}

static void
run_one (guint32 seed)
{
  Mix mix;
  g_autoptr (GVariant) saved = NULL;

  /* Who asks lends its place at once, or in time. */
  _g_flow_lend_delay = seed % 2 == 0 ? 0 : 5;
  mix_init (&mix, seed);
  connect_nodes (&mix);
  set_up (&mix);
  execute (&mix);
  check (&mix);
  saved = g_flow_run_save (mix.run);
  drop_run (&mix);
  if (seed % 4 == 0 || mix.journal != NULL)
    go_on (&mix, saved);
  mix_clear (&mix);
}

static void
test_mix (void)
{
  const char *runs_text = g_getenv ("GFLOW_TEST_RUNS");
  const guint64 seed = test_seed ();
  const guint n_runs = runs_text != NULL ? (guint) g_ascii_strtoull (runs_text, NULL, 10)
                                         : G_MAXUINT;
  const gint64 until = runs_text != NULL ? G_MAXINT64
                                         : g_get_monotonic_time () + 10 * G_USEC_PER_SEC;
  guint n = 0;

  for (; n < n_runs && g_get_monotonic_time () < until; n++)
    {
      test_seed_begin (seed + n, "GFLOW_TEST_RUNS=1");
      run_one ((guint32) (seed + n));
    }
  g_test_message ("%u runs", n);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mix/runs", test_mix);

  return g_test_run ();
}
