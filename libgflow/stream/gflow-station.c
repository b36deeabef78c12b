/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-pipeline-private.h"

#include "graph/gflow-error.h"

#include <glib/gi18n-lib.h>

/* Gives back what was taken, down to the first of @n instances. */
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
  g_autoptr(GFlowExecutor) instance = NULL;

  if (station->instances->len == 0)
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
  _g_flow_executor_number (instance, g_flow_node_get_name (station->node),
                           station->instances->len);
  g_ptr_array_add (station->instances, g_steal_pointer (&instance));
  return TRUE;
}

/* The instances that serve at @node: @executor, and others like it. */
GFlowStation *
_g_flow_station_new (GFlowNode      *node,
                     GFlowExecutor  *executor,
                     guint           n_instances,
                     GError        **error)
{
  GFlowStation *station = g_new0 (GFlowStation, 1);

  atomic_init (&station->ref_count, 1);
  station->node = g_object_ref (node);
  station->instances = g_ptr_array_new_with_free_func (g_object_unref);
  station->busy = (_Atomic guint *) g_new0 (guint, n_instances);
  station->is_set_up = g_new0 (gboolean, n_instances);
  station->lock = g_flow_lock_new_with_permits (n_instances);
  for (guint i = 0; i < n_instances; i++)
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
  g_free ((gpointer) station->busy);
  g_free (station->is_set_up);
  g_free (station);
}

/* The instance that serves fewest requests; or, if it is to serve @alone, one that
 * serves none: there is one, as the caller has a permit. */
guint
_g_flow_station_enter (GFlowStation *station,
                       gboolean      alone)
{
  const guint n = station->instances->len;

  for (;;)
    {
      guint best = 0, fewest = G_MAXUINT;

      for (guint i = 0; i < n && fewest > 0; i++)
        {
          const guint busy = atomic_load_explicit (&station->busy[i], memory_order_relaxed);

          if (busy < fewest)
            {
              fewest = busy;
              best = i;
            }
        }
      /* Acquire: pairs with _g_flow_station_leave(), for what was done with the instance. */
      if ((fewest == 0 || !alone) &&
          atomic_compare_exchange_strong_explicit (&station->busy[best], &fewest, fewest + 1,
                                                   memory_order_acquire, memory_order_relaxed))
        return best;
    }
}

void
_g_flow_station_leave (GFlowStation *station,
                       guint         instance)
{
  atomic_fetch_sub_explicit (&station->busy[instance], 1, memory_order_release);
}
