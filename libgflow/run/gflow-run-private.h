/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-run.h"

#include <stdatomic.h>

#include "graph/gflow-flow-private.h"
#include "graph/gflow-mutex-private.h"
#include "graph/gflow-plan-private.h"
#include "gflow-deque-private.h"
#include "gflow-heap-private.h"
#include "gflow-inbox-private.h"
#include "gflow-parking-private.h"
#include "gflow-queue-private.h"
#include "gflow-turn-private.h"

G_BEGIN_DECLS

typedef struct _GFlowAsked GFlowAsked;
typedef struct _GFlowCall GFlowCall;
typedef struct _GFlowDebug GFlowDebug;
typedef struct _GFlowKeeper GFlowKeeper;
typedef struct _GFlowChange GFlowChange;
typedef struct _GFlowCompletion GFlowCompletion;
typedef struct _GFlowFailures GFlowFailures;
typedef struct _GFlowFamily GFlowFamily;
typedef struct _GFlowJournal GFlowJournal;
typedef struct _GFlowLearner GFlowLearner;
typedef struct _GFlowLockWait GFlowLockWait;
typedef struct _GFlowOwner GFlowOwner;
typedef struct _GFlowPace GFlowPace;
typedef struct _GFlowNodeNews GFlowNodeNews;
typedef struct _GFlowPassage GFlowPassage;
typedef struct _GFlowObserver GFlowObserver;
typedef struct _GFlowProgress GFlowProgress;
typedef struct _GFlowRecord GFlowRecord;
typedef struct _GFlowResult GFlowResult;
typedef struct _GFlowAttempts GFlowAttempts;
typedef struct _GFlowTold GFlowTold;

#define G_FLOW_NO_NODE G_MAXUINT32

/* What a node has in a run: all that a plain node costs. Laid out as GFlowPlanStart is. */
typedef struct
{
  _Atomic guint32 pending; /* upstreams to be counted off; what comes last may leave it as it is */
  _Atomic guint16 marks;   /* of GFlowMark */
  _Atomic guint8  state;   /* a GFlowNodeState */
  guint8          route;   /* of GFlowNodeRoute; fixed when the run starts */
} GFlowRunNode;

G_STATIC_ASSERT (sizeof (GFlowRunNode) == sizeof (GFlowPlanStart));

typedef enum
{
  G_FLOW_MARK_POLICY     = G_FLOW_PLAN_MARK_POLICY,
  G_FLOW_MARK_UNCLEAN    = 1 << 1, /* how its upstreams ended must be looked at */
  G_FLOW_MARK_CANCELLED  = 1 << 2, /* the application cancelled this node */
  G_FLOW_MARK_LOCKED     = 1 << 3, /* it holds its locks; or, by its state, waits for them */
  G_FLOW_MARK_BY_CHOICE  = 1 << 4, /* skipped: a handler, and nothing failed */
  G_FLOW_MARK_BY_FAILURE = 1 << 5, /* skipped: something failed */
  G_FLOW_MARK_WATCHED    = 1 << 6, /* it has signal handlers */
  G_FLOW_MARK_UNLOCKED   = 1 << 7, /* it is ready, and has given its locks back meanwhile */
  G_FLOW_MARK_REVIVED    = 1 << 8, /* it had ended, and is run again */
  G_FLOW_MARK_CHOSE      = 1 << 9, /* it has selected some of its downstreams */
  G_FLOW_MARK_DESELECTED = 1 << 10, /* an upstream has selected others */
  G_FLOW_MARK_DEFERRED   = 1 << 11, /* it goes on after its body, and nobody has completed it */
  G_FLOW_MARK_STOPPED    = 1 << 12, /* `stop-node` was emitted for it since then */
  G_FLOW_MARK_GROWN      = 1 << 13, /* it has sub-runs */
  G_FLOW_MARK_OVER       = 1 << 14, /* it has failed or was skipped, and all who wait know */
  G_FLOW_MARK_RESTORED   = 1 << 15, /* done in an earlier run */
} GFlowMark;

/* What takes a run off the fast path. Set bits stay, but PAUSED. */
typedef enum
{
  G_FLOW_ATTENTION_CANCELLED = 1 << 0, /* nothing new starts, but clean-up */
  G_FLOW_ATTENTION_FAILED    = 1 << 1, /* nothing new starts, but clean-up and handlers */
  G_FLOW_ATTENTION_RESULTS   = 1 << 2, /* some node has a result */
  G_FLOW_ATTENTION_LATE      = 1 << 3, /* cancelled by the deadline */
  G_FLOW_ATTENTION_STEERED   = 1 << 4, /* what is ready goes to the heaps */
  G_FLOW_ATTENTION_PAUSED    = 1 << 5, /* and stays there */
  G_FLOW_ATTENTION_RECORDED  = 1 << 6, /* see gflow-record-private.h */
  G_FLOW_ATTENTION_CHOICES   = 1 << 7, /* some node has chosen among its downstreams */
  G_FLOW_ATTENTION_WEIGHTS   = 1 << 8, /* nodes have weights */
  G_FLOW_ATTENTION_GROWN     = 1 << 9, /* some node has sub-runs */
  G_FLOW_ATTENTION_DETACHED  = 1 << 13, /* its request does not wait for some nodes */
  G_FLOW_ATTENTION_JOURNAL   = 1 << 14, /* the outcomes of nodes are written down */
  G_FLOW_ATTENTION_REFUSED   = 1 << 15, /* nothing was started: the journal cannot be used */
} GFlowAttention;

