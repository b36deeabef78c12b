/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-owner-private.h"

#include "gflow-progress-private.h"
#include "gflow-scheduler-private.h"
#include "gflow-steps-private.h"
#include "graph/gflow-error.h"

#include <glib/gi18n-lib.h>

/* Timeouts and retries: attempts at nodes that have a policy.
 *
 * An attempt ends by its body or by its timeout, whichever comes first. One that has
 * failed is set aside: the node has not ended, but gives up its thread and its locks,
 * and the owner context decides, waits, and makes it ready again. So all that is called
 * or waited for is there; a worker only says how the attempt went. */

/* No node waits longer than a day for its next attempt. */
#define MAX_DELAY_MS (24.0 * 60 * 60 * 1000)

typedef enum
{
  PHASE_NONE,      /* no body of it runs, or it has all the time in the world */
  PHASE_LIMITED,   /* its body runs, and has so much time */
  PHASE_TIMED_OUT, /* its body runs, and has had its time */
  PHASE_FAILED,    /* set aside: the owner context will decide */
  PHASE_DECIDING,  /* it does: who is asked may iterate the context */
  PHASE_WAITING,   /* set aside, until the timer comes */
} Phase;

struct _GFlowAttempts
{
  GFlowRun      *run;      /* (unowned) */
  guint32        index;
  _Atomic guint  n;        /* attempts that have begun */
  _Atomic guint  phase;    /* of Phase */
  GSource       *timer;    /* (owned) (nullable): ends the attempt, or the wait */
  _Atomic gint64 again_at; /* monotonic: when the wait ends */
  guint          told;     /* owner context only: how many seconds that was told to be away */
  GError        *error;    /* (owned) (nullable): of the last attempt, until the next one begins */
};

static const GFlowPlanPolicy *
get_policies (GFlowRun *self)
{
  return (const GFlowPlanPolicy *) self->plan->policies->data;
}

void
_g_flow_run_alloc_attempts (GFlowRun *self)
{
  if (self->plan->policies == NULL)
    return;

  self->attempts = g_new0 (GFlowAttempts, self->plan->policies->len);
  for (guint i = 0; i < self->plan->policies->len; i++)
    {
      self->attempts[i].run = self;
      self->attempts[i].index = get_policies (self)[i].index;
    }
}

void
_g_flow_run_free_attempts (GFlowRun *self)
{
  g_clear_slist (&self->spent, g_object_unref);
  g_clear_pointer (&self->attempts, g_free);
}

static int
compare_index (gconstpointer key,
               gconstpointer policy)
{
  const guint32 index = *(const guint32 *) key, other = ((const GFlowPlanPolicy *) policy)->index;

  return index < other ? -1 : index > other;
}

/* What @index has, and its policy; NULL if it has none. */
static GFlowAttempts *
find_attempts (GFlowRun               *self,
               guint32                 index,
               const GFlowNodePolicy **policy)
{
  if ((_g_flow_run_marks (self, index) & G_FLOW_MARK_POLICY) == 0)
    return NULL;

  const GFlowPlanPolicy *found = bsearch (&index, get_policies (self), self->plan->policies->len,
                                          sizeof (GFlowPlanPolicy), compare_index);

  *policy = &found->policy;
  return &self->attempts[found - get_policies (self)];
}

/* Timers */

static void
clear_timer (GFlowAttempts *attempts)
{
  if (attempts->timer != NULL)
    g_source_destroy (attempts->timer);
  g_clear_pointer (&attempts->timer, g_source_unref);
}

static void
start_timer (GFlowAttempts *attempts,
             gint64         at,
             GSourceFunc    func)
{
  GSource *timer = g_timeout_source_new (0);

  g_source_set_static_name (timer, "GFlow attempt");
  g_source_set_ready_time (timer, at);
  g_source_set_callback (timer, func, attempts, NULL);
  attempts->timer = timer;
  /* From now on it may come: there the phase says whether it is too late. */
  g_source_attach (timer, _g_flow_owner_get_context (attempts->run->owner));
}

/* Timeouts */

