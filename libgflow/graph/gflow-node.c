/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-node-private.h"

#include "gflow-enum-types.h"
#include "gflow-flow-private.h"
#include "gflow-node-map-private.h"
#include "gflow-node-serving-private.h"

/**
 * GFlowNode:
 *
 * A piece of work in a [class@GFlow.Flow].
 *
 * A node has a body, a function that is called once in every run, when all the
 * node's upstreams have ended; and it may name [class@GFlow.FlowLock]s that it
 * must hold meanwhile. Nodes are mostly made by the flow that they belong to:
 *
 * ```c
 * GFlowNode *fetch = g_flow_add_task (flow, "fetch", fetch_cb, self, NULL, NULL);
 * GFlowNode *parse = g_flow_add (flow, "parse", parse_cb, self, NULL, NULL);
 *
 * g_flow_node_add_upstream (parse, fetch);
 * ```
 *
 * The signals of a node are emitted for every run that starts while they have
 * handlers; a node that nobody watches costs nothing. Nor are those of a flow or a run emitted
 * where nothing is connected to it: so none of them can have an emission hook.
 *
 * ## Thread safety
 *
 * A node belongs to the thread of its flow. Its name may be read anywhere; what else bodies
 * on workers may do with nodes says [class@GFlow.Flow]. All
 * signals, and the destroy notify of its body, come in the owner context.
 *
 * Since: 0.1
 */

enum
{
  PROP_0,
  PROP_NAME,
  PROP_TITLE,
  PROP_FLOW,
  PROP_SUBFLOW,
  PROP_EXECUTOR,
  PROP_PLACEMENT,
  PROP_PRIORITY,
  PROP_WEIGHT,
  PROP_RUN_WHEN,
  PROP_CAN_DEFER,
  N_PROPS
};

enum
{
  SIGNAL_STARTED,
  SIGNAL_DONE,
  SIGNAL_ERROR,
  SIGNAL_ALWAYS,
  SIGNAL_SHOULD_RETRY,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (GFlowNode, g_flow_node, G_TYPE_OBJECT)

/* NULL unless it was set. */
static const char *
get_title (GFlowNode *self)
{
  GFlowNodeExtras *extras = _g_flow_node_extras (self);

  return extras != NULL ? extras->title : NULL;
}

/* The name */

/* Somebody may have borrowed the name, in any thread: it goes with the node. */
static void
keep_name (GFlowNode *self)
{
  char *name = atomic_load_explicit (&self->name, memory_order_relaxed);

  if (name != NULL)
    {
      GFlowNodeExtras *extras = _g_flow_node_ensure_extras (self);

      extras->old_names = g_slist_prepend (extras->old_names, name);
    }
}

/**
 * g_flow_node_get_name: (attributes org.gtk.Method.get_property=name)
 * @self: a node
 *
 * Gets the name of the node, unique in its flow. May be called from any thread.
 *
 * Returns: (transfer none) (nullable): the name; %NULL for a node without a
 *   name that is in no flow
 *
 * Since: 0.1
 */
const char *
g_flow_node_get_name (GFlowNode *self)
{
  g_return_val_if_fail (G_IS_FLOW_NODE (self), NULL);

  /* Acquire: pairs with the exchange below in another thread. */
  char *name = atomic_load_explicit (&self->name, memory_order_acquire);

  if (_g_flow_node_is_number (name))
    {
      char *made_up = g_strdup_printf ("node%u", _g_flow_node_number (name));

      /* Acquire and release: publishes the bytes of the name, or finds another's. */
      if (atomic_compare_exchange_strong_explicit (&self->name, &name, made_up,
                                                   memory_order_acq_rel,
                                                   memory_order_acquire))
        name = made_up;
      else
        g_free (made_up);
    }
  return name;
}

/**
 * g_flow_node_set_name: (attributes org.gtk.Method.set_property=name)
 * @self: a node
 * @name: (nullable): the name
 *
 * Sets the name of the node. While it is in a flow it must be one for which
 * [func@GFlow.Flow.name_is_valid] is true.
 *
 * Names may be given twice for a moment; [method@GFlow.Flow.validate] finds it.
 *
 * Since: 0.1
 */
void
g_flow_node_set_name (GFlowNode  *self,
                      const char *name)
{
  g_return_if_fail (G_IS_FLOW_NODE (self));
  g_return_if_fail (_g_flow_node_flow (self) == NULL || (name != NULL && g_flow_name_is_valid (name)));
  g_return_if_fail (!_g_flow_is_frozen (_g_flow_node_flow (self)));

  if (g_strcmp0 (g_flow_node_get_name (self), name) == 0)
    return;

  _g_flow_begin_edit (_g_flow_node_flow (self));
  keep_name (self);
  /* Release: pairs with the load in g_flow_node_get_name(). */
  atomic_store_explicit (&self->name, g_strdup (name), memory_order_release);
  if (_g_flow_node_flow (self) != NULL)
    {
      _g_flow_node_flow (self)->renamed = TRUE;
      _g_flow_reserve_name (_g_flow_node_flow (self), name);
      _g_flow_forget_names (_g_flow_node_flow (self));
    }
  _g_flow_end_edit (_g_flow_node_flow (self));
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_NAME]);
  if (get_title (self) == NULL)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TITLE]);
}

