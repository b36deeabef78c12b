/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-batch-private.h"

/* What serves at a node in several steps: all shards of an executor at once, and executors in
 * front of them and behind them. Together they are a team, which is a flow of its own:
 *
 *     before → shard 0, shard 1, … → reduce → after
 *
 * as far as there are such. To serve a request is a *visit*: a run of that flow, which
 * begins when the node does, in the owner context of the request, and the node ends with it.
 *
 * Where the first shard decides (ALL_ASYNC) the node goes on when one has succeeded; the others
 * are cancelled, and their run ends when they have. What is behind the shards is a flow of
 * its own then. */

typedef struct
{
  GFlowTeam    *team;     /* (unowned) */
  GFlowStation *station;  /* (owned) (nullable): not of what reduces */
  GPtrArray    *bindings; /* (owned) (nullable) of GFlowBinding, of each of its instances */
  GFlowBatcher *batcher;  /* (owned) (nullable): if it serves several requests at once */
  int           role;     /* which shard it is, or a GFlowRole */
} Member;

struct _GFlowTeam
{
  GFlowPlace   *place;    /* (unowned): it has the team */
  GFlowChannel *channel;  /* (unowned): it has that */
  GFlowPolling  polling;
  GFlow        *flow;     /* (owned) */
  GFlow        *rest;     /* (owned) (nullable): what is behind the first that succeeds */
  GPtrArray    *members;  /* (owned) of Member */
  guint         n_shards; /* that serve each request; 0: one instance does */
  gboolean      batches;  /* some member serves several requests at once */
};

struct _GFlowVisit
{
  guint          ref_count;   /* owner context only */
  GFlowTeam     *team;        /* (unowned): channel has it */
  GFlowChannel  *channel;     /* (owned) */
  GFlowPipeline *pipeline;    /* (owned) */
  GFlowPassage   passage;     /* of its runs: says that they are its */
  GFlowPassage  *outer;       /* (unowned): of the request; until the task has returned */
  GTask         *task;        /* (owned) (nullable): of the node, likewise */
  GFlowOnError   on_error;
  GFlowRun      *run;         /* (owned) (nullable): until it has ended */
  GList          link;        /* of that, in the pipeline */
  GFlowRun      *rest;        /* (owned) (nullable): likewise, of what is behind */
  GFlowRequest  *input;       /* (owned) */
  GFlowRequest **parts;       /* (owned): what the shards have */
  GFlowRequest  *outcome;     /* (owned) (nullable): what they have left, put together */
  guint32       *instances;   /* (owned): which of its instances serves, for each member */
  _Atomic int    winner;      /* the first shard that has succeeded; else -1 */
  GSource       *won;         /* (owned) (nullable): goes on with that */
};

/* The team */

static void
free_member (gpointer data)
{
  Member *member = data;

  g_clear_pointer (&member->station, _g_flow_station_unref);
  g_clear_pointer (&member->bindings, g_ptr_array_unref);
  g_clear_pointer (&member->batcher, _g_flow_batcher_unref);
  g_free (member);
}

static gboolean serve          (GFlowNode  *node,
                                GFlowRun   *run,
                                gpointer    user_data,
                                GError    **error);
static gpointer find_task_owner (GFlowRun  *run,
                                guint32     index,
                                gboolean    at_once);
static void     start_to_serve (GFlowNode  *node,
                                GFlowRun   *run,
                                GTask      *task,
                                gpointer    user_data,
                                GError    **error);
static gboolean wait_for_others (GFlowNode *node,
                                GFlowRun   *run,
                                gpointer    user_data,
                                GError    **error);
static gboolean reduce         (GFlowNode  *node,
                                GFlowRun   *run,
                                gpointer    user_data,
                                GError    **error);

static char *
make_name (GFlowTeam *team,
           int        role,
           gboolean   reduces)
{
  const char *name = g_flow_node_get_name (team->place->node);

  if (reduces)
    return g_strdup_printf ("%s/reduce", name);
  if (role == G_FLOW_ROLE_BEFORE)
    return g_strdup_printf ("%s/before", name);
  if (role == G_FLOW_ROLE_AFTER)
    return g_strdup_printf ("%s/after", name);
  return role < 0 ? g_strdup (name) : g_strdup_printf ("%s/%d", name, role);
}

