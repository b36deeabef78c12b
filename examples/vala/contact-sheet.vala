// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// contact-sheet FOLDER SHEET.png: all images of a folder, small, on one large image. Those that
// cannot be read are reported, and have no place on it.

using GFlow;

const int SIZE = 160; // of each small image, in pixels, and of the gap around it
const int GAP = 8;
const int AT_ONCE = 4; // images that are in memory at their full size

// Bodies on workers

Gdk.Pixbuf load (File image, Cancellable? cancellable) throws Error {
    var stream = image.read (cancellable);
    var small = new Gdk.Pixbuf.from_stream_at_scale (stream, SIZE, SIZE, true, cancellable);

    return small.apply_embedded_orientation () ?? small;
}

Gdk.Pixbuf compose (GenericArray<Gdk.Pixbuf> images) {
    var columns = (int) Math.ceil (Math.sqrt (images.length));
    var rows = (images.length + columns - 1) / columns;
    var cell = SIZE + GAP;
    var sheet = new Gdk.Pixbuf (RGB, false, 8, columns * cell + GAP, rows * cell + GAP);

    sheet.fill ((uint32) 0xffffffff);
    for (int i = 0; i < images.length; i++) {
        var image = images[i];
        var x = i % columns * cell + GAP + (SIZE - image.width) / 2;
        var y = i / columns * cell + GAP + (SIZE - image.height) / 2;

        image.composite (sheet, x, y, image.width, image.height, x, y, 1, 1, NEAREST, 255);
    }
    return sheet;
}

// A body in the context of main(), which goes on while the file is written.
async void store (Bytes png, File file, Task task) {
    try {
        yield file.replace_contents_bytes_async (png, null, false, NONE, task.get_cancellable (),
            null);
        task.return_boolean (true);
    } catch (Error e) {
        task.return_error ((owned) e);
    }
}

// The plan: a node for each image, one for the sheet, one for the file.
unowned FlowNode plan (Flow flow, GenericArray<File> images, File file) throws Error {
    var reading = new FlowLock.with_permits (AT_ONCE);
    var loads = new GenericArray<unowned FlowNode> ();

    foreach (var image in images) {
        unowned var load_image = flow.add (image.get_parse_name (), (node, run) => {
            run.set_result (node, load (image, run.get_node_cancellable (node)));
            return true;
        });

        load_image.add_lock (reading);
        loads.add (load_image);
    }

    unowned var compose_sheet = flow.add ("compose", (node, run) => {
        var loaded = new GenericArray<Gdk.Pixbuf> ();
        uint8[] png;

        run.cancellable.set_error_if_cancelled ();
        foreach (var load_image in loads) {
            var image = run.dup_result_object (load_image) as Gdk.Pixbuf;
            if (image != null)
                loaded.add (image);
        }
        if (loaded.length == 0)
            throw new IOError.NOT_FOUND ("none of the images can be read");
        compose (loaded).save_to_bufferv (out png, "png", null, null);
        run.set_result (node, new Bytes.take ((owned) png));
        return true;
    });
    unowned var write_sheet = flow.add_task ("write", (node, run, task) =>
        store.begin ((Bytes) run.get_result (compose_sheet).get_boxed (), file, task));

    compose_sheet.set_upstreams (loads.data);
    compose_sheet.run_when = ALL_FINISHED; // also without the broken ones
    write_sheet.add_upstream (compose_sheet);
    return write_sheet;
}

// What gdk-pixbuf can read, by the name, in the order of the names.
GenericArray<File> find_images (File folder) throws Error {
    var suffixes = new GenericSet<string> (str_hash, str_equal);
    var children = folder.enumerate_children (FileAttribute.STANDARD_NAME, NONE);
    var images = new GenericArray<File> ();
    FileInfo? info;

    foreach (var format in Gdk.Pixbuf.get_formats ()) {
        foreach (var suffix in format.get_extensions ())
            suffixes.add (suffix);
    }
    while ((info = children.next_file ()) != null) {
        var name = info.get_name ();
        if (name.down ()[name.last_index_of_char ('.') + 1:name.length] in suffixes)
            images.add (children.get_child (info));
    }
    images.sort ((a, b) => strcmp (a.get_parse_name (), b.get_parse_name ()));
    return images;
}

async int main (string[] args) {
    Intl.setlocale ();
    if (args.length != 3) {
        printerr ("Usage: contact-sheet FOLDER SHEET.png\n");
        return 2;
    }
    var flow = new Flow () { name = "contact sheet" };
    var run = new FlowRun (flow);
    FlowNode write_sheet;
    int n_images;

    try {
        var images = find_images (File.new_for_commandline_arg (args[1]));
        n_images = images.length;
        write_sheet = plan (flow, images, File.new_for_commandline_arg (args[2]));
    } catch (Error e) {
        printerr ("contact-sheet: %s\n", e.message);
        return 1;
    }

    Unix.signal_add (ProcessSignal.INT, () => {
        run.cancel ();
        printerr ("\nstopping\n");
        return Source.CONTINUE;
    });
    run.notify["fraction"].connect (() => printerr ("\r%3.0f %%", 100 * run.fraction));
    try {
        yield run.execute ();
    } catch (Error e) {
        // The first of those that are reported now.
    }
    printerr ("\n");
    if (run.state == CANCELLED)
        return 130;

    var problems = run.get_errors ();
    for (uint i = 0; i < problems.get_n_items (); i++) {
        var step = (FlowStep) problems.get_item (i);
        printerr ("%s: %s\n", step.node.name, step.error.message);
    }
    if (run.get_node_state (write_sheet) != DONE)
        return 1;
    print ("%u of %d images are on %s\n", n_images - problems.get_n_items (), n_images, args[2]);
    return 0;
}
