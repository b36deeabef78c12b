// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

[CCode (lower_case_cprefix = "bench_")]
namespace Bench {
    [CCode (cheader_filename = "bench-graphs.h", cname = "BenchGraph",
            destroy_function = "bench_graph_clear", has_copy_function = false, has_type_id = false)]
    public struct Graph {
        [CCode (cname = "bench_graph_init")]
        public Graph (string kind, uint32 size);
        public uint32 n_nodes;
        [CCode (array_length = false)]
        public unowned uint32[] first_upstream;
        [CCode (array_length = false)]
        public unowned uint32[] upstreams;
    }

    [CCode (cheader_filename = "vala-bodies.h", cname = "BenchBody", cprefix = "BENCH_BODY_",
            has_type_id = false)]
    public enum Body {
        SYNC,
        CONTEXT,
        TASK
    }

    [CCode (cheader_filename = "vala-bodies.h")]
    public void touch (uint32 number);
    [CCode (cheader_filename = "vala-bodies.h")]
    public unowned GFlow.FlowNode add_plain_node (GFlow.Flow flow, Body body, uint32 number);
    [CCode (cheader_filename = "vala-bodies.h")]
    public unowned GFlow.FlowNode add_data_node (GFlow.Flow flow, Body body, uint32 number);
}
