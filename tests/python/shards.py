#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Several instances of an executor, what is around them, conditions, and nodes that nobody waits
for, as add() has them."""

import asyncio
import gc
import threading
import unittest
import weakref

import gi

gi.require_version('GFlow', '1')
from gi.repository import GFlow, GLib

from helpers import Boom

Flow, Executor, requests = GFlow.Flow, GFlow.FlowExecutor, GFlow.requests


class Marker(Executor):
    @requests
    def mark(self, docs):
        for doc in docs:
            doc.text = f'shard {self.get_shard()}'
            doc.tags = {**doc.tags, f'mark{self.get_shard()}': self.get_index()}
        return {'shard': self.get_shard()}


class Word(Executor):
    def __init__(self, word='word', **kwargs):
        super().__init__(**kwargs)
        self.word = word

    @requests
    def append(self, docs):
        for doc in docs:
            doc.text = f'{doc.text}+{self.word}'


def documents(*texts, **tags):
    return [GFlow.FlowDocument(text=text, id=text, tags=tags) for text in texts]


def post(flow, *inputs, endpoint='/', **options):
    with flow:
        return flow.post(endpoint, list(inputs), return_results=True, **options)


def texts(response):
    return [doc.text for doc in response.docs]


class Shards(unittest.TestCase):
    def test_all(self):
        """Scenario 46: all copies have five documents; the first copy's value counts."""
        flow = Flow().add(uses=Marker, name='x', parallel=3, polling='ALL')
        response, = post(flow, *documents(*'abcde'))
        self.assertEqual(texts(response), ['shard 0'] * 5)
        for doc in response.docs:
            self.assertEqual(dict(doc.tags), {'mark0': 0, 'mark1': 1, 'mark2': 2})
        self.assertEqual(response.dup_results().unpack(),
                         {f'x/{i}': {'shard': i} for i in range(3)})

    def test_any(self):
        """Scenario 45: each request is handled once, and all copies are used under load."""
        used, barrier = [], threading.Barrier(3)

        class Counter(Executor):
            @requests
            def count(self):
                used.append(self.get_index())
                if len(used) <= 3:
                    barrier.wait(20)

        for options in {'parallel': 3}, {'replicas': 3}, {'parallel': 3, 'polling': 'any'}:
            del used[:]
            barrier.reset()
            flow = Flow(max_threads=3).add(uses=Counter, **options)
            responses = post(flow, *documents(*map(str, range(30))), request_size=1)
            self.assertEqual(len(responses), 30)
            self.assertEqual(len(used), 30)
            self.assertEqual(set(used), {0, 1, 2})

    def test_first(self):
        cancelled = threading.Event()

        class Racer(Executor):
            @requests
            async def race(self, docs):
                if self.get_shard() != 1:
                    try:
                        await asyncio.sleep(60)
                    finally:
                        cancelled.set()
                for doc in docs:
                    doc.text = f'won by {self.get_shard()}'

        flow = Flow().add(uses=Racer, parallel=3, polling='ALL_ASYNC')
        response, = post(flow, *documents('a'))
        self.assertEqual(texts(response), ['won by 1'])
        self.assertTrue(cancelled.wait(20))

    def test_endpoints(self):
        flow = Flow().add(uses=Marker, parallel=2, polling={'/custom': 'ALL', '*': 'ANY'})
        with flow:
            for endpoint, n in ('/custom', 2), ('/search', 2), ('/index', 1), ('/other', 1):
                response, = flow.post(endpoint, documents('a'), return_results=True)
                self.assertEqual(len(response.docs[0].tags), n, endpoint)

    def test_replicas_of_shards(self):
        flow = Flow().add(uses=Marker, parallel=2, replicas=2, scheduling='round_robin')
        self.assertEqual(flow[0].get_polling(), GFlow.FlowPolling.ALL)
        with flow:
            seen = [dict(flow.post('/', documents('a'), return_results=True)[0].docs[0].tags)
                    for _ in range(2)]
        self.assertEqual(seen, [{'mark0': 0, 'mark1': 2}, {'mark0': 1, 'mark1': 3}])

    def test_reducers(self):
        for reducer, expected in (
                ('concatenate', ['shard 0', 'shard 1']), (GFlow.FlowReducer.FIRST, ['shard 0']),
                ('none', []), (lambda matrix: matrix[1], ['shard 1']),
                (lambda matrix: [GFlow.FlowDocument(text=str(len(matrix)))], ['2'])):
            flow = Flow().add(uses=Marker, parallel=2, polling='ALL', reducer=reducer)
            response, = post(flow, *documents('a'))
            self.assertEqual(texts(response), expected)

    def test_reducer_raises(self):
        def reduce(matrix):
            raise Boom('reduced')

        flow = Flow().add(uses=Marker, parallel=2, polling='ALL', reducer=reduce)
        with self.assertRaisesRegex(Boom, 'reduced'):
            post(flow, *documents('a'))

    def test_around(self):
        class Last(Executor):
            @requests
            def look(self, docs, docs_matrix):
                self.seen = [[doc.text for doc in docs] for docs in docs_matrix]
                docs[0].text += ' after'
                return {'seen': self.seen}

        flow = Flow().add(uses=Marker, parallel=2, polling='ALL', name='x', uses_after=Last,
                          uses_before=lambda: Word('before')).add(uses=Word)
        self.assertEqual([node.get_name() for node in flow], ['x', 'executor0'])
        response, = post(flow, *documents('a'))
        self.assertEqual(texts(response), ['shard 0 after+word'])
        self.assertEqual(response.dup_results().unpack()['x/after'],
                         {'seen': [['shard 0'], ['shard 1']]})

    def test_matrix_of_branches(self):
        seen = []

        class Last(Executor):
            @requests
            def look(self, docs, docs_matrix):
                seen.append(docs_matrix and [[doc.text for doc in docs] for docs in docs_matrix])

        flow = (Flow().add(uses=Word, name='a', needs='gateway')
                .add(uses=lambda: Word('other'), name='b', needs='gateway')
                .add(uses=Last, needs=['a', 'b']).add(uses=Last))
        post(flow, *documents('x'))
        self.assertEqual(seen, [[['x+word'], ['x+other']], None])

    def test_refused(self):
        for options in ({'polling': 'SOME'}, {'scheduling': 'x'}, {'reducer': 'custom'},
                        {'polling': {'/a': 'x'}}):
            with self.assertRaises(ValueError):
                Flow().add(uses=Marker, **options)
        with self.assertRaises(TypeError):
            Flow().add(uses_before=Marker)
        with self.assertRaises(TypeError):
            Flow().add(uses=Marker, uses_before=3)
        flow = Flow()
        with self.assertRaisesRegex(GLib.Error, 'foo'):
            flow.add(uses=Marker, when={'a': {'$foo': 1}})
        self.assertEqual(len(flow), 0)


