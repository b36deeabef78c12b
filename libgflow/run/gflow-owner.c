/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-owner-private.h"

#include "gflow-context-private.h"
#include "gflow-debug-private.h"
#include "gflow-journal-private.h"
#include "gflow-scheduler-private.h"
#include "gflow-steps-private.h"
#include "gflow-throttle-private.h"

/* A main context that runs belong to: one source for all of them, fed by a list
 * of runs that have something to do there, and drained in batches. */

/* How long one dispatch may take, beyond the body that it is in */
#define BUDGET_US 2000
/* And one of a backlog, or where bodies return later. Short, so that what they have started
 * ends meanwhile, and its memory, which is in the caches still, serves the next ones. */
#define SHORT_BUDGET_US 250
/* While bodies are this short, the clock is not asked after each */
#define SHORT_US 50
/* How long a backlog gives way to other things at the most */
#define PATIENCE_US 50000
#define MAX_STRIDE 32
/* Runs that tasks are made ahead for: a dispatch seldom comes to more of them */
#define MAX_PREPARED 64
/* Steps that are told of, at least, in a dispatch, and between two looks at the clock */
#define STEPS_AT_ONCE 16

struct _GFlowOwner
{
  _Atomic guint        ref_count; /* the last one is dropped under the mutex of the table */
  GMainContext        *context;   /* (owned) */
  GSource             *source;    /* (owned) */
  GSource             *patience;  /* (owned) (nullable): of a backlog: ready when it has waited for long */
  _Atomic (GThread *)  thread;    /* (unowned): that dispatched it last */
  _Atomic (GFlowRun *) posted;    /* last in, first out, by next_posted */
  _Atomic gboolean     may_sleep; /* the context has found nothing, and may wait */
  GQueue               runs;      /* in the context's thread only: with something to do */
  GQueue               throttled; /* in it only, and so what follows: runs that wait for room */
  GFlowThrottle        throttle;
  gint64               used;      /* in dispatches that left something, since one did not */
  gint64               served;    /* when the last dispatch ended */
  gboolean             backlog;   /* could not do everything within the budget */
  gboolean             late;      /* the run served last has bodies that return later */
  gboolean             overdue;   /* it has waited for long, and may use the whole budget */
  gboolean             ahead;     /* one of the runs may have tasks made ahead */
  _Atomic (GMainContext *) stand_in; /* (unowned) (nullable): iterated in place of the context */
  GSList              *stand_ins; /* (owned) of GMainContext: all there were; guarded likewise */
};

typedef struct
{
  GSource       source;
  GFlowOwner   *owner;
  GMainContext *before; /* (unowned) (nullable): of a stand-in: what has stood in until it came */
} GFlowOwnerSource;

/* When to let the context do other things. */
typedef struct
{
  gint64 deadline; /* 0: as long after the first look at the clock as a dispatch may take */
  gint64 last;
  guint  stride; /* nodes between two looks at the clock */
  guint  count;
  gboolean waits; /* for another iteration, with tasks that are made before it */
  gboolean throttled; /* until another async body may start */
} Budget;

static GFlowMutex table_mutex = G_FLOW_MUTEX_INIT;
static GHashTable *table; /* GMainContext → GFlowOwner */

/* The one whose runs this thread serves now */
static _Thread_local GFlowOwner *dispatched;

/* Dispatching */

static gboolean
is_spent (Budget *budget,
          guint   n)
{
  budget->count += n;
  if (budget->count < budget->stride)
    return FALSE;

  const gint64 now = g_get_monotonic_time ();

  if (budget->deadline == 0)
    budget->deadline = now + BUDGET_US;
  budget->count = 0;
  budget->stride = now - budget->last < SHORT_US ? MIN (budget->stride * 2, MAX_STRIDE) : 1;
  budget->last = now;
  return now >= budget->deadline;
}

static gboolean
pop_node (GFlowRun  *run,
          GFlowLane *lane,
          guint32   *index)
{
  if (!_g_flow_run_is_heaped (run))
    return _g_flow_context_pop (run, lane, index);

  while (_g_flow_context_pop (run, lane, index))
    _g_flow_run_push_to_heap (run, *index);
  return !_g_flow_run_is_paused (run) && g_flow_heap_pop (&run->context_heap, index);
}

