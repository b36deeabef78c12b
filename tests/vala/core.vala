// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Most of the scenarios; api-*.vala have what they do not use.

using GFlow;

// Helpers

class Log : GLib.Object {
    string[] lines = {};
    Mutex mutex = Mutex ();

    public void add (string line) {
        mutex.lock ();
        lines += line;
        mutex.unlock ();
    }

    public string[] take () {
        var taken = lines;
        lines = {};
        return taken;
    }

    public FlowFunc body () {
        return (node, run) => {
            add (node.name);
            return true;
        };
    }

    public FlowTaskFunc task (uint milliseconds) {
        return (node, run, task) => nap_body.begin (node, task, milliseconds);
    }

    // The body of a node as an async method: the task is returned on at its end.
    async void nap_body (FlowNode node, Task task, uint milliseconds) {
        try {
            yield nap (milliseconds, task.get_cancellable ());
            add (node.name);
            task.return_boolean (true);
        } catch (Error e) {
            task.return_error ((owned) e);
        }
    }
}

async void nap (uint milliseconds, Cancellable? cancellable = null) throws Error {
    var timer = new TimeoutSource (milliseconds);
    var watch = new CancellableSource (cancellable);

    timer.set_callback (() => {
        nap.callback ();
        return Source.REMOVE;
    });
    watch.set_callback (cancellable => {
        nap.callback ();
        return Source.REMOVE;
    });
    timer.attach (MainContext.get_thread_default ());
    watch.attach (MainContext.get_thread_default ());
    yield;
    timer.destroy ();
    watch.destroy ();
    if (cancellable != null)
        cancellable.set_error_if_cancelled ();
}

delegate unowned FlowNode AddFunc (string name) throws Error;

string join (string[] lines) {
    return string.joinv (" ", lines);
}

string sorted (string[] lines) {
    var list = new GenericArray<string> ();

    foreach (unowned var line in lines)
        list.add (line);
    list.sort (strcmp);
    return join (list.data);
}

string names (ListModel nodes) {
    string[] result = {};

    for (uint i = 0; i < nodes.get_n_items (); i++)
        result += ((FlowNode) nodes.get_item (i)).name;
    return sorted (result);
}

FlowRun? execute (Flow flow, out Error? failure = null) {
    var loop = new MainLoop ();
    FlowRun? run = null;
    Error? caught = null;

    flow.execute.begin (null, (source, result) => {
        try {
            run = flow.execute.end (result);
        } catch (Error e) {
            caught = e;
        }
        loop.quit ();
    });
    loop.run ();
    failure = caught;
    return run;
}

// Scenarios

void test_chain () throws Error {
    foreach (var is_async in new bool[] { false, true }) {
        var log = new Log ();
        var flow = new Flow ();
        AddFunc add = name => is_async ? flow.add_task (name, log.task (1))
                                       : flow.add (name, log.body ());
        unowned var f = add ("f");
        unowned var g = add ("g");
        unowned var h = add ("h");

        g.add_upstream (f);
        h.add_upstream_by_name ("g");
        assert_true (execute (flow) != null);
        assert_cmpstr (join (log.take ()), EQ, "f g h");
    }
}

void test_seven_nodes () throws Error {
    var log = new Log ();
    var flow = new Flow () { name = "seven", max_threads = 3 };
    unowned var f = flow.add ("f", log.body ());
    unowned var g = flow.add_task ("g", log.task (1));
    unowned var h = flow.add ("h", log.body ());
    unowned var i = flow.add ("i", log.body ());
    unowned var j = flow.add_task ("j", log.task (1));
    unowned var k = flow.add ("k", log.body ());
    unowned var m = flow.add ("m", log.body ());

    h.after (f);
    i.after (g, h);
    j.set_upstreams ({ g, h });
    k.after (g, h);
    m.after (i, j, k);
    assert_true (execute (flow) != null);

    var lines = log.take ();
    assert_true (join (lines[0:3]) in "f g h|f h g|g f h");
    assert_cmpstr (sorted (lines[3:6]), EQ, "i j k");
    assert_cmpstr (lines[6], EQ, "m");
}

