// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

using GFlow;

// A method that is a body throws, even if it never does.
bool clean_up () throws Error {
    print ("clean up\n");
    return true;
}

// What a flow does when a node fails.
async void fail () throws Error {
    var flow = new Flow ();

    // Unowned: the flow keeps its nodes, and a body keeps what it refers to.
    unowned var load = flow.add ("load", () => {
        throw new IOError.NOT_FOUND ("no data today");
    });
    unowned var parse = flow.add ("parse", () => {
        print ("parse\n");
        return true;
    });
    unowned var warn = flow.add ("warn", (node, run) => {
        print ("warn: %s\n", run.get_node_error (load).message);
        return true;
    });
    unowned var clean = flow.add ("clean up", clean_up);

    parse.add_upstream (load);
    warn.add_upstream (load);
    warn.run_when = ANY_FAILED;
    clean.after (parse, warn);
    clean.run_when = ALL_FINISHED;

    var run = new FlowRun (flow);
    try {
        yield run.execute ();
    } catch (IOError.NOT_FOUND e) {
        print ("the run failed: %s\n", e.message);
    }
    print ("parse was skipped: %s\n", run.dup_node_reason (parse));
}

// Takes a minute, unless the node is cancelled.
async void download (Task task) {
    var minute = new TimeoutSource.seconds (60);
    var cancelled = new CancellableSource (task.get_cancellable ());

    cancelled.set_callback (() => Source.CONTINUE);
    minute.add_child_source (cancelled);
    minute.set_callback (download.callback);
    minute.attach ();
    yield;
    if (!task.return_error_if_cancelled ())
        task.return_boolean (true);
}

// What it does when it is cancelled.
async void cancel () throws Error {
    var flow = new Flow ();
    var cancellable = new Cancellable ();
    unowned var download = flow.add_task ("download", (node, run, task) => download.begin (task));
    unowned var clean = flow.add ("clean up", clean_up);

    clean.add_upstream (download);
    clean.run_when = ALL_FINISHED;

    // As if somebody pressed a button.
    Timeout.add (100, () => {
        print ("stopping\n");
        cancellable.cancel ();
        return Source.REMOVE;
    });
    try {
        yield flow.execute (cancellable);
    } catch (IOError.CANCELLED e) {
        print ("the run was cancelled\n");
    }
}

async int main () {
    Intl.setlocale ();
    try {
        yield fail ();
        yield cancel ();
    } catch (Error e) {
        printerr ("%s\n", e.message);
        return 1;
    }
    return 0;
}
