// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Documents, sources, readers and writers, as JavaScript has them.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GFlow from 'gi://GFlow';
import GObject from 'gi://GObject';

import {deepEqual, equal, ok, rejects, runTests, test, throws} from './tap.js';

const texts = documents => [...documents].map(({text}) => text);

function turn() {
    return new Promise(resolve => {
        GLib.idle_add(GLib.PRIORITY_DEFAULT, () => {
            resolve();
            return GLib.SOURCE_REMOVE;
        });
    });
}

async function* slowly(items) {
    for (const item of items) {
        // eslint-disable-next-line no-await-in-loop
        await turn();
        yield item;
    }
}

async function listOf(source) {
    const found = [];
    for await (const {text} of source)
        found.push(text);
    return found;
}

test('documents of anything', () => {
    const object = {
        id: 'a', text: 'b', uri: 'c:d', mime_type: 'e/f',
        tags: {i: -1, d: 1.5, s: 'x', b: true, n: null, l: [1, ['a', {}]], o: {k: {}}},
    };
    const document = GFlow.document(object);

    deepEqual(document.to_object(), object);
    ok(GFlow.document(document.to_object()).equal(document));
    equal(GFlow.document(document), document);
    equal(GFlow.document('text').text, 'text');
    deepEqual([...GFlow.document(new Uint8Array([1, 2])).to_object().blob], [1, 2]);
    deepEqual([...GFlow.document({blob: new Uint8Array([3])}).to_object().blob], [3]);
    equal(GFlow.document(new GLib.Bytes('ab')).blob.get_size(), 2);
    deepEqual(GFlow.document({id: 5, size: 1}).to_object(), {id: '5', tags: {size: 1}});
    equal(GFlow.document(new GLib.Variant('s', 'a')).text, 'a');
    equal(GFlow.document({n: 1}).to_json(), '{"tags":{"n":1}}');
    equal(GFlow.document({n: 0.5}).to_json(), '{"tags":{"n":0.5}}');
    for (const bad of [5, null, undefined, Symbol('x'), new Date()])
        ok(throws(() => GFlow.document(bad)) instanceof TypeError);
    ok(throws(() => GFlow.document({text: 5}))
        .matches(GFlow.FlowError, GFlow.FlowError.BAD_INPUT));
});

const kinds = {
    array: () => ['a', 'b', 'c'],
    objects: () => [{text: 'a'}, GFlow.document('b'), 'c'],
    set: () => new Set(['a', 'b', 'c']),
    generator: () => (function* () {
        yield* 'abc';
    })(),
    function: () => () => ['a', 'b', 'c'],
    'list model': () => GFlow.FlowSource.new_for_texts(['a', 'b', 'c']).next_sync(),
    variant: () => new GLib.Variant('as', ['a', 'b', 'c']),
    source: () => GFlow.FlowSource.new_for_texts(['a', 'b', 'c']),
};

const asyncKinds = {
    'async generator': () => slowly(['a', 'b', 'c']),
    'async function': () => () => slowly(['a', 'b', 'c']),
};

for (const [name, make] of Object.entries(kinds)) {
    test(`sources of a ${name}`, () => {
        const source = GFlow.source(make());

        ok(source instanceof GFlow.FlowSource);
        deepEqual(texts(source.next_sync(2)), ['a', 'b']);
        deepEqual(texts(source.next_sync(2)), ['c']);
        deepEqual(texts(source.next_sync(2)), []);
        deepEqual(texts(GFlow.source(make())), ['a', 'b', 'c']);
    });
}

for (const [name, make] of Object.entries({...kinds, ...asyncKinds})) {
    test(`sources of a ${name}, with await`, async () => {
        const source = GFlow.source(make());

        deepEqual(texts(await source.next(2)), ['a', 'b']);
        deepEqual(texts(await source.next(2)), ['c']);
        deepEqual(texts(await source.next(2)), []);
        deepEqual(await listOf(GFlow.source(make())), ['a', 'b', 'c']);
    });
}

