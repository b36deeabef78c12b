#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Documents, sources, readers and writers, as Python has them."""

import asyncio
import gc
import json
import math
import os
import random
import tempfile
import threading
import unittest
import weakref

from gi.repository import GObject
from helpers import Boom, Gio, GFlow, GLib, is_cancelled, matches


def texts(documents):
    return [document.text for document in documents]


class Documents(unittest.TestCase):
    def test_attributes(self):
        document = GFlow.FlowDocument('Hello', id='a', blob=b'\0\1', uri='u:v', mime_type='a/b',
                                      tags={'n': 1})
        self.assertEqual((document.text, document.id, document.blob, document.uri,
                          document.mime_type, document.tags),
                         ('Hello', 'a', b'\0\1', 'u:v', 'a/b', {'n': 1}))
        document.text = document.id = document.blob = document.uri = document.mime_type = None
        document.tags = None
        self.assertEqual(document.to_dict(), {})
        document.text, document.blob, document.tags = 'x', b'', {'a': 'b'}
        self.assertEqual(document.to_dict(), {'text': 'x', 'blob': b'', 'tags': {'a': 'b'}})
        self.assertIn("text='x'", repr(document))

    def test_tags(self):
        tags = {'i': -1, 'u': 2**64 - 1, 'd': 1.0, 's': 'x', 'b': True, 'n': None, 'y': b'\0\xff',
                'l': [1, 'a', [2.5, None]], 'm': {'k': {'': []}}}
        document = GFlow.FlowDocument(tags=tags)
        self.assertEqual(document.tags, tags)
        self.assertEqual({key: type(value) for key, value in document.tags.items()},
                         {key: type(value) for key, value in tags.items()})
        document.tags['i'] = (1, 2)
        del document.tags['u']
        self.assertEqual(document.tags['i'], [1, 2])
        self.assertNotIn('u', document.tags)
        self.assertEqual(len(document.tags), len(tags) - 1)
        with self.assertRaises(KeyError):
            document.tags['u']
        with self.assertRaises(KeyError):
            del document.tags['u']
        for bad in object(), {1: 2}:
            with self.assertRaises(TypeError):
                document.tags['x'] = bad
        with self.assertRaises(OverflowError):
            document.tags['x'] = 2**64
        document.set_tag('v', GLib.Variant('(is)', (1, 'a')))
        self.assertEqual(document.tags['v'], (1, 'a'))

    def test_of_anything(self):
        document = GFlow.FlowDocument('a')
        self.assertIs(GFlow.document(document), document)
        self.assertEqual(GFlow.document('a').text, 'a')
        self.assertEqual(GFlow.document(b'a').blob, b'a')
        made = GFlow.document({'id': 5, 'text': 'a', 'blob': b'b', 'size': 9, 'tags': {'x': None}})
        self.assertEqual(made.to_dict(), {'id': '5', 'text': 'a', 'blob': b'b',
                                          'tags': {'size': 9, 'x': None}})
        self.assertTrue(GFlow.document(made.to_dict()).equal(made))
        self.assertEqual(GFlow.document(GLib.Variant('s', 'a')).text, 'a')
        with self.assertRaises(TypeError):
            GFlow.document(5)
        with self.assertRaises(GLib.Error) as caught:
            GFlow.document({'text': 5})
        self.assertTrue(matches(caught.exception, GFlow.FlowError.BAD_INPUT))

    def test_json(self):
        text = '{"id":"a","tags":{"n":1,"d":1.0}}'
        document = GFlow.FlowDocument.new_from_json(text)
        self.assertEqual(document.to_json(), text)
        self.assertEqual(document.tags, {'n': 1, 'd': 1.0})
        with self.assertRaisesRegex(GLib.Error, '1:2: '):
            GFlow.FlowDocument.new_from_json('{x}')


async def slowly(items):
    for item in items:
        await asyncio.sleep(0)
        yield item


def failing(n, exception):
    yield from map(str, range(n))
    raise exception


async def failing_slowly(n, exception):
    async for item in slowly(map(str, range(n))):
        yield item
    raise exception