/* Whether the run must not be let go. */
typedef enum
{
  G_FLOW_RUN_LIFE_ACTIVE = 1 << 0, /* started, and not ended */
  G_FLOW_RUN_LIFE_KEPT   = 1 << 1, /* it has lost its last user, and keeps itself */
} GFlowRunLife;

#define G_FLOW_ATTENTION_HALTED (G_FLOW_ATTENTION_CANCELLED | G_FLOW_ATTENTION_FAILED)

/* Nodes on their way. */
typedef struct
{
  guint32 *items; /* (owned) */
  guint    n;
  guint    n_allocated;
} GFlowReady;

/* What a worker knows of its use for others: gflow-help.c */
typedef struct
{
  gint64  since;        /* when it last asked; 0: it has just come */
  guint32 n_ended;      /* nodes of the run by then */
  guint   patience;     /* how long it lets others go on without it */
  float   pace_without; /* how fast the run must be with it; 0 if it does not know */
} GFlowHelp;

/* Where nodes of a run are run: by one worker at a time, or by the owner context. */
typedef struct
{
  union
  {
    GFlowDeque     deque;     /* of workers */
    GFlowQueue     queue;     /* of the context */
  };
  GFlowRun        *run;       /* (unowned) */
  _Atomic guint32  n_done;    /* written by whoever is on the lane */
  _Atomic guint64  weight;    /* of those nodes, if the plan has weights */
  guint32          n_held;    /* nodes of a funnel that are to be counted off with the next one */
  guint32          n_done_at_look; /* when it last looked at what came from elsewhere */
  GFlowHelp        help;      /* of the worker on it, and so: */
  GFlowTurn        turn;
  guint32          n_settled; /* the part of n_done that was taken off run->remaining */
  GFlowReady       ready;     /* to be routed, between two steps */
  GFlowReady       chosen[2]; /* routed, to go to the heap: of workers, of the context */
  guint            ending : 1; /* a node gives its locks back, or lets others go */
  guint            context : 1; /* it is the one of the owner context */
  guint            caller : 1; /* the thread of the owner context is on it */
  guint            beside : 1; /* it is none of the run's: a node ends there, and nothing is left */
  guint            from_heap : 1; /* the node that it is about to run came from there */
  guint32          n_delivered; /* nodes that have come to the deque by that */
  gboolean         taken;     /* guarded by the scheduler's mutex */
} GFlowLane;

/* What this thread is doing: on top, the innermost run. */
typedef struct _GFlowFrame GFlowFrame;
struct _GFlowFrame
{
  GFlowFrame *below;
  GFlowRun   *run;
  GFlowLane  *lane;    /* (nullable): none if it was lent, see gflow-lend.c */
  gboolean    in_body; /* not between bodies, where handlers are called */
  guint32     n_held;  /* of that lane, to be counted off with the node */
  gboolean    caller;  /* it works on the run that it waits for: the owner context is this thread's */
  GFlowNode  *sync;    /* (unowned) (nullable): whose sync body it is, in the context */
  gboolean    deferred; /* that body has said that its node goes on */
};

extern _Thread_local GFlowFrame *_g_flow_frame;

/* Whether it keeps a lane from other workers. */
static inline gboolean
_g_flow_frame_is_on_worker_lane (const GFlowFrame *self)
{
  return self->lane != NULL && !self->lane->context;
}

/* While it lasts a sync body in the context is called in the frame of its run. */
static inline void
_g_flow_frame_enter_body (GFlowFrame *self,
                          GFlowNode  *node)
{
  self->in_body = TRUE;
  self->sync = node;
}

static inline void
_g_flow_frame_leave_body (GFlowFrame *self)
{
  self->in_body = FALSE;
  self->sync = NULL;
}

/* Cancellables of nodes that have ended. */
typedef struct
{
  GCancellable **ring;  /* (owned) (nullable) */
  guint          size;  /* how many there is room for */
  guint          first;
  guint          n;
} GFlowSpares;

/* Calls of nodes that are not ready yet, with their tasks: gflow-ahead.c */
typedef struct
{
  GFlowCall **calls;    /* (owned) (nullable): the one to be used first is the last one */
  guint       n;
  guint       limit;    /* how many to make at a time; 0: bodies do not return at once */
  guint       n_made;   /* with these */
  guint       n_late;   /* of them, bodies that did not return at once */
  guint       n_others; /* bodies to be called before it is tried again */
  gboolean    in_vain;  /* none could be made, and no body has been called since */
} GFlowAhead;

typedef void (*GFlowEndedFunc) (GFlowRun     *run,
                                const GError *error,
                                gpointer      user_data);

/* Up to G_FLOW_RUN_AT_HAND bytes GSlice has at hand, for more it asks malloc: what few runs have is
 * better behind a pointer, numbers stand in pairs, and what is so or not so is a byte. */
#define G_FLOW_RUN_AT_HAND 1016
struct _GFlowRun
{
  GObject          parent_instance;

