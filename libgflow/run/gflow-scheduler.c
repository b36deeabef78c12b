/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-scheduler-private.h"

#include "gflow-owner-private.h"

#include <pthread.h>

/* Which thread works on which run.
 *
 * A run has a number of lanes, and is worked on by at most as many workers. A
 * worker stays on a run while it finds nodes there, for a quantum at least, and
 * then takes the next run that is hungry: that could use another worker. Hungry
 * runs queue in the crew of their flow, which limits the threads of the flow,
 * and crews that have room queue here: so runs and flows take turns.
 *
 * Threads are lent by a GThreadPool, one job for as long as a worker lives.
 * There are as many as processors, or as one flow asks for, and a few spare ones
 * that come one at a time when a run has no worker because all are in long
 * bodies of other runs. Everything here is guarded by one mutex, which is taken
 * when a worker comes to a run or leaves it, not for every node. */

/* How long a worker without work looks for some before it sleeps: to wake it would
 * cost whoever has some a system call, and 10 µs until it comes. Runs that follow each
 * other are closer than this. */
#define SPIN_US 10
/* How long a worker without work keeps its thread */
#define IDLE_MS 500
/* How long a run without any worker waits for one before a spare one comes */
#define SPARE_DELAY_MS 5
#define MAX_SPARE 64
/* How many lanes threads may have lent that are in bodies which block */
#define MAX_LENT G_FLOW_MAX_THREADS

struct _GFlowCrew
{
  _Atomic guint ref_count;

  /* Guarded by the scheduler's mutex */
  GQueue   hungry;     /* of GFlowRun, by their links */
  guint    n_active;   /* threads that work for the flow */
  guint    max;
  GList    link;
  gboolean listed;
  guint    n_forks;    /* of the process, when it was last used: in a child nothing of it goes on */
};

typedef struct _GFlowWorker GFlowWorker;
struct _GFlowWorker
{
  GFlowParking  parking;
  GList         idle_link;
  gboolean      idle;
  gboolean      spare;
  gboolean      replaced; /* it is in a body that blocks, and not counted any more */
  GFlowWorker  *next_called;
};

static struct
{
  GFlowMutex   mutex;
  GThreadPool *pool;
  GQueue       crews;         /* with hungry runs, and room for a thread */
  GQueue       idle;          /* of GFlowWorker, by their links: the last one first */
  GFlowWorker *called;        /* no longer idle, to be woken when the mutex is free */
  guint        n_looking;     /* workers that do not sleep yet */
  guint        n_woken;       /* workers that were called, and have not come yet */
  guint        n_begun;       /* ordinary threads that were asked for, likewise */
  guint        n_threads;
  guint        n_spare;       /* of these */
  guint        n_lent;        /* lanes, by threads that are in bodies of their runs */
  guint64      n_taken;       /* counts the runs that ordinary workers have come to */
  gboolean     spare_pending; /* a spare worker waits whether it is needed */
  guint        n_forks;       /* by which this process was made, since it has had a flow */
} scheduler = { .mutex = G_FLOW_MUTEX_INIT };

/* Hungry runs, for a look without the mutex; and threads that have lent their lanes, and are
 * about to leave their run. Relaxed everywhere: it only says that taking turns may be worth
 * while. */
_Atomic guint _g_flow_n_hungry;

_Thread_local GFlowFrame *_g_flow_frame;

static _Thread_local GFlowWorker *this_worker;

static void
lock (void)
{
  _g_flow_mutex_lock_soon (&scheduler.mutex);
}

/* Who is woken wants the mutex, too, and to wake somebody takes long. */
static void
unlock (void)
{
  GFlowWorker *called = g_steal_pointer (&scheduler.called);

  _g_flow_mutex_unlock (&scheduler.mutex);
  while (called != NULL)
    {
      GFlowWorker *next = called->next_called;

      g_flow_parking_unpark (&called->parking);
      called = next;
    }
}

/* Processes that are made by a fork */

static void
before_fork (void)
{
  _g_flow_mutex_lock (&scheduler.mutex);
}

static void
after_fork (void)
{
  _g_flow_mutex_unlock (&scheduler.mutex);
}

/* A child of the process has none of the threads, and none of the runs that they worked on goes
 * on in it. Those that it starts itself do. */
