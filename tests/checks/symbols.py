#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The shared library exports what the public headers declare, and nothing else.

Arguments: nm, the library, then the public headers.
"""

import re
import subprocess
import sys

from check import done, problem, read, without_directives

nm, library, *headers = sys.argv[1:]

listing = subprocess.run([nm, '--dynamic', '--defined-only', '--format=posix', library],
                         check=True, stdout=subprocess.PIPE, text=True).stdout
exported = {line.split()[0].split('@')[0] for line in listing.splitlines() if line}
# What compilers add when they instrument.
exported = {name for name in exported if not name.startswith(('__', '_init', '_fini'))}

AVAILABLE = r'G_FLOW_(?:AVAILABLE|DEPRECATED)_IN_\d+_\d+(?:_FOR\s*\([^)]*\))?'
declared = set()
for path in headers:
    text = without_directives(read(path))
    # A type declared by macro: its function is <prefix>_get_type.
    for prefix in re.findall(AVAILABLE + r'\s+G_DECLARE_\w+\s*\(\s*\w+\s*,\s*(\w+)', text):
        declared.add(prefix + '_get_type')
    for name in re.findall(AVAILABLE + r'\s+(?!G_DECLARE_)[^;(]*?(\w+)\s*\(', text):
        declared.add(name)
    # Every function that a public header shows must be marked.
    for name in re.findall(r'^[a-z][\w \*]*?\b(g_\w+)\s*\((?![^;{]*\{)[^;]*;', text, flags=re.M):
        if name not in declared:
            problem(f'{path}: {name} carries no G_FLOW_AVAILABLE_IN_…')

for name in sorted(exported):
    if not name.startswith('g_flow_'):
        problem(f'{name} is exported and does not start with g_flow_')
for name in sorted(exported - declared):
    problem(f'{name} is exported and not declared in a public header')
for name in sorted(declared - exported):
    problem(f'{name} is declared in a public header and not exported')
if not declared:
    problem('no declarations found')

done(f'symbols: {len(exported)}')
