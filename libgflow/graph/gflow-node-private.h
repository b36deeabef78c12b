/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-home-private.h"
#include "gflow-node.h"

#include <stdatomic.h>

G_BEGIN_DECLS

/* Signals carry runs, which are of the folder above. */
GType g_flow_run_get_type (void);
/* And executors, which are of one still higher. */
GType g_flow_executor_get_type (void);
gboolean _g_flow_executor_equal (GFlowExecutor *a,
                                 GFlowExecutor *b);

typedef enum
{
  G_FLOW_NODE_KIND_JOIN, /* no body */
  G_FLOW_NODE_KIND_FUNC,
  G_FLOW_NODE_KIND_TASK,
  G_FLOW_NODE_KIND_FLOW,
  G_FLOW_NODE_KIND_EXECUTOR, /* in the plan of an endpoint: one of the others */
  G_FLOW_NODE_KIND_MAP,
  G_FLOW_NODE_KIND_DEFERRING, /* a FUNC that may leave work behind */
} GFlowNodeKind;

typedef struct _GFlowMap GFlowMap;
typedef struct _GFlowServing GFlowServing;
typedef struct _GFlowSharedBody GFlowSharedBody;

/* How long the body may take, and what becomes of it if it fails. */
typedef struct
{
  guint  timeout;      /* ms; 0 for none */
  guint  max_retries;
  guint  retry_delay;  /* ms */
  double retry_factor;
  double retry_jitter; /* from 0 to 1 */
} GFlowNodePolicy;

#define G_FLOW_NODE_POLICY_INIT { .retry_factor = 1.0 }
#define G_FLOW_NODE_N_POLICY_PROPS 5

/* What few nodes have, so that the others do not pay for it. */
typedef struct
{
  char            *title;       /* (owned) (nullable) */
  GSList          *old_names;   /* of char *: before it was renamed */
  GPtrArray       *locks;       /* (owned) (nullable) of GFlowLock */
  GFlow           *subflow;     /* (nullable) (owned) */
  GFlowExecutor   *executor;    /* (nullable) (owned) */
  GFlowMap        *map;         /* (nullable) (owned) */
  GFlowServing    *serving;     /* (nullable) (owned) */
  gpointer         far_needs;   /* (owned) (nullable): while it is in no flow, see GFlowNeeds */
  GFlowSharedBody *shared;      /* (nullable): the body is shared with copies of the node */
  GListStore      *upstreams;   /* (nullable): made when asked for */
  GListStore      *downstreams; /* likewise */
  GListStore      *lock_list;   /* likewise */
  int              priority;
  guint            weight;
  GFlowNodePolicy  policy;
} GFlowNodeExtras;

/* A need is an upstream node, which is referenced, or the name of one, told apart by the lowest bit. */
typedef gpointer GFlowNeed;

/* Several of them */
typedef struct
{
  guint     n;
  GFlowNeed items[];
} GFlowFarNeeds;

/* A flow holds its nodes, and so a node need not hold those of them that it waits for: it has their
 * positions in the flow, and no reference. As soon as one of its needs is a name, or a node that is
 * not in the same flow, all are far. */
typedef struct
{
  guint   n;
  guint32 items[];
} GFlowNearNeeds;

typedef enum
{
  G_FLOW_NEEDS_NONE,
  G_FLOW_NEEDS_ONE,  /* near, as are the next two */
  G_FLOW_NEEDS_TWO,
  G_FLOW_NEEDS_MANY,
  G_FLOW_NEEDS_FAR,
} GFlowNeedsForm;

typedef union
{
  guint32         few[2];
  GFlowNearNeeds *many; /* (owned) */
  gpointer        far;  /* (owned): a need; or GFlowFarNeeds, told apart by the bit above the lowest */
} GFlowNeeds;

/* Kept small: a flow may have millions of them. While the node is in a flow,
 * everything but the name is guarded by the flow's mutex. */
struct _GFlowNode
{
  GObject          parent_instance;

  /* First, and so mostly in one cache line with the count of references: of a node that
   * others name as their upstream no more is touched. */
  union
  {
    struct
    {
      GFlow      *flow;        /* (unowned); cleared by the flow */
      GFlowNeeds  needs;
    } in;                      /* while it is in a flow, whose list has its body */
    struct
    {
      GCallback   body;        /* a GFlowFunc or a GFlowTaskFunc, by kind */
      gpointer    user_data;
    } out;                     /* else; needs are far then, and among the extras */
  };
  _Atomic guint    index;       /* position in the flow; relaxed: a plan that is told
                                 * another one finds out */
  guint8           kind;
  guint8           placement : 1;
  guint8           run_when : 3;
  guint8           needs_form : 3; /* GFlowNeedsForm */
  guint8           is_in_flow : 1;
  guint8           destroy;     /* of user_data: see gflow-destroy-private.h */

