/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-flow-private.h"

#include <string.h>

/* What a node waits for. Near needs are four bytes each and hold nothing, as the flow holds its
 * nodes; far ones are a pointer each, and hold what they point to. See GFlowNearNeeds. */

/* Far needs */

static GFlowNeed
need_for_name (const char *name)
{
  char *copy = g_strdup (name);

  g_assert ((GPOINTER_TO_SIZE (copy) & 3) == 0);
  return GSIZE_TO_POINTER (GPOINTER_TO_SIZE (copy) | 1);
}

static GFlowNeed
copy_need (GFlowNeed need)
{
  return _g_flow_need_is_name (need) ? need_for_name (_g_flow_need_name (need))
                                     : g_object_ref (need);
}

static void
free_need (GFlowNeed need)
{
  if (_g_flow_need_is_name (need))
    g_free ((char *) _g_flow_need_name (need));
  else
    g_object_unref (need);
}

/* NULL if it is a single need. */
static GFlowFarNeeds *
several_far (gpointer far)
{
  return (GPOINTER_TO_SIZE (far) & 2) != 0
           ? GSIZE_TO_POINTER (GPOINTER_TO_SIZE (far) & ~(gsize) 2) : NULL;
}

static GFlowFarNeeds *
resize_far (GFlowFarNeeds *far,
            gsize          n)
{
  return g_realloc (far, G_STRUCT_OFFSET (GFlowFarNeeds, items) + n * sizeof (GFlowNeed));
}

/* Where they are: a node that is in no flow has its body in their place. */
static gpointer *
far_place (GFlowNode *self)
{
  return self->is_in_flow ? &self->in.needs.far : &_g_flow_node_ensure_extras (self)->far_needs;
}

/* Takes @need, of a node that has no near ones. Arrays of needs grow by doubling: the capacity is
 * the power of two at or above their number, and is not stored. */
static void
append_far (GFlowNode *self,
            GFlowNeed  need)
{
  gpointer *far = far_place (self);

  if (self->needs_form == G_FLOW_NEEDS_NONE)
    {
      self->needs_form = G_FLOW_NEEDS_FAR;
      *far = need;
      return;
    }

  GFlowFarNeeds *several = several_far (*far);

  if (several == NULL)
    {
      several = resize_far (NULL, 2);
      several->n = 1;
      several->items[0] = *far;
    }
  else if ((several->n & (several->n - 1)) == 0)
    {
      several = resize_far (several, (gsize) several->n * 2);
    }
  several->items[several->n++] = need;
  *far = GSIZE_TO_POINTER (GPOINTER_TO_SIZE (several) | 2);
}

/* If there are any, they hold their nodes from now on. */
static void
make_needs_far (GFlowNode *self)
{
  guint n_needs;
  const guint32 *needs = _g_flow_node_near_needs (self, &n_needs);

  if (needs == NULL || n_needs == 0)
    return;

  GFlowNeedsForm form;
  const GFlowNeeds near = _g_flow_node_steal_needs (self, &form);

  needs = form == G_FLOW_NEEDS_MANY ? near.many->items : near.few;
  for (guint i = 0; i < n_needs; i++)
    append_far (self, g_object_ref (_g_flow_node_at (self->in.flow, needs[i])));
  _g_flow_needs_free (near, form, NULL);
}

/* Takes @need. */
static void
add_far (GFlowNode *self,
         GFlowNeed  need)
{
  make_needs_far (self);
  append_far (self, need);
}

static GPrivate dropping_needs;

/* Dropping a need may finalise a node, which drops its own needs, and so on
 * along a chain of any length: only the outermost call recurses, into a list. */
