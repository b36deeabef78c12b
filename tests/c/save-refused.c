/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Saved runs that are refused, and how it is told. */

#include "resume-graph.h"
#include "resume-small.h"

static void
assert_refused (GFlow      *flow,
                GVariant   *saved,
                GFlowError  code,
                const char *message)
{
  g_autoptr(GFlowRun) run = g_flow_run_new (flow);
  g_autoptr(GError) error = NULL;

  g_assert_false (g_flow_run_restore (run, saved, &error));
  g_assert_error (error, G_FLOW_ERROR, (int) code);
  g_assert_cmpstr (error->message, ==, message);
  /* It can still be executed, from the beginning. */
  resume_execute (run, FALSE);
}

static void
test_changed (void)
{
  const struct
  {
    const char *nodes;
    const char *message;
  } cases[] = {
    { "a b:a c:b new", "The flow has changed since then (added: “new”)" },
    { "a b:a", "The flow has changed since then (removed: “c”)" },
    { "a b:a c:a", "The flow has changed since then (with other upstreams: “c”)" },
    { "a b:a c:b,a", "The flow has changed since then (with other upstreams: “c”)" },
    { "a b d:b", "The flow has changed since then (added: “d”; removed: “c”; "
                 "with other upstreams: “b”)" },
    { "n1 n2 n3 n4 n5 n6 n7 n8 n9 n10 a b:a c:b",
      "The flow has changed since then (added: “n1”, “n2”, “n3”, “n4”, “n5”, “n6”, “n7”, “n8”, "
      "and 2 others)" },
  };
  Small small;
  g_autoptr(GVariant) saved = NULL;

  small_init (&small, "a b:a c:b");
  saved = small_save (&small, "c");
  small_clear (&small);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      small_init (&small, cases[i].nodes);
      assert_refused (small.flow, saved, G_FLOW_ERROR_TOPOLOGY, cases[i].message);
      small_clear (&small);
    }
}

