// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Everything that the vapi has, once: that it is there, is of the right type, and reaches C. The
// check 'vapi' looks for what is left out, by the names of the variables: 'flow' is a Flow,
// 'node' a FlowNode, and likewise 'group'; 'door' is a FlowLock,
// 'history' a FlowHistory.

using GFlow;

// Flow

void test_flow () throws Error {
    var flow = new Flow ();
    FlowFunc body = succeed;
    FlowTaskFunc task_body = return_now;
    unowned var a = flow.add ("a", (owned) body);
    unowned var b = flow.add_task ("b", (owned) task_body);
    unowned var inner = flow.add_flow ("inner", new Flow ());
    unowned var both = flow.add_join ("both", { "a", "b" });
    unowned var all = flow.add_join_all ("all");
    var made = new FlowNode ("made", null);

    assert_true (flow.add_node (made));
    assert_true (flow.lookup ("a") == a);
    assert_true (Flow.name_is_valid ("a b") && !Flow.name_is_valid ("a\n"));
    assert_true (both.get_upstreams ().get_n_items () == 2);
    assert_true (all.get_upstreams ().get_n_items () == 2);
    assert_true (inner.subflow != null);

    // A flow is a collection, and a list model.
    string[] names = {};
    foreach (var node in flow)
        names += node.name;
    assert_cmpstr (string.joinv (" ", names), EQ, "a b inner both all made");
    assert_true (flow.size == 6 && flow.n_items == 6 && flow.get_n_items () == 6);
    assert_true (flow.item_type == typeof (FlowNode));
    assert_true (flow[1] == b && flow.get (1) == b && flow[6] == null);

    var copy = flow.copy ();
    assert_true (flow.equal (copy));
    assert_true (flow.remove_node (made));
    assert_false (flow.equal (copy));

    assert_true (flow.validate ());
    assert_true ("digraph" in flow.to_dot ());
    flow.direction = FlowDirection.TOP_TO_BOTTOM;
    assert_true ("flowchart TB" in flow.to_mermaid ());
    flow.set_direction (FlowDirection.RIGHT_TO_LEFT);
    assert_true (flow.get_direction () == FlowDirection.RIGHT_TO_LEFT);
    assert_true ("rankdir=RL" in flow.to_dot ());

    FileIOStream stream;
    var file = File.new_tmp ("gflow-XXXXXX.mmd", out stream);
    assert_true (flow.plot_sync (file));
    uint8[] content;
    file.load_contents (null, out content, null);
    assert_cmpstr ((string) content, EQ, flow.to_mermaid ());
    var result = wait (callback => flow.plot.begin (file, null, null, callback));
    assert_true (flow.plot.end (result));
    file.delete ();
}

void test_flow_groups () throws Error {
    var flow = new Flow ();
    var a = new FlowNode ("a", succeed);
    var b = new FlowNode ("b", succeed);
    var c = new FlowNode ("c", succeed);

    assert_true (flow.add_group (Flow.series (a, Flow.parallel (b), Flow.parallel (null), c)));
    assert_true (flow.size == 3);
    assert_true (c.get_upstreams ().get_item (0) == b);
    assert_true (a.get_downstreams ().get_item (0) == b);
}

void test_flow_properties () {
    var flow = new Flow () { name = "n", max_threads = 1, max_parallel = 2, on_error = STOP };

    assert_cmpstr (flow.name, EQ, "n");
    assert_true (flow.max_threads == 1 && flow.max_parallel == 2);
    assert_true (flow.on_error == FlowOnError.STOP);
    flow.set_name ("m");
    flow.set_max_threads (3);
    flow.set_max_parallel (4);
    flow.set_on_error (FlowOnError.IGNORE);
    flow.set_unique_names (true);
    assert_true (flow.unique_names && flow.get_unique_names ());
    flow.unique_names = false;
    assert_cmpstr (flow.get_name (), EQ, "m");
    assert_true (flow.get_max_threads () == 3 && flow.get_max_parallel () == 4);
    assert_true (flow.get_on_error () == IGNORE);
}

// FlowNode

