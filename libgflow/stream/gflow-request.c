/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-request-private.h"

#include "gflow-document.h"
#include "gflow-enum-types.h"
#include "graph/gflow-dict-private.h"
#include "run/gflow-run-private.h"

#include <glib/gi18n-lib.h>

/**
 * GFlowRequest:
 *
 * What is asked of the executors of a [class@GFlow.Flow], and their answer: documents, and
 * an endpoint that says what to do with them.
 *
 * The request that goes into a flow comes back as the response. On its way the executors
 * change its documents, replace them, or leave a result beside them.
 *
 * ## Where the way forks
 *
 * Where several executors wait for the same one, each gets a copy of the documents, so
 * that they do not get in each other's way. Where these ways meet, the copies are put
 * together: what a branch has changed of a document is kept; if several have changed the same field of it, the one counts that was named first in
 * the needs. Documents that only some branches have are kept.
 *
 * ## Thread safety
 *
 * A request belongs to whoever is at work on it: to the application until it is posted
 * and when it has come back, and to the executor that serves it meanwhile.
 *
 * Since: 0.1
 */

enum
{
  PROP_0,
  PROP_ID,
  PROP_ENDPOINT,
  PROP_PARAMETERS,
  PROP_DOCUMENTS,
  PROP_RESULTS,
  PROP_ROUTES,
  PROP_STATE,
  PROP_ERROR,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (GFlowRequest, g_flow_request, G_TYPE_OBJECT)

static GHashTable *
make_results (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_variant_unref);
}

/* For the other files */

/* Gives @self, which is as new, a reference to @endpoint and @parameters. */
void
_g_flow_request_set_up (GFlowRequest *self,
                        char         *endpoint,
                        GVariant     *parameters)
{
  self->endpoint = endpoint != NULL ? g_ref_string_acquire (endpoint) : NULL;
  self->parameters = parameters != NULL ? g_variant_ref (parameters) : NULL;
}

/* Likewise, for a new one; takes @documents. */
GFlowRequest *
_g_flow_request_new_for (char       *endpoint,
                         GVariant   *parameters,
                         GListStore *documents)
{
  GFlowRequest *self = g_object_new (G_TYPE_FLOW_REQUEST, NULL);

  _g_flow_request_set_up (self, endpoint, parameters);
  self->documents.list = documents;
  return self;
}

GFlowRequest *
_g_flow_request_get_root (GFlowRequest *self)
{
  return self->root != NULL ? self->root : self;
}

/* The documents of @self, which nobody changes any more, for a branch: others may ask at
 * the same time, and a GListStore remembers where it was read last. */
GPtrArray *
_g_flow_request_dup_documents (GFlowRequest *self)
{
  _g_flow_mutex_lock (&self->mutex);

  GPtrArray *documents = _g_flow_documents_dup (&self->documents);

  _g_flow_mutex_unlock (&self->mutex);
  return documents;
}

/* Replaces the documents of @self by @documents, which it takes. */
void
_g_flow_request_take_documents (GFlowRequest *self,
                                GPtrArray    *documents)
{
  _g_flow_documents_set (&self->documents, documents);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_DOCUMENTS]);
}

/* A copy for one branch. */
GFlowRequest *
_g_flow_request_branch (GFlowRequest *self)
{
  GFlowRequest *root = _g_flow_request_get_root (self);
  GFlowRequest *branch = _g_flow_request_new_for (root->endpoint, root->parameters, NULL);
  g_autoptr(GPtrArray) documents = _g_flow_request_dup_documents (self);

  branch->root = g_object_ref (root);
  branch->base = g_object_ref (self);
  branch->passes = self->passes;
  branch->parts = self->parts != NULL ? g_ptr_array_ref (self->parts) : NULL;
  if (documents->len > 0)
    branch->origins = g_hash_table_new_full (NULL, NULL, g_object_unref, NULL);
  for (guint i = 0; i < documents->len; i++)
    {
      GFlowDocument *copy = g_flow_document_copy (documents->pdata[i]);

      g_hash_table_insert (branch->origins, g_object_ref (copy), documents->pdata[i]);
      _g_flow_documents_add (&branch->documents, copy);
    }
  return branch;
}

