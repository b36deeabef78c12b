// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Scenarios that all languages have, as they are numbered there.

import GLib from 'gi://GLib';
import GFlow from 'gi://GFlow';

import {
    deepEqual, equal, isCancelled, matches, ok, rejects, runTests, sleep, test, throws,
} from './tap.js';

const {NodeState, RunState} = {NodeState: GFlow.FlowNodeState, RunState: GFlow.FlowRunState};

// A flow and its log. Each node is an async function, a function, or a sync body as in C.
function scenario(kind = 'mixed') {
    const flow = new GFlow.Flow();
    const log = [];
    let n = 0;

    function add(name, upstream = [], {duration = 1, lock = []} = {}) {
        const kinds = kind === 'mixed' ? ['async', 'function', 'sync'][n++ % 3] : kind;

        if (kinds === 'sync') {
            const node = flow.add(name, () => {
                log.push(name);
                return true;
            });
            node.set_upstreams(upstream);
            return node;
        }
        return flow.node({name, upstream, lock}, kinds === 'function'
            ? () => {
                log.push(name);
            }
            : async (run, node, cancellable) => {
                await sleep(duration, cancellable);
                log.push(name);
            });
    }
    return {flow, log, add};
}

async function seconds(promise) {
    const start = GLib.get_monotonic_time();

    await promise;
    return (GLib.get_monotonic_time() - start) / 1e6;
}

for (const kind of ['mixed', 'async', 'function', 'sync']) {
    test(`1: multiple paths, ${kind}`, async () => {
        const {flow, log, add} = scenario(kind);
        const setup = add('setup');
        const work = [add('work_1', [setup]), add('work_2', [setup])];

        add('shutdown', work);
        const run = await flow.execute();
        equal(run.state, RunState.DONE);
        equal(log[0], 'setup');
        deepEqual(log.slice(1, 3).sort(), ['work_1', 'work_2']);
        deepEqual(log.slice(3), ['shutdown']);
    });

    test(`2: a chain, ${kind}`, async () => {
        const {flow, log, add} = scenario(kind);
        const f = add('f');
        const g = add('g', [f]);

        add('h', [g]);
        await flow.execute(null);
        deepEqual(log, ['f', 'g', 'h']);
    });

    test(`3: seven nodes, ${kind}`, async () => {
        const {flow, log, add} = scenario(kind);
        const f = add('f'), g = add('g');
        const h = add('h', [f]);
        const ijk = ['i', 'j', 'k'].map(name => add(name, [g, h]));

        add('m', ijk);
        await flow.execute(null);
        ok(['fgh', 'fhg', 'gfh'].includes(log.slice(0, 3).join('')), log.join(''));
        deepEqual(log.slice(3, 6).sort(), ['i', 'j', 'k']);
        deepEqual(log.slice(6), ['m']);
    });
}

const {series, parallel} = GFlow;

test('4: seven nodes, as groups', async () => {
    const log = [];
    const [f, g, h, i, j, k, m] = [...'fghijkm'].map(name => GFlow.node({name}, async () => {
        await sleep(1);
        log.push(name);
    }));
    const flow = new GFlow.Flow();

    flow.add_group(series(parallel(series(f, h), g), parallel(i, j, k), m));
    await flow.execute(null);
    ok(['fgh', 'fhg', 'gfh'].includes(log.slice(0, 3).join('')), log.join(''));
    deepEqual(log.slice(3, 6).sort(), ['i', 'j', 'k']);
    deepEqual(log.slice(6), ['m']);
});

test('5: three at once', async () => {
    const flow = new GFlow.Flow();
    let running = 0;

    for (let i = 0; i < 3; i++) {
        flow.node({}, async () => {
            running++;
            while (running < 3)
                await sleep(1);
        });
    }
    equal((await flow.execute(null)).state, RunState.DONE);
});

for (const [permits, least] of [[1, 0.299], [2, 0.199]]) {
    test(`${permits === 1 ? 6 : 7}: a lock with ${permits} permits`, async () => {
        const flow = new GFlow.Flow();
        const lock = GFlow.FlowLock.new_with_permits(permits);
        let running = 0, most = 0;

        for (let i = 0; i < 3; i++) {
            flow.node({lock}, async () => {
                most = Math.max(most, ++running);
                ok(lock.in_use >= running);
                await sleep(100);
                running--;
            });
        }
        const time = await seconds(flow.execute(null));
        ok(time >= least, `${time} s`);
        equal(most, permits);
        equal(lock.in_use, 0);
    });
}

