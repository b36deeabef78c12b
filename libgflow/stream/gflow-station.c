/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-pipeline-private.h"

#include "graph/gflow-error.h"

#include <glib/gi18n-lib.h>

/* Gives back what was taken. */
static void
leave_instances (GFlowStation *station)
{
  for (guint i = 0; i < station->instances->len; i++)
    _g_flow_executor_leave (station->instances->pdata[i]);
}

static gboolean
add_instance (GFlowStation   *station,
              GFlowExecutor  *executor,
              GError        **error)
{
  const guint index = station->instances->len;
  g_autoptr(GFlowExecutor) instance = NULL;

  if (index == 0)
    instance = g_object_ref (executor);
  else
    instance = g_flow_executor_make_instance (executor, error);
  if (instance == NULL)
    return FALSE;

  if (!_g_flow_executor_take (instance))
    {
      g_set_error_literal (error, G_FLOW_ERROR, G_FLOW_ERROR_START_FAILED,
                           _("It serves at another node, or in another flow that is open"));
      return FALSE;
    }
  _g_flow_executor_number (instance, station->name, index, index / station->n_replicas);
  g_ptr_array_add (station->instances, g_steal_pointer (&instance));
  return TRUE;
}

/* Whether requests of some endpoint go to one instance, and those of some to all shards. */
static void
look_at_pollings (GFlowStation *station,
                  gboolean     *polls_any,
                  gboolean     *polls_all)
{
  GFlowServing *serving = _g_flow_node_serving (station->node);
  const gboolean all = g_flow_node_get_polling (station->node) != G_FLOW_POLLING_ANY;
  GHashTableIter iter;
  gpointer polling;

  *polls_any = !all;
  *polls_all = all;
  if (serving == NULL || serving->pollings == NULL)
    return;

  g_hash_table_iter_init (&iter, serving->pollings);
  while (g_hash_table_iter_next (&iter, NULL, &polling))
    *(GPOINTER_TO_UINT (polling) == G_FLOW_POLLING_ANY ? polls_any : polls_all) = TRUE;
}

static void
make_locks (GFlowStation *station)
{
  const guint n = station->n_shards * station->n_replicas;
  gboolean polls_any, polls_all;

  station->lock = g_flow_lock_new_with_permits (n);
  if (station->n_shards == 1)
    return;

  look_at_pollings (station, &polls_any, &polls_all);
  if (!polls_all)
    return;

  station->is_mixed = polls_any;
  station->shard_locks = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < station->n_shards; i++)
    g_ptr_array_add (station->shard_locks, g_flow_lock_new_with_permits (station->n_replicas));
}

/* The instances that serve at @node: @executor, and others like it; or, if there is a @role,
 * @executor alone, which then is in front of these, or behind them. */
GFlowStation *
_g_flow_station_new (GFlowNode      *node,
                     GFlowExecutor  *executor,
                     const char     *role,
                     GError        **error)
{
  GFlowStation *station = g_new0 (GFlowStation, 1);
  GFlowServing *serving = role == NULL ? _g_flow_node_serving (node) : NULL;
  const char *name = g_flow_node_get_name (node);

  atomic_init (&station->ref_count, 1);
  station->node = g_object_ref (node);
  station->name = role != NULL ? g_strdup_printf ("%s/%s", name, role) : g_strdup (name);
  station->n_shards = serving != NULL ? serving->parallel : 1;
  station->n_replicas = serving != NULL ? serving->replicas : 1;
  if (serving != NULL)
    station->scheduling = serving->scheduling;

  const guint n = station->n_shards * station->n_replicas;

  station->instances = g_ptr_array_new_with_free_func (g_object_unref);
  station->busy = (_Atomic guint *) g_new0 (guint, n);
  station->turns = (_Atomic guint *) g_new0 (guint, station->n_shards);
  station->is_set_up = g_new0 (gboolean, n);
  make_locks (station);
  for (guint i = 0; i < n; i++)
    if (!add_instance (station, executor, error))
      {
        leave_instances (station);
        _g_flow_station_unref (station);
        return NULL;
      }
  return station;
}

GFlowStation *
_g_flow_station_ref (GFlowStation *station)
{
  /* Relaxed: whoever has one reference may make another. */
  atomic_fetch_add_explicit (&station->ref_count, 1, memory_order_relaxed);
  return station;
}

void
_g_flow_station_unref (GFlowStation *station)
{
  /* Acquire and release: the last one comes after what all others have done. */
  if (atomic_fetch_sub_explicit (&station->ref_count, 1, memory_order_acq_rel) != 1)
    return;

  g_ptr_array_unref (station->instances);
  g_clear_object (&station->node);
  g_clear_object (&station->lock);
  g_clear_pointer (&station->shard_locks, g_ptr_array_unref);
  g_free (station->name);
  g_free ((gpointer) station->busy);
  g_free ((gpointer) station->turns);
  g_free (station->is_set_up);
  g_free (station);
}

/* What serves requests for @endpoint, of each instance. Those that a factory has made may
 * differ: they all do what the first one does. */
GPtrArray *
_g_flow_station_find_bindings (GFlowStation *station,
                               const char   *endpoint)
{
  GPtrArray *bindings =
    g_ptr_array_new_with_free_func ((GDestroyNotify) _g_flow_binding_unref);

  for (guint i = 0; i < station->instances->len; i++)
    {
      GFlowBinding *binding = _g_flow_executor_find (station->instances->pdata[i], endpoint);

      if (binding == NULL)
        binding = bindings->pdata[0];
      g_ptr_array_add (bindings, _g_flow_binding_ref (binding));
    }
  return bindings;
}

