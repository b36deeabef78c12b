#!/usr/bin/env -S gjs -m
// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// bench-gjs: libgflow, from JavaScript.

import GFlow from 'gi://GFlow?version=1';

import {main} from './bench-harness.js';

await main({
    name: 'gjs',

    build(graph, makeFunction) {
        const flow = new GFlow.Flow();
        const nodes = [];

        for (const [i, upstreams] of graph.upstreams.entries()) {
            nodes.push(flow.node({upstream: upstreams.map(upstream => nodes[upstream])},
                makeFunction(i)));
        }
        return flow;
    },

    compile: flow => flow.validate(),
    run: flow => flow.execute(),
});
