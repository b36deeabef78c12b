/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-lock-private.h"

#include "gflow-mutex-private.h"

#include <glib/gi18n-lib.h>
#include <stdatomic.h>

/**
 * GFlowLock:
 *
 * A number of permits, for what must not be done too often at once.
 *
 * A node that has a lock holds a permit of it while its body runs. With one
 * permit a lock is mutual exclusion, with n it is a semaphore. A waiting node
 * occupies no thread: it is queued, first in first out, and a release hands the
 * permit straight to the next one.
 *
 * A lock is shared by all nodes, flows, runs and threads that use it, and
 * application code may use it too:
 *
 * ```c
 * g_flow_lock_acquire (lock, cancellable, acquired_cb, self);
 * …
 * if (g_flow_lock_acquire_finish (lock, result, &error))
 *   {
 *     …
 *     g_flow_lock_release (lock);
 *   }
 * ```
 *
 * ## Thread safety
 *
 * All functions may be called from any thread. As a lock belongs to no
 * context, it does not notify changes of `in-use` and `waiting`.
 *
 * Since: 0.1
 */

struct _GFlowLock
{
  GObject  parent_instance;

  guint64  serial;   /* place in the one order in which nodes take locks */
  char    *name;     /* (owned) (nullable) */

  _Atomic guintptr door;  /* see below */
  _Atomic guint    permits;

  GFlowMutex   mutex;     /* guards what follows, and changes of permits */
  guint        in_use;    /* with those at the door; may exceed permits after these were lowered */
  GFlowWaiter *first;     /* the queue */
  GFlowWaiter *last;
  guint        n_waiting; /* in it */
};

/* The door is how permits are taken and given back without the mutex as long as nobody waits, and
 * how to get into the queue without it.
 *
 * It is open, and odd: then it has the number of permits that may be taken, and nobody waits, but
 * for some who are cancelled and will go when they hear of it. Or it is closed, and even:
 * then it is the one who arrived last of those who are not in the queue yet, or NULL; each of them
 * knows who came before. Who finds no permit at the door arrives there, and closes it.
 *
 * Whoever has the mutex closes the door to move those who have arrived to the queue. Before it is
 * let go it is settled: while there is a permit, the first in the queue gets it; if the queue is
 * empty the door is opened, with all permits that are left; and if this fails somebody has
 * arrived. So, if the mutex is free and the door closed, there is no permit: who gives one back
 * finds the door closed, and takes the mutex. Nobody is forgotten at the door. */
#define DOOR(n_free) ((guintptr) (n_free) << 1 | 1)
#define A_PERMIT (DOOR (1) - DOOR (0))
/* More are never there at once, as pointers may have 32 bits. */
#define MAX_AT_DOOR (G_MAXINT32 / 2)

