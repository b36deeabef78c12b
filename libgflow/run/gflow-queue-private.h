/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A queue of node indices, first in first out, for one thread at a time. As a node enters it at
 * most once in a run it needs no more slots than there are nodes, and does not wrap; when it is
 * empty it begins with the first slot again, which is in the nearest cache. */
typedef struct
{
  guint32 *slots;
  guint32  first;
  guint32  end;
} GFlowQueue;

static inline void
g_flow_queue_init (GFlowQueue *queue,
                   guint32    *slots)
{
  *queue = (GFlowQueue) { .slots = slots };
}

static inline gboolean
g_flow_queue_is_empty (const GFlowQueue *queue)
{
  return queue->first == queue->end;
}

static inline void
g_flow_queue_push (GFlowQueue *queue,
                   guint32     value)
{
  queue->slots[queue->end++] = value;
}

/* What will be popped, at that distance from the first. */
static inline gboolean
g_flow_queue_peek (const GFlowQueue *queue,
                   guint32           distance,
                   guint32          *value)
{
  if (queue->end - queue->first <= distance)
    return FALSE;

  *value = queue->slots[queue->first + distance];
  return TRUE;
}

static inline gboolean
g_flow_queue_pop (GFlowQueue *queue,
                  guint32    *value)
{
  if (g_flow_queue_is_empty (queue))
    return FALSE;

  *value = queue->slots[queue->first++];
  if (g_flow_queue_is_empty (queue))
    queue->first = queue->end = 0;
  return TRUE;
}

G_END_DECLS
