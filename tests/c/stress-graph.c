/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Random graphs, and the oracle that says how their runs must end. */

#include "stress-graph.h"

#include <string.h>

static gboolean
chance (GRand *rand,
        double probability)
{
  return g_rand_double (rand) < probability;
}

static guint
random_size (GRand *rand)
{
  double dice = g_rand_double (rand);

  if (dice < 0.60)
    return (guint) g_rand_int_range (rand, 1, 30);
  if (dice < 0.95)
    return (guint) g_rand_int_range (rand, 30, 300);
  if (dice < 0.99)
    return (guint) g_rand_int_range (rand, 300, 2000);

  return (guint) g_rand_int_range (rand, 2000, 5001);
}

/* Which kinds of nodes a graph has */
typedef struct
{
  guint    weights[STRESS_SUBFLOW + 1];
  double   p_fail;
  double   p_lock;
  double   p_when;
  double   p_result;
  double   density; /* upstreams for each node, on average */
  guint    window;  /* how far back they are */
  guint    spin;
  gboolean priorities;
  gboolean say_cancelled;
} Recipe;

static Recipe
random_recipe (GRand *rand,
               guint  n)
{
  static const guint mixes[][STRESS_SUBFLOW + 1] = {
    { 1, 0, 0, 0, 0, 0, 0 },  { 10, 0, 0, 0, 0, 1, 0 }, { 0, 1, 0, 0, 0, 0, 0 },
    { 0, 0, 1, 1, 1, 0, 0 },  { 6, 1, 1, 1, 1, 1, 0 },  { 1, 1, 1, 1, 1, 1, 1 },
    { 20, 0, 0, 0, 1, 1, 0 }, { 3, 1, 0, 0, 0, 0, 1 },
  };
  Recipe recipe = { 0 };

  memcpy (recipe.weights, mixes[g_rand_int_range (rand, 0, G_N_ELEMENTS (mixes))],
          sizeof recipe.weights);
  recipe.p_fail = chance (rand, 0.5) ? 0.0 : g_rand_double_range (rand, 0.0, 0.1);
  recipe.p_lock = chance (rand, 0.6) ? 0.0 : g_rand_double (rand);
  recipe.p_when = chance (rand, 0.6) ? 0.0 : g_rand_double_range (rand, 0.0, 0.4);
  recipe.p_result = chance (rand, 0.6) ? 0.0 : g_rand_double (rand);
  recipe.density = g_rand_double_range (rand, 0.0, 3.0);
  recipe.window = (guint) g_rand_int_range (rand, 1, (gint32) MAX (n, 2));
  if (chance (rand, 0.4))
    recipe.window = MIN (recipe.window, 5);
  recipe.spin = chance (rand, 0.5) ? 0 : (guint) g_rand_int_range (rand, 1, n > 500 ? 100 : 2000);
  recipe.priorities = chance (rand, 0.2);
  recipe.say_cancelled = chance (rand, 0.2);

  return recipe;
}

static StressKind
random_kind (GRand        *rand,
             const Recipe *recipe)
{
  guint total = 0;
  guint dice;

  for (guint i = 0; i < G_N_ELEMENTS (recipe->weights); i++)
    total += recipe->weights[i];
  dice = (guint) g_rand_int_range (rand, 0, (gint32) total);
  for (guint i = 0; i < G_N_ELEMENTS (recipe->weights); i++)
    {
      if (dice < recipe->weights[i])
        return i;
      dice -= recipe->weights[i];
    }

  g_assert_not_reached ();
}

static StressOutcome
random_outcome (GRand        *rand,
                const Recipe *recipe,
                GFlowOnError  policy)
{
  if (!chance (rand, recipe->p_fail))
    return STRESS_SUCCEED;
  if (recipe->say_cancelled && policy != G_FLOW_ON_ERROR_IGNORE && chance (rand, 0.3))
    return STRESS_SAY_CANCELLED;
  if (chance (rand, 0.2))
    return STRESS_FAIL_WITHOUT_ERROR;

  return STRESS_FAIL;
}

