/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-journal-private.h"

#include "gflow-journal-format-private.h"
#include "gflow-owner-private.h"
#include "gflow-save-private.h"
#include "gflow-values-private.h"
#include "graph/gflow-error.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* The journal of a run: a file to which the outcome of each node is appended before the
 * node ends for anybody else. So whoever sees that a node has ended, or starts after it,
 * knows that the system has its outcome, and that the end of this process does not take it
 * away.
 *
 * A journal has a thread. It opens the file, and reads what an earlier run has left there,
 * while the run waits; and it closes it, and only then the run ends. In between, workers
 * write what their nodes have done themselves, each what has gathered meanwhile.
 * Nodes of the owner context are not held up by a disk: the thread writes their outcomes, and
 * they end in a later dispatch. Now and then, and last of all, it has the system put
 * what was written on the disk, as the power may fail. */

/* How long what was written may not be on the disk */
#define SYNC_US G_USEC_PER_SEC
/* A buffer is not kept if it has grown beyond that */
#define MAX_SPARE ((gsize) 1 << 20)

typedef enum
{
  PHASE_LOADING,
  PHASE_OPEN,
  PHASE_CLOSED,
} Phase;

struct _GFlowJournal
{
  GFlowRun        *run;        /* (unowned): does not end before this is closed */
  char            *path;       /* (owned) */
  char            *name;       /* (owned): of the file, for people */
  GVariant        *picture;    /* (owned): of the plan of the run */
  GVariant        *parameters; /* (owned) */
  gboolean         is_restored; /* the run has outcomes already */

  GThread         *thread;     /* (owned) (nullable) */
  GFlowParking     parking;    /* where it sleeps */
  int              fd;         /* -1, or open; of the thread, but for writing */
  gboolean         is_new;     /* the file was made, and its folder is not on the disk */
  gint64           sync_time;  /* when to sync */
  _Atomic int      phase;      /* a Phase */
  _Atomic gboolean unsynced;   /* something was written since */
  _Atomic gboolean closing;
  gboolean         succeeded;  /* set before that */
  GVariant       **outcomes;   /* (owned) (nullable): what was loaded, until the run takes it */
  guint32         *numbers;    /* (owned) (nullable): of the nodes in the file, if not as in the plan */
  GHashTable      *items;      /* (owned) (nullable): index → GPtrArray of GVariant, as in the file: of
                                * maps that have not ended, until they start */

  GFlowMutex       file_mutex; /* held while something is written; taken before the other */
  guint64          n_written;  /* guarded by it: records */

  GFlowMutex       mutex;      /* guards what follows; held for short */
  GString         *bytes;      /* (owned): what is to be written */
  GString         *spare;      /* (owned) (nullable): an empty buffer */
  guint64          n_appended; /* records, written or not */
  guint32          chain;
  GArray          *waiting;    /* (owned) of Waiting: nodes of the context with outcomes in bytes */
  GArray          *recorded;   /* (owned) of Waiting: nodes of the context that may end */
  guint            n_popped;   /* of these, from the front */
  GError          *error;      /* (owned) (nullable): then nothing is written any more */
};

/* A node of the run, or of one that a map of it has started. */
typedef struct
{
  GFlowRun *run; /* (unowned): does not end before the node */
  guint32   index;
} Waiting;

/* Files */

static gboolean
set_errno (GError     **error,
           const char  *what)
{
  const int code = errno;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s: %s", what, g_strerror (code));
  return FALSE;
}

static gboolean
write_all (int          fd,
           const char  *data,
           gsize        size,
           GError     **error)
{
  while (size > 0)
    {
      const gssize n = write (fd, data, MIN (size, (gsize) 1 << 30));

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return set_errno (error, _("It cannot be written"));
      data += n;
      size -= n;
    }
  return TRUE;
}

