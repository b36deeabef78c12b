/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-steps-private.h"

#include "gflow-owner-private.h"
#include "gflow-progress-private.h"
#include "gflow-record-private.h"

/* A run as a list of its steps.
 *
 * A step is made when somebody asks for it, and kept by the run from then on. Only of
 * nodes that have a step it is noted that something has changed: whoever runs such a node
 * puts it on a list, unless it is there already, and a dispatch in the owner context
 * looks what has become of it. So a node that changes a thousand times between two
 * dispatches is told of once; and a run whose steps nobody asks for does nothing. */

typedef enum
{
  CHANGE_WANTED = 1 << 0, /* the node has a step */
  CHANGE_NOTED  = 1 << 1, /* it is on the list, or there is nobody to tell */
} ChangeFlags;

struct _GFlowChange
{
  _Atomic guint8 flags;
  guint32        next; /* on the list: the index of the next one, and 1; 0 is the end */
};

/* The list */

static GFlowPlan *
get_plan (GFlowRun *self)
{
  if (self->listed == NULL && self->plan == NULL && self->flow != NULL)
    self->listed = _g_flow_ref_plan (self->flow);
  return self->listed != NULL ? self->listed : self->plan;
}

GType
_g_flow_run_get_item_type (GListModel *model)
{
  return G_TYPE_FLOW_STEP;
}

guint
_g_flow_run_get_n_items (GListModel *model)
{
  GFlowPlan *plan = get_plan (G_FLOW_RUN (model));

  return plan != NULL ? plan->n_nodes : 0;
}

static gpointer
get_item (GListModel *model,
          guint       position)
{
  GFlowRun *self = G_FLOW_RUN (model);
  GFlowPlan *plan = get_plan (self);

  return plan != NULL && position < plan->n_nodes
           ? g_object_ref (_g_flow_run_ensure_step (self, plan->nodes[position].node)) : NULL;
}

void
_g_flow_run_list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = _g_flow_run_get_item_type;
  iface->get_n_items = _g_flow_run_get_n_items;
  iface->get_item = get_item;
}

/* Wanting to know */

static GFlowChange *
get_changes (GFlowRun *self)
{
  /* Acquire: pairs with the release in track(), for the zeroes. */
  return atomic_load_explicit (&self->changes, memory_order_acquire);
}

/* From now on changes are noted. */
static void
track (GFlowRun *self)
{
  if (get_changes (self) != NULL)
    return;

  /* Release: pairs with the acquire in get_changes(). */
  atomic_store_explicit (&self->changes, g_new0 (GFlowChange, MAX (self->plan->n_nodes, 1)),
                         memory_order_release);
  _g_flow_run_record (self);
  _g_flow_run_start_ticking (self);
}

/* What changes after this is noted; what has changed before can be seen after it. Once
 * for each node, as it must not be on the list. */
static void
want (GFlowRun *self,
      guint32   index)
{
  if (self->tells_steps)
    return;

  /* Acquire and release: pairs with the exchange in _g_flow_run_note_change(). */
  atomic_exchange_explicit (&get_changes (self)[index].flags, CHANGE_WANTED, memory_order_acq_rel);
}

static gboolean
is_running (GFlowRun *self)
{
  return _g_flow_run_has_state (self) && !self->finished;
}

/* The step of @node, which is made if there is none yet. */
GFlowStep *
_g_flow_run_ensure_step (GFlowRun  *self,
                         GFlowNode *node)
{
  GFlowStep *step;
  guint index;

  if (self->steps == NULL)
    self->steps = g_hash_table_new_full (NULL, NULL, NULL, g_object_unref);
  step = g_hash_table_lookup (self->steps, node);
  if (step != NULL)
    return step;

  if (is_running (self) && self->started && _g_flow_plan_find (self->plan, node, &index))
    {
      track (self);
      want (self, index);
    }
  step = _g_flow_step_new (self, node);
  g_hash_table_insert (self->steps, node, step);
  return step;
}

/* Whether anybody is told when that node changes. */
gboolean
_g_flow_run_tells_change (GFlowRun *self,
                          guint32   index)
{
  GFlowChange *changes = get_changes (self);

  /* Relaxed: this thread has written it. */
  return changes != NULL &&
         (self->tells_steps ||
          (atomic_load_explicit (&changes[index].flags, memory_order_relaxed) & CHANGE_WANTED) != 0);
}

/* In the first dispatch, before any node starts. */
void
_g_flow_run_start_steps (GFlowRun *self)
{
  g_autoptr(GFlowPlan) listed = g_steal_pointer (&self->listed);
  GHashTableIter iter;
  gpointer node;
  guint index;

  self->tells_steps = _g_flow_run_tells_steps (self);
  if (self->steps != NULL || self->tells_steps)
    track (self);
  if (self->steps != NULL)
    {
      g_hash_table_iter_init (&iter, self->steps);
      while (g_hash_table_iter_next (&iter, &node, NULL))
        if (_g_flow_plan_find (self->plan, node, &index))
          want (self, index);
    }

  /* The flow was edited since somebody asked for its steps. */
  if (listed != NULL && listed != self->plan)
    _g_flow_run_items_changed (self, listed->n_nodes, self->plan->n_nodes);
}

/* Noting, in any thread */

