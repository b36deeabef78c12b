/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-batch-private.h"

#include "gflow-document.h"

#include "graph/gflow-error.h"
#include "graph/gflow-flow-private.h"
#include "run/gflow-owner-private.h"
#include "run/gflow-scheduler-private.h"

#include <glib/gi18n-lib.h>

/* Requests that are served together. At a node whose executor wants batches a request is deferred, and
 * waits in a batch until this has documents enough, or is old enough. The batch is
 * then served by a run of a flow that has one node, with the locks of the real one; and if
 * that has to wait for an idle instance, more requests may come until it has one.
 *
 * That run belongs to the context of one of the requests, the leader: it is iterated
 * until the leader has ended, and the leader does not end before the run has. */

typedef struct _Batch Batch;

/* A request in a batch. */
typedef struct
{
  _Atomic guint  ref_count;   /* one is its handler's */
  GFlowBatcher  *batcher;     /* (owned) */
  GFlowRun      *run;         /* (unowned): does not end before the entry is returned */
  GFlowNode     *node;        /* (unowned): of that */
  GMainContext  *context;     /* (unowned): that of the run */
  GThread       *thread;      /* (unowned): who iterates that */
  GFlowRequest  *part;        /* (unowned): the run has it */
  GCancellable  *cancellable; /* (owned) (nullable): of the node, until then */
  gulong         handler;
  guint          first;       /* where its documents are in the batch, when that is served */
  guint          n_documents;

  /* Guarded by the mutex of the batcher */
  Batch         *batch;       /* (unowned) (nullable) */
  GList          link;        /* in that */
  gboolean       cancelled;
} Entry;

struct _Batch
{
  _Atomic guint  ref_count;
  GFlowBatcher  *batcher;     /* (owned) */
  GFlowRequest  *request;     /* (owned): all of them in one */
  GPtrArray     *documents;   /* (owned) (nullable): what it was served with */
  gboolean       has_copies;  /* some of them are, as several requests have the same one */
  guint          instance;    /* by which instance, if by a task */
  gboolean       has_entered; /* that was found out before its requests were taken */

  /* Guarded by the mutex of the batcher */
  GQueue         entries;     /* (owned) of Entry, the oldest first */
  guint          size;        /* documents */
  guint          n_cancelled;
  gint64         due;         /* when it is served at the latest */
  GSource       *timer;       /* (owned) (nullable): in the context of the oldest */
  GFlowRun      *run;         /* (owned) (nullable): is to serve it, or does */
  Entry         *leader;      /* (owned) (nullable): whose context that has */
  GList          link;        /* in the batcher while more may come */
  gboolean       is_open;
  gboolean       is_barred;   /* that run is not to serve it */
  gboolean       is_taken;    /* it is being served */
};

struct _GFlowBatcher
{
  _Atomic guint  ref_count;
  GFlowStation  *station;     /* (owned) */
  int            role;        /* which shard there serves, or a GFlowRole */
  GPtrArray     *bindings;    /* (owned) of GFlowBinding: of each instance */
  GFlowBatching  batching;    /* how large, and how old */
  GFlow         *flow;        /* (owned): one node, which serves a batch */

  GFlowMutex     mutex;       /* guards what follows, and what says so */
  GQueue         open;        /* of Batch: to which requests may come */
  gboolean       in_a_hurry;  /* nothing more will come: nobody waits */
};

static G_DEFINE_QUARK (g-flow-batch, batch)

/* References */

static void
entry_unref (gpointer data)
{
  Entry *entry = data;

  /* Acquire and release: the last one comes after what all others have done. */
  if (atomic_fetch_sub_explicit (&entry->ref_count, 1, memory_order_acq_rel) != 1)
    return;

  _g_flow_batcher_unref (entry->batcher);
  g_free (entry);
}

static Entry *
entry_ref (Entry *entry)
{
  /* Relaxed: whoever has one reference may make another. */
  atomic_fetch_add_explicit (&entry->ref_count, 1, memory_order_relaxed);
  return entry;
}

