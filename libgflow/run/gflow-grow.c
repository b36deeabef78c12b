/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-owner-private.h"
#include "gflow-progress-private.h"

/* Nodes that start runs of their own: flows as nodes, and bodies that spawn.
 *
 * Such a node has several parts, its body and its sub-runs. Each part that ends comes to
 * end_attended_node() as a node does, and the last one ends the node: with the first
 * error of them, if there is one. */

struct _GFlowFamily
{
  GPtrArray *runs;    /* (owned) of GFlowRun */
  double     fraction; /* the largest that was told: there may be more runs by now */
  guint      n_parts; /* that have not ended; the body is one */
  GError    *error;   /* (owned) (nullable): the first one */
};

static GFlowFamily *
find_family_locked (GFlowRun *self,
                    guint32   index)
{
  return self->families != NULL
           ? g_hash_table_lookup (self->families, GUINT_TO_POINTER (index)) : NULL;
}

static GFlowFamily *
ensure_family_locked (GFlowRun *self,
                      guint32   index)
{
  GFlowFamily *family = find_family_locked (self, index);

  if (family != NULL)
    return family;

  if (self->families == NULL)
    self->families = g_hash_table_new (NULL, NULL);
  family = g_new0 (GFlowFamily, 1);
  family->runs = g_ptr_array_new_with_free_func (g_object_unref);
  family->n_parts = 1;
  g_hash_table_insert (self->families, GUINT_TO_POINTER (index), family);
  return family;
}

/* Its runs go in the owner context: they may be the last to hold something of the user's. */
static void
free_family (GFlowRun    *self,
             GFlowLane   *lane,
             GFlowFamily *family)
{
  g_auto(GValue) runs = G_VALUE_INIT;

  g_value_init (&runs, G_TYPE_PTR_ARRAY);
  g_value_take_boxed (&runs, family->runs);
  _g_flow_run_discard_value (self, lane, &runs);
  g_free (family);
}

/* Whether the node will end with a part that has not ended yet. */
gboolean
_g_flow_run_has_parts (GFlowRun *self,
                       guint32   index)
{
  if ((_g_flow_run_marks (self, index) & G_FLOW_MARK_GROWN) == 0)
    return FALSE;

  _g_flow_mutex_lock (&self->mutex);

  const gboolean has_parts = find_family_locked (self, index) != NULL;

  _g_flow_mutex_unlock (&self->mutex);
  return has_parts;
}

/* A body, or a sub-run, has failed: the node will, when all parts of it have ended. Under
 * a strict policy the others are told to stop. Takes @error, if there are others. */
gboolean
_g_flow_run_fail_part (GFlowRun *self,
                       guint32   index,
                       GError   *error)
{
  _g_flow_mutex_lock (&self->mutex);

  GFlowFamily *family = find_family_locked (self, index);
  const gboolean is_first = family != NULL && family->error == NULL;

  if (is_first)
    family->error = g_steal_pointer (&error);
  _g_flow_mutex_unlock (&self->mutex);
  if (family == NULL)
    return FALSE;

  g_clear_error (&error);
  if (is_first && self->on_error == G_FLOW_ON_ERROR_STOP)
    g_cancellable_cancel (_g_flow_run_node_cancellable (self, index));
  return TRUE;
}

/* A part of a node that has spawned has ended. TRUE if it was the last one: then the node
 * ends, as @state says. */
gboolean
_g_flow_run_end_part (GFlowRun       *self,
                      GFlowLane      *lane,
                      guint32         index,
                      GFlowNodeState *state)
{
  _g_flow_mutex_lock (&self->mutex);

  GFlowFamily *family = find_family_locked (self, index);
  const gboolean is_last = family == NULL || --family->n_parts == 0;

  if (is_last && family != NULL)
    g_hash_table_remove (self->families, GUINT_TO_POINTER (index));
  _g_flow_mutex_unlock (&self->mutex);

  if (is_last && family != NULL)
    {
      *state = family->error != NULL
                 ? _g_flow_run_fail_node (self, index, g_steal_pointer (&family->error))
                 : _g_flow_run_end_attempt (self, index);
      if (_g_flow_run_keep_subruns (self, index, family->runs))
        g_free (family);
      else
        free_family (self, lane, family);
    }
  return is_last;
}

/* The sub-runs of a node that runs, in the order in which they were started. Any thread. */
GPtrArray *
_g_flow_run_ref_sub_runs (GFlowRun *self,
                          guint32   index)
{
  GPtrArray *runs = NULL;

  _g_flow_mutex_lock (&self->mutex);

  GFlowFamily *family = find_family_locked (self, index);

  if (family != NULL)
    runs = g_ptr_array_copy (family->runs, (GCopyFunc) g_object_ref, NULL);
  _g_flow_mutex_unlock (&self->mutex);
  return runs;
}

