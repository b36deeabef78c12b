// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// bench-taskflow: Taskflow, one task for every node, tf::Semaphore for locks.

#include "bench-harness.h"

#include <memory>
#include <taskflow/taskflow.hpp>
#include <vector>

namespace {

struct Graph
{
  std::vector<std::unique_ptr<tf::Semaphore>> locks;
  tf::Taskflow                                flow;
};

const BenchSetup *setup;
std::unique_ptr<tf::Executor> executor;

void
set_up (const BenchSetup *wanted)
{
  setup = wanted;
  executor = std::make_unique<tf::Executor> (setup->n_threads);
}

void
add_locks (Graph *self, std::vector<tf::Task> &tasks)
{
  const BenchLocks *kind = setup->locks;

  for (uint32_t i = 0; i < kind->n_locks; i++)
    self->locks.push_back (std::make_unique<tf::Semaphore> (kind->n_permits));

  for (uint32_t i = 0; i < tasks.size (); i++)
    {
      for (uint32_t n = 0; n < kind->n_per_node; n++)
        {
          tf::Semaphore &lock = *self->locks[bench_locks_get (kind, i, n)];

          tasks[i].acquire (lock);
          tasks[i].release (lock);
        }
    }
}

void *
build (const BenchGraph *graph)
{
  auto self = new Graph;
  std::vector<tf::Task> tasks (graph->n_nodes);

  for (uint32_t i = 0; i < graph->n_nodes; i++)
    {
      tasks[i] = self->flow.emplace ([i] { bench_body (i); });
      for (uint32_t k = graph->first_upstream[i]; k < graph->first_upstream[i + 1]; k++)
        tasks[graph->upstreams[k]].precede (tasks[i]);
    }
  if (setup->locks != nullptr)
    add_locks (self, tasks);

  return self;
}

// Runs of one graph queue up for each other.
void
run (void *built)
{
  auto self = static_cast<Graph *> (built);

  for (unsigned i = 1; i < setup->n_together; i++)
    executor->run (self->flow);
  executor->run (self->flow).wait ();
}

void
destroy (void *built)
{
  delete static_cast<Graph *> (built);
}

void
tear_down ()
{
  executor.reset ();
}

}

int
main (int    argc,
      char **argv)
{
  static const BenchPeer peer = {
    .name = "taskflow",
    .modes = BENCH_IN (BENCH_MODE_SYNC),
    .features = BENCH_HAS_LOCKS | BENCH_HAS_TOGETHER,
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
