/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The work-stealing deque, the inbox and the queue, alone and under many threads: every
 * value is taken exactly once, and what was written before it was given is seen
 * by the one who takes it. */

#include "plain-tap.h"

#include "run/gflow-deque-private.h"
#include "run/gflow-inbox-private.h"
#include "run/gflow-queue-private.h"

#define N_THIEVES 3

typedef struct
{
  GFlowDeque        deque;
  _Atomic guint32  *slots;
  guint             n;
  guint            *payload; /* plain: written before the push, read after the take */
  _Atomic guint32  *taken;
  _Atomic gboolean  over;
  _Atomic guint     n_taken;
  _Atomic guint     n_ready;
  guint64           seed;
} Arena;

static void
arena_init (Arena   *self,
            guint    n,
            guint64  seed)
{
  memset (self, 0, sizeof *self);
  self->n = n;
  self->seed = seed;
  self->slots = calloc (n, sizeof *self->slots);
  self->payload = calloc (n, sizeof *self->payload);
  self->taken = calloc (n, sizeof *self->taken);
  g_flow_deque_init (&self->deque, self->slots);
}

static void
arena_clear (Arena *self)
{
  free (self->slots);
  free (self->payload);
  free (self->taken);
}

static void
arena_take (Arena   *self,
            guint32  value)
{
  CHECK (value < self->n);
  CHECK (self->payload[value] == value * 3 + 1);
  CHECK (atomic_fetch_add_explicit (&self->taken[value], 1, memory_order_relaxed) == 0);
  atomic_fetch_add_explicit (&self->n_taken, 1, memory_order_relaxed);
}

static void
arena_give (Arena   *self,
            guint32  value)
{
  self->payload[value] = value * 3 + 1;
  g_flow_deque_push (&self->deque, value);
}

static void
test_alone (guint64 seed)
{
  guint64 state = seed;

  /* Against an array: last in first out below, first in first out above. */
  for (guint round = 0; round < tap_rounds (200); round++)
    {
      guint n = 1 + tap_random (&state) % 300;
      guint32 *model = calloc (n, sizeof *model);
      guint low = 0;
      guint high = 0;
      guint given = 0;
      guint32 value;
      Arena arena;

      arena_init (&arena, n, seed);
      CHECK (g_flow_deque_is_empty (&arena.deque));
      while (given < n || low < high)
        {
          guint dice = tap_random (&state) % 4;

          CHECK (g_flow_deque_is_empty (&arena.deque) == (low == high));
          if (dice < 2 && given < n)
            {
              g_flow_deque_push (&arena.deque, given);
              model[high++] = given++;
            }
          else if (dice == 2)
            {
              gboolean got = (round % 2 == 0) ? g_flow_deque_pop (&arena.deque, &value)
                                              : g_flow_deque_pop_alone (&arena.deque, &value);

              CHECK (got == (low < high));
              if (got)
                CHECK (value == model[--high]);
            }
          else if (round % 2 == 0)
            {
              guint32 loot[G_FLOW_DEQUE_LOOT];
              guint got = g_flow_deque_steal (&arena.deque, loot);

              CHECK (got == (high - low >= 2 * G_FLOW_DEQUE_LOOT ? G_FLOW_DEQUE_LOOT
                                                                 : low < high));
              for (guint i = 0; i < got; i++)
                CHECK (loot[i] == model[low++]);
            }
        }
      CHECK (!g_flow_deque_pop (&arena.deque, &value));
      CHECK (g_flow_deque_steal (&arena.deque, &value) == 0);
      arena_clear (&arena);
      free (model);
    }
}

static gboolean
arena_steal (Arena *self)
{
  guint32 loot[G_FLOW_DEQUE_LOOT];
  guint n = g_flow_deque_steal (&self->deque, loot);

  for (guint i = 0; i < n; i++)
    arena_take (self, loot[i]);
  return n > 0;
}

static void *
thief (void *data)
{
  Arena *self = data;

  atomic_fetch_add (&self->n_ready, 1);
  while (!atomic_load_explicit (&self->over, memory_order_acquire))
    {
      if (!arena_steal (self))
        sched_yield ();
    }
  /* What was left when the owner said that it is over. */
  while (!g_flow_deque_is_empty (&self->deque))
    arena_steal (self);

  return NULL;
}

