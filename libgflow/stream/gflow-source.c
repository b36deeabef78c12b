/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-source-private.h"

#include "graph/gflow-error.h"

#include <glib/gi18n-lib.h>

/**
 * GFlowSource:
 *
 * Where documents come from, some at a time.
 *
 * A source is asked for documents when they are wanted, and no sooner: it may be
 * longer than memory, or endless.
 *
 * ```c
 * g_autoptr(GListModel) documents = g_flow_source_next_sync (source, 100, NULL, &error);
 *
 * if (documents == NULL)
 *   …
 * else if (g_list_model_get_n_items (documents) == 0)
 *   // the end
 * ```
 *
 * ## Thread safety
 *
 * A source may be used in any thread, but not in two at the same time.
 *
 * Since: 0.1
 */

G_DEFINE_INTERFACE (GFlowSource, g_flow_source, G_TYPE_OBJECT)

static void
g_flow_source_default_init (GFlowSourceInterface *iface)
{
}

/* What is between two calls, whatever implements the source. */
typedef struct
{
  GFlowSourceInterface *iface; /* of the source: to ask it costs more */
  gboolean    in_memory;
  GListStore *rest;    /* (owned) (nullable): what was more than was wanted */
  GError     *error;   /* (owned) (nullable): comes after what was added before it */
  gboolean    ended;
  gboolean    pending;
} SourceState;

/* One call of next(). */
typedef struct
{
  SourceState         *state;     /* (unowned): of the source, which the task holds */
  guint                wanted;
  GFlowDocuments       documents; /* a list, unless it is a source that needs none */
  guint                n;         /* how many these are: to ask a list costs more */
  GError              *error;     /* (owned) (nullable): this call fails with it */
  GAsyncReadyCallback  callback;
  gpointer             user_data;
} Next;

static G_DEFINE_QUARK (g-flow-source-state, state)

static G_DEFINE_QUARK (g-flow-source-fill, fill)

static void
state_free (gpointer data)
{
  SourceState *state = data;

  g_clear_object (&state->rest);
  g_clear_error (&state->error);
  g_free (state);
}

static SourceState *
get_state (GFlowSource *self)
{
  SourceState *state = g_object_get_qdata (G_OBJECT (self), state_quark ());

  if (state == NULL)
    {
      state = g_new0 (SourceState, 1);
      state->iface = G_FLOW_SOURCE_GET_IFACE (self);
      state->in_memory = _g_flow_source_is_in_memory (self);
      g_object_set_qdata_full (G_OBJECT (self), state_quark (), state, state_free);
    }
  return state;
}

static guint
count (GListStore *documents)
{
  return g_list_model_get_n_items (G_LIST_MODEL (documents));
}

/* Moves all items from @first on, but no more than @n, to the end of @to. */
static void
move_items (GListStore *from,
            guint       first,
            guint       n,
            GListStore *to)
{
  g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func (g_object_unref);

  n = MIN (n, count (from) - first);
  for (guint i = 0; i < n; i++)
    g_ptr_array_add (items, g_list_model_get_item (G_LIST_MODEL (from), first + i));
  g_list_store_splice (to, count (to), 0, items->pdata, n);
  g_list_store_splice (from, first, n, NULL, 0);
}

/* With next->documents, in which there are none yet. */
static gboolean
next_begin (Next         *next,
            GFlowSource  *self,
            guint         n_documents,
            GError      **error)
{
  SourceState *state = get_state (self);

  if (state->pending)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_PENDING,
                           _("The source is being read already"));
      return FALSE;
    }

  state->pending = TRUE;
  next->state = state;
  next->wanted = n_documents == 0 ? G_MAXUINT : n_documents;
  if (state->rest != NULL)
    {
      move_items (state->rest, 0, next->wanted, _g_flow_documents_list (&next->documents));
      next->n = _g_flow_documents_count (&next->documents);
      if (count (state->rest) == 0)
        g_clear_object (&state->rest);
    }
  return TRUE;
}

