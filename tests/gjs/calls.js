// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Every function of the GIR is called from JavaScript, once at least, and does what it says.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import GFlow from 'gi://GFlow';

import {deepEqual, equal, ok, rejects, runTests, test, throws} from './tap.js';

// [class, function], of all that introspection shows.
function* functionsOfGir() {
    const build = GLib.getenv('G_TEST_BUILDDIR') ?? GLib.get_current_dir();
    const path = `${GLib.path_get_dirname(build)}/libgflow/GFlow-1.gir`;
    const gir = new TextDecoder().decode(GLib.file_get_contents(path)[1]);

    for (const [, klass, content] of gir.matchAll(/<(?:class|interface) name="(\w+)"(.*?)<\/(?:class|interface)>/gs)) {
        const all = /<(?:method|function|constructor) name="(\w+)"([^>]*)>/gs;
        for (const [, name, attributes] of content.matchAll(all)) {
            if (!attributes.includes('introspectable="0"'))
                yield [klass, name];
        }
    }
}

const functions = [...functionsOfGir()];
const called = new Set();

// Counts the calls of what the override has left, or put, in front.
for (const [klass, name] of functions) {
    // A class is a function, and has what functions have, such as bind().
    const owner = Object.hasOwn(GFlow[klass], name) ? GFlow[klass] : GFlow[klass].prototype;
    const fn = owner[name];

    owner[name] = function (...args) {
        called.add(`${klass}.${name}`);
        return fn.apply(this, args);
    };
}

function check(object, values) {
    for (const [property, value] of Object.entries(values)) {
        object[`set_${property}`](value);
        equal(object[`get_${property}`](), value);
    }
}

test('the GIR was read', () => {
    ok(functions.length > 100, `only ${functions.length} functions`);
    ok(functions.some(([klass, name]) => klass === 'FlowRun' && name === 'execute_finish'));
});

test('flows', async () => {
    const flow = GFlow.Flow.new();
    const a = flow.add('a', () => true);
    const b = flow.add_task('b', (node, run, task) => task.return_boolean(true));

    flow.add_flow('inner', GFlow.Flow.new());
    flow.add_join('join', ['a', 'b']);
    ok(flow.add_node(GFlow.FlowNode.new('c', null)));
    const group = GFlow.FlowGroup.new_parallel();
    group.append_node(GFlow.FlowNode.new('d', () => true));
    ok(flow.add_group(group));
    ok(flow.remove_node(flow.lookup('c')));
    flow.add_join_all('all');
    equal(flow.lookup('c'), null);
    ok(GFlow.Flow.name_is_valid('c') && !GFlow.Flow.name_is_valid('c\n'));
    ok(flow.validate());
    ok(flow.equal(flow.copy()));
    ok(flow.to_dot(null).includes('digraph'));
    ok(flow.to_mermaid(null).includes('join'));
    const file = Gio.File.new_tmp('gflow-XXXXXX.dot')[0];
    ok(flow.plot_sync(file, null, null));
    equal(new TextDecoder().decode(file.load_contents(null)[1]), flow.to_dot(null));
    ok(await flow.plot(file.get_path()));
    ok(await new Promise(resolve => {
        flow.plot(file, null, null, (self, result) => resolve(self.plot_finish(result)));
    }));
    file.delete(null);
    check(flow, {
        name: 'a flow', max_threads: 2, max_parallel: 3, on_error: GFlow.FlowOnError.STOP,
        direction: GFlow.FlowDirection.TOP_TO_BOTTOM, unique_names: true,
    });
    deepEqual([...flow.lookup('join').get_upstreams()].map(({name}) => name), [a.name, b.name]);
});

