// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// What functions get and give, where they are called, and how flows are executed.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GFlow from 'gi://GFlow';
import System from 'system';

import {
    deepEqual, equal, isCancelled, matches, ok, rejects, runModule, runProgram, runTests, sleep, test,
    throws,
} from './tap.js';

const NodeState = GFlow.FlowNodeState;

// Results

test('results of every type', async () => {
    class Thing {}

    const values = [
        0, 1, -0, 2 ** 40, 1.5, NaN, Infinity, true, false, '', 'text', 'ünï', 'a\0b', null, 10n,
        [], [1, [2]], {a: 1}, new Thing(), new Map([[1, 2]]), new Uint8Array([1, 2]), new Date(),
        Symbol('s'), () => 1, Object.create(null), new Gio.Cancellable(),
        Gio.File.new_for_path('/'), GLib.Bytes.new([1]), new Error('a value'),
    ];

    for (const later of [false, true]) {
        const flow = new GFlow.Flow();
        const nodes = values.map(value => flow.node({}, later ? async () => {
            await sleep(1);
            return value;
        } : () => value));
        const after = flow.node({upstream: nodes}, run => nodes.map(node => run.result(node)));
        const nothing = flow.node({}, () => undefined);
        // eslint-disable-next-line no-await-in-loop
        const run = await flow.execute(null);

        run.result(after).forEach((value, i) => {
            equal(value, values[i]);
        });
        equal(run.result(nothing), null);
        // No longer needed, and not a leaf.
        equal(run.result(nodes[0]), null);
    }
});

test('results of upstreams as an argument', async () => {
    const flow = new GFlow.Flow();
    const a = flow.node({name: 'a'}, () => 20);
    const b = flow.node({name: 'b', upstream: {a}}, async ({a: value}) => [value + 1]);
    const seen = [];
    const last = flow.node({name: 'last', upstream: {first: 'a', second: b, nothing: 'none'}},
        ({first, second, nothing}, run, node, cancellable) => {
            seen.push([run, node]);
            ok(cancellable instanceof Gio.Cancellable);
            return [first, second[0], nothing];
        });

    flow.node({name: 'none'}, () => {});
    deepEqual([...last.get_upstreams()].map(node => node.name).sort(), ['a', 'b', 'none']);
    const run = await flow.execute();
    deepEqual(run.result(last), [20, 21, null]);
    equal(seen[0][0], run);
    equal(seen[0][1], last);

    // Those of a copy are the copy's.
    flow.remove_node(flow.lookup('none'));
    flow.node({name: 'none'}, () => 'something');
    const copy = flow.copy();
    ok(copy.equal(flow));
    deepEqual((await copy.execute()).result(copy.lookup('last')), [20, 21, 'something']);

    throws(() => flow.node({upstream: {a: 1}}, () => {}));
    throws(() => flow.node({upstream: new Map()}, () => {}));
});

test('parameters of functions', async () => {
    const flow = new GFlow.Flow();
    const counts = [
        flow.node({}, function () {
            return arguments.length;
        }),
        flow.node({}, function (run, node) {
            return node && arguments.length;
        }),
        flow.node({}, (run, node, cancellable) =>
            cancellable === run.get_node_cancellable(node) ? 3 : 0),
        flow.node({}, async (run, node, cancellable) => {
            await null;
            return cancellable instanceof Gio.Cancellable ? 3 : 0;
        }),
    ];
    const run = await flow.execute();

    deepEqual(counts.map(node => run.result(node)), [2, 2, 3, 3]);
});

test('results as in C', async () => {
    const flow = new GFlow.Flow();
    const number = flow.add('number', (node, run) => {
        run.set_result(node, 7);
        return true;
    });
    const variant = flow.add_task('variant', (node, run, task) => {
        run.set_result_variant(node, GLib.Variant.new('as', ['a', 'b']));
        task.return_boolean(true);
    });
    const object = flow.node({}, () => number);
    const run = GFlow.FlowRun.new(flow);

    run.keep_results = true;
    await run.execute(null);
    equal(run.get_result(number), 7);
    equal(run.dup_result_variant(number).unpack(), 7);
    deepEqual(run.dup_result_variant(variant).deepUnpack(), ['a', 'b']);
    equal(run.dup_result_object(object), number);
    equal(run.dup_result_object(number), null);
});