static void
after_fork_in_child (void)
{
  g_queue_init (&scheduler.crews);
  g_queue_init (&scheduler.idle);
  scheduler.pool = NULL;
  scheduler.called = NULL;
  scheduler.n_looking = 0;
  scheduler.n_woken = 0;
  scheduler.n_begun = 0;
  scheduler.n_threads = 0;
  scheduler.n_spare = 0;
  scheduler.n_lent = 0;
  for (GFlowFrame *frame = _g_flow_frame; frame != NULL; frame = frame->below)
    scheduler.n_lent += frame->lane == NULL;
  /* The thread that goes on is not counted any more. */
  if (this_worker != NULL)
    this_worker->replaced = TRUE;
  scheduler.spare_pending = FALSE;
  scheduler.n_forks++;
  atomic_store_explicit (&_g_flow_n_hungry, 0, memory_order_relaxed);
  after_fork ();
}

/* Once, and before there is a run: threads that tasks have left in the pools of GLib are not in the
 * child either, and those wait for them all the same. */
static void
watch_forks (void)
{
  static gsize watched;

  if (g_once_init_enter (&watched))
    {
      pthread_atfork (before_fork, after_fork, after_fork_in_child);
      g_once_init_leave (&watched, 1);
    }
}

/* Crews */

GFlowCrew *
_g_flow_crew_new (void)
{
  GFlowCrew *crew = g_new0 (GFlowCrew, 1);

  watch_forks ();
  atomic_init (&crew->ref_count, 1);
  crew->link.data = crew;
  return crew;
}

GFlowCrew *
_g_flow_crew_ref (GFlowCrew *crew)
{
  /* Relaxed: whoever has one reference may make another. */
  atomic_fetch_add_explicit (&crew->ref_count, 1, memory_order_relaxed);
  return crew;
}

void
_g_flow_crew_unref (GFlowCrew *crew)
{
  /* Acquire and release: the last one comes after what all others have done. */
  if (atomic_fetch_sub_explicit (&crew->ref_count, 1, memory_order_acq_rel) == 1)
    g_free (crew);
}

/* Lists the crew if it could use a thread, unlists it if not. */
static void
update_crew (GFlowCrew *crew)
{
  const gboolean wanted = crew->hungry.length > 0 && crew->n_active < crew->max;

  if (wanted == crew->listed)
    return;

  crew->listed = wanted;
  if (wanted)
    g_queue_push_tail_link (&scheduler.crews, &crew->link);
  else
    g_queue_unlink (&scheduler.crews, &crew->link);
}

/* Whether its crew is as this process has it, and goes by the limit of its flow as it is now. */
static gboolean
is_enlisted (GFlowRun *run)
{
  return run->enlisted == scheduler.n_forks + 1;
}

/* Not of a run that does not go on in this process, see after_fork_in_child(), nor of one whose
 * caller is about to come: that looks for itself. */
static void
set_hungry (GFlowRun *run,
            gboolean  hungry)
{
  GFlowCrew *crew = run->crew;

  if (atomic_load_explicit (&run->hungry, memory_order_relaxed) == hungry || !is_enlisted (run))
    return;

  /* Sequentially consistent: see _g_flow_run_notify_work(). */
  atomic_store_explicit (&run->hungry, hungry, memory_order_seq_cst);
  if (hungry)
    g_queue_push_tail_link (&crew->hungry, &run->hungry_link);
  else
    g_queue_unlink (&crew->hungry, &run->hungry_link);
  atomic_fetch_add_explicit (&_g_flow_n_hungry, hungry ? 1 : -1, memory_order_relaxed);
  update_crew (crew);
}

/* Calling workers */

/* What the threads of the process have left in the crew before it was made by a fork. */
static void
clean_crew (GFlowCrew *crew)
{
  if (crew->n_forks == scheduler.n_forks)
    return;

  crew->n_forks = scheduler.n_forks;
  g_queue_init (&crew->hungry);
  crew->n_active = 0;
  crew->listed = FALSE;
  crew->link = (GList) { .data = crew };
}

static gpointer
thread_main (gpointer job)
{
  _g_flow_worker_main (job, NULL);
  return NULL;
}

/* The pools of GLib do not work in a process that was made by a fork. */
static void
add_thread_in_child (gpointer job)
{
  g_thread_unref (g_thread_new ("gflow", thread_main, job));
}

