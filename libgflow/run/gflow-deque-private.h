/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdatomic.h>

G_BEGIN_DECLS

/* How many a thief takes at once, at the most */
#define G_FLOW_DEQUE_LOOT 32

/* A work-stealing deque of node indices (Chase and Lev 2005; memory orders
 * after Lê, Pop, Cohen and Zappa Nardelli 2013, with sequentially consistent
 * accesses in place of their fences, which ThreadSanitizer cannot see), from
 * which a thief may take several at once.
 *
 * The owner pushes and pops at the bottom, thieves steal at the top. An index
 * of a slot is not used again while top has the same generation: so a thief whose
 * exchange of top succeeds has read slots that nobody has touched. A node enters
 * a deque once in a generation, so that as many slots as there are nodes are enough.
 *
 * Who gets a slot: the owner takes the slot at bottom - 1 by lowering bottom
 * first and then looking at top; a thief looks at top first, then at bottom,
 * and takes slots by raising top. As the four accesses are sequentially
 * consistent, either the thief sees the lowered bottom, or the owner sees the
 * raised top; if only one slot is left, both raise top, and one of them fails.
 *
 * A thief that is slow may have seen a bottom that is long out of date. If it takes
 * one slot this does no harm: the owner has come as far down as top only by raising
 * it. If it takes several, the owner may have taken some of them without a look. So
 * a thief takes up to LOOT slots, and more than one only if it sees twice as many;
 * and the owner, before it takes one of the LOOT slots above top, starts a new
 * generation, which makes all such thieves fail. It needs to do so only once after
 * it has taken a slot that is further up: for a thief to see 2 × LOOT slots and the
 * owner then to take one of the lowest LOOT, with the same top, it has to take the
 * slots between them. */
typedef struct
{
  _Alignas (64) _Atomic guint64 top;    /* generation << 32 | slot; see _g_flow_deque_slot() */
  _Alignas (64) _Atomic guint32 bottom; /* written by the owner */
  gboolean                      wide;   /* the owner's: there may be thieves of several */
  _Atomic guint32              *slots;  /* as many as there are nodes */
} GFlowDeque;

static inline guint32
_g_flow_deque_slot (guint64 top)
{
  return (guint32) top;
}

static inline guint64
_g_flow_deque_next_generation (guint64 top,
                               guint32 slot)
{
  return ((top >> 32) + 1) << 32 | slot;
}

static inline void
g_flow_deque_init (GFlowDeque      *deque,
                   _Atomic guint32 *slots)
{
  atomic_init (&deque->top, 0);
  atomic_init (&deque->bottom, 0);
  deque->wide = FALSE;
  deque->slots = slots;
}

/* Owner only. */
static inline void
g_flow_deque_push (GFlowDeque *deque,
                   guint32     value)
{
  const guint32 bottom = atomic_load_explicit (&deque->bottom, memory_order_relaxed);

  atomic_store_explicit (&deque->slots[bottom], value, memory_order_relaxed);
  /* Release: pairs with the load of bottom in g_flow_deque_steal(), for the slot. */
  atomic_store_explicit (&deque->bottom, bottom + 1, memory_order_release);
}

/* Owner only. After this, a thread that has announced that it leaves, and then
 * looks at the deque, sees what was pushed; or the owner sees the announcement. */
static inline void
g_flow_deque_publish (GFlowDeque *deque)
{
  const guint32 bottom = atomic_load_explicit (&deque->bottom, memory_order_relaxed);

  atomic_store_explicit (&deque->bottom, bottom, memory_order_seq_cst);
}

/* Owner only. What it would pop now, if no thief is faster. */
static inline gboolean
g_flow_deque_peek (GFlowDeque *deque,
                   guint32    *value)
{
  const guint32 bottom = atomic_load_explicit (&deque->bottom, memory_order_relaxed);

  if (_g_flow_deque_slot (atomic_load_explicit (&deque->top, memory_order_relaxed)) >= bottom)
    return FALSE;

  *value = atomic_load_explicit (&deque->slots[bottom - 1], memory_order_relaxed);
  return TRUE;
}

/* Owner only. Nobody who has looked at top before can take anything any more.
 * Returns the new top. */
static inline guint64
_g_flow_deque_expel (GFlowDeque *deque,
                     guint64     top)
{
  /* Sequentially consistent: a thief that sees it sees bottom as it is now. */
  while (!atomic_compare_exchange_weak_explicit (
           &deque->top, &top, _g_flow_deque_next_generation (top, _g_flow_deque_slot (top)),
           memory_order_seq_cst, memory_order_seq_cst))
    ;
  deque->wide = FALSE;
  return _g_flow_deque_next_generation (top, _g_flow_deque_slot (top));
}

