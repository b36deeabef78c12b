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

    function isPlain(value) {
        return typeof value === 'number' || typeof value === 'boolean' ||
            typeof value === 'string' && !value.includes('\0') ||
            value instanceof GLib.Variant || value instanceof GObject.Object;
    }

    const setResult = FlowRun.prototype.set_result;
    FlowRun.prototype.set_result = function (node, value) {
        setResult.call(this, node, isPlain(value) ? value : box(value));
    };

    const getResult = FlowRun.prototype.get_result;
    function unbox(value) {
        return value instanceof GObject.Object && VALUE in value ? value[VALUE] : value;
    }

    FlowRun.prototype.get_result = function (node) {
        const value = getResult.call(this, node);
        if (!(value instanceof FlowValues))
            return unbox(value);
        return Array.from({length: value.get_n_values()}, (_, i) => unbox(value.get_value(i)));
    };

    const getItem = FlowRun.prototype.get_map_item;
    FlowRun.prototype.get_map_item = function (node) {
        return unbox(getItem.call(this, node));
    };

    FlowRun.prototype.result = FlowRun.prototype.get_result;

    return {box};
}