  /* Set before the run starts, then read by all threads */
  GFlow           *flow;         /* (owned) */
  GFlowOnError     on_error;
  guint            on_error_set : 1; /* not as the flow says */
  guint            history_set : 1; /* likewise */
  guint            has_spare : 1; /* the nodes are not in the block: see _g_flow_plan_take_spare() */
  guint8           keep_results;
  guint8           keep_record;
  gint64           deadline;
  GVariant        *parameters;   /* (nullable) */
  GFile           *journal_file; /* (owned) (nullable) */
  GVariant        *saved;        /* (owned) (nullable): what it was restored from */
  GFlowRequest    *request;      /* (owned) (nullable): what the run is for */
  GFlowChannel    *channel;      /* (unowned) (nullable): where it goes, if that was chosen */
  GFlowPassage    *passage;      /* (owned) (nullable): its way through the nodes */
  GFlowEndedFunc   answered;     /* (nullable): that has come back, and the run goes on */
  GFlowPlan       *plan;         /* (owned) (nullable) */
  GFlowJournal    *journal;      /* (owned) (nullable) */
  GFlowLock       *parallel_lock; /* (owned) (nullable): the flow's max-parallel */
  GFlowRun        *parent;       /* (unowned) (nullable): the run that waits for this one */
  guint32          parent_index; /* which of its nodes this is a part of, if of one */
  guint            depth;        /* how many runs wait for this one */
  GFlowValues     *items;        /* (owned) (nullable): what its nodes are for, of a map */
  guint64         *item_digests; /* (owned) (nullable): of each; 0 where there is none */
  GFlowOwner      *owner;        /* (owned) (nullable): none if its caller waits without */
  _Atomic (GFlowParking *) caller; /* (unowned) (nullable): where it sleeps, once it has */
  GFlowCrew       *crew;         /* (unowned) (nullable): its flow's */
  guint8           participates; /* the thread of the owner context works, too */
  guint8           quiet;        /* nobody is told of it, and nobody has seen it */
  guint8           is_recorded;  /* see gflow-record-private.h */
  guint8           has_state;    /* the nodes have: guarded by the mutex */
  GFlowObserver   *observers;    /* (owned) (nullable) */
  GFlowKeeper     *keeper;       /* (nullable): one of these, if the record is kept */
  GFlowDebug      *debug;        /* (nullable): one of these, if GFLOW_DEBUG says so */
  GList            locker_link;  /* in a list of runs, if the plan has locks: gflow-locking.c */
  gint64           start_time;   /* monotonic, in µs */
  GFlowHistory    *history;      /* (owned) (nullable) */
  GFlowLearner    *learner;      /* (unowned) (nullable): one of the observers, if there is a history */

  /* The state of the nodes */
  gpointer         block;        /* (owned) (nullable): what follows is in it, while there are lanes */
  gsize            block_size;
  GFlowLane       *lanes;        /* (nullable) n_lanes for workers, then the one of the context */
  guint            n_lanes;
  guint8           alone;        /* there is one for workers, and no other thread ends nodes */
  GFlowRunNode    *nodes;
  GFlowInbox       inbox;        /* for workers, from elsewhere */
  GFlowInbox       context_inbox; /* for the context, from elsewhere */
  GFlowHeap        heap;         /* in place of deques and inbox, if the plan has priorities */
  GFlowHeap        context_heap;
  _Atomic guint32  attention;    /* of GFlowAttention */
  _Atomic guint32  next_root;    /* the first of the plan's roots that nobody has taken */
  _Atomic guint32  remaining;    /* nodes that have not ended, or are not settled */

  /* The scheduler's: guarded by its mutex, atomic where others may look. No bytes, as compilers look at
   * several that are in one word by one load, the atomic ones among them. */
  _Atomic guint    n_inside;     /* lanes of workers that are taken */
  _Atomic gboolean hungry;       /* in the list of its crew: wants another worker */
  _Atomic gboolean caller_waits; /* the participant would rather work; only it says so */
  _Atomic guint    life;         /* of GFlowRunLife: not guarded */
  guint            enlisted;     /* in which process, see there; 0: not yet */
  guint            n_lent;       /* threads in bodies of it that have lent their lanes */
  _Atomic gboolean complete;     /* nothing of it runs any more, and no worker looks at it */
  gboolean         retired;      /* complete, by its caller's thread: for that only */
  _Atomic gboolean posted;       /* in the owner's list: not guarded */
  GList            hungry_link;

  /* For the owner context */
  GFlowRun        *next_posted;
  GList            owner_link;
  guint8           owner_queued;
  guint8           throttled;    /* it waits until another async body may start */
  guint8           notified_paused;
  guint8           started;
  guint8           finished;
  guint8           defers;       /* some node was deferred */
  _Atomic gboolean calls_common; /* some node was run by the common function: gflow-common.c */
  _Atomic gboolean cancel_posted; /* what waits or runs in the context must be cancelled */
  _Atomic gboolean withdraw_posted; /* it was halted or paused: no node is to wait for locks */
  _Atomic (GFlowNodeNews *) news;   /* last in, first out */
  GFlowNodeNews   *news_to_tell;    /* first in, first out */
  _Atomic (GFlowResult *)   garbage; /* results to free */
  _Atomic (GFlowCompletion *) completed; /* deferred nodes to end: last in, first out */
  GSource         *deadline_source; /* (owned) (nullable) */
  GSource         *tick_source;  /* (owned) (nullable): see gflow-progress.c */
  GFlowTold       *told;         /* (owned) (nullable): what was notified last; made for that */
  gint64           end_time;     /* monotonic, in µs; set before the state tells of the end */
  GVariant       **outcomes;     /* (owned) (nullable): of nodes in an earlier run, until this starts */
  GFlowEndedFunc   ended;
  gpointer         ended_data;
  GCancellable    *caller_cancellable; /* (owned) (nullable): given with execute */
  gulong           cancel_handler;
  _Atomic guint8   cancel_told;  /* it has done its part */

  /* Steps: owner context only, see gflow-steps.c */
  GFlowPlan       *listed;       /* (owned) (nullable): what it is a list of before it starts */
  GHashTable      *steps;        /* (owned) (nullable): GFlowNode → GFlowStep */
  GHashTable      *told_holders; /* (owned) (nullable): see gflow-holders.c */
  guint32          first_changed; /* index and 1 of a list by the next of changes, to be told */
  guint32          last_changed;

