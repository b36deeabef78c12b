#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Fetches 50 feeds from 5 hosts, 4 at a time from each, and counts what is in them.

The hosts are servers that the program starts itself; 5 of the feeds are not there."""

import asyncio
import sys
import xml.etree.ElementTree

import gi

gi.require_version('GFlow', '1')
gi.require_version('Soup', '3.0')
from gi.repository import Gio, GLib, GFlow, Soup

N_FEEDS_PER_HOST = 10
N_AT_A_TIME = 4
FEED = '<rss version="2.0"><channel><title>{}</title>{}</channel></rss>'


def say(text):
    sys.stdout.write(text + '\n')


class Host:
    """A server that counts how many want something of it at once. It answers when that are as
    many as may be, or all that are left: so what is printed does not depend on its speed."""

    def __init__(self, name):
        self.name = name
        self.waiting = []
        self.most = self.n_answered = 0
        self.server = Soup.Server()
        self.server.listen_local(0, Soup.ServerListenOptions.IPV4_ONLY)
        self.server.add_handler(None, self.handle)
        self.uri = self.server.get_uris()[0].to_string()

    def handle(self, server, message, path, query):
        message.pause()
        self.waiting.append((message, path))
        self.most = max(self.most, len(self.waiting))
        GLib.idle_add(self.answer_some)

    def answer_some(self):
        n_left = N_FEEDS_PER_HOST - self.n_answered
        while self.waiting and len(self.waiting) >= min(N_AT_A_TIME, n_left):
            self.answer(*self.waiting.pop(0))
            self.n_answered += 1
            n_left -= 1

    def answer(self, message, path):
        number = int(path.strip('/'))
        if number == N_FEEDS_PER_HOST - 1:
            message.set_status(Soup.Status.NOT_FOUND, None)
        else:
            text = FEED.format(self.name, f'<item><title>{path}</title></item>' * number)
            message.set_status(Soup.Status.OK, None)
            message.set_response('application/rss+xml', Soup.MemoryUse.COPY, text.encode())
        message.unpause()


async def fetch(session, uri, cancellable):
    """An async function of libsoup, to be awaited."""
    future = asyncio.get_running_loop().create_future()
    message = Soup.Message.new('GET', uri)
    session.send_and_read_async(
        message, GLib.PRIORITY_DEFAULT, cancellable,
        lambda session, result: future.done() or future.set_result(result))
    content = session.send_and_read_finish(await future)
    if message.get_status() != Soup.Status.OK:
        raise FileNotFoundError(f'{int(message.get_status())} {message.get_reason_phrase()}')
    return content.get_data()


def add_feed(flow, session, host, lock, number):
    """Adds what fetches and what counts. Returns the second."""
    name = f'{host.name}/{number}'

    @flow.node(name=name, lock=lock)
    async def download(node, run):  # holds the lock until it has ended
        return await fetch(session, f'{host.uri}{number}', run.get_node_cancellable(node))

    @flow.node(name=f'count {name}', upstream=download)
    def count(content):  # on a worker
        return len(xml.etree.ElementTree.fromstring(content).findall('channel/item'))

    return count


def make_flow(hosts):
    flow = GFlow.Flow()
    session = Soup.Session(max_conns_per_host=100, max_conns=500)  # the locks are the limit
    counts = []
    for host in hosts:
        lock = GFlow.Semaphore(N_AT_A_TIME)
        counts += [add_feed(flow, session, host, lock, n) for n in range(N_FEEDS_PER_HOST)]

    @flow.node(upstream=counts, run_when=GFlow.FlowRunWhen.ALL_FINISHED)
    def report(run):
        read = [run[count] for count in counts
                if run.get_node_state(count) == GFlow.FlowNodeState.DONE]
        say(f'{len(read)} feeds read, with {sum(read)} items')
        failed = {step.get_node().get_name(): step.get_error() for step in run.get_errors()}
        say(f'{len(failed)} feeds failed:')
        for name, error in sorted(failed.items()):
            say(f'  {name}: {error.message}')

    return flow


async def main():
    hosts = [Host(name) for name in ('alpha', 'beta', 'gamma', 'delta', 'epsilon')]
    flow = make_flow(hosts)
    say(f'{len(hosts) * N_FEEDS_PER_HOST} feeds of {len(hosts)} hosts')
    try:
        await flow.execute()
    except FileNotFoundError:
        pass  # the first one; the report has told of all
    say(f'at most {max(host.most for host in hosts)} at a time from one host')


asyncio.run(main())