/* GObject */

static void
g_flow_node_finalize (GObject *object)
{
  GFlowNode *self = G_FLOW_NODE (object);

  _g_flow_node_free_body (self);
  _g_flow_node_clear_needs (self);

  char *name = atomic_load_explicit (&self->name, memory_order_relaxed);

  if (!_g_flow_node_is_number (name))
    g_free (name);
  GFlowNodeExtras *extras = _g_flow_node_extras (self);

  if (extras != NULL)
    _g_flow_node_extras_free (extras);

  G_OBJECT_CLASS (g_flow_node_parent_class)->finalize (object);
}

static void
g_flow_node_get_property (GObject    *object,
                          guint       prop_id,
                          GValue     *value,
                          GParamSpec *pspec)
{
  GFlowNode *self = G_FLOW_NODE (object);

  switch (prop_id)
    {
    case PROP_NAME:
      g_value_set_string (value, g_flow_node_get_name (self));
      break;
    case PROP_TITLE:
      g_value_set_string (value, g_flow_node_get_title (self));
      break;
    case PROP_FLOW:
      g_value_set_object (value, _g_flow_node_flow (self));
      break;
    case PROP_SUBFLOW:
      g_value_set_object (value, _g_flow_node_subflow (self));
      break;
    case PROP_EXECUTOR:
      g_value_set_object (value, _g_flow_node_executor (self));
      break;
    case PROP_PLACEMENT:
      g_value_set_enum (value, g_flow_node_get_placement (self));
      break;
    case PROP_PRIORITY:
      g_value_set_int (value, _g_flow_node_priority (self));
      break;
    case PROP_WEIGHT:
      g_value_set_uint (value, _g_flow_node_weight (self));
      break;
    case PROP_RUN_WHEN:
      g_value_set_enum (value, self->run_when);
      break;
    case PROP_CAN_DEFER:
      g_value_set_boolean (value, g_flow_node_get_can_defer (self));
      break;
    default:
      if (prop_id - N_PROPS < G_FLOW_NODE_N_POLICY_PROPS)
        _g_flow_node_get_policy_property (self, prop_id - N_PROPS, value);
      else
        _g_flow_node_get_serving_property (self, prop_id - N_PROPS - G_FLOW_NODE_N_POLICY_PROPS,
                                           value);
    }
}

