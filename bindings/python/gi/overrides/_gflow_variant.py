# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Values of Python as GVariants, and back: tags, parameters and results of executors.

PyGObject makes a GVariant of one call for each part of a value. What JSON has goes to C as text
instead, in one call, and comes from C as bytes: that takes a twentieth of the time."""

import collections.abc
import json
import math
import struct

from gi.repository import GLib


class _Unusual(Exception):
    """For what is made part by part."""


# To C, as the text that g_variant_parse() takes

_VARDICT = GLib.VariantType('a{sv}')
_ARRAY = GLib.VariantType('av')
_encode_string = json.JSONEncoder(ensure_ascii=False).encode


def _text_of(value):
    kind = type(value)
    if kind is str:
        if '\0' in value:
            raise _Unusual
        return _encode_string(value)
    if kind is int and -2**63 <= value < 2**64:
        return f'int64 {value}' if value < 2**63 else f'uint64 {value}'
    if kind is float and math.isfinite(value):
        return f'double {value!r}'
    if kind is bool:
        return 'true' if value else 'false'
    if value is None:
        return '@mv nothing'
    if isinstance(value, collections.abc.Mapping):
        if not all(type(key) is str for key in value):
            raise _Unusual
        entries = (f'{_text_of(key)}: <{_text_of(item)}>' for key, item in value.items())
        return f'@a{{sv}} {{{", ".join(entries)}}}'
    if kind is list or kind is tuple:
        return f'@av [{", ".join([f"<{_text_of(item)}>" for item in value])}]'
    raise _Unusual


def to_variant(value):
    """The GVariant of a tag: of the types that JSON has, and bytes."""
    if isinstance(value, GLib.Variant):
        return value
    if value is None:
        return GLib.Variant('mv', None)
    if isinstance(value, bool):
        return GLib.Variant('b', value)
    if isinstance(value, int):
        return GLib.Variant('x' if value < 2**63 else 't', value)
    if isinstance(value, float):
        return GLib.Variant('d', value)
    if isinstance(value, str):
        return GLib.Variant('s', value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return GLib.Variant.new_from_bytes(GLib.VariantType('ay'), GLib.Bytes.new(bytes(value)), True)
    if not isinstance(value, collections.abc.Iterable):
        raise TypeError(f'{value!r} can not be in documents, parameters and results: these have numbers, '
                        'text, bytes, and lists and dicts of these')
    is_mapping = isinstance(value, collections.abc.Mapping)
    if is_mapping or isinstance(value, (list, tuple)):
        try:
            return GLib.Variant.parse(_VARDICT if is_mapping else _ARRAY, _text_of(value), None, None)
        except _Unusual:
            pass
    if is_mapping:
        return GLib.Variant('a{sv}', {key: to_variant(item) for key, item in value.items()})
    return GLib.Variant('av', [to_variant(item) for item in value])


# From C, as the bytes that a GVariant is kept in

_FIXED = {'b': '?', 'y': 'B', 'n': 'h', 'q': 'H', 'i': 'i', 'u': 'I', 'x': 'q', 't': 'Q', 'd': 'd'}
_OFFSETS = ((1, 'B'), (2, 'H'), (4, 'I'), (8, 'Q'))


def _alignment(kind):
    if kind[0] in 'am':
        return _alignment(kind[1:])
    if kind[0] == '{':
        return max(_alignment(kind[1]), _alignment(kind[2:-1]))
    return struct.calcsize(_FIXED[kind]) if kind in _FIXED else 8 if kind == 'v' else 1


def _align(offset, alignment):
    return -(-offset // alignment) * alignment


def _offset_type(data):
    """The size and the code of the offsets at the end of what is so long."""
    return next(item for item in _OFFSETS if len(data) < 256 ** item[0])


def _split(data, alignment):
    """The items of an array, of which each may have another size."""
    if not data:
        return
    size, code = _offset_type(data)
    table = int.from_bytes(data[-size:], 'little')
    start = 0
    for end in struct.unpack(f'<{(len(data) - table) // size}{code}', data[table:]):
        yield data[start:end]
        start = _align(end, alignment)


def _decode_entries(data, kind):
    """Of a dictionary whose keys are strings."""
    alignment = _alignment(kind)
    for entry in _split(data, max(alignment, 1)):
        size, _ = _offset_type(entry)
        end = int.from_bytes(entry[-size:], 'little')
        yield entry[:end - 1].decode(), _decode(entry[_align(end, alignment):-size], kind)


def _decode(data, kind):
    if kind == 's':
        return data[:-1].decode()
    if kind == 'v':
        end = data.rindex(b'\0')
        return _decode(data[:end], data[end + 1:].decode())
    if kind in _FIXED:
        return struct.unpack(f'={_FIXED[kind]}', data)[0]
    if kind == 'ay':
        return data
    if kind[:3] == 'a{s':
        return dict(_decode_entries(data, kind[3:-1]))
    child = kind[1:]
    if kind[0] == 'm':
        return _decode(data if child in _FIXED else data[:-1], child) if data else None
    if kind[0] != 'a' or child[0] in '({':
        raise _Unusual
    if child in _FIXED:
        return list(struct.unpack(f'={len(data) // _alignment(child)}{_FIXED[child]}', data))
    return [_decode(item, child) for item in _split(data, _alignment(child))]


def from_variant(variant):
    kind = variant.get_type_string()
    if kind[0] in 'amv' and variant.is_normal_form():
        try:
            return _decode(variant.get_data_as_bytes().get_data() or b'', kind)
        except _Unusual:
            pass
    if kind == 'ay':
        return variant.get_data_as_bytes().get_data() or b''
    if kind == 'v':
        return from_variant(variant.get_variant())
    if kind[0] == 'm':
        return from_variant(variant.get_child_value(0)) if variant.n_children() else None
    if kind[:2] == 'a{':
        entries = (variant.get_child_value(i) for i in range(variant.n_children()))
        return {entry.get_child_value(0).unpack(): from_variant(entry.get_child_value(1))
                for entry in entries}
    if variant.is_container():
        items = [from_variant(variant.get_child_value(i)) for i in range(variant.n_children())]
        return items if kind[0] == 'a' else tuple(items)
    return variant.unpack()