/* Gives @self copies of the documents that @other has. */
void
_g_flow_request_set_copies (GFlowRequest *self,
                            GFlowRequest *other)
{
  g_autoptr(GPtrArray) documents = _g_flow_request_dup_documents (other);
  GPtrArray *copies = g_ptr_array_new_full (documents->len, g_object_unref);

  for (guint i = 0; i < documents->len; i++)
    g_ptr_array_add (copies, g_flow_document_copy (documents->pdata[i]));
  _g_flow_request_take_documents (self, copies);
}

/* It is about to be served. FALSE if it is being served already. */
gboolean
_g_flow_request_begin (GFlowRequest  *self,
                       GError       **error)
{
  if (self->state == G_FLOW_RUN_STATE_RUNNING || self->root != NULL)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_PENDING,
                           _("A request can be served only once at a time"));
      return FALSE;
    }

  g_clear_pointer (&self->plan, _g_flow_plan_unref);
  g_clear_pointer (&self->records, g_free);
  g_clear_pointer (&self->node_errors, g_hash_table_unref);
  g_clear_pointer (&self->results, g_hash_table_unref);
  g_clear_object (&self->routes);
  g_clear_error (&self->error);
  self->passes = FALSE;
  self->state = G_FLOW_RUN_STATE_RUNNING;
  return TRUE;
}

/* What executors have left with @self is left with @other: if they are in the flow that the
 * node @prefix is, under that name and theirs. */
void
_g_flow_request_share_results (GFlowRequest *self,
                               GFlowRequest *other,
                               const char   *prefix)
{
  GFlowRequest *root = _g_flow_request_get_root (other);
  GHashTableIter iter;
  gpointer name, value;

  if (self->results == NULL)
    return;

  _g_flow_mutex_lock (&root->mutex);
  if (root->results == NULL)
    root->results = make_results ();
  g_hash_table_iter_init (&iter, self->results);
  while (g_hash_table_iter_next (&iter, &name, &value))
    g_hash_table_replace (root->results,
                          prefix != NULL ? g_strconcat (prefix, "/", name, NULL) : g_strdup (name),
                          g_variant_ref (value));
  _g_flow_mutex_unlock (&root->mutex);
}

/* When it was sent, and has come back. */
GFlowTimes
_g_flow_request_get_times (GFlowRequest *self)
{
  return self->records[self->plan->n_nodes];
}

/* Routes */

static GFlowRoute *
route_of (GFlowRequest *self,
          guint         index)
{
  const GError *error = self->node_errors != NULL
                          ? g_hash_table_lookup (self->node_errors, GUINT_TO_POINTER (index))
                          : NULL;

  return _g_flow_route_new (self->plan->nodes[index].node, self->records[index],
                            _g_flow_records_states (self->records, self->plan->n_nodes)[index],
                            error);
}

static int
compare_starts (gconstpointer a,
                gconstpointer b,
                gpointer      user_data)
{
  const gint64 start_a = g_flow_route_get_start (G_FLOW_ROUTE ((gpointer) a));
  const gint64 start_b = g_flow_route_get_start (G_FLOW_ROUTE ((gpointer) b));

  return start_a < start_b ? -1 : start_a > start_b;
}

static void
add_routes (GFlowRequest *self)
{
  const guint n = self->plan->n_nodes;
  const guint8 *states = _g_flow_records_states (self->records, n);
  g_autoptr(GFlowRoute) entry =
    _g_flow_route_new (NULL, self->records[n],
                       self->state == G_FLOW_RUN_STATE_DONE ? G_FLOW_NODE_STATE_DONE :
                       self->state == G_FLOW_RUN_STATE_FAILED ? G_FLOW_NODE_STATE_FAILED
                                                              : G_FLOW_NODE_STATE_CANCELLED,
                       self->error);

  for (guint i = 0; i < n; i++)
    if (self->records[i].start != 0)
      {
        g_autoptr(GFlowRoute) route = route_of (self, i);

        g_list_store_insert_sorted (self->routes, route, compare_starts, NULL);
      }
  g_list_store_insert (self->routes, 0, entry);

  /* What should have served the request, and did not. */
  for (guint i = 0; i < n; i++)
    if (self->records[i].start == 0 && states[i] != G_FLOW_NODE_STATE_DONE)
      {
        g_autoptr(GFlowRoute) route = route_of (self, i);

        g_list_store_append (self->routes, route);
      }
}

