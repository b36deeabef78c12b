/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Saved runs, as they come from a file or the network, restored to a flow that has the nodes
 * that they name. If it is not refused the run goes on, and succeeds. */

#include "fuzz.h"

#define MAX_NODES 100

static gboolean
body_result (GFlowNode  *node,
             GFlowRun   *run,
             gpointer    user_data,
             GError    **error)
{
  g_flow_run_set_result_variant (run, node, g_variant_new_int32 (1));
  return TRUE;
}

/* NULL if that is no flow. */
static GFlow *
make_flow (GVariant *picture)
{
  g_autoptr(GFlow) flow = g_flow_new ();
  const gsize n = g_variant_n_children (picture);

  if (n > MAX_NODES)
    return NULL;

  for (gsize i = 0; i < n; i++)
    {
      const char *name;

      g_variant_get_child (picture, i, "(&s@au)", &name, NULL);
      if (*name == '\0' || g_flow_add (flow, name, body_result, NULL, NULL, NULL) == NULL)
        return NULL;
    }
  for (gsize i = 0; i < n; i++)
    {
      g_autoptr(GFlowNode) node = g_list_model_get_item (G_LIST_MODEL (flow), i);
      g_autoptr(GVariant) upstreams = NULL;
      gsize n_upstreams;

      g_variant_get_child (picture, i, "(&s@au)", NULL, &upstreams);

      const guint32 *numbers = g_variant_get_fixed_array (upstreams, &n_upstreams,
                                                          sizeof (guint32));

      for (gsize k = 0; k < n_upstreams; k++)
        {
          g_autoptr(GFlowNode) upstream = g_list_model_get_item (G_LIST_MODEL (flow), numbers[k]);

          if (upstream != NULL)
            g_flow_node_add_upstream (node, upstream);
        }
    }
  return g_flow_validate (flow, NULL) ? g_steal_pointer (&flow) : NULL;
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        size_t        size)
{
  g_autoptr(GBytes) bytes = g_bytes_new (data, size);
  g_autoptr(GVariant) saved = g_variant_ref_sink (g_variant_new_from_bytes (
    G_VARIANT_TYPE ("(sua(sau)a{sv}a(ua{sv}))"), bytes, FALSE));
  g_autoptr(GVariant) picture = g_variant_get_child_value (saved, 2);
  g_autoptr(GFlow) flow = make_flow (picture);
  g_autoptr(GFlowRun) run = NULL;
  g_autoptr(GVariant) again = NULL;
  g_autoptr(GError) error = NULL;

  if (flow == NULL)
    return 0;

  run = g_flow_run_new (flow);
  fuzz_assert_outcome (g_flow_run_restore (run, saved, &error), error);
  if (error != NULL)
    return 0;

  g_flow_run_execute_sync (run, NULL, &error);
  g_assert_no_error (error);

  /* And is saved, and restored once more. */
  again = g_flow_run_save (run);
  g_clear_object (&run);
  run = g_flow_run_new (flow);
  g_flow_run_restore (run, again, &error);
  g_assert_no_error (error);
  g_flow_run_execute_sync (run, NULL, &error);
  g_assert_no_error (error);
  return 0;
}
