#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""An example prints what it should, and nothing else.

Arguments: the file with what it should print, the command.
"""

import difflib
import subprocess
import sys

from check import done, problem, read

expected, *command = sys.argv[1:]
ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding='utf-8')

if ran.returncode != 0:
    problem(f'status {ran.returncode}')
if ran.stderr:
    problem(f'complains:\n{ran.stderr}')
difference = ''.join(difflib.unified_diff(
    read(expected).splitlines(keepends=True), ran.stdout.splitlines(keepends=True),
    'expected', 'printed'))
if difference:
    problem(difference)

done(' '.join(command))