static const char *
get_endpoint (GFlowChannel *channel)
{
  return channel->endpoint != NULL ? channel->endpoint : "";
}

/* The instances at @station take part. */
static void
enlist (GFlowTeam    *team,
        Member       *member,
        GFlowStation *station)
{
  const char *endpoint = get_endpoint (team->channel);
  const GFlowBatching *batching =
    _g_flow_executor_find_batching (station->instances->pdata[0], endpoint);

  member->station = _g_flow_station_ref (station);
  member->bindings = _g_flow_station_find_bindings (station, endpoint);
  if (batching != NULL)
    member->batcher = _g_flow_pipeline_ref_batcher (team->channel->pipeline, station, member->role,
                                                    member->bindings, batching);
}

/* A node of a member whose instances serve one request at a time. While others wait for requests to
 * be served with, these must not have the locks of the node: then each takes them for itself. */
static GFlowNode *
add_single (GFlowTeam  *team,
            GFlow      *flow,
            const char *name,
            Member     *member)
{
  GFlowNode *real = team->place->node;
  GPtrArray *locks = team->batches ? _g_flow_node_locks (real) : NULL;
  GFlowBinding *binding = member->bindings->pdata[0];
  GFlowNode *node;

  if (binding->task_func != NULL)
    {
      node = g_flow_add_task (flow, name, start_to_serve, member, NULL, NULL);
    }
  else
    {
      node = g_flow_add (flow, name, serve, member, NULL, NULL);
      g_flow_node_set_placement (node, g_flow_node_get_placement (real));
      _g_flow_station_add_locks (member->station, member->role, node);
    }
  for (guint i = 0; locks != NULL && i < locks->len; i++)
    g_flow_node_add_lock (node, locks->pdata[i]);
  return node;
}

/* Adds a node: of a station, if there is one, or what reduces. */
static GFlowNode *
add_member (GFlowTeam    *team,
            GFlow        *flow,
            GFlowStation *station,
            int           role)
{
  Member *member = g_new0 (Member, 1);
  g_autofree char *name = make_name (team, role, station == NULL);
  GFlowNode *node;

  member->team = team;
  member->role = role;
  g_ptr_array_add (team->members, member);
  if (station != NULL)
    enlist (team, member, station);
  if (station != NULL && member->batcher == NULL)
    return add_single (team, flow, name, member);

  node = g_flow_add (flow, name, station != NULL ? wait_for_others : reduce, member, NULL, NULL);
  g_flow_node_set_placement (node, station != NULL ? G_FLOW_PLACEMENT_CONTEXT
                                                   : g_flow_node_get_placement (team->place->node));
  return node;
}

/* Adds a node that waits for @last, if there is one. */
static GFlowNode *
append_member (GFlowTeam    *team,
               GFlow        *flow,
               GFlowNode    *last,
               GFlowStation *station,
               int           role)
{
  GFlowNode *node = add_member (team, flow, station, role);

  if (last != NULL)
    g_flow_node_add_upstream (node, last);
  return node;
}

/* All shards, and what puts together what they leave, unless that is of one of them: then NULL. */
static GFlowNode *
append_shards (GFlowTeam    *team,
               GFlowNode    *last,
               GFlowStation *station)
{
  g_autofree GFlowNode **shards = g_new (GFlowNode *, team->n_shards);

  for (guint i = 0; i < team->n_shards; i++)
    shards[i] = append_member (team, team->flow, last, station, i);
  if (team->polling != G_FLOW_POLLING_ALL)
    return NULL;

  GFlowNode *node = add_member (team, team->flow, NULL, G_FLOW_ROLE_ALONE);

  g_flow_node_set_upstreams (node, shards, team->n_shards);
  return node;
}