static void
random_upstreams (StressNode   *self,
                  GRand        *rand,
                  const Recipe *recipe)
{
  guint most = MIN (self->index, recipe->window);
  guint n = (guint) (g_rand_double_range (rand, 0.0, 2.0 * recipe->density) + 0.5);

  if (chance (rand, 0.02))
    n *= 10;
  n = MIN (n, most);
  self->upstreams = g_new (guint, n);
  for (guint i = 0; i < n; i++)
    {
      guint upstream = self->index - 1 - (guint) g_rand_int_range (rand, 0, (gint32) most);
      gboolean known = FALSE;

      for (guint j = 0; j < self->n_upstreams; j++)
        known = known || self->upstreams[j] == upstream;
      if (!known)
        self->upstreams[self->n_upstreams++] = upstream;
    }
}

static gboolean
subflow_body (GFlowNode  *node,
              GFlowRun   *run,
              gpointer    user_data,
              GError    **error)
{
  StressNode *self = user_data;

  /* The node outside holds its locks meanwhile. */
  stress_hold_locks (self);
  stress_drop_locks (self);
  if (self->outcome == STRESS_SAY_CANCELLED)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "Enough");
  else if (self->outcome == STRESS_FAIL)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE, "Broke inside");

  return self->outcome == STRESS_SUCCEED;
}

static void
make_node (StressNode *self)
{
  GFlow *flow = self->graph->flow;
  g_autoptr (GError) error = NULL;
  g_autofree char *name = g_strdup_printf ("n%u", self->index);

  switch (self->kind)
    {
    case STRESS_JOIN:
      self->node = g_flow_add (flow, name, NULL, self, stress_body_destroy, &error);
      break;
    case STRESS_SUBFLOW:
      {
        g_autoptr (GFlow) subflow = g_flow_new ();
        GFlowNode *inner;

        inner = g_flow_add (subflow, "inner", subflow_body, self, stress_body_destroy, &error);
        g_assert_no_error (error);
        if (self->index % 2 == 0)
          g_flow_node_set_placement (inner, G_FLOW_PLACEMENT_CONTEXT);
        self->node = g_flow_add_flow (flow, name, subflow, &error);
      }
      break;
    case STRESS_WORKER:
    case STRESS_CONTEXT:
      self->node = g_flow_add (flow, name, stress_body_sync, self, stress_body_destroy, &error);
      break;
    case STRESS_ASYNC_AT_ONCE:
    case STRESS_ASYNC_IDLE:
    case STRESS_ASYNC_THREAD:
    default:
      self->node = g_flow_add_task (flow, name, stress_body_async, self, stress_body_destroy,
                                    &error);
      break;
    }
  g_assert_no_error (error);
  if (self->kind == STRESS_CONTEXT)
    g_flow_node_set_placement (self->node, G_FLOW_PLACEMENT_CONTEXT);
  g_flow_node_set_run_when (self->node, self->run_when);
}

static void
link_node (StressNode *self,
           GRand      *rand)
{
  StressGraph *graph = self->graph;

  for (guint i = 0; i < self->n_upstreams; i++)
    {
      GFlowNode *upstream = graph->nodes[self->upstreams[i]].node;

      if (chance (rand, 0.1))
        g_flow_node_add_upstream_by_name (self->node, g_flow_node_get_name (upstream));
      else
        g_flow_node_add_upstream (self->node, upstream);
    }
  for (guint i = 0; i < STRESS_N_LOCKS; i++)
    {
      guint lock = self->index % 2 == 0 ? i : STRESS_N_LOCKS - 1 - i;

      if (self->locks & (1u << lock))
        g_flow_node_add_lock (self->node, graph->locks->locks[lock]);
    }
}

