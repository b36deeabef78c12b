# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Trio: runs that are awaited in it have their coroutines there.

If nobody iterates the GMainContext of the thread, a system task of Trio does. In guest mode on a
GLib main loop, that loop does, and there is no such task."""

import contextlib
import ctypes
import functools
import math
import select
import sys
import threading

from gi.repository import Gio, GLib

from ._gflow_job import new_job

_FOREVER = -1


class _Local(threading.local):
    def __init__(self):
        self.tokens = {}  # GMainContext -> the token of the Trio loop that belongs to it


_local = _Local()


def _trio():
    return sys.modules.get('trio')  # who awaits in Trio has imported it


def is_running():
    """Whether this is called from a task of Trio."""
    if _trio() is None:
        return False
    try:
        _trio().lowlevel.current_task()
    except RuntimeError:
        return False
    return True


def token_of(context):
    """The Trio loop that runs in context, or None."""
    return _local.tokens.get(context)


async def finished(start, cancel):
    trio = _trio()
    _attach()
    event = trio.Event()
    results = []
    cancelled = None

    def ready(source, result):
        results.append(result)
        event.set()

    start(ready)
    try:
        await event.wait()
    except BaseException as exception:  # also KeyboardInterrupt, which Trio raises here
        cancelled = exception
        cancel()
    with trio.CancelScope(shield=True):
        while not results:
            with contextlib.suppress(KeyboardInterrupt):
                await event.wait()
    return results, cancelled


# Coroutines

class Host:
    """Where the coroutines of a run go: system tasks of Trio."""

    def __init__(self, token, variables):
        self.token = token
        self.variables = variables  # the contextvars.Context that each has a copy of

    def start(self, coroutine, name):
        trio = _trio()
        job = new_job(self, coroutine)
        job.handle = trio.CancelScope()
        spawn = functools.partial(trio.lowlevel.spawn_system_task, _follow, job, name=name,
                                  context=self.variables.copy())
        if is_running():
            spawn()
        else:
            self.token.run_sync_soon(spawn)  # a dispatch of GLib, in guest mode
        return job

    def cancel(self, job):
        """May be called in any thread."""
        with contextlib.suppress(_trio().RunFinishedError):
            self.token.run_sync_soon(job.handle.cancel)


async def _follow(job):
    value = exception = None
    try:
        with job.handle:
            value = await job.coroutine
    except _trio().Cancelled:  # of the task, not of the scope: Trio ends
        job.ended(job, None, _cancelled())
        raise
    except BaseException as error:
        exception = error
    if job.handle.cancelled_caught:
        exception = _cancelled()
    job.ended(job, value, exception)


def _cancelled():
    return GLib.Error('Cancelled', 'g-io-error-quark', int(Gio.IOErrorEnum.CANCELLED))


# GLib in Trio

class _PollFD(ctypes.Structure):
    _fields_ = [('fd', ctypes.c_int), ('events', ctypes.c_ushort), ('revents', ctypes.c_ushort)]


@functools.lru_cache(maxsize=None)
def _glib():
    """What PyGObject can not call: arrays that the caller allocates."""
    glib = ctypes.CDLL('libglib-2.0.so.0')
    glib.g_main_context_ref_thread_default.restype = ctypes.c_void_p
    glib.g_main_context_unref.argtypes = [ctypes.c_void_p]
    glib.g_main_context_prepare.argtypes = [ctypes.c_void_p, ctypes.POINTER(ctypes.c_int)]
    glib.g_main_context_query.argtypes = [ctypes.c_void_p, ctypes.c_int,
                                          ctypes.POINTER(ctypes.c_int),
                                          ctypes.POINTER(_PollFD), ctypes.c_int]
    return glib


class _Poller:
    """What a GMainContext waits for, as one file descriptor and a timeout."""

    def __init__(self):
        self.pointer = _glib().g_main_context_ref_thread_default()
        self.epoll = select.epoll()
        self.watched = {}
        self.fds = (_PollFD * 16)()

    def close(self):
        self.epoll.close()
        _glib().g_main_context_unref(self.pointer)

    def query(self):
        """Brings the descriptor up to date. Returns the timeout, in milliseconds."""
        priority, timeout = ctypes.c_int(), ctypes.c_int()
        if _glib().g_main_context_prepare(self.pointer, ctypes.byref(priority)):
            return 0
        while True:
            n_fds = _glib().g_main_context_query(self.pointer, priority, ctypes.byref(timeout),
                                                 self.fds, len(self.fds))
            if n_fds <= len(self.fds):
                break
            self.fds = (_PollFD * n_fds)()
        wanted = {}
        for poll_fd in self.fds[:n_fds]:
            wanted[poll_fd.fd] = wanted.get(poll_fd.fd, 0) | poll_fd.events
        if wanted != self.watched:
            self._watch(wanted)
        return timeout.value

    def _watch(self, wanted):
        for fd in self.watched.keys() - wanted.keys():
            with contextlib.suppress(OSError):  # closed, and so forgotten
                self.epoll.unregister(fd)
        for fd, events in wanted.items():
            try:
                self.epoll.register(fd, events)
            except FileExistsError:
                self.epoll.modify(fd, events)
        self.watched = wanted


def _new_instrument(context, poller):
    """Looks whether tasks of Trio have added to what GLib waits for, before both wait."""

    class Instrument(_trio().abc.Instrument):
        timeout = 0  # what the system task waits for, if it does

        def before_io_wait(self, timeout):
            if self.timeout == 0 or timeout <= 0:
                return
            wanted = poller.query()
            if wanted != _FOREVER and (self.timeout == _FOREVER or wanted < self.timeout):
                context.wakeup()  # the system task, too

    return Instrument()


async def _serve(context, owned):
    """Iterates a context for as long as Trio runs."""
    trio = _trio()
    poller = _Poller()
    instrument = _new_instrument(context, poller)
    trio.lowlevel.add_instrument(instrument)
    try:
        while True:
            while context.iteration(False):
                await trio.lowlevel.checkpoint()
            timeout = instrument.timeout = poller.query()
            with trio.move_on_after(math.inf if timeout == _FOREVER else timeout / 1000):
                await trio.lowlevel.wait_readable(poller.epoll.fileno())
            instrument.timeout = 0
    finally:
        trio.lowlevel.remove_instrument(instrument)
        poller.close()
        del _local.tokens[context]
        context.release()
        if owned:
            context.pop_thread_default()


def _attach():
    """Sees to it that a running Trio loop also iterates GLib, for as long as it runs."""
    trio = _trio()
    token = trio.lowlevel.current_trio_token()
    if token in _local.tokens.values():
        return
    context = GLib.MainContext.ref_thread_default()
    if context.is_owner():
        # A main loop, whose guest Trio is
        _local.tokens[context] = token
        trio.lowlevel.spawn_system_task(_forget_at_end, context)
        return
    owned = (GLib.MainContext.get_thread_default() is None and
             threading.current_thread() is not threading.main_thread())
    if owned or not context.acquire():
        context = GLib.MainContext.new()
        context.push_thread_default()
        context.acquire()
        owned = True
    _local.tokens[context] = token
    trio.lowlevel.spawn_system_task(_serve, context, owned)


async def _forget_at_end(context):
    try:
        await _trio().sleep_forever()
    finally:
        del _local.tokens[context]