void
_g_flow_request_set_ended (GFlowRequest  *self,
                           GFlowRunState  state,
                           const GError  *error)
{
  self->state = state;
  g_clear_error (&self->error);
  self->error = error != NULL ? g_error_copy (error) : NULL;
  if (self->routes != NULL && self->plan != NULL)
    add_routes (self);
}

/* GObject */

/* Lets go of all that the request has. */
static void
clear (GFlowRequest *self)
{
  g_free (atomic_load_explicit (&self->id, memory_order_relaxed));
  g_clear_pointer (&self->endpoint, g_ref_string_release);
  g_clear_pointer (&self->parameters, g_variant_unref);
  g_clear_pointer (&self->of_node, g_variant_unref);
  _g_flow_documents_clear (&self->documents);
  g_clear_pointer (&self->parts, g_ptr_array_unref);
  g_clear_pointer (&self->left_out, g_ptr_array_unref);
  g_clear_object (&self->root);
  g_clear_object (&self->base);
  g_clear_object (&self->outer);
  g_clear_pointer (&self->origins, g_hash_table_unref);
  g_clear_pointer (&self->results, g_hash_table_unref);
  g_clear_error (&self->error);
  g_clear_pointer (&self->plan, _g_flow_plan_unref);
  g_clear_pointer (&self->records, g_free);
  g_clear_pointer (&self->node_errors, g_hash_table_unref);
  g_clear_object (&self->routes);
  _g_flow_mutex_clear (&self->mutex);
}

static void
g_flow_request_finalize (GObject *object)
{
  clear (G_FLOW_REQUEST (object));

  G_OBJECT_CLASS (g_flow_request_parent_class)->finalize (object);
}

