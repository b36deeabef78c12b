/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-request-private.h"

#include "gflow-enum-types.h"
#include "graph/gflow-node-private.h"

/**
 * GFlowRoute:
 *
 * Where a [class@GFlow.FlowRequest] has been: at a node of the flow, when, and how
 * that went. The first one is that of the entry, and spans all others.
 *
 * A route does not change.
 *
 * Since: 0.1
 */

struct _GFlowRoute
{
  GObject         parent_instance;

  GFlowNode      *node;   /* (owned) (nullable): not that of the entry */
  GFlowTimes     record;
  GFlowNodeState  state;
  GError         *error;  /* (owned) (nullable) */
};

enum
{
  PROP_0,
  PROP_NAME,
  PROP_NODE,
  PROP_START,
  PROP_END,
  PROP_STATE,
  PROP_ERROR,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (GFlowRoute, g_flow_route, G_TYPE_OBJECT)

static void
g_flow_route_finalize (GObject *object)
{
  GFlowRoute *self = G_FLOW_ROUTE (object);

  g_clear_object (&self->node);
  g_clear_error (&self->error);

  G_OBJECT_CLASS (g_flow_route_parent_class)->finalize (object);
}

static void
g_flow_route_get_property (GObject    *object,
                           guint       prop_id,
                           GValue     *value,
                           GParamSpec *pspec)
{
  GFlowRoute *self = G_FLOW_ROUTE (object);

  switch (prop_id)
    {
    case PROP_NAME:
      g_value_set_string (value, g_flow_route_get_name (self));
      break;
    case PROP_NODE:
      g_value_set_object (value, self->node);
      break;
    case PROP_START:
      g_value_set_int64 (value, self->record.start);
      break;
    case PROP_END:
      g_value_set_int64 (value, self->record.end);
      break;
    case PROP_STATE:
      g_value_set_enum (value, self->state);
      break;
    case PROP_ERROR:
      g_value_set_boxed (value, self->error);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
g_flow_route_class_init (GFlowRouteClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags ro = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->finalize = g_flow_route_finalize;
  object_class->get_property = g_flow_route_get_property;

  /**
   * GFlowRoute:name: (attributes org.gtk.Property.get=g_flow_route_get_name)
   *
   * The name of the node; `gateway` for the entry.
   *
   * Since: 0.1
   */
  properties[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, ro);

  /**
   * GFlowRoute:node: (attributes org.gtk.Property.get=g_flow_route_get_node)
   *
   * The node; %NULL for the entry.
   *
   * Since: 0.1
   */
  properties[PROP_NODE] = g_param_spec_object ("node", NULL, NULL, G_TYPE_FLOW_NODE, ro);

  /**
   * GFlowRoute:start: (attributes org.gtk.Property.get=g_flow_route_get_start)
   *
   * When it began to serve the request: in microseconds of monotonic time, see
   * [func@GLib.get_monotonic_time]; 0 if it did not.
   *
   * Since: 0.1
   */
  properties[PROP_START] = g_param_spec_int64 ("start", NULL, NULL, 0, G_MAXINT64, 0, ro);

  /**
   * GFlowRoute:end: (attributes org.gtk.Property.get=g_flow_route_get_end)
   *
   * When it had served the request, as `start`.
   *
   * Since: 0.1
   */
  properties[PROP_END] = g_param_spec_int64 ("end", NULL, NULL, 0, G_MAXINT64, 0, ro);

  /**
   * GFlowRoute:state: (attributes org.gtk.Property.get=g_flow_route_get_state)
   *
   * How it ended there.
   *
   * Since: 0.1
   */
  properties[PROP_STATE] = g_param_spec_enum ("state", NULL, NULL, G_TYPE_FLOW_NODE_STATE,
                                              G_FLOW_NODE_STATE_WAITING, ro);

  /**
   * GFlowRoute:error: (attributes org.gtk.Property.get=g_flow_route_get_error)
   *
   * Why it failed there.
   *
   * Since: 0.1
   */
  properties[PROP_ERROR] = g_param_spec_boxed ("error", NULL, NULL, G_TYPE_ERROR, ro);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
g_flow_route_init (GFlowRoute *self)
{
}

GFlowRoute *
_g_flow_route_new (GFlowNode      *node,
                   GFlowTimes     record,
                   GFlowNodeState  state,
                   const GError   *error)
{
  GFlowRoute *self = g_object_new (G_TYPE_FLOW_ROUTE, NULL);

  g_set_object (&self->node, node);
  self->record = record;
  self->state = state;
  self->error = error != NULL ? g_error_copy (error) : NULL;
  return self;
}

/**
 * g_flow_route_get_name: (attributes org.gtk.Method.get_property=name)
 * @self: a route
 *
 * Gets the name of the node.
 *
 * Returns: (transfer none): the name; `gateway` for the entry
 *
 * Since: 0.1
 */
const char *
g_flow_route_get_name (GFlowRoute *self)
{
  g_return_val_if_fail (G_IS_FLOW_ROUTE (self), NULL);

  return self->node != NULL ? g_flow_node_get_name (self->node) : G_FLOW_GATEWAY;
}

/**
 * g_flow_route_get_node: (attributes org.gtk.Method.get_property=node)
 * @self: a route
 *
 * Gets the node.
 *
 * Returns: (transfer none) (nullable): the node; %NULL for the entry
 *
 * Since: 0.1
 */
GFlowNode *
g_flow_route_get_node (GFlowRoute *self)
{
  g_return_val_if_fail (G_IS_FLOW_ROUTE (self), NULL);

  return self->node;
}

/**
 * g_flow_route_get_start: (attributes org.gtk.Method.get_property=start)
 * @self: a route
 *
 * Gets when the node began to serve the request.
 *
 * Returns: monotonic time in microseconds; 0 if it did not
 *
 * Since: 0.1
 */
gint64
g_flow_route_get_start (GFlowRoute *self)
{
  g_return_val_if_fail (G_IS_FLOW_ROUTE (self), 0);

  return self->record.start;
}

/**
 * g_flow_route_get_end: (attributes org.gtk.Method.get_property=end)
 * @self: a route
 *
 * Gets when the node had served the request.
 *
 * Returns: monotonic time in microseconds; 0 if it did not begin
 *
 * Since: 0.1
 */
gint64
g_flow_route_get_end (GFlowRoute *self)
{
  g_return_val_if_fail (G_IS_FLOW_ROUTE (self), 0);

  return self->record.end;
}

/**
 * g_flow_route_get_state: (attributes org.gtk.Method.get_property=state)
 * @self: a route
 *
 * Gets how the request ended there.
 *
 * Returns: the state
 *
 * Since: 0.1
 */
GFlowNodeState
g_flow_route_get_state (GFlowRoute *self)
{
  g_return_val_if_fail (G_IS_FLOW_ROUTE (self), G_FLOW_NODE_STATE_WAITING);

  return self->state;
}

/**
 * g_flow_route_get_error: (attributes org.gtk.Method.get_property=error)
 * @self: a route
 *
 * Gets why the request failed there.
 *
 * Returns: (transfer none) (nullable): the error
 *
 * Since: 0.1
 */
GError *
g_flow_route_get_error (GFlowRoute *self)
{
  g_return_val_if_fail (G_IS_FLOW_ROUTE (self), NULL);

  return self->error;
}