void test_node () throws Error {
    var flow = new Flow ();
    var door = new FlowLock ();
    var node = new FlowNode.for_task ("node", return_now);
    unowned var a = flow.add ("a", null);
    unowned var b = flow.add ("b", null);

    assert_true (node.flow == null);
    flow.add_node (node);
    assert_true (node.flow == flow && node.get_flow () == flow);
    assert_true (node.subflow == null && node.get_subflow () == null);

    node.add_upstream (a);
    node.add_upstream_by_name ("b");
    assert_true (node.get_upstreams ().get_n_items () == 2);
    assert_true (a.get_downstreams ().get_item (0) == node);
    assert_true (node.get_downstreams ().get_n_items () == 0);
    node.set_upstreams (null);
    assert_true (node.get_upstreams ().get_n_items () == 0);
    node.set_upstreams ({ a, b });
    assert_true (node.get_upstreams ().get_n_items () == 2);
    node.set_upstreams ({});
    node.after (a, b);
    assert_true (node.get_upstreams ().get_n_items () == 2);

    node.add_lock (door);
    assert_true (node.get_locks ().get_item (0) == door);
}

void test_node_properties () {
    var node = new FlowNode ("n", null) {
        title = "N", placement = CONTEXT, priority = 1, weight = 2, run_when = ANY_FAILED,
        can_defer = true
    };

    assert_true (node.name == "n" && node.title == "N" && node.placement == CONTEXT);
    assert_true (node.priority == 1 && node.weight == 2 && node.run_when == ANY_FAILED);
    node.name = "m";
    node.set_name ("m");
    node.set_title ("M");
    node.set_placement (FlowPlacement.WORKER);
    node.set_priority (3);
    node.set_weight (4);
    node.set_run_when (FlowRunWhen.ALL_FINISHED);
    node.set_can_defer (true);
    assert_true (!node.can_defer && !node.get_can_defer ());
    assert_true (node.get_name () == "m" && node.get_title () == "M");
    assert_true (node.get_placement () == WORKER && node.get_run_when () == ALL_FINISHED);
    assert_true (node.get_priority () == 3 && node.get_weight () == 4);
}

void test_node_policy () {
    var node = new FlowNode ("n", null) {
        timeout = 1, max_retries = 2, retry_delay = 3, retry_factor = 4, retry_jitter = 0.5
    };

    assert_true (node.timeout == 1 && node.max_retries == 2 && node.retry_delay == 3);
    assert_true (node.retry_factor == 4 && node.retry_jitter == 0.5);
    node.set_timeout (10);
    node.set_max_retries (20);
    node.set_retry_delay (30);
    node.set_retry_factor (40);
    node.set_retry_jitter (0.25);
    assert_true (node.get_timeout () == 10 && node.get_max_retries () == 20);
    assert_true (node.get_retry_delay () == 30 && node.get_retry_factor () == 40);
    assert_true (node.get_retry_jitter () == 0.25);
}

void test_node_retry () throws Error {
    var flow = new Flow ();
    var n = 0;
    unowned var node = flow.add ("tried", () => {
        if (++n < 3)
            throw new IOError.BUSY ("attempt %d", n);
        return true;
    });
    string[] asked = {};

    node.max_retries = 5;
    node.should_retry.connect ((run, error, attempt) => {
        asked += "%u %s".printf (attempt, error.message);
        return true;
    });
    flow.execute_sync ();
    assert_cmpstr (string.joinv (", ", asked), EQ, "1 attempt 1, 2 attempt 2");
}

void test_node_signals () throws Error {
    var flow = new Flow ();
    var fails = false;
    string[] emitted = {};
    unowned var node = flow.add ("node", () => {
        if (fails)
            throw new IOError.FAILED ("bad");
        return true;
    });

    node.started.connect (run => emitted += "started");
    node.done.connect (run => emitted += "done");
    node.error.connect ((run, error) => emitted += "error: " + error.message);
    node.always.connect (run => emitted += "always");
    flow.execute_sync ();
    fails = true;
    try {
        flow.execute_sync ();
    } catch (IOError.FAILED e) {
    }
    assert_cmpstr (string.joinv (", ", emitted), EQ,
        "started, done, always, started, error: bad, always");
}