static gboolean
timed_out_cb (gpointer user_data)
{
  GFlowAttempts *attempts = user_data;
  guint phase = PHASE_LIMITED;

  /* Acquire and release: either the body has ended, and has seen this not to have
   * come, or this is seen when it ends. */
  if (atomic_compare_exchange_strong_explicit (&attempts->phase, &phase, PHASE_TIMED_OUT,
                                               memory_order_acq_rel, memory_order_relaxed))
    {
      /* The body may end, and the run go, by the cancellation. */
      g_autoptr(GFlowRun) run = g_object_ref (attempts->run);
      g_autoptr(GCancellable) cancellable =
        g_object_ref (_g_flow_run_node_cancellable (run, attempts->index));

      g_cancellable_cancel (cancellable);
      _g_flow_run_stop_deferred (run, attempts->index);
    }
  return G_SOURCE_REMOVE;
}

/* Whether the body of the node runs longer than it may. */
gboolean
_g_flow_run_has_timed_out (GFlowRun *self,
                           guint32   index)
{
  const GFlowNodePolicy *policy;
  GFlowAttempts *attempts = find_attempts (self, index, &policy);

  /* Acquire: pairs with timed_out_cb(). */
  return attempts != NULL &&
         atomic_load_explicit (&attempts->phase, memory_order_acquire) == PHASE_TIMED_OUT;
}

/* The body of a node is about to be called. */
void
_g_flow_run_begin_attempt (GFlowRun *self,
                           guint32   index)
{
  const GFlowNodePolicy *policy;
  GFlowAttempts *attempts = find_attempts (self, index, &policy);

  if (attempts == NULL)
    return;

  g_clear_error (&attempts->error);
  /* Relaxed: only whoever runs the node writes it. */
  atomic_fetch_add_explicit (&attempts->n, 1, memory_order_relaxed);
  if (policy->timeout == 0)
    return;

  atomic_store_explicit (&attempts->phase, PHASE_LIMITED, memory_order_release);
  start_timer (attempts, g_get_monotonic_time () + policy->timeout * G_TIME_SPAN_MILLISECOND,
               timed_out_cb);
}

/* The body has ended: TRUE if its time was over before. */
static gboolean
stop_timeout (GFlowAttempts *attempts)
{
  const guint phase = atomic_exchange_explicit (&attempts->phase, PHASE_NONE, memory_order_acq_rel);

  clear_timer (attempts);
  return phase == PHASE_TIMED_OUT;
}

static GError *
new_timeout_error (GFlowRun              *self,
                   guint32                index,
                   const GFlowNodePolicy *policy)
{
  return g_error_new (G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
                      g_dngettext (GETTEXT_PACKAGE,
                                   "The node “%s” took longer than %u millisecond",
                                   "The node “%s” took longer than %u milliseconds",
                                   policy->timeout),
                      g_flow_node_get_name (self->plan->nodes[index].node), policy->timeout);
}

/* A body has succeeded. Returns how the node ends, or WAITING if it does not. */
GFlowNodeState
_g_flow_run_end_attempt (GFlowRun *self,
                         guint32   index)
{
  const GFlowNodePolicy *policy;
  GFlowAttempts *attempts = find_attempts (self, index, &policy);

  if (attempts == NULL || _g_flow_run_has_parts (self, index) || !stop_timeout (attempts))
    return G_FLOW_NODE_STATE_DONE;
  return _g_flow_run_fail_node (self, index, new_timeout_error (self, index, policy));
}

/* Retries */

/* A body has failed, by @error, which becomes another if it has timed out. TRUE if
 * there may be another attempt; then the error is taken. */
gboolean
_g_flow_run_take_attempt (GFlowRun  *self,
                          guint32    index,
                          GError   **error)
{
  const GFlowNodePolicy *policy;
  GFlowAttempts *attempts = find_attempts (self, index, &policy);

  g_assert (attempts != NULL);
  if (stop_timeout (attempts))
    {
      g_error_free (*error);
      *error = new_timeout_error (self, index, policy);
    }
  if (atomic_load_explicit (&attempts->n, memory_order_relaxed) > policy->max_retries ||
      g_error_matches (*error, G_IO_ERROR, G_IO_ERROR_CANCELLED) ||
      !_g_flow_run_may_run (self, index))
    return FALSE;

  attempts->error = g_steal_pointer (error);
  return TRUE;
}

