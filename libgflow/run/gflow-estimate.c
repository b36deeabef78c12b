/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-estimate-private.h"

#include "gflow-progress-private.h"
#include "gflow-record-private.h"
#include "graph/gflow-history.h"

/* How long a run has taken, and will take.
 *
 * The rest is found by how much is done, and how long that took: by the fraction of the
 * run; or, if there is a history, by how long the nodes that have ended took in earlier
 * runs, of what all of them took. Between the ends of two nodes the rest becomes less as
 * time goes by, but not by more than one node: what does not end, is not done. */

/* Without a history: so much must be done, and so long have taken, to say anything. */
#define MIN_FRACTION 0.05
#define MIN_N_DONE 2
#define MIN_SECONDS 1.0
/* While something is to be done, it takes so long, at least. */
#define MIN_REMAINING 1.0
#define SAMPLE_SPAN G_USEC_PER_SEC

/* What a run with a history knows. */
struct _GFlowLearner
{
  GFlowObserver   observer;  /* first: is cast back */
  double         *expected;  /* (owned) (nullable): of each node, in µs; NULL if of none */
  double          total;
  double          run_seconds; /* what a run takes; -1 if that is not known */
  _Atomic guint64 done;      /* expected, in µs, of what has ended */
};

/* Learning */

static void
node_ended (GFlowObserver  *observer,
            GFlowRun       *run,
            guint32         index,
            GFlowNodeState  state,
            GFlowRecord    *record)
{
  GFlowLearner *self = (GFlowLearner *) observer;

  /* Relaxed: it is only looked at. */
  if (self->expected != NULL)
    atomic_fetch_add_explicit (&self->done, (guint64) self->expected[index], memory_order_relaxed);
}

/* Nodes of the library take no time of their own. */
static void
learn_node (GFlowRun *run,
            guint32   index)
{
  const GFlowPlanNode *node = &run->plan->nodes[index];
  const GFlowRecord *record = _g_flow_run_get_record (run, index);
  const gint64 start = atomic_load_explicit (&record->start, memory_order_relaxed);

  if (node->kind == G_FLOW_NODE_KIND_JOIN || start == 0 ||
      _g_flow_run_node_state (run, index) != G_FLOW_NODE_STATE_DONE)
    return;

  const gint64 end = atomic_load_explicit (&record->end, memory_order_relaxed);

  g_flow_history_add_duration (run->history, g_flow_node_get_name (node->node),
                               (double) (end - start) / G_USEC_PER_SEC);
}

static void
run_finished (GFlowObserver *observer,
              GFlowRun      *run)
{
  for (guint32 i = 0; i < run->plan->n_nodes; i++)
    learn_node (run, i);
  if (g_flow_run_get_state (run) == G_FLOW_RUN_STATE_DONE)
    g_flow_history_add_run_duration (run->history, g_flow_get_name (run->flow),
                                     g_flow_run_get_elapsed (run));
}

static void
free_learner (GFlowObserver *observer)
{
  GFlowLearner *self = (GFlowLearner *) observer;

  g_free (self->expected);
  g_free (self);
}

/* What nodes of which nothing is known take is what the others take. */
static void
expect (GFlowLearner *self,
        GFlowRun     *run)
{
  const guint n = run->plan->n_nodes;
  g_autofree double *expected = g_new (double, MAX (n, 1));
  double known = 0.0;
  guint n_known = 0;

  for (guint i = 0; i < n; i++)
    {
      const char *name = g_flow_node_get_name (run->plan->nodes[i].node);

      expected[i] = g_flow_history_get_duration (run->history, name) * G_USEC_PER_SEC;
      if (expected[i] >= 0.0)
        {
          known += expected[i];
          n_known++;
        }
    }
  if (n_known == 0 || known <= 0.0)
    return;

  for (guint i = 0; i < n; i++)
    {
      if (expected[i] < 0.0)
        expected[i] = known / n_known;
      self->total += expected[i];
    }
  self->expected = g_steal_pointer (&expected);
}

/* The run is about to start. */
void
_g_flow_run_start_learning (GFlowRun *self)
{
  GFlowLearner *learner = g_new0 (GFlowLearner, 1);

  learner->observer = (GFlowObserver) {
    .ended = node_ended, .finished = run_finished, .free = free_learner,
  };
  learner->run_seconds = g_flow_history_get_run_duration (self->history,
                                                          g_flow_get_name (self->flow));
  expect (learner, self);
  self->learner = learner;
  _g_flow_run_observe (self, &learner->observer);
}

