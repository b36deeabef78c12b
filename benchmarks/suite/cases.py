# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is measured: sections of cases, and the peers of each."""

import collections

PEERS = ["flow", "before", "seq", "taskflow", "tbb-flow", "tbb-task", "gthreadpool", "uv", "gtask",
         "dex", "asyncio"]

# graph is GRAPH[@MODE]; extra holds options of the benchmark program.
Case = collections.namedtuple("Case", "section graph size threads repeats extra peers")


def count_nodes(graph, size):
    kind = graph.partition("@")[0]
    if kind == "tree":
        return 2 ** size - 1
    return size ** 2 if kind == "wave" else size


def count_repeats(graph, size):
    """Enough that the median of a small graph means something."""
    return max(3, min(101, 500_000 // count_nodes(graph, size)))


def make(section, graph, size, threads, peers, extra=(), repeats=None):
    return Case(section, graph, size, threads, repeats or count_repeats(graph, size), tuple(extra),
                tuple(peers))


def is_too_large(peer, graph, size):
    """What takes minutes and tells nothing new, or what the peer cannot do."""
    nodes = count_nodes(graph, size)
    if peer == "dex" and graph == "chain@task":
        return nodes > 1_000        # it recurses
    if peer == "dex" and graph == "chain@idle":
        return nodes > 20_000
    limits = {"uv": 10_500, "gtask": 110_000, "dex": 110_000, "asyncio": 110_000,
              "gthreadpool": 1_100_000, "taskflow": 1_100_000, "tbb-flow": 1_100_000}
    if peer == "uv" and graph == "chain":
        return nodes > 1_000        # 50 µs for each
    return nodes > limits.get(peer, 100_000_000)


def sync(quick):
    """Functions on worker threads."""
    peers = ["flow", "seq", "taskflow", "tbb-flow", "tbb-task", "gthreadpool", "uv"]
    sizes = {"chain": (1_000, 10_000, 100_000, 1_000_000),
             "fan": (1_000, 10_000, 100_000, 1_000_000),
             "tree": (10, 13, 17, 20), "wave": (32, 100, 316, 1_000),
             "rand": (1_000, 10_000, 100_000, 1_000_000)}
    for graph, all_sizes in sizes.items():
        for size in all_sizes[2:3] if quick else all_sizes:
            for threads in (1, 2):
                yield make("sync", graph, size, threads, peers)


def context(quick):
    """Functions and tasks in the main context."""
    sizes = (("context", 100_000), ("task", 1_000), ("task", 100_000), ("idle", 10_000),
             ("thread", 10_000))
    for mode, size in sizes:
        peers = ["flow", "seq"] if mode == "context" else ["flow", "gtask", "dex", "asyncio"]
        for graph in ("chain", "fan") if quick else ("chain", "fan", "rand"):
            yield make("async", f"{graph}@{mode}", size, 1, peers, repeats=5)


def work(quick):
    """Functions that take a microsecond: what a second thread is worth."""
    peers = ["flow", "taskflow", "tbb-flow", "tbb-task", "gthreadpool", "uv"]
    sizes = {"fan": 10_000, "tree": 13, "wave": 100, "rand": 10_000}
    for graph, size in sizes.items():
        for threads in (1, 2):
            yield make("work", graph, size, threads, peers, ["--body", "work:1000"], repeats=15)


def locks(quick):
    """A thousand nodes that need the same locks."""
    peers = ["flow", "taskflow", "gthreadpool"]
    for graph in ("bag", "bag@context", "bag@thread"):
        for kind in (None, "one", "eight", "two"):
            for threads in (1, 2) if graph == "bag" else (1,):
                extra = ["--locks", kind] if kind else []
                yield make("locks", graph, 1_000, threads, peers, extra,
                           repeats=5 if graph == "bag@thread" else 50)


def runs(quick):
    """Many runs of a small graph, one after the other or all at once."""
    in_sequence = ["flow", "seq", "taskflow", "tbb-flow", "tbb-task", "gthreadpool"]
    repeats = 10_000 if quick else 100_000
    for size in (1, 10):
        for threads in (1, 2):
            yield make("runs", "chain", size, threads, in_sequence, repeats=repeats)
    for threads in (1, 2):
        yield make("runs", "chain", 10, threads, ["flow", "taskflow"], ["--together", "1000"],
                   repeats=repeats // 1_000)


def watch(quick):
    """What it costs that somebody looks on."""
    for who in ("nobody", "flow", "node", "nodes", "progress", "model"):
        yield make("watch", "wave", 316, 1, ["flow"], ["--watch", who], repeats=9)


def gap(quick):
    """How late timers come while nodes complete in their main context."""
    for mode, size in (("context", 100_000), ("task", 100_000), ("idle", 100_000),
                       ("thread", 100_000)):
        yield make("gap", f"bag@{mode}", size, 1, ["flow", "gtask", "dex"], ["--timers"],
                   repeats=2 if quick else 5)
    yield make("gap", "bag@context", 100_000, 1, ["flow"], ["--timers", "--body", "work:1000"],
               repeats=2 if quick else 5)


def scaling(quick):
    """The same graphs from small to large: what benchmarks/plot draws."""
    sizes = {"chain": (1_000, 10_000, 100_000, 1_000_000, 10_000_000),
             "fan": (1_000, 10_000, 100_000, 1_000_000, 10_000_000),
             "tree": (10, 13, 17, 20, 23), "wave": (32, 100, 316, 1_000, 3_162),
             "rand": (1_000, 10_000, 100_000, 1_000_000, 10_000_000)}
    for graph, all_sizes in sizes.items():
        for size in all_sizes[:4] if quick else all_sizes:
            yield make("scaling", graph, size, 1, ["flow", "taskflow", "tbb-flow"])


SECTIONS = {"sync": sync, "async": context, "work": work, "locks": locks, "runs": runs,
            "watch": watch, "gap": gap, "scaling": scaling}


def all_cases(sections, quick):
    return [case for section in sections for case in SECTIONS[section](quick)]