/* Owner only. */
static inline gboolean
g_flow_deque_pop (GFlowDeque *deque,
                  guint32    *value)
{
  guint32 bottom = atomic_load_explicit (&deque->bottom, memory_order_relaxed);
  guint64 top = atomic_load_explicit (&deque->top, memory_order_relaxed);

  /* Top only grows, but by the owner: what looks empty now is empty. */
  if (_g_flow_deque_slot (top) >= bottom)
    return FALSE;

  bottom--;
  atomic_store_explicit (&deque->bottom, bottom, memory_order_seq_cst);
  top = atomic_load_explicit (&deque->top, memory_order_seq_cst);
  if (_g_flow_deque_slot (top) + G_FLOW_DEQUE_LOOT <= bottom)
    {
      deque->wide = TRUE;
      *value = atomic_load_explicit (&deque->slots[bottom], memory_order_relaxed);
      return TRUE;
    }
  if (deque->wide)
    top = _g_flow_deque_expel (deque, top);
  if (_g_flow_deque_slot (top) < bottom)
    {
      *value = atomic_load_explicit (&deque->slots[bottom], memory_order_relaxed);
      return TRUE;
    }

  gboolean taken = FALSE;

  if (_g_flow_deque_slot (top) == bottom)
    {
      *value = atomic_load_explicit (&deque->slots[bottom], memory_order_relaxed);
      taken = atomic_compare_exchange_strong_explicit (&deque->top, &top, top + 1,
                                                       memory_order_seq_cst,
                                                       memory_order_relaxed);
    }
  /* Release: the slot that is written next must not be seen before its index. */
  atomic_store_explicit (&deque->bottom, bottom + 1, memory_order_release);
  return taken;
}

/* Owner only, and only while there are no thieves. */
static inline gboolean
g_flow_deque_pop_alone (GFlowDeque *deque,
                        guint32    *value)
{
  if (!g_flow_deque_peek (deque, value))
    return FALSE;

  const guint32 bottom = atomic_load_explicit (&deque->bottom, memory_order_relaxed);

  atomic_store_explicit (&deque->bottom, bottom - 1, memory_order_relaxed);
  return TRUE;
}

/* Anybody. What a thief sees when it looks, and may then take: the two steps of
 * g_flow_deque_steal(), apart, so that a test can do something between them. */
static inline guint
g_flow_deque_look (GFlowDeque *deque,
                   guint64    *top)
{
  *top = atomic_load_explicit (&deque->top, memory_order_seq_cst);

  const guint32 slot = _g_flow_deque_slot (*top);
  /* Sequentially consistent, and so acquire: pairs with the stores of bottom. */
  const guint32 bottom = atomic_load_explicit (&deque->bottom, memory_order_seq_cst);

  if (slot >= bottom)
    return 0;
  return bottom - slot >= 2 * G_FLOW_DEQUE_LOOT ? G_FLOW_DEQUE_LOOT : 1;
}

/* The @n values from @top on, if it still is the top. */
static inline gboolean
g_flow_deque_take (GFlowDeque *deque,
                   guint64     top,
                   guint       n,
                   guint32    *values)
{
  const guint32 slot = _g_flow_deque_slot (top);

  for (guint i = 0; i < n; i++)
    values[i] = atomic_load_explicit (&deque->slots[slot + i], memory_order_relaxed);
  return atomic_compare_exchange_strong_explicit (&deque->top, &top, top + n,
                                                  memory_order_seq_cst, memory_order_relaxed);
}

/* Anybody. Takes up to LOOT from the top, the first one first. Returns how many: none
 * also if another thief was faster. */
static inline guint
g_flow_deque_steal (GFlowDeque *deque,
                    guint32    *values)
{
  guint64 top;
  const guint n = g_flow_deque_look (deque, &top);

  return n > 0 && g_flow_deque_take (deque, top, n, values) ? n : 0;
}

/* Owner only, while the deque is empty. Takes over what was stolen elsewhere, so that
 * it is popped first one first. */
static inline void
g_flow_deque_refill (GFlowDeque    *deque,
                     const guint32 *values,
                     guint          n)
{
  const guint64 top = atomic_load_explicit (&deque->top, memory_order_relaxed);

  /* From the first slot on, because these may have been here before. Bottom comes
   * first: a thief must not see the new top with the old bottom. Of those that see
   * the old top none takes anything, because there was nothing to take. */
  atomic_store_explicit (&deque->bottom, 0, memory_order_seq_cst);
  atomic_store_explicit (&deque->top, _g_flow_deque_next_generation (top, 0),
                         memory_order_seq_cst);
  deque->wide = FALSE;
  while (n-- > 0)
    g_flow_deque_push (deque, values[n]);
  g_flow_deque_publish (deque);
}

/* Anybody. */
static inline gboolean
g_flow_deque_is_empty (GFlowDeque *deque)
{
  const guint64 top = atomic_load_explicit (&deque->top, memory_order_seq_cst);

  return _g_flow_deque_slot (top) >= atomic_load_explicit (&deque->bottom, memory_order_seq_cst);
}

G_END_DECLS
