/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-pipeline-private.h"
#include "gflow-wait-private.h"

#include "graph/gflow-error.h"
#include "run/gflow-owner-private.h"

#include <glib/gi18n-lib.h>
#include <glib-unix.h>
#include <signal.h>

/* Opening a flow, and closing it. To set all executors up is a run of a flow that is made
 * for it, and so is to tear them down. */

typedef struct _Operation Operation;

/* One instance in such a flow, or a flow inside of the one that is opened. */
typedef struct
{
  Operation    *operation; /* (unowned) */
  GFlowNode    *node;      /* (owned): where it serves */
  GFlowStation *station;   /* (owned) (nullable) */
  guint         instance;
  gboolean      opens;     /* the flow inside was not open */
} Part;

struct _Operation
{
  GFlow         *flow;        /* (unowned) (nullable): the task has it; NULL once it was given up */
  GFlowPipeline *pipeline;    /* (owned) */
  GFlowRun      *run;         /* (owned) (nullable) */
  GTask         *task;        /* (owned) (nullable): NULL once it was given up */
  GCancellable  *cancellable; /* (owned): of teardowns */
  GMainContext  *context;     /* (owned) */
  GSource       *timer;       /* (owned) (nullable) */
  GSource       *idle;        /* (owned) (nullable) */
  GSource       *cancel;      /* (owned) (nullable) */
  GSource       *limit;       /* (owned) (nullable): of the time to open */
  GPtrArray     *waiters;     /* (owned) (nullable) of Waiter: flows around it that are opened, too */
  GError        *error;       /* (owned) (nullable): why it does not open */
  guint          timeout;     /* ms */
  gboolean       sets_up;     /* executors are being set up */
  gboolean       late;        /* what runs was cancelled */
  GFlowWait     *wait;        /* (unowned) (nullable): the blocking call that it is for */
  gboolean       alone;       /* that call does not wait for it any more: a thread does */
  Part          *part;        /* (unowned) (nullable): the flow is inside of another one, which
                               * has patience for it */
  gboolean       ended;
};

/* The flow inside is being opened, and not by whoever has this. */
typedef struct
{
  Operation *operation; /* (unowned): opens it */
  GFlowNode *node;      /* (unowned) */
  GFlowRun  *run;       /* (unowned) */
  Part      *part;      /* (unowned) */
  GTask     *task;      /* (owned) */
  GSource   *cancel;    /* (owned) (nullable) */
} Waiter;

static void
free_part (gpointer data)
{
  Part *part = data;

  g_clear_pointer (&part->station, _g_flow_station_unref);
  g_object_unref (part->node);
  g_free (part);
}

static GFlowExecutor *
get_executor (Part *part)
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

static void open_flow  (GFlow               *self,
                        GCancellable        *cancellable,
                        GFlowWait           *wait,
                        Part                *part,
                        GAsyncReadyCallback  callback,
                        gpointer             user_data);
static void close_flow (GFlow               *self,
                        GCancellable        *cancellable,
                        GFlowWait           *wait,
                        Part                *part,
                        GAsyncReadyCallback  callback,
                        gpointer             user_data);

static void
opened_inside_cb (GObject      *source,
                  GAsyncResult *result,
                  gpointer      user_data)
{
  g_autoptr(GTask) task = user_data;
  GError *error = NULL;

  if (g_flow_open_finish (G_FLOW (source), result, &error))
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
wait_until_open (Operation *operation,
                 GFlowNode *node,
                 GFlowRun  *run,
                 Part      *part,
                 GTask     *task)
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
  Part *part = user_data;
  GFlow *inside = _g_flow_node_subflow (part->node);
  Operation *other = inside->door == G_FLOW_DOOR_OPENING ? inside->pipeline->opening : NULL;

  /* What a blocking call waits for must not be in a context that it does not iterate. */
  if (other != NULL && other->context == g_task_get_context (task))
    {
      wait_until_open (other, node, run, part, task);
      return;
    }
  part->opens = inside->door != G_FLOW_DOOR_OPEN;
  if (part->opens)
    open_flow (inside, g_task_get_cancellable (task), NULL, part, opened_inside_cb,
               g_object_ref (task));
  else
    g_task_return_boolean (task, TRUE);
}

