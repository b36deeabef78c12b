#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Ctrl-C ends what blocks."""

import signal
import subprocess
import sys
import textwrap
import unittest

import gi

gi.require_version('GFlow', '1')
from gi.repository import GFlow

HEAD = '''
import asyncio, os, signal, socket, threading, time, gi
gi.require_version('GFlow', '1')
from gi.repository import GFlow

CONTEXT = GFlow.FlowPlacement.CONTEXT
flow = GFlow.Flow()

def ctrl_c(after, number=signal.SIGINT):
    threading.Timer(after, os.kill, (os.getpid(), number)).start()
'''


class Interrupt(unittest.TestCase):
    def check(self, program, *lines):
        process = subprocess.run([sys.executable, '-c', HEAD + textwrap.dedent(program)],
                                 stdout=subprocess.PIPE, timeout=25, text=True)
        self.assertEqual((process.stdout.splitlines(), process.returncode), (list(lines), 0))

    def test_clean_up(self):
        for call, *lines in (('flow.execute_sync()', 'a ends', 'cleaned up', 'interrupted'),
                             ('asyncio.run(main())', 'a ends', 'cleaned up', 'main ends',
                              'interrupted')):
            with self.subTest(call=call):
                self.check(f'''
                    @flow.node
                    async def a(run):
                        ctrl_c(.05)
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
                        {call}
                    except KeyboardInterrupt:
                        print('interrupted', flush=True)
                    ''', *lines)

    def check_interrupted(self, define, call):
        """Nothing hangs, and nothing that waits goes on."""
        # Without the end of Python, which would wait for what run_until_complete() has left.
        with self.subTest(define=define, call=call):
            self.check(f'{define}\nctrl_c(.1)\ntry:\n    {call}\n'
                       "except KeyboardInterrupt:\n    print('interrupted', flush=True)\n"
                       'os._exit(0)', 'interrupted')

    SLEEPS = "@flow.node(placement=CONTEXT)\ndef f():\n    time.sleep(30)\n    print('never')"
    AWAITS = "@flow.node\nasync def f():\n    await asyncio.sleep(30)\n    print('never')"

    def test_body(self):
        self.check_interrupted(self.SLEEPS, 'flow.execute_sync()')
        self.check_interrupted(self.AWAITS, 'flow.execute_sync()')
        self.check_interrupted(self.AWAITS,
                               'asyncio.new_event_loop().run_until_complete(flow.execute())')

    def test_lock(self):
        self.check_interrupted('lock = GFlow.FlowLock()',
                               'lock.acquire_sync(); lock.acquire_sync()')

    def test_nested(self):
        """Of calls inside of each other, all end."""
        self.check_interrupted(self.AWAITS + '\nouter = GFlow.Flow()\n'
                               'outer.node(flow.execute_sync, placement=CONTEXT)',
                               'outer.execute_sync()')

    def test_next_call(self):
        """Ctrl-C is over with the call that it has ended."""
        self.check('''
            @flow.node
            async def f():
                ctrl_c(.002)
                await asyncio.sleep(30)

            quick = GFlow.Flow()
            quick.node(lambda: 'value', name='g')
            for _ in range(20):
                try:
                    flow.execute_sync()
                except KeyboardInterrupt:
                    for _ in range(10):
                        assert quick.execute_sync()['g'] == 'value'
            print('end')
            ''', 'end')

    def test_other_signals(self):
        """Whoever is told of signals by a file descriptor still is."""
        self.check('''
            signal.signal(signal.SIGUSR1, lambda number, frame: print('handled', flush=True))
            reader, writer = socket.socketpair()
            writer.setblocking(False)
            signal.set_wakeup_fd(writer.fileno())

            @flow.node
            async def f():
                ctrl_c(.05, signal.SIGUSR1)
                await asyncio.get_running_loop().run_in_executor(None, reader.recv, 1)

            flow.execute_sync()
            print(signal.set_wakeup_fd(-1) == writer.fileno())
            ''', 'handled', 'True')

    def test_fork(self):
        """Signals of a child are its own."""
        self.check('''
            @flow.node(placement=CONTEXT)
            def f():
                pid = os.fork()
                if pid == 0:
                    try:
                        os.kill(os.getpid(), signal.SIGINT)
                        time.sleep(30)
                    except KeyboardInterrupt:
                        os._exit(3)
                time.sleep(.05)
                return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

            print(flow.execute_sync()[f])
            ''', '3')

    def test_own_handler(self):
        """An application that handles SIGINT itself is left alone."""
        self.check('''
            signal.signal(signal.SIGINT, lambda number, frame: print('handled', flush=True))

            @flow.node
            async def f():
                ctrl_c(0)
                await asyncio.sleep(.1)
                return 'value'

            print(flow.execute_sync()[f])
            ''', 'handled', 'value')

    def test_signal_state(self):
        before = signal.getsignal(signal.SIGINT)
        GFlow.Flow().execute_sync()
        self.assertIs(signal.getsignal(signal.SIGINT), before)
        self.assertEqual(signal.set_wakeup_fd(-1), -1)


if __name__ == '__main__':
    unittest.main()
