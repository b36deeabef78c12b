// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Flows and nodes: how they are made, looked at, edited, copied and compared; and what is refused.

import GFlow from 'gi://GFlow';

import {deepEqual, equal, matches, ok, rejects, runTests, sleep, test, throws} from './tap.js';

test('iteration, lookup, edits and copies', async () => {
    const flow = new GFlow.Flow();
    const log = [];
    const add = (name, upstream = []) => flow.node({name, upstream}, () => void log.push(name));
    const a = add('a');
    const b = add('b', [a]);
    const join = flow.add_join('both', ['a', 'b']);

    deepEqual([...flow].map(node => node.name), ['a', 'b', 'both']);
    equal([...flow][1], b);
    equal(flow.lookup('a'), a);
    equal(flow.lookup('nobody'), null);
    equal(b.flow, flow);
    deepEqual([...a.get_downstreams()].map(node => node.name), ['b', 'both']);

    const copy = flow.copy();
    ok(flow.equal(copy));
    flow.remove_node(join);
    ok(!flow.equal(copy));
    equal(join.flow, null);

    await copy.execute(null);
    deepEqual(log, ['a', 'b']);

    const all = flow.add_join_all(null);
    deepEqual([...all.get_upstreams()], [b]);
    equal(all.name, 'node0');
});

test('functions of nodes that were copied, and put elsewhere', async () => {
    const called = [];
    const flow = new GFlow.Flow();
    const other = new GFlow.Flow();
    const node = flow.node({name: 'a'}, (run, self) => called.push(['a', run.flow, self]));
    const copy = flow.copy();
    const twin = copy.lookup('a');

    await Promise.all([flow.execute(), copy.execute()]);
    equal(called.length, 2);
    for (const [of, self] of [[flow, node], [copy, twin]])
        ok(called.some(([, itsFlow, itself]) => itsFlow === of && itself === self));

    // Both have the same function, and are told apart where they are in one flow.
    copy.remove_node(twin);
    flow.remove_node(node);
    twin.name = 'b';
    other.add_node(node);
    other.add_node(twin);
    twin.add_upstream(node);
    called.length = 0;
    await other.execute();
    await other.execute();
    ok(called.every(([, of]) => of === other));
    deepEqual(called.map(([, , self]) => self.name), ['a', 'b', 'a', 'b']);
    equal(called[1][2], twin);
});

test('runs within functions, and side by side', async () => {
    const inner = new GFlow.Flow();
    const one = inner.node({}, () => 1);
    const flow = new GFlow.Flow();
    const seen = [];
    const first = flow.node({}, (run, node) => {
        seen.push(inner.execute_sync().result(one), run.flow === flow, node === first);
    });
    flow.node({upstream: first}, async (run, node) => {
        await sleep(1);
        await inner.execute();
        seen.push(run.flow === flow, node !== first);
    });
    const last = flow.node({upstream: 'node1'}, run => seen.push(run));

    const runs = await Promise.all([flow.execute(), flow.execute(), flow.execute()]);
    equal(seen.filter(value => value === 1).length, 3);
    equal(seen.filter(value => value === true).length, 12);
    deepEqual(runs.filter(run => seen.includes(run)).length, 3);
    ok(last.name === 'node2');
});

test('equal flows', () => {
    const one = () => true;
    const two = () => true;
    const lock = new GFlow.FlowLock();
    const inner = new GFlow.Flow();
    const make = (edit = () => {}) => {
        const flow = new GFlow.Flow();
        flow.add('a', one);
        flow.add_task('b', two).add_upstream_by_name('a');
        flow.node({name: 'c', upstream: ['a', 'b'], lock}, two);
        flow.add_flow('inner', inner).add_upstream_by_name('c');
        flow.add_join('join', ['c', 'inner']);
        edit(flow);
        return flow;
    };
    const equals = (a, b) => {
        equal(a.equal(b), b.equal(a));
        return a.equal(b);
    };
    const flow = make();

    ok(flow.equal(flow));
    ok(equals(flow, make()));
    ok(equals(flow, make().copy()));
    ok(equals(flow.copy(), flow.copy()));
    ok(equals(new GFlow.Flow(), new GFlow.Flow()));
    ok(equals(flow, make(other => {
        const a = other.lookup('a');
        other.remove_node(a);
        other.add_node(a);
    })));

    const edits = [
        other => other.add('d', one),
        other => other.remove_node(other.lookup('join')),
        other => other.lookup('a').set_name('A'),
        other => other.lookup('b').set_upstreams([]),
        other => other.lookup('join').set_upstreams(['a', 'b'].map(name => other.lookup(name))),
        other => other.lookup('b').add_lock(lock),
        other => other.lookup('c').add_lock(new GFlow.FlowLock()),
        other => other.lookup('c').set_priority(1),
        other => other.lookup('join').set_priority(1),
        other => other.lookup('a').set_run_when(GFlow.FlowRunWhen.ALL_FINISHED),
    ];
    const replace = (name, add) => other => {
        const node = other.lookup(name);
        const upstreams = [...node.get_upstreams()];
        other.remove_node(node);
        add(other).set_upstreams(upstreams);
        other.lookup('join').set_upstreams(['c', 'inner'].map(n => other.lookup(n)));
    };
    edits.push(
        replace('a', other => other.add('a', two)),
        replace('a', other => other.add('a', one.bind(null))),
        replace('a', other => other.add_task('a', one)),
        replace('b', other => other.node({name: 'b'}, two)),
        replace('inner', other => other.add_flow('inner', new GFlow.Flow())),
        replace('inner', other => other.add('inner', one))
    );
    for (const edit of edits)
        ok(!equals(flow, make(edit)), `${edit}`);
});

