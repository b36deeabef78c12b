#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A hello program prints what README.md says, in an order that the graph allows.

Arguments: the command.
"""

import re
import subprocess
import sys

from check import SRCDIR, done, problem, read

readme = read(SRCDIR, 'README.md')
block = re.search(r'<!-- output: hello -->\n+```[a-z]*\n(.*?)```', readme, flags=re.S)
if block is None:
    sys.exit('README.md does not show the output of hello')
shown = block.group(1).splitlines()

for _ in range(5):
    ran = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    lines = ran.stdout.splitlines()
    if ran.returncode != 0:
        problem(f'status {ran.returncode}')
    # The two works run at the same time: either may be first.
    if lines[:1] + sorted(lines[1:3]) + lines[3:] != shown:
        problem('expected:\n' + '\n'.join(shown) + '\nprinted:\n' + ran.stdout)
        break

done(' '.join(sys.argv[1:]))