void test_groups () throws Error {
    var log = new Log ();
    var flow = new Flow ();
    var nodes = new GenericArray<FlowNode> ();

    foreach (unowned var name in "f g h i j k m".split (" "))
        nodes.add (new FlowNode (name, log.body ()));
    unowned var f = nodes[0], g = nodes[1], h = nodes[2], m = nodes[6];

    var group = Flow.series (
        Flow.parallel (Flow.series (f, h), g), Flow.parallel (nodes[3], nodes[4], nodes[5]), m);
    flow.add_group (group);
    assert_true (execute (flow) != null);

    var lines = log.take ();
    assert_true (join (lines[0:3]) in "f g h|f h g|g f h");
    assert_cmpstr (sorted (lines[3:6]), EQ, "i j k");

    // The same with objects, an empty group and a lock on all of it.
    var x = new FlowNode ("x", log.body ());
    var y = new FlowNode.for_task ("y", log.task (1));
    var z = new FlowNode ("z", log.body ());
    var series = new FlowGroup.series ();
    var parallel = new FlowGroup.parallel ();
    var door = new FlowLock ();

    parallel.append_group (new FlowGroup.series ());
    parallel.append_node (y);
    series.append_node (x);
    series.append_group (parallel);
    series.append_node (z);
    series.set_lock (door);

    flow = new Flow ();
    flow.add_group (series);
    assert_cmpstr (names (z.get_upstreams ()), EQ, "x y");
    assert_cmpstr (names (x.get_downstreams ()), EQ, "y z");
    assert_cmpuint (y.get_locks ().get_n_items (), EQ, 1);
    assert_true (execute (flow) != null);
    assert_cmpstr (join (log.take ()), EQ, "x y z");
}

void test_locks () throws Error {
    var flow = new Flow ();
    var two = new FlowLock.with_permits (2) { name = "two" };
    int running = 0, most = 0;

    for (int i = 0; i < 6; i++) {
        unowned var node = flow.add_task (null, (node, run, task) => {
            most = int.max (most, ++running);
            nap.begin (5, null, (source, result) => {
                running--;
                task.return_boolean (true);
            });
        });

        node.add_lock (two);
    }
    assert_true (execute (flow) != null);
    assert_cmpint (most, EQ, 2);
    assert_cmpuint (two.in_use, EQ, 0);
    assert_cmpuint (two.waiting, EQ, 0);
    two.permits = 1;
    assert_cmpuint (two.permits, EQ, 1);

    assert_true (two.try_acquire ());
    assert_false (two.try_acquire ());
    two.release ();
    assert_true (two.acquire_sync ());
    two.release ();
}

void test_acquire () throws Error {
    var loop = new MainLoop ();

    acquire_twice.begin ((source, result) => {
        acquire_twice.end (result);
        loop.quit ();
    });
    loop.run ();
}

async void acquire_twice () {
    var door = new FlowLock ();

    try {
        yield door.acquire ();
        assert_cmpuint (door.in_use, EQ, 1);

        var cancellable = new Cancellable ();
        Idle.add (() => {
            assert_cmpuint (door.waiting, EQ, 1);
            cancellable.cancel ();
            return Source.REMOVE;
        });
        try {
            yield door.acquire (cancellable);
            assert_not_reached ();
        } catch (IOError.CANCELLED e) {
        }
        door.release ();
    } catch (Error e) {
        error ("%s", e.message);
    }
}

// Results and parameters

void test_results () throws Error {
    var flow = new Flow ();
    unowned var number = flow.add ("number", (node, run) => {
        run.set_result (node, 20);
        return true;
    });
    unowned var object = flow.add ("object", (node, run) => {
        run.set_result (node, new Cancellable ());
        return true;
    });
    unowned var variant = flow.add_task ("variant", (node, run, task) => {
        run.set_result_variant (node, new Variant.strv ({ "a", "b" }));
        task.return_boolean (true);
    });
    unowned var sum = flow.add ("sum", (node, run) => {
        int64 more = 0;

        run.parameters.lookup ("more", "x", out more);
        run.set_result (node, (int64) run.get_result (number).get_int () + more);
        return true;
    });
    unowned var nothing = flow.add ("nothing", null);
    sum.after (number);

    var run = new FlowRun (flow);
    var parameters = new VariantDict ();
    parameters.insert ("more", "x", (int64) 22);
    run.parameters = parameters.end ();
    run.keep_results = true;
    assert_true (run.execute_sync ());

    assert_cmpint (run.get_result (number).get_int (), EQ, 20);
    assert_true (run.get_result (sum).get_int64 () == 42);
    assert_true (run.dup_result_object (object) is Cancellable);
    assert_cmpstr (run.dup_result_variant (variant).print (false), EQ, "['a', 'b']");
    assert_true (run.get_result (nothing) == null);
    assert_true (run.dup_result_object (number) == null);
}

