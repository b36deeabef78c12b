/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "resume-graph.h"

/* The value that a node stands for, from those of the upstreams that have results. */
static guint32
mix (guint32 value,
     guint32 more)
{
  return (value ^ more) * 2654435761u + 1;
}

static guint32
get_text_number (const char *text)
{
  g_assert_nonnull (text);
  g_assert_true (g_str_has_prefix (text, "the number "));
  return (guint32) g_ascii_strtoull (text + strlen ("the number "), NULL, 10);
}

/* Each item has added its number. */
static guint32
read_list (ResumeNode   *self,
           const GValue *value)
{
  GFlowValues *values = g_value_get_object (value);
  const guint n = g_flow_values_get_n_values (values);

  g_assert_cmpuint (n, ==, self->index % RESUME_MAX_ITEMS);
  for (guint i = 0; i < n; i++)
    {
      const GValue *item = g_flow_values_get_value (values, i);

      if (i == 2)
        g_assert_null (item);
      else if (i == 1)
        g_assert_cmpint (g_value_get_int64 (item), ==, (gint64) self->expected + i);
      else
        g_assert_cmpuint (g_variant_get_uint32 (g_value_get_variant (item)), ==, self->expected);
    }
  return self->expected;
}

static guint32
read_result (ResumeNode *self,
             GFlowRun   *run)
{
  const GValue *value = g_flow_run_get_result (run, self->node);

  g_assert_nonnull (value);
  switch (self->result)
    {
    case RESUME_NUMBER:
      g_assert_true (G_VALUE_HOLDS_INT64 (value));
      return (guint32) g_value_get_int64 (value);
    case RESUME_TEXT:
      g_assert_true (G_VALUE_HOLDS_STRING (value));
      return get_text_number (g_value_get_string (value));
    case RESUME_VARIANT:
      {
        guint32 number;

        g_assert_true (G_VALUE_HOLDS_VARIANT (value));
        g_variant_get (g_value_get_variant (value), "(su)", NULL, &number);
        return number;
      }
    case RESUME_LIST:
      return read_list (self, value);
    case RESUME_OBJECT:
      g_assert_true (G_VALUE_HOLDS_OBJECT (value));
      return GPOINTER_TO_UINT (g_object_get_data (g_value_get_object (value), "number"));
    case RESUME_NOTHING:
    case RESUME_N_RESULTS:
    default:
      g_assert_not_reached ();
    }
}

static void
give_result (ResumeNode *self,
             GFlowRun   *run)
{
  g_auto(GValue) value = G_VALUE_INIT;

  switch (self->result)
    {
    case RESUME_NUMBER:
      g_value_init (&value, G_TYPE_INT64);
      g_value_set_int64 (&value, self->expected);
      break;
    case RESUME_TEXT:
      g_value_init (&value, G_TYPE_STRING);
      g_value_take_string (&value, g_strdup_printf ("the number %u", self->expected));
      break;
    case RESUME_VARIANT:
      g_value_init (&value, G_TYPE_VARIANT);
      g_value_set_variant (&value, g_variant_new ("(su)", "number", self->expected));
      break;
    case RESUME_OBJECT:
      {
        g_autoptr(GObject) object = g_object_new (G_TYPE_OBJECT, NULL);

        g_object_set_data (object, "number", GUINT_TO_POINTER (self->expected));
        g_value_init (&value, G_TYPE_OBJECT);
        g_value_set_object (&value, object);
        break;
      }
    case RESUME_NOTHING:
    case RESUME_LIST:
    case RESUME_N_RESULTS:
    default:
      return;
    }
  g_flow_run_set_result (run, self->node, &value);
}

static gboolean
work (ResumeNode  *self,
      GFlowRun    *run,
      GError     **error)
{
  guint32 value = self->index;

  g_atomic_int_inc (&self->runs);
  for (guint i = 0; i < self->n_upstreams; i++)
    {
      ResumeNode *upstream = &self->graph->nodes[self->upstreams[i]];

      if (upstream->result != RESUME_NOTHING)
        value = mix (value, read_result (upstream, run));
    }
  g_assert_cmpuint (value, ==, self->expected);
  if (self->graph->ran != NULL)
    self->graph->ran (self, run);
  if (self->fails)
    {
      g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_FAILED, "%u fails", self->index);
      return FALSE;
    }
  give_result (self, run);
  return TRUE;
}

