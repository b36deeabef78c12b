#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""bench-asyncio: what one writes by hand with Python's asyncio.

Every node is a task; when it has ended it starts those that became ready. The
command line and the answer are those of the other programs. The random graph
has as many nodes and edges as theirs, but other ones.
"""

import argparse
import asyncio
import json
import queue
import random
import resource
import statistics
import sys
import threading
import time


def rand_upstreams(size):
    """Each node needs four of the layer before; some edges more skip a layer."""
    generator = random.Random(20)
    width = max(4, size // 100)
    upstreams = [[] for _ in range(width)]
    for node in range(width, size):
        layer = range(node // width * width - width, node // width * width)
        upstreams.append(generator.sample(layer, 4))
    for node in range(2 * width, min(6 * width, size)):
        first = node // width * width - 2 * width
        upstreams[node].append(generator.randrange(first, first + width))
    return upstreams


def wave_upstreams(size):
    return [[node - 1] * (node % size > 0) + [node - size] * (node >= size)
            for node in range(size * size)]


GRAPHS = {
    "chain": lambda size: [[]] + [[node - 1] for node in range(1, size)],
    "fan": lambda size: [[]] + [[0] for _ in range(size)] + [list(range(1, size + 1))],
    "tree": lambda size: [[]] + [[(node - 1) // 2] for node in range(1, 2 ** size - 1)],
    "wave": wave_upstreams,
    "rand": rand_upstreams,
    "bag": lambda size: [[] for _ in range(size)],
}


class Completer:
    """The other thread from which nodes complete."""

    def __init__(self, loop):
        self.loop = loop
        self.futures = queue.SimpleQueue()
        threading.Thread(target=self.main, daemon=True).start()

    def main(self):
        while True:
            future = self.futures.get()
            self.loop.call_soon_threadsafe(future.set_result, None)

    async def complete(self):
        future = self.loop.create_future()
        self.futures.put(future)
        await future


async def complete_at_once():
    pass


async def complete_from_idle():
    await asyncio.sleep(0)


class Graph:
    def __init__(self, upstreams, body, complete):
        self.n_upstreams = [len(nodes) for nodes in upstreams]
        self.downstreams = [[] for _ in upstreams]
        for node, needed in enumerate(upstreams):
            for upstream in needed:
                self.downstreams[upstream].append(node)
        self.body = body
        self.complete = complete

    async def node(self, number):
        self.body(number)
        await self.complete()
        waits_for = self.waits_for
        for downstream in self.downstreams[number]:
            waits_for[downstream] -= 1
            if waits_for[downstream] == 0:
                self.start(downstream)
        self.n_left -= 1
        if self.n_left == 0:
            self.ended.set_result(None)

    def start(self, number):
        # The loop keeps no hard reference to a task.
        self.tasks[number] = self.loop.create_task(self.node(number))

    async def run(self):
        self.loop = asyncio.get_running_loop()
        self.ended = self.loop.create_future()
        self.waits_for = self.n_upstreams.copy()
        self.n_left = len(self.waits_for)
        self.tasks = [None] * self.n_left
        for number, n_upstreams in enumerate(self.n_upstreams):
            if n_upstreams == 0:
                self.start(number)
        await self.ended


class Body:
    """Counts calls, or checks them."""

    def __init__(self, upstreams):
        self.upstreams = upstreams
        self.n_calls = [0] * len(upstreams)
        self.n_errors = 0

    def trivial(self, number):
        self.n_calls[number] += 1

    def verify(self, number):
        self.n_calls[number] += 1
        now = self.n_calls[number]
        self.n_errors += any(self.n_calls[upstream] != now for upstream in self.upstreams[number])

    def is_right(self, n_runs):
        return self.n_errors == 0 and all(calls == n_runs for calls in self.n_calls)


def resident_bytes():
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def timed(func, *arguments):
    start = time.perf_counter_ns()
    result = func(*arguments)
    return result, time.perf_counter_ns() - start


def parse_arguments():
    parser = argparse.ArgumentParser(prog="bench-asyncio", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("graph", metavar="GRAPH@MODE", help="modes: task, idle, thread")
    for name in ("size", "threads", "repeats"):
        parser.add_argument(name, type=int)
    parser.add_argument("--body", default="trivial", help="trivial (default) or verify")
    options, others = parser.parse_known_args()
    options.graph, _, options.mode = options.graph.partition("@")
    if options.graph not in GRAPHS:
        parser.error(f"no graph {options.graph}")
    if others or options.mode not in ("task", "idle", "thread") \
            or options.body not in ("trivial", "verify"):
        print("bench-asyncio: cannot do this", file=sys.stderr)
        sys.exit(3)
    return options


def main():
    options = parse_arguments()
    upstreams = GRAPHS[options.graph](options.size)
    loop = asyncio.new_event_loop()
    body = Body(upstreams)
    complete = {
        "task": complete_at_once,
        "idle": complete_from_idle,
        "thread": Completer(loop).complete,
    }[options.mode]

    def build():
        return Graph(upstreams, getattr(body, options.body), complete)

    def run():
        loop.run_until_complete(graph.run())

    before = resident_bytes()
    graph, build_ns = timed(build)
    built = resident_bytes()
    first_ns = timed(run)[1]
    resident = [resident_bytes()]
    run_ns = []
    sleeps = resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw
    for number in range(options.repeats):
        run_ns.append(timed(run)[1])
        if number == options.repeats // 2:
            resident.append(resident_bytes())
    sleeps = resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw - sleeps
    resident.append(resident_bytes())
    ok = body.is_right(options.repeats + 1)

    nodes = len(upstreams)
    print(json.dumps({
        "peer": "asyncio", "graph": options.graph, "mode": options.mode, "size": options.size,
        "threads": options.threads, "repeats": options.repeats, "body": options.body,
        "locks": "none", "watch": "nobody", "together": 1,
        "nodes": nodes, "edges": sum(map(len, upstreams)),
        "build_ns_per_node": build_ns / nodes,
        "run_ns_per_node": statistics.median(run_ns) / nodes,
        "run_min_ns_per_node": min(run_ns) / nodes,
        "run_first_ns_per_node": first_ns / nodes,
        "built_bytes_per_node": (built - before) / nodes,
        "ran_bytes_per_node": (resident[0] - before) / nodes,
        "resident_kib": [value // 1024 for value in resident],
        "peak_kib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
        "sleeps_per_run": sleeps / options.repeats, "busiest_share": 1.0, "ok": ok,
    }))
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