/* The node has given up its locks, and its thread is about to leave it. */
void
_g_flow_run_set_aside (GFlowRun *self,
                       guint32   index)
{
  const GFlowNodePolicy *policy;
  GFlowAttempts *attempts = find_attempts (self, index, &policy);

  /* Relaxed: nobody decides by it. */
  atomic_store_explicit (&self->nodes[index].state, G_FLOW_NODE_STATE_WAITING,
                         memory_order_relaxed);
  /* Release, as is the post: pairs with the load in _g_flow_run_go_on_aside(). */
  atomic_store_explicit (&attempts->phase, PHASE_FAILED, memory_order_release);
  atomic_store_explicit (&self->aside_posted, TRUE, memory_order_release);
  _g_flow_owner_post (self);
}

/* The node ends after all, as its last attempt did; in the owner context. */
static void
give_up (GFlowAttempts *attempts)
{
  GFlowRun *run = attempts->run;
  const guint32 index = attempts->index;
  const gboolean cancelled =
    (_g_flow_run_attention (run) & G_FLOW_ATTENTION_CANCELLED) != 0 ||
    (_g_flow_run_marks (run, index) & G_FLOW_MARK_CANCELLED) != 0;
  GError *error = g_steal_pointer (&attempts->error);

  clear_timer (attempts);
  atomic_store_explicit (&attempts->phase, PHASE_NONE, memory_order_relaxed);
  if (cancelled)
    {
      g_error_free (error);
      error = g_error_new (G_IO_ERROR, G_IO_ERROR_CANCELLED, _("The node “%s” was cancelled"),
                           g_flow_node_get_name (run->plan->nodes[index].node));
    }
  _g_flow_run_end_node (run, _g_flow_run_context_lane (run), index,
                        _g_flow_run_fail_at_last (run, index, error));
}

/* A node ends without being run, as @state says. If it was to be tried again it ends as its last
 * attempt did: what has kept it from that came later. */
GFlowNodeState
_g_flow_run_end_untried (GFlowRun       *self,
                         guint32         index,
                         GFlowNodeState  state)
{
  const GFlowNodePolicy *policy;
  GFlowAttempts *attempts = find_attempts (self, index, &policy);
  g_autoptr(GError) error = attempts != NULL ? g_steal_pointer (&attempts->error) : NULL;

  if (error == NULL || state != G_FLOW_NODE_STATE_SKIPPED)
    return state;

  _g_flow_run_unmark (self, index, G_FLOW_MARK_BY_FAILURE);
  return _g_flow_run_fail_at_last (self, index, g_steal_pointer (&error));
}

/* The node is run again after it has failed for good. */
void
_g_flow_run_reset_attempts (GFlowRun *self,
                            guint32   index)
{
  const GFlowNodePolicy *policy;
  GFlowAttempts *attempts = find_attempts (self, index, &policy);

  if (attempts != NULL)
    atomic_store_explicit (&attempts->n, 0, memory_order_relaxed);
}

static gboolean
again_cb (gpointer user_data)
{
  GFlowAttempts *attempts = user_data;
  GFlowRun *run = attempts->run;
  GFlowLane *lane = _g_flow_run_context_lane (run);
  GFlowFrame frame = { _g_flow_frame, run, lane, FALSE };

  clear_timer (attempts);
  _g_flow_run_forget_attempt (run, attempts->index);
  atomic_store_explicit (&attempts->phase, PHASE_NONE, memory_order_relaxed);

  /* A node comes to a deque or an inbox once, but to a heap as often as it likes. */
  _g_flow_run_steer (run);
  _g_flow_frame = &frame;
  _g_flow_run_route (run, lane, attempts->index);
  _g_flow_run_deliver_chosen (run, lane, FALSE);
  _g_flow_frame = frame.below;
  _g_flow_owner_post (run);
  return G_SOURCE_REMOVE;
}

