#!/usr/bin/env -S gjs -m
// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// bench-gjs-promise: promises by hand. Each node waits for those of its upstreams.

import {main} from './bench-harness.js';

await main({
    name: 'gjs-promise',

    build: (graph, makeFunction) => graph.upstreams.map((upstreams, i) =>
        ({upstreams, fn: makeFunction(i)})),

    async run(nodes) {
        const ends = [];

        for (const {upstreams, fn} of nodes)
            ends.push(Promise.all(upstreams.map(upstream => ends[upstream])).then(() => fn()));
        await Promise.all(ends);
    },
});