/* A pool without a limit starts a thread for every job, or reuses one that is
 * idle. If the system has none to give, the job waits in the pool until one of
 * its threads is free, or the next push can start one. */
static void
add_thread (gpointer job)
{
  scheduler.n_threads++;
  if (G_UNLIKELY (scheduler.n_forks > 0))
    {
      add_thread_in_child (job);
      return;
    }

  if (scheduler.pool == NULL)
    scheduler.pool = g_thread_pool_new (_g_flow_worker_main, NULL, -1, FALSE, NULL);
  g_thread_pool_push (scheduler.pool, job, NULL);
}

/* To ask the system means to read a file, which takes longer than many a run. */
guint
_g_flow_count_processors (void)
{
  static _Atomic guint n_processors;
  guint n = atomic_load_explicit (&n_processors, memory_order_relaxed);

  if (n == 0)
    {
      n = g_get_num_processors ();
      /* Relaxed: whoever comes at the same time finds the same number. */
      atomic_store_explicit (&n_processors, n, memory_order_relaxed);
    }
  return n;
}

/* What the pool is given: it wants data that is not NULL. */
#define ORDINARY_WORKER GINT_TO_POINTER (1)
#define SPARE_WORKER GINT_TO_POINTER (2)

static gboolean
is_starving (GFlowRun *run)
{
  return atomic_load_explicit (&run->n_inside, memory_order_relaxed) == 0;
}

/* A run that has no worker at all, though its crew has room for one. */
static GFlowRun *
find_starving (void)
{
  for (GList *c = scheduler.crews.head; c != NULL; c = c->next)
    for (GList *l = ((GFlowCrew *) c->data)->hungry.head; l != NULL; l = l->next)
      if (is_starving (l->data))
        return l->data;
  return NULL;
}

static void
add_spare_thread (void)
{
  if (scheduler.spare_pending || scheduler.n_spare >= MAX_SPARE)
    return;

  scheduler.spare_pending = TRUE;
  scheduler.n_spare++;
  add_thread (SPARE_WORKER);
}

/* Whether for each hungry run somebody is about to look what there is. That may be one
 * that was called for another, which has ended since. A thread that has not begun is
 * only counted on where nobody else could come: the system may have none to give. */
static gboolean
is_expecting (void)
{
  const guint n = scheduler.n_looking + scheduler.n_woken +
                  (scheduler.idle.length == 0 ? scheduler.n_begun : 0);

  return n >= atomic_load_explicit (&_g_flow_n_hungry, memory_order_relaxed);
}

/* A worker for @run, which has become hungry. Whoever comes takes whichever run
 * is first in line. */
static void
call_worker (GFlowRun *run)
{
  const guint max_threads = MAX (_g_flow_count_processors (), run->crew->max);

  if (run->crew->n_active >= run->crew->max)
    return; /* the first one to leave the crew looks */

  if (atomic_load_explicit (&run->caller_waits, memory_order_relaxed))
    {
      atomic_store_explicit (&run->caller_waits, FALSE, memory_order_relaxed);
      _g_flow_owner_post (run);
      /* Unless it is in something else there, the run has at least this thread. */
      if (!is_starving (run))
        return;
    }

  if (is_expecting ())
    return;

  if (scheduler.idle.length > 0)
    {
      GFlowWorker *worker = g_queue_pop_tail_link (&scheduler.idle)->data;

      scheduler.n_woken++;
      worker->idle = FALSE;
      worker->next_called = scheduler.called;
      scheduler.called = worker;
    }
  else if (scheduler.n_threads - scheduler.n_spare < max_threads)
    {
      scheduler.n_begun++;
      add_thread (ORDINARY_WORKER);
    }
  else if (is_starving (run))
    {
      add_spare_thread ();
    }
}

/* A thread that was in @crew takes no other run: somebody else has to. */
static void
call_next (GFlowCrew *crew)
{
  if (crew != NULL && crew->hungry.length > 0)
    call_worker (g_queue_peek_head (&crew->hungry));
  else if (scheduler.crews.length > 0)
    call_worker (g_queue_peek_head (&((GFlowCrew *) g_queue_peek_head (&scheduler.crews))->hungry));
}

/* Relaxed: with the mutex held. */
static gboolean
is_complete (GFlowRun *run)
{
  return atomic_load_explicit (&run->complete, memory_order_relaxed);
}

