/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Ten thousand nodes, each with user data of its own: all of it is destroyed, once and in the
 * thread of the flow, however the run ends. tests/vala/leaks.vala does the same with lambdas, and
 * 'memcheck' runs both under valgrind. */

#include "test-util.h"

#define N_NODES 10000
#define N_CHAINS 10

typedef enum
{
  SUCCEEDED,
  FAILED,
  CANCELLED,
  DROPPED,
  REMOVED,
  NEVER_RUN,
  N_ENDS,
} End;

static const char * const end_names[] = {
  "succeeded", "failed", "cancelled", "dropped", "removed", "never-run",
};

typedef struct
{
  guint  number;
  char  *text;  /* (owned) */
} Data;

static GThread *home;
static guint8 n_destroyed[N_NODES];
static guint n_alive;
static End how;

static Data *
data_new (guint number)
{
  Data *data = g_new0 (Data, 1);

  data->number = number;
  data->text = g_strdup_printf ("node %u", number);
  n_alive++;
  return data;
}

static void
data_free (gpointer user_data)
{
  Data *data = user_data;

  g_assert_true (g_thread_self () == home);
  g_assert_cmpuint (n_destroyed[data->number], ==, 0);
  n_destroyed[data->number]++;
  n_alive--;
  g_free (data->text);
  g_free (data);
}

/* Somewhere in the middle, the run takes its turn. */
static gboolean
turn (GFlowRun  *run,
      Data      *data,
      GError   **error)
{
  if (data->number % (N_NODES / 2) == N_NODES / 4)
    {
      if (how == CANCELLED)
        g_flow_run_cancel (run);
      if (how == FAILED)
        {
          g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, data->text);
          return FALSE;
        }
    }
  return TRUE;
}

static gboolean
sync_body (GFlowNode  *node,
           GFlowRun   *run,
           gpointer    user_data,
           GError    **error)
{
  Data *data = user_data;

  g_flow_run_set_result_variant (run, node, g_variant_new_string (data->text));
  return turn (run, data, error);
}

/* Every tenth completes later. */
static void
task_body (GFlowNode  *node,
           GFlowRun   *run,
           GTask      *task,
           gpointer    user_data,
           GError    **error)
{
  Data *data = user_data;

  g_flow_run_set_result_variant (run, node, g_variant_new_string (data->text));
  if (!turn (run, data, error))
    return;
  if (data->number % 10 == 0)
    {
      g_autoptr (GSource) idle = g_idle_source_new ();

      g_task_attach_source (task, idle, test_return_cb);
    }
  else
    g_task_return_boolean (task, TRUE);
}

static GFlow *
make_flow (void)
{
  GFlow *flow = g_flow_new ();
  GFlowNode *last[N_CHAINS] = { NULL };

  for (guint i = 0; i < N_NODES; i++)
    {
      GFlowNode *node;

      /* The kinds do not keep step with the chains. */
      if (i % 3 == 0)
        node = g_flow_add_task (flow, NULL, task_body, data_new (i), data_free, NULL);
      else
        node = g_flow_add (flow, NULL, sync_body, data_new (i), data_free, NULL);
      if (i % 3 == 1)
        g_flow_node_set_placement (node, G_FLOW_PLACEMENT_CONTEXT);
      if (last[i % N_CHAINS] != NULL)
        g_flow_node_add_upstream (node, last[i % N_CHAINS]);
      last[i % N_CHAINS] = node;
    }
  return flow;
}

static void
run_flow (GFlow *flow)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GFlowRun) run = test_execute (flow, NULL, &error);

  if (how == SUCCEEDED)
    g_assert_no_error (error);
  else if (how == FAILED)
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  else
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
dropped_cb (GObject      *flow,
            GAsyncResult *result,
            gpointer      ended)
{
  g_autoptr (GFlowRun) run = g_flow_execute_finish (G_FLOW (flow), result, NULL);

  *(gboolean *) ended = TRUE;
}

/* Nobody but the run refers to the flow. */
static void
run_and_drop (GFlow *flow)
{
  gboolean ended = FALSE;

  g_flow_execute (flow, NULL, dropped_cb, &ended);
  g_object_unref (flow);
  TEST_WAIT (ended);
}

static void
remove_all (GFlow *flow)
{
  for (guint i = N_NODES; i > 0; i--)
    {
      g_autoptr (GFlowNode) node = g_list_model_get_item (G_LIST_MODEL (flow), i - 1);

      g_assert_true (g_flow_remove_node (flow, node, NULL));
    }
}

static void
test_leaks (gconstpointer end)
{
  GFlow *flow;

  how = GPOINTER_TO_UINT (end);
  home = g_thread_self ();
  memset (n_destroyed, 0, sizeof n_destroyed);
  flow = make_flow ();
  g_assert_cmpuint (n_alive, ==, N_NODES);

  if (how == SUCCEEDED || how == FAILED || how == CANCELLED)
    run_flow (flow);
  if (how == REMOVED)
    remove_all (flow);
  if (how == DROPPED)
    run_and_drop (flow);
  else
    g_object_unref (flow);

  TEST_WAIT (n_alive == 0);
  for (guint i = 0; i < N_NODES; i++)
    g_assert_cmpuint (n_destroyed[i], ==, 1);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (guint end = 0; end < N_ENDS; end++)
    {
      g_autofree char *path = g_strconcat ("/leaks/", end_names[end], NULL);

      g_test_add_data_func (path, GUINT_TO_POINTER (end), test_leaks);
    }
  return g_test_run ();
}
