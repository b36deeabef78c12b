/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-batch-private.h"

/* The plan for the requests of one endpoint. It is found out once which executors serve
 * them and where these run, and between which of them the documents go; those that
 * do not serve them, and nodes that only join, do not cost a request anything. */

/* Whether an executor serves requests of the channel. */
static gboolean
is_meant (GFlowChannel *channel,
          GFlowNode    *node)
{
  if (_g_flow_node_tap (node) == G_FLOW_TAP_OFF)
    return FALSE;
  return channel->target == NULL ||
         g_regex_match (channel->target, g_flow_node_get_name (node), G_REGEX_MATCH_ANCHORED, NULL);
}

static void
find_bindings (GFlowChannel *channel,
               GFlowPlace   *place,
               GFlowNode    *node)
{
  GFlowStation *station = g_hash_table_lookup (channel->pipeline->by_node, node);
  const char *endpoint = channel->endpoint != NULL ? channel->endpoint : "";

  if (station == NULL || !is_meant (channel, node) ||
      _g_flow_executor_find (station->instances->pdata[0], endpoint) == NULL)
    return;

  place->station = _g_flow_station_ref (station);
  place->bindings = _g_flow_station_find_bindings (station, endpoint);
}

/* What few nodes have: more than one instance, or what is around them, a condition, a reducer. */
static void
find_serving (GFlowChannel *channel,
              GFlowPlace   *place,
              GFlowNode    *node)
{
  GFlowServing *serving = _g_flow_node_serving (node);
  const char *endpoint = channel->endpoint != NULL ? channel->endpoint : "";

  if (serving == NULL)
    return;

  place->reducer = serving->reducer;
  if (serving->reduction != NULL)
    place->reduction = _g_flow_reduction_ref (serving->reduction);
  if (node->kind != G_FLOW_NODE_KIND_EXECUTOR || !is_meant (channel, node))
    return;

  if (serving->condition != NULL)
    place->condition = _g_flow_condition_ref (serving->condition);
  place->team = _g_flow_team_new (channel, place, g_flow_node_get_polling_for (node, endpoint));
  if (place->team != NULL)
    {
      g_clear_pointer (&place->station, _g_flow_station_unref);
      g_clear_pointer (&place->bindings, g_ptr_array_unref);
    }
}

static void
find_batcher (GFlowChannel *channel,
              GFlowPlace   *place)
{
  const char *endpoint = channel->endpoint != NULL ? channel->endpoint : "";

  if (place->bindings == NULL)
    return;

  const GFlowBatching *batching =
    _g_flow_executor_find_batching (place->station->instances->pdata[0], endpoint);

  if (batching != NULL)
    place->batcher = _g_flow_pipeline_ref_batcher (channel->pipeline, place->station,
                                                   G_FLOW_ROLE_ALONE, place->bindings, batching);
}

/* Not one that starts other runs. */
static gboolean
has_plain_body (GFlowNode *node)
{
  return node->kind != G_FLOW_NODE_KIND_FLOW && node->kind != G_FLOW_NODE_KIND_MAP;
}

/* A flow with executors serves if it is meant, or else has nothing to do. */
static void
enter_or_pass (GFlowChannel  *channel,
               GFlowPlace    *place,
               GFlowPlanNode *plan_node,
               gboolean      *in_context)
{
  place->enters = is_meant (channel, place->node);
  if (!place->enters)
    {
      plan_node->kind = G_FLOW_NODE_KIND_JOIN;
      *in_context = FALSE;
    }
}

/* How @node takes part in the channel. Called while its plan is compiled. TRUE if it takes its
 * own locks, and @lock. */
