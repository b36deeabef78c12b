#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What stands for a node: functions, coroutines, groups; what they are called with."""

import asyncio
import functools
import gc
import os
import pydoc
import shutil
import time
import unittest
import unittest.mock
import xml.etree.ElementTree

import gi

gi.require_version('GFlow', '1')
from gi.repository import Gio, GLib, GFlow

from helpers import Boom, is_cancelled, matches


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

    def test_retries(self):
        """A function that fails is called again, and its handlers say which errors are worth it."""
        flow, called, asked = GFlow.Flow(), [], []

        @flow.node(retries=3, retry_delay=1, retry_factor=2, retry_jitter=.1)
        def f():
            called.append(len(called))
            if len(called) < 3:
                raise OSError('not yet')
            return 'at last'

        def should_retry(node, run, error, attempt):
            asked.append((attempt, error.message))
            return True

        flow[f].connect('should-retry', should_retry)
        self.assertEqual(flow.execute_sync()[f], 'at last')
        self.assertEqual(called, [0, 1, 2])
        self.assertEqual([attempt for attempt, message in asked], [1, 2])
        self.assertIn('not yet', asked[0][1])

    def test_retry_node(self):
        """A node that has failed is tried again, and the run succeeds."""
        flow, log = GFlow.Flow(), []

        @flow.node
        async def keeper():
            while flow_run.get_node_state(behind) != GFlow.FlowNodeState.SKIPPED:
                await asyncio.sleep(.001)
            flow_run.retry_node(bad)
            while flow_run.get_node_state(behind) != GFlow.FlowNodeState.DONE:
                await asyncio.sleep(.001)

        @flow.node
        def bad():
            log.append('bad')
            if len(log) == 1:
                raise OSError('not yet')

        @flow.node(upstream=bad)
        def behind():
            log.append('behind')

        async def main():
            await flow_run.execute()

        flow_run = GFlow.FlowRun(flow=flow)
        asyncio.run(main())
        self.assertEqual(log, ['bad', 'bad', 'behind'])
        self.assertEqual(flow_run.get_state(), GFlow.FlowRunState.DONE)

    def test_timeout(self):
        flow = GFlow.Flow()

        @flow.node(timeout=20)
        def f(node, run):
            cancellable = run.get_node_cancellable(node)
            while not cancellable.is_cancelled():
                time.sleep(.001)

        with self.assertRaises(GLib.Error) as caught:
            flow.execute_sync()
        self.assertTrue(caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.TIMED_OUT))

    def test_call(self):
        """flow(…) is flow.node(…)."""
        flow = GFlow.Flow()

        @flow()
        def f():
            return 1

        @flow(upstream=f, name='second')
        async def g(f):
            return f + 1

        self.assertIs(flow(print), print)
        self.assertEqual(flow.execute_sync()[g], 2)
        self.assertEqual([node.get_name() for node in flow], ['f', 'second', 'print'])

    def test_unknown_property(self):
        """Said before anything is made, by name."""
        flow = GFlow.Flow()
        for name in 'colour', 'add_lock', 'notify':
            with self.assertRaisesRegex(TypeError, f"A FlowNode has no property '{name}'"):
                flow.node(**{name: 3})(print)
        self.assertEqual(len(flow), 0)

    def test_placement_of_coroutine(self):
        flow = GFlow.Flow()

        async def f():
            pass

        with self.assertRaisesRegex(TypeError, 'a coroutine can not run on a worker'):
            flow.node(placement=GFlow.FlowPlacement.WORKER)(f)
        self.assertEqual(len(flow), 0)
        flow.node(placement=GFlow.FlowPlacement.CONTEXT)(f)
        with self.assertRaises(TypeError):
            flow[f].set_placement(GFlow.FlowPlacement.WORKER)
        with self.assertRaises(TypeError):
            flow[f].set_property('placement', GFlow.FlowPlacement.WORKER)
        flow.execute_sync()

    def test_wrong_arguments(self):
        """The messages say which argument is meant, and nothing is added."""
        flow = GFlow.Flow()
        for message, arguments in (
                ('upstream: 3 stands for no node', {'upstream': 3}),
                ('upstream: 3 stands for no node', {'upstream': ['x', 3]}),
                ("lock: 'x' is no GFlow.FlowLock", {'lock': 'x'}),
                ('lock: .* is no GFlow.FlowLock', {'lock': asyncio.Lock()}),
                ('name: 3 is no string', {'name': 3}),
                ("no property 'nonsense'", {'nonsense': 3}),
                ('placement: ', {'placement': 'context'}),
                ('timeout: ', {'timeout': .5}),
                ('retries: ', {'retries': '3'}),
                ('weight: ', {'weight': None})):
            with self.assertRaisesRegex(TypeError, message):
                flow.node(**arguments)(lambda: None)
        with self.assertRaisesRegex(OverflowError, 'retries: '):
            flow.node(retries=-1)(lambda: None)
        self.assertEqual(len(flow), 0)

    def test_coroutine_on_a_worker(self):
        """What gets around set_placement() is an error of the node, whichever comes first."""
        for first in 'worker', 'context':
            flow = GFlow.Flow()
            called = []

            @flow.node
            async def f():
                called.append('f')

            @flow.node
            async def g():
                called.append('g')
                await asyncio.sleep(0)

            flow[f].props.placement = GFlow.FlowPlacement.WORKER
            if first == 'context':
                flow[f].add_upstream(g)
            else:
                flow[g].add_upstream(f)
            with self.assertRaisesRegex(TypeError, 'f: a coroutine can not run on a worker'):
                asyncio.run(flow.execute())
            with self.assertRaisesRegex(TypeError, 'f: a coroutine can not run on a worker'):
                flow.execute_sync()
            self.assertEqual(called, ['g', 'g'] if first == 'context' else [])

    def test_names_of_asyncflow(self):
        self.assertIs(GFlow.Lock, GFlow.FlowLock)
        self.assertIs(GFlow.Sequence, GFlow.Series)
        self.assertEqual(GFlow.Lock().get_permits(), 1)
        self.assertEqual(GFlow.Semaphore(3).get_permits(), 3)
        self.assertEqual(GFlow.Semaphore().get_permits(), 1)
        for permits in 0, -1:
            with self.assertRaises(ValueError):
                GFlow.Semaphore(permits)

    def test_help(self):
        for cls in (GFlow.Flow, GFlow.FlowRun, GFlow.FlowNode, GFlow.FlowLock, GFlow.FlowGroup):
            text = pydoc.plain(pydoc.render_doc(cls))
            self.assertIn(cls.__doc__.splitlines()[0], text)
        text = pydoc.plain(pydoc.render_doc(GFlow.Flow))
        for words in 'run[double]', 'Decorator: makes', 'Raises the very exception':
            self.assertIn(words, text)

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

    def test_copied_functions(self):
        """A copy stays whole when nodes of the flow it was made of go."""
        flow = GFlow.Flow()
        f = flow.node(lambda: 3)
        inner = GFlow.Flow()
        inner.node(lambda: None)
        flow.add_flow('inner', inner)
        copy = flow.copy()
        for node in list(flow):
            flow.remove_node(node)
        self.assertEqual(copy.execute_sync()[f], 3)
        self.assertNotIn(f, flow)

    def test_moved_node(self):
        flow, other = GFlow.Flow(), GFlow.Flow()
        f = flow.node(lambda: 3)
        node = flow[f]
        flow.remove_node(f)
        other.add_node(node)
        self.assertIs(other[f], node)
        self.assertEqual(other.execute_sync()[f], 3)

        # A node that somebody keeps when its flow goes has lost its function.
        other.node(lambda: 4, name='g')
        node = other['g']
        del other
        gc.collect()
        flow.add_node(node)
        with self.assertRaisesRegex(GLib.Error, 'The function of g went with its flow'):
            flow.execute_sync()

    def test_same_function_again(self):
        flow = GFlow.Flow()
        f = flow.node(lambda: 3)
        with self.assertRaises(GLib.Error) as caught:
            flow.node(f)
        self.assertTrue(matches(caught.exception, GFlow.FlowError.EXISTS))
        for group in GFlow.Series(f), GFlow.Series(len, GFlow.Parallel(len)):
            with self.assertRaises(GLib.Error) as caught:
                flow.add_group(group)
            self.assertTrue(matches(caught.exception, GFlow.FlowError.EXISTS))
        self.assertEqual(len(flow), 1)


