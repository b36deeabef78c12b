#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Small promises about the source tree: licences, tabs, translations, documented functions."""

import re

from check import SRCDIR, below, done, is_private, problem, read, without_comments

FOLDERS = ['libgflow', 'bindings', 'tests', 'fuzzing', 'examples', 'benchmarks', 'build-aux', 'docs', 'po']
SUFFIXES = ('.c', '.h', '.cpp', '.py', '.pyi', '.js', '.vala', '.in', 'meson.build', '.metadata')

# Every source file names its licence, and is spaced by spaces.
for folder in FOLDERS:
    for path in below(folder, *SUFFIXES):
        text = read(SRCDIR, path)
        if 'SPDX-License-Identifier: LGPL-2.1-or-later' not in text.split('\n\n')[0][:600]:
            problem(f'{path}: no SPDX lines at its head')
        if '\t' in text:
            problem(f'{path}: has a tab')
        if re.search(r'[ \t]+$', text, flags=re.M):
            problem(f'{path}: has blanks at the end of a line')

# Every file with translatable text is known to the translators, and no other.
potfiles = {line for line in read(SRCDIR, 'po', 'POTFILES.in').splitlines()
            if line and not line.startswith('#')}
translated = {path for path in below('libgflow', '.c', '.h')
              if re.search(r'\b(?:_|N_|C_|g_dngettext|ngettext|g_dpgettext2?) ?\(\s*(?:GETTEXT_PACKAGE,\s*)?(?:NULL,\s*)?"',
                           without_comments(read(SRCDIR, path)))}
for path in sorted(translated - potfiles):
    problem(f'{path} has translatable text and is not in po/POTFILES.in')
for path in sorted(potfiles - translated):
    problem(f'{path} is in po/POTFILES.in and has no translatable text')

# Every public function is documented, with the version it came with.
sources = '\n'.join(read(SRCDIR, path) for path in below('libgflow', '.c', '.h'))
for path in [h for h in below('libgflow', '.h') if not is_private(h)]:
    text = without_comments(read(SRCDIR, path))
    for name in re.findall(r'G_FLOW_AVAILABLE_IN_\d+_\d+\s+(?!G_DECLARE_)[^;(]*?(\w+)\s*\(', text):
        block = re.search(r'/\*\*\n \* ' + name + r':(?:.(?!\*/))*', sources, flags=re.S)
        if name.endswith('_quark'):
            continue
        if not block:
            problem(f'{path}: {name} is not documented')
        elif 'Since:' not in block.group(0):
            problem(f'{path}: the comment of {name} does not say Since:')

done('tree')
