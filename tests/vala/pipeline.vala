// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Executors in Vala, and what is posted to them.

using GFlow;

void add_pipeline_test (string path, owned TestBody body) {
    add_test (path, () => {
        body ();
        // When all variables of the test have gone.
        assert_true (Marker.n_alive == 0 && Later.n_alive == 0 && Bound.n_alive == 0);
    });
}

async void nap (uint milliseconds, Cancellable? cancellable) throws Error {
    var timer = new TimeoutSource (milliseconds);

    timer.set_callback (() => {
        nap.callback ();
        return Source.REMOVE;
    });
    timer.attach (MainContext.get_thread_default ());
    yield;
    if (cancellable != null)
        cancellable.set_error_if_cancelled ();
}

// Executors

// By the functions of the class: one for all endpoints, on a worker.
class Marker : FlowExecutor {
    public static int n_alive;

    public string word { get; set; default = "m"; }
    public int n_setups;
    public int n_teardowns;

    construct {
        AtomicInt.inc (ref n_alive);
    }

    ~Marker () {
        AtomicInt.add (ref n_alive, -1);
    }

    public override bool setup (Cancellable? cancellable) throws Error {
        if (word == "bad")
            throw new IOError.NOT_FOUND ("no model");
        n_setups++;
        return true;
    }

    public override bool process (FlowRequest request, Cancellable? cancellable) throws Error {
        if (request.endpoint == "/fail")
            throw new IOError.BUSY ("process");
        for (uint i = 0; i < request.documents.get_n_items (); i++) {
            var document = (FlowDocument) request.documents.get_item (i);
            document.text = @"$(document.text) $word";
        }
        return true;
    }

    public override bool teardown (Cancellable? cancellable) throws Error {
        n_teardowns++;
        return true;
    }
}

// The same in the context, as async methods.
class Later : FlowExecutor {
    public static int n_alive;

    public int n_running;
    public int n_most;
    public int company = 1; // each waits until so many have been there at the same time
    public int n_setups;

    construct {
        n_alive++;
    }

    ~Later () {
        n_alive--;
    }

    public override void start_setup (Task task) throws Error {
        set_up.begin (task);
    }

    async void set_up (Task task) {
        try {
            yield nap (1, task.get_cancellable ());
            n_setups++;
            task.return_boolean (true);
        } catch (Error e) {
            task.return_error ((owned) e);
        }
    }

    public override void start (FlowRequest request, Task task) throws Error {
        if (request.endpoint == "/fail/now")
            throw new IOError.BUSY ("start");
        serve.begin (request, task);
    }

    async void serve (FlowRequest request, Task task) {
        try {
            n_most = int.max (n_most, ++n_running);
            try {
                do {
                    yield nap (1, task.get_cancellable ());
                } while (n_most < company);
            } finally {
                n_running--;
            }
            if (request.endpoint == "/fail/later")
                throw new IOError.BUSY ("serve");
            request.set_result (new Variant.string ("later"));
            task.return_boolean (true);
        } catch (Error e) {
            task.return_error ((owned) e);
        }
    }
}

// Endpoints that are bound. What binds a method of the object itself would keep the object: so
// these are static, and are given it.
class Bound : FlowExecutor {
    public static int n_alive;

    public string[] told = {};

    construct {
        n_alive++;
        bind ("/index", index_all);
        bind_task ("/search", search);
        bind (null, others);
    }

    ~Bound () {
        n_alive--;
    }

    static bool index_all (FlowExecutor executor, FlowRequest request, Cancellable? cancellable) throws Error {
        unowned var self = (Bound) executor;

        self.told += "index";
        request.set_result (request.parameters.lookup_value ("n", null));
        return true;
    }

    static void search (FlowExecutor executor, FlowRequest request, Task task) throws Error {
        ((Bound) executor).search_later.begin (request, task);
    }

