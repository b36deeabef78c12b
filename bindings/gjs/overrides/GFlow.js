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
//  * `error` handlers, run.error, run.get_node_error(node) and steps have a GFlow.FlowError.FAILED
//    with its message: run.error_of(node) is what the node has thrown, and run.error_of() what has
//    ended the run; each is the GLib.Error if it was not thrown by JavaScript, or null;
//  * run.result(node), and `for (const node of flow)`;
//  * flow.equal() compares the functions.

const {Gio, GLib, GObject} = imports.gi;
const System = imports.system;

const KEPT = Symbol('kept');
const THROWN = Symbol('thrown');
const VALUE = Symbol('value');

// The functions of nodes, and how each is called. A callback that C keeps is never collected, nor
// is anything that it refers to, and most functions refer to their flow: so C is given call(), and
// the functions live as long as the JavaScript objects of their nodes, which live as long as that
// of the flow.
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

        const {fn, invoke} = bodies.get(node);
        const result = invoke(fn, node, run, task);
        if (typeof result?.then !== 'function')
            return result;
        watch(result, node, run, task);
        return undefined;
    } catch (error) {
        throw toGError(run, node, error);
    }
}

// The body of add(): one that returns nothing has succeeded.
function invokeSync(fn, node, run) {
    return fn(node, run) ?? true;
}

// The body of add_task().
function invokeTask(fn, node, run, task) {
    return fn(node, run, task);
}

// The function of node(), the result of which is that of the node.
function invokeFunction(fn, node, run, task) {
    const finish = value => {
        if (value !== undefined)
            run.set_result(node, value);
        task.return_boolean(true);
    };
    const value = fn(run, node, task.get_cancellable());

    return typeof value?.then === 'function' ? value.then(finish) : finish(value);
}

// An async function fails its node also later.
function watch(promise, node, run, task) {
    const mainLoop = GLib.MainContext.get_thread_default() === null;

    promise.then(undefined, error => {
        if (task && mainLoop)
            task.return_error(toGError(run, node, error));
    });
    if (!task)
        throw new TypeError('An async function cannot be a sync body: use flow.node()');
    if (!mainLoop)
        throw new Error('Promises need the main loop: use execute(), not execute_sync()');
}

// GJS gives errors to handlers only when it knows their domain, so what is thrown becomes a
// GFlow.FlowError, and is found again by the node of the run. Errors of a subflow are thrown in a
// run that nobody waits for, and arrive in one of those that were started here: there they are
// found by their text, and two with the same text get codes of their own.
const FLOW_ERROR = GLib.quark_from_string('g-flow-error-quark');
const FIRST_CODE = 0x10000;
let lastCode = FIRST_CODE;
let FAILED;

// The run[THROWN] of the runs that go on. It lives as long as its run: {byNode, byText}.
const running = new Set();

function thrownIn(run) {
    return run[THROWN] ??= {byNode: new Map(), byText: new Map()};
}

function toGError(run, node, value) {
    if (value instanceof GLib.Error)
        return value;
    const thrown = thrownIn(run);
    const others = running.has(thrown) ? [] : [...running];
    const make = code => new GLib.Error(FLOW_ERROR, code, describe(value));

    let error = make(FAILED);
    const taken = ({byText}) => {
        const other = byText.get(textOf(error));
        return other !== undefined && !Object.is(other.value, value);
    };
    if (others.some(taken)) {
        lastCode = lastCode < 0x7fffffff ? lastCode + 1 : FIRST_CODE;
        error = make(lastCode);
    }
    thrown.byNode.set(node, {text: textOf(error), value});
    for (const {byText} of others)
        byText.set(textOf(error), {value});
    return error;
}

function textOf(error) {
    return error instanceof GLib.Error && error.domain === FLOW_ERROR
        ? `${error.code} ${error.message}` : null;
}

// What was thrown, for an error of the node; or that error.
function fromGError(run, node, error) {
    const text = textOf(error);
    const {byNode, byText} = thrownIn(run);
    const thrown = byNode.get(node);

    if (thrown !== undefined && thrown.text === text)
        return thrown.value;
    return byText.has(text) ? byText.get(text).value : error;
}

// What ends a run is the error of the first node that fails.
function fromRunError(run, error) {
    const first = run.get_errors().get_item(0);
    return fromGError(run, first === null ? null : first.get_node(), error);
}

function begin(run) {
    running.add(thrownIn(run));
}

// Forgets what might have arrived in this run, and has not.
function end(run) {
    const {byText} = thrownIn(run);

    running.delete(thrownIn(run));
    if (byText.size === 0)
        return;
    const texts = new Set([...run.get_errors()].map(step => textOf(step.get_error())));
    for (const text of byText.keys()) {
        if (!texts.has(text))
            byText.delete(text);
    }
}

