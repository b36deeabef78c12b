// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Everything that the vapi has, once: that it is there, is of the right type, and reaches C. The
// check 'vapi' looks for what is left out, by the names of the variables: 'flow' is a Flow,
// 'node' a FlowNode, and likewise 'document', 'executor', 'post', 'reader',
// 'request', 'route', 'source' and 'writer'; 'files' is a FlowFileSource.

using GFlow;

// FlowDocument

void test_document () throws Error {
    var document = new FlowDocument () {
        id = "a", text = "b", blob = new Bytes ("c".data), uri = "d:e", mime_type = "text/plain"
    };
    var tags = new VariantDict ();

    tags.insert ("n", "x", (int64) 1);
    document.tags = tags.end ();
    assert_cmpstr (document.id + document.text + document.uri, EQ, "abd:e");
    assert_true (document.blob.get_size () == 1 && document.tags.n_children () == 1);
    assert_cmpstr (document.mime_type, EQ, "text/plain");

    document.set_id ("A");
    document.set_text ("B");
    document.set_blob (null);
    document.set_uri ("D:E");
    document.set_mime_type ("text/html");
    document.set_tags (null);
    document.set_tag ("m", new Variant.int32 (2));
    assert_cmpstr (document.get_id () + document.get_text () + document.get_uri (), EQ, "ABD:E");
    assert_cmpstr (document.get_mime_type (), EQ, "text/html");
    assert_true (document.get_blob () == null && document.get_tags ().n_children () == 1);
    assert_true (document.dup_tag ("m").get_int32 () == 2);
    assert_true (document.equal (document.copy ()));

    assert_cmpstr (document.to_json (), EQ,
        "{\"id\":\"A\",\"text\":\"B\",\"uri\":\"D:E\",\"mime_type\":\"text/html\",\"tags\":{\"m\":2}}");
    assert_true (document.equal (new FlowDocument.from_variant (document.to_variant ())));
    assert_cmpstr (new FlowDocument.from_json ("{}").to_json (), EQ, "{}");
    var list = FlowDocument.list_from_json ("[{\"id\":\"1\"}]");
    assert_cmpstr (FlowDocument.list_to_json (list), EQ, "[\n{\"id\":\"1\"}\n]\n");
    list = FlowDocument.list_from_variant (FlowDocument.list_to_variant (list));
    assert_true (list.get_n_items () == 1);

    assert_cmpstr (new FlowDocument.for_text ("t").text, EQ, "t");
    assert_cmpstr (new FlowDocument.for_uri ("u:v").uri, EQ, "u:v");
    assert_true (new FlowDocument.for_blob (new Bytes ({ 1, 2 })).blob.get_size () == 2);
}

// FlowSource

string texts_of (ListModel documents) {
    string[] texts = {};

    for (uint i = 0; i < documents.get_n_items (); i++)
        texts += ((FlowDocument) documents.get_item (i)).text;
    return string.joinv (" ", texts);
}

class Ones : Object, FlowSource {
    public bool fill_sync (uint n_documents, GLib.ListStore documents, Cancellable? cancellable) throws Error {
        for (uint i = 0; i < n_documents; i++)
            documents.append (new FlowDocument.for_text ("1"));
        return true;
    }
}

class OneLater : Object, FlowSource {
    private bool given;

    public void fill (uint n_documents, GLib.ListStore documents, Task task) throws Error {
        if (!given)
            documents.append (new FlowDocument.for_text ("later"));
        given = true;
        Idle.add (() => {
            task.return_boolean (true);
            return Source.REMOVE;
        });
    }
}

void test_source () throws Error {
    var model = new GLib.ListStore (typeof (FlowDocument));
    FlowSourceFunc func = (source, n, documents) => {
        documents.append (new FlowDocument.for_text (n.to_string ()));
        return true;
    };
    FlowSourceTaskFunc task_func = (source, n, documents, task) => {
        documents.append (new FlowDocument.for_text ("t"));
        task.return_boolean (true);
    };

    model.append (new FlowDocument.for_text ("a"));
    assert_cmpstr (texts_of (FlowSource.new_for_model (model).next_sync (2)), EQ, "a");
    assert_cmpstr (texts_of (FlowSource.new_for_variant (new Variant.strv ({ "a", "b" })).next_sync (0)), EQ, "a b");
    var source = FlowSource.new_for_texts ({ "a", "b", "c" });
    assert_cmpstr (texts_of (source.next_sync (2)), EQ, "a b");
    var result = wait (callback => source.next.begin (2, null, callback));
    assert_cmpstr (texts_of (source.next.end (result)), EQ, "c");
    source = FlowSource.new_for_func ((owned) func);
    assert_cmpstr (texts_of (source.next_sync (2)), EQ, "2 1");
    source = FlowSource.new_for_task_func ((owned) task_func);
    assert_cmpstr (texts_of (source.next_sync (1)), EQ, "t");

    source = new Ones ();
    assert_cmpstr (texts_of (source.next_sync (3)), EQ, "1 1 1");
    source = new OneLater ();
    result = wait (callback => source.next.begin (0, null, callback));
    assert_cmpstr (texts_of (source.next.end (result)), EQ, "later");
}

