#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The library works as a subproject of another project, as README.md says."""

import os
import re
import shutil
import subprocess
import sys
import tempfile

from check import SRCDIR, done, problem, read

meson = shutil.which('meson', path='/usr/bin:' + os.environ['PATH'])
scratch = tempfile.mkdtemp()
build = os.path.join(scratch, 'build')


def run(*command):
    ran = subprocess.run(command, cwd=scratch, text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if ran.returncode != 0:
        problem(f'{" ".join(command)}: status {ran.returncode}\n{ran.stdout[-4000:]}')
        sys.exit(1)
    return ran.stdout


try:
    recipe = re.search(r'<!-- subproject -->\n+```[a-z]*\n(.*?)```', read(SRCDIR, 'README.md'),
                       flags=re.S)
    with open(os.path.join(scratch, 'meson.build'), 'w', encoding='utf-8') as file:
        file.write(recipe.group(1))
    os.mkdir(os.path.join(scratch, 'subprojects'))
    os.symlink(SRCDIR, os.path.join(scratch, 'subprojects', 'libgflow'))
    shutil.copy(os.path.join(SRCDIR, 'examples', 'c', 'hello.c'), scratch)

    output = run(meson, 'setup', build, '--wrap-mode=nodownload', '--force-fallback-for=libgflow',
                 '-Dlibgflow:introspection=disabled', '-Doptimization=0')
    run(meson, 'compile', '-C', build)
    if 'nodes done' not in run(os.path.join(build, 'hello')):
        problem('hello does not say what it has done')
    for folder in ('tests', 'examples', 'benchmarks'):
        if os.path.exists(os.path.join(build, 'subprojects', 'libgflow', folder)):
            problem(f'{folder}/ is built in a subproject')
finally:
    shutil.rmtree(scratch)

done('subproject')
