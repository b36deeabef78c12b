#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What docs/ shows of programs in Python, and of the pictures that they make:
tests/checks/readme.py sees to it that it is this."""

import asyncio
import contextlib
import io
import os
import re
import shutil
import tempfile
import unittest

import gi

gi.require_version('GFlow', '1')
from gi.repository import GFlow

PAGES = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'docs')


def nothing():
    pass


def broken():
    raise ValueError('It broke')


class Debugging(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(folder.name)

    def test_records(self):
        flow = GFlow.Flow()
        flow.node(nothing, name='load')

        async def main():
            run = await flow.execute(keep_record=True)
            print(run.to_summary())
        with contextlib.redirect_stdout(io.StringIO()) as said:
            asyncio.run(main())
        self.assertRegex(said.getvalue(), r'(?s)^1 node in .*Critical path, .*: load\n')

    @unittest.skipUnless(shutil.which('dot'), 'Graphviz is not installed')
    def test_pictures(self):
        flow = GFlow.Flow()
        flow.node(nothing, name='load')

        async def main():
            run = await flow.execute()
            await flow.plot('plan.svg')          # the plan
            await flow.plot('run.svg', run)      # the same, with the states of a run
            await flow.plot('down.svg', direction=GFlow.FlowDirection.TOP_TO_BOTTOM)
        asyncio.run(main())
        self.assertEqual(sorted(os.listdir()), ['down.svg', 'plan.svg', 'run.svg'])


class Growing(unittest.TestCase):
    def test_map(self):
        flow, sum_of = GFlow.Flow(), len

        @flow.node
        def list_folder():
            return ['one', 'three']

        @flow.map(upstream=list_folder, max_parallel=4)
        def sums(path):
            return sum_of(path)

        self.assertEqual(flow.execute_sync()[sums], [3, 5])


class Branches(unittest.TestCase):
    """The pictures of the page are those of runs."""

    def add(self, name, func=None, upstream=(), when='all-succeeded'):
        self.flow.node(func or (lambda: None), name=name, upstream=upstream)
        node = self.flow.lookup(name)
        node.set_run_when(getattr(GFlow.FlowRunWhen, when.upper().replace('-', '_')))

    def selected(self):
        def measure(run, node):
            run.select(node, 'shrink')
        self.add('measure', measure)
        self.add('shrink', upstream=['measure'])
        self.add('copy', upstream=['measure'])
        self.add('publish', upstream=['shrink', 'copy'])

    def finished(self):
        self.add('make folder')
        self.add('fill', broken, ['make folder'])
        self.add('pack', upstream=['fill'])
        self.add('remove folder', upstream=['make folder', 'pack'], when='all-finished')

    def handled(self, upload=broken):
        self.add('upload', upload)
        self.add('try the mirror', upstream=['upload'], when='any-failed')
        self.add('tell', upstream=['upload', 'try the mirror'])

    def not_needed(self):
        self.handled(None)

    def test_pictures(self):
        with open(os.path.join(PAGES, 'branches.md'), encoding='utf-8') as page:
            pictures = re.findall(r'```mermaid\n(.*?)```', page.read(), flags=re.S)
        makes = [self.selected, self.finished, self.handled, self.not_needed]
        self.assertEqual(len(pictures), len(makes))
        for make, picture in zip(makes, pictures):
            with self.subTest(make.__name__):
                self.flow = GFlow.Flow()
                make()
                run = GFlow.FlowRun(self.flow)
                with contextlib.suppress(ValueError):
                    run.execute_sync()
                self.assertEqual(self.essence(self.flow.to_mermaid(run)), self.essence(picture))

    def essence(self, picture):
        """The nodes, their states, and the arrows, of whatever kind."""
        picture = re.sub(r'  subgraph legend.*?\n  end\n', '', picture, flags=re.S)
        nodes = re.findall(r'^  (\w+)\["(?:\S )?([a-z ]+?)(?:<br/>.*)?"\]:::(\w+)$', picture, flags=re.M)
        arrows = re.findall(r'^  (\w+) -\.?-> (\w+)$', picture, flags=re.M)
        self.assertGreater(len(nodes), 2)
        self.assertGreater(len(arrows), 2)
        return nodes, sorted(arrows)


if __name__ == '__main__':
    unittest.main()
