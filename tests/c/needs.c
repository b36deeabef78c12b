/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Who holds whom: nodes and what they wait for, in one flow, in two, and in none. */

#include "test-util.h"

#include <pthread.h>

static GFlowNode *
add (GFlow      *flow,
     const char *name,
     TestLife   *life)
{
  GFlowNode *node = g_flow_add (flow, name, test_body_nothing, NULL, NULL, NULL);

  g_assert_nonnull (node);
  test_life_watch (life, node);
  return node;
}

static void
remove_node (GFlow     *flow,
             GFlowNode *node)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (g_flow_remove_node (flow, node, &error));
  g_assert_no_error (error);
}

#define assert_alive(life, n) g_assert_cmpint (g_atomic_int_get (&(life)->alive), ==, (int) (n))
#define assert_upstreams(node, expected) \
  test_assert_model (g_flow_node_get_upstreams (node), expected)

static void
test_node_outlives_flow (void)
{
  g_autoptr (GFlowNode) kept = NULL;
  g_autoptr (GFlow) other = g_flow_new ();
  GFlow *flow = g_flow_new ();
  TestLife life;

  test_life_init (&life);
  kept = g_object_ref (add (flow, "kept", &life));
  for (guint i = 0; i < 7; i++)
    g_flow_node_add_upstream (kept, add (flow, NULL, &life));
  assert_upstreams (kept, "node0 node1 node2 node3 node4 node5 node6");

  /* Its upstreams go with the flow. */
  g_assert_finalize_object (flow);
  assert_alive (&life, 1);
  g_assert_null (g_flow_node_get_flow (kept));
  assert_upstreams (kept, "");

  g_assert_true (g_flow_add_node (other, kept, NULL));
  g_flow_node_add_upstream (kept, add (other, "first", &life));
  assert_upstreams (kept, "first");
  g_object_unref (test_execute_well (other));
  g_clear_object (&kept);
  g_clear_object (&other);
  test_life_assert_over (&life);
}

/* With @n others before the one that is removed, and as many behind it. */
static void
check_upstream_removed (guint n)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GError) error = NULL;
  GFlowNode *removed;
  GFlowNode *waiting;
  TestLife life;

  test_life_init (&life);
  waiting = add (flow, "waiting", &life);
  for (guint i = 0; i < n; i++)
    g_flow_node_add_upstream (waiting, add (flow, NULL, &life));
  removed = add (flow, "removed", &life);
  g_flow_node_add_upstream (waiting, removed);
  for (guint i = 0; i < n; i++)
    g_flow_node_add_upstream (waiting, add (flow, NULL, &life));
  g_object_unref (test_execute_well (flow));

  /* Only the node that waits for it holds it now, at its place among the others. */
  remove_node (flow, removed);
  assert_alive (&life, n * 2 + 2);
  g_assert_true (g_list_model_get_item (g_flow_node_get_upstreams (waiting), n) == removed);
  g_assert_cmpuint (g_list_model_get_n_items (g_flow_node_get_upstreams (waiting)), ==, n * 2 + 1);
  g_assert_false (g_flow_validate (flow, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_UNKNOWN_NODE);

  /* It can come back, and go again. */
  g_assert_true (g_flow_add_node (flow, removed, NULL));
  g_object_unref (test_execute_well (flow));
  remove_node (flow, removed);
  g_object_unref (removed);

  g_flow_node_set_upstreams (waiting, NULL, 0);
  g_assert_cmpuint (g_list_model_get_n_items (g_flow_node_get_upstreams (waiting)), ==, 0);
  assert_alive (&life, n * 2 + 1);
  g_object_unref (test_execute_well (flow));
  g_clear_object (&flow);
  test_life_assert_over (&life);
}

static void
test_upstream_removed (void)
{
  for (guint n = 0; n < 8; n++)
    check_upstream_removed (n);
}

