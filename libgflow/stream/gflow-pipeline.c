/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-batch-private.h"

#include "graph/gflow-error.h"
#include "run/gflow-scheduler-private.h"

#include <glib/gi18n-lib.h>

/* What an open flow has beside its nodes: the instances of its executors, a plan for each
 * endpoint, and the runs that are under way. */

/* By the plan, as others may edit the flow meanwhile. */
static gboolean
has_executors (GFlow      *flow,
               GHashTable *seen)
{
  if (!g_hash_table_add (seen, g_object_ref (flow)))
    return FALSE;

  g_autoptr(GFlowPlan) plan = _g_flow_ref_plan (flow);
  const guint n_inside = plan->subflows != NULL ? plan->subflows->len : 0;
  gboolean found = plan->has_executors;

  for (guint i = 0; !found && i < n_inside; i++)
    {
      const guint32 index = g_array_index (plan->subflows, guint32, i);

      found = has_executors (_g_flow_node_subflow (plan->nodes[index].node), seen);
    }
  return found;
}

/* Whether there are executors in it, or in flows that are nodes of it: such a flow serves
 * requests when it is open, and cannot be run when it is not. Not with the mutex of a flow, as
 * each that is inside is asked for its plan, and may have that one inside. */
gboolean
_g_flow_has_executors (GFlow *flow)
{
  g_autoptr(GHashTable) seen = g_hash_table_new_full (NULL, NULL, g_object_unref, NULL);

  return has_executors (flow, seen);
}

static gboolean
add_station (GFlowPipeline  *self,
             GHashTable     *table,
             GFlowNode      *node,
             GFlowExecutor  *executor,
             const char     *role,
             GError        **error)
{
  GError *reason = NULL;
  GFlowStation *station;

  if (executor == NULL)
    return TRUE;

  station = _g_flow_station_new (node, executor, role, &reason);
  if (station == NULL)
    {
      g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_START_FAILED,
                   _("The executor “%s” could not be started: %s"), g_flow_node_get_name (node),
                   reason->message);
      g_error_free (reason);
      return FALSE;
    }
  g_ptr_array_add (self->stations, station);
  g_hash_table_insert (table, node, station);
  return TRUE;
}

static gboolean
add_stations (GFlowPipeline  *self,
              GFlowNode      *node,
              GError        **error)
{
  GFlowServing *serving = _g_flow_node_serving (node);
  GFlowExecutor *executor = _g_flow_node_executor (node);

  if (_g_flow_node_tap (node) == G_FLOW_TAP_OFF)
    return TRUE;
  if (!add_station (self, self->by_node, node, executor, NULL, error))
    return FALSE;
  return executor == NULL || serving == NULL ||
         (add_station (self, self->before, node, serving->before, "before", error) &&
          add_station (self, self->after, node, serving->after, "after", error));
}

static void
make_tables (GFlowPipeline *self)
{
  self->channels = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                          (GDestroyNotify) _g_flow_channel_unref);
  self->batchers = g_ptr_array_new_with_free_func ((GDestroyNotify) _g_flow_batcher_unref);
}

/* Makes the instances, of which none is set up yet. */
GFlowPipeline *
_g_flow_pipeline_new (GFlow   *flow,
                      GError **error)
{
  GFlowPipeline *self = g_new0 (GFlowPipeline, 1);

  atomic_init (&self->ref_count, 1);
  self->flow = flow;
  self->stations = g_ptr_array_new_with_free_func ((GDestroyNotify) _g_flow_station_unref);
  self->by_node = g_hash_table_new (NULL, NULL);
  self->before = g_hash_table_new (NULL, NULL);
  self->after = g_hash_table_new (NULL, NULL);
  self->inside = g_ptr_array_new_with_free_func (g_object_unref);
  make_tables (self);
  _g_flow_mutex_init (&self->mutex);
  g_queue_init (&self->runs);
  for (guint i = 0; i < flow->nodes->n; i++)
    if (!add_stations (self, _g_flow_node_at (flow, i), error))
      {
        _g_flow_pipeline_leave (self);
        _g_flow_pipeline_unref (self);
        return NULL;
      }
  return self;
}

GFlowPipeline *
_g_flow_pipeline_ref (GFlowPipeline *self)
{
  /* Relaxed: whoever has one reference may make another. */
  atomic_fetch_add_explicit (&self->ref_count, 1, memory_order_relaxed);
  return self;
}