static void
make_hungry (GFlowRun *run)
{
  if (atomic_load_explicit (&run->hungry, memory_order_relaxed) || is_complete (run) ||
      atomic_load_explicit (&run->n_inside, memory_order_relaxed) >= run->n_lanes ||
      !is_enlisted (run))
    return;

  set_hungry (run, TRUE);
  call_worker (run);
}

/* Coming and leaving */

static GFlowLane *
enter_run (GFlowRun *run)
{
  guint i = 0;

  while (run->lanes[i].taken)
    i++;
  run->lanes[i].taken = TRUE;
  run->crew->n_active++;
  /* Sequentially consistent: see _g_flow_run_notify_work(). */
  atomic_fetch_add_explicit (&run->n_inside, 1, memory_order_seq_cst);
  set_hungry (run, FALSE);
  update_crew (run->crew);
  return &run->lanes[i];
}

/* Nobody is in a body of it, and nothing is left: then it is complete, and if it @tells so it is posted.
 * After this the run may be gone. */
static void
complete_if_left (GFlowRun *run,
                  gboolean  tells)
{
  if (is_complete (run) || run->n_lent > 0 ||
      atomic_load_explicit (&run->n_inside, memory_order_relaxed) > 0 ||
      atomic_load_explicit (&run->remaining, memory_order_seq_cst) > 0)
    return;

  set_hungry (run, FALSE);
  if (tells)
    _g_flow_owner_post (run);
  /* Last, and release: pairs with _g_flow_scheduler_is_complete(), after which the run is let go. */
  atomic_store_explicit (&run->complete, TRUE, memory_order_release);
}

/* After this the run may be gone, unless it has work: then it is hungry. */
static void
leave_run (GFlowRun  *run,
           GFlowLane *lane)
{
  GFlowCrew *crew = run->crew;

  lane->taken = FALSE;
  crew->n_active--;
  update_crew (crew);
  /* Sequentially consistent: see _g_flow_run_notify_work(). */
  const guint n_inside = atomic_fetch_sub_explicit (&run->n_inside, 1, memory_order_seq_cst) - 1;

  if (_g_flow_run_has_work (run))
    {
      /* If it is hungry it has called before, but may be without any worker now. */
      if (atomic_load_explicit (&run->hungry, memory_order_relaxed))
        call_worker (run);
      else
        make_hungry (run);
    }
  else if (n_inside == 0)
    {
      /* A caller without a context is about to look for itself: see retire(). */
      complete_if_left (run, !lane->caller || run->owner != NULL);
    }
}

/* Of a thread that has lent its lane. After this the run may be gone. */
static void
leave_lent (GFlowRun *run)
{
  scheduler.n_lent--;
  run->n_lent--;
  complete_if_left (run, TRUE);
}

/* The run that is next in line. */
static GFlowRun *
take_run (void)
{
  if (scheduler.crews.length == 0)
    return NULL;

  GFlowCrew *crew = g_queue_peek_head (&scheduler.crews);
  GFlowRun *run = g_queue_peek_head (&crew->hungry);

  scheduler.n_taken++;
  /* The other crews come first next time. */
  g_queue_unlink (&scheduler.crews, &crew->link);
  g_queue_push_tail_link (&scheduler.crews, &crew->link);
  return run;
}

/* Works on the run until there is nothing to do, or others should have a turn, or it has
 * lent its lane. Called and returns with the mutex held. */
static void
work_on_run (GFlowRun *run,
             gboolean  is_caller)
{
  GFlowLane *lane = enter_run (run);
  GFlowFrame frame = { _g_flow_frame, run, lane, TRUE, .caller = is_caller };

  lane->caller = is_caller;
  unlock ();
  _g_flow_frame = &frame;
  _g_flow_run_work (run, lane);
  if (frame.lane != NULL)
    _g_flow_run_settle (run, lane);
  _g_flow_frame = frame.below;
  lock ();

  if (frame.lane != NULL)
    leave_run (run, lane);
  else
    leave_lent (run);
}

/* Waits for a hungry run for a moment. Called and returns with the mutex held: what has
 * become hungry before that is seen after it. */
static void
look_out (void)
{
  scheduler.n_looking++;
  unlock ();

  const gint64 until = g_get_monotonic_time () + SPIN_US;

  while (atomic_load_explicit (&_g_flow_n_hungry, memory_order_relaxed) == 0 &&
         g_get_monotonic_time () < until)
    _g_flow_pause_processor ();
  lock ();
  scheduler.n_looking--;
}