test('sources of one document, and of none', () => {
    for (const one of ['abc', {text: 'abc'}, GFlow.document('abc'), new Uint8Array([1])])
        equal([...GFlow.source(one)].length, 1);
    equal([...GFlow.source([])].length, 0);
    for (const bad of [5, null, undefined])
        ok(throws(() => GFlow.source(bad)) instanceof TypeError);
});

test('what is thrown arrives, behind what came before, and once', async () => {
    const boom = new RangeError('boom');
    const source = GFlow.source((function* () {
        yield 'a';
        throw boom;
    })());

    deepEqual(texts(source.next_sync(5)), ['a']);
    equal(throws(() => source.next_sync(5)), boom);
    deepEqual(texts(source.next_sync(5)), []);

    const later = GFlow.source((async function* () {
        yield* slowly(['a']);
        throw boom;
    })());
    deepEqual(texts(await later.next(5)), ['a']);
    equal(await rejects(later.next(5)), boom);
    deepEqual(texts(await later.next(5)), []);

    const bad = GFlow.source(['a', 5]);
    deepEqual(texts(bad.next_sync(5)), ['a']);
    ok(throws(() => bad.next_sync(5)) instanceof TypeError);
});

test('promises do not go on while JavaScript waits', () => {
    const source = GFlow.source(slowly(['a']));

    ok(throws(() => source.next_sync()).message.includes('await'));
});

test('nothing is taken before it is wanted', () => {
    const taken = [];
    const source = GFlow.source((function* () {
        for (let n = 0; ; n++) {
            taken.push(n);
            yield `${n}`;
        }
    })());

    equal(taken.length, 0);
    source.next_sync(3);
    deepEqual(taken, [0, 1, 2]);
});

const Numbers = GObject.registerClass({
    Implements: [GFlow.FlowSource],
}, class Numbers extends GObject.Object {
    vfunc_fill_sync(n, documents) {
        this.n ??= 0;
        for (; n > 0 && this.n < 3; n--)
            documents.append(GFlow.document(`${this.n++}`));
        return true;
    }
});

const LaterNumbers = GObject.registerClass({
    Implements: [GFlow.FlowSource],
}, class LaterNumbers extends GObject.Object {
    vfunc_fill(n, documents, task) {
        this.n ??= 0;
        if (this.n < 3)
            documents.append(GFlow.document(`${this.n++}`));
        turn().then(() => task.return_boolean(true));
    }
});

test('classes of JavaScript', async () => {
    deepEqual(texts(new Numbers().next_sync(0)), ['0', '1', '2']);
    deepEqual(texts(await new LaterNumbers().next(0)), ['0', '1', '2']);
    deepEqual(texts(GFlow.source(new Numbers())), ['0', '1', '2']);
    deepEqual(await listOf(GFlow.source(new LaterNumbers())), ['0', '1', '2']);
});

test('what is written is read', async () => {
    const [file] = Gio.File.new_tmp('gflow-XXXXXX.csv');
    const writer = new GFlow.FlowWriter({format: GFlow.FlowFormat.CSV, file});

    ok(writer.write_sync(['a', {text: 'b', n: 1}]));
    ok(await writer.write(GFlow.FlowSource.new_for_texts(['c']).next_sync()));
    ok(await writer.close());

    const reader = new GFlow.FlowReader({format: GFlow.FlowFormat.CSV, file});
    reader.set_fields({text: 'id', id: ''});
    const found = [];
    for await (const document of reader)
        found.push(document.to_object());
    deepEqual(found, [{id: 'a'}, {id: 'b', tags: {n: 1}}, {id: 'c'}]);
    file.delete(null);
    ok((await rejects(reader.constructor.new_for_file(GFlow.FlowFormat.CSV, file).next()))
        .matches(Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND));
});

await runTests();
