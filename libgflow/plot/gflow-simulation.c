/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-timeline-private.h"

#include "graph/gflow-lock-private.h"

/* The nodes of a run once more, on paper: each takes as long as it did, and starts when what it
 * needs has ended, it has its locks, and a worker, or the context, is free; of those that are
 * ready, the one that became ready first, or has the smallest priority number. Async bodies
 * and flows take nobody's time but their own. */

/* A smallest-first heap of nodes. */
typedef struct
{
  gint64  key;
  guint64 order; /* of equal keys, the smaller comes first */
  guint32 node;
} Entry;

typedef struct
{
  GArray *entries; /* (owned) of Entry */
} Heap;

static gboolean
is_before (const Entry *a,
           const Entry *b)
{
  return a->key != b->key ? a->key < b->key : a->order < b->order;
}

static void
push (Heap   *heap,
      gint64  key,
      guint64 order,
      guint32 node)
{
  const Entry entry = { key, order, node };
  guint at = heap->entries->len;

  g_array_append_val (heap->entries, entry);

  Entry *entries = (Entry *) heap->entries->data;

  for (guint up; at > 0 && is_before (&entry, &entries[up = (at - 1) / 2]); at = up)
    entries[at] = entries[up];
  entries[at] = entry;
}

static gboolean
pop (Heap  *heap,
     Entry *entry)
{
  Entry *entries = (Entry *) heap->entries->data;
  const guint n = heap->entries->len;

  if (n == 0)
    return FALSE;

  const Entry last = entries[n - 1];
  guint at = 0;

  *entry = entries[0];
  for (guint down; (down = at * 2 + 1) < n - 1; at = down)
    {
      if (down + 1 < n - 1 && is_before (&entries[down + 1], &entries[down]))
        down++;
      if (!is_before (&entries[down], &last))
        break;
      entries[at] = entries[down];
    }
  entries[at] = last;
  g_array_set_size (heap->entries, n - 1);
  return TRUE;
}

typedef struct
{
  guint  n_free;
  GQueue waiting; /* of nodes */
} Permits;

typedef struct
{
  GFlowTimeline   *timeline;
  const GFlowPlan *plan;
  GHashTable      *permits;      /* (owned): GFlowLock → Permits */
  guint32         *pending;      /* (owned) */
  guint32         *step;         /* (owned): how many of its locks a node has */
  Heap             running;      /* by when they end */
  Heap             for_worker;   /* by priority, and then by when they became ready */
  Heap             for_context;
  guint            n_workers;    /* that are free */
  guint            n_contexts;
  gint64           now;
  guint64          order;
} Simulation;

static gboolean
is_in_context (Simulation *self,
               guint32     node)
{
  return (self->plan->start[node].route & G_FLOW_ROUTE_CONTEXT) != 0;
}

/* Whether the node takes nobody's time. */
static gboolean
is_alone (Simulation *self,
          guint32     node)
{
  switch ((GFlowNodeKind) self->plan->nodes[node].kind)
    {
    case G_FLOW_NODE_KIND_TASK:
    case G_FLOW_NODE_KIND_FLOW:
      return TRUE;
    case G_FLOW_NODE_KIND_DEFERRING:
      return is_in_context (self, node);
    default:
      return FALSE;
    }
}

static void
start_node (Simulation *self,
            guint32     node)
{
  const GFlowSlice *slice = _g_flow_timeline_slice_of (self->timeline, node);

  push (&self->running, self->now + (slice != NULL ? slice->end - slice->start : 0),
        self->order++, node);
}

/* It has all its locks. */
static void
enqueue (Simulation *self,
         guint32     node)
{
  const int priority = self->plan->priorities != NULL ? self->plan->priorities[node] : 0;

  if (is_alone (self, node))
    start_node (self, node);
  else
    push (is_in_context (self, node) ? &self->for_context : &self->for_worker, priority,
          self->order++, node);
}

static guint
count_own_locks (Simulation *self,
                 guint32     node)
{
  const guint32 *first = self->plan->first_lock;

  return first != NULL ? first[node + 1] - first[node] : 0;
}

/* The limit of the flow is a lock, too, and the last one. */
static guint
count_locks (Simulation *self,
             guint32     node)
{
  const gboolean limited = self->timeline->run->parallel_lock != NULL &&
                           self->plan->nodes[node].kind != G_FLOW_NODE_KIND_JOIN;

  return count_own_locks (self, node) + (limited ? 1 : 0);
}

