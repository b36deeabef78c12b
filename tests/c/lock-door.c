/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The door of a lock: threads that take, wait, withdraw, give back and ask as fast as they can. No
 * permit is given twice or lost, nobody is forgotten, and who came first is first. */

#include "test-util.h"

#include "graph/gflow-lock-private.h"

#include <stdatomic.h>

#define N_THREADS 4
#define N_PLACES 6 /* in which each of them can wait at once */
#define N_STEPS 20000

typedef enum
{
  PLACE_FREE,
  PLACE_WAITING,
  PLACE_HELD,
} PlaceState;

typedef struct _Storm Storm;

typedef struct
{
  GFlowWaiter  waiter; /* first: is cast back */
  Storm       *storm;
  guint        thread;
  guint        number;       /* how many of the thread have waited before */
  gboolean     returns_it;   /* at once, from within the grant */
  _Atomic int  state;        /* a PlaceState; from WAITING on, changed by whoever grants */
} Place;

struct _Storm
{
  GFlowLock    *lock;
  guint         most;               /* permits that it ever has */
  guint32       seeds[N_THREADS];
  _Atomic int   n_held;
  _Atomic guint told[N_THREADS];    /* the last number of each that was granted, and 1 */
  _Atomic int   n_left;             /* threads that have not ended */
};

static void
begin_to_hold (Storm *self)
{
  g_assert_cmpint (atomic_fetch_add (&self->n_held, 1), <, (int) self->most);
}

static GFlowWaiter *
end_to_hold (Storm *self)
{
  atomic_fetch_sub (&self->n_held, 1);
  return _g_flow_lock_give_back (self->lock);
}

static GFlowWaiter *
granted (GFlowWaiter *waiter)
{
  Place *place = (Place *) waiter;
  Storm *storm = place->storm;

  begin_to_hold (storm);
  if (storm->most == 1)
    {
      /* One permit: the one before has been told before it could give it back. */
      g_assert_cmpuint (place->number, >=, atomic_load (&storm->told[place->thread]));
      atomic_store (&storm->told[place->thread], place->number + 1);
    }
  if (!place->returns_it)
    {
      atomic_store (&place->state, PLACE_HELD);
      return NULL;
    }

  /* Its thread may use the place from then on. */
  GFlowWaiter *others = end_to_hold (storm);

  atomic_store (&place->state, PLACE_FREE);
  return others;
}

static void
step (Storm *self,
      Place *place,
      guint *n_waited,
      GRand *rand)
{
  GFlowWaiter *others = NULL;

  switch (atomic_load (&place->state))
    {
    case PLACE_FREE:
      if (g_rand_int_range (rand, 0, 4) == 0)
        {
          if (g_flow_lock_try_acquire (self->lock))
            {
              begin_to_hold (self);
              others = end_to_hold (self);
            }
          break;
        }
      place->number = (*n_waited)++;
      place->returns_it = g_rand_boolean (rand);
      atomic_store (&place->state, PLACE_WAITING);
      if (_g_flow_lock_enter (self->lock, &place->waiter))
        {
          begin_to_hold (self);
          atomic_store (&place->state, PLACE_HELD);
        }
      break;

    case PLACE_WAITING:
      if (g_rand_int_range (rand, 0, 3) == 0)
        {
          if (_g_flow_lock_withdraw (self->lock, &place->waiter, &others))
            atomic_store (&place->state, PLACE_FREE);
        }
      else if (_g_flow_lock_has_waiter (self->lock, &place->waiter))
        {
          g_assert_cmpuint (g_flow_lock_get_in_use (self->lock), <=, self->most);
        }
      break;

    case PLACE_HELD:
    default:
      others = end_to_hold (self);
      atomic_store (&place->state, PLACE_FREE);
    }
  _g_flow_lock_grant (others);
}

/* Gives back what it holds, and waits for what it waits for: others do so, too. */
static void
end_places (Storm *self,
            Place *places)
{
  const gint64 deadline = g_get_monotonic_time () + test_time_limit ();

  for (guint i = 0; i < N_PLACES;)
    {
      if (atomic_load (&places[i].state) == PLACE_HELD)
        {
          _g_flow_lock_grant (end_to_hold (self));
          atomic_store (&places[i].state, PLACE_FREE);
        }
      if (atomic_load (&places[i].state) == PLACE_FREE)
        {
          i++;
        }
      else
        {
          for (guint k = i + 1; k < N_PLACES; k++)
            if (atomic_load (&places[k].state) == PLACE_HELD)
              {
                _g_flow_lock_grant (end_to_hold (self));
                atomic_store (&places[k].state, PLACE_FREE);
              }
          g_thread_yield ();
          g_assert_cmpint (g_get_monotonic_time (), <, deadline);
        }
    }
}

typedef struct
{
  Storm *storm;
  guint  thread;
} Part;

