#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What asyncflow does, done by gflow_asyncflow."""

import asyncio
import functools
import threading
import time
import unittest
import unittest.mock
import warnings

from gflow_asyncflow import (AsyncioFlow, Lock, Parallel, Semaphore, Sequence, Series, TrioFlow,
                             WithLock)

try:
    import trio
except ImportError:
    trio = None

FRAMEWORKS = [(AsyncioFlow, lambda flow: asyncio.run(flow.execute()), asyncio.sleep)]
if trio is not None:
    FRAMEWORKS.append((TrioFlow, lambda flow: trio.run(flow.execute), trio.sleep))


class Gauge:
    """How many are inside at once, and in which order they came and went."""

    def __init__(self):
        self.mutex = threading.Lock()
        self.log = []
        self.inside = self.most = 0

    def enter(self, name):
        with self.mutex:
            self.log.append(f'{name} begins')
            self.inside += 1
            self.most = max(self.most, self.inside)

    def leave(self, name):
        with self.mutex:
            self.log.append(f'{name} ends')
            self.inside -= 1

    def is_before(self, first, second):
        return self.log.index(f'{first} ends') < self.log.index(f'{second} begins')


def each_way(test):
    """Runs a test with each class, for functions and for coroutines."""
    @functools.wraps(test)
    def run(self):
        for self.flow_class, self.run_flow, self.sleep in FRAMEWORKS:
            for self.kind in 'sync', 'async':
                with self.subTest(framework=self.flow_class.__name__, kind=self.kind):
                    self.gauge = Gauge()
                    test(self, self.flow_class())
    return run