test('nodes', () => {
    const flow = new GFlow.Flow();
    const inner = new GFlow.Flow();
    const first = GFlow.FlowNode.new_for_task('first', (node, run, task) => {
        task.return_boolean(true);
    });
    const node = GFlow.FlowNode.new('node', () => true);
    const lock = GFlow.FlowLock.new();

    flow.add_node(first);
    flow.add_node(node);
    node.set_upstreams([]);
    node.add_upstream_by_name('first');
    node.add_upstream(flow.add_flow('inner', inner));
    node.add_lock(lock);
    equal(node.get_upstreams().get_n_items(), 2);
    equal(first.get_downstreams().get_item(0), node);
    equal(node.get_locks().get_item(0), lock);
    equal(node.get_flow(), flow);
    equal(node.get_subflow(), null);
    equal(flow.lookup('inner').get_subflow(), inner);
    check(node, {
        name: 'a node', title: 'A node', priority: -1, weight: 3,
        placement: GFlow.FlowPlacement.CONTEXT, run_when: GFlow.FlowRunWhen.ALL_FINISHED,
        timeout: 60000, max_retries: 2, retry_delay: 3, retry_factor: 2, retry_jitter: 0.5,
        can_defer: true,
    });
});

test('groups', () => {
    const flow = new GFlow.Flow();
    const lock = new GFlow.FlowLock();
    const series = GFlow.FlowGroup.new_series();
    const parallel = GFlow.FlowGroup.new_parallel();
    const [a, b] = ['a', 'b'].map(name => GFlow.FlowNode.new(name, null));

    parallel.append_node(b);
    series.append_node(a);
    series.append_group(parallel);
    series.set_lock(lock);
    flow.add_group(series);
    equal(b.get_upstreams().get_item(0), a);
    equal(a.get_locks().get_item(0), lock);
});

test('locks', async () => {
    const lock = GFlow.FlowLock.new_with_permits(2);

    ok(lock.acquire_sync(null));
    await lock.acquire();
    ok(!lock.try_acquire());
    equal(lock.get_in_use(), 2);
    const end = new Promise((resolve, reject) => {
        lock.acquire(null, (self, result) => {
            try {
                resolve(self.acquire_finish(result));
            } catch (error) {
                reject(error);
            }
        });
    });
    equal(lock.get_waiting(), 1);
    lock.release();
    ok(await end);
    check(lock, {name: 'a lock', permits: 3});
});

