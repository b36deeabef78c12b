/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-pipeline-private.h"

#include "run/gflow-scheduler-private.h"

#include <glib/gi18n-lib.h>

/* Nodes that no response waits for: those that are detached, and what waits for them. They are
 * of the run of the request as others are, and so the run ends when they have. The
 * request comes back before that, when all others have ended.
 *
 * From then on it is the application's, documents and all. So where there are such nodes,
 * all of them have copies of what the application has given, and it gets copies
 * of what they leave. */

void
_g_flow_passage_detach_begin (GFlowPassage *passage,
                              GFlowRun     *run)
{
  passage->first = _g_flow_request_branch (passage->request);
  atomic_init (&passage->n_awaited, passage->channel->plan->n_nodes - passage->channel->n_beside);
  /* Relaxed: nothing of the run runs yet. */
  atomic_fetch_or_explicit (&run->attention, G_FLOW_ATTENTION_DETACHED, memory_order_relaxed);
}

gboolean
_g_flow_passage_is_beside (GFlowRun *run,
                           guint32   index)
{
  return run->passage->visit == NULL && run->passage->channel->places[index].is_beside;
}

/* A node has ended, on any thread. */
void
_g_flow_passage_count_off (GFlowRun *run,
                           guint32   index)
{
  GFlowPassage *passage = run->passage;

  /* Acquire and release: whoever answers comes after what all of them have done. */
  if (!passage->channel->places[index].is_beside &&
      atomic_fetch_sub_explicit (&passage->n_awaited, 1, memory_order_acq_rel) == 1)
    _g_flow_scheduler_post (run);
}

/* When the request comes back only what it has waited for shows in its routes: the other nodes
 * may be at work. */
GFlowTimes *
_g_flow_passage_copy_records (GFlowPassage *passage)
{
  const guint n = passage->channel->plan->n_nodes;
  GFlowTimes *records = _g_flow_records_new (n);

  records[n] = passage->records[n];
  for (guint i = 0; i < n; i++)
    if (!passage->channel->places[i].is_beside)
      records[i] = passage->records[i];
  return records;
}

static GError *
find_failure_locked (GFlowRun *run)
{
  guint32 index;

  for (guint i = 0; (index = _g_flow_run_get_failure (run, i)) != G_FLOW_NO_NODE; i++)
    if (!run->passage->channel->places[index].is_beside)
      return g_error_copy (g_hash_table_lookup (run->node_errors, GUINT_TO_POINTER (index)));
  return NULL;
}

/* The first node that the response waits for, and that was cancelled. */
static GFlowNode *
find_cancelled (GFlowRun *run)
{
  for (guint i = 0; i < run->plan->n_nodes; i++)
    if (!run->passage->channel->places[i].is_beside &&
        _g_flow_run_node_state (run, i) == G_FLOW_NODE_STATE_CANCELLED)
      return run->plan->nodes[i].node;
  return NULL;
}

/* How the request ends: as its run would without the nodes that it does not wait for. */
static GFlowRunState
judge (GFlowRun  *run,
       GError   **error)
{
  const guint32 attention = _g_flow_run_attention (run);
  GFlowNode *cancelled = find_cancelled (run);

  _g_flow_mutex_lock (&run->mutex);
  *error = find_failure_locked (run);
  _g_flow_mutex_unlock (&run->mutex);
  if (*error != NULL)
    return G_FLOW_RUN_STATE_FAILED;

  if ((attention & G_FLOW_ATTENTION_LATE) != 0)
    {
      g_propagate_error (error, _g_flow_run_new_late_error (run));
      return G_FLOW_RUN_STATE_FAILED;
    }
  if ((attention & G_FLOW_ATTENTION_CANCELLED) != 0)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, _("The run was cancelled"));
  else if (cancelled != NULL)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, _("The node “%s” was cancelled"),
                 g_flow_node_get_name (cancelled));
  return *error != NULL ? G_FLOW_RUN_STATE_CANCELLED : G_FLOW_RUN_STATE_DONE;
}

/* Unless it has come back already. In the owner context. */
void
_g_flow_passage_answer (GFlowRun *run)
{
  g_autoptr(GError) error = NULL;

  if (run->passage->answered)
    return;

  const GFlowRunState state = judge (run, &error);

  run->passage->answered = TRUE;
  _g_flow_passage_give_answer (run, state, error);
}

/* In a dispatch: whoever waits for the request is told of it when it comes back before the run
 * has ended. */
void
_g_flow_passage_tell_answer (GFlowRun *run)
{
  GFlowPassage *passage = run->passage;

  /* Acquire: pairs with _g_flow_passage_count_off(). */
  if (passage == NULL || passage->answered || passage->channel->n_beside == 0 ||
      atomic_load_explicit (&passage->n_awaited, memory_order_acquire) != 0)
    return;

  _g_flow_passage_answer (run);
  if (run->answered != NULL)
    run->answered (run, passage->request->error, run->ended_data);
}