/* A body was called on a task, or its node has ended. */
void
_g_flow_owner_begin_body (GFlowRun *run)
{
  g_flow_throttle_begin (&run->owner->throttle);
}

void
_g_flow_owner_end_body (GFlowRun *run)
{
  g_flow_throttle_end (&run->owner->throttle);
}

/* Whether what comes next is an async body, as far as can be told without taking it out. */
static gboolean
starts_body_next (GFlowRun  *run,
                  GFlowLane *lane)
{
  guint32 index;

  if (_g_flow_run_is_heaped (run))
    return !_g_flow_run_is_paused (run);
  return _g_flow_context_peek (run, lane, &index) &&
         run->plan->nodes[index].kind == G_FLOW_NODE_KIND_TASK;
}

/* What is cancelled, or fails, only gets rid of its nodes. */
static gboolean
is_throttled (GFlowRun  *run,
              GFlowLane *lane)
{
  return run->owner != NULL && g_flow_throttle_is_full (&run->owner->throttle) &&
         (_g_flow_run_attention (run) & G_FLOW_ATTENTION_HALTED) == 0 &&
         _g_flow_run_has_context_work (run) && starts_body_next (run, lane);
}

/* Runs nodes of the run, whose @frame is on top, until there are none, or the budget is spent: then TRUE. */
static gboolean
run_nodes (GFlowRun   *run,
           GFlowFrame *frame,
           Budget     *budget)
{
  while (!run->finished)
    {
      guint n = _g_flow_run_run_functions (run, frame, budget->stride - budget->count);

      if (n == 0)
        {
          guint32 index;

          budget->throttled = is_throttled (run, frame->lane);
          if (budget->throttled)
            return TRUE;
          budget->waits = run->ahead.limit > 0 && _g_flow_run_wants_ahead (run);
          if (budget->waits)
            return TRUE;
          if (!pop_node (run, frame->lane, &index))
            return FALSE;

          _g_flow_run_run_in_context (run, frame, index);
          n = 1;
        }
      if (is_spent (budget, n))
        break;
    }
  return !run->finished;
}

/* Tells of steps that have changed until there are none, or the budget is spent: then TRUE. */
static gboolean
tell_steps (GFlowRun *run,
            Budget   *budget)
{
  while (_g_flow_run_deliver_changes (run, STEPS_AT_ONCE))
    if (is_spent (budget, 1))
      return TRUE;
  return FALSE;
}

/* Does what there is to do for the run. TRUE if something is left. */
static gboolean
dispatch_run (GFlowRun *run,
              Budget   *budget)
{
  GFlowFrame frame = { _g_flow_frame, run, _g_flow_run_context_lane (run), FALSE };
  gboolean more = FALSE;

  budget->throttled = FALSE;
  _g_flow_frame = &frame;
  if (run->participates)
    _g_flow_scheduler_caller_is_busy (run);
  if (!run->started && !_g_flow_journal_is_loading (run))
    _g_flow_run_start_nodes (run);
  /* Relaxed: what was set before the post that has led here is seen. */
  if (atomic_load_explicit (&run->cancel_posted, memory_order_relaxed) &&
      atomic_exchange_explicit (&run->cancel_posted, FALSE, memory_order_acquire))
    {
      _g_flow_run_drop_ahead (run);
      _g_flow_run_cancel_bodies (run, TRUE);
      _g_flow_run_withdraw_waits (run);
      _g_flow_run_end_aside (run);
      if (run->debug != NULL)
        _g_flow_run_debug_end_delays (run);
    }
  _g_flow_run_tell_paused (run);
  _g_flow_run_deliver_news (run);
  _g_flow_run_end_returned (run);
  if ((_g_flow_run_attention (run) & G_FLOW_ATTENTION_JOURNAL) != 0)
    _g_flow_run_end_recorded (run);
  _g_flow_run_end_completed (run);
  _g_flow_run_go_on_aside (run);
  _g_flow_run_revive_wanted (run);
  if (_g_flow_run_is_paused (run))
    _g_flow_run_unlock_ready (run);
  if (!run->finished)
    more = run_nodes (run, &frame, budget);
  if ((atomic_load_explicit (&run->changed, memory_order_relaxed) != 0 || run->first_changed != 0) &&
      tell_steps (run, budget))
    {
      more = TRUE;
      budget->throttled = FALSE;
    }
  _g_flow_run_free_garbage (run);
  _g_flow_frame = frame.below;

  if ((_g_flow_run_attention (run) & G_FLOW_ATTENTION_DETACHED) != 0)
    _g_flow_passage_tell_answer (run);
  if (!run->finished && _g_flow_run_settle (run, frame.lane))
    _g_flow_scheduler_check_complete (run);
  return more;
}

