/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-types.h"

G_BEGIN_DECLS

/**
 * GFlowError:
 * @G_FLOW_ERROR_EXISTS: a name or a node is already in the flow
 * @G_FLOW_ERROR_UNKNOWN_NODE: a node is needed that is not in the flow
 * @G_FLOW_ERROR_CYCLE: nodes wait for each other
 * @G_FLOW_ERROR_TOPOLOGY: the shape of the graph does not allow what was asked
 * @G_FLOW_ERROR_FROZEN: the flow is open and cannot be edited
 * @G_FLOW_ERROR_NOT_OPEN: the flow must be open for this
 * @G_FLOW_ERROR_START_FAILED: an executor could not be started
 * @G_FLOW_ERROR_SKIPPED: a node was not run
 * @G_FLOW_ERROR_ABANDONED: a body dropped its task without returning on it
 * @G_FLOW_ERROR_RECURSION: something would have to wait for itself, or nests too deep
 * @G_FLOW_ERROR_BAD_FILE: a file cannot be understood
 * @G_FLOW_ERROR_BAD_INPUT: input data cannot be understood
 * @G_FLOW_ERROR_REMOTE: a remote executor failed
 * @G_FLOW_ERROR_FAILED: any other failure
 *
 * Errors of libgflow, in the domain %G_FLOW_ERROR.
 *
 * Codes are appended, never reordered. Cancellation is always
 * %G_IO_ERROR_CANCELLED.
 *
 * Since: 0.1
 */
typedef enum
{
  G_FLOW_ERROR_EXISTS,
  G_FLOW_ERROR_UNKNOWN_NODE,
  G_FLOW_ERROR_CYCLE,
  G_FLOW_ERROR_TOPOLOGY,
  G_FLOW_ERROR_FROZEN,
  G_FLOW_ERROR_NOT_OPEN,
  G_FLOW_ERROR_START_FAILED,
  G_FLOW_ERROR_SKIPPED,
  G_FLOW_ERROR_ABANDONED,
  G_FLOW_ERROR_RECURSION,
  G_FLOW_ERROR_BAD_FILE,
  G_FLOW_ERROR_BAD_INPUT,
  G_FLOW_ERROR_REMOTE,
  G_FLOW_ERROR_FAILED,
} GFlowError;

#define G_FLOW_ERROR (g_flow_error_quark ())

G_FLOW_AVAILABLE_IN_0_1
GQuark g_flow_error_quark (void);

G_END_DECLS
