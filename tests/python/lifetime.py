#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What is dropped is freed, once and where it may be; callbacks come where they are expected."""

import asyncio
import gc
import threading
import unittest
import weakref

import gi

gi.require_version('GFlow', '1')
from gi.repository import GLib, GFlow


class Closure:
    """Something that a function holds. Tells the thread in which it is freed."""

    def __init__(self, freed):
        self.freed = freed

    def __del__(self):
        self.freed.append(threading.get_ident())


def iterate():
    """What is freed from a source is freed now."""
    gc.collect()
    context = GLib.MainContext.default()
    while context.iteration(False):
        pass
    gc.collect()


class Freed(unittest.TestCase):
    def setUp(self):
        iterate()

    def fill(self, flow, freed, n):
        def make():
            held = Closure(freed)

            def sync_body():
                held.freed

            async def async_body():
                held.freed

            return sync_body, async_body

        for i in range(n):
            sync_body, async_body = make()
            flow.node(name=f'sync {i}')(sync_body)
            flow.node(name=f'async {i}', upstream=sync_body)(async_body)

    def check_all_freed(self, freed, n):
        iterate()
        self.assertEqual(len(freed), n)
        self.assertEqual(set(freed), {threading.get_ident()})

    def test_not_run(self):
        freed = []
        flow = GFlow.Flow()
        self.fill(flow, freed, 100)
        del flow
        self.check_all_freed(freed, 100)

    def test_sync(self):
        freed = []
        flow = GFlow.Flow()
        self.fill(flow, freed, 100)
        run = flow.execute_sync()
        self.assertEqual(run.get_n_done(), 200)
        del flow, run
        self.check_all_freed(freed, 100)

    def test_attributes(self):
        """A run that serves again has nothing of what it was given before."""
        flow = GFlow.Flow()
        heard = []

        flow.add('a', lambda node, run: None)
        for i in range(50):
            run = GFlow.FlowRun.new(flow)
            self.assertEqual(run.get_state(), GFlow.FlowRunState.NEW)
            self.assertFalse(hasattr(run, 'mark'))
            if i % 2 == 0:
                run.mark = i
                run.connect('done', lambda run, i=i: heard.append(i))
            run.execute_sync(None)
            self.assertEqual(getattr(run, 'mark', None), i if i % 2 == 0 else None)
            del run
            gc.collect()
        self.assertEqual(heard, list(range(0, 50, 2)))

    def test_asyncio(self):
        freed = []

        async def main():
            flow = GFlow.Flow()
            self.fill(flow, freed, 100)
            await flow.execute()
        asyncio.run(main())
        self.check_all_freed(freed, 100)

    def test_many(self):
        freed = []
        flow = GFlow.Flow()
        self.fill(flow, freed, 5000)
        flow.execute_sync()
        del flow
        self.check_all_freed(freed, 5000)

    def test_raw(self):
        freed = []
        flow = GFlow.Flow()

        def fill(group):
            held = Closure(freed)
            flow.add('sync', lambda node, run: held and True)
            flow.add_task('task', lambda node, run, task: task.return_boolean(held is not None))
            flow.add('data', lambda node, run, data: True, held)
            flow.add_node(GFlow.FlowNode.new('node', lambda node, run: held and True))
            group.append(lambda: held)
            flow.add_group(group)

        fill(GFlow.Series())
        flow.execute_sync()
        del flow
        self.check_all_freed(freed, 1)

    def test_failed_add(self):
        freed = []
        flow = GFlow.Flow()
        flow.add('taken')

        def fail(held):
            with self.assertRaises(GLib.Error):
                flow.add('taken', lambda node, run: held and True)
            with self.assertRaises(GLib.Error):
                flow.node(name='taken')(lambda: held)
        fail(Closure(freed))
        self.check_all_freed(freed, 1)

    def test_removed(self):
        freed = []
        flow = GFlow.Flow()
        self.fill(flow, freed, 1)
        for node in list(flow):
            flow.remove_node(node)
        del node
        self.check_all_freed(freed, 1)

    def test_circles(self):
        """Functions that use their own flow, and each other, are the garbage collector's."""
        freed = []

        def make(execute):
            flow = GFlow.Flow()
            held = Closure(freed)

            @flow.node
            def f():
                return len(flow), held

            @flow.node(upstream=f)
            async def g(before):
                return flow[f], before

            flow.add('raw', lambda node, run: flow is not None)
            flow.add_group(GFlow.Series(lambda: flow))
            if execute:
                run = flow.execute_sync(keep_results=True)
                self.assertEqual(run[f][0], 4)

        for execute in False, True:
            del freed[:]
            make(execute)
            self.check_all_freed(freed, 1)

    def test_results(self):
        freed = []
        flow = GFlow.Flow()

        @flow.node
        def f():
            return Closure(freed)

        @flow.node(upstream=f)
        def g(result):
            return Closure(freed), result

        run = flow.execute_sync()
        self.assertEqual(freed, [])
        del run
        self.check_all_freed(freed, 2)

    def test_dropped_results(self):
        freed = []
        flow = GFlow.Flow(max_threads=1)

        @flow.node
        def f():
            return Closure(freed)

        @flow.node(upstream=f)
        def g(f):
            return 1

        run = flow.execute_sync()
        self.check_all_freed(freed, 1)
        with self.assertRaisesRegex(KeyError, 'keep_results'):
            run[f]
        self.assertEqual(run[g], 1)

    def test_exceptions(self):
        references = []

        class Boom(Exception):
            pass

        def fail():
            flow = GFlow.Flow()

            @flow.node
            def f():
                boom = Boom()
                references.append(weakref.ref(boom))
                raise boom

            with self.assertRaises(Boom):
                flow.execute_sync()

        fail()
        iterate()
        self.assertIsNone(references[0]())

    def test_outlives_flow(self):
        """A run whose flow is dropped meanwhile ends well."""
        done = []

        async def main():
            flow = GFlow.Flow()

            @flow.node
            async def f():
                await asyncio.sleep(.01)

            @flow.node(upstream=f)
            def g():
                done.append(True)

            running = asyncio.ensure_future(flow.execute())
            await asyncio.sleep(0)
            reference = weakref.ref(f)
            del flow, f, g
            gc.collect()
            self.assertIsNotNone(reference())
            await running
        asyncio.run(main())
        self.assertEqual(done, [True])

    def test_no_growth(self):
        def once():
            flow = GFlow.Flow()

            @flow.node
            def f():
                return {'a': flow.get_name()}

            @flow.node(upstream=f)
            async def g(f):
                return f

            self.assertEqual(flow.execute_sync()[g], {'a': None})

        counts = []
        for _ in range(4):
            for _ in range(250):
                once()
            iterate()
            counts.append(len(gc.get_objects()))
        self.assertLess(counts[-1] - counts[0], 250, counts)

    def test_no_growth_of_runs(self):
        async def main():
            flow = GFlow.Flow()

            @flow.node
            async def f():
                return [1]

            @flow.node(upstream=f, lock=GFlow.FlowLock())
            def g(f):
                return f

            counts = []
            for _ in range(4):
                for _ in range(250):
                    run = await flow.execute()
                    self.assertEqual(run[g], [1])
                gc.collect()
                counts.append(len(gc.get_objects()))
            self.assertLess(counts[-1] - counts[0], 250, counts)
        asyncio.run(main())


