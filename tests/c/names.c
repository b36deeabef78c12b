/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What nodes may be called, and what becomes of other names. */

#include "test-util.h"

#include <string.h>

static const char *const good[] = {
  "a", "load", "load_1", "two words", "with-hyphen", "a.b/c:d", "“quoted”", "naïve", "日本語",
  "🦆", "e\u0301", "1", "node7", " ", "\u00a0", "~", "\U0010ffff",
};

static const struct
{
  const char *name;
  const char *said;
} bad[] = {
  { "", "must not be empty" },
  { "a\n", "control characters: “a\\x0a”" },
  { "\tb", "control characters: “\\x09b”" },
  { "one\rtwo\x1b", "control characters: “one\\x0dtwo\\x1b”" },
  { "delete\x7f", "control characters: “delete\\x7f”" },
  { "na\xc2\x85ïve", "control characters: “na\\xc2\\x85ïve”" },
  { "caf\xe9", "must be UTF-8: “caf\\xe9”" },
  { "\xe2\x82", "must be UTF-8: “\\xe2\\x82”" },
  { "é\xff\n", "must be UTF-8: “é\\xff\\x0a”" },
  { "\xed\xa0\x80", "must be UTF-8: “\\xed\\xa0\\x80”" },
};

static void
test_valid (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_true (g_flow_name_is_valid (good[i]));
      g_assert_nonnull (g_flow_add (flow, good[i], NULL, NULL, NULL, &error));
      g_assert_no_error (error);
      g_assert_cmpstr (g_flow_node_get_name (g_flow_lookup (flow, good[i])), ==, good[i]);
    }
}

static void
free_cb (gpointer data)
{
  (*(guint *) data)++;
}

static void
start (GFlowNode *node,
       GFlowRun  *run,
       GTask     *task,
       gpointer   user_data,
       GError   **error)
{
  g_assert_not_reached ();
}

/* Every way to add a node says what is wrong, and leaves the flow as it was. */
static void
test_refused (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlow) inside = g_flow_new ();
  g_autoptr (GFlowNode) each = g_flow_node_new ("each", NULL, NULL, NULL);

  g_assert_nonnull (g_flow_add (flow, "a", NULL, NULL, NULL, NULL));
  g_assert_nonnull (g_flow_add (flow, "b", NULL, NULL, NULL, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      const char *name = bad[i].name;
      const char *needs[] = { "a", name, "b", NULL };
      const char *fine[] = { "a", "b", NULL };
      GError *errors[9] = { NULL };
      guint n = 0, freed = 0;

      g_assert_false (g_flow_name_is_valid (name));
      g_assert_null (g_flow_add (flow, name, NULL, &freed, free_cb, &errors[n++]));
      g_assert_null (g_flow_add_task (flow, name, start, &freed, free_cb, &errors[n++]));
      g_assert_null (g_flow_add_flow (flow, name, inside, &errors[n++]));
      g_assert_null (g_flow_add_map (flow, name, each, 0, &errors[n++]));
      g_assert_null (g_flow_add_join (flow, name, fine, &errors[n++]));
      g_assert_null (g_flow_add_join (flow, "join", needs, &errors[n++]));
      g_assert_null (g_flow_add_join_all (flow, name, &errors[n++]));
      g_assert_null (g_flow_add_executor (flow, name, NULL, NULL, &errors[n++]));
      g_assert_null (g_flow_add_executor (flow, "executor", NULL, needs, &errors[n++]));
      g_assert_cmpuint (n, ==, G_N_ELEMENTS (errors));
      g_assert_cmpuint (freed, ==, 2);
      for (guint k = 0; k < n; k++)
        {
          g_assert_error (errors[k], G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT);
          test_assert_contains (errors[k]->message, bad[i].said);
          g_assert_true (g_utf8_validate (errors[k]->message, -1, NULL));
          g_error_free (errors[k]);
        }
      test_assert_model (flow, "a b");
    }
}