test('runs', async () => {
    const flow = new GFlow.Flow();
    const number = flow.add('number', (node, run) => {
        ok(run.get_node_cancellable(node) instanceof Gio.Cancellable);
        run.set_result(node, 1);
        run.select(node, null);
        const inner = new GFlow.Flow();
        ok(run.spawn(node, inner).get_flow() === inner);
        run.spawn_run(node, GFlow.FlowRun.new(inner));
        run.defer_node(node);
        run.complete_node(node);
    });
    const variant = flow.add('variant', (node, run) => {
        run.set_result_variant(node, new GLib.Variant('s', 'text'));
    });
    const object = flow.node({}, () => flow);
    const bad = flow.add('bad', (node, run) => {
        run.defer_node(node);
        run.fail_node(node, new Error('bad'));
    });
    const run = GFlow.FlowRun.new(flow);

    check(run, {on_error: GFlow.FlowOnError.IGNORE, keep_results: true, deadline: 0});
    run.pause();
    ok(run.get_paused());
    run.resume();
    run.set_node_priority(bad, 1);
    ok(throws(() => run.retry_node(bad)).matches(Gio.IOErrorEnum, Gio.IOErrorEnum.CLOSED));
    run.set_parameters(new GLib.Variant('a{sv}', {}));
    equal(run.get_parameters().n_children(), 0);
    equal(run.get_flow(), flow);
    ok(throws(() => run.execute_sync(null)).message === 'bad');
    equal(run.get_state(), GFlow.FlowRunState.FAILED);
    equal(run.get_error().message, 'bad');
    equal(run.get_node_error(bad).message, 'bad');
    equal(run.get_node_state(number), GFlow.FlowNodeState.DONE);
    equal(run.dup_node_reason(number), null);
    equal(run.get_result(number), 1);
    equal(run.dup_result_variant(variant).unpack(), 'text');
    equal(run.dup_result_object(object), flow);
    deepEqual([run.get_n_done(), run.get_n_total(), run.get_fraction()], [4, 4, 1]);

    const step = run.get_errors().get_item(0);
    equal(step.get_node(), bad);
    equal(step.get_state(), GFlow.FlowNodeState.FAILED);
    equal(step.get_error().message, 'bad');
    equal(step.dup_reason(), run.dup_node_reason(bad));
    equal(step, run.get_step(bad));
    // The run was not asked for steps before it started.
    deepEqual([step.get_fraction(), step.get_start(), step.get_end(), step.get_attempt(),
        step.get_worker()], [0, 0, 0, 0, -1]);
    deepEqual([step.dup_message(), step.get_subrun()], [null, null]);
    equal(step.get_subruns().get_n_items(), 0);
    run.set_node_progress(bad, 1, 'too late');
    equal(step.dup_message(), null);

    flow.remove_node(bad);
    const [journal, stream] = Gio.File.new_tmp('gflow-XXXXXX');
    const first = GFlow.FlowRun.new(flow);
    const resumed = GFlow.FlowRun.new(flow);
    stream.close(null);
    check(first, {journal});
    ok(first.execute_sync(null));
    journal.delete(null);
    ok(resumed.restore(first.save()));
    ok(resumed.execute_sync(null));
    equal(resumed.dup_node_reason(number), 'Done in an earlier run');

    equal(flow.execute_sync(null).get_n_done(), 3);
    const other = GFlow.FlowRun.new(flow);
    ok(await new Promise(resolve => {
        other.execute(null, (self, result) => resolve(self.execute_finish(result)));
    }));
    ok(await new Promise(resolve => {
        flow.execute(null, (self, result) => resolve(self.execute_finish(result)));
    }) instanceof GFlow.FlowRun);

    const kept = GFlow.FlowRun.new(flow);
    check(kept, {keep_record: true});
    ok(kept.execute_sync(null));
    ok(JSON.parse(kept.to_trace()).traceEvents.some(({ph, name}) => ph === 'X' && name === 'number'));
    ok(kept.to_gantt().includes('<svg'));
    ok(kept.to_summary().startsWith('3 nodes in '));
    equal(kept.dup_report().lookup_value('n-nodes', null).unpack(), 3);

    const cancelled = GFlow.FlowRun.new(flow);
    cancelled.cancel_node(number);
    cancelled.cancel();
    ok(cancelled.get_cancellable().is_cancelled());
});

test('questions', async () => {
    const flow = new GFlow.Flow();
    flow.node({name: 'asks'}, async (run, node) => {
        const question = GFlow.FlowQuestion.new('Well?', ['yes'], new GLib.Variant('s', 'no'));
        equal(await run.ask(node, question), 'yes');
        await new Promise(resolve => {
            run.ask_question(node, GFlow.FlowQuestion.new('Really?', null, null), (_, result) => {
                equal(throws(() => run.ask_question_finish(result)).message, 'Not now');
                resolve();
            });
        });
        equal(throws(() => run.ask_question_sync(node, question)).code, Gio.IOErrorEnum.WOULD_BLOCK);
    });
    const run = GFlow.FlowRun.new(flow);
    run.connect('ask', (_, question) => {
        equal(question.get_node().name, 'asks');
        if (question.get_text() === 'Really?') {
            question.refuse(new GLib.Error(Gio.IOErrorEnum, Gio.IOErrorEnum.FAILED, 'Not now'));
            return true;
        }
        deepEqual(question.get_choices(), ['yes']);
        equal(question.get_default_answer().unpack(), 'no');
        question.answer('yes');
        return true;
    });
    await run.execute();
});

test('maps', () => {
    const flow = new GFlow.Flow();
    const items = Gio.ListStore.new(GObject.Object);
    const each = GFlow.FlowNode.new(null, (node, run) => {
        equal(run.get_parent_node(), map);
        run.set_result(node, run.get_map_item(node));
    });
    const map = flow.add_map('map', each, 2);

    items.append(flow);
    map.set_items_variant(new GLib.Variant('as', []));
    map.set_items(items);
    const run = flow.execute_sync(null);
    const values = run.dup_result_object(map);
    equal(values.get_n_values(), 1);
    equal(values.get_value(0), flow);
    equal(run.dup_result_list(map).get_item(0), flow);
    map.set_items_func(() => Gio.ListStore.new(GObject.Object));
    equal(flow.execute_sync(null).dup_result_list(map).get_n_items(), 0);
});

