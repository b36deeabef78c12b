// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

/* exported makeBodies */

// The functions of nodes, and how each is called.

const {Gio, GLib, GObject} = imports.gi;
const System = imports.system;
const {toGError} = imports.overrides._gflowErrors;

// All in one function: what is outside of functions is looked up by name, in modules like this one,
// and doubles the time that a node takes.
// completeNode: of C.
function makeBodies(Flow, boxItem, completeNode) {
    // A callback that C keeps is never collected, nor is anything that it refers to, and most functions
    // refer to their flow: so C is given callCommon() or callTask(), and the functions live here, as long
    // as the JavaScript objects of their nodes, which live as long as that of the flow.
    //
    // Of each node {fn, call, node}: the function, and how it is called. Those of flow.node() also
    // have `upstream`: null, or what an argument is made of, [[key, node or name], …].
    const bodies = new WeakMap();

    // To find a JavaScript object for one of C takes as long as all else that a node does: so C gives
    // numbers. A flow has its bodies by number, and runs have theirs until they have ended.
    const BY_NUMBER = Symbol('by number');
    const NOWHERE = {number: 0};
    const entered = new Map();
    let current = NOWHERE;

    function byNumber(flow) {
        return flow[BY_NUMBER] ??= new Map();
    }

    function enter(number) {
        let there = entered.get(number);
        if (there === undefined) {
            const [, run] = Flow.get_common_call();
            there = {number, run, found: byNumber(run.get_flow())};
            entered.set(number, there);
        }
        return current = there;
    }

    function leave(number) {
        entered.delete(number);
        if (current.number === number)
            current = NOWHERE;
        return true;
    }

    // A node that C has made, for an item of a map for example, or added.
    function find(found, number) {
        const [node, run] = Flow.get_common_call();
        const body = bodies.get(node) ?? {...bodyOf(node, run), node};
        body.number = number;
        found.set(number, body);
        return body;
    }

    function addTo(flow, node) {
        const body = bodies.get(node);
        if (body?.number !== undefined)
            byNumber(flow).set(body.number, body);
    }

    function removeFrom(flow, node) {
        flow[BY_NUMBER]?.delete(bodies.get(node)?.number);
    }

    // The body of all nodes but those of flow.add_task().
    function callCommon(nodeNumber, runNumber) {
        if (nodeNumber === 0)
            return leave(runNumber);
        spend(CALL);
        try {
            const {run, found} = runNumber === current.number ? current : enter(runNumber);
            const body = found.get(nodeNumber) ?? find(found, nodeNumber);

            return body.call(body, run);
        } catch (error) {
            const [node, run] = Flow.get_common_call();
            throw toGError(run, node, error);
        }
    }
    Flow.set_common_func(callCommon);

    function bodyOf(node, run) {
        const body = bodies.get(node) ?? bodies.get(run.get_parent_node());

        if (body === undefined)
            throw new Error(`The function of node “${node.name}” is gone`);
        return body;
    }

    // The function of flow.add(): one that returns nothing has succeeded.
    function callSync({fn, node}, run) {
        const result = fn(node, run);

        if (isPromise(result)) {
            result.then(undefined, () => {});
            throw new TypeError('An async function cannot be a sync body: use flow.node()');
        }
        return result ?? true;
    }

    // The body of flow.add_task(): an async one can also fail later.
    function callTask(node, run, task) {
        spend(CALL_THAT_WAITS);
        try {
            const result = bodyOf(node, run).fn(node, run, task);

            if (isPromise(result)) {
                result.then(undefined, error => {
                    task.return_error(toGError(run, node, error));
                });
                needMainLoop(result);
            }
        } catch (error) {
            throw toGError(run, node, error);
        }
    }

    // That of flow.node(): what the function returns, or its promise resolves to, is the result.
    function callFunction({fn, node, upstream}, run) {
        return finish(run, node, upstream === null ? callPlain(fn, run, node)
            : callWithArgument(fn, collectResults(run, upstream), run, node));
    }

    // That of flow.map(), for each item.
    function callItem({fn, node}, run) {
        return finish(run, node, callWithArgument(fn, run.get_map_item(node), run, node));
    }

    function finish(run, node, value) {
        if (isPromise(value))
            return follow(value, run, node);
        setResult(run, node, value);
        return true;
    }

    // The items of flow.map(): an iterable, a function that returns one, or the result of the first
    // upstream.
    function makeItems(node, run) {
        try {
            const {items} = bodyOf(node, run);
            const upstream = node.get_upstreams().get_item(0);
            const found = typeof items === 'function' ? items(run, node)
                : items ?? (upstream && run.get_result(upstream));
            if (typeof found?.[Symbol.iterator] !== 'function')
                throw new TypeError(`“${node.name}” needs a list of items`);

            const store = Gio.ListStore.new(GObject.Object);
            const isKept = run.get_journal() !== null;
            for (const item of found)
                store.append(item instanceof GObject.Object ? item : boxItem(item, isKept));
            return store;
        } catch (error) {
            throw toGError(run, node, error);
        }
    }

    // A cancellable costs more than all else: those who ask for it have it.
    function callPlain(fn, run, node) {
        return fn.length < 3 ? fn(run, node) : fn(run, node, run.get_node_cancellable(node));
    }

    function callWithArgument(fn, argument, run, node) {
        return fn.length < 4 ? fn(argument, run, node)
            : fn(argument, run, node, run.get_node_cancellable(node));
    }

    function collectResults(run, upstream) {
        const results = {};

        for (const [key, node] of upstream)
            results[key] = run.get_result(typeof node === 'string' ? run.flow.lookup(node) : node);
        return results;
    }

    function setResult(run, node, value) {
        // What was never set is null.
        if (value !== undefined && value !== null)
            run.set_result(node, value);
    }

    function isPromise(value) {
        return typeof value?.then === 'function';
    }

    // Of a run: {node, promise} of those that wait. A node may have been ended otherwise, and even
    // have begun anew, before its promise settles.
    const WAITING = Symbol('waiting');

    function startWaiting(run, promise) {
        needMainLoop(promise);
        return run[WAITING] = new Map();
    }

    // The node ends as the promise does. Returns false: it has not ended yet.
    function follow(promise, run, node) {
        spend(CALL_THAT_WAITS);

        const waiting = run[WAITING] ?? startWaiting(run, promise);
        const fail = error => {
            if (waiting.get(node) === promise)
                run.fail_node(node, error);
        };
        waiting.set(node, promise);
        promise.then(value => {
            if (waiting.get(node) !== promise)
                return;
            try {
                setResult(run, node, value);
            } catch (error) {
                fail(error);
                return;
            }
            waiting.delete(node);
            completeNode.call(run, node);
        }, fail);
        return false;
    }

    // What a promise still does is of no consequence.
    function forget(run, node) {
        run[WAITING]?.delete(node);
    }

    function needMainLoop(promise) {
        if (GLib.MainContext.get_thread_default() !== null) {
            promise.then(undefined, () => {});
            throw new Error('Promises need the main loop: use execute(), not execute_sync()');
        }
    }

    // Before 1.81.90, GJS refuses all callbacks while a collection that was interrupted waits to go on,
    // and without callbacks it never does. Collections that are asked for are not interrupted, and keep
    // the garbage below what the engine would collect piecemeal. What a call leaves behind:
    const CALL = 1;
    const CALL_THAT_WAITS = 16;
    const SPENT_PER_COLLECTION = System.version < 18190 ? 64000 : Infinity;
    let spent = 0;

    function spend(garbage) {
        spent += garbage;
        if (spent >= SPENT_PER_COLLECTION) {
            spent = 0;
            System.gc();
        }
    }

    return {bodies, callSync, callTask, callFunction, callItem, makeItems, forget, addTo, removeFrom};
}
