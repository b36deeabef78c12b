/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-common-private.h"

/* One function that is the body of many nodes, for language bindings. To hand an object over to
 * another language can cost more than all else that a node does, so it is given numbers. */

static struct
{
  _Atomic (GFlowCommonFunc) func;
  gpointer                  user_data;
} common;

typedef struct
{
  GFlowNode *node; /* (unowned) (nullable) */
  GFlowRun  *run;  /* (unowned) (nullable) */
} CommonCall;

/* The one that this thread is in */
static _Thread_local CommonCall calling;

#define NUMBER(object) ((guint64) (gsize) (object))

static gboolean
call (CommonCall   inner,
      guint64      node,
      guint64      run,
      GError     **error)
{
  /* Acquire: pairs with the store in g_flow_set_common_func(). */
  const GFlowCommonFunc func = atomic_load_explicit (&common.func, memory_order_acquire);
  const CommonCall outer = calling;

  calling = inner;

  const gboolean succeeded = func (node, run, common.user_data, error);

  calling = outer;
  return succeeded;
}

static gboolean
call_for_node (GFlowNode *node,
               GFlowRun  *run,
               gpointer   unused,
               GError   **error)
{
  /* Relaxed: the run ends after its bodies, and so sees it. */
  atomic_store_explicit (&run->calls_common, TRUE, memory_order_relaxed);
  return call ((CommonCall) { node, run }, NUMBER (node), NUMBER (run), error);
}

/* No body of the run is called any more. In its context. */
void
_g_flow_run_tell_common (GFlowRun *self)
{
  g_autoptr(GError) error = NULL;

  atomic_store_explicit (&self->calls_common, FALSE, memory_order_relaxed);
  call ((CommonCall) { NULL, NULL }, 0, NUMBER (self), &error);
}

/**
 * g_flow_set_common_func:
 * @func: (scope notified): the function
 * @user_data: for @func
 * @destroy: frees @user_data; not called, as the function stays
 *
 * Sets the function that is the body of all nodes made by
 * [ctor@GFlow.FlowNode.new_common]. It is for language bindings: a function that is
 * given numbers is called in less time than one that is given objects.
 *
 * It can be set once in a process.
 *
 * Since: 0.1
 */
void
g_flow_set_common_func (GFlowCommonFunc func,
                        gpointer        user_data,
                        GDestroyNotify  destroy)
{
  g_return_if_fail (func != NULL);
  /* Relaxed: who sets it twice is told so, not served. */
  g_return_if_fail (atomic_load_explicit (&common.func, memory_order_relaxed) == NULL);

  common.user_data = user_data;
  /* Release: pairs with the load in call(). */
  atomic_store_explicit (&common.func, func, memory_order_release);
}

/**
 * g_flow_get_common_call:
 * @node: (out) (transfer none) (nullable): the node that it is called for
 * @run: (out) (transfer none) (nullable): the run
 *
 * Gets what the numbers stand for that the function was given which calls this, see
 * g_flow_set_common_func(). Elsewhere there is neither.
 *
 * Since: 0.1
 */
void
g_flow_get_common_call (GFlowNode **node,
                        GFlowRun  **run)
{
  g_return_if_fail (node != NULL);
  g_return_if_fail (run != NULL);

  *node = calling.node;
  *run = calling.run;
}

/**
 * g_flow_node_new_common:
 * @name: (nullable): the name, or %NULL to have the flow make one up
 * @number: (out): the number of the node
 *
 * Makes a node whose body is the function that g_flow_set_common_func() was given.
 * It is placed in the context. As functions of different nodes they are not equal.
 *
 * Returns: (transfer full): a new node
 *
 * Since: 0.1
 */
GFlowNode *
g_flow_node_new_common (const char *name,
                        guint64    *number)
{
  /* Not for 0, which is what bodies have that use no data. */
  static _Atomic guint n_made;

  g_return_val_if_fail (number != NULL, NULL);
  g_return_val_if_fail (atomic_load_explicit (&common.func, memory_order_relaxed) != NULL, NULL);

  /* Relaxed: it only has to be another one. */
  const guint n = atomic_fetch_add_explicit (&n_made, 1, memory_order_relaxed) + 1;
  GFlowNode *self = g_flow_node_new (name, call_for_node, GUINT_TO_POINTER (n), NULL);

  g_flow_node_set_placement (self, G_FLOW_PLACEMENT_CONTEXT);
  *number = NUMBER (self);
  return self;
}
