# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Answers as Markdown tables, one function for each. They return lines."""

from suite.cases import SECTIONS
from suite.results import geometric_mean, peers_of, rows

NAMES = {"flow": "libgflow", "before": "libgflow before", "seq": "sequential",
         "taskflow": "Taskflow", "tbb-flow": "TBB flow graph", "tbb-task": "TBB tasks",
         "gthreadpool": "GThreadPool", "uv": "libuv", "gtask": "GTask", "dex": "libdex",
         "asyncio": "asyncio"}


def text(value):
    if value is None:
        return "–"
    if value < 10:
        return f"{value:.1f}"
    return f"{value:,.0f}"


def times(value):
    if value is None:
        return "–"
    if value >= 10:
        return f"{value:.0f}×"
    return f"{value:.2f}×" if value >= 0.1 else f"{value:.3f}×"


def table(header, body, left=1):
    """Figures are aligned to the right; the first columns, left of them, are no figures."""
    widths = [max(len(line[column]) for line in [header] + body) for column in range(len(header))]
    lines = []
    for line in [header, None] + body:
        if line is None:
            cells = ["-" * width for width in widths[:left]]
            cells += ["-" * (width - 1) + ":" for width in widths[left:]]
        else:
            cells = [cell.ljust(width) for cell, width in zip(line[:left], widths)]
            cells += [cell.rjust(width) for cell, width in zip(line[left:], widths[left:])]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def graph_of(row):
    return row.graph if row.mode == "sync" else f"{row.graph}@{row.mode}"


def where(row):
    return [graph_of(row), f"{row.nodes:,}", str(row.threads)]


WHERE = ["graph", "nodes", "threads"]


def run_cell(row, peer):
    """ns per node, and how many times as long as libgflow."""
    if not row.has(peer):
        return "–"
    cell = text(row.median(peer))
    if peer != "flow" and row.has("flow"):
        cell += f" ({times(row.ratio(peer))})"
    return cell + ("~" if row.is_noisy(peer) else "")


def compare_runs(found):
    peers = peers_of(found)
    body = [where(row) + [run_cell(row, peer) for peer in peers] for row in found]
    if len(found) > 1:
        means = [geometric_mean([row.ratio(peer) for row in found]) for peer in peers]
        body.append(["geometric mean", "", ""] + [times(mean) for mean in means])
    return table(WHERE + [NAMES[peer] for peer in peers], body)


def sync(answers):
    return compare_runs(rows(answers, "sync"))


def goals(answers):
    """libgflow against the better of the two that are graphs too."""
    body = []
    for row in rows(answers, "sync"):
        ratios = [row.ratio(peer) for peer in ("taskflow", "tbb-flow") if row.has(peer)]
        if ratios and row.has("flow"):
            first = row.median("flow", "run_first_ns_per_node") / row.median("flow")
            body.append(where(row) + [times(min(ratios)), times(row.ratio("tbb-task")),
                                      times(first)])
    return table(WHERE + ["better of Taskflow and TBB flow graph", "TBB tasks",
                          "first run of libgflow"], body)


def context(answers):
    return compare_runs(rows(answers, "async"))


def with_options(row):
    """The graph, and what else tells cases of a section from each other."""
    options = [f"locks {row.locks}" if row.locks != "none" else "",
               f"watched: {row.watch}" if row.watch != "nobody" else "",
               row.body if row.body != "trivial" else "",
               f"{row.together:,} at once" if row.together > 1 else ""]
    return ", ".join([graph_of(row)] + [option for option in options if option])


def before(answers):
    """libgflow divided by what another build of it took: medians within rounds, and the best."""
    found = {}
    for section in SECTIONS:
        for row in rows(answers, section):
            if row.has("flow") and row.has("before"):
                found.setdefault((section, with_options(row), row.threads), []).append(row)
    body = []
    for (section, graph, threads), some in found.items():
        medians = [row.ratio("flow", "before") for row in some]
        bests = [row.best("flow") / row.best("before") for row in some]
        body.append([section, graph, str(threads), str(len(some)),
                     times(geometric_mean(medians)), times(geometric_mean(bests))])
    return table(["section", "graph", "threads", "cases", "medians", "best"], body, left=2)


def life(answers):
    """The other costs of libgflow."""
    figures = {
        "build": "build_ns_per_node", "compile": "compile_ns_per_node",
        "first run": "run_first_ns_per_node", "others": "run_ns_per_node",
        "bytes, built": "built_bytes_per_node", "compiled": "compiled_bytes_per_node",
        "run": "ran_bytes_per_node",
    }
    body = [where(row)[:2] + [text(row.median("flow", figure)) for figure in figures.values()]
            for row in rows(answers, "scaling") if row.has("flow")]
    return table(WHERE[:2] + list(figures), body)


def compare_figure(answers, figure):
    """Of large graphs only: small ones measure the allocator and the page size."""
    found = [row for row in rows(answers, "sync") if row.threads == 1 and row.nodes >= 50_000]
    peers = [peer for peer in peers_of(found) if peer != "seq"]
    body = [where(row)[:2] + [text(row.median(peer, figure)) for peer in peers] for row in found]
    return table(WHERE[:2] + [NAMES[peer] for peer in peers], body)


def build(answers):
    return compare_figure(answers, "build_ns_per_node")


def memory(answers):
    return compare_figure(answers, "ran_bytes_per_node")


def work(answers):
    """One thread's time divided by that of two."""
    found = rows(answers, "work")
    peers = peers_of(found)
    ones = {row.graph: row for row in found if row.threads == 1}
    body = []
    for row in found:
        if row.threads == 2 and row.graph in ones:
            one = ones[row.graph]
            body.append(where(row)[:2] + [
                f"{one.median(peer) / row.median(peer):.2f} ({text(row.median(peer))})"
                if row.has(peer) and one.has(peer) else "–" for peer in peers])
    return table(WHERE[:2] + [NAMES[peer] for peer in peers], body)


