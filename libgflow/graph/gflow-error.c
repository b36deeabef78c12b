/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-error.h"

G_DEFINE_QUARK (g-flow-error-quark, g_flow_error)