static void
g_flow_node_set_property (GObject      *object,
                          guint         prop_id,
                          const GValue *value,
                          GParamSpec   *pspec)
{
  GFlowNode *self = G_FLOW_NODE (object);

  switch (prop_id)
    {
    case PROP_NAME:
      g_flow_node_set_name (self, g_value_get_string (value));
      break;
    case PROP_TITLE:
      g_flow_node_set_title (self, g_value_get_string (value));
      break;
    case PROP_PLACEMENT:
      g_flow_node_set_placement (self, g_value_get_enum (value));
      break;
    case PROP_PRIORITY:
      g_flow_node_set_priority (self, g_value_get_int (value));
      break;
    case PROP_WEIGHT:
      g_flow_node_set_weight (self, g_value_get_uint (value));
      break;
    case PROP_RUN_WHEN:
      g_flow_node_set_run_when (self, g_value_get_enum (value));
      break;
    case PROP_CAN_DEFER:
      g_flow_node_set_can_defer (self, g_value_get_boolean (value));
      break;
    default:
      if (prop_id - N_PROPS < G_FLOW_NODE_N_POLICY_PROPS)
        _g_flow_node_set_policy_property (self, prop_id - N_PROPS, value);
      else
        _g_flow_node_set_serving_property (self, prop_id - N_PROPS - G_FLOW_NODE_N_POLICY_PROPS,
                                           value);
    }
}

static void
install_properties (GObjectClass *object_class)
{
  const GParamFlags rw = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;
  const GParamFlags ro = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  /**
   * GFlowNode:name: (attributes org.gtk.Property.get=g_flow_node_get_name org.gtk.Property.set=g_flow_node_set_name)
   *
   * The name of the node, unique in its flow.
   *
   * Since: 0.1
   */
  properties[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, rw);

  /**
   * GFlowNode:title: (attributes org.gtk.Property.get=g_flow_node_get_title org.gtk.Property.set=g_flow_node_set_title)
   *
   * What people read: translated, or %NULL for the name.
   *
   * Since: 0.1
   */
  properties[PROP_TITLE] = g_param_spec_string ("title", NULL, NULL, NULL, rw);

  /**
   * GFlowNode:flow: (attributes org.gtk.Property.get=g_flow_node_get_flow)
   *
   * The flow that the node is in.
   *
   * Since: 0.1
   */
  properties[PROP_FLOW] = g_param_spec_object ("flow", NULL, NULL, G_TYPE_FLOW, ro);

  /**
   * GFlowNode:subflow: (attributes org.gtk.Property.get=g_flow_node_get_subflow)
   *
   * The flow that the node runs, if that is what it does.
   *
   * Since: 0.1
   */
  properties[PROP_SUBFLOW] = g_param_spec_object ("subflow", NULL, NULL, G_TYPE_FLOW, ro);

  /**
   * GFlowNode:executor: (attributes org.gtk.Property.get=g_flow_node_get_executor)
   *
   * What serves requests at the node, if it was made by
   * [method@GFlow.Flow.add_executor].
   *
   * Since: 0.1
   */
  properties[PROP_EXECUTOR] = g_param_spec_object ("executor", NULL, NULL,
                                                   g_flow_executor_get_type (), ro);

  /**
   * GFlowNode:placement: (attributes org.gtk.Property.get=g_flow_node_get_placement org.gtk.Property.set=g_flow_node_set_placement)
   *
   * Where a sync body is called. Async bodies are always called in the owner context.
   *
   * Since: 0.1
   */
  properties[PROP_PLACEMENT] = g_param_spec_enum ("placement", NULL, NULL,
                                                  G_TYPE_FLOW_PLACEMENT,
                                                  G_FLOW_PLACEMENT_WORKER, rw);

  /**
   * GFlowNode:priority: (attributes org.gtk.Property.get=g_flow_node_get_priority org.gtk.Property.set=g_flow_node_set_priority)
   *
   * Which of several ready nodes starts first: smaller is sooner, as in GSource.
   *
   * Since: 0.1
   */
  properties[PROP_PRIORITY] = g_param_spec_int ("priority", NULL, NULL,
                                                G_MININT, G_MAXINT, 0, rw);

  /**
   * GFlowNode:weight: (attributes org.gtk.Property.get=g_flow_node_get_weight org.gtk.Property.set=g_flow_node_set_weight)
   *
   * The share of the node in [property@GFlow.FlowRun:fraction], relative to
   * the weights of the other nodes. 0 for a node that does not count.
   *
   * Since: 0.1
   */
  properties[PROP_WEIGHT] = g_param_spec_uint ("weight", NULL, NULL, 0, G_MAXUINT, 1, rw);

  /**
   * GFlowNode:run-when: (attributes org.gtk.Property.get=g_flow_node_get_run_when org.gtk.Property.set=g_flow_node_set_run_when)
   *
   * What the node asks of its upstreams before it runs.
   *
   * Since: 0.1
   */
  properties[PROP_RUN_WHEN] = g_param_spec_enum ("run-when", NULL, NULL,
                                                 G_TYPE_FLOW_RUN_WHEN,
                                                 G_FLOW_RUN_WHEN_ALL_SUCCEEDED, rw);

  /**
   * GFlowNode:can-defer: (attributes org.gtk.Property.get=g_flow_node_get_can_defer org.gtk.Property.set=g_flow_node_set_can_defer)
   *
   * Whether the sync body may leave work behind. If it may, and is called in the owner
   * context, %FALSE without an error does not mean that it has failed, but that its work
   * goes on: the node ends by [method@GFlow.FlowRun.complete_node] or
   * [method@GFlow.FlowRun.fail_node], which may be called as soon as the body is.
   *
   * Since: 0.1
   */
  properties[PROP_CAN_DEFER] = g_param_spec_boolean ("can-defer", NULL, NULL, FALSE, rw);

  g_object_class_install_properties (object_class, N_PROPS, properties);
  _g_flow_node_install_policy (object_class, N_PROPS);
  _g_flow_node_install_serving (object_class, N_PROPS + G_FLOW_NODE_N_POLICY_PROPS);
}