static guint8 *
read_all (int      fd,
          gsize   *size,
          GError **error)
{
  struct stat status;
  g_autofree guint8 *data = NULL;
  gsize n_read = 0;

  if (fstat (fd, &status) != 0)
    {
      set_errno (error, _("It cannot be read"));
      return NULL;
    }
  data = g_try_malloc ((gsize) status.st_size + 1);
  if (data == NULL)
    {
      errno = ENOMEM;
      set_errno (error, _("It cannot be read"));
      return NULL;
    }

  while (n_read < (gsize) status.st_size)
    {
      const gssize n = pread (fd, data + n_read, status.st_size - n_read, n_read);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        {
          set_errno (error, _("It cannot be read"));
          return NULL;
        }
      if (n == 0)
        break;
      n_read += n;
    }
  *size = n_read;
  return g_steal_pointer (&data);
}

/* The lock goes with the process in any case. */
static gboolean
open_file (GFlowJournal  *self,
           GError       **error)
{
  struct stat status;

  self->is_new = !g_file_test (self->path, G_FILE_TEST_EXISTS);
  /* Not blocking: it may be something else than a file. */
  self->fd = g_open (self->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0600);
  if (self->fd < 0)
    return set_errno (error, _("It cannot be opened"));
  if (fstat (self->fd, &status) != 0)
    return set_errno (error, _("It cannot be opened"));
  if (!S_ISREG (status.st_mode))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE,
                           _("It is not a regular file"));
      return FALSE;
    }

  while (flock (self->fd, LOCK_EX | LOCK_NB) != 0)
    {
      if (errno == EINTR)
        continue;
      if (errno != EWOULDBLOCK)
        return set_errno (error, _("It cannot be locked"));
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BUSY, _("Another run uses it"));
      return FALSE;
    }
  return TRUE;
}

/* Makes a file that was just made be there after a failure of the power. */
static void
sync_folder (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  const int fd = g_open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);

  /* Not every file system can do it, and then there is nothing to be done. */
  if (fd >= 0 && fsync (fd) != 0)
    g_debug ("%s: %s", folder, g_strerror (errno));
  if (fd >= 0)
    close (fd);
}

/* Loading: in the thread, before anybody else looks */

/* What was there belongs to a run that has ended well, or nothing was. */
static gboolean
start_afresh (GFlowJournal  *self,
              GError       **error)
{
  if (ftruncate (self->fd, 0) != 0)
    return set_errno (error, _("It cannot be written"));

  _g_flow_journal_begin (self->bytes, &self->chain);
  if (!_g_flow_journal_append (self->bytes, &self->chain, G_FLOW_JOURNAL_PLAN,
                               g_variant_new ("(@a(sau)@a{sv})", self->picture, self->parameters)))
    {
      g_set_error_literal (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT,
                           _("The flow is too large for it"));
      return FALSE;
    }
  /* The run was restored: what is done already is not done by this one. */
  for (guint32 i = 0; self->is_restored && i < g_variant_n_children (self->picture); i++)
    if (self->run->outcomes[i] != NULL)
      _g_flow_journal_append (self->bytes, &self->chain, G_FLOW_JOURNAL_NODE,
                              g_variant_new ("(u@a{sv})", i, self->run->outcomes[i]));
  self->n_appended++;
  return TRUE;
}

/* What is known of the items of a map. */
static void
add_item (GFlowJournal  *self,
          const guint32 *numbers,
          GVariant      *item)
{
  guint32 number;
  gpointer key;
  GPtrArray *list;

  g_variant_get_child (item, 0, "u", &number);
  key = GUINT_TO_POINTER (numbers[number]);
  list = g_hash_table_lookup (self->items, key);
  if (list == NULL)
    {
      list = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
      g_hash_table_insert (self->items, key, list);
    }
  g_ptr_array_add (list, g_variant_ref (item));
}

/* What another run has left: this one goes on from there. */
static gboolean
go_on (GFlowJournal         *self,
       GFlowJournalContent  *content,
       gsize                 size,
       GError              **error)
{
  const guint32 n = content->outcomes->len;
  g_autofree guint32 *numbers = NULL; /* then → now */

  if (self->is_restored)
    {
      g_set_error_literal (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT,
                           _("It has an unfinished run, and this run was restored from another"));
      return FALSE;
    }
  numbers = _g_flow_save_match (content->picture, self->picture, error);
  if (numbers == NULL ||
      !_g_flow_save_check_parameters (content->parameters, self->parameters, error))
    return FALSE;
  if (content->length < size && ftruncate (self->fd, content->length) != 0)
    return set_errno (error, _("It cannot be written"));

  self->chain = content->chain;
  self->outcomes = g_new0 (GVariant *, n + 1);
  self->numbers = g_new (guint32, n + 1);
  for (guint32 i = 0; i < n; i++)
    {
      self->numbers[numbers[i]] = i;
      self->outcomes[numbers[i]] = g_steal_pointer (&content->outcomes->pdata[i]);
    }
  self->items = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) g_ptr_array_unref);
  for (guint i = 0; i < content->items->len; i++)
    add_item (self, numbers, content->items->pdata[i]);
  return TRUE;
}

