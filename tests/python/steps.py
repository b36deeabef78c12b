#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A run is the list of its steps, and tells how far it is."""

import asyncio
import functools
import threading
import unittest

import gi

gi.require_version('GFlow', '1')
from gi.repository import Gio, GLib, GFlow

from helpers import Boom

State = GFlow.FlowNodeState


class Steps(unittest.TestCase):
    def setUp(self):
        self.flow = flow = GFlow.Flow()

        @flow.node
        def first(run, node):
            run.set_node_progress(node, 0.5)
            run.set_node_progress(node, message='half')

        @flow.node(upstream=first)
        async def second():
            await asyncio.sleep(0)

        @flow.node(upstream=second)
        def third():
            raise Boom

        @flow.node(upstream=third)
        def fourth():
            pass

        self.names = 'first second third fourth'.split()

    def test_list(self):
        run = GFlow.FlowRun(self.flow)
        self.assertIsInstance(run, Gio.ListModel)
        self.assertEqual([step.get_node().get_name() for step in run], self.names)
        self.assertEqual(len(run), 4)
        self.assertIs(run[0], run.get_step('first'))
        self.assertIs(run[-1], run.get_step('fourth'))
        self.assertEqual(run[1:3], [run.get_step('second'), run.get_step('third')])
        with self.assertRaises(Boom):
            asyncio.run(run.execute())
        self.assertEqual([step.props.state for step in run],
                         [State.DONE, State.DONE, State.FAILED, State.SKIPPED])
        first, second, third, fourth = run
        self.assertEqual(first.props.message, 'half')
        self.assertEqual(first.props.fraction, 1)
        self.assertEqual([step.props.attempt for step in run], [1, 1, 1, 0])
        self.assertEqual(second.props.worker, 0)
        self.assertGreater(third.props.worker, 0)
        self.assertEqual(fourth.props.worker, -1)
        self.assertLessEqual(first.props.end, second.props.start)
        self.assertEqual(list(run.get_errors()), [third])
        self.assertEqual(third.props.reason, third.props.error.message)
        # An empty run is not nothing.
        self.assertTrue(GFlow.FlowRun(GFlow.Flow()))

    def test_shown(self):
        self.flow.set_name('week')
        run = GFlow.FlowRun(self.flow)
        self.assertEqual(repr(run), "<GFlow.FlowRun flow='week' state=new done=0/4>")
        with self.assertRaises(Boom):
            run.execute_sync()
        self.assertEqual(repr(run), "<GFlow.FlowRun flow='week' state=failed done=4/4>")
        self.assertEqual(repr(run[2]), "<GFlow.FlowStep node='third' state=failed>")
        self.assertEqual(repr(self.flow[2]), "<GFlow.FlowNode name='third'>")
        self.assertEqual(repr(self.flow), "<GFlow.Flow name='week' nodes=4>")
        self.assertEqual(repr(GFlow.Flow()), '<GFlow.Flow name=None nodes=0>')

    def test_missing(self):
        run = GFlow.FlowRun(self.flow)
        for number in 4, -5:
            with self.assertRaisesRegex(IndexError, f'no node {number}: the nodes are 4$'):
                self.flow[number]
            with self.assertRaisesRegex(IndexError, f'no step {number}: the steps are 4$'):
                run[number]
        for what in 'fifth', len:
            for model in self.flow, run:
                with self.assertRaisesRegex(KeyError, f'{what!r} is no node of this flow'):
                    model[what]
        self.assertEqual(self.flow[4:], [])

    def test_notifications(self):
        run = GFlow.FlowRun(self.flow)
        seen = []
        changed = []
        run[2].connect('notify::state', lambda step, _: seen.append(
            (step.props.state, threading.current_thread())))
        run.connect('step-changed', lambda run, step: changed.append(
            (step.get_node().get_name(), step.get_state())))
        with self.assertRaises(Boom):
            run.execute_sync()
        self.assertEqual(seen[-1], (State.FAILED, threading.current_thread()))
        self.assertEqual(dict(changed), dict(zip(self.names, [
            State.DONE, State.DONE, State.FAILED, State.SKIPPED])))

    def test_tree(self):
        outer = GFlow.Flow()
        outer.add_flow('inner', self.flow)
        run = GFlow.FlowRun(outer)
        step = run[0]
        self.assertIsNone(step.props.subrun)
        with self.assertRaises(Boom):
            run.execute_sync()
        inner = step.props.subrun
        self.assertEqual(list(step.props.subruns), [inner])
        self.assertEqual([inner_step.get_node().get_name() for inner_step in inner], self.names)
        self.assertEqual(inner[2].get_state(), State.FAILED)
        self.assertIs(inner.get_flow(), self.flow)

    def test_progress(self):
        """Each half of the work is told of as it is done."""
        flow = GFlow.Flow()
        heard = []
        released = threading.Event()

        @flow.node(weight=3)
        def works(run, node):
            run.set_node_progress(node, 0.5, 'half')
            self.assertTrue(released.wait(30))
            return run.get_fraction()

        @flow.node
        def idles():
            pass

        run = GFlow.FlowRun(flow, keep_results=True)

        def changed(step, _):
            heard.append((step.props.message, step.props.fraction))
            released.set()

        run.get_step(works).connect('notify::message', changed)
        asyncio.run(run.execute())
        self.assertEqual(heard, [('half', 0.5)])
        self.assertIn(run[works], (3 * 0.5 / 4, 2.5 / 4))
        with self.assertRaises(KeyError):
            run.set_node_progress('nobody', 1)

    def test_paused(self):
        """What is queued while the run is paused can be put in another order."""
        flow = GFlow.Flow()
        called = []
        heard = []

        for name in 'abc':
            flow.node(name=name, placement=GFlow.FlowPlacement.CONTEXT)(
                functools.partial(called.append, name))

        async def main():
            run = GFlow.FlowRun(flow)
            run.connect('notify::paused', lambda run, _: heard.append(run.props.paused))
            run.pause()
            execution = asyncio.ensure_future(run.execute())
            while run.props.state != GFlow.FlowRunState.RUNNING:
                await asyncio.sleep(0)
            run.set_node_priority('c', -1)
            self.assertEqual(called, [])
            self.assertEqual(run.dup_node_reason('a'), 'The run is paused')
            run.resume()
            await execution

        asyncio.run(main())
        self.assertEqual(called, ['c', 'a', 'b'])
        self.assertEqual(heard, [True, False])

    def test_rate(self):
        """There is one when there is evidence."""
        flow = GFlow.Flow()
        deadline = GLib.get_monotonic_time() + 30 * GLib.USEC_PER_SEC

        for number in range(30):
            flow.node(name=str(number), upstream=flow[-1:])(lambda: threading.Event().wait(0.02))

        async def main():
            run = GFlow.FlowRun(flow)
            self.assertEqual(run.props.rate, -1)
            execution = asyncio.ensure_future(run.execute())
            while run.props.rate < 0 and not execution.done():
                self.assertLess(GLib.get_monotonic_time(), deadline)
                await asyncio.sleep(0.001)
            rate = run.props.rate
            await execution
            return rate

        rate = asyncio.run(main())
        self.assertTrue(0 < rate <= 50, rate)

    def test_history(self):
        flow = GFlow.Flow(name='learns', history=GFlow.FlowHistory())
        history = flow.get_history()
        file, stream = Gio.File.new_tmp(None)
        stream.close(None)

        @flow.node
        def waits():
            threading.Event().wait(0.01)

        async def main():
            run = await flow.execute()
            self.assertEqual(run.props.status, '1 of 1 done')
            self.assertGreaterEqual(run.props.elapsed, 0.01)
            self.assertGreaterEqual(history.get_duration('waits'), 0.01)
            self.assertTrue(await history.save(file))
            other = GFlow.FlowHistory()
            self.assertTrue(await other.load(file))
            file.delete()
            with self.assertRaises(GLib.Error):
                await other.load(file)
            return other

        other = asyncio.run(main())
        run = GFlow.FlowRun(flow, history=other)
        self.assertEqual(run.props.remaining, other.get_run_duration('learns'))
        self.assertGreaterEqual(run.props.remaining, 0.01)
        other.forget()
        self.assertEqual(run.props.remaining, -1)
        with self.assertRaises(GLib.Error):
            other.load_variant(GLib.Variant('s', 'nothing'))


if __name__ == '__main__':
    unittest.main()