static void
call_thieves (Arena     *self,
              pthread_t *threads)
{
  for (guint i = 0; i < N_THIEVES; i++)
    tap_spawn (&threads[i], thief, self);
  while (atomic_load (&self->n_ready) < N_THIEVES)
    sched_yield ();
}

/* After this, every value has been taken by somebody. */
static void
dismiss_thieves (Arena     *self,
                 pthread_t *threads)
{
  atomic_store_explicit (&self->over, TRUE, memory_order_release);
  for (guint i = 0; i < N_THIEVES; i++)
    tap_join (threads[i]);
  CHECK (atomic_load (&self->n_taken) == self->n);
}

static void
test_thieves (guint64 seed)
{
  guint64 state = seed;

  for (guint round = 0; round < tap_rounds (250); round++)
    {
      pthread_t threads[N_THIEVES];
      Arena arena;
      guint32 value;

      arena_init (&arena, 20000, seed);
      call_thieves (&arena, threads);

      for (guint given = 0; given < arena.n;)
        {
          guint n_push = 1 + tap_random (&state) % 40;
          guint n_pop = tap_random (&state) % 40;

          for (; n_push > 0 && given < arena.n; n_push--)
            arena_give (&arena, given++);
          for (; n_pop > 0 && g_flow_deque_pop (&arena.deque, &value); n_pop--)
            arena_take (&arena, value);
        }
      if (round % 2 == 0)
        {
          while (g_flow_deque_pop (&arena.deque, &value))
            arena_take (&arena, value);
        }
      dismiss_thieves (&arena, threads);
      for (guint i = 0; i < arena.n; i++)
        CHECK (atomic_load (&arena.taken[i]) == 1);
      arena_clear (&arena);
    }
}

/* A thief that is as slow as can be: between its look and its grasp the owner goes down,
 * and perhaps up again, and another thief may come. All cases near the limits. */
static void
test_slow_thief (void)
{
  const guint most = 2 * G_FLOW_DEQUE_LOOT + 3;

  for (guint n = 1; n <= most; n++)
    for (guint n_pop = 0; n_pop <= n; n_pop++)
      for (guint extra = 0; extra < 4; extra++)
        {
          Arena arena;
          guint32 loot[G_FLOW_DEQUE_LOOT], value;
          guint64 top;

          arena_init (&arena, n + most, 0);
          for (guint i = 0; i < n; i++)
            arena_give (&arena, i);
          const guint seen = g_flow_deque_look (&arena.deque, &top);

          for (guint i = 0; i < n_pop; i++)
            {
              CHECK (g_flow_deque_pop (&arena.deque, &value));
              arena_take (&arena, value);
            }
          if ((extra & 1) != 0)
            for (guint i = n; i < arena.n; i++)
              arena_give (&arena, i);
          if ((extra & 2) != 0)
            arena_steal (&arena);

          if (g_flow_deque_take (&arena.deque, top, seen, loot))
            for (guint i = 0; i < seen; i++)
              arena_take (&arena, loot[i]);
          while (g_flow_deque_pop (&arena.deque, &value))
            arena_take (&arena, value);
          CHECK (atomic_load (&arena.n_taken) == ((extra & 1) != 0 ? arena.n : n));
          arena_clear (&arena);
        }
}

/* The owner goes up and down where thieves of several and thieves of one meet, and
 * where what a slow thief has seen is most likely out of date. */
static void
test_brink (guint64 seed)
{
  guint64 state = seed;

  for (guint round = 0; round < tap_rounds (60); round++)
    {
      pthread_t threads[N_THIEVES];
      Arena arena;
      guint32 value;

      arena_init (&arena, 100000, seed);
      call_thieves (&arena, threads);

      for (guint given = 0; given < arena.n;)
        {
          for (guint i = 0; i < 2 * G_FLOW_DEQUE_LOOT + 4 && given < arena.n; i++)
            arena_give (&arena, given++);
          for (guint n = tap_random (&state) % (2 * G_FLOW_DEQUE_LOOT + 8);
               n > 0 && g_flow_deque_pop (&arena.deque, &value); n--)
            arena_take (&arena, value);
        }
      while (g_flow_deque_pop (&arena.deque, &value))
        arena_take (&arena, value);
      dismiss_thieves (&arena, threads);
      arena_clear (&arena);
    }
}