  GFlowAttempts   *attempts;     /* (owned) (nullable): of the plan's policies, in their order */
  _Atomic guint8   aside_posted; /* some of these have failed */
  guint8           tells_steps;  /* those of all nodes; fixed when nodes start */
  GSList          *spent;        /* (owned) of GCancellable: of attempts that were cancelled */
  GSList          *old_errors;   /* (owned) of GError: of nodes that were run again */
  GQueue          *to_revive;    /* (owned) (nullable) of indices: the wanted ones, in order */
  _Atomic guint    n_revived;    /* nodes that have ended once too often, less those on no lane */
  _Atomic guint    revival_epoch; /* counts what is revived, and what of it has ended */
  _Atomic guint64  weight_revived; /* of these, likewise */

  /* Side tables: made when first used */
  _Atomic (GFlowRecord *)  records;
  _Atomic (GFlowLockWait *) waits; /* for each lock of each node: gflow-locking.c */
  _Atomic (GFlowChange *)  changes;
  _Atomic guint32          changed; /* of these, what is noted: last in, first out */
  _Atomic guint32          n_restored; /* nodes that were taken over from an earlier run */
  _Atomic (_Atomic (GFlowResult *) *)  results;
  _Atomic (_Atomic (GCancellable *) *) cancellables;
  _Atomic (GCancellable *) cancellable;
  _Atomic (GMainContext *) grown_context; /* of sub-runs, if there is no owner */
  GFlowSpares      spares;       /* owner context only, and so what follows */
  GFlowAhead       ahead;
  GFlowCall       *returned;     /* (nullable): calls that have not ended though the body returned */

  GFlowMutex       mutex;        /* guards what follows */
  _Atomic int      state;        /* a GFlowRunState */
  guint8           cancelled;    /* it tells of a cancellation */
  guint8           settled;      /* how the run ends; what comes now is too late */
  guint32          cancelled_node; /* the first that was cancelled by itself */
  GError          *error;        /* (owned) (nullable): the first in time; not changed once set */
  GHashTable      *node_errors;  /* (owned) (nullable): index → GError */
  double           restored_fraction; /* of the run that nodes make which were taken over */
  GFlowFailures   *failures;     /* (owned) (nullable): nodes that have failed, in time */
  GHashTable      *wanted;       /* (owned) (nullable): set of indices: failed nodes to run again */
  GHashTable      *missing;      /* (owned) (nullable): index → revived upstreams to come */
  GHashTable      *progress;     /* (owned) (nullable): index → GFlowProgress */
  GPtrArray       *progressing;  /* (owned) (nullable) of GFlowProgress: may run */
  GArray          *progressed;   /* (owned) (nullable) of guint32: to be noted */
  GHashTable      *kept_subruns; /* (owned) (nullable): index → GPtrArray of GFlowRun, for steps */
  double           best_fraction; /* that was told */
  GFlowPace       *pace;         /* (owned) (nullable) */
  GHashTable      *families;     /* (owned) (nullable): index → GFlowFamily, of nodes that run */
  GHashTable      *choices;      /* (owned) (nullable): index → set of the selected indices */
  GFlowAsked      *asked;        /* (owned) (nullable): its open questions */
  GListStore      *error_list;   /* (owned) (nullable) of GFlowStep; owner context only */
  GPtrArray       *cancelled_early; /* (nullable) of GFlowNode: before the nodes have a state */
};

G_STATIC_ASSERT (sizeof (struct _GFlowRun) <= G_FLOW_RUN_AT_HAND);

/* Runs for requests: implemented by the folder of the executors. */
GType          g_flow_request_get_type     (void);
gboolean       _g_flow_channel_is_settled  (GFlowChannel    *channel);
GFlowPlan     *_g_flow_passage_begin       (GFlowRun        *run,
                                            GFlowLock      **parallel_lock,
                                            GError         **error);
GQuark         _g_flow_passage_find_detail (GFlowRun        *run);
gboolean       _g_flow_passage_enter       (GFlowRun        *run,
                                            guint32          index,
                                            GFlowRun        *child,
                                            GError         **error);
void           _g_flow_passage_node_ended  (GFlowRun        *run,
                                            guint32          index,
                                            GFlowNodeState   state);
void           _g_flow_passage_end         (GFlowRun        *run,
                                            GFlowRunState    state);
gboolean       _g_flow_passage_is_beside   (GFlowRun        *run,
                                            guint32          index);
void           _g_flow_passage_count_off   (GFlowRun        *run,
                                            guint32          index);
void           _g_flow_passage_tell_answer (GFlowRun        *run);

/* Starting and ending: gflow-execute.c */
gboolean       _g_flow_run_begin           (GFlowRun        *self,
                                            GMainContext    *context,
                                            GCancellable    *cancellable,
                                            GFlowEndedFunc   ended,
                                            gpointer         user_data,
                                            GError         **error);
void           _g_flow_run_start_nodes     (GFlowRun        *self);
GFlowRunState  _g_flow_run_settle_outcome  (GFlowRun        *self);
void           _g_flow_run_finish          (GFlowRun        *self);

gboolean       _g_flow_is_in_body          (GFlow           *flow);

/* The state of the nodes: gflow-state.c */
void           _g_flow_run_alloc_state     (GFlowRun        *self,
                                            guint            n_lanes);
void           _g_flow_run_ensure_inbox_locked (GFlowRun    *self);
void           _g_flow_lane_clear          (GFlowLane       *lane);
void           _g_flow_run_free_state      (GFlowRun        *self,
                                            gboolean         may_stay);
