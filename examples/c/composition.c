/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <gflow.h>

static gboolean
say_name (GFlowNode *node, GFlowRun *run, gpointer user_data, GError **error)
{
  g_print ("%s\n", g_flow_node_get_name (node));

  return TRUE;
}

/* Series and parallels are made of nodes that are in no flow yet, and of each other. */
static GFlowGroup *
compose (GFlowNode *publish)
{
  g_autoptr (GFlowNode) prepare = g_flow_node_new ("prepare", say_name, NULL, NULL);
  g_autoptr (GFlowNode) fonts = g_flow_node_new ("fonts", say_name, NULL, NULL);
  g_autoptr (GFlowNode) images = g_flow_node_new ("images", say_name, NULL, NULL);
  g_autoptr (GFlowNode) pages = g_flow_node_new ("pages", say_name, NULL, NULL);
  g_autoptr (GFlowNode) index = g_flow_node_new ("index", say_name, NULL, NULL);
  g_autoptr (GFlowGroup) text = g_flow_series (pages, index, NULL);
  g_autoptr (GFlowGroup) content = g_flow_parallel (fonts, images, text, NULL);
  g_autoptr (GFlowLock) disk = g_flow_lock_new ();

  /* Side by side, but these two never at once. */
  g_flow_node_add_lock (images, disk);
  g_flow_node_add_lock (index, disk);

  return g_flow_series (prepare, content, publish, NULL);
}

static void
print_upstreams (GFlowNode *node)
{
  GListModel *upstreams = g_flow_node_get_upstreams (node);
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; i < g_list_model_get_n_items (upstreams); i++)
    {
      g_autoptr (GFlowNode) upstream = g_list_model_get_item (upstreams, i);

      g_string_append_printf (names, "%s%s", i > 0 ? ", " : "", g_flow_node_get_name (upstream));
    }
  g_print ("%s came after %s\n", g_flow_node_get_name (node), names->str);
}

int
main (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowNode) publish = g_flow_node_new ("publish", say_name, NULL, NULL);
  g_autoptr (GFlowGroup) site = compose (publish);
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;

  /* With one worker, what may run at once runs in the order of adding. */
  g_flow_set_max_threads (flow, 1);

  if (!g_flow_add_group (flow, site, &error) ||
      (run = g_flow_execute_sync (flow, NULL, &error)) == NULL)
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }

  print_upstreams (publish);
  g_print ("%u nodes done\n", g_flow_run_get_n_done (run));

  return 0;
}
