#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What the Python override adds to the C API."""

import asyncio
import enum
import functools
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
import traceback
import unittest

import gi

gi.require_version('GFlow', '1')
from gi.repository import Gio, GLib, GObject, GFlow


class Boom(Exception):
    pass


def matches(error, code):
    return isinstance(error, GLib.Error) and error.matches(GFlow.FlowError.quark(), code)


def is_cancelled(error):
    return isinstance(error, GLib.Error) and error.matches(Gio.io_error_quark(),
                                                           Gio.IOErrorEnum.CANCELLED)


class Decorator(unittest.TestCase):
    def test_returns_function(self):
        flow = GFlow.Flow()

        def f():
            pass

        async def g():
            pass

        self.assertIs(flow.node(f), f)
        self.assertIs(flow.node(upstream=f)(g), g)
        self.assertEqual([node.get_name() for node in flow], ['f', 'g'])

    def test_properties(self):
        flow = GFlow.Flow()
        lock, other = GFlow.FlowLock(), GFlow.FlowLock(permits=3, name='other')

        @flow.node(name='a name', title='A title', lock=[lock, other], priority=-3, weight=7,
                   placement=GFlow.FlowPlacement.CONTEXT,
                   run_when=GFlow.FlowRunWhen.ALL_FINISHED)
        def f():
            pass

        node = flow[f]
        self.assertEqual(node.get_name(), 'a name')
        self.assertEqual(node.props.title, 'A title')
        self.assertEqual(list(node.get_locks()), [lock, other])
        self.assertEqual(node.props.priority, -3)
        self.assertEqual(node.props.weight, 7)
        self.assertEqual(node.props.placement, GFlow.FlowPlacement.CONTEXT)
        self.assertEqual(node.props.run_when, GFlow.FlowRunWhen.ALL_FINISHED)
        self.assertEqual(other.props.permits, 3)

    def test_upstream(self):
        flow = GFlow.Flow()

        @flow.node
        def f():
            pass

        @flow.node
        def g():
            pass

        for i, upstream in enumerate((f, [f, g], (f, 'g'), {f, flow[g]}, 'f', flow[f],
                                      (x for x in (f, g)), [], None)):
            node = flow[flow.node(name=f'n{i}', upstream=upstream)(lambda: None)]
            wanted = [{f}, {f, g}, {f, g}, {f, g}, {f}, {f}, {f, g}, set(), set()][i]
            self.assertEqual(set(node.get_upstreams()), {flow[w] for w in wanted})

    def test_later_upstream(self):
        flow = GFlow.Flow()
        log = []

        def late():
            log.append('late')

        @flow.node(upstream=late)
        def early():
            log.append('early')

        flow.node(late)
        flow.execute_sync()
        self.assertEqual(log, ['late', 'early'])

    def test_bad(self):
        flow = GFlow.Flow()
        for bad in (lambda: flow.node(3), lambda: flow.node(lambda: None, upstream=3),
                    lambda: flow.node(lambda: None, upstream=[3]),
                    lambda: flow.node(lambda: None, colour='red'),
                    lambda: flow.node(lambda: None, lock=3)):
            with self.assertRaises(TypeError):
                bad()
        self.assertEqual(len(flow), 0)

    def test_kinds_of_callables(self):
        flow = GFlow.Flow()
        log = []

        class Callable:
            def __call__(self):
                log.append('callable')

            def method(self):
                log.append('method')

            async def coroutine_method(self):
                log.append('coroutine method')

        class AsyncCallable:
            async def __call__(self):
                log.append('async callable')

        async def coroutine(text):
            log.append(text)

        one = Callable()
        functions = [one, one.method, one.coroutine_method, AsyncCallable(),
                     functools.partial(log.append, 'partial'),
                     functools.partial(coroutine, 'async partial')]
        flow.set_max_threads(1)
        for function in functions:
            flow.node(function)
        run = flow.execute_sync()
        self.assertEqual(sorted(log), ['async callable', 'async partial', 'callable',
                                       'coroutine method', 'method', 'partial'])
        for function in functions:
            self.assertEqual(run.get_node_state(function), GFlow.FlowNodeState.DONE)
        self.assertIn(one.method, flow)

    def test_returned_coroutine(self):
        flow = GFlow.Flow()

        async def coroutine():
            pass

        flow.node(name='f')(lambda: coroutine())
        with self.assertRaisesRegex(TypeError, 'f: the function has returned a coroutine'):
            flow.execute_sync()

    def test_container(self):
        flow = GFlow.Flow(name='a flow', max_threads=2)
        self.assertEqual(flow.get_name(), 'a flow')
        self.assertEqual(flow.props.max_threads, 2)
        self.assertTrue(flow)
        self.assertEqual(len(flow), 0)

        @flow.node
        def f():
            pass

        node = flow.add('raw', lambda node, run: True)
        self.assertEqual(len(flow), 2)
        self.assertEqual(list(flow), [flow['f'], node])
        self.assertIs(flow[0], flow[f])
        self.assertIs(flow[-1], node)
        self.assertEqual(flow[:], list(flow))
        self.assertIn('raw', flow)
        self.assertIn(f, flow)
        self.assertIn(node, flow)
        self.assertNotIn('nobody', flow)
        self.assertNotIn(len, flow)
        self.assertNotIn(3.5, flow)
        self.assertNotIn([], flow)
        self.assertNotIn(node, GFlow.Flow())
        for key in 'nobody', len, 3.5:
            with self.assertRaises(KeyError):
                flow[key]
        with self.assertRaises(IndexError):
            flow[2]
        flow.remove_node(f)
        self.assertNotIn(f, flow)
        self.assertEqual(list(flow), [node])

    def test_groups(self):
        log = []

        def named(name):
            def function():
                log.append(name)
            function.__name__ = name
            return function

        f, g, h, i, j, k = map(named, 'fghijk')
        lock = GFlow.FlowLock()
        flow = GFlow.Flow(
            GFlow.Series(f, g, GFlow.Parallel(GFlow.WithLock(h, lock), GFlow.WithLock(i, lock),
                                              GFlow.Series(j, k))))
        self.assertEqual(set(flow[h].get_upstreams()), {flow[g]})
        self.assertEqual(list(flow[h].get_locks()), [lock])
        self.assertEqual(list(flow[k].get_upstreams()), [flow[j]])
        flow.execute_sync()
        self.assertEqual(log[:2], ['f', 'g'])
        self.assertEqual(set(log[2:]), set('hijk'))

    def test_copy(self):
        flow = GFlow.Flow()

        @flow.node
        def f():
            return 3

        @flow.node(upstream=f)
        def g(f):
            return f + 1

        copy = flow.copy()
        self.assertTrue(flow.equal(copy))
        self.assertIsNot(copy[g], flow[g])
        del flow
        run = copy.execute_sync(keep_results=True)
        self.assertEqual((run[f], run[g]), (3, 4))