/* FALSE if nobody had work for it. Called and returns with the mutex held. */
static gboolean
wait_idle (GFlowWorker *worker)
{
  gboolean woken;

  worker->idle = TRUE;
  g_queue_push_tail_link (&scheduler.idle, &worker->idle_link);
  do
    {
      unlock ();
      woken = g_flow_parking_park (&worker->parking, IDLE_MS);
      lock ();
      /* Woken, but not called: the wake was for a call that was seen without it. Called,
       * but not woken: who has called is about to. */
    }
  while (woken == worker->idle);

  if (!worker->idle)
    {
      scheduler.n_woken--;
      return TRUE;
    }

  worker->idle = FALSE;
  g_queue_unlink (&scheduler.idle, &worker->idle_link);
  return FALSE;
}

/* Takes runs until there are none, or another thread has its place, with the mutex held. */
static void
work_ordinarily (GFlowWorker *worker)
{
  GFlowRun *run;

  scheduler.n_begun--;
  do
    {
      while ((run = take_run ()) != NULL)
        {
          work_on_run (run, FALSE);
          if (worker->replaced)
            return;
        }
      look_out ();
    }
  while (scheduler.crews.length > 0 || wait_idle (worker));
  scheduler.n_threads--;
}

/* A spare worker first gives the ordinary ones time, and leaves when they can
 * do without it. */
static void
work_as_spare (GFlowWorker *worker)
{
  guint64 n_taken;

  /* As long as others take runs, they take turns, and are enough. */
  do
    {
      n_taken = scheduler.n_taken;
      unlock ();
      /* Nobody knows this worker, to wake it. */
      g_flow_parking_park (&worker->parking, SPARE_DELAY_MS);
      lock ();
    }
  while (scheduler.n_taken != n_taken && find_starving () != NULL);

  scheduler.spare_pending = FALSE;
  for (GFlowRun *run; (run = find_starving ()) != NULL;)
    {
      set_hungry (run, FALSE);
      if (find_starving () != NULL)
        add_spare_thread ();
      work_on_run (run, FALSE);
      if (worker->replaced)
        return;
    }
  scheduler.n_spare--;
  scheduler.n_threads--;
  call_next (NULL);
}

/* All the work of a thread: what it was asked for is its @job. */
void
_g_flow_scheduler_work (gpointer job)
{
  GFlowWorker worker = { .idle_link = { .data = &worker }, .spare = job == SPARE_WORKER };

  g_flow_parking_init (&worker.parking);
  this_worker = &worker;
  lock ();
  if (worker.spare)
    work_as_spare (&worker);
  else
    work_ordinarily (&worker);
  unlock ();
  this_worker = NULL;
  g_flow_parking_clear (&worker.parking);
}

/* For runs */

/* Its flow may have another limit than before. */
static void
enlist (GFlowRun *run)
{
  const guint max_threads = run->flow->max_threads;
  const guint max = max_threads != 0 ? MIN (max_threads, G_FLOW_MAX_THREADS)
                                     : _g_flow_count_processors ();

  clean_crew (run->crew);
  run->enlisted = scheduler.n_forks + 1;
  if (run->crew->max == max)
    return;

  run->crew->max = max;
  update_crew (run->crew);
  /* There may be more room than there was: other runs of the flow may wait. */
  for (GList *l = run->crew->hungry.head; l != NULL; l = l->next)
    call_worker (l->data);
}

static void
set_active (GFlowRun *run)
{
  /* Relaxed: nobody keeps the run who has not been told of it. */
  atomic_store_explicit (&run->life, G_FLOW_RUN_LIFE_ACTIVE, memory_order_relaxed);
  run->hungry_link.data = run;
}

/* The run may be called for, and is dispatched. The caller may be in another
 * thread than the owner context: the run may end before this returns. */
void
_g_flow_scheduler_activate (GFlowRun *run)
{
  lock ();
  set_active (run);
  enlist (run);
  _g_flow_owner_post (run);
  unlock ();
}

/* The run has no owner: its caller is about to start it, and then to help. Without the
 * mutex: no other thread asks before it has seen that the run has a state, which comes
 * after this, and is told under the mutex of the run. */
void
_g_flow_scheduler_expect_caller (GFlowRun *run)
{
  set_active (run);
}

