#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The headers: gflow.h lists every public one, they are all installed and include no private one.

Arguments: the installed headers, as the build knows them.
"""

import os
import re
import sys

from check import SRCDIR, below, done, is_private, problem, read

GENERATED = {'gflow-version.h', 'gflow-enum-types.h'}
UMBRELLA = 'libgflow/gflow.h'


def includes(path):
    return re.findall(r'^\s*#\s*include\s*"([^"]+)"', read(SRCDIR, path), flags=re.M)


public = [h for h in below('libgflow', '.h') if not is_private(h)]
listed = {'libgflow/' + name for name in includes(UMBRELLA)}
wanted = {h for h in public if h != UMBRELLA} | {'libgflow/' + name for name in GENERATED}

for header in sorted(wanted - listed):
    problem(f'{UMBRELLA} does not include {header}')
for header in sorted(listed - wanted):
    problem(f'{UMBRELLA} includes {header}, which is not a public header')

for header in public:
    for name in includes(header):
        if is_private(name):
            problem(f'{header} is public and includes {name}')
        near = os.path.join(SRCDIR, os.path.dirname(header), name)
        top = os.path.join(SRCDIR, 'libgflow', name)
        if name not in GENERATED and not os.path.exists(near) and not os.path.exists(top):
            problem(f'{header} includes {name}, which will not be found when installed')
    text = read(SRCDIR, header)
    if '#pragma once' not in text:
        problem(f'{header} has no #pragma once')
    if 'config.h' in includes(header):
        problem(f'{header} is public and includes config.h')

installed = {os.path.basename(path) for path in sys.argv[1:]}
for header in public:
    if os.path.basename(header) not in installed:
        problem(f'{header} is public and not in public_headers of its meson.build')

# Folders may look up, never down: see docs/architecture.md.
ORDER = ['graph', 'run', 'stream', 'file', 'plot']
MAY_SEE = {
    'graph': {'graph'},
    'run': {'graph', 'run'},
    'stream': {'graph', 'run', 'stream'},
    'file': {'graph', 'run', 'stream', 'file'},
    'plot': {'graph', 'run', 'stream', 'plot'},
}
for path in below('libgflow', '.c', '.h'):
    folder = path.split('/')[1]
    if folder not in MAY_SEE:
        continue
    for name in includes(path):
        target = os.path.normpath(os.path.join(folder, name)) if name.startswith('..') else name
        other = target.split('/')[0]
        if '/' in target and other in ORDER and other not in MAY_SEE[folder]:
            problem(f'{path} includes {name}, from a folder above its own')

done('headers')
