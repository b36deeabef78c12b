// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// What people are told of a run while it goes on, and after it.

import GLib from 'gi://GLib';
import GFlow from 'gi://GFlow';

import {deepEqual, equal, ok, runTests, sleep, test} from './tap.js';

test('status, times and what earlier runs took', async () => {
    const history = new GFlow.FlowHistory();
    const flow = new GFlow.Flow({history});
    let during = null;

    flow.node({name: 'quick'}, () => null);
    flow.node({name: 'slow'}, async (run, node) => {
        run.set_node_progress(node, 0.5, 'half');
        await sleep(30);
        during = [run.dup_status(), run.get_step(node).message, run.fraction, run.remaining];
    });
    const run = await flow.execute(null);

    ok(during[0].startsWith('1 of 2 done, 1 running'), during[0]);
    equal(during[1], 'half');
    equal(during[2], 0.75);
    ok(run.elapsed >= 0.029 && run.remaining === 0);
    ok(run.dup_status().includes('2 of 2'));
    ok(history.get_duration('slow') >= 0.029);

    // The next run knows how long it will take.
    during = null;
    await flow.execute(null);
    ok(during[3] >= 0 && during[3] <= 1, `${during[3]}`);
});

test('delays of retries, with jitter', async () => {
    const flow = new GFlow.Flow();
    const asked = [];
    let attempts = 0;
    const node = flow.node({name: 'node'}, () => {
        if (++attempts < 4)
            throw new Error('not yet');
        return attempts;
    });

    node.set({max_retries: 5, retry_delay: 2, retry_factor: 1.5, retry_jitter: 0.5});
    node.connect('should-retry', (_node, _run, error, attempt) => {
        asked.push(attempt);
        return error.message.includes('not yet');
    });
    const run = await flow.execute(null);

    equal(run.result(node), 4);
    deepEqual(asked, [1, 2, 3]);
});

test('trace, chart, report and summary', async () => {
    const flow = new GFlow.Flow({name: 'plan'});
    const first = flow.node({name: 'first'}, () => sleep(5));

    flow.node({name: 'second', upstream: first}, () => sleep(5));
    const run = new GFlow.FlowRun({flow, keep_record: true});
    await run.execute(null);

    const events = JSON.parse(run.to_trace());
    const names = (events.traceEvents ?? events).filter(event => event.ph === 'X')
        .map(event => event.name);
    deepEqual(names.sort(), ['first', 'second']);
    ok(run.to_gantt().includes('<svg') && run.to_gantt().includes('second'));
    const report = run.dup_report().recursiveUnpack();
    equal(report['n-nodes'], 2);
    ok(run.to_summary().includes('first → second'), run.to_summary());
});

test('what GFLOW_DEBUG tells', () => {
    GLib.setenv('GFLOW_DEBUG', 'schedule', true);
    const [, , err, status] = GLib.spawn_sync(null, [GLib.find_program_in_path('gjs'), '-c', `
        const {GFlow} = imports.gi;
        const flow = new GFlow.Flow({name: 'plan'});
        flow.node({name: 'node'}, () => {});
        flow.execute_sync(null);`], null, GLib.SpawnFlags.DEFAULT, null);
    const told = new TextDecoder().decode(err);

    GLib.unsetenv('GFLOW_DEBUG');
    equal(status, 0);
    ok(/plan, run 1: "node" starts in the context\n[^]*plan, run 1: "node" is done/.test(told), told);
});

await runTests();