/* From now on it is at home where the flow around it is, and the same threads work for it. */
static void
settle (GFlow *flow,
        GFlow *outer)
{
  _g_flow_home_clear (&flow->home);
  _g_flow_home_copy (&flow->home, &outer->home);
  _g_flow_crew_unref (flow->crew);
  flow->crew = _g_flow_crew_ref (outer->crew);
  flow->max_threads = outer->max_threads;
  flow->find_task_owner = find_task_owner;
}

static void
add_members (GFlowTeam    *team,
             GFlowStation *before,
             GFlowStation *station,
             GFlowStation *after)
{
  GFlow *outer = team->channel->pipeline->flow;
  GFlowNode *last = NULL;

  team->flow = g_flow_new ();
  if (before != NULL)
    last = append_member (team, team->flow, NULL, before, G_FLOW_ROLE_BEFORE);
  if (team->n_shards > 0)
    last = append_shards (team, last, station);
  else if (station != NULL)
    last = append_member (team, team->flow, last, station, G_FLOW_ROLE_ALONE);
  if (after != NULL && team->polling == G_FLOW_POLLING_ALL_ASYNC && team->n_shards > 0)
    team->rest = g_flow_new ();
  if (after != NULL)
    append_member (team, team->rest != NULL ? team->rest : team->flow, last, after,
                   G_FLOW_ROLE_AFTER);

  settle (team->flow, outer);
  if (team->rest != NULL)
    settle (team->rest, outer);
}

static GFlowStation *
find_station (GFlowChannel *channel,
              GHashTable   *table,
              GFlowNode    *node)
{
  GFlowStation *station = g_hash_table_lookup (table, node);

  return station != NULL &&
         _g_flow_executor_find (station->instances->pdata[0], get_endpoint (channel)) != NULL
           ? station : NULL;
}

static gboolean
has_batches (GFlowTeam    *team,
             GFlowStation *station)
{
  return station != NULL &&
         _g_flow_executor_find_batching (station->instances->pdata[0],
                                         get_endpoint (team->channel)) != NULL;
}

/* NULL if one instance alone serves at @place, or none. Called while the plan of @channel is
 * compiled. */
GFlowTeam *
_g_flow_team_new (GFlowChannel *channel,
                  GFlowPlace   *place,
                  GFlowPolling  polling)
{
  GFlowPipeline *pipeline = channel->pipeline;
  GFlowStation *before = find_station (channel, pipeline->before, place->node);
  GFlowStation *after = find_station (channel, pipeline->after, place->node);
  GFlowStation *station = place->station;
  const gboolean all = station != NULL && station->n_shards > 1 && polling != G_FLOW_POLLING_ANY;

  if (before == NULL && after == NULL && !all)
    return NULL;

  GFlowTeam *team = g_new0 (GFlowTeam, 1);

  team->place = place;
  team->channel = channel;
  team->polling = polling;
  team->n_shards = all ? station->n_shards : 0;
  team->members = g_ptr_array_new_with_free_func (free_member);
  team->batches = has_batches (team, before) || has_batches (team, station) ||
                  has_batches (team, after);
  add_members (team, before, station, after);
  return team;
}

/* Whether its members take the locks of the node, each for itself. */
gboolean
_g_flow_team_batches (GFlowTeam *team)
{
  return team->batches;
}

void
_g_flow_team_free (GFlowTeam *team)
{
  g_clear_object (&team->flow);
  g_clear_object (&team->rest);
  g_ptr_array_unref (team->members);
  g_free (team);
}

/* Bodies */

static GFlowVisit *
get_visit (GFlowRun *run)
{
  return run->passage->visit;
}

static GFlowRequest *
make_part (GFlowVisit *visit,
           int         shard)
{
  GFlowRequest *part = _g_flow_request_branch (visit->input);

  part->node = visit->team->place->node;
  part->instance = shard;
  if (visit->input->of_node != NULL)
    part->of_node = g_variant_ref (visit->input->of_node);
  visit->parts[shard] = part;
  return part;
}

/* What a member serves. */
static GFlowRequest *
take_part (GFlowVisit *visit,
           Member     *member)
{
  GFlowRequest *part = visit->input;

  if (member->role >= 0)
    return visit->parts[member->role] != NULL ? visit->parts[member->role]
                                              : make_part (visit, member->role);
  if (member->role == G_FLOW_ROLE_AFTER && visit->outcome != NULL)
    part = visit->outcome;
  part->instance = member->role;
  return part;
}

