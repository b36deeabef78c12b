# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Jobs: coroutines that are the bodies of nodes, in tasks of asyncio.

Written for speed: there is a job for every call of a body that is a coroutine. It takes its first
step when the body is called, and most need no other one. To what happens in that step it looks as
if a task did it; but the task is a vehicle that is only kept by a job that goes on, and otherwise
takes the next one."""

import asyncio
import contextlib
import sys
import types

from asyncio.tasks import _enter_task, _leave_task

_N_OWN_REFERENCES = 3  # to a task: of the vehicle, of the argument, of the step that is scheduled


class Job:
    __slots__ = ('coroutine', 'handle')

    def __init__(self, coroutine):
        self.coroutine = coroutine
        self.handle = None  # by which its host can cancel it

    def finish(self, value, exception):
        """To be overridden: how the coroutine has ended. exception: or None"""
        raise NotImplementedError


async def coroutine_of(awaitable):
    return await awaitable


@types.coroutine
def _steps(vehicle):
    """What a task takes for its coroutine: the steps of a job from the second one on. Tells how
    the job has ended as soon as it has, and not an iteration later."""
    thrown = None
    try:
        yield  # until the task takes a step, or throws: into what has not begun it must not
    except BaseException as error:
        thrown = error
    job = vehicle.leave()
    if job is None:
        return
    coroutine = job.coroutine
    awaited = vehicle.awaited
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
        job.finish(stop.value, None)
    except BaseException as error:
        if isinstance(error, GeneratorExit) and not vehicle.is_driving():
            raise  # the loop is gone
        job.finish(None, error)
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise  # for asyncio, which ends the loop
    else:
        job.finish(value, None)


async def _ride(vehicle):
    await _steps(vehicle)


class _Vehicle:
    """What drives a job that has to wait: a task, with the coroutine that it is given."""

    __slots__ = ('host', 'job', 'awaited', 'context', 'task')

    def __init__(self, host):
        self.host = host
        self.job = None
        self.task = None

    def ride(self):
        ride = _ride(self)
        ride.send(None)
        return ride

    def take(self, job, awaited):
        """A job goes on after its first step, in which it has yielded awaited."""
        self.job = job
        self.awaited = awaited
        job.handle = self.task

    def leave(self):
        """The task goes its way, with a job or without. Returns that."""
        if self.host.spare is self:
            self.host.spare = None
        return self.job

    def is_driving(self):
        return asyncio.current_task(self.host.loop) is self.task


class AsyncioHost:
    """Where the coroutines of a run go: tasks of an asyncio loop."""

    def __init__(self, loop, variables):
        self.loop = loop
        self.variables = variables  # the contextvars.Context that each has a copy of
        self.spare = None           # a vehicle
        if sys.version_info < (3, 11) or loop.get_task_factory() is not None:
            self.start = self._start_later

    def start(self, job, name):
        """Takes the first step of a job. TRUE if it was the only one."""
        vehicle = self.spare
        if vehicle is None:
            vehicle = self._new_vehicle(name)
        else:
            self.spare = None
            vehicle.task.set_name(name)
        try:
            awaited = self._take_step(vehicle.task, vehicle.context, job.coroutine)
        except StopIteration as stop:
            job.finish(stop.value, None)
        except BaseException as exception:
            job.finish(None, exception)
        else:
            vehicle.take(job, awaited)
            return False
        # To be used again: by what can not see that it was used before.
        if (sys.getrefcount(vehicle.task) == _N_OWN_REFERENCES and
                vehicle.context == self.variables):
            self.spare = vehicle
        return True

    def _new_vehicle(self, name):
        vehicle = _Vehicle(self)
        vehicle.context = self.variables.copy()
        vehicle.task = asyncio.Task(vehicle.ride(), loop=self.loop, name=name,
                                    context=vehicle.context)
        return vehicle

    def _take_step(self, task, context, coroutine):
        loop = self.loop
        outer = asyncio._get_running_loop()
        at_work = asyncio.current_task(loop)
        if outer is not loop:
            asyncio._set_running_loop(loop)
        if at_work is not None:
            _leave_task(loop, at_work)
        _enter_task(loop, task)
        try:
            return context.run(coroutine.send, None)
        finally:
            _leave_task(loop, task)
            if at_work is not None:
                _enter_task(loop, at_work)
            if outer is not loop:
                asyncio._set_running_loop(outer)

    def _start_later(self, job, name):
        """Where the first step can not be taken at once."""
        vehicle = _Vehicle(self)
        vehicle.take(job, None)
        vehicle.task = self.variables.copy().run(self.loop.create_task, vehicle.ride())
        job.handle = vehicle.task
        return False

    def cancel(self, job):
        """May be called in any thread."""
        task = job.handle
        if task is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                self.loop.call_soon_threadsafe(task.cancel)