test('13: a node twice', async () => {
    const {flow, log, add} = scenario('function');
    const node = add('f');

    ok(matches(throws(() => flow.add_node(node)), GFlow.FlowError, GFlow.FlowError.EXISTS));
    ok(matches(throws(() => add('f')), GFlow.FlowError, GFlow.FlowError.EXISTS));
    await flow.execute(null);
    deepEqual(log, ['f']);
});

test('14: an empty flow', async () => {
    const run = await new GFlow.Flow().execute(null);

    equal(run.state, RunState.DONE);
    equal(run.n_total, 0);
});

test('15: again, and twice at once', async () => {
    const {flow, log, add} = scenario();
    const f = add('f');

    add('g', [f]);
    await flow.execute(null);
    await flow.execute(null);
    deepEqual(log, ['f', 'g', 'f', 'g']);
    const runs = await Promise.all([flow.execute(null), flow.execute(null)]);
    ok(runs[0] !== runs[1]);
    deepEqual(log.slice(4).sort(), ['f', 'f', 'g', 'g']);
});

test('18: an empty group keeps the order', async () => {
    const log = [];
    const flow = new GFlow.Flow();
    const [x, f, y] = [...'xfy'].map(name => GFlow.node({name}, () => void log.push(name)));

    flow.add_group(series(x, parallel(series(), f), y));
    deepEqual([...y.get_upstreams()].map(node => node.name).sort(), ['f', 'x']);
    await flow.execute(null);
    deepEqual(log, ['x', 'f', 'y']);
});

for (const onError of ['SKIP_DEPENDANTS', 'STOP']) {
    test(`19: a failure, ${onError}`, async () => {
        const flow = new GFlow.Flow({on_error: GFlow.FlowOnError[onError]});
        const log = [];
        const job = (name, duration) => async (run, node, cancellable) => {
            await sleep(duration, cancellable);
            log.push(name);
        };

        const quick = flow.node({name: 'quick'}, () => void log.push('quick'));
        const b = flow.node({name: 'b'}, async () => {
            await sleep(10);
            throw new RangeError('b fails');
        });
        const d = flow.node({name: 'd', upstream: b}, job('d', 1));
        const z = flow.node({name: 'z'}, job('z', 300));
        const run = GFlow.FlowRun.new(flow);
        const error = await rejects(run.execute(null));

        ok(error instanceof RangeError);
        equal(error.message, 'b fails');
        equal(run.state, RunState.FAILED);
        equal(run.get_node_state(quick), NodeState.DONE);
        equal(run.get_node_state(b), NodeState.FAILED);
        equal(run.get_node_state(d), NodeState.SKIPPED);
        equal(run.dup_node_reason(d), '“b” failed');
        if (onError === 'STOP') {
            equal(run.get_node_state(z), NodeState.CANCELLED);
            deepEqual(log, ['quick']);
        } else {
            equal(run.get_node_state(z), NodeState.DONE);
            deepEqual(log, ['quick', 'z']);
        }
        const steps = [...run.get_errors()];
        equal(steps.length, 1);
        equal(steps[0].get_node(), b);
        ok(steps[0].get_error().message.includes('b fails'));
    });
}

test('21: a run is cancelled', async () => {
    const flow = new GFlow.Flow();
    const told = [];
    let begun = 0;
    const job = name => async (run, node, cancellable) => {
        try {
            if (++begun === 2)
                run.cancel();
            await sleep(60000, cancellable);
        } catch (error) {
            told.push(name);
            throw error;
        }
    };
    const a = flow.node({name: 'a'}, job('a'));
    const b = flow.node({name: 'b'}, job('b'));
    const c = flow.node({name: 'c', upstream: a}, job('c'));
    const run = GFlow.FlowRun.new(flow);

    ok(isCancelled(await rejects(run.execute(null))));
    equal(run.state, RunState.CANCELLED);
    deepEqual(told.sort(), ['a', 'b']);
    equal(run.get_node_state(a), NodeState.CANCELLED);
    equal(run.get_node_state(b), NodeState.CANCELLED);
    ok(![NodeState.DONE, NodeState.RUNNING].includes(run.get_node_state(c)));
});

test('a thousand nodes', async () => {
    const flow = new GFlow.Flow();
    let n = 0;

    for (let i = 0; i < 1000; i++) {
        flow.node({upstream: i < 10 ? [] : [`node${i - 10}`]},
            i % 2 ? async () => void n++ : () => void n++);
    }
    const run = await flow.execute(null);
    equal(n, 1000);
    equal(run.n_total, 1000);
});

await runTests();