static void
drop_needs (GFlowNeed *needs,
            guint      n_needs)
{
  GArray *waiting = g_private_get (&dropping_needs);

  if (waiting != NULL)
    {
      g_array_append_vals (waiting, needs, n_needs);
      return;
    }

  waiting = g_array_sized_new (FALSE, FALSE, sizeof (GFlowNeed), n_needs);
  g_array_append_vals (waiting, needs, n_needs);
  g_private_set (&dropping_needs, waiting);
  while (waiting->len > 0)
    {
      GFlowNeed need = g_array_index (waiting, GFlowNeed, waiting->len - 1);

      g_array_set_size (waiting, waiting->len - 1);
      free_need (need);
    }
  g_private_set (&dropping_needs, NULL);
  g_array_unref (waiting);
}

static void
free_far (gpointer far)
{
  GFlowFarNeeds *several = several_far (far);

  if (several != NULL)
    drop_needs (several->items, several->n);
  else
    drop_needs (&far, 1);
  g_free (several);
}

/* Near needs */

/* So many have room in blocks of 32, 64, 128 bytes and so on, of which eight are the allocator's. */
static inline gboolean
fill_block (guint n)
{
  return n >= 5 && ((n + 3) & (n + 2)) == 0;
}

static GFlowNearNeeds *
resize_near (GFlowNearNeeds *near,
             gsize           n)
{
  return g_realloc (near, G_STRUCT_OFFSET (GFlowNearNeeds, items) + n * sizeof (guint32));
}

static void
add_near (GFlowNode *self,
          guint32    position)
{
  GFlowNearNeeds *many = self->in.needs.many;

  if (self->needs_form < G_FLOW_NEEDS_TWO)
    {
      self->in.needs.few[self->needs_form++] = position;
      return;
    }

  if (self->needs_form == G_FLOW_NEEDS_TWO)
    {
      many = resize_near (NULL, 5);
      many->n = 2;
      memcpy (many->items, self->in.needs.few, sizeof (self->in.needs.few));
      self->needs_form = G_FLOW_NEEDS_MANY;
    }
  else if (fill_block (many->n))
    {
      many = resize_near (many, ((gsize) many->n + 3) * 2 - 3);
    }
  many->items[many->n++] = position;
  self->in.needs.many = many;
}

/* Whoever waits for the node at @position goes on doing so, and therefore holds it from now on. */
static void
forget_position (GFlowNode *self,
                 guint32    position)
{
  guint n_needs;
  guint32 *needs = (guint32 *) _g_flow_node_near_needs (self, &n_needs);
  gboolean hold = self->index == position;

  if (needs == NULL)
    return;

  for (guint i = 0; i < n_needs; i++)
    hold = hold || needs[i] == position;
  if (hold)
    make_needs_far (self);
  for (guint i = 0; !hold && i < n_needs; i++)
    if (needs[i] > position)
      needs[i]--;
}

/* Before the node at @position leaves the flow. */
void
_g_flow_forget_position (GFlow   *flow,
                         guint32  position)
{
  for (guint i = flow->has_forward_needs ? 0 : position; i < flow->nodes->n; i++)
    forget_position (_g_flow_node_at (flow, i), position);
}

/* That of the near needs each is there once. The caller has in @asked of each node of the flow a number that
 * is that of @self + 1 for none. Nothing is written if nothing is repeated: whoever has the plan of the flow
 * as it stands may read the needs meanwhile, which are then each there once. */
void
_g_flow_node_forget_repeated_needs (GFlowNode *self,
                                    guint32   *asked)
{
  guint n_needs = 0, n_kept = 0;
  guint32 *needs = (guint32 *) _g_flow_node_near_needs (self, &n_needs);

  for (guint i = 0; i < n_needs; i++)
    if (asked[needs[i]] != self->index + 1)
      {
        asked[needs[i]] = self->index + 1;
        if (n_kept < i)
          needs[n_kept] = needs[i];
        n_kept++;
      }

  if (n_kept == n_needs)
    return;
  if (self->needs_form == G_FLOW_NEEDS_MANY)
    self->in.needs.many->n = n_kept;
  else
    self->needs_form = n_kept;
}

/* All needs */