static Permits *
get_permits (Simulation *self,
             guint32     node,
             guint       step)
{
  GFlowLock *lock = step < count_own_locks (self, node)
                      ? self->plan->locks->pdata[self->plan->first_lock[node] + step]
                      : self->timeline->run->parallel_lock;
  Permits *permits = g_hash_table_lookup (self->permits, lock);

  if (permits == NULL)
    {
      permits = g_new0 (Permits, 1);
      permits->n_free = g_flow_lock_get_permits (lock);
      g_hash_table_insert (self->permits, lock, permits);
    }
  return permits;
}

static void
take_locks (Simulation *self,
            guint32     node)
{
  const guint n = count_locks (self, node);

  for (; self->step[node] < n; self->step[node]++)
    {
      Permits *permits = get_permits (self, node, self->step[node]);

      if (permits->n_free == 0)
        {
          g_queue_push_tail (&permits->waiting, GUINT_TO_POINTER (node));
          return;
        }
      permits->n_free--;
    }
  enqueue (self, node);
}

static void
release_locks (Simulation *self,
               guint32     node)
{
  for (guint i = count_locks (self, node); i-- > 0;)
    {
      Permits *permits = get_permits (self, node, i);

      if (g_queue_is_empty (&permits->waiting))
        {
          permits->n_free++;
          continue;
        }

      const guint32 next = GPOINTER_TO_UINT (g_queue_pop_head (&permits->waiting));

      self->step[next]++;
      take_locks (self, next);
    }
}

static void
end_node (Simulation *self,
          guint32     node)
{
  guint32 n_successors;
  const guint32 *successors =
    _g_flow_plan_successors (self->plan, &self->plan->nodes[node], &n_successors);

  if (!is_alone (self, node))
    *(is_in_context (self, node) ? &self->n_contexts : &self->n_workers) += 1;
  release_locks (self, node);
  /* They stand with the one that was added last first. */
  for (guint32 i = n_successors; i-- > 0;)
    if (--self->pending[successors[i]] == 0)
      take_locks (self, successors[i]);
}

static void
dispatch (Simulation *self)
{
  Entry entry;

  for (; self->n_workers > 0 && pop (&self->for_worker, &entry); self->n_workers--)
    start_node (self, entry.node);
  for (; self->n_contexts > 0 && pop (&self->for_context, &entry); self->n_contexts--)
    start_node (self, entry.node);
}

static void
free_permits (gpointer data)
{
  g_queue_clear (&((Permits *) data)->waiting);
  g_free (data);
}

/* How long the run would have taken with so many workers. */
gint64
_g_flow_timeline_simulate (GFlowTimeline *timeline,
                           guint          n_workers)
{
  const GFlowPlan *plan = timeline->run->plan;
  Simulation self = {
    .timeline = timeline, .plan = plan, .n_workers = MAX (n_workers, 1), .n_contexts = 1,
  };
  Entry entry;

  if (timeline->slices->len == 0)
    return 0;

  self.permits = g_hash_table_new_full (NULL, NULL, NULL, free_permits);
  self.pending = g_new (guint32, plan->n_nodes);
  self.step = g_new0 (guint32, plan->n_nodes);
  self.running.entries = g_array_new (FALSE, FALSE, sizeof (Entry));
  self.for_worker.entries = g_array_new (FALSE, FALSE, sizeof (Entry));
  self.for_context.entries = g_array_new (FALSE, FALSE, sizeof (Entry));

  for (guint32 i = 0; i < plan->n_nodes; i++)
    self.pending[i] = plan->start[i].pending;
  for (guint32 i = 0; i < plan->n_nodes; i++)
    if (plan->start[i].pending == 0)
      take_locks (&self, i);
  for (dispatch (&self); pop (&self.running, &entry); dispatch (&self))
    {
      self.now = entry.key;
      end_node (&self, entry.node);
    }

  g_hash_table_unref (self.permits);
  g_free (self.pending);
  g_free (self.step);
  g_array_unref (self.running.entries);
  g_array_unref (self.for_worker.entries);
  g_array_unref (self.for_context.entries);
  return self.now;
}