/* Something of the node has changed, and can be seen. The run cannot end meanwhile. */
void
_g_flow_run_note_change (GFlowRun *self,
                         guint32   index)
{
  GFlowChange *changes = get_changes (self);

  if (changes == NULL)
    return;

  /* Acquire and release: pairs with want(), which either is seen here or sees the change,
   * and with _g_flow_run_deliver_changes() likewise. */
  const guint8 before = atomic_fetch_or_explicit (&changes[index].flags, CHANGE_NOTED,
                                                  memory_order_acq_rel);

  if ((before & CHANGE_NOTED) != 0 || !((before & CHANGE_WANTED) != 0 || self->tells_steps))
    return;

  guint32 next = atomic_load_explicit (&self->changed, memory_order_relaxed);

  /* Release: pairs with the exchange in take_changed(). */
  do
    changes[index].next = next;
  while (!atomic_compare_exchange_weak_explicit (&self->changed, &next, index + 1,
                                                 memory_order_release, memory_order_relaxed));
  _g_flow_owner_post (self);
}

/* The node has ended: what waits for it may be ready, or waits for less. */
void
_g_flow_run_note_end (GFlowRun *self,
                      guint32   index)
{
  guint32 n;

  if (get_changes (self) == NULL)
    return;

  const guint32 *successors = _g_flow_plan_successors (self->plan, &self->plan->nodes[index], &n);

  _g_flow_run_note_change (self, index);
  while (n > 0)
    _g_flow_run_note_change (self, successors[--n]);
}

/* Telling, in the owner context */

/* Appends what has come to what is to be told, in the order of coming. */
static void
take_changed (GFlowRun    *self,
              GFlowChange *changes)
{
  /* Acquire: pairs with the release in _g_flow_run_note_change(), for next. */
  guint32 last = atomic_exchange_explicit (&self->changed, 0, memory_order_acquire);
  guint32 first = 0, end = last;

  while (last != 0)
    {
      const guint32 before = changes[last - 1].next;

      changes[last - 1].next = first;
      first = last;
      last = before;
    }
  if (first == 0)
    return;
  if (self->first_changed == 0)
    self->first_changed = first;
  else
    changes[self->last_changed - 1].next = first;
  self->last_changed = end;
}

static void
deliver_change (GFlowRun *self,
                guint32   index)
{
  GFlowStep *step = _g_flow_run_ensure_step (self, self->plan->nodes[index].node);

  g_object_ref (step);
  if (_g_flow_step_update (step, self))
    _g_flow_run_emit_step_changed (self, step);
  g_object_unref (step);
}

/* Tells of up to @limit steps that have changed. TRUE if there are more. */
gboolean
_g_flow_run_deliver_changes (GFlowRun *self,
                             guint     limit)
{
  GFlowChange *changes = get_changes (self);

  if (changes == NULL)
    return FALSE;

  /* Each is taken from the list before it is told: a handler may iterate the context. */
  for (; limit > 0; limit--)
    {
      if (self->first_changed == 0)
        take_changed (self, changes);
      if (self->first_changed == 0)
        return FALSE;

      const guint32 index = self->first_changed - 1;

      self->first_changed = changes[index].next;
      /* Acquire and release: pairs with the one in _g_flow_run_note_change(). What comes
       * after this is noted again. */
      atomic_fetch_and_explicit (&changes[index].flags, (guint8) ~CHANGE_NOTED,
                                 memory_order_acq_rel);
      deliver_change (self, index);
    }
  return TRUE;
}

/* Brings all steps up to date. */
void
_g_flow_run_update_steps (GFlowRun *self)
{
  g_autoptr(GPtrArray) steps = NULL;
  GHashTableIter iter;
  gpointer step;

  if (self->steps == NULL)
    return;

  /* Handlers may ask for more of them. */
  steps = g_ptr_array_new_full (g_hash_table_size (self->steps), g_object_unref);
  g_hash_table_iter_init (&iter, self->steps);
  while (g_hash_table_iter_next (&iter, NULL, &step))
    g_ptr_array_add (steps, g_object_ref (step));
  for (guint i = 0; i < steps->len; i++)
    if (_g_flow_step_update (steps->pdata[i], self))
      _g_flow_run_emit_step_changed (self, steps->pdata[i]);
}

void
_g_flow_run_free_steps (GFlowRun *self)
{
  GFlowChange *changes = atomic_load_explicit (&self->changes, memory_order_relaxed);

  g_clear_pointer (&self->steps, g_hash_table_unref);
  g_clear_pointer (&self->told_holders, g_hash_table_unref);
  g_clear_pointer (&self->listed, _g_flow_plan_unref);
  g_free (changes);
}

/**
 * g_flow_run_get_step:
 * @self: a run
 * @node: a node of its flow
 *
 * Gets the step of a node: the same that is in the list that the run is.
 *
 * Returns: (transfer none): the step
 *
 * Since: 0.1
 */
GFlowStep *
g_flow_run_get_step (GFlowRun  *self,
                     GFlowNode *node)
{
  g_return_val_if_fail (G_IS_FLOW_RUN (self), NULL);
  g_return_val_if_fail (G_IS_FLOW_NODE (node), NULL);

  return _g_flow_run_ensure_step (self, node);
}