// FlowGroup

void test_group () throws Error {
    var flow = new Flow ();
    var door = new FlowLock ();
    var group = new FlowGroup.series ();
    var both = new FlowGroup.parallel ();
    var a = new FlowNode ("a", null);
    var b = new FlowNode ("b", null);

    both.append_node (b);
    group.append_node (a);
    group.append_group (both);
    group.set_lock (door);
    flow.add_group (group);
    assert_true (b.get_upstreams ().get_item (0) == a);
    assert_true (a.get_locks ().get_item (0) == door);
}

// FlowLock

void test_lock () throws Error {
    var door = new FlowLock.with_permits (2) { name = "door" };

    assert_true (door.try_acquire ());
    assert_true (door.acquire_sync ());
    assert_false (door.try_acquire ());
    assert_true (door.in_use == 2 && door.get_in_use () == 2);
    assert_true (door.waiting == 0 && door.get_waiting () == 0);
    door.release ();
    var result = wait (callback => door.acquire.begin (null, callback));
    assert_true (door.acquire.end (result));
    door.release ();
    door.release ();

    door.permits = 3;
    assert_true (door.permits == 3 && door.name == "door");
    door.set_permits (1);
    door.set_name ("d");
    assert_true (door.get_permits () == 1 && door.get_name () == "d");
    assert_true (new FlowLock ().permits == 1);
}

// FlowHistory

void test_history () throws Error {
    var history = new FlowHistory ();
    var other = new FlowHistory ();
    var flow = new Flow () { name = "f", history = history };
    var run = new FlowRun (flow);
    FileIOStream stream;
    var file = File.new_tmp (null, out stream);

    flow.add ("a", succeed);
    assert_true (flow.history == history && flow.get_history () == history);
    assert_true (run.history == history && run.get_history () == history);
    run.set_history (other);
    run.history = history;
    flow.set_history (history);
    assert_true (run.execute_sync ());
    assert_true (history.get_duration ("a") >= 0 && history.get_run_duration ("f") >= 0);
    assert_true (run.elapsed == run.get_elapsed () && run.elapsed > 0);
    assert_true (run.remaining == 0 && run.get_remaining () == 0);
    assert_true (run.rate == -1 && run.get_rate () == -1);
    assert_cmpstr (run.status, EQ, run.dup_status ());

    history.forget ();
    history.add_duration ("a", 2);
    history.add_run_duration (null, 3);
    assert_true (history.load_variant (history.to_variant ()));
    assert_true (other.load_variant (history.to_variant ()));
    assert_true (other.get_duration ("a") == 2 && other.get_run_duration (null) == 3);
    assert_true (history.save_sync (file) && history.load_sync (file));
    assert_true (history.save.end (wait (callback => history.save.begin (file, null, callback))));
    assert_true (history.load.end (wait (callback => history.load.begin (file, null, callback))));
    assert_true (history.get_duration ("a") == 2);
    file.delete ();
}

// Values

