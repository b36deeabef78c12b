/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-executor-private.h"

#include "graph/gflow-error.h"
#include "graph/gflow-plan-private.h"

#include <glib/gi18n-lib.h>

/* Which functions of an executor serve which endpoints, and whether they do for several requests at
 * once. */

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

/* Takes @binding. What is bound for "" serves what nothing else is bound for: else each endpoint
 * that nobody has heard of would seem to be one that something is bound for. */
static void
bind (GFlowExecutor *self,
      const char    *endpoint,
      GFlowBinding  *binding)
{
  GFlowExecutorPrivate *priv = _g_flow_executor_get_private (self);

  if (endpoint == NULL || *endpoint == '\0')
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

/* Several threads may look for it later. */
void
_g_flow_executor_ensure_binding_of_class (GFlowExecutor *self)
{
  GFlowExecutorPrivate *priv = _g_flow_executor_get_private (self);
  GFlowExecutorClass *klass = G_FLOW_EXECUTOR_GET_CLASS (self);

  if (priv->of_class == NULL && (klass->start != NULL || klass->process != NULL))
    priv->of_class = binding_new (klass->start == NULL ? call_process : NULL,
                                  klass->start != NULL ? call_start : NULL, NULL, NULL);
}

/* What serves requests for @endpoint; NULL if they pass by. An open flow has it. In any
 * thread. */
GFlowBinding *
_g_flow_executor_find (GFlowExecutor *self,
                       const char    *endpoint)
{
  GFlowExecutorPrivate *priv = _g_flow_executor_get_private (self);
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
  GHashTable *batchings = _g_flow_executor_get_private (self)->batchings;
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
  GFlowExecutorPrivate *priv = _g_flow_executor_get_private (self);

  if (priv->batchings == NULL)
    priv->batchings = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_hash_table_replace (priv->batchings, g_strdup (endpoint),
                        g_memdup2 (batching, sizeof *batching));
}

static void
share_bindings (GFlowExecutor *self,
                GFlowExecutor *copy)
{
  GFlowExecutorPrivate *from = _g_flow_executor_get_private (self);
  GFlowExecutorPrivate *to = _g_flow_executor_get_private (copy);
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

static void
share_batchings (GFlowExecutor *self,
                 GFlowExecutor *copy)
{
  GFlowExecutorPrivate *from = _g_flow_executor_get_private (self);
  GFlowExecutorPrivate *to = _g_flow_executor_get_private (copy);
  GHashTableIter iter;
  gpointer endpoint, batching;

  if (from->batchings == NULL)
    return;

  g_hash_table_iter_init (&iter, from->batchings);
  while (g_hash_table_iter_next (&iter, &endpoint, &batching))
    if (to->batchings == NULL || !g_hash_table_contains (to->batchings, endpoint))
      set_batching (copy, endpoint, batching);
}

/* What is said of @self, and is not of @copy, is said of both. */
void
_g_flow_executor_share_bindings (GFlowExecutor *self,
                                 GFlowExecutor *copy)
{
  share_bindings (self, copy);
  share_batchings (self, copy);
}

/**
 * g_flow_executor_bind:
 * @self: an executor that no open flow has
 * @endpoint: (nullable): the endpoint of requests that it serves, like `/index`; or
 *   %NULL, or "", for all that nothing else is bound for
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
 *   %NULL, or "", for all that nothing else is bound for
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

  GFlowExecutorPrivate *priv = _g_flow_executor_get_private (self);
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
 * %G_FLOW_ERROR_BAD_INPUT. Of a document that several of them have all but one get a copy. A result
 * that is set is a result for all of them.
 *
 * If the function fails, so do all requests of the batch; retries are made by each of them. A
 * request that is cancelled while it waits takes its documents out; one that is served
 * waits for the others, and the function is told to stop when all have been cancelled. The
 * timeout of a node, and `max-parallel`, count the waiting; the locks of the node
 * are taken for the batch.
 *
 * Where all shards at a node serve each request, each of them has batches of its own; and so have
 * executors in front of a node and behind it.
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
