// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

/* exported setUp */

// Results of any type.

const {GLib, GObject} = imports.gi;

// All in one function: see _gflowBodies.js.
function setUp(FlowRun, FlowValues) {
    const VALUE = Symbol('value');

    // A GValue takes no array and no object with a class; and those that it takes, GJS 1.74 does not
    // protect from the garbage collector.
    function box(value) {
        const object = new GObject.Object();
        object[VALUE] = value;
        return object;
    }

    // An item of a map that a journal knows again.
    const KeyedItem = GObject.registerClass({
        GTypeName: 'GFlowJavaScriptItem',
        Properties: {
            'gflow-key': GObject.ParamSpec.string('gflow-key', null, null,
                GObject.ParamFlags.READWRITE, null),
        },
    }, class KeyedItem extends GObject.Object {});

    function keyOf(value) {
        try {
            return isData(value) ? JSON.stringify(value) : null;
        } catch (error) {
            // It contains itself.
            return null;
        }
    }

    function boxItem(value, isKept) {
        const key = isKept ? keyOf(value) : null;
        if (key === null)
            return box(value);
        const object = new KeyedItem({gflow_key: key});
        object[VALUE] = value;
        return object;
    }

    function isPlain(value) {
        return typeof value === 'number' || typeof value === 'boolean' ||
            typeof value === 'string' && !value.includes('\0') ||
            value instanceof GLib.Variant || value instanceof GObject.Object;
    }

    // A journal keeps variants, but no other objects. So data that is plain becomes one there.
    const KEPT = 'gflow:javascript';

    function isData(value) {
        if (Array.isArray(value))
            return value.every(isData);
        if (typeof value === 'object' && value !== null) {
            return Object.getPrototypeOf(value) === Object.prototype &&
                Object.values(value).every(isData);
        }
        return value === null || typeof value === 'string' || typeof value === 'boolean' ||
            Number.isFinite(value);
    }

    function keep(value) {
        try {
            return isData(value) ? new GLib.Variant('(ss)', [KEPT, JSON.stringify(value)]) : null;
        } catch (error) {
            // It contains itself.
            return null;
        }
    }

    function isKept(value) {
        return value instanceof GLib.Variant && value.get_type_string() === '(ss)' &&
            value.get_child_value(0).get_string()[0] === KEPT;
    }

    const setResult = FlowRun.prototype.set_result;
    FlowRun.prototype.set_result = function (node, value) {
        if (isPlain(value)) {
            setResult.call(this, node, value);
            return;
        }
        const kept = this.get_journal() === null ? null : keep(value);

        setResult.call(this, node, kept ?? box(value));
    };

    function unbox(value) {
        if (isKept(value))
            return JSON.parse(value.get_child_value(1).get_string()[0]);
        return value instanceof GObject.Object && VALUE in value ? value[VALUE] : value;
    }

    const getResult = FlowRun.prototype.get_result;
    FlowRun.prototype.get_result = function (node) {
        const value = getResult.call(this, node);
        // To ask for a class takes time.
        if (typeof value !== 'object')
            return value;
        if (!(value instanceof FlowValues))
            return unbox(value);
        return Array.from({length: value.get_n_values()}, (_, i) => unbox(value.get_value(i)));
    };

    const getItem = FlowRun.prototype.get_map_item;
    FlowRun.prototype.get_map_item = function (node) {
        return unbox(getItem.call(this, node));
    };

    FlowRun.prototype.result = FlowRun.prototype.get_result;

    return {boxItem};
}
