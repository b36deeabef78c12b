/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-executor-private.h"

#include <glib/gi18n-lib.h>

/**
 * GFlowExecutor:
 *
 * Serves requests at a node of a [class@GFlow.Flow].
 *
 * An executor says which functions serve which endpoints, by
 * [method@GFlow.FlowExecutor.bind] and [method@GFlow.FlowExecutor.bind_task], mostly when
 * it is made; what nothing is bound for goes to the functions of the class, and if
 * it has none the documents pass by untouched.
 *
 * ```c
 * struct _Shouter { GFlowExecutor parent_instance; };
 *
 * G_DEFINE_FINAL_TYPE (Shouter, shouter, G_TYPE_FLOW_EXECUTOR)
 *
 * static gboolean
 * shouter_process (GFlowExecutor  *executor,
 *                  GFlowRequest   *request,
 *                  GCancellable   *cancellable,
 *                  GError        **error)
 * {
 *   GListModel *documents = g_flow_request_get_documents (request);
 *
 *   for (guint i = 0; i < g_list_model_get_n_items (documents); i++)
 *     {
 *       g_autoptr(GFlowDocument) document = g_list_model_get_item (documents, i);
 *       g_autofree char *loud = g_utf8_strup (g_flow_document_get_text (document), -1);
 *
 *       g_flow_document_set_text (document, loud);
 *     }
 *   return TRUE;
 * }
 *
 * static void
 * shouter_class_init (ShouterClass *klass)
 * {
 *   G_FLOW_EXECUTOR_CLASS (klass)->process = shouter_process;
 * }
 * ```
 *
 * An executor is set up when the flow that it is in opens, and torn down when it
 * closes. If that fails the flow does not open.
 *
 * ## Thread safety
 *
 * Functions that are called on a worker thread are called there one at a time for each
 * instance; those that take a task are called in the owner context of the run, and may
 * be called again before they have returned on it. What is bound, and the properties, must
 * not be changed while the flow is open.
 *
 * Since: 0.1
 */

enum
{
  PROP_0,
  PROP_NAME,
  PROP_DESCRIPTION,
  PROP_WORKSPACE,
  PROP_INDEX,
  PROP_SHARD,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (GFlowExecutor, g_flow_executor, G_TYPE_OBJECT)

GFlowExecutorPrivate *
_g_flow_executor_get_private (GFlowExecutor *self)
{
  return g_flow_executor_get_instance_private (self);
}

/* Instances */

/* FALSE if an open flow has it already. */
gboolean
_g_flow_executor_take (GFlowExecutor *self)
{
  GFlowExecutorPrivate *priv = _g_flow_executor_get_private (self);

  /* Acquire and release: who takes it next sees what was done with it before. */
  if (atomic_exchange_explicit (&priv->taken, TRUE, memory_order_acq_rel))
    return FALSE;

  _g_flow_executor_ensure_binding_of_class (self);
  return TRUE;
}

void
_g_flow_executor_leave (GFlowExecutor *self)
{
  GFlowExecutorPrivate *priv = _g_flow_executor_get_private (self);

  atomic_store_explicit (&priv->taken, FALSE, memory_order_release);
}

/* It serves at the node @node_name, as instance @index of those that do, in a shard. */
void
_g_flow_executor_number (GFlowExecutor *self,
                         const char    *node_name,
                         guint          index,
                         guint          shard)
{
  GFlowExecutorPrivate *priv = _g_flow_executor_get_private (self);

  if (g_strcmp0 (priv->node_name, node_name) != 0)
    {
      g_free (priv->node_name);
      priv->node_name = g_strdup (node_name);
    }
  if (priv->index != index)
    {
      priv->index = index;
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_INDEX]);
    }
  if (priv->shard != shard)
    {
      priv->shard = shard;
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SHARD]);
    }
}

/* GObject */

static void
g_flow_executor_finalize (GObject *object)
{
  GFlowExecutorPrivate *priv = _g_flow_executor_get_private (G_FLOW_EXECUTOR (object));

  g_clear_pointer (&priv->bindings, g_hash_table_unref);
  g_clear_pointer (&priv->fallback, _g_flow_binding_unref);
  g_clear_pointer (&priv->of_class, _g_flow_binding_unref);
  g_clear_pointer (&priv->batchings, g_hash_table_unref);
  if (priv->factory_destroy != NULL)
    priv->factory_destroy (priv->factory_data);
  g_clear_pointer (&priv->given, g_variant_unref);
  g_clear_pointer (&priv->name, g_free);
  g_clear_pointer (&priv->node_name, g_free);
  g_clear_pointer (&priv->description, g_free);
  g_clear_object (&priv->workspace);

  G_OBJECT_CLASS (g_flow_executor_parent_class)->finalize (object);
}