class Conditions(unittest.TestCase):
    def test_switch(self):
        flow = (Flow()
                .add(uses=lambda: Word('one'), name='one', needs='gateway',
                     when={'tags__n': {'$lt': 2}})
                .add(uses=lambda: Word('two'), name='two', needs='gateway',
                     when=lambda doc: doc.tags['n'] >= 2)
                .needs_all('join'))
        inputs = [GFlow.FlowDocument(text=str(n), id=str(n), tags={'n': n}) for n in range(4)]
        response, = post(flow, *inputs)
        self.assertEqual(sorted(texts(response)), ['0+one', '1+one', '2+two', '3+two'])

    def test_operators(self):
        for when, expected in (
                ({'n': {'$in': [1, 2.0]}}, '12'), ({'text': {'$regex': '[03]'}}, '03'),
                ({'$or': [{'n': 1}, {'n': {'$gte': 3}}]}, '13'),
                ({'$not': {'n': 1}, 'n': {'$exists': True}}, '023')):
            flow = Flow().add(when=when)
            inputs = [GFlow.FlowDocument(text=str(n), tags={'n': n}) for n in range(4)]
            response, = post(flow, *inputs)
            self.assertEqual(''.join(texts(response)), expected)


    def test_that_raise(self):
        class Unknown(Exception):
            pass

        def fails(*_):
            raise unknown

        async def too_late(doc):
            return True

        unknown = Unknown('who knows')
        for options in ({'when': fails}, {'uses': Marker, 'parallel': 2, 'polling': 'ALL',
                                          'reducer': fails}):
            with self.assertRaises(Unknown) as caught:
                post(Flow().add(**options), 'a')
            self.assertIs(caught.exception, unknown)
        with self.assertRaisesRegex(TypeError, 'coroutine'):
            post(Flow().add(when=too_late), 'a')