class Threads(unittest.TestCase):
    def test_places(self):
        here = threading.get_ident()
        places = {}
        signals = []

        def add_all(flow):
            @flow.node
            def worker():
                places['worker'] = threading.get_ident()

            @flow.node(upstream=worker, placement=GFlow.FlowPlacement.CONTEXT)
            def context():
                places['context'] = threading.get_ident()

            @flow.node(upstream=context)
            async def coroutine():
                places['coroutine'] = threading.get_ident()
                await asyncio.sleep(0)
                places['coroutine later'] = threading.get_ident()

            for node in flow:
                for name in 'started', 'done', 'always':
                    node.connect(name, seen, f'{node.get_name()} {name}')
            for name in 'started', 'done', 'always':
                flow.connect(name, seen, name)

        def seen(object, run, name):
            self.assertIsInstance(run, GFlow.FlowRun)
            signals.append((name, threading.get_ident()))

        def check(here):
            self.assertNotEqual(places.pop('worker'), here)
            self.assertEqual(set(places), {'context', 'coroutine', 'coroutine later'})
            self.assertEqual(set(places.values()), {here})
            self.assertEqual({thread for name, thread in signals}, {here})
            names = [name for name, thread in signals]
            self.assertEqual(len(names), 12)
            self.assertEqual((names[0], names[-2:]), ('started', ['done', 'always']))
            for node in 'worker', 'context', 'coroutine':
                self.assertEqual([name.split()[-1] for name in names if name.startswith(node)],
                                 ['started', 'done', 'always'])
            places.clear()
            del signals[:]

        flow = GFlow.Flow(max_threads=2)
        add_all(flow)

        async def main():
            await flow.execute()

        asyncio.run(main())
        check(here)

        # The whole in a thread that is not the main one.
        def other():
            try:
                asyncio.run(main())
                check(threading.get_ident())
                flow.execute_sync()
                places.clear()
                del signals[:]
                result.append('well')
            except BaseException as error:
                result.append(error)

        result = []
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        if result != ['well']:
            raise result[0]

    def test_sync_signals(self):
        """While a call blocks, its signals come in the calling thread."""
        flow = GFlow.Flow()
        flow.node(lambda: None)
        threads = []
        flow.connect('always', lambda flow, run: threads.append(threading.get_ident()))
        flow.execute_sync()
        self.assertEqual(threads, [threading.get_ident()])

    def test_two_loops(self):
        """One flow, run by asyncio in several threads at once."""
        flow = GFlow.Flow()
        wrong = []

        @flow.node
        async def f(run):
            await asyncio.sleep(.001)
            return threading.get_ident()

        @flow.node(upstream=f)
        def g(f):
            return f

        def thread():
            async def main():
                for _ in range(20):
                    runs = await asyncio.gather(*(flow.execute() for _ in range(5)))
                    wrong.extend(run for run in runs if run[g] != threading.get_ident())
            asyncio.run(main())
            finished.append(True)

        finished = []
        threads = [threading.Thread(target=thread) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual((len(finished), wrong), (4, []))


if __name__ == '__main__':
    unittest.main()