/* The first shard that has succeeded, if the first decides. On any thread. */
static void
note_success (GFlowVisit *visit,
              Member     *member)
{
  int none = -1;

  if (visit->team->polling != G_FLOW_POLLING_ALL_ASYNC || member->role < 0)
    return;
  /* Release: publishes what it has left, and pairs with go_on_with_winner(). */
  if (atomic_compare_exchange_strong_explicit (&visit->winner, &none, member->role,
                                               memory_order_release, memory_order_relaxed))
    g_source_set_ready_time (visit->won, 0);
}

static gboolean
serve (GFlowNode  *node,
       GFlowRun   *run,
       gpointer    user_data,
       GError    **error)
{
  Member *member = user_data;
  GFlowVisit *visit = get_visit (run);
  GFlowRequest *part = take_part (visit, member);
  const guint instance = _g_flow_station_enter_role (member->station, member->role, TRUE);
  GFlowBinding *binding = member->bindings->pdata[instance];
  guint index;

  _g_flow_plan_find (run->plan, node, &index);

  const gboolean served =
    binding->func (member->station->instances->pdata[instance], part,
                   _g_flow_run_node_cancellable (run, index), binding->user_data, error);

  _g_flow_station_leave_role (member->station, member->role, instance);
  if (served)
    note_success (visit, member);
  return served;
}

/* Which of its instances serves; to which 1 is added. */
static guint32 *
find_instance (GFlowVisit *visit,
               Member     *member)
{
  guint position;

  g_ptr_array_find (visit->team->members, member, &position);
  return &visit->instances[position];
}

/* As _g_flow_passage_find_task_owner(). */
static gpointer
find_task_owner (GFlowRun *run,
                 guint32   index,
                 gboolean  at_once)
{
  const GFlowPlanNode *node = &run->plan->nodes[index];
  Member *member = node->user_data;

  if (member->station == NULL || member->batcher != NULL)
    return node->node;

  guint instance = _g_flow_station_get_only (member->station, member->role);

  if (instance == G_MAXUINT && !at_once)
    return NULL;
  if (instance == G_MAXUINT)
    {
      instance = _g_flow_station_enter_role (member->station, member->role, FALSE);
      *find_instance (get_visit (run), member) = instance + 1;
    }
  return member->station->instances->pdata[instance];
}

static void
start_to_serve (GFlowNode  *node,
                GFlowRun   *run,
                GTask      *task,
                gpointer    user_data,
                GError    **error)
{
  Member *member = user_data;
  GFlowVisit *visit = get_visit (run);
  GFlowRequest *part = take_part (visit, member);
  guint32 *entered = find_instance (visit, member);

  if (*entered == 0)
    *entered = _g_flow_station_enter_role (member->station, member->role, FALSE) + 1;

  const guint instance = *entered - 1;
  GFlowBinding *binding = member->bindings->pdata[instance];

  binding->task_func (member->station->instances->pdata[instance], part, task, binding->user_data,
                      error);
}

/* The body of a member that serves several requests at once. */
static gboolean
wait_for_others (GFlowNode  *node,
                 GFlowRun   *run,
                 gpointer    user_data,
                 GError    **error)
{
  Member *member = user_data;

  _g_flow_batcher_add (member->batcher, run, node, take_part (get_visit (run), member));
  return TRUE;
}

/* A node has ended in the context, and is not marked as ended yet. */
void
_g_flow_visit_node_ended (GFlowVisit     *visit,
                          GFlowRun       *run,
                          guint32         index,
                          GFlowNodeState  state)
{
  const GFlowPlanNode *node = &run->plan->nodes[index];
  Member *member = node->user_data;
  guint32 *instance = find_instance (visit, member);

  if (*instance == 0 && member->batcher == NULL)
    return;

  if (*instance > 0)
    _g_flow_station_leave (member->station, *instance - 1);
  *instance = 0;
  if (state == G_FLOW_NODE_STATE_DONE)
    note_success (visit, member);
}

