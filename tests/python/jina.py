#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The programs of the pages on Flow, AsyncFlow and async executors: as they are there, but for the
line that imports, and for seconds that are milliseconds.

Not yet, and why:

* `uses=` a YAML file or YAML text, `Flow.load_config()`: executors from files come with flows from
  files.
* `host=`, `port_in=`, `external=`, `connect_to_predecessor=`, `upload_files=`, `jinahub://`, `docker://`:
  executors elsewhere come with the network.
* Protocols and addresses, which the pages show when a Flow has opened: the same.
* `from_ndarray()` and `index_ndarray()`: documents have text or bytes, and no arrays.
* `- !WaitDriver {}`: of an older version, in YAML."""

import asyncio
import contextlib
import io
import os
import tempfile
import textwrap
import unittest

import gi

gi.require_version('GFlow', '1')
from gi.repository import GFlow, GLib

import gflow_jina
from gflow_jina import (AsyncFlow, Document, DocumentArray, Executor, Flow, from_csv, from_files,
                        from_ndjson, requests)

from helpers import Boom, matches


def run(program, **names):
    """What a program prints; names are what it finds."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(textwrap.dedent(program), 'program', 'exec'), names)
    return printed.getvalue(), names


class Pages(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(folder.name)

    def test_create_and_use(self):
        run('''
            from gflow_jina import Flow

            f = Flow()

            with f:
                ...
            ''')

    def test_block(self):
        run('''
            from gflow_jina import Flow

            with f:
                f.block()  # block the current process
            ''', f=self.interrupted(Flow()))

    def interrupted(self, flow):
        GLib.timeout_add(20, lambda: os.kill(os.getpid(), 2))
        return flow

    def test_plot(self):
        run('''
            from gflow_jina import Flow

            f = Flow().add().plot('f.mmd').add().plot('g.mmd', vertical_layout=True)
            ''')
        with open('f.mmd', encoding='utf-8') as one, open('g.mmd', encoding='utf-8') as two:
            self.assertTrue(one.read().startswith('flowchart LR\n'))
            self.assertTrue(two.read().startswith('flowchart TB\n'))

    def test_chain(self):
        _, names = run('''
            from gflow_jina import Flow

            f = Flow().add().add().add().add()
            ''')
        self.assertEqual([[up.get_name() for up in node.get_upstreams()] for node in names['f']],
                         [[], ['executor0'], ['executor1'], ['executor2']])

    def test_uses_class(self):
        run('''
            from gflow_jina import Flow, Executor


            class MyExecutor(Executor):
                ...


            f = Flow().add(uses=MyExecutor)

            with f:
                ...
            ''')

    def test_uses_dict(self):
        class MyExecutor(Executor):
            def __init__(self, bar, *args, **kwargs):
                super().__init__()
                self.bar = bar

        _, names = run('''
            from gflow_jina import Flow

            f = Flow().add(
                uses={
                    'jtype': 'MyExecutor',
                    'with': {'bar': 123}
                })
            with f:
                bar = f['executor0'].get_executor().bar
            ''')
        self.assertEqual(names['bar'], 123)

    def test_uses_metas(self):
        self.assertEqual(run('''
            from gflow_jina import Executor, requests, Flow
            class MyExecutor(Executor):
                @requests
                def foo(self, docs, **kwargs):
                    print(self.metas.workspace)

            flow = Flow().add(
                uses=MyExecutor,
                uses_metas={'workspace': 'different_workspace'},
            )
            with flow as f:
                f.post('/')
            ''')[0], 'different_workspace\n')

    def test_uses_with(self):
        self.assertEqual(run('''
            from gflow_jina import Executor, requests, Flow

            class MyExecutor(Executor):
                def __init__(self, param1=1, param2=2, param3=3, *args, **kwargs):
                    super().__init__(*args, **kwargs)
                    self.param1 = param1
                    self.param2 = param2
                    self.param3 = param3

                @requests
                def foo(self, docs, **kwargs):
                    print('param1:', self.param1)
                    print('param2:', self.param2)
                    print('param3:', self.param3)

            flow = Flow().add(uses=MyExecutor, uses_with={'param1': 10, 'param3': 30})
            with flow as f:
                f.post('/')
            ''')[0], 'param1: 10\nparam2: 2\nparam3: 30\n')

    def test_uses_requests(self):
        self.assertEqual(run('''
            from gflow_jina import Executor, requests, Flow

            class MyExecutor(Executor):
                @requests
                def foo(self, docs, **kwargs):
                    print('foo')

                def bar(self, docs, **kwargs):
                    print('bar')

            flow = Flow().add(uses=MyExecutor, uses_requests={'/index': 'bar'})
            with flow as f:
                f.post('/index')
                f.post('/dummy')
            ''')[0], 'bar\nfoo\n')

    def test_other_names(self):
        _, names = run('''
            from gflow_jina import Executor, Flow, dynamic_batching, requests

            class Together(Executor):
                @dynamic_batching(preferred_batch_size=2, timeout=50)
                @requests(on='/a')
                def serve(self, docs, **kwargs):
                    pass

            class Other(Executor):
                @requests(on='/a')
                @dynamic_batching(preferred_batch_size=3)
                def serve(self, docs, **kwargs):
                    pass

            f = (Flow()
                 .add(uses=Together, shards=2)
                 .add(uses=Other, floating=True)
                 .add(uses=Other, no_reduce=True, needs='executor0'))
            ''')
        first, second, third = names['f']
        self.assertEqual(first.get_parallel(), 2)
        self.assertEqual(first.get_executor().get_batch_size('/a'), 2)
        self.assertEqual(first.get_executor().get_batch_timeout('/a'), 50)
        self.assertTrue(second.get_detached())
        self.assertEqual(second.get_executor().get_batch_size('/a'), 3)
        self.assertEqual(second.get_executor().get_batch_timeout('/a'), 10000)
        self.assertEqual(third.get_reducer().value_nick, 'none')
        with self.assertRaisesRegex(TypeError, 'shards'):
            names['f'].add(shards=2, parallel=3)

    def test_needs(self):
        programs = [run('''
            from gflow_jina import Flow

            f = (Flow()
                 .add(name='p1', needs='gateway')
                 .add(name='p2', needs='gateway')
                 .add(name='p3', needs='gateway')
                 ''' + last + ''')
            with f:
                f.post('/')
            ''')[1]['f'] for last in ("""
                 .needs(['p1', 'p2', 'p3'], name='r1')""", """
                 .add(name='r1', needs=['p1', 'p2', 'p3'])""", """
                 .needs_all(name='r1')""", """
                 .needs_all()""")]
        for flow in programs:
            self.assertEqual([up.get_name() for up in flow[3].get_upstreams()], ['p1', 'p2', 'p3'])
        self.assertEqual(programs[0], programs[2])
        self.assertNotEqual(programs[0], programs[3])

    def test_parallel(self):
        _, names = run('''
            from gflow_jina import Flow

            f = (Flow()
                 .add(name='p1', parallel=3)
                 .add(name='p2'))

            g = (Flow()
                 .add(name='p1', needs='gateway')
                 .add(name='p2', needs='gateway')
                 .add(name='p3', parallel=3)
                 .needs(['p1', 'p3'], name='r1'))

            for h in f, g:
                with h:
                    h.post('/')
            ''')
        self.assertEqual(names['f']['p1'].get_parallel(), 3)

    def test_polling(self):
        class Counts(Executor):
            @requests
            def count(self, docs, **kwargs):
                counted.append(self)

        for polling, n in ('ANY', 1), ('ALL', 3):
            counted = []
            with Flow().add(uses=Counts, parallel=3, polling=polling) as f:
                f.post('/')
            self.assertEqual(len(set(counted)), n)

    def test_inputs(self):
        seen = []

        class Looks(Executor):
            @requests
            def look(self, docs, **kwargs):
                seen.append([doc.text for doc in docs])

        run('''
            from gflow_jina import Flow, DocumentArray, Document

            d1 = Document(content='hello')
            d2 = Document(content='world')


            def doc_gen():
                for j in range(10):
                    yield Document(content=f'hello {j}')


            with Flow().add(uses=Looks) as f:
                f.post('/', d1)  # Single document

                f.post('/', [d1, d2])  # a list of Document

                f.post('/', doc_gen)  # Document generator

                f.post('/', DocumentArray([d1, d2]))  # DocumentArray

                f.post('/')  # empty
            ''', Looks=Looks)
        self.assertEqual(seen, [['hello'], ['hello', 'world'], [f'hello {j}' for j in range(10)],
                                ['hello', 'world'], []])

    def test_csv(self):
        with open('my.csv', 'w') as file:
            file.write('question,answer\nwho?,me\nwhere?,here\n')
        _, names = run('''
            from gflow_jina import Flow
            from gflow_jina import from_csv

            f = Flow()

            with f, open('my.csv') as fp:
                responses = f.index(from_csv(fp, field_resolver={'question': 'text'}),
                                    return_results=True)
            ''')
        docs = names['responses'][0].docs
        self.assertEqual([(doc.text, doc.tags['answer']) for doc in docs],
                         [('who?', 'me'), ('where?', 'here')])

    def test_callbacks(self):
        printed, _ = run('''
            from gflow_jina import Document, Flow


            def beep(*args):
                # make a beep sound
                import sys
                sys.stdout.write('\\a')


            with Flow().add() as f, open('output.txt', 'w') as fp:
                f.post('/',
                       Document(),
                       on_done=print,
                       on_error=beep,
                       on_always=lambda x: x.docs.save(fp))
            ''')
        self.assertIn('Response', printed)
        self.assertNotIn('\a', printed)
        with open('output.txt') as file:
            self.assertEqual(file.read(), '{}\n')  # it has nothing

    def test_parameters(self):
        self.assertEqual(run('''
            from gflow_jina import Document, Executor, Flow, requests


            class MyExecutor(Executor):

                @requests
                def foo(self, parameters, **kwargs):
                    print(parameters['hello'])


            f = Flow().add(uses=MyExecutor)

            with f:
                f.post('/', Document(), parameters={'hello': 'world'})
                f.post('/', parameters={'hello': 'world'})
            ''')[0], 'world\nworld\n')

    def test_request_size(self):
        shown = io.StringIO()
        with contextlib.redirect_stderr(shown):
            _, names = run('''
                from gflow_jina import Flow, Document

                f = Flow()

                with f:
                    f.post('/', (Document() for _ in range(100)), request_size=10)
                    f.post('/', (Document() for _ in range(100)), request_size=10, show_progress=True)

                with f:
                    all_responses = f.post('/', (Document() for _ in range(100)), request_size=10, return_results=True)
                    print(all_responses)
                ''')
        self.assertIn('10 requests', shown.getvalue())
        self.assertEqual([len(response.docs) for response in names['all_responses']], [10] * 10)

    def test_async_inputs(self):
        printed, _ = run('''
            import asyncio

            from gflow_jina import AsyncFlow, Document


            async def async_inputs():
                for _ in range(10):
                    yield Document()
                    await asyncio.sleep(0.001)


            async def main():
                with AsyncFlow().add() as f:
                    async for resp in f.post('/', async_inputs):
                        print(resp)

            asyncio.run(main())
            ''')
        self.assertEqual(printed.count('FlowDocument'), 10)

    def test_overlap(self):
        """Each of the two ends only when the other one has begun."""
        printed, _ = run('''
            import threading
            import asyncio

            from gflow_jina import AsyncFlow, Executor, requests


            class HeavyWork(Executor):

                @requests
                def foo(self, **kwargs):
                    served.set()
                    assert lifting.wait(30)


            served, lifting = threading.Event(), threading.Event()


            async def run_async_flow_5s():
                with AsyncFlow().add(uses=HeavyWork) as f:
                    async for resp in f.post('/'):
                        print(resp)


            async def heavylifting():  # total roundtrip takes ~5s
                print('heavylifting other io-bound jobs, e.g. download, upload, file io')
                while not served.is_set():
                    await asyncio.sleep(.001)
                lifting.set()
                print('heavylifting done after 5s')


            async def concurrent_main():  # about 5s; but some dispatch cost, can't be just 5s, usually at <7s
                await asyncio.gather(run_async_flow_5s(), heavylifting())


            asyncio.run(concurrent_main())
            ''')
        self.assertIn('heavylifting done after 5s', printed)
        self.assertIn('Response', printed)

    def test_await_with_callback(self):
        _, names = run('''
            import asyncio
            from gflow_jina import AsyncFlow

            seen = []

            async def main():
                with AsyncFlow().add() as f:
                    await f.index(['a', 'b'], on_done=seen.append)

            asyncio.run(main())
            ''')
        self.assertEqual([doc.text for doc in names['seen'][0].docs], ['a', 'b'])

    ASYNC_EXECUTOR = '''
            import asyncio

            async def api_call(text):
                await asyncio.sleep(.02)
                return text.upper()

            import time
            import asyncio
            from gflow_jina import Document, DocumentArray
            from gflow_jina import Executor, requests, Flow

            def on_done(resp):

                for doc in resp.docs:
                    assert doc.text == doc.text.upper()

                results = resp.parameters['__results__']

                for res in results.values():
                    print(f"the call took {res['time']} second")
            '''

    def seconds(self, printed):
        return float(printed.split()[3])

    def test_async_executor(self):
        printed, _ = run(self.ASYNC_EXECUTOR + '''
            class DummyAsyncExecutor(Executor):

                async def proces_doc(self, doc: Document):
                    doc.text = await api_call(doc.text)

                @requests
                async def encode_async(self, docs: DocumentArray, **kwargs):

                    start_time = time.time()
                    task = [asyncio.ensure_future(self.proces_doc(doc)) for doc in docs]
                    await asyncio.gather(*task)
                    return {"time": time.time() - start_time}

            f_async = Flow().add(uses=DummyAsyncExecutor)
            with f_async:
                f_async.index(
                    inputs=DocumentArray([Document(text="hello") for _ in range(50)]),
                    on_done=on_done,
                )
            ''')
        # One after the other would take a second.
        self.assertLess(self.seconds(printed), 1)

    def test_sync_executor(self):
        printed, _ = run(self.ASYNC_EXECUTOR + '''
            def direct_api_call(text):
                time.sleep(.02)
                return text.upper()


            class DummyExecutor(Executor):

                @requests
                def encode(self, docs: DocumentArray, **kwargs):

                    start_time = time.time()
                    for doc in docs:
                        doc.text = direct_api_call(doc.text)

                    return {'time': time.time() - start_time}


            f = Flow().add(uses=DummyExecutor)
            with f:
                f.index(
                    inputs=DocumentArray([Document(text='hello') for _ in range(50)]),
                    on_done=on_done,
                )
            ''')
        self.assertGreaterEqual(self.seconds(printed), 1)

    def test_arguments_without_names(self):
        run('''
            from gflow_jina import Executor, requests, Flow

            async def some_coroutines(): ...

            class MyExecutor(Executor):

                @requests
                async def encode(self,docs,*kwargs):
                    await some_coroutines()

            with Flow().add(uses=MyExecutor) as f:
                f.post('/', ['a'])
            ''')


class DropIn(unittest.TestCase):
    """What the programs of the pages do not show."""

    def test_close(self):
        closed = []

        class Closes(Executor):
            def close(self):
                closed.append(self)

        flow = Flow().add(uses=Closes)
        for n in 1, 2:
            with flow:
                self.assertEqual(len(closed), n - 1)
            self.assertEqual(len(closed), n)

    def test_no_model(self):
        class Broken(Executor):
            def __init__(self, **kwargs):
                super().__init__(**kwargs)
                raise Boom('no model')

        with self.assertRaises(GLib.Error) as caught:
            with Flow().add().add(uses=Broken):
                self.fail()
        self.assertTrue(matches(caught.exception, GFlow.FlowError.START_FAILED))
        self.assertIsInstance(caught.exception.__cause__, Boom)

    def test_errors(self):
        told = []

        class Bad(Executor):
            @requests
            def bad(self, **kwargs):
                raise Boom('bad')

        with Flow().add(uses=Bad) as f:
            with self.assertRaises(Boom):
                f.post('/', on_done=lambda _: told.append('done'), on_error=lambda _: told.append('error'),
                       on_always=lambda _: told.append('always'))
            response, = f.post('/', continue_on_error=True, return_results=True)
            self.assertEqual(response.get_state(), GFlow.FlowRunState.FAILED)
        self.assertEqual(told, ['error', 'always'])

    def test_parameters(self):
        class Adds(Executor):
            @requests
            def add(self, parameters, **kwargs):
                return {'sum': parameters['a'] + parameters['b']}

        with Flow().add(uses=Adds, name='adds') as f:
            response, = f.search(parameters={'a': 1, 'b': 2}, return_results=True)
        self.assertEqual(response.parameters, {'a': 1, 'b': 2, '__results__': {'adds': {'sum': 3}}})

    def test_in_a_loop(self):
        async def main():
            with Flow().add() as f:
                self.assertIsNone(f.post('/', ['a']))
                response, = f.post('/', ['a'], return_results=True)
                self.assertEqual(response.docs[0].text, 'a')
            with Flow(asyncio=True).add() as f:
                response, = await f.update(['b'])
                self.assertEqual(response.docs[0].text, 'b')
                nobody_waits = f.delete(['c'], on_done=self.fail)
                del nobody_waits
        asyncio.run(main())

    def test_target(self):
        class Marks(Executor):
            @requests
            def mark(self, docs, **kwargs):
                for doc in docs:
                    doc.text += '!'

        with Flow().add(uses=Marks, name='foo').add(uses=Marks, name='bar') as f:
            response, = f.post('/', ['a'], target_peapod='fo', return_results=True)
            self.assertEqual(response.docs[0].text, 'a!')
            response, = f.post('/', ['a'], target_peapod='', return_results=True)
            self.assertEqual(response.docs[0].text, 'a!!')

    def test_needs_all_of_one(self):
        flow = Flow().add(name='a').needs_all(name='b')
        self.assertEqual([up.get_name() for up in flow['b'].get_upstreams()], ['a'])
        self.assertEqual((len(flow), [node.get_name() for node in flow]), (2, ['a', 'b']))

    def test_documents(self):
        self.assertEqual(Document(b'bytes').blob, b'bytes')
        self.assertEqual(Document(text='t', id='i').id, 'i')
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'a.ndjson')
            with open(path, 'w') as file:
                DocumentArray([Document('x'), Document('y')]).save(file)
            with open(path) as file:
                self.assertEqual([doc.text for doc in from_ndjson(file)], ['x', 'y'])
            self.assertEqual([doc.uri.endswith('a.ndjson') for doc in
                              from_files(os.path.join(folder, '*.ndjson'))], [True])
        self.assertEqual([doc.text for doc in from_csv(io.StringIO('text\na\nb\n'))], ['a', 'b'])

    def test_inspect(self):
        class Judge(Executor):
            @requests
            def judge(self, docs, **kwargs):
                docs[0].set_tag('score', GLib.Variant('i', 3))

        class Upper(Executor):
            @requests
            def upper(self, docs, **kwargs):
                docs[0].text = docs[0].text.upper()

        for kind, tags in ('COLLECT', {'score': 3}), ('REMOVE', {}), ('HANG', {}):
            flow = (Flow(inspect=kind).add(uses=Upper).inspect(uses=Judge).add(uses=Upper)
                    .gather_inspect())
            with flow:
                response, = flow.post('/', Document('a'), return_results=True)
            self.assertEqual([(doc.text, doc.get_tags().unpack()) for doc in response.docs], [('A', tags)])

    def test_common_arguments(self):
        class Mark(Executor):
            def __init__(self, mark, **kwargs):
                super().__init__(**kwargs)
                self.mark = mark

            @requests
            def put(self, docs, **kwargs):
                docs[0].text += self.mark

        flow = Flow(uses=Mark, uses_with={'mark': 'a'}, parallel=2)
        flow.add().add(uses_with={'mark': 'b'}, parallel=3)
        self.assertEqual([node.props.parallel for node in flow], [2, 3])
        with flow:
            response, = flow.post('/', Document('-'), return_results=True)
        self.assertEqual(response.docs[0].text, '-ab')
        with self.assertRaises(TypeError):
            AsyncFlow(unknown=1).add()

    def test_not_yet(self):
        for options in {'host': 'localhost'}, {'external': True}, {'port_in': 12345}:
            with self.assertRaises(TypeError):
                Flow().add(**options)
        with self.assertRaises(ValueError):
            Flow().add(uses='jtype: MyExecutor')

    def test_names(self):
        for name in gflow_jina.__all__:
            self.assertTrue(hasattr(gflow_jina, name))
        self.assertIsInstance(AsyncFlow(), Flow)


if __name__ == '__main__':
    unittest.main()
