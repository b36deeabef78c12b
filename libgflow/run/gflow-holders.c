/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-locking-private.h"

#include "gflow-steps-private.h"

/* Who has a lock. It is found out when somebody asks, and so nobody writes it down: all
 * that is kept is which runs have nodes with locks. */

static struct
{
  GFlowMutex mutex;
  GQueue     runs; /* of GFlowRun, by their links */
} lockers = { .mutex = G_FLOW_MUTEX_INIT, .runs = G_QUEUE_INIT };

/* The run begins, and has nodes with locks. */
void
_g_flow_run_enlist_locker (GFlowRun *self)
{
  self->locker_link.data = self;
  _g_flow_mutex_lock (&lockers.mutex);
  g_queue_push_tail_link (&lockers.runs, &self->locker_link);
  _g_flow_mutex_unlock (&lockers.mutex);
}

/* It has ended. */
void
_g_flow_run_delist_locker (GFlowRun *self)
{
  _g_flow_mutex_lock (&lockers.mutex);
  g_queue_unlink (&lockers.runs, &self->locker_link);
  _g_flow_mutex_unlock (&lockers.mutex);
}

typedef void (*HolderFunc) (gpointer  data,
                            GFlowRun *run,
                            guint32   index,
                            guint     n_steps);

/* Calls @func for the nodes of a run that have locks, the first @n_steps of theirs: nodes that
 * have all of them, and those that have some and wait for another. */
static void
foreach_holder (GFlowRun   *self,
                HolderFunc  func,
                gpointer    data)
{
  for (guint32 i = 0; i < self->plan->n_nodes; i++)
    {
      const GFlowNodeState state = _g_flow_run_node_state (self, i);

      const guint n = (_g_flow_run_marks (self, i) & G_FLOW_MARK_LOCKED) != 0
                        ? _g_flow_run_count_locks (self, i) : 0;

      if (n > 0 && (state == G_FLOW_NODE_STATE_READY || state == G_FLOW_NODE_STATE_RUNNING))
        {
          func (data, self, i, n);
        }
      else if (n > 1 && state == G_FLOW_NODE_STATE_LOCKED)
        {
          const guint step = _g_flow_run_find_awaited_step (self, i);

          if (step != G_MAXUINT && step > 0)
            func (data, self, i, step);
        }
    }
}

/* Who has one lock. */
typedef struct
{
  GFlowLock *lock;
  guint      n;
  char      *title; /* (owned) (nullable): of the first one */
} Holders;

static void
add_holder (gpointer  data,
            GFlowRun *run,
            guint32   index,
            guint     n_steps)
{
  Holders *holders = data;

  for (guint step = 0; step < n_steps; step++)
    if (_g_flow_run_get_lock (run, index, step) == holders->lock)
      {
        if (holders->title == NULL)
          holders->title = g_strdup (g_flow_node_get_title (run->plan->nodes[index].node));
        holders->n++;
        return;
      }
}

/* Which nodes have @lock: those of this run, or if there are none, of others. Returns
 * their number, and the title of one of them, to be freed; @is_other if of another run. */
guint
_g_flow_run_find_holders (GFlowRun   *self,
                          GFlowLock  *lock,
                          char      **title,
                          gboolean   *is_other)
{
  Holders holders = { .lock = lock };

  foreach_holder (self, add_holder, &holders);
  *is_other = holders.n == 0;
  if (holders.n == 0)
    {
      _g_flow_mutex_lock (&lockers.mutex);
      for (GList *l = lockers.runs.head; l != NULL; l = l->next)
        if (l->data != self)
          foreach_holder (l->data, add_holder, &holders);
      _g_flow_mutex_unlock (&lockers.mutex);
    }
  *title = holders.title;
  return holders.n;
}

/* Telling that others have the locks that nodes wait for. Who hands a lock over does not know
 * who is told of that, and has better things to do: it is looked at ten times a second, of
 * all locks at once that are waited for by nodes with steps. */

typedef struct
{
  guint32    index;
  GFlowLock *lock; /* (owned) */
} Waiting;

static void
clear_waiting (gpointer data)
{
  g_object_unref (((Waiting *) data)->lock);
}

/* The nodes that wait for locks, and are told of. */
static GArray *
dup_waiting (GFlowRun *self)
{
  GArray *found = g_array_new (FALSE, FALSE, sizeof (Waiting));

  g_array_set_clear_func (found, clear_waiting);
  for (guint32 i = 0; i < self->plan->n_nodes; i++)
    {
      GFlowLock *lock = _g_flow_run_node_state (self, i) == G_FLOW_NODE_STATE_LOCKED &&
                        _g_flow_run_tells_change (self, i)
                          ? _g_flow_run_ref_awaited_lock (self, i) : NULL;

      if (lock != NULL)
        g_array_append_vals (found, &(Waiting) { i, lock }, 1);
    }
  return found;
}

/* Adds the node to what is known of each of these locks. */
static void
add_to_sums (gpointer  data,
             GFlowRun *run,
             guint32   index,
             guint     n_steps)
{
  GHashTable *sums = data;
  gpointer sum;

  for (guint step = 0; step < n_steps; step++)
    {
      GFlowLock *lock = _g_flow_run_get_lock (run, index, step);

      if (g_hash_table_lookup_extended (sums, lock, NULL, &sum))
        g_hash_table_insert (sums, lock,
                             GUINT_TO_POINTER (GPOINTER_TO_UINT (sum) + g_direct_hash (run) +
                                               (index + 1) * 2654435761u));
    }
}

/* For each of the locks a number that is another one when others have it. */
static GHashTable *
sum_holders (GArray *waiting)
{
  GHashTable *sums = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < waiting->len; i++)
    {
      GFlowLock *lock = g_array_index (waiting, Waiting, i).lock;

      g_hash_table_insert (sums, lock, GUINT_TO_POINTER (g_flow_lock_get_in_use (lock)));
    }

  _g_flow_mutex_lock (&lockers.mutex);
  for (GList *l = lockers.runs.head; l != NULL; l = l->next)
    foreach_holder (l->data, add_to_sums, sums);
  _g_flow_mutex_unlock (&lockers.mutex);
  return sums;
}

/* In the owner context, now and then. */
void
_g_flow_run_note_holders (GFlowRun *self)
{
  g_autoptr(GArray) waiting = dup_waiting (self);
  g_autoptr(GHashTable) sums = NULL;
  g_autoptr(GHashTable) told = g_steal_pointer (&self->told_holders);

  if (waiting->len == 0)
    return;

  sums = sum_holders (waiting);
  self->told_holders = g_hash_table_new (NULL, NULL);
  for (guint i = 0; i < waiting->len; i++)
    {
      const Waiting *wait = &g_array_index (waiting, Waiting, i);
      const gpointer key = GUINT_TO_POINTER (wait->index);
      const guint sum = GPOINTER_TO_UINT (g_hash_table_lookup (sums, wait->lock)) +
                        g_direct_hash (wait->lock);

      g_hash_table_insert (self->told_holders, key, GUINT_TO_POINTER (sum));
      if (told == NULL || !g_hash_table_contains (told, key) ||
          GPOINTER_TO_UINT (g_hash_table_lookup (told, key)) != sum)
        _g_flow_run_note_change (self, wait->index);
    }
}
