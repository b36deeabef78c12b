/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "vala-bodies.h"

/* A lambda's variables have a reference count, too. */
typedef struct
{
  int      ref_count;
  guint32  number;
} Data;

static _Thread_local volatile guint64 sum;

G_NO_INLINE void
bench_touch (guint32 number)
{
  sum = sum + number;
}

static gboolean
plain_body (GFlowNode  *node,
            GFlowRun   *run,
            gpointer    user_data,
            GError    **error)
{
  bench_touch (GPOINTER_TO_UINT (user_data));

  return TRUE;
}

static void
plain_task_body (GFlowNode  *node,
                 GFlowRun   *run,
                 GTask      *task,
                 gpointer    user_data,
                 GError    **error)
{
  bench_touch (GPOINTER_TO_UINT (user_data));
  g_task_return_boolean (task, TRUE);
}

static gboolean
data_body (GFlowNode  *node,
           GFlowRun   *run,
           gpointer    user_data,
           GError    **error)
{
  const Data *data = user_data;

  bench_touch (data->number);

  return TRUE;
}

static void
data_task_body (GFlowNode  *node,
                GFlowRun   *run,
                GTask      *task,
                gpointer    user_data,
                GError    **error)
{
  const Data *data = user_data;

  bench_touch (data->number);
  g_task_return_boolean (task, TRUE);
}

static void
free_data (gpointer data)
{
  g_slice_free (Data, data);
}

static GFlowNode *
add_node (GFlow          *flow,
          BenchBody       body,
          GFlowFunc       func,
          GFlowTaskFunc   task_func,
          gpointer        user_data,
          GDestroyNotify  destroy)
{
  GFlowNode *node;

  if (body == BENCH_BODY_TASK)
    return g_flow_add_task (flow, NULL, task_func, user_data, destroy, NULL);

  node = g_flow_add (flow, NULL, func, user_data, destroy, NULL);
  if (body == BENCH_BODY_CONTEXT)
    g_flow_node_set_placement (node, G_FLOW_PLACEMENT_CONTEXT);

  return node;
}

GFlowNode *
bench_add_plain_node (GFlow     *flow,
                      BenchBody  body,
                      guint32    number)
{
  return add_node (flow, body, plain_body, plain_task_body, GUINT_TO_POINTER (number), NULL);
}

GFlowNode *
bench_add_data_node (GFlow     *flow,
                     BenchBody  body,
                     guint32    number)
{
  Data *data = g_slice_new (Data);

  data->ref_count = 1;
  data->number = number;

  return add_node (flow, body, data_body, data_task_body, data, free_data);
}
