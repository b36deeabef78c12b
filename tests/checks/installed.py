#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What is installed is enough: programs build with pkg-config, and run, in every language.

Arguments: the build folder.
"""

import glob
import os
import shutil
import subprocess
import sys
import tempfile

from check import SRCDIR, done, problem

build = sys.argv[1]
meson = shutil.which('meson', path='/usr/bin:' + os.environ['PATH'])
scratch = tempfile.mkdtemp()
root = os.path.join(scratch, 'root')


def run(*command, **extra):
    ran = subprocess.run(command, cwd=scratch, text=True, env={**os.environ, **extra},
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if ran.returncode != 0:
        problem(f'{" ".join(command)}: status {ran.returncode}\n{ran.stdout}')
    return ran.stdout


def find(pattern):
    found = glob.glob(os.path.join(root, '**', pattern), recursive=True)
    return found[0] if found else None


def folder(pattern):
    found = find(pattern)
    if found is None:
        problem(f'{pattern} is not installed')
    return os.path.dirname(found or scratch)


def example(name):
    return os.path.join(SRCDIR, 'examples', name)


try:
    run(meson, 'install', '-C', build, '--no-rebuild', '--quiet', '--destdir', root)

    pkgconfigdir = folder('libgflow-1.pc')
    libdir = os.path.dirname(pkgconfigdir)
    prefix = folder('include')
    paths = {
        'PKG_CONFIG_PATH': pkgconfigdir,
        'LD_LIBRARY_PATH': libdir,
    }
    for name in ('libgflow-1.so', 'libgflow-1.so.0', 'gflow.h', 'gflow-version.h',
                 'gflow-enum-types.h', 'graph/gflow-flow.h', 'run/gflow-run.h'):
        folder(name)
    for name in ('*-private.h', 'config.h', '*.a'):
        if find(name):
            problem(f'{find(name)} is installed')

    installed_prefix = '/' + os.path.relpath(prefix, root)
    flags = run('pkg-config', '--cflags', '--libs', 'libgflow-1', **paths)
    flags = [flag.replace(installed_prefix + '/', prefix + '/') if root not in flag and
             'gflow' in flag or flag.startswith('-L' + installed_prefix) else flag
             for flag in flags.split()]
    run(os.environ.get('CC', 'cc'), '-Wall', '-Werror', '-o', 'hello', example('c/hello.c'), *flags)
    run(os.path.join(scratch, 'hello'), **paths)

    if find('GFlow-1.typelib'):
        paths['GI_TYPELIB_PATH'] = folder('GFlow-1.typelib')
    if find('gi/overrides/GFlow.py'):
        paths['PYTHONPATH'] = os.path.dirname(os.path.dirname(folder('gi/overrides/GFlow.py')))
        run(sys.executable, example('python/hello.py'), **paths)
        run(sys.executable, '-c', 'import gflow_asyncflow, gflow_jina', **paths)
        folder('gi-stubs/repository/GFlow.pyi')
    if find('overrides/GFlow.js') and shutil.which('gjs'):
        paths['XDG_DATA_DIRS'] = os.path.join(prefix, 'share') + ':/usr/local/share:/usr/share'
        run('gjs', '-m', example('javascript/hello.js'), **paths)
    if find('libgflow-1.vapi') and shutil.which('valac'):
        cflags = [argument for flag in flags for argument in ('-X', flag)]
        run('valac', '--vapidir', folder('libgflow-1.vapi'), '--pkg', 'libgflow-1', '-X', '-w',
            '-o', 'hello-vala', *cflags, example('vala/hello.vala'), **paths)
        run(os.path.join(scratch, 'hello-vala'), **paths)
finally:
    shutil.rmtree(scratch)

done('installed')
