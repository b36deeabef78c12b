# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""How a node serves requests: which instances do, how their parts become one, and which documents
go there."""

import collections.abc
import inspect

from gi.repository import Gio

from ..module import get_introspection_module
from ._gflow_documents import _list_of as list_of
from ._gflow_interrupt import bodies
from ._gflow_pipeline import make_executor
from ._gflow_values import to_error
from ._gflow_variant import to_variant

GFlow = get_introspection_module('GFlow')

# As they are also called.
_SCHEDULINGS = {'LOAD_BALANCE': 'LEAST_BUSY'}


def _member(enum, value, what):
    """A member of an enumeration, also by its name, in whatever case."""
    if isinstance(value, str):
        name = value.upper()
        member = getattr(enum, _SCHEDULINGS.get(name, name), None)
        if isinstance(member, enum):
            return member
    elif isinstance(value, enum):
        return value
    raise ValueError(f'{what}: {value!r} is no {enum.__name__}')


def _pollings(polling):
    """For each endpoint; that of None is for all others. In a dict '*' stands for these, and all
    shards are searched unless it says otherwise."""
    if not isinstance(polling, collections.abc.Mapping):
        return {None: _member(GFlow.FlowPolling, polling, 'polling')}
    given = {'/search': GFlow.FlowPolling.ALL, '*': GFlow.FlowPolling.ANY, **polling}
    return {None if endpoint == '*' else endpoint: _member(GFlow.FlowPolling, item, 'polling')
            for endpoint, item in given.items()}


class _Reducer:
    """A function of a list of lists of documents, which gives documents."""

    def __init__(self, function):
        self.function = function

    def __call__(self, node, request, parts, *_):
        bodies.depth += 1
        try:
            documents = self.function([list(part.get_documents()) for part in parts])
            if documents is not None:
                request.set_documents(documents if isinstance(documents, Gio.ListModel)
                                      else list_of(documents))
            return True
        except BaseException as exception:
            error = to_error(request, exception)
        finally:
            bodies.depth -= 1
        raise error


class _Condition:
    def __init__(self, function):
        self.function = function

    def __call__(self, node, document, *_):
        bodies.depth += 1
        try:
            answer = self.function(document)
            if inspect.iscoroutine(answer):
                answer.close()
                raise TypeError('when: a coroutine can not say at once where a document goes')
            return bool(answer)
        except BaseException as exception:
            error = to_error(None, exception)
        finally:
            bodies.depth -= 1
        raise error


class Serving:
    """What add() was told of it, checked before there is a node."""

    def __init__(self, executor, uses_before, uses_after, polling, scheduling, reducer, when):
        if executor is None and not uses_before is uses_after is None:
            raise TypeError('uses_before and uses_after need uses')
        self.before = make_executor(uses_before, {}, {}, {}, {})
        self.after = make_executor(uses_after, {}, {}, {}, {})
        self.pollings = {} if polling is None else _pollings(polling)
        self.scheduling = scheduling and _member(GFlow.FlowScheduling, scheduling, 'scheduling')
        self.reducer = reducer if reducer is None or callable(reducer) \
            else _member(GFlow.FlowReducer, reducer, 'reducer')
        if self.reducer == GFlow.FlowReducer.CUSTOM:
            raise ValueError('reducer: a custom one is a function')
        self.when = when
        if when is not None and not callable(when):
            self.when = to_variant(when)
            GFlow.FlowNode.new('when', None).set_condition(self.when)

    def apply(self, node):
        if self.before is not None:
            node.set_before(self.before)
        if self.after is not None:
            node.set_after(self.after)
        for endpoint, polling in self.pollings.items():
            if endpoint is None:
                node.set_polling(polling)
            else:
                node.set_polling_for(endpoint, polling)
        if self.scheduling is not None:
            node.set_scheduling(self.scheduling)
        if callable(self.reducer):
            node.set_reducer_func(_Reducer(self.reducer))
        elif self.reducer is not None:
            node.set_reducer(self.reducer)
        if callable(self.when):
            node.set_condition_func(_Condition(self.when))
        elif self.when is not None:
            node.set_condition(self.when)