static Batch *
batch_ref (Batch *batch)
{
  atomic_fetch_add_explicit (&batch->ref_count, 1, memory_order_relaxed);
  return batch;
}

static void
batch_unref (gpointer data)
{
  Batch *batch = data;

  /* Acquire and release: likewise. */
  if (atomic_fetch_sub_explicit (&batch->ref_count, 1, memory_order_acq_rel) != 1)
    return;

  g_clear_pointer (&batch->timer, g_source_unref);
  g_clear_pointer (&batch->documents, g_ptr_array_unref);
  g_object_unref (batch->request);
  _g_flow_batcher_unref (batch->batcher);
  g_free (batch);
}

/* One request less */

/* The request goes on: by @error if that is not NULL. Without the mutex. Takes the reference
 * of the batch to @entry. */
static void
return_entry (Entry        *entry,
              const GError *error)
{
  g_autoptr(GCancellable) cancellable = g_steal_pointer (&entry->cancellable);

  /* A handler that runs waits for nothing. One of what was cancelled goes with that. */
  if (entry->handler != 0 && !g_cancellable_is_cancelled (cancellable))
    g_cancellable_disconnect (cancellable, entry->handler);
  if (error != NULL)
    g_flow_run_fail_node (entry->run, entry->node, error);
  else
    g_flow_run_complete_node (entry->run, entry->node);
  entry_unref (entry);
}

static void
return_cancelled (Entry *entry)
{
  g_autoptr(GError) error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED,
                                                 _("Operation was cancelled"));

  return_entry (entry, error);
}

/* Serving. What ends in _locked is called with the mutex. */

static gboolean   timer_cb    (gpointer      user_data);
static void       batch_ended (GFlowRun     *run,
                               const GError *error,
                               gpointer      user_data);

static void
stop_timer_locked (Batch *batch)
{
  if (batch->timer != NULL)
    g_source_destroy (batch->timer);
  g_clear_pointer (&batch->timer, g_source_unref);
}

/* No more requests come to it. If it has no run, this is its end. */
static void
shut_locked (Batch *batch)
{
  stop_timer_locked (batch);
  if (!batch->is_open)
    return;

  batch->is_open = FALSE;
  g_queue_unlink (&batch->batcher->open, &batch->link);
  batch_unref (batch);
}

/* The oldest request leads it: to where it is served when its time has come. */
static void
arm_locked (Batch *batch)
{
  Entry *oldest = batch->entries.head->data;

  stop_timer_locked (batch);
  batch->timer = g_timeout_source_new (0);
  g_source_set_ready_time (batch->timer, batch->due);
  g_source_set_static_name (batch->timer, "GFlow batch");
  g_source_set_callback (batch->timer, timer_cb, batch_ref (batch), batch_unref);
  g_source_attach (batch->timer, oldest->context);
}

/* It is to be served, as soon as an instance is idle. The run may begin in another thread
 * before this returns, and then waits for the mutex. */
static void
begin_locked (Batch *batch)
{
  GError *error = NULL;

  stop_timer_locked (batch);
  batch->leader = entry_ref (batch->entries.head->data);
  batch->run = g_flow_run_new (batch->batcher->flow);
  batch->run->parent = batch->leader->run;
  g_object_set_qdata (G_OBJECT (batch->run), batch_quark (), batch);
  /* Nothing refuses it: it has no journal, and is a part of nothing. */
  if (!_g_flow_run_begin (batch->run, batch->leader->context, NULL, batch_ended,
                          batch_ref (batch), &error))
    g_error ("A batch cannot be served: %s", error->message);
}

static gboolean
timer_cb (gpointer user_data)
{
  Batch *batch = user_data;
  GFlowBatcher *self = batch->batcher;

  _g_flow_mutex_lock (&self->mutex);
  if (batch->run == NULL && batch->entries.length > 0)
    begin_locked (batch);
  _g_flow_mutex_unlock (&self->mutex);
  return G_SOURCE_REMOVE;
}

