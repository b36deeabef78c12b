# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Executors: classes whose methods serve requests."""

import asyncio
import inspect
import math
import sys
import types

from gi.repository import Gio, GLib, GObject

from ..module import get_introspection_module
from ._gflow_documents import _list_of as list_of
from ._gflow_documents import from_variant, to_variant
from ._gflow_interrupt import bodies
from ._gflow_loop import new_host
from ._gflow_values import to_error

GFlow = get_introspection_module('GFlow')


def requests(function=None, *, on=None):
    """Decorator: the method serves the requests for an endpoint, or for several.

        @requests                   # all that no other method serves
        @requests(on='/index')
        @requests(on=['/search', '/find'])

    It takes what it asks for by name: docs (a list that can be changed), parameters (a dict),
    request, cancellable. It changes the documents, or returns others, or a dict, which is
    its result. An ordinary method is called on a worker thread, a coroutine in the event loop."""
    if function is None:
        return lambda function: requests(function, on=on)
    endpoints = [on] if on is None or isinstance(on, str) else list(on)
    function._gflow_endpoints = [*getattr(function, '_gflow_endpoints', []), *endpoints]
    return function


class _Method:
    """A method on its way into C: holds no executor, so that there is no circle."""

    def __init__(self, function):
        self.function = function
        parameters = inspect.signature(function).parameters.values()
        self.takes_all = any(item.kind is item.VAR_KEYWORD for item in parameters)
        self.names = {item.name for item in parameters}

    def call(self, executor, request, cancellable):
        offered = {
            'docs': request.get_documents, 'parameters': lambda: from_variant(request.get_parameters()),
            'request': lambda: request, 'cancellable': lambda: cancellable,
        }
        return self.function(executor, **{name: make() for name, make in offered.items()
                                          if self.takes_all or name in self.names})

    def leave(self, request, value):
        """What the method has returned becomes of the request."""
        if value is None:
            return
        if isinstance(value, dict):
            request.set_result(to_variant(value))
        elif isinstance(value, Gio.ListModel):
            request.set_documents(value)
        elif isinstance(value, (list, tuple)):
            request.set_documents(list_of(value))
        else:
            raise TypeError(f'{self.function.__qualname__} has returned {value!r}: it may return '
                            'None, documents, or a dict')


class SyncMethod(_Method):
    def __call__(self, executor, request, cancellable, *_):
        bodies.depth += 1
        try:
            self.leave(request, self.call(executor, request, cancellable))
            return True
        except BaseException as exception:
            error = to_error(request, exception)
        finally:
            bodies.depth -= 1
        raise error


_waiting = set()  # asyncio keeps weak references only


def _return_on_task(job, value, exception):
    _waiting.discard(job)
    method, request, task, handler = job.data
    GObject.Object.disconnect(task.get_cancellable(), handler)
    if exception is None:
        try:
            method.leave(request, value)
        except Exception as failure:
            exception = failure
    if exception is None:
        task.return_boolean(True)
    else:
        task.return_error(to_error(request, exception))


class CoroutineMethod(_Method):
    def __call__(self, executor, request, task, *_):
        try:
            host = new_host(None)
            job = host.start(self.call(executor, request, task.get_cancellable()),
                             self.function.__name__)
            if job is None:
                self.leave(request, host.take_value() if host.value is not None else None)
                task.return_boolean(True)
            else:
                self.wait(job, request, task)
            return
        except BaseException as exception:
            error = to_error(request, exception)
        raise error

    def wait(self, job, request, task):
        cancellable = task.get_cancellable()
        # Not Gio.Cancellable.connect, which would call back at once and under its lock.
        handler = GObject.Object.connect(cancellable, 'cancelled', lambda _: job.cancel())
        job.data = self, request, task, handler
        job.ended = _return_on_task
        _waiting.add(job)
        if cancellable.is_cancelled():
            job.cancel()


def bind_method(executor, endpoint, function):
    if inspect.iscoroutinefunction(function):
        executor.bind_task(endpoint, CoroutineMethod(function))
    else:
        executor.bind(endpoint, SyncMethod(function))