void           _g_flow_run_apply_cancelled (GFlowRun        *self);
guint          _g_flow_run_count_done      (GFlowRun        *self);
GFlowNodeState _g_flow_run_judge           (GFlowRun        *self,
                                            guint32          index);
gboolean       _g_flow_run_may_run         (GFlowRun        *self,
                                            guint32          index);
void           _g_flow_run_halt            (GFlowRun        *self,
                                            guint32          attention,
                                            GError          *error);
void           _g_flow_run_stop_starting   (GFlowRun        *self,
                                            GError          *error);
GFlowNodeState _g_flow_run_fail_node       (GFlowRun        *self,
                                            guint32          index,
                                            GError          *error);
GFlowNodeState _g_flow_run_fail_at_last    (GFlowRun        *self,
                                            guint32          index,
                                            GError          *error);
void           _g_flow_run_cancel_bodies   (GFlowRun        *self,
                                            gboolean         in_context);
void           _g_flow_run_free_cancellable (GFlowRun       *self,
                                            guint32          index);
GCancellable  *_g_flow_run_node_cancellable (GFlowRun       *self,
                                            guint32          index);
GCancellable  *_g_flow_run_ensure_cancellable (GFlowRun     *self,
                                            guint32          index);
GCancellable  *_g_flow_run_replace_cancellable (GFlowRun    *self,
                                            guint32          index);
gboolean       _g_flow_run_is_told_to_stop (GFlowRun        *self,
                                            guint32          index);
void           _g_flow_run_cancel_running  (GFlowRun        *self);
gboolean       _g_flow_run_is_stopping     (GFlowRun        *self);
GError        *_g_flow_run_new_cancelled_error (void);
GError        *_g_flow_run_new_late_error  (GFlowRun        *self);
void           _g_flow_run_lift_deadline   (GFlowRun        *self);

/* Nodes that have failed, in time: gflow-failures.c */
void           _g_flow_run_add_failure_locked (GFlowRun     *self,
                                            guint32          index);
guint          _g_flow_run_remove_failure_locked (GFlowRun  *self,
                                            guint32          index);
guint32        _g_flow_run_get_failure     (GFlowRun        *self,
                                            guint            position);
void           _g_flow_run_free_failures   (GFlowRun        *self);

/* Cancellables of nodes that have ended: gflow-spares.c */
GCancellable  *_g_flow_spares_take         (void);
void           _g_flow_spares_give         (GCancellable    *cancellable);
GCancellable  *_g_flow_run_take_spare      (GFlowRun        *self);
void           _g_flow_run_give_spare      (GFlowRun        *self,
                                            GCancellable    *cancellable);
void           _g_flow_run_free_spares     (GFlowRun        *self);

/* Runs that serve again: gflow-reuse.c */
gboolean       _g_flow_run_is_unseen       (GFlowRun        *self);
gboolean       _g_flow_run_stay            (GFlowRun        *self);
GFlowRun      *_g_flow_run_take_unused    (void);

/* The object: gflow-run.c */
void           _g_flow_run_set_flow        (GFlowRun        *self,
                                            GFlow           *flow);
void           _g_flow_run_wipe            (GFlowRun        *self);
void           _g_flow_run_refuse          (GFlowRun        *self,
                                            const GError    *error);
void           _g_flow_run_set_state       (GFlowRun        *self,
                                            GFlowRunState    state);

/* Its signals and notifications: gflow-run-telling.c */
void           _g_flow_run_tell_refused    (GFlowRun        *self);
void           _g_flow_run_notify_state    (GFlowRun        *self);
gboolean       _g_flow_run_emit_ask        (GFlowRun        *self,
                                            GFlowQuestion   *question);
gboolean       _g_flow_run_answers         (GFlowRun        *self);
void           _g_flow_run_emit            (GFlowRun        *self,
                                            GFlowEvent       event,
                                            const GError    *error);
void           _g_flow_run_notify_progress (GFlowRun        *self);
gboolean       _g_flow_run_tells_steps     (GFlowRun        *self);
void           _g_flow_run_emit_step_changed (GFlowRun      *self,
                                            GFlowStep       *step);
void           _g_flow_run_items_changed   (GFlowRun        *self,
                                            guint            n_removed,
                                            guint            n_added);
void           _g_flow_run_notify_paused   (GFlowRun        *self);
void           _g_flow_run_emit_stop_node  (GFlowRun        *self,
                                            guint32          index);
void           _g_flow_run_notify_ended    (GFlowRun        *self);

/* Getting nodes to where they run: gflow-deliver.c */
void           _g_flow_run_route           (GFlowRun        *self,
                                            GFlowLane       *lane,
                                            guint32          index);
void           _g_flow_run_deliver_chosen  (GFlowRun        *self,
                                            GFlowLane       *lane,
                                            gboolean         takes_one);
void           _g_flow_run_deliver         (GFlowRun        *self,
                                            GFlowLane       *lane,
                                            guint32          index);
void           _g_flow_run_add_ready       (GFlowLane       *lane,
                                            guint32          index);
void           _g_flow_run_route_ready     (GFlowRun        *self,
                                            GFlowLane       *lane,
                                            gboolean         busy);
void           _g_flow_run_notify_delivered (GFlowRun       *self,
                                            GFlowLane       *lane,
                                            gboolean         busy);

/* Running nodes, and letting go what waits for them: gflow-worker.c */
guint32        _g_flow_run_end_node        (GFlowRun        *self,
                                            GFlowLane       *lane,
                                            guint32          index,
                                            GFlowNodeState   state);
