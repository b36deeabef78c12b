/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdatomic.h>

G_BEGIN_DECLS

/* A work-stealing deque of node indices (Chase and Lev 2005; memory orders
 * after Lê, Pop, Cohen and Zappa Nardelli 2013, with sequentially consistent
 * accesses in place of their fences, which ThreadSanitizer cannot see).
 *
 * The owner pushes and pops at the bottom, thieves steal at the top. A node is
 * pushed at most once in a run, so a deque with as many slots as the run has
 * nodes never wraps and never grows: an index is not used again once it is
 * below the top, which rules out ABA.
 *
 * Who gets a slot: the owner takes the slot at bottom - 1 by lowering bottom
 * first and then looking at top; a thief looks at top first, then at bottom,
 * and takes the slot by raising top. As the four accesses are sequentially
 * consistent, either the thief sees the lowered bottom, or the owner sees the
 * raised top; if only one slot is left, both raise top, and one of them fails. */
typedef struct
{
  _Alignas (64) _Atomic guint32 top;    /* raised by whoever takes the topmost slot */
  _Alignas (64) _Atomic guint32 bottom; /* written by the owner */
  _Atomic guint32 *slots;               /* as many as will be pushed */
} GFlowDeque;

static inline void
g_flow_deque_init (GFlowDeque      *deque,
                   _Atomic guint32 *slots)
{
  atomic_init (&deque->top, 0);
  atomic_init (&deque->bottom, 0);
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

/* Owner only. */
static inline gboolean
g_flow_deque_pop (GFlowDeque *deque,
                  guint32    *value)
{
  guint32 bottom = atomic_load_explicit (&deque->bottom, memory_order_relaxed);
  guint32 top = atomic_load_explicit (&deque->top, memory_order_relaxed);

  /* Top only grows: what looks empty now is empty. */
  if (top >= bottom)
    return FALSE;

  bottom--;
  atomic_store_explicit (&deque->bottom, bottom, memory_order_seq_cst);
  top = atomic_load_explicit (&deque->top, memory_order_seq_cst);
  if (top < bottom)
    {
      *value = atomic_load_explicit (&deque->slots[bottom], memory_order_relaxed);
      return TRUE;
    }

  gboolean taken = FALSE;

  if (top == bottom)
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
  const guint32 bottom = atomic_load_explicit (&deque->bottom, memory_order_relaxed);

  if (atomic_load_explicit (&deque->top, memory_order_relaxed) >= bottom)
    return FALSE;

  atomic_store_explicit (&deque->bottom, bottom - 1, memory_order_relaxed);
  *value = atomic_load_explicit (&deque->slots[bottom - 1], memory_order_relaxed);
  return TRUE;
}

/* Anybody. FALSE also if another thief was faster. */
static inline gboolean
g_flow_deque_steal (GFlowDeque *deque,
                    guint32    *value)
{
  guint32 top = atomic_load_explicit (&deque->top, memory_order_seq_cst);

  /* Sequentially consistent, and so acquire: pairs with the stores of bottom. */
  if (top >= atomic_load_explicit (&deque->bottom, memory_order_seq_cst))
    return FALSE;

  *value = atomic_load_explicit (&deque->slots[top], memory_order_relaxed);
  return atomic_compare_exchange_strong_explicit (&deque->top, &top, top + 1,
                                                  memory_order_seq_cst, memory_order_relaxed);
}

/* Anybody. */
static inline gboolean
g_flow_deque_is_empty (GFlowDeque *deque)
{
  return atomic_load_explicit (&deque->top, memory_order_seq_cst) >=
         atomic_load_explicit (&deque->bottom, memory_order_seq_cst);
}

G_END_DECLS