class Values(unittest.TestCase):
    """Values of Python as GVariants: what is made by text and by bytes is what PyGObject makes."""

    def make(self, random, depth):
        kind = random.randrange(9 if depth > 0 else 6)
        text = ''.join(random.choice('aZ"\\\n\'\t\x01 <>{},@äß語𝄞') for _ in range(random.randrange(9)))
        if kind == 6:
            return {f'{text}{n}': self.make(random, depth - 1) for n in range(random.randrange(40))}
        if kind > 6:
            return [self.make(random, depth - 1) for _ in range(random.randrange(40))]
        return [None, random.random() < .5, text * random.choice([1, 1, 40]),
                random.choice([0, -1, 2**31, -2**63, 2**63 - 1, 2**63, 2**64 - 1, 17]),
                random.choice([0., -1.5, 1e300, 1e-300, 1e22, math.inf, -math.inf, .1]),
                random.choice([b'', b'\0', b'abc'])][kind]

    def test_random(self):
        seed = int(os.environ.get('GFLOW_TEST_SEED', random.randrange(2**32)))
        print(f'# GFLOW_TEST_SEED={seed}')
        source = random.Random(seed)
        for _ in range(200):
            tags = {'a': self.make(source, 3)}
            document = GFlow.FlowDocument(tags=tags)
            self.assertEqual(dict(document.tags), tags)
            parts = {key: part for key, part in tags.items()}
            again = GFlow.FlowDocument(tags=self.by_parts(parts))
            self.assertTrue(document.get_tags().equal(again.get_tags()), tags)

    def by_parts(self, value):
        """As PyGObject makes it."""
        if isinstance(value, dict):
            return GLib.Variant('a{sv}', {key: self.by_parts(item) for key, item in value.items()})
        if isinstance(value, list):
            return GLib.Variant('av', [self.by_parts(item) for item in value])
        if isinstance(value, bytes):
            return GLib.Variant('ay', value)
        if value is None:
            return GLib.Variant('mv', None)
        code = {bool: 'b', float: 'd', str: 's', int: 'x'}[type(value)]
        return GLib.Variant('t' if code == 'x' and value >= 2**63 else code, value)

    def test_of_c(self):
        """What other languages leave: all types, also those that Python never makes."""
        for text, expected in (
                ("{'a': <@ai [1, -2]>}", [1, -2]), ("{'a': <@a(is) [(1, 'x')]>}", [(1, 'x')]),
                ("{'a': <@as ['', 'b']>}", ['', 'b']), ("{'a': <@aas [[], ['b', 'c'], ['d']]>}",
                                                        [[], ['b', 'c'], ['d']]),
                ("{'a': <@a{sy} {'one': 1, 'three': 3}>}", {'one': 1, 'three': 3}),
                ("{'a': <@a{sad} {'one': [1.5], 'none': []}>}", {'one': [1.5], 'none': []}),
                ("{'a': <@a{ix} {7: 8}>}", {7: 8}), ("{'a': <@ms 'x'>}", 'x'), ("{'a': <@mi 3>}", 3),
                ("{'a': <@mms nothing>}", None), ("{'a': <@amx [1, nothing]>}", [1, None]),
                ("{'a': <(byte 1, 'x')>}", (1, 'x')), ("{'a': <<<'in'>>>}", 'in'),
                ("{'a': <@ab [true, false]>}", [True, False]), ("{'a': <@an []>}", []),
                ("{'a': <objectpath '/a'>}", '/a'), ("{'a': <@ag ['ab']>}", ['ab'])):
            tags = GLib.Variant.parse(GLib.VariantType('a{sv}'), text, None, None)
            self.assertEqual(GFlow.FlowDocument(tags=tags).tags['a'], expected, text)

    def test_refused(self):
        for value, error in ((object(), TypeError), ({1: 2}, TypeError), ([object()], TypeError),
                             ('\ud800', UnicodeEncodeError), (['\ud800'], UnicodeEncodeError),
                             (2**64, OverflowError), ([2**64], OverflowError)):
            with self.assertRaises(error, msg=repr(value)):
                GFlow.FlowDocument(tags={'a': value})


class Numbers(GObject.Object, GFlow.FlowSource):
    n = 0

    def give(self, n_documents, documents):
        for _ in range(min(n_documents, 3 - self.n)):
            documents.append(GFlow.FlowDocument(str(self.n)))
            self.n += 1


class Sync(Numbers):
    def do_fill_sync(self, n_documents, documents, cancellable):
        self.give(n_documents, documents)


class Async(Numbers):
    async def do_fill(self, n_documents, documents, task):
        await asyncio.sleep(0)
        self.give(n_documents, documents)


class Tasks(Numbers):
    def do_fill(self, n_documents, documents, task):
        self.give(n_documents, documents)
        GLib.idle_add(task.return_boolean, True)