static void
install_signals (GObjectClass *object_class)
{
  GType type = G_TYPE_FROM_CLASS (object_class);
  /* Without hooks, because nothing is emitted where there are no handlers. */
  const GSignalFlags flags = G_SIGNAL_RUN_LAST | G_SIGNAL_NO_HOOKS;

  /**
   * GFlowNode::started:
   * @self: the node
   * @run: the run that started it
   *
   * Emitted in the owner context of @run when the body has been started.
   *
   * Since: 0.1
   */
  signals[SIGNAL_STARTED] = g_signal_new ("started", type, flags, 0, NULL, NULL, NULL,
                                          G_TYPE_NONE, 1, g_flow_run_get_type ());

  /**
   * GFlowNode::done:
   * @self: the node
   * @run: the run
   *
   * Emitted in the owner context of @run when the node has succeeded.
   *
   * Since: 0.1
   */
  signals[SIGNAL_DONE] = g_signal_new ("done", type, flags, 0, NULL, NULL, NULL,
                                       G_TYPE_NONE, 1, g_flow_run_get_type ());

  /**
   * GFlowNode::error:
   * @self: the node
   * @run: the run
   * @error: why it failed
   *
   * Emitted in the owner context of @run when the body has failed or was
   * cancelled while it ran.
   *
   * Since: 0.1
   */
  signals[SIGNAL_ERROR] = g_signal_new ("error", type, flags, 0, NULL, NULL, NULL,
                                        G_TYPE_NONE, 2, g_flow_run_get_type (), G_TYPE_ERROR);

  /**
   * GFlowNode::always:
   * @self: the node
   * @run: the run
   *
   * Emitted in the owner context of @run when the node has ended, in whatever
   * way, and after `done` or `error`. For a node that was skipped, or cancelled
   * before it started, it is the only signal.
   *
   * Since: 0.1
   */
  signals[SIGNAL_ALWAYS] = g_signal_new ("always", type, flags, 0, NULL, NULL, NULL,
                                         G_TYPE_NONE, 1, g_flow_run_get_type ());

  /**
   * GFlowNode::should-retry:
   * @self: the node
   * @run: the run
   * @error: why the attempt has failed
   * @attempt: which one it was, from 1
   *
   * Emitted in the owner context of @run when an attempt has failed and
   * [property@GFlow.FlowNode:max-retries] allows for another. The first handler
   * decides; without one, the answer is yes. Nobody is asked after a cancellation,
   * which is never tried again.
   *
   * Returns: whether to try again
   *
   * Since: 0.1
   */
  signals[SIGNAL_SHOULD_RETRY] = g_signal_new ("should-retry", type, flags, 0,
                                               g_signal_accumulator_first_wins, NULL, NULL,
                                               G_TYPE_BOOLEAN, 3, g_flow_run_get_type (),
                                               G_TYPE_ERROR, G_TYPE_UINT);
}