static gboolean
body_sync (GFlowNode  *node,
           GFlowRun   *run,
           gpointer    user_data,
           GError    **error)
{
  ResumeNode *self = user_data;

  if (self->place == RESUME_CONTEXT)
    g_assert_true (g_main_context_is_owner (test_context ()));
  return work (self, run, error);
}

static gboolean
return_later_cb (gpointer user_data)
{
  GTask *task = user_data;

  g_task_return_boolean (task, TRUE);
  return G_SOURCE_REMOVE;
}

static void
body_async (GFlowNode  *node,
            GFlowRun   *run,
            GTask      *task,
            gpointer    user_data,
            GError    **error)
{
  ResumeNode *self = user_data;

  if (!work (self, run, error))
    return;
  if (self->place == RESUME_ASYNC_LATER)
    {
      g_autoptr(GSource) source = g_idle_source_new ();

      g_source_set_callback (source, return_later_cb, g_object_ref (task), g_object_unref);
      g_source_attach (source, g_task_get_context (task));
      return;
    }
  g_task_return_boolean (task, TRUE);
}

/* A map reads what its upstreams have given when it makes its items, and these give what is
 * expected of it: as a variant, as a number, or not at all. */

static GListModel *
make_items (GFlowNode  *node,
            GFlowRun   *run,
            gpointer    user_data,
            GError    **error)
{
  ResumeNode *self = user_data;
  GListStore *items;

  if (!work (self, run, error))
    return NULL;

  items = g_list_store_new (G_TYPE_FILE);
  for (guint i = 0; i < self->index % RESUME_MAX_ITEMS; i++)
    {
      g_autofree char *path = g_strdup_printf ("/%u", i);
      g_autoptr(GFile) item = g_file_new_for_path (path);

      g_list_store_append (items, item);
    }
  return G_LIST_MODEL (items);
}

static gboolean
body_item (GFlowNode  *node,
           GFlowRun   *run,
           gpointer    user_data,
           GError    **error)
{
  ResumeNode *self = user_data;
  GFile *item = g_value_get_object (g_flow_run_get_map_item (run, node));
  const guint number = (guint) g_ascii_strtoull (g_file_peek_path (item) + 1, NULL, 10);
  g_auto(GValue) value = G_VALUE_INIT;

  if (self->graph->ran_item != NULL)
    self->graph->ran_item (self, number);
  if (number == 1)
    {
      g_value_init (&value, G_TYPE_INT64);
      g_value_set_int64 (&value, (gint64) self->expected + number);
      g_flow_run_set_result (run, node, &value);
    }
  else if (number != 2)
    {
      g_flow_run_set_result_variant (run, node, g_variant_new_uint32 (self->expected));
    }
  return TRUE;
}

static GFlowNode *
add_map (ResumeGraph *self,
         const char  *name,
         ResumeNode  *node)
{
  g_autoptr(GFlowNode) each = g_flow_node_new (NULL, body_item, node, NULL);
  GFlowNode *map = g_flow_add_map (self->flow, name, each, node->index % 3, NULL);

  g_flow_node_set_items_func (map, make_items, node, NULL);
  return map;
}

static void
fill_node (ResumeGraph *self,
           guint        index,
           GRand       *random)
{
  ResumeNode *node = &self->nodes[index];
  guint32 value = index;

  node->graph = self;
  node->index = index;
  node->result = g_rand_int_range (random, 0, RESUME_N_RESULTS);
  /* Most can be kept. */
  if (node->result == RESUME_OBJECT && g_rand_int_range (random, 0, 3) > 0)
    node->result = RESUME_VARIANT;
  node->place = g_rand_int_range (random, 0, RESUME_N_PLACES);
  if (g_rand_boolean (random))
    node->place = RESUME_WORKER;
  if (node->result == RESUME_LIST)
    node->place = RESUME_MAP;

  for (guint i = 0; index > 0 && i < (guint) g_rand_int_range (random, 0, 4); i++)
    {
      const guint upstream = g_rand_int_range (random, index > 12 ? (int) index - 12 : 0, index);
      gboolean is_known = FALSE;

      for (guint k = 0; k < node->n_upstreams; k++)
        is_known = is_known || node->upstreams[k] == upstream;
      if (is_known)
        continue;

      node->upstreams[node->n_upstreams++] = upstream;
      self->nodes[upstream].n_downstreams++;
      if (self->nodes[upstream].result != RESUME_NOTHING)
        value = mix (value, self->nodes[upstream].expected);
    }
  node->expected = value;
}

