/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gflow.h>

/* What bench-vala measures Vala against. */

typedef enum
{
  BENCH_BODY_SYNC,           /* a function, on worker threads */
  BENCH_BODY_CONTEXT,        /* a function, in the main context */
  BENCH_BODY_TASK,           /* a GTask that completes at once */
} BenchBody;

/* What every node does, in C and in Vala. */
void       bench_touch            (guint32    number);

/* The number of the node is its user data. */
GFlowNode *bench_add_plain_node   (GFlow     *flow,
                                   BenchBody  body,
                                   guint32    number);

/* The user data is a pointer to the number, as it is in Vala for a lambda that
 * captures the number. */
GFlowNode *bench_add_data_node    (GFlow     *flow,
                                   BenchBody  body,
                                   guint32    number);
