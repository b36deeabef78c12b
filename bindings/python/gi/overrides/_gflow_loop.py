# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Event loops: whoever waits, GLib and asyncio are both served.

An asyncio loop that awaits something of GFlow becomes a host: it waits in GLib from then on. In a
GLib main loop, coroutines run in a guest: an asyncio loop that never waits by itself."""

import asyncio
import atexit
import contextlib
import contextvars
import math
import threading
import time
import weakref

from gi.repository import Gio, GLib, GObject

from . import _gflow_trio as trio
from ._gflow_interrupt import interruptible
from ._gflow_job import AsyncioHost, nested

_contexts = weakref.WeakKeyDictionary()  # asyncio loop -> the GMainContext of its thread
_attached = weakref.WeakSet()            # asyncio loops that iterate their context
_tasks = set()                           # asyncio keeps weak references only


class _Local(threading.local):
    def __init__(self):
        self.guests = {}  # GMainContext -> the asyncio loop in it


_local = _Local()


def _new_timer(milliseconds, context):
    # A source of C, so that no Python runs, and no KeyboardInterrupt is lost, in an iteration.
    timer = GLib.timeout_source_new(milliseconds)
    timer.set_callback(lambda *_: GLib.SOURCE_CONTINUE)
    timer.attach(context)
    return timer


# An asyncio loop that never waits looks at GLib, and at its own files, every now and then, in seconds:
# each costs as much as asyncio does for a step of a task.
_BUSY_INTERVAL = .00005


def _host(loop, context, owned):
    """Makes an asyncio loop wait in GLib: from now on it serves both."""
    selector = loop._selector
    select, close = selector.select, selector.close
    waker = _new_timer(GLib.MAXUINT32, context)
    waker.add_unix_fd(selector.fileno(), GLib.IOCondition.IN)
    iterate = super(GLib.MainContext, context).iteration  # what adds a default value costs
    monotonic = time.monotonic
    nothing = ()
    next_time = 0

    def select_both(timeout=None):
        nonlocal next_time
        if timeout is None:
            iterate(True)
        elif timeout <= 0:
            if monotonic() < next_time:
                return nothing
            iterate(False)
            next_time = monotonic() + _BUSY_INTERVAL
        else:
            timer = _new_timer(math.ceil(timeout * 1000), context)
            try:
                context.iteration(True)
            finally:
                timer.destroy()
        return select(0)

    def close_both():
        waker.destroy()
        del selector.select, selector.close
        if owned and GLib.MainContext.get_thread_default() == context:
            context.pop_thread_default()
        close()

    selector.select, selector.close = select_both, close_both


def _poll(loop, context):
    """For loops that can not wait in GLib: looks every now and then."""
    for _ in range(100):
        if not context.iteration(False):
            break
    loop.call_later(0.002, _poll, loop, context)


def _attach(loop):
    """Sees to it that a running asyncio loop also iterates GLib, for as long as it lives."""
    if loop in _attached:
        return
    context = GLib.MainContext.ref_thread_default()
    in_main_thread = threading.current_thread() is threading.main_thread()
    owned = False
    if GLib.MainContext.get_thread_default() is None:
        # The default context is for the main thread, unless another thread has taken it.
        if in_main_thread and context.acquire():
            context.release()
        else:
            context = GLib.MainContext.new()
            context.push_thread_default()
            owned = True
    _contexts[loop] = context
    _attached.add(loop)
    if hasattr(getattr(loop, '_selector', None), 'fileno'):
        _host(loop, context, owned)
    elif not context.is_owner():
        _poll(loop, context)


class _GuestSource(GLib.Source):
    """Gives an asyncio loop its turns in a GLib main loop."""

    def __init__(self, loop):
        super().__init__()
        self.loop = weakref.ref(loop)

    def _delay(self):
        loop = self.loop()
        if loop is None or loop.is_closed():
            return -1
        if loop._ready:
            return 0
        if loop._scheduled:
            return max(0, math.ceil((loop._scheduled[0].when() - loop.time()) * 1000))
        return -1

    def prepare(self):
        delay = self._delay()
        return delay == 0, delay

    def check(self):
        return self._delay() == 0

    def dispatch(self, callback, arguments):
        loop = self.loop()
        if loop is not None and not loop.is_closed():
            loop.step()
        return GLib.SOURCE_CONTINUE


class _Guest(asyncio.SelectorEventLoop):
    """An asyncio loop that lives in a GLib main loop and never waits by itself."""

    def __init__(self, context):
        super().__init__()
        _contexts[self] = context
        _attached.add(self)
        self._source = _GuestSource(self)
        self._source.add_unix_fd(self._selector.fileno(), GLib.IOCondition.IN)
        self._source.attach(context)

    def step(self):
        outer = asyncio._get_running_loop()
        asyncio._set_running_loop(None)
        nested.append(self)
        try:
            self.stop()
            self.run_forever()  # once, because of the stop
        except (KeyboardInterrupt, SystemExit):
            pass  # it has become the error of its task
        finally:
            nested.remove(self)
            asyncio._set_running_loop(outer)

    def close(self):
        if not self.is_closed():
            self._source.destroy()
            if self._ready:
                self.step()  # for vehicles without a job, which end
        super().close()

    def __del__(self):
        self.close()


def new_host(variables):
    """Where the coroutines of a run go that is dispatched by this thread.

    variables: the contextvars.Context that they have copies of, or None"""
    context = GLib.MainContext.ref_thread_default()
    variables = variables or contextvars.copy_context()
    token = trio.token_of(context)
    if token is not None:
        return trio.Host(token, variables)
    return AsyncioHost(loop_of(context), variables)


def loop_of(context):
    """The asyncio loop for coroutines that belong to context."""
    loop = asyncio._get_running_loop()
    if loop is not None and _contexts.setdefault(loop, context) == context:
        return loop
    for loop in list(_attached):  # between two of its callbacks, in a loop that GLib drives
        if loop.is_running() and _contexts[loop] == context:
            return loop
    loop = _local.guests.get(context)
    if loop is None or loop.is_closed():
        loop = _local.guests[context] = _Guest(context)
    return loop


@contextlib.contextmanager
def blocking(cancel):
    """Around a blocking call: its coroutines get a loop of their own, Ctrl-C cancels it."""
    loop = asyncio._get_running_loop()
    if loop is not None:
        _contexts.setdefault(loop, GLib.MainContext.ref_thread_default())
    outer, _local.guests = _local.guests, {}
    try:
        with interruptible(cancel):
            yield
    finally:
        _close_guests()
        _local.guests = outer


@atexit.register
def _close_guests():
    for guest in _local.guests.values():
        guest.close()


async def finished(start, cancel):
    """Waits for a GAsyncReadyCallback; when cancelled, cancels and waits all the same.

    Nothing goes on behind the back of who was cancelled. Returns a list of the GAsyncResult, to
    be taken out of it, and the exception of the cancellation, or None."""
    loop = asyncio._get_running_loop()
    if (loop is None or asyncio.current_task(loop) is None) and trio.is_running():
        return await trio.finished(start, cancel)
    loop = asyncio.get_running_loop()
    _attach(loop)
    future = loop.create_future()
    cancelled = None

    def ready(source, result):
        if not loop.is_closed():
            future.set_result([result])

    start(ready)
    while not future.done():
        try:
            await asyncio.shield(future)
        except asyncio.CancelledError as error:
            cancelled = error
            cancel()
    return future.result(), cancelled


@contextlib.contextmanager
def linked(cancellable):
    """A cancellable of one's own, which another one cancels, too."""
    own = Gio.Cancellable()
    if cancellable is None:
        yield own
        return
    handler = GObject.Object.connect(cancellable, 'cancelled', lambda _: own.cancel())
    if cancellable.is_cancelled():
        own.cancel()
    try:
        yield own
    finally:
        GObject.Object.disconnect(cancellable, handler)


def create_task(coroutine, *, name=None):
    """Starts a coroutine in the GLib main loop of this thread: asyncio without asyncio.run().

    Returns the asyncio.Task. Where an asyncio loop runs, it is that of asyncio."""
    loop = asyncio._get_running_loop() or loop_of(GLib.MainContext.ref_thread_default())
    task = loop.create_task(coroutine, name=name)
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
    return task
