/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#define _GNU_SOURCE /* for secure_getenv() */
#include "config.h"

#include "gflow-debug-private.h"

#include "gflow-enum-types.h"
#include "gflow-sysprof-private.h"
#include "graph/gflow-error.h"

#include <glib/gi18n-lib.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Debugging programs as they are: the variable GFLOW_DEBUG is looked at once, when the first
 * run of the process starts, and whether Sysprof records the process. If nobody asks for
 * anything, that is all; else every run is observed. */

#define DOMAIN "gflow"

_Atomic int _g_flow_debug_state = G_FLOW_DEBUG_UNKNOWN;

/* Written before that is ON, and not changed then. */
static GFlowDebugOptions *debug_options;
static gboolean sysprof_is_active;

/* What is seen of one run. */
struct _GFlowDebug
{
  GFlowObserver    observer; /* first: is cast back */
  guint            number;   /* of the run, in the process, from 1 */
  _Atomic guint32  n_ended;
  GFlowDelays     *delays;   /* (owned) */
};

/* Telling: by the log of GLib, with fields that say which flow, run and node it is about. */

static void
write_log (const GLogField *fields,
           gsize            n_fields)
{
  if (!g_log_writer_default_would_drop (G_LOG_LEVEL_DEBUG, DOMAIN))
    {
      g_log_structured_array (G_LOG_LEVEL_DEBUG, fields, n_fields);
      return;
    }

  /* Who sets the variable wants to see it, without setting another one. */
  if (g_log_writer_is_journald (fileno (stderr)) &&
      g_log_writer_journald (G_LOG_LEVEL_DEBUG, fields, n_fields, NULL) == G_LOG_WRITER_HANDLED)
    return;

  g_autofree char *text = g_log_writer_format_fields (G_LOG_LEVEL_DEBUG, fields, n_fields, FALSE);

  g_printerr ("%s\n", text);
}

static void G_GNUC_PRINTF (3, 4)
tell (GFlowRun   *run,
      GFlowNode  *node,
      const char *format,
      ...)
{
  const char *flow_name = g_flow_get_name (run->flow);
  g_autofree char *number = g_strdup_printf ("%u", run->debug->number);
  g_autofree char *what = NULL;
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  what = g_strdup_vprintf (format, args);
  va_end (args);
  message = g_strdup_printf ("%s, run %s: %s", flow_name != NULL ? flow_name : "flow", number, what);

  const GLogField fields[] = {
    { "MESSAGE", message, -1 },
    { "PRIORITY", "7", -1 },
    { "GLIB_DOMAIN", DOMAIN, -1 },
    { "GFLOW_FLOW", flow_name != NULL ? flow_name : "", -1 },
    { "GFLOW_RUN", number, -1 },
    { "GFLOW_NODE", node != NULL ? g_flow_node_get_name (node) : NULL, -1 },
  };

  write_log (fields, node != NULL ? G_N_ELEMENTS (fields) : G_N_ELEMENTS (fields) - 1);
}

static const char *
get_nick (GType type,
          int   value)
{
  g_autoptr(GEnumClass) enum_class = g_type_class_ref (type);

  return g_enum_get_value (enum_class, value)->value_nick;
}

/* The observer */

static void
started (GFlowObserver *observer,
         GFlowRun      *run,
         guint32        index,
         GFlowRecord   *record)
{
  GFlowNode *node = run->plan->nodes[index].node;
  const guint32 worker = atomic_load_explicit (&record->worker, memory_order_relaxed);
  const guint32 attempt = atomic_load_explicit (&record->attempt, memory_order_relaxed);
  g_autofree char *place = worker > 0 ? g_strdup_printf ("on worker %u", worker)
                                      : g_strdup ("in the context");

  if (!debug_options->schedule)
    return;

  if (attempt > 1)
    tell (run, node, "\"%s\" starts %s, attempt %u", g_flow_node_get_name (node), place, attempt);
  else
    tell (run, node, "\"%s\" starts %s", g_flow_node_get_name (node), place);
}

