#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A list view of GTK 4 that is bound to ten thousand steps scrolls while they run; and a tree of
steps shows the runs inside of nodes.

Needs GTK 4 and Xvfb; without them it is skipped."""

import os
import shutil
import statistics
import subprocess
import sys
import time
import unittest

import gi

gi.require_version('GFlow', '1')
from gi.repository import GLib, GFlow

N_STEPS = 10000
SKIPPED = 77


def skip(reason):
    print(f'skipped: {reason}')
    sys.exit(SKIPPED)


def start_display():
    """An X server of our own. None if there is no such program."""
    if not shutil.which('Xvfb'):
        skip('no Xvfb')
    ours, theirs = os.pipe()
    server = subprocess.Popen(
        ['Xvfb', '-displayfd', str(theirs), '-screen', '0', '800x600x24', '-nolisten', 'tcp'],
        pass_fds=[theirs], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(theirs)
    with open(ours, encoding='ascii') as pipe:
        number = pipe.readline().strip()
    if not number:
        skip('Xvfb does not start')
    os.environ.update(DISPLAY=f':{number}', GDK_BACKEND='x11', GSK_RENDERER='cairo',
                      GTK_A11Y='none', GSETTINGS_BACKEND='memory')
    return server


class Rows:
    """What a program would write: a row for each step that is in sight, which follows it."""

    def __init__(self, gtk):
        self.gtk = gtk
        self.handlers = {}
        self.n_bound = 0
        self.n_updates = 0
        self.factory = gtk.SignalListItemFactory()
        for name in 'setup', 'bind', 'unbind':
            self.factory.connect(name, getattr(self, name))

    def setup(self, _, item):
        item.set_child(self.gtk.Label(xalign=0))

    def bind(self, _, item):
        step = item.get_item()
        self.n_bound += 1
        self.handlers[item] = step.connect('notify::state', self.update, item)
        self.update(step, None, item)

    def unbind(self, _, item):
        item.get_item().disconnect(self.handlers.pop(item))

    def update(self, step, _, item):
        self.n_updates += 1
        state = step.props.state.value_nick
        item.get_child().set_text(f'{step.get_node().get_name()}: {state}')

    def texts(self):
        return [item.get_child().get_text() for item in self.handlers]


class ListView(unittest.TestCase):
    def setUp(self):
        gtk = self.gtk
        flow = GFlow.Flow()
        before = None
        for i in range(N_STEPS):
            flow.node(lambda: time.sleep(0.0001), name=f'step {i}')
            # Some wait for others, so that there is something to see in the middle, too.
            if i % 50 == 0:
                before = f'step {i}'
            elif i % 50 == 25:
                flow.lookup(f'step {i}').add_upstream_by_name(before)
        self.run_ = GFlow.FlowRun(flow)
        self.rows = Rows(gtk)
        self.window = gtk.Window(default_width=400, default_height=500)
        self.scrolled = gtk.ScrolledWindow()
        self.view = gtk.ListView(model=gtk.NoSelection(model=self.run_), factory=self.rows.factory)
        self.scrolled.set_child(self.view)
        self.window.set_child(self.scrolled)
        self.window.present()

    def tearDown(self):
        self.window.destroy()

    def test_tree(self):
        """The rows of runs inside come when these start, also long after GTK has asked for them."""
        gtk = self.gtk
        outer = GFlow.Flow()
        inner = GFlow.Flow()
        inner.node(lambda: None, name='inside')

        @outer.map(items=['a', 'b', 'c'])
        def each(item):
            pass

        @outer.node(upstream=each)
        def spawns(run, node):
            run.spawn(node, inner)
            run.spawn(node, inner)

        run = GFlow.FlowRun(outer)
        rows = gtk.TreeListModel.new(run, False, True, lambda step: gtk.FlattenListModel.new(
            step.get_subruns()))

        def names():
            return ['  ' * row.get_depth() + row.get_item().get_node().get_name() for row in rows]

        self.assertEqual(names(), ['each', 'spawns'])
        run.execute_sync()
        self.assertEqual(names(), ['each', '  each[0]', '  each[1]', '  each[2]',
                                   'spawns', '  inside', '  inside'])

    def test_scrolls(self):
        context = GLib.MainContext.default()
        adjustment = self.scrolled.get_vadjustment()
        deadline = time.monotonic() + 60
        while adjustment.get_upper() < N_STEPS:
            self.assertLess(time.monotonic(), deadline)
            context.iteration(True)

        ended, ticks, frames = [], [], []
        self.view.add_tick_callback(lambda *_: frames.append(time.monotonic()) or True)

        def scroll():
            ticks.append(time.monotonic())
            if adjustment.get_value() + adjustment.get_page_size() >= adjustment.get_upper():
                adjustment.set_value(0)
            else:
                adjustment.set_value(adjustment.get_value() + adjustment.get_page_size() / 3)
            return GLib.SOURCE_CONTINUE

        source = GLib.timeout_add(16, scroll)
        self.run_.execute(None, lambda run, result: ended.append(run.execute_finish(result)))
        while not ended:
            self.assertLess(time.monotonic(), deadline)
            context.iteration(True)
        GLib.source_remove(source)

        self.assertEqual(ended, [True])
        gaps = [after - before for before, after in zip(ticks, ticks[1:])]
        print(f'{len(gaps)} turns of the loop in {ticks[-1] - ticks[0]:.1f} s, '
              f'{statistics.median(gaps) * 1000:.0f} ms apart, {max(gaps) * 1000:.0f} at most; '
              f'{len(frames)} frames, {self.rows.n_bound} rows bound, '
              f'{self.rows.n_updates} times written')
        # It scrolled all the time: even on a machine that is busy with other things.
        self.assertGreater(len(gaps), 5)
        self.assertGreater(len(frames), 5)
        self.assertLess(statistics.median(gaps), 0.25)
        # What is in sight, and a bit around it, is what was written.
        self.assertLess(len(self.rows.handlers), 1000)
        self.assertLess(self.rows.n_updates, self.rows.n_bound + 4 * N_STEPS)
        self.assertTrue(all(text.endswith(': done') for text in self.rows.texts()),
                        self.rows.texts())
        self.assertEqual(self.run_.get_n_items(), N_STEPS)


if __name__ == '__main__':
    display = start_display()
    try:
        try:
            gi.require_version('Gtk', '4.0')
            from gi.repository import Gtk
        except (ValueError, ImportError):
            skip('no GTK 4')
        if not Gtk.init_check():
            skip('GTK does not start')
        ListView.gtk = Gtk
        unittest.main()
    finally:
        display.terminate()
        display.wait()