void test_values () {
    FlowNodeState[] node_states = {
        FlowNodeState.WAITING, FlowNodeState.READY, FlowNodeState.LOCKED, FlowNodeState.RUNNING,
        FlowNodeState.DONE, FlowNodeState.FAILED, FlowNodeState.SKIPPED, FlowNodeState.CANCELLED
    };
    FlowRunState[] run_states = {
        FlowRunState.NEW, FlowRunState.RUNNING, FlowRunState.DONE, FlowRunState.FAILED,
        FlowRunState.CANCELLED
    };
    FlowOnError[] on_errors = {
        FlowOnError.SKIP_DEPENDANTS, FlowOnError.FINISH_RUNNING, FlowOnError.STOP,
        FlowOnError.IGNORE
    };
    FlowPlacement[] placements = { FlowPlacement.WORKER, FlowPlacement.CONTEXT };
    FlowRunWhen[] run_whens = {
        FlowRunWhen.ALL_SUCCEEDED, FlowRunWhen.ALL_FINISHED, FlowRunWhen.ANY_FAILED
    };
    FlowDirection[] directions = {
        FlowDirection.LEFT_TO_RIGHT, FlowDirection.TOP_TO_BOTTOM, FlowDirection.RIGHT_TO_LEFT,
        FlowDirection.BOTTOM_TO_TOP
    };
    FlowPolling[] pollings = { FlowPolling.ANY, FlowPolling.ALL, FlowPolling.ALL_ASYNC };
    FlowScheduling[] schedulings = { FlowScheduling.LEAST_BUSY, FlowScheduling.ROUND_ROBIN };
    FlowTap[] taps = { FlowTap.NONE, FlowTap.BESIDE, FlowTap.COLLECT, FlowTap.OFF };
    FlowReducer[] reducers = {
        FlowReducer.MERGE, FlowReducer.CONCATENATE, FlowReducer.FIRST, FlowReducer.NONE,
        FlowReducer.CUSTOM
    };
    FlowFormat[] formats = {
        FlowFormat.LINES, FlowFormat.CSV, FlowFormat.NDJSON, FlowFormat.JSON
    };
    FlowContents[] contents = { FlowContents.NONE, FlowContents.TEXT, FlowContents.BLOB };
    Error[] errors = {
        new FlowError.EXISTS (""), new FlowError.UNKNOWN_NODE (""), new FlowError.CYCLE (""),
        new FlowError.TOPOLOGY (""), new FlowError.FROZEN (""), new FlowError.NOT_OPEN (""),
        new FlowError.START_FAILED (""), new FlowError.SKIPPED (""),
        new FlowError.ABANDONED (""), new FlowError.RECURSION (""), new FlowError.BAD_FILE (""),
        new FlowError.BAD_INPUT (""), new FlowError.REMOTE (""), new FlowError.FAILED ("")
    };

    foreach (var error in errors)
        assert_true (error.domain == FlowError.quark ());
    for (int i = 0; i < errors.length; i++)
        assert_cmpint (errors[i].code, EQ, i);
    check_values (formats, typeof (FlowFormat));
    check_values (contents, typeof (FlowContents));
    check_values (node_states, typeof (FlowNodeState));
    check_values (run_states, typeof (FlowRunState));
    check_values (on_errors, typeof (FlowOnError));
    check_values (placements, typeof (FlowPlacement));
    check_values (run_whens, typeof (FlowRunWhen));
    check_values (directions, typeof (FlowDirection));
    check_values (pollings, typeof (FlowPolling));
    check_values (schedulings, typeof (FlowScheduling));
    check_values (taps, typeof (FlowTap));
    check_values (reducers, typeof (FlowReducer));

    assert_cmpstr ("%d.%d.%d".printf (FLOW_MAJOR_VERSION, FLOW_MINOR_VERSION, FLOW_MICRO_VERSION),
        EQ, Environment.get_variable ("GFLOW_VERSION"));
}

// All that the type has, in its order.
void check_values (int[] values, Type type) {
    var klass = (EnumClass) type.class_ref ();

    assert_cmpuint (klass.n_values, EQ, values.length);
    for (int i = 0; i < values.length; i++)
        assert_cmpint (klass.values[i].value, EQ, values[i]);
}

int main (string[] args) {
    Test.init (ref args);
    add_test ("/vala/api-graph/flow", test_flow);
    add_test ("/vala/api-graph/flow-groups", test_flow_groups);
    Test.add_func ("/vala/api-graph/flow-properties", test_flow_properties);
    add_test ("/vala/api-graph/node", test_node);
    Test.add_func ("/vala/api-graph/node-properties", test_node_properties);
    Test.add_func ("/vala/api-graph/node-policy", test_node_policy);
    add_test ("/vala/api-graph/node-retry", test_node_retry);
    add_test ("/vala/api-graph/node-signals", test_node_signals);
    add_test ("/vala/api-graph/group", test_group);
    add_test ("/vala/api-graph/lock", test_lock);
    add_test ("/vala/api-graph/history", test_history);
    Test.add_func ("/vala/api-graph/values", test_values);
    return Test.run ();
}