static gint64
compute_delay (const GFlowNodePolicy *policy,
               guint                  n_attempts)
{
  double delay = policy->retry_delay;

  for (guint i = 1; i < n_attempts && policy->retry_factor > 1.0 && delay < MAX_DELAY_MS; i++)
    delay *= policy->retry_factor;
  delay = MIN (delay, MAX_DELAY_MS);
  if (policy->retry_jitter > 0.0)
    delay *= g_random_double_range (1.0 - policy->retry_jitter, 1.0 + policy->retry_jitter);
  return (gint64) (delay * G_TIME_SPAN_MILLISECOND);
}

/* An attempt has failed: asks whether it is worth another, and when. */
static void
decide (GFlowAttempts         *attempts,
        const GFlowNodePolicy *policy)
{
  GFlowRun *run = attempts->run;
  GFlowNode *node = run->plan->nodes[attempts->index].node;
  const guint n = atomic_load_explicit (&attempts->n, memory_order_relaxed);

  atomic_store_explicit (&attempts->phase, PHASE_DECIDING, memory_order_relaxed);
  /* Whoever cancels it meanwhile leaves it to this. */
  if (!_g_flow_run_may_run (run, attempts->index) ||
      !_g_flow_node_ask_retry (node, run, attempts->error, n) ||
      !_g_flow_run_may_run (run, attempts->index))
    {
      give_up (attempts);
      return;
    }

  const gint64 at = g_get_monotonic_time () + compute_delay (policy, n);

  atomic_store_explicit (&attempts->again_at, at, memory_order_relaxed);
  /* Release: pairs with _g_flow_run_get_attempt(), for the time. */
  atomic_store_explicit (&attempts->phase, PHASE_WAITING, memory_order_release);
  start_timer (attempts, at, again_cb);
  if (_g_flow_run_is_recorded (run))
    _g_flow_run_note_change (run, attempts->index);
}

/* Goes on with what workers have set aside. In a dispatch. */
void
_g_flow_run_go_on_aside (GFlowRun *self)
{
  if (!atomic_load_explicit (&self->aside_posted, memory_order_relaxed) ||
      !atomic_exchange_explicit (&self->aside_posted, FALSE, memory_order_acquire))
    return;

  for (guint i = 0; i < self->plan->policies->len && !self->finished; i++)
    if (atomic_load_explicit (&self->attempts[i].phase, memory_order_acquire) == PHASE_FAILED)
      decide (&self->attempts[i], &get_policies (self)[i].policy);
}

/* The run, or a node, will not go on: ends what waits for that. In a dispatch. */
void
_g_flow_run_end_aside (GFlowRun *self)
{
  for (guint i = 0; self->attempts != NULL && i < self->plan->policies->len; i++)
    if (atomic_load_explicit (&self->attempts[i].phase, memory_order_relaxed) == PHASE_WAITING &&
        !_g_flow_run_may_run (self, self->attempts[i].index))
      give_up (&self->attempts[i]);
}

/* Tells of the seconds that are left until the next attempts, when they are fewer. */
void
_g_flow_run_note_delays (GFlowRun *self)
{
  guint seconds;

  for (guint i = 0; self->attempts != NULL && i < self->plan->policies->len; i++)
    {
      GFlowAttempts *attempts = &self->attempts[i];

      _g_flow_run_get_attempt (self, attempts->index, &seconds);
      if (seconds != attempts->told && seconds != G_MAXUINT)
        _g_flow_run_note_change (self, attempts->index);
      attempts->told = seconds;
    }
}

/* Which attempt of a node was the last to begin, from 1; and if another is waited for,
 * in how many seconds it comes, else G_MAXUINT. */
guint
_g_flow_run_get_attempt (GFlowRun *self,
                         guint32   index,
                         guint    *seconds)
{
  const GFlowNodePolicy *policy;
  GFlowAttempts *attempts = find_attempts (self, index, &policy);

  *seconds = G_MAXUINT;
  if (attempts == NULL)
    return _g_flow_run_node_state (self, index) < G_FLOW_NODE_STATE_RUNNING ? 0 : 1;

  if (atomic_load_explicit (&attempts->phase, memory_order_acquire) == PHASE_WAITING)
    {
      const gint64 left = atomic_load_explicit (&attempts->again_at, memory_order_relaxed) -
                          g_get_monotonic_time ();

      *seconds = (guint) ((MAX (left, 0) + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC);
    }
  return atomic_load_explicit (&attempts->n, memory_order_relaxed);
}
