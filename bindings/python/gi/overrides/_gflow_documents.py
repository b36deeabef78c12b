# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Documents, where they come from, and where they go: with Python's own values."""

import collections.abc
import os

from gi.repository import Gio, GLib, GObject

from ..module import get_introspection_module
from ..overrides import override
from ._gflow_job import coroutine_of
from ._gflow_loop import blocking, finished, new_host
from ._gflow_values import original, to_error
from ._gflow_variant import from_variant, to_variant

GFlow = get_introspection_module('GFlow')

__all__ = ['FlowDocument', 'FlowFileSource', 'FlowReader', 'FlowSource', 'FlowWriter', 'document',
           'source']

_AT_ONCE = 100  # documents, where nobody says how many


def _override(cls):
    cls.__module__ = 'gi.overrides.GFlow'  # by which PyGObject finds the name space
    return override(cls)


def _bytes(value):
    return GLib.Bytes.new(bytes(value)) if value is not None and not isinstance(value, GLib.Bytes) \
        else value


def _tags(value):
    return to_variant(value) if value is not None else None


# Documents

class _Tags(collections.abc.MutableMapping):
    """The tags of a document."""

    def __init__(self, document):
        self._document = document

    def __getitem__(self, name):
        value = self._document.dup_tag(name)
        if value is None:
            raise KeyError(name)
        return from_variant(value)

    def __setitem__(self, name, value):
        self._document.set_tag(name, value)

    def __delitem__(self, name):
        if self._document.dup_tag(name) is None:
            raise KeyError(name)
        _FlowDocument.set_tag(self._document, name, None)

    def __iter__(self):
        return iter(self._document.get_tags().keys())

    def __len__(self):
        return self._document.get_tags().n_children()

    def __repr__(self):
        return repr(dict(self))


def _attribute(name, get, put=lambda value: value):
    return property(lambda self: get(getattr(self, f'get_{name}')()),
                    lambda self, value: getattr(self, f'set_{name}')(put(value)))


_FlowDocument = GFlow.FlowDocument


class FlowDocument(GFlow.FlowDocument):
    """One piece of the data that goes through a flow.

        document = GFlow.FlowDocument('Hello', id='greeting', tags={'language': 'en'})
        document.text, document.tags['language']

    id, text, blob (bytes), uri, mime_type: or None. tags: a dictionary of numbers, strings,
    bytes, None, lists and dictionaries."""

    def __init__(self, text=None, *, blob=None, tags=None, **properties):
        super().__init__(text=text, blob=_bytes(blob), tags=_tags(tags), **properties)

    id = _attribute('id', lambda value: value)
    text = _attribute('text', lambda value: value)
    blob = _attribute('blob', lambda value: value and value.get_data())
    uri = _attribute('uri', lambda value: value)
    mime_type = _attribute('mime_type', lambda value: value)

    @property
    def tags(self):
        return _Tags(self)

    @tags.setter
    def tags(self, tags):
        self.set_tags(tags)

    @classmethod
    def new_for_blob(cls, blob):
        return super().new_for_blob(_bytes(blob))

    def set_blob(self, blob):
        super().set_blob(_bytes(blob))

    def set_tags(self, tags):
        super().set_tags(_tags(tags))

    def set_tag(self, name, value):
        """value: of Python. To remove a tag: del document.tags[name]"""
        super().set_tag(name, to_variant(value))

    def to_dict(self):
        """What it has, as a dictionary that GFlow.document() takes."""
        return from_variant(self.to_variant())

    def __repr__(self):
        members = ', '.join(f'{key}={value!r}' for key, value in self.to_dict().items())
        return f'<GFlow.FlowDocument {members}>'


FlowDocument = _override(FlowDocument)