test('documents', () => {
    const document = GFlow.FlowDocument.new();
    const tags = new GLib.Variant('a{sv}', {n: new GLib.Variant('x', 1)});

    check(document, {id: 'a', text: 'b', uri: 'c:d', mime_type: 'text/plain'});
    document.set_blob(new GLib.Bytes([1, 2]));
    deepEqual([...document.get_blob().get_data()], [1, 2]);
    document.set_tags(tags);
    ok(document.get_tags().equal(tags));
    document.set_tag('n', null);
    equal(document.dup_tag('n'), null);
    ok(document.equal(document.copy()));
    equal(document.to_json(), '{"id":"a","text":"b","blob":"AQI=","uri":"c:d","mime_type":"text/plain"}');
    ok(GFlow.FlowDocument.new_from_json(document.to_json()).equal(document));
    ok(GFlow.FlowDocument.new_from_variant(document.to_variant()).equal(document));

    const list = GFlow.FlowDocument.list_from_json('[{"id":1}]');
    equal(GFlow.FlowDocument.list_to_json(list), '[\n{"id":"1"}\n]\n');
    const variant = GFlow.FlowDocument.list_to_variant(list);
    equal(GFlow.FlowDocument.list_from_variant(variant).get_item(0).id, '1');

    equal(GFlow.FlowDocument.new_for_text('text').text, 'text');
    equal(GFlow.FlowDocument.new_for_uri('file:///').uri, 'file:///');
    equal(GFlow.FlowDocument.new_for_blob(document.get_blob()).blob.get_size(), 2);
});

test('sources', async () => {
    const model = new Gio.ListStore({item_type: GFlow.FlowDocument});
    const texts = list => [...list].map(({text}) => text);
    let left = 1;

    model.append(GFlow.FlowDocument.new_for_text('a'));
    deepEqual(texts(GFlow.FlowSource.new_for_model(model).next_sync(2, null)), ['a']);
    deepEqual(texts(GFlow.FlowSource.new_for_texts(['a', 'b']).next_sync(0, null)), ['a', 'b']);

    const array = new GLib.Variant('as', ['c', 'd']);
    deepEqual(texts(GFlow.FlowSource.new_for_variant(array).next_sync(0, null)), ['c', 'd']);

    const funcs = GFlow.FlowSource.new_for_func((source, n, documents) => {
        if (left-- > 0)
            documents.append(GFlow.FlowDocument.new_for_text(`${n}`));
        return true;
    });
    deepEqual(texts(funcs.next_sync(7, null)), ['7']);

    const tasks = GFlow.FlowSource.new_for_task_func((source, n, documents, task) => {
        documents.append(GFlow.FlowDocument.new_for_text('later'));
        GLib.idle_add(GLib.PRIORITY_DEFAULT, () => {
            task.return_boolean(true);
            return GLib.SOURCE_REMOVE;
        });
    });
    deepEqual(texts(await new Promise(resolve => {
        tasks.next(1, null, (self, result) => resolve(self.next_finish(result)));
    })), ['later']);
});

const Marker = GObject.registerClass({
    Properties: {
        word: GObject.ParamSpec.string('word', '', '', GObject.ParamFlags.READWRITE, ''),
    },
}, class Marker extends GFlow.FlowExecutor {
    constructor(params) {
        super(params);
        this.bind('func', (executor, request) => {
            request.set_result(new GLib.Variant('s', `func of ${executor.word}`));
            return true;
        });
        this.bind_task('/task', (executor, request, task) => task.return_boolean(true));
    }

    vfunc_start(request, task) {
        for (const document of request.get_documents())
            document.text += ` ${this.word}`;
        task.return_boolean(true);
    }
});

