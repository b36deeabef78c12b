#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The programs in README.md are the ones in examples/, and the files it names are there."""

import os
import re

from check import SRCDIR, below, done, is_private, problem, read

readme = read(SRCDIR, 'README.md')

programs = re.findall(r'<!-- file: (\S+) -->\n+```[a-z]*\n(.*?)```', readme, flags=re.S)
for name, text in programs:
    source = read(SRCDIR, name)
    # The README leaves out what every file starts with.
    source = re.sub(r'\A(?:#!.*\n)?(?:/\*[\s\S]*?\*/\n|(?:(?:#|//) .*\n)+)\n*', '', source)
    if source != text:
        problem(f'README.md shows another {name} than the file has')

for language in ('c', 'python', 'javascript', 'vala'):
    if not any(name.startswith(f'examples/{language}/') for name, _ in programs):
        problem(f'README.md shows no program in {language}')

# Parts of programs: whole lines of the file, in one piece.
for page in ('README.md', 'docs/javascript.md', 'docs/python.md', 'docs/resuming.md', 'docs/vala.md',
             'docs/errors.md', 'docs/cancellation.md', 'docs/pipelines.md', 'docs/branches.md',
             'docs/debugging.md', 'docs/growing.md', 'docs/progress.md'):
    content = read(SRCDIR, page)
    parts = re.findall(r'<!-- part: (\S+) -->\n+```[a-z]*\n(.*?)```', content, flags=re.S)
    for name, text in parts:
        if '\n' + text not in read(SRCDIR, name):
            problem(f'{page} shows what is not in {name}:\n{text}')
    if content.count('<!-- part:') != len(parts):
        problem(f'{page}: a part is followed by no program text')

# Links and commands: what is named exists.
for page in ('README.md', 'CONTRIBUTING.md', 'benchmarks/README.md', 'docs/architecture.md',
             'docs/branches.md', 'docs/cancellation.md', 'docs/debugging.md', 'docs/documents.md',
             'docs/errors.md', 'docs/growing.md', 'docs/javascript.md', 'docs/performance.md',
             'docs/pipelines.md', 'docs/progress.md',
             'docs/python.md', 'docs/resuming.md', 'docs/states.md', 'docs/vala.md'):
    text = read(SRCDIR, page)
    for target in re.findall(r'\]\(([^)#:]+)(?:#[^)]*)?\)', text):
        if not os.path.exists(os.path.join(SRCDIR, os.path.dirname(page), target)):
            problem(f'{page} links to {target}, which is not there')
    for command in re.findall(r'\b((?:build-aux|benchmarks)/[\w-]+)\b(?![/.\w-])', text):
        path = os.path.join(SRCDIR, command)
        if not os.path.isdir(path) and not os.access(path, os.X_OK):
            problem(f'{page} names {command}, which cannot be run')

# The map for newcomers names files that are there.
for name in re.findall(r'`((?:graph|run|plot)/[\w-]+\.[ch])`', read(SRCDIR, 'docs/architecture.md')):
    if not os.path.exists(os.path.join(SRCDIR, 'libgflow', name)):
        problem(f'docs/architecture.md names {name}, which is not there')

# What the pages call by name is declared.
headers = '\n'.join(read(SRCDIR, path) for path in below('libgflow', '.h') if not is_private(path))
for page in ('README.md', 'docs/branches.md', 'docs/cancellation.md', 'docs/debugging.md',
             'docs/errors.md', 'docs/growing.md', 'docs/progress.md',
             'docs/resuming.md', 'docs/states.md'):
    for name in re.findall(r'`(g_flow_\w+)\b', read(SRCDIR, page)):
        if not re.search(rf'\b{name}\b', headers):
            problem(f'{page} names {name}, which no public header has')

done('README.md')
