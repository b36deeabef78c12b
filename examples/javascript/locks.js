#!/usr/bin/env -S gjs -m
// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Three pages are fetched, two at a time, and saved, one at a time.

import GFlow from 'gi://GFlow?version=1';
import GLib from 'gi://GLib';

// How many functions are between enter() and leave(). It needs no lock of its own: JavaScript has
// one thread.
class Counter {
    inside = 0;
    most = 0;
    total = 0;

    enter() {
        this.total++;
        this.most = Math.max(this.most, ++this.inside);
    }

    leave() {
        this.inside--;
    }
}

function sleep(milliseconds) {
    return new Promise(resolve => {
        GLib.timeout_add(GLib.PRIORITY_DEFAULT, milliseconds, () => {
            resolve();
            return GLib.SOURCE_REMOVE;
        });
    });
}

const flow = new GFlow.Flow();
const connections = new GFlow.FlowLock({permits: 2});
const disk = new GFlow.FlowLock();
const fetching = new Counter();
const saving = new Counter();

async function work(counter, milliseconds) {
    counter.enter();
    await sleep(milliseconds);
    counter.leave();
}

// A node that waits for a permit is not called before it has one.
const saves = [1, 2, 3].map(page => {
    const fetch = flow.node({name: `fetch_${page}`, lock: connections}, () => work(fetching, 50));
    return flow.node({name: `save_${page}`, lock: disk, upstream: fetch}, () => work(saving, 20));
});

flow.node({name: 'report', upstream: saves}, () => {
    print(`${fetching.total} pages fetched, at most ${fetching.most} at a time`);
    print(`${saving.total} pages saved, at most ${saving.most} at a time`);
});

const run = await flow.execute();
print(`${run.n_done} nodes done`);
