/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "graph/gflow-plan-private.h"
#include "run/gflow-run.h"

G_BEGIN_DECLS

/* What a picture of a flow shows, whatever the language that it is written in. */

#define G_FLOW_NOT_DRAWN G_MAXUINT32

/* In place of a node: where requests come from, and where responses go. */
#define G_FLOW_GATE_IN (G_MAXUINT32 - 1)
#define G_FLOW_GATE_OUT (G_MAXUINT32 - 2)

/* A flow that is drawn: the whole one, which is number 0, or one that is inside of it. */
typedef struct
{
  GFlow     *flow;     /* (owned) */
  GFlowPlan *plan;     /* (owned) */
  GFlowRun  *run;      /* (owned) (nullable) */
  char      *prefix;   /* (owned): of the ids of its nodes */
  guint      parent;   /* the scene that it is in; of the whole one, itself */
  guint      depth;
  GArray    *inner;    /* (owned) (nullable) of guint: scenes of plan->subflows, or NOT_DRAWN */
  GHashTable *teams;   /* (owned) (nullable): indices of nodes that are boxes with members */
} GFlowScene;

typedef enum
{
  G_FLOW_BOX_PICTURE,
  G_FLOW_BOX_SUBFLOW,
  G_FLOW_BOX_TEAM,      /* the members are not items: gflow-picture-serving.c */
  G_FLOW_BOX_SERIES,
  G_FLOW_BOX_PARALLEL,
} GFlowBoxKind;

/* A node, or a box, in a box. */
typedef struct
{
  gboolean is_box;
  guint    scene;
  guint    index;  /* of the node in the plan of the scene; or of the box */
} GFlowBoxItem;

typedef struct
{
  GFlowBoxKind kind;
  guint        depth;
  guint        scene;  /* of a subflow or a team: where its node is */
  guint        index;  /* and which it is */
  GArray      *items;  /* (owned) of GFlowBoxItem */
} GFlowBox;

typedef enum
{
  G_FLOW_MEMBER_BEFORE,
  G_FLOW_MEMBER_SHARD,
  G_FLOW_MEMBER_AFTER,
} GFlowMemberRole;

/* One of those that serve at a node. There is an arrow from each to all of the next role. */
typedef struct
{
  GFlowMemberRole  role;
  char            *id;     /* (owned) */
  char            *label;  /* (owned) */
} GFlowMember;

typedef enum
{
  G_FLOW_ARROW_SOLID,
  G_FLOW_ARROW_DASHED,
  G_FLOW_ARROW_DOTTED,
} GFlowArrowLine;

typedef struct
{
  guint           scene;
  guint32         from;   /* a node of it, or GATE_IN */
  guint32         to;     /* likewise, or GATE_OUT */
  GFlowArrowLine  line;
} GFlowArrow;

/* How a node is drawn in a state: by a colour, a symbol and a line. */
typedef struct
{
  const char *name;   /* of the class in Mermaid */
  const char *word;   /* to be translated */
  const char *symbol;
  const char *fill;
  const char *line;
  const char *style;  /* of the line, as Graphviz calls it */
} GFlowLook;

typedef struct
{
  GPtrArray  *scenes; /* (owned) of GFlowScene */
  GPtrArray  *boxes;  /* (owned) of GFlowBox; the first is the picture */
  guint       n_nodes;
  gboolean    gated;  /* it serves requests: they come from somewhere */
  GHashTable *locks;  /* (owned): GFlowLock without a name → its number in the picture */
  guint       looks;  /* bit mask of states that were drawn */
} GFlowPicture;

GFlowPicture    *_g_flow_picture_new         (GFlow              *flow,
                                              GFlowRun           *run);
void             _g_flow_picture_free        (GFlowPicture       *self);
gboolean         _g_flow_picture_is_box      (GFlowPicture       *self,
                                              guint               scene,
                                              guint               index);
char            *_g_flow_picture_dup_id      (GFlowPicture       *self,
                                              guint               scene,
                                              guint               index);
char            *_g_flow_picture_dup_end     (GFlowPicture       *self,
                                              guint               scene,
                                              guint               index,
                                              gboolean            last);
const char      *_g_flow_picture_direction   (GFlowPicture       *self);
GFlowNodeKind    _g_flow_picture_kind        (GFlowPicture       *self,
                                              guint               scene,
                                              guint               index);
const GFlowLook *_g_flow_picture_look        (GFlowPicture       *self,
                                              guint               scene,
                                              guint               index);
char            *_g_flow_picture_dup_label   (GFlowPicture       *self,
                                              guint               scene,
                                              guint               index);
char            *_g_flow_picture_dup_tooltip (GFlowPicture       *self,
                                              guint               scene,
                                              guint               index);

/* Who serves: gflow-picture-serving.c */
gboolean         _g_flow_picture_has_members (GFlowNode          *node);
GArray          *_g_flow_picture_dup_members (GFlowPicture       *self,
                                              guint               scene,
                                              guint               index);
GArray          *_g_flow_picture_dup_arrows  (GFlowPicture       *self);

/* Looks: gflow-look.c */
#define G_FLOW_N_LOOKS (G_FLOW_NODE_STATE_CANCELLED + 1)

const GFlowLook *_g_flow_get_look            (GFlowNodeState      state);
char            *_g_flow_clean_text          (const char         *text);
char            *_g_flow_dup_legend          (const GFlowLook    *look);

/* What is in a box is a step further to the right than the box. */
static inline void
_g_flow_picture_indent (GString *text,
                        guint    depth)
{
  g_string_append_printf (text, "%*s", 2 * (depth + 1), "");
}

static inline gboolean
_g_flow_box_is_node (const GFlowBox *self)
{
  return self->kind == G_FLOW_BOX_SUBFLOW || self->kind == G_FLOW_BOX_TEAM;
}

/* A group of one is nothing to look at. */
static inline gboolean
_g_flow_box_is_framed (const GFlowBox *self)
{
  return _g_flow_box_is_node (self) || (self->kind != G_FLOW_BOX_PICTURE && self->items->len > 1);
}

static inline GFlowScene *
_g_flow_picture_scene (GFlowPicture *self,
                       guint         scene)
{
  return self->scenes->pdata[scene];
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GFlowPicture, _g_flow_picture_free)

G_END_DECLS
