// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Functions with variable arguments, which introspection leaves out.

namespace GFlow {
    public class Flow : GLib.Object {
        [CCode (sentinel = "NULL")]
        public static GFlow.FlowGroup parallel (GLib.Object? first_item, ...);
        [CCode (sentinel = "NULL")]
        public static GFlow.FlowGroup series (GLib.Object? first_item, ...);
    }

    public class FlowNode : GLib.Object {
        [CCode (sentinel = "NULL")]
        public void after (GFlow.FlowNode first_upstream, ...);
    }
}
