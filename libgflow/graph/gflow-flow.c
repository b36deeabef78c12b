/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-flow-private.h"

#include "gflow-enum-types.h"
#include "gflow-error.h"
#include "gflow-history.h"

/**
 * GFlow:
 *
 * A plan of work: nodes, and what each of them waits for.
 *
 * A flow is built once and run as often as wanted, also several times at once:
 * every passage is a [class@GFlow.FlowRun]. A node starts as soon as all its
 * upstreams have ended.
 *
 * ```c
 * g_autoptr(GFlow) flow = g_flow_new ();
 * GFlowNode *setup = g_flow_add (flow, "setup", setup_cb, NULL, NULL, NULL);
 * GFlowNode *work_1 = g_flow_add (flow, "work_1", work_cb, NULL, NULL, NULL);
 * GFlowNode *work_2 = g_flow_add_task (flow, "work_2", work_async_cb, NULL, NULL, NULL);
 * GFlowNode *shutdown = g_flow_add (flow, "shutdown", shutdown_cb, NULL, NULL, NULL);
 *
 * g_flow_node_add_upstream (work_1, setup);
 * g_flow_node_add_upstream (work_2, setup);
 * g_flow_node_after (shutdown, work_1, work_2, NULL);
 *
 * g_flow_execute (flow, NULL, executed_cb, NULL);
 * ```
 *
 * Sync bodies are called on worker threads, which all flows share; async
 * bodies in the owner context. A flow is a list model of its nodes.
 *
 * ## Thread safety
 *
 * A flow and its nodes belong to the thread that made the flow. A run belongs
 * to the thread that started it: the thread-default main context of that moment
 * is the *owner context* of the run, where all its signals, callbacks and async
 * bodies come. Only sync bodies are called elsewhere.
 *
 * While a flow is not open, such bodies may edit it, too: add nodes and groups, let the nodes
 * that they have added wait for others, and remove these nodes again. Meanwhile the flow may be
 * looked at, drawn, copied, compared and run in its own thread, where handlers are told of the
 * edits. All else is for that thread alone: to set properties, to add executors and taps, to
 * have names made unique, to open and to close.
 *
 * A node is edited by one thread at a time: no thread may remove a node, or set a property of
 * it, while another one changes it or asks it for more than its name. To wait for it is no
 * change. Whoever gets a node that another thread may remove needs a reference, which
 * [method@Gio.ListModel.get_item] gives, and [method@GFlow.Flow.lookup] does not.
 *
 * A process that was made by `fork()` may run flows, also those that were there before, but
 * nothing goes on in it that has run then: it is not to iterate the main context of such a run.
 * It had better be made while no other thread does anything: what these had locked stays so in
 * it, in GLib as well.
 *
 * Since: 0.1
 */

/* How long closing waits, in milliseconds, unless set */
#define OPEN_TIMEOUT (10 * 60 * 1000)
#define CLOSE_TIMEOUT 5000

enum
{
  PROP_0,
  PROP_NAME,
  PROP_MAX_THREADS,
  PROP_MAX_PARALLEL,
  PROP_ON_ERROR,
  PROP_IS_OPEN,
  PROP_OPEN_TIMEOUT,
  PROP_CLOSE_TIMEOUT,
  PROP_INSERTION_POINT,
  PROP_HISTORY,
  PROP_DIRECTION,
  PROP_UNIQUE_NAMES,
  PROP_ITEM_TYPE,
  PROP_N_ITEMS,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];
static guint signals[G_FLOW_EVENT_ALWAYS + 1];

static void g_flow_list_model_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (GFlow, g_flow, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, g_flow_list_model_init))

/* GListModel */

static GType
g_flow_get_item_type (GListModel *model)
{
  return G_TYPE_FLOW_NODE;
}

/* Others may edit the flow while somebody looks at it. */

static guint
g_flow_get_n_items (GListModel *model)
{
  GFlow *self = G_FLOW (model);

  _g_flow_mutex_lock (&self->mutex);

  const guint n = self->nodes->n;

  _g_flow_mutex_unlock (&self->mutex);
  return n;
}

