/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Parking: no wake is lost, and what was done before it is seen after it. */

#include "plain-tap.h"

#include "run/gflow-parking-private.h"

#define LONG_MS 30000

static gint64
now_us (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);

  return (gint64) now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void
test_alone (void)
{
  GFlowParking parking;
  gint64 begin;

  g_flow_parking_init (&parking);

  /* Nobody wakes. */
  begin = now_us ();
  CHECK (!g_flow_parking_park (&parking, 20));
  CHECK (now_us () - begin >= 20 * 1000);
  CHECK (!g_flow_parking_park (&parking, 0));

  /* A wake that came first is kept, and several are one. */
  g_flow_parking_unpark (&parking);
  g_flow_parking_unpark (&parking);
  g_flow_parking_unpark (&parking);
  CHECK (g_flow_parking_park (&parking, LONG_MS));
  CHECK (!g_flow_parking_park (&parking, 1));

  g_flow_parking_clear (&parking);
}

typedef struct
{
  GFlowParking parkings[2];
  guint        rounds;
  guint        ball; /* plain: whoever was woken has it */
} Game;

static void
play (Game  *self,
      guint  who)
{
  for (guint i = 0; i < self->rounds; i++)
    {
      CHECK (g_flow_parking_park (&self->parkings[who], LONG_MS));
      CHECK (self->ball == 2 * i + who);
      self->ball++;
      g_flow_parking_unpark (&self->parkings[1 - who]);
    }
}

static void *
player (void *data)
{
  play (data, 1);

  return NULL;
}

static void
test_ping_pong (void)
{
  Game game = { .rounds = tap_rounds (50000) };
  pthread_t thread;

  g_flow_parking_init (&game.parkings[0]);
  g_flow_parking_init (&game.parkings[1]);
  tap_spawn (&thread, player, &game);
  g_flow_parking_unpark (&game.parkings[0]);
  play (&game, 0);
  tap_join (thread);
  CHECK (game.ball == 2 * game.rounds);
  g_flow_parking_clear (&game.parkings[0]);
  g_flow_parking_clear (&game.parkings[1]);
}

#define N_PRODUCERS 4

typedef struct
{
  GFlowParking   parking;
  guint          rounds;
  _Atomic guint  n_given;
  _Atomic guint  n_idle; /* says that the consumer is about to park */
  guint          n_parked;
} Shop;

static void *
producer (void *data)
{
  Shop *self = data;

  for (guint i = 0; i < self->rounds; i++)
    {
      atomic_fetch_add_explicit (&self->n_given, 1, memory_order_seq_cst);
      /* Only one that is idle is woken, as the scheduler does it. */
      if (atomic_load_explicit (&self->n_idle, memory_order_seq_cst) != 0)
        g_flow_parking_unpark (&self->parking);
      if (i % 64 == 0)
        sched_yield ();
    }

  return NULL;
}

static void
test_many (void)
{
  Shop shop = { .rounds = tap_rounds (50000) };
  pthread_t threads[N_PRODUCERS];
  guint n_taken = 0;

  g_flow_parking_init (&shop.parking);
  for (guint i = 0; i < N_PRODUCERS; i++)
    tap_spawn (&threads[i], producer, &shop);
  while (n_taken < N_PRODUCERS * shop.rounds)
    {
      guint n_given = atomic_load_explicit (&shop.n_given, memory_order_seq_cst);

      if (n_given > n_taken)
        {
          n_taken = n_given;
          continue;
        }
      /* Announce, look again, sleep. */
      atomic_store_explicit (&shop.n_idle, 1, memory_order_seq_cst);
      if (atomic_load_explicit (&shop.n_given, memory_order_seq_cst) == n_taken)
        {
          CHECK (g_flow_parking_park (&shop.parking, LONG_MS));
          shop.n_parked++;
        }
      atomic_store_explicit (&shop.n_idle, 0, memory_order_seq_cst);
    }
  for (guint i = 0; i < N_PRODUCERS; i++)
    tap_join (threads[i]);
  printf ("# parked %u times\n", shop.n_parked);
  g_flow_parking_clear (&shop.parking);
}

typedef struct
{
  _Atomic (GFlowParking *) next;
  _Atomic gboolean         over;
} Hand;

static void *
waker (void *data)
{
  Hand *self = data;

  while (!atomic_load (&self->over))
    {
      GFlowParking *parking = atomic_exchange (&self->next, NULL);

      if (parking != NULL)
        g_flow_parking_unpark (parking);
      else
        sched_yield ();
    }

  return NULL;
}

static void
test_clear_at_once (void)
{
  Hand hand = { 0 };
  pthread_t thread;

  /* The sleeper frees the place while the waker may be about to leave it. */
  tap_spawn (&thread, waker, &hand);
  for (guint i = 0; i < tap_rounds (50000); i++)
    {
      GFlowParking *parking = malloc (sizeof *parking);

      g_flow_parking_init (parking);
      atomic_store (&hand.next, parking);
      while (!g_flow_parking_park (parking, i % 2 == 0 ? LONG_MS : 0))
        sched_yield ();
      g_flow_parking_clear (parking);
      memset (parking, 0x55, sizeof *parking);
      free (parking);
    }
  atomic_store (&hand.over, TRUE);
  tap_join (thread);
}

int
main (int    argc,
      char **argv)
{
  tap_begin (4);

  test_alone ();
  tap_ok ("parking/alone");
  test_ping_pong ();
  tap_ok ("parking/ping-pong");
  test_many ();
  tap_ok ("parking/many");
  test_clear_at_once ();
  tap_ok ("parking/clear-at-once");

  return 0;
}