class Asyncflow(unittest.TestCase):
    def job(self, name, until=lambda: True):
        """A job that tells when it begins and ends, and only ends when until() is true."""
        gauge, sleep = self.gauge, self.sleep
        deadline = time.monotonic() + 30

        def is_over():
            if time.monotonic() > deadline:
                raise TimeoutError(f'{name} waits for ever: {gauge.log}')
            return until()

        if self.kind == 'sync':
            def job():
                gauge.enter(name)
                while not is_over():
                    time.sleep(.001)
                gauge.leave(name)
        else:
            async def job():
                gauge.enter(name)
                try:
                    await sleep(0)
                    while not is_over():
                        await sleep(.001)
                finally:
                    gauge.leave(name)
        job.__name__ = name
        return job

    @each_way
    def test_first_program(self, flow):
        setup = flow()(self.job('setup'))
        work_1 = flow(upstream=setup)(self.job('work_1'))
        work_2 = flow(upstream=setup)(self.job('work_2'))
        flow(upstream=[work_1, work_2])(self.job('shutdown'))
        for _ in range(2):  # again
            del self.gauge.log[:]
            self.assertIsNone(self.run_flow(flow))
            self.assertEqual(len(self.gauge.log), 8)
            for work in 'work_1', 'work_2':
                self.assertTrue(self.gauge.is_before('setup', work))
                self.assertTrue(self.gauge.is_before(work, 'shutdown'))

    def test_function_is_unchanged(self):
        flow = AsyncioFlow()

        def f():
            return 42
        self.assertIs(flow()(f), f)
        self.assertEqual(f(), 42)

    @each_way
    def test_ready_at_once(self, flow):
        """Figure 1: what has its upstreams starts, and does not wait for others."""
        f = flow()(self.job('f', until=lambda: 'h ends' in self.gauge.log))
        g = flow()(self.job('g'))
        flow(upstream=g)(self.job('h'))
        flow(upstream=[f, g])(self.job('i'))
        self.run_flow(flow)
        self.assertTrue(self.gauge.is_before('f', 'i'))

    @each_way
    def test_concurrent(self, flow):
        for name in 'abc':
            flow()(self.job(name, until=lambda: self.gauge.most == 3))
        self.run_flow(flow)
        self.assertEqual(self.gauge.most, 3)

    @each_way
    def test_start_order(self, flow):
        if self.kind == 'sync' or self.flow_class is TrioFlow:
            return  # on several threads, or as Trio likes, which shuffles what it starts
        for number in range(10):
            flow()(self.job(str(number)))
        self.run_flow(flow)
        self.assertEqual([line for line in self.gauge.log if 'begins' in line],
                         [f'{number} begins' for number in range(10)])

    @each_way
    def test_locks(self, flow):
        """The program of the documentation."""
        lock, semaphore = Lock(), Semaphore(2)
        first, others = self.gauge, Gauge()
        f = flow(lock=lock)(self.job('f'))
        g = flow(lock=lock)(self.job('g'))
        self.gauge = others
        for name in 'hij':
            flow(lock=semaphore, upstream=[f, g])(
                self.job(name, until=lambda: others.most == 2))
        for _ in range(2):  # a lock is not bound to a loop
            self.run_flow(flow)
        self.assertEqual((first.most, others.most), (1, 2))

    @each_way
    def test_lock_after_upstreams(self, flow):
        """Nobody holds a lock while it waits for an upstream."""
        lock = Lock()
        slow = flow()(self.job('slow', until=lambda: 'd ends' in self.gauge.log))
        flow(upstream=slow, lock=lock)(self.job('b'))
        flow(lock=lock)(self.job('d'))
        self.run_flow(flow)
        self.assertTrue(self.gauge.is_before('d', 'b'))

    @each_way
    def test_lock_after_error(self, flow):
        lock = Lock()

        @flow(lock=lock)
        def fails():
            raise ValueError
        flow(lock=lock)(self.job('b'))
        with self.assertRaises(ValueError):
            self.run_flow(flow)
        if self.flow_class is AsyncioFlow:
            self.assertEqual(self.gauge.log, ['b begins', 'b ends'])
        self.assertTrue(lock.try_acquire())
        lock.release()

    def test_bad_lock(self):
        flow = AsyncioFlow()
        flow(lock=threading.Lock())(lambda: None)
        with self.assertRaisesRegex(TypeError, 'Invalid lock type: lock'):
            asyncio.run(flow.execute())
        with self.assertRaises(ValueError):
            Semaphore(-1)

    @each_way
    def test_specification(self, flow):
        """Series and Parallel make what the decorators make."""
        lock = Lock()
        f, g, h, i, j, k = map(self.job, 'fghijk')
        self.run_flow(self.flow_class(
            Series(f, g, Parallel(WithLock(h, lock), WithLock(i, lock), Series(j, k)))))
        gauge = self.gauge
        self.assertTrue(gauge.is_before('f', 'g'))
        for name in 'hij':
            self.assertTrue(gauge.is_before('g', name))
        self.assertTrue(gauge.is_before('j', 'k'))
        self.assertTrue(gauge.is_before('h', 'i') or gauge.is_before('i', 'h'))

    @each_way
    def test_nested_specification(self, flow):
        f, g, h, i, j, k, m = map(self.job, 'fghijkm')
        flow = self.flow_class(
            Sequence(Parallel(Sequence(f, h), g), Parallel(i, j, k), m))
        self.run_flow(flow)
        for before, after in ('f', 'h'), *((x, y) for x in 'hg' for y in 'ijk'), \
                *((x, 'm') for x in 'ijk'):
            self.assertTrue(self.gauge.is_before(before, after), (before, after))
        # More by the decorator
        del self.gauge.log[:]
        flow(upstream=m)(self.job('n'))
        self.run_flow(flow)
        self.assertTrue(self.gauge.is_before('m', 'n'))

    @each_way
    def test_empty_specification(self, flow):
        f, g = self.job('f'), self.job('g')
        self.run_flow(self.flow_class(Sequence(f, Parallel(), Series(), g)))
        self.assertTrue(self.gauge.is_before('f', 'g'))
        self.assertIsNone(self.run_flow(self.flow_class(Sequence())))
        self.assertIsNone(self.run_flow(self.flow_class()))

    def test_bad_specification(self):
        for bad in len, WithLock(len, Lock()), 3, Series(3):
            with self.assertRaisesRegex(TypeError, 'Invalid type for sequence/parallel'):
                AsyncioFlow(bad)

    def test_twice(self):
        def f():
            pass
        flow = AsyncioFlow()
        flow()(f)
        for again in (lambda: flow()(f), lambda: AsyncioFlow(Series(f, f))):
            with self.assertRaisesRegex(RuntimeError, 'has already been supplied to asyncflow'):
                again()
        AsyncioFlow(Series(f))

    @each_way
    def test_did_not_run(self, flow):
        """What waits for nothing that comes does not run: a warning for each."""
        late, never = self.job('late'), self.job('never')
        flow(upstream=late)(self.job('after_late'))
        flow()(late)
        skipped = flow(upstream=never)(self.job('skipped'))
        flow(upstream=[skipped, late])(self.job('chained'))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter('always')
            self.run_flow(flow)
        self.assertEqual([str(warning.message) for warning in caught
                          if warning.category is RuntimeWarning],
                         ['Job `skipped` did not execute since upstream job(s) `never` did '
                          'not complete',
                          'Job `chained` did not execute since upstream job(s) `skipped` did '
                          'not complete'])
        self.assertTrue(self.gauge.is_before('late', 'after_late'))
        self.assertEqual(len(self.gauge.log), 4)

    @each_way
    def test_cycle(self, flow):
        f, g = self.job('f'), self.job('g')
        flow(upstream=g)(f)
        flow(upstream=f)(g)
        flow()(self.job('h'))
        with self.assertWarns(RuntimeWarning):
            self.run_flow(flow)
        self.assertEqual(self.gauge.log, ['h begins', 'h ends'])

    @each_way
    def test_same_name(self, flow):
        for _ in range(3):
            flow()(self.job('f'))
        self.run_flow(flow)
        self.assertEqual(len(self.gauge.log), 6)

    @each_way
    def test_error(self, flow):
        """Reaches the caller when nothing runs any more; what depends on it does not run."""
        boom = ValueError('boom')

        @flow()
        def fails():
            raise boom
        flow(upstream=fails)(self.job('never'))
        flow()(self.job('other'))
        with self.assertRaises(ValueError) as caught:
            self.run_flow(flow)
        self.assertIs(caught.exception, boom)
        self.assertEqual(self.gauge.inside, 0)
        self.assertNotIn('never begins', self.gauge.log)

    @each_way
    def test_exit(self, flow):
        @flow()
        def exits():
            raise SystemExit(3)
        with self.assertRaises(SystemExit):
            self.run_flow(flow)

    def test_two_executions(self):
        log = []
        flow = AsyncioFlow()

        @flow()
        async def f():
            await asyncio.sleep(.001)
            log.append('a')

        async def main():
            await asyncio.gather(flow.execute(), flow.execute())
        asyncio.run(main())
        self.assertEqual(log, ['a', 'a'])

    def test_cancelled(self):
        started, log = [], []
        flow = AsyncioFlow()
        for name in 'ab':
            def make(name):
                async def job():
                    started.append(name)
                    try:
                        await asyncio.sleep(30)
                    finally:
                        log.append(name)
                return job
            flow()(make(name))

        async def main():
            task = asyncio.ensure_future(flow.execute())
            while len(started) < 2:
                await asyncio.sleep(.001)
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task
            self.assertEqual(sorted(log), ['a', 'b'])
        asyncio.run(main())

    def test_other_callables(self):
        log = []

        class Called:
            def __call__(self):
                log.append('sync')

        class Awaited:
            async def __call__(self):
                log.append('async')

        async def with_default(what='default'):
            log.append(what)

        jobs = [Called(), Awaited(), functools.partial(log.append, 'partial'), with_default]
        asyncio.run(AsyncioFlow(Series(*jobs)).execute())
        self.assertEqual(log, ['sync', 'async', 'partial', 'default'])

    def test_no_framework(self):
        with unittest.mock.patch.dict('sys.modules', {'trio': None}):
            with self.assertRaisesRegex(RuntimeError, 'Could not instantiate TrioFlow: module '
                                                      '`trio` could not be imported'):
                TrioFlow()


if __name__ == '__main__':
    unittest.main()
