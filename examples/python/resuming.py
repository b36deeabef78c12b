#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A job that stops halfway, and another run that goes on from there: in a real program the first
one was killed, or the power failed, and the second one is in another process."""

import os
import sys
import tempfile

import gi

gi.require_version('GFlow', '1')
from gi.repository import GFlow

network_is_up = False


def say(text):
    sys.stdout.write(text + '\n')


def new_flow():
    flow = GFlow.Flow()

    @flow.node
    def download():
        say('download')
        return {'name': 'data.csv', 'rows': 1000}

    @flow.node(upstream=download)
    def convert(download):
        say('convert')
        return download['name'].replace('.csv', '.html')

    @flow.node(upstream=convert)
    def publish(convert):
        say('publish')
        if not network_is_up:
            raise ConnectionError('the network is down')

    return flow


with tempfile.TemporaryDirectory() as folder:
    journal = os.path.join(folder, 'journal')
    try:
        new_flow().execute_sync(journal=journal)
    except ConnectionError as error:
        say(f'it stopped: {error}')

    network_is_up = True
    run = new_flow().execute_sync(journal=journal)
    say(f'“download” was not run: {run.dup_node_reason("download")}')
