/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-executor-private.h"

#include "graph/gflow-error.h"
#include "graph/gflow-plan-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

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

typedef struct
{
  GHashTable    *bindings;     /* (owned) (nullable): endpoint → GFlowBinding */
  GFlowBinding  *fallback;     /* (owned) (nullable): what is bound for all other endpoints */
  GFlowBinding  *of_class;     /* (owned) (nullable): made when an open flow first takes it */
  GHashTable    *batchings;    /* (owned) (nullable): endpoint, or "" → GFlowBatching */
  GVariant      *given;        /* (owned) (nullable): properties that it was made with */
  char          *name;         /* (owned) (nullable) */
  char          *node_name;    /* (owned) (nullable): where it serves */
  char          *description;  /* (owned) (nullable) */
  GFile         *workspace;    /* (owned) (nullable) */
  guint          index;        /* among the instances at its node */
  guint          shard;        /* which of the shards there it is of */
  _Atomic gboolean taken;      /* an open flow has it */

  GFlowExecutorFactoryFunc  factory;
  gpointer                  factory_data;
  GDestroyNotify            factory_destroy;
} GFlowExecutorPrivate;

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

static GFlowExecutorPrivate *
get_private (GFlowExecutor *self)
{
  return g_flow_executor_get_instance_private (self);
}

/* Bindings */

static GFlowBinding *
binding_new (GFlowExecutorFunc      func,
             GFlowExecutorTaskFunc  task_func,
             gpointer               user_data,
             GDestroyNotify         destroy)
{
  GFlowBinding *binding = g_new (GFlowBinding, 1);

  atomic_init (&binding->ref_count, 1);
  binding->func = func;
  binding->task_func = task_func;
  binding->user_data = user_data;
  binding->destroy = destroy;
  return binding;
}

GFlowBinding *
_g_flow_binding_ref (GFlowBinding *binding)
{
  /* Relaxed: whoever has one reference may make another. */
  atomic_fetch_add_explicit (&binding->ref_count, 1, memory_order_relaxed);
  return binding;
}

void
_g_flow_binding_unref (GFlowBinding *binding)
{
  /* Acquire and release: the last one comes after what all others have done. */
  if (atomic_fetch_sub_explicit (&binding->ref_count, 1, memory_order_acq_rel) != 1)
    return;

  if (binding->destroy != NULL)
    binding->destroy (binding->user_data);
  g_free (binding);
}

/* Takes @binding. */
static void
bind (GFlowExecutor *self,
      const char    *endpoint,
      GFlowBinding  *binding)
{
  GFlowExecutorPrivate *priv = get_private (self);

  if (endpoint == NULL)
    {
      g_clear_pointer (&priv->fallback, _g_flow_binding_unref);
      priv->fallback = binding;
      return;
    }
  if (priv->bindings == NULL)
    priv->bindings = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                            (GDestroyNotify) _g_flow_binding_unref);
  g_hash_table_replace (priv->bindings, g_strdup (endpoint), binding);
}

static gboolean
call_process (GFlowExecutor  *self,
              GFlowRequest   *request,
              GCancellable   *cancellable,
              gpointer        user_data,
              GError        **error)
{
  return G_FLOW_EXECUTOR_GET_CLASS (self)->process (self, request, cancellable, error);
}

static void
call_start (GFlowExecutor  *self,
            GFlowRequest   *request,
            GTask          *task,
            gpointer        user_data,
            GError        **error)
{
  G_FLOW_EXECUTOR_GET_CLASS (self)->start (self, request, task, error);
}

/* What serves requests for @endpoint; NULL if they pass by. An open flow has it. In any
 * thread. */
GFlowBinding *
_g_flow_executor_find (GFlowExecutor *self,
                       const char    *endpoint)
{
  GFlowExecutorPrivate *priv = get_private (self);
  GFlowBinding *binding = NULL;

  if (priv->bindings != NULL)
    binding = g_hash_table_lookup (priv->bindings, endpoint);
  if (binding == NULL)
    binding = priv->fallback;
  if (binding != NULL)
    return binding;

  return priv->of_class;
}