/* What bodies start belongs to the context that they are called in. */
static gboolean
push_context (GMainContext *context)
{
  GMainContext *current = g_main_context_get_thread_default ();

  if (current == context || (current == NULL && context == g_main_context_default ()))
    return FALSE;
  g_main_context_push_thread_default (context);
  return TRUE;
}

/* Runs what has become ready, for a while, and frees what nobody needs any more. */
static void
go_on (GFlowRun *run)
{
  static _Thread_local guint depth;
  /* Mostly there is one node to run, and then nobody asks what time it is. */
  Budget budget = { .stride = 2 };
  GFlowFrame frame = { _g_flow_frame, run, _g_flow_run_context_lane (run), FALSE };
  GMainContext *context = run->owner->context;
  /* The run may end in here, and its owner go with it: the thread keeps what is pushed. */
  const gboolean pushed = push_context (context);

  /* A body may return on a task that another has left: these must not nest. */
  _g_flow_frame = &frame;
  if (depth++ == 0)
    run_nodes (run, &frame, &budget);
  depth--;
  _g_flow_run_free_garbage (run);
  if (!run->finished && _g_flow_run_has_context_work (run))
    _g_flow_owner_post (run);
  _g_flow_frame = frame.below;
  if (pushed)
    g_main_context_pop_thread_default (context);
}

/* A node has ended in the context, outside of a dispatch: goes on from there
 * without waiting for one, unless one comes anyway. */
void
_g_flow_owner_run_now (GFlowRun *run)
{
  if (run->owner == NULL)
    _g_flow_run_free_garbage (run);
  else if ((!run->owner_queued && !run->throttled && _g_flow_run_has_context_work (run)) ||
           atomic_load_explicit (&run->garbage, memory_order_relaxed) != NULL)
    go_on (run);
  if (!run->finished && _g_flow_run_settle (run, _g_flow_run_context_lane (run)))
    _g_flow_scheduler_check_complete (run);
}

/* Whether this thread is the one of the owner context, between two of its iterations
 * or in one: then gives the context, which it owns until _g_flow_owner_leave(). For
 * who has a node of the run that has not ended. */
GMainContext *
_g_flow_owner_enter (GFlowRun *run)
{
  GFlowOwner *owner = run->owner;

  /* Relaxed: the thread that it is about has written it itself. */
  if (atomic_load_explicit (&owner->thread, memory_order_relaxed) != g_thread_self () ||
      !g_main_context_acquire (owner->context))
    return NULL;
  return g_main_context_ref (owner->context);
}

void
_g_flow_owner_leave (GMainContext *context)
{
  g_main_context_release (context);
  g_main_context_unref (context);
}

static void
unqueue (GFlowOwner *owner,
         GFlowRun   *run)
{
  if (run->owner_queued)
    {
      run->owner_queued = FALSE;
      g_queue_unlink (&owner->runs, &run->owner_link);
    }
  if (run->throttled)
    {
      run->throttled = FALSE;
      g_queue_unlink (&owner->throttled, &run->owner_link);
    }
}

static void
queue (GFlowOwner *owner,
       GFlowRun   *run)
{
  owner->ahead = owner->ahead || run->ahead.limit > 0;
  if (!run->owner_queued)
    {
      unqueue (owner, run);
      run->owner_queued = TRUE;
      run->owner_link.data = run;
      g_queue_push_tail_link (&owner->runs, &run->owner_link);
    }
}

