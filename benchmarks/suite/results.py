# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Answers of the benchmark programs: kept in a file, grouped, and made into medians."""

import json
import math
import os
import platform
import statistics

from suite.cases import PEERS


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def machine():
    try:
        system = platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        system = platform.system()
    return {"system": system, "kernel": platform.release().partition("-")[0], "processor": processor(),
            "processors": os.cpu_count()}


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def save(path, answers):
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"machine": machine(), "answers": answers}, file, indent=1)


class Row:
    """What all peers answered in all rounds of one case."""

    KEY = ("section", "graph", "mode", "size", "threads", "body", "locks", "watch", "together")

    def __init__(self, answer):
        for name in self.KEY + ("nodes",):
            setattr(self, name, answer[name])
        self.by_peer = {}       # of each peer: answers by round

    def has(self, peer):
        return peer in self.by_peer

    def median(self, peer, figure="run_ns_per_node"):
        values = [answer[figure] for answer in self.by_peer.get(peer, {}).values()
                  if figure in answer]
        return statistics.median(values) if values else None

    def best(self, peer, figure="run_min_ns_per_node"):
        return min(answer[figure] for answer in self.by_peer[peer].values())

    def worst(self, peer, figure):
        return max(answer[figure] for answer in self.by_peer[peer].values())

    def ratio(self, peer, other="flow", figure="run_ns_per_node"):
        """How many times as long as the other; the rounds pair them."""
        mine, theirs = self.by_peer.get(peer, {}), self.by_peer.get(other, {})
        ratios = [mine[number][figure] / theirs[number][figure] for number in mine
                  if number in theirs and theirs[number][figure] > 0]
        return statistics.median(ratios) if ratios else None

    def is_noisy(self, peer, figure="run_ns_per_node"):
        values = [answer[figure] for answer in self.by_peer[peer].values()]
        return max(values) - min(values) > statistics.median(values) / 2


def rows(answers, section):
    """Of a section, in the order of the file."""
    found = {}
    for answer in answers:
        if answer["section"] == section:
            key = tuple(answer[name] for name in Row.KEY)
            row = found.setdefault(key, Row(answer))
            row.by_peer.setdefault(answer["peer"], {})[answer["round"]] = answer
    return list(found.values())


def peers_of(all_rows):
    return [peer for peer in PEERS if any(row.has(peer) for row in all_rows)]


def geometric_mean(values):
    values = [value for value in values if value]
    return math.exp(sum(map(math.log, values)) / len(values)) if values else None
