// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// What a run decides while it runs.

import GFlow from 'gi://GFlow';

import {deepEqual, equal, ok, rejects, runTests, sleep, test} from './tap.js';

const {DONE, SKIPPED} = GFlow.FlowNodeState;

// Branches

function flowWith(fn) {
    const flow = new GFlow.Flow();
    const choose = flow.node({name: 'choose'}, fn);
    const small = flow.node({name: 'small', upstream: choose}, () => 'small');
    const large = flow.node({name: 'large', upstream: choose}, () => 'large');

    flow.node({name: 'end', upstream: {small, large}}, results => results.small ?? results.large);
    return flow;
}

function states(run) {
    return ['small', 'large', 'end'].map(name => run.get_node_state(run.flow.lookup(name)));
}

test('a branch', async () => {
    const flow = flowWith(async (run, node) => {
        await sleep(1);
        run.select(node, flow.lookup('large'));
    });
    const run = await flow.execute();

    deepEqual(states(run), [SKIPPED, DONE, DONE]);
    equal(run.result(flow.lookup('end')), 'large');
    ok(run.dup_node_reason(flow.lookup('small')).includes('chose another branch'));
});

test('several branches, and none', async () => {
    deepEqual(states(await flowWith((run, node) => run.select(node, 'small', 'large')).execute()),
        [DONE, DONE, DONE]);
    deepEqual(states(await flowWith((run, node) => run.select(node)).execute()),
        [SKIPPED, SKIPPED, SKIPPED]);
});

test('an unknown branch', async () => {
    const error = await rejects(flowWith((run, node) => run.select(node, 'huge')).execute());

    ok(error.message.includes('huge'));
});

await runTests();
