/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Random flows of nodes of all kinds. */

#include "mix.h"

#include <glib/gstdio.h>

static gboolean
chance (Mix    *self,
        double  probability)
{
  return g_rand_double (self->rand) < probability;
}

static guint
pick (Mix   *self,
      guint  from,
      guint  to)
{
  return (guint) g_rand_int_range (self->rand, (gint32) from, (gint32) to);
}

static void
make_inner (Mix *self)
{
  GFlowNode *first, *second, *third;

  self->inner = g_flow_new ();
  first = g_flow_add (self->inner, "in", mix_body_inner, self, mix_inner_destroy, NULL);
  second = g_flow_add (self->inner, "middle", mix_body_inner, self, mix_inner_destroy, NULL);
  third = g_flow_add_task (self->inner, "out", mix_body_inner_async, self, mix_inner_destroy, NULL);
  self->n_bodies += 3;
  g_flow_node_set_placement (second, G_FLOW_PLACEMENT_CONTEXT);
  g_flow_node_after (second, first, NULL);
  if (chance (self, 0.5))
    g_flow_node_after (third, first, NULL);
}

static GFlowNode *
add_map (Mix        *self,
         const char *name)
{
  GFlowNode *map;
  g_autoptr (GFlowNode) each = NULL;
  GVariantBuilder items;

  if (chance (self, 0.5))
    each = g_flow_node_new (NULL, mix_body_inner, self, mix_inner_destroy);
  else
    each = g_flow_node_new_for_task (NULL, mix_body_inner_async, self, mix_inner_destroy);
  self->n_bodies++;
  if (chance (self, 0.3))
    {
      g_flow_node_set_max_retries (each, 1);
      g_flow_node_set_retry_delay (each, 0);
    }
  map = g_flow_add_map (self->flow, name, each, pick (self, 0, 4), NULL);
  g_variant_builder_init (&items, G_VARIANT_TYPE ("au"));
  for (guint n = pick (self, 0, 8); n > 0; n--)
    g_variant_builder_add (&items, "u", n);
  g_flow_node_set_items_variant (map, g_variant_builder_end (&items));
  return map;
}

static GFlowNode *
add_node (Mix     *self,
          MixNode *node)
{
  g_autofree char *name = g_strdup_printf ("n%u", node->index);

  switch (node->kind)
    {
    case MIX_JOIN:
      return g_flow_add (self->flow, name, NULL, NULL, NULL, NULL);
    case MIX_FLOW:
      return g_flow_add_flow (self->flow, name, self->inner, NULL);
    case MIX_MAP:
      return add_map (self, name);
    case MIX_ASYNC:
    case MIX_ASYNC_ASKER:
      self->n_bodies++;
      return g_flow_add_task (self->flow, name, mix_body_async, node, mix_body_destroy, NULL);
    case MIX_WORKER:
    case MIX_CONTEXT:
    case MIX_SPAWNER:
    case MIX_ASKER:
    case MIX_CHOOSER:
    case MIX_N_KINDS:
    default:
      self->n_bodies++;
      return g_flow_add (self->flow, name, mix_body_sync, node, mix_body_destroy, NULL);
    }
}

static void
set_policy (Mix     *self,
            MixNode *node)
{
  if (node->kind == MIX_JOIN)
    return;

  if (chance (self, 0.3))
    {
      node->max_retries = pick (self, 1, 4);
      g_flow_node_set_max_retries (node->node, node->max_retries);
      g_flow_node_set_retry_delay (node->node, pick (self, 0, 3));
      g_flow_node_set_retry_factor (node->node, 1.5);
    }
  if (chance (self, 0.2))
    g_flow_node_set_timeout (node->node, pick (self, 1, 4));
  node->patient = chance (self, 0.15);
}

static void
link_node (Mix     *self,
           MixNode *node)
{
  for (guint i = 0; node->index > 0 && i < pick (self, 0, G_N_ELEMENTS (node->upstreams) + 1); i++)
    {
      const guint upstream = pick (self, node->index > 8 ? node->index - 8 : 0, node->index);
      gboolean known = FALSE;

      for (guint k = 0; k < node->n_upstreams; k++)
        known = known || node->upstreams[k] == upstream;
      if (known || node->n_upstreams == G_N_ELEMENTS (node->upstreams))
        continue;
      node->upstreams[node->n_upstreams++] = upstream;
      g_flow_node_add_upstream (node->node, self->nodes[upstream].node);
    }
  for (guint i = 0; node->kind != MIX_JOIN && i < MIX_N_LOCKS; i++)
    if (chance (self, 0.12))
      {
        node->locks |= 1u << i;
        g_flow_node_add_lock (node->node, self->locks[i]);
      }
}