/* Adds a document of @entry. If another request has it, too, this one gets a copy, as if it were served
 * by itself: else both would get what is made of it for either. */
static void
add_document (Batch         *batch,
              Entry         *entry,
              GFlowDocument *document,
              GHashTable    *owners)
{
  Entry *owner = g_hash_table_lookup (owners, document);

  if (owner == NULL || owner == entry)
    {
      g_hash_table_insert (owners, document, entry);
      g_ptr_array_add (batch->documents, g_object_ref (document));
      return;
    }
  g_ptr_array_add (batch->documents, g_flow_document_copy (document));
  batch->has_copies = TRUE;
}

/* The documents of all requests in a row. */
static void
gather (Batch *batch)
{
  g_autoptr(GHashTable) owners = g_hash_table_new (NULL, NULL);

  batch->documents = g_ptr_array_new_with_free_func (g_object_unref);
  for (GList *link = batch->entries.head; link != NULL; link = link->next)
    {
      Entry *entry = link->data;
      g_autoptr(GPtrArray) documents = _g_flow_request_dup_documents (entry->part);

      entry->first = batch->documents->len;
      entry->n_documents = documents->len;
      for (guint i = 0; i < documents->len; i++)
        add_document (batch, entry, documents->pdata[i], owners);
    }
  _g_flow_request_take_documents (batch->request,
                                  g_ptr_array_copy (batch->documents, (GCopyFunc) g_object_ref, NULL));
}

/* An instance is idle: what it serves. NULL if all have left meanwhile. */
static Batch *
take (GFlowBatcher  *self,
      GFlowRun      *run,
      GError       **error)
{
  Batch *batch = g_object_get_qdata (G_OBJECT (run), batch_quark ());

  _g_flow_mutex_lock (&self->mutex);
  if (!batch->is_barred && batch->entries.length > 0)
    {
      shut_locked (batch);
      batch->is_taken = TRUE;
    }
  _g_flow_mutex_unlock (&self->mutex);

  if (!batch->is_taken)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, _("Operation was cancelled"));
      return NULL;
    }
  /* Nobody adds to it or takes from it any more. */
  gather (batch);
  return batch;
}

static gboolean
serve (GFlowNode  *node,
       GFlowRun   *run,
       gpointer    user_data,
       GError    **error)
{
  GFlowBatcher *self = user_data;
  Batch *batch = take (self, run, error);

  if (batch == NULL)
    return FALSE;

  const guint instance = _g_flow_station_enter_role (self->station, self->role, TRUE);
  GFlowBinding *binding = self->bindings->pdata[instance];
  const gboolean served =
    binding->func (self->station->instances->pdata[instance], batch->request,
                   g_flow_run_get_cancellable (run), binding->user_data, error);

  _g_flow_station_leave_role (self->station, self->role, instance);
  return served;
}

/* As _g_flow_passage_find_task_owner(). */
static gpointer
find_task_owner (GFlowRun *run,
                 guint32   index,
                 gboolean  at_once)
{
  Batch *batch = g_object_get_qdata (G_OBJECT (run), batch_quark ());
  GFlowBatcher *self = batch->batcher;
  guint instance = _g_flow_station_get_only (self->station, self->role);

  if (instance == G_MAXUINT && !at_once)
    return NULL;
  if (instance == G_MAXUINT)
    {
      instance = batch->instance = _g_flow_station_enter_role (self->station, self->role, FALSE);
      batch->has_entered = TRUE;
    }
  return self->station->instances->pdata[instance];
}

