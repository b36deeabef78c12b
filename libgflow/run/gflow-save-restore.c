/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-save-private.h"

#include "gflow-estimate-private.h"
#include "gflow-journal-private.h"
#include "gflow-steps-private.h"

/* Which nodes of an earlier run need not run again, and a run that starts without them.
 *
 * A node is finished if it was done, or skipped by choice, and all its upstreams are
 * finished. One that was skipped is judged again, as that costs nothing. One that was done is
 * taken over, unless its result is lost and somebody may still read it: a node that runs
 * in this run, or, of a leaf, the application. Then it runs again, and may read the
 * results of its upstreams, which therefore may have to run again, too. */

typedef enum
{
  FATE_RUNS,
  FATE_AGAIN,   /* was done, but somebody reads its result, which is lost */
  FATE_SKIPPED, /* by choice, and will be again */
  FATE_DONE,    /* taken over */
} Fate;

/* Is never counted down to 0: by so many upstreams that run again. */
#define PENDING_FOR_EVER ((guint32) 1 << 31)

/* All nodes, upstreams before what waits for them. */
static guint32 *
sort_nodes (GFlowPlan *plan)
{
  guint32 *order = g_new (guint32, plan->n_nodes + 1);
  g_autofree guint32 *pending = g_new (guint32, plan->n_nodes + 1);
  guint32 n_sorted = 0;

  for (guint32 i = 0; i < plan->n_nodes; i++)
    {
      pending[i] = plan->start[i].pending;
      if (pending[i] == 0)
        order[n_sorted++] = i;
    }
  for (guint32 i = 0; i < n_sorted; i++)
    {
      guint32 n;
      const guint32 *successors = _g_flow_plan_successors (plan, &plan->nodes[order[i]], &n);

      for (guint32 k = 0; k < n; k++)
        if (--pending[successors[k]] == 0)
          order[n_sorted++] = successors[k];
    }
  g_assert (n_sorted == plan->n_nodes);
  return order;
}

static gboolean
are_upstreams_finished (GFlowPlan    *plan,
                        const guint8 *fates,
                        guint32       index)
{
  guint32 n_upstreams;
  const guint32 *upstreams = _g_flow_plan_upstreams (plan, index, &n_upstreams);

  for (guint32 k = 0; k < n_upstreams; k++)
    if (fates[upstreams[k]] == FATE_RUNS)
      return FALSE;
  return TRUE;
}

/* How many of the nodes that may read the result of a node are not taken over, and how
 * many of these will run. */
static guint32
count_readers (GFlowPlan    *plan,
               const guint8 *fates,
               guint32       index,
               guint32      *n_running)
{
  guint32 n, n_readers = 0;
  const guint32 *successors = _g_flow_plan_successors (plan, &plan->nodes[index], &n);

  *n_running = 0;
  for (guint32 k = 0; k < n; k++)
    {
      n_readers += fates[successors[k]] != FATE_DONE;
      *n_running += fates[successors[k]] <= FATE_AGAIN;
    }
  return n_readers;
}

/* Whether the result is there when the run has ended. */
static gboolean
is_result_for_all (GFlowRun *self,
                   guint32   index)
{
  guint32 n;

  _g_flow_plan_successors (self->plan, &self->plan->nodes[index], &n);
  return n == 0 || self->keep_results;
}

static gboolean
is_result_missed (GFlowRun     *self,
                  const guint8 *fates,
                  guint32       index)
{
  g_auto(GValue) value = G_VALUE_INIT;
  guint32 n_running;

  if (!_g_flow_outcome_has_result (self->outcomes[index]))
    return FALSE;

  count_readers (self->plan, fates, index, &n_running);
  return (n_running > 0 || is_result_for_all (self, index)) &&
         !_g_flow_outcome_get_result (self->outcomes[index], &value);
}

static guint8 *
find_fates (GFlowRun *self)
{
  GFlowPlan *plan = self->plan;
  g_autofree guint32 *order = sort_nodes (plan);
  guint8 *fates = g_new0 (guint8, plan->n_nodes + 1);

  for (guint32 i = 0; i < plan->n_nodes; i++)
    {
      const guint32 index = order[i];
      GVariant *outcome = self->outcomes[index];

      if (outcome != NULL && are_upstreams_finished (plan, fates, index))
        fates[index] = _g_flow_outcome_is_skipped (outcome) ? FATE_SKIPPED : FATE_DONE;
    }
  /* From the ends back: what runs again needs its upstreams. */
  for (guint32 i = plan->n_nodes; i-- > 0;)
    if (fates[order[i]] == FATE_DONE && is_result_missed (self, fates, order[i]))
      fates[order[i]] = FATE_AGAIN;
  return fates;
}

