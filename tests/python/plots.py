#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Flows and runs drawn into files."""

import asyncio
import os
import pathlib
import tempfile
import unittest
import unittest.mock

import gi

gi.require_version('GFlow', '1')
from gi.repository import Gio, GLib, GFlow


class Plots(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.flow = GFlow.Flow()
        self.flow.node(lambda: None, name='load')

    def test_await(self):
        async def main():
            path = self.folder / 'a.dot'
            self.assertTrue(await self.flow.plot(path))
            self.assertEqual(path.read_text(encoding='utf-8'), self.flow.to_dot())
            run = await self.flow.execute()
            await self.flow.plot(Gio.File.new_for_path(str(path)), run)
            self.assertIn('✓ load', path.read_text(encoding='utf-8'))
        asyncio.run(main())

    def test_direction(self):
        """As the flow says, unless the call does."""
        path, down = self.folder / 'a.mmd', GFlow.FlowDirection.TOP_TO_BOTTOM

        def drawn():
            return path.read_text(encoding='utf-8').split('\n')[0]

        async def main():
            await self.flow.plot(path)
            self.assertEqual(drawn(), 'flowchart LR')
            await self.flow.plot(path, direction=down)
            self.assertEqual(drawn(), 'flowchart TB')
        asyncio.run(main())
        self.assertEqual(self.flow.get_direction(), GFlow.FlowDirection.LEFT_TO_RIGHT)
        self.flow.plot_sync(path, direction=GFlow.FlowDirection.BOTTOM_TO_TOP)
        self.assertEqual(drawn(), 'flowchart BT')
        self.flow.props.direction = down
        self.flow.plot_sync(path)
        self.assertEqual(drawn(), 'flowchart TB')
        self.assertIn('rankdir=TB', self.flow.to_dot())
        self.assertEqual(self.flow.copy().get_direction(), down)

    def test_twice(self):
        """Scenario 64: plot, go on adding, plot again."""
        paths = [str(self.folder / name) for name in ('one.mmd', 'two.mmd')]
        self.flow.plot_sync(paths[0])
        self.flow.node(lambda: None, name='parse', upstream='load')
        self.flow.plot_sync(paths[1])
        one, two = (pathlib.Path(path).read_text(encoding='utf-8') for path in paths)
        self.assertNotIn('parse', one)
        self.assertIn('parse', two)

    def test_refused(self):
        for name, code in ('a.gif', Gio.IOErrorEnum.INVALID_FILENAME), \
                ('a.svg', Gio.IOErrorEnum.NOT_SUPPORTED):
            with unittest.mock.patch.dict(os.environ, {'PATH': str(self.folder)}), \
                    self.assertRaises(GLib.Error) as caught:
                self.flow.plot_sync(self.folder / name)
            self.assertTrue(caught.exception.matches(Gio.io_error_quark(), code))

    def test_cancelled(self):
        """Whoever waits may stop waiting: the program is gone then."""
        dot = self.folder / 'dot'
        dot.write_text('#!/bin/sh\necho $$ > "${0%/*}/pid"\nexec /bin/sleep 1000\n')
        dot.chmod(0o700)

        async def main():
            task = asyncio.ensure_future(self.flow.plot(self.folder / 'a.svg'))
            while not (self.folder / 'pid').exists() or not (self.folder / 'pid').read_text():
                await asyncio.sleep(0.01)
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task
            with self.assertRaises(ProcessLookupError):
                os.kill(int((self.folder / 'pid').read_text()), 0)
        with unittest.mock.patch.dict(os.environ, {'PATH': str(self.folder)}):
            asyncio.run(asyncio.wait_for(main(), 60))


if __name__ == '__main__':
    unittest.main()