/* As workers use it: each has a deque, and what it steals goes there. */

typedef struct
{
  Arena            arena; /* of which only the records are used */
  GFlowDeque       deques[N_THIEVES];
  _Atomic guint32 *slots[N_THIEVES];
  _Atomic guint    next_worker;
} Crew;

static gboolean
crew_steal (Crew    *self,
            guint    own,
            guint32 *value)
{
  guint32 loot[G_FLOW_DEQUE_LOOT];

  for (guint i = 1; i < N_THIEVES; i++)
    {
      guint n = g_flow_deque_steal (&self->deques[(own + i) % N_THIEVES], loot);

      if (n == 0)
        continue;
      *value = loot[0];
      if (n > 1)
        g_flow_deque_refill (&self->deques[own], loot + 1, n - 1);
      return TRUE;
    }
  return FALSE;
}

static void *
crew_worker (void *data)
{
  Crew *self = data;
  guint own = atomic_fetch_add (&self->next_worker, 1);
  guint64 state = self->arena.seed + own;
  guint32 value;

  while (atomic_load (&self->arena.n_taken) < self->arena.n)
    {
      if (g_flow_deque_pop (&self->deques[own], &value) || crew_steal (self, own, &value))
        arena_take (&self->arena, value);
      else if (tap_random (&state) % 8 == 0)
        sched_yield ();
    }
  return NULL;
}

static void
test_crew (guint64 seed)
{
  for (guint round = 0; round < tap_rounds (120); round++)
    {
      pthread_t threads[N_THIEVES];
      Crew *crew = aligned_alloc (64, sizeof *crew);
      /* No more slots than values: what comes back must not need new ones. */
      const guint n = 1 + (guint) ((seed + round * 977) % 20000);

      memset (crew, 0, sizeof *crew);
      arena_init (&crew->arena, n, seed);
      for (guint i = 0; i < N_THIEVES; i++)
        {
          crew->slots[i] = calloc (n, sizeof *crew->slots[i]);
          g_flow_deque_init (&crew->deques[i], crew->slots[i]);
        }
      for (guint i = 0; i < n; i++)
        {
          crew->arena.payload[i] = i * 3 + 1;
          g_flow_deque_push (&crew->deques[0], i);
        }
      for (guint i = 0; i < N_THIEVES; i++)
        tap_spawn (&threads[i], crew_worker, crew);
      for (guint i = 0; i < N_THIEVES; i++)
        tap_join (threads[i]);

      CHECK (atomic_load (&crew->arena.n_taken) == n);
      for (guint i = 0; i < N_THIEVES; i++)
        free (crew->slots[i]);
      arena_clear (&crew->arena);
      free (crew);
    }
}

static void
test_last_one (guint64 seed)
{
  /* One at a time: the owner and the thieves fight for it. */
  pthread_t threads[N_THIEVES];
  Arena arena;
  guint32 value;
  guint n_popped = 0;

  arena_init (&arena, tap_rounds (400000), seed);
  for (guint i = 0; i < N_THIEVES; i++)
    tap_spawn (&threads[i], thief, &arena);
  while (atomic_load (&arena.n_ready) < N_THIEVES)
    sched_yield ();
  for (guint i = 0; i < arena.n; i++)
    {
      arena_give (&arena, i);
      if (i % 8 == 0)
        sched_yield ();
      if (g_flow_deque_pop (&arena.deque, &value))
        {
          CHECK (value == i);
          arena_take (&arena, value);
          n_popped++;
        }
      CHECK (!g_flow_deque_pop (&arena.deque, &value));
    }
  atomic_store_explicit (&arena.over, TRUE, memory_order_release);
  for (guint i = 0; i < N_THIEVES; i++)
    tap_join (threads[i]);
  CHECK (atomic_load (&arena.n_taken) == arena.n);
  printf ("# popped %u of %u\n", n_popped, arena.n);
  arena_clear (&arena);
}