/* Those of all nodes that run. Any thread. */
GPtrArray *
_g_flow_run_ref_all_sub_runs (GFlowRun *self)
{
  GPtrArray *runs = g_ptr_array_new_with_free_func (g_object_unref);
  GHashTableIter iter;
  gpointer family;

  _g_flow_mutex_lock (&self->mutex);
  if (self->families != NULL)
    {
      g_hash_table_iter_init (&iter, self->families);
      while (g_hash_table_iter_next (&iter, NULL, &family))
        g_ptr_array_extend (runs, ((GFlowFamily *) family)->runs, (GCopyFunc) g_object_ref, NULL);
    }
  _g_flow_mutex_unlock (&self->mutex);
  return runs;
}

/* How much of its sub-runs is done, by the number of their nodes. */
double
_g_flow_run_count_sub_runs_locked (GFlowRun *self,
                                   guint32   index)
{
  GFlowFamily *family = find_family_locked (self, index);
  double done = 0.0, total = 0.0;

  if (family == NULL)
    return 0.0;

  for (guint i = 0; i < family->runs->len; i++)
    {
      GFlowRun *child = family->runs->pdata[i];
      const double n = MAX (g_flow_run_get_n_total (child), 1);

      done += n * _g_flow_run_count_fraction (child);
      total += n;
    }
  family->fraction = MAX (family->fraction, total > 0.0 ? done / total : 0.0);
  return family->fraction;
}

/* Starting */

static void
sub_run_ended (GFlowRun     *child,
               const GError *error,
               gpointer      unused)
{
  g_autoptr(GFlowRun) parent = g_object_ref (child->parent);
  const guint32 index = child->parent_index;

  if (child->items != NULL)
    _g_flow_run_end_map (parent, index, child);
  if (error != NULL)
    {
      GError *copy = g_error_copy (error);

      if (child->items != NULL)
        _g_flow_run_name_item (child, &copy);
      _g_flow_run_fail_part (parent, index, copy);
    }
  _g_flow_run_end_in_context (parent, index, G_FLOW_NODE_STATE_DONE);
  _g_flow_owner_run_now (parent);
}

/* A sub-run that was refused ends as the others do, in the owner context. */
static gboolean
refused_cb (gpointer user_data)
{
  GFlowRun *child = user_data;

  _g_flow_run_tell_refused (child);
  sub_run_ended (child, child->error, NULL);
  child->parent = NULL;
  return G_SOURCE_REMOVE;
}

static void
end_refused_later (GFlowRun     *child,
                   GMainContext *context)
{
  g_autoptr(GSource) source = g_idle_source_new ();

  g_source_set_static_name (source, "GFlow refused run");
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, refused_cb, g_object_ref (child), g_object_unref);
  g_source_attach (source, context);
}

/* The context of sub-runs. A run whose caller waits without one gets one now; the caller
 * finds out when it has been woken: see wait_without_context(). */
static GMainContext *
ensure_context (GFlowRun *self)
{
  GMainContext *context;

  if (self->owner != NULL)
    return _g_flow_owner_get_context (self->owner);

  _g_flow_mutex_lock (&self->mutex);
  context = atomic_load_explicit (&self->grown_context, memory_order_relaxed);
  if (context == NULL)
    {
      context = g_main_context_new ();
      /* Sequentially consistent: pairs with the load in _g_flow_owner_post(). */
      atomic_store_explicit (&self->grown_context, context, memory_order_seq_cst);
    }
  _g_flow_mutex_unlock (&self->mutex);
  return context;
}

/* Something is to come to the context of the run, though it may not have looked so when it
 * started. From any thread, before some node ends. */
GMainContext *
_g_flow_run_grow (GFlowRun *self)
{
  GMainContext *context = ensure_context (self);

  /* A caller that works looks at it when it is posted, and leaves the work to others. */
  if ((atomic_fetch_or_explicit (&self->attention, G_FLOW_ATTENTION_GROWN,
                                 memory_order_seq_cst) & G_FLOW_ATTENTION_GROWN) == 0)
    _g_flow_owner_post (self);
  return context;
}