/* Whether, and how, requests for @endpoint are served together. */
const GFlowBatching *
_g_flow_executor_find_batching (GFlowExecutor *self,
                                const char    *endpoint)
{
  GHashTable *batchings = get_private (self)->batchings;
  const GFlowBatching *batching = NULL;

  if (batchings != NULL)
    batching = g_hash_table_lookup (batchings, endpoint);
  if (batching == NULL && batchings != NULL)
    batching = g_hash_table_lookup (batchings, "");
  return batching != NULL && batching->size > 1 ? batching : NULL;
}

static void
set_batching (GFlowExecutor       *self,
              const char          *endpoint,
              const GFlowBatching *batching)
{
  GFlowExecutorPrivate *priv = get_private (self);

  if (priv->batchings == NULL)
    priv->batchings = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_hash_table_replace (priv->batchings, g_strdup (endpoint),
                        g_memdup2 (batching, sizeof *batching));
}

/* Instances */

/* Several threads may look for it later. */
static void
ensure_binding_of_class (GFlowExecutor *self)
{
  GFlowExecutorPrivate *priv = get_private (self);
  GFlowExecutorClass *klass = G_FLOW_EXECUTOR_GET_CLASS (self);

  if (priv->of_class == NULL && (klass->start != NULL || klass->process != NULL))
    priv->of_class = binding_new (klass->start == NULL ? call_process : NULL,
                                  klass->start != NULL ? call_start : NULL, NULL, NULL);
}

/* FALSE if an open flow has it already. */
gboolean
_g_flow_executor_take (GFlowExecutor *self)
{
  /* Acquire and release: who takes it next sees what was done with it before. */
  if (atomic_exchange_explicit (&get_private (self)->taken, TRUE, memory_order_acq_rel))
    return FALSE;

  ensure_binding_of_class (self);
  return TRUE;
}

void
_g_flow_executor_leave (GFlowExecutor *self)
{
  atomic_store_explicit (&get_private (self)->taken, FALSE, memory_order_release);
}

