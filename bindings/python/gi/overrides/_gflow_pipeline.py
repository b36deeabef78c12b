# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Flows of executors, and what is posted to them."""

import asyncio
import collections.abc
import math
import sys

from gi.repository import Gio, GLib, GObject

from ..module import get_introspection_module
from ._gflow_executor import FlowExecutor, batching_of

GFlow = get_introspection_module('GFlow')


def _find_class(name):
    def subclasses(klass):
        for sub in klass.__subclasses__():
            yield sub
            yield from subclasses(sub)
    found = [klass for klass in subclasses(FlowExecutor) if klass.__name__ == name]
    if not found:
        raise ValueError(f'There is no class of executors {name!r}')
    return found[-1]


def _batchings(batchings):
    """Of each endpoint; that of None is for all others."""
    made = {}
    for endpoint, batching in batchings.items():
        if not isinstance(batching, collections.abc.Mapping):
            raise TypeError(f'uses_dynamic_batching: {batching!r} is no dict for {endpoint!r}')
        unknown = set(batching) - {'preferred_batch_size', 'timeout'}
        if unknown or 'preferred_batch_size' not in batching:
            raise TypeError(f'uses_dynamic_batching: {endpoint!r} has a preferred_batch_size and a '
                            f'timeout, not {sorted(batching)}')
        made[None if endpoint == '*' else endpoint] = batching_of(endpoint, **batching)
    return made


def make_executor(uses, with_, metas, endpoints, batchings):
    """The executor that uses= stands for; None lets the documents pass."""
    if isinstance(uses, dict):
        unknown = set(uses) - {'jtype', 'with', 'metas', 'requests', 'dynamic_batching'}
        if unknown:
            raise TypeError(f'uses: there is no {sorted(unknown)[0]!r}')
        with_ = {**uses.get('with', {}), **with_}
        metas = {**uses.get('metas', {}), **metas}
        endpoints = {**uses.get('requests', {}), **endpoints}
        batchings = {**uses.get('dynamic_batching', {}), **batchings}
        uses = uses['jtype']
    if isinstance(uses, str):
        uses = _find_class(uses)
    if uses is None:
        if with_ or metas or endpoints or batchings:
            raise TypeError('uses_with, uses_metas, uses_requests and uses_dynamic_batching need uses')
        return None
    batchings = _batchings(batchings)
    if isinstance(uses, GFlow.FlowExecutor):
        if with_:
            raise TypeError('uses_with: the executor has been made already')
        return uses._configure(metas, endpoints, batchings)
    if not callable(uses):
        raise TypeError(f'uses: {uses!r} is no class of executors')

    def make(*_):
        is_class = isinstance(uses, type) and issubclass(uses, FlowExecutor)
        executor = uses._later(with_) if is_class else uses(**with_)
        if not isinstance(executor, GFlow.FlowExecutor):
            raise TypeError(f'uses: {uses!r} has made {executor!r}, which is no executor')
        return executor._configure(metas, endpoints, batchings)

    executor = make()
    executor.set_factory(make)
    return executor


def reason_of(flow, error):
    """What the executor that could not be set up has raised, or None."""
    executors = [(node.get_name(), node.get_executor()) for node in flow]
    failures = {name: executor.__dict__.pop('_gflow_failure') for name, executor in executors
                if isinstance(executor, FlowExecutor) and '_gflow_failure' in executor.__dict__}
    if isinstance(error, GLib.Error):
        return next((failures[name] for name in failures if f'“{name}”' in error.message), None)
    return None


def count_documents(inputs):
    """How many documents there are in what inputs= stands for; None if nobody knows."""
    if isinstance(inputs, Gio.ListModel):
        return inputs.get_n_items()
    if isinstance(inputs, (list, tuple, set, frozenset)):
        return len(inputs)
    return None


class Progress:
    """On the standard error output: a bar in a terminal, elsewhere a line now and then."""

    WIDTH = 20
    STEP = .05  # of all requests, between two lines

    def __init__(self, post):
        self.is_terminal = sys.stderr.isatty()
        self.pause = 100000 if self.is_terminal else 1000000  # µs
        self.start = self.shown_at = GLib.get_monotonic_time()
        self.n_shown = -1
        GObject.Object.connect(post, 'always', self.look)

    def look(self, post, _request=None):
        now, n, total = GLib.get_monotonic_time(), post.get_n_done(), post.get_n_total()
        step = 1 if self.is_terminal else self.STEP * total
        if now - self.shown_at >= self.pause and n - self.n_shown >= step:
            self.show(n, total, now)

    def show(self, n, total, now):
        seconds = max(now - self.start, 1) / 1e6
        text = (f'{n}{f"/{total}" if total > 0 else ""} requests, {seconds:.1f} s, '
                f'{n / seconds:.1f}/s')
        self.shown_at, self.n_shown = now, n
        if self.is_terminal:
            done = math.floor(self.WIDTH * min(n / total, 1)) if total > 0 else 0
            bar = '█' * done + ' ' * (self.WIDTH - done) if total > 0 else '…'
            text = f'\r{bar} {text}'
        print(text, end='' if self.is_terminal else '\n', file=sys.stderr, flush=True)

    def close(self, post):
        n = post.get_n_done()
        if n != self.n_shown:
            self.show(n, post.get_n_total(), GLib.get_monotonic_time())
        if self.is_terminal:
            print(file=sys.stderr)


def in_event_loop():
    return asyncio._get_running_loop() is not None