void           _g_flow_run_end_plain       (GFlowRun        *self,
                                            guint32          index);
guint          _g_flow_run_run_functions   (GFlowRun        *self,
                                            GFlowFrame      *frame,
                                            guint            n_most);
void           _g_flow_run_end_recorded    (GFlowRun        *self);
void           _g_flow_run_put_down        (GFlowRun        *self,
                                            GFlowLane       *lane,
                                            guint32          index);
void           _g_flow_run_work            (GFlowRun        *self,
                                            GFlowLane       *lane);
gboolean       _g_flow_run_settle          (GFlowRun        *self,
                                            GFlowLane       *lane);
void           _g_flow_run_clear_lane      (GFlowFrame      *frame);
guint32        _g_flow_run_end_on_lane     (GFlowRun        *self,
                                            GFlowLane       *lane,
                                            guint32          index,
                                            gboolean         ok,
                                            GError          *error);

/* Finding nodes: gflow-find-node.c */
gboolean       _g_flow_run_pop_inbox       (GFlowRun        *self,
                                            GFlowLane       *lane,
                                            guint32         *index);
gboolean       _g_flow_run_find_node       (GFlowRun        *self,
                                            GFlowLane       *lane,
                                            guint32         *index);
gboolean       _g_flow_run_has_work        (GFlowRun        *self);
gboolean       _g_flow_run_has_context_work (GFlowRun       *self);

/* Bodies that block: gflow-lend.c */
extern guint   _g_flow_lend_delay;

GSource       *_g_flow_lend_later          (GMainContext    *context);
void           _g_flow_run_end_beside      (GFlowRun        *self,
                                            guint32          index,
                                            gboolean         ok,
                                            GError          *error);

/* Pause, and what else changes on the way: gflow-steer.c */
void           _g_flow_run_init_heaps      (GFlowRun        *self);
void           _g_flow_run_steer           (GFlowRun        *self);
void           _g_flow_run_tell_paused     (GFlowRun        *self);
void           _g_flow_run_follow_pause    (GFlowRun        *self,
                                            GFlowRun        *child);
void           _g_flow_run_add_to_heap     (GFlowRun        *self,
                                            gboolean         of_context,
                                            const guint32   *indices,
                                            guint            n);
void           _g_flow_run_push_to_heap    (GFlowRun        *self,
                                            guint32          index);
void           _g_flow_run_unlock_ready    (GFlowRun        *self);

/* Running again what has failed: gflow-revive.c */
GFlowNodeState _g_flow_run_judge_ready     (GFlowRun        *self,
                                            GFlowLane       *lane,
                                            guint32          index);
void           _g_flow_run_end_revived     (GFlowRun        *self,
                                            GFlowLane       *lane,
                                            guint32          index);
void           _g_flow_run_revive_wanted   (GFlowRun        *self);
void           _g_flow_run_set_over        (GFlowRun        *self,
                                            GFlowLane       *lane,
                                            guint32          index);
void           _g_flow_run_forget_attempt  (GFlowRun        *self,
                                            guint32          index);

/* Timeouts and retries: gflow-attempts.c */
void           _g_flow_run_alloc_attempts  (GFlowRun        *self);
void           _g_flow_run_free_attempts   (GFlowRun        *self);
void           _g_flow_run_begin_attempt   (GFlowRun        *self,
                                            guint32          index);
GFlowNodeState _g_flow_run_end_attempt     (GFlowRun        *self,
                                            guint32          index);
gboolean       _g_flow_run_take_attempt    (GFlowRun        *self,
                                            guint32          index,
                                            GError         **error);
GFlowNodeState _g_flow_run_end_untried     (GFlowRun        *self,
                                            guint32          index,
                                            GFlowNodeState   state);
void           _g_flow_run_set_aside       (GFlowRun        *self,
                                            guint32          index);
void           _g_flow_run_go_on_aside     (GFlowRun        *self);
void           _g_flow_run_end_aside       (GFlowRun        *self);
void           _g_flow_run_reset_attempts  (GFlowRun        *self,
                                            guint32          index);
gboolean       _g_flow_run_has_timed_out   (GFlowRun        *self,
                                            guint32          index);
void           _g_flow_run_note_delays     (GFlowRun        *self);
guint          _g_flow_run_get_attempt     (GFlowRun        *self,
                                            guint32          index,
                                            guint           *seconds);

/* Whether to help others: gflow-help.c */
void           _g_flow_help_begin          (GFlowHelp       *help);
void           _g_flow_help_consider       (GFlowRun        *self,
                                            GFlowLane       *lane);

/* Locks of nodes: gflow-locking.c */
void           _g_flow_run_acquire_locks   (GFlowRun        *self,
                                            GFlowLane       *lane,
                                            guint32          index);
void           _g_flow_run_release_locks   (GFlowRun        *self,
                                            GFlowLane       *lane,
                                            guint32          index);
gboolean       _g_flow_run_relock          (GFlowRun        *self,
                                            GFlowLane       *lane,
                                            guint32          index,
                                            GFlowNodeState   judged);
void           _g_flow_run_withdraw_wait   (GFlowRun        *self,
                                            guint32          index);
void           _g_flow_run_withdraw_waits  (GFlowRun        *self);
gboolean       _g_flow_run_holds_lock_of   (GFlowRun        *self,
                                            guint32          index,
                                            GFlowRun        *other);
guint          _g_flow_run_find_awaited_step (GFlowRun      *self,
                                            guint32          index);
GFlowLock     *_g_flow_run_ref_awaited_lock (GFlowRun       *self,
                                            guint32          index);

