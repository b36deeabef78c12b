# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Bodies: functions and coroutine functions on their way into C."""

import contextlib
import functools
import inspect
import operator
import weakref

from gi.repository import GLib, GObject

from ..module import get_introspection_module
from ._gflow_interrupt import bodies
from ._gflow_job import Job, coroutine_of
from ._gflow_loop import new_host
from ._gflow_values import to_error

GFlow = get_introspection_module('GFlow')
_defer_node = GFlow.FlowRun.defer_node
_complete_node = GFlow.FlowRun.complete_node
_fail_node = GFlow.FlowRun.fail_node


class _Function:
    """A function of a node, and what it is called with."""

    def __init__(self, function, raw, data=()):
        if not callable(function):
            raise TypeError(f'{function!r} is no function')
        self.function = function
        self.raw = raw  # called as in C: (node, run, …, *data)
        self.data = data
        self.name = getattr(function, '__name__', None)  # of the task, for debugging
        self.parameters = ()
        if not raw:
            with contextlib.suppress(TypeError, ValueError):
                self.parameters = tuple(inspect.signature(function).parameters.values())

    def __call__(self, node, run, *more):
        if self.raw:
            return self.function(node, run, *more, *self.data)
        if not self.parameters:
            return self.function()
        arguments, named = self.arguments(node, run)
        return self.function(*arguments, **named)

    def same(self, other):
        return (self.function == other.function and self.raw == other.raw and
                len(self.data) == len(other.data) and all(map(operator.is_, self.data, other.data)))

    def arguments(self, node, run):
        """The results of the upstreams: by name first, then in order.

        'run' and 'node' are the run and the node. What has a default value is only given
        by name."""
        flow = node.get_flow()
        upstreams = flow._parts().upstreams.get(node) if flow is not None else None
        if upstreams is None:
            upstreams = upstreams_of(node)
        names = {parameter.name for parameter in self.parameters}
        by_name = dict(upstreams)
        in_order = iter([upstream for name, upstream in upstreams if name not in names])
        arguments, named = [], {}
        for parameter in self.parameters:
            if parameter.kind is parameter.VAR_POSITIONAL:
                arguments += [run.get_result(upstream) for upstream in in_order]
                continue
            if parameter.kind is parameter.VAR_KEYWORD:
                continue
            if parameter.name in by_name:
                value = run.get_result(by_name[parameter.name])
            elif parameter.name == 'run':
                value = run
            elif parameter.name == 'node':
                value = node
            elif parameter.default is not parameter.empty:
                value = parameter.default
            else:
                upstream = next(in_order, None)
                if upstream is None:
                    raise TypeError(f'{node.get_name()}: no upstream is left that could give '
                                    f'the argument {parameter.name!r}')
                value = run.get_result(upstream)
            if parameter.kind is parameter.KEYWORD_ONLY:
                named[parameter.name] = value
            else:
                arguments.append(value)
        return arguments, named


def upstreams_of(node):
    """(name, node) of each."""
    return [(upstream.get_name(), upstream) for upstream in node.get_upstreams()]


class _Body:
    """What C holds of a function.

    As long as the node is in a flow, this is a weak reference: the wrapper of the flow holds
    the function, so that the garbage collector sees the circle of a function that uses its
    own flow. Elsewhere the body holds it itself."""

    def __init__(self, function):
        self.get = lambda: function

    def loosen(self):
        """Returns the function, for the flow to hold; None if it went with another flow."""
        function = self.get()
        if function is not None:
            self.get = weakref.ref(function)
        return function

    def fasten(self):
        function = self.get()
        self.get = lambda: function

    def same(self, other):
        """Whether two bodies do the same."""
        ours, theirs = self.get(), other.get()
        return (type(self) is type(other) and ours is not None and theirs is not None and
                ours.same(theirs))

    def function_for(self, node):
        function = self.get()
        if function is None:
            raise GLib.Error.new_literal(GFlow.FlowError.quark(),
                                         f'The function of {node.get_name()} went with its flow',
                                         GFlow.FlowError.FAILED)
        return function