static void
tell_ended (GFlowRun       *run,
            guint32         index,
            GFlowNodeState  state,
            GFlowRecord    *record)
{
  GFlowNode *node = run->plan->nodes[index].node;
  const char *nick = get_nick (G_TYPE_FLOW_NODE_STATE, state);
  const gint64 start = atomic_load_explicit (&record->start, memory_order_relaxed);
  const gint64 end = atomic_load_explicit (&record->end, memory_order_relaxed);

  if (start > 0)
    tell (run, node, "\"%s\" is %s, after %" G_GINT64_FORMAT " us", g_flow_node_get_name (node), nick,
          end - start);
  else
    tell (run, node, "\"%s\" is %s", g_flow_node_get_name (node), nick);
}

static void
ended (GFlowObserver  *observer,
       GFlowRun       *run,
       guint32         index,
       GFlowNodeState  state,
       GFlowRecord    *record)
{
  if (debug_options->schedule)
    tell_ended (run, index, state, record);
  if (sysprof_is_active)
    _g_flow_sysprof_mark (run, index, state, record);
  /* Relaxed: a number, no more. */
  if (debug_options->cancel_after > 0 &&
      atomic_fetch_add_explicit (&run->debug->n_ended, 1, memory_order_relaxed) + 1 ==
        debug_options->cancel_after)
    g_flow_run_cancel (run);
}

static void
finished (GFlowObserver *observer,
          GFlowRun      *run)
{
  g_autoptr(GError) error = NULL;

  if (debug_options->schedule)
    tell (run, NULL, "is %s%s%s",
          get_nick (G_TYPE_FLOW_RUN_STATE, g_flow_run_get_state (run)),
          run->error != NULL ? ": " : "", run->error != NULL ? run->error->message : "");
  if (debug_options->trace != NULL &&
      !_g_flow_trace_append_to_file (debug_options->trace, run, run->debug->number, &error))
    g_printerr ("GFLOW_DEBUG: %s\n", error->message);
}

static void
free_debug (GFlowObserver *observer)
{
  GFlowDebug *self = (GFlowDebug *) observer;

  _g_flow_delays_free (self->delays);
  g_free (self);
}

/* Changing what happens */

static gboolean
matches (GPtrArray *patterns,
         guint      i,
         GFlowNode *node)
{
  return g_pattern_spec_match_string (patterns->pdata[i], g_flow_node_get_name (node));
}

/* How long a node waits: as all words say that it matches. */
static guint
get_delay (GFlowNode *node)
{
  guint64 msec = 0;

  for (guint i = 0; i < debug_options->delayed->len; i++)
    if (matches (debug_options->delayed, i, node))
      msec += g_array_index (debug_options->delays, guint, i);
  return MIN (msec, G_MAXUINT);
}

/* A node is about to be run: TRUE if it comes again later. */
gboolean
_g_flow_run_debug_delay (GFlowRun *self,
                         guint32   index)
{
  const guint msec = get_delay (self->plan->nodes[index].node);

  return msec > 0 && _g_flow_delays_begin (self->debug->delays, index, msec);
}

/* Whether it is made to wait. */
gboolean
_g_flow_run_debug_is_delayed (GFlowRun *self,
                              guint32   index)
{
  return _g_flow_delays_has (self->debug->delays, index);
}

/* The run, or a node, will not go on. In a dispatch. */
void
_g_flow_run_debug_end_delays (GFlowRun *self)
{
  _g_flow_delays_end_stopped (self->debug->delays);
}

/* The body of a node is about to be called: RUNNING if it is to be, else how the node ends
 * without. */
GFlowNodeState
_g_flow_run_debug_body (GFlowRun *self,
                        guint32   index)
{
  GFlowNode *node = self->plan->nodes[index].node;

  for (guint i = 0; i < debug_options->failing->len; i++)
    if (matches (debug_options->failing, i, node))
      return _g_flow_run_fail_node (self, index,
                                    g_error_new (G_FLOW_ERROR, G_FLOW_ERROR_FAILED,
                                                 _("“%s” was made to fail by GFLOW_DEBUG"),
                                                 g_flow_node_get_name (node)));
  return G_FLOW_NODE_STATE_RUNNING;
}

static char *
dup_lock_name (GFlowRun  *self,
               GFlowLock *lock)
{
  const char *name = g_flow_lock_get_name (lock);

  if (lock == self->parallel_lock)
    return g_strdup ("for others to end, as max-parallel says");
  return name != NULL ? g_strdup_printf ("for the lock \"%s\"", name)
                      : g_strdup_printf ("for the lock %p", (gpointer) lock);
}

