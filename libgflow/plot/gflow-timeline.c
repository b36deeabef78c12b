/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-timeline-private.h"

#include <glib/gi18n-lib.h>

void
_g_flow_timeline_free (GFlowTimeline *self)
{
  g_object_unref (self->run);
  g_array_unref (self->slices);
  g_array_unref (self->tracks);
  g_array_unref (self->critical);
  g_free (self->slice_of);
  g_free (self);
}

/* Reading the records */

static gint64
load (_Atomic gint64 *time)
{
  /* Relaxed: of nodes that run still, the numbers may be of different moments. */
  return atomic_load_explicit (time, memory_order_relaxed);
}

static int
compare_slices (gconstpointer a,
                gconstpointer b)
{
  const GFlowSlice *p = a, *q = b;

  if (p->start != q->start)
    return p->start < q->start ? -1 : 1;
  if (p->end != q->end)
    return p->end < q->end ? -1 : 1;
  return p->index < q->index ? -1 : p->index > q->index;
}

/* The tracks of the slices are those of the workers until they are laid out. */
static void
collect_slices (GFlowTimeline *self)
{
  const gint64 now = g_get_monotonic_time ();

  for (guint32 i = 0; i < self->run->plan->n_nodes; i++)
    {
      GFlowRecord *record = _g_flow_run_get_record (self->run, i);
      /* Acquire: a node that has ended is seen with all that was written down. */
      const GFlowNodeState state = _g_flow_run_node_state (self->run, i);
      const gint64 start = load (&record->start), end = load (&record->end);

      if (start == 0)
        continue;

      const GFlowSlice slice = {
        .index = i,
        .attempt = atomic_load_explicit (&record->attempt, memory_order_relaxed),
        .state = state,
        .ready = _g_flow_run_get_ready_time (self->run, i),
        .start = start,
        .end = end >= start ? end : now,
        .track = atomic_load_explicit (&record->worker, memory_order_relaxed),
      };

      g_array_append_val (self->slices, slice);
      self->end = MAX (self->end, slice.end);
    }
  g_array_sort (self->slices, compare_slices);

  self->slice_of = g_new0 (guint32, MAX (self->run->plan->n_nodes, 1));
  for (guint i = 0; i < self->slices->len; i++)
    self->slice_of[_g_flow_timeline_slice (self, i)->index] = i + 1;
}

/* Laying out the tracks */

/* A track of the worker that is free, or a new one. */
static guint
find_track (GArray           *tracks,
            GArray           *of_worker,
            const GFlowSlice *slice)
{
  const guint32 worker = slice->track;

  for (guint i = 0; i < of_worker->len; i++)
    {
      GFlowTrack *track = &g_array_index (tracks, GFlowTrack, g_array_index (of_worker, guint, i));

      if (track->end <= slice->start)
        {
          track->end = slice->end;
          return g_array_index (of_worker, guint, i);
        }
    }

  const GFlowTrack track = { worker, of_worker->len, slice->end };
  const guint number = tracks->len;

  g_array_append_val (tracks, track);
  g_array_append_val (of_worker, number);
  return number;
}

static int
compare_tracks (gconstpointer a,
                gconstpointer b,
                gpointer      data)
{
  const GFlowTrack *tracks = data;
  const GFlowTrack *p = &tracks[*(const guint *) a], *q = &tracks[*(const guint *) b];

  if (p->worker != q->worker)
    return p->worker < q->worker ? -1 : 1;
  return p->number < q->number ? -1 : p->number > q->number;
}

/* Puts the tracks in order: the context first, then the workers. */
static void
sort_tracks (GFlowTimeline *self)
{
  const guint n = self->tracks->len;
  GArray *sorted = g_array_sized_new (FALSE, FALSE, sizeof (GFlowTrack), n);
  g_autofree guint *order = g_new (guint, n + 1);
  g_autofree guint *place = g_new (guint, n + 1);

  for (guint i = 0; i < n; i++)
    order[i] = i;
  g_qsort_with_data (order, n, sizeof *order, compare_tracks, self->tracks->data);
  for (guint i = 0; i < n; i++)
    {
      g_array_append_val (sorted, g_array_index (self->tracks, GFlowTrack, order[i]));
      place[order[i]] = i;
    }
  for (guint i = 0; i < self->slices->len; i++)
    {
      GFlowSlice *slice = &g_array_index (self->slices, GFlowSlice, i);

      slice->track = place[slice->track];
    }
  g_array_unref (self->tracks);
  self->tracks = sorted;
}

static void
lay_out (GFlowTimeline *self)
{
  g_autoptr(GPtrArray) of_workers = g_ptr_array_new_with_free_func ((GDestroyNotify) g_array_unref);

  for (guint i = 0; i < self->slices->len; i++)
    {
      GFlowSlice *slice = &g_array_index (self->slices, GFlowSlice, i);

      while (of_workers->len <= slice->track)
        g_ptr_array_add (of_workers, g_array_new (FALSE, FALSE, sizeof (guint)));
      slice->track = find_track (self->tracks, of_workers->pdata[slice->track], slice);
    }
  sort_tracks (self);
}

