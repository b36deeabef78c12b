// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Everything that the headers declare can be reached from JavaScript.

import Gio from 'gi://Gio';
import GFlow from 'gi://GFlow';
import GObject from 'gi://GObject';

import {deepEqual, equal, ok, runTests, test} from './tap.js';

// Sugar for C: the array functions beside them do the same.
const forC = ['g_flow_series', 'g_flow_parallel', 'g_flow_node_after'];

const classes = {
    FlowDocument: [[], ['blob', 'id', 'mime-type', 'tags', 'text', 'uri']],
    Flow: [
        ['always', 'done', 'error', 'started'],
        ['max-parallel', 'max-threads', 'name', 'on-error'],
    ],
    FlowExecutor: [[], ['description', 'index', 'name', 'workspace']],
    FlowPost: [
        ['always', 'done', 'error'],
        [
            'continue-on-error', 'endpoint', 'flow', 'fraction', 'max-in-flight', 'n-done',
            'n-failed', 'n-sent', 'n-total', 'ordered', 'parameters', 'request-size', 'request-timeout',
            'source', 'target',
        ],
    ],
    FlowRequest: [
        [],
        ['documents', 'endpoint', 'error', 'id', 'parameters', 'results', 'routes', 'state'],
    ],
    FlowRoute: [[], ['end', 'error', 'name', 'node', 'start', 'state']],
    FlowFileSource: [
        ['skipped'],
        ['contents', 'folder', 'max-length', 'n-read', 'n-skipped', 'pattern', 'skip-bad'],
    ],
    FlowGroup: [[], []],
    FlowLock: [[], ['in-use', 'name', 'permits', 'waiting']],
    FlowNode: [
        ['always', 'done', 'error', 'should-retry', 'started'],
        [
            'can-defer', 'flow', 'max-retries', 'name', 'placement', 'priority', 'retry-delay', 'retry-factor',
            'retry-jitter', 'run-when', 'timeout', 'title', 'weight',
            'after', 'before', 'condition', 'detached', 'parallel', 'polling', 'reducer',
            'replicas', 'scheduling', 'tap',
        ],
    ],
    FlowReader: [
        ['skipped'],
        [
            'columns', 'delimiter', 'fields', 'file', 'format', 'has-header', 'max-length', 'n-read',
            'n-skipped', 'skip-bad', 'stream',
        ],
    ],
    FlowRun: [
        ['always', 'ask', 'done', 'error', 'stop-node'],
        [
            'cancellable', 'deadline', 'error', 'flow', 'fraction', 'journal', 'keep-results',
            'n-done', 'n-total', 'on-error', 'parameters', 'paused', 'state',
        ],
    ],
    FlowQuestion: [[], ['choices', 'default-answer', 'node', 'text']],
    FlowValues: [[], []],
    FlowStep: [[], ['error', 'node', 'reason', 'state']],
    FlowWriter: [
        [],
        ['columns', 'delimiter', 'file', 'format', 'has-header', 'n-written', 'stream'],
    ],
};

const interfaces = ['FlowSource'];

const enumerations = {
    FlowContents: ['NONE', 'TEXT', 'BLOB'],
    FlowFormat: ['LINES', 'CSV', 'NDJSON', 'JSON'],
    FlowPlacement: ['WORKER', 'CONTEXT'],
    FlowRunWhen: ['ALL_SUCCEEDED', 'ALL_FINISHED', 'ANY_FAILED'],
    FlowDirection: [
        'LEFT_TO_RIGHT', 'TOP_TO_BOTTOM', 'RIGHT_TO_LEFT', 'BOTTOM_TO_TOP',
    ],
    FlowPolling: ['ANY', 'ALL', 'ALL_ASYNC'],
    FlowScheduling: ['LEAST_BUSY', 'ROUND_ROBIN'],
    FlowTap: ['NONE', 'BESIDE', 'COLLECT', 'OFF'],
    FlowReducer: ['MERGE', 'CONCATENATE', 'FIRST', 'NONE', 'CUSTOM'],
    FlowOnError: ['SKIP_DEPENDANTS', 'FINISH_RUNNING', 'STOP', 'IGNORE'],
    FlowNodeState: [
        'WAITING', 'READY', 'LOCKED', 'RUNNING', 'DONE', 'FAILED', 'SKIPPED', 'CANCELLED',
    ],
    FlowRunState: ['NEW', 'RUNNING', 'DONE', 'FAILED', 'CANCELLED'],
    FlowError: [
        'EXISTS', 'UNKNOWN_NODE', 'CYCLE', 'TOPOLOGY', 'FROZEN', 'NOT_OPEN', 'START_FAILED',
        'SKIPPED', 'ABANDONED', 'RECURSION', 'BAD_FILE', 'BAD_INPUT', 'REMOTE', 'FAILED',
    ],
};