gboolean
_g_flow_channel_place (GFlowChannel   *channel,
                       GFlowNode      *node,
                       GFlowPlanNode  *plan_node,
                       gboolean       *in_context,
                       GFlowLock     **lock)
{
  GFlowPlace *place = &channel->places[node->index];
  GFlowBinding *binding;

  place->node = node;
  place->index = node->index;
  place->body = plan_node->body;
  place->user_data = plan_node->user_data;
  find_bindings (channel, place, node);
  find_serving (channel, place, node);
  find_batcher (channel, place);
  binding = place->bindings != NULL ? place->bindings->pdata[0] : NULL;
  place->merges = _g_flow_node_count_needs (node) > 1 && has_plain_body (node);
  place->may_retry = g_flow_node_get_max_retries (node) > 0;
  channel->may_retry = channel->may_retry || place->may_retry;
  if (place->enters)
    enter_or_pass (channel, place, plan_node, in_context);

  if (place->team != NULL)
    {
      plan_node->kind = G_FLOW_NODE_KIND_TASK;
      plan_node->body = G_CALLBACK (_g_flow_team_start);
      *in_context = TRUE;
    }
  else if (place->batcher != NULL)
    {
      plan_node->kind = G_FLOW_NODE_KIND_FUNC;
      plan_node->body = G_CALLBACK (_g_flow_passage_wait);
      *in_context = TRUE;
    }
  else if (binding != NULL && binding->task_func != NULL)
    {
      plan_node->kind = G_FLOW_NODE_KIND_TASK;
      plan_node->body = G_CALLBACK (_g_flow_passage_start);
      *in_context = TRUE;
    }
  else if (binding != NULL)
    {
      plan_node->kind = G_FLOW_NODE_KIND_FUNC;
      plan_node->body = G_CALLBACK (_g_flow_passage_serve);
      *lock = place->station->lock;
    }
  else if (place->condition != NULL)
    {
      plan_node->kind = G_FLOW_NODE_KIND_FUNC;
      plan_node->body = G_CALLBACK (_g_flow_passage_filter);
    }
  else if (place->merges && plan_node->kind == G_FLOW_NODE_KIND_TASK)
    {
      plan_node->body = G_CALLBACK (_g_flow_passage_join_task);
    }
  else if (place->merges)
    {
      plan_node->kind = G_FLOW_NODE_KIND_FUNC;
      plan_node->body = G_CALLBACK (_g_flow_passage_join);
    }
  else if (node->kind == G_FLOW_NODE_KIND_EXECUTOR)
    {
      *in_context = FALSE;
    }
  if (place->team != NULL || binding != NULL || place->condition != NULL || place->merges)
    plan_node->user_data = place;
  /* While a request waits for others nobody must wait for it. */
  return place->batcher == NULL && (place->team == NULL || !_g_flow_team_batches (place->team));
}

/* Where documents go */

static void
add_source (GArray  *sources,
            guint32  source)
{
  for (guint i = 0; i < sources->len; i++)
    if (g_array_index (sources, guint32, i) == source)
      return;
  g_array_append_val (sources, source);
}

/* Whether a node leaves documents of its own: it serves, or leaves some out, or puts branches
 * together. */
static gboolean
is_source (const GFlowPlace *place)
{
  return place->bindings != NULL || place->team != NULL || place->condition != NULL ||
         place->enters || (place->merges && place->n_sources > 1);
}

/* What @upstream leaves: its own, or what it has let pass. */
static void
add_sources_of (GFlowChannel *channel,
                guint32       upstream,
                GArray       *sources)
{
  const GFlowPlace *place = &channel->places[upstream];

  if (is_source (place))
    add_source (sources, upstream);
  for (guint i = 0; !is_source (place) && i < place->n_sources; i++)
    add_source (sources, place->sources[i]);
}

static void
set_sources (GFlowChannel *channel,
             GFlowPlace   *place,
             GArray       *sources)
{
  if (sources->len == 0)
    add_source (sources, G_FLOW_ENTRY);
  place->n_sources = sources->len;
  place->sources = g_memdup2 (sources->data, sizeof (guint32) * sources->len);
  g_array_set_size (sources, 0);
}

static void
count_takers (GFlowChannel *channel,
              GFlowPlace   *place)
{
  for (guint i = 0; i < place->n_sources; i++)
    if (place->sources[i] == G_FLOW_ENTRY)
      _g_flow_channel_entry (channel)->n_takers++;
    else
      channel->places[place->sources[i]].n_takers++;
}

