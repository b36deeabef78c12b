// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

/* exported _init */

// What JavaScript adds to the C API, and no more:
//
//  * functions run in the context, never on a worker: flow.add(), flow.add_task(),
//    GFlow.FlowNode.new() and new_for_task() take them as in C;
//  * flow.node({name, upstream, lock, …}, fn) makes a node of any function, async or not:
//    fn(run, node, cancellable) returns its result, of any type, or throws; GFlow.node() makes one
//    for a group;
//  * `await flow.execute()`, `await run.execute()`, `await lock.acquire()`: what a function of the
//    flow has thrown is what the promise is rejected with;
//  * run.result(node), and `for (const node of flow)`.

const {Gio, GLib, GObject} = imports.gi;
const System = imports.system;

const JS_ERROR = GLib.quark_from_string('gflow-javascript-error-quark');
const KEPT = Symbol('kept');
const VALUE = Symbol('value');

// The functions of nodes. A callback that C keeps is never collected, nor is anything that it
// refers to, and most functions refer to their flow: so C is given call(), and the functions live
// as long as the JavaScript objects of their nodes, which live as long as that of the flow.
const bodies = new WeakMap();

function keep(owner, object) {
    owner[KEPT] ??= new Set();
    owner[KEPT].add(object);
}

// Before 1.81.90, GJS refuses all callbacks while a collection that was interrupted waits to go
// on, and without callbacks it never does. Collections that are asked for are not interrupted,
// and keep the garbage below what the engine would collect piecemeal.
const CALLS_PER_COLLECTION = System.version < 18190 ? 1000 : Infinity;
let calls = 0;

function call(node, run, task) {
    if (++calls >= CALLS_PER_COLLECTION) {
        calls = 0;
        System.gc();
    }
    try {
        if (!bodies.has(node))
            throw new Error(`The function of node “${node.name}” is gone`);

        const result = bodies.get(node)(node, run, task);
        if (typeof result?.then !== 'function')
            return result;
        watch(result, run, task);
        return undefined;
    } catch (error) {
        throw toGError(run, error);
    }
}

// An async function fails its node also later.
function watch(promise, run, task) {
    const mainLoop = GLib.MainContext.get_thread_default() === null;

    promise.then(undefined, error => {
        if (task && mainLoop)
            task.return_error(toGError(run, error));
    });
    if (!task)
        throw new TypeError('An async function cannot be a sync body: use flow.node()');
    if (!mainLoop)
        throw new Error('Promises need the main loop: use execute(), not execute_sync()');
}

// Errors cross C as numbers. Those of a subflow are thrown in a run that nobody waits for, and
// arrive in one that somebody does.
const awaited = new Map();
let lastError = 0;

function toGError(run, error) {
    if (error instanceof GLib.Error)
        return error;
    lastError = lastError % 0x7fffffff + 1;
    for (const errors of awaited.has(run) ? [awaited.get(run)] : awaited.values())
        errors.set(lastError, error);
    return new GLib.Error(JS_ERROR, lastError, describe(error));
}

function fromGError(errors, error) {
    return error instanceof GLib.Error && error.domain === JS_ERROR && errors.has(error.code)
        ? errors.get(error.code) : error;
}

function describe(error) {
    try {
        return String(error);
    } catch {
        return 'an error that cannot be shown';
    }
}

// Makes prototype[name]() return a promise when it is called without a callback. The cancellable
// may be left out.
function promisify(prototype, name) {
    Gio._promisify(prototype, name, `${name}_finish`);
    const promised = prototype[name];
    prototype[name] = function (cancellable = null, ...callback) {
        return promised.call(this, cancellable, ...callback);
    };
}

// A GValue takes no array and no object with a class; and those that it takes, GJS 1.74 does not
// protect from the garbage collector.
function box(value) {
    const object = new GObject.Object();
    object[VALUE] = value;
    return object;
}

function isPlain(value) {
    return typeof value === 'number' || typeof value === 'boolean' ||
        typeof value === 'string' && !value.includes('\0') ||
        value instanceof GLib.Variant || value instanceof GObject.Object;
}

function toArray(value) {
    return Array.isArray(value) ? value : [value ?? []].flat();
}

