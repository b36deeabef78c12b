// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

using GFlow;

int main () {
    try {
        var flow = new Flow ();

        // The bodies: called on worker threads.
        var setup = flow.add ("setup", () => { print ("set up\n"); return true; });
        var work_1 = flow.add ("work_1", () => { print ("work 1\n"); return true; });
        var work_2 = flow.add ("work_2", () => { print ("work 2\n"); return true; });
        var shutdown = flow.add ("shutdown", () => { print ("shut down\n"); return true; });

        // Both works wait for the set-up, the shut-down waits for both.
        work_1.add_upstream (setup);
        work_2.add_upstream (setup);
        shutdown.set_upstreams ({ work_1, work_2 });

        var run = flow.execute_sync ();
        print ("%u nodes done\n", run.n_done);
    } catch (Error e) {
        printerr ("%s\n", e.message);
        return 1;
    }
    return 0;
}
