# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Nodes, and what is put together of them."""

import operator

from gi.repository import GObject

from ..module import get_introspection_module
from ..overrides import override
from ._gflow_body import (CoroutineBody, TaskBody, new_body, not_for_workers, raw_body,
                          raw_task_body)

GFlow = get_introspection_module('GFlow')


def several(what):
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
        if spec.value_type in _INTEGERS:
            value = operator.index(value)
            if value in range(-2**31, 2**32) and not spec.minimum <= value <= spec.maximum:
                raise OverflowError(f'{value} not in range {spec.minimum} to {spec.maximum}')
        node.set_property(name, value)
    except (OverflowError, TypeError) as error:
        raise type(error)(f'{name}: {error}') from None


_FlowNode = GFlow.FlowNode


def new_node(name, body):
    if body is None:
        return _FlowNode.new(name)
    node = (_FlowNode.new_for_task if isinstance(body, TaskBody) else _FlowNode.new)(name, body)
    if isinstance(body, CoroutineBody):
        node.set_placement(GFlow.FlowPlacement.CONTEXT)
        node.set_can_defer(True)
    node._body = body
    return node


def new_node_for(function, name=None):
    """A node that function stands for."""
    body = new_body(function)
    name = name or getattr(function, '__name__', None)
    return new_node(None if name == '<lambda>' else name, body)


def check_locks(lock):
    for item in several(lock):
        if not isinstance(item, GFlow.FlowLock):
            raise TypeError(f'lock: {item!r} is no GFlow.FlowLock')


def set_up_node(node, lock, retries, properties):
    if retries:
        properties.setdefault('max_retries', retries)
    for item, value in properties.items():
        _set_property(node, item, value)
    check_locks(lock)
    for item in several(lock):
        node.add_lock(item)


class FlowNode(GFlow.FlowNode):
    """One step of a flow: what it does, and what it waits for. Mostly made by @flow.node."""

    __module__ = 'gi.overrides.GFlow'  # by which PyGObject knows what it overrides

    _body = None

    @classmethod
    def new(cls, name, func=None, *user_data):
        return new_node(name, None if func is None else raw_body(func, user_data))

    @classmethod
    def new_for_task(cls, name, func, *user_data):
        """func: as in C, or a coroutine function, which needs not return on the task."""
        return new_node(name, raw_task_body(func, user_data))

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

    def __repr__(self):
        return f'<GFlow.FlowNode name={self.get_name()!r}>'

    def _edited(self, flow):
        if flow is not None:
            flow._parts().edited(self)


FlowNode = override(FlowNode)


class FlowGroup(GFlow.FlowGroup):
    """Nodes in series or in parallel: made by Series(), Parallel() and WithLock()."""

    __module__ = 'gi.overrides.GFlow'  # by which PyGObject knows what it overrides

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
            node = new_node_for(node)
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
