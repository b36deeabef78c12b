# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What is known of earlier runs."""

from gi.repository import Gio

from ..module import get_introspection_module
from ..overrides import override
from ._gflow_loop import finished

GFlow = get_introspection_module('GFlow')

_FlowHistory = GFlow.FlowHistory


async def _finish_io(start, finish, cancellable):
    own = cancellable or Gio.Cancellable()
    results, cancelled = await finished(lambda ready: start(own, ready), own.cancel)
    try:
        return finish(results.pop())
    finally:
        if cancelled is not None:
            raise cancelled


class FlowHistory(GFlow.FlowHistory):
    """How long nodes took, so that later runs know how long they take: Flow(history=…).

    await history.load(file), await history.save(file), with a Gio.File; or load_sync() and
    save_sync(). As a value to keep: to_variant(), load_variant()."""

    __module__ = 'gi.overrides.GFlow'  # by which PyGObject knows what it overrides

    def load(self, file, cancellable=None, callback=None, *user_data):
        """await history.load(file). With a callback: as in C."""
        if callback is not None:
            return super().load(file, cancellable, callback, *user_data)
        return _finish_io(lambda own, ready: _FlowHistory.load(self, file, own, ready),
                          self.load_finish, cancellable)

    def save(self, file, cancellable=None, callback=None, *user_data):
        """await history.save(file). With a callback: as in C."""
        if callback is not None:
            return super().save(file, cancellable, callback, *user_data)
        return _finish_io(lambda own, ready: _FlowHistory.save(self, file, own, ready),
                          self.save_finish, cancellable)


FlowHistory = override(FlowHistory)