// Errors

void test_error () throws Error {
    var log = new Log ();
    var flow = new Flow () { on_error = SKIP_DEPENDANTS };
    unowned var good = flow.add ("good", log.body ());
    unowned var bad = flow.add ("bad", (node, run) => {
        throw new IOError.NOT_FOUND ("nothing here");
    });
    unowned var after = flow.add ("after", log.body ());
    unowned var handler = flow.add ("handler", log.body ());
    unowned var clean_up = flow.add ("clean-up", log.body ());

    after.after (bad);
    handler.after (bad);
    handler.run_when = ANY_FAILED;
    clean_up.after (after, handler);
    clean_up.run_when = ALL_FINISHED;

    var run = new FlowRun (flow);
    try {
        run.execute_sync ();
        assert_not_reached ();
    } catch (IOError.NOT_FOUND e) {
        assert_cmpstr (e.message, EQ, "nothing here");
    }
    assert_true (run.state == FAILED);
    assert_true (run.get_error () is IOError.NOT_FOUND);
    assert_true (run.get_node_state (good) == DONE);
    assert_true (run.get_node_state (bad) == FAILED);
    assert_true (run.get_node_error (bad) is IOError.NOT_FOUND);
    assert_true (run.get_node_state (after) == SKIPPED);
    assert_true (run.get_node_error (after) is FlowError.SKIPPED);
    assert_true ("bad" in run.dup_node_reason (after));
    assert_true (run.get_node_state (clean_up) == DONE);
    assert_cmpstr (sorted (log.take ()), EQ, "clean-up good handler");

    var errors = run.get_errors ();
    assert_cmpuint (errors.get_n_items (), EQ, 1);
    var step = (FlowStep) errors.get_item (0);
    assert_true (step.node == bad && step.get_node () == bad);
    assert_true (step.state == FAILED);
    assert_true (step.error is IOError.NOT_FOUND);
    assert_true (step.reason == step.dup_reason ());
}

void test_async_error () throws Error {
    var flow = new Flow ();
    Error? failure;

    flow.add_task ("now", (node, run, task) => {
        throw new FlowError.BAD_INPUT ("now");
    });
    assert_true (execute (flow, out failure) == null);
    assert_true (failure is FlowError.BAD_INPUT);

    flow = new Flow ();
    flow.add_task ("later", (node, run, task) => {
        Idle.add (() => {
            task.return_error (new FlowError.REMOTE ("later"));
            return Source.REMOVE;
        });
    });
    execute (flow, out failure);
    assert_true (failure is FlowError.REMOTE);
    assert_cmpstr (failure.message, EQ, "later");

    flow = new Flow ();
    flow.add_task ("never", (node, run, task) => {});
    execute (flow, out failure);
    assert_true (failure is FlowError.ABANDONED);
}

void test_bad_graphs () throws Error {
    var flow = new Flow ();
    unowned var a = flow.add ("a", null);
    unowned var b = flow.add ("b", null);

    a.after (b);
    b.after (a);
    try {
        flow.validate ();
        assert_not_reached ();
    } catch (FlowError.CYCLE e) {
    }
    try {
        flow.add ("a", null);
        assert_not_reached ();
    } catch (FlowError.EXISTS e) {
    }
    try {
        flow.add_join ("one", { "a" });
        assert_not_reached ();
    } catch (FlowError.TOPOLOGY e) {
    }
    a.set_upstreams (null);
    a.add_upstream_by_name ("nobody");
    try {
        flow.execute_sync ();
        assert_not_reached ();
    } catch (FlowError.UNKNOWN_NODE e) {
    }
}

// Cancellation

