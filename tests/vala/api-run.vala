// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Everything that the vapi has, once: that it is there, is of the right type, and reaches C. The
// check 'vapi' looks for what is left out, by the names of the variables: 'flow' is a Flow,
// 'node' a FlowNode, and likewise 'run', 'step', 'question'.

using GFlow;

// FlowRun

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

int main (string[] args) {
    Test.init (ref args);
    add_test ("/vala/api-run/flow-running", test_flow_running);
    add_test ("/vala/api-run/run", test_run);
    Test.add_func ("/vala/api-run/run-properties", test_run_properties);
    add_test ("/vala/api-run/run-record", test_run_record);
    add_test ("/vala/api-run/run-restoring", test_run_restoring);
    add_test ("/vala/api-run/map", test_map);
    add_test ("/vala/api-run/question", test_question);
    add_test ("/vala/api-run/run-cancelling", test_run_cancelling);
    add_test ("/vala/api-run/run-steering", test_run_steering);
    add_test ("/vala/api-run/run-deferring", test_run_deferring);
    Test.add_func ("/vala/api-run/step", test_step);
    add_test ("/vala/api-run/run-list", test_run_list);
    return Test.run ();
}
