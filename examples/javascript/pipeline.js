#!/usr/bin/env -S gjs -m
// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// A pipeline: executors, and what is posted to them.

import GFlow from 'gi://GFlow?version=1';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';

function sleep(milliseconds) {
    return new Promise(resolve => {
        GLib.timeout_add(GLib.PRIORITY_DEFAULT, milliseconds, () => {
            resolve();
            return GLib.SOURCE_REMOVE;
        });
    });
}

const Shouter = GObject.registerClass(class Shouter extends GFlow.FlowExecutor {
    static endpoints = {
        '/shout'(documents) {
            for (const document of documents)
                document.text = document.text.toUpperCase() + this.mark;
        },
    };

    constructor({mark = '.', ...properties} = {}) {
        super(properties);
        this.mark = mark;
    }
});

// Remembers what came by.
const Counter = GObject.registerClass(class Counter extends GFlow.FlowExecutor {
    static endpoints = {
        default: 'count',

        async '/search'(documents, {word}) {
            await sleep(20); // stands for a server
            return {n: this.seen.filter(text => text.includes(word)).length};
        },

        '/buy'() {
            throw new Error('nothing is sold here');
        },
    };

    setup() {
        this.seen = [];
        print('ready');
    }

    teardown() {
        print('closed');
    }

    count(documents) {
        for (const document of documents)
            this.seen.push(document.text);
        return {n: documents.get_n_items()};
    }
});

function* texts() {
    yield 'hello';
    yield 'world';
    yield 'bye';
}

const flow = new GFlow.Flow()
    .add({name: 'shouter', uses: Shouter, uses_with: {mark: '!'}})
    .add({name: 'counter', uses: Counter});

await flow.open();

for await (const response of flow.post('/shout', texts, {request_size: 2, ordered: true})) {
    const {n} = response.result('counter');
    print(`${n}: ${[...response.documents].map(document => document.text).join(', ')}`);
}

await flow.post('/shout', ['hello again']);
const [response] = await flow.search(null, {parameters: {word: 'HELLO'}});
print(`found: “HELLO” ${response.result('counter').n} times`);

try {
    await flow.post('/buy');
} catch (error) {
    print(`the request failed: ${error.message}`);
}

await flow.close();