/* The run has ended. TRUE if it kept itself alive. */
gboolean
_g_flow_scheduler_deactivate (GFlowRun *run)
{
  /* Acquire: pairs with _g_flow_scheduler_give(). */
  return (atomic_exchange_explicit (&run->life, 0, memory_order_acquire) &
          G_FLOW_RUN_LIFE_KEPT) != 0;
}

/* The run loses its last user. If it is active it keeps itself until it has ended. */
gboolean
_g_flow_scheduler_keep (GFlowRun *run)
{
  g_object_ref (run);
  if (_g_flow_scheduler_give (run))
    return TRUE;

  g_object_unref (run);
  /* Relaxed: it is not, or has kept itself before, and only its owner context ends that. */
  return atomic_load_explicit (&run->life, memory_order_relaxed) != 0;
}

/* Gives a reference to the run itself, to be dropped when it has ended. FALSE if
 * it has, or has one already. */
gboolean
_g_flow_scheduler_give (GFlowRun *run)
{
  guint life = G_FLOW_RUN_LIFE_ACTIVE;

  /* Release: pairs with _g_flow_scheduler_deactivate(), for what was done with the run. */
  return atomic_compare_exchange_strong_explicit (&run->life, &life,
                                                  G_FLOW_RUN_LIFE_ACTIVE | G_FLOW_RUN_LIFE_KEPT,
                                                  memory_order_release, memory_order_relaxed);
}

/* Whether the owner context may be told of the run: it has started, and nothing has told that it has
 * ended. With the mutex held. */
static gboolean
is_going_on (GFlowRun *run)
{
  /* Relaxed: one that is not active any more is complete. */
  return atomic_load_explicit (&run->life, memory_order_relaxed) != 0 && !is_complete (run);
}

/* The run could use another worker. */
void
_g_flow_scheduler_call (GFlowRun *run)
{
  lock ();
  make_hungry (run);
  unlock ();
}

/* Has the owner context look at the run, if it has not ended. Any thread. */
void
_g_flow_scheduler_post (GFlowRun *run)
{
  lock ();
  if (is_going_on (run))
    _g_flow_owner_post (run);
  unlock ();
}

/* A node was completed: has @push tell the owner context, and that look. Under the mutex,
 * because the node may be the last, and the run is not touched after it may have ended. */
void
_g_flow_scheduler_post_completion (GFlowRun *run,
                                   void      (*push) (GFlowRun *, gpointer),
                                   gpointer  completion)
{
  lock ();
  push (run, completion);
  if (is_going_on (run))
    _g_flow_owner_post (run);
  unlock ();
}

/* The run, if it has not ended, may have work that it was not to be called for. Any
 * thread. */
void
_g_flow_scheduler_wake (GFlowRun *run)
{
  lock ();
  if (is_going_on (run))
    {
      make_hungry (run);
      _g_flow_owner_post (run);
    }
  unlock ();
}

/* Delivers a node from a thread that has nothing to do with the run. Under the
 * mutex, because the node may be the last, and the run is not touched by this
 * thread after it may have completed. */
void
_g_flow_scheduler_inject (GFlowRun *run,
                          guint32   index)
{
  lock ();
  if ((run->nodes[index].route & G_FLOW_ROUTE_CONTEXT) != 0)
    {
      if (_g_flow_run_is_heaped (run))
        _g_flow_run_add_to_heap (run, TRUE, &index, 1);
      else
        g_flow_inbox_push (&run->context_inbox, index);
      _g_flow_owner_post (run);
    }
  else
    {
      if (_g_flow_run_is_heaped (run))
        _g_flow_run_add_to_heap (run, FALSE, &index, 1);
      else
        g_flow_inbox_push (&run->inbox, index);
      make_hungry (run);
    }
  unlock ();
}

/* If the run is complete its caller, whose thread this is, knows, unless it has an owner, who may have
 * been told of it. */
static void
retire (GFlowRun *run)
{
  run->retired = run->owner == NULL && is_complete (run);
}

/* The calling thread works on the run, in place of sleeping. FALSE if there is
 * nothing for it to do: the owner context is told when there is. */
