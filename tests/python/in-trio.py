#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Flows that are awaited in Trio: in trio.run(), and as the guest of a GLib main loop."""

import contextvars
import functools
import signal
import subprocess
import sys
import textwrap
import threading
import unittest

import gi

gi.require_version('GFlow', '1')
from gi.repository import Gio, GLib, GFlow

from helpers import Boom, is_cancelled

try:
    import trio
except ImportError:
    sys.exit(77)


def run_as_guest(async_function):
    """trio.run() in a GLib main loop."""
    loop = GLib.MainLoop()
    outcomes = []

    def soon(function):
        source = GLib.idle_source_new()
        source.set_callback(lambda *_: function())
        source.attach(None)

    def done(outcome):
        outcomes.append(outcome)
        loop.quit()

    trio.lowlevel.start_guest_run(async_function, run_sync_soon_threadsafe=soon,
                                  done_callback=done, host_uses_signal_set_wakeup_fd=True)
    loop.run()
    return outcomes[0].unwrap()


class Trio(unittest.TestCase):
    ways = trio.run, run_as_guest

    def each_way(self, async_function):
        for way in self.ways:
            with self.subTest(way=way.__name__):
                way(async_function)

    def test_bodies(self):
        """Coroutines are Trio's, and run in the thread of the loop."""
        flow = GFlow.Flow()
        variable = contextvars.ContextVar('variable')
        main = threading.get_ident()

        @flow.node
        def worker():
            self.assertNotEqual(threading.get_ident(), main)
            return 1

        @flow.node(upstream=worker)
        async def coroutine(value):
            await trio.sleep(.001)
            self.assertEqual(threading.get_ident(), main)
            self.assertEqual(variable.get(), 'caller')
            variable.set('changed')
            return value + 1

        @flow.node(upstream=coroutine, placement=GFlow.FlowPlacement.CONTEXT)
        def context(value):
            self.assertEqual(threading.get_ident(), main)
            return value + 1

        async def program():
            variable.set('caller')
            for _ in range(20):
                self.assertEqual((await flow.execute())[context], 3)
            self.assertEqual(variable.get(), 'caller')
        self.each_way(program)

    def test_several_runs(self):
        """Runs at the same time share a lock."""
        flow, lock = GFlow.Flow(), GFlow.Semaphore(2)
        most = inside = 0

        async def body():
            nonlocal most, inside
            inside += 1
            most = max(most, inside)
            await trio.sleep(.002)
            inside -= 1

        for i in range(4):
            flow.node(functools.partial(body), name=f'b{i}', lock=lock)

        async def program():
            async with trio.open_nursery() as nursery:
                for _ in range(3):
                    nursery.start_soon(flow.execute)
        self.each_way(program)
        self.assertEqual(most, 2)

    def test_exception(self):
        flow, boom = GFlow.Flow(), Boom('boom')

        @flow.node
        async def fail():
            await trio.sleep(0)
            raise boom

        async def program():
            with self.assertRaises(Boom) as caught:
                await flow.execute()
            self.assertIs(caught.exception, boom)
        self.each_way(program)

    def test_cancelled(self):
        """To cancel the scope cancels the run, and waits for what runs."""
        flow = GFlow.Flow()
        log, scope = [], None

        @flow.node
        async def sleeps():
            scope.cancel()
            try:
                await trio.sleep(30)
            finally:
                log.append('told')

        @flow.node(upstream=sleeps, run_when=GFlow.FlowRunWhen.ALL_FINISHED)
        def clean_up():
            log.append('clean up')

        async def program():
            nonlocal scope
            del log[:]
            with trio.CancelScope() as scope:
                await flow.execute()
            self.assertTrue(scope.cancelled_caught)
            self.assertEqual(log, ['told', 'clean up'])
            cancellable = Gio.Cancellable()
            GLib.timeout_add(5, cancellable.cancel)
            with self.assertRaises(GLib.Error) as caught:
                await flow.execute(cancellable)
            self.assertTrue(is_cancelled(caught.exception))
        self.each_way(program)

    def test_lock(self):
        lock = GFlow.Lock()
        order = []

        async def user(number):
            async with lock:
                order.append(number)
                await trio.sleep(.001)
                order.append(number)

        async def program():
            del order[:]
            async with trio.open_nursery() as nursery:
                for number in range(5):
                    nursery.start_soon(user, number)
            self.assertEqual(order[::2], order[1::2])
        self.each_way(program)

    def test_sync_inside(self):
        """execute_sync() has a loop of its own, which is that of asyncio."""
        import asyncio
        flow, inner = GFlow.Flow(), GFlow.Flow()

        @inner.node
        async def sleeps():
            await asyncio.sleep(.001)
            return 'slept'

        @flow.node
        async def calls():
            await trio.sleep(0)
            return inner.execute_sync()[sleeps]

        async def program():
            self.assertEqual((await flow.execute())[calls], 'slept')
            self.assertEqual(inner.execute_sync()[sleeps], 'slept')
        self.each_way(program)

    def test_glib_in_trio(self):
        """Sources of GLib are served, also those that a task of Trio adds later."""
        async def program():
            await GFlow.Flow().execute()
            event = trio.Event()
            GLib.timeout_add(5, event.set)
            with trio.fail_after(20):
                await event.wait()
            event = trio.Event()
            Gio.File.new_for_path(__file__).load_contents_async(None, lambda *_: event.set())
            with trio.fail_after(20):
                await event.wait()
        trio.run(program)
        self.assertFalse(GLib.MainContext.default().is_owner())

    def test_other_thread(self):
        flow = GFlow.Flow()
        threads = []

        @flow.node
        async def where():
            await trio.sleep(0)
            threads.append(threading.get_ident())

        thread = threading.Thread(target=trio.run, args=[flow.execute])
        thread.start()
        thread.join()
        self.assertEqual(threads, [thread.ident])

    def test_ctrl_c(self):
        program = textwrap.dedent('''
            import os, signal, threading, gi, trio
            gi.require_version('GFlow', '1')
            from gi.repository import GFlow
            flow = GFlow.Flow()

            @flow.node
            async def sleeps():
                threading.Timer(.05, os.kill, (os.getpid(), signal.SIGINT)).start()
                try:
                    await trio.sleep(30)
                finally:
                    print('told')
            try:
                trio.run(flow.execute)
            except KeyboardInterrupt:
                print('interrupted')
            ''')
        process = subprocess.run([sys.executable, '-c', program], stdout=subprocess.PIPE,
                                 timeout=25, text=True)
        self.assertEqual(process.stdout.split(), ['told', 'interrupted'])


if __name__ == '__main__':
    signal.signal(signal.SIGINT, signal.default_int_handler)
    unittest.main()
