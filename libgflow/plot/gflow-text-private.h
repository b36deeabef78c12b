/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "run/gflow-run.h"

G_BEGIN_DECLS

/* What the text formats share: how a node is drawn in which state. */
typedef struct
{
  const char *name; /* of the class in Mermaid */
  const char *fill;
  const char *line;
} GFlowLook;

#define G_FLOW_N_LOOKS (G_FLOW_NODE_STATE_CANCELLED + 1)

const GFlowLook *_g_flow_get_look        (GFlowNodeState  state);
char            *_g_flow_escape_label    (const char     *text,
                                          gunichar        quote,
                                          const char     *quoted);

G_END_DECLS
