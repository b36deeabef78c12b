// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// What JavaScript throws: promises are rejected with it, and handlers are told.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GFlow from 'gi://GFlow';

import {
    collectGarbage, deepEqual, equal, matches, ok, rejects, runModule, runProgram, runTests, sleep,
    test, throws,
} from './tap.js';

const {FAILED} = GFlow.FlowError;

const throwing = error => {
    throw error;
};

// All the ways in which a body can throw.
const throwers = {
    'a function': (flow, name, error) => flow.node({name}, () => throwing(error)),
    'an async function, at once': (flow, name, error) =>
        flow.node({name}, async () => throwing(error)),
    'an async function, soon': (flow, name, error) => flow.node({name}, async () => {
        await null;
        throwing(error);
    }),
    'an async function, later': (flow, name, error) =>
        flow.node({name}, () => sleep(2).then(() => throwing(error))),
    'a sync body': (flow, name, error) => flow.add(name, () => throwing(error)),
    'a task body': (flow, name, error) => flow.add_task(name, () => throwing(error)),
    'an async task body': (flow, name, error) => flow.add_task(name, async () => {
        await sleep(1);
        throwing(error);
    }),
};

// Promises

test('what is thrown is the rejection', async () => {
    class MyError extends Error {}
    const thrown = [new MyError('mine'), 'a string', undefined, null, {a: 1}, Object.create(null)];
    const throwing = error => {
        throw error;
    };

    for (const error of thrown) {
        for (const add of [
            flow => flow.node({}, () => throwing(error)),
            flow => flow.node({}, async () => {
                await null;
                throwing(error);
            }),
            flow => flow.node({}, () => sleep(2).then(() => throwing(error))),
            flow => flow.add(null, () => throwing(error)),
            flow => flow.add_task(null, () => throwing(error)),
            flow => flow.add_task(null, async () => {
                await null;
                throwing(error);
            }),
        ]) {
            const flow = new GFlow.Flow();

            add(flow);
            // eslint-disable-next-line no-await-in-loop
            equal(await rejects(flow.execute(null)), error);
            // eslint-disable-next-line no-await-in-loop
            equal(await rejects(GFlow.FlowRun.new(flow).execute(null)), error);
        }
    }
});

test('a GLib.Error stays what it is', async () => {
    const flow = new GFlow.Flow();

    flow.node({}, async () => {
        await sleep(1);
        throw new Gio.IOErrorEnum({code: Gio.IOErrorEnum.NOT_FOUND, message: 'where?'});
    });
    const error = await rejects(flow.execute(null));
    ok(matches(error, Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND));
    equal(error.message, 'where?');
});

test('the error of a subflow', async () => {
    const inner = new GFlow.Flow();
    const flow = new GFlow.Flow();
    const boom = new TypeError('boom');

    inner.node({name: 'thrower'}, () => {
        throw boom;
    });
    const node = flow.add_flow('inner', inner);
    equal(node.get_subflow(), inner);
    equal(await rejects(flow.execute(null)), boom);
});

// Handlers

for (const [kind, add] of Object.entries(throwers)) {
    test(`handlers are told: ${kind}`, async () => {
        const flow = new GFlow.Flow();
        const boom = new RangeError('boom');
        const node = add(flow, 'thrower', boom);
        const run = GFlow.FlowRun.new(flow);
        const log = [];

        function check(who, theRun, error) {
            log.push(who);
            equal(theRun, run);
            ok(error instanceof GFlow.FlowError);
            ok(matches(error, GFlow.FlowError, FAILED));
            equal(error.code, FAILED);
            equal(error.message, 'boom');
            equal(run.error_of(node), boom);
        }
        // An assertion that fails in a handler is a warning, and so fatal; see log, too.
        node.connect('error', (self, theRun, error) => check('node', theRun, error));
        flow.connect('error', (self, theRun, error) => {
            equal(run.error_of(), boom);
            check('flow', theRun, error);
        });
        run.connect('error', (self, error) => {
            equal(run.error_of(), boom);
            check('run', self, error);
        });
        equal(await rejects(run.execute()), boom);
        deepEqual(log, ['node', 'run', 'flow']);

        for (const error of [
            run.error, run.get_error(), run.get_node_error(node),
            run.get_errors().get_item(0).error,
        ]) {
            ok(matches(error, GFlow.FlowError, FAILED));
            equal(error.message, 'boom');
        }
        await collectGarbage();
        equal(run.error_of(), boom);
        equal(run.error_of(node), boom);
    });
}

test('handlers are told: blocking', () => {
    const flow = new GFlow.Flow();
    const boom = new Error('boom');
    const node = flow.add('thrower', () => throwing(boom));
    const log = [];

    node.connect('error', (self, run, error) => log.push([error.message, run.error_of(node)]));
    flow.connect('error', (self, run, error) => log.push([error.message, run.error_of()]));
    equal(throws(() => flow.execute_sync()), boom);
    equal(log.length, 2);
    for (const [message, error] of log) {
        equal(message, 'boom');
        equal(error, boom);
    }
});

