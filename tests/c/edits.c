/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Flows that workers edit, while something else is done with them at home. */

#include "test-executor.h"

/* Looks */

#define N_EDITORS 60
#define N_ADDED 12

/* A flow of executors that has another flow as a node, which has it as a node: so it can be drawn, not run. */
typedef struct
{
  GFlow     *outer;
  GFlow     *inner;
  GFlowNode *back; /* the node of the inner one that is the outer one */
} Nest;

static void
nest_init (Nest *self)
{
  g_autoptr (GFlowGroup) group = g_flow_group_new_parallel ();
  g_autoptr (GFlowNode) first = g_flow_node_new ("first", test_body_nothing, NULL, NULL);
  g_autoptr (GFlowNode) second = g_flow_node_new ("second", test_body_nothing, NULL, NULL);

  self->outer = g_flow_new ();
  self->inner = g_flow_new ();
  g_flow_group_append_node (group, first);
  g_flow_group_append_node (group, second);
  g_assert_true (g_flow_add_group (self->outer, group, NULL));
  test_executor_add (self->outer, "pass", NULL, NULL);
  g_flow_node_set_detached (test_executor_add (self->outer, "beside", "pass", NULL), TRUE);
  g_flow_node_add_upstream (g_flow_add_flow (self->outer, "inner", self->inner, NULL), second);
  self->back = g_flow_add_flow (self->inner, "back", self->outer, NULL);
}

static void
nest_clear (Nest *self)
{
  g_assert_true (g_flow_remove_node (self->inner, self->back, NULL));
  g_assert_finalize_object (self->outer);
  g_assert_finalize_object (self->inner);
}

/* Adds nodes that wait for each other, and takes out some of them. */
static gboolean
edit (GFlow   *flow,
      GRand   *rand,
      GError **error)
{
  GFlowNode *added[N_ADDED];

  for (guint i = 0; i < N_ADDED; i++)
    {
      added[i] = g_flow_add (flow, NULL, test_body_nothing, NULL, NULL, error);
      if (added[i] == NULL)
        return FALSE;
      for (guint k = g_rand_int_range (rand, 0, 4); i > 0 && k > 0; k--)
        g_flow_node_add_upstream (added[i], added[g_rand_int_range (rand, 0, (int) i)]);
    }
  for (guint i = 0; i < N_ADDED; i++)
    if (g_rand_boolean (rand) && !g_flow_remove_node (flow, added[i], error))
      return FALSE;
  return TRUE;
}

static gboolean
body_edit (GFlowNode  *node,
           GFlowRun   *run,
           gpointer    user_data,
           GError    **error)
{
  Nest *nest = user_data;
  g_autoptr (GRand) rand = g_rand_new_with_seed (g_str_hash (g_flow_node_get_name (node)));

  return edit (nest->outer, rand, error) && edit (nest->inner, rand, error);
}

/* All that walks over the nodes of a flow. */
static void
look_at (Nest  *nest,
         GFlow *other)
{
  g_autofree char *dot = g_flow_to_dot (nest->outer, NULL);
  g_autofree char *mermaid = g_flow_to_mermaid (nest->outer, NULL);
  g_autofree char *inner_dot = g_flow_to_dot (nest->inner, NULL);
  g_autoptr (GFlow) copy = g_flow_copy (nest->outer);
  g_autoptr (GError) error = NULL;
  GFlowNode *inner = g_flow_lookup (nest->outer, "inner");

  test_assert_contains (dot, "first");
  test_assert_contains (mermaid, "second");
  test_assert_contains (inner_dot, "back");
  g_assert_nonnull (g_flow_lookup (copy, "beside"));
  g_assert_nonnull (g_flow_get_insertion_point (copy));
  g_assert_false (g_flow_equal (nest->outer, other));
  g_assert_nonnull (g_flow_get_insertion_point (nest->outer));
  g_assert_cmpuint (g_list_model_get_n_items (g_flow_get_orphans (nest->outer)), >, 0);
  g_assert_cmpuint (g_list_model_get_n_items (g_flow_node_get_upstreams (inner)), ==, 1);
  g_assert_nonnull (g_flow_node_get_downstreams (inner));
  g_assert_false (g_flow_validate (nest->outer, &error));
  g_assert_true (error->domain == G_FLOW_ERROR);
}

