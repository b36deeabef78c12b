#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Executors in Python, and the programs of the pages that they come from."""

import asyncio
import gc
import io
import contextlib
import threading
import unittest
import weakref

import gi

gi.require_version('GFlow', '1')
from gi.repository import GFlow, Gio, GLib, GObject

from helpers import Boom, matches

Flow, Executor, requests = GFlow.Flow, GFlow.FlowExecutor, GFlow.requests


def Document(text=None):
    return GFlow.FlowDocument(text=text)


class Marker(Executor):
    def __init__(self, word='m', **kwargs):
        super().__init__(**kwargs)
        self.word = word

    @requests
    def mark(self, docs, **kwargs):
        for doc in docs:
            doc.text = f'{doc.text} {self.word}'

    @requests(on=['/async', '/later'])
    async def mark_later(self, docs):
        await asyncio.sleep(.001)
        self.mark(docs)


def texts(responses):
    return [[doc.text for doc in response.docs] for response in responses]


class Chains(unittest.TestCase):
    def test_chain(self):
        flow = Flow().add().add().add().add()
        self.assertEqual([node.get_name() for node in flow],
                         ['executor0', 'executor1', 'executor2', 'executor3'])
        self.assertEqual([node.get_name() for node in flow['executor3'].get_upstreams()],
                         ['executor2'])

    def test_needs(self):
        flow = (Flow()
                .add(name='p1', needs='gateway')
                .add(name='p2', needs='gateway')
                .add(name='p3', needs='gateway')
                .needs(['p1', 'p2'], name='r1')
                .needs_all(name='r2'))
        self.assertEqual({node.get_name() for node in flow['r2'].get_upstreams()}, {'p3', 'r1'})
        with self.assertRaises(GLib.Error) as caught:
            flow.needs(['p1'])
        self.assertTrue(matches(caught.exception, GFlow.FlowError.TOPOLOGY))

    def test_bad_options(self):
        for options in {'colour': 3}, {'uses': 3}, {'uses_with': {'a': 1}}, \
                {'uses': Empty, 'uses_with': {'wrod': 'x'}}, {'uses': Strict, 'uses_with': {'b': 1}}, \
                {'uses': Strict}, {'uses': Marker, 'lock': 3}, \
                {'uses': Marker, 'uses_metas': {'colour': 'x'}}, \
                {'uses': Marker, 'uses_requests': {'/x': 'no_such'}}:
            with self.assertRaises(TypeError, msg=options):
                Flow().add(**options)
        with self.assertRaisesRegex(ValueError, 'Nobody'):
            Flow().add(uses='Nobody')

    def test_out_of_range(self):
        for options in {'parallel': 0}, {'replicas': 0}, {'parallel': 100000}, {'timeout': -1}:
            flow = Flow()
            with self.assertRaisesRegex(OverflowError, next(iter(options))):
                flow.add(**options)

    def test_properties_of_the_node(self):
        lock = GFlow.Lock()
        flow = Flow().add(uses=Marker, name='m', retries=2, timeout=100, retry_delay=5, lock=lock)
        self.assertEqual([flow['m'].props.max_retries, flow['m'].props.timeout,
                          flow['m'].props.retry_delay, list(flow['m'].get_locks())],
                         [2, 100, 5, [lock]])


class Empty(Executor):
    pass


class Strict(Executor):
    def __init__(self, a):
        super().__init__()
        self.a = a


