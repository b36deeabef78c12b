// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Everything that the vapi has, once: that it is there, is of the right type, and reaches C. The
// check 'vapi' looks for what is left out, by the names of the variables: 'flow' is a Flow,
// 'node' a FlowNode, and likewise 'document', 'group', 'reader', 'run', 'source', 'step' and
// 'writer'; 'door' is a FlowLock, 'files' a FlowFileSource.

using GFlow;

bool succeed (FlowNode node, FlowRun run) throws Error {
    return true;
}

void return_now (FlowNode node, FlowRun run, Task task) throws Error {
    task.return_boolean (true);
}

// Calls an async function, and waits for its callback.
delegate void BeginFunc (AsyncReadyCallback callback);

AsyncResult wait (BeginFunc begin) {
    var loop = new MainLoop ();
    AsyncResult? answer = null;

    begin ((source, result) => {
        answer = result;
        loop.quit ();
    });
    loop.run ();
    return answer;
}

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

void test_flow_running () throws Error {
    var flow = new Flow ();
    string[] emitted = {};

    flow.add ("a", succeed);
    flow.started.connect (run => emitted += "started");
    flow.done.connect (run => emitted += "done");
    flow.error.connect ((run, error) => emitted += "error: " + error.message);
    flow.always.connect (run => emitted += "always");

    assert_true (flow.execute_sync ().state == DONE);
    assert_cmpstr (string.joinv (" ", emitted), EQ, "started done always");
    var result = wait (callback => flow.execute.begin (null, callback));
    assert_true (flow.execute.end (result).n_done == 1);

    emitted = {};
    flow.add ("bad", () => { throw new FlowError.REMOTE ("gone"); });
    try {
        flow.execute_sync ();
        assert_not_reached ();
    } catch (FlowError.REMOTE e) {
        assert_cmpstr (e.message, EQ, "gone");
    }
    assert_cmpstr (string.joinv (", ", emitted), EQ, "started, error: gone, always");
}