const word = text => new GLib.Variant('a{sv}', {word: new GLib.Variant('s', text)});

test('executors', () => {
    const executor = GFlow.FlowExecutor.new_from_type(Marker, word('x'));
    const folder = Gio.File.new_for_path(GLib.dir_make_tmp(null));

    equal(executor.word, 'x');
    ok(GFlow.FlowExecutor.new_from_name(GObject.type_name(Marker), null) instanceof Marker);
    check(executor, {name: 'n', description: 'd', workspace: folder});
    const made = executor.make_workspace(null);
    equal(folder.get_relative_path(made), 'n/0');
    equal(executor.get_index(), 0);
    equal(executor.get_shard(), 0);
    executor.set_factory(() => new Marker({word: 'made'}));
    equal(executor.make_instance().word, 'made');
    ok(executor.redirect('/x', 'func'));
    executor.set_batching(null, 16, 100);
    equal(executor.get_batch_size('/y'), 16);
    equal(executor.get_batch_timeout('/y'), 100);
    for (const file of [made, made.get_parent(), folder])
        file.delete(null);
});

test('serving', async () => {
    const flow = new GFlow.Flow();
    const node = flow.add_executor('x', new Marker({word: 'x'}), null);
    const condition = new GLib.Variant('a{sv}', {text: new GLib.Variant('s', 'b')});
    const request = GFlow.FlowRequest.new('/');
    const documents = new Gio.ListStore({item_type: GFlow.FlowDocument});

    node.placement = GFlow.FlowPlacement.CONTEXT;
    check(node, {
        parallel: 3, replicas: 1, polling: GFlow.FlowPolling.ALL,
        scheduling: GFlow.FlowScheduling.ROUND_ROBIN, before: null, after: null,
        reducer: GFlow.FlowReducer.CONCATENATE, detached: false, tap: GFlow.FlowTap.COLLECT,
    });
    node.tap = GFlow.FlowTap.NONE;
    equal(flow.add_tap('tap', node, null, GFlow.FlowTap.OFF).get_tap(), GFlow.FlowTap.OFF);
    node.set_polling_for('/any', GFlow.FlowPolling.ANY);
    equal(node.get_polling_for('/any'), GFlow.FlowPolling.ANY);
    ok(node.set_condition(condition));
    ok(node.get_condition().equal(condition));
    throws(() => node.set_condition(new GLib.Variant('a{sv}', {$foo: new GLib.Variant('s', 'b')})),
        /foo/);
    node.set_condition_func((self, document) => document.text !== 'a');
    equal(node.get_condition(), null);
    node.set_reducer_func((self, reduced, parts) => {
        equal(self, node);
        equal(parts.get_n_items(), 3);
        equal(reduced.dup_parts().get_n_items(), 3);
        reduced.set_documents(parts.get_item(1).get_documents());
        return true;
    });
    equal(node.get_reducer(), GFlow.FlowReducer.CUSTOM);

    documents.append(GFlow.FlowDocument.new_for_text('a'));
    documents.append(GFlow.FlowDocument.new_for_text('b'));
    request.set_documents(documents);
    await flow.open();
    const run = GFlow.FlowRun.new(flow);
    run.set_request(request);
    await run.execute();
    equal(request.get_documents().get_n_items(), 1);
    equal(request.get_documents().get_item(0).text, 'b x');
    equal(request.dup_parts(), null);
    await flow.close();
});

