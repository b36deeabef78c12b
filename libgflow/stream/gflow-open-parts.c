/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-open-private.h"

/* What is done for each executor of a flow that is opened or closed, and for each flow inside of
 * it: to set all of them up is a run of a flow that is made for it, and so is to tear them
 * down. */

/* The flow inside is being opened, and not by whoever has this. */
typedef struct
{
  GFlowOperation *operation; /* (unowned): opens it */
  GFlowNode      *node;      /* (unowned) */
  GFlowRun       *run;       /* (unowned) */
  GFlowPart      *part;      /* (unowned) */
  GTask          *task;      /* (owned) */
  GSource        *cancel;    /* (owned) (nullable) */
} Waiter;

static void
free_part (gpointer data)
{
  GFlowPart *part = data;

  g_clear_pointer (&part->station, _g_flow_station_unref);
  g_object_unref (part->node);
  g_free (part);
}

static GFlowExecutor *
get_executor (GFlowPart *part)
{
  return part->station->instances->pdata[part->instance];
}

/* The bodies */

static gboolean
set_up (GFlowNode  *node,
        GFlowRun   *run,
        gpointer    user_data,
        GError    **error)
{
  GFlowExecutor *executor = get_executor (user_data);

  return G_FLOW_EXECUTOR_GET_CLASS (executor)->setup (executor, g_flow_run_get_cancellable (run),
                                                      error);
}

static void
start_setup (GFlowNode  *node,
             GFlowRun   *run,
             GTask      *task,
             gpointer    user_data,
             GError    **error)
{
  GFlowExecutor *executor = get_executor (user_data);

  G_FLOW_EXECUTOR_GET_CLASS (executor)->start_setup (executor, task, error);
}

static gboolean
tear_down (GFlowNode  *node,
           GFlowRun   *run,
           gpointer    user_data,
           GError    **error)
{
  GFlowExecutor *executor = get_executor (user_data);

  return G_FLOW_EXECUTOR_GET_CLASS (executor)->teardown (executor,
                                                         g_flow_run_get_cancellable (run), error);
}

static void
start_teardown (GFlowNode  *node,
                GFlowRun   *run,
                GTask      *task,
                gpointer    user_data,
                GError    **error)
{
  GFlowExecutor *executor = get_executor (user_data);

  G_FLOW_EXECUTOR_GET_CLASS (executor)->start_teardown (executor, task, error);
}

