#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the search example on the documentation of the machine, as a user would: search.py PROGRAM…"""

import os
import pty
import re
import subprocess
import sys
import unittest

COMMAND = None
FOLDER = '/usr/share/doc'
PATTERN = '*/copyright'


def text_of(path):
    with open(os.path.join(FOLDER, path), encoding='utf-8') as file:
        return file.read().casefold()


class SearchTest(unittest.TestCase):
    def run_search(self, *arguments, stderr=subprocess.PIPE):
        return subprocess.run([*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=stderr,
                              encoding='utf-8', timeout=200)

    @unittest.skipUnless(os.path.isdir(FOLDER), 'this machine has no documentation')
    def test_documentation(self):
        ran = self.run_search('--pattern', PATTERN, '--limit', '3', FOLDER, 'license', 'public license',
                              'xyzzyx')
        self.assertEqual((ran.returncode, ran.stderr), (0, ''))
        lines = ran.stdout.splitlines()
        n_files = int(re.fullmatch(r'(\d+) files, \d+ words', lines[0]).group(1))
        if n_files == 0:
            self.skipTest('this machine has no documentation')
        counts = [int(n) for n in re.findall(r'”: (\d+) found', ran.stdout)]
        self.assertEqual(len(counts), 3)
        self.assertTrue(n_files >= counts[0] >= counts[1] >= counts[2] == 0)
        hits = [line.split(maxsplit=1) for line in lines if line.startswith(' ')]
        self.assertEqual(len(hits), sum(min(n, 3) for n in counts))
        for _score, path in hits:
            self.assertIn('license', text_of(path))

    def test_progress(self):
        """The bar is for people only: where there is a terminal."""
        try:
            ours, theirs = pty.openpty()
        except OSError as error:  # a container without /dev/pts
            self.skipTest(str(error))
        try:
            ran = self.run_search('--pattern', '**/*.txt', DOCUMENTS, 'bread', stderr=theirs)
        finally:
            os.close(theirs)
        with os.fdopen(ours, 'rb') as terminal:
            told = terminal.read1(65536).decode()
        self.assertEqual(ran.returncode, 0)
        self.assertRegex(told, r'100 %|1/1 requests')

    def test_wrong(self):
        self.assertNotEqual(self.run_search().returncode, 0)
        ran = self.run_search('/nowhere', 'word')
        self.assertNotEqual(ran.returncode, 0)
        self.assertIn('/nowhere', ran.stderr)


if __name__ == '__main__':
    DOCUMENTS, *COMMAND = sys.argv[1:]
    unittest.main(argv=sys.argv[:1])