static void
start (GFlowNode  *node,
       GFlowRun   *run,
       GTask      *task,
       gpointer    user_data,
       GError    **error)
{
  GFlowBatcher *self = user_data;
  Batch *batch = g_object_get_qdata (G_OBJECT (run), batch_quark ());

  if (!batch->has_entered)
    batch->instance = _g_flow_station_enter_role (self->station, self->role, FALSE);
  if (take (self, run, error) == NULL)
    {
      _g_flow_station_leave (self->station, batch->instance);
      batch->has_entered = FALSE;
      return;
    }

  GFlowBinding *binding = self->bindings->pdata[batch->instance];

  binding->task_func (self->station->instances->pdata[batch->instance], batch->request, task,
                      binding->user_data, error);
}

/* Giving back */

static gboolean
is_unchanged (Batch     *batch,
              GPtrArray *now)
{
  return now->len == batch->documents->len &&
         (now->len == 0 ||
          memcmp (now->pdata, batch->documents->pdata, now->len * sizeof (gpointer)) == 0);
}

/* Whose documents are which: those with an id that several have are nobody's. */
static void
note_owners (Batch      *batch,
             GHashTable *by_document,
             GHashTable *by_id)
{
  for (GList *link = batch->entries.head; link != NULL; link = link->next)
    {
      Entry *entry = link->data;

      for (guint i = entry->first; i < entry->first + entry->n_documents; i++)
        {
          const char *id = g_flow_document_get_id (batch->documents->pdata[i]);
          const gboolean is_taken = id != NULL && g_hash_table_contains (by_id, id);

          g_hash_table_insert (by_document, batch->documents->pdata[i], entry);
          if (id != NULL)
            g_hash_table_insert (by_id, g_strdup (id),
                                 is_taken && g_hash_table_lookup (by_id, id) != entry ? NULL : entry);
        }
    }
}

static Entry *
find_by_position (Batch *batch,
                  guint  position)
{
  for (GList *link = batch->entries.head; link != NULL; link = link->next)
    {
      Entry *entry = link->data;

      if (position - entry->first < entry->n_documents)
        return entry;
    }
  g_assert_not_reached ();
}

/* Gives each request what has become of its documents: a document is told by itself, or by its
 * id; or else by its place, if there are as many as there were. */
static gboolean
divide (Batch   *batch,
        GError **error)
{
  g_autoptr(GPtrArray) now = _g_flow_request_dup_documents (batch->request);

  if (!batch->has_copies && is_unchanged (batch, now))
    return TRUE;

  g_autoptr(GHashTable) by_document = g_hash_table_new (NULL, NULL);
  g_autoptr(GHashTable) by_id = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr(GHashTable) shares = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) g_ptr_array_unref);

  note_owners (batch, by_document, by_id);
  for (GList *link = batch->entries.head; link != NULL; link = link->next)
    g_hash_table_insert (shares, link->data, g_ptr_array_new_with_free_func (g_object_unref));
  for (guint i = 0; i < now->len; i++)
    {
      GFlowDocument *document = now->pdata[i];
      const char *id = g_flow_document_get_id (document);
      Entry *owner = g_hash_table_lookup (by_document, document);

      if (owner == NULL && id != NULL)
        owner = g_hash_table_lookup (by_id, id);
      if (owner == NULL && now->len == batch->documents->len)
        owner = find_by_position (batch, i);
      if (owner == NULL)
        {
          g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT,
                       _("“%s” has made %u documents out of %u of several requests: which are whose "
                         "cannot be told"),
                       g_flow_node_get_name (batch->request->node), now->len, batch->documents->len);
          return FALSE;
        }
      g_ptr_array_add (g_hash_table_lookup (shares, owner), g_object_ref (document));
    }
  for (GList *link = batch->entries.head; link != NULL; link = link->next)
    {
      Entry *entry = link->data;

      _g_flow_request_take_documents (entry->part,
                                      g_ptr_array_ref (g_hash_table_lookup (shares, entry)));
    }
  return TRUE;
}

/* What the leader has left goes to another one, with a run in its context. FALSE if there
 * is no such thing. */
