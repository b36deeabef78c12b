// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// A program whose types are checked against the definitions, and which is then run. What has
// to be an error is marked: the compiler tells if it is none.

import Gio from 'gi://Gio?version=2.0';
import GLib from 'gi://GLib?version=2.0';
import GFlow from 'gi://GFlow?version=1';

function same<T>(found: T, expected: T) {
    if (JSON.stringify(found) !== JSON.stringify(expected))
        throw new Error(`${JSON.stringify(found)} in place of ${JSON.stringify(expected)}`);
}

async function results() {
    const flow = new GFlow.Flow({name: 'typed'});
    const load = flow.node({name: 'load'}, () => 'some text');
    const count = flow.node({name: 'count', upstream: {load}},
        ({load}) => load?.length ?? 0);
    const words = flow.node({name: 'words', upstream: [load, 'count']}, async () => ['a', 'b']);
    const lengths = flow.map({name: 'lengths', items: ['a', 'bcd']}, (item: string) => item.length);

    // @ts-expect-error: a misspelt option
    const misspelt = () => flow.node({nmae: 'x'}, () => 1);
    // @ts-expect-error: the results are of another type
    const mistyped = () => flow.node({upstream: {load}}, ({load}) => load!.toFixed());
    same([misspelt, mistyped].length, 2);

    const run = new GFlow.FlowRun({flow, keep_results: true});
    const states: GFlow.FlowNodeState[] = [];
    for await (const step of run)
        states.push(step.state);
    same(states, Array(4).fill(GFlow.FlowNodeState.DONE));

    const n: number | null = run.result(count);
    const both: string[] | null = run.result(words);
    const each: number[] | null = run.result(lengths);
    // @ts-expect-error: a number is no text
    const text: string | null = run.result(count);
    same(n, text as unknown as number);
    same([n, both, each], [9, ['a', 'b'], [1, 3]]);
    same([...flow].map(node => node.name), ['load', 'count', 'words', 'lengths']);
}

async function locks() {
    const lock = new GFlow.FlowLock({permits: 2});
    await lock.acquire();
    same(lock.in_use, 1);
    lock.release();

    const flow = new GFlow.Flow();
    flow.add_group(GFlow.series(
        GFlow.node({name: 'first', lock}, () => {}),
        GFlow.parallel(GFlow.node(() => {}), GFlow.node({lock: [lock]}, async () => {}))
    ));
    const run = await flow.execute();
    same(run.n_done, 3);
}

async function stopped() {
    const flow = new GFlow.Flow();
    const never = flow.node({timeout: 10}, () => new Promise<string>(() => {}));
    const run = GFlow.FlowRun.new(flow);
    run.connect('stop-node', (self, node) => self.fail_node(node, new Gio.IOErrorEnum({
        code: Gio.IOErrorEnum.TIMED_OUT, message: 'Not waited for',
    })));
    await run.execute().then(() => same('an error', ''), () => {});
    const error = run.error_of(never);
    same(error instanceof GLib.Error && error.code, Gio.IOErrorEnum.TIMED_OUT);
}

async function pipelines() {
    const flow = new GFlow.Flow()
        .add({name: 'one', uses: null, needs: ['gateway'], polling: 'any', when: {kind: 'text'}})
        .add({name: 'two', polling: GFlow.FlowPolling.ALL});
    await flow.open();
    const texts: (string | null)[] = [];
    const documents = [{text: 'a', tags: {kind: 'text'}}, {text: 'b', tags: {kind: 'text'}}];
    for await (const response of flow.post('/index', documents, {request_size: 1, ordered: true})) {
        const answered = response.documents as Gio.ListModel<GFlow.FlowDocument>;
        texts.push(answered.get_item(0)!.text);
    }
    same(texts, ['a', 'b']);
    await flow.close();

    const source = GFlow.source(['x', 'y']);
    for await (const document of source)
        texts.push(document.text);
    same(texts.length, 4);
}

await results();
await locks();
await stopped();
await pipelines();
