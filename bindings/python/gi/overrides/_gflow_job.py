# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Jobs: coroutines that are the bodies of nodes, in tasks of asyncio.

Written for speed: a coroutine takes its first step when the body is called, and most need no other
one. To what happens in that step it looks as if a task did it; but the job that has the task is only
kept by a coroutine that goes on, and otherwise takes the next one."""

import asyncio
import contextlib
import sys
import types

from asyncio import current_task
from asyncio.tasks import Task, _enter_task, _leave_task

nested = []  # loops that take a step while another one may run in their thread

_N_OWN_REFERENCES = 4  # to a task: of the job, of two names, of the step that is scheduled


if sys.version_info >= (3, 12):
    _at_work = current_task
else:
    from asyncio.tasks import _current_tasks

    _at_work = _current_tasks.get  # the same, but faster


class Job:
    """A coroutine that goes on after its first step."""

    __slots__ = ('host', 'context', 'handle', 'coroutine', 'awaited', 'run', 'node', 'ended', 'data')

    # host
    # handle: by which the host can cancel it: of asyncio, its task
    # coroutine: None if it has not got one yet
    # awaited: what that has yielded in its first step, or None
    # ended: called with the job, and its value or its exception: the other one is None
    # run, node, data: for that

    def cancel(self):
        self.host.cancel(self)


_new = Job.__new__


def new_job(host, coroutine):
    """One of which no step was taken yet."""
    job = _new(Job)
    job.host = host
    job.coroutine = coroutine
    job.awaited = None
    return job


async def coroutine_of(awaitable):
    return await awaitable


@types.coroutine
def _steps(job):
    """What a task takes for its coroutine: the steps of a job from the second one on. Tells how
    the job has ended as soon as it has, and not an iteration later."""
    thrown = None
    try:
        yield  # until the task takes a step, or throws: into what has not begun it must not
    except BaseException as error:
        thrown = error
    if job.host.spare is job:
        job.host.spare = None
    coroutine = job.coroutine
    if coroutine is None:
        return
    awaited = job.awaited
    must_wait = awaited is not None
    try:
        while must_wait or thrown is not None:
            if thrown is not None:
                awaited, thrown = coroutine.throw(thrown), None
            must_wait = False
            try:
                yield awaited
            except BaseException as error:
                thrown = error
        value = yield from coroutine
    except StopIteration as stop:
        job.ended(job, stop.value, None)
    except BaseException as error:
        if isinstance(error, GeneratorExit) and not job.host.drives(job):
            raise  # the loop is gone
        job.ended(job, None, error)
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise  # for asyncio, which ends the loop
    else:
        job.ended(job, value, None)


async def _coroutine_of_steps(job):
    await _steps(job)


# From 3.12 on a task takes no generator.
_ride = _steps if sys.version_info < (3, 12) else _coroutine_of_steps


class AsyncioHost:
    """Where the coroutines of a run go: tasks of an asyncio loop."""

    def __init__(self, loop, variables):
        self.loop = loop
        self.variables = variables  # the contextvars.Context that each has a copy of
        self.spare = None           # a job without a coroutine
        self.value = None           # what the last coroutine that ended at once has returned
        if sys.version_info < (3, 11) or loop.get_task_factory() is not None:
            self.start = self._start_later

    def start(self, coroutine, name):
        """Takes the first step of a coroutine. Returns the job that goes on, or None if the
        coroutine has ended: its value is in self.value, and what it raises is raised."""
        job = self.spare
        loop = self.loop
        if job is None:
            job = _new(Job)
            job.host = self
            job.coroutine = job.awaited = None
            job.context = context = self.variables.copy()
            ride = _ride(job)
            ride.send(None)
            job.handle = Task(ride, loop=loop, name=name, context=context)
        else:
            self.spare = None
            job.handle.set_name(name)
        # To ask which loop runs costs a system call, until 3.12.
        outer = loop if loop.is_running() and not nested else asyncio._get_running_loop()
        if outer is not loop:
            asyncio._set_running_loop(loop)
        task = job.handle
        at_work = _at_work(loop)
        if at_work is not None:
            _leave_task(loop, at_work)
        _enter_task(loop, task)
        try:
            job.awaited = job.context.run(coroutine.send, None)
            job.coroutine = coroutine
            return job
        except StopIteration as stop:
            self.value = stop.value
        finally:
            _leave_task(loop, task)
            if at_work is not None:
                _enter_task(loop, at_work)
            if outer is not loop:
                asyncio._set_running_loop(outer)
        # To be used again: by what can not see that it was used before.
        if sys.getrefcount(job.handle) == _N_OWN_REFERENCES and job.context == self.variables:
            self.spare = job
        return None

    def take_value(self):
        value, self.value = self.value, None
        return value

    def _start_later(self, coroutine, name):
        """Where the first step can not be taken at once."""
        job = new_job(self, coroutine)
        ride = _ride(job)
        ride.send(None)
        job.handle = self.variables.copy().run(self.loop.create_task, ride)
        return job

    def drives(self, job):
        return current_task(self.loop) is job.handle

    def cancel(self, job):
        """May be called in any thread."""
        with contextlib.suppress(RuntimeError):  # the loop is closed
            self.loop.call_soon_threadsafe(job.handle.cancel)