static void
test_downstream_removed (void)
{
  g_autoptr (GFlowNode) removed = NULL;
  GFlow *flow = g_flow_new ();
  TestLife life;

  /* What leaves a flow takes along what it waits for. */
  test_life_init (&life);
  add (flow, "before", &life);
  removed = g_object_ref (add (flow, "removed", &life));
  g_flow_node_add_upstream (removed, add (flow, "a", &life));
  g_flow_node_add_upstream (removed, add (flow, "b", &life));
  g_flow_node_add_upstream (removed, add (flow, "c", &life));
  remove_node (flow, removed);
  assert_upstreams (removed, "a b c");
  g_assert_finalize_object (flow);
  assert_alive (&life, 4);
  assert_upstreams (removed, "a b c");
  g_clear_object (&removed);
  test_life_assert_over (&life);
}

static void
test_two_flows (void)
{
  GFlow *flow = g_flow_new ();
  GFlow *other = g_flow_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GFlow) copy = NULL;
  GFlowNode *node;
  GFlowNode *foreign;
  TestLife life;

  test_life_init (&life);
  node = add (flow, "node", &life);
  g_flow_node_add_upstream (node, add (flow, "near", &life));
  foreign = add (other, "foreign", &life);
  g_flow_node_add_upstream (node, foreign);
  g_flow_node_add_upstream (node, add (flow, "late", &life));
  g_flow_node_add_upstream (foreign, add (other, "behind", &life));
  assert_upstreams (node, "near foreign late");
  g_assert_false (g_flow_validate (flow, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_UNKNOWN_NODE);

  /* A copy waits for the same stranger. */
  copy = g_flow_copy (flow);
  assert_upstreams (g_flow_lookup (copy, "node"), "near foreign late");
  g_assert_true (g_list_model_get_item (g_flow_node_get_upstreams (g_flow_lookup (copy, "node")), 1) ==
                 foreign);
  g_object_unref (foreign);
  g_clear_object (&copy);

  /* It stays when its flow goes, and what it waited for does not. */
  g_assert_finalize_object (other);
  assert_alive (&life, 4);
  assert_upstreams (node, "near foreign late");
  g_assert_true (g_flow_add_node (flow, foreign, NULL));
  g_object_unref (test_execute_well (flow));
  g_assert_finalize_object (flow);
  test_life_assert_over (&life);
}

static void
test_linked_before_added (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlow) copy = NULL;
  GFlowNode *nodes[5];
  TestLife life;

  /* In a circle, first: nobody is to be freed out of another. */
  test_life_init (&life);
  for (guint i = 0; i < G_N_ELEMENTS (nodes); i++)
    {
      nodes[i] = g_flow_node_new (NULL, test_body_nothing, NULL, NULL);
      test_life_watch (&life, nodes[i]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (nodes); i++)
    g_flow_node_add_upstream (nodes[i], nodes[(i + 1) % G_N_ELEMENTS (nodes)]);
  for (guint i = 0; i < G_N_ELEMENTS (nodes); i++)
    {
      g_assert_true (g_flow_add_node (flow, nodes[i], NULL));
      g_object_unref (nodes[i]);
    }
  g_assert_false (g_flow_validate (flow, NULL));
  g_flow_node_set_upstreams (nodes[4], NULL, 0);
  g_flow_node_add_upstream (nodes[0], nodes[4]);
  assert_upstreams (nodes[0], "node1 node4");
  g_object_unref (test_execute_well (flow));

  copy = g_flow_copy (flow);
  g_assert_true (g_flow_equal (flow, copy));
  g_assert_true (g_list_model_get_item (g_flow_node_get_upstreams (g_flow_lookup (copy, "node0")), 0) ==
                 g_flow_lookup (copy, "node1"));
  g_object_unref (g_flow_lookup (copy, "node1"));
  g_clear_object (&flow);
  test_life_assert_over (&life);
}

