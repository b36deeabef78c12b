/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How many async bodies of a main context may be under way: gflow-throttle.c. Only in the
 * context's thread. */
typedef struct
{
  guint   under_way; /* bodies that were called, and whose nodes have not ended */
  guint   limit;     /* of these: more start only slowly */
  guint   n_raised;  /* how often in a row it was raised */
  guint   n_ended;   /* since the limit was looked at */
  gint64  next;      /* when to look at it again */
} GFlowThrottle;

void     g_flow_throttle_init      (GFlowThrottle *self);
guint    g_flow_throttle_make_room (GFlowThrottle *self);
int      g_flow_throttle_timeout   (GFlowThrottle *self);

static inline void
g_flow_throttle_begin (GFlowThrottle *self)
{
  self->under_way++;
}

static inline void
g_flow_throttle_end (GFlowThrottle *self)
{
  self->under_way--;
  self->n_ended++;
}

static inline gboolean
g_flow_throttle_is_full (GFlowThrottle *self)
{
  return self->under_way >= self->limit;
}

G_END_DECLS