test('handlers are told: a callback as in C', async () => {
    const inner = new GFlow.Flow();
    const flow = new GFlow.Flow();
    const [boom, bang] = [new Error('boom'), new Error('bang')];
    const node = flow.add('thrower', () => throwing(boom));
    const group = flow.add_flow('inner', inner);
    const run = GFlow.FlowRun.new(flow);

    inner.add('inside', () => throwing(bang));
    const error = await new Promise(resolve => {
        run.execute(null, (self, result) => {
            resolve(throws(() => self.execute_finish(result)));
        });
    });
    ok(matches(error, GFlow.FlowError, FAILED));
    equal(error.message, 'boom');
    equal(run.error_of(), boom);
    equal(run.error_of(node), boom);
    equal(run.error_of(group), bang);
});

test('handlers of subflows are told', async () => {
    const inmost = new GFlow.Flow();
    const inner = new GFlow.Flow();
    const flow = new GFlow.Flow();
    const boom = new TypeError('boom');
    const log = [];

    inmost.node({name: 'thrower'}, async () => {
        await sleep(1);
        throw boom;
    });
    inner.add_flow('inmost', inmost);
    const node = flow.add_flow('inner', inner);
    for (const [name, object] of Object.entries({inmost, inner, node, flow})) {
        object.connect('error', (self, run, error) => {
            ok(matches(error, GFlow.FlowError, FAILED));
            equal(error.message, 'boom');
            log.push(name);
        });
    }
    inmost.connect('error', (self, run) => log.push(run.error_of() === boom));
    const run = GFlow.FlowRun.new(flow);
    equal(await rejects(run.execute()), boom);
    equal(run.error_of(node), boom);
    deepEqual(log, ['inmost', true, 'inner', 'node', 'flow']);
});

test('messages', async () => {
    for (const [value, message] of [
        [new Error('text'), 'text'], [new RangeError(), 'RangeError'], ['text', 'text'],
        [undefined, 'undefined'], [null, 'null'], [{message: 'object'}, 'object'], [12, '12'],
        [Symbol('s'), 'Symbol(s)'], [Object.create(null), 'an error that cannot be shown'],
        [new Error('ünï → ☃'), 'ünï → ☃'], [new Error('a\0b'), 'a'],
    ]) {
        const flow = new GFlow.Flow();
        const node = flow.add(null, () => throwing(value));
        const run = GFlow.FlowRun.new(flow);

        // eslint-disable-next-line no-await-in-loop
        equal(await rejects(run.execute()), value);
        equal(run.get_node_error(node).message, message);
        equal(run.error_of(node), value);
    }
});

test('the name of a node', () => {
    const flow = new GFlow.Flow();

    for (const add of [
        name => flow.add(name, () => true), name => flow.add(name, null), name => flow.node({name}, () => 1),
        name => flow.add_flow(name, new GFlow.Flow()), name => flow.add({name}),
        name => flow.add_node(GFlow.FlowNode.new(name, () => true)),
    ]) {
        for (const [name, said] of [['a\nb', '“a\\x0ab”'], ['\x7f', '“\\x7f”'], ['', 'empty']]) {
            const error = throws(() => add(name));
            ok(error.matches(GFlow.FlowError, GFlow.FlowError.BAD_INPUT), error);
            ok(error.message.includes(said), error);
        }
    }
    equal(flow.get_n_items(), 0);
    flow.node({name: 'a', upstream: 'b\n'}, () => 1);
    ok(throws(() => flow.validate()).message.includes('“a” needs “b\\x0a”'));
});

test('a name that is taken becomes another one', () => {
    const flow = new GFlow.Flow({unique_names: true});

    flow.node({name: 'load'}, () => 1);
    flow.node({name: 'load', upstream: 'load'}, () => 2);
    deepEqual([...flow].map(({name}) => name), ['load', 'load1']);
    equal(flow.lookup('load1').get_upstreams().get_item(0), flow.lookup('load'));
});

// Which is which

test('many errors with the same text', async () => {
    const flow = new GFlow.Flow();
    const errors = Object.values(throwers).map(() => new Error('the same'));
    const nodes = Object.values(throwers).map((add, i) => add(flow, null, errors[i]));
    const fine = flow.node({}, () => 'fine');
    const other = flow.add(null, () => throwing(
        new Gio.IOErrorEnum({code: Gio.IOErrorEnum.NOT_FOUND, message: 'the same'})));
    const run = GFlow.FlowRun.new(flow);

    const first = await rejects(run.execute());
    nodes.forEach((node, i) => {
        equal(run.error_of(node), errors[i]);
        equal(run.get_node_error(node).code, FAILED);
    });
    equal(first, run.error_of());
    equal(first, run.error_of(run.get_errors().get_item(0).node));
    equal(run.error_of(fine), null);
    ok(matches(run.error_of(other), Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND));
});