static void
test_looks (void)
{
  const guint64 seed = test_seed ();

  for (guint round = 0; round < 5; round++)
    {
      Nest nest;
      g_autoptr (GFlow) editors = g_flow_new ();
      g_autoptr (GFlow) other = g_flow_new ();
      TestResult result;
      g_autoptr (GFlowRun) run = NULL;
      g_autoptr (GError) error = NULL;

      test_seed_begin (seed, "/edits/looks and");
      nest_init (&nest);
      g_flow_set_max_threads (editors, 2);
      for (guint i = 0; i < N_EDITORS; i++)
        {
          g_autofree char *name = g_strdup_printf ("%" G_GUINT64_FORMAT "/%u/%u", seed, round, i);

          g_assert_nonnull (g_flow_add (editors, name, body_edit, &nest, NULL, NULL));
        }
      test_result_init (&result);
      g_flow_execute (editors, NULL, test_result_cb, &result);
      do
        {
          look_at (&nest, other);
          g_main_context_iteration (NULL, FALSE);
        }
      while (result.calls == 0);
      run = g_flow_execute_finish (editors, result.result, &error);
      g_assert_no_error (error);
      test_assert_run (run, DONE);
      test_result_clear (&result);
      nest_clear (&nest);
    }
}

/* Bodies that edit the flow that they are of */

typedef struct
{
  GFlow   *flow;
  GThread *home;
  guint    n_items; /* by what was reported */
} Growth;

static void
growth_cb (GListModel *model,
           guint       position,
           guint       removed,
           guint       added,
           Growth     *growth)
{
  g_assert_true (g_thread_self () == growth->home);
  growth->n_items += added - removed;
}

static gboolean
body_grow (GFlowNode  *node,
           GFlowRun   *run,
           gpointer    user_data,
           GError    **error)
{
  Growth *growth = user_data;
  GFlowNode *previous = node;

  for (guint i = 0; i < 5; i++)
    {
      GFlowNode *added = g_flow_add (growth->flow, NULL, test_body_nothing, NULL, NULL, error);

      if (added == NULL)
        return FALSE;
      g_flow_node_add_upstream (added, previous);
      previous = added;
    }

  return TRUE;
}

static void
test_own (void)
{
  Growth growth = { .flow = g_flow_new (), .home = g_thread_self () };
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;

  g_flow_set_max_threads (growth.flow, 4);
  for (guint i = 0; i < 200; i++)
    g_assert_nonnull (g_flow_add (growth.flow, NULL, body_grow, &growth, NULL, NULL));
  growth.n_items = 200;
  g_signal_connect (growth.flow, "items-changed", G_CALLBACK (growth_cb), &growth);
  run = test_execute_well (growth.flow);
  g_assert_cmpuint (g_flow_run_get_n_done (run), ==, 200);
  TEST_WAIT (growth.n_items == 1200);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (growth.flow)), ==, 1200);
  g_assert_true (g_flow_validate (growth.flow, &error));
  g_assert_no_error (error);
  g_clear_object (&run);
  g_assert_finalize_object (growth.flow);
}

#define N_HOSTS 100

static gboolean
body_come_and_go (GFlowNode  *node,
                  GFlowRun   *run,
                  gpointer    user_data,
                  GError    **error)
{
  GFlow *flow = user_data;
  g_autoptr (GFlowNode) guest = NULL;

  for (guint i = 0; i < 20; i++)
    {
      GFlowNode *added = g_flow_add (flow, NULL, test_body_nothing, NULL, NULL, error);

      if (added == NULL)
        return FALSE;
      g_flow_node_add_upstream (added, node);
      if (guest == NULL)
        guest = g_object_ref (added);
    }

  return g_flow_remove_node (flow, guest, error);
}

