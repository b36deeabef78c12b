// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// What is posted to executors in JavaScript.

import Gio from 'gi://Gio';
import GFlow from 'gi://GFlow';
import GObject from 'gi://GObject';

import {Boom, Marker, textsOf, texts, using, matches} from './marker.js';
import {deepEqual, equal, ok, rejects, runTests, sleep, test, throws} from './tap.js';

const {FlowError, FlowRunState} = GFlow;

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

runTests();