class Opening(unittest.TestCase):
    """When the class is called, and setup() and teardown()."""

    def opened_in_every_way(self, flow):
        def with_flow():
            with flow:
                pass

        async def async_with():
            async with flow:
                pass

        async def opens():
            await flow.open()
            await flow.close()

        def opens_sync():
            flow.open_sync()
            flow.close_sync()

        return (with_flow, opens_sync, lambda: asyncio.run(async_with()), lambda: asyncio.run(opens()))

    def test_constructor(self):
        made = []

        class Late(Executor):
            def __init__(self, model, **kwargs):
                super().__init__(**kwargs)
                self.model = model
                made.append((self.metas.name, threading.current_thread(), self))

            def setup(self):
                assert self.model == 'large'

            @requests
            def use(self, **kwargs):
                return {'model': self.model}

        flow = Flow().add(uses=Late, uses_with={'model': 'large', 'description': 'd'},
                          uses_metas={'name': 'late'}, name='late')
        self.assertEqual(made, [])
        for _ in range(2):
            with flow:
                response, = flow.post('/', return_results=True)
                self.assertEqual(response.dup_result('late')['model'], 'large')
        (name, thread, executor), = made
        self.assertEqual(name, 'late')
        self.assertIsNot(thread, threading.main_thread())
        self.assertIs(executor, flow['late'].get_executor())
        self.assertEqual(executor.get_description(), 'd')

    def test_constructor_fails(self):
        log, fails = [], True

        class Good(Executor):
            def setup(self):
                log.append('setup')

            def teardown(self):
                log.append('teardown')

        class Bad(Executor):
            def __init__(self):
                super().__init__()
                if fails:
                    raise Boom('no model')

        flow = Flow().add(uses=Good).add(uses=Bad, name='bad').add(uses=Marker)
        for open_flow in self.opened_in_every_way(flow):
            with self.assertRaisesRegex(GLib.Error, '“bad”.*no model') as caught:
                open_flow()
            self.assertTrue(matches(caught.exception, GFlow.FlowError.START_FAILED))
            self.assertIsInstance(caught.exception.__cause__, Boom)
            self.assertFalse(flow.get_is_open())
            self.assertEqual(log.count('setup'), log.count('teardown'))
        fails = False
        for open_flow in self.opened_in_every_way(flow):
            open_flow()

    def test_setup_and_teardown(self):
        log = []

        class Blocks(Executor):
            def setup(self):
                log.append('setup')

            def teardown(self):
                log.append('teardown')

        class Waits(Executor):
            async def setup(self):
                await asyncio.sleep(.001)
                log.append('setup')

            async def teardown(self):
                log.append('teardown')

        class Inherits(Waits):
            pass

        class Raw(Executor):
            def do_setup(self, cancellable):
                log.append('setup')

            def do_teardown(self, cancellable):
                log.append('teardown')
                return True

        for klass in Blocks, Waits, Inherits, Raw:
            for open_flow in self.opened_in_every_way(Flow().add(uses=klass).add(uses=klass())):
                open_flow()
                self.assertEqual(log, ['setup'] * 2 + ['teardown'] * 2, klass)
                del log[:]

    def test_setup_raises(self):
        class Blocks(Executor):
            def setup(self):
                raise Boom('no')

        class Waits(Executor):
            async def setup(self):
                await asyncio.sleep(.001)
                raise Boom('no')

        class AtOnce(Executor):
            async def setup(self):
                raise Boom('no')

        class Raw(Executor):
            def do_setup(self, cancellable):
                raise Boom('no')

        class RawTask(Executor):
            def do_start_setup(self, task):
                raise Boom('no')

        for klass in Blocks, Waits, AtOnce, Raw, RawTask:
            for open_flow in self.opened_in_every_way(Flow().add(uses=klass, name='x').add(uses=Marker)):
                with self.assertRaisesRegex(GLib.Error, '“x”.*no') as caught:
                    open_flow()
                self.assertIsInstance(caught.exception.__cause__, Boom, klass)

    def test_teardown_raises(self):
        class Blocks(Executor):
            def teardown(self):
                raise Boom('no')

        class Waits(Executor):
            async def teardown(self):
                await asyncio.sleep(.001)
                raise Boom('no')

        for klass in Blocks, Waits:
            flow = Flow().add(uses=klass)
            for open_flow in self.opened_in_every_way(flow):
                with self.assertRaisesRegex(Boom, 'no') as caught:
                    open_flow()
                self.assertFalse(flow.get_is_open())
                if hasattr(Boom, 'add_note'):
                    self.assertIn('The executor “executor0” could not be torn down: Boom: no',
                                  caught.exception.__notes__[-1])

    def test_functions_of_the_class(self):
        class Raw(Executor):
            def do_process(self, request, cancellable):
                if request.get_endpoint() == '/bad':
                    raise Boom('process')
                request.set_result(GLib.Variant('s', 'process'))

        class RawTask(Executor):
            def do_start(self, request, task):
                if request.get_endpoint() == '/bad':
                    raise Boom('start')
                request.set_result(GLib.Variant('s', 'start'))
                task.return_boolean(True)

        for klass, result in (Raw, 'process'), (RawTask, 'start'):
            with Flow().add(uses=klass, name='raw') as flow:
                response, = flow.post('/', return_results=True)
                self.assertEqual(response.dup_result('raw').unpack(), result)
                with self.assertRaisesRegex(Boom, result):
                    flow.post('/bad')

    def test_properties(self):
        class Sized(Executor):
            size = GObject.Property(type=int, default=1)
            kind = GObject.Property(type=str, flags=GObject.ParamFlags.READWRITE |
                                    GObject.ParamFlags.CONSTRUCT_ONLY)

            def __init__(self, size=2, **properties):
                super().__init__(size=size, **properties)

        class Plain(Executor):
            size = GObject.Property(type=int, default=1)

            def __init__(self, **properties):
                super().__init__(**properties)

        flow = (Flow().add(uses=Sized, uses_with={'kind': 'k'}, name='sized')
                .add(uses=Plain, uses_with={'size': 3}, name='plain')
                .add(uses=Plain, uses_with={'colour': 3}, name='wrong'))
        with self.assertRaisesRegex(GLib.Error, '“wrong”.*colour'):
            flow.open_sync()
        flow.remove_node('wrong')
        with flow:
            self.assertEqual([flow['sized'].get_executor().size, flow['sized'].get_executor().kind,
                              flow['plain'].get_executor().size], [2, 'k', 3])

    def test_retries_and_timeouts(self):
        tries = []

        class Flaky(Executor):
            @requests
            def fail(self, **kwargs):
                tries.append('sync')
                if len(tries) < 3:
                    raise Boom('not yet')

            @requests(on='/async')
            async def fail_later(self, **kwargs):
                await asyncio.sleep(0)
                self.fail()

            @requests(on='/slow')
            async def slow(self, **kwargs):
                await asyncio.sleep(30)

        with Flow().add(uses=Flaky, retries=2, retry_delay=1, timeout=20) as flow:
            for endpoint in '/', '/async':
                flow.post(endpoint)
                self.assertEqual(len(tries), 3)
                del tries[:]
            with self.assertRaises(GLib.Error) as caught:
                flow.post('/slow')
            self.assertTrue(caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.TIMED_OUT))
        with Flow().add(uses=Flaky, retries=1, retry_delay=1) as flow, self.assertRaises(Boom):
            flow.post('/')