class Arguments(unittest.TestCase):
    def give(self, consumer, **producers):
        flow = GFlow.Flow()
        for name, value in producers.items():
            flow.node(name=name)(lambda value=value: value)
        flow.node(consumer, name='consumer', upstream=list(producers))
        return flow.execute_sync()['consumer']

    def test_arguments(self):
        async def coroutine(a, b):
            return a, b

        def both(a, /, b, *, c):
            return a, b, c

        def rest(b, *others):
            return b, others

        give = self.give
        self.assertEqual(give(lambda: 'none', a=1, b=2), 'none')
        self.assertEqual(give(lambda a, b: (a, b), a=1, b=2), (1, 2))
        self.assertEqual(give(lambda b, a: (a, b), a=1, b=2), (1, 2))
        self.assertEqual(give(lambda x, y: (x, y), a=1, b=2), (1, 2))
        self.assertEqual(give(lambda x, a: (x, a), a=1, b=2), (2, 1))
        self.assertEqual(give(lambda x: (x,), a=1, b=2), (1,))
        self.assertEqual(give(lambda x=5: x, a=1), 5)
        self.assertEqual(give(lambda a=5: a, a=1), 1)
        self.assertEqual(give(lambda x, y=5, *, z=6: (x, y, z), a=1, b=2), (1, 5, 6))
        self.assertEqual(give(lambda *all: all, a=1, b=2, c=None, d=''), (1, 2, None, ''))
        self.assertEqual(give(lambda x, **options: (x, options), a=1), (1, {}))
        self.assertEqual(give(coroutine, a=1, b=2), (1, 2))
        self.assertEqual(give(both, c=3, a=1, b=2), (1, 2, 3))
        self.assertEqual(give(rest, a=1, b=2, c=3), (2, (1, 3)))
        self.assertEqual(give(lambda run, node: (run.get_flow() is node.get_flow(),
                                                 node.get_name())), (True, 'consumer'))
        with self.assertRaisesRegex(TypeError, "consumer.*'y'"):
            give(lambda x, y: 0, a=1)

    def test_edits(self):
        flow = GFlow.Flow()
        for name in 'abc':
            flow.node(name=name)(lambda name=name: name)

        @flow.node
        def consumer(*names):
            return names

        self.assertEqual(flow.execute_sync()[consumer], ())
        flow[consumer].add_upstream('b')
        self.assertEqual(flow.execute_sync()[consumer], ('b',))
        flow[consumer].add_upstream(flow['a'])
        self.assertEqual(flow.execute_sync()[consumer], ('b', 'a'))
        flow[consumer].set_upstreams([flow['c']])
        self.assertEqual(flow.execute_sync()[consumer], ('c',))

    def test_failed_upstreams(self):
        flow = GFlow.Flow()

        @flow.node
        def fails():
            raise Boom

        @flow.node
        def works():
            return 1

        @flow.node(upstream=[fails, works], run_when=GFlow.FlowRunWhen.ALL_FINISHED)
        def clean_up(fails, works):
            seen.append((fails, works))

        seen = []
        with self.assertRaises(Boom):
            flow.execute_sync()
        self.assertEqual(seen, [(None, 1)])

    def test_series(self):
        flow = GFlow.Flow(GFlow.Series(lambda: 1, GFlow.Parallel(lambda x: x + 1, lambda x: x + 2),
                                       lambda *all: sum(all)))
        self.assertEqual(flow.execute_sync()[flow[3]], 5)

    def test_joined(self):
        """Not only functions may be upstreams."""
        flow = GFlow.Flow()
        a = flow.add('a', lambda node, run: run.set_result(node, 'of a'))
        flow.add_join('join', ['a', 'b'])
        flow.add('b', lambda node, run: True)

        @flow.node(upstream=[a, 'join'])
        def f(first, second):
            return first, second
        self.assertEqual(flow.execute_sync()[f], ('of a', None))


