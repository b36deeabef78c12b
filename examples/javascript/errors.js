#!/usr/bin/env -S gjs -m
// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// A failure, what comes of it, and a run that is cancelled.

import GFlow from 'gi://GFlow?version=1';
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';

const {ALL_FINISHED, ANY_FAILED} = GFlow.FlowRunWhen;

function cleanUp() {
    print('clean up');
}

// What depends on a failure is skipped, but for nodes that are there for it.
async function fail() {
    const flow = new GFlow.Flow();

    const load = flow.node({name: 'load'}, () => {
        throw new Error('no data today');
    });
    const parse = flow.node({name: 'parse', upstream: load}, () => print('parse'));
    const warn = flow.node({name: 'warn', upstream: load, run_when: ANY_FAILED}, run => {
        print(`warn: ${run.error_of(load).message}`);
    });
    flow.node({name: 'clean_up', upstream: [parse, warn], run_when: ALL_FINISHED}, cleanUp);

    const run = GFlow.FlowRun.new(flow);
    try {
        await run.execute();
    } catch (error) {
        print(`the run failed: ${error.message}`);
    }
    print(`parse was skipped: ${run.dup_node_reason(parse)}`);
}

// Waits until it is told to stop.
function sleep(seconds, cancellable) {
    return new Promise((resolve, reject) => {
        const source = GLib.timeout_add_seconds(GLib.PRIORITY_DEFAULT, seconds, () => {
            resolve();
            return GLib.SOURCE_REMOVE;
        });
        // Not cancellable.connect(), which is another function.
        GObject.Object.prototype.connect.call(cancellable, 'cancelled', () => {
            GLib.source_remove(source);
            reject(new Gio.IOErrorEnum({code: Gio.IOErrorEnum.CANCELLED, message: 'cancelled'}));
        });
    });
}

async function stop() {
    const flow = new GFlow.Flow();

    const download = flow.node({name: 'download'}, (run, node, cancellable) =>
        sleep(60, cancellable));
    flow.node({name: 'clean_up', upstream: download, run_when: ALL_FINISHED}, cleanUp);

    // A Stop button, say.
    const cancellable = new Gio.Cancellable();
    GLib.timeout_add(GLib.PRIORITY_DEFAULT, 100, () => {
        print('stopping');
        cancellable.cancel();
        return GLib.SOURCE_REMOVE;
    });

    try {
        await flow.execute(cancellable);
    } catch (error) {
        if (!error.matches?.(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED))
            throw error;
        print('the run was cancelled');
    }
}

await fail();
await stop();