class Batches(unittest.TestCase):
    def setUp(self):
        self.sizes = sizes = []

        class Together(Executor):
            @requests(on='/encode', preferred_batch_size=4, timeout=60000)
            def encode(self, docs):
                sizes.append(len(docs))
                for doc in docs:
                    doc.text += '!'

            @requests(on='/later', preferred_batch_size=2, timeout=60000)
            async def later(self, docs):
                await asyncio.sleep(0)
                self.encode(docs)

            @requests
            def alone(self, docs):
                self.encode(docs)

        self.Together = Together

    def sizes_of(self, endpoint, **options):
        del self.sizes[:]
        responses = post(Flow().add(uses=self.Together, **options), *'abcdefgh', endpoint=endpoint,
                         request_size=1, max_in_flight=8)
        self.assertEqual(sorted(sum(map(texts, responses), [])), [c + '!' for c in 'abcdefgh'])
        return self.sizes

    def test_decorator(self):
        self.assertEqual(self.sizes_of('/encode'), [4, 4])
        self.assertEqual(self.sizes_of('/later'), [2, 2, 2, 2])
        self.assertEqual(self.sizes_of('/other'), [1] * 8)
        self.assertEqual(self.sizes_of('/bound', uses_requests={'/bound': 'encode'}), [4, 4])

    def test_option(self):
        eight = {'preferred_batch_size': 8, 'timeout': 60000}
        for endpoint, batching in (('/encode', {'/encode': eight}), ('/other', {'*': eight}),
                                   ('/new', {'/new': eight, '*': {'preferred_batch_size': 0}})):
            self.assertEqual(self.sizes_of(endpoint, uses_dynamic_batching=batching), [8])
        self.assertEqual(self.sizes_of('/encode', uses_dynamic_batching={
            '/encode': {'preferred_batch_size': 0}}), [1] * 8)
        uses = {'jtype': self.Together, 'dynamic_batching': {'*': eight}}
        flow = Flow().add(uses=uses)
        self.assertEqual(flow[0].get_executor().get_batch_size('/other'), 8)
        self.assertEqual(flow[0].get_executor().get_batch_timeout('/other'), 60000)

    def test_subclass(self):
        class Alone(self.Together):
            @requests(on='/encode')
            def encode(self, docs):
                super().encode(docs)

        self.Together = Alone
        self.assertEqual(self.sizes_of('/encode'), [1] * 8)

    def test_wrong(self):
        for batching, error in (({'/a': 3}, TypeError), ({'/a': {}}, TypeError),
                                ({'/a': {'preferred_batch_size': 2, 'tiemout': 1}}, TypeError),
                                ({'/a': {'preferred_batch_size': 'many'}}, TypeError),
                                ({'/a': {'preferred_batch_size': -1}}, ValueError)):
            flow = Flow()
            with self.assertRaises(error):
                flow.add(uses=self.Together, uses_dynamic_batching=batching)
            self.assertEqual(len(flow), 0)
        with self.assertRaisesRegex(TypeError, 'need uses'):
            Flow().add(uses_dynamic_batching={'/a': {'preferred_batch_size': 2}})
        for options in {'timeout': 3}, {'preferred_batch_size': 1.5}:
            with self.assertRaises(TypeError):
                requests(on='/a', **options)(lambda self, docs: None)
        with self.assertRaisesRegex(TypeError, 'on='):
            requests('/a')