static gboolean
load (GFlowJournal  *self,
      GError       **error)
{
  g_autofree guint8 *data = NULL;
  GFlowJournalContent content = { 0 };
  gsize size;

  if (!open_file (self, error))
    return FALSE;
  data = read_all (self->fd, &size, error);
  if (data == NULL)
    return FALSE;

  const gboolean good =
    _g_flow_journal_parse (data, size, &content, error) &&
    (content.picture == NULL || content.complete ? start_afresh (self, error)
                                                 : go_on (self, &content, size, error));

  _g_flow_journal_content_clear (&content);
  return good;
}

/* Writing */

/* The run cannot keep what it has promised: nothing new starts. Takes @error. */
static void
fail (GFlowJournal *self,
      GError       *error)
{
  GError *told = g_error_copy (error);

  g_prefix_error (&told, _("The journal “%s” has failed: "), self->name);
  _g_flow_mutex_lock (&self->mutex);

  const gboolean is_first = self->error == NULL;

  if (is_first)
    self->error = g_error_copy (told);
  _g_flow_mutex_unlock (&self->mutex);
  if (is_first)
    _g_flow_run_stop_starting (self->run, g_steal_pointer (&told));
  g_clear_error (&told);
  g_error_free (error);
}

/* Nodes of the context, whose outcomes were written, may end. */
static void
release_nodes (GFlowJournal *self,
               GArray       *nodes)
{
  if (nodes->len == 0)
    return;

  _g_flow_mutex_lock (&self->mutex);
  g_array_append_vals (self->recorded, nodes->data, nodes->len);
  /* Under the mutex, as nobody can end them meanwhile, and the run of a map with them. */
  for (guint i = 0; i < nodes->len; i++)
    _g_flow_owner_post (g_array_index (nodes, Waiting, i).run);
  _g_flow_mutex_unlock (&self->mutex);
}

static void
give_buffer_locked (GFlowJournal *self,
                    GString      *buffer)
{
  if (self->spare != NULL || buffer->allocated_len > MAX_SPARE)
    {
      g_string_free (buffer, TRUE);
      return;
    }
  self->spare = g_string_truncate (buffer, 0);
}

/* The thread syncs in a while. */
static void
set_unsynced (GFlowJournal *self)
{
  /* Relaxed: parking has the order that is needed. */
  if (!atomic_exchange_explicit (&self->unsynced, TRUE, memory_order_relaxed))
    g_flow_parking_unpark (&self->parking);
}

/* Writes what there is. The file's mutex is held. */
static void
write_bytes (GFlowJournal *self)
{
  g_autoptr(GArray) nodes = NULL;
  GError *error = NULL;
  GString *bytes;
  gboolean good;

  _g_flow_mutex_lock (&self->mutex);
  bytes = self->bytes;
  self->bytes = self->spare != NULL ? g_steal_pointer (&self->spare) : g_string_new (NULL);
  nodes = self->waiting;
  self->waiting = g_array_new (FALSE, FALSE, sizeof (Waiting));
  self->n_written = self->n_appended;
  good = self->error == NULL;
  _g_flow_mutex_unlock (&self->mutex);

  if (good && !write_all (self->fd, bytes->str, bytes->len, &error))
    /* Before anybody else writes behind what may be half a record, and before any of the nodes
     * ends, so that nothing starts after it. */
    fail (self, error);
  else if (good && bytes->len > 0)
    set_unsynced (self);

  _g_flow_mutex_lock (&self->mutex);
  give_buffer_locked (self, bytes);
  _g_flow_mutex_unlock (&self->mutex);
  /* Also if it could not be written: they have ended, and the run fails anyway. */
  release_nodes (self, nodes);
}