static void
test_named_and_near (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlow) copy = NULL;
  GFlowNode *node;
  TestLife life;

  test_life_init (&life);
  node = add (flow, "node", &life);
  g_flow_node_add_upstream (node, add (flow, "a", &life));
  g_flow_node_add_upstream (node, add (flow, "b", &life));
  g_flow_node_add_upstream (node, add (flow, "c", &life));
  g_flow_node_add_upstream_by_name (node, "d");
  assert_upstreams (node, "a b c");
  add (flow, "d", &life);
  assert_upstreams (node, "a b c d");
  remove_node (flow, g_flow_lookup (flow, "d"));
  assert_upstreams (node, "a b c");
  add (flow, "d", &life);
  g_flow_node_add_upstream (node, g_flow_lookup (flow, "d"));
  assert_upstreams (node, "a b c d");

  copy = g_flow_copy (flow);
  assert_upstreams (g_flow_lookup (copy, "node"), "a b c d");
  g_assert_true (g_flow_equal (flow, copy));
  g_object_unref (test_execute_well (flow));
  g_clear_object (&flow);
  test_life_assert_over (&life);
}

/* Destroyed at home, wherever the flow goes */

typedef struct
{
  GThread *home;
  guint    n_calls;
} AtHome;

static void
count_at_home (gpointer data)
{
  AtHome *at_home = data;

  g_assert_true (g_thread_self () == at_home->home);
  at_home->n_calls++;
}

static void
count_change_at_home (GListModel *model,
                      guint       position,
                      guint       removed,
                      guint       added,
                      gpointer    data)
{
  count_at_home (data);
}

static gpointer
drop_flow (gpointer flow)
{
  g_assert_finalize_object ((GFlow *) flow);
  return NULL;
}

typedef struct
{
  GFlow     *flow;
  GFlowNode *waiting;
  GFlowNode *removed;
} Edit;

static gpointer
edit_elsewhere (gpointer data)
{
  Edit *edit = data;

  g_flow_node_set_upstreams (edit->waiting, NULL, 0);
  remove_node (edit->flow, edit->removed);
  return NULL;
}

/* What nobody but the flow holds is removed, and what nobody but a node does. */
static void
test_edited_elsewhere (void)
{
  AtHome destroyed = { g_thread_self () }, changed = { g_thread_self () };
  g_autoptr (GFlow) flow = g_flow_new ();
  GFlowNode *nodes[3];
  Edit edit;

  for (guint i = 0; i < G_N_ELEMENTS (nodes); i++)
    nodes[i] = g_flow_add (flow, NULL, test_body_nothing, &destroyed, count_at_home, NULL);
  g_flow_node_add_upstream (nodes[1], nodes[0]);
  g_flow_node_add_upstream (nodes[2], nodes[1]);
  g_signal_connect (g_flow_node_get_upstreams (nodes[2]), "items-changed",
                    G_CALLBACK (count_change_at_home), &changed);
  remove_node (flow, nodes[0]);
  g_assert_cmpuint (destroyed.n_calls, ==, 0);

  edit = (Edit) { flow, nodes[1], nodes[2] };
  g_thread_join (g_thread_new (NULL, edit_elsewhere, &edit));
  TEST_WAIT (destroyed.n_calls == 2);
  g_assert_cmpuint (changed.n_calls, ==, 1);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (flow)), ==, 1);
  g_clear_object (&flow);
  g_assert_cmpuint (destroyed.n_calls, ==, 3);
}

static void
test_dropped_elsewhere (void)
{
  AtHome destroyed = { g_thread_self () }, changed = { g_thread_self () };
  GFlow *flow = g_flow_new ();
  g_autoptr (GFlowNode) kept = NULL;

  kept = g_object_ref (g_flow_add (flow, "kept", test_body_nothing, &destroyed, count_at_home, NULL));
  for (guint i = 0; i < 3; i++)
    g_flow_node_add_upstream (kept, g_flow_add (flow, NULL, test_body_nothing, &destroyed,
                                                count_at_home, NULL));
  g_signal_connect (g_flow_node_get_upstreams (kept), "items-changed",
                    G_CALLBACK (count_change_at_home), &changed);
  /* Only the node that waits for it holds it. */
  remove_node (flow, g_flow_lookup (flow, "node1"));

  g_thread_join (g_thread_new (NULL, drop_flow, flow));
  TEST_WAIT (destroyed.n_calls == 3);
  g_assert_cmpuint (changed.n_calls, ==, 1);
  g_assert_null (g_flow_node_get_flow (kept));
  assert_upstreams (kept, "");
  g_clear_object (&kept);
  g_assert_cmpuint (destroyed.n_calls, ==, 4);
}