class Equal(unittest.TestCase):
    def make(self, function, *, name=None, raw=None, data=(), lock=None, upstream='f',
             **properties):
        flow = GFlow.Flow()
        flow.node(function, name='f')
        flow.add('raw', raw or self.raw, *data)
        flow.node(self.coroutine, name='coroutine', upstream=upstream, lock=lock, **properties)
        flow.add_join('join', ['f', 'raw'])
        flow.add_flow('inner', self.inner)
        if name is not None:
            flow['f'].set_name(name)
        return flow

    inner, other_inner = GFlow.Flow(), GFlow.Flow()
    lock = GFlow.FlowLock()

    def raw(self, node, run, *data):
        pass

    async def coroutine(self):
        pass

    def test_equal(self):
        def f():
            pass

        flow = self.make(f)
        self.assertTrue(flow.equal(flow))
        self.assertTrue(flow.equal(flow.copy()))
        self.assertTrue(flow.equal(self.make(f)))
        self.assertTrue(GFlow.Flow().equal(GFlow.Flow()))
        self.assertTrue(self.make(f, data=[self]).equal(self.make(f, data=[self])))
        self.assertTrue(self.make(f, lock=self.lock).equal(self.make(f, lock=self.lock)))
        self.assertEqual(flow.execute_sync().get_n_done(), 5)

    def test_different(self):
        def f():
            pass

        flow = self.make(f)
        for other in (GFlow.Flow(), self.make(lambda: None), self.make(f, name='g'),
                      self.make(f, raw=lambda node, run: None), self.make(f, data=[1]),
                      self.make(f, lock=self.lock), self.make(f, upstream='raw'),
                      self.make(f, upstream=None), self.make(f, priority=1),
                      self.make(f, run_when=GFlow.FlowRunWhen.ALL_FINISHED)):
            self.assertFalse(flow.equal(other))
            self.assertFalse(other.equal(flow))

        flow, other = self.make(f), self.make(f)
        flow['inner'].add_upstream('raw')
        self.assertFalse(flow.equal(other))
        other['inner'].add_upstream('raw')
        self.assertTrue(flow.equal(other))
        flow.remove_node('inner')
        flow.add_flow('inner', self.other_inner)
        self.assertFalse(flow.equal(other))

        flow, other = GFlow.Flow(), GFlow.Flow()
        flow.add('f', f)
        other.node(f)
        self.assertFalse(flow.equal(other))
        other = GFlow.Flow()
        other.add_task('f', f)
        self.assertFalse(flow.equal(other))


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


