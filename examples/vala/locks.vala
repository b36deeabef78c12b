// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

using GFlow;

// How many nodes were between enter() and leave(): in all, now, and at most.
class Meter {
    public uint n_nodes { get; private set; }
    public uint n_inside { get; private set; }
    public uint most { get; private set; }

    public void enter () {
        n_nodes++;
        n_inside++;
        most = uint.max (most, n_inside);
    }

    public void leave () {
        n_inside--;
    }
}

// An async body ends by returning on its task. Meanwhile other bodies are called.
async void fetch (Meter meter, Task task) {
    meter.enter ();
    Timeout.add (50, fetch.callback);
    yield;
    meter.leave ();
    task.return_boolean (true);
}

async int main () {
    var flow = new Flow ();
    var connections = new FlowLock.with_permits (2); // a semaphore
    var disk = new FlowLock ();

    // Neither meter needs a mutex: the fetches are all called in the main context, and the saves,
    // which run on workers, change theirs only while they hold the lock.
    var fetching = new Meter ();
    var saving = new Meter ();

    try {
        unowned var report = flow.add ("report", () => {
            print ("%u pages fetched, at most %u at a time\n", fetching.n_nodes, fetching.most);
            print ("%u pages saved, at most %u at a time\n", saving.n_nodes, saving.most);
            return true;
        });

        for (int page = 1; page <= 3; page++) {
            unowned var fetch_page = flow.add_task (@"fetch_$page", (node, run, task) =>
                fetch.begin (fetching, task));
            unowned var save_page = flow.add (@"save_$page", () => {
                saving.enter ();
                Thread.usleep (20 * 1000);
                saving.leave ();
                return true;
            });

            fetch_page.add_lock (connections);
            save_page.add_lock (disk);
            save_page.add_upstream (fetch_page);
            report.add_upstream (save_page);
        }

        var run = yield flow.execute ();
        print ("%u nodes done\n", run.n_done);
    } catch (Error e) {
        printerr ("%s\n", e.message);
        return 1;
    }
    return 0;
}
