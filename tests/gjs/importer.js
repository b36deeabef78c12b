// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// The importers of examples/javascript and examples/vala do their job, and clean up when they
// are stopped.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import System from 'system';

import {deepEqual, equal, ok, runTests, sleep, test} from './tap.js';

Gio._promisify(Gio.Subprocess.prototype, 'communicate_utf8_async');

const source = Gio.File.new_for_uri(import.meta.url).resolve_relative_path('../../..');
const build = GLib.getenv('G_TEST_BUILDDIR') ?? GLib.get_current_dir();
const importers = {
    javascript: ['gjs', '-m', `${source.get_path()}/examples/javascript/importer.js`],
    vala: [`${GLib.path_get_dirname(build)}/examples/vala/importer-vala`],
};

function makeFolder() {
    const folder = Gio.File.new_for_path(GLib.Dir.make_tmp('gflow-test-XXXXXX'));

    for (const name of ['input/sub', 'temporary', 'output'])
        folder.resolve_relative_path(name).make_directory_with_parents(null);
    return folder;
}

function write(folder, name, content) {
    const file = folder.resolve_relative_path(`input/${name}`);

    // Not replace_contents(), which GJS gives NULL for an empty array.
    const stream = file.create(Gio.FileCreateFlags.NONE, null);
    if (content !== '')
        stream.write_all(new TextEncoder().encode(content), null);
    stream.close(null);
    return file;
}

function* children(folder) {
    for (const info of folder.enumerate_children('standard::*', 1, null))
        yield [info, folder.get_child(info.get_name())];
}

function remove(folder) {
    for (const [info, child] of children(folder)) {
        if (info.get_file_type() === Gio.FileType.DIRECTORY)
            remove(child);
        else
            child.delete(null);
    }
    folder.delete(null);
}

// Root gives up its right to read everything.
function asOrdinaryUser(command) {
    if (new Gio.Credentials().get_unix_user() !== 0)
        return command;
    return ['setpriv', '--bounding-set', '-dac_override,-dac_read_search', ...command];
}

function start(command, folder) {
    const launcher = Gio.SubprocessLauncher.new(
        Gio.SubprocessFlags.STDOUT_PIPE | Gio.SubprocessFlags.STDERR_PIPE);

    launcher.setenv('TMPDIR', folder.get_child('temporary').get_path(), true);
    return launcher.spawnv([
        ...command, folder.get_child('input').get_path(), folder.get_child('output').get_path(),
    ]);
}

async function finish(process, folder, status) {
    const [, errors] = await process.communicate_utf8_async(null, null);

    equal(process.get_exit_status(), status);
    equal([...children(folder.get_child('temporary'))].length, 0);
    return errors;
}

function readIndex(folder) {
    const [, content] = folder.resolve_relative_path('output/index.json').load_contents(null);
    const entries = JSON.parse(new TextDecoder().decode(content));

    return new Map(entries.map(entry => [GLib.path_get_basename(entry.path), entry]));
}

for (const [language, command] of Object.entries(importers)) {
    if (!GLib.find_program_in_path(command[0]))
        continue;

    test(`${language} imports`, async () => {
        const folder = makeFolder();

        try {
            write(folder, 'a.txt', 'hello\n');
            write(folder, 'sub/same.txt', 'hello\n');
            write(folder, 'a "quoted" näme', 'name');
            write(folder, 'large.txt', 'again and again\n'.repeat(1000));
            write(folder, 'empty', '');
            write(folder, 'noise', GLib.random_int().toString());
            folder.resolve_relative_path('input/link').make_symbolic_link('noise', null);
            equal(await finish(start(command, folder), folder, 0), '');

            const index = readIndex(folder);
            deepEqual([...index.keys()].sort(), [
                'a "quoted" näme', 'a.txt', 'empty', 'large.txt', 'noise', 'same.txt',
            ]);
            equal([...index.values()].filter(entry => entry.original).length, 1);
            equal(index.get('a.txt').sha256, GLib.compute_checksum_for_string(
                GLib.ChecksumType.SHA256, 'hello\n', -1));
            equal(index.get('large.txt').type, 'text/plain');
            equal(index.get('large.txt').size, 16000);
            ok(index.get('large.txt').stored < 1000);
            equal(index.get('empty').stored, 0);
        } finally {
            remove(folder);
        }
    });

    test(`${language} counts what it cannot read`, async () => {
        const folder = makeFolder();

        try {
            write(folder, 'good', 'good');
            write(folder, 'secret', 'secret').set_attribute_uint32('unix::mode', 0, 0, null);
            const errors = await finish(start(asOrdinaryUser(command), folder), folder, 0);
            ok(errors.includes('1 failed'), errors);
            deepEqual([...readIndex(folder).keys()], ['good']);
        } finally {
            remove(folder);
        }
    });

    test(`${language} is stopped`, async () => {
        const folder = makeFolder();
        const temporary = folder.get_child('temporary');

        try {
            for (let i = 0; i < 200; i++)
                write(folder, `${i}.txt`, `${i} and again\n`.repeat(50000));
            // So much garbage GJS 1.74 would collect piecemeal, and refuse all callbacks meanwhile.
            System.gc();
            const process = start(command, folder);
            while ([...children(temporary)].length === 0) {
                // eslint-disable-next-line no-await-in-loop
                await sleep(5);
            }
            process.send_signal(2);
            await finish(process, folder, 130);
            equal([...children(folder.get_child('output'))].length, 0);
        } finally {
            remove(folder);
        }
    });
}

await runTests();
