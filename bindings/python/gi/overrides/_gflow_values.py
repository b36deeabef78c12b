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
        try:
            message = f'{type(exception).__name__}: {exception}'
        except Exception:
            message = type(exception).__name__  # it can not be shown, but it can be raised
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


def item_of(model, key, what):
    """model[key] of a list model, for a number or a slice."""
    try:
        return Gio.ListModel.__getitem__(model, key)
    except IndexError:
        raise IndexError(f'There is no {what} {key}: the {what}s are {len(model)}') from None


# A journal keeps variants, but no Python objects. So data that is plain becomes a variant there,
# and an equal object when it is read. Each type of Python has a type of variant to itself.

_KEPT = 'gflow:python'


def _encode(value):
    kind = type(value)
    if value is None:
        return GLib.Variant('mv', None)
    if kind is bool:
        return GLib.Variant('b', value)
    if kind is int and -2**63 <= value < 2**63:
        return GLib.Variant('x', value)
    if kind is float:
        return GLib.Variant('d', value)
    if kind is str and '\0' not in value:
        value.encode()
        return GLib.Variant('s', value)
    if kind is bytes:
        return GLib.Variant('ay', value)
    if kind is list:
        return GLib.Variant('av', [_encode(item) for item in value])
    if kind is tuple:
        return GLib.Variant('(av)', ([_encode(item) for item in value],))
    if kind is dict:
        return GLib.Variant('a(vv)', [(_encode(key), _encode(item)) for key, item in value.items()])
    raise TypeError(f'{value!r} is not plain data')


def _children(variant):
    return [variant.get_child_value(i) for i in range(variant.n_children())]


def _decode(variant):
    kind = variant.get_type_string()
    if kind == 'ay':
        return bytes(variant.get_data_as_bytes().get_data() or b'')
    if kind == 'av':
        return [_decode(item.get_variant()) for item in _children(variant)]
    if kind == '(av)':
        return tuple(_decode(variant.get_child_value(0)))
    if kind == 'a(vv)':
        return {_decode(pair.get_child_value(0).get_variant()):
                _decode(pair.get_child_value(1).get_variant()) for pair in _children(variant)}
    return variant.unpack()


def keep(value):
    """Plain data as a variant that a journal keeps; or the value itself, if it is something else."""
    try:
        return GLib.Variant('(sv)', (_KEPT, _encode(value)))
    except (TypeError, UnicodeEncodeError, RecursionError):
        return value


def key_of(value):
    """A text that is the same for equal plain data; None for something else."""
    try:
        return _encode(value).print_(True)
    except (TypeError, UnicodeEncodeError, RecursionError):
        return None


def kept(value):
    """What such a variant stands for; or the value itself."""
    if isinstance(value, GLib.Variant) and value.get_type_string() == '(sv)' and \
            value.get_child_value(0).get_string() == _KEPT:
        return _decode(value.get_child_value(1).get_variant())
    return value


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