static void
g_flow_node_class_init (GFlowNodeClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = g_flow_node_finalize;
  object_class->get_property = g_flow_node_get_property;
  object_class->set_property = g_flow_node_set_property;

  install_properties (object_class);
  install_signals (object_class);
}

static void
g_flow_node_init (GFlowNode *self)
{
}

/* Also handlers that are blocked: they may be unblocked later. */
gboolean
_g_flow_node_has_handlers (GFlowNode *self)
{
  for (guint i = SIGNAL_STARTED; i <= SIGNAL_ALWAYS; i++)
    if (g_signal_has_handler_pending (self, signals[i], 0, TRUE))
      return TRUE;
  return FALSE;
}

/* Whether an attempt that has failed is to be followed by another. */
gboolean
_g_flow_node_ask_retry (GFlowNode    *self,
                        GFlowRun     *run,
                        const GError *error,
                        guint         attempt)
{
  gboolean retry = TRUE;

  if (g_signal_has_handler_pending (self, signals[SIGNAL_SHOULD_RETRY], 0, FALSE))
    g_signal_emit (self, signals[SIGNAL_SHOULD_RETRY], 0, run, error, attempt, &retry);
  return retry;
}

/* The signals are in the order of the events. */
void
_g_flow_node_emit (GFlowNode      *self,
                   GFlowNodeEvent  event,
                   GFlowRun       *run,
                   const GError   *error)
{
  if (event == G_FLOW_NODE_EVENT_ERROR)
    g_signal_emit (self, signals[event], 0, run, error);
  else
    g_signal_emit (self, signals[event], 0, run);
}

static void
notify_flow (gpointer data)
{
  g_object_notify_by_pspec (data, properties[PROP_FLOW]);
  g_object_unref (data);
}

/* Those who want to know are told at @home; with NULL, here. */
void
_g_flow_node_notify_flow (GFlowNode       *self,
                          const GFlowHome *home)
{
  /* A notification costs more than to find out that nobody wants it. */
  if (g_signal_handler_find (self, G_SIGNAL_MATCH_UNBLOCKED, 0, 0, NULL, NULL, NULL) == 0)
    return;

  if (home != NULL)
    _g_flow_home_release (home, g_object_ref (self), notify_flow);
  else
    notify_flow (g_object_ref (self));
}

/* Constructors */

GFlowNode *
_g_flow_node_new (GFlowNodeKind   kind,
                  const char     *name,
                  GCallback       body,
                  gpointer        user_data,
                  GDestroyNotify  destroy)
{
  GFlowNode *self = g_object_new (G_TYPE_FLOW_NODE, NULL);

  atomic_init (&self->name, g_strdup (name));
  self->kind = kind;
  _g_flow_node_set_body (self, body, user_data, destroy);
  return self;
}

GFlowNode *
_g_flow_node_new_flow (const char *name,
                       GFlow      *subflow)
{
  GFlowNode *self = _g_flow_node_new (G_FLOW_NODE_KIND_FLOW, name, NULL, NULL, NULL);

  _g_flow_node_ensure_extras (self)->subflow = g_object_ref (subflow);
  return self;
}

