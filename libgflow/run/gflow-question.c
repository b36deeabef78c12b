/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-question-private.h"

#include "graph/gflow-error.h"
#include "graph/gflow-node.h"

#include <glib/gi18n-lib.h>
#include <stdatomic.h>

/**
 * GFlowQuestion:
 *
 * What a node asks the application while it runs: see [method@GFlow.FlowRun.ask_question] and
 * [signal@GFlow.FlowRun::ask].
 *
 * Whoever is asked shows the text, and the choices, if there are any; then or later it
 * calls [method@GFlow.FlowQuestion.answer] or [method@GFlow.FlowQuestion.refuse]. A
 * question that is dropped without either fails with %G_FLOW_ERROR_ABANDONED. It
 * ends by itself when its node is told to stop: what comes after that has no effect.
 *
 * ## Thread safety
 *
 * May be answered from any thread. Everything else of it does not change.
 *
 * Since: 0.1
 */

struct _GFlowQuestion
{
  GObject          parent_instance;

  char            *text;           /* (owned) */
  char           **choices;        /* (owned) (nullable) */
  GVariant        *default_answer; /* (owned) (nullable) */

  GFlowNode       *node;           /* (owned) (nullable): who has asked */
  _Atomic (GTask *) task;          /* (owned) (nullable): of the one who waits */
  GFlowOpenQuestion *open;         /* (owned) (nullable): who has the task closes it */
  GCancellable    *cancellable;    /* (owned) (nullable) */
  gulong           handler;
};

enum
{
  PROP_0,
  PROP_NODE,
  PROP_TEXT,
  PROP_CHOICES,
  PROP_DEFAULT_ANSWER,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (GFlowQuestion, g_flow_question, G_TYPE_OBJECT)

/* A question ends once. Acquire and release: the one who gets the task has it alone. */
static GTask *
take_task (GFlowQuestion *self)
{
  GTask *task = atomic_exchange_explicit (&self->task, NULL, memory_order_acq_rel);

  if (task != NULL)
    g_clear_pointer (&self->open, _g_flow_open_question_close);
  return task;
}

/* Takes @error. */
static void
fail (GFlowQuestion *self,
      GError        *error)
{
  g_autoptr(GTask) task = take_task (self);

  if (task != NULL)
    g_task_return_error (task, error);
  else
    g_error_free (error);
}

/* In whichever thread cancels. */
static void
cancelled_cb (GCancellable *cancellable,
              gpointer      user_data)
{
  g_autoptr(GFlowQuestion) self = g_weak_ref_get (user_data);

  if (self != NULL)
    fail (self, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED,
                                     _("The question was not answered in time")));
}

static void
free_weak_ref (gpointer data)
{
  g_weak_ref_clear (data);
  g_free (data);
}

/* The question may be gone when it is told. When it goes it does not wait for that, as it
 * may go while the cancellable tells others. */
static void
follow_cancellable (GFlowQuestion *self)
{
  GWeakRef *weak = g_new (GWeakRef, 1);

  g_weak_ref_init (weak, self);
  self->handler = g_cancellable_connect (self->cancellable, G_CALLBACK (cancelled_cb), weak,
                                         free_weak_ref);
}

/* The question is asked by a node of @run. Takes @task. */
void
_g_flow_question_begin (GFlowQuestion *self,
                        GFlowRun      *run,
                        guint32        index,
                        GTask         *task)
{
  self->node = g_object_ref (run->plan->nodes[index].node);
  self->open = _g_flow_run_open_question (run, index, self->text);
  g_set_object (&self->cancellable, g_task_get_cancellable (task));
  atomic_store_explicit (&self->task, task, memory_order_release);
  follow_cancellable (self);
}

/* Nobody is there to answer. */
void
_g_flow_question_default (GFlowQuestion *self)
{
  if (self->default_answer != NULL)
    g_flow_question_answer (self, self->default_answer);
  else
    fail (self, g_error_new (G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                             _("There is nobody to answer the question of “%s”: %s"),
                             g_flow_node_get_name (self->node), self->text));
}

