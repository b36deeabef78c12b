// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Closures and objects are freed, and the garbage collector may come at any moment.

import GLib from 'gi://GLib';
import Gio from 'gi://Gio';
import GFlow from 'gi://GFlow';
import System from 'system';

import {
    collectGarbage, deepEqual, equal, ok, rejects, runTests, sleep, test, watch,
} from './tap.js';

// Something for closures to hold.
const token = () => new Gio.SimpleAction({name: 'token'});

// Calls fn(track) many times, and then expects what was tracked to be gone; but for the little that
// the compiled code of the engine still holds on to.
const ROUNDS = 20;

function leaves(name, fn) {
    test(name, async () => {
        const alive = [];

        for (let i = 0; i < ROUNDS; i++) {
            // eslint-disable-next-line no-await-in-loop
            await fn(object => {
                alive.push(watch(object));
                return object;
            });
        }
        await sleep(1);
        await collectGarbage();

        const survivors = alive.filter(lives => lives()).length;
        ok(alive.length >= ROUNDS);
        ok(survivors <= alive.length / 4, `${survivors} of ${alive.length} are still alive`);
    });
}

leaves('a flow that never ran', track => {
    const flow = track(new GFlow.Flow());

    for (let i = 0; i < 10; i++) {
        const held = track(token());
        track(flow.node({}, () => held));
        track(flow.add(null, () => held !== null));
        track(flow.add_task(null, () => held));
    }
});

test('a run that serves again has nothing of what it was given before', async () => {
    const flow = new GFlow.Flow();
    const heard = [];

    flow.add('a', () => true);
    for (let i = 0; i < 50; i++) {
        const run = GFlow.FlowRun.new(flow);

        equal(run.mark, undefined);
        equal(run.get_state(), GFlow.FlowRunState.NEW);
        if (i % 2 === 0) {
            run.mark = i;
            run.connect('done', () => heard.push(run.mark));
        }
        run.execute_sync(null);
        equal(run.mark, i % 2 === 0 ? i : undefined);
        if (i % 10 === 0)
            // eslint-disable-next-line no-await-in-loop
            await collectGarbage();
    }
    deepEqual(heard, Array.from({length: 25}, (_, k) => 2 * k));
});

leaves('a flow that ran', async track => {
    const flow = track(new GFlow.Flow());

    for (let i = 0; i < 10; i++) {
        const held = track(token());
        track(flow.node({}, () => held));
        track(flow.node({}, async () => {
            await sleep(1);
            return held;
        }));
        track(flow.add(null, () => held !== null));
    }
    track(await flow.execute(null));
});

leaves('a flow whose functions refer to it, and to its nodes', async track => {
    const flow = track(new GFlow.Flow());
    const node = track(flow.node({}, () => [flow, node]));
    const group = track(GFlow.FlowGroup.new_parallel());
    const inGroup = track(GFlow.node({}, () => [flow, inGroup, group]));
    group.append_node(inGroup);
    flow.add_group(group);
    track(flow.add(null, () => flow !== null));
    track(flow.add_task(null, (_node, _run, task) => {
        task.return_boolean(flow !== null);
    }));
    track(await flow.execute(null));
});

leaves('a copy outlives the original', async track => {
    const make = () => {
        const flow = track(new GFlow.Flow());
        flow.node({name: 'a'}, () => flow.name);
        flow.add('b', () => flow !== null);
        return track(flow.copy());
    };
    const copy = make();

    await collectGarbage();
    equal((await copy.execute(null)).result(copy.lookup('a')), null);
});

leaves('a run outlives the variable of its flow', async track => {
    const make = () => {
        const flow = track(new GFlow.Flow());
        flow.node({name: 'a'}, () => 'result');
        return track(GFlow.FlowRun.new(flow));
    };
    const run = make();

    await collectGarbage();
    await run.execute(null);
    equal(run.result(run.flow.lookup('a')), 'result');
});

leaves('failures and cancelled runs', async track => {
    const flow = track(new GFlow.Flow());
    const held = track(token());

    flow.node({}, () => {
        throw Object.assign(new Error('boom'), {held});
    });
    flow.node({}, (run, node, cancellable) => sleep(50, cancellable));
    ok((await rejects(flow.execute(null))).held);
    const run = track(GFlow.FlowRun.new(flow));
    const end = rejects(run.execute(null));
    run.cancel();
    await end;
});