/* Telling */

/**
 * g_flow_run_get_elapsed: (attributes org.gtk.Method.get_property=elapsed)
 * @self: a run
 *
 * Gets how long the run has taken by now, or took. May be called from any thread.
 *
 * Returns: in seconds; 0 if it has not started
 *
 * Since: 0.1
 */
double
g_flow_run_get_elapsed (GFlowRun *self)
{
  g_return_val_if_fail (G_IS_FLOW_RUN (self), 0.0);

  if (!_g_flow_run_has_state (self))
    return 0.0;

  const gint64 end = g_flow_run_get_state (self) > G_FLOW_RUN_STATE_RUNNING
                       ? self->end_time : g_get_monotonic_time ();

  return (double) (end - self->start_time) / G_USEC_PER_SEC;
}

/* Remembers how much was done at @now, once a second, and gives what it was some seconds
 * ago, or, if that is later, in the beginning. */
static GFlowSample
take_sample_locked (GFlowRun *self,
                    gint64    now,
                    guint     n_done)
{
  GFlowPace *pace = self->pace;
  GFlowSample oldest = { .time = self->start_time };
  const guint n = pace->n_samples;

  if (n >= G_FLOW_N_SAMPLES)
    oldest = pace->samples[n % G_FLOW_N_SAMPLES];
  if (n == 0 || now - pace->samples[(n - 1) % G_FLOW_N_SAMPLES].time >= SAMPLE_SPAN)
    {
      pace->samples[n % G_FLOW_N_SAMPLES] = (GFlowSample) { now, n_done };
      pace->n_samples++;
    }
  return oldest;
}

static GFlowPace *
ensure_pace_locked (GFlowRun *self)
{
  if (self->pace == NULL)
    self->pace = g_new0 (GFlowPace, 1);
  return self->pace;
}

/**
 * g_flow_run_get_rate: (attributes org.gtk.Method.get_property=rate)
 * @self: a run
 *
 * Gets how many nodes end in a second: in the last ten seconds or so, if it is asked for
 * so often; and of a run that has ended, all in all. May be called from any thread.
 *
 * Returns: nodes in a second; -1 as long as fewer than two have ended
 *
 * Since: 0.1
 */
double
g_flow_run_get_rate (GFlowRun *self)
{
  g_return_val_if_fail (G_IS_FLOW_RUN (self), -1.0);

  /* Acquire: pairs with _g_flow_run_set_restored(). First, as the others are counted then. */
  const guint n_restored = atomic_load_explicit (&self->n_restored, memory_order_acquire);
  const guint n_counted = _g_flow_run_count_done (self);
  const guint n_done = n_counted - MIN (n_restored, n_counted);

  if (n_done < MIN_N_DONE)
    return -1.0;

  gint64 now = self->end_time;
  GFlowSample since = { .time = self->start_time };

  if (g_flow_run_get_state (self) == G_FLOW_RUN_STATE_RUNNING)
    {
      now = g_get_monotonic_time ();
      _g_flow_mutex_lock (&self->mutex);
      ensure_pace_locked (self);
      since = take_sample_locked (self, now, n_done);
      _g_flow_mutex_unlock (&self->mutex);
    }
  return (double) (n_done - MIN (since.n_done, n_done)) * G_USEC_PER_SEC /
         MAX (now - since.time, 1);
}

/* How much is done, as far as time goes. */
static double
get_time_fraction (GFlowRun *self,
                   double    share)
{
  GFlowLearner *learner = self->learner;

  if (learner == NULL || learner->expected == NULL)
    return MAX (1.0 - (1.0 - _g_flow_run_count_fraction (self)) / share, 0.0);
  return MIN ((double) atomic_load_explicit (&learner->done, memory_order_relaxed) /
                (learner->total * share), 1.0);
}

/* The share of this run: nodes that it has taken over from an earlier one took no time. */
static double
get_share (GFlowRun *self)
{
  double share;

  _g_flow_mutex_lock (&self->mutex);
  share = 1.0 - self->restored_fraction;
  _g_flow_mutex_unlock (&self->mutex);
  return MAX (share, 1.0 / MAX (self->plan->n_nodes, 1));
}