static void
add_nodes (StressGraph *self,
           GRand       *rand)
{
  g_autofree guint *order = g_new (guint, self->n_nodes);

  /* Mostly not in the order of the edges. */
  for (guint i = 0; i < self->n_nodes; i++)
    order[i] = i;
  if (chance (rand, 0.5))
    {
      for (guint i = self->n_nodes; i-- > 1;)
        {
          guint j = (guint) g_rand_int_range (rand, 0, (gint32) i + 1);
          guint swapped = order[i];

          order[i] = order[j];
          order[j] = swapped;
        }
    }
  for (guint i = 0; i < self->n_nodes; i++)
    make_node (&self->nodes[order[i]]);
  for (guint i = 0; i < self->n_nodes; i++)
    link_node (&self->nodes[i], rand);
}

void
stress_locks_init (StressLocks *self,
                   GRand       *rand,
                   gboolean     change)
{
  memset (self, 0, sizeof *self);
  for (guint i = 0; i < STRESS_N_LOCKS; i++)
    {
      self->permits[i] = (guint) g_rand_int_range (rand, 1, 4);
      self->most[i] = self->permits[i] + (change ? 2 : 0);
      self->locks[i] = g_flow_lock_new_with_permits (self->permits[i]);
    }
}

/* Everybody has given back what he had. A thread that has just handed a permit over may hold the
 * lock for a moment. */
void
stress_locks_clear (StressLocks *self)
{
  TestLife life;

  test_life_init (&life);
  life.thread = NULL;
  for (guint i = 0; i < STRESS_N_LOCKS; i++)
    {
      g_assert_cmpint (g_atomic_int_get (&self->held[i]), ==, 0);
      g_assert_cmpuint (g_flow_lock_get_in_use (self->locks[i]), ==, 0);
      g_assert_cmpuint (g_flow_lock_get_waiting (self->locks[i]), ==, 0);
      test_life_watch (&life, self->locks[i]);
      g_object_unref (self->locks[i]);
    }
  test_life_assert_over (&life);
}

StressGraph *
stress_graph_new (GRand       *rand,
                  StressLocks *locks,
                  gboolean     sync)
{
  StressGraph *self = g_new0 (StressGraph, 1);
  g_autoptr (GError) error = NULL;
  Recipe recipe;

  self->n_nodes = random_size (rand);
  recipe = random_recipe (rand, self->n_nodes);
  self->thread = g_thread_self ();
  self->flow = g_flow_new ();
  self->nodes = g_new0 (StressNode, self->n_nodes);
  self->on_error = chance (rand, 0.5) ? G_FLOW_ON_ERROR_SKIP_DEPENDANTS
                                      : (GFlowOnError) g_rand_int_range (rand, 0, 4);
  self->max_parallel = chance (rand, 0.8) ? 0 : (guint) g_rand_int_range (rand, 1, 5);
  self->sync = sync;
  self->locks = locks;
  self->watched = chance (rand, 0.2) && !self->sync;
  g_flow_set_max_threads (self->flow, (guint) g_rand_int_range (rand, 1, 9));
  g_flow_set_max_parallel (self->flow, self->max_parallel);
  g_flow_set_on_error (self->flow, self->on_error);

  for (guint i = 0; i < self->n_nodes; i++)
    {
      StressNode *node = &self->nodes[i];

      node->graph = self;
      node->index = i;
      node->kind = random_kind (rand, &recipe);
      node->run_when = chance (rand, recipe.p_when) ? (GFlowRunWhen) g_rand_int_range (rand, 1, 3)
                                                    : G_FLOW_RUN_WHEN_ALL_SUCCEEDED;
      node->spin = recipe.spin;
      random_upstreams (node, rand, &recipe);
      if (chance (rand, recipe.p_lock))
        node->locks = 1u << g_rand_int_range (rand, 0, STRESS_N_LOCKS);
      if (chance (rand, recipe.p_lock * 0.5))
        node->locks |= 1u << g_rand_int_range (rand, 0, STRESS_N_LOCKS);
      if (node->kind == STRESS_JOIN)
        continue;
      node->outcome = random_outcome (rand, &recipe, self->on_error);
      if (node->kind == STRESS_SUBFLOW)
        continue;
      node->gives_result = chance (rand, recipe.p_result);
    }
  add_nodes (self, rand);
  for (guint i = 0; recipe.priorities && i < self->n_nodes; i++)
    g_flow_node_set_priority (self->nodes[i].node, g_rand_int_range (rand, -3, 4));

  g_assert_true (g_flow_validate (self->flow, &error));
  g_assert_no_error (error);

  return self;
}