/* It serves at the node @node_name, as instance @index of those that do, in a shard. */
void
_g_flow_executor_number (GFlowExecutor *self,
                         const char    *node_name,
                         guint          index,
                         guint          shard)
{
  GFlowExecutorPrivate *priv = get_private (self);

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

static gboolean
is_copied (GParamSpec *pspec)
{
  return (pspec->flags & G_PARAM_READWRITE) == G_PARAM_READWRITE &&
         (pspec->flags & G_PARAM_DEPRECATED) == 0;
}

/* Another executor of the same type and with the same properties. */
static GFlowExecutor *
copy_properties (GFlowExecutor *self)
{
  GType type = G_OBJECT_TYPE (self);
  guint n, n_copied = 0;
  g_autofree GParamSpec **pspecs =
    g_object_class_list_properties (G_OBJECT_GET_CLASS (self), &n);
  g_autofree const char **names = g_new (const char *, n);
  g_autofree GValue *values = g_new0 (GValue, n);

  for (guint i = 0; i < n; i++)
    if (is_copied (pspecs[i]))
      {
        names[n_copied] = pspecs[i]->name;
        g_value_init (&values[n_copied], pspecs[i]->value_type);
        g_object_get_property (G_OBJECT (self), pspecs[i]->name, &values[n_copied]);
        n_copied++;
      }

  GFlowExecutor *copy =
    G_FLOW_EXECUTOR (g_object_new_with_properties (type, n_copied, names, values));

  for (guint i = 0; i < n_copied; i++)
    g_value_unset (&values[i]);
  return copy;
}

/* What is bound to @self, and is not to @copy, is shared. */
static void
share_bindings (GFlowExecutor *self,
                GFlowExecutor *copy)
{
  GFlowExecutorPrivate *from = get_private (self), *to = get_private (copy);
  GHashTableIter iter;
  gpointer endpoint, binding;

  if (from->fallback != NULL && to->fallback == NULL)
    to->fallback = _g_flow_binding_ref (from->fallback);
  if (from->bindings == NULL)
    return;

  g_hash_table_iter_init (&iter, from->bindings);
  while (g_hash_table_iter_next (&iter, &endpoint, &binding))
    if (to->bindings == NULL || !g_hash_table_contains (to->bindings, endpoint))
      bind (copy, endpoint, _g_flow_binding_ref (binding));
}

/* Likewise. */
static void
share_batchings (GFlowExecutor *self,
                 GFlowExecutor *copy)
{
  GFlowExecutorPrivate *from = get_private (self), *to = get_private (copy);
  GHashTableIter iter;
  gpointer endpoint, batching;

  if (from->batchings == NULL)
    return;

  g_hash_table_iter_init (&iter, from->batchings);
  while (g_hash_table_iter_next (&iter, &endpoint, &batching))
    if (to->batchings == NULL || !g_hash_table_contains (to->batchings, endpoint))
      set_batching (copy, endpoint, batching);
}

/**
 * g_flow_executor_make_instance:
 * @self: an executor
 * @error: return location for an error
 *
 * Makes another executor that does the same: by what was set with
 * [method@GFlow.FlowExecutor.set_factory]; or else of the same type, with the same
 * properties, and with the bindings of this one where it has none of its own.
 *
 * Returns: (transfer full): a new executor
 *
 * Since: 0.1
 */
GFlowExecutor *
g_flow_executor_make_instance (GFlowExecutor  *self,
                               GError        **error)
{
  g_return_val_if_fail (G_IS_FLOW_EXECUTOR (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  GFlowExecutorPrivate *priv = get_private (self);
  GFlowExecutor *instance;

  if (priv->factory != NULL)
    {
      GError *reason = NULL;

      instance = priv->factory (self, priv->factory_data, &reason);
      if (instance == NULL && reason == NULL)
        g_set_error (&reason, G_FLOW_ERROR, G_FLOW_ERROR_FAILED,
                     _("The factory of an executor “%s” made none"), G_OBJECT_TYPE_NAME (self));
      if (reason != NULL)
        {
          g_clear_object (&instance);
          g_propagate_error (error, reason);
          return NULL;
        }
    }
  else
    {
      instance = copy_properties (self);
    }
  share_bindings (self, instance);
  share_batchings (self, instance);
  return instance;
}

/* Whether two executors do the same, as far as can be told. */
gboolean
_g_flow_executor_equal (GFlowExecutor *a,
                        GFlowExecutor *b)
{
  if (a == b)
    return TRUE;
  if (a == NULL || b == NULL || G_OBJECT_TYPE (a) != G_OBJECT_TYPE (b))
    return FALSE;

  GFlowExecutorPrivate *priv_a = get_private (a), *priv_b = get_private (b);

  if (priv_a->given != NULL && priv_b->given != NULL &&
      !g_variant_equal (priv_a->given, priv_b->given))
    return FALSE;

  guint n;
  g_autofree GParamSpec **pspecs = g_object_class_list_properties (G_OBJECT_GET_CLASS (a), &n);

  for (guint i = 0; i < n; i++)
    {
      g_auto(GValue) value_a = G_VALUE_INIT, value_b = G_VALUE_INIT;

      if (!is_copied (pspecs[i]))
        continue;
      g_value_init (&value_a, pspecs[i]->value_type);
      g_value_init (&value_b, pspecs[i]->value_type);
      g_object_get_property (G_OBJECT (a), pspecs[i]->name, &value_a);
      g_object_get_property (G_OBJECT (b), pspecs[i]->name, &value_b);
      if (g_param_values_cmp (pspecs[i], &value_a, &value_b) != 0)
        return FALSE;
    }
  return TRUE;
}

/* GObject */

static void
g_flow_executor_finalize (GObject *object)
{
  GFlowExecutorPrivate *priv = get_private (G_FLOW_EXECUTOR (object));

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
  GFlowExecutorPrivate *priv = get_private (G_FLOW_EXECUTOR (object));

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

/* Constructors: by type or by name, with properties as a dictionary. */

static gboolean
check_type (GType    type,
            GError **error)
{
  if (g_type_is_a (type, G_TYPE_FLOW_EXECUTOR) && !G_TYPE_IS_ABSTRACT (type))
    return TRUE;

  g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT,
               G_TYPE_IS_ABSTRACT (type) ? _("“%s” is abstract: there are no executors of that type")
                                         : _("“%s” is not a type of executors"),
               type != 0 ? g_type_name (type) : "");
  return FALSE;
}

static void
set_unknown_error (GError       **error,
                   GObjectClass  *klass,
                   const char    *name)
{
  GFlowSimilar similar = { .name = name };
  guint n;
  g_autofree GParamSpec **pspecs = g_object_class_list_properties (klass, &n);

  for (guint i = 0; i < n; i++)
    _g_flow_similar_look (&similar, pspecs[i]->name);
  if (similar.best != NULL)
    g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT,
                 _("“%s” has no property “%s”; did you mean “%s”?"),
                 G_OBJECT_CLASS_NAME (klass), name, similar.best);
  else
    g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT,
                 _("“%s” has no property “%s”"), G_OBJECT_CLASS_NAME (klass), name);
}

/* A variant as a value of the type of a property, without loss. */
static gboolean
convert_value (GParamSpec *pspec,
               GVariant   *variant,
               GValue     *value)
{
  g_auto(GValue) plain = G_VALUE_INIT;

  g_value_init (value, pspec->value_type);
  if (pspec->value_type == G_TYPE_VARIANT)
    {
      g_value_set_variant (value, variant);
    }
  else if (G_TYPE_IS_ENUM (pspec->value_type) &&
           g_variant_is_of_type (variant, G_VARIANT_TYPE_STRING))
    {
      GEnumClass *klass = G_PARAM_SPEC_ENUM (pspec)->enum_class;
      GEnumValue *member = g_enum_get_value_by_nick (klass, g_variant_get_string (variant, NULL));

      if (member == NULL)
        return FALSE;
      g_value_set_enum (value, member->value);
    }
  else if (pspec->value_type == G_TYPE_FILE)
    {
      if (!g_variant_is_of_type (variant, G_VARIANT_TYPE_STRING))
        return FALSE;
      g_value_take_object (value,
                           g_file_new_for_commandline_arg (g_variant_get_string (variant, NULL)));
    }
  else
    {
      g_dbus_gvariant_to_gvalue (variant, &plain);
      /* Text is never made of numbers, nor numbers of text. */
      if (G_VALUE_HOLDS_STRING (&plain) != (pspec->value_type == G_TYPE_STRING) ||
          !g_value_transform (&plain, value))
        return FALSE;
      if (G_VALUE_TYPE (&plain) != pspec->value_type && !G_VALUE_HOLDS_STRING (&plain))
        {
          g_auto(GValue) back = G_VALUE_INIT;

          g_value_init (&back, G_VALUE_TYPE (&plain));
          if (!g_value_transform (value, &back))
            return FALSE;

          g_autofree char *before = g_strdup_value_contents (&plain);
          g_autofree char *after = g_strdup_value_contents (&back);

          if (strcmp (before, after) != 0)
            return FALSE;
        }
    }
  /* Changed only if it was out of range. */
  return !g_param_value_validate (pspec, value) || pspec->value_type == G_TYPE_VARIANT;
}

static gboolean
convert_property (GObjectClass  *klass,
                  const char    *name,
                  GVariant      *variant,
                  GValue        *value,
                  GError       **error)
{
  GParamSpec *pspec = g_object_class_find_property (klass, name);

  if (pspec == NULL || (pspec->flags & G_PARAM_WRITABLE) == 0)
    {
      set_unknown_error (error, klass, name);
      return FALSE;
    }
  if (!convert_value (pspec, variant, value))
    {
      g_autofree char *text = g_variant_print (variant, FALSE);

      g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT,
                   _("The property “%s” of “%s” cannot be %s"), name, G_OBJECT_CLASS_NAME (klass),
                   text);
      return FALSE;
    }
  return TRUE;
}

