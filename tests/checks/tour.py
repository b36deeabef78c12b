#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A tour program does what README.md says: counts, copes with a file that is not there, and stops.

Arguments: the command.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from check import SRCDIR, done, problem, read

TIMEOUT = 60
# It is run in another folder.
COMMAND = [os.path.abspath(part) if os.path.exists(part) else part for part in sys.argv[1:]]
MARK = 'tour.working'

readme = read(SRCDIR, 'README.md')
shown = re.search(r'<!-- output: tour -->\n+```[a-z]*\n(.*?)```', readme, flags=re.S)
if shown is None:
    sys.exit('README.md does not show the output of tour')
scratch = tempfile.mkdtemp()


def start(*files):
    return subprocess.Popen([*COMMAND, *files], cwd=scratch, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def expect(what, found, wanted):
    if found != wanted:
        problem(f'{what}: {found!r} and not {wanted!r}')


def check_files():
    for name, words in (('one.txt', 'a b\nc\n'), ('two.txt', ' a b c d\te'), ('empty.txt', '')):
        with open(os.path.join(scratch, name), 'w', encoding='utf-8') as file:
            file.write(words)

    program = start('one.txt', 'two.txt', 'three.txt')
    out, err = program.communicate(timeout=TIMEOUT)
    message = err.splitlines()[-1].replace(os.path.realpath(scratch), '…')
    # The two may be counted in any order.
    expect('printed', sorted(out.splitlines()) + [message], shown.group(1).splitlines())
    expect('status', program.returncode, 1)
    expect('mark', os.path.exists(os.path.join(scratch, MARK)), False)
    if '100' not in err:
        problem(f'no progress: {err!r}')

    program = start('empty.txt')
    out, err = program.communicate(timeout=TIMEOUT)
    expect('printed', out, 'empty.txt: 0 words\n')
    expect('status', program.returncode, 0)


def check_interrupt():
    pipe = os.path.join(scratch, 'pipe')
    os.mkfifo(pipe)
    writer = os.open(pipe, os.O_RDWR)  # it can be opened, but there is nothing to read
    program = start('one.txt', 'pipe')
    deadline = time.monotonic() + TIMEOUT
    try:
        while not os.path.exists(os.path.join(scratch, MARK)):
            if program.poll() is not None or time.monotonic() > deadline:
                problem('it did not start')
                return
            time.sleep(0.01)
        program.send_signal(signal.SIGINT)
        err = ''
        while 'Stopping' not in err:
            line = program.stderr.readline()
            if line == '':
                break
            err += line
    finally:
        os.close(writer)
        out, more = program.communicate(timeout=TIMEOUT)
    if 'Stopping' not in err:
        problem(f'it does not say that it stops: {err + more!r}')
    expect('words of the pipe', 'pipe:' in out, False)
    expect('status', program.returncode, 1)
    expect('mark', os.path.exists(os.path.join(scratch, MARK)), False)


try:
    check_files()
    check_interrupt()
finally:
    shutil.rmtree(scratch)

done(' '.join(COMMAND))