static gboolean
go_on_locked (Batch *batch)
{
  if (batch->is_taken || !batch->is_barred || batch->entries.length == 0)
    return FALSE;

  batch->is_barred = FALSE;
  begin_locked (batch);
  return TRUE;
}

/* In the context of the leader. */
static void
batch_ended (GFlowRun     *run,
             const GError *error,
             gpointer      user_data)
{
  Batch *batch = user_data;
  GFlowBatcher *self = batch->batcher;
  g_autoptr(GError) failure = error != NULL ? g_error_copy (error) : NULL;
  g_autoptr(GFlowRun) served G_GNUC_UNUSED = NULL;
  GFlowBinding *binding = self->bindings->pdata[0];
  GQueue entries = G_QUEUE_INIT;
  Entry *leader, *gone = NULL;

  if (batch->is_taken && binding->task_func != NULL)
    _g_flow_station_leave (self->station, batch->instance);
  if (batch->is_taken && failure == NULL)
    divide (batch, &failure);

  _g_flow_mutex_lock (&self->mutex);
  served = g_steal_pointer (&batch->run);
  leader = g_steal_pointer (&batch->leader);
  if (leader->batch == NULL)
    gone = leader;
  if (!go_on_locked (batch))
    {
      shut_locked (batch);
      for (GList *link = batch->entries.head; link != NULL; link = link->next)
        ((Entry *) link->data)->batch = NULL;
      entries = batch->entries;
      g_queue_init (&batch->entries);
    }
  _g_flow_mutex_unlock (&self->mutex);

  if (gone != NULL)
    return_cancelled (gone);
  for (GList *link = entries.head, *next; link != NULL; link = next)
    {
      Entry *entry = link->data;

      next = link->next;
      if (failure == NULL)
        _g_flow_request_share_results (batch->request, entry->part, NULL);
      return_entry (entry, failure);
    }
  entry_unref (leader);
  batch_unref (batch);
}

/* Coming and leaving */

/* The request does not want to be served any more. TRUE if it can be returned at once. */
static gboolean
leave_locked (Entry *entry)
{
  Batch *batch = entry->batch;
  const gboolean was_oldest = batch->entries.head == &entry->link;

  g_queue_unlink (&batch->entries, &entry->link);
  entry->batch = NULL;
  batch->size -= entry->n_documents;
  if (batch->run != NULL)
    {
      batch->is_barred = batch->is_barred || batch->leader == entry ||
                         batch->entries.length == 0;
      return batch->leader != entry;
    }

  if (batch->entries.length == 0)
    shut_locked (batch);
  else if (was_oldest)
    arm_locked (batch);
  return TRUE;
}

/* The run that is of no use any more; this may be the last to have it, in any thread. */
static void
cancel_run (GFlowRun *run)
{
  g_flow_run_cancel (run);
  if (!_g_flow_scheduler_give (run))
    g_object_unref (run);
}

/* In any thread. What is being served cannot be taken back: its request waits for that. */
static void
cancelled_cb (GCancellable *cancellable,
              gpointer      user_data)
{
  Entry *entry = user_data;
  GFlowBatcher *self = entry->batcher;
  GFlowRun *run = NULL;
  gboolean left = FALSE;

  _g_flow_mutex_lock (&self->mutex);
  Batch *batch = entry->batch;

  entry->cancelled = TRUE;
  if (batch != NULL && batch->is_taken)
    {
      if (++batch->n_cancelled == batch->entries.length)
        run = g_object_ref (batch->run);
    }
  else if (batch != NULL)
    {
      /* It may be gone when its last request is. */
      run = batch->run != NULL ? g_object_ref (batch->run) : NULL;
      left = leave_locked (entry);
      if (run != NULL && !batch->is_barred)
        g_clear_object (&run);
    }
  _g_flow_mutex_unlock (&self->mutex);

  if (run != NULL)
    cancel_run (run);
  if (left)
    return_cancelled (entry);
}

