// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Imports a folder: hashes every file, finds duplicates, compresses what is worth it, stores the
// rest, writes an index. It is one flow, of four nodes for every file. A file that cannot be read
// fails its own nodes and nobody else's.

using GFlow;

// A file, and what the nodes find out about it. The graph keeps the threads apart: each member is
// written by one node, and read only by nodes that come after it.
class Entry : Object {
    public File source;
    public int64 size = 0;
    public string? digest = null;
    public string? type = null;
    public Entry? original = null;
    public Bytes? packed = null;
    public int64 stored = -1;

    public Entry (File source) {
        this.source = source;
    }

    // On worker threads

    public bool hash (FlowNode node, FlowRun run) throws Error {
        var cancellable = run.get_node_cancellable (node);
        var stream = source.read (cancellable);
        var checksum = new Checksum (SHA256);
        var chunk = new uint8[64 * 1024];
        ssize_t n;

        while ((n = stream.read (chunk, cancellable)) > 0) {
            checksum.update (chunk, (size_t) n);
            size += n;
        }
        digest = checksum.get_string ();
        return true;
    }

    public bool detect (FlowNode node, FlowRun run) throws Error {
        var cancellable = run.get_node_cancellable (node);
        var start = source.read (cancellable).read_bytes (4 * 1024, cancellable);

        type = ContentType.get_mime_type (
            ContentType.guess (source.get_basename (), start.get_data (), null));
        return true;
    }

    public bool compress (FlowNode node, FlowRun run) throws Error {
        if (original != null || size < 1024 || type == null || !type.has_prefix ("text/"))
            return true;

        var cancellable = run.get_node_cancellable (node);
        var compressor = new ZlibCompressor (GZIP);
        var output = new MemoryOutputStream.resizable ();

        output.splice (new ConverterInputStream (source.read (cancellable), compressor),
            CLOSE_SOURCE | CLOSE_TARGET, cancellable);
        packed = output.steal_as_bytes ();
        return true;
    }

    // In the context of main(), which goes on meanwhile

    public async void store (File folder, Task task) {
        var target = folder.get_child (digest);
        var cancellable = task.get_cancellable ();

        try {
            if (packed != null)
                yield target.replace_contents_bytes_async (packed, null, false, NONE, cancellable,
                    null);
            else if (original == null)
                yield source.copy_async (target, TARGET_DEFAULT_PERMS, Priority.DEFAULT,
                    cancellable);
            stored = packed != null ? (int64) packed.length : original == null ? size : 0;
            packed = null;
            task.return_boolean (true);
        } catch (Error e) {
            task.return_error ((owned) e);
        }
    }

    public string to_json () {
        var end = @"\"stored\": $stored";

        if (original != null)
            end = @"\"original\": $(quote (original.source.get_parse_name ()))";
        return "{\"path\": %s, \"size\": %lld, \"sha256\": %s, \"type\": %s, %s}".printf (
            quote (source.get_parse_name ()), size, quote (digest), quote (type), end);
    }

    static string quote (string text) {
        var json = new StringBuilder ("\"");
        unichar c;

        for (int i = 0; text.get_next_char (ref i, out c);) {
            if (c < ' ' || c == '"' || c == '\\')
                json.append_printf ("\\u%04x", c);
            else
                json.append_unichar (c);
        }
        return json.append_c ('"').str;
    }
}

void scan (File folder, GenericArray<Entry> entries) throws Error {
    var children = folder.enumerate_children ("standard::name,standard::type", NOFOLLOW_SYMLINKS);
    FileInfo? info;

    while ((info = children.next_file ()) != null) {
        if (info.get_file_type () == DIRECTORY)
            scan (children.get_child (info), entries);
        else if (info.get_file_type () == REGULAR)
            entries.add (new Entry (children.get_child (info)));
    }
}

void remove_folder (File folder) throws Error {
    var entries = new GenericArray<Entry> ();

    scan (folder, entries);
    foreach (var entry in entries)
        entry.source.delete ();
    folder.delete ();
}

