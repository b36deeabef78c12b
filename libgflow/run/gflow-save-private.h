/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-run-private.h"

G_BEGIN_DECLS

/* What is kept of a run, as a variant or in a journal, so that a later run can go on from
 * there. It has three parts:
 *
 * - The picture of the plan, of type a(sau): of each node its name and its upstreams.
 *   Nodes are numbers in it, as in a plan, but not those of the plan of a later run, in
 *   which they may have been added in another order.
 * - The parameters of the run, a{sv}.
 * - The outcomes of nodes, each a{sv}. A node that was done has one, with its result if it
 *   had one; and so has one that was skipped by choice, as what comes after it may be
 *   done. All other nodes have none. */

#define G_FLOW_PICTURE_TYPE "a(sau)"

/* A result that is larger is not kept. */
#define G_FLOW_MAX_KEPT_SIZE ((gsize) 256 << 20)

/* Plans, then and now: gflow-save-plan.c */
GVariant   *_g_flow_save_picture      (GFlowPlan       *plan);
guint32    *_g_flow_save_match        (GVariant        *then,
                                       GVariant        *now,
                                       GError         **error);
gboolean    _g_flow_save_check_parameters (GVariant    *then,
                                       GVariant        *now,
                                       GError         **error);

/* Outcomes: gflow-save-outcome.c */
gboolean    _g_flow_outcome_is_kept   (GFlowRun        *run,
                                       guint32          index,
                                       GFlowNodeState   state);
guint64     _g_flow_outcome_digest    (const GValue    *item);
GVariant   *_g_flow_outcome_new       (GFlowRun        *run,
                                       guint32          index,
                                       GFlowNodeState   state);
gboolean    _g_flow_outcome_is_skipped (GVariant       *outcome);
gboolean    _g_flow_outcome_has_result (GVariant       *outcome);
gboolean    _g_flow_outcome_get_result (GVariant       *outcome,
                                       GValue          *value);
char      **_g_flow_outcome_dup_choice (GVariant      *outcome);
void        _g_flow_outcomes_free     (GVariant       **outcomes,
                                       guint            n);

/* Taking nodes over: gflow-save-restore.c */
void        _g_flow_run_take_over     (GFlowRun        *self);
void        _g_flow_run_route_rest    (GFlowRun        *self,
                                       GFlowLane       *lane);

/* gflow-save.c */
gboolean    _g_flow_run_find_restored (GFlowRun        *self,
                                       GError         **error);

G_END_DECLS
