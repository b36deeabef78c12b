// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// What introspection does not have: functions with variable arguments, and what makes collections of
// a flow and a run: flow[0], foreach (var node in flow), foreach (var step in run).

namespace GFlow {
    public sealed class Flow : GLib.Object {
        [CCode (sentinel = "NULL")]
        public static GFlow.FlowGroup parallel (GLib.Object? first_item, ...);
        [CCode (sentinel = "NULL")]
        public static GFlow.FlowGroup series (GLib.Object? first_item, ...);
        [CCode (cname = "_vala_g_flow_get")]
        public GFlow.FlowNode? get (uint position) {
            return (GFlow.FlowNode?) this.get_item (position);
        }
        [CCode (cname = "n-items")]
        [NoAccessorMethod]
        public uint size { get; }
    }

    public sealed class FlowNode : GLib.Object {
        [CCode (sentinel = "NULL")]
        public void after (GFlow.FlowNode first_upstream, ...);
    }

    public sealed class FlowRun : GLib.Object {
        [CCode (cname = "_vala_g_flow_run_get")]
        public GFlow.FlowStep? get (uint position) {
            return (GFlow.FlowStep?) this.get_item (position);
        }
        [CCode (cname = "n-items")]
        [NoAccessorMethod]
        public uint size { get; }
    }
}
