#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""tour.py FILE…: counts words. While it works there is a file "tour.working", and not after that."""

import asyncio
import os
import signal
import sys

import gi

gi.require_version('GFlow', '1')
from gi.repository import Gio, GLib, GFlow

MARK = 'tour.working'

flow = GFlow.Flow()
two_at_a_time = GFlow.FlowLock(permits=2)


@flow.node
def begin():  # on a worker; an exception fails the node, and reaches the caller as it is
    open(MARK, 'w').close()


def add_file(path):
    # A coroutine runs in the event loop, and holds the lock until it has ended.
    @flow.node(name=f'load {path}', upstream=begin, lock=two_at_a_time)
    async def load(node, run):
        return await load_bytes(path, run.get_node_cancellable(node))

    # It is called with the results of the nodes before it.
    @flow.node(name=path, upstream=load)
    def count(content):
        sys.stdout.write(f'{path}: {len(content.split())} words\n')

    return count


async def load_bytes(path, cancellable):
    """An async function of GIO, to be awaited."""
    future = asyncio.get_running_loop().create_future()
    file = Gio.File.new_for_commandline_arg(path)
    file.load_bytes_async(
        cancellable, lambda file, result: future.done() or future.set_result(result))
    content, _etag = file.load_bytes_finish(await future)
    return content.get_data()


def show_progress(run, _property):
    print(f'\r{run.get_fraction():4.0%}', end='', file=sys.stderr)


async def main(paths):
    counts = [add_file(path) for path in paths]

    @flow.node(upstream=[begin, *counts], run_when=GFlow.FlowRunWhen.ALL_FINISHED)
    def clean_up():  # whatever happened
        os.remove(MARK)

    run = GFlow.FlowRun.new(flow)
    run.set_on_error(GFlow.FlowOnError.SKIP_DEPENDANTS)  # the default
    run.connect('notify::fraction', show_progress)

    def interrupt():
        print('\nStopping', file=sys.stderr)
        run.cancel()

    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, interrupt)
    try:
        await run.execute()
    except (OSError, GLib.Error):
        # The first one; run.get_errors() has all.
        print(f'\n{run.get_error().message}', file=sys.stderr)
    return run.get_state()


if __name__ == '__main__':
    sys.exit(asyncio.run(main(sys.argv[1:])) != GFlow.FlowRunState.DONE)