void test_cancel () throws Error {
    var log = new Log ();
    var flow = new Flow ();
    unowned var slow = flow.add_task ("slow", log.task (2000));
    unowned var next = flow.add ("next", log.body ());
    next.after (slow);

    foreach (var way in new string[] { "run", "node", "caller", "deadline" }) {
        var run = new FlowRun (flow);
        var cancellable = new Cancellable ();
        var loop = new MainLoop ();
        Error? failure = null;

        if (way == "deadline")
            run.deadline = get_monotonic_time () + 20000;
        run.execute.begin (cancellable, (source, result) => {
            try {
                run.execute.end (result);
            } catch (Error e) {
                failure = e;
            }
            loop.quit ();
        });
        Timeout.add (10, () => {
            switch (way) {
            case "run":
                run.cancel ();
                break;
            case "node":
                assert_false (run.get_node_cancellable (slow).is_cancelled ());
                run.cancel_node (slow);
                break;
            case "caller":
                cancellable.cancel ();
                break;
            default:
                break;
            }
            return Source.REMOVE;
        });
        loop.run ();
        if (way == "deadline") {
            assert_true (failure is IOError.TIMED_OUT);
            assert_true (run.state == FAILED);
        } else {
            assert_true (failure is IOError.CANCELLED);
            assert_true (run.state == CANCELLED);
        }
        assert_true (run.get_node_state (slow) == CANCELLED);
        assert_cmpstr (join (log.take ()), EQ, "");
    }
}

// The rest of the API

void test_signals () throws Error {
    var log = new Log ();
    var flow = new Flow ();
    unowned var node = flow.add ("node", log.body ());
    ulong[] handlers = {};

    flow.started.connect (run => log.add ("flow-started"));
    flow.done.connect (run => log.add ("flow-done"));
    flow.error.connect ((run, e) => log.add ("flow-error"));
    flow.always.connect (run => log.add ("flow-always"));
    handlers += node.started.connect (run => log.add ("started"));
    handlers += node.done.connect (run => log.add ("done"));
    handlers += node.error.connect ((run, e) => log.add ("error"));
    handlers += node.always.connect (run => log.add ("always"));

    var run = new FlowRun (flow);
    run.done.connect (() => log.add ("run-done"));
    run.error.connect (e => log.add ("run-error"));
    run.always.connect (() => log.add ("run-always"));
    run.execute_sync ();

    var lines = log.take ();
    assert_cmpstr (lines[0], EQ, "flow-started");
    assert_cmpstr (join (lines[lines.length - 6:lines.length]), EQ,
        "done always run-done run-always flow-done flow-always");

    foreach (var handler in handlers)
        node.disconnect (handler);
    node.set_name ("renamed");
    flow.on_error = STOP;
    flow.add_task ("bad", (node, run, task) => {
        throw new FlowError.FAILED ("bad");
    });
    run = new FlowRun (flow) { on_error = IGNORE };
    run.error.connect (e => log.add (e.message));
    try {
        run.execute_sync ();
        assert_not_reached ();
    } catch (FlowError.FAILED e) {
        assert_cmpstr (e.message, EQ, "bad");
    }
    assert_true ("bad" in log.take ());
}