/* Writes the records up to the one with that number, if nobody else has. */
static void
flush (GFlowJournal *self,
       guint64       number)
{
  _g_flow_mutex_lock (&self->file_mutex);
  if (self->n_written < number)
    write_bytes (self);
  _g_flow_mutex_unlock (&self->file_mutex);
}

static void
flush_all (GFlowJournal *self)
{
  guint64 number;

  _g_flow_mutex_lock (&self->mutex);
  number = self->n_appended;
  _g_flow_mutex_unlock (&self->mutex);
  flush (self, number);
}

static void
sync_file (GFlowJournal *self)
{
  GError *error = NULL;

  /* Before it: what is written meanwhile is for the next time. */
  atomic_store_explicit (&self->unsynced, FALSE, memory_order_relaxed);
  if (fsync (self->fd) != 0)
    {
      set_errno (&error, _("It cannot be written"));
      fail (self, error);
    }
  if (self->is_new)
    sync_folder (self->path);
  self->is_new = FALSE;
}

/* The thread */

static void
set_phase (GFlowJournal *self,
           Phase         phase)
{
  /* Release: pairs with get_phase(), for what was loaded, or how it ended. */
  atomic_store_explicit (&self->phase, phase, memory_order_release);
  _g_flow_owner_post (self->run);
}

static Phase
get_phase (GFlowJournal *self)
{
  return atomic_load_explicit (&self->phase, memory_order_acquire);
}

static void
close_file (GFlowJournal *self)
{
  if (self->fd < 0)
    return;

  /* A child of this process has the file, too, as long as it has not called exec(). */
  if (flock (self->fd, LOCK_UN) != 0)
    g_debug ("%s: %s", self->path, g_strerror (errno));
  close (self->fd);
  self->fd = -1;
}

static gboolean
is_closing (GFlowJournal *self)
{
  /* Acquire: pairs with the store in _g_flow_journal_close(). */
  return atomic_load_explicit (&self->closing, memory_order_acquire);
}

/* Sleeps until there is something to do. */
static void
wait_for_work (GFlowJournal *self)
{
  if (!atomic_load_explicit (&self->unsynced, memory_order_relaxed))
    {
      g_flow_parking_park (&self->parking, G_MAXINT);
      self->sync_time = g_get_monotonic_time () + SYNC_US;
    }
  else
    {
      const gint64 left = self->sync_time - g_get_monotonic_time ();

      if (left > 0)
        g_flow_parking_park (&self->parking, (int) (left / 1000 + 1));
    }
}

static void
append_end (GFlowJournal *self)
{
  _g_flow_mutex_lock (&self->mutex);
  _g_flow_journal_append (self->bytes, &self->chain, G_FLOW_JOURNAL_END, g_variant_new ("()"));
  self->n_appended++;
  _g_flow_mutex_unlock (&self->mutex);
}

static gpointer
keep_journal (gpointer data)
{
  GFlowJournal *self = data;

  /* Until it is known who this is. */
  _g_flow_mutex_lock (&self->mutex);
  _g_flow_mutex_unlock (&self->mutex);

  if (!load (self, &self->error))
    {
      g_prefix_error (&self->error, _("The journal “%s” cannot be used: "), self->name);
      close_file (self);
      set_phase (self, PHASE_CLOSED);
      return NULL;
    }

  self->sync_time = g_get_monotonic_time () + SYNC_US;
  flush_all (self);
  set_phase (self, PHASE_OPEN);
  while (!is_closing (self))
    {
      wait_for_work (self);
      flush_all (self);
      if (atomic_load_explicit (&self->unsynced, memory_order_relaxed) &&
          g_get_monotonic_time () >= self->sync_time)
        sync_file (self);
    }

  if (self->succeeded)
    append_end (self);
  flush_all (self);
  sync_file (self);
  close_file (self);
  set_phase (self, PHASE_CLOSED);
  return NULL;
}

/* For the run */

static char *
get_display_name (GFile *file)
{
  g_autofree char *name = g_file_get_parse_name (file);

  return g_filename_display_name (name);
}

