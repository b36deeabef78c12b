/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-debug-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* Why a node stands where it does, for people. Found out when asked. */

/* The first upstream that is in one of the states, by a bit mask; and how many are. */
static GFlowNode *
find_upstream (GFlowRun *self,
               guint32   index,
               guint     states,
               guint    *n_found)
{
  GFlowPlan *plan = self->plan;
  guint32 n_upstreams;
  const guint32 *upstreams = _g_flow_plan_upstreams (plan, index, &n_upstreams);
  GFlowNode *first = NULL;

  *n_found = 0;
  for (guint32 k = 0; k < n_upstreams; k++)
    {
      const guint32 upstream = upstreams[k];

      if ((states & (1u << _g_flow_run_node_state (self, upstream))) == 0)
        continue;
      if (first == NULL)
        first = plan->nodes[upstream].node;
      *n_found += 1;
    }
  return first;
}

/* The reason of a node that has failed, and waits to be tried again. */
static char *
explain_retry (guint attempt,
               guint seconds)
{
  return g_strdup_printf (g_dngettext (GETTEXT_PACKAGE,
                                       /* Translators: the second number is that of an attempt */
                                       "Is tried again in %u second, after attempt %u has failed",
                                       "Is tried again in %u seconds, after attempt %u has failed",
                                       seconds),
                          seconds, attempt);
}

/* All that it needs is there, but a thread that calls it. */
static char *
explain_ready (GFlowRun *self,
               guint32   index)
{
  if (_g_flow_run_is_paused (self))
    return g_strdup (_("The run is paused"));
  if (self->debug != NULL && _g_flow_run_debug_is_delayed (self, index))
    return g_strdup (_("Waits, as GFLOW_DEBUG says"));
  /* Relaxed: it is news of the past in any case. */
  if ((self->nodes[index].route & G_FLOW_ROUTE_CONTEXT) == 0 && self->n_lanes > 0 &&
      atomic_load_explicit (&self->n_inside, memory_order_relaxed) >= self->n_lanes)
    return g_strdup_printf (g_dngettext (GETTEXT_PACKAGE,
                                         "Waits for the thread that works for the run",
                                         "Waits for one of the %u threads that work for the run",
                                         self->n_lanes),
                            self->n_lanes);
  return g_strdup (_("Is about to start"));
}

static char *
explain_waiting (GFlowRun *self,
                 guint32   index)
{
  guint seconds;
  const guint attempt = _g_flow_run_get_attempt (self, index, &seconds);

  if (seconds != G_MAXUINT)
    return explain_retry (attempt, seconds);

  const guint not_ended = (1u << G_FLOW_NODE_STATE_WAITING) | (1u << G_FLOW_NODE_STATE_READY) |
                          (1u << G_FLOW_NODE_STATE_LOCKED) | (1u << G_FLOW_NODE_STATE_RUNNING);
  guint n;
  GFlowNode *node = find_upstream (self, index, not_ended, &n);

  if (node == NULL)
    return explain_ready (self, index);
  if (n == 1)
    return g_strdup_printf (_("Waits for “%s”"), g_flow_node_get_title (node));
  return g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "Waits for “%s” and %u other node",
                                       "Waits for “%s” and %u other nodes", n - 1),
                          g_flow_node_get_title (node), n - 1);
}

/* Who has the lock that a node waits for; NULL if it is free by now. */
static char *
explain_holder (GFlowRun  *self,
                GFlowLock *lock)
{
  g_autofree char *title = NULL;
  gboolean is_other;
  const guint n = _g_flow_run_find_holders (self, lock, &title, &is_other);

  if (n == 0)
    return g_flow_lock_get_in_use (lock) > 0 ? g_strdup (_("somebody else has it")) : NULL;
  if (n == 1)
    return g_strdup_printf (is_other ? _("“%s” of another run has it") : _("“%s” has it"), title);
  return g_strdup_printf (is_other ? g_dngettext (GETTEXT_PACKAGE,
                                                  "“%s” and %u other node of other runs have it",
                                                  "“%s” and %u other nodes of other runs have it",
                                                  n - 1)
                                   : g_dngettext (GETTEXT_PACKAGE,
                                                  "“%s” and %u other node have it",
                                                  "“%s” and %u other nodes have it", n - 1),
                          title, n - 1);
}

static char *
explain_locked (GFlowRun *self,
                guint32   index)
{
  g_autoptr(GFlowLock) lock = _g_flow_run_ref_awaited_lock (self, index);

  if (lock == NULL)
    return g_strdup (_("Is about to start"));
  if (lock == self->parallel_lock)
    return g_strdup (_("Waits because as many nodes as the flow allows run already"));

  g_autofree char *waits = g_flow_lock_get_name (lock) != NULL
                             ? g_strdup_printf (_("Waits for the lock “%s”"),
                                                g_flow_lock_get_name (lock))
                             : g_strdup (_("Waits for a lock"));
  g_autofree char *holder = explain_holder (self, lock);

  if (holder == NULL)
    return g_steal_pointer (&waits);
  /* Translators: “Waits for the lock “x”: “y” has it” */
  return g_strdup_printf (_("%s: %s"), waits, holder);
}