class Sources(unittest.TestCase):
    KINDS = {
        'list': lambda: ['a', 'b', 'c'],
        'tuple': lambda: ('a', b'x', {'text': 'c'}),
        'iterator': lambda: iter('abc'),
        'generator': lambda: (letter for letter in 'abc'),
        'function': lambda: lambda: iter(['a', 'b', 'c']),
        'async generator': lambda: slowly('abc'),
        'async function': lambda: lambda: slowly('abc'),
        'list model': lambda: GFlow.FlowSource.new_for_texts('abc').next_sync(),
        'variant': lambda: GLib.Variant('as', ['a', 'b', 'c']),
        'source': lambda: GFlow.FlowSource.new_for_texts(['a', 'b', 'c']),
    }

    def test_kinds(self):
        for name, make in self.KINDS.items():
            with self.subTest(name):
                expected = ['a', None, 'c'] if name == 'tuple' else ['a', 'b', 'c']
                source = GFlow.source(make())
                self.assertIsInstance(source, GFlow.FlowSource)
                self.assertEqual(texts(source.next_sync(2)), expected[:2])
                self.assertEqual(texts(source.next_sync(2)), expected[2:])
                self.assertEqual(texts(source.next_sync(2)), [])
                self.assertEqual(texts(GFlow.source(make())), expected)

                async def ask():
                    source = GFlow.source(make())
                    self.assertEqual(texts(await source.next(2)), expected[:2])
                    self.assertEqual(texts(await source.next(2)), expected[2:])
                    self.assertEqual(texts(await source.next(2)), [])
                    return [document.text async for document in GFlow.source(make())]
                self.assertEqual(asyncio.run(ask()), expected)

    def test_one(self):
        for one in 'abc', b'abc', {'text': 'abc'}, GFlow.FlowDocument('abc'):
            self.assertEqual(len(list(GFlow.source(one))), 1)
        self.assertEqual(texts(GFlow.source([])), [])
        with self.assertRaises(TypeError):
            GFlow.source(5)

    def test_on_demand(self):
        """Nothing is taken before it is wanted."""
        taken = []
        source = GFlow.source(taken.append(n) or str(n) for n in range(10))
        self.assertEqual(taken, [])
        source.next_sync(3)
        self.assertEqual(taken, [0, 1, 2])

    def test_exceptions(self):
        """They arrive as they were raised, behind what came before, and once."""
        for make in failing, failing_slowly:
            for n in 0, 1, 3:
                boom = Boom(n)
                source = GFlow.source(make(n, boom))
                if n:
                    self.assertEqual(len(source.next_sync(5)), n)
                with self.assertRaises(Boom) as caught:
                    source.next_sync(5)
                self.assertIs(caught.exception, boom)
                self.assertEqual(len(source.next_sync(5)), 0)

                async def ask(boom):
                    return [document async for document in GFlow.source(make(n, boom))]
                with self.assertRaises(Boom):
                    asyncio.run(ask(Boom(n)))

    def test_bad_items(self):
        for items in ['a', 5], slowly(['a', 5]):
            source = GFlow.source(items)
            self.assertEqual(texts(source.next_sync(5)), ['a'])
            with self.assertRaises(TypeError):
                source.next_sync(5)

    def test_loop_stays_responsive(self):
        """Five items, one for each turn that somebody else has had."""
        async def ask():
            turns = 0
            gate = asyncio.Event()

            async def items():
                for n in range(5):
                    gate.clear()
                    await gate.wait()
                    yield str(n)

            async def others():
                nonlocal turns
                while True:
                    turns += 1
                    gate.set()
                    await asyncio.sleep(0)
            task = asyncio.ensure_future(others())
            found = [document.text async for document in GFlow.source(items())]
            task.cancel()
            return found, turns

        found, turns = asyncio.run(ask())
        self.assertEqual(found, list('01234'))
        self.assertGreaterEqual(turns, 5)

    def test_cancel(self):
        """What waits is cancelled, and what came before is not lost."""
        async def ask():
            reached = asyncio.Event()
            ended = []

            async def items():
                yield 'a'
                reached.set()
                try:
                    await asyncio.Event().wait()
                finally:
                    ended.append(True)
            source = GFlow.source(items())
            task = asyncio.ensure_future(source.next(2))
            await reached.wait()
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task
            self.assertEqual(ended, [True])
            self.assertEqual(texts(await source.next(2)), ['a'])
            self.assertEqual(texts(await source.next(2)), [])

            cancellable = Gio.Cancellable()
            cancellable.cancel()
            with self.assertRaises(GLib.Error) as caught:
                await GFlow.source('a').next(1, cancellable)
            self.assertTrue(is_cancelled(caught.exception))
        asyncio.run(ask())

    def test_in_thread(self):
        found = []
        thread = threading.Thread(target=lambda: found.extend(texts(GFlow.source(slowly('abc')))))
        thread.start()
        thread.join()
        self.assertEqual(found, ['a', 'b', 'c'])

    def test_subclasses(self):
        for cls in Sync, Async, Tasks:
            with self.subTest(cls.__name__):
                self.assertEqual(texts(cls()), ['0', '1', '2'])

                async def ask():
                    return [document.text async for document in cls()]
                self.assertEqual(asyncio.run(ask()), ['0', '1', '2'])
                bad = cls()
                bad.n = 3 * [None]
                with self.assertRaises(TypeError):
                    bad.next_sync()
                self.assertEqual(texts(bad.next_sync()), [])

    def test_nothing_is_kept(self):
        for make in (lambda: iter([GFlow.FlowDocument('a')])), (lambda: slowly('ab')):
            iterator = make()
            source = GFlow.source(iterator)
            self.assertEqual(len(list(source)) > 0, True)
            gone = weakref.ref(source)
            del source, iterator
            gc.collect()
            self.assertIsNone(gone())