/* Who has the locks: gflow-holders.c */
void           _g_flow_run_enlist_locker   (GFlowRun        *self);
void           _g_flow_run_delist_locker   (GFlowRun        *self);
void           _g_flow_run_note_holders    (GFlowRun        *self);
guint          _g_flow_run_find_holders    (GFlowRun        *self,
                                            GFlowLock       *lock,
                                            char           **title,
                                            gboolean        *is_other);

/* Results: gflow-results.c */
gboolean       _g_flow_run_find_result     (GFlowRun        *self,
                                            guint32          index,
                                            const GValue   **value);
void           _g_flow_run_restore_result  (GFlowRun        *self,
                                            guint32          index,
                                            const GValue    *value,
                                            guint32          n_readers);
void           _g_flow_run_drop_results    (GFlowRun        *self,
                                            GFlowLane       *lane,
                                            guint32          index);
void           _g_flow_run_discard_value   (GFlowRun        *self,
                                            GFlowLane       *lane,
                                            GValue          *value);
void           _g_flow_run_drop_kept_results (GFlowRun      *self);
void           _g_flow_run_drop_result     (GFlowRun        *self,
                                            guint32          index);
void           _g_flow_run_free_garbage    (GFlowRun        *self);
void           _g_flow_run_free_results    (GFlowRun        *self);

/* Nodes that start runs: gflow-grow.c */
GMainContext  *_g_flow_run_grow            (GFlowRun        *self);
void           _g_flow_run_adopt           (GFlowRun        *self,
                                            guint32          index,
                                            GFlowRun        *child);
gboolean       _g_flow_run_has_parts       (GFlowRun        *self,
                                            guint32          index);
gboolean       _g_flow_run_fail_part       (GFlowRun        *self,
                                            guint32          index,
                                            GError          *error);
gboolean       _g_flow_run_end_part        (GFlowRun        *self,
                                            GFlowLane       *lane,
                                            guint32          index,
                                            GFlowNodeState  *state);
double         _g_flow_run_count_sub_runs_locked (GFlowRun  *self,
                                            guint32          index);
GPtrArray     *_g_flow_run_ref_sub_runs    (GFlowRun        *self,
                                            guint32          index);
GPtrArray     *_g_flow_run_ref_all_sub_runs (GFlowRun       *self);

/* Nodes that are run for each item of a list: gflow-map.c */
gboolean       _g_flow_run_start_map       (GFlowRun        *self,
                                            guint32          index,
                                            GError         **error);
void           _g_flow_run_end_map         (GFlowRun        *self,
                                            guint32          index,
                                            GFlowRun        *child);
void           _g_flow_run_name_item       (GFlowRun        *child,
                                            GError         **error);

/* Questions that are not answered yet: gflow-open-questions.c */
char          *_g_flow_run_dup_open_question (GFlowRun      *self,
                                            guint32          index);
void           _g_flow_run_forget_questions (GFlowRun       *self);
void           _g_flow_run_free_questions  (GFlowRun        *self);

/* Branches: gflow-select.c */
void           _g_flow_run_forget_choice   (GFlowRun        *self,
                                            guint32          index);
void           _g_flow_run_apply_choice    (GFlowRun        *self,
                                            guint32          index);
GFlowNode     *_g_flow_run_find_chooser    (GFlowRun        *self,
                                            guint32          index);
GVariant      *_g_flow_run_save_choice     (GFlowRun        *self,
                                            guint32          index);
void           _g_flow_run_restore_choice  (GFlowRun        *self,
                                            guint32          index,
                                            const char * const *names);

/* Watched nodes: gflow-watch.c */
GArray        *_g_flow_watch_find          (GFlowPlan       *plan);
gboolean       _g_flow_watch_was_connected (gpointer         instance);
gboolean       _g_flow_watch_has_handlers  (gpointer         instance);
gboolean       _g_flow_watch_is_watched    (GFlowRun        *run);
gboolean       _g_flow_watch_is_notified   (gpointer         instance);
gboolean       _g_flow_watch_is_heard      (gpointer         instance);
void           _g_flow_watch_absorb        (gulong           handler_id);
void           _g_flow_run_tell            (GFlowRun        *self,
                                            GFlowLane       *lane,
                                            guint32          index,
                                            GFlowNodeState   state,
                                            gboolean         was_running);
void           _g_flow_run_deliver_news    (GFlowRun        *self);

/* Tasks that are made ahead: gflow-ahead.c */
gboolean       _g_flow_run_make_ahead      (GFlowRun        *self);
gboolean       _g_flow_run_wants_ahead     (GFlowRun        *self);
GFlowCall     *_g_flow_run_take_ahead      (GFlowRun        *self,
                                            guint32          index);
void           _g_flow_run_drop_ahead      (GFlowRun        *self);
gboolean       _g_flow_run_returns_late    (GFlowRun        *self);
void           _g_flow_run_learn_ahead     (GFlowRun        *self,
                                            gboolean         was_ahead,
                                            gboolean         at_once);

/* Async bodies: gflow-task.c */
GFlowCall     *_g_flow_call_new            (GFlowRun        *run,
                                            guint32          index,
                                            gboolean         at_once);
guint32        _g_flow_call_get_index      (GFlowCall       *call);
void           _g_flow_call_discard        (GFlowCall       *call);
void           _g_flow_run_end_returned    (GFlowRun        *self);
void           _g_flow_run_end_async       (GFlowRun        *self,
                                            guint32          index,
                                            GError          *error);
void           _g_flow_run_end_in_context  (GFlowRun        *self,
                                            guint32          index,
                                            GFlowNodeState   state);