static void
g_flow_executor_get_property (GObject    *object,
                              guint       prop_id,
                              GValue     *value,
                              GParamSpec *pspec)
{
  GFlowExecutorPrivate *priv = _g_flow_executor_get_private (G_FLOW_EXECUTOR (object));

  switch (prop_id)
    {
    case PROP_NAME:
      g_value_set_string (value, priv->name);
      break;
    case PROP_DESCRIPTION:
      g_value_set_string (value, priv->description);
      break;
    case PROP_WORKSPACE:
      g_value_set_object (value, priv->workspace);
      break;
    case PROP_INDEX:
      g_value_set_uint (value, priv->index);
      break;
    case PROP_SHARD:
      g_value_set_uint (value, priv->shard);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
g_flow_executor_set_property (GObject      *object,
                              guint         prop_id,
                              const GValue *value,
                              GParamSpec   *pspec)
{
  GFlowExecutor *self = G_FLOW_EXECUTOR (object);

  switch (prop_id)
    {
    case PROP_NAME:
      g_flow_executor_set_name (self, g_value_get_string (value));
      break;
    case PROP_DESCRIPTION:
      g_flow_executor_set_description (self, g_value_get_string (value));
      break;
    case PROP_WORKSPACE:
      g_flow_executor_set_workspace (self, g_value_get_object (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
g_flow_executor_class_init (GFlowExecutorClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags rw = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;
  const GParamFlags ro = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->finalize = g_flow_executor_finalize;
  object_class->get_property = g_flow_executor_get_property;
  object_class->set_property = g_flow_executor_set_property;

  /**
   * GFlowExecutor:name: (attributes org.gtk.Property.get=g_flow_executor_get_name org.gtk.Property.set=g_flow_executor_set_name)
   *
   * A name of its own, beside that of the node where it serves.
   *
   * Since: 0.1
   */
  properties[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, rw);

  /**
   * GFlowExecutor:description: (attributes org.gtk.Property.get=g_flow_executor_get_description org.gtk.Property.set=g_flow_executor_set_description)
   *
   * What it does, for people.
   *
   * Since: 0.1
   */
  properties[PROP_DESCRIPTION] = g_param_spec_string ("description", NULL, NULL, NULL, rw);

  /**
   * GFlowExecutor:workspace: (attributes org.gtk.Property.get=g_flow_executor_get_workspace org.gtk.Property.set=g_flow_executor_set_workspace)
   *
   * The folder in which executors have folders of their own, see
   * [method@GFlow.FlowExecutor.make_workspace].
   *
   * Since: 0.1
   */
  properties[PROP_WORKSPACE] = g_param_spec_object ("workspace", NULL, NULL, G_TYPE_FILE, rw);

  /**
   * GFlowExecutor:index: (attributes org.gtk.Property.get=g_flow_executor_get_index)
   *
   * Which of the instances at its node it is, from 0.
   *
   * Since: 0.1
   */
  properties[PROP_INDEX] = g_param_spec_uint ("index", NULL, NULL, 0, G_MAXUINT, 0, ro);

  /**
   * GFlowExecutor:shard: (attributes org.gtk.Property.get=g_flow_executor_get_shard)
   *
   * Which of the shards at its node it is, or is a replica of, from 0.
   *
   * Since: 0.1
   */
  properties[PROP_SHARD] = g_param_spec_uint ("shard", NULL, NULL, 0, G_MAXUINT, 0, ro);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
g_flow_executor_init (GFlowExecutor *self)
{
}

/* Properties */

/**
 * g_flow_executor_get_name: (attributes org.gtk.Method.get_property=name)
 * @self: an executor
 *
 * Gets its name.
 *
 * Returns: (transfer none) (nullable): the name
 *
 * Since: 0.1
 */
const char *
g_flow_executor_get_name (GFlowExecutor *self)
{
  g_return_val_if_fail (G_IS_FLOW_EXECUTOR (self), NULL);

  return _g_flow_executor_get_private (self)->name;
}

/**
 * g_flow_executor_set_name: (attributes org.gtk.Method.set_property=name)
 * @self: an executor
 * @name: (nullable): the name
 *
 * Sets its name.
 *
 * Since: 0.1
 */
void
g_flow_executor_set_name (GFlowExecutor *self,
                          const char    *name)
{
  g_return_if_fail (G_IS_FLOW_EXECUTOR (self));

  GFlowExecutorPrivate *priv = _g_flow_executor_get_private (self);

  if (g_strcmp0 (priv->name, name) == 0)
    return;

  g_free (priv->name);
  priv->name = g_strdup (name);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_NAME]);
}

/**
 * g_flow_executor_get_description: (attributes org.gtk.Method.get_property=description)
 * @self: an executor
 *
 * Gets what it does, for people.
 *
 * Returns: (transfer none) (nullable): the description
 *
 * Since: 0.1
 */
const char *
g_flow_executor_get_description (GFlowExecutor *self)
{
  g_return_val_if_fail (G_IS_FLOW_EXECUTOR (self), NULL);

  return _g_flow_executor_get_private (self)->description;
}

/**
 * g_flow_executor_set_description: (attributes org.gtk.Method.set_property=description)
 * @self: an executor
 * @description: (nullable): the description
 *
 * Says what it does, for people.
 *
 * Since: 0.1
 */
void
g_flow_executor_set_description (GFlowExecutor *self,
                                 const char    *description)
{
  g_return_if_fail (G_IS_FLOW_EXECUTOR (self));

  GFlowExecutorPrivate *priv = _g_flow_executor_get_private (self);

  if (g_strcmp0 (priv->description, description) == 0)
    return;

  g_free (priv->description);
  priv->description = g_strdup (description);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_DESCRIPTION]);
}

/**
 * g_flow_executor_get_workspace: (attributes org.gtk.Method.get_property=workspace)
 * @self: an executor
 *
 * Gets the folder in which executors have folders of their own.
 *
 * Returns: (transfer none) (nullable): the folder
 *
 * Since: 0.1
 */
GFile *
g_flow_executor_get_workspace (GFlowExecutor *self)
{
  g_return_val_if_fail (G_IS_FLOW_EXECUTOR (self), NULL);

  return _g_flow_executor_get_private (self)->workspace;
}

/**
 * g_flow_executor_set_workspace: (attributes org.gtk.Method.set_property=workspace)
 * @self: an executor
 * @workspace: (nullable): a folder, which need not exist
 *
 * Sets the folder in which executors have folders of their own.
 *
 * Since: 0.1
 */
void
g_flow_executor_set_workspace (GFlowExecutor *self,
                               GFile         *workspace)
{
  g_return_if_fail (G_IS_FLOW_EXECUTOR (self));
  g_return_if_fail (workspace == NULL || G_IS_FILE (workspace));

  if (g_set_object (&_g_flow_executor_get_private (self)->workspace, workspace))
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_WORKSPACE]);
}

/**
 * g_flow_executor_make_workspace:
 * @self: an executor that serves at a node
 * @cancellable: (nullable): cancels the operation
 * @error: return location for an error
 *
 * Gets the folder that this instance has for itself, and makes it if need be: in
 * [property@GFlow.FlowExecutor:workspace], one with its name or that of its node, and in
 * that one with its index. Blocks while it looks at the file system.
 *
 * Returns: (transfer full): the folder
 *
 * Since: 0.1
 */
GFile *
g_flow_executor_make_workspace (GFlowExecutor  *self,
                                GCancellable   *cancellable,
                                GError        **error)
{
  g_return_val_if_fail (G_IS_FLOW_EXECUTOR (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  GFlowExecutorPrivate *priv = _g_flow_executor_get_private (self);
  const char *name = priv->name != NULL ? priv->name : priv->node_name;

  if (priv->workspace == NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                   _("The executor “%s” has no workspace"),
                   name != NULL ? name : G_OBJECT_TYPE_NAME (self));
      return NULL;
    }

  g_autofree char *index = g_strdup_printf ("%u", priv->index);
  g_autoptr(GFile) named = g_file_get_child (priv->workspace,
                                             name != NULL ? name : G_OBJECT_TYPE_NAME (self));
  g_autoptr(GFile) own = g_file_get_child (named, index);
  g_autoptr(GError) failure = NULL;

  if (!g_file_make_directory_with_parents (own, cancellable, &failure) &&
      !g_error_matches (failure, G_IO_ERROR, G_IO_ERROR_EXISTS))
    {
      g_propagate_error (error, g_steal_pointer (&failure));
      return NULL;
    }
  return g_steal_pointer (&own);
}

/**
 * g_flow_executor_get_index: (attributes org.gtk.Method.get_property=index)
 * @self: an executor
 *
 * Gets which of the instances at its node it is.
 *
 * Returns: the index, from 0
 *
 * Since: 0.1
 */
guint
g_flow_executor_get_index (GFlowExecutor *self)
{
  g_return_val_if_fail (G_IS_FLOW_EXECUTOR (self), 0);

  return _g_flow_executor_get_private (self)->index;
}

/**
 * g_flow_executor_get_shard: (attributes org.gtk.Method.get_property=shard)
 * @self: an executor
 *
 * Gets which of the shards at its node it is, or is a replica of: see
 * [property@GFlow.FlowNode:parallel].
 *
 * Returns: the number of the shard, from 0
 *
 * Since: 0.1
 */
guint
g_flow_executor_get_shard (GFlowExecutor *self)
{
  g_return_val_if_fail (G_IS_FLOW_EXECUTOR (self), 0);

  return _g_flow_executor_get_private (self)->shard;
}