class Files(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def test_again(self):
        """What is written is read, in every format, one way or the other."""
        documents = [GFlow.document({'id': n, 'text': f'a "{n}"', 'n': n, 'd': n / 2})
                     for n in range(250)]
        for name in 'x.csv', 'x.ndjson', 'x.jsonl', 'x.JSON', 'x.txt':
            with self.subTest(name):
                with GFlow.FlowWriter(self.path(name)) as writer:
                    writer.write_sync(documents[:100])
                    writer.write_sync(item for item in documents[100:])
                self.assertEqual(writer.get_n_written(), 250)
                same = (lambda item: item.text) if name == 'x.txt' else GFlow.FlowDocument.to_dict
                reader = GFlow.FlowReader(self.path(name))
                self.assertEqual(list(map(same, reader)), list(map(same, documents)))
                self.assertEqual(reader.get_n_read(), 250)

                async def again():
                    async with GFlow.FlowWriter(Gio.File.new_for_path(self.path(name))) as writer:
                        await writer.write(documents)
                    return [same(document) async for document in GFlow.FlowReader(self.path(name))]
                self.assertEqual(asyncio.run(again()), list(map(same, documents)))

    def test_json_is_json(self):
        with GFlow.FlowWriter(self.path('x.json')) as writer:
            writer.write_sync([{'text': 'ü"\n', 'n': [1, 2.5, None, {'a': True}]}])
        with open(self.path('x.json')) as file:
            self.assertEqual(json.load(file),
                             [{'text': 'ü"\n', 'tags': {'n': [1, 2.5, None, {'a': True}]}}])

    def test_fields(self):
        with open(self.path('x.csv'), 'w') as file:
            file.write('question,answer\nwhy,because\nhow\nwho,me\n')
        reader = GFlow.FlowReader(self.path('x.csv'), fields={'question': 'text'}, skip_bad=True)
        skipped = []
        reader.connect('skipped', lambda _, error: skipped.append(error.message))
        self.assertEqual([(document.text, dict(document.tags)) for document in reader],
                         [('why', {'answer': 'because'}), ('who', {'answer': 'me'})])
        self.assertEqual(skipped, [f"{self.path('x.csv')}:3:4: The record ends after 1 of 2 fields"])
        reader = GFlow.FlowReader(self.path('x.csv'))
        reader.set_fields({'question': 'text'})
        self.assertEqual(len(reader.next_sync()), 1)
        with self.assertRaisesRegex(GLib.Error, ':3:4: '):
            reader.next_sync()

    def test_files(self):
        os.mkdir(self.path('below'))
        for name in 'b.txt', 'a.txt', 'below/c.txt':
            with open(self.path(name), 'w') as file:
                file.write(name)
        source = GFlow.FlowFileSource(self.path('**/*.txt'), contents=GFlow.FlowContents.TEXT)
        self.assertEqual(texts(source), ['a.txt', 'b.txt', 'below/c.txt'])
        self.assertEqual(GFlow.FlowFileSource(self.path('a.txt')).next_sync()[0].mime_type,
                         'text/plain')

    def test_errors(self):
        with self.assertRaises(GLib.Error) as caught:
            GFlow.FlowReader(self.path('nothing.csv')).next_sync()
        self.assertTrue(caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.NOT_FOUND))
        writer = GFlow.FlowWriter(self.path('x.json'))
        with self.assertRaises(GLib.Error) as caught:
            writer.write_sync([{'n': float('nan')}])
        self.assertTrue(matches(caught.exception, GFlow.FlowError.BAD_INPUT))


if __name__ == '__main__':
    unittest.main()
