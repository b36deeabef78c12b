/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-error.h"

/**
 * g_flow_error_quark:
 *
 * Gets the domain of the errors of libgflow, %G_FLOW_ERROR.
 *
 * Returns: the domain
 *
 * Since: 0.1
 */
G_DEFINE_QUARK (g-flow-error-quark, g_flow_error)
