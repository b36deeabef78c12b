#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What is written down of runs: it is what the programs that read it want, and GFLOW_DEBUG."""

import asyncio
import json
import mmap
import os
import pathlib
import re
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import xml.etree.ElementTree

import gi

gi.require_version('GFlow', '1')
from gi.repository import GFlow

HOSTILE = ['say "hi"\\', '<b>&amp;', 'größer → 日本']
CONTROLS = 'tab\tnew\nline\x01\x7f'  # in titles; no name may have them
SVG = '{http://www.w3.org/2000/svg}'

PROGRAM = '''
import gi
gi.require_version('GFlow', '1')
from gi.repository import GFlow

flow = GFlow.Flow(name='plan')
flow.node(lambda: 1, name='a "quoted" one')
flow.node(lambda: 2, name='b', upstream='a "quoted" one')
for i in range(3):
    flow.execute_sync()
'''


def kept_run(flow):
    run = GFlow.FlowRun(flow, keep_record=True)
    asyncio.run(run.execute())
    return run


class Traces(unittest.TestCase):
    def check_events(self, events):
        """What the format says of events."""
        threads = {(event['pid'], event['tid']) for event in events
                   if event['ph'] == 'M' and event['name'] == 'thread_name'}
        slices = [event for event in events if event['ph'] == 'X']
        for event in slices:
            self.assertIn((event['pid'], event['tid']), threads)
            self.assertGreaterEqual(event['dur'], 0)
        # On a track no slice begins before the one before has ended.
        for track in threads:
            ends = 0
            for event in sorted((event for event in slices
                                 if (event['pid'], event['tid']) == track),
                                key=lambda event: (event['ts'], event['dur'])):
                self.assertGreaterEqual(event['ts'], ends)
                ends = event['ts'] + event['dur']
        # An arrow begins in a slice and ends at the start of one.
        arrows = {}
        for event in events:
            if event['ph'] in 'sf':
                arrows.setdefault(event['id'], {})[event['ph']] = event
        for arrow in arrows.values():
            for event in arrow.values():
                self.assertTrue([x for x in slices
                                 if (x['pid'], x['tid']) == (event['pid'], event['tid'])
                                 and x['ts'] <= event['ts'] <= x['ts'] + x['dur']])
            self.assertLessEqual(arrow['s']['ts'], arrow['f']['ts'])
        return slices, arrows

    def test_trace(self):
        flow, inner = GFlow.Flow(name=HOSTILE[0]), GFlow.Flow()

        inner.node(lambda: None, name='inside')
        for name in HOSTILE:
            flow.node(lambda: time.sleep(0.002), name=name, title=name + CONTROLS)
        for i in range(3):
            async def sleep():
                await asyncio.sleep(0.01)
            flow.node(sleep, name=f'async{i}')
        flow.node(lambda: None, name='end', upstream=HOSTILE)
        flow.add_flow('sub', inner)
        run = kept_run(flow)
        trace = json.loads(run.to_trace())
        slices, arrows = self.check_events(trace['traceEvents'])
        names = [event['args']['node'] for event in slices]
        self.assertEqual(sorted(names), sorted(HOSTILE + ['async0', 'async1', 'async2', 'end',
                                                          'sub', 'inside']))
        self.assertEqual(len(arrows), len(HOSTILE))
        self.assertEqual({event['args']['state'] for event in slices}, {'done'})
        processes = [event['args']['name'] for event in trace['traceEvents']
                     if event['name'] == 'process_name']
        self.assertEqual(processes, [HOSTILE[0], 'Run, sub'])

    def test_gantt(self):
        flow = GFlow.Flow(name=HOSTILE[1])
        for name in HOSTILE:
            flow.node(lambda: None, name=name, title=CONTROLS + name)
        chart = xml.etree.ElementTree.fromstring(kept_run(flow).to_gantt())
        self.assertEqual(chart.find(f'{SVG}title').text, HOSTILE[1])
        titles = [title.text for title in chart.iter(f'{SVG}title')]
        self.assertEqual(len(titles), 1 + len(HOSTILE))
        width, height = float(chart.get('width')), float(chart.get('height'))
        for rect in chart.iter(f'{SVG}rect'):
            if rect.get('x'):
                self.assertLessEqual(float(rect.get('x')) + float(rect.get('width')), width)
                self.assertLessEqual(float(rect.get('y')) + float(rect.get('height')), height)

    def test_report(self):
        flow = GFlow.Flow(max_threads=2)
        for name in 'abc':
            flow.node(lambda: time.sleep(0.02), name=name)
        flow.node(lambda: time.sleep(0.02), name='d', upstream='c')
        run = kept_run(flow)
        report = run.dup_report().unpack()
        self.assertEqual(report['critical-path'], ['c', 'd'])
        self.assertEqual(report['n-nodes'], 4)
        self.assertGreaterEqual(report['busy'], 80_000)
        self.assertGreater(report['duration'], report['critical-duration'] - 1)
        self.assertTrue(0 < report['utilisation'] <= 1)
        self.assertIn('c → d', run.to_summary())


