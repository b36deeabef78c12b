#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The importer of examples/python does its job, and cleans up when it is stopped."""

import ctypes
import gzip
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

IMPORTER = Path(__file__).parents[2] / 'examples' / 'python' / 'importer.py'


def be_ordinary():
    """Root gives up its right to read everything."""
    drop_from_bounding_set, override, read_search = 24, 1, 2
    libc = ctypes.CDLL(None)
    for capability in override, read_search:
        libc.prctl(drop_from_bounding_set, capability, 0, 0, 0)


class Importer(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top = Path(folder.name)
        for name in 'source', 'temporary', 'output':
            (self.top / name).mkdir()
        self.source = self.top / 'source'

    def start(self, **options):
        return subprocess.Popen(
            [sys.executable, str(IMPORTER), str(self.source), '-o', str(self.top / 'output')],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, 'TMPDIR': str(self.top / 'temporary')}, **options)

    def fill(self):
        (self.source / 'sub').mkdir()
        (self.source / 'a.txt').write_text('hello\n')
        (self.source / 'sub' / 'same.txt').write_text('hello\n')
        (self.source / 'large.txt').write_text('again and again\n' * 1000)
        (self.source / 'empty').touch()
        (self.source / 'noise').write_bytes(os.urandom(5000))
        (self.source / 'link').symlink_to('noise')
        with gzip.open(self.source / 'packed.gz', 'wb') as stream:
            stream.write(b'x' * 5000)
        Path(os.fsdecode(bytes(self.source) + b'/strange\xff')).write_text('name')

    def read(self, process, status=0):
        output, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, status, errors)
        self.assertEqual(os.listdir(self.top / 'temporary'), [])
        summary = dict(line.split()[:2] for line in output.splitlines() if line)
        index = json.loads((self.top / 'output' / 'index.json').read_text())
        return summary, {file['path']: file for file in index}, errors

    def test_job(self):
        self.fill()
        summary, index, errors = self.read(self.start())
        self.assertEqual(errors, '')
        self.assertEqual(set(index), {'a.txt', 'sub/same.txt', 'large.txt', 'empty', 'noise',
                                      'packed.gz', 'strange\\xff'})
        self.assertEqual((summary['files'], summary['unreadable'], summary['duplicates']),
                         ('7', '0', '1'))
        self.assertEqual(index['sub/same.txt']['original'], 'a.txt')
        self.assertNotIn('original', index['a.txt'])
        self.assertEqual(index['large.txt']['size'], 16000)
        self.assertLess(index['large.txt']['stored'], 1000)
        self.assertEqual(index['large.txt']['type'], 'text/plain')
        self.assertEqual(index['noise']['stored'], 5000)

    def test_unreadable(self):
        self.fill()
        (self.source / 'a.txt').chmod(0)
        summary, index, errors = self.read(self.start(preexec_fn=be_ordinary))
        self.assertIn('a.txt', errors)
        self.assertEqual((summary['files'], summary['unreadable'], summary['duplicates']),
                         ('7', '1', '0'))
        self.assertNotIn('a.txt', index)
        self.assertNotIn('original', index['sub/same.txt'])

    def test_empty(self):
        summary, index, errors = self.read(self.start())
        self.assertEqual((summary['files'], index, errors), ('0', {}, ''))

    def test_interrupt(self):
        for i in range(500):
            (self.source / f'file{i}').write_text('text\n' * 20000 + str(i))
        process = self.start()
        deadline = time.monotonic() + 30
        # The temporary folder is there: it runs.
        while not os.listdir(self.top / 'temporary') and time.monotonic() < deadline:
            time.sleep(.005)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
        self.assertEqual((process.returncode, errors), (130, ''))
        self.assertIn('Stopped', output)
        self.assertEqual(os.listdir(self.top / 'temporary'), [])
        self.assertFalse((self.top / 'output' / 'index.json').exists())


if __name__ == '__main__':
    unittest.main()
