#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a node costs in Python: peer-python.py [--rounds N] [--size N] [--json] [GRAPH…]

Every peer runs each graph once per round, in an order that rotates. Prints the median time per
node in microseconds, of a run of a graph that is there already.

  flow-context  libgflow, def, placement CONTEXT
  flow-worker   libgflow, def, on workers
  flow-async    libgflow, async def, under asyncio
  flow-wait     the same, with bodies that wait for an iteration of the loop
  asyncio       async def, started by hand in a TaskGroup, with counters of upstreams
  asyncio-wait  the same, with bodies that wait for an iteration of the loop
  asyncio-thread  the same, def in the threads of asyncio
  asyncflow     the design of asyncflow: a task for each job, and one that waits for their ends
  asyncflow-thread  the same, def in the threads of asyncio
"""

import argparse
import asyncio
import collections
import json
import statistics
import time

import gi

gi.require_version('GFlow', '1')
from gi.repository import GFlow

Graph = collections.namedtuple('Graph', 'upstreams')


def chain(size):
    return Graph([[n - 1] if n > 0 else [] for n in range(size)])


def fan(size):
    return Graph([[]] + [[0]] * (size - 2) + [list(range(1, size - 1))])


GRAPHS = {'chain': chain, 'fan': fan}


def new_def(counts, number):
    def job():
        counts[number] += 1
    return job


def new_async_def(counts, number):
    async def job():
        counts[number] += 1
    return job


def new_waiting_def(counts, number):
    async def job():
        await asyncio.sleep(0)
        counts[number] += 1
    return job


# libgflow

def build_flow(graph, jobs, **properties):
    flow = GFlow.Flow()
    for number, (upstreams, job) in enumerate(zip(graph.upstreams, jobs)):
        flow.node(job, upstream=[jobs[n] for n in upstreams], name=f'job {number}', **properties)
    flow.validate()
    return flow


def flow_context(graph, jobs):
    flow = build_flow(graph, jobs, placement=GFlow.FlowPlacement.CONTEXT)
    return lambda: flow.execute_sync()


def flow_worker(graph, jobs):
    flow = build_flow(graph, jobs)
    return lambda: flow.execute_sync()


def flow_async(graph, jobs):
    flow = build_flow(graph, jobs)

    async def execute():
        await flow.execute()
    return execute


# asyncio by hand

def downstreams_of(graph):
    downstreams = [[] for _ in graph.upstreams]
    for number, upstreams in enumerate(graph.upstreams):
        for upstream in upstreams:
            downstreams[upstream].append(number)
    return downstreams


def by_hand(graph, jobs, in_thread=False):
    downstreams = downstreams_of(graph)
    missing_at_start = [len(upstreams) for upstreams in graph.upstreams]

    async def execute():
        missing = list(missing_at_start)

        async def run(number):
            if in_thread:
                await asyncio.get_running_loop().run_in_executor(None, jobs[number])
            else:
                await jobs[number]()
            for downstream in downstreams[number]:
                missing[downstream] -= 1
                if missing[downstream] == 0:
                    group.create_task(run(downstream))

        async with asyncio.TaskGroup() as group:
            for number, count in enumerate(missing_at_start):
                if count == 0:
                    group.create_task(run(number))
    return execute


# The design of asyncflow

def asyncflow(graph, jobs, in_thread=False):
    """Jobs and their upstreams are looked up by function; ends go through a queue."""
    upstreams_of = {job: {jobs[n] for n in upstreams}
                    for job, upstreams in zip(jobs, graph.upstreams)}
    downstreams_of_job = collections.defaultdict(set)
    for job, upstreams in upstreams_of.items():
        for upstream in upstreams:
            downstreams_of_job[upstream].add(job)

    async def execute():
        remaining = {job: set(upstreams) for job, upstreams in upstreams_of.items()}
        ended = asyncio.Queue()
        tasks = []

        async def run(job):
            if in_thread:
                await asyncio.get_running_loop().run_in_executor(None, job)
            else:
                await job()
            await ended.put(job)

        def start(job):
            tasks.append(asyncio.create_task(run(job), name=job.__name__))

        for job, upstreams in remaining.items():
            if not upstreams:
                start(job)
        for _ in range(len(remaining)):
            job = await ended.get()
            for downstream in downstreams_of_job[job]:
                remaining[downstream].discard(job)
                if not remaining[downstream]:
                    start(downstream)
        for task in tasks:
            await task
    return execute


PEERS = {
    'flow-context': (new_def, flow_context),
    'flow-worker': (new_def, flow_worker),
    'flow-async': (new_async_def, flow_async),
    'flow-wait': (new_waiting_def, flow_async),
    'asyncio': (new_async_def, by_hand),
    'asyncio-wait': (new_waiting_def, by_hand),
    'asyncio-thread': (new_def, lambda graph, jobs: by_hand(graph, jobs, in_thread=True)),
    'asyncflow': (new_async_def, asyncflow),
    'asyncflow-thread': (new_def, lambda graph, jobs: asyncflow(graph, jobs, in_thread=True)),
}


class Bench:
    """One peer with one graph."""

    def __init__(self, peer, graph):
        new_job, build = PEERS[peer]
        self.counts = [0] * len(graph.upstreams)
        self.n_runs = 0
        self.execute = build(graph, [new_job(self.counts, n) for n in range(len(self.counts))])
        self.figures = []

    def run(self, keep=True):
        if asyncio.iscoroutinefunction(self.execute):
            seconds = asyncio.run(self.run_async())
        else:
            start = time.perf_counter()
            self.execute()
            seconds = time.perf_counter() - start
        self.n_runs += 1
        assert self.counts == [self.n_runs] * len(self.counts), 'a node did not run once'
        if keep:
            self.figures.append(seconds * 1e6 / len(self.counts))

    async def run_async(self):
        start = time.perf_counter()
        await self.execute()
        return time.perf_counter() - start

    @property
    def microseconds(self):
        return statistics.median(self.figures)


def measure(graph, peers, rounds):
    benches = {peer: Bench(peer, graph) for peer in peers}
    for bench in benches.values():
        bench.run(keep=False)
    for number in range(rounds):
        turn = number % len(peers)
        for peer in peers[turn:] + peers[:turn]:
            benches[peer].run()
    return {peer: bench.microseconds for peer, bench in benches.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('graphs', nargs='*', metavar='GRAPH', default=list(GRAPHS))
    parser.add_argument('--rounds', type=int, default=7)
    parser.add_argument('--size', type=int, default=2000, help='nodes of a graph')
    parser.add_argument('--peer', action='append', choices=PEERS, help='only these')
    parser.add_argument('--json', action='store_true', help='one line of JSON for each graph')
    options = parser.parse_args()
    peers = options.peer or list(PEERS)
    for name in options.graphs:
        result = measure(GRAPHS[name](options.size), peers, options.rounds)
        if options.json:
            print(json.dumps({'graph': name, 'size': options.size, 'us': result}))
            continue
        print(f'{name}, {options.size} nodes')
        for peer, microseconds in result.items():
            print(f'  {peer:17} {microseconds:7.2f} µs')


if __name__ == '__main__':
    main()
