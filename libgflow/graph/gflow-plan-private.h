/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-home-private.h"
#include "gflow-lock.h"
#include "gflow-node-list-private.h"

G_BEGIN_DECLS

/* How a ready node gets to where it runs; 0 is the fast path: a worker's deque. */
typedef enum
{
  G_FLOW_ROUTE_CONTEXT  = 1 << 0, /* runs in the owner context */
  G_FLOW_ROUTE_LOCKS    = 1 << 1, /* takes locks first */
  G_FLOW_ROUTE_WHEN     = 1 << 2, /* its run-when is not ALL_SUCCEEDED */
  G_FLOW_ROUTE_PRIORITY = 1 << 3, /* goes to a heap; all nodes of the run do */
} GFlowNodeRoute;

/* A node with one successor that has at least so many upstreams is one of a funnel:
 * see count_off_together(). */
#define G_FLOW_FUNNEL_WIDTH 8

/* In place of the number of successors */
#define G_FLOW_SUCCESSORS_FUNNEL 0xfffe /* one, see above */
#define G_FLOW_SUCCESSORS_MANY   0xffff /* the first of them is preceded by their number */

/* What a node carries from the plan into every run: the first of GFlowMark. */
typedef enum
{
  G_FLOW_PLAN_MARK_POLICY = 1 << 0, /* it has a policy */
} GFlowPlanMark;

typedef struct
{
  guint32         index; /* of the node */
  GFlowNodePolicy policy;
} GFlowPlanPolicy;

/* The start state of a node in a run, laid out as GFlowRunNode is. */
typedef struct
{
  guint32 pending;
  guint16 marks;
  guint8  state;
  guint8  route;
} GFlowPlanStart;

/* The source object of the task that a node is to be called with, @at_once or later; NULL if that can
 * only be told when it is called. */
typedef gpointer (*GFlowTaskOwnerFunc) (GFlowRun *run,
                                        guint32   index,
                                        gboolean  at_once);

/* A flow, compiled. Immutable and shared by all runs that were started from it. Until the flow is
 * edited they share its nodes: see _g_flow_begin_edit(). */
typedef struct
{
  _Atomic guint    ref_count;
  GFlowHome        home;
  GFlowTaskOwnerFunc find_task_owner; /* (nullable): whose tasks those of nodes are, if not theirs */
  GError          *error;           /* (owned) (nullable): all that is wrong with the flow */
  guint            n_problems;      /* in it, also those that it only counts */

  guint            n_nodes;
  guint            n_edges;
  GFlowNodeList   *list;            /* (owned): that of the flow, until it is edited */
  GFlowPlanNode   *nodes;           /* of the list: n_nodes */
  GFlowPlanStart  *start;           /* n_nodes */
  guint32         *successors;      /* of nodes with several, the one added last first */

  guint32         *roots;           /* on workers, without locks: n_roots */
  guint            n_roots;
  guint32         *routed_roots;    /* the other roots */
  guint            n_routed_roots;
  guint            n_context;       /* nodes that run in the owner context */
  gboolean         has_executors;   /* it can be run for a request only */

  int             *priorities;      /* (nullable): all are 0 */
  guint           *weights;         /* (nullable): all are 1 */
  guint64          total_weight;
  guint32         *first_lock;      /* (nullable): n_nodes + 1, into locks */
  GPtrArray       *locks;           /* (nullable) of GFlowLock, of each node in the global order */
  GArray          *subflows;        /* (nullable): the nodes that run a flow */
  GArray          *policies;        /* (nullable) of GFlowPlanPolicy, by index */

  _Atomic (guint32 *) upstreams;    /* (owned) (nullable): see _g_flow_plan_upstreams() */
  _Atomic (gpointer) spare;         /* (owned) (nullable): see _g_flow_plan_take_spare() */
  _Atomic (GHashTable *) index;     /* (owned) (nullable): GFlowNode → its number */
  gulong           watch_epoch;     /* when watched was made, see gflow-watch.c */
  GArray          *watched;         /* (nullable) of guint32: nodes with signal handlers */
} GFlowPlan;

