#!/usr/bin/env -S gjs -m
// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Imports a folder: hashes every file, finds duplicates, compresses what is worth it, stores the
// rest, writes an index. It is one flow, of four nodes for every file. A file that cannot be read
// fails its own nodes and nobody else's. JavaScript has one thread: GIO reads, compresses and
// writes on its own, while the flow says what may go on at once.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GFlow from 'gi://GFlow';
import System from 'system';

Gio._promisify(Gio.File.prototype, 'read_async');
Gio._promisify(Gio.File.prototype, 'replace_async');
Gio._promisify(Gio.File.prototype, 'replace_contents_bytes_async', 'replace_contents_finish');
Gio._promisify(Gio.InputStream.prototype, 'read_bytes_async');
Gio._promisify(Gio.OutputStream.prototype, 'splice_async');

const {ALL_FINISHED} = GFlow.FlowRunWhen;
const CHUNK = 64 * 1024;
const PRIORITY = GLib.PRIORITY_DEFAULT;

// What is done to a file

async function hash(file, cancellable) {
    const checksum = new GLib.Checksum(GLib.ChecksumType.SHA256);
    const stream = await file.read_async(PRIORITY, cancellable);
    let size = 0;

    for (let chunk; (chunk = await read(stream, cancellable)).length > 0; size += chunk.length)
        checksum.update(chunk);
    stream.close(null);
    return {path: file.get_parse_name(), size, sha256: checksum.get_string()};
}

async function read(stream, cancellable) {
    return (await stream.read_bytes_async(CHUNK, PRIORITY, cancellable)).toArray();
}

async function detect(file, cancellable) {
    const stream = await file.read_async(PRIORITY, cancellable);
    const [type] = Gio.content_type_guess(file.get_parse_name(), await read(stream, cancellable));

    stream.close(null);
    return Gio.content_type_get_mime_type(type);
}

async function compress(file, cancellable) {
    const packed = Gio.MemoryOutputStream.new_resizable();

    await pour(new Gio.ConverterInputStream({
        base_stream: await file.read_async(PRIORITY, cancellable),
        converter: new Gio.ZlibCompressor({format: Gio.ZlibCompressorFormat.GZIP, level: -1}),
    }), packed, cancellable);
    return packed.steal_as_bytes();
}

function pour(input, output, cancellable) {
    const {CLOSE_SOURCE, CLOSE_TARGET} = Gio.OutputStreamSpliceFlags;

    return output.splice_async(input, CLOSE_SOURCE | CLOSE_TARGET, PRIORITY, cancellable);
}

async function copy(file, target, cancellable) {
    return pour(await file.read_async(PRIORITY, cancellable),
        await target.replace_async(null, false, Gio.FileCreateFlags.NONE, PRIORITY, cancellable),
        cancellable);
}

function* scan(folder) {
    const flags = Gio.FileQueryInfoFlags.NOFOLLOW_SYMLINKS;
    const children = folder.enumerate_children('standard::name,standard::type', flags, null);

    for (let info; (info = children.next_file(null)) !== null;) {
        const child = children.get_child(info);

        if (info.get_file_type() === Gio.FileType.REGULAR)
            yield child;
        else if (info.get_file_type() === Gio.FileType.DIRECTORY)
            yield* scan(child);
    }
}

function remove(folder) {
    for (const file of [...scan(folder), folder])
        file.delete(null);
}

// The plan

function plan(files, indexFile) {
    // However many files there are, only some are open at once.
    const flow = new GFlow.Flow({name: 'importer', max_parallel: 32});
    const processors = GFlow.FlowLock.new_with_permits(Math.max(1, GLib.get_num_processors() - 1));
    const disk = new GFlow.FlowLock({name: 'disk'});

    const workspace = flow.node({name: 'workspace'},
        () => Gio.File.new_for_path(GLib.Dir.make_tmp('importer-XXXXXX')));

    const digests = files.map(file => flow.node({name: `hash ${file.get_parse_name()}`},
        (run, node, cancellable) => hash(file, cancellable)));

    const originals = flow.node({
        name: 'originals', upstream: digests, run_when: ALL_FINISHED,
    }, run => {
        const found = new Map();

        for (const {path, sha256} of digests.map(digest => run.result(digest) ?? {})) {
            if (sha256 && !found.has(sha256))
                found.set(sha256, path);
        }
        return found;
    });

    const stores = files.map((file, i) => {
        const name = file.get_parse_name();
        const digest = digests[i];

        const type = flow.node({name: `detect ${name}`, upstream: digest},
            (run, node, cancellable) => detect(file, cancellable));

        const packed = flow.node({
            name: `compress ${name}`, lock: processors, upstream: [digest, type, originals],
        }, (run, node, cancellable) => {
            const {path, size, sha256} = run.result(digest);
            const worth = size >= 1024 && run.result(type).startsWith('text/') &&
                run.result(originals).get(sha256) === path;

            return worth ? compress(file, cancellable) : null;
        });

        return flow.node({
            name: `store ${name}`, lock: disk,
            upstream: [workspace, digest, type, originals, packed],
        }, async (run, node, cancellable) => {
            const entry = {...run.result(digest), type: run.result(type)};
            const original = run.result(originals).get(entry.sha256);
            const target = run.result(workspace).get_child(entry.sha256);
            const bytes = run.result(packed);

            if (original !== entry.path)
                return {...entry, original};
            if (bytes === null)
                return {...entry, stored: await copy(file, target, cancellable)};
            await target.replace_contents_bytes_async(bytes, null, false,
                Gio.FileCreateFlags.NONE, cancellable);
            return {...entry, stored: bytes.get_size()};
        });
    });

    const index = flow.node({name: 'index', upstream: stores, run_when: ALL_FINISHED}, run => {
        const entries = stores.map(store => run.result(store)).filter(entry => entry !== null);

        if (!run.cancellable.is_cancelled()) {
            indexFile.replace_contents(JSON.stringify(entries, null, 1), null, false,
                Gio.FileCreateFlags.NONE, null);
        }
        return {
            files: files.length,
            unreadable: files.length - entries.length,
            duplicates: entries.filter(entry => entry.original).length,
            saved: entries.reduce((sum, {size, stored}) => sum + size - (stored ?? 0), 0),
        };
    });

    flow.node({name: 'clean up', upstream: [workspace, index], run_when: ALL_FINISHED},
        run => remove(run.result(workspace)));
    return [flow, index];
}

const [folder = '/usr/share/doc', output = 'importer-output'] = System.programArgs;
GLib.mkdir_with_parents(output, 0o777);
const files = [...scan(Gio.File.new_for_commandline_arg(folder))];
const [flow, totals] = plan(files, Gio.File.new_for_commandline_arg(`${output}/index.json`));
const run = new GFlow.FlowRun({flow, keep_results: true});
const start = GLib.get_monotonic_time();

GLib.unix_signal_add(PRIORITY, 2, () => {
    run.cancel();
    return GLib.SOURCE_CONTINUE;
});

try {
    await run.execute();
} catch (error) {
    if (run.state === GFlow.FlowRunState.CANCELLED) {
        print('\nStopped; the temporary folder is removed.');
        System.exit(130);
    }
    printerr(`${run.get_errors().get_n_items()} failed, first: ${error.message}`);
}

const seconds = (GLib.get_monotonic_time() - start) / 1e6;
for (const [name, value] of Object.entries({...run.result(totals), seconds: seconds.toFixed(1)}))
    print(`${name.padEnd(12)}${String(value).padStart(12)}`);