static gpointer
storm_thread (gpointer data)
{
  Part *part = data;
  Storm *storm = part->storm;
  Place *places = g_new0 (Place, N_PLACES);
  g_autoptr (GRand) rand = g_rand_new_with_seed (storm->seeds[part->thread]);
  guint n_waited = 0;

  for (guint i = 0; i < N_PLACES; i++)
    {
      places[i].waiter.grant = granted;
      places[i].storm = storm;
      places[i].thread = part->thread;
    }
  for (guint i = 0; i < N_STEPS; i++)
    step (storm, &places[g_rand_int_range (rand, 0, N_PLACES)], &n_waited, rand);
  end_places (storm, places);
  atomic_fetch_sub (&storm->n_left, 1);
  g_free (places);

  return NULL;
}

/* @data: how many permits there are at most; and if there are several, they change. */
static void
test_storm (gconstpointer data)
{
  g_autoptr (GFlowLock) lock = g_flow_lock_new ();
  Storm storm = { .lock = lock, .most = GPOINTER_TO_UINT (data), .n_left = N_THREADS };
  Part parts[N_THREADS];
  GThread *threads[N_THREADS];

  g_flow_lock_set_permits (lock, storm.most);
  for (guint i = 0; i < N_THREADS; i++)
    storm.seeds[i] = g_test_rand_int ();
  for (guint i = 0; i < N_THREADS; i++)
    {
      parts[i] = (Part) { &storm, i };
      threads[i] = g_thread_new ("storm", storm_thread, &parts[i]);
    }
  while (atomic_load (&storm.n_left) > 0)
    {
      if (storm.most > 2)
        g_flow_lock_set_permits (lock, g_test_rand_int_range (1, (gint) storm.most + 1));
      else
        g_assert_cmpuint (g_flow_lock_get_waiting (lock), <=, N_THREADS * N_PLACES);
      g_thread_yield ();
    }
  for (guint i = 0; i < N_THREADS; i++)
    g_thread_join (threads[i]);

  g_assert_cmpint (atomic_load (&storm.n_held), ==, 0);
  g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 0);
  g_assert_cmpuint (g_flow_lock_get_waiting (lock), ==, 0);
  g_flow_lock_set_permits (lock, storm.most);
  for (guint i = 0; i < storm.most; i++)
    g_assert_true (g_flow_lock_try_acquire (lock));
  g_assert_false (g_flow_lock_try_acquire (lock));
  for (guint i = 0; i < storm.most; i++)
    g_flow_lock_release (lock);
  g_assert_finalize_object (g_steal_pointer (&lock));
}

/* Who arrives together */

static void
test_order (void)
{
  g_autoptr (GFlowLock) lock = g_flow_lock_new ();

  g_test_summary ("Any number arrive before anybody looks at them: the first comes first");
  for (guint n = 1; n < 20; n++)
    {
      Storm storm = { .lock = lock, .most = 1 };
      Place places[40] = { 0 };

      g_assert_true (g_flow_lock_try_acquire (lock));
      for (guint i = 0; i < 2 * n; i++)
        {
          places[i].waiter.grant = granted;
          places[i].storm = &storm;
          places[i].number = i;
          places[i].returns_it = TRUE;
          g_assert_false (_g_flow_lock_enter (lock, &places[i].waiter));
          /* Some are in the queue already. */
          if (i + 1 == n)
            g_assert_cmpuint (g_flow_lock_get_waiting (lock), ==, n);
        }
      g_flow_lock_release (lock);
      g_assert_cmpuint (atomic_load (&storm.told[0]), ==, 2 * n);
      g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 0);
    }
}

/* All permits that a lock can have */

static void
test_very_many (void)
{
  g_autoptr (GFlowLock) lock = g_flow_lock_new_with_permits (G_MAXUINT);

  g_assert_true (g_flow_lock_try_acquire (lock));
  g_assert_true (g_flow_lock_try_acquire (lock));
  g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 2);
  g_flow_lock_set_permits (lock, 1);
  g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 2);
  g_assert_false (g_flow_lock_try_acquire (lock));
  g_flow_lock_release (lock);
  g_assert_false (g_flow_lock_try_acquire (lock));
  g_flow_lock_set_permits (lock, G_MAXUINT);
  g_assert_true (g_flow_lock_try_acquire (lock));
  g_flow_lock_release (lock);
  g_flow_lock_release (lock);
  g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 0);
}

/* Runs that are cancelled, or all of their nodes, or paused, while these begin to wait */

typedef enum
{
  HALT_CANCEL,
  HALT_NODES,
  HALT_PAUSE,
} HaltKind;

#define N_NODES 100

typedef struct
{
  GFlowLock  *locks[2]; /* (owned) */
  HaltKind    kind;
  GFlowRun   *run;
  GFlowNode  *nodes[N_NODES];
  _Atomic int begun;
} Halt;

