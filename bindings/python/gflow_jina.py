# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A drop-in for the pipelines of jina: programs on its Flow and AsyncFlow run on libgflow when they
import this instead.

    from gflow_jina import Document, Executor, Flow, requests

    class Shouter(Executor):
        @requests(on='/shout')
        def shout(self, docs, **kwargs):
            for doc in docs:
                doc.text = doc.text.upper()

    with Flow().add(uses=Shouter) as flow:
        flow.post('/shout', Document('hello'), on_done=print)

What is different, for the better:

* A request that fails raises what its executor has raised, from post(), unless continue_on_error is
  set; and so does a callback, or an iterable of inputs. on_error and on_always are called in any case.
* Numbers among the parameters stay what they are. What executors return is also in
  GFlow.FlowRequest.results.
* A name that is there already, and a keyword that is not known, are errors, not surprises.
* uses_requests is for one executor, not for its class.
* A Flow can be used in a coroutine, too, which it blocks.

What there is not: executors elsewhere, in containers, and from YAML; serving by HTTP, gRPC and
WebSocket.

New programs use ``GFlow.Flow`` itself, which also has GTK, results, progress, locks and more."""

import os

import gi

gi.require_version('GFlow', '1')
from gi.repository import GFlow, Gio, GLib

__all__ = ['AsyncFlow', 'Document', 'DocumentArray', 'Executor', 'Flow', 'Response',
           'dynamic_batching', 'from_csv', 'from_files', 'from_ndjson', 'requests']

requests = GFlow.requests


def dynamic_batching(function=None, *, preferred_batch_size, timeout=10000):
    """Decorator, beside @requests: the documents of several requests are served together, so many of
    them, or what there is after so many milliseconds."""
    if function is None:
        return lambda function: dynamic_batching(
            function, preferred_batch_size=preferred_batch_size, timeout=timeout)
    GFlow.requests(function, on=(), preferred_batch_size=preferred_batch_size, timeout=timeout)
    return function


def Document(content=None, **properties):
    """A GFlow.FlowDocument: content is its text, or, if it is bytes, its blob."""
    if isinstance(content, bytes):
        properties['blob'] = content
    elif content is not None:
        properties['text'] = content
    return GFlow.FlowDocument(**properties)


class DocumentArray(list):
    """Documents, in a list."""

    def save(self, file):
        """Writes them into a file that is open for text: a line of JSON for each."""
        for document in self:
            file.write(document.to_json() + '\n')


class Executor(GFlow.FlowExecutor):
    """A class whose methods serve requests. close() is called when the flow closes."""

    def __init__(self, metas=None, requests=None, runtime_args=None, **properties):
        super().__init__(**properties)

    def close(self):
        pass

    def teardown(self):
        self.close()


class Response:
    """A request that has come back: docs, parameters, and what a GFlow.FlowRequest has."""

    def __init__(self, request):
        self.request = request

    @property
    def docs(self):
        return DocumentArray(self.request.get_documents())

    @property
    def parameters(self):
        """Those of the request; '__results__' has what executors have returned, by their names."""
        parameters = self.request.get_parameters().unpack()
        results = self.request.dup_results().unpack()
        return {**parameters, '__results__': results} if results else parameters

    def __getattr__(self, name):
        return getattr(self.request, name)

    def __repr__(self):
        request = self.request
        return (f'<Response request_id={request.get_id()} endpoint={request.get_endpoint()} '
                f'docs={list(self.docs)!r} routes={[route.get_name() for route in request.get_routes()]}>')


class _Responses:
    """Of an AsyncFlow: nothing is sent before it is awaited or iterated over."""

    def __init__(self, post):
        self.post = post

    def __aiter__(self):
        return self._each()

    async def _each(self):
        async for request in self.post():
            yield Response(request)

    def __await__(self):
        return self._all().__await__()

    async def _all(self):
        return [response async for response in self]


class Flow:
    """A pipeline of executors.

    asyncio: that of an AsyncFlow, of which post() gives what is to be iterated over with
        ``async for``, or awaited
    inspect: what becomes of inspect(): 'COLLECT', 'HANG' or 'REMOVE'
    common: what is said to every add() that does not say otherwise"""

    def __init__(self, asyncio=False, inspect='COLLECT', **common):
        self._flow = GFlow.Flow()
        self._common = common
        self._is_async = asyncio
        self._tap = {'COLLECT': 'COLLECT', 'HANG': 'BESIDE', 'REMOVE': 'OFF'}[str(inspect).upper()]

    def add(self, *, no_reduce=False, **options):
        """See GFlow.Flow.add(). shards is parallel, floating is detached, and no_reduce leaves it to the
        executor to make one of the parts in its docs_matrix."""
        options = {**self._common, **options}
        for name, ours in ('shards', 'parallel'), ('floating', 'detached'):
            if name in options:
                if ours in options:
                    raise TypeError(f'{name} is the same as {ours}')
                options[ours] = options.pop(name)
        if no_reduce:
            options.setdefault('reducer', 'NONE')
        self._flow.add(**options)
        return self

    def needs(self, needs, name='joiner'):
        """A node that waits for several others."""
        self._flow.needs(needs, name)
        return self

    def needs_all(self, name='joiner'):
        """A node that waits for all that no other node waits for."""
        orphans = self._flow.get_orphans()
        if len(orphans) == 1:
            return self.add(name=name, needs=orphans[0])
        self._flow.needs_all(name)
        return self

    def inspect(self, name=None, **options):
        """An executor that looks at what the last one leaves: see GFlow.Flow.tap()."""
        self._flow.tap(options.pop('uses', None), name=name, mode=self._tap, **options)
        return self

    def gather_inspect(self, name=None, include_last_pod=True):
        """What inspect() has found is in the response anyway."""
        return self

    def plot(self, output, vertical_layout=False):
        """Draws the flow into a file, from left to right or from top to bottom."""
        self._flow.plot_sync(output, direction=GFlow.FlowDirection.TOP_TO_BOTTOM
                             if vertical_layout else GFlow.FlowDirection.LEFT_TO_RIGHT)
        return self

    def __enter__(self):
        self._flow.__enter__()
        return self

    def __exit__(self, *exception):
        return self._flow.__exit__(*exception)

    def post(self, on, inputs=None, on_done=None, on_error=None, on_always=None, parameters=None,
             target_peapod=None, request_size=100, show_progress=False, continue_on_error=False,
             return_results=False, **options):
        """See GFlow.Flow.post(). Returns a list of responses if return_results is set; of an
        AsyncFlow, what is to be iterated over."""
        def post():
            return GFlow.Flow.post(
                self._flow, on, inputs, _told(on_done), _told(on_error), _told(on_always),
                parameters=parameters, target=target_peapod or None, request_size=request_size,
                show_progress=show_progress, continue_on_error=continue_on_error,
                return_results=return_results, **options)

        if self._is_async:
            return _Responses(post)
        requests = post()
        if isinstance(requests, GFlow.FlowPost):  # in a coroutine
            requests = requests.collect_sync() if return_results else requests.run_sync() and None
        return [Response(request) for request in requests] if return_results else None

    def index(self, *arguments, **options):
        return self.post('/index', *arguments, **options)

    def search(self, *arguments, **options):
        return self.post('/search', *arguments, **options)

    def update(self, *arguments, **options):
        return self.post('/update', *arguments, **options)

    def delete(self, *arguments, **options):
        return self.post('/delete', *arguments, **options)

    def __getattr__(self, name):
        return getattr(self._flow, name)

    def __getitem__(self, key):
        return self._flow[key]

    def __len__(self):
        return len(self._flow)

    def __iter__(self):
        return iter(self._flow)

    def __bool__(self):
        return True  # also without an executor

    def __eq__(self, other):
        return isinstance(other, Flow) and self._flow.equal(other._flow)

    __hash__ = object.__hash__


class AsyncFlow(Flow):
    """A pipeline in an event loop: ``async for response in flow.post(…)``."""

    def __init__(self, inspect='COLLECT', **common):
        super().__init__(asyncio=True, inspect=inspect, **common)


def _told(callback):
    return callback and (lambda request: callback(Response(request)))


# Where documents come from

def _stream(file):
    """What an open file of Python still has, as a stream."""
    try:
        return Gio.UnixInputStream.new(os.dup(file.fileno()), True)
    except (AttributeError, OSError):
        content = file.read()
        content = content.encode() if isinstance(content, str) else content
        return Gio.MemoryInputStream.new_from_bytes(GLib.Bytes.new(content))


def from_csv(file, field_resolver=None):
    """The rows of an open CSV file. field_resolver: the fields of documents that columns are for."""
    return GFlow.FlowReader(format=GFlow.FlowFormat.CSV, stream=_stream(file), has_header=True,
                            fields=field_resolver)


def from_ndjson(file, field_resolver=None):
    """The lines of an open file, which are JSON."""
    return GFlow.FlowReader(format=GFlow.FlowFormat.NDJSON, stream=_stream(file),
                            fields=field_resolver)


def from_files(patterns):
    """Files, by patterns such as 'notes/**/*.txt'."""
    for pattern in [patterns] if isinstance(patterns, str) else patterns:
        yield from GFlow.FlowFileSource(pattern)
