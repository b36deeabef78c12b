// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// What a run decides while it runs.

import GLib from 'gi://GLib';
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

// Runs in runs

function inner(fail = false) {
    const flow = new GFlow.Flow();

    flow.node({name: 'number'}, async run => {
        await sleep(1);
        if (fail)
            throw new RangeError('inner');
        return 2 * (run.parameters.deepUnpack().n?.deepUnpack() ?? 1);
    });
    return flow;
}

const parameters = n => new GLib.Variant('a{sv}', {n: new GLib.Variant('i', n)});
const numberOf = run => run.result(run.flow.lookup('number'));

test('a function that spawns', async () => {
    const flow = new GFlow.Flow();
    const runs = [];
    const spawn = flow.node({name: 'spawn'}, (run, node) => {
        for (let n = 1; n <= 3; n++)
            runs.push(run.spawn(node, inner(), {parameters: parameters(n)}));
    });
    const after = flow.node({upstream: spawn}, () => runs.map(numberOf));
    const run = await flow.execute();

    deepEqual(run.result(after), [2, 4, 6]);
});

test('an async function that waits for what it spawns', async () => {
    const flow = new GFlow.Flow();
    const spawn = flow.node({}, async (run, node) =>
        numberOf(await run.spawn(node, inner()).wait()));
    const run = GFlow.FlowRun.new(flow);

    run.parameters = parameters(21);
    await run.execute();
    equal(run.result(spawn), 42);
    equal(await run.wait(), run);
});

test('a run in a run that fails', async () => {
    const flow = new GFlow.Flow();
    let seen = null;

    flow.node({}, async (run, node) => {
        await run.spawn(node, inner(true)).wait().catch(error => {
            seen = error;
        });
    });
    const error = await rejects(flow.execute());
    ok(error instanceof RangeError);
    equal(seen, error);
});

// Maps

test('a map', async () => {
    for (const [items, wanted] of [[[], []], [[3], [9]], [new Set([1, 2]), [1, 4]],
        [() => [0, 1, 2], [0, 1, 4]]]) {
        const flow = new GFlow.Flow();
        const square = flow.map({name: 'square', items, max_parallel: 2}, async number => {
            await sleep(1);
            return number * number;
        });

        deepEqual((await flow.execute()).result(square), wanted);
    }
});

test('maps behind each other', async () => {
    const flow = new GFlow.Flow();
    const words = flow.node({name: 'words'}, () => ['a', 'bc']);
    const twice = flow.map({name: 'twice', upstream: words}, word => [word, word]);
    const join = flow.map({name: 'join', upstream: [twice]}, (pair, run, node, cancellable) => {
        ok(!cancellable.is_cancelled());
        equal(run.get_parent_node().name, 'join');
        return pair.join('');
    });
    const end = flow.node({upstream: {join}}, results => results.join);

    deepEqual(flow.execute_sync(null).result(end), ['aa', 'bcbc']);
    deepEqual(flow.copy().execute_sync(null).get_n_done(), 4);
});

test('an item that fails', async () => {
    const flow = new GFlow.Flow();
    const map = flow.map({name: 'map', items: ['a', 'b']}, item => {
        if (item === 'b')
            throw new RangeError('it broke');
    });
    const run = GFlow.FlowRun.new(flow);
    const error = await rejects(run.execute());

    ok(error instanceof RangeError && error.message === 'it broke');
    ok(run.get_error().message.startsWith('map[1]'));
    equal(run.error_of(map), error);
});

test('a map of nothing', async () => {
    const flow = new GFlow.Flow();

    flow.map({name: 'nothing'}, () => {});
    ok((await rejects(flow.execute())).message.includes('nothing'));
});

await runTests();
