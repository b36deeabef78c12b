#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Python objects as results."""

import asyncio
import enum
import os
import unittest

import gi

gi.require_version('GFlow', '1')
from gi.repository import Gio, GLib, GObject, GFlow

from helpers import Boom


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
        self.assertIsNone(run[f])
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


if __name__ == '__main__':
    unittest.main()