/* Starts a run that was set up as a part of a node. From any thread, before the node ends. */
void
_g_flow_run_adopt (GFlowRun *self,
                   guint32   index,
                   GFlowRun *child)
{
  GMainContext *context = NULL;
  g_autoptr(GError) error = NULL;

  _g_flow_mutex_lock (&self->mutex);
  _g_flow_run_ensure_inbox_locked (self);

  GFlowFamily *family = ensure_family_locked (self, index);

  family->n_parts++;
  g_ptr_array_add (family->runs, g_object_ref (child));
  _g_flow_mutex_unlock (&self->mutex);

  /* Relaxed: whoever ends the node comes after this, see _g_flow_run_mark(). */
  _g_flow_run_mark (self, index, G_FLOW_MARK_GROWN);
  context = _g_flow_run_grow (self);
  child->parent = self;
  child->parent_index = index;
  /* Whoever pauses the run comes to those of the family after that. */
  if (g_flow_run_get_paused (self))
    _g_flow_run_follow_pause (self, child);
  _g_flow_run_note_subrun (self, index, child);
  if (!_g_flow_run_begin (child, context, _g_flow_run_node_cancellable (self, index),
                          sub_run_ended, NULL, &error))
    end_refused_later (child, context);
}

/**
 * g_flow_run_get_parent_node:
 * @self: a run
 *
 * Gets the node that the run is a part of: one that is a flow or a map, or has spawned
 * it. May be called from any thread while the run runs.
 *
 * Returns: (transfer none) (nullable): the node, or %NULL if there is none
 *
 * Since: 0.1
 */
GFlowNode *
g_flow_run_get_parent_node (GFlowRun *self)
{
  g_return_val_if_fail (G_IS_FLOW_RUN (self), NULL);

  return self->parent != NULL && self->parent_index != G_FLOW_NO_NODE
           ? self->parent->plan->nodes[self->parent_index].node : NULL;
}

static gboolean
find_running (GFlowRun  *self,
              GFlowNode *node,
              guint     *index)
{
  return _g_flow_run_has_state (self) && _g_flow_plan_find (self->plan, node, index) &&
         _g_flow_run_node_state (self, *index) == G_FLOW_NODE_STATE_RUNNING;
}

/**
 * g_flow_run_spawn:
 * @self: a run
 * @node: a node whose body runs
 * @subflow: what to run
 *
 * Lets a run grow: starts a run of @subflow as a part of @node. The node ends when its
 * body has ended and all runs that it has spawned. A body may spawn as many as it
 * likes, and so may the bodies of these: they nest, up to 1000 deep.
 *
 * To be called by the body, or on its behalf, from any thread before the node ends. The
 * run starts at once, and belongs to the owner context of @self. It has the
 * parameters of @self; to set up others use [method@GFlow.FlowRun.spawn_run].
 *
 * The node fails with the first error of its body and its sub-runs, when all have ended;
 * under %G_FLOW_ON_ERROR_STOP the others are cancelled when one fails. When the
 * node is told to stop its sub-runs are cancelled. If a run cannot be started, as its
 * flow is bad, or it would nest too deep, or it needs a lock that a node around it holds,
 * then it fails with that, and the node with it.
 *
 * A flow may spawn runs of itself. What must not be is that it never ends.
 *
 * Returns: (transfer none): the run, which lives until the node has ended at least. It may
 *   have ended already if this is not called in the owner context.
 *
 * Since: 0.1
 */
GFlowRun *
g_flow_run_spawn (GFlowRun  *self,
                  GFlowNode *node,
                  GFlow     *subflow)
{
  g_return_val_if_fail (G_IS_FLOW_RUN (self), NULL);
  g_return_val_if_fail (G_IS_FLOW_NODE (node), NULL);
  g_return_val_if_fail (G_IS_FLOW (subflow), NULL);

  guint index;

  g_return_val_if_fail (find_running (self, node, &index), NULL);

  /* The node holds it from then on. */
  g_autoptr(GFlowRun) child = g_flow_run_new (subflow);

  g_flow_run_set_parameters (child, self->parameters);
  _g_flow_run_adopt (self, index, child);
  return child;
}

/**
 * g_flow_run_spawn_run:
 * @self: a run
 * @node: a node whose body runs
 * @subrun: the run to start, which was not executed yet
 *
 * Starts a run that was set up before as a part of @node: as
 * [method@GFlow.FlowRun.spawn] does, but with parameters, a policy, a deadline and
 * signal handlers of its own.
 *
 * Since: 0.1
 */
void
g_flow_run_spawn_run (GFlowRun  *self,
                      GFlowNode *node,
                      GFlowRun  *subrun)
{
  guint index;

  g_return_if_fail (G_IS_FLOW_RUN (self));
  g_return_if_fail (G_IS_FLOW_NODE (node));
  g_return_if_fail (G_IS_FLOW_RUN (subrun));
  g_return_if_fail (g_flow_run_get_state (subrun) == G_FLOW_RUN_STATE_NEW);
  g_return_if_fail (find_running (self, node, &index));

  _g_flow_run_adopt (self, index, subrun);
}
