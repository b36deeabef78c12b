/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-node-private.h"

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
  self->body = body;
  self->user_data = user_data;
  self->destroy = _g_flow_destroy_number (destroy);
  if (G_UNLIKELY (self->destroy == 0 && destroy != NULL))
    _g_flow_node_ensure_extras (self)->shared = new_shared_body (user_data, destroy);
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
  GFlowSharedBody *shared = self->extras != NULL ? self->extras->shared : NULL;
  GDestroyNotify destroy = take_destroy (self);

  if (shared == NULL)
    {
      if (destroy != NULL)
        destroy (g_steal_pointer (&self->user_data));
      return;
    }

  self->extras->shared = NULL;
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
    extras->shared = new_shared_body (self->user_data, take_destroy (self));
  /* Relaxed: whoever has one reference may make another. */
  atomic_fetch_add_explicit (&extras->shared->ref_count, 1, memory_order_relaxed);
  _g_flow_node_ensure_extras (copy)->shared = extras->shared;
  copy->body = self->body;
  copy->user_data = self->user_data;
}
