// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

/* exported _init */

// What JavaScript adds to the C API, and no more:
//
//  * functions run in the context, never on a worker: flow.add(), flow.add_task(),
//    GFlow.FlowNode.new() and new_for_task() take them as in C;
//  * flow.node({name, upstream, lock, …}, fn) makes a node of any function, async or not:
//    fn(run, node, cancellable) returns its result, of any type, or throws; GFlow.node() makes one
//    for a group. The other options are properties of the node. With an object as `upstream`,
//    flow.node({upstream: {a: first, b: second}}, ({a, b}, run, node, cancellable) => …), the
//    function is given the results of those nodes. Only a function that names the cancellable
//    among its parameters is given one; others have run.get_node_cancellable(node);
//  * GFlow.series(…) and GFlow.parallel(…) make groups of nodes and groups;
//  * `await flow.plot('plan.svg')`: a path does where C wants a Gio.File;
//  * `await flow.execute()`, `await run.execute()`, `await lock.acquire()`,
//    `await history.load(file)`, `await history.save(file)`: what a function of the
//    flow has thrown is what the promise is rejected with;
//  * `for await (const {node, state, reason, error} of run)` executes a run, and tells of each node
//    when it has ended. Whoever leaves the loop early cancels the run;
//  * `error` handlers, run.error, run.get_node_error(node) and steps have a GFlow.FlowError.FAILED
//    with its message: run.error_of(node) is what the node has thrown, and run.error_of() what has
//    ended the run; each is the GLib.Error if it was not thrown by JavaScript, or null;
//  * run.result(node), `for (const node of flow)`, and `for (const step of run)`, which, unlike the
//    loop with `await`, executes nothing, and gives all GFlow.FlowStep objects at once;
//  * flow.map({name, items, upstream, max_parallel, lock, …}, fn): fn(item, run, node, cancellable) is
//    called for each item of an iterable, or of what a function returns, or of the result of the first
//    upstream; the result is the array of what it returned. The other options are for each item;
//  * `await run.ask(node, 'Overwrite?', {choices: ['yes', 'no'], default: 'no'})`, of which handlers of
//    `ask` take the question: they return true, and call question.answer('yes') then or later;
//  * run.spawn(node, flow, {properties of the run}), and `await subrun.wait()`, which resolves to the
//    run, for any run that was started;
//  * run.select(node, a, b): several branches at once, nodes or names; run.select(node) for none;
//  * GFlow.document(value) makes a document of a string, bytes, or an object; to_object() is the way
//    back. GFlow.source(inputs) makes a source of anything that can be iterated, also with await,
//    and of functions that return such; `for (const document of source)`, with and without await;
//    `await source.next(n)`, `await writer.write(documents)`, `await writer.close()`;
//  * classes of executors have `static endpoints`, {'/search'(docs, parameters, request, cancellable) …},
//    and setup() and teardown(), all async or not; flow.add({uses, name, needs, uses_with, …}) adds one,
//    flow.tap({uses, node, mode}) one that only looks on, flow.needs([…]) and flow.needs_all() join them: these
//    return the flow; `await flow.open()`, and
//    `await flow.close()`; `await flow.post('/search', inputs, {parameters, on_done, …})` is the list of the
//    responses, and `for await (const response of flow.post(…))` gives them one by one;
//    response.result(name), and response.error_of(), which is what was thrown;
//  * flow.equal() compares the functions.
//
// What no collector can see: a run keeps its flow, in C. So a function that refers to a run of its
// own flow keeps both for good, as does a handler that is connected to a node and refers to its flow.

const {Gio, GLib} = imports.gi;
const {makeBodies} = imports.overrides._gflowBodies;
const {isDictionary, makeDocuments} = imports.overrides._gflowDocuments;
const errors = imports.overrides._gflowErrors;
const {makePipelines} = imports.overrides._gflowPipeline;
const results = imports.overrides._gflowResults;
const {iterate} = imports.overrides._gflowSteps;

const KEPT = Symbol('kept');

