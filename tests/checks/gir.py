#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Everything public is documented: as the scanner sees it, which is what the manual is made from.

Arguments: the GIR, then the public headers.

Each class, enumeration, callback, function, property and signal says what it is and since when; each
argument and returned value, and each value of an enumeration, what it is; and each property has its
getter, and its setter if it can be set. What the headers declare is all there.
"""

import re
import sys
from xml.etree import ElementTree

from check import done, problem, read, without_directives

CORE = '{http://www.gtk.org/introspection/core/1.0}'
C = '{http://www.gtk.org/introspection/c/1.0}'
GLIB = '{http://www.gtk.org/introspection/glib/1.0}'

# With a comment of their own, and the version.
SYMBOLS = {'class', 'interface', 'record', 'enumeration', 'bitfield', 'callback', 'constant', 'function',
           'function-macro', 'method', 'constructor', 'property', 'virtual-method', GLIB + 'signal',
           GLIB + 'boxed', 'alias'}
# Of GListModel, whose functions get them.
LIST_MODEL = ('item-type', 'n-items')
# Set when the object is made, and not again, but no construct properties, which cost more.
SET_ONCE = ('GFlowRun:flow',)
# Described in the comment of what they belong to.
PARTS = {'member', 'parameter'}

gir, *headers = sys.argv[1:]
namespace = ElementTree.parse(gir).getroot().find(CORE + 'namespace')
n_symbols = 0
known = set()


def has_doc(element):
    text = element.findtext(CORE + 'doc')
    return text is not None and text.strip() != ''


def is_struct_of_class(element):
    """Made by G_DECLARE_FINAL_TYPE, and opaque: nobody uses it."""
    return element.get(GLIB + 'is-gtype-struct-for') is not None


def check_symbol(element, label):
    global n_symbols
    n_symbols += 1
    if not has_doc(element):
        problem(f'{label} is not documented')
    if element.get('version') is None:
        problem(f'{label} does not say Since:')
    returned = element.find(CORE + 'return-value')
    # A signal is never without a type in the GIR: none means nothing.
    if returned is not None and returned.find(CORE + 'type') is not None:
        if returned.find(CORE + 'type').get('name') != 'none' and not has_doc(returned):
            problem(f'{label} does not say what it returns')


def check_property(element, label):
    owner = label.split(':')[0]
    for attribute, needed in (('get', element.get('readable') != '0'),
                              ('set', element.get('writable') == '1' and
                               element.get('construct-only') != '1' and
                               label not in SET_ONCE)):
        found = [a.get('value') for a in element.iter(CORE + 'attribute')
                 if a.get('name') == f'org.gtk.Property.{attribute}']
        # What gives something new is a dup function, which is not a getter.
        dup = any(name.endswith('_dup_' + element.get('name').replace('-', '_')) for name in known)
        if needed and not found and not dup and not element.get(attribute + 'ter') and element.get('name') not in LIST_MODEL:
            problem(f'{label} names no function of {owner} to {attribute} it')
        for name in found:
            if name not in known:
                problem(f'{label} names {name} to {attribute} it, which is not there')


def walk(element, label, visit):
    for child in element:
        tag = child.tag.replace(CORE, '')
        if tag in SYMBOLS and is_struct_of_class(child):
            continue
        name = child.get(C + 'identifier') or child.get(C + 'type') or child.get('name') or ''
        mark = {'property': ':', GLIB + 'signal': '::', 'parameter': ': @'}.get(tag)
        child_label = label + mark + name if mark else name or label
        visit(child, tag, child_label)
        walk(child, child_label, visit)


def collect(element, tag, label):
    if tag in SYMBOLS and element.get(C + 'identifier'):
        known.add(element.get(C + 'identifier'))


def check(element, tag, label):
    if tag in SYMBOLS:
        check_symbol(element, label)
    if tag in PARTS and not has_doc(element):
        problem(f'{label} is not documented')
    if tag == 'property':
        check_property(element, label)


walk(namespace, '', collect)
walk(namespace, '', check)

declared = set()
for path in headers:
    text = without_directives(read(path))
    declared.update(re.findall(r'G_FLOW_AVAILABLE_IN_\d+_\d+\s+(?!G_DECLARE_)[^;(]*?(\w+)\s*\(', text))
types = {'g_' + name for name in re.findall(r'get-type="g_(\w+)"', read(gir))}
for name in sorted(declared - known - types):
    problem(f'{name} is in a public header, and not in the introspection data')
if n_symbols < 100:
    problem(f'only {n_symbols} symbols found: is this the right file?')

done(f'{n_symbols} symbols documented')