static void
look_at_own (GFlow     *flow,
         GFlowNode *node)
{
  g_autoptr (GFlowNode) item = g_list_model_get_item (G_LIST_MODEL (flow), N_HOSTS);
  g_autoptr (GError) error = NULL;
  GListModel *upstreams = g_flow_node_get_upstreams (node);

  g_assert_true (item == node);
  g_assert_cmpuint (g_list_model_get_n_items (upstreams), ==, N_HOSTS);
  for (guint i = 0; i < N_HOSTS; i++)
    {
      g_autoptr (GFlowNode) upstream = g_list_model_get_item (upstreams, i);

      g_assert_true (g_flow_node_get_flow (upstream) == flow);
    }
  g_assert_nonnull (g_flow_get_insertion_point (flow));
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (flow)), >, N_HOSTS);
  g_assert_true (g_flow_validate (flow, &error));
  g_assert_no_error (error);
}

static void
test_own_looks (void)
{
  for (guint round = 0; round < 5; round++)
    {
      GFlow *flow = g_flow_new ();
      GFlowNode *node;
      g_autoptr (GFlowRun) run = NULL;
      g_autoptr (GError) error = NULL;
      TestResult result;

      g_flow_set_max_threads (flow, 2);
      for (guint i = 0; i < N_HOSTS; i++)
        g_assert_nonnull (g_flow_add (flow, NULL, body_come_and_go, flow, NULL, NULL));
      node = g_flow_add (flow, NULL, test_body_nothing, NULL, NULL, NULL);
      for (guint i = 0; i < N_HOSTS; i++)
        {
          g_autoptr (GFlowNode) upstream = g_list_model_get_item (G_LIST_MODEL (flow), i);

          g_flow_node_add_upstream (node, upstream);
        }
      run = g_flow_run_new (flow);
      test_result_init (&result);
      g_flow_run_execute (run, NULL, test_result_cb, &result);
      while (result.calls == 0)
        {
          look_at_own (flow, node);
          g_main_context_iteration (NULL, FALSE);
        }
      g_assert_true (g_flow_run_execute_finish (run, result.result, &error));
      g_assert_no_error (error);
      g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (flow)), ==,
                        N_HOSTS + 1 + N_HOSTS * 19);
      test_result_clear (&result);
      g_clear_object (&run);
      g_assert_finalize_object (flow);
    }
}

/* Notifications */

typedef struct
{
  GFlow     *flow;
  GFlowNode *nodes[3]; /* the last two by a group */
  GThread   *home;
  guint      n_told;
} Entry;

static void
flow_cb (GFlowNode  *node,
         GParamSpec *pspec,
         Entry      *entry)
{
  g_assert_true (g_thread_self () == entry->home);
  g_assert_true (g_flow_node_get_flow (node) == entry->flow);
  entry->n_told++;
}

static gboolean
body_enter (GFlowNode  *node,
            GFlowRun   *run,
            gpointer    user_data,
            GError    **error)
{
  Entry *entry = user_data;
  g_autoptr (GFlowGroup) group = g_flow_group_new_parallel ();

  g_flow_group_append_node (group, entry->nodes[1]);
  g_flow_group_append_node (group, entry->nodes[2]);
  return g_flow_add_node (entry->flow, entry->nodes[0], error) &&
         g_flow_add_group (entry->flow, group, error);
}