static void
throttle (GFlowOwner *owner,
          GFlowRun   *run)
{
  unqueue (owner, run);
  run->throttled = TRUE;
  run->owner_link.data = run;
  g_queue_push_tail_link (&owner->throttled, &run->owner_link);
}

/* Lets runs go on that have waited for bodies of any run to end: as many as there is room for bodies, as
 * each has one to start. Were it all of them, most would only queue again. */
static void
release_throttled (GFlowOwner *owner)
{
  if (owner->throttled.length == 0)
    return;

  for (guint room = g_flow_throttle_make_room (&owner->throttle);
       room > 0 && owner->throttled.length > 0; room--)
    queue (owner, owner->throttled.head->data);
}

static gboolean
is_posted (GFlowOwner *owner)
{
  return atomic_load_explicit (&owner->posted, memory_order_seq_cst) != NULL;
}

/* Takes the posted runs over, first come first served. */
static void
take_posted (GFlowOwner *owner)
{
  /* Acquire: pairs with the release in _g_flow_owner_post(). */
  GFlowRun *last = atomic_exchange_explicit (&owner->posted, NULL, memory_order_acquire);
  GFlowRun *first = NULL;

  while (last != NULL)
    {
      GFlowRun *before = last->next_posted;

      last->next_posted = first;
      first = last;
      last = before;
    }
  while (first != NULL)
    {
      GFlowRun *run = first;

      first = run->next_posted;
      /* Sequentially consistent, and so acquire: pairs with the exchange in
       * _g_flow_owner_post(). Whoever found the run posted has done before that what
       * it posted for, and it is seen from here on; whoever comes later posts again. */
      atomic_exchange_explicit (&run->posted, FALSE, memory_order_seq_cst);
      queue (owner, run);
    }
}

/* One run, one turn. The run is in the queue meanwhile, so that a body that
 * iterates the context does not lock it up. */
static void
dispatch_next (GFlowOwner *owner,
               Budget     *budget)
{
  GFlowRun *run = g_object_ref (g_queue_peek_head (&owner->runs));

  unqueue (owner, run);
  queue (owner, run);

  const gboolean more = dispatch_run (run, budget);

  owner->late = _g_flow_run_returns_late (run);

  const gboolean complete = !run->finished && _g_flow_scheduler_is_complete (run);
  /* Then nothing is left but to finish it, and its last post, which this dispatch may have made, needs
   * no other one. */
  const gboolean at_once = complete && _g_flow_run_attention (run) == 0;

  if (at_once)
    take_posted (owner);
  if (more && !run->finished && !at_once)
    {
      /* A body that iterated the context may have taken it out. */
      if (budget->throttled)
        throttle (owner, run);
      else
        queue (owner, run);
    }
  else if (!run->finished)
    {
      if (_g_flow_run_has_context_work (run))
        queue (owner, run);
      else
        unqueue (owner, run);
      /* While it is posted it is in a list, and cannot be let go. */
      if (complete && _g_flow_journal_close (run) &&
          !atomic_load_explicit (&run->posted, memory_order_seq_cst))
        {
          unqueue (owner, run);
          _g_flow_run_finish (run);
        }
    }
  g_object_unref (run);
}

static void set_backlog (GFlowOwner *owner,
                         gboolean    backlog);

static gboolean
dispatch_patience (GSource     *source,
                   GSourceFunc  callback,
                   gpointer     user_data)
{
  GFlowOwner *owner = ((GFlowOwnerSource *) source)->owner;
  const gint64 due = owner->served + PATIENCE_US;

  /* To be told of each dispatch would wake up the context. */
  if (due > g_get_monotonic_time ())
    {
      g_source_set_ready_time (source, due);
      return G_SOURCE_CONTINUE;
    }
  owner->overdue = TRUE;
  set_backlog (owner, FALSE);
  return G_SOURCE_REMOVE;
}

static void
drop_patience (GFlowOwner *owner)
{
  if (owner->patience == NULL)
    return;

  g_source_destroy (owner->patience);
  g_clear_pointer (&owner->patience, g_source_unref);
}