function* headers(folder) {
    const children = folder.enumerate_children('standard::*', Gio.FileQueryInfoFlags.NONE, null);

    for (let info; (info = children.next_file(null)) !== null;) {
        const child = children.get_child(info);

        if (info.get_file_type() === Gio.FileType.DIRECTORY)
            yield* headers(child);
        else if (/(?<!-private)\.h$/.test(info.get_name()))
            yield child;
    }
}

function declaredFunctions() {
    const folder = Gio.File.new_for_uri(import.meta.url).resolve_relative_path('../../../libgflow');
    const names = new Set();

    for (const header of headers(folder)) {
        const text = new TextDecoder().decode(header.load_contents(null)[1])
            .replace(/\/\*.*?\*\//gs, '');

        for (const [, name] of text.matchAll(/^\w[\w ]*[ *]+(g_flow_\w+) +\(/gm))
            names.add(name);
    }
    return [...names];
}

// g_flow_run_cancel → [FlowRun, cancel]
function locate(name) {
    const words = name.split('_').slice(1);

    for (const length of [3, 2, 1]) {
        const klass = words.slice(0, length).map(word => word[0].toUpperCase() + word.slice(1));

        if (words.length > length && GFlow[klass.join('')])
            return [GFlow[klass.join('')], words.slice(length).join('_')];
    }
    return [GFlow, words.join('_')];
}

const names = declaredFunctions();

test('the headers were read', () => {
    ok(names.length > 80, `only ${names.length} functions`);
    for (const name of ['g_flow_new', 'g_flow_run_execute_finish', 'g_flow_error_quark', ...forC])
        ok(names.includes(name), name);
});

for (const name of names.filter(candidate => !forC.includes(candidate))) {
    test(name, () => {
        const [owner, method] = locate(name);
        const found = owner[method] ?? owner.prototype?.[method];

        equal(typeof found, 'function');
    });
}

for (const name of forC) {
    test(`${name} is for C`, () => {
        const [owner, method] = locate(name);

        // There may be a property of that name.
        const {get} = Object.getOwnPropertyDescriptor(owner.prototype, method) ?? {};

        equal(owner[method] ?? (get ? undefined : owner.prototype[method]), undefined);
    });
}

for (const [name, [signals, properties]] of Object.entries(classes)) {
    test(`signals and properties of ${name}`, () => {
        const klass = GFlow[name];

        ok(klass.prototype instanceof GObject.Object);
        for (const signal of signals)
            ok(GObject.signal_lookup(signal, klass.$gtype) > 0, signal);
        for (const property of properties) {
            ok(GObject.Object.find_property.call(klass, property) !== null, property);
            ok(property.replaceAll('-', '_') in klass.prototype, property);
        }
    });
}

for (const name of interfaces) {
    test(`${name} can be implemented`, () => {
        const Implemented = GObject.registerClass({
            Implements: [GFlow[name]],
        }, class Implemented extends GObject.Object {});

        ok(new Implemented() instanceof GFlow[name]);
    });
}

for (const [name, members] of Object.entries(enumerations)) {
    test(`members of ${name}`, () => {
        deepEqual(members.map(member => GFlow[name][member]), members.map((_, i) => i));
    });
}

test('the types of arguments and results', () => {
    const flow = GFlow.Flow.new();

    ok(flow instanceof GFlow.Flow);
    equal(flow.get_item_type(), GFlow.FlowNode.$gtype);
    ok(flow.constructor.$gtype.name, 'GFlow');
    ok(GFlow.FlowGroup.new_series() instanceof GFlow.FlowGroup);
    ok(GFlow.FlowGroup.new_parallel() instanceof GFlow.FlowGroup);
    ok(GFlow.FlowLock.new_with_permits(2) instanceof GFlow.FlowLock);
    ok(GFlow.FlowRun.new(flow) instanceof GFlow.FlowRun);
    ok(GFlow.FlowNode.new('a', () => true) instanceof GFlow.FlowNode);
    ok(GFlow.FlowNode.new('a', null) instanceof GFlow.FlowNode);
    ok(new GFlow.FlowNode({name: 'a'}) instanceof GFlow.FlowNode);
});

await runTests();