/* The critical path */

/* The nodes in an order in which each comes after what it needs. */
static guint32 *
sort_nodes (const GFlowPlan *plan)
{
  guint32 *order = g_new (guint32, plan->n_nodes + 1);
  g_autofree guint32 *pending = g_new (guint32, plan->n_nodes + 1);
  guint n = 0;

  for (guint32 i = 0; i < plan->n_nodes; i++)
    if ((pending[i] = plan->start[i].pending) == 0)
      order[n++] = i;
  for (guint k = 0; k < n; k++)
    {
      guint32 n_successors;
      const guint32 *successors =
        _g_flow_plan_successors (plan, &plan->nodes[order[k]], &n_successors);

      for (guint32 i = 0; i < n_successors; i++)
        if (--pending[successors[i]] == 0)
          order[n++] = successors[i];
    }
  return order;
}

static void
reverse (GArray *numbers)
{
  guint32 *items = (guint32 *) numbers->data;

  for (guint i = 0; i < numbers->len / 2; i++)
    {
      const guint32 first = items[i];

      items[i] = items[numbers->len - 1 - i];
      items[numbers->len - 1 - i] = first;
    }
}

/* The chain of nodes, each of which needs the one before, that takes longest: the run could
 * not have been shorter than that, however many workers there were. */
static void
find_critical_path (GFlowTimeline *self)
{
  GFlowPlan *plan = self->run->plan;
  g_autofree guint32 *order = sort_nodes (plan);
  g_autofree gint64 *length = g_new0 (gint64, plan->n_nodes + 1);
  g_autofree guint32 *before = g_new (guint32, plan->n_nodes + 1);
  guint32 last = G_FLOW_NO_NODE;

  for (guint32 k = 0; k < plan->n_nodes; k++)
    {
      const guint32 index = order[k];
      const GFlowSlice *slice = _g_flow_timeline_slice_of (self, index);
      guint32 n_upstreams;
      const guint32 *upstreams = _g_flow_plan_upstreams (plan, index, &n_upstreams);

      before[index] = G_FLOW_NO_NODE;
      for (guint32 i = 0; i < n_upstreams; i++)
        if (before[index] == G_FLOW_NO_NODE || length[upstreams[i]] > length[before[index]])
          before[index] = upstreams[i];
      if (before[index] != G_FLOW_NO_NODE)
        length[index] = length[before[index]];
      if (slice == NULL)
        continue;
      length[index] += slice->end - slice->start;
      if (last == G_FLOW_NO_NODE || length[index] > length[last])
        last = index;
    }

  if (last != G_FLOW_NO_NODE)
    self->critical_time = length[last];
  for (guint32 index = last; index != G_FLOW_NO_NODE; index = before[index])
    if (self->slice_of[index] > 0)
      {
        const guint32 number = self->slice_of[index] - 1;

        g_array_append_val (self->critical, number);
        g_array_index (self->slices, GFlowSlice, number).critical = TRUE;
      }
  /* It was found from the end. */
  reverse (self->critical);
}

/* Of a run whose record is not kept, and of one that has not started, it is empty. */
GFlowTimeline *
_g_flow_timeline_new (GFlowRun *run)
{
  GFlowTimeline *self = g_new0 (GFlowTimeline, 1);

  self->run = g_object_ref (run);
  self->slices = g_array_new (FALSE, FALSE, sizeof (GFlowSlice));
  self->tracks = g_array_new (FALSE, FALSE, sizeof (GFlowTrack));
  self->critical = g_array_new (FALSE, FALSE, sizeof (guint32));
  self->start = self->end = run->start_time;
  if (run->plan == NULL || run->plan->n_nodes == 0 || _g_flow_run_get_record (run, 0) == NULL)
    return self;

  collect_slices (self);
  lay_out (self);
  find_critical_path (self);
  return self;
}

/* Words */

char *
_g_flow_timeline_dup_name (GFlowTimeline *self,
                           guint          number)
{
  const GFlowTrack *track = &g_array_index (self->tracks, GFlowTrack, number);
  g_autofree char *name = track->worker > 0 ? g_strdup_printf (_("Worker %u"), track->worker)
                                            : g_strdup (_("Context"));

  return track->number > 0 ? g_strdup_printf ("%s (%u)", name, track->number + 1)
                           : g_steal_pointer (&name);
}

/* A time as people read it, with three digits that count. */
char *
_g_flow_dup_duration (gint64 duration)
{
  const double ms = duration / 1000.0, s = ms / 1000.0;

  if (duration < 1000)
    return g_strdup_printf (_("%d µs"), (int) duration);
  if (ms < 10)
    return g_strdup_printf (_("%.2f ms"), ms);
  if (ms < 100)
    return g_strdup_printf (_("%.1f ms"), ms);
  if (ms < 1000)
    return g_strdup_printf (_("%.0f ms"), ms);
  if (s < 10)
    return g_strdup_printf (_("%.2f s"), s);
  if (s < 100)
    return g_strdup_printf (_("%.1f s"), s);
  return g_strdup_printf (_("%.0f s"), s);
}