static void
test_notifications (void)
{
  g_autoptr (GFlow) editor = g_flow_new ();
  Entry entry = { .flow = g_flow_new (), .home = g_thread_self () };

  for (guint i = 0; i < G_N_ELEMENTS (entry.nodes); i++)
    {
      entry.nodes[i] = g_flow_node_new (NULL, test_body_nothing, NULL, NULL);
      g_signal_connect (entry.nodes[i], "notify::flow", G_CALLBACK (flow_cb), &entry);
    }
  g_assert_nonnull (g_flow_add (editor, "editor", body_enter, &entry, NULL, NULL));
  g_object_unref (test_execute_well (editor));
  TEST_WAIT (entry.n_told == G_N_ELEMENTS (entry.nodes));

  /* And at once at home. */
  g_signal_handlers_disconnect_by_data (entry.nodes[1], &entry);
  g_signal_handlers_disconnect_by_data (entry.nodes[2], &entry);
  g_assert_true (g_flow_remove_node (entry.flow, entry.nodes[1], NULL));
  g_signal_connect (entry.nodes[1], "notify::flow", G_CALLBACK (flow_cb), &entry);
  g_assert_true (g_flow_add_node (entry.flow, entry.nodes[1], NULL));
  g_assert_cmpuint (entry.n_told, ==, G_N_ELEMENTS (entry.nodes) + 1);

  for (guint i = 0; i < G_N_ELEMENTS (entry.nodes); i++)
    {
      g_signal_handlers_disconnect_by_data (entry.nodes[i], &entry);
      g_object_unref (entry.nodes[i]);
    }
  g_assert_finalize_object (entry.flow);
}

/* Posts to a flow that others close, edit and open again */

typedef struct
{
  GFlow *flow;
  char  *target;  /* takes its time to be understood, and the flow may be closed meanwhile */
  int    n_posts; /* atomic */
  int    over;    /* atomic */
} Desk;

static gpointer
post_often (gpointer data)
{
  Desk *desk = data;

  while (!g_atomic_int_get (&desk->over))
    {
      g_autoptr (GFlowPost) post = g_flow_post (desk->flow, "/");
      g_autoptr (GError) error = NULL;

      g_flow_post_set_target (post, desk->target);
      if (!g_flow_post_run_sync (post, NULL, &error))
        g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_NOT_OPEN);
      g_atomic_int_inc (&desk->n_posts);
    }
  return NULL;
}

static char *
make_target (void)
{
  GString *target = g_string_new ("word0");

  for (guint i = 1; i < 1000; i++)
    g_string_append_printf (target, "|word%u", i);
  return g_string_free (target, FALSE);
}

static void
test_posts (void)
{
  Desk desk = { .flow = g_flow_new (), .target = make_target () };
  GFlowNode *first = test_executor_add (desk.flow, "first", NULL, NULL);
  GThread *thread;

  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *word = g_strdup_printf ("word%u", i);

      test_executor_add (desk.flow, word, NULL, NULL);
    }
  thread = test_thread_new ("posts", post_often, &desk);
  for (guint i = 0; i < 50; i++)
    {
      const int n_posts = g_atomic_int_get (&desk.n_posts);

      g_assert_true (g_flow_open_sync (desk.flow, NULL, NULL));
      TEST_WAIT (g_atomic_int_get (&desk.n_posts) > n_posts);
      test_flow_close (desk.flow);

      /* A cycle, until the post that has found the flow open has ended */
      GFlowNode *last = g_flow_add (desk.flow, NULL, test_body_nothing, NULL, NULL, NULL);

      g_flow_node_add_upstream (last, first);
      g_flow_node_add_upstream (first, last);
      TEST_WAIT (g_atomic_int_get (&desk.n_posts) > n_posts + 1);
      g_flow_node_set_upstreams (first, NULL, 0);
      g_assert_true (g_flow_remove_node (desk.flow, last, NULL));
    }
  g_atomic_int_set (&desk.over, TRUE);
  g_thread_join (thread);
  g_free (desk.target);
  g_assert_finalize_object (desk.flow);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/edits/looks", test_looks);
  g_test_add_func ("/edits/own", test_own);
  g_test_add_func ("/edits/own-looks", test_own_looks);
  g_test_add_func ("/edits/notifications", test_notifications);
  g_test_add_func ("/edits/posts", test_posts);

  return g_test_run ();
}
