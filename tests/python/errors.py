#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Exceptions arrive as they were raised."""

import asyncio
import traceback
import unittest

import gi

gi.require_version('GFlow', '1')
from gi.repository import GLib, GFlow

from helpers import Boom, matches


class Mute(Exception):
    def __str__(self):
        raise RuntimeError('it has no words')


class Exceptions(unittest.TestCase):
    def test_that_cannot_be_shown(self):
        error = Mute()

        def make(flow):
            @flow.node
            def fails():
                raise error
            return fails

        self.check(make, error)

    def check(self, make, error):
        """The very exception arrives, whichever way the flow is run."""
        flow = GFlow.Flow()
        node = make(flow)
        run = GFlow.FlowRun.new(flow)

        async def await_run():
            await run.execute()

        async def await_flow():
            await flow.execute()

        for execute in (flow.execute_sync, lambda: asyncio.run(await_flow()),
                        lambda: asyncio.run(flow.execute()), lambda: asyncio.run(await_run())):
            with self.assertRaises(type(error)) as caught:
                execute()
            self.assertIs(caught.exception, error)
        with self.assertRaises(type(error)) as caught:
            run[node]
        self.assertIs(caught.exception, error)

    def test_identity(self):
        for error in (Boom('text'), Boom(), ValueError('ö ✓'), KeyError('k'), Boom('a\0b'),
                      Boom('\udcff'), SystemExit(3), KeyboardInterrupt(),
                      GLib.Error('message', 'a-domain', 17),
                      GLib.Error.new_literal(GFlow.FlowError.quark(), 'mine',
                                             GFlow.FlowError.BAD_INPUT)):
            with self.subTest(error=error):
                def sync_node(flow):
                    @flow.node
                    def f():
                        raise error
                    return f

                def context_node(flow):
                    @flow.node(placement=GFlow.FlowPlacement.CONTEXT)
                    def f():
                        raise error
                    return f

                def coroutine_node(flow):
                    @flow.node
                    async def f():
                        await asyncio.sleep(0)
                        raise error
                    return f

                def raw_node(flow):
                    def body(node, run):
                        raise error
                    return flow.add('raw', body)

                def raw_task_node(flow):
                    def body(node, run, task):
                        raise error
                    return flow.add_task('raw', body)

                self.check(sync_node, error)
                self.check(context_node, error)
                self.check(raw_node, error)
                self.check(raw_task_node, error)
                # These two asyncio lets out of the loop.
                if not isinstance(error, (SystemExit, KeyboardInterrupt)):
                    self.check(coroutine_node, error)

    def test_traceback(self):
        flow = GFlow.Flow()

        @flow.node
        def outer():
            def the_culprit():
                raise Boom
            the_culprit()

        try:
            flow.execute_sync()
        except Boom as error:
            names = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
            self.assertEqual(names[-2:], ['outer', 'the_culprit'])

    def test_as_gerror(self):
        """Other languages see a GError with the text."""
        flow = GFlow.Flow()

        @flow.node
        def f():
            raise Boom('the text')

        run = GFlow.FlowRun.new(flow)
        messages = []
        flow.connect('error', lambda flow, run, error: messages.append(error.message))
        with self.assertRaises(Boom):
            run.execute_sync()
        self.assertEqual(messages, ['Boom: the text'])
        self.assertEqual(run.get_node_error(f).message, 'Boom: the text')
        self.assertEqual(run.get_error().message, 'Boom: the text')

    def test_first(self):
        flow = GFlow.Flow(max_threads=1)
        errors = [Boom(i) for i in range(3)]

        for error in errors:
            def fail(error=error):
                raise error
            flow.node(name=f'f{error}')(fail)
        run = GFlow.FlowRun.new(flow)
        with self.assertRaises(Boom) as caught:
            run.execute_sync()
        self.assertIs(caught.exception, errors[0])
        for i in range(3):
            with self.assertRaises(Boom) as caught:
                run[f'f{i}']
            self.assertIs(caught.exception, errors[i])

    def test_subflow(self):
        for kind in 'sync', 'async':
            inner, outer = GFlow.Flow(), GFlow.Flow()
            boom = Boom('inner')

            def fail():
                raise boom

            async def fail_async():
                raise boom

            inner.node(fail if kind == 'sync' else fail_async)
            outer.add_flow('sub', inner)
            for execute in outer.execute_sync, lambda: asyncio.run(outer.execute()):
                with self.assertRaises(Boom) as caught:
                    execute()
                self.assertIs(caught.exception, boom)

    def test_refused(self):
        flow = GFlow.Flow()
        flow.add('a', None).add_upstream('nobody')
        for execute in (flow.execute_sync, flow.validate, lambda: asyncio.run(flow.execute())):
            with self.assertRaises(GLib.Error) as caught:
                execute()
            self.assertTrue(matches(caught.exception, GFlow.FlowError.UNKNOWN_NODE))

    def test_name(self):
        """Of a node: the flow says what is wrong with it, and is as it was."""
        flow, inner = GFlow.Flow(), GFlow.Flow()
        flow.add('a', None)
        for bad, said in ('a\nb', r'“a\x0ab”'), ('\x7f', r'“\x7f”'), ('', 'empty'):
            for add in (lambda: flow.add(bad, lambda *_: True), lambda: flow.add_flow(bad, inner),
                        lambda: flow.add_join_all(bad), lambda: flow.add_executor(bad),
                        lambda: flow.add_node(GFlow.FlowNode.new(bad, None))):
                with self.assertRaises(GLib.Error) as caught:
                    add()
                self.assertTrue(matches(caught.exception, GFlow.FlowError.BAD_INPUT))
                self.assertIn(said, caught.exception.message)
        with self.assertRaises(GLib.Error) as caught:
            flow.node(lambda: None, name='a\tb')
        self.assertIn(r'“a\x09b”', caught.exception.message)
        with self.assertRaises(GLib.Error) as caught:
            flow.add(name='e\n')
        self.assertIn(r'“e\x0a”', caught.exception.message)
        self.assertEqual([node.get_name() for node in flow], ['a'])
        flow['a'].add_upstream('b\n')
        with self.assertRaises(GLib.Error) as caught:
            flow.validate()
        self.assertIn(r'“a” needs “b\x0a”', caught.exception.message)

    def test_unique_names(self):
        """A name that is taken becomes another one, if that is asked for."""
        flow = GFlow.Flow(unique_names=True)

        @flow.node
        def load():
            return 1
        first = load

        @flow.node(upstream=first)
        def load(value):
            return value + 1

        flow.needs(['load', 'load1'], name='load')
        self.assertEqual([node.get_name() for node in flow], ['load', 'load1', 'load2'])
        run = flow.execute_sync(keep_results=True)
        self.assertEqual((run[first], run[load], run['load1']), (1, 2, 2))
        flow = GFlow.Flow(unique_names=True).add(name='a').add(name='a', needs='a').add(name='a')
        self.assertEqual([[item.get_name() for item in node.get_upstreams()] for node in flow],
                         [[], ['a'], ['a1']])

    def test_no_flow(self):
        for bad in (lambda: GFlow.FlowRun(), lambda: GFlow.FlowRun(3), lambda: GFlow.FlowRun(None)):
            with self.assertRaisesRegex(TypeError, 'A FlowRun needs the flow'):
                bad()
        flow = GFlow.Flow()
        self.assertIs(GFlow.FlowRun(flow).get_flow(), flow)
        self.assertTrue(GFlow.FlowRun(flow=flow, keep_results=True).props.keep_results)

    def test_second_time(self):
        """A run that is executed again still knows what was raised the first time."""
        flow, boom = GFlow.Flow(), Boom()

        @flow.node
        def f():
            raise boom

        run = GFlow.FlowRun(flow)
        with self.assertRaises(Boom):
            run.execute_sync()
        with self.assertRaises(GLib.Error):
            run.execute_sync()
        with self.assertRaises(Boom) as caught:
            run[f]
        self.assertIs(caught.exception, boom)

    def test_recursion(self):
        flow = GFlow.Flow()

        @flow.node
        def f():
            flow.execute_sync()

        with self.assertRaises(GLib.Error) as caught:
            flow.execute_sync()
        self.assertTrue(matches(caught.exception, GFlow.FlowError.RECURSION))


if __name__ == '__main__':
    unittest.main()