/* A node has to wait for a lock. */
void
_g_flow_run_debug_wait (GFlowRun  *self,
                        guint32    index,
                        GFlowLock *lock)
{
  GFlowNode *node = self->plan->nodes[index].node;

  if (!debug_options->locks)
    return;

  g_autofree char *what = dup_lock_name (self, lock);

  tell (self, node, "\"%s\" waits %s", g_flow_node_get_name (node), what);
}

/* It has all its locks. */
void
_g_flow_run_debug_hold (GFlowRun *self,
                        guint32   index)
{
  GFlowNode *node = self->plan->nodes[index].node;

  if (debug_options->locks)
    tell (self, node, "\"%s\" has its locks", g_flow_node_get_name (node));
}

static int
compare_priorities (gconstpointer a,
                    gconstpointer b,
                    gpointer      priorities)
{
  const guint32 p = *(const guint32 *) a, q = *(const guint32 *) b;
  const int *of = priorities;

  return of[p] < of[q] ? -1 : of[p] > of[q];
}

/* The order in which nodes run that are ready together becomes one that depends on nothing but
 * the seed, and on which run of the process it is. Priorities still count. */
static void
shuffle (GFlowRun *self)
{
  const guint32 n = self->plan->n_nodes;
  const guint32 seeds[] = { debug_options->seed, debug_options->seed >> 32, self->debug->number };
  g_autoptr(GRand) rand = g_rand_new_with_seed_array (seeds, G_N_ELEMENTS (seeds));
  g_autofree guint32 *order = g_new (guint32, n);
  g_autofree int *ranks = g_new (int, n);

  for (guint32 i = 0; i < n; i++)
    {
      const guint32 k = g_rand_int_range (rand, 0, i + 1);

      order[i] = order[k];
      order[k] = i;
    }
  /* Keeps the order of what is equal. */
  if (self->plan->priorities != NULL)
    g_qsort_with_data (order, n, sizeof *order, compare_priorities, self->plan->priorities);
  for (guint32 i = 0; i < n; i++)
    ranks[order[i]] = i;

  _g_flow_run_steer (self);
  g_flow_heap_change_all (&self->heap, ranks, n);
  g_flow_heap_change_all (&self->context_heap, ranks, n);
}

/* Beginning */

/* It names files to be written: who has more rights than who set it must not look. */
static const char *
get_variable (void)
{
#ifdef HAVE_SECURE_GETENV
  return secure_getenv ("GFLOW_DEBUG");
#else
  return getuid () == geteuid () && getgid () == getegid () ? g_getenv ("GFLOW_DEBUG") : NULL;
#endif
}

static void
look_at_variable (void)
{
  const char *text = get_variable ();
  g_autoptr(GString) complaints = g_string_new (NULL);

  sysprof_is_active = _g_flow_sysprof_is_active ();
  if (sysprof_is_active || (text != NULL && *text != '\0'))
    debug_options = _g_flow_debug_parse (text != NULL ? text : "", complaints);
  if (complaints->len > 0)
    g_printerr ("%s", complaints->str);
  atomic_store_explicit (&_g_flow_debug_state,
                         debug_options != NULL ? G_FLOW_DEBUG_ON : G_FLOW_DEBUG_OFF,
                         memory_order_relaxed);
}

/* A run starts, and has its state. */
void
_g_flow_run_debug_begin (GFlowRun *self)
{
  static gsize looked;
  static _Atomic guint n_runs;

  if (g_once_init_enter (&looked))
    {
      look_at_variable ();
      g_once_init_leave (&looked, 1);
    }
  if (debug_options == NULL)
    return;

  self->debug = g_new0 (GFlowDebug, 1);
  self->debug->delays = _g_flow_delays_new (self);
  self->debug->observer.started = started;
  self->debug->observer.ended = ended;
  self->debug->observer.finished = finished;
  self->debug->observer.free = free_debug;
  /* Relaxed: a number, no more. */
  self->debug->number = atomic_fetch_add_explicit (&n_runs, 1, memory_order_relaxed) + 1;
  _g_flow_run_observe (self, &self->debug->observer);
  if (debug_options->shuffle)
    shuffle (self);
  if (debug_options->schedule)
    tell (self, NULL, "starts, %u nodes", self->plan->n_nodes);
}
