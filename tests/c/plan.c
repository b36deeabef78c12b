/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What a flow and its plan share, and what a plan finds out when it is asked. */

#include "test-bench.h"

#include "graph/gflow-flow-private.h"
#include "run/gflow-run-private.h"

#define N_NODES 60
#define N_ROUNDS 200

/* A flow, and for each node the names of what it waits for, as the plan has to have them. */
typedef struct
{
  GFlow     *flow;    /* (owned) */
  GPtrArray *nodes;   /* (unowned) of GFlowNode */
  GPtrArray *needs;   /* (owned) of char * */
} Graph;

static void
graph_clear (Graph *self)
{
  g_clear_object (&self->flow);
  g_ptr_array_unref (self->nodes);
  g_ptr_array_unref (self->needs);
}

/* Some needs are there twice, few or many, and they are in no order; with @named some are names. */
static void
link_node (Graph     *self,
           guint      index,
           GRand     *rand,
           gboolean   named)
{
  GFlowNode *node = self->nodes->pdata[index];
  g_autoptr(GPtrArray) names = g_ptr_array_new ();
  const guint n = index > 0 ? g_rand_int_range (rand, 0, g_rand_boolean (rand) ? 6 : 30) : 0;

  for (guint i = 0; i < n; i++)
    {
      GFlowNode *upstream = self->nodes->pdata[g_rand_int_range (rand, 0, index)];
      const char *name = g_flow_node_get_name (upstream);

      if (named && g_rand_boolean (rand))
        g_flow_node_add_upstream_by_name (node, name);
      else
        g_flow_node_add_upstream (node, upstream);
      if (!g_ptr_array_find_with_equal_func (names, name, g_str_equal, NULL))
        g_ptr_array_add (names, (gpointer) name);
    }
  g_ptr_array_add (names, NULL);
  g_ptr_array_add (self->needs, g_strjoinv (" ", (char **) names->pdata));
}

/* @body is that of all nodes. */
static void
graph_init (Graph     *self,
            GRand     *rand,
            GFlowFunc  body,
            gboolean   named)
{
  self->flow = g_flow_new ();
  self->nodes = g_ptr_array_new ();
  self->needs = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < N_NODES; i++)
    g_ptr_array_add (self->nodes, g_flow_add (self->flow, NULL, body, NULL, NULL, NULL));
  for (guint i = 0; i < N_NODES; i++)
    link_node (self, i, rand, named);
}

/* They are the upstreams the other way round, the one added last first. */
static void
check_successors (GFlowPlan *plan)
{
  guint32 n_all = 0;

  for (guint i = 0; i < plan->n_nodes; i++)
    {
      guint32 n, n_upstreams;
      const guint32 *successors = _g_flow_plan_successors (plan, &plan->nodes[i], &n);

      for (guint32 k = 0; k < n; k++)
        {
          const guint32 *upstreams = _g_flow_plan_upstreams (plan, successors[k], &n_upstreams);
          guint32 n_before = 0;

          while (n_before < n_upstreams && upstreams[n_before] != i)
            n_before++;
          g_assert_cmpuint (n_before, <, n_upstreams);
          if (k > 0)
            g_assert_cmpuint (successors[k], <, successors[k - 1]);
        }
      n_all += n;
    }
  g_assert_cmpuint (n_all, ==, plan->n_edges);
}

static void
graph_check (Graph     *self,
             GFlowPlan *plan)
{
  g_assert_cmpuint (plan->n_nodes, ==, N_NODES);
  check_successors (plan);
  for (guint i = 0; i < N_NODES; i++)
    {
      g_autoptr(GPtrArray) names = g_ptr_array_new ();
      guint32 n;
      const guint32 *upstreams = _g_flow_plan_upstreams (plan, i, &n);

      for (guint32 k = 0; k < n; k++)
        g_ptr_array_add (names, (gpointer) g_flow_node_get_name (plan->nodes[upstreams[k]].node));
      g_ptr_array_add (names, NULL);

      g_autofree char *text = g_strjoinv (" ", (char **) names->pdata);

      g_assert_cmpstr (text, ==, self->needs->pdata[i]);
    }
}