/* Before the run starts. Nothing is opened yet. */
gboolean
_g_flow_journal_prepare (GFlowRun  *run,
                         GError   **error)
{
  if (run->journal_file == NULL || run->items != NULL)
    return TRUE;

  const char *path = g_file_peek_path (run->journal_file);
  g_autofree char *name = get_display_name (run->journal_file);

  if (path == NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                   _("The journal “%s” is not a local file"), name);
      return FALSE;
    }

  GFlowJournal *self = run->journal = g_new0 (GFlowJournal, 1);

  self->run = run;
  self->path = g_strdup (path);
  self->name = g_steal_pointer (&name);
  self->picture = _g_flow_save_picture (run->plan);
  self->parameters = g_variant_ref (g_flow_run_get_parameters (run));
  self->is_restored = run->outcomes != NULL;
  self->fd = -1;
  self->bytes = g_string_new (NULL);
  self->waiting = g_array_new (FALSE, FALSE, sizeof (Waiting));
  self->recorded = g_array_new (FALSE, FALSE, sizeof (Waiting));
  g_flow_parking_init (&self->parking);
  _g_flow_mutex_init (&self->mutex);
  _g_flow_mutex_init (&self->file_mutex);
  atomic_fetch_or_explicit (&run->attention, G_FLOW_ATTENTION_JOURNAL, memory_order_relaxed);
  return TRUE;
}

/* The run waits until it is loaded. Under the mutex: the thread may be joined then. */
void
_g_flow_journal_start (GFlowJournal *self)
{
  _g_flow_mutex_lock (&self->mutex);
  self->thread = g_thread_new ("gflow-journal", keep_journal, self);
  _g_flow_mutex_unlock (&self->mutex);
}

/* Whether the run cannot start yet. */
gboolean
_g_flow_journal_is_loading (GFlowRun *run)
{
  return run->journal != NULL && get_phase (run->journal) == PHASE_LOADING;
}

/* When it is not loading any more. FALSE if the journal cannot be used. */
gboolean
_g_flow_journal_take_loaded (GFlowRun  *run,
                             GError   **error)
{
  GFlowJournal *self = run->journal;

  if (self == NULL)
    return TRUE;
  if (get_phase (self) == PHASE_CLOSED)
    {
      g_propagate_error (error, g_error_copy (self->error));
      return FALSE;
    }
  if (self->outcomes != NULL)
    run->outcomes = g_steal_pointer (&self->outcomes);
  return TRUE;
}

/* The journal in which the nodes of the run are: of maps it is that of the run around. */
static GFlowJournal *
find_journal (GFlowRun *run)
{
  return run->journal != NULL ? run->journal : run->parent->journal;
}

static guint32
get_number (GFlowJournal *self,
            guint32       index)
{
  return self->numbers != NULL ? self->numbers[index] : index;
}

/* What is written of a node. NULL if it is of an item that nobody could know again. */
static GVariant *
new_payload (GFlowJournal      *self,
             GFlowRun          *run,
             guint32            index,
             GFlowNodeState     state,
             GFlowJournalKind  *kind)
{
  if (run->items != NULL && run->item_digests[index] == 0)
    return NULL;

  g_autoptr(GVariant) outcome = _g_flow_outcome_new (run, index, state);

  *kind = run->items != NULL ? G_FLOW_JOURNAL_ITEM : G_FLOW_JOURNAL_NODE;
  if (run->items != NULL)
    return g_variant_ref_sink (g_variant_new ("(uut@a{sv})", get_number (self, run->parent_index),
                                              index, run->item_digests[index], outcome));
  return g_variant_ref_sink (g_variant_new ("(u@a{sv})", get_number (self, index), outcome));
}

/* Appends the outcome of a node. Returns the number of the record, 0 if there will be none. If
 * the node is one of the context it may end when that is written. */
