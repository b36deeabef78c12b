#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What a run decides while it runs: branches, and runs in runs."""

import asyncio
import gc
import random
import unittest
import weakref

import gi

gi.require_version('GFlow', '1')
from gi.repository import GLib, GFlow

from helpers import Boom

DONE, SKIPPED = GFlow.FlowNodeState.DONE, GFlow.FlowNodeState.SKIPPED


class Branches(unittest.TestCase):
    def flow_with(self, choose):
        flow = GFlow.Flow()
        flow.node(choose, name='choose')

        @flow.node(upstream=choose)
        def small():
            return 'small'

        @flow.node(upstream=choose)
        def large():
            return 'large'

        @flow.node(upstream=(small, large))
        def end(small, large):
            return small or large

        return flow

    def states(self, run):
        return [run.get_node_state(name) for name in ('small', 'large', 'end')]

    def test_function(self):
        def choose(run, node):
            run.select(node, 'large')

        run = self.flow_with(choose).execute_sync()
        self.assertEqual(self.states(run), [SKIPPED, DONE, DONE])
        self.assertEqual(run['end'], 'large')
        self.assertIn('“choose” chose another branch', run.dup_node_reason('small'))

    def test_coroutine(self):
        async def choose(run, node):
            run.select(node, 'small')
            await asyncio.sleep(0.001)
            run.select(node, run.get_flow()['large'])

        run = asyncio.run(self.flow_with(choose).execute())
        self.assertEqual(self.states(run), [DONE, DONE, DONE])

    def test_none(self):
        def choose(run, node):
            run.select(node)

        run = self.flow_with(choose).execute_sync()
        self.assertEqual(self.states(run), [SKIPPED] * 3)
        self.assertEqual(run.get_state(), GFlow.FlowRunState.DONE)

    def test_unknown(self):
        def choose(run, node):
            run.select(node, 'huge')

        with self.assertRaisesRegex(KeyError, 'huge'):
            self.flow_with(choose).execute_sync()


class Spawning(unittest.TestCase):
    def inner(self, fail=False):
        flow = GFlow.Flow()

        @flow.node
        def number(run):
            if fail:
                raise Boom('inner')
            return run.get_parameters().unpack().get('n', 0) + 1

        @flow.node(upstream=number)
        async def double(number):
            await asyncio.sleep(0.001)
            return 2 * number

        return flow

    def test_function(self):
        flow, runs = GFlow.Flow(), []

        @flow.node
        def spawn(run, node):
            for n in range(3):
                runs.append(run.spawn(node, self.inner(),
                                      parameters=GLib.Variant('a{sv}', {'n': GLib.Variant('i', n)})))

        @flow.node(upstream=spawn)
        def after():
            return [run['double'] for run in runs]

        self.assertEqual(flow.execute_sync()[after], [2, 4, 6])
        del runs[:]
        self.assertEqual(asyncio.run(flow.execute())[after], [2, 4, 6])

    def test_coroutine(self):
        flow = GFlow.Flow()

        @flow.node
        async def spawn(run, node):
            run = await run.spawn(node, self.inner()).wait()
            return run['double']

        parameters = GLib.Variant('a{sv}', {'n': GLib.Variant('i', 20)})
        self.assertEqual(asyncio.run(flow.execute(parameters=parameters))[spawn], 42)
        self.assertEqual(flow.execute_sync(parameters=parameters)[spawn], 42)

    def test_failure(self):
        flow, seen = GFlow.Flow(), []

        @flow.node
        async def spawn(run, node):
            try:
                await run.spawn(node, self.inner(fail=True)).wait()
            except Boom as error:
                seen.append(error)

        with self.assertRaisesRegex(Boom, 'inner') as caught:
            asyncio.run(flow.execute())
        self.assertEqual(seen, [caught.exception])

    def test_cancelled(self):
        flow, seen = GFlow.Flow(), []
        endless = GFlow.Flow()

        @endless.node
        async def sleep():
            try:
                await asyncio.sleep(60)
            finally:
                seen.append('stopped')

        @flow.node
        def spawn(run, node):
            run.spawn(node, endless)

        async def main():
            with self.assertRaises(asyncio.TimeoutError):
                await asyncio.wait_for(flow.execute(), 0.05)

        asyncio.run(main())
        self.assertEqual(seen, ['stopped'])

    def test_recursion(self):
        """Quicksort, by runs of one flow."""
        flow = GFlow.Flow()

        @flow.node
        async def sort(run, node):
            numbers = run.numbers
            if len(numbers) < 2:
                return numbers
            pivot, *rest = numbers
            halves = []
            for half in [n for n in rest if n < pivot], [n for n in rest if n >= pivot]:
                sub = GFlow.FlowRun(flow)
                sub.numbers = half
                run.spawn_run(node, sub)
                halves.append(sub)
            small, large = [(await sub.wait())[sort] for sub in halves]
            return [*small, pivot, *large]

        numbers = random.Random(1).sample(range(1000), 100)
        run = GFlow.FlowRun(flow)
        run.numbers = numbers
        asyncio.run(run.execute())
        self.assertEqual(run[sort], sorted(numbers))

    def test_lifetime(self):
        flow = GFlow.Flow()

        @flow.node
        def spawn(run, node):
            refs.append(weakref.ref(run.spawn(node, self.inner())))

        refs = []
        run = flow.execute_sync()
        refs += [weakref.ref(run), weakref.ref(flow)]
        del run, flow, spawn
        gc.collect()
        self.assertEqual([ref() for ref in refs], [None] * 3)