  _Atomic (char *) name;        /* (owned) (nullable), or a number: see _g_flow_node_number() */
  _Atomic (GFlowNodeExtras *) extras; /* (nullable) (owned) */
};

/* GLib rounds up to 16. */
G_STATIC_ASSERT (sizeof (GFlowNode) <= 64);

/* Acquire: pairs with _g_flow_node_ensure_extras(), which may be called when a node leaves its flow
 * while another thread draws that. */
static inline GFlowNodeExtras *
_g_flow_node_extras (GFlowNode *self)
{
  return atomic_load_explicit (&self->extras, memory_order_acquire);
}

static inline GFlow *
_g_flow_node_flow (GFlowNode *self)
{
  return self->is_in_flow ? self->in.flow : NULL;
}

/* What the entry of a flow is called where nodes are named. */
#define G_FLOW_GATEWAY "gateway"

static inline gboolean
_g_flow_need_is_name (GFlowNeed need)
{
  return (GPOINTER_TO_SIZE (need) & 1) != 0;
}

static inline const char *
_g_flow_need_name (GFlowNeed need)
{
  return GSIZE_TO_POINTER (GPOINTER_TO_SIZE (need) & ~(gsize) 1);
}

/* NULL if they are far: then there is only _g_flow_node_get_need(). */
static inline const guint32 *
_g_flow_node_near_needs (GFlowNode *self,
                         guint     *n_needs)
{
  if (self->needs_form <= G_FLOW_NEEDS_TWO)
    {
      *n_needs = self->needs_form;
      return self->in.needs.few;
    }
  if (self->needs_form == G_FLOW_NEEDS_FAR)
    return NULL;

  *n_needs = self->in.needs.many->n;
  return self->in.needs.many->items;
}

/* A name that the flow makes up is "node" and a number. Until somebody asks for it the
 * number is kept in its place, told apart by the lowest bit. */
static inline char *
_g_flow_node_number_name (guint number)
{
  return GSIZE_TO_POINTER ((gsize) number << 1 | 1);
}

static inline gboolean
_g_flow_node_is_number (const char *name)
{
  return (GPOINTER_TO_SIZE (name) & 1) != 0;
}

static inline guint
_g_flow_node_number (const char *name)
{
  return GPOINTER_TO_SIZE (name) >> 1;
}

typedef enum
{
  G_FLOW_NODE_EVENT_STARTED,
  G_FLOW_NODE_EVENT_DONE,
  G_FLOW_NODE_EVENT_ERROR,
  G_FLOW_NODE_EVENT_ALWAYS,
} GFlowNodeEvent;

gboolean    _g_flow_node_has_handlers (GFlowNode      *self);
gboolean    _g_flow_node_ask_retry   (GFlowNode       *self,
                                      GFlowRun        *run,
                                      const GError    *error,
                                      guint            attempt);
void        _g_flow_node_emit        (GFlowNode       *self,
                                      GFlowNodeEvent   event,
                                      GFlowRun        *run,
                                      const GError    *error);
GFlowNode  *_g_flow_node_new         (GFlowNodeKind    kind,
                                      const char      *name,
                                      GCallback        body,
                                      gpointer         user_data,
                                      GDestroyNotify   destroy);
GFlowNode  *_g_flow_node_copy        (GFlowNode       *self);
GFlowNode  *_g_flow_node_new_flow    (const char      *name,
                                      GFlow           *subflow);
GFlowNode  *_g_flow_node_new_executor (const char     *name,
                                      GFlowExecutor   *executor);
GFlowNode  *_g_flow_node_new_map     (const char      *name,
                                      GFlowNode       *each,
                                      guint            max_parallel);

/* What few nodes have: gflow-node-extras.c */
GFlowNodeExtras *_g_flow_node_ensure_extras (GFlowNode *self);
void        _g_flow_node_copy_extras (GFlowNode       *self,
                                      GFlowNode       *copy);
void        _g_flow_node_extras_free (GFlowNodeExtras *extras);

/* The body, and where it is: gflow-node-body.c */
GCallback   _g_flow_node_body        (GFlowNode       *self);
gpointer    _g_flow_node_user_data   (GFlowNode       *self);
void        _g_flow_node_enter_flow  (GFlowNode       *self,
                                      GFlow           *flow);
