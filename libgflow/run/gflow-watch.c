/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-owner-private.h"

/* Signals of nodes, for those that somebody watches.
 *
 * To ask every node whether it has handlers costs more than to run it. So it is
 * asked once for each plan, and again only if anything was connected to any
 * object since. That is found out by connecting to an object of our own: GObject
 * numbers all handlers of a process in one sequence, so if the number is the one
 * after the last one, nothing else was connected. If GObject ever counts
 * differently, nodes are asked more often, and a test notices. */

/* To ask this few nodes is cheaper than to find out; and this few if the bit tells, see below. */
#define FEW_NODES 8
#define FEW_NODES_BY_BIT 64

static struct
{
  GFlowMutex mutex;
  GObject   *probe;
  GClosure  *closure;      /* a handler of the probe */
  guint      notify;       /* the signal that it is for */
  gulong     last_handler; /* connected by the probe, or known not to be a node's */
  gulong     epoch;        /* counts the times that something was connected */
} watch = { .mutex = G_FLOW_MUTEX_INIT };

static void
probe_cb (void)
{
}

static void
make_probe_locked (void)
{
  watch.probe = g_object_new (G_TYPE_OBJECT, NULL);
  watch.notify = g_signal_lookup ("notify", G_TYPE_OBJECT);
  watch.closure = g_closure_ref (g_cclosure_new (probe_cb, NULL, NULL));
  g_closure_sink (watch.closure);
}

/* A number that stays the same while nothing is connected to anything. */
static gulong
get_epoch_locked (void)
{
  if (watch.probe == NULL)
    make_probe_locked ();

  /* With the same closure each time, which takes half as long as with a function. */
  const gulong handler = g_signal_connect_closure_by_id (watch.probe, watch.notify, 0,
                                                         watch.closure, FALSE);

  g_signal_handler_disconnect (watch.probe, handler);
  if (handler != watch.last_handler + 1)
    watch.epoch++;
  watch.last_handler = handler;
  return watch.epoch;
}

/* A handler that the library itself has connected is no reason to ask again. */
void
_g_flow_watch_absorb (gulong handler_id)
{
  _g_flow_mutex_lock (&watch.mutex);
  if (handler_id == watch.last_handler + 1)
    watch.last_handler = handler_id;
  _g_flow_mutex_unlock (&watch.mutex);
}

/* GObject notes in a bit whether anything was ever connected to an object, and does not look for handlers
 * when it emits if that is not set. That holds for the signals of classes, not for those of interfaces,
 * and so not for `items-changed`. The bit is in the word between the count of references and the
 * data, where the structure has a gap on machines with 64 bits. That is no interface, so which
 * bit it is, and whether there is one, is found out by connecting something. Without one
 * the mask is 0. */

#if GLIB_SIZEOF_VOID_P > 4
static guint
read_gap (gpointer object)
{
  const char *gap = (const char *) &((GObject *) object)->ref_count + sizeof (guint);

  return (guint) g_atomic_int_get ((const int *) (gconstpointer) gap);
}

/* Two objects that are alike have the same there: what differs is due to the handler. */
static guint
find_bits (const char *signal)
{
  g_autoptr(GCancellable) with = g_cancellable_new ();
  g_autoptr(GCancellable) without = g_cancellable_new ();

  _g_flow_watch_absorb (g_signal_connect (with, signal, G_CALLBACK (probe_cb), NULL));
  return read_gap (with) & ~read_gap (without);
}

static guint
find_mask (void)
{
  return find_bits ("cancelled") & find_bits ("notify");
}
#else
static guint
read_gap (gpointer object)
{
  return 0;
}

static guint
find_mask (void)
{
  return 0;
}
#endif

static inline guint
get_mask (void)
{
  static guint mask;
  static gsize known;

  if (g_once_init_enter (&known))
    {
      mask = find_mask ();
      g_once_init_leave (&known, 1);
    }
  return mask;
}

/* Whether anything was ever connected to a signal of the class of @instance, as far as can be told
 * without asking. If not, to emit one of these would tell nobody. */
gboolean
_g_flow_watch_was_connected (gpointer instance)
{
  const guint mask = get_mask ();

  return mask == 0 || (read_gap (instance) & mask) != 0;
}

/* Whether @instance has handlers for signals of its class that have no detail, blocked or not. */
gboolean
_g_flow_watch_has_handlers (gpointer instance)
{
  return _g_flow_watch_was_connected (instance) &&
         g_signal_handler_find (instance, G_SIGNAL_MATCH_DETAIL, 0, 0, NULL, NULL, NULL) != 0;
}

/* Whether somebody is notified of properties of @instance, be it blocked for now. */
gboolean
_g_flow_watch_is_notified (gpointer instance)
{
  /* Relaxed: whoever writes it writes the same. */
  static _Atomic guint notify;

  if (!_g_flow_watch_was_connected (instance))
    return FALSE;

  guint id = atomic_load_explicit (&notify, memory_order_relaxed);

  if (id == 0)
    {
      id = g_signal_lookup ("notify", G_TYPE_OBJECT);
      atomic_store_explicit (&notify, id, memory_order_relaxed);
    }
  return g_signal_handler_find (instance, G_SIGNAL_MATCH_ID, id, 0, NULL, NULL, NULL) != 0;
}

