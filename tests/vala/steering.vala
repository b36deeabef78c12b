// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Runs that are steered, watched, and gone on with.

using GFlow;

// Executes the run, and calls @act in its context again and again until it has ended. Lambdas of one
// function share what any of them captures, and the flow keeps its bodies: so @act is given the run, as
// one that it captured would be kept by its own flow.
delegate void Act (FlowRun run) throws Error;

bool execute (FlowRun run, Act act) throws Error {
    AsyncResult? answer = null;
    var tick = new TimeoutSource (1);

    tick.set_callback (() => Source.CONTINUE);
    tick.attach (MainContext.default ());
    run.execute.begin (null, (source, result) => answer = result);
    while (answer == null) {
        MainContext.default ().iteration (true);
        act (run);
    }
    tick.destroy ();
    return run.execute.end (answer);
}

void test_pause () throws Error {
    var flow = new Flow () { max_threads = 1 };
    string[] log = {};

    foreach (unowned var name in new string[] { "a", "b", "c" })
        flow.add (name, (node, run) => {
            log += node.name;
            return true;
        });
    unowned var a = flow.lookup ("a"), c = flow.lookup ("c");
    var run = new FlowRun (flow);
    run.pause ();
    var n = 0;
    assert_true (execute (run, run => {
        if (++n == 5) {
            assert_true (log.length == 0);
            assert_cmpstr (run.dup_node_reason (a), EQ, "The run is paused");
            // While it is queued.
            run.set_node_priority (c, -1);
            run.resume ();
        }
    }));
    assert_cmpstr (string.joinv ("", log), EQ, "cab");
}

void test_retry () throws Error {
    var flow = new Flow ();
    var attempts = 0;
    uint[] asked = {};
    unowned var node = flow.add ("node", (node, run) => {
        if (++attempts < 3)
            throw new IOError.BUSY ("Not yet");
        return true;
    });
    node.max_retries = 5;
    node.retry_delay = 1;
    node.should_retry.connect ((run, error, attempt) => {
        assert_true (error is IOError.BUSY);
        asked += attempt;
        return true;
    });

    assert_true (execute (new FlowRun (flow), run => {}));
    assert_true (attempts == 3 && asked.length == 2 && asked[0] == 1 && asked[1] == 2);
}

void test_timeout () throws Error {
    var flow = new Flow ();
    unowned var node = flow.add_task ("node", (node, run, task) => {
        var source = new TimeoutSource (1);

        source.set_callback (() => {
            if (!task.get_cancellable ().is_cancelled ())
                return Source.CONTINUE;
            task.return_boolean (true);
            return Source.REMOVE;
        });
        source.attach (MainContext.default ());
    });
    node.timeout = 5;
    var run = new FlowRun (flow);
    try {
        execute (run, run => {});
        assert_not_reached ();
    } catch (IOError.TIMED_OUT e) {
    }
    assert_true (run.get_node_state (node) == FAILED);
}

// A failed node is run again while another still runs, and what was skipped for it.
void test_retry_node () throws Error {
    var flow = new Flow ();
    var n_calls = 0;
    Task? keeper = null;
    unowned var bad = flow.add ("bad", (node, run) => {
        if (n_calls++ == 0)
            throw new IOError.BUSY ("Not yet");
        return true;
    });
    unowned var after = flow.add ("after", (node, run) => true);
    after.add_upstream (bad);
    flow.add_task ("keeper", (node, run, task) => keeper = task);
    var run = new FlowRun (flow);
    var wanted = false;
    assert_true (execute (run, run => {
        if (!wanted && run.get_node_state (after) == SKIPPED) {
            run.retry_node (bad);
            wanted = true;
        } else if (wanted && keeper != null && run.get_node_state (after) == DONE) {
            keeper.return_boolean (true);
            keeper = null;
        }
    }));
    assert_true (n_calls == 2 && run.get_errors ().get_n_items () == 0);
}

void test_ask () throws Error {
    var flow = new Flow () { max_threads = 1 };
    FlowQuestion[] questions = {};
    var n_answers = 0;

    for (var i = 0; i < 2; i++)
        flow.add (null, (node, run) => {
            var question = new FlowQuestion ("Overwrite?", { "yes", "no" }, null);

            // Both go on at once when they are answered.
            if (run.ask_question_sync (node, question).get_string () == "yes")
                AtomicInt.inc (ref n_answers);
            return true;
        });
    unowned var other = flow.add ("other", (node, run) => true);
    var run = new FlowRun (flow);
    run.ask.connect (question => {
        assert_cmpstr (question.text, EQ, "Overwrite?");
        questions += question;
        return true;
    });
    // Both wait, and the one thread goes on with the other node.
    assert_true (execute (run, run => {
        if (questions.length == 2 && run.get_node_state (other) == DONE) {
            var waiting = (owned) questions;

            questions = {};
            foreach (var question in waiting)
                question.answer ("yes");
        }
    }));
    assert_true (AtomicInt.get (ref n_answers) == 2);
}