test('a node moves to another flow', async () => {
    const flow = new GFlow.Flow();
    const other = new GFlow.Flow();
    const node = flow.node({name: 'moved'}, () => 'here');

    flow.remove_node(node);
    other.add_node(node);
    equal((await other.execute(null)).result(node), 'here');
});

test('a body adds a node for the next run', async () => {
    const flow = new GFlow.Flow();
    const log = [];

    flow.node({name: 'f'}, () => {
        log.push('f');
        if (flow.lookup('g') === null)
            flow.node({name: 'g', upstream: 'f'}, () => void log.push('g'));
    });
    await flow.execute(null);
    deepEqual(log, ['f']);
    await flow.execute(null);
    deepEqual(log, ['f', 'f', 'g']);
});

test('properties of nodes and flows', () => {
    const flow = new GFlow.Flow({name: 'plan', max_threads: 2, max_parallel: 3});
    const lock = new GFlow.FlowLock({name: 'door', permits: 2});
    const node = flow.node({name: 'n', title: 'Node', priority: -1, weight: 5, lock: [lock]},
        () => {});

    deepEqual([flow.name, flow.max_threads, flow.max_parallel], ['plan', 2, 3]);
    deepEqual([node.name, node.title, node.priority, node.weight], ['n', 'Node', -1, 5]);
    deepEqual([lock.name, lock.permits, lock.in_use, lock.waiting], ['door', 2, 0, 0]);
    equal([...node.get_locks()][0], lock);
    ok(flow.to_dot(null).includes('digraph'));
    ok(flow.to_mermaid(null).length > 0);
});

test('bad graphs', async () => {
    const flow = new GFlow.Flow();
    const a = flow.node({name: 'a'}, () => {});
    const b = flow.node({name: 'b', upstream: a}, () => {});

    a.add_upstream(b);
    let error = throws(() => flow.validate());
    ok(matches(error, GFlow.FlowError, GFlow.FlowError.CYCLE));
    ok(/a → b → a|b → a → b/.test(error.message), error.message);
    a.set_upstreams([]);
    a.add_upstream_by_name('bb');
    error = await rejects(flow.execute(null));
    ok(matches(error, GFlow.FlowError, GFlow.FlowError.UNKNOWN_NODE));
});

test('bad arguments', () => {
    const flow = new GFlow.Flow();

    for (const fn of [undefined, null, 1, {}])
        ok(throws(() => flow.node({}, fn)) instanceof TypeError);
    throws(() => flow.add('a', 1));
    throws(() => flow.add_task('a', undefined));
    ok(/colour/.test(throws(() => flow.node({colour: 'red'}, () => {})).message));
    throws(() => flow.node({upstream: [1]}, () => {}));
    for (const options of ['name', null, Symbol('name')]) {
        for (const name of ['node', 'map'])
            ok(/are an object/.test(throws(() => flow[name](options, () => {})).message));
    }
    equal(flow.get_n_items(), 0);
});

test('wrong arguments', () => {
    const flow = new GFlow.Flow();
    const fn = () => {};

    for (const [message, options] of [
        ['upstream: 3 is neither', {upstream: 3}],
        ['upstream: 3 is neither', {upstream: ['x', 3]}],
        ['upstream: 3 is neither', {upstream: {x: 3}}],
        ['upstream: () => {} is neither', {upstream: fn}],
        ['lock: x is no', {lock: 'x'}],
        ['lock: [object Object] is no', {lock: {}}],
        ['no property “nonsense”', {nonsense: 3}],
        ['timeout: a is no number', {timeout: 'a'}],
        ['timeout: cannot be -1', {timeout: -1}],
        ['weight: cannot be 1.5', {weight: 1.5}],
        ['worker thread', {placement: 'context'}],
    ]) {
        const {message: found} = throws(() => flow.node(options, fn));
        ok(found.includes(message), found);
    }
    ok(throws(() => flow.node(fn, {name: 'late'})).message.includes('after its options'));
    equal(flow.get_n_items(), 0);
    ok(throws(() => new GFlow.FlowRun()) instanceof TypeError);
    ok(throws(() => new GFlow.FlowLock().release()).message.includes('not held'));
});

await runTests();