class _SyncBody(_Body):
    def __call__(self, node, run):
        bodies.depth += 1
        try:
            function = self.function_for(node)
            value = function(node, run)
            if inspect.iscoroutine(value):
                value.close()
                raise TypeError(f'{node.get_name()}: the function has returned a coroutine; '
                                'make the coroutine function itself the node')
            if function.raw:
                return value is None or bool(value)
            if value is not None:
                run.set_result(node, value)
            return True
        except BaseException as exception:
            error = to_error(run, exception)
        finally:
            bodies.depth -= 1
        raise error


_waiting = {}  # (run, node) -> the job that it waits for: asyncio keeps weak references only


class _NodeJob(Job):
    """A coroutine that is the body of a node: its end is that of the node."""

    __slots__ = ('node', 'run', 'error', 'deferred')

    def __init__(self, coroutine, node, run):
        self.coroutine = coroutine
        self.handle = None
        self.node = node
        self.run = run
        self.error = None
        self.deferred = False  # it goes on after the body has returned

    def defer(self):
        self.deferred = True
        _waiting[self.run, self.node] = self
        _defer_node(self.run, self.node)

    def finish(self, value, exception):
        self.handle = None
        if exception is None and value is not None:
            try:
                self.run.set_result(self.node, value)
            except Exception as failure:
                exception = failure
        if exception is not None:
            self.error = to_error(self.run, exception)
        if self.deferred:
            del _waiting[self.run, self.node]
            self.end()

    def end(self):
        if self.error is None:
            _complete_node(self.run, self.node)
        else:
            _fail_node(self.run, self.node, self.error)


def _stop_node(run, node):
    job = _waiting.get((run, node))
    if job is not None:
        run._host.cancel(job)


def _new_host_of(run):
    host = run.__dict__['_host'] = new_host(run.__dict__.get('_variables'))
    GObject.Object.connect(run, 'stop-node', _stop_node)
    return host


class CoroutineBody(_Body):
    """A sync body in the context, which defers its node if the coroutine has to wait."""

    def __call__(self, node, run):
        try:
            function = self.function_for(node)
            job = _NodeJob(function(node, run), node, run)
            host = run.__dict__.get('_host') or _new_host_of(run)
            if not host.start(job, function.name):
                job.defer()
            error = job.error
        except BaseException as exception:
            error = to_error(run, exception)
        if error is not None:
            raise error
        return True


class _TaskJob(_NodeJob):
    """The same for what is to return on a task, as in C."""

    __slots__ = ('task', 'cancellable', 'handler')

    def defer(self):
        self.deferred = True
        _waiting[self.run, self.node] = self
        self.cancellable = self.task.get_cancellable()
        # Not Gio.Cancellable.connect, which would call back at once and under its lock.
        self.handler = GObject.Object.connect(self.cancellable, 'cancelled', self._cancel)
        if self.cancellable.is_cancelled():
            self._cancel()

    def _cancel(self, *_cancellable):
        self.run._host.cancel(self)

    def end(self):
        GObject.Object.disconnect(self.cancellable, self.handler)
        self.return_on_task()

    def return_on_task(self):
        if self.error is not None:
            self.task.return_error(self.error)
        else:
            self.task.return_boolean(True)


class TaskBody(_Body):
    def __call__(self, node, run, task):
        try:
            function = self.function_for(node)
            awaitable = function(node, run, task)
            if inspect.isawaitable(awaitable):
                if not inspect.iscoroutine(awaitable):
                    awaitable = coroutine_of(awaitable)
                job = _TaskJob(awaitable, node, run)
                job.task = task
                host = run.__dict__.get('_host') or _new_host_of(run)
                if host.start(job, function.name):
                    job.return_on_task()
                else:
                    job.defer()
            return
        except BaseException as exception:
            error = to_error(run, exception)
        raise error


def _is_async(function):
    while isinstance(function, functools.partial):
        function = function.func
    return (inspect.iscoroutinefunction(function) or
            inspect.iscoroutinefunction(getattr(type(function), '__call__', None)))


def new_body(function):
    """For a function that takes results and returns one."""
    return (CoroutineBody if _is_async(function) else _SyncBody)(_Function(function, raw=False))


def raw_body(function, data):
    """For a GFlowFunc."""
    if _is_async(function):
        raise TypeError('A coroutine function needs add_task() or new_for_task()')
    return _SyncBody(_Function(function, True, data))


def raw_task_body(function, data):
    """For a GFlowTaskFunc, or a coroutine function, which needs not return on the task."""
    return TaskBody(_Function(function, True, data))