/* All sorts of edits, after which the flow has another shape. */
static void
edit (Graph *self,
      GRand *rand)
{
  GError *error = NULL;
  GFlowNode *added = g_flow_add (self->flow, NULL, test_body_nothing, NULL, NULL, &error);

  g_assert_no_error (error);
  g_flow_node_add_upstream (self->nodes->pdata[N_NODES - 1], added);
  for (guint i = 1; i < N_NODES; i += 2)
    g_flow_node_set_upstreams (self->nodes->pdata[i], (GFlowNode **) &self->nodes->pdata[0], 1);
  g_flow_remove_node (self->flow, self->nodes->pdata[g_rand_int_range (rand, 0, N_NODES)], &error);
  g_assert_no_error (error);
}

/* Upstreams are in the order of adding, whenever one asks. */
static void
test_upstreams (gconstpointer data)
{
  const gboolean named = GPOINTER_TO_INT (data);
  g_autoptr(GRand) rand = g_rand_new_with_seed (g_test_rand_int ());

  for (guint i = 0; i < 20; i++)
    {
      Graph graph;

      graph_init (&graph, rand, test_body_nothing, named);

      g_autoptr(GFlowPlan) plan = _g_flow_ref_plan (graph.flow);
      g_autoptr(GPtrArray) held = g_ptr_array_new_with_free_func (g_object_unref);

      /* Their names are asked for when nobody else has them. */
      for (guint k = 0; k < N_NODES; k++)
        g_ptr_array_add (held, g_object_ref (graph.nodes->pdata[k]));
      if (i % 2 == 0)
        graph_check (&graph, plan);
      if (i % 5 != 4)
        edit (&graph, rand);
      if (i % 3 != 0)
        g_clear_object (&graph.flow);
      graph_check (&graph, plan);
      graph_clear (&graph);
    }
}

/* A flow that is not edited has one list with its plan; the list is copied only if somebody
 * else has the plan. */
static void
test_shared (void)
{
  g_autoptr(GFlow) flow = g_flow_new ();
  GFlowNode *a = g_flow_add (flow, "a", test_body_nothing, NULL, NULL, NULL);
  GFlowNodeList *list = flow->nodes;

  /* A flow that grows while it is looked at. */
  for (guint i = 0; i < 100; i++)
    {
      g_autoptr(GFlowPlan) plan = _g_flow_ref_plan (flow);

      g_assert_true (plan->list == flow->nodes);
      g_clear_pointer (&plan, _g_flow_plan_unref);
      g_flow_node_add_upstream (g_flow_add (flow, NULL, test_body_nothing, NULL, NULL, NULL), a);
      g_assert_true (flow->nodes == list);
    }

  g_autoptr(GFlowPlan) held = _g_flow_ref_plan (flow);

  g_flow_remove_node (flow, a, NULL);
  g_assert_true (held->list == list);
  g_assert_true (flow->nodes != list);
  g_assert_cmpuint (list->n, ==, 101);
  g_assert_cmpuint (flow->nodes->n, ==, 100);
  g_assert_true (list->items[0].node == a);

  /* Nobody has what the flow has now. */
  list = flow->nodes;
  g_flow_add_node (flow, a, NULL);
  g_assert_true (flow->nodes == list);
}

/* Nodes go with the last who has the list, in the thread of the flow: that is the flow, a plan from
 * before an edit, or the plan of a flow that is gone. */
