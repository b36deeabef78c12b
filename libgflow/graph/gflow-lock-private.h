/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-lock.h"

G_BEGIN_DECLS

typedef struct _GFlowWaiter GFlowWaiter;

/* The permit is the waiter's. Called once, without any lock held, on whichever
 * thread released it. */
typedef void (*GFlowGrantFunc) (GFlowWaiter *waiter);

/* A place in the queue of a lock, embedded in what waits. */
struct _GFlowWaiter
{
  GList           link;
  GFlowGrantFunc  grant;
  GCancellable   *cancellable; /* (unowned) (nullable): once cancelled, not granted any more */
  gboolean        queued;  /* guarded by the lock's mutex */
};

guint64   _g_flow_lock_get_serial (GFlowLock   *self);
gboolean  _g_flow_lock_is_awaited (GFlowLock  *self);
gboolean  _g_flow_lock_enter      (GFlowLock   *self,
                                   GFlowWaiter *waiter);
gboolean  _g_flow_lock_withdraw   (GFlowLock   *self,
                                   GFlowWaiter *waiter);

G_END_DECLS
