/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-run-private.h"

G_BEGIN_DECLS

void _g_flow_run_tell_common (GFlowRun *self);

G_END_DECLS