void        _g_flow_node_leave_flow  (GFlowNode       *self,
                                      GCallback        body,
                                      gpointer         user_data);
void        _g_flow_node_set_body    (GFlowNode       *self,
                                      GCallback        body,
                                      gpointer         user_data,
                                      GDestroyNotify   destroy);
void        _g_flow_node_free_body   (GFlowNode       *self);
void        _g_flow_node_share_body  (GFlowNode       *self,
                                      GFlowNode       *copy);

/* Retries and timeouts: gflow-node-policy.c */
void        _g_flow_node_install_policy (GObjectClass *object_class,
                                         guint         first_id);
void        _g_flow_node_get_policy_property (GFlowNode    *self,
                                              guint         offset,
                                              GValue       *value);
void        _g_flow_node_set_policy_property (GFlowNode    *self,
                                              guint         offset,
                                              const GValue *value);

/* Serving requests: gflow-node-serving.c */
void        _g_flow_node_install_serving (GObjectClass *object_class,
                                          guint         first_id);
void        _g_flow_node_get_serving_property (GFlowNode    *self,
                                               guint         offset,
                                               GValue       *value);
void        _g_flow_node_set_serving_property (GFlowNode    *self,
                                               guint         offset,
                                               const GValue *value);

/* Needs: gflow-node-needs.c */
guint       _g_flow_node_count_needs (GFlowNode       *self);
GFlowNeed   _g_flow_node_get_need    (GFlowNode       *self,
                                      guint            position);
void        _g_flow_node_add_need    (GFlowNode       *self,
                                      GFlowNode       *upstream);
void        _g_flow_node_add_name    (GFlowNode       *self,
                                      const char      *name);
void        _g_flow_node_add_names   (GFlowNode       *self,
                                      const char * const *names);
void        _g_flow_node_forget_repeated_needs (GFlowNode *self,
                                                guint32   *asked);
void        _g_flow_node_copy_needs  (GFlowNode       *self,
                                      GFlowNode       *copy);
GFlowNeeds  _g_flow_node_steal_needs (GFlowNode       *self,
                                      GFlowNeedsForm  *form);
void        _g_flow_needs_free       (GFlowNeeds       needs,
                                      GFlowNeedsForm   form,
                                      const GFlowHome *home);
void        _g_flow_node_clear_needs (GFlowNode       *self);

/* Upstreams and locks: gflow-node-links.c */
void        _g_flow_node_notify_flow (GFlowNode       *self,
                                      const GFlowHome *home);
void        _g_flow_node_forget_neighbours (GFlowNode *self);
GListModel *_g_flow_update_list      (GListStore     **list,
                                      GType            item_type,
                                      GPtrArray       *items);

/* Whether the body is called there. */
static inline gboolean
_g_flow_node_is_in_context (GFlowNode *self)
{
  return self->kind == G_FLOW_NODE_KIND_TASK || self->kind == G_FLOW_NODE_KIND_FLOW ||
         self->kind == G_FLOW_NODE_KIND_MAP || self->placement == G_FLOW_PLACEMENT_CONTEXT;
}

static inline int
_g_flow_node_priority (GFlowNode *self)
{
  GFlowNodeExtras *extras = _g_flow_node_extras (self);

  return extras != NULL ? extras->priority : 0;
}

static inline guint
_g_flow_node_weight (GFlowNode *self)
{
  GFlowNodeExtras *extras = _g_flow_node_extras (self);

  return extras != NULL ? extras->weight : 1;
}

/* NULL if a body of the node may take its time, and is called once. */
static inline const GFlowNodePolicy *
_g_flow_node_policy (GFlowNode *self)
{
  GFlowNodeExtras *extras = _g_flow_node_extras (self);

  return extras != NULL && (extras->policy.timeout != 0 || extras->policy.max_retries != 0)
           ? &extras->policy : NULL;
}

static inline GPtrArray *
_g_flow_node_locks (GFlowNode *self)
{
  GFlowNodeExtras *extras = _g_flow_node_extras (self);

  return extras != NULL ? extras->locks : NULL;
}

static inline GFlowExecutor *
_g_flow_node_executor (GFlowNode *self)
{
  GFlowNodeExtras *extras = _g_flow_node_extras (self);

  return extras != NULL ? extras->executor : NULL;
}

static inline GFlow *
_g_flow_node_subflow (GFlowNode *self)
{
  GFlowNodeExtras *extras = _g_flow_node_extras (self);

  return extras != NULL ? extras->subflow : NULL;
}

G_END_DECLS