// FlowExecutor

class Marker : FlowExecutor {
    public string word { get; set; default = "x"; }
    public int told;

    public override bool process (FlowRequest request, Cancellable? cancellable) throws Error {
        var documents = request.documents;
        for (uint i = 0; i < documents.get_n_items (); i++) {
            var document = (FlowDocument) documents.get_item (i);
            document.text = document.text + " " + word;
        }
        return true;
    }

    public override bool setup (Cancellable? cancellable) throws Error {
        told++;
        return true;
    }

    public override bool teardown (Cancellable? cancellable) throws Error {
        told++;
        return true;
    }
}

class Later : FlowExecutor {
    public int told;

    public override void start (FlowRequest request, Task task) throws Error {
        request.set_result (new Variant.string ("later"));
        task.return_boolean (true);
    }

    public override void start_setup (Task task) throws Error {
        told++;
        task.return_boolean (true);
    }

    public override void start_teardown (Task task) throws Error {
        told++;
        task.return_boolean (true);
    }
}

void test_executor () throws Error {
    var executor = new Marker () { name = "n", description = "d" };
    var folder = File.new_for_path (DirUtils.make_tmp ("api-XXXXXX"));
    FlowExecutorFunc func = (executor, request, cancellable) => true;
    FlowExecutorTaskFunc task_func = (executor, request, task) => task.return_boolean (true);
    FlowExecutorFactoryFunc factory = executor => new Marker () { word = "made" };

    executor.workspace = folder;
    assert_cmpstr (executor.name + executor.description, EQ, "nd");
    executor.set_name ("N");
    executor.set_description ("D");
    executor.set_workspace (folder);
    assert_cmpstr (executor.get_name () + executor.get_description (), EQ, "ND");
    assert_true (executor.get_workspace () == executor.workspace);
    var made = executor.make_workspace ();
    assert_cmpstr (folder.get_relative_path (made), EQ, "N/0");
    made.delete ();
    made.get_parent ().delete ();
    folder.delete ();
    assert_true (executor.index == 0 && executor.get_index () == 0);
    assert_true (executor.shard == 0 && executor.get_shard () == 0);
    executor.bind ("func", (owned) func);
    executor.bind_task ("/task", (owned) task_func);
    assert_true (executor.redirect ("/a", "func"));
    executor.set_batching ("/a", 16, 100);
    assert_true (executor.get_batch_size ("/a") == 16 && executor.get_batch_timeout ("/a") == 100);
    assert_true (executor.get_batch_size (null) == 0 && executor.get_batch_timeout (null) == 0);
    executor.set_factory ((owned) factory);
    assert_cmpstr (((Marker) executor.make_instance ()).word, EQ, "made");
}

// How nodes serve