void test_properties () throws Error {
    var inner = new Flow () { name = "inner", max_parallel = 2, max_threads = 1 };
    var flow = new Flow ();
    flow.add ("a", null);
    unowned var b = flow.add ("b", null);
    unowned var sub = flow.add_flow ("sub", inner);
    unowned var join = flow.add_join ("join", { "a", "b" });
    unowned var all = flow.add_join_all (null);
    var made = new FlowNode ("made", null) {
        title = "Made elsewhere",
        placement = FlowPlacement.CONTEXT,
        priority = -5,
        weight = 3,
        run_when = FlowRunWhen.ALL_SUCCEEDED
    };

    flow.add_node (made);
    assert_true (made.flow == flow);
    assert_true (sub.subflow == inner);
    assert_true (flow.lookup ("b") == b);
    assert_true (flow.lookup ("nobody") == null);
    assert_cmpstr (names (join.get_upstreams ()), EQ, "a b");
    assert_cmpstr (names (all.get_upstreams ()), EQ, "join sub");
    assert_cmpuint (flow.get_n_items (), EQ, 6);
    assert_cmpstr (names (flow), EQ, "a b join made node0 sub");

    var copy = flow.copy ();
    assert_true (flow.equal (copy));
    flow.remove_node (made);
    assert_false (flow.equal (copy));
    assert_true (made.flow == null && made.title == "Made elsewhere" && made.weight == 3);
    assert_true (made.priority == -5 && made.placement == CONTEXT && made.name == "made");

    assert_true ("digraph" in flow.to_dot ());
    assert_true (flow.to_mermaid ().length > 0);

    var run = new FlowRun (flow);
    assert_true (run.state == NEW && run.flow == flow);
    assert_true (run.execute_sync ());
    assert_true (run.state == DONE && run.get_error () == null);
    assert_true (run.n_total == 5 && run.n_done == 5 && run.fraction == 1.0);
    assert_true (run.cancellable == null || !run.cancellable.is_cancelled ());
    assert_true (run.get_errors ().get_n_items () == 0);
    assert_true ("digraph" in flow.to_dot (run));
    assert_true (FLOW_MAJOR_VERSION == 0);
    assert_true (FlowError.quark () == new FlowError.FAILED ("").domain);
}

void test_placement () throws Error {
    var flow = new Flow () { max_threads = 2 };
    unowned Thread<void*> here = Thread.self<void*> ();
    bool worker_here = true, context_here = false;
    unowned var context = flow.add ("context", (node, run) => {
        context_here = Thread.self<void*> () == here;
        return true;
    });

    context.placement = CONTEXT;
    flow.add ("worker", (node, run) => {
        worker_here = Thread.self<void*> () == here;
        return true;
    });
    assert_true (execute (flow) != null);
    assert_true (context_here);
    assert_false (worker_here);
}

// An async caller, as in an application.
async int run_twice (Flow flow, FlowNode node) throws Error {
    var runs = 0;

    for (int i = 0; i < 2; i++) {
        var run = yield flow.execute (null);
        runs += run.get_result (node).get_int ();
    }
    var run = new FlowRun (flow);
    assert_true (yield run.execute ());
    return runs;
}

void test_yield () throws Error {
    var flow = new Flow ();
    unowned var node = flow.add ("one", (node, run) => {
        run.set_result (node, 1);
        return true;
    });
    var loop = new MainLoop ();
    var runs = 0;

    run_twice.begin (flow, node, (source, result) => {
        try {
            runs = run_twice.end (result);
        } catch (Error e) {
            error ("%s", e.message);
        }
        loop.quit ();
    });
    loop.run ();
    assert_cmpint (runs, EQ, 2);
}

// What a lambda has captured is freed with the flow, and once.
class Captured : GLib.Object {
    public static int alive = 0;

    construct {
        alive++;
    }

    ~Captured () {
        alive--;
    }
}

void test_lifetime () throws Error {
    var flow = new Flow ();

    for (int i = 0; i < 100; i++) {
        var captured = new Captured ();

        flow.add (null, (node, run) => captured != null);
        flow.add_task (null, (node, run, task) => task.return_boolean (captured != null));
    }
    assert_cmpint (Captured.alive, EQ, 100);
    assert_true (execute (flow) != null);
    flow = null;
    while (MainContext.default ().iteration (false));
    assert_cmpint (Captured.alive, EQ, 0);
}

int main (string[] args) {
    Test.init (ref args);
    add_test ("/vala/chain", test_chain);
    add_test ("/vala/seven-nodes", test_seven_nodes);
    add_test ("/vala/groups", test_groups);
    add_test ("/vala/locks", test_locks);
    add_test ("/vala/acquire", test_acquire);
    add_test ("/vala/results", test_results);
    add_test ("/vala/error", test_error);
    add_test ("/vala/async-error", test_async_error);
    add_test ("/vala/bad-graphs", test_bad_graphs);
    add_test ("/vala/cancel", test_cancel);
    add_test ("/vala/signals", test_signals);
    add_test ("/vala/properties", test_properties);
    add_test ("/vala/placement", test_placement);
    add_test ("/vala/yield", test_yield);
    add_test ("/vala/lifetime", test_lifetime);
    return Test.run ();
}