/**
 * g_flow_executor_new_from_type:
 * @type: a type of executors
 * @with: (nullable): a dictionary of type `a{sv}` of properties to make it
 *   with, consumed if it is floating; members of enumerations may be given by their nicks
 * @error: return location for an error
 *
 * Makes an executor of the given type. Fails with %G_FLOW_ERROR_BAD_INPUT if the type
 * is none of executors, if it has no such property, or if the property cannot have that
 * value.
 *
 * Returns: (transfer full): a new executor
 *
 * Since: 0.1
 */
GFlowExecutor *
g_flow_executor_new_from_type (GType      type,
                               GVariant  *with,
                               GError   **error)
{
  g_return_val_if_fail (with == NULL ||
                        g_variant_is_of_type (with, G_VARIANT_TYPE_VARDICT), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  g_autoptr(GVariant) given = with != NULL ? g_variant_ref_sink (with) : NULL;

  if (!check_type (type, error))
    return NULL;

  g_autoptr(GTypeClass) klass = g_type_class_ref (type);
  const gsize n = given != NULL ? g_variant_n_children (given) : 0;
  g_autofree const char **names = g_new (const char *, n);
  g_autofree GValue *values = g_new0 (GValue, n);
  GFlowExecutor *self = NULL;
  gboolean ok = TRUE;

  for (gsize i = 0; ok && i < n; i++)
    {
      g_autoptr(GVariant) variant = NULL;

      g_variant_get_child (given, i, "{&sv}", &names[i], &variant);
      ok = convert_property (G_OBJECT_CLASS (klass), names[i], variant, &values[i], error);
    }
  if (ok)
    {
      self = G_FLOW_EXECUTOR (g_object_new_with_properties (type, n, names, values));
      get_private (self)->given = g_steal_pointer (&given);
    }
  for (gsize i = 0; i < n; i++)
    if (G_IS_VALUE (&values[i]))
      g_value_unset (&values[i]);
  return self;
}

/* The types under @type, too. */
static void
look_at_types (GFlowSimilar *similar,
               GType         type)
{
  guint n;
  g_autofree GType *children = g_type_children (type, &n);

  for (guint i = 0; i < n; i++)
    {
      if (!G_TYPE_IS_ABSTRACT (children[i]))
        _g_flow_similar_look (similar, g_type_name (children[i]));
      look_at_types (similar, children[i]);
    }
}

/**
 * g_flow_executor_new_from_name:
 * @type_name: the name of a type of executors that is registered
 * @with: (nullable): as for [ctor@GFlow.FlowExecutor.new_from_type]
 * @error: return location for an error
 *
 * Makes an executor of the type with the given name.
 *
 * Returns: (transfer full): a new executor
 *
 * Since: 0.1
 */
GFlowExecutor *
g_flow_executor_new_from_name (const char  *type_name,
                               GVariant    *with,
                               GError     **error)
{
  g_return_val_if_fail (type_name != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  const GType type = g_type_from_name (type_name);

  if (type != 0)
    return g_flow_executor_new_from_type (type, with, error);

  g_autoptr(GVariant) given G_GNUC_UNUSED = with != NULL ? g_variant_ref_sink (with)
                                                               : NULL;
  GFlowSimilar similar = { .name = type_name };

  look_at_types (&similar, G_TYPE_FLOW_EXECUTOR);
  if (similar.best != NULL)
    g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT,
                 _("There is no type of executors “%s”; did you mean “%s”?"), type_name,
                 similar.best);
  else
    g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT,
                 _("There is no type of executors “%s”"), type_name);
  return NULL;
}