static void
fill_node (Mix   *self,
           guint  index)
{
  MixNode *node = &self->nodes[index];

  node->mix = self;
  node->index = index;
  node->kind = pick (self, 0, MIX_N_KINDS);
  node->p_fail = chance (self, 0.3) ? g_rand_double (self->rand) : 0.0;
  node->run_when = chance (self, 0.7) ? G_FLOW_RUN_WHEN_ALL_SUCCEEDED : pick (self, 0, 3);
  node->node = add_node (self, node);
  g_assert_nonnull (node->node);
  if (node->kind == MIX_CONTEXT || (node->kind == MIX_CHOOSER && chance (self, 0.3)) ||
      (node->kind == MIX_SPAWNER && chance (self, 0.3)))
    g_flow_node_set_placement (node->node, G_FLOW_PLACEMENT_CONTEXT);
  g_flow_node_set_run_when (node->node, node->run_when);
  if (chance (self, 0.1))
    g_flow_node_set_priority (node->node, (int) pick (self, 0, 5) - 2);
  set_policy (self, node);
  link_node (self, node);
}

void
mix_init (Mix     *self,
          guint32  seed)
{
  *self = (Mix) { .seed = seed, .rand = g_rand_new_with_seed (seed), .thread = g_thread_self () };
  g_mutex_init (&self->mutex);
  self->questions = g_ptr_array_new_with_free_func (g_object_unref);
  self->sync = chance (self, 0.2);
  self->watched = chance (self, 0.4);
  self->told = chance (self, 0.5);
  self->n_actions = chance (self, 0.2) ? 0 : pick (self, 1, 40);
  self->on_error = chance (self, 0.5) ? G_FLOW_ON_ERROR_SKIP_DEPENDANTS : pick (self, 0, 4);
  self->flow = g_flow_new ();
  g_flow_set_max_threads (self->flow, pick (self, 1, 5));
  if (chance (self, 0.2))
    g_flow_set_max_parallel (self->flow, self->max_parallel = pick (self, 1, 5));
  for (guint i = 0; i < MIX_N_LOCKS; i++)
    {
      self->permits[i] = pick (self, 1, 4);
      self->locks[i] = g_flow_lock_new_with_permits (self->permits[i]);
    }
  make_inner (self);
  self->n_nodes = pick (self, 1, chance (self, 0.3) ? 60 : 15);
  self->nodes = g_new0 (MixNode, self->n_nodes);
  for (guint i = 0; i < self->n_nodes; i++)
    fill_node (self, i);
  if (chance (self, 0.15))
    {
      g_autofree char *path = NULL;

      g_close (g_file_open_tmp ("gflow-mix-XXXXXX", &path, NULL), NULL);
      self->journal = g_file_new_for_path (path);
    }
}

/* The last one to hold it may be a task that another thread has returned on, and is about to
 * let go. */
void
mix_finalize (gpointer pointer)
{
  GObject **object = pointer;

  g_object_add_weak_pointer (*object, pointer);
  g_object_unref (*object);
  TEST_WAIT (g_atomic_pointer_get (object) == NULL);
}

/* The run has gone: so does everything else, at home. */
void
mix_clear (Mix *self)
{
  mix_finalize (&self->flow);
  mix_finalize (&self->inner);
  TEST_WAIT (self->n_destroyed == self->n_bodies);
  for (guint i = 0; i < MIX_N_LOCKS; i++)
    {
      g_assert_cmpuint (g_flow_lock_get_in_use (self->locks[i]), ==, 0);
      g_assert_cmpuint (g_flow_lock_get_waiting (self->locks[i]), ==, 0);
      mix_finalize (&self->locks[i]);
    }
  if (self->journal != NULL)
    g_file_delete (self->journal, NULL, NULL);
  g_clear_object (&self->journal);
  g_ptr_array_unref (self->questions);
  g_mutex_clear (&self->mutex);
  g_free (self->nodes);
  g_rand_free (self->rand);
  g_clear_error (&self->error);
}