    async void search_later (FlowRequest request, Task task) {
        try {
            yield nap (1, task.get_cancellable ());
            told += "search";
            var found = new GLib.ListStore (typeof (FlowDocument));
            found.append (new FlowDocument.for_text ("found"));
            request.set_documents (found);
            task.return_boolean (true);
        } catch (Error e) {
            task.return_error ((owned) e);
        }
    }

    static bool others (FlowExecutor executor, FlowRequest request, Cancellable? cancellable) throws Error {
        ((Bound) executor).told += request.endpoint;
        return true;
    }
}

// Helpers

string texts_of (FlowRequest response) {
    string[] texts = {};

    for (uint i = 0; i < response.documents.get_n_items (); i++)
        texts += ((FlowDocument) response.documents.get_item (i)).text;
    return string.joinv (", ", texts);
}

// What each of the responses has.
async string[] texts_of_post (FlowPost post) throws Error {
    string[] texts = {};
    FlowRequest? response;

    while ((response = yield post.next ()) != null)
        texts += texts_of (response);
    return texts;
}

// Tests

async void serve_async (Flow flow) throws Error {
    yield flow.open ();

    var post = flow.post ("/");
    post.source = FlowSource.new_for_texts ({ "a", "b", "c" });
    post.request_size = 2;
    post.ordered = true;
    var texts = yield texts_of_post (post);
    assert_cmpstr (string.joinv ("; ", texts), EQ, "a m x, b m x; c m x");

    post = flow.post ("/");
    post.source = FlowSource.new_for_texts ({ "a" });
    var responses = yield post.collect ();
    assert_true (responses.get_n_items () == 1);
    assert_cmpstr (texts_of ((FlowRequest) responses.get_item (0)), EQ, "a m x");

    string[] told = {};
    post = flow.post ("/");
    post.source = FlowSource.new_for_texts ({ "a" });
    post.done.connect (response => told += texts_of (response));
    post.always.connect (() => told += "always");
    yield post.run ();
    assert_cmpstr (string.joinv ("; ", told), EQ, "a m x; always");

    yield flow.close ();
}

void test_async () throws Error {
    var flow = new Flow ();
    var first = new Marker ();

    flow.add_executor (null, first, null);
    flow.add_executor (null, new Marker () { word = "x" }, null);
    for (var i = 1; i <= 2; i++) {
        var result = wait (callback => serve_async.begin (flow, callback));
        serve_async.end (result);
        assert_true (first.n_setups == i && first.n_teardowns == i);
    }
}

void test_branches () throws Error {
    var flow = new Flow ();

    flow.add_executor ("left", new Marker () { word = "l" }, { "gateway" });
    flow.add_executor ("right", new Later (), { "gateway" });
    flow.add_join ("end", { "left", "right" });
    flow.open_sync ();
    var post = flow.post ("/");
    post.source = FlowSource.new_for_texts ({ "a" });
    var response = post.next_sync ();
    assert_cmpstr (texts_of (response), EQ, "a l");
    assert_cmpstr (response.dup_result ("right").get_string (), EQ, "later");
    flow.close_sync ();
}

void test_at_once () throws Error {
    var flow = new Flow ();
    var later = new Later ();

    later.company = 5;
    flow.add_executor ("later", later, null);
    flow.open_sync ();
    assert_true (later.n_setups == 1);
    var post = flow.post ("/");
    post.source = FlowSource.new_for_texts ({ "a", "b", "c", "d", "e" });
    post.request_size = 1;
    post.max_in_flight = 5;
    var responses = post.collect_sync ();
    assert_true (responses.get_n_items () == 5 && later.n_most == 5 && later.n_running == 0);
    flow.close_sync ();
}