test('parameters', async () => {
    const flow = new GFlow.Flow();
    const node = flow.node({}, run => run.parameters.deepUnpack().size.deepUnpack() * 2);
    const run = GFlow.FlowRun.new(flow);

    run.parameters = new GLib.Variant('a{sv}', {size: GLib.Variant.new_int32(21)});
    await run.execute(null);
    equal(run.result(node), 42);
});

// Errors; more in errors.js.

test('a sync body that returns nothing', async () => {
    const flow = new GFlow.Flow();
    const values = [undefined, null, true, 1, 'text', {}];
    const nodes = values.map(value => flow.add(null, () => value));
    const bad = [false, 0, ''].map(value => flow.add(null, () => value));
    const run = GFlow.FlowRun.new(flow);

    await rejects(run.execute());
    for (const node of nodes)
        equal(run.get_node_state(node), NodeState.DONE);
    for (const node of bad) {
        equal(run.get_node_state(node), NodeState.FAILED);
        ok(/without an error/.test(run.get_node_error(node).message));
    }

    const quiet = new GFlow.Flow();
    let n = 0;
    quiet.add('n', () => {
        n++;
    });
    quiet.execute_sync();
    await quiet.execute();
    equal(n, 2);
});

test('FALSE, and a task that is dropped', async () => {
    let flow = new GFlow.Flow();

    flow.add('no', () => false);
    let error = await rejects(flow.execute(null));
    ok(matches(error, GFlow.FlowError, GFlow.FlowError.FAILED));
    ok(error.message.includes('no'));

    flow = new GFlow.Flow();
    flow.add_task('lost', () => {});
    const collect = GLib.timeout_add(GLib.PRIORITY_DEFAULT, 5, () => {
        System.gc();
        return GLib.SOURCE_CONTINUE;
    });
    error = await rejects(flow.execute(null));
    GLib.source_remove(collect);
    ok(matches(error, GFlow.FlowError, GFlow.FlowError.ABANDONED));
});

test('clean-up and handlers', async () => {
    const flow = new GFlow.Flow();
    const log = [];
    const bad = flow.node({name: 'bad'}, () => {
        throw new Error('bad');
    });

    flow.node({name: 'next', upstream: bad}, () => void log.push('next'));
    flow.node({name: 'handler', upstream: 'bad', run_when: GFlow.FlowRunWhen.ANY_FAILED},
        () => void log.push('handler'));
    flow.node({upstream: ['next', 'handler'], runWhen: GFlow.FlowRunWhen.ALL_FINISHED},
        () => void log.push('clean-up'));
    equal((await rejects(flow.execute(null))).message, 'bad');
    deepEqual(log, ['handler', 'clean-up']);
});

test('retries and timeouts', async () => {
    const flow = new GFlow.Flow();
    const asked = [];
    let calls = 0;
    const tried = flow.node({max_retries: 5, retry_delay: 1}, async () => {
        await null;
        if (++calls < 3)
            throw new Error(`call ${calls}`);
        return calls;
    });

    tried.connect('should-retry', (node, run, error, attempt) => {
        asked.push(attempt);
        return true;
    });

    const run = await flow.execute(null);

    equal(run.get_result(tried), 3);
    deepEqual(asked, [1, 2]);

    const late = new GFlow.Flow();

    late.node({name: 'late', timeout: 10}, (run_, node, cancellable) =>
        new Promise((resolve, reject) => cancellable.connect(() => reject(new Error('stopped')))));
    ok((await rejects(late.execute(null))).matches(Gio.IOErrorEnum, Gio.IOErrorEnum.TIMED_OUT));
});

test('a node is tried again while the run goes on', async () => {
    const flow = new GFlow.Flow();
    const log = [];
    let open, fails = true;

    flow.node({name: 'keeper'}, () => new Promise(resolve => (open = resolve)));
    const bad = flow.node({name: 'bad'}, () => {
        log.push('bad');
        if (fails)
            throw new Error('not yet');
    });
    const behind = flow.node({name: 'behind', upstream: bad}, () => {
        log.push('behind');
        open();
    });
    const run = GFlow.FlowRun.new(flow);
    const ended = run.execute(null);

    while (run.get_node_state(behind) !== GFlow.FlowNodeState.SKIPPED)
        GLib.MainContext.default().iteration(true);
    fails = false;
    run.retry_node(bad);
    await ended;
    deepEqual(log, ['bad', 'bad', 'behind']);
});

