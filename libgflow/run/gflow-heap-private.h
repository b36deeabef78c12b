/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdatomic.h>

G_BEGIN_DECLS

typedef struct _GFlowHeapContent GFlowHeapContent;

/* Ready nodes of a run that has priorities, or is steered: the smallest comes out
 * first, and of equals the one that was added first. Zeroed it is empty, and may be
 * asked so. */
typedef struct
{
  GFlowHeapContent *content; /* (owned) (nullable): until it is used */
  _Atomic guint32   n_items; /* written under its mutex */
} GFlowHeap;

void     g_flow_heap_init     (GFlowHeap *heap,
                               const int *priorities);
void     g_flow_heap_clear    (GFlowHeap *heap);
void     g_flow_heap_push     (GFlowHeap     *heap,
                               const guint32 *values,
                               guint          n_values);
gboolean g_flow_heap_pop      (GFlowHeap *heap,
                               guint32   *value);
void     g_flow_heap_change   (GFlowHeap *heap,
                               guint32    n_values,
                               guint32    value,
                               int        priority);
void     g_flow_heap_change_all (GFlowHeap *heap,
                               const int *priorities,
                               guint32    n_values);
gboolean g_flow_heap_is_empty (GFlowHeap *heap);

G_END_DECLS