static gpointer
g_flow_get_item (GListModel *model,
                 guint       position)
{
  GFlow *self = G_FLOW (model);

  _g_flow_mutex_lock (&self->mutex);

  GFlowNode *node = position < self->nodes->n ? g_object_ref (_g_flow_node_at (self, position)) : NULL;

  _g_flow_mutex_unlock (&self->mutex);
  return node;
}

static void
g_flow_list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = g_flow_get_item_type;
  iface->get_n_items = g_flow_get_n_items;
  iface->get_item = g_flow_get_item;
}

/* Edits */

/* Takes @pipeline. */
void
_g_flow_set_door (GFlow         *self,
                  GFlowDoor      door,
                  GFlowPipeline *pipeline)
{
  const gboolean was_open = self->door == G_FLOW_DOOR_OPEN;
  GFlowPipeline *old = self->pipeline;

  _g_flow_mutex_lock (&self->mutex);
  self->door = door;
  self->pipeline = pipeline;
  _g_flow_mutex_unlock (&self->mutex);

  if (old != NULL && old != pipeline)
    _g_flow_pipeline_unref (old);
  if (was_open != (door == G_FLOW_DOOR_OPEN))
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_IS_OPEN]);
}

/* What serves requests, if the flow is open. In any thread. */
GFlowPipeline *
_g_flow_ref_pipeline (GFlow *self)
{
  _g_flow_mutex_lock (&self->mutex);

  GFlowPipeline *pipeline = self->door == G_FLOW_DOOR_OPEN ? _g_flow_pipeline_ref (self->pipeline)
                                                           : NULL;

  _g_flow_mutex_unlock (&self->mutex);
  return pipeline;
}

/* What the flow and its plan share is the plan's from now on, if others have it. */
void
_g_flow_leave_plan (GFlow *self)
{
  GFlowNodeList *nodes = self->nodes;

  if (!_g_flow_plan_is_shared (self->plan))
    return;

  _g_flow_plan_ensure_upstreams (self->plan);
  self->nodes = _g_flow_node_list_copy (nodes);
  _g_flow_node_list_unref (nodes, &self->home);
}

/* Names are entered when somebody looks one up, so that a flow whose nodes are
 * never looked up does not pay for it. */
GFlowNode *
_g_flow_lookup_locked (GFlow      *self,
                       const char *name)
{
  if (self->by_name == NULL)
    self->by_name = g_hash_table_new (g_str_hash, g_str_equal);

  for (; self->n_indexed < self->nodes->n; self->n_indexed++)
    {
      GFlowNode *node = _g_flow_node_at (self, self->n_indexed);
      const char *node_name = g_flow_node_get_name (node);

      /* The first of a name wins. */
      if (!g_hash_table_contains (self->by_name, node_name))
        g_hash_table_insert (self->by_name, (char *) node_name, node);
    }
  return g_hash_table_lookup (self->by_name, name);
}

/* Names that are made up later are none that look like @name: "node12" → 13. */
void
_g_flow_reserve_name (GFlow      *self,
                      const char *name)
{
  guint64 number;

  if (g_str_has_prefix (name, "node") &&
      g_ascii_string_to_unsigned (name + strlen ("node"), 10, 0, G_MAXUINT / 2, &number, NULL))
    self->next_number = MAX (self->next_number, (guint) number + 1);
}

void
_g_flow_forget_names (GFlow *self)
{
  g_clear_pointer (&self->by_name, g_hash_table_unref);
  self->n_indexed = 0;
}

GFlowPlan *
_g_flow_ref_plan_locked (GFlow *self)
{
  if (self->plan == NULL)
    self->plan = _g_flow_plan_compile (self, NULL);
  return _g_flow_plan_ref (self->plan);
}

static GFlowPlan *
ref_plan (GFlow      *self,
          GFlowLock **parallel_lock)
{
  _g_flow_mutex_lock (&self->mutex);

  GFlowPlan *plan = _g_flow_ref_plan_locked (self);

  if (parallel_lock != NULL && self->max_parallel != 0)
    *parallel_lock = g_object_ref (self->parallel_lock);
  _g_flow_mutex_unlock (&self->mutex);
  return plan;
}

/* The plan as the flow stands, which may be a bad one: see its error. */
GFlowPlan *
_g_flow_ref_plan (GFlow *self)
{
  return ref_plan (self, NULL);
}