static gboolean
body_begins (GFlowNode  *node,
             GFlowRun   *run,
             gpointer    user_data,
             GError    **error)
{
  Halt *halt = user_data;

  atomic_store (&halt->begun, TRUE);

  return TRUE;
}

static gboolean
body_has_both (GFlowNode  *node,
               GFlowRun   *run,
               gpointer    user_data,
               GError    **error)
{
  return TRUE;
}

static gpointer
pass_first_on (gpointer data)
{
  Halt *halt = data;

  g_flow_lock_release (halt->locks[0]);

  return NULL;
}

static gpointer
cancel_nodes (gpointer data)
{
  Halt *halt = data;

  for (guint i = 0; i < N_NODES; i++)
    g_flow_run_cancel_node (halt->run, halt->nodes[i]);

  return NULL;
}

/* Two threads at once, of which one is not that of the owner context. */
static void
cancel_all_nodes (Halt *halt)
{
  GThread *thread = g_thread_new ("cancel", cancel_nodes, halt);

  cancel_nodes (halt);
  g_thread_join (thread);
}

/* The second lock is never free, so that a node that stays in its queue keeps the run from ending, or
 * is seen to wait while the run is paused. */
static void
test_halt (gconstpointer data)
{
  for (guint round = 0; round < 300; round++)
    {
      g_autoptr (GFlow) flow = g_flow_new ();
      g_autoptr (GFlowRun) run = g_flow_run_new (flow);
      Halt halt = { .kind = GPOINTER_TO_UINT (data), .run = run };
      GFlowNode *first = g_flow_add (flow, NULL, body_begins, &halt, NULL, NULL);
      const guint n_spins = g_test_rand_int_range (0, 20000);
      TestResult result;
      GThread *thread;

      for (guint i = 0; i < 2; i++)
        {
          halt.locks[i] = g_flow_lock_new_with_permits (i == 0 ? 1 : 2);
          g_assert_true (g_flow_lock_try_acquire (halt.locks[i]));
        }
      g_assert_true (g_flow_lock_try_acquire (halt.locks[1]));
      for (guint i = 0; i < N_NODES; i++)
        {
          GFlowNode *node = g_flow_add (flow, NULL, body_has_both, &halt, NULL, NULL);

          g_flow_node_add_lock (node, halt.locks[i % 3 == 0]);
          if (i % 2 == 0)
            g_flow_node_add_lock (node, halt.locks[i % 3 != 0]);
          g_flow_node_add_upstream (node, first);
          halt.nodes[i] = node;
        }

      test_result_init (&result);
      g_flow_run_execute (run, NULL, test_result_cb, &result);
      thread = g_thread_new ("release", pass_first_on, &halt);
      TEST_WAIT (atomic_load (&halt.begun));
      for (volatile guint i = 0; i < n_spins; i++)
        ;
      if (halt.kind == HALT_PAUSE)
        {
          g_flow_run_pause (run);
          TEST_WAIT (g_flow_lock_get_waiting (halt.locks[0]) == 0 &&
                     g_flow_lock_get_waiting (halt.locks[1]) == 0 &&
                     g_flow_lock_get_in_use (halt.locks[0]) == 0);
          g_flow_run_resume (run);
          g_main_context_iteration (NULL, FALSE);
        }
      if (halt.kind == HALT_NODES)
        cancel_all_nodes (&halt);
      else
        g_flow_run_cancel (run);
      TEST_WAIT (result.calls > 0);
      g_thread_join (thread);
      test_result_clear (&result);

      g_assert_cmpuint (g_flow_lock_get_in_use (halt.locks[0]), ==, 0);
      g_assert_cmpuint (g_flow_lock_get_in_use (halt.locks[1]), ==, 2);
      for (guint i = 0; i < 2; i++)
        {
          g_assert_cmpuint (g_flow_lock_get_waiting (halt.locks[i]), ==, 0);
          g_object_unref (halt.locks[i]);
        }
      g_assert_finalize_object (g_steal_pointer (&run));
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/lock-door/storm/one", GUINT_TO_POINTER (1), test_storm);
  g_test_add_data_func ("/lock-door/storm/two", GUINT_TO_POINTER (2), test_storm);
  g_test_add_data_func ("/lock-door/storm/changing", GUINT_TO_POINTER (5), test_storm);
  g_test_add_func ("/lock-door/order", test_order);
  g_test_add_func ("/lock-door/very-many", test_very_many);
  g_test_add_data_func ("/lock-door/halt/cancel", GUINT_TO_POINTER (HALT_CANCEL), test_halt);
  g_test_add_data_func ("/lock-door/halt/nodes", GUINT_TO_POINTER (HALT_NODES), test_halt);
  g_test_add_data_func ("/lock-door/halt/pause", GUINT_TO_POINTER (HALT_PAUSE), test_halt);

  return g_test_run ();
}