gboolean
_g_flow_scheduler_help (GFlowRun *run)
{
  GFlowCrew *crew = run->crew;

  lock ();
  if (!is_enlisted (run))
    enlist (run);
  /* First, as whoever comes to a run does: then look at the work. */
  set_hungry (run, FALSE);

  const gboolean has_work = !is_complete (run) && _g_flow_run_has_work (run);
  const gboolean helps = has_work && crew->n_active < crew->max &&
                         atomic_load_explicit (&run->n_inside, memory_order_seq_cst) < run->n_lanes;

  atomic_store_explicit (&run->caller_waits, !helps, memory_order_relaxed);
  if (helps)
    {
      work_on_run (run, TRUE);
      retire (run);
      /* This thread does not look further, as a worker would. */
      call_next (crew);
    }
  else if (has_work)
    {
      make_hungry (run);
    }
  unlock ();
  return helps;
}

/* This thread is not one of those that work any more. */
static void
replace_worker (void)
{
  if (this_worker == NULL || this_worker->replaced)
    return;

  this_worker->replaced = TRUE;
  scheduler.n_threads--;
  if (this_worker->spare)
    scheduler.n_spare--;
}

static gboolean
may_lend (void)
{
  lock ();

  const gboolean may = scheduler.n_lent < MAX_LENT;

  unlock ();
  return may;
}

/* This thread blocks, in a body of each run that it has a lane of: others may have these,
 * and its place. @frame is the innermost. */
void
_g_flow_scheduler_lend (GFlowFrame *frame)
{
  if (!may_lend ())
    return;

  for (GFlowFrame *f = frame; f != NULL; f = f->below)
    if (_g_flow_frame_is_on_worker_lane (f))
      _g_flow_run_clear_lane (f);

  lock ();
  replace_worker ();
  for (GFlowFrame *f = frame; f != NULL; f = f->below)
    if (_g_flow_frame_is_on_worker_lane (f))
      {
        GFlowLane *lane = g_steal_pointer (&f->lane);

        scheduler.n_lent++;
        f->run->n_lent++;
        /* What becomes ready in the context is for others. */
        if (f->caller)
          f->run->participates = FALSE;
        /* Whoever blocks until the run has ended is to lend, too. */
        if (f->run->parent != NULL)
          _g_flow_owner_post (f->run);
        leave_run (f->run, lane);
      }
  call_next (NULL);
  unlock ();
}

/* This thread, which is in a body, is about to block until @run has ended or something is posted
 * for it: if it waits for a body that blocks it is as if it was in that itself. */
void
_g_flow_scheduler_lend_likewise (GFlowRun *run)
{
  lock ();

  const gboolean has_lent = run->n_lent > 0;

  unlock ();
  if (has_lent)
    _g_flow_scheduler_lend (_g_flow_frame);
}

/* The thread that would help is busy in its context. */
void
_g_flow_scheduler_caller_is_busy (GFlowRun *run)
{
  /* Relaxed: nobody but this thread says that it waits. */
  if (!atomic_load_explicit (&run->caller_waits, memory_order_relaxed))
    return;

  lock ();
  atomic_store_explicit (&run->caller_waits, FALSE, memory_order_relaxed);
  unlock ();
}

/* The thread that has helped will not any more. */
void
_g_flow_scheduler_caller_leaves (GFlowRun *run)
{
  lock ();
  atomic_store_explicit (&run->caller_waits, FALSE, memory_order_relaxed);
  /* If it is hungry it has called, but maybe for this thread. */
  if (atomic_load_explicit (&run->hungry, memory_order_relaxed))
    call_worker (run);
  else if (_g_flow_run_has_work (run))
    make_hungry (run);
  unlock ();
}

/* All nodes have ended, as the owner context sees it: a worker may still be
 * about to leave. */
void
_g_flow_scheduler_check_complete (GFlowRun *run)
{
  lock ();
  complete_if_left (run, TRUE);
  unlock ();
}

/* Whether nothing of the run runs any more, and nobody else is about to look at it. Then its last post is
 * done, too. In the owner context. */
gboolean
_g_flow_scheduler_is_complete (GFlowRun *run)
{
  if (atomic_load_explicit (&run->remaining, memory_order_seq_cst) != 0)
    return FALSE;
  /* Acquire: pairs with complete_if_left(). */
  if (atomic_load_explicit (&run->complete, memory_order_acquire))
    return TRUE;

  /* Who has posted that may be about to say so, with the mutex held. */
  lock ();

  const gboolean complete = is_complete (run);

  unlock ();
  return complete;
}