/* With the groups that were added, if there are any: a copy, which is the caller's. */
GFlowPlan *
_g_flow_ref_grouped_plan (GFlow          *self,
                          GFlowGrouping **grouping)
{
  _g_flow_mutex_lock (&self->mutex);

  GFlowPlan *plan = _g_flow_ref_plan_locked (self);

  *grouping = _g_flow_grouping_copy (self->grouping);
  _g_flow_mutex_unlock (&self->mutex);
  return plan;
}

/* The plan as the flow stands, if it can be run. In @parallel_lock, if that is not NULL,
 * the limit on nodes of all runs at once, if there is one. */
GFlowPlan *
_g_flow_ref_valid_plan (GFlow      *self,
                        GFlowLock **parallel_lock,
                        GError    **error)
{
  g_autoptr(GFlowPlan) plan = ref_plan (self, parallel_lock);

  GFlowProblems problems = { 0 };

  if (plan->error == NULL && plan->subflows == NULL)
    return g_steal_pointer (&plan);

  /* Flows inside of this one may be edited without its plan being compiled again. */
  _g_flow_problems_add_plan (&problems, plan);
  _g_flow_check_subflows (self, plan, &problems);

  GError *found = _g_flow_problems_finish (&problems);

  if (found == NULL)
    return g_steal_pointer (&plan);
  g_propagate_error (error, found);
  return NULL;
}

/* With @detail: the endpoint of the request that the run is for, or 0. */
void
_g_flow_emit (GFlow        *self,
              GFlowEvent    event,
              GQuark        detail,
              GFlowRun     *run,
              const GError *error)
{
  if (event == G_FLOW_EVENT_ERROR)
    g_signal_emit (self, signals[event], detail, run, error);
  else
    g_signal_emit (self, signals[event], detail, run);
}

/* Whether signals of runs for requests reach anybody, be it for those of one endpoint. */
gboolean
_g_flow_has_handlers (GFlow *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    if (g_signal_handler_find (self, G_SIGNAL_MATCH_ID, signals[i], 0, NULL, NULL, NULL) != 0)
      return TRUE;
  return FALSE;
}

/* GObject */

/* What goes at home, wherever the flow does */
typedef struct
{
  GFlowNodeList *nodes;     /* (owned) */
  GArray        *far_needs; /* (owned) of GFlowNeeds: which those had */
} Remains;

static void
free_remains (gpointer data)
{
  Remains *remains = data;
  GFlowNodeList *nodes = remains->nodes;

  /* Needs first: they may be a cycle, and must not be freed one out of the other. */
  for (guint i = 0; i < remains->far_needs->len; i++)
    _g_flow_needs_free (g_array_index (remains->far_needs, GFlowNeeds, i), G_FLOW_NEEDS_FAR, NULL);
  g_array_unref (remains->far_needs);

  for (guint i = 0; i < nodes->n; i++)
    {
      _g_flow_node_forget_neighbours (nodes->items[i].node);
      _g_flow_node_notify_flow (nodes->items[i].node, NULL);
    }
  _g_flow_node_list_unref (nodes, NULL);
  g_free (remains);
}

/* The nodes are in no flow from then on, and wait for nothing. */
static Remains *
take_remains (GFlow *self)
{
  Remains *remains = g_new (Remains, 1);

  *remains = (Remains) {
    g_steal_pointer (&self->nodes),
    g_array_new (FALSE, FALSE, sizeof (GFlowNeeds)),
  };
  for (guint i = 0; i < remains->nodes->n; i++)
    {
      const GFlowPlanNode *item = &remains->nodes->items[i];
      GFlowNeedsForm form;
      const GFlowNeeds needs = _g_flow_node_steal_needs (item->node, &form);

      if (G_UNLIKELY (form == G_FLOW_NEEDS_FAR))
        g_array_append_val (remains->far_needs, needs);
      else
        _g_flow_needs_free (needs, form, NULL);
      _g_flow_node_leave_flow (item->node, item->body, item->user_data);
    }
  return remains;
}

/* Nothing is dropped in dispose, as a flow whose nodes are gone is of no use to
 * whoever still has it. */