/* It is there only as long as it is needed: a context asks each of its sources in each iteration. */
static void
start_patience (GFlowOwner *owner)
{
  static GSourceFuncs funcs = { .dispatch = dispatch_patience };

  owner->patience = g_source_new (&funcs, sizeof (GFlowOwnerSource));
  ((GFlowOwnerSource *) owner->patience)->owner = owner;
  g_source_set_static_name (owner->patience, "GFlow patience");
  g_source_set_ready_time (owner->patience, g_get_monotonic_time () + PATIENCE_US);
  g_source_attach (owner->patience, owner->context);
}

/* After a spent budget the redrawing of windows comes first; but something that
 * is always ready must not keep the runs from going on for ever. */
static void
set_backlog (GFlowOwner *owner,
             gboolean    backlog)
{
  if (owner->backlog == backlog)
    return;

  owner->backlog = backlog;
  g_source_set_priority (owner->source, backlog ? G_PRIORITY_DEFAULT_IDLE : G_PRIORITY_DEFAULT);
  if (backlog)
    start_patience (owner);
  else
    drop_patience (owner);
}

/* If the context is iterated from a body, or a handler, what calls that would go on with its run only
 * after it. But it may wait for something of the run, and what is ready is not always posted. */
static void
queue_suspended (GFlowOwner *owner)
{
  for (GFlowFrame *frame = _g_flow_frame; G_UNLIKELY (frame != NULL); frame = frame->below)
    {
      GFlowRun *run = frame->run;

      if (run->owner == owner && !run->owner_queued && !run->throttled &&
          _g_flow_run_has_context_work (run))
        queue (owner, run);
    }
}

/* Before the context waits, and after that. Whoever posts wakes it up after the
 * list can be seen to be not empty. */
static gboolean
has_work (GFlowOwner *owner)
{
  queue_suspended (owner);
  release_throttled (owner);
  return owner->runs.length > 0 || is_posted (owner);
}

static void
dispatch (GFlowOwner *owner)
{
  const gint64 start = g_get_monotonic_time ();
  const gboolean brief = owner->backlog || (owner->late && !owner->overdue);
  const gint64 limit = brief ? SHORT_BUDGET_US : BUDGET_US;
  Budget budget = { .deadline = start + limit - owner->used, .last = start, .stride = 1 };
  gint64 now = start;

  take_posted (owner);
  /* One in any case: what was done before the dispatch may have taken all the time that it has. */
  for (guint n = 0; (n == 0 || now < budget.deadline) && !budget.waits && owner->runs.length > 0; n++)
    {
      dispatch_next (owner, &budget);
      now = g_get_monotonic_time ();
      if (is_posted (owner))
        take_posted (owner);
    }

  owner->served = now;
  owner->used += now - start;
  if (owner->runs.length == 0 || now >= budget.deadline)
    {
      owner->used = 0;
      owner->overdue = FALSE;
      set_backlog (owner, owner->runs.length > 0 || owner->throttled.length > 0);
    }
}

/* What is better done before a dispatch. */
static void
prepare (GFlowOwner *owner)
{
  gint64 start = 0;
  gboolean pushed = FALSE;

  take_posted (owner);
  /* There may be many runs, and this is done often. */
  if (!owner->ahead)
    return;

  GList *l = owner->runs.head;

  owner->ahead = FALSE;
  for (guint n = 0; l != NULL && n < MAX_PREPARED; l = l->next, n++)
    {
      if (((GFlowRun *) l->data)->ahead.limit == 0)
        continue;

      owner->ahead = TRUE;
      if (start == 0)
        {
          start = g_get_monotonic_time ();
          pushed = push_context (owner->context);
        }
      _g_flow_run_make_ahead (l->data);
    }
  owner->ahead = owner->ahead || l != NULL;
  if (pushed)
    g_main_context_pop_thread_default (owner->context);
  if (start != 0)
    owner->used += g_get_monotonic_time () - start;
}

