// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

/* exported makePipelines */

// Executors: classes whose functions serve requests; and what is posted to them.

const {Gio, GLib, GObject} = imports.gi;
const {fromVariant, isDictionary, toVariant} = imports.overrides._gflowDocuments;
const {newGError, textOf} = imports.overrides._gflowErrors;

const MAX_STRAYS = 1000;

// The key of what serves the endpoints that nothing else does.
const DEFAULT = 'default';

// What C is given refers to no function of the application: see _gflowBodies.js. The functions are
// found by the class of the executor, and by the JavaScript objects of executors and posts.
const ENDPOINTS = Symbol('endpoints');
const FACTORY = Symbol('factory');
const FACTORIES = Symbol('factories');
const FUNCTIONS = Symbol('functions');
const SETUP_ERROR = Symbol('setup error');
const CALLBACKS = Symbol('callbacks');
const INPUTS = Symbol('inputs');
const RESPONSES = Symbol('responses');
const THROWN = Symbol('thrown');

function isPromise(value) {
    return typeof value?.then === 'function';
}

// {name, description, workspace} of an executor.
function setMetas(executor, metas) {
    for (const [name, value] of Object.entries(metas)) {
        if (!['name', 'description', 'workspace'].includes(name))
            throw new TypeError(`uses_metas: there is no “${name}”`);
        executor[name] = name === 'workspace' && typeof value === 'string'
            ? Gio.File.new_for_path(value) : value;
    }
}

// A member of an enumeration, also by its name.
function memberOf(enumeration, value, option) {
    const member = typeof value === 'string' ? enumeration[value.toUpperCase()] : value;

    if (typeof member !== 'number' || !Object.values(enumeration).includes(member))
        throw new TypeError(`${option}: there is no “${String(value)}”`);
    return member;
}

