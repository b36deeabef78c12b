// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GFlow from 'gi://GFlow';
import System from 'system';

import {
    collectGarbage, deepEqual, equal, ok, rejects, runModule, runProgram, runTests, sleep, test, throws,
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

function matches(error, domain, code) {
    return error instanceof GLib.Error && error.matches(domain, code);
}

function isCancelled(error) {
    return matches(error, Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED);
}

// Scenarios

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
    const {flow, add} = scenario('async');

    for (const name of 'abc')
        add(name, [], {duration: 100});
    const time = await seconds(flow.execute(null));
    ok(time >= 0.099 && time < 0.28, `${time} s`);
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
        ok(run.dup_node_reason(d).includes('b'));
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
    const job = (name, duration) => async (run, node, cancellable) => {
        try {
            await sleep(duration, cancellable);
        } catch (error) {
            told.push(name);
            throw error;
        }
    };
    const a = flow.node({name: 'a'}, job('a', 1000));
    const b = flow.node({name: 'b'}, job('b', 800));
    const c = flow.node({name: 'c', upstream: a}, job('c', 1));
    const run = GFlow.FlowRun.new(flow);

    GLib.timeout_add(GLib.PRIORITY_DEFAULT, 50, () => {
        run.cancel();
        return GLib.SOURCE_REMOVE;
    });
    const time = await seconds(rejects(run.execute(null)).then(error => ok(isCancelled(error))));
    ok(time < 0.5, `${time} s`);
    equal(run.state, RunState.CANCELLED);
    deepEqual(told.sort(), ['a', 'b']);
    equal(run.get_node_state(a), NodeState.CANCELLED);
    equal(run.get_node_state(b), NodeState.CANCELLED);
    ok(![NodeState.DONE, NodeState.RUNNING].includes(run.get_node_state(c)));
});

// Cancellation

test('the cancellable of the caller, and of one node', async () => {
    const flow = new GFlow.Flow();
    const node = flow.node({}, (run, self, cancellable) => sleep(1000, cancellable));
    const cancellable = new Gio.Cancellable();

    GLib.timeout_add(GLib.PRIORITY_DEFAULT, 5, () => {
        cancellable.cancel();
        return GLib.SOURCE_REMOVE;
    });
    ok(isCancelled(await rejects(flow.execute(cancellable))));

    const run = GFlow.FlowRun.new(flow);
    node.connect('started', () => run.cancel_node(node));
    ok(isCancelled(await rejects(run.execute(null))));
    ok(isCancelled(run.get_node_error(node)));
});

test('a body that cancels itself', async () => {
    const flow = new GFlow.Flow();
    const node = flow.node({}, async (run, self, cancellable) => {
        run.cancel_node(self);
        await sleep(1000, cancellable);
    });
    const run = GFlow.FlowRun.new(flow);

    ok(isCancelled(await rejects(run.execute(null))));
    equal(run.get_node_state(node), NodeState.CANCELLED);
});

test('a deadline', async () => {
    const flow = new GFlow.Flow();
    const run = GFlow.FlowRun.new(flow);

    flow.node({}, (_run, node, cancellable) => sleep(1000, cancellable));
    run.deadline = GLib.get_monotonic_time() + 20000;
    ok(matches(await rejects(run.execute(null)), Gio.IOErrorEnum, Gio.IOErrorEnum.TIMED_OUT));
    equal(run.state, RunState.FAILED);
});

// What GIO fails with when it was cancelled is a cancellation, in whatever way it reaches the body.
const stops = {
    'with the run': (run, _node) => run.cancel(),
    'by itself': (run, node) => run.cancel_node(node),
};
const waits = {
    'a promise of GIO': (run, node, cancellable) => waitForever(cancellable),
    'an async function': async (run, node, cancellable) => {
        await null;
        await waitForever(cancellable);
    },
    'a run inside': async (run, node, cancellable) => {
        const inner = new GFlow.Flow();

        inner.node({}, (run_, node_, theirs) => waitForever(theirs));
        await inner.execute(cancellable);
    },
    'a lock': async (run, node, cancellable) => {
        const lock = new GFlow.FlowLock();

        await lock.acquire();
        await lock.acquire(cancellable);
    },
    'a look at the cancellable': async (run, node, cancellable) => {
        while (!cancellable.is_cancelled()) {
            // eslint-disable-next-line no-await-in-loop
            await sleep(1);
        }
        cancellable.set_error_if_cancelled();
    },
};

function waitForever(cancellable) {
    const process = Gio.Subprocess.new(['cat'], Gio.SubprocessFlags.STDIN_PIPE);

    return new Promise((resolve, reject) => {
        process.wait_async(cancellable, (self, result) => {
            try {
                resolve(self.wait_finish(result));
            } catch (error) {
                process.force_exit();
                reject(error);
            }
        });
    });
}