/* A node that is in no flow may have any name: the flow refuses it. */
static void
test_made_elsewhere (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GFlow) flow = g_flow_new ();
      g_autoptr (GFlowNode) node = g_flow_node_new (bad[i].name, NULL, NULL, NULL);
      g_autoptr (GFlowNode) task = g_flow_node_new_for_task ("task", start, NULL, NULL);
      g_autoptr (GFlowGroup) group = g_flow_group_new_series ();
      GError *errors[3] = { NULL };

      g_flow_node_set_name (task, bad[i].name);
      g_flow_group_append_node (group, node);
      g_assert_false (g_flow_add_group (flow, group, &errors[0]));
      g_assert_false (g_flow_add_node (flow, node, &errors[1]));
      g_assert_false (g_flow_add_node (flow, task, &errors[2]));
      for (guint k = 0; k < G_N_ELEMENTS (errors); k++)
        {
          g_assert_error (errors[k], G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT);
          test_assert_contains (errors[k]->message, bad[i].said);
          g_error_free (errors[k]);
        }
      test_assert_model (flow, "");

      g_flow_node_set_name (node, "fine");
      g_assert_true (g_flow_add_node (flow, node, NULL));
      g_test_expect_message ("GFlow", G_LOG_LEVEL_CRITICAL, "*g_flow_name_is_valid (name)*");
      g_flow_node_set_name (node, bad[i].name);
      g_test_assert_expected_messages ();
      test_assert_model (flow, "fine");
    }
}

/* Who needs what cannot be there is told so, in words that can be shown. */
static void
test_needed (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GFlow) flow = g_flow_new ();
      g_autoptr (GFlowNode) other = g_flow_node_new (bad[i].name, NULL, NULL, NULL);
      g_autoptr (GError) error = NULL;
      const char *quoted = strstr (bad[i].said, "“");
      GFlowNode *node = g_flow_add (flow, "a", NULL, NULL, NULL, NULL);

      g_flow_node_add_upstream_by_name (node, bad[i].name);
      g_flow_node_add_upstream (node, other);
      g_assert_false (g_flow_validate (flow, &error));
      g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_UNKNOWN_NODE);
      test_assert_contains (error->message, "“a” needs the node “");
      test_assert_contains (error->message, quoted != NULL ? quoted : "“a” needs “”");
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
    }
}

