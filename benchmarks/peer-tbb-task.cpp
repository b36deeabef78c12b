// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// bench-tbb-task: tasks of oneTBB with counters by hand. Of the nodes that become
// ready, one is run at once by the same thread, the others become tasks.

#include "bench-harness.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_group.h>

namespace {

struct Node
{
  std::atomic<uint32_t> waits_for;
  uint32_t              n_upstreams;
  uint32_t              n_downstreams;
  const uint32_t       *downstreams;
};

struct Tasks
{
  uint32_t                    n_nodes;
  std::unique_ptr<Node[]>     nodes;
  std::unique_ptr<uint32_t[]> edges;
  oneapi::tbb::task_group     group;
};

std::unique_ptr<oneapi::tbb::global_control> limit;

void
set_up (const BenchSetup *setup)
{
  using oneapi::tbb::global_control;

  limit = std::make_unique<global_control> (global_control::max_allowed_parallelism,
                                            setup->n_threads);
}

void *
build (const BenchGraph *graph)
{
  auto self = new Tasks;

  self->n_nodes = graph->n_nodes;
  self->nodes = std::make_unique<Node[]> (graph->n_nodes);
  self->edges = std::make_unique<uint32_t[]> (graph->n_edges + 1);
  std::copy_n (graph->downstreams, graph->n_edges, self->edges.get ());
  for (uint32_t i = 0; i < graph->n_nodes; i++)
    {
      Node &node = self->nodes[i];

      node.n_upstreams = bench_graph_n_upstreams (graph, i);
      node.waits_for.store (node.n_upstreams, std::memory_order_relaxed);
      node.downstreams = &self->edges[graph->first_downstream[i]];
      node.n_downstreams = graph->first_downstream[i + 1] - graph->first_downstream[i];
    }

  return self;
}

constexpr uint32_t nothing = UINT32_MAX;

void
run_from (Tasks    *self,
          uint32_t  number)
{
  while (number != nothing)
    {
      Node &node = self->nodes[number];
      uint32_t next = nothing;

      bench_body (number);
      node.waits_for.store (node.n_upstreams, std::memory_order_relaxed);
      for (uint32_t i = 0; i < node.n_downstreams; i++)
        {
          uint32_t ready = node.downstreams[i];

          if (self->nodes[ready].waits_for.fetch_sub (1, std::memory_order_acq_rel) != 1)
            continue;
          if (next == nothing)
            next = ready;
          else
            self->group.run ([self, ready] { run_from (self, ready); });
        }
      number = next;
    }
}

void
run (void *built)
{
  auto self = static_cast<Tasks *> (built);

  for (uint32_t i = 0; i < self->n_nodes; i++)
    {
      if (self->nodes[i].n_upstreams == 0)
        self->group.run ([self, i] { run_from (self, i); });
    }
  self->group.wait ();
}

void
destroy (void *built)
{
  delete static_cast<Tasks *> (built);
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
    .name = "tbb-task",
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