/* Puts together what the shards have left: under IGNORE, those that there are. */
static gboolean
reduce (GFlowNode  *node,
        GFlowRun   *run,
        gpointer    user_data,
        GError    **error)
{
  GFlowVisit *visit = get_visit (run);
  GFlowTeam *team = visit->team;
  g_autofree GFlowRequest **parts = g_new (GFlowRequest *, team->n_shards);
  guint n = 0;

  for (guint i = 0; i < team->n_shards; i++)
    if (visit->parts[i] != NULL)
      parts[n++] = visit->parts[i];

  GFlowRequest *outcome = _g_flow_place_reduce (team->place, _g_flow_request_get_root (visit->input),
                                                parts, n, error);

  if (outcome == NULL)
    return FALSE;
  if (visit->input->of_node != NULL)
    outcome->of_node = g_variant_ref (visit->input->of_node);
  g_clear_object (&visit->outcome);
  visit->outcome = outcome;
  return TRUE;
}

/* Visits */

static GFlowVisit *
visit_ref (GFlowVisit *visit)
{
  visit->ref_count++;
  return visit;
}

static void
visit_unref (GFlowVisit *visit)
{
  if (--visit->ref_count > 0)
    return;

  for (guint i = 0; i < visit->team->n_shards; i++)
    g_clear_object (&visit->parts[i]);
  if (visit->won != NULL)
    g_source_destroy (visit->won);
  g_clear_pointer (&visit->won, g_source_unref);
  g_clear_object (&visit->input);
  g_clear_object (&visit->outcome);
  g_clear_object (&visit->run);
  g_clear_object (&visit->rest);
  g_free (visit->parts);
  g_free (visit->instances);
  _g_flow_channel_unref (visit->channel);
  _g_flow_pipeline_unref (visit->pipeline);
  g_free (visit);
}

