#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The C API, with functions that are called as in C."""

import asyncio
import threading
import unittest

import gi

gi.require_version('GFlow', '1')
from gi.repository import Gio, GLib, GFlow

from helpers import Boom, matches


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

        with self.assertRaises(TypeError):
            flow.execute(None, ended, keep_results=True)
        for bad in (lambda: flow.add('h', 3), lambda: flow.add_task('h', 3),
                    lambda: flow.add_task('h', None), lambda: GFlow.FlowNode.new('h', 3)):
            with self.assertRaises(TypeError):
                bad()

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

    def test_deferred(self):
        flow = GFlow.Flow()
        boom = Boom()

        def later(call):
            GLib.idle_add(call, priority=GLib.PRIORITY_DEFAULT)

        @flow.node(placement=GFlow.FlowPlacement.CONTEXT)
        def good(node, run):
            run.defer_node(good)
            later(lambda: run.complete_node(good))
            return 5

        @flow.node(placement=GFlow.FlowPlacement.CONTEXT)
        def bad(node, run):
            run.defer_node(node)
            later(lambda: run.fail_node(bad, boom))

        @flow.node(placement=GFlow.FlowPlacement.CONTEXT)
        def stopped(run):
            run.defer_node(stopped)
            later(lambda: run.cancel_node(stopped))

        def stop_node(run, node):
            self.assertIs(node, flow[stopped])
            run.fail_node(node, GLib.Error('no', 'g-io-error-quark', int(Gio.IOErrorEnum.CANCELLED)))

        async def main():
            run = GFlow.FlowRun(flow)
            run.connect('stop-node', stop_node)
            with self.assertRaises(Boom) as caught:
                await run.execute()
            self.assertIs(caught.exception, boom)
            self.assertEqual(run[good], 5)
            self.assertEqual(run.get_node_state(bad), GFlow.FlowNodeState.FAILED)
            self.assertEqual(run.get_node_state(stopped), GFlow.FlowNodeState.CANCELLED)
        asyncio.run(main())

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


if __name__ == '__main__':
    unittest.main()