test('requests', async () => {
    const flow = new GFlow.Flow();
    const executor = new Marker({word: 'x'});
    const request = GFlow.FlowRequest.new('/');
    const documents = new Gio.ListStore({item_type: GFlow.FlowDocument});

    documents.append(GFlow.FlowDocument.new_for_text('a'));
    executor.redirect('/x', 'func');
    const node = flow.add_executor('x', executor, null);
    node.placement = GFlow.FlowPlacement.CONTEXT;
    equal(node.get_executor(), executor);
    equal(flow.get_orphans().get_item(0), node);
    check(flow, {insertion_point: node, open_timeout: 9000, close_timeout: 1000});
    check(request, {id: 'i', endpoint: '/x'});
    request.set_parameters(new GLib.Variant('a{sv}', {}));
    equal(request.get_parameters().n_children(), 0);
    request.set_documents(documents);
    equal(request.get_documents().get_n_items(), 1);

    ok(await new Promise(resolve => {
        flow.open(null, (self, result) => resolve(self.open_finish(result)));
    }));
    ok(flow.get_is_open());
    const run = GFlow.FlowRun.new(flow);
    run.set_request(request);
    equal(run.get_request(), request);
    run.execute_sync(null);
    equal(request.get_state(), GFlow.FlowRunState.DONE);
    equal(request.get_error(), null);
    equal(request.dup_result('x').unpack(), 'func of x');
    equal(request.dup_results().n_children(), 1);
    const [entry, route] = request.get_routes();
    equal(entry.get_node(), null);
    equal(route.get_name(), 'x');
    equal(route.get_state(), GFlow.FlowNodeState.DONE);
    equal(route.get_error(), null);
    ok(route.get_start() <= route.get_end());
    ok(await new Promise(resolve => {
        flow.close(null, (self, result) => resolve(self.close_finish(result)));
    }));
    flow.open_sync(null);
    flow.close_sync(null);
    const cancelled = new Gio.Cancellable();
    cancelled.cancel();
    flow.block(cancelled);
});

test('posts', async () => {
    const flow = new GFlow.Flow();

    flow.add_executor(null, new Marker({word: 'x'}), null);
    flow.open_sync(null);
    for (const [name, endpoint] of [['index', '/index'], ['search', '/search'],
        ['update', '/update'], ['delete', '/delete']])
        equal(flow[name]().get_endpoint(), endpoint);

    const post = flow.post('/');
    const told = [];
    check(post, {
        source: GFlow.FlowSource.new_for_texts(['a', 'b', 'c']), target: 'exec', request_size: 2,
        max_in_flight: 3, request_timeout: 60000, ordered: true, continue_on_error: true, n_total: 2,
    });
    post.set_parameters(new GLib.Variant('a{sv}', {}));
    equal(post.get_parameters().n_children(), 0);
    equal(post.get_flow(), flow);
    for (const name of ['done', 'error', 'always'])
        post[`set_${name}_func`](() => !!told.push(name));
    const responses = post.collect_sync(null);
    deepEqual([...responses].map(response => [...response.get_documents()].map(({text}) => text)),
        [['a x', 'b x'], ['c x']]);
    deepEqual(told, ['done', 'always', 'done', 'always']);
    deepEqual([post.get_n_sent(), post.get_n_done(), post.get_n_failed(), post.get_fraction()],
        [2, 2, 0, 1]);
    post.cancel();
    ok(flow.post('/').run_sync(null));
    const stream = flow.post('/');
    ok(stream.next_sync(null) instanceof GFlow.FlowRequest);
    equal(stream.next_sync(null), null);
    for (const name of ['run', 'next', 'collect']) {
        ok(await new Promise(resolve => {
            flow.post('/')[name](null, (self, result) => resolve(self[`${name}_finish`](result)));
        }));
    }
    flow.close_sync(null);
});