void test_serving () throws Error {
    var flow = new Flow ();
    var before = new Marker () { word = "b" };
    var after = new Marker () { word = "a" };
    var node = flow.add_executor ("x", new Marker () { word = "x" }, null);
    var condition = new Variant.parsed ("{'text': <'b'>}");
    FlowConditionFunc func = (node, document) => document.text != "a";
    FlowReducerFunc reduce = (node, request, parts) => {
        assert_true (parts.get_n_items () == 2 && request.dup_parts ().get_n_items () == 2);
        request.documents = ((FlowRequest) parts.get_item (1)).documents;
        return true;
    };

    node.parallel = 2;
    node.replicas = 2;
    node.polling = ALL;
    node.scheduling = ROUND_ROBIN;
    node.reducer = FIRST;
    node.detached = true;
    node.before = before;
    assert_true (node.parallel == 2 && node.get_replicas () == 2 && node.get_polling () == ALL);
    assert_true (node.get_scheduling () == ROUND_ROBIN && node.get_reducer () == FIRST);
    assert_true (node.get_detached () && node.get_before () == before);
    node.set_parallel (2);
    node.set_replicas (1);
    node.set_polling (ALL);
    node.set_scheduling (LEAST_BUSY);
    node.set_reducer (NONE);
    node.set_detached (false);
    node.set_before (null);
    node.set_after (after);
    node.tap = BESIDE;
    assert_true (node.get_tap () == BESIDE);
    node.set_tap (NONE);
    assert_true (node.tap == NONE);
    assert_true (node.get_parallel () == 2 && node.replicas == 1 && node.polling == ALL);
    assert_true (node.scheduling == LEAST_BUSY && node.reducer == NONE && !node.detached);
    assert_true (node.before == null && node.get_after () == after);
    node.set_polling_for ("/any", ANY);
    assert_true (node.get_polling_for ("/any") == ANY);
    assert_true (node.set_condition (condition));
    assert_true (node.condition.equal (condition) && node.get_condition ().equal (condition));
    node.set_condition_func ((owned) func);
    node.set_reducer_func ((owned) reduce);
    assert_true (node.condition == null && node.reducer == CUSTOM);

    var request = new FlowRequest ("/");
    ((GLib.ListStore) request.documents).append (new FlowDocument.for_text ("a"));
    ((GLib.ListStore) request.documents).append (new FlowDocument.for_text ("b"));
    var run = new FlowRun (flow) { request = request };
    assert_true (flow.open_sync () && run.execute_sync () && flow.close_sync ());
    assert_cmpstr (texts_of (request.documents), EQ, "b x a");
}

// FlowRequest, FlowRoute

void test_request () throws Error {
    var flow = new Flow ();
    var marker = new Marker ();
    var later = new Later ();
    unowned var node = flow.add_executor ("a", marker, null);
    unowned var tap = flow.add_tap ("tap", node, null, BESIDE);
    assert_true (tap.tap == BESIDE && flow.get_insertion_point () == node);
    assert_true (flow.remove_node (tap));
    flow.add_executor ("b", later, { "a" });
    assert_true (node.executor == marker && node.get_executor () == marker);
    assert_true (flow.get_orphans ().get_n_items () == 1);
    assert_true (flow.insertion_point == flow[1]);
    flow.set_insertion_point (flow[1]);
    assert_true (flow.get_insertion_point () == flow[1]);
    flow.open_timeout = 3000;
    flow.set_open_timeout (4000);
    assert_true (flow.get_open_timeout () == 4000);
    flow.close_timeout = 1000;
    flow.set_close_timeout (2000);
    assert_true (flow.get_close_timeout () == 2000);

    var request = new FlowRequest ("/") { id = "i", parameters = new Variant ("a{sv}", null) };
    var documents = new GLib.ListStore (typeof (FlowDocument));
    documents.append (new FlowDocument.for_text ("text"));
    request.documents = documents;
    request.set_documents (documents);
    request.set_id ("j");
    request.parameters = null;
    request.set_parameters (null);
    request.set_endpoint ("/x");
    request.endpoint = "/y";
    assert_cmpstr (request.id + request.get_id () + request.get_endpoint (), EQ, "jj/y");
    assert_true (request.get_parameters ().n_children () == 0);

    assert_true (flow.open_sync () && flow.is_open && flow.get_is_open ());
    var run = new FlowRun (flow);
    run.request = request;
    run.set_request (request);
    assert_true (run.get_request () == request);
    assert_true (run.execute_sync ());
    assert_true (flow.close_sync ());
    assert_true (marker.told == 2 && later.told == 2);

    assert_cmpstr (texts_of (request.get_documents ()), EQ, "text x");
    assert_true (request.state == FlowRunState.DONE && request.get_state () == FlowRunState.DONE);
    assert_true (request.error == null && request.get_error () == null);
    assert_cmpstr (request.dup_result ("b").get_string (), EQ, "later");
    assert_true (request.results.n_children () == 1 && request.dup_results ().n_children () == 1);
    assert_true (request.routes.get_n_items () == 3 && request.get_routes ().get_n_items () == 3);

    var route = (FlowRoute) request.routes.get_item (1);
    assert_cmpstr (route.name + route.get_name (), EQ, "aa");
    assert_true (route.node == node && route.get_node () == node);
    assert_true (route.start <= route.end && route.get_start () <= route.get_end ());
    assert_true (route.state == FlowNodeState.DONE && route.get_state () == FlowNodeState.DONE);
    assert_true (route.error == null && route.get_error () == null);

    var cancellable = new Cancellable ();
    cancellable.cancel ();
    flow.block (cancellable);
    var result = wait (callback => flow.open.begin (null, callback));
    assert_true (flow.open.end (result));
    result = wait (callback => flow.close.begin (null, callback));
    assert_true (flow.close.end (result));
}