/**
 * g_flow_executor_bind:
 * @self: an executor that no open flow has
 * @endpoint: (nullable): the endpoint of requests that it serves, like `/index`; or
 *   %NULL for all that nothing else is bound for
 * @func: (scope notified) (closure user_data) (destroy destroy): what serves them, on a
 *   worker thread
 * @user_data: data for @func
 * @destroy: frees @user_data
 *
 * Says what serves the requests for an endpoint, in place of what did before. If the
 * node has the placement %G_FLOW_PLACEMENT_CONTEXT it is called there.
 *
 * Since: 0.1
 */
void
g_flow_executor_bind (GFlowExecutor     *self,
                      const char        *endpoint,
                      GFlowExecutorFunc  func,
                      gpointer           user_data,
                      GDestroyNotify     destroy)
{
  g_return_if_fail (G_IS_FLOW_EXECUTOR (self));
  g_return_if_fail (func != NULL);

  bind (self, endpoint, binding_new (func, NULL, user_data, destroy));
}

/**
 * g_flow_executor_bind_task:
 * @self: an executor that no open flow has
 * @endpoint: (nullable): the endpoint of requests that it serves, like `/index`; or
 *   %NULL for all that nothing else is bound for
 * @func: (scope notified) (closure user_data) (destroy destroy): what serves them, in the
 *   owner context of their run
 * @user_data: data for @func
 * @destroy: frees @user_data
 *
 * Says what serves the requests for an endpoint, in place of what did before.
 *
 * Since: 0.1
 */
