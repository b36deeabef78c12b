# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Jobs: coroutines that are the bodies of nodes, in tasks of asyncio.

Written for speed: there is a job for every call of a body that is a coroutine. It takes its first
step when the body is called, and most need no other one. To what happens in that step it looks as
if a task did it; but the task is a vehicle that is only kept by a job that goes on, and otherwise
takes the next one."""

import asyncio
import collections.abc
import contextlib
import sys

from asyncio.tasks import _enter_task, _leave_task

_NOTHING = object()
_N_OWN_REFERENCES = 3  # to a task: of the vehicle, of the argument, of the step that is scheduled
_pending = set()       # jobs that wait for something: asyncio keeps weak references only


class Job:
    __slots__ = ('coroutine', 'ended', 'handle')

    def __init__(self, coroutine):
        self.coroutine = coroutine
        self.ended = False
        self.handle = None  # by which its host can cancel it

    def finish(self, value, exception):
        self.ended = True
        self.handle = None
        _pending.discard(self)
        self.end(value, exception)

    def end(self, value, exception):
        """To be overridden: how the coroutine has ended. exception: or None"""
        raise NotImplementedError


async def coroutine_of(awaitable):
    return await awaitable


class _Vehicle(collections.abc.Coroutine):
    """What a task takes for its coroutine. Tells how the job has ended as soon as it has, and
    not an iteration later."""

    __slots__ = ('host', 'job', 'context', 'task', '_awaited', '__weakref__')

    def __init__(self, host, name):
        self.host = host
        self.job = None
        self.context = host.variables.copy()
        self.task = asyncio.Task(self, loop=host.loop, name=name, context=self.context)

    def keep(self, job, awaited):
        """For a job that goes on after its first step, in which it has yielded awaited."""
        self.job = job
        self._awaited = awaited if awaited is not None else _NOTHING
        job.handle = self.task

    def send(self, value):
        if self.job is None:
            self._retire()
            raise StopIteration
        if self._awaited is not _NOTHING:
            awaited, self._awaited = self._awaited, _NOTHING
            return awaited
        return self._step(self.job.coroutine.send, value)

    def throw(self, *exception):
        if self.job is None:
            self._retire()
            raise exception[0]
        self._awaited = _NOTHING
        return self._step(self.job.coroutine.throw, *exception)

    def _step(self, method, *arguments):
        try:
            return method(*arguments)
        except StopIteration as stop:
            self._retire().finish(stop.value, None)
        except (KeyboardInterrupt, SystemExit) as exception:
            self._retire().finish(None, exception)
            raise  # for asyncio, which ends the loop
        except BaseException as exception:
            self._retire().finish(None, exception)
        raise StopIteration

    def _retire(self):
        if self.host.spare is self:
            self.host.spare = None
        job, self.host, self.job, self.task = self.job, None, None, None
        return job

    def close(self):
        if self.job is not None:
            self.job.coroutine.close()

    def __await__(self):
        return self

    def __getattr__(self, name):
        return getattr(self.job.coroutine, name)  # cr_frame and others, for debuggers


class AsyncioHost:
    """Where the coroutines of a run go: tasks of an asyncio loop."""

    def __init__(self, loop, variables):
        self.loop = loop
        self.variables = variables  # the contextvars.Context that each has a copy of
        self.spare = None           # a vehicle

    def start(self, job, name):
        if sys.version_info < (3, 11) or self.loop.get_task_factory() is not None:
            self._start_later(job)
        else:
            self._start(job, name)

    def _start(self, job, name):
        vehicle = self.spare
        if vehicle is None:
            vehicle = _Vehicle(self, name)
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
            _pending.add(job)
            vehicle.keep(job, awaited)
            return
        # To be used again: by what can not see that it was used before.
        if (sys.getrefcount(vehicle.task) == _N_OWN_REFERENCES and
                vehicle.context == self.variables):
            self.spare = vehicle

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

    def _start_later(self, job):
        """Where the first step can not be taken at once."""
        vehicle = _Vehicle.__new__(_Vehicle)
        vehicle.host = self
        vehicle.task = self.variables.copy().run(self.loop.create_task, vehicle)
        _pending.add(job)
        vehicle.keep(job, None)

    def cancel(self, job):
        """May be called in any thread."""
        task = job.handle
        if task is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                self.loop.call_soon_threadsafe(task.cancel)