// FlowPost

void test_post () throws Error {
    var flow = new Flow ();
    flow.add_executor (null, new Marker (), null);
    flow.open_sync ();

    FlowPost[] posts = { flow.index (), flow.search (), flow.update (), flow.delete () };
    assert_cmpstr (posts[0].endpoint + posts[3].get_endpoint (), EQ, "/index/delete");
    var post = posts[1];
    assert_cmpstr (post.endpoint + post.get_endpoint (), EQ, "/search/search");
    post = flow.post ("/");
    string[] told = {};
    post.source = FlowSource.new_for_texts ({ "a", "b", "c" });
    post.set_source (post.get_source ());
    post.parameters = new Variant ("a{sv}", null);
    post.set_parameters (null);
    post.target = "x";
    post.set_target ("exec");
    post.request_size = 1;
    post.set_request_size (2);
    post.max_in_flight = 1;
    post.set_max_in_flight (3);
    post.request_timeout = 50000;
    post.set_request_timeout (60000);
    assert_true (post.get_request_timeout () == 60000);
    post.ordered = false;
    post.set_ordered (true);
    post.continue_on_error = true;
    post.set_continue_on_error (false);
    post.n_total = 1;
    post.set_n_total (2);
    assert_true (post.flow == flow && post.get_flow () == flow && post.get_ordered ());
    assert_true (post.get_parameters ().n_children () == 0 && !post.get_continue_on_error ());
    assert_cmpstr (post.get_target (), EQ, "exec");
    assert_true (post.get_request_size () == 2 && post.get_max_in_flight () == 3);
    FlowPostFunc done = (post, request) => { told += "d"; return true; };
    FlowPostFunc failed = (post, request) => { told += "e"; return true; };
    FlowPostFunc always = (post, request) => { told += "a"; return true; };
    post.set_done_func ((owned) done);
    post.set_error_func ((owned) failed);
    post.set_always_func ((owned) always);
    post.done.connect (() => told += "D");
    post.error.connect (() => told += "E");
    post.always.connect (() => told += "A");
    var requests = post.collect_sync ();
    assert_true (requests.get_n_items () == 2);
    assert_cmpstr (string.joinv ("", told), EQ, "dDaAdDaA");
    assert_true (post.n_sent == 2 && post.n_done == 2 && post.n_failed == 0 && post.fraction == 1);
    assert_true (post.get_n_sent () == 2 && post.get_n_done () == 2 && post.get_n_failed () == 0);
    assert_true (post.get_n_total () == 2 && post.get_fraction () == 1);
    post.cancel ();

    assert_true (flow.post ("/").run_sync ());
    post = flow.post ("/");
    assert_true (post.next_sync () != null && post.next_sync () == null);
    post = flow.post ("/");
    var result = wait (callback => post.run.begin (null, callback));
    assert_true (post.run.end (result));
    post = flow.post ("/");
    result = wait (callback => post.next.begin (null, callback));
    assert_true (post.next.end (result) != null);
    post = flow.post ("/");
    result = wait (callback => post.collect.begin (null, callback));
    assert_true (post.collect.end (result).get_n_items () == 1);
    post = flow.post ("/");
    post.run_sync ();
    flow.close_sync ();
}

// FlowReader, FlowWriter, FlowFileSource

