# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What the checks share: how to read the headers, and how to say what is wrong."""

import os
import re
import sys

SRCDIR = os.environ.get('GFLOW_SRCDIR') or os.path.abspath(
    os.path.join(os.path.dirname(__file__), '..', '..'))

_problems = []


def problem(text):
    _problems.append(text)
    print(text, file=sys.stderr)


def done(what):
    """Ends the program: with status 1 if there were problems."""
    if _problems:
        sys.exit(f'{len(_problems)} problem(s)')
    print(f'{what}: fine')
    sys.exit(0)


def read(*path):
    with open(os.path.join(*path), encoding='utf-8') as file:
        return file.read()


def below(folder, *suffixes):
    """The files below a folder of the source tree, as paths relative to its top."""
    found = []
    for base, folders, names in os.walk(os.path.join(SRCDIR, folder)):
        folders[:] = sorted(f for f in folders if f != '__pycache__')
        for name in sorted(names):
            if name.endswith(suffixes):
                found.append(os.path.relpath(os.path.join(base, name), SRCDIR))
    return found


def without_comments(text):
    return re.sub(r'/\*.*?\*/|//[^\n]*', ' ', text, flags=re.S)


def without_directives(text):
    """C without its preprocessor lines, and without comments."""
    return re.sub(r'^[ \t]*#(?:[^\n]*\\\n)*[^\n]*$', '', without_comments(text), flags=re.M)


def is_private(header):
    return header.endswith('-private.h')