class Debug(unittest.TestCase):
    def start(self, *fds, **environment):
        return subprocess.run([sys.executable, '-c', PROGRAM], env={**os.environ, **environment},
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding='utf-8',
                              timeout=60, check=True, pass_fds=fds)

    def test_trace(self):
        with tempfile.NamedTemporaryFile(suffix='.json') as file:
            self.assertEqual(self.start(GFLOW_DEBUG=f'trace={file.name}').stderr, '')
            events = json.load(file)
            _, arrows = Traces.check_events(self, events)
            self.assertEqual(len(arrows), 3)
            processes = [event for event in events if event['name'] == 'process_name']
            self.assertEqual([event['pid'] for event in processes], [1, 2, 3])

    def test_help(self):
        """The words are those that the page on debugging has."""
        page = pathlib.Path(__file__).parent.parent.parent / 'docs' / 'debugging.md'
        table = page.read_text(encoding='utf-8').split('## GFLOW_DEBUG')[1].split('## Sysprof')[0]
        documented = re.findall(r'^\| `(\S+)` \|', table, flags=re.M)
        known = re.findall(r'^  (\S+) ', self.start(GFLOW_DEBUG='help').stderr, flags=re.M)
        self.assertGreater(len(known), 5)
        self.assertEqual(known, documented)

    def test_schedule(self):
        lines = self.start(GFLOW_DEBUG='schedule').stderr.splitlines()
        self.assertEqual(len(lines), 3 * (1 + 2 + 2 + 1))

    def test_sysprof(self):
        """Marks, if the library is built with Sysprof, whose part this test plays: the process asks
        for a ring of memory, and writes into it."""
        page, size = mmap.PAGESIZE, 64 * mmap.PAGESIZE
        ours, theirs = socket.socketpair()
        ring = os.memfd_create('ring')
        self.addCleanup(os.close, ring)
        os.ftruncate(ring, page + size)
        os.pwrite(ring, struct.pack('IIII', 0, 0, page, size), 0)
        asked = []

        def serve():
            while ours.recv(10):
                asked.append(1)
                socket.send_fds(ours, [b'\0'], [ring])
        with ours, theirs:
            thread = threading.Thread(target=serve)
            thread.start()
            self.start(theirs.fileno(), SYSPROF_CONTROL_FD=str(theirs.fileno()))
            theirs.close()
            thread.join(30)
        if not asked:
            self.skipTest('built without Sysprof')
        capture = os.pread(ring, page + size, 0)
        self.assertEqual(capture.count(b'gflow'), 6)
        self.assertEqual(capture.count(b'a "quoted" one'), 3)
        self.assertEqual(capture.count(b'plan, done'), 6)


if __name__ == '__main__':
    unittest.main()
