// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// bench-tbb-flow: the flow graph of oneTBB, one continue_node for every node.

#include "bench-harness.h"

#include <deque>
#include <memory>
#include <oneapi/tbb/flow_graph.h>
#include <oneapi/tbb/global_control.h>
#include <vector>

namespace flow = oneapi::tbb::flow;
using Message = flow::continue_msg;
using Node = flow::continue_node<Message>;

namespace {

struct Graph
{
  flow::graph         graph;
  std::deque<Node>    nodes;   // nodes cannot be moved
  std::vector<Node *> roots;
};

std::unique_ptr<oneapi::tbb::global_control> limit;

void
set_up (const BenchSetup *setup)
{
  using oneapi::tbb::global_control;

  // The calling thread is one of them.
  limit = std::make_unique<global_control> (global_control::max_allowed_parallelism,
                                            setup->n_threads);
}

void *
build (const BenchGraph *graph)
{
  auto self = new Graph;

  for (uint32_t i = 0; i < graph->n_nodes; i++)
    {
      self->nodes.emplace_back (self->graph, [i] (const Message &) { bench_body (i); });
      if (bench_graph_n_upstreams (graph, i) == 0)
        self->roots.push_back (&self->nodes.back ());
      for (uint32_t k = graph->first_upstream[i]; k < graph->first_upstream[i + 1]; k++)
        flow::make_edge (self->nodes[graph->upstreams[k]], self->nodes[i]);
    }

  return self;
}

void
run (void *built)
{
  auto self = static_cast<Graph *> (built);

  for (auto root : self->roots)
    root->try_put (Message ());
  self->graph.wait_for_all ();
}

void
destroy (void *built)
{
  delete static_cast<Graph *> (built);
}

void
tear_down ()
{
  limit.reset ();
}

}

int
main (int    argc,
      char **argv)
{
  static const BenchPeer peer = {
    .name = "tbb-flow",
    .modes = BENCH_IN (BENCH_MODE_SYNC),
    .features = 0,
    .set_up = set_up,
    .build = build,
    .compile = nullptr,
    .prepare = nullptr,
    .run = run,
    .destroy = destroy,
    .tear_down = tear_down,
  };

  return bench_main (argc, argv, &peer);
}
