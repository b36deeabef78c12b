#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the importer example as a user would: importer.py PROGRAM"""

import ctypes
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM = None
TIMEOUT = 100


def obey_permissions():
    """Called in the child: root can read everything, unless told not to."""
    PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 24, 1, 2
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


def permissions_are_obeyed(path):
    return subprocess.run(["cat", path], preexec_fn=obey_permissions, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode != 0


class ImporterTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="gflow-test-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.source = self.path("source")
        self.output = self.path("output")
        self.tmp = self.path("tmp")
        os.mkdir(self.source)
        os.mkdir(self.tmp)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def write(self, name, content):
        path = os.path.join(os.fsencode(self.source), os.fsencode(name))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)
        return os.fsdecode(path)

    def start(self, *args):
        return subprocess.Popen([PROGRAM, "--output", self.output, *args],
                                env=dict(os.environ, TMPDIR=self.tmp, LC_ALL="C.UTF-8"),
                                preexec_fn=obey_permissions, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run_importer(self, *args, status=0):
        process = self.start(*args)
        out, err = process.communicate(timeout=TIMEOUT)
        self.assertEqual(process.returncode, status, out + err)
        self.assertEqual(os.listdir(self.tmp), [])
        if status == 0:
            self.assertEqual(err, "")
        return out, err

    def read_index(self):
        with open(os.path.join(self.output, "index.json"), encoding="utf-8") as file:
            index = json.load(file)
        return index["totals"], {file["path"]: file for file in index["files"]}

    def summary(self, out):
        """The table at the end: {name: (number, text)}"""
        rows = re.findall(r"^  ([a-z ]+?) {2,}(\S+(?: [kMG]?B| bytes?)?)  (.*)$", out, re.M)
        return {name: (amount, text) for name, amount, text in rows}

    def fill_source(self):
        text = b"All work and no play makes a dull text, easy to compress.\n" * 5000
        noise = os.urandom(40_000)
        self.write("text.txt", text)
        self.write("twins/one.txt", text)
        self.write("twins/two.txt", text)
        self.write("noise.bin", noise)
        self.write("other-noise.bin", os.urandom(40_000))
        self.write("small.txt", b"too small")
        self.write("empty", b"")
        self.write("empty-too", b"")
        self.write(b"\xff.txt", b"not UTF-8")
        self.write(b"\xfe.txt", b"nor this")
        os.chmod(self.write("closed.txt", b"nobody may read this"), 0)
        self.write("closed/file", b"nor see this")
        os.chmod(os.path.join(self.source, "closed"), 0)
        os.mkfifo(os.path.join(self.source, "fifo"))
        os.symlink("text.txt", os.path.join(self.source, "link"))
        os.symlink(".", os.path.join(self.source, "loop"))
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(os.path.join(self.source, "socket"))
        return text, noise

    def test_folder(self):
        text, noise = self.fill_source()
        closed = os.path.join(self.source, "closed")
        self.addCleanup(os.chmod, closed, 0o700)
        if not permissions_are_obeyed(os.path.join(self.source, "closed.txt")):
            self.skipTest("this user can read everything")

        out, _ = self.run_importer(self.source)
        totals, files = self.read_index()

        self.assertEqual(totals["files"], 11)
        self.assertEqual(totals["duplicate"], 3)
        self.assertEqual(totals["unreadable"], 1)
        self.assertEqual(totals["unreadable-folders"], 1)
        self.assertEqual(totals["compressed"], 1)
        self.assertEqual(totals["copied"], 6)
        self.assertEqual(totals["not-stored"], 0)
        self.assertEqual(totals["skipped"], 4)
        self.assertEqual(totals["bytes"], 3 * len(text) + 80_000 + 9 + 9 + 8)
        packed = files["text.txt"]["stored-size"]
        self.assertLess(packed, len(text) / 10)
        self.assertEqual(totals["bytes-saved"], 3 * len(text) - packed)

        self.assertEqual(len(files), 11)
        self.assertEqual(files["text.txt"]["status"], "compressed")
        self.assertEqual(files["text.txt"]["type"], "text/plain")
        self.assertEqual(files["text.txt"]["sha256"], hashlib.sha256(text).hexdigest())
        for name in ("twins/one.txt", "twins/two.txt"):
            self.assertEqual(files[name]["status"], "duplicate")
            self.assertEqual(files[name]["original"], "text.txt")
            self.assertNotIn("stored-size", files[name])
        self.assertEqual(files["empty-too"]["original"], "empty")
        self.assertEqual(files["noise.bin"]["status"], "copied")
        self.assertEqual(files["noise.bin"]["sha256"], hashlib.sha256(noise).hexdigest())
        self.assertEqual(files["closed.txt"]["status"], "unreadable")
        self.assertIn("Permission denied", files["closed.txt"]["error"])
        self.assertNotIn("sha256", files["closed.txt"])

        rows = self.summary(out)
        self.assertEqual(rows["files"][0], "11")
        self.assertEqual(rows["duplicates"][0], "3")
        self.assertEqual(rows["compressed"][0], "1")
        self.assertEqual(rows["unreadable"], ("1", "file"))
        self.assertEqual(rows["skipped"], ("4", "links and special files"))
        for name in ("saved", "seconds", "nodes", "memory"):
            self.assertIn(name, rows)
        self.assertIn("closed.txt: ", out)
        self.assertIn("100 %", out)

    def test_graph(self):
        for number in range(20):
            self.write(f"{number}.txt", b"%d" % number * 1000)
            self.write(f"again-{number}.txt", b"%d" % number * 1000)
        self.run_importer(self.source)

        path = os.path.join(self.output, "flow.dot")
        with open(path, encoding="utf-8") as file:
            dot = file.read()
        self.assertIn("digraph", dot)
        self.assertIn("clean up", dot)
        self.assertLess(dot.count("store "), 20)
        if shutil.which("dot"):
            subprocess.run(["dot", "-Tcanon", path], check=True, stdout=subprocess.DEVNULL, timeout=TIMEOUT)

    def test_same_with_any_number_of_threads(self):
        for number in range(300):
            self.write(f"{number % 7}/{number}.txt", b"%d\n" % (number // 3) * (number % 50))
        answers = []
        for jobs in ("1", "2", "8"):
            self.run_importer("--jobs", jobs, "--quiet", self.source)
            answers.append(self.read_index())
        self.assertEqual(answers[0], answers[1])
        self.assertEqual(answers[0], answers[2])

    def test_empty_folder(self):
        out, _ = self.run_importer(self.source)
        totals, files = self.read_index()
        self.assertEqual((totals["files"], totals["bytes-saved"], files), (0, 0, {}))
        self.assertEqual(self.summary(out)["files"][0], "0")
        self.assertTrue(os.path.exists(os.path.join(self.output, "flow.dot")))

    def test_quiet(self):
        self.write("file", b"content")
        out, _ = self.run_importer("--quiet", self.source)
        self.assertEqual(out, "")
        self.assertEqual(self.read_index()[0]["files"], 1)

    def test_wrong_arguments(self):
        _, err = self.run_importer(self.path("nowhere"), status=1)
        self.assertIn("nowhere", err)
        self.assertIn("No such file or directory", err)
        self.run_importer(self.write("file", b"not a folder"), status=1)
        self.run_importer("--no-such-option", status=2)
        self.run_importer("one", "two", status=2)
        self.run_importer("--jobs", "-3", status=2)
        out, _ = self.run_importer("--help")
        self.assertIn("--jobs", out)

    def stop(self, number):
        # Costs no room on the disk, and half a minute to hash.
        with open(self.write("large", b""), "wb") as file:
            file.truncate(16 << 30)
        for name in range(50):
            self.write(f"text-{name}.txt", b"%d\n" % name * 20_000)

        process = self.start("--jobs", "2", self.source)
        self.addCleanup(process.kill)
        deadline = time.monotonic() + TIMEOUT
        while not any(names for _, _, names in os.walk(self.tmp)):
            self.assertIsNone(process.poll())
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)

        process.send_signal(number)
        out, err = process.communicate(timeout=TIMEOUT)
        self.assertEqual(process.returncode, 128 + number, out + err)
        self.assertEqual(err, "")
        self.assertRegex(out, r"Stopped with \d+ of 51 files done")
        self.assertIn("temporary folder is removed", out)
        self.assertEqual(os.listdir(self.tmp), [])
        self.assertFalse(os.path.exists(os.path.join(self.output, "index.json")))

    def test_interrupt(self):
        self.stop(signal.SIGINT)

    def test_terminate(self):
        self.stop(signal.SIGTERM)


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)