test('many subflows and runs with the same text', async () => {
    const errors = new Map();
    const inner = new GFlow.Flow();
    const flow = new GFlow.Flow();
    let n = 0;

    inner.node({}, async run => {
        await sleep(n++ % 5);
        const error = new Error('the same');
        errors.set(error, run);
        throw error;
    });
    const nodes = ['a', 'b', 'c'].map(name => flow.add_flow(name, inner));
    const runs = [1, 2, 3, 4].map(() => GFlow.FlowRun.new(flow));
    const rejections = await Promise.all(runs.map(run => rejects(run.execute())));
    const found = new Set();

    runs.forEach((run, i) => {
        equal(rejections[i], run.error_of());
        for (const node of nodes) {
            found.add(run.error_of(node));
            ok(errors.has(run.error_of(node)));
            ok(matches(run.get_node_error(node), GFlow.FlowError, FAILED));
        }
    });
    equal(found.size, 12);
    equal(errors.size, 12);
});

test('the errors of others', async () => {
    const flow = new GFlow.Flow();
    const node = flow.add('no', () => false);
    const skipped = flow.node({name: 'skipped', upstream: node}, () => {});
    const run = GFlow.FlowRun.new(flow);

    equal(run.error_of(), null);
    equal(run.error_of(node), null);
    const error = await rejects(run.execute());
    ok(matches(error, GFlow.FlowError, FAILED));
    ok(/without an error/.test(error.message));
    ok(matches(run.error_of(node), GFlow.FlowError, FAILED));
    ok(matches(run.error_of(skipped), GFlow.FlowError, GFlow.FlowError.SKIPPED));
    ok(!matches(run.error_of(skipped), GFlow.FlowError, FAILED));

    // Thrown, and yet cancelled.
    const patient = new GFlow.Flow();
    const sleeper = patient.node({}, async (self, me, cancellable) => {
        await rejects(sleep(1000, cancellable));
        throw new Error('late');
    });
    const stopped = GFlow.FlowRun.new(patient);
    sleeper.connect('started', () => stopped.cancel());
    ok(matches(await rejects(stopped.execute()), Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED));
    ok(matches(stopped.error_of(), Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED));
});

// Programs: a module with a top-level await has no function below its handlers.

const PROGRAM = `
    const log = [];
    const tell = name => (...args) => {
        const error = args.pop();
        log.push([name, error.message, error.code === GFlow.FlowError.FAILED]);
    };
    async function run(add) {
        const flow = new GFlow.Flow();
        const node = add(flow);
        node.connect('error', tell('node'));
        flow.connect('error', tell('flow'));
        const run = GFlow.FlowRun.new(flow);
        run.connect('error', tell('run'));
        await run.execute().catch(error => {
            log.push(['caught', error.message, error instanceof RangeError]);
        });
    }
    const boom = () => { throw new RangeError('boom'); };
    const adds = [
        flow => flow.add('sync', boom),
        flow => flow.add_task('task', boom),
        flow => flow.node({name: 'function'}, boom),
        flow => flow.node({name: 'async'}, async () => boom()),
        flow => flow.node({name: 'later'}, () => new Promise((resolve, reject) => {
            GLib.timeout_add(0, 1, () => {
                reject(new RangeError('boom'));
                return false;
            });
        })),
    ];`;
const EXPECTED = JSON.stringify(Array(5).fill([
    ['node', 'boom', true], ['run', 'boom', true], ['flow', 'boom', true], ['caught', 'boom', true],
]).flat());

test('a module with a top-level await', () => {
    equal(runModule(`
        import GFlow from 'gi://GFlow';
        import GLib from 'gi://GLib';
        ${PROGRAM}
        for (const add of adds)
            await run(add);
        print(JSON.stringify(log));`), EXPECTED);
});

test('imports.gi and a GLib.MainLoop', () => {
    equal(runProgram('-c', `
        const {GFlow, GLib} = imports.gi;
        const loop = GLib.MainLoop.new(null, false);
        ${PROGRAM}
        (async () => {
            for (const add of adds)
                await run(add);
        })().finally(() => loop.quit());
        loop.run();
        print(JSON.stringify(log));`), EXPECTED);
});

test('a module that only connects', () => {
    equal(runModule(`
        import GFlow from 'gi://GFlow';
        const flow = new GFlow.Flow();
        flow.add('thrower', () => { throw new TypeError('boom'); });
        flow.connect('error', (_flow, run, error) => {
            print(error.message, run.error_of() instanceof TypeError);
        });
        try {
            await flow.execute();
        } catch (error) {
            print(error.message);
        }`), 'boom true\nboom');
});

await runTests();
