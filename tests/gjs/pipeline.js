// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Executors in JavaScript, and what is posted to them.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GFlow from 'gi://GFlow';
import GObject from 'gi://GObject';

import {
    collectGarbage, deepEqual, equal, ok, rejects, runTests, sleep, test, throws, watch,
} from './tap.js';

const {FlowError, FlowRunState} = GFlow;

class Boom extends Error {}

const Marker = GObject.registerClass({
    Properties: {
        word: GObject.ParamSpec.string('word', '', '', GObject.ParamFlags.READWRITE, 'm'),
    },
}, class Marker extends GFlow.FlowExecutor {
    static endpoints = {
        default: 'mark',
        async '/later'(documents) {
            await sleep(1);
            this.mark(documents);
        },
        '/fail'() {
            throw new Boom('sync');
        },
        async '/fail/later'() {
            await sleep(1);
            throw new Boom('async');
        },
    };

    mark(documents) {
        for (const document of documents)
            document.text = `${document.text} ${this.word}`;
    }
});

const textsOf = response => [...response.documents].map(({text}) => text);
const texts = responses => responses.map(textsOf);

function names(list) {
    return [...list].map(node => node.name);
}

// Opens a flow, and closes it whatever happens.
async function using(flow, fn) {
    await flow.open();
    try {
        return await fn(flow);
    } finally {
        await flow.close();
    }
}

function matches(error, code) {
    return error instanceof FlowError && error.matches(FlowError, code);
}

// Flows

test('a chain', () => {
    const flow = new GFlow.Flow().add().add({}).add().add({name: 'last'});

    deepEqual(names(flow), ['executor0', 'executor1', 'executor2', 'last']);
    deepEqual(names(flow.lookup('last').get_upstreams()), ['executor2']);
});

test('branches', () => {
    const flow = new GFlow.Flow();
    const free = flow.add_executor('free', null, ['gateway']);

    flow.add({name: 'p1', needs: 'gateway'}).add({name: 'p2', needs: ['gateway']})
        .needs(['p1', 'p2'], 'r1').needs_all('r2').add({name: 'end', needs: [free, 'r2']});
    deepEqual(names(flow.lookup('r1').get_upstreams()), ['p1', 'p2']);
    deepEqual(names(flow.lookup('r2').get_upstreams()).sort(), ['free', 'r1']);
    deepEqual(names(flow.lookup('end').get_upstreams()), ['free', 'r2']);
    ok(matches(throws(() => flow.needs(['p1'])), FlowError.TOPOLOGY));
});

test('properties of nodes', () => {
    const lock = new GFlow.FlowLock();
    const flow = new GFlow.Flow().add({uses: Marker, name: 'm', timeout: 100, max_retries: 2, lock});
    const node = flow.lookup('m');

    deepEqual([node.timeout, node.max_retries], [100, 2]);
    equal(node.get_locks().get_item(0), lock);
    ok(node.get_executor() instanceof Marker);
});

test('bad options', () => {
    class Unregistered extends GFlow.FlowExecutor {}
    const Lost = GObject.registerClass(class Lost extends GFlow.FlowExecutor {
        static endpoints = {'/a': 'gone'};
    });

    for (const [options, message] of [
        [{colour: 3}, 'colour'],
        [{uses: 3}, 'no class of executors'],
        [{uses: () => 3}, 'no executor'],
        [{uses: Unregistered}, 'registerClass'],
        [{uses: Lost}, 'gone'],
        [{uses_with: {a: 1}}, 'need uses'],
        [{uses_requests: {'/a': 'mark'}}, 'need uses'],
        [{uses_dynamic_batching: {'/a': {preferred_batch_size: 2}}}, 'need uses'],
        [{uses: Marker, uses_dynamic_batching: {'/a': {preferred_batch_size: 2, tiemout: 3}}}, 'tiemout'],
        [{uses: Marker, uses_dynamic_batching: {'/a': {timeout: 3}}}, 'preferred_batch_size'],
        [{uses: Marker, uses_dynamic_batching: {'/a': null}}, 'preferred_batch_size'],
        [{uses: new Marker(), uses_with: {word: 'a'}}, 'made already'],
        [{uses: Marker, uses_with: {wrod: 'a'}}, 'wrod'],
        [{uses: Marker, uses_metas: {colour: 'a'}}, 'colour'],
        [{uses: Marker, uses_requests: {'/a': 'gone'}}, 'gone'],
    ]) {
        const flow = new GFlow.Flow();
        const error = throws(() => flow.add(options));

        ok(error.message.includes(message), `${message}: ${error}`);
        equal(flow.get_n_items(), 0);
    }
});