static void
next_clear (Next *next)
{
  _g_flow_documents_clear (&next->documents);
  g_clear_error (&next->error);
}

static void
next_free (gpointer data)
{
  next_clear (data);
  g_free (data);
}

static gboolean
next_wants_more (Next *next)
{
  return !next->state->ended && next->n < next->wanted;
}

static guint
next_n_missing (Next *next)
{
  return next->wanted == G_MAXUINT ? G_MAXUINT : next->wanted - next->n;
}

/* The source has been asked for more, when there were @before: @error, which is
 * consumed, is what it failed with. A cancelled call leaves the source as it was. */
static void
next_filled (Next   *next,
             guint   before,
             GError *error)
{
  SourceState *state = next->state;

  next->n = _g_flow_documents_count (&next->documents);
  if (error == NULL)
    state->ended = next->n == before;
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    next->error = error;
  else
    {
      state->ended = TRUE;
      state->error = error;
    }
}

/* What the call gives are its documents, or none at the end; or it fails. */
static gboolean
next_end (Next    *next,
          GError **error)
{
  SourceState *state = next->state;
  const guint n = next->n;

  if (next->error != NULL)
    {
      if (n > 0)
        state->rest = g_object_ref (_g_flow_documents_list (&next->documents));
      g_propagate_error (error, g_steal_pointer (&next->error));
      return FALSE;
    }
  if (n == 0 && state->error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&state->error));
      return FALSE;
    }
  if (n > next->wanted)
    {
      state->rest = g_list_store_new (G_TYPE_FLOW_DOCUMENT);
      move_items (_g_flow_documents_list (&next->documents), next->wanted, n, state->rest);
    }
  return TRUE;
}

static GListModel *
next_steal_list (Next *next)
{
  return G_LIST_MODEL (g_object_ref (_g_flow_documents_list (&next->documents)));
}

static gboolean
fill_sync (GFlowSource   *self,
           Next          *next,
           GCancellable  *cancellable,
           GError       **error)
{
  GFlowSourceInterface *iface = next->state->iface;

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;
  if (next->state->in_memory && next->documents.list == NULL)
    return _g_flow_source_add_some (self, next_n_missing (next), &next->documents, error);
  if (iface->fill_sync == NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                   _("%s has no function that gives documents"), G_OBJECT_TYPE_NAME (self));
      return FALSE;
    }
  return iface->fill_sync (self, next_n_missing (next), _g_flow_documents_list (&next->documents),
                           cancellable, error);
}

/* Asks until there is enough, or no more, or an error. */
static void
fill_until_enough (GFlowSource  *self,
                   Next         *next,
                   GCancellable *cancellable)
{
  while (next_wants_more (next) && next->error == NULL)
    {
      const guint before = next->n;
      GError *error = NULL;

      if (!fill_sync (self, next, cancellable, &error) && error == NULL)
        error = g_error_new (G_FLOW_ERROR, G_FLOW_ERROR_FAILED,
                             _("%s failed without saying why"), G_OBJECT_TYPE_NAME (self));
      next_filled (next, before, error);
    }
}

/* Async */

/* One call of fill(): belongs to the task that this is given. */
typedef struct
{
  GTask    *task;     /* (owned) (nullable): of next(), until this is answered */
  guint     before;
} Fill;

static void fill_more (GTask *task);

static void
return_documents (GTask *task)
{
  Next *next = g_task_get_task_data (task);
  GError *error = NULL;

  if (next_end (next, &error))
    g_task_return_pointer (task, next_steal_list (next), g_object_unref);
  else
    g_task_return_error (task, error);
}

/* Consumes @error. */
static void
answer (Fill   *fill,
        GError *error)
{
  g_autoptr(GTask) task = g_steal_pointer (&fill->task);

  next_filled (g_task_get_task_data (task), fill->before, error);
  fill_more (task);
}

static void
filled_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  Fill *fill = user_data;
  GError *error = NULL;

  if (fill->task == NULL)
    return;

  /* Any return without an error is success. */
  g_task_propagate_boolean (G_TASK (result), &error);
  answer (fill, error);
}