class Posts(unittest.TestCase):
    def test_forms_of_uses(self):
        for uses in Marker, Marker('m'), lambda: Marker('m'), 'Marker', \
                {'jtype': 'Marker', 'with': {'word': 'm'}}:
            with Flow().add(uses=uses) as flow:
                self.assertEqual(texts(flow.post('/', ['a'], return_results=True)), [['a m']])
            self.assertFalse(flow.get_is_open())

    def test_inputs(self):
        async def later():
            for text in 'a', 'b':
                await asyncio.sleep(.001)
                yield Document(text)

        def generate():
            yield from (Document('a'), 'b')

        model = Gio.ListStore.new(GFlow.FlowDocument)
        model.append(Document('a'))
        model.append(Document('b'))
        with Flow().add(uses=Marker) as flow:
            for inputs in ['a', Document('b')], ('a', 'b'), iter(['a', 'b']), generate, generate(), \
                    later, later(), GFlow.FlowSource.new_for_texts(['a', 'b']):
                self.assertEqual(texts(flow.post('/', inputs, return_results=True)),
                                 [['a m', 'b m']], inputs)
            self.assertEqual(texts(flow.post('/', model, return_results=True)), [['a m', 'b m']])
            self.assertEqual(texts(flow.post('/', 'a', return_results=True)), [['a m']])
            self.assertEqual(texts(flow.post('/', b'a', return_results=True)), [['None m']])
            self.assertEqual(texts(flow.post('/', return_results=True)), [[]])
            self.assertEqual(texts(flow.post('/', [], return_results=True)), [])
            self.assertIsNone(flow.post('/', ['a']))
            with self.assertRaisesRegex(TypeError, 'no document'):
                flow.post('/', [3])

    def test_sizes(self):
        with Flow() as flow:
            responses = flow.post('/', (Document() for _ in range(100)), request_size=10,
                                  return_results=True)
            self.assertEqual([len(response.docs) for response in responses], [10] * 10)
            for size in 0, -1, None:
                responses = flow.post('/', (Document() for _ in range(25)), request_size=size,
                                      return_results=True)
                self.assertEqual([len(response.docs) for response in responses], [25])

    def test_callbacks(self):
        told = []
        with Flow().add(uses=Marker) as flow:
            flow.post('/', ['a', 'b'], request_size=1, ordered=True,
                      on_done=lambda response: told.append(response.docs[0].text),
                      on_error=lambda response: told.append('error'),
                      on_always=lambda response: told.append('always'))
        self.assertEqual(told, ['a m', 'always', 'b m', 'always'])

    def test_errors(self):
        class Bad(Executor):
            @requests
            def bad(self, **kwargs):
                raise Boom('sync')

            @requests(on='/async')
            async def bad_later(self, **kwargs):
                await asyncio.sleep(0)
                raise Boom('async')

            @requests(on='/type')
            def bad_type(self, **kwargs):
                return 3

        told = []
        with Flow().add(uses=Bad) as flow:
            for _ in range(2):
                with self.assertRaisesRegex(Boom, 'sync'):
                    flow.post('/', ['a'], on_done=lambda response: told.append('done'),
                              on_error=lambda response: told.append('error'),
                              on_always=lambda response: told.append('always'))
            with self.assertRaisesRegex(Boom, 'async'):
                flow.post('/async', ['a'])
            with self.assertRaisesRegex(TypeError, 'has returned 3'):
                flow.post('/type')
            responses = flow.post('/', ['a', 'b'], request_size=1, continue_on_error=True,
                                  return_results=True)
            self.assertEqual([response.get_state() for response in responses],
                             [GFlow.FlowRunState.FAILED] * 2)
        self.assertEqual(told, ['error', 'always'] * 2)

    def test_request_timeout(self):
        class Slow(Executor):
            @requests
            async def wait(self, docs, **kwargs):
                if docs[0].text == 'slow':
                    await asyncio.sleep(30)

        with Flow().add(uses=Slow) as flow:
            with self.assertRaises(GLib.Error) as caught:
                flow.post('/', ['slow'], request_timeout=20)
            self.assertTrue(caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.TIMED_OUT))
            responses = flow.post('/', ['slow', 'quick'], request_size=1, request_timeout=500,
                                  continue_on_error=True, return_results=True, ordered=True)
        self.assertEqual([response.get_state() for response in responses],
                         [GFlow.FlowRunState.FAILED, GFlow.FlowRunState.DONE])

    def test_callback_raises(self):
        def raises(response):
            raise Boom('callback')

        told = []
        with Flow().add(uses=Marker) as flow:
            with self.assertRaisesRegex(Boom, 'callback'):
                flow.post('/', ['a', 'b', 'c'], request_size=1, max_in_flight=1, on_done=raises,
                          on_always=told.append)
            self.assertEqual(len(told), 1)
            self.assertEqual(texts(flow.post('/', ['a'], return_results=True)), [['a m']])

    def test_source_raises(self):
        def broken():
            yield 'a'
            raise Boom('source')

        told = []
        with Flow().add(uses=Marker) as flow:
            with self.assertRaisesRegex(Boom, 'source'):
                flow.post('/', broken, request_size=1, on_done=told.append)
        self.assertEqual(texts(told), [['a m']])

    def test_parameters(self):
        seen = {}

        class Looks(Executor):
            @requests
            def look(self, parameters, request, **kwargs):
                seen[request.get_endpoint(), self.metas.name] = parameters

        flow = (Flow().add(name='a', uses=Looks, uses_metas={'name': 'one'})
                .add(name='b', uses=Looks, uses_metas={'name': 'two'}))
        with flow:
            flow.post('/', parameters={'n': 3, 'x': .5, 'deep': {'l': [1, 'a']}, 'a': {'n': 4}})
        self.assertEqual(seen['/', 'one'], {'n': 4, 'x': .5, 'deep': {'l': [1, 'a']}})
        self.assertEqual(seen['/', 'two'], {'n': 3, 'x': .5, 'deep': {'l': [1, 'a']}})
        self.assertIs(type(seen['/', 'two']['n']), int)

    def test_wrong_arguments(self):
        with Flow().add(uses=Marker) as flow:
            for options in ({'endpoint': 3}, {'request_size': 'a'}, {'parameters': ['a']},
                            {'on_done': 3}, {'on_always': 'print'}, {'on_dnoe': print},
                            {'inputs': 3}, {'inputs': [3]}, {'parameters': {'a': object()}}):
                with self.assertRaises(TypeError, msg=options):
                    flow.post(**{'endpoint': '/', 'inputs': ['a'], **options})
            self.assertIsNone(flow.post('/', ['a']))

    def test_progress(self):
        shown = io.StringIO()
        with contextlib.redirect_stderr(shown), Flow() as flow:
            flow.post('/', ['a'] * 10, request_size=2, show_progress=True)
        # No terminal, and less than a second: one line.
        self.assertRegex(shown.getvalue(), r'\A5/5 requests, [^\r\n]*\n\Z')

    def test_progress_in_terminal(self):
        class Terminal(io.StringIO):
            def isatty(self):
                return True

        for inputs, expected in ((['a'] * 10, r'\r█{20} 5/5 requests'),
                                 ((c for c in 'abc'), r'\r█{20} 2/2 requests')):
            shown = Terminal()
            with contextlib.redirect_stderr(shown), Flow() as flow:
                flow.post('/', inputs, request_size=2, show_progress=True)
            self.assertRegex(shown.getvalue(), expected)
            self.assertTrue(shown.getvalue().endswith('\n'))

    def test_progress_of_failure(self):
        class Fails(Executor):
            @requests
            def fail(self):
                raise Boom

        async def iterate(flow):
            async for _ in flow.post('/', 'ab', request_size=1, show_progress=True):
                self.fail('nothing comes back')

        for run in (lambda flow: flow.post('/', ['a'], show_progress=True),
                    lambda flow: asyncio.run(iterate(flow))):
            shown = io.StringIO()
            with contextlib.redirect_stderr(shown), Flow().add(uses=Fails) as flow:
                with self.assertRaises(Boom):
                    run(flow)
            self.assertRegex(shown.getvalue(), r'\A1/. requests, [^\r\n]*\n\Z')

    def test_not_open(self):
        with self.assertRaises(GLib.Error) as caught:
            Flow().add(uses=Marker).post('/')
        self.assertTrue(matches(caught.exception, GFlow.FlowError.NOT_OPEN))

    def test_frozen(self):
        with Flow().add(uses=Marker) as flow:
            with self.assertRaises(GLib.Error) as caught:
                flow.add()
            self.assertTrue(matches(caught.exception, GFlow.FlowError.FROZEN))
        self.assertEqual(len(flow.add()), 2)

    def test_targets(self):
        flow = (Flow().add(name='foo', uses=Marker).add(name='foo_x', uses=Marker)
                .add(name='bar', uses=Marker))
        with flow:
            self.assertEqual(texts(flow.post('/', ['a'], target='foo', return_results=True)),
                             [['a m m']])


