# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Executors: classes whose methods serve requests."""

import functools
import inspect
import operator
import types

from gi.repository import Gio, GObject

from ..module import get_introspection_module
from ..overrides import override
from ._gflow_documents import _list_of as list_of
from ._gflow_interrupt import bodies
from ._gflow_loop import new_host
from ._gflow_values import to_error
from ._gflow_variant import from_variant, to_variant

GFlow = get_introspection_module('GFlow')


def batching_of(endpoint, preferred_batch_size, timeout=0):
    """How many documents are to be served together, and how long a request waits for others."""
    try:
        size, timeout = operator.index(preferred_batch_size), operator.index(timeout)
    except TypeError as error:
        raise TypeError(f'Batches{" of " + endpoint if endpoint else ""}: {error}') from None
    if size < 0 or timeout < 0:
        raise ValueError('Neither a batch nor what it waits for is less than 0')
    return size, timeout


def requests(function=None, *, on=None, preferred_batch_size=None, timeout=0):
    """Decorator: the method serves the requests for an endpoint, or for several.

        @requests                   # all that no other method serves
        @requests(on='/index')
        @requests(on=['/search', '/find'])
        @requests(on='/encode', preferred_batch_size=16, timeout=100)

    preferred_batch_size: it is called for the documents of several requests at once: requests wait
        until there are so many documents
    timeout: or for so long, in milliseconds; with 0 they only gather while it is busy

    It takes what it asks for by name: docs (a list that can be changed), parameters (a dict),
    docs_matrix (the lists of documents that branches or shards have left, or None), request,
    cancellable. It changes the documents, or returns others, or a dict, which is
    its result. An ordinary method is called on a worker thread, a coroutine in the event loop."""
    if function is None:
        return functools.partial(requests, on=on, preferred_batch_size=preferred_batch_size,
                                 timeout=timeout)
    if not callable(function):
        raise TypeError(f'@requests takes on={function!r} by its name')
    if preferred_batch_size is not None:
        function._gflow_batching = batching_of(None, preferred_batch_size=preferred_batch_size,
                                               timeout=timeout)
    elif timeout:
        raise TypeError('timeout: of batches, which have a preferred_batch_size')
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
        if 'docs_matrix' in self.names:
            offered['docs_matrix'] = lambda: self.make_matrix(request)
        return self.function(executor, **{name: make() for name, make in offered.items()
                                          if self.takes_all or name in self.names})

    @staticmethod
    def make_matrix(request):
        """What the request was made of just before: lists of documents, or None."""
        matrix = [list(part.get_documents()) for part in request.dup_parts() or ()]
        return matrix if any(matrix) else None

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


# Coroutines: (owner, task, handler, leave) is what their jobs have; leave is given the value.

_waiting = set()  # asyncio keeps weak references only


def _return_on_task(job, value, exception):
    _waiting.discard(job)
    owner, task, handler, leave = job.data
    GObject.Object.disconnect(task.get_cancellable(), handler)
    if exception is None:
        try:
            leave(value)
        except Exception as failure:
            exception = failure
    if exception is None:
        task.return_boolean(True)
    else:
        task.return_error(to_error(owner, exception))


def _run_on_task(coroutine, name, owner, task, leave):
    """Returns on the task when the coroutine has ended. Raises what it raises at once."""
    host = new_host(None)
    job = host.start(coroutine, name)
    if job is None:
        leave(host.take_value() if host.value is not None else None)
        task.return_boolean(True)
        return
    cancellable = task.get_cancellable()
    # Not Gio.Cancellable.connect, which would call back at once and under its lock.
    handler = GObject.Object.connect(cancellable, 'cancelled', lambda _: job.cancel())
    job.data = owner, task, handler, leave
    job.ended = _return_on_task
    _waiting.add(job)
    if cancellable.is_cancelled():
        job.cancel()


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


class CoroutineMethod(_Method):
    def __call__(self, executor, request, task, *_):
        try:
            _run_on_task(self.call(executor, request, task.get_cancellable()),
                         self.function.__name__, request, task,
                         functools.partial(self.leave, request))
            return
        except BaseException as exception:
            error = to_error(request, exception)
        raise error


def bind_method(executor, endpoint, function):
    if inspect.iscoroutinefunction(function):
        executor.bind_task(endpoint, CoroutineMethod(function))
    else:
        executor.bind(endpoint, SyncMethod(function))
    executor.set_batching(endpoint, *getattr(function, '_gflow_batching', (0, 0)))


