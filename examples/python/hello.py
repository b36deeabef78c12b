#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

import asyncio
import sys

import gi

gi.require_version('GFlow', '1')
from gi.repository import GFlow

flow = GFlow.Flow()


def say(text):
    sys.stdout.write(text + '\n')  # in one piece: print() of two threads may mix


@flow.node
def setup():
    say('set up')


@flow.node(upstream=setup)
def work_1():  # an ordinary function: on a worker thread
    say('work 1')


@flow.node(upstream=setup)
async def work_2():  # a coroutine: in the event loop
    say('work 2')


@flow.node(upstream=[work_1, work_2])
def shutdown():
    say('shut down')


async def main():
    run = await flow.execute()
    say(f'{run.props.n_done} nodes done')


asyncio.run(main())
