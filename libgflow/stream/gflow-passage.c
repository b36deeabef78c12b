/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-batch-private.h"

#include "graph/gflow-error.h"

#include <glib/gi18n-lib.h>

/* A request on its way through the nodes: what each of them gets, and when it had it.
 *
 * Along a chain the same request goes from node to node. What several get is copied for
 * each of them, and is not changed itself; so what was one can be told where
 * they meet. */

/* Beginning and ending */

/* Whether some parameters are for single nodes. */
static gboolean
has_parameters_of_nodes (GFlow    *flow,
                         GVariant *parameters)
{
  GVariantIter iter;
  const char *name;
  GVariant *value;
  gboolean found = FALSE;

  if (parameters == NULL)
    return FALSE;

  g_variant_iter_init (&iter, parameters);
  while (!found && g_variant_iter_next (&iter, "{&sv}", &name, &value))
    {
      found = g_variant_is_of_type (value, G_VARIANT_TYPE_VARDICT) &&
              g_flow_lookup (flow, name) != NULL;
      g_variant_unref (value);
    }
  return found;
}

/* What is for @node: what is in its dictionary, and what is in none of a node. */
static GVariant *
select_parameters (GFlow     *flow,
                   GFlowNode *node,
                   GVariant  *parameters)
{
  g_autoptr(GVariantDict) dict = g_variant_dict_new (NULL);
  g_autoptr(GVariant) own = g_variant_lookup_value (parameters, g_flow_node_get_name (node),
                                                    G_VARIANT_TYPE_VARDICT);
  GVariantIter iter;
  const char *name;
  GVariant *value;

  g_variant_iter_init (&iter, parameters);
  while (g_variant_iter_loop (&iter, "{&sv}", &name, &value))
    if (!g_variant_is_of_type (value, G_VARIANT_TYPE_VARDICT) ||
        g_flow_lookup (flow, name) == NULL)
      g_variant_dict_insert_value (dict, name, value);
  if (own != NULL)
    {
      g_variant_iter_init (&iter, own);
      while (g_variant_iter_loop (&iter, "{&sv}", &name, &value))
        g_variant_dict_insert_value (dict, name, value);
    }
  return g_variant_ref_sink (g_variant_dict_end (dict));
}

/* For each node of the channel, what it has, and which instance serves. */
static gsize
size_of_parts (GFlowChannel *channel)
{
  GFlowPassage *passage;

  return channel->plan->n_nodes * (sizeof (*passage->parts) + sizeof (*passage->instances));
}

/* The flow stays open until the passage leaves. What was begun to be posted before it was closed and
 * opened again is refused: it is for executors that may not be set up. */
static GFlowPassage *
enter_pipeline (GFlowRun   *run,
                GFlowLock **parallel_lock,
                GError    **error)
{
  const gsize size = run->channel != NULL ? size_of_parts (run->channel) : 0;
  /* Not by calloc(), which takes three times as long for a block of this size. */
  g_autofree GFlowPassage *passage = g_malloc (sizeof *passage + size);

  memset (passage, 0, sizeof *passage + size);
  if (size > 0)
    passage->parts = (GFlowRequest **) (passage + 1);
  passage->link.data = run;
  passage->pipeline = _g_flow_pipeline_enter (run->flow, run->channel, parallel_lock,
                                              &passage->link);
  if (passage->pipeline == NULL)
    {
      g_set_error_literal (error, G_FLOW_ERROR, G_FLOW_ERROR_NOT_OPEN,
                           _("The flow is not open"));
      return NULL;
    }
  return g_steal_pointer (&passage);
}

static void
leave_pipeline (GFlowPassage *passage)
{
  _g_flow_pipeline_remove_run (passage->pipeline, &passage->link);
  _g_flow_pipeline_unref (passage->pipeline);
}

/* The run is about to start: what it goes through, and in @parallel_lock, if that is not NULL, the
 * limit on nodes of all runs of the flow, if there is one. */