GFlowNode *
_g_flow_node_new_executor (const char    *name,
                           GFlowExecutor *executor)
{
  GFlowNode *self = _g_flow_node_new (G_FLOW_NODE_KIND_EXECUTOR, name, NULL, NULL, NULL);

  if (executor != NULL)
    _g_flow_node_ensure_extras (self)->executor = g_object_ref (executor);
  return self;
}

/* Copies everything but the needs and the flow; the body is shared. */
GFlowNode *
_g_flow_node_copy (GFlowNode *self)
{
  GFlowNode *copy = _g_flow_node_new (self->kind, g_flow_node_get_name (self),
                                      NULL, NULL, NULL);

  _g_flow_node_share_body (self, copy);

  _g_flow_node_copy_extras (self, copy);
  copy->placement = self->placement;
  copy->run_when = self->run_when;
  return copy;
}

/**
 * g_flow_node_new:
 * @name: (nullable): the name, or %NULL to have the flow make one up
 * @func: (scope notified) (closure user_data) (destroy destroy) (nullable): the
 *   body, or %NULL for a node that only joins its upstreams
 * @user_data: data for @func
 * @destroy: frees @user_data
 *
 * Makes a node with a sync body, for [method@GFlow.Flow.add_node] or a
 * [class@GFlow.FlowGroup].
 *
 * Returns: (transfer full): a new node
 *
 * Since: 0.1
 */
GFlowNode *
g_flow_node_new (const char     *name,
                 GFlowFunc       func,
                 gpointer        user_data,
                 GDestroyNotify  destroy)
{
  return _g_flow_node_new (func != NULL ? G_FLOW_NODE_KIND_FUNC : G_FLOW_NODE_KIND_JOIN,
                           name, G_CALLBACK (func), user_data, destroy);
}

/**
 * g_flow_node_new_for_task:
 * @name: (nullable): the name, or %NULL to have the flow make one up
 * @func: (scope notified) (closure user_data) (destroy destroy): the body
 * @user_data: data for @func
 * @destroy: frees @user_data
 *
 * Makes a node with an async body, for [method@GFlow.Flow.add_node] or a
 * [class@GFlow.FlowGroup].
 *
 * Returns: (transfer full): a new node
 *
 * Since: 0.1
 */
GFlowNode *
g_flow_node_new_for_task (const char     *name,
                          GFlowTaskFunc   func,
                          gpointer        user_data,
                          GDestroyNotify  destroy)
{
  g_return_val_if_fail (func != NULL, NULL);

  return _g_flow_node_new (G_FLOW_NODE_KIND_TASK, name, G_CALLBACK (func), user_data, destroy);
}

/* Properties */

/**
 * g_flow_node_get_title: (attributes org.gtk.Method.get_property=title)
 * @self: a node
 *
 * Gets what people read: the title, or the name if there is none. May be called
 * from any thread while the title is not changed.
 *
 * Returns: (transfer none) (nullable): the title
 *
 * Since: 0.1
 */
const char *
g_flow_node_get_title (GFlowNode *self)
{
  g_return_val_if_fail (G_IS_FLOW_NODE (self), NULL);

  if (get_title (self) != NULL)
    return get_title (self);
  return g_flow_node_get_name (self);
}

/**
 * g_flow_node_set_title: (attributes org.gtk.Method.set_property=title)
 * @self: a node
 * @title: (nullable): the title, translated, or %NULL for the name
 *
 * Sets what people read instead of the name.
 *
 * Since: 0.1
 */
void
g_flow_node_set_title (GFlowNode  *self,
                       const char *title)
{
  g_return_if_fail (G_IS_FLOW_NODE (self));

  if (g_strcmp0 (get_title (self), title) == 0)
    return;

  GFlowNodeExtras *extras = _g_flow_node_ensure_extras (self);

  g_free (extras->title);
  extras->title = g_strdup (title);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TITLE]);
}

/**
 * g_flow_node_get_flow: (attributes org.gtk.Method.get_property=flow)
 * @self: a node
 *
 * Gets the flow that the node is in.
 *
 * Returns: (transfer none) (nullable): the flow
 *
 * Since: 0.1
 */
