// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// A job that stops halfway, and another run that goes on from there: in a real program the first one
// was killed, or the power failed, and the second one is in another process.

using GFlow;

bool network_is_up = false;

FlowRun do_job (File journal) throws Error {
    var flow = new Flow ();
    unowned var download = flow.add ("download", (node, run) => {
        print ("download\n");
        run.set_result (node, "data.csv");
        return true;
    });
    unowned var convert = flow.add ("convert", (node, run) => {
        print ("convert\n");
        run.set_result (node, run.get_result (download).get_string ().replace (".csv", ".html"));
        return true;
    });
    unowned var publish = flow.add ("publish", (node, run) => {
        print ("publish\n");
        if (!network_is_up)
            throw new IOError.NETWORK_UNREACHABLE ("the network is down");
        return true;
    });

    convert.add_upstream (download);
    publish.add_upstream (convert);

    var run = new FlowRun (flow) { journal = journal };
    run.execute_sync ();
    return run;
}

int main () {
    Intl.setlocale ();
    try {
        FileIOStream stream;
        var journal = File.new_tmp ("resuming-XXXXXX", out stream);

        try {
            do_job (journal);
        } catch (IOError.NETWORK_UNREACHABLE error) {
            print ("it stopped: %s\n", error.message);
        }

        network_is_up = true;
        var run = do_job (journal);
        print ("“download” was not run: %s\n",
               run.dup_node_reason (run.flow.lookup ("download")));
        journal.delete ();
    } catch (Error error) {
        printerr ("%s\n", error.message);
        return 1;
    }
    return 0;
}
