// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

using GFlow;

// Serves on a worker thread, by the function of its class.
class Shouter : FlowExecutor {
    public string mark { get; set; default = "."; }

    public override bool process (FlowRequest request, Cancellable? cancellable) throws Error {
        if (request.endpoint != "/shout")
            return true;
        for (uint i = 0; i < request.documents.get_n_items (); i++) {
            var document = (FlowDocument) request.documents.get_item (i);
            document.text = document.text.up () + mark;
        }
        return true;
    }
}

// Remembers what came by. What is bound for an endpoint is static, and is given the executor: if it
// were a method of the object, the object would keep itself.
class Counter : FlowExecutor {
    GenericArray<string> seen = new GenericArray<string> ();

    construct {
        bind (null, count);
        bind_task ("/search", search);
        bind ("/buy", buy);
    }

    public override bool setup (Cancellable? cancellable) throws Error {
        print ("ready\n");
        return true;
    }

    public override bool teardown (Cancellable? cancellable) throws Error {
        print ("closed\n");
        return true;
    }

    static bool count (FlowExecutor executor, FlowRequest request, Cancellable? cancellable) throws Error {
        unowned var self = (Counter) executor;
        for (uint i = 0; i < request.documents.get_n_items (); i++)
            self.seen.add (((FlowDocument) request.documents.get_item (i)).text);
        request.set_result (request.documents.get_n_items ());
        return true;
    }

    static void search (FlowExecutor executor, FlowRequest request, Task task) throws Error {
        ((Counter) executor).search_later.begin (request, task);
    }

    async void search_later (FlowRequest request, Task task) {
        unowned var word = request.parameters.lookup_value ("word", VariantType.STRING).get_string ();
        uint n = 0;

        Timeout.add (20, search_later.callback); // stands for a server
        yield;
        foreach (unowned var text in seen)
            n += word in text ? 1 : 0;
        request.set_result (n);
        task.return_boolean (true);
    }

    static bool buy (FlowExecutor executor, FlowRequest request, Cancellable? cancellable) throws Error {
        throw new IOError.NOT_FOUND ("nothing is sold here");
    }
}

string describe (FlowRequest response) {
    string[] texts = {};

    for (uint i = 0; i < response.documents.get_n_items (); i++)
        texts += ((FlowDocument) response.documents.get_item (i)).text;
    return string.joinv (", ", texts);
}

uint count_of (FlowRequest response) {
    return response.dup_result ("counter").get_uint32 ();
}

async void serve () throws Error {
    var flow = new Flow ();
    FlowRequest? response;

    flow.add_executor ("shouter", new Shouter () { mark = "!" }, null);
    flow.add_executor ("counter", new Counter (), null);
    yield flow.open ();

    var shout = flow.post ("/shout");
    shout.source = FlowSource.new_for_texts ({ "hello", "world", "bye" });
    shout.request_size = 2;
    shout.ordered = true;
    while ((response = yield shout.next ()) != null)
        print ("%u: %s\n", count_of (response), describe (response));

    var again = flow.post ("/shout");
    again.source = FlowSource.new_for_texts ({ "hello again" });
    yield again.run ();

    var parameters = new VariantDict ();
    parameters.insert ("word", "s", "HELLO");
    var search = flow.search ();
    search.parameters = parameters.end ();
    response = yield search.next ();
    print ("found: “HELLO” %u times\n", count_of (response));

    try {
        yield flow.post ("/buy").run ();
    } catch (IOError.NOT_FOUND e) {
        print ("the request failed: %s\n", e.message);
    }

    yield flow.close ();
}

async int main () {
    Intl.setlocale ();
    try {
        yield serve ();
    } catch (Error e) {
        printerr ("%s\n", e.message);
        return 1;
    }
    return 0;
}
