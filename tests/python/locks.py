#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Locks that coroutines and functions wait for."""

import asyncio
import threading
import unittest

import gi

gi.require_version('GFlow', '1')
from gi.repository import Gio, GLib, GFlow

from helpers import Boom, is_cancelled


class Locks(unittest.TestCase):
    def test_wrong_use(self):
        with self.assertRaises(RuntimeError):
            GFlow.Lock().release()
        with self.assertRaises(ValueError):
            GFlow.Lock(0)
        with self.assertRaises(TypeError):
            GFlow.Lock('name')

    def test_await(self):
        lock = GFlow.FlowLock()

        async def main():
            self.assertTrue(await lock.acquire())
            self.assertFalse(lock.try_acquire())
            self.assertEqual(lock.props.in_use, 1)
            lock.release()
            self.assertTrue(lock.try_acquire())
            lock.release()
            async with lock as same:
                self.assertIs(same, lock)
                self.assertEqual(lock.props.in_use, 1)
            with self.assertRaises(Boom):
                async with lock:
                    raise Boom
            self.assertEqual(lock.props.in_use, 0)
        asyncio.run(main())

    def test_contention(self):
        lock = GFlow.FlowLock(permits=2)
        active = most = 0

        async def worker():
            nonlocal active, most
            for _ in range(5):
                async with lock:
                    active += 1
                    most = max(most, active)
                    await asyncio.sleep(0)
                    active -= 1

        async def main():
            await asyncio.gather(*(worker() for _ in range(10)))
        asyncio.run(main())
        self.assertEqual((active, most, lock.get_in_use()), (0, 2, 0))

    def test_order(self):
        lock = GFlow.FlowLock()
        order = []

        async def worker(i):
            async with lock:
                order.append(i)

        async def main():
            async with lock:
                tasks = [asyncio.ensure_future(worker(i)) for i in range(10)]
                await asyncio.sleep(.005)
                self.assertEqual(lock.props.waiting, 10)
            await asyncio.gather(*tasks)
        asyncio.run(main())
        self.assertEqual(order, list(range(10)))

    def test_cancel(self):
        lock = GFlow.FlowLock()

        async def main():
            await lock.acquire()
            task = asyncio.ensure_future(lock.acquire())
            await asyncio.sleep(.005)
            self.assertEqual(lock.props.waiting, 1)
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task
            self.assertEqual(lock.props.waiting, 0)
            # Granted and cancelled at the same time: nothing is lost.
            task = asyncio.ensure_future(lock.acquire())
            await asyncio.sleep(.005)
            lock.release()
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task
            self.assertEqual(lock.props.in_use, 0)
            # By a cancellable of the caller
            await lock.acquire()
            cancellable = Gio.Cancellable()
            task = asyncio.ensure_future(lock.acquire(cancellable))
            await asyncio.sleep(.005)
            cancellable.cancel()
            with self.assertRaises(GLib.Error) as caught:
                await task
            self.assertTrue(is_cancelled(caught.exception))
            with self.assertRaises(GLib.Error) as caught:
                await lock.acquire(cancellable)
            self.assertTrue(is_cancelled(caught.exception))
        asyncio.run(main())

    def test_shared_with_nodes(self):
        """The application and a node wait for each other, without a thread."""
        lock = GFlow.FlowLock()
        flow = GFlow.Flow()
        log = []

        @flow.node(lock=lock)
        def f():
            log.append('node')

        async def main():
            async with lock:
                running = asyncio.ensure_future(flow.execute())
                while lock.props.waiting == 0:
                    await asyncio.sleep(.001)
                log.append('application')
            await running
        asyncio.run(main())
        self.assertEqual(log, ['application', 'node'])

    def test_sync(self):
        lock = GFlow.FlowLock()
        self.assertTrue(lock.acquire_sync())
        timer = threading.Timer(.01, lock.release)
        timer.start()
        self.assertTrue(lock.acquire_sync(None))
        cancellable = Gio.Cancellable()
        threading.Timer(.01, cancellable.cancel).start()
        with self.assertRaises(GLib.Error) as caught:
            lock.acquire_sync(cancellable)
        self.assertTrue(is_cancelled(caught.exception))
        lock.release()

    def test_callback(self):
        lock = GFlow.FlowLock()
        loop = GLib.MainLoop()
        results = []

        def acquired(lock, result, data):
            results.append((lock.acquire_finish(result), data))
            loop.quit()
        lock.acquire(None, acquired, 'data')
        loop.run()
        self.assertEqual(results, [(True, 'data')])


if __name__ == '__main__':
    unittest.main()