enum
{
  PROP_0,
  PROP_NAME,
  PROP_PERMITS,
  PROP_IN_USE,
  PROP_WAITING,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (GFlowLock, g_flow_lock, G_TYPE_OBJECT)

guint64
_g_flow_lock_get_serial (GFlowLock *self)
{
  return self->serial;
}

static inline gboolean
is_open (guintptr door)
{
  return (door & 1) != 0;
}

static inline guint
count_free (guintptr door)
{
  return door >> 1;
}

static inline gboolean
has_free (guintptr door)
{
  return is_open (door) && count_free (door) > 0;
}

/* Those who have arrived, the last one first, go to the end of the queue. */
static void
queue_arrived_locked (GFlowLock   *self,
                      GFlowWaiter *arrived)
{
  GFlowWaiter *next = NULL;

  for (GFlowWaiter *waiter = arrived, *before; waiter != NULL; waiter = before)
    {
      before = waiter->next;
      waiter->next = next;
      waiter->previous = before != NULL ? before : self->last;
      waiter->queued = TRUE;
      self->n_waiting++;
      next = waiter;
    }
  *(self->last != NULL ? &self->last->next : &self->first) = next;
  self->last = arrived;
}

/* From now on who comes arrives at the door; who came before is in the queue. */
static void
close_locked (GFlowLock *self)
{
  /* Acquire: pairs with those who arrive. Release: so that who arrives later sees what this
   * thread has done before, as _g_flow_lock_withdraw() promises. */
  const guintptr door = atomic_exchange_explicit (&self->door, 0, memory_order_acq_rel);

  if (is_open (door))
    self->in_use -= count_free (door);
  else if (door != 0)
    queue_arrived_locked (self, (GFlowWaiter *) door);
}

/* FALSE if somebody has arrived. */
static gboolean
open_locked (GFlowLock *self,
             guint      n_free)
{
  guintptr closed = 0;

  /* Release: pairs with who takes a permit there, for what was done with it before. */
  if (!atomic_compare_exchange_strong_explicit (&self->door, &closed, DOOR (n_free),
                                                memory_order_release, memory_order_relaxed))
    return FALSE;

  self->in_use += n_free;
  return TRUE;
}

static void
remove_waiter_locked (GFlowLock   *self,
                      GFlowWaiter *waiter)
{
  *(waiter->next != NULL ? &waiter->next->previous : &self->last) = waiter->previous;
  *(waiter->previous != NULL ? &waiter->previous->next : &self->first) = waiter->next;
  waiter->queued = FALSE;
  self->n_waiting--;
}

static gboolean is_cancelled (GFlowWaiter *waiter);

/* The one who has waited longest, but for those who are cancelled already, and
 * will go when they hear of it. */
static GFlowWaiter *
next_waiter_locked (GFlowLock *self)
{
  GFlowWaiter *waiter = self->first;

  while (waiter != NULL && is_cancelled (waiter))
    waiter = waiter->next;
  return waiter;
}

static guint
get_permits (GFlowLock *self)
{
  /* Relaxed: changed with the mutex held, and otherwise only looked at. */
  return atomic_load_explicit (&self->permits, memory_order_relaxed);
}

/* Hands out what is free, see above. Returns who has got some, to be told without the mutex. */
static GFlowWaiter *
settle_locked (GFlowLock *self)
{
  const guint permits = get_permits (self);
  GFlowWaiter *granted = NULL, **end = &granted;

  while (self->in_use < permits)
    {
      GFlowWaiter *waiter = next_waiter_locked (self);

      if (waiter != NULL)
        {
          remove_waiter_locked (self, waiter);
          self->in_use++;
          *end = waiter;
          end = &waiter->next;
        }
      else if (open_locked (self, MIN (permits - self->in_use, MAX_AT_DOOR)))
        {
          break;
        }
      else
        {
          close_locked (self);
        }
    }
  *end = NULL;
  return granted;
}

/* Tells those who have a permit now. One that gives its permit back at once grants the next,
 * and so on through any number, one after the other, none inside of another. */
void
_g_flow_lock_grant (GFlowWaiter *granted)
{
  while (granted != NULL)
    {
      GFlowWaiter *rest = granted->next;
      GFlowWaiter *more = granted->grant (granted);

      granted = _g_flow_lock_concat (more, rest);
    }
}

/* Takes a permit if there is one at the door. */
gboolean
_g_flow_lock_try_enter (GFlowLock *self)
{
  guintptr door = atomic_load_explicit (&self->door, memory_order_relaxed);

  /* Acquire: pairs with whoever has given it back, or opened the door. */
  while (has_free (door))
    if (atomic_compare_exchange_weak_explicit (&self->door, &door, door - A_PERMIT,
                                               memory_order_acquire, memory_order_relaxed))
      return TRUE;
  return FALSE;
}

/* Takes a permit, or queues @waiter: whose grant is called when it has one. */
gboolean
_g_flow_lock_enter (GFlowLock   *self,
                    GFlowWaiter *waiter)
{
  guintptr door = atomic_load_explicit (&self->door, memory_order_relaxed);
  gboolean entered;

  do
    {
      entered = has_free (door);
      if (!entered)
        waiter->next = is_open (door) ? NULL : (GFlowWaiter *) door;
    }
  /* Acquire: as above. Release: pairs with close_locked(). */
  while (!atomic_compare_exchange_weak_explicit (&self->door, &door,
                                                 entered ? door - A_PERMIT : (guintptr) waiter,
                                                 memory_order_acq_rel, memory_order_relaxed));
  return entered;
}

/* Takes @waiter out of the queue, if it is not granted already: %TRUE means
 * that it never will be. With %FALSE, if it arrives here later, it sees all that this
 * thread has done before: both change the door, one after the other. To @granted
 * are added those who have got permits meanwhile, to be told. */
gboolean
_g_flow_lock_withdraw (GFlowLock    *self,
                       GFlowWaiter  *waiter,
                       GFlowWaiter **granted)
{
  _g_flow_mutex_lock_soon (&self->mutex);
  close_locked (self);

  const gboolean withdrawn = waiter->queued;

  if (withdrawn)
    remove_waiter_locked (self, waiter);
  *granted = _g_flow_lock_concat (settle_locked (self), *granted);
  _g_flow_mutex_unlock (&self->mutex);
  return withdrawn;
}

/* Those at the door wait, too. */
static void
queue_all_locked (GFlowLock *self)
{
  /* Relaxed: if somebody has come to an open door just now, this was before. */
  if (!is_open (atomic_load_explicit (&self->door, memory_order_relaxed)))
    close_locked (self);
}

gboolean
_g_flow_lock_has_waiter (GFlowLock   *self,
                         GFlowWaiter *waiter)
{
  _g_flow_mutex_lock_soon (&self->mutex);
  queue_all_locked (self);

  const gboolean queued = waiter->queued;

  _g_flow_mutex_unlock (&self->mutex);
  return queued;
}

/* Gives a permit back. Returns who has got it, to be told. */
GFlowWaiter *
_g_flow_lock_give_back (GFlowLock *self)
{
  guintptr door = atomic_load_explicit (&self->door, memory_order_relaxed);

  /* Release: pairs with who takes it next. A full door does not tell whether anybody has a permit. */
  while (is_open (door) && count_free (door) < MIN (get_permits (self), MAX_AT_DOOR))
    if (atomic_compare_exchange_weak_explicit (&self->door, &door, door + A_PERMIT,
                                               memory_order_release, memory_order_relaxed))
      return NULL;

  _g_flow_mutex_lock_soon (&self->mutex);
  if (is_open (atomic_load_explicit (&self->door, memory_order_relaxed)))
    close_locked (self); /* it was opened meanwhile, or nobody has a permit */

  const gboolean held = self->in_use > 0;
  GFlowWaiter *granted;

  if (held)
    self->in_use--;
  granted = settle_locked (self);
  _g_flow_mutex_unlock (&self->mutex);
  g_return_val_if_fail (held, granted);
  return granted;
}

/* GObject */

static void
g_flow_lock_finalize (GObject *object)
{
  GFlowLock *self = G_FLOW_LOCK (object);

  /* Whoever waits holds a reference. */
  queue_all_locked (self);
  g_assert (self->first == NULL);
  g_free (self->name);
  _g_flow_mutex_clear (&self->mutex);

  G_OBJECT_CLASS (g_flow_lock_parent_class)->finalize (object);
}

static void
g_flow_lock_get_property (GObject    *object,
                          guint       prop_id,
                          GValue     *value,
                          GParamSpec *pspec)
{
  GFlowLock *self = G_FLOW_LOCK (object);

  switch (prop_id)
    {
    case PROP_NAME:
      g_value_set_string (value, self->name);
      break;
    case PROP_PERMITS:
      g_value_set_uint (value, g_flow_lock_get_permits (self));
      break;
    case PROP_IN_USE:
      g_value_set_uint (value, g_flow_lock_get_in_use (self));
      break;
    case PROP_WAITING:
      g_value_set_uint (value, g_flow_lock_get_waiting (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
g_flow_lock_set_property (GObject      *object,
                          guint         prop_id,
                          const GValue *value,
                          GParamSpec   *pspec)
{
  GFlowLock *self = G_FLOW_LOCK (object);

  switch (prop_id)
    {
    case PROP_NAME:
      g_flow_lock_set_name (self, g_value_get_string (value));
      break;
    case PROP_PERMITS:
      g_flow_lock_set_permits (self, g_value_get_uint (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
g_flow_lock_class_init (GFlowLockClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags ro = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  const GParamFlags rw = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->finalize = g_flow_lock_finalize;
  object_class->get_property = g_flow_lock_get_property;
  object_class->set_property = g_flow_lock_set_property;

  /**
   * GFlowLock:name: (attributes org.gtk.Property.get=g_flow_lock_get_name org.gtk.Property.set=g_flow_lock_set_name)
   *
   * A name for reasons and pictures.
   *
   * Since: 0.1
   */
  properties[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, rw);

  /**
   * GFlowLock:permits: (attributes org.gtk.Property.get=g_flow_lock_get_permits org.gtk.Property.set=g_flow_lock_set_permits)
   *
   * How many may hold the lock at once. May change while it is in use.
   *
   * Since: 0.1
   */
  properties[PROP_PERMITS] = g_param_spec_uint ("permits", NULL, NULL, 1, G_MAXUINT, 1, rw);

  /**
   * GFlowLock:in-use: (attributes org.gtk.Property.get=g_flow_lock_get_in_use)
   *
   * How many hold the lock now.
   *
   * Since: 0.1
   */
  properties[PROP_IN_USE] = g_param_spec_uint ("in-use", NULL, NULL, 0, G_MAXUINT, 0, ro);

  /**
   * GFlowLock:waiting: (attributes org.gtk.Property.get=g_flow_lock_get_waiting)
   *
   * How many wait for the lock now.
   *
   * Since: 0.1
   */
  properties[PROP_WAITING] = g_param_spec_uint ("waiting", NULL, NULL, 0, G_MAXUINT, 0, ro);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
g_flow_lock_init (GFlowLock *self)
{
  static _Atomic guint64 last_serial;

  _g_flow_mutex_init (&self->mutex);
  atomic_init (&self->permits, 1);
  atomic_init (&self->door, DOOR (1));
  self->in_use = 1;
  /* Relaxed: only has to be another number than all before. */
  self->serial = atomic_fetch_add_explicit (&last_serial, 1, memory_order_relaxed) + 1;
}

/**
 * g_flow_lock_new:
 *
 * Makes a lock with one permit.
 *
 * Returns: (transfer full): a new lock
 *
 * Since: 0.1
 */
GFlowLock *
g_flow_lock_new (void)
{
  return g_object_new (G_TYPE_FLOW_LOCK, NULL);
}

/**
 * g_flow_lock_new_with_permits:
 * @permits: how many may hold the lock at once, at least 1
 *
 * Makes a lock with several permits.
 *
 * Returns: (transfer full): a new lock
 *
 * Since: 0.1
 */
GFlowLock *
g_flow_lock_new_with_permits (guint permits)
{
  g_return_val_if_fail (permits > 0, NULL);

  return g_object_new (G_TYPE_FLOW_LOCK, "permits", permits, NULL);
}

/* Acquiring */

/* The data of the task, with which it goes. */
typedef struct
{
  GFlowWaiter   waiter;      /* first: is cast back */
  GFlowLock    *lock;        /* (owned) */
  GTask        *task;        /* (owned) until the waiting ends */
  GCancellable *cancellable; /* (unowned) (nullable): the task's; once cancelled, not granted any more */
  GSource      *source;      /* (owned) (nullable): tells of a cancellation */
  gboolean      unclaimed;   /* it has a permit that the caller does not know of */
} Acquire;

static void
acquire_free (gpointer data)
{
  Acquire *acquire = data;

  /* The context has gone before it could tell. */
  if (acquire->unclaimed)
    g_flow_lock_release (acquire->lock);
  g_object_unref (acquire->lock);
  g_free (acquire);
}

/* For whoever has taken the waiter out of the queue: nobody else touches it then. */
static GTask *
end_waiting (Acquire *acquire)
{
  if (acquire->source != NULL)
    g_source_destroy (acquire->source);
  g_clear_pointer (&acquire->source, g_source_unref);
  return g_steal_pointer (&acquire->task);
}

static gboolean
return_permit_cb (gpointer user_data)
{
  Acquire *acquire = g_task_get_task_data (user_data);

  acquire->unclaimed = FALSE;
  g_task_return_boolean (user_data, TRUE);
  return G_SOURCE_REMOVE;
}

/* Not returned here: a callback that releases would grant the next permit, whose
 * callback would release, and so on, each inside of the other. */
static GFlowWaiter *
acquire_granted (GFlowWaiter *waiter)
{
  Acquire *acquire = (Acquire *) waiter;
  g_autoptr(GTask) task = end_waiting (acquire);
  g_autoptr(GSource) source = g_idle_source_new ();

  acquire->unclaimed = TRUE;
  g_source_set_static_name (source, "GFlow lock granted");
  g_task_attach_source (task, source, return_permit_cb);
  return NULL;
}

/* Nodes are not: they are withdrawn. */
static gboolean
is_cancelled (GFlowWaiter *waiter)
{
  return waiter->grant == acquire_granted &&
         g_cancellable_is_cancelled (((Acquire *) waiter)->cancellable);
}

static gboolean
acquire_cancelled_cb (GCancellable *cancellable,
                      gpointer      user_data)
{
  /* The source holds the task, and with it the Acquire. */
  Acquire *acquire = g_task_get_task_data (user_data);
  GFlowWaiter *granted = NULL;

  if (_g_flow_lock_withdraw (g_task_get_source_object (user_data), &acquire->waiter, &granted))
    {
      g_autoptr(GTask) task = end_waiting (acquire);

      g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CANCELLED, "%s",
                               _("Waiting for a lock was cancelled"));
    }
  _g_flow_lock_grant (granted);
  return G_SOURCE_REMOVE;
}

/**
 * g_flow_lock_acquire:
 * @self: a lock
 * @cancellable: (nullable): ends the waiting
 * @callback: (scope async) (closure user_data): called when the permit is there
 * @user_data: data for @callback
 *
 * Waits for a permit, first come first served. Who has it gives it back with
 * [method@GFlow.FlowLock.release].
 *
 * Since: 0.1
 */
void
g_flow_lock_acquire (GFlowLock           *self,
                     GCancellable        *cancellable,
                     GAsyncReadyCallback  callback,
                     gpointer             user_data)
{
  g_return_if_fail (G_IS_FLOW_LOCK (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  g_autoptr(GTask) task = g_task_new (self, cancellable, callback, user_data);
  Acquire *acquire;

  g_task_set_source_tag (task, g_flow_lock_acquire);
  if (g_task_return_error_if_cancelled (task))
    return;
  /* A permit that was granted is not lost by a cancellation that comes too late. */
  g_task_set_check_cancellable (task, FALSE);
  if (g_flow_lock_try_acquire (self))
    {
      g_task_return_boolean (task, TRUE);
      return;
    }

  acquire = g_new0 (Acquire, 1);
  acquire->waiter.grant = acquire_granted;
  acquire->cancellable = cancellable;
  acquire->lock = g_object_ref (self);
  acquire->task = g_object_ref (task);
  g_task_set_task_data (task, acquire, acquire_free);
  if (cancellable != NULL)
    {
      acquire->source = g_cancellable_source_new (cancellable);
      g_task_attach_source (task, acquire->source, G_SOURCE_FUNC (acquire_cancelled_cb));
    }
  if (_g_flow_lock_enter (self, &acquire->waiter))
    acquire_granted (&acquire->waiter);
  else if (g_cancellable_is_cancelled (cancellable))
    acquire_cancelled_cb (cancellable, task); /* the source may have come before the queue */
}

/**
 * g_flow_lock_acquire_finish:
 * @self: a lock
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Finishes what [method@GFlow.FlowLock.acquire] has begun.
 *
 * Returns: %TRUE if the caller has a permit now
 *
 * Since: 0.1
 */
gboolean
g_flow_lock_acquire_finish (GFlowLock     *self,
                            GAsyncResult  *result,
                            GError       **error)
{
  g_return_val_if_fail (G_IS_FLOW_LOCK (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
keep_result_cb (GObject      *object,
                GAsyncResult *result,
                gpointer      user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

/**
 * g_flow_lock_acquire_sync:
 * @self: a lock
 * @cancellable: (nullable): ends the waiting
 * @error: return location for an error
 *
 * Waits for a permit, blocking the calling thread. Must not be called from the
 * body of a node, which should have the lock as one of its own instead.
 *
 * Returns: %TRUE if the caller has a permit now
 *
 * Since: 0.1
 */
gboolean
g_flow_lock_acquire_sync (GFlowLock     *self,
                          GCancellable  *cancellable,
                          GError       **error)
{
  g_return_val_if_fail (G_IS_FLOW_LOCK (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!g_cancellable_is_cancelled (cancellable) && g_flow_lock_try_acquire (self))
    return TRUE;

  g_autoptr(GMainContext) context = g_main_context_new ();
  g_autoptr(GMainContextPusher) pusher G_GNUC_UNUSED = g_main_context_pusher_new (context);
  g_autoptr(GAsyncResult) result = NULL;

  g_flow_lock_acquire (self, cancellable, keep_result_cb, &result);
  while (result == NULL)
    g_main_context_iteration (context, TRUE);
  return g_flow_lock_acquire_finish (self, result, error);
}

/**
 * g_flow_lock_try_acquire:
 * @self: a lock
 *
 * Takes a permit if there is one and nobody waits for it.
 *
 * Returns: %TRUE if the caller has a permit now
 *
 * Since: 0.1
 */
gboolean
g_flow_lock_try_acquire (GFlowLock *self)
{
  g_return_val_if_fail (G_IS_FLOW_LOCK (self), FALSE);

  if (_g_flow_lock_try_enter (self))
    return TRUE;

  /* Whoever has the mutex may have closed the door for a moment. */
  _g_flow_mutex_lock_soon (&self->mutex);

  const gboolean entered = _g_flow_lock_try_enter (self);

  _g_flow_mutex_unlock (&self->mutex);
  return entered;
}

/**
 * g_flow_lock_release:
 * @self: a lock
 *
 * Gives a permit back, which goes to the one who has waited longest. May be
 * called from another thread than the permit was acquired in.
 *
 * Since: 0.1
 */
void
g_flow_lock_release (GFlowLock *self)
{
  g_return_if_fail (G_IS_FLOW_LOCK (self));

  _g_flow_lock_grant (_g_flow_lock_give_back (self));
}

/* Properties */

/**
 * g_flow_lock_get_name: (attributes org.gtk.Method.get_property=name)
 * @self: a lock
 *
 * Gets the name of the lock.
 *
 * Returns: (transfer none) (nullable): the name
 *
 * Since: 0.1
 */
const char *
g_flow_lock_get_name (GFlowLock *self)
{
  g_return_val_if_fail (G_IS_FLOW_LOCK (self), NULL);

  return self->name;
}

/**
 * g_flow_lock_set_name: (attributes org.gtk.Method.set_property=name)
 * @self: a lock
 * @name: (nullable): the name
 *
 * Sets a name for reasons and pictures. To be done before the lock is shared
 * with other threads.
 *
 * Since: 0.1
 */
void
g_flow_lock_set_name (GFlowLock  *self,
                      const char *name)
{
  g_return_if_fail (G_IS_FLOW_LOCK (self));

  if (g_strcmp0 (self->name, name) == 0)
    return;

  char *copy = g_strdup (name);

  g_free (self->name);
  self->name = copy;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_NAME]);
}

/**
 * g_flow_lock_get_permits: (attributes org.gtk.Method.get_property=permits)
 * @self: a lock
 *
 * Gets how many may hold the lock at once.
 *
 * Returns: the number of permits
 *
 * Since: 0.1
 */
guint
g_flow_lock_get_permits (GFlowLock *self)
{
  g_return_val_if_fail (G_IS_FLOW_LOCK (self), 0);

  return get_permits (self);
}

/**
 * g_flow_lock_set_permits: (attributes org.gtk.Method.set_property=permits)
 * @self: a lock
 * @permits: the number of permits, at least 1
 *
 * Sets how many may hold the lock at once. More permits go to those who wait,
 * at once; with fewer, those who hold one keep it.
 *
 * Since: 0.1
 */
void
g_flow_lock_set_permits (GFlowLock *self,
                         guint      permits)
{
  g_return_if_fail (G_IS_FLOW_LOCK (self));
  g_return_if_fail (permits > 0);

  _g_flow_mutex_lock_soon (&self->mutex);

  const gboolean changed = get_permits (self) != permits;

  close_locked (self);
  atomic_store_explicit (&self->permits, permits, memory_order_relaxed);

  GFlowWaiter *granted = settle_locked (self);

  _g_flow_mutex_unlock (&self->mutex);
  _g_flow_lock_grant (granted);
  if (changed)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PERMITS]);
}

/**
 * g_flow_lock_get_in_use: (attributes org.gtk.Method.get_property=in-use)
 * @self: a lock
 *
 * Gets how many hold the lock now.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint
g_flow_lock_get_in_use (GFlowLock *self)
{
  g_return_val_if_fail (G_IS_FLOW_LOCK (self), 0);

  _g_flow_mutex_lock_soon (&self->mutex);

  const guintptr door = atomic_load_explicit (&self->door, memory_order_relaxed);
  const guint in_use = self->in_use - (is_open (door) ? count_free (door) : 0);

  _g_flow_mutex_unlock (&self->mutex);
  return in_use;
}

/**
 * g_flow_lock_get_waiting: (attributes org.gtk.Method.get_property=waiting)
 * @self: a lock
 *
 * Gets how many wait for the lock now.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint
g_flow_lock_get_waiting (GFlowLock *self)
{
  g_return_val_if_fail (G_IS_FLOW_LOCK (self), 0);

  _g_flow_mutex_lock_soon (&self->mutex);
  queue_all_locked (self);

  const guint waiting = self->n_waiting;

  _g_flow_mutex_unlock (&self->mutex);
  return waiting;
}
