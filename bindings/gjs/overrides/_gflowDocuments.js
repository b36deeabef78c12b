// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

/* exported makeDocuments, toVariant, fromVariant, isDictionary */

// Documents, and where they come from, of JavaScript's own values.

const {Gio, GLib} = imports.gi;

const AT_ONCE = 100; // documents, where nobody says how many
const ITERATOR = Symbol('iterator');
const THROWN = Symbol('thrown');
const FLOW_ERROR = GLib.quark_from_string('g-flow-error-quark');

// The GVariant of a tag: of the types that JSON has, and bytes.
function toVariant(value) {
    if (value instanceof GLib.Variant)
        return value;
    if (value === null || value === undefined)
        return GLib.Variant.new_maybe(new GLib.VariantType('v'), null);
    switch (typeof value) {
    case 'boolean':
        return GLib.Variant.new_boolean(value);
    case 'number':
        return Number.isSafeInteger(value) && !Object.is(value, -0)
            ? GLib.Variant.new_int64(value) : GLib.Variant.new_double(value);
    case 'string':
        return GLib.Variant.new_string(value);
    case 'object':
        if (value instanceof Uint8Array)
            return new GLib.Variant('ay', value);
        if (Array.isArray(value))
            return new GLib.Variant('av', value.map(toVariant));
        if (isDictionary(value)) {
            const entries = Object.entries(value).map(([key, item]) => [key, toVariant(item)]);
            return new GLib.Variant('a{sv}', Object.fromEntries(entries));
        }
    }
    throw new TypeError(`${String(value)} can not be in documents, parameters and results: these have ` +
        'numbers, strings, booleans, bytes, arrays and dictionaries of these, and variants');
}

function fromVariant(variant) {
    const type = variant.get_type_string();

    if (type === 'ay')
        return variant.get_data_as_bytes().toArray();
    if (type === 'v')
        return fromVariant(variant.get_variant());
    if (type.startsWith('m'))
        return variant.n_children() === 0 ? null : fromVariant(variant.get_child_value(0));
    if (!variant.is_container())
        return variant.unpack();
    const children = Array.from({length: variant.n_children()}, (_, i) => variant.get_child_value(i));
    if (!type.startsWith('a{'))
        return children.map(fromVariant);
    return Object.fromEntries(children.map(entry =>
        [entry.get_child_value(0).unpack(), fromVariant(entry.get_child_value(1))]));
}

function isDictionary(value) {
    return typeof value === 'object' && value !== null &&
        [Object.prototype, null].includes(Object.getPrototypeOf(value));
}