function describe(error) {
    try {
        return String(error?.message || error);
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

// Whether two lists without duplicates hold the same.
function same(a, b) {
    return a.length === b.length && a.every(item => b.includes(item));
}

function toArray(value) {
    return Array.isArray(value) ? value : [value ?? []].flat();
}

function _init() {
    const {Flow, FlowError, FlowGroup, FlowLock, FlowNode, FlowPlacement, FlowRun} = this;

    function refuseWorker(placement) {
        if (placement === FlowPlacement.WORKER) {
            throw new Error('JavaScript cannot run on a worker thread: ' +
                'leave the placement out, or ask for GFlow.FlowPlacement.CONTEXT');
        }
    }

    // Functions

    function adopt(node, fn, invoke) {
        bodies.set(node, {fn, invoke});
        node.set_placement(FlowPlacement.CONTEXT);
        return node;
    }

    const newForTask = FlowNode.new_for_task;
    for (const [name, invoke] of [['new', invokeSync], ['new_for_task', invokeTask]]) {
        const construct = FlowNode[name];
        FlowNode[name] = function (nodeName, fn) {
            if (typeof fn !== 'function')
                return construct.call(this, nodeName, fn);
            return adopt(construct.call(this, nodeName, call), fn, invoke);
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

    // C sees a closure of its own in each node.
    const sameUpstreams = (a, b) => same(...[a, b].map(node =>
        [...node.get_upstreams()].map(upstream => upstream.get_name())));

    function sameFunction(a, b) {
        const [bodyA, bodyB] = [bodies.get(a), bodies.get(b)];
        return bodyA?.fn === bodyB?.fn && bodyA?.invoke === bodyB?.invoke;
    }

    // What C compares better: nodes without a function, and without what they wait for.
    function rest(flow) {
        const others = flow.copy();
        for (const node of [...others]) {
            if (bodies.has(node))
                removeNode.call(others, node);
            else
                node.set_upstreams([]);
        }
        return others;
    }

    const equal = Flow.prototype.equal;
    Flow.prototype.equal = function (other) {
        const pairs = [...this].map(node => [node, other.lookup(node.get_name())]);
        const ours = pairs.filter(([node]) => bodies.has(node));

        if (ours.length === 0)
            return equal.call(this, other);
        return this.get_n_items() === other.get_n_items() &&
            pairs.every(([a, b]) => b !== null && sameFunction(a, b) && sameUpstreams(a, b)) &&
            ours.every(([a, b]) => a.run_when === b.run_when && a.priority === b.priority &&
                same([...a.get_locks()], [...b.get_locks()])) &&
            (ours.length === pairs.length || equal.call(rest(this), rest(other)));
    };

    // A node that is in no flow yet: for a group.
    this.node = function (options, fn) {
        if (typeof options === 'function')
            [options, fn] = [{}, options];
        const {name = null, upstream, lock, placement, ...properties} = options;
        refuseWorker(placement);
        if (typeof fn !== 'function')
            throw new TypeError('The body of a node must be a function');

        const node = adopt(newForTask.call(FlowNode, name, call), fn, invokeFunction);
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

    // Locks

    function checkPermits(permits) {
        if (!(permits >= 1))
            throw new RangeError(`A lock has at least one permit, not ${permits}`);
    }

    const newWithPermits = FlowLock.new_with_permits;
    FlowLock.new_with_permits = function (permits) {
        checkPermits(permits);
        return newWithPermits.call(this, permits);
    };

    const initLock = FlowLock.prototype._init;
    FlowLock.prototype._init = function (properties = {}) {
        checkPermits(properties.permits ?? 1);
        initLock.call(this, properties);
    };

    const setPermits = FlowLock.prototype.set_permits;
    FlowLock.prototype.set_permits = function (permits) {
        checkPermits(permits);
        setPermits.call(this, permits);
    };
    Object.defineProperty(FlowLock.prototype, 'permits', {
        configurable: true,
        enumerable: true,
        get() {
            return this.get_permits();
        },
        set(permits) {
            this.set_permits(permits);
        },
    });

    // Errors

    FAILED = FlowError.FAILED;

    const matches = FlowError.prototype.matches;
    FlowError.prototype.matches = function (domain, code) {
        return matches.call(this, domain,
            code === FAILED && this.code >= FIRST_CODE ? this.code : code);
    };

    FlowRun.prototype.error_of = function (node = null) {
        return node === null ? fromRunError(this, this.get_error())
            : fromGError(this, node, this.get_node_error(node));
    };

    // Running

    for (const {prototype} of [Flow, FlowRun, FlowLock])
        promisify(prototype, prototype.acquire ? 'acquire' : 'execute');

    const runExecute = FlowRun.prototype.execute;
    FlowRun.prototype.execute = function (cancellable = null, ...callback) {
        // A second time is an error, which must not take the first time its errors.
        if (running.has(this[THROWN]))
            return runExecute.call(this, cancellable, ...callback);
        if (callback.length > 0) {
            const [ready] = callback;
            runExecute.call(this, cancellable, (run, result) => {
                try {
                    ready(run, result);
                } finally {
                    end(run);
                }
            });
            begin(this);
            return undefined;
        }

        begin(this);
        return runExecute.call(this, cancellable).catch(error => {
            throw fromRunError(this, error);
        }).finally(() => end(this));
    };

    const runExecuteSync = FlowRun.prototype.execute_sync;
    FlowRun.prototype.execute_sync = function (cancellable = null) {
        begin(this);
        try {
            return runExecuteSync.call(this, cancellable);
        } catch (error) {
            throw fromRunError(this, error);
        } finally {
            end(this);
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