leaves('what was thrown, here and in subflows', async track => {
    const inner = track(new GFlow.Flow());
    const flow = track(new GFlow.Flow());
    const boom = () => {
        throw Object.assign(new Error('boom'), {held: track(token()), flow, inner});
    };

    inner.node({}, boom);
    flow.add_flow('inner', inner);
    flow.add('sync', boom);
    flow.node({}, () => sleep(1).then(boom));
    flow.connect('error', (_flow, run) => ok(run.error_of().held));
    ok((await rejects(flow.execute())).held);
    await new Promise(resolve => {
        track(GFlow.FlowRun.new(flow)).execute(null, resolve);
    });
    ok((await rejects(GFlow.FlowRun.new(flow).execute())).held);
});

leaves('results', async track => {
    const flow = track(new GFlow.Flow());
    const first = flow.node({}, () => ({held: track(token())}));

    flow.add_join('join', [first.name, flow.node({upstream: first}, () => [track(token())]).name]);
    track(await flow.execute(null));
});

leaves('a node that was removed', async track => {
    const flow = new GFlow.Flow();
    const held = track(token());

    flow.remove_node(track(flow.node({}, () => held)));
    flow.remove_node(track(flow.add(null, () => [flow, held])));
    flow.node({}, () => {});
    await flow.execute(null);
});

const lasting = [];

leaves('a node of a copy that was removed, though the flow lives on', async track => {
    const flow = new GFlow.Flow();

    flow.node({name: 'a'}, () => {});
    flow.node({name: 'b'}, () => {});
    const copy = flow.copy();
    lasting.push(copy);
    await copy.execute(null);
    copy.remove_node(track(copy.lookup('a')));
    await copy.execute(null);
});

leaves('signal handlers', async track => {
    const flow = track(new GFlow.Flow());
    const node = track(flow.node({}, () => {}));
    const run = track(GFlow.FlowRun.new(flow));

    for (const object of [flow, run]) {
        object.connect('done', () => [flow, node]);
        object.connect('always', () => [flow, node]);
    }
    await run.execute(null);
});

leaves('locks, and who waits for them', async track => {
    const flow = track(new GFlow.Flow());
    const lock = track(new GFlow.FlowLock());

    for (let i = 0; i < 5; i++)
        flow.node({lock}, () => [lock, flow]);
    await lock.acquire();
    const run = flow.execute(null);
    await sleep(2);
    lock.release();
    track(await run);
});

leaves('a node outlives its flow', async track => {
    const make = () => {
        const flow = track(new GFlow.Flow());
        return ['a', 'b'].map(name => track(flow.add(name, () => flow !== null)));
    };
    const [a, b] = make();
    const flow = track(new GFlow.Flow());

    a.flow.remove_node(b);
    await collectGarbage();
    flow.add_node(b);
    track(await flow.execute(null));
    ok(a.flow !== flow);
});

test('nobody holds on to the flow while it runs', async () => {
    const start = () => {
        const flow = new GFlow.Flow();
        const node = flow.node({}, async () => {
            await sleep(20);
            return 'result';
        });
        const last = flow.node({upstream: node}, run => run.result(node));
        return flow.execute(null).then(run => run.result(last));
    };
    const end = start();

    await collectGarbage();
    equal(await end, 'result');
});

test('a callback as in C, and nobody holds on to the flow', async () => {
    const end = new Promise((resolve, reject) => {
        const flow = new GFlow.Flow();
        const node = flow.node({}, async () => {
            await sleep(20);
            return 'result';
        });
        const name = flow.node({upstream: node}, run => run.result(node)).get_name();
        flow.execute(null, (source, result) => {
            try {
                const run = source.execute_finish(result);
                resolve(run.result(run.flow.lookup(name)));
            } catch (error) {
                reject(error);
            }
        });
    });

    await collectGarbage();
    equal(await end, 'result');
});