void
g_flow_executor_bind_task (GFlowExecutor         *self,
                           const char            *endpoint,
                           GFlowExecutorTaskFunc  func,
                           gpointer               user_data,
                           GDestroyNotify         destroy)
{
  g_return_if_fail (G_IS_FLOW_EXECUTOR (self));
  g_return_if_fail (func != NULL);

  bind (self, endpoint, binding_new (NULL, func, user_data, destroy));
}

/**
 * g_flow_executor_redirect:
 * @self: an executor that no open flow has
 * @endpoint: (nullable): an endpoint; or %NULL for all that nothing is bound for
 * @bound: an endpoint, or any other name, that something is bound for
 * @error: return location for an error
 *
 * Has the requests for @endpoint served by what is bound for @bound. With that the
 * functions of an executor can be bound to names of their own, and the application
 * that uses it says which endpoints they serve: of this instance, and of those that
 * are made like it.
 *
 * Fails with %G_FLOW_ERROR_BAD_INPUT if nothing is bound for @bound.
 *
 * Returns: %TRUE if it was found
 *
 * Since: 0.1
 */
gboolean
g_flow_executor_redirect (GFlowExecutor  *self,
                          const char     *endpoint,
                          const char     *bound,
                          GError        **error)
{
  g_return_val_if_fail (G_IS_FLOW_EXECUTOR (self), FALSE);
  g_return_val_if_fail (bound != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  GFlowExecutorPrivate *priv = get_private (self);
  GFlowBinding *binding = priv->bindings != NULL ? g_hash_table_lookup (priv->bindings, bound)
                                                 : NULL;

  if (binding != NULL)
    {
      bind (self, endpoint, _g_flow_binding_ref (binding));
      return TRUE;
    }

  GFlowSimilar similar = { .name = bound };
  GHashTableIter iter;
  gpointer name;

  if (priv->bindings != NULL)
    {
      g_hash_table_iter_init (&iter, priv->bindings);
      while (g_hash_table_iter_next (&iter, &name, NULL))
        _g_flow_similar_look (&similar, name);
    }
  if (similar.best != NULL)
    g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT,
                 _("“%s” has nothing bound for “%s”; did you mean “%s”?"),
                 G_OBJECT_TYPE_NAME (self), bound, similar.best);
  else
    g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT,
                 _("“%s” has nothing bound for “%s”"), G_OBJECT_TYPE_NAME (self), bound);
  return FALSE;
}

/**
 * g_flow_executor_set_batching:
 * @self: an executor that no open flow has
 * @endpoint: (nullable): the endpoint of requests, like `/index`; or %NULL for all that
 *   nothing else is said for
 * @preferred_size: how many documents are to be served together; 0 or 1 to serve each
 *   request by itself
 * @timeout: how long a request waits for others, in milliseconds
 *
 * Has the documents of several requests served together, in one call, as a model does
 * that computes for many about as fast as for one.
 *
 * A request that comes to the node waits until there are others, so that together they
 * have as many documents as preferred, or until the oldest has waited for @timeout; and
 * then until an instance is idle: what comes until then goes with them. With a timeout of 0 nobody
 * waits for others, but while the executor is busy they gather. The documents of one request are
 * served together, so that a batch may be larger than preferred.
 *
 * Only requests for the same endpoint and with the same parameters are served
 * together. The function sees one request, with the documents of all in the order in which they
 * came. What it makes of a document goes back to the request that the document is from: a
 * document is told by itself, or by its id, or, if there are as many as there were,
 * by its place. If that does not tell whose a document is all fail with
 * %G_FLOW_ERROR_BAD_INPUT. A result that is set is a result for all of them.
 *
 * If the function fails, so do all requests of the batch; retries are made by each of them. A
 * request that is cancelled while it waits takes its documents out; one that is served
 * waits for the others, and the function is told to stop when all have been cancelled. The
 * timeout of a node, and `max-parallel`, count the waiting; the locks of the node
 * are taken for the batch.
 *
 * Since: 0.1
 */