class Shown(unittest.TestCase):
    """Notebooks ask for pictures."""

    def setUp(self):
        self.flow = GFlow.Flow()
        self.flow.node(lambda: None, name='one <&>')
        self.flow.node(lambda: None, name='two', upstream='one <&>')

    def test_svg(self):
        run = self.flow.execute_sync()
        for shown in self.flow, run:
            if shutil.which('dot') is None:
                self.assertIsNone(shown._repr_svg_())
                continue
            svg = xml.etree.ElementTree.fromstring(shown._repr_svg_())
            texts = [element.text for element in svg.iter() if element.tag.endswith('text')]
            wanted = ['✓ one <&>', '✓ two', 'Legend', '✓ done'] if shown is run \
                else ['one <&>', 'two']
            self.assertEqual(sorted(texts), sorted(wanted))
        self.assertNotEqual(run._repr_markdown_(), self.flow._repr_markdown_())

    def test_without_graphviz(self):
        with unittest.mock.patch.dict(os.environ, {'PATH': ''}):
            self.assertIsNone(self.flow._repr_svg_())
        text = self.flow._repr_markdown_()
        self.assertTrue(text.startswith('```mermaid\nflowchart'))
        self.assertTrue(text.endswith('\n```\n'))


class With(unittest.TestCase):
    def test_refused(self):
        flow = GFlow.Flow()
        flow.node(lambda: None, name='f', upstream='nobody')
        with self.assertRaises(GLib.Error) as caught:
            with flow:
                self.fail('entered')
        self.assertTrue(matches(caught.exception, GFlow.FlowError.UNKNOWN_NODE))

    def test_cancels(self):
        """What began inside does not outlive the block."""
        flow, started, log = GFlow.Flow(), [], []

        @flow.node
        async def sleeps():
            started.append(1)
            try:
                await asyncio.sleep(30)
            finally:
                log.append('told')

        async def begun(n):
            while len(started) < n:
                await asyncio.sleep(.001)

        async def main():
            outside = GFlow.FlowRun(flow)
            other = asyncio.ensure_future(outside.execute())
            async with flow as entered:
                self.assertIs(entered, flow)
                task = asyncio.ensure_future(flow.execute())
                await begun(2)
            self.assertEqual(log, ['told'])
            with self.assertRaises(GLib.Error) as caught:
                await task
            self.assertTrue(is_cancelled(caught.exception))
            self.assertEqual(outside.get_state(), GFlow.FlowRunState.RUNNING)
            with flow:
                task = asyncio.ensure_future(flow.execute())
                await begun(3)
                self.assertEqual(log, ['told'])
            with self.assertRaises(GLib.Error):
                await task
            outside.cancel()
            with self.assertRaises(GLib.Error):
                await other
        asyncio.run(main())
        self.assertEqual(len(log), 3)

    def test_plain(self):
        flow = GFlow.Flow()
        flow.node(lambda: 3, name='f')
        with flow, flow:
            run = flow.execute_sync()
        self.assertEqual(run['f'], 3)


if __name__ == '__main__':
    unittest.main()