void           _g_flow_run_leave_function  (GFlowRun        *self,
                                            GFlowFrame      *frame,
                                            guint32          index,
                                            gboolean         succeeded,
                                            GError          *error);
void           _g_flow_run_run_in_context  (GFlowRun        *self,
                                            GFlowFrame      *frame,
                                            guint32          index);

/* Sync bodies whose nodes go on: gflow-defer.c */
GFlowNodeState _g_flow_run_call_deferring  (GFlowRun        *self,
                                            guint32          index,
                                            GFlowFrame      *frame);
GFlowNodeState _g_flow_run_leave_deferring (GFlowRun        *self,
                                            guint32          index,
                                            gboolean         succeeded,
                                            GError          *error);
void           _g_flow_run_end_completed   (GFlowRun        *self);
void           _g_flow_run_stop_deferred   (GFlowRun        *self,
                                            guint32          index);

/* Whether the nodes of the run have states. May be asked in any thread. */
static inline gboolean
_g_flow_run_has_state (GFlowRun *self)
{
  /* Acquire: pairs with _g_flow_run_set_state(). A run that was refused has none. */
  return atomic_load_explicit (&self->state, memory_order_acquire) != G_FLOW_RUN_STATE_NEW &&
         self->lanes != NULL;
}

static inline GFlowNodeState
_g_flow_run_node_state (GFlowRun *self,
                        guint32   index)
{
  /* Acquire: pairs with the release when a node ends, for what it has done. */
  return atomic_load_explicit (&self->nodes[index].state, memory_order_acquire);
}

/* Marks are set before a node becomes ready, or by whoever runs it: the
 * countdown orders them. Cancelling one may come at any time, and need not be seen. */
static inline void
_g_flow_run_mark (GFlowRun *self,
                  guint32   index,
                  guint16   mark)
{
  atomic_fetch_or_explicit (&self->nodes[index].marks, mark, memory_order_relaxed);
}

static inline void
_g_flow_run_unmark (GFlowRun *self,
                    guint32   index,
                    guint16   mark)
{
  atomic_fetch_and_explicit (&self->nodes[index].marks, (guint16) ~mark, memory_order_relaxed);
}

static inline guint16
_g_flow_run_marks (GFlowRun *self,
                   guint32   index)
{
  return atomic_load_explicit (&self->nodes[index].marks, memory_order_relaxed);
}

static inline guint32
_g_flow_run_attention (GFlowRun *self)
{
  /* Acquire: pairs with whoever sets a bit, for what it tells of. */
  return atomic_load_explicit (&self->attention, memory_order_acquire);
}

/* Whether ready nodes are in the heaps: from the start, or because the run was
 * steered. */
static inline gboolean
_g_flow_run_is_heaped (GFlowRun *self)
{
  return self->plan->priorities != NULL ||
         (_g_flow_run_attention (self) & G_FLOW_ATTENTION_STEERED) != 0;
}

/* Whether what is ready has to wait. A run that is cancelled does not wait to end. */
static inline gboolean
_g_flow_run_is_paused (GFlowRun *self)
{
  /* Sequentially consistent: see _g_flow_run_notify_work(). */
  const guint32 attention = atomic_load_explicit (&self->attention, memory_order_seq_cst);

  return (attention & (G_FLOW_ATTENTION_PAUSED | G_FLOW_ATTENTION_CANCELLED)) ==
         G_FLOW_ATTENTION_PAUSED;
}

/* Whether nobody but who has these @n_refs references knows the object, or can get at it: nobody
 * else has a reference, or a weak one, which GObject keeps as data, and it has no other data.
 * Who had it before has let it go, by an atomic countdown, so that nothing is going
 * on with it in another thread. The lowest bits of the pointer to data are flags. */
static inline gboolean
_g_flow_is_unknown_beside (GObject *object,
                           int      n_refs)
{
  return g_atomic_int_get ((int *) &object->ref_count) == n_refs &&
         ((gsize) g_atomic_pointer_get (&object->qdata) & ~(gsize) 7) == 0;
}

static inline gboolean
_g_flow_is_unknown (GObject *object)
{
  return _g_flow_is_unknown_beside (object, 1);
}

/* Whether what the nodes do is written down: see gflow-record-private.h. */
static inline gboolean
_g_flow_run_is_recorded (GFlowRun *self)
{
  /* Relaxed: who sees it looks for the records, and does without if they are not there. */
  return (atomic_load_explicit (&self->attention, memory_order_relaxed) &
          G_FLOW_ATTENTION_RECORDED) != 0;
}

/* Whether a node that has ended will not look at results again. One that failed, or was
 * skipped for that, may be run again. */
static inline gboolean
_g_flow_run_has_read (GFlowRun       *self,
                      guint32         index,
                      GFlowNodeState  state)
{
  return state == G_FLOW_NODE_STATE_DONE ||
         (_g_flow_run_marks (self, index) & G_FLOW_MARK_BY_CHOICE) != 0;
}

/* Whether no node of the run is plain. */
static inline gboolean
_g_flow_run_routes_all (GFlowRun *self)
{
  return self->plan->priorities != NULL || self->parallel_lock != NULL;
}

/* Whether nothing of it was started though it seemed that it could be. */
static inline gboolean
_g_flow_run_is_refused (GFlowRun *self)
{
  /* Relaxed: who sees the nodes' states sees this, by these. */
  return (atomic_load_explicit (&self->attention, memory_order_relaxed) &
          G_FLOW_ATTENTION_REFUSED) != 0;
}

static inline GFlowLane *
_g_flow_run_context_lane (GFlowRun *self)
{
  return &self->lanes[self->n_lanes];
}

G_END_DECLS