static gboolean
blocks (Entry *entry,
        Entry *other)
{
  return other->thread == entry->thread && other->context != entry->context;
}

/* Whether @entry may wait for what is in the context of another one in the batch: not if that
 * is in the same thread. Who posts in a blocking call iterates its own context there, and no other. */
static gboolean
may_join_locked (Batch *batch,
                 Entry *entry)
{
  if (batch->leader != NULL && blocks (entry, batch->leader))
    return FALSE;
  /* Those before one in the same context were looked at for that one. */
  for (GList *link = batch->entries.tail;
       link != NULL && ((Entry *) link->data)->context != entry->context; link = link->prev)
    if (blocks (entry, link->data))
      return FALSE;
  return TRUE;
}

/* The batch that the request goes to. */
static Batch *
find_locked (GFlowBatcher *self,
             Entry        *entry)
{
  GFlowRequest *part = entry->part;

  for (GList *link = self->open.head; link != NULL; link = link->next)
    {
      Batch *batch = link->data;

      if (g_strcmp0 (batch->request->endpoint, part->endpoint) == 0 &&
          g_variant_equal (g_flow_request_get_parameters (batch->request),
                           g_flow_request_get_parameters (part)) &&
          may_join_locked (batch, entry))
        return batch;
    }
  return NULL;
}

static Batch *
open_locked (GFlowBatcher *self,
             GFlowRequest *part)
{
  Batch *batch = g_new0 (Batch, 1);

  atomic_init (&batch->ref_count, 1);
  batch->batcher = _g_flow_batcher_ref (self);
  batch->request = _g_flow_request_new_for (part->endpoint, g_flow_request_get_parameters (part),
                                            NULL);
  batch->request->node = part->node;
  batch->request->instance = part->instance;
  batch->request->state = G_FLOW_RUN_STATE_RUNNING;
  batch->due = g_get_monotonic_time () + (gint64) self->batching.timeout * 1000;
  batch->is_open = TRUE;
  batch->link.data = batch;
  g_queue_push_tail_link (&self->open, &batch->link);
  return batch;
}

static void
enter_locked (Entry *entry)
{
  GFlowBatcher *self = entry->batcher;
  Batch *batch = find_locked (self, entry);

  if (batch == NULL)
    batch = open_locked (self, entry->part);
  entry->batch = batch;
  entry->link.data = entry;
  g_queue_push_tail_link (&batch->entries, &entry->link);
  batch->size += entry->n_documents;

  const gboolean is_full = batch->size >= self->batching.size;

  if (batch->run == NULL && (is_full || self->batching.timeout == 0 || self->in_a_hurry))
    begin_locked (batch);
  else if (batch->run == NULL && batch->entries.length == 1)
    arm_locked (batch);
  if (is_full)
    shut_locked (batch);
}

/* Has @part served with others like it. In the body of @node, which ends after that. */
void
_g_flow_batcher_add (GFlowBatcher *self,
                     GFlowRun     *run,
                     GFlowNode    *node,
                     GFlowRequest *part)
{
  Entry *entry = g_new0 (Entry, 1);
  guint index;

  _g_flow_plan_find (run->plan, node, &index);
  atomic_init (&entry->ref_count, 2);
  entry->batcher = _g_flow_batcher_ref (self);
  entry->run = run;
  entry->node = node;
  entry->context = _g_flow_owner_get_context (run->owner);
  entry->thread = g_thread_self ();
  entry->part = part;
  entry->cancellable = g_object_ref (_g_flow_run_ensure_cancellable (run, index));
  /* One without documents is not for nothing, either. */
  entry->n_documents = MAX (_g_flow_documents_count (&part->documents), 1);
  g_flow_run_defer_node (run, node);
  entry->handler = g_cancellable_connect (entry->cancellable, G_CALLBACK (cancelled_cb), entry,
                                          entry_unref);
  if (entry->handler != 0)
    _g_flow_watch_absorb (entry->handler);

  _g_flow_mutex_lock (&self->mutex);
  const gboolean enters = !entry->cancelled;

  if (enters)
    enter_locked (entry);
  _g_flow_mutex_unlock (&self->mutex);
  if (!enters)
    return_cancelled (entry);
}