GFlowPlan *
_g_flow_passage_begin (GFlowRun   *run,
                       GFlowLock **parallel_lock,
                       GError    **error)
{
  GFlowPassage *passage = enter_pipeline (run, parallel_lock, error);

  if (passage == NULL)
    return NULL;
  if (run->request == NULL)
    {
      run->request = g_flow_request_new ("/");
      g_flow_request_set_parameters (run->request, run->parameters);
    }
  if (!_g_flow_request_begin (run->request, error))
    {
      leave_pipeline (passage);
      g_free (passage);
      return NULL;
    }

  if (run->channel != NULL)
    passage->channel = _g_flow_channel_ref (run->channel);
  else
    passage->channel = _g_flow_pipeline_ref_channel (passage->pipeline,
                                                     g_flow_request_get_endpoint (run->request));

  const guint n = passage->channel->plan->n_nodes;

  if (passage->parts == NULL)
    passage->parts = passage->own_parts = g_malloc0 (size_of_parts (passage->channel));
  passage->instances = (guint32 *) (passage->parts + n);
  passage->request = run->request;
  passage->divides = has_parameters_of_nodes (run->flow, run->request->parameters);
  passage->records = _g_flow_records_new (n);
  passage->records[n].start = run->start_time = g_get_monotonic_time ();
  if (G_UNLIKELY (passage->channel->may_retry))
    passage->given = g_new0 (GFlowGiven *, n);
  if (G_UNLIKELY (passage->channel->n_beside > 0))
    _g_flow_passage_detach_begin (passage, run);
  run->passage = passage;
  return _g_flow_plan_ref (passage->channel->plan);
}

/* The detail of signals of the flow. If it is no quark yet nobody listens for it. */
GQuark
_g_flow_passage_find_detail (GFlowRun *run)
{
  return g_quark_try_string (g_flow_request_get_endpoint (run->request));
}

static void
keep_errors (GFlowRequest *request,
             GFlowRun     *run)
{
  /* Where none goes on nothing else looks at the run. */
  if (run->passage->channel->n_beside == 0 && run->node_errors == NULL)
    return;

  _g_flow_mutex_lock (&run->mutex);
  if (run->node_errors != NULL)
    {
      GHashTableIter iter;
      gpointer index, error;

      request->node_errors = g_hash_table_new_full (NULL, NULL, NULL,
                                                    (GDestroyNotify) g_error_free);
      g_hash_table_iter_init (&iter, run->node_errors);
      while (g_hash_table_iter_next (&iter, &index, &error))
        g_hash_table_insert (request->node_errors, index, g_error_copy (error));
    }
  _g_flow_mutex_unlock (&run->mutex);
}

/* What is known of the way goes to the request. */
static void
keep_records (GFlowPassage *passage,
              GFlowRun     *run)
{
  GFlowRequest *request = passage->request;
  const guint n = run->plan->n_nodes;

  passage->records[n].end = g_get_monotonic_time ();
  request->plan = _g_flow_plan_ref (run->plan);
  if (passage->channel->n_beside > 0)
    request->records = _g_flow_passage_copy_records (passage);
  else
    request->records = g_steal_pointer (&passage->records);

  guint8 *states = _g_flow_records_states (request->records, n);

  for (guint i = 0; i < n; i++)
    states[i] = passage->channel->places[i].is_beside ? G_FLOW_NODE_STATE_DONE
                                                      : _g_flow_run_node_state (run, i);
  keep_errors (request, run);
}

static GFlowRequest *leave_exit (GFlowPassage *passage);

/* What @last has, with what taps have changed of it. */
static GFlowRequest *
add_collected (GFlowPassage *passage,
               GFlowRequest *last)
{
  GFlowChannel *channel = passage->channel;
  g_autofree GFlowRequest **parts = g_new (GFlowRequest *, channel->n_collected + 1);
  g_autoptr(GFlowRequest) main = last;
  guint n_parts = 0;

  parts[n_parts++] = main;
  for (guint i = 0; i < channel->n_collected; i++)
    if (passage->parts[channel->collected[i]] != NULL)
      parts[n_parts++] = passage->parts[channel->collected[i]];
  if (n_parts == 1)
    return g_steal_pointer (&main);

  GFlowRequest *request = _g_flow_request_new_for (main->endpoint, main->parameters, NULL);

  _g_flow_request_merge_into (request, parts, n_parts);
  return request;
}