test('functions for workers are refused', () => {
    for (const name of ['process', 'setup', 'teardown']) {
        const klass = class Blocks extends GFlow.FlowExecutor {
            [`vfunc_${name}`]() {
                return true;
            }
        };

        ok(throws(() => GObject.registerClass(klass)).message.includes('worker thread'));
    }
});

test('a flow is frozen while it is open', async () => {
    const flow = new GFlow.Flow().add({uses: Marker});

    ok(matches(await rejects(flow.post('/')), FlowError.NOT_OPEN));
    await using(flow, () => ok(matches(throws(() => flow.add()), FlowError.FROZEN)));
    equal(flow.add().get_n_items(), 2);
});

// Executors

test('forms of uses', async () => {
    for (const [options, word] of [
        [{uses: Marker}, 'm'],
        [{uses: Marker, uses_with: {word: 'w'}}, 'w'],
        [{uses: new Marker({word: 'w'})}, 'w'],
        [{uses: () => new Marker({word: 'w'})}, 'w'],
        [{uses: ({letter}) => new Marker({word: letter}), uses_with: {letter: 'w'}}, 'w'],
    ]) {
        const flow = new GFlow.Flow().add(options);
        const executor = flow.get_item(0).get_executor();

        // eslint-disable-next-line no-await-in-loop
        deepEqual(texts(await using(flow, () => flow.post('/', ['a']))), [[`a ${word}`]]);
        ok(!flow.get_is_open());
        equal(executor.make_instance().word, word);
    }
});

test('a constructor of its own', async () => {
    const Counter = GObject.registerClass(class Counter extends GFlow.FlowExecutor {
        static endpoints = {
            default() {
                return {n: ++this.n};
            },
        };

        constructor({first = 0, ...properties} = {}) {
            super(properties);
            this.n = first;
        }
    });
    const flow = new GFlow.Flow().add({uses: Counter, uses_with: {first: 3, description: 'd'}, name: 'c'});

    equal(flow.lookup('c').get_executor().description, 'd');
    await using(flow, async () => {
        await flow.post('/');
        equal((await flow.post('/'))[0].result('c').n, 5);
    });
    equal(flow.lookup('c').get_executor().make_instance().n, 3);
});

test('endpoints', async () => {
    const calls = [];
    const Parent = GObject.registerClass(class Parent extends GFlow.FlowExecutor {
        static endpoints = {
            '/parent': 'say',
            '/both'() {
                calls.push('both of the parent');
            },
        };

        say() {
            calls.push('parent');
        }
    });
    const Child = GObject.registerClass(class Child extends Parent {
        static endpoints = {
            '/both'() {
                calls.push('both of the child');
            },
        };

        say() {
            super.say();
            calls.push('child');
        }

        extra() {
            calls.push('extra');
        }
    });
    const uses = Child;
    const flow = new GFlow.Flow().add({uses, uses_requests: {'/extra': 'extra', '/both': 'say'}});
    const plain = new GFlow.Flow().add({uses});

    await using(flow, async () => {
        for (const endpoint of ['/parent', '/extra', '/both', '/other']) {
            // eslint-disable-next-line no-await-in-loop
            await flow.post(endpoint);
        }
    });
    deepEqual(calls.splice(0), ['parent', 'child', 'extra', 'parent', 'child']);
    // It is for that instance only.
    await using(plain, async () => {
        await plain.post('/both');
        await plain.post('/extra');
    });
    deepEqual(calls, ['both of the child']);
});

test('metadata', async () => {
    const flow = new GFlow.Flow().add({
        uses: Marker, uses_metas: {name: 'n', description: 'd', workspace: '/tmp'},
    });
    const executor = flow.get_item(0).get_executor();

    deepEqual([executor.name, executor.description, executor.workspace.get_path()], ['n', 'd', '/tmp']);
    await using(flow, () => flow.post('/'));
});

test('what a function is given, and what it returns', async () => {
    const Echo = GObject.registerClass(class Echo extends GFlow.FlowExecutor {
        static endpoints = {
            '/arguments'(documents, parameters, request, cancellable) {
                ok(this instanceof Echo);
                equal(documents, request.get_documents());
                equal(request.endpoint, '/arguments');
                ok(cancellable instanceof Gio.Cancellable);
                return parameters;
            },
            '/documents': () => ['x', {text: 'y', tags: {n: 3}}],
            '/list': () => GFlow.FlowSource.new_for_texts(['z']).next_sync(0, null),
            '/variant': () => new GLib.Variant('i', 3),
            '/nothing': documents => documents.append(GFlow.document('new')),
            '/number': () => 3,
            '/later/number': async () => 3,
        };
    });
    const flow = new GFlow.Flow().add({uses: Echo, name: 'echo'});
    const parameters = {n: 3, x: 0.5, deep: {list: [1, 'a', null]}, echo: {n: 4}};

    await using(flow, async () => {
        const [response] = await flow.post('/arguments', null, {parameters});
        deepEqual(response.result('echo'), {n: 4, x: 0.5, deep: {list: [1, 'a', null]}});
        deepEqual(response.to_parameters(), parameters);
        equal(response.result('nobody'), null);
        equal(response.error_of(), null);
        deepEqual(texts(await flow.post('/documents', ['a'])), [['x', 'y']]);
        deepEqual(texts(await flow.post('/list', ['a'])), [['z']]);
        equal((await flow.post('/variant'))[0].result('echo'), 3);
        deepEqual(texts(await flow.post('/nothing', ['a'])), [['a', 'new']]);
        for (const endpoint of ['/number', '/later/number']) {
            // eslint-disable-next-line no-await-in-loop
            ok((await rejects(flow.post(endpoint))).message.includes('3 was returned'));
        }
    });
});

