/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-step-private.h"

#include "gflow-enum-types.h"
#include "gflow-run.h"
#include "graph/gflow-node.h"

/**
 * GFlowStep:
 *
 * A node in a run: what [method@GFlow.FlowRun.get_errors] lists.
 *
 * ## Thread safety
 *
 * A step belongs to the owner context of its run. It does not keep the run: when
 * that is gone, the step tells what was known when it was made.
 *
 * Since: 0.1
 */

struct _GFlowStep
{
  GObject    parent_instance;

  GWeakRef       run;    /* the run lists its steps: no cycle */
  GFlowNode     *node;   /* (owned) */

  /* What was known when the step was made */
  GFlowNodeState state;
  char          *reason; /* (owned) (nullable) */
  GError        *error; /* (owned) (nullable) */
};

enum
{
  PROP_0,
  PROP_NODE,
  PROP_STATE,
  PROP_REASON,
  PROP_ERROR,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (GFlowStep, g_flow_step, G_TYPE_OBJECT)

static void
g_flow_step_finalize (GObject *object)
{
  GFlowStep *self = G_FLOW_STEP (object);

  g_weak_ref_clear (&self->run);
  g_clear_object (&self->node);
  g_clear_error (&self->error);
  g_clear_pointer (&self->reason, g_free);

  G_OBJECT_CLASS (g_flow_step_parent_class)->finalize (object);
}

static void
g_flow_step_get_property (GObject    *object,
                          guint       prop_id,
                          GValue     *value,
                          GParamSpec *pspec)
{
  GFlowStep *self = G_FLOW_STEP (object);

  switch (prop_id)
    {
    case PROP_NODE:
      g_value_set_object (value, self->node);
      break;
    case PROP_STATE:
      g_value_set_enum (value, g_flow_step_get_state (self));
      break;
    case PROP_REASON:
      g_value_take_string (value, g_flow_step_dup_reason (self));
      break;
    case PROP_ERROR:
      g_value_set_boxed (value, g_flow_step_get_error (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
g_flow_step_class_init (GFlowStepClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->finalize = g_flow_step_finalize;
  object_class->get_property = g_flow_step_get_property;

  /**
   * GFlowStep:node: (attributes org.gtk.Property.get=g_flow_step_get_node)
   *
   * The node.
   *
   * Since: 0.1
   */
  properties[PROP_NODE] = g_param_spec_object ("node", NULL, NULL, G_TYPE_FLOW_NODE, flags);

  /**
   * GFlowStep:state: (attributes org.gtk.Property.get=g_flow_step_get_state)
   *
   * Where the node stands in the run.
   *
   * Since: 0.1
   */
  properties[PROP_STATE] = g_param_spec_enum ("state", NULL, NULL, G_TYPE_FLOW_NODE_STATE,
                                              G_FLOW_NODE_STATE_WAITING, flags);

  /**
   * GFlowStep:reason:
   *
   * Why it stands there: see [method@GFlow.FlowRun.dup_node_reason].
   *
   * Since: 0.1
   */
  properties[PROP_REASON] = g_param_spec_string ("reason", NULL, NULL, NULL, flags);

  /**
   * GFlowStep:error: (attributes org.gtk.Property.get=g_flow_step_get_error)
   *
   * Why the node did not succeed.
   *
   * Since: 0.1
   */
  properties[PROP_ERROR] = g_param_spec_boxed ("error", NULL, NULL, G_TYPE_ERROR, flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
g_flow_step_init (GFlowStep *self)
{
  g_weak_ref_init (&self->run, NULL);
}

GFlowStep *
_g_flow_step_new (GFlowRun  *run,
                  GFlowNode *node)
{
  GFlowStep *self = g_object_new (G_TYPE_FLOW_STEP, NULL);

  g_weak_ref_set (&self->run, run);
  self->node = g_object_ref (node);
  self->state = g_flow_run_get_node_state (run, node);
  self->reason = g_flow_run_dup_node_reason (run, node);
  self->error = g_flow_run_get_node_error (run, node);
  if (self->error != NULL)
    self->error = g_error_copy (self->error);
  return self;
}

/**
 * g_flow_step_get_node: (attributes org.gtk.Method.get_property=node)
 * @self: a step
 *
 * Gets the node.
 *
 * Returns: (transfer none): the node
 *
 * Since: 0.1
 */
GFlowNode *
g_flow_step_get_node (GFlowStep *self)
{
  g_return_val_if_fail (G_IS_FLOW_STEP (self), NULL);

  return self->node;
}

/**
 * g_flow_step_get_state: (attributes org.gtk.Method.get_property=state)
 * @self: a step
 *
 * Gets where the node stands in the run.
 *
 * Returns: the state
 *
 * Since: 0.1
 */
GFlowNodeState
g_flow_step_get_state (GFlowStep *self)
{
  g_return_val_if_fail (G_IS_FLOW_STEP (self), G_FLOW_NODE_STATE_WAITING);

  g_autoptr(GFlowRun) run = g_weak_ref_get (&self->run);

  return run != NULL ? g_flow_run_get_node_state (run, self->node) : self->state;
}

/**
 * g_flow_step_dup_reason:
 * @self: a step
 *
 * Gets why the node stands where it does.
 *
 * Returns: (transfer full) (nullable): one translated sentence, or %NULL if there
 *   is nothing to say
 *
 * Since: 0.1
 */
char *
g_flow_step_dup_reason (GFlowStep *self)
{
  g_return_val_if_fail (G_IS_FLOW_STEP (self), NULL);

  g_autoptr(GFlowRun) run = g_weak_ref_get (&self->run);

  return run != NULL ? g_flow_run_dup_node_reason (run, self->node)
                     : g_strdup (self->reason);
}

/**
 * g_flow_step_get_error: (attributes org.gtk.Method.get_property=error)
 * @self: a step
 *
 * Gets why the node did not succeed.
 *
 * Returns: (transfer none) (nullable): the error
 *
 * Since: 0.1
 */
GError *
g_flow_step_get_error (GFlowStep *self)
{
  g_return_val_if_fail (G_IS_FLOW_STEP (self), NULL);

  g_autoptr(GFlowRun) run = g_weak_ref_get (&self->run);
  GError *error = run != NULL ? g_flow_run_get_node_error (run, self->node) : NULL;

  /* Copied, so that it can be borrowed for as long as the step lives. */
  if (self->error == NULL && error != NULL)
    self->error = g_error_copy (error);
  return self->error;
}