test('a run that is paused', async () => {
    const flow = new GFlow.Flow();
    const log = [];

    for (const name of ['a', 'b', 'c'])
        flow.node({name}, () => void log.push(name));

    const run = GFlow.FlowRun.new(flow);
    let notified = 0;

    run.connect('notify::paused', () => notified++);
    run.pause();

    const ended = run.execute(null);

    run.set_node_priority(flow.lookup('c'), -1);
    deepEqual(log, []);
    run.resume();
    await ended;
    deepEqual(log, ['c', 'a', 'b']);
    equal(run.paused, false);
    ok(notified > 0);
});

// Placement

test('functions stay in the context', async () => {
    const flow = new GFlow.Flow();
    const {CONTEXT, WORKER} = GFlow.FlowPlacement;
    const nodes = [
        flow.add('sync', () => true),
        flow.node({placement: CONTEXT}, () => {}),
        GFlow.FlowNode.new('new', () => true),
    ];

    nodes.push(flow.copy().lookup('sync'));
    for (const node of nodes) {
        equal(node.placement, CONTEXT);
        equal(node.get_placement(), CONTEXT);
        for (const ask of [
            () => node.set_placement(WORKER),
            () => {
                node.placement = WORKER;
            },
            () => node.set({placement: WORKER}),
            () => node.set_property('placement', WORKER),
        ])
            ok(/worker/.test(throws(ask).message));
        node.placement = CONTEXT;
        node.set_property('placement', CONTEXT);
        node.set_property('title', 'by name');
        equal(node.title, 'by name');
        equal(node.placement, CONTEXT);
    }
    ok(/worker/.test(throws(() => flow.node({placement: WORKER}, () => {})).message));
    ok(/worker/.test(throws(() => new GFlow.FlowNode({placement: WORKER})).message));
    equal(flow.get_n_items(), 2);
    await flow.execute(null);
});

test('an async function is not a sync body', async () => {
    const flow = new GFlow.Flow();

    flow.add('a', async () => {
        await sleep(1);
        return true;
    });
    ok(/async/.test((await rejects(flow.execute(null))).message));
});

// Locks

test('a lock of the application', async () => {
    const lock = new GFlow.FlowLock();
    const log = [];

    async function user(name) {
        await lock.acquire();
        log.push(`${name} in`);
        await sleep(5);
        log.push(`${name} out`);
        lock.release();
    }

    await Promise.all([user('a'), user('b'), user('c')]);
    deepEqual(log, ['a in', 'a out', 'b in', 'b out', 'c in', 'c out']);
    ok(lock.try_acquire());
    ok(!lock.try_acquire());

    const cancellable = new Gio.Cancellable();
    const waiting = rejects(lock.acquire(cancellable));
    equal(lock.waiting, 1);
    cancellable.cancel();
    ok(isCancelled(await waiting));
    equal(lock.waiting, 0);

    const flow = new GFlow.Flow();
    flow.node({lock}, () => {});
    const running = flow.execute(null);
    await sleep(5);
    equal(lock.waiting, 1);
    lock.release();
    await running;
});

test('a lock without permits', () => {
    const lock = new GFlow.FlowLock({name: 'door', permits: 2});

    for (const permits of [0, -1, 0.5, NaN]) {
        for (const ask of [
            () => new GFlow.FlowLock({permits}),
            () => GFlow.FlowLock.new_with_permits(permits),
            () => lock.set_permits(permits),
            () => {
                lock.permits = permits;
            },
        ])
            ok(throws(ask) instanceof RangeError);
    }
    equal(lock.permits, 2);
    lock.permits = 3;
    equal(lock.get_permits(), 3);
    equal(GFlow.FlowLock.new_with_permits(4).permits, 4);
    equal(new GFlow.FlowLock().permits, 1);
});

// Ways to run

test('signals', async () => {
    const flow = new GFlow.Flow();
    const log = [];
    const node = flow.node({name: 'node'}, () => void log.push('body'));
    const run = GFlow.FlowRun.new(flow);

    for (const [name, object] of Object.entries({flow, node, run})) {
        for (const signal of ['started', 'done', 'error', 'always']) {
            if (name !== 'run' || signal !== 'started')
                object.connect(signal, () => void log.push(`${name} ${signal}`));
        }
    }
    const done = run.execute(null);
    deepEqual(log, []);
    await done;
    deepEqual(log.filter(line => line !== 'node started'), [
        'flow started', 'body', 'node done', 'node always', 'run done', 'run always', 'flow done',
        'flow always',
    ]);
    ok(log.includes('node started'));
    equal(run.fraction, 1);
    equal(run.n_done, 1);
});

