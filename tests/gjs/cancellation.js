// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// What becomes of functions and promises that are to stop.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GFlow from 'gi://GFlow';

import {
    collectGarbage, equal, isCancelled, matches, ok, rejects, runModule, runTests, sleep, test,
} from './tap.js';

const {NodeState, RunState} = {NodeState: GFlow.FlowNodeState, RunState: GFlow.FlowRunState};

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

await runTests();
