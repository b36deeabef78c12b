/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-flow-private.h"

#include "gflow-history.h"

/* What of a flow is set, and does not change its plan. */

/**
 * g_flow_get_name: (attributes org.gtk.Method.get_property=name)
 * @self: a flow
 *
 * Gets the name of the flow.
 *
 * Returns: (transfer none) (nullable): the name
 *
 * Since: 0.1
 */
const char *
g_flow_get_name (GFlow *self)
{
  g_return_val_if_fail (G_IS_FLOW (self), NULL);

  return self->name;
}

/**
 * g_flow_set_name: (attributes org.gtk.Method.set_property=name)
 * @self: a flow
 * @name: (nullable): the name
 *
 * Sets a name for logs and pictures.
 *
 * Since: 0.1
 */
void
g_flow_set_name (GFlow      *self,
                 const char *name)
{
  g_return_if_fail (G_IS_FLOW (self));

  if (g_strcmp0 (self->name, name) == 0)
    return;

  char *copy = g_strdup (name);

  g_free (self->name);
  self->name = copy;
  g_object_notify (G_OBJECT (self), "name");
}

/**
 * g_flow_get_max_threads: (attributes org.gtk.Method.get_property=max-threads)
 * @self: a flow
 *
 * Gets how many threads may work for the flow at once.
 *
 * Returns: the number, 0 for as many as there are processors
 *
 * Since: 0.1
 */
guint
g_flow_get_max_threads (GFlow *self)
{
  g_return_val_if_fail (G_IS_FLOW (self), 0);

  return self->max_threads;
}

/**
 * g_flow_set_max_threads: (attributes org.gtk.Method.set_property=max-threads)
 * @self: a flow
 * @max_threads: the number, of which at most 1024 count; 0 for as many as there
 *   are processors
 *
 * Sets how many threads may work for the flow at once.
 *
 * Since: 0.1
 */
void
g_flow_set_max_threads (GFlow *self,
                        guint  max_threads)
{
  g_return_if_fail (G_IS_FLOW (self));

  if (self->max_threads == max_threads)
    return;

  self->max_threads = max_threads;
  g_object_notify (G_OBJECT (self), "max-threads");
}

/**
 * g_flow_get_max_parallel: (attributes org.gtk.Method.get_property=max-parallel)
 * @self: a flow
 *
 * Gets how many nodes may run at once.
 *
 * Returns: the number, 0 for no limit
 *
 * Since: 0.1
 */
guint
g_flow_get_max_parallel (GFlow *self)
{
  g_return_val_if_fail (G_IS_FLOW (self), 0);

  return self->max_parallel;
}

/**
 * g_flow_set_max_parallel: (attributes org.gtk.Method.set_property=max-parallel)
 * @self: a flow
 * @max_parallel: the number, 0 for no limit
 *
 * Sets how many nodes may run at once.
 *
 * Since: 0.1
 */
void
g_flow_set_max_parallel (GFlow *self,
                         guint  max_parallel)
{
  g_return_if_fail (G_IS_FLOW (self));

  if (self->max_parallel == max_parallel)
    return;

  _g_flow_mutex_lock (&self->mutex);
  self->max_parallel = max_parallel;
  if (self->parallel_lock == NULL)
    self->parallel_lock = g_flow_lock_new ();

  g_autoptr(GFlowLock) lock = g_object_ref (self->parallel_lock);

  _g_flow_mutex_unlock (&self->mutex);

  /* Runs that started with a limit go on with it, as good as none. */
  g_flow_lock_set_permits (lock, max_parallel != 0 ? max_parallel : G_MAXUINT);
  g_object_notify (G_OBJECT (self), "max-parallel");
}

/**
 * g_flow_get_on_error: (attributes org.gtk.Method.get_property=on-error)
 * @self: a flow
 *
 * Gets what the failure of a node means for the rest of a run.
 *
 * Returns: the policy
 *
 * Since: 0.1
 */
GFlowOnError
g_flow_get_on_error (GFlow *self)
{
  g_return_val_if_fail (G_IS_FLOW (self), G_FLOW_ON_ERROR_SKIP_DEPENDANTS);

  return self->on_error;
}

/**
 * g_flow_set_on_error: (attributes org.gtk.Method.set_property=on-error)
 * @self: a flow
 * @on_error: the policy
 *
 * Sets what the failure of a node means for the rest of a run. Holds for runs
 * made later.
 *
 * Since: 0.1
 */