class Results(unittest.TestCase):
    class Colour(enum.IntEnum):
        RED = 1

    class Object(GObject.Object):
        pass

    def test_kinds(self):
        thing, gobject = object(), self.Object()
        cases = [
            (True, 'gboolean'), (False, 'gboolean'),
            (0, 'gint64'), (-1, 'gint64'), (2**63 - 1, 'gint64'), (-2**63, 'gint64'),
            (2**63, 'guint64'), (2**64 - 1, 'guint64'), (2**64, 'PyObject'),
            (-2**63 - 1, 'PyObject'),
            (1.5, 'gdouble'), (float('inf'), 'gdouble'),
            ('', 'gchararray'), ('text ✓', 'gchararray'), ('a\0b', 'PyObject'),
            (os.fsdecode(b'\xff'), 'PyObject'),
            (GLib.Variant('(si)', ('a', 1)), 'GVariant'),
            (gobject, None), (Gio.File.new_for_path('/'), None),
            (GFlow.FlowPlacement.CONTEXT, 'GFlowPlacement'),
            (b'bytes', 'PyObject'), ([], 'PyObject'), ({'a': [1]}, 'PyObject'),
            ((), 'PyObject'), (thing, 'PyObject'), (len, 'PyObject'), (int, 'PyObject'),
            (self.Colour.RED, 'PyObject'), (Boom('x'), 'PyObject'),
        ]
        for value, type_name in cases:
            with self.subTest(value=value):
                flow = GFlow.Flow()
                flow.node(name='sync')(lambda: value)

                @flow.node
                async def coroutine():
                    return value

                run = flow.execute_sync()
                for name in 'sync', 'coroutine':
                    result = run[name]
                    self.assertEqual(result, value)
                    self.assertIs(type(result), type(value))
                    if type_name == 'PyObject' or isinstance(value, GObject.Object):
                        self.assertIs(result, value)

    def test_none(self):
        flow = GFlow.Flow()

        @flow.node
        def f():
            pass

        run = flow.execute_sync()
        self.assertIsNone(run.get_result(f))
        with self.assertRaisesRegex(KeyError, 'f has no result'):
            run[f]
        with self.assertRaisesRegex(KeyError, 'no node of this flow'):
            run['nobody']

    def test_other_readers(self):
        flow = GFlow.Flow()
        f = flow.node(lambda: 'text')
        g = flow.node(lambda: GLib.Variant('i', 3))
        gobject = self.Object()
        h = flow.node(lambda: gobject)
        run = flow.execute_sync()
        self.assertEqual(run.dup_result_variant(g), GLib.Variant('i', 3))
        self.assertIs(run.dup_result_object(h), gobject)
        self.assertEqual(run.get_result(f), 'text')

    def test_values(self):
        """From raw bodies: any value, also one of a type that was asked for."""
        flow = GFlow.Flow()

        def body(node, run):
            run.set_result(node, GObject.Value(GObject.TYPE_UINT, 7))

        def variant(node, run):
            run.set_result_variant(node, GLib.Variant('s', 'v'))

        flow.add('a', body)
        flow.add('b', variant)
        flow.add('c', lambda node, run: run.set_result(node, [1]))
        run = flow.execute_sync()
        self.assertEqual(run['a'], 7)
        self.assertEqual(run['b'], GLib.Variant('s', 'v'))
        self.assertEqual(run['c'], [1])

    def test_keep(self):
        flow = GFlow.Flow()
        f = flow.node(lambda: 1)
        g = flow.node(upstream=f)(lambda x: x + 1)
        self.assertEqual(flow.execute_sync()[g], 2)
        with self.assertRaisesRegex(KeyError, 'keep_results'):
            flow.execute_sync()[f]
        self.assertEqual(flow.execute_sync(keep_results=True)[f], 1)
        self.assertEqual(asyncio.run(flow.execute(keep_results=True))[f], 1)

    def test_parameters(self):
        flow = GFlow.Flow()

        @flow.node
        def f(run):
            return run.props.parameters['n']

        self.assertEqual(flow.execute_sync(parameters=GLib.Variant('a{sv}', {
            'n': GLib.Variant('i', 5)}))[f], 5)


