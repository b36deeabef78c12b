/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The graphs that all peers run. Nodes are numbered so that an edge always goes
 * from a smaller number to a larger one. The edges of node i are, as
 * downstreams, downstreams[first_downstream[i]] up to, not including,
 * downstreams[first_downstream[i + 1]]; upstreams likewise. */
typedef struct
{
  uint32_t  n_nodes;
  uint32_t  n_edges;
  uint32_t *first_downstream;
  uint32_t *downstreams;
  uint32_t *first_upstream;
  uint32_t *upstreams;
} BenchGraph;

/* kind    size is the number of …   nodes
 * chain   nodes                     size
 * fan     nodes in the middle       size + 2
 * tree    layers, binary            2^size − 1
 * wave    nodes on a side           size²
 * rand    nodes, in 100 layers      size
 * bag     nodes, without edges      size */
bool bench_graph_init  (BenchGraph *self,
                        const char *kind,
                        uint32_t    size);
void bench_graph_clear (BenchGraph *self);

static inline uint32_t
bench_graph_n_upstreams (const BenchGraph *self,
                         uint32_t          node)
{
  return self->first_upstream[node + 1] - self->first_upstream[node];
}

#ifdef __cplusplus
}
#endif
