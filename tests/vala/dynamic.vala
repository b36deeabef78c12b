// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// What a run decides while it runs.

using GFlow;

// Branches

void test_select () throws Error {
    var flow = new Flow ();
    unowned var choose = flow.add ("choose", (node, run) => {
        run.select (node, run.flow.lookup ("large"));
        return true;
    });
    unowned var small = flow.add ("small", (node, run) => true);
    unowned var large = flow.add ("large", (node, run) => true);
    unowned var end = flow.add_join ("end", { "small", "large" });
    small.add_upstream (choose);
    large.add_upstream (choose);

    var run = flow.execute_sync ();
    assert_true (run.get_node_state (small) == SKIPPED);
    assert_true (run.get_node_state (large) == DONE);
    assert_true (run.get_node_state (end) == DONE);
    assert_cmpstr (run.dup_node_reason (small), EQ, "“choose” chose another branch");
}

// Runs in runs

void test_spawn () throws Error {
    var flow = new Flow ();
    var inner = new Flow ();
    unowned var number = inner.add ("number", (node, run) => {
        run.set_result (node, run.parameters.lookup_value ("n", VariantType.INT32).get_int32 ());
        return true;
    });
    FlowRun[] runs = {};
    flow.add ("spawn", (node, run) => {
        for (var n = 1; n <= 3; n++) {
            var parameters = new VariantDict ();
            var child = new FlowRun (inner);

            parameters.insert ("n", "i", n);
            child.parameters = parameters.end ();
            runs += child;
            run.spawn_run (node, child);
        }
        return true;
    });

    flow.execute_sync ();
    for (var i = 0; i < 3; i++)
        assert_true (runs[i].get_result (number).get_int () == i + 1);
}

void test_spawn_fails () throws Error {
    var flow = new Flow ();
    var inner = new Flow ();

    inner.add ("bad", (node, run) => {
        throw new IOError.BUSY ("No");
    });
    unowned var spawn = flow.add_task ("spawn", (node, run, task) => {
        run.spawn (node, inner).always.connect (() => task.return_boolean (true));
    });
    var run = new FlowRun (flow);
    try {
        run.execute_sync ();
        assert_not_reached ();
    } catch (IOError.BUSY e) {
    }
    assert_true (run.get_node_state (spawn) == FAILED);
}

// Maps

void test_map () throws Error {
    var flow = new Flow ();
    unowned var map = flow.add_map ("map", new FlowNode (null, (node, run) => {
        run.set_result (node, run.get_map_item (node).dup_variant ().get_string ().length);
        return true;
    }), 0);

    map.set_items_variant (new Variant.strv ({ "a", "", "abc" }));
    var run = flow.execute_sync ();
    assert_cmpstr (run.dup_result_variant (map).print (false), EQ, "[<1>, <0>, <3>]");
}

int main (string[] args) {
    Test.init (ref args);
    add_test ("/vala/dynamic/select", test_select);
    add_test ("/vala/dynamic/spawn", test_spawn);
    add_test ("/vala/dynamic/spawn-fails", test_spawn_fails);
    add_test ("/vala/dynamic/map", test_map);
    return Test.run ();
}
