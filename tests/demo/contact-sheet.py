#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The contact sheet of a folder, looked at.

Arguments: the program.
"""

import os
import signal
import struct
import subprocess
import sys
import tempfile
import unittest
import zlib

PROGRAM = sys.argv.pop(1)
SIZE, GAP = 160, 8
WHITE = (255, 255, 255)
COLOURS = [(200, 30, 40), (20, 160, 60), (10, 40, 220), (240, 200, 0), (90, 90, 90), (0, 200, 200)]


def chunk(kind, data):
    return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))


def write_png(path, width, height, colour):
    rows = (b'\0' + bytes(colour) * width) * height
    header = struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0)
    with open(path, 'wb') as file:
        file.write(b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', header) +
                   chunk(b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b''))


def paeth(left, above, corner):
    return min(left, above, corner, key=lambda value: abs(left + above - corner - value))


def read_png(path):
    """The rows of an image of 8 bits RGB, each as a list of colours."""
    with open(path, 'rb') as file:
        content = file.read()
    position, packed = 8, b''
    while position < len(content):
        length, = struct.unpack_from('>I', content, position)
        kind, data = content[position + 4:position + 8], content[position + 8:position + 8 + length]
        if kind == b'IHDR':
            width, height, *layout = struct.unpack('>IIBBBBB', data)
        elif kind == b'IDAT':
            packed += data
        position += length + 12
    assert layout == [8, 2, 0, 0, 0], layout
    return unfilter(zlib.decompress(packed), width * 3, height)


def unfilter(data, length, height):
    above, rows = bytes(length), []
    for y in range(height):
        start = y * (length + 1)
        kind, row = data[start], bytearray(data[start + 1:start + 1 + length])
        for i in range(length):
            left, corner = (row[i - 3], above[i - 3]) if i >= 3 else (0, 0)
            row[i] = (row[i] + (0, left, above[i], (left + above[i]) // 2,
                                paeth(left, above[i], corner))[kind]) & 255
        rows.append([tuple(row[i:i + 3]) for i in range(0, length, 3)])
        above = row
    return rows


class ContactSheet(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)
        self.folder = os.path.join(self.scratch.name, 'images')
        self.sheet = os.path.join(self.scratch.name, 'sheet.png')
        os.mkdir(self.folder)

    def write(self, name, content):
        with open(os.path.join(self.folder, name), 'w', encoding='utf-8') as file:
            file.write(content)

    def run_program(self):
        ran = subprocess.run([PROGRAM, self.folder, self.sheet], stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, timeout=60)
        # Not by subprocess, which makes new lines of the returns between two percentages.
        ran.stdout, ran.stderr = ran.stdout.decode(), ran.stderr.decode()
        return ran

    def test_one_is_broken(self):
        for number, colour in enumerate(COLOURS):
            # Wide and high ones, larger and smaller than on the sheet.
            width, height = [(320, 320), (400, 100), (50, 200)][number % 3]
            write_png(os.path.join(self.folder, f'{number}.png'), width, height, colour)
        self.write('2-broken.png', 'not an image')
        self.write('notes.txt', 'not even by its name')

        ran = self.run_program()
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertEqual(ran.stdout, f'6 of 7 images are on {self.sheet}\n')
        progress, *problems = ran.stderr.strip().split('\n')
        self.assertTrue(progress.endswith('100 %'), ran.stderr)
        self.assertEqual(len(problems), 1, ran.stderr)
        self.assertIn('2-broken.png: ', problems[0])

        rows = read_png(self.sheet)
        cell = SIZE + GAP
        self.assertEqual((len(rows[0]), len(rows)), (3 * cell + GAP, 2 * cell + GAP))
        for number, colour in enumerate(COLOURS):
            x, y = number % 3 * cell + GAP, number // 3 * cell + GAP
            self.assertEqual(rows[y + SIZE // 2][x + SIZE // 2], colour)
            # In the gaps, and beside what is not square.
            self.assertEqual(rows[y - 1][x - 1], WHITE)
            self.assertEqual(rows[y][x], [colour, WHITE, WHITE][number % 3])
            self.assertEqual(rows[y + SIZE // 2][x], [colour, colour, WHITE][number % 3])
            self.assertEqual(rows[y][x + SIZE // 2], [colour, WHITE, colour][number % 3])

    def test_all_are_broken(self):
        self.write('a.png', 'no')
        self.write('b.png', 'neither')
        ran = self.run_program()
        self.assertEqual(ran.returncode, 1)
        self.assertEqual(ran.stdout, '')
        self.assertIn('a.png: ', ran.stderr)
        self.assertIn('b.png: ', ran.stderr)
        self.assertIn('none of the images can be read', ran.stderr)
        self.assertFalse(os.path.exists(self.sheet))

    def test_interrupted(self):
        # An image that does not come: it keeps its thread until the pipe is closed.
        pipe = os.path.join(self.folder, 'pipe.png')
        os.mkfifo(pipe)
        with subprocess.Popen([PROGRAM, self.folder, self.sheet], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, encoding='utf-8') as program:
            writer = os.open(pipe, os.O_WRONLY)
            program.send_signal(signal.SIGINT)
            while (line := program.stderr.readline()) not in ('stopping\n', ''):
                pass
            self.assertEqual(line, 'stopping\n')
            os.close(writer)
            stdout, stderr = program.communicate(timeout=60)
        self.assertEqual(program.returncode, 130, stderr)
        self.assertEqual(stdout, '')
        self.assertNotIn('pipe.png', stderr)
        self.assertFalse(os.path.exists(self.sheet))

    def test_no_folder(self):
        os.rmdir(self.folder)
        ran = self.run_program()
        self.assertEqual(ran.returncode, 1)
        self.assertTrue(ran.stderr.startswith('contact-sheet: '), ran.stderr)


if __name__ == '__main__':
    unittest.main()