function makeDocuments(GFlow) {
    const {FlowDocument, FlowError, FlowFileSource, FlowReader, FlowSource, FlowWriter} = GFlow;

    function document(value) {
        if (value instanceof FlowDocument)
            return value;
        if (typeof value === 'string')
            return FlowDocument.new_for_text(value);
        if (value instanceof GLib.Bytes || value instanceof Uint8Array)
            return FlowDocument.new_for_blob(new GLib.Bytes(value.toArray?.() ?? value));
        if (value instanceof GLib.Variant || isDictionary(value))
            return FlowDocument.new_from_variant(toVariant(value));
        throw new TypeError(`${String(value)} is no document`);
    }

    // What it has, as an object that GFlow.document() takes.
    FlowDocument.prototype.to_object = function () {
        return fromVariant(this.to_variant());
    };

    function listOf(documents) {
        if (documents instanceof Gio.ListModel)
            return documents;
        const store = new Gio.ListStore({item_type: FlowDocument});
        for (const item of documents)
            store.append(document(item));
        return store;
    }

    // Sources: what a function throws is found again by its text.

    function toGError(thrown, value) {
        if (value instanceof GLib.Error)
            return value;
        const error = new GLib.Error(FLOW_ERROR, FlowError.FAILED, String(value?.message || value));
        thrown.value = value;
        thrown.text = error.message;
        return error;
    }

    function fromGError(source, error) {
        const thrown = source[THROWN];
        return thrown !== undefined && thrown.text === error.message ? thrown.value : error;
    }

    function sourceOfSync(iterator) {
        const thrown = {};
        const source = FlowSource.new_for_func((self, wanted, documents) => {
            try {
                for (let n = wanted; n > 0; n--) {
                    const {done, value} = iterator.next();
                    if (done)
                        break;
                    documents.append(document(value));
                }
                return true;
            } catch (error) {
                throw toGError(thrown, error);
            }
        });
        return Object.assign(source, {[THROWN]: thrown, [ITERATOR]: iterator});
    }

    async function fill(iterator, wanted, documents) {
        for (let n = wanted; n > 0; n--) {
            // eslint-disable-next-line no-await-in-loop
            const {done, value} = await iterator.next();
            if (done)
                break;
            documents.append(document(value));
        }
    }

    function sourceOfAsync(iterator) {
        const thrown = {};
        const source = FlowSource.new_for_task_func((self, wanted, documents, task) => {
            // Promises go on in the default context only.
            if (GLib.MainContext.get_thread_default() !== null)
                throw toGError(thrown, new Error('An async iterator needs await source.next()'));
            fill(iterator, wanted, documents).then(() => task.return_boolean(true),
                error => task.return_error(toGError(thrown, error)));
        });
        return Object.assign(source, {[THROWN]: thrown, [ITERATOR]: iterator});
    }

    // Nobody asks the iterator for more: it may clean up. What it still throws is of no consequence.
    function closeSource(source) {
        const iterator = source[ITERATOR];

        delete source[ITERATOR];
        try {
            iterator?.return?.()?.then?.(undefined, () => {});
        } catch {
            // as above
        }
    }

    function source(inputs) {
        if (inputs instanceof FlowSource) {
            makeIterable(Object.getPrototypeOf(inputs));
            return inputs;
        }
        if (inputs instanceof Gio.ListModel)
            return FlowSource.new_for_model(inputs);
        if (inputs instanceof GLib.Variant)
            return FlowSource.new_for_variant(inputs);
        if (typeof inputs === 'string' || inputs instanceof FlowDocument ||
            inputs instanceof Uint8Array || inputs instanceof GLib.Bytes)
            return sourceOfSync([inputs].values());
        if (typeof inputs === 'function')
            return source(inputs());
        if (typeof inputs?.[Symbol.asyncIterator] === 'function')
            return sourceOfAsync(inputs[Symbol.asyncIterator]());
        if (typeof inputs?.[Symbol.iterator] === 'function')
            return sourceOfSync(inputs[Symbol.iterator]());
        if (isDictionary(inputs))
            return sourceOfSync([inputs].values());
        throw new TypeError(`${String(inputs)} gives no documents`);
    }

    const nextSync = FlowSource.prototype.next_sync;
    FlowSource.prototype.next_sync = function (n = AT_ONCE, cancellable = null) {
        try {
            return nextSync.call(this, n, cancellable);
        } catch (error) {
            throw fromGError(this, error);
        }
    };

    Gio._promisify(FlowSource.prototype, 'next', 'next_finish');
    const next = FlowSource.prototype.next;
    FlowSource.prototype.next = function (n = AT_ONCE, cancellable = null, ...callback) {
        if (callback.length > 0)
            return next.call(this, n, cancellable, ...callback);
        return next.call(this, n, cancellable).catch(error => {
            throw fromGError(this, error);
        });
    };

    // Objects have the functions of their interfaces, but not what goes by a symbol: each class
    // is given that.
    function* iterate() {
        for (let documents; (documents = this.next_sync()).get_n_items() > 0;)
            yield* documents;
    }

    async function* iterateAsync() {
        // eslint-disable-next-line no-await-in-loop
        for (let documents; (documents = await this.next()).get_n_items() > 0;)
            yield* documents;
    }

    function makeIterable(prototype) {
        prototype[Symbol.iterator] ??= iterate;
        prototype[Symbol.asyncIterator] ??= iterateAsync;
    }

    makeIterable(FlowReader.prototype);
    makeIterable(FlowFileSource.prototype);
    for (const name of ['model', 'texts', 'variant', 'func', 'task_func']) {
        const construct = FlowSource[`new_for_${name}`];
        FlowSource[`new_for_${name}`] = function (...args) {
            const made = construct.apply(this, args);
            makeIterable(Object.getPrototypeOf(made));
            return made;
        };
    }

    // Files

    const setFields = FlowReader.prototype.set_fields;
    FlowReader.prototype.set_fields = function (fields) {
        const isVariant = fields === null || fields instanceof GLib.Variant;
        setFields.call(this, isVariant ? fields : new GLib.Variant('a{ss}', fields));
    };

    Gio._promisify(FlowWriter.prototype, 'write', 'write_finish');
    Gio._promisify(FlowWriter.prototype, 'close', 'close_finish');
    const {write, write_sync: writeSync, close} = FlowWriter.prototype;
    FlowWriter.prototype.write = function (documents, cancellable = null, ...callback) {
        return write.call(this, listOf(documents), cancellable, ...callback);
    };
    FlowWriter.prototype.write_sync = function (documents, cancellable = null) {
        return writeSync.call(this, listOf(documents), cancellable);
    };
    FlowWriter.prototype.close = function (cancellable = null, ...callback) {
        return close.call(this, cancellable, ...callback);
    };

    return {document, source, closeSource, listOf, errorOf: fromGError};
}