test('bound functions', async () => {
    const flow = new GFlow.Flow();
    const executor = new Marker();
    const boom = new Boom('bound');

    executor.bind('/sync', (self, request, cancellable) => {
        equal(self, executor);
        ok(cancellable instanceof Gio.Cancellable);
        request.set_result(new GLib.Variant('s', 'sync'));
    });
    executor.bind('/bad', () => {
        throw boom;
    });
    executor.bind_task('/task', async (self, request, task) => {
        await sleep(1);
        request.set_result(new GLib.Variant('s', 'task'));
        task.return_boolean(true);
    });
    executor.bind_task('/bad/task', async () => {
        await sleep(1);
        throw boom;
    });
    executor.bind_task('/bad/task/now', () => {
        throw boom;
    });
    flow.add({uses: executor, name: 'e'});
    await using(flow, async () => {
        equal((await flow.post('/sync'))[0].result('e'), 'sync');
        equal((await flow.post('/task'))[0].result('e'), 'task');
        for (const endpoint of ['/bad', '/bad/task', '/bad/task/now']) {
            // eslint-disable-next-line no-await-in-loop
            equal(await rejects(flow.post(endpoint)), boom);
        }
    });
});

// Several instances

const Sharded = GObject.registerClass({
    Properties: {
        word: GObject.ParamSpec.string('word', '', '', GObject.ParamFlags.READWRITE, 's'),
    },
}, class Sharded extends GFlow.FlowExecutor {
    static endpoints = {
        default: documents => documents,
        async '/search'() {
            await sleep(1 + this.get_index());
            return [{id: `${this.get_index()}`, text: `${this.word}${this.get_index()}`}];
        },
        '/one'(documents) {
            for (const document of documents)
                document.text += this.word;
        },
    };
});

test('shards and replicas', async () => {
    const flow = new GFlow.Flow().add({
        uses: Sharded, uses_with: {word: 'x'}, name: 's', parallel: 3, polling: {'/one': 'any'},
    });
    const node = flow.lookup('s');

    deepEqual([node.parallel, node.get_polling(), node.get_polling_for('/search')],
        [3, GFlow.FlowPolling.ANY, GFlow.FlowPolling.ALL]);
    await using(flow, async () => {
        deepEqual(textsOf((await flow.search(['a']))[0]).filter(text => text !== 'a').sort(),
            ['x0', 'x1', 'x2']);
        deepEqual(texts(await flow.post('/one', ['a'])), [['ax']]);
    });

    const first = new GFlow.Flow().add({uses: Sharded, parallel: 3, polling: 'ALL_ASYNC'});
    await using(first, async () => deepEqual(texts(await first.search()), [['s0']]));

    const replicas = new GFlow.Flow().add({
        uses: () => new Sharded(), replicas: 2, scheduling: 'round_robin',
    });
    equal(replicas.get_item(0).get_scheduling(), GFlow.FlowScheduling.ROUND_ROBIN);
    await using(replicas, async () => {
        deepEqual(texts(await replicas.search(['a', 'b'], {request_size: 1, ordered: true})).flat().sort(),
            ['s0', 's1']);
    });
});

test('reducers, and executors before and after', async () => {
    const {CONTEXT} = GFlow.FlowPlacement;
    const shards = {uses: Sharded, parallel: 2, polling: 'ALL'};
    const boom = new Boom('reducer');

    for (const [reducer, wanted] of [
        ['FIRST', ['s0']], [GFlow.FlowReducer.CONCATENATE, ['s0', 's1']],
        [parts => parts.flat().reverse(), ['s1', 's0']],
        [parts => [`${parts.length} parts`], ['2 parts']],
    ]) {
        const flow = new GFlow.Flow().add({...shards, reducer});

        equal(flow.get_item(0).placement === CONTEXT, typeof reducer === 'function');
        // eslint-disable-next-line no-await-in-loop
        deepEqual(texts(await using(flow, () => flow.search())), [wanted]);
        const twin = flow.copy();
        // eslint-disable-next-line no-await-in-loop
        deepEqual(texts(await using(twin, () => twin.search())), [wanted]);
    }
    const fails = new GFlow.Flow().add({...shards, reducer() {
        throw boom;
    }});
    equal(await rejects(using(fails, () => fails.search())), boom);

    const around = new GFlow.Flow().add({
        uses: Sharded, uses_before: Marker, uses_after: () => new Marker({word: 'after'}),
    });
    deepEqual(texts(await using(around, () => around.post('/', ['a']))), [['a m after']]);
});

