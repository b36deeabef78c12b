// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Runs that go on where an earlier one has stopped.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GFlow from 'gi://GFlow';

import {deepEqual, equal, ok, rejects, runTests, sleep, test, throws} from './tap.js';

let calls = [];
let fails = true;

function newFlow(result, isSame = deepEqual) {
    const flow = new GFlow.Flow();
    const first = flow.node({name: 'first'}, () => {
        calls.push('first');
        return result;
    });
    const second = flow.node({name: 'second', upstream: {first}}, async results => {
        await sleep(1);
        calls.push('second');
        isSame(results.first, result);
        return 'text';
    });
    flow.node({name: 'third', upstream: {second}}, results => {
        calls.push('third');
        if (fails)
            throw new Error('not yet');
        return results.second;
    });
    return flow;
}

async function withJournal(fn) {
    const folder = GLib.Dir.make_tmp('gflow-js-XXXXXX');
    const journal = Gio.File.new_for_path(`${folder}/journal`);

    calls = [];
    fails = true;
    await fn(journal);
    journal.delete(null);
    Gio.File.new_for_path(folder).delete(null);
}

test('a journal', () => withJournal(async journal => {
    const first = new GFlow.FlowRun({flow: newFlow(1), journal});

    await rejects(first.execute());
    fails = false;

    const second = new GFlow.FlowRun({flow: newFlow(1), journal});
    await second.execute();
    deepEqual(calls, ['first', 'second', 'third', 'third']);
    equal(second.result(second.flow.lookup('third')), 'text');
    equal(second.dup_node_reason(second.flow.lookup('first')), 'Done in an earlier run');
    equal(second.journal, journal);
}));

test('what is kept', async () => {
    for (const result of [
        true, 3, 2.5, 'text', 'a\0b', [], [1, ['two', null]], {}, {a: [1, {b: true}]}, ['\ud800'],
    ]) {
        await withJournal(async journal => {
            await rejects(new GFlow.FlowRun({flow: newFlow(result), journal}).execute());
            fails = false;
            ok(new GFlow.FlowRun({flow: newFlow(result), journal}).execute_sync());
            deepEqual(calls, ['first', 'second', 'third', 'third']);
        });
    }
});

test('the results of a map', () => withJournal(async journal => {
    const newMap = () => {
        const flow = new GFlow.Flow();
        const measure = flow.map({name: 'measure', items: ['a', 'bb']}, word => {
            calls.push(word);
            return {word, length: [word.length]};
        });
        flow.node({name: 'check', upstream: {measure}}, results => {
            calls.push('check');
            deepEqual(results.measure, [{word: 'a', length: [1]}, {word: 'bb', length: [2]}]);
            if (fails)
                throw new Error('not yet');
        });
        return flow;
    };

    await rejects(new GFlow.FlowRun({flow: newMap(), journal}).execute());
    fails = false;
    await new GFlow.FlowRun({flow: newMap(), journal}).execute();
    deepEqual(calls, ['a', 'bb', 'check', 'check']);
}));

test('the items of a map', () => withJournal(async journal => {
    const strange = new Map();
    const newMap = () => {
        const flow = new GFlow.Flow();
        flow.map({name: 'each', items: [1, 'b', ['c', {d: 2.5}], strange]}, item => {
            calls.push(item);
            if (item === 'b' && fails)
                throw new Error('not yet');
            return 1;
        });
        return flow;
    };

    await rejects(new GFlow.FlowRun({flow: newMap(), journal}).execute());
    equal(calls.length, 4);
    fails = false;
    calls = [];
    const run = new GFlow.FlowRun({flow: newMap(), journal});
    await run.execute();
    deepEqual(calls, ['b', strange]);
    deepEqual(run.result(run.flow.lookup('each')), [1, 1, 1, 1]);
}));

test('what is not kept is made again, if somebody reads it', async () => {
    class Thing {}
    const cycle = [];
    cycle.push(cycle);
    for (const result of [new Thing(), [new Thing()], cycle, [NaN], new Map(), [undefined]]) {
        await withJournal(async journal => {
            const flow = newFlow(result, equal);
            const reader = flow.node({name: 'reader', upstream: {first: 'first'}}, ({first}) => {
                calls.push('reader');
                equal(first, result);
                if (fails)
                    throw new Error('not yet');
            });

            ok(reader);
            await rejects(new GFlow.FlowRun({flow, journal}).execute());
            fails = false;
            calls = [];
            ok(await new GFlow.FlowRun({flow, journal}).execute());
            deepEqual(calls.sort(), ['first', 'reader', 'third']);
        });
    }
});

test('a saved run', () => withJournal(async journal => {
    const run = new GFlow.FlowRun({flow: newFlow(1), keep_results: true});

    equal(run.save(), null);
    await rejects(run.execute());
    fails = false;

    const saved = run.save();
    journal.replace_contents(saved.get_data_as_bytes().toArray(), null, false,
        Gio.FileCreateFlags.NONE, null);
    const [, bytes] = journal.load_contents(null);
    const resumed = new GFlow.FlowRun({flow: newFlow(1)});
    ok(resumed.restore(GLib.Variant.new_from_bytes(saved.get_type(), new GLib.Bytes(bytes), false)));
    await resumed.execute();
    deepEqual(calls, ['first', 'second', 'third', 'third']);

    const other = newFlow(1);
    other.node({name: 'new'}, () => 1);
    const error = throws(() => new GFlow.FlowRun({flow: other}).restore(saved));
    ok(error.matches(GFlow.FlowError, GFlow.FlowError.TOPOLOGY));
    ok(error.message.includes('added: “new”'));
}));

await runTests();