for (const [how, stop] of Object.entries(stops)) {
    for (const [what, wait] of Object.entries(waits)) {
        test(`a node is cancelled ${how}: ${what}`, async () => {
            const flow = new GFlow.Flow();
            const nodes = [
                flow.node({name: 'function'}, wait),
                flow.add_task('task', (node, run, task) =>
                    wait(run, node, task.get_cancellable())),
            ];
            const run = GFlow.FlowRun.new(flow);

            sleep(5).then(() => nodes.forEach(node => stop(run, node)));
            ok(isCancelled(await rejects(run.execute())));
            equal(run.state, RunState.CANCELLED);
            for (const node of nodes) {
                equal(run.get_node_state(node), NodeState.CANCELLED);
                ok(isCancelled(run.error_of(node)));
            }
        });
    }
}

test('a body that was told to stop may fail, and succeed', async () => {
    const flow = new GFlow.Flow();
    const boom = new Error('boom');
    let n = 0;
    const told = cancellable => new Promise(resolve => {
        cancellable.connect(resolve);
        if (++n === 2)
            sleep(0).then(() => run.cancel());
    });
    const fails = flow.node({}, (run, node, cancellable) => told(cancellable).then(() => {
        throw boom;
    }));
    const succeeds = flow.node({}, (run, node, cancellable) => told(cancellable).then(() => 5));
    const run = new GFlow.FlowRun({flow, keep_results: true});

    ok(isCancelled(await rejects(run.execute())));
    equal(run.get_node_state(fails), NodeState.FAILED);
    equal(run.error_of(fails), boom);
    equal(run.get_node_state(succeeds), NodeState.DONE);
    equal(run.result(succeeds), 5);
});

// Promises that do not settle

test('a run waits for promises, whatever becomes of it', async () => {
    const flow = new GFlow.Flow();
    let settle = null;
    const node = flow.node({}, () => new Promise(resolve => (settle = resolve)));
    const run = GFlow.FlowRun.new(flow);
    let over = false;
    const end = rejects(run.execute()).finally(() => (over = true));

    while (settle === null) {
        // eslint-disable-next-line no-await-in-loop
        await sleep(1);
    }
    run.cancel();
    await collectGarbage();
    ok(!over);
    settle();
    ok(isCancelled(await end));
    equal(run.get_node_state(node), NodeState.DONE);
});

test('who does not want to wait ends the node', async () => {
    for (const late of ['resolve', 'reject', 'nothing']) {
        const flow = new GFlow.Flow();
        const promises = [];
        let attempt = 0;
        const node = flow.node({max_retries: 1, retry_delay: 1}, () => ++attempt === 3 ? 'done' :
            new Promise((resolve, reject) => promises.push({resolve, reject, nothing() {}})));
        const run = new GFlow.FlowRun({flow, keep_results: true});
        const settle = () => promises.forEach(promise => promise[late](new Error('late')));

        // The second attempt outlives what becomes of the first one.
        sleep(5).then(async () => {
            run.fail_node(node, new Error('given up'));
            while (promises.length < 2) {
                // eslint-disable-next-line no-await-in-loop
                await sleep(1);
            }
            promises[0][late](new Error('late'));
            await sleep(2);
            equal(run.get_node_state(node), NodeState.RUNNING);
            run.cancel();
        });
        run.connect('stop-node', (self, stopped) => {
            equal(stopped, node);
            self.fail_node(stopped, new Gio.IOErrorEnum({
                code: Gio.IOErrorEnum.CANCELLED, message: 'not waited for',
            }));
        });
        // eslint-disable-next-line no-await-in-loop
        ok(isCancelled(await rejects(run.execute())));
        equal(run.get_node_state(node), NodeState.CANCELLED);
        settle();
        // eslint-disable-next-line no-await-in-loop
        await sleep(2);
        equal(run.result(node), null);
    }
});

test('a task that nobody can return on any more', async () => {
    const flow = new GFlow.Flow();
    const node = flow.add_task(null, () => new Promise(() => {}));
    const run = GFlow.FlowRun.new(flow);
    const end = rejects(run.execute());

    while (run.get_node_state(node) < NodeState.DONE) {
        // eslint-disable-next-line no-await-in-loop
        await collectGarbage();
    }
    ok(matches(await end, GFlow.FlowError, GFlow.FlowError.ABANDONED));
});

test('a program ends, whatever still waits', () => {
    equal(runModule(`
        import GFlow from 'gi://GFlow';
        import GLib from 'gi://GLib';
        const flow = new GFlow.Flow();
        const loop = new GLib.MainLoop(null, false);
        flow.node({}, () => {
            loop.quit();
            return new Promise(() => {});
        });
        flow.execute();
        loop.run();
        print('end');
    `), 'end');
});

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

// The plan

test('iteration, lookup, edits and copies', async () => {
    const {flow, log, add} = scenario('function');
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