test('wrong options of posts', async () => {
    const flow = new GFlow.Flow().add({uses: Marker});

    await using(flow, async () => {
        for (const [options, message] of [
            [{requst_size: 3}, 'requst_size'], [{request_size: 'a'}, 'request_size'],
            [{request_size: NaN}, 'request_size'], [{max_in_flight: -1}, 'max_in_flight'],
            [{parameters: [1]}, 'parameters'], [{on_done: 3}, 'on_done'], [{on_always: 'f'}, 'on_always'],
        ]) {
            const error = throws(() => flow.post('/', ['a'], options));

            ok(error.message.includes(message), `${message}: ${error}`);
        }
        await flow.post('/', ['a']);
    });
});

test('inputs are closed when nobody wants more', async () => {
    const closed = [];
    function* endless(name) {
        try {
            for (;;)
                yield name;
        } finally {
            closed.push(name);
        }
    }
    async function* endlessAsync(name) {
        for await (const text of endless(name))
            yield text;
    }
    const Fails = GObject.registerClass(class InputsFails extends GFlow.FlowExecutor {
        static endpoints = {
            '/fails'() {
                throw new Error('no more');
            },
        };
    });
    const flow = new GFlow.Flow().add({uses: Fails});

    await using(flow, async () => {
        for (const inputs of [endless('break'), endlessAsync('async break')]) {
            // eslint-disable-next-line no-await-in-loop, no-unused-vars
            for await (const response of flow.post('/', inputs, {request_size: 1}))
                break;
        }
        await rejects(flow.post('/fails', endless('failure'), {request_size: 1}));
        const kept = GFlow.source(endless('kept'));
        await rejects(flow.post('/fails', kept, {request_size: 1}));
        await sleep(1);
        equal((await kept.next(2)).get_n_items(), 2);
    });
    deepEqual(closed, ['break', 'async break', 'failure']);
});

test('batches', async () => {
    const sizes = [];
    const Together = GObject.registerClass(class Together extends GFlow.FlowExecutor {
        static dynamic_batching = {'/encode': {preferred_batch_size: 4, timeout: 60000}};

        static endpoints = {
            async default(docs) {
                await sleep(1);
                sizes.push(docs.get_n_items());
                for (const doc of docs)
                    doc.text += '!';
            },
        };
    });
    const eight = {preferred_batch_size: 8, timeout: 60000};

    for (const [endpoint, batching, expected] of [
        ['/encode', {}, [4, 4]],
        ['/encode', {'/encode': eight}, [8]],
        ['/other', {default: eight}, [8]],
        ['/other', {}, [1, 1, 1, 1, 1, 1, 1, 1]],
    ]) {
        const flow = new GFlow.Flow().add({uses: Together, uses_dynamic_batching: batching});
        const options = {request_size: 1, max_in_flight: 8};

        sizes.length = 0;
        // eslint-disable-next-line no-await-in-loop
        const responses = await using(flow, () => flow.post(endpoint, [...'abcdefgh'], options));
        deepEqual(sizes, expected);
        deepEqual(responses.flatMap(textsOf).sort(), [...'abcdefgh'].map(text => `${text}!`));
    }
});

test('conditions', async () => {
    for (const [left, right] of [
        [{tags__n: {$lt: 2}}, {tags__n: {$gte: 2}}],
        [({text}) => text < 'c', ({text}) => text >= 'c'],
    ]) {
        const flow = new GFlow.Flow()
            .add({uses: Marker, uses_with: {word: 'left'}, name: 'left', needs: 'gateway', when: left})
            .add({uses: Marker, uses_with: {word: 'right'}, name: 'right', needs: 'gateway', when: right})
            .needs_all();
        const inputs = Array.from('abcd', (text, n) => ({id: text, text, tags: {n}}));
        // eslint-disable-next-line no-await-in-loop
        const [response] = await using(flow, () => flow.post('/', inputs));

        deepEqual(textsOf(response).sort(), ['a left', 'b left', 'c right', 'd right']);
    }
});

