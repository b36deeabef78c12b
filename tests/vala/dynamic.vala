// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// What a run decides while it runs.

using GFlow;

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

int main (string[] args) {
    Test.init (ref args);
    add_test ("/vala/dynamic/select", test_select);
    return Test.run ();
}
