#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Runs that go on where an earlier one has stopped."""

import asyncio
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import gi

gi.require_version('GFlow', '1')
from gi.repository import Gio, GLib, GFlow

from helpers import Boom


class Resuming(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.journal = os.path.join(folder.name, 'journal')
        self.calls = []
        self.fails = True

    def flow(self, result=1):
        flow = GFlow.Flow()

        @flow.node
        def first():
            self.calls.append('first')
            return result

        @flow.node(upstream=first)
        async def second(first):
            self.calls.append('second')
            self.assertEqual(first, result)
            self.assertIs(type(first), type(result))
            return 'text'

        @flow.node(upstream=second)
        def third(second):
            self.calls.append('third')
            if self.fails:
                raise Boom()
            return second

        return flow

    def test_journal(self):
        for path in self.journal, pathlib.Path(self.journal), Gio.File.new_for_path(self.journal):
            self.calls.clear()
            self.fails = True
            with self.assertRaises(Boom):
                self.flow().execute_sync(journal=path)
            self.fails = False
            run = asyncio.run(self.flow().execute(journal=path))
            self.assertEqual(self.calls, ['first', 'second', 'third', 'third'])
            self.assertEqual(run['third'], 'text')
            self.assertEqual(run.dup_node_reason('first'), 'Done in an earlier run')

    def test_map(self):
        items = ['a', 'bb', 'ccc']
        results = [{'word': word, 'length': (len(word), b'x')} for word in items]

        def flow():
            flow = GFlow.Flow()

            @flow.map(items=items)
            def measure(word):
                self.calls.append(word)
                return {'word': word, 'length': (len(word), b'x')}

            @flow.node(upstream=measure)
            def check(measure):
                self.calls.append('check')
                self.assertEqual(measure, results)
                if self.fails:
                    raise Boom()

            return flow

        with self.assertRaises(Boom):
            flow().execute_sync(journal=self.journal)
        self.fails = False
        self.calls.sort()
        flow().execute_sync(journal=self.journal)
        self.assertEqual(self.calls, ['a', 'bb', 'ccc', 'check', 'check'])

    def test_items(self):
        """Items that were done are not done again; what nobody could know again is."""
        strange = object()

        def flow():
            flow = GFlow.Flow()

            @flow.map(items=[1, 'b', ('c', 2.5), strange, Gio.File.new_for_path('/e')])
            def each(item):
                self.calls.append(item)
                if item == 'b' and self.fails:
                    raise Boom()
                return 1

            return flow

        for execute in ('sync', 'async'):
            self.calls.clear()
            self.fails = True
            with self.assertRaises(Boom):
                flow().execute_sync(journal=self.journal)
            self.assertEqual(len(self.calls), 5)
            self.fails = False
            self.calls.clear()
            if execute == 'sync':
                run = flow().execute_sync(journal=self.journal)
            else:
                run = asyncio.run(flow().execute(journal=self.journal))
            self.assertEqual(set(self.calls), {'b', strange})
            self.assertEqual(run['each'], [1] * 5)

    def test_run(self):
        run = GFlow.FlowRun(self.flow(), journal=self.journal)
        self.assertEqual(run.get_journal().get_path(), self.journal)
        run.set_journal(None)
        self.assertIsNone(run.get_journal())
        run.set_journal(pathlib.Path(self.journal))
        self.fails = False
        run.execute_sync()
        self.assertTrue(os.path.exists(self.journal))

    def test_save(self):
        run = GFlow.FlowRun(self.flow(), keep_results=True)
        self.assertIsNone(run.save())
        with self.assertRaises(Boom):
            run.execute_sync()
        saved = run.save()
        again = GLib.Variant.new_from_bytes(saved.get_type(), saved.get_data_as_bytes(), False)
        self.fails = False
        resumed = GFlow.FlowRun(self.flow())
        self.assertTrue(resumed.restore(again))
        resumed.execute_sync()
        self.assertEqual(self.calls, ['first', 'second', 'third', 'third'])

    def test_changed(self):
        with self.assertRaises(Boom):
            self.flow().execute_sync(journal=self.journal)
        flow = self.flow()
        flow.add('new', lambda node, run: None)
        with self.assertRaisesRegex(GLib.Error, 'added: “new”') as caught:
            flow.execute_sync(journal=self.journal)
        self.assertTrue(caught.exception.matches(GFlow.FlowError.quark(), GFlow.FlowError.TOPOLOGY))

    def test_data(self):
        """Plain data is kept, of every type that can tell."""
        for result in (True, 3, 2.5, 'text', '', b'bytes', b'', [], [1, 'two', [3.0, None]], (), (1,),
                       {}, {'a': [1], 2: (b'x', True), None: {'b': {}}}, [True, False],
                       GLib.Variant('(sv)', ('s', GLib.Variant('i', 1)))):
            with self.subTest(result):
                self.calls.clear()
                self.fails = True
                with self.assertRaises(Boom):
                    self.flow(result).execute_sync(journal=self.journal)
                self.fails = False
                self.flow(result).execute_sync(journal=self.journal)
                self.assertEqual(self.calls, ['first', 'second', 'third', 'third'])

    def test_data_at_the_end(self):
        for _ in range(2):
            flow = GFlow.Flow()
            data = flow.node(lambda: {'a': [1, 2]}, name='data')
            run = flow.execute_sync(journal=self.journal)
            self.assertEqual(run[data], {'a': [1, 2]})

    def test_objects(self):
        """Other objects are not, and are made again if somebody reads them."""
        cycle = []
        cycle.append(cycle)
        for result in {1, 2}, object(), cycle, [object()], 2**70, ['\ud800'], [2**70]:
            self.calls.clear()
            made = []
            self.fails = True
            for expected in ['node', 'reader'], ['node', 'reader'], ['node', 'reader', 'leaf']:
                flow = GFlow.Flow()
                flow.node(lambda: made.append('node') or result, name='node')

                @flow.node(upstream='node', name='reader')
                def reader(node):
                    made.append('reader')
                    self.assertIs(node, result)
                    if self.fails:
                        raise Boom()

                flow.node(lambda: made.append('leaf'), upstream=reader, name='leaf')
                made.clear()
                self.fails = len(expected) < 3
                if self.fails:
                    with self.assertRaises(Boom):
                        flow.execute_sync(journal=self.journal)
                else:
                    flow.execute_sync(journal=self.journal)
                self.assertEqual(made, expected)

    def test_no_journal(self):
        """Without one an object stays what it is."""
        flow = GFlow.Flow()
        result = [1]
        node = flow.node(lambda: result, name='node')
        self.assertIs(flow.execute_sync()[node], result)

    def test_killed(self):
        program = '''if True:
            import os, signal, sys, gi
            gi.require_version('GFlow', '1')
            from gi.repository import GFlow
            flow = GFlow.Flow()

            @flow.node
            def first():
                print('first')
                return [1]

            @flow.node(upstream=first)
            def second(first):
                print('second', first, flush=True)
                if sys.argv[2] == 'die':
                    os.kill(os.getpid(), signal.SIGKILL)

            flow.execute_sync(journal=sys.argv[1])
        '''
        command = [sys.executable, '-c', program, self.journal]
        killed = subprocess.run([*command, 'die'], capture_output=True, text=True)
        self.assertEqual((killed.returncode, killed.stdout), (-9, 'first\nsecond [1]\n'))
        resumed = subprocess.run([*command, 'live'], capture_output=True, text=True, check=True)
        self.assertEqual(resumed.stdout, 'second [1]\n')


if __name__ == '__main__':
    unittest.main()