test('taps', async () => {
    const Look = GObject.registerClass(class Look extends GFlow.FlowExecutor {
        static endpoints = {
            default(docs) {
                for (const doc of docs) {
                    doc.set_tag('seen', new GLib.Variant('s', doc.text));
                    doc.text = 'nobody sees that';
                }
            },
        };
    });

    for (const [mode, tags] of [['collect', ['seen']], [GFlow.FlowTap.BESIDE, []], ['OFF', []]]) {
        const flow = new GFlow.Flow()
            .add({uses: Marker, uses_with: {word: 'a'}, name: 'a'})
            .tap({uses: Look, mode})
            .add({uses: Marker, uses_with: {word: 'b'}});
        // eslint-disable-next-line no-await-in-loop
        const [response] = await using(flow, () => flow.post('/', ['x']));

        deepEqual(textsOf(response), ['x a b']);
        deepEqual(Object.keys(response.get_documents().get_item(0).get_tags().deepUnpack()), tags);
    }
    const flow = new GFlow.Flow().add({name: 'a'}).tap({node: 'a', name: 'look'});
    equal(flow.lookup('look').get_upstreams().get_item(0), flow.lookup('a'));
    for (const [options, said] of [
        [{mode: 'loud'}, 'mode'], [{node: 'b'}, 'b is no node'], [{needs: 'a'}, 'needs'], [{colour: 1}, 'colour'],
    ])
        ok(throws(() => flow.tap(options)).message.includes(said));
});

test('conditions and reducers that throw', async () => {
    const thrown = new RangeError('who knows');
    const fails = () => {
        throw thrown;
    };

    for (const options of [{when: fails}, {uses: Sharded, parallel: 2, polling: 'ALL', reducer: fails}]) {
        const flow = new GFlow.Flow().add({name: 'node', ...options});

        // eslint-disable-next-line no-await-in-loop
        equal(await rejects(using(flow, () => flow.post('/search', ['a']))), thrown);
    }

    const flow = new GFlow.Flow().add({name: 'node', when: fails});
    const errors = [];
    const options = {continue_on_error: true, on_error: response => errors.push(response.error_of())};
    const responses = await using(flow, () => flow.post('/', ['a'], options));
    equal(errors[0], thrown);
    equal(responses.length, 1);

    const late = new GFlow.Flow().add({name: 'node', when: () => Promise.reject(new Error('too late'))});
    const error = await rejects(using(late, () => late.post('/', ['a'])));
    ok(error instanceof TypeError && error.message.includes('async'), String(error));
});

test('bad ways to serve', () => {
    for (const [options, message] of [
        [{polling: 'SOME'}, 'SOME'], [{polling: 7}, '7'], [{polling: {'/a': 'x'}}, 'x'],
        [{scheduling: 'x'}, 'scheduling'], [{reducer: 'custom'}, 'function'], [{reducer: 'x'}, 'reducer'],
        [{when: 3}, 'when'], [{when: {a: {$foo: 1}}}, 'foo'], [{uses_before: 3}, 'class'],
        [{uses: null, uses_after: Marker}, 'need uses'],
    ]) {
        const flow = new GFlow.Flow();
        const error = throws(() => flow.add({uses: Sharded, ...options}));

        ok(error.message.includes(message), `${message}: ${error}`);
        equal(flow.get_n_items(), 0);
    }
});

test('flows with functions at their nodes are freed', async () => {
    const watched = [];

    await (async () => {
        const flow = new GFlow.Flow({name: 'f'});

        flow.add({
            uses: Sharded, parallel: 2, polling: 'ALL', reducer: () => [flow.name], when: () => flow.name,
        });
        deepEqual(texts(await using(flow, () => flow.search(['a']))), [['f']]);
        watched.push(watch(flow), watch(flow.get_item(0)));
    })();
    for (let i = 0; i < 100 && watched.some(lives => lives()); i++) {
        // eslint-disable-next-line no-await-in-loop
        await collectGarbage();
    }
    deepEqual(watched.map(lives => lives()), watched.map(() => false));
});

// Opening and closing

function makeLoud(log, fails = '') {
    return GObject.registerClass({GTypeName: `Loud_${makeLoud.n++}`}, class extends GFlow.FlowExecutor {
        async setup(cancellable) {
            ok(cancellable instanceof Gio.Cancellable);
            await sleep(1);
            log.push('setup');
            if (fails === 'setup')
                throw new Boom('no setup');
        }

        teardown() {
            log.push('teardown');
            if (fails === 'teardown')
                throw new Boom('no teardown');
        }
    });
}
makeLoud.n = 0;

test('setup and teardown', async () => {
    const log = [];
    const flow = new GFlow.Flow().add({uses: makeLoud(log)});

    for (let i = 0; i < 2; i++) {
        // eslint-disable-next-line no-await-in-loop
        await using(flow, () => log.push('open'));
        deepEqual(log.splice(0), ['setup', 'open', 'teardown']);
    }
});