class Async(unittest.TestCase):
    def test_iterate(self):
        async def inputs():
            for i in range(10):
                yield Document(str(i))
                await asyncio.sleep(.001)

        async def main():
            with Flow().add(uses=Marker) as flow:
                return [response async for response in flow.post('/later', inputs, request_size=1)]
        self.assertEqual(sorted(texts(asyncio.run(main()))), [[f'{i} m'] for i in range(10)])

    def test_await(self):
        async def main():
            async with Flow().add(uses=Marker) as flow:
                await flow.close()
                await flow.open()
                return await flow.post('/async', ['a'])
        self.assertEqual(texts(asyncio.run(main())), [['a m']])

    def test_break(self):
        async def main():
            async with Flow().add(uses=Marker) as flow:
                async for response in flow.post('/async', ('x' for _ in iter(int, 1))):
                    return response.get_state()
        self.assertEqual(asyncio.run(main()), GFlow.FlowRunState.DONE)

    def test_cancelled(self):
        started = []

        class Forever(Executor):
            @requests
            async def wait(self, **kwargs):
                started.append(self)
                await asyncio.sleep(1000)

        async def main():
            async with Flow().add(uses=Forever) as flow:
                task = asyncio.ensure_future(flow.post('/')._awaited())
                while not started:
                    await asyncio.sleep(.001)
                task.cancel()
                with self.assertRaises(asyncio.CancelledError):
                    await task
        asyncio.run(main())

    def test_many_at_once(self):
        """50 documents that each wait for 20 ms take about 20 ms."""
        class Slow(Executor):
            now = most = 0

            async def process(self, doc):
                Slow.now += 1
                Slow.most = max(Slow.most, Slow.now)
                await asyncio.sleep(.02)
                doc.text = doc.text.upper()
                Slow.now -= 1

            @requests
            async def encode(self, docs, **kwargs):
                await asyncio.gather(*(self.process(doc) for doc in docs))

        with Flow().add(uses=Slow) as flow:
            response, = flow.index(['hello'] * 50, return_results=True)
        self.assertEqual({doc.text for doc in response.docs}, {'HELLO'})
        self.assertEqual(Slow.most, 50)

    def test_overlap(self):
        """A worker that blocks does not keep the event loop waiting."""
        gate = threading.Event()

        class Heavy(Executor):
            @requests
            def work(self, **kwargs):
                assert gate.wait(30)

        async def other():
            await asyncio.sleep(.001)
            gate.set()

        async def serve():
            with Flow().add(uses=Heavy) as flow:
                async for response in flow.post('/'):
                    return response.get_state()

        async def main():
            return await asyncio.gather(serve(), other())
        self.assertEqual(asyncio.run(main())[0], GFlow.FlowRunState.DONE)