class Exceptions(unittest.TestCase):
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

    def test_recursion(self):
        flow = GFlow.Flow()

        @flow.node
        def f():
            flow.execute_sync()

        with self.assertRaises(GLib.Error) as caught:
            flow.execute_sync()
        self.assertTrue(matches(caught.exception, GFlow.FlowError.RECURSION))


class Raw(unittest.TestCase):
    """The C API as it is."""

    def test_bodies(self):
        flow = GFlow.Flow()
        seen = []

        def body(node, run, *data):
            seen.append((node.get_name(), *data))
            return True

        def task_body(node, run, task, *data):
            seen.append((node.get_name(), *data))
            GLib.idle_add(task.return_boolean, True)

        flow.add('a', body)
        flow.add('b', body, 1, 'x')
        flow.add('c', lambda node, run: None)
        flow.add_task('d', task_body).add_upstream(flow['a'])
        flow.add_task('e', task_body, 2)
        flow.add_node(GFlow.FlowNode.new('f', body, 3))
        flow.add_node(GFlow.FlowNode.new_for_task('g', task_body, 4))
        self.assertEqual(flow.add(None, body).get_name(), 'node0')

        loop = GLib.MainLoop()
        runs = []

        def ended(flow, result, *data):
            runs.append((flow.execute_finish(result), *data))
            loop.quit()

        flow.execute(None, ended, 'data')
        loop.run()
        self.assertEqual(runs[0][0].get_n_done(), 8)
        self.assertEqual(runs[0][1], 'data')
        self.assertEqual(sorted(seen), [('a',), ('b', 1, 'x'), ('d',), ('e', 2), ('f', 3),
                                        ('g', 4), ('node0',)])

    def test_false(self):
        flow = GFlow.Flow()
        flow.add('f', lambda node, run: False)
        with self.assertRaises(GLib.Error) as caught:
            flow.execute_sync()
        self.assertTrue(matches(caught.exception, GFlow.FlowError.FAILED))

    def test_abandoned(self):
        flow = GFlow.Flow()
        flow.add_task('f', lambda node, run, task: None)
        with self.assertRaises(GLib.Error) as caught:
            flow.execute_sync()
        self.assertTrue(matches(caught.exception, GFlow.FlowError.ABANDONED))

    def test_task_from_thread(self):
        flow = GFlow.Flow()

        def body(node, run, task):
            def work():
                run.set_result(node, 'done')
                task.return_boolean(True)
            threading.Thread(target=work).start()

        def failing(node, run, task):
            task.return_error(GLib.Error('no', 'a-domain', 3))

        node = flow.add_task('f', body)
        self.assertEqual(flow.execute_sync()[node], 'done')
        flow.add_task('g', failing)
        with self.assertRaisesRegex(GLib.Error, 'no') as caught:
            flow.execute_sync()
        self.assertEqual((caught.exception.domain, caught.exception.code), ('a-domain', 3))

    def test_coroutine(self):
        flow = GFlow.Flow()

        async def body(node, run, task, data):
            await asyncio.sleep(0)
            run.set_result(node, data)

        flow.add_task('f', body, 5)
        self.assertEqual(flow.execute_sync()['f'], 5)
        with self.assertRaises(TypeError):
            flow.add('g', body)

    def test_exception_in_callback_style(self):
        flow = GFlow.Flow()
        boom = Boom()
        flow.add('f', lambda node, run: (_ for _ in ()).throw(boom))
        loop = GLib.MainLoop()
        caught = []

        def ended(flow, result):
            try:
                flow.execute_finish(result)
            except Boom as error:
                caught.append(error)
            loop.quit()

        flow.execute(None, ended)
        loop.run()
        self.assertEqual(caught, [boom])

    def test_group(self):
        flow = GFlow.Flow()
        log = []
        group = GFlow.FlowGroup.new_series()

        def body(node, run):
            log.append(node.get_name())

        for name in 'ab':
            group.append_node(GFlow.FlowNode.new(name, body))
        flow.add_group(group)
        flow.execute_sync()
        self.assertEqual(log, ['a', 'b'])


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