/* What requests for one endpoint go through. Declared here, because their plans are compiled
 * for them; implemented by the folder of the executors. */
typedef struct _GFlowChannel GFlowChannel;

gboolean     _g_flow_channel_place  (GFlowChannel     *channel,
                                     GFlowNode        *node,
                                     GFlowPlanNode    *plan_node,
                                     gboolean         *in_context,
                                     GFlowLock       **lock);

GFlowPlan   *_g_flow_plan_compile   (GFlow            *flow,
                                     GFlowChannel     *channel);
GFlowPlan   *_g_flow_plan_ref       (GFlowPlan        *plan);
void         _g_flow_plan_unref     (GFlowPlan        *plan);
gboolean     _g_flow_plan_is_shared (GFlowPlan        *plan);
const guint32 *_g_flow_plan_ensure_upstreams (GFlowPlan *plan);
gpointer     _g_flow_plan_take_spare (GFlowPlan       *plan);
void         _g_flow_plan_give_spare (GFlowPlan       *plan,
                                     gpointer          spare);
gboolean     _g_flow_plan_find      (GFlowPlan        *plan,
                                     GFlowNode        *node,
                                     guint            *index);

/* The nodes that wait for @node, the one added last first. */
static inline const guint32 *
_g_flow_plan_successors (const GFlowPlan     *plan,
                         const GFlowPlanNode *node,
                         guint32             *n_successors)
{
  switch (node->n_successors)
    {
    case 1:
    case G_FLOW_SUCCESSORS_FUNNEL:
      *n_successors = 1;
      return &node->successor;
    case G_FLOW_SUCCESSORS_MANY:
      *n_successors = plan->successors[node->successor];
      return plan->successors + node->successor + 1;
    default:
      *n_successors = node->n_successors;
      return plan->successors + node->successor;
    }
}

/* The nodes that the node at @index waits for, each once, in the order of adding. Those who run
 * a plain node need not know; so they are found out when somebody asks for the first time. In any
 * thread. */
static inline const guint32 *
_g_flow_plan_upstreams (GFlowPlan *plan,
                        guint32    index,
                        guint32   *n_upstreams)
{
  /* Acquire: pairs with _g_flow_plan_ensure_upstreams(), for what is in them. */
  const guint32 *first = atomic_load_explicit (&plan->upstreams, memory_order_acquire);

  if (G_UNLIKELY (first == NULL))
    first = _g_flow_plan_ensure_upstreams (plan);
  *n_upstreams = plan->start[index].pending;
  return first + plan->n_nodes + first[index];
}

/* The checker: gflow-plan-check.c */
typedef struct
{
  int        code;       /* of the first problem */
  guint      n_problems;
  GPtrArray *messages;   /* (nullable) of char *: of the first ones */
  char      *prefix;     /* (unowned) (nullable): of those that are added now */
} GFlowProblems;

/* What somebody may have meant who wrote a name that there is not. */
typedef struct
{
  const char *name;
  const char *best;     /* (nullable): of the names looked at so far */
  guint       distance; /* of it */
} GFlowSimilar;

void         _g_flow_similar_look     (GFlowSimilar     *similar,
                                       const char       *other);
void         _g_flow_problems_add     (GFlowProblems    *problems,
                                       int               code,
                                       const char       *format,
                                       ...) G_GNUC_PRINTF (3, 4);
GError      *_g_flow_problems_finish  (GFlowProblems    *problems);
void         _g_flow_check_unknown    (GFlow            *flow,
                                       GFlowNode        *node,
                                       GFlowNeed         need,
                                       GFlowProblems    *problems);
void         _g_flow_check_names      (GFlow            *flow,
                                       GFlowProblems    *problems);
void         _g_flow_check_cycles     (GFlowPlan        *plan,
                                       GFlowProblems    *problems);
void         _g_flow_problems_add_plan (GFlowProblems   *problems,
                                       GFlowPlan        *plan);
void         _g_flow_check_subflows   (GFlow            *flow,
                                       GFlowPlan        *plan,
                                       GFlowProblems    *problems);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GFlowPlan, _g_flow_plan_unref)

G_END_DECLS
