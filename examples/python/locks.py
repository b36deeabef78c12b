#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Locks: what may run at the same time, and how much of it."""

import asyncio
import sys
import time

import gi

gi.require_version('GFlow', '1')
from gi.repository import GFlow


class Gauge:
    """Counts who is inside. Needs no mutex: coroutines take turns in the event loop, and the
    functions are called on workers, but under the lock."""

    inside = most = total = 0

    def enter(self):
        self.inside += 1
        self.total += 1
        self.most = max(self.most, self.inside)

    def leave(self):
        self.inside -= 1


flow = GFlow.Flow()
connections = GFlow.Semaphore(2)
disk = GFlow.Lock()
fetching, saving = Gauge(), Gauge()


def add_page(number):
    @flow.node(name=f'fetch_{number}', lock=connections)
    async def fetch():
        fetching.enter()
        await asyncio.sleep(.05)
        fetching.leave()

    @flow.node(name=f'save_{number}', upstream=fetch, lock=disk)
    def save():
        saving.enter()
        time.sleep(.02)
        saving.leave()

    return save


def say(text):
    sys.stdout.write(text + '\n')


@flow.node(upstream=[add_page(number) for number in (1, 2, 3)])
def report():
    say(f'{fetching.total} pages fetched, at most {fetching.most} at a time')
    say(f'{saving.total} pages saved, at most {saving.most} at a time')


run = asyncio.run(flow.execute())
say(f'{run.get_n_done()} nodes done')
