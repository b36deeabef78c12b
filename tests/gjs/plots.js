// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Flows and runs drawn into files.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GFlow from 'gi://GFlow';

import {equal, ok, rejects, runTests, test} from './tap.js';

const read = path => new TextDecoder().decode(GLib.file_get_contents(path)[1]);

test('plot, go on adding, plot again', async () => {
    const folder = GLib.dir_make_tmp('gflow-XXXXXX');
    const flow = new GFlow.Flow();
    const [one, two, three] = ['one.dot', 'two.mmd', 'three.dot'].map(name => `${folder}/${name}`);

    flow.node({name: 'load'}, () => {});
    ok(await flow.plot(one));
    flow.node({name: 'parse', upstream: ['load']}, () => {});
    ok(flow.plot_sync(two));
    const run = await flow.execute();
    ok(await flow.plot(Gio.File.new_for_path(three), run));

    ok(!read(one).includes('parse'));
    ok(read(two).includes('parse'));
    ok(read(three).includes('✓ parse'));
    for (const path of [one, two, three])
        GLib.unlink(path);
    equal(GLib.rmdir(folder), 0);
});

test('which way it goes', () => {
    const flow = new GFlow.Flow({direction: GFlow.FlowDirection.TOP_TO_BOTTOM});

    flow.node({name: 'load'}, () => {});
    ok(flow.to_dot(null).includes('rankdir=TB'));
    flow.direction = GFlow.FlowDirection.LEFT_TO_RIGHT;
    ok(flow.to_mermaid(null).startsWith('flowchart LR\n'));
});

test('kinds that nobody knows', async () => {
    const error = await rejects(new GFlow.Flow().plot('/nowhere/a.gif'));

    ok(error.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.INVALID_FILENAME));
    ok(error.message.includes('.svg'));
});

await runTests();
