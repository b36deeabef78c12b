/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-lock.h"

G_BEGIN_DECLS

typedef struct _GFlowWaiter GFlowWaiter;

/* The permit is the waiter's. Called once, without any lock held, on whichever
 * thread released it. Returns who got others by that, to be told next. */
typedef GFlowWaiter *(*GFlowGrantFunc) (GFlowWaiter *waiter);

/* A place in the queue of a lock, embedded in what waits. */
struct _GFlowWaiter
{
  GFlowWaiter    *next;     /* in the queue; at the door, who came before; granted, who is told next */
  GFlowWaiter    *previous; /* in the queue */
  GFlowGrantFunc  grant;
  gboolean        queued;   /* guarded by the lock's mutex, and the links while it is so */
  guint32         index;    /* for who waits */
};

guint64      _g_flow_lock_get_serial    (GFlowLock    *self);
gboolean     _g_flow_lock_try_enter     (GFlowLock    *self);
gboolean     _g_flow_lock_enter         (GFlowLock    *self,
                                         GFlowWaiter  *waiter);
gboolean     _g_flow_lock_withdraw      (GFlowLock    *self,
                                         GFlowWaiter  *waiter,
                                         GFlowWaiter **granted);
gboolean     _g_flow_lock_has_waiter    (GFlowLock    *self,
                                         GFlowWaiter  *waiter);
GFlowWaiter *_g_flow_lock_give_back     (GFlowLock    *self);
void         _g_flow_lock_grant         (GFlowWaiter  *granted);

/* Those of @granted, who are few, and then those of @rest. */
static inline GFlowWaiter *
_g_flow_lock_concat (GFlowWaiter *granted,
                     GFlowWaiter *rest)
{
  GFlowWaiter *last = granted;

  if (granted == NULL)
    return rest;
  while (last->next != NULL)
    last = last->next;
  last->next = rest;
  return granted;
}

G_END_DECLS
