#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A thousand runs leave nothing behind: no objects, no memory, no threads."""

import asyncio
import gc
import sys
import threading
import unittest
import weakref

import gi

gi.require_version('GFlow', '1')
from gi.repository import GLib, GFlow

from helpers import Boom

N_RUNS = 1000


def make_flow():
    flow = GFlow.Flow()
    lock = GFlow.Lock()

    @flow.node
    def first():
        return {'some': ['thing']}

    @flow.node(upstream=first, lock=lock)
    async def at_once(first):
        return [first]

    @flow.node(upstream=first, lock=lock)
    async def later(first):
        await asyncio.sleep(0)
        return (first,)

    @flow.node(upstream=[at_once, later], placement=GFlow.FlowPlacement.CONTEXT)
    def last(at_once, later):
        return object()

    return flow


def make_failing():
    flow = make_flow()

    @flow.node(upstream='last')
    async def fails(last):
        await asyncio.sleep(0)
        raise Boom(last)

    return flow


def count():
    for _ in range(3):
        while GLib.MainContext.default().iteration(False):
            pass
        gc.collect()
    return len(gc.get_objects()), sys.getallocatedblocks()


class Growth(unittest.TestCase):
    def check(self, run):
        """run(n) runs n times. What grows with the number of runs is left behind."""
        run(N_RUNS)  # caches are full, threads are there
        objects, blocks = count()
        run(N_RUNS)
        more_objects, more_blocks = count()
        self.assertLess(more_objects - objects, N_RUNS // 10)
        self.assertLess(more_blocks - blocks, N_RUNS // 2)
        self.assertLess(threading.active_count(), 20)

    def repeat(self, execute):
        def run(n):
            for _ in range(n):
                with self.subTest():
                    try:
                        execute()
                    except Boom:
                        pass
        self.check(run)

    def test_sync(self):
        for flow in make_flow(), make_failing():
            self.repeat(flow.execute_sync)

    def test_new_flows(self):
        self.repeat(lambda: make_flow().execute_sync())
        self.repeat(lambda: make_failing().execute_sync())

    def test_asyncio(self):
        for flow in make_flow(), make_failing():
            async def execute(n):
                for _ in range(n):
                    try:
                        await flow.execute()
                    except Boom:
                        pass
            self.check(lambda n: asyncio.run(execute(n)))

    def test_asyncio_run(self):
        flow = make_flow()
        self.repeat(lambda: asyncio.run(flow.execute()))

    def test_trio(self):
        try:
            import trio
        except ImportError:
            self.skipTest('no Trio')
        flow = GFlow.Flow()

        @flow.node
        async def first():
            await trio.sleep(0)

        @flow.node(upstream=first)
        def last():
            pass

        async def execute(n):
            for _ in range(n):
                await flow.execute()
        self.check(lambda n: trio.run(execute, n))

    def test_worker_threads(self):
        """What Python keeps of a worker thread goes with the thread."""
        flow = GFlow.Flow()
        held = []

        class Local(threading.local):
            def __init__(self):
                self.value = type('Value', (), {})()
                held.append(weakref.ref(self.value))

        local = Local()
        flow.node(lambda: local.value and None)
        while len(held) < 2:  # beside the main thread, a worker
            asyncio.run(flow.execute())
        deadline = GLib.get_monotonic_time() + 30 * GLib.USEC_PER_SEC
        while any(value() is not None for value in held[1:]):
            self.assertLess(GLib.get_monotonic_time(), deadline)
            GLib.usleep(10000)


if __name__ == '__main__':
    unittest.main()