/* What the body waits for that people can do something about. Of several lines the first is
 * enough. */
static char *
explain_running (GFlowRun *self,
                 guint32   index)
{
  g_autofree char *question = _g_flow_run_dup_open_question (self, index);

  if (question == NULL)
    return NULL;

  question[strcspn (question, "\n")] = '\0';
  return g_strdup_printf (_("Waits for an answer: “%s”"), question);
}

static char *
explain_skipped (GFlowRun *self,
                 guint32   index)
{
  const guint16 marks = _g_flow_run_marks (self, index);
  GFlowNode *node;
  guint n;

  if ((marks & G_FLOW_MARK_BY_CHOICE) != 0 &&
      self->plan->nodes[index].run_when == G_FLOW_RUN_WHEN_ANY_FAILED)
    return g_strdup (_("Nothing before it failed, so that it was not needed"));
  if ((marks & G_FLOW_MARK_BY_CHOICE) != 0 &&
      (node = _g_flow_run_find_chooser (self, index)) != NULL)
    return g_strdup_printf (_("“%s” chose another branch"), g_flow_node_get_title (node));

  node = find_upstream (self, index, 1u << G_FLOW_NODE_STATE_FAILED, &n);
  if (node != NULL)
    return g_strdup_printf (_("“%s” failed"), g_flow_node_get_title (node));
  node = find_upstream (self, index, 1u << G_FLOW_NODE_STATE_CANCELLED, &n);
  if (node != NULL)
    return g_strdup_printf (_("“%s” was cancelled"), g_flow_node_get_title (node));
  node = find_upstream (self, index, 1u << G_FLOW_NODE_STATE_SKIPPED, &n);
  if (node != NULL)
    return g_strdup_printf (_("“%s” was skipped"), g_flow_node_get_title (node));
  return g_strdup (_("The run was stopped because another node failed"));
}

static char *
explain_cancelled (GFlowRun *self,
                   guint32   index)
{
  const guint32 attention = atomic_load_explicit (&self->attention, memory_order_acquire);

  if ((_g_flow_run_marks (self, index) & G_FLOW_MARK_CANCELLED) != 0)
    return g_strdup (_("It was cancelled by itself"));
  if ((attention & G_FLOW_ATTENTION_LATE) != 0)
    return g_strdup (_("The run did not end before its deadline"));
  if ((attention & G_FLOW_ATTENTION_CANCELLED) != 0)
    return g_strdup (_("The run was cancelled"));
  if ((attention & G_FLOW_ATTENTION_FAILED) != 0)
    return g_strdup (_("The run was stopped because another node failed"));
  return g_strdup (_("What it did was cancelled"));
}

/**
 * g_flow_run_dup_node_reason:
 * @self: a run
 * @node: a node of its flow
 *
 * Tells people why a node does not run, or go on: what it waits for, which may be the answer
 * to a question; or why it was skipped, failed or cancelled, or that it was done in an
 * earlier run. May be called from any thread.
 *
 * Returns: (transfer full) (nullable): one translated sentence, or %NULL if
 *   there is nothing to say
 *
 * Since: 0.1
 */
char *
g_flow_run_dup_node_reason (GFlowRun  *self,
                            GFlowNode *node)
{
  guint index;

  g_return_val_if_fail (G_IS_FLOW_RUN (self), NULL);
  g_return_val_if_fail (G_IS_FLOW_NODE (node), NULL);

  if (!_g_flow_run_has_state (self))
    return g_strdup (g_flow_run_get_state (self) == G_FLOW_RUN_STATE_NEW
                       ? _("The run has not started") : _("The run could not be started"));
  if (_g_flow_run_is_refused (self))
    return g_strdup (_("The run could not be started"));
  if (!_g_flow_plan_find (self->plan, node, &index))
    return g_strdup (_("The node is not in the flow, as it was when the run started"));

  switch (_g_flow_run_node_state (self, index))
    {
    case G_FLOW_NODE_STATE_WAITING:
      return explain_waiting (self, index);
    case G_FLOW_NODE_STATE_READY:
      return explain_ready (self, index);
    case G_FLOW_NODE_STATE_LOCKED:
      return explain_locked (self, index);
    case G_FLOW_NODE_STATE_SKIPPED:
      return explain_skipped (self, index);
    case G_FLOW_NODE_STATE_CANCELLED:
      return explain_cancelled (self, index);
    case G_FLOW_NODE_STATE_FAILED:
      {
        const GError *error = g_flow_run_get_node_error (self, node);

        return error != NULL ? g_strdup (error->message) : NULL;
      }
    case G_FLOW_NODE_STATE_DONE:
      return (_g_flow_run_marks (self, index) & G_FLOW_MARK_RESTORED) != 0
               ? g_strdup (_("Done in an earlier run")) : NULL;
    case G_FLOW_NODE_STATE_RUNNING:
      return explain_running (self, index);
    default:
      return NULL;
    }
}