test('readers and writers', async () => {
    const {FlowFormat} = GFlow;
    const [file] = Gio.File.new_tmp('gflow-XXXXXX.csv');
    const writer = GFlow.FlowWriter.new_for_file(FlowFormat.CSV, file);
    const documents = GFlow.FlowDocument.list_from_json('[{"id": 1, "size": 2}]');

    check(writer, {has_header: true, delimiter: ';'});
    writer.set_columns(['id', 'size']);
    deepEqual(writer.get_columns(), ['id', 'size']);
    ok(writer.get_file().equal(file));
    equal(writer.get_format(), FlowFormat.CSV);
    writer.write_sync(documents, null);
    ok(await new Promise(resolve => {
        writer.write(documents, null, (self, result) => resolve(self.write_finish(result)));
    }));
    equal(writer.get_n_written(), 2);
    ok(writer.close_sync(null));
    ok(await new Promise(resolve => {
        writer.close(null, (self, result) => resolve(self.close_finish(result)));
    }));
    ok(GFlow.FlowWriter.new(FlowFormat.JSON, Gio.MemoryOutputStream.new_resizable()).get_stream());

    const reader = GFlow.FlowReader.new_for_file(FlowFormat.CSV, file);
    check(reader, {delimiter: ';', has_header: true, max_length: 100, skip_bad: true});
    reader.set_columns(['id', 'n']);
    deepEqual(reader.get_columns(), ['id', 'n']);
    reader.set_fields(new GLib.Variant('a{ss}', {n: 'text'}));
    equal(reader.get_fields().n_children(), 1);
    deepEqual([...reader.next_sync(0, null)].map(({id, text}) => [id, text]), [['1', '2'], ['1', '2']]);
    equal(reader.get_n_read(), 2);
    equal(reader.get_n_skipped(), 0);
    ok(reader.get_file().equal(file));
    equal(reader.get_format(), FlowFormat.CSV);

    const files = GFlow.FlowFileSource.new(file.get_parent(), file.get_basename());
    check(files, {contents: GFlow.FlowContents.TEXT, max_length: 50, skip_bad: true});
    equal(files.next_sync(0, null).get_item(0).text, 'id;size\r\n1;2\r\n1;2\r\n');
    ok(files.get_folder().equal(file.get_parent()));
    equal(files.get_pattern(), file.get_basename());
    deepEqual([files.get_n_read(), files.get_n_skipped()], [1, 0]);
    equal(GFlow.FlowFileSource.new_for_glob(file.get_path()).next_sync(0, null).get_n_items(), 1);
    file.delete(null);

    const stream = Gio.MemoryInputStream.new_from_bytes(new GLib.Bytes('a\nb'));
    const lines = GFlow.FlowReader.new(FlowFormat.LINES, stream);
    equal(lines.get_stream(), stream);
    deepEqual([...lines.next_sync(0, null)].map(({text}) => text), ['a', 'b']);
});

test('histories', async () => {
    const history = GFlow.FlowHistory.new();
    const other = GFlow.FlowHistory.new();
    const flow = GFlow.Flow.new();
    const [file, stream] = Gio.File.new_tmp(null);

    stream.close(null);
    check(flow, {history});
    flow.node({name: 'a'}, () => {});
    flow.node({name: 'b'}, () => {});
    const run = GFlow.FlowRun.new(flow);
    equal(run.get_history(), history);
    run.set_history(other);
    run.set_history(history);
    equal(run.dup_status(), 'Not started');
    ok(run.execute_sync(null));
    equal(run.dup_status(), '2 of 2 done');
    ok(run.get_elapsed() > 0 && run.get_rate() > 0);
    equal(run.get_remaining(), 0);
    ok(history.get_duration('a') >= 0 && history.get_run_duration(null) >= 0);

    history.forget();
    history.add_duration('a', 2);
    history.add_run_duration(null, 3);
    ok(other.load_variant(history.to_variant()));
    deepEqual([other.get_duration('a'), other.get_run_duration(null)], [2, 3]);
    ok(history.save_sync(file, null) && other.load_sync(file, null));
    ok(await history.save(file));
    ok(await other.load(file));
    for (const name of ['save', 'load']) {
        // eslint-disable-next-line no-await-in-loop
        ok(await new Promise(resolve => {
            history[name](file, null, (_, result) => resolve(history[`${name}_finish`](result)));
        }));
    }
    file.delete(null);
    const error = await rejects(history.load(file));
    ok(error.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND));
});

test('what is not for JavaScript', () => {
    for (const name of ['set_common_func', 'set_worker_func', 'work'])
        ok(throws(() => GFlow.Flow[name](() => {})).message.includes('for bindings'));
    deepEqual(GFlow.Flow.get_common_call(), [null, null]);
});

test('all of them', () => {
    deepEqual(functions.map(names => names.join('.')).filter(name => !called.has(name)), []);
});

await runTests();