void
stress_graph_free (StressGraph *self)
{
  for (guint i = 0; i < self->n_nodes; i++)
    g_free (self->nodes[i].upstreams);
  g_free (self->nodes);
  g_free (self);
}

/* Runs */

static StressRecord *
find_record (StressNode *node,
             GFlowRun   *flow_run)
{
  StressRun *run = g_object_get_data (G_OBJECT (flow_run), "stress-run");

  g_assert_true (g_main_context_is_owner (g_main_context_default ()));

  return &run->records[node->index];
}

static void
started_cb (GFlowNode *node,
            GFlowRun  *flow_run,
            gpointer   user_data)
{
  StressRecord *record = find_record (user_data, flow_run);

  g_assert_cmpint (record->n_started++, ==, 0);
  g_assert_cmpint (record->n_done + record->n_error + record->n_always, ==, 0);
}

static void
done_cb (GFlowNode *node,
         GFlowRun  *flow_run,
         gpointer   user_data)
{
  StressRecord *record = find_record (user_data, flow_run);

  g_assert_cmpint (record->n_started, ==, 1);
  g_assert_cmpint (record->n_done++, ==, 0);
  g_assert_cmpint (record->n_error + record->n_always, ==, 0);
  test_assert_node (flow_run, node, DONE);
}

static void
error_cb (GFlowNode *node,
          GFlowRun  *flow_run,
          GError    *error,
          gpointer   user_data)
{
  StressRecord *record = find_record (user_data, flow_run);

  g_assert_cmpint (record->n_started, ==, 1);
  g_assert_cmpint (record->n_error++, ==, 0);
  g_assert_cmpint (record->n_done + record->n_always, ==, 0);
  g_assert_nonnull (error);
}

static void
always_cb (GFlowNode *node,
           GFlowRun  *flow_run,
           gpointer   user_data)
{
  StressRecord *record = find_record (user_data, flow_run);

  g_assert_cmpint (record->n_always++, ==, 0);
  g_assert_cmpint (record->n_done + record->n_error, ==, record->n_started);
}

static void
watch_nodes (StressGraph *graph)
{
  for (guint i = 0; i < graph->n_nodes; i += 3)
    {
      StressNode *node = &graph->nodes[i];

      if (g_signal_handler_find (node->node, G_SIGNAL_MATCH_FUNC, 0, 0, NULL,
                                 (gpointer) always_cb, NULL) != 0)
        return;
      g_signal_connect (node->node, "started", G_CALLBACK (started_cb), node);
      g_signal_connect (node->node, "done", G_CALLBACK (done_cb), node);
      g_signal_connect (node->node, "error", G_CALLBACK (error_cb), node);
      g_signal_connect (node->node, "always", G_CALLBACK (always_cb), node);
    }
}

static void
fraction_cb (GFlowRun   *flow_run,
             GParamSpec *pspec,
             StressRun  *self)
{
  double fraction = g_flow_run_get_fraction (flow_run);

  g_assert_true (g_main_context_is_owner (g_main_context_default ()));
  g_assert_cmpfloat (fraction, >=, self->fraction);
  g_assert_cmpfloat (fraction, <=, 1.0);
  self->fraction = fraction;
}

