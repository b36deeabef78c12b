// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

/* exported setUp, newGError, textOf, toGError, fromGError, fromRunError, begin, end, isRunning */

// What JavaScript throws, as a GError for C, and back.

const {GLib} = imports.gi;

const THROWN = Symbol('thrown');

// GJS gives errors to handlers only when it knows their domain, so what is thrown becomes a
// GFlow.FlowError, and is found again by the node of the run. Errors of a subflow are thrown in a
// run that nobody waits for, and arrive in one of those that were started here: there they are
// found by their text, and two with the same text get codes of their own.
const FLOW_ERROR = GLib.quark_from_string('g-flow-error-quark');
const FIRST_CODE = 0x10000;
let lastCode = FIRST_CODE;
let FAILED;

function setUp(FlowError) {
    FAILED = FlowError.FAILED;

    const matches = FlowError.prototype.matches;
    FlowError.prototype.matches = function (domain, code) {
        return matches.call(this, domain,
            code === FAILED && this.code >= FIRST_CODE ? this.code : code);
    };
}

// The run[THROWN] of the runs that go on. It lives as long as its run: {byNode, byText}.
const running = new Set();

function thrownIn(run) {
    return run[THROWN] ??= {byNode: new Map(), byText: new Map()};
}

// isTaken: whether an error with the same text stands for another value.
function newGError(value, isTaken) {
    const make = code => new GLib.Error(FLOW_ERROR, code, describe(value));
    const error = make(FAILED);

    if (!isTaken(textOf(error)))
        return error;
    lastCode = lastCode < 0x7fffffff ? lastCode + 1 : FIRST_CODE;
    return make(lastCode);
}

function toGError(run, node, value) {
    if (value instanceof GLib.Error)
        return value;
    const thrown = thrownIn(run);
    const others = running.has(thrown) ? [] : [...running];
    const error = newGError(value, text => others.some(({byText}) => {
        const other = byText.get(text);
        return other !== undefined && !Object.is(other.value, value);
    }));

    thrown.byNode.set(node, {text: textOf(error), value});
    for (const {byText} of others)
        byText.set(textOf(error), {value});
    return error;
}

function textOf(error) {
    return error instanceof GLib.Error && error.domain === FLOW_ERROR
        ? `${error.code} ${error.message}` : null;
}

// A map adds the name of the item to the message.
function withoutItem(text) {
    return text?.replace(/^(\d+) [^:]*\[\d+\][^:]*: /, '$1 ');
}

// What was thrown, for an error of the node; or that error.
function fromGError(run, node, error) {
    const text = textOf(error);
    const {byNode, byText} = thrownIn(run);
    const thrown = byNode.get(node);

    if (thrown !== undefined && thrown.text === text)
        return thrown.value;
    return byText.get(text)?.value ?? byText.get(withoutItem(text))?.value ?? error;
}

// What ends a run is the error of the first node that fails.
function fromRunError(run, error) {
    const first = run.get_errors().get_item(0);
    return fromGError(run, first === null ? null : first.get_node(), error);
}

function isRunning(run) {
    return running.has(run[THROWN]);
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
    const texts = new Set([...run.get_errors()].flatMap(step => {
        const text = textOf(step.get_error());
        return [text, withoutItem(text)];
    }));
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