/* The request is the response. */
void
_g_flow_passage_give_answer (GFlowRun      *run,
                             GFlowRunState  state,
                             const GError  *error)
{
  GFlowPassage *passage = run->passage;
  GFlowRequest *request = passage->request;
  g_autoptr(GFlowRequest) last = leave_exit (passage);

  if (G_UNLIKELY (passage->channel->n_collected > 0))
    last = add_collected (passage, g_steal_pointer (&last));
  if (last != request && passage->channel->n_beside > 0)
    _g_flow_request_set_copies (request, last);
  else if (last != request)
    _g_flow_request_take_documents (request, _g_flow_request_dup_documents (last));
  g_clear_pointer (&request->of_node, g_variant_unref);
  g_clear_pointer (&request->parts, g_ptr_array_unref);
  g_clear_pointer (&request->left_out, g_ptr_array_unref);
  request->node = NULL;
  keep_records (passage, run);
  _g_flow_request_set_ended (request, state, error);
  if (request->outer != NULL)
    _g_flow_request_share_results (request, request->outer,
                                   g_flow_node_get_name (g_flow_run_get_parent_node (run)));
}

static void
end_with_answer (GFlowRun      *run,
                 GFlowRunState  state)
{
  _g_flow_passage_give_answer (run, state, run->error);
  run->end_time = run->passage->request->records[run->plan->n_nodes].end;
}

/* Nothing of the run runs any more. */
void
_g_flow_passage_end (GFlowRun      *run,
                     GFlowRunState  state)
{
  if (run->passage->visit != NULL)
    {
      run->passage = NULL;
      return;
    }
  if (run->passage->channel->n_beside > 0)
    _g_flow_passage_answer (run);
  else
    end_with_answer (run, state);

  GFlowPassage *passage = g_steal_pointer (&run->passage);

  for (guint i = 0; i < run->plan->n_nodes; i++)
    g_clear_object (&passage->parts[i]);
  for (guint i = 0; passage->given != NULL && i < run->plan->n_nodes; i++)
    g_clear_pointer (&passage->given[i], _g_flow_given_free);
  g_free (passage->given);
  _g_flow_channel_unref (passage->channel);
  leave_pipeline (passage);
  g_clear_object (&passage->first);
  g_free (passage->records);
  g_free (passage->own_parts);
  g_free (passage);
}

/* What nodes get */

/* What @source has left; if it has not run, what it would have got. */
static GFlowRequest *
find_part (GFlowPassage *passage,
           guint32       source)
{
  while (source != G_FLOW_ENTRY && passage->parts[source] == NULL)
    source = passage->channel->places[source].sources[0];
  if (source != G_FLOW_ENTRY)
    return passage->parts[source];
  return passage->first != NULL ? passage->first : passage->request;
}

static guint32
count_takers_of (GFlowPassage *passage,
                 guint32       source)
{
  return source != G_FLOW_ENTRY ? passage->channel->places[source].n_takers
                                : _g_flow_channel_entry (passage->channel)->n_takers;
}

/* Whether nobody else gets what @source leaves. If it has left nothing, others may get
 * what comes from before it. */
static gboolean
is_only_taker (GFlowPassage *passage,
               guint32       source)
{
  return count_takers_of (passage, source) == 1 &&
         (source == G_FLOW_ENTRY || passage->parts[source] != NULL);
}

static GFlowRequest *
merge_parts (GFlowPassage  *passage,
             GFlowPlace    *place,
             GError       **error)
{
  g_autofree GFlowRequest **parts = g_new (GFlowRequest *, place->n_sources);

  for (guint i = 0; i < place->n_sources; i++)
    parts[i] = find_part (passage, place->sources[i]);
  return _g_flow_place_reduce (place, passage->request, parts, place->n_sources, error);
}

/* What comes out of the flow. */
static GFlowRequest *
leave_exit (GFlowPassage *passage)
{
  GFlowPlace *place = _g_flow_channel_exit (passage->channel);

  return place->n_sources > 1 ? merge_parts (passage, place, NULL)
                              : g_object_ref (find_part (passage, place->sources[0]));
}

static GFlowRequest *
take_part (GFlowPassage  *passage,
           GFlowPlace    *place,
           GError       **error)
{
  if (place->n_sources > 1)
    return merge_parts (passage, place, error);

  GFlowRequest *part = find_part (passage, place->sources[0]);

  return is_only_taker (passage, place->sources[0]) ? g_object_ref (part)
                                                    : _g_flow_request_branch (part);
}