/* The nodes so that upstreams come first. */
static guint32 *
order_nodes (GFlowPlan *plan)
{
  const guint n = plan->n_nodes;
  guint32 *order = g_new (guint32, n);
  g_autofree guint32 *pending = g_new (guint32, n);
  guint n_ordered = 0;

  for (guint i = 0; i < n; i++)
    {
      pending[i] = plan->start[i].pending;
      if (pending[i] == 0)
        order[n_ordered++] = i;
    }
  for (guint k = 0; k < n_ordered; k++)
    {
      guint32 n_successors;
      const guint32 *successors =
        _g_flow_plan_successors (plan, &plan->nodes[order[k]], &n_successors);

      for (guint32 s = 0; s < n_successors; s++)
        if (--pending[successors[s]] == 0)
          order[n_ordered++] = successors[s];
    }
  g_assert (n_ordered == n);
  return order;
}

/* Which nodes no response waits for: those that are detached, and what waits for them; but
 * not what the exit waits for, in whatever way. */
static void
find_beside (GFlowChannel  *channel,
             const guint32 *order,
             GFlowNode     *last)
{
  GFlowPlan *plan = channel->plan;
  g_autofree gboolean *needed = g_new0 (gboolean, (gsize) plan->n_nodes + 1);

  if (last != NULL)
    needed[last->index] = TRUE;
  for (guint k = plan->n_nodes; k-- > 0;)
    {
      guint32 n;
      const guint32 *upstreams = _g_flow_plan_upstreams (plan, order[k], &n);

      for (guint32 u = 0; needed[order[k]] && u < n; u++)
        needed[upstreams[u]] = TRUE;
    }

  for (guint k = 0; k < plan->n_nodes; k++)
    {
      const guint32 i = order[k];
      gboolean is_beside = _g_flow_node_is_detached (plan->nodes[i].node);
      guint32 n;
      const guint32 *upstreams = _g_flow_plan_upstreams (plan, i, &n);

      for (guint32 u = 0; u < n; u++)
        is_beside = is_beside || channel->places[upstreams[u]].is_beside;
      channel->places[i].is_beside = is_beside && !needed[i];
      channel->n_beside += channel->places[i].is_beside;
    }
}

/* Of taps, what is to be in the response. */
static void
find_collected (GFlowChannel *channel)
{
  g_autoptr(GArray) collected = g_array_new (FALSE, FALSE, sizeof (guint32));

  for (guint32 i = 0; i < channel->plan->n_nodes; i++)
    {
      GFlowPlace *place = &channel->places[i];

      if (_g_flow_node_tap (place->node) != G_FLOW_TAP_COLLECT || !is_source (place) ||
          place->is_beside)
        continue;
      place->n_takers++;
      g_array_append_val (collected, i);
    }
  channel->n_collected = collected->len;
  channel->collected = g_memdup2 (collected->data, sizeof (guint32) * collected->len);
}

static void
find_ways (GFlowChannel *channel,
           GFlowNode    *last)
{
  GFlowPlan *plan = channel->plan;
  g_autofree guint32 *order = order_nodes (plan);
  g_autoptr(GArray) sources = g_array_new (FALSE, FALSE, sizeof (guint32));

  for (guint k = 0; k < plan->n_nodes; k++)
    {
      const guint32 i = order[k];
      guint32 n;
      const guint32 *upstreams = _g_flow_plan_upstreams (plan, i, &n);

      for (guint32 u = 0; u < n; u++)
        add_sources_of (channel, upstreams[u], sources);
      set_sources (channel, &channel->places[i], sources);
    }
  find_beside (channel, order, last);
  if (last != NULL)
    add_sources_of (channel, last->index, sources);
  set_sources (channel, _g_flow_channel_exit (channel), sources);

  for (guint i = 0; i < plan->n_nodes; i++)
    if (is_source (&channel->places[i]))
      count_takers (channel, &channel->places[i]);
  count_takers (channel, _g_flow_channel_exit (channel));
  find_collected (channel);
}

/* Whether what is called at a node gets requests only. */
static gboolean
hides_run (const GFlowPlace *place)
{
  return place->body == NULL && place->team == NULL && place->batcher == NULL &&
         has_plain_body (place->node);
}

static gboolean
hides_runs (GFlowChannel *channel)
{
  for (guint i = 0; i < channel->plan->n_nodes; i++)
    if (!hides_run (&channel->places[i]))
      return FALSE;
  return channel->plan->policies == NULL && channel->n_beside == 0;
}

