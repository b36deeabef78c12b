// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// A node for each item of a list, with a limit and another try; a question to whoever is there; a run
// that waits until it is told to go on.

using GFlow;

// One of the items fails at first, as servers do. Another thread has the next item.
int cherry_failed = 0;

Flow new_flow () throws Error {
    var flow = new Flow ();
    var each = new FlowNode (null, (node, run) => {
        var word = run.get_map_item (node).dup_variant ().get_string ();
        if (word == "cherry" && AtomicInt.compare_and_exchange (ref cherry_failed, 0, 1)) {
            print ("cherry: busy\n");
            throw new IOError.BUSY ("busy");
        }
        run.set_result (node, Checksum.compute_for_string (SHA256, word)[0:8]);
        return true;
    }) { max_retries = 1 };
    unowned var checksums = flow.add_map ("checksums", each, 2);
    unowned var confirm = flow.add ("confirm", (node, run) => {
        // If nobody is there to answer, the answer is yes.
        var question = new FlowQuestion ("Publish 4 checksums?", { "yes", "no" }, "yes");
        if (run.ask_question_sync (node, question).get_string () == "no")
            run.select (node, null);
        return true;
    });
    unowned var publish = flow.add ("publish", (node, run) => {
        // The results are in the order of the items.
        foreach (var checksum in run.dup_result_variant (checksums))
            print ("%s\n", checksum.get_variant ().get_string ());
        return true;
    });

    checksums.set_items_variant (new Variant.strv ({ "apple", "banana", "cherry", "date" }));
    confirm.add_upstream (checksums);
    publish.add_upstream (checksums);
    publish.add_upstream (confirm);
    return flow;
}

// A program with a window would bind its label to the status.
string? last_status;

void keep_status (Object run, ParamSpec property) {
    last_status = ((FlowRun) run).status;
}

void print_reason (FlowRun run, string name) {
    print ("%s: %s\n", name, run.dup_node_reason (run.flow.lookup (name)));
}

async void be_there (Flow flow) throws Error {
    var run = new FlowRun (flow);

    run.notify["status"].connect (keep_status);
    run.ask.connect ((question) => {
        print ("%s no\n", question.text);
        question.answer ("no");
        return true;
    });
    run.pause ();
    Idle.add (() => {
        print_reason (run, "checksums");
        run.resume ();
        return Source.REMOVE;
    });
    yield run.execute (null);
    print_reason (run, "publish");
    print ("%s\n", last_status);
}

int main () {
    Intl.setlocale ();
    var loop = new MainLoop ();
    try {
        var flow = new_flow ();
        var run = new FlowRun (flow);
        run.notify["status"].connect (keep_status);
        run.execute_sync ();
        print ("%s\n", last_status);

        be_there.begin (flow, (_, result) => {
            try {
                be_there.end (result);
            } catch (Error error) {
                printerr ("%s\n", error.message);
            }
            loop.quit ();
        });
        loop.run ();
    } catch (Error error) {
        printerr ("%s\n", error.message);
        return 1;
    }
    return 0;
}
