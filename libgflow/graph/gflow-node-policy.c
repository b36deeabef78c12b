/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-node-private.h"

#include "gflow-flow-private.h"

/* How long the body of a node may take, and how often it is tried. */

#define MAX_RETRY_FACTOR 100.0

enum
{
  TIMEOUT,
  MAX_RETRIES,
  RETRY_DELAY,
  RETRY_FACTOR,
  RETRY_JITTER,
};

static const GFlowNodePolicy no_policy = G_FLOW_NODE_POLICY_INIT;

static const GFlowNodePolicy *
get_policy (GFlowNode *self)
{
  GFlowNodeExtras *extras = _g_flow_node_extras (self);

  return extras != NULL ? &extras->policy : &no_policy;
}

void
_g_flow_node_get_policy_property (GFlowNode *self,
                                  guint      offset,
                                  GValue    *value)
{
  switch (offset)
    {
    case TIMEOUT:
      g_value_set_uint (value, get_policy (self)->timeout);
      break;
    case MAX_RETRIES:
      g_value_set_uint (value, get_policy (self)->max_retries);
      break;
    case RETRY_DELAY:
      g_value_set_uint (value, get_policy (self)->retry_delay);
      break;
    case RETRY_FACTOR:
      g_value_set_double (value, get_policy (self)->retry_factor);
      break;
    case RETRY_JITTER:
    default:
      g_value_set_double (value, get_policy (self)->retry_jitter);
      break;
    }
}

void
_g_flow_node_set_policy_property (GFlowNode    *self,
                                  guint         offset,
                                  const GValue *value)
{
  switch (offset)
    {
    case TIMEOUT:
      g_flow_node_set_timeout (self, g_value_get_uint (value));
      break;
    case MAX_RETRIES:
      g_flow_node_set_max_retries (self, g_value_get_uint (value));
      break;
    case RETRY_DELAY:
      g_flow_node_set_retry_delay (self, g_value_get_uint (value));
      break;
    case RETRY_FACTOR:
      g_flow_node_set_retry_factor (self, g_value_get_double (value));
      break;
    case RETRY_JITTER:
    default:
      g_flow_node_set_retry_jitter (self, g_value_get_double (value));
      break;
    }
}

