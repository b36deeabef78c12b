#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The same flow in asyncio, in a GLib main loop, and in blocking calls."""

import asyncio
import importlib.util
import selectors
import threading
import time
import unittest

import gi

gi.require_version('GFlow', '1')
from gi.repository import Gio, GLib, GFlow


class Loops(unittest.TestCase):
    """The same flow wherever a program waits."""

    def make(self):
        flow = GFlow.Flow()

        @flow.node
        def a():
            return 1

        @flow.node(upstream=a)
        async def b(a):
            await asyncio.sleep(.001)
            return a + 1

        @flow.node(upstream=b, placement=GFlow.FlowPlacement.CONTEXT)
        def c(b):
            return b + 1

        return flow

    def test_asyncio_run(self):
        flow = self.make()

        async def main():
            return [(await flow.execute())['c'] for _ in range(10)]
        self.assertEqual(asyncio.run(main()), [3] * 10)
        self.assertEqual(asyncio.run(flow.execute())['c'], 3)
        self.assertEqual(asyncio.run(main(), debug=True), [3] * 10)

    def test_other_selectors(self):
        """Also where asyncio can not wait in GLib."""
        flow = self.make()
        for selector in selectors.SelectSelector, selectors.PollSelector:
            loop = asyncio.SelectorEventLoop(selector())
            try:
                self.assertEqual(loop.run_until_complete(flow.execute())['c'], 3)
            finally:
                loop.close()

    @unittest.skipIf(importlib.util.find_spec('gi.events') is None, 'PyGObject before 3.50')
    def test_gi_events(self):
        """asyncio on a GLib loop."""
        from gi.events import GLibEventLoop
        flow = self.make()
        loop = GLibEventLoop(GLib.MainContext.default())
        try:
            for _ in range(3):
                self.assertEqual(loop.run_until_complete(flow.execute())['c'], 3)
        finally:
            loop.close()

    def test_glib_in_asyncio(self):
        """From the first await on, asyncio iterates GLib too, and is still asyncio."""
        flow = self.make()
        server = None

        async def main():
            await flow.execute()
            loop = asyncio.get_running_loop()
            future = loop.create_future()
            GLib.timeout_add(1, lambda: future.set_result('timeout'))
            self.assertEqual(await asyncio.wait_for(future, 10), 'timeout')
            future = loop.create_future()
            Gio.File.new_for_path(__file__).load_contents_async(
                None, lambda file, result: future.set_result(file.load_contents_finish(result)))
            self.assertTrue((await future)[0])
            self.assertEqual(await loop.run_in_executor(None, lambda: 7), 7)
            reader, writer = await asyncio.open_connection(*await serve())
            writer.write(b'ping\n')
            self.assertEqual(await reader.readline(), b'ping\n')
            writer.close()
            server.close()
            process = await asyncio.create_subprocess_exec(
                'echo', 'hello', stdout=asyncio.subprocess.PIPE)
            self.assertEqual((await process.communicate())[0], b'hello\n')
            start = time.monotonic()
            await asyncio.sleep(.02)
            self.assertGreaterEqual(time.monotonic() - start, .0199)
            with self.assertRaises(asyncio.TimeoutError):
                await asyncio.wait_for(loop.create_future(), .005)

        async def serve():
            async def echo(reader, writer):
                writer.write(await reader.readline())
                await writer.drain()
                writer.close()
            nonlocal server
            server = await asyncio.start_server(echo, '127.0.0.1')
            return server.sockets[0].getsockname()

        asyncio.run(main())

    def test_glib_loop(self):
        """In a GLib main loop, without asyncio.run()."""
        flow = self.make()
        main_loop = GLib.MainLoop()
        here = threading.get_ident()
        threads = []

        @flow.node(upstream='c')
        async def d(c):
            threads.append(threading.get_ident())
            await asyncio.sleep(.001)
            threads.append(threading.get_ident())
            return c + 1

        async def main():
            try:
                return [(await flow.execute())[d] for _ in range(10)]
            finally:
                main_loop.quit()

        for _ in range(2):
            task = GFlow.create_task(main())
            main_loop.run()
            self.assertEqual(task.result(), [4] * 10)
        self.assertEqual(set(threads), {here})

        # Callbacks, as in C
        runs = []

        def ended(flow, result):
            runs.append(flow.execute_finish(result))
            main_loop.quit()
        flow.execute(None, ended)
        main_loop.run()
        self.assertEqual(runs[0][d], 4)

        # asyncio.run() afterwards, and from a callback of the main loop
        self.assertEqual(asyncio.run(flow.execute())[d], 4)
        inside = []

        def callback():
            inside.append(asyncio.run(flow.execute())[d])
            inside.append(flow.execute_sync()[d])
            main_loop.quit()
        GLib.idle_add(callback)
        main_loop.run()
        self.assertEqual(inside, [4, 4])

    def test_create_task_in_asyncio(self):
        flow = self.make()

        async def main():
            return (await GFlow.create_task(flow.execute()))['c']
        self.assertEqual(asyncio.run(main()), 3)

    def test_sync_everywhere(self):
        flow, inner = self.make(), self.make()
        threads = []

        @flow.node(upstream='c')
        def in_worker(c):
            return inner.execute_sync()['c'] + c

        @flow.node(upstream=in_worker, placement=GFlow.FlowPlacement.CONTEXT)
        def in_context(value):
            return inner.execute_sync()['c'] + value

        @flow.node(upstream=in_context)
        async def in_coroutine(value):
            threads.append(threading.get_ident())
            await asyncio.sleep(0)
            value += inner.execute_sync()['c']
            value += (await inner.execute())['c']
            return value

        def check(run):
            self.assertEqual(run[in_coroutine], 15)

        async def main():
            check(await flow.execute())
            check(flow.execute_sync())
            check(await flow.execute())

        check(flow.execute_sync())
        asyncio.run(main())
        task = GFlow.create_task(main())
        main_loop = GLib.MainLoop()
        task.add_done_callback(lambda task: main_loop.quit())
        main_loop.run()
        task.result()
        self.assertEqual(set(threads), {threading.get_ident()})

    def test_sync_before_await(self):
        flow = self.make()

        async def main():
            return flow.execute_sync()['c'], (await flow.execute())['c']
        self.assertEqual(asyncio.run(main()), (3, 3))
        results = []
        thread = threading.Thread(target=lambda: results.append(asyncio.run(main())))
        thread.start()
        thread.join()
        self.assertEqual(results, [(3, 3)])

    def test_sync_does_not_reenter(self):
        """execute_sync() inside of a loop leaves what waits in that loop alone."""
        flow = self.make()
        calls = []
        GLib.idle_add(calls.append, 'idle')
        flow.execute_sync()
        self.assertEqual(calls, [])
        while GLib.MainContext.default().iteration(False):
            pass
        self.assertEqual(calls, ['idle'])

    def test_responsive(self):
        """The loop goes on while a flow works."""
        flow = GFlow.Flow()
        release = threading.Event()
        flow.node(lambda: release.wait(30) and None)
        ticks = []

        async def tick():
            for i in range(5):
                await asyncio.sleep(.001)
                ticks.append(i)
            release.set()

        async def main():
            await asyncio.gather(flow.execute(), tick())
        asyncio.run(main())
        self.assertEqual(ticks, [0, 1, 2, 3, 4])


if __name__ == '__main__':
    unittest.main()