def document(value):
    """A document of what can be one: a text, bytes, a dictionary, a GLib.Variant, a document.

    A dictionary has id, text, blob, uri, mime_type and tags; what has another name is a tag."""
    if isinstance(value, _FlowDocument):
        return value
    if isinstance(value, str):
        return FlowDocument(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return FlowDocument(blob=value)
    if isinstance(value, (collections.abc.Mapping, GLib.Variant)):
        return FlowDocument.new_from_variant(to_variant(value))
    raise TypeError(f'{value!r} is no document')


def _list_of(documents):
    if isinstance(documents, Gio.ListModel):
        return documents
    store = Gio.ListStore.new(_FlowDocument)
    for item in documents:
        store.append(document(item))
    return store


# Sources

_waiting = set()  # asyncio keeps weak references only


def _return_on_task(job, value, exception):
    _waiting.discard(job)
    task, handler = job.data
    if handler is not None:
        GObject.Object.disconnect(task.get_cancellable(), handler)
    if exception is None:
        task.return_boolean(True)
    else:
        task.return_error(to_error(None, exception))


def _follow(coroutine, task, name):
    """A coroutine that adds documents: its end is a return on the task."""
    try:
        job = new_host(None).start(coroutine, name)
    except BaseException as exception:
        task.return_error(to_error(None, exception))
        return
    if job is None:
        task.return_boolean(True)
        return
    cancellable, handler = task.get_cancellable(), None
    if cancellable is not None:
        handler = GObject.Object.connect(cancellable, 'cancelled', lambda _: job.cancel())
    job.data = task, handler
    job.ended = _return_on_task
    _waiting.add(job)
    if cancellable is not None and cancellable.is_cancelled():
        job.cancel()


async def _fill_from(iterator, n_documents, documents):
    while n_documents > 0:
        try:
            item = await iterator.__anext__()
        except StopAsyncIteration:
            return
        documents.append(document(item))
        n_documents -= 1


def _source_of_async(iterator):
    def fill(source, n_documents, documents, task):
        _follow(_fill_from(iterator, n_documents, documents), task, 'GFlow source')

    return GFlow.FlowSource.new_for_task_func(fill)


def _source_of(iterator):
    def fill(source, n_documents, documents):
        try:
            for item in iterator:
                documents.append(document(item))
                n_documents -= 1
                if n_documents == 0:
                    break
        except Exception as exception:
            error = to_error(None, exception)
        else:
            return True
        raise error

    return GFlow.FlowSource.new_for_func(fill)


def source(inputs):
    """A source of what there is: a list, iterator, generator or async generator of documents; a
    function that returns one, which is called; a list model; one document; a source.

    Documents are all that GFlow.document() takes. What is to be iterated is asked for an item
    when one is wanted."""
    if isinstance(inputs, GFlow.FlowSource):
        return inputs
    if isinstance(inputs, Gio.ListModel):
        return GFlow.FlowSource.new_for_model(inputs)
    if isinstance(inputs, GLib.Variant):
        return GFlow.FlowSource.new_for_variant(inputs)
    if isinstance(inputs, (_FlowDocument, str, bytes, bytearray, memoryview,
                           collections.abc.Mapping)):
        return _source_of(iter([inputs]))
    if isinstance(inputs, collections.abc.AsyncIterable):
        return _source_of_async(inputs.__aiter__())
    if isinstance(inputs, collections.abc.Iterable):
        return _source_of(iter(inputs))
    if callable(inputs):
        return source(inputs())
    raise TypeError(f'{inputs!r} gives no documents')


def _wrap_fill(fill):
    """A Python exception becomes the error, and a coroutine runs before the task returns."""
    def do_fill(source, n_documents, documents, task):
        try:
            awaitable = fill(source, n_documents, documents, task)
            if awaitable is not None:
                _follow(coroutine_of(awaitable), task, 'GFlow source')
            return
        except Exception as exception:
            error = to_error(None, exception)
        raise error

    return do_fill


def _wrap_fill_sync(fill_sync):
    def do_fill_sync(self, n_documents, documents, cancellable):
        try:
            fill_sync(self, n_documents, documents, cancellable)
        except Exception as exception:
            error = to_error(None, exception)
        else:
            return True
        raise error

    return do_fill_sync


class _Cancelling:
    """A cancellable of its own for an operation, which is cancelled with another one."""

    def __init__(self, other):
        self.own = Gio.Cancellable()
        self.other = other

    def __enter__(self):
        if self.other is not None:
            self.handler = GObject.Object.connect(self.other, 'cancelled',
                                                  lambda _: self.own.cancel())
            if self.other.is_cancelled():
                self.own.cancel()
        return self.own

    def __exit__(self, *exception):
        if self.other is not None:
            GObject.Object.disconnect(self.other, self.handler)


async def _awaited(start, finish, cancellable):
    """Waits for a GAsyncReadyCallback, and gives what finish() makes of the result."""
    with _Cancelling(cancellable) as own:
        results, cancelled = await finished(lambda ready: start(own, ready), own.cancel)
    try:
        value = finish(results.pop())
    except Exception:
        if cancelled is None:
            raise
    if cancelled is not None:
        raise cancelled
    return value


def _blocked(function, cancellable):
    with _Cancelling(cancellable) as own:
        try:
            with blocking(own.cancel):
                return function(own)
        except GLib.Error as error:
            exception = original(error)
    raise exception


_FlowSource = GFlow.FlowSource
_next, _next_finish, _next_sync = (_FlowSource.next, _FlowSource.next_finish,
                                   _FlowSource.next_sync)


class FlowSource(GFlow.FlowSource):
    """Where documents come from: GFlow.source() makes one of anything that can be iterated.

        for document in source: …
        async for document in source: …
        documents = await source.next(10)       # or: source.next_sync(10); empty at the end

    A class of its own has do_fill_sync(self, n_documents, documents, cancellable), which appends
    to the list documents; or a coroutine, async def do_fill(self, n_documents, documents, task).
    """

    def __init_subclass__(cls, **arguments):
        super().__init_subclass__(**arguments)
        if 'do_fill' in vars(cls):
            cls.do_fill = _wrap_fill(cls.do_fill)
        if 'do_fill_sync' in vars(cls):
            cls.do_fill_sync = _wrap_fill_sync(cls.do_fill_sync)

    def next(self, n_documents=_AT_ONCE, cancellable=None, callback=None, *user_data):
        """await source.next(n): a list of the next n documents. With a callback: as in C."""
        if callback is not None:
            return _next(self, n_documents, cancellable, callback, *user_data)
        return _awaited(lambda own, ready: _next(self, n_documents, own, ready),
                        self.next_finish, cancellable)

    def next_finish(self, result):
        try:
            return _next_finish(self, result)
        except GLib.Error as error:
            exception = original(error)
        raise exception

    def next_sync(self, n_documents=_AT_ONCE, cancellable=None):
        return _blocked(lambda own: _next_sync(self, n_documents, own), cancellable)

    def __iter__(self):
        while documents := self.next_sync():
            yield from documents

    async def __aiter__(self):
        while documents := await self.next():
            for item in documents:
                yield item


FlowSource = _override(FlowSource)


# Files

_FORMATS = {'.csv': 'CSV', '.json': 'JSON', '.jsonl': 'NDJSON', '.ndjson': 'NDJSON'}


def _set_up(properties, file):
    """What the constructors of readers and writers take: names of files, formats by them."""
    if isinstance(file, (str, bytes, os.PathLike)):
        file = Gio.File.new_for_path(os.fspath(file))
    if file is not None:
        properties['file'] = file
        suffix = os.path.splitext(file.get_basename() or '')[1].lower()
        properties.setdefault('format', getattr(GFlow.FlowFormat, _FORMATS.get(suffix, 'LINES')))
    return properties


class FlowReader(GFlow.FlowReader):
    """A source of the documents in a file: lines, CSV, JSON.

        for document in GFlow.FlowReader('questions.csv', fields={'question': 'text'}): …

    file: a Gio.File or a path, whose suffix says the format if nothing else does
    properties: format, stream, columns, has_header, delimiter, fields, max_length, skip_bad"""

    def __init__(self, file=None, *, fields=None, **properties):
        if fields is not None and not isinstance(fields, GLib.Variant):
            fields = GLib.Variant('a{ss}', fields)
        super().__init__(fields=fields, **_set_up(properties, file))

    def set_fields(self, fields):
        if fields is not None and not isinstance(fields, GLib.Variant):
            fields = GLib.Variant('a{ss}', fields)
        super().set_fields(fields)


FlowReader = _override(FlowReader)


class FlowFileSource(GFlow.FlowFileSource):
    """A source of files.

        GFlow.FlowFileSource('notes/**/*.txt', contents=GFlow.FlowContents.TEXT)

    properties: folder, pattern, contents, max_length, skip_bad"""

    def __init__(self, glob=None, **properties):
        if glob is not None:
            found = GFlow.FlowFileSource.new_for_glob(glob)
            properties.update(folder=found.get_folder(), pattern=found.get_pattern())
        super().__init__(**properties)


FlowFileSource = _override(FlowFileSource)

_write, _close = GFlow.FlowWriter.write, GFlow.FlowWriter.close
_write_sync, _close_sync = GFlow.FlowWriter.write_sync, GFlow.FlowWriter.close_sync


class FlowWriter(GFlow.FlowWriter):
    """Writes documents to a file: lines, CSV, JSON.

        with GFlow.FlowWriter('answers.ndjson') as writer:
            writer.write_sync(documents)        # or: async with, and await writer.write()

    documents: a list model, or any iterable of what GFlow.document() takes
    file: a Gio.File or a path, whose suffix says the format if nothing else does
    properties: format, stream, columns, has_header, delimiter"""

    def __init__(self, file=None, **properties):
        super().__init__(**_set_up(properties, file))

    def write(self, documents, cancellable=None, callback=None, *user_data):
        documents = _list_of(documents)
        if callback is not None:
            return _write(self, documents, cancellable, callback, *user_data)
        return _awaited(lambda own, ready: _write(self, documents, own, ready),
                        self.write_finish, cancellable)

    def write_sync(self, documents, cancellable=None):
        return _blocked(lambda own: _write_sync(self, _list_of(documents), own), cancellable)

    def close(self, cancellable=None, callback=None, *user_data):
        if callback is not None:
            return _close(self, cancellable, callback, *user_data)
        return _awaited(lambda own, ready: _close(self, own, ready), self.close_finish, cancellable)

    def close_sync(self, cancellable=None):
        return _blocked(lambda own: _close_sync(self, own), cancellable)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close_sync()

    async def __aenter__(self):
        return self

    async def __aexit__(self, *exception):
        await self.close()


FlowWriter = _override(FlowWriter)
