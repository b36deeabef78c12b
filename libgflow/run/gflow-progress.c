/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-progress-private.h"

#include "gflow-owner-private.h"
#include "gflow-record-private.h"
#include "gflow-steps-private.h"

#include <math.h>

/* How far the nodes are that run: as their bodies say, and as far as the runs inside of
 * them are. All of it is in tables that are made for the first who says something.
 *
 * Bodies may say so as often as they like. It is kept, and told ten times a second. */

/* How often progress is notified */
#define TICK_MS 100

struct _GFlowProgress
{
  guint32  index;
  double   fraction;
  char    *message; /* (owned) (nullable) */
  gboolean noted;   /* in self->progressed */
};

static void
free_progress (gpointer data)
{
  GFlowProgress *progress = data;

  g_free (progress->message);
  g_free (progress);
}

static gpointer
look_up (GHashTable *table,
         guint32     index)
{
  return table != NULL ? g_hash_table_lookup (table, GUINT_TO_POINTER (index)) : NULL;
}

static gboolean
has_ended (GFlowRun *self,
           guint32   index)
{
  return _g_flow_run_node_state (self, index) >= G_FLOW_NODE_STATE_DONE;
}

/* What bodies say */

static GFlowProgress *
ensure_progress_locked (GFlowRun *self,
                        guint32   index)
{
  GFlowProgress *progress = look_up (self->progress, index);

  if (progress != NULL)
    return progress;

  if (self->progress == NULL)
    {
      self->progress = g_hash_table_new_full (NULL, NULL, NULL, free_progress);
      self->progressing = g_ptr_array_new ();
      self->progressed = g_array_new (FALSE, FALSE, sizeof (guint32));
    }
  progress = g_new0 (GFlowProgress, 1);
  progress->index = index;
  g_hash_table_insert (self->progress, GUINT_TO_POINTER (index), progress);
  g_ptr_array_add (self->progressing, progress);
  return progress;
}

static void
set_progress_locked (GFlowRun   *self,
                     guint32     index,
                     double      fraction,
                     const char *message)
{
  GFlowProgress *progress = ensure_progress_locked (self, index);

  progress->fraction = MAX (progress->fraction, MIN (fraction, 1.0));
  if (message != NULL && g_strcmp0 (progress->message, message) != 0)
    {
      g_free (progress->message);
      progress->message = *message != '\0' ? g_strdup (message) : NULL;
    }
  if (!progress->noted)
    {
      progress->noted = TRUE;
      g_array_append_val (self->progressed, index);
    }
}

/**
 * g_flow_run_set_node_progress:
 * @self: a run
 * @node: a node whose body runs
 * @fraction: how much of its work is done, from 0 to 1; negative to leave that as it is
 * @message: (nullable): what it does, for people; empty for nothing; %NULL to leave that
 *   as it is
 *
 * Tells how far a node is, from its body or on its behalf. May be called from any thread,
 * as often as wanted: it is notified at most ten times a second, by
 * [property@GFlow.FlowStep:fraction] and [property@GFlow.FlowStep:message].
 *
 * The fraction of a node never goes back: a smaller one is ignored. It counts in
 * [property@GFlow.FlowRun:fraction], by the weight of the node. If the node does not run,
 * nothing happens.
 *
 * Since: 0.1
 */
void
g_flow_run_set_node_progress (GFlowRun   *self,
                              GFlowNode  *node,
                              double      fraction,
                              const char *message)
{
  guint index;

  g_return_if_fail (G_IS_FLOW_RUN (self));
  g_return_if_fail (G_IS_FLOW_NODE (node));
  g_return_if_fail (!isnan (fraction));

  if (!_g_flow_run_has_state (self) || !_g_flow_plan_find (self->plan, node, &index) ||
      _g_flow_run_node_state (self, index) != G_FLOW_NODE_STATE_RUNNING)
    return;

  _g_flow_mutex_lock (&self->mutex);
  set_progress_locked (self, index, fraction, message);
  _g_flow_mutex_unlock (&self->mutex);
}

/* The node begins anew. */
void
_g_flow_run_reset_progress (GFlowRun *self,
                            guint32   index)
{
  _g_flow_mutex_lock (&self->mutex);

  GFlowProgress *progress = look_up (self->progress, index);

  if (progress != NULL)
    {
      progress->fraction = 0.0;
      g_clear_pointer (&progress->message, g_free);
      if (!g_ptr_array_find (self->progressing, progress, NULL))
        g_ptr_array_add (self->progressing, progress);
    }
  _g_flow_mutex_unlock (&self->mutex);
}

char *
_g_flow_run_dup_node_message (GFlowRun *self,
                              guint32   index)
{
  char *message = NULL;

  _g_flow_mutex_lock (&self->mutex);

  const GFlowProgress *progress = look_up (self->progress, index);

  if (progress != NULL)
    message = g_strdup (progress->message);
  _g_flow_mutex_unlock (&self->mutex);
  return message;
}

/* Runs inside of nodes */