void test_reader () throws Error {
    var stream = new MemoryInputStream.from_data ("a;b\n1;2\nbad\n".data);
    var reader = new FlowReader (FlowFormat.CSV, stream) {
        columns = { "id", "n" }, has_header = true, delimiter = ";", max_length = 9, skip_bad = true,
        fields = new Variant.parsed ("{'n': 'text'}")
    };
    string[] skipped = {};

    reader.skipped.connect (error => skipped += error.message);
    assert_cmpstr (texts_of (reader.next_sync (0)), EQ, "2");
    assert_cmpstr (string.joinv (", ", skipped), EQ, "3:4: The record ends after 1 of 2 fields");
    assert_true (reader.n_read == 1 && reader.get_n_read () == 1);
    assert_true (reader.n_skipped == 1 && reader.get_n_skipped () == 1);
    assert_true (reader.stream == stream && reader.get_stream () == stream);
    assert_true (reader.format == CSV && reader.get_format () == CSV);
    assert_true (reader.has_header && reader.delimiter == ";" && reader.skip_bad);
    assert_true (reader.columns.length == 2 && reader.fields.n_children () == 1);
    assert_true (reader.max_length == 9);

    var file = File.new_for_path ("/nowhere");
    reader = new FlowReader.for_file (FlowFormat.LINES, file);
    assert_true (reader.file == file && reader.get_file () == file);
    reader.set_columns ({ "a" });
    reader.set_delimiter ("\t");
    reader.set_fields (null);
    reader.set_has_header (false);
    reader.set_max_length (5);
    reader.set_skip_bad (false);
    assert_true (reader.get_columns ().length == 1 && reader.get_delimiter () == "\t");
    assert_true (reader.get_fields () == null && !reader.get_has_header ());
    assert_true (reader.get_max_length () == 5 && !reader.get_skip_bad ());
}

void test_writer () throws Error {
    var stream = new MemoryOutputStream.resizable ();
    var writer = new FlowWriter (FlowFormat.CSV, stream) {
        columns = { "id" }, has_header = false, delimiter = ";"
    };
    var list = FlowDocument.list_from_json ("[{\"id\":1}]");

    assert_true (writer.write_sync (list));
    var result = wait (callback => writer.write.begin (list, null, callback));
    assert_true (writer.write.end (result));
    result = wait (callback => writer.close.begin (null, callback));
    assert_true (writer.close.end (result) && writer.close_sync ());
    stream.close ();
    assert_cmpstr ((string) stream.steal_as_bytes ().get_data (), EQ, "1\r\n1\r\n");
    assert_true (writer.n_written == 2 && writer.get_n_written () == 2);
    assert_true (writer.stream == stream && writer.get_stream () == stream);
    assert_true (writer.format == CSV && writer.get_format () == CSV);
    assert_true (writer.columns.length == 1 && !writer.has_header && writer.delimiter == ";");

    var file = File.new_for_path ("/nowhere");
    writer = new FlowWriter.for_file (FlowFormat.JSON, file);
    assert_true (writer.file == file && writer.get_file () == file);
    writer.set_columns ({ "a" });
    writer.set_delimiter ("\t");
    writer.set_has_header (false);
    assert_true (writer.get_columns ().length == 1 && writer.get_delimiter () == "\t");
    assert_false (writer.get_has_header ());
}

void test_files () throws Error {
    FileIOStream stream;
    var file = File.new_tmp ("gflow-XXXXXX.txt", out stream);

    stream.output_stream.write_all ("text".data, null);
    stream.close ();
    var files = new FlowFileSource (file.get_parent (), file.get_basename ()) {
        contents = TEXT, max_length = 4, skip_bad = true
    };
    files.skipped.connect (error => assert_not_reached ());
    assert_cmpstr (texts_of (files.next_sync (0)), EQ, "text");
    assert_true (files.n_read == 1 && files.get_n_read () == 1);
    assert_true (files.n_skipped == 0 && files.get_n_skipped () == 0);
    assert_true (files.folder.equal (file.get_parent ()));
    assert_true (files.get_folder ().equal (file.get_parent ()));
    assert_true (files.pattern == file.get_basename () && files.get_pattern () == files.pattern);
    assert_true (files.contents == TEXT && files.max_length == 4 && files.skip_bad);

    files = new FlowFileSource.for_glob (file.get_path ());
    files.set_contents (FlowContents.BLOB);
    files.set_max_length (5);
    files.set_skip_bad (false);
    assert_true (files.get_contents () == BLOB && files.get_max_length () == 5);
    assert_false (files.get_skip_bad ());
    assert_true (files.next_sync (0).get_n_items () == 1);
    file.delete ();
}

int main (string[] args) {
    Test.init (ref args);
    add_test ("/vala/api-stream/document", test_document);
    add_test ("/vala/api-stream/source", test_source);
    add_test ("/vala/api-stream/executor", test_executor);
    add_test ("/vala/api-stream/serving", test_serving);
    add_test ("/vala/api-stream/request", test_request);
    add_test ("/vala/api-stream/post", test_post);
    add_test ("/vala/api-stream/reader", test_reader);
    add_test ("/vala/api-stream/writer", test_writer);
    add_test ("/vala/api-stream/files", test_files);
    return Test.run ();
}
