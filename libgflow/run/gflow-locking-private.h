/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-run-private.h"

#include "graph/gflow-lock-private.h"

G_BEGIN_DECLS

/* Of a node, for one of its locks: its place in the queue of that when it waits for it. */
struct _GFlowLockWait
{
  GFlowWaiter  waiter; /* first: is cast back */
  GFlowRun    *run;
  guint        n_left; /* locks that it takes after this one */
};

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