/* The flow is open, or will not be, by @error. Whoever else opens it then has to do so itself if that
 * was cancelled. */
static void
end_opening (Operation    *operation,
             const GError *error)
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
closed_inside_cb (GObject      *source,
                  GAsyncResult *result,
                  gpointer      user_data)
{
  g_autoptr(GTask) task = user_data;
  GError *error = NULL;

  if (g_flow_close_finish (G_FLOW (source), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
close_inside (GFlowNode  *node,
              GFlowRun   *run,
              GTask      *task,
              gpointer    user_data,
              GError    **error)
{
  Part *part = user_data;
  GFlow *inside = _g_flow_node_subflow (part->node);

  /* Somebody else may have closed it. */
  if (inside->door == G_FLOW_DOOR_OPEN)
    close_flow (inside, g_task_get_cancellable (task), NULL, part, closed_inside_cb,
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
  Part *part = g_new0 (Part, 1);

  part->node = g_object_ref (station->node);
  part->station = _g_flow_station_ref (station);
  part->instance = instance;
  if (task_func != NULL)
    g_flow_add_task (flow, name, task_func, part, free_part, NULL);
  else
    g_flow_add (flow, name, func, part, free_part, NULL);
}

static void
add_inside (Operation     *operation,
            GFlow         *flow,
            GFlowNode     *node,
            GFlowTaskFunc  task_func)
{
  Part *part = g_new0 (Part, 1);

  part->node = g_object_ref (node);
  part->operation = operation;
  g_flow_add_task (flow, NULL, task_func, part, free_part, NULL);
}

static gboolean
needs_to_be_open (GFlowNode *node)
{
  return node->kind == G_FLOW_NODE_KIND_FLOW && _g_flow_has_executors (_g_flow_node_subflow (node));
}

static GFlow *
make_setup (Operation *operation)
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
  for (guint i = 0; i < operation->flow->nodes->len; i++)
    if (needs_to_be_open (operation->flow->nodes->pdata[i]))
      add_inside (operation, flow, operation->flow->nodes->pdata[i], open_inside);
  return flow;
}

static GFlow *
make_teardown (Operation *operation)
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
  Part *part = run->plan->nodes[index].user_data;

  return part->station != NULL ? (gpointer) get_executor (part) : part->node;
}

/* All at once, also if some of them block. */
static void
execute (Operation           *operation,
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

/* Patience */

static void
stop_source (GSource **source)
{
  if (*source != NULL)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
free_operation (Operation *operation)
{
  stop_source (&operation->timer);
  stop_source (&operation->cancel);
  stop_source (&operation->limit);
  stop_source (&operation->idle);
  _g_flow_pipeline_unref (operation->pipeline);
  g_clear_object (&operation->run);
  g_clear_object (&operation->cancellable);
  g_clear_error (&operation->error);
  g_main_context_unref (operation->context);
  /* Else by its thread. */
  operation->ended = TRUE;
  if (!operation->alone)
    g_free (operation);
}

/* Who has called has gone, and iterates the context no more: this does, until what
 * still runs has ended. */
static gpointer
iterate_alone (gpointer data)
{
  Operation *operation = data;
  g_autoptr(GMainContext) context = g_main_context_ref (operation->context);

  /* What begins here, such as to tear down, comes back here. */
  g_main_context_push_thread_default (context);
  while (!operation->ended)
    g_main_context_iteration (context, TRUE);
  g_main_context_pop_thread_default (context);
  g_free (operation);
  return NULL;
}

/* The caller goes on, and what still runs goes on by itself. */
static void
give_up (Operation *operation)
{
  g_autoptr(GTask) task = g_steal_pointer (&operation->task);
  GError *error = g_steal_pointer (&operation->error);

  if (error == NULL)
    error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
                                 _("The flow was closed, but something in it still runs"));
  _g_flow_set_door (operation->flow, G_FLOW_DOOR_CLOSED, NULL);
  end_opening (operation, error);
  operation->flow = NULL;
  if (operation->wait != NULL)
    {
      operation->alone = TRUE;
      operation->wait->left = operation;
    }
  /* Last: the callback may iterate the context, until what still runs has ended. */
  g_task_return_error (task, error);
}

/* A blocking call returns: it has given the context free. */
static void
end_wait (GFlowWait *wait)
{
  _g_flow_wait_end (wait);
  if (wait->left != NULL)
    g_thread_unref (g_thread_new ("gflow-close", iterate_alone, wait->left));
}

static void
cancel_all (Operation *operation)
{
  operation->late = TRUE;
  _g_flow_pipeline_cancel_runs (operation->pipeline);
  g_cancellable_cancel (operation->cancellable);
}

static gboolean
timer_cb (gpointer user_data)
{
  Operation *operation = user_data;

  if (!operation->late)
    {
      cancel_all (operation);
      return G_SOURCE_CONTINUE;
    }

  g_clear_pointer (&operation->timer, g_source_unref);
  if (operation->task != NULL)
    give_up (operation);
  return G_SOURCE_REMOVE;
}

static void fail (Operation *operation,
                  GError    *error);

/* A run of setups is told by itself. */
static gboolean
cancel_cb (GCancellable *cancellable,
           gpointer      user_data)
{
  Operation *operation = user_data;

  if (operation->sets_up)
    fail (operation, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED,
                                          _("Operation was cancelled")));
  else
    cancel_all (operation);
  return G_SOURCE_REMOVE;
}

static void
watch_cancellable (Operation    *operation,
                   GCancellable *cancellable)
{
  if (cancellable == NULL)
    return;

  operation->cancel = g_cancellable_source_new (cancellable);
  g_source_set_static_name (operation->cancel, "GFlow open or close");
  g_source_set_callback (operation->cancel, G_SOURCE_FUNC (cancel_cb), operation, NULL);
  g_source_attach (operation->cancel, operation->context);
}

static void
start_timer (Operation *operation)
{
  if (operation->timer != NULL || operation->timeout == 0)
    return;

  operation->timer = g_timeout_source_new (operation->timeout);
  g_source_set_static_name (operation->timer, "GFlow close timeout");
  g_source_set_callback (operation->timer, timer_cb, operation, NULL);
  g_source_attach (operation->timer, operation->context);
}

static Operation *
operation_new (GFlow         *flow,
               GTask         *task,
               GFlowPipeline *pipeline,
               GFlowWait     *wait,
               Part          *part)
{
  Operation *operation = g_new0 (Operation, 1);

  operation->flow = flow;
  operation->task = task;
  operation->pipeline = _g_flow_pipeline_ref (pipeline);
  operation->cancellable = g_cancellable_new ();
  operation->context = g_main_context_ref_thread_default ();
  operation->timeout = part == NULL && flow != NULL ? g_flow_get_close_timeout (flow) : 0;
  operation->part = part;
  operation->wait = wait;
  return operation;
}

/* Closing */

/* All executors are torn down: the flow is closed. */
static void
torn_down_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  Operation *operation = user_data;
  g_autoptr(GTask) task = g_steal_pointer (&operation->task);
  g_autoptr(GError) error = NULL;

  g_flow_run_execute_finish (G_FLOW_RUN (source), result, &error);
  _g_flow_pipeline_leave (operation->pipeline);
  if (task != NULL)
    {
      _g_flow_set_door (operation->flow, G_FLOW_DOOR_CLOSED, NULL);
      end_opening (operation, operation->error);
      if (operation->error != NULL)
        g_task_return_error (task, g_steal_pointer (&operation->error));
      else if (error != NULL)
        g_task_return_error (task, g_steal_pointer (&error));
      else
        g_task_return_boolean (task, TRUE);
    }
  free_operation (operation);
}

/* Also if what was under way had to be cancelled: then the time begins anew. */
static void
begin_teardown (Operation *operation)
{
  g_autoptr(GFlow) flow = make_teardown (operation);

  g_object_unref (operation->cancellable);
  operation->cancellable = g_cancellable_new ();
  operation->late = FALSE;
  stop_source (&operation->timer);
  start_timer (operation);
  execute (operation, flow, operation->cancellable, torn_down_cb);
}

/* The flow was dropped while it was open: nothing of it runs, as a run would have it. Takes the
 * pipeline. */
void
_g_flow_pipeline_abandon (gpointer pipeline)
{
  Operation *operation = operation_new (NULL, NULL, pipeline, NULL, NULL);

  _g_flow_pipeline_forget_plans (pipeline);
  begin_teardown (operation);
  _g_flow_pipeline_unref (pipeline);
}

static gboolean
idle_cb (gpointer user_data)
{
  Operation *operation = user_data;
  GFlowPipeline *pipeline = operation->pipeline;

  _g_flow_mutex_lock (&pipeline->mutex);
  g_assert (pipeline->runs.length == 0);
  g_clear_pointer (&pipeline->idle, g_source_unref);
  _g_flow_mutex_unlock (&pipeline->mutex);
  _g_flow_pipeline_forget_plans (pipeline);
  begin_teardown (operation);
  return G_SOURCE_REMOVE;
}

static gboolean
dispatch_idle (GSource     *source,
               GSourceFunc  callback,
               gpointer     user_data)
{
  return callback (user_data);
}

static GSourceFuncs idle_funcs = { .dispatch = dispatch_idle };

/* Calls idle_cb() when no run is under way any more. None comes in since the door is closing. */
static void
wait_for_runs (Operation *operation)
{
  GFlowPipeline *pipeline = operation->pipeline;

  operation->idle = g_source_new (&idle_funcs, sizeof (GSource));
  g_source_set_static_name (operation->idle, "GFlow close");
  g_source_set_callback (operation->idle, idle_cb, operation, NULL);
  _g_flow_mutex_lock (&pipeline->mutex);
  pipeline->idle = g_source_ref (operation->idle);
  g_source_set_ready_time (operation->idle, pipeline->runs.length == 0 ? 0 : -1);
  _g_flow_mutex_unlock (&pipeline->mutex);
  g_source_attach (operation->idle, operation->context);
}

/* Opening */

static GError *
explain_part (Part         *part,
              const GError *error)
{
  return g_error_new (G_FLOW_ERROR, G_FLOW_ERROR_START_FAILED,
                      part->station != NULL ? _("The executor “%s” could not be started: %s")
                                            : _("The flow “%s” could not be opened: %s"),
                      part->station != NULL ? part->station->name
                                            : g_flow_node_get_name (part->node),
                      error->message);
}

/* Which of them has failed first, and what of. */
static GError *
explain (GFlowRun     *run,
         const GError *error)
{
  const guint32 index = _g_flow_run_get_failure (run, 0);

  if (run->cancelled || index == G_FLOW_NO_NODE)
    return g_error_copy (error);

  return explain_part (run->plan->nodes[index].user_data, error);
}

static void
note_set_up (GFlowPipeline *pipeline,
             GFlowRun      *run)
{
  for (guint i = 0; run->plan != NULL && i < run->plan->n_nodes; i++)
    if (_g_flow_run_node_state (run, i) == G_FLOW_NODE_STATE_DONE)
      {
        Part *part = run->plan->nodes[i].user_data;

        if (part->station != NULL)
          part->station->is_set_up[part->instance] = TRUE;
        else if (part->opens)
          g_ptr_array_add (pipeline->inside, g_object_ref (part->node));
      }
}

static void
set_up_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  Operation *operation = user_data;
  GFlowRun *run = G_FLOW_RUN (source);
  g_autoptr(GError) error = NULL;

  operation->sets_up = FALSE;
  stop_source (&operation->limit);
  note_set_up (operation->pipeline, run);
  /* Not if the caller has been told that it does not open, or will be. */
  if (g_flow_run_execute_finish (run, result, &error) && operation->error == NULL &&
      operation->task != NULL)
    {
      g_autoptr(GTask) task = g_steal_pointer (&operation->task);

      _g_flow_set_door (operation->flow, G_FLOW_DOOR_OPEN, operation->pipeline);
      end_opening (operation, NULL);
      g_task_return_boolean (task, TRUE);
      free_operation (operation);
      return;
    }
  if (operation->error == NULL && error != NULL)
    operation->error = explain (run, error);
  begin_teardown (operation);
}