StressRun *
stress_run_new (StressGraph *graph,
                GRand       *rand)
{
  StressRun *self = g_new0 (StressRun, 1);

  self->graph = graph;
  self->run = g_flow_run_new (graph->flow);
  self->records = g_new0 (StressRecord, graph->n_nodes);
  self->cancellable = chance (rand, 0.5) ? g_cancellable_new () : NULL;
  g_object_set_data (G_OBJECT (self->run), "stress-run", self);
  if (graph->watched)
    watch_nodes (graph);

  if (graph->watched)
    g_signal_connect (self->run, "notify::fraction", G_CALLBACK (fraction_cb), self);
  g_flow_run_set_keep_results (self->run, chance (rand, 0.2));

  self->cancel_after = -1;
  if (chance (rand, 0.05))
    self->deadline_us = g_rand_int_range (rand, 1, 3000);
  if (chance (rand, 0.35))
    {
      self->cancel = (StressCancel) g_rand_int_range (rand, 1, 4);
      self->cancel_after = g_rand_int_range (rand, 0, (gint32) graph->n_nodes + 1);
      self->cancel_turns = (guint) g_rand_int_range (rand, 0, 20);
      if (chance (rand, 0.3))
        self->victim = graph->nodes[g_rand_int_range (rand, 0, (gint32) graph->n_nodes)].node;
      if (graph->sync && self->cancel == STRESS_CANCEL_FROM_CONTEXT)
        self->cancel = STRESS_CANCEL_FROM_BODY;
    }
  else if (!graph->sync && chance (rand, 0.05))
    {
      self->dropped = TRUE;
    }

  return self;
}

/* From any thread, at any time. */
void
stress_run_cancel (StressRun *self)
{
  if (self->victim != NULL)
    g_flow_run_cancel_node (self->run, self->victim);
  else if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  else
    g_flow_run_cancel (self->run);
}

void
stress_run_free (StressRun *self)
{
  g_clear_object (&self->run);
  g_clear_object (&self->cancellable);
  g_clear_error (&self->error);
  g_free (self->records);
  g_free (self);
}

/* The oracle */

typedef enum
{
  WELL,
  BAD,      /* failed, or skipped because something failed */
  GONE,     /* cancelled, or skipped because something was */
  SPARED,   /* a handler that had nothing to do, and what comes after it alone */
} Verdict;

typedef struct
{
  GFlowNodeState state;
  Verdict        verdict;
} Fate;

static Fate
foretell_body (const StressNode *node)
{
  switch (node->outcome)
    {
    case STRESS_FAIL:
    case STRESS_FAIL_WITHOUT_ERROR:
      return (Fate) { G_FLOW_NODE_STATE_FAILED, BAD };
    case STRESS_SAY_CANCELLED:
      return (Fate) { G_FLOW_NODE_STATE_CANCELLED, GONE };
    case STRESS_SUCCEED:
    default:
      return (Fate) { G_FLOW_NODE_STATE_DONE, WELL };
    }
}

static Fate
foretell (const StressGraph *graph,
          const StressNode  *node,
          const Fate        *fates)
{
  guint count[SPARED + 1] = { 0 };
  const Fate skipped_bad = { G_FLOW_NODE_STATE_SKIPPED, BAD };
  const Fate skipped_gone = { G_FLOW_NODE_STATE_SKIPPED, GONE };
  const Fate skipped_spared = { G_FLOW_NODE_STATE_SKIPPED, SPARED };

  for (guint i = 0; i < node->n_upstreams; i++)
    count[fates[node->upstreams[i]].verdict]++;

  switch (node->run_when)
    {
    case G_FLOW_RUN_WHEN_ALL_FINISHED:
      break;
    case G_FLOW_RUN_WHEN_ANY_FAILED:
      if (count[BAD] == 0)
        return skipped_spared;
      break;
    case G_FLOW_RUN_WHEN_ALL_SUCCEEDED:
    default:
      if (count[BAD] > 0 && graph->on_error != G_FLOW_ON_ERROR_IGNORE)
        return skipped_bad;
      if (count[GONE] > 0)
        return skipped_gone;
      if (count[SPARED] > 0 && count[SPARED] == node->n_upstreams)
        return skipped_spared;
      break;
    }

  return foretell_body (node);
}