static gboolean
abandoned_cb (gpointer user_data)
{
  Fill *fill = user_data;

  answer (fill, g_error_new (G_FLOW_ERROR, G_FLOW_ERROR_ABANDONED,
                             _("%s dropped its task without returning on it"),
                             G_OBJECT_TYPE_NAME (g_task_get_source_object (fill->task))));
  return G_SOURCE_REMOVE;
}

static void
fill_free (gpointer data)
{
  Fill *fill = data;

  g_clear_object (&fill->task); /* the context has gone before it could tell */
  g_free (fill);
}

/* The task of fill() is gone, on any thread. If nothing was returned on it, this is
 * told from a source, as a finaliser is no place to call anything from. */
static void
fill_task_gone (gpointer data)
{
  Fill *fill = data;

  if (fill->task == NULL)
    {
      fill_free (fill);
      return;
    }

  g_autoptr(GSource) source = g_idle_source_new ();
  g_autoptr(GMainContext) context = g_main_context_ref (g_task_get_context (fill->task));

  g_source_set_static_name (source, "GFlow abandoned source");
  g_source_set_callback (source, abandoned_cb, fill, fill_free);
  g_source_attach (source, context);
}

static void
fill_async (GFlowSource *self,
            GTask       *task,
            Next        *next)
{
  Fill *fill = g_new (Fill, 1);
  g_autoptr(GTask) fill_task = g_task_new (self, g_task_get_cancellable (task), filled_cb, fill);
  GError *error = NULL;

  *fill = (Fill) { g_object_ref (task), next->n };
  g_task_set_source_tag (fill_task, fill_async);
  g_object_set_qdata_full (G_OBJECT (fill_task), fill_quark (), fill, fill_task_gone);
  G_FLOW_SOURCE_GET_IFACE (self)->fill (self, next_n_missing (next),
                                        _g_flow_documents_list (&next->documents), fill_task,
                                        &error);
  if (error != NULL)
    answer (fill, error);
}

/* Goes on with the call that @task is of. */
static void
fill_more (GTask *task)
{
  GFlowSource *self = g_task_get_source_object (task);
  Next *next = g_task_get_task_data (task);

  if (next->error == NULL && next_wants_more (next))
    {
      if (G_FLOW_SOURCE_GET_IFACE (self)->fill != NULL)
        {
          fill_async (self, task, next);
          return;
        }
      fill_until_enough (self, next, g_task_get_cancellable (task));
    }
  return_documents (task);
}

static void
next_ready_cb (GObject      *object,
               GAsyncResult *result,
               gpointer      user_data)
{
  Next *next = g_task_get_task_data (G_TASK (result));

  next->state->pending = FALSE;
  if (next->callback != NULL)
    next->callback (object, result, next->user_data);
}

/**
 * g_flow_source_next:
 * @self: a source
 * @n_documents: how many are wanted; 0 for all that are left
 * @cancellable: (nullable): ends the waiting; no document is lost by that
 * @callback: (scope async) (closure user_data): called when the documents are there
 * @user_data: data for @callback
 *
 * Asks for documents: as many as are wanted, unless there are no more.
 *
 * The next call may be made when this one has called back.
 *
 * Since: 0.1
 */