static guint64
append_outcome (GFlowJournal   *self,
                GFlowRun       *run,
                guint32         index,
                GFlowNodeState  state,
                gboolean        in_context)
{
  GFlowJournalKind kind = G_FLOW_JOURNAL_NODE;
  g_autoptr(GVariant) payload = new_payload (self, run, index, state, &kind);
  guint64 record = 0;

  if (payload == NULL)
    return 0;

  _g_flow_mutex_lock (&self->mutex);
  if (self->error == NULL)
    {
      _g_flow_journal_append (self->bytes, &self->chain, kind, payload);
      record = ++self->n_appended;
      if (in_context)
        g_array_append_vals (self->waiting, &(Waiting) { run, index }, 1);
    }
  _g_flow_mutex_unlock (&self->mutex);
  return record;
}

/* A node is about to end. FALSE if it is one of the context, and may when
 * _g_flow_journal_pop_recorded() gives it; for others this returns when the system has its
 * outcome. */
gboolean
_g_flow_journal_record (GFlowRun       *run,
                        guint32         index,
                        GFlowNodeState  state,
                        gboolean        in_context)
{
  GFlowJournal *self = find_journal (run);
  /* Nobody waits for one that was skipped: it goes with the next record. */
  const gboolean waits = state == G_FLOW_NODE_STATE_DONE;

  if (!_g_flow_outcome_is_kept (run, index, state))
    return TRUE;

  const guint64 record = append_outcome (self, run, index, state, in_context && waits);

  if (record == 0 || !waits)
    return TRUE;
  if (in_context)
    g_flow_parking_unpark (&self->parking);
  else
    flush (self, record);
  return !in_context;
}

/* What an earlier run has done of the items of a map: its outcomes, or NULL. */
static GVariant **
take_items (GFlowJournal  *self,
            guint32        index,
            const guint64 *digests,
            guint          n)
{
  g_autoptr(GPtrArray) list = NULL;
  GVariant **outcomes;

  if (self->items == NULL || !g_hash_table_steal_extended (self->items, GUINT_TO_POINTER (index),
                                                           NULL, (gpointer *) &list))
    return NULL;

  outcomes = g_new0 (GVariant *, n + 1);
  for (guint i = 0; i < list->len; i++)
    {
      g_autoptr(GVariant) outcome = NULL;
      guint32 number;
      guint64 digest;

      g_variant_get (list->pdata[i], "(uut@a{sv})", NULL, &number, &digest, &outcome);
      if (number >= n || digest == 0 || digest != digests[number])
        continue;

      g_clear_pointer (&outcomes[number], g_variant_unref);
      outcomes[number] = g_steal_pointer (&outcome);
    }
  return outcomes;
}

/* A map is about to start its run, whose nodes are items: it is written here what they do, and they
 * go on from what is here. In the owner context. */
void
_g_flow_journal_adopt_map (GFlowRun *run,
                           guint32   index,
                           GFlowRun *child)
{
  const guint n = g_flow_values_get_n_values (child->items);

  child->item_digests = g_new (guint64, n + 1);
  for (guint i = 0; i < n; i++)
    child->item_digests[i] = _g_flow_outcome_digest (_g_flow_values_peek (child->items, i));
  child->outcomes = take_items (run->journal, index, child->item_digests, n);
  atomic_fetch_or_explicit (&child->attention, G_FLOW_ATTENTION_JOURNAL, memory_order_relaxed);
}

/* What is written of a node, and of its items if it is a map, does not count any more. In the owner
 * context, while the run takes over what counts. */
void
_g_flow_journal_forget (GFlowRun *run,
                        guint32   index)
{
  GFlowJournal *self = run->journal;
  const gboolean had_items = self != NULL && self->items != NULL &&
                             g_hash_table_remove (self->items, GUINT_TO_POINTER (index));

  if (self == NULL || !(had_items || run->outcomes[index] != NULL))
    return;

  /* It goes with the next record. */
  _g_flow_mutex_lock (&self->mutex);
  _g_flow_journal_append (self->bytes, &self->chain, G_FLOW_JOURNAL_FORGET,
                          g_variant_new ("(u)", get_number (self, index)));
  self->n_appended++;
  _g_flow_mutex_unlock (&self->mutex);
}

/* The position in what was recorded of the first node of the run, or its length. */
static guint
find_recorded_locked (GFlowJournal *self,
                      GFlowRun     *run)
{
  guint i = self->n_popped;

  while (i < self->recorded->len && g_array_index (self->recorded, Waiting, i).run != run)
    i++;
  return i;
}