/* As when a context does it: handlers that bodies have connected meanwhile find one. */
static void
finish_for_caller (GFlowRun *run)
{
  g_autoptr(GMainContext) context = NULL;

  if (_g_flow_watch_is_watched (run))
    {
      run->quiet = FALSE;
      context = g_main_context_new ();
      g_main_context_push_thread_default (context);
      _g_flow_run_tell_paused (run);
    }
  _g_flow_run_finish (run);
  if (context != NULL)
    g_main_context_pop_thread_default (context);
}

/* There is nothing for a run that has just begun but to start it. */
static void
start_for_caller (GFlowRun *run)
{
  GFlowFrame frame = { _g_flow_frame, run, _g_flow_run_context_lane (run), FALSE };

  _g_flow_frame = &frame;
  _g_flow_run_start_nodes (run);
  _g_flow_frame = frame.below;
  /* Some may have ended without having run. */
  if (_g_flow_run_settle (run, frame.lane))
    _g_flow_scheduler_check_complete (run);
}

/* What a dispatch does, for a run that has no context but a caller. FALSE if there
 * was nothing to do. */
gboolean
_g_flow_owner_dispatch_caller (GFlowRun *run)
{
  Budget budget = { .deadline = G_MAXINT64, .stride = 1 };

  if (!run->started && _g_flow_run_attention (run) == 0)
    {
      start_for_caller (run);
      return TRUE;
    }

  /* Sequentially consistent, and so acquire: see take_posted(). The look without an exchange is so,
   * too, as this thread may sleep in a context after it: see wait_without_context(). The run is
   * started without, and nobody posts that it has ended if this thread has ended it. */
  if (run->started && !run->retired &&
      (!atomic_load_explicit (&run->posted, memory_order_seq_cst) ||
       !atomic_exchange_explicit (&run->posted, FALSE, memory_order_seq_cst)))
    return FALSE;

  /* What a run that is complete has left is done when it is finished. */
  if (!run->retired)
    dispatch_run (run, &budget);
  if (_g_flow_scheduler_is_complete (run))
    finish_for_caller (run);
  return TRUE;
}

static GFlowOwner *
ref_owner (GFlowOwner *owner)
{
  /* Relaxed: whoever has one reference, or the mutex of the table, may make another. */
  atomic_fetch_add_explicit (&owner->ref_count, 1, memory_order_relaxed);
  return owner;
}

static void
release_owner (GFlowOwner *owner)
{
  guint n = atomic_load_explicit (&owner->ref_count, memory_order_relaxed);
  gboolean last;

  /* Release: pairs with the acquire of the last one. */
  while (n > 1)
    if (atomic_compare_exchange_weak_explicit (&owner->ref_count, &n, n - 1, memory_order_release,
                                               memory_order_relaxed))
      return;

  _g_flow_mutex_lock (&table_mutex);
  /* Acquire and release: the last one comes after what all others have done. */
  last = atomic_fetch_sub_explicit (&owner->ref_count, 1, memory_order_acq_rel) == 1;
  if (last)
    g_hash_table_remove (table, owner->context);
  _g_flow_mutex_unlock (&table_mutex);
  if (!last)
    return;

  g_source_destroy (owner->source);
  g_source_unref (owner->source);
  drop_patience (owner);
  g_slist_free_full (owner->stand_ins, (GDestroyNotify) g_main_context_unref);
  g_main_context_unref (owner->context);
  g_free (owner);
}

static gboolean
owner_dispatch (GSource     *source,
                GSourceFunc  callback,
                gpointer     user_data)
{
  GFlowOwner *owner = ((GFlowOwnerSource *) source)->owner;

  /* Relaxed: see _g_flow_owner_enter(). */
  atomic_store_explicit (&owner->thread, g_thread_self (), memory_order_relaxed);

  /* The last run may end in here. */
  ref_owner (owner);

  const gboolean pushed = push_context (owner->context);
  GFlowOwner *before = dispatched;

  dispatched = owner;
  dispatch (owner);
  dispatched = before;
  if (pushed)
    g_main_context_pop_thread_default (owner->context);

  release_owner (owner);
  return G_SOURCE_CONTINUE;
}