void test_run_record () throws Error {
    var flow = new Flow ();

    flow.add ("a", succeed);
    var run = new FlowRun (flow) { keep_record = true };
    assert_true (run.keep_record && run.get_keep_record ());
    run.set_keep_record (true);
    run.execute_sync ();
    assert_true ("\"node\":\"a\"" in run.to_trace ());
    assert_true ("<svg" in run.to_gantt ());
    assert_true ("1 node in" in run.to_summary ());

    uint n_nodes;
    assert_true (run.dup_report ().lookup ("n-nodes", "u", out n_nodes));
    assert_true (n_nodes == 1);
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

void test_run_steering () throws Error {
    var flow = new Flow ();
    string[] called = {};

    flow.max_threads = 1;
    string[] names = { "a", "b", "c" };
    foreach (var name in names)
        flow.add (name, node => {
            called += node.name;
            return true;
        });

    var run = new FlowRun (flow);
    var loop = new MainLoop ();

    run.pause ();
    assert_true (run.paused && run.get_paused ());
    run.execute.begin (null, () => loop.quit ());
    run.set_node_priority (flow.lookup ("c"), -1);
    run.resume ();
    assert_false (run.paused);
    loop.run ();
    assert_cmpstr (string.joinv (" ", called), EQ, "c a b");
    try {
        run.retry_node (flow.lookup ("a"));
        assert_not_reached ();
    } catch (IOError.CLOSED e) {
    }
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

// FlowRun

void test_run () throws Error {
    var flow = new Flow ();
    unowned var number = flow.add ("number", (node, run) => {
        run.set_result (node, 20 + (int) run.parameters.n_children ());
        run.select (node, null);
        assert_true (run.spawn (node, new Flow ()).parameters.n_children () == 0);
        run.spawn_run (node, new FlowRun (new Flow ()));
        return true;
    });
    unowned var text = flow.add ("text", (node, run) => {
        assert_true (run.get_node_state (node) == RUNNING);
        run.set_result_variant (node, new Variant.string ("t"));
        return true;
    });
    unowned var object = flow.add ("object", (node, run) => {
        run.set_result (node, node);
        return true;
    });
    var run = new FlowRun (flow);
    string[] emitted = {};

    run.done.connect (() => emitted += "done");
    run.always.connect (() => emitted += "always");
    run.set_keep_results (true);
    assert_true (run.keep_results && run.get_keep_results ());
    assert_true (run.execute_sync ());
    assert_cmpstr (string.joinv (" ", emitted), EQ, "done always");

    assert_true (run.get_result (number).get_int () == 20);
    assert_cmpstr (run.dup_result_variant (text).get_string (), EQ, "t");
    assert_true (run.dup_result_object (object) == object);
    assert_true (run.get_errors ().get_n_items () == 0 && run.get_error () == null);
    assert_true (run.flow == flow && run.get_flow () == flow);
    assert_true (run.state == FlowRunState.DONE && run.get_state () == DONE);
    assert_true (run.fraction == 1.0 && run.get_fraction () == 1.0);
    assert_true (run.n_done == 3 && run.get_n_done () == 3);
    assert_true (run.n_total == 3 && run.get_n_total () == 3);
}

void test_run_properties () {
    var run = new FlowRun (new Flow ()) {
        on_error = FINISH_RUNNING, deadline = 5, keep_results = false
    };
    var parameters = new VariantDict ();

    assert_true (run.on_error == FINISH_RUNNING && run.get_on_error () == FINISH_RUNNING);
    run.set_on_error (FlowOnError.SKIP_DEPENDANTS);
    assert_true (run.deadline == 5 && run.get_deadline () == 5);
    run.set_deadline (0);

    parameters.insert ("n", "i", 1);
    run.set_parameters (parameters.end ());
    assert_true (run.get_parameters ().n_children () == 1);
    run.parameters = null;
    assert_true (run.parameters.n_children () == 0);

    assert_true (run.journal == null && run.get_journal () == null);
    run.journal = File.new_for_path ("somewhere");
    assert_true (run.journal.get_basename () == "somewhere");
    run.set_journal (null);
    assert_true (run.save () == null);
}

void test_run_restoring () throws Error {
    var flow = new Flow ();
    var fails = true;
    unowned var number = flow.add ("number", (node, run) => {
        run.set_result (node, 20);
        return true;
    });
    unowned var other = flow.add ("other", (node, run) => {
        assert_true (run.get_result (number).get_int () == 20);
        if (fails)
            throw new FlowError.FAILED ("not now");
        return true;
    });
    var run = new FlowRun (flow) { keep_results = true };

    other.add_upstream (number);
    try {
        run.execute_sync ();
        assert_not_reached ();
    } catch (FlowError.FAILED e) {
    }

    fails = false;
    var saved = run.save ();
    run = new FlowRun (flow);
    assert_true (run.restore (saved));
    assert_true (run.execute_sync ());
    assert_true (run.get_node_state (number) == DONE && run.dup_node_reason (number) != null);
    assert_true (run.dup_node_reason (other) == null);

    flow.add ("new", () => true);
    run = new FlowRun (flow);
    try {
        run.restore (saved);
        assert_not_reached ();
    } catch (FlowError.TOPOLOGY e) {
    }
}

void test_question () throws Error {
    var flow = new Flow ();
    flow.add ("asks", (node, run) => {
        var question = new FlowQuestion ("Well?", { "yes", "no" }, new Variant.string ("no"));
        assert_cmpstr (run.ask_question_sync (node, question).get_string (), EQ, "yes");
        return true;
    });
    flow.add_task ("asks too", (node, run, task) => {
        run.ask_question.begin (node, new FlowQuestion ("Really?", null, null), (source, result) => {
            try {
                run.ask_question.end (result);
                assert_not_reached ();
            } catch (Error e) {
                assert_true (e is IOError.BUSY);
            }
            task.return_boolean (true);
        });
    });
    var run = new FlowRun (flow);
    run.ask.connect (question => {
        if (question.text == "Really?") {
            question.refuse (new IOError.BUSY ("Not now"));
            return true;
        }
        assert_true (question.node == question.get_node () && question.get_text () == "Well?");
        assert_true (question.choices[1] == "no" && question.get_choices ()[0] == "yes");
        assert_true (question.default_answer.get_string () == "no");
        assert_true (question.get_default_answer ().get_string () == "no");
        question.answer (new Variant.string ("yes"));
        return true;
    });
    run.execute_sync ();
}

void test_map () throws Error {
    var flow = new Flow ();
    var items = new ListStore (typeof (Object));
    unowned var node = flow.add_map ("map", new FlowNode (null, (each, run) => {
        assert_true (run.get_parent_node ().name == "map");
        run.set_result (each, run.get_map_item (each));
        return true;
    }), 2);

    items.append (flow);
    node.set_items_variant (new Variant.strv ({}));
    node.set_items (items);
    var run = flow.execute_sync ();
    var values = (FlowValues) run.dup_result_object (node);
    assert_true (values.get_n_values () == 1);
    assert_true (values.get_value (0).get_object () == flow);
    assert_true (run.dup_result_list (node).get_item (0) == flow);
    FlowItemsFunc make_items = (node, run) => new ListStore (typeof (Object));
    node.set_items_func ((owned) make_items);
    assert_true (flow.execute_sync ().dup_result_list (node).get_n_items () == 0);
}

void test_run_cancelling () throws Error {
    var flow = new Flow ();
    unowned var node = flow.add_task ("node", (node, run, task) => {
        task.get_cancellable ().cancelled.connect (() => task.return_error_if_cancelled ());
    });
    var run = new FlowRun (flow);
    string[] emitted = {};

    run.error.connect (error => emitted += "error");
    node.started.connect (run => {
        assert_false (run.get_node_cancellable (node).is_cancelled ());
        run.cancel_node (node);
    });
    var result = wait (callback => run.execute.begin (null, callback));
    try {
        run.execute.end (result);
        assert_not_reached ();
    } catch (IOError.CANCELLED e) {
    }
    assert_cmpstr (string.joinv (" ", emitted), EQ, "error");
    assert_true (run.get_node_state (node) == CANCELLED);
    assert_true (run.get_node_error (node) is IOError.CANCELLED);
    assert_true (run.dup_node_reason (node) != null);
    assert_true (run.state == CANCELLED);

    run = new FlowRun (flow);
    run.cancel ();
    assert_true (run.cancellable.is_cancelled () && run.get_cancellable ().is_cancelled ());
    try {
        run.execute_sync ();
        assert_not_reached ();
    } catch (IOError.CANCELLED e) {
    }
}

void test_run_deferring () throws Error {
    var flow = new Flow ();
    unowned var good = flow.add ("good", (node, run) => {
        run.defer_node (node);
        later (() => run.complete_node (node));
        return true;
    });
    unowned var bad = flow.add ("bad", (node, run) => {
        run.defer_node (node);
        later (() => run.fail_node (node, new FlowError.BAD_INPUT ("bad")));
        return true;
    });
    unowned var stopped = flow.add ("stopped", (node, run) => {
        run.defer_node (node);
        later (() => run.cancel_node (node));
        return true;
    });
    var run = new FlowRun (flow);

    foreach (unowned var node in new FlowNode[] { good, bad, stopped })
        node.placement = CONTEXT;
    run.stop_node.connect (node => run.fail_node (node, new IOError.CANCELLED ("stopped")));
    try {
        run.execute_sync ();
        assert_not_reached ();
    } catch (FlowError.BAD_INPUT e) {
    }
    assert_true (run.get_node_state (good) == DONE);
    assert_true (run.get_node_state (bad) == FAILED);
    assert_true (run.get_node_state (stopped) == CANCELLED);
}

delegate void Deed ();

void later (owned Deed deed) {
    var idle = new IdleSource ();

    idle.set_callback (() => {
        deed ();
        return Source.REMOVE;
    });
    idle.attach (MainContext.ref_thread_default ());
}

// FlowStep

void test_step () {
    var flow = new Flow ();
    unowned var node = flow_with_failure (flow);
    var run = new FlowRun (flow);

    try {
        run.execute_sync ();
        assert_not_reached ();
    } catch (Error e) {
        assert_true (e is FlowError.BAD_INPUT);
    }
    var step = (FlowStep) run.get_errors ().get_item (0);
    assert_true (step.node == node && step.get_node () == node);
    assert_true (step.state == FAILED && step.get_state () == FlowNodeState.FAILED);
    assert_true (step.error is FlowError.BAD_INPUT && step.get_error () is FlowError.BAD_INPUT);
    assert_true (step.reason == step.dup_reason ());
    assert_true (step == run.get_step (node));
    assert_true (step.start > 0 == step.get_start () > 0 && step.end == step.get_end ());
    assert_true (step.attempt == step.get_attempt () && step.worker == step.get_worker ());
    assert_true (step.fraction == step.get_fraction () && step.fraction == 0);
    assert_true (step.message == null && step.dup_message () == null);
    assert_true (step.subrun == null && step.get_subrun () == null);
    assert_true (step.subruns == step.get_subruns () && step.subruns.get_n_items () == 0);
}

void test_run_list () throws Error {
    var flow = new Flow ();
    unowned var node = flow.add ("a", (node, run) => {
        run.set_node_progress (node, 0.5);
        run.set_node_progress (node, -1, "half");
        return true;
    });
    var run = new FlowRun (flow);
    uint n_changes = 0;
    string[] names = {};

    flow.add ("b", succeed);
    assert_true (run.size == 2 && run.n_items == 2 && run.get_n_items () == 2);
    assert_true (run.item_type == typeof (FlowStep));
    foreach (var step in run)
        names += step.node.name;
    assert_cmpstr (string.joinv (" ", names), EQ, "a b");
    assert_true (run[0].node == node && run.get (0) == run[0] && run[2] == null);
    assert_true (run[0].worker == -1 && run[0].attempt == 0);

    run.step_changed.connect (step => n_changes++);
    assert_true (run.execute_sync ());
    assert_true (n_changes >= 2);
    assert_true (run[0].state == DONE && run[0].attempt == 1 && run[0].worker == 1);
    assert_true (run[0].start > 0 && run[0].end >= run[0].start);
    assert_true (run[0].fraction == 1 && run[0].message == "half");
}

unowned FlowNode flow_with_failure (Flow flow) {
    try {
        return flow.add ("bad", () => { throw new FlowError.BAD_INPUT ("bad"); });
    } catch (Error e) {
        error ("%s", e.message);
    }
}

// FlowDocument

void test_document () throws Error {
    var document = new FlowDocument () {
        id = "a", text = "b", blob = new Bytes ("c".data), uri = "d:e", mime_type = "text/plain"
    };
    var tags = new VariantDict ();

    tags.insert ("n", "x", (int64) 1);
    document.tags = tags.end ();
    assert_cmpstr (document.id + document.text + document.uri, EQ, "abd:e");
    assert_true (document.blob.get_size () == 1 && document.tags.n_children () == 1);
    assert_cmpstr (document.mime_type, EQ, "text/plain");

    document.set_id ("A");
    document.set_text ("B");
    document.set_blob (null);
    document.set_uri ("D:E");
    document.set_mime_type ("text/html");
    document.set_tags (null);
    document.set_tag ("m", new Variant.int32 (2));
    assert_cmpstr (document.get_id () + document.get_text () + document.get_uri (), EQ, "ABD:E");
    assert_cmpstr (document.get_mime_type (), EQ, "text/html");
    assert_true (document.get_blob () == null && document.get_tags ().n_children () == 1);
    assert_true (document.dup_tag ("m").get_int32 () == 2);
    assert_true (document.equal (document.copy ()));

    assert_cmpstr (document.to_json (), EQ,
        "{\"id\":\"A\",\"text\":\"B\",\"uri\":\"D:E\",\"mime_type\":\"text/html\",\"tags\":{\"m\":2}}");
    assert_true (document.equal (new FlowDocument.from_variant (document.to_variant ())));
    assert_cmpstr (new FlowDocument.from_json ("{}").to_json (), EQ, "{}");
    var list = FlowDocument.list_from_json ("[{\"id\":\"1\"}]");
    assert_cmpstr (FlowDocument.list_to_json (list), EQ, "[\n{\"id\":\"1\"}\n]\n");
    list = FlowDocument.list_from_variant (FlowDocument.list_to_variant (list));
    assert_true (list.get_n_items () == 1);

    assert_cmpstr (new FlowDocument.for_text ("t").text, EQ, "t");
    assert_cmpstr (new FlowDocument.for_uri ("u:v").uri, EQ, "u:v");
    assert_true (new FlowDocument.for_blob (new Bytes ({ 1, 2 })).blob.get_size () == 2);
}

// FlowSource

string texts_of (ListModel documents) {
    string[] texts = {};

    for (uint i = 0; i < documents.get_n_items (); i++)
        texts += ((FlowDocument) documents.get_item (i)).text;
    return string.joinv (" ", texts);
}

class Ones : Object, FlowSource {
    public bool fill_sync (uint n_documents, GLib.ListStore documents, Cancellable? cancellable) throws Error {
        for (uint i = 0; i < n_documents; i++)
            documents.append (new FlowDocument.for_text ("1"));
        return true;
    }
}

class OneLater : Object, FlowSource {
    private bool given;

    public void fill (uint n_documents, GLib.ListStore documents, Task task) throws Error {
        if (!given)
            documents.append (new FlowDocument.for_text ("later"));
        given = true;
        Idle.add (() => {
            task.return_boolean (true);
            return Source.REMOVE;
        });
    }
}

void test_source () throws Error {
    var model = new GLib.ListStore (typeof (FlowDocument));
    FlowSourceFunc func = (source, n, documents) => {
        documents.append (new FlowDocument.for_text (n.to_string ()));
        return true;
    };
    FlowSourceTaskFunc task_func = (source, n, documents, task) => {
        documents.append (new FlowDocument.for_text ("t"));
        task.return_boolean (true);
    };

    model.append (new FlowDocument.for_text ("a"));
    assert_cmpstr (texts_of (FlowSource.new_for_model (model).next_sync (2)), EQ, "a");
    assert_cmpstr (texts_of (FlowSource.new_for_variant (new Variant.strv ({ "a", "b" })).next_sync (0)), EQ, "a b");
    var source = FlowSource.new_for_texts ({ "a", "b", "c" });
    assert_cmpstr (texts_of (source.next_sync (2)), EQ, "a b");
    var result = wait (callback => source.next.begin (2, null, callback));
    assert_cmpstr (texts_of (source.next.end (result)), EQ, "c");
    source = FlowSource.new_for_func ((owned) func);
    assert_cmpstr (texts_of (source.next_sync (2)), EQ, "2 1");
    source = FlowSource.new_for_task_func ((owned) task_func);
    assert_cmpstr (texts_of (source.next_sync (1)), EQ, "t");

    source = new Ones ();
    assert_cmpstr (texts_of (source.next_sync (3)), EQ, "1 1 1");
    source = new OneLater ();
    result = wait (callback => source.next.begin (0, null, callback));
    assert_cmpstr (texts_of (source.next.end (result)), EQ, "later");
}

// FlowExecutor

class Marker : FlowExecutor {
    public string word { get; set; default = "x"; }
    public int told;

    public override bool process (FlowRequest request, Cancellable? cancellable) throws Error {
        var documents = request.documents;
        for (uint i = 0; i < documents.get_n_items (); i++) {
            var document = (FlowDocument) documents.get_item (i);
            document.text = document.text + " " + word;
        }
        return true;
    }

    public override bool setup (Cancellable? cancellable) throws Error {
        told++;
        return true;
    }

    public override bool teardown (Cancellable? cancellable) throws Error {
        told++;
        return true;
    }
}

class Later : FlowExecutor {
    public int told;

    public override void start (FlowRequest request, Task task) throws Error {
        request.set_result (new Variant.string ("later"));
        task.return_boolean (true);
    }

    public override void start_setup (Task task) throws Error {
        told++;
        task.return_boolean (true);
    }

    public override void start_teardown (Task task) throws Error {
        told++;
        task.return_boolean (true);
    }
}

void test_executor () throws Error {
    var executor = new Marker () { name = "n", description = "d" };
    var folder = File.new_for_path (DirUtils.make_tmp ("api-XXXXXX"));
    FlowExecutorFunc func = (executor, request, cancellable) => true;
    FlowExecutorTaskFunc task_func = (executor, request, task) => task.return_boolean (true);
    FlowExecutorFactoryFunc factory = executor => new Marker () { word = "made" };

    executor.workspace = folder;
    assert_cmpstr (executor.name + executor.description, EQ, "nd");
    executor.set_name ("N");
    executor.set_description ("D");
    executor.set_workspace (folder);
    assert_cmpstr (executor.get_name () + executor.get_description (), EQ, "ND");
    assert_true (executor.get_workspace () == executor.workspace);
    var made = executor.make_workspace ();
    assert_cmpstr (folder.get_relative_path (made), EQ, "N/0");
    made.delete ();
    made.get_parent ().delete ();
    folder.delete ();
    assert_true (executor.index == 0 && executor.get_index () == 0);
    assert_true (executor.shard == 0 && executor.get_shard () == 0);
    executor.bind ("func", (owned) func);
    executor.bind_task ("/task", (owned) task_func);
    assert_true (executor.redirect ("/a", "func"));
    executor.set_batching ("/a", 16, 100);
    assert_true (executor.get_batch_size ("/a") == 16 && executor.get_batch_timeout ("/a") == 100);
    assert_true (executor.get_batch_size (null) == 0 && executor.get_batch_timeout (null) == 0);
    executor.set_factory ((owned) factory);
    assert_cmpstr (((Marker) executor.make_instance ()).word, EQ, "made");
}

// How nodes serve

void test_serving () throws Error {
    var flow = new Flow ();
    var before = new Marker () { word = "b" };
    var after = new Marker () { word = "a" };
    var node = flow.add_executor ("x", new Marker () { word = "x" }, null);
    var condition = new Variant.parsed ("{'text': <'b'>}");
    FlowConditionFunc func = (node, document) => document.text != "a";
    FlowReducerFunc reduce = (node, request, parts) => {
        assert_true (parts.get_n_items () == 2 && request.dup_parts ().get_n_items () == 2);
        request.documents = ((FlowRequest) parts.get_item (1)).documents;
        return true;
    };

    node.parallel = 2;
    node.replicas = 2;
    node.polling = ALL;
    node.scheduling = ROUND_ROBIN;
    node.reducer = FIRST;
    node.detached = true;
    node.before = before;
    assert_true (node.parallel == 2 && node.get_replicas () == 2 && node.get_polling () == ALL);
    assert_true (node.get_scheduling () == ROUND_ROBIN && node.get_reducer () == FIRST);
    assert_true (node.get_detached () && node.get_before () == before);
    node.set_parallel (2);
    node.set_replicas (1);
    node.set_polling (ALL);
    node.set_scheduling (LEAST_BUSY);
    node.set_reducer (NONE);
    node.set_detached (false);
    node.set_before (null);
    node.set_after (after);
    node.tap = BESIDE;
    assert_true (node.get_tap () == BESIDE);
    node.set_tap (NONE);
    assert_true (node.tap == NONE);
    assert_true (node.get_parallel () == 2 && node.replicas == 1 && node.polling == ALL);
    assert_true (node.scheduling == LEAST_BUSY && node.reducer == NONE && !node.detached);
    assert_true (node.before == null && node.get_after () == after);
    node.set_polling_for ("/any", ANY);
    assert_true (node.get_polling_for ("/any") == ANY);
    assert_true (node.set_condition (condition));
    assert_true (node.condition.equal (condition) && node.get_condition ().equal (condition));
    node.set_condition_func ((owned) func);
    node.set_reducer_func ((owned) reduce);
    assert_true (node.condition == null && node.reducer == CUSTOM);

    var request = new FlowRequest ("/");
    ((GLib.ListStore) request.documents).append (new FlowDocument.for_text ("a"));
    ((GLib.ListStore) request.documents).append (new FlowDocument.for_text ("b"));
    var run = new FlowRun (flow) { request = request };
    assert_true (flow.open_sync () && run.execute_sync () && flow.close_sync ());
    assert_cmpstr (texts_of (request.documents), EQ, "b x a");
}

// FlowRequest, FlowRoute

void test_request () throws Error {
    var flow = new Flow ();
    var marker = new Marker ();
    var later = new Later ();
    unowned var node = flow.add_executor ("a", marker, null);
    unowned var tap = flow.add_tap ("tap", node, null, BESIDE);
    assert_true (tap.tap == BESIDE && flow.get_insertion_point () == node);
    assert_true (flow.remove_node (tap));
    flow.add_executor ("b", later, { "a" });
    assert_true (node.executor == marker && node.get_executor () == marker);
    assert_true (flow.get_orphans ().get_n_items () == 1);
    assert_true (flow.insertion_point == flow[1]);
    flow.set_insertion_point (flow[1]);
    assert_true (flow.get_insertion_point () == flow[1]);
    flow.open_timeout = 3000;
    flow.set_open_timeout (4000);
    assert_true (flow.get_open_timeout () == 4000);
    flow.close_timeout = 1000;
    flow.set_close_timeout (2000);
    assert_true (flow.get_close_timeout () == 2000);

    var request = new FlowRequest ("/") { id = "i", parameters = new Variant ("a{sv}", null) };
    var documents = new GLib.ListStore (typeof (FlowDocument));
    documents.append (new FlowDocument.for_text ("text"));
    request.documents = documents;
    request.set_documents (documents);
    request.set_id ("j");
    request.parameters = null;
    request.set_parameters (null);
    request.set_endpoint ("/x");
    request.endpoint = "/y";
    assert_cmpstr (request.id + request.get_id () + request.get_endpoint (), EQ, "jj/y");
    assert_true (request.get_parameters ().n_children () == 0);

    assert_true (flow.open_sync () && flow.is_open && flow.get_is_open ());
    var run = new FlowRun (flow);
    run.request = request;
    run.set_request (request);
    assert_true (run.get_request () == request);
    assert_true (run.execute_sync ());
    assert_true (flow.close_sync ());
    assert_true (marker.told == 2 && later.told == 2);

    assert_cmpstr (texts_of (request.get_documents ()), EQ, "text x");
    assert_true (request.state == FlowRunState.DONE && request.get_state () == FlowRunState.DONE);
    assert_true (request.error == null && request.get_error () == null);
    assert_cmpstr (request.dup_result ("b").get_string (), EQ, "later");
    assert_true (request.results.n_children () == 1 && request.dup_results ().n_children () == 1);
    assert_true (request.routes.get_n_items () == 3 && request.get_routes ().get_n_items () == 3);

    var route = (FlowRoute) request.routes.get_item (1);
    assert_cmpstr (route.name + route.get_name (), EQ, "aa");
    assert_true (route.node == node && route.get_node () == node);
    assert_true (route.start <= route.end && route.get_start () <= route.get_end ());
    assert_true (route.state == FlowNodeState.DONE && route.get_state () == FlowNodeState.DONE);
    assert_true (route.error == null && route.get_error () == null);

    var cancellable = new Cancellable ();
    cancellable.cancel ();
    flow.block (cancellable);
    var result = wait (callback => flow.open.begin (null, callback));
    assert_true (flow.open.end (result));
    result = wait (callback => flow.close.begin (null, callback));
    assert_true (flow.close.end (result));
}

// FlowPost

void test_post () throws Error {
    var flow = new Flow ();
    flow.add_executor (null, new Marker (), null);
    flow.open_sync ();

    FlowPost[] posts = { flow.index (), flow.search (), flow.update (), flow.delete () };
    assert_cmpstr (posts[0].endpoint + posts[3].get_endpoint (), EQ, "/index/delete");
    var post = posts[1];
    assert_cmpstr (post.endpoint + post.get_endpoint (), EQ, "/search/search");
    post = flow.post ("/");
    string[] told = {};
    post.source = FlowSource.new_for_texts ({ "a", "b", "c" });
    post.set_source (post.get_source ());
    post.parameters = new Variant ("a{sv}", null);
    post.set_parameters (null);
    post.target = "x";
    post.set_target ("exec");
    post.request_size = 1;
    post.set_request_size (2);
    post.max_in_flight = 1;
    post.set_max_in_flight (3);
    post.request_timeout = 50000;
    post.set_request_timeout (60000);
    assert_true (post.get_request_timeout () == 60000);
    post.ordered = false;
    post.set_ordered (true);
    post.continue_on_error = true;
    post.set_continue_on_error (false);
    post.n_total = 1;
    post.set_n_total (2);
    assert_true (post.flow == flow && post.get_flow () == flow && post.get_ordered ());
    assert_true (post.get_parameters ().n_children () == 0 && !post.get_continue_on_error ());
    assert_cmpstr (post.get_target (), EQ, "exec");
    assert_true (post.get_request_size () == 2 && post.get_max_in_flight () == 3);
    FlowPostFunc done = (post, request) => { told += "d"; return true; };
    FlowPostFunc failed = (post, request) => { told += "e"; return true; };
    FlowPostFunc always = (post, request) => { told += "a"; return true; };
    post.set_done_func ((owned) done);
    post.set_error_func ((owned) failed);
    post.set_always_func ((owned) always);
    post.done.connect (() => told += "D");
    post.error.connect (() => told += "E");
    post.always.connect (() => told += "A");
    var requests = post.collect_sync ();
    assert_true (requests.get_n_items () == 2);
    assert_cmpstr (string.joinv ("", told), EQ, "dDaAdDaA");
    assert_true (post.n_sent == 2 && post.n_done == 2 && post.n_failed == 0 && post.fraction == 1);
    assert_true (post.get_n_sent () == 2 && post.get_n_done () == 2 && post.get_n_failed () == 0);
    assert_true (post.get_n_total () == 2 && post.get_fraction () == 1);
    post.cancel ();

    assert_true (flow.post ("/").run_sync ());
    post = flow.post ("/");
    assert_true (post.next_sync () != null && post.next_sync () == null);
    post = flow.post ("/");
    var result = wait (callback => post.run.begin (null, callback));
    assert_true (post.run.end (result));
    post = flow.post ("/");
    result = wait (callback => post.next.begin (null, callback));
    assert_true (post.next.end (result) != null);
    post = flow.post ("/");
    result = wait (callback => post.collect.begin (null, callback));
    assert_true (post.collect.end (result).get_n_items () == 1);
    post = flow.post ("/");
    post.run_sync ();
    flow.close_sync ();
}

// FlowReader, FlowWriter, FlowFileSource

void test_reader () throws Error {
    var stream = new MemoryInputStream.from_data ("a;b\n1;2\nbad\n".data);
    var reader = new FlowReader (FlowFormat.CSV, stream) {
        columns = { "id", "n" }, has_header = true, delimiter = ";", max_length = 9, skip_bad = true,
        fields = new Variant.parsed ("{'n': 'text'}")
    };
    string[] skipped = {};

    reader.skipped.connect (error => skipped += error.message);
    assert_cmpstr (texts_of (reader.next_sync (0)), EQ, "2");
    assert_cmpstr (string.joinv (", ", skipped), EQ, "3:4: The record ends after 1 of 2 fields");
    assert_true (reader.n_read == 1 && reader.get_n_read () == 1);
    assert_true (reader.n_skipped == 1 && reader.get_n_skipped () == 1);
    assert_true (reader.stream == stream && reader.get_stream () == stream);
    assert_true (reader.format == CSV && reader.get_format () == CSV);
    assert_true (reader.has_header && reader.delimiter == ";" && reader.skip_bad);
    assert_true (reader.columns.length == 2 && reader.fields.n_children () == 1);
    assert_true (reader.max_length == 9);

    var file = File.new_for_path ("/nowhere");
    reader = new FlowReader.for_file (FlowFormat.LINES, file);
    assert_true (reader.file == file && reader.get_file () == file);
    reader.set_columns ({ "a" });
    reader.set_delimiter ("\t");
    reader.set_fields (null);
    reader.set_has_header (false);
    reader.set_max_length (5);
    reader.set_skip_bad (false);
    assert_true (reader.get_columns ().length == 1 && reader.get_delimiter () == "\t");
    assert_true (reader.get_fields () == null && !reader.get_has_header ());
    assert_true (reader.get_max_length () == 5 && !reader.get_skip_bad ());
}

void test_writer () throws Error {
    var stream = new MemoryOutputStream.resizable ();
    var writer = new FlowWriter (FlowFormat.CSV, stream) {
        columns = { "id" }, has_header = false, delimiter = ";"
    };
    var list = FlowDocument.list_from_json ("[{\"id\":1}]");

    assert_true (writer.write_sync (list));
    var result = wait (callback => writer.write.begin (list, null, callback));
    assert_true (writer.write.end (result));
    result = wait (callback => writer.close.begin (null, callback));
    assert_true (writer.close.end (result) && writer.close_sync ());
    stream.close ();
    assert_cmpstr ((string) stream.steal_as_bytes ().get_data (), EQ, "1\r\n1\r\n");
    assert_true (writer.n_written == 2 && writer.get_n_written () == 2);
    assert_true (writer.stream == stream && writer.get_stream () == stream);
    assert_true (writer.format == CSV && writer.get_format () == CSV);
    assert_true (writer.columns.length == 1 && !writer.has_header && writer.delimiter == ";");

    var file = File.new_for_path ("/nowhere");
    writer = new FlowWriter.for_file (FlowFormat.JSON, file);
    assert_true (writer.file == file && writer.get_file () == file);
    writer.set_columns ({ "a" });
    writer.set_delimiter ("\t");
    writer.set_has_header (false);
    assert_true (writer.get_columns ().length == 1 && writer.get_delimiter () == "\t");
    assert_false (writer.get_has_header ());
}

void test_files () throws Error {
    FileIOStream stream;
    var file = File.new_tmp ("gflow-XXXXXX.txt", out stream);

    stream.output_stream.write_all ("text".data, null);
    stream.close ();
    var files = new FlowFileSource (file.get_parent (), file.get_basename ()) {
        contents = TEXT, max_length = 4, skip_bad = true
    };
    files.skipped.connect (error => assert_not_reached ());
    assert_cmpstr (texts_of (files.next_sync (0)), EQ, "text");
    assert_true (files.n_read == 1 && files.get_n_read () == 1);
    assert_true (files.n_skipped == 0 && files.get_n_skipped () == 0);
    assert_true (files.folder.equal (file.get_parent ()));
    assert_true (files.get_folder ().equal (file.get_parent ()));
    assert_true (files.pattern == file.get_basename () && files.get_pattern () == files.pattern);
    assert_true (files.contents == TEXT && files.max_length == 4 && files.skip_bad);

    files = new FlowFileSource.for_glob (file.get_path ());
    files.set_contents (FlowContents.BLOB);
    files.set_max_length (5);
    files.set_skip_bad (false);
    assert_true (files.get_contents () == BLOB && files.get_max_length () == 5);
    assert_false (files.get_skip_bad ());
    assert_true (files.next_sync (0).get_n_items () == 1);
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

delegate void TestBody () throws Error;

void add_test (string path, owned TestBody body) {
    Test.add_data_func (path, () => {
        try {
            body ();
        } catch (Error e) {
            error ("%s: %s", e.domain.to_string (), e.message);
        }
    });
}

int main (string[] args) {
    Test.init (ref args);
    add_test ("/vala/api/flow", test_flow);
    add_test ("/vala/api/flow-groups", test_flow_groups);
    Test.add_func ("/vala/api/flow-properties", test_flow_properties);
    add_test ("/vala/api/flow-running", test_flow_running);
    add_test ("/vala/api/run-record", test_run_record);
    add_test ("/vala/api/node", test_node);
    Test.add_func ("/vala/api/node-properties", test_node_properties);
    Test.add_func ("/vala/api/node-policy", test_node_policy);
    add_test ("/vala/api/node-retry", test_node_retry);
    add_test ("/vala/api/node-signals", test_node_signals);
    add_test ("/vala/api/group", test_group);
    add_test ("/vala/api/lock", test_lock);
    add_test ("/vala/api/history", test_history);
    add_test ("/vala/api/run", test_run);
    add_test ("/vala/api/run-restoring", test_run_restoring);
    Test.add_func ("/vala/api/run-properties", test_run_properties);
    add_test ("/vala/api/map", test_map);
    add_test ("/vala/api/question", test_question);
    add_test ("/vala/api/run-cancelling", test_run_cancelling);
    add_test ("/vala/api/run-steering", test_run_steering);
    add_test ("/vala/api/run-deferring", test_run_deferring);
    Test.add_func ("/vala/api/step", test_step);
    add_test ("/vala/api/run-list", test_run_list);
    add_test ("/vala/api/document", test_document);
    add_test ("/vala/api/source", test_source);
    add_test ("/vala/api/executor", test_executor);
    add_test ("/vala/api/serving", test_serving);
    add_test ("/vala/api/request", test_request);
    add_test ("/vala/api/post", test_post);
    add_test ("/vala/api/reader", test_reader);
    add_test ("/vala/api/writer", test_writer);
    add_test ("/vala/api/files", test_files);
    Test.add_func ("/vala/api/values", test_values);
    return Test.run ();
}
