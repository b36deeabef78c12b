/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "test-util.h"

G_BEGIN_DECLS

#define RESUME_MAX_ITEMS 4

/* Random graphs whose nodes check the results that they read: if a run goes on from an
 * earlier one, and a result is wrong or missing, the test ends there. */

typedef struct _ResumeGraph ResumeGraph;
typedef struct _ResumeNode ResumeNode;

typedef enum
{
  RESUME_NOTHING,
  RESUME_NUMBER,
  RESUME_TEXT,
  RESUME_VARIANT,
  RESUME_LIST,   /* of a map */
  RESUME_OBJECT, /* cannot be kept */
  RESUME_N_RESULTS,
} ResumeResult;

typedef enum
{
  RESUME_WORKER,
  RESUME_CONTEXT,
  RESUME_ASYNC_AT_ONCE,
  RESUME_ASYNC_LATER,
  RESUME_N_PLACES,
  RESUME_MAP = RESUME_N_PLACES, /* whose items are on workers */
} ResumePlace;

struct _ResumeNode
{
  ResumeGraph  *graph; /* (unowned) */
  guint         index;
  ResumeResult  result;
  ResumePlace   place;
  guint         n_upstreams;
  guint         upstreams[3];
  guint         n_downstreams;
  guint32       expected;
  gboolean      fails;
  int           runs;  /* atomic */
  GFlowNode    *node;  /* (unowned): the flow's */
};

struct _ResumeGraph
{
  GFlow      *flow;     /* (owned) */
  guint       n_nodes;
  ResumeNode *nodes;    /* upstreams before what waits for them */
  void      (*ran) (ResumeNode *node,
                    GFlowRun   *run); /* (nullable): from the bodies */
  void      (*ran_item) (ResumeNode *node,
                    guint       item); /* (nullable): likewise */
};

/* The same seed gives the same graph. Its nodes are added in the order of the numbers; or, with
 * @shuffle, in one of its own. */
ResumeGraph *resume_graph_new       (guint64      seed,
                                     guint        n_nodes,
                                     guint        shuffle);
void         resume_graph_free      (ResumeGraph *self);

/* Whether the result of a node is there, and right, or is not to be there. */
void         resume_node_assert_result (ResumeNode *self,
                                     GFlowRun    *run);

/* Which nodes have to run again, after a run in which those of @done were done. */
gboolean    *resume_graph_predict   (ResumeGraph    *self,
                                     const gboolean *done,
                                     gboolean        keep_results);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ResumeGraph, resume_graph_free)

G_END_DECLS
