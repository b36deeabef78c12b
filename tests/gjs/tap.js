// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// The few things that the tests in this folder share.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import System from 'system';

const tests = [];

export function test(name, fn) {
    tests.push([name, fn]);
}

export async function runTests() {
    let failed = 0;

    print('TAP version 13');
    print(`1..${tests.length}`);
    for (const [i, [name, fn]] of tests.entries()) {
        try {
            // eslint-disable-next-line no-await-in-loop
            await fn();
            print(`ok ${i + 1} ${name}`);
        } catch (error) {
            failed++;
            print(`not ok ${i + 1} ${name}`);
            print(`${error}\n${error.stack ?? ''}`.trim().replace(/^/gm, '# '));
        }
    }
    System.exit(failed > 0 ? 1 : 0);
}

export function ok(condition, message = 'not true') {
    if (!condition)
        throw new Error(message);
}

export function equal(actual, expected) {
    if (!Object.is(actual, expected))
        throw new Error(`${show(actual)} is not ${show(expected)}`);
}

// Arrays and plain objects by what is in them; everything else has to be the same.
export function deepEqual(actual, expected) {
    if (!isSame(actual, expected))
        throw new Error(`${show(actual)} is not ${show(expected)}`);
}

function isSame(a, b) {
    const isPlain = Array.isArray(a) ? Array.isArray(b)
        : [a, b].every(value => value?.constructor === Object);

    if (!isPlain)
        return Object.is(a, b);
    const keys = Object.keys(a);
    return keys.length === Object.keys(b).length &&
        keys.every(key => Object.hasOwn(b, key) && isSame(a[key], b[key]));
}

export function matches(error, domain, code) {
    return error instanceof GLib.Error && error.matches(domain, code);
}

export function isCancelled(error) {
    return matches(error, Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED);
}

function show(value) {
    return typeof value === 'object' ? JSON.stringify(value) ?? String(value) : String(value);
}

export async function rejects(promise) {
    let value;

    try {
        value = await promise;
    } catch (error) {
        return error;
    }
    throw new Error(`succeeded with ${show(value)}`);
}

export function throws(fn) {
    let value;

    try {
        value = fn();
    } catch (error) {
        return error;
    }
    throw new Error(`succeeded with ${show(value)}`);
}

export function sleep(milliseconds, cancellable = null) {
    return new Promise((resolve, reject) => {
        if (cancellable?.is_cancelled()) {
            reject(cancelledError(cancellable));
            return;
        }
        let handler = 0;
        const source = GLib.timeout_add(GLib.PRIORITY_DEFAULT, milliseconds, () => {
            if (handler > 0)
                cancellable.disconnect(handler);
            resolve();
            return GLib.SOURCE_REMOVE;
        });
        if (cancellable === null)
            return;
        // Not cancellable.connect(), which is another function; and a handler must not
        // disconnect itself from a cancellable.
        handler = GObject.Object.prototype.connect.call(cancellable, 'cancelled', () => {
            GLib.source_remove(source);
            reject(cancelledError(cancellable));
        });
    });
}

function cancelledError(cancellable) {
    return throws(() => cancellable.set_error_if_cancelled());
}

export async function collectGarbage() {
    for (let i = 0; i < 5; i++) {
        System.gc();
        // eslint-disable-next-line no-await-in-loop
        await sleep(2);
    }
}

// Tells, without keeping it alive, whether an object still lives.
export function watch(object) {
    const group = new GObject.SignalGroup({target_type: object.constructor.$gtype});

    group.target = object;
    return () => group.dup_target() !== null;
}

// Runs another program, which is to succeed without a warning, and returns what it prints.
export function runProgram(...args) {
    const gjs = GLib.find_program_in_path('gjs');
    const [, out, err, status] = GLib.spawn_sync(null, [gjs, ...args], null,
        GLib.SpawnFlags.DEFAULT, null);

    equal(new TextDecoder().decode(err), '');
    equal(status, 0);
    return new TextDecoder().decode(out).trim();
}

export function runModule(text) {
    const [file, stream] = Gio.File.new_tmp('gflow-XXXXXX.js');

    stream.close(null);
    try {
        file.replace_contents(text, null, false, Gio.FileCreateFlags.NONE, null);
        return runProgram('-m', file.get_path());
    } finally {
        file.delete(null);
    }
}