static void
test_lifetime (void)
{
  for (guint i = 0; i < 8; i++)
    {
      TestBench bench;

      test_bench_init (&bench);

      GFlow *flow = g_flow_new ();
      GFlowNode *a = test_add_sync (&bench, flow, "a", NULL);
      GFlowNode *b = test_add_sync (&bench, flow, "b", NULL);

      g_flow_node_add_upstream (b, a);
      test_life_watch (&bench.life, flow);
      /* The bench watches its nodes. */

      GFlowRun *run = test_execute_well (flow);

      test_life_watch (&bench.life, run);
      if ((i & 1) != 0)
        g_flow_remove_node (flow, a, NULL);
      if ((i & 2) != 0)
        g_clear_object (&flow);
      g_assert_cmpint (g_atomic_int_get (&bench.life.alive), ==, 4);
      test_assert_node (run, b, DONE);
      test_assert_node (run, a, DONE);

      /* The last who has the plan may be any thread. */
      GFlowPlan *plan = _g_flow_plan_ref (run->plan);

      g_object_unref (run);
      g_clear_object (&flow);
      g_assert_cmpint (g_atomic_int_get (&bench.life.alive), ==, 2);
      if ((i & 4) != 0)
        g_thread_join (g_thread_new (NULL, (GThreadFunc) _g_flow_plan_unref, plan));
      else
        _g_flow_plan_unref (plan);
      test_life_assert_over (&bench.life);
      test_bench_clear (&bench);
    }
}

/* Threads that ask at once */

typedef struct
{
  Graph     *graph;
  GFlowPlan *plan;
  int       *n_here;
} Asker;

static gpointer
ask (gpointer data)
{
  Asker *self = data;

  g_atomic_int_inc (self->n_here);
  while (g_atomic_int_get (self->n_here) < 2)
    ;
  graph_check (self->graph, self->plan);
  return NULL;
}

static void
test_two_ask (void)
{
  g_autoptr(GRand) rand = g_rand_new_with_seed (g_test_rand_int ());

  for (guint i = 0; i < N_ROUNDS; i++)
    {
      Graph graph;
      int n_here = 0;

      graph_init (&graph, rand, test_body_nothing, FALSE);
      for (guint k = 0; k < N_NODES; k++)
        g_flow_node_get_name (graph.nodes->pdata[k]);

      g_autoptr(GFlowPlan) plan = _g_flow_ref_plan (graph.flow);
      Asker asker = { &graph, plan, &n_here };
      GThread *thread = g_thread_new (NULL, ask, &asker);

      ask (&asker);
      g_thread_join (thread);
      graph_clear (&graph);
    }
}

static gboolean
give_result (GFlowNode  *node,
             GFlowRun   *run,
             gpointer    user_data,
             GError    **error)
{
  g_flow_run_set_result_variant (run, node, g_variant_new_uint32 (1));
  return TRUE;
}

/* A thread asks, since nodes have results, while another edits the flow. */
static void
test_edited_meanwhile (void)
{
  g_autoptr(GRand) rand = g_rand_new_with_seed (g_test_rand_int ());

  for (guint i = 0; i < N_ROUNDS; i++)
    {
      Graph graph;
      TestResult result;
      GError *error = NULL;

      graph_init (&graph, rand, give_result, FALSE);

      g_autoptr(GPtrArray) held = g_ptr_array_new_with_free_func (g_object_unref);
      g_autoptr(GFlowRun) run = g_flow_run_new (graph.flow);

      for (guint k = 0; k < N_NODES; k++)
        g_ptr_array_add (held, g_object_ref (graph.nodes->pdata[k]));
      test_result_init (&result);
      g_flow_run_execute (run, NULL, test_result_cb, &result);
      if (i % 4 == 3)
        g_clear_object (&graph.flow);
      else
        edit (&graph, rand);
      TEST_WAIT (result.calls > 0);
      g_flow_run_execute_finish (run, result.result, &error);
      g_assert_no_error (error);
      for (guint k = 0; k < N_NODES; k++)
        test_assert_node (run, held->pdata[k], DONE);
      graph_check (&graph, run->plan);
      test_result_clear (&result);
      graph_clear (&graph);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/plan/upstreams", GINT_TO_POINTER (FALSE), test_upstreams);
  g_test_add_data_func ("/plan/upstreams-named", GINT_TO_POINTER (TRUE), test_upstreams);
  g_test_add_func ("/plan/shared", test_shared);
  g_test_add_func ("/plan/lifetime", test_lifetime);
  g_test_add_func ("/plan/two-ask", test_two_ask);
  g_test_add_func ("/plan/edited-meanwhile", test_edited_meanwhile);
  return g_test_run ();
}