void
g_flow_executor_set_batching (GFlowExecutor *self,
                              const char    *endpoint,
                              guint          preferred_size,
                              guint          timeout)
{
  g_return_if_fail (G_IS_FLOW_EXECUTOR (self));
  g_return_if_fail (endpoint == NULL || *endpoint != '\0');

  set_batching (self, endpoint != NULL ? endpoint : "",
                &(GFlowBatching) { preferred_size, timeout });
}

/**
 * g_flow_executor_get_batch_size:
 * @self: an executor
 * @endpoint: (nullable): an endpoint; or %NULL for all that nothing else is said for
 *
 * Gets how many documents are to be served together.
 *
 * Returns: the number of documents; 0 if each request is served by itself
 *
 * Since: 0.1
 */
guint
g_flow_executor_get_batch_size (GFlowExecutor *self,
                                const char    *endpoint)
{
  g_return_val_if_fail (G_IS_FLOW_EXECUTOR (self), 0);

  const GFlowBatching *batching =
    _g_flow_executor_find_batching (self, endpoint != NULL ? endpoint : "");

  return batching != NULL ? batching->size : 0;
}

/**
 * g_flow_executor_get_batch_timeout:
 * @self: an executor
 * @endpoint: (nullable): an endpoint; or %NULL for all that nothing else is said for
 *
 * Gets how long a request waits for others to be served with.
 *
 * Returns: the time in milliseconds; 0 if it does not wait
 *
 * Since: 0.1
 */
guint
g_flow_executor_get_batch_timeout (GFlowExecutor *self,
                                   const char    *endpoint)
{
  g_return_val_if_fail (G_IS_FLOW_EXECUTOR (self), 0);

  const GFlowBatching *batching =
    _g_flow_executor_find_batching (self, endpoint != NULL ? endpoint : "");

  return batching != NULL ? batching->timeout : 0;
}

/**
 * g_flow_executor_set_factory:
 * @self: an executor that no open flow has
 * @func: (scope notified) (closure user_data) (destroy destroy) (nullable): makes another
 *   instance; %NULL to have it made by type and properties
 * @user_data: data for @func
 * @destroy: frees @user_data
 *
 * Says how more instances of this executor are made, for a node that wants several.
 *
 * Since: 0.1
 */
void
g_flow_executor_set_factory (GFlowExecutor            *self,
                             GFlowExecutorFactoryFunc  func,
                             gpointer                  user_data,
                             GDestroyNotify            destroy)
{
  g_return_if_fail (G_IS_FLOW_EXECUTOR (self));

  GFlowExecutorPrivate *priv = get_private (self);
  GDestroyNotify old_destroy = priv->factory_destroy;
  gpointer old_data = priv->factory_data;

  priv->factory = func;
  priv->factory_data = user_data;
  priv->factory_destroy = destroy;
  if (old_destroy != NULL)
    old_destroy (old_data);
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

  return get_private (self)->name;
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

  GFlowExecutorPrivate *priv = get_private (self);

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

  return get_private (self)->description;
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

  GFlowExecutorPrivate *priv = get_private (self);

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

  return get_private (self)->workspace;
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

  if (g_set_object (&get_private (self)->workspace, workspace))
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

  GFlowExecutorPrivate *priv = get_private (self);
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

  return get_private (self)->index;
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

  return get_private (self)->shard;
}