void test_errors () throws Error {
    var flow = new Flow ();
    string[] told = {};

    flow.add_executor ("a", new Marker (), null);
    flow.add_executor ("b", new Later (), null);
    flow.open_sync ();
    foreach (var endpoint in new string[] { "/fail", "/fail/now", "/fail/later" }) {
        try {
            flow.post (endpoint).run_sync ();
            assert_not_reached ();
        } catch (IOError.BUSY e) {
            told += e.message;
        }
    }
    assert_cmpstr (string.joinv (" ", told), EQ, "process start serve");

    var post = flow.post ("/fail");
    post.source = FlowSource.new_for_texts ({ "a", "b" });
    post.request_size = 1;
    post.continue_on_error = true;
    assert_true (post.collect_sync ().get_n_items () == 2 && post.n_failed == 2);

    // A callback that fails ends the stream.
    post = flow.post ("/");
    post.set_done_func ((post, response) => {
        throw new IOError.PARTIAL_INPUT ("enough");
    });
    try {
        post.run_sync ();
        assert_not_reached ();
    } catch (IOError.PARTIAL_INPUT e) {
    }
    flow.close_sync ();
}

void test_setup_fails () throws Error {
    var flow = new Flow ();

    flow.add_executor ("good", new Marker (), null);
    flow.add_executor ("broken", new Marker () { word = "bad" }, null);
    try {
        flow.open_sync ();
        assert_not_reached ();
    } catch (FlowError.START_FAILED e) {
        assert_true ("broken" in e.message && "no model" in e.message);
    }
    assert_false (flow.is_open);
}

void test_bound () throws Error {
    var flow = new Flow ();
    var bound = new Bound ();
    var parameters = new VariantDict ();

    flow.add_executor ("bound", bound, null);
    bound.redirect ("/find", "/search");
    flow.open_sync ();
    parameters.insert ("n", "i", 3);
    var post = flow.index ();
    post.parameters = parameters.end ();
    assert_true (post.next_sync ().dup_result ("bound").get_int32 () == 3);
    assert_cmpstr (texts_of (flow.search ().next_sync ()), EQ, "found");
    assert_cmpstr (texts_of (flow.post ("/find").next_sync ()), EQ, "found");
    flow.post ("/else").run_sync ();
    flow.close_sync ();
    assert_cmpstr (string.joinv (" ", bound.told), EQ, "index search search /else");
}

// A lambda that is bound from outside keeps what it uses as long as the executor lives.
void test_lambdas () throws Error {
    var flow = new Flow ();
    var bound = new Bound ();
    var n = 0;

    bound.bind ("/lambda", (executor, request, cancellable) => {
        AtomicInt.inc (ref n);
        return true;
    });
    flow.add_executor (null, bound, null);
    flow.open_sync ();
    flow.post ("/lambda").run_sync ();
    flow.close_sync ();
    assert_true (n == 1);
}

async void leave_early (FlowPost post) throws Error {
    yield post.next ();
    post.cancel ();
    try {
        while ((yield post.next ()) != null)
            ;
        assert_not_reached ();
    } catch (IOError.CANCELLED e) {
    }
}

void test_cancel () throws Error {
    var flow = new Flow ();
    var later = new Later ();

    flow.add_executor (null, later, null);
    flow.open_sync ();
    var post = flow.post ("/");
    post.source = FlowSource.new_for_func ((source, wanted, documents) => {
        documents.append (new FlowDocument.for_text ("again"));
        return true;
    });
    post.request_size = 1;
    post.max_in_flight = 3;
    var result = wait (callback => leave_early.begin (post, callback));
    leave_early.end (result);
    assert_true (later.n_running == 0 && post.n_sent < 20);
    flow.close_sync ();
}

int main (string[] args) {
    Test.init (ref args);
    add_pipeline_test ("/vala/pipeline/async", test_async);
    add_pipeline_test ("/vala/pipeline/branches", test_branches);
    add_pipeline_test ("/vala/pipeline/at-once", test_at_once);
    add_pipeline_test ("/vala/pipeline/errors", test_errors);
    add_pipeline_test ("/vala/pipeline/setup-fails", test_setup_fails);
    add_pipeline_test ("/vala/pipeline/bound", test_bound);
    add_pipeline_test ("/vala/pipeline/lambdas", test_lambdas);
    add_pipeline_test ("/vala/pipeline/cancel", test_cancel);
    return Test.run ();
}
