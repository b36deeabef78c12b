/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-run-private.h"

G_BEGIN_DECLS

/* See gflow-scheduler.c */
extern G_GNUC_INTERNAL _Atomic guint _g_flow_n_hungry;

guint    _g_flow_count_processors     (void);
void     _g_flow_scheduler_work       (gpointer  job);
void     _g_flow_scheduler_activate   (GFlowRun *run);
void     _g_flow_scheduler_expect_caller (GFlowRun *run);
gboolean _g_flow_scheduler_deactivate (GFlowRun *run);
gboolean _g_flow_scheduler_keep       (GFlowRun *run);
gboolean _g_flow_scheduler_give       (GFlowRun *run);
void     _g_flow_scheduler_call       (GFlowRun *run);
void     _g_flow_scheduler_post       (GFlowRun *run);
void     _g_flow_scheduler_post_completion (GFlowRun *run,
                                            void      (*push) (GFlowRun *, gpointer),
                                            gpointer  completion);
void     _g_flow_scheduler_wake       (GFlowRun *run);
void     _g_flow_scheduler_inject     (GFlowRun *run,
                                       guint32   index);
void     _g_flow_scheduler_caller_is_busy (GFlowRun *run);
void     _g_flow_scheduler_caller_leaves (GFlowRun *run);
gboolean _g_flow_scheduler_help       (GFlowRun *run);
void     _g_flow_scheduler_lend       (GFlowFrame *frame);
void     _g_flow_scheduler_lend_likewise (GFlowRun *run);
void     _g_flow_scheduler_check_complete (GFlowRun *run);
gboolean _g_flow_scheduler_is_complete (GFlowRun *run);

/* See gflow-worker-func.c */
void     _g_flow_worker_main          (gpointer  job,
                                       gpointer  unused);

/* There is work for one more worker: to be called after it can be seen, by a
 * sequentially consistent write. A worker that leaves announces it (n_inside)
 * and then looks at the work; either it sees this work, or this sees it gone.
 * The same holds for hungry, which a worker clears before it looks. */
static inline void
_g_flow_run_notify_work (GFlowRun *self)
{
  if (atomic_load_explicit (&self->n_inside, memory_order_seq_cst) < self->n_lanes &&
      !atomic_load_explicit (&self->hungry, memory_order_seq_cst))
    _g_flow_scheduler_call (self);
}

G_END_DECLS
