# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What makes libgflow pleasant in Python: the C API stays as it is, and gets

* decorators: functions and coroutines become nodes, and stand for them afterwards;
* ``await`` for everything that has a callback in C, under asyncio and in a GLib main loop;
* Python objects as results, and exceptions that arrive as they were raised.

help(GFlow.Flow) shows how.
"""

import collections.abc
import contextlib
import contextvars
import functools
import operator
import os
import weakref

from gi.repository import Gio, GLib, GObject

from ..module import get_introspection_module
from ..overrides import override
from ._gflow_body import (CoroutineBody, TaskBody, items_of, new_body, new_item_body,
                          not_for_workers, raw_body, raw_task_body, unbox, upstreams_of)
from ._gflow_documents import (FlowDocument, FlowFileSource, FlowReader, FlowSource, FlowWriter,
                               document, source)
from ._gflow_executor import FlowExecutor, requests
from ._gflow_loop import blocking, create_task, finished
from ._gflow_notebook import Shown
from ._gflow_pipeline import Progress, count_documents, in_event_loop, make_executor, reason_of
from ._gflow_serving import Serving
from ._gflow_values import box, keep, kept, original, to_error
from ._gflow_variant import to_variant

GFlow = get_introspection_module('GFlow')

__all__ = ['Flow', 'FlowDocument', 'FlowExecutor', 'FlowFileSource', 'FlowGroup', 'FlowHistory',
           'FlowLock', 'FlowNode', 'FlowPost', 'FlowQuestion', 'FlowReader', 'FlowRequest',
           'FlowRun', 'FlowSource', 'FlowWriter', 'Lock', 'Parallel', 'Semaphore', 'Sequence', 'Series', 'WithLock',
           'create_task', 'document', 'requests', 'source']


def _several(what):
    """One of something, or any iterable of it."""
    if what is None:
        return []
    if isinstance(what, (str, GObject.Object)) or callable(what):
        return [what]
    try:
        return list(what)
    except TypeError:
        return [what]


_INTEGERS = (GObject.TYPE_INT, GObject.TYPE_UINT)


def _set_property(node, name, value):
    """As node.set_property(), but names the property that it is about, and cuts no number off."""
    spec = GFlow.FlowNode.find_property(name)
    if spec is None:
        raise TypeError(f'A FlowNode has no property {name!r}')
    try:
        node.set_property(name, operator.index(value) if spec.value_type in _INTEGERS else value)
    except (OverflowError, TypeError) as error:
        raise type(error)(f'{name}: {error}') from None


def _exists(message):
    return GLib.Error.new_literal(GFlow.FlowError.quark(), message, GFlow.FlowError.EXISTS)


@contextlib.contextmanager
def _linked(cancellable):
    """A cancellable of one's own, which another one cancels, too."""
    own = Gio.Cancellable()
    if cancellable is None:
        yield own
        return
    handler = GObject.Object.connect(cancellable, 'cancelled', lambda _: own.cancel())
    if cancellable.is_cancelled():
        own.cancel()
    try:
        yield own
    finally:
        GObject.Object.disconnect(cancellable, handler)


def _file(file):
    return Gio.File.new_for_path(os.fspath(file)) if isinstance(file, (str, os.PathLike)) else file


# To make a thread known to Python costs more than to call a function: once is enough.
GFlow.Flow.set_worker_func(GFlow.Flow.work)


# FlowLock

_FlowLock = GFlow.FlowLock


class FlowLock(GFlow.FlowLock):
    """Limits what runs at the same time: FlowLock() to one, FlowLock(permits=3) to three.

    Nodes name it (lock=), and wait for it without a thread. The program itself can take it:
    ``async with lock:``, or acquire_sync() and release()."""

    def __init__(self, permits=1, **properties):
        if operator.index(permits) < 1:
            raise ValueError('A lock needs at least one permit')
        super().__init__(permits=permits, **properties)

    @classmethod
    def new_with_permits(cls, permits):
        return cls(permits=permits)

    def acquire(self, cancellable=None, callback=None, *user_data):
        """await lock.acquire(): waits for a permit. With a callback: as in C."""
        if callback is not None:
            return super().acquire(cancellable, callback, *user_data)
        return self._acquire(cancellable)

    async def _acquire(self, cancellable):
        with _linked(cancellable) as own:
            results, cancelled = await finished(
                lambda ready: _FlowLock.acquire(self, own, ready), own.cancel)
        try:
            self.acquire_finish(results.pop())
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
            with blocking(cancellable.cancel):
                acquired = super().acquire_sync(cancellable)
        except KeyboardInterrupt:
            if acquired:
                self.release()
            raise
        return acquired

    def release(self):
        """Gives a permit back."""
        if self.get_in_use() == 0:
            raise RuntimeError('The lock is not held by anybody')
        super().release()

    async def __aenter__(self):
        await self.acquire()
        return self

    async def __aexit__(self, *exception):
        self.release()


FlowLock = override(FlowLock)
Lock = FlowLock


def Semaphore(value=1):
    """A lock that lets in so many at the same time."""
    return FlowLock(permits=value)