/* It changes after it was restored. */
static void
test_changed_later (void)
{
  Small small;
  g_autoptr(GVariant) saved = NULL;
  g_autoptr(GFlowRun) run = NULL;
  g_autoptr(GError) error = NULL;

  small_init (&small, "a b:a");
  saved = small_save (&small, "b");
  run = resume_restore (small.flow, saved);
  g_flow_add (small.flow, "c", small_body, &small, NULL, NULL);
  g_assert_false (test_run_execute (run, NULL, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_TOPOLOGY);
  test_assert_contains (error->message, "added: “c”");
  test_assert_log (&small.log, "");
  g_clear_object (&run);
  small_clear (&small);
}

static void
test_refused_flow (void)
{
  Small small;
  g_autoptr(GVariant) saved = NULL;
  g_autoptr(GFlowRun) run = NULL;
  g_autoptr(GError) error = NULL;

  small_init (&small, "a b:a");
  saved = small_save (&small, "b");
  g_flow_node_add_upstream_by_name (g_flow_lookup (small.flow, "a"), "b");
  run = g_flow_run_new (small.flow);
  g_assert_false (g_flow_run_restore (run, saved, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_CYCLE);
  g_clear_object (&run);
  small_clear (&small);
}

static void
test_bad_variants (void)
{
  const char *not_saved = "This is not a saved run";
  const char *bad_nodes = "The nodes of the saved run cannot be understood";
  const struct
  {
    const char *text;
    const char *message;
  } cases[] = {
    { "5", not_saved },
    { "('libgflow run', uint32 1)", not_saved },
    { "('something else', uint32 1, @a(sau) [], @a{sv} {}, @a(ua{sv}) [])", not_saved },
    { "('libgflow run', uint32 2, @a(sau) [], @a{sv} {}, @a(ua{sv}) [])",
      "The run was saved by another version of the library, in format 2" },
    { "('libgflow run', uint32 1, [('a', @au []), ('a', [])], @a{sv} {}, @a(ua{sv}) [])", bad_nodes },
    { "('libgflow run', uint32 1, [('a', @au [])], @a{sv} {}, [(uint32 1, @a{sv} {})])", bad_nodes },
    { "('libgflow run', uint32 1, [('a', @au [])], @a{sv} {}, "
      "[(uint32 0, @a{sv} {}), (0, {})])", bad_nodes },
    { "('libgflow run', uint32 1, [('a', [uint32 1])], @a{sv} {}, @a(ua{sv}) [])", bad_nodes },
    { "('libgflow run', uint32 1, [('a', [uint32 0])], @a{sv} {}, @a(ua{sv}) [])",
      "The flow has changed since then (with other upstreams: “a”)" },
  };
  Small small;

  small_init (&small, "a");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(GVariant) saved = g_variant_parse (NULL, cases[i].text, NULL, NULL, &error);

      g_assert_no_error (error);
      assert_refused (small.flow, saved,
                      i + 1 < G_N_ELEMENTS (cases) ? G_FLOW_ERROR_BAD_INPUT : G_FLOW_ERROR_TOPOLOGY,
                      cases[i].message);
    }
  small_clear (&small);
}

/* Bytes that were changed on the way: refused, or good for something, but never a crash. */
static void
test_changed_bytes (void)
{
  g_autoptr(ResumeGraph) graph = resume_graph_new (1, 12, 0);
  g_autoptr(GFlowRun) run = g_flow_run_new (graph->flow);
  g_autoptr(GVariant) saved = NULL;
  g_autofree guint8 *data = NULL;
  guint n_refused = 0;

  resume_execute (run, FALSE);
  saved = g_flow_run_save (run);
  data = g_memdup2 (g_variant_get_data (saved), g_variant_get_size (saved));
  for (gsize i = 0; i < g_variant_get_size (saved); i++)
    {
      g_autoptr(GFlowRun) resumed = g_flow_run_new (graph->flow);
      g_autoptr(GVariant) changed = NULL;
      g_autoptr(GBytes) bytes = NULL;

      data[i] ^= 0x55;
      bytes = g_bytes_new (data, g_variant_get_size (saved));
      changed = g_variant_ref_sink (g_variant_new_from_bytes (g_variant_get_type (saved), bytes,
                                                              FALSE));
      data[i] ^= 0x55;
      n_refused += !g_flow_run_restore (resumed, changed, NULL);
    }
  g_assert_cmpuint (n_refused, >, 50);
}

/* Parameters */

static void
test_parameters (void)
{
  Small small;
  g_autoptr(GFlowRun) first = NULL;
  g_autoptr(GFlowRun) same = NULL;
  g_autoptr(GFlowRun) other = NULL;
  g_autoptr(GVariant) saved = NULL;
  g_autoptr(GVariant) parameters = NULL;
  g_autoptr(GError) error = NULL;

  small_init (&small, "a b:a");
  small.failing = "b";
  parameters = g_variant_ref_sink (g_variant_new_parsed ("{'day': <'monday'>, 'n': <5>}"));
  first = g_flow_run_new (small.flow);
  g_flow_run_set_parameters (first, parameters);
  g_assert_false (test_run_execute (first, NULL, NULL));
  small.failing = NULL;
  saved = resume_save (first);

  /* They are taken over, or are the same in another order. */
  for (guint i = 0; i < 2; i++)
    {
      same = g_flow_run_new (small.flow);
      if (i == 1)
        g_flow_run_set_parameters (same, g_variant_new_parsed ("{'n': <5>, 'day': <'monday'>}"));
      g_assert_true (g_flow_run_restore (same, saved, NULL));
      resume_execute (same, FALSE);
      g_assert_cmpuint (g_variant_n_children (g_flow_run_get_parameters (same)), ==, 2);
      g_clear_object (&same);
    }

  other = g_flow_run_new (small.flow);
  g_flow_run_set_parameters (other, g_variant_new_parsed ("{'day': <'tuesday'>, 'n': <5>}"));
  g_assert_true (g_flow_run_restore (other, saved, NULL));
  g_assert_false (test_run_execute (other, NULL, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT);
  test_assert_contains (error->message, "“day”");
  test_assert_log (&small.log, "a b b b");
  g_clear_object (&first);
  g_clear_object (&other);
  small_clear (&small);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/save/changed", test_changed);
  g_test_add_func ("/save/changed-later", test_changed_later);
  g_test_add_func ("/save/refused-flow", test_refused_flow);
  g_test_add_func ("/save/bad-variants", test_bad_variants);
  g_test_add_func ("/save/changed-bytes", test_changed_bytes);
  g_test_add_func ("/save/parameters", test_parameters);

  return g_test_run ();
}