class Cancellation(unittest.TestCase):
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

    INTERRUPTED = '''
import asyncio, os, signal, threading, time, gi
gi.require_version('GFlow', '1')
from gi.repository import GFlow
flow = GFlow.Flow()

@flow.node
async def a(run):
    threading.Timer(.05, os.kill, (os.getpid(), signal.SIGINT)).start()
    try:
        await asyncio.sleep(30)
    finally:
        print('a ends')

@flow.node(upstream=a, run_when=GFlow.FlowRunWhen.ALL_FINISHED)
def clean_up():
    print('cleaned up')

async def main():
    try:
        await flow.execute()
    finally:
        print('main ends')
try:
    {}
except KeyboardInterrupt:
    print('interrupted', flush=True)
'''

    def test_interrupt(self):
        for call, lines in (('flow.execute_sync()', ['a ends', 'cleaned up', 'interrupted']),
                            ('asyncio.run(main())', ['a ends', 'cleaned up', 'main ends',
                                                     'interrupted'])):
            with self.subTest(call=call):
                process = subprocess.run([sys.executable, '-c', self.INTERRUPTED.format(call)],
                                         stdout=subprocess.PIPE, timeout=25, text=True)
                self.assertEqual(process.stdout.split('\n')[:-1], lines)
                self.assertEqual(process.returncode, 0)

    def test_interrupt_elsewhere(self):
        """Where Python itself would raise KeyboardInterrupt, it does, and nothing hangs."""
        for call in ('asyncio.new_event_loop().run_until_complete(flow.execute())',
                     'GFlow.FlowLock().acquire_sync(); lock = GFlow.FlowLock(); '
                     'lock.acquire_sync(); lock.acquire_sync()',
                     'flow.execute_sync()'):
            program = """
import asyncio, os, signal, threading, time, gi
gi.require_version('GFlow', '1')
from gi.repository import GFlow
flow = GFlow.Flow()

@flow.node(placement=GFlow.FlowPlacement.{})
{} f():
    {}(30)
    print('never')

threading.Timer(.1, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    {}
except KeyboardInterrupt:
    print('interrupted', flush=True)
os._exit(0)
"""
            bodies = [('WORKER', 'async def', 'await asyncio.sleep')]
            if 'execute_sync' in call:
                bodies.append(('CONTEXT', 'def', 'time.sleep'))
            for body in bodies:
                with self.subTest(call=call, body=body):
                    process = subprocess.run([sys.executable, '-c', program.format(*body, call)],
                                             stdout=subprocess.PIPE, timeout=25, text=True)
                    self.assertEqual((process.stdout, process.returncode), ('interrupted\n', 0))

    def test_signal_state(self):
        before = signal.getsignal(signal.SIGINT)
        self.make([]).copy()
        GFlow.Flow().execute_sync()
        self.assertIs(signal.getsignal(signal.SIGINT), before)
        self.assertEqual(signal.set_wakeup_fd(-1), -1)


class Locks(unittest.TestCase):
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
