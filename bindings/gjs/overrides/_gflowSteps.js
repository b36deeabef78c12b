// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

/* exported iterate */

// `for await (const step of run)`.

const {GObject} = imports.gi;

function makeStep(run, node) {
    return Object.freeze({
        node,
        state: run.get_node_state(node),
        reason: run.dup_node_reason(node),
        error: run.error_of(node),
    });
}

// Executes the run, and yields what became of each node when it has ended. Whoever leaves the loop
// early cancels the run.
async function* iterate(run) {
    const ended = [];
    let over = false;
    let wake = () => {};

    const always = (node, other) => {
        if (other === run) {
            ended.push(node);
            wake();
        }
    };
    // Not node.connect(), after which GJS would keep the node and all that its function refers to.
    const handlers = [...run.flow].map(node =>
        [node, GObject.signal_connect_closure(node, 'always', always, false)]);
    const end = run.execute().finally(() => {
        for (const [node, handler] of handlers)
            GObject.signal_handler_disconnect(node, handler);
        over = true;
        wake();
    });

    end.catch(() => {});
    try {
        for (let i = 0; i < ended.length || !over;) {
            if (i < ended.length) {
                yield makeStep(run, ended[i++]);
            } else {
                // eslint-disable-next-line no-await-in-loop
                await new Promise(resolve => {
                    wake = resolve;
                });
            }
        }
    } finally {
        if (!over) {
            run.cancel();
            await end.catch(() => {});
        }
    }
    await end;
}