/* Nodes were taken over. */
void
_g_flow_run_set_restored (GFlowRun      *self,
                          const guint32 *nodes,
                          guint          n)
{
  GFlowLearner *learner = self->learner;
  const guint *weights = self->plan->weights;
  double restored = 0.0, total = MAX (self->plan->total_weight, 1);

  for (guint i = 0; i < n; i++)
    if (learner != NULL && learner->expected != NULL)
      restored += learner->expected[nodes[i]];
    else
      restored += weights != NULL ? weights[nodes[i]] : 1;
  if (learner != NULL && learner->expected != NULL)
    total = learner->total;

  _g_flow_mutex_lock (&self->mutex);
  self->restored_fraction = MIN (restored / total, 1.0);
  _g_flow_mutex_unlock (&self->mutex);
  /* Release: pairs with the load in g_flow_run_get_rate(). */
  atomic_store_explicit (&self->n_restored, n, memory_order_release);
}

/* What is left after @elapsed, in seconds, if @fraction was done after @since, and what all
 * of it takes was learned. That counts less as more is seen of this run. */
static double
estimate_learned (GFlowRun *self,
                  double    share,
                  double    fraction,
                  double    since,
                  double    elapsed)
{
  const double learned = self->learner->run_seconds * share;
  const double pace = fraction > 0.0 && learned > 0.0 ? since / (fraction * learned) : 1.0;
  const double rest = learned * ((1.0 - fraction) + fraction * pace);

  return MAX ((1.0 - fraction) * rest - (elapsed - since),
              (1.0 - fraction - 1.0 / self->plan->n_nodes) * rest);
}

/* The same without that; -1 if there is no telling. */
static double
estimate_seen (GFlowRun *self,
               double    fraction,
               double    since,
               double    elapsed)
{
  if (fraction <= 0.0 || elapsed < MIN_SECONDS ||
      (fraction < MIN_FRACTION && _g_flow_run_count_done (self) < MIN_N_DONE))
    return -1.0;

  const double total = MAX (since / fraction, elapsed / (fraction + 1.0 / self->plan->n_nodes));

  return MAX (total - elapsed, 0.0);
}

/**
 * g_flow_run_get_remaining: (attributes org.gtk.Method.get_property=remaining)
 * @self: a run
 *
 * Gets how long the run will take from now on, as far as can be told: by how much it has
 * done, and by its [property@GFlow.FlowRun:history], if it has one. May be called from any
 * thread.
 *
 * Returns: in seconds; 0 if it has ended; -1 as long as there is no evidence
 *
 * Since: 0.1
 */
double
g_flow_run_get_remaining (GFlowRun *self)
{
  g_return_val_if_fail (G_IS_FLOW_RUN (self), -1.0);

  const GFlowRunState state = g_flow_run_get_state (self);

  if (state > G_FLOW_RUN_STATE_RUNNING)
    return 0.0;
  if (state == G_FLOW_RUN_STATE_NEW)
    return self->history != NULL
             ? g_flow_history_get_run_duration (self->history, g_flow_get_name (self->flow)) : -1.0;

  const double elapsed = g_flow_run_get_elapsed (self);
  const double share = get_share (self);
  const double fraction = get_time_fraction (self, share);

  _g_flow_mutex_lock (&self->mutex);

  GFlowPace *pace = ensure_pace_locked (self);

  if (fraction != pace->fraction)
    {
      pace->fraction = fraction;
      pace->fraction_elapsed = elapsed;
    }

  const double since = pace->fraction_elapsed;

  _g_flow_mutex_unlock (&self->mutex);

  const gboolean learned = self->learner != NULL && self->learner->run_seconds >= 0.0;
  const double remaining = learned ? estimate_learned (self, share, fraction, since, elapsed)
                                   : estimate_seen (self, fraction, since, elapsed);

  return remaining < 0.0 && !learned ? remaining : MAX (remaining, MIN_REMAINING);
}

/**
 * g_flow_run_get_history: (attributes org.gtk.Method.get_property=history)
 * @self: a run
 *
 * Gets what the run learns of how long nodes take.
 *
 * Returns: (transfer none) (nullable): the history
 *
 * Since: 0.1
 */
GFlowHistory *
g_flow_run_get_history (GFlowRun *self)
{
  g_return_val_if_fail (G_IS_FLOW_RUN (self), NULL);

  return self->history;
}