void
g_flow_source_next (GFlowSource         *self,
                    guint                n_documents,
                    GCancellable        *cancellable,
                    GAsyncReadyCallback  callback,
                    gpointer             user_data)
{
  g_return_if_fail (G_IS_FLOW_SOURCE (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  Next *next = g_new0 (Next, 1);
  GError *error = NULL;

  if (!next_begin (next, self, n_documents, &error))
    {
      next_free (next);
      g_task_report_error (self, callback, user_data, g_flow_source_next, error);
      return;
    }

  g_autoptr(GTask) task = g_task_new (self, cancellable, next_ready_cb, NULL);

  next->callback = callback;
  next->user_data = user_data;
  g_task_set_source_tag (task, g_flow_source_next);
  g_task_set_task_data (task, next, next_free);
  /* What has come is not lost by a cancellation that comes later. */
  g_task_set_check_cancellable (task, FALSE);
  fill_more (task);
}

/**
 * g_flow_source_next_finish:
 * @self: a source
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Finishes what [method@GFlow.FlowSource.next] has begun.
 *
 * A failure comes after the documents that were there before it, and is told
 * once: after that the source has ended.
 *
 * Returns: (transfer full): a list of [class@GFlow.FlowDocument], which is the
 *   caller's to change; it is empty at the end of the source
 *
 * Since: 0.1
 */
GListModel *
g_flow_source_next_finish (GFlowSource   *self,
                           GAsyncResult  *result,
                           GError       **error)
{
  g_return_val_if_fail (G_IS_FLOW_SOURCE (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
keep_result_cb (GObject      *object,
                GAsyncResult *result,
                gpointer      user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static GListModel *
wait_for_next (GFlowSource   *self,
               guint          n_documents,
               GCancellable  *cancellable,
               GError       **error)
{
  g_autoptr(GMainContext) context = g_main_context_new ();
  g_autoptr(GMainContextPusher) pusher G_GNUC_UNUSED = g_main_context_pusher_new (context);
  g_autoptr(GAsyncResult) result = NULL;

  g_flow_source_next (self, n_documents, cancellable, keep_result_cb, &result);
  while (result == NULL)
    g_main_context_iteration (context, TRUE);
  return g_flow_source_next_finish (self, result, error);
}

/* Whether it is to be asked by g_flow_source_next(). */
gboolean
_g_flow_source_answers_later (GFlowSource *self)
{
  return get_state (self)->iface->fill != NULL;
}

/* As g_flow_source_next_sync(), for a source that has a function which may block: in @documents, in
 * which there are none yet. Gives how many it has added; none also if it fails. */
guint
_g_flow_source_next_into (GFlowSource     *self,
                          guint            n_documents,
                          GFlowDocuments  *documents,
                          GCancellable    *cancellable,
                          GError         **error)
{
  Next next = { .documents = *documents };
  guint n_given = 0;

  if (!next_begin (&next, self, n_documents, error))
    return 0;

  fill_until_enough (self, &next, cancellable);
  if (next_end (&next, error))
    n_given = MIN (next.n, next.wanted);
  else
    _g_flow_documents_wipe (&next.documents);
  next.state->pending = FALSE;
  g_clear_error (&next.error);
  *documents = next.documents;
  return n_given;
}

/**
 * g_flow_source_next_sync:
 * @self: a source
 * @n_documents: how many are wanted; 0 for all that are left
 * @cancellable: (nullable): ends the waiting; no document is lost by that
 * @error: return location for an error
 *
 * Asks for documents, and blocks until they are there: as many as are wanted,
 * unless there are no more. Otherwise as [method@GFlow.FlowSource.next].
 *
 * Returns: (transfer full): a list of [class@GFlow.FlowDocument], which is the
 *   caller's to change; it is empty at the end of the source
 *
 * Since: 0.1
 */
GListModel *
g_flow_source_next_sync (GFlowSource   *self,
                         guint          n_documents,
                         GCancellable  *cancellable,
                         GError       **error)
{
  g_return_val_if_fail (G_IS_FLOW_SOURCE (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  GFlowSourceInterface *iface = G_FLOW_SOURCE_GET_IFACE (self);

  if (iface->fill_sync == NULL && iface->fill != NULL)
    return wait_for_next (self, n_documents, cancellable, error);

  GFlowDocuments documents = { 0 };
  GListModel *list = NULL;
  GError *failure = NULL;

  _g_flow_source_next_into (self, n_documents, &documents, cancellable, &failure);
  if (failure == NULL)
    list = G_LIST_MODEL (g_object_ref (_g_flow_documents_list (&documents)));
  else
    g_propagate_error (error, failure);
  _g_flow_documents_clear (&documents);
  return list;
}
