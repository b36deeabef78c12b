# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Runs, and what they ask."""

import contextvars
import functools
import os

from gi.repository import Gio, GLib, GObject

from ..module import get_introspection_module
from ..overrides import override
from ._gflow_body import unbox
from ._gflow_loop import blocking, finished
from ._gflow_notebook import Shown
from ._gflow_values import box, item_of, keep, kept, original, to_error

GFlow = get_introspection_module('GFlow')


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

    __module__ = 'gi.overrides.GFlow'  # by which PyGObject knows what it overrides

    def answer(self, answer):
        """answer: a GLib.Variant, or a bool, int, float or str"""
        super().answer(_to_variant(answer))


FlowQuestion = override(FlowQuestion)


class FlowStep(GFlow.FlowStep):
    """Where a node stands in a run, which is the list of these: .node, .state, .reason, …"""

    __module__ = 'gi.overrides.GFlow'  # by which PyGObject knows what it overrides

    def __repr__(self):
        return f'<GFlow.FlowStep node={self.get_node().get_name()!r} state={self.get_state().value_nick}>'


FlowStep = override(FlowStep)


def _question(question, choices, default):
    if isinstance(question, GFlow.FlowQuestion):
        return question
    return GFlow.FlowQuestion.new(question, choices, _to_variant(default))


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

    __module__ = 'gi.overrides.GFlow'  # by which PyGObject knows what it overrides

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

    def __repr__(self):
        return (f'<GFlow.FlowRun flow={self.get_flow().get_name()!r} '
                f'state={self.get_state().value_nick} done={self.get_n_done()}/{self.get_n_total()}>')

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
            return item_of(self, node, 'step')
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