static void
g_flow_finalize (GObject *object)
{
  GFlow *self = G_FLOW (object);

  if (self->pipeline != NULL)
    _g_flow_home_release (&self->home, g_steal_pointer (&self->pipeline), _g_flow_pipeline_abandon);
  g_clear_object (&self->orphans);
  if (self->plan != NULL && _g_flow_plan_is_shared (self->plan))
    _g_flow_plan_ensure_upstreams (self->plan);
  g_clear_pointer (&self->plan, _g_flow_plan_unref);
  g_clear_pointer (&self->by_name, g_hash_table_unref);
  _g_flow_home_release (&self->home, take_remains (self), free_remains);
  _g_flow_home_clear (&self->home);
  g_clear_object (&self->parallel_lock);
  g_clear_pointer (&self->grouping, _g_flow_grouping_free);
  g_clear_object (&self->history);
  g_clear_pointer (&self->next_names, g_hash_table_unref);
  g_clear_pointer (&self->crew, _g_flow_crew_unref);
  g_clear_pointer (&self->name, g_free);
  _g_flow_mutex_clear (&self->mutex);

  G_OBJECT_CLASS (g_flow_parent_class)->finalize (object);
}

static void
g_flow_get_property (GObject    *object,
                     guint       prop_id,
                     GValue     *value,
                     GParamSpec *pspec)
{
  GFlow *self = G_FLOW (object);

  switch (prop_id)
    {
    case PROP_NAME:
      g_value_set_string (value, self->name);
      break;
    case PROP_MAX_THREADS:
      g_value_set_uint (value, self->max_threads);
      break;
    case PROP_MAX_PARALLEL:
      g_value_set_uint (value, self->max_parallel);
      break;
    case PROP_ON_ERROR:
      g_value_set_enum (value, self->on_error);
      break;
    case PROP_IS_OPEN:
      g_value_set_boolean (value, self->door == G_FLOW_DOOR_OPEN);
      break;
    case PROP_OPEN_TIMEOUT:
      g_value_set_uint (value, self->open_timeout);
      break;
    case PROP_CLOSE_TIMEOUT:
      g_value_set_uint (value, self->close_timeout);
      break;
    case PROP_INSERTION_POINT:
      g_value_set_object (value, g_flow_get_insertion_point (self));
      break;
    case PROP_HISTORY:
      g_value_set_object (value, self->history);
      break;
    case PROP_DIRECTION:
      g_value_set_enum (value, self->direction);
      break;
    case PROP_UNIQUE_NAMES:
      g_value_set_boolean (value, self->unique_names);
      break;
    case PROP_ITEM_TYPE:
      g_value_set_gtype (value, G_TYPE_FLOW_NODE);
      break;
    case PROP_N_ITEMS:
      g_value_set_uint (value, g_flow_get_n_items (G_LIST_MODEL (self)));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
g_flow_set_property (GObject      *object,
                     guint         prop_id,
                     const GValue *value,
                     GParamSpec   *pspec)
{
  GFlow *self = G_FLOW (object);

  switch (prop_id)
    {
    case PROP_NAME:
      g_flow_set_name (self, g_value_get_string (value));
      break;
    case PROP_MAX_THREADS:
      g_flow_set_max_threads (self, g_value_get_uint (value));
      break;
    case PROP_MAX_PARALLEL:
      g_flow_set_max_parallel (self, g_value_get_uint (value));
      break;
    case PROP_ON_ERROR:
      g_flow_set_on_error (self, g_value_get_enum (value));
      break;
    case PROP_OPEN_TIMEOUT:
      g_flow_set_open_timeout (self, g_value_get_uint (value));
      break;
    case PROP_CLOSE_TIMEOUT:
      g_flow_set_close_timeout (self, g_value_get_uint (value));
      break;
    case PROP_INSERTION_POINT:
      g_flow_set_insertion_point (self, g_value_get_object (value));
      break;
    case PROP_HISTORY:
      g_flow_set_history (self, g_value_get_object (value));
      break;
    case PROP_DIRECTION:
      g_flow_set_direction (self, g_value_get_enum (value));
      break;
    case PROP_UNIQUE_NAMES:
      g_flow_set_unique_names (self, g_value_get_boolean (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
install_properties (GObjectClass *object_class)
{
  const GParamFlags rw = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;
  const GParamFlags ro = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  /**
   * GFlow:name: (attributes org.gtk.Property.get=g_flow_get_name org.gtk.Property.set=g_flow_set_name)
   *
   * A name for logs and pictures.
   *
   * Since: 0.1
   */
  properties[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, rw);

  /**
   * GFlow:max-threads: (attributes org.gtk.Property.get=g_flow_get_max_threads org.gtk.Property.set=g_flow_set_max_threads)
   *
   * How many threads may work for the flow at once, over all its runs; 0 for
   * as many as there are processors. Holds for runs that start later.
   *
   * With one thread, sync nodes run in an order that is the same every time.
   *
   * A body that blocks in [method@GFlow.FlowRun.ask_question_sync] is not counted, nor what
   * is left of it when it has its answer. What must not run at the same time needs a lock.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_THREADS] = g_param_spec_uint ("max-threads", NULL, NULL,
                                                    0, G_MAXUINT, 0, rw);

  /**
   * GFlow:max-parallel: (attributes org.gtk.Property.get=g_flow_get_max_parallel org.gtk.Property.set=g_flow_set_max_parallel)
   *
   * How many nodes, sync and async, of all runs may run at once; 0 for no
   * limit. A change between two limits holds at once, one from or to no limit
   * for runs that start later.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_PARALLEL] = g_param_spec_uint ("max-parallel", NULL, NULL,
                                                     0, G_MAXUINT, 0, rw);

  /**
   * GFlow:on-error: (attributes org.gtk.Property.get=g_flow_get_on_error org.gtk.Property.set=g_flow_set_on_error)
   *
   * What the failure of a node means for the rest of a run, unless the run
   * says otherwise.
   *
   * Since: 0.1
   */
  properties[PROP_ON_ERROR] = g_param_spec_enum ("on-error", NULL, NULL, G_TYPE_FLOW_ON_ERROR,
                                                 G_FLOW_ON_ERROR_SKIP_DEPENDANTS, rw);

  /**
   * GFlow:is-open: (attributes org.gtk.Property.get=g_flow_get_is_open)
   *
   * Whether the flow is open: its executors have been started, requests may be
   * posted, and it cannot be edited.
   *
   * Since: 0.1
   */
  properties[PROP_IS_OPEN] = g_param_spec_boolean ("is-open", NULL, NULL, FALSE, ro);

  /**
   * GFlow:open-timeout: (attributes org.gtk.Property.get=g_flow_get_open_timeout org.gtk.Property.set=g_flow_set_open_timeout)
   *
   * How long [method@GFlow.Flow.open] waits for executors to be set up, before it fails. In
   * milliseconds; 0 for as long as it takes. Ten minutes, unless it is set. Of flows inside
   * others that of the outermost counts.
   *
   * Since: 0.1
   */
  properties[PROP_OPEN_TIMEOUT] = g_param_spec_uint ("open-timeout", NULL, NULL, 0, G_MAXUINT,
                                                     OPEN_TIMEOUT, rw);

  /**
   * GFlow:close-timeout: (attributes org.gtk.Property.get=g_flow_get_close_timeout org.gtk.Property.set=g_flow_set_close_timeout)
   *
   * How long [method@GFlow.Flow.close] waits for requests that are under way, and for
   * executors, before it cancels what runs; and then again, before it gives up. In
   * milliseconds; 0 for as long as it takes.
   *
   * Since: 0.1
   */
  properties[PROP_CLOSE_TIMEOUT] = g_param_spec_uint ("close-timeout", NULL, NULL, 0, G_MAXUINT,
                                                      CLOSE_TIMEOUT, rw);

  /**
   * GFlow:insertion-point: (attributes org.gtk.Property.get=g_flow_get_insertion_point org.gtk.Property.set=g_flow_set_insertion_point)
   *
   * The node that the next executor waits for if nothing else is said, and
   * whose documents are the response to a request: the node added last, unless
   * set. Notified when it is set, not when a node is added.
   *
   * Since: 0.1
   */
  properties[PROP_INSERTION_POINT] = g_param_spec_object ("insertion-point", NULL, NULL,
                                                          G_TYPE_FLOW_NODE, rw);

  /**
   * GFlow:history: (attributes org.gtk.Property.get=g_flow_get_history org.gtk.Property.set=g_flow_set_history)
   *
   * What runs learn of how long nodes take, and know from earlier ones: see
   * [property@GFlow.FlowRun:history]. %NULL for nothing.
   *
   * Since: 0.1
   */
  properties[PROP_HISTORY] = g_param_spec_object ("history", NULL, NULL, G_TYPE_FLOW_HISTORY, rw);

  /**
   * GFlow:direction: (attributes org.gtk.Property.get=g_flow_get_direction org.gtk.Property.set=g_flow_set_direction)
   *
   * Which way pictures of the flow go: see [method@GFlow.Flow.plot]. A run does not care.
   *
   * Since: 0.1
   */
  properties[PROP_DIRECTION] = g_param_spec_enum ("direction", NULL, NULL, G_TYPE_FLOW_DIRECTION,
                                                  G_FLOW_DIRECTION_LEFT_TO_RIGHT, rw);

  /**
   * GFlow:unique-names: (attributes org.gtk.Property.get=g_flow_get_unique_names org.gtk.Property.set=g_flow_set_unique_names)
   *
   * Whether a node whose name is taken gets another one when it is added, `load1` for `load`, and
   * so on, instead of being refused with %G_FLOW_ERROR_EXISTS.
   *
   * Since: 0.1
   */
  properties[PROP_UNIQUE_NAMES] = g_param_spec_boolean ("unique-names", NULL, NULL, FALSE, rw);

  /**
   * GFlow:item-type:
   *
   * The type of the items: [class@GFlow.FlowNode].
   *
   * Since: 0.1
   */
  properties[PROP_ITEM_TYPE] = g_param_spec_gtype ("item-type", NULL, NULL, G_TYPE_OBJECT, ro);

  /**
   * GFlow:n-items:
   *
   * The number of nodes.
   *
   * Since: 0.1
   */
  properties[PROP_N_ITEMS] = g_param_spec_uint ("n-items", NULL, NULL, 0, G_MAXUINT, 0, ro);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
install_signals (GObjectClass *object_class)
{
  GType type = G_TYPE_FROM_CLASS (object_class);
  const GSignalFlags flags = G_SIGNAL_RUN_LAST | G_SIGNAL_DETAILED | G_SIGNAL_NO_HOOKS;

  /**
   * GFlow::started:
   * @self: the flow
   * @run: the run
   *
   * Emitted in the owner context of @run when the run has started, before any
   * of its nodes.
   *
   * The detail of the signals of a flow is the endpoint of the request that the run is for:
   * `done::/index` tells of those for `/index`.
   *
   * Since: 0.1
   */
  signals[G_FLOW_EVENT_STARTED] = g_signal_new ("started", type, flags, 0, NULL, NULL, NULL,
                                                G_TYPE_NONE, 1, g_flow_run_get_type ());

  /**
   * GFlow::done:
   * @self: the flow
   * @run: the run
   *
   * Emitted in the owner context of @run when the run has succeeded.
   *
   * Since: 0.1
   */
  signals[G_FLOW_EVENT_DONE] = g_signal_new ("done", type, flags, 0, NULL, NULL, NULL,
                                             G_TYPE_NONE, 1, g_flow_run_get_type ());

  /**
   * GFlow::error:
   * @self: the flow
   * @run: the run
   * @error: why it failed, or %G_IO_ERROR_CANCELLED
   *
   * Emitted in the owner context of @run when the run has failed or was cancelled.
   *
   * Since: 0.1
   */
  signals[G_FLOW_EVENT_ERROR] = g_signal_new ("error", type, flags, 0, NULL, NULL, NULL,
                                              G_TYPE_NONE, 2, g_flow_run_get_type (), G_TYPE_ERROR);

  /**
   * GFlow::always:
   * @self: the flow
   * @run: the run
   *
   * Emitted in the owner context of @run when the run has ended, after `done`
   * or `error`.
   *
   * Since: 0.1
   */
  signals[G_FLOW_EVENT_ALWAYS] = g_signal_new ("always", type, flags, 0, NULL, NULL, NULL,
                                               G_TYPE_NONE, 1, g_flow_run_get_type ());
}

static void
g_flow_class_init (GFlowClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = g_flow_finalize;
  object_class->get_property = g_flow_get_property;
  object_class->set_property = g_flow_set_property;

  install_properties (object_class);
  install_signals (object_class);
}

static void
g_flow_init (GFlow *self)
{
  _g_flow_mutex_init (&self->mutex);
  _g_flow_home_init (&self->home);
  self->crew = _g_flow_crew_new ();
  self->open_timeout = OPEN_TIMEOUT;
  self->close_timeout = CLOSE_TIMEOUT;
  self->nodes = _g_flow_node_list_new ();
}

/**
 * g_flow_new:
 *
 * Makes an empty flow, which belongs to the calling thread and its
 * thread-default main context.
 *
 * Returns: (transfer full): a new flow
 *
 * Since: 0.1
 */
GFlow *
g_flow_new (void)
{
  return g_object_new (G_TYPE_FLOW, NULL);
}

/**
 * g_flow_lookup:
 * @self: a flow
 * @name: a name
 *
 * Finds a node by its name.
 *
 * Returns: (transfer none) (nullable): the node, or %NULL if there is none
 *
 * Since: 0.1
 */
GFlowNode *
g_flow_lookup (GFlow      *self,
               const char *name)
{
  g_return_val_if_fail (G_IS_FLOW (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  _g_flow_mutex_lock (&self->mutex);

  GFlowNode *node = _g_flow_lookup_locked (self, name);

  _g_flow_mutex_unlock (&self->mutex);
  return node;
}

/**
 * g_flow_validate:
 * @self: a flow
 * @error: return location for an error
 *
 * Finds out whether the flow can be run: every upstream is in the flow, nothing
 * waits for itself, and no two nodes have the same name.
 *
 * All problems are found in one pass. The code of the error is that of the
 * first; its message has one line for each.
 *
 * Returns: %TRUE if the flow can be run
 *
 * Since: 0.1
 */
gboolean
g_flow_validate (GFlow   *self,
                 GError **error)
{
  g_return_val_if_fail (G_IS_FLOW (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  g_autoptr(GFlowPlan) plan = _g_flow_ref_valid_plan (self, NULL, error);

  return plan != NULL;
}

/* Properties */

/**
 * g_flow_get_is_open: (attributes org.gtk.Method.get_property=is-open)
 * @self: a flow
 *
 * Gets whether the flow is open.
 *
 * Returns: %TRUE if requests may be posted
 *
 * Since: 0.1
 */
gboolean
g_flow_get_is_open (GFlow *self)
{
  g_return_val_if_fail (G_IS_FLOW (self), FALSE);

  return self->door == G_FLOW_DOOR_OPEN;
}

/**
 * g_flow_get_insertion_point: (attributes org.gtk.Method.get_property=insertion-point)
 * @self: a flow
 *
 * Gets the node that the next executor waits for if nothing else is said: the
 * node added last, unless another one was set. Nodes that are
 * [property@GFlow.FlowNode:detached], or taps, and what waits for these, do not count.
 *
 * Returns: (transfer none) (nullable): the node; %NULL in an empty flow
 *
 * Since: 0.1
 */
GFlowNode *
g_flow_get_insertion_point (GFlow *self)
{
  g_return_val_if_fail (G_IS_FLOW (self), NULL);

  _g_flow_mutex_lock (&self->mutex);

  GFlowNode *node = _g_flow_find_insertion_point_locked (self);

  _g_flow_mutex_unlock (&self->mutex);
  return node;
}

/**
 * g_flow_set_insertion_point: (attributes org.gtk.Method.set_property=insertion-point)
 * @self: a flow that is not open
 * @node: (nullable): a node of the flow, or %NULL for the one added last
 *
 * Sets the node that the next executor waits for, until another node is added.
 *
 * Since: 0.1
 */
void
g_flow_set_insertion_point (GFlow     *self,
                            GFlowNode *node)
{
  g_return_if_fail (G_IS_FLOW (self));
  g_return_if_fail (node == NULL || (G_IS_FLOW_NODE (node) && _g_flow_node_flow (node) == self));
  g_return_if_fail (!_g_flow_is_frozen (self));

  if (g_flow_get_insertion_point (self) == node)
    return;

  _g_flow_mutex_lock (&self->mutex);
  self->insertion_point = node;
  _g_flow_mutex_unlock (&self->mutex);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_INSERTION_POINT]);
}