static void *
thief_in_order (void *data)
{
  Arena *self = data;
  guint32 loot[G_FLOW_DEQUE_LOOT];
  guint32 least = 0;

  atomic_fetch_add (&self->n_ready, 1);
  while (atomic_load (&self->n_taken) < self->n)
    {
      guint n = g_flow_deque_steal (&self->deque, loot);

      if (n == 0)
        sched_yield ();
      for (guint i = 0; i < n; i++)
        {
          CHECK (loot[i] >= least);
          least = loot[i] + 1;
          arena_take (self, loot[i]);
        }
    }

  return NULL;
}

static void
test_in_order (guint64 seed)
{
  pthread_t threads[N_THIEVES];
  Arena arena;

  arena_init (&arena, tap_rounds (200000), seed);
  for (guint i = 0; i < N_THIEVES; i++)
    tap_spawn (&threads[i], thief_in_order, &arena);
  for (guint i = 0; i < arena.n; i++)
    arena_give (&arena, i);
  for (guint i = 0; i < N_THIEVES; i++)
    tap_join (threads[i]);
  CHECK (atomic_load (&arena.n_taken) == arena.n);
  arena_clear (&arena);
}

/* Two threads that look at each other's word after having said their own. */
typedef struct
{
  GFlowDeque      *deques;
  guint            n;
  _Atomic guint   *left;    /* said by the thief, before it looks at the deque */
  gboolean        *saw_it;  /* by the owner */
  gboolean        *found;   /* by the thief */
  _Atomic guint    round[2];
} Look;

static void
meet (Look *self,
      guint who,
      guint round)
{
  atomic_store_explicit (&self->round[who], round + 1, memory_order_release);
  for (guint spins = 0; atomic_load_explicit (&self->round[1 - who], memory_order_acquire) <= round;
       spins++)
    {
      if (spins > 200)
        sched_yield ();
    }
}

static void *
leaver (void *data)
{
  Look *self = data;

  for (guint i = 0; i < self->n; i++)
    {
      meet (self, 1, i);
      atomic_store_explicit (&self->left[i], 1, memory_order_seq_cst);
      self->found[i] = !g_flow_deque_is_empty (&self->deques[i]);
    }

  return NULL;
}

static void
test_publish (void)
{
  Look look = { .n = tap_rounds (60000) };
  pthread_t thread;
  _Atomic guint32 *slots = calloc (look.n, sizeof *slots);

  look.deques = aligned_alloc (64, look.n * sizeof *look.deques);
  look.left = calloc (look.n, sizeof *look.left);
  look.saw_it = calloc (look.n, sizeof *look.saw_it);
  look.found = calloc (look.n, sizeof *look.found);
  for (guint i = 0; i < look.n; i++)
    g_flow_deque_init (&look.deques[i], &slots[i]);

  tap_spawn (&thread, leaver, &look);
  for (guint i = 0; i < look.n; i++)
    {
      meet (&look, 0, i);
      g_flow_deque_push (&look.deques[i], i);
      g_flow_deque_publish (&look.deques[i]);
      look.saw_it[i] = atomic_load_explicit (&look.left[i], memory_order_seq_cst) != 0;
    }
  tap_join (thread);
  for (guint i = 0; i < look.n; i++)
    CHECK (look.saw_it[i] || look.found[i]);

  free (look.deques);
  free (look.left);
  free (look.saw_it);
  free (look.found);
  free (slots);
}

/* The inbox: many producers, many consumers */

#define N_PRODUCERS 3
#define N_CONSUMERS 3

typedef struct
{
  GFlowInbox       inbox;
  guint            n;
  guint           *payload;
  _Atomic guint32 *taken;
  _Atomic guint    n_taken;
  _Atomic guint    next_producer;
} Mail;

static void *
producer (void *data)
{
  Mail *self = data;
  guint own = atomic_fetch_add (&self->next_producer, 1);

  for (guint i = own; i < self->n; i += N_PRODUCERS)
    {
      self->payload[i] = i * 5 + 2;
      g_flow_inbox_push (&self->inbox, i);
      if (i % 512 == 0)
        sched_yield ();
    }

  return NULL;
}

