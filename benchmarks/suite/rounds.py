# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the benchmark programs against each other."""

import json
import os
import subprocess
import sys

from suite.cases import is_too_large

TIMEOUT = 120


def path_of(folder, peer):
    return os.path.join(folder, "bench-" + peer)


def is_built(folder, peer):
    return os.access(path_of(folder, peer), os.X_OK)


def measure(folder, peer, case, body):
    """What a benchmark program says, or None if the peer cannot do that."""
    command = [path_of(folder, peer), case.graph, str(case.size), str(case.threads),
               str(case.repeats), *case.extra]
    if body is not None:
        command += ["--body", body]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          check=False, timeout=TIMEOUT)
    if done.returncode == 3:
        return None
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout)


def run_rounds(folder, cases, peers, first, rounds, body=None):
    """All answers. In every round each case is run by every peer, in an order that rotates."""
    answers = []
    for number in range(first, first + rounds):
        for case in cases:
            able = [peer for peer in case.peers
                    if peer in peers and not is_too_large(peer, case.graph, case.size)]
            turn = number % max(1, len(able))
            for peer in able[turn:] + able[:turn]:
                answer = measure(folder, peer, case, body)
                if answer is not None:
                    answers.append(dict(answer, section=case.section, round=number))
        print(f"round {number + 1} done", file=sys.stderr, flush=True)
    return answers