# What C calls of a class: do_setup() and others, as in C; and setup() and teardown().

_VOID = 'start', 'start_setup', 'start_teardown'
_SETUPS = 'setup', 'start_setup'


def _for_c(function, name):
    """Tells C what it raises; what returns nothing has succeeded."""
    @functools.wraps(function)
    def call(self, *arguments):
        bodies.depth += 1
        try:
            if name in _SETUPS:
                self.__dict__.pop('_gflow_failure', None)
                self._construct()
            value = function(self, *arguments)
            return None if name in _VOID else value is None or bool(value)
        except BaseException as exception:
            if name in _SETUPS:
                self.__dict__['_gflow_failure'] = exception
            error = to_error(self, exception)
        finally:
            bodies.depth -= 1
        raise error
    return call


def _on_worker(name):
    def call(self, _cancellable):
        method = getattr(self, name, None)
        if method is not None:
            method()
    return call


async def _noting(executor, coroutine):
    try:
        await coroutine
    except BaseException as exception:
        executor.__dict__['_gflow_failure'] = exception
        raise


def _on_task(name):
    def call(self, task):
        coroutine = getattr(self, name)()
        if inspect.iscoroutine(coroutine):
            if name == 'setup':
                coroutine = _noting(self, coroutine)
            _run_on_task(coroutine, name, self, task, lambda _: None)
        else:
            task.return_boolean(True)
    return call


def _define_for_c(klass):
    """Before PyGObject looks for what C calls."""
    for name in 'setup', 'teardown':
        method = getattr(klass, name, None)
        if inspect.iscoroutinefunction(method):
            made = f'do_start_{name}', _on_task(name)
        elif method is not None or name == 'setup' and FlowExecutor in klass.__bases__:
            made = f'do_{name}', _on_worker(name)
        else:
            continue
        if made[0] not in vars(klass):
            setattr(klass, *made)
    for name in ('process', 'setup', 'teardown', *_VOID):
        function = vars(klass).get(f'do_{name}')
        if function is not None:
            setattr(klass, f'do_{name}', _for_c(function, name))


class FlowExecutor(GFlow.FlowExecutor):
    """Serves requests: a class whose methods say for which endpoints they are.

        class Shouter(GFlow.FlowExecutor):
            @GFlow.requests(on='/shout')
            def shout(self, docs, **kwargs):
                for doc in docs:
                    doc.text = doc.text.upper()

        flow = GFlow.Flow().add(uses=Shouter)
        with flow:
            flow.post('/shout', ['hello'], on_done=print)

    setup() and teardown(), if there are such methods, are called when the flow opens and closes: on a
    worker thread, or as coroutines. The class itself is called when the flow opens for the first time,
    before its setup()."""

    __module__ = 'gi.overrides.GFlow'  # by which PyGObject knows what it overrides

    def __init__(self, *_ignored, **properties):
        known = {pspec.name for pspec in GObject.list_properties(type(self))}
        for name in properties:
            if name.replace('_', '-') not in known:
                raise TypeError(f'{type(self).__name__} has no parameter {name!r}')
        if '_gflow_arguments' in self.__dict__:
            self.set_properties(**properties)
        else:
            super().__init__(**properties)
        self._bind()

    def __init_subclass__(cls, **options):
        super().__init_subclass__(**options)
        _define_for_c(cls)

    @classmethod
    def _later(cls, arguments):
        """An object of which __init__() is called when it is set up."""
        construct_only = GObject.ParamFlags.CONSTRUCT_ONLY
        if cls.__init__ is FlowExecutor.__init__ or any(
                pspec.flags & construct_only for pspec in GObject.list_properties(cls)):
            return cls(**arguments)
        inspect.signature(cls.__init__).bind(None, **arguments)
        executor = cls.__new__(cls)
        super(FlowExecutor, executor).__init__()
        executor.__dict__['_gflow_arguments'] = arguments
        return executor

    def _construct(self):
        arguments = self.__dict__.get('_gflow_arguments')
        if arguments is not None:
            self.__init__(**arguments)
            del self.__dict__['_gflow_arguments']

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

    def _configure(self, metas, endpoints, batchings):
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
        for endpoint, batching in batchings.items():
            self.set_batching(endpoint, *batching)
        return self


FlowExecutor = override(FlowExecutor)