/* What every node waits for is written down beside the flow, and compared after every edit. */

#define MOST 24

typedef struct
{
  GFlow     *flow;
  TestLife   life;
  GPtrArray *in;               /* (element-type GFlowNode): in the order of the flow */
  GPtrArray *out;              /* (owned) (element-type GFlowNode): those that are in no flow */
  GHashTable *upstreams;       /* (owned) GFlowNode → GPtrArray of it */
} Mirror;

static GFlowNode *
mirror_any (GPtrArray *nodes)
{
  return nodes->pdata[g_test_rand_int_range (0, (gint32) nodes->len)];
}

static void
mirror_link (Mirror    *self,
             GFlowNode *node,
             GFlowNode *upstream)
{
  GPtrArray *upstreams = g_hash_table_lookup (self->upstreams, node);

  g_flow_node_add_upstream (node, upstream);
  if (!g_ptr_array_find (upstreams, upstream, NULL))
    g_ptr_array_add (upstreams, upstream);
}

static void
mirror_edit (Mirror *self)
{
  const gboolean has_out = self->out->len > 0, has_in = self->in->len > 0;
  const int what = g_test_rand_int_range (0, 10);
  GFlowNode *node;

  if (self->in->len + self->out->len < MOST && (!has_in || what < 3))
    {
      node = add (self->flow, NULL, &self->life);
      g_ptr_array_add (self->in, node);
      g_hash_table_insert (self->upstreams, node, g_ptr_array_new ());
    }
  else if (has_in && what < 7)
    {
      node = mirror_any (self->in);
      for (int n = g_test_rand_int_range (1, 8); n > 0; n--)
        mirror_link (self, node, mirror_any (has_out && n == 1 ? self->out : self->in));
    }
  else if (has_out && has_in && what == 7)
    {
      mirror_link (self, mirror_any (self->out), mirror_any (self->in));
    }
  else if (has_out && what == 8)
    {
      node = mirror_any (self->out);
      g_assert_true (g_flow_add_node (self->flow, node, NULL));
      g_ptr_array_add (self->in, node);
      g_ptr_array_remove (self->out, node);
    }
  else if (has_in && what == 9)
    {
      node = mirror_any (self->in);
      g_ptr_array_add (self->out, g_object_ref (node));
      g_ptr_array_remove (self->in, node);
      remove_node (self->flow, node);
    }
  else if (has_in)
    {
      GPtrArray *upstreams;

      node = mirror_any (self->in);
      upstreams = g_hash_table_lookup (self->upstreams, node);
      g_ptr_array_set_size (upstreams, MIN (upstreams->len, 3));
      g_flow_node_set_upstreams (node, (GFlowNode **) upstreams->pdata, upstreams->len);
    }
}

static void
mirror_copy (Mirror *self)
{
  g_autoptr (GFlow) copy = g_flow_copy (self->flow);

  g_assert_true (g_flow_equal (self->flow, copy));
  for (guint i = self->in->len; i-- > 0;)
    {
      g_autofree char *names = test_model_names (g_flow_node_get_upstreams (self->in->pdata[i]));
      g_autoptr (GFlowNode) node = g_list_model_get_item (G_LIST_MODEL (copy), i);

      test_assert_model (g_flow_node_get_upstreams (node), names);
    }
}

static void
mirror_check (Mirror *self)
{
  GHashTableIter iter;
  GFlowNode *node;
  GPtrArray *upstreams;

  g_hash_table_iter_init (&iter, self->upstreams);
  while (g_hash_table_iter_next (&iter, (gpointer *) &node, (gpointer *) &upstreams))
    {
      GListModel *model = g_flow_node_get_upstreams (node);

      g_assert_cmpuint (g_list_model_get_n_items (model), ==, upstreams->len);
      for (guint i = 0; i < upstreams->len; i++)
        {
          g_autoptr (GFlowNode) upstream = g_list_model_get_item (model, i);

          g_assert_true (upstream == upstreams->pdata[i]);
        }
    }
}