// documents: of makeDocuments(); assign, promisify, setUpNode: as in GFlow.js.
function makePipelines(GFlow, documents, {assign, promisify, setUpNode}) {
    const {
        Flow, FlowError, FlowExecutor, FlowNode, FlowPlacement, FlowPolling, FlowPost, FlowReducer,
        FlowRequest, FlowScheduling, FlowTap,
    } = GFlow;

    // Errors

    // A request may be copied on its way, so that what was thrown is found by the text of the error,
    // until the request is back.
    const strays = new Map();

    function toGError(value) {
        if (value instanceof GLib.Error)
            return value;
        const error = newGError(value,
            text => strays.has(text) && !Object.is(strays.get(text), value));

        strays.set(textOf(error), value);
        if (strays.size > MAX_STRAYS)
            strays.delete(strays.keys().next().value);
        return error;
    }

    // object: a request or a post, which keeps what it finds.
    function fromGError(object, error) {
        const text = textOf(error);

        if (text !== null && object[THROWN]?.text === text)
            return object[THROWN].value;
        if (!strays.has(text))
            return error;
        object[THROWN] = {text, value: strays.get(text)};
        strays.delete(text);
        return object[THROWN].value;
    }

    // Executors

    // What a function has returned becomes of the request.
    function leave(request, value) {
        if (value === undefined || value === null)
            return;
        if (value instanceof Gio.ListModel || Array.isArray(value))
            request.set_documents(documents.listOf(value));
        else if (value instanceof GLib.Variant || isDictionary(value))
            request.set_result(toVariant(value));
        else
            throw new TypeError(`${String(value)} was returned: it may be documents, or an object`);
    }

    // Calls a function, and returns on the task when it has returned, or its promise settles.
    function callOnTask(task, fn, leaveValue = () => {}, leaveError = () => {}) {
        const fail = error => {
            leaveError(error);
            task.return_error(toGError(error));
        };
        const succeed = value => {
            try {
                leaveValue(value);
            } catch (error) {
                fail(error);
                return;
            }
            task.return_boolean(true);
        };

        try {
            const value = fn();

            if (!isPromise(value)) {
                succeed(value);
            } else if (GLib.MainContext.get_thread_default() === null) {
                value.then(succeed, fail);
            } else {
                value.then(undefined, () => {});
                fail(new Error('Promises need the main loop: use no function that blocks'));
            }
        } catch (error) {
            fail(error);
        }
    }

    const servers = new Map();

    // What C calls for an endpoint, the same for all executors.
    function serverFor(endpoint) {
        if (!servers.has(endpoint)) {
            servers.set(endpoint, (executor, request, task) => {
                const fn = executor[ENDPOINTS].get(endpoint);
                const parameters = fromVariant(request.get_parameters());

                callOnTask(task, () => fn.call(executor, request.get_documents(), parameters, request,
                    task.get_cancellable()), value => leave(request, value));
            });
        }
        return servers.get(endpoint);
    }

    const {bind_task: bindTask} = FlowExecutor.prototype;

    // fn: a function, or the name of a method.
    function bindEndpoint(executor, endpoint, fn) {
        const method = typeof fn === 'string' ? executor[fn] : fn;

        if (typeof method !== 'function')
            throw new TypeError(`${endpoint}: ${executor.constructor.name} has no method “${fn}”`);
        executor[ENDPOINTS] ??= new Map();
        executor[ENDPOINTS].set(endpoint, method);
        bindTask.call(executor, endpoint === DEFAULT ? null : endpoint, serverFor(endpoint));
    }

    // Of an endpoint, or of all that have none: {preferred_batch_size, timeout}.
    function setBatchings(executor, batchings) {
        for (const [endpoint, batching] of Object.entries(batchings)) {
            const {preferred_batch_size: size, timeout = 0, ...others} = batching ?? {};
            const [unknown] = Object.keys(others);

            if (unknown !== undefined)
                throw new TypeError(`Batches of “${endpoint}” have no “${unknown}”`);
            for (const number of [size, timeout]) {
                if (!Number.isInteger(number) || number < 0) {
                    throw new TypeError(`Batches of “${endpoint}” have a preferred_batch_size and a ` +
                        `timeout, which are numbers, not “${String(number)}”`);
                }
            }
            executor.set_batching(endpoint === DEFAULT ? null : endpoint, size, timeout);
        }
    }

    function bindEndpointsOf(executor, klass) {
        if (klass === FlowExecutor || klass === null)
            return;
        bindEndpointsOf(executor, Object.getPrototypeOf(klass));
        if (Object.hasOwn(klass, 'endpoints')) {
            for (const [endpoint, fn] of Object.entries(klass.endpoints))
                bindEndpoint(executor, endpoint, fn);
        }
        if (Object.hasOwn(klass, 'dynamic_batching'))
            setBatchings(executor, klass.dynamic_batching);
    }

    const init = FlowExecutor.prototype._init;
    FlowExecutor.prototype._init = function (...args) {
        init.apply(this, args);
        bindEndpointsOf(this, this.constructor);
    };

    // setup() and teardown(), async or not, as what C calls in the context.
    function addStart(prototype, name) {
        const value = function (task) {
            delete this[SETUP_ERROR];
            callOnTask(task, () => this[name](task.get_cancellable()), undefined, error => {
                this[SETUP_ERROR] = {error};
            });
        };

        // Not by assignment, which asks for that of the parent class.
        Object.defineProperty(prototype, `vfunc_start_${name}`, {value, configurable: true});
    }

    FlowExecutor._classInit = function (klass) {
        const {prototype} = klass;
        const has = name => Object.hasOwn(prototype, name);

        for (const name of ['process', 'setup', 'teardown']) {
            if (has(`vfunc_${name}`)) {
                throw new Error(`JavaScript cannot run on a worker thread: vfunc_${name}() of ` +
                    `${klass.name} is not for it`);
            }
        }
        for (const name of ['setup', 'teardown']) {
            if (has(name) && !has(`vfunc_start_${name}`))
                addStart(prototype, name);
        }
        return GObject.Object._classInit.call(this, klass);
    };

    // Functions of the context, as for nodes.
    FlowExecutor.prototype.bind = function (endpoint, fn) {
        bindTask.call(this, endpoint, (executor, request, task) => {
            callOnTask(task, () => fn(executor, request, task.get_cancellable()));
        });
    };

    FlowExecutor.prototype.bind_task = function (endpoint, fn) {
        bindTask.call(this, endpoint, (executor, request, task) => {
            try {
                const value = fn(executor, request, task);

                if (isPromise(value))
                    value.then(undefined, error => task.return_error(toGError(error)));
            } catch (error) {
                throw toGError(error);
            }
        });
    };

    function callFactory(executor) {
        try {
            return executor[FACTORY](executor);
        } catch (error) {
            throw toGError(error);
        }
    }

    const setFactory = FlowExecutor.prototype.set_factory;
    FlowExecutor.prototype.set_factory = function (fn) {
        this[FACTORY] = fn;
        setFactory.call(this, fn === null ? null : callFactory);
    };

    // The flow holds the executor, in C, and the function may refer to the flow: so it is the JavaScript
    // object of the flow that has the function, which the executor finds by a weak reference.
    function keepFactory(flow, executor, make) {
        const group = new GObject.SignalGroup({target_type: Flow.$gtype});

        group.target = flow;
        flow[FACTORIES] ??= new Map();
        flow[FACTORIES].set(executor, make);
        executor.set_factory(() => {
            const factories = group.dup_target()?.[FACTORIES];

            if (factories === undefined)
                throw new Error('What makes others of this executor went with its flow');
            return factories.get(executor)();
        });
    }

    // What `uses` stands for; null lets the documents pass.
    function makeExecutor(flow, {uses = null, uses_with: usesWith, uses_metas: usesMetas = {},
        uses_requests: usesRequests = {}, uses_dynamic_batching: usesBatching = {}}) {
        const configure = executor => {
            if (!(executor instanceof FlowExecutor))
                throw new TypeError(`uses: ${String(executor)} is no executor`);
            setMetas(executor, usesMetas);
            for (const [endpoint, method] of Object.entries(usesRequests))
                bindEndpoint(executor, endpoint, method);
            setBatchings(executor, usesBatching);
            return executor;
        };
        const others = [usesWith, ...[usesMetas, usesRequests, usesBatching].flatMap(Object.keys)];

        if (uses === null) {
            if (others.some(other => other !== undefined))
                throw new TypeError('uses_with, uses_metas, uses_requests and ' +
                    'uses_dynamic_batching need uses');
            return null;
        }
        if (uses instanceof FlowExecutor) {
            if (usesWith !== undefined)
                throw new TypeError('uses_with: the executor has been made already');
            return configure(uses);
        }
        if (typeof uses !== 'function')
            throw new TypeError(`uses: ${String(uses)} is no class of executors`);

        const isClass = uses.prototype instanceof FlowExecutor;
        if (isClass && !Object.hasOwn(uses, '$gtype')) {
            throw new TypeError(`uses: ${uses.name} is not registered: ` +
                `GObject.registerClass(class ${uses.name} …)`);
        }
        const make = () => configure(isClass ? new uses(usesWith ?? {}) : uses(usesWith ?? {}));
        const executor = make();

        keepFactory(flow, executor, make);
        return executor;
    }

    // Nodes

    // The functions of nodes, {reducer, condition}. It is the JavaScript object of the flow that has them:
    // that of a node which C can call from is not collected before the node.
    function setFunction(flow, node, name, fn) {
        flow[FUNCTIONS] ??= new Map();
        flow[FUNCTIONS].set(node, {...flow[FUNCTIONS].get(node), [name]: fn});
        node.set_placement(FlowPlacement.CONTEXT);
    }

    const functionsOf = node => node.get_flow()[FUNCTIONS].get(node);

    const {copy} = Flow.prototype;
    Flow.prototype.copy = function () {
        const flow = copy.call(this);

        for (const [node, fns] of this[FUNCTIONS] ?? []) {
            flow[FUNCTIONS] ??= new Map();
            flow[FUNCTIONS].set(flow.lookup(node.name), fns);
        }
        return flow;
    };

    // A reducer is given lists of documents, one for each part, and returns documents.
    function reduce(node, request, parts) {
        try {
            const lists = Array.from({length: parts.get_n_items()}, (_, i) =>
                [...parts.get_item(i).get_documents()]);

            request.set_documents(documents.listOf(functionsOf(node).reducer(lists)));
            return true;
        } catch (error) {
            throw toGError(error);
        }
    }

    function check(node, document) {
        try {
            const answer = functionsOf(node).condition(document);

            if (isPromise(answer)) {
                answer.then(undefined, () => {});
                throw new TypeError('when: an async function cannot say at once where a document goes');
            }
            return !!answer;
        } catch (error) {
            throw toGError(error);
        }
    }

    // Of add(): what says how a node serves, checked before there is a node.
    function makeServing({uses_before: before = null, uses_after: after = null, polling, scheduling,
        reducer, when}, flow, executor) {
        if (executor === null && (before !== null || after !== null))
            throw new TypeError('uses_before and uses_after need uses');
        const [beforehand, afterwards] = [before, after].map(uses => makeExecutor(flow, {uses}));
        const pollings = isDictionary(polling) ? {'/search': 'ALL', '*': 'ANY', ...polling}
            : {'*': polling ?? null};
        const members = Object.entries(pollings).filter(([, value]) => value !== null)
            .map(([endpoint, value]) => [endpoint, memberOf(FlowPolling, value, 'polling')]);
        const turn = scheduling === undefined ? null
            : memberOf(FlowScheduling, scheduling, 'scheduling');
        const reduction = typeof reducer === 'function' || reducer === undefined ? null
            : memberOf(FlowReducer, reducer, 'reducer');
        const condition = isDictionary(when) ? toVariant(when) : null;

        if (reduction === FlowReducer.CUSTOM)
            throw new TypeError('reducer: a custom one is a function');
        if (condition !== null)
            FlowNode.new('when', null).set_condition(condition);
        else if (when !== undefined && typeof when !== 'function')
            throw new TypeError('when: it is an object, or a function of a document');

        return node => {
            if (beforehand !== null)
                node.set_before(beforehand);
            if (afterwards !== null)
                node.set_after(afterwards);
            for (const [endpoint, member] of members) {
                if (endpoint === '*')
                    node.set_polling(member);
                else
                    node.set_polling_for(endpoint, member);
            }
            if (turn !== null)
                node.set_scheduling(turn);
            if (typeof reducer === 'function') {
                setFunction(flow, node, 'reducer', reducer);
                node.set_reducer_func(reduce);
            } else if (reduction !== null) {
                node.set_reducer(reduction);
            }
            if (typeof when === 'function') {
                setFunction(flow, node, 'condition', when);
                node.set_condition_func(check);
            } else if (condition !== null) {
                node.set_condition(condition);
            }
        };
    }

    // Flows

    const namesOf = items => items.map(item => item instanceof FlowNode ? item.get_name() : item);

    // With a tap, {node, mode}: one that only looks on.
    function addExecutor(flow, options, tap = null) {
        const {
            uses, uses_with, uses_metas, uses_requests, uses_dynamic_batching, uses_before, uses_after,
            polling, scheduling, reducer, when, name = null, needs = null, lock, ...properties
        } = options;

        for (const property of Object.keys(properties)) {
            if (!(property in FlowNode.prototype))
                throw new TypeError(`A node has no property “${property}”`);
        }
        const executor = makeExecutor(flow,
            {uses, uses_with, uses_metas, uses_requests, uses_dynamic_batching});
        const serve = makeServing({uses_before, uses_after, polling, scheduling, reducer, when}, flow,
            executor);
        const node = tap !== null ? flow.add_tap(name, tap.node, executor, tap.mode)
            : flow.add_executor(name, executor, needs && namesOf([needs].flat()));
        serve(node);
        setUpNode(node, lock, properties);
    }

    // Returns the flow, for another one.
    const {add} = Flow.prototype;
    Flow.prototype.add = function (...args) {
        if (args.length > 0 && !isDictionary(args[0]))
            return add.apply(this, args);
        addExecutor(this, args[0] ?? {});
        return this;
    };

    Flow.prototype.tap = function (options) {
        const {node = null, mode = 'COLLECT', ...rest} = options;
        const tapped = typeof node === 'string' ? this.lookup(node) : node;

        if (node !== null && !(tapped instanceof FlowNode))
            throw new TypeError(`node: ${String(node)} is no node of this flow`);
        if ('needs' in rest)
            throw new TypeError('A tap has a node, not needs');
        addExecutor(this, rest, {node: tapped, mode: memberOf(FlowTap, mode, 'mode')});
        return this;
    };

    Flow.prototype.needs = function (needs, name = null) {
        this.add_join(name, namesOf([needs].flat()));
        return this;
    };

    Flow.prototype.needs_all = function (name = null) {
        this.add_join_all(name);
        return this;
    };

    for (const name of ['open', 'close'])
        promisify(Flow.prototype, name);

    // Says why, as it was thrown.
    function explain(flow, error) {
        if (error.matches?.(FlowError, FlowError.START_FAILED)) {
            const failed = [...flow].map(node => node.get_executor()?.[SETUP_ERROR])
                .find(failure => failure !== undefined);
            if (failed !== undefined)
                error.cause = failed.error;
        }
        return error;
    }

    const {open} = Flow.prototype;
    Flow.prototype.open = function (...args) {
        const opened = open.apply(this, args);

        return opened?.catch(error => {
            throw explain(this, error);
        });
    };

    // Posts

    function setUpPost(post, inputs, options) {
        const {
            on_done: onDone = null, on_error: onError = null, on_always: onAlways = null,
            parameters = null, ...properties
        } = options;

        for (const [property, value] of Object.entries(properties)) {
            if (!(property in post))
                throw new TypeError(`A post has no property “${property}”`);
            assign(post, property, value);
        }
        for (const [name, fn] of Object.entries({onDone, onError, onAlways})) {
            if (fn !== null && typeof fn !== 'function')
                throw new TypeError(`${name.replace('on', 'on_').toLowerCase()}: no function`);
        }
        if (parameters !== null && !(parameters instanceof GLib.Variant) && !isDictionary(parameters))
            throw new TypeError(`parameters: ${String(parameters)} is no object`);
        if (inputs !== undefined && inputs !== null) {
            const source = documents.source(inputs);

            post.set_source(source);
            if (source !== inputs)
                post[INPUTS] = source;
        }
        if (Array.isArray(inputs) && properties.n_total === undefined) {
            post.set_n_total(post.request_size === 0 ? Math.min(inputs.length, 1)
                : Math.ceil(inputs.length / post.request_size));
        }
        if (parameters !== null)
            post.set_parameters(toVariant(parameters));
        if (onDone !== null)
            post.set_done_func((_, request) => onDone(request));
        post.set_error_func((_, request) => onError?.(request));
        if (onAlways !== null)
            post.set_always_func((_, request) => onAlways(request));
    }

    const {post: newPost} = Flow.prototype;
    Flow.prototype.post = function (endpoint, inputs = null, options = {}) {
        const post = newPost.call(this, endpoint);

        setUpPost(post, inputs, options);
        return post;
    };

    for (const name of ['index', 'search', 'update', 'delete']) {
        Flow.prototype[name] = function (...args) {
            return this.post(`/${name}`, ...args);
        };
    }

    // That of errors is always there: it sees what was thrown before the post is rejected with it.
    for (const name of ['done', 'error', 'always']) {
        const setFunc = FlowPost.prototype[`set_${name}_func`];
        const call = (post, request) => {
            if (name === 'error')
                post[THROWN] ??= {text: textOf(request.get_error()), value: request.error_of()};
            try {
                const value = post[CALLBACKS][name]?.(post, request);

                if (isPromise(value)) {
                    value.then(undefined, () => {});
                    throw new TypeError(`What is called for “${name}” cannot be async: use “for await”`);
                }
                return true;
            } catch (error) {
                throw toGError(error);
            }
        };

        FlowPost.prototype[`set_${name}_func`] = function (fn) {
            this[CALLBACKS] ??= {};
            this[CALLBACKS][name] = fn;
            setFunc.call(this, call);
        };
    }

    function fromPostError(post, error) {
        const thrown = fromGError(post, error);
        const from = post.get_source();

        return thrown === error && from !== null ? documents.errorOf(from, error) : thrown;
    }

    for (const name of ['run', 'next', 'collect']) {
        promisify(FlowPost.prototype, name);
        const promised = FlowPost.prototype[name];
        FlowPost.prototype[name] = function (...args) {
            const promise = promised.apply(this, args);

            return promise?.catch(error => {
                closeInputs(this);
                throw fromPostError(this, error);
            });
        };

        const blocking = FlowPost.prototype[`${name}_sync`];
        FlowPost.prototype[`${name}_sync`] = function (cancellable = null) {
            try {
                return blocking.call(this, cancellable);
            } catch (error) {
                closeInputs(this);
                throw fromPostError(this, error);
            }
        };
    }

    // The stream is over before its inputs are.
    function closeInputs(post) {
        if (post[INPUTS] !== undefined)
            documents.closeSource(post[INPUTS]);
    }

    // A post is a promise of the responses, and begins when somebody asks for them.
    FlowPost.prototype.then = function (...args) {
        this[RESPONSES] ??= this.collect().then(responses => [...responses]);
        return this[RESPONSES].then(...args);
    };
    for (const name of ['catch', 'finally']) {
        FlowPost.prototype[name] = function (...args) {
            return Promise.prototype[name].apply(this.then(), args);
        };
    }

    // Who leaves the loop early cancels what is under way, and waits for it.
    FlowPost.prototype[Symbol.asyncIterator] = async function* () {
        let over = false;

        try {
            // eslint-disable-next-line no-await-in-loop
            for (let response; (response = await this.next()) !== null;)
                yield response;
            over = true;
        } finally {
            if (!over) {
                this.cancel();
                // eslint-disable-next-line no-await-in-loop
                while (await this.next().catch(() => null) !== null)
                    ;
                closeInputs(this);
            }
        }
    };

    // Requests

    // The parameters, as an object.
    FlowRequest.prototype.to_parameters = function () {
        return fromVariant(this.get_parameters());
    };

    // What the executor of a node has left beside the documents.
    FlowRequest.prototype.result = function (name) {
        const result = this.dup_result(name);

        return result === null ? null : fromVariant(result);
    };

    FlowRequest.prototype.error_of = function () {
        return fromGError(this, this.get_error());
    };
}