test('a setup that fails', async () => {
    const [log, other] = [[], []];
    const flow = new GFlow.Flow().add({uses: makeLoud(other)})
        .add({uses: makeLoud(log, 'setup'), name: 'bad', needs: 'gateway'});
    const error = await rejects(flow.open());

    ok(matches(error, FlowError.START_FAILED));
    ok(error.message.includes('bad') && error.message.includes('no setup'));
    ok(error.cause instanceof Boom);
    deepEqual(log, ['setup']);
    ok(!flow.get_is_open());
    ok(['', 'setup,teardown'].includes(other.join()));
});

test('a teardown that fails', async () => {
    const log = [];
    const flow = new GFlow.Flow().add({uses: makeLoud(log, 'teardown')});

    await flow.open();
    ok((await rejects(flow.close())).message.includes('“executor0” could not be torn down: no teardown'));
    ok(!flow.get_is_open());
    await rejects(using(flow, () => {}));
    deepEqual(log, ['setup', 'teardown', 'setup', 'teardown']);
});

test('blocking', () => {
    const flow = new GFlow.Flow().add({uses: Marker});

    flow.open_sync(null);
    deepEqual(texts([...flow.post('/', ['a']).collect_sync()]), [['a m']]);
    ok(throws(() => flow.post('/fail').run_sync()) instanceof Boom);
    equal(flow.post('/').next_sync().state, FlowRunState.DONE);
    ok(throws(() => flow.post('/later', ['a']).run_sync()).message.includes('main loop'));
    flow.close_sync(null);
    const waits = new GFlow.Flow().add({uses: makeLoud([])});
    ok(throws(() => waits.open_sync(null)).message.includes('main loop'));
});

// Posts

const later = async function* () {
    for (const text of ['a', 'b']) {
        // eslint-disable-next-line no-await-in-loop
        await sleep(1);
        yield text;
    }
};

test('inputs', async () => {
    const model = new Gio.ListStore({item_type: GFlow.FlowDocument});
    const generate = function* () {
        yield GFlow.document('a');
        yield 'b';
    };

    model.append(GFlow.document('a'));
    model.append(GFlow.document('b'));
    await using(new GFlow.Flow().add({uses: Marker}), async flow => {
        for (const inputs of [['a', 'b'], new Set(['a', 'b']), ['a', 'b'].values(), model, generate,
            generate(), later, later(), () => ['a', 'b'], [{text: 'a'}, GFlow.document('b')],
            GFlow.FlowSource.new_for_texts(['a', 'b'])]) {
            // eslint-disable-next-line no-await-in-loop
            deepEqual(texts(await flow.post('/', inputs)), [['a m', 'b m']]);
        }
        deepEqual(texts(await flow.post('/', 'a')), [['a m']]);
        deepEqual(texts(await flow.post('/', {text: 'a'})), [['a m']]);
        deepEqual(texts(await flow.post('/')), [[]]);
        deepEqual(texts(await flow.post('/', [])), []);
        ok((await rejects(flow.post('/', [3]))).message.includes('no document'));
        ok(throws(() => flow.post('/', 3)).message.includes('no documents'));
    });
});

test('options', async () => {
    await using(new GFlow.Flow().add({uses: Marker, name: 'first'}).add({uses: Marker, name: 'second'}),
        async flow => {
            const inputs = Array.from({length: 25}, (_, i) => `${i}`);
            const post = flow.post('/', inputs, {request_size: 10, ordered: true, max_in_flight: 2});

            equal(post.n_total, 3);
            deepEqual((await post).map(({documents}) => documents.get_n_items()), [10, 10, 5]);
            deepEqual([post.get_n_done(), post.get_fraction()], [3, 1]);
            equal(flow.post('/', inputs, {request_size: 0}).n_total, 1);
            equal(flow.post('/', inputs, {n_total: 7}).n_total, 7);
            equal(flow.post('/', later).n_total, -1);
            deepEqual(texts(await flow.post('/', ['a'], {target: 'sec'})), [['a m']]);
            ok(throws(() => flow.post('/', [], {colour: 3})).message.includes('colour'));
            for (const name of ['index', 'search', 'update', 'delete'])
                equal(flow[name](['a'], {request_size: 1}).endpoint, `/${name}`);
        });
});