/* Relaxed: who does not see it yet wakes the context up in vain. */
static void
stay_awake (GFlowOwner *owner)
{
  atomic_store_explicit (&owner->may_sleep, FALSE, memory_order_relaxed);
}

static gboolean
owner_check (GSource *source)
{
  GFlowOwner *owner = ((GFlowOwnerSource *) source)->owner;

  /* Else it may wait: not everybody prepares the context again before that. */
  if (!has_work (owner))
    return FALSE;

  stay_awake (owner);
  return TRUE;
}

static gboolean
owner_prepare (GSource *source,
               int     *timeout)
{
  GFlowOwner *owner = ((GFlowOwnerSource *) source)->owner;
  gboolean ready = has_work (owner);

  if (!ready)
    {
      /* Sequentially consistent, and before the list is looked at: pairs with the load in
       * _g_flow_owner_post(). Whoever posts either sees this, or has been seen. */
      atomic_store_explicit (&owner->may_sleep, TRUE, memory_order_seq_cst);
      ready = has_work (owner);
    }
  if (ready)
    {
      stay_awake (owner);
      prepare (owner);
    }
  *timeout = -1;
  if (!ready && owner->throttled.length > 0)
    *timeout = g_flow_throttle_timeout (&owner->throttle);
  return ready;
}

static GSourceFuncs source_funcs = {
  .prepare = owner_prepare,
  .check = owner_check,
  .dispatch = owner_dispatch,
};

/* Owners */

static GFlowOwner *
create_owner (GMainContext *context)
{
  GFlowOwner *owner = g_new0 (GFlowOwner, 1);

  atomic_init (&owner->ref_count, 1);
  /* Whoever iterates the context may wait already. */
  atomic_init (&owner->may_sleep, TRUE);
  owner->context = g_main_context_ref (context);
  g_flow_throttle_init (&owner->throttle);
  owner->source = g_source_new (&source_funcs, sizeof (GFlowOwnerSource));
  ((GFlowOwnerSource *) owner->source)->owner = owner;
  g_source_set_static_name (owner->source, "GFlow");
  g_source_set_can_recurse (owner->source, TRUE);
  g_source_attach (owner->source, context);
  return owner;
}

/* This thread, which @context is that of, waits in @other for what belongs to @context: what
 * there is to do for runs is done there, and nothing else of what is in @context. NULL if
 * no run belongs to it, or if another thread iterates it. */
GSource *
_g_flow_owner_stand_in (GMainContext *context,
                        GMainContext *other)
{
  GFlowOwner *owner;

  _g_flow_mutex_lock (&table_mutex);
  owner = table != NULL ? g_hash_table_lookup (table, context) : NULL;
  if (owner != NULL && !g_main_context_acquire (context))
    owner = NULL;
  if (owner != NULL)
    {
      ref_owner (owner);
      owner->stand_ins = g_slist_prepend (owner->stand_ins, g_main_context_ref (other));
    }
  _g_flow_mutex_unlock (&table_mutex);
  if (owner == NULL)
    return NULL;

  GSource *source = g_source_new (&source_funcs, sizeof (GFlowOwnerSource));

  ((GFlowOwnerSource *) source)->owner = owner;
  /* Relaxed: only this thread writes it. */
  ((GFlowOwnerSource *) source)->before = atomic_load_explicit (&owner->stand_in,
                                                                memory_order_relaxed);
  g_source_set_static_name (source, "GFlow stand-in");
  g_source_set_can_recurse (source, TRUE);
  /* Sequentially consistent: pairs with the load in _g_flow_owner_post(). Whoever posts has
   * done so before that, and either sees this or is seen by the source. */
  atomic_store_explicit (&owner->stand_in, other, memory_order_seq_cst);
  g_source_attach (source, other);
  return source;
}

void
_g_flow_owner_stand_down (GSource *source)
{
  GFlowOwner *owner = ((GFlowOwnerSource *) source)->owner;
  GMainContext *before = ((GFlowOwnerSource *) source)->before;

  g_source_destroy (source);
  g_source_unref (source);
  /* Somebody may be about to wake it up: it stays as long as the owner does. Sequentially
   * consistent, for what has stood in before: see _g_flow_owner_stand_in(). */
  atomic_store_explicit (&owner->stand_in, before, memory_order_seq_cst);
  g_main_context_release (owner->context);
  release_owner (owner);
}