static gboolean
is_disturbed (StressRun *self)
{
  return self->cancel != STRESS_CANCEL_NEVER || self->dropped || self->deadline_us != 0;
}

/* Nothing but the graph decides. */
static void
check_fates (StressRun *self)
{
  const StressGraph *graph = self->graph;
  g_autofree Fate *fates = g_new0 (Fate, graph->n_nodes);

  for (guint i = 0; i < graph->n_nodes; i++)
    {
      GFlowNodeState state = g_flow_run_get_node_state (self->run, graph->nodes[i].node);

      fates[i] = foretell (graph, &graph->nodes[i], fates);
      g_assert_cmpstr (test_node_state_name (state), ==, test_node_state_name (fates[i].state));
    }
}

static void
check_record (StressRun      *self,
              StressNode     *node,
              GFlowNodeState  state)
{
  StressRecord *record = &self->records[node->index];
  gboolean ran = state == G_FLOW_NODE_STATE_DONE || state == G_FLOW_NODE_STATE_FAILED;
  g_autofree char *reason = g_flow_run_dup_node_reason (self->run, node->node);
  GError *error = g_flow_run_get_node_error (self->run, node->node);
  int begun = g_atomic_int_get (&record->begun);
  int ended = g_atomic_int_get (&record->ended);

  g_assert_cmpint (state, >=, G_FLOW_NODE_STATE_DONE);
  g_assert_cmpint (begun, ==, ended);
  g_assert_cmpint (begun, <=, 1);
  if (node->kind < STRESS_JOIN && ran)
    g_assert_cmpint (ended, ==, 1);
  if (state == G_FLOW_NODE_STATE_SKIPPED)
    {
      g_assert_cmpint (begun, ==, 0);
      g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_SKIPPED);
      g_assert_nonnull (reason);
    }
  if (state == G_FLOW_NODE_STATE_DONE)
    {
      g_assert_no_error (error);
      g_assert_null (reason);
      g_assert_cmpint (node->outcome, ==, STRESS_SUCCEED);
    }
  if (state == G_FLOW_NODE_STATE_FAILED)
    {
      g_assert_nonnull (error);
      g_assert_false (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED));
      g_assert_cmpint (node->outcome, !=, STRESS_SUCCEED);
    }
  if (state == G_FLOW_NODE_STATE_CANCELLED)
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  /* A clean-up runs, whatever happens, unless it is itself cancelled. */
  if (node->run_when == G_FLOW_RUN_WHEN_ALL_FINISHED && node->kind < STRESS_JOIN &&
      self->victim != node->node)
    g_assert_cmpint (ended, ==, 1);

  if (self->graph->watched && node->index % 3 == 0)
    {
      g_assert_cmpint (record->n_always, ==, 1);
      if (node->kind < STRESS_JOIN)
        g_assert_cmpint (record->n_started, ==, begun);
      g_assert_cmpint (record->n_done, ==, state == G_FLOW_NODE_STATE_DONE ? 1 : 0);
    }
}

/* Kept if it was asked for, and where nobody comes after. */
static void
check_results (StressRun *self)
{
  const StressGraph *graph = self->graph;
  gboolean keep = g_flow_run_get_keep_results (self->run);
  g_autofree gboolean *is_leaf = g_new (gboolean, graph->n_nodes);

  for (guint i = graph->n_nodes; i-- > 0;)
    {
      const StressNode *node = &graph->nodes[i];
      const GValue *value = g_flow_run_get_result (self->run, node->node);

      is_leaf[i] = TRUE;
      for (guint j = i + 1; j < graph->n_nodes && !keep && node->gives_result && is_leaf[i]; j++)
        {
          for (guint k = 0; k < graph->nodes[j].n_upstreams; k++)
            is_leaf[i] = is_leaf[i] && graph->nodes[j].upstreams[k] != i;
        }
      if (node->gives_result && self->records[i].ended == 1 && (keep || is_leaf[i]) &&
          g_flow_run_get_node_state (self->run, node->node) == G_FLOW_NODE_STATE_DONE)
        g_assert_cmpuint (g_value_get_uint (value), ==, i);
      else if (!node->gives_result || self->records[i].ended == 0 || !(keep || is_leaf[i]))
        g_assert_null (value);
    }
}

