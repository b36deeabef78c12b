# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Streams of requests, to be awaited or iterated over."""

import collections.abc
import operator

from gi.repository import Gio, GLib

from ..module import get_introspection_module
from ..overrides import override
from ._gflow_documents import source
from ._gflow_loop import blocking, finished
from ._gflow_pipeline import Progress, count_documents
from ._gflow_values import original, to_error
from ._gflow_variant import to_variant

GFlow = get_introspection_module('GFlow')

_FlowPost = GFlow.FlowPost


class FlowPost(GFlow.FlowPost):
    """A stream of requests, made by flow.post(): to be awaited or iterated over.

        await flow.post('/index', documents, on_done=print)
        async for response in flow.post('/search', queries): ...
        for response in GFlow.FlowPost(flow=flow, endpoint='/search'): ..."""

    __module__ = 'gi.overrides.GFlow'  # by which PyGObject knows what it overrides

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

    __module__ = 'gi.overrides.GFlow'  # by which PyGObject knows what it overrides

    @property
    def docs(self):
        """The documents: a list."""
        return self.get_documents()


FlowRequest = override(FlowRequest)
