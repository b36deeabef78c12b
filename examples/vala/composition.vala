// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

using GFlow;

FlowNode make_node (string name) {
    return new FlowNode (name, node => {
        print ("%s\n", node.name);
        return true;
    });
}

void print_upstreams (FlowNode node) {
    var upstreams = node.get_upstreams ();
    string[] names = {};

    for (uint i = 0; i < upstreams.get_n_items (); i++)
        names += ((FlowNode) upstreams.get_item (i)).name;
    print ("%s came after %s\n", node.name, string.joinv (", ", names));
}

int main () {
    var prepare = make_node ("prepare");
    var fonts = make_node ("fonts");
    var images = make_node ("images");
    var pages = make_node ("pages");
    var index = make_node ("index");
    var publish = make_node ("publish");

    // Side by side, but these two never at once.
    var disk = new FlowLock ();
    images.add_lock (disk);
    index.add_lock (disk);

    // Series and parallels are made of nodes that are in no flow yet, and of each other.
    var site = Flow.series (
        prepare,
        Flow.parallel (fonts, images, Flow.series (pages, index)),
        publish);

    // With one worker, what may run at once runs in the order of adding.
    var flow = new Flow () { max_threads = 1 };

    try {
        flow.add_group (site);
        var run = flow.execute_sync ();

        print_upstreams (publish);
        print ("%u nodes done\n", run.n_done);
    } catch (Error e) {
        printerr ("%s\n", e.message);
        return 1;
    }
    return 0;
}
