// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// What bench-harness.c and bench-graphs.c are for the peers in C: the same graphs, the same command
// line, the same answer. Of the modes there are those without threads: `context` is a function,
// `task` an async function that completes at once, `idle` one that waits for an idle source.

import GLib from 'gi://GLib';
import System from 'system';

// Graphs: see bench-graphs.h. `upstreams` has a list for each node.

// GJS cannot make a GRand: so the edges of `rand` are others than in C, and as many.
function makeRandom(seed) {
    let state = seed;

    return below => {
        state = Math.imul(state, 1664525) + 1013904223 >>> 0;
        return Math.floor(state / 2 ** 32 * below);
    };
}

const makers = {
    chain(size, edge) {
        for (let i = 1; i < size; i++)
            edge(i - 1, i);
        return size;
    },

    fan(size, edge) {
        for (let i = 1; i <= size; i++) {
            edge(0, i);
            edge(i, size + 1);
        }
        return size + 2;
    },

    tree(size, edge) {
        const nNodes = 2 ** size - 1;

        for (let i = 1; i < nNodes; i++)
            edge((i - 1) >> 1, i);
        return nNodes;
    },

    wave(size, edge) {
        for (let i = 0; i < size * size; i++) {
            if (i % size + 1 < size)
                edge(i, i + 1);
            if (i + size < size * size)
                edge(i, i + size);
        }
        return size * size;
    },

    rand(size, edge) {
        const random = makeRandom(20);
        const width = Math.max(4, Math.floor(size / 100));
        const layerOf = i => i - i % width;

        for (let i = width; i < size; i++) {
            const chosen = new Set();

            while (chosen.size < 4)
                chosen.add(layerOf(i) - width + random(width));
            chosen.forEach(from => edge(from, i));
        }
        for (let i = 2 * width; i < Math.min(6 * width, size); i++)
            edge(layerOf(i) - 2 * width + random(width), i);
        return size;
    },
};

function makeGraph(kind, size) {
    const edges = [];
    const nNodes = makers[kind](size, (from, to) => edges.push([from, to]));
    const upstreams = Array.from({length: nNodes}, () => []);

    for (const [from, to] of edges)
        upstreams[to].push(from);
    return {kind, size, nNodes, nEdges: edges.length, upstreams};
}

// The body of the nodes

let calls = 0;
let sink = 0;

function work(steps) {
    let value = steps | 1;

    for (let i = 0; i < steps; i++)
        value = Math.imul(value, 747796405) + 1013904223 | 0;
    sink ^= value;
}

// How many steps take so many nanoseconds: by the best of many short looks.
function stepsIn(ns) {
    const probe = 50000;
    let best = Infinity;

    for (let i = 0; i < 100; i++) {
        const start = now();
        work(probe);
        best = Math.min(best, now() - start);
    }
    return Math.round(ns * probe / best);
}

const verification = {lastRun: null, thisRun: 0, nErrors: 0};

function verify(upstreams, node) {
    const {lastRun, thisRun} = verification;

    for (const upstream of upstreams[node])
        verification.nErrors += lastRun[upstream] === thisRun ? 0 : 1;
    verification.nErrors += lastRun[node] === thisRun - 1 ? 0 : 1;
    lastRun[node] = thisRun;
}

function makeBody(option, graph) {
    const [kind, ns] = option.split(':');

    switch (kind) {
    case 'trivial':
    case 'atomic':
        return () => {
            calls++;
        };
    case 'work': {
        const steps = stepsIn(Number(ns));
        return () => {
            calls++;
            work(steps);
        };
    }
    case 'verify':
        verification.lastRun = new Uint32Array(graph.nNodes);
        return node => {
            calls++;
            verify(graph.upstreams, node);
        };
    default:
        return null;
    }
}

// How a node ends.
function later() {
    return new Promise(resolve => {
        GLib.idle_add(GLib.PRIORITY_DEFAULT_IDLE, () => {
            resolve();
            return GLib.SOURCE_REMOVE;
        });
    });
}

