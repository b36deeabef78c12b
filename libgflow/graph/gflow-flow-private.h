/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-flow.h"
#include "gflow-grouping-private.h"
#include "gflow-home-private.h"
#include "gflow-mutex-private.h"
#include "gflow-plan-private.h"

G_BEGIN_DECLS

/* More threads than this help nobody: each costs a stack and a place in every run. */
#define G_FLOW_MAX_THREADS 1024

/* The threads that work for a flow. Declared here, because a flow has one;
 * implemented by the scheduler. */
typedef struct _GFlowCrew GFlowCrew;

GFlowCrew *_g_flow_crew_new   (void);
GFlowCrew *_g_flow_crew_ref   (GFlowCrew *crew);
void       _g_flow_crew_unref (GFlowCrew *crew);

/* What an open flow has beside its nodes. Declared here likewise; implemented by the
 * folder of the executors. */
typedef struct _GFlowPipeline GFlowPipeline;

GFlowPipeline *_g_flow_pipeline_ref   (GFlowPipeline *pipeline);
void           _g_flow_pipeline_unref (GFlowPipeline *pipeline);
void           _g_flow_pipeline_abandon (gpointer     pipeline);

typedef enum
{
  G_FLOW_DOOR_CLOSED,
  G_FLOW_DOOR_OPENING,
  G_FLOW_DOOR_OPEN,
  G_FLOW_DOOR_CLOSING,
} GFlowDoor;

struct _GFlow
{
  GObject       parent_instance;

  GFlowHome     home;
  GFlowCrew    *crew;          /* (owned) */

  GFlowMutex    mutex;         /* guards what follows */
  char         *name;
  GFlowNodeList *nodes;        /* (owned) */
  GHashTable   *by_name;       /* name → GFlowNode, for the first n_indexed nodes */
  guint         n_indexed;
  gboolean      renamed;       /* a node was: two may have one name */
  gboolean      has_forward_needs; /* some node waits for one that was added later, or did */
  gboolean      has_asides;    /* some node is detached, or a tap, or was */
  guint         next_number;   /* for the next made-up name */
  guint         max_threads;
  guint         max_parallel;
  GFlowOnError  on_error;
  GFlowTaskOwnerFunc find_task_owner; /* (nullable): see GFlowPlan; of flows that are none of the application */
  GFlowHistory *history;       /* (owned) (nullable) */
  GFlowLock    *parallel_lock; /* (nullable): max_parallel permits */
  GFlowGrouping *grouping;     /* (owned) (nullable): no groups were added */
  GFlowPlan    *plan;          /* (nullable): compiled since the last edit; it has the same list */

  GFlowNode    *insertion_point; /* (unowned) (nullable): the node added last, unless set */

  /* At home only */
  GListStore    *orphans;      /* (owned) (nullable): made when asked for */
  guint          open_timeout;  /* ms */
  guint          close_timeout; /* ms */
  GFlowDirection direction;    /* of pictures */
  gboolean       unique_names; /* those that are taken are changed */
  GHashTable    *next_names;   /* (owned) (nullable): name → the number to try next */

  /* Written at home only, guarded by the mutex */
  GFlowDoor      door;         /* no edits unless it is closed */
  GFlowPipeline *pipeline;     /* (owned) (nullable): unless it is closed */
};

static inline GFlowNode *
_g_flow_node_at (GFlow *self,
                 guint  position)
{
  return self->nodes->items[position].node;
}

/* Whether @node is in the flow. Of a node that is not, and that others may add to another flow
 * meanwhile, nothing is looked at but its index. */
static inline gboolean
_g_flow_has_node_locked (GFlow     *self,
                         GFlowNode *node)
{
  const guint index = atomic_load_explicit (&node->index, memory_order_relaxed);

  return index < self->nodes->n && _g_flow_node_at (self, index) == node;
}

typedef enum
{
  G_FLOW_EVENT_STARTED,
  G_FLOW_EVENT_DONE,
  G_FLOW_EVENT_ERROR,
  G_FLOW_EVENT_ALWAYS,
} GFlowEvent;

void        _g_flow_emit            (GFlow        *self,
                                     GFlowEvent    event,
                                     GQuark        detail,
                                     GFlowRun     *run,
                                     const GError *error);
gboolean    _g_flow_has_handlers    (GFlow        *self);

void        _g_flow_leave_plan      (GFlow      *self);
void        _g_flow_set_door        (GFlow         *self,
                                     GFlowDoor      door,
                                     GFlowPipeline *pipeline);
GFlowPipeline *_g_flow_ref_pipeline (GFlow      *self);
GFlowNode  *_g_flow_lookup_locked   (GFlow      *self,
                                     const char *name);
void        _g_flow_reserve_name    (GFlow      *self,
                                     const char *name);
void        _g_flow_forget_names    (GFlow      *self);
void        _g_flow_forget_position (GFlow      *self,
                                     guint32     position);
GPtrArray  *_g_flow_dup_orphans     (GFlow      *self);
GFlowNode  *_g_flow_find_insertion_point_locked (GFlow *self);
GFlowNode  *_g_flow_take_node       (GFlow      *self,
                                     GFlowNode  *node,
                                     GError    **error);
GFlowPlan  *_g_flow_ref_plan        (GFlow      *self);
GFlowPlan  *_g_flow_ref_plan_locked (GFlow      *self);
GFlowPlan  *_g_flow_ref_valid_plan  (GFlow      *self,
                                     GFlowLock **parallel_lock,
                                     GError    **error);
GFlowPlan  *_g_flow_ref_grouped_plan (GFlow      *self,
                                     GFlowGrouping **grouping);

/* Whether the flow is open, or about to be or to be closed: it must stay as it is. */
static inline gboolean
_g_flow_is_frozen (GFlow *self)
{
  return self != NULL && self->door != G_FLOW_DOOR_CLOSED;
}

/* Every edit stands between this and _g_flow_end_edit(); edits of a node that is in no flow pass NULL. */
static inline void
_g_flow_begin_edit (GFlow *self)
{
  if (self == NULL)
    return;

  _g_flow_mutex_lock (&self->mutex);
  if (G_UNLIKELY (self->plan != NULL))
    _g_flow_leave_plan (self);
}

/* The plan is out of date. It is dropped with the mutex released, as it may
 * hold the last reference to a node, and destroying that is user code. */
static inline void
_g_flow_end_edit (GFlow *self)
{
  if (self == NULL)
    return;

  GFlowPlan *plan = g_steal_pointer (&self->plan);

  _g_flow_mutex_unlock (&self->mutex);
  if (G_UNLIKELY (plan != NULL))
    _g_flow_plan_unref (plan);
}

G_END_DECLS