function _init() {
    const {Flow, FlowGroup, FlowLock, FlowNode, FlowPlacement, FlowRun} = this;

    function refuseWorker(placement) {
        if (placement === FlowPlacement.WORKER) {
            throw new Error('JavaScript cannot run on a worker thread: ' +
                'leave the placement out, or ask for GFlow.FlowPlacement.CONTEXT');
        }
    }

    // Functions

    function adopt(node, fn) {
        bodies.set(node, fn);
        node.set_placement(FlowPlacement.CONTEXT);
        return node;
    }

    for (const name of ['new', 'new_for_task']) {
        const construct = FlowNode[name];
        FlowNode[name] = function (nodeName, fn) {
            if (typeof fn !== 'function')
                return construct.call(this, nodeName, fn);
            return adopt(construct.call(this, nodeName, call), fn);
        };
    }

    const constructors = {add: 'new', add_task: 'new_for_task'};
    for (const name of Object.keys(constructors)) {
        const add = Flow.prototype[name];
        Flow.prototype[name] = function (nodeName, fn) {
            if (typeof fn !== 'function' || nodeName === '')
                return add.call(this, nodeName, fn);
            // Not add(): GJS would tie the callback to this flow, and a node can move to another.
            const node = FlowNode[constructors[name]](nodeName, fn);
            this.add_node(node);
            return node;
        };
    }

    for (const [klass, name] of [
        [Flow, 'add_node'], [Flow, 'add_group'],
        [FlowGroup, 'append_node'], [FlowGroup, 'append_group'],
    ]) {
        const add = klass.prototype[name];
        klass.prototype[name] = function (item) {
            const result = add.call(this, item);
            keep(this, item);
            return result;
        };
    }

    const removeNode = Flow.prototype.remove_node;
    Flow.prototype.remove_node = function (node) {
        const result = removeNode.call(this, node);
        // A run that has begun may still come to it.
        keep(node, node);
        this[KEPT]?.delete(node);
        return result;
    };

    const copy = Flow.prototype.copy;
    Flow.prototype.copy = function () {
        const flow = copy.call(this);
        let position = 0;
        for (const node of this) {
            const twin = flow.get_item(position++);
            if (bodies.has(node)) {
                bodies.set(twin, bodies.get(node));
                keep(flow, twin);
            }
        }
        return flow;
    };

    function toTaskFunc(fn) {
        return (node, run, task) => {
            const finish = value => {
                if (value !== undefined)
                    run.set_result(node, value);
                task.return_boolean(true);
            };
            const value = fn(run, node, task.get_cancellable());

            return typeof value?.then === 'function' ? value.then(finish) : finish(value);
        };
    }

    // A node that is in no flow yet: for a group.
    this.node = function (options, fn) {
        if (typeof options === 'function')
            [options, fn] = [{}, options];
        const {name = null, upstream, lock, placement, ...properties} = options;
        refuseWorker(placement);
        if (typeof fn !== 'function')
            throw new TypeError('The body of a node must be a function');

        const node = FlowNode.new_for_task(name, toTaskFunc(fn));
        for (const item of toArray(upstream)) {
            if (typeof item === 'string')
                node.add_upstream_by_name(item);
            else
                node.add_upstream(item);
        }
        for (const item of toArray(lock))
            node.add_lock(item);
        for (const [property, value] of Object.entries(properties)) {
            if (!(property in node))
                throw new TypeError(`A node has no property “${property}”`);
            node[property] = value;
        }
        return node;
    };

    const makeNode = this.node;
    Flow.prototype.node = function (options, fn) {
        const node = makeNode(options, fn);
        this.add_node(node);
        return node;
    };

    // Placement

    const setPlacement = FlowNode.prototype.set_placement;
    FlowNode.prototype.set_placement = function (placement) {
        if (bodies.has(this))
            refuseWorker(placement);
        setPlacement.call(this, placement);
    };
    Object.defineProperty(FlowNode.prototype, 'placement', {
        configurable: true,
        enumerable: true,
        get() {
            return this.get_placement();
        },
        set(placement) {
            this.set_placement(placement);
        },
    });

    const initNode = FlowNode.prototype._init;
    FlowNode.prototype._init = function (properties = {}) {
        refuseWorker(properties.placement);
        initNode.call(this, properties);
    };

    // Running

    for (const {prototype} of [Flow, FlowRun, FlowLock])
        promisify(prototype, prototype.acquire ? 'acquire' : 'execute');

    const runExecute = FlowRun.prototype.execute;
    FlowRun.prototype.execute = function (cancellable = null, ...callback) {
        if (callback.length > 0)
            return runExecute.call(this, cancellable, ...callback);

        // A second time is an error, which must not take the first time its errors.
        if (awaited.has(this))
            return runExecute.call(this, cancellable);

        const errors = new Map();
        awaited.set(this, errors);
        return runExecute.call(this, cancellable).finally(() => {
            awaited.delete(this);
        }).catch(error => {
            throw fromGError(errors, error);
        });
    };

    const runExecuteSync = FlowRun.prototype.execute_sync;
    FlowRun.prototype.execute_sync = function (cancellable = null) {
        const errors = new Map();
        awaited.set(this, errors);
        try {
            return runExecuteSync.call(this, cancellable);
        } catch (error) {
            throw fromGError(errors, error);
        } finally {
            awaited.delete(this);
        }
    };

    const flowExecute = Flow.prototype.execute;
    Flow.prototype.execute = async function (cancellable = null, ...callback) {
        if (callback.length > 0)
            return flowExecute.call(this, cancellable, ...callback);

        const run = FlowRun.new(this);
        await run.execute(cancellable);
        return run;
    };

    Flow.prototype.execute_sync = function (cancellable = null) {
        const run = FlowRun.new(this);
        run.execute_sync(cancellable);
        return run;
    };

    // Results

    const setResult = FlowRun.prototype.set_result;
    FlowRun.prototype.set_result = function (node, value) {
        setResult.call(this, node, isPlain(value) ? value : box(value));
    };

    const getResult = FlowRun.prototype.get_result;
    FlowRun.prototype.get_result = function (node) {
        const value = getResult.call(this, node);
        return value instanceof GObject.Object && VALUE in value ? value[VALUE] : value;
    };

    FlowRun.prototype.result = FlowRun.prototype.get_result;

    // Iteration

    Flow.prototype[Symbol.iterator] = function* () {
        for (let i = 0, node; (node = this.get_item(i)) !== null; i++)
            yield node;
    };
}