static void
test_random (void)
{
  for (guint round = 0; round < 20; round++)
    {
      Mirror mirror = { g_flow_new () };

      test_life_init (&mirror.life);
      mirror.in = g_ptr_array_new ();
      mirror.out = g_ptr_array_new_with_free_func (g_object_unref);
      mirror.upstreams = g_hash_table_new_full (NULL, NULL, NULL,
                                                (GDestroyNotify) g_ptr_array_unref);
      for (guint i = 0; i < 150; i++)
        {
          mirror_edit (&mirror);
          mirror_check (&mirror);
          /* Compiling leaves of what was added twice one. */
          if (i % 3 == 0)
            g_flow_validate (mirror.flow, NULL);
          if (i % 50 == 0)
            mirror_copy (&mirror);
        }

      /* Circles of nodes that are in no flow are the application's. */
      for (guint i = 0; i < mirror.out->len; i++)
        g_flow_node_set_upstreams (mirror.out->pdata[i], NULL, 0);
      for (guint i = 0; i < mirror.out->len; i++)
        g_flow_node_get_upstreams (mirror.out->pdata[i]);
      g_hash_table_unref (mirror.upstreams);
      g_ptr_array_unref (mirror.in);
      g_assert_finalize_object (mirror.flow);
      g_ptr_array_unref (mirror.out);
      test_life_assert_over (&mirror.life);
    }
}

/* Long chains, in a thread with a small stack */

#define LONG 1000000
#define SHORT 3000

static GFlow *
make_chain (guint       n,
            GFlowNode **last)
{
  GFlow *flow = g_flow_new ();

  *last = NULL;
  for (guint i = 0; i < n; i++)
    {
      GFlowNode *node = g_flow_add (flow, NULL, test_body_nothing, NULL, NULL, NULL);

      if (*last != NULL)
        g_flow_node_add_upstream (node, *last);
      *last = node;
    }
  return flow;
}

static void *
drop_chains (void *data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GFlowNode) held = NULL;
  GFlowNode *last;
  GFlow *flow;
  TestLife life;

  g_main_context_push_thread_default (context);
  test_life_init (&life);
  flow = make_chain (LONG, &last);
  test_life_watch (&life, g_flow_lookup (flow, "node0"));
  test_life_watch (&life, last);
  g_assert_finalize_object (flow);
  assert_alive (&life, 0);

  /* All of the chain leaves the flow, and then hangs on its last node. */
  flow = make_chain (SHORT, &last);
  test_life_watch (&life, g_flow_lookup (flow, "node0"));
  held = g_object_ref (last);
  for (guint i = SHORT; i > 0; i--)
    {
      g_autoptr (GFlowNode) node = g_list_model_get_item (G_LIST_MODEL (flow), i - 1);

      remove_node (flow, node);
    }
  g_assert_finalize_object (flow);
  assert_alive (&life, 1);
  g_clear_object (&held);
  assert_alive (&life, 0);
  g_main_context_pop_thread_default (context);

  return NULL;
}

static void
test_long_chains (void)
{
  pthread_attr_t attributes;
  pthread_t thread;

  pthread_attr_init (&attributes);
  g_assert_cmpint (pthread_attr_setstacksize (&attributes, 256 * 1024), ==, 0);
  g_assert_cmpint (pthread_create (&thread, &attributes, drop_chains, NULL), ==, 0);
  g_assert_cmpint (pthread_join (thread, NULL), ==, 0);
  pthread_attr_destroy (&attributes);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/needs/node-outlives-flow", test_node_outlives_flow);
  g_test_add_func ("/needs/upstream-removed", test_upstream_removed);
  g_test_add_func ("/needs/downstream-removed", test_downstream_removed);
  g_test_add_func ("/needs/two-flows", test_two_flows);
  g_test_add_func ("/needs/linked-before-added", test_linked_before_added);
  g_test_add_func ("/needs/named-and-near", test_named_and_near);
  g_test_add_func ("/needs/dropped-elsewhere", test_dropped_elsewhere);
  g_test_add_func ("/needs/edited-elsewhere", test_edited_elsewhere);
  g_test_add_func ("/needs/random", test_random);
  g_test_add_func ("/needs/long-chains", test_long_chains);

  return g_test_run ();
}
