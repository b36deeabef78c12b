#!/usr/bin/env -S gjs -m
// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// A node for each item of a list, with a limit and another try; a question to whoever is there; a run
// that waits until it is told to go on.

import GLib from 'gi://GLib';
import GFlow from 'gi://GFlow?version=1';

const flow = new GFlow.Flow();
const failed = new Set();

const checksums = flow.map({
    name: 'checksums', items: ['apple', 'banana', 'cherry', 'date'], max_parallel: 2, max_retries: 1,
}, word => {
    // One of the items fails at first, as servers do.
    if (word === 'cherry' && !failed.has(word)) {
        failed.add(word);
        print('cherry: busy');
        throw new Error('busy');
    }
    return GLib.compute_checksum_for_string(GLib.ChecksumType.SHA256, word, -1).slice(0, 8);
});

// If nobody is there to answer, the answer is yes.
const confirm = flow.node({name: 'confirm', upstream: checksums}, async (run, node) => {
    const text = `Publish ${run.result(checksums).length} checksums?`;

    if (await run.ask(node, text, {choices: ['yes', 'no'], default: 'yes'}) === 'no')
        run.select(node);
});

// The results are in the order of the items.
const publish = flow.node({name: 'publish', upstream: [checksums, confirm]}, run => {
    for (const checksum of run.result(checksums))
        print(checksum);
});

// A program with a window would bind its label to the status.
let status = '';
function newRun() {
    const run = new GFlow.FlowRun({flow});

    run.connect('notify::status', ({status: line}) => (status = line));
    return run;
}

await newRun().execute();
print(status);

const run = newRun();
run.connect('ask', (_, question) => {
    print(`${question.text} no`);
    question.answer('no');
    return true;
});
run.pause();
const ended = run.execute();
print(`checksums: ${run.dup_node_reason(checksums)}`);
run.resume();
await ended;
print(`publish: ${run.dup_node_reason(publish)}`);
print(status);
