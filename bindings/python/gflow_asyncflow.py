# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A drop-in for asyncflow: its programs run on libgflow when they import this instead.

    from gflow_asyncflow import AsyncioFlow, Lock

    flow = AsyncioFlow()

    @flow()
    def setup(): ...

    @flow(upstream=setup, lock=Lock())
    async def work(): ...

    asyncio.run(flow.execute())

What is different, for the better:

* When execute() raises, nothing of the flow runs any more. It raises the error that came first.
* Who cancels execute() cancels all that runs, and waits for it.
* Upstreams may be in any iterable, jobs may be functools.partial() or objects with an async
  __call__, and an empty Parallel() orders what is around it.
* A Lock excludes jobs of all flows that name it, and can be used again after asyncio.run().
* A Semaphore needs at least one permit when it is made.

New programs use ``GFlow.Flow`` itself, which also has results, policies, progress and more. There
is no CurioFlow."""

import collections
import functools
import importlib
import inspect
import os
import warnings

import gi

gi.require_version('GFlow', '1')
from gi.repository import GFlow

__all__ = ['AsyncioFlow', 'Lock', 'Parallel', 'Semaphore', 'Sequence', 'Series', 'TrioFlow',
           'WithLock']

Lock = GFlow.Lock
Semaphore = GFlow.Semaphore

WithLock = collections.namedtuple('WithLock', 'func lock')


class _Items:
    def __init__(self, *items):
        self.items = items


class Series(_Items):
    """Its items run one after the other."""


class Parallel(_Items):
    """Its items run at the same time."""


Sequence = Series

_Job = collections.namedtuple('_Job', 'upstreams lock')


def _name_of(function):
    while isinstance(function, functools.partial):
        function = function.func
    return getattr(function, '__name__', type(function).__name__)


def _body_of(function):
    """Called without arguments, whatever its parameters: jobs do not pass results."""
    inner = function
    while isinstance(inner, functools.partial):
        inner = inner.func
    if (inspect.iscoroutinefunction(inner) or
            inspect.iscoroutinefunction(getattr(type(inner), '__call__', None))):
        async def body():
            await function()
    else:
        def body():
            function()
    return body


class _Flow:
    """Jobs are functions; what each of them waits for may be told before it is there."""

    module = None
    on_error = GFlow.FlowOnError.SKIP_DEPENDANTS

    def __init__(self, specification=None):
        try:
            importlib.import_module(self.module)
        except ImportError:
            raise RuntimeError(f'Could not instantiate {type(self).__name__}: module '
                               f'`{self.module}` could not be imported') from None
        self._jobs = {}
        self._built = None  # the GFlow.Flow, until a job is added, and the jobs left out of it
        if specification is not None:
            if not isinstance(specification, _Items):
                raise TypeError('Invalid type for sequence/parallel specification: '
                                f'{type(specification).__name__}')
            self._add_item(specification, [])

    def __call__(self, upstream=None, lock=None):
        """Decorator: makes a function a job, and returns it as it is."""
        if upstream is None:
            upstream = []
        elif callable(upstream):
            upstream = [upstream]

        def decorate(function):
            self._add_job(function, upstream, lock)
            return function
        return decorate

    def _add_job(self, function, upstreams, lock=None):
        if not callable(function):
            raise TypeError('Invalid type for sequence/parallel specification: '
                            f'{type(function).__name__}')
        if function in self._jobs:
            raise RuntimeError(f'Function `{_name_of(function)}` has already been supplied to '
                               'asyncflow.')
        self._jobs[function] = _Job(list(dict.fromkeys(upstreams)), lock)
        self._built = None

    def _add_item(self, item, upstreams):
        """Returns what comes after the item has to wait for."""
        if isinstance(item, Series):
            for part in item.items:
                upstreams = self._add_item(part, upstreams)
            return upstreams
        if isinstance(item, Parallel):
            ends = [end for part in item.items for end in self._add_item(part, upstreams)]
            return ends if item.items else upstreams
        function, lock = item if isinstance(item, WithLock) else (item, None)
        self._add_job(function, upstreams, lock)
        return [function]

    # Running

    async def execute(self):
        """Runs all jobs, and returns when none runs any more."""
        if self._built is None:
            self._built = self._build()
        flow, left_out = self._built
        await flow.execute()
        for function, missing in left_out.items():
            names = ', '.join(f'`{_name_of(upstream)}`' for upstream in missing)
            warnings.warn(f'Job `{_name_of(function)}` did not execute since upstream job(s) '
                          f'{names} did not complete', RuntimeWarning, stacklevel=2)

    def _build(self):
        order = self._order()
        flow = GFlow.Flow(on_error=self.on_error, max_threads=min(32, (os.cpu_count() or 1) + 4))
        nodes = {}
        for number, function in enumerate(order):
            job = self._jobs[function]
            if job.lock is not None and not isinstance(job.lock, GFlow.FlowLock):
                raise TypeError(f'Invalid lock type: {type(job.lock).__name__}')
            name = _name_of(function)
            nodes[function] = flow[flow.node(
                _body_of(function), lock=job.lock, name=name if name not in flow else
                f'{name} {number}')]
        for function, node in nodes.items():
            for upstream in self._jobs[function].upstreams:
                node.add_upstream(nodes[upstream])
        left_out = {function: [upstream for upstream in job.upstreams if upstream not in nodes]
                    for function, job in self._jobs.items() if function not in nodes}
        return flow, left_out

    def _order(self):
        """The jobs that can run, as they were added: not what waits for what is not there, or
        for itself."""
        missing = {function: len(job.upstreams) for function, job in self._jobs.items()}
        downstreams = collections.defaultdict(list)
        for function, job in self._jobs.items():
            for upstream in job.upstreams:
                downstreams[upstream].append(function)
        ready = [function for function, count in missing.items() if count == 0]
        able = set(ready)
        while ready:
            for downstream in downstreams[ready.pop()]:
                missing[downstream] -= 1
                if missing[downstream] == 0:
                    able.add(downstream)
                    ready.append(downstream)
        return [function for function in self._jobs if function in able]


class AsyncioFlow(_Flow):
    """Executed by asyncio: an error does not stop what does not depend on it."""

    module = 'asyncio'


class TrioFlow(_Flow):
    """Executed by Trio: an error cancels what runs, as in a nursery."""

    module = 'trio'
    on_error = GFlow.FlowOnError.STOP