GFlow *
g_flow_node_get_flow (GFlowNode *self)
{
  g_return_val_if_fail (G_IS_FLOW_NODE (self), NULL);

  return _g_flow_node_flow (self);
}

/**
 * g_flow_node_get_subflow: (attributes org.gtk.Method.get_property=subflow)
 * @self: a node
 *
 * Gets the flow that the node runs, if it was made by [method@GFlow.Flow.add_flow].
 *
 * Returns: (transfer none) (nullable): the flow
 *
 * Since: 0.1
 */
GFlow *
g_flow_node_get_subflow (GFlowNode *self)
{
  g_return_val_if_fail (G_IS_FLOW_NODE (self), NULL);

  return _g_flow_node_subflow (self);
}

/**
 * g_flow_node_get_executor: (attributes org.gtk.Method.get_property=executor)
 * @self: a node
 *
 * Gets what serves requests at the node, if it was made by
 * [method@GFlow.Flow.add_executor].
 *
 * Returns: (transfer none) (nullable): the executor
 *
 * Since: 0.1
 */
GFlowExecutor *
g_flow_node_get_executor (GFlowNode *self)
{
  g_return_val_if_fail (G_IS_FLOW_NODE (self), NULL);

  return _g_flow_node_executor (self);
}

/**
 * g_flow_node_get_placement: (attributes org.gtk.Method.get_property=placement)
 * @self: a node
 *
 * Gets where the body is called.
 *
 * Returns: the placement
 *
 * Since: 0.1
 */
GFlowPlacement
g_flow_node_get_placement (GFlowNode *self)
{
  g_return_val_if_fail (G_IS_FLOW_NODE (self), G_FLOW_PLACEMENT_WORKER);

  return _g_flow_node_is_in_context (self) ? G_FLOW_PLACEMENT_CONTEXT : G_FLOW_PLACEMENT_WORKER;
}

/* The setters of what the plan is compiled from. */
#define SET_IN_FLOW(self, field, value, prop)                              \
  G_STMT_START                                                             \
  {                                                                        \
    g_return_if_fail (!_g_flow_is_frozen (_g_flow_node_flow (self)));      \
    _g_flow_begin_edit (_g_flow_node_flow (self));                         \
    (field) = (value);                                                     \
    _g_flow_end_edit (_g_flow_node_flow (self));                           \
    g_object_notify_by_pspec (G_OBJECT (self), properties[prop]);          \
  }                                                                        \
  G_STMT_END

/**
 * g_flow_node_set_placement: (attributes org.gtk.Method.set_property=placement)
 * @self: a node
 * @placement: where to call the body
 *
 * Sets where a sync body is called. No effect on async bodies, which are
 * always called in the owner context.
 *
 * Since: 0.1
 */
void
g_flow_node_set_placement (GFlowNode      *self,
                           GFlowPlacement  placement)
{
  g_return_if_fail (G_IS_FLOW_NODE (self));
  g_return_if_fail (placement <= G_FLOW_PLACEMENT_CONTEXT);

  if (self->placement != placement)
    SET_IN_FLOW (self, self->placement, placement, PROP_PLACEMENT);
}

/**
 * g_flow_node_get_priority: (attributes org.gtk.Method.get_property=priority)
 * @self: a node
 *
 * Gets the priority.
 *
 * Returns: the priority: smaller is sooner
 *
 * Since: 0.1
 */
int
g_flow_node_get_priority (GFlowNode *self)
{
  g_return_val_if_fail (G_IS_FLOW_NODE (self), 0);

  return _g_flow_node_priority (self);
}

/**
 * g_flow_node_set_priority: (attributes org.gtk.Method.set_property=priority)
 * @self: a node
 * @priority: the priority: smaller is sooner
 *
 * Sets which of several ready nodes starts first.
 *
 * Since: 0.1
 */
