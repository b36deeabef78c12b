# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Counts what a run executes, with callgrind: instructions do not drift as time does."""

import collections
import json
import os
import re
import subprocess
import tempfile

from suite.rounds import path_of

GRAPHS = (("chain", 100_000), ("fan", 100_000), ("tree", 17), ("wave", 316), ("rand", 100_000))
REPEATS = 3


def totals(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    events = re.search(r"^events: (.*)$", text, flags=re.M).group(1).split()
    values = re.search(r"^(?:totals|summary): (.*)$", text, flags=re.M).group(1).split()
    # Zeros at the end are left out.
    return collections.Counter(dict(zip(events, map(int, values))))


def functions(path, all_instructions):
    """(name, instructions) of those that matter."""
    lines = subprocess.run(["callgrind_annotate", "--show=Ir", "--auto=no", "--threshold=99", path],
                           stdout=subprocess.PIPE, text=True, check=True).stdout
    found = {}
    for match in re.finditer(r"^ *([\d,]+) \([ \d.]+%\)  \S*?:([^\s\[]+)", lines, flags=re.M):
        # What the compiler has split off counts for the whole.
        name = re.sub(r"(\.(?:isra|part|constprop|cold)\.?\d*|'\d+)+$", "", match.group(2))
        found[name] = found.get(name, 0) + int(match.group(1).replace(",", ""))
    return sorted(((name, value) for name, value in found.items()
                   if value > all_instructions / 50), key=lambda pair: -pair[1])


def count(folder, peer, graph, size):
    """Of the runs alone, all but the compiling and the first touch of the memory."""
    with tempfile.TemporaryDirectory() as scratch:
        out = os.path.join(scratch, "callgrind.out")
        command = ["valgrind", "--tool=callgrind", "--cache-sim=yes", "--toggle-collect=run",
                   f"--callgrind-out-file={out}", path_of(folder, peer), graph, str(size), "1",
                   str(REPEATS)]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                              check=True)
        answer = json.loads(done.stdout)
        runs = (REPEATS + 1) * answer["nodes"]
        events = totals(out)
        return {
            "section": "counts", "round": 0, "peer": peer, "graph": graph,
            "nodes": answer["nodes"], "instructions_per_node": events["Ir"] / runs,
            "accesses_per_node": (events["Dr"] + events["Dw"]) / runs,
            "first_misses_per_node": (events["D1mr"] + events["D1mw"]) / runs,
            "last_misses_per_node": (events["DLmr"] + events["DLmw"]) / runs,
            "functions": [[name, value / runs] for name, value in functions(out, events["Ir"])],
        }