class Seeds(unittest.TestCase):
    """The programs of the page on the Flow API."""

    def test_uses_with(self):
        seen = []

        class MyExecutor(Executor):
            def __init__(self, param1=1, param2=2, param3=3, *args, **kwargs):
                super().__init__(*args, **kwargs)
                self.param1, self.param2, self.param3 = param1, param2, param3

            @requests
            def foo(self, docs, **kwargs):
                seen.extend([self.param1, self.param2, self.param3])

        flow = Flow().add(uses=MyExecutor, uses_with={'param1': 10, 'param3': 30})
        with flow as f:
            f.post('/')
        self.assertEqual(seen, [10, 2, 30])

    def test_uses_metas(self):
        seen = []

        class MyExecutor(Executor):
            @requests
            def foo(self, docs, **kwargs):
                seen.append(self.metas.workspace)

        flow = Flow().add(uses=MyExecutor, uses_metas={'workspace': 'different_workspace'})
        with flow as f:
            f.post('/')
        self.assertEqual(seen, ['different_workspace'])

    def test_uses_requests(self):
        seen = []

        class MyExecutor(Executor):
            @requests
            def foo(self, docs, **kwargs):
                seen.append('foo')

            def bar(self, docs, **kwargs):
                seen.append('bar')

        flow = Flow().add(uses=MyExecutor, uses_requests={'/index': 'bar'})
        with flow as f:
            f.post('/index')
            f.post('/dummy')
        # It is for that instance only.
        with Flow().add(uses=MyExecutor) as f:
            f.post('/index')
        self.assertEqual(seen, ['bar', 'foo', 'foo'])

    def test_send_parameters(self):
        seen = []

        class MyExecutor(Executor):
            @requests
            def foo(self, parameters, **kwargs):
                seen.append(parameters['hello'])

        f = Flow().add(uses=MyExecutor)
        with f:
            f.post('/', Document(), parameters={'hello': 'world'})
            f.post('/', parameters={'hello': 'world'})
        self.assertEqual(seen, ['world', 'world'])

    def test_generator(self):
        def doc_gen():
            for j in range(10):
                yield Document(f'hello {j}')

        with Flow() as f:
            responses = f.post('/', doc_gen, return_results=True)
        self.assertEqual(len(responses[0].docs), 10)


class Lifetime(unittest.TestCase):
    def test_collected(self):
        def serve():
            executor = Marker()
            flow = Flow().add(uses=executor)
            with flow:
                flow.post('/', ['a'] * 10, request_size=1, on_done=lambda response: flow)
                flow.post('/later', ['a'])
            return weakref.ref(executor), weakref.ref(flow)
        for ref in serve():
            gc.collect()
            self.assertIsNone(ref())


if __name__ == '__main__':
    unittest.main()
