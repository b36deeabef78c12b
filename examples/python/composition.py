#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Composition: a flow put together from functions that know nothing of it."""

import sys

import gi

gi.require_version('GFlow', '1')
from gi.repository import GFlow


def say(text):
    sys.stdout.write(text + '\n')


def prepare():
    say('prepare')


def fonts():
    say('fonts')


def images():
    say('images')


def pages():
    say('pages')


def index():
    say('index')


def publish():
    say('publish')


disk = GFlow.Lock()
group = GFlow.Series(
    prepare,
    GFlow.Parallel(
        fonts,
        GFlow.WithLock(images, disk),
        GFlow.Series(
            pages,
            GFlow.WithLock(index, disk))),
    publish)

# With one worker, what may run at the same time runs in the order in which it was added.
flow = GFlow.Flow(group, max_threads=1)
run = flow.execute_sync()

upstreams = ', '.join(node.get_name() for node in flow[publish].get_upstreams())
say(f'publish came after {upstreams}')
say(f'{run.get_n_done()} nodes done')