/* A sub-run is about to start, in any thread: the node cannot end meanwhile. */
void
_g_flow_run_note_subrun (GFlowRun *self,
                         guint32   index,
                         GFlowRun *child)
{
  if (!_g_flow_run_is_recorded (self))
    return;

  _g_flow_run_record (child);
  _g_flow_run_observe_subrun (self, index, child);
  _g_flow_run_note_change (self, index);
}

/* The node has ended: steps have its sub-runs all the same. TRUE if @runs was taken. */
gboolean
_g_flow_run_keep_subruns (GFlowRun  *self,
                          guint32    index,
                          GPtrArray *runs)
{
  if (atomic_load_explicit (&self->changes, memory_order_acquire) == NULL)
    return FALSE;

  _g_flow_mutex_lock (&self->mutex);
  if (self->kept_subruns == NULL)
    self->kept_subruns = g_hash_table_new_full (NULL, NULL, NULL,
                                                (GDestroyNotify) g_ptr_array_unref);

  /* Those of an attempt before this one stay, as somebody may have them. */
  GPtrArray *before = look_up (self->kept_subruns, index);

  if (before == NULL)
    g_hash_table_insert (self->kept_subruns, GUINT_TO_POINTER (index), runs);
  else
    g_ptr_array_extend_and_steal (before, runs);
  _g_flow_mutex_unlock (&self->mutex);
  return TRUE;
}

/* The one that was started last. */
GFlowRun *
_g_flow_run_ref_subrun (GFlowRun *self,
                        guint32   index)
{
  g_autoptr(GPtrArray) running = _g_flow_run_ref_sub_runs (self, index);
  GFlowRun *child = NULL;

  if (running != NULL)
    return g_object_ref (running->pdata[running->len - 1]);

  _g_flow_mutex_lock (&self->mutex);

  const GPtrArray *kept = look_up (self->kept_subruns, index);

  if (kept != NULL)
    child = g_object_ref (kept->pdata[kept->len - 1]);
  _g_flow_mutex_unlock (&self->mutex);
  return child;
}

/* All of them that are known, in the order in which they were started. */
GPtrArray *
_g_flow_run_dup_subruns (GFlowRun *self,
                         guint32   index)
{
  g_autoptr(GPtrArray) running = NULL;
  GPtrArray *all = g_ptr_array_new_with_free_func (g_object_unref);

  /* First: if they have ended meanwhile they are kept, and found twice rather than not at all. */
  running = _g_flow_run_ref_sub_runs (self, index);
  _g_flow_mutex_lock (&self->mutex);

  const GPtrArray *kept = look_up (self->kept_subruns, index);

  for (guint i = 0; kept != NULL && i < kept->len; i++)
    g_ptr_array_add (all, g_object_ref (kept->pdata[i]));
  _g_flow_mutex_unlock (&self->mutex);
  if (running != NULL && !g_ptr_array_find (all, running->pdata[0], NULL))
    g_ptr_array_extend_and_steal (all, g_steal_pointer (&running));
  return all;
}

/* Counting */

static double
count_node_locked (GFlowRun *self,
                   guint32   index)
{
  const GFlowProgress *progress = look_up (self->progress, index);
  const double inside = _g_flow_run_count_sub_runs_locked (self, index);

  return progress != NULL ? MAX (progress->fraction, inside) : inside;
}

double
_g_flow_run_get_node_fraction (GFlowRun *self,
                               guint32   index)
{
  double fraction;

  _g_flow_mutex_lock (&self->mutex);
  fraction = count_node_locked (self, index);
  _g_flow_mutex_unlock (&self->mutex);
  return fraction;
}

static double
get_weight (GFlowRun *self,
            guint32   index)
{
  return self->plan->weights != NULL ? self->plan->weights[index] : 1.0;
}

/* The weight of the nodes that have ended. */
static double
count_ended (GFlowRun *self)
{
  guint64 weight = 0;

  if (self->plan->weights == NULL)
    return _g_flow_run_count_done (self);

  for (guint i = 0; i <= self->n_lanes; i++)
    weight += atomic_load_explicit (&self->lanes[i].weight, memory_order_relaxed);
  return (double) (weight - atomic_load_explicit (&self->weight_revived, memory_order_relaxed));
}

/* The weight of what is done of those that run. Whoever has ended is not asked again. */
static double
count_running_locked (GFlowRun *self)
{
  double weight = 0.0;
  GHashTableIter iter;
  gpointer key;

  for (guint i = 0; self->progressing != NULL && i < self->progressing->len;)
    {
      const GFlowProgress *progress = self->progressing->pdata[i];

      if (has_ended (self, progress->index))
        {
          g_ptr_array_remove_index_fast (self->progressing, i);
          continue;
        }
      if (look_up (self->families, progress->index) == NULL)
        weight += get_weight (self, progress->index) * progress->fraction;
      i++;
    }

  if (self->families == NULL)
    return weight;

  g_hash_table_iter_init (&iter, self->families);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    if (!has_ended (self, GPOINTER_TO_UINT (key)))
      weight += get_weight (self, GPOINTER_TO_UINT (key)) *
                count_node_locked (self, GPOINTER_TO_UINT (key));
  return weight;
}