# FlowExecutor

FlowExecutor = override(FlowExecutor)


# FlowPost

_FlowPost = GFlow.FlowPost


class FlowPost(GFlow.FlowPost):
    """A stream of requests, made by flow.post(): to be awaited or iterated over.

        await flow.post('/index', documents, on_done=print)
        async for response in flow.post('/search', queries): ...
        for response in GFlow.FlowPost(flow=flow, endpoint='/search'): ..."""

    _returns_results = True
    _progress = None

    def _set_up(self, inputs, callbacks, parameters, target, request_size, n_total, show_progress):
        for name, callback in callbacks.items():
            if callback is not None and not callable(callback):
                raise TypeError(f'on_{name}: {callback!r} is no function')
        if parameters is not None and not isinstance(parameters, (collections.abc.Mapping, GLib.Variant)):
            raise TypeError(f'parameters: {parameters!r} is no dict')
        if inputs is not None:
            self.set_source(source(inputs))
        n_documents = count_documents(inputs)
        self.set_request_size(max(operator.index(request_size or 0), 0))
        if n_total is None and n_documents is not None:
            n_total = -(-n_documents // self.get_request_size()) if self.get_request_size() else 1
        if n_total is not None:
            self.set_n_total(n_total)
        if parameters is not None:
            self.set_parameters(parameters if isinstance(parameters, GLib.Variant)
                                else to_variant(parameters))
        self.set_target(target)
        for name, callback in callbacks.items():
            if callback is not None:
                getattr(self, f'set_{name}_func')(_PostCallback(callback))
        if show_progress:
            self._progress = Progress(self)

    def _answer(self, requests):
        return list(requests) if self._returns_results else None

    def _end_progress(self):
        progress, self._progress = self._progress, None
        if progress is not None:
            progress.close(self)

    def _method(self):
        return 'collect' if self._returns_results else 'run'

    def run_sync(self, cancellable=None):
        return self._blocking('run', cancellable)

    def collect_sync(self, cancellable=None):
        return self._blocking('collect', cancellable)

    def next_sync(self, cancellable=None):
        return self._blocking('next', cancellable)

    def _blocking(self, name, cancellable):
        cancellable = cancellable or Gio.Cancellable()
        try:
            with blocking(cancellable.cancel):
                return getattr(_FlowPost, name + '_sync')(self, cancellable)
        except GLib.Error as error:
            exception = original(error)
        raise exception

    def _finish(self, name, result):
        try:
            return getattr(_FlowPost, name + '_finish')(self, result)
        except GLib.Error as error:
            exception = original(error)
        raise exception

    async def _finished(self, name):
        cancellable = Gio.Cancellable()
        start = getattr(_FlowPost, name)
        results, cancelled = await finished(
            lambda ready: start(self, cancellable, ready), cancellable.cancel)
        try:
            answer = self._finish(name, results.pop())
        except Exception:
            if cancelled is None:
                raise
        if cancelled is not None:
            raise cancelled
        return answer

    async def _awaited(self):
        try:
            answer = await self._finished(self._method())
        finally:
            self._end_progress()
        return self._answer(answer if self._returns_results else ())

    def __await__(self):
        return self._awaited().__await__()

    def __aiter__(self):
        return self

    async def __anext__(self):
        request = None
        try:
            request = await self._finished('next')
        finally:
            if request is None:
                self._end_progress()
        if request is None:
            raise StopAsyncIteration
        return request

    def __iter__(self):
        return self

    def __next__(self):
        request = self.next_sync()
        if request is None:
            raise StopIteration
        return request


class _PostCallback:
    def __init__(self, function):
        self.function = function

    def __call__(self, post, request, *_):
        try:
            self.function(request)
            return True
        except BaseException as exception:
            error = to_error(request, exception)
        raise error


FlowPost = override(FlowPost)


class FlowRequest(GFlow.FlowRequest):
    """What is asked of the executors of a flow, and their answer."""

    @property
    def docs(self):
        """The documents: a list."""
        return self.get_documents()


FlowRequest = override(FlowRequest)


# FlowHistory

_FlowHistory = GFlow.FlowHistory


async def _finish_io(start, finish, cancellable):
    own = cancellable or Gio.Cancellable()
    results, cancelled = await finished(lambda ready: start(own, ready), own.cancel)
    try:
        return finish(results.pop())
    finally:
        if cancelled is not None:
            raise cancelled


class FlowHistory(GFlow.FlowHistory):
    """How long nodes took, so that later runs know how long they take: Flow(history=…).

    await history.load(file), await history.save(file), with a Gio.File; or load_sync() and
    save_sync(). As a value to keep: to_variant(), load_variant()."""

    def load(self, file, cancellable=None, callback=None, *user_data):
        """await history.load(file). With a callback: as in C."""
        if callback is not None:
            return super().load(file, cancellable, callback, *user_data)
        return _finish_io(lambda own, ready: _FlowHistory.load(self, file, own, ready),
                          self.load_finish, cancellable)

    def save(self, file, cancellable=None, callback=None, *user_data):
        """await history.save(file). With a callback: as in C."""
        if callback is not None:
            return super().save(file, cancellable, callback, *user_data)
        return _finish_io(lambda own, ready: _FlowHistory.save(self, file, own, ready),
                          self.save_finish, cancellable)


FlowHistory = override(FlowHistory)


# FlowNode

_FlowNode = GFlow.FlowNode


def _new_node(name, body):
    if body is None:
        return _FlowNode.new(name)
    node = (_FlowNode.new_for_task if isinstance(body, TaskBody) else _FlowNode.new)(name, body)
    if isinstance(body, CoroutineBody):
        node.set_placement(GFlow.FlowPlacement.CONTEXT)
        node.set_can_defer(True)
    node._body = body
    return node


def _new_node_for(function, name=None):
    """A node that function stands for."""
    body = new_body(function)
    name = name or getattr(function, '__name__', None)
    return _new_node(None if name == '<lambda>' else name, body)


def _check_locks(lock):
    for item in _several(lock):
        if not isinstance(item, GFlow.FlowLock):
            raise TypeError(f'lock: {item!r} is no GFlow.FlowLock')


def _set_up(node, lock, retries, properties):
    if retries:
        properties.setdefault('max_retries', retries)
    for item, value in properties.items():
        _set_property(node, item, value)
    _check_locks(lock)
    for item in _several(lock):
        node.add_lock(item)


class FlowNode(GFlow.FlowNode):
    """One step of a flow: what it does, and what it waits for. Mostly made by @flow.node."""

    _body = None

    @classmethod
    def new(cls, name, func=None, *user_data):
        return _new_node(name, None if func is None else raw_body(func, user_data))

    @classmethod
    def new_for_task(cls, name, func, *user_data):
        """func: as in C, or a coroutine function, which needs not return on the task."""
        return _new_node(name, raw_task_body(func, user_data))

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

    def set_placement(self, placement):
        # What goes around this, such as node.props, fails the node when it is run.
        if isinstance(self._body, CoroutineBody) and placement != GFlow.FlowPlacement.CONTEXT:
            raise not_for_workers(self)
        super().set_placement(placement)

    def set_property(self, name, value):
        if name == 'placement':
            self.set_placement(value)
        else:
            super().set_property(name, value)

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


# FlowGroup

class FlowGroup(GFlow.FlowGroup):
    """Nodes in series or in parallel: made by Series(), Parallel() and WithLock()."""

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
            node = _new_node_for(node)
        super().append_node(node)
        self._nodes().append(node)

    def append_group(self, group):
        super().append_group(group)
        self._nodes().extend(group._nodes())

    def _nodes(self):
        return self.__dict__.setdefault('_new_nodes', [])


FlowGroup = override(FlowGroup)


def Series(*items):
    """One after the other: functions, nodes and groups."""
    return GFlow.FlowGroup.new_series().append(*items)


Sequence = Series


def Parallel(*items):
    """Side by side: functions, nodes and groups."""
    return GFlow.FlowGroup.new_parallel().append(*items)


def WithLock(item, lock):
    """item, a function, node or group, with a lock on every node in it."""
    group = Series(item)
    group.set_lock(lock)
    return group


# Flow

def _does_the_same(node, other):
    def work(node):
        return (node.get_run_when(), node.get_placement(), node.get_priority(),
                node.get_subflow(), set(node.get_locks()),
                {upstream.get_name() for upstream in node.get_upstreams()})

    if other is None or work(node) != work(other):
        return False
    if node._body is None or other._body is None:
        return node._body is other._body
    return node._body.same(other._body)


class _Parts:
    """What the wrapper of a flow knows of its functions."""

    def __init__(self):
        self.nodes = {}      # function -> the node it stands for
        self.functions = {}  # node -> its function, which its body only refers to weakly
        self.upstreams = {}  # node -> (name, node) of each, if its function asks for them
        self.stale = set()   # nodes to look at before the next run
        self.subflows = {}   # node -> the flow that it runs
        self.scopes = []     # for each "with" around: the runs that began in it
        self.serves = False  # it has executors

    def hold(self, node, function):
        self.functions[node] = function
        self.stale.add(node)

    def edited(self, *nodes):
        self.stale.update(node for node in nodes if node in self.functions)

    def resolve(self, seen=()):
        """Workers must not ask a node for its upstreams: done in the thread of the flow."""
        while self.stale:
            node = self.stale.pop()
            if self.functions[node].parameters:
                self.upstreams[node] = upstreams_of(node)
        if self.subflows:
            seen = seen or set()
            seen.add(self)
            for parts in {flow._parts() for flow in self.subflows.values()} - seen:
                parts.resolve(seen)


_Flow = GFlow.Flow


class Flow(Shown, GFlow.Flow):
    """A plan: functions, what each of them needs, and what they must not do at the same time.

        flow = GFlow.Flow()

        @flow.node
        def fetch():                        # an ordinary function: on a worker thread
            return {'n': 20}

        @flow.node(upstream=fetch)
        async def double(data):             # a coroutine: in the event loop of the run
            return data['n'] * 2

        run = await flow.execute()          # or: flow.execute_sync()
        run[double]                         # 40

    Flow(group, …) begins with what Series() and Parallel() have put together. A flow can be run
    any number of times, also at the same time. It is a list of its nodes: len(flow), flow[0],
    flow['name'], flow[function], and ``function in flow``.

    properties: name, max_threads (0: as many as processors), max_parallel (0: no limit), on_error

    ``with flow:`` refuses a bad flow, and at the end cancels the runs that began inside and still
    run; ``async with flow:`` also waits for them."""

    def __init__(self, *groups, **properties):
        super().__init__(**properties)
        for group in groups:
            self.add_group(group)

    def _parts(self):
        parts = self.__dict__.get('_gflow_parts')
        if parts is None:
            parts = self.__dict__['_gflow_parts'] = _Parts()
        return parts

    def _adopt(self, node):
        function = node._body and node._body.loosen()
        if function is not None:
            self._parts().hold(node, function)
            if not function.raw:
                self._parts().nodes[function.function] = node

    # Building

    def node(self, function=None, *, upstream=None, lock=None, name=None, retries=0,
             **properties):
        """Decorator: makes a function (on a worker) or a coroutine function a node.

        upstream: what it needs: one or more of functions, nodes, names
        lock: one or more locks
        retries: how often it is called again if it fails
        timeout: how long one call may take, in milliseconds
        properties: of the node: title, placement, run_when, priority, weight, retry_delay,
            retry_factor, retry_jitter

        The function takes the results of its upstreams, by name or in order, or nothing.
        What it returns is the result of the node. It stays what it was, and stands for its
        node wherever a node is expected."""
        if function is None:
            return functools.partial(self.node, upstream=upstream, lock=lock, name=name,
                                     retries=retries, **properties)
        upstreams = self._check_new(function, upstream, name)
        node = _new_node_for(function, name)
        _set_up(node, lock, retries, properties)
        self.add_node(node)
        for item in upstreams:
            node.add_upstream(item)
        return function

    def _check_new(self, function, upstream, name):
        if function in self._parts().nodes:
            raise _exists(f'{function!r} is in the flow already: as {self[function].get_name()}')
        upstreams = _several(upstream)
        for item in upstreams:
            if not isinstance(item, (GFlow.FlowNode, str)) and not callable(item):
                raise TypeError(f'upstream: {item!r} stands for no node')
        if not isinstance(name, (str, type(None))):
            raise TypeError(f'name: {name!r} is no string')
        return upstreams

    def map(self, function=None, *, items=None, upstream=None, max_parallel=0, lock=None,
            name=None, retries=0, **properties):
        """Decorator: makes a node that calls a function for each item of a list.

        items: an iterable, or a function that returns one when the node runs; without it the
            result of the first upstream
        max_parallel: how many at once; 0 for no limit
        lock, retries, timeout, properties: for each item by itself; otherwise as for node()

        The function takes an item, and run and node if it has parameters of these names. The
        result of the node is the list of what it returned, in the order of the items."""
        if function is None:
            return functools.partial(self.map, items=items, upstream=upstream, lock=lock, name=name,
                                     max_parallel=max_parallel, retries=retries, **properties)
        upstreams = self._check_new(function, upstream, name)
        body = new_item_body(function, items)
        each = _new_node(None, body)
        _set_up(each, lock, retries, properties)
        name = name or getattr(function, '__name__', None)
        node = super().add_map(None if name == '<lambda>' else name, each, max_parallel)
        node._body = body
        node.set_items_func(items_of)
        self._adopt(node)
        for item in upstreams:
            node.add_upstream(item)
        return function

    __call__ = node  # @flow() and @flow(upstream=f)

    def add_node(self, node):
        super().add_node(node)
        self._adopt(node)
        return True

    def add(self, *arguments, **options):
        """add(name, func=None, *user_data): a node, as in C. Returns the node.

        add(uses=…, name=…, needs=…, …): an executor. Returns the flow, for another add().

        uses: a class of executors, what makes one, one, the name of a class, or a dict of
            jtype, with, metas, requests and dynamic_batching; None lets the documents pass
        needs: the name of a node, or several; 'gateway' is the entry; None the one before
        uses_with: what the class is called with
        uses_metas: name, description, workspace
        uses_requests: endpoints, and the names of the methods that serve them
        uses_dynamic_batching: {'/encode': {'preferred_batch_size': 16, 'timeout': 100}}: the documents
            of several requests are served together: see requests()
        parallel, replicas: how many shards there are of the executor, and how many of each
        polling: 'ANY', 'ALL' or 'ALL_ASYNC' of the shards; or a dict of these by endpoint
        scheduling: 'LEAST_BUSY' or 'ROUND_ROBIN'
        uses_before, uses_after: executors around these, as uses
        reducer: 'MERGE', 'CONCATENATE', 'FIRST' or 'NONE': how what branches or shards leave becomes
            one; or a function, of a list of lists of documents, that returns documents
        when: a dict, or a function of a document, that says which documents go there
        detached: requests do not wait for it
        lock, retries, timeout, properties: as for node(): of one request"""
        if arguments or 'func' in options:
            node = FlowNode.new(*arguments, **options)
            self.add_node(node)
            return node
        return self._add_executor(**options)

    def _add_executor(self, *, uses=None, name=None, needs=None, uses_with=None, uses_metas=None,
                      uses_requests=None, uses_dynamic_batching=None, uses_before=None, uses_after=None, polling=None,
                      scheduling=None, reducer=None, when=None, lock=None, retries=0, **properties):
        for item in properties:
            if not hasattr(GFlow.FlowNode.props, item):
                raise TypeError(f'A FlowNode has no property {item!r}')
        _check_locks(lock)
        executor = make_executor(uses, uses_with or {}, uses_metas or {}, uses_requests or {},
                                 uses_dynamic_batching or {})
        needs = [item if isinstance(item, str) else self.find(item).get_name()
                 for item in _several(needs)]
        serving = Serving(executor, uses_before, uses_after, polling, scheduling, reducer, when)
        node = self.add_executor(name, executor, needs or None)
        serving.apply(node)
        _set_up(node, lock, retries, properties)
        return self

    def add_executor(self, name=None, executor=None, needs=None):
        node = super().add_executor(name, executor, needs)
        self._parts().serves = True
        return node

    def needs(self, needs, name=None):
        """A node that waits for several others. Returns the flow."""
        self.add_join(name, [needs] if isinstance(needs, str) else list(needs))
        return self

    def needs_all(self, name=None):
        """A node that waits for all that no other node waits for. Returns the flow."""
        self.add_join_all(name)
        return self

    def add_task(self, name, func, *user_data):
        """func: as in C, or a coroutine function, which needs not return on the task."""
        node = FlowNode.new_for_task(name, func, *user_data)
        self.add_node(node)
        return node

    def add_flow(self, name, subflow):
        node = super().add_flow(name, subflow)
        self._parts().subflows[node] = subflow
        return node

    def add_group(self, group):
        """group: a group, or a function."""
        if not isinstance(group, GFlow.FlowGroup):
            group = Series(group)
        nodes = group._nodes()
        seen = set(self._parts().nodes)
        for node in nodes:
            function = node._body and node._body.get()
            if function is None or function.raw:
                continue
            if function.function in seen:
                raise _exists(f'{function.function!r} is twice in the flow')
            seen.add(function.function)
        super().add_group(group)
        for node in nodes:
            self._adopt(node)
        del nodes[:]
        return True

    def remove_node(self, node):
        node = self.find(node)
        super().remove_node(node)
        if node._body is not None:
            node._body.fasten()
        parts = self._parts()
        function = parts.functions.pop(node, None)
        if function is not None and parts.nodes.get(function.function) is node:
            del parts.nodes[function.function]
        parts.upstreams.pop(node, None)
        parts.subflows.pop(node, None)
        parts.stale.discard(node)
        parts.edited(*parts.functions)
        return True

    def copy(self):
        copy = super().copy()
        parts, copied = self._parts(), copy._parts()
        twins = {node: copy.lookup(node.get_name()) for node in self}
        for node, function in parts.functions.items():
            twins[node]._body = node._body
            copied.hold(twins[node], function)
        copied.nodes = {function: twins[node] for function, node in parts.nodes.items()}
        copied.subflows = {twins[node]: flow for node, flow in parts.subflows.items()}
        return copy

    def equal(self, other):
        """As in C, which can not see that two bodies call the same function."""
        if super().equal(other):
            return True
        return (len(self) == len(other) and
                all(_does_the_same(node, other.lookup(node.get_name())) for node in self) and
                GFlow.Flow.equal(self._rest(), other._rest()))

    def _rest(self):
        """What C knows more of: the nodes without a function, and without their upstreams."""
        rest = GFlow.Flow.copy(self)
        for node in list(rest):
            if self.lookup(node.get_name())._body is None:
                node.set_upstreams([])
            else:
                rest.remove_node(node)
        return rest

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

    def _pictured(self):
        return self, None

    # Running

    def __enter__(self):
        self.validate()
        if self._parts().serves and not self.get_is_open():
            self.open_sync()
        self._parts().scopes.append(weakref.WeakSet())
        return self

    def __exit__(self, *exception):
        runs = list(self._parts().scopes.pop())
        for run in runs:
            run.cancel()
        if not self._parts().scopes and self.get_is_open():
            self.close_sync()
        return None

    def open_sync(self, cancellable=None):
        return self._blocking('open', cancellable)

    def close_sync(self, cancellable=None):
        return self._blocking('close', cancellable)

    def _blocking(self, name, cancellable):
        cancellable = cancellable or Gio.Cancellable()
        try:
            with blocking(cancellable.cancel):
                return getattr(_Flow, name + '_sync')(self, cancellable)
        except GLib.Error as error:
            exception, reason = original(error), reason_of(self, error)
        raise exception from reason

    def open(self, cancellable=None, callback=None, *user_data):
        """await flow.open(): starts all executors. With a callback: as in C."""
        if callback is not None:
            return super().open(cancellable, callback, *user_data)
        return self._opened('open', cancellable or Gio.Cancellable())

    def close(self, cancellable=None, callback=None, *user_data):
        """await flow.close(): stops all executors. With a callback: as in C."""
        if callback is not None:
            return super().close(cancellable, callback, *user_data)
        return self._opened('close', cancellable or Gio.Cancellable())

    async def _opened(self, name, cancellable):
        results, cancelled = await finished(
            lambda ready: getattr(_Flow, name)(self, cancellable, ready), cancellable.cancel)
        exception = reason = None
        try:
            getattr(self, name + '_finish')(results.pop())
        except GLib.Error as error:
            exception, reason = original(error), reason_of(self, error)
        if cancelled is not None:
            raise cancelled
        if exception is not None:
            raise exception from reason
        return True

    # Serving

    def post(self, endpoint, inputs=None, on_done=None, on_error=None, on_always=None,
             parameters=None, target=None, request_size=100, show_progress=False,
             continue_on_error=False, return_results=False, ordered=False, max_in_flight=0,
             n_total=None):
        """Sends documents through the executors, in requests of request_size each.

        inputs: documents, text or bytes, in any iterable, also an asynchronous one, or a
            function that returns one; a source; None for one request without documents
        on_done, on_error, on_always: called with each request that has come back
        parameters: a dict; what is in a dict under the name of a node is for that node only

        In a program without an event loop this blocks until all have come back, and returns a
        list of them if return_results is set. In a coroutine nothing happens until it is awaited, or
        ``async for response in flow.post(…)`` iterates over it.

        The first request that fails ends the stream, and raises what its executor raised, unless
        continue_on_error is set. on_error is told in any case."""
        if not isinstance(endpoint, str):
            raise TypeError(f'endpoint: {endpoint!r} is no string')
        if self._parts().scopes and not self.get_is_open():
            self.open_sync()  # an empty flow may be edited until now
        post = FlowPost(flow=self, endpoint=endpoint)
        post.set_ordered(ordered)
        post.set_max_in_flight(max_in_flight)
        post.set_continue_on_error(continue_on_error)
        post._set_up(inputs, {'done': on_done, 'error': on_error, 'always': on_always}, parameters,
                     target, request_size, n_total, show_progress)
        post._returns_results = return_results
        if in_event_loop():
            post._returns_results = True
            return post
        try:
            requests = getattr(post, post._method() + '_sync')()
        finally:
            post._end_progress()
        return post._answer(requests if return_results else ())

    def index(self, *arguments, **options):
        """post('/index', …)"""
        return self.post('/index', *arguments, **options)

    def search(self, *arguments, **options):
        """post('/search', …)"""
        return self.post('/search', *arguments, **options)

    def update(self, *arguments, **options):
        """post('/update', …)"""
        return self.post('/update', *arguments, **options)

    def delete(self, *arguments, **options):
        """post('/delete', …)"""
        return self.post('/delete', *arguments, **options)

    def block(self, cancellable=None):
        """Serves until SIGINT or SIGTERM, or until it is cancelled."""
        super().block(cancellable)

    async def __aenter__(self):
        await self.__aenter_open()
        return self.__enter__()

    async def __aenter_open(self):
        if self._parts().serves and not self.get_is_open():
            await self.open()

    async def __aexit__(self, *exception):
        runs = list(self._parts().scopes[-1])
        if len(self._parts().scopes) == 1 and self.get_is_open():
            await self.close()
        self.__exit__()
        for run in runs:
            await run._ended()

    def execute(self, cancellable=None, callback=None, *user_data, **properties):
        """run = await flow.execute(): runs the flow, start to end. Returns the run.

        properties: of the run: keep_results, keep_record, on_error, parameters, deadline,
            journal, history
        Raises the very exception of the node that failed first. To be cancelled means to
        cancel the run, and to wait until nothing of it runs. With a callback: as in C."""
        if callback is not None:
            if properties:
                raise TypeError('Properties need a FlowRun of their own, or await')
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
            exception = original(error)
        raise exception

    def plot(self, file, run=None, cancellable=None, callback=None, *user_data, direction=None):
        """await flow.plot('plan.svg'): draws the flow into a file, whose suffix says how: .svg,
        .png or .pdf (by Graphviz), .dot, .mmd. With a run, by the states of its nodes.

        file: a path, or a Gio.File
        direction: a FlowDirection, in place of the property. With a callback: as in C."""
        if callback is not None:
            with self._turned(direction):
                return super().plot(_file(file), run, cancellable, callback, *user_data)
        return self._plot(_file(file), run, cancellable, direction)

    async def _plot(self, file, run, cancellable, direction):
        def start(ready):
            with self._turned(direction):  # the flow is read before it returns
                _Flow.plot(self, file, run, own, ready)

        with _linked(cancellable) as own:
            results, cancelled = await finished(start, own.cancel)
        try:
            self.plot_finish(results.pop())
        except GLib.Error:
            if cancelled is None:
                raise
        if cancelled is not None:
            raise cancelled
        return True

    def plot_sync(self, file, run=None, cancellable=None, *, direction=None):
        """Draws the flow into a file and waits. Otherwise as plot()."""
        cancellable = cancellable or Gio.Cancellable()
        with blocking(cancellable.cancel), self._turned(direction):
            return super().plot_sync(_file(file), run, cancellable)

    @contextlib.contextmanager
    def _turned(self, direction):
        """Pictures of the flow go in the direction meanwhile, if one is given."""
        kept = self.get_direction()
        self.set_direction(kept if direction is None else direction)
        try:
            yield
        finally:
            self.set_direction(kept)

    def execute_sync(self, cancellable=None, **properties):
        """Runs the flow and waits, also inside of a running loop. Otherwise as execute()."""
        run = self._new_run(properties)
        run.execute_sync(cancellable)
        return run

    def _new_run(self, properties):
        run = GFlow.FlowRun.new(self)
        journal = properties.pop('journal', None)
        if properties:
            run.set_properties(**properties)
        run._set_journal(journal)
        return run


Flow = override(Flow)


# FlowQuestion

def _to_variant(value):
    if value is None or isinstance(value, GLib.Variant):
        return value
    for kind, code in (bool, 'b'), (int, 'x'), (float, 'd'), (str, 's'):
        if isinstance(value, kind):
            return GLib.Variant(code, value)
    raise TypeError(f'{value!r} has to be made a GLib.Variant')


class FlowQuestion(GFlow.FlowQuestion):
    """What a node asks: see FlowRun.ask(). Handlers of run.connect('ask', …) take it: they
    return True, and call question.answer(value) then or later."""

    def answer(self, answer):
        """answer: a GLib.Variant, or a bool, int, float or str"""
        super().answer(_to_variant(answer))


FlowQuestion = override(FlowQuestion)


def _question(question, choices, default):
    if isinstance(question, GFlow.FlowQuestion):
        return question
    return GFlow.FlowQuestion.new(question, choices, _to_variant(default))


# FlowRun

_FlowRun = GFlow.FlowRun


class FlowRun(Shown, GFlow.FlowRun):
    """One passage through a flow: what flow.execute() returns, or FlowRun(flow) to watch it.

        run = GFlow.FlowRun(flow, keep_results=True)
        run.connect('notify::fraction', show_progress)
        await run.execute()                 # or: run.execute_sync()
        run[function]                       # its result, or the exception that it raised
        for step in run: …                  # all nodes: step.node, .state, .reason, .message, …

    With journal='a-file' the run goes on where an earlier one of the same flow has stopped:
    what was done is not done again. A result that is plain data then is kept, and what reads it
    gets an equal object, not the same; a node with another one runs again.

    properties: on_error, parameters, deadline, keep_results, keep_record, journal, history"""

    def __init__(self, flow=None, **properties):
        if not isinstance(flow, GFlow.Flow):
            raise TypeError(f'A FlowRun needs the flow that it runs, not {flow!r}')
        journal = properties.pop('journal', None)
        super().__init__(flow=flow, **properties)
        self._set_journal(journal)

    def set_journal(self, journal):
        """journal: a Gio.File, or a path."""
        if isinstance(journal, (str, os.PathLike)):
            journal = Gio.File.new_for_path(os.fspath(journal))
        super().set_journal(journal)

    def _set_journal(self, journal):
        # Not as a property: PyGObject warns of a file that only it holds.
        if journal is not None:
            self.set_journal(journal)

    def _prepare(self):
        # Not anew: to execute a run twice is an error, which leaves the first time alone.
        self.__dict__.setdefault('_exceptions', {})
        self.__dict__.setdefault('_variables', contextvars.copy_context())
        parts = self.get_flow()._parts()
        parts.resolve()
        for runs in parts.scopes:
            runs.add(self)

    def execute(self, cancellable=None, callback=None, *user_data):
        """await run.execute(): as flow.execute(), for a run that was set up before."""
        self._prepare()
        if callback is not None:
            return super().execute(cancellable, callback, *user_data)
        return self._execute(cancellable)

    async def _execute(self, cancellable):
        # Nothing here may hold the run in a way that the garbage collector does not see, such as
        # a bound method of C, or the result: the run holds the exception, which holds this frame.
        # The reference spares C to tell Python whenever another one comes and goes.
        held = GObject.Value(_FlowRun, self)
        try:
            results, cancelled = await finished(
                lambda ready: _FlowRun.execute(self, cancellable, ready), lambda: self.cancel())
        finally:
            held.unset()
        try:
            self.execute_finish(results.pop())
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
            exception = original(error, self)
        finally:
            del result
        raise exception

    def execute_sync(self, cancellable=None):
        self._prepare()
        try:
            with blocking(self.cancel):
                return super().execute_sync(cancellable)
        except GLib.Error as error:
            exception = original(error, self)
        raise exception

    async def _ended(self):
        """Waits until nothing of a run that was started runs any more, whoever started it."""
        if self.get_state() == GFlow.FlowRunState.RUNNING:
            _, cancelled = await finished(
                lambda ready: self.connect('always', lambda run: ready(run, None)), lambda: None)
            return cancelled
        return None

    async def wait(self):
        """Waits for the end of a run that was started, like one of spawn(). Raises as execute() does."""
        cancelled = await self._ended()
        if cancelled is not None:
            raise cancelled
        if self.get_error() is not None:
            raise original(self.get_error(), self)
        return self

    # While it runs: from the body of node

    def spawn(self, node, subflow, **properties):
        """Starts a run of subflow as a part of a node, which ends when the run has, too.

        properties: of the run. Without parameters it has those of this one. Returns the run:
        a coroutine may wait for it, ``(await run.spawn(node, flow).wait())[function]``."""
        properties.setdefault('parameters', self.get_parameters())
        subrun = FlowRun(subflow, **properties)
        self.spawn_run(node, subrun)
        return subrun

    def spawn_run(self, node, subrun):
        for name in '_exceptions', '_variables':
            if name in self.__dict__:
                subrun.__dict__.setdefault(name, self.__dict__[name])
        subrun._prepare()
        super().spawn_run(self.find(node), subrun)

    def _pictured(self):
        return self.get_flow(), self

    def set_result(self, node, value):
        """value: any Python object, or a GObject.Value."""
        boxed = box(value)
        if boxed.g_type == GObject.TYPE_PYOBJECT and self.get_journal() is not None:
            boxed = box(keep(value))
        super().set_result(self.find(node), boxed)

    def get_result(self, node):
        """The result of a node, function or name; None if there is none."""
        value = super().get_result(self.find(node))
        if isinstance(value, GFlow.FlowValues):
            return [kept(value.get_value(i)) for i in range(value.get_n_values())]
        return kept(value)

    def set_node_progress(self, node, fraction=-1.0, message=None):
        """Tells how far a node is that runs: fraction from 0 to 1, message for people.

        From any thread, as often as wanted. What is not given stays as it is."""
        super().set_node_progress(self.find(node), fraction, message)

    def fail_node(self, node, error):
        """error: any exception"""
        super().fail_node(self.find(node), to_error(self, error))

    def get_map_item(self, node):
        return unbox(super().get_map_item(node))

    def find(self, node):
        """The node that a name or a function stands for."""
        return node if isinstance(node, GFlow.FlowNode) else self.get_flow().find(node)

    def __bool__(self):
        return True  # also without a step

    async def ask(self, node, question, *, choices=None, default=None):
        """answer = await run.ask(node, 'Overwrite?', choices=['yes', 'no'], default='no')

        default: if nobody is connected to 'ask'."""
        node, question = self.find(node), _question(question, choices, default)
        waiting = []

        def ready(source, result):
            if waiting:
                waiting.pop()(source, result)

        def start(found):
            waiting.append(found)
            self.ask_question(node, question, ready)

        # Who does not wait any more does not need the answer.
        results, cancelled = await finished(start, lambda: ready(None, None))
        if cancelled is not None:
            raise cancelled
        return self.ask_question_finish(results.pop()).unpack()

    def ask_sync(self, node, question, *, choices=None, default=None):
        """The same for a function on a worker, which waits."""
        return self.ask_question_sync(self.find(node), _question(question, choices, default)).unpack()

    def select(self, node, *downstreams):
        """A branch: of the downstreams of node only these go on, or none. From its body."""
        for item in downstreams or [None]:
            super().select(self.find(node), item and self.find(item))

    def __getitem__(self, node):
        """The result of a node, function or name; or its exception, if it failed.

        With a number, or a slice: that step. A run is the list of its steps."""
        if isinstance(node, (int, slice)):
            return super().__getitem__(node)
        node = self.find(node)
        value = self.get_result(node)
        if value is not None:
            return value
        if self.get_node_state(node) == GFlow.FlowNodeState.FAILED:
            raise original(self.get_node_error(node), self)
        reason = self.dup_node_reason(node)
        if self.get_node_state(node) == GFlow.FlowNodeState.DONE:
            if self.get_keep_results() or not node.get_downstreams().get_n_items():
                return None
            reason = ('the last node that could read it has ended (or there was none): '
                      'keep_results=True keeps all')
        raise KeyError(f'{node.get_name()} has no result' + (reason and f': {reason}' or ''))


def _takes_node(name):
    """Lets a method take functions and names, too."""
    method = getattr(GFlow.FlowRun, name)

    @functools.wraps(method)
    def call(self, node, *arguments):
        return method(self, self.find(node), *arguments)

    setattr(FlowRun, name, call)


for _name in ('cancel_node', 'retry_node', 'set_node_priority', 'set_result_variant',
              'dup_result_variant', 'dup_result_object', 'dup_result_list', 'get_node_state',
              'get_node_error', 'dup_node_reason', 'get_node_cancellable', 'defer_node',
              'complete_node', 'get_step'):
    _takes_node(_name)

FlowRun = override(FlowRun)