def locks(answers):
    """ns per node; threads that went to sleep, per run."""
    found = rows(answers, "locks")
    peers = peers_of(found)

    def cell(row, peer):
        if not row.has(peer):
            return "–"
        return f"{text(row.median(peer))} · {text(row.median(peer, 'sleeps_per_run'))}"

    body = [[graph_of(row), row.locks, str(row.threads)] + [cell(row, peer) for peer in peers]
            for row in found]
    return table(["graph", "locks", "threads"] + [NAMES[peer] for peer in peers], body)


def how_many(row, answers):
    if row.together > 1:
        return f"{row.together:,} at once"
    return f"{max(answer['repeats'] for answer in answers.values()):,} in sequence"


def runs(answers):
    """ns per run."""
    found = rows(answers, "runs")
    peers = peers_of(found)
    body = []
    for row in found:
        some = next(iter(row.by_peer.values()))
        cells = []
        for peer in peers:
            if not row.has(peer):
                cells.append("–")
                continue
            cell = text(row.median(peer) * row.nodes)
            if peer != "flow" and row.has("flow"):
                cell += f" ({times(row.ratio(peer))})"
            cells.append(cell)
        body.append([how_many(row, some), str(row.nodes), str(row.threads)] + cells)
    return table(["runs", "nodes", "threads"] + [NAMES[peer] for peer in peers], body)


def flat(answers):
    """KiB that the process has after the first, the middle and the last run."""
    body = []
    for row in rows(answers, "runs"):
        if not row.has("flow"):
            continue
        by_round = row.by_peer["flow"]
        worst = max(by_round.values(), key=lambda answer: answer["resident_kib"][2]
                    - answer["resident_kib"][0])
        body.append([how_many(row, by_round), str(row.nodes), str(row.threads)]
                    + [f"{kib:,}" for kib in worst["resident_kib"]])
    return table(["runs", "nodes", "threads", "first", "middle", "last"], body)


def watch(answers):
    """What a watcher adds, per node."""
    found = rows(answers, "watch")
    nobody = next((row for row in found if row.watch == "nobody"), None)
    body = []
    for row in found:
        cells = [text(row.median("flow", "build_ns_per_node")), text(row.median("flow"))]
        if nobody is not None:
            cells.append(f"{row.median('flow') - nobody.median('flow'):+,.1f}")
        body.append([row.watch] + cells)
    return table(["who looks on", "build", "run", "added to the run"], body)


# What libgflow takes for one dispatch, in ms.
BUDGET = 2


def gap(answers):
    """How much later than due a 60 Hz timer came, at worst, in ms."""
    found = rows(answers, "gap")
    peers = peers_of(found)

    def cell(row, peer):
        if not row.has(peer):
            return "–"
        timer, redraw = (row.median(peer, figure) / 1000
                         for figure in ("timer_late_us", "redraw_late_us"))
        return f"{timer:,.1f} / {redraw:,.1f} ({timer / BUDGET:,.1f}×)"

    body = [[with_options(row), f"{row.nodes:,}"]
            + [cell(row, peer) for peer in peers] for row in found]
    return table(["graph", "nodes"] + [NAMES[peer] for peer in peers], body)


def counts(answers):
    figures = {
        "instructions": "instructions_per_node", "loads and stores": "accesses_per_node",
        "misses of the first cache": "first_misses_per_node",
        "of the last": "last_misses_per_node",
    }
    body = [[answer["graph"], f"{answer['nodes']:,}", NAMES[answer["peer"]]]
            + [f"{answer[figure]:,.2f}" for figure in figures.values()]
            for answer in answers if answer["section"] == "counts"]
    return table(["graph", "nodes", "by"] + list(figures), body)


def functions(answers):
    body = []
    for answer in answers:
        if answer["section"] == "counts" and answer["peer"] == "flow":
            body.append([answer["graph"], ", ".join(f"`{name}` {value:.1f}"
                                                    for name, value in answer["functions"])])
    return table(["graph", "instructions per node, by function"], body, left=2)


# Title and function of each table, by the name that it has in docs/performance.md.
TABLES = {
    "sync": ("Functions on workers: ns per node (× the time of libgflow)", sync),
    "goals": ("How many times as long as libgflow others take; and its own first run", goals),
    "async": ("Functions and tasks in the main context: ns per node (× the time of libgflow)",
              context),
    "before": ("libgflow divided by another build of it: geometric means of the cases", before),
    "work": ("Functions of 1 µs: speed-up by a second thread (ns per node with both)", work),
    "build": ("Building: ns per node", build),
    "memory": ("Memory, built and run: bytes per node", memory),
    "life": ("libgflow, one thread: ns and bytes per node", life),
    "locks": ("1,000 nodes that need locks: ns per node · times a thread slept, per run", locks),
    "runs": ("Many runs: ns per run (× the time of libgflow)", runs),
    "flat": ("Many runs of libgflow: KiB resident after the first, middle and last", flat),
    "watch": ("Watched runs: ns per node", watch),
    "gap": ("Timers of 60 Hz: ms late at worst, default / redraw priority (× the budget)", gap),
    "counts": ("Per node of a run, one thread, by callgrind", counts),
    "functions": ("Where the instructions are", functions),
}


def make(name, answers):
    """The lines of a table; none if nothing was measured for it."""
    lines = TABLES[name][1](answers)
    return lines if len(lines) > 2 else []