/* What is put together, or copied, for a node is so for each attempt; what goes from node to node
 * has to be kept. */
static void
prepare_attempt (GFlowPassage *passage,
                 GFlowPlace   *place,
                 GFlowRequest *part)
{
  GFlowGiven **given = &passage->given[place->index];

  if (*given != NULL)
    _g_flow_given_restore (*given, part);
  else
    *given = _g_flow_given_new (part, place->n_sources == 1 &&
                                      is_only_taker (passage, place->sources[0]));
}

/* A node begins to serve: what it serves. NULL if it fails, with @error set, or if nothing
 * is for it. */
GFlowRequest *
_g_flow_passage_take (GFlowRun    *run,
                      GFlowPlace  *place,
                      GError     **error)
{
  GFlowPassage *passage = run->passage;
  GFlowRequest *part;

  passage->records[place->index] = (GFlowTimes) { g_get_monotonic_time (), 0 };
  part = take_part (passage, place, error);
  if (part == NULL)
    {
      passage->records[place->index] = (GFlowTimes) { 0, 0 };
      return NULL;
    }

  part->node = place->node;
  if (G_UNLIKELY (place->may_retry))
    prepare_attempt (passage, place, part);
  if (passage->divides)
    {
      g_clear_pointer (&part->of_node, g_variant_unref);
      part->of_node = select_parameters (run->flow, place->node, passage->request->parameters);
    }
  /* It had one before if it is run again. */
  g_clear_object (&passage->parts[place->index]);
  passage->parts[place->index] = part;

  const gboolean known = place->condition == NULL ||
                         _g_flow_request_filter (part, place->condition, place->node, error);

  if (known && !part->passes)
    return part;

  /* It was not there. */
  passage->records[place->index] = (GFlowTimes) { 0, 0 };
  return NULL;
}

/* The body of a node whose executor serves on workers. */
gboolean
_g_flow_passage_serve (GFlowNode  *node,
                       GFlowRun   *run,
                       gpointer    user_data,
                       GError    **error)
{
  GFlowPlace *place = user_data;
  GFlowRequest *part = _g_flow_passage_take (run, place, error);

  if (part == NULL)
    return *error == NULL;

  const guint instance = _g_flow_station_enter (place->station, TRUE);
  GFlowBinding *binding = place->bindings->pdata[instance];
  const gboolean served =
    binding->func (place->station->instances->pdata[instance], part,
                   _g_flow_run_node_cancellable (run, place->index), binding->user_data, error);

  _g_flow_station_leave_alone (place->station, instance);
  if (part->parts != NULL)
    g_clear_pointer (&part->parts, g_ptr_array_unref);
  run->passage->records[place->index].end = g_get_monotonic_time ();
  return served;
}

/* The body of a node that only leaves documents out. */
gboolean
_g_flow_passage_filter (GFlowNode  *node,
                        GFlowRun   *run,
                        gpointer    user_data,
                        GError    **error)
{
  GFlowPlace *place = user_data;

  if (_g_flow_passage_take (run, place, error) == NULL)
    return *error == NULL;
  run->passage->records[place->index].end = g_get_monotonic_time ();
  return TRUE;
}

/* A task for an executor is its own. Where there are several, it is found out when it is called which
 * one serves. */
gpointer
_g_flow_passage_find_task_owner (GFlowRun *run,
                                 guint32   index,
                                 gboolean  at_once)
{
  GFlowPlace *place = &run->passage->channel->places[index];

  if (place->bindings == NULL || place->batcher != NULL)
    return place->node;

  guint instance = _g_flow_station_get_only (place->station, G_FLOW_ROLE_ALONE);

  if (instance == G_MAXUINT && !at_once)
    return NULL;
  if (instance == G_MAXUINT)
    run->passage->instances[index] = instance = _g_flow_station_enter (place->station, FALSE);
  return place->station->instances->pdata[instance];
}