static void
g_flow_request_get_property (GObject    *object,
                             guint       prop_id,
                             GValue     *value,
                             GParamSpec *pspec)
{
  GFlowRequest *self = G_FLOW_REQUEST (object);

  switch (prop_id)
    {
    case PROP_ID:
      g_value_set_string (value, g_flow_request_get_id (self));
      break;
    case PROP_ENDPOINT:
      g_value_set_string (value, g_flow_request_get_endpoint (self));
      break;
    case PROP_PARAMETERS:
      g_value_set_variant (value, g_flow_request_get_parameters (self));
      break;
    case PROP_DOCUMENTS:
      g_value_set_object (value, g_flow_request_get_documents (self));
      break;
    case PROP_RESULTS:
      g_value_take_variant (value, g_flow_request_dup_results (self));
      break;
    case PROP_ROUTES:
      g_value_set_object (value, g_flow_request_get_routes (self));
      break;
    case PROP_STATE:
      g_value_set_enum (value, g_flow_request_get_state (self));
      break;
    case PROP_ERROR:
      g_value_set_boxed (value, g_flow_request_get_error (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
g_flow_request_set_property (GObject      *object,
                             guint         prop_id,
                             const GValue *value,
                             GParamSpec   *pspec)
{
  GFlowRequest *self = G_FLOW_REQUEST (object);

  switch (prop_id)
    {
    case PROP_ID:
      g_flow_request_set_id (self, g_value_get_string (value));
      break;
    case PROP_ENDPOINT:
      g_flow_request_set_endpoint (self, g_value_get_string (value));
      break;
    case PROP_PARAMETERS:
      g_flow_request_set_parameters (self, g_value_get_variant (value));
      break;
    case PROP_DOCUMENTS:
      g_flow_request_set_documents (self, g_value_get_object (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
g_flow_request_class_init (GFlowRequestClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags rw = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;
  const GParamFlags ro = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->finalize = g_flow_request_finalize;
  object_class->get_property = g_flow_request_get_property;
  object_class->set_property = g_flow_request_set_property;

  /**
   * GFlowRequest:id: (attributes org.gtk.Property.get=g_flow_request_get_id org.gtk.Property.set=g_flow_request_set_id)
   *
   * What tells the request from others: a random UUID unless set.
   *
   * Since: 0.1
   */
  properties[PROP_ID] = g_param_spec_string ("id", NULL, NULL, NULL, rw);

  /**
   * GFlowRequest:endpoint: (attributes org.gtk.Property.get=g_flow_request_get_endpoint org.gtk.Property.set=g_flow_request_set_endpoint)
   *
   * What is asked for, such as `/index`.
   *
   * Since: 0.1
   */
  properties[PROP_ENDPOINT] = g_param_spec_string ("endpoint", NULL, NULL, "/", rw);

  /**
   * GFlowRequest:parameters: (attributes org.gtk.Property.get=g_flow_request_get_parameters org.gtk.Property.set=g_flow_request_set_parameters)
   *
   * A dictionary for the executors, empty unless set. What is in a dictionary under the
   * name of a node is for that node only: it finds it among its parameters, and the
   * others do not.
   *
   * Since: 0.1
   */
  properties[PROP_PARAMETERS] = g_param_spec_variant ("parameters", NULL, NULL,
                                                      G_VARIANT_TYPE_VARDICT, NULL, rw);

  /**
   * GFlowRequest:documents: (attributes org.gtk.Property.get=g_flow_request_get_documents org.gtk.Property.set=g_flow_request_set_documents)
   *
   * The documents, a list of [class@GFlow.FlowDocument].
   *
   * Since: 0.1
   */
  properties[PROP_DOCUMENTS] = g_param_spec_object ("documents", NULL, NULL, G_TYPE_LIST_MODEL,
                                                    rw);

  /**
   * GFlowRequest:results: (attributes org.gtk.Property.get=g_flow_request_dup_results)
   *
   * What executors have left beside the documents: a dictionary of type `a{sv}`, by the
   * names of their nodes.
   *
   * Since: 0.1
   */
  properties[PROP_RESULTS] = g_param_spec_variant ("results", NULL, NULL, G_VARIANT_TYPE_VARDICT,
                                                   NULL, ro);

  /**
   * GFlowRequest:routes: (attributes org.gtk.Property.get=g_flow_request_get_routes)
   *
   * Where the request has been, a list of [class@GFlow.FlowRoute]: known when it has
   * come back.
   *
   * Since: 0.1
   */
  properties[PROP_ROUTES] = g_param_spec_object ("routes", NULL, NULL, G_TYPE_LIST_MODEL, ro);

  /**
   * GFlowRequest:state: (attributes org.gtk.Property.get=g_flow_request_get_state)
   *
   * Where the request stands.
   *
   * Since: 0.1
   */
  properties[PROP_STATE] = g_param_spec_enum ("state", NULL, NULL, G_TYPE_FLOW_RUN_STATE,
                                              G_FLOW_RUN_STATE_NEW, ro);

  /**
   * GFlowRequest:error: (attributes org.gtk.Property.get=g_flow_request_get_error)
   *
   * Why the request has failed: the first error in time.
   *
   * Since: 0.1
   */
  properties[PROP_ERROR] = g_param_spec_boxed ("error", NULL, NULL, G_TYPE_ERROR, ro);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
g_flow_request_init (GFlowRequest *self)
{
  _g_flow_mutex_init (&self->mutex);
  self->instance = G_FLOW_ROLE_ALONE;
}

/* Whether nobody but the caller, who has a reference, can tell the request from a new one. */
gboolean
_g_flow_request_is_unknown (GFlowRequest *self)
{
  return _g_flow_is_unknown (G_OBJECT (self)) && !_g_flow_watch_is_notified (self);
}

/* Makes a request that nobody could tell from a new one as new. Its documents, which may call
 * anybody when they go, go last. */
void
_g_flow_request_wipe (GFlowRequest *self)
{
  GFlowDocuments documents = self->documents;

  self->documents = (GFlowDocuments) { 0 };
  clear (self);
  memset (&self->id, 0, sizeof *self - G_STRUCT_OFFSET (GFlowRequest, id));
  g_flow_request_init (self);
  _g_flow_documents_wipe (&documents);
  self->documents = documents;
}

/**
 * g_flow_request_new:
 * @endpoint: what is asked for, such as `/index`
 *
 * Makes a request without documents.
 *
 * Returns: (transfer full): a new request
 *
 * Since: 0.1
 */
GFlowRequest *
g_flow_request_new (const char *endpoint)
{
  g_return_val_if_fail (endpoint != NULL, NULL);

  return g_object_new (G_TYPE_FLOW_REQUEST, "endpoint", endpoint, NULL);
}

/**
 * g_flow_request_get_id: (attributes org.gtk.Method.get_property=id)
 * @self: a request
 *
 * Gets what tells the request from others. May be called from any thread.
 *
 * Returns: (transfer none): the id
 *
 * Since: 0.1
 */
const char *
g_flow_request_get_id (GFlowRequest *self)
{
  g_return_val_if_fail (G_IS_FLOW_REQUEST (self), NULL);

  GFlowRequest *root = _g_flow_request_get_root (self);

  while (root->outer != NULL)
    root = root->outer;

  /* Acquire: pairs with the exchange below in another thread. */
  char *id = atomic_load_explicit (&root->id, memory_order_acquire);

  if (id != NULL)
    return id;

  char *made_up = g_uuid_string_random ();

  /* Acquire and release: publishes the bytes of the id, or finds another's. */
  if (atomic_compare_exchange_strong_explicit (&root->id, &id, made_up, memory_order_acq_rel,
                                               memory_order_acquire))
    return made_up;
  g_free (made_up);
  return id;
}

/**
 * g_flow_request_set_id: (attributes org.gtk.Method.set_property=id)
 * @self: a request that was not posted yet
 * @id: (nullable): the id, or %NULL to have one made up
 *
 * Sets what tells the request from others.
 *
 * Since: 0.1
 */
void
g_flow_request_set_id (GFlowRequest *self,
                       const char   *id)
{
  g_return_if_fail (G_IS_FLOW_REQUEST (self));
  g_return_if_fail (self->state == G_FLOW_RUN_STATE_NEW && self->root == NULL);

  char *copy = g_strdup (id);

  g_free (atomic_exchange_explicit (&self->id, copy, memory_order_acq_rel));
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ID]);
}

/**
 * g_flow_request_get_endpoint: (attributes org.gtk.Method.get_property=endpoint)
 * @self: a request
 *
 * Gets what is asked for.
 *
 * Returns: (transfer none): the endpoint
 *
 * Since: 0.1
 */
const char *
g_flow_request_get_endpoint (GFlowRequest *self)
{
  g_return_val_if_fail (G_IS_FLOW_REQUEST (self), NULL);

  return self->endpoint != NULL ? self->endpoint : "/";
}

/**
 * g_flow_request_set_endpoint: (attributes org.gtk.Method.set_property=endpoint)
 * @self: a request that was not posted yet
 * @endpoint: (nullable): the endpoint, or %NULL for `/`
 *
 * Sets what is asked for.
 *
 * Since: 0.1
 */
void
g_flow_request_set_endpoint (GFlowRequest *self,
                             const char   *endpoint)
{
  g_return_if_fail (G_IS_FLOW_REQUEST (self));
  g_return_if_fail (self->state == G_FLOW_RUN_STATE_NEW && self->root == NULL);

  if (g_strcmp0 (self->endpoint, endpoint) == 0)
    return;

  g_clear_pointer (&self->endpoint, g_ref_string_release);
  self->endpoint = endpoint != NULL ? g_ref_string_new (endpoint) : NULL;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ENDPOINT]);
}

/**
 * g_flow_request_get_parameters: (attributes org.gtk.Method.get_property=parameters)
 * @self: a request
 *
 * Gets the parameters: to an executor that serves the request, those that are for it.
 *
 * Returns: (transfer none): a dictionary of type `a{sv}`, which is empty if none was set
 *
 * Since: 0.1
 */
GVariant *
g_flow_request_get_parameters (GFlowRequest *self)
{
  g_return_val_if_fail (G_IS_FLOW_REQUEST (self), NULL);

  if (self->of_node != NULL)
    return self->of_node;
  return _g_flow_dict_or_empty (self->parameters);
}

/**
 * g_flow_request_set_parameters: (attributes org.gtk.Method.set_property=parameters)
 * @self: a request that was not posted yet
 * @parameters: (nullable): a dictionary of type `a{sv}`, consumed if it is floating;
 *   %NULL for an empty one
 *
 * Sets the parameters.
 *
 * Since: 0.1
 */
void
g_flow_request_set_parameters (GFlowRequest *self,
                               GVariant     *parameters)
{
  g_return_if_fail (G_IS_FLOW_REQUEST (self));
  g_return_if_fail (parameters == NULL ||
                    g_variant_is_of_type (parameters, G_VARIANT_TYPE_VARDICT));
  g_return_if_fail (self->state != G_FLOW_RUN_STATE_RUNNING && self->root == NULL);

  if (_g_flow_dict_set (&self->parameters, parameters))
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PARAMETERS]);
}

/**
 * g_flow_request_get_documents: (attributes org.gtk.Method.get_property=documents)
 * @self: a request
 *
 * Gets the documents. The list is a [class@Gio.ListStore]: executors may add and remove
 * documents.
 *
 * Returns: (transfer none): a list of [class@GFlow.FlowDocument]
 *
 * Since: 0.1
 */
GListModel *
g_flow_request_get_documents (GFlowRequest *self)
{
  g_return_val_if_fail (G_IS_FLOW_REQUEST (self), NULL);

  /* Who only reads makes the list, while branches may be made of the request. */
  _g_flow_mutex_lock (&self->mutex);

  GListStore *documents = _g_flow_documents_list (&self->documents);

  _g_flow_mutex_unlock (&self->mutex);
  return G_LIST_MODEL (documents);
}

/**
 * g_flow_request_set_documents: (attributes org.gtk.Method.set_property=documents)
 * @self: a request
 * @documents: (nullable): a list of [class@GFlow.FlowDocument]; %NULL for none
 *
 * Replaces the documents by those that are in the list now.
 *
 * Since: 0.1
 */
void
g_flow_request_set_documents (GFlowRequest *self,
                              GListModel   *documents)
{
  g_return_if_fail (G_IS_FLOW_REQUEST (self));
  g_return_if_fail (documents == NULL || G_IS_LIST_MODEL (documents));

  if (documents != NULL && documents == (GListModel *) self->documents.list)
    return;

  const guint n = documents != NULL ? g_list_model_get_n_items (documents) : 0;
  g_autoptr(GPtrArray) items = g_ptr_array_new_full (n, g_object_unref);

  for (guint i = 0; i < n; i++)
    {
      GObject *item = g_list_model_get_item (documents, i);

      g_ptr_array_add (items, item);
      g_return_if_fail (G_IS_FLOW_DOCUMENT (item));
    }
  _g_flow_request_take_documents (self, g_steal_pointer (&items));
}

/**
 * g_flow_request_dup_results: (attributes org.gtk.Method.get_property=results)
 * @self: a request
 *
 * Gets what executors have left beside the documents so far, by the names of their nodes.
 * Where all shards at a node serve each request, these are followed by a slash
 * and the number of the shard; what comes from inside a node that is a flow follows its
 * name and a slash.
 *
 * Returns: (transfer full): a dictionary of type `a{sv}`
 *
 * Since: 0.1
 */
GVariant *
g_flow_request_dup_results (GFlowRequest *self)
{
  g_return_val_if_fail (G_IS_FLOW_REQUEST (self), NULL);

  GFlowRequest *root = _g_flow_request_get_root (self);
  g_autoptr(GVariantDict) dict = g_variant_dict_new (NULL);
  GHashTableIter iter;
  gpointer name, value;

  _g_flow_mutex_lock (&root->mutex);
  if (root->results != NULL)
    {
      g_hash_table_iter_init (&iter, root->results);
      while (g_hash_table_iter_next (&iter, &name, &value))
        g_variant_dict_insert_value (dict, name, value);
    }
  _g_flow_mutex_unlock (&root->mutex);
  return g_variant_ref_sink (g_variant_dict_end (dict));
}

/**
 * g_flow_request_dup_result:
 * @self: a request
 * @executor: the name of a node
 *
 * Gets what the executor at a node has left beside the documents.
 *
 * Returns: (transfer full) (nullable): the result, or %NULL if it has left none
 *
 * Since: 0.1
 */
GVariant *
g_flow_request_dup_result (GFlowRequest *self,
                           const char   *executor)
{
  g_return_val_if_fail (G_IS_FLOW_REQUEST (self), NULL);
  g_return_val_if_fail (executor != NULL, NULL);

  GFlowRequest *root = _g_flow_request_get_root (self);
  GVariant *result = NULL;

  _g_flow_mutex_lock (&root->mutex);
  if (root->results != NULL)
    result = g_hash_table_lookup (root->results, executor);
  if (result != NULL)
    g_variant_ref (result);
  _g_flow_mutex_unlock (&root->mutex);
  return result;
}

/* Under what the results of whoever serves the request now are. */
static char *
make_result_name (GFlowRequest *self)
{
  const char *name = g_flow_node_get_name (self->node);

  switch (self->instance)
    {
    case G_FLOW_ROLE_ALONE:
      return g_strdup (name);
    case G_FLOW_ROLE_BEFORE:
      return g_strdup_printf ("%s/before", name);
    case G_FLOW_ROLE_AFTER:
      return g_strdup_printf ("%s/after", name);
    default:
      return g_strdup_printf ("%s/%d", name, self->instance);
    }
}

/**
 * g_flow_request_set_result:
 * @self: a request that an executor serves
 * @result: its result; consumed if it is floating
 *
 * Leaves a result beside the documents, under the name of the node where the
 * request is served now.
 *
 * Since: 0.1
 */
void
g_flow_request_set_result (GFlowRequest *self,
                           GVariant     *result)
{
  g_return_if_fail (G_IS_FLOW_REQUEST (self));
  g_return_if_fail (result != NULL);
  g_return_if_fail (self->node != NULL);

  GFlowRequest *root = _g_flow_request_get_root (self);

  g_variant_ref_sink (result);
  _g_flow_mutex_lock (&root->mutex);
  if (root->results == NULL)
    root->results = make_results ();
  g_hash_table_replace (root->results, make_result_name (self), result);
  _g_flow_mutex_unlock (&root->mutex);
}

/**
 * g_flow_request_get_routes: (attributes org.gtk.Method.get_property=routes)
 * @self: a request
 *
 * Gets where the request has been, in order: the entry, which spans all others, then
 * the nodes that served it, and the nodes that should have. Empty until the request has
 * come back.
 *
 * Returns: (transfer none): a list of [class@GFlow.FlowRoute]
 *
 * Since: 0.1
 */
GListModel *
g_flow_request_get_routes (GFlowRequest *self)
{
  g_return_val_if_fail (G_IS_FLOW_REQUEST (self), NULL);

  if (self->routes == NULL)
    {
      self->routes = g_list_store_new (G_TYPE_FLOW_ROUTE);
      if (self->plan != NULL && self->state > G_FLOW_RUN_STATE_RUNNING)
        add_routes (self);
    }
  return G_LIST_MODEL (self->routes);
}

/**
 * g_flow_request_dup_parts:
 * @self: a request that an executor serves
 *
 * Gets what the request was made of, if it was put together just before: what the branches
 * have left that meet at the node, in the order of its needs; or what the shards at the
 * node have, in their order, for the executor behind them. They are copies, made for the
 * caller: their documents may be given to @self.
 *
 * Returns: (transfer full) (nullable): a list of [class@GFlow.FlowRequest]; %NULL if it was
 *   not put together
 *
 * Since: 0.1
 */
GListModel *
g_flow_request_dup_parts (GFlowRequest *self)
{
  g_return_val_if_fail (G_IS_FLOW_REQUEST (self), NULL);

  if (self->parts == NULL)
    return NULL;

  /* Copies: other nodes may get the same parts, and look at them now. */
  GListStore *parts = g_list_store_new (G_TYPE_FLOW_REQUEST);

  for (guint i = 0; i < self->parts->len; i++)
    {
      g_autoptr(GFlowRequest) part = _g_flow_request_branch (self->parts->pdata[i]);

      g_list_store_append (parts, part);
    }
  return G_LIST_MODEL (parts);
}

/**
 * g_flow_request_get_state: (attributes org.gtk.Method.get_property=state)
 * @self: a request
 *
 * Gets where the request stands.
 *
 * Returns: the state
 *
 * Since: 0.1
 */
GFlowRunState
g_flow_request_get_state (GFlowRequest *self)
{
  g_return_val_if_fail (G_IS_FLOW_REQUEST (self), G_FLOW_RUN_STATE_NEW);

  return _g_flow_request_get_root (self)->state;
}

/**
 * g_flow_request_get_error: (attributes org.gtk.Method.get_property=error)
 * @self: a request
 *
 * Gets why the request has failed, when it has come back.
 *
 * Returns: (transfer none) (nullable): the error
 *
 * Since: 0.1
 */
GError *
g_flow_request_get_error (GFlowRequest *self)
{
  g_return_val_if_fail (G_IS_FLOW_REQUEST (self), NULL);

  return self->error;
}