guint
_g_flow_node_count_needs (GFlowNode *self)
{
  guint n_needs;

  if (_g_flow_node_near_needs (self, &n_needs) != NULL)
    return n_needs;

  const GFlowFarNeeds *several = several_far (*far_place (self));

  return several != NULL ? several->n : 1;
}

/* The need at @position among those of the node. */
GFlowNeed
_g_flow_node_get_need (GFlowNode *self,
                       guint      position)
{
  guint n_needs;
  const guint32 *needs = _g_flow_node_near_needs (self, &n_needs);

  if (needs != NULL)
    return _g_flow_node_at (self->in.flow, needs[position]);

  const GFlowFarNeeds *several = several_far (*far_place (self));

  return several != NULL ? several->items[position] : *far_place (self);
}

void
_g_flow_node_add_need (GFlowNode *self,
                       GFlowNode *upstream)
{
  GFlow *flow = _g_flow_node_flow (self);

  if (flow == NULL || flow != _g_flow_node_flow (upstream) || self->needs_form == G_FLOW_NEEDS_FAR)
    {
      add_far (self, g_object_ref (upstream));
      return;
    }

  if (upstream->index >= self->index)
    flow->has_forward_needs = TRUE;
  add_near (self, upstream->index);
}

void
_g_flow_node_add_name (GFlowNode  *self,
                       const char *name)
{
  add_far (self, need_for_name (name));
}

/* The names of nodes that may be added later; that of the entry stands for nothing to
 * wait for. */
void
_g_flow_node_add_names (GFlowNode          *self,
                        const char * const *names)
{
  for (gsize i = 0; names[i] != NULL; i++)
    if (strcmp (names[i], G_FLOW_GATEWAY) != 0)
      _g_flow_node_add_name (self, names[i]);
}

/* To @copy, which is in another flow at the same position, as are the copies of all nodes: whatever is
 * in the flow becomes its copy. */
void
_g_flow_node_copy_needs (GFlowNode *self,
                         GFlowNode *copy)
{
  guint n_needs;
  const guint32 *needs = _g_flow_node_near_needs (self, &n_needs);

  if (needs != NULL)
    {
      for (guint i = 0; i < n_needs; i++)
        add_near (copy, needs[i]);
      return;
    }

  for (guint i = 0; i < _g_flow_node_count_needs (self); i++)
    {
      GFlowNeed need = _g_flow_node_get_need (self, i);

      if (!_g_flow_need_is_name (need) && _g_flow_has_node_locked (self->in.flow, need))
        need = _g_flow_node_at (copy->in.flow, ((GFlowNode *) need)->index);
      append_far (copy, copy_need (need));
    }
}

/* For _g_flow_needs_free(), with the mutex of the flow released: what is dropped may be the last
 * reference to a node. */
GFlowNeeds
_g_flow_node_steal_needs (GFlowNode      *self,
                          GFlowNeedsForm *form)
{
  const GFlowNeeds needs = self->needs_form != G_FLOW_NEEDS_FAR ? self->in.needs
                                                                : (GFlowNeeds) { .far = *far_place (self) };

  *form = self->needs_form;
  self->needs_form = G_FLOW_NEEDS_NONE;
  return needs;
}

/* What is far is let go at @home; with NULL, here. */
void
_g_flow_needs_free (GFlowNeeds       needs,
                    GFlowNeedsForm   form,
                    const GFlowHome *home)
{
  if (form == G_FLOW_NEEDS_FAR && home != NULL)
    _g_flow_home_release (home, needs.far, free_far);
  else if (form == G_FLOW_NEEDS_FAR)
    free_far (needs.far);
  else if (form == G_FLOW_NEEDS_MANY)
    g_free (needs.many);
}

void
_g_flow_node_clear_needs (GFlowNode *self)
{
  GFlowNeedsForm form;
  const GFlowNeeds needs = _g_flow_node_steal_needs (self, &form);

  _g_flow_needs_free (needs, form, NULL);
}