Flow plan (GenericArray<Entry> entries, File index_file) throws Error {
    var flow = new Flow () { name = "importer" };
    var processors = new FlowLock.with_permits (uint.max (1, get_num_processors () - 1));
    var disk = new FlowLock ();
    File? folder = null;

    unowned var workspace = flow.add ("workspace", (node, run) => {
        folder = File.new_for_path (DirUtils.make_tmp ("importer-XXXXXX"));
        return true;
    });
    unowned var originals = flow.add ("originals", (node, run) => {
        var found = new HashTable<string, Entry> (str_hash, str_equal);

        foreach (var entry in entries) {
            if (entry.digest != null && (entry.original = found[entry.digest]) == null)
                found[entry.digest] = entry;
        }
        return true;
    });
    unowned var index = flow.add ("index", (node, run) => {
        string[] lines = {};

        foreach (var entry in entries) {
            if (entry.stored >= 0)
                lines += entry.to_json ();
        }
        if (!run.cancellable.is_cancelled ())
            index_file.replace_contents (@"[$(string.joinv (",\n", lines))]\n".data, null, false,
                NONE, null);
        return true;
    });
    unowned var clean_up = flow.add ("clean up", (node, run) => {
        if (folder != null)
            remove_folder (folder);
        return true;
    });

    foreach (var entry in entries) {
        var name = entry.source.get_parse_name ();
        unowned var hash = flow.add (@"hash $name", entry.hash);
        unowned var detect = flow.add (@"detect $name", entry.detect);
        unowned var compress = flow.add (@"compress $name", entry.compress);
        unowned var store = flow.add_task (@"store $name", (node, run, task) => {
            entry.store.begin (folder, task);
        });

        originals.after (hash);
        detect.after (hash);
        compress.after (detect, originals);
        compress.add_lock (processors);
        store.after (workspace, compress);
        store.add_lock (disk);
        index.after (store);
    }
    clean_up.after (workspace, index);
    originals.run_when = index.run_when = clean_up.run_when = ALL_FINISHED;
    return flow;
}

int main (string[] args) {
    Intl.setlocale ();
    unowned var folder = args.length > 1 ? args[1] : "/usr/share/doc";
    unowned var output = args.length > 2 ? args[2] : "importer-output";
    var index = File.new_build_filename (output, "index.json");
    var entries = new GenericArray<Entry> ();
    var loop = new MainLoop ();
    var start = get_monotonic_time ();
    FlowRun run;

    try {
        DirUtils.create_with_parents (output, 0777);
        scan (File.new_for_commandline_arg (folder), entries);
        run = new FlowRun (plan (entries, index));
    } catch (Error e) {
        printerr ("importer: %s\n", e.message);
        return 1;
    }

    Unix.signal_add (ProcessSignal.INT, () => {
        run.cancel ();
        return Source.CONTINUE;
    });
    run.execute.begin (null, (source, result) => {
        try {
            run.execute.end (result);
        } catch (Error e) {
            if (run.state == FAILED)
                printerr ("%u failed, first: %s\n", run.get_errors ().get_n_items (), e.message);
        }
        loop.quit ();
    });
    loop.run ();

    if (run.state == CANCELLED) {
        print ("\nStopped; the temporary folder is removed.\n");
        return 130;
    }

    uint unreadable = 0, duplicates = 0;
    int64 saved = 0;
    foreach (var entry in entries) {
        unreadable += entry.stored < 0 ? 1 : 0;
        duplicates += entry.original != null ? 1 : 0;
        saved += entry.stored < 0 ? 0 : entry.size - entry.stored;
    }
    print ("files       %12u\nunreadable  %12u\nduplicates  %12u\nsaved       %12lld\n",
        entries.length, unreadable, duplicates, saved);
    print ("seconds     %12.1f\n", (get_monotonic_time () - start) / 1e6);
    return 0;
}