/* The next node of the context that may end. In the owner context. */
gboolean
_g_flow_journal_pop_recorded (GFlowRun *run,
                              guint32  *index)
{
  GFlowJournal *self = find_journal (run);
  gboolean found;

  _g_flow_mutex_lock (&self->mutex);

  const guint position = find_recorded_locked (self, run);

  found = position < self->recorded->len;
  if (found)
    *index = g_array_index (self->recorded, Waiting, position).index;
  if (found && position == self->n_popped)
    self->n_popped++;
  else if (found)
    g_array_remove_index (self->recorded, position);
  if (self->n_popped == self->recorded->len)
    {
      g_array_set_size (self->recorded, 0);
      self->n_popped = 0;
    }
  _g_flow_mutex_unlock (&self->mutex);
  return found;
}

/* Nothing of the run runs any more. FALSE while the journal is being closed; the run is
 * posted when it is. In the owner context. */
gboolean
_g_flow_journal_close (GFlowRun *run)
{
  GFlowJournal *self = run->journal;

  if (self == NULL || self->thread == NULL)
    return TRUE;

  if (get_phase (self) == PHASE_OPEN && !is_closing (self))
    {
      /* From here on nothing changes how the run ends but the journal itself. */
      self->succeeded = _g_flow_run_settle_outcome (run) == G_FLOW_RUN_STATE_DONE;
      /* Release: pairs with is_closing(), for that. */
      atomic_store_explicit (&self->closing, TRUE, memory_order_release);
      g_flow_parking_unpark (&self->parking);
    }
  if (get_phase (self) != PHASE_CLOSED)
    return FALSE;

  /* It is about to leave, and has the run no more after that. */
  g_thread_join (g_steal_pointer (&self->thread));
  _g_flow_mutex_lock (&run->mutex);
  if (run->error == NULL && self->error != NULL)
    run->error = g_error_copy (self->error);
  _g_flow_mutex_unlock (&run->mutex);
  return TRUE;
}

void
_g_flow_journal_free (GFlowJournal *self)
{
  g_assert (self->thread == NULL);
  g_free (self->path);
  g_free (self->name);
  _g_flow_outcomes_free (self->outcomes, g_variant_n_children (self->picture));
  g_variant_unref (self->picture);
  g_variant_unref (self->parameters);
  g_free (self->numbers);
  g_clear_pointer (&self->items, g_hash_table_unref);
  g_string_free (self->bytes, TRUE);
  if (self->spare != NULL)
    g_string_free (self->spare, TRUE);
  g_array_unref (self->waiting);
  g_array_unref (self->recorded);
  g_clear_error (&self->error);
  g_flow_parking_clear (&self->parking);
  _g_flow_mutex_clear (&self->mutex);
  _g_flow_mutex_clear (&self->file_mutex);
  g_free (self);
}

/* The property */

/**
 * g_flow_run_get_journal: (attributes org.gtk.Method.get_property=journal)
 * @self: a run
 *
 * Gets where the run keeps what its nodes have done. A run that a map has started has the
 * journal of the run around it.
 *
 * Returns: (transfer none) (nullable): the file
 *
 * Since: 0.1
 */
GFile *
g_flow_run_get_journal (GFlowRun *self)
{
  g_return_val_if_fail (G_IS_FLOW_RUN (self), NULL);

  return self->journal_file;
}

/**
 * g_flow_run_set_journal: (attributes org.gtk.Method.set_property=journal)
 * @self: a run that has not started
 * @journal: (nullable): a local file, which need not exist; %NULL for none
 *
 * Sets where the run keeps what its nodes have done, so that a later run goes on from
 * there: see [property@GFlow.FlowRun:journal].
 *
 * Since: 0.1
 */
void
g_flow_run_set_journal (GFlowRun *self,
                        GFile    *journal)
{
  g_return_if_fail (G_IS_FLOW_RUN (self));
  g_return_if_fail (journal == NULL || G_IS_FILE (journal));
  g_return_if_fail (g_flow_run_get_state (self) == G_FLOW_RUN_STATE_NEW);

  if (g_set_object (&self->journal_file, journal))
    g_object_notify (G_OBJECT (self), "journal");
}
