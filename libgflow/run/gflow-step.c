/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-step-private.h"

#include "gflow-enum-types.h"
#include "gflow-progress-private.h"
#include "gflow-record-private.h"

/**
 * GFlowStep:
 *
 * A node in a run: what a [class@GFlow.FlowRun] is a list of.
 *
 * ```c
 * static void
 * bind_cb (GtkSignalListItemFactory *factory,
 *          GtkListItem              *item)
 * {
 *   GFlowStep *step = gtk_list_item_get_item (item);
 *   GFlowNode *node = g_flow_step_get_node (step);
 *   GtkWidget *row = gtk_list_item_get_child (item);
 *
 *   my_row_set_title (row, g_flow_node_get_title (node));
 *   g_object_bind_property (step, "fraction", row, "fraction", G_BINDING_SYNC_CREATE);
 * }
 * ```
 *
 * All of its properties but the node are notified in the owner context, when the run
 * has a turn there: what has changed twice by then is notified once. The message and the
 * fraction of what runs are notified at most ten times a second.
 *
 * Times, the worker and the number of the attempt are written down from the moment when
 * the run was first asked for a step, or a handler for
 * [signal@GFlow.FlowRun::step-changed] was there when it started. What has happened before
 * that is not known.
 *
 * ## Thread safety
 *
 * A step belongs to the owner context of its run. It does not keep the run: when that is
 * gone, the step tells what was known last.
 *
 * Since: 0.1
 */

/* What a step tells, but for texts and objects. */
typedef struct
{
  GFlowNodeState state;
  double         fraction;
  gint64         start;
  gint64         end;
  guint          attempt;
  int            worker;
} Values;

struct _GFlowStep
{
  GObject    parent_instance;

  GWeakRef   run;     /* the run lists its steps: no cycle */
  GFlowNode *node;    /* (owned) */

  gboolean   is_new;  /* nothing was told of it, though it has been asked for */

  /* What was told last */
  Values     told;
  char      *message; /* (owned) (nullable) */
  char      *reason;  /* (owned) (nullable) */
  GError    *error;   /* (owned) (nullable) */
  GFlowRun  *subrun;  /* (owned) (nullable) */
  GFlowRun  *told_subrun; /* (unowned) (nullable): to be compared only */
  GListStore *subruns;    /* (owned) (nullable) of GFlowRun: once somebody has asked for it */
  gboolean   asks;        /* it waits for an answer */
};