/* How much of the run is done. A node that ends between the two counts is in neither,
 * or a node begins anew: what was told before stands. */
double
_g_flow_run_count_fraction (GFlowRun *self)
{
  double fraction = 0.0;

  if (!_g_flow_run_has_state (self))
    return 0.0;
  if (g_flow_run_get_state (self) > G_FLOW_RUN_STATE_RUNNING)
    return 1.0;

  _g_flow_mutex_lock (&self->mutex);

  const double total = self->plan->weights != NULL ? (double) self->plan->total_weight
                                                   : self->plan->n_nodes;

  if (total > 0.0)
    {
      fraction = count_ended (self);
      fraction = (fraction + count_running_locked (self)) / total;
    }
  self->best_fraction = CLAMP (fraction, self->best_fraction, 1.0);
  fraction = self->best_fraction;
  _g_flow_mutex_unlock (&self->mutex);
  return fraction;
}

/* Telling */

/* What has changed in steps since the last time. */
static void
note_progress (GFlowRun *self)
{
  g_autoptr(GArray) changed = NULL;
  GHashTableIter iter;
  gpointer key;

  _g_flow_mutex_lock (&self->mutex);
  if (self->progressed != NULL && self->progressed->len > 0)
    {
      changed = self->progressed;
      self->progressed = g_array_new (FALSE, FALSE, sizeof (guint32));
    }
  for (guint i = 0; changed != NULL && i < changed->len; i++)
    ((GFlowProgress *) look_up (self->progress, g_array_index (changed, guint32, i)))->noted = FALSE;
  if (self->families != NULL)
    {
      if (changed == NULL)
        changed = g_array_new (FALSE, FALSE, sizeof (guint32));
      g_hash_table_iter_init (&iter, self->families);
      while (g_hash_table_iter_next (&iter, &key, NULL))
        g_array_append_vals (changed, &(guint32) { GPOINTER_TO_UINT (key) }, 1);
    }
  _g_flow_mutex_unlock (&self->mutex);

  for (guint i = 0; changed != NULL && i < changed->len; i++)
    _g_flow_run_note_change (self, g_array_index (changed, guint32, i));
}

static gboolean
tick_cb (gpointer user_data)
{
  g_autoptr(GFlowRun) self = g_object_ref (user_data);

  note_progress (self);
  _g_flow_run_note_holders (self);
  _g_flow_run_note_delays (self);
  _g_flow_run_notify_progress (self);
  return G_SOURCE_CONTINUE;
}

void
_g_flow_run_start_ticking (GFlowRun *self)
{
  if (self->tick_source != NULL || self->owner == NULL)
    return;

  self->tick_source = g_timeout_source_new (TICK_MS);
  g_source_set_static_name (self->tick_source, "GFlow progress");
  g_source_set_callback (self->tick_source, tick_cb, self, NULL);
  g_source_attach (self->tick_source, _g_flow_owner_get_context (self->owner));
}

void
_g_flow_run_stop_ticking (GFlowRun *self)
{
  if (self->tick_source != NULL)
    g_source_destroy (self->tick_source);
  g_clear_pointer (&self->tick_source, g_source_unref);
}

void
_g_flow_run_free_progress (GFlowRun *self)
{
  g_clear_pointer (&self->progressed, g_array_unref);
  g_clear_pointer (&self->progressing, g_ptr_array_unref);
  g_clear_pointer (&self->progress, g_hash_table_unref);
  g_clear_pointer (&self->kept_subruns, g_hash_table_unref);
}

/**
 * g_flow_run_get_fraction: (attributes org.gtk.Method.get_property=fraction)
 * @self: a run
 *
 * Gets how much of the run is done, by the weights of the nodes.
 *
 * Returns: from 0 to 1
 *
 * Since: 0.1
 */
double
g_flow_run_get_fraction (GFlowRun *self)
{
  g_return_val_if_fail (G_IS_FLOW_RUN (self), 0.0);

  return _g_flow_run_count_fraction (self);
}

/**
 * g_flow_run_get_n_done: (attributes org.gtk.Method.get_property=n-done)
 * @self: a run
 *
 * Gets how many nodes have ended, in whatever way.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint
g_flow_run_get_n_done (GFlowRun *self)
{
  g_return_val_if_fail (G_IS_FLOW_RUN (self), 0);

  return _g_flow_run_count_done (self);
}

/**
 * g_flow_run_get_n_total: (attributes org.gtk.Method.get_property=n-total)
 * @self: a run
 *
 * Gets how many nodes there are. Before the run starts these are the nodes of
 * the flow.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint
g_flow_run_get_n_total (GFlowRun *self)
{
  g_return_val_if_fail (G_IS_FLOW_RUN (self), 0);

  if (_g_flow_run_has_state (self))
    return self->plan->n_nodes;
  return self->flow != NULL ? g_list_model_get_n_items (G_LIST_MODEL (self->flow)) : 0;
}