test('a storm', async () => {
    const collect = GLib.timeout_add(GLib.PRIORITY_HIGH, 1, () => {
        System.gc();
        return GLib.SOURCE_CONTINUE;
    });
    const lock = GFlow.FlowLock.new_with_permits(2);

    for (let round = 0; round < 5; round++) {
        const flow = new GFlow.Flow();
        const nodes = [];
        let n = 0;

        for (let i = 0; i < 60; i++) {
            const upstream = nodes.slice(-3);

            if (i % 3 === 0) {
                nodes.push(flow.node({upstream, lock}, async run => {
                    await sleep(1);
                    n++;
                    return [i, upstream.map(node => run.result(node))];
                }));
            } else if (i % 3 === 1) {
                nodes.push(flow.node({upstream}, () => {
                    n++;
                    return {i};
                }));
            } else {
                // Runs on a worker, between functions.
                nodes.push(flow.add_join(null, [nodes[i - 1].name, nodes[i - 2].name]));
            }
        }
        const runs = [1, 2, 3].map(() => flow.execute(null));
        const cancelled = GFlow.FlowRun.new(flow);
        const end = cancelled.execute(null).then(() => 'done', () => 'cancelled');
        // eslint-disable-next-line no-await-in-loop
        await sleep(round);
        cancelled.cancel();
        // eslint-disable-next-line no-await-in-loop
        await Promise.all([...runs, end]);
        ok(n >= 3 * 40, `${n} functions`);
    }
    GLib.source_remove(collect);
});

test('a storm in the functions', async () => {
    const flow = new GFlow.Flow();
    const nodes = [];
    let n = 0;
    const collect = i => {
        n++;
        if (i % 5 === 0)
            System.gc();
        return [i, {i}];
    };

    for (let i = 0; i < 60; i++) {
        const upstream = nodes.length > 0 ? {before: nodes.at(-1)} : {};

        nodes.push(flow.node({upstream}, i % 2 ? ({before}) => {
            equal(before[1].i, i - 1);
            return collect(i);
        } : async ({before}) => {
            await sleep(i % 3);
            equal(before?.[0], i > 0 ? i - 1 : undefined);
            return collect(i);
        }));
        flow.add(null, () => collect(i));
        flow.add_task(null, (node, run, task) => {
            collect(i);
            task.return_boolean(true);
        });
    }
    flow.connect('done', () => System.gc());
    const runs = [1, 2, 3].map(() => flow.execute());
    System.gc();
    for (const run of await Promise.all(runs))
        deepEqual(run.result(nodes.at(-1)), [59, {i: 59}]);
    equal(n, 3 * 3 * 60);
});

// Before 1.81.90, GJS refuses callbacks while it collects garbage piecemeal: see _gflowBodies.js.
test('twenty thousand promises at once', async () => {
    const flow = new GFlow.Flow();
    const waiting = [];
    let n = 0;

    for (let i = 0; i < 20000; i++) {
        flow.node({}, async () => {
            await new Promise(resolve => {
                waiting.push(resolve);
                if (waiting.length === 20000) {
                    GLib.idle_add(GLib.PRIORITY_DEFAULT, () => {
                        waiting.forEach(wake => wake());
                        return GLib.SOURCE_REMOVE;
                    });
                }
            });
            n++;
        });
    }
    await flow.execute();
    equal(n, 20000);
});

// The destroy notify of a function ends the process if it comes on another thread, or twice.
test('ten thousand functions', async () => {
    const alive = [];

    async function round() {
        const flow = new GFlow.Flow();

        for (let i = 0; i < 500; i++) {
            const held = token();

            alive.push(watch(held));
            if (i % 3 === 0)
                flow.node({}, () => held !== null && flow);
            else if (i % 3 === 1)
                flow.add(null, () => held !== null);
            else
                flow.add_task(null, (node, run, task) => task.return_boolean(held !== null));
        }
        // On a worker, between the functions.
        flow.add_join('join', ['node0', 'node1']);
        await flow.execute();
    }

    for (let i = 0; i < 20; i++) {
        // eslint-disable-next-line no-await-in-loop
        await round();
    }
    await collectGarbage();
    const survivors = alive.filter(lives => lives()).length;
    equal(alive.length, 10000);
    // However many rounds there are, compiled code still holds on to the flows of two or three.
    ok(survivors <= 1500, `${survivors} of ${alive.length} are still alive`);
});

await runTests();