/* The body of a node whose executor serves by a task, in the context. */
void
_g_flow_passage_start (GFlowNode  *node,
                       GFlowRun   *run,
                       GTask      *task,
                       gpointer    user_data,
                       GError    **error)
{
  GFlowPlace *place = user_data;
  const gboolean entered = _g_flow_station_get_only (place->station, G_FLOW_ROLE_ALONE) == G_MAXUINT;
  guint32 *instance = &run->passage->instances[place->index];
  GFlowRequest *part = _g_flow_passage_take (run, place, error);

  if (part == NULL)
    {
      if (entered)
        _g_flow_station_leave (place->station, *instance);
      if (*error == NULL)
        g_task_return_boolean (task, TRUE);
      return;
    }
  if (!entered)
    *instance = _g_flow_station_enter (place->station, FALSE);

  GFlowBinding *binding = place->bindings->pdata[*instance];

  binding->task_func (place->station->instances->pdata[*instance], part, task, binding->user_data,
                      error);
}

/* The body of a node whose executor serves several requests at once: it is served with
 * others. */
gboolean
_g_flow_passage_wait (GFlowNode  *node,
                      GFlowRun   *run,
                      gpointer    user_data,
                      GError    **error)
{
  GFlowPlace *place = user_data;
  GFlowRequest *part = _g_flow_passage_take (run, place, error);

  if (part != NULL)
    _g_flow_batcher_add (place->batcher, run, node, part);
  return part != NULL || *error == NULL;
}

/* A node begins that is a flow with executors: what it gets is a request for that flow, with
 * the same documents. FALSE if it does not run: it has failed, with @error set, or it
 * passes by. */
gboolean
_g_flow_passage_enter (GFlowRun  *run,
                       guint32    index,
                       GFlowRun  *child,
                       GError   **error)
{
  GFlowPlace *place = &run->passage->channel->places[index];

  if (!place->enters)
    return TRUE;

  GFlowRequest *part = _g_flow_passage_take (run, place, error);

  if (part == NULL)
    return FALSE;

  GListModel *documents = g_flow_request_get_documents (part);

  child->request = _g_flow_request_new_for (part->endpoint, g_flow_request_get_parameters (part),
                                            g_object_ref (G_LIST_STORE (documents)));
  child->request->outer = g_object_ref (_g_flow_request_get_root (part));
  return TRUE;
}

/* A node has ended in the context. */
void
_g_flow_passage_node_ended (GFlowRun       *run,
                            guint32         index,
                            GFlowNodeState  state)
{
  GFlowPassage *passage = run->passage;

  if (passage->visit != NULL)
    {
      _g_flow_visit_node_ended (passage->visit, run, index, state);
      return;
    }

  GFlowPlace *place = &passage->channel->places[index];
  GFlowTimes *record = &passage->records[index];

  if (record->start == 0 || record->end != 0)
    return;

  record->end = g_get_monotonic_time ();
  if (passage->parts[index] != NULL && passage->parts[index]->parts != NULL)
    g_clear_pointer (&passage->parts[index]->parts, g_ptr_array_unref);
  if (place->station != NULL && place->batcher == NULL)
    _g_flow_station_leave (place->station, passage->instances[index]);
}

/* Puts branches together, where that is to be done. */
static gboolean
join (GFlowRun    *run,
      GFlowPlace  *place,
      GError     **error)
{
  if (place->n_sources <= 1)
    return TRUE;

  GFlowRequest *merged = merge_parts (run->passage, place, error);

  if (merged == NULL)
    return FALSE;
  g_clear_object (&run->passage->parts[place->index]);
  run->passage->parts[place->index] = merged;
  return TRUE;
}

/* The body of a node that puts branches together, before its own if it has one. */
gboolean
_g_flow_passage_join (GFlowNode  *node,
                      GFlowRun   *run,
                      gpointer    user_data,
                      GError    **error)
{
  GFlowPlace *place = user_data;

  return join (run, place, error) &&
         (place->body == NULL ||
          ((GFlowFunc) place->body) (node, run, place->user_data, error));
}

void
_g_flow_passage_join_task (GFlowNode  *node,
                           GFlowRun   *run,
                           GTask      *task,
                           gpointer    user_data,
                           GError    **error)
{
  GFlowPlace *place = user_data;

  if (join (run, place, error))
    ((GFlowTaskFunc) place->body) (node, run, task, place->user_data, error);
}
