# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Bodies: functions and coroutine functions on their way into C."""

import contextlib
import functools
import inspect
import operator
import weakref

from threading import get_ident

from gi.repository import Gio, GLib, GObject

from ..module import get_introspection_module
from ._gflow_interrupt import bodies
from ._gflow_job import coroutine_of
from ._gflow_loop import new_host
from ._gflow_values import key_of, to_error

GFlow = get_introspection_module('GFlow')
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


class _Item(GObject.Object):
    """A Python object in a list of C."""

    def __init__(self, value):
        super().__init__()
        self.value = value


class _KeyedItem(_Item):
    """One that a journal knows again."""

    # PyGObject makes no types, and so no properties, for modules of overrides.
    __module__ = 'gflow'

    gflow_key = GObject.Property(type=str)


def _box_item(value, is_kept):
    key = key_of(value) if is_kept else None
    if key is None:
        return _Item(value)
    item = _KeyedItem(value)
    item.gflow_key = key
    return item


def unbox(item):
    return item.value if isinstance(item, _Item) else item


class _ItemFunction(_Function):
    """A function of a map: what it is called with for each item."""

    def __init__(self, function, items):
        super().__init__(function, raw=False)
        self.items = items  # an iterable, or a function that returns one; None: of the upstream
        self.names = [parameter.name for parameter in self.parameters[1:]
                      if parameter.name in ('run', 'node')]

    def __call__(self, node, run):
        item = run.get_map_item(node)
        more = {'run': run, 'node': node} if self.names else {}
        return self.function(item, **{name: more[name] for name in self.names})

    def same(self, other):
        return super().same(other) and self.items is other.items

    def find_items(self, node, run):
        if callable(self.items):
            return self.items()
        if self.items is not None:
            return self.items
        upstreams = upstreams_of(node)
        if not upstreams:
            raise TypeError(f'{node.get_name()} has neither items nor an upstream that gives some')
        items = run.get_result(upstreams[0][1])
        if items is None:
            raise TypeError(f'{node.get_name()} needs a list: {upstreams[0][0]} has no result')
        return items


def new_item_body(function, items):
    """For a function that takes an item, and returns its result."""
    return (CoroutineBody if _is_async(function) else _SyncBody)(_ItemFunction(function, items))


def items_of(node, run, *_data):
    """The items of a map, for C."""
    store = Gio.ListStore.new(GObject.Object)
    try:
        items = node._body.function_for(node).find_items(node, run)
        is_kept = run.get_journal() is not None
        store.splice(0, 0, [item if isinstance(item, GObject.Object) else _box_item(item, is_kept)
                            for item in items])
        return store
    except BaseException as exception:
        error = to_error(run, exception)
    raise error


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


# The hosts of which coroutines wait, with what hangs on them: asyncio keeps weak references only.
_busy = set()


def _wait(job, run, node, ended):
    job.run = run
    job.node = node
    job.ended = ended
    waiting = job.host.waiting
    if not waiting:
        _busy.add(job.host)
    waiting[node] = job


def _end(job):
    waiting = job.host.waiting
    del waiting[job.node]
    if not waiting:
        _busy.discard(job.host)


def _error_of(job, value, exception):
    """What the node of a job that has ended has failed with, or None."""
    if value is not None:
        try:
            job.run.set_result(job.node, value)
        except Exception as failure:
            exception = failure
    return None if exception is None else to_error(job.run, exception)


def _complete(job, value, exception):
    if value is None and exception is None:  # as below, but faster
        waiting = job.host.waiting
        del waiting[job.node]
        if not waiting:
            _busy.discard(job.host)
        _complete_node(job.run, job.node)
        return
    _end(job)
    error = _error_of(job, value, exception)
    if error is None:
        _complete_node(job.run, job.node)
    else:
        _fail_node(job.run, job.node, error)


def _return_on_task(job, value, exception):
    _end(job)
    error = _error_of(job, value, exception)
    task, cancellable, handler = job.data
    GObject.Object.disconnect(cancellable, handler)
    if error is None:
        task.return_boolean(True)
    else:
        task.return_error(error)


def _stop_node(run, node):
    job = run.__dict__['_host'].waiting.get(node)
    if job is not None:
        job.cancel()


def _new_host_of(run):
    """The same for all coroutines of a run, from the first one on; None on a worker."""
    if not GLib.MainContext.ref_thread_default().is_owner():
        return None
    host = run.__dict__['_host'] = new_host(run.__dict__.get('_variables'))
    host.thread = get_ident()
    host.waiting = {}  # node -> job
    GObject.Object.connect(run, 'stop-node', _stop_node)
    return host


def not_for_workers(node):
    return TypeError(f'{node.get_name()}: a coroutine can not run on a worker')


class CoroutineBody(_Body):
    """A sync body in the context of a node that can defer, and does if the coroutine has to wait."""

    def __call__(self, node, run):
        try:
            function = self.get() or self.function_for(node)
            coroutine = function(node, run) if function.parameters else function.function()
            host = run.__dict__.get('_host') or _new_host_of(run)
            if host is None or host.thread != get_ident():
                coroutine.close()
                raise not_for_workers(node)
            job = host.start(coroutine, function.name)
            if job is not None:
                job.run = run
                job.node = node
                job.ended = _complete
                waiting = host.waiting
                if not waiting:
                    _busy.add(host)
                waiting[node] = job
                return False
            if host.value is not None:
                run.set_result(node, host.take_value())
            return True
        except BaseException as exception:
            error = to_error(run, exception)
        raise error


class TaskBody(_Body):
    def __call__(self, node, run, task):
        try:
            function = self.function_for(node)
            awaitable = function(node, run, task)
            if inspect.isawaitable(awaitable):
                self._follow(awaitable, node, run, task, function.name)
            return
        except BaseException as exception:
            error = to_error(run, exception)
        raise error

    def _follow(self, awaitable, node, run, task, name):
        if not inspect.iscoroutine(awaitable):
            awaitable = coroutine_of(awaitable)
        host = run.__dict__.get('_host') or _new_host_of(run)
        job = host.start(awaitable, name)
        if job is None:
            if host.value is not None:
                run.set_result(node, host.take_value())
            task.return_boolean(True)
            return
        cancellable = task.get_cancellable()
        # Not Gio.Cancellable.connect, which would call back at once and under its lock.
        handler = GObject.Object.connect(cancellable, 'cancelled', lambda _: job.cancel())
        job.data = task, cancellable, handler
        _wait(job, run, node, _return_on_task)
        if cancellable.is_cancelled():
            job.cancel()


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