void
g_flow_set_on_error (GFlow        *self,
                     GFlowOnError  on_error)
{
  g_return_if_fail (G_IS_FLOW (self));
  g_return_if_fail (on_error <= G_FLOW_ON_ERROR_IGNORE);

  if (self->on_error == on_error)
    return;

  self->on_error = on_error;
  g_object_notify (G_OBJECT (self), "on-error");
}

/**
 * g_flow_get_open_timeout: (attributes org.gtk.Method.get_property=open-timeout)
 * @self: a flow
 *
 * Gets how long opening waits for executors.
 *
 * Returns: the time in milliseconds; 0 for as long as it takes
 *
 * Since: 0.1
 */
guint
g_flow_get_open_timeout (GFlow *self)
{
  g_return_val_if_fail (G_IS_FLOW (self), 0);

  return self->open_timeout;
}

/**
 * g_flow_set_open_timeout: (attributes org.gtk.Method.set_property=open-timeout)
 * @self: a flow
 * @open_timeout: the time in milliseconds; 0 for as long as it takes
 *
 * Sets how long opening waits for executors before it fails.
 *
 * Since: 0.1
 */
void
g_flow_set_open_timeout (GFlow *self,
                         guint  open_timeout)
{
  g_return_if_fail (G_IS_FLOW (self));

  if (self->open_timeout == open_timeout)
    return;

  self->open_timeout = open_timeout;
  g_object_notify (G_OBJECT (self), "open-timeout");
}

/**
 * g_flow_get_close_timeout: (attributes org.gtk.Method.get_property=close-timeout)
 * @self: a flow
 *
 * Gets how long closing waits for what runs.
 *
 * Returns: the time in milliseconds; 0 for as long as it takes
 *
 * Since: 0.1
 */
guint
g_flow_get_close_timeout (GFlow *self)
{
  g_return_val_if_fail (G_IS_FLOW (self), 0);

  return self->close_timeout;
}

/**
 * g_flow_set_close_timeout: (attributes org.gtk.Method.set_property=close-timeout)
 * @self: a flow
 * @close_timeout: the time in milliseconds; 0 for as long as it takes
 *
 * Sets how long closing waits for what runs before it is cancelled, and how long then.
 *
 * Since: 0.1
 */
void
g_flow_set_close_timeout (GFlow *self,
                          guint  close_timeout)
{
  g_return_if_fail (G_IS_FLOW (self));

  if (self->close_timeout == close_timeout)
    return;

  self->close_timeout = close_timeout;
  g_object_notify (G_OBJECT (self), "close-timeout");
}

/**
 * g_flow_get_history: (attributes org.gtk.Method.get_property=history)
 * @self: a flow
 *
 * Gets what runs learn of how long nodes take.
 *
 * Returns: (transfer none) (nullable): the history
 *
 * Since: 0.1
 */
GFlowHistory *
g_flow_get_history (GFlow *self)
{
  g_return_val_if_fail (G_IS_FLOW (self), NULL);

  return self->history;
}

/**
 * g_flow_set_history: (attributes org.gtk.Method.set_property=history)
 * @self: a flow
 * @history: (nullable): the history
 *
 * Sets what runs that are made from now on learn of how long nodes take.
 *
 * Since: 0.1
 */
void
g_flow_set_history (GFlow        *self,
                    GFlowHistory *history)
{
  g_return_if_fail (G_IS_FLOW (self));
  g_return_if_fail (history == NULL || G_IS_FLOW_HISTORY (history));

  if (g_set_object (&self->history, history))
    g_object_notify (G_OBJECT (self), "history");
}

/**
 * g_flow_get_direction: (attributes org.gtk.Method.get_property=direction)
 * @self: a flow
 *
 * Gets which way pictures of the flow go.
 *
 * Returns: the direction
 *
 * Since: 0.1
 */
GFlowDirection
g_flow_get_direction (GFlow *self)
{
  g_return_val_if_fail (G_IS_FLOW (self), G_FLOW_DIRECTION_LEFT_TO_RIGHT);

  return self->direction;
}

/**
 * g_flow_set_direction: (attributes org.gtk.Method.set_property=direction)
 * @self: a flow
 * @direction: the direction
 *
 * Sets which way pictures of the flow go.
 *
 * Since: 0.1
 */
void
g_flow_set_direction (GFlow          *self,
                      GFlowDirection  direction)
{
  g_return_if_fail (G_IS_FLOW (self));
  g_return_if_fail (direction <= G_FLOW_DIRECTION_BOTTOM_TO_TOP);

  if (self->direction == direction)
    return;

  self->direction = direction;
  g_object_notify (G_OBJECT (self), "direction");
}