/* The others are told to stop; if they do not, the caller is told without them. Takes @error. */
static void
fail (Operation *operation,
      GError    *error)
{
  if (operation->error != NULL)
    {
      g_error_free (error);
      return;
    }

  operation->error = error;
  operation->late = TRUE;
  start_timer (operation);
  if (operation->part != NULL && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    fail (operation->part->operation, explain_part (operation->part, error));
}

static void
failed_cb (GFlowNode *node,
           GFlowRun  *run,
           GError    *error,
           gpointer   user_data)
{
  fail (user_data, explain (run, error));
}

/* The names of those that are not set up yet. */
static char *
list_missing (GFlowRun *run)
{
  GString *names = g_string_new (NULL);

  for (guint i = 0; run->plan != NULL && i < run->plan->n_nodes; i++)
    if (_g_flow_run_node_state (run, i) != G_FLOW_NODE_STATE_DONE)
      {
        Part *part = run->plan->nodes[i].user_data;

        g_string_append_printf (names, "%s“%s”", names->len > 0 ? ", " : "",
                                part->station != NULL ? part->station->name
                                                      : g_flow_node_get_name (part->node));
      }
  return g_string_free (names, FALSE);
}

static gboolean
limit_cb (gpointer user_data)
{
  Operation *operation = user_data;
  g_autofree char *names = list_missing (operation->run);

  fail (operation, g_error_new (G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
                                _("The flow was not open in time: it waited for %s"), names));
  g_flow_run_cancel (operation->run);
  return G_SOURCE_REMOVE;
}

/* That of the flow around counts. */
static void
start_limit (Operation *operation)
{
  const guint limit = g_flow_get_open_timeout (operation->flow);

  if (operation->part != NULL || limit == 0)
    return;

  operation->limit = g_timeout_source_new (limit);
  g_source_set_static_name (operation->limit, "GFlow open timeout");
  g_source_set_callback (operation->limit, limit_cb, operation, NULL);
  g_source_attach (operation->limit, operation->context);
}

static void
begin_setup (Operation    *operation,
             GCancellable *cancellable)
{
  g_autoptr(GFlow) flow = make_setup (operation);
  const guint n = g_list_model_get_n_items (G_LIST_MODEL (flow));

  operation->sets_up = TRUE;
  operation->pipeline->opening = operation;
  watch_cancellable (operation, cancellable);
  start_limit (operation);
  for (guint i = 0; i < n; i++)
    {
      g_autoptr(GFlowNode) node = g_list_model_get_item (G_LIST_MODEL (flow), i);

      g_signal_connect (node, "error", G_CALLBACK (failed_cb), operation);
    }
  execute (operation, flow, cancellable, set_up_cb);
}

static gboolean
check_door (GFlow      *self,
            GFlowDoor   wanted,
            GError    **error)
{
  if (self->door == wanted)
    return TRUE;

  if (self->door == G_FLOW_DOOR_OPEN)
    g_set_error_literal (error, G_FLOW_ERROR, G_FLOW_ERROR_FROZEN, _("The flow is open already"));
  else if (self->door == G_FLOW_DOOR_CLOSED)
    g_set_error_literal (error, G_FLOW_ERROR, G_FLOW_ERROR_NOT_OPEN, _("The flow is not open"));
  else
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_PENDING,
                         _("The flow is being opened or closed"));
  return FALSE;
}