/* Opening and closing both return a boolean by a GTask. */
static void
ended_inside_cb (GObject      *source,
                 GAsyncResult *result,
                 gpointer      user_data)
{
  g_autoptr(GTask) task = user_data;
  GError *error = NULL;

  if (g_task_propagate_boolean (G_TASK (result), &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
free_waiter (gpointer data)
{
  Waiter *waiter = data;

  if (waiter->cancel != NULL)
    g_source_destroy (waiter->cancel);
  g_clear_pointer (&waiter->cancel, g_source_unref);
  g_object_unref (waiter->task);
  g_free (waiter);
}

static gboolean
wait_cancelled_cb (GCancellable *cancellable,
                   gpointer      user_data)
{
  Waiter *waiter = user_data;
  g_autoptr(GTask) task = g_object_ref (waiter->task);

  g_ptr_array_remove (waiter->operation->waiters, waiter);
  g_task_return_error_if_cancelled (task);
  return G_SOURCE_REMOVE;
}

static void
wait_until_open (GFlowOperation *operation,
                 GFlowNode      *node,
                 GFlowRun       *run,
                 GFlowPart      *part,
                 GTask          *task)
{
  Waiter *waiter = g_new (Waiter, 1);

  *waiter = (Waiter) { operation, node, run, part, g_object_ref (task),
                       g_cancellable_source_new (g_task_get_cancellable (task)) };
  g_source_set_static_name (waiter->cancel, "GFlow open");
  g_source_set_callback (waiter->cancel, G_SOURCE_FUNC (wait_cancelled_cb), waiter, NULL);
  g_source_attach (waiter->cancel, operation->context);
  if (operation->waiters == NULL)
    operation->waiters = g_ptr_array_new_with_free_func (free_waiter);
  g_ptr_array_add (operation->waiters, waiter);
}

/* A flow inside. If somebody else has opened it, it is used as it is, and left open; and likewise if
 * somebody else is about to. */
static void
open_inside (GFlowNode  *node,
             GFlowRun   *run,
             GTask      *task,
             gpointer    user_data,
             GError    **error)
{
  GFlowPart *part = user_data;
  GFlow *inside = _g_flow_node_subflow (part->node);
  GFlowOperation *other = inside->door == G_FLOW_DOOR_OPENING && inside->pipeline != NULL
                            ? inside->pipeline->opening : NULL;

  /* What a blocking call waits for must not be in a context that it does not iterate. */
  if (other != NULL && other->context == g_task_get_context (task))
    {
      wait_until_open (other, node, run, part, task);
      return;
    }
  part->opens = inside->door != G_FLOW_DOOR_OPEN;
  if (part->opens)
    _g_flow_open_with (inside, g_task_get_cancellable (task), NULL, part, ended_inside_cb,
                       g_object_ref (task));
  else
    g_task_return_boolean (task, TRUE);
}

/* The flow is open, or will not be, by @error. Whoever else opens it then has to do so itself if that
 * was cancelled. */
void
_g_flow_operation_end_opening (GFlowOperation *operation,
                               const GError   *error)
{
  g_autoptr(GPtrArray) waiters = g_steal_pointer (&operation->waiters);

  operation->pipeline->opening = NULL;
  for (guint i = 0; waiters != NULL && i < waiters->len; i++)
    {
      Waiter *waiter = waiters->pdata[i];

      if (error == NULL)
        g_task_return_boolean (waiter->task, TRUE);
      else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        g_task_return_error (waiter->task, g_error_copy (error));
      else
        open_inside (waiter->node, waiter->run, waiter->task, waiter->part, NULL);
    }
}

static void
close_inside (GFlowNode  *node,
              GFlowRun   *run,
              GTask      *task,
              gpointer    user_data,
              GError    **error)
{
  GFlowPart *part = user_data;
  GFlow *inside = _g_flow_node_subflow (part->node);

  /* Somebody else may have closed it. */
  if (inside->door == G_FLOW_DOOR_OPEN)
    _g_flow_close_with (inside, g_task_get_cancellable (task), NULL, part, ended_inside_cb,
                        g_object_ref (task));
  else
    g_task_return_boolean (task, TRUE);
}

static void
add_part (GFlow         *flow,
          GFlowStation  *station,
          guint          instance,
          GFlowFunc      func,
          GFlowTaskFunc  task_func)
{
  g_autofree char *name = g_strdup_printf ("%s/%u", station->name, instance);
  GFlowPart *part = g_new0 (GFlowPart, 1);

  part->node = g_object_ref (station->node);
  part->station = _g_flow_station_ref (station);
  part->instance = instance;
  if (task_func != NULL)
    g_flow_add_task (flow, name, task_func, part, free_part, NULL);
  else
    g_flow_add (flow, name, func, part, free_part, NULL);
}

static void
add_inside (GFlowOperation *operation,
            GFlow          *flow,
            GFlowNode      *node,
            GFlowTaskFunc   task_func)
{
  GFlowPart *part = g_new0 (GFlowPart, 1);

  part->node = g_object_ref (node);
  part->operation = operation;
  g_flow_add_task (flow, NULL, task_func, part, free_part, NULL);
}

static gboolean
needs_to_be_open (GFlowNode *node)
{
  return node->kind == G_FLOW_NODE_KIND_FLOW && _g_flow_has_executors (_g_flow_node_subflow (node));
}

GFlow *
_g_flow_operation_make_setup (GFlowOperation *operation)
{
  GFlow *flow = g_flow_new ();
  GPtrArray *stations = operation->pipeline->stations;

  g_flow_set_on_error (flow, G_FLOW_ON_ERROR_STOP);
  for (guint i = 0; i < stations->len; i++)
    {
      GFlowStation *station = stations->pdata[i];

      for (guint k = 0; k < station->instances->len; k++)
        {
          GFlowExecutorClass *klass = G_FLOW_EXECUTOR_GET_CLASS (station->instances->pdata[k]);

          if (klass->setup != NULL || klass->start_setup != NULL)
            add_part (flow, station, k, set_up,
                      klass->start_setup != NULL ? start_setup : NULL);
          else
            station->is_set_up[k] = TRUE;
        }
    }
  for (guint i = 0; i < operation->flow->nodes->n; i++)
    if (needs_to_be_open (_g_flow_node_at (operation->flow, i)))
      add_inside (operation, flow, _g_flow_node_at (operation->flow, i), open_inside);
  return flow;
}

GFlow *
_g_flow_operation_make_teardown (GFlowOperation *operation)
{
  GFlow *flow = g_flow_new ();
  GPtrArray *stations = operation->pipeline->stations;

  for (guint i = 0; i < stations->len; i++)
    {
      GFlowStation *station = stations->pdata[i];

      for (guint k = 0; k < station->instances->len; k++)
        {
          GFlowExecutorClass *klass = G_FLOW_EXECUTOR_GET_CLASS (station->instances->pdata[k]);

          if (station->is_set_up[k] && (klass->teardown != NULL || klass->start_teardown != NULL))
            add_part (flow, station, k, tear_down,
                      klass->start_teardown != NULL ? start_teardown : NULL);
          station->is_set_up[k] = FALSE;
        }
    }
  for (guint i = 0; i < operation->pipeline->inside->len; i++)
    add_inside (operation, flow, operation->pipeline->inside->pdata[i], close_inside);
  g_ptr_array_set_size (operation->pipeline->inside, 0);
  return flow;
}

/* A task for an executor is its own. */
static gpointer
find_task_owner (GFlowRun *run,
                 guint32   index,
                 gboolean  at_once)
{
  GFlowPart *part = run->plan->nodes[index].user_data;

  return part->station != NULL ? (gpointer) get_executor (part) : part->node;
}

/* All at once, also if some of them block. */
void
_g_flow_operation_execute (GFlowOperation      *operation,
                           GFlow               *flow,
                           GCancellable        *cancellable,
                           GAsyncReadyCallback  callback)
{
  g_flow_set_max_threads (flow, MAX (g_list_model_get_n_items (G_LIST_MODEL (flow)), 1));
  flow->find_task_owner = find_task_owner;
  g_clear_object (&operation->run);
  operation->run = g_flow_run_new (flow);
  g_flow_run_execute (operation->run, cancellable, callback, operation);
}
