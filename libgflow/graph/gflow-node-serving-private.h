/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-node-private.h"

G_BEGIN_DECLS

/* A function that puts parts together, and its data: shared with copies of the node, and
 * with whoever serves requests. */
typedef struct
{
  GFlowReducerFunc  func;
  gpointer          user_data;
  GDestroyNotify    destroy;
} GFlowReduction;

/* Which documents go to a node: shared likewise. Implemented by the folder of the
 * executors, which knows documents. */
typedef struct _GFlowCondition GFlowCondition;

GFlowCondition *_g_flow_condition_parse    (GVariant            *variant,
                                            GError             **error);
GFlowCondition *_g_flow_condition_new_func (GFlowConditionFunc   func,
                                            gpointer             user_data,
                                            GDestroyNotify       destroy);
GFlowCondition *_g_flow_condition_ref      (GFlowCondition      *self);
void            _g_flow_condition_unref    (GFlowCondition      *self);
GVariant       *_g_flow_condition_get_variant (GFlowCondition   *self);
gboolean        _g_flow_condition_equal    (GFlowCondition      *a,
                                            GFlowCondition      *b);

/* More instances than that are a mistake. */
#define G_FLOW_MAX_INSTANCES 65536

/* How a node serves requests, where that is not as it is mostly. */
struct _GFlowServing
{
  guint            parallel;
  guint            replicas;
  GFlowPolling     polling;
  gboolean         polling_set;
  GHashTable      *pollings;    /* (owned) (nullable): endpoint → GFlowPolling */
  GFlowScheduling  scheduling;
  GFlowExecutor   *before;      /* (owned) (nullable) */
  GFlowExecutor   *after;       /* (owned) (nullable) */
  GFlowReducer     reducer;
  GFlowReduction  *reduction;   /* (owned) (nullable): if it is CUSTOM */
  GFlowCondition  *condition;   /* (owned) (nullable) */
  gboolean         detached;
  GFlowTap         tap;
};

GFlowReduction *_g_flow_reduction_ref      (GFlowReduction      *self);
void            _g_flow_reduction_unref    (GFlowReduction      *self);
GFlowServing   *_g_flow_serving_copy       (GFlowServing        *self);
void            _g_flow_serving_free       (GFlowServing        *self);
gboolean        _g_flow_serving_equal      (GFlowServing        *a,
                                            GFlowServing        *b);

/* As it is, also if nothing was set; what sets something of it stands between begin and end. */
const GFlowServing *_g_flow_node_get_serving (GFlowNode         *self);
GFlowServing   *_g_flow_node_begin_serving (GFlowNode           *self);
void            _g_flow_node_end_serving (GFlowNode             *self,
                                          const char            *property);

/* NULL if nothing of it was set. */
static inline GFlowServing *
_g_flow_node_serving (GFlowNode *self)
{
  GFlowNodeExtras *extras = _g_flow_node_extras (self);

  return extras != NULL ? extras->serving : NULL;
}

static inline GFlowTap
_g_flow_node_tap (GFlowNode *self)
{
  return _g_flow_node_serving (self) != NULL ? _g_flow_node_serving (self)->tap : G_FLOW_TAP_NONE;
}

/* No response waits for it. */
static inline gboolean
_g_flow_node_is_detached (GFlowNode *self)
{
  return _g_flow_node_serving (self) != NULL &&
         (_g_flow_node_serving (self)->detached || _g_flow_node_tap (self) == G_FLOW_TAP_BESIDE);
}

/* It is not on the way of the documents. */
static inline gboolean
_g_flow_node_is_aside (GFlowNode *self)
{
  return _g_flow_node_is_detached (self) || _g_flow_node_tap (self) != G_FLOW_TAP_NONE;
}

G_END_DECLS