void test_watch () throws Error {
    var flow = new Flow ();
    var history = new FlowHistory ();
    unowned var node = flow.add ("node", (node, run) => {
        run.set_node_progress (node, 0.5, "half");
        Thread.usleep (20000);
        return true;
    });
    var run = new FlowRun (flow) { keep_record = true, history = history };
    var n_changed = 0, n_notified = 0;
    run.step_changed.connect (step => {
        assert_true (step.node == node);
        n_changed++;
    });
    run.notify["fraction"].connect (() => n_notified++);
    var message = "";
    assert_true (execute (run, run => {
        if (run.get_step (node).message != null)
            message = run.get_step (node).message;
    }));
    var step = (FlowStep) run.get_item (0);
    assert_cmpstr (message, EQ, "half");
    assert_true (n_changed > 0 && n_notified > 0);
    assert_true (step.state == DONE && step.attempt == 1 && step.worker == 1);
    assert_true (step.end - step.start >= 20000);
    assert_true (run.fraction == 1.0 && run.n_done == 1 && run.remaining == 0);
    assert_true ("1 of 1" in run.dup_status ());
    assert_true (history.get_duration ("node") >= 0.02);
    assert_true ("node" in run.to_gantt () && "\"node\"" in run.to_trace ());
    assert_true (run.to_summary ().has_prefix ("1 node in "));
}

// Scenario 64
void test_plot () throws Error {
    var folder = DirUtils.make_tmp ("gflow-XXXXXX");
    var file = File.new_build_filename (folder, "plan.mmd");
    var flow = new Flow ();
    uint8[] before, now;

    flow.add ("one", null);
    assert_true (flow.plot_sync (file));
    file.load_contents (null, out before, null);
    flow.add ("two", null);
    assert_true (flow.plot_sync (file));
    file.load_contents (null, out now, null);
    assert_true ("one" in (string) before && !("two" in (string) before));
    assert_true ("one" in (string) now && "two" in (string) now);
    file.delete ();
    DirUtils.remove (folder);
}

void test_journal () throws Error {
    var folder = DirUtils.make_tmp ("gflow-XXXXXX");
    var journal = File.new_build_filename (folder, "journal");
    var flow = new Flow ();
    var n_first = 0;
    var fails = true;
    unowned var first = flow.add ("first", (node, run) => {
        n_first++;
        run.set_result_variant (node, "kept");
        return true;
    });
    unowned var second = flow.add ("second", (node, run) => {
        if (fails)
            throw new IOError.BUSY ("Not yet");
        run.set_result_variant (node, run.dup_result_variant (first));
        return true;
    });
    second.add_upstream (first);

    try {
        new FlowRun (flow) { journal = journal }.execute_sync ();
        assert_not_reached ();
    } catch (IOError.BUSY e) {
    }
    fails = false;
    var run = new FlowRun (flow) { journal = journal };
    assert_true (run.execute_sync ());
    assert_true (n_first == 1);
    assert_cmpstr (run.dup_node_reason (first), EQ, "Done in an earlier run");
    assert_cmpstr (run.dup_result_variant (second).get_string (), EQ, "kept");
    journal.delete ();
    DirUtils.remove (folder);
}

// GFLOW_DEBUG is read when the first run of a process starts: of another process.
void test_debug () throws Error {
    if (Test.subprocess ()) {
        var flow = new Flow () { name = "plan" };

        flow.add ("node", succeed);
        flow.execute_sync ();
        return;
    }
    Environment.set_variable ("GFLOW_DEBUG", "schedule", true);
    Test.trap_subprocess (null, 0, 0);
    Environment.unset_variable ("GFLOW_DEBUG");
    Test.trap_assert_passed ();
    Test.trap_assert_stderr ("*plan, run 1: \"node\" starts on worker *plan, run 1: \"node\" is done*");
}

int main (string[] args) {
    Test.init (ref args);
    add_test ("/vala/steering/pause", test_pause);
    add_test ("/vala/steering/retry", test_retry);
    add_test ("/vala/steering/timeout", test_timeout);
    add_test ("/vala/steering/retry-node", test_retry_node);
    add_test ("/vala/steering/ask", test_ask);
    add_test ("/vala/steering/watch", test_watch);
    add_test ("/vala/steering/plot", test_plot);
    add_test ("/vala/steering/journal", test_journal);
    add_test ("/vala/steering/debug", test_debug);
    return Test.run ();
}