/* Nothing more will come: what there is need not wait. */
void
_g_flow_batcher_hurry (GFlowBatcher *self)
{
  _g_flow_mutex_lock (&self->mutex);
  self->in_a_hurry = TRUE;
  for (GList *link = self->open.head; link != NULL; link = link->next)
    if (((Batch *) link->data)->run == NULL)
      begin_locked (link->data);
  _g_flow_mutex_unlock (&self->mutex);
}

/* The batcher */

/* The flow that serves a batch: with the locks of the real node, and the threads of its flow. */
static GFlow *
make_flow (GFlowBatcher *self,
           GFlow        *outer)
{
  GFlow *flow = g_flow_new ();
  GFlowNode *real = self->station->node;
  GPtrArray *locks = _g_flow_node_locks (real);
  const GFlowBinding *binding = self->bindings->pdata[0];
  GFlowNode *node;

  /* It has nothing of the application's, and may go anywhere. */
  _g_flow_home_clear (&flow->home);
  _g_flow_crew_unref (flow->crew);
  flow->crew = _g_flow_crew_ref (outer->crew);
  flow->find_task_owner = find_task_owner;
  g_flow_set_max_threads (flow, g_flow_get_max_threads (outer));
  if (binding->task_func != NULL)
    node = g_flow_add_task (flow, g_flow_node_get_name (real), start, self, NULL, NULL);
  else
    node = g_flow_add (flow, g_flow_node_get_name (real), serve, self, NULL, NULL);
  if (binding->func != NULL)
    {
      g_flow_node_set_placement (node, g_flow_node_get_placement (real));
      _g_flow_station_add_locks (self->station, self->role, node);
    }
  for (guint i = 0; locks != NULL && i < locks->len; i++)
    g_flow_node_add_lock (node, locks->pdata[i]);
  return flow;
}

/* Batches for what is bound at @station. */
GFlowBatcher *
_g_flow_batcher_new (GFlow               *outer,
                     GFlowStation        *station,
                     int                  role,
                     GPtrArray           *bindings,
                     const GFlowBatching *batching)
{
  GFlowBatcher *self = g_new0 (GFlowBatcher, 1);

  atomic_init (&self->ref_count, 1);
  self->station = _g_flow_station_ref (station);
  self->role = role;
  self->bindings = g_ptr_array_ref (bindings);
  self->batching = *batching;
  self->flow = make_flow (self, outer);
  _g_flow_mutex_init (&self->mutex);
  g_queue_init (&self->open);
  return self;
}

GFlowBatcher *
_g_flow_batcher_ref (GFlowBatcher *self)
{
  /* Relaxed: whoever has one reference may make another. */
  atomic_fetch_add_explicit (&self->ref_count, 1, memory_order_relaxed);
  return self;
}

void
_g_flow_batcher_unref (GFlowBatcher *self)
{
  /* Acquire and release: the last one comes after what all others have done. */
  if (atomic_fetch_sub_explicit (&self->ref_count, 1, memory_order_acq_rel) != 1)
    return;

  g_object_unref (self->flow);
  g_ptr_array_unref (self->bindings);
  _g_flow_station_unref (self->station);
  _g_flow_mutex_clear (&self->mutex);
  g_free (self);
}

/* Whether it is for what is bound there, in that way. */
gboolean
_g_flow_batcher_matches (GFlowBatcher        *self,
                         GFlowStation        *station,
                         int                  role,
                         GFlowBinding        *binding,
                         const GFlowBatching *batching)
{
  return self->station == station && self->role == role &&
         self->bindings->pdata[0] == binding && self->batching.size == batching->size &&
         self->batching.timeout == batching->timeout;
}
