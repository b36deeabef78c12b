/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-pipeline-private.h"
#include "gflow-post.h"

G_BEGIN_DECLS

/* What is emitted when a request has come back; and for each, a callback that may fail */
typedef enum
{
  G_FLOW_POST_DONE,
  G_FLOW_POST_ERROR,
  G_FLOW_POST_ALWAYS,
  G_FLOW_POST_N_SIGNALS
} GFlowPostSignal;

typedef struct
{
  GFlowPostFunc   func;       /* (nullable) */
  gpointer        user_data;
  GDestroyNotify  destroy;
} GFlowPostCallback;

/* A request that was sent. */
typedef struct
{
  GFlowPost    *post;    /* (unowned) (nullable): NULL if nobody wants to know */
  GFlowRun     *run;     /* (owned) (nullable): NULL when it has ended */
  GFlowRun     *used;    /* (owned) (nullable): that run, as new, if it may serve again */
  gboolean      is_back; /* the request has come back, and its run may not have ended yet */
  GFlowRequest *request; /* (owned) (nullable): NULL if the flight is over */
  gboolean      landed;  /* it was told of */
  guint        *n_left;  /* (unowned) (nullable): for whoever waits until it has ended */
  GList         link;    /* in the flights of the post, or in what is left of them */
} GFlowFlight;

/* A question to the source. */
typedef struct
{
  GFlowPost *post;       /* (unowned) (nullable): NULL if nobody wants to know */
  guint     *n_left;     /* (unowned) (nullable): likewise */
} GFlowPull;

typedef enum
{
  G_FLOW_POST_MODE_NONE,
  G_FLOW_POST_MODE_RUN,
  G_FLOW_POST_MODE_NEXT,
  G_FLOW_POST_MODE_COLLECT,
} GFlowPostMode;

struct _GFlowPost
{
  GObject            parent_instance;

  GFlow             *flow;           /* (owned) */
  char              *endpoint;       /* (owned), by g_ref_string_new() */
  GFlowSource       *source;         /* (owned) (nullable) */
  GVariant          *parameters;     /* (owned) (nullable) */
  char              *target;         /* (owned) (nullable) */
  guint              request_size;
  guint              max_in_flight;
  guint              request_timeout; /* ms; 0 for none */
  gboolean           ordered;
  gboolean           continue_on_error;
  GFlowPostCallback  callbacks[G_FLOW_POST_N_SIGNALS];

  /* While it is consumed */
  GFlowPostMode      mode;
  gboolean           is_over;
  GMainContext      *context;        /* (owned) (nullable) */
  gboolean           is_private;     /* the context is that of blocking calls */
  guint              n_threads;      /* that the flow may have */
  GFlowPipeline     *pipeline;       /* (owned) (nullable) */
  GFlowChannel      *channel;        /* (owned) (nullable) */
  GCancellable      *cancellable;    /* (owned) (nullable): of the source */
  GFlowDocuments     batch;          /* for the next request */
  guint              n_batch;        /* how many these are */
  gboolean           source_is_async; /* it is asked, and answers later */
  GFlowPull         *pull;           /* (unowned) (nullable): the source has been asked */
  gboolean           exhausted;      /* nothing more will be sent */
  gboolean           pumping;
  guint              n_telling;      /* requests that somebody is being told of */
  GQueue             flights;        /* of GFlowFlight: what was sent, in order */
  GQueue             tails;          /* likewise: what has come back, and still runs */
  guint              n_in_flight;    /* runs that have not ended */
  guint              n_more;         /* so many more may be than the default: they are quick */
  GQueue             spares;         /* of GFlowFlight: what is over, to be used again */
  GQueue             ready;          /* of GFlowRequest: what next() has not given yet */
  GListStore        *collected;      /* (owned) (nullable) */
  GTask             *task;           /* (owned) (nullable): of whoever waits */
  GSource           *cancel_source;  /* (owned) (nullable): for that */
  GError            *error;          /* (owned) (nullable): the first that ends it */

  guint64            n_sent;
  guint64            n_done;
  guint64            n_failed;
  gint64             n_total;
  gint64             notified;       /* when progress was, last */
};

/* The object: gflow-post.c */
void      _g_flow_post_emit            (GFlowPost        *self,
                                        GFlowPostSignal   signal,
                                        GFlowRequest     *request);
void      _g_flow_post_notify_progress (GFlowPost        *self,
                                        gint64            now);
void      _g_flow_post_notify_ended    (GFlowPost        *self);

/* What is used again: gflow-post-spares.c */
GFlowFlight *_g_flow_post_take_flight  (GFlowPost        *self,
                                        GFlowDocuments   *batch);
void      _g_flow_post_give_run        (GFlowFlight      *flight);
void      _g_flow_post_give_flight     (GFlowPost        *self,
                                        GFlowFlight      *flight);
void      _g_flow_post_free_spares     (GFlowPost        *self);
void      _g_flow_flight_free          (GFlowFlight      *flight);

/* The stream: gflow-post-stream.c */
gboolean  _g_flow_post_begin           (GFlowPost        *self,
                                        GFlowPostMode     mode,
                                        GError          **error);
void      _g_flow_post_wait_with       (GFlowPost        *self,
                                        GTask            *task);
void      _g_flow_post_pump            (GFlowPost        *self);
void      _g_flow_post_stop            (GFlowPost        *self,
                                        GError           *error);
void      _g_flow_post_cancel_flights  (GFlowPost        *self);
void      _g_flow_post_drop_flights    (GFlowPost        *self);

G_END_DECLS