/* In the word of an instance: it serves a request on a worker. The rest counts tasks. */
#define SERVES_ALONE (1u << 31)

static guint
count_requests (guint busy)
{
  return (busy & ~SERVES_ALONE) + ((busy & SERVES_ALONE) != 0);
}

/* Of @n instances from @first on, the one that serves fewest requests, or the one whose
 * turn it is. If it is to serve @alone, one that does not serve another one so, whatever it
 * does by tasks: there is one, as the caller has a permit. */
static guint
enter (GFlowStation *station,
       guint         first,
       guint         n,
       gboolean      alone)
{
  const gboolean in_turn = n > 1 && station->scheduling == G_FLOW_SCHEDULING_ROUND_ROBIN;
  /* Relaxed: it is a counter. */
  const guint start =
    in_turn ? atomic_fetch_add_explicit (&station->turns[first / station->n_replicas], 1,
                                         memory_order_relaxed) % n : 0;

  for (;;)
    {
      guint best = 0, found = 0, fewest = G_MAXUINT;

      for (guint i = 0; i < n && fewest > 0; i++)
        {
          const guint instance = first + (i + start < n ? i + start : i + start - n);
          const guint busy = atomic_load_explicit (&station->busy[instance],
                                                   memory_order_relaxed);

          if (alone && (busy & SERVES_ALONE) != 0)
            continue;
          if (count_requests (busy) < fewest)
            {
              fewest = count_requests (busy);
              found = busy;
              best = instance;
            }
          if (in_turn)
            break;
        }
      /* Acquire: pairs with _g_flow_station_leave() and leave_shard(), for what
       * was done with the instance. */
      if (fewest != G_MAXUINT &&
          atomic_compare_exchange_strong_explicit (&station->busy[best], &found,
                                                   alone ? found | SERVES_ALONE : found + 1,
                                                   memory_order_acquire, memory_order_relaxed))
        return best;
    }
}

/* Where some requests go to one instance, and some to all shards: finds a shard, so that
 * none of the latter comes to it and finds all of its instances busy. Each of those has a
 * permit of the station, too, and so has the caller: so some shard has one left. */
static guint
reserve_shard (GFlowStation *station)
{
  /* Relaxed: it is a counter. */
  const guint start =
    station->scheduling == G_FLOW_SCHEDULING_ROUND_ROBIN
      ? atomic_fetch_add_explicit (&station->turns[0], 1, memory_order_relaxed) : 0;

  for (guint i = start;; i++)
    if (g_flow_lock_try_acquire (station->shard_locks->pdata[i % station->n_shards]))
      return i % station->n_shards;
}

/* The instance that serves what is for one shard. If it serves @alone, the caller has a
 * permit of the shard. */
static guint
enter_shard (GFlowStation *station,
             guint         shard,
             gboolean      alone)
{
  return enter (station, shard * station->n_replicas, station->n_replicas, alone);
}

/* The instance that serves a request which is for any. If it serves @alone, the caller has a
 * permit of the station. */
guint
_g_flow_station_enter (GFlowStation *station,
                       gboolean      alone)
{
  if (G_UNLIKELY (alone && station->is_mixed))
    return enter_shard (station, reserve_shard (station), TRUE);
  return enter (station, 0, station->instances->len, alone);
}

/* The end of what a task was for. */
void
_g_flow_station_leave (GFlowStation *station,
                       guint         instance)
{
  /* Release: pairs with enter(). */
  atomic_fetch_sub_explicit (&station->busy[instance], 1, memory_order_release);
}

/* The end of what began with enter_shard(), by one that served alone. */
static void
leave_shard (GFlowStation *station,
             guint         instance)
{
  /* Release: pairs with enter(). */
  atomic_fetch_and_explicit (&station->busy[instance], ~SERVES_ALONE, memory_order_release);
}

/* The end of what began with _g_flow_station_enter(), by one that served alone. */
void
_g_flow_station_leave_alone (GFlowStation *station,
                             guint         instance)
{
  leave_shard (station, instance);
  if (G_UNLIKELY (station->is_mixed))
    g_flow_lock_release (station->shard_locks->pdata[instance / station->n_replicas]);
}

/* Likewise, in whatever role. */
guint
_g_flow_station_enter_role (GFlowStation *station,
                            int           role,
                            gboolean      alone)
{
  return role >= 0 ? enter_shard (station, (guint) role, alone)
                   : _g_flow_station_enter (station, alone);
}

void
_g_flow_station_leave_role (GFlowStation *station,
                            int           role,
                            guint         instance)
{
  if (role >= 0)
    leave_shard (station, instance);
  else
    _g_flow_station_leave_alone (station, instance);
}

/* The only instance that can serve; or G_MAXUINT if there are several. */
guint
_g_flow_station_get_only (GFlowStation *station,
                          int           role)
{
  const guint n = role >= 0 ? station->n_replicas : station->instances->len;

  return n > 1 ? G_MAXUINT : MAX (role, 0);
}

/* Has a node that serves alone wait for the permits that it needs. */
void
_g_flow_station_add_locks (GFlowStation *station,
                           int           role,
                           GFlowNode    *node)
{
  g_flow_node_add_lock (node, role >= 0 ? station->shard_locks->pdata[role] : station->lock);
  /* Each of these has a permit of the station, too: see reserve_shard(). */
  if (role >= 0 && station->is_mixed)
    g_flow_node_add_lock (node, station->lock);
}
