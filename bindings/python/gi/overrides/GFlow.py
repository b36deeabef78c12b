# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What makes libgflow pleasant in Python: the C API stays as it is, and gets

* decorators: functions and coroutines become nodes, and stand for them afterwards;
* ``await`` for everything that has a callback in C, under asyncio and in a GLib main loop;
* Python objects as results, and exceptions that arrive as they were raised.

help(GFlow.Flow) shows how.
"""

import contextlib
import functools
import os
import weakref

from gi.repository import Gio, GLib

from ..module import get_introspection_module
from ..overrides import override
from ._gflow_body import items_of, new_item_body, upstreams_of
from ._gflow_documents import (FlowDocument, FlowFileSource, FlowReader, FlowSource, FlowWriter,
                               document, source)
from ._gflow_executor import FlowExecutor, requests
from ._gflow_history import FlowHistory
from ._gflow_lock import FlowLock, Lock, Semaphore
from ._gflow_loop import blocking, create_task, finished, linked
from ._gflow_node import (FlowGroup, FlowNode, Parallel, Sequence, Series, WithLock, check_locks,
                          new_node, new_node_for, set_up_node, several)
from ._gflow_notebook import Shown
from ._gflow_pipeline import in_event_loop, make_executor, reason_of
from ._gflow_post import FlowPost, FlowRequest
from ._gflow_run import FlowQuestion, FlowRun, FlowStep
from ._gflow_serving import Serving, _member as member_of
from ._gflow_values import item_of, original

GFlow = get_introspection_module('GFlow')

__all__ = ['Flow', 'FlowDocument', 'FlowExecutor', 'FlowFileSource', 'FlowGroup', 'FlowHistory',
           'FlowLock', 'FlowNode', 'FlowPost', 'FlowQuestion', 'FlowReader', 'FlowRequest',
           'FlowRun', 'FlowSource', 'FlowStep', 'FlowWriter', 'Lock', 'Parallel', 'Semaphore', 'Sequence',
           'Series', 'WithLock', 'create_task', 'document', 'requests', 'source']

# To make a thread known to Python costs more than to call a function: once is enough.
GFlow.Flow.set_worker_func(GFlow.Flow.work)


def _exists(message):
    return GLib.Error.new_literal(GFlow.FlowError.quark(), message, GFlow.FlowError.EXISTS)


def _file(file):
    return Gio.File.new_for_path(os.fspath(file)) if isinstance(file, (str, os.PathLike)) else file


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


def _add_note(exception, error):
    """Where it was raised, which the exception itself does not know; tracebacks show it."""
    if exception is not error and hasattr(exception, 'add_note'):
        exception.add_note(error.message)


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
        node = new_node_for(function, name)
        set_up_node(node, lock, retries, properties)
        self.add_node(node)
        for item in upstreams:
            node.add_upstream(item)
        return function

    def _check_new(self, function, upstream, name):
        if function in self._parts().nodes:
            raise _exists(f'{function!r} is in the flow already: as {self[function].get_name()}')
        upstreams = several(upstream)
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
        each = new_node(None, body)
        set_up_node(each, lock, retries, properties)
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
                      scheduling=None, reducer=None, when=None, lock=None, retries=0, tap=None, **properties):
        for item in properties:
            if not hasattr(GFlow.FlowNode.props, item):
                raise TypeError(f'A FlowNode has no property {item!r}')
        check_locks(lock)
        executor = make_executor(uses, uses_with or {}, uses_metas or {}, uses_requests or {},
                                 uses_dynamic_batching or {})
        if tap is None:
            needs = [item if isinstance(item, str) else self.find(item).get_name()
                     for item in several(needs)]
        serving = Serving(executor, uses_before, uses_after, polling, scheduling, reducer, when)
        if tap is None:
            node = self.add_executor(name, executor, needs or None)
        else:
            node = self.add_tap(name, None if needs is None else self.find(needs), executor, tap)
        serving.apply(node)
        set_up_node(node, lock, retries, properties)
        return self

    def add_executor(self, name=None, executor=None, needs=None):
        node = super().add_executor(name, executor, needs)
        self._parts().serves = True
        return node

    def add_tap(self, name, node, executor, tap):
        node = super().add_tap(name, node, executor, tap)
        self._parts().serves = True
        return node

    def tap(self, uses, *, node=None, mode='COLLECT', **options):
        """An executor that looks at what a node leaves, and changes nothing of what goes on from there.
        Returns the flow.

        node: the node, or its name; None for the one before
        mode: 'COLLECT': what it changes of the documents is in the response, which waits for it;
            'BESIDE': nobody waits for it; 'OFF': it is not there
        uses, options: as for add()"""
        if 'needs' in options:
            raise TypeError('A tap has a node, not needs')
        return self._add_executor(uses=uses, needs=node, tap=member_of(GFlow.FlowTap, mode, 'mode'),
                                  **options)

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
        return item_of(self, key, 'node') if isinstance(key, (int, slice)) else self.find(key)

    def __contains__(self, what):
        if isinstance(what, GFlow.FlowNode):
            return what.get_flow() is self
        try:
            return self.find(what) is not None
        except (KeyError, TypeError):
            return False

    def __bool__(self):
        return True  # also without a node

    def __repr__(self):
        return f'<GFlow.Flow name={self.get_name()!r} nodes={len(self)}>'

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
            _add_note(exception, error)
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
            _add_note(exception, error)
        if cancelled is not None:
            raise cancelled
        if exception is not None:
            raise exception from reason
        return True

    # Serving

    def post(self, endpoint, inputs=None, on_done=None, on_error=None, on_always=None,
             parameters=None, target=None, request_size=100, show_progress=False,
             continue_on_error=False, return_results=False, ordered=False, max_in_flight=0,
             n_total=None, request_timeout=0):
        """Sends documents through the executors, in requests of request_size each.

        inputs: documents, text or bytes, in any iterable, also an asynchronous one, or a
            function that returns one; a source; None for one request without documents
        on_done, on_error, on_always: called with each request that has come back
        parameters: a dict; what is in a dict under the name of a node is for that node only
        request_timeout: in milliseconds: a request that takes longer fails

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
        post.set_request_timeout(request_timeout)
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

        with linked(cancellable) as own:
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