function keep(owner, object) {
    owner[KEPT] ??= new Set();
    owner[KEPT].add(object);
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

// Whether two lists without duplicates hold the same.
function same(a, b) {
    return a.length === b.length && a.every(item => b.includes(item));
}

function nameOf(node) {
    return typeof node === 'string' ? node : node.get_name();
}

function checked(item, type, option, complaint) {
    if (!(item instanceof type))
        throw new TypeError(`${option}: ${item} is ${complaint}`);
    return item;
}

// Sets a property, but to no other number than was asked for.
function assign(object, property, value) {
    const isNumber = typeof object[property] === 'number';

    if (isNumber && typeof value !== 'number')
        throw new TypeError(`${property}: ${String(value)} is no number`);
    object[property] = value;
    if (isNumber && object[property] !== value)
        throw new RangeError(`${property}: cannot be ${value}`);
}

function toArray(value) {
    return Array.isArray(value) ? value : [value ?? []].flat();
}

function _init() {
    const {
        Flow, FlowError, FlowGroup, FlowHistory, FlowLock, FlowNode, FlowPlacement, FlowQuestion,
        FlowRun, FlowRunState, FlowValues,
    } = this;

    const completeNode = FlowRun.prototype.complete_node;
    const {boxItem} = results.setUp(FlowRun, FlowValues);
    const {
        bodies, callFunction, callItem, callSync, callTask, makeItems, forget, addTo, removeFrom,
    } = makeBodies(Flow, boxItem, completeNode);

    const documents = makeDocuments(this);
    Object.assign(this, {document: documents.document, source: documents.source});
    errors.setUp(FlowError);

    function refuseWorker(placement) {
        // What is no member of the enumeration would become its first one, which is WORKER.
        if (placement !== undefined && placement !== FlowPlacement.CONTEXT) {
            throw new Error('JavaScript cannot run on a worker thread: ' +
                'leave the placement out, or ask for GFlow.FlowPlacement.CONTEXT');
        }
    }

    // For other languages, and for what has used it.
    for (const [name, reason] of Object.entries({
        set_common_func: 'the function is there',
        set_worker_func: 'JavaScript cannot run on a worker thread',
        work: 'JavaScript cannot run on a worker thread',
    })) {
        Flow[name] = () => {
            throw new Error(`Flow.${name}() is for bindings: ${reason}`);
        };
    }

    // Functions

    function newNode(name, body) {
        const [node, number] = FlowNode.new_common(name);
        bodies.set(node, {...body, node, number});
        node.set_can_defer(body.call !== callSync);
        return node;
    }

    const {new: newJoin, new_for_task: newTask} = FlowNode;
    FlowNode.new = function (name, fn) {
        return typeof fn === 'function' ? newNode(name, {fn, call: callSync})
            : newJoin.call(this, name, fn);
    };
    FlowNode.new_for_task = function (name, fn) {
        if (typeof fn !== 'function')
            return newTask.call(this, name, fn);
        const node = newTask.call(this, name, callTask);
        bodies.set(node, {fn, call: callTask});
        return node;
    };

    const constructors = {add: 'new', add_task: 'new_for_task'};
    for (const name of Object.keys(constructors)) {
        const add = Flow.prototype[name];
        Flow.prototype[name] = function (nodeName, fn) {
            if (typeof fn !== 'function')
                return add.call(this, nodeName, fn);
            // Not add(): GJS would tie the callback to this flow, and a node can move to another.
            const node = FlowNode[constructors[name]](nodeName, fn);
            this.add_node(node);
            return node;
        };
    }

    const addNode = Flow.prototype.add_node;
    Flow.prototype.add_node = function (node) {
        const result = addNode.call(this, node);
        keep(this, node);
        addTo(this, node);
        return result;
    };

    for (const [klass, name] of [
        [Flow, 'add_group'],
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
        removeFrom(this, node);
        return result;
    };

    // The nodes whose results it is given are those of the copy.
    function copyBody(body, flow, node) {
        const upstream = body.upstream?.map(([key, other]) =>
            [key, flow.lookup(nameOf(other)) ?? other]);
        return {...body, upstream: upstream ?? null, node, number: undefined};
    }

    const copy = Flow.prototype.copy;
    Flow.prototype.copy = function () {
        const flow = copy.call(this);
        let position = 0;
        for (const node of this) {
            const twin = flow.get_item(position++);
            if (bodies.has(node)) {
                bodies.set(twin, copyBody(bodies.get(node), flow, twin));
                keep(flow, twin);
            }
        }
        return flow;
    };

    // C sees a closure of its own in each node.
    const sameUpstreams = (a, b) => same(...[a, b].map(node =>
        [...node.get_upstreams()].map(upstream => upstream.get_name())));

    const keys = body => body?.upstream?.map(([key, node]) => [key, nameOf(node)]);

    function sameFunction(a, b) {
        const [bodyA, bodyB] = [bodies.get(a), bodies.get(b)];
        return bodyA?.fn === bodyB?.fn && bodyA?.call === bodyB?.call &&
            JSON.stringify(keys(bodyA)) === JSON.stringify(keys(bodyB));
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

    function addUpstreams(node, upstreams) {
        for (const item of upstreams) {
            if (typeof item === 'string')
                node.add_upstream_by_name(item);
            else
                node.add_upstream(checked(item, FlowNode, 'upstream', 'neither a node nor a name'));
        }
    }

    function setUp(node, lock, properties) {
        for (const item of toArray(lock))
            node.add_lock(checked(item, FlowLock, 'lock', 'no GFlow.FlowLock'));
        for (const [property, value] of Object.entries(properties)) {
            if (!(property in node))
                throw new TypeError(`A node has no property “${property}”`);
            assign(node, property, value);
        }
    }

    function checkOptions(options) {
        if (!isDictionary(options)) {
            throw new TypeError('The options of a node are an object, {name, upstream, …}, ' +
                `not ${String(options)}`);
        }
    }

    // A node that is in no flow yet: for a group.
    this.node = function (options, fn) {
        if (typeof options === 'function' && fn === undefined)
            [options, fn] = [{}, options];
        if (typeof fn !== 'function')
            throw new TypeError('The body of a node must be a function, after its options');
        checkOptions(options);
        const {name = null, upstream, lock, placement, ...properties} = options;
        refuseWorker(placement);

        const named = isDictionary(upstream) ? Object.entries(upstream) : null;
        const node = newNode(name, {fn, call: callFunction, upstream: named});
        addUpstreams(node, named?.map(([, value]) => value) ?? toArray(upstream));
        setUp(node, lock, properties);
        return node;
    };

    const makeNode = this.node;
    Flow.prototype.node = function (options, fn) {
        const node = makeNode(options, fn);
        this.add_node(node);
        return node;
    };

    // Maps: what is run for the items are copies, so that their functions are found by the map.
    const addMap = Flow.prototype.add_map;
    Flow.prototype.add_map = function (name, each, maxParallel = 0) {
        const node = addMap.call(this, name, each, maxParallel);
        if (bodies.has(each)) {
            bodies.set(node, bodies.get(each));
            keep(this, node);
        }
        return node;
    };

    Flow.prototype.map = function (options, fn) {
        if (typeof fn !== 'function')
            throw new TypeError('What is to be called for each item must be a function');
        checkOptions(options);
        const {
            name = null, items = null, upstream, max_parallel: maxParallel = 0, lock, placement,
            ...properties
        } = options;
        if (placement !== undefined)
            refuseWorker(placement);

        const each = newNode(null, {fn, call: callItem, upstream: null, items});
        setUp(each, lock, properties);
        const node = this.add_map(name, each, maxParallel);
        node.set_items_func(makeItems);
        addUpstreams(node, toArray(upstream));
        return node;
    };

    for (const [name, type] of [['series', 'new_series'], ['parallel', 'new_parallel']]) {
        this[name] = function (...items) {
            const group = FlowGroup[type]();

            for (const item of items) {
                if (item instanceof FlowGroup)
                    group.append_group(item);
                else
                    group.append_node(item);
            }
            return group;
        };
    }

    // Placement

    const setPlacement = FlowNode.prototype.set_placement;
    FlowNode.prototype.set_placement = function (placement) {
        if (bodies.has(this))
            refuseWorker(placement);
        setPlacement.call(this, placement);
    };
    // What JavaScript gives is called in the context.
    for (const name of ['set_condition_func', 'set_reducer_func']) {
        const set = FlowNode.prototype[name];

        FlowNode.prototype[name] = function (func) {
            setPlacement.call(this, FlowPlacement.CONTEXT);
            set.call(this, func);
        };
    }
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

    const setProperty = FlowNode.prototype.set_property;
    FlowNode.prototype.set_property = function (name, value) {
        if (name === 'placement')
            this.set_placement(value);
        else
            setProperty.call(this, name, value);
    };

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

    const release = FlowLock.prototype.release;
    FlowLock.prototype.release = function () {
        if (this.get_in_use() === 0)
            throw new Error('The lock is not held by anybody');
        release.call(this);
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

    FlowRun.prototype.error_of = function (node = null) {
        return node === null ? errors.fromRunError(this, this.get_error())
            : errors.fromGError(this, node, this.get_node_error(node));
    };

    // Questions

    function toVariant(value) {
        switch (typeof value) {
        case 'string':
            return new GLib.Variant('s', value);
        case 'number':
            return new GLib.Variant('d', value);
        case 'boolean':
            return new GLib.Variant('b', value);
        default:
            return value ?? null;
        }
    }

    const answer = FlowQuestion.prototype.answer;
    FlowQuestion.prototype.answer = function (value) {
        answer.call(this, toVariant(value));
    };

    FlowRun.prototype.ask = function (node, question, options = {}) {
        const {choices = null, default: defaultAnswer} = options;
        const asked = typeof question === 'string'
            ? FlowQuestion.new(question, choices, toVariant(defaultAnswer)) : question;
        return new Promise((resolve, reject) => {
            this.ask_question(node, asked, (_, result) => {
                try {
                    resolve(this.ask_question_finish(result).recursiveUnpack());
                } catch (error) {
                    reject(error);
                }
            });
        });
    };

    // Growing, and branches

    FlowRun.prototype.spawn = function (node, subflow, properties = {}) {
        const subrun = new FlowRun({flow: subflow, parameters: this.parameters, ...properties});
        this.spawn_run(node, subrun);
        return subrun;
    };

    FlowRun.prototype.wait = function () {
        return new Promise((resolve, reject) => {
            const settle = () => {
                const error = this.get_error();

                if (error === null)
                    resolve(this);
                else
                    reject(errors.fromRunError(this, error));
            };
            if (this.get_state() !== FlowRunState.RUNNING) {
                settle();
                return;
            }
            const handler = this.connect('always', () => {
                this.disconnect(handler);
                settle();
            });
        });
    };

    function find(flow, item) {
        if (typeof item !== 'string')
            return item;
        const node = flow.lookup(item);
        if (node === null)
            throw new Error(`“${item}” is no node of the flow`);
        return node;
    }

    const select = FlowRun.prototype.select;
    FlowRun.prototype.select = function (node, ...downstreams) {
        for (const item of downstreams.length > 0 ? downstreams : [null])
            select.call(this, node, find(this.flow, item));
    };

    FlowRun.prototype.complete_node = function (node) {
        forget(this, node);
        completeNode.call(this, node);
    };

    const failNode = FlowRun.prototype.fail_node;
    FlowRun.prototype.fail_node = function (node, error) {
        forget(this, node);
        failNode.call(this, node, errors.toGError(this, node, error));
    };

    // Running

    const initRun = FlowRun.prototype._init;
    FlowRun.prototype._init = function (properties = {}) {
        checked(properties.flow, Flow, 'flow', 'no GFlow.Flow');
        initRun.call(this, properties);
    };

    for (const {prototype} of [Flow, FlowRun, FlowLock])
        promisify(prototype, prototype.acquire ? 'acquire' : 'execute');

    const toFile = file => typeof file === 'string' ? Gio.File.new_for_path(file) : file;

    Gio._promisify(Flow.prototype, 'plot', 'plot_finish');
    const flowPlot = Flow.prototype.plot;
    Flow.prototype.plot = function (file, run = null, cancellable = null, ...callback) {
        return flowPlot.call(this, toFile(file), run, cancellable, ...callback);
    };

    const flowPlotSync = Flow.prototype.plot_sync;
    Flow.prototype.plot_sync = function (file, run = null, cancellable = null) {
        return flowPlotSync.call(this, toFile(file), run, cancellable);
    };

    const runExecute = FlowRun.prototype.execute;
    FlowRun.prototype.execute = function (cancellable = null, ...callback) {
        // A second time is an error, which must not take the first time its errors.
        if (errors.isRunning(this))
            return runExecute.call(this, cancellable, ...callback);
        if (callback.length > 0) {
            const [ready] = callback;
            runExecute.call(this, cancellable, (run, result) => {
                try {
                    ready(run, result);
                } finally {
                    errors.end(run);
                }
            });
            errors.begin(this);
            return undefined;
        }

        errors.begin(this);
        return runExecute.call(this, cancellable).catch(error => {
            throw errors.fromRunError(this, error);
        }).finally(() => errors.end(this));
    };

    const runExecuteSync = FlowRun.prototype.execute_sync;
    FlowRun.prototype.execute_sync = function (cancellable = null) {
        errors.begin(this);
        try {
            return runExecuteSync.call(this, cancellable);
        } catch (error) {
            throw errors.fromRunError(this, error);
        } finally {
            errors.end(this);
        }
    };

    const flowExecute = Flow.prototype.execute;
    Flow.prototype.execute = function (cancellable = null, ...callback) {
        if (callback.length > 0)
            return flowExecute.call(this, cancellable, ...callback);

        const run = FlowRun.new(this);
        return run.execute(cancellable).then(() => run);
    };

    Flow.prototype.execute_sync = function (cancellable = null) {
        const run = FlowRun.new(this);
        run.execute_sync(cancellable);
        return run;
    };

    // Histories

    for (const name of ['load', 'save']) {
        Gio._promisify(FlowHistory.prototype, name, `${name}_finish`);
        const promised = FlowHistory.prototype[name];
        FlowHistory.prototype[name] = function (file, cancellable = null, ...callback) {
            return promised.call(this, file, cancellable, ...callback);
        };
    }

    // Steps

    const setNodeProgress = FlowRun.prototype.set_node_progress;
    FlowRun.prototype.set_node_progress = function (node, fraction = -1, message = null) {
        setNodeProgress.call(this, node, fraction, message);
    };

    // Pipelines

    makePipelines(this, documents, {assign, promisify, setUpNode: setUp});

    // Iteration

    FlowRun.prototype[Symbol.asyncIterator] = function () {
        return iterate(this);
    };

    for (const {prototype} of [Flow, FlowRun]) {
        prototype[Symbol.iterator] = function* () {
            for (let i = 0, item; (item = this.get_item(i)) !== null; i++)
                yield item;
        };
    }
}