test('callbacks', async () => {
    const told = [];

    await using(new GFlow.Flow().add({uses: Marker}), async flow => {
        const options = {
            request_size: 1,
            ordered: true,
            on_done: response => told.push(...textsOf(response)),
            on_error: response => told.push(response.error_of().message),
            on_always: () => told.push('always'),
        };

        await flow.post('/', ['a', 'b'], options);
        deepEqual(told.splice(0), ['a m', 'always', 'b m', 'always']);
        ok(await flow.post('/later', later, options).run());
        deepEqual(told.splice(0), ['a m', 'always', 'b m', 'always']);
        ok(await rejects(flow.post('/fail', ['a'], options)) instanceof Boom);
        deepEqual(told.splice(0), ['sync', 'always']);
        const responses = await flow.post('/fail/later', ['a', 'b'], {
            ...options, continue_on_error: true,
        });
        deepEqual(told, ['async', 'always', 'async', 'always']);
        deepEqual(responses.map(({state}) => state), [FlowRunState.FAILED, FlowRunState.FAILED]);
        ok(responses.every(response => response.error_of() instanceof Boom));
        ok(responses[0].error_of() !== responses[1].error_of());
    });
});

test('what is thrown is the rejection', async () => {
    const values = [new Boom('mine'), 'a string', undefined, null, {a: 1}];
    const Throws = GObject.registerClass(class Throws extends GFlow.FlowExecutor {
        static endpoints = {
            '/now'() {
                throw this.value;
            },
            async '/soon'() {
                throw this.value;
            },
            async '/later'() {
                await sleep(1);
                throw this.value;
            },
        };
    });
    const executor = new Throws();
    // Branches have copies of the request.
    const flow = new GFlow.Flow().add({uses: Marker, needs: 'gateway'})
        .add({uses: executor, needs: 'gateway'}).needs_all();

    await using(flow, async () => {
        for (executor.value of values) {
            for (const endpoint of ['/now', '/soon', '/later']) {
                // eslint-disable-next-line no-await-in-loop
                equal(await rejects(flow.post(endpoint)), executor.value);
                // eslint-disable-next-line no-await-in-loop
                equal(await rejects(flow.post(endpoint).run()), executor.value);
                // eslint-disable-next-line no-await-in-loop
                equal(await rejects(flow.post(endpoint).next()), executor.value);
            }
        }
        executor.value = new Gio.IOErrorEnum({code: Gio.IOErrorEnum.NOT_FOUND, message: 'where?'});
        const error = await rejects(flow.post('/later'));
        ok(error.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND));
        equal(error.message, 'where?');
    });
});

test('two errors with the same text', async () => {
    const Numbered = GObject.registerClass(class Numbered extends GFlow.FlowExecutor {
        static endpoints = {
            async default(documents) {
                await sleep(3);
                throw Object.assign(new Boom('same'), {text: documents.get_item(0).text});
            },
        };
    });

    await using(new GFlow.Flow().add({uses: Numbered}), async flow => {
        const responses = await flow.post('/', Array.from({length: 100}, (_, i) => `${i}`),
            {request_size: 1, max_in_flight: 100, continue_on_error: true});

        for (const response of responses) {
            equal(response.error_of().text, textsOf(response)[0]);
            ok(matches(response.get_error(), FlowError.FAILED));
        }
    });
});

test('a request that takes too long', async () => {
    const Sleeper = GObject.registerClass(class Sleeper extends GFlow.FlowExecutor {
        static endpoints = {
            default: (docs, parameters, request, cancellable) => sleep(30000, cancellable),
        };
    });

    await using(new GFlow.Flow().add({uses: Sleeper}), async flow => {
        const error = await rejects(flow.post('/', ['slow'], {request_timeout: 20}));
        ok(error.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.TIMED_OUT), error);
    });
});

test('a callback that throws', async () => {
    for (const name of ['on_done', 'on_always']) {
        const boom = new Boom(name);
        let told = 0;

        // eslint-disable-next-line no-await-in-loop
        await using(new GFlow.Flow().add({uses: Marker}), async flow => {
            equal(await rejects(flow.post('/', ['a', 'b', 'c'], {
                request_size: 1,
                max_in_flight: 1,
                [name]() {
                    told++;
                    throw boom;
                },
            })), boom);
            equal(told, 1);
            ok((await rejects(flow.post('/', ['a'], {async [name]() {}})))
                .message.includes('cannot be async'));
            deepEqual(texts(await flow.post('/', ['a'])), [['a m']]);
        });
    }
});

test('a source that throws', async () => {
    const boom = new Boom('source');
    const told = [];

    await using(new GFlow.Flow().add({uses: Marker}), async flow => {
        for (const inputs of [
            function* () {
                yield 'a';
                throw boom;
            },
            async function* () {
                yield 'a';
                await sleep(1);
                throw boom;
            },
        ]) {
            // eslint-disable-next-line no-await-in-loop
            equal(await rejects(flow.post('/', inputs, {
                request_size: 1, on_done: response => told.push(...textsOf(response)),
            })), boom);
        }
    });
    deepEqual(told, ['a m', 'a m']);
});