void
_g_flow_node_install_policy (GObjectClass *object_class,
                             guint         first_id)
{
  const GParamFlags rw = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  /**
   * GFlowNode:timeout: (attributes org.gtk.Property.get=g_flow_node_get_timeout org.gtk.Property.set=g_flow_node_set_timeout)
   *
   * How long one call of the body may take, in milliseconds; 0 for as long as it
   * likes.
   *
   * When the time is over the node's cancellable is cancelled, and the attempt fails
   * with %G_IO_ERROR_TIMED_OUT, whatever the body then returns. The node ends when the
   * body has: a body that looks at no cancellable is waited for. The time in which the
   * node waits for locks does not count.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, first_id + TIMEOUT,
                                   g_param_spec_uint ("timeout", NULL, NULL,
                                                      0, G_MAXUINT, 0, rw));

  /**
   * GFlowNode:max-retries: (attributes org.gtk.Property.get=g_flow_node_get_max_retries org.gtk.Property.set=g_flow_node_set_max_retries)
   *
   * How often the body is called again if it fails. Each call is an attempt of its
   * own, with the timeout of its own. [signal@GFlow.FlowNode::should-retry] may say
   * which errors are worth it.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, first_id + MAX_RETRIES,
                                   g_param_spec_uint ("max-retries", NULL, NULL,
                                                      0, G_MAXUINT, 0, rw));

  /**
   * GFlowNode:retry-delay: (attributes org.gtk.Property.get=g_flow_node_get_retry_delay org.gtk.Property.set=g_flow_node_set_retry_delay)
   *
   * How long the node waits before its first retry, in milliseconds. Meanwhile it
   * holds neither a thread nor a lock.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, first_id + RETRY_DELAY,
                                   g_param_spec_uint ("retry-delay", NULL, NULL,
                                                      0, G_MAXUINT, 0, rw));

  /**
   * GFlowNode:retry-factor: (attributes org.gtk.Property.get=g_flow_node_get_retry_factor org.gtk.Property.set=g_flow_node_set_retry_factor)
   *
   * By what the delay is multiplied after every retry: 1 for the same delay always, 2
   * to wait twice as long each time. No delay grows beyond a day.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, first_id + RETRY_FACTOR,
                                   g_param_spec_double ("retry-factor", NULL, NULL,
                                                        1.0, MAX_RETRY_FACTOR, 1.0, rw));

  /**
   * GFlowNode:retry-jitter: (attributes org.gtk.Property.get=g_flow_node_get_retry_jitter org.gtk.Property.set=g_flow_node_set_retry_jitter)
   *
   * How much of the delay is left to chance, from 0 to 1, so that what failed together
   * does not come back together: with 0.2, a delay of 1000 ms is one of 800 to 1200.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, first_id + RETRY_JITTER,
                                   g_param_spec_double ("retry-jitter", NULL, NULL,
                                                        0.0, 1.0, 0.0, rw));
}

/* The plan is compiled from the policy. */
static void
end_change (GFlowNode  *self,
            const char *property)
{
  _g_flow_end_edit (_g_flow_node_flow (self));
  g_object_notify (G_OBJECT (self), property);
}

static GFlowNodePolicy *
begin_change (GFlowNode *self)
{
  _g_flow_begin_edit (_g_flow_node_flow (self));
  return &_g_flow_node_ensure_extras (self)->policy;
}

/**
 * g_flow_node_get_timeout: (attributes org.gtk.Method.get_property=timeout)
 * @self: a node
 *
 * Gets how long one call of the body may take.
 *
 * Returns: the time in milliseconds, or 0
 *
 * Since: 0.1
 */
guint
g_flow_node_get_timeout (GFlowNode *self)
{
  g_return_val_if_fail (G_IS_FLOW_NODE (self), 0);

  return get_policy (self)->timeout;
}

/**
 * g_flow_node_set_timeout: (attributes org.gtk.Method.set_property=timeout)
 * @self: a node
 * @timeout: the time in milliseconds, or 0 for as long as it likes
 *
 * Sets how long one call of the body may take.
 *
 * Since: 0.1
 */
void
g_flow_node_set_timeout (GFlowNode *self,
                         guint      timeout)
{
  g_return_if_fail (G_IS_FLOW_NODE (self));
  g_return_if_fail (!_g_flow_is_frozen (_g_flow_node_flow (self)));

  if (get_policy (self)->timeout == timeout)
    return;

  begin_change (self)->timeout = timeout;
  end_change (self, "timeout");
}

/**
 * g_flow_node_get_max_retries: (attributes org.gtk.Method.get_property=max-retries)
 * @self: a node
 *
 * Gets how often the body is called again if it fails.
 *
 * Returns: the number of retries
 *
 * Since: 0.1
 */
guint
g_flow_node_get_max_retries (GFlowNode *self)
{
  g_return_val_if_fail (G_IS_FLOW_NODE (self), 0);

  return get_policy (self)->max_retries;
}

/**
 * g_flow_node_set_max_retries: (attributes org.gtk.Method.set_property=max-retries)
 * @self: a node
 * @max_retries: the number of retries
 *
 * Sets how often the body is called again if it fails.
 *
 * Since: 0.1
 */
void
g_flow_node_set_max_retries (GFlowNode *self,
                             guint      max_retries)
{
  g_return_if_fail (G_IS_FLOW_NODE (self));
  g_return_if_fail (!_g_flow_is_frozen (_g_flow_node_flow (self)));

  if (get_policy (self)->max_retries == max_retries)
    return;

  begin_change (self)->max_retries = max_retries;
  end_change (self, "max-retries");
}

/**
 * g_flow_node_get_retry_delay: (attributes org.gtk.Method.get_property=retry-delay)
 * @self: a node
 *
 * Gets how long the node waits before its first retry.
 *
 * Returns: the delay in milliseconds
 *
 * Since: 0.1
 */
guint
g_flow_node_get_retry_delay (GFlowNode *self)
{
  g_return_val_if_fail (G_IS_FLOW_NODE (self), 0);

  return get_policy (self)->retry_delay;
}

/**
 * g_flow_node_set_retry_delay: (attributes org.gtk.Method.set_property=retry-delay)
 * @self: a node
 * @retry_delay: the delay in milliseconds
 *
 * Sets how long the node waits before its first retry.
 *
 * Since: 0.1
 */
void
g_flow_node_set_retry_delay (GFlowNode *self,
                             guint      retry_delay)
{
  g_return_if_fail (G_IS_FLOW_NODE (self));
  g_return_if_fail (!_g_flow_is_frozen (_g_flow_node_flow (self)));

  if (get_policy (self)->retry_delay == retry_delay)
    return;

  begin_change (self)->retry_delay = retry_delay;
  end_change (self, "retry-delay");
}

/**
 * g_flow_node_get_retry_factor: (attributes org.gtk.Method.get_property=retry-factor)
 * @self: a node
 *
 * Gets by what the delay is multiplied after every retry.
 *
 * Returns: the factor
 *
 * Since: 0.1
 */
double
g_flow_node_get_retry_factor (GFlowNode *self)
{
  g_return_val_if_fail (G_IS_FLOW_NODE (self), 0.0);

  return get_policy (self)->retry_factor;
}

/**
 * g_flow_node_set_retry_factor: (attributes org.gtk.Method.set_property=retry-factor)
 * @self: a node
 * @retry_factor: the factor, from 1 to 100
 *
 * Sets by what the delay is multiplied after every retry.
 *
 * Since: 0.1
 */
void
g_flow_node_set_retry_factor (GFlowNode *self,
                              double     retry_factor)
{
  g_return_if_fail (G_IS_FLOW_NODE (self));
  g_return_if_fail (retry_factor >= 1.0 && retry_factor <= MAX_RETRY_FACTOR);
  g_return_if_fail (!_g_flow_is_frozen (_g_flow_node_flow (self)));

  if (get_policy (self)->retry_factor == retry_factor)
    return;

  begin_change (self)->retry_factor = retry_factor;
  end_change (self, "retry-factor");
}

/**
 * g_flow_node_get_retry_jitter: (attributes org.gtk.Method.get_property=retry-jitter)
 * @self: a node
 *
 * Gets how much of the delay is left to chance.
 *
 * Returns: the share, from 0 to 1
 *
 * Since: 0.1
 */
double
g_flow_node_get_retry_jitter (GFlowNode *self)
{
  g_return_val_if_fail (G_IS_FLOW_NODE (self), 0.0);

  return get_policy (self)->retry_jitter;
}

/**
 * g_flow_node_set_retry_jitter: (attributes org.gtk.Method.set_property=retry-jitter)
 * @self: a node
 * @retry_jitter: the share, from 0 to 1
 *
 * Sets how much of the delay is left to chance.
 *
 * Since: 0.1
 */
void
g_flow_node_set_retry_jitter (GFlowNode *self,
                              double     retry_jitter)
{
  g_return_if_fail (G_IS_FLOW_NODE (self));
  g_return_if_fail (retry_jitter >= 0.0 && retry_jitter <= 1.0);
  g_return_if_fail (!_g_flow_is_frozen (_g_flow_node_flow (self)));

  if (get_policy (self)->retry_jitter == retry_jitter)
    return;

  begin_change (self)->retry_jitter = retry_jitter;
  end_change (self, "retry-jitter");
}
