#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Who awaits and is cancelled waits for what still runs."""

import asyncio
import contextlib
import threading
import time
import unittest

import gi

gi.require_version('GFlow', '1')
from gi.repository import Gio, GLib, GFlow

from helpers import is_cancelled


class Cancellation(unittest.TestCase):
    def test_in_first_step(self):
        """A body that has itself cancelled before it waits is told as soon as it does."""
        for cancel in (lambda run, node: run.cancel(), lambda run, node: run.cancel_node(node)):
            log = []
            flow = GFlow.Flow()

            @flow.node
            async def waits(run, node):
                cancel(run, node)
                log.append('cancelled')
                try:
                    await asyncio.sleep(30)
                except asyncio.CancelledError:
                    log.append('told')
                    raise

            with self.assertRaises(GLib.Error) as caught:
                asyncio.run(flow.execute())
            self.assertTrue(is_cancelled(caught.exception))
            self.assertEqual(log, ['cancelled', 'told'])

    def make(self, log):
        flow = GFlow.Flow()

        @flow.node
        async def a():
            log.append('a')
            try:
                await asyncio.sleep(30)
            except asyncio.CancelledError:
                log.append('a told')
                raise

        @flow.node(upstream=a)
        def b():
            log.append('b')

        @flow.node(upstream=b, run_when=GFlow.FlowRunWhen.ALL_FINISHED)
        def clean_up():
            log.append('clean up')
        return flow

    def test_await(self):
        log = []
        flow = self.make(log)

        async def main():
            run = GFlow.FlowRun.new(flow)
            task = asyncio.ensure_future(run.execute())
            while not log:
                await asyncio.sleep(.001)
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task
            self.assertTrue(task.cancelled())
            self.assertEqual(log, ['a', 'a told', 'clean up'])
            self.assertEqual(run.get_state(), GFlow.FlowRunState.CANCELLED)
            del log[:]
            with self.assertRaises(asyncio.TimeoutError):
                await asyncio.wait_for(flow.execute(), .3)
            self.assertEqual(log, ['a', 'a told', 'clean up'])
        asyncio.run(main())

    def test_await_again(self):
        """Whoever cancels twice still waits for what runs."""
        flow = GFlow.Flow()
        release, started = threading.Event(), threading.Event()

        @flow.node
        def f():
            started.set()
            release.wait(30)

        async def main():
            task = asyncio.ensure_future(flow.execute())
            while not started.is_set():
                await asyncio.sleep(.001)
            for _ in range(3):
                task.cancel()
                await asyncio.sleep(.002)
                self.assertFalse(task.done())
            release.set()
            with self.assertRaises(asyncio.CancelledError):
                await task
        asyncio.run(main())

    def test_run_and_cancellable(self):
        for how in 'run', 'cancellable', 'before':
            log = []
            flow = self.make(log)
            run, cancellable = GFlow.FlowRun.new(flow), Gio.Cancellable()

            async def main():
                if how == 'before':
                    cancellable.cancel()
                task = asyncio.ensure_future(run.execute(cancellable))
                while not log and how != 'before':
                    await asyncio.sleep(.001)
                run.cancel() if how == 'run' else cancellable.cancel()
                with self.assertRaises(GLib.Error) as caught:
                    await task
                self.assertTrue(is_cancelled(caught.exception))
            asyncio.run(main())
            self.assertEqual(log[-1], 'clean up')

    def test_node(self):
        flow = GFlow.Flow()

        @flow.node
        async def f():
            run.cancel_node(f)
            await asyncio.sleep(30)

        run = GFlow.FlowRun.new(flow)
        with self.assertRaises(GLib.Error) as caught:
            asyncio.run(run.execute())
        self.assertTrue(is_cancelled(caught.exception))
        self.assertEqual(run.get_node_state(f), GFlow.FlowNodeState.CANCELLED)

    def test_what_coroutines_do_about_it(self):
        """Told in its first wait, a coroutine goes on as any that asyncio cancels."""
        def first_wait(how):
            return asyncio.sleep(0) if how == 'short' else asyncio.sleep(30)

        for how in 'short', 'long':
            for reaction in 'raise', 'fail', 'return', 'wait shortly', 'wait':
                with self.subTest(how=how, reaction=reaction):
                    flow = GFlow.Flow()

                    @flow.node
                    async def f(run):
                        run.cancel_node(f)
                        try:
                            while True:
                                await first_wait(how)
                        except asyncio.CancelledError:
                            if reaction == 'raise':
                                raise
                            if reaction == 'fail':
                                raise ValueError('told')
                            for _ in range(3):
                                if reaction == 'wait shortly':
                                    await asyncio.sleep(0)
                                elif reaction == 'wait':
                                    await asyncio.sleep(.001)
                            return 'told'

                    @flow.node(upstream=f)
                    def after(told):
                        return told

                    run = GFlow.FlowRun(flow)
                    with contextlib.suppress(GLib.Error, ValueError):
                        asyncio.run(run.execute())
                    state = run.get_node_state(f)
                    if reaction == 'raise':
                        self.assertEqual(state, GFlow.FlowNodeState.CANCELLED)
                    elif reaction == 'fail':
                        self.assertEqual(str(run.get_node_error(f).message), 'ValueError: told')
                    else:
                        self.assertEqual(state, GFlow.FlowNodeState.DONE)
                        self.assertEqual(run[after], 'told')

    def test_from_worker(self):
        log = []
        flow = self.make(log)

        @flow.node
        def canceller(run):
            while not log:
                time.sleep(.001)
            run.cancel()

        for execute in flow.execute_sync, lambda: asyncio.run(flow.execute()):
            with self.assertRaises(GLib.Error) as caught:
                execute()
            self.assertTrue(is_cancelled(caught.exception))
            self.assertEqual(log, ['a', 'a told', 'clean up'])
            del log[:]

    def test_deadline(self):
        log = []
        flow = self.make(log)
        with self.assertRaises(GLib.Error) as caught:
            flow.execute_sync(deadline=GLib.get_monotonic_time() + 300000)
        self.assertTrue(caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.TIMED_OUT))
        self.assertEqual(log, ['a', 'a told', 'clean up'])

    def test_operations_of_gio(self):
        """What an operation fails with when it was cancelled cancels the node, in any body."""
        lock = GFlow.FlowLock()
        inner = GFlow.Flow()

        @inner.node
        async def waits():
            await asyncio.sleep(30)

        async def acquires(run, node):
            await lock.acquire(run.get_node_cancellable(node))

        async def executes(run, node):
            await inner.execute(run.get_node_cancellable(node))

        def blocks(run, node):
            lock.acquire_sync(run.get_node_cancellable(node))

        def looks(run, node):
            cancellable = run.get_node_cancellable(node)
            while not cancellable.is_cancelled():
                time.sleep(.001)
            cancellable.set_error_if_cancelled()

        for body in acquires, executes, blocks, looks:
            for stop in lambda run: run.cancel(), lambda run: run.cancel_node(body):
                with self.subTest(body=body.__name__):
                    flow = GFlow.Flow()
                    flow.node(body)
                    run = GFlow.FlowRun(flow)

                    async def main():
                        task = asyncio.ensure_future(run.execute())
                        while run.get_node_state(body) != GFlow.FlowNodeState.RUNNING:
                            await asyncio.sleep(.001)
                        await asyncio.sleep(.002)
                        stop(run)
                        await task

                    self.assertTrue(lock.try_acquire())
                    with self.assertRaises(GLib.Error) as caught:
                        asyncio.run(main())
                    lock.release()
                    self.assertTrue(is_cancelled(caught.exception))
                    self.assertEqual(run.get_state(), GFlow.FlowRunState.CANCELLED)
                    self.assertEqual(run.get_node_state(body), GFlow.FlowNodeState.CANCELLED)

    def test_swallowed(self):
        """A coroutine that does not want to be cancelled ends as it likes."""
        flow = GFlow.Flow()

        @flow.node
        async def f(run):
            run.cancel()
            try:
                await asyncio.sleep(30)
            except asyncio.CancelledError:
                return 'kept'

        run = GFlow.FlowRun.new(flow)
        with self.assertRaises(GLib.Error):
            asyncio.run(run.execute())
        self.assertEqual(run.get_state(), GFlow.FlowRunState.CANCELLED)


if __name__ == '__main__':
    unittest.main()
