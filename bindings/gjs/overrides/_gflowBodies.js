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
function makeBodies(boxItem, completeNode) {
    // A callback that C keeps is never collected, nor is anything that it refers to, and most functions
    // refer to their flow: so C is given one of the three functions below, and the functions live here,
    // as long as the JavaScript objects of their nodes, which live as long as that of the flow.
    //
    // Of each node {fn, call}: the function, and which of the three calls it. Those of flow.node() also
    // have `upstream`: null, or what an argument is made of, [[key, node or name], …].
    const bodies = new WeakMap();

    function bodyOf(node, run) {
        const body = bodies.get(node) ?? bodies.get(run.get_parent_node());

        if (body === undefined)
            throw new Error(`The function of node “${node.name}” is gone`);
        return body;
    }

    // The body of flow.add(): one that returns nothing has succeeded.
    function callSync(node, run) {
        spend(CALL);
        try {
            const result = bodyOf(node, run).fn(node, run);

            if (isPromise(result)) {
                result.then(undefined, () => {});
                throw new TypeError('An async function cannot be a sync body: use flow.node()');
            }
            return result ?? true;
        } catch (error) {
            throw toGError(run, node, error);
        }
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

    // The body of flow.node(): what the function returns, or its promise resolves to, is the result.
    function callFunction(node, run) {
        spend(CALL);
        try {
            const {fn, upstream} = bodyOf(node, run);
            const value = upstream === null ? callPlain(fn, run, node) :
                callWithResults(fn, collectResults(run, upstream), run, node);

            if (isPromise(value))
                return follow(value, run, node);
            setResult(run, node, value);
            return true;
        } catch (error) {
            throw toGError(run, node, error);
        }
    }

    // The body of each item of flow.map(), by the node of the map.
    function callItem(node, run) {
        spend(CALL);
        try {
            const {fn} = bodyOf(node, run);
            const item = run.get_map_item(node);
            const value = fn.length < 4 ? fn(item, run, node)
                : fn(item, run, node, run.get_node_cancellable(node));

            if (isPromise(value))
                return follow(value, run, node);
            setResult(run, node, value);
            return true;
        } catch (error) {
            throw toGError(run, node, error);
        }
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

    function callWithResults(fn, results, run, node) {
        return fn.length < 4 ? fn(results, run, node)
            : fn(results, run, node, run.get_node_cancellable(node));
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

    return {bodies, callSync, callTask, callFunction, callItem, makeItems, forget};
}