/* Whether any signal of the class of @instance, of whatever detail, reaches anybody now. */
gboolean
_g_flow_watch_is_heard (gpointer instance)
{
  return _g_flow_watch_was_connected (instance) &&
         g_signal_handler_find (instance, G_SIGNAL_MATCH_UNBLOCKED, 0, 0, NULL, NULL, NULL) != 0;
}

/* Whether signals of the run, notifications among them, or of its flow reach anybody now. */
gboolean
_g_flow_watch_is_watched (GFlowRun *run)
{
  return _g_flow_watch_is_heard (run) || _g_flow_watch_has_handlers (run->flow) ||
         (run->request != NULL && _g_flow_has_handlers (run->flow));
}

/* The nodes that have handlers; NULL if none has. */
static GArray *
ask_nodes (GFlowPlan *plan)
{
  GArray *watched = NULL;

  for (guint32 i = 0; i < plan->n_nodes; i++)
    if (_g_flow_watch_has_handlers (plan->nodes[i].node) && _g_flow_node_has_handlers (plan->nodes[i].node))
      {
        if (watched == NULL)
          watched = g_array_new (FALSE, FALSE, sizeof (guint32));
        g_array_append_val (watched, i);
      }
  return watched;
}

GArray *
_g_flow_watch_find (GFlowPlan *plan)
{
  GArray *watched;

  if (plan->n_nodes <= (get_mask () != 0 ? FEW_NODES_BY_BIT : FEW_NODES))
    return ask_nodes (plan);

  _g_flow_mutex_lock (&watch.mutex);

  const gulong epoch = get_epoch_locked ();

  if (plan->watch_epoch != epoch)
    {
      g_clear_pointer (&plan->watched, g_array_unref);
      plan->watched = ask_nodes (plan);
      plan->watch_epoch = epoch;
    }
  watched = plan->watched != NULL ? g_array_ref (plan->watched) : NULL;
  _g_flow_mutex_unlock (&watch.mutex);
  return watched;
}

/* News of nodes, from workers to the owner context */

struct _GFlowNodeNews
{
  GFlowNodeNews  *next;
  guint32         index;
  GFlowNodeState  state;
  gboolean        was_running;
  gboolean        only_always; /* `done` or `error` has been emitted */
};

/* All but `always`. */
static void
emit_first (GFlowRun       *self,
            guint32         index,
            GFlowNodeState  state,
            gboolean        was_running)
{
  GFlowNode *node = self->plan->nodes[index].node;

  if (state == G_FLOW_NODE_STATE_RUNNING)
    _g_flow_node_emit (node, G_FLOW_NODE_EVENT_STARTED, self, NULL);
  else if (state == G_FLOW_NODE_STATE_DONE)
    _g_flow_node_emit (node, G_FLOW_NODE_EVENT_DONE, self, NULL);
  else if (was_running)
    _g_flow_node_emit (node, G_FLOW_NODE_EVENT_ERROR, self,
                       g_flow_run_get_node_error (self, node));
}

static void
emit_always (GFlowRun *self,
             guint32   index)
{
  _g_flow_node_emit (self->plan->nodes[index].node, G_FLOW_NODE_EVENT_ALWAYS, self, NULL);
}

/* Tells that a watched node has come to @state, by a signal in the owner context. */
void
_g_flow_run_tell (GFlowRun       *self,
                  GFlowLane      *lane,
                  guint32         index,
                  GFlowNodeState  state,
                  gboolean        was_running)
{
  if (lane->context)
    {
      /* What came before this on workers comes first. */
      _g_flow_run_deliver_news (self);
      emit_first (self, index, state, was_running);
      if (state != G_FLOW_NODE_STATE_RUNNING)
        emit_always (self, index);
      return;
    }

  GFlowNodeNews *news = g_new (GFlowNodeNews, 1);

  *news = (GFlowNodeNews) {
    .next = atomic_load_explicit (&self->news, memory_order_relaxed),
    .index = index,
    .state = state,
    .was_running = was_running,
  };
  /* Release: pairs with the exchange in _g_flow_run_deliver_news(). */
  while (!atomic_compare_exchange_weak_explicit (&self->news, &news->next, news,
                                                 memory_order_release, memory_order_relaxed))
    ;
  _g_flow_owner_post (self);
}

/* Appends what has come to the news that are to be told, in the order of coming. */
static void
take_news (GFlowRun *self)
{
  GFlowNodeNews *last, *first = NULL, **end = &self->news_to_tell;

  if (atomic_load_explicit (&self->news, memory_order_relaxed) == NULL)
    return;

  last = atomic_exchange_explicit (&self->news, NULL, memory_order_acquire);
  while (last != NULL)
    {
      GFlowNodeNews *before = last->next;

      last->next = first;
      first = last;
      last = before;
    }
  while (*end != NULL)
    end = &(*end)->next;
  *end = first;
}

/* Each signal is taken from the list before it is emitted: a handler may iterate
 * the context, and the call of this inside of it goes on where this one stands. */
void
_g_flow_run_deliver_news (GFlowRun *self)
{
  take_news (self);
  while (self->news_to_tell != NULL)
    {
      GFlowNodeNews *news = self->news_to_tell;
      const GFlowNodeNews told = *news;

      if (told.only_always || told.state == G_FLOW_NODE_STATE_RUNNING)
        {
          self->news_to_tell = news->next;
          g_free (news);
        }
      else
        {
          news->only_always = TRUE;
        }

      if (told.only_always)
        emit_always (self, told.index);
      else
        emit_first (self, told.index, told.state, told.was_running);
    }
}
