#!/usr/bin/env -S gjs -m
// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// A job that stops halfway, and another run that goes on from there: in a real program the first one
// was killed, or the power failed, and the second one is in another process.

import Gio from 'gi://Gio';
import GFlow from 'gi://GFlow?version=1';

let networkIsUp = false;

function newFlow() {
    const flow = new GFlow.Flow();
    const download = flow.node({name: 'download'}, () => {
        print('download');
        return {name: 'data.csv', rows: 1000};
    });
    const convert = flow.node({name: 'convert', upstream: {download}}, results => {
        print('convert');
        return results.download.name.replace('.csv', '.html');
    });

    flow.node({name: 'publish', upstream: convert}, () => {
        print('publish');
        if (!networkIsUp)
            throw new Error('the network is down');
    });
    return flow;
}

const [journal, stream] = Gio.File.new_tmp('resuming-XXXXXX');
stream.close(null);

try {
    await new GFlow.FlowRun({flow: newFlow(), journal}).execute();
} catch (error) {
    print(`it stopped: ${error.message}`);
}

networkIsUp = true;
const run = new GFlow.FlowRun({flow: newFlow(), journal});
await run.execute();
print(`“download” was not run: ${run.dup_node_reason(run.flow.lookup('download'))}`);
journal.delete(null);
