#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The example that fetches feeds: all that are there, and never too many at a time."""

import os
import subprocess
import sys
import unittest

import gi

try:
    gi.require_version('Soup', '3.0')
except ValueError:
    sys.exit(77)

FEEDS = os.path.join(os.path.dirname(__file__), '..', '..', 'examples', 'python', 'feeds.py')
HOSTS = ('alpha', 'beta', 'delta', 'epsilon', 'gamma')
EXPECTED = ['50 feeds of 5 hosts',
            f'45 feeds read, with {5 * sum(range(9))} items',
            '5 feeds failed:',
            *(f'  {host}/9: FileNotFoundError: 404 Not Found' for host in HOSTS),
            'at most 4 at a time from one host']


class Feeds(unittest.TestCase):
    def test_output(self):
        for _ in range(3):
            done = subprocess.run([sys.executable, FEEDS], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, timeout=60, text=True)
            self.assertEqual((done.stdout.splitlines(), done.stderr, done.returncode),
                             (EXPECTED, '', 0))


if __name__ == '__main__':
    unittest.main()
