// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Ten thousand nodes, each with a lambda that captures: all is destroyed, once and in the thread of
// the flow, however the run ends. tests/c/leaks.c does the same, and 'memcheck' runs both under
// valgrind.

using GFlow;

const uint N_NODES = 10000;
const uint N_CHAINS = 10;

enum End {
    SUCCEEDED,
    FAILED,
    CANCELLED,
    DROPPED,
    REMOVED,
    NEVER_RUN
}

class Data : GLib.Object {
    public static unowned Thread<void*> home;
    public static uint[] n_destroyed;
    public static uint n_alive = 0;
    public static End how;

    public uint number { get; construct; }
    public string text { get; private set; }

    public Data (uint number) {
        Object (number: number);
    }

    construct {
        text = @"node $number";
        n_alive++;
    }

    ~Data () {
        assert_true (Thread.self<void*> () == home);
        n_destroyed[number] += 1;
        n_alive--;
    }

    // Somewhere in the middle, the run takes its turn.
    public void turn (FlowRun run) throws Error {
        if (number % (N_NODES / 2) == N_NODES / 4) {
            if (how == CANCELLED)
                run.cancel ();
            if (how == FAILED)
                throw new IOError.FAILED ("%s", text);
        }
    }
}

// Every tenth waits.
async void task_body (FlowNode node, FlowRun run, Data data, Task task) {
    try {
        if (data.number % 10 == 0) {
            var idle = new IdleSource ();

            idle.set_callback (task_body.callback);
            idle.attach (task.get_context ());
            yield;
        }
        run.set_result (node, data.text);
        data.turn (run);
        task.return_boolean (true);
    } catch (Error e) {
        task.return_error ((owned) e);
    }
}

unowned FlowNode add_node (Flow flow, Data data) throws Error {
    if (data.number % 3 == 0)
        return flow.add_task (null, (node, run, task) => task_body.begin (node, run, data, task));

    unowned var node = flow.add (null, (node, run) => {
        run.set_result (node, data.text);
        data.turn (run);
        return true;
    });
    if (data.number % 3 == 1)
        node.placement = CONTEXT;
    return node;
}

Flow make_flow () throws Error {
    var flow = new Flow ();
    var last = new (unowned FlowNode)[N_CHAINS];

    for (uint i = 0; i < N_NODES; i++) {
        unowned var node = add_node (flow, new Data (i));

        if (last[i % N_CHAINS] != null)
            node.add_upstream (last[i % N_CHAINS]);
        last[i % N_CHAINS] = node;
    }
    return flow;
}

// Unless it is kept elsewhere, nobody but the run refers to the flow.
void run_flow (owned Flow flow, Flow? kept) {
    var loop = new MainLoop ();
    Error? failure = null;

    flow.execute.begin (null, (source, result) => {
        try {
            ((Flow) source).execute.end (result);
        } catch (Error e) {
            failure = e;
        }
        loop.quit ();
    });
    flow = null;
    loop.run ();
    assert_true (Data.how == FAILED ? failure is IOError.FAILED
        : Data.how == CANCELLED ? failure is IOError.CANCELLED
        : failure == null);
}

void remove_all (Flow flow) throws Error {
    for (uint i = N_NODES; i > 0; i--)
        assert_true (flow.remove_node (flow[i - 1]));
}

void test_leaks (End end) throws Error {
    Data.how = end;
    Data.home = Thread.self<void*> ();
    Data.n_destroyed = new uint[N_NODES];
    var flow = make_flow ();
    assert_cmpuint (Data.n_alive, EQ, N_NODES);

    if (end == DROPPED)
        run_flow ((owned) flow, null);
    else if (end == REMOVED)
        remove_all (flow);
    else if (end != NEVER_RUN)
        run_flow (flow, flow);
    flow = null;

    var deadline = get_monotonic_time () + 30 * TimeSpan.SECOND;
    var tick = Timeout.add (10, () => Source.CONTINUE);
    while (Data.n_alive > 0 && get_monotonic_time () < deadline)
        MainContext.default ().iteration (true);
    Source.remove (tick);
    for (uint i = 0; i < N_NODES; i++)
        assert_cmpuint (Data.n_destroyed[i], EQ, 1);
}

int main (string[] args) {
    string[] names = { "succeeded", "failed", "cancelled", "dropped", "removed", "never-run" };

    Test.init (ref args);
    for (int i = 0; i < names.length; i++) {
        var end = (End) i;

        Test.add_data_func (@"/vala/leaks/$(names[i])", () => {
            try {
                test_leaks (end);
            } catch (Error e) {
                error ("%s", e.message);
            }
        });
    }
    return Test.run ();
}
