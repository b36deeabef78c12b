// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// bench-vala [ROUNDS]: what a node costs in Vala, next to what it costs in C. In every round, each
// graph is run with the bodies of all three kinds, in turn, in this one process. The ratios are
// medians of those within the rounds.

using GFlow;

[CCode (has_target = false)]
delegate unowned FlowNode AddFunc (Flow flow, Bench.Body body, uint32 number);

// Lambdas that capture.
unowned FlowNode add_vala_node (Flow flow, Bench.Body body, uint32 number) {
    try {
        if (body == TASK) {
            return flow.add_task (null, (node, run, task) => {
                Bench.touch (number);
                task.return_boolean (true);
            });
        }

        unowned var node = flow.add (null, () => {
            Bench.touch (number);
            return true;
        });
        if (body == CONTEXT)
            node.placement = CONTEXT;
        return node;
    } catch (Error e) {
        error ("%s", e.message);
    }
}

Flow build (Bench.Graph graph, Bench.Body body, AddFunc add) {
    var flow = new Flow () { max_threads = 1 };
    var nodes = new (unowned FlowNode)[graph.n_nodes];

    for (uint32 i = 0; i < graph.n_nodes; i++) {
        nodes[i] = add (flow, body, i);
        for (var k = graph.first_upstream[i]; k < graph.first_upstream[i + 1]; k++)
            nodes[i].add_upstream (nodes[graph.upstreams[k]]);
    }
    return flow;
}

// Nanoseconds per node, of the fastest of as many runs as it takes for the clock.
double measure (Flow flow) throws Error {
    const int64 ENOUGH = 20000;
    var best = int64.MAX;
    var n_runs = int.max (1, 20000 / (int) flow.size);
    var start = get_monotonic_time ();

    do {
        var before = get_monotonic_time ();
        for (int i = 0; i < n_runs; i++) {
            if (flow.execute_sync ().n_done != flow.size)
                error ("nodes are missing");
        }
        best = int64.min (best, get_monotonic_time () - before);
    } while (get_monotonic_time () < start + ENOUGH);
    return best * 1e3 / n_runs / flow.size;
}

double median (double[] values) {
    var sorted = new GenericArray<double?> ();

    foreach (var value in values)
        sorted.add (value);
    sorted.sort ((a, b) => a < b ? -1 : a > b ? 1 : 0);
    return sorted[sorted.length / 2];
}

struct Case {
    string kind;
    uint32 size;
    Bench.Body body;
}

void measure_case (Case one, int n_rounds) throws Error {
    var graph = Bench.Graph (one.kind, one.size);
    Flow[] flows = {
        build (graph, one.body, Bench.add_plain_node),
        build (graph, one.body, Bench.add_data_node),
        build (graph, one.body, add_vala_node)
    };
    double[] plain = {}, data = {}, vala = {}, by_plain = {}, by_data = {};

    for (int round = 0; round < n_rounds; round++) {
        double times[3];

        for (int turn = 0; turn < 3; turn++)
            times[(round + turn) % 3] = measure (flows[(round + turn) % 3]);
        plain += times[0];
        data += times[1];
        vala += times[2];
        by_plain += times[2] / times[0];
        by_data += times[2] / times[1];
    }
    string[] places = { "worker", "context", "task" };
    print ("| %-5s | %-7s | %7u | %5.1f | %13.1f | %5.1f | %8.2f | %12.2f |\n",
        one.kind, places[one.body], graph.n_nodes,
        median (plain), median (data), median (vala), median (by_plain), median (by_data));
}

int main (string[] args) {
    Intl.setlocale ();
    const Case[] CASES = {
        { "chain", 1000, SYNC }, { "tree", 10, SYNC }, { "wave", 30, SYNC },
        { "chain", 100000, SYNC }, { "fan", 100000, SYNC }, { "tree", 17, SYNC },
        { "rand", 100000, SYNC },
        { "chain", 1000, CONTEXT }, { "fan", 100000, CONTEXT },
        { "chain", 1000, TASK }, { "fan", 10000, TASK }
    };
    var n_rounds = args.length > 1 ? int.parse (args[1]) : 9;

    print ("| graph | in      |   nodes |     C | C, by pointer |  Vala | Vala ÷ C | … by pointer |\n");
    print ("| ----- | ------- | ------- | ----- | ------------- | ----- | -------- | ------------ |\n");
    try {
        foreach (var one in CASES)
            measure_case (one, n_rounds);
    } catch (Error e) {
        printerr ("%s\n", e.message);
        return 1;
    }
    return 0;
}
