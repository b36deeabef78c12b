#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Errors and cancellation: who hears of them, and what runs all the same."""

import asyncio
import sys

import gi

gi.require_version('GFlow', '1')
from gi.repository import Gio, GLib, GFlow

ANY_FAILED, ALL_FINISHED = GFlow.FlowRunWhen.ANY_FAILED, GFlow.FlowRunWhen.ALL_FINISHED


def say(text):
    sys.stdout.write(text + '\n')


def clean_up():
    say('clean up')


# One node fails. What depends on it is skipped, handlers and clean-up run.
reading = GFlow.Flow()


@reading.node
def load():
    raise LookupError('no data today')


@reading.node(upstream=load)
def parse():
    say('parse')


@reading.node(upstream=load, run_when=ANY_FAILED)
def warn(run):
    try:
        run[load]
    except LookupError as error:  # the very exception that was raised
        say(f'warn: {error}')


reading.node(upstream=[parse, warn], run_when=ALL_FINISHED)(clean_up)

# One node takes too long.
fetching = GFlow.Flow()


@fetching.node
async def download():
    await asyncio.sleep(60)


fetching.node(upstream=download, run_when=ALL_FINISHED)(clean_up)


async def main():
    run = GFlow.FlowRun(reading)
    try:
        await run.execute()
    except LookupError as error:
        say(f'the run failed: {error}')
    say(f'parse was skipped: {run.dup_node_reason(parse)}')

    cancellable = Gio.Cancellable()

    def stop():  # stands for a button
        say('stopping')
        cancellable.cancel()

    asyncio.get_running_loop().call_later(.1, stop)
    try:
        await fetching.execute(cancellable)
    except GLib.Error as error:
        if not error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED):
            raise
        say('the run was cancelled')


asyncio.run(main())
