/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-flow-private.h"

#include "gflow-destroy-private.h"

/* What a node calls, and who frees the data for that, and when. */

/* The body of a node and of its copies: destroyed with the last of them. */
struct _GFlowSharedBody
{
  _Atomic guint   ref_count;
  gpointer        user_data;
  GDestroyNotify  destroy;
};

static GFlowSharedBody *
new_shared_body (gpointer       user_data,
                 GDestroyNotify destroy)
{
  GFlowSharedBody *shared = g_new (GFlowSharedBody, 1);

  atomic_init (&shared->ref_count, 1);
  shared->user_data = user_data;
  shared->destroy = destroy;
  return shared;
}

/* The body of a new node. */
void
_g_flow_node_set_body (GFlowNode      *self,
                       GCallback       body,
                       gpointer        user_data,
                       GDestroyNotify  destroy)
{
  self->out.body = body;
  self->out.user_data = user_data;
  self->destroy = _g_flow_destroy_number (destroy);
  if (G_UNLIKELY (self->destroy == 0 && destroy != NULL))
    _g_flow_node_ensure_extras (self)->shared = new_shared_body (user_data, destroy);
}

static const GFlowPlanNode *
find_item (GFlowNode *self)
{
  return &self->in.flow->nodes->items[self->index];
}

GCallback
_g_flow_node_body (GFlowNode *self)
{
  return self->is_in_flow ? find_item (self)->body : self->out.body;
}

gpointer
_g_flow_node_user_data (GFlowNode *self)
{
  return self->is_in_flow ? find_item (self)->user_data : self->out.user_data;
}

/* The flow takes @self. What its list has of the body needs no place in the node, where its needs are
 * instead. */
void
_g_flow_node_enter_flow (GFlowNode *self,
                         GFlow     *flow)
{
  atomic_store_explicit (&self->index, flow->nodes->n, memory_order_relaxed);
  _g_flow_node_list_add (flow->nodes, self, self->out.body, self->out.user_data);
  self->in.flow = flow;
  if (G_UNLIKELY (self->needs_form == G_FLOW_NEEDS_FAR))
    self->in.needs.far = g_steal_pointer (&_g_flow_node_extras (self)->far_needs);
  self->is_in_flow = TRUE;
}

/* The other way round. */
void
_g_flow_node_leave_flow (GFlowNode *self,
                         GCallback  body,
                         gpointer   user_data)
{
  if (G_UNLIKELY (self->needs_form == G_FLOW_NEEDS_FAR))
    _g_flow_node_ensure_extras (self)->far_needs = self->in.needs.far;
  self->is_in_flow = FALSE;
  self->out.body = body;
  self->out.user_data = user_data;
}

/* NULL from then on. */
static GDestroyNotify
take_destroy (GFlowNode *self)
{
  const guint8 number = self->destroy;

  self->destroy = 0;
  return _g_flow_destroy_get (number);
}

void
_g_flow_node_free_body (GFlowNode *self)
{
  GFlowNodeExtras *extras = _g_flow_node_extras (self);
  GFlowSharedBody *shared = extras != NULL ? extras->shared : NULL;
  GDestroyNotify destroy = take_destroy (self);

  if (shared == NULL)
    {
      if (destroy != NULL)
        destroy (g_steal_pointer (&self->out.user_data));
      return;
    }

  extras->shared = NULL;
  /* Acquire and release: the last one comes after what all others have done. */
  if (atomic_fetch_sub_explicit (&shared->ref_count, 1, memory_order_acq_rel) == 1)
    {
      if (shared->destroy != NULL)
        shared->destroy (shared->user_data);
      g_free (shared);
    }
}

/* The new node @copy has the body, too. */
void
_g_flow_node_share_body (GFlowNode *self,
                         GFlowNode *copy)
{
  GFlowNodeExtras *extras = _g_flow_node_ensure_extras (self);

  if (extras->shared == NULL)
    extras->shared = new_shared_body (_g_flow_node_user_data (self), take_destroy (self));
  /* Relaxed: whoever has one reference may make another. */
  atomic_fetch_add_explicit (&extras->shared->ref_count, 1, memory_order_relaxed);
  _g_flow_node_ensure_extras (copy)->shared = extras->shared;
  copy->out.body = _g_flow_node_body (self);
  copy->out.user_data = _g_flow_node_user_data (self);
}
