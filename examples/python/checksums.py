#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A node for each item of a list, with a limit and another try; a question to whoever is there; a
run that waits until it is told to go on."""

import asyncio
import hashlib
import sys

import gi

gi.require_version('GFlow', '1')
from gi.repository import GFlow

flow = GFlow.Flow()
failed = set()


def say(text):
    sys.stdout.write(text + '\n')


@flow.map(items=['apple', 'banana', 'cherry', 'date'], max_parallel=2, retries=1)
def checksums(word):
    # One of the items fails at first, as servers do.
    if word == 'cherry' and word not in failed:
        failed.add(word)
        say('cherry: busy')
        raise ConnectionError('busy')
    return hashlib.sha256(word.encode()).hexdigest()[:8]


@flow.node(upstream=checksums)
async def confirm(run, node):
    # If nobody is there to answer, the answer is yes.
    text = f'Publish {len(run[checksums])} checksums?'
    if await run.ask(node, text, choices=['yes', 'no'], default='yes') == 'no':
        run.select(node)


@flow.node(upstream=[checksums, confirm])
def publish(run):
    # The results are in the order of the items.
    for checksum in run[checksums]:
        say(checksum)


def keep_status(run, _):
    # A program with a window would bind its label to the status.
    run.last_status = run.dup_status()


def answer(_, question):
    say(f'{question.get_text()} no')
    question.answer('no')
    return True


async def be_there():
    run = GFlow.FlowRun(flow)
    run.connect('notify::status', keep_status)
    run.connect('ask', answer)
    run.pause()
    ended = asyncio.ensure_future(run.execute())
    await asyncio.sleep(0)
    say(f'checksums: {run.dup_node_reason(checksums)}')
    run.resume()
    await ended
    say(f'publish: {run.dup_node_reason(publish)}')
    say(run.last_status)


run = GFlow.FlowRun(flow)
run.connect('notify::status', keep_status)
run.execute_sync()
say(run.last_status)
asyncio.run(be_there())
