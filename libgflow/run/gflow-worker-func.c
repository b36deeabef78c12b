/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-scheduler-private.h"

/* What a language binding does around all the work of a thread */
static struct
{
  _Atomic (GFlowWorkerFunc) func;
  gpointer                  user_data;
} around;

/* The job of a thread that has not begun it */
static _Thread_local gpointer job_to_do;

/* What a thread does that the scheduler has asked for. */
void
_g_flow_worker_main (gpointer job,
                     gpointer unused)
{
  /* Acquire: pairs with the store in g_flow_set_worker_func(). */
  GFlowWorkerFunc func = atomic_load_explicit (&around.func, memory_order_acquire);

  job_to_do = job;
  if (func != NULL)
    func (around.user_data);
  g_flow_work (); /* if it was not done in there */
}

/**
 * g_flow_set_worker_func:
 * @func: (scope notified): the function
 * @user_data: for @func
 * @destroy: frees @user_data; not called, as the function stays
 *
 * Sets a function that is called on every worker thread that begins from then on,
 * and that has to call g_flow_work(). It is for language bindings whose runtime
 * must know a thread: to attach it once costs less than to do so for each body.
 *
 * It can be set once in a process, before the first run.
 *
 * Since: 0.1
 */
void
g_flow_set_worker_func (GFlowWorkerFunc func,
                        gpointer        user_data,
                        GDestroyNotify  destroy)
{
  g_return_if_fail (func != NULL);
  /* Relaxed: who sets it twice is told so, not served. */
  g_return_if_fail (atomic_load_explicit (&around.func, memory_order_relaxed) == NULL);

  around.user_data = user_data;
  /* Release: pairs with the load in _g_flow_worker_main(). */
  atomic_store_explicit (&around.func, func, memory_order_release);
}

/**
 * g_flow_work:
 *
 * Does the work of a worker thread: to be called by the function that was given
 * to g_flow_set_worker_func(), and by nobody else. Elsewhere, or a second time,
 * it does nothing.
 *
 * Since: 0.1
 */
void
g_flow_work (void)
{
  gpointer job = g_steal_pointer (&job_to_do);

  if (job != NULL)
    _g_flow_scheduler_work (job);
}