test('nodes that are deferred', async () => {
    const flow = new GFlow.Flow();
    const boom = new Error('boom');
    const later = fn => GLib.idle_add(GLib.PRIORITY_DEFAULT, () => {
        fn();
        return GLib.SOURCE_REMOVE;
    });
    const defer = (name, then) => flow.add(name, (node, run) => {
        run.defer_node(node);
        later(() => then(run, node));
    });

    const good = defer('good', (run, node) => {
        run.set_result(node, 5);
        run.complete_node(node);
    });
    const bad = defer('bad', (run, node) => run.fail_node(node, boom));
    const stopped = defer('stopped', (run, node) => run.cancel_node(node));
    const run = new GFlow.FlowRun({flow, keep_results: true});

    run.connect('stop-node', (self, node) => {
        equal(node, stopped);
        self.fail_node(node, new Gio.IOErrorEnum({code: Gio.IOErrorEnum.CANCELLED, message: 'no'}));
    });
    equal(await rejects(run.execute()), boom);
    equal(run.error_of(bad), boom);
    equal(run.result(good), 5);
    equal(run.get_node_state(stopped), GFlow.FlowNodeState.CANCELLED);
});

test('a callback as in C', async () => {
    const flow = new GFlow.Flow();
    const node = flow.node({}, () => 'result');

    equal(await new Promise((resolve, reject) => {
        flow.execute(null, (source, result) => {
            try {
                resolve(source.execute_finish(result).result(node));
            } catch (error) {
                reject(error);
            }
        });
    }), 'result');
});

test('a run is executed once', async () => {
    const flow = new GFlow.Flow();
    const run = GFlow.FlowRun.new(flow);
    const boom = new Error('boom');

    flow.node({}, async () => {
        await sleep(5);
        throw boom;
    });
    const first = rejects(run.execute(null));
    ok(await rejects(run.execute(null)) !== boom);
    equal(await first, boom);
});

test('blocking', () => {
    const flow = new GFlow.Flow();
    const node = flow.node({}, () => 'result');
    const boom = new Error('boom');

    flow.add('sync', () => true);
    equal(flow.execute_sync(null).result(node), 'result');
    equal(flow.execute_sync().result(node), 'result');
    flow.node({upstream: node}, () => {
        throw boom;
    });
    equal(throws(() => flow.execute_sync(null)), boom);

    for (const add of ['node', 'add_task']) {
        const later = new GFlow.Flow();
        later[add](add === 'node' ? {} : null, () => sleep(1));
        ok(/main loop/.test(throws(() => later.execute_sync(null)).message));
    }
});

// Programs without modules, and with a main loop of their own.

test('imports.gi and a GLib.MainLoop', () => {
    equal(runProgram('-c', `
        const {GFlow, GLib} = imports.gi;
        const loop = GLib.MainLoop.new(null, false);
        const flow = new GFlow.Flow();
        const a = flow.node({name: 'a'}, () => new Promise(resolve => {
            GLib.timeout_add(0, 1, () => { resolve(20); return false; });
        }));
        const b = flow.node({name: 'b', upstream: a}, run => run.result(a) + 1);
        flow.execute(null).then(run => print(run.result(b))).finally(() => loop.quit());
        loop.run();
        print([...flow].map(node => node.name));`), '21\na,b');
});

test('imports.gi without a loop', () => {
    equal(runProgram('-c', `
        const {GFlow} = imports.gi;
        const flow = new GFlow.Flow();
        const a = flow.node({name: 'a'}, () => 'blocking');
        print(flow.execute_sync(null).result(a));`), 'blocking');
});

test('a module with a GLib.MainLoop', () => {
    equal(runModule(`
        import GFlow from 'gi://GFlow';
        import GLib from 'gi://GLib';
        const loop = GLib.MainLoop.new(null, false);
        const flow = new GFlow.Flow();
        flow.node({}, async () => { throw new Error('oops'); });
        flow.execute().catch(error => print(error.message)).finally(() => loop.quit());
        loop.run();`), 'oops');
});

await runTests();
