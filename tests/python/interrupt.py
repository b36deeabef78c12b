#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Ctrl-C ends what blocks."""

import asyncio
import signal
import subprocess
import sys
import time
import unittest

import gi

gi.require_version('GFlow', '1')
from gi.repository import GFlow


class Interrupt(unittest.TestCase):
    INTERRUPTED = '''
import asyncio, os, signal, threading, time, gi
gi.require_version('GFlow', '1')
from gi.repository import GFlow
flow = GFlow.Flow()

@flow.node
async def a(run):
    threading.Timer(.05, os.kill, (os.getpid(), signal.SIGINT)).start()
    try:
        await asyncio.sleep(30)
    finally:
        print('a ends')

@flow.node(upstream=a, run_when=GFlow.FlowRunWhen.ALL_FINISHED)
def clean_up():
    print('cleaned up')

async def main():
    try:
        await flow.execute()
    finally:
        print('main ends')
try:
    {}
except KeyboardInterrupt:
    print('interrupted', flush=True)
'''

    def test_interrupt(self):
        for call, lines in (('flow.execute_sync()', ['a ends', 'cleaned up', 'interrupted']),
                            ('asyncio.run(main())', ['a ends', 'cleaned up', 'main ends',
                                                     'interrupted'])):
            with self.subTest(call=call):
                process = subprocess.run([sys.executable, '-c', self.INTERRUPTED.format(call)],
                                         stdout=subprocess.PIPE, timeout=25, text=True)
                self.assertEqual(process.stdout.split('\n')[:-1], lines)
                self.assertEqual(process.returncode, 0)

    def test_interrupt_elsewhere(self):
        """Where Python itself would raise KeyboardInterrupt, it does, and nothing hangs."""
        for call in ('asyncio.new_event_loop().run_until_complete(flow.execute())',
                     'GFlow.FlowLock().acquire_sync(); lock = GFlow.FlowLock(); '
                     'lock.acquire_sync(); lock.acquire_sync()',
                     'flow.execute_sync()'):
            program = """
import asyncio, os, signal, threading, time, gi
gi.require_version('GFlow', '1')
from gi.repository import GFlow
flow = GFlow.Flow()

@flow.node(placement=GFlow.FlowPlacement.{})
{} f():
    {}(30)
    print('never')

threading.Timer(.1, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    {}
except KeyboardInterrupt:
    print('interrupted', flush=True)
os._exit(0)
"""
            bodies = [('WORKER', 'async def', 'await asyncio.sleep')]
            if 'execute_sync' in call:
                bodies.append(('CONTEXT', 'def', 'time.sleep'))
            for body in bodies:
                with self.subTest(call=call, body=body):
                    process = subprocess.run([sys.executable, '-c', program.format(*body, call)],
                                             stdout=subprocess.PIPE, timeout=25, text=True)
                    self.assertEqual((process.stdout, process.returncode), ('interrupted\n', 0))

    def test_signal_state(self):
        before = signal.getsignal(signal.SIGINT)
        GFlow.Flow().execute_sync()
        self.assertIs(signal.getsignal(signal.SIGINT), before)
        self.assertEqual(signal.set_wakeup_fd(-1), -1)


if __name__ == '__main__':
    unittest.main()
