// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// An executor that marks documents, and what tests of executors and of posts have in common.

import GFlow from 'gi://GFlow';
import GObject from 'gi://GObject';

import {sleep} from './tap.js';

const {FlowError} = GFlow;

export class Boom extends Error {}

export const Marker = GObject.registerClass({
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

export const textsOf = response => [...response.documents].map(({text}) => text);
export const texts = responses => responses.map(textsOf);

export function names(list) {
    return [...list].map(node => node.name);
}

// Opens a flow, and closes it whatever happens.
export async function using(flow, fn) {
    await flow.open();
    try {
        return await fn(flow);
    } finally {
        await flow.close();
    }
}

export function matches(error, code) {
    return error instanceof FlowError && error.matches(FlowError, code);
}