test('iteration', async () => {
    await using(new GFlow.Flow().add({uses: Marker}), async flow => {
        const found = [];

        for await (const response of flow.post('/later', Array.from('abc'), {request_size: 1}))
            found.push(...textsOf(response));
        deepEqual(found.sort(), ['a m', 'b m', 'c m']);
        const error = await rejects((async () => {
            for await (const response of flow.post('/fail', ['a']))
                found.push(response);
        })());
        ok(error instanceof Boom);
        equal(found.length, 3);
    });
});

test('who leaves the loop cancels what is under way', async () => {
    let [taken, running] = [0, 0];
    const Slow = GObject.registerClass(class Slow extends GFlow.FlowExecutor {
        static endpoints = {
            async default(documents, parameters, request, cancellable) {
                running++;
                try {
                    await sleep(request.get_documents().get_item(0).text === '1' ? 1 : 10000, cancellable);
                } finally {
                    running--;
                }
            },
        };
    });
    const endless = function* () {
        for (;;)
            yield `${++taken}`;
    };

    await using(new GFlow.Flow().add({uses: Slow}), async flow => {
        const post = flow.post('/', endless, {request_size: 1, max_in_flight: 3});

        for await (const response of post) {
            deepEqual(textsOf(response), ['1']);
            break;
        }
        equal(running, 0);
        ok(taken < 10);
    });
});

test('a post is a promise', async () => {
    await using(new GFlow.Flow().add({uses: Marker}), async flow => {
        const post = flow.post('/', ['a']);
        const first = await post;
        let [caught, over] = [null, false];

        equal(await post, first);
        await flow.post('/fail').catch(error => {
            caught = error;
        });
        ok(caught instanceof Boom);
        await flow.post('/').finally(() => {
            over = true;
        });
        ok(over);
        const both = await Promise.all([flow.post('/', ['a']), flow.post('/later', ['b'])]);
        deepEqual(both.map(texts), [[['a m']], [['b m']]]);
    });
});

test('many at once', async () => {
    let [now, most] = [0, 0];
    const Slow = GObject.registerClass(class Slow_ extends GFlow.FlowExecutor {
        static endpoints = {
            async '/index'(documents) {
                await Promise.all([...documents].map(async document => {
                    most = Math.max(most, ++now);
                    await sleep(5);
                    document.text = document.text.toUpperCase();
                    now--;
                }));
            },
        };
    });
    const flow = new GFlow.Flow().add({uses: Slow});
    const [response] = await using(flow, () => flow.index(Array(50).fill('hello')));

    equal(most, 50);
    deepEqual(textsOf(response), Array(50).fill('HELLO'));
});

test('a request of a run', async () => {
    const flow = new GFlow.Flow().add({uses: Marker, name: 'm'});
    const request = GFlow.FlowRequest.new('/fail');

    await using(flow, async () => {
        const run = GFlow.FlowRun.new(flow);
        run.set_request(request);
        await rejects(run.execute());
        ok(request.error_of() instanceof Boom);
    });
});

// Lifetime

test('flows, executors and posts are freed', async () => {
    const watched = [];

    await (async () => {
        const executor = new Marker();
        const flow = new GFlow.Flow({name: 'f'});

        flow.add({uses: executor}).add({uses: () => new Marker({word: flow.name})})
            .add({uses: Marker, uses_with: {word: 'x'}});

        await using(flow, async () => {
            const post = flow.post('/later', ['a'], {on_done: () => ok(!post.get_ordered())});
            const unused = flow.post('/', () => [flow.name], {on_always: () => unused.cancel()});
            watched.push(watch(post), watch(unused));
            const [response] = await post;
            watched.push(watch(response));
            for await (const one of flow.post('/fail', ['a'], {continue_on_error: true})) {
                watched.push(watch(one));
                ok(one.error_of() instanceof Boom);
            }
        });
        watched.push(watch(flow), watch(executor));
    })();
    for (let i = 0; i < 100 && watched.some(lives => lives()); i++) {
        // eslint-disable-next-line no-await-in-loop
        await collectGarbage();
    }
    deepEqual(watched.map(lives => lives()), watched.map(() => false));
});

test('garbage is collected while requests are served', async () => {
    const flow = new GFlow.Flow().add({uses: Marker}).add({uses: Marker});

    await using(flow, async () => {
        const storm = GLib.timeout_add(GLib.PRIORITY_DEFAULT, 1, () => {
            imports.system.gc();
            return GLib.SOURCE_CONTINUE;
        });
        const inputs = Array.from({length: 500}, (_, i) => `${i}`);
        const responses = await flow.post('/later', inputs, {request_size: 1, ordered: true});

        GLib.source_remove(storm);
        deepEqual(texts(responses), inputs.map(text => [`${text} m m`]));
    });
});

await runTests();
