/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <gflow.h>

/* How many nodes were between begin and end: in all, now, and at most. */
typedef struct
{
  guint n_nodes;
  guint n_inside;
  guint most;
} Meter;

static void
enter (Meter *meter)
{
  meter->n_nodes++;
  meter->n_inside++;
  meter->most = MAX (meter->most, meter->n_inside);
}

static void
leave (Meter *meter)
{
  meter->n_inside--;
}

/* Neither meter needs a mutex: the fetches are all called in the main context, and the saves,
 * which run on workers, change theirs only while they hold the lock. */
static Meter fetching, saving;

static gboolean
fetched_cb (gpointer task)
{
  leave (&fetching);
  g_task_return_boolean (task, TRUE);

  return G_SOURCE_REMOVE;
}

static void
fetch (GFlowNode *node, GFlowRun *run, GTask *task, gpointer user_data, GError **error)
{
  g_autoptr (GSource) network = g_timeout_source_new (50);

  enter (&fetching);
  g_task_attach_source (task, network, fetched_cb);
}

static gboolean
save (GFlowNode *node, GFlowRun *run, gpointer user_data, GError **error)
{
  enter (&saving);
  g_usleep (20 * 1000);
  leave (&saving);

  return TRUE;
}

static gboolean
report (GFlowNode *node, GFlowRun *run, gpointer user_data, GError **error)
{
  g_print ("%u pages fetched, at most %u at a time\n", fetching.n_nodes, fetching.most);
  g_print ("%u pages saved, at most %u at a time\n", saving.n_nodes, saving.most);

  return TRUE;
}

int
main (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowLock) connections = g_flow_lock_new_with_permits (2); /* a semaphore */
  g_autoptr (GFlowLock) disk = g_flow_lock_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;
  GFlowNode *reporting = g_flow_add (flow, "report", report, NULL, NULL, NULL);

  for (int page = 1; page <= 3; page++)
    {
      GFlowNode *fetching_page = g_flow_add_task (flow, NULL, fetch, NULL, NULL, NULL);
      GFlowNode *saving_page = g_flow_add (flow, NULL, save, NULL, NULL, NULL);

      g_flow_node_add_lock (fetching_page, connections);
      g_flow_node_add_lock (saving_page, disk);
      g_flow_node_add_upstream (saving_page, fetching_page);
      g_flow_node_add_upstream (reporting, saving_page);
    }

  run = g_flow_execute_sync (flow, NULL, &error);
  if (run == NULL)
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }

  g_print ("%u nodes done\n", g_flow_run_get_n_done (run));

  return 0;
}
