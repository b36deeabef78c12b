# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Locks, for nodes and for the program itself."""

import operator

from gi.repository import Gio, GLib

from ..module import get_introspection_module
from ..overrides import override
from ._gflow_loop import blocking, finished, linked

GFlow = get_introspection_module('GFlow')

_FlowLock = GFlow.FlowLock


class FlowLock(GFlow.FlowLock):
    """Limits what runs at the same time: FlowLock() to one, FlowLock(permits=3) to three.

    Nodes name it (lock=), and wait for it without a thread. The program itself can take it:
    ``async with lock:``, or acquire_sync() and release()."""

    __module__ = 'gi.overrides.GFlow'  # by which PyGObject knows what it overrides

    def __init__(self, permits=1, **properties):
        if operator.index(permits) < 1:
            raise ValueError('A lock needs at least one permit')
        super().__init__(permits=permits, **properties)

    @classmethod
    def new_with_permits(cls, permits):
        return cls(permits=permits)

    def acquire(self, cancellable=None, callback=None, *user_data):
        """await lock.acquire(): waits for a permit. With a callback: as in C."""
        if callback is not None:
            return super().acquire(cancellable, callback, *user_data)
        return self._acquire(cancellable)

    async def _acquire(self, cancellable):
        with linked(cancellable) as own:
            results, cancelled = await finished(
                lambda ready: _FlowLock.acquire(self, own, ready), own.cancel)
        try:
            self.acquire_finish(results.pop())
        except GLib.Error:
            if cancelled is None:
                raise
        else:
            if cancelled is None:
                return True
            self.release()
        raise cancelled

    def acquire_sync(self, cancellable=None):
        cancellable = cancellable or Gio.Cancellable()
        acquired = False
        try:
            with blocking(cancellable.cancel):
                acquired = super().acquire_sync(cancellable)
        except KeyboardInterrupt:
            if acquired:
                self.release()
            raise
        return acquired

    def release(self):
        """Gives a permit back."""
        if self.get_in_use() == 0:
            raise RuntimeError('The lock is not held by anybody')
        super().release()

    async def __aenter__(self):
        await self.acquire()
        return self

    async def __aexit__(self, *exception):
        self.release()


FlowLock = override(FlowLock)
Lock = FlowLock


def Semaphore(value=1):
    """A lock that lets in so many at the same time."""
    return FlowLock(permits=value)
