/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-record-private.h"

#include "gflow-steps-private.h"

/* Records are written by the thread that runs the node, without a lock: the release
 * with which a node ends orders them for whoever has seen that. */

static GFlowRecord *
get_records (GFlowRun *self)
{
  /* Acquire: pairs with the release in _g_flow_run_make_records(), for the zeroes. */
  return atomic_load_explicit (&self->records, memory_order_acquire);
}

/* The state of the nodes is there. */
void
_g_flow_run_make_records (GFlowRun *self)
{
  GFlowRecord *none = NULL;

  if (get_records (self) != NULL)
    return;

  /* Zeroed pages that are not touched cost nothing. */
  GFlowRecord *records = g_new0 (GFlowRecord, MAX (self->plan->n_nodes, 1));

  /* Release: pairs with the acquire in get_records(). */
  if (!atomic_compare_exchange_strong_explicit (&self->records, &none, records,
                                                memory_order_release, memory_order_relaxed))
    g_free (records);
  /* Relaxed: who sees it looks for the records, and does without if they are not there. */
  atomic_fetch_or_explicit (&self->attention, G_FLOW_ATTENTION_RECORDED, memory_order_relaxed);
}

/* Writes down what the nodes of the run do from now on. */
void
_g_flow_run_record (GFlowRun *self)
{
  if (!_g_flow_run_has_state (self))
    self->is_recorded = TRUE;
  else if (g_flow_run_get_state (self) == G_FLOW_RUN_STATE_RUNNING)
    _g_flow_run_make_records (self);
}

/* Adds an observer, which belongs to the run then. Before the run starts. */
void
_g_flow_run_observe (GFlowRun      *self,
                     GFlowObserver *observer)
{
  GFlowObserver **end = &self->observers;

  g_assert (!_g_flow_run_has_state (self));

  while (*end != NULL)
    end = &(*end)->next;
  observer->next = NULL;
  *end = observer;
  _g_flow_run_record (self);
}

void
_g_flow_run_free_records (GFlowRun *self)
{
  GFlowRecord *records = get_records (self);

  while (self->observers != NULL)
    {
      GFlowObserver *observer = self->observers;

      self->observers = observer->next;
      if (observer->free != NULL)
        observer->free (observer);
    }
  atomic_store_explicit (&self->records, NULL, memory_order_relaxed);
  g_free (records);
}

/* What is known of a node; %NULL if the run is not recorded. */
GFlowRecord *
_g_flow_run_get_record (GFlowRun *self,
                        guint32   index)
{
  GFlowRecord *records = _g_flow_run_has_state (self) ? get_records (self) : NULL;

  return records != NULL ? &records[index] : NULL;
}

/* When the last of what it needs had ended, and it could have started; 0 if that is not
 * known, or has not happened. Nobody writes that down: it follows from the other records. */
gint64
_g_flow_run_get_ready_time (GFlowRun *self,
                            guint32   index)
{
  GFlowRecord *records = get_records (self);
  gint64 ready = self->start_time;

  if (records == NULL)
    return 0;

  guint32 n_upstreams;
  const guint32 *upstreams = _g_flow_plan_upstreams (self->plan, index, &n_upstreams);

  for (guint32 k = 0; k < n_upstreams; k++)
    {
      const guint32 upstream = upstreams[k];

      if (_g_flow_run_node_state (self, upstream) < G_FLOW_NODE_STATE_DONE)
        return 0;
      ready = MAX (ready, atomic_load_explicit (&records[upstream].end, memory_order_relaxed));
    }
  return ready;
}

/* For whoever runs the node. All stores are relaxed: the end of the node releases them. */

void
_g_flow_run_record_start (GFlowRun  *self,
                          GFlowLane *lane,
                          guint32    index)
{
  GFlowRecord *records = get_records (self);

  if (records == NULL)
    return;

  GFlowRecord *record = &records[index];
  const guint32 worker = lane->context ? 0 : (guint32) (lane - self->lanes) + 1;

  atomic_store_explicit (&record->attempt,
                         atomic_load_explicit (&record->attempt, memory_order_relaxed) + 1,
                         memory_order_relaxed);
  atomic_store_explicit (&record->worker, worker, memory_order_relaxed);
  atomic_store_explicit (&record->end, 0, memory_order_relaxed);
  atomic_store_explicit (&record->start, g_get_monotonic_time (), memory_order_relaxed);
  for (GFlowObserver *o = self->observers; o != NULL; o = o->next)
    if (o->started != NULL)
      o->started (o, self, index, record);
  _g_flow_run_note_change (self, index);
}

void
_g_flow_run_record_locked (GFlowRun *self,
                           guint32   index)
{
  GFlowRecord *records = get_records (self);

  if (records != NULL)
    atomic_store_explicit (&records[index].locked, g_get_monotonic_time (), memory_order_relaxed);
}

/* Before the node gives its locks back. */
void
_g_flow_run_record_end (GFlowRun *self,
                        guint32   index)
{
  GFlowRecord *records = get_records (self);

  if (records == NULL)
    return;

  atomic_store_explicit (&records[index].end, g_get_monotonic_time (), memory_order_relaxed);
}

/* After that, and before anything that waits for the node can start. */
void
_g_flow_run_observe_end (GFlowRun       *self,
                         guint32         index,
                         GFlowNodeState  state)
{
  GFlowRecord *records = get_records (self);

  for (GFlowObserver *o = self->observers; o != NULL && records != NULL; o = o->next)
    if (o->ended != NULL)
      o->ended (o, self, index, state, &records[index]);
}

void
_g_flow_run_observe_subrun (GFlowRun *self,
                            guint32   index,
                            GFlowRun *child)
{
  for (GFlowObserver *o = self->observers; o != NULL; o = o->next)
    if (o->subrun != NULL)
      o->subrun (o, self, index, child);
}

void
_g_flow_run_observe_finish (GFlowRun *self)
{
  for (GFlowObserver *o = self->observers; o != NULL; o = o->next)
    if (o->finished != NULL)
      o->finished (o, self);
}