class Maps(unittest.TestCase):
    def both(self, flow):
        yield flow.execute_sync()
        yield asyncio.run(flow.execute())

    def test_items(self):
        for items, wanted in (([], []), ([3], [9]), (range(4), [0, 1, 4, 9]),
                              (lambda: iter([1, 2]), [1, 4])):
            flow = GFlow.Flow()

            @flow.map(items=items, max_parallel=2)
            def square(number):
                return number * number

            for run in self.both(flow):
                self.assertEqual(run[square], wanted)

    def test_upstream(self):
        flow = GFlow.Flow()

        @flow.node
        def words():
            return {'a': None, 'bc': 1}

        @flow.map(upstream=words)
        async def double(word):
            await asyncio.sleep(0)
            return [word] * 2

        @flow.map(upstream=double)
        def join(pair, run, node):
            self.assertIs(run.get_parent_node(), flow[join])
            self.assertRegex(node.get_name(), r'^join\[[01]\]$')
            return ''.join(pair)

        @flow.node(upstream=join)
        def end(join):
            return join

        for run in self.both(flow):
            self.assertEqual(run[end], ['aa', 'bcbc'])

    def test_nothing_returned(self):
        flow = GFlow.Flow()
        seen = []
        f = flow.map(seen.append, items='abc', name='f')
        self.assertEqual(flow.execute_sync()[f], [None] * 3)
        self.assertEqual(sorted(seen), ['a', 'b', 'c'])
        self.assertIn(f, flow)

    def test_failure(self):
        flow, calls = GFlow.Flow(), []

        @flow.map(items=['a', 'b'], retries=1)
        def f(item):
            calls.append(item)
            if item == 'b':
                raise Boom('it broke')

        with self.assertRaisesRegex(Boom, '^it broke$'):
            flow.execute_sync()
        self.assertEqual(sorted(calls), ['a', 'b', 'b'])
        run = GFlow.FlowRun(flow)
        with self.assertRaises(Boom):
            run.execute_sync()
        self.assertIn('f[1]', run.get_error().message)

    def test_bad(self):
        flow = GFlow.Flow()
        f = flow.map(lambda item: None, name='f')
        with self.assertRaisesRegex(TypeError, 'f has neither items nor an upstream'):
            flow.execute_sync()
        with self.assertRaises(GLib.Error):
            flow.map(f)
        with self.assertRaises(TypeError):
            flow.map(print, items=[], colour='red')

    def test_copy(self):
        flow = GFlow.Flow()
        f = flow.map(lambda item: -item, items=[1, 2])
        copy = flow.copy()
        self.assertEqual(copy.execute_sync()[f], [-1, -2])
        del flow
        gc.collect()
        self.assertEqual(copy.execute_sync()[f], [-1, -2])

    def test_lifetime(self):
        flow = GFlow.Flow()

        @flow.map(items=lambda: flow and [Boom('x')])
        def f(item):
            return flow and item

        run = flow.execute_sync()
        refs = [weakref.ref(thing) for thing in (flow, run, f, run[f][0])]
        del flow, run, f
        gc.collect()
        self.assertEqual([ref() for ref in refs], [None] * 4)


if __name__ == '__main__':
    unittest.main()