void
g_flow_node_set_priority (GFlowNode *self,
                          int        priority)
{
  g_return_if_fail (G_IS_FLOW_NODE (self));

  if (_g_flow_node_priority (self) != priority)
    SET_IN_FLOW (self, _g_flow_node_ensure_extras (self)->priority, priority, PROP_PRIORITY);
}

/**
 * g_flow_node_get_weight: (attributes org.gtk.Method.get_property=weight)
 * @self: a node
 *
 * Gets the share of the node in the progress of a run.
 *
 * Returns: the weight
 *
 * Since: 0.1
 */
guint
g_flow_node_get_weight (GFlowNode *self)
{
  g_return_val_if_fail (G_IS_FLOW_NODE (self), 0);

  return _g_flow_node_weight (self);
}

/**
 * g_flow_node_set_weight: (attributes org.gtk.Method.set_property=weight)
 * @self: a node
 * @weight: the weight
 *
 * Sets the share of the node in the progress of a run.
 *
 * Since: 0.1
 */
void
g_flow_node_set_weight (GFlowNode *self,
                        guint      weight)
{
  g_return_if_fail (G_IS_FLOW_NODE (self));

  if (_g_flow_node_weight (self) != weight)
    SET_IN_FLOW (self, _g_flow_node_ensure_extras (self)->weight, weight, PROP_WEIGHT);
}

/**
 * g_flow_node_get_run_when: (attributes org.gtk.Method.get_property=run-when)
 * @self: a node
 *
 * Gets what the node asks of its upstreams.
 *
 * Returns: the condition
 *
 * Since: 0.1
 */
GFlowRunWhen
g_flow_node_get_run_when (GFlowNode *self)
{
  g_return_val_if_fail (G_IS_FLOW_NODE (self), G_FLOW_RUN_WHEN_ALL_SUCCEEDED);

  return self->run_when;
}

/**
 * g_flow_node_set_run_when: (attributes org.gtk.Method.set_property=run-when)
 * @self: a node
 * @run_when: the condition
 *
 * Sets what the node asks of its upstreams before it runs.
 *
 * Since: 0.1
 */
void
g_flow_node_set_run_when (GFlowNode    *self,
                          GFlowRunWhen  run_when)
{
  g_return_if_fail (G_IS_FLOW_NODE (self));
  g_return_if_fail (run_when <= G_FLOW_RUN_WHEN_ANY_FAILED);

  if (self->run_when != run_when)
    SET_IN_FLOW (self, self->run_when, run_when, PROP_RUN_WHEN);
}

/**
 * g_flow_node_get_can_defer: (attributes org.gtk.Method.get_property=can-defer)
 * @self: a node
 *
 * Gets whether the sync body may leave work behind when it returns.
 *
 * Returns: whether it may
 *
 * Since: 0.1
 */
gboolean
g_flow_node_get_can_defer (GFlowNode *self)
{
  g_return_val_if_fail (G_IS_FLOW_NODE (self), FALSE);

  return self->kind == G_FLOW_NODE_KIND_DEFERRING;
}

/**
 * g_flow_node_set_can_defer: (attributes org.gtk.Method.set_property=can-defer)
 * @self: a node
 * @can_defer: whether the sync body may leave work behind
 *
 * Sets whether a sync body that returns %FALSE without an error, in the owner context,
 * has started something that goes on: see [property@GFlow.FlowNode:can-defer]. No
 * effect on a node without a sync body.
 *
 * Since: 0.1
 */
void
g_flow_node_set_can_defer (GFlowNode *self,
                           gboolean   can_defer)
{
  const GFlowNodeKind kind = can_defer ? G_FLOW_NODE_KIND_DEFERRING : G_FLOW_NODE_KIND_FUNC;

  g_return_if_fail (G_IS_FLOW_NODE (self));

  if (self->kind == kind ||
      (self->kind != G_FLOW_NODE_KIND_FUNC && self->kind != G_FLOW_NODE_KIND_DEFERRING))
    return;
  SET_IN_FLOW (self, self->kind, kind, PROP_CAN_DEFER);
}