class FlowExecutor(GFlow.FlowExecutor):
    """Serves requests: a class whose methods say for which endpoints they are.

        class Shouter(GFlow.FlowExecutor):
            @GFlow.requests(on='/shout')
            def shout(self, docs, **kwargs):
                for doc in docs:
                    doc.text = doc.text.upper()

        flow = GFlow.Flow().add(uses=Shouter)
        with flow:
            flow.post('/shout', ['hello'], on_done=print)"""

    __module__ = 'gi.overrides.GFlow'  # by which PyGObject knows what it overrides

    def __init__(self, *_ignored, **properties):
        known = {pspec.name for pspec in GObject.list_properties(type(self))}
        for name in properties:
            if name.replace('_', '-') not in known:
                raise TypeError(f'{type(self).__name__} has no parameter {name!r}')
        super().__init__(**properties)
        self._bind()

    def _bind(self):
        if self.__dict__.get('_gflow_bound'):
            return
        self.__dict__['_gflow_bound'] = True
        for klass in reversed(type(self).__mro__):
            for function in vars(klass).values():
                for endpoint in getattr(function, '_gflow_endpoints', ()):
                    bind_method(self, endpoint, function)

    @property
    def metas(self):
        """Its metadata: name, description, workspace."""
        return types.SimpleNamespace(**{'name': self.get_name(), 'workspace': None,
                                        'description': self.get_description(),
                                        **self.__dict__.get('_gflow_metas', {})})

    def _configure(self, metas, endpoints):
        self._bind()
        for name in metas:
            if name not in ('name', 'description', 'workspace'):
                raise TypeError(f'uses_metas: there is no {name!r}: there are name, description '
                                'and workspace')
        if metas:
            self.__dict__['_gflow_metas'] = dict(metas)
        if 'name' in metas:
            self.set_name(metas['name'])
        if 'description' in metas:
            self.set_description(metas['description'])
        if 'workspace' in metas:
            self.set_workspace(Gio.File.new_for_path(metas['workspace']))
        for endpoint, name in endpoints.items():
            function = getattr(type(self), name, None)
            if not callable(function):
                raise TypeError(f'uses_requests: {type(self).__name__} has no method {name!r}')
            bind_method(self, endpoint, function)
        return self


def _find_class(name):
    def subclasses(klass):
        for sub in klass.__subclasses__():
            yield sub
            yield from subclasses(sub)
    found = [klass for klass in subclasses(FlowExecutor) if klass.__name__ == name]
    if not found:
        raise ValueError(f'There is no class of executors {name!r}')
    return found[-1]


def make_executor(uses, with_, metas, endpoints):
    """The executor that uses= stands for; None lets the documents pass."""
    if isinstance(uses, dict):
        unknown = set(uses) - {'jtype', 'with', 'metas', 'requests'}
        if unknown:
            raise TypeError(f'uses: there is no {sorted(unknown)[0]!r}')
        with_ = {**uses.get('with', {}), **with_}
        metas = {**uses.get('metas', {}), **metas}
        endpoints = {**uses.get('requests', {}), **endpoints}
        uses = uses['jtype']
    if isinstance(uses, str):
        uses = _find_class(uses)
    if uses is None:
        if with_ or metas or endpoints:
            raise TypeError('uses_with, uses_metas and uses_requests need uses')
        return None
    if isinstance(uses, GFlow.FlowExecutor):
        if with_:
            raise TypeError('uses_with: the executor has been made already')
        return uses._configure(metas, endpoints)
    if not callable(uses):
        raise TypeError(f'uses: {uses!r} is no class of executors')

    def make(*_):
        executor = uses(**with_)
        if not isinstance(executor, GFlow.FlowExecutor):
            raise TypeError(f'uses: {uses!r} has made {executor!r}, which is no executor')
        return executor._configure(metas, endpoints)

    executor = make()
    executor.set_factory(make)
    return executor


def count_documents(inputs):
    """How many documents there are in what inputs= stands for; None if nobody knows."""
    if isinstance(inputs, Gio.ListModel):
        return inputs.get_n_items()
    if isinstance(inputs, (list, tuple, set, frozenset)):
        return len(inputs)
    return None


class Progress:
    """A bar on the standard error output."""

    WIDTH = 20

    def __init__(self, post):
        self.start = GLib.get_monotonic_time()
        GObject.Object.connect(post, 'always', self.show)

    def show(self, post, _request=None):
        n, total = post.get_n_done(), post.get_n_total()
        seconds = max(GLib.get_monotonic_time() - self.start, 1) / 1e6
        done = self.WIDTH if total <= 0 else math.floor(self.WIDTH * min(n / total, 1))
        bar = '█' * done + ' ' * (self.WIDTH - done) if total > 0 else '…'
        print(f'\r{bar} {n}{f"/{total}" if total > 0 else ""} requests, {seconds:.1f} s, '
              f'{n / seconds:.1f}/s', end='', file=sys.stderr, flush=True)

    def close(self):
        print(file=sys.stderr)


def in_event_loop():
    return asyncio._get_running_loop() is not None