static void
check_outcome (StressRun   *self,
               const guint *count)
{
  GFlowRunState state = g_flow_run_get_state (self->run);
  GError *error = g_flow_run_get_error (self->run);
  GListModel *errors = g_flow_run_get_errors (self->run);

  g_assert_cmpint (state, >=, G_FLOW_RUN_STATE_DONE);
  g_assert_true (self->well == (state == G_FLOW_RUN_STATE_DONE));
  g_assert_true ((error == NULL) == (state == G_FLOW_RUN_STATE_DONE));
  g_assert_true ((self->error == NULL) == (error == NULL));
  if (error != NULL)
    {
      g_assert_cmpstr (error->message, ==, self->error->message);
      g_assert_true (g_error_matches (error, self->error->domain, self->error->code));
      g_assert_true (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) ==
                     (state == G_FLOW_RUN_STATE_CANCELLED));
    }

  if (!is_disturbed (self))
    {
      if (count[G_FLOW_NODE_STATE_FAILED] > 0)
        test_assert_run (self->run, FAILED);
      else if (count[G_FLOW_NODE_STATE_CANCELLED] > 0)
        test_assert_run (self->run, CANCELLED);
      else
        test_assert_run (self->run, DONE);
    }
  if (state == G_FLOW_RUN_STATE_DONE)
    {
      g_assert_cmpuint (count[G_FLOW_NODE_STATE_FAILED], ==, 0);
      g_assert_cmpuint (count[G_FLOW_NODE_STATE_CANCELLED], ==, 0);
    }
  g_assert_cmpuint (g_list_model_get_n_items (errors), ==, count[G_FLOW_NODE_STATE_FAILED]);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    {
      g_assert_cmpint (self->deadline_us, !=, 0);
    }
  else if (state == G_FLOW_RUN_STATE_FAILED)
    {
      g_autoptr (GFlowStep) first = g_list_model_get_item (errors, 0);

      g_assert_cmpstr (g_flow_step_get_error (first)->message, ==, error->message);
    }
}

/* All that must hold for a run that has ended. */
void
stress_run_check (StressRun *self)
{
  StressGraph *graph = self->graph;
  guint count[G_FLOW_NODE_STATE_CANCELLED + 1] = { 0 };

  g_assert_cmpint (self->ends, ==, 1);
  g_assert_cmpint (self->n_inside, ==, 0);
  if (self->run == NULL)
    return;

  for (guint i = 0; i < graph->n_nodes; i++)
    {
      GFlowNodeState state = g_flow_run_get_node_state (self->run, graph->nodes[i].node);

      check_record (self, &graph->nodes[i], state);
      count[state]++;
    }
  check_outcome (self, count);
  if (!is_disturbed (self) && (graph->on_error == G_FLOW_ON_ERROR_SKIP_DEPENDANTS ||
                               graph->on_error == G_FLOW_ON_ERROR_IGNORE))
    check_fates (self);
  if (graph->n_nodes < 300)
    check_results (self);

  g_assert_cmpuint (g_flow_run_get_n_total (self->run), ==, graph->n_nodes);
  g_assert_cmpuint (g_flow_run_get_n_done (self->run), ==, graph->n_nodes);
  g_assert_cmpfloat (g_flow_run_get_fraction (self->run), ==, 1.0);
}