static void
g_flow_question_finalize (GObject *object)
{
  GFlowQuestion *self = G_FLOW_QUESTION (object);

  if (self->handler != 0)
    g_signal_handler_disconnect (self->cancellable, self->handler);
  g_clear_object (&self->cancellable);
  if (self->node != NULL)
    fail (self, g_error_new (G_FLOW_ERROR, G_FLOW_ERROR_ABANDONED,
                             _("The question of “%s” was dropped without an answer: %s"),
                             g_flow_node_get_name (self->node), self->text));
  g_clear_object (&self->node);
  g_clear_pointer (&self->text, g_free);
  g_clear_pointer (&self->choices, g_strfreev);
  g_clear_pointer (&self->default_answer, g_variant_unref);

  G_OBJECT_CLASS (g_flow_question_parent_class)->finalize (object);
}

static void
g_flow_question_get_property (GObject    *object,
                              guint       prop_id,
                              GValue     *value,
                              GParamSpec *pspec)
{
  GFlowQuestion *self = G_FLOW_QUESTION (object);

  switch (prop_id)
    {
    case PROP_NODE:
      g_value_set_object (value, self->node);
      break;
    case PROP_TEXT:
      g_value_set_string (value, self->text);
      break;
    case PROP_CHOICES:
      g_value_set_boxed (value, self->choices);
      break;
    case PROP_DEFAULT_ANSWER:
      g_value_set_variant (value, self->default_answer);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
g_flow_question_set_property (GObject      *object,
                              guint         prop_id,
                              const GValue *value,
                              GParamSpec   *pspec)
{
  GFlowQuestion *self = G_FLOW_QUESTION (object);

  switch (prop_id)
    {
    case PROP_TEXT:
      self->text = g_strdup (g_value_get_string (value) != NULL ? g_value_get_string (value) : "");
      break;
    case PROP_CHOICES:
      self->choices = g_value_dup_boxed (value);
      break;
    case PROP_DEFAULT_ANSWER:
      self->default_answer = g_value_dup_variant (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
g_flow_question_class_init (GFlowQuestionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags ro = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  const GParamFlags once = G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;

  object_class->finalize = g_flow_question_finalize;
  object_class->get_property = g_flow_question_get_property;
  object_class->set_property = g_flow_question_set_property;

  /**
   * GFlowQuestion:node: (attributes org.gtk.Property.get=g_flow_question_get_node)
   *
   * The node that has asked.
   *
   * Since: 0.1
   */
  properties[PROP_NODE] = g_param_spec_object ("node", NULL, NULL, G_TYPE_FLOW_NODE, ro);

  /**
   * GFlowQuestion:text: (attributes org.gtk.Property.get=g_flow_question_get_text)
   *
   * What is asked, for people.
   *
   * Since: 0.1
   */
  properties[PROP_TEXT] = g_param_spec_string ("text", NULL, NULL, "", once);

  /**
   * GFlowQuestion:choices: (attributes org.gtk.Property.get=g_flow_question_get_choices)
   *
   * What may be answered, for people; none if it may be anything.
   *
   * Since: 0.1
   */
  properties[PROP_CHOICES] = g_param_spec_boxed ("choices", NULL, NULL, G_TYPE_STRV, once);

  /**
   * GFlowQuestion:default-answer: (attributes org.gtk.Property.get=g_flow_question_get_default_answer)
   *
   * What is taken for the answer if nobody is there to give one.
   *
   * Since: 0.1
   */
  properties[PROP_DEFAULT_ANSWER] = g_param_spec_variant ("default-answer", NULL, NULL,
                                                          G_VARIANT_TYPE_ANY, NULL, once);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
g_flow_question_init (GFlowQuestion *self)
{
}

/**
 * g_flow_question_new:
 * @text: what is asked, for people
 * @choices: (nullable) (array zero-terminated=1): what may be answered, for people, or
 *   %NULL if it may be anything
 * @default_answer: (nullable): the answer if nobody is there to give one; consumed if
 *   it is floating
 *
 * Makes a question, to be asked with [method@GFlow.FlowRun.ask_question].
 *
 * Returns: (transfer full): a new question
 *
 * Since: 0.1
 */
GFlowQuestion *
g_flow_question_new (const char         *text,
                     const char * const *choices,
                     GVariant           *default_answer)
{
  g_return_val_if_fail (text != NULL, NULL);

  return g_object_new (G_TYPE_FLOW_QUESTION,
                       "text", text,
                       "choices", choices,
                       "default-answer", default_answer,
                       NULL);
}

/**
 * g_flow_question_answer:
 * @self: a question that was asked
 * @answer: the answer; consumed if it is floating
 *
 * Answers. No effect if the question has ended.
 *
 * Since: 0.1
 */
void
g_flow_question_answer (GFlowQuestion *self,
                        GVariant      *answer)
{
  g_return_if_fail (G_IS_FLOW_QUESTION (self));
  g_return_if_fail (answer != NULL);

  g_autoptr(GVariant) held = g_variant_ref_sink (answer);
  g_autoptr(GTask) task = take_task (self);

  if (task != NULL)
    g_task_return_pointer (task, g_steal_pointer (&held), (GDestroyNotify) g_variant_unref);
}

/**
 * g_flow_question_refuse:
 * @self: a question that was asked
 * @error: why
 *
 * Refuses to answer: whoever has asked gets the error. No effect if the question has
 * ended.
 *
 * Since: 0.1
 */
void
g_flow_question_refuse (GFlowQuestion *self,
                        const GError  *error)
{
  g_return_if_fail (G_IS_FLOW_QUESTION (self));
  g_return_if_fail (error != NULL);

  fail (self, g_error_copy (error));
}

/**
 * g_flow_question_get_node: (attributes org.gtk.Method.get_property=node)
 * @self: a question
 *
 * Gets the node that has asked.
 *
 * Returns: (transfer none) (nullable): the node, or %NULL if it was not asked yet
 *
 * Since: 0.1
 */
GFlowNode *
g_flow_question_get_node (GFlowQuestion *self)
{
  g_return_val_if_fail (G_IS_FLOW_QUESTION (self), NULL);

  return self->node;
}

/**
 * g_flow_question_get_text: (attributes org.gtk.Method.get_property=text)
 * @self: a question
 *
 * Gets what is asked.
 *
 * Returns: (transfer none): the text
 *
 * Since: 0.1
 */
const char *
g_flow_question_get_text (GFlowQuestion *self)
{
  g_return_val_if_fail (G_IS_FLOW_QUESTION (self), NULL);

  return self->text;
}

/**
 * g_flow_question_get_choices: (attributes org.gtk.Method.get_property=choices)
 * @self: a question
 *
 * Gets what may be answered.
 *
 * Returns: (transfer none) (nullable) (array zero-terminated=1): the choices, or %NULL if
 *   it may be anything
 *
 * Since: 0.1
 */
const char * const *
g_flow_question_get_choices (GFlowQuestion *self)
{
  g_return_val_if_fail (G_IS_FLOW_QUESTION (self), NULL);

  return (const char * const *) self->choices;
}

/**
 * g_flow_question_get_default_answer: (attributes org.gtk.Method.get_property=default-answer)
 * @self: a question
 *
 * Gets the answer that is taken if nobody is there to give one.
 *
 * Returns: (transfer none) (nullable): the answer
 *
 * Since: 0.1
 */
GVariant *
g_flow_question_get_default_answer (GFlowQuestion *self)
{
  g_return_val_if_fail (G_IS_FLOW_QUESTION (self), NULL);

  return self->default_answer;
}