/* The node ends. Takes @error. */
static void
finish (GFlowVisit *visit,
        GError     *error)
{
  g_autoptr(GTask) task = g_steal_pointer (&visit->task);
  const guint32 index = visit->team->place->index;

  if (visit->outcome != NULL)
    {
      visit->outcome->instance = G_FLOW_ROLE_ALONE;
      g_set_object (&visit->outer->parts[index], visit->outcome);
    }
  visit->input->instance = G_FLOW_ROLE_ALONE;
  visit->outer = NULL;
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

/* Starts a run of @flow. @parent is the run of the request, if that waits for it. If it cannot
 * be started the node has ended. */
static void
start_run (GFlowVisit      *visit,
           GFlowRun       **run,
           GFlow           *flow,
           GFlowRun        *parent,
           GFlowEndedFunc   ended)
{
  GError *error = NULL;

  *run = g_flow_run_new (flow);
  g_flow_run_set_on_error (*run, visit->on_error);
  (*run)->passage = &visit->passage;
  (*run)->quiet = TRUE;
  (*run)->parent = parent;
  if (_g_flow_run_begin (*run, g_task_get_context (visit->task),
                         g_task_get_cancellable (visit->task), ended, visit_ref (visit), &error))
    return;

  (*run)->passage = NULL;
  (*run)->parent = NULL;
  g_clear_object (run);
  finish (visit, error);
  visit_unref (visit);
}

static void
run_ended (GFlowRun     *run,
           const GError *error,
           gpointer      user_data)
{
  GFlowVisit *visit = user_data;

  finish (visit, error != NULL ? g_error_copy (error) : NULL);
  visit_unref (visit);
}

/* What it has left goes on; the others are not wanted any more. */
static void
go_on_with_winner (GFlowVisit *visit)
{
  GFlowTeam *team = visit->team;
  /* Acquire: pairs with note_success(). */
  const int winner = atomic_load_explicit (&visit->winner, memory_order_acquire);

  visit->outcome = g_object_ref (visit->parts[winner]);
  for (guint i = 0; visit->run != NULL && i < team->members->len; i++)
    {
      const int role = ((Member *) team->members->pdata[i])->role;

      if (role >= 0 && role != winner)
        g_flow_run_cancel_node (visit->run, _g_flow_node_at (team->flow, i));
    }
  if (team->rest != NULL)
    start_run (visit, &visit->rest, team->rest, NULL, run_ended);
  else
    finish (visit, NULL);
}

static gboolean
won_cb (gpointer user_data)
{
  GFlowVisit *visit = visit_ref (user_data);

  if (visit->outcome == NULL)
    go_on_with_winner (visit);
  visit_unref (visit);
  return G_SOURCE_REMOVE;
}

static gboolean
dispatch_won (GSource     *source,
              GSourceFunc  callback,
              gpointer     user_data)
{
  return callback (user_data);
}

static GSourceFuncs won_funcs = { .dispatch = dispatch_won };

/* The first shard decides. What the others get must not be looked for when the request is
 * somebody else's, and so all of it is there from the start. */
static void
prepare_race (GFlowVisit *visit)
{
  for (guint i = 0; i < visit->team->n_shards; i++)
    make_part (visit, i);
  visit->won = g_source_new (&won_funcs, sizeof (GSource));
  g_source_set_static_name (visit->won, "GFlow first shard");
  g_source_set_callback (visit->won, won_cb, visit, NULL);
  g_source_attach (visit->won, g_task_get_context (visit->task));
}

/* All shards have ended, and mostly the node has before. */
static void
race_ended (GFlowRun     *run,
            const GError *error,
            gpointer      user_data)
{
  GFlowVisit *visit = user_data;

  g_source_destroy (visit->won);
  _g_flow_pipeline_remove_run (visit->pipeline, &visit->link);
  g_clear_object (&visit->run);
  if (visit->outcome == NULL && atomic_load_explicit (&visit->winner, memory_order_relaxed) >= 0)
    go_on_with_winner (visit);
  else if (visit->outcome == NULL)
    finish (visit, g_error_copy (error));
  visit_unref (visit);
}

/* Other runs of the pipeline are known by the request. */
static void
start_race (GFlowVisit *visit)
{
  prepare_race (visit);
  visit->link.data = NULL;
  start_run (visit, &visit->run, visit->team->flow, NULL, race_ended);
  if (visit->run == NULL)
    return;

  visit->link.data = visit->run;
  _g_flow_pipeline_add_run (visit->pipeline, &visit->link);
}

static GFlowVisit *
visit_new (GFlowTeam    *team,
           GFlowRun     *run,
           GTask        *task,
           GFlowRequest *input)
{
  GFlowVisit *visit = g_new0 (GFlowVisit, 1);

  visit->ref_count = 1;
  visit->team = team;
  visit->channel = _g_flow_channel_ref (run->passage->channel);
  visit->pipeline = _g_flow_pipeline_ref (run->passage->pipeline);
  visit->passage.visit = visit;
  visit->outer = run->passage;
  visit->task = g_object_ref (task);
  visit->on_error = run->on_error;
  visit->input = g_object_ref (input);
  visit->parts = g_new0 (GFlowRequest *, team->n_shards);
  visit->instances = g_new0 (guint32, team->members->len);
  atomic_init (&visit->winner, -1);
  return visit;
}

/* The body of a node where a team serves. */
void
_g_flow_team_start (GFlowNode  *node,
                    GFlowRun   *run,
                    GTask      *task,
                    gpointer    user_data,
                    GError    **error)
{
  GFlowPlace *place = user_data;
  GFlowTeam *team = place->team;
  GFlowRequest *input = _g_flow_passage_take (run, place, error);

  if (input == NULL)
    {
      if (*error == NULL)
        g_task_return_boolean (task, TRUE);
      return;
    }

  GFlowVisit *visit = visit_new (team, run, task, input);

  if (team->n_shards > 0 && team->polling == G_FLOW_POLLING_ALL_ASYNC)
    {
      visit->on_error = G_FLOW_ON_ERROR_SKIP_DEPENDANTS;
      start_race (visit);
    }
  else
    {
      start_run (visit, &visit->run, team->flow, run, run_ended);
    }
  visit_unref (visit);
}
