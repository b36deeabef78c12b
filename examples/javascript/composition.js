#!/usr/bin/env -S gjs -m
// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// A plan that is composed: what comes one after the other, and what side by side.

import GFlow from 'gi://GFlow?version=1';

const {series, parallel} = GFlow;
const disk = new GFlow.FlowLock();

// Nodes that are in no flow yet.
const step = (name, options = {}) => GFlow.node({name, ...options}, () => print(name));
const publish = step('publish');

const flow = new GFlow.Flow();
flow.add_group(series(
    step('prepare'),
    parallel(
        step('fonts'),
        step('images', {lock: disk}),
        series(
            step('pages'),
            step('index', {lock: disk})
        )
    ),
    publish
));

const run = await flow.execute();
const upstreams = [...publish.get_upstreams()].map(node => node.name);
print(`publish came after ${upstreams.join(', ')}`);
print(`${run.n_done} nodes done`);