/* The owner of @context: one for all runs that belong to it. */
GFlowOwner *
_g_flow_owner_get (GMainContext *context)
{
  GFlowOwner *owner;

  /* It is in the table as long as it is dispatched. */
  if (dispatched != NULL && dispatched->context == context)
    return ref_owner (dispatched);

  _g_flow_mutex_lock (&table_mutex);
  if (table == NULL)
    table = g_hash_table_new (NULL, NULL);
  owner = g_hash_table_lookup (table, context);
  if (owner != NULL)
    {
      ref_owner (owner);
    }
  else
    {
      owner = create_owner (context);
      g_hash_table_insert (table, context, owner);
    }
  _g_flow_mutex_unlock (&table_mutex);
  return owner;
}

/* Whether any run belongs to @context. */
gboolean
_g_flow_owner_exists (GMainContext *context)
{
  gboolean exists;

  _g_flow_mutex_lock (&table_mutex);
  exists = table != NULL && g_hash_table_contains (table, context);
  _g_flow_mutex_unlock (&table_mutex);
  return exists;
}

void
_g_flow_owner_unref (GFlowOwner *owner)
{
  release_owner (owner);
}

GMainContext *
_g_flow_owner_get_context (GFlowOwner *owner)
{
  return owner->context;
}

/* A worker has no context: what a body makes there belongs to that of its run. If that has
 * none either it may go anywhere, which is where the caller of the run waits. */
GMainContext *
_g_flow_home_find_context (void)
{
  GFlowFrame *frame = _g_flow_frame;

  if (frame == NULL || frame->caller || (frame->lane != NULL && frame->lane->context) ||
      g_main_context_get_thread_default () != NULL)
    return g_main_context_ref_thread_default ();
  return frame->run->owner != NULL ? g_main_context_ref (frame->run->owner->context) : NULL;
}

/* It sleeps on its parking, or in the context of sub-runs once there are any: but if it
 * slept before, still on its parking. If it has neither it is awake, and looks before it
 * sleeps. */
static void
wake_caller (GFlowRun *run)
{
  /* Sequentially consistent: see wait_without_context() and sleep_until_posted(). */
  GMainContext *context = atomic_load_explicit (&run->grown_context, memory_order_seq_cst);
  GFlowParking *parking = atomic_load_explicit (&run->caller, memory_order_seq_cst);

  if (context != NULL)
    g_main_context_wakeup (context);
  if (parking != NULL)
    g_flow_parking_unpark (parking);
}

/* There is something to do for the run in its context. From any thread, by
 * whom the run cannot end under. */
void
_g_flow_owner_post (GFlowRun *run)
{
  GFlowOwner *owner = run->owner;

  /* Sequentially consistent: pairs with the store in take_posted(). What was
   * done before is seen by whoever takes the run over now or has not yet. */
  if (atomic_exchange_explicit (&run->posted, TRUE, memory_order_seq_cst))
    return;

  if (owner == NULL)
    {
      wake_caller (run);
      return;
    }

  GFlowRun *before = atomic_load_explicit (&owner->posted, memory_order_relaxed);

  /* Release: pairs with the exchange in take_posted(). */
  do
    run->next_posted = before;
  while (!atomic_compare_exchange_weak_explicit (&owner->posted, &before, run,
                                                 memory_order_seq_cst, memory_order_relaxed));
  if (before != NULL)
    return;

  /* Sequentially consistent: pairs with the store in owner_prepare(). A context that is busy
   * looks at the list before it waits, and to wake it up is a system call. */
  if (!atomic_load_explicit (&owner->may_sleep, memory_order_seq_cst))
    return;

  /* Sequentially consistent: pairs with the store in _g_flow_owner_stand_in(). */
  GMainContext *stand_in = atomic_load_explicit (&owner->stand_in, memory_order_seq_cst);

  g_main_context_wakeup (owner->context);
  if (G_UNLIKELY (stand_in != NULL))
    g_main_context_wakeup (stand_in);
}