static void
add_node (ResumeGraph *self,
          guint        index)
{
  ResumeNode *node = &self->nodes[index];
  g_autofree char *name = g_strdup_printf ("n%u", index);

  if (node->place == RESUME_MAP)
    node->node = add_map (self, name, node);
  else if (node->place == RESUME_WORKER || node->place == RESUME_CONTEXT)
    node->node = g_flow_add (self->flow, name, body_sync, node, NULL, NULL);
  else
    node->node = g_flow_add_task (self->flow, name, body_async, node, NULL, NULL);
  g_assert_nonnull (node->node);
  if (node->place == RESUME_CONTEXT)
    g_flow_node_set_placement (node->node, G_FLOW_PLACEMENT_CONTEXT);
  for (guint i = 0; i < node->n_upstreams; i++)
    {
      g_autofree char *upstream = g_strdup_printf ("n%u", node->upstreams[i]);

      g_flow_node_add_upstream_by_name (node->node, upstream);
    }
}

ResumeGraph *
resume_graph_new (guint64 seed,
                  guint   n_nodes,
                  guint   shuffle)
{
  const guint32 seeds[2] = { (guint32) seed, (guint32) (seed >> 32) };
  g_autoptr(GRand) random = g_rand_new_with_seed_array (seeds, 2);
  g_autoptr(GRand) shuffler = g_rand_new_with_seed (shuffle);
  g_autofree guint *order = g_new (guint, n_nodes);
  ResumeGraph *self = g_new0 (ResumeGraph, 1);

  self->flow = g_flow_new ();
  self->n_nodes = n_nodes;
  self->nodes = g_new0 (ResumeNode, n_nodes);
  for (guint i = 0; i < n_nodes; i++)
    {
      fill_node (self, i, random);
      order[i] = i;
    }
  for (guint i = n_nodes; shuffle > 0 && i > 1; i--)
    {
      const guint other = g_rand_int_range (shuffler, 0, i), last = order[i - 1];

      order[i - 1] = order[other];
      order[other] = last;
    }
  for (guint i = 0; i < n_nodes; i++)
    add_node (self, order[i]);
  return self;
}

void
resume_graph_free (ResumeGraph *self)
{
  g_object_unref (self->flow);
  g_free (self->nodes);
  g_free (self);
}

void
resume_node_assert_result (ResumeNode *self,
                           GFlowRun   *run)
{
  if (self->result == RESUME_NOTHING)
    g_assert_null (g_flow_run_get_result (run, self->node));
  else
    g_assert_cmpuint (read_result (self, run), ==, self->expected);
}

static gboolean
has_running_downstream (ResumeGraph    *self,
                        guint           index,
                        const gboolean *runs)
{
  for (guint i = 0; i < self->n_nodes; i++)
    for (guint k = 0; k < self->nodes[i].n_upstreams; k++)
      if (self->nodes[i].upstreams[k] == index && runs[i])
        return TRUE;
  return FALSE;
}

/* As the documentation says it, and not as the library does it. */
gboolean *
resume_graph_predict (ResumeGraph    *self,
                      const gboolean *done,
                      gboolean        keep_results)
{
  gboolean *runs = g_new0 (gboolean, self->n_nodes);
  g_autofree gboolean *unfinished = g_new0 (gboolean, self->n_nodes);

  for (guint i = 0; i < self->n_nodes; i++)
    {
      unfinished[i] = !done[i];
      for (guint k = 0; k < self->nodes[i].n_upstreams; k++)
        unfinished[i] = unfinished[i] || unfinished[self->nodes[i].upstreams[k]];
      runs[i] = unfinished[i];
    }
  for (gboolean changed = TRUE; changed;)
    {
      changed = FALSE;
      for (guint i = 0; i < self->n_nodes; i++)
        if (!runs[i] && self->nodes[i].result == RESUME_OBJECT &&
            (keep_results || self->nodes[i].n_downstreams == 0 ||
             has_running_downstream (self, i, runs)))
          changed = runs[i] = TRUE;
    }
  return runs;
}