const functions = {
    context: (body, node) => () => body(node),
    task: (body, node) => async () => body(node),
    idle: (body, node) => async () => {
        body(node);
        await later();
    },
};

// Figures

const now = () => GLib.get_monotonic_time() * 1000;

function readProc(name) {
    return new TextDecoder().decode(GLib.file_get_contents(`/proc/self/${name}`)[1]);
}

const residentBytes = () => Number(readProc('statm').split(' ')[1]) * 4096;

function median(values) {
    const sorted = [...values].sort((a, b) => a - b);

    return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

async function measure(peer, graph, makeFunction, repeats) {
    const before = residentBytes();
    const buildNs = [], runNs = [];
    let ok = true;

    const build = () => {
        const start = now();
        const built = peer.build(graph, makeFunction);
        buildNs.push(now() - start);
        return built;
    };
    const run = async () => {
        const expected = calls + graph.nNodes;
        verification.thisRun++;
        const start = now();
        await peer.run(built);
        const took = now() - start;
        ok &&= calls === expected;
        return took;
    };

    let built = build();
    const builtBytes = residentBytes() - before;
    let compileNs = null;
    if (peer.compile) {
        const start = now();
        peer.compile(built);
        compileNs = now() - start;
    }
    const firstNs = await run();
    const ranBytes = residentBytes() - before;
    for (let i = 0; i < repeats; i++) {
        // eslint-disable-next-line no-await-in-loop
        runNs.push(await run());
    }
    for (let i = 0; i < Math.min(repeats, 2); i++)
        built = build();

    return {buildNs, compileNs, firstNs, runNs, builtBytes, ranBytes, ok};
}

// Returns the exit status: 0; 1: not every node ran once, in order; 2: wrong arguments; 3: there is
// no such mode, as JavaScript has one thread.
export async function benchMain(args, peer) {
    let option = 'trivial';
    const at = args.findIndex(arg => arg.startsWith('--body'));
    if (at >= 0) {
        const [body] = args.splice(at, args[at] === '--body' ? 2 : 1).reverse();
        option = body.replace(/^--body=/, '');
    }
    const [what, size, threads, repeats] = args;
    const [kind, mode = 'sync'] = (what ?? '').split('@');
    const counts = [size, threads, repeats].map(Number);

    if (args.length !== 4 || !(kind in makers) || !counts.every(n => Number.isInteger(n) && n > 0)) {
        printerr(`Usage: bench-${peer.name} GRAPH[@MODE] SIZE THREADS REPEATS [--body BODY]`);
        return 2;
    }
    if (!(mode in functions)) {
        printerr(`bench-${peer.name}: has no mode ${mode}`);
        return 3;
    }
    const graph = makeGraph(kind, counts[0]);
    const body = makeBody(option, graph);
    if (body === null) {
        printerr(`bench-${peer.name}: there is no body ${option}`);
        return 2;
    }

    const figures = await measure(peer, graph, node => functions[mode](body, node), counts[2]);
    const ok = figures.ok && verification.nErrors === 0;
    const perNode = value => Number((value / graph.nNodes).toFixed(2));
    print(JSON.stringify({
        peer: peer.name, graph: kind, mode, size: counts[0], threads: counts[1], body: option,
        nodes: graph.nNodes, edges: graph.nEdges,
        build_ns_per_node: perNode(median(figures.buildNs)),
        ...figures.compileNs === null ? {} : {compile_ns_per_node: perNode(figures.compileNs)},
        run_ns_per_node: perNode(median(figures.runNs)),
        run_min_ns_per_node: perNode(Math.min(...figures.runNs)),
        run_first_ns_per_node: perNode(figures.firstNs),
        built_bytes_per_node: perNode(figures.builtBytes),
        ran_bytes_per_node: perNode(figures.ranBytes),
        busiest_share: 1,
        peak_kib: Number(/VmHWM:\s*(\d+)/.exec(readProc('status'))[1]),
        ok,
    }));
    return ok ? 0 : 1;
}

export async function main(peer) {
    System.exit(await benchMain(System.programArgs, peer));
}
