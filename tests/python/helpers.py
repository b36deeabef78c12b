# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What several tests need."""

import gi

gi.require_version('GFlow', '1')
from gi.repository import Gio, GLib, GFlow


class Boom(Exception):
    pass


def matches(error, code):
    return isinstance(error, GLib.Error) and error.matches(GFlow.FlowError.quark(), code)


def is_cancelled(error):
    return isinstance(error, GLib.Error) and error.matches(Gio.io_error_quark(),
                                                           Gio.IOErrorEnum.CANCELLED)