enum
{
  PROP_0,
  PROP_NODE,
  PROP_STATE,
  PROP_REASON,
  PROP_FRACTION,
  PROP_MESSAGE,
  PROP_START,
  PROP_END,
  PROP_ATTEMPT,
  PROP_ERROR,
  PROP_WORKER,
  PROP_SUBRUN,
  PROP_SUBRUNS,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (GFlowStep, g_flow_step, G_TYPE_OBJECT)

/* Reading */

static gboolean
has_ended (GFlowNodeState state)
{
  return state >= G_FLOW_NODE_STATE_DONE;
}

static void
read_record (const GFlowRecord *record,
             Values            *values)
{
  values->attempt = atomic_load_explicit (&record->attempt, memory_order_relaxed);
  values->start = atomic_load_explicit (&record->start, memory_order_relaxed);
  if (has_ended (values->state))
    values->end = atomic_load_explicit (&record->end, memory_order_relaxed);
  if (values->attempt > 0)
    values->worker = (int) atomic_load_explicit (&record->worker, memory_order_relaxed);
}

/* What is to be told now. The state comes first: it is what makes the rest seen. */
static void
read_values (GFlowStep *self,
             GFlowRun  *run,
             Values    *values)
{
  guint index, seconds;

  *values = (Values) { .state = G_FLOW_NODE_STATE_WAITING, .worker = -1 };
  if (!_g_flow_run_has_state (run) || !_g_flow_plan_find (run->plan, self->node, &index))
    return;

  values->state = _g_flow_run_node_state (run, index);

  const GFlowRecord *record = _g_flow_run_get_record (run, index);

  if (record != NULL)
    read_record (record, values);
  /* These are counted in any case. */
  if ((_g_flow_run_marks (run, index) & G_FLOW_MARK_POLICY) != 0)
    values->attempt = MAX (values->attempt, _g_flow_run_get_attempt (run, index, &seconds));
  values->fraction = values->state == G_FLOW_NODE_STATE_DONE
                       ? 1.0 : _g_flow_run_get_node_fraction (run, index);
}

/* As of now; or, if the run is gone, as it was when it ended. */
static Values
look (GFlowStep *self)
{
  g_autoptr(GFlowRun) run = g_weak_ref_get (&self->run);
  Values values;

  if (run == NULL)
    return self->told;

  read_values (self, run, &values);
  return values;
}

static char *
read_message (GFlowStep *self,
              GFlowRun  *run)
{
  guint index;

  return _g_flow_run_has_state (run) && _g_flow_plan_find (run->plan, self->node, &index)
           ? _g_flow_run_dup_node_message (run, index) : NULL;
}

/* Telling */

static void
notify (GFlowStep *self,
        guint      property)
{
  g_object_notify_by_pspec (G_OBJECT (self), properties[property]);
}

/* What only is of use when the run is gone need not be kept before it has ended. */
static void
keep_reason (GFlowStep *self,
             GFlowRun  *run)
{
  g_clear_pointer (&self->reason, g_free);
  if (has_ended (self->told.state))
    self->reason = g_flow_run_dup_node_reason (run, self->node);
}

/* Copied, so that it can be borrowed for as long as the step has no other. */
static void
keep_error (GFlowStep *self,
            GFlowRun  *run)
{
  const GError *error = g_flow_run_get_node_error (run, self->node);

  if (error != NULL && self->error != NULL && error->code == self->error->code &&
      error->domain == self->error->domain && g_str_equal (error->message, self->error->message))
    return;

  g_clear_error (&self->error);
  if (error != NULL)
    self->error = g_error_copy (error);
}

static gboolean
update_message (GFlowStep *self,
                GFlowRun  *run)
{
  g_autofree char *message = read_message (self, run);

  if (g_strcmp0 (self->message, message) == 0)
    return FALSE;

  g_free (self->message);
  self->message = g_steal_pointer (&message);
  return TRUE;
}

/* Who asks may know of it before it is told. */
static void
find_subrun (GFlowStep *self,
             GFlowRun  *run)
{
  g_autoptr(GFlowRun) subrun = NULL;
  guint index;

  if (_g_flow_run_has_state (run) && _g_flow_plan_find (run->plan, self->node, &index))
    subrun = _g_flow_run_ref_subrun (run, index);
  if (subrun != NULL)
    g_set_object (&self->subrun, subrun);
}

/* Appends those to the list that are not in it yet: it only grows. */
static void
append_subruns (GFlowStep *self,
                GFlowRun  *run)
{
  g_autoptr(GPtrArray) all = NULL;
  guint index;

  if (!_g_flow_run_has_state (run) || !_g_flow_plan_find (run->plan, self->node, &index))
    return;

  const guint n_before = g_list_model_get_n_items (G_LIST_MODEL (self->subruns));

  all = _g_flow_run_dup_subruns (run, index);
  if (all->len > n_before)
    g_list_store_splice (self->subruns, n_before, 0, all->pdata + n_before, all->len - n_before);
}

static gboolean
update_subrun (GFlowStep *self,
               GFlowRun  *run)
{
  find_subrun (self, run);
  if (self->subruns != NULL)
    append_subruns (self, run);
  if (self->told_subrun == self->subrun)
    return FALSE;

  self->told_subrun = self->subrun;
  return TRUE;
}

static gboolean
update_asks (GFlowStep *self,
             GFlowRun  *run)
{
  g_autofree char *question = NULL;
  guint index;

  if (self->told.state == G_FLOW_NODE_STATE_RUNNING &&
      _g_flow_plan_find (run->plan, self->node, &index))
    question = _g_flow_run_dup_open_question (run, index);
  if (self->asks == (question != NULL))
    return FALSE;

  self->asks = question != NULL;
  return TRUE;
}

/* Takes over what has changed, and notifies of it. TRUE if there was something beside the
 * reason, or this is the first time. */
gboolean
_g_flow_step_update (GFlowStep *self,
                     GFlowRun  *run)
{
  const Values before = self->told;
  const gboolean is_new = self->is_new;
  Values now;

  read_values (self, run, &now);
  self->told = now;
  self->is_new = FALSE;

  const gboolean state = now.state != before.state || now.attempt != before.attempt;
  const gboolean message = update_message (self, run);
  const gboolean subrun = update_subrun (self, run);
  const gboolean asks = update_asks (self, run);
  const gboolean others = now.fraction != before.fraction || now.start != before.start ||
                          now.end != before.end || now.worker != before.worker;

  if (state)
    {
      keep_reason (self, run);
      keep_error (self, run);
    }

  g_object_freeze_notify (G_OBJECT (self));
  if (now.state != before.state)
    notify (self, PROP_STATE);
  if (now.fraction != before.fraction)
    notify (self, PROP_FRACTION);
  if (now.start != before.start)
    notify (self, PROP_START);
  if (now.end != before.end)
    notify (self, PROP_END);
  if (now.attempt != before.attempt)
    notify (self, PROP_ATTEMPT);
  if (now.worker != before.worker)
    notify (self, PROP_WORKER);
  if (state && has_ended (now.state) != has_ended (before.state))
    notify (self, PROP_ERROR);
  if (message)
    notify (self, PROP_MESSAGE);
  if (subrun)
    notify (self, PROP_SUBRUN);
  /* To find out whether it is another one costs more. */
  if (state || !has_ended (now.state))
    notify (self, PROP_REASON);
  g_object_thaw_notify (G_OBJECT (self));
  return is_new || state || message || subrun || asks || others;
}

/* GObject */

static void
g_flow_step_finalize (GObject *object)
{
  GFlowStep *self = G_FLOW_STEP (object);

  g_weak_ref_clear (&self->run);
  g_clear_object (&self->node);
  g_clear_object (&self->subrun);
  g_clear_object (&self->subruns);
  g_clear_error (&self->error);
  g_clear_pointer (&self->message, g_free);
  g_clear_pointer (&self->reason, g_free);

  G_OBJECT_CLASS (g_flow_step_parent_class)->finalize (object);
}

static void
g_flow_step_get_property (GObject    *object,
                          guint       prop_id,
                          GValue     *value,
                          GParamSpec *pspec)
{
  GFlowStep *self = G_FLOW_STEP (object);

  switch (prop_id)
    {
    case PROP_NODE:
      g_value_set_object (value, self->node);
      break;
    case PROP_STATE:
      g_value_set_enum (value, g_flow_step_get_state (self));
      break;
    case PROP_REASON:
      g_value_take_string (value, g_flow_step_dup_reason (self));
      break;
    case PROP_FRACTION:
      g_value_set_double (value, g_flow_step_get_fraction (self));
      break;
    case PROP_MESSAGE:
      g_value_take_string (value, g_flow_step_dup_message (self));
      break;
    case PROP_START:
      g_value_set_int64 (value, g_flow_step_get_start (self));
      break;
    case PROP_END:
      g_value_set_int64 (value, g_flow_step_get_end (self));
      break;
    case PROP_ATTEMPT:
      g_value_set_uint (value, g_flow_step_get_attempt (self));
      break;
    case PROP_ERROR:
      g_value_set_boxed (value, g_flow_step_get_error (self));
      break;
    case PROP_WORKER:
      g_value_set_int (value, g_flow_step_get_worker (self));
      break;
    case PROP_SUBRUN:
      g_value_set_object (value, g_flow_step_get_subrun (self));
      break;
    case PROP_SUBRUNS:
      g_value_set_object (value, g_flow_step_get_subruns (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
install_properties (GObjectClass *object_class)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  /**
   * GFlowStep:node: (attributes org.gtk.Property.get=g_flow_step_get_node)
   *
   * The node.
   *
   * Since: 0.1
   */
  properties[PROP_NODE] = g_param_spec_object ("node", NULL, NULL, G_TYPE_FLOW_NODE, flags);

  /**
   * GFlowStep:state: (attributes org.gtk.Property.get=g_flow_step_get_state)
   *
   * Where the node stands in the run.
   *
   * Since: 0.1
   */
  properties[PROP_STATE] = g_param_spec_enum ("state", NULL, NULL, G_TYPE_FLOW_NODE_STATE,
                                              G_FLOW_NODE_STATE_WAITING, flags);

  /**
   * GFlowStep:reason:
   *
   * Why it stands there: see [method@GFlow.FlowRun.dup_node_reason]. Notified when it may
   * have changed. Who has a lock, and how long it is to the next attempt, is looked at
   * ten times a second.
   *
   * Since: 0.1
   */
  properties[PROP_REASON] = g_param_spec_string ("reason", NULL, NULL, NULL, flags);

  /**
   * GFlowStep:fraction: (attributes org.gtk.Property.get=g_flow_step_get_fraction)
   *
   * How much of the node is done, from 0 to 1: as its body has said with
   * [method@GFlow.FlowRun.set_node_progress], or as far as the run inside of it has
   * come. 1 if it has succeeded.
   *
   * Since: 0.1
   */
  properties[PROP_FRACTION] = g_param_spec_double ("fraction", NULL, NULL, 0.0, 1.0, 0.0, flags);

  /**
   * GFlowStep:message:
   *
   * What the body has said last of what it does.
   *
   * Since: 0.1
   */
  properties[PROP_MESSAGE] = g_param_spec_string ("message", NULL, NULL, NULL, flags);

  /**
   * GFlowStep:start: (attributes org.gtk.Property.get=g_flow_step_get_start)
   *
   * When the body was called, the last time if there was more than one attempt: in
   * microseconds of monotonic time, see [func@GLib.get_monotonic_time]. 0 if it was not
   * called, or that is not known.
   *
   * Since: 0.1
   */
  properties[PROP_START] = g_param_spec_int64 ("start", NULL, NULL, 0, G_MAXINT64, 0, flags);

  /**
   * GFlowStep:end: (attributes org.gtk.Property.get=g_flow_step_get_end)
   *
   * When the node has ended: in microseconds of monotonic time. 0 if it has not, or that
   * is not known.
   *
   * Since: 0.1
   */
  properties[PROP_END] = g_param_spec_int64 ("end", NULL, NULL, 0, G_MAXINT64, 0, flags);

  /**
   * GFlowStep:attempt: (attributes org.gtk.Property.get=g_flow_step_get_attempt)
   *
   * How often the body was called: 1 while it runs for the first time. 0 if it was not,
   * or that is not known.
   *
   * Since: 0.1
   */
  properties[PROP_ATTEMPT] = g_param_spec_uint ("attempt", NULL, NULL, 0, G_MAXUINT, 0, flags);

  /**
   * GFlowStep:error: (attributes org.gtk.Property.get=g_flow_step_get_error)
   *
   * Why the node did not succeed.
   *
   * Since: 0.1
   */
  properties[PROP_ERROR] = g_param_spec_boxed ("error", NULL, NULL, G_TYPE_ERROR, flags);

  /**
   * GFlowStep:worker: (attributes org.gtk.Property.get=g_flow_step_get_worker)
   *
   * Where the body was called: 0 is the owner context, and the workers of the run are
   * numbered from 1. -1 if it was not called, or that is not known.
   *
   * Since: 0.1
   */
  properties[PROP_WORKER] = g_param_spec_int ("worker", NULL, NULL, -1, G_MAXINT, -1, flags);

  /**
   * GFlowStep:subrun: (attributes org.gtk.Property.get=g_flow_step_get_subrun)
   *
   * The run inside of the node, if it runs a flow: a list of steps like the one that
   * this step is in, so that both make a tree.
   *
   * Since: 0.1
   */
  properties[PROP_SUBRUN] = g_param_spec_object ("subrun", NULL, NULL, G_TYPE_FLOW_RUN, flags);

  /**
   * GFlowStep:subruns: (attributes org.gtk.Property.get=g_flow_step_get_subruns)
   *
   * All runs inside of the node, in the order in which they were started: a list of
   * [class@GFlow.FlowRun]. It grows while the node runs.
   *
   * Since: 0.1
   */
  properties[PROP_SUBRUNS] = g_param_spec_object ("subruns", NULL, NULL, G_TYPE_LIST_MODEL, flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
g_flow_step_class_init (GFlowStepClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = g_flow_step_finalize;
  object_class->get_property = g_flow_step_get_property;

  install_properties (object_class);
}

static void
g_flow_step_init (GFlowStep *self)
{
  g_weak_ref_init (&self->run, NULL);
}

GFlowStep *
_g_flow_step_new (GFlowRun  *run,
                  GFlowNode *node)
{
  GFlowStep *self = g_object_new (G_TYPE_FLOW_STEP, NULL);

  g_weak_ref_set (&self->run, run);
  self->is_new = TRUE;
  self->node = g_object_ref (node);
  read_values (self, run, &self->told);
  update_message (self, run);
  update_subrun (self, run);
  keep_reason (self, run);
  keep_error (self, run);
  return self;
}

/**
 * g_flow_step_get_node: (attributes org.gtk.Method.get_property=node)
 * @self: a step
 *
 * Gets the node.
 *
 * Returns: (transfer none): the node
 *
 * Since: 0.1
 */
GFlowNode *
g_flow_step_get_node (GFlowStep *self)
{
  g_return_val_if_fail (G_IS_FLOW_STEP (self), NULL);

  return self->node;
}

/**
 * g_flow_step_get_state: (attributes org.gtk.Method.get_property=state)
 * @self: a step
 *
 * Gets where the node stands in the run.
 *
 * Returns: the state
 *
 * Since: 0.1
 */
GFlowNodeState
g_flow_step_get_state (GFlowStep *self)
{
  g_return_val_if_fail (G_IS_FLOW_STEP (self), G_FLOW_NODE_STATE_WAITING);

  return look (self).state;
}

/**
 * g_flow_step_dup_reason:
 * @self: a step
 *
 * Gets why the node stands where it does.
 *
 * Returns: (transfer full) (nullable): one translated sentence, or %NULL if there
 *   is nothing to say
 *
 * Since: 0.1
 */
char *
g_flow_step_dup_reason (GFlowStep *self)
{
  g_return_val_if_fail (G_IS_FLOW_STEP (self), NULL);

  g_autoptr(GFlowRun) run = g_weak_ref_get (&self->run);

  return run != NULL ? g_flow_run_dup_node_reason (run, self->node)
                     : g_strdup (self->reason);
}

/**
 * g_flow_step_get_fraction: (attributes org.gtk.Method.get_property=fraction)
 * @self: a step
 *
 * Gets how much of the node is done.
 *
 * Returns: from 0 to 1
 *
 * Since: 0.1
 */
double
g_flow_step_get_fraction (GFlowStep *self)
{
  g_return_val_if_fail (G_IS_FLOW_STEP (self), 0.0);

  return look (self).fraction;
}

/**
 * g_flow_step_dup_message:
 * @self: a step
 *
 * Gets what the body has said last of what it does.
 *
 * Returns: (transfer full) (nullable): the message
 *
 * Since: 0.1
 */
char *
g_flow_step_dup_message (GFlowStep *self)
{
  g_return_val_if_fail (G_IS_FLOW_STEP (self), NULL);

  g_autoptr(GFlowRun) run = g_weak_ref_get (&self->run);

  return run != NULL ? read_message (self, run) : g_strdup (self->message);
}

/**
 * g_flow_step_get_start: (attributes org.gtk.Method.get_property=start)
 * @self: a step
 *
 * Gets when the body was called, the last time if there was more than one attempt.
 *
 * Returns: monotonic time in microseconds; 0 if it was not called, or that is not known
 *
 * Since: 0.1
 */
gint64
g_flow_step_get_start (GFlowStep *self)
{
  g_return_val_if_fail (G_IS_FLOW_STEP (self), 0);

  return look (self).start;
}

/**
 * g_flow_step_get_end: (attributes org.gtk.Method.get_property=end)
 * @self: a step
 *
 * Gets when the node has ended.
 *
 * Returns: monotonic time in microseconds; 0 if it has not, or that is not known
 *
 * Since: 0.1
 */
gint64
g_flow_step_get_end (GFlowStep *self)
{
  g_return_val_if_fail (G_IS_FLOW_STEP (self), 0);

  return look (self).end;
}

/**
 * g_flow_step_get_attempt: (attributes org.gtk.Method.get_property=attempt)
 * @self: a step
 *
 * Gets how often the body was called.
 *
 * Returns: 1 while it runs for the first time; 0 if it was not called, or that is
 *   not known
 *
 * Since: 0.1
 */
guint
g_flow_step_get_attempt (GFlowStep *self)
{
  g_return_val_if_fail (G_IS_FLOW_STEP (self), 0);

  return look (self).attempt;
}

/**
 * g_flow_step_get_error: (attributes org.gtk.Method.get_property=error)
 * @self: a step
 *
 * Gets why the node did not succeed.
 *
 * Returns: (transfer none) (nullable): the error
 *
 * Since: 0.1
 */
GError *
g_flow_step_get_error (GFlowStep *self)
{
  g_return_val_if_fail (G_IS_FLOW_STEP (self), NULL);

  g_autoptr(GFlowRun) run = g_weak_ref_get (&self->run);

  if (run != NULL)
    keep_error (self, run);
  return self->error;
}

/**
 * g_flow_step_get_worker: (attributes org.gtk.Method.get_property=worker)
 * @self: a step
 *
 * Gets where the body was called.
 *
 * Returns: 0 for the owner context, from 1 for a worker; -1 if it was not called, or
 *   that is not known
 *
 * Since: 0.1
 */
int
g_flow_step_get_worker (GFlowStep *self)
{
  g_return_val_if_fail (G_IS_FLOW_STEP (self), -1);

  return look (self).worker;
}

/**
 * g_flow_step_get_subrun: (attributes org.gtk.Method.get_property=subrun)
 * @self: a step
 *
 * Gets the run inside of the node.
 *
 * Returns: (transfer none) (nullable): a run, which is kept as long as the step; %NULL
 *   if there is none, or it has ended before anybody asked for a step
 *
 * Since: 0.1
 */
GFlowRun *
g_flow_step_get_subrun (GFlowStep *self)
{
  g_return_val_if_fail (G_IS_FLOW_STEP (self), NULL);

  g_autoptr(GFlowRun) run = g_weak_ref_get (&self->run);

  if (run != NULL)
    find_subrun (self, run);
  return self->subrun;
}

/**
 * g_flow_step_get_subruns: (attributes org.gtk.Method.get_property=subruns)
 * @self: a step
 *
 * Gets the runs inside of the node, in the order in which they were started: one of a node
 * that is a flow or a map, and as many as its body has spawned of any other. Those of an
 * attempt that has failed stay in it. The list is the same every time, and grows in
 * the owner context.
 *
 * Each is itself a list of steps. To have those of all of them in one list, as a tree of
 * GTK needs it, put this one into a `GtkFlattenListModel`.
 *
 * Returns: (transfer none): a list of [class@GFlow.FlowRun], which keeps them
 *
 * Since: 0.1
 */
GListModel *
g_flow_step_get_subruns (GFlowStep *self)
{
  g_return_val_if_fail (G_IS_FLOW_STEP (self), NULL);

  if (self->subruns == NULL)
    {
      g_autoptr(GFlowRun) run = g_weak_ref_get (&self->run);

      self->subruns = g_list_store_new (G_TYPE_FLOW_RUN);
      if (run != NULL)
        append_subruns (self, run);
    }
  return G_LIST_MODEL (self->subruns);
}
