# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What crosses the border between Python and C: exceptions, and the results of nodes.

C carries a GError with a serial number, and Python keeps the exception that it stands for."""

import asyncio
import itertools

from gi.repository import Gio, GLib, GObject

_DOMAIN = 'gflow-python-exception-quark'
_serials = itertools.count(1)
_strays = {}  # of runs that Python did not start, such as those of flows as nodes: the last few


def to_error(run, exception):
    """The GError that stands for an exception of a body."""
    if isinstance(exception, asyncio.CancelledError):
        return GLib.Error(str(exception) or 'Cancelled', 'g-io-error-quark',
                          int(Gio.IOErrorEnum.CANCELLED))
    error = exception
    if not isinstance(error, GLib.Error):
        message = f'{type(exception).__name__}: {exception}'
        message = message.encode(errors='replace').decode().replace('\0', '')
        error = GLib.Error(message, _DOMAIN, next(_serials) & 0x7fffffff)
    kept = getattr(run, '_exceptions', _strays)
    kept[error.domain, error.code, error.message] = exception
    while len(_strays) > 64:
        _strays.pop(next(iter(_strays)), None)
    return error


def original(error, run=None):
    """The exception that a GError stands for; a GError of C stands for itself."""
    key = error.domain, error.code, error.message
    kept = getattr(run, '_exceptions', {})
    if error.domain == _DOMAIN and key not in kept and key not in _strays:
        # A map adds the name of the item to the message; the code is the number of the exception.
        key = next((known for known in [*kept, *_strays] if known[:2] == key[:2]), key)
    return kept[key] if key in kept else _strays.pop(key, error)


def box(value):
    """A GValue of the type that other languages expect, if there is one."""
    if isinstance(value, GObject.Value):
        return value
    kind = type(value)
    gtype = GObject.TYPE_PYOBJECT
    if kind is bool:
        gtype = GObject.TYPE_BOOLEAN
    elif kind is int:
        if -2**63 <= value < 2**63:
            gtype = GObject.TYPE_INT64
        elif 0 <= value < 2**64:
            gtype = GObject.TYPE_UINT64
    elif kind is float:
        gtype = GObject.TYPE_DOUBLE
    elif kind is str:
        # A C string is UTF-8 without NUL; names of files need not be.
        if '\0' not in value and not any('\ud800' <= c <= '\udfff' for c in value):
            gtype = GObject.TYPE_STRING
    elif isinstance(value, GLib.Variant):
        gtype = GObject.TYPE_VARIANT
    elif isinstance(value, (GObject.Object, GObject.GEnum, GObject.GFlags)):
        gtype = value.__gtype__
    return GObject.Value(gtype, value)
