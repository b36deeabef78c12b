/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdatomic.h>

G_BEGIN_DECLS

/* A queue of node indices, first in first out, for any number of producers and
 * consumers. A node enters it at most once in a run, so that it never wraps:
 * a slot is written once, by the producer that claimed it by raising tail, and
 * read by the consumer that claims it by raising head. A slot that is claimed
 * but not written yet reads 0 and makes the queue look empty; its producer tells
 * a consumer after it has written, so that nothing is forgotten. */
typedef struct
{
  /* Apart, as producers and consumers write them; by padding, because allocated memory
   * is not aligned to more than 16 bytes. */
  char             before[64];
  _Atomic guint32  head;
  char             between[64];
  _Atomic guint32  tail;
  char             after[64];
  _Atomic guint32  slots[]; /* of index + 1; 0 is not written */
} GFlowMail;

typedef struct
{
  _Atomic (GFlowMail *) mail; /* NULL: never used, until g_flow_inbox_open() */
} GFlowInbox;

/* How many zeroed bytes an inbox needs. */
static inline gsize
g_flow_inbox_size (gsize n_slots)
{
  return sizeof (GFlowMail) + n_slots * sizeof (guint32);
}

static inline void
g_flow_inbox_init (GFlowInbox *inbox,
                   gpointer    zeroed)
{
  atomic_init (&inbox->mail, (GFlowMail *) zeroed);
}

/* Gives slots to an inbox that was made without, before anybody pushes. Sequentially
 * consistent, as the push: who looks whether it is empty sees neither or both. */
static inline void
g_flow_inbox_open (GFlowInbox *inbox,
                   gpointer    zeroed)
{
  atomic_store_explicit (&inbox->mail, (GFlowMail *) zeroed, memory_order_seq_cst);
}

/* Acquire: pairs with the store in g_flow_inbox_open(), for the zeroes. */
static inline GFlowMail *
g_flow_inbox_mail (GFlowInbox *inbox)
{
  return atomic_load_explicit (&inbox->mail, memory_order_acquire);
}

static inline void
g_flow_inbox_push (GFlowInbox *inbox,
                   guint32     value)
{
  GFlowMail *mail = g_flow_inbox_mail (inbox);
  /* Relaxed: only hands out slots. */
  const guint32 slot = atomic_fetch_add_explicit (&mail->tail, 1, memory_order_relaxed);

  /* Sequentially consistent: pairs with the load in g_flow_inbox_pop(), and
   * comes before the producer asks whether a consumer must be told. */
  atomic_store_explicit (&mail->slots[slot], value + 1, memory_order_seq_cst);
}

static inline gboolean
g_flow_inbox_is_empty (GFlowInbox *inbox)
{
  GFlowMail *mail = atomic_load_explicit (&inbox->mail, memory_order_seq_cst);

  if (mail == NULL)
    return TRUE;

  /* A consumer that is slower than others may see an old head; then the slot
   * that it looks at is written, and it looks again in g_flow_inbox_pop(). */
  const guint32 head = atomic_load_explicit (&mail->head, memory_order_seq_cst);

  return head >= atomic_load_explicit (&mail->tail, memory_order_seq_cst) ||
         atomic_load_explicit (&mail->slots[head], memory_order_seq_cst) == 0;
}

static inline gboolean
g_flow_inbox_pop (GFlowInbox *inbox,
                  guint32    *value)
{
  GFlowMail *mail = g_flow_inbox_mail (inbox);

  if (mail == NULL)
    return FALSE;

  guint32 head = atomic_load_explicit (&mail->head, memory_order_relaxed);

  while (head < atomic_load_explicit (&mail->tail, memory_order_relaxed))
    {
      /* Acquire: pairs with the store in g_flow_inbox_push(). */
      const guint32 found = atomic_load_explicit (&mail->slots[head], memory_order_acquire);

      if (found == 0)
        return FALSE;
      /* Relaxed: the slot is never written again. */
      if (atomic_compare_exchange_weak_explicit (&mail->head, &head, head + 1,
                                                 memory_order_relaxed, memory_order_relaxed))
        {
          *value = found - 1;
          return TRUE;
        }
    }
  return FALSE;
}

G_END_DECLS