static void
assert_added (GFlow      *flow,
              const char *name,
              const char *got)
{
  g_autoptr (GError) error = NULL;
  GFlowNode *node = g_flow_add (flow, name, NULL, NULL, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (g_flow_node_get_name (node), ==, got);
  g_assert_true (g_flow_lookup (flow, got) == node);
}

static void
test_unique (void)
{
  g_autoptr (GFlow) flow = g_object_new (G_TYPE_FLOW, "unique-names", TRUE, NULL);
  g_autoptr (GFlow) copy = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (g_flow_get_unique_names (flow));
  assert_added (flow, "load", "load");
  assert_added (flow, "load", "load1");
  assert_added (flow, "load3", "load3");
  assert_added (flow, "load", "load2");
  assert_added (flow, "load", "load4");
  assert_added (flow, "load1", "load11");
  assert_added (flow, NULL, "node0");
  assert_added (flow, "node", "node");
  assert_added (flow, "node", "node1");
  assert_added (flow, NULL, "node2");
  assert_added (flow, "Größe", "Größe");
  assert_added (flow, "Größe", "Größe1");
  g_assert_true (g_flow_validate (flow, &error));
  g_assert_no_error (error);

  /* A copy goes on by itself; and it is not changed what is refused for another reason. */
  copy = g_flow_copy (flow);
  assert_added (copy, "load", "load5");
  assert_added (flow, "load", "load5");
  g_assert_null (g_flow_add (copy, "", NULL, NULL, NULL, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT);
  g_clear_error (&error);
  g_assert_false (g_flow_add_node (copy, g_flow_lookup (flow, "load"), &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_EXISTS);
  g_assert_nonnull (g_flow_lookup (flow, "load"));
  g_clear_error (&error);

  g_flow_set_unique_names (copy, FALSE);
  g_assert_null (g_flow_add (copy, "load", NULL, NULL, NULL, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_EXISTS);
}

static void
notify_name_cb (GFlowNode  *node,
                GParamSpec *pspec,
                char      **name)
{
  g_free (*name);
  *name = g_strdup (g_flow_node_get_name (node));
}

/* Nodes that were made elsewhere, and those of a group, which may have one name. */
static void
test_unique_elsewhere (void)
{
  g_autoptr (GFlow) flow = g_object_new (G_TYPE_FLOW, "unique-names", TRUE, NULL);
  g_autoptr (GFlow) other = g_flow_new ();
  g_autoptr (GFlowGroup) group = g_flow_group_new_series ();
  g_autoptr (GFlowGroup) taken = g_flow_group_new_series ();
  g_autoptr (GFlowNode) node = g_flow_node_new ("a", NULL, NULL, NULL);
  g_autoptr (GFlowNode) second = g_flow_node_new ("a", NULL, NULL, NULL);
  g_autoptr (GFlowNode) third = g_flow_node_new ("a", NULL, NULL, NULL);
  g_autofree char *notified = NULL;
  g_autoptr (GError) error = NULL;

  assert_added (flow, "a", "a");
  g_signal_connect (node, "notify::name", G_CALLBACK (notify_name_cb), &notified);
  g_assert_true (g_flow_add_node (flow, node, &error));
  g_assert_cmpstr (notified, ==, "a1");

  /* None of them is changed if they are refused. */
  g_flow_group_append_node (taken, second);
  g_flow_group_append_node (taken, node);
  g_assert_false (g_flow_add_group (flow, taken, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_EXISTS);
  g_clear_error (&error);
  g_assert_cmpstr (g_flow_node_get_name (second), ==, "a");

  g_flow_group_append_node (group, second);
  g_flow_group_append_node (group, third);
  g_assert_true (g_flow_add_group (flow, group, &error));
  g_assert_no_error (error);
  test_assert_model (flow, "a a1 a2 a3");
  g_assert_true (g_flow_validate (flow, &error));
}

static void
assert_upstream (GFlow      *flow,
                 const char *name,
                 const char *upstream)
{
  GListModel *upstreams = g_flow_node_get_upstreams (g_flow_lookup (flow, name));
  g_autoptr (GFlowNode) first = g_list_model_get_item (upstreams, 0);

  g_assert_cmpuint (g_list_model_get_n_items (upstreams), ==, 1);
  g_assert_cmpstr (g_flow_node_get_name (first), ==, upstream);
}

/* Executors: one that gets another name may need who has that one. */
static void
test_unique_executors (void)
{
  g_autoptr (GFlow) flow = g_object_new (G_TYPE_FLOW, "unique-names", TRUE, NULL);
  g_autoptr (GError) error = NULL;
  const char *needs[] = { "a", NULL }, *own[] = { "b", NULL };

  g_assert_nonnull (g_flow_add_executor (flow, "a", NULL, NULL, &error));
  g_assert_nonnull (g_flow_add_executor (flow, "a", NULL, NULL, &error));
  g_assert_nonnull (g_flow_add_executor (flow, "a", NULL, needs, &error));
  g_assert_nonnull (g_flow_add_executor (flow, NULL, NULL, NULL, &error));
  g_assert_nonnull (g_flow_add_executor (flow, "executor0", NULL, NULL, &error));
  g_assert_no_error (error);
  test_assert_model (flow, "a a1 a2 executor0 executor01");
  assert_upstream (flow, "a1", "a");
  assert_upstream (flow, "a2", "a");
  assert_upstream (flow, "executor0", "a2");

  g_assert_null (g_flow_add_executor (flow, "b", NULL, own, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_TOPOLOGY);
  g_clear_error (&error);
  g_assert_null (g_flow_add_executor (flow, "gateway", NULL, NULL, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_EXISTS);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/names/valid", test_valid);
  g_test_add_func ("/names/refused", test_refused);
  g_test_add_func ("/names/made-elsewhere", test_made_elsewhere);
  g_test_add_func ("/names/needed", test_needed);
  g_test_add_func ("/names/unique", test_unique);
  g_test_add_func ("/names/unique/elsewhere", test_unique_elsewhere);
  g_test_add_func ("/names/unique/executors", test_unique_executors);

  return g_test_run ();
}
