/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-sysprof-private.h"

#ifdef HAVE_SYSPROF

#include "gflow-enum-types.h"

#include <sysprof-capture.h>

#define GROUP "gflow"

/* Whether the process is being recorded. */
gboolean
_g_flow_sysprof_is_active (void)
{
  return sysprof_collector_is_active ();
}

/* A node has ended that was run. Sysprof has the same clock, in nanoseconds. */
void
_g_flow_sysprof_mark (GFlowRun       *run,
                      guint32         index,
                      GFlowNodeState  state,
                      GFlowRecord    *record)
{
  const gint64 start = atomic_load_explicit (&record->start, memory_order_relaxed);
  const gint64 end = atomic_load_explicit (&record->end, memory_order_relaxed);
  const char *flow_name = g_flow_get_name (run->flow);
  g_autoptr(GEnumClass) states = g_type_class_ref (G_TYPE_FLOW_NODE_STATE);

  if (start == 0)
    return;

  sysprof_collector_mark_printf (start * 1000, (end - start) * 1000, GROUP,
                                 g_flow_node_get_name (run->plan->nodes[index].node), "%s, %s",
                                 flow_name != NULL ? flow_name : "flow",
                                 g_enum_get_value (states, state)->value_nick);
}

#else

gboolean
_g_flow_sysprof_is_active (void)
{
  return FALSE;
}

void
_g_flow_sysprof_mark (GFlowRun       *run,
                      guint32         index,
                      GFlowNodeState  state,
                      GFlowRecord    *record)
{
}

#endif