static void *
consumer (void *data)
{
  Mail *self = data;
  guint32 least[N_PRODUCERS] = { 0 };
  guint32 value;

  while (atomic_load (&self->n_taken) < self->n)
    {
      if (!g_flow_inbox_pop (&self->inbox, &value))
        {
          sched_yield ();
          continue;
        }
      CHECK (value < self->n);
      CHECK (self->payload[value] == value * 5 + 2);
      CHECK (value >= least[value % N_PRODUCERS]);
      least[value % N_PRODUCERS] = value + 1;
      CHECK (atomic_fetch_add (&self->taken[value], 1) == 0);
      atomic_fetch_add (&self->n_taken, 1);
    }

  return NULL;
}

static void
test_inbox (guint n_consumers)
{
  for (guint round = 0; round < tap_rounds (60); round++)
    {
      pthread_t producers[N_PRODUCERS];
      pthread_t consumers[N_CONSUMERS];
      Mail mail = { .n = 20000 };
      guint32 value;

      mail.payload = calloc (mail.n, sizeof *mail.payload);
      mail.taken = calloc (mail.n, sizeof *mail.taken);
      g_flow_inbox_init (&mail.inbox, calloc (1, g_flow_inbox_size (mail.n)));
      CHECK (g_flow_inbox_is_empty (&mail.inbox));
      for (guint i = 0; i < n_consumers; i++)
        tap_spawn (&consumers[i], consumer, &mail);
      for (guint i = 0; i < N_PRODUCERS; i++)
        tap_spawn (&producers[i], producer, &mail);
      for (guint i = 0; i < N_PRODUCERS; i++)
        tap_join (producers[i]);
      for (guint i = 0; i < n_consumers; i++)
        tap_join (consumers[i]);
      CHECK (g_flow_inbox_is_empty (&mail.inbox));
      CHECK (!g_flow_inbox_pop (&mail.inbox, &value));
      CHECK (atomic_load (&mail.n_taken) == mail.n);
      free (g_flow_inbox_mail (&mail.inbox));
      free (mail.payload);
      free (mail.taken);
    }
}

static void
test_inbox_unused (void)
{
  GFlowInbox inbox;
  guint32 value;

  g_flow_inbox_init (&inbox, NULL);
  CHECK (g_flow_inbox_is_empty (&inbox));
  CHECK (!g_flow_inbox_pop (&inbox, &value));
}

/* The queue, against a model: what came first, and how many there are. */
static void
test_queue (guint64 seed)
{
  guint64 state = seed;

  for (guint round = 0; round < tap_rounds (2000); round++)
    {
      const guint n = 1 + tap_random (&state) % 300;
      guint32 *slots = calloc (n, sizeof *slots);
      guint32 pushed = 0, popped = 0, value;
      GFlowQueue queue;

      g_flow_queue_init (&queue, slots);
      while (popped < n)
        {
          guint32 distance = tap_random (&state) % n;

          if (pushed < n && tap_random (&state) % 2 == 0)
            g_flow_queue_push (&queue, pushed++ * 3);
          CHECK (g_flow_queue_is_empty (&queue) == (pushed == popped));
          CHECK (g_flow_queue_peek (&queue, distance, &value) == (distance < pushed - popped));
          if (distance < pushed - popped)
            CHECK (value == (popped + distance) * 3);
          if (tap_random (&state) % 2 == 0)
            {
              CHECK (g_flow_queue_pop (&queue, &value) == (popped < pushed));
              if (popped < pushed)
                CHECK (value == popped++ * 3);
            }
        }
      free (slots);
    }
}

int
main (int    argc,
      char **argv)
{
  guint64 seed;

  tap_begin (12);
  seed = tap_seed ();

  test_alone (seed);
  tap_ok ("deque/alone");
  test_thieves (seed);
  tap_ok ("deque/thieves");
  test_slow_thief ();
  tap_ok ("deque/slow-thief");
  test_brink (seed);
  tap_ok ("deque/brink");
  test_crew (seed);
  tap_ok ("deque/crew");
  test_last_one (seed);
  tap_ok ("deque/last-one");
  test_in_order (seed);
  tap_ok ("deque/in-order");
  test_publish ();
  tap_ok ("deque/publish");
  test_inbox (1);
  tap_ok ("inbox/one-consumer");
  test_inbox (N_CONSUMERS);
  tap_ok ("inbox/many-consumers");
  test_inbox_unused ();
  tap_ok ("inbox/unused");
  test_queue (seed);
  tap_ok ("queue");

  return 0;
}
