// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// for await (const step of run), and the list of steps that a run is

import GFlow from 'gi://GFlow';
import GLib from 'gi://GLib';

import {
    collectGarbage, deepEqual, equal, ok, rejects, runTests, sleep, test, watch,
} from './tap.js';

const {DONE, FAILED, SKIPPED, CANCELLED} = GFlow.FlowNodeState;

async function collect(run, steps = []) {
    for await (const step of run)
        steps.push(step);
    return steps;
}

test('every node once, when it has ended', async () => {
    const flow = new GFlow.Flow();
    const a = flow.node({name: 'a'}, () => 1);
    const b = flow.node({name: 'b', upstream: a}, () => sleep(1));
    const join = flow.add_join('join', ['a', 'b']);
    const run = GFlow.FlowRun.new(flow);
    let n = 0;

    for await (const {node, state, error, reason} of run) {
        equal(node, [a, b, join][n++]);
        equal(state, DONE);
        equal(state, run.get_node_state(node));
        equal(error, null);
        equal(reason, null);
    }
    equal(n, 3);
    equal(run.state, GFlow.FlowRunState.DONE);
    deepEqual(await collect(GFlow.FlowRun.new(new GFlow.Flow())), []);
});

test('failures and what they lead to', async () => {
    const flow = new GFlow.Flow();
    const boom = new Error('boom');

    flow.node({name: 'bad'}, () => {
        throw boom;
    });
    flow.node({name: 'next', upstream: 'bad'}, () => {});
    flow.node({name: 'fine'}, () => sleep(1));
    const steps = [];
    equal(await rejects(collect(GFlow.FlowRun.new(flow), steps)), boom);
    // Nobody says which of the other two is first.
    equal(steps[0].node.name, 'bad');
    const [bad, fine, next] = steps.sort((a, b) => a.node.name < b.node.name ? -1 : 1);
    deepEqual([bad, fine, next].map(({node, state}) => [node.name, state]),
        [['bad', FAILED], ['fine', DONE], ['next', SKIPPED]]);
    equal(steps.length, 3);
    equal(bad.error, boom);
    ok(next.error.matches(GFlow.FlowError, GFlow.FlowError.SKIPPED));
    ok(next.reason.includes('bad'));

    flow.lookup('bad').add_upstream_by_name('nobody');
    const error = await rejects(collect(GFlow.FlowRun.new(flow)));
    ok(error.matches(GFlow.FlowError, GFlow.FlowError.UNKNOWN_NODE));
});

test('whoever leaves early cancels, and waits for the end', async () => {
    const flow = new GFlow.Flow();
    const quick = flow.node({}, () => {});
    const slow = flow.node({}, (run, node, cancellable) => sleep(10000, cancellable));
    const run = GFlow.FlowRun.new(flow);

    for await (const {node} of run) {
        equal(node, quick);
        break;
    }
    equal(run.state, GFlow.FlowRunState.CANCELLED);
    equal(run.get_node_state(slow), CANCELLED);

    const other = GFlow.FlowRun.new(flow);
    const boom = new Error('boom');
    equal(await rejects((async () => {
        // eslint-disable-next-line no-unreachable-loop
        for await (const step of other)
            throw step && boom;
    })()), boom);
    equal(other.state, GFlow.FlowRunState.CANCELLED);
});

test('two runs at once, and one that has run', async () => {
    const flow = new GFlow.Flow();
    const nodes = Array.from({length: 20}, (_, i) => flow.node({}, () => sleep(i % 3)));
    const runs = [1, 2, 3].map(() => GFlow.FlowRun.new(flow));

    for (const steps of await Promise.all(runs.map(run => collect(run)))) {
        equal(steps.length, nodes.length);
        deepEqual(steps.map(({node}) => node.name).sort(), nodes.map(node => node.name).sort());
    }
    ok(await rejects(collect(runs[0])) instanceof GLib.Error);
});

test('nothing is left behind', async () => {
    const alive = [];
    const rounds = 20;

    async function round(leave) {
        const flow = new GFlow.Flow();
        const node = flow.node({}, () => [flow, node]);
        const run = GFlow.FlowRun.new(flow);

        flow.node({}, (_run, _node, cancellable) => leave ? sleep(1000, cancellable) : null);
        alive.push(watch(flow), watch(node), watch(run));
        for await (const step of run) {
            if (leave && step)
                break;
        }
    }
    for (let i = 0; i < rounds; i++) {
        // eslint-disable-next-line no-await-in-loop
        await round(i % 2 === 0);
    }
    await collectGarbage();
    const survivors = alive.filter(lives => lives()).length;
    ok(survivors <= alive.length / 5, `${survivors} of ${alive.length} are still alive`);
});

test('a run is the list of its steps', async () => {
    const flow = new GFlow.Flow();
    const heard = [];
    const inner = new GFlow.Flow();

    inner.node({name: 'inside'}, () => {});
    const a = flow.node({name: 'a'}, async (run, node) => {
        run.set_node_progress(node, 0.5);
        run.set_node_progress(node, -1, 'half');
        while (heard.length === 0) {
            // eslint-disable-next-line no-await-in-loop
            await sleep(1);
        }
    });
    flow.node({name: 'b', upstream: a}, () => {
        throw new Error('no');
    });
    flow.add_flow('c', inner);

    const run = GFlow.FlowRun.new(flow);
    const changed = new Map();

    equal(run.get_item_type(), GFlow.FlowStep.$gtype);
    deepEqual([...run].map(step => step.node.name), ['a', 'b', 'c']);
    equal(run.get_item(0), run.get_step(a));
    run.get_step(a).connect('notify::message', step => heard.push([step.fraction, step.message]));
    run.connect('step-changed', (_run, step) => changed.set(step.node.name, step.state));
    equal((await rejects(run.execute())).message, 'no');

    deepEqual(heard, [[0.5, 'half']]);
    deepEqual([...changed].sort(), [['a', DONE], ['b', FAILED], ['c', DONE]]);
    const [first, second, third] = run;
    deepEqual([first, second, third].map(step => [step.state, step.fraction, step.attempt,
        step.worker]), [[DONE, 1, 1, 0], [FAILED, 0, 1, 0], [DONE, 1, 1, 0]]);
    ok(first.start > 0 && first.end >= first.start && second.start >= first.end);
    equal(first.error, null);
    equal(second.error.message, 'no');
    equal(second.reason, 'no');
    deepEqual([...third.subrun].map(step => step.node.name), ['inside']);
    equal(third.subrun.get_item(0).state, DONE);
    deepEqual([...third.subruns], [third.subrun]);
});

await runTests();
