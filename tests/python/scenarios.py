#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The behaviour that users of flows rely on, with functions and with coroutines.

What has to take no longer than something is shown by meetings instead of clocks: jobs that
wait for each other can only end if they run at the same time."""

import asyncio
import threading
import time
import unittest

import gi

gi.require_version('GFlow', '1')
from gi.repository import Gio, GLib, GFlow

KINDS = 'sync', 'async', 'mixed'
PATIENCE = 30


def outcome(flow, **properties):
    """Runs the flow in both ways: (run, exception)."""
    async def in_asyncio(run):
        await run.execute()

    for execute in (lambda run: run.execute_sync(),
                    lambda run: asyncio.run(in_asyncio(run))):
        run = GFlow.FlowRun.new(flow)
        run.set_properties(**properties)
        error = None
        try:
            execute(run)
        except Exception as exception:
            error = exception
        yield run, error


class Jobs:
    """Makes jobs that write down when they run, and how many do at once."""

    def __init__(self, kind):
        self.kind = kind
        self.mutex = threading.Lock()
        self.clear()
        self.made = 0

    def clear(self):
        self.log = []
        self.active = self.most = 0

    def enter(self, name):
        with self.mutex:
            self.log.append(name)
            self.active += 1
            self.most = max(self.most, self.active)

    def leave(self):
        with self.mutex:
            self.active -= 1

    def job(self, name, seconds=0):
        """A function or coroutine function, as the kind says."""
        def sync_job():
            self.enter(name)
            time.sleep(seconds)
            self.leave()

        async def async_job():
            self.enter(name)
            await asyncio.sleep(seconds)
            self.leave()

        self.made += 1
        is_async = self.kind == 'async' or self.kind == 'mixed' and self.made % 2 == 0
        job = async_job if is_async else sync_job
        job.__name__ = name
        return job


class Scenarios(unittest.TestCase):
    def each_kind(self, kinds=KINDS):
        for kind in kinds:
            with self.subTest(kind=kind):
                flow = GFlow.Flow()
                yield flow, Jobs(kind)

    def run_well(self, flow, jobs):
        """Runs the flow in both ways, and gives what was written down in each."""
        for run, error in outcome(flow):
            self.assertIsNone(error)
            self.assertEqual(run.get_state(), GFlow.FlowRunState.DONE)
            self.assertEqual(run.get_n_done(), len(flow))
            self.assertEqual(jobs.active, 0)
            yield jobs.log
            jobs.clear()

    def test_01_paths(self):
        for flow, jobs in self.each_kind():
            setup, one, two, shutdown = map(jobs.job, ('setup', 'work_1', 'work_2', 'shutdown'))
            flow.node(setup)
            flow.node(one, upstream=setup)
            flow.node(two, upstream=setup)
            flow.node(shutdown, upstream=[one, two])
            for log in self.run_well(flow, jobs):
                self.assertEqual(log[0], 'setup')
                self.assertEqual(set(log[1:3]), {'work_1', 'work_2'})
                self.assertEqual(log[3:], ['shutdown'])

    def test_02_chain(self):
        for flow, jobs in self.each_kind():
            f, g, h = map(jobs.job, 'fgh')
            flow.node(f)
            flow.node(g, upstream=f)
            flow.node(h, upstream=g)
            for log in self.run_well(flow, jobs):
                self.assertEqual(log, ['f', 'g', 'h'])

    def check_seven(self, log):
        self.assertIn(''.join(log[:3]), ('fgh', 'fhg', 'gfh'))
        self.assertEqual(set(log[3:6]), set('ijk'))
        self.assertEqual(log[6:], ['m'])

    def test_03_seven(self):
        for flow, jobs in self.each_kind():
            f, g, h, i, j, k, m = map(jobs.job, 'fghijkm')
            flow.node(f)
            flow.node(g)
            flow.node(h, upstream=f)
            for middle in i, j, k:
                flow.node(middle, upstream=(g, h))
            flow.node(m, upstream={i, j, k})
            for log in self.run_well(flow, jobs):
                self.check_seven(log)

    def test_04_series_parallel(self):
        for flow, jobs in self.each_kind():
            f, g, h, i, j, k, m = map(jobs.job, 'fghijkm')
            flow.add_group(GFlow.Series(
                GFlow.Parallel(GFlow.Series(f, h), g), GFlow.Parallel(i, j, k), m))
            self.assertEqual(len(flow), 7)
            for log in self.run_well(flow, jobs):
                self.check_seven(log)

    def test_05_concurrent_async(self):
        flow = GFlow.Flow()
        barrier = None

        async def meet():
            nonlocal barrier
            barrier = barrier or (asyncio.Event(), [])
            event, here = barrier
            here.append(None)
            if len(here) == 3:
                event.set()
            await asyncio.wait_for(event.wait(), PATIENCE)

        for i in range(3):
            flow.node(name=f'meet {i}')(lambda_of(meet))
        for run, error in outcome(flow):
            self.assertIsNone(error)
            barrier = None

    def test_05_concurrent_sync(self):
        flow = GFlow.Flow(max_threads=3)
        barrier = threading.Barrier(3)
        for i in range(3):
            flow.node(name=f'meet {i}')(lambda: barrier.wait(PATIENCE) and None)
        for run, error in outcome(flow):
            self.assertIsNone(error)

    def test_05_time(self):
        for flow, jobs in self.each_kind(('async',)):
            for name in 'fgh':
                flow.node(jobs.job(name, .1))
            start = time.monotonic()
            for _ in self.run_well(flow, jobs):
                self.assertEqual(jobs.most, 3)
            self.assertGreaterEqual(time.monotonic() - start, .2)

    def test_06_lock(self):
        for flow, jobs in self.each_kind():
            lock = GFlow.FlowLock()
            for name in 'fgh':
                flow.node(lock=lock)(jobs.job(name, .01))
            for log in self.run_well(flow, jobs):
                self.assertEqual(sorted(log), ['f', 'g', 'h'])
                self.assertEqual(jobs.most, 1)
            self.assertEqual(lock.get_in_use(), 0)

    def test_06_with_lock(self):
        for flow, jobs in self.each_kind():
            lock = GFlow.FlowLock()
            f, g, h = (jobs.job(name, .01) for name in 'fgh')
            flow.add_group(GFlow.Parallel(GFlow.WithLock(GFlow.Parallel(f, g), lock),
                                          GFlow.WithLock(h, lock)))
            self.assertEqual(list(flow['f'].get_locks()), [lock])
            for log in self.run_well(flow, jobs):
                self.assertEqual(sorted(log), ['f', 'g', 'h'])
                self.assertEqual(jobs.most, 1)

    def test_07_semaphore(self):
        for flow, jobs in self.each_kind():
            flow.set_max_threads(4)
            lock = GFlow.FlowLock.new_with_permits(2)
            for name in 'fgh':
                flow.node(lock=lock)(jobs.job(name, .1))
            for log in self.run_well(flow, jobs):
                self.assertEqual(len(log), 3)
                self.assertEqual(jobs.most, 2)

    def test_10_unknown_upstream(self):
        for flow, jobs in self.each_kind():
            f, g, h, x = map(jobs.job, 'fghx')
            flow.node(g, upstream=f)
            flow.node(h, upstream=g)
            flow.node(x)
            for run, error in outcome(flow):
                self.assertTrue(error.matches(GFlow.FlowError.quark(),
                                              GFlow.FlowError.UNKNOWN_NODE))
                self.assertIn('“g”', error.message)
                self.assertIn('“f”', error.message)
            with self.assertRaises(GLib.Error):
                flow.validate()
            self.assertEqual(jobs.log, [])
            flow.node(f)
            for log in self.run_well(flow, jobs):
                self.assertEqual([name for name in log if name != 'x'], ['f', 'g', 'h'])

    def test_11_cycle(self):
        for flow, jobs in self.each_kind():
            f, g, h = map(jobs.job, 'fgh')
            flow.node(f, upstream=g)
            flow.node(g, upstream=f)
            flow.node(h)
            for run, error in outcome(flow):
                self.assertTrue(error.matches(GFlow.FlowError.quark(), GFlow.FlowError.CYCLE))
                self.assertIn('f → g → f', error.message)
            self.assertEqual(jobs.log, [])

    def test_12_self(self):
        for flow, jobs in self.each_kind():
            f = jobs.job('f')
            flow.node(f)
            flow[f].add_upstream(f)
            for run, error in outcome(flow):
                self.assertTrue(error.matches(GFlow.FlowError.quark(), GFlow.FlowError.CYCLE))
                self.assertIn('f → f', error.message)
            self.assertEqual(jobs.log, [])

    def test_13_twice(self):
        for flow, jobs in self.each_kind():
            f = jobs.job('f')
            flow.node(f)
            for again in (lambda: flow.node(f), lambda: flow.node(f, name='other'),
                          lambda: flow.node(jobs.job('f')),
                          lambda: flow.add_group(GFlow.Series(f)),
                          lambda: flow.add_group(GFlow.Series(*[jobs.job('g')] * 2))):
                with self.assertRaises(GLib.Error) as caught:
                    again()
                self.assertTrue(caught.exception.matches(GFlow.FlowError.quark(),
                                                         GFlow.FlowError.EXISTS))
            for log in self.run_well(flow, jobs):
                self.assertEqual(log, ['f'])

    def test_14_empty(self):
        flow = GFlow.Flow()
        for run, error in outcome(flow):
            self.assertIsNone(error)
            self.assertEqual(run.get_state(), GFlow.FlowRunState.DONE)
            self.assertEqual(run.get_n_total(), 0)

    def test_15_again_and_at_once(self):
        for flow, jobs in self.each_kind():
            f, g = map(jobs.job, 'fg')
            flow.node(f)
            flow.node(g, upstream=f)
            for _ in range(2):
                for log in self.run_well(flow, jobs):
                    self.assertEqual(log, ['f', 'g'])

            async def at_once():
                return await asyncio.gather(*(flow.execute() for _ in range(10)))

            runs = asyncio.run(at_once())
            self.assertEqual(len(set(runs)), 10)
            for run in runs:
                self.assertEqual(run.get_state(), GFlow.FlowRunState.DONE)
            self.assertEqual(sorted(jobs.log), ['f'] * 10 + ['g'] * 10)

    def test_18_empty_group(self):
        for flow, jobs in self.each_kind():
            x, f, y = map(jobs.job, 'xfy')
            flow.add_group(GFlow.Series(x, GFlow.Parallel(GFlow.Series(), f), y))
            self.assertEqual(set(flow[y].get_upstreams()), {flow[x], flow[f]})
            self.assertEqual(list(flow[f].get_upstreams()), [flow[x]])
            for log in self.run_well(flow, jobs):
                self.assertEqual(log, ['x', 'f', 'y'])

    def test_19_failure(self):
        class Boom(Exception):
            pass

        for flow, jobs in self.each_kind():
            flow.set_max_threads(4)
            boom = Boom('b')
            a, d, z = jobs.job('a', .05), jobs.job('d'), jobs.job('z', .1)
            flow.node(a)

            @flow.node
            def b():
                raise boom

            flow.node(d, upstream=b)
            flow.node(z)
            for run, error in outcome(flow):
                self.assertIs(error, boom)
                self.assertEqual(run.get_state(), GFlow.FlowRunState.FAILED)
                self.assertEqual(sorted(jobs.log), ['a', 'z'])
                self.assertEqual(jobs.active, 0)  # nothing runs behind our back
                self.assertEqual(run.get_node_state(z), GFlow.FlowNodeState.DONE)
                self.assertEqual(run.get_node_state(d), GFlow.FlowNodeState.SKIPPED)
                self.assertTrue(run.get_node_error(d).matches(GFlow.FlowError.quark(),
                                                              GFlow.FlowError.SKIPPED))
                self.assertEqual(run.dup_node_reason(d), '“b” failed')
                with self.assertRaises(Boom) as caught:
                    run[b]
                self.assertIs(caught.exception, boom)
                with self.assertRaises(KeyError):
                    run[d]
                self.assertEqual([step.get_node() for step in run.get_errors()], [flow[b]])
                jobs.clear()

    def test_19_stop(self):
        """The policy that cancels what runs."""
        flow = GFlow.Flow(on_error=GFlow.FlowOnError.STOP)
        told = []

        @flow.node
        async def z():
            try:
                await asyncio.sleep(PATIENCE)
            except asyncio.CancelledError:
                told.append('z')
                raise

        @flow.node(placement=GFlow.FlowPlacement.CONTEXT)
        def b():
            raise ValueError('b')

        for run, error in outcome(flow):
            self.assertIsInstance(error, ValueError)
            self.assertEqual(run.get_node_state(z), GFlow.FlowNodeState.CANCELLED)
        self.assertEqual(told, ['z', 'z'])

    def test_21_cancel(self):
        for how in 'run', 'cancellable':
            for kind in 'sync', 'async':
                with self.subTest(how=how, kind=kind):
                    self.check_cancel(how, kind)

    def check_cancel(self, how, kind):
        flow = GFlow.Flow(max_threads=4)
        mutex = threading.Lock()
        running, told, log = [], [], []
        cancel = None

        def started(name):
            with mutex:
                running.append(name)
                both = len(running) == 2
            if both:
                cancel()

        def sync_job(name):
            def job(node, run):
                started(name)
                cancellable = run.get_node_cancellable(node)
                deadline = time.monotonic() + PATIENCE
                while not cancellable.is_cancelled() and time.monotonic() < deadline:
                    time.sleep(.001)
                told.append(name)
                running.remove(name)
                cancellable.set_error_if_cancelled()
            return job

        def async_job(name):
            async def job():
                started(name)
                try:
                    await asyncio.sleep(PATIENCE)
                except asyncio.CancelledError:
                    told.append(name)
                    raise
                finally:
                    running.remove(name)
            return job

        job = sync_job if kind == 'sync' else async_job
        a, b = job('a'), job('b')
        flow.node(a, name='a')
        flow.node(b, name='b')

        @flow.node(upstream=a)
        def c():
            log.append('c')

        @flow.node(upstream=a, run_when=GFlow.FlowRunWhen.ALL_FINISHED)
        def clean_up():
            log.append('clean up')

        async def in_asyncio(run, cancellable):
            await run.execute(cancellable)

        for execute in (lambda run, cancellable: run.execute_sync(cancellable),
                        lambda run, cancellable: asyncio.run(in_asyncio(run, cancellable))):
            cancellable = Gio.Cancellable()
            run = GFlow.FlowRun.new(flow)
            cancel = run.cancel if how == 'run' else cancellable.cancel
            with self.assertRaises(GLib.Error) as caught:
                execute(run, cancellable)
            self.assertTrue(caught.exception.matches(Gio.io_error_quark(),
                                                     Gio.IOErrorEnum.CANCELLED))
            self.assertEqual(run.get_state(), GFlow.FlowRunState.CANCELLED)
            self.assertEqual(running, [])
            self.assertEqual(sorted(told), ['a', 'b'])
            self.assertEqual(log, ['clean up'])
            self.assertEqual(run.get_node_state(a), GFlow.FlowNodeState.CANCELLED)
            self.assertNotEqual(run.get_node_state(c), GFlow.FlowNodeState.DONE)
            del told[:], log[:]

    def test_23_edit_while_running(self):
        for flow, jobs in self.each_kind():
            late = jobs.job('late')
            first = True

            @flow.node(placement=GFlow.FlowPlacement.CONTEXT)
            def editor():
                nonlocal first
                jobs.enter('editor')
                if first:
                    first = False
                    flow.node(late, upstream=editor)
                jobs.leave()

            logs = [list(jobs.log) for run, error in outcome(flow) if error is None]
            self.assertEqual(logs[0], ['editor'])
            self.assertEqual(logs[1], ['editor', 'editor', 'late'])

    def test_24_no_permits(self):
        for make in (lambda: GFlow.FlowLock(permits=0), lambda: GFlow.FlowLock(permits=-1),
                     lambda: GFlow.FlowLock.new_with_permits(0)):
            with self.assertRaises(ValueError):
                make()


def lambda_of(coroutine_function):
    """Another function of the same behaviour: one function is one node."""
    async def another():
        await coroutine_function()
    return another


if __name__ == '__main__':
    unittest.main()
