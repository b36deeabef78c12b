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
    return os.path.join(folder, "bench-" + ("flow" if peer == "before" else peer))


def is_built(folder, peer):
    return os.access(path_of(folder, peer), os.X_OK)


def environment_of(peer, before):
    """The peer "before" is the same program with another build of the library."""
    if peer != "before":
        return None
    return dict(os.environ, LD_LIBRARY_PATH=before)


def measure(folder, peer, case, body, before):
    """What a benchmark program says, or None if the peer cannot do that."""
    command = [path_of(folder, peer), case.graph, str(case.size), str(case.threads),
               str(case.repeats), *case.extra]
    if body is not None:
        command += ["--body", body]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          check=False, timeout=TIMEOUT, env=environment_of(peer, before))
    if done.returncode == 3:
        return None
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    return dict(json.loads(done.stdout), peer=peer)


def run_rounds(folder, cases, peers, first, rounds, body=None, before=None):
    """All answers. In every round each case is run by every peer, in an order that rotates."""
    answers = []
    for number in range(first, first + rounds):
        for case in cases:
            able = [peer for peer in (*case.peers, "before")
                    if peer in peers and not is_too_large(peer, case.graph, case.size)]
            turn = number % max(1, len(able))
            for peer in able[turn:] + able[:turn]:
                answer = measure(folder, peer, case, body, before)
                if answer is not None:
                    answers.append(dict(answer, section=case.section, round=number))
        print(f"round {number + 1} done", file=sys.stderr, flush=True)
    return answers
