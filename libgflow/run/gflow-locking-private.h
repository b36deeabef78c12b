/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-run-private.h"

#include "graph/gflow-lock-private.h"

G_BEGIN_DECLS

/* A node that waits for a lock. */
typedef struct
{
  GFlowWaiter waiter; /* first: is cast back */
  GFlowRun   *run;
  guint32     index;
  guint       step;   /* which of its locks it waits for; guarded by the run's mutex */
  GList       link;   /* in the run's list while linked; likewise */
  gboolean    linked;
  _Atomic gboolean over; /* it has all of them, and is yet to be taken out of the list */
  GSList      link_over; /* in that of its lane from then on */
} GFlowWait;

static inline gboolean
_g_flow_lock_wait_is_over (const GFlowWait *wait)
{
  /* Acquire: pairs with end_last_wait(). */
  return atomic_load_explicit (&wait->over, memory_order_acquire);
}

static inline guint
_g_flow_run_count_locks (GFlowRun *self,
                         guint32   index)
{
  const guint32 *first = self->plan->first_lock;
  const guint n = first != NULL ? first[index + 1] - first[index] : 0;

  return self->parallel_lock != NULL && self->plan->nodes[index].kind != G_FLOW_NODE_KIND_JOIN
           ? n + 1 : n;
}

/* The locks of a node, in the order in which it takes them. */
static inline GFlowLock *
_g_flow_run_get_lock (GFlowRun *self,
                      guint32   index,
                      guint     step)
{
  const guint32 *first = self->plan->first_lock;

  return first != NULL && step < first[index + 1] - first[index]
           ? self->plan->locks->pdata[first[index] + step] : self->parallel_lock;
}

G_END_DECLS