void
_g_flow_pipeline_unref (GFlowPipeline *self)
{
  /* Acquire and release: the last one comes after what all others have done. */
  if (atomic_fetch_sub_explicit (&self->ref_count, 1, memory_order_acq_rel) != 1)
    return;

  g_hash_table_unref (self->channels);
  g_ptr_array_unref (self->batchers);
  g_ptr_array_unref (self->inside);
  g_hash_table_unref (self->by_node);
  g_hash_table_unref (self->before);
  g_hash_table_unref (self->after);
  g_ptr_array_unref (self->stations);
  g_clear_pointer (&self->idle, g_source_unref);
  _g_flow_mutex_clear (&self->mutex);
  g_free (self);
}

/* Other flows may have the executors again. */
void
_g_flow_pipeline_leave (GFlowPipeline *self)
{
  for (guint i = 0; i < self->stations->len; i++)
    {
      GFlowStation *station = self->stations->pdata[i];

      for (guint k = 0; k < station->instances->len; k++)
        _g_flow_executor_leave (station->instances->pdata[k]);
    }
}

/* Channels */

/* Whether some executor serves @endpoint in another way than all that nothing is bound for. */
static gboolean
is_bound (GFlowPipeline *self,
          const char    *endpoint)
{
  for (guint i = 0; i < self->stations->len; i++)
    {
      GFlowStation *station = self->stations->pdata[i];
      GFlowExecutor *executor = station->instances->pdata[0];

      if (_g_flow_executor_find (executor, endpoint) != _g_flow_executor_find (executor, "") ||
          _g_flow_executor_find_batching (executor, endpoint) !=
          _g_flow_executor_find_batching (executor, "") ||
          g_flow_node_get_polling_for (station->node, endpoint) !=
          g_flow_node_get_polling_for (station->node, ""))
        return TRUE;
    }
  return FALSE;
}

/* The flow is open, so that it is there; or was until now: then NULL. May be called in any thread. */
GFlowChannel *
_g_flow_pipeline_ref_channel (GFlowPipeline *self,
                              const char    *endpoint)
{
  GFlowChannel *channel, *mine;

  _g_flow_mutex_lock (&self->mutex);
  channel = g_hash_table_lookup (self->channels, endpoint);
  if (channel != NULL)
    _g_flow_channel_ref (channel);
  _g_flow_mutex_unlock (&self->mutex);
  if (channel != NULL)
    return channel;

  /* There may be any number of endpoints that nothing is bound for: one channel does. */
  if (*endpoint != '\0' && !is_bound (self, endpoint))
    return _g_flow_pipeline_ref_channel (self, "");

  mine = _g_flow_channel_new (self, endpoint, NULL);
  if (mine == NULL)
    return NULL;

  _g_flow_mutex_lock (&self->mutex);
  channel = g_hash_table_lookup (self->channels, endpoint);
  if (channel == NULL)
    {
      channel = g_steal_pointer (&mine);
      g_hash_table_insert (self->channels, g_strdup (endpoint), channel);
    }
  _g_flow_channel_ref (channel);
  _g_flow_mutex_unlock (&self->mutex);
  g_clear_pointer (&mine, _g_flow_channel_unref);
  return channel;
}

/* Batches */

/* All channels in which requests are served in the same way have them served together. */
GFlowBatcher *
_g_flow_pipeline_ref_batcher (GFlowPipeline       *self,
                              GFlowStation        *station,
                              int                  role,
                              GPtrArray           *bindings,
                              const GFlowBatching *batching)
{
  GFlowBatcher *found = NULL;

  _g_flow_mutex_lock (&self->mutex);
  for (guint i = 0; found == NULL && i < self->batchers->len; i++)
    if (_g_flow_batcher_matches (self->batchers->pdata[i], station, role, bindings->pdata[0],
                                 batching))
      found = self->batchers->pdata[i];
  if (found == NULL)
    {
      found = _g_flow_batcher_new (self->flow, station, role, bindings, batching);
      g_ptr_array_add (self->batchers, found);
    }
  _g_flow_batcher_ref (found);
  _g_flow_mutex_unlock (&self->mutex);
  return found;
}

