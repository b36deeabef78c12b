#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What a run decides while it runs: branches."""

import asyncio
import unittest

import gi

gi.require_version('GFlow', '1')
from gi.repository import GFlow

DONE, SKIPPED = GFlow.FlowNodeState.DONE, GFlow.FlowNodeState.SKIPPED


class Branches(unittest.TestCase):
    def flow_with(self, choose):
        flow = GFlow.Flow()
        flow.node(choose, name='choose')

        @flow.node(upstream=choose)
        def small():
            return 'small'

        @flow.node(upstream=choose)
        def large():
            return 'large'

        @flow.node(upstream=(small, large))
        def end(small, large):
            return small or large

        return flow

    def states(self, run):
        return [run.get_node_state(name) for name in ('small', 'large', 'end')]

    def test_function(self):
        def choose(run, node):
            run.select(node, 'large')

        run = self.flow_with(choose).execute_sync()
        self.assertEqual(self.states(run), [SKIPPED, DONE, DONE])
        self.assertEqual(run['end'], 'large')
        self.assertIn('“choose” chose another branch', run.dup_node_reason('small'))

    def test_coroutine(self):
        async def choose(run, node):
            run.select(node, 'small')
            await asyncio.sleep(0.001)
            run.select(node, run.get_flow()['large'])

        run = asyncio.run(self.flow_with(choose).execute())
        self.assertEqual(self.states(run), [DONE, DONE, DONE])

    def test_none(self):
        def choose(run, node):
            run.select(node)

        run = self.flow_with(choose).execute_sync()
        self.assertEqual(self.states(run), [SKIPPED] * 3)
        self.assertEqual(run.get_state(), GFlow.FlowRunState.DONE)

    def test_unknown(self):
        def choose(run, node):
            run.select(node, 'huge')

        with self.assertRaisesRegex(KeyError, 'huge'):
            self.flow_with(choose).execute_sync()


if __name__ == '__main__':
    unittest.main()
