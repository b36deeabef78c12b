# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What makes libgflow pleasant in Python: the C API stays as it is, and gets

* decorators: functions and coroutines become nodes, and stand for them afterwards;
* ``await`` for everything that has a callback in C, under asyncio and in a GLib main loop;
* Python objects as results, and exceptions that arrive as they were raised.

    flow = GFlow.Flow()

    @flow.node
    def fetch():                        # an ordinary function: on a worker thread
        return {'n': 20}

    @flow.node(upstream=fetch)
    async def double(data):             # a coroutine: in the event loop of the run
        return data['n'] * 2

    run = await flow.execute()          # or: flow.execute_sync()
    run[double]                         # 40
"""

import asyncio
import atexit
import contextlib
import functools
import inspect
import itertools
import math
import signal
import socket
import threading
import weakref

from gi.repository import Gio, GLib, GObject

from ..module import get_introspection_module
from ..overrides import override

GFlow = get_introspection_module('GFlow')

__all__ = []


# Event loops: whoever waits, GLib and asyncio are both served

_contexts = weakref.WeakKeyDictionary()  # asyncio loop -> the GMainContext of its thread
_attached = weakref.WeakSet()            # asyncio loops that iterate their context
_tasks = set()                           # asyncio keeps weak references only
_local = threading.local()


def _new_timer(milliseconds, context):
    # A source of C, so that no Python runs, and no KeyboardInterrupt is lost, in an iteration.
    timer = GLib.timeout_source_new(milliseconds)
    timer.set_callback(lambda *_: GLib.SOURCE_CONTINUE)
    timer.attach(context)
    return timer


def _host(loop, context, owned):
    """Makes an asyncio loop wait in GLib: from now on it serves both."""
    selector = loop._selector
    select, close = selector.select, selector.close
    waker = _new_timer(GLib.MAXUINT32, context)
    waker.add_unix_fd(selector.fileno(), GLib.IOCondition.IN)

    def select_both(timeout=None):
        if timeout is None:
            context.iteration(True)
        elif timeout <= 0:
            context.iteration(False)
        else:
            timer = _new_timer(math.ceil(timeout * 1000), context)
            try:
                context.iteration(True)
            finally:
                timer.destroy()
        return select(0)

    def close_both():
        waker.destroy()
        del selector.select, selector.close
        if owned and GLib.MainContext.get_thread_default() == context:
            context.pop_thread_default()
        close()

    selector.select, selector.close = select_both, close_both


def _poll(loop, context):
    """For loops that can not wait in GLib: looks every now and then."""
    for _ in range(100):
        if not context.iteration(False):
            break
    loop.call_later(0.002, _poll, loop, context)


def _attach(loop):
    """Sees to it that a running asyncio loop also iterates GLib, for as long as it lives."""
    if loop in _attached:
        return
    context = GLib.MainContext.ref_thread_default()
    in_main_thread = threading.current_thread() is threading.main_thread()
    owned = False
    if GLib.MainContext.get_thread_default() is None:
        # The default context is for the main thread, unless another thread has taken it.
        if in_main_thread and context.acquire():
            context.release()
        else:
            context = GLib.MainContext.new()
            context.push_thread_default()
            owned = True
    _contexts[loop] = context
    _attached.add(loop)
    if hasattr(getattr(loop, '_selector', None), 'fileno'):
        _host(loop, context, owned)
    elif not context.is_owner():
        _poll(loop, context)


class _GuestSource(GLib.Source):
    """Gives an asyncio loop its turns in a GLib main loop."""

    def __init__(self, loop):
        super().__init__()
        self.loop = weakref.ref(loop)

    def _delay(self):
        loop = self.loop()
        if loop is None or loop.is_closed():
            return -1
        if loop._ready:
            return 0
        if loop._scheduled:
            return max(0, math.ceil((loop._scheduled[0].when() - loop.time()) * 1000))
        return -1

    def prepare(self):
        delay = self._delay()
        return delay == 0, delay

    def check(self):
        return self._delay() == 0

    def dispatch(self, callback, arguments):
        loop = self.loop()
        if loop is not None and not loop.is_closed():
            loop.step()
        return GLib.SOURCE_CONTINUE


class _Guest(asyncio.SelectorEventLoop):
    """An asyncio loop that lives in a GLib main loop and never waits by itself."""

    def __init__(self, context):
        super().__init__()
        _contexts[self] = context
        _attached.add(self)
        self._source = _GuestSource(self)
        self._source.add_unix_fd(self._selector.fileno(), GLib.IOCondition.IN)
        self._source.attach(context)

    def step(self):
        outer = asyncio._get_running_loop()
        asyncio._set_running_loop(None)
        try:
            self.stop()
            self.run_forever()  # once, because of the stop
        except (KeyboardInterrupt, SystemExit):
            pass  # it has become the error of its task
        finally:
            asyncio._set_running_loop(outer)

    def close(self):
        if not self.is_closed():
            self._source.destroy()
        super().close()

    def __del__(self):
        self.close()


def _loop_of(context):
    """The asyncio loop for coroutines that belong to context."""
    loop = asyncio._get_running_loop()
    if loop is not None and _contexts.setdefault(loop, context) == context:
        return loop
    guests = _local.__dict__.setdefault('guests', {})
    loop = guests.get(hash(context))
    if loop is None or loop.is_closed():
        loop = guests[hash(context)] = _Guest(context)
    return loop


@contextlib.contextmanager
def _blocking(cancel):
    """Around a blocking call: its coroutines get a loop of their own, Ctrl-C cancels it."""
    loop = asyncio._get_running_loop()
    if loop is not None:
        _contexts.setdefault(loop, GLib.MainContext.ref_thread_default())
    outer = _local.__dict__.get('guests', {})
    _local.guests = {}
    try:
        if (threading.current_thread() is threading.main_thread() and
                signal.getsignal(signal.SIGINT) is signal.default_int_handler):
            with _interruptible(cancel):
                yield
        else:
            yield
    finally:
        _close_guests()
        _local.guests = outer


@atexit.register
def _close_guests():
    for guest in _local.__dict__.get('guests', {}).values():
        guest.close()


@contextlib.contextmanager
def _interruptible(cancel):
    """Ctrl-C cancels what blocks, and raises KeyboardInterrupt when nothing of it runs any more.

    Python handles signals between two bytecodes, of which a blocking call has none: a thread
    watches. Elsewhere than in bodies an exception would be lost in the C code around."""
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    interrupted = False

    def watch():
        for number in iter(lambda: reader.recv(1), b''):
            if number[0] == signal.SIGINT:
                cancel()

    def interrupt(number, frame):
        nonlocal interrupted
        interrupted = True
        cancel()
        if _local.__dict__.get('bodies', 0) > 0:
            signal.default_int_handler(number, frame)

    watcher = threading.Thread(target=watch, name='gflow-signals', daemon=True)
    watcher.start()
    signal.signal(signal.SIGINT, interrupt)
    outer = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(outer)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        writer.close()
        watcher.join()
        reader.close()
        if interrupted:
            raise KeyboardInterrupt


async def _finished(start, cancel):
    """Waits for a GAsyncReadyCallback; when cancelled, cancels and waits all the same.

    Nothing goes on behind the back of who was cancelled. Returns the GAsyncResult and
    the CancelledError, or None."""
    loop = asyncio.get_running_loop()
    _attach(loop)
    future = loop.create_future()
    cancelled = None
    start(lambda source, result: future.set_result(result))
    while not future.done():
        try:
            await asyncio.shield(future)
        except asyncio.CancelledError as error:
            cancelled = error
            cancel()
    return future.result(), cancelled


def create_task(coroutine, *, name=None):
    """Starts a coroutine in the GLib main loop of this thread: asyncio without asyncio.run().

    Returns the asyncio.Task. Where an asyncio loop runs, it is that of asyncio."""
    loop = asyncio._get_running_loop() or _loop_of(GLib.MainContext.ref_thread_default())
    task = loop.create_task(coroutine, name=name)
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
    return task


__all__.append('create_task')


# Exceptions: C carries a GError with a serial number, Python keeps what it stands for

_DOMAIN = 'gflow-python-exception-quark'
_serials = itertools.count(1)
_strays = {}  # of runs that Python did not start, such as those of flows as nodes: the last few


def _error(run, exception):
    """The GError that stands for an exception of a body."""
    if isinstance(exception, asyncio.CancelledError):
        return GLib.Error(str(exception) or 'Cancelled', 'g-io-error-quark',
                          int(Gio.IOErrorEnum.CANCELLED))
    error = exception
    if not isinstance(error, GLib.Error):
        message = f'{type(exception).__name__}: {exception}'
        message = message.encode(errors='replace').decode().replace('\0', '')
        error = GLib.Error(message, _DOMAIN, next(_serials) & 0x7fffffff)
    kept = getattr(run, '_exceptions', _strays)
    kept[error.domain, error.code, error.message] = exception
    while len(_strays) > 64:
        _strays.pop(next(iter(_strays)), None)
    return error


def _original(error, run=None):
    """The exception that a GError stands for; a GError of C stands for itself."""
    key = error.domain, error.code, error.message
    kept = getattr(run, '_exceptions', {})
    return kept[key] if key in kept else _strays.pop(key, error)


# Results: any Python object

def _box(value):
    """A GValue of the type that other languages expect, if there is one."""
    if isinstance(value, GObject.Value):
        return value
    kind = type(value)
    gtype = GObject.TYPE_PYOBJECT
    if kind is bool:
        gtype = GObject.TYPE_BOOLEAN
    elif kind is int:
        if -2**63 <= value < 2**63:
            gtype = GObject.TYPE_INT64
        elif 0 <= value < 2**64:
            gtype = GObject.TYPE_UINT64
    elif kind is float:
        gtype = GObject.TYPE_DOUBLE
    elif kind is str:
        # A C string is UTF-8 without NUL; names of files need not be.
        if '\0' not in value and not any('\ud800' <= c <= '\udfff' for c in value):
            gtype = GObject.TYPE_STRING
    elif isinstance(value, GLib.Variant):
        gtype = GObject.TYPE_VARIANT
    elif isinstance(value, (GObject.Object, GObject.GEnum, GObject.GFlags)):
        gtype = value.__gtype__
    return GObject.Value(gtype, value)


# Bodies: functions on their way into C

class _Function:
    """A function of a node, and what it is called with."""

    def __init__(self, function, raw):
        self.function = function
        self.raw = raw  # called as in C: (node, run, …)
        self.parameters = ()
        if not raw:
            with contextlib.suppress(TypeError, ValueError):
                self.parameters = tuple(inspect.signature(function).parameters.values())

    def __call__(self, node, run, *more):
        if self.raw:
            return self.function(node, run, *more)
        if not self.parameters:
            return self.function()
        arguments, named = self.arguments(node, run)
        return self.function(*arguments, **named)

    def arguments(self, node, run):
        """The results of the upstreams: by name first, then in order.

        'run' and 'node' are the run and the node. What has a default value is only given
        by name."""
        flow = node.get_flow()
        upstreams = flow._parts().upstreams.get(node) if flow is not None else None
        if upstreams is None:
            upstreams = _upstreams(node)
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


def _upstreams(node):
    return [(upstream.get_name(), upstream) for upstream in node.get_upstreams()]


class _Body:
    """What C holds of a function.

    As long as the node is in a flow, this is a weak reference: the wrapper of the flow holds
    the function, so that the garbage collector sees the circle of a function that uses its
    own flow. Elsewhere the body holds it itself."""

    def __init__(self, function):
        self.function = function
        self.get = lambda: function

    def loosen(self):
        self.function, self.get = None, weakref.ref(self.get())

    def fasten(self):
        self.function = function = self.get()
        self.get = lambda: function

    def function_for(self, node):
        function = self.get()
        if function is None:
            raise GLib.Error.new_literal(GFlow.FlowError.quark(),
                                         f'The function of {node.get_name()} went with its flow',
                                         GFlow.FlowError.FAILED)
        return function


class _SyncBody(_Body):
    def __call__(self, node, run, *data):
        _local.bodies = _local.__dict__.get('bodies', 0) + 1
        try:
            function = self.function_for(node)
            value = function(node, run, *data)
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
            error = _error(run, exception)
        finally:
            _local.bodies -= 1
        raise error


class _TaskBody(_Body):
    def __call__(self, node, run, task, *data):
        try:
            awaitable = self.function_for(node)(node, run, task, *data)
            if inspect.isawaitable(awaitable):
                self.follow(awaitable, node, run, task)
            return
        except BaseException as exception:
            error = _error(run, exception)
        raise error

    def follow(self, awaitable, node, run, task):
        """Runs a coroutine as the body: its end is the end of the node."""
        loop = _loop_of(task.get_context())
        job = asyncio.ensure_future(awaitable, loop=loop)
        cancellable = task.get_cancellable()

        def cancel(*_):
            with contextlib.suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(job.cancel)

        def end(job):
            _tasks.discard(job)
            if cancellable is not None:
                GObject.Object.disconnect(cancellable, handler)
            try:
                value = job.result()
                if value is not None:
                    run.set_result(node, value)
            except BaseException as exception:
                task.return_error(_error(run, exception))
            else:
                task.return_boolean(True)

        _tasks.add(job)
        job.add_done_callback(end)
        if cancellable is not None:
            # Not Gio.Cancellable.connect, which would call back at once and under its lock.
            handler = GObject.Object.connect(cancellable, 'cancelled', cancel)
            if cancellable.is_cancelled():
                cancel()


def _is_async(function):
    while isinstance(function, functools.partial):
        function = function.func
    return (inspect.iscoroutinefunction(function) or
            inspect.iscoroutinefunction(getattr(type(function), '__call__', None)))


def _new_node(function, name=None):
    """A node for a function, and its body."""
    if not callable(function):
        raise TypeError(f'{function!r} is no function')
    name = name or getattr(function, '__name__', None)
    if name == '<lambda>':
        name = None
    if _is_async(function):
        body = _TaskBody(_Function(function, raw=False))
        return _FlowNode.new_for_task(name, body), body
    body = _SyncBody(_Function(function, raw=False))
    return _FlowNode.new(name, body), body


def _as_sync_body(function):
    if _is_async(function):
        raise TypeError('A coroutine function needs add_task() or new_for_task()')
    return function if isinstance(function, _Body) else _SyncBody(_Function(function, raw=True))


def _as_task_body(function):
    return function if isinstance(function, _Body) else _TaskBody(_Function(function, raw=True))


def _several(what):
    """One of something, or any iterable of it."""
    if what is None:
        return []
    if isinstance(what, (str, GObject.Object)) or callable(what):
        return [what]
    return list(what)


def _exists(message):
    return GLib.Error.new_literal(GFlow.FlowError.quark(), message, GFlow.FlowError.EXISTS)


# FlowLock

class FlowLock(GFlow.FlowLock):
    def __init__(self, permits=1, **properties):
        if permits < 1:
            raise ValueError('A lock needs at least one permit')
        super().__init__(permits=permits, **properties)

    @classmethod
    def new_with_permits(cls, permits):
        return cls(permits=permits)

    def acquire(self, cancellable=None, callback=None, *user_data):
        """await lock.acquire(): waits for a permit. With a callback: as in C."""
        if callback is not None:
            return super().acquire(cancellable, callback, *user_data)
        return self._acquire(super().acquire, cancellable)

    async def _acquire(self, acquire, cancellable):
        own = Gio.Cancellable()
        if cancellable is not None:
            handler = GObject.Object.connect(cancellable, 'cancelled', lambda _: own.cancel())
            if cancellable.is_cancelled():
                own.cancel()
        try:
            result, cancelled = await _finished(lambda ready: acquire(own, ready), own.cancel)
        finally:
            if cancellable is not None:
                GObject.Object.disconnect(cancellable, handler)
        try:
            self.acquire_finish(result)
        except GLib.Error:
            if cancelled is None:
                raise
        else:
            if cancelled is None:
                return True
            self.release()
        raise cancelled

    def acquire_sync(self, cancellable=None):
        cancellable = cancellable or Gio.Cancellable()
        acquired = False
        try:
            with _blocking(cancellable.cancel):
                acquired = super().acquire_sync(cancellable)
        except KeyboardInterrupt:
            if acquired:
                self.release()
            raise
        return acquired

    async def __aenter__(self):
        await self.acquire()
        return self

    async def __aexit__(self, *exception):
        self.release()


FlowLock = override(FlowLock)
__all__.append('FlowLock')


# FlowNode

_FlowNode = GFlow.FlowNode


class FlowNode(GFlow.FlowNode):
    @classmethod
    def new(cls, name, func=None, *user_data):
        return _FlowNode.new(name, func and _as_sync_body(func), *user_data)

    @classmethod
    def new_for_task(cls, name, func=None, *user_data):
        return _FlowNode.new_for_task(name, func and _as_task_body(func), *user_data)

    def add_upstream(self, upstream):
        """upstream: a node, a function that stands for one, or a name, also of a later node."""
        flow = self.get_flow()
        if callable(upstream) and flow is not None:
            # A function may come later; if it does not, the flow is refused.
            name = getattr(upstream, '__name__', repr(upstream))
            upstream = flow._parts().nodes.get(upstream, name)
        if isinstance(upstream, str):
            super().add_upstream_by_name(upstream)
        else:
            super().add_upstream(upstream)
        self._edited(flow)

    def add_upstream_by_name(self, name):
        self.add_upstream(name)

    def set_upstreams(self, nodes):
        flow = self.get_flow()
        super().set_upstreams([node if isinstance(node, GFlow.FlowNode) else flow.find(node)
                               for node in nodes])
        self._edited(flow)

    def _edited(self, flow):
        if flow is not None:
            flow._parts().edited(self)


FlowNode = override(FlowNode)
__all__.append('FlowNode')


# FlowGroup

class FlowGroup(GFlow.FlowGroup):
    def append(self, *items):
        """Appends functions, nodes and groups. Returns the group."""
        for item in items:
            if isinstance(item, GFlow.FlowGroup):
                self.append_group(item)
            else:
                self.append_node(item)
        return self

    def append_node(self, node):
        if not isinstance(node, GFlow.FlowNode):
            function = node
            node, body = _new_node(function)
            self._functions().append((function, node, body))
        super().append_node(node)

    def append_group(self, group):
        super().append_group(group)
        self._functions().extend(group._functions())

    def _functions(self):
        return self.__dict__.setdefault('_new_functions', [])


FlowGroup = override(FlowGroup)
__all__.append('FlowGroup')


def Series(*items):
    """One after the other: functions, nodes and groups."""
    return GFlow.FlowGroup.new_series().append(*items)


def Parallel(*items):
    """Side by side: functions, nodes and groups."""
    return GFlow.FlowGroup.new_parallel().append(*items)


def WithLock(item, lock):
    """item, a function, node or group, with a lock on every node in it."""
    group = Series(item)
    group.set_lock(lock)
    return group


__all__ += ['Series', 'Parallel', 'WithLock']


# Flow

class _Parts:
    """What the wrapper of a flow knows of its functions."""

    def __init__(self):
        self.nodes = {}      # function -> the node it stands for
        self.bodies = {}     # node -> (function, body)
        self.upstreams = {}  # node -> (name, node) of each, if its function asks for them
        self.stale = set()   # nodes to look at before the next run
        self.subflows = []

    def edited(self, *nodes):
        self.stale.update(node for node in nodes if node in self.bodies)

    def resolve(self, seen=()):
        """Workers must not ask a node for its upstreams: done in the thread of the flow."""
        while self.stale:
            node = self.stale.pop()
            if self.bodies[node][0].parameters:
                self.upstreams[node] = _upstreams(node)
        if self.subflows:
            seen = seen or set()
            seen.add(self)
            for parts in {flow._parts() for flow in self.subflows} - seen:
                parts.resolve(seen)


class Flow(GFlow.Flow):
    def __init__(self, *groups, **properties):
        super().__init__(**properties)
        for group in groups:
            self.add_group(group)

    def _parts(self):
        parts = self.__dict__.get('_gflow_parts')
        if parts is None:
            parts = self.__dict__['_gflow_parts'] = _Parts()
        return parts

    def _hold(self, node, body, function=None):
        parts = self._parts()
        parts.bodies[node] = body.get(), body
        parts.stale.add(node)
        body.loosen()
        if function is not None:
            parts.nodes[function] = node

    # Building

    def node(self, function=None, *, upstream=None, lock=None, name=None, **properties):
        """Decorator: makes a function (on a worker) or a coroutine function a node.

        upstream: what it needs: one or more of functions, nodes, names
        lock: one or more locks
        properties: of the node: title, placement, run_when, priority, weight

        The function takes the results of its upstreams, by name or in order, or nothing.
        What it returns is the result of the node. It stays what it was, and stands for its
        node wherever a node is expected."""
        if function is None:
            return functools.partial(self.node, upstream=upstream, lock=lock, name=name,
                                     **properties)
        if function in self._parts().nodes:
            raise _exists(f'{function!r} is in the flow already: '
                          f'as {self._parts().nodes[function].get_name()}')
        upstreams = _several(upstream)
        for item in upstreams:
            if not isinstance(item, (GFlow.FlowNode, str)) and not callable(item):
                raise TypeError(f'upstream: {item!r} stands for no node')
        node, body = _new_node(function, name)
        if properties:
            node.set_properties(**properties)
        for item in _several(lock):
            node.add_lock(item)
        super().add_node(node)
        self._hold(node, body, function)
        for item in upstreams:
            node.add_upstream(item)
        return function

    def add(self, name, func=None, *user_data):
        body = func and _as_sync_body(func)
        node = super().add(name, body, *user_data)
        if body is not None:
            self._hold(node, body)
        return node

    def add_task(self, name, func, *user_data):
        """func: as in C, or a coroutine function, which needs not return on the task."""
        body = _as_task_body(func)
        node = super().add_task(name, body, *user_data)
        self._hold(node, body)
        return node

    def add_flow(self, name, subflow):
        node = super().add_flow(name, subflow)
        self._parts().subflows.append(subflow)
        return node

    def add_group(self, group):
        """group: a group, or a function."""
        if not isinstance(group, GFlow.FlowGroup):
            group = Series(group)
        functions = group._functions()
        seen = set(self._parts().nodes)
        for function, node, body in functions:
            if function in seen:
                raise _exists(f'{function!r} is twice in the flow')
            seen.add(function)
        super().add_group(group)
        for function, node, body in functions:
            self._hold(node, body, function)
        del functions[:]
        return True

    def remove_node(self, node):
        node = self.find(node)
        super().remove_node(node)
        parts = self._parts()
        _, body = parts.bodies.pop(node, (None, None))
        if body is not None:
            body.fasten()
        parts.upstreams.pop(node, None)
        parts.stale.discard(node)
        parts.edited(*parts.bodies)
        for function in [f for f, n in parts.nodes.items() if n is node]:
            del parts.nodes[function]
        return True

    def copy(self):
        copy = super().copy()
        parts, copied = self._parts(), copy._parts()
        copied.subflows += parts.subflows
        for node in copy:
            original = self.lookup(node.get_name())
            if original in parts.bodies:
                copied.bodies[node] = parts.bodies[original]
                copied.stale.add(node)
            for function in [f for f, n in parts.nodes.items() if n is original]:
                copied.nodes[function] = node
        return copy

    # Looking

    def find(self, what):
        """The node that a name or a function stands for. KeyError if there is none."""
        node = what
        if isinstance(what, str):
            node = self.lookup(what)
        elif not isinstance(what, GFlow.FlowNode):
            node = self._parts().nodes.get(what)
        if node is None:
            raise KeyError(f'{what!r} is no node of this flow')
        return node

    def __getitem__(self, key):
        if isinstance(key, (int, slice)):
            return super().__getitem__(key)
        return self.find(key)

    def __contains__(self, what):
        if isinstance(what, GFlow.FlowNode):
            return what.get_flow() is self
        try:
            return self.find(what) is not None
        except (KeyError, TypeError):
            return False

    def __bool__(self):
        return True  # also without a node

    # Running

    def execute(self, cancellable=None, callback=None, *user_data, **properties):
        """run = await flow.execute(): runs the flow, start to end. Returns the run.

        properties: of the run: keep_results, on_error, parameters, deadline
        Raises the very exception of the node that failed first. To be cancelled means to
        cancel the run, and to wait until nothing of it runs. With a callback: as in C."""
        if callback is not None:
            self._parts().resolve()
            return super().execute(cancellable, callback, *user_data)
        return self._execute(cancellable, properties)

    async def _execute(self, cancellable, properties):
        run = self._new_run(properties)
        await run.execute(cancellable)
        return run

    def execute_finish(self, result):
        try:
            return super().execute_finish(result)
        except GLib.Error as error:
            original = _original(error)
        raise original

    def execute_sync(self, cancellable=None, **properties):
        """Runs the flow and waits, also inside of a running loop. Otherwise as execute()."""
        run = self._new_run(properties)
        run.execute_sync(cancellable)
        return run

    def _new_run(self, properties):
        run = GFlow.FlowRun.new(self)
        if properties:
            run.set_properties(**properties)
        return run


Flow = override(Flow)
__all__.append('Flow')


# FlowRun

class FlowRun(GFlow.FlowRun):
    def _prepare(self):
        self._exceptions = {}
        self.get_flow()._parts().resolve()

    def execute(self, cancellable=None, callback=None, *user_data):
        """await run.execute(): as flow.execute(), for a run that was set up before."""
        self._prepare()
        if callback is not None:
            return super().execute(cancellable, callback, *user_data)
        return self._execute(super().execute, cancellable)

    async def _execute(self, execute, cancellable):
        result, cancelled = await _finished(lambda ready: execute(cancellable, ready), self.cancel)
        try:
            self.execute_finish(result)
        except Exception:
            if cancelled is None:
                raise
        if cancelled is not None:
            raise cancelled
        return True

    def execute_finish(self, result):
        try:
            return super().execute_finish(result)
        except GLib.Error as error:
            original = _original(error, self)
        raise original

    def execute_sync(self, cancellable=None):
        self._prepare()
        try:
            with _blocking(self.cancel):
                return super().execute_sync(cancellable)
        except GLib.Error as error:
            original = _original(error, self)
        raise original

    def set_result(self, node, value):
        """value: any Python object, or a GObject.Value."""
        super().set_result(self.find(node), _box(value))

    def find(self, node):
        """The node that a name or a function stands for."""
        return node if isinstance(node, GFlow.FlowNode) else self.get_flow().find(node)

    def __getitem__(self, node):
        """The result of a node, function or name; or its exception, if it failed."""
        node = self.find(node)
        value = self.get_result(node)
        if value is not None:
            return value
        if self.get_node_state(node) == GFlow.FlowNodeState.FAILED:
            raise _original(self.get_node_error(node), self)
        reason = self.dup_node_reason(node)
        if reason is None and self.get_node_state(node) == GFlow.FlowNodeState.DONE:
            reason = ('it returned none, or the last node that could read it has ended: '
                      'keep_results=True keeps all')
        raise KeyError(f'{node.get_name()} has no result' + (reason and f': {reason}' or ''))


def _takes_node(name):
    method = getattr(GFlow.FlowRun, name)

    @functools.wraps(method)
    def call(self, node, *arguments):
        return method(self, self.find(node), *arguments)

    setattr(FlowRun, name, call)


for _name in ('cancel_node', 'set_result_variant', 'get_result', 'dup_result_variant',
              'dup_result_object', 'get_node_state', 'get_node_error', 'dup_node_reason',
              'get_node_cancellable'):
    _takes_node(_name)

FlowRun = override(FlowRun)
__all__.append('FlowRun')