class Detached(unittest.TestCase):
    def test_detached(self):
        served = threading.Event()

        class Beside(Executor):
            @requests
            def serve(self, docs):
                docs[0].text = 'beside'
                served.set()

        flow = (Flow().add(uses=Word, name='a').add(uses=Beside, name='beside', detached=True)
                .add(uses=lambda: Word('last')))
        self.assertEqual([node.get_name() for node in flow['executor0'].get_upstreams()], ['a'])
        response, = post(flow, *documents('x'))
        self.assertEqual(texts(response), ['x+word+last'])
        self.assertTrue(served.is_set())

    def test_fails(self):
        class Bad(Executor):
            @requests
            def serve(self):
                raise Boom('beside')

        flow = Flow().add(uses=Word).add(uses=Bad, detached=True)
        response, = post(flow, *documents('x'))
        self.assertEqual(texts(response), ['x+word'])
        self.assertIsNone(response.get_error())


class Taps(unittest.TestCase):
    def test_modes(self):
        seen = []

        class Look(Executor):
            @requests
            def look(self, docs):
                for doc in docs:
                    seen.append(doc.text)
                    doc.set_tag('length', GLib.Variant('i', len(doc.text)))
                    doc.text = 'nobody sees that'
                return {'n': len(docs)}

        for mode, tags in ('COLLECT', {'length': 6}), (GFlow.FlowTap.BESIDE, {}), ('off', {}):
            del seen[:]
            flow = Flow().add(uses=Word, name='a').tap(Look, mode=mode, name='look').add(uses=Word)
            self.assertEqual([node.get_name() for node in flow['executor0'].get_upstreams()], ['a'])
            response, = post(flow, *documents('x'))
            self.assertEqual(texts(response), ['x+word+word'])
            self.assertEqual(response.docs[0].get_tags().unpack(), tags)
            self.assertEqual(seen, [] if mode == 'off' else ['x+word'])
            if mode == 'COLLECT':
                self.assertEqual(response.dup_result('look').unpack(), {'n': 1})
        flow = Flow().add(uses=Word, name='a').add(uses=Word, name='b')
        flow.tap(Look, node='a').tap(uses=Look, node=flow['b'])
        self.assertEqual([[item.get_name() for item in flow[name].get_upstreams()]
                          for name in ('tap0', 'tap1')], [['a'], ['b']])

    def test_refused(self):
        flow = Flow().add(uses=Word, name='a')
        for options, error in (({'mode': 'LOUD'}, ValueError), ({'node': 'b'}, KeyError),
                               ({'needs': 'a'}, TypeError), ({'colour': 'red'}, TypeError)):
            with self.assertRaises(error):
                flow.tap(Word, **options)
        self.assertEqual(len(flow), 1)


class Lifetime(unittest.TestCase):
    def test_lifetime(self):
        def reduce(matrix):
            return matrix[0]

        def fits(document):
            return True

        gone = weakref.ref(reduce), weakref.ref(fits)
        flow = Flow().add(uses=Marker, parallel=2, polling='ALL', reducer=reduce, when=fits,
                          uses_before=Word, uses_after=Word)
        executors = [weakref.ref(item) for item in (flow[0].get_executor(), flow[0].get_before(),
                                                    flow[0].get_after())]
        post(flow, *documents('a'))
        del reduce, fits, flow
        gc.collect()
        self.assertEqual([item() for item in (*gone, *executors)], [None] * 5)


if __name__ == '__main__':
    unittest.main(verbosity=2)