static void
open_flow (GFlow               *self,
           GCancellable        *cancellable,
           GFlowWait           *wait,
           Part                *part,
           GAsyncReadyCallback  callback,
           gpointer             user_data)
{
  g_autoptr(GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autoptr(GFlowPlan) plan = NULL;
  GFlowPipeline *pipeline = NULL;
  GError *error = NULL;

  g_task_set_source_tag (task, g_flow_open);
  g_task_set_check_cancellable (task, FALSE);
  if (check_door (self, G_FLOW_DOOR_CLOSED, &error))
    plan = _g_flow_ref_valid_plan (self, NULL, &error);
  if (plan != NULL)
    pipeline = _g_flow_pipeline_new (self, &error);
  if (pipeline == NULL)
    {
      g_task_return_error (task, error);
      return;
    }

  _g_flow_set_door (self, G_FLOW_DOOR_OPENING, pipeline);
  begin_setup (operation_new (self, g_steal_pointer (&task), pipeline, wait, part), cancellable);
}

/**
 * g_flow_open:
 * @self: a flow that is not open
 * @cancellable: (nullable): cancels the operation
 * @callback: (scope async) (closure user_data): called when the flow is open
 * @user_data: data for @callback
 *
 * Opens the flow: makes the instances of all executors, and sets them up, all at once. Then
 * requests may be posted. Until the flow is closed it cannot be edited. Flows with
 * executors that are nodes of it are opened with it, and closed with it, unless they are open already,
 * or are being opened: then this waits for them.
 *
 * If an executor cannot be started, this fails with %G_FLOW_ERROR_START_FAILED; those that
 * were started are torn down before @callback is called. If they do not end
 * in [property@GFlow.Flow:close-timeout], it is called without waiting any longer. So it is
 * if the operation is cancelled, and if the flow is not open in
 * [property@GFlow.Flow:open-timeout], which is %G_IO_ERROR_TIMED_OUT.
 *
 * Since: 0.1
 */
void
g_flow_open (GFlow               *self,
             GCancellable        *cancellable,
             GAsyncReadyCallback  callback,
             gpointer             user_data)
{
  g_return_if_fail (G_IS_FLOW (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  open_flow (self, cancellable, NULL, NULL, callback, user_data);
}

/**
 * g_flow_open_finish:
 * @self: a flow
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Finishes what [method@GFlow.Flow.open] has begun.
 *
 * Returns: %TRUE if the flow is open
 *
 * Since: 0.1
 */
gboolean
g_flow_open_finish (GFlow         *self,
                    GAsyncResult  *result,
                    GError       **error)
{
  g_return_val_if_fail (G_IS_FLOW (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * g_flow_open_sync:
 * @self: a flow that is not open
 * @cancellable: (nullable): cancels the operation
 * @error: return location for an error
 *
 * Opens the flow, and blocks until it is open: see [method@GFlow.Flow.open].
 *
 * Returns: %TRUE if the flow is open
 *
 * Since: 0.1
 */
gboolean
g_flow_open_sync (GFlow         *self,
                  GCancellable  *cancellable,
                  GError       **error)
{
  GFlowWait wait;

  g_return_val_if_fail (G_IS_FLOW (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  _g_flow_wait_begin (&wait);
  open_flow (self, cancellable, &wait, NULL, _g_flow_wait_cb, &wait);
  _g_flow_wait_iterate (&wait);

  const gboolean opened = g_flow_open_finish (self, wait.result, error);

  end_wait (&wait);
  return opened;
}

static void
close_flow (GFlow               *self,
            GCancellable        *cancellable,
            GFlowWait           *wait,
            Part                *part,
            GAsyncReadyCallback  callback,
            gpointer             user_data)
{
  g_autoptr(GTask) task = g_task_new (self, cancellable, callback, user_data);
  GError *error = NULL;

  g_task_set_source_tag (task, g_flow_close);
  g_task_set_check_cancellable (task, FALSE);
  if (!check_door (self, G_FLOW_DOOR_OPEN, &error))
    {
      g_task_return_error (task, error);
      return;
    }

  Operation *operation = operation_new (self, g_steal_pointer (&task), self->pipeline, wait, part);

  _g_flow_set_door (self, G_FLOW_DOOR_CLOSING, self->pipeline);
  watch_cancellable (operation, cancellable);
  start_timer (operation);
  _g_flow_pipeline_hurry (self->pipeline);
  wait_for_runs (operation);
}

/**
 * g_flow_close:
 * @self: a flow that is open
 * @cancellable: (nullable): cancels what runs
 * @callback: (scope async) (closure user_data): called when the flow is closed
 * @user_data: data for @callback
 *
 * Closes the flow: lets requests that are under way come to an end, and tears all executors
 * down, all at once. New requests are refused meanwhile.
 *
 * What has not ended in [property@GFlow.Flow:close-timeout] is cancelled. If it has not
 * ended in that time after that, this fails with %G_IO_ERROR_TIMED_OUT: the
 * flow is closed, but what blocks could not be stopped, and its executors cannot be
 * used again until they return.
 *
 * If a teardown fails, so does this, and the flow is closed all the same.
 *
 * A flow that is dropped while it is open is closed by that: its executors are torn down while
 * the main context is iterated that was the thread-default one when it was made.
 *
 * Since: 0.1
 */
void
g_flow_close (GFlow               *self,
              GCancellable        *cancellable,
              GAsyncReadyCallback  callback,
              gpointer             user_data)
{
  g_return_if_fail (G_IS_FLOW (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  close_flow (self, cancellable, NULL, NULL, callback, user_data);
}

/**
 * g_flow_close_finish:
 * @self: a flow
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Finishes what [method@GFlow.Flow.close] has begun.
 *
 * Returns: %TRUE if the flow is closed, and all executors have been torn down
 *
 * Since: 0.1
 */
gboolean
g_flow_close_finish (GFlow         *self,
                     GAsyncResult  *result,
                     GError       **error)
{
  g_return_val_if_fail (G_IS_FLOW (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * g_flow_close_sync:
 * @self: a flow that is open
 * @cancellable: (nullable): cancels what runs
 * @error: return location for an error
 *
 * Closes the flow, and blocks until it is closed: see [method@GFlow.Flow.close].
 *
 * The main context of the caller is not iterated meanwhile. Requests that belong to it come to
 * their end all the same, and what they call there is called in here; but an executor that
 * waits for another source in that context waits in vain.
 *
 * Must not be called from the body of a node of the flow, which fails with
 * %G_FLOW_ERROR_RECURSION.
 *
 * Returns: %TRUE if the flow is closed, and all executors have been torn down
 *
 * Since: 0.1
 */
gboolean
g_flow_close_sync (GFlow         *self,
                   GCancellable  *cancellable,
                   GError       **error)
{
  GFlowWait wait;

  g_return_val_if_fail (G_IS_FLOW (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (_g_flow_is_in_body (self))
    {
      g_set_error_literal (error, G_FLOW_ERROR, G_FLOW_ERROR_RECURSION,
                           _("A body of a flow cannot wait for a run of the same flow"));
      return FALSE;
    }

  g_autoptr(GMainContext) context = g_main_context_ref_thread_default ();

  _g_flow_wait_begin (&wait);

  GSource *stand_in = _g_flow_owner_stand_in (context, wait.context);

  close_flow (self, cancellable, &wait, NULL, _g_flow_wait_cb, &wait);
  _g_flow_wait_iterate (&wait);

  if (stand_in != NULL)
    _g_flow_owner_stand_down (stand_in);

  const gboolean closed = g_flow_close_finish (self, wait.result, error);

  end_wait (&wait);
  return closed;
}

/* Serving */

static gboolean
quit_cb (gpointer user_data)
{
  g_main_loop_quit (user_data);
  return G_SOURCE_CONTINUE;
}

static gboolean
cancelled_cb (GCancellable *cancellable,
              gpointer      user_data)
{
  g_main_loop_quit (user_data);
  return G_SOURCE_REMOVE;
}

static GSource *
quit_on (GSource      *source,
         GSourceFunc   func,
         GMainLoop    *loop)
{
  g_source_set_static_name (source, "GFlow block");
  g_source_set_callback (source, func, loop, NULL);
  g_source_attach (source, g_main_loop_get_context (loop));
  return source;
}

/**
 * g_flow_block:
 * @self: a flow
 * @cancellable: (nullable): ends this
 *
 * Runs a main loop in the thread-default main context of the caller, until
 * @cancellable is cancelled or the process gets SIGINT or SIGTERM: for a program that
 * does nothing but serve.
 *
 * A program that has a main loop of its own does not need this.
 *
 * Since: 0.1
 */
void
g_flow_block (GFlow        *self,
              GCancellable *cancellable)
{
  g_return_if_fail (G_IS_FLOW (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  g_autoptr(GMainContext) context = g_main_context_ref_thread_default ();
  g_autoptr(GMainLoop) loop = g_main_loop_new (context, FALSE);
  GSource *sources[] = {
    quit_on (g_unix_signal_source_new (SIGINT), quit_cb, loop),
    quit_on (g_unix_signal_source_new (SIGTERM), quit_cb, loop),
    cancellable != NULL ? quit_on (g_cancellable_source_new (cancellable),
                                   G_SOURCE_FUNC (cancelled_cb), loop) : NULL,
  };

  g_main_loop_run (loop);
  for (guint i = 0; i < G_N_ELEMENTS (sources); i++)
    if (sources[i] != NULL)
      {
        g_source_destroy (sources[i]);
        g_source_unref (sources[i]);
      }
}