static void
take_node_over (GFlowRun     *self,
                const guint8 *fates,
                guint32       index)
{
  GFlowRunNode *node = &self->nodes[index];
  GVariant *outcome = self->outcomes[index];
  g_auto(GStrv) choice = _g_flow_outcome_dup_choice (outcome);
  g_auto(GValue) value = G_VALUE_INIT;
  guint32 n_running;
  const guint32 n_readers = count_readers (self->plan, fates, index, &n_running);

  if (_g_flow_outcome_has_result (outcome))
    {
      const gboolean wanted = n_readers > 0 || is_result_for_all (self, index);

      _g_flow_run_restore_result (self, index,
                                  wanted && _g_flow_outcome_get_result (outcome, &value)
                                    ? &value : NULL, n_readers);
    }
  if (choice != NULL)
    _g_flow_run_restore_choice (self, index, (const char * const *) choice);
  atomic_store_explicit (&node->pending, PENDING_FOR_EVER, memory_order_relaxed);
  _g_flow_run_mark (self, index, G_FLOW_MARK_RESTORED);
  /* Release: pairs with _g_flow_run_node_state(). */
  atomic_store_explicit (&node->state, G_FLOW_NODE_STATE_DONE, memory_order_release);
}

/* Nodes that wait for some of the others wait for less. */
static void
count_upstreams (GFlowRun     *self,
                 const guint8 *fates,
                 guint32       index)
{
  guint32 n_upstreams, n = 0;
  const guint32 *upstreams = _g_flow_plan_upstreams (self->plan, index, &n_upstreams);

  for (guint32 k = 0; k < n_upstreams; k++)
    n += fates[upstreams[k]] != FATE_DONE;
  atomic_store_explicit (&self->nodes[index].pending, n, memory_order_relaxed);
}

/* What is taken over has ended, on the lane of the context. */
static void
count_done (GFlowRun *self,
            GArray   *done)
{
  GFlowLane *lane = _g_flow_run_context_lane (self);
  guint64 weight = 0;

  for (guint i = 0; self->plan->weights != NULL && i < done->len; i++)
    weight += self->plan->weights[g_array_index (done, guint32, i)];
  /* First: they are no work of this run. */
  _g_flow_run_set_restored (self, (const guint32 *) done->data, done->len);
  /* Relaxed: only this thread writes them, and others only look. */
  atomic_fetch_add_explicit (&lane->n_done, done->len, memory_order_relaxed);
  atomic_fetch_add_explicit (&lane->weight, weight, memory_order_relaxed);
  for (guint i = 0; i < done->len; i++)
    _g_flow_run_note_end (self, g_array_index (done, guint32, i));
}

/* Takes over what it can of the outcomes of an earlier run. In the owner context, before
 * anything is routed, and before there are workers. */
void
_g_flow_run_take_over (GFlowRun *self)
{
  const guint32 n = self->plan->n_nodes;
  g_autofree guint8 *fates = find_fates (self);
  g_autoptr(GArray) done = g_array_new (FALSE, FALSE, sizeof (guint32));

  for (guint32 i = 0; i < n; i++)
    if (fates[i] == FATE_DONE)
      {
        take_node_over (self, fates, i);
        g_array_append_val (done, i);
      }
    else
      {
        count_upstreams (self, fates, i);
        /* What it did then was on other grounds, and is not to count later either. */
        if (!are_upstreams_finished (self->plan, fates, i))
          _g_flow_journal_forget (self, i);
      }
  count_done (self, done);
  _g_flow_outcomes_free (g_steal_pointer (&self->outcomes), n);
}

/* Starts what is left. What waits for nothing is found first: workers may come as soon as
 * one is routed. */
void
_g_flow_run_route_rest (GFlowRun  *self,
                        GFlowLane *lane)
{
  g_autoptr(GArray) roots = g_array_new (FALSE, FALSE, sizeof (guint32));

  for (guint32 i = 0; i < self->plan->n_nodes; i++)
    if (atomic_load_explicit (&self->nodes[i].pending, memory_order_relaxed) == 0)
      g_array_append_val (roots, i);
  for (guint i = 0; i < roots->len; i++)
    _g_flow_run_route (self, lane, g_array_index (roots, guint32, i));
}
