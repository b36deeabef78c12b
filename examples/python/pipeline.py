#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A pipeline: executors, and what is posted to them."""

import asyncio
import sys

import gi

gi.require_version('GFlow', '1')
from gi.repository import GFlow


def say(text):
    sys.stdout.write(text + '\n')


class Shouter(GFlow.FlowExecutor):
    def __init__(self, mark='.', **properties):
        super().__init__(**properties)
        self.mark = mark

    @GFlow.requests(on='/shout')
    def shout(self, docs):
        for doc in docs:
            doc.text = doc.text.upper() + self.mark


class Counter(GFlow.FlowExecutor):
    """Remembers what came by."""

    def setup(self):
        self.seen = []
        say('ready')

    def teardown(self):
        say('closed')

    @GFlow.requests
    async def count(self, docs):
        self.seen += [doc.text for doc in docs]
        return {'n': len(docs)}

    @GFlow.requests(on='/search')
    async def search(self, parameters):
        await asyncio.sleep(.02)  # stands for a server
        return {'n': sum(parameters['word'] in text for text in self.seen)}

    @GFlow.requests(on='/buy')
    async def buy(self):
        raise LookupError('nothing is sold here')


def texts():
    yield 'hello'
    yield 'world'
    yield 'bye'


async def main():
    flow = (GFlow.Flow()
            .add(name='shouter', uses=Shouter, uses_with={'mark': '!'})
            .add(name='counter', uses=Counter))

    async with flow:
        async for response in flow.post('/shout', texts, request_size=2, ordered=True):
            n = response.dup_result('counter')['n']
            say(f'{n}: {", ".join(doc.text for doc in response.docs)}')

        await flow.post('/shout', ['hello again'])
        response, = await flow.search(parameters={'word': 'HELLO'})
        say(f'found: “HELLO” {response.dup_result("counter")["n"]} times')

        try:
            await flow.post('/buy')
        except LookupError as error:
            say(f'the request failed: {error}')


asyncio.run(main())