/* With places of which it is known whether they are flows that serve: found out before, as the mutex of a
 * flow must not be held for that. */
static void
make_places (GFlowChannel *channel,
             GFlowPlan    *plan)
{
  channel->places = g_new0 (GFlowPlace, plan->n_nodes + 2);
  for (guint i = 0; plan->subflows != NULL && i < plan->subflows->len; i++)
    {
      const guint32 index = g_array_index (plan->subflows, guint32, i);

      channel->places[index].enters = _g_flow_has_executors (_g_flow_node_subflow (plan->nodes[index].node));
    }
}

static void
compile (GFlowChannel  *channel,
         GFlowPipeline *pipeline,
         GFlowNode     *last)
{
  channel->pipeline = pipeline;
  channel->plan = _g_flow_plan_compile (pipeline->flow, channel);
  channel->plan->find_task_owner = _g_flow_passage_find_task_owner;
  find_ways (channel, last);
  channel->hides_runs = hides_runs (channel);
}

/* The flow is open, and so is not edited. NULL if it was closed meanwhile in another thread, where it may
 * have been edited. */
GFlowChannel *
_g_flow_channel_new (GFlowPipeline *pipeline,
                     const char    *endpoint,
                     GRegex        *target)
{
  GFlow *flow = pipeline->flow;
  g_autoptr(GFlowPlan) plan = _g_flow_ref_plan (flow);
  GFlowNode *last = g_flow_get_insertion_point (flow);
  GFlowChannel *channel = g_new0 (GFlowChannel, 1);

  atomic_init (&channel->ref_count, 1);
  channel->endpoint = g_strdup (endpoint);
  channel->target = target != NULL ? g_regex_ref (target) : NULL;
  make_places (channel, plan);

  _g_flow_mutex_lock (&flow->mutex);
  if (flow->pipeline == pipeline)
    compile (channel, pipeline, last);
  _g_flow_mutex_unlock (&flow->mutex);

  if (channel->plan == NULL)
    g_clear_pointer (&channel, _g_flow_channel_unref);
  return channel;
}

/* Whether nothing that is behind it may have been edited since: flows inside, which need not be open,
 * may have been. */
gboolean
_g_flow_channel_is_settled (GFlowChannel *channel)
{
  return channel->plan->subflows == NULL;
}

GFlowChannel *
_g_flow_channel_ref (GFlowChannel *channel)
{
  /* Relaxed: whoever has one reference may make another. */
  atomic_fetch_add_explicit (&channel->ref_count, 1, memory_order_relaxed);
  return channel;
}

/* They have data of the application's, which goes at home. */
static void
release_functions (GFlowChannel *channel,
                   GFlowPlace   *place)
{
  GFlowHome *home = &channel->plan->home;

  if (place->condition != NULL)
    _g_flow_home_release (home, place->condition, (GDestroyNotify) _g_flow_condition_unref);
  if (place->reduction != NULL)
    _g_flow_home_release (home, place->reduction, (GDestroyNotify) _g_flow_reduction_unref);
}

void
_g_flow_channel_unref (GFlowChannel *channel)
{
  /* Acquire and release: the last one comes after what all others have done. */
  if (atomic_fetch_sub_explicit (&channel->ref_count, 1, memory_order_acq_rel) != 1)
    return;

  for (guint i = 0; channel->plan != NULL && i < channel->plan->n_nodes + 2; i++)
    {
      GFlowPlace *place = &channel->places[i];

      g_clear_pointer (&place->station, _g_flow_station_unref);
      g_clear_pointer (&place->bindings, g_ptr_array_unref);
      g_clear_pointer (&place->team, _g_flow_team_free);
      g_clear_pointer (&place->batcher, _g_flow_batcher_unref);
      g_free (place->sources);
      release_functions (channel, place);
    }
  g_free (channel->places);
  g_free (channel->collected);
  g_free (channel->endpoint);
  g_clear_pointer (&channel->target, g_regex_unref);
  g_clear_pointer (&channel->plan, _g_flow_plan_unref);
  g_free (channel);
}