/* The flow is being closed: no more requests will come, and those that wait for others are
 * served. */
void
_g_flow_pipeline_hurry (GFlowPipeline *self)
{
  g_autoptr(GPtrArray) batchers = NULL;

  _g_flow_mutex_lock (&self->mutex);
  batchers = g_ptr_array_copy (self->batchers, (GCopyFunc) _g_flow_batcher_ref, NULL);
  _g_flow_mutex_unlock (&self->mutex);

  for (guint i = 0; i < batchers->len; i++)
    _g_flow_batcher_hurry (batchers->pdata[i]);
  for (guint i = 0; i < self->inside->len; i++)
    {
      GFlowPipeline *inside = _g_flow_ref_pipeline (_g_flow_node_subflow (self->inside->pdata[i]));

      if (inside != NULL)
        _g_flow_pipeline_hurry (inside);
      g_clear_pointer (&inside, _g_flow_pipeline_unref);
    }
}

/* Nothing runs any more: what has plans, which have nodes, which are the application's, goes. */
void
_g_flow_pipeline_forget_plans (GFlowPipeline *self)
{
  g_autoptr(GHashTable) channels = NULL;
  g_autoptr(GPtrArray) batchers = NULL;

  /* In another thread somebody may begin to post only now, in vain. */
  _g_flow_mutex_lock (&self->mutex);
  channels = g_steal_pointer (&self->channels);
  batchers = g_steal_pointer (&self->batchers);
  make_tables (self);
  _g_flow_mutex_unlock (&self->mutex);
}

/* Runs */

/* Of a pipeline that does not end before that: another run is under way, or the flow cannot be closed. */
void
_g_flow_pipeline_add_run (GFlowPipeline *self,
                          GList         *link)
{
  _g_flow_mutex_lock (&self->mutex);
  g_queue_push_tail_link (&self->runs, link);
  _g_flow_mutex_unlock (&self->mutex);
}

/* The pipeline of an open flow, which stays open until the run is removed. It is found and entered with the
 * mutex of the flow, which is needed to begin to close it: so closing sees each run that has come in,
 * and when there are none any more none will come. NULL if the flow is not open, or was opened anew
 * since @channel was made. In @parallel_lock, if that is not NULL, as for _g_flow_ref_valid_plan(). */
GFlowPipeline *
_g_flow_pipeline_enter (GFlow         *flow,
                        GFlowChannel  *channel,
                        GFlowLock    **parallel_lock,
                        GList         *link)
{
  GFlowPipeline *self = NULL;

  _g_flow_mutex_lock (&flow->mutex);
  if (flow->door == G_FLOW_DOOR_OPEN && (channel == NULL || channel->pipeline == flow->pipeline))
    {
      self = _g_flow_pipeline_ref (flow->pipeline);
      _g_flow_pipeline_add_run (self, link);
      if (parallel_lock != NULL && flow->max_parallel != 0)
        *parallel_lock = g_object_ref (flow->parallel_lock);
    }
  _g_flow_mutex_unlock (&flow->mutex);
  return self;
}

void
_g_flow_pipeline_remove_run (GFlowPipeline *self,
                             GList         *link)
{
  _g_flow_mutex_lock (&self->mutex);
  g_queue_unlink (&self->runs, link);
  if (self->runs.length == 0 && self->idle != NULL)
    g_source_set_ready_time (self->idle, 0);
  _g_flow_mutex_unlock (&self->mutex);
}

/* A run that is in the queue has not ended, and so is there, whoever has dropped it. */
void
_g_flow_pipeline_cancel_runs (GFlowPipeline *self)
{
  g_autoptr(GPtrArray) runs = g_ptr_array_new ();

  _g_flow_mutex_lock (&self->mutex);
  for (GList *link = self->runs.head; link != NULL; link = link->next)
    g_ptr_array_add (runs, g_object_ref (link->data));
  _g_flow_mutex_unlock (&self->mutex);

  for (guint i = 0; i < runs->len; i++)
    {
      g_flow_run_cancel (runs->pdata[i]);
      /* This may be the last reference by now, and the thread not that of the run. */
      if (!_g_flow_scheduler_give (runs->pdata[i]))
        _g_flow_home_release (&((GFlowRun *) runs->pdata[i])->flow->home, runs->pdata[i],
                              g_object_unref);
    }
}
